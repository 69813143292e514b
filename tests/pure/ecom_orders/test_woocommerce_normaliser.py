"""WooCommerce orders and refunds, understood or refused with the field's name."""

import copy
from datetime import datetime, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.schema import (
    Attribution,
    LineKind,
    OrderStatus,
    PaymentKind,
)
from ecom_orders.marketplaces.woocommerce.normaliser import (
    normalise_order,
    normalise_refund,
)
from ecom_orders.marketplaces.woocommerce.parcels import PARCELS
from payload_fuzz import outcomes_of

D = Decimal

ORDER = {
    "id": 501,
    "number": "A-501",
    "status": "processing",
    "currency": "eur",
    "prices_include_tax": True,
    "date_created": "2026-03-01T11:00:00",
    "date_created_gmt": "2026-03-01T10:00:00",
    "date_modified_gmt": "2026-03-01T10:05:00",
    "date_paid_gmt": "2026-03-01T10:01:00",
    "total": "45.60",
    "total_tax": "7.60",
    "customer_id": 12,
    "billing": {
        "first_name": "Jürgen",
        "last_name": "Groß",
        "company": "Groß & Söhne",
        "address_1": "Hauptstraße 1",
        "address_2": "",
        "city": "Köln",
        "state": "DE-NW",
        "postcode": "50667",
        "country": "de",
        "email": "j@example.com",
        "phone": "0221 555",
    },
    "shipping": {"first_name": "", "last_name": "", "address_1": "", "city": ""},
    "payment_method": "paypal",
    "payment_method_title": "PayPal",
    "transaction_id": "PP-1",
    "customer_note": "Ring twice",
    "line_items": [
        {
            "id": 1,
            "name": "Kettle",
            "product_id": 31,
            "variation_id": 32,
            "quantity": 2,
            "sku": "KET-1",
            "subtotal": "40.00",
            "total": "36.00",
            "total_tax": "6.84",
            "taxes": [{"id": 3, "total": "6.84"}, {"id": 4, "total": ""}],
            "price": 18,
        }
    ],
    "shipping_lines": [
        {
            "id": 2,
            "method_title": "DHL",
            "method_id": "flat_rate",
            "total": "4.00",
            "total_tax": "0.76",
            "taxes": [{"id": 3, "total": "0.76"}],
        }
    ],
    "fee_lines": [
        {"id": 5, "name": "Voucher", "total": "-2.00", "total_tax": "0", "taxes": []}
    ],
    "coupon_lines": [{"id": 6, "code": "spring", "discount": "4", "discount_tax": "0"}],
    "tax_lines": [
        {
            "id": 7,
            "rate_id": 3,
            "rate_code": "DE-MWST-1",
            "label": "MwSt.",
            "rate_percent": 19,
            "tax_total": "6.84",
            "shipping_tax_total": "0.76",
            "compound": False,
        }
    ],
    "refunds": [{"id": 8, "reason": "late", "total": "-3.00"}],
}


def make(**changes):
    return {**copy.deepcopy(ORDER), **changes}


def test_head_of_the_order():
    order = normalise_order(ORDER)
    assert order.external_id == "501"
    assert order.number == "A-501"
    assert order.status is OrderStatus.OPEN
    assert order.currency == "EUR"
    assert order.created_at == datetime(2026, 3, 1, 10, tzinfo=timezone.utc)
    assert order.updated_at == datetime(2026, 3, 1, 10, 5, tzinfo=timezone.utc)
    assert (order.total, order.total_tax) == (D("45.60"), D("7.60"))
    assert order.buyer.external_id == "12"
    assert order.buyer_note == "Ring twice"


def test_local_times_are_not_mistaken_for_utc():
    assert normalise_order(ORDER).created_at.hour == 10


def test_lines_of_every_kind():
    order = normalise_order(ORDER)
    kinds = [(line.kind, line.name, line.total) for line in order.lines]
    assert kinds == [
        (LineKind.PRODUCT, "Kettle", D("36.00")),
        (LineKind.SHIPPING, "DHL", D("4.00")),
        (LineKind.DISCOUNT, "Voucher", D("-2.00")),
    ]
    kettle = order.lines[0]
    assert kettle.product_ref == "31/32"
    assert kettle.quantity == 2
    assert kettle.subtotal == D("40.00")


def test_rate_that_was_not_levied_is_left_out():
    assert dict(normalise_order(ORDER).lines[0].taxes) == {"3": D("6.84")}


def test_tax_rate_of_the_order():
    (rate,) = normalise_order(ORDER).tax_rates
    assert (rate.key, rate.percent, rate.country_code) == ("3", 19, "DE")
    assert rate.included
    assert rate.total == D("6.84") + D("0.76")


def test_tax_rate_for_all_countries_belongs_to_the_country_of_the_delivery():
    tax = dict(ORDER["tax_lines"][0], rate_code="-MWST-1")
    (rate,) = normalise_order(make(tax_lines=[tax])).tax_rates
    assert rate.country_code == "DE"


def test_delivery_address_that_is_empty_is_the_billing_address():
    order = normalise_order(ORDER)
    assert order.shipping == order.billing
    assert order.billing.country_code == "DE"


def test_refund_is_announced_without_lines():
    (refund,) = normalise_order(ORDER).refunds
    assert refund.amount == 3
    assert refund.lines is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("pending", OrderStatus.PENDING),
        ("on-hold", OrderStatus.ON_HOLD),
        ("wc-processing", OrderStatus.OPEN),
        ("completed", OrderStatus.COMPLETED),
        ("cancelled", OrderStatus.CANCELLED),
        ("refunded", OrderStatus.REFUNDED),
        ("failed", OrderStatus.FAILED),
        ("trash", OrderStatus.DELETED),
        ("checkout-draft", OrderStatus.CART),
        ("lost-in-space", OrderStatus.UNKNOWN),
    ],
)
def test_status(status, expected):
    assert normalise_order(make(status=status)).status is expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None),
        ("total", ""),
        ("total", "much"),
        ("currency", "EURO"),
        ("currency", None),
        ("date_created_gmt", "today"),
        ("line_items", "none"),
        ("line_items", [{"id": 1}]),
        ("billing", "Köln"),
        ("tax_lines", [5]),
    ],
)
def test_what_cannot_be_understood_names_its_field(field, value):
    with pytest.raises(PayloadError) as caught:
        normalise_order(make(**{field: value}))
    assert caught.value.details["field"].startswith(field.split("_gmt")[0])


@pytest.mark.parametrize("payload", [None, [], "x", 5])
def test_payload_that_is_no_object(payload):
    with pytest.raises(PayloadError):
        normalise_order(payload)


def test_local_time_alone_is_refused_because_its_zone_is_unknown():
    with pytest.raises(PayloadError, match="date_created_gmt is missing"):
        normalise_order(make(date_created_gmt=None))


def test_version_grows_with_time_then_with_the_order_of_life():
    def version(**changes):
        return normalise_order(make(**changes)).version

    earlier = version(date_modified_gmt="2026-03-01T10:04:59")
    pending = version(status="pending")
    paid = version(status="processing")
    cancelled = version(status="cancelled")
    later = version(status="pending", date_modified_gmt="2026-03-01T10:05:01")
    assert [earlier, pending, paid, cancelled, later] == sorted(
        [later, cancelled, paid, pending, earlier]
    )


def test_refund_with_lines_is_positive():
    refund = normalise_refund(
        {
            "id": 9,
            "amount": "11.90",
            "reason": "broken",
            "date_created_gmt": "2026-03-02T08:00:00",
            "line_items": [
                {
                    "id": 10,
                    "name": "Kettle",
                    "quantity": -1,
                    "total": "-10.00",
                    "total_tax": "-1.90",
                    "taxes": [{"id": 3, "total": "-1.9"}],
                    "meta_data": [{"key": "_refunded_item_id", "value": "1"}],
                }
            ],
        },
        "501",
    )
    (line,) = refund.lines
    assert refund.amount == D("11.90")
    assert (line.order_line_id, line.quantity) == ("1", 1)
    assert (line.total, line.total_tax, line.taxes["3"]) == (10, D("1.90"), D("1.9"))


def test_amount_only_refund_has_no_lines():
    refund = normalise_refund({"id": 9, "amount": "5.00"}, "501")
    assert refund.lines == ()


# -- payment, delivery, where the buyer came from -------------------------------------


def test_a_paid_order_has_one_payment_of_its_total():
    (payment,) = normalise_order(ORDER).payments
    assert (payment.gateway, payment.reference) == ("paypal", "PP-1")
    assert payment.amount == D("45.60")
    assert payment.kind is PaymentKind.OTHER
    assert payment.paid_at == datetime(2026, 3, 1, 10, 1, tzinfo=timezone.utc)


def test_cash_on_delivery_is_told_apart():
    order = normalise_order(make(payment_method="cod", transaction_id=""))
    (payment,) = order.payments
    assert payment.kind is PaymentKind.ON_DELIVERY
    assert (payment.external_id, payment.reference) == ("501", "")


@pytest.mark.parametrize("changes", [{"date_paid_gmt": None}, {"total": "0.00"}])
def test_what_is_not_paid_or_costs_nothing_has_no_payment(changes):
    assert normalise_order(make(**changes)).payments == ()


def test_the_delivery_is_the_first_one():
    order = normalise_order(ORDER)
    assert (order.shipping_method, order.shipping_title) == ("flat_rate", "DHL")
    order = normalise_order(make(shipping_lines=[]))
    assert (order.shipping_method, order.shipping_title) == ("", "")


def test_where_the_buyer_came_from():
    told = {
        "_wc_order_attribution_utm_source": "newsletter",
        "_wc_order_attribution_utm_medium": "email",
        "_wc_order_attribution_utm_campaign": "spring",
    }
    metas = [{"id": 1, "key": key, "value": value} for key, value in told.items()]
    found = normalise_order(make(meta_data=metas)).attribution
    assert found == Attribution("newsletter", "email", "spring")
    metas = [{"key": "_wc_order_attribution_source_type", "value": "organic"}]
    assert normalise_order(make(meta_data=metas)).attribution.medium == "organic"
    metas = [{"key": "_wc_order_attribution_utm_source", "value": {"a": 1}}]
    assert normalise_order(make(meta_data=metas)).attribution == Attribution()


@pytest.mark.parametrize(
    "metas", [None, "", 7, "rubbish", [7, None, {"key": 5}], {"3": {"key": "x"}}]
)
def test_no_meta_ever_stops_an_order(metas):
    assert normalise_order(make(meta_data=metas)).attribution == Attribution()


def test_metas_with_gaps_that_php_writes_as_an_object():
    key = "_wc_order_attribution_utm_source"
    metas = {"1": {"key": key, "value": "a"}, "4": {"key": key, "value": "b"}}
    assert normalise_order(make(meta_data=metas)).attribution.source == "a"


def test_what_is_told_of_fulfilment():
    (line,) = [x for x in normalise_order(ORDER).lines if x.kind is LineKind.PRODUCT]
    assert (line.fulfilled_quantity, line.requires_shipping) == (0, True)
    order = normalise_order(make(status="completed", needs_processing=False))
    (line,) = [x for x in order.lines if x.kind is LineKind.PRODUCT]
    assert (line.fulfilled_quantity, line.requires_shipping) == (2, False)


@pytest.mark.parametrize(("told", "fulfilled"), [("1", 1), ("7", 2), ("-3", 0)])
def test_our_own_parcels_tell_what_has_left_and_never_more_than_ordered(
    told, fulfilled
):
    parcel = {"key": "p/1", "lines": [{"id": "1", "quantity": told}]}
    order = normalise_order(make(meta_data=[{"key": PARCELS, "value": [parcel]}]))
    (line,) = [x for x in order.lines if x.kind is LineKind.PRODUCT]
    assert line.fulfilled_quantity == fulfilled


# -- whatever comes --------------------------------------------------------------------


REFUND = {
    "id": 24,
    "date_created_gmt": "2026-03-02T06:58:23",
    "amount": "19.29",
    "reason": "damaged",
    "line_items": [
        {
            "id": 22,
            "name": "Kettle",
            "quantity": -1,
            "total": "-17.99",
            "total_tax": "-1.30",
            "taxes": [{"id": 1, "total": "-1.3"}],
            "meta_data": [{"key": "_refunded_item_id", "value": "1"}],
        }
    ],
    "shipping_lines": [],
    "fee_lines": [],
}


def test_a_damaged_order_is_understood_or_refused_and_nothing_else():
    parcel = {"key": "p/1", "lines": [{"id": "1", "quantity": "1"}]}
    metas = [
        {"id": 1, "key": PARCELS, "value": [parcel]},
        {"id": 2, "key": "_wc_order_attribution_utm_source", "value": "google"},
    ]
    outcomes = outcomes_of(normalise_order, make(meta_data=metas), 20_000, seed=1)
    assert outcomes["understood"] > 1_000
    assert outcomes["refused"] > 1_000


def test_a_damaged_refund_is_understood_or_refused_and_nothing_else():
    outcomes = outcomes_of(lambda row: normalise_refund(row, "1"), REFUND, 20_000, 2)
    assert outcomes["understood"] > 1_000
    assert outcomes["refused"] > 1_000
