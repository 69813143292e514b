"""Prices of SKUs.

Facts (metadata of ``taobao.item.sku.price.update``): a SKU is named by its item and
its properties; the price is in yuan with two decimals; the price of the item has to
lie between those of its SKUs, and ``item_price`` moves it when it would not. The
interface that changes an item without SKUs is not among the metadata at hand, so the
price of such an item cannot be told, nor can a title or anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ..errors import BadAnswer, MarketplaceError, NotFound, RequestRefused
from ..schema import ListingField, ListingResult, ListingUpdate
from .api import Api
from .catalogue import ITEMS_AT_ONCE, REF, Catalogue, amount_of, identifier, text_of

CURRENCY = "CNY"
FIELDS = frozenset({ListingField.PRICE})

# Refusals of one SKU that say nothing about the next one.
_LOCAL_ERRORS = (RequestRefused, NotFound, BadAnswer)

Sku = Mapping[str, Any]


class Prices:
    """Tells prices of SKUs."""

    def __init__(self, api: Api):
        self.api = api

    def push(self, updates: Iterable[ListingUpdate]) -> tuple[ListingResult, ...]:
        """See :meth:`~..base.Connector.push_listings`.

        Codes of our own: ``not_supported``, ``bad_reference``, ``currency``.
        """
        wanted = list(updates)
        errors = {update.key: _unfit(update) for update in wanted}
        postponed: set[str] = set()
        said_something = any(errors.values())
        good = [update for update in wanted if not errors[update.key]]
        skus = self._skus([update.product_ref.split("/")[0] for update in good])
        for update in good:
            try:
                self._change(update, skus)
            except _LOCAL_ERRORS as error:
                errors[update.key] = text_of(error)
            except MarketplaceError as error:
                if not said_something:
                    raise
                errors[update.key] = text_of(error)
                postponed |= {update.key} if error.retriable else set()
            said_something = True
        return tuple(
            ListingResult(
                update.key, errors[update.key], retriable=update.key in postponed
            )
            for update in wanted
        )

    def _skus(self, item_ids: list[str]) -> dict[str, dict[str, Sku]]:
        """SKUs by item and number."""
        items = list(dict.fromkeys(item_ids))
        found: dict[str, dict[str, Sku]] = {}
        for start in range(0, len(items), ITEMS_AT_ONCE):
            rows = Catalogue(self.api).skus_of(items[start : start + ITEMS_AT_ONCE])
            for item_id, skus in rows.items():
                found[item_id] = {identifier(sku, "sku_id"): sku for sku in skus}
        return found

    def _change(
        self, update: ListingUpdate, skus: Mapping[str, dict[str, Sku]]
    ) -> None:
        item_id, _slash, sku_id = update.product_ref.partition("/")
        siblings = skus.get(item_id, {})
        sku = siblings.get(sku_id)
        if sku is None:
            raise NotFound("the item has no such SKU")
        try:
            self._send(item_id, sku, update.price)
        except RequestRefused:
            # The item's own price may lie outside of its SKUs' now: move it along.
            others = (
                amount_of(row.get("price"))
                for number, row in siblings.items()
                if number != sku_id
            )
            prices = [price for price in (*others, update.price) if price is not None]
            self._send(item_id, sku, update.price, item_price=min(prices))
        siblings[sku_id] = {**sku, "price": update.price}

    def _send(
        self,
        item_id: str,
        sku: Sku,
        price: Decimal | None,
        item_price: Decimal | None = None,
    ) -> None:
        self.api.call(
            "taobao.item.sku.price.update",
            num_iid=item_id,
            properties=str(sku.get("properties") or ""),
            price=f"{price:.2f}",
            item_price=None if item_price is None else f"{item_price:.2f}",
        )


def _unfit(update: ListingUpdate) -> str:
    others = (
        update.title,
        update.description,
        update.barcode,
        update.weight,
        update.images,
    )
    if any(value is not None for value in others):
        return "not_supported: the platform is told prices only"
    match = REF.fullmatch(update.product_ref)
    if match is None:
        return "bad_reference: not a listing"
    if not match[2]:
        return "not_supported: the price of an item without SKUs cannot be told"
    if update.currency not in ("", CURRENCY):
        return f"currency: the platform sells in {CURRENCY}, not in {update.currency}"
    return ""
