"""Quantities: compare and set, site by site.

Facts (schema and recordings, 2025-10 to 2026-07):

* up to 2025-10 a quantity carries ``compareQuantity``, and ``ignoreCompareQuantity``
  of the whole request opts out; from 2026-01 it carries ``changeFromQuantity``, which
  has to be present from 2026-04 on: ``null`` opts out;
* ``@idempotent`` is optional from 2026-01 and required from 2026-04. A key is good for
  one push: with the same key the same quantity would not be set a second time;
* a request with a user error changes nothing at all (not confirmed), so the refused
  levels are taken out and the others sent again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from ..errors import MarketplaceError, RequestRefused
from ..schema import STALE, StockLevel, StockResult
from . import documents
from .api import Api, elements, text_of, user_errors
from .money import number_of

BATCH = 100
"""Levels in one request; the API takes 250 (``MAX_INPUT_SIZE_EXCEEDED``)."""

READ = 50  # variants whose levels are read in one query
NAME, REASON = "available", "correction"

_STALE_CODES = frozenset({"COMPARE_QUANTITY_STALE", "CHANGE_FROM_QUANTITY_STALE"})
_REF = re.compile(r"[1-9]\d{0,18}", re.ASCII)

Key = tuple[str, str]


@dataclass(frozen=True)
class Shelf:
    """What the shop knows of one variant's stock.

    :param item: global id of its inventory item.
    :param levels: quantity by location number; only where it is stocked.
    """

    item: str
    sku: str
    tracked: bool
    levels: Mapping[str, int]


@dataclass(frozen=True)
class _Row:
    """A level that can be sent."""

    level: StockLevel
    shelf: Shelf
    location: str

    @property
    def key(self) -> Key:
        return self.level.product_ref, self.level.location_ref


class Stock:
    """Reads and sets quantities of one shop."""

    def __init__(self, api: Api):
        self.api = api

    # -- reading -----------------------------------------------------------------------

    def shown(self, product_refs: Iterable[str]) -> Iterator[tuple[StockLevel, ...]]:
        """See :meth:`~..base.Connector.fetch_stock`, without what is not tracked."""
        refs = [ref for ref in dict.fromkeys(product_refs) if _REF.fullmatch(ref)]
        for start in range(0, len(refs), READ):
            shelves = self._shelves(refs[start : start + READ])
            yield tuple(
                StockLevel(ref, shelf.sku, quantity, location)
                for ref, shelf in shelves.items()
                if shelf.tracked
                for location, quantity in shelf.levels.items()
            )

    def _shelves(self, refs: list[str]) -> dict[str, Shelf]:
        ids = [f"gid://shopify/ProductVariant/{ref}" for ref in refs]
        data = self.api.ask(documents.STOCK, "stock.read", ids=ids).data
        return {
            ref: _shelf(row)
            for row in elements(data, "nodes")
            if (ref := number_of(str(row.get("id")), "ProductVariant"))
        }

    # -- setting -----------------------------------------------------------------------

    def push(self, levels: Iterable[StockLevel]) -> tuple[StockResult, ...]:
        """See :meth:`~..base.Connector.push_stock`.

        :return: ``error`` is ``"<code>: <text>"``; codes of our own are
            ``bad_reference``, ``negative``, ``not_tracked``, ``not_stocked`` (at that
            location).
        """
        wanted = {(level.product_ref, level.location_ref): level for level in levels}
        if not wanted:
            return ()
        self.api.need("write_inventory")
        results: dict[Key, StockResult] = {}
        rows = list(wanted.values())
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            try:
                self._push_batch(batch, results)
            except MarketplaceError as error:
                if not results:
                    raise
                for level in batch:
                    key = (level.product_ref, level.location_ref)
                    results.setdefault(key, _result(level, f"{error.code}: {error}"))
        return tuple(results[key] for key in wanted)

    def _push_batch(
        self, batch: list[StockLevel], results: dict[Key, StockResult]
    ) -> None:
        shelves: dict[str, Shelf] = {}
        refs = [row.product_ref for row in batch if _REF.fullmatch(row.product_ref)]
        for start in range(0, len(refs), READ):
            shelves |= self._shelves(refs[start : start + READ])
        rows = []
        for level in batch:
            row = self._row(level, shelves.get(level.product_ref))
            if isinstance(row, _Row):
                rows.append(row)
            else:
                results[level.product_ref, level.location_ref] = row
        for group in self._groups(rows):
            results |= self._set(group)

    def _row(self, level: StockLevel, shelf: Shelf | None) -> _Row | StockResult:
        if shelf is None:
            return _result(level, "bad_reference: not a variant")
        if level.quantity < 0:
            return _result(level, "negative: a shop shows no less than nothing")
        if not shelf.tracked:
            return _result(level, "not_tracked: the shop does not keep stock of it")
        location = level.location_ref or self._location_of(shelf)
        if location not in shelf.levels:
            return _result(level, "not_stocked: not kept at this location")
        return _Row(level, shelf, location)

    def _location_of(self, shelf: Shelf) -> str:
        """The site of a variant that is kept at one; else the main one."""
        if len(shelf.levels) == 1:
            return next(iter(shelf.levels))
        chosen = str(self.api.credentials.options.get("location") or "")
        return chosen or self._main_location()

    def _main_location(self) -> str:
        data = self.api.ask(documents.MAIN_LOCATION, "locations.main").data
        location = data.get("location")
        gid = location.get("id") if isinstance(location, Mapping) else ""
        return number_of(str(gid), "Location")

    def _groups(self, rows: list[_Row]) -> list[list[_Row]]:
        """Rows that can go in one request: opting out is for all of it in old versions.

        Two levels of one variant at one site cannot (``NO_DUPLICATE...``).
        """
        groups: dict[Any, list[_Row]] = {}
        places: dict[Key, int] = {}
        for row in rows:
            place = (row.shelf.item, row.location)
            turn = places[place] = places.get(place, -1) + 1
            compares = not self._is_new and row.level.expected is not None
            groups.setdefault((turn, compares), []).append(row)
        return list(groups.values())

    @property
    def _is_new(self) -> bool:
        return self.api.version >= documents.IDEMPOTENT_SINCE

    def _set(self, rows: list[_Row]) -> dict[Key, StockResult]:
        """Set a group, without those that are refused."""
        results: dict[Key, StockResult] = {}
        stale: list[_Row] = []
        while rows:
            errors = self._send(rows)
            if not errors:
                results |= {row.key: _result(row.level) for row in rows}
                break
            for index, error in errors.items():
                row = rows[index]
                if error.get("code") in _STALE_CODES:
                    stale.append(row)
                else:
                    results[row.key] = _result(row.level, text_of(error))
            rows = [row for index, row in enumerate(rows) if index not in errors]
        return results | self._told_stale(stale)

    def _send(self, rows: list[_Row]) -> dict[int, Mapping[str, Any]]:
        """Send one request; user errors by the index of their row.

        Repeating is harmless: the key makes it one, and without keys an absolute
        quantity is set once more, or found stale and then compared.
        """
        document = documents.set_quantities(self.api.version)
        key = {"key": str(uuid4())} if self._is_new else {}
        payload = self.api.mutate(
            document, "stock.set", idempotent=True, input=self._input(rows), **key
        )
        errors = {}
        for error in user_errors(payload):
            index = _index_of(error)
            if index is None or index >= len(rows):
                raise RequestRefused(text_of(error), remote_code=error.get("code"))
            errors.setdefault(index, error)
        return errors

    def _input(self, rows: list[_Row]) -> dict[str, Any]:
        quantities = []
        for row in rows:
            quantity: dict[str, Any] = {
                "inventoryItemId": row.shelf.item,
                "locationId": f"gid://shopify/Location/{row.location}",
                "quantity": row.level.quantity,
            }
            if self._is_new:
                quantity["changeFromQuantity"] = row.level.expected
            elif row.level.expected is not None:
                quantity["compareQuantity"] = row.level.expected
            quantities.append(quantity)
        values: dict[str, Any] = {
            "name": NAME,
            "reason": REASON,
            "quantities": quantities,
        }
        if not self._is_new:
            values["ignoreCompareQuantity"] = rows[0].level.expected is None
        return values

    def _told_stale(self, rows: list[_Row]) -> dict[Key, StockResult]:
        """What the shop shows in place of what was expected.

        Exactly what we wanted: it was set, only the answer to it was lost.
        """
        if not rows:
            return {}
        shelves = self._shelves([row.level.product_ref for row in rows])
        results = {}
        for row in rows:
            shelf = shelves.get(row.level.product_ref)
            current = shelf.levels.get(row.location) if shelf else None
            error = "" if current == row.level.quantity else STALE
            results[row.key] = _result(row.level, error, current)
        return results


def _result(
    level: StockLevel, error: str = "", current: int | None = None
) -> StockResult:
    return StockResult(level.product_ref, error, level.location_ref, current)


def _shelf(row: Mapping[str, Any]) -> Shelf:
    item = row.get("inventoryItem")
    item = item if isinstance(item, Mapping) else {}
    levels = {}
    for level in elements(item.get("inventoryLevels"), "nodes"):
        location = level.get("location")
        gid = location.get("id") if isinstance(location, Mapping) else ""
        for quantity in elements(level, "quantities"):
            value = quantity.get("quantity")
            if quantity.get("name") == NAME and isinstance(value, int):
                levels[number_of(str(gid), "Location")] = value
    return Shelf(
        item=str(item.get("id") or ""),
        sku=str(row.get("sku") or ""),
        tracked=item.get("tracked") is True,
        levels=levels,
    )


def _index_of(error: Mapping[str, Any]) -> int | None:
    """The row a user error is about: ``["input", "quantities", "3", ...]``."""
    field = error.get("field")
    if not isinstance(field, list) or len(field) < 3 or field[1] != "quantities":
        return None
    text = str(field[2])
    return int(text) if text.isascii() and text.isdigit() else None
