from odoo import api, fields, models
from odoo.exceptions import UserError

from ..marketplaces.outbound import CancelRequest, to_plain
from .ecom_outbox_message import CANCEL

USER = "ecom_orders.group_user"


class SaleOrder(models.Model):
    """What the channel of an order is told of it."""

    _inherit = "sale.order"

    ecom_shipping_method_id = fields.Many2one(
        "ecom.shipping.method",
        string="Chosen Delivery",
        readonly=True,
        copy=False,
        ondelete="set null",
        groups=USER,
    )
    ecom_outbox_ids = fields.One2many(
        "ecom.outbox.message",
        "order_id",
        string="Told to the Shop",
        readonly=True,
        groups=USER,
    )
    ecom_outbox_count = fields.Integer(
        compute="_compute_ecom_outbox_count", compute_sudo=True, groups=USER
    )
    ecom_cancel_requested = fields.Boolean(
        string="Buyer Asks to Cancel",
        compute="_compute_ecom_cancel_requested",
        compute_sudo=True,
        groups=USER,
    )

    @api.depends("ecom_outbox_ids")
    def _compute_ecom_outbox_count(self):
        for order in self:
            order.ecom_outbox_count = len(order.ecom_outbox_ids)

    @api.depends("ecom_block_ids.state")
    def _compute_ecom_cancel_requested(self):
        for order in self:
            order.ecom_cancel_requested = bool(order._get_cancel_requests())

    def _get_cancel_requests(self):
        return self.ecom_block_ids.filtered(
            lambda block: block.state == "open" and block.reason == "cancel_requested"
        )

    # -- cancellation ------------------------------------------------------------------

    def _action_cancel(self):
        """What a person calls off here is called off in the shop too."""
        result = super()._action_cancel()
        if not self.env.context.get("ecom_by_channel"):
            # Whoever cancels need not have a role in this addon.
            self.sudo()._ecom_tell_cancellation()
        return result

    def action_draft(self):
        """An order that lives again is no longer to be called off in the shop."""
        result = super().action_draft()
        self.sudo().ecom_outbox_ids.filtered(
            lambda row: row.kind == CANCEL and row.state == "waiting"
        ).action_ignore()
        return result

    def _ecom_tell_cancellation(self):
        """Keep a message for each order whose channel is to be told."""
        asked = self.env.context.get("ecom_answer_request")
        told = self.filtered(
            lambda order: (
                order.ecom_external_id
                and order.ecom_channel_id._can_cancel(asked=asked)
            )
        )
        rows = self.env["ecom.outbox.message"]._put(
            [order._ecom_prepare_cancellation() for order in told]
        )
        # Called off, revived and called off again: it has to be told again.
        rows.filtered(lambda row: row.state not in ("waiting", "pending"))._requeue()

    def _ecom_prepare_cancellation(self):
        """Values of the message that calls off an order."""
        self.ensure_one()
        return {
            "channel_id": self.ecom_channel_id.id,
            "kind": CANCEL,
            "key": f"cancel-{self.id}",
            "order_id": self.id,
            "payload": to_plain(CancelRequest(order_id=self.ecom_external_id)),
        }

    def action_ecom_accept_cancel(self):
        """Do what the buyer asks: cancel here, and tell the shop."""
        for order in self:
            if any(picking.state == "done" for picking in order._ecom_get_pickings()):
                raise UserError(
                    self.env._(
                        "%s was shipped already. Refuse, or arrange a return.",
                        order.name,
                    )
                )
            if order.locked:
                order.action_unlock()
            order.with_context(ecom_answer_request=True).action_cancel()
            order._get_cancel_requests()._resolve()
        return True

    def action_ecom_refuse_cancel(self):
        """Go on with the order; the shop's request is not shown again."""
        for order in self:
            order._get_cancel_requests()._resolve(released=True)
            order.message_post(
                body=self.env._("The buyer's wish to cancel was refused.")
            )
        return True

    def action_ecom_view_outbox(self):
        """Everything that the shop was told of this order."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_orders.ecom_outbox_message_action"
        )
        return {**action, "domain": [("order_id", "=", self.id)], "context": {}}
