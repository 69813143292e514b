"""Every file of the reference samples: same totals as an independent reader found.

The samples lie beside the project and are no part of it; without them this file says so
and the synthetic files of the other tests have to do.
"""

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from ecom_finance_recon import formats
from ecom_finance_recon.formats.schema import Kind

FOLDER = Path(__file__).parents[4] / "shared" / "settlements"
EXPECTED = (
    json.loads((FOLDER / "expected.json").read_text())
    if (FOLDER / "expected.json").is_file()
    else {}
)
#: their guessed layouts are no truth
UNVERIFIED = "unverified_layouts"
CODES = {
    "adyen": {"adyen"},
    "alipay_merchant": {"alipay_trade", "alipay_account"},
    "alipay_personal": {"alipay_personal"},
    "amazon_v1": {"amazon_v1"},
    "amazon_v2": {"amazon_v2"},
    "bai2": {"bai2"},
    "bank_csv": {"bank_csv"},
    "braintree": {"braintree"},
    "camt": {"camt"},
    "checkout_com": {"checkout_com"},
    "dlocal": {"dlocal"},
    "ebay_csv": {"ebay_report"},
    "etsy_statement": {"etsy"},
    "jd_personal": {"jd_personal"},
    "mercadopago_release": {"mercadopago_release"},
    "mt940": {"mt940"},
    "ofx": {"ofx"},
    "paypal_activity": {"paypal_activity"},
    "paypal_stl": {"paypal_report"},
    "paypal_trr": {"paypal_report"},
    "shopify_payments_csv": {"shopify_payments"},
    "stripe": {"stripe"},
    "trustly": {"trustly"},
    "walmart_recon": {"walmart"},
    "wechat_merchant": {"wechat_trade", "wechat_funds"},
    "wechat_personal": {"wechat_personal"},
}

pytestmark = pytest.mark.skipif(
    not EXPECTED, reason="no settlement samples beside the project"
)


def samples(*folders):
    """Parameters for the files of these folders, ``-`` for the reason to skip."""
    found = [
        pytest.param(name, expected, id=name)
        for name, expected in sorted(EXPECTED.items())
        if (expected["format"] in folders or not folders)
        and expected["format"] != UNVERIFIED
    ]
    return found or [pytest.param("", {}, id="none")]


def read(name):
    return formats.parse((FOLDER / "samples" / name).read_bytes())


def sums(lines, key):
    """Sums of the amounts by a key of the line; a key of ``None`` leaves it out."""
    found = defaultdict(Decimal)
    for line in lines:
        name = key(line)
        if name is not None:
            found[name] += line.amount
    return dict(found)


def decimals(values):
    """The expected sums that are not zero: nothing is no line."""
    return {name: Decimal(value) for name, value in values.items() if Decimal(value)}


def non_zero(values):
    return {name: value for name, value in values.items() if value}


@pytest.mark.parametrize(("name", "expected"), samples())
def test_every_sample_is_recognised_by_its_content(name, expected):
    content = (FOLDER / "samples" / name).read_bytes()
    found = formats.recognise(content, name="something.else")
    assert found.code in CODES[expected["format"]]


@pytest.mark.parametrize(("name", "expected"), samples())
def test_exactly_one_format_is_surest(name, expected):
    from ecom_finance_recon.formats.document import Document, Source

    content = (FOLDER / "samples" / name).read_bytes()
    document = Document(Source(content))
    scores = sorted(form.sniff(document) for form in formats.FORMATS.values())
    assert scores[-1] > scores[-2]


def told_to_close():
    """Samples of which the expectation says whether they close."""
    found = []
    for parameter in samples():
        name, expected = parameter.values
        statements = expected.get("statements")
        if isinstance(statements, list):
            expected = statements[0]
        told = expected.get("closes", expected.get("closes_after_rounding", ""))
        if told != "":
            found.append(pytest.param(name, told, id=name))
    return found or [pytest.param("", None, id="none")]


@pytest.mark.parametrize(("name", "closes"), told_to_close())
def test_a_file_that_does_not_close_is_flagged(name, closes):
    assert read(name).closes is closes


@pytest.mark.parametrize(("name", "expected"), samples("amazon_v1", "amazon_v2"))
def test_amazon_sums_by_type_and_total(name, expected):
    (settlement,) = read(name).settlements
    assert settlement.declared_total == Decimal(expected["declared_total"])
    assert settlement.sum_lines == Decimal(expected["sum_of_amounts"])
    assert settlement.difference == Decimal(expected["difference"])
    assert settlement.currency == expected["currency"]
    assert settlement.starts_at.isoformat() == expected["settlement_start"]
    assert settlement.ends_at.isoformat() == expected["settlement_end"]
    assert settlement.deposit_at.isoformat() == expected["deposit_date"]
    by_type = sums(settlement.lines, lambda line: line.type_code)
    assert non_zero(by_type) == decimals(expected["by_type"])
    orders = {line.order_ref for line in settlement.lines if line.order_ref}
    assert len(orders) == expected["orders"]


@pytest.mark.parametrize(("name", "expected"), samples("adyen"))
def test_adyen_nets_by_type_and_fee_columns(name, expected):
    settlements = read(name).settlements
    lines = [line for one in settlements for line in one.lines]
    by_type = sums(lines, lambda line: line.type_code)
    assert non_zero(by_type) == decimals(expected["net_by_type"])
    fees = {
        column: -sum(line.amount for line in lines if line.part == column.lower())
        for column in expected["fee_columns"]
    }
    assert non_zero(fees) == decimals(expected["fee_columns"])
    payout = sum(one.payout for one in settlements)
    assert payout == -Decimal(expected["payout"])
    everything = sum(one.total for one in settlements) + payout
    assert everything == Decimal(expected["sum_all_net_incl_payout"])
    assert [one.reference for one in settlements] == expected["batches"]


@pytest.mark.parametrize(("name", "expected"), samples("alipay_merchant"))
def test_alipay_trades_and_refunds(name, expected):
    (settlement,) = read(name).settlements
    by_kind = sums(settlement.lines, lambda line: line.kind)
    if "trade_net" in expected:
        assert by_kind[Kind.SALE] == Decimal(expected["trade_net"])
        assert by_kind[Kind.REFUND] == Decimal(expected["refund_net"])
        assert by_kind.get(Kind.FEE, 0) == Decimal(expected["service_fee"])


@pytest.mark.parametrize(
    ("name", "expected"), samples("alipay_personal", "wechat_personal", "jd_personal")
)
def test_personal_bills_by_direction(name, expected):
    main, *neutral = read(name).settlements
    told = expected.get("net_of_inline_refund") or expected["sum_by_direction"]
    signed = {"收入": Decimal(1), "支出": Decimal(-1)}
    movement = sum(
        (
            signed[word] * Decimal(total)
            for word, total in told.items()
            if word in signed
        ),
        Decimal(),
    )
    assert main.total == movement
    rest = sum((Decimal(t) for w, t in told.items() if w not in signed), Decimal())
    assert sum(one.total for one in neutral) == rest


@pytest.mark.parametrize(("name", "expected"), samples("shopify_payments_csv"))
def test_shopify_nets_by_payout(name, expected):
    parsed = read(name)
    payouts = {one.reference: str(one.total) for one in parsed.settlements}
    assert payouts == expected["payouts"]
    fees = sum(line.amount for line in parsed.lines if line.kind is Kind.FEE)
    assert -fees == Decimal(expected["fee"])
    assert parsed.closes is expected["amount_minus_fee_equals_net"]


@pytest.mark.parametrize(("name", "expected"), samples("stripe"))
def test_stripe_gross_by_category_and_net_without_payouts(name, expected):
    parsed = read(name)
    gross = [line for line in parsed.lines if line.part == "gross"]
    by_category = sums(gross, lambda line: line.type_code)
    assert by_category == decimals(expected["by_reporting_category"])
    assert sum(one.total for one in parsed.settlements) == Decimal(expected["net"])
    paid = sum(one.payout for one in parsed.settlements)
    assert paid == Decimal(expected["payout_rows_net"])


@pytest.mark.parametrize(("name", "expected"), samples("paypal_stl", "paypal_trr"))
def test_paypal_reports_by_currency(name, expected):
    lines = read(name).lines
    for part in ("gross", "fee"):
        found = sums(
            [line for line in lines if line.part == part], lambda line: line.currency
        )
        told = decimals(expected[f"{part}_signed_by_currency"])
        assert non_zero(found) == told


@pytest.mark.parametrize(("name", "expected"), samples("paypal_activity"))
def test_paypal_activity_by_currency(name, expected):
    parsed = read(name)
    for part in ("gross", "fee"):
        found = sums(
            [line for line in parsed.lines if line.part == part],
            lambda line: line.currency,
        )
        assert non_zero(found) == decimals(expected[part])
    nets = {one.currency: one.total for one in parsed.settlements}
    assert non_zero(nets) == decimals(expected["net"])


@pytest.mark.parametrize(("name", "expected"), samples("ebay_csv"))
def test_ebay_nets_are_what_the_rows_say(name, expected):
    parsed = read(name)
    declared = sum(
        check.declared
        for one in parsed.settlements
        for check in one.checks
        if check.code == "net"
    )
    assert declared == sum(Decimal(net) for net in expected["net_by_type"].values())
    by_type = sums(parsed.lines, lambda line: line.type_code)
    for word, net in expected["net_by_type"].items():
        if word != "Order":  # one of its item rows was cut out of the sample
            assert by_type[word] == Decimal(net)


@pytest.mark.parametrize(("name", "expected"), samples("etsy_statement"))
def test_etsy_nets_by_type(name, expected):
    (settlement,) = read(name).settlements
    by_type = sums(settlement.lines, lambda line: line.type_code.split("|")[0])
    told = {word.lower(): Decimal(net) for word, net in expected["by_type"].items()}
    assert by_type == told
    assert settlement.total == Decimal(expected["net"])


@pytest.mark.parametrize(("name", "expected"), samples("mercadopago_release"))
def test_mercado_pago_balances(name, expected):
    (settlement,) = read(name).settlements
    assert settlement.opening == Decimal(expected["initial"])
    assert settlement.total == Decimal(expected["movements"])
    assert settlement.opening + settlement.total == Decimal(expected["computed_end"])


@pytest.mark.parametrize(("name", "expected"), samples("wechat_merchant"))
def test_wechat_control_totals(name, expected):
    (settlement,) = read(name).settlements
    by_kind = sums(settlement.lines, lambda line: line.kind)
    if "settle" in expected:
        assert by_kind.get(Kind.SALE, 0) == Decimal(expected["settle"])
        assert -by_kind.get(Kind.REFUND, 0) == Decimal(expected["refund"])
        assert -by_kind.get(Kind.FEE, 0) == Decimal(expected["fee"])
    else:
        gained = sum(line.amount for line in settlement.lines if line.amount > 0)
        spent = sum(-line.amount for line in settlement.lines if line.amount < 0)
        assert (gained, spent) == (
            Decimal(expected["income"]),
            Decimal(expected["expense"]),
        )


@pytest.mark.parametrize(("name", "expected"), samples("camt"))
def test_camt_entries_and_balances(name, expected):
    settlements = read(name).settlements
    for settlement, told in zip(settlements, expected["statements"], strict=True):
        assert settlement.reference == told["id"]
        assert settlement.total == Decimal(told["sum_entries"])
        assert settlement.count == max(told["entries"], told["tx_details"])
        assert settlement.closes is told["closes"]


@pytest.mark.parametrize(("name", "expected"), samples("mt940"))
def test_mt940_statements(name, expected):
    settlements = read(name).settlements
    assert len(settlements) == expected["statements"]
    assert sum(one.total for one in settlements) == Decimal(expected["sum"])
    for which in ("opening", "closing"):
        found = [getattr(one, which) for one in settlements]
        assert found == [Decimal(balance) for balance in expected[which]]


@pytest.mark.parametrize(("name", "expected"), samples("ofx"))
def test_ofx_transactions(name, expected):
    parsed = read(name)
    assert len(parsed.lines) == expected["transactions"]
    assert sum(line.amount for line in parsed.lines) == Decimal(expected["sum"])
    ids = {line.transaction_ref for line in parsed.lines}
    assert len(ids) == expected["unique_fitid"]
    assert {one.currency for one in parsed.settlements} == set(expected["currency"])


@pytest.mark.parametrize(("name", "expected"), samples("bai2"))
def test_bai2_signed_sum(name, expected):
    parsed = read(name)
    assert len(parsed.lines) == expected["transactions"]
    total = sum(line.amount for line in parsed.lines)
    assert total * 100 == expected["signed_sum_minor_units"]


@pytest.mark.parametrize(("name", "expected"), samples("braintree"))
def test_braintree_amounts(name, expected):
    lines = read(name).lines
    settled = sum(line.amount for line in lines if line.part == "settled")
    assert settled == Decimal(expected["settlement_amount"])
    fees = sum(line.amount for line in lines if line.kind is Kind.FEE)
    assert -fees == Decimal(expected["total_fees"])
    shown = sum(line.original_amount for line in lines if line.part == "settled")
    assert shown == Decimal(expected["presentment_amount"])


@pytest.mark.parametrize(("name", "expected"), samples("dlocal"))
def test_dlocal_amounts_have_six_decimals(name, expected):
    (settlement,) = read(name).settlements
    assert settlement.total == Decimal(expected["net"])
    assert settlement.declared_total == Decimal(expected["header_net"])


@pytest.mark.parametrize(("name", "expected"), samples("trustly"))
def test_trustly_total(name, expected):
    (settlement,) = read(name).settlements
    assert settlement.total == Decimal(expected["last_row"][4])


@pytest.mark.parametrize(("name", "expected"), samples("bank_csv"))
def test_bank_csv_is_read(name, expected):
    (settlement,) = read(name).settlements
    assert settlement.lines
