"""The addons of this repository: which there are and whether they changed."""

import ast
import hashlib
import os
from pathlib import Path

from dev.paths import ADDONS, TEST_ADDONS

#: files that tell Odoo nothing at install or update time
IRRELEVANT = ("tests", "readme", "__pycache__")


def manifest(folder: Path) -> dict:
    """Return the manifest of the addon in ``folder``."""
    return ast.literal_eval((folder / "__manifest__.py").read_text())


def names(parent: Path = ADDONS) -> list[str]:
    """Return the installable addons in ``parent``."""
    found = sorted(path.parent for path in parent.glob("*/__manifest__.py"))
    return [path.name for path in found if manifest(path).get("installable", True)]


def paths() -> list[Path]:
    """Return our addons paths, those that exist."""
    return [path for path in (ADDONS, TEST_ADDONS) if path.is_dir()]


def digest(folder: Path) -> str:
    """Return a digest of what an update of the addon would read."""
    total = hashlib.sha256()
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in IRRELEVANT)
        for name in sorted(files):
            if not name.endswith(".pyc"):
                path = Path(parent, name)
                total.update(str(path.relative_to(folder)).encode() + b"\0")
                total.update(path.read_bytes())
    return total.hexdigest()


def digests() -> dict[str, str]:
    """Return addon name to digest."""
    return {name: digest(ADDONS / name) for name in names()}
