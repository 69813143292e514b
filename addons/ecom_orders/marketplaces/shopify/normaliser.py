"""Shopify orders, drafts, refunds and returns to the common schema.

An order is read *before returns*: what was given back stands in its refunds, as
everywhere. Units that were removed or refunded before they were sent are off the lines
and off the total (see :mod:`.lines`); an order that is off altogether is shown as it
was placed. That ``totalPriceSet`` still has what an order edit removed ("before
returns" in the schema) is not confirmed; it is only used where money went back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ..names import is_masked, person_name
from ..reading import MAX_NOTE, Reader
from ..schema import (
    ZERO,
    Address,
    Attribution,
    Buyer,
    Coupon,
    ExternalLine,
    ExternalOrder,
    LineKind,
    OrderStatus,
    Payment,
    PaymentKind,
    Risk,
    TaxRate,
)
from . import refunds
from .const import (
    FINANCIAL_STATUSES,
    FULFILLMENT_STATUSES,
    PAYMENT_KINDS,
    RISK_LEVELS,
    RISK_RECOMMENDATIONS,
)
from .lines import (
    ONE,
    Removed,
    Sites,
    Taxes,
    allocations,
    count,
    extra_lines,
    net_of,
    product_line,
)
from .money import Money, identifier, kind_of, nested_identifier, nodes

DRAFT_PREFIX = "draft:"

normalise_refund = refunds.normalise_refund
normalise_return = refunds.normalise_return


def normalise_order(payload: Any) -> ExternalOrder:
    """Understand an order or a draft order.

    :param payload: a node as read by :mod:`.documents`, with ``moneySide`` added when
        the shop's side is wanted.
    :raises PayloadError: with the path of what cannot be understood.
    """
    read = Reader(payload)
    if kind_of(read.text("id", 200)) == "DraftOrder":
        return _draft(read)
    return _order(read)


def _order(read: Reader) -> ExternalOrder:
    order_id = identifier(read, "id", "Order")
    money = Money.of(read)
    status = status_of(read)
    off = status in (OrderStatus.CANCELLED, OrderStatus.REFUNDED)
    billing = _address(read, "billingAddress")
    shipping = _address(read, "shippingAddress")
    shipping = billing if shipping.is_empty else shipping
    taxes = _taxes(read, money, shipping)
    lines, removed = _lines(read, taxes, off)
    gone = refunds.gross_of(read, money, taxes.included, removed)
    total = order_total(read, money, status, gone)
    lines = _with_tip(lines, money.amount(read, "totalTipReceivedSet"), total)
    stated_tax = money.amount(read, "totalTaxSet", None)
    found = tuple(_refunds(read, money, taxes.included))
    method = next((line for line in lines if line.kind is LineKind.SHIPPING), None)
    works = nodes(read, "fulfillmentOrders")
    return ExternalOrder(
        external_id=order_id,
        number=read.text("name", 64) or order_id,
        status=status,
        raw_status=_raw_status(read),
        currency=money.currency,
        created_at=_required_moment(read, "createdAt"),
        updated_at=_required_moment(read, "updatedAt"),
        paid_at=_paid_at(read),
        total=total,
        total_tax=(
            sum((line.total_tax for line in lines), ZERO)
            if removed or stated_tax is None
            else stated_tax
        ),
        prices_include_tax=taxes.included,
        buyer=_buyer(read, billing),
        billing=billing,
        shipping=shipping,
        lines=lines,
        tax_rates=_rates(read, taxes, bool(removed)),
        coupons=tuple(_coupons(read, money)),
        refunds=found,
        payment_method=_gateway(read),
        payment_title=_gateway(read),
        transaction_ref=_transaction_ref(read),
        buyer_note=read.text("note", MAX_NOTE),
        draft_ref=_draft_ref(read),
        masked=_is_masked(read, billing, shipping),
        risk=_risk(read),
        ship_by=min(
            (moment for w in works if (moment := w.moment("fulfillBy"))), default=None
        ),
        shipping_method=method.method if method else "",
        shipping_title=method.name if method else "",
        payments=tuple(_payments(read, money)),
        attribution=_attribution(read),
        tags=_texts(read, "tags"),
    )


# -- head of the order -----------------------------------------------------------------


def status_of(read: Reader) -> OrderStatus:
    """Where an order stands, from its three statuses.

    A financial status of ``null`` is an order without any payment (recorded).
    """
    if read.moment("cancelledAt") is not None:
        return OrderStatus.CANCELLED
    financial = read.text("displayFinancialStatus", 64) or "PENDING"
    paid = FINANCIAL_STATUSES.get(financial, OrderStatus.UNKNOWN)
    if paid is not OrderStatus.OPEN:
        return paid
    fulfilment = read.text("displayFulfillmentStatus", 64) or "UNFULFILLED"
    return FULFILLMENT_STATUSES.get(fulfilment, OrderStatus.UNKNOWN)


def order_total(
    read: Reader, money: Money, status: OrderStatus, removed: Decimal
) -> Decimal:
    """What the lines of an order have to add up to.

    :param removed: gross amount of units that are not on the lines any more.
    """
    placed = money.amount(read, "totalPriceSet", None)
    current = money.amount(read, "currentTotalPriceSet", placed)
    placed = current if placed is None else placed
    if placed is None or current is None:
        raise read.fail("totalPriceSet", "is missing")
    if status in (OrderStatus.CANCELLED, OrderStatus.REFUNDED):
        return placed
    if money.amount(read, "totalRefundedSet") == 0:
        return current
    return placed - removed


def _raw_status(read: Reader) -> str:
    if read.data.get("cancelledAt") is not None:
        return f"CANCELLED/{read.text('cancelReason', 64)}".rstrip("/")
    financial = read.text("displayFinancialStatus", 64)
    return f"{financial}/{read.text('displayFulfillmentStatus', 64)}".strip("/")


def _required_moment(read: Reader, key: str) -> Any:
    moment = read.moment(key)
    if moment is None:
        raise read.fail(key, "is missing")
    return moment


def _texts(read: Reader, key: str) -> tuple[str, ...]:
    value = read.data.get(key)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise read.fail(key, "is not a list")
    rows = [Reader({"text": text}, read.at(key)).text("text", 255) for text in value]
    return tuple(row for row in rows if row)


def _address(read: Reader, key: str) -> Address:
    part = read.child(key)
    country = part.text("countryCodeV2", 8).upper()
    name = person_name(
        part.text("firstName", 200), part.text("lastName", 200), country
    ) or part.text("name", 200)
    return Address(
        name=name,
        company=part.text("company", 200),
        street=part.text("address1", 400),
        street2=part.text("address2", 400),
        city=part.text("city", 200),
        zip=part.text("zip", 32),
        state_code=part.text("provinceCode", 32).removeprefix(f"{country}-"),
        country_code=country,
        phone=part.text("phone", 64),
        email=read.text("email", 254),
    )


def _buyer(read: Reader, billing: Address) -> Buyer:
    customer = read.child("customer")
    first, last = customer.text("firstName", 200), customer.text("lastName", 200)
    return Buyer(
        external_id=nested_identifier(read, "customer", "Customer"),
        name=person_name(first, last, billing.country_code) or billing.name,
        email=read.text("email", 254),
        phone=read.text("phone", 64) or billing.phone,
        language=read.text("customerLocale", 16),
    )


def _is_masked(read: Reader, billing: Address, shipping: Address) -> bool:
    """Whether the shop withholds who the buyer is.

    A token without the right to protected customer data gets ``null`` for names and
    streets (not recorded).
    """
    shown = (shipping.name, shipping.street, shipping.phone, billing.name)
    if any(is_masked(text) for text in shown):
        return True
    sent = read.data.get("requiresShipping") is True
    return sent and not (shipping.name or shipping.street)


def _draft_ref(read: Reader) -> str:
    """The draft that became this order, where the connector found it."""
    draft = nested_identifier(read, "draftOrder", "DraftOrder")
    return f"{DRAFT_PREFIX}{draft}" if draft else ""


def _risk(read: Reader) -> Risk:
    risk = read.child("risk")
    levels = {row.text("riskLevel", 32) for row in risk.children("assessments")}
    for level, meaning in RISK_LEVELS.items():
        if level in levels:
            return meaning
    recommended = risk.text("recommendation", 32)
    return RISK_RECOMMENDATIONS.get(recommended, Risk.UNKNOWN)


def _attribution(read: Reader) -> Attribution:
    journey = read.child("customerJourneySummary")
    for visit in ("lastVisit", "firstVisit"):
        utm = journey.child(visit).child("utmParameters")
        found = Attribution(
            source=utm.text("source", 200),
            medium=utm.text("medium", 200),
            campaign=utm.text("campaign", 200),
        )
        if found != Attribution():
            return found
    return Attribution()


# -- lines and taxes -------------------------------------------------------------------


def _taxes(read: Reader, money: Money, place: Address) -> Taxes:
    included = read.data.get("taxesIncluded") is True
    return Taxes(money, included, place.country_code, place.state_code)


def _lines(
    read: Reader, taxes: Taxes, whole: bool
) -> tuple[tuple[ExternalLine, ...], dict[str, Removed]]:
    sites = Sites.of(read)
    pairs = [
        product_line(line, taxes, sites, whole) for line in nodes(read, "lineItems")
    ]
    goods = [line for line, _removed in pairs]
    removed = {line.external_id: gone for line, gone in pairs if gone.pieces}
    return (*goods, *extra_lines(read, taxes)), removed


def _with_tip(
    lines: tuple[ExternalLine, ...], tip: Decimal, total: Decimal
) -> tuple[ExternalLine, ...]:
    """Mark the line of a tip, or add one where the lines do not have it.

    A tip comes as a line without a variant that cannot be fulfilled (description of
    ``LineItem.nonFulfillableQuantity``). That it always has such a line is not
    confirmed: an amount that the lines lack for exactly the tip is one of its own.
    """
    if tip <= 0:
        return lines
    for index, line in enumerate(lines):
        if (
            line.kind is LineKind.PRODUCT
            and not line.product_ref
            and not line.requires_shipping
            and line.total + line.total_tax == tip
        ):
            marked = replace(line, kind=LineKind.TIP)
            return (*lines[:index], marked, *lines[index + 1 :])
    explained = sum((line.total + line.total_tax for line in lines), ZERO)
    if total - explained < tip:
        return lines
    return (*lines, ExternalLine("tip", LineKind.TIP, "Tip", ONE, tip, tip))


def _rates(read: Reader, taxes: Taxes, removed: bool) -> tuple[TaxRate, ...]:
    """The rates in the order of their appearance, with the order's own sums.

    The sums of an order are about all that was ordered.
    """
    if removed:
        return tuple(taxes.rates.values())
    apart = Taxes(taxes.money, taxes.included)
    stated = apart.of_line(read)
    return tuple(
        replace(rate, total=stated.get(key)) for key, rate in taxes.rates.items()
    )


def _coupons(read: Reader, money: Money) -> Iterable[Coupon]:
    amounts: dict[str, Decimal] = dict.fromkeys(_texts(read, "discountCodes"), ZERO)
    for line in nodes(read, "lineItems"):
        for row in allocations(line):
            code = row.child("discountApplication").text("code", 255)
            if code:
                amount = money.required(row, "allocatedAmountSet")
                amounts[code] = amounts.get(code, ZERO) + amount
    for code, amount in amounts.items():
        yield Coupon(code=code, amount=amount)


# -- money -----------------------------------------------------------------------------


def _payments(read: Reader, money: Money) -> Iterable[Payment]:
    """The tenders: successful sales and captures, and cash on delivery to come."""
    for row in nodes(read, "transactions"):
        gateway = row.text("gateway", 100)
        kind = PAYMENT_KINDS.get(gateway.lower(), PaymentKind.OTHER)
        status = row.text("status", 32)
        due = status == "PENDING" and kind is PaymentKind.ON_DELIVERY
        if row.text("kind", 32) not in ("SALE", "CAPTURE"):
            continue
        if not due and status != "SUCCESS":
            continue
        payment_id = identifier(row, "id", "OrderTransaction")
        yield Payment(
            external_id=payment_id,
            gateway=gateway,
            amount=money.required(row, "amountSet"),
            kind=kind,
            # Payouts name the order's transaction by this number.
            reference=payment_id,
            paid_at=None if due else row.moment("processedAt"),
        )


def _paid_at(read: Reader) -> Any:
    financial = read.text("displayFinancialStatus", 64)
    if financial not in ("PAID", "PARTIALLY_REFUNDED", "REFUNDED"):
        return None
    moments = [
        moment
        for row in nodes(read, "transactions")
        if row.text("status", 32) == "SUCCESS"
        and row.text("kind", 32) in ("SALE", "CAPTURE")
        and (moment := row.moment("processedAt"))
    ]
    return max(moments, default=None) or read.moment("processedAt")


def _gateway(read: Reader) -> str:
    return ", ".join(_texts(read, "paymentGatewayNames"))[:64]


def _transaction_ref(read: Reader) -> str:
    rows = nodes(read, "transactions")
    return next((ref for row in rows if (ref := row.text("paymentId", 200))), "")


def _refunds(read: Reader, money: Money, included: bool) -> Iterable[Any]:
    for row in nodes(read, "refunds"):
        refund = refunds.refund_of(row, money, included)
        if refund is not None:
            yield refund


# -- drafts ----------------------------------------------------------------------------


def _draft(read: Reader) -> ExternalOrder:
    """A quotation of the seller; its lines have discounts of their own."""
    number = identifier(read, "id", "DraftOrder")
    money = Money.of(read)
    billing = _address(read, "billingAddress")
    shipping = _address(read, "shippingAddress")
    shipping = billing if shipping.is_empty else shipping
    taxes = _taxes(read, money, shipping)
    lines = [_draft_line(line, taxes) for line in nodes(read, "lineItems")]
    if read.data.get("shippingLine") is not None:
        delivery = {"shippingLines": [read.data["shippingLine"]]}
        lines += extra_lines(Reader(delivery, read.path), taxes)
    return ExternalOrder(
        external_id=f"{DRAFT_PREFIX}{number}",
        number=read.text("name", 64) or number,
        status=OrderStatus.DRAFT,
        raw_status=read.text("status", 64),
        currency=money.currency,
        created_at=_required_moment(read, "createdAt"),
        updated_at=_required_moment(read, "updatedAt"),
        total=money.required(read, "totalPriceSet"),
        total_tax=money.amount(read, "totalTaxSet"),
        prices_include_tax=taxes.included,
        buyer=_buyer(read, billing),
        billing=billing,
        shipping=shipping,
        lines=tuple(lines),
        tax_rates=tuple(taxes.rates.values()),
        coupons=tuple(Coupon(code) for code in _texts(read, "discountCodes")),
        buyer_note=read.text("note2", MAX_NOTE),
        tags=_texts(read, "tags"),
    )


def _draft_line(line: Reader, taxes: Taxes) -> ExternalLine:
    line_taxes = taxes.of_line(line)
    price = taxes.money.required(line, "originalTotalSet")
    discounted = taxes.money.amount(line, "discountedTotalSet", price)
    tax = sum(line_taxes.values(), ZERO)
    total, subtotal = net_of(price, price - discounted, tax, taxes.included)
    gift = line.data.get("isGiftCard") is True
    return ExternalLine(
        external_id=identifier(line, "id", "DraftOrderLineItem"),
        kind=LineKind.GIFT_CARD if gift else LineKind.PRODUCT,
        name=line.text("name", 500),
        quantity=count(line, "quantity"),
        subtotal=subtotal,
        total=total,
        total_tax=tax,
        taxes=line_taxes,
        sku=line.text("sku", 200),
        barcode=line.child("variant").text("barcode", 64),
        product_ref=nested_identifier(line, "variant", "ProductVariant"),
        requires_shipping=line.data.get("requiresShipping") is not False,
    )
