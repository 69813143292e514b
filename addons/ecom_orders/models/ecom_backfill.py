from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .guard import run_guarded

FIRST_WINDOW = 7 * 24  # hours of history that are read in one go
LAST_WINDOW = 1
MAX_FAILURES = 5


class EcomBackfill(models.Model):
    """History that somebody asked for, read in the background.

    It is read in windows of time, from the oldest on, and committed page by page. After
    an interruption it goes on with the window it was in; a window that did not fit into
    one run is halved. What was read before is recognised and not kept twice.
    """

    _name = "ecom.backfill"
    _description = "Fetching of history"
    _inherit = ["ecom.reason.mixin"]
    _order = "id desc"

    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    since = fields.Datetime(string="Orders Since", required=True, readonly=True)
    until = fields.Datetime(string="Orders Until", required=True, readonly=True)
    state = fields.Selection(
        [
            ("requested", "Waiting"),
            ("running", "Running"),
            ("stopped", "Stopped"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        default="requested",
        required=True,
        readonly=True,
        index=True,
    )
    position = fields.Datetime(
        string="Read Up To", readonly=True, help="Everything before was read."
    )
    window = fields.Integer(
        string="Window (hours)", default=FIRST_WINDOW, readonly=True
    )
    page_count = fields.Integer(string="Pages Read", readonly=True)
    read_count = fields.Integer(string="Orders Read", readonly=True)
    new_count = fields.Integer(
        string="New States",
        readonly=True,
        help="States of orders that were not here yet.",
    )
    progress = fields.Float(compute="_compute_progress", string="Progress (%)")
    failures = fields.Integer(readonly=True)
    next_attempt_at = fields.Datetime(string="Next Attempt", readonly=True)
    finished_at = fields.Datetime(string="Finished", readonly=True)

    _range_positive = models.Constraint(
        "CHECK(until > since)", "The end must be after the beginning."
    )

    @api.depends("channel_id", "since", "until")
    def _compute_display_name(self):
        for backfill in self:
            backfill.display_name = (
                f"{backfill.channel_id.name}: {backfill.since} – {backfill.until}"
            )

    @api.depends("position", "since", "until", "state")
    def _compute_progress(self):
        for backfill in self:
            whole = (backfill.until - backfill.since).total_seconds()
            position = backfill.position or backfill.since
            read = (position - backfill.since).total_seconds()
            done = backfill.state == "done"
            backfill.progress = 100.0 if done else 100.0 * read / whole

    # -- actions -----------------------------------------------------------------------

    def action_stop(self):
        """Stop after the page that is being read; it can go on later."""
        self._set_state(("requested", "running"), "stopped")

    def action_resume(self):
        """Go on where it stopped or failed."""
        self._set_state(("stopped", "failed"), "requested")
        self._trigger()

    def _set_state(self, states, state):
        # Everybody who works with orders may ask; the row is written by the job.
        self.check_access("read")
        self.filtered(lambda backfill: backfill.state in states).sudo().write(
            {"state": state, "failures": 0, "next_attempt_at": False}
        )

    @api.model
    def _request(self, channel, since, until):
        """Ask for the history of a range of time.

        :param since: UTC, as Odoo stores it; ``until`` likewise, not included.
        :raises UserError: when the same is being read already.
        """
        overlapping = self.search_count(
            [
                ("channel_id", "=", channel.id),
                ("state", "in", ("requested", "running")),
                ("since", "<", until),
                ("until", ">", since),
            ]
        )
        if overlapping:
            raise UserError(self.env._("This history is being fetched already."))
        # Everybody who works with orders may ask; the row is written by the job.
        backfill = self.sudo().create(
            {"channel_id": channel.id, "since": since, "until": until}
        )
        self._trigger()
        return backfill.with_env(self.env)

    @api.model
    def _trigger(self, at=None):
        # Running a scheduled job early is harmless; reading jobs is not for users.
        self.env.ref("ecom_orders.ir_cron_backfill").sudo()._trigger(at=at)

    # -- scheduled ---------------------------------------------------------------------

    @api.model
    def _cron_backfill(self):
        """Scheduled: read on with what was asked for; the job never fails."""
        now = fields.Datetime.now()
        backfills = self.search(
            Domain("state", "in", ("requested", "running"))
            & Domain("channel_id.state", "=", "connected")
            & Domain("channel_id.emergency_stop", "=", False)
            & (
                Domain("next_attempt_at", "=", False)
                | Domain("next_attempt_at", "<=", now)
            ),
            order="id",
        )
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(backfills))
        for backfill in backfills:
            backfill._read_guarded()
            if not cron._commit_progress(processed=1):
                break

    def _read_guarded(self):
        """Read so that a failure is a recorded fact, not an exception."""
        self.ensure_one()
        self = self.with_company(self.company_id)
        run_guarded(self, self._read_windows, self._set_failure)

    def _set_failure(self, error):
        """Later again, if that can help; else a person has to look."""
        failures = self.failures + 1
        again = error.retriable and failures < MAX_FAILURES
        later = fields.Datetime.now() + timedelta(minutes=2**failures)
        self.write(
            {
                "state": "requested" if again else "failed",
                "failures": failures,
                "next_attempt_at": later if again else False,
                **self.channel_id._prepare_error(error),
            }
        )
        if again:
            self._trigger(at=later)
        else:
            self.channel_id._alert(
                self.env._("History could not be fetched"),
                self.channel_id._explain(error),
            )

    def _read_windows(self):
        """Read window after window, until all is read, stopped, or time is over."""
        self.ensure_one()
        self.write({"state": "running", "position": self.position or self.since})
        connector = self.channel_id._get_connector()
        while self.position < self.until:
            end = min(self.position + timedelta(hours=self.window), self.until)
            if not self._read_window(connector, end):
                self._set_interrupted()
                return
            self._finish_window(end)
        self.write(
            {
                "state": "done",
                "finished_at": fields.Datetime.now(),
                "reason": False,
                "reason_details": False,
            }
        )

    def _read_window(self, connector, end):
        """Read the pages of one window; each is kept and counted at once.

        :return: whether it was read to its end.
        """
        pages = connector.fetch_history(
            self.position.replace(tzinfo=timezone.utc),
            end.replace(tzinfo=timezone.utc),
        )
        for envelopes in pages:
            if not self.channel_id._keep(lambda e=envelopes: self._store_page(e)):
                return False
            self.invalidate_recordset(["state"])  # somebody may have stopped it
            if self.state != "running":
                return False
        return True

    def _store_page(self, envelopes):
        new = self.env["ecom.inbox.message"]._store(
            self.channel_id, envelopes, origin="backfill"
        )
        self.write(
            {
                "page_count": self.page_count + 1,
                "read_count": self.read_count + len(envelopes),
                "new_count": self.new_count + len(new),
            }
        )

    def _finish_window(self, end):
        self.write({"position": end, "failures": 0})
        self.env["ir.cron"]._commit_progress()

    def _set_interrupted(self):
        """Go on in the next run, with a window that fits into one."""
        if self.state == "running":
            self.window = max(self.window // 2, LAST_WINDOW)
            self._trigger()


class EcomChannel(models.Model):
    _inherit = "ecom.channel"

    def action_fetch_by_hand(self):
        """Ask for single orders or for history."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Fetch Orders"),
            "res_model": "ecom.fetch.orders",
            "view_mode": "form",
            "target": "new",
            "context": {"default_channel_id": self.id},
        }
