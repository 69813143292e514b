from odoo import api, fields, models


class EcomRoutingRuleSet(models.Model):
    """An ordered list of routing rules, in force, watched, or neither.

    Without a set that is in force, nothing is routed: orders ship from the warehouse
    that they have. A set that is watched decides too, but its decisions are only kept.
    """

    _name = "ecom.routing.rule.set"
    _description = "Routing rule set"
    _order = "company_id, mode, name, id"

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    mode = fields.Selection(
        [
            ("off", "Off"),
            ("shadow", "Watched: decides, nothing is applied"),
            ("active", "In force"),
        ],
        default="off",
        required=True,
    )
    rule_ids = fields.One2many(
        "ecom.routing.rule", "rule_set_id", string="Rules", copy=True
    )
    split_cost = fields.Monetary(
        string="Cost of a Further Parcel",
        help="Added for every parcel of an order beyond the first, for the buyer who "
        "receives several.",
    )
    late_cost = fields.Monetary(
        string="Cost of a Late Day",
        help="For each day beyond the promised date.",
    )
    hold_cost = fields.Monetary(
        string="Cost of a Waiting Order",
        default=10000.0,
        help="An order is left waiting rather than shipped at a higher cost.",
    )
    priority_category_ids = fields.Many2many(
        "res.partner.category",
        string="Priority Customers",
        help="Where stock is scarce, orders of customers with one of these tags come "
        "first: it costs ten times as much to let them wait.",
    )
    confidence = fields.Float(
        string="Confidence in Delivery Days (%)",
        digits=(16, 1),
        help="Carriers are counted on for the days that so many of their parcels kept, "
        "by zone; where few parcels were measured, for what they state. 0 = what they "
        "state.",
    )
    looks_ahead = fields.Boolean(compute="_compute_looks_ahead")
    forecast_weeks = fields.Integer(
        string="Demand of the Last (weeks)",
        default=8,
        help="For scarcity prices: what is expected is what was sold in these weeks, "
        "by product, country and state.",
    )
    forecast_days = fields.Integer(
        string="Expected for the Next (days)",
        default=14,
        help="For scarcity prices: how long the stock has to last, until it is "
        "replenished.",
    )
    reroute = fields.Boolean(
        string="Look Again before Picking",
        default=True,
        help="Orders that nobody picks yet move when another plan has become cheaper. "
        "An order never gets more parcels by it.",
    )
    reroute_saving = fields.Monetary(
        string="Moved for a Saving of More Than", default=1.0
    )
    merge_mode = fields.Selection(
        [
            ("off", "Never"),
            ("proposed", "Proposed to a person"),
            ("automatic", "Automatically"),
        ],
        string="Ship Orders Together",
        default="off",
        required=True,
        help="Orders of one buyer to the same address, from the same warehouse and by "
        "the same carrier, leave as one parcel. Each shop is told its tracking number.",
    )
    merge_window = fields.Float(
        string="Ordered Within (hours)",
        default=24.0,
        help="Longest time between the first order of a parcel and any other in it.",
    )
    decision_ids = fields.One2many("ecom.routing.decision", "rule_set_id")
    decision_count = fields.Integer(compute="_compute_figures")
    waiting_count = fields.Integer(string="Not Routed", compute="_compute_figures")
    average_cost = fields.Monetary(string="Cost per Order", compute="_compute_figures")
    parcels_per_order = fields.Float(compute="_compute_figures", digits=(16, 2))
    split_rate = fields.Float(string="Split (%)", compute="_compute_figures")
    late_rate = fields.Float(string="Late (%)", compute="_compute_figures")

    _active_uniq = models.UniqueIndex(
        "(company_id) WHERE mode = 'active'",
        "Only one routing rule set of a company is in force.",
    )
    _costs_positive = models.Constraint(
        "CHECK(COALESCE(split_cost, 0) >= 0 AND COALESCE(late_cost, 0) >= 0"
        " AND COALESCE(hold_cost, 0) >= 0 AND COALESCE(reroute_saving, 0) >= 0)",
        "Costs are never negative.",
    )
    _merge_window_positive = models.Constraint(
        "CHECK(COALESCE(merge_window, 0) >= 0)",
        "The time between orders is never negative.",
    )
    _forecast_positive = models.Constraint(
        "CHECK(COALESCE(forecast_weeks, 1) > 0 AND COALESCE(forecast_days, 0) >= 0)",
        "Demand is expected from at least one week, for a number of days that is not "
        "negative.",
    )
    _confidence_range = models.Constraint(
        "CHECK(COALESCE(confidence, 0) >= 0 AND COALESCE(confidence, 0) < 100)",
        "The confidence is at least 0 and less than 100 percent.",
    )

    @api.depends("rule_ids.looks_ahead")
    def _compute_looks_ahead(self):
        for rule_set in self:
            rule_set.looks_ahead = any(rule_set.rule_ids.mapped("looks_ahead"))

    @api.depends("decision_ids")
    def _compute_figures(self):
        """What the set decided so far, to be compared with others."""
        groups = self.env["ecom.routing.decision"]._read_group(
            [("rule_set_id", "in", self.ids)],
            ["rule_set_id", "routed"],
            ["__count", "cost:sum", "parcel_count:sum", "split:sum", "late:sum"],
        )
        rows = {(rule_set, routed): row for rule_set, routed, *row in groups}
        nothing = [0] * 5
        for rule_set in self:
            count, cost, parcels, split, late = rows.get((rule_set, True), nothing)
            waiting = rows.get((rule_set, False), nothing)[0]
            rule_set.decision_count = count + waiting
            rule_set.waiting_count = waiting
            rule_set.average_cost = cost / count if count else 0.0
            rule_set.parcels_per_order = parcels / count if count else 0.0
            rule_set.split_rate = 100.0 * split / count if count else 0.0
            rule_set.late_rate = 100.0 * late / count if count else 0.0

    def action_view_decisions(self):
        """Everything that this set decided."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_orders.ecom_routing_decision_action"
        )
        return {**action, "domain": [("rule_set_id", "=", self.id)], "context": {}}
