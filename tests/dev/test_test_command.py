"""What ``test`` runs where, and which databases are left over."""

from dev.commands import test as command

PREFIX = "test_5f3a_"


def test_file_that_is_named_runs_in_its_own_layer_only():
    extra = ["tests/optional/test_kits.py", "-q"]
    assert command.chosen(["tests/optional"], extra) == (extra[:1], ["-q"])
    assert command.chosen(["tests/e2e"], extra) == ([], ["-q"])


def test_without_a_name_the_whole_layer_runs():
    assert command.chosen(["tests/e2e"], ["-k", "kit"]) == (
        ["tests/e2e"],
        ["-k", "kit"],
    )


def test_optional_modules_are_those_that_this_odoo_has(tmp_path):
    for name in ("mrp", "loyalty"):
        (tmp_path / "two" / name).mkdir(parents=True)
    (tmp_path / "two" / "mrp" / "__manifest__.py").write_text("{}")
    assert command.available([tmp_path / "one", tmp_path / "two"]) == ["mrp"]


def test_copy_of_a_database_belongs_to_the_run_that_made_it():
    assert command.run_of("test_5f3a_77", PREFIX) == "test_5f3a_77"
    assert command.run_of("test_5f3a_77_optional", PREFIX) == "test_5f3a_77"
    assert command.run_of("test_5f3a_77_parallel", PREFIX) == "test_5f3a_77"
    assert command.run_of("test_0000_77", PREFIX) == ""
