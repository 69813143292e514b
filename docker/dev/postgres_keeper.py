"""Run one embedded PostgreSQL for as long as somebody uses it.

A program of its own: ``postgres_keeper.py FOLDER BINARIES USER FSYNC``. It creates the
cluster when there is none, runs the server as its child, and ends it when nobody
holds ``users.lock`` any more and no ``keep.*`` marker asks for it to stay.

PostgreSQL refuses to run as root, and another user may not enter root's folders. For
root the server therefore runs as ``nobody``, keeping the one capability that lets it
pass them (``setpriv`` from util-linux); no user is created, no folder is opened up.
"""

import ctypes
import fcntl
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

#: between two looks at who still uses the server
INTERVAL = 0.5
#: a killed predecessor may need some seconds to leave the data folder
ATTEMPTS, PAUSE = 20, 1.0
UNPRIVILEGED = "nobody"
#: of the folders for sockets
PREFIX = "oes-pg-"


class Keeper:
    """Owns the server process of one cluster."""

    def __init__(self, folder: str, binaries: str, user: str, fsync: str) -> None:
        self.folder, self.binaries = Path(folder), Path(binaries)
        self.user, self.fsync = user, fsync
        self.data = self.folder / "data"
        self.as_root = os.geteuid() == 0
        self.state = self.folder / "server.json"
        self._sweep()
        # A socket path is limited to about 100 characters: keep it short.
        base = tempfile.gettempdir() if len(tempfile.gettempdir()) < 40 else "/tmp"
        self.socket_folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        self._hand_over(self.socket_folder)

    def run(self) -> int:
        """Create, start, wait for the last user, stop."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        server = None
        try:
            self._create()
            server = self._start()
            state = {"host": str(self.socket_folder), "keeper": os.getpid()}
            self.state.write_text(json.dumps(state))
            with open(self.folder / "users.lock", "a") as users:
                while server.poll() is None and not self._unused(users):
                    time.sleep(INTERVAL)
                # Newcomers wait for the lock we now hold until the server is gone.
                return self._stop(server)
        finally:
            self._stop(server)
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def _unused(self, users) -> bool:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if any(self.folder.glob("keep.*")):
            fcntl.flock(users, fcntl.LOCK_UN)
            return False
        return True

    def _create(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._hand_over(fresh)
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        options += [f"--username={self.user}", "--no-sync", f"--pgdata={fresh}"]
        subprocess.run(self._as_user("initdb", *options), check=True)
        # Renamed only when complete, so that a killed initdb leaves no half cluster.
        os.rename(fresh, self.data)

    def _start(self) -> subprocess.Popen:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.socket_folder,
            "fsync": self.fsync,
            "synchronous_commit": self.fsync,
            "full_page_writes": self.fsync,
            "shared_buffers": "256MB",
            "max_connections": "100",
        }
        flags = [part for n, v in settings.items() for part in ("-c", f"{n}={v}")]
        command = self._as_user("postgres", "-D", str(self.data), *flags)
        for _attempt in range(ATTEMPTS):
            server = subprocess.Popen(command, preexec_fn=self._die_with_keeper)
            try:
                server.wait(PAUSE)
            except subprocess.TimeoutExpired:
                return server
            time.sleep(PAUSE)
        sys.exit("PostgreSQL ended at once, see above")

    def _stop(self, server: subprocess.Popen | None) -> int:
        if server and server.poll() is None:
            server.send_signal(signal.SIGINT)  # "fast": roll back, disconnect, end
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)
                server.wait(30)
        self.state.unlink(missing_ok=True)
        return 0

    def _sweep(self) -> None:
        """Remove the socket folder of a keeper that was killed."""
        try:
            old = Path(json.loads(self.state.read_text())["host"])
        except (OSError, ValueError, KeyError):
            return
        self.state.unlink(missing_ok=True)
        if old.name.startswith(PREFIX):
            shutil.rmtree(old, ignore_errors=True)

    def _as_user(self, program: str, *arguments: str) -> list[str]:
        command = [str(self.binaries / program), *arguments]
        if not self.as_root:
            return command
        capabilities = "-all,+dac_override"
        return [
            "setpriv",
            f"--reuid={UNPRIVILEGED}",
            f"--regid={pwd.getpwnam(UNPRIVILEGED).pw_gid}",
            "--clear-groups",
            f"--inh-caps={capabilities}",
            f"--ambient-caps={capabilities}",
            # else access(2), which initdb asks, forgets the capability
            "--securebits=+no_setuid_fixup",
            # changing user clears the signal that _die_with_keeper asked for
            "--pdeathsig=INT",
            "--",
            *command,
        ]

    def _hand_over(self, folder: Path) -> None:
        if self.as_root:
            entry = pwd.getpwnam(UNPRIVILEGED)
            os.chown(folder, entry.pw_uid, entry.pw_gid)

    @staticmethod
    def _die_with_keeper() -> None:
        if sys.platform.startswith("linux"):
            ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


if __name__ == "__main__":
    sys.exit(Keeper(*sys.argv[1:]).run())
