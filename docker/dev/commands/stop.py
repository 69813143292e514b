"""``stop``: end whatever was started from this checkout."""

from dev import postgres
from dev.paths import RUN
from dev.processes import stop_recorded
from dev.progress import say

HELP = "stop whatever runs from this checkout"


def add_arguments(parser) -> None:
    """Take no arguments."""


def run(options) -> int:
    """Stop the recorded processes and give up kept servers."""
    stopped = []
    # The tool itself goes first: it stops its children in order.
    for folder in (RUN / "pids", *sorted((RUN / "pids").glob("*/"))):
        stopped += stop_recorded(folder)
    kept = postgres.test_cluster_folder()
    if postgres.EmbeddedCluster(kept, fsync=False).keep(False):
        stopped.append("the kept PostgreSQL (unless somebody else uses it)")
    say(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")
    return 0
