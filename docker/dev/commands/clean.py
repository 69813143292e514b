"""``clean``: remove the databases and files of this checkout.

With ``--cache`` also everything that checkouts share (Odoo, environments, databases).
"""

import sys

from dev import postgres
from dev.cache import Cache, remove
from dev.commands import stop
from dev.paths import RUN, cache_root, checkout_id
from dev.progress import say

HELP = "remove the databases and files of this checkout"


def add_arguments(parser) -> None:
    """Accept --cache."""
    parser.add_argument("--cache", action="store_true", help="the shared cache too")


def run(options) -> int:
    """Stop what runs, then remove."""
    stop.run(options)
    if not options.cache:
        drop_databases()
    remove(RUN)
    if options.cache:
        remove(cache_root())
    say("removed" + (", the cache too" if options.cache else ""))
    return 0


def drop_databases() -> None:
    """Drop what this checkout has on a running or startable test server."""
    folder = postgres.test_cluster_folder()
    environments = sorted((Cache().root / "venv").glob("runtime-*/bin/python"))
    if not environments or not (folder / "data").exists():
        return
    if sys.prefix == sys.base_prefix:
        from dev import bootstrap

        bootstrap.enter()
    from dev.database import Databases

    with postgres.test_server() as server:
        databases = Databases(server, folder / "files")
        for name in databases.names():
            if name.split("_")[1:2] == [checkout_id()]:
                databases.drop(name)
