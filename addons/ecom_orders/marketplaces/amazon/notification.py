"""What Amazon sends by itself: notifications.

Amazon delivers notifications to a queue (SQS) or an event bus (EventBridge) of the
seller's, never to an address of ours; a rule there can forward them ("API destination")
with a fixed secret in a header. Such a header proves the sender but not the body, so
this is offered beside the webhooks of the contract, not as them, and what is read is
never more than a hint to fetch the order.

Facts (schema OrderChangeNotification): ``NotificationType`` ``ORDER_CHANGE``, the order
in ``Payload.OrderChangeNotification.AmazonOrderId``, an id of the notification in
``NotificationMetadata.NotificationId``. EventBridge puts the notification into
``detail`` (documentation of EventBridge; not confirmed by the schemas), and other
versions of the schema write names in lower camel case.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from ..base import IGNORED, ORDER_HINT, Envelope
from ..errors import PayloadError, SignatureInvalid
from ..reading import parse_json
from .api import ORDER_ID

HEADER = "x-webhook-secret"  # our own choice: the name that the rule is given


def read(headers: Mapping[str, str], body: bytes, secret: str) -> Envelope:
    """Check a forwarded notification and wrap it.

    :param headers: names in any case.
    :raises SignatureInvalid: when the secret is missing or wrong, or none is set.
    """
    fields = {str(name).lower(): str(value) for name, value in headers.items()}
    given = fields.get(HEADER, "")
    if not secret:
        raise SignatureInvalid("no webhook secret is configured")
    if not hmac.compare_digest(
        given.encode("utf-8", "replace"), secret.encode("utf-8", "replace")
    ):
        raise SignatureInvalid("the secret of the notification is missing or wrong")
    try:
        return wrap(parse_json(body.decode("utf-8")), body)
    except (UnicodeDecodeError, PayloadError):
        return Envelope.unreadable(body)


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
