"""What a marketplace protocol has to provide to be served by the simulator.

To add a marketplace: make a sub-package with a class that derives from ``Protocol``,
render the neutral world (``simulator.world``) in that marketplace's wire format, and
name the class in ``simulator.app.PROTOCOLS``.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence

from ..world.model import Event
from .message import Request, Response


class Protocol(abc.ABC):
    """Renders the neutral world in the wire protocol of one marketplace."""

    #: Short name used in the request log.
    name: str = ""

    @abc.abstractmethod
    def serves(self, path: str) -> bool:
        """Tell whether ``path`` belongs to this protocol."""

    @abc.abstractmethod
    def handle(self, request: Request) -> Response:
        """Answer ``request``; errors are answers in the protocol's own shape."""

    def is_order_list(self, request: Request) -> bool:
        """Tell whether ``request`` asks for a page of orders (faults between pages)."""
        return False

    @abc.abstractmethod
    def notify(self, events: Sequence[Event]) -> None:
        """Tell subscribers about committed changes of the world."""
