"""Taobao: listings and the quantities of them."""

from decimal import Decimal

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.schema import StockLevel
from ecom_orders.marketplaces.taobao import catalogue
from fake_top import FakeTop, refuse

NOT_THERE = refuse(15, "x", "isv.sku-not-exist", "SKU不存在")


def level(ref, quantity):
    return StockLevel(ref, "", quantity)


def skus_taken(sent):
    """The platform takes everything."""
    pairs = [pair.split(":") for pair in sent["skuid_quantities"].split(";")]
    rows = [{"sku_id": int(sku), "quantity": int(number)} for sku, number in pairs]
    return {"item": {"num_iid": int(sent["num_iid"]), "skus": {"sku": rows}}}


def item_taken(sent):
    return {"item": {"num_iid": int(sent["num_iid"]), "num": int(sent["quantity"])}}


@pytest.fixture
def gateway():
    return FakeTop(skus_quantity_update=skus_taken, item_quantity_update=item_taken)


def errors_of(results):
    return {result.product_ref: result.error for result in results}


# -- quantities ------------------------------------------------------------------------


def test_quantities_are_absolute_and_skus_of_an_item_go_together(gateway):
    results = gateway().push_stock([level("7/1", 4), level("7/2", 0), level("8", 9)])
    assert errors_of(results) == {"7/1": "", "7/2": "", "8": ""}
    (skus,) = gateway.sent("skus.quantity.update")
    assert (skus["num_iid"], skus["skuid_quantities"], skus["type"]) == (
        "7",
        "1:4;2:0",
        "1",
    )
    (item,) = gateway.sent("item.quantity.update")
    assert (item["num_iid"], item["quantity"], item["type"]) == ("8", "9", "1")


def test_at_most_20_skus_go_at_once(gateway):
    gateway().push_stock([level(f"7/{sku}", 1) for sku in range(1, 46)])
    sizes = [
        sent["skuid_quantities"].count(";") + 1
        for sent in gateway.sent("skus.quantity.update")
    ]
    assert sizes == [20, 20, 5]


def test_one_refused_sku_does_not_spoil_the_others(gateway):
    def update(sent):
        bad = "13:" in sent["skuid_quantities"]
        return NOT_THERE if bad else skus_taken(sent)

    gateway.interfaces["skus.quantity.update"] = update
    results = errors_of(
        gateway().push_stock([level(f"7/{n}", 1) for n in range(1, 21)])
    )
    assert results.pop("7/13").startswith("isv.sku-not-exist")
    assert set(results.values()) == {""}


def test_what_cannot_be_meant_is_never_sent(gateway):
    results = errors_of(gateway().push_stock([level("7/1", -1), level("TEE-S", 1)]))
    assert results["7/1"].startswith("negative_quantity")
    assert results["TEE-S"].startswith("bad_reference")
    assert gateway.calls == []


def test_a_quantity_that_was_not_taken_is_told(gateway):
    gateway.interfaces["item.quantity.update"] = {"item": {"num_iid": 8, "num": 5}}
    assert errors_of(gateway().push_stock([level("8", 9)])) == {
        "8": "not_taken: the platform shows 5"
    }


def test_a_gateway_that_goes_away_leaves_the_rest_to_the_next_time(gateway):
    answers = [item_taken, refuse(10, "Service Currently Unavailable")]

    def update(sent):
        answer = answers[0] if len(gateway.calls) == 1 else answers[1]
        return answer(sent) if callable(answer) else answer

    gateway.interfaces["item.quantity.update"] = update
    results = errors_of(gateway().push_stock([level("8", 9), level("9", 9)]))
    assert results["8"] == ""
    assert results["9"]


def test_nothing_can_be_said_when_the_first_call_fails(gateway):
    gateway.interfaces["item.quantity.update"] = refuse(27, "Invalid session")
    with pytest.raises(errors.AuthenticationFailed):
        gateway().push_stock([level("8", 9), level("9", 9)])


# -- listings --------------------------------------------------------------------------

ITEMS = {
    "onsale": [
        {"num_iid": 7, "title": "T恤", "num": 9, "price": "19.99", "outer_id": "TEE"},
        {"num_iid": 8, "title": "杯子", "num": 3, "price": "12.50", "outer_id": "MUG"},
    ],
    "sold_out": [
        {"num_iid": 8, "title": "杯子", "num": 0, "outer_id": "MUG"},
        {"num_iid": 9, "title": "碗", "num": 0, "outer_id": "BOWL"},
    ],
}
SKUS = [
    {
        "sku_id": 1, "num_iid": 7, "quantity": 4, "price": "19.99", "outer_id": "TEE-S",
        "properties_name": "20509:1:尺码:S;1627207:2:颜色:红", "barcode": "690001",
        "status": "normal",
    },
    {"sku_id": 2, "num_iid": 7, "quantity": 5, "outer_id": "TEE-M", "status": "delete"},
]  # fmt: skip


@pytest.fixture
def shelf():
    def inventory(sent):
        items = ITEMS.get(sent["banner"], [])
        return {"items": {"item": items}} if items else {"total_results": 0}

    def skus(sent):
        rows = [
            sku for sku in SKUS if str(sku["num_iid"]) in sent["num_iids"].split(",")
        ]
        return {"skus": {"sku": rows}} if rows else {}

    items = [{**item, "approve_status": "onsale"} for item in ITEMS["onsale"]]
    return FakeTop(
        items_onsale_get={"items": {"item": items}},
        items_inventory_get=inventory,
        item_skus_get=skus,
        item_seller_get=lambda sent: {"item": {"num_iid": 8, "num": 3}},
    )


def test_items_and_their_skus(shelf):
    found = [product for page in shelf().fetch_products() for product in page]
    assert [(p.product_ref, p.sku, p.is_parent, p.active) for p in found] == [
        ("7", "TEE", True, True),
        ("7/1", "TEE-S", False, True),
        ("8", "MUG", False, True),
        ("9", "BOWL", False, False),
    ]
    sku = found[1]
    assert (sku.name, sku.barcode) == ("T恤 (S, 红)", "690001")
    assert (sku.price, sku.stock) == (Decimal("19.99"), 4)
    assert [p.manages_stock for p in found] == [False, True, True, True]


def test_what_the_platform_shows(shelf):
    pages = shelf().fetch_stock(["7/1", "7/2", "8", "nonsense"])
    shown = {row.product_ref: row.quantity for page in pages for row in page}
    assert shown == {"7/1": 4, "8": 3}


def test_skus_are_read_for_40_items_at_once(shelf):
    many = [{"num_iid": number, "title": "x"} for number in range(100, 190)]
    shelf.interfaces["items.onsale.get"] = {"items": {"item": many}}
    list(shelf().fetch_products())
    sizes = [sent["num_iids"].count(",") + 1 for sent in shelf.sent("skus.get")]
    assert sizes == [40, 40, 10, 2]  # 2: the items of the other listings


def test_items_behind_the_last_page_that_is_shown_are_found(shelf, monkeypatch):
    monkeypatch.setattr(catalogue, "ITEM_PAGE", 2)
    monkeypatch.setattr(catalogue, "LAST_ITEM_PAGE", 3)
    stamps = [f"2026-11-24 08:00:{second:02d}" for second in range(20)]
    every = [
        {"num_iid": 100 + place, "title": "x", "modified": stamp}
        for place, stamp in enumerate(stamps)
    ]

    def onsale(sent):
        assert int(sent["page_no"]) <= 3  # a page beyond it is refused
        before = sent.get("end_modified", "9")
        found = [item for item in reversed(every) if item["modified"] <= before]
        start = 2 * (int(sent["page_no"]) - 1)
        return {"items": {"item": found[start : start + 2]}}

    shelf.interfaces["items.onsale.get"] = onsale
    found = {p.product_ref for page in shelf().fetch_products() for p in page}
    assert {str(100 + place) for place in range(20)} <= found
