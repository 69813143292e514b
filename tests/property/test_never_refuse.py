"""Never refuse, never hide a cent: 100,000 orders of shops that round as they do.

Whatever its habit, the parts add up to the marketplace's total by construction; what
they lack is a typed difference, and it is no more than rounding can explain.
"""

import random
from collections import Counter
from decimal import Decimal

import pytest
from ecom_orders.marketplaces.pricing import price_order, rounding_limit
from ecom_orders.marketplaces.schema import ZERO, LineKind
from order_generator import CURRENCIES, SCHEMES, generate

ORDERS = 100_000
SLICES = 10


@pytest.mark.parametrize("part", range(SLICES))
def test_every_right_order_is_explained(part):
    rng = random.Random(f"never refuse {part}")
    seen = Counter()
    for number in range(ORDERS // SLICES):
        generated = generate(rng, number)
        order = generated.order
        unit = Decimal(1).scaleb(-CURRENCIES[order.currency])
        priced = price_order(order, unit)
        parts = sum((line.included for line in priced.lines), ZERO)
        assert parts + priced.difference == order.total, generated
        limit = rounding_limit(len(order.lines), len(order.tax_rates), unit)
        assert abs(priced.difference) <= limit, generated
        expected = LineKind.ROUNDING if priced.difference else None
        assert priced.difference_kind is expected, generated
        for line in priced.lines:
            assert line.untaxed % unit == 0
            assert all(amount % unit == 0 for amount in line.taxes.values())
        remitted = {r.key for r in order.tax_rates if r.collected_by_channel}
        for line in priced.lines:  # tax of the marketplace never mixes with ours
            assert set(line.taxes) == set(line.line.taxes)
        seen[generated.scheme] += 1
        seen["included"] += generated.included
        seen["after tax"] += generated.discounted_after_tax
        seen["remitted"] += bool(remitted)
    assert set(SCHEMES) < set(seen)
    assert all(seen[name] > ORDERS / SLICES / 20 for name in seen)
