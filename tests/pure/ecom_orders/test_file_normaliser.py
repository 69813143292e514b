"""Files, step "amounts": what is told is kept, and everything adds up to the total."""

from decimal import Decimal

import pytest
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.file.normaliser import normalise_order
from ecom_orders.marketplaces.pricing import price_order
from ecom_orders.marketplaces.schema import LineKind

D = Decimal
CENT = D("0.01")


def line(**changes):
    return {"id": "1", "sku": "MUG", "quantity": "2", "unit_price": "10.00", **changes}


def order(*lines, **changes):
    return normalise_order(
        {
            "id": "1001",
            "status": "open",
            "currency": "EUR",
            "created_at": "2026-03-01T10:00:00Z",
            "prices_include_tax": True,
            "lines": list(lines or (line(),)),
            **changes,
        }
    )


def by_kind(found, kind):
    return next(line for line in found.lines if line.kind is kind)


def test_prices_with_a_rate_in_them():
    (goods,) = order(line(tax_percent="19")).lines
    tax = (D(20) * 19 / 119).quantize(D("0.000001"))
    assert goods.taxes == {"19": tax}
    assert goods.total == D(20) - tax


def test_prices_without_their_rate():
    found = order(line(tax_percent="19"), prices_include_tax=False)
    (goods,) = found.lines
    assert (goods.total, goods.total_tax) == (D("20.00"), D("3.80"))
    assert found.total == D("23.80")


@pytest.mark.parametrize(("included", "net"), [(True, "16.81"), (False, "20.00")])
def test_an_amount_of_tax_is_kept_as_it_is(included, net):
    (goods,) = order(line(tax="3.19"), prices_include_tax=included).lines
    assert (goods.total, goods.taxes) == (D(net), {"tax": D("3.19")})


def test_a_line_total_is_after_discounts_and_goes_before_the_unit_price():
    (goods,) = order(line(total="18.00")).lines
    assert (goods.subtotal, goods.total) == (D("20.00"), D("18.00"))
    (goods,) = order(line(discount="-2.00")).lines
    assert (goods.subtotal, goods.total) == (D("20.00"), D("18.00"))
    (goods,) = order({"id": "1", "total": "18.00", "discount": "2.00"}).lines
    assert (goods.subtotal, goods.total) == (D("20.00"), D("18.00"))


def test_shipping_fee_and_discount_are_lines_taxed_like_the_goods():
    found = order(line(tax_percent="19"), shipping="4.90", fee="1.00", discount="2.00")
    shipping = by_kind(found, LineKind.SHIPPING)
    assert shipping.total + shipping.total_tax == D("4.90")
    assert set(shipping.taxes) == {"19"}
    discount = by_kind(found, LineKind.DISCOUNT)
    assert discount.total + discount.total_tax == D("-2.00")
    assert found.total == D("20.00") + D("4.90") + D("1.00") - D("2.00")


def test_prices_without_tax_beside_shipping_with_it():
    found = order(
        line(tax_percent="19"),
        prices_include_tax=False,
        tax_included={"shipping": True},
        shipping="5.95",
    )
    goods, shipping = found.lines
    assert (goods.total, goods.total_tax) == (D("20.00"), D("20.00") * D("0.19"))
    assert (shipping.total, shipping.total_tax) == (D("5.00"), D("0.95"))
    assert found.total == D("23.80") + D("5.95")


def test_unit_price_with_tax_beside_a_line_total_without():
    (goods,) = order(
        line(unit_price="11.90", total="18.00", tax_percent="19"),
        tax_included={"line.total": False},
    ).lines
    assert (goods.subtotal, goods.total) == (D("11.90") / D("1.19") * 2, D("18.00"))
    assert goods.total_tax == D("18.00") * D("0.19")


def test_amounts_with_and_without_tax_are_not_added_when_no_rate_is_told():
    with pytest.raises(PayloadError, match="no rate is told"):
        order(line(discount="1.00"), tax_included={"line.discount": False})


def test_shipping_has_a_rate_of_its_own():
    found = order(line(tax_percent="7"), shipping="11.90", shipping_tax_percent="19")
    assert set(by_kind(found, LineKind.SHIPPING).taxes) == {"19"}
    assert by_kind(found, LineKind.SHIPPING).total_tax == D("1.90")


def test_an_amount_of_tax_with_its_rate_is_kept_under_that_rate():
    found = order(line(tax="3.20", tax_percent="19"), prices_include_tax=False)
    assert found.lines[0].taxes == {"19": D("3.20")}
    assert [(rate.key, rate.percent) for rate in found.tax_rates] == [("19", D("19"))]


def test_no_tax_at_all_is_not_a_tax_of_an_unknown_rate():
    found = order(line(tax="0.00"), prices_include_tax=False)
    assert found.lines[0].taxes == {}
    assert found.tax_rates == ()


def test_goods_of_two_rates_do_not_tell_that_of_shipping():
    found = order(
        line(tax_percent="19"), line(id="2", tax_percent="7"), shipping="4.90"
    )
    assert by_kind(found, LineKind.SHIPPING).taxes == {}


def test_shipping_by_line_is_added_up():
    found = order(
        line(shipping="1.00", shipping_tax="0.16"),
        line(id="2", shipping="2.00", shipping_tax="0.32"),
    )
    shipping = by_kind(found, LineKind.SHIPPING)
    assert (shipping.total, shipping.total_tax) == (D("2.52"), D("0.48"))


@pytest.mark.parametrize("included", [True, False])
def test_the_tax_of_the_whole_order_is_spread(included):
    found = order(
        line(),
        line(id="2", unit_price="5.00"),
        shipping="5.00",
        total_tax="2.45",
        total="35.00" if included else "37.45",
        prices_include_tax=included,
    )
    priced = price_order(found, CENT)
    assert priced.difference == 0
    assert sum(x.tax for x in priced.lines) == D("2.45")


def test_what_the_lines_do_not_explain_is_not_hidden():
    found = order(line(), total="21.00")
    assert price_order(found, CENT).difference == D("1.00")


def test_masked_buyers_identify_nobody():
    found = order(ship_to={"name": "张*三", "phone": "138****8888"})
    assert found.masked
    assert not order(ship_to={"name": "张三"}).masked


def test_one_address_stands_for_both():
    found = order(ship_to={"name": "Ann", "street": "A St 1", "country": "DE"})
    assert found.billing == found.shipping
    assert found.buyer.name == "Ann"


def test_a_number_in_the_tracking_column_says_that_it_left():
    first, second, third = order(
        line(tracking_number="T1"), line(id="2"), line(id="3", shipped="1")
    ).lines
    fulfilled = [x.fulfilled_quantity for x in (first, second, third)]
    assert fulfilled == [2, 0, 1]


def test_a_paid_order_has_a_payment():
    found = order(
        paid_at="2026-03-01T10:01:00Z",
        total="20.00",
        payment_method="paypal",
        transaction_ref="PP1",
    )
    (payment,) = found.payments
    assert (payment.amount, payment.reference) == (D("20.00"), "PP1")
    assert order(total="20.00").payments == ()


def test_money_that_went_back():
    (refund,) = order(refunded="-3.00").refunds
    assert (refund.amount, refund.external_id) == (D("3.00"), "1001/refund")
    assert order(refunded="0.00").refunds == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"status": "paid"}, "status"),
        ({"currency": "€"}, "currency"),
        ({"created_at": ""}, "created_at"),
        ({"id": ""}, "id"),
        ({"lines": [line(tax_percent="190")]}, "lines[0].tax_percent"),
        ({"lines": [line(quantity="-1")]}, "lines[0].quantity"),
        ({"lines": [line(tax="21.00")]}, "lines"),
        ({"lines": [line(unit_price="9" * 13)] * 2}, "lines[0].total"),
        ({"lines": [{"id": "1"}]}, "total"),
        ({"total_tax": "21.00"}, "total_tax"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(changes, field):
    with pytest.raises(PayloadError) as caught:
        order(**changes)
    assert caught.value.details["field"] == field
