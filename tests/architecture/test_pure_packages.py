"""The decisions and the wire formats stay free of Odoo."""

import ast

import pytest
from pure_addons import PURE_PACKAGES, addon_folders


def pure_files():
    """Return every Python file of every pure package."""
    for addon in addon_folders():
        for package in PURE_PACKAGES:
            yield from sorted((addon / package).rglob("*.py"))


def imported_modules(source: str, depth: int):
    """Return the modules a file imports; relative ones that leave its package as "..".

    :param depth: how many packages deep inside the addon the file is
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if not node.level:
                yield node.module
            elif node.level > depth:
                yield ".." + (node.module or "")


@pytest.mark.parametrize("file", pure_files(), ids=str)
def test_pure_package_does_not_import_odoo(file):
    addon = next(a for a in addon_folders() if a in file.parents)
    package = file.relative_to(addon).parts[0]
    depth = len(file.relative_to(addon).parts) - 1
    for module in imported_modules(file.read_text(), depth):
        assert module.split(".")[0] != "odoo", f"{file} imports {module}"
        # Reaching out of the package is allowed to another pure one only.
        if module.startswith(".."):
            target = module[2:].split(".")[0]
            assert target in PURE_PACKAGES, f"{package} reaches into {module}"


def test_a_hidden_import_is_found():
    source = "def f():\n    from odoo import fields\n    import odoo.tools\n"
    assert set(imported_modules(source, 1)) == {"odoo", "odoo.tools"}


def test_leaving_the_pure_package_is_found():
    assert list(imported_modules("from ..models import x", 1)) == ["..models"]
    assert list(imported_modules("from . import x", 1)) == []
