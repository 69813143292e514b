"""The shop acts by itself: orders arrive, and now and then an older one changes."""

from __future__ import annotations

import threading
from random import Random

from ..world.life import Life
from ..world.shop import World

#: For each new order, the chance that an existing one takes its next step.
CHANCE_TO_ADVANCE = 0.4


class Activity:
    """A thread that places ``per_minute`` orders a minute on average."""

    def __init__(self, world: World, per_minute: float, seed: int) -> None:
        self._world = world
        self._life = Life(world)
        self._per_minute = per_minute
        self._rng = Random(f"{seed}/activity")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, if there is anything to do."""
        if self._per_minute > 0:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        if self._thread:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopping.wait(self._pause()):
            self.act()

    def _pause(self) -> float:
        # Buyers come independently of each other: exponential gaps.
        return min(self._rng.expovariate(self._per_minute / 60), 600)

    def act(self) -> None:
        """Let one order arrive and perhaps an older one move on."""
        self._world.place_scenario()
        candidates = self._life.waiting()[:-1]
        if candidates and self._rng.random() < CHANCE_TO_ADVANCE:
            self._life.advance(self._rng.choice(candidates).id)
