from odoo import fields, models

from .ecom_outbox_message import CANCEL, CAPABILITIES


class EcomChannel(models.Model):
    """What a channel is told, and when."""

    _inherit = "ecom.channel"

    push_shipment = fields.Boolean(
        string="Tell Shipments",
        default=True,
        tracking=True,
        help="A validated delivery is told the shop, with its tracking numbers.",
    )
    tracking_wait = fields.Integer(
        string="Wait for Tracking (hours)",
        default=12,
        required=True,
        help="A delivery that was validated without a tracking number is told the shop "
        "when it gets one, and after this time without one. 0 = at once.",
    )
    push_cancel = fields.Boolean(
        string="Tell Cancellations",
        default=True,
        tracking=True,
        help="An order that a person cancels here is cancelled in the shop too.",
    )
    push_refund = fields.Boolean(
        string="Tell Refunds",
        tracking=True,
        help="A credit note that is posted here gives the money back in the shop. "
        "Those made from a refund of the shop are never told.",
    )
    carrier_code_ids = fields.One2many(
        "ecom.carrier.code", "channel_id", string="Carrier Codes"
    )
    outbox_failed_count = fields.Integer(compute="_compute_outbox_failed_count")

    _tracking_wait_positive = models.Constraint(
        "CHECK(tracking_wait >= 0)", "The time to wait must not be negative."
    )

    def _compute_outbox_failed_count(self):
        failed = self._count(
            "ecom.outbox.message", "channel_id", [("state", "=", "failed")]
        )
        for channel in self:
            channel.outbox_failed_count = failed.get(channel, 0)

    def _is_told(self, kind):
        """Whether a kind of message is to be sent to this channel.

        :param kind: one of those of ``ecom.outbox.message``.
        """
        self.ensure_one()
        return self[f"push_{kind}"] and self._can(CAPABILITIES[kind])

    def action_view_outbox(self):
        """What this channel was told, or could not be."""
        action = self._view("ecom_outbox_message_action", "channel_id")
        return {**action, "context": {"search_default_failed": 1}}

    def _can_cancel(self, asked=False):
        """Whether cancellations are told this channel.

        :param asked: the buyer asked for it, so the answer is always told.
        """
        self.ensure_one()
        if asked:
            return self._can(CAPABILITIES[CANCEL])
        return self._is_told(CANCEL)
