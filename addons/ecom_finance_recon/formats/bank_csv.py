"""Bank statements as CSV: known words for the columns, else a mapping by a person.

Lines above and below the table may name the balance at the start and the end of the
period. A running balance must make one chain.
"""

from __future__ import annotations

from decimal import Decimal

from .amounts import parse_amount
from .base import BANK, Book, Draft, register
from .chain import BalanceChain
from .document import Document
from .moments import parse_moment
from .schema import ZERO, Kind
from .tables import Row, Table, TableFormat, normal

COLUMNS: dict[str, tuple[str, ...]] = {
    "date": (
        "date",
        "booking date",
        "transaction date",
        "value date",
        "posting date",
        "datum",
        "buchungstag",
        "buchungsdatum",
        "fecha",
        "data",
        "交易日期",
        "记账日期",
        "交易时间",
    ),
    "amount": (
        "amount",
        "betrag",
        "importe",
        "importo",
        "montant",
        "bedrag",
        "交易金额",
        "金额",
    ),
    "debit": ("debit", "soll", "débit", "debe", "cargo", "withdrawal", "支出", "借方"),
    "credit": (
        "credit",
        "haben",
        "crédit",
        "haber",
        "abono",
        "deposit",
        "收入",
        "贷方",
    ),
    "balance": ("balance", "saldo", "solde", "余额", "账户余额"),
    "currency": ("currency", "währung", "devise", "divisa", "valuta", "币种"),
    "label": (
        "label",
        "description",
        "details",
        "detail",
        "purpose",
        "verwendungszweck",
        "libellé",
        "concepto",
        "摘要",
        "memo",
    ),
    "reference": (
        "reference",
        "operation number",
        "referenz",
        "流水号",
        "transaction id",
    ),
    "partner": ("partner name", "name", "payee", "counterparty", "对方户名"),
    "original_amount": ("amount currency", "original amount"),
    "original_currency": ("original currency", "foreign currency"),
}
_OPENING = ("start of period", "opening balance", "anfangssaldo", "期初余额")
_CLOSING = ("end of period", "closing balance", "endsaldo", "期末余额")


@register
class BankCsv(TableFormat):
    """A statement with a date and an amount, or debit and credit."""

    code = "bank_csv"
    title = "Bank statement: CSV"
    family = BANK
    score = 20  # any format that knows more of a table is right

    def columns(self, document: Document) -> tuple[str, ...] | None:
        if document.is_xml or document.is_json:
            return None
        for delimiter in [","] if document.is_workbook else self.delimiters:
            for cells in document.head_rows(delimiter):
                found = find_columns([normal(cell) for cell in cells])
                both = "debit" in found and "credit" in found
                if "date" in found and ("amount" in found or both):
                    return tuple(
                        found[word]
                        for word in ("date", "amount", "debit", "credit")
                        if word in found
                    )
        return None

    def read(self, document: Document, book: Book) -> None:
        probe = self.table(document)
        found = find_columns(probe.names)
        money = [found[w] for w in ("amount", "debit", "credit") if w in found]
        table = self.table(
            document,
            amount_columns=money,
            date_columns=[found["date"]],
            decimal=book.options.decimal,
            zone=book.options.zone,
        )
        balances: dict[str, Decimal] = {}
        for cells in table.preamble:
            _read_balance(cells, table, balances)
        chains: dict[int, BalanceChain] = {}
        for row in table:
            if not _is_date(row, found["date"]):
                _read_balance(list(row.cells.values()), table, balances)
                continue
            currency = row.text(found["currency"]) if "currency" in found else ""
            draft = book.draft("", currency or book.options.currency)
            self._read_row(row, found, draft, chains)
        for draft in book.drafts.values():
            self._close(draft, chains.get(id(draft)), balances, len(book.drafts))

    @staticmethod
    def _read_row(row: Row, found: dict[str, str], draft: Draft, chains) -> None:
        if "amount" in found:
            amount = row.need(found["amount"])
        else:
            debit = row.amount(found["debit"]) or ZERO
            amount = (row.amount(found["credit"]) or ZERO) - debit.copy_abs()
        balance = row.amount(found["balance"]) if "balance" in found else None
        if balance is not None:
            chains.setdefault(id(draft), BalanceChain()).add(amount, balance)
        get = {word: row.text(name) for word, name in found.items()}
        draft.add(
            row,
            Kind.BANK,
            amount,
            transaction_ref=get.get("reference", ""),
            posted_at=row.moment(found["date"]),
            description=get.get("label", ""),
            partner=get.get("partner", ""),
            original_amount=row.amount(found["original_amount"])
            if "original_amount" in found
            else None,
            original_currency=get.get("original_currency", ""),
            balance=balance,
        )

    @staticmethod
    def _close(draft: Draft, chain, balances: dict[str, Decimal], count: int) -> None:
        if count == 1:
            draft.opening = balances.get("opening")
            draft.closing = balances.get("closing")
            draft.check_balance()
        if chain is not None:
            draft.check("balance_gaps", ZERO, Decimal(chain.gaps))
            if not draft.checks or draft.opening is None:
                draft.opening, draft.closing = chain.opening, chain.closing
        if not draft.checks:
            draft.warn("no_control_total")


def find_columns(names: list[str]) -> dict[str, str]:
    """Our words for the columns that a header has."""
    found = {}
    for word, known in COLUMNS.items():
        name = next((name for name in known if name in names), None)
        if name:
            found[word] = name
    return found


def _is_date(row: Row, column: str) -> bool:
    try:
        parse_moment(row.text(column), row.table.zone, row.table.day_first)
    except ValueError:
        return False
    return True


def _read_balance(cells: list[str], table: Table, balances: dict[str, Decimal]) -> None:
    """A balance that a line beside the table names."""
    text = " ".join(cells).casefold()
    for word, names in (("opening", _OPENING), ("closing", _CLOSING)):
        if not any(name in text for name in names):
            continue
        for cell in cells:
            try:
                amount = parse_amount(cell, table.decimal)
            except ValueError:
                continue
            if amount is not None:
                balances[word] = amount
