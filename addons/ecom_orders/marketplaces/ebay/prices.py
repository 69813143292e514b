"""Prices of offers.

Facts (Inventory document): a price belongs to an offer, of which a SKU has one for each
marketplace and format; ``bulk_update_price_quantity`` changes prices of published
offers only, up to 25 at once, with one result for each offer. (Its description says
one SKU for one call, its schema up to 25; the option ``stock_batch`` lowers it here
too.) Title, description, pictures and barcode stand in the inventory item, which can
only be replaced as a whole, quantity included: that would overwrite what is sold in
between, so they are not told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import BadAnswer, MarketplaceError, NotFound, PayloadError, RequestRefused
from ..reading import Reader
from ..schema import ListingField, ListingResult, ListingUpdate
from .api import INVENTORY, Api
from .inventory import Inventory, is_sku

FIELDS = frozenset({ListingField.PRICE})

# Refusals of one request that say nothing about the next one.
_LOCAL_ERRORS = (RequestRefused, NotFound, BadAnswer, PayloadError)


@dataclass(frozen=True)
class _Change:
    """The price of one offer."""

    update: ListingUpdate
    offer: str


class Prices:
    """Tells prices of what a seller has for sale."""

    def __init__(self, api: Api):
        self.api = api
        self._batch_size = Inventory(api).batch_size

    def push(self, updates: Iterable[ListingUpdate]) -> tuple[ListingResult, ...]:
        """See :meth:`~..base.Connector.push_listings`.

        All published offers of the SKU in the price's currency get it, auctions
        excepted. Codes of our own: ``not_supported``, ``bad_reference``, ``no_offer``,
        ``currency``, ``not_answered``.
        """
        wanted = list(updates)
        errors: dict[str, str] = {}
        postponed: set[str] = set()
        changes: list[_Change] = []
        said_something = False
        for update in wanted:
            error = _unfit(update)
            if not error:
                try:
                    offers, error = self._offers(update)
                    changes += [_Change(update, offer) for offer in offers]
                except _LOCAL_ERRORS as refusal:
                    error = _words(refusal)
                except MarketplaceError as refusal:
                    if not said_something:
                        raise
                    error = _words(refusal)
                    postponed |= {update.key} if refusal.retriable else set()
            if error:
                errors[update.key] = error
            said_something = True
        for start in range(0, len(changes), self._batch_size):
            batch = changes[start : start + self._batch_size]
            try:
                found = self._send(batch)
            except _LOCAL_ERRORS as error:
                found = {change.update.key: _words(error) for change in batch}
            except MarketplaceError as error:
                if not (start or errors):
                    raise
                found = {change.update.key: _words(error) for change in batch}
                postponed |= set(found) if error.retriable else set()
            errors |= found
        return tuple(
            ListingResult(
                update.key,
                errors.get(update.key, ""),
                retriable=update.key in postponed,
            )
            for update in wanted
        )

    def _offers(self, update: ListingUpdate) -> tuple[list[str], str]:
        """Offers that get the price, or why there is none."""
        answer = self.api.get(
            f"{INVENTORY}/offer", "offers.list", sku=update.product_ref
        )
        offers = [
            offer
            for offer in Reader(answer).children("offers")
            if offer.text("format", 40) != "AUCTION"
            and offer.text("status", 40) == "PUBLISHED"
        ]
        if not offers:
            return [], "no_offer: eBay has no published offer of this SKU"
        fitting = [
            offer.identifier("offerId")
            for offer in offers
            if _currency(offer) in ("", update.currency)
        ]
        if not fitting:
            return [], f"currency: the offers are in {_currency(offers[0])}"
        return fitting, ""

    def _send(self, changes: list[_Change]) -> dict[str, str]:
        body = {
            "requests": [
                {
                    "offers": [
                        {
                            "offerId": change.offer,
                            "price": {
                                "value": format(change.update.price, "f"),
                                "currency": change.update.currency,
                            },
                        }
                    ]
                }
                for change in changes
            ]
        }
        answer = self.api.post(
            f"{INVENTORY}/bulk_update_price_quantity",
            "prices.push",
            body,
            idempotent=True,
        )
        rows = {
            row.identifier("offerId", required=False): row
            for row in Reader(answer.payload).children("responses")
        }
        errors: dict[str, str] = {}
        for change in changes:
            error = _refusal(rows.get(change.offer))
            if error:
                errors.setdefault(change.update.key, error)
        return errors


def _unfit(update: ListingUpdate) -> str:
    others = (
        update.title,
        update.description,
        update.barcode,
        update.weight,
        update.images,
    )
    if any(value is not None for value in others):
        return "not_supported: eBay is told prices only"
    if not is_sku(update.product_ref):
        return "bad_reference: not a SKU"
    return ""


def _currency(offer: Reader) -> str:
    return offer.child("pricingSummary").child("price").text("currency", 8)


def _refusal(row: Reader | None) -> str:
    if row is None:
        return "not_answered: eBay said nothing of it"
    status = row.decimal("statusCode")
    if 200 <= status < 300:
        return ""
    errors = row.children("errors")
    code = errors[0].identifier("errorId", required=False) if errors else str(status)
    text = errors[0].text("longMessage") or errors[0].text("message") if errors else ""
    return f"{code}: {text}"[:300]


def _words(error: MarketplaceError) -> str:
    return f"{error.details.get('remote_code') or error.code}: {error}"[:300]
