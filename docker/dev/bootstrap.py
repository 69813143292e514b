"""From a bare Python to the environment: prepare it, then restart inside it."""

import os
import sys

from dev import environment
from dev.cache import Cache
from dev.environment import Environment
from dev.paths import TOOL


def enter() -> Environment:
    """Return the environment, restarting this program in it when outside.

    Commands that touch a database need the environment's packages; restarting the
    same command line there keeps the rest of the tool free of that distinction.
    """
    prepared = environment.ensure(Cache())
    if os.path.realpath(sys.prefix) != os.path.realpath(prepared.folder):
        sys.stdout.flush()
        os.execv(prepared.python, [prepared.python, str(TOOL), *sys.argv[1:]])
    return prepared
