"""``lint``: ruff, pylint-odoo, OCA's module checks, prettier and eslint.

Every checker runs even when one before it complains. Prettier and eslint need Node.js
and npm; without them they are skipped, loudly.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from dev import addons, environment
from dev.cache import Cache
from dev.errors import ToolError
from dev.paths import ADDONS, ROOT, TEST_ADDONS
from dev.progress import say, step

HELP = "check the code"
#: exact versions; npm installs them below the cache
NODE_PACKAGES = (
    "prettier@3.6.2",
    "@prettier/plugin-xml@3.4.2",
    "eslint@9.35.0",
    "eslint-plugin-jsdoc@57.0.8",
    "globals@16.0.0",
)
PRETTIER = ("css", "js", "json", "md", "mjs", "cjs", "scss", "xml", "yaml", "yml")


def add_arguments(parser) -> None:
    """Accept --fix."""
    parser.add_argument("--fix", action="store_true", help="repair what can be")


def run(options) -> int:
    """Run all checkers; 1 if any complained."""
    python = environment.ensure_lint(Cache())
    failed = []
    checks = [*python_checks(python, options.fix), *node_checks(options.fix)]
    for name, command, environ in checks:
        say(f"-> {name}")
        if subprocess.call(command, cwd=ROOT, env=environ):
            failed.append(name)
    say(f"\nlint: {'failed: ' + ', '.join(failed) if failed else 'all is well'}")
    return 1 if failed else 0


def python_checks(python: str, fix: bool) -> list[tuple]:
    """Return the checkers of Python and of addons."""
    ruff = [python, "-m", "ruff"]
    checks = [
        ("ruff check", [*ruff, "check", *(["--fix"] if fix else []), "."], None),
        ("ruff format", [*ruff, "format", *([] if fix else ["--check"]), "."], None),
    ]
    ours = [str(path.relative_to(ROOT)) for path in addon_folders()]
    if not ours:
        return checks
    pylint = [python, "-m", "pylint", "--rcfile=.pylintrc-mandatory", *ours]
    oca = [python, "-m", "oca_pre_commit_hooks.cli", "--disable=prefer-readme-rst"]
    manifests = [f"{folder}/__manifest__.py" for folder in ours]
    return [
        *checks,
        ("pylint-odoo (mandatory set)", pylint, None),
        ("OCA module checks", [*oca, *manifests], None),
    ]


def node_checks(fix: bool) -> list[tuple]:
    """Return the checkers of XML, JavaScript and the like."""
    if not (shutil.which("node") and shutil.which("npm")):
        say("!! SKIPPED: prettier and eslint need Node.js and npm, not found here")
        return []
    key = hashlib.sha256(" ".join(NODE_PACKAGES).encode()).hexdigest()[:12]
    modules = Cache().ensure(f"node/{key}", install_node_packages) / "node_modules"
    binaries = modules / ".bin"
    # eslint.config.mjs finds its plugins through this.
    environ = {**os.environ, "DEV_NODE_MODULES": str(modules)}
    checks = []
    if files := tracked(PRETTIER):
        action = "--write" if fix else "--check"
        command = [str(binaries / "prettier"), action, "--ignore-unknown"]
        command += ["--plugin", str(modules / "@prettier/plugin-xml/src/plugin.js")]
        checks.append(("prettier", [*command, *files], environ))
    if files := tracked(("js",)):
        command = [str(binaries / "eslint"), *(["--fix"] if fix else [])]
        checks.append(("eslint", [*command, *files], environ))
    return checks


def install_node_packages(folder: Path) -> dict:
    """Install the pinned packages below the cache."""
    command = ["npm", "install", "--no-save", "--no-audit", "--no-fund"]
    (folder / "package.json").write_text('{"private": true}')
    with step(f"installing {len(NODE_PACKAGES)} Node packages"):
        answer = subprocess.run(
            [*command, *NODE_PACKAGES], cwd=folder, capture_output=True, text=True
        )
    if answer.returncode:
        raise ToolError(f"npm failed:\n{answer.stderr[-2000:]}")
    return {"packages": list(NODE_PACKAGES)}


def addon_folders() -> list[Path]:
    """Return our addons, the test-only ones included."""
    found = []
    for parent in (ADDONS, TEST_ADDONS):
        found += [parent / name for name in addons.names(parent)]
    return found


def tracked(endings: tuple[str, ...]) -> list[str]:
    """Return our files with these endings, committed or not yet, never ignored ones."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    names = [n for n in answer.stdout.splitlines() if (ROOT / n).is_file()]
    return [name for name in names if name.rpartition(".")[2] in endings]
