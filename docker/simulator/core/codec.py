"""Turns the world's frozen dataclasses into JSON values and back.

The type hints are the schema, so a new field with a default needs no code here and old
journals stay readable.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from datetime import datetime
from decimal import Decimal
from typing import Any


def encode(value: Any) -> Any:
    """Return ``value`` as plain JSON types."""
    if dataclasses.is_dataclass(value):
        return {
            field.name: encode(getattr(value, field.name))
            for field in dataclasses.fields(value)
        }
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    return value


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def decode(hint: Any, value: Any) -> Any:
    """Return the object of type ``hint`` that ``encode`` turned into ``value``."""
    if value is None or hint is Any:
        return value
    if dataclasses.is_dataclass(hint):
        return _decode_dataclass(hint, value)
    if hint is Decimal:
        return Decimal(value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return decode(_without_none(hint), value)
    if origin is tuple:
        return _decode_tuple(typing.get_args(hint), value)
    return value


def _decode_dataclass(cls: type, value: dict[str, Any]) -> Any:
    hints = _hints(cls)
    known = {name: item for name, item in value.items() if name in hints}
    return cls(**{name: decode(hints[name], item) for name, item in known.items()})


def _decode_tuple(arguments: tuple[Any, ...], value: list[Any]) -> tuple[Any, ...]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(decode(arguments[0], item) for item in value)
    pairs = zip(arguments, value, strict=True)
    return tuple(decode(hint, item) for hint, item in pairs)


def _without_none(hint: Any) -> Any:
    return next(item for item in typing.get_args(hint) if item is not type(None))
