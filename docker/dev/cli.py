"""The command line: one sub-command per module of ``dev.commands``."""

import argparse
import importlib
import os
import pkgutil
import signal
import sys

from dev import commands, processes
from dev.errors import ToolError


def build_parser() -> argparse.ArgumentParser:
    """Return a parser that knows every command."""
    parser = argparse.ArgumentParser(prog="docker/dev", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True)
    for module in sorted(m.name for m in pkgutil.iter_modules(commands.__path__)):
        command = importlib.import_module(f"dev.commands.{module}")
        subparser = subparsers.add_parser(
            module, help=command.HELP, description=command.__doc__
        )
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    return parser


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    # SIGTERM must unwind like Ctrl-C, so that whatever was started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if "MAKELEVEL" in os.environ:
        # Who kills `make` means us, too; by itself make takes nobody along.
        tie = processes.die_with_parent(signal.SIGTERM, of=os.getppid())
        if tie:
            tie()
    options = build_parser().parse_args(arguments)
    try:
        return options.run(options) or 0
    except ToolError as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
