from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..matching import Entry, Item, Policy, match

BATCH = 5_000
DECIDED = ("matched", "written_off", "released")


class EcomSettlementMatcher(models.AbstractModel):
    """Match the payments of settlements with the open items of their channel.

    The decisions are :mod:`..matching`'s; here the facts are read and the results kept,
    in a constant number of queries.
    """

    _name = "ecom.settlement.matcher"
    _description = "Match Settlements"

    @api.model
    def _match(self, settlement):
        """Match what is not matched yet."""
        payments = settlement.payment_ids.filtered(
            lambda one: one.state not in DECIDED and not one.by_hand
        )
        if not payments:
            return
        self._link_orders(settlement.channel_id, payments)
        entries = [self._entry(payment) for payment in payments if payment.amount]
        result = match(entries, self._get_items(settlement), self._policy(settlement))
        known = {str(payment.id): payment for payment in payments}
        payments.suggestion_ids.unlink()
        self._keep_matches(result.matches, known)
        self._keep_refusals(result.refusals, known)
        nothing = payments.filtered(lambda one: not one.amount)
        nothing.write({"state": "nothing"})

    # -- facts -------------------------------------------------------------------------

    def _policy(self, settlement):
        card = settlement.channel_id.fee_rate_ids._card()
        return Policy(
            cards=(card,) if card.rates else (), fx_rates=self._fx(settlement)
        )

    def _fx(self, settlement):
        """Rates of core between the settlement's currency and the company's."""
        ours, theirs = settlement.company_id.currency_id, settlement.currency_id
        if ours == theirs:
            return {}
        day = settlement._get_date()
        rate = self.env["res.currency"]._get_conversion_rate(
            theirs, ours, settlement.company_id, day
        )
        exact = Decimal(str(rate))
        return {(theirs.name, ours.name): exact, (ours.name, theirs.name): 1 / exact}

    def _entry(self, payment):
        original = payment.original_amount if payment.original_currency else None
        return Entry(
            id=str(payment.id),
            amount=self._money(payment.amount),
            currency=payment.currency_id.name,
            refs=tuple(payment.refs or ()),
            date=payment.date or None,
            original_amount=None if original is None else self._money(original),
            original_currency=payment.original_currency or "",
        )

    def _money(self, amount):
        return Decimal(str(round(amount, 6)))

    def _get_items(self, settlement):
        """Open items of invoices and credit notes of the channel's orders."""
        rows = self.env.execute_query(self._get_items_query(settlement))
        return [
            Item(
                id=str(line),
                amount=self._money(amount),
                currency=currency,
                refs=tuple(dict.fromkeys(filter(None, refs))),
                date=day,
            )
            for line, amount, currency, day, refs in rows
        ]

    def _get_items_query(self, settlement):
        """Rows: journal item, open amount, currency, date, ids."""
        lines = self.env["account.move.line"]
        lines.flush_model(["amount_residual_currency", "reconciled", "parent_state"])
        self.env["sale.order"].flush_model(["ecom_channel_id", "ecom_external_id"])
        self.env["ecom.refund"].flush_model(["move_id", "external_id"])
        lines.flush_model(["sale_line_ids"])
        return SQL(
            """
            SELECT item.id, item.amount_residual_currency, currency.name, item.date,
                   array_agg(DISTINCT so.ecom_external_id)
                   || array_agg(DISTINCT so.ecom_number)
                   || array_agg(DISTINCT so.ecom_transaction_ref)
                   || array_agg(DISTINCT refund.external_id)
              FROM sale_order so
              JOIN sale_order_line sol ON sol.order_id = so.id
              JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = sol.id
              JOIN account_move_line product ON product.id = rel.invoice_line_id
              JOIN account_move_line item ON item.move_id = product.move_id
              JOIN account_account account ON account.id = item.account_id
              JOIN res_currency currency ON currency.id = item.currency_id
              LEFT JOIN ecom_refund refund ON refund.move_id = item.move_id
             WHERE so.ecom_channel_id = %(channel)s
               AND item.company_id = %(company)s
               AND item.parent_state = 'posted'
               AND NOT item.reconciled
               AND account.account_type = 'asset_receivable'
               AND item.amount_residual_currency != 0
             GROUP BY item.id, currency.name
            """,
            channel=settlement.channel_id.id,
            company=settlement.company_id.id,
        )

    def _link_orders(self, channel, payments):
        """Link orders by their ids, also those that are not invoiced yet."""
        refs = {ref.lstrip("#") for one in payments for ref in one.refs or ()}
        if not refs:
            return
        self.env["sale.order"].flush_model(["ecom_external_id", "ecom_number"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, ecom_external_id, ltrim(ecom_number, '#')
                  FROM sale_order
                 WHERE ecom_channel_id = %(channel)s
                   AND (ecom_external_id = ANY(%(refs)s)
                        OR ltrim(ecom_number, '#') = ANY(%(refs)s))
                """,
                channel=channel.id,
                refs=list(refs),
            )
        )
        # A number may be another order's id: the id counts first.
        orders = {number: order for order, _external, number in rows if number}
        orders |= {external: order for order, external, _number in rows if external}
        for payment in payments.filtered(lambda one: not one.order_id):
            found = (orders.get(ref.lstrip("#")) for ref in payment.refs or ())
            payment.order_id = next(filter(None, found), False)

    @api.model
    def _link_lines(self, settlement):
        """Link lines, fees above all, with their orders: profit is read by order."""
        self.env["ecom.settlement.payment"].flush_model(["order_id"])
        self.env["ecom.settlement.line"].flush_model(["payment_id", "order_id"])
        self.env["sale.order"].flush_model(["ecom_external_id", "ecom_number"])
        self.env.cr.execute(
            SQL(
                """
                WITH line AS (
                    SELECT id, channel_id, payment_id, order_ref, merchant_ref
                      FROM ecom_settlement_line
                     WHERE settlement_id = %s AND order_id IS NULL
                ), found AS (
                    SELECT line.id, payment.order_id, 1 AS rank
                      FROM line
                      JOIN ecom_settlement_payment payment
                        ON payment.id = line.payment_id
                     WHERE payment.order_id IS NOT NULL
                     UNION ALL
                    SELECT line.id, so.id, 2
                      FROM line JOIN sale_order so
                        ON so.ecom_channel_id = line.channel_id
                       AND so.ecom_external_id = line.order_ref
                     UNION ALL
                    SELECT line.id, so.id, 3
                      FROM line JOIN sale_order so
                        ON so.ecom_channel_id = line.channel_id
                       AND so.ecom_external_id = line.merchant_ref
                     UNION ALL
                    SELECT line.id, so.id, 4
                      FROM line JOIN sale_order so
                        ON so.ecom_channel_id = line.channel_id
                       AND ltrim(so.ecom_number, '#') = ltrim(line.order_ref, '#')
                     UNION ALL
                    SELECT line.id, so.id, 5
                      FROM line JOIN sale_order so
                        ON so.ecom_channel_id = line.channel_id
                       AND ltrim(so.ecom_number, '#') = ltrim(line.merchant_ref, '#')
                ), best AS (
                    SELECT DISTINCT ON (id) id, order_id
                      FROM found ORDER BY id, rank, order_id
                )
                UPDATE ecom_settlement_line
                   SET order_id = best.order_id
                  FROM best WHERE best.id = ecom_settlement_line.id
                """,
                settlement.id,
            )
        )
        self.env["ecom.settlement.line"].invalidate_model(["order_id"])

    # -- results -----------------------------------------------------------------------

    def _keep_matches(self, matches, known):
        # A payment has one state: equal values are written together.
        relations, orders = [], self._get_orders(matches)
        for one in matches:
            payments = [known[line] for line in one.lines]
            for payment in payments:
                relations += [(payment.id, int(item)) for item in one.items]
                payment.update(
                    {
                        "state": "matched",
                        "layer": one.layer.value,
                        "score": one.score,
                        "evidence": self._plain(one.evidence),
                        "match_key": payments[0].key,
                        "difference": float(one.difference or 0),
                        "refusal": False,
                        "order_id": payment.order_id.id
                        or orders.get(int(one.items[0])),
                    }
                )
        self._relate(relations)

    def _get_orders(self, matches):
        items = [int(item) for one in matches for item in one.items]
        if not items:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT item.id, min(sol.order_id)
                  FROM account_move_line item
                  JOIN account_move_line product ON product.move_id = item.move_id
                  JOIN sale_order_line_invoice_rel rel
                    ON rel.invoice_line_id = product.id
                  JOIN sale_order_line sol ON sol.id = rel.order_line_id
                 WHERE item.id = ANY(%s)
                 GROUP BY item.id
                """,
                items,
            )
        )
        return dict(rows)

    def _relate(self, relations):
        """Fill the relation of payments and items at once."""
        field = self.env["ecom.settlement.payment"]._fields["item_ids"]
        for start in range(0, len(relations), BATCH):
            chunk = relations[start : start + BATCH]
            self.env.cr.execute(
                SQL(
                    "INSERT INTO %s (%s, %s) SELECT * FROM unnest(%s, %s) "
                    "ON CONFLICT DO NOTHING",
                    SQL.identifier(field.relation),
                    SQL.identifier(field.column1),
                    SQL.identifier(field.column2),
                    [payment for payment, _item in chunk],
                    [item for _payment, item in chunk],
                )
            )
        self.env["ecom.settlement.payment"].invalidate_model(["item_ids"])

    def _keep_refusals(self, refusals, known):
        values = []
        for one in refusals:
            payment = known[one.line]
            payment.update(
                {
                    "state": "suggested" if one.suggestions else "unmatched",
                    "refusal": one.why,
                    "evidence": self._plain(one.evidence),
                }
            )
            values += [(payment, suggestion) for suggestion in one.suggestions]
        items = self.env["account.move.line"].browse(
            [int(item) for _payment, one in values for item in one.items]
        )
        # Read with one query for all suggestions.
        items.fetch(["amount_residual_currency"])
        self.env["ecom.settlement.suggestion"].create(
            [self._prepare_suggestion(payment, one) for payment, one in values]
        )

    def _prepare_suggestion(self, payment, suggestion):
        items = self.env["account.move.line"].browse(map(int, suggestion.items))
        amount = payment._get_open(items)
        return {
            "payment_id": payment.id,
            "item_ids": [fields.Command.set(items.ids)],
            "amount": amount,
            "difference": payment.amount - amount,
            "score": suggestion.score,
            "evidence": self._plain(suggestion.evidence),
        }

    def _plain(self, evidence):
        """Evidence as values that JSON has."""
        plain = defaultdict(str)
        for name, value in evidence.items():
            if isinstance(value, tuple | list | set | frozenset):
                plain[name] = [str(one) for one in value]
            elif isinstance(value, bool | int | str) or value is None:
                plain[name] = value
            else:
                plain[name] = str(value)
        return dict(plain)
