"""Ground for the addon's tests: a channel with accounts, orders, settlement files."""

import json
from decimal import Decimal

from odoo.fields import Command

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

V1_HEADER = (
    "settlement-id|settlement-start-date|settlement-end-date|deposit-date|"
    "total-amount|currency|transaction-type|order-id|merchant-order-id|adjustment-id|"
    "shipment-id|posted-date|sku|price-type|price-amount|item-related-fee-type|"
    "item-related-fee-amount|misc-fee-amount|other-fee-amount|"
    "other-fee-reason-description|promotion-type|promotion-amount|"
    "direct-payment-type|direct-payment-amount|other-amount"
).split("|")


def v1_file(
    reference, total, rows, currency="USD", day="2026-03-15", start="2026-03-01"
):
    """An Amazon settlement (flat file V1): a summary row, then the given rows.

    :param rows: dictionaries of columns; ``settlement-id`` is added.
    """
    summary = {
        "settlement-start-date": f"{start}T00:00:00+00:00",
        "settlement-end-date": f"{day}T00:00:00+00:00",
        "deposit-date": f"{day}T00:00:00+00:00",
        "total-amount": total,
        "currency": currency,
    }
    lines = ["\t".join(V1_HEADER)]
    for row in (summary, *rows):
        row = {"settlement-id": reference, **row}
        lines.append("\t".join(row.get(column, "") for column in V1_HEADER))
    return "\n".join(lines).encode()


def price(order, name, amount, event="Order", day="2026-03-10"):
    """What a buyer paid, or got back."""
    return {
        "transaction-type": event,
        "order-id": order,
        "adjustment-id": f"A{order}" if event == "Refund" else "",
        "posted-date": f"{day}T10:00:00+00:00",
        "price-type": name,
        "price-amount": amount,
    }


def promotion(order, name, amount):
    """A discount that the seller bears."""
    row = price(order, "", "")
    return {**row, "promotion-type": name, "promotion-amount": amount}


def fee(order, name, amount, event="Order", day="2026-03-10"):
    """A fee of an order."""
    row = price(order, "", "", event, day)
    return {**row, "item-related-fee-type": name, "item-related-fee-amount": amount}


def other(event, amount, day="2026-03-10", column="other-amount"):
    """Something between Amazon and the seller."""
    return {
        "transaction-type": event,
        "posted-date": f"{day}T10:00:00+00:00",
        column: amount,
    }


def transaction(
    name, status, order, leaves, event="Shipment", day="2026-03-10", **values
):
    """A transaction of Amazon's finances API.

    :param leaves: amounts by their words, as ``{"Commission": "-15.00"}``.
    :param values: ``settlement``, ``releases`` and ``released_by`` (ids), ``matures``
        (a day), ``currency``.
    """
    currency = values.get("currency", "USD")
    total = sum(map(Decimal, leaves.values()))
    related = {
        "ORDER_ID": order,
        "SETTLEMENT_ID": values.get("settlement"),
        "DEFERRED_TRANSACTION_ID": values.get("releases"),
        "RELEASE_TRANSACTION_ID": values.get("released_by"),
    }
    matures = values.get("matures")
    context = {"deferralReason": "DD7", "maturityDate": f"{matures}T00:00:00Z"}
    return {
        "transactionType": event,
        "transactionId": name,
        "transactionStatus": status,
        "postedDate": f"{day}T10:00:00Z",
        "totalAmount": {"currencyAmount": str(total), "currencyCode": currency},
        "relatedIdentifiers": [
            {"relatedIdentifierName": key, "relatedIdentifierValue": value}
            for key, value in related.items()
            if value
        ],
        "contexts": [context] if matures else [],
        "items": [
            {
                "contexts": [{"sku": "SKU-1", "quantityShipped": 1}],
                "breakdowns": [
                    {
                        "breakdownType": word,
                        "breakdownAmount": {
                            "currencyAmount": amount,
                            "currencyCode": currency,
                        },
                    }
                    for word, amount in leaves.items()
                ],
            }
        ],
    }


def transactions(*told):
    """An answer of the finances API."""
    return json.dumps({"payload": {"transactions": told}}).encode()


class SettlementCommon(AccountTestInvoicingCommon):
    """A channel in a company with a generic chart, its settlement accounts set up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("ecom_orders.group_manager")
        cls.company = cls.company_data["company"]
        cls.channel = cls.env["ecom.channel"].create(
            {"name": "Bazaar", "provider": "file", "company_id": cls.company.id}
        )
        cls.service = cls.env["product.product"].create(
            {
                "name": "Thing",
                "type": "service",
                "invoice_policy": "order",
                "taxes_id": [Command.clear()],
            }
        )
        cls.set_up(cls.company.currency_id)

    @classmethod
    def set_up(cls, currency):
        """Run the set-up wizard for a currency as it proposes."""
        setup = cls.env["ecom.settlement.setup"].create(
            {
                "channel_id": cls.channel.id,
                "currency_id": currency.id,
                "journal_id": cls.channel.settlement_journal_id.id,
            }
        )
        setup.action_apply()

    @classmethod
    def account(cls, purpose, currency=None):
        """The channel's account for a purpose."""
        currency = currency or cls.company.currency_id
        return cls.channel._get_settlement_accounts(currency)[purpose]

    @classmethod
    def order(cls, external_id, amount, currency=None, invoice=True, **values):
        """A confirmed order of the channel, with its posted invoice."""
        pricelist = cls.env["product.pricelist"]
        if currency:
            pricelist = pricelist.create(
                {"name": currency.name, "currency_id": currency.id}
            )
        order = cls.env["sale.order"].create(
            {
                "partner_id": cls.partner_a.id,
                "company_id": cls.company.id,
                "ecom_channel_id": cls.channel.id,
                "ecom_external_id": external_id,
                "pricelist_id": pricelist.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": cls.service.id,
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
                **values,
            }
        )
        order.action_confirm()
        if invoice:
            cls.invoice(order)
        return order

    @classmethod
    def invoice(cls, order, day="2026-03-05"):
        """Invoice an order and post it."""
        move = order._create_invoices()
        move.invoice_date = day
        move.action_post()
        return move

    @classmethod
    def credit(cls, order, amount, day="2026-03-10"):
        """A posted credit note of an order."""
        move = cls.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": order.partner_id.id,
                "currency_id": order.currency_id.id,
                "invoice_date": day,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": cls.service.id,
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                            "sale_line_ids": [Command.set(order.order_line.ids)],
                        }
                    )
                ],
            }
        )
        move.action_post()
        return move

    @classmethod
    def receive(cls, content, name="settlement.txt"):
        """Import a file for the channel."""
        return cls.env["ecom.settlement.file"]._receive(name, content, cls.channel)

    def balances(self, moves):
        """Debit less credit by account, without those that are zero."""
        sums = {}
        for line in moves.line_ids:
            sums[line.account_id] = sums.get(line.account_id, 0.0) + line.balance
        return {
            account: round(total, 2)
            for account, total in sums.items()
            if round(total, 2)
        }

    def ledger(self):
        """Balance of every account of the company, of posted entries."""
        rows = self.env["account.move.line"]._read_group(
            [("company_id", "=", self.company.id), ("parent_state", "=", "posted")],
            ["account_id"],
            ["balance:sum", "amount_residual:sum"],
        )
        return {a: (round(b, 2), round(r, 2)) for a, b, r in rows if round(b, 2)}
