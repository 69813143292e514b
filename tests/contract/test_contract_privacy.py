"""What every connector promises about buyers who want to be forgotten."""

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import PRIVACY, Capability
from ecom_orders.marketplaces.reading import parse_json


def test_a_request_to_erase_names_the_buyer_as_orders_do(shop):
    shop.need(Capability.BUYER_ERASURE)
    connector = shop.connector()
    order_id = shop.place_order()
    buyer = shop.ask_for_erasure(order_id)
    ((headers, body),) = shop.deliveries()
    envelope = connector.read_webhook(headers, body)
    assert (envelope.kind, envelope.external_id) == (PRIVACY, buyer)
    payload = parse_json(connector.fetch_order(order_id).body)
    assert connector.normalise_order(payload).buyer.external_id == buyer


def test_a_forged_request_to_erase_is_refused(shop):
    shop.need(Capability.BUYER_ERASURE)
    connector = shop.connector()
    shop.ask_for_erasure(shop.place_order())
    ((headers, body),) = shop.deliveries()
    with pytest.raises(errors.SignatureInvalid):
        connector.read_webhook(headers, body + b" ")
    with pytest.raises(errors.SignatureInvalid):
        connector.read_webhook({}, body)


def test_the_challenge_is_answered_and_nothing_else_is(shop):
    shop.need(Capability.CHALLENGE)
    connector = shop.connector()
    here = "https://odoo.example/ecom/webhook/1"
    first = connector.answer_challenge({"challenge_code": "one"}, here)
    assert first == connector.answer_challenge({"challenge_code": "one"}, here)
    assert first != connector.answer_challenge({"challenge_code": "two"}, here)
    assert first != connector.answer_challenge({"challenge_code": "one"}, f"{here}2")
    with pytest.raises(errors.PayloadError):
        connector.answer_challenge({}, here)
