"""Create, copy, drop and keep databases together with their filestore."""

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from dev import postgres
from dev.cache import Cache, is_intact, remove
from dev.errors import ToolError
from dev.postgres import Server
from dev.progress import step

#: core addons that ours build on; installed once, then copied for every database
BASE_MODULES = (
    "sale_management",
    "purchase_stock",
    "sale_stock",
    "stock_delivery",
    "account",
    "stock_account",
    "crm",
    "sale_crm",
    "mass_mailing",
    "stock_picking_batch",
)


class Databases:
    """The databases of one server and the folder that holds their files."""

    def __init__(self, server: Server, data_dir: Path) -> None:
        self.server, self.data_dir = server, data_dir

    def names(self) -> list[str]:
        """Return every database of the server."""
        rows = self._execute("SELECT datname FROM pg_database WHERE NOT datistemplate")
        return [name for (name,) in rows]

    def create(self, name: str, template: str | None = None) -> None:
        """Create a database, empty or as a copy."""
        if template:
            self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
            self._copy_files(template, name)
        else:
            # As Odoo does, but without asking for extensions that may not exist.
            self._execute(
                f"CREATE DATABASE \"{name}\" ENCODING 'unicode' "
                "LC_COLLATE 'C' TEMPLATE template0"
            )

    def drop(self, name: str) -> None:
        """Drop a database, its connections and its files."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        remove(self.filestore(name))

    def rename(self, old: str, new: str) -> None:
        """Rename a database; its files first, for the database names the result."""
        remove(self.filestore(new))
        if self.filestore(old).exists():
            os.rename(self.filestore(old), self.filestore(new))
        self._execute(f'ALTER DATABASE "{old}" RENAME TO "{new}"')

    def filestore(self, name: str) -> Path:
        """Return the folder of the database's attachments."""
        return self.data_dir / "filestore" / name

    def _copy_files(self, source: str, target: str) -> None:
        remove(self.filestore(target))
        if self.filestore(source).exists():
            # Attachments are named by their content and never rewritten: a link will
            # do, and removing one name leaves the other.
            shutil.copytree(
                self.filestore(source), self.filestore(target), copy_function=os.link
            )

    def _execute(self, statement: str) -> list[tuple]:
        with contextlib.closing(self.server.connect()) as connection:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []


def template_name(odoo_version: str) -> str:
    """Return the name of the template: another Odoo or module list is another one."""
    key = f"{odoo_version}|{','.join(BASE_MODULES)}|1"
    return f"template_{hashlib.sha256(key.encode()).hexdigest()[:10]}"


def ensure_template(
    databases: Databases,
    cache: Cache,
    odoo_version: str,
    install: Callable[[str], None],
) -> str:
    """Return a database with the base modules, making it once per server.

    For embedded servers a dump is kept in the cache: a new cluster (every checkout
    has one for its demo) restores it in seconds instead of installing for a minute.

    :param install: installs ``BASE_MODULES`` into the database it is given
    """
    name = template_name(odoo_version)
    if name in databases.names():
        return name
    place = hashlib.sha256(databases.server.host.encode()).hexdigest()[:8]
    with cache.lock(f"{name}-{place}"):
        if name in databases.names():
            return name
        unfinished = f"{name}_unfinished"
        databases.drop(unfinished)
        databases.create(unfinished)
        dump = cache.root / "dump" / name
        if databases.server.embedded and is_intact(dump):
            with step("restoring the base modules from the cache"):
                _restore(databases, unfinished, dump)
        else:
            install(unfinished)
            if databases.server.embedded:
                cache.ensure(f"dump/{name}", lambda f: _dump(databases, unfinished, f))
        databases.rename(unfinished, name)
    return name


def _dump(databases: Databases, name: str, folder: Path) -> None:
    """Save a database and its files."""
    _client(databases, "pg_dump", "-Fd", "-j2", "-Z1", "-f", folder / "sql", name)
    if databases.filestore(name).exists():
        shutil.copytree(databases.filestore(name), folder / "filestore")


def _restore(databases: Databases, name: str, folder: Path) -> None:
    """Fill an empty database and its filestore from a dump."""
    _client(databases, "pg_restore", "-j2", "--no-owner", "-d", name, folder / "sql")
    if (folder / "filestore").exists():
        remove(databases.filestore(name))
        shutil.copytree(folder / "filestore", databases.filestore(name))


def _client(databases: Databases, program: str, *arguments) -> None:
    """Run one of PostgreSQL's own programs against the server."""
    command = [str(postgres.binaries() / program), *map(str, arguments)]
    environment = {**os.environ, **databases.server.environ()}
    answer = subprocess.run(command, env=environment, capture_output=True, text=True)
    if answer.returncode:
        raise ToolError(f"{program} failed: {answer.stderr[-2000:]}")
