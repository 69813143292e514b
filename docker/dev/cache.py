"""The shared cache: built once, verified at each use, safe for several processes.

Every entry is a folder with a stamp that is written last. The stamp names each file
with its size, so an interrupted build has no stamp and a damaged one does not match
it; both are built again. Builders hold a file lock, so that two checkouts that need
the same entry build it once.
"""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from dev.paths import cache_root
from dev.progress import say

STAMP = ".complete"
LISTING = ".listing"
#: written by interpreters at run time, hence not part of what was fetched
VOLATILE = "__pycache__"


@contextmanager
def file_lock(path: Path, waiting: str = ""):
    """Hold an exclusive lock; the kernel releases it even if we are killed.

    :param waiting: what to say when somebody else holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                say(f"   waiting for another process: {waiting}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def list_files(folder: Path) -> list[str]:
    """Return ``size path`` of every file below ``folder``, sorted."""
    lines = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != VOLATILE]
        for name in files:
            path = os.path.join(parent, name)
            relative = os.path.relpath(path, folder)
            if relative not in (STAMP, LISTING) and not name.endswith(".pyc"):
                lines.append(f"{os.lstat(path).st_size} {relative}")
    return sorted(lines)


def seal(folder: Path, **facts) -> None:
    """Declare ``folder`` complete."""
    listing = "\n".join(list_files(folder))
    (folder / LISTING).write_text(listing, encoding="utf-8", errors="surrogateescape")
    digest = hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()
    stamp = {"listing": digest, "sealed": time.strftime("%Y-%m-%d %H:%M:%S"), **facts}
    temporary = folder / (STAMP + ".tmp")
    temporary.write_text(json.dumps(stamp, indent=2))
    os.replace(temporary, folder / STAMP)


def read_facts(folder: Path) -> dict:
    """Return what was recorded about ``folder`` when it was sealed."""
    try:
        return json.loads((folder / STAMP).read_text())
    except (OSError, ValueError):
        return {}


def is_intact(folder: Path) -> bool:
    """Tell whether ``folder`` still holds every file it was sealed with."""
    digest = read_facts(folder).get("listing")
    if not digest:
        return False
    try:
        listing = (folder / LISTING).read_bytes()
    except OSError:
        return False
    if hashlib.sha256(listing).hexdigest() != digest:
        return False
    for line in listing.decode("utf-8", "surrogateescape").splitlines():
        size, _, relative = line.partition(" ")
        try:
            if os.lstat(os.path.join(folder, relative)).st_size != int(size):
                return False
        except OSError:
            return False
    return True


class Cache:
    """The folder that all checkouts share."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or cache_root()

    def lock(self, name: str):
        """Return a lock, by name, shared by everybody who uses this cache."""
        return file_lock(self.root / "locks" / (name.replace("/", "-") + ".lock"), name)

    def ensure(
        self, name: str, build: Callable[[Path], dict | None], *, in_place=False
    ) -> Path:
        """Return entry ``name``, building it when absent or damaged.

        :param build: fills the folder it is given; the facts it returns are kept.
        :param in_place: build at the final path, for what cannot be moved (a virtual
            environment). Everything else is built aside and renamed, so that it is
            never seen half done.
        """
        target = self.root / name
        if is_intact(target):
            return target
        with self.lock(name):
            if is_intact(target):  # somebody else built it while we waited
                return target
            if target.exists():
                say(f"   {name} in the cache is incomplete or damaged: fetching again")
                remove(target)
            target.parent.mkdir(parents=True, exist_ok=True)
            if in_place:
                workplace = target
                workplace.mkdir()
            else:
                self._sweep(target)
                prefix = f"{target.name}.part-"
                workplace = Path(tempfile.mkdtemp(dir=target.parent, prefix=prefix))
            try:
                seal(workplace, **(build(workplace) or {}))
                if workplace != target:
                    os.rename(workplace, target)
            except BaseException:
                remove(workplace)
                raise
        return target

    def _sweep(self, target: Path) -> None:
        """Remove what killed builders of ``target`` left (we hold its lock)."""
        for leftover in target.parent.glob(f"{target.name}.part-*"):
            remove(leftover)


def remove(folder: Path) -> None:
    """Delete a folder at once as seen by others: rename first, then delete."""
    if not folder.exists():
        return
    doomed = folder.with_name(f".{folder.name}.deleted-{os.getpid()}")
    os.rename(folder, doomed)
    shutil.rmtree(doomed, ignore_errors=True)
