"""Amazon, how often: one token bucket for each operation, at the published rate."""

import re
from datetime import datetime, timezone

import pytest
from amazon_seller import MODELS, RecordingTransport, ScriptedTransport, Seller
from amazon_seller import credentials_for as known
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.amazon import AmazonConnector
from ecom_orders.marketplaces.amazon.limits import RATES, SellerBudget, install_budget
from ecom_orders.marketplaces.base import OrderCursor
from ecom_orders.marketplaces.transport import Headers, TokenBuckets
from scripted_server import FakeClock
from swagger import SwaggerModel

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
SEARCH = "orders.searchOrders"
RATE, BURST = RATES[SEARCH]


@pytest.fixture
def seller():
    with Seller() as running:
        yield running


def budget():
    clock = FakeClock()
    return SellerBudget(clock), clock


def test_a_burst_is_free_then_one_waits_for_the_next_token():
    bucket, _clock = budget()
    waits = [bucket.reserve("seller", SEARCH) for _time in range(BURST + 2)]
    assert waits[:BURST] == [0.0] * BURST
    assert waits[BURST:] == [pytest.approx(1 / RATE), pytest.approx(2 / RATE)]


def test_the_bucket_fills_with_time_up_to_the_burst():
    bucket, clock = budget()
    for _time in range(BURST):
        bucket.reserve("seller", SEARCH)
    clock.seconds += 1 / RATE + 1
    assert bucket.reserve("seller", SEARCH) == 0.0
    assert bucket.reserve("seller", SEARCH) > 0
    clock.seconds += 10**6
    waits = [bucket.reserve("seller", SEARCH) for _time in range(BURST + 1)]
    assert waits[BURST - 1] == 0.0
    assert waits[BURST] > 0


def test_sellers_and_operations_do_not_share():
    bucket, _clock = budget()
    for _time in range(BURST + 1):
        bucket.reserve("one", SEARCH)
    assert bucket.reserve("other", SEARCH) == 0.0
    assert bucket.reserve("one", "orders.getOrder") == 0.0
    assert bucket.reserve("one", "token") == 0.0


def test_the_rate_that_an_answer_tells_replaces_the_published_one():
    bucket, _clock = budget()
    bucket.learn("seller", SEARCH, Headers({"x-amzn-ratelimit-limit": "0.5"}))
    for _time in range(BURST):
        assert bucket.reserve("seller", SEARCH) == 0.0
    assert bucket.reserve("seller", SEARCH) == pytest.approx(1 / 0.5)
    assert bucket.reserve("other", SEARCH) == 0.0


@pytest.mark.parametrize("text", ["", "none", "0", "-1", "nan", "inf", "1e9"])
def test_a_rate_that_is_none_changes_nothing(text):
    bucket, _clock = budget()
    bucket.learn("seller", SEARCH, Headers({"x-amzn-RateLimit-Limit": text}))
    for _time in range(BURST):
        bucket.reserve("seller", SEARCH)
    assert bucket.reserve("seller", SEARCH) == pytest.approx(1 / RATE)


def test_429_empties_the_bucket():
    bucket, _clock = budget()
    bucket.exhaust("seller", SEARCH)
    assert bucket.reserve("seller", SEARCH) == pytest.approx(1 / RATE)


def test_all_connectors_of_a_process_share_one_budget():
    one, other = RecordingTransport(), RecordingTransport()
    assert install_budget(one) is install_budget(other)
    assert one.budget is other.budget
    assert one.budget.reserve("a seller of this test", "token") == 0.0


def test_a_budget_that_is_there_stays():
    own = TokenBuckets({"": (1.0, 1)})
    transport = RecordingTransport(budget=own)
    assert install_budget(transport) is None
    assert transport.budget is own


def test_whoever_keeps_to_the_rates_is_never_refused(seller):
    """25 searches with a burst of 20 take at least five times 1/0.0056 seconds."""
    connector = seller.connector()
    for _time in range(BURST + 5):
        connector.fetch_orders(OrderCursor())
    assert all(e.response.status == 200 for e in seller.transport.exchanges)
    assert sum(seller.transport.clock.slept) >= 5 / RATE - 30


def test_whoever_does_not_gets_429_as_a_typed_error(seller):
    connector = seller.connector(attempts=1)
    seller.transport.budget = None
    with pytest.raises(errors.RateLimited):
        for _time in range(BURST + 1):
            connector.fetch_orders(OrderCursor())
    assert len(seller.transport.exchanges) == 1 + BURST + 1  # the token, and one more


def test_after_429_the_next_one_waits():
    transport = ScriptedTransport({}, now=NOW)
    connector = AmazonConnector(known("https://amazon.example"), transport)
    send = transport.send

    def refuse(request):
        if request.operation == SEARCH:
            raise errors.RateLimited("429", status=429, retry_after=None)
        return send(request)

    transport.send = refuse
    with pytest.raises(errors.RateLimited):
        connector.fetch_orders(OrderCursor())
    shop = f"https://amazon.example/{connector.credentials.account}"
    assert transport.budget.reserve(shop, SEARCH) == pytest.approx(1 / RATE)


@pytest.mark.skipif(
    not MODELS.is_dir(), reason="no models of Amazon beside the project"
)
def test_the_rates_are_those_of_the_models():
    """ "Usage Plan" in the description of each operation."""
    files = {
        "orders": "orders_2026-01-01.json",
        "ordersV0": "ordersV0.json",
        "sellers": "sellers.json",
        "listings": "listingsItems_2021-08-01.json",
        "reports": "reports_2021-06-30.json",
        "feeds": "feeds_2021-06-30.json",
        "finances": "finances_2024-06-19.json",
    }
    checked = 0
    for name, rate in RATES.items():
        model, _, operation = name.partition(".")
        document = SwaggerModel(MODELS / files[model]).document
        (text,) = (
            row["description"]
            for path in document["paths"].values()
            for row in path.values()
            if isinstance(row, dict) and row.get("operationId") == operation
        )
        plan = re.search(r"\|\s*([\d.]+)\s*\|\s*(\d+)\s*\|", text)
        assert rate == (float(plan[1]), int(plan[2])), name
        checked += 1
    assert checked == len(RATES)
