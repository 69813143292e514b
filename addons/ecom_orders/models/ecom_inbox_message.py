import json
import logging
from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ..marketplaces.base import (
    CONNECTORS,
    IGNORED,
    ORDER,
    ORDER_HINT,
    PRIVACY,
    REFUND,
    UNREADABLE,
)
from ..marketplaces.errors import MarketplaceError, NotFound, PayloadError
from ..marketplaces.reading import parse_json
from .failure_log import describe, log_failure

_logger = logging.getLogger(__name__)

# Somebody else was faster: forget this transaction and try again with a fresh view.
CONCURRENCY_ERRORS = (
    pg_errors.SerializationFailure,
    pg_errors.DeadlockDetected,
    pg_errors.LockNotAvailable,
)
MAX_ATTEMPTS = 5


class ConcurrentChange(MarketplaceError):
    """Another transaction created the same record; the next try will find it."""

    code = "refused_by_odoo"
    retriable = True


class EcomInboxMessage(models.Model):
    """Something that arrived from a channel, as it was, before it is understood.

    Nothing is applied that does not stand here first; nothing here is ever changed or
    deleted by processing. The state tells what became of it.
    """

    _name = "ecom.inbox.message"
    _description = "Message from a channel"
    _inherit = ["ecom.message.mixin"]
    _rec_name = "external_id"
    _waiting_states = ("received",)
    _lock_space = 0xEC0

    kind = fields.Selection(
        [
            (ORDER, "Order"),
            (ORDER_HINT, "Order changed"),
            (REFUND, "Refund"),
            (PRIVACY, "Erasure of a buyer"),
            (IGNORED, "Other"),
            (UNREADABLE, "Unreadable"),
        ],
        string="Kind of Message",
        required=True,
        readonly=True,
    )
    external_id = fields.Char(
        string="Reference in the Shop", required=True, readonly=True
    )
    digest = fields.Char(required=True, readonly=True)
    body = fields.Text(string="Content", required=True, readonly=True)
    pretty_body = fields.Text(string="Formatted", compute="_compute_pretty_body")
    origin = fields.Selection(
        [
            ("poll", "Fetched"),
            ("webhook", "Sent by the shop"),
            ("sweep", "Daily check"),
            ("fetch", "Asked for"),
            ("backfill", "History"),
            ("file", "Imported file"),
        ],
        required=True,
        readonly=True,
    )
    received_at = fields.Datetime(
        string="Received On", default=fields.Datetime.now, required=True, readonly=True
    )
    state = fields.Selection(
        # "held": applied, but its order waits for a person
        [
            ("received", "Waiting"),
            ("done", "Applied"),
            ("held", "Held"),
            ("failed", "Failed"),
            ("ignored", "Ignored"),
            ("superseded", "Superseded"),
        ],
        default="received",
        required=True,
        readonly=True,
        index=True,
    )
    processed_at = fields.Datetime(string="Processed On", readonly=True)
    version = fields.Char(
        string="Order Version", readonly=True, help="Age of the order's state in it."
    )
    order_id = fields.Many2one(
        "sale.order", index="btree_not_null", ondelete="set null", readonly=True
    )

    _identity_uniq = models.Constraint(
        "UNIQUE(channel_id, kind, external_id, digest)",
        "The same message is kept only once.",
    )
    _queue_idx = models.Index("(channel_id, id) WHERE state = 'received'")

    @api.depends("body")
    def _compute_pretty_body(self):
        for message in self:
            try:
                message.pretty_body = json.dumps(
                    json.loads(message.body or ""), indent=2, ensure_ascii=False
                )
            except ValueError:
                message.pretty_body = message.body

    # -- storing -----------------------------------------------------------------------

    @api.model
    def _store(self, channel, envelopes, origin, authoritative=False):
        """Keep what arrived; what is already there is not kept again.

        Two queries, whatever the number of envelopes.

        :param authoritative: the envelopes were asked for just now, so they are the
            truth: a row that is already there is applied again, also if something
            newer-looking was applied in between.
        :return: the messages that now wait to be processed because of this call.
        """
        wanted = {(e.kind, e.external_id, e.digest): e for e in envelopes}
        known = self.search(
            [
                ("channel_id", "=", channel.id),
                ("digest", "in", [digest for _k, _e, digest in wanted]),
            ]
        )
        for message in known:
            wanted.pop((message.kind, message.external_id, message.digest), None)
        created = self._insert(
            [
                self._prepare_values(channel, envelope, origin)
                for envelope in wanted.values()
            ]
        )
        again = known if authoritative else known._filter_overtaken(origin)
        again._requeue()
        if created or again:
            self._trigger_processing()
        return created + again

    def _filter_overtaken(self, origin):
        """Order states of one second, of which a stale one was applied last.

        Stamps have the grain of a second, so two states of an order can carry the
        same version; then the one that came last was applied, and a message of the
        shop may come late, and a person may import an old file. What is *fetched* is
        the shop's present state: if it is not the one applied, although as new, it is
        applied again.
        """
        if origin in ("webhook", "file"):
            return self.browse()
        return self.filtered(
            lambda message: (
                message.kind == ORDER
                and message.state in ("done", "held", "superseded")
                # a page that shows the applied state too tells nothing
                and message.order_id.ecom_message_id not in self
                and message.version
                and message.order_id.ecom_version == message.version
            )
        )

    @api.model
    def _insert(self, vals_list):
        """Insert rows that nobody else has inserted meanwhile.

        Not by ``create``: the shop's own message and the fetch of the same order meet
        here all the time, and the second one is no error. The statement is kept out
        of the log when it fails, because it is full of personal data.
        """
        if not vals_list:
            return self.browse()
        self.check_access("create")
        columns = [
            *vals_list[0],
            "create_uid",
            "write_uid",
            "create_date",
            "write_date",
        ]
        stamp = (self.env.uid, self.env.uid, self.env.cr.now(), self.env.cr.now())
        rows = SQL(", ").join(
            SQL("(%s)", SQL(", ").join(SQL("%s", v) for v in (*vals.values(), *stamp)))
            for vals in vals_list
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO ecom_inbox_message (%s) VALUES %s "
                "ON CONFLICT (channel_id, kind, external_id, digest) DO NOTHING "
                "RETURNING id",
                SQL(", ").join(map(SQL.identifier, columns)),
                rows,
            ),
            log_exceptions=False,
        )
        return self.browse(row[0] for row in self.env.cr.fetchall())

    @api.model
    def _prepare_values(self, channel, envelope, origin):
        """Values of a new row."""
        return {
            "channel_id": channel.id,
            "company_id": channel.company_id.id,
            "kind": envelope.kind,
            "external_id": envelope.external_id,
            "digest": envelope.digest,
            # PostgreSQL cannot store NUL; a body with one is unreadable anyway.
            "body": envelope.body.replace("\x00", "\ufffd"),
            "origin": origin,
            "received_at": fields.Datetime.now(),
            "state": "received",
        }

    @api.model
    def _trigger_processing(self):
        # Running a scheduled job early is harmless; reading jobs is not for users.
        self.env.ref("ecom_orders.ir_cron_process").sudo()._trigger()

    # -- actions -----------------------------------------------------------------------

    def action_retry(self):
        """Process the messages again, as soon as the scheduler is free."""
        self._requeue()
        self._trigger_processing()
        return self._notify_retry(
            self.env._("%s messages will be processed again.", len(self))
        )

    def action_ignore(self):
        """Put failed messages aside; they stay readable and can be retried."""
        self.filtered(lambda m: m.state == "failed").sudo().write(
            {"state": "ignored", "processed_at": fields.Datetime.now()}
        )

    def _requeue(self):
        # Users read the inbox and may ask for a retry, but never write to it: the
        # state machine is the only writer.
        self.check_access("read")
        self.sudo().write(
            {"state": "received", "attempts": 0, "next_attempt_at": False}
        )

    # -- processing --------------------------------------------------------------------

    @api.model
    def _cron_process(self):
        """Scheduled: apply what waits, channel by channel, batch by batch.

        One failing message never stops the others, and the job itself never fails.
        """
        cron = self.env["ir.cron"]
        channels = self._get_waiting_channels()
        cron._commit_progress(remaining=self.search_count(self._get_queue_domain()))
        for channel in channels:
            channel = channel.with_company(channel.company_id)
            failures = 0
            while failures < MAX_ATTEMPTS:
                try:
                    done = self._process_batch(channel)
                except CONCURRENCY_ERRORS as error:
                    failures += 1
                    self._start_over(error)
                    continue
                if not cron._commit_progress(processed=done):
                    return
                if not done:
                    break

    @api.model
    def _start_over(self, error):
        """Forget this transaction, because another one was faster."""
        _logger.info("Trying again: %s", type(error).__name__)
        self.env.cr.rollback()
        self.env.invalidate_all()

    @api.model
    def _process_batch(self, channel, limit=100):
        """Apply the oldest waiting messages of a channel.

        :return: how many were taken; 0 when none waits or another worker is at it.
        """
        messages = self._take_oldest(channel, limit)
        messages._process()
        return len(messages)

    def _process(self):
        """Understand and apply messages of one channel; every one gets its outcome."""
        if not self:
            return
        channel = self.channel_id.ensure_one()
        understood = []
        for message in self:
            try:
                work = message._understand()
            except PayloadError as error:
                message._set_failed(error.code, error.details)
            except MarketplaceError as error:
                message._set_postponed(error)
            else:
                if work is not None:
                    understood.append((message, work))
        for kind, model in self._get_importers().items():
            work = [pair for pair in understood if pair[0].kind == kind]
            self._apply_isolated(
                work, lambda part, model=model: self.env[model]._import(channel, part)
            )

    @api.model
    def _get_importers(self):
        """Names of the models whose ``_import`` applies a kind, in this order."""
        return {ORDER: "ecom.order.importer", REFUND: "ecom.refund"}

    def _understand(self):
        """Parse and normalise; ``None`` when nothing is left to be applied."""
        self.ensure_one()
        if self.kind == IGNORED:
            return self._set_ignored("not_handled")
        if self.kind == UNREADABLE:
            parse_json(self.body)  # tells what is wrong, if it is the JSON
            raise PayloadError("no id in it", field="id", value="")
        if self.kind == ORDER_HINT:
            return self._follow_hint()
        connector = CONNECTORS[self.channel_id.provider]
        payload = parse_json(self.body)
        if self.kind == REFUND:
            order_id = self.external_id.partition("/")[0]
            return connector.normalise_refund(payload, order_id)
        return connector.normalise_order(payload)

    def _follow_hint(self):
        """Fetch the order that a message only named."""
        try:
            self.channel_id._fetch_single(self.external_id)
        except NotFound:
            found = self.env["ecom.order.settler"]._import_deletion(
                self.channel_id, self.external_id
            )
            if not found:
                return self._set_ignored("unknown_order")
        self._set_done()
        return None

    def _apply_isolated(self, work, apply):
        """Apply pieces of work in one go; on failure, halve to find the poisoned one.

        :param work: list of (message, normalised) pairs.
        :param apply: takes such a list; runs inside a savepoint.
        """
        if not work:
            return
        try:
            with self.env.cr.savepoint():
                apply(work)
        except CONCURRENCY_ERRORS:
            raise
        except Exception as error:  # noqa: BLE001 - one bad record stops no other
            if len(work) == 1:
                work[0][0]._set_exception(error)
                return
            middle = len(work) // 2
            self._apply_isolated(work[:middle], apply)
            self._apply_isolated(work[middle:], apply)

    # -- outcomes ----------------------------------------------------------------------

    def _set_exception(self, error):
        """Failed by an exception: Odoo's refusal, or a defect."""
        self.ensure_one()
        if isinstance(error, PayloadError):
            self._set_failed(error.code, error.details)
        elif isinstance(error, pg_errors.UniqueViolation) and (
            self.attempts + 1 < MAX_ATTEMPTS
        ):
            # Most likely somebody else created the same record just now.
            self._set_postponed(ConcurrentChange(describe(error)))
        elif isinstance(error, (UserError, ValidationError, AccessError)):
            self._set_failed("refused_by_odoo", {"error": str(error)})
        else:
            log_failure(
                _logger,
                error,
                "Message %s of channel %s failed",
                self.id,
                self.channel_id.id,
            )
            self._set_failed("internal_error", {"error": describe(error)[:500]})

    def _set_failed(self, code, details=None):
        """It cannot be used; a person is told."""
        now = fields.Datetime.now()
        attempts = self[:1].attempts + 1
        self._set_outcome("failed", code, details, attempts=attempts, processed_at=now)
        for channel in self.channel_id:
            channel._alert(
                self.env._("Messages of the shop could not be used"),
                self.env._("See Ecommerce ‣ Inbox, filter Failed."),
            )

    def _set_postponed(self, error):
        """Not now: tried again later if that can help, else failed."""
        self.ensure_one()
        if not error.retriable or self.attempts + 1 >= MAX_ATTEMPTS:
            self._set_failed(error.code, {"message": str(error), **error.details})
            return
        delay = timedelta(minutes=2**self.attempts)
        self.write(
            {
                "attempts": self.attempts + 1,
                "next_attempt_at": fields.Datetime.now() + delay,
                **self._prepare_reason(error.code, {"message": str(error)}),
            }
        )
        # Running a scheduled job later is harmless; reading jobs is not for users.
        self.env.ref("ecom_orders.ir_cron_process").sudo()._trigger(
            at=self.next_attempt_at
        )

    def _set_ignored(self, code, details=None):
        now = fields.Datetime.now()
        self._set_outcome("ignored", code, details, processed_at=now)

    def _set_superseded(self, code="older_version"):
        """Put aside, because something else says more."""
        self._set_outcome("superseded", code, processed_at=fields.Datetime.now())

    def _set_done(self, order=None):
        """Applied. When its order is held, the reason is shown here too."""
        self.ensure_one()
        hold = order and order.ecom_block_ids.filtered(
            lambda block: block.state == "open" and block.holding
        )
        self.write(
            {
                "state": "held" if hold else "done",
                "processed_at": fields.Datetime.now(),
                "order_id": order.id if order else self.order_id.id,
                "reason": hold[0].reason if hold else False,
                "reason_details": (hold[0].reason_details or False) if hold else False,
            }
        )
