"""Plans that were met on the way to an assignment, see :mod:`.assignment`."""

from __future__ import annotations

from .costing import Batch
from .partition import Choice
from .usage import heads


class Pool:
    """Different plans of a batch's orders."""

    def __init__(self, batch: Batch, split: int) -> None:
        import numpy as np

        self.batch = batch
        self.split = split
        width = batch.lines
        rng = np.random.default_rng(width)
        self._mix = rng.integers(1, 1 << 62, 2 * width + 1)
        self._seen = np.zeros(0, np.int64)
        self._site: list = []
        self._block: list = []
        self._row: list = []
        self._arrays = None
        nobody = np.full((len(batch.orders), width), -1, np.int64)
        self.add(Choice(None, nobody, np.zeros_like(nobody)))

    @property
    def size(self) -> int:
        """How many plans there are."""
        return len(self._seen)

    def add(self, choice: Choice) -> int:
        """Keep the plans that are new; returns how many were."""
        import numpy as np

        rows = np.arange(len(choice.site))
        with np.errstate(over="ignore"):
            code = (np.column_stack([choice.site, choice.block, rows]) * self._mix).sum(
                axis=1
            )
        new = ~np.isin(code, self._seen)
        if new.any():
            self._seen = np.concatenate([self._seen, code[new]])
            self._site.append(choice.site[new])
            self._block.append(choice.block[new])
            self._row.append(rows[new])
            self._arrays = None
        return int(new.sum())

    def arrays(self):
        """Site and block of lines (k, L), order (k,), and cost (k,) of all plans."""
        import numpy as np

        if self._arrays is None:
            site, block = np.concatenate(self._site), np.concatenate(self._block)
            rows = np.concatenate(self._row)
            self._arrays = (
                site,
                block,
                rows,
                plan_costs(self.batch, site, block, rows, self.split),
            )
        return self._arrays

    def choices(self, index) -> Choice:
        """The plans of these numbers, one for each order."""
        import numpy as np

        site, block, rows, cost = self.arrays()
        index = index[np.argsort(rows[index], kind="stable")]
        return Choice(cost[index].copy(), site[index].copy(), block[index].copy())


def plan_costs(batch: Batch, site, block, rows, split: int):
    """Real cost of plans, without prices; int64 (k,)."""
    import numpy as np

    first_lines = heads(block)
    total = np.zeros(len(rows), np.int64)
    plans, lines = np.nonzero(first_lines)
    np.add.at(
        total,
        plans,
        batch.cost[rows[plans], block[plans, lines] - 1, site[plans, lines]],
    )
    total += np.where(block == 0, batch.hold[rows], 0).sum(axis=1)
    return total + split * np.maximum(first_lines.sum(axis=1) - 1, 0)
