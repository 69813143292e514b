"""One routed call, and the parameters of its query."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from ..core.message import Request
from ..world.shop import World
from . import errors

#: How far in the past the end of a window has to lie.
LAG = timedelta(minutes=2)


@dataclass(frozen=True)
class Call:
    """A routed request of somebody who may.

    :param parts: the variable parts of the path.
    :param site: address under which the shop is reached.
    """

    request: Request
    world: World
    parts: tuple[str, ...]
    site: str
    query: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a parameter, empty when it is not there."""
        return self.query.get(name, "")

    def words(self, name: str) -> tuple[str, ...]:
        """Return a comma-separated parameter."""
        return tuple(part for part in self.text(name).split(",") if part)

    def number(self, name: str, default: int, most: int) -> int:
        """Return a number between 1 and ``most``."""
        text = self.text(name)
        if not text:
            return default
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise errors.invalid(f"{name} has to be between 1 and {most}.")
        return int(text)

    def moment(self, name: str) -> datetime | None:
        """Return a time, or None when it is not there."""
        return parse_moment(name, self.text(name)) if self.text(name) else None

    def end(self, name: str) -> datetime:
        """Return the end of a window: as given, else the latest that is allowed."""
        latest = self.world.clock.now() - LAG
        wanted = self.moment(name)
        if wanted is not None and wanted > latest:
            raise errors.invalid(f"{name} has to be two minutes in the past.")
        return wanted or latest

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        try:
            body = self.request.json()
        except ValueError:
            raise errors.invalid("The body is not JSON.") from None
        if not isinstance(body, dict):
            raise errors.invalid("The body is not an object.")
        return body


def parse_moment(name: str, text: Any) -> datetime:
    """Read an ISO 8601 time."""
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        raise errors.invalid(f"{name} is not a date.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def marketplaces_of(call: Call, name: str, required: bool) -> tuple[str, ...]:
    """Return the marketplaces that a call is about, at most 50."""
    found = call.words(name)
    if (required and not found) or len(found) > 50:
        raise errors.invalid(f"{name} is missing or too long.")
    return found
