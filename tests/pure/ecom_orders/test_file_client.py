"""Files, step "fetch": a file at an address, asked for again only when it changed."""

import json
from datetime import datetime, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import (
    CONNECTORS,
    ORDER,
    UNREADABLE,
    Credentials,
    OrderCursor,
)
from ecom_orders.marketplaces.file import (
    FileConnector,
    FileUnreadable,
    Mapping,
    parse_orders,
    read_table,
    suggest_mapping,
)
from ecom_orders.marketplaces.pricing import price_order
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import LineKind, OrderStatus
from ecom_orders.marketplaces.transport import Settings, Transport
from scripted_server import Answer, FakeClock, ScriptedServer

from simulator import DEFAULT_KEY, DEFAULT_SECRET, Simulator

COLUMNS = {
    "No": "number",
    "Date": "created_at",
    "SKU": "line.sku",
    "Price": "line.total",
}
MAPPING = Mapping(columns=COLUMNS, constants={"currency": "EUR"})
CSV = b"No,Date,SKU,Price\n1,2026-03-01,MUG,5.00\n2,2026-03-02,CUP,x\n"
MADE = {"Last-Modified": "Mon, 02 Mar 2026 10:00:00 GMT", "ETag": '"one"'}


def connect(url, mapping=MAPPING, key="", secret="", **settings):
    options = {"mapping": mapping.as_json()} if mapping else {}
    credentials = Credentials(url, key, secret, options=options)
    transport = Transport(Settings(attempts=1, **settings), clock=FakeClock())
    return FileConnector(credentials, transport)


@pytest.fixture
def serve():
    """Start a server that gives these answers; returns it."""
    running = []

    def start(*answers):
        running.append(ScriptedServer(*answers).__enter__())
        return running[-1]

    yield start
    for server in running:
        server.__exit__()


def test_it_is_registered():
    assert CONNECTORS["file"] is FileConnector
    assert not FileConnector.required


# -- one file --------------------------------------------------------------------------


def test_orders_and_refused_rows_come_as_envelopes(serve):
    server = serve(Answer(body=CSV, headers=MADE))
    page = connect(f"{server.url}/list.csv").fetch_orders(OrderCursor())
    order, refused = page.envelopes
    assert (order.kind, order.external_id) == (ORDER, "1")
    assert refused.kind == UNREADABLE
    assert json.loads(refused.body) == {
        "line": 3,
        "column": "Price",
        "reason": "not_a_number",
        "value": "x",
    }
    assert not page.more


def test_the_time_of_the_file_is_that_of_orders_without_their_own(serve):
    server = serve(Answer(body=CSV, headers=MADE))
    page = connect(server.url).fetch_orders(OrderCursor())
    order = FileConnector.normalise_order(parse_json(page.envelopes[0].body))
    assert order.updated_at == datetime(2026, 3, 2, 10, tzinfo=timezone.utc)
    assert page.cursor.since == order.updated_at


def test_a_file_that_did_not_change_is_not_read_again(serve):
    server = serve(Answer(body=CSV, headers=MADE), Answer(304, b""))
    cursor = connect(server.url).fetch_orders(OrderCursor()).cursor
    page = connect(server.url).fetch_orders(cursor)
    assert page.envelopes == ()
    assert page.cursor == cursor
    assert "If-None-Match" not in server.seen[0].headers
    assert server.seen[1].headers["If-None-Match"] == '"one"'


def test_another_mapping_reads_the_same_file_anew(serve):
    server = serve(Answer(body=CSV, headers=MADE))
    cursor = connect(server.url).fetch_orders(OrderCursor()).cursor
    other = Mapping(columns=COLUMNS, constants={"currency": "USD"})
    connect(server.url, other).fetch_orders(cursor)
    assert "If-None-Match" not in server.seen[1].headers


def test_a_run_of_many_pages_downloads_the_file_once(serve):
    rows = "".join(f"{n},2026-03-01,MUG,5.00\n" for n in range(1, 8))
    body = f"No,Date,SKU,Price\n{rows}".encode()
    server = serve(Answer(body=body, headers=MADE), Answer(304, b""))
    connector, cursor, found = connect(server.url), OrderCursor(), []
    more = True
    while more:
        page = connector.fetch_orders(cursor, 3)
        found += [envelope.external_id for envelope in page.envelopes]
        cursor, more = page.cursor, page.more
    assert found == [str(n) for n in range(1, 8)]
    assert len(server.seen) == 3
    assert server.seen[1].headers["If-None-Match"] == '"one"'


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(401, b"no"), errors.AuthenticationFailed),
        (Answer(403, b"no"), errors.PermissionRefused),
        (Answer(404, b"no"), errors.NotThere),
        (Answer(418, b"no"), errors.RequestRefused),
        (Answer(500, b"no"), errors.ServerFailed),
        (Answer(302, b"", {"Location": "https://x.example/"}), errors.RedirectRefused),
        (Answer(200, b"<html>Log in</html>"), FileUnreadable),
        (Answer(200, b"Foo,Bar\n1,2\n"), FileUnreadable),
        (Answer(200, b""), FileUnreadable),
    ],
)
def test_what_can_come_instead_of_the_file(serve, answer, error):
    server = serve(answer)
    with pytest.raises(error):
        connect(server.url).fetch_orders(OrderCursor())


def test_a_file_that_is_too_big_is_not_read_to_its_end(serve):
    server = serve(Answer(body=CSV * 1_000))
    with pytest.raises(errors.BadAnswer):
        connect(server.url, max_bytes=10_000).fetch_orders(OrderCursor())


@pytest.mark.parametrize("url", ["ftp://x.example/f.csv", "list.csv", "http://"])
def test_what_is_no_address(url):
    with pytest.raises(errors.NotThere):
        connect(url).check()


def test_without_an_address_files_are_uploaded_and_nothing_is_fetched():
    connector = connect("")
    assert connector.check().warnings == ("no_address",)
    page = connector.fetch_orders(OrderCursor())
    assert (page.envelopes, page.more) == ((), False)
    now = datetime.now(timezone.utc)
    assert list(connector.list_orders(now, now)) == []


def test_user_and_password_are_sent_only_when_there_are_any(serve):
    server = serve(Answer(body=CSV))
    connect(server.url).check()
    connect(server.url, key="user", secret="secret").check()
    assert "Authorization" not in server.seen[0].headers
    assert server.seen[1].headers["Authorization"].startswith("Basic ")


def test_the_check_tells_what_deserves_attention(serve):
    server = serve(Answer(body=CSV), Answer(body=CSV, headers=MADE))
    info = connect(f"{server.url}/march%20list.csv").check()
    assert info.name.startswith("march list.csv (")
    assert info.currency == "EUR"
    assert set(info.warnings) == {"plain_http", "rows_refused", "changes_not_dated"}
    assert "changes_not_dated" not in connect(server.url).check().warnings


def test_an_order_that_cannot_be_understood_is_listed_and_stops_no_other(serve):
    columns = {**COLUMNS, "Tax": "line.tax"}
    mapping = Mapping(columns=columns, constants={"currency": "EUR"})
    body = b"No,Date,SKU,Price,Tax\n1,2026-03-01,M,5.00,9.00\n2,2026-03-02,C,6.00,1\n"
    connector = connect(serve(Answer(body=body)).url, mapping)
    assert connector.check().currency == "EUR"
    since, until = (datetime(2026, month, 1, tzinfo=timezone.utc) for month in (3, 4))
    (rows,) = connector.list_orders(since, until)
    assert [(row.external_id, row.status) for row in rows] == [
        ("1", OrderStatus.UNKNOWN),
        ("2", OrderStatus.OPEN),
    ]


# -- the simulated shop ----------------------------------------------------------------


@pytest.fixture
def shop():
    with Simulator(seed=5, marketplace="file") as running:
        yield running


@pytest.mark.parametrize("style", ["plain", "chinese"])
def test_the_orders_of_a_shop_by_a_guessed_mapping_to_the_cent(shop, style):
    placed = shop.place_orders(60)
    shop.advance(40)
    url = f"{shop.url}/export.csv?style={style}"
    connector = connect(url, None, DEFAULT_KEY, DEFAULT_SECRET)
    content = connector.transport.send(connector._request("")).body
    table = read_table(content)
    guessed = suggest_mapping(table.header, [row.cells for row in table.rows])
    mapping = Mapping.of_json({**guessed.mapping.as_json(), "prices_include_tax": False,
        "timezone": "+08:00" if style == "chinese" else "UTC"})  # fmt: skip
    parsed = parse_orders(content, mapping)
    assert parsed.errors == ()
    orders = {p["number"]: connector.normalise_order(p) for p in parsed.orders}
    assert set(orders) == {str(order["id"]) for order in placed}
    for number, order in orders.items():
        told = shop.world.order(int(number))
        assert order.total == told.totals.total
        assert order.currency == told.currency
        assert order.created_at == told.created
        assert order.status is not OrderStatus.UNKNOWN
        unit = Decimal(1).scaleb(-told.decimals)
        assert price_order(order, unit).difference_kind in (None, LineKind.ROUNDING)
        assert len(order.lines) == len(told.lines) + bool(
            sum(line.total for line in told.shipping_lines)
        )
        assert order.buyer_note == told.customer_note
