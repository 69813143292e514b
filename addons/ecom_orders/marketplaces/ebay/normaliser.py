"""eBay orders (Fulfillment ``Order``) to the common schema.

What money means is in :mod:`.amounts`. Other facts of the document:

* an order has no row before it is paid for, except with cash on pick-up;
* ``buyer.username`` is the account (for some sellers an immutable id instead of the
  name); names and streets are withheld from orders older than 90 days, e-mail
  addresses after 14 days;
* with the Global Shipping Program ``shipTo`` is the provider's warehouse and
  ``shipToReferenceId`` has to stand on the parcel: it is added to the address;
* refunds stand in the order: ``paymentSummary.refunds`` with a status,
  ``lineItems[].refunds`` without one. Their amounts leave out tax that eBay collects.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..names import is_masked
from ..reading import MAX_NOTE, Reader
from ..schema import (
    ZERO,
    Address,
    Buyer,
    Coupon,
    ExternalLine,
    ExternalOrder,
    LineKind,
    OrderStatus,
    Payment,
    PaymentKind,
    Refund,
    RefundLine,
    RefundStatus,
)
from . import const
from .amounts import amount, amount_or_zero, currency_of, line_taxes, tax_rates

DELIVERY_LINE = "delivery"
LISTING_REF = "listing:"  # begins the reference of a listing without SKU


def normalise_order(payload: Any) -> ExternalOrder:
    """Understand an order.

    :param payload: parsed by :func:`~..reading.parse_json`; read with
        ``fieldGroups=TAX_BREAKDOWN``, though it is understood without it.
    :raises PayloadError: with the path of what cannot be understood.
    """
    read = Reader(payload)
    pricing = read.child("pricingSummary")
    currency = currency_of(pricing.child("total"))
    order_id = read.identifier("orderId")
    created_at = read.moment("creationDate")
    if created_at is None:
        raise read.fail("creationDate", "is missing")
    items = read.children("lineItems")
    taxes = [line_taxes(item, currency) for item in items]
    lines = [
        _product_line(item, currency, tax.by_key, tax.total)
        for item, tax in zip(items, taxes, strict=True)
    ]
    lines += _other_lines(pricing, lines, currency)
    stated_tax = amount_or_zero(pricing, "tax", currency)
    line_tax = sum((tax.total for tax in taxes), ZERO)
    step = _first_instruction(read)
    shipping = _shipping_address(step)
    billing = _billing_address(read)
    marketplace = _marketplace(items)
    payments = tuple(_payments(read, order_id, currency))
    return ExternalOrder(
        external_id=order_id,
        number=order_id,
        status=_status(read, payments),
        raw_status=_raw_status(read),
        currency=currency,
        created_at=created_at,
        updated_at=read.moment("lastModifiedDate") or created_at,
        paid_at=max((p.paid_at for p in payments if p.paid_at), default=None),
        total=amount_or_zero(pricing, "total", currency)
        + sum((tax.outside for tax in taxes), ZERO),
        total_tax=line_tax if any(tax.by_key for tax in taxes) else stated_tax,
        prices_include_tax=marketplace in const.TAX_INCLUSIVE_MARKETPLACES,
        buyer=_buyer(read, billing, shipping),
        billing=billing,
        shipping=shipping,
        lines=tuple(lines),
        tax_rates=tax_rates(
            [tax.by_key for tax in taxes],
            shipping.country_code or billing.country_code,
            shipping.state_code or billing.state_code,
        ),
        coupons=tuple(_coupons(items, currency)),
        refunds=tuple(_refunds(read, items, order_id, currency)),
        payment_method=payments[0].gateway if payments else "",
        payment_title=payments[0].gateway if payments else "",
        transaction_ref=payments[0].reference if payments else "",
        buyer_note=read.text("buyerCheckoutNotes", MAX_NOTE),
        fulfilled_by_channel=_fulfilled_by_ebay(read, step),
        masked=_is_masked(read, billing, shipping, step),
        marketplace_ref=marketplace,
        ship_by=_earliest(items, "shipByDate"),
        deliver_by=_earliest(items, "maxEstimatedDeliveryDate")
        or step.moment("maxEstimatedDeliveryDate"),
        shipping_method=step.child("shippingStep").text("shippingServiceCode", 100),
        shipping_title=step.child("shippingStep").text("shippingCarrierCode", 100),
        payments=payments,
        tags=_tags(read, step),
        cancel_requested=_cancel_requested(read),
    )


# -- head of the order -----------------------------------------------------------------


def cancel_state(read: Reader) -> str:
    """Where the cancellation of an order stands; empty = nobody asked for one."""
    state = read.child("cancelStatus").text("cancelState", 40)
    return "" if state == const.NOT_CANCELLED else state


def _status(read: Reader, payments: tuple[Payment, ...]) -> OrderStatus:
    if cancel_state(read) == const.CANCELLED:
        return OrderStatus.CANCELLED
    status = const.PAYMENT_STATUSES.get(
        read.text("orderPaymentStatus", 40), OrderStatus.UNKNOWN
    )
    fulfilment = read.text("orderFulfillmentStatus", 40)
    if fulfilment and fulfilment not in const.FULFILMENT_STATUSES:
        return OrderStatus.UNKNOWN
    if status is OrderStatus.PENDING and any(
        payment.kind is PaymentKind.ON_DELIVERY for payment in payments
    ):
        status = OrderStatus.OPEN  # paid for when it is picked up, so get it ready
    if status is OrderStatus.OPEN and fulfilment == const.FULFILLED:
        return OrderStatus.COMPLETED
    return status


def _raw_status(read: Reader) -> str:
    parts = (
        read.text("orderPaymentStatus", 40),
        read.text("orderFulfillmentStatus", 40),
        cancel_state(read),
    )
    return "/".join(part for part in parts if part)


def _cancel_requested(read: Reader) -> bool:
    """Whether the buyer asks to call it off; who asks is told by getOrder only."""
    if cancel_state(read) != const.CANCEL_RUNNING:
        return False
    requests = read.child("cancelStatus").children("cancelRequests")
    running = [
        request
        for request in requests
        if request.text("cancelRequestState", 40) in ("", const.REQUEST_OPEN)
    ]
    if not running:
        return not requests
    return any(
        request.text("cancelInitiator", 40).upper() != "SELLER" for request in running
    )


def _marketplace(items: list[Reader]) -> str:
    for item in items:
        for key in ("purchaseMarketplaceId", "listingMarketplaceId"):
            code = item.text(key, 40)
            if code:
                return code
    return ""


def _first_instruction(read: Reader) -> Reader:
    steps = read.children("fulfillmentStartInstructions")
    return steps[0] if steps else Reader({}, read.at("fulfillmentStartInstructions"))


def _earliest(items: list[Reader], key: str) -> datetime | None:
    found = (
        item.child("lineItemFulfillmentInstructions").moment(key) for item in items
    )
    return min((moment for moment in found if moment), default=None)


def _fulfilled_by_ebay(read: Reader, step: Reader) -> bool:
    program = read.child("program").child("fulfillmentProgram")
    return (
        program.text("fulfilledBy", 40) == "EBAY"
        or step.text("fulfillmentInstructionsType", 40) == "FULFILLED_BY_EBAY"
    )


def _tags(read: Reader, step: Reader) -> tuple[str, ...]:
    """The programs of eBay that an order runs under."""
    program = read.child("program")
    found = {
        "authenticity_guarantee": program.child("authenticityVerification"),
        "ebay_fulfillment": program.child("fulfillmentProgram"),
        "ebay_international_shipping": program.child("ebayInternationalShipping"),
        "ebay_shipping": program.child("ebayShipping"),
        "ebay_vault": program.child("ebayVault"),
    }
    tags = [tag for tag, child in found.items() if child.data]
    if step.child("shippingStep").text("shipToReferenceId", 100):
        tags.append("global_shipping")
    if step.child("pickupStep").data:
        tags.append("in_store_pickup")
    return tuple(tags)


# -- people ----------------------------------------------------------------------------


def _buyer(read: Reader, billing: Address, shipping: Address) -> Buyer:
    account = read.child("buyer").text("username", 200)
    return Buyer(
        external_id="" if is_masked(account) else account,
        name=billing.name or shipping.name,
        email=billing.email or shipping.email,
        phone=billing.phone or shipping.phone,
    )


def _contact(read: Reader) -> Address:
    """An ``ExtendedContact``."""
    return replace(
        _address(read.child("contactAddress")),
        name=read.text("fullName", 200),
        company=read.text("companyName", 200),
        phone=read.child("primaryPhone").text("phoneNumber", 64),
        email=read.text("email", 254),
    )


def _address(read: Reader) -> Address:
    return Address(
        street=read.text("addressLine1", 400),
        street2=read.text("addressLine2", 400),
        city=read.text("city", 200),
        zip=read.text("postalCode", 32),
        state_code=read.text("stateOrProvince", 100) or read.text("county", 100),
        country_code=read.text("countryCode", 8).upper(),
    )


def _billing_address(read: Reader) -> Address:
    """The buyer's registered address, else the one that decides about taxes."""
    buyer = read.child("buyer")
    registered = _contact(buyer.child("buyerRegistrationAddress"))
    if registered.country_code or registered.city:
        return registered
    tax = _address(buyer.child("taxAddress"))
    return replace(
        tax,
        name=registered.name,
        company=registered.company,
        phone=registered.phone,
        email=registered.email,
    )


def _shipping_address(step: Reader) -> Address:
    shipping = step.child("shippingStep")
    address = _contact(shipping.child("shipTo"))
    reference = shipping.text("shipToReferenceId", 100)
    if reference and reference not in f"{address.street} {address.street2}":
        street2 = f"{address.street2} {reference}".strip()
        address = replace(address, street2=street2)
    return address


def _is_masked(read: Reader, billing: Address, shipping: Address, step: Reader) -> bool:
    texts = [
        read.child("buyer").text("username", 200),
        *vars(billing).values(),
        *vars(shipping).values(),
    ]
    if any(is_masked(text) for text in texts):
        return True
    # Withheld: a parcel goes somewhere, and nobody says to whom.
    goes_out = bool(step.child("shippingStep").data)
    return goes_out and not shipping.name and not shipping.street


# -- lines -----------------------------------------------------------------------------


def product_ref(read: Reader) -> str:
    """What a line or listing is linked by: its SKU, else the listing's number.

    The Inventory interface knows things by SKU (unique for the seller there) and does
    not tell numbers of variations; listings made elsewhere may have no SKU. So the
    reference is the SKU, and ``"listing:<item>"`` or ``"listing:<item>/<variation>"``
    where there is none.
    """
    sku = read.text("sku", 200)
    if sku:
        return sku
    item = read.identifier("legacyItemId", required=False)
    variation = read.identifier("legacyVariationId", required=False)
    if not item:
        return ""
    return f"{LISTING_REF}{item}/{variation}" if variation else f"{LISTING_REF}{item}"


def _product_line(
    item: Reader, currency: str, taxes: dict[str, Decimal], total_tax: Decimal
) -> ExternalLine:
    subtotal = amount(item, "lineItemCost", currency)
    if subtotal is None:
        raise item.fail("lineItemCost", "is missing")
    discounted = amount(item, "discountedLineItemCost", currency)
    quantity = item.decimal("quantity", default=Decimal(1))
    if quantity < 0:
        raise item.fail("quantity", "is negative")
    shipped = item.text("lineItemFulfillmentStatus", 40) == const.FULFILLED
    return ExternalLine(
        external_id=item.identifier("lineItemId"),
        kind=LineKind.PRODUCT,
        name=item.text("title", 500),
        quantity=quantity,
        subtotal=subtotal,
        total=subtotal if discounted is None else discounted,
        total_tax=total_tax,
        taxes=taxes,
        sku=item.text("sku", 200),
        product_ref=product_ref(item),
        fulfilled_quantity=quantity if shipped else ZERO,
        requires_shipping=not item.child("giftDetails").data,
    )


def _other_lines(
    pricing: Reader, lines: list[ExternalLine], currency: str
) -> Iterable[ExternalLine]:
    """Delivery, fees, adjustments, and discounts that no line item bears."""
    delivery = amount(pricing, "deliveryCost", currency)
    if delivery is not None:
        discount = amount_or_zero(pricing, "deliveryDiscount", currency)
        yield _extra_line(
            DELIVERY_LINE, LineKind.SHIPPING, delivery, delivery - abs(discount)
        )
    fee = amount_or_zero(pricing, "fee", currency)
    if fee:
        yield _extra_line("fee", LineKind.FEE, fee, fee)
    adjustment = amount_or_zero(pricing, "adjustment", currency)
    if adjustment:
        kind = LineKind.DISCOUNT if adjustment < 0 else LineKind.FEE
        yield _extra_line("adjustment", kind, adjustment, adjustment)
    given = sum((line.subtotal - line.total for line in lines), ZERO)
    rest = abs(amount_or_zero(pricing, "priceDiscount", currency)) - given
    if rest > 0:
        yield _extra_line("discount", LineKind.DISCOUNT, -rest, -rest)


def _extra_line(
    name: str, kind: LineKind, subtotal: Decimal, total: Decimal
) -> ExternalLine:
    return ExternalLine(
        external_id=name,
        kind=kind,
        name=name.capitalize(),
        quantity=Decimal(1),
        subtotal=subtotal,
        total=total,
        method=name,
    )


def _coupons(items: list[Reader], currency: str) -> Iterable[Coupon]:
    for item in items:
        for promotion in item.children("appliedPromotions"):
            code = promotion.text("promotionId", 100)
            if code:
                value = amount_or_zero(promotion, "discountAmount", currency)
                yield Coupon(code, abs(value))


# -- money that came and went ----------------------------------------------------------


def _payments(read: Reader, order_id: str, currency: str) -> Iterable[Payment]:
    summary = read.child("paymentSummary")
    for position, payment in enumerate(summary.children("payments"), start=1):
        value = amount(payment, "amount", currency)
        status = payment.text("paymentStatus", 40)
        gateway = payment.text("paymentMethod", 64)
        at_pickup = gateway == const.CASH_ON_PICKUP
        came = status != "FAILED" and (status != "PENDING" or at_pickup)
        if value is None or not came:
            continue
        reference = payment.text("paymentReferenceId", 200)
        yield Payment(
            external_id=reference or f"{order_id}/{position}",
            gateway=gateway,
            amount=abs(value),
            kind=const.PAYMENT_KINDS.get(gateway, PaymentKind.OTHER),
            # Finance's transactions name the order, not a payment.
            reference=reference or order_id,
            paid_at=payment.moment("paymentDate"),
        )


def _refunds(
    read: Reader, items: list[Reader], order_id: str, currency: str
) -> Iterable[Refund]:
    summary = read.child("paymentSummary")
    for position, refund in enumerate(summary.children("refunds"), start=1):
        yield Refund(
            external_id=_refund_id(refund) or f"{order_id}/{position}",
            order_id=order_id,
            amount=abs(amount_or_zero(refund, "amount", currency)),
            created_at=refund.moment("refundDate"),
            lines=(),
            status=const.REFUND_STATUSES.get(
                refund.text("refundStatus", 40), RefundStatus.PENDING
            ),
        )
    yield from _line_refunds(items, order_id, currency)


def _line_refunds(
    items: list[Reader], order_id: str, currency: str
) -> Iterable[Refund]:
    """Refunds of line items; one refund may be about several.

    They carry no status; the date comes once the money went back, so without it the
    refund is under way.
    """
    found: dict[str, Refund] = {}
    for item in items:
        for position, read in enumerate(item.children("refunds"), start=1):
            line_id = item.identifier("lineItemId")
            refund_id = _refund_id(read) or f"{line_id}/{position}"
            line = _refund_line(item, read, refund_id, line_id, currency)
            refund = found.get(refund_id) or Refund(
                external_id=refund_id, order_id=order_id, amount=ZERO, lines=()
            )
            issued = read.moment("refundDate")
            found[refund_id] = replace(
                refund,
                amount=refund.amount + line.total,
                created_at=issued or refund.created_at,
                lines=(*refund.lines, line),
                status=RefundStatus.DONE if issued else RefundStatus.PENDING,
            )
    yield from found.values()


def _refund_line(
    item: Reader, read: Reader, refund_id: str, line_id: str, currency: str
) -> RefundLine:
    return RefundLine(
        external_id=f"{refund_id}/{line_id}",
        order_line_id=line_id,
        kind=LineKind.PRODUCT,
        name=item.text("title", 500),
        quantity=ZERO,  # eBay gives money back, not pieces
        total=abs(amount_or_zero(read, "amount", currency)),
    )


def _refund_id(read: Reader) -> str:
    return read.identifier("refundId", required=False) or read.identifier(
        "refundReferenceId", required=False
    )
