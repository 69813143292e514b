from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class EcomMessageMixin(models.AbstractModel):
    """A message of a channel that a job works off: what in- and outbox share.

    The state machines differ; when a message is due, who may take a channel, how an
    outcome is written and how a person asks for another try do not.
    """

    _name = "ecom.message.mixin"
    _description = "Message that a job works off"
    _inherit = ["ecom.reason.mixin"]
    _order = "id desc"

    #: States in which the job looks at a message.
    _waiting_states = ()
    #: First key of the advisory locks that keep two workers from one channel.
    _lock_space = 0

    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    attempts = fields.Integer(readonly=True)
    next_attempt_at = fields.Datetime(string="Next Attempt", readonly=True)

    # -- the queue ---------------------------------------------------------------------

    @api.model
    def _get_queue_domain(self):
        """Messages that the job is to look at now."""
        return (
            Domain("state", "in", self._waiting_states)
            & Domain("channel_id.state", "=", "connected")
            & Domain("channel_id.emergency_stop", "=", False)
            & (
                Domain("next_attempt_at", "=", False)
                | Domain("next_attempt_at", "<=", fields.Datetime.now())
            )
        )

    @api.model
    def _get_waiting_channels(self):
        groups = self._read_group(self._get_queue_domain(), ["channel_id"])
        return self.env["ecom.channel"].union(*(channel for (channel,) in groups))

    @api.model
    def _take_channel(self, channel):
        """Take the channel for this transaction: one worker at a time."""
        [(taken,)] = self.env.execute_query(
            SQL(
                "SELECT pg_try_advisory_xact_lock(%s, %s)", self._lock_space, channel.id
            )
        )
        return taken

    @api.model
    def _take_oldest(self, channel, limit):
        """The channel's oldest due messages, unless another worker is at them."""
        if not self._take_channel(channel):
            return self.browse()
        return self.search(
            self._get_queue_domain() & Domain("channel_id", "=", channel.id),
            order="id",
            limit=limit,
        ).try_lock_for_update()

    # -- actions -----------------------------------------------------------------------

    @api.model
    def action_retry_all(self):
        """Try all failed messages again that the user sees."""
        return self.search([("state", "=", "failed")]).action_retry()

    def action_view_order(self):
        """The sale order it belongs to."""
        self.ensure_one()
        return self.order_id._get_records_action()

    @api.model
    def _notify_retry(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # -- outcomes ----------------------------------------------------------------------

    def _set_outcome(self, state, code=None, details=None, **values):
        """Write what became of messages.

        :param code: of the reason, if there is one to be told.
        :param details: plain values for its text.
        """
        if code:
            reason = self._prepare_reason(code, self._plain(details))
        else:
            reason = {"reason": False, "reason_details": False}
        self.write({"state": state, **values, **reason})

    @api.model
    def _plain(self, details):
        """Only what JSON can hold and a text can show; lists hold codes."""

        def plain(value):
            if isinstance(value, list):
                return [str(code) for code in value]
            return value if isinstance(value, int | float | bool) else str(value)

        return {key: plain(value) for key, value in (details or {}).items()}
