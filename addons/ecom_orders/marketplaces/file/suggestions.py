"""Guesses what the columns of a file mean, by their names and by what is in them.

The names are general knowledge of what shops and marketplaces write into their exports
(Shopify, Amazon, eBay, Etsy, Taobao and Tmall, JD, Pinduoduo and hand-made lists); none
of them is confirmed by a specification. A guess is always shown to a person first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from . import values
from .mapping import FIELDS, Kind, Mapping
from .names import NAMES, OVERRIDES, STATUS_WORDS

SAMPLE_ROWS = 200
BY_NAME, BY_PART, BY_CONTENT = 0.95, 0.7, 0.4
MISFIT = 0.5  # what is left of a guess whose cells do not read as it says

_DAY_FIRST = ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%y", "%d/%m/%y")
_MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")
_WORDED = ("%b-%d-%y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
_CLOCKS = ("", " %H:%M:%S", " %H:%M", ", %H:%M", " %I:%M:%S %p", " %I:%M %p")
#: Formats of times by what comes first in them; of those that begin with the year none
#: is needed (see :func:`.values.moment`).
DATE_FORMATS: dict[str, tuple[str, ...]] = {
    "month": tuple(day + clock for day in _MONTH_FIRST for clock in _CLOCKS),
    "day": tuple(day + clock for day in _DAY_FIRST for clock in _CLOCKS),
    "words": tuple(day + clock for day in _WORDED for clock in _CLOCKS),
}


@dataclass(frozen=True)
class Suggestion:
    """A mapping and how sure it is.

    :param confidence: 0 to 1 by column; a column that nobody knows is not in it.
    :param format: whose export it looks like, empty = nobody's in particular.
    """

    mapping: Mapping
    confidence: dict[str, float] = field(default_factory=dict)
    format: str = ""


def suggest_mapping(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Suggestion:
    """Guess a mapping.

    :param header: names of the columns (:attr:`~.table.Table.header`).
    :param rows: cells of some rows, as text.
    """
    sample = [tuple(row) for _n, row in zip(range(SAMPLE_ROWS), rows, strict=False)]
    cells = {
        name: [row[n] for row in sample if n < len(row) and row[n]]
        for n, name in enumerate(header)
    }
    found = find_format(header)
    special = {plain(k): name for k, name in OVERRIDES.get(found, {}).items()}
    guesses = _distinct(header, {name: _by_name(name, special) for name in header})
    decimal = _decimal(cells[c] for c, (f, _) in guesses.items() if _is_amount(f))
    formats = _date_formats(
        cell
        for column, (name, _) in guesses.items()
        if FIELDS[name] is Kind.MOMENT
        for cell in cells[column]
    )
    mapping = Mapping(decimal=decimal, date_formats=formats)
    columns, confidence = {}, {}
    for column, (name, sure) in guesses.items():
        fits = _fits(cells[column], FIELDS[name], mapping)
        columns[column] = name
        confidence[column] = round(sure if fits else sure * MISFIT, 2)
    words = {
        cell.lower()
        for column, name in columns.items()
        if FIELDS[name] is Kind.STATUS
        for cell in cells[column]
    }
    statuses = {w: STATUS_WORDS[w].value for w in sorted(words) if w in STATUS_WORDS}
    mapping = Mapping(
        columns=columns,
        constants=_constants(found, cells, columns),
        statuses=statuses,
        prices_include_tax=_includes_tax(found, sample, header),
        decimal=decimal,
        date_formats=formats,
        timezone="+08:00" if found in ("taobao", "jd", "pinduoduo") else "UTC",
    )
    return Suggestion(mapping, confidence, found)


# -- names -----------------------------------------------------------------------------


def plain(name: str) -> str:
    """A name of a column without case, width, punctuation and remarks in brackets."""
    text = unicodedata.normalize("NFKC", name).lower().replace("%", "percent")
    text = re.sub(r"\(\d+\)$|\([^)]*\)|\[[^\]]*\]|[(【（].*?[)】）]", "", text)
    return re.sub(r"[\W_]+", "", text)


_BY_NAME = {plain(name): field for field, names in NAMES.items() for name in names}


def known_names(cells: Iterable[str]) -> int:
    """How many cells are names of columns that somebody is known to use."""
    return sum(plain(cell) in _BY_NAME for cell in cells if cell)


def _by_name(column: str, special: dict[str, str]) -> tuple[str, float]:
    """The field of a column and how sure that is.

    :param special: fields by plain name in the export that it looks like.
    """
    name = plain(column)
    if not name or re.search(r" \(\d+\)$", column):
        return "", 0.0
    if name in special:
        return special[name], BY_NAME
    if name in _BY_NAME:
        return _BY_NAME[name], BY_NAME
    parts = [known for known in _BY_NAME if len(known) >= 5 and known in name]
    cjk = [k for k in _BY_NAME if len(k) >= 2 and not k.isascii() and k in name]
    best = max(parts + cjk, key=len, default="")
    # A name inside of a much longer one says little.
    if best and len(best) * 2 >= len(name):
        return _BY_NAME[best], BY_PART
    return "", 0.0


def _distinct(
    header: Sequence[str], guesses: dict[str, tuple[str, float]]
) -> dict[str, tuple[str, float]]:
    """One column for each field, the surest, the first of equals.

    Parts of an address may be several (province, city, district, street).
    """
    best: dict[str, str] = {}
    for column in header:
        name, sure = guesses[column]
        if name and (name not in best or sure > guesses[best[name]][1]):
            best[name] = column
    chosen = set(best.values())
    return {c: guesses[c] for c in header if c in chosen}


def known_status(word: str) -> str:
    """Value of the :class:`~..schema.OrderStatus` of a well-known word, else empty."""
    status = STATUS_WORDS.get(word.lower())
    return status.value if status else ""


def find_format(header: Iterable[str]) -> str:
    """Whose export it looks like, by columns that only they have (not confirmed)."""
    names = {plain(name) for name in header}
    signs = {
        "shopify": {"financialstatus", "lineitemname"},
        "amazon": {"amazonorderid"},
        "amazon_unshipped": {"orderitemid", "quantitypurchased"},
        "ebay": {"salesrecordnumber", "itemtitle"},
        "etsy": {"saledate", "transactionid", "listingid"},
        "taobao": {"主订单编号", "标题"},
        "taobao_orders": {"订单编号", "买家会员名"},
        "jd": {"订单号", "京东价"},
        "pinduoduo": {"商家实收金额"},
    }
    for form, wanted in signs.items():
        if {plain(name) for name in wanted} <= names:
            return form.partition("_")[0]
    return ""


def _constants(
    form: str, cells: dict[str, list[str]], columns: dict[str, str]
) -> dict[str, str]:
    if "currency" in columns.values():
        return {}
    if form in ("taobao", "jd", "pinduoduo"):
        return {"currency": "CNY"}
    signs = {"€": "EUR", "£": "GBP", "$": "USD", "円": "JPY", "元": "CNY"}
    text = "".join(
        "".join(cells[column]) for column, name in columns.items() if _is_amount(name)
    )
    found = [code for sign, code in signs.items() if sign in text]
    return {"currency": found[0]} if len(found) == 1 else {}


def _includes_tax(
    form: str, rows: Sequence[Sequence[str]], header: Sequence[str]
) -> bool:
    """Whether prices have the tax in them, by what adds up to the total.

    Shopify's ``Subtotal`` is after discounts; with tax on top of it, total = subtotal +
    shipping + taxes. Where nothing tells, they have.
    """
    if form == "amazon":
        return False
    places = {plain(name): n for n, name in enumerate(header)}
    names = ("subtotal", "shipping", "taxes", "total")
    if not all(name in places for name in names):
        return True
    for row in rows:
        cells = [row[places[name]] for name in names if places[name] < len(row)]
        try:
            subtotal, shipping, taxes, total = (values.amount(c, ".") for c in cells)
        except ValueError:
            continue
        if taxes:
            return abs(subtotal + shipping + taxes - total) > abs(taxes) / 2
    return True


# -- content ---------------------------------------------------------------------------


def _is_amount(name: str) -> bool:
    return FIELDS[name] is Kind.AMOUNT


def _decimal(columns: Iterable[Sequence[str]]) -> str:
    """The decimal mark under which more cells can be read; the point of equals."""
    cells = [cell for column in columns for cell in column]
    readable = {
        mark: sum(_reads(lambda cell=c, m=mark: values.amount(cell, m)) for c in cells)
        for mark in (".", ",")
    }
    if readable["."] == readable[","]:
        # "1,50" reads as one and a half only with the comma; "1,500" with both.
        return "."
    return max(readable, key=lambda mark: readable[mark])


def _date_formats(cells: Iterable[str]) -> tuple[str, ...]:
    """Formats for times that do not begin with the year; those that fit most.

    ``03/04/2026`` alone does not tell day from month: the day is taken to come first
    with points, the month with slashes, unless another cell says otherwise.
    """
    todo = [cell for cell in cells if not re.match(r"\d{4}\D", cell)]
    if not todo:
        return ()
    best, found = 0, ()
    for forms in DATE_FORMATS.values():
        used: dict[str, int] = {}
        for cell in todo:
            form = next((f for f in forms if _by_form(cell, f)), None)
            if form:
                used[form] = used.get(form, 0) + 1
        if sum(used.values()) > best:
            best, found = sum(used.values()), tuple(sorted(used, key=used.get))[::-1]
    return found


def _by_form(cell: str, form: str) -> bool:
    zone = Mapping().zone()
    return _reads(lambda: values.moment(cell, (form,), zone))


def _fits(cells: Sequence[str], kind: Kind, mapping: Mapping) -> bool:
    """Whether most of the cells can be read as what they are said to be."""
    if kind is Kind.AMOUNT:
        readable = [
            _reads(lambda c=c: values.amount(c, mapping.decimal)) for c in cells
        ]
    elif kind is Kind.MOMENT:
        zone = mapping.zone()
        readable = [
            _reads(lambda c=c: values.moment(c, mapping.date_formats, zone))
            for c in cells
        ]
    elif kind is Kind.CURRENCY:
        readable = [bool(re.fullmatch("[A-Za-z]{3}", cell)) for cell in cells]
    else:
        return True
    return sum(readable) * 2 >= len(readable)


def _reads(read) -> bool:
    try:
        read()
    except ValueError:
        return False
    return True
