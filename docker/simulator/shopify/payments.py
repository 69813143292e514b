"""Shopify Payments: payouts and the movements of the balance.

The account pays out in the shop's currency. A payout is on its way for half a period.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..world.model import Movement, Order, Payout
from ..world.money import ZERO
from ..world.payouts import Terms, Till, Treasury
from ..world.shop import World
from .graphql import Connection, GraphqlError
from .money import Purse, amount_text
from .search import matches
from .tree import Json, gid, gift_card_share, number_of, stamp

SCOPE = "read_shopify_payments_payouts"
_TERMS = Terms(share=Decimal("0.029"), fixed=Decimal("0.30"))
_TYPES = {
    "sale": "CHARGE",
    "correction": "CHARGE_ADJUSTMENT",
    "refund": "REFUND",
    "reserve": "RESERVED_FUNDS",
    "release": "RESERVED_FUNDS_REVERSAL",
}
_SOURCES = {
    "sale": "CHARGE",
    "correction": "ADJUSTMENT",
    "refund": "REFUND",
    "reserve": "ADJUSTMENT_REVERSAL",
    "release": "ADJUSTMENT_REVERSAL",
}


class PaymentsDesk:
    """Answers for ``shopifyPaymentsAccount``."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.treasury = Treasury(world, _TERMS, Till(_paid, self._convert))

    def account(self, granted: bool) -> Json:
        """Return the account.

        :raises GraphqlError: when the token has no right to it.
        """
        if not granted:
            message = (
                "Access denied for shopifyPaymentsAccount field. Required access: the "
                f"`read_shopify_payments` or the `{SCOPE}` access scope."
            )
            raise GraphqlError(message, "ACCESS_DENIED", ("shopifyPaymentsAccount",))
        return {
            "__typename": "ShopifyPaymentsAccount",
            "id": gid("ShopifyPaymentsAccount", 1),
            "activated": True,
            "defaultCurrency": self._world.settings.currency,
            "payouts": self._payouts,
            "balanceTransactions": self._transactions,
        }

    def _convert(self, order: Order, amount: Decimal) -> tuple[Decimal, str, int]:
        purse = Purse(order, self._world.settings.currency)
        side = purse.bag(amount)["shopMoney"]
        return Decimal(side["amount"]), side["currencyCode"], 2

    # -- listings ----------------------------------------------------------

    def _payouts(self, arguments: Mapping[str, Any]) -> Connection:
        rows = [
            (payout, {"id": payout.id, "issued_at": payout.ends})
            for payout in sorted(self.treasury.payouts(), key=lambda one: one.ends)
        ]
        return _found(arguments, [(self._payout(row), terms) for row, terms in rows])

    def _transactions(self, arguments: Mapping[str, Any]) -> Connection:
        rows: list[tuple[datetime, Json, Json]] = []
        for payout in self.treasury.payouts():
            for one in payout.movements:
                terms = {"payments_transfer_id": payout.id, "processed_at": one.at}
                rows.append((one.at, self._transaction(one, payout), terms))
        for one in self.treasury.pending():
            terms = {"processed_at": one.at}
            rows.append((one.at, self._transaction(one, None), terms))
        rows.sort(key=lambda row: (row[0], number_of(row[1]["id"])))
        return _found(arguments, [row[1:] for row in rows])

    def _status(self, payout: Payout) -> str:
        return "PAID" if self.treasury.is_paid(payout) else "SCHEDULED"

    def _payout(self, payout: Payout) -> Json:
        net = _money(payout.net, payout.currency)
        return {
            "__typename": "ShopifyPaymentsPayout",
            "id": gid("ShopifyPaymentsPayout", payout.id),
            "legacyResourceId": str(payout.id),
            "status": self._status(payout),
            "transactionType": "DEPOSIT",
            "issuedAt": stamp(payout.ends),
            "externalTraceId": f"TRACE{payout.id}",
            "net": net,
        }

    def _transaction(self, one: Movement, payout: Payout | None) -> Json:
        order = self._world.store.get("order", one.order_id)
        return {
            "__typename": "ShopifyPaymentsBalanceTransaction",
            "id": gid("ShopifyPaymentsBalanceTransaction", one.id),
            "type": _TYPES[one.kind],
            "test": False,
            "transactionDate": stamp(one.at),
            "amount": _money(one.amount, one.currency),
            "fee": _money(one.fee, one.currency),
            "net": _money(one.net, one.currency),
            "sourceId": one.refund_id or one.order_id or None,
            "sourceType": _SOURCES[one.kind],
            "sourceOrderTransactionId": _order_transaction(order, one),
            "adjustmentReason": None,
            "associatedOrder": order
            and {
                "__typename": "ShopifyPaymentsAssociatedOrder",
                "id": gid("Order", order.id),
                "name": f"#{order.number}",
            },
            "associatedPayout": {
                "__typename": "ShopifyPaymentsBalanceTransactionAssociatedPayout",
                "id": payout and gid("ShopifyPaymentsPayout", payout.id),
                "status": self._status(payout) if payout else "PENDING",
            },
        }


def _found(arguments: Mapping[str, Any], rows: list[tuple[Json, Json]]) -> Connection:
    query = arguments.get("query") or ""
    return Connection(tuple(row for row, terms in rows if matches(query, terms)))


def _paid(order: Order) -> Decimal:
    """What was paid by card; gift cards and other gateways settle elsewhere."""
    if order.payment_method != "shopify_payments":
        return ZERO
    return order.totals.total - gift_card_share(order)


def _order_transaction(order: Order | None, one: Movement) -> int | None:
    """The number of the order's own transaction, see ``Tree``."""
    if one.refund_id:
        return one.refund_id * 10
    if order is None or one.kind != "sale":
        return None
    return order.id * 10 + (2 if gift_card_share(order) else 1)


def _money(value: Decimal, currency: str) -> Json:
    return {
        "__typename": "MoneyV2",
        "amount": amount_text(value),
        "currencyCode": currency,
    }
