"""Read what Odoo logs: levels, and how far the loading of modules is."""

import re
from dataclasses import dataclass, field

_LINE = re.compile(r"^\S+ \S+ \d+ (?P<level>[A-Z]+) (?P<db>\S+) (?P<logger>[\w.]+): ")
_MODULE = re.compile(r"Loading module (\S+) \((\d+)/(\d+)\)")
#: what Odoo says of a healthy installation of its own
HARMLESS = ("test_enable", "setuptools", "pkg_resources")


@dataclass
class LogReader:
    """Collects problems from log lines fed one by one.

    :param progress: called with (done, total) as modules load
    """

    progress: object = None
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _current: list[str] | None = None

    def feed(self, line: str) -> None:
        """Take one line; lines without a level continue the one before."""
        line = line.rstrip("\n")
        match = _LINE.match(line)
        if not match:
            if self._current is not None and self._current is self.errors:
                self._current[-1] += "\n" + line
            return
        self._current = None
        if match["level"] in ("ERROR", "CRITICAL"):
            self._current = self.errors
        elif match["level"] == "WARNING" and not any(h in line for h in HARMLESS):
            self._current = self.warnings
        if self._current is not None:
            self._current.append(line)
        module = _MODULE.search(line)
        if module and self.progress:
            self.progress(int(module[2]), int(module[3]))
