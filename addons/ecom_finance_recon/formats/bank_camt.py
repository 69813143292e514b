"""camt.053 statements (also 052 and 054) of ISO 20022, any version, as a stream.

An entry's direction is its ``CdtDbtInd``: ``RvslInd`` only says that it undoes another
one (ISO 20022 message definition report of camt.053), and is kept in the type. A batch
whose details have amounts that add up to the entry becomes a line for each detail.
Pending entries are memos.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from .amounts import read_amount
from .base import BANK, Book, Draft, Format, register
from .document import Document
from .errors import FileDamaged
from .moments import read_moment
from .schema import ZERO, Kind

_STATEMENTS = frozenset({"Stmt", "Ntfctn", "Rpt"})


@dataclass
class _Entry:
    """What lines of an entry come from."""

    number: int
    raw: dict[str, str]


@register
class Camt(Format):
    """A settlement for each statement in the message."""

    code = "camt"
    title = "Bank statement: camt.053 (ISO 20022)"
    family = BANK

    def sniff(self, document: Document) -> int:
        found = document.is_xml and re.search(r"camt\.05[234]\.001", document.head)
        return 95 if found else 0

    def read_into(self, document: Document, book: Book) -> None:
        number, draft = 0, None
        balances: dict[str, Decimal] = {}
        for name, element in _elements(document):
            if name == "start":
                draft, balances = _Pending(book), {}
            elif draft is None:
                raise FileDamaged("an entry outside of a statement", why="xml")
            elif name == "Bal":
                self._read_balance(element, balances)
            elif name == "Ntry":
                number += 1
                self._read_entry(element, number, draft.get(element.getparent()))
            else:
                self._close(draft.get(element), balances)

    @staticmethod
    def _read_balance(element, balances: dict[str, Decimal]) -> None:
        code = _text(element, "Tp/CdOrPrtry/Cd")
        amount = _amount(element, 0)
        if amount is not None:
            balances.setdefault(code, amount)

    def _read_entry(self, element, number: int, draft: Draft) -> None:
        amount = _amount(element, number)
        if amount is None:
            raise FileDamaged(f"entry {number} has no amount", why="xml")
        currency = _child(element, "Amt").get("Ccy", "")
        draft.currency = draft.currency or currency
        status = _text(element, "Sts/Cd") or _text(element, "Sts")
        kind = Kind.MEMO if status.startswith("PDNG") else Kind.BANK
        details = _all(element, "NtryDtls/TxDtls")
        parts = [_amount(detail, number, amount) for detail in details]
        if len(details) < 2 or None in parts or sum(parts, ZERO) != amount:
            parts, details = [amount], details[:1] or [None]
        common = {
            "currency": currency,
            "type_code": _type_code(element),
            "posted_at": _moment(element, "BookgDt", number)
            or _moment(element, "ValDt", number),
        }
        for detail, part in zip(details, parts, strict=True):
            entry = _Entry(number, _flat(element, detail))
            draft.add(entry, kind, part, **common, **_details(element, detail))

    @staticmethod
    def _close(draft: Draft, balances: dict[str, Decimal]) -> None:
        draft.opening = balances.get("OPBD", balances.get("PRCD"))
        draft.closing = balances.get("CLBD")
        draft.check_balance()


class _Pending:
    """Makes the draft of a statement when its head is known."""

    def __init__(self, book: Book):
        self.book = book
        self.draft: Draft | None = None

    def get(self, statement) -> Draft:
        """The draft; the head of the statement is read the first time."""
        if self.draft is None:
            reference = _text(statement, "Id") or "statement"
            count = sum(name[0] == reference for name in self.book.drafts)
            unique = f"{reference}#{count + 1}" if count else reference
            draft = self.book.draft(unique, _text(statement, "Acct/Ccy"))
            draft.reference = reference
            draft.account = _text(statement, "Acct/Id/IBAN") or _text(
                statement, "Acct/Id/Othr/Id"
            )
            draft.starts_at = _moment_text(statement, "FrToDt/FrDtTm")
            draft.ends_at = _moment_text(statement, "FrToDt/ToDtTm")
            self.draft = draft
        return self.draft


def _elements(document: Document) -> Iterator[tuple[str, object]]:
    """Balances, entries and statements as they end; entries are dropped afterwards."""
    from lxml import etree

    with document.source.open() as stream:
        try:
            parser = etree.iterparse(
                stream,
                events=("start", "end"),
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
            )
            depth = None
            for event, element in parser:
                name = _local(element)
                if event == "start":
                    if name in _STATEMENTS:
                        depth = element
                        yield "start", element
                    continue
                parent = element.getparent()
                if depth is None or (parent is not depth and element is not depth):
                    continue
                if element is depth:
                    yield "end", element
                    element.clear()
                    depth = None
                elif name in ("Bal", "Ntry"):
                    yield name, element
                    element.clear()
                    before = element.getprevious()
                    if before is not None and _local(before) == "Ntry":
                        parent.remove(before)
        except etree.XMLSyntaxError as error:
            raise FileDamaged(f"not XML: {error}", why="xml") from None


def _local(element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child(element, name: str):
    return next((child for child in element if _local(child) == name), None)


def _all(element, path: str) -> list:
    found = [element]
    for name in path.split("/"):
        found = [child for one in found for child in one if _local(child) == name]
    return found


def _text(element, path: str) -> str:
    if element is None:
        return ""
    return next(((one.text or "").strip() for one in _all(element, path)), "")


def _amount(element, number: int, like: Decimal | None = None) -> Decimal | None:
    """The signed amount of a balance, entry or detail.

    :param like: of the entry, whose direction a detail without its own has.
    """
    text = _text(element, "Amt") or (
        _text(element, "AmtDtls/TxAmt/Amt") if like is not None else ""
    )
    amount = read_amount(text, ".", number, "Amt") if text else None
    if amount is None:
        return None
    direction = _text(element, "CdtDbtInd")
    if not direction and like is not None:
        return amount.copy_sign(like)
    return -amount if direction == "DBIT" else amount


def _type_code(element) -> str:
    parts = [
        _text(element, f"BkTxCd/{path}")
        for path in ("Domn/Cd", "Domn/Fmly/Cd", "Domn/Fmly/SubFmlyCd", "Prtry/Cd")
    ]
    if _text(element, "RvslInd") in ("true", "1"):
        parts.append("reversal")
    return "|".join(filter(None, parts))


def _details(entry, detail) -> dict:
    """References, texts and the other party of a line."""
    texts = [
        (one.text or "").strip()
        for path in ("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "AddtlTxInf")
        for one in (_all(detail, path) if detail is not None else [])
    ]
    texts.append(_text(entry, "AddtlNtryInf"))
    party = next(
        filter(
            None,
            (
                _text(detail, f"RltdPties/{side}{path}/Nm")
                for side in ("Dbtr", "Cdtr")
                for path in ("", "/Pty")
            ),
        ),
        "",
    )
    end_to_end = _text(detail, "Refs/EndToEndId")
    return {
        "transaction_ref": _text(detail, "Refs/AcctSvcrRef")
        or _text(entry, "AcctSvcrRef")
        or _text(entry, "NtryRef"),
        "merchant_ref": "" if end_to_end == "NOTPROVIDED" else end_to_end,
        "description": " ".join(filter(None, dict.fromkeys(texts))),
        "partner": party,
    }


def _flat(entry, detail) -> dict[str, str]:
    """All texts of an entry by path; of its details those of one only."""
    found: dict[str, str] = {}

    def walk(element, path: str) -> None:
        for child in element:
            name = _local(child)
            if not name or (name == "TxDtls" and child is not detail):
                continue
            place = f"{path}/{name}" if path else name
            if text := (child.text or "").strip():
                found[place] = f"{found[place]} {text}" if place in found else text
            walk(child, place)

    walk(entry, "")
    return found


def _moment(element, path: str, number: int):
    text = _text(element, f"{path}/DtTm") or _text(element, f"{path}/Dt")
    return read_moment(text, number, path) if text else None


def _moment_text(element, path: str):
    text = _text(element, path)
    return read_moment(text, 0, path) if text else None
