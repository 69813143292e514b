"""What Amazon sends by itself: notifications, passed on to us.

Amazon delivers notifications to a queue (SQS) or an event bus (EventBridge) of the
seller's, never to an address of ours. The assumption here: something of the seller's
passes each one on, unchanged, to the address that the channel shows, and proves with
the channel's webhook secret that it may. There are two ways:

* a function that reads the queue signs the raw body: header ``X-Webhook-Signature``,
  the HMAC-SHA256 in Base64;
* a rule of the event bus ("API destination") can only add a fixed header: it sends the
  secret itself as ``X-Webhook-Secret``. That proves the sender but not the body.

Both names are our own. Because of the second way, what is read is never more than a
hint to fetch the order: who forges one makes us ask Amazon, nothing else. A
notification may come twice or late; the polling of orders does not rely on any.

Facts (schema OrderChangeNotification): ``NotificationType`` ``ORDER_CHANGE``, the order
in ``Payload.OrderChangeNotification.AmazonOrderId``, an id of the notification in
``NotificationMetadata.NotificationId``. EventBridge puts the notification into
``detail`` (documentation of EventBridge; not confirmed by the schemas), and other
versions of the schema write names in lower camel case.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from ..base import IGNORED, ORDER_HINT, Envelope
from ..errors import PayloadError, SignatureInvalid
from ..reading import parse_json
from .api import ORDER_ID

SECRET_HEADER = "x-webhook-secret"
SIGNATURE_HEADER = "x-webhook-signature"


def read(headers: Mapping[str, str], body: bytes, secret: str) -> Envelope:
    """Check a notification that was passed on and wrap it.

    :param headers: names in any case.
    :raises SignatureInvalid: when signature and secret are missing or one of them is
        wrong, or no secret is set.
    """
    fields = {str(name).lower(): str(value) for name, value in headers.items()}
    if not secret:
        raise SignatureInvalid("no webhook secret is configured")
    proofs = {
        SIGNATURE_HEADER: signature(body, secret),
        SECRET_HEADER: secret,
    }
    given = [name for name in proofs if name in fields]
    if not given or not all(_same(fields[name], proofs[name]) for name in given):
        raise SignatureInvalid("the proof of the notification is missing or wrong")
    try:
        return wrap(parse_json(body.decode("utf-8")), body)
    except (UnicodeDecodeError, PayloadError):
        return Envelope.unreadable(body)


def signature(body: bytes, secret: str) -> str:
    """How whoever passes a notification on signs it."""
    key = secret.encode("utf-8", "replace")
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


def _same(given: str, proof: str) -> bool:
    return hmac.compare_digest(
        given.encode("utf-8", "replace"), proof.encode("utf-8", "replace")
    )


def wrap(payload: Any, body: bytes) -> Envelope:
    """Choose the kind of envelope for a notification."""
    if isinstance(payload, Mapping) and isinstance(payload.get("detail"), Mapping):
        payload = payload["detail"]
    if not isinstance(payload, Mapping):
        return Envelope.unreadable(body)
    kind = _field(payload, "NotificationType")
    change = _field(_field(payload, "Payload"), "OrderChangeNotification")
    order_id = _field(change, "AmazonOrderId")
    if kind == "ORDER_CHANGE":
        if isinstance(order_id, str) and ORDER_ID.fullmatch(order_id):
            return Envelope.of(ORDER_HINT, order_id, payload)
        return Envelope.unreadable(body)
    if not isinstance(kind, str):
        return Envelope.unreadable(body)
    notification = _field(_field(payload, "NotificationMetadata"), "NotificationId")
    return Envelope.of(IGNORED, notification or "", payload)


def _field(value: Any, name: str) -> Any:
    """A field whose name begins with an upper or a lower case letter."""
    if not isinstance(value, Mapping):
        return None
    return value.get(name, value.get(name[0].lower() + name[1:]))
