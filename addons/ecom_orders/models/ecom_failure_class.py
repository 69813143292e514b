from odoo import api, fields, models
from odoo.tools import SQL

from ..marketplaces.failures import signature


class EcomInboxMessage(models.Model):
    _inherit = "ecom.inbox.message"

    signature = fields.Char(
        compute="_compute_signature",
        store=True,
        help="Equal for messages that failed for the same cause.",
    )

    @api.depends("reason", "reason_details")
    def _compute_signature(self):
        for message in self:
            message.signature = message.reason and signature(
                message.reason, message.reason_details
            )


class EcomOrderBlock(models.Model):
    _inherit = "ecom.order.block"

    signature = fields.Char(
        compute="_compute_signature",
        store=True,
        help="Equal for orders that wait for the same cause.",
    )

    @api.depends("reason", "reason_details")
    def _compute_signature(self):
        for block in self:
            block.signature = signature(block.reason, block.reason_details)


class EcomFailureClass(models.Model):
    """Failed messages and waiting orders by their cause: one remedy for all alike."""

    _name = "ecom.failure.class"
    _description = "Failures of the same cause"
    _inherit = ["ecom.reason.mixin"]
    _auto = False
    _order = "holding desc, count desc, id"
    _rec_name = "reason"

    source = fields.Selection(
        [("message", "Failed messages"), ("block", "Orders to look at")],
        string="Kind of Failure",
        readonly=True,
    )
    channel_id = fields.Many2one("ecom.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    signature = fields.Char(string="Cause", readonly=True)
    count = fields.Integer(readonly=True)
    holding = fields.Boolean(
        readonly=True, help="Orders wait or were not imported because of it."
    )
    first_at = fields.Datetime(string="First Seen", readonly=True)
    last_at = fields.Datetime(string="Last Seen", readonly=True)
    releasable = fields.Boolean(compute="_compute_releasable")

    @property
    def _table_query(self):
        # One row of each class gives the example that is explained: the newest.
        return SQL(
            """
            SELECT MIN(id) * 2 AS id, 'message' AS source, channel_id, company_id,
                   reason, signature,
                   (ARRAY_AGG(reason_details ORDER BY id DESC))[1] AS reason_details,
                   COUNT(*) AS count, TRUE AS holding,
                   MIN(received_at) AS first_at, MAX(received_at) AS last_at
              FROM ecom_inbox_message
             WHERE state = 'failed'
             GROUP BY channel_id, company_id, reason, signature
             UNION ALL
            SELECT MIN(id) * 2 + 1, 'block', channel_id, company_id,
                   reason, signature,
                   (ARRAY_AGG(reason_details ORDER BY id DESC))[1],
                   COUNT(*), holding,
                   MIN(create_date), MAX(create_date)
              FROM ecom_order_block
             WHERE state = 'open'
             GROUP BY channel_id, company_id, reason, signature, holding
            """
        )

    @api.depends("reason", "source", "holding")
    def _compute_releasable(self):
        reasons = self.env["ecom.order.block"]._get_releasable_reasons()
        for failure in self:
            failure.releasable = failure.source == "block" and (
                not failure.holding or failure.reason in reasons
            )

    # -- members -----------------------------------------------------------------------

    def _get_members(self):
        """The messages or blocks of one class."""
        self.ensure_one()
        domain = [
            ("channel_id", "=", self.channel_id.id),
            ("reason", "=", self.reason),
            ("signature", "=", self.signature),
        ]
        if self.source == "message":
            return self.env["ecom.inbox.message"].search(
                [*domain, ("state", "=", "failed")]
            )
        return self.env["ecom.order.block"].search(
            [*domain, ("state", "=", "open"), ("holding", "=", self.holding)]
        )

    def action_view_members(self):
        """The messages or orders of the class."""
        members = self._get_members()
        if self.source == "block":
            members = members.order_id
        return {
            "type": "ir.actions.act_window",
            "name": self.signature or self.env._("Alike"),
            "res_model": members._name,
            "view_mode": "list,form",
            "domain": [("id", "in", members.ids)],
        }

    # -- one remedy for all ------------------------------------------------------------

    def action_retry_alike(self):
        """Process all of the class again, as soon as the scheduler is free."""
        for failure in self:
            members = failure._get_members()
            if failure.source == "message":
                members._requeue()
                members._trigger_processing()
            else:
                members.order_id._ecom_reprocess()
        return self._notify(self.env._("They will be processed again."))

    def action_ignore_alike(self):
        """Put all failed messages of the class aside; they can be retried later."""
        for failure in self.filtered(lambda failure: failure.source == "message"):
            failure._get_members().action_ignore()
        return self._notify(self.env._("They were put aside."))

    def action_release_alike(self):
        """Let all orders of the class go in spite of the reason.

        They are confirmed in the background, so that one which cannot be stops no
        other.
        """
        for failure in self.filtered("releasable"):
            blocks = failure._get_members()
            blocks._resolve(released=True)
            blocks.order_id._ecom_reprocess()
        return self._notify(self.env._("They were released."))

    @api.model
    def _notify(self, message):
        return self.env["ecom.channel"]._notify("info", message)


class EcomChannel(models.Model):
    _inherit = "ecom.channel"

    def action_view_failures(self):
        """This channel's failures, by cause."""
        return self._view("ecom_failure_class_action", "channel_id")
