"""Run a function of a file of ours inside Odoo: ``odoo_run.py CONFIG DB FILE``.

Reads requests from standard input and answers on standard output, a JSON line each:

    {"call": "report", "arguments": {...}}  ->  {"result": ...} or {"error": "..."}

Loading the registry takes seconds and is done once; each call then has a transaction
of its own, committed when the function returns. Runs in the environment's Python as
the superuser, beside an Odoo server or without one.
"""

import contextlib
import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path

#: how often a call is repeated when a concurrent transaction wins
ATTEMPTS = 5


def load(path: Path):
    """Import the file at ``path`` as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    spec.loader.exec_module(module)
    return module


def call(registry, function, arguments: dict):
    """Call ``function(env, **arguments)`` in a transaction."""
    import psycopg2.errors

    from odoo import SUPERUSER_ID, api

    for attempt in range(ATTEMPTS):
        # Another process (the server) may have changed views, crons or the cache.
        registry = registry.check_signaling()
        try:
            with registry.cursor() as cursor:
                env = api.Environment(cursor, SUPERUSER_ID, {})
                result = function(env, **arguments)
                if hasattr(result, "__next__"):
                    result = list(result)
                env.flush_all()
            registry.signal_changes()
            return result
        except (
            psycopg2.errors.SerializationFailure,
            psycopg2.errors.DeadlockDetected,
            psycopg2.errors.LockNotAvailable,
        ):
            registry.reset_changes()
            if attempt == ATTEMPTS - 1:
                raise


def main(config: str, database: str, file: str) -> int:
    """Answer requests until standard input ends."""
    # Whatever the called code prints must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    from odoo.modules.registry import Registry
    from odoo.tools import config as settings

    settings.parse_config(
        ["-c", config, "-d", database, "--no-http"], setup_logging=True
    )
    registry = Registry(database)
    module = load(Path(file))
    for line in sys.stdin:
        request = json.loads(line)
        answer = {}
        try:
            with contextlib.redirect_stdout(sys.stderr):
                function = getattr(module, request["call"])
                answer["result"] = call(registry, function, request["arguments"])
            text = json.dumps(answer, default=str)
        except Exception as error:
            traceback.print_exc()
            text = json.dumps({"error": f"{type(error).__name__}: {error}"})
        answers.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
