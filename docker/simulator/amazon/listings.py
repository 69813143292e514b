"""Listings Items API 2021-08-01: search, read, patch.

A patch that was accepted is applied once somebody has looked at the listing twice or
half a minute has passed.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..core.message import Response
from ..world.model import Product
from ..world.shop import World
from . import errors, facts
from .call import Call, marketplaces_of
from .documents import (
    apply_patches,
    find_by_sku,
    wanted_price,
    wanted_quantity,
)
from .ids import asin_of

_TIME_NEEDED = timedelta(seconds=30)
PRODUCT_TYPE = "HOME"


@dataclass
class _Patch:
    """A patch that waits."""

    sku: str
    patches: list[dict[str, Any]]
    sent: datetime
    looks: int = 0


class ListingDesk:
    """Answers calls about listings of one seller."""

    def __init__(self, world: World, account: str) -> None:
        self._world = world
        self._account = account
        self._lock = threading.Lock()
        self._waiting: list[_Patch] = []
        self._numbers = itertools.count(1)

    def search(self, call: Call) -> Response:
        """Answer ``searchListingsItems`` (by SKU)."""
        self._check(call)
        wanted = call.words("identifiers")
        if call.text("identifiersType") != "SKU" or len(wanted) > 20:
            raise errors.invalid("identifiers are missing or too many.")
        for sku in wanted:
            self._look(sku)
        size = call.number("pageSize", 10, 20)
        found = [find_by_sku(self._world, sku) for sku in wanted]
        rows = [self._item(product, call) for product in found if product]
        return Response.of_json({"numberOfResults": len(rows), "items": rows[:size]})

    def get(self, call: Call) -> Response:
        """Answer ``getListingsItem``."""
        self._check(call)
        sku = call.parts[1]
        self._look(sku)
        product = find_by_sku(self._world, sku)
        if product is None:
            raise errors.not_found(f"SKU '{sku}' not found in marketplace.")
        return Response.of_json(self._item(product, call))

    def patch(self, call: Call) -> Response:
        """Answer ``patchListingsItem``."""
        self._check(call)
        sku = call.parts[1]
        body = call.body()
        patches = body.get("patches")
        if not body.get("productType") or not isinstance(patches, list):
            raise errors.invalid("productType or patches is missing.")
        if find_by_sku(self._world, sku) is None:
            raise errors.not_found(f"SKU '{sku}' not found in marketplace.")
        answer: dict[str, Any] = {
            "sku": sku,
            "status": "ACCEPTED",
            "submissionId": f"{next(self._numbers):032x}",
            "issues": [],
        }
        quantity = wanted_quantity(patches)
        if wanted_price(patches) is None and (quantity is None or quantity < 0):
            answer["status"] = "INVALID"
            answer["issues"] = [
                {
                    "code": "90244",
                    "message": "The quantity is missing or not a number of pieces.",
                    "severity": "ERROR",
                    "categories": ["INVALID_ATTRIBUTE"],
                }
            ]
            return Response.of_json(answer)
        with self._lock:
            now = self._world.clock.now()
            self._waiting.append(_Patch(sku, patches, now))
        return Response.of_json(answer)

    def _check(self, call: Call) -> None:
        if call.parts[0] != self._account:
            raise errors.ApiError(
                403, "Unauthorized", "Access to requested resource is denied.", "seller"
            )
        marketplaces_of(call, "marketplaceIds", required=True)

    def _look(self, sku: str) -> None:
        """Apply the patches of a listing whose time has come."""
        now = self._world.clock.now()
        with self._lock:
            due = []
            for patch in self._waiting:
                patch.looks += patch.sku == sku
                if patch.looks > 1 or now - patch.sent >= _TIME_NEEDED:
                    due.append(patch)
            self._waiting = [patch for patch in self._waiting if patch not in due]
        for patch in due:
            apply_patches(self._world, patch.sku, patch.patches)

    def _item(self, product: Product, call: Call) -> dict[str, Any]:
        data = call.words("includedData") or ("summaries",)
        marketplace = call.words("marketplaceIds")[0]
        row: dict[str, Any] = {"sku": facts.sku_of(product)}
        if "summaries" in data:
            moment = facts.iso(product.created or self._world.clock.now())
            row["summaries"] = [
                {
                    "marketplaceId": marketplace,
                    "asin": asin_of(product.id),
                    "productType": PRODUCT_TYPE,
                    "status": ["BUYABLE", "DISCOVERABLE"],
                    "itemName": product.name,
                    "createdDate": moment,
                    "lastUpdatedDate": facts.iso(
                        product.modified or self._world.clock.now()
                    ),
                }
            ]
        if "productTypes" in data:
            row["productTypes"] = [
                {"marketplaceId": marketplace, "productType": PRODUCT_TYPE}
            ]
        if "attributes" in data:
            row["attributes"] = {
                name.lower(): [{"value": value, "marketplace_id": marketplace}]
                for name, value in product.options
            }
        if "relationships" in data:
            family = self._family(product)
            row["relationships"] = [
                {"marketplaceId": marketplace, "relationships": family}
            ]
        if "offers" in data:
            currency = self._world.settings.currency
            price = {"currencyCode": currency, "amount": f"{product.price:.2f}"}
            row["offers"] = [
                {"marketplaceId": marketplace, "offerType": "B2C", "price": price}
            ]
        if "fulfillmentAvailability" in data:
            row["fulfillmentAvailability"] = [_availability(product)]
        return row

    def _family(self, product: Product) -> list[dict[str, Any]]:
        """Return the relationships of a listing; only variations have one."""
        parent = self._world.product(product.parent_id) if product.parent_id else None
        if parent is None:
            return []
        names = [name.lower() for name, _value in product.options]
        return [
            {
                "type": "VARIATION",
                "parentSkus": [parent.sku],
                "variationTheme": {
                    "attributes": names,
                    "theme": "/".join(names).upper(),
                },
            }
        ]


def _availability(product: Product) -> dict[str, Any]:
    if facts.own_stock(product):
        return {"fulfillmentChannelCode": "DEFAULT", "quantity": product.stock}
    return {"fulfillmentChannelCode": "AMAZON_NA"}
