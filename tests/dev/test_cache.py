"""The shared cache: complete or absent, never half, built once."""

import json
import multiprocessing
import time

import pytest

from dev import cache as cache_module
from dev.cache import Cache, is_intact, read_facts, seal


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


class Builder:
    """Counts how often it was asked to build."""

    def __init__(self, fail=False):
        self.calls, self.fail = 0, fail

    def __call__(self, folder):
        self.calls += 1
        (folder / "sub").mkdir()
        (folder / "sub" / "data").write_bytes(b"12345")
        if self.fail:
            raise RuntimeError("the network went away")
        return {"version": "1"}


@pytest.mark.parametrize("in_place", [False, True])
def test_is_built_once(cache, in_place):
    build = Builder()
    first = cache.ensure("thing/1", build, in_place=in_place)
    second = cache.ensure("thing/1", build, in_place=in_place)
    assert first == second and build.calls == 1
    assert read_facts(first)["version"] == "1"


@pytest.mark.parametrize("in_place", [False, True])
def test_failed_build_leaves_nothing(cache, in_place):
    with pytest.raises(RuntimeError):
        cache.ensure("thing", Builder(fail=True), in_place=in_place)
    assert [p.name for p in cache.root.iterdir()] == ["locks"]
    assert cache.ensure("thing", Builder(), in_place=in_place).exists()


def test_what_a_killed_build_left_is_replaced(cache):
    """A killed process cannot tidy up: there is a folder, but no stamp."""
    (cache.root / "thing").mkdir(parents=True)
    (cache.root / "thing" / "half").touch()
    (cache.root / "thing.part-abc").mkdir()
    folder = cache.ensure("thing", Builder())
    assert not (folder / "half").exists()
    assert not (cache.root / "thing.part-abc").exists()


def truncate(folder):
    (folder / "sub" / "data").write_bytes(b"123")


def delete(folder):
    (folder / "sub" / "data").unlink()


def forge_listing(folder):
    (folder / cache_module.LISTING).write_text("")


def tear_stamp(folder):
    stamp = folder / cache_module.STAMP
    stamp.write_text(stamp.read_text()[:20])


@pytest.mark.parametrize("damage", [truncate, delete, forge_listing, tear_stamp])
def test_damage_is_detected_and_repaired(cache, damage):
    build = Builder()
    folder = cache.ensure("thing", build)
    damage(folder)
    assert not is_intact(folder)
    cache.ensure("thing", build)
    assert build.calls == 2
    assert (folder / "sub" / "data").read_bytes() == b"12345"


def test_bytecode_and_additions_are_no_damage(cache):
    build = Builder()
    folder = cache.ensure("thing", build)
    (folder / "sub" / "__pycache__").mkdir()
    (folder / "sub" / "__pycache__" / "x.pyc").touch()
    (folder / "added-by-a-developer").touch()
    cache.ensure("thing", build)
    assert build.calls == 1


def test_file_names_that_are_not_utf8(tmp_path):
    (tmp_path / "caf\udce9").touch()
    seal(tmp_path)
    assert is_intact(tmp_path)


def build_slowly(root, results):
    def build(folder):
        time.sleep(0.5)
        (folder / "data").write_text("x")
        results.put("built")

    folder = Cache(root).ensure("thing", build)
    results.put(json.dumps((folder / "data").read_text()))


def test_two_processes_build_once(tmp_path):
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    workers = [
        context.Process(target=build_slowly, args=(tmp_path, results)) for _ in "ab"
    ]
    for worker in workers:
        worker.start()
    found = sorted(results.get(timeout=30) for _ in range(3))
    for worker in workers:
        worker.join(timeout=30)
    assert found == ['"x"', '"x"', "built"]
