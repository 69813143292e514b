"""Taobao / Tmall: bills of TOP (``taobao.bill.bills.get``, ``...book.bills.get``).

Source: TOP's metadata of these calls. Amounts of bills are what the seller is charged
(negative where it is given back; the unit, cents, is not confirmed), so their sign is
turned. What an ``account_id`` (科目) means is told by ``taobao.bill.accounts.get``: its
answer, in the same file, names the types; without it they are suspense by number.
Movements of the virtual account have a direction by ``journal_type``. Times are
China's.
"""

from __future__ import annotations

from decimal import Decimal

from .base import Book, Draft, Format, register
from .document import Document
from .moments import SHANGHAI
from .reading import Node, listing, pages
from .schema import ZERO, FeeType, Kind

CURRENCY = "CNY"  # Alipay's, whatever the company's is; bills name none
_CENT = Decimal("0.01")
#: account_type (费用科目类型) of taobao.bill.accounts.get
_ACCOUNT_TYPES: dict[str, tuple[Kind, FeeType | None]] = {
    "2": (Kind.SALE, None),
    "3": (Kind.FEE, FeeType.COMMISSION),
    "4": (Kind.FEE, FeeType.OTHER),
    "5": (Kind.FEE, FeeType.ADVERTISING),
}
#: 101 recharge, 102 deduction, 103 freeze, 104 unfreeze, 105/106 the same when frozen
_JOURNALS: dict[str, tuple[Kind, int]] = {
    "101": (Kind.TRANSFER, 1),
    "102": (Kind.TRANSFER, -1),
    "103": (Kind.RESERVE, -1),
    "104": (Kind.RESERVE, 1),
    "105": (Kind.MEMO, 1),
    "106": (Kind.MEMO, -1),
}
_UNPAID = frozenset({"0", "2"})


@register
class TaobaoBills(Format):
    """Answers of the bill calls, with or without that of the accounts."""

    code = "taobao_bills"
    title = "Taobao / Tmall: bills (TOP)"

    def sniff(self, document: Document) -> int:
        head = document.head if document.is_json else ""
        words = ('"bid"', '"account_id"', '"book_time"', '"bills"')
        return 95 if sum(word in head for word in words) >= 3 else 0

    def read_into(self, document: Document, book: Book) -> None:
        bodies = [_body(page) for page in pages(document.json())]
        accounts = {
            account.text("account_id"): account
            for body in bodies
            for account in body.children("accounts")
        }
        draft = book.draft("", CURRENCY)
        net, number = ZERO, 0
        zone = book.options.zone or SHANGHAI
        for body in bodies:
            for bill in body.children("bills"):
                number += 1
                bill.number = number
                net += self._read(bill, draft, accounts, zone)
        draft.check("net", net, draft.total)

    @staticmethod
    def _read(bill: Node, draft: Draft, accounts: dict[str, Node], zone) -> Decimal:
        """Add the line; returns what counts."""
        cents = bill.amount("amount") or ZERO
        journal = bill.text("journal_type")
        account = accounts.get(bill.text("account_id"))
        fee = None
        if journal:
            kind, sign = _JOURNALS.get(journal, (Kind.SUSPENSE, 1))
            amount = cents.copy_abs() * sign * _CENT
        else:
            amount = -cents * _CENT
            word = account.text("account_type") if account else ""
            kind, fee = _ACCOUNT_TYPES.get(word, (Kind.SUSPENSE, None))
            if bill.text("status") in _UNPAID:
                kind = Kind.MEMO
        name = account.text("account_name") if account else bill.text("account_id")
        draft.add(
            bill,
            kind,
            amount,
            identity=bill.text("bid"),
            fee=fee,
            type_code="|".join(filter(None, (name, journal))),
            order_ref=bill.text("trade_id"),
            item_ref=bill.text("order_id"),
            merchant_ref=bill.text("alipay_outno"),
            transaction_ref=bill.text("alipay_no") or bill.text("bid"),
            posted_at=bill.moment("pay_time", zone=zone)
            or bill.moment("book_time", zone=zone),
            description=bill.text("alipay_notice") or bill.text("description"),
        )
        return ZERO if kind is Kind.MEMO else amount


def _body(page) -> Node:
    """What is inside of ``..._response``, with TOP's lists in lists unpacked."""
    for name, value in page.items():
        if name.endswith("_response") and isinstance(value, dict):
            page = value
    found = {}
    for name in ("bills", "accounts"):
        value = page.get(name)
        if isinstance(value, dict):  # {"bills": {"bill": [...]}}
            inner = [one for one in value.values() if isinstance(one, list)]
            value = inner[0] if inner else []
        found[name] = listing(value)
    return Node(1, found)
