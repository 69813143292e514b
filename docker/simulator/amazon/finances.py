"""Finances API 2024-06-19: what was booked for shipped orders and refunds.

The types of the breakdowns are not listed by the model; those here are invented after
its descriptions (not confirmed).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ..core.message import Response
from ..world.model import Order, Refund
from ..world.money import ZERO, round_money
from ..world.shop import World
from . import errors, facts
from .call import Call
from .facts import Facts, iso
from .settlements import TERMS, SettlementDesk

PAGE = 100
_LONGEST = timedelta(days=180)  # of a window; a longer one is empty


class FinanceDesk:
    """Answers calls about transactions."""

    def __init__(self, world: World, account: str, settlements: SettlementDesk) -> None:
        self._world = world
        self._account = account
        self._settlements = settlements

    def list(self, call: Call) -> Response:
        """Answer ``listTransactions``."""
        name = call.text("relatedIdentifierName")
        if name:
            if name != "ORDER_ID":
                raise errors.invalid("relatedIdentifierName cannot be searched for.")
            rows = [
                row
                for row in self._transactions()
                if _order_id(row) == call.text("relatedIdentifierValue")
            ]
        else:
            rows = self._posted(call)
        status = call.text("transactionStatus")
        if status:
            rows = [row for row in rows if row["transactionStatus"] == status]
        token = call.text("nextToken")
        start = int(token) if token.isdigit() else 0
        payload: dict[str, Any] = {"transactions": rows[start : start + PAGE]}
        if start + PAGE < len(rows):
            payload["nextToken"] = str(start + PAGE)
        return Response.of_json({"payload": payload})

    def _posted(self, call: Call) -> list[dict[str, Any]]:
        since = call.moment("postedAfter")
        if since is None:
            raise errors.invalid("Start date cannot be null")
        end = call.end("postedBefore")
        if since > end:
            raise errors.invalid("postedAfter lies after postedBefore.")
        if end - since > _LONGEST:
            return []
        return [
            row
            for row in self._transactions()
            if iso(since) <= row["postedDate"] < iso(end)
        ]

    def _transactions(self) -> list[dict[str, Any]]:
        rows = []
        for order in self._world.orders():
            if order.completed:
                rows.append(self._shipment(order, order.completed))
        for refund in self._world.refunds():
            order = self._world.store.get("order", refund.order_id)
            if order is not None:
                rows.append(self._refund(order, refund))
        return sorted(rows, key=lambda row: row["postedDate"])

    def _shipment(self, order: Order, moment: datetime) -> dict[str, Any]:
        goods = order.totals.total - order.totals.total_tax
        row = self._transaction(order, "Shipment", "Order Payment", moment)
        release = self._settlements.release_of(order)
        if release and release > moment:
            held = release > self._world.clock.now()
            row["transactionStatus"] = "DEFERRED" if held else "DEFERRED_RELEASED"
            row["contexts"] = [
                {
                    "contextType": "DeferredContext",
                    "deferralReason": "DD7",
                    "maturityDate": iso(release),
                }
            ]
        return {
            **row,
            "transactionId": f"SHIPMENT-{order.id}",
            **self._amounts(order, goods, order.totals.total_tax, 1),
        }

    def _refund(self, order: Order, refund: Refund) -> dict[str, Any]:
        row = self._transaction(order, "Refund", "Refund Order", refund.created)
        row["relatedIdentifiers"].append(
            {
                "relatedIdentifierName": "REFUND_ID",
                "relatedIdentifierValue": str(refund.id),
            }
        )
        tax = sum((line.total_tax for line in refund.lines), ZERO)
        goods = refund.amount - abs(tax)
        return {
            **row,
            "transactionId": f"REFUND-{refund.id}",
            **self._amounts(order, goods, abs(tax), -1),
        }

    def _transaction(
        self, order: Order, kind: str, text: str, moment: datetime
    ) -> dict[str, Any]:
        seen = Facts(self._world, order)
        return {
            "sellingPartnerMetadata": {
                "sellingPartnerId": self._account,
                "accountType": "Standard Orders",
                "marketplaceId": seen.marketplace,
            },
            "relatedIdentifiers": [
                {
                    "relatedIdentifierName": "ORDER_ID",
                    "relatedIdentifierValue": seen.order_id,
                }
            ],
            "transactionType": kind,
            "transactionStatus": "RELEASED",
            "description": text,
            "postedDate": iso(moment),
        }

    def _amounts(
        self, order: Order, goods: Decimal, tax: Decimal, sign: int
    ) -> dict[str, Any]:
        def money(value: Decimal) -> dict[str, Any]:
            rounded = round_money(value * sign, order.decimals)
            return {"currencyAmount": float(rounded), "currencyCode": order.currency}

        # The same as in the settlement report, to the cent.
        share = TERMS.share * (1 if sign > 0 else TERMS.returned)
        fee = -round_money((goods + tax) * share, order.decimals)
        parts = [
            {"breakdownType": "ProductCharges", "breakdownAmount": money(goods)},
            {"breakdownType": "Tax", "breakdownAmount": money(tax)},
            {"breakdownType": "AmazonFees", "breakdownAmount": money(fee)},
        ]
        total = money(goods + tax + fee)
        line = order.lines[0] if order.lines else None
        product = self._world.product(line.stock_id) if line else None
        contexts = []
        if line and product:
            context = {
                "contextType": "ProductContext",
                "sku": facts.sku_of(product),
                "quantityShipped": line.quantity,
            }
            contexts.append(context)
        item = {
            "description": line.name if line else "",
            "totalAmount": total,
            "breakdowns": parts,
            "contexts": contexts,
        }
        return {"totalAmount": total, "items": [item], "breakdowns": parts}


def _order_id(row: dict[str, Any]) -> str:
    return next(
        part["relatedIdentifierValue"]
        for part in row["relatedIdentifiers"]
        if part["relatedIdentifierName"] == "ORDER_ID"
    )
