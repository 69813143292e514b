"""Append-only journal: one JSON line per committed transaction.

A line is handed to the operating system before the change is acknowledged, so killing
the process (SIGKILL included) loses nothing that anybody was told about. A line that
was cut by the kill was never acknowledged; it is dropped on the next start.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """Stores transactions in ``state_dir/journal.jsonl``; memory only without one."""

    FILE_NAME = "journal.jsonl"

    def __init__(self, state_dir: str | os.PathLike[str] | None) -> None:
        self._path = Path(state_dir) / self.FILE_NAME if state_dir else None
        self._file: Any = None
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)

    def replay(self) -> Iterator[list[Any]]:
        """Yield every committed transaction, oldest first; cut off a torn last line."""
        if not self._path or not self._path.exists():
            return
        good_bytes = 0
        with self._path.open("rb") as file:
            for line in file:
                operations = _parse(line)
                if operations is None:
                    break
                good_bytes += len(line)
                yield operations
        if good_bytes < self._path.stat().st_size:
            os.truncate(self._path, good_bytes)

    def append(self, operations: list[Any]) -> None:
        """Write one transaction and flush it out of this process."""
        if not self._path:
            return
        if self._file is None:
            # Closed in close(); kept open because every order appends to it.
            self._file = self._path.open("ab")
        text = json.dumps(operations, ensure_ascii=False, separators=(",", ":"))
        self._file.write(text.encode() + b"\n")
        self._file.flush()

    def clear(self) -> None:
        """Forget everything."""
        self.close()
        if self._path:
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Release the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _parse(line: bytes) -> list[Any] | None:
    """Return the transaction in ``line``, or None if the line is not whole."""
    if not line.endswith(b"\n"):
        return None
    try:
        return json.loads(line)
    except ValueError:
        return None
