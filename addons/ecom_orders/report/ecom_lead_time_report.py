from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

SOON = timedelta(days=1)  # a promise that ends within it is about to be broken


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
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        readonly=True,
        help="Where it was routed to; one of them, of an order from several.",
    )
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
    routed_at = fields.Datetime(
        string="Routed", readonly=True, help="When a warehouse was first found."
    )
    confirmed_at = fields.Datetime(string="Confirmed", readonly=True)
    picked_at = fields.Datetime(
        string="Picked",
        readonly=True,
        help="When the last transfer inside the warehouse was done; where parcels "
        "leave in one step, when the first left.",
    )
    first_shipped_at = fields.Datetime(string="First Shipped", readonly=True)
    last_shipped_at = fields.Datetime(
        string="Last Shipped", readonly=True, help="Once nothing is left to be shipped."
    )
    arrived_at = fields.Datetime(
        string="Arrived", readonly=True, help="Once all parcels have."
    )
    told_at = fields.Datetime(string="Told to the Shop", readonly=True)
    promised_at = fields.Datetime(
        string="Promised",
        readonly=True,
        help="Until when it was to be handed over, by the marketplace.",
    )
    carrier_id = fields.Many2one("delivery.carrier", readonly=True)
    stage = fields.Selection(
        [
            ("to_pay", "To Be Paid"),
            ("to_route", "To Be Confirmed"),
            ("to_pick", "To Be Picked"),
            ("to_ship", "To Be Shipped"),
            ("in_transit", "On Its Way"),
            ("arrived", "Arrived"),
            ("cancelled", "Cancelled"),
        ],
        readonly=True,
    )
    urgency = fields.Selection(
        [
            ("late", "Late"),
            ("soon", "Due within a Day"),
            ("in_time", "In Time"),
            ("none", "No Promise"),
        ],
        readonly=True,
        help="Of orders that have not left in full: how the promise stands now.",
    )
    hours_to_paid = fields.Float(
        string="Ordered to Paid (h)", readonly=True, aggregator="avg"
    )
    hours_to_confirmed = fields.Float(
        string="Paid to Confirmed (h)", readonly=True, aggregator="avg"
    )
    hours_to_routed = fields.Float(
        string="Paid to Routed (h)", readonly=True, aggregator="avg"
    )
    hours_to_picked = fields.Float(
        string="Confirmed to Picked (h)", readonly=True, aggregator="avg"
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
    hours_to_arrived = fields.Float(
        string="Shipped to Arrived (h)", readonly=True, aggregator="avg"
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
                -- by its goods: several orders may share a delivery
                SELECT line.order_id AS sale_id,
                       MIN(picking.date_done) AS first_at,
                       MAX(picking.date_done) AS last_at,
                       CASE WHEN COUNT(*) = COUNT(picking.ecom_arrived_at)
                            THEN MAX(picking.ecom_arrived_at) END AS arrived_at
                  FROM stock_picking picking
                  JOIN stock_location place ON place.id = picking.location_dest_id
                  JOIN stock_move move ON move.picking_id = picking.id
                  JOIN sale_order_line line ON line.id = move.sale_line_id
                 WHERE picking.state = 'done' AND place.usage = 'customer'
                   AND move.state = 'done'
                 GROUP BY line.order_id),
            inside AS (
                SELECT picking.sale_id,
                       CASE WHEN bool_and(picking.state = 'done')
                            THEN MAX(picking.date_done) END AS picked_at,
                       COUNT(*) AS transfers
                  FROM stock_picking picking
                  JOIN stock_location place ON place.id = picking.location_dest_id
                  JOIN stock_location source ON source.id = picking.location_id
                 WHERE picking.state != 'cancel' AND place.usage = 'internal'
                   AND source.usage = 'internal' AND picking.sale_id IS NOT NULL
                 GROUP BY picking.sale_id),
            site AS (
                SELECT order_id, MIN(warehouse_id) AS warehouse_id
                  FROM sale_order_line
                 WHERE ecom_warehouse_id IS NOT NULL
                 GROUP BY order_id),
            routed AS (
                SELECT order_id, MIN(decided_at) AS routed_at
                  FROM ecom_routing_decision
                 WHERE routed AND kind != 'shadow'
                 GROUP BY order_id),
            stage AS (
                SELECT so.id, so.carrier_id, so.ecom_channel_id, so.company_id,
                       COALESCE(site.warehouse_id, so.warehouse_id) AS warehouse_id,
                       so.state, so.ecom_ordered_at AS ordered_at,
                       so.ecom_paid_at AS paid_at,
                       so.ecom_confirmed_at AS confirmed_at,
                       routed.routed_at,
                       CASE WHEN inside.transfers > 0 THEN inside.picked_at
                            ELSE shipped.first_at END AS picked_at,
                       shipped.first_at,
                       CASE WHEN so.delivery_status = 'full'
                            THEN shipped.arrived_at END AS arrived_at,
                       CASE WHEN so.delivery_status = 'full'
                            THEN shipped.last_at END AS last_at,
                       %(told)s AS told_at,
                       COALESCE(so.ecom_ship_by, so.commitment_date) AS promised_at
                  FROM sale_order so
                  LEFT JOIN shipped ON shipped.sale_id = so.id
                  LEFT JOIN inside ON inside.sale_id = so.id
                  LEFT JOIN site ON site.order_id = so.id
                  LEFT JOIN routed ON routed.order_id = so.id
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
                   promised_at, carrier_id, routed_at, picked_at, arrived_at,
                   CASE WHEN state = 'cancel' THEN 'cancelled'
                        WHEN arrived_at IS NOT NULL THEN 'arrived'
                        WHEN last_at IS NOT NULL THEN 'in_transit'
                        WHEN state = 'sale' AND picked_at IS NOT NULL THEN 'to_ship'
                        WHEN state = 'sale' THEN 'to_pick'
                        WHEN paid_at IS NOT NULL THEN 'to_route'
                        ELSE 'to_pay' END AS stage,
                   CASE WHEN state = 'cancel' OR last_at IS NOT NULL THEN NULL
                        WHEN promised_at IS NULL THEN 'none'
                        WHEN promised_at < %(now)s THEN 'late'
                        WHEN promised_at < %(soon)s THEN 'soon'
                        ELSE 'in_time' END AS urgency,
                   EXTRACT(EPOCH FROM routed_at - paid_at) / 3600 AS hours_to_routed,
                   EXTRACT(EPOCH FROM picked_at - confirmed_at) / 3600
                       AS hours_to_picked,
                   EXTRACT(EPOCH FROM arrived_at - last_at) / 3600
                       AS hours_to_arrived,
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
            soon=fields.Datetime.now() + SOON,
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
