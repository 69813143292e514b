"""PayPal reports by SFTP: settlement (STL) and transaction detail (TRR).

Source: developer.paypal.com/docs/reports/sftp-reports. The first cell is the type of
the record; amounts are unsigned and have two implied decimals in *every* currency, JPY
too. A file has a section for each account, totals for each currency. UTF-8 now, UTF-16
in older files; a column may be written with two spaces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation

from .base import WALLET, Book, Draft, Format, register
from .document import Document
from .errors import BadValue, FileDamaged
from .moments import read_moment
from .schema import ZERO, FeeType, Kind
from .tables import normal

#: by group of the event code (its first two digits), for what is credited
GROUPS: dict[str, Kind] = {
    "00": Kind.SALE,
    "01": Kind.FEE,
    "02": Kind.CONVERSION,
    "03": Kind.TRANSFER,  # from the bank
    "04": Kind.TRANSFER,  # to the bank: the payout
    "11": Kind.REFUND,
    "12": Kind.CHARGEBACK,
    "13": Kind.MEMO,  # authorisations
    "14": Kind.ADJUSTMENT,
    "15": Kind.RESERVE,
    "19": Kind.ADJUSTMENT,
    "20": Kind.TRANSFER,
    "21": Kind.RESERVE,
}
CODES: dict[str, tuple[Kind, FeeType | None]] = {
    "T0106": (Kind.FEE, FeeType.CHARGEBACK),
    "T1108": (Kind.FEE, FeeType.CHARGEBACK),
    "T1110": (Kind.RESERVE, None),
    "T1111": (Kind.RESERVE, None),
}
_MEMO_STATUS = frozenset("DPVF")  # denied, pending, void, failed: no money moved
RECORDS = frozenset({"RH", "FH", "SH", "CH", "SB", "SF", "SC", "RF", "RC", "FF"})


@dataclass
class _Record:
    """A body record as the row of its lines."""

    number: int
    raw: dict[str, str]


@dataclass
class _Sums:
    """Gross and fee, credited and debited, of one currency of one section."""

    gross_cr: Decimal = ZERO
    gross_dr: Decimal = ZERO
    fee_cr: Decimal = ZERO
    fee_dr: Decimal = ZERO


@dataclass
class _Section:
    account: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    day: str = ""
    columns: list[str] = field(default_factory=list)


@register
class PayPalReport(Format):
    """STL and TRR: one layout of records."""

    code = "paypal_report"
    title = "PayPal: settlement (STL), transaction detail (TRR)"
    family = WALLET

    def sniff(self, document: Document) -> int:
        if document.is_workbook:
            return 0
        for delimiter in (",", "\t"):
            for cells in document.head_rows(delimiter):
                first = cells[0] if cells else ""
                names = {normal(cell) for cell in cells}
                if first == "CH" and "transaction event code" in names:
                    return 98
                if first and first not in RECORDS:
                    return 0
        return 0

    def read_into(self, document: Document, book: Book) -> None:
        delimiter = "\t" if document.head.split("\n")[0].count("\t") > 2 else ","
        section = _Section()
        sums: dict[tuple[str, str], _Sums] = {}
        needed: set[tuple[str, str]] = set()  # settlements, which have totals
        footers: dict[str, list[tuple[str, list[str], int]]] = {"SF": [], "RF": []}
        for number, cells in document.rows(delimiter):
            record = cells[0].strip() if cells else ""
            if record == "SH":
                section = self._read_section(number, cells)
            elif record == "CH":
                section.columns = [normal(cell) for cell in cells]
            elif record == "SB":
                self._read_body(number, cells, section, book, sums, needed)
            elif record in footers:
                reference = self._reference(section) if record == "SF" else ""
                footers[record].append((reference, cells, number))
            elif record and record not in RECORDS:
                raise FileDamaged(f"row {number}: record {record[:20]!r}", why="record")
        self._close(book, sums, footers, needed)

    @staticmethod
    def _read_section(number: int, cells: list[str]) -> _Section:
        cells = [*cells, "", "", "", ""]
        return _Section(
            account=cells[3].strip(),
            starts_at=read_moment(cells[1], number, "period start"),
            ends_at=read_moment(cells[2], number, "period end"),
            day=cells[2].strip()[:10],
        )

    @staticmethod
    def _reference(section: _Section) -> str:
        return " ".join(filter(None, (section.account, section.day)))

    def _read_body(
        self, number, cells, section: _Section, book: Book, sums, needed
    ) -> None:
        settles = "transactional status" not in section.columns
        if not section.columns:
            raise FileDamaged(f"row {number}: no column header", why="no_header")
        raw = {
            name: cell.strip()
            for name, cell in zip(section.columns[1:], cells[1:], strict=False)
            if cell.strip()
        }
        record = _Record(number, raw)
        reference = self._reference(section)
        gross, currency = self._money(
            record, "transaction debit or credit", "gross transaction"
        )
        fee, fee_currency = self._money(record, "fee debit or credit", "fee")
        kind, fee_type = self._kind(raw, gross)
        values = self._values(record)
        for part, amount, unit, line_kind, line_fee in (
            ("gross", gross, currency, kind, fee_type),
            (
                "fee",
                fee,
                fee_currency or currency,
                self._fee_kind(kind),
                FeeType.PAYMENT,
            ),
        ):
            if amount is None:
                continue
            draft = self._draft(book, section, reference, unit)
            if settles:
                needed.add((reference, unit))
            draft.add(
                record,
                line_kind,
                amount,
                part=part,
                fee=line_fee,
                payout_ref=raw.get("bank reference id", "") if part == "gross" else "",
                **values,
            )
            if line_kind is not Kind.MEMO:
                self._tally(sums.setdefault((reference, unit), _Sums()), part, amount)

    @staticmethod
    def _fee_kind(kind: Kind) -> Kind:
        return Kind.MEMO if kind is Kind.MEMO else Kind.FEE

    @staticmethod
    def _tally(sums: _Sums, part: str, amount: Decimal) -> None:
        name = f"{part}_{'cr' if amount > 0 else 'dr'}"
        setattr(sums, name, getattr(sums, name) + amount.copy_abs())

    def _draft(self, book: Book, section: _Section, reference: str, currency: str):
        draft = book.draft(reference, currency)
        draft.account = section.account
        draft.starts_at, draft.ends_at = section.starts_at, section.ends_at
        return draft

    @staticmethod
    def _money(record: _Record, sign: str, what: str) -> tuple[Decimal | None, str]:
        amount = _minor(record.raw.get(f"{what} amount", ""), record.number, what)
        direction = record.raw.get(sign, "").upper()
        if amount and direction not in ("CR", "DR"):
            raise BadValue(
                f"row {record.number}: {sign}",
                row=record.number,
                column=sign,
                value=direction[:60],
            )
        currency = record.raw.get(f"{what} currency", "")
        if amount is None:
            return None, currency
        return (amount if direction == "CR" else -amount), currency

    @staticmethod
    def _kind(
        raw: dict[str, str], gross: Decimal | None
    ) -> tuple[Kind, FeeType | None]:
        code = raw.get("transaction event code", "").upper()
        if raw.get("transactional status", "S").upper() in _MEMO_STATUS:
            return Kind.MEMO, None
        if code in CODES:
            return CODES[code]
        match = re.fullmatch(r"T(\d{2})\d{2}", code)
        kind = GROUPS.get(match[1], Kind.SUSPENSE) if match else Kind.SUSPENSE
        if kind is Kind.SALE and gross is not None and gross < 0:
            return Kind.SUSPENSE, None  # a payment of ours: nobody can know what for
        return kind, FeeType.PAYMENT if kind is Kind.FEE else None

    @staticmethod
    def _values(record: _Record) -> dict:
        raw = record.raw
        return {
            "type_code": raw.get("transaction event code", ""),
            "order_ref": raw.get("invoice id", "") or raw.get("custom field", ""),
            "merchant_ref": raw.get("custom field", ""),
            "transaction_ref": raw.get("transaction id", ""),
            "related_ref": raw.get("paypal reference id", ""),
            "posted_at": read_moment(
                raw.get("transaction completion date", ""), record.number, "completion"
            ),
            "description": raw.get("transaction subject", ""),
            "partner": raw.get("consumer id", ""),
        }

    # -- control totals ------------------------------------------------------------

    def _close(self, book: Book, sums, footers, needed) -> None:
        by_section = footers["SF"]
        if not by_section:  # then the totals of the report serve its only section
            references = {reference for reference, _currency in book.drafts}
            if len(references) == 1:
                only = next(iter(references))
                by_section = [(only, cells, row) for _r, cells, row in footers["RF"]]
        told = set()
        for reference, cells, number in by_section:
            currency = cells[1].strip() if len(cells) > 1 else ""
            told.add((reference, currency))
            draft = book.draft(reference, currency)
            self._check(draft, cells, number, sums.get((reference, currency), _Sums()))
        for name, draft in book.drafts.items():
            if name in told:
                continue
            draft.warn("no_control_total")
            if name in needed:
                draft.check("total", None, draft.total)

    @staticmethod
    def _check(draft: Draft, cells: list[str], number: int, sums: _Sums) -> None:
        """Totals of gross and fees; then opening + movements = closing.

        Cells 7 to 10 are the available balance before and after, each behind its CR or
        DR; what the further balances mean is not confirmed, they are not read.
        """
        cells = [cell.strip() for cell in cells] + [""] * 12
        names = ("gross_cr", "gross_dr", "fee_cr", "fee_dr")
        declared = {
            name: _minor(cells[2 + place], number, name) or ZERO
            for place, name in enumerate(names)
        }
        total = (
            declared["gross_cr"]
            - declared["gross_dr"]
            + declared["fee_cr"]
            - declared["fee_dr"]
        )
        draft.check("total", total, draft.total)
        for name in names:
            draft.check(name, declared[name], getattr(sums, name))
        balances = []
        for place in (6, 8):
            amount = _minor(cells[place + 1], number, "balance")
            negative = cells[place].upper() == "DR"
            balances.append(-amount if amount and negative else amount)
        draft.opening, draft.closing = balances
        draft.check_balance()


def _minor(text: str, row: int, column: str) -> Decimal | None:
    """Unsigned minor units, a hundred to the unit whatever the currency."""
    text = text.strip()
    if not text:
        return None
    try:
        value = Decimal(text) if re.fullmatch(r"-?\d{1,15}", text) else None
    except InvalidOperation:
        value = None
    if value is None:
        raise BadValue(
            f"row {row}: {column} is not an amount: {text[:60]!r}",
            row=row,
            column=column,
            value=text[:60],
        )
    return value / 100
