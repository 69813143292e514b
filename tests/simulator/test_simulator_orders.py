"""Orders over REST: paging, filters, dates, statuses, errors, writing."""

from __future__ import annotations

import http.client
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest
from simulator_client import API, ShopClient, oauth_query

from simulator import Simulator
from simulator.world.model import Settings


def spaced_orders(shop: Simulator, count: int, seconds: int = 60) -> list[int]:
    """Place orders ``seconds`` apart in the shop's time; the last one is now."""
    ids = []
    for number in range(count):
        shop.set_clock((number - count + 1) * seconds)
        ids.append(shop.place_orders(1, "us_tax_exclusive")[0]["id"])
    return ids


class TestPaging:
    def test_ten_rows_by_default_newest_first(self, shop, client):
        placed = [order["id"] for order in shop.place_orders(12)]
        assert client.ids() == placed[:1:-1]

    def test_totals_and_links_stand_in_headers(self, shop, client):
        shop.place_orders(5)
        answer = client.get("orders", per_page=2, page=2)
        assert answer.headers["X-WP-Total"] == "5"
        assert answer.headers["X-WP-TotalPages"] == "3"
        previous, following = answer.headers["Link"].split(", ")
        assert "page=1" in previous and previous.endswith('rel="prev"')
        assert "page=3" in following and following.endswith('rel="next"')
        assert "status%5B0%5D=any&dp=2&context=view" in following

    def test_a_page_beyond_the_end_is_empty_and_points_to_the_last(self, shop, client):
        shop.place_orders(7)
        answer = client.get("orders", per_page=2, page=99)
        assert (answer.status, answer.json) == (200, [])
        assert answer.headers["X-WP-Total"] == "7"
        assert answer.headers["X-WP-TotalPages"] == "4"
        link = answer.headers["Link"]
        assert "&page=4&" in link and link.endswith('status%5B0%5D=any>; rel="prev"')

    def test_one_page_has_only_the_link_of_the_api(self, client):
        link = client.get("orders").headers["Link"]
        assert link == f'<{client.url}/wp-json/>; rel="https://api.w.org/"'

    @pytest.mark.parametrize("per_page", [0, 101])
    def test_per_page_is_one_to_a_hundred(self, client, per_page):
        answer = client.get("orders", per_page=per_page)
        message = "per_page must be between 1 (inclusive) and 100 (inclusive)"
        assert answer.status == 400
        assert answer.json == {
            "code": "rest_invalid_param",
            "message": "Invalid parameter(s): per_page",
            "data": {
                "status": 400,
                "params": {"per_page": message},
                "details": {
                    "per_page": {
                        "code": "rest_out_of_bounds",
                        "message": message,
                        "data": None,
                    }
                },
            },
        }

    def test_a_hundred_rows_fit(self, shop, client):
        shop.place_orders(101)
        assert len(client.ids(per_page=100)) == 100

    def test_offset_replaces_page(self, shop, client):
        placed = [order["id"] for order in shop.place_orders(5)]
        assert client.ids(order="asc", offset=3, page=1) == placed[3:]

    @pytest.mark.parametrize(
        "query", [{"page": 0}, {"order": "up"}, {"orderby": "colour"}, {"page": "x"}]
    )
    def test_other_wrong_parameters(self, client, query):
        answer = client.get("orders", **query)
        assert (answer.status, answer.code) == (400, "rest_invalid_param")
        assert list(answer.json["data"]["params"]) == list(query)

    def test_an_order_touched_between_two_pages_hides_its_neighbour(self, shop, client):
        placed = spaced_orders(shop, 6)
        query = {"orderby": "modified", "order": "asc", "per_page": 3}
        first = client.ids(**query, page=1)
        shop.set_clock(60)
        shop.order_action(first[0], "touch")
        second = client.ids(**query, page=2)
        assert first == placed[:3]
        assert placed[3] not in first + second
        assert second == [placed[4], placed[5], first[0]]


class TestFilters:
    def test_trash_is_seen_only_when_asked_for(self, shop, client):
        kept, gone = (order["id"] for order in shop.place_orders(2))
        shop.order_action(gone, "trash")
        assert client.ids() == client.ids(status="any") == [kept]
        assert client.ids(status="trash") == [gone]
        assert sorted(client.ids(status="any,trash")) == [kept, gone]

    def test_statuses_may_be_listed(self, shop, client):
        pending = shop.place_orders(1, "pending_unpaid")[0]["id"]
        paid = shop.place_orders(1, "us_tax_exclusive")[0]["id"]
        shop.place_orders(1, "cn_virtual")
        assert client.ids(status="processing,pending") == [paid, pending]
        query = {"status[0]": "pending", "status[1]": "processing"}
        assert client.ids(**query) == [paid, pending]

    def test_an_unknown_status_is_refused(self, client):
        answer = client.get("orders", status="shiny")
        details = answer.json["data"]["details"]["status"]
        assert answer.status == 400
        assert details["code"] == "rest_not_in_enum"
        assert details["message"].startswith("status[0] is not one of any, trash,")

    def test_include_exclude_and_search(self, shop, client):
        ids = [order["id"] for order in shop.place_orders(4, "jp_yen")]
        assert client.ids(include=f"{ids[0]},{ids[2]}") == [ids[2], ids[0]]
        assert client.ids(exclude=",".join(map(str, ids[1:]))) == [ids[0]]
        gb = shop.place_orders(1, "guest_zero_line")[0]["id"]
        assert client.ids(search="thank-you sticker") == [gb]
        assert client.ids(search="nobody at all") == []


class TestDates:
    def modified(self, client: ShopClient, order_id: int) -> str:
        return client.get(f"orders/{order_id}").json["date_modified_gmt"]

    def test_both_ends_are_exclusive_at_second_grain(self, shop, client):
        ids = spaced_orders(shop, 3)
        stamps = [self.modified(client, order_id) for order_id in ids]
        gmt = {"dates_are_gmt": "true", "order": "asc", "orderby": "modified"}
        assert client.ids(modified_after=stamps[0], **gmt) == ids[1:]
        assert client.ids(modified_before=stamps[2], **gmt) == ids[:2]
        between = {"modified_after": stamps[0], "modified_before": stamps[2]}
        assert client.ids(**between, **gmt) == [ids[1]]

    def test_a_naive_time_is_the_shops_time(self, shop, client):
        (order_id,) = spaced_orders(shop, 1)
        stamp = shop.world.order(order_id).modified
        gmt = (stamp - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S")
        # Read as the shop's time (-08:00) the same digits mean hours later.
        assert client.ids(modified_after=gmt) == []
        assert client.ids(modified_after=gmt, dates_are_gmt="true") == [order_id]
        assert client.ids(modified_after=f"{gmt}Z") == [order_id]

    def test_created_dates_filter_too(self, shop, client):
        ids = spaced_orders(shop, 2)
        shop.order_action(ids[0], "touch")
        created = client.get(f"orders/{ids[1]}").json["date_created_gmt"]
        assert client.ids(before=created, dates_are_gmt="true") == [ids[0]]
        assert client.ids(after=created, dates_are_gmt="true") == []

    def test_dates_are_shown_local_and_in_gmt(self):
        with Simulator(settings=Settings(timezone="+08:00")) as shop:
            client = ShopClient(shop.url)
            order_id = shop.place_orders(1)[0]["id"]
            order = client.get(f"orders/{order_id}").json
            moment = shop.world.order(order_id).created
            local = (moment + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S")
            assert order["date_created"] == local
            assert order["date_created_gmt"] == moment.strftime("%Y-%m-%dT%H:%M:%S")

    def test_an_invalid_date(self, client):
        answer = client.get("orders", modified_after="yesterday")
        assert answer.status == 400
        details = answer.json["data"]["details"]
        assert details["modified_after"]["message"] == "Invalid date."


class TestErrors:
    def test_unknown_order(self, client):
        answer = client.get("orders/99999999")
        assert answer.status == 404
        assert answer.json == {
            "code": "woocommerce_rest_shop_order_invalid_id",
            "message": "Invalid ID.",
            "data": {"status": 404},
        }

    def test_writing_to_an_unknown_order_is_a_bad_request(self, client):
        assert client.put("orders/99999999", {"status": "completed"}).status == 400

    def test_unknown_route_and_wrong_method(self, client):
        for method, path in (("GET", "spaceships"), ("DELETE", "orders")):
            answer = client.call(method, path)
            assert (answer.status, answer.code) == (404, "rest_no_route")

    def test_a_body_that_is_not_json(self, client):
        signed = oauth_query("POST", f"{client.url}{API}orders", {})
        parts = urlsplit(client.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port)
        connection.request("POST", f"{API}orders?{urlencode(signed)}", b"{not json")
        response = connection.getresponse()
        assert response.status == 400
        assert b"rest_invalid_json" in response.read()
        connection.close()

    def test_json_is_written_as_php_writes_it(self, shop, client):
        shop.place_orders(1, "jp_yen")
        body = client.get("orders").body
        assert b"\\u" in body and b"http:\\/\\/" in body
        assert body.decode("ascii")


class TestWriting:
    BODY = {
        "set_paid": True,
        "billing": {"first_name": "Ada", "country": "US", "state": "CA"},
        "line_items": [
            {"product_id": 101, "quantity": 2},
            {"product_id": 110, "variation_id": 112, "quantity": 1},
        ],
        "shipping_lines": [
            {"method_id": "flat_rate", "method_title": "Flat", "total": "10.00"}
        ],
        "fee_lines": [{"name": "Wrap", "total": "3.00"}],
        "coupon_lines": [{"code": "ten-percent"}],
        "customer_note": "Ring twice",
        "meta_data": [{"key": "_source", "value": "test"}],
    }

    def test_create(self, client):
        answer = client.post("orders", self.BODY)
        order = answer.json
        assert answer.status == 201
        assert order["status"] == "processing"
        assert order["created_via"] == "rest-api"
        assert [line["sku"] for line in order["line_items"]] == ["MUG-RED", "TEE-M-BLK"]
        variation = order["line_items"][1]
        assert variation["product_id"] == 110
        assert variation["variation_id"] == 112
        assert variation["parent_name"] == "Organic cotton T-shirt"
        assert variation["meta_data"][0]["display_key"] == "Size"
        assert order["meta_data"][0]["value"] == "test"

    def test_two_posts_make_two_orders(self, client):
        first, second = (client.post("orders", self.BODY).json for _ in range(2))
        assert first["id"] != second["id"]

    def test_an_order_takes_stock_also_beyond_zero(self, client):
        body = {"set_paid": True, "line_items": [{"product_id": 165, "quantity": 12}]}
        assert client.post("orders", body).status == 201
        assert client.get("products/165").json["stock_quantity"] == 9 - 12

    def test_unknown_coupon_and_product(self, client):
        wrong = {"coupon_lines": [{"code": "nope"}]}
        answer = client.post("orders", {**self.BODY, **wrong})
        assert (answer.status, answer.code) == (400, "woocommerce_rest_invalid_coupon")
        wrong = {"line_items": [{"product_id": 424242}]}
        assert client.post("orders", wrong).status == 400
        assert client.ids() == []

    def test_status_changes_leave_their_dates(self, client):
        order = client.post("orders", {**self.BODY, "set_paid": False}).json
        path = f"orders/{order['id']}"
        assert order["status"] == "pending"
        assert (order["needs_payment"], order["is_editable"]) == (True, True)
        assert order["date_paid"] is None
        paid = client.put(path, {"status": "processing"}).json
        assert paid["date_paid_gmt"] and paid["date_completed_gmt"] is None
        assert client.put(path, {"status": "completed"}).json["date_completed_gmt"]

    def test_cancelling_gives_the_stock_back(self, client):
        before = client.get("products/101").json["stock_quantity"]
        order = client.post("orders", self.BODY).json
        assert client.get("products/101").json["stock_quantity"] == before - 2
        client.put(f"orders/{order['id']}", {"status": "cancelled"})
        assert client.get("products/101").json["stock_quantity"] == before

    def test_refunded_by_status_is_an_amount_without_lines(self, client):
        order = client.post("orders", self.BODY).json
        path = f"orders/{order['id']}"
        after = client.put(path, {"status": "refunded"}).json
        assert after["refunds"][0]["total"] == f"-{order['total']}"
        assert after["refunds"][0]["reason"] == "Order fully refunded."
        refund = client.get(f"{path}/refunds").json[0]
        assert refund["line_items"] == refund["tax_lines"] == []

    def test_lines_are_changed_added_and_removed_by_id(self, client):
        order = client.post("orders", self.BODY).json
        path = f"orders/{order['id']}"
        mug, tee = (line["id"] for line in order["line_items"])
        rows = [
            {"id": mug, "quantity": 4, "subtotal": "50.00", "total": "50.00"},
            {"id": tee, "product_id": None},
            {"product_id": 150, "quantity": 1},
        ]
        after = client.put(path, {"line_items": rows}).json
        shown = [(line["sku"], line["quantity"]) for line in after["line_items"]]
        assert shown == [("MUG-RED", 4), ("NOTE-A5", 1)]
        assert float(after["total"]) > float(order["total"])

    @pytest.mark.parametrize(("storage", "moves"), [("posts", False), ("hpos", True)])
    def test_own_meta_moves_the_date_in_newer_shops_only(
        self, shop, client, storage, moves
    ):
        shop.change_settings(storage=storage)
        shop.set_clock(-100)
        path = f"orders/{client.post('orders', self.BODY).json['id']}"
        before = client.get(path).json["date_modified_gmt"]
        shop.set_clock(0)
        body = {"meta_data": [{"key": "_odoo", "value": "S00042"}]}
        after = client.put(path, body).json
        assert after["meta_data"][-1]["value"] == "S00042"
        assert (after["date_modified_gmt"] != before) is moves

    def test_delete_trashes_and_force_deletes(self, client):
        path = f"orders/{client.post('orders', self.BODY).json['id']}"
        assert client.delete(path).json["status"] == "trash"
        assert client.get(path).json["status"] == "trash"
        assert client.delete(path).status == 410
        assert client.delete(path, force="true").status == 200
        assert client.get(path).status == 404
