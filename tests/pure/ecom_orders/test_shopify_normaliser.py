"""Shopify payloads to the common schema: what each part of an order becomes."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.pricing import price_order
from ecom_orders.marketplaces.schema import (
    LineKind,
    OrderStatus,
    PaymentKind,
    RefundStatus,
    ReturnStatus,
    Risk,
)
from ecom_orders.marketplaces.shopify.normaliser import (
    normalise_order,
    normalise_refund,
    normalise_return,
)
from shopify_payloads import (
    address,
    bag,
    line,
    order,
    refund,
    shipping,
    tax,
    transaction,
    work,
)

D = Decimal
CENT = D("0.01")


def difference(found, unit=CENT):
    """What the lines do not explain of the total."""
    return price_order(found, unit).difference


# -- identity and head -----------------------------------------------------------------


def test_ids_are_the_numbers_of_global_ids():
    found = normalise_order(order([line(7, 10)], 10))
    assert found.external_id == "5"
    assert found.number == "#1005"
    assert found.lines[0].external_id == "7"
    assert found.lines[0].product_ref == "700"


def test_a_number_beyond_two_to_the_53_keeps_its_digits():
    number = 2**53 + 1
    payload = order([line(number, 10)], 10, id=f"gid://shopify/Order/{number}")
    found = normalise_order(payload)
    assert found.external_id == str(number)
    assert found.lines[0].external_id == str(number)


def test_the_time_of_modification_is_the_version():
    early = normalise_order(order([line(1, 1)], 1, updatedAt="2026-03-02T10:05:00Z"))
    moment = "2026-03-02T12:05:01+02:00"
    late = normalise_order(order([line(1, 1)], 1, updatedAt=moment))
    assert late.updated_at == datetime(2026, 3, 2, 10, 5, 1, tzinfo=timezone.utc)
    assert late.version > early.version


@pytest.mark.parametrize("key", ["id", "createdAt", "updatedAt"])
def test_what_identifies_an_order_has_to_be_there(key):
    with pytest.raises(PayloadError) as caught:
        normalise_order(order([line(1, 1)], 1, **{key: None}))
    assert caught.value.details["field"] == key


@pytest.mark.parametrize(
    ("financial", "fulfilment", "status"),
    [
        ("PAID", "UNFULFILLED", OrderStatus.OPEN),
        ("PAID", "PARTIALLY_FULFILLED", OrderStatus.OPEN),
        ("PAID", "FULFILLED", OrderStatus.COMPLETED),
        ("PAID", "ON_HOLD", OrderStatus.ON_HOLD),
        ("AUTHORIZED", "UNFULFILLED", OrderStatus.OPEN),
        ("PENDING", "UNFULFILLED", OrderStatus.PENDING),
        (None, "UNFULFILLED", OrderStatus.PENDING),  # recorded: nothing was paid
        ("PARTIALLY_PAID", "UNFULFILLED", OrderStatus.PENDING),
        ("PARTIALLY_REFUNDED", "UNFULFILLED", OrderStatus.OPEN),
        ("REFUNDED", "FULFILLED", OrderStatus.REFUNDED),
        ("VOIDED", "UNFULFILLED", OrderStatus.FAILED),
        ("EXPIRED", "UNFULFILLED", OrderStatus.FAILED),
        ("NEW_WORD", "UNFULFILLED", OrderStatus.UNKNOWN),
        ("PAID", "NEW_WORD", OrderStatus.UNKNOWN),
    ],
)
def test_three_statuses_are_one(financial, fulfilment, status):
    payload = order(
        [line(1, 1)],
        1,
        displayFinancialStatus=financial,
        displayFulfillmentStatus=fulfilment,
    )
    assert normalise_order(payload).status is status


def test_a_cancelled_order_says_why_and_shows_what_it_was():
    """Shopify takes everything off a cancelled order; the order is shown as placed."""
    payload = order(
        [line(1, 10, 2, currentQuantity=0)],
        20,
        currentTotalPriceSet=bag(0),
        cancelledAt="2026-03-02T11:00:00Z",
        cancelReason="FRAUD",
    )
    found = normalise_order(payload)
    assert found.status is OrderStatus.CANCELLED
    assert found.raw_status == "CANCELLED/FRAUD"
    assert (found.lines[0].quantity, found.total) == (2, 20)
    assert difference(found) == 0


def test_the_buyer_and_where_the_goods_go():
    payload = order(
        [line(1, 1)],
        1,
        customer={"id": "gid://shopify/Customer/8", "firstName": "A", "lastName": "B"},
        shippingAddress=address(city="Köln", provinceCode="NW", countryCodeV2="DE"),
    )
    found = normalise_order(payload)
    assert (found.buyer.external_id, found.buyer.name) == ("8", "A B")
    assert (found.buyer.email, found.buyer.language) == ("ada@example.com", "en-US")
    assert (found.shipping.city, found.shipping.country_code) == ("Köln", "DE")
    assert found.billing.state_code == "CA"
    assert not found.masked


def test_a_japanese_name_and_province():
    place = address(
        firstName="花子", lastName="高橋", provinceCode="JP-13", countryCodeV2="JP"
    )
    found = normalise_order(order([line(1, 1)], 1, shippingAddress=place))
    assert (found.shipping.name, found.shipping.state_code) == ("高橋 花子", "13")


def test_withheld_personal_data_are_tolerated_and_marked():
    """Without the right to protected data names and streets are null."""
    hidden = address(firstName=None, lastName=None, name=None, address1=None)
    payload = order(
        [line(1, 1)],
        1,
        email=None,
        customer=None,
        billingAddress=None,
        shippingAddress=hidden,
    )
    found = normalise_order(payload)
    assert found.masked
    assert (found.buyer.external_id, found.buyer.email) == ("", "")
    assert found.shipping.city == "Oakland"


# -- money -----------------------------------------------------------------------------


def two_sided(side=None):
    """Ten pounds seventy for a shop that counts 13.59 dollars."""

    def both(pounds, dollars):
        return bag(pounds, "GBP", dollars, "USD")

    payload = order(
        [line(1, both(10, "12.70"), taxes=[tax(0, 0.2)])],
        both("10.70", "13.59"),
        ships=[shipping(both("0.70", "0.89"))],
        transactions=[transaction(3, both("10.70", "13.59"))],
    )
    payload["lineItems"]["nodes"][0]["taxLines"] = []
    return {**payload, "moneySide": side} if side else payload


def test_the_side_that_the_buyer_saw_is_read_unless_told_otherwise():
    found = normalise_order(two_sided())
    assert found.currency == "GBP"
    assert found.total == D("10.70")
    assert [row.total for row in found.lines] == [10, D("0.70")]
    assert found.payments[0].amount == D("10.70")
    assert difference(found) == 0


def test_the_shops_side_is_read_throughout():
    found = normalise_order(two_sided("shop"))
    assert found.currency == "USD"
    assert found.total == D("13.59")
    assert [row.total for row in found.lines] == [D("12.70"), D("0.89")]
    assert found.payments[0].amount == D("13.59")
    assert difference(found) == 0


def test_a_line_is_converted_as_a_whole():
    """3 * 0.333 pounds are one pound; converted, a piece is 0.42 and the line 1.27."""
    row = line(1, bag("0.42", "USD"), 3, originalTotalSet=bag("1.27", "USD"))
    found = normalise_order(order([row], bag("1.27", "USD")))
    assert found.lines[0].total == D("1.27")
    assert difference(found) == 0


def test_the_total_of_the_day_of_the_order_does_not_count_after_an_edit():
    """Two pieces were ordered, a third was added."""
    row = line(1, 10, 3, originalTotalSet=bag(20))
    assert normalise_order(order([row], 30)).lines[0].total == 3 * 10


def test_an_amount_in_a_third_currency_is_refused():
    payload = order([line(1, bag(10, "EUR"))], 10)
    with pytest.raises(PayloadError) as caught:
        normalise_order(payload)
    assert "originalUnitPriceSet" in caught.value.details["field"]


def test_yen_have_no_decimals():
    price = bag("3278.0", "JPY")
    found = normalise_order(order([line(1, price, 2)], bag("6556.0", "JPY")))
    assert (found.currency, found.total) == ("JPY", 6556)
    assert difference(found, D(1)) == 0


def test_tax_on_top_of_the_price():
    """2 * 10.00 less 10 % discount, 7.25 % on top."""
    taxes = [tax("1.31", 0.0725, "CA tax")]
    total = 2 * 10 - 2 + D("1.31")
    found = normalise_order(order([line(1, 10, 2, taxes=taxes, discount=2)], total))
    (row,) = found.lines
    assert (row.subtotal, row.total, row.total_tax) == (20, 18, D("1.31"))
    (rate,) = found.tax_rates
    assert (rate.percent, rate.included, rate.label) == (D("7.25"), False, "CA tax")
    assert row.taxes == {rate.key: D("1.31")}
    assert difference(found) == 0


def test_tax_inside_of_the_price():
    """12.00 with 20 % tax, 2.40 off: 9.60 of which 1.60 are tax."""
    taxes = [tax("1.60", 0.2)]
    rows = [line(1, 12, taxes=taxes, discount="2.40", code="SAVE")]
    payload = order(rows, D("9.60"), taxesIncluded=True, discountCodes=["SAVE"])
    found = normalise_order(payload)
    (row,) = found.lines
    assert row.total == D("9.60") - D("1.60")
    assert row.subtotal == D(12) - D(2)  # 12.00 has 2.00 of tax in it
    assert found.prices_include_tax and found.tax_rates[0].included
    assert [(c.code, c.amount) for c in found.coupons] == [("SAVE", D("2.40"))]
    assert difference(found) == 0


def test_two_rates_of_one_name_are_two():
    taxes = [tax("0.50", 0.05, "Tax"), tax("0.70", 0.07, "Tax")]
    found = normalise_order(order([line(1, 10, taxes=taxes)], D("11.20")))
    assert [rate.percent for rate in found.tax_rates] == [5, 7]
    assert len(set(found.lines[0].taxes)) == 2


def test_a_tax_that_the_channel_owes_is_marked():
    taxes = [tax("0.80", 0.08, "State", liable=True), tax("0.20", 0.02, "City")]
    found = normalise_order(order([line(1, 10, taxes=taxes)], D("11.00")))
    collected = {rate.label: rate.collected_by_channel for rate in found.tax_rates}
    assert collected == {"State": True, "City": False}


def test_delivery_with_a_discount():
    ships = [shipping(8, taxes=[tax("0.40")], discounted=4)]
    found = normalise_order(order([line(1, 10)], D("14.40"), ships=ships))
    row = found.lines[1]
    assert (row.kind, row.external_id) == (LineKind.SHIPPING, "shipping:9")
    assert (row.subtotal, row.total, row.total_tax) == (8, 4, D("0.40"))
    assert (found.shipping_method, found.shipping_title) == ("STD", "Standard")
    assert difference(found) == 0


def test_a_gift_card_is_sold():
    rows = [line(1, 10), line(2, 50, isGiftCard=True, requiresShipping=False)]
    found = normalise_order(order(rows, 60))
    assert [row.kind for row in found.lines] == [LineKind.PRODUCT, LineKind.GIFT_CARD]
    assert not found.lines[1].requires_shipping


def test_a_gift_card_is_redeemed():
    rows = [transaction(1, 4, gateway="gift_card"), transaction(2, 6)]
    found = normalise_order(order([line(1, 10)], 10, transactions=rows))
    assert [(p.kind, p.amount) for p in found.payments] == [
        (PaymentKind.GIFT_CARD, 4),
        (PaymentKind.OTHER, 6),
    ]
    assert sum(p.amount for p in found.payments) == found.total
    assert found.paid_at == datetime(2026, 3, 2, 10, 1, tzinfo=timezone.utc)


def test_only_money_that_came_is_a_payment():
    rows = [
        transaction(1, 10, "AUTHORIZATION"),
        transaction(2, 10, "CAPTURE"),
        transaction(3, 10, "SALE", "FAILURE"),
        transaction(4, 10, "REFUND"),
        transaction(5, 10, "SALE", "PENDING", "Cash on Delivery (COD)"),
    ]
    found = normalise_order(order([line(1, 10)], 10, transactions=rows))
    kinds = [(p.external_id, p.kind) for p in found.payments]
    assert kinds == [("2", PaymentKind.OTHER), ("5", PaymentKind.ON_DELIVERY)]


def test_a_tip_is_a_line_of_its_own_kind():
    tip = line(2, 3, variant=None, requiresShipping=False, name="Tip", sku=None)
    found = normalise_order(order([line(1, 10), tip], 13, totalTipReceivedSet=bag(3)))
    assert [row.kind for row in found.lines] == [LineKind.PRODUCT, LineKind.TIP]
    assert difference(found) == 0


def test_a_tip_without_a_line_gets_one():
    found = normalise_order(order([line(1, 10)], 13, totalTipReceivedSet=bag(3)))
    assert [(row.kind, row.total) for row in found.lines[1:]] == [(LineKind.TIP, 3)]
    assert difference(found) == 0


def test_duties_come_on_top_unless_they_are_in_the_price():
    duty = {
        "id": "gid://shopify/Duty/4",
        "price": bag("7.35"),
        "taxLines": [tax("0.65")],
    }
    rows = [line(1, 10, duties=[duty])]
    found = normalise_order(order(rows, D(10) + D("7.35") + D("0.65")))
    assert [(r.kind, r.external_id) for r in found.lines[1:]] == [
        (LineKind.DUTY, "duty:4")
    ]
    assert difference(found) == 0
    found = normalise_order(order(rows, 10, dutiesIncluded=True))
    assert len(found.lines) == 1


def test_an_additional_fee():
    fee = {
        "id": "gid://shopify/AdditionalFee/6",
        "name": "Handling",
        "price": bag(2),
        "taxLines": [],
    }
    found = normalise_order(order([line(1, 10)], 12, additionalFees=[fee]))
    row = found.lines[1]
    assert (row.kind, row.external_id, row.name) == (LineKind.FEE, "fee:6", "Handling")


# -- edits, refunds, parcels -----------------------------------------------------------


def test_an_order_edit_that_takes_pieces_off():
    """Of three pieces one was removed: two are delivered and paid."""
    rows = [line(1, 10, 3, taxes=[tax(3)], currentQuantity=2)]
    payload = order(rows, 33, currentTotalPriceSet=bag(22))
    found = normalise_order(payload)
    (row,) = found.lines
    assert (row.quantity, row.total, row.total_tax) == (2, 20, 2)
    assert found.total == 22
    assert found.total_tax == 2
    assert difference(found) == 0


def test_a_line_that_was_removed_keeps_its_place():
    rows = [line(1, 10), line(2, 5, 2, currentQuantity=0)]
    found = normalise_order(order(rows, 20, currentTotalPriceSet=bag(10)))
    assert [(row.quantity, row.total) for row in found.lines] == [(1, 10), (0, 0)]
    assert difference(found) == 0


def test_what_was_refunded_before_it_was_sent_is_not_delivered():
    """Two of three are refunded: one is left, and the money stands in the refund."""
    rows = [line(1, 10, 3, currentQuantity=1)]
    payload = order(
        rows,
        30,
        displayFinancialStatus="PARTIALLY_REFUNDED",
        currentTotalPriceSet=bag(10),
        totalRefundedSet=bag(20),
        refunds=[refund(4, 20, [(1, 2, 20, 0)])],
        fulfillmentOrders={"nodes": [work(1, [(1, 1, 1)])]},
    )
    found = normalise_order(payload)
    assert found.lines[0].quantity == 1
    assert found.total == 30 - 20
    assert [r.amount for r in found.refunds] == [20]
    assert difference(found) == 0


def test_the_total_after_a_refund_is_what_shopify_says_of_the_refund():
    """3 pieces for 10.00; the one that was refunded was worth 3.34, not a third."""
    rows = [line(1, "3.33", 3, originalTotalSet=bag(10), currentQuantity=2)]
    payload = order(
        rows,
        10,
        displayFinancialStatus="PARTIALLY_REFUNDED",
        currentTotalPriceSet=bag("6.66"),
        totalRefundedSet=bag("3.34"),
        refunds=[refund(4, "3.34", [(1, 1, "3.34", 0)])],
    )
    found = normalise_order(payload)
    assert found.total == D("10") - D("3.34")
    assert price_order(found, CENT).difference_kind in (None, LineKind.ROUNDING)


def test_what_was_refunded_after_it_was_sent_stays_on_the_order():
    """All three were sent, then two came back: the credit note is about the refund."""
    rows = [line(1, 10, 3, currentQuantity=1)]
    payload = order(
        rows,
        30,
        displayFinancialStatus="PARTIALLY_REFUNDED",
        displayFulfillmentStatus="FULFILLED",
        currentTotalPriceSet=bag(10),
        totalRefundedSet=bag(20),
        refunds=[refund(4, 20, [(1, 2, 20, 0)])],
        fulfillmentOrders={"nodes": [work(1, [(1, 3, 0)], "CLOSED")]},
    )
    found = normalise_order(payload)
    assert (found.lines[0].quantity, found.lines[0].fulfilled_quantity) == (3, 3)
    assert found.total == 30
    assert difference(found) == 0


def test_a_refund_of_an_amount_changes_no_line():
    payload = order(
        [line(1, 10, 3)],
        30,
        displayFinancialStatus="PARTIALLY_REFUNDED",
        currentTotalPriceSet=bag(25),
        totalRefundedSet=bag(5),
        refunds=[refund(4, 5)],
    )
    found = normalise_order(payload)
    assert (found.total, found.lines[0].total) == (30, 30)
    assert found.refunds[0].lines == ()
    assert difference(found) == 0


def test_taking_pieces_off_is_no_refund_of_money():
    """An order edit makes a refund without money; it gives nothing back."""
    empty = refund(4, 0, [(1, 1, 10, 0)])
    rows = [line(1, 10, 3, currentQuantity=2)]
    payload = order(rows, 30, currentTotalPriceSet=bag(20), refunds=[empty])
    assert normalise_order(payload).refunds == ()


def test_an_order_that_is_refunded_in_full_is_shown_as_it_was():
    payload = order(
        [line(1, 10, 3, currentQuantity=0)],
        30,
        displayFinancialStatus="REFUNDED",
        currentTotalPriceSet=bag(0),
        totalRefundedSet=bag(30),
        refunds=[refund(4, 30, [(1, 3, 30, 0)])],
    )
    found = normalise_order(payload)
    assert found.status is OrderStatus.REFUNDED
    assert (found.total, found.lines[0].quantity) == (30, 3)


def test_lines_know_their_location_and_what_has_left():
    works = [
        work(1, [(1, 2, 0)], "CLOSED", location=11),
        work(2, [(1, 1, 1), (2, 1, 1)], "OPEN", location=12),
        work(3, [(2, 9, 9)], "CANCELLED", location=13),
    ]
    payload = order(
        [line(1, 10, 3), line(2, 5)],
        35,
        displayFulfillmentStatus="PARTIALLY_FULFILLED",
        fulfillmentOrders={"nodes": works},
    )
    found = normalise_order(payload)
    assert [(r.location_ref, r.fulfilled_quantity) for r in found.lines] == [
        ("12", 2),
        ("12", 0),
    ]


def test_a_refund_read_on_its_own():
    payload = refund(4, D("11.00"), [(1, 1, 10, 1)])
    found = normalise_refund(payload, "5")
    (row,) = found.lines
    assert (found.external_id, found.order_id, found.amount) == ("4", "5", 11)
    assert (found.reason, found.status) == ("Damaged", RefundStatus.DONE)
    assert (row.order_line_id, row.quantity) == ("1", 1)
    assert (row.total, row.total_tax) == (10, 1)
    assert row.taxes == {"VAT|10": 1}
    assert row.restock is False


def test_a_refund_where_prices_include_tax_has_net_lines():
    payload = refund(4, 12, [(1, 1, 12, 2)])
    payload["order"]["taxesIncluded"] = True
    (row,) = normalise_refund(payload, "5").lines
    assert (row.total, row.total_tax) == (12 - 2, 2)


def test_the_tax_of_a_refund_is_divided_among_the_rates():
    payload = refund(4, 11, [(1, 1, 10, 1)])
    item = payload["refundLineItems"]["nodes"][0]["lineItem"]
    item["taxLines"] = [tax(3, 0.06, "State"), tax(1, 0.02, "City")]
    (row,) = normalise_refund(payload, "5").lines
    assert row.taxes == {"State|6": D("0.75"), "City|2": D("0.25")}


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (["SUCCESS"], RefundStatus.DONE),
        (["PENDING"], RefundStatus.PENDING),
        (["FAILURE"], RefundStatus.FAILED),
        (["FAILURE", "SUCCESS"], RefundStatus.DONE),
    ],
)
def test_whether_the_money_has_gone_back(statuses, status):
    moves = [transaction(n, 5, "REFUND", s) for n, s in enumerate(statuses, 1)]
    payload = refund(4, 5, transactions={"nodes": moves})
    assert normalise_refund(payload, "5").status is status


# -- what else is known ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "recommendation", "risk"),
    [
        (["LOW", "HIGH"], "NONE", Risk.HIGH),
        (["MEDIUM", "LOW"], "NONE", Risk.MEDIUM),
        ([], "INVESTIGATE", Risk.MEDIUM),
        ([], "ACCEPT", Risk.LOW),
        (["PENDING"], "NONE", Risk.UNKNOWN),
    ],
)
def test_the_gravest_assessment_counts(levels, recommendation, risk):
    rows = [{"riskLevel": level} for level in levels]
    values = {"recommendation": recommendation, "assessments": rows}
    assert normalise_order(order([line(1, 1)], 1, risk=values)).risk is risk


def test_where_the_buyer_came_from():
    utm = {"source": "newsletter", "medium": "email", "campaign": None}
    journey = {"firstVisit": None, "lastVisit": {"utmParameters": utm}}
    found = normalise_order(order([line(1, 1)], 1, customerJourneySummary=journey))
    assert (found.attribution.source, found.attribution.medium) == (
        "newsletter",
        "email",
    )


def test_tags_and_the_note():
    found = normalise_order(order([line(1, 1)], 1, tags=["b2b", "vip"], note="Hi 🎁"))
    assert found.tags == ("b2b", "vip")
    assert found.buyer_note == "Hi 🎁"


def test_a_draft_is_a_quotation_with_an_id_of_its_own():
    draft = {
        "id": "gid://shopify/DraftOrder/3",
        "name": "#D3",
        "status": "OPEN",
        "createdAt": "2026-03-02T10:00:00Z",
        "updatedAt": "2026-03-02T10:00:00Z",
        "currencyCode": "USD",
        "presentmentCurrencyCode": "USD",
        "taxesIncluded": False,
        "totalPriceSet": bag(23),
        "totalTaxSet": bag(0),
        "shippingLine": shipping(5),
        "lineItems": {
            "nodes": [
                {
                    "id": "gid://shopify/DraftOrderLineItem/8",
                    "name": "Thing",
                    "quantity": 2,
                    "originalTotalSet": bag(20),
                    "discountedTotalSet": bag(18),
                    "taxLines": [],
                    "variant": None,
                }
            ]
        },
    }
    found = normalise_order(draft)
    assert (found.external_id, found.status) == ("draft:3", OrderStatus.DRAFT)
    assert [(row.subtotal, row.total) for row in found.lines] == [(20, 18), (5, 5)]
    assert difference(found) == 0


def test_an_order_names_the_draft_that_it_was():
    found = normalise_order(
        order([line(1, 1)], 1, draftOrder={"id": "gid://shopify/DraftOrder/3"})
    )
    assert found.draft_ref == "draft:3"


# -- returns ---------------------------------------------------------------------------


def a_return(status="OPEN", processed=0, tracking=None):
    """A return of two pieces."""
    deliverable = {"tracking": {"number": tracking, "carrierName": "UPS"}}
    deliveries = {"nodes": [{"deliverable": deliverable}] if tracking else []}
    row = {
        "id": "gid://shopify/ReturnLineItem/7",
        "quantity": 2,
        "processedQuantity": processed,
        "returnReason": "DEFECTIVE",
        "returnReasonNote": "",
        "customerNote": "It is broken.",
        "fulfillmentLineItem": {
            "lineItem": {"id": "gid://shopify/LineItem/1", "sku": "SKU-1"}
        },
    }
    return {
        "id": "gid://shopify/Return/6",
        "status": status,
        "createdAt": "2026-03-05T10:00:00Z",
        "closedAt": None,
        "order": {"id": "gid://shopify/Order/5", "updatedAt": "2026-03-06T10:00:00Z"},
        "returnLineItems": {"nodes": [row]},
        "reverseFulfillmentOrders": {"nodes": [{"reverseDeliveries": deliveries}]},
    }


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"status": "REQUESTED"}, ReturnStatus.REQUESTED),
        ({"status": "OPEN"}, ReturnStatus.APPROVED),
        ({"status": "OPEN", "tracking": "T1"}, ReturnStatus.IN_TRANSIT),
        ({"status": "OPEN", "processed": 2}, ReturnStatus.RECEIVED),
        ({"status": "OPEN", "processed": 1}, ReturnStatus.APPROVED),
        ({"status": "CLOSED", "processed": 2}, ReturnStatus.CLOSED),
        ({"status": "DECLINED"}, ReturnStatus.REJECTED),
        ({"status": "CANCELED"}, ReturnStatus.CANCELLED),
    ],
)
def test_where_a_return_stands(values, status):
    assert normalise_return(a_return(**values)).status is status


def test_what_comes_back_and_why():
    found = normalise_return(a_return(tracking="T1"))
    (row,) = found.lines
    assert (found.external_id, found.order_id) == ("6", "5")
    assert (row.order_line_id, row.quantity, row.sku) == ("1", 2, "SKU-1")
    assert (row.reason, row.note) == ("DEFECTIVE", "It is broken.")
    assert (found.tracking_number, found.carrier) == ("T1", "UPS")
    assert found.updated_at.day == 6  # its order's


# -- bad input -------------------------------------------------------------------------

TEXTS = [
    "🎁" * 50,
    "ليلى المنصوري",
    "Robert'); DROP TABLE sale_order;--",
    "<script>alert(1)</script>",
    "line\nbreak\ttab\x00nul\ud800",
]


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_stays_text(text):
    payload = order(
        [line(1, 1, name=text, sku=text)],
        1,
        note=text,
        email=text,
        name=text,
        tags=[text],
        shippingAddress=dict.fromkeys(address(), text),
    )
    found = normalise_order(payload)
    for shown in (found.buyer_note, found.lines[0].name, found.shipping.city):
        assert "\x00" not in shown
        shown.encode("utf-8")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": -1}, "quantity"),
        ({"quantity": "1.5"}, "quantity"),
        ({"quantity": None}, "quantity"),
        ({"quantity": []}, "quantity"),
        ({"currentQuantity": -1}, "currentQuantity"),
        ({"originalUnitPriceSet": None}, "originalUnitPriceSet"),
        ({"originalUnitPriceSet": "12"}, "originalUnitPriceSet"),
        ({"taxLines": {}, "discountAllocations": 5}, "discountAllocations"),
        ({"id": 12}, "id"),
        ({"id": "gid://shopify/Order/12"}, "id"),
        ({"taxLines": [{"title": "VAT", "rate": "much"}]}, "rate"),
        ({"taxLines": [{"title": "VAT", "rate": 1e9}]}, "rate"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused_with_its_field(change, field):
    with pytest.raises(PayloadError) as caught:
        normalise_order(order([line(1, 1, **change)], 1))
    assert caught.value.details["field"].endswith(field)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("presentmentCurrencyCode", "USDC"),
        ("presentmentCurrencyCode", "ус$"),
        ("createdAt", "yesterday"),
        ("createdAt", "1812-01-01T00:00:00Z"),
        ("createdAt", 1_700_000_000),
        ("totalPriceSet", {"presentmentMoney": {"amount": "NaN"}}),
        ("lineItems", {"nodes": "none"}),
        ("tags", "vip"),
        ("shippingAddress", ["street"]),
        ("refunds", [None]),
    ],
)
def test_a_head_that_makes_no_sense_is_refused(key, value):
    with pytest.raises(PayloadError):
        normalise_order(order([line(1, 1)], 1, **{key: value}))


def test_a_date_without_a_zone_is_in_utc():
    found = normalise_order(order([line(1, 1)], 1, createdAt="2026-03-02T10:00:00"))
    assert found.created_at == datetime(2026, 3, 2, 10, tzinfo=timezone.utc)


def test_an_unknown_country_stays_what_it_is():
    place = address(countryCodeV2="ZZ", provinceCode="??")
    found = normalise_order(order([line(1, 1)], 1, shippingAddress=place))
    assert (found.shipping.country_code, found.shipping.state_code) == ("ZZ", "??")
