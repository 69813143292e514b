"""Closing lines of pytest are read and added up."""

import pytest

from dev.pytest_summary import Outcome, outcome, parse_closing_line


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("===== 3 passed in 0.12s =====", {"passed": 3}),
        ("3 passed in 0.12s", {"passed": 3}),
        (
            "== 1 failed, 20 passed, 2 skipped in 61.30s (0:01:01) ==",
            {"failed": 1, "passed": 20, "skipped": 2},
        ),
        (
            "=== 1 passed, 1 warning, 1 error in 1.00s ===",
            {"passed": 1, "warnings": 1, "errors": 1},
        ),
        ("=== no tests ran in 0.01s ===", {}),
        (
            "\x1b[32m== \x1b[1m5 passed\x1b[0m, 9 deselected\x1b[32m in 0.10s =\x1b[0m",
            {"passed": 5, "deselected": 9},
        ),
        ("= 4 passed, 12 subtests passed in 0.10s =", {"passed": 4}),
    ],
)
def test_closing_line(line, counts):
    assert parse_closing_line(line) == counts


@pytest.mark.parametrize(
    "line",
    ["", "tests/test_x.py ...  [100%]", "3 passed", "=== test session starts ==="],
)
def test_other_lines(line):
    assert parse_closing_line(line) is None


def test_sum_and_line():
    total = outcome(["== 3 passed, 1 skipped in 1.00s =="], 0)
    total += outcome(["== 1 failed, 2 passed in 2.00s =="], 1)
    assert total == Outcome({"passed": 5, "skipped": 1, "failed": 1}, failed=True)
    line = total.closing_line(45.666)
    assert line.strip("= ") == "1 failed, 5 passed, 1 skipped in 45.67s"
    assert parse_closing_line(line) == total.counts


def test_a_crash_without_closing_line_counts_as_an_error():
    total = Outcome({"passed": 3}) + outcome(["Segmentation fault"], -11)
    assert total.failed and total.counts["errors"] == 1
    assert "3 passed, 1 error in" in total.closing_line(1)


def test_no_tests_is_no_failure():
    result = outcome(["=== no tests ran in 0.01s ==="], 5)
    assert not result.failed and not result.executed
