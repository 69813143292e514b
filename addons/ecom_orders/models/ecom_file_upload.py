import base64
import hashlib
from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.tools import split_every

from ..marketplaces.base import ORDER, Envelope
from ..marketplaces.file import Mapping, OrderFile, refused_row
from .guard import run_guarded
from .order_plan import naive

DATES = ("created_at", "paid_at")
IMMEDIATE_ROWS = 1_000  # larger files are not worth a person's wait
CHUNK = 500  # orders that are stored by one statement
LEAST_CHUNKS = 5  # of one run: opening a large file takes as long as storing some
UNFINISHED = ("requested", "running")


class EcomFileUpload(models.Model):
    """A file of orders that a person imports, and what has become of it.

    A small one is read at once. A large one is kept and read by the scheduled job that
    applies messages, chunk by chunk with a commit each; after an interruption it goes
    on with the next order. When it was read, its content is dropped: the messages have
    it. What can be corrected stays as the file of refused rows.
    """

    _name = "ecom.file.upload"
    _description = "Imported file of orders"
    _inherit = ["ecom.reason.mixin"]
    _order = "id desc"

    name = fields.Char(string="File Name", required=True, readonly=True)
    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    user_id = fields.Many2one("res.users", string="Imported By", readonly=True)
    state = fields.Selection(
        [
            ("requested", "Waiting"),
            ("running", "Running"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        default="requested",
        required=True,
        readonly=True,
        index=True,
    )
    in_background = fields.Boolean(readonly=True)
    content = fields.Binary(readonly=True)
    mapping = fields.Json(readonly=True)
    file_time = fields.Datetime(
        readonly=True,
        help="When the file was first read, where its orders tell no time at all.",
    )
    apply_older = fields.Boolean(
        string="Older States Are Applied",
        readonly=True,
        help="A person said that the file is right, also where a newer one was applied "
        "already.",
    )
    row_count = fields.Integer(string="Rows", readonly=True)
    rows_read = fields.Integer(readonly=True)
    orders_read = fields.Integer(readonly=True)
    new_count = fields.Integer(string="New Orders", readonly=True)
    changed_count = fields.Integer(string="Changed Orders", readonly=True)
    unchanged_count = fields.Integer(string="Unchanged Orders", readonly=True)
    older_count = fields.Integer(
        string="Older States",
        readonly=True,
        help="Orders of which a newer state was applied before.",
    )
    corrected_count = fields.Integer(
        string="Corrected Rows",
        readonly=True,
        help="Rows that were refused before and could be read now.",
    )
    refused_count = fields.Integer(string="Refused Rows", readonly=True)
    refused_file = fields.Binary(readonly=True)
    refused_name = fields.Char(readonly=True)
    emptied = fields.Boolean(
        string="Content Dropped",
        readonly=True,
        help="The file and its refused rows were dropped after the channel's time.",
    )
    progress = fields.Float(compute="_compute_progress", string="Progress (%)")
    finished_at = fields.Datetime(string="Finished", readonly=True)

    @api.depends("row_count", "rows_read", "state")
    def _compute_progress(self):
        for upload in self:
            done = upload.state == "done" or not upload.row_count
            upload.progress = 100.0 * (
                done or upload.rows_read / (upload.row_count or 1)
            )

    # -- actions -----------------------------------------------------------------------

    def action_retry(self):
        """Go on where it failed."""
        # Everybody who works with orders may ask; the row is written by the job.
        self.check_access("read")
        failed = self.filtered(
            lambda upload: upload.state == "failed" and not upload.emptied
        ).sudo()
        failed.write({"state": "requested", "reason": False, "reason_details": False})
        self.env["ecom.inbox.message"]._trigger_processing()

    def action_view_messages(self):
        """What files have put into the channel's inbox."""
        self.ensure_one()
        action = self.channel_id.action_view_inbox()
        domain = [*action["domain"], ("origin", "=", "file")]
        return {**action, "domain": domain}

    def action_download_refused(self):
        """The refused rows, to be corrected and imported again."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "target": "download",
            "url": f"/web/content/{self._name}/{self.id}/refused_file/"
            f"{self.refused_name}?download=true",
        }

    # -- asking for it -----------------------------------------------------------------

    @api.model
    def _request(self, channel, name, content, mapping, row_count, apply_older=False):
        """Import a file: a small one at once, a large one in the background.

        :param content: bytes.
        :param mapping: a :class:`~..marketplaces.file.Mapping`.
        :param row_count: how many rows the file has.
        :raises FileUnreadable: when a small one cannot be read.
        """
        channel.check_access("read")
        user = self.env.ref("ecom_orders.user_technical")
        # Only the user of the scheduled jobs writes to the inbox; who may see the
        # channel may let it read a file.
        upload = self.with_user(user).with_company(channel.company_id)
        upload = upload.create(
            {
                "name": name,
                "channel_id": channel.id,
                "user_id": self.env.uid,
                "in_background": row_count > IMMEDIATE_ROWS,
                "content": base64.b64encode(content),
                "mapping": mapping.as_json(),
                "file_time": self._get_file_time(channel, content, mapping),
                "apply_older": apply_older,
                "row_count": row_count,
            }
        )
        if upload.in_background:
            self.env["ecom.inbox.message"]._trigger_processing()
        else:
            upload._read(lambda store: store() or True)
        return upload.with_env(self.env)

    @api.model
    def _get_file_time(self, channel, content, mapping):
        """The time of orders that tell none: when the file was first read."""
        if {*mapping.columns.values(), *mapping.constants} & set(DATES):
            return False
        digest = hashlib.sha256(content).hexdigest()[:16]
        return naive(channel._get_file_time(digest))

    # -- reading -----------------------------------------------------------------------

    @api.model
    def _read_waiting(self):
        """Scheduled: read the files that wait; the job never fails.

        :return: whether there is time left.
        """
        waiting = self.search([("state", "in", UNFINISHED)], order="id")
        return all(self.browse(upload)._read_guarded() for upload in waiting.ids)

    def _read_guarded(self):
        """Read so that a failure is a recorded fact, not an exception.

        :return: whether there is time left.
        """
        self.ensure_one()
        self = self.with_company(self.company_id)
        run_guarded(self, self._read_in_background, self._set_failed)
        return bool(self.env["ir.cron"]._commit_progress())

    def _read_in_background(self):
        self._read(self.channel_id._keep)

    def _read(self, keep):
        """Store what the file brings, from where the last run stopped.

        :param keep: called with what stores a chunk; returns whether to go on.
        :return: whether all was read.
        :raises FileUnreadable: when it cannot be read at all.
        """
        self.ensure_one()
        file = self._open()
        reads = file.read_orders(start=self.orders_read)
        for number, chunk in enumerate(split_every(CHUNK, reads), start=1):
            left = keep(lambda chunk=chunk: self._store_chunk(chunk))
            if not left and number >= LEAST_CHUNKS:
                return False
            if self.in_background:
                # What was stored is not needed again: memory must not grow with rows.
                self.env.invalidate_all()
        return keep(lambda: self._finish(file))

    def _open(self):
        content = base64.b64decode(self.with_context(bin_size=False).content or b"")
        moment = self.file_time and self.file_time.replace(tzinfo=timezone.utc)
        return OrderFile(content, Mapping.of_json(self.mapping), moment or None)

    def _store_chunk(self, reads):
        """Keep a message for each order and each refused row, and count them."""
        inbox = self.env["ecom.inbox.message"]
        orders = inbox._prepare_file_orders(
            self.channel_id,
            [read.payload for read in reads if read.payload is not None],
            undated=bool(self.file_time),
            apply_older=self.apply_older,
        )
        refused = [refused_row(error) for read in reads for error in read.errors]
        wanted = [e for e, code in orders if code != "older"] + refused
        corrected = len(self._resolve_corrected(reads, orders))
        inbox._store(self.channel_id, wanted, origin="file")
        if self.apply_older:
            older = [envelope for envelope, code in orders if code == "older"]
            inbox._store(self.channel_id, older, origin="file", authoritative=True)
        codes = [code for _envelope, code in orders]
        lines = {error.line for read in reads for error in read.errors}
        self.write(
            {
                "state": "running",
                "orders_read": self.orders_read + len(reads),
                "rows_read": self.rows_read + sum(read.row_count for read in reads),
                "refused_count": self.refused_count + len(lines),
                "corrected_count": self.corrected_count + corrected,
                **{
                    f"{code}_count": self[f"{code}_count"] + codes.count(code)
                    for code in ("new", "changed", "unchanged", "older")
                },
            }
        )

    def _resolve_corrected(self, reads, orders):
        """Put aside what was refused and can be read now; an old file corrects none."""
        older = {e.external_id for e, code in orders if code == "older"}
        if self.apply_older:
            older = set()
        keys = {
            key
            for read in reads
            if read.payload is not None and read.payload["id"] not in older
            for key in read.keys
        }
        inbox = self.env["ecom.inbox.message"]
        return inbox._resolve_refused(self.channel_id, keys)

    # -- outcomes ----------------------------------------------------------------------

    def _empty(self):
        """Drop what personal data there may be; the counts stay."""
        nothing = dict.fromkeys(("content", "refused_file", "refused_name"), False)
        self.write({**nothing, "emptied": True})

    def _finish(self, file):
        """All was read: drop the content, and tell who does not look any more."""
        self.write({"content": False, "state": "done", **self._prepare_refused(file)})
        self.finished_at = fields.Datetime.now()
        if self.in_background:
            self._tell_result(
                self.env._("%s is imported", self.name), self._describe_result()
            )

    def _prepare_refused(self, file):
        """Values with the file of refused rows."""
        if not self.refused_count:
            return {}
        # Users are not for the technical user to read; only the language is.
        channel = self.channel_id.with_context(lang=self.user_id.sudo().lang)
        errors = [error for read in file.read_orders() for error in read.errors]
        content = channel._render_refused(file.table, file.mapping, errors)
        return {
            "refused_file": base64.b64encode(content),
            "refused_name": self.channel_id._get_refused_name(self.name),
        }

    def _describe_result(self):
        """What came of it, in one line."""
        self.ensure_one()
        orders = (
            self.new_count + self.changed_count + self.unchanged_count
        ) + self.older_count
        texts = [
            self.env._("%s orders", orders),
            self.env._("%s already known", self.unchanged_count),
        ]
        if self.older_count and self.apply_older:
            texts.append(self.env._("%s older states applied again", self.older_count))
        elif self.older_count:
            texts.append(self.env._("%s older states left out", self.older_count))
        if self.corrected_count:
            texts.append(self.env._("%s refused rows corrected", self.corrected_count))
        texts.append(self.env._("%s rows refused", self.refused_count))
        return ", ".join(texts)

    def _set_failed(self, error):
        """A person has to look; it can be tried again."""
        reason = self.channel_id._prepare_error(error)
        now = fields.Datetime.now()
        self.write({"state": "failed", "finished_at": now, **reason})
        self._tell_result(
            self.env._("%s could not be imported", self.name), self.explanation
        )

    def _tell_result(self, summary, note):
        """Give whoever imported it an activity on the channel."""
        self.channel_id.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=note,
            user_id=self.user_id.id,
        )


class EcomChannel(models.Model):
    """Files hold buyers' data: they are dropped when contents of messages are."""

    _inherit = "ecom.channel"

    def _drop_contents(self):
        self.ensure_one()
        if self.keep_days:
            limit = fields.Datetime.now() - timedelta(days=self.keep_days)
            self.env["ecom.file.upload"].search(
                [
                    ("channel_id", "=", self.id),
                    ("state", "in", ("done", "failed")),
                    ("finished_at", "<", limit),
                    ("emptied", "=", False),
                ]
            )._empty()
        return super()._drop_contents()


class EcomInboxMessage(models.Model):
    """The job that applies messages reads the files first that bring them."""

    _inherit = "ecom.inbox.message"

    @api.model
    def _cron_process(self):
        # A large file does not make the orders of all channels wait: what is left of
        # it is read by the next run.
        if not self.env["ecom.file.upload"]._read_waiting():
            self._trigger_processing()
        return super()._cron_process()

    @api.model
    def _prepare_file_orders(self, channel, payloads, undated=False, apply_older=False):
        """Messages of a file's orders and what they would do.

        :param undated: the file's orders tell no time at all.
        :param apply_older: older states of such orders become the newest ones.
        :return: pairs of envelope and code, see :meth:`_compare_states`.
        """
        if undated:
            payloads = self._date_undated(channel, payloads)
        envelopes = [Envelope.of(ORDER, body["id"], body) for body in payloads]
        codes = self._compare_states(channel, envelopes)
        if undated and apply_older:
            now = fields.Datetime.now().strftime("%Y-%m-%dT%H:%M:%SZ")
            envelopes = [
                Envelope.of(ORDER, body["id"], {**body, "updated_at": now})
                if code == "older"
                else envelope
                for envelope, code, body in zip(envelopes, codes, payloads, strict=True)
            ]
        return list(zip(envelopes, codes, strict=True))
