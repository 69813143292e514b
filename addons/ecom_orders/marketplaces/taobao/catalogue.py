"""Listings and the quantities of them.

Source: metadata of the interfaces named below; that of ``taobao.items.onsale.get`` and
``taobao.item.seller.get`` was not at hand: what is used of them is the part that they
share with ``taobao.items.inventory.get``, and not confirmed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ..errors import BadAnswer, MarketplaceError, NotFound, RequestRefused
from ..schema import ExternalProduct, StockLevel, StockResult
from . import const, moments
from .api import Api, rows

ITEM_PAGE = 200  # rows; the platform's limit
LAST_ITEM_PAGE = 101  # the platform refuses pages beyond it
ITEMS_AT_ONCE = 40  # items whose SKUs are read with one call; the platform's limit
SKUS_AT_ONCE = 20  # SKUs of one item whose quantity is set with one call
SET = 1  # ``type`` of an update: the quantity itself, not a difference
#: listings that hold all items together, with the ``banner`` that they want
LISTINGS = (
    ("taobao.items.onsale.get", None),
    ("taobao.items.inventory.get", "for_shelved"),
    ("taobao.items.inventory.get", "sold_out"),
)

REF = re.compile(r"([1-9]\d{0,19})(?:/([1-9]\d{0,19}))?", re.ASCII)
# Refusals of one update that say nothing about the next one.
_LOCAL_ERRORS = (RequestRefused, NotFound, BadAnswer)


class Catalogue:
    """Reads listings and reads and writes quantities."""

    def __init__(self, api: Api):
        self.api = api

    # -- listings ----------------------------------------------------------------------

    def products(self) -> Iterator[tuple[ExternalProduct, ...]]:
        """See :meth:`~..base.Connector.fetch_products`."""
        known: set[str] = set()
        for items in self._items():
            fresh = {}
            for item in items:
                item_id = identifier(item, "num_iid")
                if item_id and item_id not in known:
                    fresh[item_id] = item
            known.update(fresh)
            skus = self.skus_of(list(fresh))
            products = [
                product
                for item_id, item in fresh.items()
                for product in _products(item_id, item, skus.get(item_id, []))
            ]
            if products:
                yield tuple(products)

    def _items(self) -> Iterator[list[Any]]:
        for method, banner in LISTINGS:
            before: datetime | None = None
            more = True
            while more:
                earliest, more = None, False
                for items in self._pages(method, banner, before):
                    yield items
                    stamps = [moments.parse(_field(item, "modified")) for item in items]
                    earliest = min((stamp for stamp in stamps if stamp), default=None)
                    more = len(items) >= ITEM_PAGE
                # Behind the last page that the platform shows: go on from its rows.
                more = more and earliest is not None and earliest != before
                before = earliest

    def _pages(
        self, method: str, banner: str | None, before: datetime | None
    ) -> Iterator[list[Any]]:
        """The pages of a listing, last modified first, as far as it is shown."""
        for number in range(1, LAST_ITEM_PAGE + 1):
            answer = self.api.call(
                method,
                fields=const.ITEM_FIELDS,
                banner=banner,
                order_by="modified:desc",
                end_modified=before,
                page_no=number,
                page_size=ITEM_PAGE,
            )
            items = rows(answer.get("items"))
            yield items
            if len(items) < ITEM_PAGE:
                return

    def skus_of(self, item_ids: list[str]) -> dict[str, list[Mapping[str, Any]]]:
        """The SKUs of items that have some, by item.

        :param item_ids: any number.
        """
        found: dict[str, list[Mapping[str, Any]]] = {}
        for batch in _batches(item_ids, ITEMS_AT_ONCE):
            answer = self.api.call(
                "taobao.item.skus.get",
                fields=const.SKU_FIELDS,
                num_iids=",".join(batch),
            )
            for sku in rows(answer.get("skus")):
                item_id = identifier(sku, "num_iid")
                if item_id and sku.get("status") != "delete":
                    found.setdefault(item_id, []).append(sku)
        return found

    # -- quantities --------------------------------------------------------------------

    def stock(self, refs: Iterable[str]) -> Iterator[tuple[StockLevel, ...]]:
        """See :meth:`~..base.Connector.fetch_stock`; what is not known is left out."""
        wanted = [ref for ref in dict.fromkeys(refs) if REF.fullmatch(ref)]
        for batch in _batches(wanted, ITEMS_AT_ONCE):
            parents = list(
                dict.fromkeys(ref.split("/")[0] for ref in batch if "/" in ref)
            )
            skus = self.skus_of(parents)
            levels = [
                level
                for rows_of_item in skus.values()
                for sku in rows_of_item
                if (level := _sku_level(sku)) and level.product_ref in batch
            ]
            for ref in batch:
                level = None if "/" in ref else self._item_level(ref)
                levels += [level] if level else []
            if levels:
                yield tuple(levels)

    def _item_level(self, ref: str) -> StockLevel | None:
        try:
            answer = self.api.call(
                "taobao.item.seller.get", fields=const.ITEM_FIELDS, num_iid=ref
            )
        except (NotFound, RequestRefused):
            return None
        item = answer.get("item")
        quantity = amount_of(item.get("num")) if isinstance(item, Mapping) else None
        if quantity is None:
            return None
        return StockLevel(ref, str(item.get("outer_id") or ""), int(quantity))

    def push(self, levels: Iterable[StockLevel]) -> tuple[StockResult, ...]:
        """See :meth:`~..base.Connector.push_stock`.

        The quantity is absolute and the last writer wins: the platform knows no
        compare-and-set, so a purchase in the same instant can be overwritten.

        :return: ``error`` is ``"<code>: <text>"``; codes of our own are
            ``bad_reference``, ``negative_quantity``, ``not_taken``.
        """
        wanted = {level.product_ref: level for level in levels}
        results: dict[str, StockResult] = {}
        work: list[list[StockLevel]] = []
        by_item: dict[str, list[StockLevel]] = {}
        for ref, level in wanted.items():
            match = REF.fullmatch(ref)
            if match is None:
                results[ref] = StockResult(ref, "bad_reference: not a listing")
            elif level.quantity < 0:
                results[ref] = StockResult(ref, "negative_quantity: never sent")
            elif match[2]:
                by_item.setdefault(match[1], []).append(level)
            else:
                work.append([level])
        for group in by_item.values():
            work += _batches(group, SKUS_AT_ONCE)
        self._push_all(work, results)
        return tuple(results[ref] for ref in wanted)

    def _push_all(
        self, work: list[list[StockLevel]], results: dict[str, StockResult]
    ) -> None:
        """Send batch after batch until done or until nothing can be sent any more."""
        said_something = bool(results)
        while work:
            batch = work.pop(0)
            try:
                answers = self._push_batch(batch)
            except _LOCAL_ERRORS as error:
                if len(batch) > 1:  # one of them spoils the others
                    half = len(batch) // 2
                    work[:0] = [batch[:half], batch[half:]]
                    continue
                answers = {level.product_ref: text_of(error) for level in batch}
            except MarketplaceError as error:
                if not said_something:
                    raise
                for level in (level for rest in [batch, *work] for level in rest):
                    ref = level.product_ref
                    results[ref] = StockResult(ref, text_of(error))
                return
            said_something = True
            for level in batch:
                ref = level.product_ref
                results[ref] = StockResult(ref, answers.get(ref, ""))

    def _push_batch(self, batch: list[StockLevel]) -> dict[str, str]:
        """Send quantities of one item; what was not taken, by reference."""
        item_id, _slash, sku_id = batch[0].product_ref.partition("/")
        if not sku_id:
            answer = self.api.call(
                "taobao.item.quantity.update",
                num_iid=item_id,
                quantity=batch[0].quantity,
                type=SET,
            )
            item = answer.get("item")
            shown = item.get("num") if isinstance(item, Mapping) else None
            return _not_taken(batch, {item_id: shown})
        pairs = (
            f"{level.product_ref.partition('/')[2]}:{level.quantity}" for level in batch
        )
        answer = self.api.call(
            "taobao.skus.quantity.update",
            num_iid=item_id,
            skuid_quantities=";".join(pairs),
            type=SET,
        )
        item = answer.get("item")
        skus = rows(item.get("skus")) if isinstance(item, Mapping) else []
        shown = {
            f"{item_id}/{identifier(sku, 'sku_id')}": sku.get("quantity")
            for sku in skus
            if isinstance(sku, Mapping)
        }
        return _not_taken(batch, shown)


# -- reading rows ----------------------------------------------------------------------


def _products(
    item_id: str, item: Mapping[str, Any], skus: list[Mapping[str, Any]]
) -> Iterator[ExternalProduct]:
    title = str(item.get("title") or "")
    active = item.get("approve_status") == "onsale"
    yield ExternalProduct(
        product_ref=item_id,
        name=title,
        sku=str(item.get("outer_id") or ""),
        price=amount_of(item.get("price")),
        manages_stock=not skus,
        stock=amount_of(item.get("num")),
        is_parent=bool(skus),
        active=active,
        title=title,
    )
    for sku in skus:
        sku_id = identifier(sku, "sku_id")
        if not sku_id:
            continue
        options = _options(str(sku.get("properties_name") or ""))
        label = ", ".join(value for _name, value in options)
        yield ExternalProduct(
            product_ref=f"{item_id}/{sku_id}",
            name=f"{title} ({label})" if label else title,
            sku=str(sku.get("outer_id") or ""),
            barcode=str(sku.get("barcode") or ""),
            price=amount_of(sku.get("price")),
            manages_stock=True,
            stock=amount_of(sku.get("quantity")),
            active=active,
            parent_ref=item_id if options else "",
            options=options,
            title=title,
        )


def _options(text: str) -> tuple[tuple[str, str], ...]:
    """Names and values of ``pid:vid:name:value;...``."""
    parts = (part.split(":", 3) for part in text.split(";"))
    return tuple((part[2], part[3]) for part in parts if len(part) == 4 and part[3])


def _sku_level(sku: Mapping[str, Any]) -> StockLevel | None:
    item_id, sku_id = identifier(sku, "num_iid"), identifier(sku, "sku_id")
    quantity = amount_of(sku.get("quantity"))
    if not (item_id and sku_id) or quantity is None:
        return None
    ref = f"{item_id}/{sku_id}"
    return StockLevel(ref, str(sku.get("outer_id") or ""), int(quantity))


def _not_taken(batch: list[StockLevel], shown: Mapping[str, Any]) -> dict[str, str]:
    """Levels for which the platform shows something else than was sent."""
    errors = {}
    for level in batch:
        quantity = amount_of(shown.get(level.product_ref))
        if quantity is not None and quantity != level.quantity:
            errors[level.product_ref] = f"not_taken: the platform shows {quantity}"
    return errors


def _field(row: Any, key: str) -> Any:
    return row.get(key) if isinstance(row, Mapping) else None


def identifier(row: Any, key: str) -> str:
    """A number of the platform's as text; empty when it is none."""
    value = _field(row, key)
    text = "" if isinstance(value, bool) else str(value or "")
    return text if REF.fullmatch(text) and "/" not in text else ""


def amount_of(value: Any) -> Decimal | None:
    """A finite number as the platform writes it; ``None`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _batches(values: list[Any], size: int) -> list[list[Any]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def text_of(error: MarketplaceError) -> str:
    """A refusal in one line: code and words."""
    code = error.details.get("remote_code") or error.code
    return f"{code}: {error.details.get('remote_message') or error}"[:300]
