"""Webhooks: what is sent when something happens.

Bodies have the shape of the old REST interface. Headers and the signature are widely
known facts; none is in the schema.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from ..core.deliveries import Outbox, Parcel
from ..world.model import TRASH, Event, Order, Subscription
from ..world.money import fixed
from ..world.shop import World
from .tree import gid, stamp

TOPICS = (
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_EDITED",
    "ORDERS_DELETE",
    "REFUNDS_CREATE",
    "DRAFT_ORDERS_CREATE",
    "DRAFT_ORDERS_UPDATE",
    "DRAFT_ORDERS_DELETE",
)
#: Topics by what happens in the world.
_OF_DRAFT = {
    "created": ("DRAFT_ORDERS_CREATE",),
    "updated": ("DRAFT_ORDERS_UPDATE",),
    "deleted": ("DRAFT_ORDERS_DELETE",),
}
_OF_EVENT = {
    ("order", "created"): ("ORDERS_CREATE", "ORDERS_UPDATED"),
    ("order", "updated"): ("ORDERS_UPDATED",),
    ("order", "deleted"): ("ORDERS_DELETE",),
    ("order", "restored"): ("ORDERS_CREATE",),
}


def sign(body: bytes, secret: str) -> str:
    """Return base64(HMAC-SHA256(raw body, app secret))."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class WebhookSender:
    """Sends committed changes to the subscribers."""

    def __init__(
        self, world: World, outbox: Outbox, secret: str, site: Callable[[], str]
    ) -> None:
        self._world, self._outbox = world, outbox
        self._secret, self._site = secret, site

    def notify(self, events: Sequence[Event]) -> None:
        """Send every event to the webhooks that want it."""
        hooks = self._world.subscriptions()
        for event in events if hooks else ():
            for topic in self._topics(event):
                for hook in hooks:
                    if hook.topic == topic:
                        self._send(hook, event)

    def _topics(self, event: Event) -> tuple[str, ...]:
        """Return the topics of an event; a draft that is paid is an order too."""
        topics = _OF_EVENT.get((event.entity, event.verb), ())
        order = self._world.store.get("order", event.entity_id)
        if event.entity != "order" or order is None or order.created_via != "draft":
            return topics
        drafts = _OF_DRAFT.get(event.verb, ())
        return drafts if order.paid is None else (*drafts, "ORDERS_CREATE", *topics)

    def _send(self, hook: Subscription, event: Event) -> None:
        order = self._world.store.get("order", event.entity_id)
        if hook.topic.endswith("_DELETE"):
            payload: dict[str, Any] = {"id": event.entity_id}
        elif order is None or order.status == TRASH:
            return
        else:
            payload = _rest_order(order)
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        resource, _, verb = hook.topic.lower().rpartition("_")
        headers = (
            ("User-Agent", "Simulated-Captain-Hook"),
            ("Content-Type", "application/json"),
            ("X-Shopify-Topic", f"{resource}/{verb}"),
            ("X-Shopify-Shop-Domain", self._site()),
            ("X-Shopify-Webhook-Id", str(uuid.uuid4())),
            ("X-Shopify-Event-Id", str(uuid.uuid4())),
            ("X-Shopify-Hmac-Sha256", sign(body, self._secret)),
        )
        self._outbox.post(
            Parcel(
                hook.delivery_url,
                headers,
                body,
                label=f"{resource}/{verb}",
                entity_id=event.entity_id,
            )
        )


def _rest_order(order: Order) -> dict[str, Any]:
    """Return some of what the REST interface tells of an order."""
    return {
        "id": order.id,
        "admin_graphql_api_id": gid("Order", order.id),
        "name": f"#{order.number}",
        "created_at": stamp(order.created),
        "updated_at": stamp(order.modified),
        "email": order.billing.email,
        "currency": order.currency,
        "total_price": fixed(order.totals.total, order.decimals),
    }
