"""What a marketplace protocol has to provide to be served by the simulator.

To add a marketplace: make a sub-package whose ``protocol`` module has a class that
derives from ``Protocol`` under the name ``PROTOCOL``, render the neutral world
(``simulator.world``) in that marketplace's wire format, give it scenarios of its own
(``@scenario(weight, marketplace="...")``). It is found by
its folder.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..world.model import Event, Order, Settings
from .message import Request, Response

if TYPE_CHECKING:
    from ..world.shop import World
    from .deliveries import Outbox


@dataclass(frozen=True)
class Shop:
    """What a protocol is given: the world, and what the simulator was started with.

    :param options: ``key``, ``secret``, ``token``, ``account``, ``site_url``...
    :param address: returns the address under which the shop is reached.
    """

    world: World
    outbox: Outbox
    options: Any
    address: Callable[[], str]


class Protocol(abc.ABC):
    """Renders the neutral world in the wire protocol of one marketplace."""

    #: Short name used in the request log.
    name: str = ""

    @classmethod
    @abc.abstractmethod
    def of(cls, shop: Shop) -> Protocol:
        """Make the protocol of a shop."""

    @classmethod
    def settings(cls) -> Settings:
        """Return how a shop of this marketplace is set up unless told otherwise."""
        return Settings()

    @abc.abstractmethod
    def serves(self, path: str) -> bool:
        """Tell whether ``path`` belongs to this protocol."""

    @abc.abstractmethod
    def handle(self, request: Request) -> Response:
        """Answer ``request``; errors are answers in the protocol's own shape."""

    def external_id(self, order_id: int) -> str:
        """Return what the marketplace calls an order of the world."""
        return str(order_id)

    def is_told(self, order: Order) -> bool:
        """Tell whether sellers are told about an order in its present state.

        Some marketplaces keep an order back until it is paid.
        """
        return True

    def is_priced(self, order: Order) -> bool:
        """Tell whether sellers are told what an order amounts to."""
        return True

    def is_order_list(self, request: Request) -> bool:
        """Tell whether ``request`` asks for a page of orders (faults between pages)."""
        return False

    @abc.abstractmethod
    def notify(self, events: Sequence[Event]) -> None:
        """Tell subscribers about committed changes of the world."""
