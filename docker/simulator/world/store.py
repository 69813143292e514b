"""The world's memory: tables of frozen values, changed only inside transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..core.codec import decode, encode
from ..core.journal import Journal
from . import model

#: Kinds of rows; the class is the schema of the journal.
KINDS: dict[str, type] = {
    "product": model.Product,
    "tax_rate": model.TaxRate,
    "coupon": model.Coupon,
    "customer": model.Customer,
    "order": model.Order,
    "refund": model.Refund,
    "parcel": model.Parcel,
    "return": model.ReturnCase,
    "note": model.Note,
    "payout": model.Payout,
    "subscription": model.Subscription,
    "settings": model.Settings,
}


class Store:
    """Tables and counters. A transaction is one line in the journal, or nothing."""

    def __init__(self, journal: Journal) -> None:
        self.lock = threading.RLock()
        self._journal = journal
        self._depth = 0
        self._operations: list[Any] = []
        self._undo: list[Callable[[], None]] = []
        self._events: list[model.Event] = []
        self._listeners: list[Callable[[list[model.Event]], None]] = []
        self._empty()

    def _empty(self) -> None:
        self._tables: dict[str, dict[int, Any]] = {kind: {} for kind in KINDS}
        self._values: dict[str, Any] = {}

    def load(self) -> bool:
        """Replay the journal; return False if there was nothing in it."""
        found = False
        for operations in self._journal.replay():
            found = True
            for operation in operations:
                self._redo(operation)
        return found

    def _redo(self, operation: list[Any]) -> None:
        verb, kind, value = operation
        if verb == "set":
            self._values[kind] = value
        elif verb == "drop":
            self._tables[kind].pop(value, None)
        else:
            row_id, data = value
            self._tables[kind][row_id] = decode(KINDS[kind], data)

    def clear(self) -> None:
        """Forget everything, the journal included."""
        with self.lock:
            self._journal.clear()
            self._empty()

    def listen(self, listener: Callable[[list[model.Event]], None]) -> None:
        """Call ``listener`` with the events of every committed transaction."""
        self._listeners.append(listener)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Group changes: all of them are journalled in one line, or none happens."""
        with self.lock:
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._roll_back()
                raise
            else:
                if self._depth == 1:
                    self._commit()
            finally:
                self._depth -= 1

    def _commit(self) -> None:
        operations, events = self._operations, self._events
        self._operations, self._undo, self._events = [], [], []
        if operations:
            self._journal.append(operations)
        for listener in self._listeners if events else ():
            listener(list(dict.fromkeys(events)))

    def _roll_back(self) -> None:
        for undo in reversed(self._undo):
            undo()
        self._operations, self._undo, self._events = [], [], []

    def tell(self, entity: str, verb: str, entity_id: int) -> None:
        """Announce an event when the running transaction is committed."""
        self._events.append(model.Event(entity, verb, entity_id))

    def put(self, kind: str, row_id: int, row: Any) -> None:
        """Insert or replace a row."""
        table = self._tables[kind]
        self._remember(table, row_id)
        table[row_id] = row
        self._operations.append(["put", kind, [row_id, encode(row)]])

    def drop(self, kind: str, row_id: int) -> None:
        """Remove a row."""
        table = self._tables[kind]
        self._remember(table, row_id)
        table.pop(row_id, None)
        self._operations.append(["drop", kind, row_id])

    def _remember(self, table: dict[Any, Any], key: Any) -> None:
        if key in table:
            old = table[key]
            self._undo.append(lambda: table.__setitem__(key, old))
        else:
            self._undo.append(lambda: table.pop(key, None))

    def get(self, kind: str, row_id: int) -> Any:
        """Return a row, or None."""
        return self._tables[kind].get(row_id)

    def rows(self, kind: str) -> list[Any]:
        """Return all rows of a kind in the order of insertion."""
        with self.lock:
            return list(self._tables[kind].values())

    def value(self, name: str, default: Any = None) -> Any:
        """Return a stored value."""
        return self._values.get(name, default)

    def set_value(self, name: str, value: Any) -> None:
        """Store a JSON value under a name."""
        self._remember(self._values, name)
        self._values[name] = value
        self._operations.append(["set", name, value])

    def next_id(self, sequence: str, first: int = 1) -> int:
        """Return the next number of a sequence."""
        number = self._values.get(sequence, first - 1) + 1
        self.set_value(sequence, number)
        return number
