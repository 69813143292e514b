"""Amazon's returns: a report of rows, read again and again, one return for each RMA."""

import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from amazon_seller import Seller
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.amazon.returns import (
    WINDOW,
    normalise_return,
    read_report,
)
from ecom_orders.marketplaces.base import OrderCursor
from ecom_orders.marketplaces.reading import clean, parse_json
from ecom_orders.marketplaces.schema import ReturnKind, ReturnStatus
from ecom_orders.marketplaces.transport import Headers

from simulator.amazon.documents import DocumentDesk
from simulator.amazon.returns import rma_of

US = "ATVPDKIKX0DER"
ORDER_ID = "202-1234567-1234567"
# The columns that Amazon's documentation lists, those that are read.
NAMES = (
    "Order ID",
    "Return request date",
    "Return request status",
    "Amazon RMA ID",
    "Return carrier",
    "Tracking ID",
    "Merchant SKU",
    "Return quantity",
    "Return Reason",
    "Return delivery date",
)


def row(**values):
    return {
        "Order ID": ORDER_ID,
        "Return request date": "20-Sep-2026",
        "Return request status": "Approved",
        "Amazon RMA ID": "RMA-1",
        "Merchant SKU": "MUG",
        "Return quantity": "1",
        "Return Reason": "CR-DEFECTIVE",
        **{name.replace("_", " "): value for name, value in values.items()},
    }


def report(*rows, names=NAMES):
    lines = ["\t".join(names)]
    lines += ["\t".join(line.get(name, "") for name in names) for line in rows]
    return "\r\n".join(lines).encode()


def envelopes(*rows, **options):
    return list(read_report(report(*rows, **options), Headers(), "GB"))


def returned(*rows):
    (envelope,) = envelopes(*rows)
    return normalise_return(parse_json(envelope.body))


def at(year, month, day):
    return datetime(year, month, day, tzinfo=timezone.utc)


def test_a_row_is_a_return_with_its_line():
    found = returned(row(Tracking_ID="H01", Return_carrier="Evri"))
    assert (found.external_id, found.order_id) == ("RMA-1", ORDER_ID)
    assert (found.status, found.raw_status) == (ReturnStatus.APPROVED, "Approved")
    assert (found.created_at, found.kind) == (at(2026, 9, 20), ReturnKind.CUSTOMER)
    assert (found.tracking_number, found.carrier) == ("H01", "Evri")
    (line,) = found.lines
    assert (line.sku, line.quantity, line.reason) == ("MUG", 1, "CR-DEFECTIVE")
    assert line.order_line_id == ""  # the documented columns name no order item


def test_rows_of_one_rma_are_one_return():
    found = returned(row(), row(**{"Merchant SKU": "CUP", "Return quantity": "2"}))
    assert [(line.sku, line.quantity) for line in found.lines] == [
        ("MUG", Decimal(1)),
        ("CUP", Decimal(2)),
    ]
    assert len({line.external_id for line in found.lines}) == 2


def test_without_a_number_order_and_day_tell_returns_apart():
    rows = [
        row(**{"Amazon RMA ID": "", "Return request date": day})
        for day in ("20-Sep-2026", "21-Sep-2026", "21-Sep-2026")
    ]
    assert [envelope.external_id for envelope in envelopes(*rows)] == [
        f"{ORDER_ID}/20-Sep-2026",
        f"{ORDER_ID}/21-Sep-2026",
    ]


def test_the_order_item_is_known_where_the_report_has_it():
    names = (*NAMES, "Order Item ID")
    (envelope,) = envelopes({**row(), "Order Item ID": "X1"}, names=names)
    assert normalise_return(parse_json(envelope.body)).lines[0].order_line_id == "X1"


def test_columns_are_found_in_any_spelling_and_order():
    names = tuple(re.sub(" ", "-", name.lower()) for name in reversed(NAMES))
    spelt = {re.sub(" ", "-", key.lower()): value for key, value in row().items()}
    assert envelopes(spelt, names=names) == envelopes(row())


@pytest.mark.parametrize(
    ("status", "delivered", "expected"),
    [
        ("Pending", "", ReturnStatus.REQUESTED),
        ("Pending Approval", "", ReturnStatus.REQUESTED),
        ("Approved", "26-Sep-2026", ReturnStatus.RECEIVED),
        ("Completed", "26-Sep-2026", ReturnStatus.CLOSED),
        ("Declined", "", ReturnStatus.REJECTED),
        ("Canceled", "", ReturnStatus.CANCELLED),
        ("Something new", "", ReturnStatus.REQUESTED),
    ],
)
def test_where_a_return_stands(status, delivered, expected):
    values = {"Return request status": status, "Return delivery date": delivered}
    assert returned(row(**values)).status is expected


def test_a_return_of_which_a_part_is_missing_has_not_been_received():
    came = row(**{"Return delivery date": "26-Sep-2026"})
    assert returned(came, row()).status is ReturnStatus.APPROVED


def test_what_was_received_is_newer_than_what_was_approved_on_the_same_day():
    before, after = returned(row()), returned(row(Return_delivery_date="20-Sep-2026"))
    assert before.updated_at == after.updated_at
    assert before.version < after.version


def test_a_return_that_has_not_moved_is_the_same_envelope():
    assert envelopes(row()) == envelopes(row())


def test_characters_that_end_lines_elsewhere_are_part_of_a_value():
    told = 'torn\rat the \u2028 seam, "quoted'
    assert returned(row(**{"Return Reason": told})).lines[0].reason == clean(told)


def test_an_empty_report_has_no_returns():
    assert list(read_report(b"", Headers(), "GB")) == []
    assert envelopes() == []


def test_a_report_without_its_columns_is_refused():
    with pytest.raises(errors.BadAnswer):
        list(read_report(b"a\tb\r\n1\t2", Headers(), "GB"))


@pytest.mark.parametrize(
    "values",
    [
        {"Return quantity": "many"},
        {"Return quantity": "-1"},
        {"Return quantity": ""},
        {"Return request date": ""},
        {"Return request date": "31-Feb-2026"},
        {"Return request date": "yesterday"},
    ],
)
def test_what_cannot_be_understood_names_its_field(values):
    with pytest.raises(errors.PayloadError) as caught:
        returned(row(**values))
    assert "rows[0]" in caught.value.details["field"]


# -- against the simulated seller ------------------------------------------------------


@pytest.fixture
def seller():
    with Seller() as running:
        yield running


def returning(seller, scenario="amazon_us"):
    order = seller.order(seller.place(scenario))
    seller.world.ship(order.id, tracking="T1")
    return seller.world.open_return(order.id, ((order.lines[0].id, 1),), "DEFECTIVE")


def test_returns_of_all_marketplaces_come(seller):
    for scenario in ("amazon_us", "amazon_de", "amazon_gb"):
        returning(seller, scenario)
    page = seller.connector().fetch_returns(OrderCursor())
    assert len(page.envelopes) == 3
    assert {envelope.kind for envelope in page.envelopes} == {base.RETURN}
    assert not page.more


def test_what_amazon_ships_comes_back_to_amazon(seller):
    order = seller.order(seller.place("amazon_us_fba"))
    seller.world.set_status(order.id, "completed")
    seller.world.open_return(order.id, ((order.lines[0].id, 1),))
    assert seller.connector().fetch_returns(OrderCursor()).envelopes == ()


def test_a_return_that_was_requested_weeks_ago_is_heard_of_again(seller):
    case = returning(seller)
    connector = seller.connector()
    page = connector.fetch_returns(OrderCursor())
    seller.wait(40 * 24 * 3600)
    for status in ("approved", "received"):
        seller.world.move_return(case.id, status)
    (envelope,) = connector.fetch_returns(page.cursor).envelopes
    assert envelope.external_id == page.envelopes[0].external_id
    moved = normalise_return(parse_json(envelope.body))
    assert moved.status is ReturnStatus.RECEIVED


def test_a_long_past_is_read_in_windows_that_amazon_accepts(seller):
    connector = seller.connector()
    now = seller.world.clock.now()
    cursor, more, pages = OrderCursor(now - 3 * WINDOW), True, 0
    while more:
        page = connector.fetch_returns(cursor)
        cursor, more, pages = page.cursor, page.more, pages + 1
    assert pages == 3
    assert now <= cursor.since <= seller.world.clock.now()


def test_a_report_that_takes_long_is_not_waited_for(seller, monkeypatch):
    """A worker has better things to do: a later call fetches what was ordered."""
    case = returning(seller)
    connector = seller.connector(marketplaces=(US,))
    slow = [True]
    due = DocumentDesk._is_due
    monkeypatch.setattr(
        DocumentDesk, "_is_due", lambda desk, job: not slow[0] and due(desk, job)
    )
    begun = seller.world.clock.now()
    page = connector.fetch_returns(OrderCursor())
    assert (page.envelopes, page.more, page.waits) == ((), False, True)
    assert seller.world.clock.now() - begun < timedelta(seconds=30)
    assert connector.fetch_returns(page.cursor).cursor == page.cursor
    slow[0] = False
    seller.wait(60)
    page = connector.fetch_returns(page.cursor)
    assert [envelope.external_id for envelope in page.envelopes] == [rma_of(case.id)]
    assert not page.waits
    assert page.cursor.seen == frozenset()
    assert seller.transport.operations().count("reports.createReport") == 1


def test_reports_that_were_ordered_are_not_lost_when_the_connection_is(seller):
    case = returning(seller)
    connector = seller.connector(attempts=1, marketplaces=(US,))
    send = seller.transport.send

    def losing(asked):
        if asked.operation == "reports.getReport":
            raise errors.TimedOut("no answer")
        return send(asked)

    seller.transport.send = losing
    page = connector.fetch_returns(OrderCursor())
    assert (page.envelopes, page.waits) == ((), True)
    with pytest.raises(errors.TimedOut):  # told when it happens again
        connector.fetch_returns(page.cursor)
    seller.transport.send = send
    page = connector.fetch_returns(page.cursor)
    assert [envelope.external_id for envelope in page.envelopes] == [rma_of(case.id)]
    assert seller.transport.operations().count("reports.createReport") == 1


def test_reports_that_amazon_gave_up_or_forgot_are_ordered_again(seller):
    case = returning(seller)
    connector = seller.connector(marketplaces=(US,))
    window = "2026-01-01T00:00:00+00:00|2026-02-01T00:00:00+00:00"
    forgotten = frozenset({f"@report:{window}|{US}|99"})
    page = connector.fetch_returns(OrderCursor(seller.world.clock.now(), forgotten))
    assert [envelope.external_id for envelope in page.envelopes] == [rma_of(case.id)]


def test_the_window_is_sent_as_the_model_wants_it(seller):
    connector = seller.connector(marketplaces=(US,))
    connector.fetch_returns(OrderCursor())
    (sent,) = [
        exchange.request.json
        for exchange in seller.transport.exchanges
        if exchange.request.operation == "reports.createReport"
    ]
    begin, end = (
        datetime.fromisoformat(sent[name].replace("Z", "+00:00"))
        for name in ("dataStartTime", "dataEndTime")
    )
    assert end - begin == timedelta(days=60)
