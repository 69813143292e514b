"""Parcels that left: which interface tells the platform of which.

* a whole trade, or whole sub-orders of it (``is_split``): ``logistics.offline.send``,
  for cash on delivery ``logistics.online.send``;
* a part of a sub-order's pieces: ``alibaba.ascp.logistics.offline.send`` with the
  number of pieces, and whether that was the rest of them.

None of them takes a key of ours, so before each the parcels of the trade are read: one
with the same tracking number is the same parcel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..errors import AlreadyDone, BadAnswer, RequestRefused
from ..schema import (
    ExternalLine,
    ExternalOrder,
    LineKind,
    OrderStatus,
    Shipment,
    WriteResult,
)
from . import const
from .api import Api, rows

OTHER = "OTHER"  # "another carrier"; that it always exists is not confirmed
IN_PARTS = 1  # ``consign_type``: sub-orders may be sent in parts


@dataclass(frozen=True)
class Load:
    """What of which sub-orders is in a parcel.

    :param parts: sub-order and number of pieces.
    :param split: something else of the trade is sent apart from it.
    :param by_piece: it has not all pieces of some sub-order.
    :param completes: sub-orders of which nothing is left after it.
    """

    parts: tuple[tuple[str, int], ...]
    split: bool
    by_piece: bool
    completes: frozenset[str]

    @classmethod
    def of(cls, shipment: Shipment, order: ExternalOrder) -> Load:
        """Compare a parcel with what is open of its trade.

        :raises AlreadyDone: when nothing is open.
        :raises RequestRefused: for a sub-order or a number that is not open.
        """
        goods = {
            line.external_id: line
            for line in order.lines
            if line.kind is LineKind.PRODUCT and line.quantity > 0
        }
        rest = {key: _rest(line) for key, line in goods.items() if _rest(line) > 0}
        if not rest:
            raise AlreadyDone("nothing is left to be sent")
        parts = {line.order_line_id: line.quantity for line in shipment.lines} or rest
        for key, quantity in parts.items():
            whole = quantity == quantity.to_integral_value()
            if not whole or not 0 < quantity <= rest.get(key, Decimal(0)):
                raise RequestRefused("more than is left to be sent", line=key)
        return cls(
            parts=tuple((key, int(quantity)) for key, quantity in parts.items()),
            split=parts != {key: line.quantity for key, line in goods.items()},
            by_piece=any(goods[key].quantity != n for key, n in parts.items()),
            completes=frozenset(key for key, n in parts.items() if rest[key] == n),
        )


def _rest(line: ExternalLine) -> Decimal:
    return line.quantity - line.fulfilled_quantity


class Dispatch:
    """Tells the platform of parcels."""

    def __init__(self, api: Api):
        self.api = api
        self._companies: dict[str, str] | None = None

    def send(
        self, shipment: Shipment, order: ExternalOrder, trade: Mapping[str, Any]
    ) -> WriteResult:
        """See :meth:`~..base.Connector.push_shipment`.

        :param order: the trade as it is now; ``trade`` its payload.
        :raises AlreadyDone: when it is closed, or nothing of it is left.
        :raises RequestRefused: when it is not paid or held back, or more is to be sent
            than is open.
        """
        number = shipment.tracking_number
        if self._is_known(shipment):
            return WriteResult(number, repeated=True)
        if order.status in (OrderStatus.CANCELLED, OrderStatus.REFUNDED):
            raise AlreadyDone(f"the trade is {order.raw_status}")
        if order.status in (OrderStatus.PENDING, OrderStatus.ON_HOLD):
            # The platform's own refusal is the same as for one that was sent.
            raise RequestRefused(f"not to be sent yet: {order.raw_status}")
        load = Load.of(shipment, order)
        company = self.company(shipment.carrier, shipment.carrier_name)
        try:
            if load.by_piece:
                self._send_pieces(shipment, load, company)
            else:
                self._send_whole(
                    shipment, load, company, trade.get("type") in const.ON_DELIVERY
                )
        except AlreadyDone:
            # Somebody was quicker, or an answer of before was lost.
            if self._is_known(shipment):
                return WriteResult(number, repeated=True)
            raise
        return WriteResult(number)

    def companies(self) -> dict[str, str]:
        """The carriers that the platform knows: names by code."""
        if self._companies is None:
            answer = self.api.call(
                "taobao.logistics.companies.get", fields=("id", "code", "name")
            )
            self._companies = {
                str(row.get("code") or ""): str(row.get("name") or "")
                for row in rows(answer.get("logistics_companies"))
                if isinstance(row, Mapping)
            }
        return self._companies

    def company(self, code: str, name: str = "") -> str:
        """The platform's code of a carrier, by its code or by its name."""
        known = self.companies()
        for text in (code.strip(), name.strip()):
            for own_code, own_name in known.items():
                if text and text.lower() in (own_code.lower(), own_name.lower()):
                    return own_code
        return OTHER

    def _is_known(self, shipment: Shipment) -> bool:
        """Whether the trade has a parcel with this tracking number."""
        answer = self.api.call(
            "taobao.logistics.orders.get",
            fields=const.PARCEL_FIELDS,
            tid=shipment.order_id,
        )
        return any(
            isinstance(row, Mapping)
            and str(row.get("out_sid") or "") == shipment.tracking_number
            for row in rows(answer.get("shippings"))
        )

    def _send_whole(
        self, shipment: Shipment, load: Load, company: str, cod: bool
    ) -> None:
        kind = "online" if cod else "offline"
        answer = self.api.call(
            f"taobao.logistics.{kind}.send",
            idempotent=False,
            tid=shipment.order_id,
            out_sid=shipment.tracking_number,
            company_code=company,
            is_split=1 if load.split else None,
            sub_tid=[key for key, _n in load.parts] if load.split else None,
        )
        shipping = answer.get("shipping")
        if not isinstance(shipping, Mapping) or shipping.get("is_success") is not True:
            raise BadAnswer("the platform did not say that it was sent")

    def _send_pieces(self, shipment: Shipment, load: Load, company: str) -> None:
        """Send by the piece.

        The metadata describes ``consign_status`` as one object with one sub-order, and
        what a parcel with several needs is not confirmed: they are sent as a list.
        """
        goods = [{"sub_tid": key, "num": number} for key, number in load.parts]
        status = [
            {"sub_tid": key, "is_part_consign": key not in load.completes}
            for key, _number in load.parts
        ]
        package = {
            "out_sid": shipment.tracking_number,
            "company_code": company,
            "goods": goods,
        }
        answer = self.api.call(
            "alibaba.ascp.logistics.offline.send",
            idempotent=False,
            tid=shipment.order_id,
            consign_type=IN_PARTS,
            consign_pkgs=json.dumps([package]),
            consign_status=json.dumps(status if len(status) > 1 else status[0]),
        )
        result = answer.get("result")
        if not isinstance(result, Mapping) or result.get("success") is not True:
            raise BadAnswer("the platform did not say that it was sent")
