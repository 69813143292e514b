"""The command line, the Makefile and the requirement files fit together."""

import re
import subprocess
import sys

import pytest

from dev import cli, paths, postgres
from dev.commands import lock

MAKE_ONLY = {"help"}


def make_targets():
    text = (paths.ROOT / "Makefile").read_text()
    return set(re.findall(r"^([a-z]+):.*##", text, re.M)) - MAKE_ONLY


def test_every_make_target_is_a_command():
    parser = cli.build_parser()
    choices = next(a.choices for a in parser._actions if a.dest == "command")
    assert make_targets() <= set(choices)


def test_tool_starts_with_the_standard_library_only():
    """-I -S: no site-packages, as on a machine that has nothing yet."""
    command = [sys.executable, "-I", "-S", str(paths.TOOL), "--help"]
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert "demo" in answer.stdout


@pytest.mark.parametrize("kind", ["runtime", "lint"])
def test_lock_names_exact_versions(kind):
    folder = paths.TOOL / "requirements"
    lines = (folder / f"{kind}.lock").read_text().splitlines()
    for line in lines[1:]:
        assert re.match(r"[a-z0-9-]+==\S+( ; .+)?$", line), line
    locked = {re.split("==", line)[0] for line in lines[1:]}
    for line in (folder / f"{kind}.in").read_text().splitlines():
        if line and not line.startswith("#"):
            name = re.split(r"[=<>]", line)[0].lower().replace("_", "-")
            assert name in locked, f"{name} is not in {kind}.lock: run the lock command"


def test_lock_marks_what_differs():
    resolved = {
        "3.10": {"a": "1", "b": "1"},
        "3.11": {"a": "1", "b": "2"},
        "3.12": {"a": "1", "b": "2", "c": "3"},
    }
    assert lock.render("x.in", resolved).splitlines()[1:] == [
        "a==1",
        'b==1 ; python_version == "3.10"',
        'b==2 ; python_version == "3.11" or python_version == "3.12"',
        'c==3 ; python_version == "3.12"',
    ]


@pytest.fixture
def no_server(monkeypatch):
    for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_no_server_is_named(no_server):
    assert postgres.named_server() is None


def test_server_of_the_usual_variables(no_server):
    no_server.setenv("PGHOST", "db.example.org")
    no_server.setenv("PGUSER", "me")
    server = postgres.named_server()
    assert (server.host, server.port, server.user) == ("db.example.org", "5432", "me")
    assert not server.embedded


def test_server_of_a_url(no_server):
    no_server.setenv("DATABASE_URL", "postgresql://me:p%40ss@db.example.org:6543/x")
    server = postgres.named_server()
    assert server.environ() == {
        "PGHOST": "db.example.org",
        "PGPORT": "6543",
        "PGUSER": "me",
        "PGPASSWORD": "p@ss",
    }


def test_cache_follows_the_xdg_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert paths.cache_root() == tmp_path / "odoo-ecom-suite"
