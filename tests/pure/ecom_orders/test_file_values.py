"""Files, step "cells": amounts and times as people and programs write them."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces.file import values
from ecom_orders.marketplaces.file.countries import country_code

D = Decimal
CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("12.50", ".", "12.50"),
        ("12,50", ",", "12.50"),
        ("1,234.50", ".", "1234.50"),
        ("1.234,50", ",", "1234.50"),
        ("1 234,50 €", ",", "1234.50"),
        ("1\u00a0234,50\u00a0€", ",", "1234.50"),
        ("1'234.50", ".", "1234.50"),
        ("12,34,567.00", ".", "1234567.00"),
        ("$5", ".", "5"),
        ("USD 5.00", ".", "5.00"),
        ("¥1,200", ".", "1200"),
        ("1200円", ".", "1200"),
        ("19 %", ".", "19"),
        ("-3.00", ".", "-3.00"),
        ("−3.00", ".", "-3.00"),
        ("3.00-", ".", "-3.00"),
        ("(3.00)", ".", "-3.00"),
        ("-$3.00", ".", "-3.00"),
        (".5", ".", "0.5"),
        ("0", ",", "0"),
    ],
)
def test_amounts(text, decimal, expected):
    assert values.amount(text, decimal) == D(expected)


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("", "."),
        ("abc", "."),
        ("12,50", "."),  # would be twelve hundred and fifty
        ("12.50", ","),
        ("1.2.3", "."),
        ("1,23,4", "."),
        ("1e5", "."),
        ("٣", "."),
        ("9" * 30, "."),
        ("--", "."),
    ],
)
def test_what_is_no_amount(text, decimal):
    with pytest.raises(ValueError):
        values.amount(text, decimal)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01 18:00:00",
        "2026-03-01T18:00",
        "2026/3/1 18:00:00",
        "2026.03.01 18:00",
        "2026年3月1日 18:00",
        "2026年03月01日 18时00分00秒",
        "2026-03-01T10:00:00Z",
        "2026-03-01 10:00:00 UTC",
        "2026-03-01 05:00:00 -0500",
        "2026-03-01T11:00:00+01:00",
        "2026-03-01T18:00:00.123",
    ],
)
def test_times_that_begin_with_the_year(text):
    expected = datetime(2026, 3, 1, 10, tzinfo=timezone.utc)
    assert values.moment(text, (), CHINA) == expected


def test_other_times_by_their_format():
    form = ("%d.%m.%Y %H:%M", "%d.%m.%Y")
    assert values.moment("03.04.2026 08:00", form, CHINA) == datetime(
        2026, 4, 3, 0, tzinfo=timezone.utc
    )
    assert values.moment("03.04.2026", form, timezone.utc).month == 4


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-30", "2026-13-01", "0001-01-01", "03.04.2026", "2026"]
)
def test_what_is_no_time(text):
    with pytest.raises(ValueError):
        values.moment(text, (), CHINA)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("de", "DE"),
        ("Deutschland", "DE"),
        ("United States", "US"),
        ("UK", "GB"),
        ("日本", "JP"),
        ("中国", "CN"),
        ("Ｆｒａｎｃｅ", "FR"),
    ],
)
def test_countries_by_code_and_name(text, code):
    assert country_code(text) == code


@pytest.mark.parametrize("text", ["Atlantis", "D", "123", "??"])
def test_what_is_no_country(text):
    with pytest.raises(ValueError):
        country_code(text)


def test_ids_of_which_a_spreadsheet_lost_digits():
    assert values.has_lost_digits("1.23457E+17")
    assert values.has_lost_digits("1,23457E+17")
    assert not values.has_lost_digits("E+17")
    assert not values.has_lost_digits("123457")
