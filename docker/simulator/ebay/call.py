"""One call of an interface, as the handlers see it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..core.message import Request
from ..world.model import Order
from ..world.shop import World
from .errors import EbayError
from .pending import Pending

#: Sellers there have to sign what moves money.
SIGNING_COUNTRIES = ("AT", "BE", "DE", "ES", "FR", "GB", "IE", "IT", "NL", "PL")


@dataclass(frozen=True)
class Call:
    """A routed request with a valid token."""

    request: Request
    world: World
    pending: Pending
    site: str
    parts: tuple[str, ...] = ()

    @cached_property
    def body(self) -> dict[str, Any]:
        """The JSON body; answers 400 if it is none."""
        try:
            body = self.request.json()
        except ValueError as error:
            raise EbayError(2003, "The request body is not JSON.") from error
        if not isinstance(body, dict):
            raise EbayError(2003, "The request body is not an object.")
        return body

    def check_signature(self, order: Order | None = None) -> None:
        """Refuse what a seller in the EU or the UK does not sign.

        Only the presence of the headers and the digest of the body are looked at: the
        public key is hidden in the JWE. The number of the error is invented.
        """
        if self.world.settings.base_country not in SIGNING_COUNTRIES:
            return
        headers = self.request.headers
        wanted = ("signature", "signature-input", "x-ebay-signature-key")
        if not all(headers.get(name) for name in wanted):
            raise EbayError(215000, "Missing digital signature headers", 403, "ACCESS")
        if not self.request.body:
            return
        digest = base64.b64encode(hashlib.sha256(self.request.body).digest()).decode()
        if headers.get("content-digest") != f"sha-256=:{digest}:":
            raise EbayError(215001, "Wrong content digest", 403, "ACCESS")
