"""The control API below ``/_sim/``: JSON, loopback only.

Everything here is also a method of ``Simulator``, for tests in the same process.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..world.model import WorldError
from .faults import FaultError
from .message import Request, Response

if TYPE_CHECKING:
    from ..app import Simulator

_PREFIX = "/_sim/"
Body = dict[str, Any]
Verb = Callable[[Body, tuple[str, ...]], Any]


class ControlApi:
    """Translates control requests into calls of the simulator."""

    def __init__(self, simulator: Simulator) -> None:
        s = simulator
        number = r"(\d+)"
        routes: dict[tuple[str, str], Verb] = {
            ("GET", "health"): lambda body, parts: {"status": "ok"},
            ("GET", "orders"): lambda body, parts: s.list_orders(),
            ("POST", "orders"): lambda body, parts: s.place_orders(
                int(body.get("count", 1)), body.get("scenario")
            ),
            ("POST", f"orders/{number}"): lambda body, parts: s.change_order(
                int(parts[0]), body.get("status"), body.get("edit")
            ),
            ("POST", f"orders/{number}/(trash|restore|delete|advance|touch)"): (
                lambda body, parts: s.order_action(int(parts[0]), parts[1])
            ),
            ("POST", f"orders/{number}/refund"): lambda body, parts: s.refund_order(
                int(parts[0]), **body
            ),
            ("POST", f"orders/{number}/ship"): lambda body, parts: s.ship_order(
                int(parts[0]), **body
            ),
            ("POST", f"orders/{number}/return"): lambda body, parts: s.open_return(
                int(parts[0]), **body
            ),
            ("POST", f"orders/{number}/request_cancel"): (
                lambda body, parts: s.request_cancel(int(parts[0]))
            ),
            ("GET", "parcels"): lambda body, parts: s.parcels(),
            ("GET", "returns"): lambda body, parts: s.returns(),
            ("POST", f"returns/{number}"): lambda body, parts: s.move_return(
                int(parts[0]), body["status"]
            ),
            ("GET", "stock"): lambda body, parts: s.stock(),
            ("POST", "advance"): lambda body, parts: s.advance(
                int(body.get("count", 1))
            ),
            ("GET", "summary"): lambda body, parts: s.summary(),
            ("GET", "catalogue"): lambda body, parts: s.catalogue(),
            ("GET", "tax_rates"): lambda body, parts: s.tax_rates(),
            ("GET", "scenarios"): lambda body, parts: s.scenarios(),
            ("GET", "requests"): lambda body, parts: s.requests(),
            ("GET", "deliveries"): lambda body, parts: s.deliveries(),
            ("GET", "faults"): lambda body, parts: s.fault_rules(),
            ("POST", "faults"): lambda body, parts: s.set_faults(**body),
            ("POST", "clock"): lambda body, parts: s.set_clock(
                float(body.get("offset_seconds", 0))
            ),
            ("POST", "settings"): lambda body, parts: s.change_settings(**body),
            ("POST", "reset"): lambda body, parts: s.reset(body.get("seed")),
        }
        self._routes = [
            (method, re.compile(path), verb) for (method, path), verb in routes.items()
        ]

    def serves(self, path: str) -> bool:
        """Tell whether ``path`` is a control path."""
        return path.startswith(_PREFIX)

    def handle(self, request: Request) -> Response:
        """Answer a control request."""
        if not ipaddress.ip_address(request.client_ip).is_loopback:
            return _error(403, "The control API answers this machine only.")
        path = request.path.removeprefix(_PREFIX).strip("/")
        for method, pattern, verb in self._routes:
            match = pattern.fullmatch(path)
            if match and method == request.method:
                return _run(verb, request, match.groups())
        return _error(404, f"There is no {request.method} {request.path}.")


def _run(verb: Verb, request: Request, parts: tuple[str, ...]) -> Response:
    try:
        body = request.json()
        return Response.of_json(verb(body, parts))
    except WorldError as error:
        missing = error.code == "unknown_order"
        return _error(404 if missing else 400, str(error))
    except (FaultError, ValueError, TypeError, KeyError) as error:
        return _error(400, f"{type(error).__name__}: {error}")


def _error(status: int, message: str) -> Response:
    return Response.of_json({"error": message}, status)
