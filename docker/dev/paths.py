"""Where things are: the checkout, its run folder and the shared cache."""

import hashlib
import os
from pathlib import Path

#: the checkout that this tool belongs to
ROOT = Path(__file__).resolve().parents[2]
#: the tool itself
TOOL = ROOT / "docker" / "dev"
#: our addons, and the ones that are only installed for tests
ADDONS = ROOT / "addons"
TEST_ADDONS = ROOT / "tests" / "support" / "addons"
#: state of this checkout: demo database, pid files, logs (never committed)
RUN = ROOT / ".run"


def cache_root() -> Path:
    """Return the cache that all checkouts of this user share."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().absolute() / "odoo-ecom-suite"


def checkout_id() -> str:
    """Return a short name of this checkout, for databases on a shared server."""
    return hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
