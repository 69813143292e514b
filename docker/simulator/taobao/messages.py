"""The message service (TMC), asked for over HTTP.

Source: metadata of the interfaces. Names of topics and the fields of their content are
those that public programs read; the metadata does not have them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any

from ..world.model import Event
from ..world.shop import World
from . import errors, ids
from .call import Call, listed, text_of

FEWEST, MOST = 10, 200
KEPT = 5_000  # messages, the oldest are dropped
_FIRST = 9_100_000_000_000_000_003
_TOPICS = {
    ("order", "created"): "taobao_trade_TradeCreate",
    ("order", "updated"): "taobao_trade_TradeChanged",
    ("refund", "created"): "taobao_refund_RefundSuccess",
}
Answer = dict[str, Any]


class Queue:
    """Keeps messages until they are confirmed."""

    def __init__(self, world: World, seller: str, app_key: str) -> None:
        self._world, self._seller, self._app_key = world, seller, app_key
        self._lock = threading.Lock()
        self._messages: list[dict[str, Any]] = []
        self._number = 0
        self._permitted = False

    def notify(self, events: Sequence[Event]) -> None:
        """Put what happened into the queue, once the seller is permitted."""
        for event in events:
            topic = _TOPICS.get((event.entity, event.verb))
            order = self._order_of(event)
            if topic and order:
                self.put(topic, {"tid": ids.trade_id(order)}, self._seller)

    def put(self, topic: str, content: dict[str, Any], seller: str) -> None:
        """Put a message of any seller into the queue."""
        with self._lock:
            if not self._permitted:
                return
            self._number += 1
            message = {
                "id": _FIRST + self._number,
                "topic": topic,
                "pub_time": text_of(self._world.clock.now()),
                "pub_app_key": self._app_key,
                "user_id": 1_000_001,
                "user_nick": seller,
                "content": json.dumps({**content, "seller_nick": seller}),
            }
            self._messages = [*self._messages, message][-KEPT:]

    def _order_of(self, event: Event) -> int | None:
        if event.entity == "order":
            return event.entity_id
        refund = self._world.store.get("refund", event.entity_id)
        return refund.order_id if event.entity == "refund" and refund else None

    # -- interfaces --------------------------------------------------------

    def permit(self, call: Call) -> Answer:
        """taobao.tmc.user.permit"""
        self._permitted = True
        return {"is_success": True}

    def cancel(self, call: Call) -> Answer:
        """taobao.tmc.user.cancel"""
        if call.required("nick") != self._seller:
            raise errors.remote("isv.user-not-exist", "用户不存在")
        self._permitted = False
        return {"is_success": True}

    def consume(self, call: Call) -> Answer:
        """taobao.tmc.messages.consume: the oldest that are not confirmed."""
        quantity = call.number("quantity", 100)
        if not FEWEST <= quantity <= MOST:
            raise errors.invalid("quantity")
        if call.text("group_name"):
            raise errors.invalid("group_name")  # the application has no groups
        with self._lock:
            found = self._messages[:quantity]
        return {"messages": listed("tmc_message", found)} if found else {}

    def confirm(self, call: Call) -> Answer:
        """taobao.tmc.messages.confirm"""
        call.required("s_message_ids")
        names = set(call.words("s_message_ids"))
        if len(names) > MOST:
            raise errors.invalid("s_message_ids")
        with self._lock:
            self._messages = [m for m in self._messages if str(m["id"]) not in names]
        return {"is_success": True}
