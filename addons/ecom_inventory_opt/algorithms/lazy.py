"""numpy and scipy, imported when they are first used.

Importing them takes half a second and 60 MB, which a worker that never computes an
order must not pay. ``from .lazy import np`` costs nothing; the first ``np.zeros`` does
the import. Measured: numpy 0.04 s, ``scipy.optimize`` 0.4 s, ``scipy.special`` less.
"""

from __future__ import annotations

import importlib
from typing import Any


class LazyModule:
    """Stands for a module until an attribute of it is asked for.

    :param name: dotted name of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        """Import the module and remember what was asked for.

        :raises ImportError: when the module is not installed.
        """
        value = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value


np = LazyModule("numpy")
optimize = LazyModule("scipy.optimize")
sparse = LazyModule("scipy.sparse")
special = LazyModule("scipy.special")
