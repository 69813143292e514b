"""Prices of listings.

Facts (Listings Items API 2021-08-01): a patch replaces an attribute of a listing in the
marketplaces that it names; one that is ``ACCEPTED`` is not applied yet and is not heard
of again, so the price that is shown is read until it is there. The shape of the
attribute ``purchasable_offer`` is that of a published example; the schemas of product
types, which rule it, are not among the models at hand (not confirmed), and so no other
attribute is written. The price is with tax (``value_with_tax``). The patch is a
``merge``, so that what else stands in the offer is kept (that a merge of one currency's
offer leaves the others alone is not confirmed).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..errors import BadAnswer, MarketplaceError, NotFound, RequestRefused
from ..schema import ListingField, ListingResult, ListingUpdate, Submission
from .api import Api, rows_of
from .const import MARKETPLACES
from .listings import Listing, Listings, is_sku, listing_path, shown_prices
from .stock import PATIENCE, issues_of, text_of

FIELDS = frozenset({ListingField.PRICE})
BATCH = 20
"""Listings in one call: each is a patch, five of which may leave in a second."""

KIND = "price"  # first word of a submission

# Refusals of one listing that say nothing about the next one.
_LOCAL_ERRORS = (RequestRefused, NotFound, BadAnswer)


class Prices:
    """Tells prices of one seller's listings, and looks what became of them."""

    def __init__(self, api: Api):
        self._api = api
        self._listings = Listings(api)

    def push(self, updates: Iterable[ListingUpdate]) -> tuple[ListingResult, ...]:
        """See :meth:`~..base.Connector.push_listings`.

        A price is told to those marketplaces of the listing that sell in its currency.
        Codes of our own: ``not_supported``, ``bad_reference``, ``unknown_listing``,
        ``currency``, ``not_taken``.
        """
        wanted = list(updates)
        results = {
            update.key: ListingResult(update.key, error)
            for update in wanted
            if (error := _unfit(update))
        }
        good = [update for update in wanted if update.key not in results]
        listings = self._listings.find(update.product_ref for update in good)
        failed: MarketplaceError | None = None
        for update in good:
            key = update.key
            if failed is None:
                try:
                    results[key] = self._patch(update, listings.get(update.product_ref))
                    continue
                except _LOCAL_ERRORS as error:
                    results[key] = ListingResult(key, text_of(error))
                    continue
                except MarketplaceError as error:
                    if not results:
                        raise
                    failed = error
            results[key] = ListingResult(
                key, text_of(failed), retriable=failed.retriable
            )
        return tuple(results[update.key] for update in wanted)

    def _patch(self, update: ListingUpdate, listing: Listing | None) -> ListingResult:
        if listing is None:
            return ListingResult(update.key, "unknown_listing: no such SKU")
        places = [
            place
            for place in listing.marketplaces or self._api.marketplaces()
            if _sells_in(place, update.currency)
        ]
        if not places:
            error = f"currency: it is not sold in {update.currency}"
            return ListingResult(update.key, error)
        answer = self._api.change(
            "PATCH",
            listing_path(self._api, listing.sku),
            "listings.patchListingsItem",
            {
                "productType": listing.product_type,
                "patches": [_price_patch(update, places)],
            },
            idempotent=True,  # absolute: sending it twice is as good as once
            marketplaceIds=places,
        )
        status = answer.get("status")
        if status != "ACCEPTED":  # VALID is the answer to a mere trial
            issue = issues_of(rows_of(answer, "issues"))
            return ListingResult(update.key, issue or f"not_taken: {status}")
        sent_at = self._api.now().isoformat(timespec="seconds")
        price = format(update.price, "f")
        submission = f"{KIND} {sent_at} {price} {update.currency} {listing.sku}"
        return ListingResult(update.key, submission=submission)

    def outcome(self, submission: str) -> Submission:
        """See :meth:`~..base.Connector.fetch_submission`.

        :raises NotFound: for what is no submission of a price.
        """
        parts = submission.split(" ", 4)
        if len(parts) != 5 or parts[0] != KIND:
            raise NotFound(f"not a submission: {submission[:60]!r}")
        _kind, sent_at, price, currency, sku = parts
        shown = shown_prices(self._listings.offers(sku)).get(currency)
        if shown == Decimal(price):
            return Submission(True)
        if self._api.now() - datetime.fromisoformat(sent_at) <= PATIENCE:
            return Submission(False)
        return Submission(True, f"not_taken: Amazon shows {shown} {currency}")


def _unfit(update: ListingUpdate) -> str:
    others = (
        update.title,
        update.description,
        update.barcode,
        update.weight,
        update.images,
    )
    if any(value is not None for value in others):
        return "not_supported: Amazon is told prices only"
    if not is_sku(update.product_ref):
        return "bad_reference: not a SKU"
    return ""


def _sells_in(marketplace_id: str, currency: str) -> bool:
    """Whether a marketplace sells in a currency; one that is not known may."""
    known = MARKETPLACES.get(marketplace_id)
    return not currency or known is None or known.currency == currency


def _price_patch(update: ListingUpdate, places: list[str]) -> Mapping[str, Any]:
    return {
        "op": "merge",
        "path": "/attributes/purchasable_offer",
        "value": [
            {
                "marketplace_id": place,
                "currency": update.currency,
                "our_price": [
                    {"schedule": [{"value_with_tax": float(update.price or 0)}]}
                ],
            }
            for place in places
        ],
    }
