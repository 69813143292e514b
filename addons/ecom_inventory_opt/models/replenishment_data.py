"""What is read for planning: plain arrays, one entry for each pair."""

from dataclasses import dataclass, field
from typing import Any

#: weeks of history that are read
WEEKS = 104


@dataclass
class Pairs:
    """Pairs of product and warehouse of one company, arrays ``(n,)`` each.

    :param product: ids; :param warehouse: ids; :param category: ids.
    :param cost: of a unit, company currency; :param price: of a sale, likewise.
    :param units: net units of the last 52 weeks.
    :param stopped: bool, archived or belonging to another company.
    :param abc: classes by value; :param xyz: by variability.
    :param vendor: ids of the first vendor, 0 = none.
    """

    product: Any
    warehouse: Any
    category: Any
    cost: Any
    price: Any
    units: Any
    stopped: Any
    abc: Any = None
    xyz: Any = None
    vendor: Any = None
    index: dict = field(default_factory=dict)

    def __post_init__(self):
        keys = zip(self.product.tolist(), self.warehouse.tolist(), strict=True)
        self.index = {key: number for number, key in enumerate(keys)}

    def __len__(self):
        return len(self.product)

    def part(self, rows):
        """Some of the pairs, selected as numpy does."""
        names = ("product", "warehouse", "category", "cost", "price", "units")
        names += ("stopped", "abc", "xyz", "vendor")
        cut = {n: getattr(self, n) for n in names}
        return Pairs(**{n: None if v is None else v[rows] for n, v in cut.items()})


@dataclass(frozen=True)
class Position:
    """Stock of n pairs now, arrays ``(n,)`` in units of the product.

    :param on_hand: may be negative; :param reserved: of it; :param incoming: confirmed
        receipts; :param outgoing: promised; :param requested: on requests for quotation
        that are not confirmed.
    :param receipts: ``(n, h)`` expected receipts of the coming weeks, late ones in the
        first.
    """

    on_hand: Any
    reserved: Any
    incoming: Any
    outgoing: Any
    requested: Any
    receipts: Any

    @property
    def position(self):
        """Inventory position, what core calls forecast with what is in progress."""
        return self.on_hand + self.incoming - self.outgoing + self.requested
