"""eBay, step "stock": listings, quantities, locations."""

from decimal import Decimal

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import Credentials
from ecom_orders.marketplaces.ebay.client import EbayConnector
from ecom_orders.marketplaces.schema import StockLevel
from ecom_orders.marketplaces.transport import Settings, Transport
from fake_ebay import FakeEbay, answer, connector, money, refused

from simulator import DEFAULT_KEY, DEFAULT_SECRET, Simulator
from simulator.app import DEFAULT_TOKEN
from simulator.ebay.inventory import REVISIONS_PER_DAY

ROOT = "/sell/inventory/v1"
ITEMS, OFFERS = f"{ROOT}/inventory_item", f"{ROOT}/offer"
GET, PUSH = f"{ROOT}/bulk_get_inventory_item", f"{ROOT}/bulk_update_price_quantity"
LOCATIONS = f"{ROOT}/location"


def level(sku, quantity):
    return StockLevel(sku, sku, quantity)


def stocked(shop, **quantities):
    """Let eBay know SKUs with quantities; what is pushed is kept."""

    def show(request):
        rows = []
        for entry in request.json["requests"]:
            sku = entry["sku"]
            if sku not in quantities:
                rows.append({"sku": sku, "statusCode": 404, "errors": [{}]})
                continue
            shown = {"shipToLocationAvailability": {"quantity": quantities[sku]}}
            item = {"sku": sku, "availability": shown}
            rows.append({"sku": sku, "statusCode": 200, "inventoryItem": item})
        return answer({"responses": rows}, 207)

    def take(request):
        rows = []
        for entry in request.json["requests"]:
            sku = entry["sku"]
            quantities[sku] = entry["shipToLocationAvailability"]["quantity"]
            rows.append({"sku": sku, "statusCode": 200})
        return answer({"responses": rows})

    shop.routes["POST", GET] = show
    shop.routes["POST", PUSH] = take
    return quantities


# -- listings --------------------------------------------------------------------------


def items(*skus, **more):
    return {"inventoryItems": [{"sku": sku} for sku in skus], **more}


def test_pages_are_counted_and_each_costs_one_request_per_item_for_its_offer():
    shop = FakeEbay()

    def listed(request):
        page = dict(request.query)["offset"]
        if page == "0":
            return answer(items("A", "B", next=f"{ITEMS}?limit=200&offset=1"))
        return answer(items("C"))

    shop.routes["GET", ITEMS] = listed
    shop.routes["GET", OFFERS] = answer({"offers": []})
    pages = list(connector(shop).fetch_products())
    assert [[row.sku for row in page] for page in pages] == [["A", "B"], ["C"]]
    assert [dict(r.query)["offset"] for r in shop.asked(ITEMS)] == ["0", "1"]
    assert [dict(r.query)["sku"] for r in shop.asked(OFFERS)] == ["A", "B", "C"]


def test_an_item_tells_name_barcode_quantity_and_its_offer_price_and_state():
    shop = FakeEbay()
    item = {
        "sku": "MUG",
        "product": {"title": "Mug", "ean": ["4006381333931"], "upc": ["1"]},
        "availability": {"shipToLocationAvailability": {"quantity": 7}},
    }
    auction = {"format": "AUCTION", "status": "PUBLISHED"}
    fixed = {
        "format": "FIXED_PRICE",
        "status": "UNPUBLISHED",
        "pricingSummary": {"price": money("12.50")},
    }
    shop.routes["GET", ITEMS] = answer({"inventoryItems": [item]})
    shop.routes["GET", OFFERS] = answer({"offers": [auction, fixed]})
    ((row,),) = connector(shop).fetch_products()
    assert (row.product_ref, row.name, row.barcode) == ("MUG", "Mug", "4006381333931")
    assert (row.stock, row.manages_stock) == (Decimal(7), True)
    assert (row.price, row.active) == (Decimal("12.50"), False)


def test_offers_can_be_spared():
    shop = FakeEbay()
    shop.routes["GET", ITEMS] = answer(items("A"))
    ((row,),) = connector(shop, offers=False).fetch_products()
    assert (row.sku, row.price, row.active) == ("A", None, True)
    assert shop.asked(OFFERS) == []


def test_an_item_that_cannot_be_read_does_not_stop_the_others():
    shop = FakeEbay()
    rows = [7, {"sku": None}, {"sku": "A", "product": "mug"}, {"sku": "B"}]
    shop.routes["GET", ITEMS] = answer({"inventoryItems": rows})
    shop.routes["GET", OFFERS] = refused(25713, 404)
    ((row,),) = connector(shop).fetch_products()
    assert (row.sku, row.active) == ("B", False)


def test_a_next_page_that_is_this_one_ends_the_listing():
    shop = FakeEbay()
    shop.routes["GET", ITEMS] = answer(items("A", next=f"{ITEMS}?offset=0"))
    shop.routes["GET", OFFERS] = answer({"offers": []})
    assert len(list(connector(shop).fetch_products())) == 1


# -- quantities ------------------------------------------------------------------------


def test_quantities_go_in_batches_of_25_and_each_has_a_result():
    shop = FakeEbay()
    known = stocked(shop, **{f"S{number}": 0 for number in range(60)})
    levels = [level(f"S{number}", 9) for number in range(60)]
    results = connector(shop).push_stock(levels)
    assert [result.error for result in results] == [""] * 60
    assert set(known.values()) == {9}
    sizes = [len(request.json["requests"]) for request in shop.asked(PUSH, "POST")]
    assert sizes == [25, 25, 10]


def test_what_is_shown_already_costs_no_revision():
    shop = FakeEbay()
    stocked(shop, A=3, B=4)
    results = connector(shop).push_stock([level("A", 3), level("B", 5)])
    assert {result.product_ref: result.current for result in results} == {
        "A": 3,
        "B": 5,
    }
    (request,) = shop.asked(PUSH, "POST")
    assert [entry["sku"] for entry in request.json["requests"]] == ["B"]


def test_one_refused_level_does_not_stop_the_others():
    shop = FakeEbay()
    stocked(shop, A=1, B=1, C=1)
    rows = [
        {"sku": "A", "statusCode": 200},
        {
            "sku": "B",
            "statusCode": 400,
            "errors": [{"errorId": 25002, "message": "A user error."}],
        },
    ]
    shop.routes["POST", PUSH] = answer({"responses": rows}, 207)
    levels = [level(sku, 5) for sku in ("A", "B", "C", "NEW")]
    levels += [level("listing:11/12", 5), level("A" * 51, 5), level("D", -1)]
    results = {r.product_ref: r.error for r in connector(shop).push_stock(levels)}
    assert results.pop("A") == ""
    assert {ref: error.partition(":")[0] for ref, error in results.items()} == {
        "B": "25002",
        "C": "not_answered",
        "NEW": "25702",
        "listing:11/12": "not_in_inventory",
        "A" * 51: "bad_reference",
        "D": "negative_quantity",
    }


def test_the_limit_of_revisions_of_a_day_is_told_as_such():
    shop = FakeEbay()
    stocked(shop, A=1)
    text = "The revision limit of this listing is reached."
    row = {"sku": "A", "statusCode": 400, "errors": [{"errorId": 1, "message": text}]}
    shop.routes["POST", PUSH] = answer({"responses": [row]}, 207)
    (result,) = connector(shop).push_stock([level("A", 2)])
    assert result.error == f"revision_limit: {text}"


def test_a_batch_that_is_refused_as_a_whole_does_not_stop_the_next():
    shop = FakeEbay()
    stocked(shop, **{f"S{number}": 0 for number in range(30)})
    take, calls = shop.routes["POST", PUSH], []

    def refuse_the_first(request):
        calls.append(request)
        return refused(25709, 400, "no") if len(calls) == 1 else take(request)

    shop.routes["POST", PUSH] = refuse_the_first
    results = connector(shop).push_stock([level(f"S{n}", 5) for n in range(30)])
    failed = [result for result in results if result.error]
    assert len(failed) == 25
    assert all(result.error.startswith("25709:") for result in failed)


def test_a_server_that_is_away_is_raised_so_that_all_is_tried_again():
    shop = FakeEbay()

    def away(_request):
        raise errors.ServerFailed("503")

    shop.routes["POST", GET] = away
    with pytest.raises(errors.ServerFailed):
        connector(shop).push_stock([level("A", 1)])


@pytest.mark.parametrize(("wanted", "sizes"), [(1, [1, 1, 1]), (2, [2, 1]), (99, [3])])
def test_the_size_of_a_batch_can_be_lowered(wanted, sizes):
    shop = FakeEbay()
    stocked(shop, A=0, B=0, C=0)
    levels = [level(sku, 1) for sku in "ABC"]
    connector(shop, stock_batch=wanted).push_stock(levels)
    asked = shop.asked(PUSH, "POST")
    assert [len(request.json["requests"]) for request in asked] == sizes


def test_what_is_shown_is_read_for_what_ebay_knows():
    shop = FakeEbay()
    stocked(shop, A=3, B=0)
    pages = connector(shop).fetch_stock(["A", "B", "NEW", "listing:7"])
    shown = {row.product_ref: row.quantity for page in pages for row in page}
    assert shown == {"A": 3, "B": 0}


# -- locations -------------------------------------------------------------------------


def test_locations_come_from_all_pages():
    shop = FakeEbay()

    def listed(request):
        offset = int(dict(request.query)["offset"])
        rows = [
            {
                "merchantLocationKey": f"L{n}",
                "merchantLocationStatus": "DISABLED" if n else "ENABLED",
                "location": {"address": {"country": "de"}},
            }
            for n in range(offset, min(offset + 2, 3))
        ]
        return answer({"locations": rows, "total": 3})

    shop.routes["GET", LOCATIONS] = listed
    found = connector(shop).fetch_locations()
    assert [(row.ref, row.name, row.active) for row in found] == [
        ("L0", "L0", True),
        ("L1", "L1", False),
        ("L2", "L2", False),
    ]
    assert found[0].country_code == "DE"


def test_a_location_that_cannot_be_read_does_not_stop_the_others():
    shop = FakeEbay()
    rows = [7, {"merchantLocationKey": None}, {"merchantLocationKey": "L1"}]
    shop.routes["GET", LOCATIONS] = answer({"locations": rows, "total": 3})
    (found,) = connector(shop).fetch_locations()
    assert found.ref == "L1"


@pytest.mark.parametrize("payload", [{"responses": 7}, {"responses": [7]}, []])
def test_an_answer_about_a_batch_that_is_none_is_an_error_of_its_levels(payload):
    shop = FakeEbay()
    stocked(shop, A=1)
    shop.routes["POST", PUSH] = answer(payload, 207)
    (result,) = connector(shop).push_stock([level("A", 2)])
    assert result.error


# -- over HTTP -------------------------------------------------------------------------


def test_the_simulated_ebay_blocks_a_listing_after_250_revisions_until_tomorrow():
    with Simulator(seed=2, marketplace="ebay") as shop:
        credentials = Credentials(
            shop.url, DEFAULT_KEY, DEFAULT_SECRET, token=DEFAULT_TOKEN
        )
        ebay = EbayConnector(credentials, Transport(Settings(attempts=1)))
        for number in range(REVISIONS_PER_DAY):
            (result,) = ebay.push_stock([level("MUG-RED", 1_000 + number)])
            assert result.error == ""
        (result,) = ebay.push_stock([level("MUG-RED", 1)])
        assert result.error.startswith("revision_limit:")
        (other,) = ebay.push_stock([level("MUG-BLU", 1)])
        assert other.error == ""
        shop.set_clock(24 * 3_600)
        (result,) = ebay.push_stock([level("MUG-RED", 1)])
        assert result.error == ""
