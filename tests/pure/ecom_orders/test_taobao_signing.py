"""Taobao: how a call is signed, and what leaves the house with it."""

import hashlib
from datetime import datetime, timedelta, timezone

import pytest
from ecom_orders.marketplaces.taobao.signing import sign
from fake_top import FakeTop, moment, refuse

EXAMPLE = {"foo": "1", "bar": "2", "foo_bar": "3", "foobar": "4"}
SORTED = "bar2foo1foo_bar3foobar4"


def hmac_by_hand(digest, key, message):
    """RFC 2104, section 2, for a key that is shorter than a block of 64 bytes."""
    block = key + b"\0" * (64 - len(key))
    inner = digest(bytes(byte ^ 0x36 for byte in block) + message).digest()
    return digest(bytes(byte ^ 0x5C for byte in block) + inner).hexdigest().upper()


def test_md5_wraps_the_sorted_parameters_in_the_secret():
    wanted = hashlib.md5(f"helloworld{SORTED}helloworld".encode()).hexdigest().upper()
    assert sign(EXAMPLE, "helloworld", "md5") == wanted


def test_hmac_uses_the_secret_as_its_key():
    wanted = hmac_by_hand(hashlib.md5, b"helloworld", SORTED.encode())
    assert sign(EXAMPLE, "helloworld", "hmac") == wanted


def test_hmac_sha256_as_well():
    wanted = hmac_by_hand(hashlib.sha256, b"helloworld", SORTED.encode())
    assert sign(EXAMPLE, "helloworld", "hmac-sha256") == wanted


def test_text_is_signed_as_utf8_and_what_is_empty_is_left_out():
    wanted = hashlib.md5("s名王小红s".encode()).hexdigest().upper()
    assert sign({"名": "王小红", "empty": "", "sign": "x"}, "s", "md5") == wanted


def test_another_method_is_refused():
    with pytest.raises(ValueError):
        sign(EXAMPLE, "s", "sha1")


@pytest.mark.parametrize("method", ["hmac", "md5", "hmac-sha256"])
def test_a_call_carries_the_common_parameters_and_signs_all_of_them(method):
    gateway = FakeTop(trade_memo_update={"trade": {"tid": 1}})
    gateway(sign_method=method).write_memo("1", "备注", flag=1)
    (sent,) = gateway.calls
    signature = sent.pop("sign")
    assert signature == sign(sent, "app-secret", method)
    assert {name: sent[name] for name in ("app_key", "session", "format", "v")} == {
        "app_key": "12345",
        "session": "session-key",
        "format": "json",
        "v": "2.0",
    }
    assert sent["sign_method"] == method
    assert (sent["tid"], sent["memo"], sent["flag"]) == ("1", "备注", "1")


def test_the_time_stamp_is_beijing_time_by_the_platforms_clock():
    gateway = FakeTop(trade_memo_update={"trade": {"tid": 1}})
    gateway.ahead = timedelta(minutes=7)
    connector = gateway()
    connector.write_memo("1", "one")
    connector.write_memo("1", "two")
    first, second = (moment(call["timestamp"]) for call in gateway.calls)
    assert abs(first - datetime.now(timezone.utc)) < timedelta(seconds=5)
    ahead = second - datetime.now(timezone.utc)
    assert abs(ahead - timedelta(minutes=7)) < timedelta(seconds=5)


def test_a_refused_time_stamp_is_tried_once_more_with_the_clock_that_was_told():
    def check(sent):
        right = datetime.now(timezone.utc) + timedelta(hours=2)
        if abs(moment(sent["timestamp"]) - right) > timedelta(minutes=10):
            return refuse(31, "Invalid timestamp")
        return {"trade": {"tid": 1}}

    gateway = FakeTop(trade_memo_update=check)
    gateway.ahead = timedelta(hours=2)
    gateway().write_memo("1", "one")
    assert len(gateway.calls) == 2
