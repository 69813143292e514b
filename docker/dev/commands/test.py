"""``test``: all tests, in three layers, with one closing line at the end.

``pure``  plain Python, no Odoo and no database: seconds
``odoo``  the tests of each addon, in a fresh database with our addons installed; then
          those of ``tests/optional``, in a copy with modules that none of ours needs
``e2e``   end to end and conformance: Odoo over HTTP, simulated shops, a browser
"""

import os
import subprocess
import sys
import time
from collections import deque
from dataclasses import replace
from pathlib import Path

from dev import addons, bootstrap, postgres
from dev.cache import Cache, remove
from dev.database import Databases
from dev.errors import ToolError
from dev.instance import Instance
from dev.paths import ADDONS, ROOT, RUN, checkout_id
from dev.processes import die_with_parent, recorded_pid, write_pid
from dev.progress import say
from dev.pytest_summary import NO_TESTS, Outcome, outcome

HELP = "run the tests"
LAYERS = ("pure", "odoo", "e2e")
PURE = ("pure", "contract", "simulator", "property", "architecture", "dev")
END_TO_END = ("e2e", "conformance")
#: what works with modules that may be there or not, and those modules
OPTIONAL = "optional"
OPTIONAL_MODULES = (
    *("mrp", "sale_mrp", "loyalty", "sale_loyalty", "sale_margin"),
    *("l10n_cn", "l10n_us", "l10n_de"),
)
#: folders below tests/ that hold no tests
OTHER = ("bench", "support")
#: a folder per run, for two may go on at once; the logs of ended ones are kept until
#: the next
RUNS = RUN / "test"
OWNER = "owner.pid"
#: lines of a run's end in which the closing line is looked for
TAIL = 200


def add_arguments(parser) -> None:
    """Accept --layer and anything that pytest understands."""
    parser.add_argument("--layer", choices=LAYERS, action="append")
    parser.add_argument("arguments", nargs="*", help="passed on to pytest")


def run(options) -> int:
    """Run the layers and print the closing line."""
    refuse_forgotten_folders()
    environment = bootstrap.enter()
    started = time.monotonic()
    extra = options.arguments
    layers = options.layer or LAYERS
    total = Outcome()
    problem = None
    if "pure" in layers:
        total += run_pure(environment, extra)
    if set(layers) & {"odoo", "e2e"}:
        try:
            total += run_with_odoo(environment, layers, extra)
        except ToolError as error:
            # The closing line must come, and must not look like success.
            total += Outcome({"errors": 1}, failed=True)
            problem = error
    if problem:
        say(f"\nerror: {problem}")
    print("\n" + total.closing_line(time.monotonic() - started), flush=True)
    if total.failed:
        return 1
    return 0 if total.executed or total.counts else NO_TESTS


def run_pure(environment, extra: list[str]) -> Outcome:
    """Run what needs neither Odoo nor a database."""
    heading("1 of 3: pure")
    folders = existing(ROOT / "tests" / name for name in PURE)
    command = [environment.python, "-m", "pytest", "-p", "no:odoo"]
    return run_pytest(command, folders, extra, os.environ.copy())


def run_with_odoo(environment, layers, extra: list[str]) -> Outcome:
    """Run the layers that need a database with our addons."""
    total = Outcome()
    of_addons = existing(ADDONS / name / "tests" for name in addons.names())
    end_to_end = existing(ROOT / "tests" / name for name in END_TO_END)
    with postgres.test_server() as server:
        instance = make_instance(environment, server)
        try:
            heading("preparing the database of layers 2 and 3")
            instance.write_config()
            instance.create(Cache())
            instance.install_addons(*addons.names(addons.TEST_ADDONS))
            if "odoo" in layers:
                heading("2 of 3: Odoo")
                total += run_pytest(odoo_pytest(instance), of_addons, extra, instance)
                total += run_with_optional_modules(instance, extra)
            if "e2e" in layers:
                heading("3 of 3: end to end")
                total += run_pytest(odoo_pytest(instance), end_to_end, extra, instance)
        finally:
            instance.databases.drop(instance.database)
            (instance.folder / OWNER).unlink(missing_ok=True)
    return total


def run_with_optional_modules(instance: Instance, extra: list[str]) -> Outcome:
    """Run the tests of what works with modules that ours do not depend on.

    In a copy of the database, with those of the modules that this Odoo has.
    """
    folders, _rest = chosen(existing([ROOT / "tests" / OPTIONAL]), extra)
    modules = available(instance.environment.odoo.addons_paths)
    if not folders or not modules:
        return Outcome()
    heading(f"2 of 3: Odoo with {', '.join(modules)}")
    name = f"{instance.database}_{OPTIONAL}"
    copy = replace(instance, database=name, folder=instance.folder / OPTIONAL)
    try:
        copy.databases.create(name, instance.database)
        copy.write_config()
        copy.apply(f"installing {', '.join(modules)}", install=modules)
        return run_pytest(odoo_pytest(copy), folders, extra, copy)
    finally:
        copy.databases.drop(name)


def available(addons_paths) -> list[str]:
    """Return the optional modules that an Odoo has."""
    return [
        name
        for name in OPTIONAL_MODULES
        if any(
            (Path(folder) / name / "__manifest__.py").is_file()
            for folder in addons_paths
        )
    ]


def make_instance(environment, server) -> Instance:
    """Return an instance of our own; tidy up after runs that were killed."""
    data_dir = postgres.test_cluster_folder() / "files"
    prefix = f"test_{checkout_id()}_"
    databases = Databases(server, data_dir)
    for name in databases.names():
        run = run_of(name, prefix)
        if run and not recorded_pid(RUNS / run / OWNER):
            databases.drop(name)
    for folder in RUNS.glob("*"):
        if not recorded_pid(folder / OWNER):
            remove(folder)
    name = f"{prefix}{os.getpid()}"
    write_pid(RUNS / name / OWNER, os.getpid())
    return Instance(environment, server, RUNS / name, data_dir, name)


def run_of(database: str, prefix: str) -> str:
    """Return the run that a database is of, "" when it is of none.

    A run's copies of its database are named after it.
    """
    if not database.startswith(prefix):
        return ""
    return prefix + database.removeprefix(prefix).partition("_")[0]


def odoo_pytest(instance: Instance) -> list[str]:
    """Return the command that runs pytest inside Odoo."""
    return [
        instance.environment.python,
        "-m",
        "pytest",
        f"--odoo-config={instance.config}",
        f"--odoo-database={instance.database}",
        # without it every HTTP test is skipped silently
        "--odoo-http",
    ]


def run_pytest(command: list[str], folders: list[str], extra, where) -> Outcome:
    """Run pytest, show its output, return what it came to."""
    folders, extra = chosen(folders, extra)
    if not folders:
        print("nothing to run in this layer", flush=True)
        return Outcome()
    environ = dict(where.environ() if isinstance(where, Instance) else where)
    color = ["--color=yes"] if sys.stdout.isatty() else []
    tail: deque[str] = deque(maxlen=TAIL)
    with subprocess.Popen(
        [*command, *color, *folders, *extra],
        cwd=ROOT,
        env={**environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        preexec_fn=die_with_parent(),
    ) as process:
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            tail.append(line)
    return outcome(list(tail), process.returncode)


def chosen(folders: list[str], extra: list[str]) -> tuple[list[str], list[str]]:
    """Return what to run of a layer's folders, and the arguments that remain.

    "make test ARGS=tests/pure/x.py" runs only this, in the layer that it is of.
    """
    named = [a for a in extra if not a.startswith("-") and path_of(a).exists()]
    if not named:
        return folders, extra
    inside = [(ROOT / folder).resolve() for folder in folders]
    return (
        [n for n in named if any(path_of(n).is_relative_to(i) for i in inside)],
        [argument for argument in extra if argument not in named],
    )


def path_of(argument: str) -> Path:
    """Return the file or folder that an argument of pytest names."""
    return (ROOT / argument.split("::")[0]).resolve()


def refuse_forgotten_folders() -> None:
    """Fail when a folder of tests belongs to no layer: it would never be run."""
    known = {*PURE, OPTIONAL, *END_TO_END, *OTHER}
    for folder in sorted((ROOT / "tests").iterdir()):
        if folder.name not in known and any(folder.glob("**/test_*.py")):
            raise ToolError(
                f"tests/{folder.name} belongs to no layer: name it in "
                f"{Path(__file__).relative_to(ROOT)}."
            )


def existing(folders) -> list[str]:
    """Return those folders that are there, relative to the checkout."""
    return [str(f.relative_to(ROOT)) for f in folders if any(f.glob("**/test_*.py"))]


def heading(text: str) -> None:
    """Print the heading of a layer."""
    print(f"\n######## {text} ########", flush=True)
