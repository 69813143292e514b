"""Shopify, every step, against what real development shops answered.

The recordings are reference data beside the project, not part of it; without them this
file says so and the other files have to do. They were made with queries of other
people, so most nodes are parts of an order only: those are refused with the field that
is missing, never with anything else.
"""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.pricing import price_order, rounding_limit
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import ExternalOrder, Refund, Return
from ecom_orders.marketplaces.shopify import normaliser
from ecom_orders.marketplaces.shopify.api import error_of

SAMPLES = Path(__file__).parents[4] / "shared" / "specs" / "shopify" / "samples"
FILES = sorted(SAMPLES.glob("*/*.json"))

pytestmark = pytest.mark.skipif(
    not FILES, reason="no recordings of Shopify beside the project"
)

READERS = {
    "Order": normaliser.normalise_order,
    "DraftOrder": normaliser.normalise_order,
    "Refund": lambda node: normaliser.normalise_refund(node, "1"),
    "Return": normaliser.normalise_return,
}
CENT = Decimal("0.01")


def objects(value):
    """Every object of a recording, however deep, query variables included."""
    if isinstance(value, dict):
        yield value
        for element in value.values():
            yield from objects(element)
    elif isinstance(value, list):
        for element in value:
            yield from objects(element)


def nodes():
    """(file, kind, node) of all that has the global id of a kind that we read."""
    for path in FILES:
        for node in objects(parse_json(path.read_text())):
            parts = str(node.get("id")).split("/")
            if parts[:3] == ["gid:", "", "shopify"] and parts[3] in READERS:
                yield path, parts[3], node


MADE_UP = {
    "createdAt": "2026-01-01T00:00:00Z",
    "updatedAt": "2026-01-01T00:00:00Z",
    "displayFinancialStatus": "PAID",
}


def money_of(bag):
    """Side, currency and amount of a recorded amount; recordings often ask for one."""
    for side, name in (("presentmentMoney", "presentment"), ("shopMoney", "shop")):
        if isinstance(bag, dict) and side in bag:
            return name, bag[side]["currencyCode"], Decimal(bag[side]["amount"])
    return None


def filled(node):
    """An order with what every shop tells and a recording did not ask for.

    ``None`` when it lacks what cannot be made up: amounts of the order or of its lines.
    """
    connection = node.get("lineItems")
    lines = connection.get("nodes") if isinstance(connection, dict) else None
    total = money_of(node.get("totalPriceSet") or node.get("currentTotalPriceSet"))
    page = connection.get("pageInfo", {}) if isinstance(connection, dict) else {}
    if not lines or not total or page.get("hasNextPage"):
        return None
    if page.get("hasPreviousPage") or page.get("startCursor") is None and page:
        return None
    if not all("originalUnitPriceSet" in line and "quantity" in line for line in lines):
        return None
    refunded = money_of(node.get("totalRefundedSet")) or (0, 0, 0)
    asked = all("currentQuantity" in line for line in lines) and "totalPriceSet" in node
    if refunded[2] and not asked:
        return None
    side, currency, _amount = total
    numbered = [
        {"id": f"gid://shopify/LineItem/{index}", **line}
        for index, line in enumerate(lines, 1)
    ]
    discount = money_of(node.get("totalDiscountsSet"))
    if discount and discount[2] and "discountAllocations" not in lines[0]:
        allocation = {"allocatedAmountSet": node["totalDiscountsSet"]}
        numbered[0]["discountAllocations"] = [allocation]
    codes = {"currencyCode": currency, "presentmentCurrencyCode": currency}
    return {
        **MADE_UP,
        **node,
        **codes,
        "moneySide": side,
        "lineItems": {"nodes": numbered},
    }


def test_whatever_is_recorded_is_understood_or_refused_with_its_field():
    """Nothing but a payload error comes out of any node."""
    seen, understood, refused = Counter(), Counter(), Counter()
    for path, kind, node in nodes():
        seen[kind] += 1
        try:
            found = READERS[kind](node)
        except PayloadError as error:
            assert error.details["field"], path
            refused[kind] += 1
            continue
        assert isinstance(found, ExternalOrder | Refund | Return)
        understood[kind] += 1
    print(f"\n{len(FILES)} files, nodes {dict(seen)}")
    print(f"understood {dict(understood)}, refused {dict(refused)}")
    assert seen["Order"] > 400
    assert understood["Order"] > 0


def test_whole_orders_add_up():
    """What lines and taxes come to is the total, within what rounding explains."""
    whole, off = 0, []
    for path, kind, node in nodes():
        order = filled(node) if kind == "Order" else None
        if order is None:
            continue
        whole += 1
        read = normaliser.normalise_order(order)
        priced = price_order(read, CENT)
        limit = rounding_limit(len(read.lines), len(read.tax_rates), CENT)
        if abs(priced.difference) > limit:
            off.append((path.name, read.number, str(priced.difference)))
    print(f"\n{whole} whole orders, {whole - len(off)} add up, others: {off}")
    assert whole >= 10
    assert not off


def test_drafts_refunds_and_returns_with_what_was_not_asked_for_filled_in():
    """Parts that recordings have are understood where the rest is made up."""
    understood, refused = Counter(), Counter()
    for _path, kind, node in nodes():
        if kind == "Order":
            continue
        total = node.get("totalPriceSet") or node.get("totalRefundedSet")
        money = money_of(total)
        side, currency, _amount = money or ("presentment", "CAD", 0)
        codes = {"currencyCode": currency, "presentmentCurrencyCode": currency}
        order = {"id": "gid://shopify/Order/1", "updatedAt": MADE_UP["updatedAt"]}
        whole = {**MADE_UP, "order": order, **node, **codes, "moneySide": side}
        if isinstance(whole["order"], dict):
            whole["order"] = {**order, **whole["order"], **codes}
        try:
            READERS[kind](whole)
        except PayloadError as error:
            refused[kind, str(error)[:70]] += 1
        else:
            understood[kind] += 1
    print(f"\nunderstood {dict(understood)}, refused {dict(refused)}")
    assert understood["Return"] >= 30
    assert understood["Refund"] >= 5


def test_recorded_errors_are_typed():
    """Every recorded refusal at the root of an answer has a type and its code."""
    kinds = Counter()
    for path in FILES:
        for node in objects(parse_json(path.read_text())):
            errors = node.get("errors")
            if isinstance(errors, list) and errors and isinstance(errors[0], dict):
                error = error_of(errors)
                kinds[type(error).__name__] += 1
                assert error.details["remote_message"], path
    print(f"\n{dict(kinds)}")
    assert kinds["PermissionRefused"] > 20
    assert kinds["NotFound"] > 10


def test_recorded_costs_have_the_shape_that_is_waited_by():
    """``extensions.cost`` of real answers has what a pause is computed from."""
    costs = 0
    for path in FILES:
        for node in objects(json.loads(path.read_text())):
            cost = node.get("cost")
            if isinstance(cost, dict) and "throttleStatus" in cost:
                costs += 1
                assert set(cost["throttleStatus"]) == {
                    "maximumAvailable",
                    "currentlyAvailable",
                    "restoreRate",
                }, path
                assert cost["requestedQueryCost"] >= 0
    print(f"\n{costs} answers with their cost")
    assert costs > 300
