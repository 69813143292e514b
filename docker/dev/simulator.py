"""Start the simulated shops and speak with their control interface."""

import json
import sys
import urllib.request
from pathlib import Path

from dev.errors import ToolError
from dev.paths import ROOT
from dev.processes import Processes, wait_for

PACKAGE = ROOT / "docker" / "simulator"
NAME = "simulator"


def marketplaces() -> list[str]:
    """Return the marketplaces that the simulator speaks, the first one first."""
    found = {path.parent.name for path in PACKAGE.glob("*/protocol.py")} - {"core"}
    return ["woocommerce", *sorted(found - {"woocommerce"})]


class Shop:
    """A running simulated shop."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str):
        """Return the JSON at ``/_sim/<path>``."""
        return self._request(path, None)

    def post(self, path: str, body: dict):
        """Send JSON to ``/_sim/<path>``."""
        return self._request(path, json.dumps(body).encode())

    def alive(self) -> bool:
        """Tell whether the shop answers."""
        try:
            return self.get("health").get("status") == "ok"
        except (OSError, ValueError):
            return False

    def _request(self, path: str, body: bytes | None):
        request = urllib.request.Request(f"{self.url}/_sim/{path}", data=body)
        request.add_header("Content-Type", "application/json")
        # Placing many orders is one request; it delivers webhooks as it goes.
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)


class Street:
    """All simulated shops, one of each marketplace.

    :param ports: by marketplace.
    """

    def __init__(self, ports: dict[str, int]) -> None:
        self.shops = {name: Shop(port) for name, port in ports.items()}

    @property
    def urls(self) -> dict[str, str]:
        """Addresses by marketplace."""
        return {name: shop.url for name, shop in self.shops.items()}

    def alive(self) -> bool:
        """Tell whether every shop answers."""
        return all(shop.alive() for shop in self.shops.values())

    def count(self) -> int:
        """Return how many orders there are."""
        return sum(shop.get("summary")["orders"] for shop in self.shops.values())

    def orders(self) -> list[dict]:
        """Return all orders that sellers are told about."""
        rows = [row for shop in self.shops.values() for row in shop.get("orders")]
        return [row for row in rows if row.get("told", True)]

    def place(self, count: int) -> None:
        """Place orders, in the shops with the fewest first."""
        for _order in range(count):
            shop = min(
                self.shops.values(), key=lambda shop: shop.get("summary")["orders"]
            )
            shop.post("orders", {"count": 1})

    def set_faults(self, preset: str) -> None:
        """Let every shop misbehave (``chaos``) or behave (``none``) from now on."""
        for shop in self.shops.values():
            shop.post("faults", {"preset": preset})

    def faults_injected(self) -> int:
        """Return how often a shop misbehaved."""
        summaries = [shop.get("summary") for shop in self.shops.values()]
        return sum(sum(s["faults_injected"].values()) for s in summaries)


def start(
    processes: Processes,
    folder: Path,
    ports: dict[str, int],
    per_minute: float,
    log: Path,
) -> Street:
    """Start the shops with their state in ``folder`` and wait until they answer."""
    if not (PACKAGE / "__main__.py").exists():
        raise ToolError("docker/simulator is not there: the demo needs it.")
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", NAME, "--host", "127.0.0.1"]
    command += ["--marketplace", ",".join(ports)]
    command += ["--port", ",".join(map(str, ports.values()))]
    command += ["--state-dir", str(folder), "--seed", "7"]
    command += ["--orders-per-minute", str(per_minute)]
    processes.start(NAME, command, log, cwd=PACKAGE.parent)
    street = Street(ports)
    wait_for(street.alive, "the simulated shops", 30, processes.ended)
    return street
