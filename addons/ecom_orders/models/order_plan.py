"""What an import works with: plain values between the steps, no models."""

from dataclasses import dataclass, field
from datetime import timezone
from decimal import Decimal

DIFFERENCE_KEY = "difference"


def naive(moment):
    """A time as Odoo stores it."""
    return moment and moment.astimezone(timezone.utc).replace(tzinfo=None)


@dataclass(frozen=True)
class Hold:
    """A reason that an order shall carry: one row of ``ecom.order.block``."""

    reason: str
    key: str = ""
    holding: bool = True
    details: dict = field(default_factory=dict, compare=False)
    links: dict = field(default_factory=dict, compare=False)


@dataclass
class LinePlan:
    """A sale order line as it shall be.

    :param fingerprint: of what the channel says; see ``ecom_fingerprint``.
    :param values: of ``sale.order.line``.
    """

    key: str
    product: object
    taxes: object
    fingerprint: str
    values: dict


@dataclass
class OrderPlan:
    """A sale order as it shall be, and what is wrong with it."""

    external: object
    values: dict
    lines: list
    total: Decimal
    holds: list


@dataclass
class Batch:
    """Everything that a batch of orders refers to, looked up once.

    :param utm: ids by (model, name), see ``ecom.order.importer._find_utm``.
    """

    channel: object
    currencies: dict
    pricelists: dict
    matches: dict
    listings: dict
    rules: dict
    orders: dict
    utm: dict = field(default_factory=dict)
    line_defaults: dict = field(default_factory=dict)
    methods: dict = field(default_factory=dict)
    locations: dict = field(default_factory=dict)
