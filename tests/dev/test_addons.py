"""When the demo has to update an addon."""

import pytest

from dev import addons


@pytest.fixture
def addon(tmp_path):
    folder = tmp_path / "ecom_example"
    (folder / "models").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "__manifest__.py").write_text('{"name": "x"}')
    return folder


def test_finds_addons(addon, tmp_path):
    (tmp_path / "not_an_addon").mkdir()
    assert addons.names(tmp_path) == ["ecom_example"]


def test_not_installable_is_left_out(addon, tmp_path):
    (addon / "__manifest__.py").write_text('{"name": "x", "installable": False}')
    assert addons.names(tmp_path) == []


def test_code_changes_the_digest(addon):
    before = addons.digest(addon)
    (addon / "models" / "a.py").write_text("x = 1")
    assert addons.digest(addon) != before


def test_tests_and_bytecode_do_not(addon):
    before = addons.digest(addon)
    (addon / "tests" / "test_a.py").write_text("x = 1")
    (addon / "models" / "__pycache__").mkdir()
    (addon / "models" / "__pycache__" / "a.pyc").write_text("x")
    assert addons.digest(addon) == before
