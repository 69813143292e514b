"""``setup``: fetch Odoo and make the Python environment, nothing else."""

from dev import bootstrap
from dev.progress import say

HELP = "fetch Odoo and make the Python environment"


def add_arguments(parser) -> None:
    """Take no arguments."""


def run(options) -> int:
    """Prepare and say where things are."""
    environment = bootstrap.enter()
    say(f"Odoo   {environment.odoo.version}")
    say(f"       {environment.odoo.python_path}")
    say(f"Python {environment.python}")
    return 0
