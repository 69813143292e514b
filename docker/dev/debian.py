"""Take packages from Debian's archive without installing them.

Used for Odoo itself, which the Python index does not carry. apt's own tools do the
work: the mirror is the one that the machine is configured for, signatures are checked
against Debian's keyring, and every file apt writes goes below our cache.
"""

import hashlib
import os
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from dev.errors import ToolError
from dev.progress import Counter

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
TOOLS = ("apt-get", "dpkg-deb")


@dataclass(frozen=True)
class Package:
    """One file of the archive, as apt announces it."""

    filename: str
    size: int
    sha256: str


def archive_uris(listing: str) -> list[str]:
    """Return the base URIs in apt's output, the main archive before security's.

    Understands both ``apt-get indextargets --format '$(REPO_URI)'`` (one base URI per
    line) and ``apt-get update --print-uris`` (quoted URIs of release files).
    """
    uris = []
    for line in listing.splitlines():
        uri = line.strip().split(" ")[0].strip("'")
        uri = uri.split("/dists/")[0].rstrip("/") + "/"
        if re.match(r"[a-z+]+:/", uri) and uri not in uris:
            uris.append(uri)
    return sorted(uris, key=lambda uri: "security" in uri)


def parse_print_uris(listing: str) -> list[Package]:
    """Read the output of ``apt-get download --print-uris``."""
    packages = []
    for line in listing.splitlines():
        match = re.match(r"'[^']+' (\S+) (\d+) SHA256:([0-9a-f]{64})", line)
        if match:
            packages.append(Package(match[1], int(match[2]), match[3]))
    return packages


def missing_tools() -> list[str]:
    """Return what this machine lacks for ``Archive`` to work."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if not KEYRING.exists():
        missing.append(KEYRING.name)
    return missing


class Archive:
    """Some suites of Debian's archive, reached through private apt folders.

    The first suite is the default; ``package/suite`` asks for another one's.
    """

    def __init__(self, suites: tuple[str, ...], folder: Path) -> None:
        self.suites, self.folder = suites, folder
        for name in ("lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def open(self) -> None:
        """Fetch and verify the suites' indexes from the first mirror that has it."""
        failures = []
        for uri in self._configured_uris():
            entry = f"deb [signed-by={KEYRING}] {uri} %s main\n"
            lines = [entry % suite for suite in self.suites]
            (self.folder / "sources.list").write_text("".join(lines))
            try:
                self._apt("update", "--error-on=any")
                return
            except ToolError as error:
                failures.append(str(error))
        raise ToolError("\n".join(failures) or "apt has no sources configured.")

    def download(self, names: list[str]) -> list[Path]:
        """Download packages, check their sizes and digests, return the files."""
        packages = parse_print_uris(self._apt("download", "--print-uris", *names))
        if len(packages) < len(names):
            raise ToolError(f"Debian lacks one of: {' '.join(names)}")
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(packages, done))
        watcher.start()
        try:
            self._apt("download", *names)
        finally:
            done.set()
            watcher.join()
        for package in packages:
            self._verify(package)
        return [self.folder / package.filename for package in packages]

    def unpack(self, package: Path, root: Path) -> None:
        """Unpack the files of ``package`` below ``root``; no script of it runs."""
        _run(["dpkg-deb", "-x", str(package), str(root)])

    def _configured_uris(self) -> list[str]:
        targets = ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
        found = archive_uris(_run(["apt-get", *targets]))
        # apt lists nothing before its first update; this needs no index at all.
        return found or archive_uris(_run(["apt-get", "update", "--print-uris"]))

    def _apt(self, *arguments: str) -> str:
        options = {
            "Dir::Etc::SourceList": self.folder / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State::Lists": self.folder / "lists",
            "Dir::Cache": self.folder / "cache",
            "Acquire::Languages": "none",
            "APT::Get::List-Cleanup": "false",
            "APT::Default-Release": self.suites[0],
        }
        if os.geteuid() == 0:
            # apt would drop to a user who may not enter root's cache folder
            options["APT::Sandbox::User"] = "root"
        flags = [part for o, v in options.items() for part in ("-o", f"{o}={v}")]
        return _run(["apt-get", "-q", *flags, *arguments], cwd=self.folder)

    def _watch(self, packages: list[Package], done: threading.Event) -> None:
        total = sum(package.size for package in packages)
        counter = Counter("fetched", total / 1e6, "MB")
        while not done.wait(0.5):
            files = self.folder.glob("*.deb*")
            counter.show(sum(file.stat().st_size for file in files) / 1e6)
        counter.clear()

    def _verify(self, package: Package) -> None:
        path = self.folder / package.filename
        digest = hashlib.sha256()
        with open(path, "rb") as handle:
            while block := handle.read(1 << 20):
                digest.update(block)
        if digest.hexdigest() != package.sha256:
            path.unlink()
            raise ToolError(f"{package.filename} arrived damaged; please try again.")


def _run(command: list[str], cwd: Path | None = None) -> str:
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    answer = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if answer.returncode:
        words = answer.stderr.strip().splitlines() or ["no message"]
        raise ToolError(f"{command[0]} failed: " + "\n".join(words[-5:]))
    return answer.stdout
