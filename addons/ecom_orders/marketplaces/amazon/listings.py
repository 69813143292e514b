"""What a seller offers: the listing report, and single listings.

The reference of a product is the seller's SKU: it is unique for the seller, it is what
the listings interface asks for and what an order names.

Facts: report ``GET_MERCHANT_LISTINGS_ALL_DATA`` is tab-separated with a line of names
(documentation of report types; its columns are not in the models, so not confirmed);
``fulfillment-channel`` is ``DEFAULT`` for the seller's own stock, else Amazon's.
Listings Items API 2021-08-01: ``searchListingsItems`` takes up to 20 SKUs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from ..errors import BadAnswer, NotFound
from ..reading import clean
from ..schema import ExternalProduct
from ..transport import Headers
from .api import Api, rows_of
from .const import MARKETPLACES

REPORT = "GET_MERCHANT_LISTINGS_ALL_DATA"
PAGE = 1_000  # listings that are handed on at once
SEARCH_LIMIT = 20  # SKUs in one search
OWN_CHANNEL = "DEFAULT"  # the seller's own stock

# The report is in the marketplace's own character set unless it says otherwise
# (documentation of feeds; not confirmed for this report).
_CHARSETS = {"JP": "cp932"}

_SKU = re.compile(r"[^\x00-\x1f\x7f]{1,40}")  # a SKU has at most 40 characters


@dataclass(frozen=True)
class Listing:
    """What has to be known of a listing to change its quantity.

    :param is_own_stock: whether nothing of it lies with Amazon.
    :param quantity: of the seller's own stock; ``None`` = not told.
    :param marketplaces: those in which it is listed, as far as told.
    """

    sku: str
    product_type: str
    is_own_stock: bool
    quantity: int | None = None
    marketplaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Family:
    """What a listing is a variation of, or that it is what others are variations of.

    :param options: attributes of the variation theme with this listing's values.
    """

    parent_sku: str = ""
    options: tuple[tuple[str, str], ...] = ()
    is_parent: bool = False


def is_sku(text: str) -> bool:
    """Whether a text can be a SKU at all."""
    return _SKU.fullmatch(text) is not None and text.strip() == text


# -- the report ------------------------------------------------------------------------


def read_report(
    body: bytes, headers: Headers, country: str
) -> Iterator[tuple[ExternalProduct, ...]]:
    """Yield the listings of a report, page by page; a broken row is left out.

    :raises BadAnswer: when it has not even the columns that matter.
    """
    names, rows = table(decoded(body, headers, country))
    if body and not {"seller-sku", "quantity"} <= set(names):
        raise BadAnswer("a listing report without its columns")
    page: list[ExternalProduct] = []
    for values in rows:
        product = _product(dict(zip(names, values, strict=False)))
        if product is not None:
            page.append(product)
        if len(page) >= PAGE:
            yield tuple(page)
            page = []
    if page:
        yield tuple(page)


def table(text: str) -> tuple[list[str], Iterator[list[str]]]:
    """Names and rows of a report: a line each, tabs between, nothing is quoted.

    A carriage return inside of a value is a character like others.
    """
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    rows = (line.split("\t") for line in lines if line)
    return next(rows, []), rows


def decoded(body: bytes, headers: Headers, country: str) -> str:
    """The text of a report, in the character set that it says or that is usual."""
    found = re.search(r"charset=([\w-]+)", headers.get("Content-Type", ""))
    told = [found[1]] if found else []
    for charset in (*told, "utf-8-sig", _CHARSETS.get(country, "cp1252")):
        try:
            return body.decode(charset)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("utf-8", "replace")


def _product(row: Mapping[str, Any]) -> ExternalProduct | None:
    sku = clean(str(row.get("seller-sku") or ""), 200)
    if not sku:
        return None
    own = str(row.get("fulfillment-channel") or OWN_CHANNEL).strip() == OWN_CHANNEL
    return ExternalProduct(
        product_ref=sku,
        name=clean(str(row.get("item-name") or ""), 500) or sku,
        sku=sku,
        barcode=_barcode(row),
        price=_number(row.get("price")),
        manages_stock=own,
        stock=_number(row.get("quantity")) if own else None,
        # No status in the report of some marketplaces: then it is for sale.
        active=str(row.get("status") or "Active").strip() == "Active",
    )


def _barcode(row: Mapping[str, Any]) -> str:
    """``product-id`` where its type says EAN or UPC (4, 3; 1 is an ASIN)."""
    if str(row.get("product-id-type") or "").strip() in ("3", "4"):
        return clean(str(row.get("product-id") or ""), 64)
    return ""


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value or "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


# -- single listings -------------------------------------------------------------------


class Listings:
    """Looks listings up by SKU."""

    def __init__(self, api: Api):
        self._api = api

    def find(self, skus: Iterable[str]) -> dict[str, Listing]:
        """Listings by SKU; one that Amazon does not have is left out.

        A SKU with a comma cannot be searched for and is read by itself.
        """
        wanted = list(dict.fromkeys(skus))
        plain = [sku for sku in wanted if "," not in sku]
        found: dict[str, Listing] = {}
        for start in range(0, len(plain), SEARCH_LIMIT):
            for row in self._search(plain[start : start + SEARCH_LIMIT]):
                listing = read_listing(row)
                if listing is not None:
                    found[listing.sku] = listing
        for sku in wanted:
            if "," in sku:
                listing = self._get(sku)
                if listing is not None:
                    found[sku] = listing
        return found

    def families(self, skus: Iterable[str]) -> dict[str, Family]:
        """Variation families by SKU; one request for each twenty listings.

        A SKU with a comma cannot be searched for and is left out, as is one that is no
        variation.
        """
        plain = [sku for sku in dict.fromkeys(skus) if "," not in sku]
        found: dict[str, Family] = {}
        for start in range(0, len(plain), SEARCH_LIMIT):
            part = plain[start : start + SEARCH_LIMIT]
            for row in self._search(part, ("relationships", "attributes")):
                sku, family = row.get("sku"), read_family(row)
                if isinstance(sku, str) and family is not None:
                    found[sku] = family
        return found

    def offers(self, sku: str) -> list[Mapping[str, Any]]:
        """The offers of a listing as buyers see them; none of one that is not there."""
        try:
            answer = self._api.get(
                listing_path(self._api, sku),
                "listings.getListingsItem",
                marketplaceIds=self._api.marketplaces(),
                includedData=("offers",),
            )
        except NotFound:
            return []
        return rows_of(answer, "offers")

    def _search(
        self,
        skus: list[str],
        parts: tuple[str, ...] = (
            "summaries",
            "fulfillmentAvailability",
            "productTypes",
        ),
    ) -> list[Mapping[str, Any]]:
        answer = self._api.get(
            f"/listings/2021-08-01/items/{self._api.seller}",
            "listings.searchListingsItems",
            marketplaceIds=self._api.marketplaces(),
            identifiers=skus,
            identifiersType="SKU",
            includedData=parts,
            pageSize=SEARCH_LIMIT,
        )
        return rows_of(answer, "items")

    def _get(self, sku: str) -> Listing | None:
        try:
            answer = self._api.get(
                listing_path(self._api, sku),
                "listings.getListingsItem",
                marketplaceIds=self._api.marketplaces(),
                includedData=("summaries", "fulfillmentAvailability", "productTypes"),
            )
        except NotFound:
            return None
        return read_listing(answer)


def listing_path(api: Api, sku: str) -> str:
    """Where a single listing is."""
    return f"/listings/2021-08-01/items/{api.seller}/{quote(sku, safe='')}"


def read_listing(row: Mapping[str, Any]) -> Listing | None:
    """Understand a listing (definition Item); ``None`` when it has no SKU.

    A listing without any availability is of the seller's own stock: Amazon's is told
    by the code of its network. One with both is Amazon's, for a quantity that the
    seller writes could take it away from there.
    """
    sku = row.get("sku")
    if not isinstance(sku, str) or not sku:
        return None
    channels = rows_of(row, "fulfillmentAvailability")
    own = [c for c in channels if c.get("fulfillmentChannelCode") == OWN_CHANNEL]
    amounts = [c.get("quantity") for c in own]
    places = (part.get("marketplaceId") for part in rows_of(row, "summaries"))
    return Listing(
        sku=sku,
        product_type=_product_type(row),
        is_own_stock=len(own) == len(channels),
        quantity=next((n for n in amounts if type(n) is int), None),
        marketplaces=tuple(place for place in places if isinstance(place, str)),
    )


def read_family(row: Mapping[str, Any]) -> Family | None:
    """The first variation relationship of a listing (definition ItemRelationship).

    The values stand in the listing's attributes, each a list of objects with ``value``
    (examples of the model; the attributes themselves are ruled by the product type).
    """
    for place in rows_of(row, "relationships"):
        for relation in rows_of(place, "relationships"):
            if relation.get("type") != "VARIATION":
                continue
            if relation.get("childSkus"):
                return Family(is_parent=True)
            parents = relation.get("parentSkus")
            theme = relation.get("variationTheme")
            names = theme.get("attributes") if isinstance(theme, Mapping) else None
            if isinstance(parents, list) and parents and isinstance(names, list):
                options = tuple(
                    (_attribute_title(name), value)
                    for name in names
                    if (value := _attribute_value(row, name))
                )
                return Family(str(parents[0]), options)
    return None


def _attribute_value(row: Mapping[str, Any], name: Any) -> str:
    attributes = row.get("attributes")
    values = attributes.get(str(name)) if isinstance(attributes, Mapping) else None
    for value in values if isinstance(values, list) else ():
        text = value.get("value") if isinstance(value, Mapping) else None
        if isinstance(text, str | int | Decimal) and not isinstance(text, bool):
            return clean(str(text), 200)
    return ""


def _attribute_title(name: Any) -> str:
    """``color_name`` for people: ``Color``."""
    return str(name).removesuffix("_name").replace("_", " ").capitalize()


def shown_prices(offers: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
    """Prices by currency of offers to everybody (definition ItemOfferByMarketplace)."""
    prices: dict[str, Decimal] = {}
    for offer in offers:
        price = offer.get("price")
        if offer.get("offerType") == "B2C" and isinstance(price, Mapping):
            amount = _number(price.get("amount"))
            currency = price.get("currencyCode")
            if amount is not None and isinstance(currency, str):
                prices.setdefault(currency, amount)
    return prices


def _product_type(row: Mapping[str, Any]) -> str:
    """``PRODUCT`` fits every listing (not confirmed by the model)."""
    for key in ("productTypes", "summaries"):
        for part in rows_of(row, key):
            name = part.get("productType")
            if isinstance(name, str) and name:
                return name
    return "PRODUCT"


def country_of(marketplace_id: str) -> str:
    """The country of a marketplace, empty when it is not known."""
    known = MARKETPLACES.get(marketplace_id)
    return known.country if known else ""
