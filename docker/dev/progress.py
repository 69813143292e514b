"""Progress on stderr: what is being done, how far, how long it took.

On a terminal a counter is rewritten in place; in a log it becomes a line every few
seconds, so that neither is flooded. Standard output stays free for results.
"""

import sys
import time
from contextlib import contextmanager

#: seconds between two lines of the same counter when stderr is not a terminal
QUIET_INTERVAL = 5.0


def say(message: str) -> None:
    """Print one line of progress."""
    print(message, file=sys.stderr, flush=True)


class Counter:
    """Shows ``label: 12 of 90`` (or MB of MB) as work goes on."""

    def __init__(self, label: str, total: float = 0, unit: str = "") -> None:
        self.label, self.total, self.unit = label, total, unit
        self._terminal = sys.stderr.isatty()
        self._shown = 0.0
        self._width = 0

    def show(self, done: float, total: float | None = None) -> None:
        """Report that ``done`` of ``total`` is finished."""
        if total is not None:
            self.total = total
        now = time.monotonic()
        if now - self._shown < (0.1 if self._terminal else QUIET_INTERVAL):
            return
        self._shown = now
        of_total = f" of {self.total:.0f}" if self.total else ""
        text = f"   {self.label}: {done:.0f}{of_total} {self.unit}".rstrip()
        if self._terminal:
            sys.stderr.write("\r" + text.ljust(self._width))
            sys.stderr.flush()
            self._width = len(text)
        else:
            say(text)

    def clear(self) -> None:
        """Remove the counter from the terminal."""
        if self._terminal and self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
            self._width = 0


@contextmanager
def step(label: str, unit: str = ""):
    """Announce a piece of work and how long it took; gives a ``Counter``."""
    say(f"-> {label}")
    counter = Counter("done", unit=unit)
    started = time.monotonic()
    try:
        yield counter
    except BaseException:
        counter.clear()
        raise
    counter.clear()
    say(f"   done in {time.monotonic() - started:.1f} s")
