import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..marketplaces.base import Capability
from ..marketplaces.errors import MarketplaceError
from .ecom_channel import UnexpectedError
from .ecom_inbox_message import CONCURRENCY_ERRORS
from .failure_log import log_failure

_logger = logging.getLogger(__name__)


class EcomChannel(models.Model):
    """Reads the queue of a marketplace that has to be asked for its messages.

    Messages are hints, as webhooks are: what they tell comes with the feed as well,
    only later. So a queue that cannot be read is told to somebody and stops nothing.
    """

    _inherit = "ecom.channel"

    poll_messages = fields.Boolean(
        string="Messages Are Read",
        readonly=True,
        copy=False,
        help="The marketplace's messages about changed orders are read every minute.",
    )

    def action_open_messages(self):
        """Ask the marketplace to keep messages for us, and read them from now on."""
        self.ensure_one()
        try:
            self._get_connector().open_messages()
        except MarketplaceError as error:
            raise UserError(self._explain(error)) from error
        self.poll_messages = True
        return self._notify("success", self.env._("Messages are read from now on."))

    def action_close_messages(self):
        """Read no more messages; changes are then found by fetching."""
        self.ensure_one()
        try:
            self._get_connector().close_messages()
        except MarketplaceError as error:
            raise UserError(self._explain(error)) from error
        self.poll_messages = False

    @api.model
    def _get_message_domain(self):
        """Channels whose messages are read."""
        return [
            ("poll_messages", "=", True),
            ("state", "=", "connected"),
            ("emergency_stop", "=", False),
        ]

    @api.model
    def _cron_read_messages(self):
        """Scheduled: read the messages of every channel that has them."""
        channels = self.search(self._get_message_domain())
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(channels))
        for channel in channels:
            channel.with_company(channel.company_id)._read_messages_guarded()
            if not cron._commit_progress(processed=1):
                break

    def _read_messages_guarded(self):
        """Read the messages; a failure is told to somebody and tried again."""
        self.ensure_one()
        summary = self.env._("Messages cannot be read")
        try:
            self._read_messages()
        except CONCURRENCY_ERRORS as error:  # they are still there for the next run
            self.env["ecom.inbox.message"]._start_over(error)
        except Exception as error:  # noqa: BLE001 - the job must not fail, ever
            if not isinstance(error, MarketplaceError):
                log_failure(_logger, error, "Channel %s: messages failed", self.id)
                self.env.cr.rollback()
                self.env.invalidate_all()
                error = UnexpectedError(error=type(error).__name__)
            self._alert(summary, self._explain(error))
        else:
            self.activity_ids.filtered(lambda a: a.summary == summary).action_done()

    def _read_messages(self):
        """Store what is in the queue, and only then say so.

        What is not confirmed comes again: a crash in between doubles nothing, because
        a message that is stored already is the same row.
        """
        self.ensure_one()
        if not self._can(Capability.MESSAGES):
            return
        connector = self._get_connector()
        inbox = self.env["ecom.inbox.message"]
        more = True
        while more:
            page = connector.fetch_messages()
            left = self._keep(
                lambda page=page: inbox._store(self, page.envelopes, origin="poll")
            )
            if page.receipts:
                connector.confirm_messages(page.receipts)
            more = left and page.more
