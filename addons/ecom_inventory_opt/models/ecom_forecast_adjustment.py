from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..algorithms import forecast
from ..algorithms.lazy import np


class EcomForecastAdjustment(models.Model):
    """What a planner knows and the history does not: a promotion, a price, a listing.

    The forecast of the days it is about is multiplied. What the machine had said is
    noted until the first day; when the last is over, both are compared with what was
    sold (forecast value added).
    """

    _name = "ecom.forecast.adjustment"
    _description = "Planner's Change of a Forecast"
    _inherit = ["mail.thread"]
    _order = "date_from desc, id desc"
    _rec_name = "reason"
    _check_company_auto = True

    product_id = fields.Many2one(
        "product.product",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('is_storable', '=', True)]",
        tracking=True,
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        check_company=True,
        tracking=True,
        help="Empty = all warehouses of the company.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    date_from = fields.Date(string="From", required=True, tracking=True)
    date_to = fields.Date(string="To", required=True, tracking=True)
    factor = fields.Float(
        required=True,
        default=1.0,
        tracking=True,
        help="The forecast times this: 1.5 = half as much again, 0 = nothing is sold.",
    )
    reason = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    statistical_units = fields.Float(
        string="Forecast Without It", digits="Product Unit", readonly=True
    )
    is_noted = fields.Boolean(readonly=True)
    adjusted_units = fields.Float(
        string="Forecast With It",
        digits="Product Unit",
        compute="_compute_adjusted_units",
    )
    actual_units = fields.Float(string="Sold", digits="Product Unit", readonly=True)
    is_judged = fields.Boolean(string="Over", readonly=True)
    value_added = fields.Float(
        string="Forecast Value Added",
        digits="Product Unit",
        readonly=True,
        help="Error without the change less error with it; positive = it helped.",
    )

    _dates_order = models.Constraint(
        "CHECK(date_from <= date_to)", "The first day must not be after the last."
    )
    _factor_positive = models.Constraint(
        "CHECK(factor >= 0)", "The factor must not be negative."
    )

    @api.depends("statistical_units", "factor")
    def _compute_adjusted_units(self):
        for change in self:
            change.adjusted_units = change.statistical_units * change.factor

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        today = fields.Date.context_today(self)
        if any(change.date_from <= today for change in self):
            raise UserError(
                self.env._(
                    "A change that has begun belongs to the record. Archive it, or "
                    "shorten it, instead of deleting it."
                )
            )

    @api.model
    def _get_factors(self, company, pairs, interval, today):
        """Factor of the forecast of each pair, ``(n,)``.

        A day that several changes are about gets all of their factors' effects added.

        :param interval: ``(n,)`` weeks from today that the forecast is about.
        """
        factors = np.ones(len(pairs))
        changes = self.search(
            [
                ("company_id", "=", company.id),
                ("date_to", ">=", today),
                ("product_id", "in", np.unique(pairs.product).tolist()),
            ]
        )
        days = np.maximum(np.asarray(interval) * 7, 1e-9)
        for change in changes:
            rows = pairs.product == change.product_id.id
            if change.warehouse_id:
                rows &= pairs.warehouse == change.warehouse_id.id
            begin = max((change.date_from - today).days, 0)
            end = (change.date_to - today).days + 1
            overlap = np.clip(np.minimum(end, days) - begin, 0, None)
            factors += np.where(rows, overlap / days * (change.factor - 1), 0.0)
        return np.maximum(factors, 0.0)

    @api.model
    def _follow_up(self, company, today):
        """Note what the machine says before the first day, judge after the last."""
        changes = self.search(
            [("company_id", "=", company.id), ("is_judged", "=", False)]
        )
        changes.filtered(lambda c: c.date_from > today or not c.is_noted)._note()
        changes.filtered(lambda c: c.is_noted and c.date_to < today)._judge()

    def _note(self):
        """Keep the forecast without the change, in units of its days."""
        proposals = self.env["ecom.replenishment.proposal"].search_fetch(
            [("state", "=", "open"), ("product_id", "in", self.product_id.ids)]
            + [("company_id", "in", self.company_id.ids)],
            ["product_id", "warehouse_id", "statistical_weekly"],
        )
        for change in self:
            some = proposals.filtered(
                lambda p, c=change: (
                    p.product_id == c.product_id
                    and (not c.warehouse_id or p.warehouse_id == c.warehouse_id)
                )
            )
            days = (change.date_to - change.date_from).days + 1
            weekly = sum(some.mapped("statistical_weekly"))
            change.write({"statistical_units": weekly * days / 7, "is_noted": True})

    def _judge(self):
        """Compare both forecasts with what was sold."""
        reader = self.env["ecom.replenishment.reader"]
        for change in self:
            demand = reader._sql_demand(
                change.company_id, change.date_from, change.product_id.ids
            )
            where = SQL("TRUE")
            if change.warehouse_id:
                where = SQL("warehouse_id = %s", change.warehouse_id.id)
            [(sold,)] = self.env.execute_query(
                SQL(
                    "SELECT COALESCE(SUM(sold - returned), 0)::float FROM (%s) AS d"
                    " WHERE day <= %s AND %s",
                    demand,
                    change.date_to,
                    where,
                )
            )
            judged = forecast.value_added(
                [sold], [change.statistical_units], [change.adjusted_units]
            )
            change.write(
                {
                    "actual_units": sold,
                    "value_added": judged.value_added,
                    "is_judged": True,
                }
            )


class EcomReplenishmentPlanner(models.AbstractModel):
    """Plans with what planners know."""

    _inherit = "ecom.replenishment.planner"

    @api.model
    def _get_forecast_factors(self, company, pairs, interval):
        factors = super()._get_forecast_factors(company, pairs, interval)
        today = self.env["ecom.replenishment.reader"]._get_today()
        changes = self.env["ecom.forecast.adjustment"]
        return factors * changes._get_factors(company, pairs, interval, today)
