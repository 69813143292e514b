"""Reading what apt says. The hosts below are reserved for examples (RFC 2606)."""

import pytest

from dev.debian import Package, archive_uris, parse_print_uris
from dev.errors import ToolError
from dev.odoo_source import describe


def test_uris_of_index_targets():
    listing = (
        "http://deb.example.org/debian-security/\n"
        "http://deb.example.org/debian/\n"
        "http://deb.example.org/debian/\n"
    )
    assert archive_uris(listing) == [
        "http://deb.example.org/debian/",
        "http://deb.example.org/debian-security/",
    ]


def test_uris_of_print_uris():
    """What is asked on a machine that never ran ``apt-get update``."""
    listing = (
        "'https://deb.example.org/debian/dists/stable/InRelease' a_InRelease 0 \n"
        "'https://deb.example.org/debian/dists/stable-updates/InRelease' b 0 \n"
    )
    assert archive_uris(listing) == ["https://deb.example.org/debian/"]


def test_local_mirror_is_understood():
    assert archive_uris("file:/srv/mirror/debian/") == ["file:/srv/mirror/debian/"]


def test_noise_is_no_uri():
    assert archive_uris("\nReading package lists...\n") == []


def test_packages():
    digest = "a" * 64
    listing = (
        f"'http://deb.example.org/p/x_1%2b2_all.deb' x_1+2_all.deb 42 SHA256:{digest}"
    )
    assert parse_print_uris(listing) == [Package("x_1+2_all.deb", 42, digest)]


def make_odoo(folder, version, addons="addons"):
    (folder / "odoo").mkdir()
    (folder / "odoo" / "release.py").write_text(f"version_info = {version}\n")
    (folder / addons / "web").mkdir(parents=True)
    (folder / addons / "web" / "__manifest__.py").touch()
    return folder


def test_checkout(tmp_path):
    source = describe(make_odoo(tmp_path, "(19, 0, 0, FINAL, 0, '')"))
    assert source.addons_paths == (tmp_path / "addons", tmp_path / "odoo" / "addons")


def test_installation(tmp_path):
    folder = make_odoo(tmp_path, "(19, 0, 0, FINAL, 0, '')", "odoo/addons")
    assert describe(folder).addons_paths == (tmp_path / "odoo" / "addons",)


def test_other_series_is_refused(tmp_path):
    with pytest.raises(ToolError, match="holds Odoo 18.0"):
        describe(make_odoo(tmp_path, "(18, 0, 0, FINAL, 0, '')"))


def test_folder_without_odoo_is_refused(tmp_path):
    with pytest.raises(ToolError, match="holds no Odoo"):
        describe(tmp_path)
