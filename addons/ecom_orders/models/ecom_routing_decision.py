from odoo import api, fields, models

COST_PARTS = (
    "freight",
    "surcharges",
    "packaging",
    "handling",
    "lateness",
    "split_cost",
)


class EcomRoutingDecision(models.Model):
    """What routing decided for an order, from what, and why not otherwise.

    Decisions are never changed: the newest that was applied counts, the others are
    history, and marked as such when the whole order was moved.
    """

    _name = "ecom.routing.decision"
    _description = "Routing decision"
    _order = "id desc"
    _rec_name = "order_id"

    order_id = fields.Many2one(
        "sale.order", required=True, ondelete="cascade", index=True, readonly=True
    )
    channel_id = fields.Many2one(
        related="order_id.ecom_channel_id", store=True, index=True
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(
        [
            ("applied", "Applied"),
            ("waiting", "Waiting"),
            ("shadow", "Only Watched"),
            ("override", "By a Person"),
            ("rejection", "After a Rejection"),
            ("reroute", "Moved before Picking"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    replaced = fields.Boolean(
        readonly=True, help="A later decision moved the whole order."
    )
    routed = fields.Boolean(readonly=True, help="A plan was found.")
    decided_at = fields.Datetime(
        string="Decided", default=fields.Datetime.now, readonly=True
    )
    user_id = fields.Many2one(
        "res.users", string="By", default=lambda self: self.env.uid, readonly=True
    )
    rule_set_id = fields.Many2one(
        "ecom.routing.rule.set", ondelete="set null", index=True, readonly=True
    )
    rule_id = fields.Many2one("ecom.routing.rule", ondelete="set null", readonly=True)
    strategy = fields.Char(readonly=True)
    queue = fields.Char(readonly=True)
    cancel_at = fields.Datetime(
        string="Cancelled On",
        readonly=True,
        help="When the order is cancelled if no warehouse can ship it by then.",
    )
    override_reason = fields.Char(string="Reason", readonly=True)
    cost = fields.Monetary(readonly=True)
    parcel_count = fields.Integer(string="Parcels", readonly=True)
    split = fields.Integer(
        string="Split Orders", readonly=True, help="1 when it is in several parcels."
    )
    late = fields.Integer(
        string="Late Orders", readonly=True, help="1 when the promise is not kept."
    )
    plan_ids = fields.One2many(
        "ecom.routing.plan", "decision_id", string="Plans", readonly=True
    )
    parcel_ids = fields.One2many(
        "ecom.routing.parcel", "decision_id", string="Chosen Parcels", readonly=True
    )
    refusal_ids = fields.One2many(
        "ecom.routing.refusal", "decision_id", string="Ruled Out", readonly=True
    )

    _order_kind_idx = models.Index("(order_id, kind)")

    @api.depends("order_id", "kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for decision in self:
            decision.display_name = (
                f"{decision.order_id.display_name}: {kinds.get(decision.kind, '')}"
            )
