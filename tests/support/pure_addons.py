"""Make the pure packages of the addons importable without Odoo.

``from ecom_orders.marketplaces import schema`` works although ``ecom_orders/__init__``
imports Odoo: a bare module stands for the addon, with the addon's folder as its path,
so that Python finds the packages in it but never runs the addon itself.
"""

import sys
import types
from pathlib import Path

ADDONS = Path(__file__).resolve().parents[2] / "addons"
#: packages that must never import Odoo
PURE_PACKAGES = (
    "marketplaces",
    "routing",
    "algorithms",
    "formats",
    "matching",
    "booking",
)


def addon_folders() -> list[Path]:
    """Return the folders of our addons."""
    return sorted(path.parent for path in ADDONS.glob("*/__manifest__.py"))


def register() -> None:
    """Let ``import <addon>.<pure package>`` work in this process."""
    for folder in addon_folders():
        package = types.ModuleType(folder.name, "Stands for an addon without Odoo.")
        package.__path__ = [str(folder)]
        sys.modules.setdefault(folder.name, package)
