"""Tests of plain Python: no Odoo, no database, no network."""

import sys

import pytest


@pytest.fixture(autouse=True)
def no_odoo():
    """Fail a test that pulls Odoo in: then the package is not pure any more."""
    yield
    assert "odoo" not in sys.modules, "a pure package imported odoo"
