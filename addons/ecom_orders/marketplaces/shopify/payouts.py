"""Payouts of Shopify Payments with the movements of the balance that are in each.

Facts (Admin schema 2025-10 to 2026-07): ``shopifyPaymentsAccount`` lists ``payouts``
(searched by ``issued_at``) and ``balanceTransactions``; a transaction names its payout
(``associatedPayout``). A payout that is ``SCHEDULED`` or ``IN_TRANSIT`` can still fail,
so it is waited for. That the filter ``payments_transfer_id`` is the payout's number is
not confirmed by the schema: what comes back is looked through for the payout all the
same, and whoever reads it proves it by the payout's ``net``.

The token needs ``read_shopify_payments_payouts`` (documentation; a recorded refusal
names ``read_shopify_payments`` and ``read_shopify_payments_accounts``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from ..base import (
    OrderCursor,
    SettlementDocument,
    SettlementFeed,
    SettlementPage,
    canonical_json,
)
from ..errors import BadAnswer, PermissionRefused, RequestRefused
from ..settlements import Listed, read_new
from . import documents
from .api import Api, elements, next_cursor
from .money import number_of
from .orders import moment_of, stamp

SCOPE = "read_shopify_payments_payouts"
FEEDS = (SettlementFeed("payouts", "Payouts", interval=timedelta(hours=6)),)
PAGE = 100

#: ``ShopifyPaymentsPayoutStatus`` of payouts that do not change any more.
_FINAL = frozenset({"PAID", "FAILED", "CANCELED"})


class Payouts:
    """Reads the payouts of one shop."""

    def __init__(self, api: Api):
        self._api = api

    def next_page(self, cursor: OrderCursor, skip: frozenset[str]) -> SettlementPage:
        """See :meth:`~..base.Connector.fetch_settlements`."""
        search = f"issued_at:>='{stamp(cursor.since)}'" if cursor.since else None
        listed = [_listed(row) for row in self._rows("payouts", search)]
        return read_new(listed, cursor, self._read, skip)

    def _read(self, listed: Listed) -> SettlementDocument:
        search = f"payments_transfer_id:{listed.external_id}"
        transactions = [
            row
            for row in self._rows("balanceTransactions", search)
            if _payout_of(row) == listed.external_id
        ]
        account = {
            "payouts": {"nodes": [listed.row]},
            "balanceTransactions": {"nodes": transactions},
        }
        body = canonical_json({"data": {"shopifyPaymentsAccount": account}})
        name = f"shopify-payout-{listed.external_id}.json"
        return SettlementDocument(listed.external_id, name, body.encode())

    def _rows(self, field: str, search: str | None) -> Iterator[Mapping[str, Any]]:
        """All rows of a connection of the account.

        :raises PermissionRefused: ``details["scope"]`` is what the token lacks.
        :raises RequestRefused: for a shop without Shopify Payments.
        """
        document = {
            "payouts": documents.PAYOUTS,
            "balanceTransactions": documents.BALANCE_TRANSACTIONS,
        }[field]
        after, more = None, True
        while more:
            try:
                data = self._api.ask(
                    document, f"{field}.list", first=PAGE, after=after, query=search
                ).data
            except PermissionRefused as error:
                error.details.setdefault("scope", SCOPE)
                raise
            account = data.get("shopifyPaymentsAccount")
            if not isinstance(account, Mapping):
                raise RequestRefused(
                    "the shop does not use Shopify Payments", hint="no_payments_account"
                )
            yield from elements(account.get(field), "nodes")
            after = next_cursor(account.get(field))
            more = after is not None


def _listed(row: Mapping[str, Any]) -> Listed:
    number = number_of(str(row.get("id")), "ShopifyPaymentsPayout")
    moment = moment_of(row.get("issuedAt"))
    if not number or moment is None:
        raise BadAnswer("a payout without an id or a date")
    return Listed(number, moment, row.get("status") in _FINAL, row)


def _payout_of(row: Mapping[str, Any]) -> str:
    payout = row.get("associatedPayout")
    return number_of(str(payout.get("id"))) if isinstance(payout, Mapping) else ""
