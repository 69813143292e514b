"""The data that forecasts and policies are judged on; beside the project, never in it.

``../shared/data`` holds them with their provenance. Nothing here is shipped.
"""

import csv
import gzip
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
#: weeks of Online Retail, and the Monday of the first one
WEEKS, MONDAY = 104, date(2009, 12, 7)
#: the origins on which anything may be chosen, and those it is judged on
CHOOSE, JUDGE = tuple(range(60, 77, 4)), tuple(range(80, 101, 4))
HORIZON = 4
#: both files hold the days from this one on; each day is read from one of them
CHANGE = "2010-12-01"
FILES = (
    ("uci_online_retail_II_2009_2010.csv.gz", "2009-12-01", CHANGE),
    ("uci_online_retail_2010_2011.csv.gz", CHANGE, "2011-12-31"),
)
PRODUCT = re.compile(r"\d{5}[A-Z]{0,2}")
#: the two lines of more pieces are mistakes, cancelled the same day
LARGEST = 20_000


@dataclass(frozen=True)
class Retail:
    """Weekly demand of the products that are judged.

    :param demand: ``(n, 104)`` units; :param price: ``(n,)`` median over all of it.
    """

    demand: np.ndarray
    price: np.ndarray


def available() -> bool:
    """Whether the data are there."""
    return all((DATA / name).is_file() for name, *_ in FILES)


def online_retail() -> Retail:
    """Online Retail I and II as ``shared/inventory.md`` section 5 defines it.

    Cancellations, other codes than products, and lines without a price are left out;
    kept are products with ten selling weeks in the first 60 and a sale in the last 13
    of them.
    """
    units: dict[str, np.ndarray] = {}
    prices: dict[str, list[float]] = {}
    weeks: dict[str, int] = {}
    for name, begin, end in FILES:
        with gzip.open(DATA / name, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                day, sku = row["InvoiceDate"][:10], row["StockCode"].strip().upper()
                quantity, price = float(row["Quantity"]), float(row["UnitPrice"])
                if not begin <= day < end or not PRODUCT.fullmatch(sku):
                    continue
                if row["InvoiceNo"].upper().startswith("C"):
                    continue
                if not 0 < quantity <= LARGEST or price <= 0:
                    continue
                if day not in weeks:
                    weeks[day] = (date.fromisoformat(day) - MONDAY).days // 7
                if 0 <= weeks[day] < WEEKS:
                    row_of = units.setdefault(sku, np.zeros(WEEKS))
                    row_of[weeks[day]] += quantity
                    prices.setdefault(sku, []).append(price)
    skus = sorted(units)
    demand = np.array([units[sku] for sku in skus])
    price = np.array([np.median(prices[sku]) for sku in skus])
    kept = ((demand[:, :60] > 0).sum(axis=1) >= 10) & (demand[:, 47:60] > 0).any(axis=1)
    return Retail(demand[kept], price[kept])


@dataclass(frozen=True)
class Manufacturer:
    """The MAN set: 150 weeks with the terms of every item, each ``(n,)``.

    :param holding: of a unit and year; :param lead_time: weeks.
    """

    demand: np.ndarray
    cost: np.ndarray
    order_cost: np.ndarray
    holding: np.ndarray
    lead_time: np.ndarray
    smallest: np.ndarray
    pack: np.ndarray


def manufacturer() -> Manufacturer:
    """The 3,451 items of the MAN set."""
    path = DATA / "man_3451_weekly_150w_costs_moq.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    names, values = (
        rows[0],
        np.array([[float(v or 0) for v in row] for row in rows[1:]]),
    )
    column = {name: values[:, index] for index, name in enumerate(names)}
    return Manufacturer(
        demand=values[:, names.index("w001") :],
        cost=column["cost_price"],
        order_cost=column["fixed_cost_per_order"],
        holding=column["inventory_cost_per_unit_year"],
        lead_time=column["lead_time_weeks"].astype(int),
        smallest=column["moq"],
        pack=column["sub_packaging"],
    )
