"""Input that is damaged, huge, hostile or in a wrong encoding."""

import io
import tracemalloc
import zipfile
from decimal import Decimal

import pytest
from ecom_finance_recon import formats
from ecom_finance_recon.formats import errors
from ecom_finance_recon.formats.document import Limits
from ecom_finance_recon.formats.export import safe_cell, to_csv
from ecom_finance_recon.formats.repeats import Repeats
from settlement_files import (
    ALIPAY_ACCOUNT,
    ALIPAY_PERSONAL,
    ALIPAY_TRADES,
    AMAZON_V2,
    CAMT,
    ETSY,
    FILES,
    MT940,
    OFX,
    STRIPE,
    archive,
)

# -- encodings -------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_alipay_in_any_encoding(encoding):
    (settlement,) = formats.parse(ALIPAY_TRADES.text.encode(encoding)).settlements
    assert settlement.closes
    assert settlement.lines[0].description.startswith("红茶")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_flat_files_in_the_encodings_of_other_countries(encoding):
    text = AMAZON_V2.text.replace('TV 40"', "Crème brûlée é")
    parsed = formats.parse(text.encode(encoding))
    assert parsed.closes
    assert any(line.sku == "Crème brûlée é" for line in parsed.lines)


def test_japanese_flat_file():
    text = AMAZON_V2.text.replace('TV 40"', "お茶とコーヒー").replace("USD", "JPY")
    parsed = formats.parse(text.encode("cp932"))
    assert any(line.sku == "お茶とコーヒー" for line in parsed.lines)


def test_accents_far_behind_the_beginning_are_found():
    rows = AMAZON_V2.text.splitlines(keepends=True)
    filler = rows[2].replace("100.00", "0.00").replace('TV 40"', "X")
    text = "".join(rows[:2]) + filler * 3000 + "".join(rows[2:])
    text = text.replace('TV 40"', "Müsli")
    assert formats.parse(text.encode("cp1252")).closes


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(errors.FormatError):
        formats.parse(bytes(range(256)) * 50)


def test_old_excel_says_what_to_do():
    with pytest.raises(errors.EncodingUnknown, match="XLSX"):
        formats.parse(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)


# -- recognition -----------------------------------------------------------------------


def test_a_name_says_nothing():
    assert formats.recognise(STRIPE.content, name="amazon.txt").code == "stripe"


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_told_apart(content):
    with pytest.raises(errors.NothingInside):
        formats.parse(content)


@pytest.mark.parametrize(
    "content", [b"hello world", b"<html><body>Log in</body></html>", b"{}", b"a,b\n1,2"]
)
def test_what_nobody_knows_is_not_guessed(content):
    assert formats.recognise(content) is None
    with pytest.raises(errors.NotRecognised):
        formats.parse(content)


def test_a_day_without_trades_is_no_error_of_the_file():
    answer = b'{"code":"NO_STATEMENT_EXIST","message":"..."}'
    with pytest.raises(errors.NothingInside):
        formats.parse(answer)


def test_columns_may_stand_in_another_order():
    rows = [line.split(",") for line in STRIPE.text.splitlines()]
    turned = "\n".join(",".join(reversed(row)) for row in rows)
    assert formats.parse(turned.encode()).closes


# -- archives --------------------------------------------------------------------------


def test_the_bill_in_an_archive_is_found_by_content():
    summary = "#支付宝业务汇总查询\n门店编号,交易笔数,汇总\n1,2,3\n".encode("gb18030")
    content = archive(**{"汇总.csv": summary, "明细.csv": ALIPAY_TRADES.content})
    assert formats.recognise(content).code == "alipay_trade"
    parsed = formats.parse(content)
    assert parsed.format == "alipay_trade"
    assert [reason for _name, reason in parsed.ignored] == ["alipay_summary"]
    assert parsed.closes


def test_two_files_at_once_are_two_settlements():
    content = archive(a=ALIPAY_ACCOUNT.content, b=STRIPE.content)
    parsed = formats.parse(content)
    assert [one.format for one in parsed.settlements] == ["alipay_account", "stripe"]


@pytest.mark.parametrize("total", ["3０.00", "３０．００", "3..00", "3,0.0,0"])
def test_a_damaged_total_of_a_personal_bill_is_a_typed_error_or_does_not_close(total):
    """Digits of full width are numbers to a regular expression, not to an amount."""
    text = ALIPAY_PERSONAL.text.replace("收入：1笔 30.00元", f"收入：1笔 {total}元")
    assert total in text
    try:
        parsed = formats.parse(text.encode("gb18030"))
    except errors.FormatError as error:
        assert error.code == "bad_value"
    else:
        assert parsed.closes is False


@pytest.mark.parametrize("count", ["１", "1"])
def test_a_count_of_a_personal_bill_in_any_width_is_its_number(count):
    text = ALIPAY_PERSONAL.text.replace("收入：1笔 30", f"收入：{count}笔 30")
    assert formats.parse(text.encode("gb18030")).closes is True


def test_a_damaged_member_refuses_the_archive():
    damaged = STRIPE.content.replace(b"24.05", b"2x.05")
    with pytest.raises(errors.BadValue):
        formats.parse(archive(a=ALIPAY_ACCOUNT.content, b=damaged))


def test_a_zip_bomb_is_refused_before_it_unpacks():
    bomb = archive(a=b"0" * 50_000_000)
    assert len(bomb) < 100_000
    with pytest.raises(errors.ArchiveRefused) as refused:
        formats.parse(bomb)
    assert refused.value.details["why"] == "bomb"


def test_a_workbook_that_is_a_bomb_is_refused():
    content = archive(
        **{"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b" " * 50_000_000}
    )
    with pytest.raises(errors.ArchiveRefused):
        formats.parse(content)


def test_an_archive_that_lies_about_its_sizes_is_refused():
    content = bytearray(archive(a=ALIPAY_ACCOUNT.content))
    place = content.rindex(b"PK\x01\x02")
    content[place + 24 : place + 28] = (10).to_bytes(4, "little")
    with pytest.raises(errors.ArchiveRefused):
        formats.parse(bytes(content))


def test_nested_archives_are_not_opened():
    inner = archive(a=STRIPE.content)
    with pytest.raises(errors.NotRecognised):
        formats.parse(archive(b=inner))


def test_too_many_members_are_refused():
    content = archive(**{str(number): b"x" for number in range(300)})
    with pytest.raises(errors.ArchiveRefused) as refused:
        formats.parse(content)
    assert refused.value.details["why"] == "members"


def test_an_archive_with_a_password_is_refused():
    content = bytearray(archive(a=STRIPE.content))
    place = content.rindex(b"PK\x01\x02")
    content[place + 8] |= 1
    with pytest.raises(errors.ArchiveRefused) as refused:
        formats.parse(bytes(content))
    assert refused.value.details["why"] == "encrypted"


def test_a_cut_archive_is_refused():
    with pytest.raises(errors.FormatError):
        formats.parse(archive(a=STRIPE.content)[:-30])


# -- size ------------------------------------------------------------------------------


class Endless(io.RawIOBase):
    """A file of many rows that exist nowhere: header, then one row again and again."""

    def __init__(self, head: bytes, row: bytes, count: int):
        self.head, self.row = head, row
        self.size = len(head) + len(row) * count
        self.place = 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=io.SEEK_SET):
        self.place = offset + {0: 0, 1: self.place, 2: self.size}[whence]
        return self.place

    def tell(self):
        return self.place

    def readinto(self, buffer):
        left = min(len(buffer), self.size - self.place)
        if left <= 0:
            return 0
        data = self._data(self.place, left)
        buffer[: len(data)] = data
        self.place += len(data)
        return len(data)

    def _data(self, place, count):
        if place < len(self.head):
            return self.head[place : place + count]
        offset = (place - len(self.head)) % len(self.row)
        repeated = self.row * (count // len(self.row) + 2)
        return repeated[offset : offset + count]


def endless_stripe(count: int) -> Endless:
    header, row = STRIPE.text.splitlines(keepends=True)[:2]
    return Endless(header.encode(), row.encode(), count)


def test_a_large_file_is_streamed_in_little_memory():
    """Memory stays where it is, however many rows there are."""
    count, total = 20_000, []
    tracemalloc.start()
    parsed = formats.parse(
        endless_stripe(count), sink=lambda _ref, line: total.append(line.amount)
    )
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (settlement,) = parsed.settlements
    assert settlement.count == 2 * count
    assert settlement.total == count * Decimal("24.05") == sum(total)
    # 64 bytes for each amount that the test keeps, and the keys of equal rows
    assert peak < 12_000_000


def test_counting_repeated_rows_takes_little_memory():
    """Half a million distinct rows: 16 MB where a dictionary would take sixty."""
    tracemalloc.start()
    repeats = Repeats()
    for number in range(500_000):
        digest = (number * 0x9E3779B97F4A7C15 & (1 << 64) - 1).to_bytes(8, "big")
        assert repeats.count(digest) == 1
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 26_000_000
    assert [repeats.count((7).to_bytes(8, "big")) for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        (Limits(bytes=1_000), "bytes"),
        (Limits(rows=50), "rows"),
        (Limits(kept_lines=50), "kept_lines"),
    ],
)
def test_limits_are_typed_errors(limits, limit):
    with pytest.raises(errors.TooLarge) as refused:
        formats.parse(endless_stripe(500), options=formats.Options(limits=limits))
    assert refused.value.details["limit"] == limit


def test_a_line_that_never_ends_is_refused():
    content = STRIPE.content + b"x" * 3_000_000
    with pytest.raises(errors.FormatError):
        formats.parse(content)


@pytest.mark.parametrize("sample", [MT940, OFX], ids=["mt940", "ofx"])
def test_what_is_read_whole_has_a_limit(sample):
    with pytest.raises(errors.TooLarge):
        formats.parse(
            sample.content, options=formats.Options(limits=Limits(parsed=100))
        )


# -- hostile contents ------------------------------------------------------------------


def test_entities_of_xml_are_not_expanded():
    bomb = CAMT.text.replace(
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "1234567890">'
        '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
        '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY f SYSTEM "file:///etc/passwd">]>',
    ).replace("payout 1", "&c;&f;")
    try:
        parsed = formats.parse(bomb.encode())
    except errors.FormatError:
        return
    text = "".join(line.description for line in parsed.lines)
    assert "root:" not in text and "1234567890" not in text


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e400", "١٢", "0x1F", "1.2.3"])
def test_amounts_that_are_none_name_their_cell(amount):
    content = STRIPE.text.replace("25.00", amount).encode()
    with pytest.raises(errors.BadValue) as refused:
        formats.parse(content)
    assert refused.value.details["row"] == 2
    assert refused.value.details["column"] == "gross"
    assert refused.value.details["value"] == amount


def test_a_time_that_is_none_names_its_cell():
    content = STRIPE.text.replace("2026-01-30 10:11:12", "2026-02-30 10:11:12")
    with pytest.raises(errors.BadValue) as refused:
        formats.parse(content.encode())
    assert refused.value.details["column"] == "created_utc"


def test_equal_rows_are_told_apart_by_number():
    keys = [line.key for line in formats.parse(ETSY.content).lines]
    assert sum(key.endswith("#2") for key in keys) == 1


def test_a_quote_that_is_never_closed_is_noticed():
    content = STRIPE.text.replace("ch_1,ch_1,,", 'ch_1,ch_1,"oops,', 1).encode()
    try:
        assert formats.parse(content).closes is not True
    except errors.FormatError:
        pass


# -- exports ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "=HYPERLINK(1)",
        "+1+1",
        "-cmd|' /C calc'!A0",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "  =1",
        "＝1",
    ],
)
def test_no_spreadsheet_executes_an_exported_cell(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (Decimal("-12.50"), "-12.50"),
        (Decimal("1E+3"), "1000"),
        ("-12.50", "-12.50"),
        ("+49", "+49"),
        (None, ""),
        ("plain", "plain"),
        (7, "7"),
    ],
)
def test_numbers_stay_numbers(value, cell):
    assert safe_cell(value) == cell


def test_an_export_is_read_by_spreadsheets_as_what_it_is():
    content = to_csv(["order", "text"], [["1", '=1,"x"'], ["2", "茶\nb"]])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines()[1] == '1,"\'=1,""x"""'


def test_all_samples_survive_being_zipped_together():
    content = archive(**{name: one.content for name, one in FILES.items()})
    parsed = formats.parse(content)
    assert len(parsed.settlements) >= len(FILES)
    assert zipfile.is_zipfile(io.BytesIO(content))
