"""Entry point of ``python3 docker/dev``; must parse on any Python 3."""

import os
import sys

if sys.version_info < (3, 10):  # noqa: UP036
    # A newer interpreter may be installed without being first on PATH, but looking
    # for it needs code that this one cannot parse: say so rather than guess.
    message = (
        "docker/dev was started by Python %d.%d, but needs 3.10 or newer "
        "(3.12 is best).\nStart it with that one, e.g.: make PYTHON=python3.12 demo"
    )
    sys.exit(message % sys.version_info[:2])  # noqa: UP031

HERE = os.path.dirname(os.path.abspath(__file__))
# Python puts this folder first on the path; the package's parent belongs there.
sys.path[0] = os.path.dirname(HERE)

from dev.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
