"""Taobao: trades to the common schema."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest
from ecom_orders.marketplaces import errors, pricing
from ecom_orders.marketplaces.schema import LineKind, OrderStatus, PaymentKind
from ecom_orders.marketplaces.taobao import normaliser
from ecom_orders.marketplaces.taobao.const import PROVINCES

D = Decimal
TID = 3_600_000_000_001_001_019  # beyond 2**53, as real ones are


def sub_order(number, price, num=1, **more):
    """A sub-order; its amounts follow from the documented formula."""
    adjust, off = D(more.get("adjust_fee", "0")), D(more.get("discount_fee", "0"))
    return {
        "oid": TID + number,
        "title": f"商品{number}",
        "num_iid": 600_000_000_100 + number,
        "num": num,
        "price": price,
        "total_fee": str(D(price) * num + adjust - off),
        "status": "WAIT_SELLER_SEND_GOODS",
        "refund_status": "NO_REFUND",
        **more,
    }


def trade(*orders, **more):
    return {
        "tid": TID,
        "type": "fixed",
        "status": "WAIT_SELLER_SEND_GOODS",
        "created": "2026-11-24 08:00:00",
        "modified": "2026-11-24 08:05:00",
        "pay_time": "2026-11-24 08:01:00",
        "orders": {"order": list(orders)},
        "post_fee": "0.00",
        "receiver_name": "张三",
        "receiver_mobile": "13800000000",
        "receiver_state": "广东省",
        "receiver_city": "深圳市",
        "receiver_district": "南山区",
        "receiver_town": "试点街道",
        "receiver_address": "虚构科技园1栋",
        "receiver_zip": "518000",
        "buyer_open_uid": "AAHopen1",
        **more,
    }


def normalise(*orders, **more):
    return normaliser.normalise_order(trade(*orders, **more))


def amounts(order):
    return [(line.external_id, line.total) for line in order.lines]


def goods(order):
    return [line for line in order.lines if line.kind is LineKind.PRODUCT]


def is_explained(order):
    return pricing.price_order(order, D("0.01")).difference == 0


# -- identity, time --------------------------------------------------------------------


def test_numbers_beyond_double_precision_stay_exact():
    order = normalise(sub_order(1, "10.00"), payment="10.00")
    assert order.external_id == order.number == "3600000000001001019"
    assert goods(order)[0].external_id == "3600000000001001020"


def test_times_are_beijings():
    order = normalise(sub_order(1, "10.00"), payment="10.00")
    assert order.created_at == datetime(2026, 11, 24, 0, 0, tzinfo=timezone.utc)
    assert order.updated_at == datetime(2026, 11, 24, 0, 5, tzinfo=timezone.utc)
    assert order.paid_at == datetime(2026, 11, 24, 0, 1, tzinfo=timezone.utc)


def test_prices_are_yuan_with_a_tax_that_is_not_stated():
    order = normalise(sub_order(1, "10.00"), payment="10.00")
    assert (order.currency, order.total_tax, order.tax_rates) == ("CNY", 0, ())
    assert order.prices_include_tax


# -- status ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("TRADE_NO_CREATE_PAY", OrderStatus.PENDING),
        ("WAIT_BUYER_PAY", OrderStatus.PENDING),
        ("PAY_PENDING", OrderStatus.PENDING),
        ("WAIT_PRE_AUTH_CONFIRM", OrderStatus.PENDING),
        ("PAID_FORBID_CONSIGN", OrderStatus.ON_HOLD),
        ("WAIT_SELLER_SEND_GOODS", OrderStatus.OPEN),
        ("SELLER_CONSIGNED_PART", OrderStatus.OPEN),
        ("WAIT_BUYER_CONFIRM_GOODS", OrderStatus.COMPLETED),
        ("TRADE_BUYER_SIGNED", OrderStatus.COMPLETED),
        ("TRADE_FINISHED", OrderStatus.COMPLETED),
        ("TRADE_CLOSED", OrderStatus.REFUNDED),
        ("TRADE_CLOSED_BY_TAOBAO", OrderStatus.CANCELLED),
        ("SOMETHING_NEW", OrderStatus.UNKNOWN),
        ("", OrderStatus.UNKNOWN),
    ],
)
def test_statuses(status, meaning):
    order = normalise(sub_order(1, "10.00"), payment="10.00", status=status)
    assert (order.status, order.raw_status) == (meaning, status)


@pytest.mark.parametrize(
    "hold", [{"top_hold": 1}, {"team_buy_hold": 1}, {"is_sh_ship": True}]
)
def test_what_the_platform_holds_back_is_on_hold(hold):
    order = normalise(sub_order(1, "10.00"), payment="10.00", **hold)
    assert order.status is OrderStatus.ON_HOLD


def test_a_presale_with_its_deposit_paid_waits_for_the_balance():
    order = normalise(
        sub_order(1, "249.00", status="WAIT_BUYER_PAY"),
        type="step",
        status="WAIT_BUYER_PAY",
        step_trade_status="FRONT_PAID_FINAL_NOPAID",
        step_paid_fee="20.00",
        payment="249.00",
        pay_time=None,
    )
    assert order.status is OrderStatus.PENDING
    assert order.raw_status == "WAIT_BUYER_PAY/FRONT_PAID_FINAL_NOPAID"
    assert [payment.amount for payment in order.payments] == [D("20.00")]
    assert "presale" in order.tags


def test_a_presale_paid_in_full_has_both_payments():
    stages = [
        {"id": 1, "step_no": 1, "pay_status": 2, "step_actual_pay_fee": "20.00"},
        {"id": 2, "step_no": 2, "step_channel_no": "A2", "step_actual_pay_fee": "229"},
    ]
    order = normalise(
        sub_order(1, "249.00"),
        type="step",
        step_trade_status="FRONT_PAID_FINAL_PAID",
        step_pay_details={"step_pay_detail": stages},
        payment="249.00",
    )
    assert order.status is OrderStatus.OPEN
    assert sum(payment.amount for payment in order.payments) == D(20) + D(229)
    assert order.payments[1].reference == "A2"


def test_a_refund_asked_for_before_sending_is_a_wish_to_cancel():
    asking = sub_order(1, "10.00", refund_status="WAIT_SELLER_AGREE", refund_id="9")
    assert normalise(asking, payment="10.00").cancel_requested
    sent = {**asking, "status": "WAIT_BUYER_CONFIRM_GOODS"}
    assert not normalise(sent, payment="10.00").cancel_requested


# -- amounts ---------------------------------------------------------------------------


def test_a_single_sub_order_whose_payment_has_the_postage_in_it():
    # 3 x 12.50 + 10.00: the sub-order's own "payment" is the trade's
    order = normalise(
        sub_order(0, "12.50", 3, payment="47.50", divide_order_fee="47.50"),
        post_fee="10.00",
        payment="47.50",
        shipping_type="express",
    )
    assert amounts(order) == [(str(TID), D("37.50")), ("post_fee", D("10.00"))]
    assert order.lines[1].kind is LineKind.SHIPPING
    assert order.shipping_title == "快递"
    assert is_explained(order)


def test_a_discount_of_the_trade_comes_divided_among_the_sub_orders():
    # 300 off 1000: 80.00 + 20.00 - 30.00
    order = normalise(
        sub_order(1, "80.00", part_mjz_discount="24.00"),
        sub_order(2, "10.00", 2, part_mjz_discount="6.00"),
        discount_fee="30.00",
        payment="70.00",
    )
    assert [line.total for line in order.lines] == [D(80) - 24, D(20) - 6]
    assert [line.subtotal for line in order.lines] == [D(80), D(20)]
    assert is_explained(order)


def test_a_discount_that_nobody_has_divided_is_divided_to_the_fen():
    # 10.00 off 30.00 in three equal parts: 3.34 + 3.33 + 3.33
    order = normalise(
        *(sub_order(number, "10.00") for number in (1, 2, 3)),
        discount_fee="10.00",
        payment="20.00",
    )
    assert [line.total for line in order.lines] == [D("6.66"), D("6.67"), D("6.67")]
    assert is_explained(order)


def test_shares_that_are_told_only_by_what_is_left_after_them():
    order = normalise(
        sub_order(1, "80.00", divide_order_fee="56.00"),
        sub_order(2, "10.00", 2, divide_order_fee="14.00"),
        payment="70.00",
    )
    assert [line.total for line in order.lines] == [D("56.00"), D("14.00")]


def test_a_sub_orders_own_discount_and_the_sellers_correction():
    order = normalise(
        sub_order(1, "80.00", 2, discount_fee="16.00", adjust_fee="-4.00"),
        payment="140.00",
    )
    assert goods(order)[0].total == D(80) * 2 - 16 - 4
    assert is_explained(order)


def test_amounts_without_total_fee_follow_from_the_formula():
    row = sub_order(1, "80.00", 2, discount_fee="16.00", adjust_fee="-4.00")
    del row["total_fee"]
    assert goods(normalise(row, payment="140.00"))[0].total == D("140.00")


def test_a_refunded_sub_order_is_not_delivered_whatever_the_payment_says():
    refunded = sub_order(2, "20.00", status="TRADE_CLOSED", refund_status="SUCCESS")
    still_in = normalise(sub_order(1, "30.00"), refunded, payment="50.00")
    taken_out = normalise(sub_order(1, "30.00"), refunded, payment="30.00")
    for order in (still_in, taken_out):
        assert [line.quantity for line in order.lines] == [1, 0]
        assert is_explained(order)
    assert [line.total for line in still_in.lines] == [D(30), D(20)]
    assert [line.total for line in taken_out.lines] == [D(30), D(0)]


def test_a_sub_order_that_is_refunded_after_it_left_is_no_change_of_the_order():
    sent = {"consign_time": "2026-03-01 10:00:00"}
    other = sub_order(1, "30.00", status="WAIT_BUYER_CONFIRM_GOODS", **sent)
    waits = sub_order(2, "20.00", status="WAIT_BUYER_CONFIRM_GOODS", **sent)
    refunded = waits | {"status": "TRADE_CLOSED", "refund_status": "SUCCESS"}
    before = normalise(other, waits, payment="50.00")
    after = normalise(other, refunded, payment="50.00")
    assert before.lines == after.lines
    assert [line.fulfilled_quantity for line in after.lines] == [1, 1]


def test_services_and_import_tax_are_lines_when_the_payment_has_them():
    service = {"oid": 77, "title": "上门安装", "payment": "50.00"}
    more = {
        "service_orders": {"service_order": [service]},
        "order_tax_fee": "9.10",
    }
    order = normalise(sub_order(1, "100.00"), payment="159.10", **more)
    assert [(line.kind, line.total) for line in order.lines[1:]] == [
        (LineKind.FEE, D("50.00")),
        (LineKind.DUTY, D("9.10")),
    ]
    without = normalise(sub_order(1, "100.00"), payment="100.00", **more)
    assert len(without.lines) == 1
    assert is_explained(order) and is_explained(without)


def test_what_nothing_explains_shows():
    order = normalise(sub_order(1, "100.00"), payment="77.00")
    assert pricing.price_order(order, D("0.01")).difference == D("77.00") - D("100.00")


def test_cash_on_delivery_has_a_fee_and_is_collected_by_the_carrier():
    order = normalise(
        sub_order(1, "40.00"),
        type="cod",
        buyer_cod_fee="3.00",
        post_fee="10.00",
        payment="53.00",
        pay_time=None,
    )
    assert order.status is OrderStatus.OPEN
    assert [line.kind for line in order.lines[1:]] == [
        LineKind.SHIPPING,
        LineKind.FEE,
    ]
    (payment,) = order.payments
    assert (payment.kind, payment.amount) == (PaymentKind.ON_DELIVERY, D("53.00"))
    assert order.payment_method == "cod"
    assert is_explained(order)


# -- payments --------------------------------------------------------------------------


def test_a_red_envelope_and_a_shopping_card_are_tenders_beside_the_money():
    # fen in the red envelope: 500 = 5.00
    order = normalise(
        sub_order(1, "100.00"),
        payment="100.00",
        coupon_fee=500,
        expandcard_info={"basic_price_used": "20.00", "expand_price_used": "2.00"},
        alipay_no="2026112422001",
    )
    assert [(p.gateway, p.kind, p.amount) for p in order.payments] == [
        ("red_envelope", PaymentKind.STORE_CREDIT, D(500) / 100),
        ("shopping_card", PaymentKind.GIFT_CARD, D(22)),
        ("alipay", PaymentKind.OTHER, D(100) - 5 - 22),
    ]
    assert order.payments[-1].reference == order.transaction_ref == "2026112422001"


def test_a_tender_beyond_the_whole_is_left_out():
    order = normalise(sub_order(1, "3.00"), payment="3.00", coupon_fee=500)
    assert [payment.amount for payment in order.payments] == [D("3.00")]


def test_what_is_not_paid_has_no_payments():
    order = normalise(
        sub_order(1, "3.00"), payment="3.00", status="WAIT_BUYER_PAY", pay_time=""
    )
    assert order.payments == ()
    assert order.paid_at is None


def test_promotions_are_told_as_coupons():
    details = [
        {"promotion_name": "店铺满减", "discount_fee": "5.00", "promotion_id": "x-1"},
        {"promotion_name": "免运费", "discount_fee": ""},
    ]
    order = normalise(
        sub_order(1, "10.00", part_mjz_discount="5.00"),
        payment="5.00",
        promotion_details={"promotion_detail": details},
    )
    assert [(c.code, c.amount) for c in order.coupons] == [("店铺满减", D("5.00"))]


# -- people ----------------------------------------------------------------------------

MASKED = {
    "receiver_name": "张*三",
    "receiver_mobile": "138****8888",
    "receiver_address": "虚***栋",
    "oaid": "1Oaid0001",
}


def test_masked_text_identifies_nobody():
    order = normalise(sub_order(1, "10.00"), payment="10.00", **MASKED)
    assert order.masked
    assert order.buyer.external_id == "AAHopen1"
    assert (order.buyer.name, order.buyer.phone, order.buyer.email) == ("", "", "")
    assert order.shipping.name == "张*三"  # still what a label shows


def test_without_an_account_the_addressees_id_tells_people_apart():
    more = {**MASKED, "buyer_open_uid": "", "buyer_nick": "买**家"}
    order = normalise(sub_order(1, "10.00"), payment="10.00", **more)
    assert order.buyer.external_id == "1Oaid0001"


def test_two_masked_buyers_without_any_id_have_none():
    more = {**MASKED, "buyer_open_uid": "", "buyer_nick": "买**家", "oaid": ""}
    order = normalise(sub_order(1, "10.00"), payment="10.00", **more)
    assert order.masked
    assert order.buyer.external_id == ""


def test_a_plain_addressee_is_a_person():
    order = normalise(sub_order(1, "10.00"), payment="10.00")
    assert not order.masked
    assert (order.buyer.name, order.buyer.phone) == ("张三", "13800000000")


def test_an_address_with_its_province_city_district_and_town():
    address = normalise(sub_order(1, "10.00"), payment="10.00").shipping
    assert (address.country_code, address.state_code) == ("CN", "GD")
    assert (address.city, address.street2) == ("深圳市", "南山区 试点街道")
    assert (address.street, address.zip) == ("虚构科技园1栋", "518000")


def test_a_county_directly_below_its_province_takes_the_citys_place():
    more = {"receiver_state": "河南省", "receiver_city": "", "receiver_town": ""}
    more["receiver_district"] = "济源市"
    address = normalise(sub_order(1, "10.00"), payment="10.00", **more).shipping
    assert (address.city, address.street2, address.state_code) == ("济源市", "", "HA")


@pytest.mark.parametrize(
    ("province", "code"),
    [
        ("北京", "BJ"),
        ("北京市", "BJ"),
        ("内蒙古自治区", "NM"),
        ("黑龙江省", "HL"),
        ("山西省", "SX"),
        ("陕西省", "SN"),
        ("新疆维吾尔自治区", "XJ"),
        ("广西壮族自治区", "GX"),
        ("模拟省", "模拟省"),
    ],
)
def test_provinces(province, code):
    order = normalise(sub_order(1, "1"), payment="1", receiver_state=province)
    assert order.shipping.state_code == code


def test_all_31_provinces_are_known_by_different_codes():
    assert len(PROVINCES) == len(set(PROVINCES.values())) == 31


@pytest.mark.parametrize(
    ("country", "province", "code"),
    [
        ("", "广东省", "CN"),
        ("中国", "广东省", "CN"),
        ("", "香港特别行政区", "HK"),
        ("中国香港", "", "HK"),
        ("", "台湾", "TW"),
        ("日本", "海外", ""),
    ],
)
def test_countries(country, province, code):
    order = normalise(
        sub_order(1, "1"),
        payment="1",
        receiver_state=province,
        receiver_country=country,
    )
    assert order.shipping.country_code == code


# -- lines -----------------------------------------------------------------------------


def test_references_and_skus_of_lines():
    order = normalise(
        sub_order(1, "1", sku_id="5000000000111", outer_sku_id="TEE-S"),
        sub_order(2, "1", outer_iid="MUG-RED", sku_properties_name="颜色:红"),
        payment="2",
    )
    assert [(line.product_ref, line.sku, line.name) for line in order.lines] == [
        ("600000000101/5000000000111", "TEE-S", "商品1"),
        ("600000000102", "MUG-RED", "商品2 (颜色:红)"),
    ]


def test_what_has_left_already():
    order = normalise(
        sub_order(1, "1", 2, status="WAIT_BUYER_CONFIRM_GOODS"),
        sub_order(2, "1", 3),
        sub_order(3, "1", 1),
        status="SELLER_CONSIGNED_PART",
        payment="6",
        combine_logistics_details={
            "combine_logistics_detail": [
                {
                    "sub_order_id": str(TID + 2),
                    "send_goods_details": {
                        "send_goods_detail": [
                            {"type": 0, "amount": 1},
                            {"type": 3, "amount": 1},  # a present, not of the goods
                        ]
                    },
                }
            ]
        },
    )
    assert order.status is OrderStatus.OPEN
    assert [line.fulfilled_quantity for line in order.lines] == [2, 1, 0]


def test_the_platforms_warehouse_sends_it():
    info = {"sub_trade_id": TID + 1, "consign_type": "CN", "store_code": "CN-HZ-01"}
    order = normalise(
        sub_order(1, "1"), payment="1", logistics_infos={"logistics_info": [info]}
    )
    assert order.fulfilled_by_channel
    assert order.lines[0].location_ref == "CN-HZ-01"
    own = normalise(
        sub_order(1, "1"),
        payment="1",
        logistics_infos={"logistics_info": [{**info, "consign_type": "SC"}]},
    )
    assert not own.fulfilled_by_channel
    forced = normalise(sub_order(1, "1"), payment="1", is_force_dc=True)
    assert forced.fulfilled_by_channel


# -- notes and promises ----------------------------------------------------------------


def test_message_memo_and_flag():
    order = normalise(
        sub_order(1, "1"),
        payment="1",
        buyer_message="请放门口",
        seller_flag=1,
        seller_memo="老客户",
    )
    assert order.buyer_note == "请放门口"
    assert order.tags == ("flag:red", "memo:老客户")


def test_the_earliest_promise_of_sending_counts_and_free_text_does_not():
    order = normalise(
        sub_order(1, "1", delivery_time="2026-11-26 08:00:00"),
        payment="1",
        delivery_time="2026-11-27",
        est_con_time="付款后7天内",
        sign_time="2026-11-29 08:00:00",
    )
    assert order.ship_by == datetime(2026, 11, 26, 0, 0, tzinfo=timezone.utc)
    assert order.deliver_by == datetime(2026, 11, 29, 0, 0, tzinfo=timezone.utc)


def test_a_promise_in_hours_counts_from_payment():
    order = normalise(sub_order(1, "1"), payment="1", consign_interval=48)
    assert order.ship_by == datetime(2026, 11, 26, 0, 1, tzinfo=timezone.utc)


# -- refunds inside of a trade ---------------------------------------------------------


def test_only_money_that_has_gone_back_is_a_refund_of_the_trade():
    cases = [
        {"refund_id": "5", "oid": TID + 1, "refund_fee": "4.00", "status": "SUCCESS"},
        {"refund_id": "6", "oid": TID + 1, "refund_fee": "9", "status": "CLOSED"},
        {"refund_id": "7", "refund_fee": "1", "status": "WAIT_SELLER_AGREE"},
    ]
    order = normalise(sub_order(1, "10.00"), payment="10.00", refunds=cases)
    (refund,) = order.refunds
    assert (refund.external_id, refund.amount) == ("5", D("4.00"))
    assert refund.order_id == str(TID)


# -- what cannot be understood ---------------------------------------------------------


@pytest.mark.parametrize(
    ("damage", "field"),
    [
        ({"tid": None}, "tid"),
        ({"payment": None}, "payment"),
        ({"payment": "ten"}, "payment"),
        ({"created": ""}, "created"),
        ({"created": "yesterday"}, "created"),
        ({"modified": "2026-13-01 00:00:00"}, "modified"),
        ({"orders": "x"}, "orders"),
        ({"orders": {"a": [], "b": []}}, "orders"),
        ({"orders": {"order": [{"title": "no number"}]}}, "orders.order[0].oid"),
        ({"refunds": [{"refund_id": 1}]}, "refund_fee"),
    ],
)
def test_the_field_that_cannot_be_understood_is_named(damage, field):
    with pytest.raises(errors.PayloadError) as caught:
        normalise(sub_order(1, "1"), **{"payment": "1", **damage})
    assert caught.value.details["field"] == field
