"""eBay, step "understand": an order of eBay in the words of all marketplaces."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces.ebay.normaliser import normalise_order
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.pricing import price_order
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import (
    LineKind,
    OrderStatus,
    PaymentKind,
    RefundStatus,
)
from fake_ebay import SCENARIOS, money

from simulator import Simulator
from simulator.core.message import json_bytes
from simulator.ebay.pending import Pending
from simulator.ebay.render import Renderer
from simulator.world.scenarios import scenarios_of

D = Decimal
CENT = D("0.01")


def item(number=1, cost="10.00", quantity=2, **fields):
    return {
        "lineItemId": f"1000{number}",
        "legacyItemId": f"1100{number}",
        "sku": f"SKU-{number}",
        "title": f"Thing {number}",
        "quantity": quantity,
        "lineItemCost": money(cost),
        "purchaseMarketplaceId": "EBAY_US",
        **fields,
    }


def order(*items, total="12.50", pricing=None, **fields):
    """An order of 10.00 and 2.50 for the delivery, unless told otherwise."""
    return {
        "orderId": "12-00001-00001",
        "creationDate": "2026-03-02T08:25:43.511Z",
        "lastModifiedDate": "2026-03-03T09:00:00.000Z",
        "orderPaymentStatus": "PAID",
        "orderFulfillmentStatus": "NOT_STARTED",
        "cancelStatus": {"cancelState": "NONE_REQUESTED", "cancelRequests": []},
        "pricingSummary": {
            "deliveryCost": money("2.50"),
            "total": money(total),
            **(pricing or {}),
        },
        "lineItems": list(items or [item()]),
        **fields,
    }


def tax(kind, value):
    return {"taxType": kind, "amount": money(value)}


def kinds(found):
    return {line.external_id: line.kind for line in found.lines}


def difference(found):
    return price_order(found, CENT).difference


# -- head ------------------------------------------------------------------------------


def test_numbers_moments_and_lines():
    found = normalise_order(order())
    assert (found.external_id, found.number) == ("12-00001-00001", "12-00001-00001")
    assert found.created_at == datetime(
        2026, 3, 2, 8, 25, 43, 511_000, tzinfo=timezone.utc
    )
    assert found.updated_at == datetime(2026, 3, 3, 9, tzinfo=timezone.utc)
    assert (found.currency, found.total) == ("USD", D("12.50"))
    assert kinds(found) == {"10001": LineKind.PRODUCT, "delivery": LineKind.SHIPPING}
    line = found.lines[0]
    assert (line.quantity, line.subtotal, line.total) == (2, D("10.00"), D("10.00"))
    assert (line.sku, line.product_ref) == ("SKU-1", "SKU-1")
    assert found.marketplace_ref == "EBAY_US"
    assert difference(found) == 0


@pytest.mark.parametrize(
    ("payment", "fulfilment", "cancel", "status"),
    [
        ("PAID", "NOT_STARTED", "NONE_REQUESTED", OrderStatus.OPEN),
        ("PAID", "IN_PROGRESS", "NONE_REQUESTED", OrderStatus.OPEN),
        ("PAID", "FULFILLED", "NONE_REQUESTED", OrderStatus.COMPLETED),
        ("PARTIALLY_REFUNDED", "FULFILLED", "NONE_REQUESTED", OrderStatus.COMPLETED),
        ("FULLY_REFUNDED", "FULFILLED", "NONE_REQUESTED", OrderStatus.REFUNDED),
        ("PENDING", "NOT_STARTED", "NONE_REQUESTED", OrderStatus.PENDING),
        ("FAILED", "NOT_STARTED", "NONE_REQUESTED", OrderStatus.FAILED),
        ("PAID", "NOT_STARTED", "IN_PROGRESS", OrderStatus.OPEN),
        ("FULLY_REFUNDED", "NOT_STARTED", "CANCELED", OrderStatus.CANCELLED),
        ("NEW_WORD", "NOT_STARTED", "NONE_REQUESTED", OrderStatus.UNKNOWN),
        ("PAID", "NEW_WORD", "NONE_REQUESTED", OrderStatus.UNKNOWN),
    ],
)
def test_the_status_is_made_of_three(payment, fulfilment, cancel, status):
    payload = order(orderPaymentStatus=payment, orderFulfillmentStatus=fulfilment)
    payload["cancelStatus"]["cancelState"] = cancel
    found = normalise_order(payload)
    assert found.status is status
    assert found.raw_status.startswith(f"{payment}/{fulfilment}")


@pytest.mark.parametrize(
    ("state", "requests", "asked"),
    [
        ("NONE_REQUESTED", [], False),
        ("IN_PROGRESS", [], True),  # the list does not say who asks
        ("IN_PROGRESS", [("Buyer", "REQUESTED")], True),
        ("IN_PROGRESS", [("Seller", "REQUESTED")], False),
        ("IN_PROGRESS", [("Buyer", "REJECTED")], False),
        ("IN_PROGRESS", [("Buyer", "REJECTED"), ("Buyer", "REQUESTED")], True),
        ("CANCELED", [("Buyer", "COMPLETED")], False),
    ],
)
def test_a_request_to_cancel_waits_for_a_person(state, requests, asked):
    payload = order()
    payload["cancelStatus"] = {
        "cancelState": state,
        "cancelRequests": [
            {"cancelInitiator": who, "cancelRequestState": where}
            for who, where in requests
        ],
    }
    assert normalise_order(payload).cancel_requested is asked


def test_the_earliest_promise_of_the_lines_counts():
    def promise(ship, deliver):
        return {"shipByDate": ship, "maxEstimatedDeliveryDate": deliver}

    first = promise("2026-03-06T00:00:00.000Z", "2026-03-12T00:00:00.000Z")
    second = promise("2026-03-05T00:00:00.000Z", "2026-03-14T00:00:00.000Z")
    found = normalise_order(
        order(
            item(1, "5.00", lineItemFulfillmentInstructions=first),
            item(2, "5.00", lineItemFulfillmentInstructions=second),
        )
    )
    assert found.ship_by == datetime(2026, 3, 5, tzinfo=timezone.utc)
    assert found.deliver_by == datetime(2026, 3, 12, tzinfo=timezone.utc)


# -- whose tax it is -------------------------------------------------------------------


def test_tax_that_ebay_remits_is_part_of_what_the_buyer_paid():
    collected = [tax("STATE_SALES_TAX", "0.91")]
    line = item(taxes=collected, ebayCollectAndRemitTaxes=collected)
    found = normalise_order(order(line, total="13.41", pricing={"tax": money("0.91")}))
    (rate,) = found.tax_rates
    assert (rate.key, rate.label) == ("collected:STATE_SALES_TAX", "STATE_SALES_TAX")
    assert rate.collected_by_channel
    assert rate.total == D("0.91")
    assert found.total == D("10.00") + D("2.50") + D("0.91")
    assert found.total_tax == D("0.91")
    assert difference(found) == 0


def test_without_the_breakdown_the_total_leaves_it_out_and_it_is_added():
    line = item(taxes=[], ebayCollectAndRemitTaxes=[tax("STATE_SALES_TAX", "0.91")])
    found = normalise_order(order(line, total="12.50"))
    assert found.total == D("12.50") + D("0.91")
    assert difference(found) == 0


def test_tax_beyond_what_ebay_remits_is_the_sellers():
    line = item(
        taxes=[tax("STATE_SALES_TAX", "0.91"), tax("GST", "0.30")],
        ebayCollectAndRemitTaxes=[tax("STATE_SALES_TAX", "0.61")],
    )
    found = normalise_order(order(line, total="13.71"))
    assert {rate.key: rate.total for rate in found.tax_rates} == {
        "collected:STATE_SALES_TAX": D("0.61"),
        "STATE_SALES_TAX": D("0.91") - D("0.61"),
        "GST": D("0.30"),
    }
    sellers = [rate.key for rate in found.tax_rates if not rate.collected_by_channel]
    assert sellers == ["STATE_SALES_TAX", "GST"]
    assert difference(found) == 0


def test_taxes_without_a_type_that_repeat_what_ebay_remits_are_not_counted_twice():
    line = item(
        taxes=[{"amount": money("0.91")}],
        ebayCollectAndRemitTaxes=[tax("STATE_SALES_TAX", "0.91")],
    )
    found = normalise_order(order(line, total="13.41"))
    assert [rate.key for rate in found.tax_rates] == ["collected:STATE_SALES_TAX"]
    assert (found.total, found.total_tax) == (D("13.41"), D("0.91"))
    assert difference(found) == 0


def test_of_a_tax_that_is_repeated_in_part_the_rest_is_added():
    line = item(
        taxes=[tax("GST", "0.60")], ebayCollectAndRemitTaxes=[tax("GST", "1.00")]
    )
    found = normalise_order(order(line, total="13.10"))
    assert [rate.key for rate in found.tax_rates] == ["collected:GST"]
    assert found.total == D("13.10") + D("1.00") - D("0.60")
    assert difference(found) == 0


def test_a_price_with_vat_in_it_comes_without_a_word_of_the_tax():
    found = normalise_order(order(item(purchaseMarketplaceId="EBAY_DE", taxes=[])))
    assert found.prices_include_tax
    assert found.tax_rates == ()
    assert found.total_tax == 0


def test_what_the_buyer_wrote_at_the_checkout():
    found = normalise_order(order(buyerCheckoutNotes="Ring twice!"))
    assert found.buyer_note == "Ring twice!"


# -- discounts, fees, currencies -------------------------------------------------------


def test_a_promotion_lowers_the_line_and_is_named():
    line = item(
        discountedLineItemCost=money("8.00"),
        appliedPromotions=[{"promotionId": "5-off", "discountAmount": money("-2.00")}],
    )
    pricing = {"priceDiscount": money("-2.00")}
    found = normalise_order(order(line, total="10.50", pricing=pricing))
    assert (found.lines[0].subtotal, found.lines[0].total) == (D("10.00"), D("8.00"))
    assert [(c.code, c.amount) for c in found.coupons] == [("5-off", D("2.00"))]
    assert difference(found) == 0


def test_a_discount_that_no_line_bears_is_a_line_of_its_own():
    pricing = {"priceDiscount": money("-1.50")}
    found = normalise_order(order(total="11.00", pricing=pricing))
    discount = next(line for line in found.lines if line.kind is LineKind.DISCOUNT)
    assert discount.total == -D("1.50")
    assert difference(found) == 0


def test_delivery_discount_fee_and_adjustment():
    pricing = {
        "deliveryDiscount": money("-1.00"),
        "fee": money("0.70"),
        "adjustment": money("-0.20"),
    }
    total = D("10.00") + D("2.50") - D("1.00") + D("0.70") - D("0.20")
    found = normalise_order(order(total=str(total), pricing=pricing))
    delivery = next(line for line in found.lines if line.kind is LineKind.SHIPPING)
    assert (delivery.subtotal, delivery.total) == (D("2.50"), D("1.50"))
    assert difference(found) == 0


def test_an_amount_in_another_currency_counts_as_it_was_before_conversion():
    converted = {
        "value": "8.00",
        "currency": "GBP",
        "convertedFromValue": "10.00",
        "convertedFromCurrency": "USD",
    }
    found = normalise_order(order(item(lineItemCost=converted)))
    assert found.lines[0].total == D("10.00")


def test_an_amount_in_a_currency_that_is_not_the_orders_is_refused():
    with pytest.raises(PayloadError) as caught:
        normalise_order(order(item(lineItemCost=money("8.00", "GBP"))))
    assert caught.value.details["field"] == "lineItems[0].lineItemCost.currency"


# -- payments and refunds --------------------------------------------------------------


def payment(**fields):
    values = {
        "paymentMethod": "EBAY",
        "paymentStatus": "PAID",
        "amount": money("12.50"),
        "paymentDate": "2026-03-02T08:26:00.000Z",
    }
    return {"payments": [{**values, **fields}], "refunds": []}


def test_a_payment_is_named_by_its_order_as_finance_does():
    found = normalise_order(order(paymentSummary=payment()))
    (paid,) = found.payments
    assert (paid.gateway, paid.reference) == ("EBAY", "12-00001-00001")
    assert paid.amount == D("12.50")
    assert found.paid_at == datetime(2026, 3, 2, 8, 26, tzinfo=timezone.utc)


def test_escrow_names_its_own_reference():
    summary = payment(paymentMethod="ESCROW", paymentReferenceId="ESC-9")
    found = normalise_order(order(paymentSummary=summary))
    assert found.payments[0].reference == found.transaction_ref == "ESC-9"


def test_cash_on_pickup_is_released_though_it_is_not_paid():
    summary = payment(paymentMethod="CASH_ON_PICKUP", paymentStatus="PENDING")
    del summary["payments"][0]["paymentDate"]
    found = normalise_order(order(orderPaymentStatus="PENDING", paymentSummary=summary))
    assert found.status is OrderStatus.OPEN
    assert found.payments[0].kind is PaymentKind.ON_DELIVERY
    assert found.paid_at is None


@pytest.mark.parametrize("status", ["PENDING", "FAILED"])
def test_money_that_did_not_come_is_no_payment(status):
    summary = payment(paymentStatus=status)
    assert normalise_order(order(paymentSummary=summary)).payments == ()


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("PENDING", RefundStatus.PENDING),
        ("REFUNDED", RefundStatus.DONE),
        ("FAILED", RefundStatus.FAILED),
        ("NEW_WORD", RefundStatus.PENDING),
    ],
)
def test_a_refund_of_the_order_tells_whether_the_money_went(told, status):
    summary = payment()
    refund = {"refundId": "501", "amount": money("3.00"), "refundStatus": told}
    summary["refunds"] = [refund]
    (found,) = normalise_order(order(paymentSummary=summary)).refunds
    assert (found.external_id, found.amount, found.lines) == ("501", D("3.00"), ())
    assert found.status is status


def test_one_refund_of_two_lines_is_one_and_is_done_when_it_is_dated():
    def refund(value, **fields):
        return {"refundId": "502", "amount": money(value), **fields}

    dated = {"refundDate": "2026-03-04T00:00:00.000Z"}
    found = normalise_order(
        order(
            item(1, "5.00", refunds=[refund("1.00", **dated)]),
            item(2, "5.00", refunds=[refund("2.00", **dated), refund("9.00")][:1]),
        )
    )
    (both,) = found.refunds
    assert both.amount == D("1.00") + D("2.00")
    assert {line.order_line_id: line.total for line in both.lines} == {
        "10001": D("1.00"),
        "10002": D("2.00"),
    }
    assert both.status is RefundStatus.DONE
    assert both.created_at == datetime(2026, 3, 4, tzinfo=timezone.utc)
    pending = normalise_order(order(item(refunds=[refund("1.00")])))
    assert pending.refunds[0].status is RefundStatus.PENDING


# -- people ----------------------------------------------------------------------------


def contact(name="Avery Whitlock", street="1 Alder Street", **fields):
    return {
        "fullName": name,
        "contactAddress": {
            "addressLine1": street,
            "city": "Oakland",
            "stateOrProvince": "CA",
            "postalCode": "94607",
            "countryCode": "us",
        },
        "primaryPhone": {"phoneNumber": "+1 555-0100"},
        "email": "avery@example.com",
        **fields,
    }


def step(ship_to, **fields):
    shipping = {"shipTo": ship_to, "shippingServiceCode": "UPSGround", **fields}
    return [{"fulfillmentInstructionsType": "SHIP_TO", "shippingStep": shipping}]


def test_the_registered_address_bills_and_the_ship_to_address_receives():
    found = normalise_order(
        order(
            buyer={
                "username": "avery_w",
                "buyerRegistrationAddress": contact(street="9 Home Road"),
            },
            fulfillmentStartInstructions=step(contact()),
        )
    )
    assert found.billing.street == "9 Home Road"
    assert found.shipping.street == "1 Alder Street"
    assert (found.shipping.country_code, found.shipping.state_code) == ("US", "CA")
    assert found.buyer.external_id == "avery_w"
    assert found.buyer.email == "avery@example.com"
    assert found.shipping_method == "UPSGround"
    assert not found.masked


def test_without_a_registered_address_the_tax_address_bills():
    address = {"city": "Oakland", "stateOrProvince": "CA", "countryCode": "US"}
    found = normalise_order(order(buyer={"username": "x", "taxAddress": address}))
    assert (found.billing.city, found.billing.state_code) == ("Oakland", "CA")


def test_a_masked_account_identifies_nobody():
    found = normalise_order(
        order(buyer={"username": "a***b"}, fulfillmentStartInstructions=step(contact()))
    )
    assert found.masked
    assert found.buyer.external_id == ""


def test_a_parcel_without_a_receiver_is_withheld():
    bare = {"contactAddress": {"city": "Oakland", "countryCode": "US"}}
    found = normalise_order(
        order(buyer={"username": "x"}, fulfillmentStartInstructions=step(bare))
    )
    assert found.masked


# -- programs --------------------------------------------------------------------------


def test_global_shipping_puts_its_reference_on_the_parcel():
    found = normalise_order(
        order(
            fulfillmentStartInstructions=step(
                contact("Global Shipping Program"), shipToReferenceId="GSP123"
            )
        )
    )
    assert found.shipping.street2 == "GSP123"
    assert "global_shipping" in found.tags
    assert not found.fulfilled_by_channel  # the seller ships it to the warehouse


def test_what_ebay_ships_itself_is_not_the_sellers_to_ship():
    program = {"fulfillmentProgram": {"fulfilledBy": "EBAY"}}
    found = normalise_order(order(program=program))
    assert found.fulfilled_by_channel
    assert found.tags == ("ebay_fulfillment",)
    instruction = [{"fulfillmentInstructionsType": "FULFILLED_BY_EBAY"}]
    found = normalise_order(order(fulfillmentStartInstructions=instruction))
    assert found.fulfilled_by_channel


def test_listings_without_a_sku_are_known_by_their_number():
    plain = item(1, sku="")
    varied = item(2, sku=None, legacyVariationId="55")
    found = normalise_order(order(plain, varied, total="22.50"))
    refs = [line.product_ref for line in found.lines[:2]]
    assert refs == ["listing:11001", "listing:11002/55"]


def test_a_digital_gift_card_needs_no_parcel():
    found = normalise_order(
        order(item(giftDetails={"recipientEmail": "a@example.com"}))
    )
    assert not found.lines[0].requires_shipping


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"orderId": None}, "orderId"),
        ({"creationDate": ""}, "creationDate"),
        ({"creationDate": "soon"}, "creationDate"),
        ({"pricingSummary": {}}, "pricingSummary.total.currency"),
        ({"lineItems": [item(lineItemCost=None)]}, "lineItems[0].lineItemCost"),
        ({"lineItems": [item(quantity=-1)]}, "lineItems[0].quantity"),
        ({"lineItems": {"a": 1}}, "lineItems"),
        ({"buyer": []}, None),
        ({"buyer": "someone"}, "buyer"),
    ],
)
def test_what_cannot_be_understood_is_named(change, field):
    payload = {**order(), **change}
    if field is None:
        assert normalise_order(payload).buyer.external_id == ""
        return
    with pytest.raises(PayloadError) as caught:
        normalise_order(payload)
    assert caught.value.details["field"] == field


# -- every kind of order of the simulated eBay -----------------------------------------


def test_all_kinds_of_orders_are_tried_here():
    with Simulator(marketplace="ebay"):
        assert set(scenarios_of("ebay")) == set(SCENARIOS)


@pytest.mark.parametrize("breakdown", [True, False])
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_lines_of_every_kind_of_order_explain_its_total(name, breakdown):
    shop = Simulator(seed=11, marketplace="ebay")
    try:
        for _ in range(25):
            placed = shop.world.place_scenario(name)
            render = Renderer(shop.world, Pending(), "", breakdown, True)
            payload = render.order(placed)
            found = normalise_order(parse_json(json_bytes(payload).decode()))
            assert found.total == placed.totals.total
            assert difference(found) == 0
            assert found.total_tax == (
                0 if placed.prices_include_tax else placed.totals.total_tax
            )
    finally:
        shop.stop()
