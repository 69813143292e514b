"""Query parameters: PHP's arrays, WordPress' validation, Woo's dates.

Source: recorded answer to ``per_page=101`` for the error shape; the REST API
documentation for the parameters; for dates the fact that a value without zone means
shop-local time unless ``dates_are_gmt`` is true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone, tzinfo
from typing import Any

from . import errors

QueryValue = str | list[str]
_ARRAY = re.compile(r"^([^\[]+)\[\d*\]$")


def parse_query(pairs: Iterable[tuple[str, str]]) -> dict[str, QueryValue]:
    """Parse as PHP does: the last value wins, ``name[]`` collects."""
    result: dict[str, QueryValue] = {}
    for name, value in pairs:
        array = _ARRAY.match(name)
        if not array:
            result[name] = value
            continue
        known = result.get(array[1])
        result[array[1]] = [*known, value] if isinstance(known, list) else [value]
    return result


@dataclass
class Params:
    """Reads parameters and collects everything that is wrong with them."""

    values: dict[str, Any]
    wrong: dict[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of_query(cls, pairs: Iterable[tuple[str, str]]) -> Params:
        """Read the query part of a URL."""
        return cls(dict(parse_query(pairs)))

    def refuse(self) -> None:
        """Raise the error answer if anything was wrong."""
        if self.wrong:
            raise errors.invalid_params(self.wrong)

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter as text."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else default

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean parameter."""
        value = self.values.get(name, default)
        return value is True or str(value).lower() in ("true", "1", "yes")

    def integer(
        self, name: str, default: int, least: int = 0, most: int | None = None
    ) -> int:
        """Return a whole number within bounds."""
        value = self.values.get(name, default)
        try:
            number = int(value)
        except (TypeError, ValueError):
            message = f"{name} is not of type integer."
            self.wrong[name] = ("rest_invalid_type", message)
            return default
        if number < least or (most is not None and number > most):
            self.wrong[name] = ("rest_out_of_bounds", _bounds(name, least, most))
        return number

    def choice(self, name: str, options: tuple[str, ...], default: str) -> str:
        """Return one of ``options``."""
        value = self.text(name, default)
        if value not in options:
            self.wrong[name] = ("rest_not_in_enum", _one_of(name, options))
        return value

    def words(self, name: str, default: str = "") -> list[str]:
        """Return a list: an array, or text split at commas and spaces."""
        value = self.values.get(name, default)
        if isinstance(value, list):
            return [str(item) for item in value]
        return [word for word in re.split(r"[\s,]+", str(value)) if word]

    def choices(self, name: str, options: tuple[str, ...], default: str) -> list[str]:
        """Return a list of ``options``."""
        words = self.words(name, default)
        for position, word in enumerate(words):
            if word not in options:
                message = _one_of(f"{name}[{position}]", options)
                self.wrong[name] = ("rest_not_in_enum", message)
        return words

    def ids(self, name: str) -> list[int]:
        """Return a list of identifiers."""
        words = self.words(name)
        if not all(word.isdigit() for word in words):
            message = f"{name}[0] is not of type integer."
            self.wrong[name] = ("rest_invalid_type", message)
            return []
        return [int(word) for word in words]

    def moment(self, name: str, zone: tzinfo) -> datetime | None:
        """Return a point in time at second grain.

        A value with zone (``Z``, ``+02:00``) is that instant; one without is shop-local
        time, or UTC when ``dates_are_gmt`` is true.
        """
        value = self.text(name)
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            self.wrong[name] = ("rest_invalid_date", "Invalid date.")
            return None
        if moment.tzinfo is None:
            gmt = self.flag("dates_are_gmt")
            moment = moment.replace(tzinfo=timezone.utc if gmt else zone)
        return moment.astimezone(timezone.utc).replace(microsecond=0)


def _bounds(name: str, least: int, most: int | None) -> str:
    if most is None:
        return f"{name} must be greater than or equal to {least}"
    return f"{name} must be between {least} (inclusive) and {most} (inclusive)"


def _one_of(name: str, options: tuple[str, ...]) -> str:
    listed = ", ".join(options[:-1])
    return f"{name} is not one of {listed}, and {options[-1]}."
