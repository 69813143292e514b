"""Taobao: whatever a payload looks like, nothing but a PayloadError comes out."""

import time

import pytest
from ecom_orders.marketplaces.errors import PayloadError
from ecom_orders.marketplaces.schema import ExternalOrder, Refund, Return
from ecom_orders.marketplaces.taobao import TaobaoConnector
from payload_fuzz import mutations

ORDER = {
    "oid": 3_600_000_000_001_001_020,
    "title": "粗陶马克杯",
    "num_iid": 600_000_000_101,
    "sku_id": "5000000000111",
    "outer_sku_id": "MUG-RED",
    "sku_properties_name": "颜色:红",
    "num": 2,
    "price": "12.50",
    "total_fee": "25.00",
    "discount_fee": "0.00",
    "adjust_fee": "0.00",
    "part_mjz_discount": "1.00",
    "divide_order_fee": "24.00",
    "status": "WAIT_SELLER_SEND_GOODS",
    "refund_status": "NO_REFUND",
    "refund_id": "270000000010030009",
    "delivery_time": "2026-11-26 08:00:00",
    "store_code": "",
}
CASE = {
    "refund_id": "270000000010030009",
    "tid": 3_600_000_000_001_001_019,
    "oid": 3_600_000_000_001_001_020,
    "refund_fee": "12.50",
    "num": 2,
    "title": "粗陶马克杯",
    "status": "SUCCESS",
    "created": "2026-11-24 08:00:00",
    "modified": "2026-11-25 08:00:00",
    "reason": "质量问题",
    "has_good_return": True,
    "good_status": "BUYER_RETURNED_GOODS",
    "dispute_type": "REFUND_AND_RETURN",
}
TRADE = {
    "tid": 3_600_000_000_001_001_019,
    "type": "step",
    "status": "WAIT_SELLER_SEND_GOODS",
    "created": "2026-11-24 08:00:00",
    "modified": "2026-11-24 08:05:00",
    "pay_time": "2026-11-24 08:01:00",
    "payment": "58.00",
    "post_fee": "10.00",
    "discount_fee": "2.00",
    "coupon_fee": 500,
    "buyer_cod_fee": "0.00",
    "order_tax_fee": "",
    "alipay_no": "2026112422001",
    "step_trade_status": "FRONT_PAID_FINAL_PAID",
    "seller_flag": 1,
    "seller_memo": "老客户",
    "buyer_message": "请放门口",
    "buyer_open_uid": "AAHopen1",
    "receiver_name": "张*三",
    "receiver_mobile": "138****8888",
    "receiver_state": "广东省",
    "receiver_city": "深圳市",
    "receiver_district": "南山区",
    "receiver_address": "虚***栋",
    "receiver_zip": "518000",
    "oaid": "1Oaid0001",
    "consign_interval": 48,
    "top_hold": 0,
    "is_force_dc": False,
    "orders": {"order": [ORDER, {**ORDER, "oid": 3_600_000_000_001_001_021}]},
    "promotion_details": {
        "promotion_detail": [{"promotion_name": "满减", "discount_fee": "2.00"}]
    },
    "service_orders": {"service_order": [{"oid": 7, "title": "x", "payment": "1"}]},
    "step_pay_details": {
        "step_pay_detail": [{"id": 1, "pay_status": 2, "step_actual_pay_fee": "20"}]
    },
    "expandcard_info": {"basic_price_used": "1.00", "expand_price_used": "0.10"},
    "logistics_infos": {
        "logistics_info": [{"sub_trade_id": 1, "consign_type": "SC", "store_code": "A"}]
    },
    "logistics_agreement": {"sign_time": "2026-11-29 08:00:00"},
    "combine_logistics_details": {
        "combine_logistics_detail": [
            {
                "sub_order_id": "3600000000001001020",
                "send_goods_details": {"send_goods_detail": [{"type": 0, "amount": 1}]},
            }
        ]
    },
    "refunds": [CASE],
}


def outcomes(read, payload, count, kind):
    """How many payloads were understood and how many refused."""
    understood = refused = 0
    for damaged in mutations(payload, count, seed=19):
        try:
            assert isinstance(read(damaged), kind)
            understood += 1
        except PayloadError as error:
            assert "field" in error.details
            refused += 1
    return understood, refused


def test_the_payload_itself_is_understood():
    assert len(TaobaoConnector.normalise_order(TRADE).refunds) == 1


def test_20000_damaged_trades():
    started = time.process_time()
    understood, refused = outcomes(
        TaobaoConnector.normalise_order, TRADE, 20_000, ExternalOrder
    )
    assert understood > 2_000 and refused > 2_000
    assert understood + refused == 20_000
    assert time.process_time() - started < 20  # seconds of one core


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (lambda payload: TaobaoConnector.normalise_refund(payload, "1"), Refund),
        (TaobaoConnector.normalise_return, Return),
    ],
)
def test_3000_damaged_refund_cases(read, kind):
    understood, refused = outcomes(read, CASE, 3_000, kind)
    assert understood > 300 and refused > 300
