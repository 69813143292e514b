"""Start processes that cannot outlive us, and stop them in order.

Three nets, because each has a hole: an orderly stop when we end normally or by
Ctrl-C; the kernel's parent-death signal (Linux) when we are killed; and a pid file
per process, so that ``stop`` finds what another run of this checkout started.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from dev.errors import ToolError
from dev.progress import say

PR_SET_PDEATHSIG = 1
#: seconds that a process gets to end before it is killed
GRACE = 12.0


def die_with_parent(
    signum: int = signal.SIGKILL, of: int | None = None
) -> Callable[[], None] | None:
    """Return a ``preexec_fn`` that ties the new process to its parent's life.

    :param of: the parent's pid, by default ours
    :return: None where the system has no such thing
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = of or os.getpid()

    def arm() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signum)
        if os.getppid() != parent:  # the parent died before the line above
            os.kill(os.getpid(), signum)

    return arm


def start_time(pid: int) -> str | None:
    """Return what tells two processes with the same pid apart; None when gone."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        # A zombie has ended; only its parent has not taken notice yet.
        return None if fields[0] == "Z" else fields[19]
    if not Path("/proc/self/stat").exists():
        with contextlib.suppress(OSError):
            os.kill(pid, 0)
            return "alive"
    return None


class Processes:
    """The processes that one run of a command started."""

    def __init__(self, pid_folder: Path) -> None:
        self.pid_folder = pid_folder
        self._running: dict[str, subprocess.Popen] = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_all()

    def start(self, name: str, command: list[str], log: Path, **kwargs):
        """Start ``command``, appending what it prints to ``log``."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Its own session: Ctrl-C must reach us alone, we stop it in order.
                start_new_session=True,
                preexec_fn=die_with_parent(),
                **kwargs,
            )
        self._running[name] = process
        write_pid(self.pid_folder / f"{name}.pid", process.pid)
        return process

    def ended(self) -> str | None:
        """Return the name of a process that ended by itself, if any."""
        for name, process in self._running.items():
            if process.poll() is not None:
                return name
        return None

    def kill(self, name: str) -> None:
        """End one process the hard way (to rehearse a crash)."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def stop_all(self) -> None:
        """Stop everything, the last started first."""
        # A second Ctrl-C must not interrupt the first one's cleaning up.
        previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            for name, process in reversed(self._running.items()):
                process.terminate()
                try:
                    process.wait(GRACE)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                (self.pid_folder / f"{name}.pid").unlink(missing_ok=True)
            self._running.clear()
        finally:
            signal.signal(signal.SIGINT, previous)


def write_pid(path: Path, pid: int) -> None:
    """Remember a process in a way that survives the reuse of its number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"pid": pid, "start": start_time(pid)}))


def recorded_pid(path: Path) -> int | None:
    """Return the pid in ``path`` if that very process still runs."""
    try:
        record = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    started = start_time(record["pid"])
    return record["pid"] if started and started == record["start"] else None


def stop_recorded(pid_folder: Path) -> list[str]:
    """Stop every process whose pid file lies in ``pid_folder``; return their names."""
    stopped = []
    for path in sorted(pid_folder.glob("*.pid")):
        if pid := recorded_pid(path):
            terminate(pid)
            stopped.append(path.stem)
        path.unlink(missing_ok=True)
    return stopped


def terminate(pid: int, grace: float = GRACE) -> None:
    """End a process that is not our child; kill it if it does not listen."""
    identity = start_time(pid)
    for signum, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signum)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if start_time(pid) != identity:
                return
            time.sleep(0.05)


def free_port(
    preferred: int | None = None,
    host: str = "127.0.0.1",
    taken: frozenset[int] | set[int] = frozenset(),
) -> int:
    """Return ``preferred`` if it is free, else any free port, and say so.

    :param taken: ports that were chosen already but are not used yet.
    """
    if preferred is not None:
        if preferred not in taken and port_is_free(preferred, host):
            return preferred
        say(f"   port {preferred} is taken; using another one")
    while True:
        with socket.socket() as probe:
            probe.bind((host, 0))
            port = probe.getsockname()[1]
        if port not in taken:
            return port


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen on ``port``."""
    with socket.socket() as probe:
        # As servers do: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def wait_for(
    check: Callable[[], bool],
    what: str,
    timeout: float,
    ended: Callable[[], str | None] = lambda: None,
) -> None:
    """Wait until ``check`` holds; fail when a process ends or time runs out."""
    deadline = time.monotonic() + timeout
    while not check():
        if name := ended():
            raise ToolError(f"{name} ended while we waited for {what}.")
        if time.monotonic() > deadline:
            raise ToolError(f"{what}: no answer within {timeout:.0f} s.")
        time.sleep(0.2)
    # Somebody else's server may have answered on a port that ours could not get.
    time.sleep(0.2)
    if name := ended():
        raise ToolError(f"{name} ended at once; see its log.")
