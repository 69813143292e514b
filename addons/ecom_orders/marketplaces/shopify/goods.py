"""Product data: how they are changed, and how a thing is put on sale.

Facts (schema, 2025-10 to 2026-07): price, barcode and weight belong to the variant,
title, description and media to the product; ``productVariantsBulkUpdate`` is for the
variants of one product, and with ``allowPartialUpdates`` one refused variant does not
stop the others; media given to ``productUpdate`` are added to those that are there, so
that nothing of the shop's is ever removed; ``productSet`` with a handle as identifier
creates a product or finds the one that has the handle (that the answer to a repeated
call names the same product is not confirmed). A picture is fetched by the shop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import BadAnswer, MarketplaceError, NotFound, RequestRefused
from ..schema import ListingResult, ListingUpdate, NewListing, NewVariant
from . import documents
from .api import Api, elements, text_of, user_errors
from .catalogue import NO_OPTION, NO_VARIANT
from .money import number_of

READ = 50  # variants that are looked up with one query
BATCH = 100
"""Variants in one mutation; the limit of the interface is higher (2,048 variants of a
product)."""
SKUS = 25  # SKUs in one search

# Refusals of one product that say nothing about the next one.
_LOCAL_ERRORS = (RequestRefused, NotFound, BadAnswer)

Json = dict[str, Any]


class Goods:
    """Changes and creates products of one shop."""

    def __init__(self, api: Api):
        self.api = api
        self._currency: str | None = None

    # -- changing ----------------------------------------------------------------------

    def push(self, updates: Iterable[ListingUpdate]) -> tuple[ListingResult, ...]:
        """See :meth:`~..base.Connector.push_listings`.

        Variants go first, and with them the prices. Codes of our own:
        ``bad_reference``, ``currency``.
        """
        wanted = list(updates)
        if not wanted:
            return ()
        self.api.need("write_products")
        parents = self._parents([update.product_ref for update in wanted])
        errors: dict[str, str] = {}
        postponed: set[str] = set()
        groups: dict[str, list[ListingUpdate]] = {}
        for update in wanted:
            parent = parents.get(update.product_ref, "")
            error = self._unfit(update) if parent else "bad_reference: not a variant"
            if error:
                errors[update.key] = error
            else:
                groups.setdefault(parent, []).append(update)
        said_something = bool(errors)
        for parent, group in groups.items():
            try:
                found = self._push_group(parent, group)
            except _LOCAL_ERRORS as error:
                found = {update.key: _words(error) for update in group}
            except MarketplaceError as error:
                if not said_something:
                    raise
                found = {update.key: _words(error) for update in group}
                postponed |= set(found) if error.retriable else set()
            said_something = True
            errors |= found
        return tuple(
            ListingResult(
                update.key,
                errors.get(update.key, ""),
                retriable=update.key in postponed,
            )
            for update in wanted
        )

    def _parents(self, refs: list[str]) -> dict[str, str]:
        """Global ids of products by the reference of a variant."""
        refs = [ref for ref in dict.fromkeys(refs) if ref.isascii() and ref.isdigit()]
        found: dict[str, str] = {}
        for start in range(0, len(refs), READ):
            ids = [f"gid://shopify/ProductVariant/{ref}" for ref in refs[start:][:READ]]
            data = self.api.ask(documents.VARIANTS_OF, "variants.get", ids=ids).data
            for row in elements(data, "nodes"):
                product = row.get("product")
                gid = product.get("id") if isinstance(product, Mapping) else None
                if gid:
                    ref = number_of(str(row.get("id")), "ProductVariant")
                    found[ref] = str(gid)
        return found

    def _unfit(self, update: ListingUpdate) -> str:
        return self._wrong_currency(update.currency) if update.price is not None else ""

    def _wrong_currency(self, currency: str) -> str:
        if self._currency is None:
            shop = self.api.ask(documents.SHOP, "check").data.get("shop")
            found = shop.get("currencyCode") if isinstance(shop, Mapping) else ""
            self._currency = str(found or "")
        if currency and self._currency and self._currency != currency:
            return f"currency: the shop sells in {self._currency}, not in {currency}"
        return ""

    def _push_group(self, parent: str, group: list[ListingUpdate]) -> dict[str, str]:
        """Tell the updates of one product; what was refused, by key."""
        errors: dict[str, str] = {}
        rows = [(update, row) for update in group if (row := _variant_part(update))]
        for start in range(0, len(rows), BATCH):
            errors |= self._push_variants(parent, rows[start : start + BATCH])
        touched = [u for u in group if _product_part([u]) or u.images]
        if touched:
            media = _media(touched)
            refusal = self._push_product(parent, _product_part(touched), media)
            for update in touched if refusal else ():
                errors.setdefault(update.key, refusal)
        return errors

    def _push_variants(
        self, parent: str, rows: list[tuple[ListingUpdate, Json]]
    ) -> dict[str, str]:
        payload = self.api.mutate(
            documents.UPDATE_VARIANTS,
            "variants.update",
            idempotent=True,  # absolute values
            productId=parent,
            variants=[row for _update, row in rows],
        )
        errors: dict[str, str] = {}
        for error in user_errors(payload):
            index = _index_of(error)
            hit = [rows[index]] if index is not None and index < len(rows) else rows
            for update, _row in hit:
                errors.setdefault(update.key, text_of(error))
        return errors

    def _push_product(self, parent: str, product: Json, media: list[Json]) -> str:
        payload = self.api.mutate(
            documents.UPDATE_PRODUCT,
            "products.update",
            idempotent=not media,  # sent twice, a picture would be there twice
            product={"id": parent, **product},
            media=media,
        )
        return next((text_of(error) for error in user_errors(payload)), "")

    # -- creating ----------------------------------------------------------------------

    def put_on_sale(self, new: NewListing) -> tuple[ListingResult, ...]:
        """See :meth:`~..base.Connector.create_listing`.

        The product is known again by its handle, which is our key. One of which the
        shop has some variants already is left as it is: only a person knows whether
        the missing ones belong there.
        """
        self.api.need("write_products")
        refusal = self._wrong_currency(new.currency)
        if refusal:
            return tuple(ListingResult(v.key, refusal) for v in new.variants)
        known = self._by_sku([variant.sku for variant in new.variants])
        if not known:
            known, refusal = self._set(new)
        return tuple(
            _created(variant, known.get(variant.sku), refusal)
            for variant in new.variants
        )

    def _by_sku(self, skus: list[str]) -> dict[str, tuple[str, str]]:
        """Variant and product numbers by SKU."""
        found: dict[str, tuple[str, str]] = {}
        for start in range(0, len(skus), SKUS):
            part = skus[start : start + SKUS]
            search = " OR ".join(f"sku:'{_quoted(sku)}'" for sku in part)
            pages = self.api.pages(
                documents.VARIANTS_BY_SKU,
                "variants.by_sku",
                "productVariants",
                first=READ,
                query=search,
            )
            for rows in pages:
                for row in rows:
                    sku = str(row.get("sku") or "")
                    if sku in part:  # the search is not an exact one
                        product = row.get("product")
                        gid = product.get("id") if isinstance(product, Mapping) else ""
                        found[sku] = (
                            number_of(str(row.get("id")), "ProductVariant"),
                            number_of(str(gid), "Product"),
                        )
        return found

    def _set(self, new: NewListing) -> tuple[dict[str, tuple[str, str]], str]:
        payload = self.api.mutate(
            documents.SET_PRODUCT,
            "products.set",
            idempotent=True,  # the handle makes it one
            identifier={"handle": new.key},
            input=_new_product(new),
        )
        for error in user_errors(payload):
            return {}, text_of(error)
        product = payload.get("product")
        product = product if isinstance(product, Mapping) else {}
        number = number_of(str(product.get("id")), "Product")
        return {
            str(row.get("sku")): (
                number_of(str(row.get("id")), "ProductVariant"),
                number,
            )
            for row in elements(product.get("variants"), "nodes")
        }, ""


def _variant_part(update: ListingUpdate) -> Json:
    """What belongs to the variant; empty when it is not to be changed."""
    row: Json = {}
    if update.price is not None:
        row["price"] = format(update.price, "f")
    if update.barcode is not None:
        row["barcode"] = update.barcode
    if update.weight is not None:
        row["inventoryItem"] = _item(update)
    if row:
        row["id"] = f"gid://shopify/ProductVariant/{update.product_ref}"
    return row


def _item(thing: ListingUpdate | NewVariant) -> Json:
    weight = {"value": float(thing.weight or 0), "unit": "KILOGRAMS"}
    return {"measurement": {"weight": weight}}


def _product_part(group: list[ListingUpdate]) -> Json:
    """What belongs to the product; of updates that differ the first one counts."""
    row: Json = {}
    for update in group:
        if update.title is not None:
            row.setdefault("title", update.title)
        if update.description is not None:
            row.setdefault("descriptionHtml", update.description)
    return row


def _media(group: list[ListingUpdate]) -> list[Json]:
    images = next((update.images for update in group if update.images), ())
    return [
        {"originalSource": image.url, "mediaContentType": "IMAGE"} for image in images
    ]


def _new_product(new: NewListing) -> Json:
    options = new.options or (NO_OPTION,)
    values = {variant.key: variant.options or (NO_VARIANT,) for variant in new.variants}
    names = [
        {
            "name": option,
            "values": [
                {"name": value}
                for value in dict.fromkeys(row[place] for row in values.values())
            ],
        }
        for place, option in enumerate(options)
    ]
    return {
        "title": new.title,
        "descriptionHtml": new.description,
        "handle": new.key,
        "status": "ACTIVE" if new.published else "DRAFT",
        "productOptions": names,
        "variants": [
            _new_variant(variant, dict(zip(options, values[variant.key], strict=True)))
            for variant in new.variants
        ],
        "files": [
            {"originalSource": image.url, "contentType": "IMAGE"}
            for image in new.images
        ],
    }


def _new_variant(variant: NewVariant, options: Mapping[str, str]) -> Json:
    row: Json = {
        "optionValues": [
            {"optionName": name, "name": value} for name, value in options.items()
        ],
        "sku": variant.sku,
    }
    if variant.price is not None:
        row["price"] = format(variant.price, "f")
    if variant.barcode:
        row["barcode"] = variant.barcode
    if variant.weight is not None:
        row["inventoryItem"] = _item(variant)
    return row


def _created(
    variant: NewVariant, found: tuple[str, str] | None, refusal: str
) -> ListingResult:
    if found is None:
        return ListingResult(variant.key, refusal or "not_made: not in the product")
    return ListingResult(variant.key, product_ref=found[0], parent_ref=found[1])


def _index_of(error: Mapping[str, Any]) -> int | None:
    """The row a user error is about: ``["variants", "3", ...]``."""
    field = error.get("field")
    if not isinstance(field, list) or len(field) < 2 or field[0] != "variants":
        return None
    text = str(field[1])
    return int(text) if text.isascii() and text.isdigit() else None


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _words(error: MarketplaceError) -> str:
    return f"{error.details.get('remote_code') or error.code}: {error}"[:300]
