from odoo import api, fields, models
from odoo.tools import SQL, formatLang

from .ecom_stock_on_order import EcomStockOnOrder

#: models of ecom_orders that are read where it is installed
CHANNEL_MODELS = ("ecom.listing.level", "ecom.listing", "ecom.return.line")


class EcomStockOverview(models.Model):
    """A product's way from the vendor to the customer, for each company, as of now.

    What vendors owe, what is under way between warehouses, on hand, reserved, on its
    way back from customers, and what the sales channels were told last. Quantities are
    in the product's unit. With ecom_orders installed, returns that a shop announced
    without a transfer count as well, and published quantities are known.
    """

    _name = "ecom.stock.overview"
    _description = "Stock from Vendor to Customer"
    _auto = False
    _order = "product_id, company_id"
    _rec_name = "product_id"
    _depends = {
        **EcomStockOnOrder._depends,
        "stock.move": [
            *("product_id", "product_qty", "state", "location_id", "company_id"),
            *("location_dest_id", "purchase_line_id"),
        ],
        "stock.quant": ["product_id", "location_id", "quantity", "reserved_quantity"],
        "stock.location": ["usage", "warehouse_id", "company_id"],
    }

    product_id = fields.Many2one("product.product", readonly=True)
    category_id = fields.Many2one("product.category", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    requested = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="On requests for quotation that are not confirmed.",
    )
    ordered = fields.Float(
        string="On Order",
        digits="Product Unit",
        readonly=True,
        help="On confirmed purchase orders, not yet received.",
    )
    next_date = fields.Date(
        string="Next Receipt",
        readonly=True,
        help="Earliest day that a vendor has promised and not kept yet.",
    )
    on_order_ids = fields.One2many(
        "ecom.stock.on.order", "overview_id", string="By Vendor", readonly=True
    )
    vendors = fields.Char(
        compute="_compute_on_order",
        help="What is on order by vendor, the next receipt first.",
    )
    earliest_date = fields.Date(
        string="Earliest",
        compute="_compute_on_order",
        help="The next receipt: one in ten comes before this day, as the vendor has "
        "kept its promises so far.",
    )
    latest_date = fields.Date(
        string="Latest",
        compute="_compute_on_order",
        help="The next receipt: one in ten comes after this day.",
    )
    late_risk = fields.Float(
        string="Late (%)",
        compute="_compute_on_order",
        digits=(16, 0),
        help="Probability that the next receipt comes after the promised day.",
    )
    in_transit = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="Under way between warehouses: what has left one and what will leave.",
    )
    on_hand = fields.Float(digits="Product Unit", readonly=True)
    reserved = fields.Float(digits="Product Unit", readonly=True)
    free = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="On hand, not reserved.",
    )
    returning = fields.Float(
        string="Coming Back",
        digits="Product Unit",
        readonly=True,
        help="Returns of customers that are announced and not received.",
    )
    published = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="What the sales channels were told last, all together: the same goods may "
        "be offered on several.",
    )
    channel_count = fields.Integer(string="Channels", readonly=True)

    @api.depends("on_order_ids")
    @api.depends_context("lang")
    def _compute_on_order(self):
        owing = {}
        for one in self.on_order_ids:
            if one.next_date:
                owing.setdefault(one.overview_id, []).append(one)
        for row in self:
            owed = sorted(owing.get(row, ()), key=lambda one: one.next_date)
            row.vendors = ", ".join(row._describe(one) for one in owed)
            row.earliest_date = owed[0].earliest_date if owed else False
            row.latest_date = owed[0].latest_date if owed else False
            row.late_risk = owed[0].late_risk if owed else 0.0

    def _describe(self, owed):
        """A vendor and what it owes, in few words. A hook."""
        units = formatLang(self.env, owed.ordered, dp="Product Unit")
        return f"{owed.partner_id.display_name} {units}"

    @property
    def _table_query(self):
        has_channels = self._has_channels()
        if has_channels:
            # They cannot stand in _depends: ecom_orders need not be installed.
            for name in CHANNEL_MODELS:
                self.env[name].flush_model()
        stages = [self._sql_purchases(), self._sql_stock(), self._sql_moves()]
        if has_channels:
            stages += [self._sql_announced(), self._sql_published()]
        return SQL(
            """
            SELECT p.id::bigint * 10000 + stage.company_id AS id, p.id AS product_id,
                   t.categ_id AS category_id, stage.company_id, t.uom_id,
                   COALESCE(SUM(units) FILTER (WHERE term = 'requested'), 0)
                       AS requested,
                   COALESCE(SUM(units) FILTER (WHERE term = 'ordered'), 0) AS ordered,
                   MIN(day) AS next_date,
                   COALESCE(SUM(units) FILTER (WHERE term = 'in_transit'), 0)
                       AS in_transit,
                   COALESCE(SUM(units) FILTER (WHERE term = 'on_hand'), 0) AS on_hand,
                   COALESCE(SUM(units) FILTER (WHERE term = 'reserved'), 0) AS reserved,
                   COALESCE(SUM(CASE term WHEN 'on_hand' THEN units
                       WHEN 'reserved' THEN -units END), 0) AS free,
                   COALESCE(SUM(units) FILTER (WHERE term = 'returning'), 0)
                       AS returning,
                   COALESCE(SUM(units) FILTER (WHERE term = 'published'), 0)
                       AS published,
                   COUNT(DISTINCT channel_id)::int AS channel_count
              FROM (%(stages)s) AS stage
              JOIN product_product p ON p.id = stage.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id AND t.is_storable
             WHERE stage.company_id IS NOT NULL
             GROUP BY p.id, t.id, stage.company_id
            """,
            stages=SQL(" UNION ALL ").join(stages),
        )

    def _has_channels(self):
        """Whether ecom_orders is installed, which knows the sales channels."""
        return all(name in self.env for name in CHANNEL_MODELS)

    def _sql_purchases(self):
        """What vendors were asked for or owe: rows (term, product_id, company_id,
        units, day, channel_id), as of every stage."""
        return SQL(
            """
            SELECT stage.term, r.product_id, r.company_id, stage.units, stage.day,
                   NULL::int AS channel_id
              FROM (%s) AS r
              CROSS JOIN LATERAL (VALUES ('requested', r.requested, NULL::date),
                  ('ordered', r.ordered, r.next_date)) AS stage(term, units, day)
             WHERE stage.units > 0
            """,
            self.env["ecom.stock.on.order"]._table_query,
        )

    def _sql_stock(self):
        """What is there, what of it is promised, and what left for another warehouse
        and has not arrived."""
        return SQL(
            """
            SELECT stage.term, q.product_id, s.company_id, stage.units, NULL::date,
                   NULL::int
              FROM stock_quant q
              JOIN stock_location s ON s.id = q.location_id
              CROSS JOIN LATERAL (VALUES
                  (CASE s.usage WHEN 'transit' THEN 'in_transit' ELSE 'on_hand' END,
                   q.quantity::float),
                  (CASE s.usage WHEN 'internal' THEN 'reserved' END,
                   q.reserved_quantity::float)) AS stage(term, units)
             WHERE stage.units != 0 AND stage.term IS NOT NULL
               AND (s.usage = 'transit'
                    OR s.usage = 'internal' AND s.warehouse_id IS NOT NULL)
            """
        )

    def _sql_moves(self):
        """What will move between warehouses and what customers send back."""
        return SQL(
            """
            SELECT CASE src.usage WHEN 'customer' THEN 'returning'
                   ELSE 'in_transit' END,
                   m.product_id, m.company_id, m.product_qty::float, NULL::date,
                   NULL::int
              FROM stock_move m
              JOIN stock_location src ON src.id = m.location_id
              JOIN stock_location dest ON dest.id = m.location_dest_id
             WHERE m.state IN
                   ('waiting', 'confirmed', 'partially_available', 'assigned')
               AND (src.usage = 'customer' AND dest.usage IN ('internal', 'transit')
                    OR src.usage = 'internal' AND (dest.usage = 'transit'
                        OR dest.usage = 'internal'
                           AND dest.warehouse_id != src.warehouse_id))
            """
        )

    def _sql_announced(self):
        """Returns that shops announced, for which no transfer exists: what has one
        counts by its moves."""
        return SQL(
            """
            SELECT 'returning', l.product_id, l.company_id, l.quantity::float,
                   NULL::date, NULL::int
              FROM ecom_return_line l
             WHERE l.status IN ('approved', 'in_transit') AND NOT EXISTS (
                   SELECT FROM stock_picking k
                    WHERE k.ecom_return_id = l.return_id AND k.state != 'cancel')
            """
        )

    def _sql_published(self):
        """What channels were told last, in units of the product."""
        return SQL(
            """
            SELECT 'published', g.product_id, g.company_id,
                   (v.pushed_quantity * g.quantity_multiplier)::float, NULL::date,
                   g.channel_id
              FROM ecom_listing_level v
              JOIN ecom_listing g ON g.id = v.listing_id
             WHERE g.active AND v.pushed_at IS NOT NULL
            """
        )

    def action_view_receipts(self):
        """Open purchase order lines of the product, the earliest first."""
        self.ensure_one()
        domain = [
            ("product_id", "=", self.product_id.id),
            ("company_id", "=", self.company_id.id),
            ("state", "in", ("draft", "sent", "to approve", "purchase")),
        ]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Vendors' Open Orders"),
            "res_model": "purchase.order.line",
            "view_mode": "list,form",
            "domain": domain,
        }

    def action_view_proposals(self):
        """The product's open proposals, one for each warehouse."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ecom_inventory_opt.ecom_replenishment_proposal_action"
        )
        domain = [("product_id", "=", self.product_id.id), ("state", "=", "open")]
        return {**action, "domain": domain, "context": {}}
