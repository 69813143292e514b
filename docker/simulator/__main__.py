"""Command line of the simulated shops."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import DEFAULT_KEY, DEFAULT_SECRET, Simulator
from .app import DEFAULT_ACCOUNT, DEFAULT_TOKEN, MARKETPLACES, find_protocol


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add(
        "--port",
        type=_ports,
        default=[0],
        help="port, or one for each marketplace; 0 takes a free one (0)",
    )
    add("--state-dir", help="folder of the journal; without it all is in memory")
    add("--seed", type=int, default=7, help="seed of all chance (%(default)s)")
    add(
        "--orders-per-minute",
        type=float,
        default=0.0,
        help="orders that arrive by themselves, in all shops together (%(default)s)",
    )
    add("--key", default=DEFAULT_KEY, help="consumer key (%(default)s)")
    add("--secret", default=DEFAULT_SECRET, help="consumer secret (%(default)s)")
    add("--token", default=DEFAULT_TOKEN, help="the seller's lasting permission")
    add("--account", default=DEFAULT_ACCOUNT, help="the seller's id")
    add(
        "--marketplace",
        type=_marketplaces,
        default=["woocommerce"],
        help=f"whose shops to be, separated by commas: {', '.join(MARKETPLACES)}, or "
        "all (woocommerce)",
    )
    add("--site-url", default="", help="the address under which the shop knows itself")
    add(
        "--timezone",
        default="",
        help="the shop's zone, by name or as +08:00 (the marketplace's usual one)",
    )
    return parser


def _ports(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _marketplaces(text: str) -> list[str]:
    names = list(MARKETPLACES) if text == "all" else text.split(",")
    if unknown := set(names) - set(MARKETPLACES):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return names


def main() -> None:
    """Start the shops and run until interrupted or terminated.

    Prints one line of JSON: ``url`` of a single shop, ``urls`` by marketplace of many.
    """
    options = vars(_parser().parse_args())
    marketplaces, ports = options.pop("marketplace"), options.pop("port")
    alone = len(marketplaces) == 1
    ports += [0] * (len(marketplaces) - len(ports))
    options["orders_per_minute"] /= len(marketplaces)
    shops = {
        name: _start(name, alone, {**options, "port": port})
        for name, port in zip(marketplaces, ports, strict=True)
    }
    urls = {name: shop.url for name, shop in shops.items()}
    told = {"url": urls[marketplaces[0]]} if alone else {"urls": urls}
    print(json.dumps(told), flush=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_arguments: stop.set())
    stop.wait()
    for shop in shops.values():
        shop.stop()


def _start(marketplace: str, alone: bool, options: dict[str, Any]) -> Simulator:
    settings = find_protocol(marketplace).settings()
    if zone := options.pop("timezone"):
        settings = replace(settings, timezone=zone)
    if options["state_dir"] and not alone:
        options["state_dir"] = Path(options["state_dir"]) / marketplace
        options["state_dir"].mkdir(parents=True, exist_ok=True)
    return Simulator(settings=settings, marketplace=marketplace, **options).start()


if __name__ == "__main__":
    main()
