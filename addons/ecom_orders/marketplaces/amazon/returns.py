"""Returns of what the seller shipped: a report, read again and again.

Facts (documentation "Returns Reports"; the models know no columns): the report
``GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE`` is tab-separated with a line of names,
takes at most 60 days, and goes by the date on which a return was *requested* (not
confirmed, its name says "return date"). So each run reads the last :data:`WINDOW`
again: a return that has moved is another envelope, one that has not is the same one as
before, which is one row of the inbox. A row is one item of a return; rows of one
``Amazon RMA ID`` are one return.

Not confirmed: the words of ``Return request status``, the way in which dates are
written (``20-Sep-2026`` was seen), and the column ``Order Item ID``, which newer
reports have and the documentation does not. Names of columns are read in any spelling;
of what is missing nothing is made up. Two things the report does not tell: the time of
a change (the last date it names stands for it), and that a parcel is under way (a
tracking number is that of the label).

The interface for returns (External Fulfillment Returns 2024-09-11) is of Amazon's
programme for third-party warehouses: its orders are shipments of that programme and it
names no order item, so it is not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from ..base import RETURN, Envelope, OrderCursor, OrderPage
from ..errors import BadAnswer, NotFound, RequestRefused, TransportError
from ..reading import MAX_NOTE, Reader, clean
from ..schema import Return, ReturnKind, ReturnLine, ReturnStatus
from ..transport import Headers
from .api import Api
from .documents import Documents
from .listings import country_of, decoded, table

REPORT = "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE"
WINDOW = timedelta(days=60)
LIFE = timedelta(days=1)
"""A run that ends less than that ago has reached the present."""

POLLS = 4  # questions about a report that is being made, within 14 seconds
_NOTE = re.compile(r"@report:([^|]+)\|([^|]+)\|([^|]+)\|([^|]+)")

_STATUSES = {
    "pending": ReturnStatus.REQUESTED,
    "pendingapproval": ReturnStatus.REQUESTED,
    "approved": ReturnStatus.APPROVED,
    "authorized": ReturnStatus.APPROVED,
    "completed": ReturnStatus.CLOSED,
    "closed": ReturnStatus.CLOSED,
    "declined": ReturnStatus.REJECTED,
    "denied": ReturnStatus.REJECTED,
    "rejected": ReturnStatus.REJECTED,
    "cancelled": ReturnStatus.CANCELLED,
    "canceled": ReturnStatus.CANCELLED,
}
_ENDS = (ReturnStatus.CLOSED, ReturnStatus.REJECTED, ReturnStatus.CANCELLED)
_MONTHS = dict(
    zip(
        "jan feb mar apr may jun jul aug sep oct nov dec".split(),
        range(1, 13),
        strict=True,
    )
)
_WRITTEN_DATE = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3})[a-z]*[- ](\d{4})")


@dataclass(frozen=True)
class _Run:
    """A window, and the reports that were ordered for it by marketplace."""

    begin: datetime
    end: datetime
    reports: Mapping[str, str]

    def as_notes(self) -> frozenset[str]:
        """What a cursor keeps of it."""
        window = f"{self.begin.isoformat()}|{self.end.isoformat()}"
        return frozenset(f"@report:{window}|{m}|{r}" for m, r in self.reports.items())


class Returns:
    """Reads the returns of one seller."""

    def __init__(self, api: Api, documents: Documents):
        self._api = api
        self._documents = documents

    def next_page(self, cursor: OrderCursor) -> OrderPage:
        """See :meth:`~..base.Connector.fetch_returns`.

        A run that begins long ago is read in windows, one a page, in all marketplaces.
        What Amazon has not made within some seconds is fetched by a later call: the
        cursor knows the reports that were ordered.
        """
        ordered = self._ordered(cursor)
        run = ordered or self._order(cursor)
        try:
            envelopes = self._fetch(run)
        except (RequestRefused, NotFound):
            if not ordered:
                raise
            # Amazon gave up on what was ordered before; it may do better now.
            return self.next_page(OrderCursor(cursor.since))
        except TransportError:
            if ordered:
                raise
            envelopes = None  # what was ordered is not ordered again for that
        if envelopes is None:
            waiting = OrderCursor(run.begin, run.as_notes())
            return OrderPage((), waiting, more=False, waits=True)
        more = run.end < self._api.now() - LIFE
        return OrderPage(tuple(envelopes), OrderCursor(run.end), more)

    def _ordered(self, cursor: OrderCursor) -> _Run | None:
        """The run that a cursor knows of, if any."""
        matches = [m for note in cursor.seen if (m := _NOTE.fullmatch(note))]
        if not matches:
            return None
        begin, end = map(datetime.fromisoformat, matches[0].groups()[:2])
        if len({match[2] for match in matches}) > 1:
            return None
        reports = {match[3]: match[4] for match in matches}
        return _Run(begin, end, dict(sorted(reports.items())))

    def _order(self, cursor: OrderCursor) -> _Run:
        now = self._api.now()
        begin = min(cursor.since or now, now - WINDOW)
        end = min(begin + WINDOW, now)
        reports = {
            marketplace: self._documents.order_report(REPORT, marketplace, begin, end)
            for marketplace in self._api.marketplaces()
        }
        return _Run(begin, end, reports)

    def _fetch(self, run: _Run) -> list[Envelope] | None:
        """The returns of all reports; ``None`` when one is not ready yet."""
        found: list[Envelope] = []
        for marketplace, report_id in run.reports.items():
            answer = self._documents.finished_report(report_id, POLLS)
            if answer is None:
                return None
            found += read_report(*answer, country_of(marketplace))
        return found


def read_report(body: bytes, headers: Headers, country: str) -> Iterator[Envelope]:
    """Yield an envelope for each return of a report, in the order of their first rows.

    :raises BadAnswer: when it has not even the columns that matter.
    """
    columns, table_rows = table(decoded(body, headers, country))
    names = [_column(name) for name in columns]
    if body.strip() and not {"order-id", "return-quantity"} <= set(names):
        raise BadAnswer("a report of returns without its columns")
    found: dict[str, list[dict[str, str]]] = {}
    for values in table_rows:
        row = {
            name: clean(value, MAX_NOTE)
            for name, value in zip(names, values, strict=False)
            if name and value.strip()
        }
        if row.get("order-id"):
            found.setdefault(_identity(row), []).append(row)
    for identity, rows in found.items():
        yield Envelope.of(RETURN, identity, {"returnId": identity, "rows": rows})


def _column(name: str) -> str:
    """The name of a column without its spelling (``Order ID`` = ``order-id``)."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _identity(row: Mapping[str, str]) -> str:
    """A return without a number is known by its order and the day of the request."""
    number = row.get("amazon-rma-id") or row.get("merchant-rma-id")
    return number or f"{row['order-id']}/{row.get('return-request-date', '')}"


# -- understanding ---------------------------------------------------------------------


def normalise_return(payload: Any) -> Return:
    """Understand the rows of one return.

    A status that is not known is read as requested: a person looks at it.

    :raises PayloadError: with the path of what cannot be understood.
    """
    read = Reader(payload)
    rows = read.children("rows")
    if not rows:
        raise read.fail("rows", "are missing")
    first = rows[0]
    requested = _date(first, "return-request-date")
    if requested is None:
        raise first.fail("return-request-date", "is missing")
    delivered = [d for row in rows if (d := _date(row, "return-delivery-date"))]
    raw = first.text("return-request-status", 60)
    status = _STATUSES.get(re.sub(r"[^a-z]", "", raw.lower()), ReturnStatus.REQUESTED)
    if len(delivered) == len(rows) and status not in _ENDS:
        status = ReturnStatus.RECEIVED
    return_id = read.identifier("returnId")
    return Return(
        external_id=return_id,
        order_id=first.identifier("order-id"),
        status=status,
        raw_status=raw,
        created_at=requested,
        updated_at=max([requested, *delivered]),
        kind=ReturnKind.CUSTOMER,
        lines=tuple(_lines(rows, return_id)),
        tracking_number=_told(rows, "tracking-id"),
        carrier=_told(rows, "return-carrier"),
    )


def _lines(rows: Iterable[Reader], return_id: str) -> Iterator[ReturnLine]:
    for number, row in enumerate(rows):
        quantity = row.required_decimal("return-quantity")
        if quantity < 0:
            raise row.fail("return-quantity", "is negative")
        yield ReturnLine(
            external_id=f"{return_id}:{number}",
            order_line_id=row.text("order-item-id", 60),
            quantity=quantity,
            sku=row.text("merchant-sku", 200),
            reason=row.text("return-reason", 200),
        )


def _told(rows: Iterable[Reader], key: str) -> str:
    return next((text for row in rows if (text := row.text(key, 100))), "")


def _date(row: Reader, key: str) -> datetime | None:
    """A day, or a moment in ISO 8601, in UTC."""
    match = _WRITTEN_DATE.fullmatch(row.text(key, 40))
    if match is None:
        return row.moment(key)
    month = _MONTHS.get(match[2].lower())
    try:
        return datetime(int(match[3]), month or 0, int(match[1]), tzinfo=timezone.utc)
    except ValueError:
        raise row.fail(key, "is not a date") from None
