"""Who may talk to the shop: OAuth 1.0a over http, Basic and keys over https."""

from __future__ import annotations

import base64
import hashlib
import time
from urllib.parse import quote, urlencode

import pytest
from simulator_client import API, Answer, ShopClient, base_string, oauth_query, sign

from simulator import Simulator

ORDERS = f"{API}orders"
TLS = {"X-Forwarded-Proto": "https"}


def basic(key: str = "ck_simulator", secret: str = "cs_simulator") -> dict[str, str]:
    token = base64.b64encode(f"{key}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


def signed_get(client: ShopClient, query=None, **changes: str) -> Answer:
    signed = oauth_query("GET", client.url + ORDERS, query or {}, **changes)
    return client.raw("GET", f"{ORDERS}?{urlencode(signed)}")


def refused(answer: Answer, message: str) -> bool:
    body = answer.json
    return (
        answer.status == 401
        and body["code"] == "woocommerce_rest_authentication_error"
        and body["message"] == message
        and body["data"] == {"status": 401}
    )


class TestTheSignerOfTheseTests:
    def test_base_string_of_rfc_5849_section_3_4_1_1(self):
        pairs = [
            ("b5", "=%3D"),
            ("a3", "a"),
            ("c@", ""),
            ("a2", "r b"),
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
            ("c2", ""),
            ("a3", "2 q"),
        ]
        assert base_string("POST", "http://example.com/request", pairs) == (
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q"
            "%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key"
            "%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method"
            "%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token"
            "%3Dkkk9d7dh3k39sjv7"
        )

    def test_signature_of_the_published_photos_example(self):
        pairs = [
            ("file", "vacation.jpg"),
            ("size", "original"),
            ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
            ("oauth_token", "nnch734d00sl2jdk"),
            ("oauth_nonce", "kllo9940pd9333jh"),
            ("oauth_timestamp", "1191242096"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_version", "1.0"),
        ]
        base = base_string("GET", "http://photos.example.net/photos", pairs)
        signature = sign(base, "kd94hf93k423kf44", "pfkkdhi9sl3r4s00", hashlib.sha1)
        assert signature == "tR3+Ty81lMeYAr/Fid0kMTYa/WM="


class TestOverHttp:
    def test_a_signed_request_is_answered(self, client):
        assert signed_get(client).status == 200

    @pytest.mark.parametrize(
        "query",
        [
            {"search": "Zoë & Söhne + 50%"},
            {"search": "李雷 🎁"},
            {"modified_after": "2026-01-01T00:00:00+02:00"},
            {"status": "processing,completed"},
            {"include[0]": "5", "include[1]": "6"},
            {"search": "~tilde*star"},
        ],
    )
    def test_every_character_is_signed_correctly(self, client, query):
        assert signed_get(client, query).status == 200

    def test_parameters_may_stand_in_the_authorization_header(self, client):
        signed = oauth_query("GET", client.url + ORDERS, {})
        header = ", ".join(f'{k}="{quote(v, "")}"' for k, v in signed.items())
        answer = client.raw("GET", ORDERS, {"Authorization": f"OAuth {header}"})
        assert answer.status == 200

    def test_hmac_sha1_is_accepted_too(self, client):
        url, query = client.url + ORDERS, {}
        signed = oauth_query("GET", url, query, oauth_signature_method="HMAC-SHA1")
        signed.pop("oauth_signature")
        base = base_string("GET", url, list(signed.items()))
        signed["oauth_signature"] = sign(base, "cs_simulator", hashing=hashlib.sha1)
        assert client.raw("GET", f"{ORDERS}?{urlencode(signed)}").status == 200

    def test_unknown_key(self, client):
        answer = signed_get(client, key="ck_wrong")
        assert refused(answer, "Consumer key is invalid.")

    def test_wrong_secret_shows_as_a_wrong_signature(self, client):
        answer = signed_get(client, secret="cs_wrong")
        assert refused(answer, "Invalid signature - provided signature does not match.")

    def test_a_parameter_added_after_signing_breaks_the_signature(self, client):
        signed = oauth_query("GET", client.url + ORDERS, {})
        answer = client.raw("GET", f"{ORDERS}?{urlencode({**signed, 'page': '2'})}")
        assert refused(answer, "Invalid signature - provided signature does not match.")

    def test_the_method_is_part_of_the_signature(self, client):
        signed = oauth_query("GET", client.url + ORDERS, {})
        answer = client.raw("POST", f"{ORDERS}?{urlencode(signed)}", body={})
        assert refused(answer, "Invalid signature - provided signature does not match.")

    def test_unknown_signature_method(self, client):
        answer = signed_get(client, oauth_signature_method="PLAINTEXT")
        assert refused(answer, "Invalid signature - signature method is invalid.")

    @pytest.mark.parametrize("seconds", [-1000, 1000])
    def test_a_timestamp_outside_of_fifteen_minutes(self, client, seconds):
        stamp = str(int(time.time()) + seconds)
        assert refused(signed_get(client, oauth_timestamp=stamp), "Invalid timestamp.")

    @pytest.mark.parametrize("seconds", [-800, 800])
    def test_a_timestamp_within_fifteen_minutes(self, client, seconds):
        stamp = str(int(time.time()) + seconds)
        assert signed_get(client, oauth_timestamp=stamp).status == 200

    def test_a_nonce_is_good_for_one_request(self, client):
        assert signed_get(client, oauth_nonce="n" * 32).status == 200
        again = signed_get(client, oauth_nonce="n" * 32)
        assert refused(again, "Invalid nonce - nonce has already been used.")

    def test_missing_parameters_are_named(self, client):
        answer = client.raw("GET", f"{ORDERS}?oauth_consumer_key=ck_simulator")
        assert answer.status == 401
        assert answer.code == "woocommerce_rest_authentication_missing_parameter"
        assert answer.json["message"] == (
            "Missing OAuth parameters oauth_timestamp, oauth_nonce, oauth_signature, "
            "oauth_signature_method"
        )

    def test_basic_over_plain_http_is_not_looked_at(self, client):
        answer = client.raw("GET", ORDERS, basic())
        assert answer.status == 401
        assert answer.code == "woocommerce_rest_cannot_view"

    def test_keys_in_the_query_over_plain_http_are_not_looked_at(self, client):
        query = "consumer_key=ck_simulator&consumer_secret=cs_simulator"
        assert client.raw("GET", f"{ORDERS}?{query}").status == 401

    def test_nobody_may_do_nothing(self, client):
        codes = {
            ("GET", ORDERS): "woocommerce_rest_cannot_view",
            ("POST", ORDERS): "woocommerce_rest_cannot_create",
            ("PUT", f"{ORDERS}/1"): "woocommerce_rest_cannot_edit",
            ("DELETE", f"{ORDERS}/1"): "woocommerce_rest_cannot_delete",
            ("POST", f"{API}products/batch"): "woocommerce_rest_cannot_batch",
        }
        for (method, path), code in codes.items():
            answer = client.raw(method, path, body={})
            assert (answer.status, answer.code) == (401, code)

    def test_the_index_is_public_and_tells_the_time_zone(self, client):
        index = client.raw("GET", "/wp-json/").json
        assert (index["timezone_string"], index["gmt_offset"]) == ("", -8)


class TestOverHttps:
    """The header X-Forwarded-Proto of a TLS proxy makes a request secure."""

    def test_basic_is_answered(self, client):
        assert client.raw("GET", ORDERS, {**TLS, **basic()}).status == 200

    def test_keys_in_the_query_are_answered(self, client):
        query = "consumer_key=ck_simulator&consumer_secret=cs_simulator"
        assert client.raw("GET", f"{ORDERS}?{query}", TLS).status == 200

    def test_wrong_secret(self, client):
        answer = client.raw("GET", ORDERS, {**TLS, **basic(secret="cs_wrong")})
        assert refused(answer, "Consumer secret is invalid.")

    def test_an_unknown_key_is_nobody(self, client):
        answer = client.raw("GET", ORDERS, {**TLS, **basic(key="ck_wrong")})
        assert answer.status == 401
        assert answer.code == "woocommerce_rest_cannot_view"

    def test_links_are_https(self, client):
        answer = client.raw("GET", ORDERS, {**TLS, **basic()})
        assert answer.headers["Link"].startswith("<https://")


class TestReadOnlyKey:
    READER = {"key": "ck_simulator_read", "secret": "cs_simulator_read"}

    def test_reads(self, client):
        assert signed_get(client, **self.READER).status == 200

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    def test_does_not_write(self, client, method):
        path = f"{API}orders/1"
        signed = oauth_query(method, client.url + path, {}, **self.READER)
        answer = client.raw(method, f"{path}?{urlencode(signed)}", body={})
        message = "The API key provided does not have write permissions."
        assert refused(answer, message)


def test_a_shop_with_a_fixed_address_refuses_signatures_for_another():
    with Simulator(site_url="http://shop.example.com") as shop:
        client = ShopClient(shop.url)
        assert signed_get(client).status == 401
        signed = oauth_query("GET", f"http://shop.example.com{ORDERS}", {})
        assert client.raw("GET", f"{ORDERS}?{urlencode(signed)}").status == 200
