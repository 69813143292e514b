"""What every addon of the suite has in common."""

import ast
import re

import pytest
from pure_addons import addon_folders

FORBIDDEN_LICENCES = ("AGPL", "GPL-3", "OEEL", "OPL")


@pytest.fixture(params=addon_folders(), ids=lambda folder: folder.name)
def addon(request):
    return request.param


@pytest.fixture
def manifest(addon):
    return ast.literal_eval((addon / "__manifest__.py").read_text())


def test_licence_is_lgpl(manifest):
    assert manifest["license"] == "LGPL-3"


def test_version_names_the_series(manifest):
    assert re.fullmatch(r"19\.0\.\d+\.\d+\.\d+", manifest["version"])


def test_manifest_says_what_a_reader_needs(manifest):
    for key in ("name", "summary", "author", "depends", "category"):
        assert manifest.get(key), f"the manifest has no {key}"
    assert "description" not in manifest, "the description belongs into readme/"


def test_declared_files_exist(addon, manifest):
    for key in ("data", "demo"):
        for name in manifest.get(key, ()):
            assert (addon / name).is_file(), f"{key} names {name}, which is not there"


def test_every_data_file_is_declared(addon, manifest):
    declared = set(manifest.get("data", ())) | set(manifest.get("demo", ()))
    for folder in ("data", "security", "views", "wizard", "report"):
        for file in sorted((addon / folder).glob("*.[xc][ms][lv]")):
            name = str(file.relative_to(addon))
            assert name in declared, f"{name} is never loaded"


def test_models_have_access_rules_file(addon):
    if (addon / "models").is_dir() and list((addon / "models").glob("[a-z]*.py")):
        source = "".join(p.read_text() for p in (addon / "models").glob("*.py"))
        if re.search(r"^\s+_name = ", source, re.M):
            assert (addon / "security" / "ir.model.access.csv").is_file()
