"""Listings, quantities and locations (Inventory interface).

Facts of the Inventory document:

* things are known by SKU, unique for the seller; listings made elsewhere are not here;
* ``offset`` of inventory items counts *pages*, of locations it counts rows;
* ``bulk_update_price_quantity`` and ``bulk_get_inventory_item`` take 25 SKUs and give
  one result for each inside a 200 or 207. (One sentence of the document says that one
  call is for one SKU, the schema says up to 25; the option ``stock_batch`` lowers it.)
* a listing can be revised 250 times a day; then eBay blocks it until the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from ..errors import (
    BadAnswer,
    MarketplaceError,
    NotFound,
    PayloadError,
    RequestRefused,
)
from ..reading import MAX_NOTE, Reader
from ..schema import ExternalProduct, Location, StockLevel, StockResult
from .api import INVENTORY, Api
from .normaliser import LISTING_REF

BATCH = 25
PAGE = 200
LOCATIONS_PAGE = 100
SKU_LENGTH = 50

#: Kilograms of one unit of weight.
WEIGHT_UNITS = {
    "KILOGRAM": Decimal(1),
    "GRAM": Decimal("0.001"),
    "POUND": Decimal("0.45359237"),
    "OUNCE": Decimal("0.028349523125"),
}
GRAIN = Decimal("0.0001")

REVISION_LIMIT = "revision_limit"
# What a refusal for the 250 revisions reads like; its number is not in the document.
_LIMIT_WORDS = (
    "revision",
    "revised too many",
    "revise limit",
    "maximum number of revi",
)

# Refusals of one batch that say nothing about the next one.
_LOCAL_ERRORS = (RequestRefused, NotFound, BadAnswer, PayloadError)


class Inventory:
    """What a seller has for sale, as the Inventory interface knows it."""

    def __init__(self, api: Api):
        self.api = api
        self._groups: dict[str, Reader] = {}

    # -- reading -----------------------------------------------------------------------

    def products(self) -> Iterator[tuple[ExternalProduct, ...]]:
        """Yield pages of inventory items.

        Each costs one more request for its offers, which tell price and state; the
        option ``offers=False`` spares them.
        """
        for items in self._pages():
            products = [self._product(item) for item in items]
            found = tuple(product for product in products if product)
            if found:
                yield found

    def _pages(self) -> Iterator[list[Any]]:
        number: int | None = 0
        while number is not None:
            answer = self.api.get(
                f"{INVENTORY}/inventory_item",
                "inventory.list",
                limit=PAGE,
                offset=number,
            )
            items = answer.get("inventoryItems", []) if isinstance(answer, dict) else 0
            if not isinstance(items, list):
                raise BadAnswer("a listing that is not a list")
            yield items
            number = _next_page(answer, number) if items else None

    def _product(self, item: Any) -> ExternalProduct | None:
        """An item; one that cannot be read is left out."""
        try:
            read = Reader(item)
            sku = read.text("sku", 200)
            if not sku:
                return None
            offer = self._offer(sku)
            product = read.child("product")
            quantity = _shown(read)
            codes = [product.data.get(key) for key in ("ean", "upc", "isbn")]
            codes = [
                code for group in codes if isinstance(group, list) for code in group
            ]
            group = self._group(item)
            options = _options(product, group)
            return ExternalProduct(
                product_ref=sku,
                name=product.text("title", 500) or sku,
                parent_ref=group.text("inventoryItemGroupKey", 200) if options else "",
                options=options,
                title=(group.text("title", 500) if options else "")
                or product.text("title", 500)
                or sku,
                description=_description(product, group if options else None),
                weight=_kilograms(read),
                image_count=_image_count(product),
                sku=sku,
                barcode=next((str(code)[:64] for code in codes if code), ""),
                price=_price(offer),
                manages_stock=quantity is not None,
                stock=quantity,
                active=offer is None or offer.text("status", 40) == "PUBLISHED",
            )
        except MarketplaceError as error:
            if error.retriable:
                raise
            return None

    def _group(self, item: Any) -> Reader:
        """The first group of variations that an item is in; empty when in none.

        Each group is read once.
        """
        keys = item.get("groupIds") or item.get("inventoryItemGroupKeys")
        key = keys[0] if isinstance(keys, list) and keys else None
        if not isinstance(key, str) or not key:
            return Reader({})
        if key not in self._groups:
            try:
                path = f"{INVENTORY}/inventory_item_group/{quote(key, safe='')}"
                answer = self.api.get(path, "groups.get")
                self._groups[key] = Reader({**answer, "inventoryItemGroupKey": key})
            except NotFound:
                self._groups[key] = Reader({})
        return self._groups[key]

    def _offer(self, sku: str) -> Reader | None:
        """The offer of a SKU; of several (auction beside fixed price) the fixed one."""
        if self.api.credentials.options.get("offers") is False:
            return None
        try:
            answer = self.api.get(f"{INVENTORY}/offer", "offers.list", sku=sku)
        except NotFound:
            return Reader({})
        offers = Reader(answer).children("offers")
        fixed = [offer for offer in offers if offer.text("format", 40) != "AUCTION"]
        return (fixed or offers or [Reader({})])[0]

    def stock(self, refs: Iterable[str]) -> Iterator[tuple[StockLevel, ...]]:
        """Yield what is shown now; a SKU that eBay does not know is left out."""
        skus = [ref for ref in dict.fromkeys(refs) if is_sku(ref)]
        for batch in _batches(skus, self.batch_size):
            levels = tuple(
                StockLevel(sku, sku, int(shown))
                for sku, shown in self._shown_now(batch).items()
                if shown is not None
            )
            if levels:
                yield levels

    def _shown_now(self, skus: list[str]) -> dict[str, Decimal | None]:
        body = {"requests": [{"sku": sku} for sku in skus]}
        answer = self.api.post(
            f"{INVENTORY}/bulk_get_inventory_item",
            "inventory.get",
            body,
            idempotent=True,
        )
        shown: dict[str, Decimal | None] = {}
        for row in Reader(answer.payload).children("responses"):
            item = row.child("inventoryItem")
            if item.data:
                shown[row.text("sku", 200)] = _shown(item)
        return shown

    def locations(self) -> tuple[Location, ...]:
        """All sites that the seller has set up."""
        found: list[Location | None] = []
        while True:
            answer = self.api.get(
                f"{INVENTORY}/location",
                "locations.list",
                limit=LOCATIONS_PAGE,
                offset=len(found),
            )
            read = Reader(answer)
            rows = read.data.get("locations") or []
            if not isinstance(rows, list):
                raise BadAnswer("a listing that is not a list")
            found += [_location(row) for row in rows]
            if not rows or len(found) >= (read.decimal("total") or 0):
                return tuple(location for location in found if location)

    # -- writing -----------------------------------------------------------------------

    @property
    def batch_size(self) -> int:
        """SKUs in one request."""
        wanted = self.api.credentials.options.get("stock_batch")
        is_number = isinstance(wanted, int) and not isinstance(wanted, bool)
        return min(max(wanted, 1), BATCH) if is_number else BATCH

    def push(self, levels: Iterable[StockLevel]) -> tuple[StockResult, ...]:
        """See :meth:`~..base.Connector.push_stock`.

        What is shown already is not sent again: it would cost one of the day's
        revisions. ``error`` is ``"<code>: <text>"`` with eBay's number or a code of
        our own: ``bad_reference``, ``negative_quantity``, ``not_in_inventory`` (the
        listing was not made by the Inventory interface), ``revision_limit``,
        ``not_answered``.
        """
        wanted = {level.product_ref: level for level in levels}
        results = {ref: _refused(level) for ref, level in wanted.items()}
        good = [ref for ref, result in results.items() if result is None]
        for batch in _batches(good, self.batch_size):
            try:
                results.update(self._push_batch([wanted[ref] for ref in batch]))
            except _LOCAL_ERRORS as error:
                text = f"{error.details.get('remote_code') or error.code}: {error}"
                results.update({ref: StockResult(ref, text) for ref in batch})
        return tuple(result for result in results.values() if result)

    def _push_batch(self, levels: list[StockLevel]) -> dict[str, StockResult]:
        shown = self._shown_now([level.product_ref for level in levels])
        results: dict[str, StockResult] = {}
        changes: list[StockLevel] = []
        for level in levels:
            ref = level.product_ref
            if ref not in shown:
                results[ref] = StockResult(ref, "25702: eBay does not know this SKU")
            elif shown[ref] == level.quantity:
                results[ref] = StockResult(ref, current=level.quantity)
            else:
                changes.append(level)
        if changes:
            results.update(self._change(changes))
        return results

    def _change(self, levels: list[StockLevel]) -> dict[str, StockResult]:
        body = {
            "requests": [
                {
                    "sku": level.product_ref,
                    "shipToLocationAvailability": {"quantity": level.quantity},
                }
                for level in levels
            ]
        }
        answer = self.api.post(
            f"{INVENTORY}/bulk_update_price_quantity",
            "inventory.push",
            body,
            idempotent=True,
        )
        answers = {
            row.text("sku", 200): row
            for row in Reader(answer.payload).children("responses")
        }
        return {
            level.product_ref: _result(level, answers.get(level.product_ref))
            for level in levels
        }


def _refused(level: StockLevel) -> StockResult | None:
    """What is wrong with a level before it is sent."""
    ref = level.product_ref
    if level.quantity < 0:
        return StockResult(ref, "negative_quantity: less than nothing")
    if ref.startswith(LISTING_REF):
        return StockResult(ref, "not_in_inventory: the listing has no SKU at eBay")
    if not is_sku(ref):
        return StockResult(ref, "bad_reference: not a SKU")
    return None


def is_sku(text: str) -> bool:
    """Whether eBay could know it; a SKU has at most 50 characters."""
    return 0 < len(text) <= SKU_LENGTH and not text.startswith(LISTING_REF)


def _result(level: StockLevel, row: Reader | None) -> StockResult:
    ref = level.product_ref
    if row is None:
        return StockResult(ref, "not_answered: eBay said nothing of it")
    status = row.decimal("statusCode")
    if 200 <= status < 300:
        return StockResult(ref, current=level.quantity)
    errors = row.children("errors")
    code = errors[0].identifier("errorId", required=False) if errors else str(status)
    text = errors[0].text("longMessage") or errors[0].text("message") if errors else ""
    if any(words in text.lower() for words in _LIMIT_WORDS):
        return StockResult(ref, f"{REVISION_LIMIT}: {text}")
    return StockResult(ref, f"{code}: {text}")


def _shown(item: Reader) -> Decimal | None:
    """The quantity for sale of an inventory item."""
    available = item.child("availability").child("shipToLocationAvailability")
    return available.decimal("quantity", default=None)


def _price(offer: Reader | None) -> Decimal | None:
    if offer is None:
        return None
    price = offer.child("pricingSummary").child("price")
    return price.decimal("value", default=None)


def _options(product: Reader, group: Reader) -> tuple[tuple[str, str], ...]:
    """What an item differs by from the others of its group: some of its aspects."""
    aspects = product.child("aspects").data
    names = [
        row.text("name", 80)
        for row in group.child("variesBy").children("specifications")
    ]
    values = ((name, aspects.get(name)) for name in names)
    return tuple(
        (name, str(value[0]))
        for name, value in values
        if isinstance(value, list) and value
    )


def _description(product: Reader, group: Reader | None) -> str | None:
    """That of the group where there is one; ``None`` = not told."""
    for part in (group, product):
        if part is not None and "description" in part.data:
            return part.text("description", MAX_NOTE)
    return None


def _kilograms(item: Reader) -> Decimal | None:
    weight = item.child("packageWeightAndSize").child("weight")
    value = weight.decimal("value", default=None)
    unit = WEIGHT_UNITS.get(weight.text("unit", 20))
    return (value * unit).quantize(GRAIN) if value and unit else None


def _image_count(product: Reader) -> int | None:
    images = product.data.get("imageUrls")
    return len(images) if isinstance(images, list) else None


def _location(row: Any) -> Location | None:
    """A site; ``None`` for one that cannot be read."""
    try:
        read = Reader(row)
        ref = read.identifier("merchantLocationKey")
        address = read.child("location").child("address")
        return Location(
            ref=ref,
            name=read.text("name", 200) or ref,
            country_code=address.text("country", 8).upper(),
            active=read.text("merchantLocationStatus", 40) != "DISABLED",
        )
    except PayloadError:
        return None


def _next_page(answer: dict[str, Any], number: int) -> int | None:
    """The number of the page after this one, as the address of the next tells it."""
    following = answer.get("next")
    if not isinstance(following, str) or not following:
        return None
    told = parse_qs(urlsplit(following).query).get("offset", [""])[0]
    page = int(told) if told.isascii() and told.isdigit() else number + 1
    return page if page > number else None


def _batches(refs: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(refs), size):
        yield refs[start : start + size]
