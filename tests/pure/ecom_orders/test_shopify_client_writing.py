"""Shopify, step "write": quantities, parcels, cancellations, money, webhooks."""

from decimal import Decimal

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.schema import (
    STALE,
    RefundRequest,
    RefundRequestLine,
    Shipment,
    ShipmentLine,
    StockLevel,
)
from ecom_orders.marketplaces.shopify.webhook import DRAFT_TOPICS, TOPICS
from fake_shopify import ALL_SCOPES, FakeShop, connection
from shopify_payloads import bag, transaction, work

OLD, NEW = "2025-10", "2026-07"
HOOK = "https://odoo.example/ecom/hook/1"


# -- quantities ------------------------------------------------------------------------


def gid(kind, number):
    return f"gid://shopify/{kind}/{number}"


class Shelves:
    """Variants with quantities by location; sets them all or nothing, like Shopify."""

    def __init__(self, quantities, tracked=True):
        self.quantities = {ref: dict(by) for ref, by in quantities.items()}
        self.tracked = tracked
        self.keys = []
        self.lost = False

    def read(self, variables):
        refs = [text.rpartition("/")[2] for text in variables["ids"]]
        return {"nodes": [self._variant(ref) for ref in refs]}

    def _variant(self, ref):
        if ref not in self.quantities:
            return None
        levels = [
            {
                "location": {"id": gid("Location", location)},
                "quantities": [{"name": "available", "quantity": quantity}],
            }
            for location, quantity in self.quantities[ref].items()
        ]
        item = {
            "id": gid("InventoryItem", f"9{ref}"),
            "tracked": self.tracked,
            "inventoryLevels": connection(levels),
        }
        return {
            "id": gid("ProductVariant", ref),
            "sku": f"S{ref}",
            "inventoryItem": item,
        }

    def set(self, variables):
        self.keys.append(variables.get("key"))
        rows = variables["input"]["quantities"]
        found = [(self._place(row), row) for row in rows]
        refused = []
        for index, ((ref, location), row) in enumerate(found):
            expected = row.get("changeFromQuantity", row.get("compareQuantity"))
            current = self.quantities[ref][location]
            if expected is not None and expected != current:
                place = ["input", "quantities", str(index), "changeFromQuantity"]
                code = "CHANGE_FROM_QUANTITY_STALE"
                if "compareQuantity" in row:
                    code = "COMPARE_QUANTITY_STALE"
                refused.append({"field": place, "code": code, "message": "Stale."})
        if not refused:
            for (ref, location), row in found:
                self.quantities[ref][location] = row["quantity"]
        return {"inventorySetQuantities": {"userErrors": refused}}

    @staticmethod
    def _place(row):
        ref = row["inventoryItemId"].rpartition("/9")[2]
        return ref, row["locationId"].rpartition("/")[2]

    def shop(self):
        main = {"location": {"id": gid("Location", 1)}}
        return FakeShop(Stock=self.read, SetQuantities=self.set, MainLocation=main)


def push(shop, *levels, version=NEW, **options):
    results = shop.connector(version, **options).push_stock(levels)
    return {(r.product_ref, r.location_ref): (r.error, r.current) for r in results}


def test_a_quantity_up_to_2025_10():
    shelves = Shelves({"11": {"1": 5}})
    shop = shelves.shop()
    assert push(shop, StockLevel("11", "S", 8), version=OLD) == {("11", ""): ("", None)}
    assert shelves.quantities["11"]["1"] == 8
    (sent,) = shop.sent("SetQuantities")
    assert sent["input"]["ignoreCompareQuantity"] is True
    assert sent["input"]["quantities"] == [
        {
            "inventoryItemId": gid("InventoryItem", "911"),
            "locationId": gid("Location", 1),
            "quantity": 8,
        }
    ]
    assert "key" not in sent
    assert "@idempotent" not in shop.requests[-1].json["query"]


def test_compare_and_set_up_to_2025_10():
    shelves = Shelves({"11": {"1": 5}, "12": {"1": 5}})
    shop = shelves.shop()
    levels = [StockLevel("11", "S", 8, expected=5), StockLevel("12", "S", 9)]
    push(shop, *levels, version=OLD)
    compared, ignored = (sent["input"] for sent in shop.sent("SetQuantities"))
    assert compared["ignoreCompareQuantity"] is False
    assert compared["quantities"][0]["compareQuantity"] == 5
    assert ignored["ignoreCompareQuantity"] is True
    assert "compareQuantity" not in ignored["quantities"][0]


@pytest.mark.parametrize("version", ["2026-01", "2026-04", "2026-07"])
def test_compare_and_set_from_2026_on(version):
    """The field is always there: null opts out."""
    shelves = Shelves({"11": {"1": 5}, "12": {"1": 5}})
    shop = shelves.shop()
    levels = [StockLevel("11", "S", 8, expected=5), StockLevel("12", "S", 9)]
    push(shop, *levels, version=version)
    (sent,) = shop.sent("SetQuantities")
    asked = [row["changeFromQuantity"] for row in sent["input"]["quantities"]]
    assert asked == [5, None]
    assert "ignoreCompareQuantity" not in sent["input"]
    assert sent["key"]


@pytest.mark.parametrize("version", [OLD, NEW])
def test_what_is_stale_is_told_and_does_not_stop_the_others(version):
    shelves = Shelves({"11": {"1": 4}, "12": {"1": 5}})
    shop = shelves.shop()
    levels = [
        StockLevel("11", "S", 8, expected=5),
        StockLevel("12", "S", 9, expected=5),
    ]
    found = push(shop, *levels, version=version)
    assert found == {("11", ""): (STALE, 4), ("12", ""): ("", None)}
    assert shelves.quantities == {"11": {"1": 4}, "12": {"1": 9}}
    # Nothing was set the first time: the rest is another request with another key.
    assert len(shelves.keys) == 2
    if version == NEW:
        assert len(set(shelves.keys)) == 2


def test_stale_because_it_was_set_already():
    """The answer to the first attempt was lost: the quantity is what was wanted."""
    shelves = Shelves({"11": {"1": 8}})
    found = push(shelves.shop(), StockLevel("11", "S", 8, expected=5))
    assert found == {("11", ""): ("", 8)}


def test_the_same_quantity_another_day_has_another_key():
    shelves = Shelves({"11": {"1": 5}})
    for _day in range(2):
        push(shelves.shop(), StockLevel("11", "S", 8))
    assert len(set(shelves.keys)) == 2


def test_a_quantity_for_each_location():
    shelves = Shelves({"11": {"1": 5, "2": 6}})
    levels = [StockLevel("11", "S", 7, "1"), StockLevel("11", "S", 8, "2")]
    assert set(push(shelves.shop(), *levels).values()) == {("", None)}
    assert shelves.quantities["11"] == {"1": 7, "2": 8}


def test_without_a_location_the_only_one_the_chosen_one_or_the_main_one():
    shelves = Shelves({"11": {"3": 5}, "12": {"1": 5, "2": 6}})
    push(shelves.shop(), StockLevel("11", "S", 1), StockLevel("12", "S", 1))
    assert shelves.quantities == {"11": {"3": 1}, "12": {"1": 1, "2": 6}}
    push(shelves.shop(), StockLevel("12", "S", 3), location="2")
    assert shelves.quantities["12"] == {"1": 1, "2": 3}


def test_levels_that_cannot_be_sent_are_refused_by_name():
    shelves = Shelves({"11": {"1": 5}})
    found = push(
        shelves.shop(),
        StockLevel("99", "S", 1),
        StockLevel("no reference", "S", 1),
        StockLevel("11", "S", -1),
        StockLevel("11", "S", 1, "7"),
    )
    codes = {key: error.partition(":")[0] for key, (error, _now) in found.items()}
    assert codes == {
        ("99", ""): "bad_reference",
        ("no reference", ""): "bad_reference",
        ("11", ""): "negative",
        ("11", "7"): "not_stocked",
    }
    untracked = Shelves({"11": {"1": 5}}, tracked=False)
    ((error, _now),) = push(untracked.shop(), StockLevel("11", "S", 1)).values()
    assert error.startswith("not_tracked")


def test_a_hundred_levels_in_a_request():
    shelves = Shelves({str(n): {"1": 1} for n in range(1, 251)})
    shop = shelves.shop()
    levels = [StockLevel(str(n), "S", 2) for n in range(1, 251)]
    assert set(push(shop, *levels).values()) == {("", None)}
    sizes = [len(sent["input"]["quantities"]) for sent in shop.sent("SetQuantities")]
    assert sizes == [100, 100, 50]


def test_a_later_batch_that_fails_leaves_the_first_ones_told():
    shelves = Shelves({str(n): {"1": 1} for n in range(1, 151)})
    done = shelves.set
    shop = shelves.shop()
    shop.routes["SetQuantities"] = [done, errors.TimedOut("no answer")]
    found = push(shop, *[StockLevel(str(n), "S", 2) for n in range(1, 151)])
    assert [error for error, _now in found.values()].count("") == 100
    assert found["150", ""][0].startswith("timed_out")


def test_a_first_batch_that_fails_says_nothing():
    shop = Shelves({"11": {"1": 1}}).shop()
    shop.routes["SetQuantities"] = errors.TimedOut("no answer")
    with pytest.raises(errors.TimedOut):
        push(shop, StockLevel("11", "S", 2))


def test_what_the_shop_shows_comes_by_location():
    shop = Shelves({"11": {"1": 5, "2": 6}, "12": {"1": 7}}).shop()
    pages = shop.connector().fetch_stock(["11", "12", "11", "nonsense"])
    shown = [(r.product_ref, r.location_ref, r.quantity) for p in pages for r in p]
    assert shown == [("11", "1", 5), ("11", "2", 6), ("12", "1", 7)]


# -- parcels ---------------------------------------------------------------------------


def shipping_shop(works, told=(), cancelled=None, answers=None):
    """An order 5 with fulfilment orders and parcels that were told before."""
    found = {
        "id": gid("Order", 5),
        "cancelledAt": cancelled,
        "displayFulfillmentStatus": "UNFULFILLED",
        "fulfillments": list(told),
        "fulfillmentOrders": connection(works),
    }
    made = {
        "fulfillmentCreate": {
            "fulfillment": {"id": gid("Fulfillment", 77)},
            "userErrors": [],
        }
    }
    return FakeShop(Shipping={"order": found}, CreateFulfillment=answers or made)


def told(number, tracking, rows, status="SUCCESS"):
    lines = [{"quantity": n, "lineItem": {"id": gid("LineItem", i)}} for i, n in rows]
    return {
        "id": gid("Fulfillment", number),
        "status": status,
        "trackingInfo": [{"number": tracking}],
        "fulfillmentLineItems": {"nodes": lines},
    }


def parcel(*rows, tracking="T1", **values):
    lines = tuple(ShipmentLine(line, Decimal(n)) for line, n in rows)
    return Shipment("p/1", "5", tracking, "ups", "UPS", lines=lines, **values)


def fulfilled(shop):
    """Pieces by fulfilment order and line of every call."""
    return [
        {
            group["fulfillmentOrderId"].rpartition("/")[2]: {
                row["id"].rpartition("/")[2]: row["quantity"]
                for row in group["fulfillmentOrderLineItems"]
            }
            for group in sent["fulfillment"]["lineItemsByFulfillmentOrder"]
        }
        for sent in shop.sent("CreateFulfillment")
    ]


def test_a_parcel_with_all_that_is_open():
    shop = shipping_shop([work(1, [(1, 2, 2), (2, 1, 0)])])
    result = shop.connector().push_shipment(parcel(tracking_url="https://t.example/1"))
    assert (result.external_id, result.repeated) == ("77", False)
    assert fulfilled(shop) == [{"1": {"11": 2}}]
    (sent,) = shop.sent("CreateFulfillment")
    assert sent["fulfillment"]["notifyCustomer"] is True
    assert sent["fulfillment"]["trackingInfo"] == {
        "number": "T1",
        "company": "UPS",
        "url": "https://t.example/1",
    }


def test_a_parcel_of_goods_from_two_locations_is_told_for_each():
    works = [work(1, [(1, 2, 2)], location=1), work(2, [(1, 1, 1)], location=2)]
    shop = shipping_shop(works)
    shop.connector().push_shipment(parcel(("1", 3)))
    assert fulfilled(shop) == [{"1": {"11": 2}}, {"2": {"21": 1}}]


def test_the_location_of_the_parcel_comes_first():
    works = [work(1, [(1, 2, 2)], location=1), work(2, [(1, 2, 2)], location=2)]
    shop = shipping_shop(works)
    shop.connector().push_shipment(parcel(("1", 1), location_ref="2"))
    assert fulfilled(shop) == [{"2": {"21": 1}}]


def test_a_parcel_that_was_told_is_not_told_again():
    shop = shipping_shop([work(1, [(1, 2, 1)])], [told(70, "T1", [("1", 1)])])
    result = shop.connector().push_shipment(parcel(("1", 1)))
    assert (result.external_id, result.repeated) == ("70", True)
    assert fulfilled(shop) == []


def test_a_parcel_that_was_told_for_one_of_two_locations_is_finished():
    """The second call failed: only what is missing is told now."""
    shop = shipping_shop(
        [work(1, [(1, 2, 0)], "CLOSED"), work(2, [(1, 1, 1)], location=2)],
        [told(70, "T1", [("1", 2)])],
    )
    assert not shop.connector().push_shipment(parcel(("1", 3))).repeated
    assert fulfilled(shop) == [{"2": {"21": 1}}]


def test_a_cancelled_fulfilment_does_not_count():
    works = [work(1, [(1, 1, 1)])]
    shop = shipping_shop(works, [told(70, "T1", [("1", 1)], "CANCELLED")])
    assert not shop.connector().push_shipment(parcel(("1", 1))).repeated


@pytest.mark.parametrize(
    ("works", "cancelled", "rows"),
    [
        ([work(1, [(1, 1, 1)])], "2026-03-02T10:00:00Z", [("1", 1)]),
        ([work(1, [(1, 1, 1)])], None, [("1", 2)]),
        ([work(1, [(1, 1, 1)])], None, [("8", 1)]),
        ([work(1, [(1, 1, 1)], "ON_HOLD")], None, [("1", 1)]),
        ([work(1, [(1, 1, 0)], "CLOSED")], None, []),
        ([], None, []),
    ],
)
def test_what_cannot_be_shipped(works, cancelled, rows):
    shop = shipping_shop(works, cancelled=cancelled)
    with pytest.raises(errors.AlreadyDone):
        shop.connector().push_shipment(parcel(*rows))
    assert fulfilled(shop) == []


def test_a_refused_parcel():
    error = {"field": ["fulfillment"], "message": "Location is closed"}
    payload = {"fulfillment": None, "userErrors": [error]}
    answers = {"fulfillmentCreate": payload}
    shop = shipping_shop([work(1, [(1, 1, 1)])], answers=answers)
    with pytest.raises(errors.RequestRefused) as caught:
        shop.connector().push_shipment(parcel(("1", 1)))
    assert "Location is closed" in str(caught.value)


def test_a_parcel_is_not_repeated_by_the_transport():
    """Nobody knows whether it was taken: looking first is what makes it once."""
    shop = shipping_shop([work(1, [(1, 1, 1)])])
    shop.connector().push_shipment(parcel(("1", 1)))
    assert shop.requests[-1].is_repeatable is False


# -- cancellations ---------------------------------------------------------------------


def cancelling_shop(error=None, cancelled=None, done=(False, True)):
    job = {"id": "gid://shopify/Job/ab-1", "done": False}
    payload = {
        "job": None if error else job,
        "orderCancelUserErrors": [error] if error else [],
    }
    found = {"order": {"id": gid("Order", 5), "cancelledAt": cancelled}}
    return FakeShop(
        Cancellation=found,
        CancelOrder={"orderCancel": payload},
        Job=[{"job": {**job, "done": flag}} for flag in done],
    )


def test_a_cancellation_is_a_job_that_ends():
    shop = cancelling_shop()
    connector = shop.connector()
    result = connector.cancel_order("5", "FRAUD")
    (sent,) = shop.sent("CancelOrder")
    assert sent == {
        "orderId": gid("Order", 5),
        "reason": "FRAUD",
        "restock": True,
        "staffNote": "FRAUD",
    }
    assert not connector.fetch_submission(result.submission).done
    shop.routes["Cancellation"]["order"]["cancelledAt"] = "2026-03-02T10:00:00Z"
    outcome = connector.fetch_submission(result.submission)
    assert (outcome.done, outcome.error) == (True, "")


def test_a_job_that_ends_without_cancelling_is_an_error():
    shop = cancelling_shop(done=(True,))
    connector = shop.connector()
    outcome = connector.fetch_submission(connector.cancel_order("5").submission)
    assert outcome.done and outcome.error


def test_words_that_are_no_reason_of_shopify_go_into_the_note():
    shop = cancelling_shop()
    shop.connector().cancel_order("5", "x" * 300)
    (sent,) = shop.sent("CancelOrder")
    assert (sent["reason"], len(sent["staffNote"])) == ("OTHER", 255)


def test_what_is_cancelled_is_repeated():
    shop = cancelling_shop(cancelled="2026-03-02T10:00:00Z")
    assert shop.connector().cancel_order("5").repeated
    assert shop.sent("CancelOrder") == []


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("INVALID", errors.AlreadyDone),
        ("NOT_FOUND", errors.NotFound),
        ("NO_REFUND_PERMISSION", errors.PermissionRefused),
        ("INTERNAL_ERROR", errors.RequestRefused),
    ],
)
def test_what_cannot_be_cancelled(code, error):
    row = {"code": code, "message": "It is sent.", "field": None}
    with pytest.raises(error) as caught:
        cancelling_shop(error=row).connector().cancel_order("5")
    assert "It is sent." in str(caught.value)


# -- money -----------------------------------------------------------------------------


def refunding_shop(transactions, refunds=(), works=(), error=None, currency="USD"):
    found = {
        "id": gid("Order", 5),
        "currencyCode": "USD",
        "presentmentCurrencyCode": currency,
        "transactions": list(transactions),
        "refunds": list(refunds),
        "fulfillmentOrders": connection(works),
    }
    payload = {
        "refund": None if error else {"id": gid("Refund", 44)},
        "userErrors": [error] if error else [],
    }
    return FakeShop(Refundable={"order": found}, CreateRefund={"refundCreate": payload})


def request(amount, *lines, currency="USD", **values):
    rows = tuple(RefundRequestLine(i, Decimal(n), Decimal(0)) for i, n in lines)
    return RefundRequest(
        "credit/9", "5", Decimal(amount), currency, rows, "Damaged", **values
    )


def moves(shop):
    (sent,) = shop.sent("CreateRefund")
    return [
        (row["parentId"].rpartition("/")[2], row["amount"], row["gateway"])
        for row in sent["input"]["transactions"]
    ]


def test_money_goes_back_to_the_payment_it_came_from():
    shop = refunding_shop([transaction(3, 20)])
    result = shop.connector().push_refund(request("7.50", ("1", 1)))
    assert (result.external_id, result.repeated) == ("44", False)
    assert moves(shop) == [("3", "7.50", "card")]
    (sent,) = shop.sent("CreateRefund")
    assert sent["input"]["note"] == "Damaged [credit/9]"
    assert sent["input"]["refundLineItems"] == [
        {"lineItemId": gid("LineItem", 1), "quantity": 1, "restockType": "NO_RESTOCK"}
    ]


def test_delivery_is_given_back_beside_the_goods():
    shop = refunding_shop([transaction(3, 50)])
    rows = (
        RefundRequestLine("1", Decimal(2), Decimal(20)),
        RefundRequestLine("2", Decimal(0), Decimal(3)),  # an amount, no pieces
        RefundRequestLine("shipping:9", Decimal(1), Decimal("4.50")),
    )
    amount = Decimal(20) + 3 + Decimal("4.50")
    shop.connector().push_refund(
        RefundRequest("credit/9", "5", amount, "USD", rows, "Damaged")
    )
    (sent,) = shop.sent("CreateRefund")
    lines = [(r["lineItemId"], r["quantity"]) for r in sent["input"]["refundLineItems"]]
    assert lines == [(gid("LineItem", 1), 2)]
    assert sent["input"]["shipping"] == {"amount": "4.50"}
    assert moves(shop) == [("3", "27.50", "card")]


def test_half_a_piece_cannot_be_given_back():
    shop = refunding_shop([transaction(3, 50)])
    with pytest.raises(errors.RequestRefused):
        shop.connector().push_refund(request(5, ("1", "0.5")))


def test_a_gift_card_and_a_card_give_back_one_after_the_other():
    before = transaction(
        5, 3, "REFUND", parentTransaction={"id": gid("OrderTransaction", 3)}
    )
    shop = refunding_shop(
        [transaction(3, 5, gateway="gift_card"), transaction(4, 10), before]
    )
    shop.connector().push_refund(request(8))
    assert moves(shop) == [("3", "2", "gift_card"), ("4", "6", "card")]


def test_the_payment_that_was_named_is_the_one():
    shop = refunding_shop([transaction(3, 5), transaction(4, 10)])
    shop.connector().push_refund(request(8, payment_ref="4"))
    assert moves(shop) == [("4", "8", "card")]


def test_the_payment_is_named_as_the_order_names_it():
    rows = [
        transaction(3, 5, paymentId="P1"),
        transaction(4, 5, paymentId="P2"),
        transaction(5, 5, paymentId="P2"),
    ]
    shop = refunding_shop(rows)
    shop.connector().push_refund(request(8, payment_ref="P2"))
    assert moves(shop) == [("4", "5", "card"), ("5", "3", "card")]


@pytest.mark.parametrize("payment_ref", ["", "3"])
def test_more_than_is_left_cannot_be_given_back(payment_ref):
    shop = refunding_shop([transaction(3, 5)])
    with pytest.raises(errors.AlreadyDone):
        shop.connector().push_refund(request(6, payment_ref=payment_ref))
    assert shop.sent("CreateRefund") == []


def test_a_refund_is_found_again_by_its_key():
    known = {"id": gid("Refund", 40), "note": "Damaged [credit/9]"}
    shop = refunding_shop([transaction(3, 5)], [known])
    result = shop.connector().push_refund(request(5))
    assert (result.external_id, result.repeated) == ("40", True)
    assert shop.sent("CreateRefund") == []


def test_the_key_goes_along_where_the_version_has_it():
    keys = []
    for version in (OLD, NEW, NEW):
        shop = refunding_shop([transaction(3, 5)])
        shop.connector(version).push_refund(request(5))
        keys.append(shop.sent("CreateRefund")[0].get("key"))
        assert shop.requests[-1].is_repeatable is (version == NEW)
    assert keys[0] is None
    assert keys[1] and keys[1] == keys[2]  # the same refund, the same key


def test_goods_go_back_into_the_stock_they_came_from():
    works = [
        work(1, [(1, 1, 0)], "CLOSED", location=7),
        work(2, [(2, 1, 1)], "OPEN", location=8),
    ]
    shop = refunding_shop([transaction(3, 50)], works=works)
    shop.connector().push_refund(request(10, ("1", 1), ("2", 1), restock=True))
    (sent,) = shop.sent("CreateRefund")
    rows = [
        (row["restockType"], row["locationId"].rpartition("/")[2])
        for row in sent["input"]["refundLineItems"]
    ]
    assert rows == [("RETURN", "7"), ("CANCEL", "8")]


def test_a_refund_is_in_the_buyers_currency():
    paid = transaction(3, bag(10, "GBP", "12.70", "USD"))
    shop = refunding_shop([paid], currency="GBP")
    with pytest.raises(errors.RequestRefused):
        shop.connector().push_refund(request(5, currency="USD"))
    shop.connector().push_refund(request(5, currency="GBP"))
    assert moves(shop) == [("3", "5", "card")]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (
            "Refund amount $9.00 is greater than net payment received $5.00",
            errors.AlreadyDone,
        ),
        ("Location is invalid", errors.RequestRefused),
    ],
)
def test_a_refused_refund(message, error):
    row = {"field": None, "message": message}
    shop = refunding_shop([transaction(3, 5)], error=row)
    with pytest.raises(error):
        shop.connector().push_refund(request(5))


# -- webhooks --------------------------------------------------------------------------


def hooks(*rows):
    nodes = [
        {"id": gid("WebhookSubscription", n), "topic": topic, "uri": uri}
        for n, (topic, uri) in enumerate(rows, 1)
    ]
    return {"webhookSubscriptions": connection(nodes)}


CREATED = {"webhookSubscriptionCreate": {"webhookSubscription": {}, "userErrors": []}}
DELETED = {
    "webhookSubscriptionDelete": {"deletedWebhookSubscriptionId": "x", "userErrors": []}
}


def test_missing_webhooks_are_made_and_doubles_removed():
    known = hooks(
        ("ORDERS_CREATE", HOOK),
        ("ORDERS_CREATE", f"{HOOK}/"),
        ("THEMES_UPDATE", HOOK),
        ("ORDERS_UPDATED", "https://other.example/hook"),
    )
    shop = FakeShop(Webhooks=known, CreateWebhook=CREATED, DeleteWebhook=DELETED)
    assert shop.connector().ensure_webhooks(HOOK) == TOPICS
    made = [sent["topic"] for sent in shop.sent("CreateWebhook")]
    assert made == [topic for topic in TOPICS if topic != "ORDERS_CREATE"]
    assert {sent["subscription"]["uri"] for sent in shop.sent("CreateWebhook")} == {
        HOOK
    }
    assert [sent["id"] for sent in shop.sent("DeleteWebhook")] == [
        gid("WebhookSubscription", 2),
        gid("WebhookSubscription", 3),
    ]


def test_all_there_nothing_to_do():
    shop = FakeShop(Webhooks=hooks(*[(topic, HOOK) for topic in TOPICS]))
    assert shop.connector().ensure_webhooks(HOOK) == TOPICS


def test_drafts_have_webhooks_of_their_own():
    shop = FakeShop(Webhooks=hooks(), CreateWebhook=CREATED)
    assert shop.connector(drafts=True).ensure_webhooks(HOOK) == TOPICS + DRAFT_TOPICS


def test_a_refused_webhook_is_an_error():
    row = {"field": ["uri"], "message": "Address is invalid"}
    payload = {"webhookSubscription": None, "userErrors": [row]}
    shop = FakeShop(
        Webhooks=hooks(), CreateWebhook={"webhookSubscriptionCreate": payload}
    )
    with pytest.raises(errors.RequestRefused):
        shop.connector().ensure_webhooks(HOOK)


def test_webhooks_are_removed_page_by_page():
    first = hooks(("ORDERS_CREATE", HOOK))
    first["webhookSubscriptions"]["pageInfo"] = {
        "hasNextPage": True,
        "endCursor": "c",
    }
    shop = FakeShop(
        Webhooks=[first, hooks(("ORDERS_DELETE", HOOK))], DeleteWebhook=DELETED
    )
    assert shop.connector().remove_webhooks(HOOK) == 2
    assert [sent["after"] for sent in shop.sent("Webhooks")] == [None, "c"]


def test_a_write_right_that_is_missing_stops_a_refund():
    scopes = [scope for scope in ALL_SCOPES if scope != "write_orders"]
    shop = FakeShop(scopes)
    with pytest.raises(errors.PermissionRefused):
        shop.connector().push_refund(request(1))
