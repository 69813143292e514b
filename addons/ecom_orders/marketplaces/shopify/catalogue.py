"""What is for sale and where it lies: variants and locations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ..schema import ExternalProduct, Location
from . import documents
from .api import Api
from .money import number_of

PAGE = 100


def products(api: Api) -> Iterator[tuple[ExternalProduct, ...]]:
    """Yield pages of variants: everything that is sold is one."""
    pages = api.pages(
        documents.PRODUCTS, "products.list", "productVariants", first=PAGE
    )
    for rows in pages:
        found = tuple(product for row in rows if (product := _product(row)))
        if found:
            yield found


def locations(api: Api) -> tuple[Location, ...]:
    """All sites, closed ones included."""
    pages = api.pages(documents.LOCATIONS, "locations.list", "locations")
    return tuple(
        Location(
            ref=number,
            name=str(row.get("name") or number),
            country_code=str(_part(row, "address").get("countryCode") or ""),
            active=row.get("isActive") is True,
        )
        for rows in pages
        for row in rows
        if (number := number_of(str(row.get("id")), "Location"))
    )


def _product(row: Mapping[str, Any]) -> ExternalProduct | None:
    number = number_of(str(row.get("id")), "ProductVariant")
    if not number:
        return None
    parent = _part(row, "product")
    name, variant = str(parent.get("title") or ""), str(row.get("title") or "")
    # What a product without options calls its only variant.
    if variant and variant != "Default Title":
        name = f"{name} ({variant})" if name else variant
    tracked = _part(row, "inventoryItem").get("tracked") is True
    return ExternalProduct(
        product_ref=number,
        name=name,
        sku=str(row.get("sku") or ""),
        barcode=str(row.get("barcode") or ""),
        price=_number(row.get("price")),
        manages_stock=tracked,
        stock=_number(row.get("inventoryQuantity")) if tracked else None,
        active=parent.get("status") == "ACTIVE",
    )


def _part(row: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = row.get(key)
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
