"""The public keys by which eBay's notifications are checked.

Facts (Notification document, getPublicKey): a delivery names its key by ``kid``; the
key is fetched by the application, not for a seller; eBay asks to keep it for about an
hour, and refuses applications that ask too often. An id that it does not have is
refused with 195001 and HTTP 404.

Everybody can send a delivery with an invented id. So what eBay does not have is kept as
well, and of all ids only so many are asked for in an hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from ..base import Credentials, PublicKey
from ..errors import MarketplaceError, NotChecked, NotFound
from ..reading import Reader
from .api import NOTIFICATION, Api
from .feed import segment

LIFETIME = timedelta(hours=1)
MOST = 20  # keys asked for in that time


class PublicKeys:
    """Finds keys: those of the option ``public_keys``, kept ones, eBay's."""

    def __init__(self, api: Api, credentials: Credentials):
        self.api = api
        self.store = credentials.public_keys
        self.fixed = dict(credentials.options.get("public_keys") or {})

    def find(self, kid: str) -> Any:
        """A key with its digest, nothing for an id that eBay does not have.

        :raises NotChecked: when eBay could not be asked.
        """
        if kid in self.fixed:
            return self.fixed[kid]
        since = datetime.now(timezone.utc) - LIFETIME
        kept = self.store.load()
        fresh = {name: key for name, key in kept.items() if key.fetched_at > since}
        known = fresh.get(kid)
        if known is None:
            if len(fresh) >= MOST:
                raise NotChecked("eBay was asked for too many keys")
            known = self._ask(kid)
        return {"key": known.text, "digest": known.digest} if known.text else None

    def fetch(self, kid: str) -> dict[str, str]:
        """Ask eBay for a key.

        :return: ``key``, ``digest``, ``algorithm``.
        :raises NotFound: when eBay has no such key.
        """
        path = f"{NOTIFICATION}/public_key/{segment(kid)}"
        answer = self.api.ask("GET", path, "public_keys.get", public=True)
        read = Reader(answer.payload)
        return {key: read.text(key) for key in ("key", "digest", "algorithm")}

    def _ask(self, kid: str) -> PublicKey:
        try:
            told = self.fetch(kid)
        except NotFound:
            told = {"key": "", "digest": ""}
        except MarketplaceError as error:
            raise NotChecked(f"no key to check by: {error}") from error
        now = datetime.now(timezone.utc)
        key = PublicKey(told["key"], told["digest"], now)
        self.store.save(kid[:100], key)
        return key
