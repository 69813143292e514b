"""The choice of the Python that runs Odoo, with stand-ins on a made-up PATH."""

import os
import sys

import pytest

from dev import interpreter
from dev.errors import ToolError


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch, tmp_path):
    """No real Python is found: neither by name, nor ours, nor in pyenv."""
    monkeypatch.delenv("DEV_PYTHON", raising=False)
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))


def install(path, version, broken=False):
    """Put an executable at ``path`` that answers the probe as ``version``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    answer = "exit 127" if broken else f"echo {version}; echo {path}"
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(0o755)
    return str(path)


def choose(tmp_path, *folders):
    return interpreter.choose(
        search_path=os.pathsep.join(str(tmp_path / f) for f in folders), home=tmp_path
    )


def test_prefers_3_12_to_newer_and_older(tmp_path):
    for version in ("3.10", "3.13", "3.12", "3.11"):
        install(tmp_path / "bin" / f"python{version}", version)
    assert choose(tmp_path, "bin").version == "3.12"


def test_prefers_3_13_to_3_11(tmp_path):
    for version in ("3.11", "3.13"):
        install(tmp_path / "bin" / f"python{version}", version)
    assert choose(tmp_path, "bin").version == "3.13"


def test_dead_shim_is_passed_over(tmp_path):
    install(tmp_path / "shims" / "python3.12", "3.12", broken=True)
    wanted = install(tmp_path / "bin" / "python3.11", "3.11")
    assert choose(tmp_path, "shims", "bin").path == wanted


def test_dead_shim_hides_nothing_later_on_the_path(tmp_path):
    install(tmp_path / "shims" / "python3.12", "3.12", broken=True)
    wanted = install(tmp_path / "bin" / "python3.12", "3.12")
    assert choose(tmp_path, "shims", "bin").path == wanted


def test_looks_into_pyenv(tmp_path):
    install(tmp_path / "bin" / "python3", "3.11")
    versions = tmp_path / ".pyenv" / "versions"
    wanted = install(versions / "3.12.4" / "bin" / "python", "3.12")
    assert choose(tmp_path, "bin").path == wanted


def test_name_that_lies_about_its_version_is_not_believed(tmp_path):
    install(tmp_path / "bin" / "python3.12", "3.9")
    with pytest.raises(ToolError):
        choose(tmp_path, "bin")


def test_says_what_is_missing(tmp_path):
    with pytest.raises(ToolError, match="(?s)3.10 to 3.13.*python3-venv"):
        choose(tmp_path, "bin")


def test_named_python_is_taken(tmp_path, monkeypatch):
    install(tmp_path / "bin" / "python3.12", "3.12")
    own = install(tmp_path / "own" / "py", "3.10")
    monkeypatch.setenv("DEV_PYTHON", own)
    assert choose(tmp_path, "bin").path == own


def test_named_python_that_is_unusable_is_an_error(tmp_path, monkeypatch):
    install(tmp_path / "bin" / "python3.12", "3.12")
    monkeypatch.setenv("DEV_PYTHON", str(tmp_path / "missing"))
    with pytest.raises(ToolError, match="DEV_PYTHON"):
        choose(tmp_path, "bin")


def test_old_python_is_told_clearly():
    """The entry point must parse and answer on a Python that is too old."""
    source = interpreter.__file__.replace("interpreter.py", "__main__.py")
    with open(source) as handle:
        head = handle.read().split("HERE =")[0]
    assert "needs 3.10 or newer" in head
    # None of what only newer Pythons parse stands before the check.
    for newer in ('f"', ":=", "match "):
        assert newer not in head
