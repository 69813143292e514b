"""eBay: what is signed for eBay, and what eBay signs."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from ecom_orders.marketplaces import base, errors
from ecom_orders.marketplaces.ebay import keys
from ecom_orders.marketplaces.ebay.notification import challenge_response, key_id
from ecom_orders.marketplaces.ebay.signing import Signer, content_digest
from ecom_orders.marketplaces.schema import RefundRequest
from ecom_orders.marketplaces.transport import Request, Response
from fake_ebay import FakeEbay, answer, connector, refused

# -- signatures of requests ------------------------------------------------------------

# The key of RFC 9421, appendix B.1.4; eBay's test server uses it and publishes a
# signature made with it.
RFC_KEY = bytes.fromhex(
    "9f8362f87a484a954e6e740c5b4c0e84229139a20aa8ab56ff66586f6a7d29c5"
)
EBAY_JWE = (
    "eyJ6aXAiOiJERUYiLCJlbmMiOiJBMjU2R0NNIiwidGFnIjoiSGdLcjNSSWFlZll0Mkd4blBUUTEwUSIs"
    "ImFsZyI6IkEyNTZHQ01LVyIsIml2IjoiQTVOQXFYUXlITkNIT01GVSJ9.z3JcS0vvxrYboqpySAq_Zn"
    "ww-3V6AllxmJP5JEMkuLY.K1f4MVMEc8ylbfSS.fASwJyMCk2tXZsNWk13IcuVgSWTOcynSdAoJrK4W"
    "ApZANlxAP9J0qr0Jz_4aFldFDSZ5tfuxLGqzJmWU7CiZWwNjk2XoVy8q5ogMrFNFwFXP4SrX1XORhNL"
    "ZPTyS5DEqLDPYn2NX944xendEwfcxxXsTSeNCUnmSyfitiscUC04GYOfn0UWQ2buSWx7Yod0IR2GtTG"
    "UsM9o3J-riuNDKhw.rRsWM1Sl_2stTnZLJkWVmQ"
)
EBAY_SIGNATURE = (
    "uunxYrXKC8KaoupD5D1DKdmQmrOhz6b4Xbhb3o9d4x4xFIpg++XzEZztOyeOI59rMMjM3NIcFgxBH0c1"
    "ckpfBw=="
)


def pkcs8(key):
    """A private key as eBay hands it out."""
    der = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return base64.b64encode(der).decode()


def rfc_key():
    return ed25519.Ed25519PrivateKey.from_private_bytes(RFC_KEY)


def test_the_example_that_ebay_publishes_is_signed_the_same():
    signer = Signer.of({"signing_key": pkcs8(rfc_key()), "signing_jwe": EBAY_JWE})
    request = Request(
        "POST", "http://localhost:8080/verifysignature", json={"hello": "world"}
    )
    assert request.body == b'{"hello": "world"}'
    signed = signer.sign(request, created=1659651955)
    assert signed.headers["Content-Digest"] == (
        "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
    )
    assert signed.headers["Signature-Input"] == (
        'sig1=("content-digest" "x-ebay-signature-key" "@method" "@path" "@authority")'
        ";created=1659651955"
    )
    assert signed.headers["Signature"] == f"sig1=:{EBAY_SIGNATURE}:"


def test_a_request_without_a_body_is_signed_without_a_digest():
    signer = Signer(rfc_key(), "the-jwe")
    url = "https://apiz.ebay.com/sell/finances/v1/transaction"
    signed = signer.sign(Request("GET", url, query=(("limit", "1"),)), created=7)
    assert "Content-Digest" not in signed.headers
    parameters = '("x-ebay-signature-key" "@method" "@path" "@authority");created=7'
    text = (
        '"x-ebay-signature-key": the-jwe\n"@method": GET\n'
        '"@path": /sell/finances/v1/transaction\n"@authority": apiz.ebay.com\n'
        f'"@signature-params": {parameters}'
    )
    given = signed.headers["Signature"].removeprefix("sig1=:").removesuffix(":")
    rfc_key().public_key().verify(base64.b64decode(given), text.encode())


def test_rsa_keys_are_taken_too():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    wrapped = f"-----BEGIN PRIVATE KEY-----\n{pkcs8(key)}\n-----END PRIVATE KEY-----\n"
    signer = Signer.of({"signing_key": wrapped, "signing_jwe": "jwe"})
    signed = signer.sign(Request("GET", "https://x.example/a"), created=1)
    text = (
        '"x-ebay-signature-key": jwe\n"@method": GET\n"@path": /a\n'
        '"@authority": x.example\n"@signature-params": '
        '("x-ebay-signature-key" "@method" "@path" "@authority");created=1'
    )
    given = signed.headers["Signature"].removeprefix("sig1=:").removesuffix(":")
    key.public_key().verify(
        base64.b64decode(given), text.encode(), padding.PKCS1v15(), hashes.SHA256()
    )


@pytest.mark.parametrize("text", ["rubbish", "AAAA", "-----BEGIN PRIVATE KEY-----"])
def test_a_key_that_cannot_be_read_is_said_at_once(text):
    with pytest.raises(errors.PermissionRefused) as caught:
        connector(FakeEbay(), signing_key=text, signing_jwe="jwe")
    assert caught.value.details["hint"] == "digital_signature"
    assert text not in str(caught.value)


def a_refund(shop):
    return RefundRequest("refund/1", shop.create(1), Decimal(1), "USD")


@pytest.mark.parametrize("marketplace", ["EBAY_DE", "EBAY_GB"])
def test_without_a_key_money_of_the_eu_and_the_uk_stays_where_it_is(marketplace):
    shop = FakeEbay()
    request = a_refund(shop)
    ebay = connector(shop, marketplaces=(marketplace, "EBAY_US"))
    now = datetime.now(timezone.utc)
    for verb in (
        lambda: ebay.push_refund(request),
        lambda: ebay.cancel_order(request.order_id),
        lambda: list(ebay.fetch_transactions(now - timedelta(days=1), now)),
    ):
        with pytest.raises(errors.PermissionRefused) as caught:
            verb()
        assert caught.value.details["missing"] == ("signing_key", "signing_jwe")
    assert {request.method for request in shop.requests if request.json} == set()


def test_with_a_key_what_moves_money_is_signed_and_the_rest_is_not():
    shop = FakeEbay()
    request = a_refund(shop)
    path = f"/sell/fulfillment/v1/order/{request.order_id}/issue_refund"
    shop.routes["POST", path] = answer({"refundId": "1", "refundStatus": "PENDING"})
    ebay = connector(
        shop,
        marketplaces=("EBAY_DE",),
        signing_key=pkcs8(rfc_key()),
        signing_jwe="the-jwe",
    )
    ebay.push_refund(request)
    (sent,) = shop.asked(path, "POST")
    assert sent.headers["x-ebay-signature-key"] == "the-jwe"
    assert sent.headers["Content-Digest"] == content_digest(sent.body)
    assert sent.headers["Signature"].startswith("sig1=:")
    others = [seen for seen in shop.requests if seen is not sent]
    assert not any("Signature" in seen.headers for seen in others)


# -- notifications ---------------------------------------------------------------------

KEY = ec.derive_private_key(424_242, ec.SECP256R1())
DELETION = {
    "metadata": {"topic": "MARKETPLACE_ACCOUNT_DELETION", "schemaVersion": "1.0"},
    "notification": {
        "notificationId": "n-1",
        "data": {"username": "buyer_7", "userId": "uid-7", "eiasToken": "x"},
    },
}


def public_key():
    """A key as getPublicKey writes it: PEM on one line."""
    pem = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode().replace("\n", "")


def signed(body, kid="kid-1", digest=None):
    """Headers of a delivery."""
    signature = KEY.sign(body, ec.ECDSA(digest or hashes.SHA1()))
    fields = {
        "alg": "ecdsa",
        "kid": kid,
        "signature": base64.b64encode(signature).decode(),
        "digest": "SHA1",
    }
    value = base64.b64encode(json.dumps(fields).encode()).decode()
    return {"X-EBAY-SIGNATURE": value, "Content-Type": "application/json"}


def read(headers, body, keys=None):
    ebay = connector(FakeEbay(), public_keys=keys or {"kid-1": public_key()})
    return ebay.read_webhook(headers, body)


def test_the_deletion_of_an_account_asks_to_erase_a_buyer():
    body = json.dumps(DELETION).encode()
    envelope = read(signed(body), body)
    assert (envelope.kind, envelope.external_id) == (base.PRIVACY, "buyer_7")
    assert json.loads(envelope.body)["notification"]["data"]["userId"] == "uid-7"


def test_without_a_name_the_immutable_id_counts():
    payload = json.loads(json.dumps(DELETION))
    del payload["notification"]["data"]["username"]
    body = json.dumps(payload).encode()
    assert read(signed(body), body).external_id == "uid-7"


def test_the_key_may_come_as_ebays_object_with_its_digest():
    body = json.dumps(DELETION).encode()
    keys = {"kid-1": {"key": public_key(), "digest": "SHA256", "algorithm": "ECDSA"}}
    assert read(signed(body, digest=hashes.SHA256()), body, keys).kind == base.PRIVACY
    with pytest.raises(errors.SignatureInvalid):
        read(signed(body), body, keys)


def test_another_topic_is_kept_and_ignored():
    body = json.dumps({"metadata": {"topic": "ITEM_AVAILABILITY"}}).encode()
    envelope = read(signed(body), body)
    assert (envelope.kind, envelope.external_id) == (base.IGNORED, "ITEM_AVAILABILITY")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"metadata": 7}'])
def test_what_is_signed_but_cannot_be_read_is_kept(body):
    assert read(signed(body), body).kind == base.UNREADABLE


def test_a_forged_delivery_is_refused():
    body = json.dumps(DELETION).encode()
    headers = signed(body)
    for wrong, content in (
        (headers, body + b" "),
        ({}, body),
        ({"x-ebay-signature": "no base64"}, body),
        ({"x-ebay-signature": base64.b64encode(b"[]").decode()}, body),
        ({"x-ebay-signature": base64.b64encode(b"{}").decode()}, body),
        ({"x-ebay-signature": base64.b64encode(b'{"kid": "kid-1"}').decode()}, body),
        (signed(body, kid="kid-2"), body),
    ):
        with pytest.raises(errors.SignatureInvalid):
            read(wrong, content)


def test_the_key_that_is_missing_is_named():
    body = b"{}"
    headers = signed(body, kid="kid-2")
    assert key_id(headers) == "kid-2"
    with pytest.raises(errors.SignatureInvalid) as caught:
        read(headers, body)
    assert caught.value.details["kid"] == "kid-2"


@pytest.mark.parametrize("key", ["", "no key", "AAAA"])
def test_a_public_key_that_is_none_lets_nothing_in(key):
    body = b"{}"
    with pytest.raises(errors.SignatureInvalid):
        read(signed(body), body, {"kid-1": key})


def test_keys_are_fetched_by_the_application_not_for_the_seller():
    shop = FakeEbay()
    path = "/commerce/notification/v1/public_key/kid-1"
    key = {"key": public_key(), "algorithm": "ECDSA", "digest": "SHA1"}
    shop.routes["GET", path] = answer(key)
    assert connector(shop).fetch_public_key("kid-1") == key
    (bought,) = shop.asked("/identity/v1/oauth2/token", "POST")
    assert dict(bought.form)["grant_type"] == "client_credentials"


def test_a_key_that_ebay_does_not_have():
    shop = FakeEbay()
    shop.routes["GET", "/commerce/notification/v1/public_key/kid-9"] = Response(404)
    with pytest.raises(errors.NotFound):
        connector(shop).fetch_public_key("kid-9")


PATH = "/commerce/notification/v1/public_key"


def an_ebay_with_keys(**keys):
    """An eBay that gives out keys; what it does not have is 404."""
    shop = FakeEbay()
    for kid, key in keys.items():
        told = {"key": key, "algorithm": "ECDSA", "digest": "SHA1"}
        shop.routes["GET", f"{PATH}/{kid}"] = answer(told)
    return shop


def test_a_key_is_fetched_once_for_many_deliveries():
    shop = an_ebay_with_keys(k1=public_key())
    ebay = connector(shop)
    body = json.dumps(DELETION).encode()
    for _ in range(3):
        envelope = ebay.read_webhook(signed(body, kid="k1"), body)
        assert envelope.kind == base.PRIVACY
    assert len(shop.asked(f"{PATH}/k1")) == 1


def test_a_key_is_fetched_anew_when_it_is_an_hour_old():
    shop = an_ebay_with_keys(k1=public_key())
    ebay = connector(shop)
    old = datetime.now(timezone.utc) - keys.LIFETIME - timedelta(seconds=1)
    ebay.keys.store.save("k1", base.PublicKey("of yesterday", "SHA1", old))
    body = json.dumps(DELETION).encode()
    assert ebay.read_webhook(signed(body, kid="k1"), body).kind == base.PRIVACY
    assert ebay.keys.store.load()["k1"].text == public_key()


def test_a_key_that_ebay_does_not_have_is_asked_for_once_and_refused():
    shop = an_ebay_with_keys()
    shop.routes["GET", f"{PATH}/k9"] = Response(404)
    ebay = connector(shop)
    for _ in range(3):
        with pytest.raises(errors.SignatureInvalid):
            ebay.read_webhook(signed(b"{}", kid="k9"), b"{}")
    assert len(shop.asked(f"{PATH}/k9")) == 1


def test_nobody_makes_us_ask_for_more_keys_than_a_few():
    shop = an_ebay_with_keys()
    ebay = connector(shop)
    for number in range(keys.MOST):
        with pytest.raises(errors.SignatureInvalid):
            ebay.read_webhook(signed(b"{}", kid=f"k{number}"), b"{}")
    asked = len(shop.requests)
    with pytest.raises(errors.NotChecked):
        ebay.read_webhook(signed(b"{}", kid="another"), b"{}")
    assert len(shop.requests) == asked


@pytest.mark.parametrize("kid", ["../config", "a/b", "", "k" * 101, "ключ"])
def test_what_cannot_be_the_id_of_a_key_is_not_asked_for(kid):
    shop = an_ebay_with_keys()
    with pytest.raises(errors.SignatureInvalid):
        connector(shop).read_webhook(signed(b"{}", kid=kid), b"{}")
    assert shop.requests == []


def test_nothing_is_asked_for_a_delivery_without_a_signature():
    shop = an_ebay_with_keys()
    fields = base64.b64encode(b'{"kid": "k1"}').decode()
    with pytest.raises(errors.SignatureInvalid):
        connector(shop).read_webhook({"X-EBAY-SIGNATURE": fields}, b"{}")
    assert shop.requests == []


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_delivery_is_to_come_again_when_the_key_cannot_be_fetched(status):
    shop = an_ebay_with_keys()
    shop.routes["GET", f"{PATH}/k1"] = refused(1, status)
    ebay = connector(shop)
    with pytest.raises(errors.NotChecked):
        ebay.read_webhook(signed(b"{}", kid="k1"), b"{}")
    assert ebay.keys.store.load() == {}


def test_a_challenge_is_answered_with_the_verification_token():
    ebay = connector(FakeEbay())
    here = "https://odoo.example/ecom/webhook/1"
    with pytest.raises(errors.PayloadError):  # no token, no proof
        ebay.answer_challenge({"challenge_code": "code"}, here)
    token = "t" * 32
    ebay.credentials = replace(ebay.credentials, webhook_secret=token)
    assert ebay.answer_challenge({"challenge_code": "code"}, here) == {
        "challengeResponse": hashlib.sha256(f"code{token}{here}".encode()).hexdigest()
    }


def test_the_challenge_of_an_endpoint_is_answered():
    endpoint = "https://odoo.example/ecom/webhook/1"
    text = "code" + "token" * 8 + endpoint
    assert (
        challenge_response("code", "token" * 8, endpoint)
        == hashlib.sha256(text.encode()).hexdigest()
    )
