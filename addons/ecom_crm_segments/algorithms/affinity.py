"""Which products are bought together, and which one a customer may want next.

Of n baskets, A is in n(A), A and B together are in n(AB):

* support n(AB)/n, confidence n(AB)/n(A), lift n(AB)·n / (n(A)·n(B));
* all pairs at once by a sparse product of the matrix basket × product with itself;
* itemsets of more products by growing those that are frequent (R. Agrawal, R. Srikant
  (1994), *Fast Algorithms for Mining Association Rules*).

Next best product: the chance of a product given each that the customer has, from all
customers' products, with a pull of few observations towards the product's popularity.
It is judged by hiding the last product that each customer bought for the first time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from .errors import BadInput, Shortage, TooFewData

if TYPE_CHECKING:
    from numpy import ndarray

#: observations of a product that its popularity counts as
PRIOR = 10.0


@dataclass(frozen=True)
class Rule:
    """Who buys the products on the left often buys the one on the right, too.

    :param baskets: in which all of them are.
    """

    left: tuple[Any, ...]
    right: Any
    baskets: int
    support: float
    confidence: float
    lift: float


@dataclass(frozen=True)
class HitRates:
    """How often the hidden product was among the ones proposed.

    :param customers: of whom one product was hidden.
    :param proposals: proposed to each.
    :param hit_rate: share of customers.
    :param popularity: the same when everybody is proposed what sells most.
    """

    customers: int
    proposals: int
    hit_rate: float
    popularity: float


@dataclass(frozen=True, eq=False)
class Baskets:
    """Baskets as a sparse matrix.

    :param matrix: ``scipy.sparse.csr_array`` of shape (baskets, products), 0 or 1.
    :param products: their keys, in the order of the columns.
    """

    matrix: Any
    products: tuple[Any, ...]

    def __len__(self) -> int:
        return self.matrix.shape[0]


def baskets(orders: Iterable[Iterable[Any]]) -> Baskets:
    """Baskets from the products of each order; a product counts once in a basket."""
    numbers: dict[Any, int] = {}
    rows, columns = [], []
    count = 0
    for count, products in enumerate(orders, 1):
        for product in set(products):
            rows.append(count - 1)
            columns.append(numbers.setdefault(product, len(numbers)))
    return from_pairs(rows, columns, count, tuple(numbers))


def from_pairs(rows, columns, count: int, products: Sequence[Any]) -> Baskets:
    """Baskets from (basket, product) pairs, repeated ones counting once.

    :param rows: shape ``(m,)``, number of the basket, from 0.
    :param columns: shape ``(m,)``, index into ``products``.
    """
    import numpy as np
    from scipy import sparse

    matrix = sparse.csr_array(
        (np.ones(len(rows), dtype=np.int64), (rows, columns)),
        shape=(count, len(products)),
    )
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return Baskets(matrix, tuple(products))


def pairs(data: Baskets, least_baskets: int = 2) -> list[Rule]:
    """Rules "A, then B" of all pairs, highest lift first.

    :param least_baskets: in which a pair has to be: less is chance.
    """
    import numpy as np

    together = (data.matrix.T @ data.matrix).tocoo()
    single = np.asarray(data.matrix.sum(axis=0)).ravel()
    keep = (together.row != together.col) & (together.data >= least_baskets)
    left, right = together.row[keep], together.col[keep]
    both = together.data[keep]
    lift = both * len(data) / (single[left] * single[right])
    order = np.lexsort((right, left, -both, -lift))
    return [
        Rule(
            (data.products[left[i]],),
            data.products[right[i]],
            int(both[i]),
            float(both[i] / len(data)),
            float(both[i] / single[left[i]]),
            float(lift[i]),
        )
        for i in order
    ]


def itemsets(
    data: Baskets, least_support: float, longest: int = 4
) -> dict[tuple[int, ...], int]:
    """Frequent sets of columns and in how many baskets they are.

    :param least_support: share of baskets, above 0.
    :param longest: products in a set at most.
    """
    import numpy as np

    if not 0 < least_support <= 1:
        raise BadInput("a support lies between 0 and 1")
    least = least_support * len(data) - 1e-9
    columns = data.matrix.tocsc()
    single = np.diff(columns.indptr)
    members = {
        (int(i),): columns.indices[columns.indptr[i] : columns.indptr[i + 1]]
        for i in np.flatnonzero(single >= max(least, 1))
    }
    found = {items: len(where) for items, where in members.items()}
    for size in range(2, longest + 1):
        grown = {}
        for items in _candidates(members, size):
            shared = np.intersect1d(
                members[items[:-1]], members[items[:-2] + items[-1:]], True
            )
            if len(shared) >= least:
                grown[items] = shared
        members = grown
        found.update((items, len(where)) for items, where in members.items())
    return found


def _candidates(members, size: int):
    """Sets of which all subsets with one product less are frequent."""
    by_prefix: dict[tuple[int, ...], list[int]] = {}
    for items in sorted(members):
        by_prefix.setdefault(items[:-1], []).append(items[-1])
    for prefix, ends in by_prefix.items():
        for end in combinations(ends, 2):
            items = prefix + end
            if all(subset in members for subset in combinations(items, size - 1)):
                yield items


def rules(
    data: Baskets, least_support: float, least_confidence: float, longest: int = 4
) -> list[Rule]:
    """Rules with one product on the right, highest lift first."""
    found = itemsets(data, least_support, longest)
    total = len(data)
    result = []
    for items, count in found.items():
        if len(items) < 2:
            continue
        for right in items:
            left = tuple(item for item in items if item != right)
            confidence = count / found[left]
            if confidence >= least_confidence - 1e-12:
                result.append(
                    Rule(
                        tuple(data.products[item] for item in left),
                        data.products[right],
                        count,
                        count / total,
                        confidence,
                        confidence * total / found[(right,)],
                    )
                )
    return sorted(result, key=lambda rule: (-rule.lift, -rule.baskets))


def scores(data: Baskets, owned):
    """Score of each product for customers, 0 for those they have.

    For each product j that the customer lacks: the mean, over the products i that he
    has, of (n(ij) + PRIOR · n(j)/n) / (n(i) + PRIOR).

    :param data: one basket for each customer: everything ever bought.
    :param owned: sparse array of shape (m, products), 0 or 1.
    :return: shape ``(m, products)``.
    """
    import numpy as np

    single = np.asarray(data.matrix.sum(axis=0)).ravel().astype(float)
    together = (data.matrix.T @ data.matrix).astype(float)
    popularity = single / max(len(data), 1)
    weighted = together.multiply((1 / (single + PRIOR))[:, None]).tocsr()
    has = np.asarray(owned.sum(axis=1)).ravel()
    pull = np.asarray(owned @ (PRIOR / (single + PRIOR))).ravel()
    result = (owned @ weighted).toarray() + pull[:, None] * popularity[None, :]
    result = np.where(
        has[:, None] > 0, result / np.maximum(has, 1)[:, None], popularity[None, :]
    )
    result[owned.nonzero()] = 0.0
    return result


def next_products(data: Baskets, owned, proposals: int = 3):
    """Best products for customers.

    :return: two arrays of shape ``(m, proposals)``: columns, and their scores.
    """
    import numpy as np

    table = scores(data, owned)
    proposals = min(proposals, table.shape[1])
    best = np.argsort(-table, axis=1, kind="stable")[:, :proposals]
    return best, np.take_along_axis(table, best, axis=1)


def back_test(
    customers, products, days, proposals: int = 10, least: int = 30, block: int = 1000
) -> HitRates:
    """Hide the last product that each customer bought for the first time, guess it.

    Customers with one product only cannot be judged and only teach.

    :param customers: shape ``(m,)``, key of the customer of each order line.
    :param products: shape ``(m,)``, key of the product.
    :param days: shape ``(m,)``.
    :raise TooFewData: fewer than ``least`` customers can be judged.
    """
    import numpy as np

    customers = np.unique(np.asarray(customers), return_inverse=True)[1]
    keys, products = np.unique(np.asarray(products), return_inverse=True)
    order = np.lexsort((products, np.asarray(days), customers))
    customers, products = customers[order], products[order]
    # The first purchase of each (customer, product), in the order in which they came.
    _, firsts = np.unique(customers * len(keys) + products, return_index=True)
    firsts.sort()
    customers, products = customers[firsts], products[firsts]
    last = np.append(customers[1:] != customers[:-1], True)
    alone = np.append(True, customers[1:] != customers[:-1]) & last
    hidden = last & ~alone
    if hidden.sum() < least:
        raise TooFewData(Shortage("customers", int(hidden.sum()), least))
    count = int(customers.max()) + 1
    data = from_pairs(customers[~hidden], products[~hidden], count, keys)
    who, what = customers[hidden], products[hidden]
    popularity = np.asarray(data.matrix.sum(axis=0)).ravel().astype(float)
    hits = popular = 0
    for start in range(0, len(who), block):
        part, wanted = who[start : start + block], what[start : start + block]
        owned = data.matrix[part]
        best, _ = next_products(data, owned, proposals)
        hits += int((best == wanted[:, None]).any(axis=1).sum())
        common = np.tile(popularity, (len(part), 1))
        common[owned.nonzero()] = -1
        best = np.argsort(-common, axis=1, kind="stable")[:, :proposals]
        popular += int((best == wanted[:, None]).any(axis=1).sum())
    return HitRates(len(who), proposals, hits / len(who), popular / len(who))
