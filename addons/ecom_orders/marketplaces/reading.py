"""Strict readers for payloads that nobody vouches for.

Each reader takes one value out of a parsed payload, checks it, and either returns it in
the type the schema wants or raises :class:`~.errors.PayloadError` naming the path of
the field. They accept what marketplaces really send (numbers as text, empty text for
"nothing", whole numbers as floats) and nothing else: no silent zero for rubbish.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from .errors import PayloadError
from .schema import ZERO

MAX_AMOUNT = Decimal(10) ** 13  # beyond it no order is real and float loses the cents
MAX_SCALE = 12  # digits after the point; more is noise of a binary float
MAX_TEXT = 2_000
MAX_NOTE = 20_000
YEARS = range(1990, 2101)

# NUL cannot be stored by PostgreSQL; the others are control characters that only
# harm (line feeds and tabs are kept).
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _refuse_constant(name: str) -> None:
    raise PayloadError(f"{name} is not a JSON number", field="", value=name)


def parse_json(text: str) -> Any:
    """Parse JSON with numbers kept exact (``Decimal``), refusing NaN and Infinity.

    :raises PayloadError: when it is not JSON or nested beyond reason.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except RecursionError:
        raise PayloadError("nested too deeply", field="", value="") from None
    except ValueError as error:
        raise PayloadError(
            f"not JSON: {error}", field="", value=shorten(text)
        ) from None


def shorten(value: Any, size: int = 80) -> str:
    """Text of a value for messages, at most ``size`` characters."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except RecursionError:  # a payload can be nested deeper than Python can show
        text = type(value).__name__
    return text if len(text) <= size else text[: size - 1] + "…"


class Reader:
    """Reads fields of one object of a payload, remembering the path for messages.

    :param data: the parsed object.
    :param path: where it stands in the payload, e.g. ``"line_items[2]"``.
    """

    def __init__(self, data: Any, path: str = ""):
        if not isinstance(data, Mapping):
            raise PayloadError(
                f"{path or 'payload'} is not an object",
                field=path,
                value=shorten(data),
            )
        self.data = data
        self.path = path

    def at(self, key: str) -> str:
        """Full path of a field of this object."""
        return f"{self.path}.{key}" if self.path else key

    def fail(self, key: str, why: str) -> PayloadError:
        """The error for a field, to be raised."""
        return PayloadError(
            f"{self.at(key)} {why}",
            field=self.at(key),
            value=shorten(self.data.get(key)),
        )

    def text(self, key: str, limit: int = MAX_TEXT) -> str:
        """Clean text; missing and ``null`` are empty, numbers become their digits."""
        value = self.data.get(key)
        if value is None or value is False:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise self.fail(key, "is not text")
        return clean(str(value), limit)

    def identifier(self, key: str, required: bool = True) -> str:
        """An id as text; ``0``, ``null`` and ``""`` are "none".

        :raises PayloadError: when it is required and not there.
        """
        value = self.data.get(key)
        if value is None:
            text = ""
        elif isinstance(value, bool) or not isinstance(value, str | int):
            raise self.fail(key, "is not an id")
        else:
            text = clean(str(value), 200)
        text = "" if text == "0" else text
        if required and not text:
            raise self.fail(key, "is missing")
        return text

    def decimal(self, key: str, default: Decimal | None = ZERO) -> Decimal | None:
        """An amount or quantity; missing, ``null`` and ``""`` give ``default``.

        :raises PayloadError: for anything that is not a finite, sane number.
        """
        value = self.data.get(key)
        if value is None or value == "":
            return default
        return self._to_decimal(key, value)

    def required_decimal(self, key: str) -> Decimal:
        """An amount that has to be there."""
        value = self.decimal(key, default=None)
        if value is None:
            raise self.fail(key, "is missing")
        return value

    def _to_decimal(self, key: str, value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(
            value, str | int | float | Decimal
        ):
            raise self.fail(key, "is not a number")
        try:
            number = Decimal(value.strip() if isinstance(value, str) else str(value))
        except InvalidOperation:
            raise self.fail(key, "is not a number") from None
        # copy_abs: abs() rounds, and so fails for an exponent beyond the context's.
        if not number.is_finite() or number.copy_abs() > MAX_AMOUNT:
            raise self.fail(key, "is not a sane number")
        if -number.as_tuple().exponent > MAX_SCALE:
            number = round(number, MAX_SCALE)
        return number

    def moment(self, key: str, default: datetime | None = None) -> datetime | None:
        """A time in UTC; text without a zone is taken as UTC (``*_gmt`` fields).

        :raises PayloadError: when it is there but not a time of this era.
        """
        value = self.data.get(key)
        if value is None or value == "":
            return default
        if not isinstance(value, str):
            raise self.fail(key, "is not a time")
        try:
            moment = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", value.strip()))
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=timezone.utc)
            moment = moment.astimezone(timezone.utc)
        except (ValueError, OverflowError):
            raise self.fail(key, "is not a time") from None
        if moment.year not in YEARS:
            raise self.fail(key, "is not a time of this era")
        return moment

    def flag(self, key: str) -> bool:
        """A yes/no that may come as bool, ``"yes"`` or ``1``."""
        value = self.data.get(key)
        if isinstance(value, Decimal) and value.is_nan():
            return False  # a signalling one cannot even be compared
        return value in (True, 1, "yes", "true", "1")

    def child(self, key: str) -> Reader:
        """A nested object; missing, ``null``, ``[]`` (PHP's empty object) = empty."""
        value = self.data.get(key)
        return Reader({} if value in (None, [], "") else value, self.at(key))

    def children(self, key: str) -> list[Reader]:
        """A nested list of objects; missing and ``null`` = no element."""
        value = self.data.get(key)
        if value in (None, "", {}):
            return []
        if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
            raise self.fail(key, "is not a list")
        return [
            Reader(element, f"{self.at(key)}[{index}]")
            for index, element in enumerate(value)
        ]


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """Text that can be stored anywhere: no control characters, trimmed, bounded."""
    text = _SURROGATE.sub("\ufffd", _CONTROL.sub("", text)).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"
