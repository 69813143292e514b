"""Settlement reports: flat files V2, one for each period and currency.

Amazon makes them by itself. Sales are the seller's once they are shipped and, where
``deferral`` says so, some days later (DD+7). Every second file is compressed.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from ..world.model import Movement, Order, Payout
from ..world.money import ZERO, fixed, round_money
from ..world.payouts import Terms, Till, Treasury, in_own_currency
from ..world.shop import World
from .facts import MARKETPLACES, Facts, iso

SETTLEMENT_REPORT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
#: What Amazon keeps of a sale, and gives back of that with a refund.
TERMS = Terms(share=Decimal("0.15"), returned=Decimal("0.8"))
_COLUMNS = (
    "settlement-id",
    "settlement-start-date",
    "settlement-end-date",
    "deposit-date",
    "total-amount",
    "currency",
    "transaction-type",
    "order-id",
    "merchant-order-id",
    "adjustment-id",
    "shipment-id",
    "marketplace-name",
    "amount-type",
    "amount-description",
    "amount",
    "fulfillment-id",
    "posted-date",
    "posted-date-time",
    "order-item-code",
    "merchant-order-item-id",
    "merchant-adjustment-item-id",
    "sku",
    "quantity-purchased",
    "promotion-id",
)
_RESERVES = {
    "reserve": "Current Reserve Amount",
    "release": "Previous Reserve Amount Balance",
}


class SettlementDesk:
    """Makes the settlements of a seller.

    :ivar deferral: so long Amazon holds back what was shipped.
    :ivar states: status of reports that are not ``DONE``, by their id.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.deferral = timedelta(0)
        self.states: dict[str, str] = {}
        till = Till(_shipped, in_own_currency, self.release_of)
        self.treasury = Treasury(world, TERMS, till)

    def release_of(self, order: Order) -> datetime | None:
        """When what an order earned is the seller's; None while it is not shipped."""
        return order.completed and order.completed + self.deferral

    def reports(self) -> list[dict[str, Any]]:
        """Return the reports as ``getReports`` lists them, the newest first."""
        payouts = sorted(self.treasury.payouts(), key=lambda one: (one.ends, one.id))
        return [self._report(payout) for payout in reversed(payouts)]

    def document(self, document_id: str) -> bytes | None:
        """Return the content of a document, None when it is no settlement's."""
        for payout in self.treasury.payouts():
            if _document_id(payout) == document_id:
                content = self._file(payout).encode()
                return gzip.compress(content, mtime=0) if payout.id % 2 else content
        return None

    def _report(self, payout: Payout) -> dict[str, Any]:
        number = str(payout.id)
        status = self.states.get(number, "DONE")
        row = {
            "reportId": number,
            "reportType": SETTLEMENT_REPORT,
            "createdTime": iso(payout.ends),
            "dataStartTime": iso(payout.starts),
            "dataEndTime": iso(payout.ends),
            "processingStatus": status,
            "marketplaceIds": [
                code
                for code, (_c, _n, currency, _l) in MARKETPLACES.items()
                if currency == payout.currency
            ],
        }
        if status == "DONE":
            row["reportDocumentId"] = _document_id(payout)
        return row

    def _file(self, payout: Payout) -> str:
        decimals = 0 if payout.currency == "JPY" else 2
        summary = {
            "settlement-start-date": _moment(payout.starts),
            "settlement-end-date": _moment(payout.ends),
            "deposit-date": _moment(payout.ends),
            "total-amount": fixed(payout.net, decimals),
            "currency": payout.currency,
        }
        rows = [summary]
        for one in payout.movements:
            rows += self._rows(one, decimals)
        lines = ["\t".join(_COLUMNS)]
        for row in rows:
            row = {"settlement-id": str(payout.id), **row}
            lines.append("\t".join(row.get(column, "") for column in _COLUMNS))
        return "\n".join(lines) + "\n"

    def _rows(self, one: Movement, decimals: int) -> Iterator[dict[str, str]]:
        common = {
            "posted-date": f"{one.at:%Y-%m-%d}",
            "posted-date-time": _moment(one.at),
        }
        if one.kind in _RESERVES:
            yield {
                **common,
                "transaction-type": "other-transaction",
                "amount-type": "other-transaction",
                "amount-description": _RESERVES[one.kind],
                "amount": fixed(one.amount, decimals),
            }
            return
        order = self._world.order(one.order_id)
        seen = Facts(self._world, order)
        common |= {
            "transaction-type": "Refund" if one.refund_id else "Order",
            "order-id": seen.order_id,
            "adjustment-id": f"A{one.refund_id}" if one.refund_id else "",
            "shipment-id": "" if one.refund_id else f"S{one.id}",
            "marketplace-name": MARKETPLACES[seen.marketplace][1],
        }
        tax = self._tax(order, one, decimals)
        for group, name, amount in (
            ("ItemPrice", "Principal", one.amount - tax),
            ("ItemPrice", "Tax", tax),
            ("ItemFees", "Commission", -one.fee),
        ):
            if amount:
                yield {
                    **common,
                    "amount-type": group,
                    "amount-description": name,
                    "amount": fixed(amount, decimals),
                }

    def _tax(self, order: Order, one: Movement, decimals: int) -> Decimal:
        """The tax in an amount of an order: that of the order, or its share."""
        if not order.totals.total:
            return ZERO
        share = one.amount / order.totals.total
        return round_money(order.totals.total_tax * share, decimals)


def _shipped(order: Order) -> Decimal:
    return order.totals.total if order.completed else ZERO


def _document_id(payout: Payout) -> str:
    return f"settlement-{payout.id}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
