"""What a shop shows of a listing against what we have, field by field.

Both sides are texts in one canonical form, so that they can be kept, shown to a person
and compared: amounts without idle zeros, kilograms, a description without its markup.
Of pictures only our own can be told apart, by their digest; of the shop's the number
is known.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from decimal import Decimal
from html.parser import HTMLParser

from .schema import ExternalProduct, ListingField, ListingUpdate

GRAM = Decimal("0.001")  # finer than that no scale is

#: What belongs to the single thing; a pack of it has its own.
NOT_OF_PACKS = frozenset({ListingField.TITLE, ListingField.BARCODE})

#: What all variations of a thing have in common.
OF_THE_WHOLE = frozenset(
    {ListingField.TITLE, ListingField.DESCRIPTION, ListingField.IMAGES}
)

_BLOCKS = frozenset({"p", "br", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "tr"})


def price_text(price: Decimal | None, digits: int = 2) -> str:
    """A price with the digits of its currency; empty = none."""
    if price is None:
        return ""
    return format(price.quantize(Decimal(1).scaleb(-digits)), "f")


def weight_text(kilograms: Decimal | None) -> str:
    """A weight to the gram; empty = none, and nothing weighs nothing."""
    if not kilograms:
        return ""
    weight = kilograms.quantize(GRAM)
    return format(weight.normalize(), "f") if weight else ""


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")


def plain_text(markup: str) -> str:
    """The words of HTML: a line for each block, no idle space."""
    parser = _Words()
    parser.feed(markup)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).splitlines())
    return "\n".join(line for line in lines if line)


def markup_of(text: str) -> str:
    """Plain text as HTML: a paragraph for each line that is not empty."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines if line)


def shown_values(product: ExternalProduct, digits: int = 2) -> dict[ListingField, str]:
    """What a shop shows; a field that it did not tell is not among them.

    :param digits: of the currency that it sells in.
    """
    values = {ListingField.TITLE: product.title or product.name}
    if product.description is not None:
        values[ListingField.DESCRIPTION] = plain_text(product.description)
    if product.price is not None:
        values[ListingField.PRICE] = price_text(product.price, digits)
    if product.weight is not None:
        values[ListingField.WEIGHT] = weight_text(product.weight)
    if product.image_count is not None:
        values[ListingField.IMAGES] = str(product.image_count)
    values[ListingField.BARCODE] = product.barcode
    return values


def told_values(update: ListingUpdate, digits: int = 2) -> dict[ListingField, str]:
    """What a shop knows once it has taken an update; the same texts as above.

    Of pictures it is our digest of them, see :func:`image_digest`.
    """
    values: dict[ListingField, str] = {}
    if update.title is not None:
        values[ListingField.TITLE] = update.title
    if update.description is not None:
        values[ListingField.DESCRIPTION] = plain_text(update.description)
    if update.price is not None:
        values[ListingField.PRICE] = price_text(update.price, digits)
    if update.barcode is not None:
        values[ListingField.BARCODE] = update.barcode
    if update.weight is not None:
        values[ListingField.WEIGHT] = weight_text(update.weight)
    if update.images is not None:
        values[ListingField.IMAGES] = image_digest(update)
    return values


def image_digest(update: ListingUpdate) -> str:
    """One text for all pictures of an update, in their order."""
    return ",".join(image.digest for image in update.images or ())


def differs(field: ListingField, ours: str, shown: str | None, told: str) -> bool:
    """Whether a shop shows something else than we have.

    What we do not have differs from nothing: an empty field here is no order to empty
    it there.

    :param shown: as read or taken last; ``None`` = never read.
    :param told: what it took last, empty = nothing.
    """
    if not ours:
        return False
    if field is ListingField.IMAGES or shown is None:
        return ours != told
    return ours != shown


def changes_of(
    values: Mapping[ListingField, str],
) -> dict[str, str | Decimal]:
    """Our texts as the fields of a :class:`~.schema.ListingUpdate`, without pictures.

    :param values: only what is to be told.
    """
    changes: dict[str, str | Decimal] = {}
    for field, text in values.items():
        if field is ListingField.DESCRIPTION:
            changes["description"] = markup_of(text)
        elif field in (ListingField.PRICE, ListingField.WEIGHT):
            changes[field.value] = Decimal(text)
        elif field is not ListingField.IMAGES:
            changes[field.value] = text
    return changes
