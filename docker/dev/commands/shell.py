"""``shell``: Odoo's Python shell on the demo database."""

import subprocess

from dev import bootstrap
from dev.errors import ToolError
from dev.stack import Stack

HELP = "open Odoo's shell on the demo database"


def add_arguments(parser) -> None:
    """Take no arguments."""


def run(options) -> int:
    """Open the shell; the demo may run at the same time."""
    with Stack("demo", bootstrap.enter(), 0, exclusive=False) as stack:
        instance = stack.instance
        if instance.database not in instance.databases.names():
            raise ToolError("There is no demo database yet: run `make demo` once.")
        if not instance.config.exists():
            instance.write_config()
        command = instance.command("shell", "--no-http")
        return subprocess.call(command, env=instance.environ())
