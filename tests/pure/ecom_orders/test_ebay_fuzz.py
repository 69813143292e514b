"""eBay, step "understand", with payloads as nobody should send them.

Whatever comes, it is understood or it is a payload error: nothing else may come out,
for one bad order must not stop the next one.
"""

import json
import time
from datetime import datetime, timedelta, timezone

import pytest
from ecom_orders.marketplaces.base import OrderCursor
from ecom_orders.marketplaces.ebay.client import EbayConnector
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import ExternalOrder, Return
from fake_ebay import ORDERS, FakeEbay, answer, connector
from payload_fuzz import mutations

from simulator import Simulator
from simulator.ebay.pending import Pending
from simulator.ebay.render import Renderer, return_summary

KINDS = (
    "ebay_us_collected_tax",
    "ebay_us_promotion",
    "ebay_gb_vat_included",
    "ebay_global_shipping",
    "ebay_cash_on_pickup",
)
COUNT = 4_000  # of each kind
DAY = timedelta(days=1)
SECONDS = 20  # of the processor, which others may share


@pytest.fixture(scope="module")
def rendered():
    """An order of each kind, the first refunded, with a return and a parcel."""
    shop = Simulator(seed=5, marketplace="ebay")
    try:
        orders = [shop.world.place_scenario(kind) for kind in KINDS]
        first = orders[0]
        shop.world.ship(first.id, tracking="T1")
        shop.refund_order(first.id, lines={str(first.lines[0].id): 1})
        shop.refund_order(first.id, amount="0.50")
        case = shop.world.open_return(first.id, ((first.lines[0].id, 1),), "damaged")
        shop.world.request_cancel(orders[1].id)
        render = Renderer(shop.world, Pending(), "http://ebay.example", True, True)
        payloads = [render.order(shop.world.order(order.id)) for order in orders]
        return payloads, return_summary(shop.world, case)
    finally:
        shop.stop()


def parsed(payload):
    return parse_json(json.dumps(payload))


def outcome(understand, payload, kind):
    """Whether it was understood; anything but a payload error is a failure."""
    try:
        assert isinstance(understand(payload), kind)
    except PayloadError as error:
        assert error.details["field"] is not None
        return False
    return True


def test_mutated_orders_are_understood_or_a_payload_error(rendered):
    payloads, _case = rendered
    began = time.process_time()
    understood = refused = 0
    for seed, payload in enumerate(payloads):
        for mutation in mutations(parsed(payload), COUNT, seed):
            if outcome(EbayConnector.normalise_order, mutation, ExternalOrder):
                understood += 1
            else:
                refused += 1
    assert understood + refused == COUNT * len(KINDS) >= 20_000
    assert understood > 5_000 and refused > 5_000  # both are met, so it can fail
    assert time.process_time() - began < SECONDS


def test_mutated_returns_are_understood_or_a_payload_error(rendered):
    _payloads, case = rendered
    outcomes = [
        outcome(EbayConnector.normalise_return, mutation, Return)
        for mutation in mutations(parsed(case), COUNT, seed=9)
    ]
    assert 500 < sum(outcomes) < COUNT - 500


def test_mutated_rows_of_the_list_stop_neither_the_feed_nor_the_count():
    shop = FakeEbay()
    good = shop.payload(shop.rows[shop.create(1)])
    last = {**good, "orderId": "99-99999-99999"}
    now = datetime.now(timezone.utc)
    for seed in range(60):
        # Numbers as a parser gives them; what cannot be JSON is not sent.
        rows = [sendable(row) for row in mutations(good, 30, seed)]
        listed = {"total": len(rows) + 1, "orders": [*rows, last]}
        shop.routes["GET", ORDERS] = answer(listed)
        shop.routes["GET", f"{ORDERS}/{good['orderId']}"] = answer(good)
        ebay = connector(shop, marketplaces=("EBAY_US",))
        page = ebay.fetch_orders(OrderCursor(), 200)
        assert page.envelopes[-1].external_id == last["orderId"]
        assert not page.more
        found = [row for rows in ebay.list_orders(now - DAY, now) for row in rows]
        assert found[-1].external_id == last["orderId"]


def sendable(value):
    """The same with what JSON cannot carry left out."""
    try:
        text = json.dumps(value, default=str, allow_nan=False)
        text.encode("utf-8")
    except (ValueError, TypeError):
        return None
    return json.loads(text)
