"""Who the seller is (Identity), what was earned (Finances), keys (Notification)."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

from ..core.message import Response
from ..world.model import Order, Refund
from ..world.money import fixed
from . import ids
from .call import Call
from .errors import EbayError
from .notices import KEY_ID, public_key
from .render import is_listed, stamp

MOST = 1_000
SITES = {"US": "EBAY_US", "GB": "EBAY_GB", "DE": "EBAY_DE", "AU": "EBAY_AU"}
_RANGE = re.compile(r"transactionDate:\[([^\]]*?)\.\.([^\]]*)\]")


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


def list_transactions(call: Call) -> Response:
    """getTransactions: newest first; 204 when there are none."""
    call.check_signature()
    query = dict(call.request.query)
    limit, offset = int(query.get("limit", "20")), int(query.get("offset", "0"))
    match = _RANGE.fullmatch(query.get("filter", ""))
    if not 1 <= limit <= MOST:
        raise EbayError(135003, "The value of pagination is invalid.", 400, _DOMAIN)
    if not match:
        raise EbayError(
            135008, "The value of transaction date filter is invalid.", 400, _DOMAIN
        )
    since, until = (_moment(text) for text in match.groups())
    rows = sorted(_transactions(call), key=lambda row: row[0], reverse=True)
    rows = [row for row in rows if since <= row[0] <= until]
    if not rows:
        return Response(204)
    page = [row[1] for row in rows[offset : offset + limit]]
    return Response.of_json(
        {
            "href": call.request.path,
            "total": len(rows),
            "limit": limit,
            "offset": offset,
            "transactions": page,
        }
    )


_DOMAIN = "API_FINANCES"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.removesuffix("Z"))
    return moment.replace(tzinfo=timezone.utc)


def _transactions(call: Call) -> list[tuple[datetime, dict[str, Any]]]:
    rows = []
    for order in call.world.orders():
        if is_listed(order) and order.paid:
            rows.append((order.paid, _transaction(order, None, order.paid)))
            rows += [
                (refund.created, _transaction(order, refund, refund.created))
                for refund in call.world.refunds(order.id)
            ]
    return rows


def _transaction(
    order: Order, refund: Refund | None, moment: datetime
) -> dict[str, Any]:
    value = refund.amount if refund else order.totals.total
    name = ids.refund_id(refund.id) if refund else ids.order_id(order.id)
    return {
        "transactionId": name,
        "orderId": ids.order_id(order.id),
        "transactionType": "REFUND" if refund else "SALE",
        "bookingEntry": "DEBIT" if refund else "CREDIT",
        "transactionStatus": "FUNDS_AVAILABLE_FOR_PAYOUT",
        "transactionDate": stamp(moment),
        "amount": {
            "value": fixed(value, order.decimals),
            "currency": order.currency,
        },
    }
