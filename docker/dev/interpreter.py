"""Choose the Python that runs Odoo.

A name on PATH proves nothing: a version manager's shim may stand for a version that
is not installed, and a distribution's Python may lack ``venv``. So each candidate is
run and asked.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dev.errors import ToolError

#: best first: numpy's newest needs 3.12; Odoo 19 accepts 3.10 to 3.13
PREFERRED = ("3.12", "3.13", "3.11", "3.10")
PROBE = (
    "import sys, ssl, ensurepip, venv;"
    "print('%d.%d' % sys.version_info[:2]);"
    "print(getattr(sys, '_base_executable', None) or sys.executable)"
)


@dataclass(frozen=True)
class Interpreter:
    """A Python that was run and can make virtual environments."""

    path: str
    version: str


def probe(command: str) -> Interpreter | None:
    """Run ``command`` and return what it is, or None when it is of no use."""
    try:
        answer = subprocess.run(
            [command, "-c", PROBE],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = answer.stdout.split("\n")
    if len(lines) < 2:
        return None
    return Interpreter(path=lines[1].strip(), version=lines[0].strip())


def candidates(version: str, search_path: str, home: Path) -> Iterator[str]:
    """Yield the places where Python ``version`` may be, without running anything."""
    for folder in search_path.split(os.pathsep):
        command = Path(folder or ".") / f"python{version}"
        if command.exists():
            yield str(command)
    versions = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    for installed in sorted(versions.glob(f"{version}.*"), reverse=True):
        yield str(installed / "bin" / "python")


def choose(
    preferred: Iterable[str] = PREFERRED,
    search_path: str | None = None,
    home: Path | None = None,
) -> Interpreter:
    """Return the best usable Python.

    ``DEV_PYTHON`` names one explicitly.

    :raise ToolError: when there is none; the message says what was looked for.
    """
    preferred = tuple(preferred)
    if wanted := os.environ.get("DEV_PYTHON"):
        found = probe(wanted)
        if found and found.version in preferred:
            return found
        raise ToolError(f"DEV_PYTHON={wanted} is not a usable Python 3.10 to 3.13.")
    search_path = os.environ.get("PATH", "") if search_path is None else search_path
    home = home or Path.home()
    # The plain names tell their version only when run; do it once.
    plain = [sys.executable]
    plain += [str(Path(d or ".") / "python3") for d in search_path.split(os.pathsep)]
    unversioned = [p for p in map(probe, plain) if p]
    for version in preferred:
        for command in candidates(version, search_path, home):
            found = probe(command)
            if found and found.version == version:
                return found
        for found in unversioned:
            if found.version == version:
                return found
    raise ToolError(
        "No usable Python found: Odoo 19.0 needs 3.10 to 3.13 (3.12 is best) with the "
        "venv and ensurepip modules.\nOn Debian and Ubuntu: apt-get install "
        "python3-venv. With pyenv: pyenv install 3.12. Or name one: "
        "DEV_PYTHON=/path/to/python make ..."
    )
