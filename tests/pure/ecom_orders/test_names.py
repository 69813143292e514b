"""Names in the order their script is read; masked text is nobody."""

import pytest
from ecom_orders.marketplaces.names import is_masked, person_name


@pytest.mark.parametrize(
    ("first", "last", "country", "expected"),
    [
        ("Ada", "Byron", "GB", "Ada Byron"),
        ("小明", "王", "CN", "王小明"),
        ("花子", "佐藤", "JP", "佐藤 花子"),
        ("たろう", "やまだ", "", "やまだ たろう"),
        ("민준", "김", "KR", "김민준"),
        ("David", "王", "CN", "David 王"),
        ("Ada", "", "GB", "Ada"),
        ("", " Byron ", "GB", "Byron"),
        ("", "", "", ""),
    ],
)
def test_person_name(first, last, country, expected):
    assert person_name(first, last, country) == expected


@pytest.mark.parametrize("text", ["张*三", "138****8888", "a***@example.com", "王＊"])
def test_masked(text):
    assert is_masked(text)


@pytest.mark.parametrize("text", ["张三", "13800008888", "Foxx", "a@example.com", ""])
def test_not_masked(text):
    assert not is_masked(text)
