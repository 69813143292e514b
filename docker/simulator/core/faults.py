"""Faults on request: which request or delivery goes wrong, and how.

A plan is a list of rules. A rule strikes with a probability, or the next n times, on
matching requests. All chance comes from one seeded generator.
"""

from __future__ import annotations

import fnmatch
import threading
from collections import Counter
from dataclasses import asdict, dataclass, fields, replace
from random import Random
from typing import Any

from .message import Request, Response
from .wire import WirePlan

#: Kinds that answer instead of the shop.
BEFORE = ("timeout", "reset", "rate_limit", "server_error", "html_ok")
#: Kinds that change the world just before a page of orders is listed.
BETWEEN = ("edit_between_pages", "cancel_between_pages", "new_between_pages", "skew")
#: Kinds that spoil the shop's answer.
AFTER = ("truncated", "slow", "duplicate_rows", "wrong_total_pages", "lost_answer")
#: Kinds that strike outgoing webhooks.
WEBHOOK = (
    "webhook_lost",
    "webhook_duplicate",
    "webhook_delayed",
    "webhook_reordered",
    "webhook_bad_signature",
    "webhook_truncated",
)
KINDS = (*BEFORE, *BETWEEN, *AFTER, *WEBHOOK)


class FaultError(ValueError):
    """A plan that makes no sense."""


@dataclass(frozen=True)
class FaultRule:
    """One rule of a plan.

    - ``kind``: see ``KINDS``. ``lost_answer`` commits a write and then hangs.
    - ``probability``: chance per matching request.
    - ``count``: strike at most this often (None: no limit); ``skip``: spare the first.
    - ``method``, ``path``: which requests; the path may contain ``*``.
    - ``seconds``: how long ``timeout``, ``lost_answer``, ``slow`` and
      ``webhook_delayed`` take, and how far ``skew`` moves the clock.
    - ``status``: of ``server_error``; ``retry_after``: header of ``rate_limit``.
    - ``honest_length``: whether the Content-Length of ``truncated`` is the cut one.
    - ``pages``: what ``wrong_total_pages`` claims.
    """

    kind: str
    probability: float = 1.0
    count: int | None = None
    skip: int = 0
    method: str = ""
    path: str = "*"
    seconds: float = 30.0
    status: int = 500
    retry_after: int | None = 1
    honest_length: bool = False
    pages: int = 1

    @classmethod
    def of_json(cls, data: dict[str, Any]) -> FaultRule:
        """Build a rule; raises ``FaultError`` for unknown names."""
        known = {item.name for item in fields(cls)}
        unknown = sorted(set(data) - known)
        if unknown or data.get("kind") not in KINDS:
            raise FaultError(f"Unknown fault: {unknown or data.get('kind')}")
        return cls(**data)

    def matches(self, request: Request) -> bool:
        """Tell whether the rule is about ``request``."""
        return self.method in ("", request.method) and fnmatch.fnmatchcase(
            request.path, self.path
        )


def _rules(probability: float, seconds: float) -> list[FaultRule]:
    """Return one rule per kind, for trying everything at once."""
    rare = probability / 2
    return [
        FaultRule("timeout", rare, seconds=seconds),
        FaultRule("reset", probability),
        FaultRule("rate_limit", probability),
        FaultRule("server_error", probability, status=500),
        FaultRule("server_error", probability, status=502),
        FaultRule("server_error", probability, status=503),
        FaultRule("html_ok", rare),
        FaultRule("edit_between_pages", probability),
        FaultRule("cancel_between_pages", rare, count=3),
        FaultRule("new_between_pages", rare, count=3),
        FaultRule("truncated", probability),
        FaultRule("truncated", probability, honest_length=True),
        FaultRule("slow", rare, seconds=seconds / 2),
        FaultRule("duplicate_rows", probability),
        FaultRule("wrong_total_pages", rare, pages=1),
        FaultRule("lost_answer", rare, seconds=seconds),
        FaultRule("webhook_lost", probability),
        FaultRule("webhook_duplicate", probability),
        FaultRule("webhook_delayed", probability, seconds=seconds),
        FaultRule("webhook_reordered", probability, seconds=seconds),
        FaultRule("webhook_bad_signature", probability),
        FaultRule("webhook_truncated", probability),
    ]


#: Named plans. ``chaos`` spoils about every third exchange, a bit of everything, and
#: still lets a client that repeats itself come to the end.
PRESETS: dict[str, list[FaultRule]] = {
    "none": [],
    "chaos": _rules(probability=0.04, seconds=2.0),
}


class FaultPlan:
    """The rules in force, and what they did."""

    def __init__(self, seed: int) -> None:
        self._lock = threading.Lock()
        self._seed = seed
        self._rng = Random(f"{seed}/faults")
        self._rules: list[FaultRule] = []
        self.injected: Counter[str] = Counter()

    def set(self, rules: list[FaultRule]) -> None:
        """Replace all rules; chance starts again, so plans can be repeated."""
        with self._lock:
            self._rng = Random(f"{self._seed}/faults")
            self._rules = list(rules)

    def add(self, rules: list[FaultRule]) -> None:
        """Add rules behind those in force."""
        with self._lock:
            self._rules += rules

    def clear(self) -> None:
        """Behave well again, and forget what was done."""
        self.set([])
        self.injected.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """Return the rules in force."""
        with self._lock:
            return [asdict(rule) for rule in self._rules]

    def draw(self, kinds: tuple[str, ...], request: Request) -> FaultRule | None:
        """Return the first rule of ``kinds`` that strikes ``request``, if any."""
        with self._lock:
            for position, rule in enumerate(self._rules):
                if rule.kind not in kinds or not rule.matches(request):
                    continue
                if self._strikes(position, rule):
                    self.injected[rule.kind] += 1
                    return rule
        return None

    def _strikes(self, position: int, rule: FaultRule) -> bool:
        if rule.skip:
            self._rules[position] = replace(rule, skip=rule.skip - 1)
            return False
        if rule.count == 0 or self._rng.random() >= rule.probability:
            return False
        if rule.count is not None:
            self._rules[position] = replace(rule, count=rule.count - 1)
        return True

    def choose(self, items: list[Any]) -> Any:
        """Choose one of ``items`` with the plan's own chance."""
        with self._lock:
            return self._rng.choice(items)


# -- what the rules do to answers ----------------------------------------------

_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body>"
_TITLES = {
    429: "Too Many Requests",
    500: "There has been a critical error on this website",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
}
_NOTHING = Response(200)


def answer_instead(rule: FaultRule) -> tuple[Response, WirePlan]:
    """Return what is sent in place of the shop's answer (kinds in ``BEFORE``)."""
    if rule.kind == "timeout":
        return _NOTHING, WirePlan("hang", rule.seconds)
    if rule.kind == "reset":
        return _NOTHING, WirePlan("reset")
    if rule.kind == "rate_limit":
        wait = rule.retry_after
        headers = () if wait is None else (("Retry-After", str(wait)),)
        return Response.of_html(429, _page(429), headers), WirePlan()
    if rule.kind == "server_error":
        return Response.of_html(rule.status, _page(rule.status)), WirePlan()
    return Response.of_html(200, _PAGE.format("Be right back")), WirePlan()


def _page(status: int) -> str:
    return _PAGE.format(_TITLES.get(status, "Error"))


def spoil(rule: FaultRule, response: Response) -> tuple[Response, WirePlan]:
    """Return what becomes of the shop's answer (kinds in ``AFTER``)."""
    if rule.kind == "truncated":
        return response, WirePlan("cut", honest_length=rule.honest_length)
    if rule.kind == "slow":
        return response, WirePlan("drip", rule.seconds)
    if rule.kind == "lost_answer":
        return response, WirePlan("hang", rule.seconds)
    if rule.kind == "duplicate_rows":
        rows = response.payload
        return response.with_payload([*rows, rows[0]]), WirePlan()
    return response.with_header(response.pages_header, str(rule.pages)), WirePlan()


def can_spoil(response: Response, request: Request) -> tuple[str, ...]:
    """Return the kinds that make sense for an answer."""
    kinds = ["slow"]
    if len(response.body) > 1:
        kinds.append("truncated")
    if isinstance(response.payload, list) and response.payload:
        kinds.append("duplicate_rows")
    if response.pages_header:
        kinds.append("wrong_total_pages")
    if request.method not in ("GET", "HEAD"):
        kinds.append("lost_answer")
    return tuple(kinds)
