from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class EcomRoutingBacktest(models.TransientModel):
    """The last days under other routing rules, beside what was decided."""

    _name = "ecom.routing.backtest"
    _description = "Back-Test of Routing Rules"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    days = fields.Integer(string="Last Days", default=14, required=True)
    rule_set_ids = fields.Many2many(
        "ecom.routing.rule.set",
        string="Rules to Compare",
        required=True,
        domain="[('company_id', '=', company_id)]",
        default=lambda self: self._default_rule_sets(),
    )
    order_count = fields.Integer(string="Orders", readonly=True)
    line_ids = fields.One2many("ecom.routing.backtest.line", "test_id", readonly=True)
    load_ids = fields.One2many("ecom.routing.backtest.load", "test_id", readonly=True)

    _days_positive = models.Constraint(
        "CHECK(days > 0)", "A back-test looks at one day at least."
    )

    @api.model
    def _default_rule_sets(self):
        """The set that was opened, and the one in force."""
        in_force = self.env["ecom.routing.rule.set"].search(
            [("company_id", "=", self.env.company.id), ("mode", "=", "active")]
        )
        return in_force.browse(self.env.context.get("active_ids", ())) | in_force

    def action_run(self):
        """Replay the days under each rule set.

        :raises UserError: when there is nothing to replay.
        """
        self.ensure_one()
        since = fields.Date.today() - timedelta(days=self.days)
        # Whoever reads the rules may compare them; stock, orders and prices of all
        # warehouses are only added up here.
        router = self.env["ecom.routing.router"].sudo()
        history = router._read_history(self.company_id, since, self.rule_set_ids.sudo())
        if not any(day.orders for day in history.days):
            raise UserError(
                self.env._("No orders were released in these days. Look at more days.")
            )
        self.line_ids.unlink()
        self.load_ids.unlink()
        self.order_count = sum(len(day.orders) for day in history.days)
        lines, loads = [self._prepare_happened(history)], self._count_happened(history)
        for rule_set in self.rule_set_ids:
            figures = router._replay(history, rule_set.sudo())
            lines.append(self._prepare_line(rule_set, figures))
            loads += [
                (rule_set.name, int(site), parcels)
                for site, parcels in sorted(figures.load.items())
            ]
        self.line_ids = [fields.Command.create(values) for values in lines]
        self.load_ids = [
            fields.Command.create(
                {"name": name, "warehouse_id": warehouse_id, "parcels": parcels}
            )
            for name, warehouse_id, parcels in loads
        ]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Back-Test"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "current",
        }

    def _get_decisions(self, history):
        """What was decided and applied for the orders: the last word on each."""
        decisions = history.orders.ecom_decision_id
        return decisions.filtered("routed")

    def _prepare_happened(self, history):
        """Values of what was decided; costs as they were estimated then."""
        decisions = self._get_decisions(history)
        shipped = len(decisions)
        cost = sum(decisions.mapped("cost"))
        return {
            "name": self.env._("As it was decided"),
            "orders": self.order_count,
            "shipped": shipped,
            "unshipped": self.order_count - shipped,
            "parcels": sum(decisions.mapped("parcel_count")),
            "split_rate": _percent(sum(decisions.mapped("split")), shipped),
            "late_rate": _percent(sum(decisions.mapped("late")), shipped),
            "cost": cost,
            "cost_per_order": cost / shipped if shipped else 0.0,
        }

    def _count_happened(self, history):
        """(name, warehouse id, parcels) of what was decided."""
        name = self.env._("As it was decided")
        parcels = self._get_decisions(history).parcel_ids
        return [
            (name, warehouse.id, len(mine))
            for warehouse, mine in parcels.grouped("warehouse_id").items()
        ]

    @api.model
    def _prepare_line(self, rule_set, figures):
        """Values of what a rule set would have done."""
        cost = float(figures.cost)
        return {
            "name": rule_set.name,
            "rule_set_id": rule_set.id,
            "orders": figures.orders,
            "shipped": figures.shipped,
            "unshipped": figures.unshipped,
            "waited": figures.waited,
            "parcels": figures.parcels,
            "split_rate": 100.0 * figures.split_rate,
            "late_rate": 100.0 * figures.late_rate,
            "cost": cost,
            "cost_per_order": cost / figures.shipped if figures.shipped else 0.0,
        }


class EcomRoutingBacktestLine(models.TransientModel):
    """What a rule set would have done."""

    _name = "ecom.routing.backtest.line"
    _description = "Rule Set in a Back-Test"

    test_id = fields.Many2one(
        "ecom.routing.backtest", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="test_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    name = fields.Char(string="Rules")
    rule_set_id = fields.Many2one("ecom.routing.rule.set")
    orders = fields.Integer()
    shipped = fields.Integer(string="Shipped Orders")
    unshipped = fields.Integer(string="Not Shipped")
    waited = fields.Integer(
        string="Shipped Later", help="Orders that had to wait beyond their day."
    )
    parcels = fields.Integer()
    split_rate = fields.Float(string="Split (%)", digits=(16, 1))
    late_rate = fields.Float(string="Late (%)", digits=(16, 1))
    cost = fields.Monetary()
    cost_per_order = fields.Monetary(string="Cost per Order")

    def action_watch(self):
        """Let the set be watched from now on: it decides, nothing is applied."""
        self.ensure_one()
        self.rule_set_id.mode = "shadow"
        return self.rule_set_id._get_records_action()


class EcomRoutingBacktestLoad(models.TransientModel):
    """Parcels of a warehouse under a rule set."""

    _name = "ecom.routing.backtest.load"
    _description = "Load of a Warehouse in a Back-Test"
    _order = "warehouse_id, id"

    test_id = fields.Many2one(
        "ecom.routing.backtest", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="test_id.company_id", store=True)
    name = fields.Char(string="Rules")
    warehouse_id = fields.Many2one("stock.warehouse")
    parcels = fields.Integer()


def _percent(part, whole):
    return 100.0 * part / whole if whole else 0.0
