"""Refunds, notes, products, batches, settings and the read-only resources."""

from __future__ import annotations

import pytest


@pytest.fixture
def order(client) -> dict:
    """A paid order of three mugs and delivery, with 7.25 % tax."""
    body = {
        "set_paid": True,
        "shipping": {"country": "US", "state": "CA"},
        "line_items": [{"product_id": 101, "quantity": 3}],
        "shipping_lines": [{"method_id": "flat_rate", "total": "8.00"}],
    }
    return client.post("orders", body).json


class TestRefunds:
    def refund(self, client, order, **body):
        return client.post(f"orders/{order['id']}/refunds", body)

    def line(self, order) -> dict:
        """One mug: 12.50 and 0.91 tax."""
        return {
            "id": order["line_items"][0]["id"],
            "quantity": 1,
            "refund_total": 12.50,
            "refund_tax": [{"id": 1, "refund_total": 0.91}],
        }

    def test_lines_are_negative_and_name_their_origin(self, client, order):
        answer = self.refund(client, order, line_items=[self.line(order)])
        refund = answer.json
        assert answer.status == 201
        assert refund["amount"] == "13.41"
        line = refund["line_items"][0]
        assert (line["quantity"], line["total"], line["total_tax"]) == (
            -1,
            "-12.50",
            "-0.91",
        )
        assert line["price"] == 12.5
        meta = line["meta_data"][0]
        assert meta["key"] == "_refunded_item_id"
        assert meta["value"] == str(order["line_items"][0]["id"])
        assert refund["tax_lines"][0]["tax_total"] == "-0.91"

    def test_the_order_tells_and_its_date_moves(self, shop, client, order):
        shop.set_clock(60)
        self.refund(client, order, amount="5.00", reason="late")
        after = client.get(f"orders/{order['id']}").json
        assert after["date_modified_gmt"] > order["date_modified_gmt"]
        assert after["total"] == order["total"]
        assert [(r["reason"], r["total"]) for r in after["refunds"]] == [
            ("late", "-5.00")
        ]

    def test_an_amount_alone_has_no_lines(self, client, order):
        refund = self.refund(client, order, amount="5.00", api_refund=False).json
        assert refund["line_items"] == refund["tax_lines"] == []
        assert refund["refunded_payment"] is False

    def test_restock_is_the_default(self, client, order):
        before = client.get("products/101").json["stock_quantity"]
        self.refund(client, order, line_items=[self.line(order)])
        assert client.get("products/101").json["stock_quantity"] == before + 1
        metas = client.get(f"orders/{order['id']}").json["line_items"][0]["meta_data"]
        assert {meta["key"]: meta["value"] for meta in metas} == {
            "_reduced_stock": "2",
            "_restock_refunded_items": "1",
        }
        body = {"line_items": [self.line(order)], "api_restock": False}
        self.refund(client, order, **body)
        assert client.get("products/101").json["stock_quantity"] == before + 1

    def test_more_than_the_rest_is_a_server_error(self, client, order):
        answer = self.refund(client, order, amount="9999")
        assert answer.status == 500
        assert answer.json == {
            "code": "woocommerce_rest_cannot_create_order_refund",
            "message": "Invalid refund amount.",
            "data": 500,
        }

    def test_the_last_cent_makes_the_order_refunded(self, client, order):
        self.refund(client, order, amount="10.00")
        rest = float(order["total"]) - 10
        self.refund(client, order, amount=f"{rest:.2f}")
        after = client.get(f"orders/{order['id']}").json
        assert after["status"] == "refunded"
        assert len(after["refunds"]) == 2

    def test_list_get_delete(self, client, order):
        ids = [self.refund(client, order, amount="1").json["id"] for _ in range(2)]
        path = f"orders/{order['id']}/refunds"
        assert [row["id"] for row in client.get(path).json] == ids[::-1]
        assert client.get(f"{path}/{ids[0]}").json["amount"] == "1.00"
        assert client.delete(f"{path}/{ids[0]}").status == 501
        assert client.delete(f"{path}/{ids[0]}", force="true").status == 200
        assert client.get(f"{path}/{ids[0]}").status == 404

    def test_refunds_of_an_unknown_order(self, client):
        answer = client.get("orders/424242/refunds")
        assert (answer.status, answer.json["message"]) == (404, "Invalid order ID.")


class TestNotes:
    def test_write_and_read(self, client, order):
        path = f"orders/{order['id']}/notes"
        made = client.post(path, {"note": "Parcel 1Z", "customer_note": True})
        assert made.status == 201
        assert made.json["author"] == "WooCommerce"
        client.post(path, {"note": "internal"})
        assert [n["note"] for n in client.get(path).json] == ["internal", "Parcel 1Z"]
        rows = client.get(path, type="customer").json
        assert [n["note"] for n in rows] == ["Parcel 1Z"]
        assert client.get(f"{path}/{made.json['id']}").json["customer_note"] is True

    def test_text_is_required(self, client, order):
        answer = client.post(f"orders/{order['id']}/notes", {})
        assert (answer.status, answer.code) == (400, "rest_missing_callback_param")
        assert answer.json["data"]["params"] == ["note"]


class TestProducts:
    def test_variations_are_not_in_the_list(self, client):
        rows = client.get("products", per_page=100).json
        types = {row["type"] for row in rows}
        assert types == {"simple", "variable"}
        shirt = next(row for row in rows if row["sku"] == "TEE")
        assert shirt["variations"] == [111, 112, 113, 114]
        children = client.get("products/110/variations").json
        assert {row["attributes"][0]["option"] for row in children} == {
            "S",
            "M",
            "L",
            "XL",
        }

    def test_found_by_sku(self, client):
        assert client.get("products", sku="MUG-RED").json[0]["id"] == 101

    def test_stock_is_an_absolute_write(self, client):
        row = client.put("products/101", {"stock_quantity": 5}).json
        assert (row["stock_quantity"], row["stock_status"]) == (5, "instock")
        path = "products/110/variations/112"
        row = client.put(path, {"stock_quantity": 0}).json
        assert (row["stock_quantity"], row["stock_status"]) == (0, "outofstock")

    def test_the_last_write_wins_over_an_order(self, client):
        seen = client.get("products/165").json["stock_quantity"]
        body = {"set_paid": True, "line_items": [{"product_id": 165, "quantity": 2}]}
        client.post("orders", body)
        row = client.put("products/165", {"stock_quantity": seen}).json
        assert row["stock_quantity"] == seen

    def test_stock_that_is_not_counted_stays_so(self, client):
        row = client.put("products/160", {"stock_quantity": 5}).json
        assert (row["manage_stock"], row["stock_quantity"]) == (False, None)

    def test_duplicate_sku(self, client):
        answer = client.post("products", {"name": "x", "sku": "MUG-RED"})
        assert answer.status == 400
        assert answer.json == {
            "code": "product_invalid_sku",
            "message": "Invalid or duplicated SKU.",
            "data": {"status": 400, "resource_id": 101, "unique_sku": "MUG-RED-1"},
        }

    def test_an_order_of_a_deleted_product_keeps_its_line(self, client, order):
        client.delete("products/101", force="true")
        line = client.get(f"orders/{order['id']}").json["line_items"][0]
        assert line["name"] == "Stoneware mug, red"


class TestBatches:
    def test_errors_are_told_per_row_inside_status_200(self, client):
        rows = [
            {"id": 101, "stock_quantity": 33},
            {"id": 999999, "stock_quantity": 1},
            {"id": 102, "sku": "MUG-RED"},
        ]
        answer = client.post("products/batch", {"update": rows})
        good, unknown, duplicate = answer.json["update"]
        assert answer.status == 200
        assert good["stock_quantity"] == 33
        assert unknown == {
            "id": 999999,
            "error": {
                "code": "woocommerce_rest_product_invalid_id",
                "message": "Invalid ID.",
                "data": {"status": 400},
            },
        }
        assert duplicate["error"]["code"] == "product_invalid_sku"

    def test_variations(self, client):
        rows = [{"id": 112, "stock_quantity": 4}, {"id": 121, "stock_quantity": 4}]
        answer = client.post("products/110/variations/batch", {"update": rows})
        good, foreign = answer.json["update"]
        assert good["stock_quantity"] == 4
        code = "woocommerce_rest_product_variation_invalid_id"
        assert foreign["error"]["code"] == code

    @pytest.mark.parametrize(("rows", "status"), [(100, 200), (101, 413)])
    def test_a_hundred_rows_are_the_most(self, client, rows, status):
        update = [{"id": 101, "stock_quantity": 1}] * rows
        answer = client.post("products/batch", {"update": update})
        assert answer.status == status
        if status == 413:
            assert answer.json == {
                "code": "woocommerce_rest_request_entity_too_large",
                "message": "Unable to accept more than 100 items for this request.",
                "data": {"status": 413},
            }

    def test_orders(self, client, order):
        body = {
            "update": [{"id": order["id"], "status": "completed"}, {"id": 4242}],
            "create": [{"line_items": [{"product_id": 102}]}],
        }
        rows = client.post("orders/batch", body).json
        assert rows["update"][0]["status"] == "completed"
        assert rows["update"][1]["error"]["data"]["status"] == 400
        assert rows["create"][0]["status"] == "pending"


class TestShopInfo:
    def test_general_settings(self, client):
        rows = client.get("settings/general").json
        values = {row["id"]: row["value"] for row in rows}
        assert values["woocommerce_currency"] == "USD"
        assert values["woocommerce_default_country"] == "US:CA"
        assert values["woocommerce_price_num_decimals"] == "2"

    def test_a_setting_can_be_changed_and_counts_for_new_orders(self, client):
        path = "settings/tax/woocommerce_prices_include_tax"
        assert client.put(path, {"value": "yes"}).json["value"] == "yes"
        made = client.post("orders", {"line_items": [{"product_id": 101}]}).json
        assert made["prices_include_tax"] is True

    def test_unknown_setting(self, client):
        assert client.get("settings/nope").status == 404
        assert client.get("settings/general/nope").status == 404

    def test_system_status_always_says_utc(self, client):
        status = client.get("system_status").json
        assert status["environment"]["default_timezone"] == "UTC"
        assert status["settings"]["currency"] == "USD"

    @pytest.mark.parametrize("path", ["taxes", "coupons", "customers"])
    def test_read_only_resources(self, client, path):
        answer = client.get(path)
        row = answer.json[0]
        assert int(answer.headers["X-WP-Total"]) > 0
        assert client.get(f"{path}/{row['id']}").json == row
        assert client.get(f"{path}/424242").status == 404

    def test_tax_rates_have_four_decimals(self, client):
        rates = {row["name"]: row["rate"] for row in client.get("taxes").json}
        assert rates["CA Sales Tax"] == "7.2500"
