"""A simulated shop for demo, tests and rehearsals.

It speaks the wire protocol of a marketplace, keeps its state, lets orders arrive by
itself and misbehaves on request::

    from simulator import Simulator

    with Simulator(seed=7) as shop:
        shop.place_orders(3)
        print(shop.url, shop.summary())

From a shell: ``python -m simulator --help``.
"""

from .app import DEFAULT_KEY, DEFAULT_SECRET, Simulator

__all__ = ["DEFAULT_KEY", "DEFAULT_SECRET", "Simulator"]
