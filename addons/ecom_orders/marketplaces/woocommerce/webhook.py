"""What a WooCommerce shop sends by itself: webhook deliveries.

Facts (WooCommerce REST API v3 documentation, "Webhooks", confirmed on 7.9 and 11.0):

* ``X-WC-Webhook-Signature`` is base64(HMAC-SHA256(raw body, webhook secret));
* on saving a webhook the shop sends an unsigned form ``webhook_id=N`` (the "ping");
* ``order.created`` and ``order.updated`` carry the order as the REST API shows it;
  ``order.deleted`` carries ``{"id": N}``;
* a delivery is sent once. After more than five failures in a row the shop disables
  the webhook, so an answer other than 2xx is only for what is not from the shop.
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

from ..base import IGNORED, ORDER, ORDER_HINT, Envelope
from ..errors import PayloadError, SignatureInvalid

TOPICS = ("order.created", "order.updated", "order.deleted", "order.restored")

# Keys that come and go with the version of WordPress and the rights of the reader and
# say nothing about the order.
VOLATILE_KEYS = ("_links",)

_PING = re.compile(rb"webhook_id=\d{1,20}")


def signature(body: bytes, secret: str) -> str:
    """What the shop puts into ``X-WC-Webhook-Signature``."""
    digest = hmac.new(secret.encode("utf-8"), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def read(headers: Mapping[str, str], body: bytes, secret: str) -> Envelope | None:
    """See :meth:`~..base.Connector.read_webhook`."""
    fields = {str(name).lower(): str(value) for name, value in headers.items()}
    given = fields.get("x-wc-webhook-signature", "")
    if not given and _PING.fullmatch(body.strip()):
        return None
    verify(given, body, secret)
    try:
        payload = json.loads(
            body.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse_constant
        )
        return wrap(fields.get("x-wc-webhook-topic", ""), payload, body)
    except (ValueError, RecursionError, PayloadError):
        return Envelope.unreadable(body)


def verify(given: str, body: bytes, secret: str) -> None:
    """Compare a signature in constant time, before anything is parsed.

    :raises SignatureInvalid: also when no secret is configured: without one, anybody
        could sign.
    """
    if not secret:
        raise SignatureInvalid("no webhook secret is configured")
    if not given:
        raise SignatureInvalid("the delivery is not signed")
    expected = signature(body, secret).encode("ascii")
    if not hmac.compare_digest(expected, given.strip().encode("utf-8", "replace")):
        raise SignatureInvalid("the signature does not match the body")


def wrap(topic: str, payload: Any, body: bytes) -> Envelope:
    """Choose the kind of envelope for a signed, parsed delivery.

    The signature covers the body only, so the topic is believed no further than the
    body bears it out: what is not a whole order is at most a hint to fetch one.
    """
    record_id = readable_id(payload)
    resource = topic.partition(".")[0]
    if resource not in ("order", ""):
        return Envelope.of(IGNORED, record_id or "", without_volatile(payload))
    if record_id is None:
        return Envelope.unreadable(body)
    if is_whole_order(payload):
        return Envelope.of(ORDER, record_id, without_volatile(payload))
    if resource == "order":
        return Envelope.of(ORDER_HINT, record_id, without_volatile(payload))
    return Envelope.of(IGNORED, record_id, without_volatile(payload))


def is_whole_order(payload: Any) -> bool:
    """Whether an object has what only an order has."""
    return isinstance(payload, Mapping) and {"line_items", "currency"} <= set(payload)


def readable_id(payload: Any) -> str | None:
    """The ``id`` of an object as text; ``None`` when it has no usable one."""
    value = payload.get("id") if isinstance(payload, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    return text if re.fullmatch(r"[1-9][0-9]{0,18}", text, re.ASCII) else None


def without_volatile(payload: Any) -> Any:
    """The payload so that the same order gives the same digest from every source."""
    if not isinstance(payload, Mapping):
        return payload
    return {key: value for key, value in payload.items() if key not in VOLATILE_KEYS}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
