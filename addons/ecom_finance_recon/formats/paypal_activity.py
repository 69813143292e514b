"""PayPal activity download (CSV): localised headers, dates and numbers.

Amounts are signed; ``Gross + Fee = Net``. Conversions come as two rows. What a type
means is known for the words below only; anything else is suspense. The column names in
other languages than English, Spanish and Japanese are not confirmed by a file, nor are
the types in Japanese, which are suspense.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from .base import WALLET, Book, Draft, register, types
from .chain import BalanceChain
from .document import Document
from .moments import zone_named
from .schema import ZERO, FeeType, Kind
from .tables import Row, TableFormat, find_header

#: our word -> names of the column, by language
COLUMNS: dict[str, tuple[str, ...]] = {
    "date": ("date", "fecha", "datum", "data", "日付"),
    "time": ("time", "hora", "uhrzeit", "zeit", "heure", "ora", "tijd", "時間"),
    "zone": (
        "timezone",
        "time zone",
        "zona horaria",
        "zeitzone",
        "fuseau horaire",
        "fuso orario",
        "tijdzone",
        "fuso horário",
        "タイムゾーン",
    ),
    "type": (
        "type",
        "description",
        "tipo",
        "descripción",
        "typ",
        "beschreibung",
        "descrizione",
        "omschrijving",
        "descrição",
        "タイプ",
    ),
    "status": ("status", "estado", "état", "stato", "ステータス"),
    "currency": ("currency", "divisa", "währung", "devise", "valuta", "moeda", "通貨"),
    "gross": (
        "gross",
        "bruto",
        "brutto",
        "avant commission",
        "lordo",
        "bruto bedrag",
        "合計",
    ),
    "fee": (
        "fee",
        "comisión",
        "gebühr",
        "entgelt",
        "commission",
        "tariffa",
        "kosten",
        "tarifa",
        "手数料",
    ),
    "net": ("net", "neto", "netto", "líquido", "正味"),
    "balance": ("balance", "saldo", "guthaben", "solde", "残高"),
    "id": (
        "transaction id",
        "id. de transacción",
        "id de transacción",
        "transaktionscode",
        "numéro de transaction",
        "codice transazione",
        "transactiereferentie",
        "id da transação",
        "取引id",
    ),
    "reference": (
        "reference txn id",
        "id. de referencia de trans.",
        "zugehöriger transaktionscode",
        "numéro de la transaction de référence",
        "codice di riferimento transazione",
        "リファレンス トランザクションid",
    ),
    "invoice": (
        "invoice number",
        "invoice id",
        "id. de factura",
        "rechnungsnummer",
        "numéro de facture",
        "numero ricevuta",
        "numero fattura",
        "請求書番号",
    ),
    "custom": (
        "custom number",
        "número personalizado",
        "individuelle nummer",
        "カスタム番号",
    ),
    "name": ("name", "nombre", "nom", "nome", "naam", "名前"),
    "impact": ("balance impact", "auswirkung auf guthaben", "impact sur le solde"),
    "subject": (
        "subject",
        "item title",
        "asunto",
        "betreff",
        "objet",
        "oggetto",
        "件名",
    ),
}
#: without the status nobody knows which rows moved money
_NEEDED = ("date", "currency", "gross", "fee", "net", "id", "status")

KINDS = types(
    {
        Kind.SALE: (
            "general payment",
            "website payment",
            "mobile payment",
            "express checkout payment",
            "subscription payment",
            "ebay auction payment",
            "preapproved payment bill user payment",
            "pago estándar",
            "pago en sitio web",
            "pago exprés",
            "allgemeine zahlung",
            "website-zahlung",
            "paypal express-zahlung",
            "handyzahlung",
            "paiement express checkout",
            "paiement sur site marchand",
            "pagamento express checkout",
        ),
        Kind.REFUND: (
            "payment refund",
            "refund",
            "payment reversal",
            "reembolso de pago",
            "rückzahlung",
            "remboursement de paiement",
            "rimborso",
        ),
        Kind.CHARGEBACK: (
            "chargeback",
            "chargeback reversal",
            "general reversal of a chargeback",
            "rückbuchung",
            "retrocargo",
        ),
        Kind.CONVERSION: (
            "general currency conversion",
            "user initiated currency conversion",
            "currency conversion",
            "conversión de divisas general",
            "allgemeine währungsumrechnung",
            "conversion de devise standard",
            "conversione di valuta generica",
        ),
        Kind.TRANSFER: (
            "general withdrawal",
            "user initiated withdrawal",
            "auto-sweep",
            "bank deposit to pp account",
            "retirada general",
            "retirada iniciada por el usuario",
            "allgemeine abbuchung",
            "von nutzer eingeleitete abbuchung",
            "bankgutschrift auf paypal-konto",
            "virement standard",
            "virement à l'initiative de l'utilisateur",
            "prelievo generico",
        ),
        Kind.FEE: ("chargeback fee", "payout fee", "fee for paypal service"),
        Kind.RESERVE: (
            "general hold",
            "general hold release",
            "account hold for open authorization",
            "reversal of general account hold",
            "hold on balance for dispute investigation",
            "cancellation of hold for dispute resolution",
            "payment hold",
            "payment release",
            "reserve hold",
            "reserve release",
        ),
    }
)
_DEAD = frozenset(
    "denied canceled cancelled removed failed refused expired voided returned "
    "denegado cancelado abgelehnt storniert refusé annulé rifiutato annullato".split()
)
_MEMO_IMPACT = frozenset({"memo", "anotación", "notiz"})


@register
class PayPalActivity(TableFormat):
    """A settlement for each currency of the account."""

    code = "paypal_activity"
    title = "PayPal: activity download (CSV)"
    family = WALLET
    delimiters = (",", "\t", ";")

    def columns(self, document: Document) -> tuple[str, ...] | None:
        for delimiter in self.delimiters:
            for cells in document.head_rows(delimiter)[:5]:
                found = find_columns([cell.casefold() for cell in cells])
                if all(word in found for word in _NEEDED):
                    names = tuple(found[word] for word in _NEEDED)
                    if find_header(document, names, (delimiter,)):
                        return names
        return None

    def read_into(self, document: Document, book: Book) -> None:
        probe = self.table(document)
        found = find_columns(probe.names)
        table = self.table(
            document,
            amount_columns=[found[word] for word in ("gross", "fee", "net")],
            date_columns=[found["date"]],
            decimal=book.options.decimal,
            zone=book.options.zone,
        )
        nets: dict[int, Decimal] = defaultdict(lambda: ZERO)
        chains: dict[int, BalanceChain] = defaultdict(BalanceChain)
        for row in table:
            draft = book.draft("", row.text(found["currency"]).upper())
            nets[id(draft)] += self._read_row(row, found, draft, chains[id(draft)])
        for draft in book.drafts.values():
            draft.check("net", nets[id(draft)], draft.total)
            chain = chains[id(draft)]
            draft.opening, draft.closing = chain.opening, chain.closing
            if chain.gaps:  # filters leave rows out, so this alone is no fault
                draft.warn("balance_gaps")

    def _read_row(
        self, row: Row, found: dict[str, str], draft: Draft, chain: BalanceChain
    ) -> Decimal:
        """Add the lines; returns the net that counts."""
        get = {word: row.text(name) for word, name in found.items()}
        gross = row.need(found["gross"])
        fee = row.amount(found["fee"]) or ZERO
        net = row.need(found["net"])
        dead = get.get("status", "").casefold() in _DEAD
        memo = dead or get.get("impact", "").casefold() in _MEMO_IMPACT
        values = self._values(row, found, get)
        kind = Kind.MEMO if memo else self._kind(get.get("type", ""), gross)
        draft.add(
            row,
            kind,
            gross,
            part="gross",
            fee=FeeType.OTHER if kind is Kind.FEE else None,
            **values,
        )
        fee_kind = Kind.MEMO if memo else Kind.FEE
        draft.add(row, fee_kind, fee, part="fee", fee=FeeType.PAYMENT, **values)
        if memo:
            return ZERO
        balance = row.amount(found["balance"]) if "balance" in found else None
        if balance is not None:
            chain.add(net, balance)
        return net

    @staticmethod
    def _kind(word: str, gross: Decimal) -> Kind:
        kind = KINDS.get(word.strip().casefold(), Kind.SUSPENSE)
        if kind is Kind.SALE and gross < 0:
            return Kind.SUSPENSE  # a payment of ours: nobody can know what for
        return kind

    @staticmethod
    def _values(row: Row, found: dict[str, str], get: dict[str, str]) -> dict:
        zone = None
        if get.get("zone"):
            try:
                zone = zone_named(get["zone"])
            except ValueError:
                zone = None  # an abbreviation that is several zones: the default
        moment = None
        if get.get("date"):
            stamp = " ".join(filter(None, (get["date"], get.get("time", ""))))
            cells = {**row.cells, found["date"]: stamp}
            moment = Row(row.number, cells, row.table).moment(found["date"], zone)
        return {
            "type_code": "|".join(
                filter(None, (get.get("type", ""), get.get("status", "")))
            ),
            "order_ref": get.get("invoice") or get.get("custom") or "",
            "merchant_ref": get.get("custom") or "",
            "transaction_ref": get.get("id", ""),
            "related_ref": get.get("reference", ""),
            "posted_at": moment,
            "description": get.get("subject", ""),
            "partner": get.get("name", ""),
            "balance": row.amount(found["balance"]) if "balance" in found else None,
        }


def find_columns(names: list[str]) -> dict[str, str]:
    """Our words for the columns that a header has.

    ``type`` prefers the earlier of its names: some exports have both.
    """
    found = {}
    for word, known in COLUMNS.items():
        for name in known:
            if name in names:
                found[word] = name
                break
    return found
