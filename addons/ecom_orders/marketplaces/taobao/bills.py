"""Bills of a shop on Taobao or Tmall: what the platform charges, day by day.

Facts (metadata of ``taobao.bill.bills.get`` and ``taobao.bill.accounts.get``): a
question spans a day at most, 40 to 100 bills a page, 5,000 bills in all; bills are
asked for by the time that Alipay took the money; ``account_id`` is a subject whose
name and type the other interface tells. Both are for merchants' own applications.

There is no payout: a day of Beijing is one document. That a day is complete some hours
after its end is not confirmed, nor whether the end of a span belongs to it: what is of
another day is left out. Movements of virtual accounts
(``taobao.bill.book.bills.get``) are not read: whether they are other money than the
bills' is not confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ..base import (
    OrderCursor,
    SettlementDocument,
    SettlementFeed,
    SettlementPage,
    canonical_json,
)
from ..errors import BadAnswer
from ..settlements import Listed, read_new
from .api import Api, has_next, rows
from .moments import BEIJING, to_text

BILLS = "taobao.bill.bills.get"
ACCOUNTS = "taobao.bill.accounts.get"
FEEDS = (SettlementFeed("bills", "Bills", interval=timedelta(hours=12)),)

PAGE = 100
MOST_PAGES = 50  # of one question: 5,000 bills
SETTLING = timedelta(hours=6)  # after midnight, until a day is taken for complete
FIRST_REACH = timedelta(days=30)
SECOND = timedelta(seconds=1)
BY_PAYMENT = 2  # time_type: when Alipay took the money

# Without what says who was paid (people's accounts), and without dates of
# modification, which would make the same bills other bytes.
_BILL_FIELDS = (
    "bid,account_id,amount,total_amount,status,book_time,pay_time,biz_time,"
    "trade_id,order_id,alipay_no,alipay_outno,alipay_notice"
)
_ACCOUNT_FIELDS = "account_id,account_code,account_name,account_type,related_order"


class Bills:
    """Reads the bills of one shop."""

    def __init__(self, api: Api):
        self._api = api

    def next_page(self, cursor: OrderCursor, skip: frozenset[str]) -> SettlementPage:
        """See :meth:`~..base.Connector.fetch_settlements`."""
        accounts = self._accounts()
        now = self._api.now()  # the platform's clock is known by an answer
        listed = _days(cursor.since or now - FIRST_REACH, now)
        return read_new(listed, cursor, lambda day: self._read(day, accounts), skip)

    def _read(
        self, day: Listed, accounts: list[Mapping[str, Any]]
    ) -> SettlementDocument | None:
        bills: dict[str, Any] = {}
        for bill in self._bills(day.row, day.row + timedelta(days=1) - SECOND):
            paid = str(bill.get("pay_time") or "")
            if paid and not paid.startswith(day.external_id):
                continue
            name = str(bill.get("bid") or "")
            if not name:
                raise BadAnswer("a bill without an id", operation=BILLS)
            bills[name] = bill
        if not bills:
            return None
        used = {str(bill.get("account_id")) for bill in bills.values()}
        body = canonical_json(
            {
                "accounts": [
                    account
                    for account in accounts
                    if str(account.get("account_id")) in used
                ],
                "bills": [bills[name] for name in sorted(bills)],
            }
        )
        name = f"taobao-bills-{day.external_id}.json"
        return SettlementDocument(day.external_id, name, body.encode())

    def _bills(self, start: datetime, end: datetime) -> Iterator[Mapping[str, Any]]:
        """All bills of a span; one with too many of them is halved."""
        found: list[Mapping[str, Any]] = []
        for number in range(1, MOST_PAGES + 1):
            answer = self._api.call(
                BILLS,
                fields=_BILL_FIELDS,
                time_type=BY_PAYMENT,
                start_time=to_text(start),
                end_time=to_text(end),
                page_no=number,
                page_size=PAGE,
            )
            page = _objects(answer.get("bills"))
            found += page
            if not has_next(answer, page, PAGE):
                yield from found
                return
        if end - start <= SECOND:
            raise BadAnswer("more bills in a second than can be asked for")
        middle = start + (end - start) // 2
        middle = middle.replace(microsecond=0)
        yield from self._bills(start, middle)
        yield from self._bills(middle + SECOND, end)

    def _accounts(self) -> list[Mapping[str, Any]]:
        answer = self._api.call(ACCOUNTS, fields=_ACCOUNT_FIELDS)
        return sorted(_objects(answer.get("accounts")), key=canonical_json)


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in rows(value) if isinstance(row, Mapping)]


def _days(since: datetime, now: datetime) -> Iterator[Listed]:
    """The days from a moment on, each complete some hours after its end."""
    day = since.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    while day < now:
        complete = day + timedelta(days=1) + SETTLING <= now
        yield Listed(f"{day:%Y-%m-%d}", day, complete, day)
        day += timedelta(days=1)
