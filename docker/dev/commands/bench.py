"""``bench``: benchmarks, one JSON line per result.

A benchmark is ``tests/bench/<name>.py`` with a function ``run(env)`` that returns or
yields dictionaries with ``metric``, ``value``, ``baseline``, ``ratio`` and ``unit``.
Each runs in a database of its own with our addons installed. The server is the durable
one: a benchmark without fsync would flatter us.
"""

import json

from dev import bootstrap, postgres
from dev.cache import Cache
from dev.errors import ToolError
from dev.instance import Instance
from dev.paths import ROOT, RUN, checkout_id
from dev.progress import say
from dev.runner import Runner

HELP = "run the benchmarks"
FOLDER = ROOT / "tests" / "bench"


def add_arguments(parser) -> None:
    """Accept the names of benchmarks."""
    parser.add_argument("names", nargs="*", help="default: all")


def run(options) -> int:
    """Run the benchmarks, one database each."""
    available = {path.stem: path for path in sorted(FOLDER.glob("[a-z]*.py"))}
    unknown = [name for name in options.names if name not in available]
    if unknown or not available:
        known = ", ".join(available) or "none yet"
        raise ToolError(f"No benchmark {', '.join(unknown)}; there are: {known}.")
    environment = bootstrap.enter()
    with postgres.durable_server(RUN / "postgres") as server:
        for name in options.names or available:
            run_one(environment, server, name, available[name])
    return 0


def run_one(environment, server, name: str, file) -> None:
    """Run one benchmark and print its results."""
    folder = RUN / "bench"
    database = f"bench_{checkout_id()}"
    instance = Instance(environment, server, folder, folder / "files", database)
    instance.write_config()
    try:
        instance.create(Cache())
        instance.install_addons()
        say(f"-> benchmark {name}")
        with Runner(instance, file) as runner:
            results = runner.call("run")
    finally:
        instance.databases.drop(database)
    for result in results or []:
        print(json.dumps({"bench": name, **result}), flush=True)
