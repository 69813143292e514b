"""What holds for every format, on a small file of each."""

import random
from decimal import Decimal

import pytest
from ecom_finance_recon import formats
from ecom_finance_recon.formats import errors
from ecom_finance_recon.formats.base import IGNORED
from ecom_finance_recon.formats.document import Document, Source
from ecom_finance_recon.formats.schema import UNCOUNTED, Kind
from settlement_files import FILES

SAMPLES = [pytest.param(sample, id=name) for name, sample in FILES.items()]
SHUFFLED = [
    pytest.param(sample, id=name) for name, sample in FILES.items() if sample.rows
]
#: chosen by a person, or nothing to import
WITHOUT_FILE = {"mapped", "wechat_no_bill", *IGNORED}


def test_every_format_has_a_file_here():
    assert {sample.code for sample in FILES.values()} | WITHOUT_FILE == set(
        formats.FORMATS
    )


@pytest.mark.parametrize("sample", SAMPLES)
def test_recognised_by_content_by_one_format_only(sample):
    assert formats.recognise(sample.content, name="x.bin").code == sample.code
    document = Document(Source(sample.content))
    scores = sorted(form.sniff(document) for form in formats.FORMATS.values())
    assert scores[-1] > scores[-2]


@pytest.mark.parametrize("sample", SAMPLES)
def test_lines_add_up_and_close(sample):
    parsed = formats.parse(sample.content)
    assert parsed.format == sample.code
    assert sorted(one.total for one in parsed.settlements) == sorted(sample.decimals)
    assert parsed.closes is sample.closes


@pytest.mark.parametrize("sample", SAMPLES)
def test_totals_are_the_sum_of_the_counted_lines(sample):
    for settlement in formats.parse(sample.content).settlements:
        counted = [
            line.amount for line in settlement.lines if line.kind not in UNCOUNTED
        ]
        assert settlement.total == sum(counted, Decimal(0))
        assert settlement.count == len(settlement.lines)


@pytest.mark.parametrize("sample", SAMPLES)
def test_lines_are_signed_decimals_with_aware_times_and_their_row(sample):
    for line in formats.parse(sample.content).lines:
        assert type(line.amount) is Decimal and line.amount
        assert line.posted_at is None or line.posted_at.utcoffset().seconds == 0
        assert line.raw and line.number > 0
        assert (line.fee is None) or line.kind is Kind.FEE


@pytest.mark.parametrize("sample", SAMPLES)
def test_reading_again_gives_the_same_keys_and_no_two_are_equal(sample):
    first = [line.key for line in formats.parse(sample.content).lines]
    again = [line.key for line in formats.parse(sample.content).lines]
    assert first == again
    assert len(set(first)) == len(first)


@pytest.mark.parametrize("sample", SHUFFLED)
def test_the_order_of_rows_changes_nothing(sample):
    def content_of(parsed):
        return {
            (one.reference, one.currency): (
                one.total,
                one.payout,
                one.opening,
                one.closing,
                set(one.checks),
                sorted((line.key, line.amount, line.currency) for line in one.lines),
            )
            for one in parsed.settlements
        }

    straight = content_of(formats.parse(sample.content))
    for seed in range(5):
        shuffled = sample.shuffled(random.Random(seed))
        assert content_of(formats.parse(shuffled)) == straight


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sink_takes_the_lines_and_totals_stay(sample):
    taken = []
    kept = formats.parse(sample.content)
    streamed = formats.parse(
        sample.content, sink=lambda reference, line: taken.append(line)
    )
    assert streamed.lines == ()
    assert len(taken) == len(kept.lines)
    assert [one.total for one in streamed.settlements] == [
        one.total for one in kept.settlements
    ]
    assert streamed.closes is kept.closes


#: gross, fee and net of each row, but no total of the file
NET_ONLY = {
    "shopify_payments",
    "paypal_activity",
    "etsy",
    "mercadopago_settlement",
    "bank_csv",
}
#: the last row is the payout, which the report may come without: then it only warns
PAYOUT_LAST = {"stripe", "ebay_report"}
WITH_TOTAL = [
    pytest.param(sample, id=name)
    for name, sample in FILES.items()
    if sample.rows and sample.closes and sample.code not in NET_ONLY
]


@pytest.mark.parametrize("sample", WITH_TOTAL)
def test_a_row_that_is_cut_out_is_noticed(sample):
    lines = sample.text.splitlines(keepends=True)
    first, last = sample.rows
    if "total-amount" in lines[0]:
        first += 1  # the summary itself
    if sample.code in PAYOUT_LAST:
        last -= 1
    for place in range(first, last):
        cut = "".join(lines[:place] + lines[place + 1 :]).encode(sample.encoding)
        try:
            assert formats.parse(cut).closes is not True, lines[place]
        except errors.FormatError:
            continue


@pytest.mark.parametrize("code", sorted(PAYOUT_LAST))
def test_a_payout_that_is_not_told_is_a_warning(code):
    (sample,) = [sample for sample in FILES.values() if sample.code == code]
    without = "".join(sample.text.splitlines(keepends=True)[:-1])
    (settlement,) = formats.parse(without.encode()).settlements
    assert "no_payout_row" in settlement.warnings
