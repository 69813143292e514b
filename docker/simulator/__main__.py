"""Command line of the simulated shop."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from dataclasses import replace

from . import DEFAULT_KEY, DEFAULT_SECRET, Simulator
from .app import DEFAULT_ACCOUNT, DEFAULT_TOKEN, MARKETPLACES, find_protocol


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=int, default=0, help="port; 0 takes a free one (%(default)s)")
    add("--state-dir", help="folder of the journal; without it all is in memory")
    add("--seed", type=int, default=7, help="seed of all chance (%(default)s)")
    add(
        "--orders-per-minute",
        type=float,
        default=0.0,
        help="orders that arrive by themselves (%(default)s)",
    )
    add("--key", default=DEFAULT_KEY, help="consumer key (%(default)s)")
    add("--secret", default=DEFAULT_SECRET, help="consumer secret (%(default)s)")
    add("--token", default=DEFAULT_TOKEN, help="the seller's lasting permission")
    add("--account", default=DEFAULT_ACCOUNT, help="the seller's id")
    add(
        "--marketplace",
        default="woocommerce",
        choices=MARKETPLACES,
        help="whose protocol to speak (%(default)s)",
    )
    add("--site-url", default="", help="the address under which the shop knows itself")
    add(
        "--timezone",
        default="",
        help="the shop's zone, by name or as +08:00 (the marketplace's usual one)",
    )
    return parser


def main() -> None:
    """Start the shop and run until interrupted or terminated."""
    options = vars(_parser().parse_args())
    settings = find_protocol(options["marketplace"]).settings()
    if zone := options.pop("timezone"):
        settings = replace(settings, timezone=zone)
    simulator = Simulator(settings=settings, **options).start()
    print(json.dumps({"url": simulator.url}), flush=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_arguments: stop.set())
    stop.wait()
    simulator.stop()


if __name__ == "__main__":
    main()
