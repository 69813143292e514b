from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..formats.schema import Kind
from ..matching.rules import (
    DeferralFact,
    Facts,
    LineFact,
    OrderFact,
    SettlementFact,
    run,
)

HORIZON = 180  # days that are looked at
SALES = (Kind.SALE.value, Kind.SHIPPING.value)
FEES = (Kind.FEE.value,)
#: states of payments that nobody has to look for an order any more
EXPLAINED = ("matched", "written_off", "released")


class EcomFinanceChecker(models.AbstractModel):
    """Reads the facts of a channel and lets the pure checks judge them.

    A constant number of queries, whatever the number of orders.
    """

    _name = "ecom.finance.checker"
    _description = "Check Settlements and Orders"

    @api.model
    def _check(self, channel):
        """Alerts of the checks that are switched on, the most money first."""
        rules = self.env["ecom.finance.rule"]._get_active(channel.company_id)
        settings = rules._get_settings()
        return run(self._get_facts(channel), enabled=settings, settings=settings)

    @api.model
    def _get_facts(self, channel):
        today = fields.Date.context_today(channel)
        since = today - timedelta(days=HORIZON)
        settlements = self._get_settlements(channel, since)
        return Facts(
            today=today,
            # An order can be missed where settlements are known at all.
            orders=self._get_orders(channel, since) if settlements else (),
            lines=self._get_payments(channel, settlements),
            settlements=self._get_settlement_facts(settlements),
            card=self._get_rates(channel)._card(),
            deferrals=self._get_deferrals(channel),
        )

    def _get_deferrals(self, channel):
        """What is still held back, however long ago it was."""
        held = self.env["ecom.settlement.deferral"].search(
            [
                ("channel_id", "=", channel.id),
                ("state", "in", ("deferred", "partial", "difference")),
            ]
        )
        return tuple(
            DeferralFact(
                deferral=str(one.id),
                date=(one.posted_at or one.create_date).date(),
                left=self._exact(one.residual),
                due=one.matures_at.date() if one.matures_at else None,
                is_over=one.state == "difference",
            )
            for one in held
        )

    # -- orders ------------------------------------------------------------------------

    def _get_orders(self, channel, since):
        orders = self.env["sale.order"].search_fetch(
            [
                ("ecom_channel_id", "=", channel.id),
                ("state", "=", "sale"),
                ("date_order", ">=", since),
            ],
            ["date_order", "amount_total", "currency_id"],
        )
        paid, refunds = self._get_paid(orders)
        profits = {
            row.order_id: row.contribution
            for row in self.env["ecom.order.profit"].search_fetch(
                [("order_id", "in", orders.ids), ("is_settled", "=", True)],
                ["order_id", "contribution"],
            )
        }
        charged_back = self._get_charged_back(orders)
        returned = self._get_returned(orders)
        rates = self._get_rates(channel)
        charges, bases = self._get_charges(rates, orders)
        categories = rates._get_categories(orders)
        return tuple(
            OrderFact(
                order=str(order.id),
                date=order.date_order.date(),
                amount=self._exact(order.amount_total),
                settled=paid.get(order),
                refunds=tuple(refunds[order]),
                returned=order in returned,
                currency=order.currency_id.name,
                chargeback=order in charged_back,
                country=order.partner_shipping_id.country_id.code or "",
                contribution=self._exact(profits[order]) if order in profits else None,
                category=categories.get(order, ""),
                # Which rates are meant is not known of goods of several categories.
                charges=charges[order] if order in categories else {},
                fees=charges[order][""] if order in categories else Decimal(0),
                fee_basis=bases[order],
            )
            for order in orders
        )

    def _get_paid(self, orders):
        """By order what buyers paid in settlements, and what was given back.

        What a person or a rate card explained is no difference any more.
        """
        explained, more = defaultdict(Decimal), defaultdict(Decimal)
        refunds = defaultdict(list)
        rows = self.env["ecom.settlement.payment"]._read_group(
            [
                ("order_id", "in", orders.ids),
                ("settlement_id.state", "!=", "blocked"),
                ("state", "!=", "released"),
            ],
            ["order_id", "currency_id", "is_refund", "state"],
            ["amount:array_agg", "amount:sum", "withheld:sum", "difference:sum"],
        )
        for order, currency, is_refund, state, amounts, total, withheld, off in rows:
            if is_refund:
                refunds[order] += [-self._exact(amount) for amount in amounts]
            elif currency != order.currency_id:
                explained[order] += 0
            elif state == "matched":
                explained[order] += self._exact(off)
            else:
                more[order] += self._exact(total + withheld)
        paid = {
            order: explained[order] + self._exact(order.amount_total)
            for order in explained
        }
        for order, amount in more.items():
            paid[order] = paid.get(order, Decimal(0)) + amount
        return paid, refunds

    def _get_rates(self, channel):
        return self.env["ecom.fee.rate"].search([("channel_id", "=", channel.id)])

    def _get_charges(self, rates, orders):
        """By order its fees (by type, and all under an empty one), and their basis."""
        charges = defaultdict(lambda: defaultdict(Decimal))
        bases = defaultdict(Decimal)
        if not rates:
            return charges, bases
        rows = self.env["ecom.settlement.line"]._read_group(
            [
                ("order_id", "in", orders.ids),
                ("settlement_id.state", "!=", "blocked"),
                ("is_repeat", "=", False),
                ("kind", "in", (*FEES, *SALES)),
            ],
            ["order_id", "currency_id", "kind", "fee"],
            ["amount:sum"],
        )
        for order, currency, kind, fee, total in rows:
            if currency != order.currency_id:
                continue
            if kind in SALES:
                bases[order] += self._exact(total)
                continue
            charges[order][""] += self._exact(total)
            charges[order][fee or "other"] += self._exact(total)
        return charges, bases

    def _get_charged_back(self, orders):
        rows = self.env["ecom.settlement.line"]._read_group(
            [("order_id", "in", orders.ids), ("kind", "=", Kind.CHARGEBACK.value)],
            ["order_id"],
        )
        return {order for (order,) in rows}

    def _get_returned(self, orders):
        rows = self.env["ecom.return"]._read_group(
            [("order_id", "in", orders.ids), ("status", "in", ("received", "closed"))],
            ["order_id"],
        )
        return {order for (order,) in rows}

    # -- settlements -------------------------------------------------------------------

    def _get_settlements(self, channel, since):
        return self.env["ecom.settlement"].search(
            [
                ("channel_id", "=", channel.id),
                ("state", "!=", "blocked"),
                ("is_deferral", "=", False),
                ("ends_at", ">=", since),
            ]
        )

    def _get_payments(self, channel, settlements):
        """A payment is one line of the checks, whatever rows it was told in."""
        payments = self.env["ecom.settlement.payment"].search(
            [("settlement_id", "in", settlements.ids)]
        )
        transactions = {
            payment: min(filter(None, found), default="")
            for payment, found in self.env["ecom.settlement.line"]._read_group(
                [("settlement_id", "in", settlements.ids), ("payment_id", "!=", False)],
                ["payment_id"],
                ["transaction_ref:array_agg"],
            )
        }
        return tuple(
            LineFact(
                line=str(payment.id),
                settlement=str(payment.settlement_id.id),
                transaction=transactions.get(payment, ""),
                kind="refund" if payment.is_refund else "sale",
                amount=self._exact(payment.amount),
                date=payment.date or None,
                order=payment.name if payment.refs else "",
                has_order=bool(payment.order_id) or payment.state in EXPLAINED,
            )
            for payment in payments
            if payment.amount and not payment.split_from_id
        )

    def _get_settlement_facts(self, settlements):
        sums = defaultdict(Decimal)
        for one, kind, fee, total in self.env["ecom.settlement.line"]._read_group(
            [("settlement_id", "in", settlements.ids)],
            ["settlement_id", "kind", "fee"],
            ["amount:sum"],
        ):
            key = fee or "other" if kind in FEES else kind
            sums[one, kind in FEES, key] += self._exact(total)
        waiting = self._get_waiting(settlements)
        references = self._get_bank_references(settlements)
        conversions = self._get_conversions(settlements)
        return tuple(
            replace(
                self._prepare_settlement_fact(one, sums, one.id in waiting),
                bank_reference=references.get(one.id, ""),
                **conversions.get(one, {}),
            )
            for one in settlements
        )

    def _get_bank_references(self, settlements):
        """By id of a settlement the bank's reference of the transfer that paid it.

        Of a transfer that paid several settlements the first one has it: that is one
        statement line, and no reference that is used again.
        """
        self.env["account.move"].flush_model(["ref", "ecom_settlement_id"])
        self.env["account.partial.reconcile"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (statement.id) move.ecom_settlement_id, entry.ref
                  FROM account_move move
                  JOIN account_move_line item ON item.move_id = move.id
                  JOIN account_partial_reconcile part
                    ON item.id IN (part.debit_move_id, part.credit_move_id)
                  JOIN account_move_line other
                    ON other.id IN (part.debit_move_id, part.credit_move_id)
                   AND other.id != item.id
                  JOIN account_bank_statement_line statement
                    ON statement.move_id = other.move_id
                  JOIN account_move entry ON entry.id = statement.move_id
                 WHERE move.ecom_settlement_id = ANY(%s) AND entry.ref IS NOT NULL
                 ORDER BY statement.id, move.ecom_settlement_id
                """,
                settlements.ids,
            )
        )
        return {settlement: reference for settlement, reference in rows if reference}

    def _get_conversions(self, settlements):
        """By settlement its conversion that is furthest from the rate of the day."""
        rows = self.env["ecom.settlement.line"]._read_group(
            [
                ("settlement_id", "in", settlements.ids),
                ("kind", "in", SALES),
                ("original_currency", "!=", False),
                ("original_amount", "!=", 0),
            ],
            ["settlement_id", "original_currency"],
            ["amount:sum", "original_amount:sum"],
        )
        currencies = self.env["res.currency"].with_context(active_test=False)
        by_name = {one.name: one for one in currencies.search([])} if rows else {}
        found = {}
        for one, name, amount, original in rows:
            currency = by_name.get(name, currencies)
            rate = self._get_booked_rate(one, currency)
            told = self._exact(amount / original) if original else None
            if not rate or not told or currency == one.currency_id:
                continue
            fact = {
                "fx_rate": told,
                "booked_rate": rate,
                "converted": self._exact(amount),
            }
            off = abs(told / rate - 1)
            if one not in found or off > found[one][0]:
                found[one] = (off, fact)
        return {one: fact for one, (_off, fact) in found.items()}

    def _get_booked_rate(self, settlement, currency):
        """The books' rate of its day, ``None`` where they have none."""
        company = settlement.company_id
        for one in (currency, settlement.currency_id):
            # Without rates core converts one to one, which is no rate of a day.
            if one != company.currency_id and not one.rate_ids:
                return None
        rate = currency._get_conversion_rate(
            currency, settlement.currency_id, company, settlement._get_date()
        )
        return Decimal(str(rate))

    def _prepare_settlement_fact(self, one, sums, is_waiting):
        known = one.has_balances
        return SettlementFact(
            settlement=str(one.id),
            account="/".join((one.format, one.account or "", one.currency_id.name)),
            starts=one._to_day(one.starts_at or one.ends_at),
            ends=one._to_day(one.ends_at),
            total=self._exact(one._get_payout() if is_waiting else one.total),
            payout=self._get_told_payout(one),
            reserve=-sums[one, False, Kind.RESERVE.value],
            bank_account=one.bank_account or "",
            opening=self._exact(one.opening) if known else None,
            closing=self._exact(one.closing) if known else None,
            deposit=one._to_day(one.deposit_at or one.ends_at),
            received=not is_waiting,
            sales=sum((sums[one, False, kind] for kind in SALES), Decimal(0)),
            fees={
                fee: -total
                for (other, is_fee, fee), total in sums.items()
                if is_fee and other == one
            },
        )

    def _get_told_payout(self, one):
        """What the lines name as paid; a wallet keeps what it does not pay out."""
        return -self._exact(one.payout) if one.payout and not one.is_wallet else None

    def _get_waiting(self, settlements):
        """Ids of posted settlements whose payout is not at the bank yet."""
        self.env["account.move.line"].flush_model(["reconciled", "parent_state"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT move.ecom_settlement_id
                  FROM account_move_line item
                  JOIN account_move move ON move.id = item.move_id
                  JOIN ecom_settlement settlement
                    ON settlement.id = move.ecom_settlement_id
                  JOIN ecom_settlement_account mapped
                    ON mapped.account_id = item.account_id
                   AND mapped.channel_id = settlement.channel_id
                   AND mapped.currency_id = settlement.currency_id
                   AND mapped.purpose = 'transit'
                 WHERE settlement.id = ANY(%s) AND settlement.state = 'posted'
                   AND item.parent_state = 'posted' AND NOT item.reconciled
                   AND item.amount_currency > 0
                """,
                settlements.ids,
            )
        )
        return {settlement for (settlement,) in rows}

    def _exact(self, amount):
        return Decimal(str(round(amount or 0.0, 6)))
