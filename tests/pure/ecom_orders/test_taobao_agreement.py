"""Taobao: what a seller can call off, and to which refunds a seller agrees."""

from decimal import Decimal

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.schema import RefundRequest, RefundRequestLine
from fake_top import FakeTop, refuse

TID, OID, CASE = "3600000000000001019", "3600000000000001020", "270000000000000017"


def a_case(number=CASE, fee="12.30", status="WAIT_SELLER_AGREE", oid=OID, **values):
    return {
        "refund_id": number,
        "tid": int(TID),
        "oid": int(oid),
        "status": status,
        "refund_fee": fee,
        "has_good_return": False,
        "refund_phase": "onsale",
        "refund_version": 1_795_000_000_123,
        **values,
    }


def platform(*cases, status="WAIT_SELLER_SEND_GOODS", answer=None, **interfaces):
    """A gateway with one trade and its refund cases, one for each sub-order."""
    subs = [
        {
            "oid": case["oid"],
            "refund_id": case["refund_id"],
            "status": status,
            "num": 1,
            "price": "12.30",
            "total_fee": "12.30",
            "title": "杯子",
        }
        for case in cases
    ]
    by_number = {case["refund_id"]: case for case in cases}
    trade = {
        "tid": int(TID),
        "status": status,
        "created": "2026-11-20 10:00:00",
        "payment": str(Decimal("12.30") * len(cases)),
        "orders": {"order": subs},
    }
    done = {"succ": True, "message": "ok", "msg_code": "OP_SUCC", "results": {}}
    return FakeTop(
        trade_fullinfo_get={"trade": trade},
        refund_get=lambda sent: {"refund": by_number[sent["refund_id"]]},
        rp_refunds_agree=answer or done,
        trade_close={"trade": {"tid": int(TID)}},
        **interfaces,
    )


def request(amount="12.30", *parts):
    lines = tuple(
        RefundRequestLine(oid, Decimal(1), Decimal(part)) for oid, part in parts
    )
    return RefundRequest("refund/1", TID, Decimal(amount), "CNY", lines)


# -- money -----------------------------------------------------------------------------


def test_a_seller_agrees_in_fen_to_the_version_that_was_read():
    gateway = platform(a_case())
    result = gateway().push_refund(request("12.30", (OID, "12.30")))
    (sent,) = gateway.sent("refunds.agree")
    assert sent["refund_infos"] == f"{CASE}|1230|1795000000123|onsale"
    assert (result.external_id, result.repeated) == (CASE, False)


def test_without_a_request_of_the_buyer_there_is_no_refund():
    gateway = platform()
    with pytest.raises(errors.BuyerMustAsk):
        gateway().push_refund(request())
    assert gateway.sent("refunds.agree") == []


def test_a_request_about_another_sub_order_is_not_agreed_to():
    gateway = platform(a_case())
    with pytest.raises(errors.BuyerMustAsk):
        gateway().push_refund(request("12.30", ("3600000000000001021", "12.30")))
    assert gateway.sent("refunds.agree") == []


def test_another_amount_than_was_asked_for_is_refused_and_named():
    gateway = platform(a_case(fee="20.00"))
    with pytest.raises(errors.RequestRefused) as caught:
        gateway().push_refund(request("12.30", (OID, "12.30")))
    assert "20.00" in caught.value.details["remote_message"]
    assert not isinstance(caught.value, errors.BuyerMustAsk)
    assert gateway.sent("refunds.agree") == []


def test_what_is_refunded_already_is_a_repetition():
    gateway = platform(a_case(status="SUCCESS"))
    assert gateway().push_refund(request()).repeated
    assert gateway.sent("refunds.agree") == []


@pytest.mark.parametrize("status", ["CLOSED", "SELLER_REFUSE_BUYER"])
def test_a_request_that_is_over_counts_for_nothing(status):
    with pytest.raises(errors.BuyerMustAsk):
        platform(a_case(status=status))().push_refund(request())


def test_money_for_goods_waits_until_they_are_back():
    goods = {"has_good_return": True, "dispute_type": "REFUND_AND_RETURN"}
    for status in ("WAIT_SELLER_AGREE", "WAIT_BUYER_RETURN_GOODS"):
        gateway = platform(a_case(status=status, **goods))
        with pytest.raises(errors.RequestRefused):
            gateway().push_refund(request())
        assert gateway.sent("refunds.agree") == []
    gateway = platform(a_case(status="WAIT_SELLER_CONFIRM_GOODS", **goods))
    assert not gateway().push_refund(request()).repeated


def test_two_sub_orders_are_two_agreements_after_both_were_found():
    second, other = "270000000000000027", "3600000000000001021"
    both = (OID, "12.30"), (other, "5.00")
    gateway = platform(a_case(), a_case(second, "5.00", oid=other))
    result = gateway().push_refund(request("17.30", *both))
    assert result.external_id == f"{CASE},{second}"
    assert len(gateway.sent("refunds.agree")) == 2
    gateway = platform(a_case())
    with pytest.raises(errors.BuyerMustAsk):
        gateway().push_refund(request("17.30", *both))
    assert gateway.sent("refunds.agree") == []


def test_the_half_that_an_interruption_left_is_agreed_to_alone():
    second, other = "270000000000000027", "3600000000000001021"
    gateway = platform(a_case(status="SUCCESS"), a_case(second, "5.00", oid=other))
    result = gateway().push_refund(request("17.30", (OID, "12.30"), (other, "5.00")))
    (sent,) = gateway.sent("refunds.agree")
    assert sent["refund_infos"].startswith(second)
    assert not result.repeated


def test_where_the_platform_wants_a_code_its_words_are_told():
    results = {"refund_mapping_result": [{"succ": False, "message": "需要短信验证码"}]}
    refused = {"succ": False, "message": "操作失败", "results": results}
    with pytest.raises(errors.RequestRefused) as caught:
        platform(a_case(), answer=refused)().push_refund(request())
    assert "需要短信验证码" in caught.value.details["remote_message"]
    assert not caught.value.retriable


# -- calling off -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("", "未及时付款"),
        ("Out of stock", "缺货"),
        ("The customer changed their mind", "买家不想买了"),
        ("wrong address", "买家信息填写错误，重新拍"),
    ],
)
def test_an_unpaid_trade_is_closed_with_a_reason_of_the_platform(reason, told):
    gateway = platform(status="WAIT_BUYER_PAY")
    assert not gateway().cancel_order(TID, reason).repeated
    assert gateway.sent("trade.close")[0]["close_reason"] == told


@pytest.mark.parametrize("status", ["WAIT_SELLER_SEND_GOODS", "PAID_FORBID_CONSIGN"])
def test_a_paid_trade_is_a_task_for_a_person(status):
    gateway = platform(status=status)
    with pytest.raises(errors.BuyerMustAsk):
        gateway().cancel_order(TID)
    assert gateway.sent("trade.close") == []


def test_a_paid_trade_is_called_off_when_the_buyer_asks_for_all_of_it():
    other = "3600000000000001021"
    second = a_case("270000000000000027", oid=other)
    gateway = platform(a_case(), second)
    assert not gateway().cancel_order(TID).repeated
    assert len(gateway.sent("refunds.agree")) == 2


@pytest.mark.parametrize(
    "second",
    [
        {"fee": "5.00"},  # a part of the money only
        {"status": "CLOSED"},  # taken back
        {"has_good_return": True},  # goods that never left cannot come back
    ],
)
def test_a_paid_trade_is_not_called_off_when_the_buyer_wants_less(second):
    case = a_case("270000000000000027", oid="3600000000000001021", **second)
    gateway = platform(a_case(), case)
    with pytest.raises(errors.BuyerMustAsk):
        gateway().cancel_order(TID)
    assert gateway.sent("refunds.agree") == []


@pytest.mark.parametrize("status", ["WAIT_BUYER_CONFIRM_GOODS", "TRADE_FINISHED"])
def test_a_trade_that_has_left_cannot_be_called_off(status):
    with pytest.raises(errors.AlreadyDone) as caught:
        platform(status=status)().cancel_order(TID)
    assert not isinstance(caught.value, errors.BuyerMustAsk)


@pytest.mark.parametrize("status", ["TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO"])
def test_a_closed_trade_is_a_repetition(status):
    assert platform(status=status)().cancel_order(TID).repeated


def test_a_trade_that_is_too_young_is_tried_again_later():
    gateway = platform(status="WAIT_BUYER_PAY")
    gateway.interfaces["trade.close"] = refuse(
        15, "Remote service error", "isv.trade-service-error:CLOSE_TRADE_TOO_FAST"
    )
    with pytest.raises(errors.RateLimited) as caught:
        gateway().cancel_order(TID)
    assert caught.value.retriable
    assert caught.value.details["retry_after"] == 10
