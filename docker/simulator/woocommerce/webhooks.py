"""Webhooks: their REST resource, what is sent, and what happens when it fails.

Source: the REST API documentation, chapter Webhooks; recorded creations and deliveries.
Facts: the ping at creation is unsigned form data ``webhook_id=N``; ``order.created``
and ``order.updated`` come together with the same body; ``order.deleted`` carries only
the id; nothing is sent again; after more than five failures in a row the webhook is
disabled.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..core.deliveries import Outbox, Parcel, is_loopback_url
from ..core.message import Response
from ..world.model import Event, Subscription
from ..world.shop import World
from . import errors
from .call import Call, page_of
from .render import TOPIC_HOOKS, Renderer
from .wire_format import php_json

KIND = "shop_webhook"
USER_AGENT = "SimulatedShop/1.0 Hookshot (WooCommerce/7.9.0)"
#: A webhook that fails once more after this many failures is disabled.
MOST_FAILURES = 5
_STATUSES = ("active", "paused", "disabled")


def sign(body: bytes, secret: str) -> str:
    """Return base64(HMAC-SHA256(raw body, secret))."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class WebhookSender:
    """Sends committed changes to the subscribers."""

    def __init__(self, world: World, outbox: Outbox, site: Callable[[], str]) -> None:
        self._world = world
        self._outbox = outbox
        self._site = site
        self._count_lock = threading.Lock()
        self._count = 0

    def ping(self, hook: Subscription) -> None:
        """Send the unsigned greeting of a new webhook."""
        headers = (
            ("User-Agent", USER_AGENT),
            ("Content-Type", "application/x-www-form-urlencoded"),
        )
        body = f"webhook_id={hook.id}".encode()
        self._outbox.post(Parcel(hook.delivery_url, headers, body, label="ping"))

    def notify(self, events: Sequence[Event]) -> None:
        """Send every event to the webhooks that want it."""
        hooks = [
            hook for hook in self._world.subscriptions() if hook.status == "active"
        ]
        if not hooks:
            return
        for topic, event in _topics(events):
            for hook in (item for item in hooks if item.topic == topic):
                self._send(hook, event)

    def _send(self, hook: Subscription, event: Event) -> None:
        payload = self._payload(hook, event)
        if payload is None:
            return
        body = php_json(payload)
        parcel = Parcel(
            hook.delivery_url,
            self._headers(hook, body),
            body,
            label=hook.topic,
            entity_id=event.entity_id,
            done=lambda status: self._count_result(hook.id, status),
        )
        self._outbox.post(parcel)

    def _payload(self, hook: Subscription, event: Event) -> dict[str, Any] | None:
        if hook.topic.endswith(".deleted"):
            return {"id": event.entity_id}
        renderer = Renderer(self._world, self._site())
        if event.entity == "order":
            order = self._world.store.get("order", event.entity_id)
            return renderer.order(order) if order else None
        product = self._world.product(event.entity_id)
        if product is None:
            return None
        if product.parent_id:
            return renderer.variation(product)
        return renderer.product(product)

    def _headers(self, hook: Subscription, body: bytes) -> tuple[tuple[str, str], ...]:
        resource, _, event = hook.topic.partition(".")
        return (
            ("User-Agent", USER_AGENT),
            ("Accept", "*/*"),
            ("Content-Type", "application/json"),
            ("X-WC-Webhook-Source", f"{self._site()}/"),
            ("X-WC-Webhook-Topic", hook.topic),
            ("X-WC-Webhook-Resource", resource),
            ("X-WC-Webhook-Event", event),
            ("X-WC-Webhook-Signature", sign(body, hook.secret)),
            ("X-WC-Webhook-ID", str(hook.id)),
            ("X-WC-Webhook-Delivery-ID", self._delivery_id(hook)),
        )

    def _delivery_id(self, hook: Subscription) -> str:
        with self._count_lock:
            self._count += 1
            text = f"{hook.id}/{self._count}/{self._world.clock.timestamp()}"
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    def _count_result(self, hook_id: int, status: int) -> None:
        """Count failures in a row; 2xx and plain redirects are successes."""
        hook = self._world.store.get("subscription", hook_id)
        if hook is None:
            return
        if 200 <= status < 303:
            if hook.failures:
                self._world.save_subscription(replace(hook, failures=0))
        elif hook.failures > MOST_FAILURES:
            self._world.save_subscription(replace(hook, status="disabled"))
        else:
            changed = replace(hook, failures=hook.failures + 1)
            self._world.save_subscription(changed)


def _topics(events: Sequence[Event]) -> list[tuple[str, Event]]:
    """Return the topics of the events, each once."""
    result: dict[tuple[str, int], Event] = {}
    for event in events:
        result[f"{event.entity}.{event.verb}", event.entity_id] = event
        if event.verb == "created":
            # Making an order saves it a second time when its totals are known.
            result[f"{event.entity}.updated", event.entity_id] = event
    return [(topic, event) for (topic, _id), event in result.items()]


# -- the REST resource ---------------------------------------------------------


class WebhookResource:
    """Create, list, read, change and delete webhooks."""

    def __init__(self, sender: WebhookSender) -> None:
        self._sender = sender

    def list(self, call: Call) -> Response:
        """GET /webhooks."""
        options = ("all", *_STATUSES)
        status = call.params.choice("status", options, "all")
        rows = [h for h in call.world.subscriptions() if status in ("all", h.status)]
        return page_of(call, rows[::-1], call.renderer.webhook)[1]

    def get(self, call: Call) -> Response:
        """GET /webhooks/<id>."""
        return call.answer(call.renderer.webhook(_find(call)))

    def create(self, call: Call) -> Response:
        """POST /webhooks; the address gets a ping."""
        call.require("topic", "delivery_url")
        topic, url = str(call.body["topic"]), str(call.body["delivery_url"])
        _check_topic(topic)
        _check_url(url)
        name = call.body.get("name") or f"Webhook for {topic}"
        secret = call.body.get("secret") or _default_secret(call)
        hook = call.world.subscribe(name, topic, url, secret)
        self._sender.ping(hook)
        return call.answer(call.renderer.webhook(hook), 201)

    def update(self, call: Call) -> Response:
        """PUT /webhooks/<id>: how a disabled webhook is switched on again."""
        hook = _find(call, 400)
        names = ("name", "status", "topic", "delivery_url", "secret")
        changes = {name: call.body[name] for name in names if name in call.body}
        _check_topic(changes.get("topic", hook.topic))
        _check_url(changes.get("delivery_url", hook.delivery_url))
        if changes.get("status") == "active":
            changes["failures"] = 0
        changed = replace(hook, **changes, modified=call.world.clock.now())
        saved = call.world.save_subscription(changed)
        return call.answer(call.renderer.webhook(saved))

    def delete(self, call: Call) -> Response:
        """DELETE /webhooks/<id>: only for good."""
        hook = _find(call)
        if not call.force:
            raise errors.no_trash("Webhooks")
        call.world.unsubscribe(hook.id)
        return call.answer(call.renderer.webhook(hook))


def _default_secret(call: Call) -> str:
    return hashlib.sha256(f"{call.world.seed}/webhook".encode()).hexdigest()


def _find(call: Call, status: int = 404) -> Subscription:
    hook = call.world.store.get("subscription", call.numbers[0])
    if hook is None:
        raise errors.invalid_id(KIND, status)
    return hook


def _check_topic(topic: str) -> None:
    if topic not in TOPIC_HOOKS:
        code = f"woocommerce_rest_{KIND}_invalid_topic"
        raise errors.WooError(code, "Webhook topic must be valid.", 400)


def _check_url(url: str) -> None:
    """Accept loopback addresses only: a simulator must not talk to the world."""
    code = f"woocommerce_rest_{KIND}_invalid_delivery_url"
    if not url.startswith(("http://", "https://")):
        message = (
            "Webhook delivery URL must be a valid URL starting with http:// or "
            "https://."
        )
        raise errors.WooError(code, message, 400)
    if not is_loopback_url(url):
        message = "The simulated shop delivers to loopback addresses only."
        raise errors.WooError(code, message, 400)
