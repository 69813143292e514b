"""Settlements that a marketplace hands out: what is read, waited for, given up.

First how any listing is worked off, then what each marketplace is known for.
"""

import gzip
import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from amazon_seller import ScriptedTransport, credentials_for
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.amazon.client import AmazonConnector
from ecom_orders.marketplaces.base import OrderCursor, SettlementDocument
from ecom_orders.marketplaces.settlements import Listed, read_new
from fake_ebay import FakeEbay, answer, money
from fake_ebay import connector as ebay_connector
from fake_shopify import FakeShop, connection, refused
from fake_top import FakeTop, refuse

DAY = timedelta(days=1)
START = datetime(2026, 3, 1, tzinfo=timezone.utc)


def at(day):
    return START + day * DAY


def listed(*days, waiting=()):
    """Settlements named after the day that they are of."""
    return [Listed(str(day), at(day), day not in waiting) for day in days]


def document(row):
    return SettlementDocument(row.external_id, row.external_id, b"")


def names(page):
    return [one.external_id for one in page.documents]


class Broken:
    """Reads all but some settlements."""

    def __init__(self, **errors_by_name):
        self.errors = errors_by_name
        self.asked = []

    def __call__(self, row):
        self.asked.append(row.external_id)
        if f"n{row.external_id}" in self.errors:
            raise self.errors[f"n{row.external_id}"]
        return document(row)


# -- how a listing is worked off -------------------------------------------------------


def test_oldest_comes_first_whatever_the_order_of_the_listing():
    page = read_new(listed(3, 1, 2), OrderCursor(), document)
    assert names(page) == ["1", "2", "3"]
    assert page.more is False


def test_a_call_reads_some_and_says_that_there_are_more():
    page = read_new(listed(1, 2, 3), OrderCursor(), document, batch=2)
    assert (names(page), page.more) == (["1", "2"], True)
    page = read_new(listed(1, 2, 3), page.cursor, document, batch=2)
    assert (names(page), page.more) == (["3"], False)


def test_cursor_stays_behind_for_what_is_listed_late():
    page = read_new(listed(1, 20), OrderCursor(), document, overlap=7 * DAY)
    assert page.cursor == OrderCursor(at(13), frozenset({"20"}))
    page = read_new(listed(15, 20), page.cursor, document, overlap=7 * DAY)
    assert names(page) == ["15"]


def test_cursor_never_goes_back():
    page = read_new(listed(20), OrderCursor(at(18)), document, overlap=7 * DAY)
    assert page.cursor.since == at(18)


def test_cursor_of_an_empty_listing_stays_as_it_is():
    cursor = OrderCursor(at(5), frozenset({"x"}))
    assert read_new([], cursor, document).cursor == cursor


def test_what_is_not_final_is_waited_for_without_stopping_the_next():
    page = read_new(listed(1, 20, waiting=(1,)), OrderCursor(), document)
    assert (names(page), page.more) == (["20"], False)
    assert page.cursor.since == at(1)
    page = read_new(listed(1, 20), page.cursor, document)
    assert names(page) == ["1"]


def test_one_that_cannot_be_read_stops_no_other_and_is_read_later():
    read = Broken(n2=errors.BadAnswer("half a page"))
    page = read_new(listed(1, 2, 3), OrderCursor(), read, overlap=0 * DAY)
    assert names(page) == ["1", "3"]
    ((name, final),) = [(f.external_id, f.final) for f in page.failures]
    assert (name, final, page.more) == ("2", False, False)
    assert page.cursor.since == at(2)
    page = read_new(listed(2, 3), page.cursor, document)
    assert names(page) == ["2"]


def test_one_that_is_listed_twice_is_read_once():
    assert names(read_new(listed(1, 1), OrderCursor(), document)) == ["1"]


@pytest.mark.parametrize("error", [errors.NotFound("gone"), errors.NotMade("FATAL")])
def test_one_that_will_never_be_handed_out_is_told_once(error):
    page = read_new(listed(1, 2), OrderCursor(), Broken(n1=error), overlap=0 * DAY)
    assert [(f.external_id, f.final) for f in page.failures] == [("1", True)]
    assert page.cursor.since == at(2)


@pytest.mark.parametrize(
    "error",
    [
        errors.RateLimited("slow down", retry_after=60),
        errors.AuthenticationFailed("token expired"),
        errors.SendingStopped("emergency stop"),
    ],
)
def test_what_stops_everything_keeps_what_was_read_before_it(error):
    read = Broken(n2=error)
    page = read_new(listed(1, 2, 3), OrderCursor(), read)
    assert (names(page), page.more, read.asked) == (["1"], True, ["1", "2"])
    with pytest.raises(type(error)):
        read_new(listed(1, 2, 3), page.cursor, read)


def test_what_failed_in_this_run_is_left_alone():
    read = Broken()
    page = read_new(listed(1, 2), OrderCursor(), read, skip=frozenset({"1"}))
    assert (names(page), page.more) == (["2"], False)
    assert page.cursor.since <= at(1)
    assert "1" not in page.cursor.seen


def test_one_with_nothing_in_it_is_done():
    page = read_new(listed(1), OrderCursor(), lambda _row: None, overlap=0 * DAY)
    assert (page.documents, page.more) == ((), False)
    assert "1" in page.cursor.seen


# -- Shopify ---------------------------------------------------------------------------


def payout(number, status="PAID", day=1):
    return {
        "id": f"gid://shopify/ShopifyPaymentsPayout/{number}",
        "status": status,
        "transactionType": "DEPOSIT",
        "issuedAt": f"2026-03-{day:02d}T00:00:00Z",
        "externalTraceId": "T1",
        "net": {"amount": "10.00", "currencyCode": "USD"},
    }


def movement(number, payout_number):
    return {
        "id": f"gid://shopify/ShopifyPaymentsBalanceTransaction/{number}",
        "associatedPayout": {
            "id": f"gid://shopify/ShopifyPaymentsPayout/{payout_number}",
            "status": "PAID",
        },
    }


def account(field, *rows, after=None):
    return {"shopifyPaymentsAccount": {field: connection(rows, after)}}


def shopify(payouts, transactions=None):
    """A shop with these answers to its listings."""
    return FakeShop(
        Payouts=payouts,
        BalanceTransactions=transactions or account("balanceTransactions"),
    )


def fetch(connector, feed="payouts", since=None):
    return connector.fetch_settlements(feed, OrderCursor(since))


def body_of(page):
    (one,) = page.documents
    return json.loads(one.body)["data"]["shopifyPaymentsAccount"]


def test_shopify_pages_of_payouts_and_movements_are_put_together():
    shop = shopify(
        [
            account("payouts", payout(1), after="p2"),
            account("payouts", payout(2, "SCHEDULED", day=2)),
        ],
        [
            account("balanceTransactions", movement(1, 1), after="t2"),
            account("balanceTransactions", movement(2, 1)),
        ],
    )
    found = body_of(fetch(shop.connector(), since=START))
    assert len(found["balanceTransactions"]["nodes"]) == 2
    assert [sent["after"] for sent in shop.sent("Payouts")] == [None, "p2"]
    assert [s["after"] for s in shop.sent("BalanceTransactions")] == [None, "t2"]
    (search,) = {sent["query"] for sent in shop.sent("Payouts")}
    assert search == "issued_at:>='2026-03-01T00:00:00Z'"


def test_shopify_movement_of_another_payout_is_left_out():
    shop = shopify(
        account("payouts", payout(1)),
        account("balanceTransactions", movement(1, 1), movement(2, 9)),
    )
    (row,) = body_of(fetch(shop.connector()))["balanceTransactions"]["nodes"]
    assert row["id"].endswith("/1")


@pytest.mark.parametrize("status", ["SCHEDULED", "IN_TRANSIT", "A_NEW_ONE"])
def test_shopify_payout_that_can_still_fail_is_waited_for(status):
    page = fetch(shopify(account("payouts", payout(1, status))).connector())
    assert (page.documents, page.more) == ((), False)


@pytest.mark.parametrize("status", ["PAID", "FAILED", "CANCELED"])
def test_shopify_payout_that_is_decided_is_read(status):
    page = fetch(shopify(account("payouts", payout(1, status))).connector())
    assert names(page) == ["1"]


def test_shopify_missing_scope_is_named():
    shop = shopify(refused("ACCESS_DENIED", "Access denied."))
    with pytest.raises(errors.PermissionRefused) as caught:
        fetch(shop.connector())
    assert caught.value.details["scope"] == "read_shopify_payments_payouts"


def test_shopify_shop_without_shopify_payments_is_told_so():
    with pytest.raises(errors.RequestRefused) as caught:
        fetch(shopify({"shopifyPaymentsAccount": None}).connector())
    assert caught.value.details["hint"] == "no_payments_account"


def test_shopify_throttled_document_is_sent_again():
    shop = shopify([refused("THROTTLED"), account("payouts", payout(1))])
    assert names(fetch(shop.connector())) == ["1"]


def test_shopify_payout_without_a_date_is_a_bad_answer():
    row = {**payout(1), "issuedAt": None}
    with pytest.raises(errors.BadAnswer):
        fetch(shopify(account("payouts", row)).connector())


# -- Amazon ----------------------------------------------------------------------------

NOW = datetime(2026, 3, 20, 12, tzinfo=timezone.utc)
FLAT = b"settlement-id\ttotal-amount\n1\t2.00\n"
URL = {"url": "https://store.example/file"}


def report(number, status="DONE", day=10):
    row = {
        "reportId": str(number),
        "reportType": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
        "createdTime": f"2026-03-{day:02d}T00:00:00Z",
        "processingStatus": status,
    }
    return {**row, "reportDocumentId": f"d{number}"} if status == "DONE" else row


def amazon(reports, **answers):
    """A connector with these answers, by operation with ``_`` for the dot."""
    script = {
        "reports.getReports": reports,
        "reports.getReportDocument": (200, URL),
        "documents.get": (200, FLAT),
        **{name.replace("_", ".", 1): value for name, value in answers.items()},
    }
    transport = ScriptedTransport(script, NOW)
    return AmazonConnector(
        credentials_for("https://amazon.example"), transport
    ), transport


def amazon_page(*rows, token=None):
    return 200, {"reports": list(rows), **({"nextToken": token} if token else {})}


def test_amazon_token_of_the_next_page_is_the_only_parameter():
    connector, transport = amazon(
        [amazon_page(report(1), token="t"), amazon_page(report(2))]
    )
    assert names(fetch(connector, "reports")) == ["1", "2"]
    first, second = transport.sent("reports.getReports")
    assert dict(first.query) == {
        "reportTypes": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
        "createdSince": "2025-12-21T12:00:00Z",  # 89 days before now
        "pageSize": "100",
    }
    assert dict(second.query) == {"nextToken": "t"}


def test_amazon_since_is_asked_for_where_amazon_still_knows_it():
    connector, transport = amazon(amazon_page())
    fetch(connector, "reports", since=START)
    (request,) = transport.sent("reports.getReports")
    assert dict(request.query)["createdSince"] == "2026-03-01T00:00:00Z"


@pytest.mark.parametrize("is_compressed", [True, False])
def test_amazon_report_is_the_file_that_a_person_would_download(is_compressed):
    document_answer = {**URL, "compressionAlgorithm": "GZIP"} if is_compressed else URL
    connector, _transport = amazon(
        amazon_page(report(1)),
        reports_getReportDocument=(200, document_answer),
        documents_get=(200, gzip.compress(FLAT) if is_compressed else FLAT),
    )
    (one,) = fetch(connector, "reports").documents
    assert one.body == FLAT


def test_amazon_report_that_is_cut_off_is_left_for_a_later_run():
    connector, _transport = amazon(
        amazon_page(report(1), report(2, day=11)),
        reports_getReportDocument=(200, {**URL, "compressionAlgorithm": "GZIP"}),
        documents_get=[(200, gzip.compress(FLAT)[:-9]), (200, gzip.compress(FLAT))],
    )
    page = fetch(connector, "reports")
    assert names(page) == ["2"]
    assert [(f.external_id, f.error.code) for f in page.failures] == [
        ("1", "bad_answer")
    ]


@pytest.mark.parametrize("status", ["IN_QUEUE", "IN_PROGRESS"])
def test_amazon_report_that_is_still_made_is_waited_for(status):
    connector, _transport = amazon(amazon_page(report(1, status)))
    page = fetch(connector, "reports")
    assert (page.documents, page.failures, page.more) == ((), (), False)


def test_amazon_cancelled_report_has_no_data():
    connector, transport = amazon(amazon_page(report(1, "CANCELLED")))
    page = fetch(connector, "reports")
    assert (page.documents, page.failures) == ((), ())
    assert "1" in page.cursor.seen
    assert not transport.sent("reports.getReportDocument")


def test_amazon_fatal_report_will_never_come():
    connector, _transport = amazon(amazon_page(report(1, "FATAL"), report(2, day=11)))
    page = fetch(connector, "reports")
    assert names(page) == ["2"]
    assert [(f.external_id, f.final) for f in page.failures] == [("1", True)]


def test_amazon_address_of_a_file_that_has_ended_is_asked_for_again_later():
    connector, _transport = amazon(
        amazon_page(report(1)), documents_get=(403, b"<Error/>")
    )
    (failure,) = fetch(connector, "reports").failures
    assert failure.final is False


def test_amazon_expired_token_is_bought_again():
    expired = {"errors": [{"code": "Unauthorized", "message": "expired"}]}
    connector, transport = amazon([(401, expired), amazon_page(report(1))])
    assert names(fetch(connector, "reports")) == ["1"]
    assert len(transport.sent("token")) == 2


def test_amazon_missing_role_is_a_refused_permission():
    denied = {"errors": [{"code": "Unauthorized", "message": "Access denied"}]}
    connector, _transport = amazon((403, denied))
    with pytest.raises(errors.PermissionRefused):
        fetch(connector, "reports")


def deferred(number):
    amount = {"currencyAmount": 1.0, "currencyCode": "USD"}
    return {
        "transactionId": f"T{number}",
        "transactionStatus": "DEFERRED",
        "totalAmount": amount,
    }


def test_amazon_deferred_list_is_the_same_file_whatever_its_order():
    def rows(*numbers):
        return 200, {"payload": {"transactions": [deferred(n) for n in numbers]}}

    bodies = set()
    for answers in (rows(1, 2), rows(2, 1)):
        connector, transport = amazon(amazon_page(), finances_listTransactions=answers)
        (one,) = fetch(connector, "deferred").documents
        bodies.add(one.body)
        (request,) = transport.sent("finances.listTransactions")
        assert dict(request.query)["transactionStatus"] == "DEFERRED"
    assert len(bodies) == 1


def test_amazon_empty_pages_of_deferred_transactions_are_passed_over():
    token = {"payload": {"transactions": [], "nextToken": "n"}}
    last = {"payload": {"transactions": [deferred(1)]}}
    connector, _transport = amazon(
        amazon_page(), finances_listTransactions=[(200, token), (200, last)]
    )
    assert len(fetch(connector, "deferred").documents) == 1


def test_amazon_without_anything_deferred_has_no_list():
    nothing = {"payload": {"transactions": []}}
    connector, _transport = amazon(
        amazon_page(), finances_listTransactions=(200, nothing)
    )
    page = fetch(connector, "deferred")
    assert (page.documents, page.more) == ((), False)


# -- eBay ------------------------------------------------------------------------------

PAYOUTS = "/sell/finances/v1/payout"
TRANSACTIONS = "/sell/finances/v1/transaction"


def ebay_payout(number, status="SUCCEEDED", day=1):
    return {
        "payoutId": str(number),
        "payoutStatus": status,
        "payoutDate": f"2026-03-{day:02d}T00:00:00.000Z",
        "amount": money("10.00"),
    }


def ebay(*payouts, transactions=()):
    shop = FakeEbay()
    shop.routes["GET", PAYOUTS] = answer({"payouts": payouts, "total": len(payouts)})
    shop.routes["GET", TRANSACTIONS] = answer(
        {"transactions": list(transactions), "total": len(transactions)}
    )
    return shop


def test_ebay_transactions_are_asked_for_by_payout():
    shop = ebay(ebay_payout(5), transactions=[{"transactionId": "t"}])
    (one,) = fetch(ebay_connector(shop), since=START).documents
    (request,) = shop.asked(TRANSACTIONS)
    assert dict(request.query)["filter"] == "payoutId:{5}"
    assert len(json.loads(one.body)["transactions"]) == 1


def test_ebay_long_span_is_asked_for_in_windows_of_90_days_the_last_one_open():
    shop = ebay()
    now = datetime.now(timezone.utc)
    fetch(ebay_connector(shop), since=now - timedelta(days=100))
    first, last = (dict(r.query)["filter"] for r in shop.asked(PAYOUTS))
    assert first.startswith("payoutDate:[") and not first.endswith("..]")
    assert last.endswith("..]")


@pytest.mark.parametrize("status", ["INITIATED", "RETRYABLE_FAILED"])
def test_ebay_payout_that_is_not_decided_is_waited_for(status):
    page = fetch(ebay_connector(ebay(ebay_payout(1, status))), since=START)
    assert page.documents == ()


def test_ebay_answer_that_ignores_the_place_doubles_nothing_and_ends():
    rows = [{"transactionId": str(n)} for n in range(3)]
    shop = ebay(ebay_payout(1))
    shop.routes["GET", TRANSACTIONS] = answer({"transactions": rows, "total": 9})
    (one,) = fetch(ebay_connector(shop), since=START).documents
    assert len(json.loads(one.body)["transactions"]) == 3


def test_ebay_seller_who_has_to_sign_and_cannot_is_told_what_is_missing():
    connector = ebay_connector(ebay(), marketplaces=("EBAY_DE",))
    with pytest.raises(errors.PermissionRefused) as caught:
        fetch(connector, since=START)
    assert caught.value.details["missing"] == ("signing_key", "signing_jwe")


# -- Taobao ----------------------------------------------------------------------------

COMMISSION = {"account_id": 1, "account_name": "佣金", "account_type": 3}


def bill(number, day, second=0):
    moment = f"{day} 10:{second // 60 % 60:02d}:{second % 60:02d}"
    return {"bid": number, "account_id": 1, "amount": 100, "pay_time": moment}


def taobao(bills):
    """A gateway with these bills, as a function of what was sent or a list."""

    def listing(sent):
        rows = bills(sent) if callable(bills) else bills
        found = [
            row
            for row in rows
            if sent["start_time"] <= row["pay_time"] <= sent["end_time"]
        ]
        number, size = int(sent["page_no"]), int(sent["page_size"])
        page = found[(number - 1) * size : number * size]
        return {"bills": {"bill": page}, "has_next": number * size < len(found)}

    return FakeTop(
        bill_bills_get=listing,
        bill_accounts_get={"accounts": {"account": [COMMISSION]}},
    )


def days_ago(days):
    """A day of Beijing, as text and as the moment that it begins."""
    beijing = timezone(timedelta(hours=8))
    now = datetime.now(beijing) - timedelta(days=days)
    return f"{now:%Y-%m-%d}", now.replace(hour=0, minute=0, second=0, microsecond=0)


def test_taobao_bills_are_asked_for_by_complete_days_of_beijing():
    day, begins = days_ago(3)
    gateway = taobao([bill(1, day)])
    page = fetch(gateway(), "bills", since=begins + timedelta(hours=9))
    assert names(page) == [day]
    sent = gateway.sent("bills.get")[0]
    assert (sent["start_time"], sent["end_time"]) == (
        f"{day} 00:00:00",
        f"{day} 23:59:59",
    )


def test_taobao_subjects_that_the_bills_name_go_along():
    day, begins = days_ago(3)
    (one,) = fetch(taobao([bill(1, day)])(), "bills", since=begins).documents
    assert json.loads(one.body)["accounts"] == [COMMISSION]


def test_taobao_day_of_today_is_waited_for():
    day, begins = days_ago(0)
    page = fetch(taobao([bill(1, day)])(), "bills", since=begins)
    assert (page.documents, page.more) == ((), False)


def test_taobao_day_with_more_bills_than_can_be_asked_for_is_halved():
    day, begins = days_ago(2)
    rows = [bill(n, day, second=n % 3000) for n in range(1, 5_401)]
    (one,) = fetch(taobao(rows)(), "bills", since=begins).documents
    assert len(json.loads(one.body)["bills"]) == 5_400


def test_taobao_application_without_the_interfaces_is_refused_permission():
    gateway = FakeTop(
        bill_accounts_get=refuse(11, "Insufficient isv permissions"),
        bill_bills_get={},
    )
    with pytest.raises(errors.PermissionRefused):
        fetch(gateway(), "bills", since=START)


def test_amounts_keep_their_digits():
    row = {**payout(1), "net": {"amount": "10.10", "currencyCode": "USD"}}
    (one,) = fetch(shopify(account("payouts", row)).connector()).documents
    found = json.loads(one.body, parse_float=Decimal)["data"]
    node = found["shopifyPaymentsAccount"]["payouts"]["nodes"][0]
    assert node["net"]["amount"] == "10.10"
