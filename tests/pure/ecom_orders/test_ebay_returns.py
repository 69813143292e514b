"""eBay, step "returns": goods that buyers send back."""

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces import base
from ecom_orders.marketplaces.base import OrderCursor
from ecom_orders.marketplaces.ebay.returns import LIFETIME, normalise_return
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.schema import ReturnKind, ReturnStatus
from fake_ebay import FakeEbay, answer, connector

SEARCH = "/post-order/v2/return/search"


def case(number=1, state="RETURN_REQUESTED", **fields):
    return {
        "returnId": f"5100{number}",
        "orderId": "12-00001-00001",
        "state": state,
        "status": state,
        "creationInfo": {
            "item": {
                "itemId": "11001",
                "transactionId": "10001",
                "returnQuantity": 2,
            },
            "reason": "DEFECTIVE_ITEM",
            "comments": {"content": "It rattles."},
            "creationDate": {"value": "2026-03-02T08:25:43.000Z"},
        },
        **fields,
    }


def test_a_return_names_order_line_quantity_and_the_buyers_words():
    found = normalise_return(case())
    assert (found.external_id, found.order_id) == ("51001", "12-00001-00001")
    assert found.kind is ReturnKind.CUSTOMER
    (line,) = found.lines
    assert (line.order_line_id, line.quantity) == ("10001", Decimal(2))
    assert (line.reason, line.note) == ("DEFECTIVE_ITEM", "It rattles.")
    assert found.created_at == datetime(2026, 3, 2, 8, 25, 43, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("RETURN_REQUESTED", ReturnStatus.REQUESTED),
        ("WAITING_FOR_RETURN_SHIPPING", ReturnStatus.APPROVED),
        ("ITEM_SHIPPED", ReturnStatus.IN_TRANSIT),
        ("ITEM_DELIVERED", ReturnStatus.RECEIVED),
        ("CLOSED", ReturnStatus.CLOSED),
        ("RETURN_REJECTED", ReturnStatus.REJECTED),
        ("NEW_WORD", ReturnStatus.REQUESTED),  # a person looks at it
    ],
)
def test_where_a_return_stands(state, status):
    found = normalise_return(case(state=state))
    assert (found.status, found.raw_status) == (status, state)


def test_a_later_state_is_a_later_version_though_ebay_dates_none():
    states = ("RETURN_REQUESTED", "ITEM_SHIPPED", "ITEM_DELIVERED", "CLOSED")
    versions = [normalise_return(case(state=state)).version for state in states]
    assert versions == sorted(set(versions))


@pytest.mark.parametrize("key", ["returnId", "orderId", "creationInfo"])
def test_a_return_without_what_makes_it_one_is_a_payload_error(key):
    payload = case()
    del payload[key]
    with pytest.raises(PayloadError):
        normalise_return(payload)


def read(shop, cursor=None, page_size=100):
    cursor, found = cursor or OrderCursor(), []
    for _ in range(50):
        page = connector(shop).fetch_returns(cursor, page_size)
        found += page.envelopes
        cursor = page.cursor
        if not page.more:
            return found, cursor
    raise AssertionError("the run does not end")


def test_all_pages_of_a_window_are_read_with_its_ends_unmoved():
    shop, asked = FakeEbay(), []

    def search(request):
        query = dict(request.query)
        asked.append(query)
        offset, limit = int(query["offset"]), int(query["limit"])
        rows = [case(number) for number in range(offset, min(offset + limit, 5))]
        return answer({"members": rows, "total": 5})

    shop.routes["GET", SEARCH] = search
    found, _cursor = read(shop, page_size=2)
    assert [envelope.external_id for envelope in found] == [
        f"5100{number}" for number in range(5)
    ]
    assert {envelope.kind for envelope in found} == {base.RETURN}
    assert [query["offset"] for query in asked] == ["0", "2", "4"]
    assert len({query["creation_date_range_from"] for query in asked}) == 1
    assert len({query["creation_date_range_to"] for query in asked}) == 1


def test_each_run_reads_again_what_can_still_change():
    """The search knows no "modified since": an old return that moved comes again."""
    shop, asked = FakeEbay(), []

    def search(request):
        asked.append(dict(request.query))
        return answer({"members": [case(state="ITEM_DELIVERED")], "total": 1})

    shop.routes["GET", SEARCH] = search
    since = datetime.now(timezone.utc) - timedelta(days=1)
    found, _cursor = read(shop, OrderCursor(since))
    assert len(found) == 1
    begun = datetime.fromisoformat(asked[0]["creation_date_range_from"])
    assert abs(begun - (since - LIFETIME)) < timedelta(seconds=1)


def test_an_unchanged_return_has_the_envelope_it_had():
    shop = FakeEbay()
    shop.routes["GET", SEARCH] = answer({"members": [case()], "total": 1})
    first, cursor = read(shop)
    second, _cursor = read(shop, cursor)
    assert first == second


def test_a_row_without_an_id_is_kept_and_stops_nothing():
    shop = FakeEbay()
    rows = [7, {"returnId": None}, case()]
    shop.routes["GET", SEARCH] = answer({"members": rows, "total": 3})
    found, _cursor = read(shop)
    assert [envelope.kind for envelope in found] == [
        base.UNREADABLE,
        base.UNREADABLE,
        base.RETURN,
    ]


def test_the_search_goes_by_the_scheme_and_site_of_its_interface():
    shop = FakeEbay()
    shop.routes["GET", SEARCH] = answer({"members": [], "total": 0})
    connector(shop, marketplaces=("EBAY_DE",)).fetch_returns(OrderCursor())
    (request,) = shop.asked(SEARCH)
    assert request.headers["Authorization"] == "IAF access-1"
    assert request.headers["X-EBAY-C-MARKETPLACE-ID"] == "EBAY_DE"
    assert json.dumps(request.query)
