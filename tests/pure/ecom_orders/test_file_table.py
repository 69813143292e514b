"""Files, step "text to rows": delimiters, quotes, headers, workbooks, limits."""

import io
import zipfile
from datetime import datetime

import pytest
from ecom_orders.marketplaces.file import FileUnreadable, read_table
from ecom_orders.marketplaces.file.table import MAX_BYTES
from openpyxl import Workbook

HEADER = ("Order number", "Name", "SKU", "Quantity")


def cells(table):
    return [row.cells for row in table.rows]


def refused(content, **options):
    with pytest.raises(FileUnreadable) as caught:
        read_table(content, **options)
    return caught.value.details["reason"]


# -- CSV -------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(mark, end):
    rows = [HEADER, ("1", "Ann", "MUG", "2"), ("2", "Bob", "CUP", "1")]
    text = end.join(mark.join(row) for row in rows) + end
    table = read_table(text.encode())
    assert table.header == HEADER
    assert table.delimiter == mark
    assert cells(table) == rows[1:]


def test_commas_within_amounts_do_not_pass_for_delimiters():
    text = "Number;Price;Tax\n1;12,50;2,00\n2;1,00;0,16\n3;7,25;1,16\n"
    assert read_table(text.encode()).delimiter == ";"


def test_a_quoted_cell_may_have_everything_in_it_and_lines_are_counted_on():
    text = 'Number,Note\n1,"ring ""twice"",\nthen; wait"\n\n2,x\n'
    table = read_table(text.encode())
    assert cells(table) == [("1", 'ring "twice",\nthen; wait'), ("2", "x")]
    assert [row.line for row in table.rows] == [2, 5]


def test_inch_marks_in_a_flat_file_with_tabs_are_no_quotes():
    text = 'order-id\tproduct-name\tsku\n1\t15" screen\tS15\n2\tcable\tC1\n'
    assert cells(read_table(text.encode()))[0] == ("1", '15" screen', "S15")


def test_a_quote_that_is_never_closed_does_not_swallow_the_file_unnoticed():
    rows = "".join(f"{number},x,y\n" for number in range(2, 2_000))
    assert refused(f'Number,A,B\n1,"open,y\n{rows}'.encode()) == "damaged"


def test_ids_that_were_kept_from_a_spreadsheet():
    text = 'Order number,Phone,Zip\n="00123",\'0123,\t01067\n'
    assert cells(read_table(text.encode())) == [("00123", "0123", "01067")]


def test_titles_above_the_header_and_empty_lines_are_passed():
    text = (
        "Orders of March, exported by the shop\n"
        "From 2026-03-01,to 2026-03-31\n\n"
        "Order number,Name,SKU,Quantity\n\n1,Ann,MUG,2\n,,,\n"
    )
    table = read_table(text.encode())
    assert table.header == HEADER
    assert table.header_line == 4
    assert [(row.line, row.cells[0]) for row in table.rows] == [(6, "1")]


def test_the_header_is_the_row_with_the_columns_that_are_expected():
    text = "Foo,Bar,Baz\nabc,def,ghi\n1,2,3\n"
    assert read_table(text.encode(), columns=["abc", "ghi"]).header_line == 2
    assert read_table(text.encode()).header_line == 1


def test_names_that_nobody_knows_are_a_header_all_the_same():
    text = "Numero,Nombre,,Pieza\n1,Ana,x,Taza\n2,Luis,y,Vaso\n"
    assert read_table(text.encode()).header == ("Numero", "Nombre", "#3", "Pieza")
    text = f"Informe\nde,marzo\n{text}"
    assert read_table(text.encode()).header_line == 3


def test_the_header_stands_where_a_person_says():
    content = b"Order number,SKU\n\nNo,What\n1,MUG\n"
    assert read_table(content).header == ("Order number", "SKU")
    table = read_table(content, header_line=3)
    assert table.header == ("No", "What")
    assert [row.line for row in table.rows] == [4]
    with pytest.raises(FileUnreadable, match="no_header"):
        read_table(content, header_line=2)


def test_columns_with_the_same_name_and_without_one():
    table = read_table(b"Number,Name,,Name\n1,a,b,c,d\n")
    assert table.header == ("Number", "Name", "#3", "Name (2)", "#5")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"just words\nand more\n", "no_header"),
        (b"<!DOCTYPE html><html><body>Please log in</body>", "web_page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old workbook", "old_excel"),
        (b"PK\x03\x04 not a workbook", "damaged"),
        (b"a" * (MAX_BYTES + 1), "too_big"),
    ],
)
def test_what_is_no_table(content, reason):
    assert refused(content) == reason


# -- workbooks -------------------------------------------------------------------------


def workbook(*rows, title="Orders", formats=()):
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for place, form in formats:
        sheet[place].number_format = form
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_a_workbook_reads_as_a_person_sees_it():
    content = workbook(
        ("Order number", "Zip", "Date", "Price", "Quantity", "Paid"),
        ("00123", 1067, datetime(2026, 3, 1, 10, 30), 12.5, 2.0, True),
        formats=[("B2", "00000")],
    )
    assert cells(read_table(content)) == [
        ("00123", "01067", "2026-03-01 10:30:00", "12.5", "2", "1")
    ]


def test_numbers_of_a_workbook_are_written_with_the_mark_that_is_read():
    content = workbook(("Order number", "Price"), ("A1", 1.234), ("A2", 0.1 + 0.2))
    assert [c[1] for c in cells(read_table(content))] == ["1.234", "0.3"]
    written = read_table(content, decimal=",")
    assert [c[1] for c in cells(written)] == ["1,234", "0,3"]


def test_a_number_that_lost_its_digits_is_not_shown_as_if_it_had_not():
    content = workbook(("Order number", "Name"), (4200123456789012345, "Ann"))
    assert "E+18" in cells(read_table(content))[0][0]


def test_a_sheet_is_chosen_by_its_name():
    content = workbook(("A number", "B"), (1, 2), title="März")
    assert read_table(content, sheet="März").header == ("A number", "B")
    assert refused(content, sheet="April") == "no_sheet"


def test_a_workbook_that_unpacks_to_far_too_much_is_not_unpacked():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (30 * 1024 * 1024))
    assert refused(content.getvalue()) == "too_big"


def test_a_workbook_cut_in_half():
    content = workbook(*[("Order number", "Name")] * 50)
    assert refused(content[: len(content) // 2]) == "damaged"
