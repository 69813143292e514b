"""``db``: a fresh development database with our addons, and how to reach it.

The server keeps running until ``stop``. With ``--update`` the database is kept and
our addons are updated in it.
"""

import shlex

from dev import addons, bootstrap, postgres
from dev.cache import Cache
from dev.instance import Instance
from dev.paths import RUN, checkout_id
from dev.progress import say

HELP = "make a fresh development database with our addons"


def add_arguments(parser) -> None:
    """Accept --update."""
    parser.add_argument("--update", action="store_true", help="keep the data; run -u")


def dev_instance(environment, server) -> Instance:
    """Return the development instance of this checkout on ``server``."""
    data_dir = postgres.test_cluster_folder() / "files"
    name = f"dev_{checkout_id()}"
    return Instance(environment, server, RUN / "dev", data_dir, name)


def run(options) -> int:
    """Make or update the database."""
    environment = bootstrap.enter()
    with postgres.test_server() as server:
        if server.embedded:
            folder = postgres.test_cluster_folder()
            postgres.EmbeddedCluster(folder, fsync=False).keep(True)
        instance = dev_instance(environment, server)
        instance.write_config()
        try:
            fill(instance, update=options.update)
        finally:  # a broken addon is what one wants to look into
            explain(instance)
    return 0


def fill(instance: Instance, update: bool) -> None:
    """Create or update the database."""
    support = addons.names(addons.TEST_ADDONS)
    if update and instance.database in instance.databases.names():
        ours = addons.names() + support
        instance.apply(f"updating {', '.join(ours)}", install=ours, update=ours)
    else:
        instance.create(Cache())
        instance.install_addons(*support)


def explain(instance: Instance) -> None:
    """Print how a developer reaches the database."""
    python = shlex.quote(instance.environment.python)
    environ = " ".join(f"{n}={v}" for n, v in instance.server.environ().items())
    say(f"\nDatabase {instance.database} is on a server that runs until `make stop`.")
    say(f"  export {environ}")
    say(f"  psql:   psql {instance.database}")
    say(f"  odoo:   {python} -m odoo server -c {instance.config} --http-port 8070")
    say(f"  pytest: {python} -m pytest --odoo-config={instance.config} --odoo-http \\")
    say(f"            --odoo-database={instance.database} addons/ecom_orders/tests")
