"""``lock``: resolve requirements/*.in for every supported Python into *.lock."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

from dev import interpreter
from dev.environment import REQUIREMENTS
from dev.errors import ToolError
from dev.progress import step

HELP = "write the lock files anew (for maintainers)"


def add_arguments(parser) -> None:
    """Take no arguments."""


def run(options) -> int:
    """Resolve with every supported Python on this machine."""
    pythons = {}
    for version in sorted(interpreter.PREFERRED, key=lambda v: int(v.split(".")[1])):
        try:
            pythons[version] = interpreter.choose([version]).path
        except ToolError as error:
            raise ToolError(f"Locking needs Python {version} too.") from error
    for source in sorted(REQUIREMENTS.glob("*.in")):
        resolved = {}
        for version, python in pythons.items():
            with step(f"resolving {source.name} for Python {version}"):
                resolved[version] = resolve(python, source)
        text = render(source.name, resolved)
        source.with_suffix(".lock").write_text(text)
    return 0


def resolve(python: str, source: Path) -> dict[str, str]:
    """Return what pip would install from ``source``: name to version."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        report = Path(folder) / "report.json"
        pip = [str(Path(folder) / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        pip += ["--dry-run", "--ignore-installed", "--report", str(report)]
        subprocess.run([*pip, "-r", str(source)], check=True)
        items = json.loads(report.read_text())["install"]
    return {
        re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower(): item["metadata"][
            "version"
        ]
        for item in items
    }


def render(source: str, resolved: dict[str, dict[str, str]]) -> str:
    """Write one line per package, with markers where the Pythons differ."""
    lines = [f"# Made from {source} by `python3 docker/dev lock`: do not edit."]
    for name in sorted(set().union(*resolved.values())):
        versions = {python: found.get(name) for python, found in resolved.items()}
        if len(set(versions.values())) == 1:
            lines.append(f"{name}=={next(iter(versions.values()))}")
            continue
        for version in sorted({v for v in versions.values() if v}):
            pythons = [python for python, found in versions.items() if found == version]
            marker = " or ".join(f'python_version == "{p}"' for p in pythons)
            lines.append(f"{name}=={version} ; {marker}")
    return "\n".join(lines) + "\n"
