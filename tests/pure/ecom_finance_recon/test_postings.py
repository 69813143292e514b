# ruff: noqa: E501 (rows are as long as the provider writes them)
"""What is booked and matched of a settlement: the worked examples, to the cent."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from ecom_finance_recon import formats
from ecom_finance_recon.formats.moments import zone_named
from ecom_finance_recon.formats.schema import FeeType, Kind
from ecom_finance_recon.matching import Item, match
from ecom_finance_recon.matching.postings import entries, postings
from settlement_files import ALIPAY_TRADES, AMAZON_V2, FILES

D = Decimal
SAMPLE = (
    Path(__file__).parents[4]
    / "shared"
    / "settlements"
    / "samples"
    / "amazon_v1"
    / "50034020328.txt"
)
SHOPIFY = """Transaction Date,Type,Order,Payout Status,Payout Date,Payout ID,Amount,Fee,Net,Presentment Amount,Presentment Currency,Currency
2026-08-30 10:00:00 +0400,charge,#3438,paid,2026-09-02,148,988.21,36.99,951.22,1010.40,SAR,AED
2026-08-30 11:00:00 +0400,charge,#3439,paid,2026-09-02,148,893.73,33.45,860.28,913.80,SAR,AED
2026-08-30 12:00:00 +0400,charge,#3440,paid,2026-09-02,148,857.93,26.74,831.19,857.93,AED,AED
2026-08-30 13:00:00 +0400,charge,#3441,paid,2026-09-02,148,870.00,45.23,824.77,870.00,AED,AED
2026-08-30 14:00:00 +0400,charge,#3442,paid,2026-09-02,148,1153.50,46.34,1107.16,1153.50,AED,AED
2026-08-30 15:00:00 +0400,refund,#3426,paid,2026-09-02,148,-1598.70,0.00,-1598.70,1598.70,AED,AED
"""


def book(settlement):
    """Postings as (kind or fee, order) -> amount."""
    return {
        (one.fee or one.kind, one.order): one.amount
        for one in postings(settlement.lines)
    }


def by_account(settlement):
    """Postings summed over orders."""
    sums = {}
    for (kind, _order), amount in book(settlement).items():
        sums[kind] = sums.get(kind, D(0)) + amount
    return sums


@pytest.mark.skipif(not SAMPLE.is_file(), reason="no settlement samples beside us")
def test_worked_example_one_amazon():
    (settlement,) = formats.parse(SAMPLE.read_bytes()).settlements
    assert by_account(settlement) == {
        Kind.SALE: D("2180.00"),  # shipping 32.32 less its promotion 32.32
        Kind.REFUND: D("-60.00"),
        # 349.90 - 9.63 and the digital services fee 2.90 - 0.29
        FeeType.COMMISSION: -D("340.27") - D("2.61"),
        FeeType.REFUND_ADMIN: D("-1.93"),
        FeeType.FULFILMENT: -D("307.01") - D("7.88"),
        FeeType.ADVERTISING: D("-410.23"),
        Kind.FEE_TAX: D("-49.23"),
        Kind.SUSPENSE: D("-0.01"),  # micro deposit
        Kind.REIMBURSEMENT: D("15.25"),
        Kind.CARRY_OVER: D("-62.31"),
        Kind.TRANSFER: D("62.31"),
    }
    assert settlement.total == D("1016.08")


def test_worked_example_two_shopify():
    (settlement,) = formats.parse(SHOPIFY.encode()).settlements
    assert settlement.closes
    assert settlement.total == D("2975.92")
    sums = by_account(settlement)
    # 988.21 + 893.73 + 857.93 + 870.00 + 1153.50
    assert sums[Kind.SALE] == D("4763.37")
    assert sums[Kind.REFUND] == D("-1598.70")
    assert sums[FeeType.PAYMENT] == D("-188.75")
    foreign = {
        entry.refs[0]: (entry.original_amount, entry.original_currency)
        for entry in entries(settlement.lines)
        if entry.original_currency
    }
    assert foreign == {"#3438": (D("1010.40"), "SAR"), "#3439": (D("913.80"), "SAR")}


def test_worked_example_three_alipay():
    (settlement,) = formats.parse(ALIPAY_TRADES.content).settlements
    assert book(settlement) == {
        (Kind.SALE, "1234567890123"): D("189.00"),
        (Kind.SALE, "A-2"): D("60.00"),
        (Kind.REFUND, "1234567890123"): D("-50.00"),
        (FeeType.PAYMENT, ""): D("-1.19"),
    }
    assert settlement.total == D("197.81")


@pytest.mark.parametrize("name", FILES)
def test_postings_add_up_to_the_settlement(name):
    for settlement in formats.parse(FILES[name].content).settlements:
        for by_month in (False, True):
            found = postings(settlement.lines, by_month)
            assert sum((one.amount for one in found), D(0)) == settlement.total


def test_tax_of_the_facilitator_cancels_out():
    (settlement,) = formats.parse(AMAZON_V2.content).settlements
    assert book(settlement)[Kind.SALE, "111-1"] == D("100.00")
    assert not {Kind.TAX, Kind.CHANNEL_TAX} & {
        kind for kind, _order in book(settlement)
    }


def test_a_settlement_over_two_months_is_split_in_the_sellers_zone():
    text = AMAZON_V2.text.replace("2026-06-14 10:11:12", "2026-05-31 20:00:00")
    (settlement,) = formats.parse(text.encode()).settlements
    in_utc = {one.month for one in postings(settlement.lines, by_month=True)}
    in_tokyo = {
        one.month for one in postings(settlement.lines, True, zone_named("Asia/Tokyo"))
    }
    assert in_utc == {date(2026, 5, 1), date(2026, 6, 1)}
    assert in_tokyo == {date(2026, 6, 1)}


def test_entries_meet_their_invoices():
    (settlement,) = formats.parse(ALIPAY_TRADES.content).settlements
    items = [
        Item("INV1", D("189.00"), "CNY", ("1234567890123",), date(2026, 3, 1)),
        Item("INV2", D("60.00"), "CNY", ("a 2",), date(2026, 3, 1)),
        Item("RINV1", D("-50.00"), "CNY", ("RE-1",), date(2026, 3, 1)),
    ]
    result = match(entries(settlement.lines), items)
    assert {item for _line, item in result.edges} == {"INV1", "INV2", "RINV1"}
    assert not result.faults and not result.refusals


def test_two_refunds_of_one_order_stay_two():
    text = ALIPAY_TRADES.text.replace("RE-1", "RE-2").replace("-50.00", "-9.00")
    first = formats.parse(ALIPAY_TRADES.content).lines
    second = formats.parse(text.encode("gb18030")).lines
    refunds = [e for e in entries([*first, *second]) if e.amount < 0]
    assert sorted(e.amount for e in refunds) == [D("-50.00"), D("-9.00")]
