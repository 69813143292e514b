from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.ecom_orders.marketplaces.base import CONNECTORS, OrderCursor
from odoo.addons.ecom_orders.models.ecom_channel import MAX_BACKOFF
from odoo.addons.ecom_orders.models.guard import run_guarded

FIRST_REACH = timedelta(days=30)  # how far back the first fetch goes, if nobody says
PATIENCE = 3  # failures that help by waiting, before a person is told


class EcomSettlementFetch(models.Model):
    """One feed of settlements of a channel: how far it was read, and what hinders it.

    What is fetched is kept as files before it is understood. The cursor moves in the
    same transaction as the files that it passed; a failure is a reason here and is
    tried again later. The job never fails.
    """

    _name = "ecom.settlement.fetch"
    _description = "Settlement Feed"
    _inherit = ["ecom.reason.mixin"]
    _order = "channel_id, id"
    _rec_name = "title"

    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    feed = fields.Char(string="Feed Code", required=True, readonly=True)
    title = fields.Char(string="Feed", compute="_compute_title")
    is_enabled = fields.Boolean(
        string="Fetch",
        default=True,
        help="Off: this feed is left alone, also when somebody fetches by hand.",
    )
    state = fields.Selection(
        [
            ("new", "Never fetched"),
            ("requested", "Waiting"),
            ("running", "Being fetched"),
            ("done", "Up to date"),
            ("failed", "Problem"),
        ],
        default="new",
        required=True,
        readonly=True,
    )
    cursor = fields.Datetime(
        string="Complete Up To",
        readonly=True,
        help="Everything before was fetched (the marketplace's clock). It stays some "
        "days behind the newest settlement, for what is listed late.",
    )
    cursor_seen = fields.Json(readonly=True)
    failure_count = fields.Integer(readonly=True)
    last_try_at = fields.Datetime(string="Last Try", readonly=True)
    last_success_at = fields.Datetime(string="Last Fetched", readonly=True)
    next_fetch_at = fields.Datetime(string="Next Fetch", readonly=True)
    new_count = fields.Integer(
        string="New Files", readonly=True, help="Of the last run, so far."
    )
    unread_count = fields.Integer(
        string="Cannot Be Read", readonly=True, help="Of the last run, so far."
    )
    requested_by_id = fields.Many2one("res.users", readonly=True)
    file_ids = fields.One2many("ecom.settlement.file", "fetch_id", readonly=True)

    _feed_uniq = models.Constraint(
        "UNIQUE(channel_id, feed)", "A channel has each feed once."
    )

    @api.depends("feed")
    @api.depends_context("lang")
    def _compute_title(self):
        titles = self._get_titles()
        for row in self:
            known = row._get_feed()
            row.title = titles.get(row.feed) or (known.title if known else row.feed)

    @api.model
    def _get_titles(self):
        """Names of feeds for people, by code."""
        return {
            "payouts": self.env._("Payouts"),
            "reports": self.env._("Settlement reports"),
            "deferred": self.env._("Deferred transactions"),
            "bills": self.env._("Bills"),
        }

    def _get_feed(self):
        """What the connector says of the feed; ``None`` when it has it no more."""
        self.ensure_one()
        connector = CONNECTORS.get(self.channel_id.provider)
        feeds = connector.settlement_feeds if connector else ()
        return next((feed for feed in feeds if feed.code == self.feed), None)

    @api.model
    def _get_explanations(self):
        """What settlements need that orders do not."""
        return {
            **super()._get_explanations(),
            "permission_refused": self.env._(
                "The marketplace does not let this app read settlements. "
                "%(permission)s Then fetch again. (%(message)s)"
            ),
            "request_refused": self.env._(
                "The marketplace refused to hand out settlements: %(message)s. If it "
                "has none for this account, switch this feed off."
            ),
        }

    @api.model
    def _get_permissions(self):
        """What has to be granted at a marketplace, by its code."""
        return {
            "shopify": self.env._(
                "Shopify: give the app the access scope "
                "“read_shopify_payments_payouts”, install it again and enter the new "
                "access token. The shop must use Shopify Payments."
            ),
            "amazon": self.env._(
                "Amazon: the application needs the role “Finance and Accounting”. Add "
                "it in the developer's profile and the application, then authorise the "
                "application in Seller Central again and enter the new refresh token."
            ),
            "ebay": self.env._(
                "eBay: the permission must include the scope “sell.finances”. Let the "
                "seller sign in again with it and enter the new refresh token. Sellers "
                "in the EU and the UK also need a signing key (Further Settings: "
                "signing_key and signing_jwe)."
            ),
            "taobao": self.env._(
                "Taobao: the application must be granted the interfaces of bills "
                "(账务API), which are open to merchants' own applications only."
            ),
        }

    def _prepare_error(self, error):
        """Values for the reason; a missing permission is told in words."""
        values = self.channel_id._prepare_error(error)
        permissions = self._get_permissions()
        values["reason_details"] = {
            **(values["reason_details"] or {}),
            "permission": permissions.get(self.channel_id.provider, ""),
        }
        return values

    # -- actions -----------------------------------------------------------------------

    def action_fetch(self):
        """Fetch these feeds as soon as the scheduler is free, in the background."""
        self.check_access("read")
        # Who may see the feed may ask for it; the row is written by the job.
        self.filtered("is_enabled").sudo().write(
            {
                "state": "requested",
                "next_fetch_at": False,
                "requested_by_id": self.env.uid,
            }
        )
        self._trigger()
        return True

    def action_view_files(self):
        """The files that came from this feed."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_finance_recon.ecom_settlement_file_action"
        )
        return {**action, "domain": [("fetch_id", "in", self.ids)], "context": {}}

    @api.model
    def _trigger(self, at=None):
        # Running a scheduled job early is harmless; reading jobs is not for users.
        cron = self.env.ref("ecom_finance_recon.ir_cron_fetch_settlements")
        cron.sudo()._trigger(at=at)

    # -- scheduled ---------------------------------------------------------------------

    @api.model
    def _get_due_domain(self):
        """Feeds that are to be read now: asked for, to be tried again, or by itself."""
        is_time = Domain("next_fetch_at", "<=", fields.Datetime.now())
        by_itself = Domain("channel_id.settlement_fetch", "=", True) & (
            Domain("next_fetch_at", "=", False) | is_time
        )
        again = Domain("state", "=", "failed") & is_time
        return (
            Domain("channel_id.state", "=", "connected")
            & Domain("channel_id.emergency_stop", "=", False)
            & Domain("is_enabled", "=", True)
            & (Domain("state", "in", ("requested", "running")) | again | by_itself)
        )

    @api.model
    def _cron_fetch(self):
        """Scheduled: fetch every feed that is due."""
        channels = self.env["ecom.channel"].search([("settlement_fetch", "=", True)])
        channels._ensure_settlement_feeds()
        feeds = self.search(self._get_due_domain())
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(feeds))
        for row in feeds:
            row.with_company(row.company_id)._fetch_guarded()
            if not cron._commit_progress(processed=1):
                break

    def _fetch_guarded(self):
        """Fetch so that a failure is a recorded fact, not an exception."""
        self.ensure_one()
        run_guarded(self, self._fetch, self._record_failure)

    def _record_failure(self, error):
        """Remember why, when to try again, and tell somebody in time."""
        self.ensure_one()
        failures = self.failure_count + 1
        delay = min(MAX_BACKOFF, timedelta(minutes=5) * 2 ** min(failures - 1, 8))
        asked = error.details.get("retry_after")
        if isinstance(asked, int | float):
            delay = max(delay, timedelta(seconds=asked))
        delay = delay if error.retriable else MAX_BACKOFF
        later = fields.Datetime.now() + delay
        if not error.retriable and not self.channel_id.settlement_fetch:
            later = False  # a person has to do something, then fetch again
        self.write(
            {
                "state": "failed",
                "failure_count": failures,
                "next_fetch_at": later,
                **self._prepare_error(error),
            }
        )
        if later:
            self._trigger(at=later)
        if failures >= PATIENCE or not error.retriable:
            self.channel_id._alert(self._get_alert_summary(), self.explanation)
        self._tell(self.env._("Settlements: %s", self.explanation), "warning")

    def _get_alert_summary(self):
        return self.env._("Settlements cannot be fetched")

    # -- reading -----------------------------------------------------------------------

    def _fetch(self):
        """Read the feed page by page; each is kept with its cursor, then understood.

        What failed is left out for the rest of the run, and is its result.
        """
        self.ensure_one()
        connector = self.channel_id._get_connector()
        self.write(
            {
                "state": "running",
                "last_try_at": fields.Datetime.now(),
                "new_count": 0,
                "unread_count": 0,
            }
        )
        cursor, more, skip, errors = self._get_cursor(), True, set(), []
        while more:
            page = connector.fetch_settlements(self.feed, cursor, frozenset(skip))
            left = self.channel_id._keep(lambda page=page: self._store_page(page))
            self._read_files()
            skip |= {failure.external_id for failure in page.failures}
            errors += [one.error for one in page.failures if not one.final]
            cursor, more = page.cursor, left and page.more
            if page.more and not left:
                self._trigger()  # it goes on there in the next run
                return
        if errors:
            raise errors[0]
        self._record_success()

    def _get_cursor(self):
        """Where to read on; connectors keep their overlap themselves."""
        self.ensure_one()
        since = self.cursor or self.channel_id._get_settlement_start()
        return OrderCursor(
            since=since.replace(tzinfo=timezone.utc),
            seen=frozenset(self.cursor_seen or () if self.cursor else ()),
        )

    def _store_page(self, page):
        """Keep what a page brought, and how far it reached, in one transaction."""
        files = self.env["ecom.settlement.file"]._keep_fetched(self, page)
        since = page.cursor.since.astimezone(timezone.utc)
        self.write(
            {
                "cursor": since.replace(tzinfo=None, microsecond=0),
                "cursor_seen": sorted(page.cursor.seen),
                "new_count": self.new_count + len(files),
            }
        )

    def _read_files(self):
        """Understand what was kept, one file at a time with a commit after each."""
        files = self.env["ecom.settlement.file"].search(
            [("fetch_id", "=", self.id), ("state", "=", "waiting")], order="id"
        )
        for file in files:
            file._read_guarded()
            if file.state == "failed":
                self.unread_count += 1
            self.env["ir.cron"]._commit_progress()

    def _record_success(self):
        now = fields.Datetime.now()
        known = self._get_feed()
        interval = known.interval if known else MAX_BACKOFF
        self.write(
            {
                "state": "done",
                "failure_count": 0,
                "reason": False,
                "reason_details": False,
                "last_success_at": now,
                "next_fetch_at": now + interval,
            }
        )
        others = self.channel_id.settlement_fetch_ids - self
        if not any(row.is_enabled and row.state == "failed" for row in others):
            summary = self._get_alert_summary()
            self.channel_id.activity_ids.filtered(
                lambda one: one.summary == summary
            ).action_done()
        if self.unread_count:
            self.channel_id._alert(
                self.env._("Fetched settlements cannot be read"),
                self.env._(
                    "%(count)s fetched files cannot be read. Imported Files says why.",
                    count=self.unread_count,
                ),
            )
        self._tell(self._get_result())

    def _get_result(self):
        """The last run in a sentence."""
        self.ensure_one()
        if not self.new_count:
            return self.env._("%(feed)s: nothing new.", feed=self.title)
        return self.env._(
            "%(feed)s: %(new)s fetched, %(unread)s of them cannot be read.",
            feed=self.title,
            new=self.new_count,
            unread=self.unread_count,
        )

    def _tell(self, message, kind="success"):
        """Tell the result to who asked for it, once."""
        user = self.requested_by_id
        if user:
            # A message to a person's screen; the job may not read people's records.
            user.sudo()._bus_send(
                "simple_notification",
                {"type": kind, "title": self.channel_id.name, "message": message},
            )
            self.requested_by_id = False
