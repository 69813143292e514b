"""What the columns of a file mean: kept per channel in ``options["mapping"]``."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping as AbstractMapping
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta, timezone, tzinfo
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from ..schema import OrderStatus
from .errors import FileUnreadable


class Kind(Enum):
    """How the cells of a field are read."""

    TEXT = "text"
    AMOUNT = "amount"
    MOMENT = "moment"
    STATUS = "status"
    CURRENCY = "currency"
    FLAG = "flag"


_ADDRESS = (
    "name",
    "first_name",
    "last_name",
    "company",
    "street",
    "street2",
    "city",
    "zip",
    "state",
    "country",
    "phone",
    "email",
)

#: Every field that a column (or a constant) can stand for, and how it is read. Fields
#: that begin with ``line.`` belong to the row, all others to the order: there the first
#: cell that is filled in counts, for some files repeat it and others do not.
FIELDS: dict[str, Kind] = {
    "number": Kind.TEXT,  # groups rows into orders; the order's id
    "created_at": Kind.MOMENT,
    "updated_at": Kind.MOMENT,
    "paid_at": Kind.MOMENT,
    "cancelled_at": Kind.MOMENT,  # filled in = cancelled
    "ship_by": Kind.MOMENT,
    "deliver_by": Kind.MOMENT,
    "status": Kind.STATUS,
    "fulfilment": Kind.STATUS,  # whether it was shipped, where status is about payment
    "currency": Kind.CURRENCY,
    "total": Kind.AMOUNT,  # what the buyer pays, tax included
    "total_tax": Kind.AMOUNT,
    "shipping": Kind.AMOUNT,
    "shipping_tax": Kind.AMOUNT,
    "shipping_tax_percent": Kind.AMOUNT,
    "discount": Kind.AMOUNT,  # with or without minus
    "fee": Kind.AMOUNT,
    "refunded": Kind.AMOUNT,
    "shipping_method": Kind.TEXT,
    "payment_method": Kind.TEXT,
    "transaction_ref": Kind.TEXT,
    "coupon": Kind.TEXT,
    "note": Kind.TEXT,
    "marketplace_ref": Kind.TEXT,
    "fulfilled_by_channel": Kind.FLAG,
    "buyer.id": Kind.TEXT,
    "buyer.name": Kind.TEXT,
    "buyer.email": Kind.TEXT,
    "buyer.phone": Kind.TEXT,
    **{f"bill_to.{part}": Kind.TEXT for part in _ADDRESS},
    **{f"ship_to.{part}": Kind.TEXT for part in _ADDRESS},
    "line.id": Kind.TEXT,
    "line.sku": Kind.TEXT,
    "line.barcode": Kind.TEXT,
    "line.product_ref": Kind.TEXT,
    "line.name": Kind.TEXT,
    "line.quantity": Kind.AMOUNT,
    "line.unit_price": Kind.AMOUNT,
    "line.total": Kind.AMOUNT,  # after discounts, for the whole quantity
    "line.discount": Kind.AMOUNT,  # with or without minus
    "line.tax": Kind.AMOUNT,
    "line.tax_percent": Kind.AMOUNT,
    "line.shipping": Kind.AMOUNT,
    "line.shipping_tax": Kind.AMOUNT,
    "line.tracking_number": Kind.TEXT,  # filled in = shipped
    "line.carrier": Kind.TEXT,
    "line.shipped": Kind.AMOUNT,
}

#: Amounts of which a file may say each by itself whether the tax is in them.
TAXED_FIELDS = (
    "line.unit_price",
    "line.total",
    "line.discount",
    "line.shipping",
    "shipping",
    "discount",
    "fee",
)

_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")


@dataclass(frozen=True)
class Mapping:
    """How to read the files of one channel; see :meth:`as_json`.

    :param columns: field (see :data:`FIELDS`) by column. Several columns of one field
        are joined with spaces (texts), added (amounts), or the first that is filled in
        counts (all others).
    :param constants: value by field, for what no column (or an empty cell) tells.
    :param statuses: word of the file, in lower case, to :class:`OrderStatus` value.
    :param prices_include_tax: of all amounts of lines, shipping, fee and discount that
        ``tax_included`` says nothing about.
    :param tax_included: whether the tax is in the amounts of a field, of
        :data:`TAXED_FIELDS`.
    :param decimal: ``"."`` or ``","``.
    :param date_formats: as of :func:`time.strptime`, tried in order after ISO 8601 and
        other forms that begin with the year.
    :param timezone: IANA name or ``"+08:00"``, of times that do not tell theirs.
    :param encoding: of the file, empty = find out; likewise ``delimiter``, ``sheet``.
    :param header_line: line with the names of the columns, 0 = find out.
    """

    columns: AbstractMapping[str, str] = field(default_factory=dict)
    constants: AbstractMapping[str, str] = field(default_factory=dict)
    statuses: AbstractMapping[str, str] = field(default_factory=dict)
    prices_include_tax: bool = True
    tax_included: AbstractMapping[str, bool] = field(default_factory=dict)
    decimal: str = "."
    date_formats: tuple[str, ...] = ()
    timezone: str = "UTC"
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_line: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain values, for storing."""
        return {**asdict(self), "date_formats": list(self.date_formats)}

    @classmethod
    def of_json(cls, data: Any) -> Mapping:
        """Read what :meth:`as_json` gave, checking it: people can edit it.

        :raises FileUnreadable: ``mapping``, ``time_zone``.
        """
        if not isinstance(data, AbstractMapping):
            raise FileUnreadable("mapping")
        known = {f.name: data[f.name] for f in fields(cls) if f.name in data}
        for name in ("columns", "constants", "statuses"):
            table = known.get(name, {})
            if not isinstance(table, AbstractMapping) or not all(
                isinstance(text, str) for pair in table.items() for text in pair
            ):
                raise FileUnreadable("mapping", name)
        included = known.get("tax_included", {})
        if not isinstance(included, AbstractMapping) or not all(
            isinstance(flag, bool) for flag in included.values()
        ):
            raise FileUnreadable("mapping", "tax_included")
        formats = known.get("date_formats", ())
        if not isinstance(formats, list | tuple):
            raise FileUnreadable("mapping", "date_formats")
        known["date_formats"] = tuple(map(str, formats))
        for name in ("decimal", "timezone", "encoding", "delimiter", "sheet"):
            if not isinstance(known.get(name, ""), str):
                raise FileUnreadable("mapping", name)
        line = known.get("header_line", 0)
        if not isinstance(line, int) or line < 0:
            raise FileUnreadable("mapping", "header_line")
        mapping = cls(**known)
        mapping.check()
        return mapping

    def check(self) -> None:
        """Refuse what cannot be meant.

        :raises FileUnreadable: ``mapping``, ``time_zone``, ``missing_number``.
        """
        wanted = {*self.columns.values(), *self.constants}
        unknown = sorted(wanted - set(FIELDS))
        if unknown:
            raise FileUnreadable("mapping", unknown[0])
        statuses = {status.value for status in OrderStatus}
        wrong = sorted(set(self.statuses.values()) - statuses)
        if wrong:
            raise FileUnreadable("mapping", wrong[0])
        untaxed = sorted(set(self.tax_included) - set(TAXED_FIELDS))
        if untaxed:
            raise FileUnreadable("mapping", untaxed[0])
        if self.decimal not in (".", ",") or len(self.delimiter) > 1:
            raise FileUnreadable("mapping", "decimal")
        if "number" not in self.columns.values():
            raise FileUnreadable("missing_number")
        self.zone()

    @property
    def exceptions(self) -> dict[str, bool]:
        """What :attr:`tax_included` says that differs from the other amounts."""
        return {
            name: included
            for name, included in self.tax_included.items()
            if included != self.prices_include_tax
        }

    def zone(self) -> tzinfo:
        """The zone of times without one.

        :raises FileUnreadable: ``time_zone``.
        """
        match = _OFFSET.fullmatch(self.timezone)
        if match:
            minutes = int(match[2]) * 60 + int(match[3])
            if minutes <= 14 * 60:
                sign = -1 if match[1] == "-" else 1
                return timezone(timedelta(minutes=sign * minutes))
            raise FileUnreadable("time_zone", self.timezone)
        if self.timezone in ("", "UTC"):
            return timezone.utc
        try:
            return ZoneInfo(self.timezone)
        except (ValueError, OSError, KeyError):  # unknown, a folder, a path
            raise FileUnreadable("time_zone", self.timezone) from None

    @property
    def digest(self) -> str:
        """Changes when anything of the mapping does."""
        text = json.dumps(self.as_json(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
