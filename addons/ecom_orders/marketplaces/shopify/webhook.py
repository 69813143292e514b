"""What a Shopify shop sends by itself: webhook deliveries.

Facts (widely known, not in the schema):

* ``X-Shopify-Hmac-Sha256`` is base64(HMAC-SHA256(raw body, app secret));
* ``X-Shopify-Topic`` names the event (``orders/updated``), ``X-Shopify-Webhook-Id`` the
  delivery: a repeated one has the same. Neither is signed;
* deliveries come at least once and in any order;
* bodies have the shape of the old REST interface, not that of GraphQL. So an order is
  only a hint to fetch it;
* ``customers/redact`` and ``shop/redact`` ask to erase personal data. They are set up
  with the app, not by :data:`TOPICS`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..base import IGNORED, ORDER_HINT, PRIVACY, Envelope
from ..errors import PayloadError, SignatureInvalid

TOPICS = (
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_EDITED",
    "ORDERS_DELETE",
    "REFUNDS_CREATE",
)
DRAFT_TOPICS = ("DRAFT_ORDERS_CREATE", "DRAFT_ORDERS_UPDATE", "DRAFT_ORDERS_DELETE")


def signature(body: bytes, secret: str) -> str:
    """What the shop puts into ``X-Shopify-Hmac-Sha256``."""
    digest = hmac.new(secret.encode("utf-8"), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def read(headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> Envelope:
    """See :meth:`~..base.Connector.read_webhook`.

    :param secrets: any one of them may have signed: an app's secret is exchanged by
        having two for a while.
    """
    fields = {str(name).lower(): str(value) for name, value in headers.items()}
    verify(fields.get("x-shopify-hmac-sha256", ""), body, secrets)
    delivery = fields.get("x-shopify-webhook-id", "")
    try:
        payload = json.loads(
            body.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse_constant
        )
        if not isinstance(payload, Mapping):
            return Envelope.unreadable(body)
        topic = fields.get("x-shopify-topic", "")
        return _wrap(topic, payload, delivery) or Envelope.unreadable(body)
    except (ValueError, RecursionError, PayloadError):
        return Envelope.unreadable(body)


def verify(given: str, body: bytes, secrets: tuple[str, ...]) -> None:
    """Compare a signature in constant time, before anything is parsed.

    :raises SignatureInvalid: also when no secret is configured: without one, anybody
        could sign.
    """
    known = [secret for secret in secrets if secret]
    if not known:
        raise SignatureInvalid("no webhook secret is configured")
    if not given:
        raise SignatureInvalid("the delivery is not signed")
    sent = given.strip().encode("utf-8", "replace")
    # All are compared, so that the time does not tell which one was right.
    matches = [
        hmac.compare_digest(signature(body, secret).encode("ascii"), sent)
        for secret in known
    ]
    if not any(matches):
        raise SignatureInvalid("the signature does not match the body")


def _wrap(topic: str, payload: Mapping[str, Any], delivery: str) -> Envelope | None:
    """Choose the kind of envelope; ``None`` for what lacks its id.

    The topic is not signed: it is believed no further than the body bears it out.
    """
    if topic == "customers/redact":
        customer = _number(payload.get("customer"), "id")
        return Envelope.of(PRIVACY, customer, payload) if customer else None
    if topic == "shop/redact":
        shop = _number(payload, "shop_id")
        return Envelope.of(PRIVACY, f"shop:{shop}", payload) if shop else None
    subject = _order_of(topic, payload)
    if subject is None:
        return Envelope.of(IGNORED, _number(payload, "id"), {"topic": topic})
    if not subject:
        return None
    # Nothing personal is kept of a hint; the delivery's id keeps two of them apart.
    hint = {"id": subject, "topic": topic, "delivery": delivery}
    hint["updated_at"] = str(payload.get("updated_at") or "")
    return Envelope.of(ORDER_HINT, subject, hint)


def _order_of(topic: str, payload: Mapping[str, Any]) -> str | None:
    """The order that an event is about; empty when it has none, ``None`` = no such
    event."""
    resource = topic.partition("/")[0]
    if topic == "orders/edited":
        return _number(payload.get("order_edit"), "order_id")
    if resource == "orders":
        return _number(payload, "id")
    if resource in ("refunds", "fulfillments", "order_transactions"):
        return _number(payload, "order_id")
    if resource == "draft_orders":
        number = _number(payload, "id")
        return f"draft:{number}" if number else ""
    return None


def _number(payload: Any, key: str) -> str:
    value = payload.get(key) if isinstance(payload, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    text = str(value)
    return text if re.fullmatch(r"[1-9][0-9]{0,19}", text, re.ASCII) else ""


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
