"""Rules of a segment as a tree, and what they say in words.

The tree is what is stored and shown; the addon turns it into a domain. Nothing here
knows a language: :func:`describe` asks the caller for words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from .errors import BadInput


class Operator(Enum):
    """Comparisons."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    IN = "in"
    NOT_IN = "not in"


@dataclass(frozen=True)
class Compare:
    """A figure of the customer against a value.

    :param figure: technical name.
    :param value: number, text, day; a tuple for ``in`` and ``not in``.
    """

    figure: str
    operator: Operator
    value: Any

    def __post_init__(self):
        many = self.operator in (Operator.IN, Operator.NOT_IN)
        if many != isinstance(self.value, tuple):
            raise BadInput(f"{self.operator.value} does not go with {self.value!r}")


@dataclass(frozen=True)
class Bought:
    """Bought one of some products (or anything) at least so often, within some days.

    :param products: keys; empty for anything.
    :param times: orders in which they are.
    :param days: counted back from today; none for ever.
    :param negated: whether it is asked that this did *not* happen.
    """

    products: tuple[Any, ...] = ()
    times: int = 1
    days: int | None = None
    negated: bool = False

    def __post_init__(self):
        if self.times < 1 or (self.days is not None and self.days < 1):
            raise BadInput("times and days start at 1")


@dataclass(frozen=True)
class AllOf:
    """All of some rules; without any, everybody."""

    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class AnyOf:
    """At least one of some rules; without any, nobody."""

    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Not:
    """Whoever a rule does not hold for."""

    rule: Rule


Rule = Compare | Bought | AllOf | AnyOf | Not


@dataclass(frozen=True)
class Facts:
    """What is known of a customer, to say who is in.

    :param figures: by technical name; a missing one is none.
    :param purchases: (key of the product, day, key of the order) of each order line.
    """

    figures: dict[str, Any]
    purchases: tuple[tuple[Any, date, Any], ...] = ()


def holds(rule: Rule, facts: Facts, today: date) -> bool:
    """Whether a rule holds for a customer.

    An unknown figure is only ever "not equal" and "not in": nobody is in a segment
    because of something that is not known.
    """
    match rule:
        case AllOf(rules):
            return all(holds(part, facts, today) for part in rules)
        case AnyOf(rules):
            return any(holds(part, facts, today) for part in rules)
        case Not(part):
            return not holds(part, facts, today)
        case Bought():
            return _bought(rule, facts, today)
        case Compare(figure, operator, value):
            return _compare(facts.figures.get(figure), operator, value)
    raise BadInput(f"{rule!r} is no rule")


def _bought(rule: Bought, facts: Facts, today: date) -> bool:
    orders = {
        order
        for product, day, order in facts.purchases
        if (not rule.products or product in rule.products)
        and (rule.days is None or 0 <= (today - day).days < rule.days)
    }
    return (len(orders) >= rule.times) != rule.negated


def _compare(known: Any, operator: Operator, value: Any) -> bool:
    if known is None:
        return operator in (Operator.NOT_EQUAL, Operator.NOT_IN)
    match operator:
        case Operator.EQUAL:
            return known == value
        case Operator.NOT_EQUAL:
            return known != value
        case Operator.LESS:
            return known < value
        case Operator.AT_MOST:
            return known <= value
        case Operator.MORE:
            return known > value
        case Operator.AT_LEAST:
            return known >= value
        case Operator.IN:
            return known in value
    return known not in value


#: gives the sentence of a kind: ``say("bought", times=2, days=30, products="Tea")``
Say = Callable[..., str]
#: gives the name of a figure, product or value: ``name("figure", "orders")``
Name = Callable[[str, Any], str]


def describe(rule: Rule, say: Say, name: Name) -> str:
    """A rule in words.

    :param say: sentence of a kind, see :func:`english`.
    :param name: how things are called.
    """
    match rule:
        case AllOf(rules) | AnyOf(rules) if not rules:
            return say("everybody" if isinstance(rule, AllOf) else "nobody")
        case AllOf(rules) | AnyOf(rules):
            kind = "all" if isinstance(rule, AllOf) else "any"
            parts = [_inner(part, say, name) for part in rules]
            return parts[0] if len(parts) == 1 else say(kind, parts=parts)
        case Not(part):
            return say("not", rule=_inner(part, say, name))
        case Bought(products, times, days, negated):
            names = [name("product", product) for product in products]
            return say(
                "not_bought" if negated else "bought",
                products=names,
                times=times,
                days=days,
            )
        case Compare(figure, operator, value):
            values = value if isinstance(value, tuple) else (value,)
            return say(
                "compare",
                figure=name("figure", figure),
                operator=operator,
                values=[name(figure, item) for item in values],
            )
    raise BadInput(f"{rule!r} is no rule")


def _inner(rule: Rule, say: Say, name: Name) -> str:
    text = describe(rule, say, name)
    nested = isinstance(rule, AllOf | AnyOf) and len(rule.rules) > 1
    return f"({text})" if nested else text


COMPARISONS = {
    Operator.EQUAL: "is",
    Operator.NOT_EQUAL: "is not",
    Operator.LESS: "is less than",
    Operator.AT_MOST: "is at most",
    Operator.MORE: "is more than",
    Operator.AT_LEAST: "is at least",
    Operator.IN: "is one of",
    Operator.NOT_IN: "is none of",
}


def english(kind: str, **facts: Any) -> str:
    """Sentences in English."""
    match kind:
        case "everybody" | "nobody":
            return kind
        case "all":
            return " and ".join(facts["parts"])
        case "any":
            return " or ".join(facts["parts"])
        case "not":
            return f"not {facts['rule']}"
        case "compare":
            comparison = COMPARISONS[facts["operator"]]
            return f"{facts['figure']} {comparison} {', '.join(facts['values'])}"
    verb = "did not buy" if kind == "not_bought" else "bought"
    what = " or ".join(facts["products"]) or "anything"
    often = "" if facts["times"] == 1 else f" at least {facts['times']} times"
    when = "" if facts["days"] is None else f" within {facts['days']} days"
    return f"{verb} {what}{often}{when}"


# -- stored form -----------------------------------------------------------------------


def to_json(rule: Rule) -> dict[str, Any]:
    """A rule as plain values."""
    match rule:
        case AllOf(rules) | AnyOf(rules):
            kind = "all" if isinstance(rule, AllOf) else "any"
            return {kind: [to_json(part) for part in rules]}
        case Not(part):
            return {"not": to_json(part)}
        case Bought(products, times, days, negated):
            return {
                "bought": list(products),
                "times": times,
                "days": days,
                "negated": negated,
            }
        case Compare(figure, operator, value):
            return {
                "figure": figure,
                "operator": operator.value,
                "value": _plain(value),
            }
    raise BadInput(f"{rule!r} is no rule")


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    return value


def from_json(data: Any) -> Rule:
    """A rule from plain values.

    :raise BadInput: it is not one.
    """
    try:
        return _read(data)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"not a rule: {data!r}") from error


def _read(data: Any) -> Rule:
    if "all" in data:
        return AllOf(tuple(_read(part) for part in data["all"]))
    if "any" in data:
        return AnyOf(tuple(_read(part) for part in data["any"]))
    if "not" in data:
        return Not(_read(data["not"]))
    if "bought" in data:
        return Bought(
            tuple(data["bought"]),
            int(data.get("times", 1)),
            data.get("days"),
            bool(data.get("negated", False)),
        )
    return Compare(data["figure"], Operator(data["operator"]), _value(data["value"]))


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_value(item) for item in value)
    if isinstance(value, dict):
        if "day" in value:
            return date.fromisoformat(value["day"])
        return Decimal(value["decimal"])
    return value
