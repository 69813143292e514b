"""Taobao: which call tells the platform of which parcel, and none is told twice."""

import json
from decimal import Decimal

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.schema import Shipment, ShipmentLine
from fake_top import FakeTop, refuse

TID = "3600000000001001019"
A, B = str(int(TID) + 1), str(int(TID) + 2)
COMPANIES = [
    {"id": 502, "code": "SF", "name": "顺丰速运"},
    {"id": 101, "code": "YTO", "name": "圆通速递"},
]
TOO_LATE = refuse(15, "x", "isv.logistics-offline-service-error:B04", "已经发货")


def sub_order(oid, num, **more):
    status = more.pop("status", "WAIT_SELLER_SEND_GOODS")
    return {
        "oid": int(oid), "num": num, "price": "1.00", "title": "商品",
        "total_fee": f"{num}.00", "status": status, **more,
    }  # fmt: skip


class Platform:
    """A trade with two sub-orders: A with one piece, B with three."""

    def __init__(self, **trade):
        self.trade = {
            "tid": int(TID),
            "type": "fixed",
            "status": "WAIT_SELLER_SEND_GOODS",
            "created": "2026-11-24 08:00:00",
            "payment": "4.00",
            "orders": {"order": [sub_order(A, 1), sub_order(B, 3)]},
            **trade,
        }
        self.numbers = []
        done = {"shipping": {"is_success": True}}
        self.gateway = FakeTop(
            trade_fullinfo_get=lambda _sent: {"trade": self.trade},
            logistics_orders_get=lambda _sent: self.shippings(),
            logistics_companies_get={
                "logistics_companies": {"logistics_company": COMPANIES}
            },
            logistics_offline_send=done,
            logistics_online_send=done,
            alibaba_ascp_logistics_offline_send={"result": {"success": True}},
        )

    def shippings(self):
        rows = [{"tid": int(TID), "out_sid": number} for number in self.numbers]
        return {"shippings": {"shipping": rows or [{"tid": int(TID)}]}}

    def ship(self, *lines, number="SF0001", carrier="SF", name=""):
        parts = tuple(ShipmentLine(oid, Decimal(n)) for oid, n in lines)
        parcel = Shipment("parcel/1", TID, number, carrier, name, lines=parts)
        return self.gateway().push_shipment(parcel)

    @property
    def sends(self):
        """What was sent, without the common parameters."""
        common = ("app_key", "session", "timestamp", "format", "v", "sign_method")
        return [
            {k: v for k, v in call.items() if k not in (*common, "sign")}
            for call in self.gateway.sent(".send")
        ]


def test_a_whole_trade_is_not_split():
    platform = Platform()
    result = platform.ship()
    assert platform.sends == [
        {
            "method": "taobao.logistics.offline.send",
            "tid": TID,
            "out_sid": "SF0001",
            "company_code": "SF",
        }
    ]
    assert (result.external_id, result.repeated) == ("SF0001", False)


def test_naming_every_piece_is_the_whole_trade():
    platform = Platform()
    platform.ship((A, 1), (B, 3))
    assert "sub_tid" not in platform.sends[0]


def test_whole_sub_orders_are_a_split():
    platform = Platform()
    platform.ship((B, 3))
    (sent,) = platform.sends
    assert sent["method"] == "taobao.logistics.offline.send"
    assert (sent["is_split"], sent["sub_tid"]) == ("1", B)


def test_the_rest_of_a_trade_names_its_sub_orders():
    gone = sub_order(A, 1, status="WAIT_BUYER_CONFIRM_GOODS")
    platform = Platform(
        status="SELLER_CONSIGNED_PART",
        orders={"order": [gone, sub_order(B, 3)]},
    )
    platform.ship()
    assert (platform.sends[0]["is_split"], platform.sends[0]["sub_tid"]) == ("1", B)


def test_a_refunded_sub_order_is_not_sent():
    refunded = sub_order(A, 1, status="TRADE_CLOSED")
    platform = Platform(orders={"order": [refunded, sub_order(B, 3)]})
    with pytest.raises(errors.RequestRefused):
        platform.ship((A, 1))
    platform.ship((B, 3))
    assert "sub_tid" not in platform.sends[0]  # nothing else is open


def test_some_pieces_of_a_sub_order_are_told_by_number():
    platform = Platform()
    platform.ship((B, 2))
    (sent,) = platform.sends
    assert sent["method"] == "alibaba.ascp.logistics.offline.send"
    assert sent["consign_type"] == "1"
    assert json.loads(sent["consign_pkgs"]) == [
        {
            "out_sid": "SF0001",
            "company_code": "SF",
            "goods": [{"sub_tid": B, "num": 2}],
        }
    ]
    assert json.loads(sent["consign_status"]) == {
        "sub_tid": B,
        "is_part_consign": True,
    }


def test_the_last_pieces_of_a_sub_order_complete_it():
    detail = {
        "sub_order_id": B,
        "send_goods_details": {"x": [{"type": 0, "amount": 2}]},
    }
    platform = Platform(
        status="SELLER_CONSIGNED_PART",
        combine_logistics_details={"combine_logistics_detail": [detail]},
    )
    platform.ship((A, 1), (B, 1))
    assert json.loads(platform.sends[0]["consign_status"]) == [
        {"sub_tid": A, "is_part_consign": False},
        {"sub_tid": B, "is_part_consign": False},
    ]


def test_cash_on_delivery_goes_online():
    platform = Platform(type="cod")
    platform.ship()
    assert platform.sends[0]["method"] == "taobao.logistics.online.send"


@pytest.mark.parametrize(
    ("carrier", "name", "company"),
    [
        ("SF", "", "SF"),
        ("sf", "", "SF"),
        ("", "圆通速递", "YTO"),
        ("x", "顺丰速运", "SF"),
        ("ups", "UPS", "OTHER"),
        ("", "", "OTHER"),
    ],
)
def test_carriers_are_found_by_code_or_name(carrier, name, company):
    platform = Platform()
    platform.ship(carrier=carrier, name=name)
    assert platform.sends[0]["company_code"] == company


def test_carriers_are_asked_for_once():
    platform = Platform()
    connector = platform.gateway()
    for number in ("SF0001", "SF0002"):
        connector.push_shipment(Shipment("p", TID, number, "SF"))
    assert len(platform.gateway.sent("companies.get")) == 1


def test_a_parcel_that_is_there_is_not_sent_again():
    platform = Platform(status="WAIT_BUYER_CONFIRM_GOODS")
    platform.numbers = ["SF0001"]
    assert platform.ship().repeated
    assert platform.sends == []


def test_a_lost_answer_is_found_out_by_looking_again():
    platform = Platform()

    def send(_sent):
        platform.numbers = ["SF0001"]
        return TOO_LATE

    platform.gateway.interfaces["logistics.offline.send"] = send
    assert platform.ship().repeated


def test_what_was_sent_by_somebody_else_is_too_late():
    platform = Platform()
    platform.gateway.interfaces["logistics.offline.send"] = TOO_LATE
    with pytest.raises(errors.AlreadyDone):
        platform.ship()


@pytest.mark.parametrize("status", ["TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO"])
def test_a_closed_trade_is_not_sent(status):
    platform = Platform(status=status)
    with pytest.raises(errors.AlreadyDone):
        platform.ship()
    assert platform.sends == []


@pytest.mark.parametrize("status", ["WAIT_BUYER_PAY", "PAID_FORBID_CONSIGN"])
def test_a_trade_that_may_not_be_sent_yet_is_not_too_late(status):
    platform = Platform(status=status)
    with pytest.raises(errors.RequestRefused) as caught:
        platform.ship()
    assert type(caught.value) is errors.RequestRefused
    assert platform.sends == []


@pytest.mark.parametrize(
    "lines", [[(A, 2)], [(B, 4)], [(B, 0)], [("99", 1)], [(B, "0.5")], [(B, -1)]]
)
def test_more_than_is_open_is_never_sent(lines):
    platform = Platform()
    with pytest.raises(errors.RequestRefused):
        platform.ship(*lines)
    assert platform.sends == []


def test_a_platform_that_does_not_say_success_is_not_believed():
    platform = Platform()
    platform.gateway.interfaces["logistics.offline.send"] = {"shipping": {}}
    with pytest.raises(errors.BadAnswer):
        platform.ship()


# -- closing and memos -----------------------------------------------------------------


def test_an_unpaid_trade_is_closed_once():
    platform = Platform(status="WAIT_BUYER_PAY")
    platform.gateway.interfaces["trade.close"] = {"trade": {"tid": int(TID)}}
    connector = platform.gateway()
    assert not connector.close_unpaid(TID, "未及时付款").repeated
    (sent,) = platform.gateway.sent("trade.close")
    assert (sent["tid"], sent["close_reason"]) == (TID, "未及时付款")
    platform.trade["status"] = "TRADE_CLOSED_BY_TAOBAO"
    assert connector.close_unpaid(TID).repeated


def test_a_paid_trade_is_the_buyers_to_call_off():
    platform = Platform()
    with pytest.raises(errors.AlreadyDone):
        platform.gateway().close_unpaid(TID)
    assert platform.gateway.sent("trade.close") == []


def test_a_memo_is_cut_to_what_the_platform_takes():
    platform = Platform()
    platform.gateway.interfaces["trade.memo.update"] = {"trade": {}}
    platform.gateway().write_memo(TID, "备" * 400)
    # three bytes a character: 333 of them are 999 bytes
    assert platform.gateway.calls[-1]["memo"] == "备" * 333
