"""One call of an interface: its parameters, who signed it, how often it comes."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

from ..core.clock import Clock
from ..core.message import Request
from ..world.shop import World
from . import errors

BEIJING = timezone(timedelta(hours=8))
#: seconds that the time stamp of a call may be off
TIMESTAMP_WINDOW = 600
CALLS_PER_SECOND = 1_000  # of one interface; the platform's own figure varies


@dataclass(frozen=True)
class Keys:
    """What calls are signed with, and the seller's permission."""

    app_key: str
    secret: str
    session: str


def parameters_of(request: Request) -> dict[str, str]:
    """Return the parameters of query and form."""
    form = request.body.decode("utf-8", "replace")
    pairs = [*request.query, *parse_qsl(form, keep_blank_values=True)]
    return dict(pairs)


def signature(parameters: Mapping[str, str], secret: str) -> str:
    """Return the signature that a call should have."""
    names = sorted(name for name in parameters if name != "sign")
    text = "".join(name + parameters[name] for name in names if parameters[name])
    message, key = text.encode(), secret.encode()
    kind = parameters.get("sign_method", "md5")
    if kind == "md5":
        return hashlib.md5(key + message + key).hexdigest().upper()
    digest = {"hmac": "md5", "hmac-sha256": "sha256"}.get(kind)
    if digest is None:
        raise errors.invalid("sign_method")
    return hmac.new(key, message, digest).hexdigest().upper()


def authenticate(parameters: Mapping[str, str], keys: Keys, clock: Clock) -> None:
    """Check the common parameters in the platform's order; raises ``TopError``."""
    for name, code, text in (
        ("method", 21, "Missing method"),
        ("app_key", 28, "Missing app key"),
        ("timestamp", 30, "Missing timestamp"),
        ("sign", 24, "Missing signature"),
    ):
        if not parameters.get(name):
            raise errors.TopError(code, text)
    if parameters["app_key"] != keys.app_key:
        raise errors.TopError(29, "Invalid app key")
    try:
        stamp = moment(parameters["timestamp"]).timestamp()
    except ValueError as error:
        raise errors.TopError(31, "Invalid timestamp") from error
    if abs(stamp - clock.timestamp()) > TIMESTAMP_WINDOW:
        raise errors.TopError(31, "Invalid timestamp")
    wanted = signature(parameters, keys.secret)
    if not hmac.compare_digest(wanted, parameters["sign"]):
        raise errors.TopError(25, "Invalid signature")
    if not parameters.get("session"):
        raise errors.TopError(26, "Missing session")
    if parameters["session"] != keys.session:
        raise errors.TopError(
            27, "Invalid session", "invalid-sessionkey", "SessionKey非法"
        )


def moment(text: str) -> datetime:
    """Return the moment of a text in Beijing time; raises ``ValueError``."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)


def text_of(value: datetime) -> str:
    """Return a moment as the platform writes it."""
    return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


class CallLimit:
    """Bans an interface for a second that is called too often."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: dict[str, deque[float]] = {}
        self.per_second = CALLS_PER_SECOND

    def count(self, method: str) -> None:
        """Count a call; raises ``TopError`` when it is one too many."""
        now = self._clock.timestamp()
        with self._lock:
            calls = self._calls.setdefault(method, deque())
            while calls and calls[0] <= now - 1:
                calls.popleft()
            if len(calls) >= self.per_second:
                raise errors.limited("This ban will last for 1 more seconds")
            calls.append(now)


@dataclass(frozen=True)
class Call:
    """An authenticated call."""

    world: World
    method: str
    parameters: Mapping[str, str]
    seller: str

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter."""
        return self.parameters.get(name, default)

    def required(self, name: str) -> str:
        """Return a parameter that has to be there."""
        value = self.text(name)
        if not value:
            raise errors.missing(name)
        return value

    def number(self, name: str, default: int | None = None) -> int:
        """Return a whole number; without ``default`` it has to be there."""
        value = self.text(name) if default is not None else self.required(name)
        if not value and default is not None:
            return default
        if not value.lstrip("-").isdigit():
            raise errors.invalid(name)
        return int(value)

    def flag(self, name: str) -> bool:
        """Return a yes/no."""
        return self.text(name) == "true"

    def moment(self, name: str) -> datetime | None:
        """Return a time, in UTC."""
        value = self.text(name)
        if not value:
            return None
        try:
            return moment(value).astimezone(timezone.utc)
        except ValueError as error:
            raise errors.invalid(name) from error

    def words(self, name: str) -> tuple[str, ...]:
        """Return a list written with commas."""
        return tuple(word for word in self.text(name).split(",") if word)

    def json(self, name: str) -> Any:
        """Return a structured parameter."""
        try:
            return json.loads(self.required(name))
        except ValueError as error:
            raise errors.invalid(name) from error

    def page(self, most: int) -> tuple[int, int]:
        """Return number and size of the wanted page."""
        number, size = self.number("page_no", 1), self.number("page_size", 40)
        if number < 1:
            raise errors.invalid("page_no")
        if not 1 <= size <= most:
            raise errors.invalid("page_size")
        return number, size


def pick(row: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """Return the asked-for fields; ``orders.oid`` asks for one of the elements'."""
    if not fields:
        raise errors.missing("fields")
    nested: dict[str, list[str]] = {}
    for name in fields:
        head, dot, tail = name.partition(".")
        if dot:
            nested.setdefault(head, []).append(tail)
    chosen = {name: row[name] for name in fields if name in row}
    for head, tails in nested.items():
        if head in row and head not in chosen:
            chosen[head] = {
                key: [{t: e[t] for t in tails if t in e} for e in elements]
                for key, elements in row[head].items()
            }
    return chosen


def listed(name: str, elements: list[Any]) -> dict[str, Any]:
    """Return a list the way the platform writes it, an object around it."""
    return {name: elements}
