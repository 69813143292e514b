"""Amazon's orders, understood: amounts, taxes, cancelled items, people."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces.amazon.normaliser import normalise_order
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.pricing import price_order
from ecom_orders.marketplaces.schema import LineKind, OrderStatus, PaymentKind

D = Decimal
CENT = D("0.01")
US, DE, JP = "ATVPDKIKX0DER", "A1PA6795UKMFR9", "A1VC38T7YXB528"


def money(amount, currency="USD"):
    return {"amount": amount, "currencyCode": currency}


def part(kind, amount, currency="USD", **details):
    row = {"type": kind, "subtotal": money(amount, currency)}
    if details:
        row["detailedBreakdowns"] = [
            {"subtype": name, "value": money(value, currency)}
            for name, value in details.items()
        ]
    return row


def item(*parts, total=None, quantity=1, item_id="11", currency="USD", **values):
    proceeds = {"breakdowns": list(parts)}
    if total is not None:
        proceeds["proceedsTotal"] = money(total, currency)
    return {
        "orderItemId": item_id,
        "quantityOrdered": quantity,
        "product": {"asin": "B1", "sellerSku": "MUG", "title": "Mug"},
        "proceeds": proceeds,
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": quantity},
        **values,
    }


def order(*items, total=None, marketplace=US, currency="USD", **values):
    payload = {
        "orderId": "114-1234567-1234567",
        "createdTime": "2026-03-02T10:00:00Z",
        "lastUpdatedTime": "2026-03-02T11:00:00Z",
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": marketplace},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"},
        "orderItems": list(items),
        **values,
    }
    if total is not None:
        payload["proceeds"] = {"grandTotal": money(total, currency)}
    return normalise_order(payload)


def facilitated():
    return {"taxCollections": [{"model": "MARKETPLACE_FACILITATOR"}]}


def lines_of(found):
    return {(line.kind, line.name): line for line in found.lines}


# -- taxes -----------------------------------------------------------------------------


def test_sales_tax_that_amazon_collects_is_marked_as_amazons():
    found = order(
        item(part("ITEM", "40.00"), part("TAX", "2.90"), tax=facilitated()),
        total="42.90",
    )
    (rate,) = found.tax_rates
    assert rate.collected_by_channel
    assert rate.total == D("2.90")
    assert rate.percent is None  # Amazon states no rate
    assert not found.prices_include_tax
    (line,) = found.lines
    assert (line.total, line.total_tax) == (D("40.00"), D("2.90"))
    assert price_order(found, CENT).difference == 0


def test_tax_that_the_seller_owes_is_not():
    found = order(item(part("ITEM", "40.00"), part("TAX", "2.90")), total="42.90")
    assert not found.tax_rates[0].collected_by_channel


def test_vat_inside_of_the_price_is_taken_out():
    """119.00 = 100.00 + 19.00: the total is the amounts, so the tax is inside."""
    found = order(
        item(part("ITEM", "119.00", "EUR"), part("TAX", "19.00", "EUR")),
        total="119.00",
        marketplace=DE,
        currency="EUR",
    )
    (line,) = found.lines
    assert (line.total, line.total_tax) == (D("100.00"), D("19.00"))
    assert found.prices_include_tax
    assert found.tax_rates[0].included
    assert found.total == line.total + line.total_tax


def test_a_few_cents_of_vat_are_found_inside_too():
    found = order(
        item(part("ITEM", "0.60", "EUR"), part("TAX", "0.10", "EUR")),
        total="0.60",
        marketplace=DE,
        currency="EUR",
    )
    assert (found.lines[0].total, found.lines[0].total_tax) == (D("0.50"), D("0.10"))


def test_vat_that_is_added_is_believed_also_where_prices_usually_include_it():
    found = order(
        item(part("ITEM", "100.00", "EUR"), part("TAX", "19.00", "EUR")),
        total="119.00",
        marketplace=DE,
        currency="EUR",
    )
    assert found.lines[0].total == D("100.00")
    assert not found.prices_include_tax


def test_vat_that_is_not_stated_leaves_the_price_as_it_is():
    found = order(
        item(part("ITEM", "34.99", "EUR")),
        total="34.99",
        marketplace=DE,
        currency="EUR",
    )
    assert found.lines[0].total == D("34.99")
    assert found.tax_rates == ()
    assert found.prices_include_tax


def test_withheld_tax_that_is_no_part_of_the_total_is_left_out():
    """A US total without the tax: the seller never gets it."""
    found = order(
        item(part("ITEM", "40.00"), part("TAX", "2.90"), tax=facilitated()),
        total="40.00",
    )
    assert found.lines[0].total == D("40.00")
    assert found.total_tax == 0
    assert price_order(found, CENT).difference == 0


def test_tax_is_told_apart_by_kind():
    found = order(
        item(
            part("ITEM", "40.00"),
            part("SHIPPING", "5.00"),
            part("GIFT_WRAP", "3.00"),
            part("TAX", "3.48", ITEM="2.90", SHIPPING="0.36", GIFT_WRAP="0.22"),
        ),
        total="51.48",
    )
    lines = lines_of(found)
    assert lines[LineKind.PRODUCT, "Mug"].total_tax == D("2.90")
    assert lines[LineKind.SHIPPING, "Shipping"].total_tax == D("0.36")
    assert lines[LineKind.FEE, "Gift wrap"].total_tax == D("0.22")
    assert price_order(found, CENT).difference == 0


# -- discounts -------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_discount_lowers_whatever_its_sign(sign):
    found = order(
        item(part("ITEM", "40.00"), part("DISCOUNT", f"{sign}10.00")), total="30.00"
    )
    (line,) = found.lines
    assert (line.subtotal, line.total) == (D("40.00"), D("30.00"))


def test_free_shipping_is_a_discount_on_shipping():
    found = order(
        item(
            part("ITEM", "40.00"),
            part("SHIPPING", "5.00"),
            part("DISCOUNT", "-5.00", SHIPPING="-5.00"),
            promotion={"breakdowns": [{"promotionId": "FREE-SHIPPING"}]},
        ),
        total="40.00",
    )
    shipping = lines_of(found)[LineKind.SHIPPING, "Shipping"]
    assert (shipping.subtotal, shipping.total) == (D("5.00"), 0)
    assert [coupon.code for coupon in found.coupons] == ["FREE-SHIPPING"]


@pytest.mark.parametrize("sign", ["", "-"])
def test_what_the_details_of_a_discount_leave_is_off_the_goods(sign):
    """10.00 off, of which 4.00 off shipping: 6.00 off the goods."""
    found = order(
        item(
            part("ITEM", "40.00"),
            part("SHIPPING", "5.00"),
            part("DISCOUNT", f"{sign}10.00", SHIPPING=f"{sign}4.00"),
        ),
        total="35.00",
    )
    lines = lines_of(found)
    assert lines[LineKind.PRODUCT, "Mug"].total == D("40.00") - D("6.00")
    assert lines[LineKind.SHIPPING, "Shipping"].total == D("5.00") - D("4.00")
    assert price_order(found, CENT).difference == 0


def test_the_tax_that_a_discount_saves_is_taken_off_the_goods():
    """2.90 on 40.00, of which the discount of 10.00 saves 0.73."""
    found = order(
        item(
            part("ITEM", "40.00"),
            part("DISCOUNT", "-10.00"),
            part("TAX", "2.17", ITEM="2.90", DISCOUNT="-0.73"),
        ),
        total="32.17",
    )
    assert found.lines[0].total_tax == D("2.90") - D("0.73")
    assert price_order(found, CENT).difference == 0


# -- what an order is ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("PENDING_AVAILABILITY", OrderStatus.PENDING),
        ("PENDING", OrderStatus.PENDING),
        ("UNSHIPPED", OrderStatus.OPEN),
        ("PARTIALLY_SHIPPED", OrderStatus.OPEN),
        ("SHIPPED", OrderStatus.COMPLETED),
        ("CANCELLED", OrderStatus.CANCELLED),
        ("UNFULFILLABLE", OrderStatus.ON_HOLD),
        ("SOMETHING_NEW", OrderStatus.UNKNOWN),
        ("", OrderStatus.UNKNOWN),
    ],
)
def test_every_status(raw, status):
    found = order(item(part("ITEM", "1.00")), fulfillment={"fulfillmentStatus": raw})
    assert (found.status, found.raw_status) == (status, raw)


def test_what_amazon_ships_is_marked():
    by_amazon = {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "AMAZON"}
    assert order(fulfillment=by_amazon, total="0").fulfilled_by_channel
    assert not order(total="0").fulfilled_by_channel


def test_a_pending_order_states_neither_total_nor_people():
    found = order(
        {"orderItemId": "11", "quantityOrdered": 2, "product": {"sellerSku": "MUG"}},
        fulfillment={"fulfillmentStatus": "PENDING"},
    )
    assert found.status is OrderStatus.PENDING
    assert (found.total, found.currency) == (0, "USD")
    assert found.masked
    assert [line.quantity for line in found.lines] == [2]


def test_a_cancelled_item_has_quantity_zero_and_is_not_sold():
    off = {"cancellationExecution": {"cancelledBy": "BUYER"}}
    found = order(
        item(part("ITEM", "40.00"), item_id="11"),
        item(
            part("ITEM", "7.00"),
            item_id="12",
            cancellation=off,
            fulfillment={"quantityFulfilled": 0, "quantityUnfulfilled": 0},
        ),
        total="40.00",
    )
    assert [line.quantity for line in found.lines] == [1, 0]
    assert [line.total for line in found.lines] == [D("40.00"), 0]
    assert price_order(found, CENT).difference == 0


def test_a_cancelled_item_that_the_total_still_counts_keeps_its_amounts():
    """47.00 = 40.00 + 7.00: the order was called off as a whole, say."""
    off = {"cancellationExecution": {"cancelledBy": "MERCHANT"}}
    none = {"quantityFulfilled": 0, "quantityUnfulfilled": 0}
    found = order(
        item(part("ITEM", "40.00"), item_id="11", cancellation=off, fulfillment=none),
        item(part("ITEM", "7.00"), item_id="12", cancellation=off, fulfillment=none),
        total="47.00",
        fulfillment={"fulfillmentStatus": "CANCELLED"},
    )
    assert [line.quantity for line in found.lines] == [0, 0]
    assert [line.total for line in found.lines] == [D("40.00"), D("7.00")]
    assert price_order(found, CENT).difference == 0


def test_what_was_shipped_before_the_rest_was_called_off_stays():
    off = {"cancellationExecution": {"cancelledBy": "MERCHANT"}}
    sent = {"quantityFulfilled": 1, "quantityUnfulfilled": 0}
    found = order(
        item(part("ITEM", "40.00"), quantity=3, cancellation=off, fulfillment=sent),
        total="40.00",
    )
    (line,) = found.lines
    assert (line.quantity, line.fulfilled_quantity) == (1, 1)


def test_a_buyers_wish_to_cancel_is_told():
    wish = {"cancellationRequest": {"requester": "BUYER"}}
    assert order(item(part("ITEM", "1"), cancellation=wish), total="1").cancel_requested
    assert not order(item(part("ITEM", "1")), total="1").cancel_requested


def test_a_wish_that_was_granted_is_none_any_more():
    granted = {
        "cancellationRequest": {"requester": "BUYER"},
        "cancellationExecution": {"cancelledBy": "MERCHANT"},
    }
    none = {"quantityFulfilled": 0, "quantityUnfulfilled": 0}
    found = order(item(cancellation=granted, fulfillment=none), total="0")
    assert not found.cancel_requested


def test_promised_times_and_the_way_of_delivery():
    found = order(
        total="0",
        fulfillment={
            "fulfillmentStatus": "UNSHIPPED",
            "fulfillmentServiceLevel": "EXPEDITED",
            "shipByWindow": {"latestDateTime": "2026-03-04T22:59:59Z"},
            "deliverByWindow": {"latestDateTime": "2026-03-08T22:59:59Z"},
        },
    )
    assert found.ship_by == datetime(2026, 3, 4, 22, 59, 59, tzinfo=timezone.utc)
    assert found.deliver_by == datetime(2026, 3, 8, 22, 59, 59, tzinfo=timezone.utc)
    assert found.shipping_method == "EXPEDITED"


def test_the_marketplace_and_programmes():
    found = order(total="0", programs=["PRIME", "AMAZON_BUSINESS"])
    assert found.marketplace_ref == US
    assert found.tags == ("PRIME", "AMAZON_BUSINESS")


def test_yen_have_no_decimals():
    found = order(
        item(part("ITEM", "5980", "JPY"), currency="JPY"),
        total="5980",
        marketplace=JP,
        currency="JPY",
    )
    assert (found.total, found.currency) == (5980, "JPY")


def test_cash_on_delivery_is_told_apart():
    executions = [
        {"paymentMethod": "CashOnDelivery", "paymentAmount": money("10.00")},
        {"paymentMethod": "CreditCard", "paymentAmount": money("5.00")},
    ]
    found = order(total="15.00", payment={"paymentExecutions": executions})
    assert [(p.kind, p.amount) for p in found.payments] == [
        (PaymentKind.ON_DELIVERY, D("10.00")),
        (PaymentKind.OTHER, D("5.00")),
    ]


def test_a_delivery_tip_is_a_line_of_its_own():
    proceeds = {
        "grandTotal": money("42.00"),
        "breakdowns": [{**part("DELIVERY_TIP", "2.00"), "status": "FINALIZED"}],
    }
    found = order(item(part("ITEM", "40.00"), total="40.00"), proceeds=proceeds)
    assert [(line.kind, line.total) for line in found.lines] == [
        (LineKind.PRODUCT, D("40.00")),
        (LineKind.TIP, D("2.00")),
    ]
    assert price_order(found, CENT).difference == 0


def test_a_tip_that_is_not_settled_yet_is_left_out():
    tip = {**part("DELIVERY_TIP", "2.00"), "status": "PENDING"}
    proceeds = {"grandTotal": money("40.00"), "breakdowns": [tip]}
    found = order(item(part("ITEM", "40.00")), proceeds=proceeds)
    assert [line.kind for line in found.lines] == [LineKind.PRODUCT]


# -- people ----------------------------------------------------------------------------


ADDRESS = {
    "name": "Sample Person",
    "addressLine1": "1 Sample Street",
    "addressLine2": "Flat 2",
    "city": "Sampletown",
    "stateOrRegion": "CA",
    "postalCode": "90001",
    "countryCode": "us",
}


def test_an_address_and_a_relayed_mail():
    found = order(
        total="0",
        buyer={"buyerName": "Sample Buyer", "buyerEmail": "x@marketplace.example.com"},
        recipient={"deliveryAddress": ADDRESS},
    )
    assert not found.masked
    assert (found.buyer.name, found.buyer.email) == (
        "Sample Buyer",
        "x@marketplace.example.com",
    )
    assert (found.shipping.street, found.shipping.street2) == (
        "1 Sample Street",
        "Flat 2",
    )
    assert (found.shipping.country_code, found.shipping.state_code) == ("US", "CA")


def test_without_personal_data_nobody_is_identified():
    found = order(item(part("ITEM", "1.00")), total="1.00")
    assert found.masked
    assert found.shipping.is_empty


def test_asterisks_are_a_mask():
    masked = {**ADDRESS, "name": "S***n"}
    found = order(
        total="0", buyer={"buyerName": "S***n"}, recipient={"deliveryAddress": masked}
    )
    assert found.masked


def test_gift_messages_and_instructions_are_the_buyers_note():
    gift = {"packing": {"giftOption": {"giftMessage": "Happy birthday"}}}
    found = order(
        item(part("ITEM", "1.00"), fulfillment=gift),
        total="1.00",
        recipient={"deliveryPreference": {"addressInstruction": "Second floor"}},
    )
    assert found.buyer_note == "Second floor\nHappy birthday"


# -- rubbish ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"orderId": None}, "orderId"),
        ({"createdTime": None}, "createdTime"),
        ({"createdTime": "yesterday"}, "createdTime"),
        ({"orderItems": "none"}, "orderItems"),
        ({"orderItems": [7]}, "orderItems[0]"),
        ({"proceeds": {"grandTotal": {"amount": "ten"}}}, "proceeds.grandTotal.amount"),
        ({"proceeds": {"grandTotal": {"amount": "NaN"}}}, "proceeds.grandTotal.amount"),
    ],
)
def test_the_field_that_cannot_be_understood_is_named(change, field):
    with pytest.raises(PayloadError) as caught:
        order(**change)
    assert caught.value.details["field"] == field


# -- version v0 ------------------------------------------------------------------------


def v0_money(amount):
    return {"CurrencyCode": "USD", "Amount": amount}


def v0_order(*items, **values):
    return normalise_order(
        {
            "AmazonOrderId": "114-1234567-1234567",
            "PurchaseDate": "2026-03-02T10:00:00Z",
            "LastUpdateDate": "2026-03-02T11:00:00Z",
            "OrderStatus": "PartiallyShipped",
            "FulfillmentChannel": "MFN",
            "MarketplaceId": US,
            "OrderItems": list(items),
            **values,
        }
    )


def v0_item(**values):
    return {
        "ASIN": "B1",
        "SellerSKU": "MUG",
        "OrderItemId": "11",
        "Title": "Mug",
        "QuantityOrdered": 3,
        "QuantityShipped": 1,
        **values,
    }


def test_an_order_of_v0_adds_up():
    """3 mugs 60.00 - 6.00, shipping 5.00 - 5.00, wrap 3.00, tax 3.92 + 0.22."""
    found = v0_order(
        v0_item(
            ItemPrice=v0_money("60.00"),
            ItemTax=v0_money("4.35"),
            PromotionDiscount=v0_money("6.00"),
            PromotionDiscountTax=v0_money("0.43"),
            ShippingPrice=v0_money("5.00"),
            ShippingDiscount=v0_money("5.00"),
            BuyerInfo={
                "GiftWrapPrice": v0_money("3.00"),
                "GiftWrapTax": v0_money("0.22"),
            },
            TaxCollection={"Model": "MarketplaceFacilitator"},
        ),
        OrderTotal=v0_money("61.14"),
    )
    lines = lines_of(found)
    mug = lines[LineKind.PRODUCT, "Mug"]
    assert (mug.quantity, mug.fulfilled_quantity) == (3, 1)
    assert (mug.subtotal, mug.total) == (D("60.00"), D("54.00"))
    assert mug.total_tax == D("4.35") - D("0.43")
    assert lines[LineKind.SHIPPING, "Shipping"].total == 0
    assert lines[LineKind.FEE, "Gift wrap"].total_tax == D("0.22")
    assert found.tax_rates[0].collected_by_channel
    assert price_order(found, CENT).difference == 0


def test_statuses_and_channels_of_v0():
    assert v0_order().raw_status == "PARTIALLY_SHIPPED"
    assert v0_order(OrderStatus="Canceled").status is OrderStatus.CANCELLED
    assert v0_order(OrderStatus="PendingAvailability").status is OrderStatus.PENDING
    assert v0_order(FulfillmentChannel="AFN").fulfilled_by_channel


def test_a_cancelled_item_of_v0_has_quantity_zero():
    found = v0_order(v0_item(QuantityOrdered=0, QuantityShipped=0))
    assert [line.quantity for line in found.lines] == [0]


def test_a_wish_to_cancel_in_v0():
    wish = {"IsBuyerRequestedCancel": "true", "BuyerCancelReason": "Too dear"}
    assert v0_order(v0_item(BuyerRequestedCancel=wish)).cancel_requested
