"""The simulated shop's clock: real time plus an offset that can be moved.

Moving the offset simulates a shop whose clock is wrong, and lets a test make hours pass
without waiting.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Clock:
    """Tells the shop's time; all stamps in the world come from here."""

    def __init__(self, offset_seconds: float = 0.0) -> None:
        self.offset_seconds = offset_seconds

    def now(self) -> datetime:
        """Return the shop's current time, aware, in UTC, at second grain.

        Seconds, because that is what a shop database column keeps and what makes
        "modified after" queries lose rows when windows do not overlap.
        """
        moment = datetime.now(timezone.utc) + timedelta(seconds=self.offset_seconds)
        return moment.replace(microsecond=0)

    def timestamp(self) -> float:
        """Return the shop's time as a Unix timestamp, to judge signed requests."""
        return datetime.now(timezone.utc).timestamp() + self.offset_seconds


def parse_zone(name: str) -> tzinfo:
    """Return the time zone called ``name``, an IANA name or an offset as +08:00."""
    if name in ("", "UTC"):
        return timezone.utc
    if name[0] in "+-":
        hours, _, minutes = name[1:].partition(":")
        delta = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-delta if name[0] == "-" else delta)
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError as error:
        raise ValueError(
            f"Time zone {name!r} is unknown on this machine; install the time zone "
            "data or give an offset such as +08:00."
        ) from error
