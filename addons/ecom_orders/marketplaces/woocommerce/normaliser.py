"""WooCommerce REST v3 payloads to the common schema.

Facts used here (WooCommerce REST API v3 documentation, and recordings of WooCommerce
7.9 and 11.0 where the documentation is silent):

* amounts are text at the *shop's* decimals, whatever the currency ("3278.00" JPY);
* ``line_items[].total`` is net of tax and of discounts in every shop, also where
  prices are entered with tax; ``price`` is a float and is not used;
* ``line_items[].taxes[].total`` is the unrounded tax by rate, ``""`` where the rate
  was not levied; ``tax_lines`` hold the rounded sum by rate, shipping apart;
* ``*_gmt`` times are UTC without a zone; the others are shop-local;
* ``refunds`` of an order announce id, reason and amount only; ``line_items`` of a
  refund carry negative numbers and name their line in the meta ``_refunded_item_id``;
* ``needs_processing`` is false when every product is virtual and downloadable (of
  single lines the order does not tell); absent in old versions;
* metas ``_wc_order_attribution_*`` tell where the buyer came from (WooCommerce 8.5 and
  later, from its public source; not confirmed by documentation or recording).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..names import person_name
from ..reading import MAX_NOTE, Reader, clean
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
    Refund,
    RefundLine,
    TaxRate,
)
from .const import CN_SUBDIVISIONS, ORDER_STATUSES
from .parcels import metas_of, parcels_of, sent_quantities


def normalise_order(payload: Any) -> ExternalOrder:
    """Understand an order.

    :param payload: parsed by :func:`~..reading.parse_json`.
    :raises PayloadError: with the path of what cannot be understood.
    """
    read = Reader(payload)
    raw_status = read.text("status").removeprefix("wc-")
    created_at = moment_of(read, "date_created")
    if created_at is None:
        raise read.fail("date_created_gmt", "is missing")
    billing = _address(read.child("billing"))
    shipping = _shipping_address(read, billing)
    rates = _tax_rates(read, shipping.country_code or billing.country_code)
    order_id = read.identifier("id")
    status = ORDER_STATUSES.get(raw_status, OrderStatus.UNKNOWN)
    method, method_title = _shipping_method(read)
    metas = metas_of(read)
    return ExternalOrder(
        external_id=order_id,
        number=read.text("number", 64) or order_id,
        status=status,
        raw_status=raw_status,
        currency=_currency(read),
        created_at=created_at,
        updated_at=moment_of(read, "date_modified") or created_at,
        paid_at=moment_of(read, "date_paid"),
        total=read.required_decimal("total"),
        total_tax=read.decimal("total_tax"),
        prices_include_tax=read.flag("prices_include_tax"),
        buyer=_buyer(read, billing),
        billing=billing,
        shipping=shipping,
        lines=tuple(_lines(read, status, metas)),
        tax_rates=rates,
        coupons=tuple(_coupons(read)),
        refunds=tuple(_announced_refunds(read, order_id)),
        payment_method=read.text("payment_method", 64),
        payment_title=read.text("payment_method_title", 200),
        transaction_ref=read.text("transaction_id", 200),
        buyer_note=read.text("customer_note", MAX_NOTE),
        shipping_method=method,
        shipping_title=method_title,
        payments=tuple(_payments(read, order_id)),
        attribution=_attribution(metas),
    )


def normalise_refund(payload: Any, order_id: str) -> Refund:
    """Understand a refund with its lines.

    :param order_id: the order it belongs to; the payload need not tell.
    :raises PayloadError: with the path of what cannot be understood.
    """
    read = Reader(payload)
    return Refund(
        external_id=read.identifier("id"),
        order_id=order_id,
        amount=abs(read.required_decimal("amount")),
        reason=read.text("reason"),
        created_at=moment_of(read, "date_created"),
        lines=tuple(_refund_lines(read)),
    )


# -- head of the order -----------------------------------------------------------------


def moment_of(read: Reader, key: str) -> datetime | None:
    """A time; the GMT field counts, the local one only if it carries its zone."""
    moment = read.moment(f"{key}_gmt")
    if moment is None:
        local = read.text(key, 64)
        if local and (local.endswith(("Z", "z")) or "+" in local[10:]):
            moment = read.moment(key)
    return moment


def _currency(read: Reader) -> str:
    code = read.text("currency", 16).upper()
    if len(code) != 3 or not code.isalpha() or not code.isascii():
        raise read.fail("currency", "is not a currency code")
    return code


def _payments(read: Reader, order_id: str) -> Iterable[Payment]:
    """The one payment that the shop knows: all of the total, once it is paid."""
    paid_at, total = moment_of(read, "date_paid"), read.required_decimal("total")
    if paid_at is None or total <= 0:
        return
    gateway = read.text("payment_method", 64)
    reference = read.text("transaction_id", 200)
    on_delivery = gateway == "cod"  # core's own method of that name
    yield Payment(
        external_id=reference or order_id,
        gateway=gateway,
        amount=total,
        kind=PaymentKind.ON_DELIVERY if on_delivery else PaymentKind.OTHER,
        reference=reference,
        paid_at=paid_at,
    )


def _shipping_method(read: Reader) -> tuple[str, str]:
    """Code and title of the delivery; an order with several is named by its first."""
    for line in read.children("shipping_lines"):
        return line.text("method_id", 100), line.text("method_title", 200)
    return "", ""


def _attribution(metas: Mapping[str, Any]) -> Attribution:
    def told(name: str) -> str:
        value = metas.get(f"_wc_order_attribution_{name}")
        return clean(value, 200) if isinstance(value, str) else ""

    return Attribution(
        source=told("utm_source"),
        medium=told("utm_medium") or told("source_type"),
        campaign=told("utm_campaign"),
    )


def _buyer(read: Reader, billing: Address) -> Buyer:
    return Buyer(
        external_id=read.identifier("customer_id", required=False),
        name=billing.name,
        email=billing.email,
        phone=billing.phone,
    )


def _address(read: Reader) -> Address:
    country = read.text("country", 8).upper()
    return Address(
        name=person_name(
            read.text("first_name", 200), read.text("last_name", 200), country
        ),
        company=read.text("company", 200),
        street=read.text("address_1", 400),
        street2=read.text("address_2", 400),
        city=read.text("city", 200),
        zip=read.text("postcode", 32),
        state_code=_state_code(country, read.text("state", 100)),
        country_code=country,
        phone=read.text("phone", 64),
        email=read.text("email", 254),
    )


def _shipping_address(read: Reader, billing: Address) -> Address:
    """Where the goods go: WooCommerce leaves it empty for virtual goods."""
    shipping = _address(read.child("shipping"))
    if shipping.is_empty:
        return billing
    # The phone of the delivery came with WooCommerce 5.6; an e-mail never did.
    return replace(shipping, phone=shipping.phone or billing.phone, email=billing.email)


def _state_code(country: str, code: str) -> str:
    """WooCommerce's own codes to ISO 3166-2 where they differ."""
    if country == "CN":
        return CN_SUBDIVISIONS.get(code.upper(), code)
    if country == "JP" and code.upper().startswith("JP"):
        return code[2:].lstrip("-")
    return code


# -- taxes -----------------------------------------------------------------------------


def _tax_rates(read: Reader, country: str) -> tuple[TaxRate, ...]:
    included = read.flag("prices_include_tax")
    return tuple(
        _tax_rate(line, included, country) for line in read.children("tax_lines")
    )


def _tax_rate(line: Reader, included: bool, country: str) -> TaxRate:
    """A rate of the order; its code reads ``COUNTRY-STATE-LABEL-PRIORITY``."""
    parts = line.text("rate_code", 200).split("-")
    coded = parts[0] if len(parts[0]) == 2 and parts[0].isalpha() else ""
    return TaxRate(
        key=line.identifier("rate_id", required=False)
        or line.identifier("id", required=False),
        label=line.text("label", 100),
        percent=line.decimal("rate_percent", default=None),
        country_code=(coded or country).upper(),
        state_code=parts[1] if coded and len(parts) > 2 else "",
        included=included,
        compound=line.flag("compound"),
        total=line.decimal("tax_total") + line.decimal("shipping_tax_total"),
    )


def _line_taxes(line: Reader, sign: int = 1) -> dict[str, Decimal]:
    """Unrounded tax by rate; a rate that was not levied (``""``) is left out."""
    taxes: dict[str, Decimal] = {}
    for tax in line.children("taxes"):
        amount = tax.decimal("total", default=None)
        if amount is not None:
            key = tax.identifier("id", required=False)
            taxes[key] = taxes.get(key, ZERO) + sign * amount
    return taxes


# -- lines -----------------------------------------------------------------------------


def _lines(
    read: Reader, status: OrderStatus, metas: Mapping[str, Any]
) -> Iterable[ExternalLine]:
    """All lines.

    Of a completed order everything is fulfilled; of another what our own meta says.
    """
    sent = sent_quantities(parcels_of(metas))
    to_ship = read.data.get("needs_processing") is not False
    for reader in read.children("line_items"):
        line = _product_line(reader)
        whole = status is OrderStatus.COMPLETED
        fulfilled = line.quantity if whole else sent[line.external_id]
        yield replace(
            line,
            fulfilled_quantity=min(max(fulfilled, ZERO), max(line.quantity, ZERO)),
            requires_shipping=to_ship,
        )
    for line in read.children("shipping_lines"):
        yield _extra_line(line, LineKind.SHIPPING, "method_title", "method_id")
    for line in read.children("fee_lines"):
        total = line.decimal("total")
        kind = LineKind.DISCOUNT if total < 0 else LineKind.FEE
        yield _extra_line(line, kind, "name", "")


def _product_line(line: Reader) -> ExternalLine:
    total = line.required_decimal("total")
    return ExternalLine(
        external_id=line.identifier("id"),
        kind=LineKind.PRODUCT,
        name=line.text("name", 500),
        quantity=line.required_decimal("quantity"),
        subtotal=line.decimal("subtotal", default=total),
        total=total,
        total_tax=line.decimal("total_tax"),
        taxes=_line_taxes(line),
        sku=line.text("sku", 200),
        barcode=line.text("global_unique_id", 64),
        product_ref=product_ref(line),
    )


def product_ref(line: Reader) -> str:
    """``"11"`` or ``"11/12"``; empty when the product was deleted (id 0)."""
    product = line.identifier("product_id", required=False)
    variation = line.identifier("variation_id", required=False)
    return f"{product}/{variation}" if product and variation else product


def _extra_line(
    line: Reader, kind: LineKind, name_key: str, method_key: str
) -> ExternalLine:
    total = line.decimal("total")
    return ExternalLine(
        external_id=line.identifier("id"),
        kind=kind,
        name=line.text(name_key, 500),
        quantity=Decimal(1),
        subtotal=total,
        total=total,
        total_tax=line.decimal("total_tax"),
        taxes=_line_taxes(line),
        method=line.text(method_key, 100) if method_key else "",
    )


def _coupons(read: Reader) -> Iterable[Coupon]:
    for line in read.children("coupon_lines"):
        yield Coupon(
            code=line.text("code", 100),
            amount=line.decimal("discount"),
            tax=line.decimal("discount_tax"),
        )


# -- refunds ---------------------------------------------------------------------------


def _announced_refunds(read: Reader, order_id: str) -> Iterable[Refund]:
    for refund in read.children("refunds"):
        yield Refund(
            external_id=refund.identifier("id"),
            order_id=order_id,
            amount=abs(refund.decimal("total")),
            reason=refund.text("reason"),
        )


def _refund_lines(read: Reader) -> Iterable[RefundLine]:
    kinds = (
        ("line_items", LineKind.PRODUCT, "name"),
        ("shipping_lines", LineKind.SHIPPING, "method_title"),
        ("fee_lines", LineKind.FEE, "name"),
    )
    for key, kind, name_key in kinds:
        for line in read.children(key):
            yield RefundLine(
                external_id=line.identifier("id"),
                order_line_id=refunded_line_id(line),
                kind=kind,
                name=line.text(name_key, 500),
                quantity=abs(line.decimal("quantity")),
                total=-line.decimal("total"),
                total_tax=-line.decimal("total_tax"),
                taxes=_line_taxes(line, sign=-1),
            )


def refunded_line_id(line: Reader) -> str:
    for meta in line.children("meta_data"):
        if meta.data.get("key") == "_refunded_item_id":
            return meta.identifier("value", required=False)
    return ""
