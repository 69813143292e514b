"""What eBay sends by itself.

Facts: the header ``X-EBAY-SIGNATURE`` is base64 of JSON with ``kid``, the id of the key
that getPublicKey gives (Notification document; it asks to keep keys for about an
hour), and ``signature``, base64 of an ECDSA signature over the raw body. The digest is
the key's own ``digest`` (SHA1, says the document's example). The fields of a message
and the challenge are those of eBay's pages on account deletion, *not confirmed* here.

eBay has no topic for orders that would tell every change, so deliveries do not replace
the feed (capability ``WEBHOOKS`` is not claimed). ``MARKETPLACE_ACCOUNT_DELETION`` has
to be honoured by everybody who keeps buyers' data.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ..base import IGNORED, PRIVACY, Envelope
from ..errors import PayloadError, SignatureInvalid
from ..reading import Reader, parse_json

HEADER = "x-ebay-signature"
DELETION = "MARKETPLACE_ACCOUNT_DELETION"

_DIGESTS = {
    "SHA1": hashes.SHA1,
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}


def challenge_response(code: str, verification_token: str, endpoint: str) -> str:
    """What an endpoint answers to ``?challenge_code=...``, as ``challengeResponse``.

    SHA-256 in hex of the three texts one after the other.
    """
    text = f"{code}{verification_token}{endpoint}"
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def answer_challenge(
    query: Mapping[str, str], verification_token: str, endpoint: str
) -> dict[str, str]:
    """The answer to the question by which eBay tries an endpoint.

    :raises PayloadError: when it asks for nothing, or there is no token.
    """
    code = query.get("challenge_code", "")
    if not code or not verification_token:
        raise PayloadError("no challenge", field="challenge_code", value=code[:100])
    response = challenge_response(code, verification_token, endpoint)
    return {"challengeResponse": response}


def key_id(headers: Mapping[str, str]) -> str:
    """The id of the key that a delivery is signed with; empty when there is none."""
    return _signature_fields(headers).get("kid", "")


def read(
    headers: Mapping[str, str], body: bytes, find_key: Callable[[str], Any]
) -> Envelope:
    """Check a delivery and wrap it; see :meth:`~..base.Connector.read_webhook`.

    :param find_key: by its id: the key as eBay gives it, or its object ``PublicKey``
        with ``key`` and ``digest``; nothing for an id that eBay does not know.
    """
    verify(headers, body, find_key)
    try:
        payload = parse_json(body.decode("utf-8"))
        return _wrap(payload)
    except (UnicodeDecodeError, PayloadError):
        return Envelope.unreadable(body)


def verify(
    headers: Mapping[str, str], body: bytes, find_key: Callable[[str], Any]
) -> None:
    """Check the signature over the raw body.

    :raises SignatureInvalid: also for a key that is not known: ``details["kid"]``.
    """
    fields = _signature_fields(headers)
    # Whoever signs nothing is not worth the search for a key.
    signed = fields.get("kid") and fields.get("signature")
    known = find_key(fields["kid"]) if signed else None
    if not known:
        raise SignatureInvalid(
            "not signed, or with a key that is not known", kid=fields.get("kid", "")
        )
    if isinstance(known, Mapping):
        text, digest = str(known.get("key", "")), str(known.get("digest") or "SHA1")
    else:
        text, digest = str(known), "SHA1"
    try:
        signature = base64.b64decode(fields["signature"], validate=True)
        key = _public_key(text)
        key.verify(signature, body, ec.ECDSA(_DIGESTS[digest.replace("-", "")]()))
    except (InvalidSignature, KeyError, ValueError, TypeError, UnsupportedAlgorithm):
        raise SignatureInvalid("the signature does not match the body") from None


def _signature_fields(headers: Mapping[str, str]) -> dict[str, str]:
    fields = {str(name).lower(): str(value) for name, value in headers.items()}
    try:
        parsed = json.loads(base64.b64decode(fields.get(HEADER, ""), validate=True))
    except (ValueError, RecursionError, binascii.Error):
        return {}
    if not isinstance(parsed, dict):
        return {}
    return {key: value for key, value in parsed.items() if isinstance(value, str)}


def _public_key(text: str) -> ec.EllipticCurvePublicKey:
    """A key as eBay writes it: PEM, all on one line."""
    for mark in ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"):
        text = text.replace(mark, "")
    der = base64.b64decode("".join(text.split()), validate=True)
    key = serialization.load_der_public_key(der)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("not an elliptic key")
    return key


def _wrap(payload: Any) -> Envelope:
    """The envelope of a signed message.

    The external id of an erasure is the buyer's ``username``, by which orders name
    buyers, else the ``userId``; both stand in the body.
    """
    message = Reader(payload)
    topic = message.child("metadata").text("topic", 200)
    notification = message.child("notification")
    if topic != DELETION:
        name = notification.text("notificationId", 200) or topic
        return Envelope.of(IGNORED, name, payload)
    data = notification.child("data")
    buyer = data.text("username", 200) or data.identifier("userId")
    return Envelope.of(PRIVACY, buyer, payload)
