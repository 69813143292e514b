"""What single formats are known for: signs, types, zones, ids, their traps."""

import json
from collections import defaultdict
from datetime import datetime, timezone
from decimal import Decimal

import pytest
from ecom_finance_recon import formats
from ecom_finance_recon.formats import errors, mapped
from ecom_finance_recon.formats.amounts import decimal_mark, parse_amount
from ecom_finance_recon.formats.base import FORMATS, Format, register
from ecom_finance_recon.formats.chain import BalanceChain
from ecom_finance_recon.formats.moments import parse_moment, zone_named
from ecom_finance_recon.formats.schema import ORDER_KINDS, FeeType, Kind
from settlement_files import (
    ADYEN,
    ALIPAY_ACCOUNT,
    ALIPAY_TRADES,
    AMAZON_FINANCES,
    AMAZON_V1,
    AMAZON_V2,
    AMAZON_V2_ROWS,
    BAI2,
    CAMT,
    EBAY,
    EBAY_FINANCES,
    ETSY,
    MERCADO_PAGO,
    MT940,
    OFX,
    PAYPAL_ACTIVITY_DE,
    PAYPAL_ACTIVITY_EN,
    PAYPAL_STL,
    SHOPIFY_CSV,
    SHOPIFY_GRAPHQL,
    STRIPE,
    TAOBAO,
    WECHAT_FUNDS,
    WECHAT_PERSONAL,
    WECHAT_TRADES,
    amazon_transaction,
    shopify_transaction,
    v2,
    v2_row,
)

D = Decimal


def read(sample, **options):
    return formats.parse(sample.content, options=formats.Options(**options))


def one(sample, **options):
    (settlement,) = read(sample, **options).settlements
    return settlement


def by_kind(lines):
    sums = defaultdict(Decimal)
    for line in lines:
        sums[line.fee or line.kind] += line.amount
    return dict(sums)


def utc(*parts):
    return datetime(*parts, tzinfo=timezone.utc)


# -- Amazon ----------------------------------------------------------------------------


def test_amazon_v2_by_kind():
    settlement = one(AMAZON_V2)
    assert by_kind(settlement.lines) == {
        Kind.SALE: D("100.00"),
        Kind.TAX: D("8.25"),
        Kind.CHANNEL_TAX: D("-8.25"),
        FeeType.COMMISSION: D("-12.00"),
        FeeType.FULFILMENT: D("-5.40"),
        Kind.PROMOTION: D("-4.99"),
        Kind.SHIPPING: D("4.99"),
        Kind.REFUND: D("-20.00"),
        FeeType.REFUND_ADMIN: D("-0.60"),
        FeeType.ADVERTISING: D("-7.00"),
        Kind.RESERVE: D("20.00"),
        Kind.SUSPENSE: D("0.15"),
    }
    assert settlement.currency == "USD"
    assert {line.currency for line in settlement.lines} == {"USD"}


def test_amazon_order_is_what_the_buyer_owes():
    """Facilitator's tax cancels out: the receivable is the invoice without tax."""
    order = [line for line in one(AMAZON_V2).lines if line.order_ref == "111-1"]
    owed = sum(line.amount for line in order if line.kind in ORDER_KINDS)
    assert owed == D("100.00") - D("4.99") + D("4.99")


def test_a_quote_in_a_sku_swallows_nothing():
    skus = {line.sku for line in one(AMAZON_V2).lines}
    assert 'TV 40"' in skus


def test_an_unknown_type_is_suspense_with_its_words():
    (line,) = [x for x in one(AMAZON_V2).lines if x.kind is Kind.SUSPENSE]
    assert line.type_code == "other-transaction|other-transaction|Brand New Thing"


def test_amazon_european_decimals_and_dates():
    text = AMAZON_V2.text
    for amount in ("75.15", "100.00", "15.00", "4.99", "8.25", "5.40", "20.00"):
        text = text.replace(amount, amount.replace(".", ","))
    for amount in ("3.00", "0.60", "7.00", "50.00", "30.00", "0.15"):
        text = text.replace(f"\t{amount}\t", f"\t{amount.replace('.', ',')}\t")
        text = text.replace(f"\t-{amount}\t", f"\t-{amount.replace('.', ',')}\t")
    text = text.replace("2026-06-16 10:11:12 UTC", "16.06.2026 10:11:12 UTC")
    (settlement,) = formats.parse(text.encode()).settlements
    assert settlement.closes
    sale = next(line for line in settlement.lines if line.kind is Kind.SALE)
    assert sale.posted_at == utc(2026, 6, 16, 10, 11, 12)


def test_a_transfer_at_the_end_is_the_payout_and_no_movement():
    row = v2_row("Transfer", "", "other-transaction", "Transfer", "-75.15")
    (settlement,) = formats.parse(
        v2("75.15", *AMAZON_V2_ROWS, row).encode()
    ).settlements
    assert settlement.closes
    assert settlement.payout == D("-75.15")


def test_without_its_summary_nothing_closes():
    rows = AMAZON_V2.text.splitlines(keepends=True)
    (settlement,) = formats.parse("".join(rows[:1] + rows[2:]).encode()).settlements
    assert settlement.closes is False
    assert settlement.declared_total is None
    assert settlement.difference is None


def test_a_cent_too_much_is_told():
    (settlement,) = formats.parse(v2("75.16", *AMAZON_V2_ROWS).encode()).settlements
    assert settlement.closes is False
    assert settlement.difference == D("-0.01")


def test_amazon_v1_row_with_two_amounts_and_trailing_spaces():
    sums = by_kind(one(AMAZON_V1).lines)
    assert sums[FeeType.ADVERTISING] == D("-9.00")
    assert sums[Kind.FEE_TAX] == D("-1.08")
    assert sums[Kind.CARRY_OVER] == D("-0.02")


def test_a_released_transaction_replaces_the_deferred_one():
    leaves = (("OurPricePrincipal", "50.00"),)
    pages = [
        {"transactions": [amazon_transaction("T1", "DEFERRED", "111-1", *leaves)]},
        {"transactions": [amazon_transaction("T1", "DEFERRED_RELEASED", "1", *leaves)]},
    ]
    deferred = formats.parse(json.dumps(pages[:1]).encode())
    released = formats.parse(json.dumps(pages).encode())
    backwards = formats.parse(json.dumps(pages[::-1]).encode())
    assert deferred.settlements[0].reference == "deferred"
    assert released.settlements[0].reference == "GROUP-1"
    assert backwards.settlements[0].reference == "GROUP-1"
    assert [x.key for x in deferred.lines] == [x.key for x in released.lines]


def related(transaction, **names):
    """The transaction with these related ids; ``None`` takes one away."""
    kept = [
        one
        for one in transaction["relatedIdentifiers"]
        if one["relatedIdentifierName"] not in names
    ]
    kept += [
        {"relatedIdentifierName": name, "relatedIdentifierValue": value}
        for name, value in names.items()
        if value
    ]
    return {**transaction, "relatedIdentifiers": kept}


def finances(*transactions):
    content = json.dumps({"transactions": transactions}).encode()
    return {one.reference: one for one in formats.parse(content).settlements}


LEAVES = (("OurPricePrincipal", "50.00"), ("Commission", "-7.50"))


def test_deferred_transaction_is_held_back_until_a_day_by_a_policy():
    told = amazon_transaction("T1", "DEFERRED", "111-1", *LEAVES)
    told["contexts"] = [
        {"deferralReason": "DD7", "maturityDate": "2026-05-09T00:00:00Z"}
    ]
    (held,) = finances(told)["deferred"].deferrals
    assert (held.reference, held.amount, held.reason) == ("T1", D("42.50"), "DD7")
    assert (held.order_ref, held.is_released) == ("111-1", False)
    assert held.matures_at == utc(2026, 5, 9)


def test_maturity_may_be_told_of_an_item():
    told = amazon_transaction("T1", "DEFERRED", "111-1", *LEAVES)
    told["items"][0]["contexts"].append({"maturityDate": "2026-05-09T00:00:00Z"})
    (held,) = finances(told)["deferred"].deferrals
    assert held.matures_at == utc(2026, 5, 9)


def test_released_transaction_counts_once_with_the_one_that_releases_it():
    """42.50 are paid: the deferred one is told once more, and is no money."""
    before = related(
        amazon_transaction("T1", "DEFERRED_RELEASED", "111-1", *LEAVES),
        RELEASE_TRANSACTION_ID="R1",
    )
    release = related(
        amazon_transaction("R1", "RELEASED", "111-1", *LEAVES),
        DEFERRED_TRANSACTION_ID="T1",
    )
    for told in ((before, release), (release, before)):
        found = finances(*told)
        assert found["GROUP-1"].total == D("42.50")
        assert {line.deferral_ref for line in found["GROUP-1"].lines} == {"T1"}
        (held,) = found["deferred"].deferrals
        assert (held.is_released, held.release_ref) == (True, "R1")
        assert found["deferred"].lines == ()
        assert all(one.closes for one in found.values())


def test_release_beside_it_is_found_though_the_deferred_one_does_not_name_it():
    before = amazon_transaction("T1", "DEFERRED_RELEASED", "111-1", *LEAVES)
    release = related(
        amazon_transaction("R1", "RELEASED", "111-1", *LEAVES),
        DEFERRED_TRANSACTION_ID="T1",
    )
    assert finances(before, release)["GROUP-1"].total == D("42.50")


def test_released_transaction_without_a_settlement_is_no_money():
    told = related(
        amazon_transaction("T1", "DEFERRED_RELEASED", "111-1", *LEAVES),
        FINANCIAL_EVENT_GROUP_ID=None,
    )
    (found,) = finances(told).values()
    assert (found.reference, found.total, found.closes) == ("deferred", 0, True)


def test_what_breakdowns_do_not_explain_is_suspense():
    transaction = amazon_transaction(
        "T1", "RELEASED", "111-1", ("Commission", "-7.50"), total="-8.00"
    )
    content = json.dumps({"transactions": [transaction]}).encode()
    (settlement,) = formats.parse(content).settlements
    assert by_kind(settlement.lines)[Kind.SUSPENSE] == D("-0.50")
    assert settlement.total == D("-8.00")


def test_amazon_finances_by_kind():
    assert by_kind(one(AMAZON_FINANCES).lines) == {
        Kind.SALE: D("50.00"),
        FeeType.COMMISSION: D("-7.50"),
        Kind.SUSPENSE: D("-0.10"),
        Kind.REFUND: D("-20.00"),
    }


# -- Alipay, WeChat --------------------------------------------------------------------


def test_alipay_received_is_what_settles_not_the_order():
    """199.00 ordered, 10.00 seller's discount, 5.00 Alipay's: 189.00 received."""
    settlement = one(ALIPAY_TRADES)
    assert by_kind(settlement.lines) == {
        Kind.SALE: D(189) + D(60),
        Kind.REFUND: D(-50),
        FeeType.PAYMENT: D("-1.13") - D("0.36") + D("0.30"),
    }
    sale = settlement.lines[0]
    assert (sale.order_ref, sale.original_amount) == ("1234567890123", D("199.00"))
    assert sale.description == "红茶, 大罐"
    assert sale.posted_at == utc(2026, 3, 1, 2, 0, 5)
    refund = next(x for x in settlement.lines if x.kind is Kind.REFUND)
    assert refund.posted_at == utc(2026, 3, 1, 10, 0)
    assert (refund.transaction_ref, refund.related_ref) == ("RE-1", "20260301220014")


def test_alipay_balance_is_what_movements_say():
    settlement = one(ALIPAY_ACCOUNT)
    assert (settlement.opening, settlement.closing) == (D("0.00"), D("7.81"))
    assert by_kind(settlement.lines)[Kind.TRANSFER] == D("-190.00")


def test_a_movement_that_is_cut_out_breaks_the_chain_of_balances():
    lines = ALIPAY_ACCOUNT.text.splitlines(keepends=True)
    cut = "".join(lines[:7] + lines[8:]).encode("gb18030")
    (settlement,) = formats.parse(cut).settlements
    gaps = {check.code: check.computed for check in settlement.checks}
    assert gaps["balance_gaps"] == 1
    assert settlement.opening is None


def test_chain_of_balances_needs_no_order():
    """5 -> 4 -> 0 -> 5 -> 8, told in another order."""
    chain = BalanceChain()
    for amount, balance in ((3, 8), (-1, 4), (5, 5), (-4, 0)):
        chain.add(D(amount), D(balance))
    assert (chain.gaps, chain.opening, chain.closing) == (0, D(5), D(8))
    chain.add(D(1), D(100))
    assert (chain.gaps, chain.opening) == (1, None)


def test_wechat_refund_is_positive_in_the_file_and_its_fee_negative():
    settlement = one(WECHAT_TRADES)
    assert by_kind(settlement.lines) == {
        Kind.SALE: D("119.90"),
        Kind.REFUND: D("-20.00"),
        FeeType.PAYMENT: D("-0.59940"),
    }
    refund = next(x for x in settlement.lines if x.kind is Kind.REFUND)
    assert (refund.transaction_ref, refund.related_ref) == ("5001", "42002")
    assert settlement.lines[0].description == "茶, 大罐"


def test_wechat_older_bills_round_the_fees():
    rounded = WECHAT_TRADES.text.replace("`0.59940,`139.90", "`0.60,`139.90")
    assert formats.parse(rounded.encode()).closes


def test_wechat_funds_have_balances():
    settlement = one(WECHAT_FUNDS)
    assert (settlement.opening, settlement.closing) == (D("1.00"), D("80.30"))


def test_wechat_fee_hides_in_a_remark():
    text = WECHAT_PERSONAL.text.replace('"/"', '"服务费¥0.10"')
    lines = formats.parse(text.encode()).lines
    fees = [line.amount for line in lines if line.kind is Kind.FEE]
    assert fees == [D("-0.10")]


# -- payment services ------------------------------------------------------------------


def test_shopify_settlements_are_payouts_and_the_rest_is_pending():
    paid, pending = read(SHOPIFY_CSV).settlements
    assert (paid.reference, paid.deposit_at) == ("700", utc(2026, 2, 2))
    assert (pending.reference, pending.warnings) == ("", ("not_paid_out",))
    refund = next(x for x in paid.lines if x.kind is Kind.REFUND)
    assert refund.original_amount == D("-10.00")  # positive in the file
    assert paid.lines[0].posted_at == utc(2026, 1, 19, 11, 7, 45)
    unknown = [x.type_code for x in paid.lines if x.kind is Kind.SUSPENSE]
    assert unknown == ["shop_gadget"]


def test_shopify_graphql_payout_is_the_control_total():
    settlement = one(SHOPIFY_GRAPHQL)
    assert settlement.declared_total == D("79.70")
    assert settlement.bank_account == "TRACE-9"
    assert by_kind(settlement.lines) == {
        Kind.SALE: D("100.00"),
        FeeType.PAYMENT: D("-3.20"),
        Kind.RESERVE: D("-15.00"),
        FeeType.SHIPPING: D("-2.10"),
    }


def test_shopify_transaction_in_two_pages_is_one():
    page = json.loads(SHOPIFY_GRAPHQL.text)
    content = json.dumps([page, page]).encode()
    assert formats.parse(content).closes


def test_shopify_test_transactions_are_no_money():
    page = json.loads(SHOPIFY_GRAPHQL.text)
    account = page["data"]["shopifyPaymentsAccount"]
    test = {**shopify_transaction("9", "CHARGE", "5.00", "0.00"), "test": True}
    account["balanceTransactions"]["edges"].append({"node": test})
    assert formats.parse(json.dumps(page).encode()).closes


def test_stripe_payout_is_no_part_of_the_sum():
    settlement = one(STRIPE)
    assert (settlement.total, settlement.payout) == (D("13.55"), D("-13.55"))
    assert settlement.lines[0].order_ref == "SO-1"


def test_stripe_without_a_zone_uses_the_accounts():
    text = STRIPE.text.replace("_utc", "")
    assumed = formats.parse(text.encode()).settlements[0]
    told = formats.parse(
        text.encode(), options=formats.Options(zone=zone_named("America/New_York"))
    ).settlements[0]
    assert "zone_assumed_utc" in assumed.warnings
    assert told.lines[0].posted_at == utc(2026, 1, 30, 15, 11, 12)


def test_paypal_minor_units_are_hundredths_in_yen_too():
    settlement = one(PAYPAL_STL)
    assert by_kind(settlement.lines) == {
        Kind.SALE: D(52),
        FeeType.PAYMENT: D("-2.05"),
        Kind.REFUND: D(-10),
        Kind.TRANSFER: D(-30),
    }
    assert (settlement.opening, settlement.closing) == (D(1), D("10.95"))
    assert settlement.account == "ACC1"


def test_paypal_settlement_without_totals_does_not_close():
    lines = [x for x in PAYPAL_STL.text.splitlines() if x[1:3] not in ("SF", "RF")]
    (settlement,) = formats.parse("\n".join(lines).encode()).settlements
    assert settlement.closes is False


def test_paypal_old_files_are_utf16():
    assert formats.parse(PAYPAL_STL.text.encode("utf-16")).closes


def test_paypal_activity_denied_payments_move_nothing():
    settlement = one(PAYPAL_ACTIVITY_EN)
    memo = [line for line in settlement.lines if line.kind is Kind.MEMO]
    assert [line.amount for line in memo] == [D("15.00")]
    assert settlement.total == D("65.75")
    assert settlement.lines[0].posted_at == utc(2026, 1, 25, 15, 45, 51)


def test_paypal_activity_in_german():
    settlement = one(PAYPAL_ACTIVITY_DE)
    assert by_kind(settlement.lines) == {
        Kind.SALE: D("1084.00"),
        FeeType.PAYMENT: D("-34.25"),
        Kind.REFUND: D("-84.00"),
    }


def test_adyen_fees_are_inside_of_the_net():
    settlement = one(ADYEN)
    # 113.00 net + 0.50 + 0.30 + 0.20 + 1.00
    assert by_kind(settlement.lines)[Kind.SALE] == D("115.00")
    assert by_kind(settlement.lines)[Kind.CHARGEBACK] == D("-5.00")
    assert settlement.payout == D("-76.10")
    assert settlement.lines[0].posted_at == utc(2026, 2, 10, 9, 25, 36)


def test_mercado_pago_offsets_change_within_a_file():
    settlement = one(MERCADO_PAGO)
    assert settlement.lines[0].posted_at == utc(2026, 4, 17, 19, 7, 53)
    assert (settlement.opening, settlement.closing) == (D(1500), D("1565.20"))


# -- marketplaces ----------------------------------------------------------------------


def test_ebay_counts_an_order_of_two_items_once():
    settlement = one(EBAY)
    sums = by_kind(settlement.lines)
    assert sums[Kind.SALE] == D("1023.26")
    # -0.3 -2.2 -1.2 -0.16 and 0.3 + 1.2 given back
    assert sums[FeeType.COMMISSION] == D("-2.36")
    assert sums[FeeType.ADVERTISING] == D("-0.89")
    assert settlement.account == "test.seller"


def test_ebay_fees_of_another_site_are_fees_too():
    text = EBAY.text.replace("International fee", "Frais internationaux")
    (settlement,) = formats.parse(text.encode()).settlements
    assert settlement.closes
    assert by_kind(settlement.lines)[FeeType.OTHER] == D("-0.16")


def test_ebay_finances_amounts_have_a_direction():
    settlement = one(EBAY_FINANCES)
    assert by_kind(settlement.lines) == {
        Kind.SALE: D("100.00"),
        FeeType.COMMISSION: D("-13.20") + D("2.70"),
        FeeType.ADVERTISING: D("-0.30"),
        Kind.REFUND: D("-20.00"),
        FeeType.SHIPPING: D("-4.20"),
    }
    assert settlement.bank_account == "1234"


def test_etsy_deposit_is_in_the_title_only():
    settlement = one(ETSY)
    assert settlement.payout == D("-1100.00")
    assert by_kind(settlement.lines)[FeeType.LISTING] == D("-0.56")


def test_taobao_types_are_named_by_the_accounts_call():
    settlement = one(TAOBAO)
    assert by_kind(settlement.lines) == {
        FeeType.COMMISSION: D("-5.50"),
        Kind.SUSPENSE: D("0.50"),
    }
    assert settlement.lines[0].posted_at == utc(2026, 5, 1, 2)


def test_taobao_bills_are_in_yuan_whatever_the_company_counts_in():
    assert one(TAOBAO, currency="USD").currency == "CNY"


@pytest.mark.parametrize("status", ["RETRYABLE_FAILED", "TERMINAL_FAILED", "REVERSED"])
def test_ebay_payout_that_did_not_reach_the_bank_is_told(status):
    content = EBAY_FINANCES.content.replace(b"SUCCEEDED", status.encode())
    assert content != EBAY_FINANCES.content
    (settlement, *_others) = formats.parse(content).settlements
    assert "payout_failed" in settlement.warnings


# -- banks -----------------------------------------------------------------------------


def test_camt_batch_is_a_line_for_each_detail_and_pending_is_none():
    settlement = one(CAMT)
    amounts = [line.amount for line in settlement.lines if line.kind is Kind.BANK]
    assert amounts == [D("50.00"), D("30.00"), D("-4.50")]
    assert settlement.lines[0].partner == "Channel One"
    assert settlement.lines[0].merchant_ref == "PO-1"
    assert (settlement.opening, settlement.closing) == (D("-10.00"), D("65.50"))
    assert settlement.account == "DE02120300000000202051"


def test_mt940_years_wrap_and_reversals_turn_the_sign():
    settlement = one(MT940)
    assert [line.amount for line in settlement.lines] == [D("50.25"), D("-0.25")]
    assert settlement.lines[0].posted_at == utc(2025, 12, 31)
    assert settlement.lines[0].merchant_ref == "PO-1"


def test_mt940_texts_may_begin_with_a_dash():
    text = MT940.text.replace("payout 1 of", "payout 1\n-of it\n-20 of")
    (settlement,) = formats.parse(text.encode()).settlements
    assert settlement.closes and len(settlement.lines) == 2


def test_mt940_without_its_closing_balance_does_not_close():
    cut = MT940.text.replace(":62F:C260101EUR150,\n-\n", "")
    assert formats.parse(cut.encode()).closes is False


def test_mt940_without_any_balance_proves_nothing():
    lines = [x for x in MT940.text.splitlines() if x[:3] not in (":60", ":62")]
    assert formats.parse("\n".join(lines).encode()).closes is None


def test_bank_csv_with_a_column_for_the_side():
    text = """Date,Label,D/C,Amount,Balance
12/15/2026,one,D,33.50,-23.50
12/16/2026,two,C,"1,533.50","1,510.00"
"""
    (settlement,) = formats.parse(text.encode()).settlements
    assert [line.amount for line in settlement.lines] == [D("-33.50"), D("1533.50")]
    assert settlement.closes
    assert settlement.lines[0].posted_at == utc(2026, 12, 15)


def test_ofx_knows_its_end_but_not_its_beginning():
    settlement = one(OFX)
    assert settlement.closing == D("500.10")
    assert settlement.closes is None
    assert settlement.lines[0].posted_at == utc(2026, 3, 23, 5)


def test_bai2_minor_units_and_control_totals():
    settlement = one(BAI2)
    assert [line.amount for line in settlement.lines] == [D("25.00"), D("-2.50")]
    assert settlement.lines[0].merchant_ref == "PO-1"
    assert {check.code for check in settlement.checks} == {
        "control_total",
        "closing_balance",
    }
    wrong = BAI2.text.replace("49,25000", "49,25001")
    assert formats.parse(wrong.encode()).closes is False


def test_a_bai2_file_without_its_end_is_refused():
    with pytest.raises(errors.FileDamaged):
        formats.parse(BAI2.text.replace("99,25000,1,9/\n", "").encode())


# -- files that a person describes -----------------------------------------------------

UNKNOWN = """Order ID,Settlement Time,SKU ID,Platform Commission,Settlement Amount,Kind
TT1,2026-05-15,SV-30,4.13,45.87,order
TT2,2026-05-20,PGR-01,2.25,22.25,order
TT3,2026-05-21,,0.00,-3.00,penalty
"""
MAPPING = mapped.Mapping(
    columns={
        "order": "Order ID",
        "date": "Settlement Time",
        "sku": "SKU ID",
        "fee": "Platform Commission",
        "amount": "Settlement Amount",
        "type": "Kind",
    },
    kinds={"order": "sale", "penalty": "fee:other"},
    currency="MYR",
    amount_is_net=True,
    zone="Asia/Kuala_Lumpur",
    total=D("65.12"),
)


def test_a_mapping_is_suggested_from_the_header():
    suggested = mapped.suggest(UNKNOWN.encode())
    assert suggested.columns["amount"] == "Settlement Amount"
    assert suggested.columns["order"] == "Order ID"
    assert suggested.columns["date"] == "Settlement Time"


def test_a_mapped_file_closes_to_the_total_that_a_person_typed():
    options = formats.Options(mapping=MAPPING)
    parsed = formats.parse(UNKNOWN.encode(), format="mapped", options=options)
    (settlement,) = parsed.settlements
    assert settlement.closes
    assert by_kind(settlement.lines) == {
        Kind.SALE: D("50.00") + D("24.50"),
        FeeType.COMMISSION: D("-6.38"),
        FeeType.OTHER: D("-3.00"),
    }
    assert settlement.lines[0].posted_at == utc(2026, 5, 14, 16)


def test_a_mapping_is_kept_as_plain_data():
    stored = json.loads(json.dumps(MAPPING.to_dict()))
    assert mapped.Mapping.from_dict(stored) == MAPPING


def test_a_preview_shows_what_comes_of_it():
    shown = mapped.preview(UNKNOWN.encode(), MAPPING, rows=1)
    assert shown.header[0] == "Order ID"
    assert len(shown.rows) == 1
    assert [line.amount for line in shown.lines] == [D("50.00"), D("-4.13")]
    assert shown.error == ""


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"columns": {"date": "Settlement Time"}}, "file_damaged"),
        ({"columns": {"amount": "Not there"}}, "file_damaged"),
        ({"columns": {"amount": "SKU ID"}}, "bad_value"),
        ({"zone": "Mars/Olympus"}, "file_damaged"),
    ],
)
def test_a_preview_never_raises(change, error):
    mapping = mapped.Mapping.from_dict({**MAPPING.to_dict(), **change})
    assert mapped.preview(UNKNOWN.encode(), mapping).error == error


def test_without_a_mapping_nothing_is_read():
    with pytest.raises(errors.NotRecognised):
        formats.parse(UNKNOWN.encode(), format="mapped")


# -- another addon's format ------------------------------------------------------------


def test_another_addon_adds_a_format():
    @register
    class MyBill(Format):
        code, title = "my_bill", "My marketplace: bill"

        def sniff(self, document):
            return 99 if document.head.startswith("MY BILL") else 0

        def read_into(self, document, book):
            draft = book.draft("B1", "EUR")
            for number, (text,) in document.rows("|"):
                if number > 1:
                    row = type("Row", (), {"number": number, "raw": {"amount": text}})
                    draft.add(row, Kind.SALE, Decimal(text))
            draft.check("total", Decimal("3.50"), draft.total)

    try:
        parsed = formats.parse(b"MY BILL\n1.25\n2.25\n")
        assert (parsed.format, parsed.closes) == ("my_bill", True)
    finally:
        del FORMATS["my_bill"]


# -- amounts and times -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("1,234.50", ".", "1234.50"),
        ("1.234,50", ",", "1234.50"),
        ("-CA$4.42", ".", "-4.42"),
        ("CA$-4.42", ".", "-4.42"),
        ("EUR 12.50", ".", "12.50"),
        ("12,50 €", ",", "12.50"),
        ("R$ 1.250,00", ",", "1250"),
        ("¥28.16", ".", "28.16"),
        ("(12.00)", ".", "-12.00"),
        ("12.00-", ".", "-12.00"),
        ("9,", ",", "9"),
        ("1 234,5", ",", "1234.5"),
        ("12,34,567.00", ".", "1234567.00"),
        ("1.2302E+3", ".", "1230.2"),
        ("−5", ".", "-5"),
        ("--", ".", None),
        ("", ".", None),
    ],
)
def test_amounts_as_providers_write_them(text, mark, amount):
    assert parse_amount(text, mark) == (None if amount is None else D(amount))


@pytest.mark.parametrize(
    "text",
    ["abc", "1,23", "1.234,50", "--5", "1-2", "(-5)", "£", "SV-30", "5x", "12 apples"],
)
def test_what_is_no_amount(text):
    with pytest.raises(ValueError):
        parse_amount(text, ".")


def test_one_decimal_mark_for_a_file():
    assert decimal_mark(["1.234", "5,50"]) == ","
    assert decimal_mark(["1,234", "5.5"]) == "."
    assert decimal_mark(["1.234.567"]) == ","
    assert decimal_mark(["1,234"]) == "."


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-06-16 00:00:00 UTC", utc(2026, 6, 16)),
        ("2026/01/06 00:00:30 -0800", utc(2026, 1, 6, 8, 0, 30)),
        ("2026-01-19 12:07:45 +0100", utc(2026, 1, 19, 11, 7, 45)),
        ("2018-04-17T15:07:53.000-04:00", utc(2018, 4, 17, 19, 7, 53)),
        ("2026-02-01T12:00:00.000Z", utc(2026, 2, 1, 12)),
        ("16.06.2026 10:11:12 UTC", utc(2026, 6, 16, 10, 11, 12)),
        ("Aug 31, 2026", utc(2026, 8, 31)),
        ("31 July, 2026", utc(2026, 7, 31)),
        ("12/19/2025", utc(2025, 12, 19)),
        ("20130831165153.000[-8:PST]", utc(2013, 9, 1, 0, 51, 53)),
        ("2019年09月16日 00:00:00", utc(2019, 9, 16)),
        ("01/04/20", utc(2020, 4, 1)),
    ],
)
def test_times_as_providers_write_them(text, moment):
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text", ["2026-13-01", "soon", "0001-01-01", "2026-02-30", "1"]
)
def test_what_is_no_time(text):
    with pytest.raises(ValueError):
        parse_moment(text)
