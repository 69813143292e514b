"""Files, step "rows to orders": good orders in, bad rows listed with the reason."""

import io
import json
import tracemalloc
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from itertools import islice

import pytest
from ecom_orders.marketplaces.file import (
    FileConnector,
    FileUnreadable,
    Mapping,
    OrderFile,
    RowError,
    parse_orders,
)
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import OrderStatus
from openpyxl import Workbook

D = Decimal
COLUMNS = {
    "No": "number",
    "Date": "created_at",
    "Status": "status",
    "Currency": "currency",
    "Total": "total",
    "Shipping": "shipping",
    "Name": "ship_to.name",
    "Country": "ship_to.country",
    "SKU": "line.sku",
    "Qty": "line.quantity",
    "Price": "line.unit_price",
}
MAPPING = Mapping(columns=COLUMNS, statuses={"paid": "open", "gone": "cancelled"})
ROW = {
    "No": "1001",
    "Date": "2026-03-01 10:00:00",
    "Status": "paid",
    "Currency": "EUR",
    "Total": "25.00",
    "Shipping": "5.00",
    "Name": "Ann Lee",
    "Country": "DE",
    "SKU": "MUG",
    "Qty": "2",
    "Price": "10.00",
}


def file_of(*rows, columns=tuple(COLUMNS)):
    """A CSV file; each row says what differs from :data:`ROW`."""
    lines = [",".join(columns)]
    for row in rows:
        cells = {**ROW, **row}
        lines.append(",".join(cells.get(name, "") for name in columns))
    return ("\n".join(lines) + "\n").encode()


def parse(*rows, mapping=MAPPING, **options):
    return parse_orders(file_of(*rows), mapping, **options)


def understood(parsed):
    return [FileConnector.normalise_order(payload) for payload in parsed.orders]


# -- orders ----------------------------------------------------------------------------


def test_an_order_of_one_row():
    parsed = parse({})
    assert parsed.errors == ()
    (order,) = understood(parsed)
    assert (order.external_id, order.number) == ("1001", "1001")
    assert order.status is OrderStatus.OPEN
    assert order.raw_status == "paid"
    assert (order.currency, order.total) == ("EUR", D("25.00"))
    assert order.created_at == datetime(2026, 3, 1, 10, tzinfo=timezone.utc)
    assert (order.shipping.name, order.shipping.country_code) == ("Ann Lee", "DE")
    goods, shipping = order.lines
    assert (goods.sku, goods.quantity, goods.total) == ("MUG", 2, D("20.00"))
    assert shipping.total == D("5.00")


def test_rows_of_one_order_are_grouped_wherever_they_stand():
    parsed = parse({}, {"No": "1002"}, {"SKU": "CUP", "Qty": "1"})
    first, second = understood(parsed)
    assert [line.sku for line in first.lines] == ["MUG", "CUP", ""]
    assert second.number == "1002"


def test_what_is_of_the_order_may_stand_on_its_first_row_only():
    blank = dict.fromkeys(("Status", "Currency", "Total", "Shipping", "Date"), "")
    (order,) = understood(parse({}, {**blank, "SKU": "CUP"}))
    assert order.total == D("25.00")
    assert len(order.lines) == 3


def test_lines_have_ids_that_do_not_depend_on_their_place():
    one = parse({}, {"SKU": "CUP"}, {"SKU": "CUP", "Qty": "1"}).orders[0]["lines"]
    assert [line["id"] for line in one] == ["MUG", "CUP", "CUP#2"]
    two = parse({"SKU": "CUP"}, {}).orders[0]["lines"]
    assert [line["id"] for line in two] == ["CUP", "MUG"]


def test_an_id_of_zero_is_none():
    mapping = replace(MAPPING, columns={**COLUMNS, "Line": "line.id"})
    content = file_of({"Line": "0"}, columns=(*COLUMNS, "Line"))
    assert parse_orders(content, mapping).orders[0]["lines"][0]["id"] == "MUG"


def test_constants_stand_for_columns_and_empty_cells():
    constants = {"currency": "JPY", "ship_to.country": "JP", "line.tax_percent": "10"}
    mapping = replace(MAPPING, constants=constants)
    (order,) = understood(parse({"Currency": "", "Country": ""}, mapping=mapping))
    assert (order.currency, order.shipping.country_code) == ("JPY", "JP")
    assert [rate.percent for rate in order.tax_rates] == [10]
    (order,) = understood(parse({}, mapping=mapping))
    assert (order.currency, order.shipping.country_code) == ("EUR", "DE")


def test_several_columns_of_one_field_are_joined_or_added():
    columns = {**COLUMNS, "City": "ship_to.street", "Name": "ship_to.street"}
    columns |= {"Extra": "shipping"}
    header = (*COLUMNS, "City", "Extra")
    row = {"City": "Berlin", "Extra": "1.50"}
    content = file_of(row, columns=header)
    (payload,) = parse_orders(content, Mapping(columns=columns)).orders
    assert payload["ship_to"]["street"] == "Ann Lee Berlin"
    assert payload["shipping"] == "6.50"


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ({"Status": "paid"}, OrderStatus.OPEN),
        ({"Status": "PAID"}, OrderStatus.OPEN),
        ({"Status": "gone"}, OrderStatus.CANCELLED),
        ({"Status": "on_hold"}, OrderStatus.ON_HOLD),
        ({"Status": "who knows"}, OrderStatus.UNKNOWN),
        ({"Status": ""}, OrderStatus.UNKNOWN),
    ],
)
def test_words_of_statuses(row, status):
    assert understood(parse(row))[0].status is status


def test_a_file_without_statuses_has_orders_to_be_fulfilled():
    columns = {c: f for c, f in COLUMNS.items() if f != "status"}
    (order,) = understood(parse({}, mapping=Mapping(columns=columns)))
    assert order.status is OrderStatus.OPEN


def test_shipped_and_cancelled_columns_overrule_that_it_was_paid():
    columns = {**COLUMNS, "Sent": "fulfilment", "Off": "cancelled_at"}
    mapping = replace(
        MAPPING, columns=columns, statuses={"paid": "open", "yes": "completed"}
    )
    header = (*COLUMNS, "Sent", "Off")

    def status(**cells):
        parsed = parse_orders(file_of(cells, columns=header), mapping)
        return parsed.orders[0]["status"]

    assert status(Sent="yes") == "completed"
    assert status(Sent="no") == "open"
    assert status(Sent="yes", Off="2026-03-02") == "cancelled"


# -- again -----------------------------------------------------------------------------


def test_the_same_file_again_is_the_same():
    assert parse({}, {"No": "2"}) == parse({}, {"No": "2"})


def test_an_order_is_the_same_in_another_file():
    alone = parse({"No": "7"}).orders[0]
    among = parse({}, {"No": "7"}, {"No": "8"}).orders[1]
    assert json.dumps(alone) == json.dumps(among)


def test_a_changed_row_of_a_later_file_is_newer():
    earlier = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
    later = datetime(2026, 3, 2, 9, tzinfo=timezone.utc)
    (before,) = understood(parse({}, file_time=earlier))
    (after,) = understood(parse({"Qty": "3"}, file_time=later))
    assert after.version > before.version


def test_the_order_s_own_time_of_modification_goes_before_that_of_the_file():
    mapping = replace(MAPPING, columns={**COLUMNS, "Changed": "updated_at"})
    content = file_of(
        {"Changed": "2026-03-01 12:00"},
        {"Changed": "2026-03-01 13:00", "SKU": "CUP"},
        columns=(*COLUMNS, "Changed"),
    )
    later = datetime(2026, 3, 2, 9, tzinfo=timezone.utc)
    (order,) = understood(parse_orders(content, mapping, later))
    assert order.updated_at == datetime(2026, 3, 1, 13, tzinfo=timezone.utc)


def test_a_payload_survives_the_inbox():
    (payload,) = parse({}).orders
    again = parse_json(json.dumps(payload))
    assert FileConnector.normalise_order(again) == understood(parse({}))[0]


# -- rows that cannot be read ----------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"No": ""}, "No", "missing"),
        ({"No": "0"}, "No", "missing"),
        ({"No": "1.23457E+17"}, "No", "digits_lost"),
        ({"Date": "yesterday"}, "Date", "not_a_time"),
        ({"Date": ""}, "created_at", "missing"),
        ({"Currency": "Euro"}, "Currency", "not_a_currency"),
        ({"Currency": ""}, "currency", "missing"),
        ({"Country": "Atlantis"}, "Country", "not_a_country"),
        ({"Qty": "two"}, "Qty", "not_a_number"),
        ({"Qty": "-1"}, "Qty", "negative_quantity"),
        ({"Price": "1.0.0"}, "Price", "not_a_number"),
        ({"Price": "", "Total": ""}, "line.total", "missing"),
        ({"SKU": ""}, "line.sku", "missing"),
    ],
)
def test_a_bad_row_is_listed_with_its_reason_and_the_good_ones_are_in(
    cells, column, code
):
    parsed = parse({}, {"No": "1002", **cells}, {"No": "1003"})
    assert [payload["number"] for payload in parsed.orders] == ["1001", "1003"]
    value = "" if code == "missing" else cells[column]
    assert RowError(3, column, code, value) in parsed.errors
    assert {error.line for error in parsed.errors} == {3}


def test_more_cells_than_columns_are_a_shifted_row():
    parsed = parse({}, {"No": "1002", "Name": "Lee, Ann"})
    assert [payload["number"] for payload in parsed.orders] == ["1001"]
    assert "too_many_cells" in {error.code for error in parsed.errors}


def test_an_order_with_a_bad_row_is_not_imported_half():
    parsed = parse({}, {"SKU": "CUP", "Qty": "x"}, {"SKU": "TEA"}, {"No": "1002"})
    assert [payload["number"] for payload in parsed.orders] == ["1002"]
    assert [(e.line, e.code) for e in parsed.errors] == [
        (2, "order_refused"),
        (3, "not_a_number"),
        (4, "order_refused"),
    ]


def test_rows_of_an_order_that_contradict_each_other():
    parsed = parse({}, {"SKU": "CUP", "Total": "99.00"})
    assert parsed.orders == ()
    assert RowError(3, "total", "conflict", "99.00") in parsed.errors


def test_two_rows_without_a_number_are_not_one_order():
    parsed = parse({"No": ""}, {"No": "", "Name": "Bob"})
    assert [(e.line, e.code) for e in parsed.errors] == [(2, "missing"), (3, "missing")]


def test_what_only_the_total_tells_of_a_single_line():
    columns = {c: f for c, f in COLUMNS.items() if f != "line.unit_price"}
    mapping = replace(MAPPING, columns=columns)
    (order,) = understood(parse({}, mapping=mapping))
    assert order.lines[0].total == D("25.00") - D("5.00")
    refused = parse({}, {"SKU": "CUP"}, mapping=mapping)
    assert {error.code for error in refused.errors} == {"missing"}


def test_a_workbook_of_a_shop_that_writes_commas():
    book = Workbook()
    book.active.append(tuple(COLUMNS))
    row = {**ROW, "Price": 10.5, "Qty": 2, "Total": "26,00", "Shipping": "5,00"}
    row["Date"] = datetime(2026, 3, 1, 10)
    book.active.append(tuple(row.values()))
    content = io.BytesIO()
    book.save(content)
    parsed = parse_orders(content.getvalue(), replace(MAPPING, decimal=","))
    assert parsed.errors == ()
    (order,) = understood(parsed)
    assert order.lines[0].total == 2 * D("10.5")
    assert order.total == D("26.00")


def test_a_column_that_is_gone_stops_the_file():
    mapping = replace(MAPPING, columns={**COLUMNS, "Discount": "discount"})
    with pytest.raises(FileUnreadable) as caught:
        parse({}, mapping=mapping)
    assert caught.value.details["reason"] == "missing_column"
    assert caught.value.details["value"] == "Discount"


def test_twenty_thousand_orders():
    rows = [{"No": str(number)} for number in range(1, 20_001)]
    parsed = parse(*rows)
    assert len(parsed.orders) == len(rows)


def test_columns_of_one_field_are_joined_as_they_stand_in_the_file():
    """A database that stores the mapping may give its columns in any other order."""
    content = (
        b"No,Date,Currency,SKU,Price,District,City hall,St\n"
        b"1,2026-03-01,CNY,MUG,10.00,Chaoyang,North,Road 5\n"
    )
    columns = {
        "St": "ship_to.street",
        "City hall": "ship_to.street",
        "District": "ship_to.street",
        **{name: COLUMNS[name] for name in ("No", "Date", "Currency", "SKU", "Price")},
    }
    [order] = understood(parse_orders(content, Mapping(columns=columns)))
    assert order.shipping.street == "Chaoyang North Road 5"


# -- large files -----------------------------------------------------------------------


def test_orders_are_read_one_after_the_other_and_from_where_one_stopped():
    file = OrderFile(file_of({}, {"No": "1002"}, {"SKU": "CUP"}), MAPPING)
    first, second = file.read_orders()
    assert (first.payload["id"], first.row_count) == ("1001", 2)
    assert (second.payload["id"], second.row_count) == ("1002", 1)
    assert list(file.read_orders(start=1)) == [second]
    assert file.row_count == 3


def test_reading_takes_no_memory_for_the_orders_that_were_read():
    numbers = range(4_000)
    file = OrderFile(file_of(*({"No": str(number)} for number in numbers)), MAPPING)
    tracemalloc.start()
    kept = list(islice(file.read_orders(), 500))
    one_chunk = tracemalloc.get_traced_memory()[1]
    del kept
    tracemalloc.reset_peak()
    assert sum(1 for _read in file.read_orders()) == len(numbers)
    whole_file = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert whole_file < one_chunk / 2


def test_a_corrected_row_is_recognised_by_the_number_of_its_order():
    (wrong,) = OrderFile(file_of({"Qty": "two"}), MAPPING).read_orders()
    (right,) = OrderFile(file_of({"Qty": "3"}), MAPPING).read_orders()
    assert [error.key for error in wrong.errors] == ["1001"]
    assert "1001" in right.keys


def test_a_row_without_a_number_is_recognised_by_all_else_that_it_says():
    (wrong,) = OrderFile(file_of({"No": ""}), MAPPING).read_orders()
    (right,) = OrderFile(file_of({"No": "1001"}), MAPPING).read_orders()
    (other,) = OrderFile(file_of({"No": "1001", "Qty": "3"}), MAPPING).read_orders()
    assert wrong.errors[0].key in right.keys
    assert wrong.errors[0].key not in other.keys
