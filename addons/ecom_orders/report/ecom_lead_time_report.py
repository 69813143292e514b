from odoo import api, fields, models
from odoo.tools import SQL


class EcomLeadTimeReport(models.Model):
    """How long each stage of an order took, and whether its promise was kept.

    All times are UTC; all durations are hours. A stage that is not reached yet has
    none, so that averages are of what has happened.
    """

    _name = "ecom.lead.time.report"
    _description = "Lead times of orders"
    _auto = False
    _order = "ordered_at desc"
    _rec_name = "order_id"

    order_id = fields.Many2one("sale.order", readonly=True)
    channel_id = fields.Many2one("ecom.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    state = fields.Selection(
        [
            ("draft", "Quotation"),
            ("sent", "Quotation Sent"),
            ("sale", "Sales Order"),
            ("cancel", "Cancelled"),
        ],
        readonly=True,
    )
    ordered_at = fields.Datetime(string="Ordered", readonly=True)
    paid_at = fields.Datetime(string="Paid", readonly=True)
    confirmed_at = fields.Datetime(string="Confirmed", readonly=True)
    first_shipped_at = fields.Datetime(string="First Shipped", readonly=True)
    last_shipped_at = fields.Datetime(
        string="Last Shipped", readonly=True, help="Once nothing is left to be shipped."
    )
    told_at = fields.Datetime(string="Told to the Shop", readonly=True)
    promised_at = fields.Datetime(
        string="Promised",
        readonly=True,
        help="Until when it was to be handed over, by the marketplace.",
    )
    hours_to_paid = fields.Float(
        string="Ordered to Paid (h)", readonly=True, aggregator="avg"
    )
    hours_to_confirmed = fields.Float(
        string="Paid to Confirmed (h)", readonly=True, aggregator="avg"
    )
    hours_to_first_shipped = fields.Float(
        string="Confirmed to First Shipped (h)", readonly=True, aggregator="avg"
    )
    hours_to_last_shipped = fields.Float(
        string="First to Last Shipped (h)", readonly=True, aggregator="avg"
    )
    hours_to_told = fields.Float(
        string="Shipped to Told (h)", readonly=True, aggregator="avg"
    )
    hours_in_all = fields.Float(
        string="Ordered to Shipped (h)", readonly=True, aggregator="avg"
    )
    hours_late = fields.Float(
        string="Late (h)",
        readonly=True,
        aggregator="avg",
        help="After the promise; less than zero is early. Of an order that is not "
        "shipped yet and late: until now.",
    )
    late = fields.Integer(string="Late Orders", readonly=True, aggregator="sum")
    promised = fields.Integer(
        string="Orders with a Promise", readonly=True, aggregator="sum"
    )
    late_rate = fields.Float(
        string="Late Share",
        readonly=True,
        aggregator="avg",
        help="Of the orders that have a promise.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            WITH shipped AS (
                SELECT picking.sale_id,
                       MIN(picking.date_done) AS first_at,
                       MAX(picking.date_done) AS last_at
                  FROM stock_picking picking
                  JOIN stock_location place ON place.id = picking.location_dest_id
                 WHERE picking.state = 'done' AND place.usage = 'customer'
                   AND picking.sale_id IS NOT NULL
                 GROUP BY picking.sale_id),
            stage AS (
                SELECT so.id, so.ecom_channel_id, so.company_id, so.warehouse_id,
                       so.state, so.ecom_ordered_at AS ordered_at,
                       so.ecom_paid_at AS paid_at,
                       so.ecom_confirmed_at AS confirmed_at,
                       shipped.first_at,
                       CASE WHEN so.delivery_status = 'full'
                            THEN shipped.last_at END AS last_at,
                       %(told)s AS told_at,
                       COALESCE(so.ecom_ship_by, so.commitment_date) AS promised_at
                  FROM sale_order so
                  LEFT JOIN shipped ON shipped.sale_id = so.id
                 WHERE so.ecom_channel_id IS NOT NULL),
            judged AS (
                SELECT stage.*,
                       CASE WHEN promised_at IS NULL OR state = 'cancel' THEN NULL
                            WHEN last_at IS NOT NULL
                                THEN EXTRACT(EPOCH FROM last_at - promised_at)
                            WHEN promised_at < %(now)s
                                THEN EXTRACT(EPOCH FROM %(now)s - promised_at)
                       END / 3600 AS hours_late
                  FROM stage)
            SELECT id, id AS order_id, ecom_channel_id AS channel_id, company_id,
                   warehouse_id, state, ordered_at, paid_at, confirmed_at,
                   first_at AS first_shipped_at, last_at AS last_shipped_at, told_at,
                   promised_at,
                   EXTRACT(EPOCH FROM paid_at - ordered_at) / 3600 AS hours_to_paid,
                   EXTRACT(EPOCH FROM confirmed_at - paid_at) / 3600
                       AS hours_to_confirmed,
                   EXTRACT(EPOCH FROM first_at - confirmed_at) / 3600
                       AS hours_to_first_shipped,
                   EXTRACT(EPOCH FROM last_at - first_at) / 3600
                       AS hours_to_last_shipped,
                   EXTRACT(EPOCH FROM told_at - first_at) / 3600 AS hours_to_told,
                   EXTRACT(EPOCH FROM last_at - ordered_at) / 3600 AS hours_in_all,
                   hours_late,
                   CASE WHEN hours_late > 0 THEN 1 ELSE 0 END AS late,
                   CASE WHEN promised_at IS NULL OR state = 'cancel' THEN 0 ELSE 1 END
                       AS promised,
                   CASE WHEN hours_late IS NULL THEN NULL
                        WHEN hours_late > 0 THEN 1.0 ELSE 0.0 END AS late_rate
              FROM judged
            """,
            told=self._get_told_sql(),
            now=fields.Datetime.now(),
        )

    @api.model
    def _get_told_sql(self):
        """SQL: when the channel was first told that order ``so`` was shipped."""
        return SQL(
            "(SELECT MIN(told.sent_at) FROM ecom_outbox_message told "
            "WHERE told.order_id = so.id AND told.kind = 'shipment' "
            "AND told.state = 'sent')"
        )

    def action_open_order(self):
        """The order."""
        self.ensure_one()
        return self.order_id._get_records_action()
