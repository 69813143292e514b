"""What an installation logs decides whether it succeeded."""

from dev.odoo_log import LogReader

HEAD = "2026-01-02 03:04:05,678 12 {} db odoo.modules.loading: {}\n"


def read(*lines):
    reader = LogReader()
    for line in lines:
        reader.feed(line)
    return reader


def test_error_is_kept_with_its_traceback():
    reader = read(
        HEAD.format("ERROR", "broken"),
        "Traceback (most recent call last):\n",
        "ValueError: no\n",
        HEAD.format("INFO", "went on"),
        "not part of it\n",
    )
    assert len(reader.errors) == 1
    assert reader.errors[0].endswith("ValueError: no")


def test_critical_is_an_error_and_warning_is_not():
    reader = read(HEAD.format("CRITICAL", "x"), HEAD.format("WARNING", "y"))
    assert len(reader.errors) == 1 and len(reader.warnings) == 1


def test_the_word_error_in_a_message_is_none():
    assert not read(HEAD.format("INFO", "ERROR handling loaded")).errors


def test_progress():
    seen = []
    reader = LogReader(progress=lambda done, total: seen.append((done, total)))
    reader.feed(HEAD.format("INFO", "Loading module sale (12/90)"))
    assert seen == [(12, 90)]
