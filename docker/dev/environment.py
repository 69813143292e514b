"""The virtual environments: one that runs Odoo and the tests, one for linters."""

import hashlib
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dev import interpreter, odoo_source
from dev.cache import Cache
from dev.errors import ToolError
from dev.odoo_source import OdooSource
from dev.paths import TOOL
from dev.progress import step

REQUIREMENTS = TOOL / "requirements"


@dataclass(frozen=True)
class Environment:
    """Everything needed to run Odoo, except a database."""

    folder: Path
    odoo: OdooSource

    @property
    def python(self) -> str:
        """Return the interpreter of the virtual environment."""
        return str(self.folder / "bin" / "python")


def ensure(cache: Cache) -> Environment:
    """Return the environment for Odoo, making what is missing."""
    odoo = odoo_source.find(cache)
    # The .pth file names one Odoo, so two Odoos need two environments.
    folder = _virtualenv(cache, "runtime", extra_path=odoo.python_path)
    return Environment(folder, odoo)


def ensure_lint(cache: Cache) -> str:
    """Return the interpreter of the environment that holds the linters."""
    return str(_virtualenv(cache, "lint") / "bin" / "python")


def _virtualenv(cache: Cache, kind: str, extra_path: Path | None = None) -> Path:
    python = interpreter.choose()
    lock_file = REQUIREMENTS / f"{kind}.lock"
    key = hashlib.sha256(lock_file.read_bytes() + str(extra_path).encode())
    name = f"venv/{kind}-py{python.version}-{key.hexdigest()[:12]}"

    def build(folder: Path) -> dict:
        with step(f"making a Python {python.version} environment ({kind})"):
            _checked([python.path, "-m", "venv", str(folder)])
        _install(folder, lock_file)
        if extra_path:
            packages = next((folder / "lib").glob("python*/site-packages"))
            (packages / "odoo-source.pth").write_text(f"{extra_path}\n")
        return {"python": python.path, "lock": lock_file.name}

    return cache.ensure(name, build, in_place=True)


def _install(folder: Path, lock_file: Path) -> None:
    """Install exactly what the lock file names."""
    lines = lock_file.read_text().splitlines()
    total = sum(1 for line in lines if re.match(r"\w", line))
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--no-deps"]
    command += ["--disable-pip-version-check", "--no-input", "-r", str(lock_file)]
    with step(f"installing {total} Python packages") as counter:
        output = []
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONNOUSERSITE": "1"},
        ) as process:
            collected = 0
            for line in process.stdout:
                output.append(line)
                collected += line.startswith("Collecting ")
                counter.show(collected, total)
        if process.returncode:
            raise ToolError("pip failed:\n" + "".join(output[-15:]))


def _checked(command: list[str]) -> None:
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode:
        raise ToolError(f"{command[0]} failed:\n{answer.stdout}{answer.stderr}")
