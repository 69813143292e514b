"""Product data: what a shop sells, how that is changed, and how a thing is put on sale.

Facts (documentation of the REST API, chapters Products and Product variations;
recorded products): ``regular_price`` is the price before a sale; ``weight`` is in the
shop's unit (setting ``woocommerce_weight_unit``); ``global_unique_id`` takes a barcode
from version 9.2 on, and is dropped silently before; an image given by ``src`` is
fetched by the shop and kept as a new one; a variation has its own price, weight and
barcode, while name, description and gallery are the parent's. A listing by ``sku`` has
variations among its rows (recorded), with their ``parent_id``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from ..errors import BadAnswer, MarketplaceError, NotFound, RequestRefused
from ..schema import (
    ExternalProduct,
    ListingResult,
    ListingUpdate,
    NewListing,
    NewVariant,
)
from . import listing, products, webhook
from .api import Api, text_of

BATCH = 100  # rows in one request; more is refused with 413

#: Kilograms of one unit of weight, by the shop's name for it.
WEIGHT_UNITS = {
    "kg": Decimal(1),
    "g": Decimal("0.001"),
    "lbs": Decimal("0.45359237"),
    "oz": Decimal("0.028349523125"),
}
GRAIN = Decimal("0.0001")  # to which a weight is written

# Refusals of one batch that say nothing about the next one.
_LOCAL_ERRORS = (RequestRefused, NotFound, BadAnswer)

Row = dict[str, Any]


class Goods:
    """Reads, changes and creates products of one shop."""

    def __init__(self, api: Api):
        self.api = api
        self._known: dict[str, str] = {}

    # -- reading -----------------------------------------------------------------------

    def pages(self) -> Iterator[tuple[ExternalProduct, ...]]:
        """Yield pages of products, each variable one followed by its variations.

        One page of products at a time, and one more request for the variations of each
        variable one.
        """
        for rows in self.api.walk("products", "products.list", status="any"):
            found: list[ExternalProduct] = []
            for row in rows:
                product = self._product(row)
                if product is None:
                    continue
                found.append(product)
                if row.get("variations"):
                    found += self._variations(product)
            if found:
                yield tuple(found)

    def _variations(self, parent: ExternalProduct) -> Iterator[ExternalProduct]:
        path = f"products/{parent.product_ref}/variations"
        try:
            for rows in self.api.walk(path, "variations.list"):
                for row in rows:
                    variation = self._variation(parent, row)
                    if variation is not None:
                        yield variation
        except NotFound:
            return  # the product went away while its page was read

    def _product(self, row: Any) -> ExternalProduct | None:
        record_id = webhook.readable_id(row)
        if record_id is None:
            return None
        kind = str(row.get("type") or "")
        name = str(row.get("name") or "")
        images = row.get("images")
        return ExternalProduct(
            product_ref=record_id,
            name=name,
            is_parent=bool(row.get("variations")) or kind.startswith(("vari", "group")),
            # An external product is only shown here and bought elsewhere.
            active=row.get("status") == "publish" and kind != "external",
            title=name,
            description=str(row.get("description") or ""),
            image_count=len(images) if isinstance(images, list) else None,
            **self._common(row),
        )

    def _variation(self, parent: ExternalProduct, row: Any) -> ExternalProduct | None:
        record_id = webhook.readable_id(row)
        if record_id is None:
            return None
        options = _options(row)
        label = ", ".join(value for _name, value in options)
        return ExternalProduct(
            product_ref=f"{parent.product_ref}/{record_id}",
            name=f"{parent.name} ({label})" if label else parent.name,
            active=parent.active and row.get("status") == "publish",
            parent_ref=parent.product_ref,
            options=options,
            title=parent.title,
            description=parent.description,
            image_count=parent.image_count,
            **self._common(row),
        )

    def _common(self, row: Mapping[str, Any]) -> dict[str, Any]:
        regular = listing.number(row.get("regular_price"))
        return {
            "sku": str(row.get("sku") or ""),
            # GTIN field of WooCommerce 9.2 and later.
            "barcode": str(row.get("global_unique_id") or ""),
            "price": listing.number(row.get("price")) if regular is None else regular,
            # A variation can say "parent": its own quantity is then not used.
            "manages_stock": row.get("manage_stock") is True,
            "stock": listing.number(row.get("stock_quantity")),
            "weight": self._kilograms(listing.number(row.get("weight"))),
        }

    def _kilograms(self, weight: Decimal | None) -> Decimal | None:
        if weight is None:
            return None
        unit = WEIGHT_UNITS.get(self._setting("products", "woocommerce_weight_unit"))
        return None if unit is None else (weight * unit).quantize(GRAIN)

    def _setting(self, group: str, name: str) -> str:
        """A setting of the shop, asked for once; empty when the key may not know it."""
        if name not in self._known:
            try:
                row = self.api.get(f"settings/{group}/{name}", "settings.get")
            except _LOCAL_ERRORS:
                row = {}
            except MarketplaceError as error:
                if error.retriable:
                    raise
                row = {}
            value = row.get("value") if isinstance(row, Mapping) else ""
            self._known[name] = str(value or "")
        return self._known[name]

    # -- changing ----------------------------------------------------------------------

    def push(self, updates: Iterable[ListingUpdate]) -> tuple[ListingResult, ...]:
        """See :meth:`~..base.Connector.push_listings`.

        Prices go first: what belongs to variations, then what belongs to products.
        Codes of our own: ``bad_reference``, ``currency``, ``weight_unit``,
        ``not_answered``.
        """
        wanted = list(updates)
        errors = {update.key: self._unfit(update) for update in wanted}
        good = [update for update in wanted if not errors[update.key]]
        sender = _Sender(self.api)
        own: dict[str, dict[str, tuple[Row, set[str]]]] = {}
        for update in good:
            parent, record_id = _parts(update.product_ref)
            row = self._own_part(update)
            if row:
                place = own.setdefault(parent, {})
                _add(place, record_id, row, update.key)
        shared: dict[str, tuple[Row, set[str]]] = own.pop("", {})
        for update in good:
            parent, record_id = _parts(update.product_ref)
            row = _shared_part(update)
            if row:
                _add(shared, parent or record_id, row, update.key)
        for parent, rows in own.items():
            sender.send(f"products/{parent}/variations/batch", rows)
        sender.send("products/batch", shared)
        return tuple(
            ListingResult(
                update.key,
                errors[update.key] or sender.errors.get(update.key, ""),
                retriable=update.key in sender.postponed,
            )
            for update in wanted
        )

    def _unfit(self, update: ListingUpdate) -> str:
        if products.REF.fullmatch(update.product_ref) is None:
            return "bad_reference: not a product"
        refusal = self._wrong_currency(update.currency) if update.price else ""
        if refusal:
            return refusal
        if update.weight is not None and not self._unit_of_weight():
            return "weight_unit: the key may not read the shop's unit of weight"
        return ""

    def _wrong_currency(self, currency: str) -> str:
        shop = self._setting("general", "woocommerce_currency")
        if currency and shop and shop != currency:
            return f"currency: the shop sells in {shop}, not in {currency}"
        return ""

    def _unit_of_weight(self) -> Decimal | None:
        return WEIGHT_UNITS.get(self._setting("products", "woocommerce_weight_unit"))

    def _own_part(self, update: ListingUpdate | NewVariant) -> Row:
        """What belongs to the very thing that is sold.

        A weight that cannot be written in the shop's unit is left out: an update with
        one was refused before, and a new thing can do without.
        """
        row: Row = {}
        if update.price is not None:
            row["regular_price"] = format(update.price, "f")
        if update.barcode is not None:
            row["global_unique_id"] = update.barcode
        unit = self._unit_of_weight() if update.weight is not None else None
        if unit is not None:
            weight = (update.weight / unit).quantize(GRAIN).normalize()
            row["weight"] = format(weight, "f")
        return row

    # -- creating ----------------------------------------------------------------------

    def put_on_sale(self, new: NewListing) -> tuple[ListingResult, ...]:
        """See :meth:`~..base.Connector.create_listing`.

        The parent of variations is known again by its SKU, which is our key.
        """
        refusal = self._wrong_currency(new.currency)
        if refusal:
            return tuple(ListingResult(v.key, refusal) for v in new.variants)
        wanted = [variant.sku for variant in new.variants]
        known = self._by_sku([*wanted, new.key] if new.options else wanted)
        if not new.options:
            return tuple(self._create_simple(new, v, known) for v in new.variants)
        parent = self._parent(new, known)
        missing = [v for v in new.variants if v.sku not in known]
        made = self._create_variations(parent, new, missing) if missing else {}
        return tuple(
            _created(variant, known.get(variant.sku) or made.get(variant.sku))
            for variant in new.variants
        )

    def _by_sku(self, skus: list[str]) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for start in range(0, len(skus), BATCH):
            page = self.api.page(
                "products",
                "products.by_sku",
                sku=",".join(skus[start : start + BATCH]),
                status="any",
                per_page=BATCH,
                _fields="id,sku,parent_id",
            )
            found |= {str(row.get("sku")): row for row in page.rows if row.get("sku")}
        return found

    def _create_simple(
        self, new: NewListing, variant: NewVariant, known: Mapping[str, Row]
    ) -> ListingResult:
        row = known.get(variant.sku)
        if row is None:
            body = {
                **_new_part(new),
                "type": "simple",
                "sku": variant.sku,
                **self._own_part(variant),
            }
            row = self.api.change("POST", "products", "products.create", body)
        return _created(variant, row)

    def _parent(self, new: NewListing, known: Mapping[str, Row]) -> str:
        """The product of variations: found by one of them, by our key, or made."""
        for variant in new.variants:
            row = known.get(variant.sku)
            if row and row.get("parent_id"):
                return str(row["parent_id"])
        row = known.get(new.key)
        if row is None:
            body = {
                **_new_part(new),
                "type": "variable",
                "sku": new.key,
                "attributes": [
                    {
                        "name": name,
                        "variation": True,
                        "visible": True,
                        "options": list(
                            dict.fromkeys(v.options[place] for v in new.variants)
                        ),
                    }
                    for place, name in enumerate(new.options)
                ],
            }
            row = self.api.change("POST", "products", "products.create", body)
        parent = webhook.readable_id(row)
        if parent is None:
            raise BadAnswer("a product without an id")
        return parent

    def _create_variations(
        self, parent: str, new: NewListing, missing: list[NewVariant]
    ) -> dict[str, Row]:
        made: dict[str, Row] = {}
        for start in range(0, len(missing), BATCH):
            part = missing[start : start + BATCH]
            rows = [
                {
                    "sku": variant.sku,
                    "attributes": [
                        {"name": name, "option": value}
                        for name, value in zip(
                            new.options, variant.options, strict=True
                        )
                    ],
                    **self._own_part(variant),
                }
                for variant in part
            ]
            answer = self.api.change(
                "POST",
                f"products/{parent}/variations/batch",
                "variations.create",
                {"create": rows},
            )
            answers = answer.get("create") if isinstance(answer, Mapping) else None
            if not isinstance(answers, list) or len(answers) != len(part):
                raise BadAnswer("a batch without results")
            for variant, row in zip(part, answers, strict=True):
                if isinstance(row, Mapping):
                    made[variant.sku] = {"parent_id": parent, **row}
        return made


class _Sender:
    """Sends rows in batches and notes by key what was not taken."""

    def __init__(self, api: Api):
        self._api = api
        self._said_something = False
        self.errors: dict[str, str] = {}
        self.postponed: set[str] = set()

    def send(self, path: str, rows: Mapping[str, tuple[Row, set[str]]]) -> None:
        """Send rows by the id of their record; each with the keys it stands for."""
        ids = list(rows)
        batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
        while batches:
            batch = batches.pop(0)
            try:
                answers = self._send_batch(path, {i: rows[i][0] for i in batch})
            except _LOCAL_ERRORS as error:
                if error.details.get("status") == 413 and len(batch) > 1:
                    half = len(batch) // 2
                    batches[:0] = [batch[:half], batch[half:]]
                    continue
                answers = dict.fromkeys(batch, text_of(error))
            except MarketplaceError as error:
                if not self._said_something:
                    raise
                answers = dict.fromkeys(batch, text_of(error))
                for record_id in batch if error.retriable else ():
                    self.postponed |= rows[record_id][1]
            else:
                self._said_something = True
            for record_id in batch:
                self._note(rows[record_id][1], answers.get(record_id, "not_answered"))

    def _note(self, keys: Iterable[str], error: str) -> None:
        for key in keys if error else ():
            self.errors.setdefault(key, error)

    def _send_batch(self, path: str, rows: Mapping[str, Row]) -> dict[str, str]:
        body = {"update": [{"id": int(i), **row} for i, row in rows.items()]}
        # Absolute values: sending them twice is as good as once.
        answer = self._api.change("POST", path, "products.batch", body, idempotent=True)
        answers = answer.get("update") if isinstance(answer, Mapping) else None
        if not isinstance(answers, list):
            raise BadAnswer("a batch without results")
        return {
            record_id: _refusal(row)
            for row in answers
            if (record_id := webhook.readable_id(row)) in rows
        }


def _parts(ref: str) -> tuple[str, str]:
    """Parent and record of a reference; a product itself has no parent."""
    parent, _slash, record_id = ref.rpartition("/")
    return parent, record_id


def _add(
    place: dict[str, tuple[Row, set[str]]], record_id: str, row: Row, key: str
) -> None:
    """Put a row to a record; of two that differ the first one counts."""
    before, keys = place.get(record_id, ({}, set()))
    place[record_id] = ({**row, **before}, keys | {key})


def _shared_part(update: ListingUpdate) -> Row:
    """What belongs to the whole product."""
    row: Row = {}
    if update.title is not None:
        row["name"] = update.title
    if update.description is not None:
        row["description"] = update.description
    if update.images is not None:
        row["images"] = [{"src": image.url} for image in update.images]
    return row


def _new_part(new: NewListing) -> Row:
    return {
        "name": new.title,
        "description": new.description,
        "status": "publish" if new.published else "draft",
        "images": [{"src": image.url} for image in new.images],
    }


def _created(variant: NewVariant, row: Mapping[str, Any] | None) -> ListingResult:
    """The answer for a variant that was found or made."""
    error = _refusal(row) if row is not None else "not_answered"
    record_id = webhook.readable_id(row) if row is not None else None
    if error or record_id is None:
        return ListingResult(variant.key, error or "not_answered")
    parent = str(row.get("parent_id") or "")
    if parent == "0":
        parent = ""
    ref = f"{parent}/{record_id}" if parent else record_id
    return ListingResult(variant.key, product_ref=ref, parent_ref=parent)


def _refusal(row: Any) -> str:
    error = row.get("error") if isinstance(row, Mapping) else None
    if not isinstance(error, Mapping):
        return ""
    code, message = error.get("code") or "refused", error.get("message") or ""
    return f"{code}: {message}"[:300]


def _options(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    attributes = row.get("attributes")
    return tuple(
        (str(attribute.get("name") or ""), str(attribute["option"]))
        for attribute in (attributes if isinstance(attributes, list) else ())
        if isinstance(attribute, Mapping) and attribute.get("option")
    )
