"""What we tell a marketplace, as plain values that can be kept and read again.

A message waits in a database until the marketplace has answered, which may be hours.
It is kept as JSON: money and quantities as text, times in ISO 8601, nothing else than
the fields of the dataclass it was made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from .errors import PayloadError
from .reading import MAX_NOTE, Reader
from .schema import (
    ListingImage,
    ListingUpdate,
    NewListing,
    NewVariant,
    RefundRequest,
    RefundRequestLine,
    Shipment,
    ShipmentLine,
)


@dataclass(frozen=True)
class CancelRequest:
    """An order that the seller called off; see :meth:`.base.Connector.cancel_order`."""

    order_id: str
    reason: str = ""
    restock: bool = True


def to_plain(value: Any) -> Any:
    """Plain JSON values of a message; fields that are empty are left out.

    :param value: a dataclass of :mod:`.schema` or of this module.
    """
    if is_dataclass(value):
        plain = {field.name: getattr(value, field.name) for field in fields(value)}
        return {
            name: to_plain(content)
            for name, content in plain.items()
            if content is not None and content != "" and content != ()
        }
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [to_plain(element) for element in value]
    return value


def read_shipment(plain: Any) -> Shipment:
    """The parcel that :func:`to_plain` wrote.

    :raises PayloadError: when something of it is missing or wrong.
    """
    read = Reader(plain)
    return Shipment(
        key=read.identifier("key"),
        order_id=read.identifier("order_id"),
        tracking_number=read.text("tracking_number"),
        carrier=read.text("carrier"),
        carrier_name=read.text("carrier_name"),
        tracking_url=read.text("tracking_url"),
        lines=tuple(
            ShipmentLine(
                order_line_id=line.identifier("order_line_id"),
                quantity=line.required_decimal("quantity"),
            )
            for line in read.children("lines")
        ),
        shipped_at=read.moment("shipped_at"),
        location_ref=read.text("location_ref"),
        notify_buyer=_flag(read, "notify_buyer", default=True),
        marketplace_ref=read.text("marketplace_ref"),
    )


def read_refund_request(plain: Any) -> RefundRequest:
    """The refund that :func:`to_plain` wrote.

    :raises PayloadError: when something of it is missing or wrong.
    """
    read = Reader(plain)
    return RefundRequest(
        key=read.identifier("key"),
        order_id=read.identifier("order_id"),
        amount=read.required_decimal("amount"),
        currency=read.identifier("currency"),
        lines=tuple(
            RefundRequestLine(
                order_line_id=line.identifier("order_line_id"),
                quantity=line.required_decimal("quantity"),
                amount=line.required_decimal("amount"),
            )
            for line in read.children("lines")
        ),
        reason=read.text("reason"),
        restock=_flag(read, "restock", default=False),
        payment_ref=read.text("payment_ref"),
        given_back=read.decimal("given_back", default=None),
    )


def read_cancel_request(plain: Any) -> CancelRequest:
    """The cancellation that :func:`to_plain` wrote.

    :raises PayloadError: when something of it is missing or wrong.
    """
    read = Reader(plain)
    return CancelRequest(
        order_id=read.identifier("order_id"),
        reason=read.text("reason"),
        restock=_flag(read, "restock", default=True),
    )


def read_listing_update(plain: Any) -> ListingUpdate:
    """The product data that :func:`listing_update_to_plain` wrote.

    :raises PayloadError: when something of it is missing or wrong.
    """
    read = Reader(plain)
    return ListingUpdate(
        key=read.identifier("key"),
        product_ref=read.text("product_ref"),
        sku=read.text("sku"),
        parent_ref=read.text("parent_ref"),
        title=_told(read, "title"),
        description=_told(read, "description"),
        price=read.decimal("price", default=None),
        currency=read.text("currency"),
        barcode=_told(read, "barcode"),
        weight=read.decimal("weight", default=None),
        images=_images(read) if "images" in read.data else None,
    )


def listing_update_to_plain(update: ListingUpdate) -> dict[str, Any]:
    """Plain JSON values of an update; what is to be emptied stays, as empty."""
    plain = to_plain(update)
    for name in ("title", "description", "barcode"):
        if getattr(update, name) == "":
            plain[name] = ""
    if update.images == ():
        plain["images"] = []
    return plain


def read_new_listing(plain: Any) -> NewListing:
    """The thing to be put on sale that :func:`to_plain` wrote.

    :raises PayloadError: when something of it is missing or wrong.
    """
    read = Reader(plain)
    return NewListing(
        key=read.identifier("key"),
        title=read.text("title"),
        variants=tuple(
            NewVariant(
                key=variant.identifier("key"),
                sku=variant.identifier("sku"),
                options=_texts(variant, "options"),
                price=variant.decimal("price", default=None),
                barcode=variant.text("barcode"),
                weight=variant.decimal("weight", default=None),
            )
            for variant in read.children("variants")
        ),
        description=read.text("description", MAX_NOTE),
        currency=read.text("currency"),
        options=_texts(read, "options"),
        images=_images(read),
        published=_flag(read, "published", default=False),
    )


def _told(read: Reader, key: str) -> str | None:
    return read.text(key, MAX_NOTE) if key in read.data else None


def _images(read: Reader) -> tuple[ListingImage, ...]:
    return tuple(
        ListingImage(url=image.text("url"), digest=image.text("digest"))
        for image in read.children("images")
    )


def _texts(read: Reader, key: str) -> tuple[str, ...]:
    values = read.data.get(key, [])
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise read.fail(key, "is not a list of texts")
    return tuple(values)


def _flag(read: Reader, key: str, default: bool) -> bool:
    value: Mapping[str, Any] = read.data
    if key not in value:
        return default
    if not isinstance(value[key], bool):
        raise PayloadError(f"{key} is not yes or no", field=key, value=str(value[key]))
    return value[key]
