"""Start the simulated shop and speak with its control interface."""

import json
import sys
import urllib.request
from pathlib import Path

from dev.errors import ToolError
from dev.paths import ROOT
from dev.processes import Processes, wait_for

PACKAGE = ROOT / "docker" / "simulator"
NAME = "simulator"


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


def start(
    processes: Processes, folder: Path, port: int, per_minute: float, log: Path
) -> Shop:
    """Start the shop with its state in ``folder`` and wait until it answers."""
    if not (PACKAGE / "__main__.py").exists():
        raise ToolError("docker/simulator is not there: the demo needs it.")
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", NAME, "--host", "127.0.0.1"]
    command += ["--port", str(port), "--state-dir", str(folder), "--seed", "7"]
    command += ["--orders-per-minute", str(per_minute)]
    processes.start(NAME, command, log, cwd=PACKAGE.parent)
    shop = Shop(port)
    wait_for(shop.alive, "the simulated shop", 30, processes.ended)
    return shop
