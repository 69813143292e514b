"""Find Odoo 19.0 Community: the user's own, the cache, git, or Debian's package."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dev import debian
from dev.cache import Cache, read_facts
from dev.errors import ToolError
from dev.progress import say, step

SERIES = "19.0"
GIT_URL = "https://github.com/odoo/odoo.git"
#: seconds after which the repository counts as out of reach
GIT_TIMEOUT = 8
DEBIAN_SUITES = ("sid", "trixie")
DEBIAN_PACKAGE = "odoo-19"
#: files of other packages that Odoo's package links to; without them the web client
#: answers with error 500. Two fonts have other file names in sid than those that the
#: links expect (Odoo's icons are Font Awesome 4.7), so they come from the release.
DEBIAN_LINKED = (
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome/trixie",
    "fonts-roboto-unhinted",
    "fonts-inconsolata/trixie",
    "fonts-ocr-b",
    "fonts-glyphicons-halflings",
    "fonts-montserrat",
)


@dataclass(frozen=True)
class OdooSource:
    """An Odoo to run.

    :param python_path: the folder that makes ``import odoo`` work
    :param addons_paths: every folder of core addons
    :param version: what it is, exactly enough to tell two builds apart
    """

    python_path: Path
    addons_paths: tuple[Path, ...]
    version: str


def describe(folder: Path, version: str = "") -> OdooSource:
    """Read a checkout or an installation of Odoo.

    :raise ToolError: when ``folder`` does not hold the series we need.
    """
    release = folder / "odoo" / "release.py"
    if not release.exists():
        raise ToolError(f"{folder} holds no Odoo (there is no odoo/release.py).")
    match = re.search(
        r"^version_info = \((.+?), (\d+), (\d+)", release.read_text(), re.M
    )
    series = f"{match[1]}.{match[2]}" if match else "unknown"
    if series != SERIES:
        raise ToolError(f"{folder} holds Odoo {series}; this project needs {SERIES}.")
    addons = [folder / "odoo" / "addons"]
    # A checkout keeps most addons beside the framework, an installation inside it.
    if not (addons[0] / "web").exists():
        addons.insert(0, folder / "addons")
    if not any((path / "web" / "__manifest__.py").exists() for path in addons):
        raise ToolError(f"{folder} holds Odoo without its web client.")
    return OdooSource(folder, tuple(addons), version or f"{SERIES} at {folder}")


def find(cache: Cache) -> OdooSource:
    """Return Odoo from the first place that has it, fetching it when need be."""
    if own := os.environ.get("ODOO_PATH"):
        return describe(Path(own).expanduser().resolve())
    folder = cache.ensure(f"odoo/{SERIES}", _fetch)
    facts = read_facts(folder)
    return describe(folder / facts["python_path"], facts["version"])


def _fetch(folder: Path) -> dict:
    """Fill ``folder`` from git or, where that is out of reach, from Debian."""
    if _git_reachable():
        return _clone(folder)
    say("   Odoo's repository is out of reach; trying Debian's package")
    if missing := debian.missing_tools():
        raise ToolError(
            f"Odoo {SERIES} could not be fetched: its git repository cannot be reached "
            f"and Debian's archive needs {', '.join(missing)}.\n"
            "Set ODOO_PATH to a checkout or installation of Odoo 19.0 instead."
        )
    return _unpack_debian(folder)


def _git_reachable() -> bool:
    if not shutil.which("git"):
        return False
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true"}
    command = ["git", "ls-remote", "--exit-code", "--heads", GIT_URL, SERIES]
    try:
        answer = subprocess.run(
            command,
            env=quiet,
            capture_output=True,
            timeout=GIT_TIMEOUT,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return False
    return answer.returncode == 0


def _clone(folder: Path) -> dict:
    target = folder / "odoo"
    with step(f"cloning Odoo {SERIES} (about 300 MB)"):
        command = ["git", "clone", "--progress", "--depth", "1", "--branch", SERIES]
        if subprocess.call([*command, GIT_URL, str(target)]):
            raise ToolError("git clone of Odoo failed; see its message above.")
        head = ["git", "-C", str(target), "rev-parse", "--short=12", "HEAD"]
        commit = subprocess.check_output(head, text=True).strip()
        shutil.rmtree(target / ".git")
    return {"python_path": "odoo", "version": f"{SERIES} git {commit}"}


def _unpack_debian(folder: Path) -> dict:
    archive = debian.Archive(DEBIAN_SUITES, folder / "apt")
    with step("reading Debian's package index"):
        archive.open()
    with step(f"fetching Odoo {SERIES} from Debian's archive"):
        packages = archive.download([DEBIAN_PACKAGE, *DEBIAN_LINKED])
    with step(f"unpacking {len(packages)} packages") as counter:
        for done, package in enumerate(packages, 1):
            counter.show(done, len(packages))
            archive.unpack(package, folder / "root")
    odoo_file = next(p for p in packages if p.name.startswith(DEBIAN_PACKAGE + "_"))
    version = odoo_file.name.split("_")[1]
    shutil.rmtree(archive.folder)
    _relink(folder / "root")
    python_path = "root/usr/lib/python3/dist-packages"
    return {"python_path": python_path, "version": f"{SERIES} debian {version}"}


def _relink(root: Path) -> None:
    """Make links that assume an installation at / point into ``root``."""
    for link in root.rglob("*"):
        if link.is_symlink() and os.readlink(link).startswith("/"):
            inside = root / os.readlink(link).lstrip("/")
            link.unlink()
            link.symlink_to(os.path.relpath(inside, link.parent))
