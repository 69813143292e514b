"""WooCommerce, step "write": quantities in batches, webhooks kept in order."""

import pytest
from ecom_orders.marketplaces import errors
from ecom_orders.marketplaces.base import Credentials
from ecom_orders.marketplaces.schema import StockLevel
from ecom_orders.marketplaces.woocommerce.client import WooCommerceConnector
from ecom_orders.marketplaces.woocommerce.webhook import TOPICS
from fake_woo import FakeShop, answer, refused

HOOK = "https://odoo.example/ecom/hook/1"


class StockShop(FakeShop):
    """Takes batches; ``stock`` is by reference, ``limit`` rows of a batch at most."""

    def __init__(self, stock, limit=100):
        super().__init__()
        self.stock = dict(stock)
        self.limit = limit
        self.failing = {}  # parent -> answer or exception

    def send(self, request):
        path = request.url.partition("/wc/v3/")[2]
        if request.method != "POST" or not path.endswith("/batch"):
            return super().send(request)
        self.requests.append(request)
        parent = path.removeprefix("products").removesuffix("batch").strip("/")
        parent = parent.removesuffix("/variations")
        failure = self.failing.get(parent)
        if isinstance(failure, Exception):
            raise failure
        if failure is not None:
            return failure
        rows = request.json["update"]
        if len(rows) > self.limit:
            return refused(413, "woocommerce_rest_request_entity_too_large", "Too much")
        return answer({"update": [self._take(parent, row) for row in rows]})

    def _take(self, parent, row):
        ref = f"{parent}/{row['id']}" if parent else str(row["id"])
        if ref not in self.stock:
            error = {"code": "woocommerce_rest_product_invalid_id", "message": "No."}
            return {"id": row["id"], "error": error}
        if self.stock[ref] is None and not row.get("manage_stock"):
            return {"id": row["id"], "manage_stock": False, "stock_quantity": None}
        self.stock[ref] = row["stock_quantity"]
        return {
            "id": row["id"],
            "manage_stock": True,
            "stock_quantity": self.stock[ref],
        }


def push(shop, *levels, **options):
    credentials = Credentials("https://shop.example", "ck", "cs", options=options)
    client = WooCommerceConnector(credentials, shop)
    results = client.push_stock([StockLevel(ref, "", qty) for ref, qty in levels])
    assert [result.product_ref for result in results] == list(dict(levels))
    return {result.product_ref: result.error for result in results}


# -- quantities ------------------------------------------------------------------------


def test_products_in_one_batch_and_variations_in_one_by_parent():
    shop = StockShop({"11": 0, "13": 0, "12/121": 0, "12/122": 0, "14/141": 0})
    errors_by_ref = push(
        shop, ("11", 5), ("12/121", 1), ("13", 6), ("12/122", 2), ("14/141", 3)
    )
    assert set(errors_by_ref.values()) == {""}
    assert shop.stock == {"11": 5, "13": 6, "12/121": 1, "12/122": 2, "14/141": 3}
    assert [path for path, _query in shop.asked()] == [
        "products/batch",
        "products/12/variations/batch",
        "products/14/variations/batch",
    ]


def test_a_batch_has_a_hundred_rows_at_most():
    shop = StockShop({str(number): 0 for number in range(1, 251)})
    push(shop, *[(str(number), number) for number in range(1, 251)])
    assert [len(request.json["update"]) for request in shop.requests] == [100, 100, 50]
    assert shop.stock == {str(number): number for number in range(1, 251)}


def test_a_shop_that_takes_less_gets_smaller_batches():
    shop = StockShop({str(number): 0 for number in range(1, 31)}, limit=8)
    result = push(shop, *[(str(number), 9) for number in range(1, 31)])
    assert set(result.values()) == {""}
    assert set(shop.stock.values()) == {9}


def test_a_single_row_that_is_too_much_is_reported():
    result = push(StockShop({"11": 0}, limit=0), ("11", 1))
    assert result["11"].startswith("woocommerce_rest_request_entity_too_large")


def test_a_refused_row_does_not_stop_the_others():
    shop = StockShop({"11": 0, "13": 0})
    result = push(shop, ("11", 5), ("999", 1), ("13", 6))
    assert result == {
        "11": "",
        "999": "woocommerce_rest_product_invalid_id: No.",
        "13": "",
    }


@pytest.mark.parametrize(
    "ref", ["", "x", "11/", "/12", "0", "1/2/3", "-1", "11 ", "１"]
)
def test_a_reference_that_is_none_is_reported_and_not_sent(ref):
    shop = StockShop({"11": 0})
    result = push(shop, (ref, 1), ("11", 2))
    assert result[ref].startswith("bad_reference")
    assert result["11"] == ""


def test_a_listing_whose_stock_is_not_tracked_is_reported_and_left_alone():
    shop = StockShop({"11": None})
    assert push(shop, ("11", 5))["11"].startswith("not_tracked")
    assert shop.stock["11"] is None


def test_tracking_is_switched_on_when_the_seller_wants_that():
    shop = StockShop({"11": None})
    assert push(shop, ("11", 5), manage_stock=True)["11"] == ""
    assert shop.stock["11"] == 5


def test_a_row_that_shows_another_quantity_or_nothing_is_reported():
    shop = StockShop({})
    rows = [{"id": 11, "manage_stock": True, "stock_quantity": 4}, {"id": "?"}, None]
    shop.failing[""] = answer({"update": rows})
    result = push(shop, ("11", 5), ("13", 6))
    assert result["11"].startswith("not_taken")
    assert result["13"] == "not_answered"


def test_the_same_listing_twice_gets_the_last_quantity():
    shop = StockShop({"11": 0})
    push(shop, ("11", 5), ("11", 7))
    assert shop.stock == {"11": 7}


def test_a_refused_batch_does_not_stop_the_other_batches():
    shop = StockShop({"11": 0, "14/141": 0})
    shop.failing["12"] = refused(404, "woocommerce_rest_product_invalid_id", "Gone")
    result = push(shop, ("12/121", 1), ("11", 5), ("14/141", 3))
    assert result["12/121"] == "woocommerce_rest_product_invalid_id: Gone"
    assert (result["11"], result["14/141"]) == ("", "")


def test_an_unreadable_answer_is_reported_for_its_batch_only():
    shop = StockShop({"11": 0})
    shop.failing["12"] = answer(b"<p>PHP Warning</p>")
    result = push(shop, ("12/121", 1), ("11", 5))
    assert result == {"12/121": "bad_answer", "11": ""}


def test_a_server_that_goes_away_meanwhile_ends_the_work_but_keeps_what_is_known():
    shop = StockShop({"11": 0})
    shop.failing["12"] = errors.TimedOut("no answer")
    result = push(shop, ("11", 5), ("12/121", 1), ("14/141", 3))
    assert result == {"11": "", "12/121": "timed_out", "14/141": "timed_out"}
    assert len(shop.requests) == 2


@pytest.mark.parametrize(
    "error",
    [errors.ConnectionFailed(), errors.SendingStopped(), errors.PermissionRefused()],
)
def test_when_nothing_can_be_said_about_any_level_it_is_an_error(error):
    shop = StockShop({})
    shop.failing[""] = error
    with pytest.raises(type(error)):
        push(shop, ("11", 5))


def test_nothing_to_tell():
    shop = StockShop({})
    assert push(shop) == {}
    assert shop.requests == []


def test_quantities_may_be_sent_again_after_a_lost_answer():
    shop = StockShop({"11": 0})
    push(shop, ("11", 5))
    assert shop.requests[0].is_repeatable


# -- webhooks --------------------------------------------------------------------------


class WebhookShop(FakeShop):
    """Keeps webhooks; never tells a secret, like the real one."""

    def __init__(self, *hooks):
        super().__init__()
        self.hooks = {number: dict(hook) for number, hook in enumerate(hooks, 1)}
        self.last_id = len(hooks)

    def send(self, request):
        path = request.url.partition("/wc/v3/")[2]
        if not path.startswith("webhooks"):
            return super().send(request)
        self.requests.append(request)
        number = int(path.partition("/")[2] or 0)
        if request.method == "GET":
            rows = [
                {"id": n, **{k: v for k, v in hook.items() if k != "secret"}}
                for n, hook in sorted(self.hooks.items())
            ]
            query = dict(request.query)
            size, page = int(query["per_page"]), int(query["page"])
            return answer(
                rows[size * (page - 1) : size * page],
                headers={"X-WP-Total": str(len(rows))},
            )
        if number and number not in self.hooks:
            return refused(404, "woocommerce_rest_shop_webhook_invalid_id")
        if request.method == "DELETE":
            if dict(request.query).get("force") != "true":
                return refused(501, "woocommerce_rest_trash_not_supported")
            return answer({"id": number, **self.hooks.pop(number)})
        if request.method == "POST":
            self.last_id += 1  # ids are never given twice
            number = self.last_id
            self.hooks[number] = {"status": "active"}
        self.hooks[number].update(request.json)
        return answer({"id": number, **self.hooks[number]}, 201)

    def active(self, url=HOOK):
        return sorted(
            hook["topic"]
            for hook in self.hooks.values()
            if hook["delivery_url"] == url and hook["status"] == "active"
        )


def hook(topic, url=HOOK, status="active", secret="old"):
    return {"topic": topic, "delivery_url": url, "status": status, "secret": secret}


def client_of(shop, secret="new"):
    return WooCommerceConnector(
        Credentials("https://shop.example", "ck", "cs", secret), shop
    )


def test_a_shop_without_webhooks_gets_all_of_them():
    shop = WebhookShop()
    assert client_of(shop).ensure_webhooks(HOOK) == TOPICS
    assert shop.active() == sorted(TOPICS)
    assert {hook["secret"] for hook in shop.hooks.values()} == {"new"}


def test_asking_again_changes_nothing():
    shop = WebhookShop()
    client_of(shop).ensure_webhooks(HOOK)
    before = {number: dict(hook) for number, hook in shop.hooks.items()}
    client_of(shop).ensure_webhooks(HOOK)
    assert shop.hooks == before
    assert [r.method for r in shop.requests].count("POST") == len(TOPICS)


def test_a_disabled_webhook_is_switched_on_and_gets_the_secret_of_today():
    shop = WebhookShop(*(hook(topic, status="disabled") for topic in TOPICS))
    client_of(shop).ensure_webhooks(HOOK)
    assert sorted(shop.hooks) == [1, 2, 3, 4]
    assert shop.active() == sorted(TOPICS)
    assert {hook["secret"] for hook in shop.hooks.values()} == {"new"}


def test_doubles_and_topics_we_do_not_use_go_away():
    shop = WebhookShop(
        hook("order.created"), hook("order.created"), hook("product.updated")
    )
    client_of(shop).ensure_webhooks(HOOK)
    assert shop.active() == sorted(TOPICS)
    assert 1 in shop.hooks and 2 not in shop.hooks


def test_webhooks_of_others_are_left_alone():
    others = [
        hook("order.created", url=f"https://other.example/{n}") for n in range(150)
    ]
    shop = WebhookShop(*others)
    client = client_of(shop)
    client.ensure_webhooks(HOOK)
    assert client.remove_webhooks(HOOK) == len(TOPICS)
    assert list(shop.hooks.values()) == others


def test_removing_what_is_not_there():
    assert client_of(WebhookShop()).remove_webhooks(HOOK) == 0


def test_a_slash_at_the_end_is_the_same_address():
    shop = WebhookShop(hook("order.created", url=HOOK + "/"))
    client_of(shop).ensure_webhooks(HOOK)
    assert len(shop.hooks) == len(TOPICS)


def test_creating_a_webhook_is_never_repeated_blindly():
    shop = WebhookShop()
    client_of(shop).ensure_webhooks(HOOK)
    for request in shop.requests:
        assert request.is_repeatable == (request.method != "POST")
