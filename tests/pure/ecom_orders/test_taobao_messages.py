"""Taobao: the queue of messages, with the sellers and topics that are in it."""

import json

import pytest
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.reading import parse_json
from ecom_orders.marketplaces.taobao.client import TaobaoConnector
from fake_top import FakeTop, credentials, refuse

TID = 3_600_000_000_000_001_019
ID = 9_100_000_000_000_000_007


def message(number=ID, topic="taobao_trade_TradeChanged", nick="模拟旗舰店", **values):
    content = json.dumps({"tid": TID, "buyer_nick": "模**", **values})
    return {
        "id": number,
        "topic": topic,
        "user_nick": nick,
        "content": content,
        "pub_time": "2026-11-25 11:00:00",
    }


def top_with(*messages, **interfaces):
    listed = {"messages": {"tmc_message": list(messages)}} if messages else {}
    return FakeTop(
        tmc_messages_consume=listed,
        user_seller_get={"user": {"nick": "模拟旗舰店"}},
        **interfaces,
    )


def test_a_message_about_a_trade_is_a_hint_digit_for_digit():
    page = top_with(message())().fetch_messages()
    (envelope,) = page.envelopes
    assert (envelope.kind, envelope.external_id) == (base.ORDER_HINT, str(TID))
    assert parse_json(envelope.body)["id"] == ID
    assert page.receipts == (str(ID),)


def test_a_message_about_a_refund_is_a_hint_at_its_trade():
    told = message(topic="taobao_refund_RefundCreated", refund_id=1, oid=TID + 1)
    (envelope,) = top_with(told)().fetch_messages().envelopes
    assert (envelope.kind, envelope.external_id) == (base.ORDER_HINT, str(TID))


def test_another_topic_is_confirmed_and_not_kept():
    page = top_with(message(topic="taobao_item_ItemUpdate"))().fetch_messages()
    assert (page.envelopes, page.receipts) == ((), (str(ID),))


@pytest.mark.parametrize("content", ["{", "[]", '{"oid": 1}', "<tid>1</tid>", 7, None])
def test_what_cannot_be_understood_is_kept_with_a_reason(content):
    page = top_with({**message(), "content": content})().fetch_messages()
    (envelope,) = page.envelopes
    assert envelope.kind == base.UNREADABLE
    assert page.receipts == (str(ID),)


def test_messages_of_other_sellers_are_left_to_their_channels():
    page = top_with(message(1), message(2, nick="别的店"))().fetch_messages()
    assert page.receipts == ("1",)
    assert len(page.envelopes) == 1


def test_the_seller_of_the_channel_counts_without_asking():
    gateway = top_with(message(1), message(2, nick="我的店"))
    account = base.Credentials("", "1", "s", token="t", account="我的店")
    page = TaobaoConnector(account, gateway).fetch_messages()
    assert page.receipts == ("2",)
    assert gateway.sent("user.seller.get") == []


def test_a_full_batch_of_others_does_not_make_us_ask_for_ever():
    others = [message(number, nick="别的店") for number in range(1, 11)]
    page = top_with(*others)().fetch_messages(quantity=10)
    assert (page.receipts, page.more) == ((), False)


@pytest.mark.parametrize(("wanted", "sent"), [(1, "10"), (50, "50"), (999, "200")])
def test_as_many_as_the_platform_gives_at_once(wanted, sent):
    gateway = top_with()
    gateway().fetch_messages(quantity=wanted)
    assert gateway.sent("consume")[0]["quantity"] == sent


def test_confirmed_200_at_a_time_in_the_group_of_the_channel():
    gateway = top_with(tmc_messages_confirm={"is_success": True})
    gateway(tmc_group="shop1").confirm_messages(map(str, range(1, 202)))
    first, second = gateway.sent("confirm")
    assert first["s_message_ids"].count(",") == 199
    assert second["s_message_ids"] == "201"
    assert first["group_name"] == "shop1"


def test_a_confirmation_that_is_not_taken_is_told():
    gateway = top_with(tmc_messages_confirm={"is_success": False})
    with pytest.raises(errors.BadAnswer):
        gateway().confirm_messages(["1"])


def test_an_application_without_the_service_is_told():
    gateway = top_with(tmc_user_permit=refuse(11, "Insufficient isv permissions"))
    with pytest.raises(errors.PermissionRefused):
        gateway().open_messages()
    assert credentials().token
