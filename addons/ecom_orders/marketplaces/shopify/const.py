"""Shopify's own codes and what they mean.

Source: the enumerations of the Admin GraphQL schema, 2025-10 to 2026-07.
"""

from __future__ import annotations

from ..schema import OrderStatus, PaymentKind, ReturnStatus, Risk

#: ``OrderDisplayFinancialStatus``. An authorised payment is secured: merchants capture
#: it when they ship.
FINANCIAL_STATUSES = {
    "PENDING": OrderStatus.PENDING,
    "PARTIALLY_PAID": OrderStatus.PENDING,
    "AUTHORIZED": OrderStatus.OPEN,
    "PAID": OrderStatus.OPEN,
    "PARTIALLY_REFUNDED": OrderStatus.OPEN,
    "REFUNDED": OrderStatus.REFUNDED,
    "VOIDED": OrderStatus.FAILED,
    "EXPIRED": OrderStatus.FAILED,
}

#: ``OrderDisplayFulfillmentStatus``, for an order whose payment is secured.
FULFILLMENT_STATUSES = {
    "FULFILLED": OrderStatus.COMPLETED,
    "ON_HOLD": OrderStatus.ON_HOLD,
    "UNFULFILLED": OrderStatus.OPEN,
    "PARTIALLY_FULFILLED": OrderStatus.OPEN,
    "RESTOCKED": OrderStatus.OPEN,
    "PENDING_FULFILLMENT": OrderStatus.OPEN,
    "OPEN": OrderStatus.OPEN,
    "IN_PROGRESS": OrderStatus.OPEN,
    "SCHEDULED": OrderStatus.OPEN,
    "REQUEST_DECLINED": OrderStatus.OPEN,
}

#: Statuses of ``OrderDisplayFulfillmentStatus`` in which nothing has left.
NOTHING_SENT = frozenset({"UNFULFILLED", "RESTOCKED", "SCHEDULED", "OPEN"})

#: ``OrderStatus`` of a return by ``ReturnStatus`` of Shopify.
RETURN_STATUSES = {
    "REQUESTED": ReturnStatus.REQUESTED,
    "OPEN": ReturnStatus.APPROVED,
    "CLOSED": ReturnStatus.CLOSED,
    "DECLINED": ReturnStatus.REJECTED,
    "CANCELED": ReturnStatus.CANCELLED,
}

#: ``RiskAssessmentResult``, the gravest first.
RISK_LEVELS = {"HIGH": Risk.HIGH, "MEDIUM": Risk.MEDIUM, "LOW": Risk.LOW}

#: ``OrderRiskRecommendationResult``
RISK_RECOMMENDATIONS = {
    "CANCEL": Risk.HIGH,
    "INVESTIGATE": Risk.MEDIUM,
    "ACCEPT": Risk.LOW,
}

#: Kinds of tender by ``OrderTransaction.gateway``. ``gift_card`` is recorded; the
#: others are not confirmed.
PAYMENT_KINDS = {
    "gift_card": PaymentKind.GIFT_CARD,
    "shopify_store_credit": PaymentKind.STORE_CREDIT,
    "cash_on_delivery": PaymentKind.ON_DELIVERY,
    "cash on delivery (cod)": PaymentKind.ON_DELIVERY,
}

#: ``OrderCancelReason``
CANCEL_REASONS = ("CUSTOMER", "DECLINED", "FRAUD", "INVENTORY", "STAFF", "OTHER")
