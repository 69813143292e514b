"""The simulated gateway of Taobao and Tmall: as strict as the platform's own.

Told by a client of its own, so that a mistake of the connector is not repeated here.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from simulator import Simulator
from simulator.taobao import agreement, ids, protocol
from simulator.world.scenarios import scenarios_of

BEIJING = timezone(timedelta(hours=8))
ALL_TYPES = "fixed,step,cod"


def beijing(moment):
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


class Client:
    """Signs with MD5, as the platform's documentation shows it."""

    def __init__(self, shop):
        self.url = f"{shop.url}/router/rest"
        self.secret = "cs_simulator"
        self.common = {
            "app_key": "ck_simulator",
            "session": "tok_simulator",
            "sign_method": "md5",
            "format": "json",
            "v": "2.0",
        }

    def parameters(self, method, **more):
        now = datetime.now(timezone.utc)
        values = {"method": method, "timestamp": beijing(now), **self.common, **more}
        text = "".join(f"{name}{values[name]}" for name in sorted(values))
        text = f"{self.secret}{text}{self.secret}"
        return {**values, "sign": hashlib.md5(text.encode()).hexdigest().upper()}

    def send(self, parameters):
        request = Request(self.url, urlencode(parameters).encode())
        with urlopen(request, timeout=5) as answer:
            assert answer.status == 200
            return json.loads(answer.read())

    def call(self, method, **more):
        return self.send(self.parameters(method, **more))

    def refused(self, method, **more):
        error = self.call(method, **more)["error_response"]
        return error["code"], error.get("sub_code", "")


@pytest.fixture
def shop():
    with Simulator(seed=7, marketplace="taobao") as simulator:
        yield simulator


@pytest.fixture
def client(shop):
    return Client(shop)


def window(hours=1.0):
    now = datetime.now(timezone.utc)
    return {
        "start_modified": beijing(now - timedelta(hours=hours)),
        "end_modified": beijing(now + timedelta(seconds=5)),
        "fields": "tid,modified",
    }


assert protocol.PROTOCOL  # brings its scenarios
INCREMENT = "taobao.trades.sold.increment.get"
FULL = "taobao.trade.fullinfo.get"


# -- who calls -------------------------------------------------------------------------


def test_a_right_signature_is_let_in(client):
    body = client.call("taobao.user.seller.get", fields="nick")
    assert body["user_seller_get_response"]["user"]["nick"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sign": "0" * 32}, 25),
        ({"sign": ""}, 24),
        ({"page_no": "2"}, 25),  # changed after it was signed
        ({"session": "tok_wrong"}, 25),
        ({"app_key": "somebody"}, 29),
        ({"app_key": ""}, 28),
        ({"timestamp": ""}, 30),
        ({"timestamp": "now"}, 31),
        ({"method": ""}, 21),
    ],
)
def test_a_call_that_is_not_signed_rightly_is_refused(client, change, code):
    parameters = {**client.parameters(INCREMENT, **window()), **change}
    assert client.send(parameters)["error_response"]["code"] == code


def test_a_session_of_nobody_is_refused(client):
    client.common["session"] = "tok_wrong"
    assert client.refused(INCREMENT, **window()) == (27, "invalid-sessionkey")


@pytest.mark.parametrize("minutes", [-11, 11])
def test_a_time_stamp_too_far_off_is_refused(client, minutes):
    stamp = beijing(datetime.now(timezone.utc) + timedelta(minutes=minutes))
    assert client.refused(INCREMENT, **window(), timestamp=stamp)[0] == 31
    near = beijing(datetime.now(timezone.utc) + timedelta(minutes=minutes // 2))
    assert "error_response" not in client.call(INCREMENT, **window(), timestamp=near)


def test_an_interface_that_does_not_exist(client):
    assert client.refused("taobao.no.such.thing")[0] == 22


def test_calling_too_often_is_a_ban_of_a_second(shop, client):
    (protocol,) = shop._protocols
    protocol.limit.per_second = 2
    client.call(INCREMENT, **window())
    client.call(INCREMENT, **window())
    error = client.call(INCREMENT, **window())["error_response"]
    assert error["code"] == 7
    assert "last for 1 more seconds" in error["sub_msg"]


# -- listings --------------------------------------------------------------------------


def test_a_window_longer_than_a_day_is_refused(client):
    code, sub_code = client.refused(INCREMENT, **window(hours=25))
    assert (code, sub_code) == (41, "isv.invalid-parameter:end_modified")


@pytest.mark.parametrize("page", [{"page_size": 101}, {"page_size": 0}, {"page_no": 0}])
def test_a_page_that_cannot_be_is_refused(client, page):
    assert client.refused(INCREMENT, **window(), **page)[0] == 41


def test_fields_have_to_be_named(shop, client):
    (order,) = shop.place_orders(1, "tb_single")
    assert client.refused(FULL, tid=ids.trade_id(order["id"]))[0] == 40
    unnamed = {name: value for name, value in window().items() if name != "fields"}
    assert client.refused(INCREMENT, **unnamed)[0] == 40


def test_trades_come_newest_first_with_a_total_or_with_whether_there_is_more(
    shop, client
):
    for seconds in range(5):
        shop.set_clock(seconds)
        shop.place_orders(1, "tb_multi")
    shop.set_clock(0)
    page = {**window(), "page_size": 2, "type": ALL_TYPES}
    body = client.call(INCREMENT, **page)["trades_sold_increment_get_response"]
    assert body["total_results"] == 5
    stamps = [row["modified"] for row in body["trades"]["trade"]]
    assert stamps == sorted(stamps, reverse=True)
    for number, more in ((1, True), (2, True), (3, False)):
        answer = client.call(INCREMENT, **page, page_no=number, use_has_next="true")
        body = answer["trades_sold_increment_get_response"]
        assert body["has_next"] is more
        assert "total_results" not in body


def test_only_the_default_types_come_unless_others_are_named(shop, client):
    for name in ("tb_single", "tb_cash_on_delivery", "tb_presale"):
        shop.place_orders(1, name)

    def total(**more):
        body = client.call(INCREMENT, **window(), **more)
        return body["trades_sold_increment_get_response"]["total_results"]

    assert total() == 3  # fixed is a guarantee_trade
    assert total(type="cod") == 1
    assert total(type="fenxiao") == 0


# -- trades ----------------------------------------------------------------------------


def full(client, order_id, fields):
    answer = client.call(FULL, tid=ids.trade_id(order_id), fields=fields)
    return answer["trade_fullinfo_get_response"]["trade"]


def test_only_the_fields_asked_for_come(shop, client):
    (order,) = shop.place_orders(1, "tb_multi")
    trade = full(client, order["id"], "tid,orders.oid,orders.num")
    assert set(trade) == {"tid", "orders"}
    assert all(set(row) == {"oid", "num"} for row in trade["orders"]["order"])


def test_the_id_of_the_addressee_wants_the_fields_that_it_is_made_of(shop, client):
    (order,) = shop.place_orders(1, "tb_multi")
    needed = "receiver_name,receiver_address,created,receiver_mobile"
    assert "oaid" not in full(client, order["id"], f"oaid,{needed}")
    assert full(client, order["id"], f"oaid,{needed},receiver_phone")["oaid"]


def test_numbers_are_beyond_double_precision_and_can_be_read_back(shop):
    (placed,) = shop.place_orders(1, "tb_multi")
    order = shop.world.order(placed["id"])
    tid = ids.trade_id(order.id)
    assert tid > 2**53
    assert float(tid) != tid  # a reader of floats would be wrong
    assert ids.world_order_id(tid) == order.id
    for line in order.lines:
        oid = ids.sub_order_id(order, line.id)
        assert ids.line_of(order, oid) == line.id
        assert ids.world_order_id(oid) == order.id


def test_the_only_sub_order_has_the_number_of_its_trade_and_its_payment(shop, client):
    (order,) = shop.place_orders(1, "tb_single")
    trade = full(client, order["id"], "tid,payment,orders")
    (sub_order,) = trade["orders"]["order"]
    assert sub_order["oid"] == trade["tid"]
    assert sub_order["payment"] == trade["payment"]


@pytest.mark.parametrize("name", sorted(scenarios_of("taobao")))
def test_the_documented_formula_of_the_payment_holds(shop, client, name):
    (order,) = shop.place_orders(1, name)
    fields = "payment,post_fee,buyer_cod_fee,discount_fee,orders"
    trade = full(client, order["id"], fields)

    def fen(row, key):
        return round(float(row.get(key, 0)) * 100)

    subs = trade["orders"]["order"]
    for row in subs:
        goods = fen(row, "price") * row["num"] - fen(row, "discount_fee")
        assert fen(row, "total_fee") == goods
    total = sum(fen(row, "total_fee") for row in subs) - fen(trade, "discount_fee")
    total += fen(trade, "post_fee") + fen(trade, "buyer_cod_fee")
    assert fen(trade, "payment") == total
    shares = sum(fen(row, "part_mjz_discount") for row in subs)
    assert shares == fen(trade, "discount_fee")


def test_there_is_no_such_trade(client):
    assert client.refused(FULL, tid=5, fields="tid") == (15, "isv.trade-not-exist")


# -- writing ---------------------------------------------------------------------------


def send(client, order_id, **more):
    values = {
        "tid": ids.trade_id(order_id),
        "out_sid": "SF000001",
        "company_code": "SF",
    }
    return client.call("taobao.logistics.offline.send", **{**values, **more})


def test_a_trade_is_sent_once(shop, client):
    (order,) = shop.place_orders(1, "tb_multi")
    answer = send(client, order["id"])
    assert answer["logistics_offline_send_response"]["shipping"]["is_success"]
    again = send(client, order["id"])["error_response"]
    assert again["sub_code"] == "isv.logistics-offline-service-error:B04"


@pytest.mark.parametrize(
    ("change", "sub_code"),
    [
        ({"company_code": "UPS"}, "isv.invalid-parameter:company_code"),
        ({"out_sid": "?"}, "isv.logistics-offline-service-error:B60"),
        ({"sub_tid": "5", "is_split": 1}, "isv.logistics-offline-service-error:P38"),
        ({"sub_tid": "5"}, "isv.logistics-offline-service-error:P38"),
        ({"tid": 5}, "isv.logistics-offline-service-error:B01"),
    ],
)
def test_a_parcel_that_cannot_be_is_refused(shop, client, change, sub_code):
    (order,) = shop.place_orders(1, "tb_multi")
    error = send(client, order["id"], **change)["error_response"]
    assert error["sub_code"] == sub_code
    assert shop.parcels() == []


def test_cash_on_delivery_is_not_sent_offline(shop, client):
    (order,) = shop.place_orders(1, "tb_cash_on_delivery")
    assert "error_response" in send(client, order["id"])


def test_a_paid_trade_cannot_be_closed_by_the_seller(shop, client):
    (paid,) = shop.place_orders(1, "tb_single")
    (unpaid,) = shop.place_orders(1, "tb_unpaid")
    close = {"close_reason": "缺货"}
    refused = client.refused(
        "taobao.trade.close", tid=ids.trade_id(paid["id"]), **close
    )
    assert refused[0] == 15
    answer = client.call("taobao.trade.close", tid=ids.trade_id(unpaid["id"]), **close)
    assert "trade_close_response" in answer
    trade = full(client, unpaid["id"], "status")
    assert trade["status"] == "TRADE_CLOSED_BY_TAOBAO"


def test_a_difference_below_zero_sets_zero_and_a_number_below_is_refused(shop, client):
    sku = {"num_iid": ids.item_id(110)}
    update = "taobao.skus.quantity.update"
    pair = f"{ids.sku_id(111)}:"
    assert client.refused(update, **sku, skuid_quantities=f"{pair}-1")[0] == 41
    client.call(update, **sku, skuid_quantities=f"{pair}-9999", type=2)
    assert shop.stock()["TEE-S-BLK"] == 0
    client.call(update, **sku, skuid_quantities=f"{pair}7")
    assert shop.stock()["TEE-S-BLK"] == 7


def test_more_than_20_skus_at_once_are_refused(client):
    pairs = ";".join(f"{ids.sku_id(111)}:{n}" for n in range(21))
    refused = client.refused(
        "taobao.skus.quantity.update",
        num_iid=ids.item_id(110),
        skuid_quantities=pairs,
    )
    assert refused == (41, "isv.invalid-parameter:skuid_quantities")


# -- what buyers ask for, and messages -------------------------------------------------


def asked_for(shop, client, amount="1.00"):
    """An order whose buyer asks for money back, and the refund case."""
    order = shop.world.place_scenario("tb_single")
    agreement.ask(shop.world, order.id, order.lines[0].id, 1, Decimal(amount))
    return order, case_of(client, ids.case_id(ids.WISH, order.id))


def case_of(client, refund_id):
    fields = "refund_id,status,refund_fee,refund_version,refund_phase"
    answer = client.call("taobao.refund.get", refund_id=refund_id, fields=fields)
    return answer["refund_get_response"]["refund"]


def agree(client, case, amount, version=None, **more):
    infos = f"{case['refund_id']}|{amount}|{version or case['refund_version']}|onsale"
    answer = client.call("taobao.rp.refunds.agree", refund_infos=infos, **more)
    return answer["rp_refunds_agree_response"]


def test_a_refund_that_is_agreed_to_is_paid_and_keeps_its_number(shop, client):
    order, case = asked_for(shop, client)
    assert agree(client, case, 100)["msg_code"] == "OP_SUCC"
    assert case_of(client, case["refund_id"])["status"] == "SUCCESS"
    assert shop.world.refunded(order.id) == Decimal("1.00")
    assert agree(client, case, 100)["succ"] is False
    assert shop.world.refunded(order.id) == Decimal("1.00")


def test_another_amount_or_an_old_version_is_not_agreed_to(shop, client):
    order, case = asked_for(shop, client)
    assert agree(client, case, 99)["succ"] is False
    assert agree(client, case, 100, version=1)["succ"] is False
    assert shop.world.refunded(order.id) == 0


def test_much_money_wants_the_code_from_the_telephone(shop, client):
    order, case = asked_for(shop, client, "6000.01")
    answer = agree(client, case, 600_001)
    (result,) = answer["results"]["refund_mapping_result"]
    assert (answer["succ"], result["message"]) == (False, "需要短信验证码")
    assert shop.world.refunded(order.id) == 0


def test_messages_come_until_they_are_confirmed(shop, client):
    shop.world.place_scenario("tb_single")  # nobody is told of it
    client.call("taobao.tmc.user.permit")
    order = shop.world.place_scenario("tb_single")
    for _look in range(2):
        answer = client.call("taobao.tmc.messages.consume", quantity=10)
        (message,) = answer["tmc_messages_consume_response"]["messages"]["tmc_message"]
        assert json.loads(message["content"])["tid"] == ids.trade_id(order.id)
    client.call("taobao.tmc.messages.confirm", s_message_ids=message["id"])
    answer = client.call("taobao.tmc.messages.consume")
    assert "messages" not in answer["tmc_messages_consume_response"]


@pytest.mark.parametrize("quantity", [9, 201])
def test_more_or_fewer_messages_at_once_are_refused(client, quantity):
    refused = client.refused("taobao.tmc.messages.consume", quantity=quantity)
    assert refused == (41, "isv.invalid-parameter:quantity")
