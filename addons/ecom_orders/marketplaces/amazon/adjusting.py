"""Calling orders off and giving money back: one feed for each, read back later.

A feed that was accepted is not applied: what became of it is told by its processing
report (:meth:`Adjusting.outcome`). Amazon keeps no key of ours by which a repeated feed
would be known, so what has been done already is looked up before:

* an order that is cancelled is not cancelled again (a second feed would do no harm);
* what was given back is compared with what the request knows of
  (:attr:`~..schema.RefundRequest.given_back`). Transactions may be missing for 48 hours
  though (Finances API 2024-06-19). A feed whose answer was lost is therefore looked for
  at once, and never sent again blindly. Nor is one whose sender was killed: before
  every refund the feeds since it was asked for are looked through, and one that nobody
  knows of is a question to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ..base import canonical_json
from ..errors import AlreadyDone, BadAnswer, NotFound, RequestRefused
from ..pricing import round_to
from ..reading import Reader, parse_json
from ..schema import (
    ZERO,
    ExternalLine,
    ExternalOrder,
    RefundRequest,
    Submission,
    WriteResult,
)
from . import order_feeds
from .api import Api
from .const import unit_of
from .documents import IN_WORK, Documents
from .finances import Finances, normalise_refund
from .normaliser import normalise_order
from .order_feeds import AdjustedItem, Component
from .orders import Orders
from .proceeds import GIFT_WRAP, SHIPPING

CANCEL, REFUND = "cancel", "refund"

# Kinds of an order's lines (the part of their id after the item's) and the component
# types of amzn-base.xsd (BuyerPrice) for the amount and its tax.
_COMPONENTS = {
    "": ("Principal", "Tax"),
    SHIPPING: ("Shipping", "ShippingTax"),
    GIFT_WRAP: ("GiftWrap", "GiftWrapTax"),
    "COD_FEE": ("COD", "CODTax"),
}
_OTHER = ("Other", "Tax")

_NO_STOCK = re.compile(r"(?i)stock|inventory|sold out|unavailable")
_BY_BUYER = re.compile(r"(?i)buyer|customer")


class Adjusting:
    """Cancels and refunds the orders of one seller."""

    def __init__(self, api: Api, orders: Orders, documents: Documents):
        self._api = api
        self._orders = orders
        self._documents = documents
        self._finances = Finances(api)

    # -- cancelling --------------------------------------------------------------------

    def cancel(self, order_id: str, reason: str) -> WriteResult:
        """See :meth:`~..base.Connector.cancel_order`; whole orders only.

        :raises AlreadyDone: when something of it was shipped, or Amazon ships it.
        """
        order = self._read(order_id, ("FULFILLMENT", "CANCELLATION"))
        fulfillment = order.child("fulfillment")
        status = fulfillment.text("fulfillmentStatus", 40)
        if status == "CANCELLED":
            return WriteResult(order_id, repeated=True)
        if fulfillment.text("fulfilledBy", 40) == "AMAZON":
            raise AlreadyDone(
                "Amazon ships this order", remote_message="fulfilled by Amazon"
            )
        if status not in ("PENDING", "PENDING_AVAILABILITY", "UNSHIPPED"):
            raise AlreadyDone(f"the order is {status}", remote_message=status)
        items = order.children("orderItems")
        feed = order_feeds.cancellation(
            self._api.credentials.account,
            order_id,
            [item.identifier("orderItemId") for item in items],
            _cancel_reason(items, reason),
        )
        place = order.child("salesChannel").text("marketplaceId", 40)
        feed_id = self._documents.send_xml_feed(
            order_feeds.CANCEL_FEED, feed, place or self._first_marketplace()
        )
        return WriteResult(order_id, submission=f"{CANCEL} {feed_id} {order_id}")

    def _read(self, order_id: str, data: tuple[str, ...]) -> Reader:
        return Reader(self._orders.get(order_id, data)).child("order")

    def _first_marketplace(self) -> str:
        found = self._api.marketplaces()
        if not found:
            raise RequestRefused("no marketplace", remote_code="no_marketplace")
        return found[0]

    # -- money back --------------------------------------------------------------------

    def refund(self, request: RefundRequest) -> WriteResult:
        """See :meth:`~..base.Connector.push_refund`.

        :raises AlreadyDone: when not so much is left, or more was given back at Amazon
            than is known here.
        """
        order = self._order(request.order_id)
        given = self._given_back(request.order_id)
        known = request.given_back or ZERO
        if given and given == known + request.amount:
            return WriteResult(repeated=True)
        if given > known:
            raise AlreadyDone(
                "more was given back at Amazon than is known here",
                remote_message=f"given back: {given} {order.currency}",
            )
        if known + request.amount > order.total:
            raise AlreadyDone(
                "not so much is left of the order",
                remote_message=f"total: {order.total} {order.currency}",
            )
        if request.currency != order.currency:
            raise RequestRefused("another currency", remote_code="bad_currency")
        self._refuse_doubtful(request)
        feed = order_feeds.adjustment(
            self._api.credentials.account,
            request.order_id,
            _adjusted(request, order),
            currency=order.currency,
            key=request.key,
            reason=order_feeds.RETURNED if request.restock else order_feeds.GENERAL,
        )
        feed_id = self._documents.send_xml_feed(
            order_feeds.REFUND_FEED,
            feed,
            order.marketplace_ref or self._first_marketplace(),
        )
        submission = f"{REFUND} {feed_id} {request.order_id}"
        return WriteResult(submission=submission)

    def _refuse_doubtful(self, request: RefundRequest) -> None:
        """A feed that nobody knows of may be this refund, sent by a worker that died.

        :raises RequestRefused: ``outcome_unknown`` when there is one.
        """
        if request.asked_at is None:
            return
        known = {text.split(" ")[1] for text in request.submissions if " " in text}
        feeds = self._documents.feeds_since(order_feeds.REFUND_FEED, request.asked_at)
        doubtful = sorted(feeds - known)
        if doubtful:
            raise RequestRefused(
                "it may have been sent already: look at Amazon, then send it again",
                remote_code="outcome_unknown",
                remote_message=f"feed {doubtful[0]}",
            )

    def _order(self, order_id: str) -> ExternalOrder:
        payload = self._orders.fetch(order_id)
        # The way an order takes through the inbox, so that its amounts are the same.
        return normalise_order(parse_json(canonical_json(payload)))

    def _given_back(self, order_id: str) -> Decimal:
        rows = parse_json(canonical_json(self._finances.refunds(order_id)))
        refunds = (normalise_refund(row, order_id) for row in rows)
        return sum((refund.amount for refund in refunds), ZERO)

    # -- what became of it -------------------------------------------------------------

    def outcome(self, submission: str) -> Submission:
        """See :meth:`~..base.Connector.fetch_submission`.

        :raises NotFound: for what is no submission of ours.
        """
        parts = submission.split(" ")
        if len(parts) != 3 or parts[0] not in (CANCEL, REFUND):
            raise NotFound(f"not a submission: {submission[:60]!r}")
        kind, feed_id, order_id = parts
        feed = self._documents.feed(feed_id)
        if feed.get("processingStatus") in IN_WORK:
            return Submission(False)
        error = self._refusal(feed)
        if error and kind == CANCEL and self._is_cancelled(order_id):
            error = ""  # somebody else was faster: it is as it was to be
        return Submission(True, error)

    def _refusal(self, feed: Mapping[str, Any]) -> str:
        status, document = (
            feed.get("processingStatus"),
            feed.get("resultFeedDocumentId"),
        )
        if not isinstance(document, str):
            if status == "DONE":
                raise BadAnswer("a feed without a processing report")
            return f"{status}: the feed was not processed"
        error = order_feeds.read_report(self._documents.feed_result(document))
        if not error and status != "DONE":
            return f"{status}: the feed was not processed"
        return error

    def _is_cancelled(self, order_id: str) -> bool:
        order = self._read(order_id, ("FULFILLMENT",))
        return order.child("fulfillment").text("fulfillmentStatus", 40) == "CANCELLED"


def _cancel_reason(items: list[Reader], reason: str) -> str:
    """The nearest word of Amazon's: the buyer's own wish, else what the seller says."""
    asked = any(
        item.child("cancellation").child("cancellationRequest").data for item in items
    )
    if asked or _BY_BUYER.search(reason):
        return order_feeds.BY_BUYER
    return order_feeds.NO_STOCK if _NO_STOCK.search(reason) else order_feeds.GENERAL


# -- what goes back of which item ------------------------------------------------------


def _adjusted(request: RefundRequest, order: ExternalOrder) -> list[AdjustedItem]:
    """A refund by item and component; what names no line is taken where something is
    left: delivery and fees first, then goods.

    :raises NotFound: for a line that the order does not have.
    :raises RequestRefused: for lines that are worth more than the refund.
    """
    lines = {line.external_id: line for line in order.lines if _item_of(line)}
    shares: dict[str, Decimal] = {}
    for part in request.lines:
        if part.order_line_id not in lines:
            raise NotFound(f"the order has no item {part.order_line_id[:40]!r}")
        before = shares.get(part.order_line_id, ZERO)
        shares[part.order_line_id] = before + part.amount
    rest = request.amount - sum(shares.values(), ZERO)
    if rest < 0 or not lines:
        raise RequestRefused("the lines exceed the refund", remote_code="bad_amount")
    for key, line in sorted(lines.items(), key=lambda row: ":" not in row[0]):
        room = line.total + line.total_tax - shares.get(key, ZERO)
        share = min(rest, max(room, ZERO))
        if share:
            shares[key] = shares.get(key, ZERO) + share
            rest -= share
    if rest:
        raise RequestRefused("not an amount of items", remote_code="bad_amount")
    items: dict[str, list[Component]] = {}
    for key, share in shares.items():
        parts = items.setdefault(_item_of(lines[key]), [])
        parts.extend(_components(lines[key], share, order))
    return [AdjustedItem(item, tuple(parts)) for item, parts in items.items()]


def _item_of(line: ExternalLine) -> str:
    """The order item of a line; empty for what is of none (a tip)."""
    item_id = line.external_id.partition(":")[0]
    return "" if item_id == "tip" else item_id


def _components(
    line: ExternalLine, share: Decimal, order: ExternalOrder
) -> Iterator[Component]:
    """A share of a line as amount and tax, in the proportion that the line has.

    Where prices include tax there is but one amount (not confirmed by the schema).
    """
    kind, tax_kind = _COMPONENTS.get(line.external_id.partition(":")[2], _OTHER)
    gross, tax = line.total + line.total_tax, ZERO
    if line.total_tax and gross and not order.prices_include_tax:
        tax = round_to(share * line.total_tax / gross, unit_of(order.currency))
    for name, amount in ((kind, share - tax), (tax_kind, tax)):
        if amount:
            yield Component(name, amount)
