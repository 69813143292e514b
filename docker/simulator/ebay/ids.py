"""How ids of the world read at eBay. Both ways, without a memory."""

from __future__ import annotations

import re

#: Ids of line items begin here.
FIRST_LINE = 10_000_000_000
FIRST_REFUND = 5_000_000_000
FIRST_RETURN = 5_100_000_000
FIRST_LISTING = 110_000_000_000
FIRST_OFFER = 8_000_000_000


def order_id(number: int) -> str:
    """The id of an order: three groups of digits, the middle one counts."""
    return f"{number % 90 + 10:02d}-{number:05d}-{number * 7919 % 100_000:05d}"


def order_number(text: str) -> int | None:
    """The world's id of an order, or None for what is no order's id."""
    match = re.fullmatch(r"\d{2}-(\d{5,})-\d{5}", text, re.ASCII)
    number = int(match[1]) if match else 0
    return number if number and order_id(number) == text else None


def line_id(number: int) -> str:
    """The id of a line item."""
    return str(FIRST_LINE + number)


def line_number(text: str) -> int:
    """The world's id of a line item; 0 for what is none."""
    return int(text) - FIRST_LINE if text.isascii() and text.isdigit() else 0


def refund_id(number: int) -> str:
    """The id of a refund."""
    return str(FIRST_REFUND + number)


def return_id(number: int) -> str:
    """The id of a return."""
    return str(FIRST_RETURN + number)


def return_number(text: str) -> int:
    """The world's id of a return."""
    return int(text) - FIRST_RETURN


def listing_id(number: int) -> str:
    """The number of a listing."""
    return str(FIRST_LISTING + number)


def offer_id(number: int) -> str:
    """The id of an offer."""
    return str(FIRST_OFFER + number)
