"""Readers for what is peculiar to the platform's JSON."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import PayloadError
from ..reading import Reader


def children(read: Reader, key: str) -> list[Reader]:
    """A list, written as an object around it: ``"orders": {"order": [...]}``.

    A bare list is one too (answers of ``simplify=true``).

    :raises PayloadError: when it is something else.
    """
    value = read.data.get(key)
    if isinstance(value, Mapping):
        if not value:
            return []
        if len(value) > 1:
            raise read.fail(key, "is not a list")
        inner = next(iter(value))
        if not isinstance(inner, str):
            raise PayloadError(f"{read.at(key)} is not a list", field=read.at(key))
        return Reader(value, read.at(key)).children(inner)
    return read.children(key)


def flag(read: Reader, key: str) -> bool:
    """A yes/no; text counts as well, whatever else is no."""
    value = read.data.get(key)
    return value is True or value in ("true", "1")
