"""Orders of a file (payloads of :mod:`.orders`) to the common schema.

A file tells amounts with tax or without (``prices_include_tax``, and for single fields
``tax_included``), and taxes as an amount of the line, as a rate of the line, or as one
amount of the whole order, which is then spread over everything in proportion. What is
told is kept; only what follows from it is computed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..names import is_masked, person_name
from ..reading import MAX_AMOUNT, MAX_NOTE, MAX_SCALE, Reader
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
    Refund,
    TaxRate,
)

EXACT = Decimal("0.000001")  # of taxes that are computed from a rate
WHOLE_TAX = "tax"  # key of a rate of which only the amount is told
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class _Item:
    """Something with a price, before it is known what of it is tax.

    :param amount: after discounts, as the file tells it.
    :param subtotal: the same before discounts.
    :param included: whether the tax is in both.
    :param tax: ``None`` when not told.
    """

    line_id: str
    kind: LineKind
    name: str
    amount: Decimal
    subtotal: Decimal
    included: bool
    quantity: Decimal = Decimal(1)
    tax: Decimal | None = None
    percent: Decimal | None = None
    sku: str = ""
    barcode: str = ""
    product_ref: str = ""
    method: str = ""
    shipped: Decimal = ZERO


def normalise_order(payload: Any) -> ExternalOrder:
    """Understand an order.

    :raises PayloadError: with the path of what cannot be understood.
    """
    read = Reader(payload)
    order_id = read.identifier("id")
    created_at = read.moment("created_at")
    if created_at is None:
        raise read.fail("created_at", "is missing")
    status = _status(read)
    billing, shipping = _address(read.child("bill_to")), _address(read.child("ship_to"))
    items = _items(read, status)
    lines = tuple(_taxed(read, items))
    total = read.decimal("total", default=None)
    taxes = sum((line.total_tax for line in lines), ZERO)
    method = read.text("payment_method", 64)
    buyer = _buyer(read, shipping, billing)
    return ExternalOrder(
        external_id=order_id,
        number=read.text("number", 64) or order_id,
        status=status,
        raw_status=read.text("raw_status", 200),
        currency=_currency(read),
        created_at=created_at,
        updated_at=read.moment("updated_at") or created_at,
        paid_at=read.moment("paid_at"),
        total=sum((line.total for line in lines), taxes) if total is None else total,
        total_tax=read.decimal("total_tax", default=taxes),
        prices_include_tax=read.flag("prices_include_tax"),
        buyer=buyer,
        billing=shipping if billing.is_empty else billing,
        shipping=billing if shipping.is_empty else shipping,
        lines=lines,
        tax_rates=_tax_rates(read, items, lines, shipping.country_code),
        coupons=_coupons(read),
        refunds=_refunds(read, order_id),
        payment_method=method,
        payment_title=method,
        transaction_ref=read.text("transaction_ref", 200),
        buyer_note=read.text("note", MAX_NOTE),
        fulfilled_by_channel=read.flag("fulfilled_by_channel"),
        masked=any(
            is_masked(text)
            for text in (buyer.name, shipping.name, shipping.phone, shipping.street)
        ),
        marketplace_ref=read.text("marketplace_ref", 200),
        ship_by=read.moment("ship_by"),
        deliver_by=read.moment("deliver_by"),
        shipping_method=read.text("shipping_method", 100),
        shipping_title=read.text("shipping_method", 200),
        payments=_payments(read, order_id, total),
    )


# -- head of the order -----------------------------------------------------------------


def _status(read: Reader) -> OrderStatus:
    try:
        return OrderStatus(read.text("status", 64))
    except ValueError:
        raise read.fail("status", "is not a status") from None


def _currency(read: Reader) -> str:
    code = read.text("currency", 16)
    if len(code) != 3 or not code.isalpha() or not code.isascii():
        raise read.fail("currency", "is not a currency code")
    return code.upper()


def _address(read: Reader) -> Address:
    country = read.text("country", 8).upper()
    full = person_name(
        read.text("first_name", 200), read.text("last_name", 200), country
    )
    return Address(
        name=read.text("name", 200) or full,
        company=read.text("company", 200),
        street=read.text("street", 400),
        street2=read.text("street2", 400),
        city=read.text("city", 200),
        zip=read.text("zip", 32),
        state_code=read.text("state", 100),
        country_code=country,
        phone=read.text("phone", 64),
        email=read.text("email", 254),
    )


def _buyer(read: Reader, shipping: Address, billing: Address) -> Buyer:
    told = read.child("buyer")
    return Buyer(
        external_id=told.identifier("id", required=False),
        name=told.text("name", 200) or billing.name or shipping.name,
        email=told.text("email", 254) or billing.email or shipping.email,
        phone=told.text("phone", 64) or billing.phone or shipping.phone,
    )


def _coupons(read: Reader) -> tuple[Coupon, ...]:
    code = read.text("coupon", 100)
    return (Coupon(code, abs(read.decimal("discount"))),) if code else ()


def _refunds(read: Reader, order_id: str) -> tuple[Refund, ...]:
    """One refund of all that was given back so far: a file tells no more."""
    amount = abs(read.decimal("refunded"))
    if not amount:
        return ()
    return (Refund(f"{order_id}/refund", order_id, amount, lines=()),)


def _payments(
    read: Reader, order_id: str, total: Decimal | None
) -> tuple[Payment, ...]:
    paid_at = read.moment("paid_at")
    if paid_at is None or total is None or total <= 0:
        return ()
    reference = read.text("transaction_ref", 200)
    return (
        Payment(
            external_id=reference or order_id,
            gateway=read.text("payment_method", 64),
            amount=total,
            reference=reference,
            paid_at=paid_at,
        ),
    )


# -- what it costs ---------------------------------------------------------------------


def _items(read: Reader, status: OrderStatus) -> list[_Item]:
    lines = read.children("lines")
    goods = [_product(read, line, status, len(lines) == 1) for line in lines]
    percents = {item.percent for item in goods if item.amount}
    percent = percents.pop() if len(percents) == 1 else None
    shipping_percent = _percent(read, "shipping_tax_percent")
    if shipping_percent is None:
        shipping_percent = percent
    shipping, ships_with_tax = _shipping(read, lines, shipping_percent)
    taxes = [read.decimal("shipping_tax", None)]
    taxes += [line.decimal("shipping_tax", None) for line in lines]
    told = [tax for tax in taxes if tax is not None]
    tax = sum(told, ZERO) if told else None
    fee, discount = read.decimal("fee"), -abs(read.decimal("discount"))
    extra = (
        (LineKind.SHIPPING, shipping, ships_with_tax, shipping_percent, tax),
        (LineKind.FEE, fee, _includes_tax(read, "fee"), percent, None),
        (LineKind.DISCOUNT, discount, _includes_tax(read, "discount"), percent, None),
    )
    title = read.text("shipping_method", 200)
    return goods + [
        _Item(
            line_id=kind.value,
            kind=kind,
            name=(title if kind is LineKind.SHIPPING else "") or kind.value,
            amount=_sane(read, kind.value, amount),
            subtotal=amount,
            included=included,
            tax=tax,
            percent=rate,
            method=title[:100] if kind is LineKind.SHIPPING else "",
        )
        for kind, amount, included, rate, tax in extra
        if amount
    ]


def _shipping(
    read: Reader, lines: list[Reader], percent: Decimal | None
) -> tuple[Decimal, bool]:
    """What the order and its lines say of shipping, and whether the tax is in it."""
    whole, parts = read.decimal("shipping"), _sum(lines, "shipping")
    if not whole:
        return parts, _includes_tax(read, "line.shipping")
    included = _includes_tax(read, "shipping")
    if parts:
        parts = _taxed_as(read, "line.shipping", parts, included, percent)
    return whole + parts, included


def _product(read: Reader, line: Reader, status: OrderStatus, alone: bool) -> _Item:
    quantity = line.decimal("quantity", default=Decimal(1))
    if quantity < 0:
        raise line.fail("quantity", "is negative")
    percent = _percent(line, "tax_percent")
    amount = line.decimal("total", default=None)
    told = "line.unit_price" if amount is None else "line.total"
    included = _includes_tax(read, told)
    if amount is None and line.decimal("unit_price", default=None) is None:
        included = read.flag("prices_include_tax")

    def of(key: str) -> Decimal:
        value = line.decimal(key)
        return _taxed_as(read, f"line.{key}", value, included, percent)

    discount = abs(of("discount"))
    if line.decimal("unit_price", default=None) is not None:
        subtotal = of("unit_price") * quantity
        amount = subtotal - discount if amount is None else amount
    elif amount is not None:
        subtotal = amount + discount
    elif alone:
        subtotal = amount = _rest_of_total(read, percent)
    else:
        raise line.fail("total", "is missing")
    return _Item(
        line_id=line.identifier("id"),
        kind=LineKind.PRODUCT,
        name=line.text("name", 500) or line.text("sku", 200),
        amount=_sane(line, "total", amount),
        subtotal=_sane(line, "unit_price", subtotal),
        included=included,
        quantity=quantity,
        tax=line.decimal("tax", default=None),
        percent=percent,
        sku=line.text("sku", 200),
        barcode=line.text("barcode", 64),
        product_ref=line.text("product_ref", 200),
        shipped=_shipped(line, quantity, status),
    )


def _rest_of_total(read: Reader, percent: Decimal | None) -> Decimal:
    """What the only line of an order costs when only the order's total is told."""
    included = read.flag("prices_include_tax")

    def of(key: str) -> Decimal:
        return _taxed_as(read, key, read.decimal(key), included, percent)

    rest = read.required_decimal("total")
    if not included:
        rest -= read.decimal("total_tax")
    return rest - of("shipping") + abs(of("discount")) - of("fee")


def _shipped(line: Reader, quantity: Decimal, status: OrderStatus) -> Decimal:
    told = line.decimal("shipped", default=None)
    if told is not None:
        return min(max(told, ZERO), quantity)
    sent = line.text("tracking_number", 200) or status is OrderStatus.COMPLETED
    return quantity if sent else ZERO


def _sum(lines: Iterable[Reader], key: str) -> Decimal:
    return sum((line.decimal(key) for line in lines), ZERO)


def _sane(read: Reader, key: str, amount: Decimal) -> Decimal:
    if abs(amount) > MAX_AMOUNT:
        raise read.fail(key, "is not a sane number")
    return amount


# -- taxes -----------------------------------------------------------------------------


def _includes_tax(read: Reader, name: str) -> bool:
    """Whether the tax is in the amounts of a field of :data:`.mapping.TAXED_FIELDS`."""
    exceptions = read.child("tax_included")
    told = name in exceptions.data
    return exceptions.flag(name) if told else read.flag("prices_include_tax")


def _taxed_as(
    read: Reader, name: str, amount: Decimal, included: bool, percent: Decimal | None
) -> Decimal:
    """An amount of a field with or without tax, as others that it is added to.

    :param included: whether those have the tax in them.
    :raises PayloadError: when it would have to be converted and no rate is told.
    """
    if not amount or _includes_tax(read, name) == included:
        return amount
    if percent is None:
        raise read.fail(name, "has tax in it, others do not, and no rate is told")
    factor = (HUNDRED + percent) / HUNDRED
    return round(amount * factor if included else amount / factor, MAX_SCALE)


def _percent(read: Reader, key: str) -> Decimal | None:
    percent = read.decimal(key, default=None)
    if percent is not None and not 0 <= percent <= HUNDRED:
        raise read.fail(key, "is not a rate")
    return percent


def _taxed(read: Reader, items: list[_Item]) -> Iterable[ExternalLine]:
    """Lines of the order, each amount cut into net and tax."""
    spread = _spread(read, items)
    for item in items:
        tax = _tax_of(item) if spread is None else spread * item.amount
        if tax is not None and abs(tax) > abs(item.amount):
            raise read.fail("lines", "have more tax than what is taxed")
        tax = tax if tax is None else tax.quantize(EXACT)
        net = item.amount - (tax or ZERO) if item.included else item.amount
        yield ExternalLine(
            external_id=item.line_id,
            kind=item.kind,
            name=item.name,
            quantity=item.quantity,
            subtotal=_net_subtotal(item, net),
            total=net,
            total_tax=tax or ZERO,
            taxes={_rate_key(item): tax} if _is_taxed(item, tax) else {},
            sku=item.sku,
            barcode=item.barcode,
            product_ref=item.product_ref,
            method=item.method,
            fulfilled_quantity=item.shipped,
        )


def _spread(read: Reader, items: list[_Item]) -> Decimal | None:
    """The order's tax per unit of amount; ``None`` when lines tell their own."""
    whole = sum((item.amount for item in items), ZERO)
    tax = read.decimal("total_tax", default=None)
    told = any(item.tax is not None or item.percent is not None for item in items)
    if told or tax is None or not whole:
        return None
    share = tax / whole
    if abs(share) > 1:
        raise read.fail("total_tax", "is more than what is taxed")
    return share


def _is_taxed(item: _Item, tax: Decimal | None) -> bool:
    """Whether a tax was levied; none at all is not one of an unknown rate."""
    return bool(tax) or (tax is not None and item.percent is not None)


def _tax_of(item: _Item) -> Decimal | None:
    if item.tax is not None:
        return item.tax
    if item.percent is None:
        return None
    base = HUNDRED + item.percent if item.included else HUNDRED
    return item.amount * item.percent / base


def _net_subtotal(item: _Item, net: Decimal) -> Decimal:
    if item.subtotal == item.amount or not item.amount:
        return net if item.subtotal == item.amount else item.subtotal
    return (item.subtotal * net / item.amount).quantize(EXACT)


def _rate_key(item: _Item) -> str:
    return WHOLE_TAX if item.percent is None else format(item.percent.normalize(), "f")


def _tax_rates(
    read: Reader, items: list[_Item], lines: Iterable[ExternalLine], country: str
) -> tuple[TaxRate, ...]:
    """The rates that were levied; a rate that is only an amount has no percentage."""
    percents = {_rate_key(item): item.percent for item in items}
    keys = dict.fromkeys(key for line in lines for key in line.taxes)
    return tuple(
        TaxRate(
            key=key,
            label=key if percents.get(key) is None else f"{key} %",
            percent=percents.get(key),
            country_code=country,
            included=read.flag("prices_include_tax"),
        )
        for key in keys
    )
