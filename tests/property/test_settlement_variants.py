# ruff: noqa: E501 (lines are as long as providers write them)
"""Files of known formats as other countries and programs write them.

Each either closes to the total that it has, or is flagged; none is read as something
else in silence.
"""

import csv
import io
import random
from decimal import Decimal

import pytest
from ecom_finance_recon import formats
from ecom_finance_recon.formats.errors import FormatError
from ecom_finance_recon.formats.schema import UNCOUNTED, FeeType, Kind
from settlement_files import AMAZON_V2, EBAY, FILES, PAYPAL_ACTIVITY_EN, Sample

D = Decimal
#: formats that are one table below a header, as far as columns have names
TABLES = {
    name: sample
    for name, sample in FILES.items()
    if sample.code
    in {
        "amazon_v2",
        "amazon_v1",
        "shopify_payments",
        "stripe",
        "paypal_activity",
        "ebay_report",
        "adyen",
        "mercado_pago",
        "etsy",
        "bank_csv",
    }
    or name in {"amazon_v2", "amazon_v1", "shopify_csv", "stripe", "adyen", "etsy"}
}
PARAMS = [pytest.param(sample, id=name) for name, sample in TABLES.items()]


def delimiter_of(sample: Sample) -> str:
    header = max(sample.text.splitlines(), key=lambda line: len(line.split(",")))
    text = sample.text if "\t" in sample.text else header
    return max("\t;,", key=text.count)


def table(sample: Sample):
    """The rows of a file, and where the header is: the widest row that comes first."""
    mark = delimiter_of(sample)
    quoting = csv.QUOTE_NONE if mark == "\t" else csv.QUOTE_MINIMAL
    rows = list(csv.reader(io.StringIO(sample.text), delimiter=mark, quoting=quoting))
    width = max(map(len, rows))
    return rows, next(i for i, row in enumerate(rows) if len(row) == width), mark


def written(rows, mark, newline="\n") -> bytes:
    out = io.StringIO()
    if mark == "\t":
        out.write("".join(mark.join(row) + newline for row in rows))
    else:
        csv.writer(out, delimiter=mark, lineterminator=newline).writerows(rows)
    return out.getvalue().encode()


def totals(content: bytes):
    return sorted(one.total for one in formats.parse(content).settlements)


def closes_or_is_flagged(content: bytes, sample: Sample) -> None:
    parsed = formats.parse(content)
    assert parsed.format == sample.code
    found = sorted(one.total for one in parsed.settlements)
    if parsed.closes is not False:
        assert found == sorted(sample.decimals)


@pytest.mark.parametrize("sample", PARAMS)
def test_byte_order_mark_and_line_ends_change_nothing(sample):
    plain = sample.text.replace("\r\n", "\n")
    for text in (plain, plain.replace("\n", "\r\n"), "\ufeff" + plain):
        assert totals(text.encode()) == sorted(sample.decimals)
    for encoding in ("utf-16",):
        assert totals(plain.encode(encoding)) == sorted(sample.decimals)


@pytest.mark.parametrize("sample", PARAMS)
def test_empty_columns_at_the_end_change_nothing(sample):
    rows, header, mark = table(sample)
    wide = [row + ["", ""] if i >= header else row for i, row in enumerate(rows)]
    assert totals(written(wide, mark)) == sorted(sample.decimals)


@pytest.mark.parametrize("sample", PARAMS)
def test_unknown_columns_at_the_end_change_nothing(sample):
    rows, header, mark = table(sample)
    wide = []
    for number, row in enumerate(rows):
        if number == header:
            row = [*row, "Something New", "Something Else"]
        elif number > header and row:
            row = [*row, "17.50", "x"]
        wide.append(row)
    assert totals(written(wide, mark)) == sorted(sample.decimals)


#: of which the place of a column has a meaning: fees of eBay lie between two others
PLACED = {"ebay_report"}


@pytest.mark.parametrize(
    "sample", [one for one in PARAMS if one.values[0].code not in PLACED]
)
def test_columns_in_another_order_change_nothing(sample):
    rows, header, mark = table(sample)
    width = len(rows[header])
    for seed in range(4):
        order = list(range(width))
        random.Random(seed).shuffle(order)
        moved = [
            [row[i] if i < len(row) else "" for i in order]
            if number >= header and row
            else row
            for number, row in enumerate(rows)
        ]
        assert totals(written(moved, mark)) == sorted(sample.decimals)


@pytest.mark.parametrize("sample", PARAMS)
def test_missing_column_is_an_error_or_flagged(sample):
    """Whatever column is gone: nothing closes with another sum."""
    rows, header, mark = table(sample)
    for gone in range(len(rows[header])):
        less = [
            row[:gone] + row[gone + 1 :] if number >= header else row
            for number, row in enumerate(rows)
        ]
        try:
            parsed = formats.parse(written(less, mark))
        except FormatError:
            continue
        if parsed.closes:
            assert sorted(o.total for o in parsed.settlements) == sorted(
                sample.decimals
            )


# -- countries -------------------------------------------------------------------------


def amazon(currency, total, rows, decimal=".", moment="2026-06-16 10:11:12 UTC"):
    """A settlement V2 with sales and commissions, as a country writes it."""
    header = AMAZON_V2.text.splitlines()[0].split("\t")
    place = {name: header.index(name) for name in header}

    def row(**cells):
        found = [""] * len(header)
        for name, value in cells.items():
            found[place[name.replace("_", "-")]] = value
        found[place["settlement-id"]] = "S1"
        return "\t".join(found)

    lines = ["\t".join(header), row(total_amount=total, currency=currency)]
    lines += [
        row(
            transaction_type="Order",
            order_id="302-1",
            amount_type=group,
            amount_description=name,
            amount=amount.replace(".", decimal),
            posted_date_time=moment,
        )
        for group, name, amount in rows
    ]
    return "\n".join(lines) + "\n"


ROWS = (
    ("ItemPrice", "Principal", "1234.50"),
    ("ItemFees", "Commission", "-185.18"),
    ("ItemWithheldTax", "MarketplaceFacilitatorVAT-Principal", "-197.11"),
    ("ItemPrice", "Tax", "197.11"),
)


@pytest.mark.parametrize(
    ("currency", "total", "decimal", "moment", "encoding"),
    [
        ("EUR", "1049,32", ",", "16.06.2026 10:11:12 UTC", "utf-8"),
        ("EUR", "1049,32", ",", "16.06.2026 10:11:12 UTC", "cp1252"),
        ("EUR", "1.049,32", ",", "16/06/2026 10:11:12 UTC", "utf-8-sig"),
        ("GBP", "1049.32", ".", "16/06/2026 10:11:12 UTC", "utf-8"),
    ],
)
def test_amazon_of_europe(currency, total, decimal, moment, encoding):
    text = amazon(currency, total, ROWS, decimal, moment)
    (one,) = formats.parse(text.encode(encoding)).settlements
    assert (one.closes, one.total, one.currency) == (True, D("1049.32"), currency)
    assert {line.posted_at.day for line in one.lines} == {16}


def test_amazon_of_japan():
    """No digits behind the point, and the encoding of Japan."""
    rows = (("ItemPrice", "Principal", "3980"), ("ItemFees", "Commission", "-398"))
    text = amazon("JPY", "3582", rows).replace("302-1", "503-1")
    text = text.replace("Commission", "手数料")
    (one,) = formats.parse(text.encode("cp932")).settlements
    assert (one.closes, one.total, one.currency) == (True, D(3582), "JPY")
    # A word that nobody knows is suspense, with that word.
    (line,) = [line for line in one.lines if line.amount < 0]
    assert (line.kind, line.type_code.split("|")[-1]) == (Kind.SUSPENSE, "手数料")


PAYPAL = {
    "de": (
        "Datum;Uhrzeit;Zeitzone;Name;Typ;Status;Währung;Brutto;Entgelt;Netto;Transaktionscode;Zugehöriger Transaktionscode;Rechnungsnummer;Guthaben",
        "Website-Zahlung;Abgeschlossen",
        "Rückzahlung;Abgeschlossen",
    ),
    "fr": (
        "Date;Heure;Fuseau horaire;Nom;Type;État;Devise;Avant commission;Commission;Net;Numéro de transaction;Numéro de la transaction de référence;Numéro de facture;Solde",
        "Paiement Express Checkout;Terminé",
        "Remboursement de paiement;Terminé",
    ),
    "es": (
        "Fecha;Hora;Zona horaria;Nombre;Tipo;Estado;Divisa;Bruto;Comisión;Neto;Id. de transacción;Id. de referencia de trans.;Id. de factura;Saldo",
        "Pago exprés;Completado",
        "Reembolso de pago;Completado",
    ),
    "it": (
        "Data;Ora;Fuso orario;Nome;Tipo;Stato;Valuta;Lordo;Tariffa;Netto;Codice transazione;Codice di riferimento transazione;Numero fattura;Saldo",
        "Pagamento Express Checkout;Completato",
        "Rimborso;Completato",
    ),
    "ja": (
        "日付;時間;タイムゾーン;名前;タイプ;ステータス;通貨;合計;手数料;正味;取引ID;リファレンス トランザクションID;請求書番号;残高",
        "エクスプレスチェックアウト支払い;完了",
        "支払いの返金;完了",
    ),
}


@pytest.mark.parametrize("language", PAYPAL)
@pytest.mark.parametrize("mark", ",;\t")
def test_paypal_in_other_languages(language, mark):
    header, sale, refund = PAYPAL[language]
    rows = [
        header,
        f"25.01.2026;07:45:51;CET;Buyer;{sale};EUR;1.084,00;-34,25;1.049,75;TID1;;SO-1;1.049,75",
        f"26.01.2026;08:00:00;CET;Buyer;{refund};EUR;-84,00;0,00;-84,00;TID2;TID1;SO-1;965,75",
    ]
    content = written([row.split(";") for row in rows], mark)
    (one,) = formats.parse(b"\xef\xbb\xbf" + content).settlements
    assert (one.format, one.closes) == ("paypal_activity", True)
    assert (one.total, one.closing) == (D("965.75"), D("965.75"))
    kinds = {Kind.SALE, Kind.FEE, Kind.REFUND}
    if language == "ja":  # its words for types are not known: never a guess
        kinds = {Kind.SUSPENSE, Kind.FEE}
    assert {line.kind for line in one.lines} == kinds
    assert {line.order_ref for line in one.lines} == {"SO-1"}


def test_paypal_words_that_nobody_knows_are_suspense_and_still_close():
    text = PAYPAL_ACTIVITY_EN.text.replace(
        "Express Checkout Payment", "Zahlung mit Klee"
    )
    (one,) = formats.parse(text.encode()).settlements
    assert one.closes
    assert Kind.SUSPENSE in {line.kind for line in one.lines}


EBAY_DE = """--
Transaktionsbericht
Verkäufer;haendler
Datum der Transaktionserstellung;Typ;Bestellnummer;Alte Bestellnummer;Nutzername des Käufers;Betrag abzügl. Kosten;Auszahlungswährung;Auszahlungsdatum;Auszahlung Nr.;Auszahlungsmethode;Auszahlungsstatus;Grund;Artikelnummer;Transaktionsnummer;Angebotstitel;Bestandseinheit;Stückzahl;Zwischensumme Artikel;Verpackung und Versand;Vom Verkäufer einbehaltene Steuer;Von eBay einbehaltene Steuer;Vom Verkäufer angegebener MwSt.-Satz;Fixer Anteil der Verkaufsprovision;Variabler Anteil der Verkaufsprovision;Gebühr für unterdurchschnittlichen Servicestatus;Internationale Gebühr;Transaktionsbetrag (inkl. Kosten);Transaktionswährung;Wechselkurs;Referenznummer;Beschreibung
31. Aug 2026;Bestellung;20-1;20-1;b;1.019,40;EUR;2. Sep 2026;55;BANK;Gesendet;--;9001;8001;Eins;SKU-1;1;1.020,00;3,26;--;--;19 %;-0,35;-3,51;--;--;1.023,26;EUR;--;--;--
31. Aug 2026;Andere Gebühr;--;--;--;-0,89;EUR;2. Sep 2026;55;BANK;Gesendet;--;--;--;--;--;--;--;--;--;--;--;--;--;--;--;-0,89;EUR;--;FEE-1;Anzeigengebühr
1. Sep 2026;Rückerstattung;20-0;20-0;c;-8,50;EUR;2. Sep 2026;55;BANK;Gesendet;--;--;--;--;--;--;--;--;--;--;--;0,30;1,20;--;--;-10,00;EUR;--;Abbruch;--
2. Sep 2026;Auszahlung;--;--;--;-1.010,01;EUR;--;55;BANK;Gesendet;--;--;--;--;--;--;--;--;--;--;--;--;--;--;--;-1.010,01;EUR;--;--;--
"""


def test_ebay_of_germany():
    (one,) = formats.parse(EBAY_DE.encode()).settlements
    assert (one.format, one.closes, one.currency) == ("ebay_report", True, "EUR")
    assert (one.total, one.payout, one.account) == (
        D("1010.01"),
        D("-1010.01"),
        "haendler",
    )
    kinds = {line.kind for line in one.lines}
    assert kinds == {Kind.SALE, Kind.REFUND, Kind.FEE, Kind.PAYOUT}
    commission = sum(x.amount for x in one.lines if x.fee is FeeType.COMMISSION)
    assert commission == D("-0.35") - D("3.51") + D("0.30") + D("1.20")


def test_ebay_of_the_united_kingdom_tells_the_rate_of_the_vat_which_is_no_fee():
    text = EBAY.text.replace(
        "eBay collected tax,", "eBay collected tax,Seller specified VAT rate,"
    )
    lines = text.splitlines()
    place = lines[3].split(",").index("Seller specified VAT rate")
    rows = list(csv.reader(lines[4:]))
    rows = [[*row[:place], "20 %", *row[place:]] for row in rows]
    content = "\n".join(lines[:4]).encode() + b"\n" + written(rows, ",")
    (one,) = formats.parse(content).settlements
    assert (one.closes, one.total) == (True, D("1010.01"))


@pytest.mark.parametrize("sample", PARAMS)
def test_a_digit_more_in_any_amount_never_closes_as_the_same(sample):
    """One amount is ten times as much: another total, or flagged, or an error."""
    rows, header, mark = table(sample)
    pick = random.Random(7)
    for _ in range(30):
        changed = [list(row) for row in rows]
        row = pick.choice(changed[header + 1 :])
        places = [
            i
            for i, cell in enumerate(row)
            if cell.strip("-").replace(".", "").replace(",", "").isdigit()
            and "," in cell + ","
            and "." in cell
        ]
        if not places:
            continue
        place = pick.choice(places)
        row[place] = row[place].replace(".", "", 1)
        try:
            parsed = formats.parse(written(changed, mark))
        except FormatError:
            continue
        for one in parsed.settlements:
            counted = [x.amount for x in one.lines if x.kind not in UNCOUNTED]
            assert one.total == sum(counted, D(0))
