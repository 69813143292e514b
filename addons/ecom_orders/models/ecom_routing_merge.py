from odoo import api, fields, models
from odoo.exceptions import UserError


class EcomRoutingMerge(models.Model):
    """Orders of one buyer that leave as one parcel, or that somebody keeps apart.

    A row is proposed first, or merged at once by a rule set that says so. One that a
    person took apart stays: those orders are not brought together again.
    """

    _name = "ecom.routing.merge"
    _description = "Orders shipped together"
    _order = "id desc"

    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("merged", "Shipped together"),
            ("apart", "Kept apart"),
        ],
        default="proposed",
        required=True,
        readonly=True,
        index=True,
    )
    rule_set_id = fields.Many2one(
        "ecom.routing.rule.set", ondelete="set null", readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", string="Buyer", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    order_ids = fields.Many2many("sale.order", string="Orders", readonly=True)
    picking_ids = fields.Many2many(
        "stock.picking",
        string="Deliveries",
        readonly=True,
        help="The deliveries that are proposed to become one; then the common one.",
    )
    saved_parcels = fields.Integer(
        readonly=True, help="Deliveries that there were, less the common one."
    )
    user_id = fields.Many2one("res.users", string="Decided By", readonly=True)
    decided_at = fields.Datetime(string="Decided", readonly=True)

    @api.depends("order_ids.name")
    def _compute_display_name(self):
        for row in self:
            row.display_name = ", ".join(row.order_ids.mapped("name"))

    def action_merge(self):
        """Ship the orders together, as proposed."""
        self.check_access("read")
        # Dispatchers decide by buttons only; they have no right to write rows.
        for row in self.sudo().filtered(lambda one: one.state == "proposed"):
            row._merge()

    def _merge(self):
        """Make one delivery of those of this row.

        :raises UserError: when they have changed since.
        """
        pickings = self.picking_ids
        groups = self.env["ecom.routing.merger"]._group(pickings, self.rule_set_id)
        if groups != [pickings]:
            raise UserError(
                self.env._(
                    "These deliveries have changed since: something was picked, "
                    "printed, cancelled or moved. The next run proposes anew what can "
                    "still be shipped together."
                )
            )
        self._absorb()
        self.saved_parcels += len(pickings) - 1
        self.picking_ids = groups[0]._ecom_bring_together()
        self._decide("merged")

    def _absorb(self):
        """Take over common deliveries that become part of this one."""
        before = self.search(
            [
                ("picking_ids", "in", self.picking_ids.ids),
                ("state", "=", "merged"),
                ("id", "!=", self.id),
            ]
        )
        self.order_ids |= before.order_ids
        self.saved_parcels += sum(before.mapped("saved_parcels"))
        before.unlink()

    def action_keep_apart(self):
        """Refuse a proposal, or give each order its own delivery again."""
        self.check_access("read")
        # As for merging.
        for row in self.sudo():
            if row.state == "merged":
                row._take_apart()
            row._decide("apart")

    def _take_apart(self):
        """Give each order its own delivery again.

        :raises UserError: when the goods are picked already.
        """
        for picking in self.picking_ids:
            if not picking._ecom_is_untouched():
                raise UserError(
                    self.env._(
                        "%s is picked, printed or shipped already: its orders leave "
                        "together.",
                        picking.name,
                    )
                )
            _first, *others = picking._ecom_get_orders()
            for order in others:
                self.picking_ids += picking._ecom_take_out(order)
        self.saved_parcels = 0

    def _decide(self, state):
        self.write(
            {
                "state": state,
                "user_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )
