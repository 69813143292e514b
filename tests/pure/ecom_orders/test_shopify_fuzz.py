"""Damaged Shopify payloads: whatever is in them, only a payload error comes out."""

import random
from decimal import Decimal

import pytest
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.pricing import price_order
from ecom_orders.marketplaces.schema import ExternalOrder
from ecom_orders.marketplaces.shopify.normaliser import (
    normalise_order,
    normalise_refund,
    normalise_return,
)
from shopify_payloads import bag, line, order, refund, shipping, tax, transaction, work
from test_shopify_normaliser import a_return

COUNT = 20_000
ODD = (
    None,
    True,
    False,
    "",
    " ",
    "null",
    0,
    -1,
    1.5,
    2**53 + 1,
    10**40,
    Decimal("1E+400"),
    Decimal("-0.000000000000000001"),
    float("nan"),
    float("inf"),
    "NaN",
    "1e999",
    "-5",
    "１２",
    [],
    {},
    [None],
    [[]],
    [{}],
    {"nodes": None},
    {"nodes": [None]},
    {"shopMoney": []},
    "gid://shopify/Order/0",
    "gid://shopify/Product/../../etc",
    "2026-13-45T99:99:99Z",
    "9999-12-31T23:59:59-23:59",
    "2026-03-02 10:00",
    "USDC",
    "\x00\ud800",
    "🎁" * 3000,
    "<script>'; DROP TABLE x;--",
    "ليلى",
    object(),
    b"bytes",
)


def whole_order():
    """An order with something of everything in it."""
    duty = {"id": "gid://shopify/Duty/4", "price": bag(7), "taxLines": [tax("0.65")]}
    fee = {"id": "gid://shopify/AdditionalFee/6", "name": "F", "price": bag(2)}
    rows = [
        line(1, 10, 3, taxes=[tax(3)], discount=2, code="SAVE", duties=[duty]),
        line(2, 50, isGiftCard=True, currentQuantity=0),
    ]
    return order(
        rows,
        100,
        ships=[shipping(8, taxes=[tax("0.40")])],
        additionalFees=[fee],
        totalTaxSet=bag("3.40"),
        totalTipReceivedSet=bag(3),
        taxLines=[tax("3.40")],
        transactions=[transaction(1, 60, gateway="gift_card"), transaction(2, 40)],
        refunds=[refund(4, 11, [(1, 1, 10, 1)])],
        fulfillmentOrders={"nodes": [work(1, [(1, 3, 1)])]},
        customer={"id": "gid://shopify/Customer/8", "firstName": "A", "lastName": "B"},
        risk={"recommendation": "NONE", "assessments": [{"riskLevel": "LOW"}]},
        customerJourneySummary={"lastVisit": {"utmParameters": {"source": "x"}}},
        draftOrder={"id": "gid://shopify/DraftOrder/3"},
        tags=["a"],
        discountCodes=["SAVE"],
    )


def places(value, path=()):
    """The path of everything in a payload."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, element in items:
        yield (*path, key)
        if isinstance(element, dict | list):
            yield from places(element, (*path, key))


def damaged(value, path, change):
    """A copy in which one place is changed; only what leads to it is copied."""
    copy = dict(value) if isinstance(value, dict) else list(value)
    key, rest = path[0], path[1:]
    if rest:
        copy[key] = damaged(copy[key], rest, change)
    else:
        change(copy, key)
    return copy


def mutations(payload, count, seed):
    """Yield copies of a payload with one to three places damaged."""
    rng = random.Random(seed)
    where = list(places(payload))
    values = [value_at(payload, path) for path in where]

    def change(holder, key):
        way = rng.random()
        if way < 0.15:
            del holder[key]
        elif way < 0.25:
            holder[key] = rng.choice(values)  # something from elsewhere
        elif way < 0.30 and isinstance(holder[key], list):
            holder[key] = holder[key] * 2
        else:
            holder[key] = rng.choice(ODD)

    for _number in range(count):
        copy = payload
        for _time in range(rng.choice((1, 1, 2, 3))):
            path = rng.choice(where)
            try:
                copy = damaged(copy, path, change)
            except (KeyError, IndexError, TypeError, ValueError, AttributeError):
                continue  # an earlier damage took the place away
        yield copy


def value_at(payload, path):
    """What stands at a place."""
    for key in path:
        payload = payload[key]
    return payload


def outcomes(payload, read, count, seed):
    """How many damaged payloads were understood; anything but a payload error fails."""
    understood = 0
    for copy in mutations(payload, count, seed):
        try:
            found = read(copy)
        except PayloadError:
            continue
        understood += 1
        if isinstance(found, ExternalOrder):
            price_order(found, Decimal("0.01"))
    return understood


@pytest.mark.parametrize("side", ["shop", "presentment"])
def test_damaged_orders(side):
    payload = {**whole_order(), "moneySide": side}
    understood = outcomes(payload, normalise_order, COUNT // 2, seed=side)
    print(f"\n{COUNT // 2} damaged orders, {understood} understood all the same")
    assert 0 < understood < COUNT // 2


def test_damaged_refunds_and_returns():
    payload = refund(4, 11, [(1, 1, 10, 1)])
    assert outcomes(payload, lambda p: normalise_refund(p, "5"), 3_000, seed=1)
    assert outcomes(a_return(tracking="T1"), normalise_return, 3_000, seed=2)
