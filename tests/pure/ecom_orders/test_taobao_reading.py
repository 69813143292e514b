"""Taobao: times and lists as the platform writes them."""

from datetime import datetime, timezone

import pytest
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.reading import Reader
from ecom_orders.marketplaces.taobao import api, moments
from ecom_orders.marketplaces.taobao.reader import children, flag


def utc(*parts):
    return datetime(*parts, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-25 08:00:00", utc(2026, 11, 25, 0, 0)),
        ("2026-01-01 00:00:00", utc(2025, 12, 31, 16, 0)),
        # There is no summer time: eight hours in July as well.
        ("2026-07-01 08:00:00", utc(2026, 7, 1, 0, 0)),
        # A day as a promise lasts until its last second.
        ("2026-11-25", utc(2026, 11, 25, 15, 59, 59)),
        ("20261125", utc(2026, 11, 25, 15, 59, 59)),
        ("2026-13-01 00:00:00", None),
        ("0001-01-01 00:00:00", None),
        ("7天内", None),
        ("", None),
        (None, None),
        (1_795_000_000, None),
    ],
)
def test_times(text, moment):
    assert moments.parse(text) == moment


def test_a_time_as_a_parameter_is_beijings():
    assert moments.to_text(utc(2026, 11, 24, 16, 0, 1)) == "2026-11-25 00:00:01"


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ({"order": [{}, {}]}, 2),
        ({"order": []}, 0),
        ({}, 0),
        (None, 0),
        ([{}], 1),
        ({"order": None}, 0),
    ],
)
def test_a_list_is_an_object_around_a_list(value, count):
    assert len(children(Reader({"orders": value}), "orders")) == count


@pytest.mark.parametrize("value", ["x", 7, {"a": [], "b": []}, {"order": "x"}, {1: []}])
def test_what_is_no_list(value):
    with pytest.raises(PayloadError):
        children(Reader({"orders": value}), "orders")


@pytest.mark.parametrize(
    ("value", "meaning"),
    [(True, True), ("true", True), ("1", True), (False, False), ("false", False)],
)
def test_yes_and_no(value, meaning):
    assert flag(Reader({"it": value}), "it") is meaning


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (7, "7"),
        (("a", "b"), "a,b"),
        (utc(2026, 11, 24, 16, 0), "2026-11-25 00:00:00"),
    ],
)
def test_parameters_as_text(value, text):
    assert api.as_text(value) == text
