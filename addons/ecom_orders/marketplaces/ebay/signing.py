"""Digital signatures, which eBay wants on some calls for sellers in the EU and the UK.

Which calls: all of Finances, ``issueRefund`` (Fulfillment document) and, *not
confirmed* by the documents here, creating and approving cancellations (Post-Order).
How: RFC 9421 (HTTP Message Signatures) and RFC 9530 (Content-Digest) over the
components below, with the private key of eBay's Key Management API; its public half
goes along as the JWE that eBay handed out. Source: eBay's public test server for
signatures and its example, which the tests repeat.

eBay ignores the signature of a seller who need not sign, so it is added whenever there
is a key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from ..errors import PermissionRefused
from ..transport import Request
from .const import SIGNED_MARKETPLACES


@dataclass(frozen=True)
class Signer:
    """Signs requests.

    :param key: an Ed25519 private key, or RSA as eBay's second choice.
    :param jwe: eBay's encrypted form of the public half.
    """

    key: Any
    jwe: str

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Signer | None:
        """The signer of the options ``signing_key`` and ``signing_jwe``, if both stand.

        ``signing_key`` is the private key as eBay hands it out: PKCS 8 in base64, with
        or without the lines around it.

        :raises PermissionRefused: when the key cannot be read.
        """
        text, jwe = options.get("signing_key"), options.get("signing_jwe")
        if not text or not jwe:
            return None
        return cls(_private_key(str(text)), str(jwe).strip())

    def sign(self, request: Request, created: int | None = None) -> Request:
        """Add the headers of the signature.

        :param created: Unix time; ``None`` = now.
        """
        headers = {**request.headers, "x-ebay-signature-key": self.jwe}
        if request.body is not None:
            headers["Content-Digest"] = content_digest(request.body)
        if created is None:
            created = int(datetime.now(timezone.utc).timestamp())
        names = [
            *(("content-digest",) if "Content-Digest" in headers else ()),
            "x-ebay-signature-key",
            "@method",
            "@path",
            "@authority",
        ]
        parameters = f"({' '.join(f'{chr(34)}{n}{chr(34)}' for n in names)})"
        parameters = f"{parameters};created={created}"
        lines = [f'"{name}": {_component(name, request, headers)}' for name in names]
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        signature = base64.b64encode(self._signature(base.encode())).decode("ascii")
        headers["Signature-Input"] = f"sig1={parameters}"
        headers["Signature"] = f"sig1=:{signature}:"
        return replace(request, headers=headers)

    def _signature(self, base: bytes) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(base)
        return self.key.sign(base, padding.PKCS1v15(), hashes.SHA256())


def content_digest(body: bytes) -> str:
    """The header ``Content-Digest`` (RFC 9530, 2) of a body."""
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")
    return f"sha-256=:{digest}:"


def check_signer(signer: Signer | None, marketplaces: Iterable[str]) -> None:
    """Refuse to move money unsigned where eBay would refuse it.

    :raises PermissionRefused: ``details["missing"]`` names the options.
    """
    if signer is None and SIGNED_MARKETPLACES.intersection(marketplaces):
        raise PermissionRefused(
            "eBay wants this call signed for sellers in the EU and the UK",
            hint="digital_signature",
            missing=("signing_key", "signing_jwe"),
        )


def _component(name: str, request: Request, headers: Mapping[str, str]) -> str:
    """Value of a component of the signature (RFC 9421, 2.2)."""
    parts = urlsplit(request.url)
    if name == "@method":
        return request.method.upper()
    if name == "@path":
        return parts.path or "/"
    if name == "@authority":
        return parts.netloc.rpartition("@")[2].lower()
    return next(value for key, value in headers.items() if key.lower() == name)


def _private_key(text: str) -> Any:
    lines = [line for line in text.splitlines() if "-----" not in line]
    try:
        der = base64.b64decode("".join("".join(lines).split()), validate=True)
        key = serialization.load_der_private_key(der, password=None)
    except (ValueError, TypeError, binascii.Error):
        key = None
    if not isinstance(key, ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey):
        raise PermissionRefused(
            "the signing key cannot be read", hint="digital_signature", missing=()
        )
    return key
