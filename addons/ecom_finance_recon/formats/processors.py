"""Payment processors with one plain table: Braintree, Checkout.com, dLocal, Trustly."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from .amounts import read_amount
from .base import Book, Draft, Format, register, types
from .document import Document
from .errors import FileDamaged
from .moments import read_moment
from .schema import ZERO, FeeType, Kind
from .tables import Row, TableFormat, find_header, normal


@register
class Braintree(TableFormat):
    """Transaction-level fee report: settled amount and total fee, by deposit."""

    code = "braintree"
    title = "Braintree: transaction-level fees"
    required = (
        "transaction id",
        "transaction type",
        "settlement currency",
        "settlement amount",
        "total fee amount",
    )
    kinds = types(
        {
            Kind.SALE: ("sale",),
            Kind.REFUND: ("credit", "refund"),
            Kind.CHARGEBACK: ("chargeback",),
        }
    )

    def read_into(self, document: Document, book: Book) -> None:
        table = self.table(document, amount_columns=("settlement amount",))
        for row in table:
            currency = row.text("settlement currency")
            draft = book.draft(row.text("deposit id", "disbursement date"), currency)
            draft.account = row.text("merchant account id")
            draft.deposit_at = row.moment("disbursement date")
            self._read_row(row, draft)
        for draft in book.drafts.values():
            draft.warn("no_control_total")

    def _read_row(self, row: Row, draft: Draft) -> None:
        word = row.text("transaction type").lower()
        kind = self.kinds.get(word, Kind.SUSPENSE)
        settled = row.need("settlement amount")
        if kind is Kind.REFUND:
            settled = -settled.copy_abs()
        shown = row.amount("presentment amount")
        values = {
            "type_code": word,
            "order_ref": row.text("order id"),
            "transaction_ref": row.text("transaction id"),
            "related_ref": row.text("original transaction id"),
            "payout_ref": draft.reference,
            "posted_at": row.moment("settlement date"),
            "original_amount": shown and shown.copy_abs().copy_sign(settled),
            "original_currency": row.text("presentment currency"),
        }
        draft.add(row, kind, settled, part="settled", **values)
        fee = row.amount("total fee amount")
        draft.add(
            row,
            Kind.FEE,
            -fee if fee else None,
            part="fee",
            fee=FeeType.PAYMENT,
            **values,
        )


@register
class CheckoutPayouts(TableFormat):
    """Checkout.com payouts: one row for each payout, a column for each component."""

    code = "checkout_com"
    title = "Checkout.com: payouts"
    required = ("client entity id", "holding currency", "payout id", "payout amount")
    kinds = {
        "payments": Kind.SALE,
        "refunds": Kind.REFUND,
        "chargebacks": Kind.CHARGEBACK,
        "pay to cards": Kind.TRANSFER,
        "adjustments": Kind.ADJUSTMENT,
        "tax": Kind.FEE_TAX,
        "transfers in": Kind.TRANSFER,
        "transfers out": Kind.TRANSFER,
    }

    def read_into(self, document: Document, book: Book) -> None:
        table = self.table(document, amount_columns=("payout amount", "payments"))
        start = table.names.index("payout amount") + 1
        columns = [name for name in table.names[start:] if name]
        for row in table:
            draft = book.draft(row.text("payout id"), row.text("holding currency"))
            draft.account = row.text("currency account id", "client entity id")
            draft.deposit_at = row.moment("payout date")
            draft.starts_at = row.moment("reporting start date")
            draft.ends_at = row.moment("reporting end date")
            for column in columns:
                self._add(row, draft, column)
            draft.check("payout", row.amount("payout amount"), draft.total)

    def _add(self, row: Row, draft: Draft, column: str) -> None:
        kind = self.kinds.get(column)
        if kind is None:
            words = column.split()
            is_fee = words[-1] in ("fees", "fee", "premiums")
            kind = Kind.FEE if is_fee else Kind.SUSPENSE
        is_chargeback = "chargeback" in column or "representment" in column
        fee = FeeType.CHARGEBACK if is_chargeback else FeeType.PAYMENT
        draft.add(
            row,
            kind,
            row.amount(column),
            part=column,
            type_code=column,
            fee=fee if kind is Kind.FEE else None,
            payout_ref=draft.reference,
            posted_at=draft.deposit_at,
        )


@register
class DLocal(Format):
    """dLocal: a header row with totals, then rows with six decimals.

    Rows add up to more digits than are paid, so the control total is compared after
    rounding to its own.
    """

    code = "dlocal"
    title = "dLocal: settlement report"
    columns = ("row_type", "settlement_currency", "net_total_amount", "transfer_id")
    kinds = types(
        {
            Kind.SALE: ("payment", "capture"),
            Kind.REFUND: ("refund", "refund_reversal"),
            Kind.CHARGEBACK: ("chargeback", "chargeback_reversal"),
            Kind.ADJUSTMENT: ("adjustment",),
            Kind.FEE: ("settlement_fee", "fee"),
        }
    )

    def sniff(self, document: Document) -> int:
        return 95 if find_header(document, self.columns, (",", ";")) else 0

    def read_into(self, document: Document, book: Book) -> None:
        found = find_header(document, self.columns, (",", ";"))
        if found is None:
            raise FileDamaged("the header is missing", why="no_header")
        names: list[str] = []
        draft, head = None, {}
        sums = dict.fromkeys(("gross", "fee", "net"), ZERO)
        settings = _Plain()
        for number, cells in document.rows(found[0]):
            if normal(cells[0] if cells else "") == "row_type":
                names = [normal(cell) for cell in cells]
                continue
            values = {
                name: cell.strip()
                for name, cell in zip(names, cells, strict=False)
                if name and cell.strip()
            }
            if not values:
                continue
            row = Row(number, values, settings)
            if row.text("row_type").upper() == "HEADER":
                head = self._read_head(row)
                draft = book.draft(
                    row.text("transfer_id"), row.text("settlement_currency")
                )
                draft.deposit_at = row.moment("transfer_date")
                continue
            if draft is None:
                raise FileDamaged(f"row {number}: no totals above", why="no_header")
            self._read_row(row, draft, sums)
        if draft is None:
            raise FileDamaged("the totals are missing", why="no_header")
        for name, code in (("net", "total"), ("gross", "gross"), ("fee", "fee")):
            total = sums[name].quantize(Decimal("0.01"), ROUND_HALF_UP)
            draft.check(code, head[name], total)

    @staticmethod
    def _read_head(row: Row) -> dict[str, Decimal | None]:
        names = ("gross", "fee", "net")
        return {name: row.amount(f"{name}_total_amount") for name in names}

    def _read_row(self, row: Row, draft: Draft, sums: dict[str, Decimal]) -> None:
        word = row.text("row_type").lower()
        kind = self.kinds.get(word, Kind.SUSPENSE)
        amounts = {
            name: row.amount(f"{name}_amount") or ZERO
            for name in ("gross", "fee", "net")
        }
        for name, amount in amounts.items():
            sums[name] += amount
        values = {
            "type_code": word,
            "order_ref": row.text("transaction_id"),
            "merchant_ref": row.text("transaction_id"),
            "transaction_ref": row.text("dlocal_transaction_id"),
            "payout_ref": draft.reference,
            "posted_at": row.moment("approved_date"),
            "description": row.text("description"),
            "original_amount": row.amount("local_amount"),
            "original_currency": row.text("local_currency"),
        }
        draft.add(row, kind, amounts["gross"], part="gross", **values)
        draft.add(
            row, Kind.FEE, amounts["fee"], part="fee", fee=FeeType.PAYMENT, **values
        )


class _Plain:
    """What :class:`~.tables.Row` asks its table for."""

    decimal, day_first, zone = ".", True, None


@register
class Trustly(Format):
    """Trustly P11 funding report: positional records H, I, F, L.

    Positions are read from a file, no specification confirms them: the amount is cell
    15, the fee cell 22, the merchant's reference cell 20 (from 0) of an ``I`` record;
    the third cell of ``L`` is the gross total, the fifth what is paid.
    """

    code = "trustly"
    title = "Trustly: funding report (P11)"
    amount, fee, reference, currency, moment = 15, 22, 20, 14, 12

    def sniff(self, document: Document) -> int:
        if document.is_workbook:
            return 0
        rows = document.head_rows(",")
        first = rows[0] if rows else []
        return (
            95 if first[:1] == ["H"] and first[1:2] in (["P11KFUN"], ["P11KREC"]) else 0
        )

    def read_into(self, document: Document, book: Book) -> None:
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        draft, last = None, None
        for number, cells in document.rows(","):
            cells = [cell.strip() for cell in cells] + [""] * 24
            if cells[0] == "H":
                draft = book.draft(cells[5] and f"{cells[5]} {cells[4][:10]}")
                draft.starts_at = read_moment(cells[3], number, "start")
                draft.ends_at = read_moment(cells[4], number, "end")
            elif cells[0] == "I" and draft:
                self._read_item(number, cells, draft, sums)
            elif cells[0] == "F" and draft:
                draft.currency = draft.currency or cells[4]
            elif cells[0] == "L":
                last = (
                    read_amount(cells[2], ".", number, "gross"),
                    read_amount(cells[4], ".", number, "paid"),
                )
        if draft is None:
            raise FileDamaged("the header is missing", why="no_header")
        draft.check("total", last[1] if last else None, draft.total)
        draft.check("gross", last[0] if last else None, sums["gross"])

    def _read_item(self, number: int, cells: list[str], draft: Draft, sums) -> None:
        raw = {str(place): cell for place, cell in enumerate(cells) if cell}
        row = Row(number, raw, _Plain())
        gross = row.need(str(self.amount))
        sums["gross"] += gross
        word = cells[10]
        kind = {"Capture": Kind.SALE, "Refund": Kind.REFUND}.get(word, Kind.SUSPENSE)
        values = {
            "currency": cells[self.currency],
            "type_code": word,
            "order_ref": cells[self.reference],
            "merchant_ref": cells[self.reference],
            "transaction_ref": cells[1],
            "posted_at": read_moment(cells[self.moment], number, "processed"),
        }
        draft.add(row, kind, gross, part="gross", **values)
        draft.add(
            row,
            Kind.FEE,
            row.amount(str(self.fee)),
            part="fee",
            fee=FeeType.PAYMENT,
            **values,
        )
