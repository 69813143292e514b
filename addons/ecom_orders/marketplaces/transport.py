"""The only place that sends HTTP.

:class:`Transport` has one verb, :meth:`~Transport.send`. What a connector gets for
calling it: time-outs and a total deadline, retries where repeating is harmless, the
server's ``Retry-After`` respected, a rate budget by shop and operation, a limit on the
size of an answer, certificates checked, redirects refused, a switch that stops all
sending, and errors as types without a secret in them.

Answers with 2xx and 4xx come back as :class:`Response`: what a refusal means is the
connector's business. 429 and 5xx are raised once retrying has not helped.
"""

from __future__ import annotations

import json
import logging
import os
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cached_property
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urljoin, urlsplit, urlunsplit

import requests
import urllib3

from .errors import (
    BadAnswer,
    ConnectionFailed,
    MarketplaceError,
    RateLimited,
    RedirectRefused,
    SendingStopped,
    ServerFailed,
    TimedOut,
    TlsFailed,
)

_logger = logging.getLogger(__name__)

USER_AGENT = "ecom_orders (Odoo 19.0)"
EXCERPT_SIZE = 160  # characters of a bad answer that a message may show
CHUNK_SIZE = 64 * 1024  # bytes read at once from an answer
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")  # RFC 9110, 9.2.1


# -- secrets ---------------------------------------------------------------------------

HIDDEN = "***"

_SECRET_NAMES = (
    r"oauth_\w+|consumer_key|consumer_secret|client_secret|webhook_secret|secret"
    r"|access_token|refresh_token|id_token|token|password|passwd|api_?key|signature"
    r"|sign"
)
_REDACTIONS = (
    # name=value in a query string or a form
    (re.compile(rf"(?i)\b({_SECRET_NAMES})=[^&\s\"'<>;,)]+"), rf"\1={HIDDEN}"),
    # "name": "value" in JSON, 'name': 'value' in a Python repr
    (
        re.compile(rf"(?i)([\"'](?:{_SECRET_NAMES})[\"']\s*:\s*)([\"'])[^\"']*\2"),
        rf"\1\2{HIDDEN}\2",
    ),
    (
        re.compile(r"(?i)(authorization[\"']?\s*[:=]\s*)[\"']?[^\r\n\"'}]+[\"']?"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(basic|bearer)\s+[a-z0-9+/=._~-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\b[cC][kKsS]_[0-9a-zA-Z]{8,}"), HIDDEN),
    (re.compile(r"//[^/@\s:]+:[^/@\s]+@"), f"//{HIDDEN}@"),
)


def redact(text: Any, secrets: Iterable[str] = ()) -> str:
    """Take everything secret out of a text that is to be logged or shown.

    Knows credentials by their names in queries, forms, JSON and headers, by the shape
    of well-known keys, and by their value when it is given.

    :param secrets: exact values that must not appear, plain or percent-encoded.
    """
    text = str(text)
    for secret in secrets:
        if secret and len(secret) > 3:
            text = text.replace(secret, HIDDEN).replace(quote(secret, ""), HIDDEN)
    for pattern, replacement in _REDACTIONS:
        text = pattern.sub(replacement, text)
    return text


@contextmanager
def _cut_off(answer: requests.Response, seconds: float) -> Iterator[threading.Event]:
    """Shut the connection down if reading the answer takes longer than this.

    A server that sends a byte now and then never runs into a read time-out, and the
    HTTP library hands out nothing before a whole chunk is there.

    :return: an event that is set when the time has passed.
    """
    passed = threading.Event()

    def cut() -> None:
        passed.set()
        with (
            suppress(OSError, ValueError),
            socket.socket(fileno=os.dup(answer.raw.fileno())) as twin,
        ):
            twin.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(seconds, 0), cut)
    timer.daemon = True
    timer.start()
    try:
        yield passed
    finally:
        timer.cancel()


class _RedactingFilter(logging.Filter):
    """Keeps secrets in query strings out of the HTTP library's own debug log."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return True


_HTTP_LOG_FILTER = _RedactingFilter()


# -- request and response --------------------------------------------------------------


@dataclass(frozen=True)
class Request:
    """One thing to be asked of a shop.

    :param operation: name for the rate budget and the log, e.g. ``"orders.list"``.
    :param shop: whose rate budget it counts against; the host when empty.
    :param query: pairs, sent in this order.
    :param json: body, sent as JSON; ``None`` = no body.
    :param form: body, sent as a form (pairs in this order) instead of JSON.
    :param content: body, sent as it is; its ``Content-Type`` stands in ``headers``.
    :param expect_json: a 2xx answer that is not JSON is a failed attempt.
    :param idempotent: whether sending it twice does no more than sending it once.
        ``None`` = as the method says. Decides about retries.
    :param authorise: called before every attempt with the request and returns it with
        credentials (a signature must not be used twice, so a retry signs again).
    """

    method: str
    url: str
    operation: str = ""
    shop: str = ""
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    form: tuple[tuple[str, str], ...] | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    expect_json: bool = False
    idempotent: bool | None = None
    authorise: Callable[[Request], Request] | None = field(default=None, repr=False)

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent again when nobody knows if it was executed."""
        if self.idempotent is None:
            return self.method.upper() in SAFE_METHODS
        return self.idempotent

    @property
    def full_url(self) -> str:
        """Address with query, percent-encoded as RFC 3986 wants it. Not redacted."""
        query = urlencode(self.query, quote_via=quote, safe="")
        return f"{self.url}?{query}" if query else self.url

    @property
    def body(self) -> bytes | None:
        """The bytes that are sent, the same each time; ``None`` = no body."""
        if self.content is not None:
            return self.content
        if self.form is not None:
            return urlencode(self.form).encode("ascii")
        if self.json is None:
            return None
        return json.dumps(self.json, ensure_ascii=False, allow_nan=False).encode()

    def __str__(self) -> str:
        return redact(f"{self.method} {self.full_url}")


class Headers(Mapping[str, str]):
    """Header fields whose names are found in any case."""

    def __init__(self, pairs: Mapping[str, str] | Iterable[tuple[str, str]] = ()):
        pairs = pairs.items() if isinstance(pairs, Mapping) else pairs
        self._values = {str(name).lower(): str(value) for name, value in pairs}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self):
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return redact(repr(self._values))


@dataclass(frozen=True)
class Response:
    """What came back: any status except redirects, 429 and 5xx.

    :param body: bytes as sent by the server, decompressed.
    """

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)

    @property
    def ok(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.status < 300

    @property
    def date(self) -> datetime | None:
        """The server's clock (``Date`` header, UTC), ``None`` when not told."""
        return parse_http_date(self.headers.get("Date", ""))

    def json(self) -> Any:
        """The parsed body; numbers stay exact (``int``, ``Decimal``).

        Parsed once: do not change it in place.

        :raises BadAnswer: for HTML, a truncated body, NaN, rubbish.
        """
        return self._document

    @cached_property
    def _document(self) -> Any:
        try:
            # Some PHP files begin with a byte order mark, and then so do answers.
            return json.loads(
                self.body.decode("utf-8-sig"),
                parse_float=Decimal,
                parse_constant=_refuse_constant,
            )
        except (ValueError, RecursionError) as error:
            reason = type(error).__name__
            position = getattr(error, "pos", None)
        raise BadAnswer(
            f"not JSON ({reason} at {position} of {len(self.body)} bytes): "
            f"{self.excerpt()}",
            status=self.status,
            size=len(self.body),
            excerpt=self.excerpt(),
        )

    def excerpt(self) -> str:
        """The beginning of a body that is not JSON, redacted, on one line.

        Empty for what looks like JSON: that may be people's data.
        """
        text = self.body[:2_000].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
        if text[:1] in ("{", "["):
            return ""
        text = re.sub(r"(?is)<(script|style)\b.*?(</\1>|$)", " ", text)
        text = " ".join(re.sub(r"<[^>]*>?", " ", text).split())
        return redact(text)[:EXCERPT_SIZE]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def parse_http_date(text: str) -> datetime | None:
    """Time of an HTTP header in UTC; ``None`` for anything else."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc)


# -- settings --------------------------------------------------------------------------


@dataclass(frozen=True)
class Settings:
    """How patient the transport is. Times in seconds, sizes in bytes.

    :param connect_timeout: for the connection including TLS.
    :param read_timeout: between two pieces of an answer.
    :param deadline: for everything that one :meth:`Transport.send` does, waiting and
        retrying included.
    :param attempts: how often a request is sent at most.
    :param backoff: the first pause is drawn from 0 to this, the next from 0 to twice
        this ("full jitter", so that many clients do not come back at once).
    :param backoff_cap: no pause is drawn from more than this.
    :param retry_after_cap: a server that wants a longer pause is not waited for; the
        error tells how long it asked for.
    :param max_bytes: of one answer, decompressed.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    deadline: float = 180.0
    attempts: int = 4
    backoff: float = 0.5
    backoff_cap: float = 20.0
    retry_after_cap: float = 60.0
    max_bytes: int = 32 * 1024 * 1024


class Clock:
    """Time and chance, replaceable in tests."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def now(self) -> datetime:
        """Wall clock, UTC."""
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def uniform(self, low: float, high: float) -> float:
        """A random number between ``low`` and ``high``."""
        return random.uniform(low, high)


class RateBudget(Protocol):
    """Decides how long to wait so that a shop's limit is not hit.

    An implementation can live in memory (:class:`TokenBuckets`) or be shared by many
    workers.
    """

    def reserve(self, shop: str, operation: str) -> float:
        """Take one request out of the budget; return the seconds to wait before it."""


class TokenBuckets:
    """Rate budget in memory: one token bucket by shop and operation.

    :param rates: requests per second and burst by operation; ``""`` is for operations
        that are not named. An operation without a rate is not limited.
    """

    def __init__(
        self, rates: Mapping[str, tuple[float, int]], clock: Clock | None = None
    ):
        self.rates = dict(rates)
        self.clock = clock or Clock()
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}
        self._lock = threading.Lock()

    def reserve(self, shop: str, operation: str) -> float:
        """See :meth:`RateBudget.reserve`.

        Tokens may go below zero: who comes later waits longer, in order of arrival.
        """
        rate = self.rates.get(operation) or self.rates.get("")
        if not rate:
            return 0.0
        per_second, burst = rate
        now = self.clock.monotonic()
        with self._lock:
            tokens, since = self._buckets.get((shop, operation), (float(burst), now))
            tokens = min(float(burst), tokens + (now - since) * per_second) - 1.0
            self._buckets[shop, operation] = (tokens, now)
        return max(0.0, -tokens / per_second)


# -- the transport ---------------------------------------------------------------------


@dataclass(frozen=True)
class _Failure:
    """An attempt that gave no usable answer.

    :param executed: whether the server may have carried the request out.
    :param final: whether trying again is pointless.
    :param wait: seconds the server asked to wait, ``None`` when it did not say.
    """

    error: MarketplaceError
    executed: bool = True
    final: bool = False
    wait: float | None = None


class Transport:
    """Sends requests to one shop or to many.

    :param settings: patience, see :class:`Settings`.
    :param budget: rate budget asked before each attempt; ``None`` = no limit.
    :param allowed: asked before each attempt, also between retries; ``False`` stops
        it. This is where a kill switch hangs.
    :param secrets: exact values that no message or log line may contain.
    :param clock: time and chance, see :class:`Clock`.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        budget: RateBudget | None = None,
        allowed: Callable[[Request], bool] | None = None,
        secrets: Iterable[str] = (),
        clock: Clock | None = None,
    ):
        self.settings = settings or Settings()
        self.budget = budget
        self.allowed = allowed
        self.clock = clock or Clock()
        self._secrets = tuple(secrets)
        self._session = self._open_session()
        logging.getLogger("urllib3.connectionpool").addFilter(_HTTP_LOG_FILTER)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.settings!r}>"

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def send(self, request: Request) -> Response:
        """Send a request and wait for its answer, again if that is harmless.

        A request is repeated only when it is idempotent or was certainly not executed
        (no connection, or refused with 429).

        :raises SendingStopped: when ``allowed`` says no.
        :raises RedirectRefused: for 3xx; ``details["target"]`` is where it points.
        :raises ConnectionFailed: no connection, or an address that is none.
        :raises TlsFailed: the certificate is wrong or the handshake failed.
        :raises TimedOut: no answer in time.
        :raises RateLimited: 429, or the rate budget is spent for longer than the
            deadline; ``details["retry_after"]`` in seconds when known.
        :raises ServerFailed: 5xx.
        :raises BadAnswer: truncated, too big, badly compressed.
        """
        deadline = self.clock.monotonic() + self.settings.deadline
        attempt = 0
        while True:
            attempt += 1
            self._wait_for_budget(request, deadline)
            if self.allowed is not None and not self.allowed(request):
                raise SendingStopped(f"sending is stopped: {self._redact(request)}")
            outcome = self._attempt(request, attempt, deadline)
            if isinstance(outcome, Response):
                return outcome
            pause = self._pause(request, outcome, attempt, deadline)
            if pause is None:
                # Raised here, outside of any except block, so that no exception of
                # the HTTP library (whose text has the address with its query) hangs
                # on to ours.
                raise outcome.error
            self.clock.sleep(pause)

    # -- deciding ----------------------------------------------------------------------

    def _wait_for_budget(self, request: Request, deadline: float) -> None:
        if self.budget is None:
            return
        shop = request.shop or urlsplit(request.url).netloc
        wait = self.budget.reserve(shop, request.operation)
        if wait > deadline - self.clock.monotonic():
            raise RateLimited(
                f"rate budget spent: {self._redact(request)}", retry_after=wait
            )
        if wait > 0:
            self.clock.sleep(wait)

    def _pause(
        self, request: Request, failure: _Failure, attempt: int, deadline: float
    ) -> float | None:
        """Seconds to wait before the next attempt; ``None`` = give up."""
        settings = self.settings
        if failure.final or attempt >= settings.attempts:
            return None
        if failure.executed and not request.is_repeatable:
            return None
        if failure.wait is not None and failure.wait > settings.retry_after_cap:
            return None
        limit = min(settings.backoff_cap, settings.backoff * 2 ** (attempt - 1))
        pause = self.clock.uniform(0.0, limit) + (failure.wait or 0.0)
        if self.clock.monotonic() + pause >= deadline:
            return None
        return pause

    # -- one attempt -------------------------------------------------------------------

    def _attempt(
        self, request: Request, attempt: int, deadline: float
    ) -> Response | _Failure:
        started = self.clock.monotonic()
        failure: _Failure | None = None
        status: Any = "-"
        try:
            outcome = self._exchange(request, deadline)
        except requests.exceptions.RequestException as error:
            failure = self._understand(request, error)
        except urllib3.exceptions.HTTPError as error:
            failure = self._understand(request, error)
        except OSError as error:
            failure = self._understand(request, error)
        if failure is None:
            if isinstance(outcome, Response):
                status = outcome.status
            else:
                failure, status = outcome, outcome.error.details.get("status", "-")
        _logger.debug(
            "%s %s attempt %d: %s %s in %.0f ms",
            request.operation or "-",
            self._redact(request),
            attempt,
            status,
            failure.error.code if failure else "ok",
            (self.clock.monotonic() - started) * 1_000,
        )
        return failure or outcome

    def _exchange(self, request: Request, deadline: float) -> Response | _Failure:
        remaining = deadline - self.clock.monotonic()
        if remaining <= 0:
            return _Failure(
                TimedOut(f"deadline passed: {self._redact(request)}"),
                executed=False,
                final=True,
            )
        if request.authorise is not None:
            request = replace(request.authorise(request), authorise=None)
        answer = self._session.request(
            request.method.upper(),
            request.full_url,
            headers=self._headers(request),
            data=request.body,
            auth=_keep_headers,
            timeout=(
                min(self.settings.connect_timeout, remaining),
                min(self.settings.read_timeout, remaining),
            ),
            allow_redirects=False,
            stream=True,
            verify=True,
        )
        try:
            return self._judge(request, answer, deadline)
        finally:
            answer.close()

    def _judge(
        self, request: Request, answer: requests.Response, deadline: float
    ) -> Response | _Failure:
        status = answer.status_code
        if 300 <= status < 400 and "Location" in answer.headers:
            return self._redirected(request, answer)
        with _cut_off(answer, deadline - self.clock.monotonic()) as passed:
            try:
                body = self._read(request, answer, deadline)
            except Exception:
                if not passed.is_set():
                    raise
        if passed.is_set():
            return _Failure(
                TimedOut(f"deadline passed: {self._redact(request)}"), final=True
            )
        if isinstance(body, _Failure):
            return body
        response = Response(status, Headers(answer.headers.items()), body)
        if status == 429:
            wait = self._retry_after(response)
            return _Failure(
                RateLimited(
                    f"429 for {self._redact(request)}",
                    status=status,
                    retry_after=wait,
                ),
                executed=False,
                wait=wait,
            )
        if status >= 500:
            wait = self._retry_after(response)
            return _Failure(
                ServerFailed(
                    f"{status} for {self._redact(request)}: "
                    f"{self._redact(response.excerpt())}",
                    status=status,
                    retry_after=wait,
                    excerpt=self._redact(response.excerpt()),
                ),
                wait=wait,
            )
        if request.expect_json and response.ok:
            return self._parsed(request, response)
        return response

    def _parsed(self, request: Request, response: Response) -> Response | _Failure:
        """The response if its body is JSON: a cut answer can be whole next time."""
        try:
            response.json()
        except BadAnswer as error:
            details = error.details
            text = f"{error} for {self._redact(request)}"
        else:
            return response
        return _Failure(BadAnswer(self._redact(text), **details))

    def _read(
        self, request: Request, answer: requests.Response, deadline: float
    ) -> bytes | _Failure:
        limit = self.settings.max_bytes
        # urllib3 before 2.0 takes a body cut short for a whole one unless told.
        answer.raw.enforce_content_length = True
        chunks: list[bytes] = []
        size = 0
        for chunk in answer.iter_content(CHUNK_SIZE):
            size += len(chunk)
            if size > limit:
                return _Failure(
                    BadAnswer(
                        f"more than {limit} bytes for {self._redact(request)}",
                        limit=limit,
                    ),
                    final=True,
                )
            if self.clock.monotonic() > deadline:
                return _Failure(
                    TimedOut(f"deadline passed: {self._redact(request)}"), final=True
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _redirected(self, request: Request, answer: requests.Response) -> _Failure:
        target = urlsplit(urljoin(request.url, answer.headers["Location"]))
        # Without the query: it repeats ours, credentials included.
        shown = self._redact(
            urlunsplit((target.scheme, target.netloc, target.path, "", ""))
        )
        return _Failure(
            RedirectRefused(
                f"{answer.status_code} to {shown} for {self._redact(request)}",
                status=answer.status_code,
                target=shown,
            ),
            executed=False,
            final=True,
        )

    def _retry_after(self, response: Response) -> float | None:
        """Seconds of the ``Retry-After`` header (RFC 9110, 10.2.3)."""
        text = response.headers.get("Retry-After", "").strip()
        if not text:
            return None
        if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
            return float(text)
        moment = parse_http_date(text)
        if moment is None:
            return None
        # By the server's own clock where it tells it: ours may differ.
        return max(0.0, (moment - (response.date or self.clock.now())).total_seconds())

    # -- understanding what the HTTP library raises ------------------------------------

    def _understand(self, request: Request, error: Exception) -> _Failure:
        shown = self._redact(request)
        causes = list(_causes(error))

        def is_any(*types: type[BaseException]) -> bool:
            return any(isinstance(cause, types) for cause in causes)

        if is_any(requests.exceptions.SSLError, urllib3.exceptions.SSLError):
            return _Failure(
                TlsFailed(
                    f"{shown}: {self._redact(causes[-1])[:EXCERPT_SIZE]}",
                    host=urlsplit(request.url).hostname or "",
                ),
                executed=False,
                final=True,
            )
        if is_any(
            requests.exceptions.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError
        ) and not is_any(urllib3.exceptions.NewConnectionError):
            return _Failure(TimedOut(f"no connection: {shown}"), executed=False)
        if is_any(urllib3.exceptions.NewConnectionError):
            return _Failure(
                ConnectionFailed(
                    f"no connection: {shown}", host=urlsplit(request.url).hostname
                ),
                executed=False,
            )
        if is_any(
            requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError
        ):
            return _Failure(TimedOut(f"no answer: {shown}"))
        if is_any(
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
            urllib3.exceptions.IncompleteRead,
            urllib3.exceptions.DecodeError,
        ):
            return _Failure(BadAnswer(f"truncated or damaged answer: {shown}"))
        if is_any(
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema,
            requests.exceptions.InvalidHeader,
            urllib3.exceptions.LocationValueError,
            UnicodeError,
        ):
            return _Failure(
                ConnectionFailed(f"not an address: {shown}"),
                executed=False,
                final=True,
            )
        return _Failure(ConnectionFailed(f"connection lost: {shown}"))

    # -- helpers -----------------------------------------------------------------------

    def _redact(self, value: Any) -> str:
        return redact(value, self._secrets)

    def _headers(self, request: Request) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
        if request.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        elif request.json is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        headers.update(request.headers)
        return headers

    def _open_session(self) -> requests.Session:
        session = requests.Session()
        # A shop's cookies would make answers depend on the ones before.
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return session


def _keep_headers(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authentication that changes nothing: keeps ``.netrc`` from replacing ours."""
    return prepared


def _causes(error: BaseException) -> Iterable[BaseException]:
    """An exception and what it wraps, from the outside in."""
    seen: set[int] = set()
    todo: list[Any] = [error]
    while todo:
        current = todo.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        todo += [getattr(current, "reason", None), *current.args]
        todo += [current.__cause__, current.__context__]
