"""Strict readers of JSON answers: a value of the right kind, or a typed error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from .amounts import read_amount
from .base import canonical
from .errors import BadValue, FileDamaged
from .moments import read_moment


@dataclass
class Node:
    """An object of an answer, as the row of its lines.

    :param number: its position in the answer, from 1.
    """

    number: int
    data: Mapping[str, Any]

    @property
    def raw(self) -> dict[str, str]:
        """Values as text; what is nested as JSON."""
        return {
            name: canonical(value)
            for name, value in self.data.items()
            if value not in (None, "", [], {})
        }

    def text(self, *path: str) -> str:
        """The text at a path, empty when it is not there."""
        value = self.get(*path)
        if value is None or isinstance(value, Mapping | list | bool):
            return ""
        return str(value).strip()

    def get(self, *path: str) -> Any:
        """Whatever is at a path, ``None`` when it is not there."""
        value: Any = self.data
        for name in path:
            if not isinstance(value, Mapping):
                return None
            value = value.get(name)
        return value

    def amount(self, *path: str) -> Decimal | None:
        """The amount at a path.

        :raises BadValue: when something else is there.
        """
        value = self.get(*path)
        if value is None:
            return None
        if isinstance(value, bool | Mapping | list):
            raise BadValue(
                f"{'.'.join(path)} is not an amount",
                row=self.number,
                column=".".join(path),
                value=canonical(value)[:60],
            )
        return read_amount(str(value), ".", self.number, ".".join(path))

    def moment(self, *path: str, zone=None) -> datetime | None:
        """The time at a path, in UTC."""
        text = self.text(*path)
        if not text:
            return None
        if zone is None:
            return read_moment(text, self.number, ".".join(path))
        return read_moment(text, self.number, ".".join(path), zone)

    def children(self, *path: str) -> Iterator[Node]:
        """Objects of a list, or of a GraphQL connection (``nodes`` or ``edges``)."""
        for number, item in enumerate(listing(self.get(*path)), start=1):
            if not isinstance(item, Mapping):
                raise FileDamaged(f"{'.'.join(path)} has what is no object", why="json")
            yield Node(number, item)


def listing(value: Any) -> list:
    """A list, also one of a GraphQL connection; nothing is an empty one.

    :raises FileDamaged: when it is neither.
    """
    if isinstance(value, Mapping):
        if isinstance(value.get("edges"), list):
            return [
                edge.get("node") for edge in value["edges"] if isinstance(edge, dict)
            ]
        value = value.get("nodes", [])
    if value is None:
        return []
    if not isinstance(value, list):
        raise FileDamaged("a list is expected", why="json")
    return value


def pages(data: Any) -> list[Mapping[str, Any]]:
    """The answers in a file: one object, or a list of pages.

    :raises FileDamaged: when it is neither.
    """
    found = data if isinstance(data, list) else [data]
    if not all(isinstance(page, Mapping) for page in found):
        raise FileDamaged("an object is expected", why="json")
    return found
