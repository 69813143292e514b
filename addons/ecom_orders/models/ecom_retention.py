from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

BATCH_SIZE = 500
PROCESSED = ("done", "ignored", "superseded")


class EcomChannel(models.Model):
    """How long what arrived is kept."""

    _inherit = "ecom.channel"

    keep_days = fields.Integer(
        string="Keep Contents (days)",
        default=180,
        help="After that the contents of messages that were applied are dropped. Their "
        "rows stay, so that nothing is imported twice; failed ones stay whole. "
        "0 = for ever.",
    )

    _keep_days_positive = models.Constraint(
        "CHECK(keep_days >= 0)", "The number of days must not be negative."
    )

    @api.model
    def _cron_retention(self):
        """Scheduled, daily: drop contents and personal data whose time is over."""
        for channel in self.search([("state", "!=", "draft")]):
            channel = channel.with_company(channel.company_id)
            if not channel._drop_contents() or not channel._erase_due():
                return

    def _get_droppable_domain(self):
        """Messages whose contents are not needed any more.

        Those of quotations are: an order that waits is applied again from them.
        """
        self.ensure_one()
        limit = fields.Datetime.now() - timedelta(days=self.keep_days)
        return (
            Domain("channel_id", "=", self.id)
            & Domain("state", "in", PROCESSED)
            & Domain("emptied_at", "=", False)
            & Domain("processed_at", "<", limit)
            & (
                Domain("order_id", "=", False)
                | Domain("order_id.state", "not in", ("draft", "sent"))
            )
        )

    def _drop_contents(self):
        """Drop contents in batches, each committed.

        :return: whether there is time left.
        """
        self.ensure_one()
        inbox, cron = self.env["ecom.inbox.message"], self.env["ir.cron"]
        while self.keep_days:
            messages = inbox.search(self._get_droppable_domain(), limit=BATCH_SIZE)
            if not messages:
                break
            messages._empty()
            if not cron._commit_progress(processed=len(messages)):
                return False
        return True


class EcomInboxMessage(models.Model):
    """A message may lose its content, never its row: its digest keeps it known."""

    _inherit = "ecom.inbox.message"

    emptied_at = fields.Datetime(
        string="Content Dropped",
        readonly=True,
        help="Its content was dropped after the channel's time, or with the buyer's "
        "personal data.",
    )

    def _empty(self):
        """Drop the contents; kind, reference and digest stay."""
        self.write({"body": "", "emptied_at": fields.Datetime.now()})

    @api.model
    def _store(self, channel, envelopes, origin, authoritative=False):
        if authoritative:
            self._refill(channel, envelopes)
        return super()._store(channel, envelopes, origin, authoritative=authoritative)

    @api.model
    def _refill(self, channel, envelopes):
        """Give contents back to messages that were asked for anew."""
        bodies = {(e.kind, e.external_id, e.digest): e.body for e in envelopes}
        emptied = self.search(
            [
                ("channel_id", "=", channel.id),
                ("digest", "in", [digest for _k, _e, digest in bodies]),
                ("emptied_at", "!=", False),
            ]
        )
        for message in emptied:
            body = bodies.get((message.kind, message.external_id, message.digest))
            if body:
                message.write({"body": body, "emptied_at": False})

    def _requeue(self):
        return super(
            EcomInboxMessage, self.filtered(lambda message: not message.emptied_at)
        )._requeue()

    def action_retry(self):
        """Process the messages again; those without content cannot be."""
        if self and all(self.mapped("emptied_at")):
            raise UserError(
                self.env._(
                    "The content was dropped. Fetch the order from the shop instead."
                )
            )
        return super().action_retry()
