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
    """``getOrder``: 30 at once, then one every two seconds."""
    bucket, _clock = budget()
    waits = [bucket.reserve("seller", "orders.getOrder") for _time in range(32)]
    assert waits == [0.0] * 30 + [pytest.approx(2.0), pytest.approx(4.0)]


def test_what_is_too_far_away_is_refused_and_asking_does_not_put_it_off():
    bucket, clock = budget()
    for _time in range(BURST):
        assert bucket.reserve("seller", SEARCH) == 0.0
    for _time in range(100):
        with pytest.raises(errors.RateLimited) as caught:
            bucket.reserve("seller", SEARCH)
        assert caught.value.details["retry_after"] == pytest.approx(1 / RATE)
    clock.seconds += 1 / RATE + 1
    assert bucket.reserve("seller", SEARCH) == 0.0


def test_the_bucket_fills_with_time_up_to_the_burst():
    bucket, clock = budget()
    clock.seconds += 10**6
    waits = [bucket.reserve("seller", "orders.getOrder") for _time in range(31)]
    assert waits[29:] == [0.0, pytest.approx(2.0)]


def test_sellers_and_operations_do_not_share():
    bucket, _clock = budget()
    for _time in range(BURST):
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
    assert next_turn(bucket, "seller") == pytest.approx(1 / RATE)


def test_429_empties_the_bucket():
    bucket, _clock = budget()
    bucket.exhaust("seller", SEARCH)
    assert next_turn(bucket, "seller") == pytest.approx(1 / RATE)


def next_turn(bucket, seller):
    """Seconds until a search may be sent, told by the refusal."""
    with pytest.raises(errors.RateLimited) as caught:
        bucket.reserve(seller, SEARCH)
    return caught.value.details["retry_after"]


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
    """40 questions with a burst of 30 take at least ten times two seconds."""
    order_id = seller.place()
    connector = seller.connector()
    for _time in range(40):
        connector.fetch_order(order_id)
    assert all(e.response.status == 200 for e in seller.transport.exchanges)
    assert sum(seller.transport.clock.slept) >= (40 - 30) * 2 - 1


def test_a_spent_search_is_refused_here_and_not_by_amazon(seller):
    connector = seller.connector()
    with pytest.raises(errors.RateLimited):
        for _time in range(BURST + 1):
            connector.fetch_orders(OrderCursor())
    assert [e.response.status for e in seller.transport.exchanges if e.response] == [
        200
    ] * (1 + BURST)


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
    assert next_turn(transport.budget, shop) == pytest.approx(1 / RATE)


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
        "merchantFulfillment": "merchantFulfillmentV0.json",
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
