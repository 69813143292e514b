"""The platform's message service (TMC), asked for over HTTP.

Source: metadata of ``taobao.tmc.messages.consume``, ``.confirm``,
``taobao.tmc.user.permit`` and ``.cancel``. Not in the metadata, so *not confirmed*, but
known from many public programs: the names of the topics (``taobao_trade_...``,
``taobao_refund_...``), that the content of both is JSON with the number of the trade in
``tid``, and that what was consumed and is not confirmed comes again.

A queue belongs to the application, not to a seller: several sellers' messages may be in
it. Those of others are left for their channels. Applications can have a group of users
for each of them (option ``tmc_group``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..base import ORDER_HINT, Envelope, MessagePage, canonical_json
from ..errors import BadAnswer, MarketplaceError, PayloadError
from ..reading import Reader, parse_json
from .api import Api, rows

FEWEST, MOST = 10, 200  # messages at once
TOPICS = ("taobao_trade_", "taobao_refund_")


class Queue:
    """The messages of one seller."""

    def __init__(self, api: Api):
        self.api = api
        self.group = str(api.credentials.options.get("tmc_group") or "") or None

    def open(self) -> None:
        """Let the platform tell of the seller, in all topics of the application."""
        _check(self.api.call("taobao.tmc.user.permit"))

    def close(self) -> None:
        """Let the platform tell of the seller no more."""
        _check(self.api.call("taobao.tmc.user.cancel", nick=self.seller()))

    def fetch(self, quantity: int) -> MessagePage:
        """See :meth:`~..base.Connector.fetch_messages`.

        Receipts are given for whatever is the seller's, also for topics that tell
        nothing of orders.
        """
        quantity = min(max(quantity, FEWEST), MOST)
        answer = self.api.call(
            "taobao.tmc.messages.consume", group_name=self.group, quantity=quantity
        )
        found = [row for row in rows(answer.get("messages")) if _number(row)]
        seller = self.seller() if found else ""
        own = [row for row in found if seller in ("", str(row.get("user_nick") or ""))]
        envelopes = (_wrap(row) for row in own)
        return MessagePage(
            envelopes=tuple(envelope for envelope in envelopes if envelope),
            receipts=tuple(map(_number, own)),
            more=len(found) >= quantity and bool(own),
        )

    def confirm(self, receipts: Iterable[str]) -> None:
        """See :meth:`~..base.Connector.confirm_messages`."""
        numbers = list(receipts)
        for start in range(0, len(numbers), MOST):
            part = numbers[start : start + MOST]
            _check(
                self.api.call(
                    "taobao.tmc.messages.confirm",
                    group_name=self.group,
                    s_message_ids=part,
                )
            )

    def seller(self) -> str:
        """The seller's nick; empty when neither the channel nor the platform tells.

        Then all messages count as the seller's: an order of somebody else is not found
        and comes to nothing.
        """
        if self.api.credentials.account:
            return self.api.credentials.account
        try:
            # That it can be asked for is not confirmed.
            answer = self.api.call("taobao.user.seller.get", fields=("nick",))
        except MarketplaceError:
            return ""
        user = answer.get("user")
        return str(user.get("nick") or "") if isinstance(user, Mapping) else ""


def _check(answer: Mapping[str, Any]) -> None:
    if answer.get("is_success") is not True:
        raise BadAnswer("the platform did not say that it was done")


def _number(row: Any) -> str:
    """The id of a message, empty for what is none."""
    value = row.get("id") if isinstance(row, Mapping) else None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _wrap(row: Mapping[str, Any]) -> Envelope | None:
    """The hint that a message is; ``None`` for topics that tell nothing of orders.

    The id of the message is part of the body: each is a hint of its own, and one that
    comes again is the same.
    """
    if not str(row.get("topic") or "").startswith(TOPICS):
        return None
    try:
        content = Reader(parse_json(Reader(row).text("content")))
        return Envelope.of(ORDER_HINT, content.identifier("tid"), row)
    except PayloadError:
        return Envelope.unreadable(canonical_json(row).encode("utf-8"))
