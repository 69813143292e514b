from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..matching.profit import Component, Movement, contributions
from .ecom_fee_rate import FEES

COMPONENTS = [
    (Component.PRICE.value, "Goods"),
    (Component.SHIPPING_INCOME.value, "Shipping paid by the buyer"),
    (Component.DISCOUNT.value, "Discounts"),
    (Component.REFUND.value, "Refunds"),
    (Component.COST_OF_GOODS.value, "Cost of goods"),
    (Component.FEE.value, "Fees"),
    (Component.FREIGHT.value, "Freight"),
    (Component.REIMBURSEMENT.value, "Reimbursements"),
    (Component.CHARGEBACK.value, "Chargebacks"),
]


class EcomProfitMovement(models.Model):
    """One amount of the contribution of an order, read from where it is booked.

    Costs are negative, amounts are in the company's currency and without taxes. Each
    has the day it belongs to and the moment since when it is known: what was known at a
    date is the rows known by then, so that a late fee revises the figure and last
    month's report comes out again. An order that is not invoiced yet counts by its own
    prices, and goods that are not delivered yet at their cost, until the invoice and
    the delivery take their place. What was expected until then stays, with its
    reversal, for reports as of an earlier moment.
    """

    _name = "ecom.profit.movement"
    _description = "Profit, Amount by Amount"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "component"

    order_id = fields.Many2one("sale.order", readonly=True)
    order_line_id = fields.Many2one("sale.order.line", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    channel_id = fields.Many2one("ecom.channel", readonly=True)
    campaign_id = fields.Many2one("utm.campaign", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    component = fields.Selection(COMPONENTS, readonly=True)
    fee = fields.Selection(FEES, readonly=True)
    amount = fields.Monetary(readonly=True)
    date = fields.Date(readonly=True, help="The day that the amount belongs to.")
    known_at = fields.Datetime(string="Known Since", readonly=True)
    is_expected = fields.Boolean(
        string="Expected",
        readonly=True,
        help="By the prices of the order and the cost of the product, not by an entry.",
    )
    is_replaced = fields.Boolean(
        string="Replaced",
        readonly=True,
        help="It was expected until an invoice or a delivery took its place; the other "
        "row of the pair takes it back on that day.",
    )

    _depends = {
        "sale.order": ["state", "ecom_channel_id", "currency_rate", "date_order"],
        "sale.order.line": [
            "price_subtotal",
            "is_delivery",
            "warehouse_id",
            "product_uom_qty",
            "qty_delivered",
            "ecom_removed_qty",
        ],
        "product.product": ["standard_price"],
        "account.move.line": ["balance", "parent_state", "date", "sale_line_ids"],
        "stock.move": [
            "value",
            "state",
            "sale_line_id",
            "is_in",
            "picking_id",
            "quantity",
        ],
        "stock.picking": ["carrier_price", "state", "sale_id"],
        "ecom.settlement": ["state", "company_rate"],
        "ecom.settlement.line": [
            "amount",
            "kind",
            "fee",
            "order_id",
            "posted_at",
            "is_repeat",
        ],
    }

    @property
    def _table_query(self):
        return SQL(
            "SELECT *, FALSE AS is_replaced FROM (%s) current "
            "UNION ALL SELECT *, TRUE FROM (%s) replaced",
            self._get_query(self._get_sources()),
            self._get_query(self._get_replaced_sources()),
        )

    @api.model
    def _get_query(self, sources):
        """Rows of sources with all that they are grouped by."""
        return SQL(
            """
            SELECT row.id, row.order_id, row.order_line_id, sol.product_id,
                   COALESCE(so.ecom_channel_id, row.channel_id) AS channel_id,
                   so.campaign_id, COALESCE(sol.warehouse_id, so.warehouse_id)
                       AS warehouse_id,
                   so.partner_id, company.id AS company_id, company.currency_id,
                   row.component, row.fee, row.amount, row.date, row.known_at,
                   row.is_expected
              FROM (%s) row
              LEFT JOIN sale_order so ON so.id = row.order_id
              LEFT JOIN sale_order_line sol ON sol.id = row.order_line_id
              JOIN res_company company
                ON company.id = COALESCE(so.company_id, row.company_id)
             WHERE row.amount != 0
            """,
            SQL(" UNION ALL ").join(sources),
        )

    @api.model
    def _get_sources(self):
        """Queries of the rows: id, order, order line, channel, company, component,
        fee, amount, date, known since, expected. A neighbour adds its own, with free
        ids. Together they are what is known now."""
        return [
            self._get_invoiced_query(),
            self._get_ordered_query(),
            self._get_cost_query(),
            self._get_expected_cost_query(),
            self._get_freight_query(),
            self._get_settled_query(),
        ]

    @api.model
    def _get_replaced_sources(self):
        """Queries of what was expected, each row with one that takes it back."""

        def ordered(replaced):
            # An order may be dated after its invoice or delivery.
            return SQL("LEAST(so.date_order, %s)", replaced)

        return [
            self._get_replaced_order_query(6, 1, ordered(SQL("invoiced.known_at"))),
            self._get_replaced_order_query(7, -1, SQL("invoiced.known_at")),
            self._get_replaced_cost_query(8, -1, ordered(SQL("move.date"))),
            self._get_replaced_cost_query(9, 1, SQL("move.date")),
        ]

    def _get_invoiced_query(self):
        """Posted invoices and credit notes of orders."""
        return SQL(
            """
            SELECT item.id::bigint * 16 AS id, sol.order_id, sol.id AS order_line_id,
                   NULL::int AS channel_id, NULL::int AS company_id,
                   CASE WHEN move.move_type = 'out_refund' THEN 'refund'
                        ELSE %s END AS component,
                   NULL AS fee, -item.balance AS amount, item.date,
                   item.create_date AS known_at, FALSE AS is_expected
              FROM (SELECT invoice_line_id, min(order_line_id) AS order_line_id
                      FROM sale_order_line_invoice_rel GROUP BY invoice_line_id) rel
              JOIN account_move_line item ON item.id = rel.invoice_line_id
              JOIN account_move move ON move.id = item.move_id
              JOIN sale_order_line sol ON sol.id = rel.order_line_id
              JOIN sale_order so ON so.id = sol.order_id
             WHERE so.ecom_channel_id IS NOT NULL AND move.state = 'posted'
               AND move.move_type IN ('out_invoice', 'out_refund')
               AND item.display_type = 'product'
            """,
            self._get_income_component(SQL("-item.balance")),
        )

    def _get_income_component(self, amount):
        return SQL(
            "CASE WHEN sol.is_delivery THEN 'shipping_income' "
            "WHEN %s < 0 THEN 'discount' ELSE 'price' END",
            amount,
        )

    def _get_ordered_query(self):
        """Confirmed order lines that are on no posted invoice yet."""
        return SQL(
            """
            SELECT sol.id::bigint * 16 + 1, sol.order_id, sol.id, NULL, NULL, %s, NULL,
                   sol.price_subtotal / COALESCE(NULLIF(so.currency_rate, 0), 1),
                   so.date_order::date, so.date_order, TRUE
              FROM sale_order_line sol
              JOIN sale_order so ON so.id = sol.order_id
             WHERE so.ecom_channel_id IS NOT NULL AND so.state = 'sale'
               AND sol.display_type IS NULL
               AND NOT EXISTS (
                   SELECT 1 FROM sale_order_line_invoice_rel rel
                     JOIN account_move_line item ON item.id = rel.invoice_line_id
                    WHERE rel.order_line_id = sol.id AND item.parent_state = 'posted')
            """,
            self._get_income_component(SQL("sol.price_subtotal")),
        )

    def _get_cost_query(self):
        """Goods that left, at the value of the delivery; goods that came back."""
        return SQL(
            """
            SELECT move.id::bigint * 16 + 2, sol.order_id, sol.id, NULL, NULL,
                   'cost_of_goods', NULL,
                   CASE WHEN move.is_in THEN move.value ELSE -move.value END,
                   move.date::date, move.date, FALSE
              FROM stock_move move
              JOIN sale_order_line sol ON sol.id = move.sale_line_id
              JOIN sale_order so ON so.id = sol.order_id
             WHERE so.ecom_channel_id IS NOT NULL AND move.state = 'done'
            """
        )

    def _get_expected_cost_query(self):
        """Goods that have still to leave, at what they cost today."""
        return SQL(
            """
            SELECT sol.id::bigint * 16 + 5, sol.order_id, sol.id, NULL, NULL,
                   'cost_of_goods', NULL,
                   -GREATEST(sol.product_uom_qty - COALESCE(sol.ecom_removed_qty, 0)
                             - GREATEST(COALESCE(sol.qty_delivered, 0),
                                        COALESCE(gone.quantity, 0)), 0)
                   * unit.factor / own.factor
                   * COALESCE((product.standard_price->>so.company_id::text)::numeric,
                              0),
                   so.date_order::date, so.date_order, TRUE
              FROM sale_order_line sol
              JOIN sale_order so ON so.id = sol.order_id
              JOIN product_product product ON product.id = sol.product_id
              JOIN product_template template
                ON template.id = product.product_tmpl_id
              JOIN uom_uom unit ON unit.id = sol.product_uom_id
              JOIN uom_uom own ON own.id = template.uom_id
              -- What came back was delivered, whatever the order says of it now.
              LEFT JOIN LATERAL (
                   SELECT SUM(move.quantity * inner_unit.factor / unit.factor)
                          AS quantity
                     FROM stock_move move
                     JOIN uom_uom inner_unit ON inner_unit.id = move.product_uom
                    WHERE move.sale_line_id = sol.id AND move.state = 'done'
                      AND move.product_id = sol.product_id AND move.is_out) gone ON TRUE
             WHERE so.ecom_channel_id IS NOT NULL AND so.state = 'sale'
               AND template.is_storable AND sol.product_uom_qty > 0
            """
        )

    def _get_replaced_order_query(self, slot, sign, known_at):
        """Prices of order lines that an invoice has taken the place of.

        :param slot: what makes the ids unique.
        :param sign: 1 = as it was expected, -1 = taken back.
        """
        return SQL(
            """
            SELECT sol.id::bigint * 16 + %s AS id, sol.order_id,
                   sol.id AS order_line_id, NULL::int AS channel_id,
                   NULL::int AS company_id, %s AS component, NULL AS fee,
                   %s * sol.price_subtotal / COALESCE(NULLIF(so.currency_rate, 0), 1)
                       AS amount,
                   so.date_order::date AS date, %s AS known_at, TRUE AS is_expected
              FROM (SELECT rel.order_line_id, MIN(item.create_date) AS known_at
                      FROM sale_order_line_invoice_rel rel
                      JOIN account_move_line item ON item.id = rel.invoice_line_id
                     WHERE item.parent_state = 'posted'
                     GROUP BY 1) invoiced
              JOIN sale_order_line sol ON sol.id = invoiced.order_line_id
              JOIN sale_order so ON so.id = sol.order_id
             WHERE so.ecom_channel_id IS NOT NULL AND sol.display_type IS NULL
            """,
            slot,
            self._get_income_component(SQL("sol.price_subtotal")),
            sign,
            known_at,
        )

    def _get_replaced_cost_query(self, slot, sign, known_at):
        """Goods that left since, as they were expected to cost before.

        They count at what they cost in the end: what the product cost at the moment of
        the order is not kept.
        """
        return SQL(
            """
            SELECT move.id::bigint * 16 + %s, sol.order_id, sol.id, NULL, NULL,
                   'cost_of_goods', NULL, %s * move.value,
                   so.date_order::date, %s, TRUE
              FROM stock_move move
              JOIN sale_order_line sol ON sol.id = move.sale_line_id
              JOIN sale_order so ON so.id = sol.order_id
             WHERE so.ecom_channel_id IS NOT NULL AND move.state = 'done'
               AND move.is_out AND move.product_id = sol.product_id
            """,
            slot,
            sign,
            known_at,
        )

    def _get_freight_query(self):
        """What the carrier takes for a delivery.

        Of a delivery that several orders share, each bears the part of its units; what
        is rounded off one falls to the next, so that the parts add up.
        """
        return SQL(
            """
            SELECT part.move_id::bigint * 16 + 3, so.id, NULL, NULL, NULL, 'freight',
                   NULL,
                   ROUND(picking.carrier_price::numeric * (part.until - part.units)
                         / part.total, currency.decimal_places)
                   - ROUND(picking.carrier_price::numeric * part.until / part.total,
                           currency.decimal_places),
                   picking.date_done::date, picking.date_done, FALSE
              FROM (SELECT own.*,
                           SUM(units) OVER (PARTITION BY picking_id ORDER BY order_id)
                               AS until,
                           SUM(units) OVER (PARTITION BY picking_id) AS total
                      FROM (SELECT move.picking_id, MIN(move.id) AS move_id,
                                   COALESCE(sol.order_id, one.sale_id) AS order_id,
                                   SUM(move.quantity)::numeric AS units
                              FROM stock_move move
                              JOIN stock_picking one ON one.id = move.picking_id
                              LEFT JOIN sale_order_line sol
                                ON sol.id = move.sale_line_id
                             WHERE one.state = 'done' AND one.sale_id IS NOT NULL
                               AND move.state = 'done' AND move.quantity > 0
                             GROUP BY 1, 3) own) part
              JOIN stock_picking picking ON picking.id = part.picking_id
              JOIN sale_order so ON so.id = part.order_id
              JOIN res_company company ON company.id = picking.company_id
              JOIN res_currency currency ON currency.id = company.currency_id
             WHERE so.ecom_channel_id IS NOT NULL
            """
        )

    def _get_settled_query(self):
        """Fees and the like of settlements, also those that are of no order."""
        return SQL(
            """
            SELECT line.id::bigint * 16 + 4, line.order_id, NULL, line.channel_id,
                   line.company_id, line.kind, line.fee,
                   line.amount * settlement.company_rate,
                   COALESCE(line.posted_at, settlement.ends_at,
                            settlement.create_date)::date,
                   settlement.create_date, FALSE
              FROM ecom_settlement_line line
              JOIN ecom_settlement settlement ON settlement.id = line.settlement_id
             WHERE settlement.state != 'blocked'
               AND line.is_repeat IS NOT TRUE
               AND line.kind IN ('fee', 'reimbursement', 'chargeback')
            """
        )

    @api.model
    def _get_contributions(self, domain, as_of=None):
        """Contribution of each order (id as text), as it was known at a moment.

        :param as_of: naive, in UTC; ``None`` = now.
        """
        rows = self.search_fetch(
            domain, ["order_id", "component", "amount", "date", "known_at"]
        )
        return contributions(
            (
                Movement(
                    key=str(row.id),
                    line=str(row.order_id.id),
                    component=Component(row.component),
                    amount=Decimal(str(round(row.amount, 6))),
                    on=row.date,
                    known_at=row.known_at,
                )
                for row in rows
                if row.order_id
            ),
            as_of=as_of,
        )
