from datetime import datetime, timedelta, timezone

from odoo import api, fields, models
from odoo.fields import Domain

from ..marketplaces.base import ORDER, Capability, OrderCursor
from .ecom_inbox_message import CONCURRENCY_ERRORS, MAX_ATTEMPTS
from .guard import run_guarded

REFUNDS_BACK = timedelta(days=4)  # marketplaces book refunds up to two days late


class EcomChannel(models.Model):
    """When and how the orders of a channel are fetched."""

    _inherit = "ecom.channel"

    fetch_interval = fields.Integer(
        string="Fetch Every (minutes)", default=10, required=True
    )
    overlap = fields.Integer(
        string="Overlap (seconds)",
        default=300,
        required=True,
        help="How far each fetch reaches back behind the last one, so that an order "
        "that the shop saved late is not missed.",
    )
    order_cursor = fields.Datetime(
        string="Read Up To",
        readonly=True,
        copy=False,
        help="Orders are read up to here (shop's clock).",
    )
    order_cursor_seen = fields.Json(readonly=True, copy=False)
    order_cursor_more = fields.Boolean(
        readonly=True,
        copy=False,
        help="The last run ended before all was read: the next one goes on there.",
    )
    last_fetch_at = fields.Datetime(string="Last Try", readonly=True, copy=False)
    last_success_at = fields.Datetime(string="Last Fetched", readonly=True, copy=False)
    next_fetch_at = fields.Datetime(
        string="Next Fetch", readonly=True, copy=False, index=True
    )
    last_sweep_at = fields.Datetime(
        string="Last Daily Check", readonly=True, copy=False
    )

    _interval_positive = models.Constraint(
        "CHECK(fetch_interval > 0 AND overlap >= 0)",
        "The interval must be more than zero and the overlap not negative.",
    )

    def action_fetch_now(self):
        """Fetch orders as soon as the scheduler is free, in the background."""
        self.sudo().write({"next_fetch_at": False})  # not a setting of the channel
        self._trigger_fetch()
        return self._notify("info", self.env._("Orders are being fetched."))

    # -- scheduled ---------------------------------------------------------------------

    @api.model
    def _trigger_fetch(self):
        # Running a scheduled job early is harmless; reading jobs is not for users.
        self.env.ref("ecom_orders.ir_cron_fetch").sudo()._trigger()

    @api.model
    def _get_due_domain(self):
        """Channels whose orders are to be fetched now."""
        return (
            Domain("state", "=", "connected")
            & Domain("emergency_stop", "=", False)
            & (
                Domain("next_fetch_at", "=", False)
                | Domain("next_fetch_at", "<=", fields.Datetime.now())
            )
        )

    @api.model
    def _cron_fetch(self):
        """Scheduled: fetch the orders of every channel that is due."""
        channels = self.search(self._get_due_domain())
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(channels))
        for channel in channels:
            channel = channel.with_company(channel.company_id)
            channel._fetch_guarded(channel._fetch_orders)
            if not cron._commit_progress(processed=1):
                return
        self._fetch_requested_listings()

    @api.model
    def _cron_sweep(self):
        """Scheduled, daily: find what no fetch and no webhook has told."""
        channels = self.search(
            [("state", "=", "connected"), ("emergency_stop", "=", False)]
        )
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(channels))
        for channel in channels:
            channel = channel.with_company(channel.company_id)
            channel._fetch_guarded(channel._sweep_orders)
            if not cron._commit_progress(processed=1):
                break

    def _fetch_guarded(self, fetch):
        """Run a fetch so that its failure is a recorded fact, not an exception."""
        self.ensure_one()
        if run_guarded(self, fetch, self._record_failure):
            self._record_success()

    def _record_success(self):
        now = fields.Datetime.now()
        if self.failure_count or self.reason:
            self._clear_error()
            self.activity_ids.filtered(
                lambda a: a.summary == self.env._("Orders cannot be fetched")
            ).action_done()
        self.write(
            {
                "last_success_at": now,
                "next_fetch_at": now + timedelta(minutes=self.fetch_interval),
            }
        )

    # -- reading -----------------------------------------------------------------------

    def _fetch_orders(self):
        """Read the order feed page by page; each page is stored with its cursor.

        After each page there is a commit: what a page brought is not lost when a
        later one fails.
        """
        self.ensure_one()
        connector = self._get_connector()
        cursor = self._get_order_cursor()
        self.last_fetch_at = fields.Datetime.now()
        more = True
        while more:
            page = connector.fetch_orders(cursor)
            left = self._keep(lambda page=page: self._store_page(page))
            cursor, more = page.cursor, left and page.more
        self._fetch_refunds(connector)

    def _keep(self, store):
        """Store what was just received, and commit.

        The shop's own messages arrive at the same time. Whoever comes second has to
        look again with a fresh transaction, so what was done before is committed
        first and storing is repeated when another transaction was faster.

        :return: whether there is time left to go on.
        """
        cron = self.env["ir.cron"]
        cron._commit_progress()
        for attempt in range(MAX_ATTEMPTS):
            try:
                store()
                self.env.flush_all()
            except CONCURRENCY_ERRORS as error:
                if attempt == MAX_ATTEMPTS - 1:
                    raise
                self.env["ecom.inbox.message"]._start_over(error)
            else:
                break
        return bool(cron._commit_progress())

    def _get_order_cursor(self):
        """Where to read on: exactly there after an interruption, else overlapping."""
        self.ensure_one()
        if self.order_cursor and self.order_cursor_more:
            return OrderCursor(
                since=self.order_cursor.replace(tzinfo=timezone.utc),
                seen=frozenset(self.order_cursor_seen or ()),
            )
        position = self.order_cursor or self.import_since
        if not position:
            return OrderCursor()
        since = position - timedelta(seconds=self.overlap)
        return OrderCursor(since=since.replace(tzinfo=timezone.utc))

    def _store_page(self, page):
        """Keep what a page brought, and how far it reached, in one transaction.

        The cursor is the connector's: it may go back, after a page with a stamp of
        the future, say.
        """
        self.env["ecom.inbox.message"]._store(self, page.envelopes, origin="poll")
        since = page.cursor.since
        if since:
            since = since.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)
        self.write(
            {
                "order_cursor": since or self.order_cursor,
                "order_cursor_seen": sorted(page.cursor.seen),
                "order_cursor_more": page.more,
            }
        )

    def _fetch_refunds(self, connector):
        """Read the lines of refunds of which only the amount is known."""
        if not connector.can(Capability.REFUNDS):
            return
        refunds = self.env["ecom.refund"].search(
            [("channel_id", "=", self.id), ("detailed", "=", False)], limit=200
        )
        inbox = self.env["ecom.inbox.message"]
        for order in refunds.order_id:
            envelopes = connector.fetch_refunds(order.ecom_external_id)
            if not self._keep(lambda e=envelopes: inbox._store(self, e, origin="poll")):
                break

    def _sweep_orders(self):
        """Look again at the last two days, and at what the feed does not show."""
        self.ensure_one()
        connector = self._get_connector()
        inbox = self.env["ecom.inbox.message"]
        since = fields.Datetime.now() - timedelta(days=2)
        start = max(filter(None, [since, self.import_since])).replace(
            tzinfo=timezone.utc
        )
        cursor, more = OrderCursor(since=start), True
        while more:
            page = connector.fetch_orders(cursor)
            self._keep(lambda p=page: inbox._store(self, p.envelopes, origin="sweep"))
            cursor, more = page.cursor, page.more
        if connector.can(Capability.REMOVED_ORDERS):
            for envelopes in connector.fetch_removed_orders(start):
                self._keep(lambda e=envelopes: inbox._store(self, e, origin="sweep"))
        if connector.can(Capability.REFUND_FEED):
            self._sweep_refunds(connector)
        self.last_sweep_at = fields.Datetime.now()

    def _sweep_refunds(self, connector):
        """Read the refunds of which the orders themselves say nothing."""
        since = datetime.now(timezone.utc) - REFUNDS_BACK
        if self.import_since:
            since = max(since, self.import_since.replace(tzinfo=timezone.utc))
        inbox = self.env["ecom.inbox.message"]
        for envelopes in connector.fetch_refund_feed(since):
            self._keep(lambda e=envelopes: inbox._store(self, e, origin="sweep"))

    def _fetch_single(self, external_id):
        """Ask for one order now; an answer counts more than what was stored before.

        :raises NotFound: when the shop does not have it (any more).
        """
        self.ensure_one()
        envelope = self._get_connector().fetch_order(external_id)
        return self.env["ecom.inbox.message"]._store(
            self, [envelope], origin="fetch", authoritative=envelope.kind == ORDER
        )
