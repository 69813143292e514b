"""Shared pieces of the simulator's specification. Plain pytest, no Odoo."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "docker"))

from simulator_client import Receiver, ShopClient  # noqa: E402

from simulator import Simulator  # noqa: E402


@pytest.fixture
def shop() -> Iterator[Simulator]:
    """A fresh shop in this process, in memory, with nothing sold yet."""
    with Simulator(seed=7) as simulator:
        yield simulator


@pytest.fixture
def client(shop: Simulator) -> ShopClient:
    """A client that signs its requests with the shop's default key."""
    return ShopClient(shop.url)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that takes webhooks."""
    with Receiver() as server:
        yield server
