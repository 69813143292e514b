from odoo import api, models

from .ecom_outbox_message import CANCEL, NOTICES
from .order_plan import Hold, naive

# Notices that belong to something else than the last state of the order at the shop:
# an import neither raises nor resolves them.
STANDING = {*NOTICES.values(), "credit_note_refused"}


class EcomOrderSettler(models.AbstractModel):
    """What Odoo tells the channel changes what has to be told to people."""

    _inherit = "ecom.order.settler"

    @api.model
    def _cancel(self, orders):
        """The channel cancelled: it need not be told."""
        return super()._cancel(orders.with_context(ecom_by_channel=True))

    @api.model
    def _decide(self, channel, order, plan, released):
        step = super()._decide(channel, order, plan, released)
        plan.holds = [
            hold
            for hold in plan.holds
            if not self._is_settled(order, plan.external, hold)
        ]
        if order.state == "sale":
            plan.holds += order.ecom_refund_ids._prepare_failure_notices()
        return step

    @api.model
    def _is_settled(self, order, external, hold):
        """Whether a reason needs nobody, because Odoo itself took care of it."""
        if hold.reason == "refund_to_credit":
            return any(
                refund.external_id == hold.key and refund.state != "waiting"
                for refund in order.ecom_refund_ids
            )
        if hold.reason == "cancelled_in_odoo":
            return any(
                row.kind == CANCEL
                and (
                    row.state in ("waiting", "pending", "failed")
                    # the shop's state is older than what it was told
                    or (row.sent_at and row.sent_at >= naive(external.updated_at))
                )
                for row in order.ecom_outbox_ids
            )
        return False

    @api.model
    def _sync_blocks(self, batch, plans, released):
        orders = {batch.orders[key].id: plan for key, plan in plans.items()}
        standing = self.env["ecom.order.block"].search(
            [
                ("order_id", "in", list(orders)),
                ("state", "=", "open"),
                ("reason", "in", list(STANDING)),
            ]
        )
        for block in standing:
            orders[block.order_id.id].holds.append(
                Hold(
                    block.reason,
                    key=block.key or "",
                    holding=block.holding,
                    details=block.reason_details or {},
                )
            )
        return super()._sync_blocks(batch, plans, released)


class EcomOrderBlock(models.Model):
    """A cancellation that came too late is a task of somebody."""

    _inherit = "ecom.order.block"

    @api.model_create_multi
    def create(self, vals_list):
        blocks = super().create(vals_list)
        for block in blocks:
            if block.reason == "cancelled_after_shipping":
                block._assign()
        return blocks

    def _assign(self):
        """Give the order to the channel's responsible person, once."""
        self.ensure_one()
        channel = self.channel_id
        user = channel.user_id or self.env.ref("base.user_admin")
        self.order_id.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Cancelled after shipping"),
            note=self.explanation,
            user_id=user.id,
        )

    def action_accept_cancel(self):
        """Do what the buyer asks."""
        return self.order_id.action_ecom_accept_cancel()

    def action_refuse_cancel(self):
        """Go on with the order."""
        return self.order_id.action_ecom_refuse_cancel()
