"""Inventory items, offers and locations (Inventory)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..core.message import Response
from ..world.model import Product
from ..world.money import money
from ..world.shop import World, line_name
from . import ids
from .call import Call
from .errors import EbayError, inventory_error

MOST = 200
BATCH = 25
REVISIONS_PER_DAY = 250


class RevisionCounter:
    """How often each listing was revised on a day of the shop's clock."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int]] = Counter()

    def revise(self, day: str, product_id: int) -> None:
        """Count a revision.

        :raises EbayError: beyond the limit; the number of the error is invented.
        """
        if self._counts[day, product_id] >= REVISIONS_PER_DAY:
            raise inventory_error(
                25099, "The revision limit of this listing is reached for today."
            )
        self._counts[day, product_id] += 1


def for_sale(world: World) -> list[Product]:
    """Return what the Inventory interface knows: things with SKU and a quantity."""
    return [
        product
        for product in world.products()
        if product.sku and product.sellable and product.stock is not None
    ]


def list_items(call: Call) -> Response:
    """getInventoryItems: ``offset`` is the number of a page."""
    query = dict(call.request.query)
    limit, page = _whole(query.get("limit", "25")), _whole(query.get("offset", "0"))
    if not 1 <= limit <= MOST or page < 0:
        raise inventory_error(25706, "You have provided invalid pagination values.")
    products = for_sale(call.world)
    chosen = products[page * limit : (page + 1) * limit]
    rows = [{**_item(product), **_groups(product)} for product in chosen]
    payload: dict[str, Any] = {
        "href": f"{call.request.path}?limit={limit}&offset={page}",
        "limit": limit,
        "size": -(-len(products) // limit),
        "total": len(products),
        "inventoryItems": rows,
    }
    if (page + 1) * limit < len(products):
        payload["next"] = f"{call.request.path}?limit={limit}&offset={page + 1}"
    return Response.of_json(payload)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else -1


def _item(product: Product) -> dict[str, Any]:
    row: dict[str, Any] = {
        "sku": product.sku,
        "locale": "en_US",
        "condition": "NEW",
        "product": {"title": line_name(product)},
        "availability": {"shipToLocationAvailability": {"quantity": product.stock}},
    }
    if product.parent_id:
        row["product"]["aspects"] = {name: [value] for name, value in product.options}
    return row


def _groups(product: Product) -> dict[str, Any]:
    """Return what only the listing of items tells: the groups of one."""
    return {"groupIds": [_group_key(product.parent_id)]} if product.parent_id else {}


def _group_key(product_id: int) -> str:
    return f"GROUP-{product_id}"


def get_group(call: Call) -> Response:
    """getInventoryItemGroup: a thing with its variations."""
    rows = (p for p in call.world.products() if p.type == "variable")
    found = [row for row in rows if _group_key(row.id) == call.parts[0]]
    if not found:
        raise inventory_error(25705, "The item group is not available.", 404)
    whole = found[0]
    children = [p for p in for_sale(call.world) if p.parent_id == whole.id]
    return Response.of_json(
        {
            "title": whole.name,
            "description": whole.description,
            "variantSKUs": [child.sku for child in children],
            "variesBy": {
                "specifications": [
                    {"name": name, "values": values.split("|")}
                    for name, values in whole.options
                ]
            },
        }
    )


def list_offers(call: Call) -> Response:
    """getOffers of one SKU."""
    sku = dict(call.request.query).get("sku", "")
    if not sku:
        raise inventory_error(25709, "Invalid value for sku.")
    found = [product for product in for_sale(call.world) if product.sku == sku]
    if not found:
        raise inventory_error(25713, "This Offer is not available.", 404)
    product = found[0]
    currency = call.world.settings.currency
    offer = {
        "offerId": ids.offer_id(product.id),
        "sku": sku,
        "marketplaceId": "EBAY_US",
        "format": "FIXED_PRICE",
        "status": "PUBLISHED",
        "availableQuantity": product.stock,
        "pricingSummary": {
            "price": {"value": f"{product.price:.2f}", "currency": currency}
        },
        "listing": {
            "listingId": ids.listing_id(product.parent_id or product.id),
            "listingStatus": "ACTIVE",
        },
    }
    return Response.of_json({"total": 1, "size": 1, "limit": 100, "offers": [offer]})


def bulk_get(call: Call) -> Response:
    """bulkGetInventoryItem: one result each."""
    by_sku = {product.sku: product for product in for_sale(call.world)}
    rows = []
    for entry in _requests(call):
        product = by_sku.get(entry["sku"])
        if product is None:
            rows.append(_failed(entry["sku"], _no_sku(entry["sku"])))
        else:
            item = _item(product)
            rows.append({"sku": product.sku, "statusCode": 200, "inventoryItem": item})
    return _bulk_answer(rows)


def bulk_update(call: Call, revisions: RevisionCounter) -> Response:
    """bulkUpdatePriceQuantity: quantities of SKUs and prices of offers."""
    by_sku = {product.sku: product for product in for_sale(call.world)}
    day = call.world.clock.now().strftime("%Y-%m-%d")
    rows = []
    for entry in _requests(call):
        rows += [_reprice(call, o) for o in entry.get("offers") or [] if "price" in o]
        if "shipToLocationAvailability" not in entry:
            continue
        sku = entry["sku"]
        try:
            if sku not in by_sku:
                raise _no_sku(sku)
            quantity = entry["shipToLocationAvailability"]["quantity"]
            if not isinstance(quantity, int) or quantity < 0:
                raise inventory_error(25709, "Invalid value for quantity.")
            product = by_sku[sku]
            revisions.revise(day, product.parent_id or product.id)
            call.world.change_product(product.id, stock=quantity)
            rows.append({"sku": sku, "statusCode": 200})
        except EbayError as error:
            rows.append(_failed(sku, error))
    return _bulk_answer(rows)


def _reprice(call: Call, offer: dict[str, Any]) -> dict[str, Any]:
    """Give an offer another price."""
    rows = (p for p in for_sale(call.world) if ids.offer_id(p.id) == offer["offerId"])
    product = next(rows, None)
    try:
        if product is None:
            raise inventory_error(25713, "This Offer is not available.", 404)
        if offer["price"]["currency"] != call.world.settings.currency:
            raise inventory_error(25709, "Invalid value for currency.")
        price = money(offer["price"]["value"])
    except EbayError as error:
        entry = error.entry()
        return {
            "offerId": offer["offerId"],
            "statusCode": error.status,
            "errors": [entry],
        }
    call.world.change_product(product.id, price=price)
    return {"offerId": offer["offerId"], "sku": product.sku, "statusCode": 200}


def _no_sku(sku: str) -> EbayError:
    return inventory_error(25702, f"SKU {sku} is not available in the system", 404)


def _requests(call: Call) -> list[dict[str, Any]]:
    requests = call.body.get("requests")
    if not isinstance(requests, list) or not requests:
        raise inventory_error(25709, "Invalid value for requests.")
    if len(requests) > BATCH:
        raise inventory_error(
            25727, f"The number of InventoryItems cannot exceed {BATCH}."
        )
    skus = [entry["sku"] for entry in requests if "sku" in entry]
    if len(set(skus)) < len(skus):
        raise inventory_error(25734, "SKU should be unique in the request.")
    return requests


def _failed(sku: str, error: EbayError) -> dict[str, Any]:
    return {"sku": sku, "statusCode": error.status, "errors": [error.entry()]}


def _bulk_answer(rows: list[dict[str, Any]]) -> Response:
    status = 200 if all(row["statusCode"] == 200 for row in rows) else 207
    return Response.of_json({"responses": rows}, status)


def list_locations(call: Call) -> Response:
    """getInventoryLocations."""
    country = call.world.settings.base_country
    rows = [
        {
            "merchantLocationKey": key,
            "name": name,
            "merchantLocationStatus": "ENABLED",
            "locationTypes": ["WAREHOUSE"],
            "location": {"address": {"country": country, "city": name}},
        }
        for key, name in (("MAIN", "Main warehouse"), ("WEST", "West warehouse"))
    ]
    return Response.of_json(
        {"href": call.request.path, "total": 2, "limit": 100, "locations": rows}
    )
