"""A channel's health is told from facts: what is wrong, the worst first."""

from datetime import timedelta

import pytest
from ecom_orders.marketplaces.health import (
    BACKLOG_AGE,
    CRON_GRACE,
    CronFact,
    HealthFacts,
    Severity,
    examine,
)

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def facts(**values):
    """Facts of a channel that is well, but for what is given."""
    return HealthFacts(
        **{
            "crons": (CronFact("fetch"),),
            "since_success": 5 * MINUTE,
            "webhooks_possible": True,
            "webhooks_registered": True,
            "last_webhook_age": MINUTE,
            "timezone": "UTC",
            "shop_timezone": "UTC",
            **values,
        }
    )


def codes(**values):
    return [finding.code for finding in examine(facts(**values))]


def test_channel_that_is_well_has_no_findings():
    assert codes() == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"emergency_stop": True}, "emergency_stop"),
        ({"connected": False}, "not_connected"),
        ({"crons": (CronFact("fetch", active=False),)}, "cron_inactive"),
        ({"crons": (CronFact("fetch", late=CRON_GRACE + MINUTE),)}, "cron_late"),
        ({"technical_user_active": False}, "user_inactive"),
        ({"missing_rights": ("Stock: User",)}, "user_rights"),
        ({"company_allowed": False}, "user_company"),
        ({"has_responsible": False}, "no_responsible"),
        ({"failing": True}, "fetch_failing"),
        ({"since_success": None}, "fetch_late"),
        ({"since_success": 3 * 10 * MINUTE + CRON_GRACE + MINUTE}, "fetch_late"),
        ({"token_left": timedelta()}, "token_expired"),
        ({"token_left": 3 * DAY}, "token_expires"),
        ({"clock_differs": True}, "clock_differs"),
        ({"webhooks_registered": False}, "webhooks_unregistered"),
        ({"last_webhook_age": None, "polled_since_webhook": 3}, "webhooks_silent"),
        ({"last_webhook_age": 2 * DAY, "polled_since_webhook": 3}, "webhooks_silent"),
        ({"backlog_age": BACKLOG_AGE + MINUTE}, "backlog_old"),
        ({"failed_messages": 1}, "messages_failed"),
        ({"red_days": 1}, "days_incomplete"),
        ({"unmapped_listings": 1}, "listings_unmapped"),
        ({"inbox_bytes": 3 * 1024**3}, "inbox_large"),
        ({"stock_location": False}, "no_stock_location"),
        ({"shop_timezone": "Asia/Tokyo"}, "timezone_differs"),
    ],
)
def test_one_wrong_fact_is_one_finding(wrong, code):
    assert codes(**wrong) == [code]


@pytest.mark.parametrize(
    "harmless",
    [
        {"crons": (CronFact("fetch", late=CRON_GRACE),)},
        {"since_success": 3 * 10 * MINUTE + CRON_GRACE},
        {"token_left": 30 * DAY},
        # nothing was sold: a shop that has nothing to tell is not broken
        {"last_webhook_age": 2 * DAY, "polled_since_webhook": 0},
        {"webhooks_possible": False, "webhooks_registered": False},
        {"backlog_age": BACKLOG_AGE},
        {"shop_timezone": ""},
    ],
)
def test_what_is_within_bounds_is_no_finding(harmless):
    assert codes(**harmless) == []


def test_stopped_channel_is_not_blamed_for_fetching_nothing():
    assert codes(emergency_stop=True, since_success=30 * DAY) == ["emergency_stop"]


def test_the_worst_comes_first():
    found = examine(
        facts(webhooks_registered=False, unmapped_listings=2, stock_location=False)
    )
    assert [f.severity for f in found] == [
        Severity.ERROR,
        Severity.WARNING,
        Severity.INFO,
    ]
