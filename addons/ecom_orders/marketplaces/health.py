"""What is wrong with a channel, told from plain facts.

:func:`examine` is pure and total: it takes what was measured and gives findings, the
worst first. Texts and remedies belong to Odoo, by the finding's code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any

CRON_GRACE = timedelta(hours=1)  # a scheduled job may be late by so much
BACKLOG_AGE = timedelta(minutes=30)  # what arrived should be applied by then
FETCH_GRACE = 3  # missed fetches in a row before it is called late
TOKEN_NOTICE = timedelta(days=14)
#: A registered webhook is silent when nothing came for so long although orders did.
WEBHOOK_SILENCE = timedelta(hours=24)
INBOX_LIMIT = 2 * 1024**3  # bytes


class Severity(Enum):
    """How much it matters; the values are ordered."""

    ERROR = "error"  # orders do not arrive or are not applied
    WARNING = "warning"  # it works, not as well as it should
    INFO = "info"


@dataclass(frozen=True)
class CronFact:
    """A scheduled job.

    :param late: how long its next call has been due, zero when it is not due.
    """

    name: str
    active: bool = True
    late: timedelta = timedelta()


@dataclass(frozen=True)
class HealthFacts:
    """What was measured of one channel; ``None`` = could not be told.

    :param webhooks_possible: the marketplace has webhooks.
    :param webhooks_registered: we asked it to send them.
    :param last_webhook_age: since the last message that the shop sent by itself.
    :param polled_since_webhook: orders that were found by fetching since that message
        (within the time of :data:`WEBHOOK_SILENCE`): the shop ought to have told them.
    :param backlog_age: of the oldest message that waits to be applied.
    :param since_success: since orders were last fetched.
    :param token_left: until a lasting token expires.
    :param clock_differs: the shop's clock is too far from ours (connection test).
    :param shop_timezone: what the shop says; empty when it does not.
    :param missing_rights: groups that the technical user lacks.
    :param red_days: days of the last week that are not complete.
    """

    connected: bool = True
    emergency_stop: bool = False
    crons: tuple[CronFact, ...] = ()
    fetch_interval: timedelta = timedelta(minutes=10)
    since_success: timedelta | None = None
    failing: bool = False
    webhooks_possible: bool = False
    webhooks_registered: bool = False
    last_webhook_age: timedelta | None = None
    polled_since_webhook: int = 0
    backlog_age: timedelta | None = None
    failed_messages: int = 0
    token_left: timedelta | None = None
    clock_differs: bool = False
    timezone: str = ""
    shop_timezone: str = ""
    unmapped_listings: int = 0
    stock_location: bool = True
    technical_user_active: bool = True
    missing_rights: tuple[str, ...] = ()
    company_allowed: bool = True
    has_responsible: bool = True
    red_days: int = 0
    inbox_bytes: int = 0


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    :param details: plain values for the text.
    """

    code: str
    severity: Severity
    details: Mapping[str, Any] = field(default_factory=dict)


def examine(facts: HealthFacts) -> tuple[Finding, ...]:
    """Everything that is wrong with a channel, the worst first."""
    found = [
        *_examine_switches(facts),
        *_examine_jobs(facts),
        *_examine_user(facts),
        *_examine_connection(facts),
        *_examine_webhooks(facts),
        *_examine_work(facts),
        *_examine_settings(facts),
    ]
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def _examine_switches(facts: HealthFacts) -> Iterator[Finding]:
    if facts.emergency_stop:
        yield Finding("emergency_stop", Severity.ERROR)
    if not facts.connected:
        yield Finding("not_connected", Severity.WARNING)


def _examine_jobs(facts: HealthFacts) -> Iterator[Finding]:
    for cron in facts.crons:
        if not cron.active:
            yield Finding("cron_inactive", Severity.ERROR, {"name": cron.name})
        elif cron.late > CRON_GRACE:
            yield Finding(
                "cron_late",
                Severity.ERROR,
                {"name": cron.name, "minutes": _minutes(cron.late)},
            )


def _examine_user(facts: HealthFacts) -> Iterator[Finding]:
    if not facts.technical_user_active:
        yield Finding("user_inactive", Severity.ERROR)
    if facts.missing_rights:
        yield Finding(
            "user_rights", Severity.ERROR, {"names": ", ".join(facts.missing_rights)}
        )
    if not facts.company_allowed:
        yield Finding("user_company", Severity.ERROR)
    if not facts.has_responsible:
        yield Finding("no_responsible", Severity.WARNING)


def _examine_connection(facts: HealthFacts) -> Iterator[Finding]:
    running = facts.connected and not facts.emergency_stop
    if running and facts.failing:
        yield Finding("fetch_failing", Severity.ERROR)
    elif running and (
        facts.since_success is None
        or facts.since_success > facts.fetch_interval * FETCH_GRACE + CRON_GRACE
    ):
        minutes = _minutes(facts.since_success) if facts.since_success else "–"
        yield Finding("fetch_late", Severity.ERROR, {"minutes": minutes})
    if facts.token_left is not None:
        if facts.token_left <= timedelta():
            yield Finding("token_expired", Severity.ERROR)
        elif facts.token_left <= TOKEN_NOTICE:
            yield Finding(
                "token_expires", Severity.WARNING, {"days": facts.token_left.days}
            )
    if facts.clock_differs:
        yield Finding("clock_differs", Severity.WARNING)


def _examine_webhooks(facts: HealthFacts) -> Iterator[Finding]:
    if not facts.webhooks_possible or not facts.connected:
        return
    if not facts.webhooks_registered:
        yield Finding("webhooks_unregistered", Severity.INFO)
    elif facts.polled_since_webhook and (
        facts.last_webhook_age is None or facts.last_webhook_age > WEBHOOK_SILENCE
    ):
        yield Finding(
            "webhooks_silent",
            Severity.WARNING,
            {"orders": facts.polled_since_webhook},
        )


def _examine_work(facts: HealthFacts) -> Iterator[Finding]:
    if facts.backlog_age is not None and facts.backlog_age > BACKLOG_AGE:
        yield Finding(
            "backlog_old", Severity.ERROR, {"minutes": _minutes(facts.backlog_age)}
        )
    if facts.failed_messages:
        yield Finding(
            "messages_failed", Severity.WARNING, {"count": facts.failed_messages}
        )
    if facts.red_days:
        yield Finding("days_incomplete", Severity.WARNING, {"count": facts.red_days})
    if facts.unmapped_listings:
        yield Finding(
            "listings_unmapped", Severity.WARNING, {"count": facts.unmapped_listings}
        )
    if facts.inbox_bytes > INBOX_LIMIT:
        yield Finding(
            "inbox_large",
            Severity.INFO,
            {"gigabytes": round(facts.inbox_bytes / 1024**3, 1)},
        )


def _examine_settings(facts: HealthFacts) -> Iterator[Finding]:
    if not facts.stock_location:
        yield Finding("no_stock_location", Severity.ERROR)
    if facts.shop_timezone and facts.shop_timezone != facts.timezone:
        yield Finding(
            "timezone_differs",
            Severity.WARNING,
            {"ours": facts.timezone, "theirs": facts.shop_timezone},
        )


def _minutes(duration: timedelta) -> int:
    return round(duration.total_seconds() / 60)
