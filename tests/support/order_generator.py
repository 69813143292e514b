"""Orders as marketplaces work them out: many rounding habits, every kind of tax.

The generator plays the marketplace. It computes an order's amounts exactly, rounds them
by one of six habits that are found in the field, and states totals that follow from its
own rounding. What it states is right; the addon has to book it, to the cent.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from importlib import import_module
from typing import Any

# Inside Odoo the addon is a part of the namespace odoo.addons, and its classes must be
# the very ones that it uses.
_schema = import_module(
    "odoo.addons.ecom_orders.marketplaces.schema"
    if "odoo" in sys.modules
    else "ecom_orders.marketplaces.schema"
)
ZERO, LineKind, OrderStatus = _schema.ZERO, _schema.LineKind, _schema.OrderStatus
ExternalLine, ExternalOrder = _schema.ExternalLine, _schema.ExternalOrder
TaxRate = _schema.TaxRate

MOMENT = datetime(2026, 1, 1, tzinfo=timezone.utc)
CURRENCIES = {"JPY": 0, "USD": 2, "EUR": 2, "CNY": 2, "BHD": 3}
#: where a marketplace rounds tax, and how; amounts are rounded to the nearest by all
SCHEMES = {
    "line, half up": ("line", ROUND_HALF_UP),
    "line, half even": ("line", ROUND_HALF_EVEN),
    "line, down": ("line", ROUND_DOWN),
    "unit, half up": ("unit", ROUND_HALF_UP),
    "order, half up": ("order", ROUND_HALF_UP),
    "order, up": ("order", ROUND_UP),
}
RATES = tuple(map(Decimal, ("5", "7.25", "8.875", "10", "13", "19", "20", "21")))


@dataclass(frozen=True)
class Generated:
    """An order, and how it came about."""

    order: Any  # an ExternalOrder
    scheme: str
    included: bool
    discounted_after_tax: bool


def generate(rng: random.Random, number: int = 1) -> Generated:
    """One random order of one random marketplace."""
    currency = rng.choice(tuple(CURRENCIES))
    unit = Decimal(1).scaleb(-CURRENCIES[currency])
    scheme = rng.choice(tuple(SCHEMES))
    where, how = SCHEMES[scheme]
    included = rng.random() < 0.5
    after_tax = rng.random() < 0.3
    rates = _rates(rng, included)
    lines = []
    for position in range(rng.randint(1, 6)):
        lines.append(_line(rng, position, rates, unit, where, how, included))
    if after_tax:
        lines.append(_voucher(rng, lines, unit))
    taxes = {
        rate.key: sum((line.taxes.get(rate.key, ZERO) for line in lines), ZERO)
        for rate in rates
    }
    stated = {key: amount.quantize(unit, how) for key, amount in taxes.items()}
    net = sum((line.total.quantize(unit, ROUND_HALF_UP) for line in lines), ZERO)
    if included and where != "order":
        # Such shops add up what the buyer saw: prices with tax in them.
        gross = sum((line.total + line.total_tax for line in lines), ZERO)
        total = gross.quantize(unit, ROUND_HALF_UP)
    else:
        total = net + sum(stated.values(), ZERO)
    order = ExternalOrder(
        external_id=str(number),
        number=str(number),
        status=OrderStatus.OPEN,
        raw_status="paid",
        currency=currency,
        created_at=MOMENT,
        updated_at=MOMENT,
        total=total,
        total_tax=sum(stated.values(), ZERO),
        prices_include_tax=included,
        paid_at=MOMENT,
        lines=tuple(lines),
        tax_rates=tuple(
            TaxRate(
                key=rate.key,
                label=rate.label,
                percent=rate.percent,
                country_code=rate.country_code,
                included=rate.included,
                total=stated[rate.key] if rng.random() < 0.7 else None,
                collected_by_channel=rate.collected_by_channel,
            )
            for rate in rates
        ),
    )
    return Generated(order, scheme, included, after_tax)


def _rates(rng, included):
    chosen = rng.sample(RATES, rng.choice((0, 1, 1, 1, 2)))
    return [
        TaxRate(
            key=f"r{position}",
            label=f"Tax {percent}",
            percent=percent,
            country_code="US",
            included=included,
            collected_by_channel=rng.random() < 0.15,
        )
        for position, percent in enumerate(chosen)
    ]


def _line(rng, position, rates, unit, where, how, included):
    quantity = Decimal(rng.choice((1, 1, 2, 3, 7)))
    price = Decimal(rng.randrange(1, 30000)) * unit
    discount = Decimal(rng.choice((0, 0, 0, 5, 10, 33, 100))) / 100
    gross = quantity * price * (1 - discount)
    percent = sum((rate.percent for rate in rates), ZERO)
    net = gross / (1 + percent / 100) if included else gross
    if where != "order":
        net = net.quantize(unit, ROUND_HALF_UP)
    taxes = {
        rate.key: _tax(net, quantity, rate.percent / 100, unit, where, how)
        for rate in rates
    }
    return ExternalLine(
        external_id=f"l{position}",
        kind=LineKind.SHIPPING if position == 5 else LineKind.PRODUCT,
        name=f"Thing {position}",
        quantity=quantity,
        subtotal=net,
        total=net,
        total_tax=sum(taxes.values(), ZERO),
        taxes=taxes,
        sku="MUG" if position % 2 else "TEE",
    )


def _tax(net, quantity, rate, unit, where, how):
    if where == "unit":
        return (net / quantity * rate).quantize(unit, how) * quantity
    tax = net * rate
    return tax.quantize(unit, how) if where == "line" else round(tax, 8)


def _voucher(rng, lines, unit):
    """A discount on what the buyer pays, after all taxes."""
    worth = sum((line.total + line.total_tax for line in lines), ZERO)
    share = Decimal(rng.randrange(1, 60)) / 100
    amount = -(worth * share).quantize(unit, ROUND_HALF_UP)
    return ExternalLine(
        "voucher", LineKind.DISCOUNT, "Voucher", Decimal(1), amount, amount
    )
