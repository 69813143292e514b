"""What the documents say is what the code does."""

import importlib.util
import re
import sys

import pytest
from pure_addons import ADDONS

ROOT = ADDONS.parent
MY_SHOP = ROOT / "tests" / "support" / "addons" / "ecom_test_marketplace"


@pytest.fixture(scope="module")
def capabilities():
    """The script that makes the tables of ``docs/marketplaces.md``."""
    spec = importlib.util.spec_from_file_location(
        "capabilities", ROOT / "docs" / "capabilities.py"
    )
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_example_of_the_architecture_is_the_code_of_the_tested_addon():
    shown = re.search(
        r"```python\n(.*?)```", (ROOT / "ARCHITECTURE.md").read_text(), re.S
    )
    tested = (MY_SHOP / "my_shop.py").read_text()
    assert shown[1] == tested[tested.index("@register") :]


def test_no_addon_of_ours_knows_the_third_partys_marketplace():
    for file in sorted(ADDONS.rglob("*.py")):
        assert "my_shop" not in file.read_text(), file


def test_tables_of_marketplaces_are_what_the_connectors_declare(capabilities):
    text = capabilities.DOCUMENT.read_text(encoding="utf-8")
    assert text == capabilities.rendered(text), "run docs/capabilities.py"


def test_a_table_that_is_not_true_is_found(capabilities):
    text = capabilities.DOCUMENT.read_text(encoding="utf-8")
    wrong = text.replace("| yes ", "| –   ", 1)
    assert wrong != text
    assert capabilities.rendered(wrong) == text


def test_every_marketplace_has_a_section_of_its_own(capabilities):
    text = capabilities.DOCUMENT.read_text(encoding="utf-8")
    headings = set(re.findall(r"^## (.+)$", text, re.M))
    assert {shop.title for shop in capabilities.connectors()} <= headings


def test_every_setting_of_a_connector_is_in_its_section(capabilities):
    text = capabilities.DOCUMENT.read_text(encoding="utf-8")
    for shop in capabilities.connectors():
        section = text.split(f"\n## {shop.title}\n")[1].split("\n## ")[0]
        folder = ADDONS / "ecom_orders" / "marketplaces" / shop.code
        read = {
            name
            for file in folder.glob("*.py")
            for name in re.findall(r'options\.get\(\s*"(\w+)"', file.read_text())
        }
        missing = {name for name in read if f"`{name}`" not in section}
        assert not missing, f"{shop.title}: {missing}"


def test_every_external_package_of_the_addon_is_in_its_manifest():
    addon = ADDONS / "ecom_orders"
    manifest = (addon / "__manifest__.py").read_text()
    pattern = re.compile(r"^\s*(?:import|from) (\w+)[\w.]*(?: import .*)?$", re.M)
    imported = {
        name
        for file in addon.rglob("*.py")
        if "tests" not in file.relative_to(addon).parts
        for name in pattern.findall(without_docstrings(file.read_text()))
    }
    # Odoo itself needs these two.
    external = (
        imported - set(sys.stdlib_module_names) - {"odoo", "psycopg2", "werkzeug"}
    )
    assert {name for name in external if f'"{name}"' not in manifest} == set()


def without_docstrings(source: str) -> str:
    """Python source without its triple-quoted texts, which may look like imports."""
    return re.sub(r'""".*?"""', "", source, flags=re.S)
