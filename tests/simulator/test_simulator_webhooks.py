"""Webhooks: greeting, topics, bodies, signatures, failures."""

from __future__ import annotations

import pytest

SECRET = "a secret"


def subscribe(client, url: str, *topics: str) -> list[int]:
    """Create webhooks and return their ids."""
    ids = []
    for topic in topics:
        body = {"topic": topic, "delivery_url": url, "secret": SECRET}
        ids.append(client.post("webhooks", body).json["id"])
    return ids


@pytest.fixture
def hooked(shop, client, receiver):
    """A shop whose order webhooks go to the receiver; pings are over."""
    topics = ("order.created", "order.updated", "order.deleted", "order.restored")
    subscribe(client, receiver.url, *topics)
    assert shop.outbox.wait_until_idle()
    receiver.deliveries.clear()
    return receiver


def settle(shop) -> None:
    assert shop.outbox.wait_until_idle()


class TestResource:
    def test_create(self, client, receiver):
        body = {
            "name": "Orders",
            "topic": "order.updated",
            "delivery_url": receiver.url,
            "secret": SECRET,
        }
        answer = client.post("webhooks", body)
        hook = answer.json
        assert answer.status == 201
        assert (hook["resource"], hook["event"]) == ("order", "updated")
        assert hook["status"] == "active"
        assert hook["date_modified"] is None
        assert "secret" not in hook
        assert client.get("webhooks").json == [hook]
        assert client.get(f"webhooks/{hook['id']}").json == hook

    def test_delete_needs_force(self, client, receiver):
        (hook_id,) = subscribe(client, receiver.url, "order.created")
        assert client.delete(f"webhooks/{hook_id}").status == 501
        assert client.delete(f"webhooks/{hook_id}", force="true").status == 200
        assert client.get(f"webhooks/{hook_id}").status == 404

    @pytest.mark.parametrize(
        ("topic", "url", "code"),
        [
            ("order.exploded", "http://127.0.0.1:1/", "invalid_topic"),
            ("order.created", "ftp://127.0.0.1/", "invalid_delivery_url"),
            ("order.created", "http://192.0.2.1/hook", "invalid_delivery_url"),
            ("order.created", "http://example.com/hook", "invalid_delivery_url"),
        ],
    )
    def test_wrong_topics_and_foreign_addresses_are_refused(
        self, client, topic, url, code
    ):
        answer = client.post("webhooks", {"topic": topic, "delivery_url": url})
        assert answer.status == 400
        assert answer.code == f"woocommerce_rest_shop_webhook_{code}"
        assert client.get("webhooks").json == []

    def test_the_ping_is_unsigned_form_data(self, shop, client, receiver):
        (hook_id,) = subscribe(client, receiver.url, "order.created")
        settle(shop)
        (ping,) = receiver.deliveries
        assert ping.body == f"webhook_id={hook_id}".encode()
        assert ping.headers["content-type"] == "application/x-www-form-urlencoded"
        assert not [name for name in ping.headers if name.startswith("x-wc-")]


class TestDeliveries:
    def test_created_and_updated_come_together_with_the_same_body(self, shop, hooked):
        order_id = shop.place_orders(1, "us_tax_exclusive")[0]["id"]
        settle(shop)
        assert hooked.topics == ["order.created", "order.updated"]
        created, updated = hooked.deliveries
        assert created.body == updated.body
        assert created.json["id"] == order_id

    def test_headers(self, shop, hooked):
        shop.place_orders(1)
        settle(shop)
        headers = hooked.of("order.created")[0].headers
        assert headers["x-wc-webhook-source"] == f"{shop.url}/"
        assert headers["x-wc-webhook-resource"] == "order"
        assert headers["x-wc-webhook-event"] == "created"
        assert headers["x-wc-webhook-id"] == "1"
        assert len(headers["x-wc-webhook-delivery-id"]) == 32
        assert headers["content-type"] == "application/json"
        assert "Hookshot" in headers["user-agent"]

    def test_the_signature_is_over_the_raw_body(self, shop, hooked):
        shop.place_orders(1, "jp_yen")
        settle(shop)
        assert all(item.signed_with(SECRET) for item in hooked.deliveries)
        assert not any(item.signed_with("another") for item in hooked.deliveries)

    def test_the_body_is_what_rest_would_answer(self, shop, client, hooked):
        order_id = shop.place_orders(1)[0]["id"]
        settle(shop)
        body = client.get(f"orders/{order_id}").body
        assert hooked.of("order.updated")[0].body == body

    def test_trash_says_only_the_id(self, shop, hooked):
        order_id = shop.place_orders(1)[0]["id"]
        shop.order_action(order_id, "trash")
        settle(shop)
        assert hooked.deliveries[-1].topic == "order.deleted"
        assert hooked.deliveries[-1].body == f'{{"id":{order_id}}}'.encode()
        shop.order_action(order_id, "restore")
        settle(shop)
        assert hooked.deliveries[-1].topic == "order.restored"

    def test_deleting_for_good_says_nothing(self, shop, hooked):
        order_id = shop.place_orders(1)[0]["id"]
        settle(shop)
        hooked.deliveries.clear()
        shop.order_action(order_id, "delete")
        settle(shop)
        assert hooked.deliveries == []

    def test_a_refund_is_an_update(self, shop, hooked):
        order_id = shop.place_orders(1, "us_tax_exclusive")[0]["id"]
        settle(shop)
        hooked.deliveries.clear()
        shop.refund_order(order_id, amount="1.00")
        settle(shop)
        assert hooked.topics == ["order.updated"]
        assert hooked.deliveries[0].json["refunds"][0]["total"] == "-1.00"

    def test_an_order_that_takes_stock_updates_the_product(
        self, shop, client, receiver
    ):
        subscribe(client, receiver.url, "product.updated")
        body = {"set_paid": True, "line_items": [{"product_id": 101}]}
        client.post("orders", body)
        settle(shop)
        (delivery,) = receiver.of("product.updated")
        assert delivery.json["id"] == 101
        assert delivery.json["stock_quantity"] == 239


class TestFailures:
    def test_nothing_is_sent_again(self, shop, hooked):
        hooked.status = 500
        shop.place_orders(1)
        settle(shop)
        assert len(hooked.deliveries) == 2

    def test_more_than_five_failures_in_a_row_disable(self, shop, client, receiver):
        (hook_id,) = subscribe(client, receiver.url, "order.created")
        settle(shop)
        receiver.status = 500
        for _ in range(6):
            shop.place_orders(1)
        settle(shop)
        assert client.get(f"webhooks/{hook_id}").json["status"] == "active"
        shop.place_orders(1)
        settle(shop)
        assert client.get(f"webhooks/{hook_id}").json["status"] == "disabled"
        count = len(receiver.deliveries)
        shop.place_orders(1)
        settle(shop)
        assert len(receiver.deliveries) == count

    def test_a_success_starts_the_count_again(self, shop, client, receiver):
        (hook_id,) = subscribe(client, receiver.url, "order.created")
        for status in (500, 200, 500):
            receiver.status = status
            shop.place_orders(4)
            settle(shop)
        assert client.get(f"webhooks/{hook_id}").json["status"] == "active"

    def test_switched_on_again_by_hand(self, shop, client, receiver):
        (hook_id,) = subscribe(client, receiver.url, "order.created")
        receiver.status = 500
        shop.place_orders(7)
        settle(shop)
        receiver.status = 200
        path = f"webhooks/{hook_id}"
        assert client.put(path, {"status": "active"}).json["status"] == "active"
        receiver.deliveries.clear()
        shop.place_orders(1)
        settle(shop)
        assert receiver.topics == ["order.created"]
