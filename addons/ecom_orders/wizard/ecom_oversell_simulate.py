from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..marketplaces.availability import Mode
from ..marketplaces.base import Capability
from ..marketplaces.oversell import (
    Scenario,
    Seller,
    recommend_buffer,
    simulate,
    sufficient_buffer,
)
from ..models.ecom_stock_supply import exact

DAY = 24 * 60  # minutes
RUNS = 20
SALES = 5000  # aimed at in all runs of a buffer, so that a second is enough
MAX_LINES = 12


class EcomOversellSimulate(models.TransientModel):
    """How often a product would be sold twice with each buffer, and at what cost."""

    _name = "ecom.oversell.simulate"
    _description = "Oversell Simulator"

    channel_id = fields.Many2one("ecom.channel", required=True)
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    days = fields.Integer(string="Measured Over (days)", default=28, required=True)
    product_id = fields.Many2one(
        "product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', product_ids)]",
        help="The one that sells best here is the one that needs the buffer most.",
    )
    product_ids = fields.Many2many(
        "product.product", string="Listed Products", compute="_compute_product_ids"
    )
    rate = fields.Float(
        string="Sold Here per Day",
        compute="_compute_rates",
        store=True,
        readonly=False,
    )
    other_rate = fields.Float(
        string="Sold Elsewhere per Day",
        compute="_compute_rates",
        store=True,
        readonly=False,
        help="On the other channels that sell the same stock.",
    )
    stock = fields.Integer(
        string="Stock after Replenishment",
        compute="_compute_rates",
        store=True,
        readonly=False,
    )
    replenish_days = fields.Float(
        string="Replenished Every (days)", default=7.0, required=True
    )
    interval = fields.Float(
        string="Interval (minutes)",
        compute="_compute_latency",
        store=True,
        readonly=False,
        help="Longest time from a sale until it is known here: measured from orders, "
        "else the interval of fetching.",
    )
    delay = fields.Float(
        string="Delay (minutes)",
        compute="_compute_latency",
        store=True,
        readonly=False,
        help="From knowing a sale until the marketplace shows less: measured.",
    )
    target = fields.Float(
        string="Accepted Oversell (%)",
        default=0.5,
        required=True,
        help="Of 100 orders, how many may be for something that is gone.",
    )
    line_ids = fields.One2many(
        "ecom.oversell.simulate.line", "simulation_id", readonly=True
    )
    recommended_buffer = fields.Integer(readonly=True)

    # -- what is measured --------------------------------------------------------------

    @api.depends("channel_id")
    def _compute_product_ids(self):
        for wizard in self:
            wizard.product_ids = (
                self.env["ecom.listing"]
                .search([("channel_id", "=", wizard.channel_id.id)])
                .product_id
            )

    @api.depends("channel_id", "days")
    def _compute_product_id(self):
        for wizard in self:
            sold = wizard._measure_sales(wizard.product_ids)
            here = {
                product_id: units
                for (channel_id, product_id), units in sold.items()
                if channel_id == wizard.channel_id.id
            }
            wizard.product_id = max(here, key=here.get, default=False)

    @api.depends("product_id", "days")
    def _compute_rates(self):
        for wizard in self:
            sold = wizard._measure_sales(wizard.product_id)
            total = sum(sold.values())
            here = sold.get((wizard.channel_id.id, wizard.product_id.id), 0.0)
            days = max(1, wizard.days)
            wizard.rate = here / days
            wizard.other_rate = (total - here) / days
            wizard.stock = wizard._measure_stock()

    def _measure_sales(self, products):
        """Units sold in the last days, by channel id and product id."""
        self.ensure_one()
        if not products or not self.channel_id:
            return {}
        pool = self.channel_id._get_stock_pool() | self.channel_id
        self.env["sale.order.line"].flush_model()
        since = fields.Datetime.now() - timedelta(days=max(1, self.days))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT o.ecom_channel_id, l.product_id,
                       SUM(l.product_uom_qty * lu.factor / pu.factor)
                  FROM sale_order_line l
                  JOIN sale_order o ON o.id = l.order_id
                  JOIN product_product p ON p.id = l.product_id
                  JOIN product_template t ON t.id = p.product_tmpl_id
                  JOIN uom_uom lu ON lu.id = l.product_uom_id
                  JOIN uom_uom pu ON pu.id = t.uom_id
                 WHERE o.ecom_channel_id = ANY(%(channels)s)
                   AND l.product_id = ANY(%(products)s)
                   AND o.state != 'cancel'
                   AND o.date_order >= %(since)s
                 GROUP BY 1, 2
                """,
                channels=pool.ids,
                products=products.ids,
                since=since,
            )
        )
        return {
            (channel_id, product_id): float(units)
            for channel_id, product_id, units in rows
        }

    def _measure_stock(self):
        """Units of the product that may be promised now, without any buffer."""
        self.ensure_one()
        if not self.product_id or not self.channel_id:
            return 0
        warehouses = self.channel_id._get_stock_warehouses()
        supplies = self.env["ecom.stock.supply"]._get(self.product_id, warehouses)
        units = sum(supply.promisable() for supply in supplies.values())
        return max(0, int(units - exact(self.channel_id.stock_safety)))

    @api.depends("channel_id", "days")
    def _compute_latency(self):
        for wizard in self:
            channel = wizard.channel_id
            known = wizard._measure_order_lag()
            wizard.interval = max(1.0, known or channel.fetch_interval)
            wizard.delay = wizard._measure_push_lag() or channel.stock_interval

    def _measure_order_lag(self):
        """Minutes until 95 percent of the orders were here, ``None`` without orders.

        Orders from before the first import came late for another reason.
        """
        self.env["sale.order"].flush_model()
        [(lag,)] = self.env.execute_query(
            SQL(
                """
                SELECT percentile_cont(0.95) WITHIN GROUP (
                           ORDER BY EXTRACT(EPOCH FROM create_date - ecom_ordered_at)
                       ) / 60
                  FROM sale_order
                 WHERE ecom_channel_id = %(channel)s
                   AND create_date >= %(since)s
                   AND ecom_ordered_at >= (
                       SELECT MIN(create_date) FROM sale_order
                        WHERE ecom_channel_id = %(channel)s)
                """,
                channel=self.channel_id.id or 0,
                since=fields.Datetime.now() - timedelta(days=max(1, self.days)),
            )
        )
        return lag and max(0.0, float(lag))

    def _measure_push_lag(self):
        """Minutes from becoming due to being told, on the average of the last ones."""
        self.env["ecom.listing.level"].flush_model()
        [(lag,)] = self.env.execute_query(
            SQL(
                """
                SELECT AVG(EXTRACT(EPOCH FROM pushed_at - due_at)) / 60
                  FROM ecom_listing_level
                 WHERE channel_id = %(channel)s
                   AND pushed_at >= due_at
                   AND pushed_at >= %(since)s
                """,
                channel=self.channel_id.id or 0,
                since=fields.Datetime.now() - timedelta(days=max(1, self.days)),
            )
        )
        return lag and float(lag)

    # -- what is simulated -------------------------------------------------------------

    def action_simulate(self):
        """Fill the table: each buffer, how often it fails and what it costs."""
        self.ensure_one()
        if self.rate + self.other_rate <= 0 or self.stock <= 0:
            raise UserError(
                self.env._("Nothing to simulate: enter sales per day and a stock.")
            )
        if not 0 < self.target <= 100:
            raise UserError(
                self.env._("The accepted oversell is more than zero, at most 100 %.")
            )
        scenario = self._prepare_scenario()
        best, outcome = recommend_buffer(scenario, self.target / 100, RUNS)
        buffers = self._choose_buffers(best)
        outcomes = {
            buffer: simulate(scenario.with_buffer(buffer), RUNS) for buffer in buffers
        }
        outcomes[best] = outcome
        self.line_ids.unlink()
        self.line_ids = [
            fields.Command.create(self._prepare_line(buffer, outcomes[buffer], best))
            for buffer in sorted(outcomes)
        ]
        self.recommended_buffer = best
        return self._reopen()

    def _prepare_scenario(self):
        """The channel and all the others as one, on the stock of one product."""
        self.ensure_one()
        compare = self.channel_id._can(Capability.STOCK_COMPARE)
        sellers = [
            Seller(
                name,
                rate / 24,
                self.delay,
                mode=Mode.SHARED,
                compare=compare,
            )
            for name, rate in (("here", self.rate), ("elsewhere", self.other_rate))
            if rate > 0
        ]
        sold_daily = self.rate + self.other_rate
        duration = max(2 * self.replenish_days, SALES / RUNS / sold_daily) * DAY
        return Scenario(
            tuple(sellers),
            self.stock,
            self.interval,
            replenish_every=self.replenish_days * DAY,
            duration=duration,
        )

    def _choose_buffers(self, best):
        """Buffers worth showing: from none to somewhat above the best one."""
        self.ensure_one()
        mean = self.other_rate / DAY * (self.interval + self.delay)
        most = min(self.stock, max(best + 2, sufficient_buffer(mean, 0.0001)))
        step = max(1, -(-most // MAX_LINES))
        return sorted({*range(0, most + 1, step), best})

    def _prepare_line(self, buffer, outcome, best):
        def percent(estimate):
            return {
                "value": 100 * estimate.value,
                "low": 100 * estimate.low,
                "high": 100 * estimate.high,
            }

        oversell, lost = percent(outcome.oversell_rate), percent(outcome.lost_rate)
        return {
            "buffer": buffer,
            "recommended": buffer == best,
            "oversell": oversell["value"],
            "oversell_low": oversell["low"],
            "oversell_high": oversell["high"],
            "lost": lost["value"],
            "lost_low": lost["low"],
            "lost_high": lost["high"],
        }

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Oversell Simulator"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }


class EcomOversellSimulateLine(models.TransientModel):
    """One buffer and what it leads to."""

    _name = "ecom.oversell.simulate.line"
    _description = "Outcome of a buffer"
    _order = "buffer"

    simulation_id = fields.Many2one(
        "ecom.oversell.simulate", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="simulation_id.company_id", store=True)
    buffer = fields.Integer(readonly=True)
    recommended = fields.Boolean(readonly=True)
    oversell = fields.Float(string="Oversold (%)", digits=(12, 3), readonly=True)
    oversell_low = fields.Float(string="From (%)", digits=(12, 3), readonly=True)
    oversell_high = fields.Float(string="To (%)", digits=(12, 3), readonly=True)
    lost = fields.Float(string="Lost Sales (%)", digits=(12, 3), readonly=True)
    lost_low = fields.Float(string="Lost, From (%)", digits=(12, 3), readonly=True)
    lost_high = fields.Float(string="Lost, To (%)", digits=(12, 3), readonly=True)

    def action_apply(self):
        """Make it the channel's buffer."""
        self.ensure_one()
        self.simulation_id.channel_id.stock_buffer = self.buffer
        return {"type": "ir.actions.act_window_close"}
