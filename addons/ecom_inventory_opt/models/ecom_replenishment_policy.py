from odoo import api, fields, models

#: what a setting is when no policy up to the root says it
DEFAULTS = {
    "service_kind": "cycle",
    "service_level": 95.0,
    "holding_rate": 25.0,
    "order_cost": 0.0,
    "transfer_cost": 0.0,
    "defect_cost": 25.0,
    "stockout_cost": 0.0,
    "review_days": 7,
    "longest_cover": 26.0,
    "default_cover": 4.0,
    "default_lead_days": 14,
    "alert_risk": 25.0,
    "overstock_weeks": 52.0,
    "automatic": "no",
    "automatic_value": 0.0,
    "automatic_change": 0.0,
}


class EcomReplenishmentPolicy(models.Model):
    """How products are replenished; a tree whose branches are more special.

    A policy is about the products that meet its conditions and those of all policies
    above it. Of several the deepest counts, then the first by sequence. A setting that
    is left empty is that of the policy above.
    """

    _name = "ecom.replenishment.policy"
    _description = "Replenishment Policy"
    _inherit = ["mail.thread"]
    _parent_store = True
    _order = "parent_path, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    parent_id = fields.Many2one(
        "ecom.replenishment.policy",
        string="Inherits From",
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many(
        "ecom.replenishment.policy", "parent_id", string="More Special"
    )
    category_id = fields.Many2one(
        "product.category", help="Products of this category and those below it."
    )
    partner_id = fields.Many2one(
        "res.partner", string="Vendor", help="Products whose first vendor this is."
    )
    warehouse_id = fields.Many2one("stock.warehouse", check_company=True)
    abc = fields.Selection(
        [("A", "A: most of the value"), ("B", "B"), ("C", "C: least of the value")],
        string="Class by Value",
    )
    xyz = fields.Selection(
        [("X", "X: steady"), ("Y", "Y"), ("Z", "Z: irregular")],
        string="Class by Variability",
    )
    service_kind = fields.Selection(
        [
            ("cycle", "Chance of no stock-out until the next receipt"),
            ("fill", "Part of the demand met from stock (fill rate)"),
            ("cost", "What costs least, from the cost of a missing unit"),
        ],
        string="Service Means",
        tracking=True,
    )
    service_level = fields.Float(
        string="Service Level (%)", tracking=True, help="Between 0 and 100."
    )
    holding_rate = fields.Float(
        string="Holding Cost (% a year)",
        tracking=True,
        help="Of the value: capital, space, ageing.",
    )
    order_cost = fields.Monetary(
        string="Cost of an Order Line", tracking=True, help="Ordering and receiving it."
    )
    transfer_cost = fields.Monetary(
        string="Cost of Moving a Unit",
        tracking=True,
        help="From another warehouse. More than the cost of the product = never moved.",
    )
    defect_cost = fields.Float(
        string="Cost of a Unit That Goes Back (% of its price)",
        tracking=True,
        help="To the vendor: handling, carriage, the sale that fails. The price itself "
        "is given back. It counts when vendors are compared.",
    )
    stockout_cost = fields.Monetary(string="Cost of a Missing Unit", tracking=True)
    review_days = fields.Integer(
        string="Review Every (days)", help="How often orders are placed."
    )
    longest_cover = fields.Float(string="Longest Cover of an Order (weeks)")
    default_cover = fields.Float(
        string="Cover Without Costs (weeks)",
        help="Of an order whose cost or price is not known.",
    )
    default_lead_days = fields.Integer(
        string="Lead Time Without a Vendor (days)",
        help="For products that no vendor is known for.",
    )
    alert_risk = fields.Float(
        string="Alert From a Risk of (%)",
        help="Probability of a stock-out before an order placed today arrives.",
    )
    overstock_weeks = fields.Float(
        string="Overstock From (weeks)", help="Of demand that stock lasts for."
    )
    automatic = fields.Selection(
        [("no", "By a person"), ("yes", "Automatically within the limits")],
        string="Accept Proposals",
        tracking=True,
    )
    automatic_value = fields.Monetary(
        string="Largest Order Value", help="Of one proposal that is accepted by itself."
    )
    automatic_change = fields.Float(
        string="Largest Change (%)",
        help="Of the maximum quantity against the one before.",
    )
    effective_text = fields.Text(
        string="Settings in Force", compute="_compute_effective_text"
    )

    _service_level_range = models.Constraint(
        "CHECK(service_level >= 0 AND service_level < 100)",
        "A service level lies below 100 %. Leave it empty to inherit it.",
    )
    _not_negative = models.Constraint(
        "CHECK(holding_rate >= 0 AND order_cost >= 0 AND stockout_cost >= 0"
        " AND transfer_cost >= 0 AND defect_cost >= 0"
        " AND review_days >= 0 AND longest_cover >= 0 AND default_cover >= 0"
        " AND default_lead_days >= 0 AND automatic_value >= 0"
        " AND automatic_change >= 0 AND alert_risk >= 0 AND overstock_weeks >= 0)",
        "Costs, times and limits must not be negative.",
    )

    @api.depends(lambda self: ("parent_id", "parent_path", *DEFAULTS))
    def _compute_effective_text(self):
        for policy in self:
            settings = policy._get_settings()
            labels = policy.fields_get(list(settings), ["string", "selection"])
            policy.effective_text = "\n".join(
                "{}: {}".format(
                    labels[name]["string"],
                    dict(labels[name].get("selection", ())).get(value, value),
                )
                for name, value in settings.items()
            )

    def _get_settings(self):
        """Settings in force: the policy's own, then those above it, then the defaults.

        :return: dict of the names in ``DEFAULTS``.
        """
        self.ensure_one()
        settings, policy = {}, self
        while policy:
            for name in DEFAULTS:
                if name not in settings and policy[name]:
                    settings[name] = policy[name]
            policy = policy.parent_id
        return {name: settings.get(name, value) for name, value in DEFAULTS.items()}

    @api.model
    def _ensure_root(self, company):
        """The company's policies, one with the defaults is made where there is none."""
        policies = self.search([("company_id", "=", company.id)])
        if not policies:
            # Whoever computes first needs a policy; it only holds the defaults.
            policies = self.sudo().create(
                {
                    "name": self.env._("All products"),
                    "company_id": company.id,
                    **DEFAULTS,
                }
            )
        return policies.sudo(False)

    def _sort_general_first(self):
        """Policies so that each comes after those it yields to."""

        def depth(policy):
            return policy.parent_path.count("/")

        return self.sorted(lambda p: (depth(p), -p.sequence, -p.id))

    def _assign(self, pairs):
        """Policy of each pair of product and warehouse.

        :param pairs: :class:`~.replenishment_data.Pairs`.
        :return: ``(n,)`` of ids; 0 = none.
        """
        from ..algorithms.lazy import np

        found = np.zeros(len(pairs), dtype=int)
        matched = {}
        for policy in self._sort_general_first():
            mask = policy._get_own_mask(pairs)
            if policy.parent_id:
                mask = mask & matched.get(policy.parent_id.id, False)
            matched[policy.id] = mask
            found = np.where(mask, policy.id, found)
        return found

    def _get_own_mask(self, pairs):
        """Pairs that meet the policy's own conditions; ``(n,)`` of bool. A hook."""
        from ..algorithms.lazy import np

        self.ensure_one()
        mask = np.ones(len(pairs), dtype=bool)
        if self.category_id:
            below = self.env["product.category"]._search(
                [("id", "child_of", self.category_id.id)]
            )
            ids = [row[0] for row in self.env.execute_query(below.select())]
            mask &= np.isin(pairs.category, ids)
        if self.partner_id:
            mask &= pairs.vendor == self.partner_id.commercial_partner_id.id
        if self.warehouse_id:
            mask &= pairs.warehouse == self.warehouse_id.id
        if self.abc:
            mask &= pairs.abc == self.abc
        if self.xyz:
            mask &= pairs.xyz == self.xyz
        return mask
