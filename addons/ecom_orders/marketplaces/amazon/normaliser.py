"""Amazon's orders to the common schema.

Facts used here (Orders API 2026-01-01, definitions):

* ``fulfillment.fulfilledBy`` is ``AMAZON`` (FBA) or ``MERCHANT``;
* a cancelled item carries ``cancellation.cancellationExecution``, a wish of the buyer
  ``cancellation.cancellationRequest``;
* ``tax.taxCollections`` with the model ``MARKETPLACE_FACILITATOR``: Amazon withholds
  the tax and remits it;
* without the roles for personal data ``buyer`` and ``recipient`` are simply absent;
* no rate of a tax is stated, only amounts; see :mod:`.proceeds` for amounts and
  :mod:`.rates` for what they tell of the rate.

An order of version v0 is translated first, see :mod:`.legacy`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
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
    TaxRate,
)
from . import finances, legacy
from .const import MARKETPLACES, ORDER_STATUSES, Marketplace, unit_of
from .proceeds import (
    GIFT_WRAP,
    ITEM,
    SHIPPING,
    Amounts,
    Proceeds,
    TaxPlace,
    place_of_tax,
    read_proceeds,
)
from .rates import with_rates

FACILITATOR = "MARKETPLACE_FACILITATOR"
TAX_KEY, CHANNEL_TAX_KEY = "tax", "marketplace_facilitator"

_KINDS = {SHIPPING: LineKind.SHIPPING}
_NAMES = {SHIPPING: "Shipping", GIFT_WRAP: "Gift wrap", "COD_FEE": "Cash on delivery"}


@dataclass(frozen=True)
class _Item:
    """An order item, its amounts and what is still to be delivered of it."""

    read: Reader
    item_id: str
    quantity: Decimal
    fulfilled: Decimal
    proceeds: Proceeds
    tax_key: str


@dataclass(frozen=True)
class _Value:
    """What an order is worth: its lines, and how their amounts are to be read.

    :param rates: those that could be worked out, in percent, by key of the tax.
    """

    lines: tuple[ExternalLine, ...]
    total: Decimal
    currency: str
    place: TaxPlace
    rates: Mapping[str, Decimal] = field(default_factory=dict)


def normalise_order(payload: Any) -> ExternalOrder:
    """Understand an order of either version.

    :param payload: parsed by :func:`~..reading.parse_json`.
    :raises PayloadError: with the path of what cannot be understood.
    """
    return normalise(legacy.translate(payload))


def normalise(payload: Any) -> ExternalOrder:
    """Understand an order of version 2026-01-01."""
    read = Reader(payload)
    order_id = read.identifier("orderId")
    created_at = read.moment("createdTime")
    if created_at is None:
        raise read.fail("createdTime", "is missing")
    fulfillment = read.child("fulfillment")
    raw_status = fulfillment.text("fulfillmentStatus", 40)
    marketplace_ref = read.child("salesChannel").text("marketplaceId", 40)
    marketplace = MARKETPLACES.get(marketplace_ref)
    items = tuple(_item(row) for row in read.children("orderItems"))
    value = _value(read, items, marketplace)
    shipping = _address(read.child("recipient").child("deliveryAddress"))
    buyer = _buyer(read.child("buyer"), shipping)
    country = shipping.country_code or (marketplace.country if marketplace else "")
    return ExternalOrder(
        external_id=order_id,
        number=order_id,
        status=ORDER_STATUSES.get(raw_status, OrderStatus.UNKNOWN),
        raw_status=raw_status,
        currency=value.currency,
        created_at=created_at,
        updated_at=read.moment("lastUpdatedTime") or created_at,
        total=value.total,
        total_tax=sum((line.total_tax for line in value.lines), ZERO),
        prices_include_tax=value.place is TaxPlace.INSIDE,
        buyer=buyer,
        billing=shipping,
        shipping=shipping,
        lines=value.lines,
        tax_rates=_tax_rates(value, country, shipping.state_code),
        coupons=tuple(_coupons(items)),
        refunds=tuple(
            finances.normalise_refund(row.data, order_id)
            for row in read.children("refundTransactions")
        ),
        payments=tuple(_payments(read.child("payment"))),
        buyer_note=_note(read, items),
        fulfilled_by_channel=fulfillment.text("fulfilledBy", 40) == "AMAZON",
        masked=_is_masked(buyer, shipping),
        marketplace_ref=marketplace_ref,
        ship_by=fulfillment.child("shipByWindow").moment("latestDateTime"),
        deliver_by=fulfillment.child("deliverByWindow").moment("latestDateTime"),
        shipping_method=fulfillment.text("fulfillmentServiceLevel", 40),
        tags=_tags(read),
        cancel_requested=any(
            item.quantity > 0 and _cancellation(item.read, "cancellationRequest")
            for item in items
        ),
    )


# -- items -----------------------------------------------------------------------------


def _item(read: Reader) -> _Item:
    ordered = read.required_decimal("quantityOrdered")
    fulfillment = read.child("fulfillment")
    fulfilled = fulfillment.decimal("quantityFulfilled")
    quantity = ordered
    if _cancellation(read, "cancellationExecution"):
        quantity = min(ordered, fulfilled + fulfillment.decimal("quantityUnfulfilled"))
    collections = read.child("tax").children("taxCollections")
    withheld = any(row.text("model", 60) == FACILITATOR for row in collections)
    return _Item(
        read,
        read.identifier("orderItemId"),
        quantity,
        min(fulfilled, quantity),
        read_proceeds(read, ordered),
        CHANNEL_TAX_KEY if withheld else TAX_KEY,
    )


def _without_cancelled(
    items: tuple[_Item, ...], total: Decimal | None
) -> tuple[_Item, ...]:
    """Take the amounts off items that were called off, unless the total has them.

    The model does not say whether a cancelled item keeps its amounts, nor whether the
    total of the order counts them: what explains the total better is believed.
    """
    left = tuple(item if item.quantity else _worthless(item) for item in items)
    if total is None or _distance(left, total) <= _distance(items, total):
        return left
    return items


def _worthless(item: _Item) -> _Item:
    return replace(item, proceeds=Proceeds())


def _distance(items: Iterable[_Item], total: Decimal) -> Decimal:
    """How far items are from a total, with or without their tax."""
    proceeds = [item.proceeds for item in items]
    rest = total - sum((part.stated for part in proceeds), ZERO)
    return min(abs(rest), abs(rest - sum((part.tax for part in proceeds), ZERO)))


def _cancellation(read: Reader, key: str) -> bool:
    return bool(read.child("cancellation").child(key).data)


def _lines(item: _Item, place: TaxPlace) -> Iterable[ExternalLine]:
    goods = item.proceeds.kinds.get(ITEM, Amounts())
    product = item.read.child("product")
    sku = product.text("sellerSku", 200)
    subtotal, total = goods.untaxed(place)
    taxes = _line_taxes(item, goods, place)
    yield ExternalLine(
        external_id=item.item_id,
        kind=LineKind.PRODUCT,
        name=product.text("title", 500) or sku or product.text("asin", 40),
        quantity=item.quantity,
        subtotal=subtotal,
        total=total,
        total_tax=sum(taxes.values(), ZERO),
        taxes=taxes,
        sku=sku,
        product_ref=sku,
        fulfilled_quantity=item.fulfilled,
    )
    for kind, amounts in item.proceeds.kinds.items():
        if kind != ITEM and (amounts.gross or amounts.discount or amounts.tax):
            yield _extra_line(item, kind, amounts, place)


def _extra_line(
    item: _Item, kind: str, amounts: Amounts, place: TaxPlace
) -> ExternalLine:
    subtotal, total = amounts.untaxed(place)
    taxes = _line_taxes(item, amounts, place)
    return ExternalLine(
        external_id=f"{item.item_id}:{kind}",
        kind=_KINDS.get(kind, LineKind.FEE),
        name=_NAMES.get(kind, kind.replace("_", " ").capitalize()),
        quantity=Decimal(1),
        subtotal=subtotal,
        total=total,
        total_tax=sum(taxes.values(), ZERO),
        taxes=taxes,
        method=kind,
        requires_shipping=False,
    )


def _line_taxes(item: _Item, amounts: Amounts, place: TaxPlace) -> dict[str, Decimal]:
    if place is TaxPlace.APART or not amounts.tax:
        return {}
    return {item.tax_key: amounts.tax}


def _tips(read: Reader) -> tuple[ExternalLine, ...]:
    """``DELIVERY_TIP`` is the one part of an order that is of no item."""
    return tuple(
        ExternalLine(
            external_id=f"tip:{number}",
            kind=LineKind.TIP,
            name="Delivery tip",
            quantity=Decimal(1),
            subtotal=amount,
            total=amount,
            requires_shipping=False,
        )
        for number, part in enumerate(read.child("proceeds").children("breakdowns"))
        if part.text("type", 40) == "DELIVERY_TIP"
        and (amount := part.child("subtotal").decimal("amount"))
        and part.text("status", 40) != "PENDING"
    )


# -- totals and taxes ------------------------------------------------------------------


def _value(
    read: Reader, items: tuple[_Item, ...], marketplace: Marketplace | None
) -> _Value:
    """Lines and total of an order; what states no total is worth its lines."""
    total, currency = _total(read, items)
    currency = currency or (marketplace.currency if marketplace else "")
    if not currency:
        raise read.fail("proceeds", "names no currency")
    tips = _tips(read)
    goods = None if total is None else total - sum((tip.total for tip in tips), ZERO)
    items = _without_cancelled(items, goods)
    includes = marketplace.prices_include_tax if marketplace else True
    place = place_of_tax((item.proceeds for item in items), goods, includes)
    lines = (*(line for item in items for line in _lines(item, place)), *tips)
    if total is None:
        total = sum((line.total + line.total_tax for line in lines), ZERO)
    rates: dict[str, Decimal] = {}
    if place is TaxPlace.INSIDE:
        lines, rates = with_rates(lines, TAX_KEY, unit_of(currency))
    return _Value(lines, total, currency, place, rates)


def _total(read: Reader, items: Iterable[_Item]) -> tuple[Decimal | None, str]:
    """The stated total and the currency; an order that is pending states none."""
    stated = read.child("proceeds").child("grandTotal")
    total = stated.decimal("amount", default=None)
    currency = _currency(stated)
    for item in items:
        if currency:
            break
        currency = _first_currency(item.read)
    return total, currency


def _first_currency(item: Reader) -> str:
    parts = [
        item.child("proceeds").child("proceedsTotal"),
        *(
            part.child("subtotal")
            for part in item.child("proceeds").children("breakdowns")
        ),
        item.child("product").child("price").child("unitPrice"),
    ]
    return next((code for part in parts if (code := _currency(part))), "")


def _currency(read: Reader) -> str:
    code = read.text("currencyCode", 16).upper()
    if code and (len(code) != 3 or not code.isalpha() or not code.isascii()):
        raise read.fail("currencyCode", "is not a currency code")
    return code


def _tax_rates(value: _Value, country: str, state: str) -> tuple[TaxRate, ...]:
    totals: dict[str, Decimal] = {}
    for line in value.lines:
        for key, amount in line.taxes.items():
            totals[key] = totals.get(key, ZERO) + amount
    return tuple(
        TaxRate(
            key=key,
            label="Tax collected by Amazon" if key == CHANNEL_TAX_KEY else "Tax",
            percent=value.rates.get(key),
            country_code=country,
            state_code=state,
            included=value.place is TaxPlace.INSIDE,
            total=amount,
            collected_by_channel=key == CHANNEL_TAX_KEY,
        )
        for key, amount in totals.items()
    )


# -- people and the rest ---------------------------------------------------------------


def _address(read: Reader) -> Address:
    lines = [read.text(f"addressLine{number}", 400) for number in (1, 2, 3)]
    return Address(
        name=read.text("name", 200),
        company=read.text("companyName", 200),
        street=lines[0],
        street2=", ".join(line for line in lines[1:] if line),
        city=read.text("city", 200) or read.text("municipality", 200),
        zip=read.text("postalCode", 32),
        state_code=read.text("stateOrRegion", 100)
        or read.text("districtOrCounty", 100),
        country_code=read.text("countryCode", 8).upper(),
        phone=read.text("phone", 64),
    )


def _buyer(read: Reader, shipping: Address) -> Buyer:
    return Buyer(
        name=read.text("buyerName", 200)
        or read.text("buyerCompanyName", 200)
        or shipping.name,
        email=read.text("buyerEmail", 254),
        phone=shipping.phone,
    )


def _is_masked(buyer: Buyer, shipping: Address) -> bool:
    """Whether nobody can be identified: withheld, or hidden by asterisks."""
    if not buyer.name or not shipping.street:
        return True
    return any(map(is_masked, (buyer.name, shipping.name, shipping.street)))


def _coupons(items: Iterable[_Item]) -> Iterable[Coupon]:
    """Promotions by id; Amazon does not tell what each of them took off."""
    codes = (
        row.text("promotionId", 100)
        for item in items
        for row in item.read.child("promotion").children("breakdowns")
    )
    return (Coupon(code) for code in dict.fromkeys(codes) if code)


def _payments(read: Reader) -> Iterable[Payment]:
    for number, row in enumerate(read.children("paymentExecutions")):
        amount = row.child("paymentAmount").decimal("amount", default=None)
        if amount is not None and amount > 0:
            method = row.text("paymentMethod", 60)
            on_delivery = method.replace(" ", "").lower() in ("cashondelivery", "cod")
            kind = PaymentKind.ON_DELIVERY if on_delivery else PaymentKind.OTHER
            yield Payment(
                external_id=str(number),
                gateway=method,
                amount=amount,
                kind=kind,
                reference=row.text("authorizationCode", 100),
            )


def _note(read: Reader, items: Iterable[_Item]) -> str:
    """Gift messages and the buyer's instructions for the delivery, a line each."""
    preference = read.child("recipient").child("deliveryPreference")
    notes = [
        preference.text("dropOffLocation", MAX_NOTE),
        preference.text("addressInstruction", MAX_NOTE),
    ]
    for item in items:
        packing = item.read.child("fulfillment").child("packing")
        notes.append(packing.child("giftOption").text("giftMessage", MAX_NOTE))
    return "\n".join(dict.fromkeys(note for note in notes if note))[:MAX_NOTE]


def _tags(read: Reader) -> tuple[str, ...]:
    """Amazon's programmes that the order is in (``PRIME``, ``AMAZON_BUSINESS``...)."""
    programs = read.data.get("programs")
    if not isinstance(programs, list):
        return ()
    found: Mapping[str, None] = dict.fromkeys(p for p in programs if isinstance(p, str))
    return tuple(name[:60] for name in found)[:20]
