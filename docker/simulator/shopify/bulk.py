"""Bulk operations: a query run by itself, its result a file of JSON lines."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .graphql import Connection, Execution, Field, GraphqlError, parse

Json = dict[str, Any]


@dataclass
class BulkOperation:
    """One operation; it is seen running once before it is done."""

    number: int
    content: bytes
    objects: int
    key: str
    polls: int = 0


class BulkDesk:
    """Runs operations and keeps their files."""

    PATH = "/bulk-results/"

    def __init__(self) -> None:
        self._operations: dict[int, BulkOperation] = {}
        self._lock = threading.Lock()

    def run(self, query: str, root: Mapping[str, Any]) -> BulkOperation:
        """Run a query now; what it costs is not counted.

        :raises GraphqlError: for a query that cannot be run in bulk.
        """
        document = parse(query)
        execution = Execution(document, {})
        rows = list(_root_rows(execution, root, document.operation.selections))
        content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        with self._lock:
            number = len(self._operations) + 1
            operation = BulkOperation(number, content, len(rows), secrets.token_hex(16))
            self._operations[number] = operation
        return operation

    def find(self, number: int) -> BulkOperation | None:
        """Return an operation."""
        return self._operations.get(number)

    def render(self, operation: BulkOperation, address: str, poll: bool = True) -> Json:
        """Render an operation as it stands."""
        done = operation.polls > 0
        operation.polls += poll
        url = f"{address}{self.PATH}{operation.number}-{operation.key}.jsonl"
        return {
            "__typename": "BulkOperation",
            "id": f"gid://shopify/BulkOperation/{operation.number}",
            "status": "COMPLETED" if done else "RUNNING",
            "errorCode": None,
            "objectCount": str(operation.objects),
            "fileSize": str(len(operation.content)) if done else None,
            "url": url if done and operation.content else None,
        }

    def file(self, path: str) -> bytes | None:
        """Return a result; whoever knows the address may have it."""
        for operation in self._operations.values():
            if path == f"{self.PATH}{operation.number}-{operation.key}.jsonl":
                return operation.content
        return None


def _root_rows(
    execution: Execution, root: Mapping[str, Any], selections: Any
) -> Iterator[Json]:
    fields = list(execution.fields(root, selections))
    if len(fields) != 1:
        raise GraphqlError("Bulk queries must contain exactly one root connection.")
    found = root[fields[0].name](execution.arguments(fields[0]))
    if not isinstance(found, Connection):
        raise GraphqlError("Bulk queries must contain at least one connection.")
    yield from _rows(execution, found, fields[0], None)


def _rows(
    execution: Execution, connection: Connection, field: Field, parent: Any
) -> Iterator[Json]:
    """Yield a connection's elements, each before its own children."""
    selections = _node_selections(execution, field)
    for row in connection.rows:
        own: Json = {}
        children: list[tuple[Field, Connection]] = []
        for item in execution.fields(row, selections):
            found = execution.resolve(row, item, (item.alias,), whole=True)
            if isinstance(found, Connection):
                children.append((item, found))
            else:
                _refuse_nested(found, item)
                part = execution.select(row, (item,), ())
                own |= part
        if parent is not None:
            own["__parentId"] = parent
        yield own
        for item, found in children:
            yield from _rows(execution, found, item, row["id"])


def _node_selections(execution: Execution, field: Field) -> Any:
    """Return what is selected of ``edges { node { ... } }`` or ``nodes { ... }``."""
    for item in field.selections or ():
        if isinstance(item, Field) and item.name == "nodes":
            return item.selections
        if isinstance(item, Field) and item.name == "edges":
            return next(i.selections for i in item.selections or () if i.name == "node")
    raise GraphqlError("Bulk queries select the nodes of connections.")


def _refuse_nested(found: Any, item: Field) -> None:
    if not isinstance(found, list):
        return
    for element in found:
        if not isinstance(element, Mapping):
            continue
        for inner in item.selections or ():
            value = element.get(getattr(inner, "name", ""))
            value = value({}) if callable(value) else value
            if isinstance(value, Connection):
                message = (
                    "Queries that contain a connection field within a list field are "
                    "not supported."
                )
                raise GraphqlError(message)
