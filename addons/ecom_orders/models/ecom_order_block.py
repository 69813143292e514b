from odoo import api, fields, models
from odoo.exceptions import UserError

# A person may release these: they are about the shop's side, not about data that
# Odoo needs for a correct order.
RELEASABLE = {
    "unpaid",
    "payment_failed",
    "on_hold_at_shop",
    "unknown_status",
    "confirm_by_hand",
    "confirm_failed",
    "unexplained_difference",
    "not_routed",
}


class EcomOrderBlock(models.Model):
    """One reason why an order of a channel waits for a person, or should be looked at.

    A *holding* block keeps the order from being confirmed. The others are notices.
    Blocks are never deleted: a resolved one tells who resolved it and when.
    """

    _name = "ecom.order.block"
    _description = "Reason why an order waits"
    _inherit = ["ecom.reason.mixin"]
    _order = "state, id desc"
    _rec_name = "reason"

    order_id = fields.Many2one(
        "sale.order", required=True, ondelete="cascade", index=True, readonly=True
    )
    channel_id = fields.Many2one(
        related="order_id.ecom_channel_id", store=True, index=True
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True)
    reason = fields.Selection(required=True)
    key = fields.Char(
        string="Subject",
        default="",
        readonly=True,
        help="What it is about, when several are possible.",
    )
    holding = fields.Boolean(
        readonly=True, help="The order is not confirmed before this is resolved."
    )
    state = fields.Selection(
        [("open", "Open"), ("resolved", "Resolved")],
        default="open",
        required=True,
        readonly=True,
        index=True,
    )
    released = fields.Boolean(
        readonly=True, help="A person let the order go in spite of this reason."
    )
    resolved_at = fields.Datetime(string="Resolved", readonly=True)
    resolved_by_id = fields.Many2one("res.users", readonly=True)
    listing_id = fields.Many2one("ecom.listing", ondelete="set null", readonly=True)
    tax_rule_id = fields.Many2one("ecom.tax.rule", ondelete="set null", readonly=True)
    releasable = fields.Boolean(compute="_compute_releasable")

    _open_uniq = models.UniqueIndex("(order_id, reason, key) WHERE state = 'open'")

    @api.depends("reason", "state")
    def _compute_releasable(self):
        for block in self:
            block.releasable = block.state == "open" and (
                not block.holding or block.reason in self._get_releasable_reasons()
            )

    @api.model
    def _get_releasable_reasons(self):
        """Reason codes of holding blocks that a person may wave through."""
        return RELEASABLE

    def action_release(self):
        """Let the orders go in spite of these reasons, and remember who did."""
        stuck = self.filtered(lambda block: not block.releasable)
        if stuck:
            raise UserError(
                self.env._(
                    "This cannot be waved through; its cause has to be fixed:\n%s",
                    "\n".join(stuck.mapped(lambda b: b.explanation or "")),
                )
            )
        self._resolve(released=True)
        self.order_id._ecom_confirm_released()

    def action_open_cause(self):
        """Open what has to be fixed: the listing, the tax, or the order itself."""
        self.ensure_one()
        target = self.listing_id or self.tax_rule_id or self.order_id
        return {
            "type": "ir.actions.act_window",
            "res_model": target._name,
            "res_id": target.id,
            "view_mode": "form",
            "target": "new" if target._name != "sale.order" else "current",
        }

    def _resolve(self, released=False):
        """Close the blocks.

        :param released: a person decided; else the cause is gone.
        """
        # Users decide through this method only; they have no right to write blocks.
        self.filtered(lambda block: block.state == "open").sudo().write(
            {
                "state": "resolved",
                "released": released,
                "resolved_at": fields.Datetime.now(),
                "resolved_by_id": self.env.uid,
            }
        )
