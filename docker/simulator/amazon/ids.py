"""Amazon's ids, made of the world's numbers and taken apart again.

An order id reads ``114-1234567-1234567``. The fourteen digits are the world's number,
scattered so that neighbours do not look alike; the first three tell the region.
"""

from __future__ import annotations

import re

_SPACE = 10**14
_FACTOR = 38_414_917_283_571  # odd and not a multiple of 5: it has an inverse
_SHIFT = 11_223_344_556_677
_INVERSE = pow(_FACTOR, -1, _SPACE)
_ORDER_ID = re.compile(r"(\d{3})-(\d{7})-(\d{7})")
_PREFIXES = {"US": "114", "CA": "702", "GB": "202", "DE": "302", "JP": "250"}
_FIRST_ITEM_ID = 10_000_000_000_000


def amazon_order_id(order_id: int, country: str) -> str:
    """Return Amazon's id of an order of the world."""
    digits = f"{(order_id * _FACTOR + _SHIFT) % _SPACE:014d}"
    return f"{_PREFIXES.get(country, '114')}-{digits[:7]}-{digits[7:]}"


def world_order_id(text: str) -> int | None:
    """Return the world's id of an order, or None for what is no order id."""
    match = _ORDER_ID.fullmatch(text)
    if match is None:
        return None
    return (int(match[2] + match[3]) - _SHIFT) * _INVERSE % _SPACE


def item_id(line_id: int) -> str:
    """Return Amazon's id of an order item."""
    return str(_FIRST_ITEM_ID + line_id)


def world_line_id(text: str) -> int:
    """Return the world's id of an order line; 0 for what is none."""
    return int(text) - _FIRST_ITEM_ID if text.isdigit() else 0


def asin_of(product_id: int) -> str:
    """Return the catalogue's id of a product."""
    return f"B{product_id:09d}"
