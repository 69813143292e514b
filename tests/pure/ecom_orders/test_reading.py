"""Readers of untrusted payloads: right value or an error that names the field."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.reading import MAX_TEXT, Reader, clean, parse_json

D = Decimal


@pytest.mark.parametrize(
    ("value", "expected"),
    [("12.50", "12.50"), (" 3 ", "3"), (7, "7"), (D("0.1"), "0.1"), (1.5, "1.5")],
)
def test_decimal_takes_text_and_numbers(value, expected):
    assert Reader({"x": value}).decimal("x") == D(expected)


@pytest.mark.parametrize("value", [None, ""])
def test_decimal_of_nothing_is_the_default(value):
    assert Reader({"x": value}).decimal("x", default=None) is None
    assert Reader({}).decimal("x") == 0


@pytest.mark.parametrize(
    "value",
    ["abc", "1,5", "NaN", "Infinity", "1e99", "1e999999999", True, [], {}, "１２x"],
)
def test_decimal_refuses_rubbish_and_names_the_field(value):
    with pytest.raises(PayloadError) as caught:
        Reader({"x": value}, "line_items[2]").decimal("x")
    assert caught.value.details["field"] == "line_items[2].x"


@pytest.mark.parametrize("value", [D("NaN"), D("sNaN"), float("nan"), [], {}, "no"])
def test_what_is_no_yes_is_no(value):
    assert Reader({"x": value}).flag("x") is False


def test_decimal_cuts_the_noise_of_a_binary_float():
    assert Reader({"x": D("17.24980566666666712345")}).decimal("x") == D(
        "17.249805666667"
    )


def test_id_beyond_53_bits_keeps_every_digit():
    payload = parse_json('{"id": 12345678901234567890}')
    assert Reader(payload).identifier("id") == "12345678901234567890"


@pytest.mark.parametrize("value", [None, 0, "0", ""])
def test_missing_id_is_refused_or_empty(value):
    assert Reader({"id": value}).identifier("id", required=False) == ""
    with pytest.raises(PayloadError, match="id is missing"):
        Reader({"id": value}).identifier("id")


@pytest.mark.parametrize("value", [True, [], {}, D("1.5")])
def test_id_of_a_wrong_type_is_refused(value):
    with pytest.raises(PayloadError):
        Reader({"id": value}).identifier("id")


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-03-01T10:00:00", 10),
        ("2026-03-01T10:00:00Z", 10),
        ("2026-03-01T10:00:00+08:00", 2),
        ("2026-03-01T10:00:00.250", 10),
    ],
)
def test_moment_is_utc(text, hour):
    moment = Reader({"x": text}).moment("x")
    assert moment.tzinfo is timezone.utc
    assert (moment.day, moment.hour) == (1, hour)


@pytest.mark.parametrize(
    "value",
    ["yesterday", "0000-00-00T00:00:00", "0021-01-01T00:00:00", 17, "9999-12-31"],
)
def test_moment_refuses_what_is_no_time_of_this_era(value):
    with pytest.raises(PayloadError):
        Reader({"x": value}).moment("x")


def test_text_drops_what_a_database_cannot_store():
    assert clean("a\x00b\ud800c\r\n") == "ab\ufffdc"


def test_text_keeps_emoji_and_right_to_left():
    assert clean("😀 سلام") == "😀 سلام"


def test_text_is_bounded():
    assert len(Reader({"x": "x" * 99_999}).text("x")) == MAX_TEXT


def test_php_writes_empty_objects_as_lists():
    assert Reader({"billing": []}).child("billing").data == {}


@pytest.mark.parametrize("value", ["x", 3, {"a": 1}])
def test_list_that_is_none_is_refused(value):
    with pytest.raises(PayloadError, match="is not a list"):
        Reader({"x": value}).children("x")


def test_element_that_is_no_object_is_named():
    with pytest.raises(PayloadError) as caught:
        Reader({"lines": [{}, 5]}).children("lines")
    assert caught.value.details["field"] == "lines[1]"


@pytest.mark.parametrize(
    "text", ["", "{", '{"a": NaN}', '{"a": -Infinity}', "[" * 100_000, "<html>"]
)
def test_what_is_not_json_is_refused(text):
    with pytest.raises(PayloadError):
        parse_json(text)


def test_numbers_stay_exact():
    assert parse_json('{"a": 0.1}') == {"a": D("0.1")}


def test_moment_of_nothing_is_the_default():
    default = datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert Reader({}).moment("x", default) == default


def test_a_value_nested_deeper_than_can_be_shown_is_still_a_payload_error():
    value = []
    for _level in range(5_000):
        value = [value]
    with pytest.raises(PayloadError) as caught:
        Reader({"x": value}).decimal("x")
    assert caught.value.details["value"] == "list"
