"""Read pytest's closing line and add several of them up."""

import re
from dataclasses import dataclass, field

#: the order in which pytest itself lists them
ORDER = (
    "failed",
    "passed",
    "skipped",
    "deselected",
    "xfailed",
    "xpassed",
    "warnings",
    "errors",
)
_PLURAL_OF = {"warning": "warnings", "error": "errors"}
_SINGULAR_OF = {plural: singular for singular, plural in _PLURAL_OF.items()}
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_CLOSING = re.compile(r"^=* ?(?P<counts>\d+ [a-z].*?|no tests ran) in [\d.]+s\b.*$")
_COUNT = re.compile(r"(\d+) (?:subtests )?([a-z]+)")

#: exit codes of pytest
OK, NO_TESTS = 0, 5


@dataclass
class Outcome:
    """What one or several pytest runs came to."""

    counts: dict[str, int] = field(default_factory=dict)
    failed: bool = False

    def __add__(self, other: "Outcome") -> "Outcome":
        counts = dict(self.counts)
        for name, count in other.counts.items():
            counts[name] = counts.get(name, 0) + count
        return Outcome(counts, self.failed or other.failed)

    @property
    def executed(self) -> int:
        """Return how many tests ran to a verdict."""
        verdicts = ("failed", "passed", "xfailed", "xpassed")
        return sum(self.counts.get(name, 0) for name in verdicts)

    def closing_line(self, seconds: float) -> str:
        """Return a line in pytest's form."""
        parts = []
        for name in ORDER:
            if count := self.counts.get(name):
                word = _SINGULAR_OF.get(name, name) if count == 1 else name
                parts.append(f"{count} {word}")
        text = f" {', '.join(parts) or 'no tests ran'} in {seconds:.2f}s "
        return text.center(80, "=")


def parse_closing_line(line: str) -> dict[str, int] | None:
    """Return the counts in pytest's closing line, or None for any other line."""
    match = _CLOSING.match(_ANSI.sub("", line).strip())
    if not match:
        return None
    counts = {}
    for part in match["counts"].split(", "):
        # Passed sub-tests are parts of tests that are counted already.
        if found := _COUNT.fullmatch(part):
            if "subtests" in part and found[2] != "failed":
                continue
            name = _PLURAL_OF.get(found[2], found[2])
            counts[name] = counts.get(name, 0) + int(found[1])
    return counts


def outcome(lines: list[str], exit_code: int) -> Outcome:
    """Judge a run by its output and its exit code."""
    counts = {}
    for line in reversed(lines):
        if (found := parse_closing_line(line)) is not None:
            counts = found
            break
    failed = exit_code not in (OK, NO_TESTS)
    if failed and not (counts.get("failed") or counts.get("errors")):
        # It crashed before it could count: never let that look like success.
        counts["errors"] = 1
    return Outcome(counts, failed)
