"""``screenshots``: make the pictures of the documentation again.

Starts the demo and runs ``docs/screenshots.py`` with the addresses in ``ODOO_URL`` and
``FILE_URL`` and the login in ``ODOO_LOGIN`` and ``ODOO_PASSWORD``.
"""

import os
import subprocess

from dev import bootstrap
from dev.paths import ROOT
from dev.stack import LOGIN, PASSWORD, Stack, require

HELP = "make the pictures of the documentation again"
SCRIPT = ROOT / "docs" / "screenshots.py"


def add_arguments(parser) -> None:
    """Take no arguments."""


def run(options) -> int:
    """Run the script beside a running demo."""
    environment = bootstrap.enter()
    require(SCRIPT, "it makes the pictures")
    with Stack("demo", environment, orders_per_minute=6) as stack:
        stack.start()
        stack.tell_story()
        environ = {
            **os.environ,
            "ODOO_URL": stack.url,
            "FILE_URL": stack.street.urls["file"],
            "ODOO_LOGIN": LOGIN,
            "ODOO_PASSWORD": PASSWORD,
        }
        command = [environment.python, str(SCRIPT), stack.url]
        return subprocess.call(command, cwd=ROOT, env=environ)
