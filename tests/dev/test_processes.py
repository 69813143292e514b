"""Ports, and processes that do not outlive whoever started them."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time

import pytest

from dev import processes
from dev.errors import ToolError
from dev.paths import TOOL

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="needs Linux' parent-death signal"
)


@pytest.fixture
def taken_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def until(condition, patience=20):
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def test_free_port_is_kept():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert processes.free_port(port) == port


def test_taken_port_is_replaced_and_said(taken_port, capsys):
    other = processes.free_port(taken_port)
    assert other != taken_port
    assert processes.port_is_free(other)
    assert f"port {taken_port} is taken" in capsys.readouterr().err


def test_everything_is_stopped_at_the_end(tmp_path):
    with processes.Processes(tmp_path / "pids") as running:
        first = running.start("first", SLEEP, tmp_path / "log")
        second = running.start("second", SLEEP, tmp_path / "log")
        assert running.ended() is None
    assert first.poll() is not None and second.poll() is not None
    assert not list((tmp_path / "pids").iterdir())


def test_a_process_that_ends_by_itself_is_noticed(tmp_path):
    with processes.Processes(tmp_path / "pids") as running:
        running.start("short", [sys.executable, "-c", ""], tmp_path / "log")
        until(lambda: running.ended() == "short")
        with pytest.raises(ToolError, match="short ended"):
            processes.wait_for(lambda: False, "it", 20, running.ended)


def test_stop_finds_what_another_run_started(tmp_path):
    child = subprocess.Popen(SLEEP)
    processes.write_pid(tmp_path / "odoo.pid", child.pid)
    assert processes.stop_recorded(tmp_path) == ["odoo"]
    assert child.wait(10) is not None
    assert not list(tmp_path.iterdir())


@linux
def test_stop_spares_a_stranger_with_a_reused_pid(tmp_path):
    child = subprocess.Popen(SLEEP)
    try:
        record = tmp_path / "odoo.pid"
        record.write_text(f'{{"pid": {child.pid}, "start": "1"}}')
        assert processes.stop_recorded(tmp_path) == []
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()


@linux
def test_children_die_with_a_killed_parent(tmp_path):
    script = f"""
        import sys, time
        sys.path.insert(0, {str(TOOL.parent)!r})
        from pathlib import Path
        from dev.processes import Processes
        folder = Path({str(tmp_path)!r})
        running = Processes(folder / "pids")
        running.start("child", {SLEEP!r}, folder / "log")
        time.sleep(600)
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)])
    record = tmp_path / "pids" / "child.pid"
    until(lambda: record.exists() and processes.recorded_pid(record))
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    until(lambda: processes.recorded_pid(record) is None)
