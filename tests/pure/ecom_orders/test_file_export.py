"""Files, step "tell": parcels for a shop that reads files."""

from datetime import datetime, timezone
from decimal import Decimal

from ecom_orders.marketplaces.file import (
    export_refused,
    export_shipments,
    read_table,
)
from ecom_orders.marketplaces.schema import Shipment, ShipmentLine


def test_parcels_become_rows_that_can_be_read_again():
    shipped = datetime(2026, 3, 1, 10, tzinfo=timezone.utc)
    lines = (ShipmentLine("7", Decimal(1)), ShipmentLine("8", Decimal("2.5")))
    content = export_shipments(
        [
            Shipment(
                "p/1", "1001", "T1", "ups", "UPS", lines=lines, shipped_at=shipped
            ),
            Shipment("p/2", "1002", "T2", "dhl"),
        ]
    )
    assert [row.cells for row in read_table(content).rows] == [
        ("1001", "7", "1", "UPS", "T1", "", "2026-03-01 10:00:00"),
        ("1001", "8", "2.5", "UPS", "T1", "", "2026-03-01 10:00:00"),
        ("1002", "", "", "dhl", "T2", "", ""),
    ]


def test_no_cell_is_a_formula():
    content = export_shipments([Shipment("p/1", "=1+1", "@SUM(A1)", "-x")]).decode()
    assert "\r\n'=1+1,,,'-x,'@SUM(A1),," in content


def test_refused_rows_keep_their_cells_and_tell_the_reason():
    content = (
        b'No,Phone,Note,Price\n="0012",0901,=1+1,-5.00\n2,,good,1.00\n'
        b"123456789012345,,'x,two\n"
    )
    table = read_table(content)
    written = export_refused(table, {2: "Price: negative", 4: "Price: wrong"}, "Why")
    again = read_table(written)
    assert again.header == ("No", "Phone", "Note", "Price", "Why")
    assert [row.cells for row in again.rows] == [
        ("0012", "0901", "'=1+1", "-5.00", "Price: negative"),
        ("123456789012345", "", "x", "two", "Price: wrong"),
    ]
    assert b'=""0012""' in written  # a spreadsheet keeps the zeros


def test_refused_rows_are_written_as_the_saved_mapping_reads_them():
    table = read_table("编号;单价\n1;贵\n".encode("gb18030"), delimiter=";")
    written = export_refused(
        table,
        {2: "不是数字 ☃"},
        "原因",
        encoding="gb18030",
        delimiter=";",
        header_line=3,
    )
    again = read_table(written, encoding="gb18030", delimiter=";", header_line=3)
    assert [row.cells for row in again.rows] == [("1", "贵", "不是数字 ☃")]


def test_a_reason_that_the_encoding_does_not_have_does_not_stop_the_file():
    table = read_table(b"No,Price\n1,x\n")
    written = export_refused(table, {2: "不"}, "R", encoding="cp1252")
    assert written.endswith(b"1,x,?\r\n")
