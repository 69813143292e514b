"""Reference data beside the project; tests that need them skip without."""

import csv
import gzip
import json
from datetime import date
from pathlib import Path

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data"
CASES = DATA / "reference_cases.json"


def case(key):
    """Input and expected values of a published result."""
    if not CASES.exists():
        pytest.skip("no reference cases beside the project")
    cases = json.loads(CASES.read_text())["cases"]
    return next(item for item in cases if item["id"] == key)


def rows(name):
    """Rows of a data file, as dictionaries."""
    if not (DATA / name).exists():
        pytest.skip(f"no {name} beside the project")
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def columns(name, *names):
    """Columns of a data file as arrays of numbers."""
    import numpy as np

    data = rows(name)
    return [np.array([float(row[column]) for row in data]) for column in names]


def online_retail(*files):
    """Orders of the Online Retail data: (customer, ordinal of the day, value).

    Cancellations, rows without customer, and what costs nothing are left out. The
    second file repeats the last days of the first.
    """
    orders = {}
    for file in files:
        for row in rows(file):
            quantity, price = float(row["Quantity"]), float(row["UnitPrice"])
            if not row["CustomerID"] or row["InvoiceNo"].startswith("C"):
                continue
            day = row["InvoiceDate"][:10]
            if quantity <= 0 or price <= 0:
                continue
            if file.endswith("2009_2010.csv.gz") and day >= "2010-12-01":
                continue
            order = orders.setdefault(
                row["InvoiceNo"],
                [
                    int(float(row["CustomerID"])),
                    date.fromisoformat(day).toordinal(),
                    0.0,
                ],
            )
            order[2] += quantity * price
    return list(orders.values())
