"""What eBay sends by itself: that an account was deleted.

Source: Notification document for the key; the fields of the message and the challenge
are those of eBay's pages on the deletion of accounts. The endpoint is entered on the
developer portal, which tries it first.
"""

from __future__ import annotations

import base64
import json
import urllib.request
import uuid
from typing import Any
from urllib.parse import quote

from ..core.deliveries import Outbox, Parcel, is_loopback_url
from ..world.model import Order
from ..world.shop import World
from .render import buyer_name, stamp

KEY_ID = "simulated-key"
#: The private half of the one key, for which nobody's secret was taken.
_NUMBER = 20_260_101


def public_key() -> str:
    """The public half as eBay writes keys: PEM on one line."""
    from cryptography.hazmat.primitives import serialization

    pem = (
        _private_key()
        .public_key()
        .public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return pem.decode().replace("\n", "")


def signature_header(body: bytes, key_id: str = KEY_ID) -> str:
    """The value of X-EBAY-SIGNATURE for a body."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    signature = _private_key().sign(body, ec.ECDSA(hashes.SHA1()))
    fields = {
        "alg": "ecdsa",
        "kid": key_id,
        "signature": base64.b64encode(signature).decode(),
        "digest": "SHA1",
    }
    return base64.b64encode(json.dumps(fields).encode()).decode()


def _private_key() -> Any:
    # Only here: all else of the simulator needs nothing but Python.
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(_NUMBER, ec.SECP256R1())


class Portal:
    """The page of the developer portal on the deletion of accounts."""

    def __init__(self, world: World, outbox: Outbox) -> None:
        self._world, self._outbox = world, outbox
        self.endpoint = ""

    def ask(self, endpoint: str, code: str = "") -> dict[str, Any]:
        """Ask an endpoint to prove itself; returns what it answers.

        :raises ValueError: for an address of another machine.
        """
        if not is_loopback_url(endpoint):
            raise ValueError("deliveries stay on this machine")
        code = code or uuid.uuid4().hex
        with urllib.request.urlopen(
            f"{endpoint}?challenge_code={quote(code)}", timeout=10
        ) as answer:
            return json.load(answer)

    def delete_account(self, order_id: int) -> None:
        """The buyer of an order has the account deleted: tell the endpoint."""
        order = self._world.order(order_id)
        body = json.dumps(self._message(order)).encode()
        headers = (
            ("Content-Type", "application/json"),
            ("X-EBAY-SIGNATURE", signature_header(body)),
        )
        label = "marketplace_account_deletion"
        self._outbox.post(Parcel(self.endpoint, headers, body, label, order_id))

    def _message(self, order: Order) -> dict[str, Any]:
        now = stamp(self._world.clock.now())
        return {
            "metadata": {
                "topic": "MARKETPLACE_ACCOUNT_DELETION",
                "schemaVersion": "1.0",
                "deprecated": False,
            },
            "notification": {
                "notificationId": str(uuid.uuid4()),
                "eventDate": now,
                "publishDate": now,
                "publishAttemptCount": 1,
                "data": {
                    "username": buyer_name(order),
                    "userId": f"uid{order.id:08d}",
                    "eiasToken": "simulated",
                },
            },
        }
