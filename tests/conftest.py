"""Shared by all tests of this folder.

Without pytest-odoo (``-p no:odoo``) the pure packages of the addons are made importable
under the addons' names; with it, Odoo's own import of the addons is left alone.
"""

import pure_addons


def pytest_configure(config):
    """Prepare imports for the kind of run this is."""
    if config.pluginmanager.is_blocked("odoo"):
        pure_addons.register()
