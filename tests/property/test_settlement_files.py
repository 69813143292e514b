"""Damaged files of every format: a typed error, or lines that are what they say.

Whatever bytes come, reading them raises :class:`FormatError` or nothing; and what could
be read keeps its promises, above all that totals are the sum of the lines.
"""

import random
from decimal import Decimal

import pytest
from ecom_finance_recon import formats
from ecom_finance_recon.formats.errors import FormatError
from ecom_finance_recon.formats.schema import UNCOUNTED
from settlement_files import FILES

SAMPLES = [pytest.param(sample, id=name) for name, sample in FILES.items()]
DAMAGES = 400

CELLS = (
    b"",
    b"-",
    b"NaN",
    b"1e999",
    b"Infinity",
    b"1,2,3",
    b"99999999999999999999",
    b"--1",
    b"0x10",
    b"=1+1",
    "١٢٣".encode(),
    "１２".encode(),
    b"\x00",
    b"\xff\xfe",
    b'"',
    b"2026-13-45",
    b"0000-00-00 00:00:00",
    b"9999-12-31T23:59:59+14:00",
    b"<a>&b;</a>",
    b"`",
    b"[]",
    b"{}",
    b"null",
)


def damaged(content: bytes, pick: random.Random) -> bytes:
    """The file with one to three things wrong."""
    for _ in range(pick.randint(1, 3)):
        how = pick.randrange(7)
        size = len(content)
        place = pick.randrange(size) if size else 0
        if how == 0:
            content = content[:place]
        elif how == 1:
            content = (
                content[:place] + bytes([pick.randrange(256)]) + content[place + 1 :]
            )
        elif how == 2:
            end = min(place + pick.randrange(1, 40), size)
            content = content[:place] + content[end:]
        elif how == 3:
            end = min(place + pick.randrange(1, 200), size)
            content = content[:end] + content[place:end] + content[end:]
        elif how == 4:
            content = _other_cell(content, pick)
        elif how == 5:
            lines = content.split(b"\n")
            lines.pop(pick.randrange(len(lines)))
            content = b"\n".join(lines)
        else:
            content = content[:place] + pick.choice(CELLS) + content[place:]
    return content


def _other_cell(content: bytes, pick: random.Random) -> bytes:
    marks = [i for i, byte in enumerate(content) if byte in b',;\t|:"<>`']
    if len(marks) < 2:
        return content
    place = pick.randrange(len(marks) - 1)
    start, end = marks[place] + 1, marks[place + 1]
    return content[:start] + pick.choice(CELLS) + content[end:]


def promises_kept(parsed) -> None:
    for settlement in parsed.settlements:
        counted = [one.amount for one in settlement.lines if one.kind not in UNCOUNTED]
        assert settlement.total == sum(counted, Decimal(0))
        for line in settlement.lines:
            assert line.amount.is_finite()
            assert line.posted_at is None or line.posted_at.tzinfo is not None
    keys = [line.key for line in parsed.lines]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("sample", SAMPLES)
def test_damage_gives_typed_errors_only(sample):
    pick = random.Random(f"{sample.code} {len(sample.text)}")
    for _ in range(DAMAGES):
        content = damaged(sample.content, pick)
        for code in ("", sample.code):
            try:
                parsed = formats.parse(content, format=code)
            except FormatError:
                continue
            promises_kept(parsed)


@pytest.mark.parametrize("code", sorted(formats.FORMATS))
def test_a_file_of_another_format_is_no_surprise(code):
    for sample in FILES.values():
        try:
            parsed = formats.parse(sample.content, format=code)
        except FormatError:
            continue
        promises_kept(parsed)


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_file_that_is_cut_off_never_closes_as_if_it_were_whole(sample):
    """Cut anywhere: an error, not closed, or the lines that are there."""
    whole = formats.parse(sample.content)
    size = len(sample.content)
    for place in range(size // 3, size - 1, max(size // 40, 1)):
        try:
            parsed = formats.parse(sample.content[:place])
        except FormatError:
            continue
        promises_kept(parsed)
        assert len(parsed.lines) <= len(whole.lines)
