"""What is told to a WooCommerce shop about an order: parcels, and its end.

Nothing happens twice although answers get lost: the order is read first, and what is
written are absolute values (a status, whole metas), so writing them again changes
nothing. The one thing that is added, the note with the tracking number, is looked for
before it is written.

Two parcels of one order told at the same instant by two writers: the last writer wins
the metas, since the shop has no compare-and-swap.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from ..errors import (
    AlreadyDone,
    BadAnswer,
    MarketplaceError,
    NotFound,
    PayloadError,
    PermissionRefused,
    RequestRefused,
)
from ..reading import Reader
from ..schema import Shipment, WriteResult
from . import products, webhook
from .api import Api
from .normaliser import product_ref, refunded_line_id
from .parcels import (
    PARCELS,
    TRACKING_ITEMS,
    Parcel,
    find_repeated,
    metas_of,
    parcels_of,
    sent_quantities,
    with_tracking,
)

# Statuses of which nothing leaves (any more); everything else the seller may ship.
NOT_TO_SHIP = frozenset({"cancelled", "refunded", "failed", "trash", "checkout-draft"})
# Statuses in which it is too late to call an order off.
NOT_TO_CANCEL = frozenset({"completed", "refunded", "trash"})


def record_id(external_id: str) -> str:
    """An id that is safe in a path.

    :raises NotFound: for anything else; a shop cannot have it.
    """
    if products.REF.fullmatch(external_id) is None or "/" in external_id:
        raise NotFound(f"not an id: {external_id[:40]!r}")
    return external_id


def may_write(api: Api) -> bool:
    """Whether the key may write, found out by a batch that changes nothing.

    The shop checks the key's rights before it looks into the batch (source of
    WooCommerce 11, ``check_user_permissions`` and ``batch_items``).
    """
    try:
        body: dict[str, Any] = {"update": []}
        api.change("POST", "products/batch", "check", body, idempotent=True)
    except (RequestRefused, NotFound):
        return True  # it did look
    except MarketplaceError:
        return False
    return True


def read_order(api: Api, order_id: str) -> Reader:
    """The order as the shop has it now, before something is written to it.

    :raises PermissionRefused: for a missing order, when the key may not write anyway:
        that is what a person has to know first.
    """
    try:
        payload = api.get(f"orders/{record_id(order_id)}", "orders.get")
    except NotFound:
        if may_write(api):
            raise
        raise PermissionRefused("the key may read but not write") from None
    if webhook.readable_id(payload) != order_id:
        raise BadAnswer("asked for one order and got something else")
    return Reader(payload)


def status_of(read: Reader) -> str:
    """The shop's own word for where an order stands."""
    return read.text("status", 64).removeprefix("wc-")


class OrderDesk:
    """Writes to the orders of one shop."""

    def __init__(self, api: Api):
        self.api = api

    # -- parcels -----------------------------------------------------------------------

    def ship(self, shipment: Shipment) -> WriteResult:
        """See :meth:`~..base.Connector.push_shipment`.

        :raises AlreadyDone: when the order was called off, or more is to leave than is
            left of it.
        :raises RequestRefused: for a line that the order does not have.
        """
        try:
            read = read_order(self.api, shipment.order_id)
            known = parcels_of(metas_of(read))
            repeated = find_repeated(known, shipment)
            if repeated is not None:
                return WriteResult(repeated.tracking_number, repeated=True)
            if status_of(read) in NOT_TO_SHIP:
                raise AlreadyDone(f"the order is {status_of(read)}")
            ordered = self._ordered(read, shipment.order_id)
        except PayloadError as error:
            raise BadAnswer(f"an order that cannot be read: {error}") from error
        rest = ordered - sent_quantities(known)
        parcel = _parcel(shipment, ordered, rest)
        self._tell_buyer(shipment)
        rest -= Counter(dict(parcel.lines))
        body = {"meta_data": _metas(read, (*known, parcel), shipment)}
        if status_of(read) != "completed" and not self._must_follow(read, rest):
            body["status"] = "completed"
        self._change(shipment.order_id, body)
        return WriteResult(shipment.tracking_number)

    def _ordered(self, read: Reader, order_id: str) -> Counter[str]:
        """What is to be delivered, by line id: ordered less refunded."""
        ordered: Counter[str] = Counter()
        for line in read.children("line_items"):
            ordered[line.identifier("id")] = line.required_decimal("quantity")
        if read.children("refunds"):
            ordered.subtract(self._refunded(order_id))
        return ordered

    def _refunded(self, order_id: str) -> Counter[str]:
        """Quantities that were given back; lines of a refund are negative."""
        refunded: Counter[str] = Counter()
        for rows in self.api.walk(f"orders/{order_id}/refunds", "refunds.list"):
            for row in rows:
                for line in Reader(row).children("line_items"):
                    refunded[refunded_line_id(line)] -= line.decimal("quantity")
        return refunded

    def _must_follow(self, read: Reader, rest: Counter[str]) -> bool:
        """Whether anything of the rest still has to be shipped.

        The order does not say which of its lines are virtual; the products do.
        """
        waiting = {line for line, quantity in rest.items() if quantity > 0}
        refs = [
            product_ref(line)
            for line in read.children("line_items")
            if line.identifier("id") in waiting
        ]
        virtual = {
            ref
            for rows in products.read_rows(self.api, filter(None, refs), "virtual")
            for ref, row in rows.items()
            if row.get("virtual") is True
        }
        return any(ref not in virtual for ref in refs)

    def _tell_buyer(self, shipment: Shipment) -> None:
        """Write the order note; for the buyer it is also an e-mail of the shop.

        Without words, so that it needs no language: carrier, number, address.
        """
        if not shipment.tracking_number:
            return
        carrier = shipment.carrier_name or shipment.carrier
        parts = (carrier, shipment.tracking_number, shipment.tracking_url)
        note = " ".join(part for part in parts if part)
        path = f"orders/{record_id(shipment.order_id)}/notes"
        answer = self.api.get(path, "notes.list", type="any")
        rows = answer if isinstance(answer, list) else ()
        number = re.compile(rf"(?<!\w){re.escape(shipment.tracking_number)}(?!\w)")
        texts = [str(row.get("note")) for row in rows if isinstance(row, Mapping)]
        if any(map(number.search, texts)):
            return
        body = {"note": note, "customer_note": shipment.notify_buyer}
        self.api.change("POST", path, "notes.post", body)

    # -- the end -----------------------------------------------------------------------

    def cancel(self, order_id: str, reason: str) -> WriteResult:
        """See :meth:`~..base.Connector.cancel_order`.

        The shop itself takes the goods back into its stock (as its settings say).

        :raises AlreadyDone: when it is completed, refunded or in the trash.
        """
        status = status_of(read_order(self.api, order_id))
        if status == "cancelled":
            return WriteResult(order_id, repeated=True)
        if status in NOT_TO_CANCEL:
            raise AlreadyDone(f"the order is {status}", remote_message=status)
        self._change(order_id, {"status": "cancelled"})
        if reason:
            path, body = f"orders/{order_id}/notes", {"note": reason}
            with suppress(MarketplaceError):  # it is cancelled, with or without words
                self.api.change("POST", path, "notes.post", body)
        return WriteResult(order_id)

    def _change(self, order_id: str, body: dict[str, Any]) -> None:
        path = f"orders/{record_id(order_id)}"
        self.api.change("PUT", path, "orders.put", body, idempotent=True)


def _parcel(shipment: Shipment, ordered: Counter[str], rest: Counter[str]) -> Parcel:
    lines = tuple((line.order_line_id, line.quantity) for line in shipment.lines)
    unknown = [line for line, _quantity in lines if line not in ordered]
    if unknown:
        raise RequestRefused(
            "the order has no such line", remote_message=unknown[0][:40]
        )
    lines = lines or tuple(rest.items())
    if not lines or any(not 0 < number <= rest[line] for line, number in lines):
        raise AlreadyDone("more than is left to be shipped")
    return Parcel(shipment.key, shipment.tracking_number, lines)


def _metas(
    read: Reader, parcels: tuple[Parcel, ...], shipment: Shipment
) -> list[dict[str, Any]]:
    metas: list[dict[str, Any]] = [
        {"key": PARCELS, "value": [parcel.as_json() for parcel in parcels]}
    ]
    items = with_tracking(
        metas_of(read).get(TRACKING_ITEMS), shipment, datetime.now(timezone.utc)
    )
    if items is not None:
        metas.append({"key": TRACKING_ITEMS, "value": items})
    return metas
