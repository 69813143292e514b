"""eBay, step "understand", with payloads as nobody should send them.

Whatever comes, it is understood or it is a payload error: nothing else may come out,
for one bad order must not stop the next one.
"""

import json
import time

import pytest
from ecom_orders.marketplaces.ebay.client import EbayConnector
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import ExternalOrder, Return
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
