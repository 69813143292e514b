"""Reads and executes GraphQL documents: as much of the language as clients use.

Operations, variables with defaults, aliases, arguments, fragments (named and inline),
nested selections and directives; no subscriptions, no introspection, no block strings.
Source: the GraphQL specification, October 2021, section 2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"""(?P<skip>[\s,\ufeff]+|\#[^\n\r]*)
      |(?P<punctuator>\.\.\.|[!$&()\:=@\[\]{|}])
      |(?P<name>[_A-Za-z][_0-9A-Za-z]*)
      |(?P<number>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)
      |(?P<string>"(?:[^"\\\n\r]|\\.)*")""",
    re.VERBOSE,
)


class GraphqlError(Exception):
    """A refusal at the root of an answer.

    :param code: ``extensions.code``; empty for a syntax error, which has none.
    """

    def __init__(self, message: str, code: str = "", path: tuple[str, ...] = ()):
        super().__init__(message)
        self.code = code
        self.path = path

    def as_json(self) -> dict[str, Any]:
        """Return the error as it stands in ``errors``."""
        error: dict[str, Any] = {"message": str(self)}
        if self.code:
            error["extensions"] = {"code": self.code}
        if self.path:
            error["path"] = list(self.path)
        return error


@dataclass(frozen=True)
class Variable:
    """A place for a variable's value."""

    name: str


@dataclass(frozen=True)
class Directive:
    """A directive on a field or fragment."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """One selected field; ``selections`` is None for a leaf."""

    name: str
    alias: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    directives: tuple[Directive, ...] = ()
    selections: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class Fragment:
    """An inline fragment, or the use of a named one."""

    on: str = ""
    spread: str = ""
    directives: tuple[Directive, ...] = ()
    selections: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Operation:
    """A query or mutation; ``defaults`` are those of its variables."""

    kind: str
    name: str
    variables: tuple[str, ...]
    defaults: Mapping[str, Any]
    selections: tuple[Any, ...]


@dataclass(frozen=True)
class Document:
    """A parsed document."""

    operation: Operation
    fragments: Mapping[str, Fragment]


# -- reading -------------------------------------------------------------------


def parse(text: str) -> Document:
    """Parse a document with exactly one operation.

    :raises GraphqlError: for what is not GraphQL.
    """
    return _Parser(text).document()


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise GraphqlError(f"syntax error, unexpected {text[position]!r}")
        position = match.end()
        if match.lastgroup != "skip":
            yield str(match.lastgroup), match.group()
    yield "end", ""


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    @property
    def _next(self) -> str:
        kind, text = self._tokens[self._at]
        return text if kind != "string" else '"'

    def _take(self, wanted: str = "") -> str:
        kind, text = self._tokens[self._at]
        if wanted and text != wanted or kind == "end":
            raise GraphqlError(f"syntax error, unexpected {text or 'end of file'!r}")
        self._at += 1
        return text

    def _name(self) -> str:
        if self._tokens[self._at][0] != "name":
            raise GraphqlError(f"syntax error, unexpected {self._next!r}")
        return self._take()

    def document(self) -> Document:
        operations: list[Operation] = []
        fragments: dict[str, Fragment] = {}
        while self._tokens[self._at][0] != "end":
            if self._next == "fragment":
                self._take()
                name = self._name()
                self._take("on")
                fragments[name] = Fragment(self._name(), selections=self._selections())
            else:
                operations.append(self._operation())
        if len(operations) != 1:
            raise GraphqlError("One operation is expected")
        return Document(operations[0], fragments)

    def _operation(self) -> Operation:
        if self._next == "{":
            return Operation("query", "", (), {}, self._selections())
        kind = self._name()
        if kind not in ("query", "mutation"):
            raise GraphqlError(f"syntax error, unexpected {kind!r}")
        name = self._name() if self._next not in ("(", "{", "@") else ""
        variables, defaults = self._variables()
        self._directives()
        return Operation(kind, name, variables, defaults, self._selections())

    def _variables(self) -> tuple[tuple[str, ...], dict[str, Any]]:
        names: list[str] = []
        defaults: dict[str, Any] = {}
        if self._next != "(":
            return (), defaults
        self._take("(")
        while self._next != ")":
            self._take("$")
            names.append(self._name())
            self._take(":")
            self._type()
            if self._next == "=":
                self._take()
                defaults[names[-1]] = self._value()
        self._take(")")
        return tuple(names), defaults

    def _type(self) -> None:
        if self._next == "[":
            self._take()
            self._type()
            self._take("]")
        else:
            self._name()
        if self._next == "!":
            self._take()

    def _selections(self) -> tuple[Any, ...]:
        self._take("{")
        found: list[Any] = []
        while self._next != "}":
            found.append(self._fragment() if self._next == "..." else self._field())
        self._take("}")
        if not found:
            raise GraphqlError("syntax error, unexpected '}'")
        return tuple(found)

    def _fragment(self) -> Fragment:
        self._take("...")
        if self._next == "on":
            self._take()
            on = self._name()
            return Fragment(on, "", self._directives(), self._selections())
        if self._next in ("{", "@"):
            return Fragment("", "", self._directives(), self._selections())
        name = self._name()
        return Fragment("", name, self._directives())

    def _field(self) -> Field:
        alias = name = self._name()
        if self._next == ":":
            self._take()
            name = self._name()
        arguments = self._arguments()
        directives = self._directives()
        selections = self._selections() if self._next == "{" else None
        return Field(name, alias, arguments, directives, selections)

    def _directives(self) -> tuple[Directive, ...]:
        found = []
        while self._next == "@":
            self._take()
            found.append(Directive(self._name(), self._arguments()))
        return tuple(found)

    def _arguments(self) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        if self._next != "(":
            return arguments
        self._take("(")
        while self._next != ")":
            name = self._name()
            self._take(":")
            arguments[name] = self._value()
        self._take(")")
        return arguments

    def _value(self) -> Any:
        kind, text = self._tokens[self._at]
        if kind == "string":
            self._take()
            return json.loads(text)
        if kind == "number":
            self._take()
            return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
        if text == "$":
            self._take()
            return Variable(self._name())
        if text == "[":
            self._take()
            values = []
            while self._next != "]":
                values.append(self._value())
            self._take("]")
            return values
        if text == "{":
            self._take()
            fields = {}
            while self._next != "}":
                name = self._name()
                self._take(":")
                fields[name] = self._value()
            self._take("}")
            return fields
        name = self._name()
        return {"true": True, "false": False, "null": None}.get(name, name)


# -- executing -----------------------------------------------------------------


@dataclass(frozen=True)
class Connection:
    """Rows behind ``nodes``, ``edges`` and ``pageInfo``.

    :param cursor: the cursor of a row; rows are in the order of their cursors.
    """

    rows: tuple[Any, ...]
    cursor: Callable[[Any], str] = lambda row: str(row["id"])
    most: int = 250

    def page(self, arguments: Mapping[str, Any], path: tuple[str, ...]) -> Any:
        """Return the wanted part as an object."""
        first = arguments.get("first")
        if first is None:
            message = "you must provide one of first or last"
            raise GraphqlError(message, "BAD_REQUEST", path)
        if not 0 < first <= self.most:
            message = f"first must be between 1 and {self.most}"
            raise GraphqlError(message, "INVALID_FIELD_ARGUMENTS", path)
        start, after = 0, arguments.get("after")
        if after is not None:
            start = self._start(after, path)
        rows = self.rows[start : start + first]
        return {
            "nodes": list(rows),
            "edges": [{"node": row, "cursor": self.cursor(row)} for row in rows],
            "pageInfo": {
                "hasNextPage": start + first < len(self.rows),
                "hasPreviousPage": start > 0,
                "startCursor": self.cursor(rows[0]) if rows else None,
                "endCursor": self.cursor(rows[-1]) if rows else None,
            },
        }

    def _start(self, after: str, path: tuple[str, ...]) -> int:
        cursors = [self.cursor(row) for row in self.rows]
        if after not in cursors:
            raise GraphqlError("Invalid cursor for pagination", "BAD_REQUEST", path)
        return cursors.index(after) + 1


class Execution:
    """Executes one operation over a tree of plain values.

    An object is a mapping; a value of it may be a function of the field's arguments,
    or a :class:`Connection`. What is not selected is not in the result; what the tree
    does not have is refused as the real thing does.

    :ivar objects: how many objects the result has, for the actual cost.
    """

    def __init__(self, document: Document, variables: Mapping[str, Any]) -> None:
        self._document = document
        operation = document.operation
        self._variables = {**operation.defaults, **variables}
        self.objects = 0

    def run(self, root: Mapping[str, Any]) -> dict[str, Any]:
        """Return the ``data`` of the answer."""
        operation = self._document.operation
        name = operation.name
        path = (f"{operation.kind} {name}".strip(),)
        return self.select(root, operation.selections, path)

    def select(
        self, value: Mapping[str, Any], selections: tuple[Any, ...], path: Any
    ) -> dict[str, Any]:
        """Return the selected fields of an object."""
        self.objects += 1
        result: dict[str, Any] = {}
        for item in self.fields(value, selections):
            here = (*path, item.alias)
            result[item.alias] = self._complete(
                self.resolve(value, item, here), item, here
            )
        return result

    def fields(self, value: Any, selections: tuple[Any, ...]) -> Iterator[Field]:
        """Yield the fields that apply to an object, fragments opened."""
        for item in selections:
            if not self._included(item.directives):
                continue
            if isinstance(item, Field):
                yield item
                continue
            fragment = item
            if item.spread:
                if item.spread not in self._document.fragments:
                    raise GraphqlError(f"Fragment {item.spread} was used, not defined")
                fragment = self._document.fragments[item.spread]
            types = value.get("__types", (value.get("__typename"),))
            if not fragment.on or fragment.on in types:
                yield from self.fields(value, fragment.selections)

    def resolve(
        self, value: Mapping[str, Any], item: Field, path: Any, whole: bool = False
    ) -> Any:
        """Return a field's raw value; ``whole`` leaves connections uncut."""
        if item.name not in value:
            kind = value.get("__typename", "QueryRoot")
            message = f"Field '{item.name}' doesn't exist on type '{kind}'"
            raise GraphqlError(message, "undefinedField", path)
        found = value[item.name]
        arguments = self.arguments(item)
        if callable(found):
            found = found(arguments)
        if isinstance(found, Connection) and not whole:
            return found.page(arguments, path)
        return found

    def arguments(self, item: Field) -> dict[str, Any]:
        """Return a field's arguments with variables put in; unset ones are left out."""
        return {
            name: self._value(value)
            for name, value in item.arguments.items()
            if not self._is_unset(value)
        }

    def _is_unset(self, value: Any) -> bool:
        """Tell whether a value is a declared variable that nobody gave."""
        if not isinstance(value, Variable) or value.name in self._variables:
            return False
        return value.name in self._document.operation.variables

    def directive(self, item: Field, name: str) -> dict[str, Any] | None:
        """Return the arguments of a directive on a field, None without it."""
        for found in item.directives:
            if found.name == name:
                return {key: self._value(v) for key, v in found.arguments.items()}
        return None

    def _complete(self, found: Any, item: Field, path: Any) -> Any:
        if found is None:
            return None
        if isinstance(found, list | tuple):
            return [self._complete(element, item, path) for element in found]
        if isinstance(found, Mapping):
            if item.selections is None:
                message = f"Field must have selections (field '{item.name}')"
                raise GraphqlError(message, "selectionMismatch", path)
            return self.select(found, item.selections, path)
        if item.selections is not None:
            message = f"Selections can't be made on scalars (field '{item.name}')"
            raise GraphqlError(message, "selectionMismatch", path)
        return found

    def _value(self, value: Any) -> Any:
        if isinstance(value, Variable):
            if value.name not in self._document.operation.variables:
                message = f"Variable ${value.name} is used but not declared"
                raise GraphqlError(message, "variableNotDefined")
            return self._variables.get(value.name)
        if isinstance(value, list):
            return [self._value(element) for element in value]
        if isinstance(value, dict):
            return {key: self._value(element) for key, element in value.items()}
        return value

    def _included(self, directives: tuple[Directive, ...]) -> bool:
        for found in directives:
            condition = self._value(found.arguments.get("if", True))
            if found.name == "include" and not condition:
                return False
            if found.name == "skip" and condition:
                return False
        return True
