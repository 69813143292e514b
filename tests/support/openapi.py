"""OpenAPI 3 documents: are requests and answers as they say, and examples by them.

Small on purpose: what the marketplaces' documents use. Objects are checked strictly: a
field that the document does not name is an error, so that nothing invented passes.
"""

import copy
import json
import re
from random import Random

from jsonschema import Draft202012Validator


class Document:
    """An OpenAPI 3 document.

    :param data: the parsed document.
    :ivar base_path: what its paths begin with.
    """

    def __init__(self, data):
        self.data = data
        self.schemas = copy.deepcopy(data["components"]["schemas"])
        for schema in self.schemas.values():
            if "properties" in schema:
                schema.setdefault("additionalProperties", False)
        server = data["servers"][0]
        variables = server.get("variables", {})
        url = server["url"]
        for name, variable in variables.items():
            url = url.replace(f"{{{name}}}", variable["default"])
        self.base_path = re.sub(r"^https?://[^/]+", "", url)

    @classmethod
    def of(cls, path):
        """Read a document from a JSON file."""
        return cls(json.loads(path.read_text()))

    # -- finding -----------------------------------------------------------------------

    def operation(self, method, path):
        """The operation that answers a request, or ``None``."""
        if not path.startswith(self.base_path):
            return None
        rest = path[len(self.base_path) :]
        for template, item in self.data["paths"].items():
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, rest) and method.lower() in item:
                return item[method.lower()]
        return None

    # -- checking ----------------------------------------------------------------------

    def errors(self, schema, value):
        """What is wrong with a value, as texts."""
        whole = {**schema, "components": {"schemas": self.schemas}}
        return [
            f"{error.json_path}: {error.message}"[:300]
            for error in Draft202012Validator(whole).iter_errors(value)
        ]

    def request_errors(self, method, path, query=(), headers=None, body=None):
        """What is wrong with a request, as texts; parameters and body."""
        operation = self.operation(method, path)
        if operation is None:
            return [f"the document has no {method} {path}"]
        declared = {
            (p["in"], p["name"].lower()) for p in operation.get("parameters", [])
        }
        wrong = [
            f"unknown parameter {name}"
            for name, _value in query
            if ("query", name.lower()) not in declared
        ]
        given = {name.lower() for name in headers or {}}
        given |= {name.lower() for name, _value in query}
        wrong += [
            f"required parameter {parameter['name']} is missing"
            for parameter in operation.get("parameters", [])
            if parameter.get("required")
            and parameter["in"] != "path"
            and parameter["name"].lower() not in given
        ]
        content = operation.get("requestBody", {}).get("content", {})
        if body is not None and content:
            wrong += self.errors(content["application/json"]["schema"], body)
        if body is None and operation.get("requestBody", {}).get("required"):
            wrong.append("the body is missing")
        return wrong

    def response_errors(self, method, path, status, body):
        """What is wrong with an answer, as texts."""
        operation = self.operation(method, path)
        if operation is None:
            return [f"the document has no {method} {path}"]
        response = operation["responses"].get(str(status))
        if response is None:
            return [f"{method} {path} never answers {status}"]
        content = response.get("content", {}).get("application/json")
        if content is None or body is None:
            return []
        return self.errors(content["schema"], body)

    # -- examples ----------------------------------------------------------------------

    def example(self, name, special=None, rng=None):
        """A value of a schema.

        :param special: makes the value of a field: called with its name and schema,
            returns ``None`` for "as the schema says".
        :param rng: leaves fields out by chance; ``None`` = every field is filled.
        """
        return self._value({"$ref": name}, "", special or _nothing, rng, ())

    def _value(self, schema, field, special, rng, above):
        made = special(field, schema)
        if made is not None:
            return made
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if above.count(name) > 1:
                return {}
            return self._value(self.schemas[name], field, special, rng, (*above, name))
        kind = schema.get("type", "object")
        if kind == "array":
            count = 1 if rng is None else rng.randint(0, 2)
            items = schema.get("items", {"type": "string"})
            return [
                self._value(items, field, special, rng, above) for _ in range(count)
            ]
        if kind == "object":
            properties = schema.get("properties", {})
            return {
                key: self._value(part, key, special, rng, above)
                for key, part in properties.items()
                if rng is None or rng.random() < 0.7
            }
        return _scalar(kind, field, rng or Random(1))


def _nothing(_field, _schema):
    return None


def _scalar(kind, field, rng):
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "integer":
        return rng.randint(1, 9)
    if kind == "number":
        return rng.randint(1, 900) / 10
    return f"{field}-{rng.randint(1, 99)}"
