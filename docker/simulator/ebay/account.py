"""Who the seller is (Identity), keys (Notification)."""

from __future__ import annotations

from ..core.message import Response
from .call import Call
from .errors import EbayError
from .notices import KEY_ID, public_key

SITES = {"US": "EBAY_US", "GB": "EBAY_GB", "DE": "EBAY_DE", "AU": "EBAY_AU"}


def get_user(call: Call) -> Response:
    """getUser of a business."""
    settings = call.world.settings
    return Response.of_json(
        {
            "userId": "simulated_user",
            "username": "simulated_seller",
            "accountType": "BUSINESS",
            "registrationMarketplaceId": SITES.get(settings.base_country, "EBAY_US"),
            "status": "CONFIRMED",
            "businessAccount": {"name": settings.name},
        }
    )


def get_public_key(call: Call) -> Response:
    """getPublicKey; there is one key."""
    if call.parts[0] != KEY_ID:
        raise EbayError(
            195001, "The specified key id is invalid.", 404, "API_NOTIFICATION"
        )
    key = {"key": public_key(), "algorithm": "ECDSA", "digest": "SHA1"}
    return Response.of_json(key)
