from odoo import api, fields, models


class EcomReplenishmentProposal(models.Model):
    """What minimum, maximum and multiple should be for a product in a warehouse, why,
    and what that does to stock and service.

    There is one open proposal for each pair; the planner renews it. Accepted ones stay
    as the history of the reordering rule.
    """

    _name = "ecom.replenishment.proposal"
    _description = "Replenishment Proposal"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "urgency desc, id"
    _rec_name = "product_id"
    _check_company_auto = True

    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, index=True, ondelete="cascade"
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    uom_id = fields.Many2one(related="product_id.uom_id")
    category_id = fields.Many2one(related="product_id.categ_id", string="Category")
    state = fields.Selection(
        [
            ("open", "Open"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("outdated", "Outdated"),
        ],
        default="open",
        required=True,
        readonly=True,
        index=True,
    )
    orderpoint_id = fields.Many2one(
        "stock.warehouse.orderpoint",
        string="Reordering Rule",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    policy_id = fields.Many2one(
        "ecom.replenishment.policy", readonly=True, ondelete="set null"
    )
    supplierinfo_id = fields.Many2one(
        "product.supplierinfo", string="Price Line", readonly=True, ondelete="set null"
    )
    vendor_id = fields.Many2one("res.partner", readonly=True, ondelete="set null")
    second_vendor_id = fields.Many2one(
        "res.partner", string="Next Best Vendor", readonly=True, ondelete="set null"
    )
    vendor_cost = fields.Monetary(string="Total Cost a Year", readonly=True)
    second_cost = fields.Monetary(string="Next Best Cost a Year", readonly=True)
    changed = fields.Boolean(
        readonly=True, help="Accepting it would change the reordering rule."
    )
    manual = fields.Boolean(
        string="Set by Hand",
        readonly=True,
        help="The reordering rule was written by a person, not by a proposal.",
    )
    automatic = fields.Boolean(
        readonly=True, help="Within the limits that the policy sets."
    )

    min_before = fields.Float(digits="Product Unit", readonly=True)
    max_before = fields.Float(digits="Product Unit", readonly=True)
    uom_before_id = fields.Many2one(
        "uom.uom", string="Multiple Before", readonly=True, ondelete="set null"
    )
    min_qty = fields.Float(string="Min", digits="Product Unit", readonly=True)
    max_qty = fields.Float(string="Max", digits="Product Unit", readonly=True)
    multiple_uom_id = fields.Many2one(
        "uom.uom", string="Multiple", readonly=True, ondelete="set null"
    )
    order_qty = fields.Float(
        string="To Order Now", digits="Product Unit", readonly=True
    )
    order_value = fields.Monetary(readonly=True)

    on_hand = fields.Float(digits="Product Unit", readonly=True)
    reserved = fields.Float(digits="Product Unit", readonly=True)
    incoming = fields.Float(digits="Product Unit", readonly=True)
    outgoing = fields.Float(digits="Product Unit", readonly=True)
    requested = fields.Float(
        string="On Requests for Quotation", digits="Product Unit", readonly=True
    )
    position = fields.Float(
        string="Stock Position",
        digits="Product Unit",
        readonly=True,
        help="On hand + incoming - outgoing + on requests for quotation.",
    )

    weekly_demand = fields.Float(string="Demand a Week", readonly=True)
    weekly_deviation = fields.Float(string="Deviation of a Week", readonly=True)
    statistical_weekly = fields.Float(
        string="Demand a Week Without Planner's Changes", readonly=True
    )
    forecast_factor = fields.Float(string="Planner's Factor", readonly=True)
    recent_demand = fields.Float(
        string="Demand of the Last 6 Weeks", digits="Product Unit", readonly=True
    )
    usual_demand = fields.Float(
        string="Usual in 6 Weeks",
        digits="Product Unit",
        readonly=True,
        help="From the mean of the half year before.",
    )
    is_broken = fields.Boolean(
        string="Demand Has Changed",
        readonly=True,
        help="The last weeks differ from what was usual by more than chance.",
    )
    interval_weeks = fields.Float(
        string="Protected Weeks", readonly=True, help="Lead time and review interval."
    )
    expected_demand = fields.Float(readonly=True, help="During the protected weeks.")
    safety_stock = fields.Float(readonly=True)
    service_before = fields.Float(string="Service Before (%)", readonly=True)
    service_after = fields.Float(string="Service (%)", readonly=True)
    fill_rate = fields.Float(string="Fill Rate (%)", readonly=True)
    stock_before = fields.Monetary(string="Mean Stock Before", readonly=True)
    stock_after = fields.Monetary(string="Mean Stock", readonly=True)
    stock_value = fields.Monetary(string="Stock Value Now", readonly=True)
    unit_cost = fields.Monetary(readonly=True)
    lead_mean = fields.Float(string="Lead Time (days)", readonly=True)
    lead_deviation = fields.Float(string="Deviation of Lead Time (days)", readonly=True)
    receipts = fields.Float(string="Receipts Known", digits=(16, 0), readonly=True)
    returned_rate = fields.Float(
        string="Goes Back (%)",
        digits=(16, 1),
        readonly=True,
        help="Part of the vendor's units that went back to it in two years, this "
        "product's first; few units lean on what is usual.",
    )
    censored_weeks = fields.Float(
        string="Weeks Out of Stock", digits=(16, 0), readonly=True
    )
    capped_units = fields.Float(string="Units Cut Off as Outliers", readonly=True)
    run_out_date = fields.Date(
        string="Runs Out",
        readonly=True,
        help="End of the week in which expected demand exceeds stock and receipts.",
    )
    stockout_risk = fields.Float(
        string="Stock-Out Risk (%)",
        readonly=True,
        aggregator="avg",
        help="That stock is out before an order placed today arrives.",
    )
    urgency = fields.Monetary(
        string="Sales at Risk",
        readonly=True,
        help="Expected demand of the protected weeks that nothing on hand or on order "
        "meets, at the sales price.",
    )
    abc = fields.Selection([(c, c) for c in "ABC"], string="ABC Class", readonly=True)
    xyz = fields.Selection([(c, c) for c in "XYZ"], string="XYZ Class", readonly=True)
    pattern = fields.Selection(
        [
            ("smooth", "Smooth"),
            ("intermittent", "Intermittent"),
            ("erratic", "Erratic"),
            ("lumpy", "Lumpy"),
            ("none", "None"),
        ],
        string="Demand Pattern",
        readonly=True,
    )
    life = fields.Selection(
        [
            ("never", "Never sold"),
            ("new", "New"),
            ("active", "Active"),
            ("discontinued", "Discontinued"),
        ],
        readonly=True,
    )
    notes = fields.Char(readonly=True)
    explanation = fields.Text(compute="_compute_explanation")
    decided_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    decided_at = fields.Datetime(readonly=True)

    _open_uniq = models.UniqueIndex(
        "(product_id, warehouse_id) WHERE state = 'open'",
        "A product has one open proposal in a warehouse.",
    )

    @api.depends("notes", "min_qty", "max_qty", "vendor_id", "state")
    def _compute_explanation(self):
        for proposal in self:
            proposal.explanation = "\n".join(proposal._get_explanation())

    def _get_policy_settings(self):
        """Settings of the policy, or the defaults where there is none."""
        self.ensure_one()
        policy = self.policy_id or self.env["ecom.replenishment.policy"].new({})
        return policy._get_settings()

    def _get_holding_rate(self):
        """Part of the goods' value that a year of holding costs."""
        return self._get_policy_settings()["holding_rate"] / 100

    def _get_order_cost(self):
        """Cost of having the product on an order, company currency."""
        return self._get_policy_settings()["order_cost"]

    def _get_explanation(self):
        """Sentences that lead from the inputs to the numbers; a list. A hook."""
        self.ensure_one()
        lines = [
            self.env._(
                "Lead time %(lead).1f days (deviation %(deviation).1f, from %(count)d "
                "receipts) and review: %(weeks).1f weeks must be covered.",
                lead=self.lead_mean,
                deviation=self.lead_deviation,
                count=self.receipts,
                weeks=self.interval_weeks,
            ),
            self.env._(
                "Expected demand in them: %(weeks).1f x %(demand).2f a week "
                "= %(expected).1f.",
                weeks=self.interval_weeks,
                demand=self.weekly_demand,
                expected=self.expected_demand,
            ),
            self.env._(
                "Min = expected demand + safety stock = %(expected).1f + %(safety).1f "
                "= %(minimum)g, which gives a service of %(service).1f %%.",
                expected=self.expected_demand,
                safety=self.safety_stock,
                minimum=self.min_qty,
                service=self.service_after,
            ),
            self.env._(
                "Max = min + lot = %(minimum)g + %(lot)g = %(maximum)g.",
                minimum=self.min_qty,
                lot=self.max_qty - self.min_qty,
                maximum=self.max_qty,
            ),
            self.env._(
                "Position = %(on_hand)g on hand + %(incoming)g incoming - "
                "%(outgoing)g promised + %(requested)g requested = %(position)g; to "
                "order now: %(order)g.",
                on_hand=self.on_hand,
                incoming=self.incoming,
                outgoing=self.outgoing,
                requested=self.requested,
                position=self.position,
                order=self.order_qty,
            ),
        ]
        texts = self._get_note_texts()
        lines += [texts[code] for code in (self.notes or "").split(",") if code]
        return lines + self._get_vendor_reason() + self._get_manual_warning()

    def _get_note_texts(self):
        """Sentence of each note; codes of the planner and of the algorithms."""
        return {
            "no_demand": self.env._(
                "Nothing was ever sold: there is nothing to plan with."
            ),
            "stopped": self.env._(
                "Not ordered any more: archived, of another company, or not asked for "
                "in much longer than its usual interval."
            ),
            "no_cost": self.env._(
                "The cost of the product or of an order is not known: the lot covers "
                "the weeks that the policy sets for this."
            ),
            "no_stockout_cost": self.env._(
                "The cost of a missing unit is not known: the service level of the "
                "policy is used instead."
            ),
            "capped": self.env._(
                "The lot is limited to the longest cover of the policy."
            ),
            "minimum": self.env._("The vendor's minimum quantity decides the lot."),
            "no_vendor": self.env._(
                "No vendor has a valid price: the lead time is the policy's. Add a "
                "vendor to the product to have it ordered."
            ),
            "negative_stock": self.env._(
                "Stock is negative: count it. What is missing is ordered as well."
            ),
            "censored": self.env._(
                "%d weeks without stock are left out: that nothing was sold then does "
                "not mean that nothing was wanted.",
                self.censored_weeks,
            ),
            "outlier": self.env._(
                "%g units are cut off as outliers.", self.capped_units
            ),
            "new_product": self.env._(
                "The product is new: little is known about its demand."
            ),
            "adjusted": self.env._(
                "A planner changed the forecast by the factor %.2f.",
                self.forecast_factor,
            ),
            "archived": self.env._(
                "The product is archived or belongs to another company."
            ),
        }

    def _get_vendor_reason(self):
        """Why this vendor; a list of sentences."""
        if not self.vendor_id:
            return []
        returned = []
        if self.returned_rate > 0:
            returned.append(
                self.env._(
                    "%(rate).1f %% of its units go back, which costs %(cost)g %% of "
                    "their price.",
                    rate=self.returned_rate,
                    cost=self._get_policy_settings()["defect_cost"],
                )
            )
        if not self.second_vendor_id:
            return [
                self.env._(
                    "%s is the only vendor with a valid price.", self.vendor_id.name
                ),
                *returned,
            ]
        return [
            self.env._(
                "%(vendor)s costs %(cost)s a year with goods, orders, what goes back, "
                "and the stock that its lots and lead time force; next best is "
                "%(second)s with %(second_cost)s.",
                vendor=self.vendor_id.name,
                cost=self.currency_id.format(self.vendor_cost),
                second=self.second_vendor_id.name,
                second_cost=self.currency_id.format(self.second_cost),
            ),
            *returned,
        ]

    def _get_manual_warning(self):
        """That a person set the rule; a list of sentences."""
        if not self.manual or self.state != "open":
            return []
        return [
            self.env._(
                "The reordering rule was set by hand to %(minimum)g / %(maximum)g. It "
                "is only replaced when you accept this proposal by itself.",
                minimum=self.min_before,
                maximum=self.max_before,
            )
        ]
