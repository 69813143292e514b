"""What is for sale and where it lies: variants and locations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ..schema import ExternalProduct, Location
from . import documents
from .api import Api, elements
from .money import number_of

PAGE = 100

#: Kilograms of one unit of weight.
WEIGHT_UNITS = {
    "KILOGRAMS": Decimal(1),
    "GRAMS": Decimal("0.001"),
    "POUNDS": Decimal("0.45359237"),
    "OUNCES": Decimal("0.028349523125"),
}
GRAIN = Decimal("0.0001")
#: What a product without options calls its only option and variant.
NO_OPTION, NO_VARIANT = "Title", "Default Title"


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
    title, variant = str(parent.get("title") or ""), str(row.get("title") or "")
    name = title
    if variant and variant != NO_VARIANT:
        name = f"{title} ({variant})" if title else variant
    item = _part(row, "inventoryItem")
    tracked = item.get("tracked") is True
    options = _options(row)
    media = _number(_part(parent, "mediaCount").get("count"))
    return ExternalProduct(
        product_ref=number,
        name=name,
        sku=str(row.get("sku") or ""),
        barcode=str(row.get("barcode") or ""),
        price=_number(row.get("price")),
        manages_stock=tracked,
        stock=_number(row.get("inventoryQuantity")) if tracked else None,
        active=parent.get("status") == "ACTIVE",
        parent_ref=number_of(str(parent.get("id")), "Product") if options else "",
        options=options,
        title=title,
        description=str(parent.get("descriptionHtml") or ""),
        weight=_kilograms(_part(_part(item, "measurement"), "weight")),
        image_count=None if media is None else int(media),
    )


def _options(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Options and values; none for the only variant of a product without options."""
    options = tuple(
        (str(option.get("name") or ""), str(option["value"]))
        for option in elements(row, "selectedOptions")
        if option.get("value")
    )
    return () if options == ((NO_OPTION, NO_VARIANT),) else options


def _kilograms(weight: Mapping[str, Any]) -> Decimal | None:
    """Kilograms; a weight of zero is none that anybody has entered."""
    value = _number(weight.get("value"))
    unit = WEIGHT_UNITS.get(str(weight.get("unit")))
    return (value * unit).quantize(GRAIN) if value and unit else None


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
