"""Failures of one cause have one signature, those of another have another."""

import pytest
from ecom_orders.marketplaces.failures import LIMIT, signature


@pytest.mark.parametrize(
    ("reason", "one", "other"),
    [
        (
            "bad_payload",
            {"field": "line_items[0].total", "value": "x"},
            {"field": "line_items[12].total", "value": "y"},
        ),
        (
            "refused_by_odoo",
            {"error": "Order S00012: the account “400 Sales” is closed since 2025."},
            {"error": "Order S00999: the account “41” is closed since 2025."},
        ),
        ("unknown_sku", {"sku": "A-1", "name": "Mug"}, {"sku": "A-1", "name": "Cup"}),
        (
            "unexplained_difference",
            {"total": "5.00", "difference": "1.00"},
            {"total": "7.00", "difference": "-2.00"},
        ),
        (
            "incomplete_address",
            {"missing": ["street", "city"]},
            {"missing": ["city", "street"]},
        ),
        ("not_placed", {"status": "a"}, None),
    ],
)
def test_same_cause_has_the_same_signature(reason, one, other):
    assert signature(reason, one) == signature(reason, other)


@pytest.mark.parametrize(
    ("reason", "one", "other"),
    [
        ("bad_payload", {"field": "total"}, {"field": "currency"}),
        ("unknown_sku", {"sku": "A-1"}, {"sku": "A-2"}),
        ("missing_tax", {"label": "VAT", "percent": "19"}, {"label": "VAT"}),
        ("unknown_currency", {"currency": "XXA"}, {"currency": "XXB"}),
        ("confirm_failed", {"error": "No stock"}, {"error": "No route"}),
    ],
)
def test_another_cause_has_another_signature(reason, one, other):
    assert signature(reason, one) != signature(reason, other)


def test_signature_is_bounded():
    assert len(signature("internal_error", {"error": "word " * 999})) == LIMIT


def test_unknown_reason_is_a_class_of_its_own():
    assert signature("never_heard_of", {"error": "x"}) == ""
