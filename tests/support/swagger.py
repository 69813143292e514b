"""Checks requests and answers against a Swagger 2.0 model.

:class:`SwaggerModel` reads one file, finds the operation for a method and path, checks
parameters and body of a request and the body of an answer, and says what is wrong as a
list of sentences (empty = nothing). Objects are closed: a property that the model does
not name is a mistake, unless the model allows any.
"""

import copy
import json
import re
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from jsonschema import Draft4Validator

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


class Operation:
    """One method of one path.

    :ivar parts: the variable parts of the path by name.
    """

    def __init__(self, model, method, path, definition, parts):
        self.model = model
        self.method = method
        self.path = path
        self.name = definition.get("operationId", f"{method} {path}")
        self.parts = parts
        self._definition = definition

    @property
    def parameters(self):
        """Parameters of the path and of the method, references resolved."""
        shared = self.model.document["paths"][self.path].get("parameters", [])
        own = self._definition.get("parameters", [])
        return [self.model.resolve(row) for row in (*shared, *own)]

    def request_problems(self, query, body=None):
        """What is wrong with a request.

        :param query: ``(name, value)`` pairs as sent.
        :param body: the parsed body, ``None`` = none.
        """
        known = {row["name"]: row for row in self.parameters}
        places = {"query": dict(query), "path": self.parts}
        found = [
            f"parameter {name!r} is not in the model"
            for name in places["query"]
            if known.get(name, {}).get("in") != "query"
        ]
        for name, row in known.items():
            if row["in"] == "body":
                if body is None and row.get("required"):
                    found.append("the body is missing")
                if body is not None:
                    found += self.model.problems(row["schema"], body)
            elif row["in"] in places:
                given = places[row["in"]].get(name)
                if given is None and row.get("required"):
                    found.append(f"parameter {name!r} is missing")
                if given is not None:
                    found += _parameter_problems(row, given)
        if body is not None and not any(r["in"] == "body" for r in known.values()):
            found.append("a body that the model does not know")
        return found

    def response_problems(self, status, body):
        """What is wrong with an answer; ``body`` is parsed, ``None`` = none."""
        responses = self._definition["responses"]
        answer = responses.get(str(status)) or responses.get("default")
        if answer is None:
            return [f"status {status} is not in the model"]
        schema = self.model.resolve(answer).get("schema")
        if schema is None:
            return [] if body in (None, {}) else ["a body that the model does not know"]
        return self.model.problems(schema, body)


class SwaggerModel:
    """A model in a file; see the module."""

    def __init__(self, path):
        self.document = json.loads(Path(path).read_text(encoding="utf-8"))

    def operation(self, method, path):
        """The operation for a method and path (without query), ``None`` = none."""
        method = method.lower()
        for template, row in self.document["paths"].items():
            names = re.findall(r"\{([^}]+)\}", template)
            pattern = re.sub(r"\\\{[^}]+\\\}", "([^/]+)", re.escape(template))
            match = re.fullmatch(pattern, path)
            if match and method in row and method in METHODS:
                parts = dict(zip(names, map(unquote, match.groups()), strict=True))
                return Operation(self, method, template, row[method], parts)
        return None

    def resolve(self, row):
        """What a reference points to; anything else is returned as it is."""
        if "$ref" not in row:
            return row
        target = self.document
        for part in row["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        return self.resolve(target)

    def problems(self, schema, value):
        """What is wrong with a value, as sentences with the path of the field."""
        whole = {**_closed(schema), "definitions": self._definitions}
        return [
            f"{_path(error)}: {error.message[:200]}"
            for error in Draft4Validator(whole).iter_errors(value)
        ]

    @cached_property
    def _definitions(self):
        definitions = copy.deepcopy(self.document.get("definitions", {}))
        open_ones = {
            part["$ref"].rpartition("/")[2]
            for row in definitions.values()
            for part in row.get("allOf", ())
            if "$ref" in part
        }
        return {
            name: row if name in open_ones or "allOf" in row else _closed(row)
            for name, row in definitions.items()
        }


def _closed(schema):
    """The schema with every object closed that names its properties."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    properties = closed.get("properties")
    names = isinstance(properties, dict) and closed.get("type", "object") == "object"
    if names and "$ref" not in closed:
        closed.setdefault("additionalProperties", False)
    return closed


def _path(error):
    return ".".join(map(str, error.absolute_path)) or "body"


def _parameter_problems(row, text):
    """What is wrong with a parameter, sent as text."""
    values = [text]
    rules = row
    if row.get("type") == "array":
        values = text.split(",")
        rules = row.get("items", {})
        if len(values) > row.get("maxItems", len(values)):
            return [f"parameter {row['name']!r} has too many values"]
    return [
        f"parameter {row['name']!r}: {error.message[:120]}"
        for value in values
        for error in Draft4Validator(_rules(rules)).iter_errors(_typed(rules, value))
    ]


def _rules(row):
    keys = ("type", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern")
    return {key: row[key] for key in keys if key in row}


def _typed(row, text):
    if row.get("type") == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if row.get("type") == "number" and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    if row.get("type") == "boolean" and text in ("true", "false"):
        return text == "true"
    return text
