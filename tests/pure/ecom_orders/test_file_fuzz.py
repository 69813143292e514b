"""Files, whatever comes: rows, reasons or :class:`FileUnreadable`, and nothing else."""

import io
from collections import Counter
from random import Random

from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.file import (
    Mapping,
    Parsed,
    parse_orders,
    read_table,
    suggest_mapping,
)
from ecom_orders.marketplaces.file.normaliser import normalise_order
from openpyxl import Workbook
from payload_fuzz import outcomes_of

COLUMNS = {
    "订单编号": "number",
    "订单创建时间": "created_at",
    "状态": "status",
    "总金额": "total",
    "收货人": "ship_to.name",
    "国家": "ship_to.country",
    "商家编码": "line.sku",
    "数量": "line.quantity",
    "单价": "line.unit_price",
    "税率": "line.tax_percent",
}
MAPPING = Mapping(columns=COLUMNS, constants={"currency": "CNY"}, timezone="+08:00")
ROWS = [
    tuple(COLUMNS),
    ("1001", "2026-03-01 10:00:00", "待发货", "20.00", "张伟", "中国", "A", "2",
     "10.00", "13"),
    ("1002", "2026/3/2", "交易成功", "1,205.50", '李 "娜"\n二楼', "CN", "B", "1",
     "1205.50", "13"),
    ("1002", "", "", "", "", "", "C", "1", "0", ""),
]  # fmt: skip
SPLICES = (
    b'"', b"\n", b"\r", b"\t", b",", b";", b"\0", b"\xff", b"\xfe\xff", b"\x81\x30",
    b"=", b"'", b"1E+17", b"-", b"(", b"%", "🙏".encode(), "٣".encode(), b"9" * 60,
    b"<html>", b"NaN", b"\x1a", b"," * 600, "\u202e".encode(), b"0000-00-00",
)  # fmt: skip


def csv_file(encoding):
    lines = []
    for row in ROWS:
        cells = ['"' + cell.replace('"', '""') + '"' for cell in row]
        lines.append(",".join(cells))
    return "\r\n".join(lines).encode(encoding)


def workbook():
    book = Workbook()
    for row in ROWS:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def damaged(content, count, seed):
    """Copies of a file with bytes changed, cut out, doubled or put in."""
    rng = Random(seed)
    for _ in range(count):
        copy = bytearray(content)
        for _ in range(rng.choice((1, 1, 2, 4))):
            start = rng.randrange(len(copy) + 1)
            end = min(len(copy), start + rng.choice((0, 1, 1, 2, 8, 60)))
            copy[start:end] = rng.choice(
                (rng.choice(SPLICES), rng.randbytes(rng.randrange(4)), b"",
                 copy[start:end] * 2)
            )  # fmt: skip
            if not copy:
                break
        yield bytes(copy)


def outcomes(content, count, seed):
    """What becomes of damaged files; orders that are read are understood as well."""
    found = Counter()
    for number, broken in enumerate(damaged(content, count, seed)):
        try:
            parsed = parse_orders(broken, MAPPING)
        except PayloadError as error:
            found[error.details["reason"]] += 1
            continue
        except Exception as error:
            raise AssertionError(
                f"{number} of {seed}: {error!r}: {broken!r}"
            ) from error
        assert isinstance(parsed, Parsed)
        found["parsed"] += 1
        found["rows refused"] += bool(parsed.errors)
        for payload in parsed.orders:
            understand(payload)
    return found


def understand(payload):
    try:
        normalise_order(payload)
    except PayloadError:
        return


def test_damaged_text_files():
    found = Counter()
    for seed, encoding in enumerate(("utf-8", "gb18030")):
        found += outcomes(csv_file(encoding), 4_000, seed)
    assert found["parsed"] > 1_000
    assert found["rows refused"] > 500
    assert sum(found.values()) - found["parsed"] - found["rows refused"] > 250


def test_damaged_workbooks():
    found = outcomes(workbook(), 500, seed=3)
    assert found["damaged"] > 50


def test_guessing_from_damaged_files():
    for broken in damaged(csv_file("utf-8"), 1_500, seed=4):
        try:
            table = read_table(broken)
        except PayloadError:
            continue
        guessed = suggest_mapping(table.header, [row.cells for row in table.rows])
        assert all(0 < sure <= 1 for sure in guessed.confidence.values())


def test_damaged_payloads():
    (payload, _other) = parse_orders(csv_file("utf-8"), MAPPING).orders
    full = {
        **payload,
        "shipping": "5.00",
        "discount": "1.00",
        "refunded": "2.00",
        "paid_at": payload["created_at"],
        "bill_to": payload["ship_to"],
        "buyer": {"id": "7", "email": "a@example.com"},
    }
    found = outcomes_of(normalise_order, full, 20_000, seed=5)
    assert found["understood"] > 1_000
    assert found["refused"] > 1_000


def test_damaged_mappings():
    saved = MAPPING.as_json()
    content = csv_file("utf-8")

    def read(data):
        return parse_orders(content, Mapping.of_json(data))

    found = outcomes_of(read, saved, 3_000, seed=6)
    assert found["refused"] > 500
