"""Taobao: a refund case is money, and sometimes goods."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.base import OrderCursor
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.schema import (
    RefundStatus,
    ReturnKind,
    ReturnStatus,
)
from ecom_orders.marketplaces.taobao.after_sales import (
    is_return,
    normalise_refund,
    normalise_return,
)
from fake_top import FakeTop, beijing

D = Decimal


def case(**more):
    return {
        "refund_id": "270000000010030009",
        "tid": 3_600_000_000_001_001_019,
        "oid": 3_600_000_000_001_001_020,
        "refund_fee": "12.50",
        "num": 2,
        "title": "粗陶马克杯",
        "outer_id": "MUG-RED",
        "status": "SUCCESS",
        "created": "2026-11-24 08:00:00",
        "modified": "2026-11-25 08:00:00",
        "reason": "质量问题",
        "desc": "杯子破了",
        "has_good_return": False,
        "good_status": "BUYER_RECEIVED",
        "dispute_type": "REFUND",
        **more,
    }


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("WAIT_SELLER_AGREE", RefundStatus.PENDING),
        ("WAIT_BUYER_RETURN_GOODS", RefundStatus.PENDING),
        ("WAIT_SELLER_CONFIRM_GOODS", RefundStatus.PENDING),
        ("SELLER_REFUSE_BUYER", RefundStatus.FAILED),
        ("CLOSED", RefundStatus.FAILED),
        ("SUCCESS", RefundStatus.DONE),
        ("SOMETHING_NEW", RefundStatus.PENDING),
    ],
)
def test_statuses_of_the_money(status, meaning):
    assert normalise_refund(case(status=status), "1").status is meaning


def test_money_for_goods_that_the_buyer_keeps_gives_back_no_piece():
    refund = normalise_refund(case(), "1")
    assert refund.amount == D("12.50")
    (line,) = refund.lines
    assert (line.quantity, line.total) == (0, D("12.50"))
    assert line.order_line_id == "3600000000001001020"
    assert refund.return_ref == ""
    assert refund.reason == "质量问题: 杯子破了"


@pytest.mark.parametrize(
    "more",
    [
        {"has_good_return": True},
        {"dispute_type": "REFUND_AND_RETURN"},
        {"good_status": "BUYER_NOT_RECEIVED"},
    ],
)
def test_money_for_goods_that_are_not_with_the_buyer_gives_back_all(more):
    (line,) = normalise_refund(case(**more), "1").lines
    assert line.quantity == 2


def test_a_return_and_its_money_name_each_other():
    payload = case(has_good_return=True)
    back = normalise_return(payload)
    assert normalise_refund(payload, "1").return_ref == back.external_id


@pytest.mark.parametrize(
    ("status", "good_status", "meaning"),
    [
        ("WAIT_SELLER_AGREE", "BUYER_RECEIVED", ReturnStatus.REQUESTED),
        ("WAIT_BUYER_RETURN_GOODS", "BUYER_RECEIVED", ReturnStatus.APPROVED),
        ("WAIT_SELLER_CONFIRM_GOODS", "BUYER_RETURNED_GOODS", ReturnStatus.IN_TRANSIT),
        ("SUCCESS", "BUYER_RETURNED_GOODS", ReturnStatus.RECEIVED),
        ("SUCCESS", "BUYER_RECEIVED", ReturnStatus.CLOSED),
        ("SELLER_REFUSE_BUYER", "BUYER_RECEIVED", ReturnStatus.REJECTED),
        ("CLOSED", "BUYER_RECEIVED", ReturnStatus.CANCELLED),
        ("WAIT_SELLER_CONSIGN_GOODS", "BUYER_RETURNED_GOODS", ReturnStatus.RECEIVED),
        ("SOMETHING_NEW", "", ReturnStatus.REQUESTED),
    ],
)
def test_statuses_of_the_goods(status, good_status, meaning):
    payload = case(status=status, good_status=good_status, has_good_return=True)
    back = normalise_return(payload)
    assert (back.status, back.raw_status) == (meaning, status)


@pytest.mark.parametrize(
    ("good_status", "kind"),
    [
        ("BUYER_NOT_RECEIVED", ReturnKind.COURIER),
        ("BUYER_RECEIVED", ReturnKind.CUSTOMER),
        ("BUYER_RETURNED_GOODS", ReturnKind.CUSTOMER),
        ("", ReturnKind.UNKNOWN),
    ],
)
def test_who_brings_the_goods_back(good_status, kind):
    assert normalise_return(case(good_status=good_status)).kind is kind


def test_a_return_has_its_line_its_parcel_and_its_times():
    back = normalise_return(case(has_good_return=True, sid="YT1", company_name="圆通"))
    (line,) = back.lines
    assert (line.quantity, line.sku) == (2, "MUG-RED")
    assert (line.reason, line.note) == ("质量问题", "杯子破了")
    assert (back.tracking_number, back.carrier) == ("YT1", "圆通")
    assert back.created_at == datetime(2026, 11, 24, 0, 0, tzinfo=timezone.utc)
    assert back.updated_at == datetime(2026, 11, 25, 0, 0, tzinfo=timezone.utc)
    assert back.order_id == "3600000000001001019"


@pytest.mark.parametrize(
    ("more", "comes"),
    [
        ({}, False),
        ({"has_good_return": True}, True),
        ({"dispute_type": "TMALL_EXCHANGE"}, True),
        ({"dispute_type": "RESHIPPING"}, False),
    ],
)
def test_in_which_cases_goods_come_back(more, comes):
    assert is_return(case(**more)) is comes


def test_the_feed_of_returns_leaves_out_money_only():
    now = datetime.now(timezone.utc)
    listed = [
        case(refund_id="1", modified=beijing(now)),
        case(refund_id="2", modified=beijing(now), has_good_return=True),
    ]
    gateway = FakeTop(
        refunds_receive_get={"total_results": 2, "refunds": {"refund": listed}},
        refund_get=lambda sent: {"refund": listed[int(sent["refund_id"]) - 1]},
    )
    connector = gateway()
    page = connector.fetch_returns(OrderCursor(now))
    (envelope,) = page.envelopes
    assert (envelope.kind, envelope.external_id) == (base.RETURN, "2")
    connector.normalise_return(parse_json(envelope.body))


def test_a_case_that_cannot_be_read_does_not_hide_its_trade():
    trade = {"tid": 5, "orders": {"order": [{"oid": 5, "refund_id": "9"}]}}
    gateway = FakeTop(
        trade_fullinfo_get={"trade": trade},
        refund_get={"error_response": {"code": 15, "sub_code": "isv.refund-not-exist"}},
    )
    assert parse_json(gateway().fetch_order("5").body) == trade


@pytest.mark.parametrize("key", ["refund_id", "refund_fee"])
def test_a_refund_without_number_or_amount_is_refused(key):
    with pytest.raises(errors.PayloadError) as caught:
        normalise_refund(case(**{key: None}), "1")
    assert caught.value.details["field"] == key


@pytest.mark.parametrize("key", ["refund_id", "tid", "created"])
def test_a_return_without_number_trade_or_time_is_refused(key):
    with pytest.raises(errors.PayloadError) as caught:
        normalise_return(case(**{key: None}))
    assert caught.value.details["field"] == key
