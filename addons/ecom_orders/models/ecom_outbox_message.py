import json
import logging
from dataclasses import replace
from datetime import UTC, timedelta

from odoo import api, fields, models

from ..marketplaces.base import Capability
from ..marketplaces.errors import (
    AuthenticationFailed,
    MarketplaceError,
    SendingStopped,
    TransportError,
)
from ..marketplaces.outbound import (
    read_cancel_request,
    read_refund_request,
    read_shipment,
)
from .ecom_inbox_message import CONCURRENCY_ERRORS, MAX_ATTEMPTS
from .failure_log import describe, log_failure
from .order_plan import naive

_logger = logging.getLogger(__name__)

SHIPMENT = "shipment"  # a parcel left
CANCEL = "cancel"  # the order was called off here
REFUND = "refund"  # money was given back here
CAPABILITIES = {
    SHIPMENT: Capability.SHIPMENTS,
    CANCEL: Capability.CANCEL,
    REFUND: Capability.REFUND_PUSH,
}
NOTICES = {
    SHIPMENT: "shipment_not_told",
    CANCEL: "cancel_not_told",
    REFUND: "refund_not_told",
}
MAX_TRIES = 12  # with the delays below: given up after about fifteen hours
MAX_DELAY = timedelta(hours=2)


class EcomOutboxMessage(models.Model):
    """One thing to tell a channel: a parcel, a cancellation, a refund, product data.

    A row is made in the transaction of what it tells, so nothing that happened in
    Odoo is ever forgotten, and is sent by a job afterwards, so nothing in Odoo ever
    waits for a marketplace. There is one row for each key: told again, it is the same
    row, and the connector's promise to tell the same key only once makes it safe to
    send a message again whose answer was lost.
    """

    _name = "ecom.outbox.message"
    _description = "Message to a channel"
    _inherit = ["ecom.message.mixin"]
    _rec_name = "key"
    _waiting_states = ("waiting", "pending")
    _lock_space = 0xEC1

    kind = fields.Selection(
        [(SHIPMENT, "Shipment"), (CANCEL, "Cancellation"), (REFUND, "Refund")],
        string="Kind of Message",
        required=True,
        readonly=True,
    )
    key = fields.Char(
        string="Message Identity",
        required=True,
        readonly=True,
        help="Its identity: the same thing told twice is one message.",
    )
    order_id = fields.Many2one(
        "sale.order", required=True, ondelete="cascade", index=True, readonly=True
    )
    picking_id = fields.Many2one(
        "stock.picking", index="btree_not_null", ondelete="set null", readonly=True
    )
    move_id = fields.Many2one(
        "account.move",
        string="Credit Note",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
    )
    payload = fields.Json(readonly=True)
    pretty_payload = fields.Text(string="Formatted", compute="_compute_pretty_payload")
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("pending", "Waiting for the marketplace"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("ignored", "Ignored"),
        ],
        default="waiting",
        required=True,
        readonly=True,
        index=True,
    )
    asked_at = fields.Datetime(
        string="May Be Sent Since",
        default=fields.Datetime.now,
        readonly=True,
        help="Since then it may have reached the channel without anybody knowing. A "
        "person who sends it again has looked before.",
    )
    sent_at = fields.Datetime(string="Sent On", readonly=True)
    external_id = fields.Char(
        string="Channel's ID",
        readonly=True,
        help="What the channel calls what was made of the message.",
    )
    submission = fields.Char(
        readonly=True, help="By which the channel is asked what became of it."
    )
    tracking_number = fields.Char(readonly=True, index="trigram")
    delivery_state = fields.Selection(
        [
            ("in_transit", "In transit"),
            ("exception", "Problem"),
            ("delivered", "Delivered"),
        ],
        string="At the Carrier",
        readonly=True,
    )
    delivery_state_at = fields.Datetime(string="At the Carrier Since", readonly=True)

    _identity_uniq = models.Constraint(
        "UNIQUE(channel_id, kind, key)", "The same thing is told a channel only once."
    )
    _queue_idx = models.Index("(channel_id, id) WHERE state IN ('waiting', 'pending')")

    @api.depends("payload")
    def _compute_pretty_payload(self):
        for message in self:
            message.pretty_payload = json.dumps(
                message.payload or {}, indent=2, ensure_ascii=False
            )

    # -- putting -----------------------------------------------------------------------

    @api.model
    def _put(self, vals_list):
        """Keep what is to be told; a constant number of queries.

        What is known by its key is only told again when it says something else now.

        :param vals_list: values of rows of one or several channels.
        :return: the rows, in the order of the values.
        """
        if not vals_list:
            return self.browse()
        known = {
            (row.channel_id.id, row.kind, row.key): row
            for row in self.search(
                [
                    ("channel_id", "in", [vals["channel_id"] for vals in vals_list]),
                    ("key", "in", [vals["key"] for vals in vals_list]),
                ]
            )
        }
        new = {}
        for vals in vals_list:
            identity = (vals["channel_id"], vals["kind"], vals["key"])
            if identity not in known:
                new[identity] = vals
            elif known[identity].payload != vals["payload"]:
                known[identity].write({**vals, **self._prepare_waiting(vals)})
        created = self.create(list(new.values()))
        known.update(zip(new, created, strict=True))
        rows = self.union(
            *(known[v["channel_id"], v["kind"], v["key"]] for v in vals_list)
        )
        rows._trigger_sending()
        return rows

    @api.model
    def _prepare_waiting(self, vals=None):
        """Values of a row that is to be sent, as if it never had been tried."""
        return {
            "state": "waiting",
            "attempts": 0,
            "next_attempt_at": (vals or {}).get("next_attempt_at", False),
            "submission": False,
            "reason": False,
            "reason_details": False,
        }

    def _trigger_sending(self):
        waiting = self.filtered(lambda row: row.state in ("waiting", "pending"))
        if waiting:
            times = [row.next_attempt_at or fields.Datetime.now() for row in waiting]
            # Running a scheduled job is harmless; reading jobs is not for users.
            self.env.ref("ecom_orders.ir_cron_send").sudo()._trigger(at=min(times))

    # -- actions -----------------------------------------------------------------------

    def action_retry(self):
        """Send the messages again, as soon as the scheduler is free."""
        self._requeue()
        return self._notify_retry(
            self.env._("%s messages will be sent again.", len(self))
        )

    def action_ignore(self):
        """Put messages aside that were not sent; they can still be retried."""
        self.check_access("read")
        # Users decide through this method only; they have no right to write messages.
        unsent = self.filtered(lambda row: row.state in ("waiting", "failed")).sudo()
        unsent.write({"state": "ignored"})
        unsent._resolve_notices()

    def action_view_source(self):
        """The transfer or the credit note that it tells."""
        self.ensure_one()
        return (self.picking_id or self.move_id or self.order_id)._get_records_action()

    def _requeue(self):
        self.check_access("read")
        # Users may ask for a retry, but never write: the state machine does.
        rows = self.sudo()
        shipments = rows.filtered(lambda row: row.kind == SHIPMENT)
        shipments.picking_id._ecom_tell_shipments()
        rows = rows.exists()
        rows.write({**self._prepare_waiting(), "asked_at": fields.Datetime.now()})
        rows._trigger_sending()

    # -- sending -----------------------------------------------------------------------

    @api.model
    def _cron_send(self):
        """Scheduled: tell the channels what waits, one message and one commit a time.

        One failing message never stops the others, and the job itself never fails.
        """
        remaining = self.search_count(self._get_queue_domain())
        self.env["ir.cron"]._commit_progress(remaining=remaining)
        for channel in self._get_waiting_channels():
            if not self._send_channel(channel.with_company(channel.company_id)):
                return

    @api.model
    def _send_channel(self, channel):
        """Send what waits for a channel, the oldest first.

        :return: whether there is time left for other channels.
        """
        cron = self.env["ir.cron"]
        try:
            connector = channel._get_connector()
        except Exception as error:  # noqa: BLE001 - the others are still to be told
            log_failure(_logger, error, "Channel %s has no connector", channel.id)
            return True
        failures = 0
        while failures < MAX_ATTEMPTS:
            try:
                more = self._send_next(channel, connector)
                self.env.flush_all()
            except CONCURRENCY_ERRORS as error:
                failures += 1
                self.env["ecom.inbox.message"]._start_over(error)
                continue
            if not cron._commit_progress(processed=1):
                return False
            if not more:
                break
        return True

    @api.model
    def _send_next(self, channel, connector):
        """Send the oldest waiting message of a channel.

        :return: whether it makes sense to go on with the next one: one was there, and
            the channel could be reached.
        """
        message = self._take_oldest(channel, limit=1)
        return bool(message) and message._send(connector)

    def _send(self, connector):
        """Send one message, or ask what became of it; it gets its outcome.

        :return: whether the channel could be reached.
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                if self.state == "pending":
                    self._ask(connector)
                else:
                    self._set_answer(self._tell(connector))
        except CONCURRENCY_ERRORS:
            raise
        except MarketplaceError as error:
            self._set_not_sent(error)
            return not isinstance(
                error, TransportError | SendingStopped | AuthenticationFailed
            )
        except Exception as error:  # noqa: BLE001 - one bad message stops no other
            log_failure(_logger, error, "Message %s was not sent", self.id)
            self._set_failed("internal_error", {"error": describe(error)[:500]})
        return True

    def _tell(self, connector):
        """Say it to the channel.

        :rtype: odoo.addons.ecom_orders.marketplaces.schema.WriteResult
        """
        if self.kind == SHIPMENT:
            return connector.push_shipment(read_shipment(self.payload))
        if self.kind == REFUND:
            return connector.push_refund(self._get_refund_request())
        request = read_cancel_request(self.payload)
        return connector.cancel_order(
            request.order_id, reason=request.reason, restock=request.restock
        )

    def _get_refund_request(self):
        """The refund, and what the channel was told beside it meanwhile."""
        request = read_refund_request(self.payload)
        if not self.asked_at:
            return request
        # One account may stand behind channels of several companies, and the channel
        # shows the refunds of all; only their submissions are read.
        others = self.sudo()._search_submissions(self.asked_at)
        return replace(
            request,
            asked_at=self.asked_at.replace(tzinfo=UTC),
            submissions=tuple(others.mapped("submission")),
        )

    def _search_submissions(self, since):
        """Other refunds that a channel took since then; some older ones do no harm.

        A row carries the time at which its transaction began, not that of the answer.
        """
        domain = [
            ("kind", "=", REFUND),
            ("submission", "!=", False),
            ("write_date", ">=", since - timedelta(days=1)),
        ]
        return self.search_fetch(domain, ["submission"]) - self

    def _ask(self, connector):
        """Ask what became of a message that the channel works on by itself."""
        answer = connector.fetch_submission(self.submission)
        if not answer.done:
            self._postpone()
        elif answer.error:
            self._set_failed("request_refused", {"message": answer.error})
        else:
            self._set_sent()

    # -- outcomes ----------------------------------------------------------------------

    def _set_answer(self, result):
        """The channel took it: done, or to be asked after later."""
        if result.external_id:
            self.external_id = result.external_id
        if not result.submission:
            self._set_sent()
            return
        self.write(
            {
                **self._prepare_waiting(),
                "state": "pending",
                "submission": result.submission,
            }
        )
        self._postpone()

    def _set_sent(self):
        now = fields.Datetime.now()
        self._set_outcome("sent", sent_at=now, next_attempt_at=False)
        self._resolve_notices()

    def _set_not_sent(self, error):
        """Tried again later if that can help, else failed."""
        reason = self.channel_id._prepare_error(error)
        if isinstance(error, SendingStopped):
            self.write(reason)  # sent as soon as the stop is lifted
        elif self._is_worth_retrying(error):
            self.write(reason)
            self._postpone(error.details.get("retry_after"))
        else:
            self._set_failed(reason["reason"], reason["reason_details"])

    def _is_worth_retrying(self, error):
        """Whether the message itself is right, and time or new keys can help."""
        helps = error.retriable or isinstance(error, AuthenticationFailed)
        return helps and self.attempts + 1 < MAX_TRIES

    def _postpone(self, seconds=None):
        """Later: after 1, 2, 4... minutes, at most two hours.

        :param seconds: for which the channel asked, if it did.
        """
        delay = min(timedelta(minutes=2 ** min(self.attempts, 10)), MAX_DELAY)
        if isinstance(seconds, int | float):
            delay = max(delay, timedelta(seconds=seconds))
        self.write(
            {
                "attempts": self.attempts + 1,
                "next_attempt_at": fields.Datetime.now() + delay,
            }
        )
        self._trigger_sending()

    def _set_failed(self, code, details=None):
        """A person has to look at it: told on the order and to the responsible."""
        attempts = self.attempts + 1
        self._set_outcome(
            "failed", code, details, attempts=attempts, next_attempt_at=False
        )
        self._raise_notice()
        self.channel_id._alert(
            self.env._("The shop could not be told of something"),
            self.env._("See Ecommerce ‣ Outbox, filter Failed."),
        )

    def _raise_notice(self):
        """Show the failure on the order, once."""
        blocks = self.env["ecom.order.block"]
        reason = NOTICES[self.kind]
        details = {
            "reference": self.tracking_number or self.move_id.name or self.key,
            "problem": [self.reason],
        }
        known = blocks.search(
            [
                ("order_id", "=", self.order_id.id),
                ("reason", "=", reason),
                ("key", "=", self.key),
                ("state", "=", "open"),
            ]
        )
        if known:
            known.reason_details = details
        else:
            values = self._prepare_reason(reason, details)
            blocks.create({"order_id": self.order_id.id, "key": self.key, **values})

    def _resolve_notices(self):
        self.env["ecom.order.block"].search(
            [
                ("order_id", "in", self.order_id.ids),
                ("reason", "in", list(NOTICES.values())),
                ("key", "in", self.mapped("key")),
                ("state", "=", "open"),
            ]
        )._resolve()

    # -- the carrier -------------------------------------------------------------------

    @api.model
    def _register_tracking_event(self, tracking, state, at):
        """Note what a carrier says of a parcel; the latest event counts.

        :param tracking: the carrier's reference, as it stands on the delivery.
        :param state: one of ``delivery_state``.
        :param at: when it happened, UTC; aware or as Odoo stores it.
        :return: the messages of that parcel.
        """
        if at.tzinfo:
            at = naive(at)
        rows = self.search(
            [("kind", "=", SHIPMENT), ("tracking_number", "=", tracking)]
        )
        rows.filtered(
            lambda row: not row.delivery_state_at or row.delivery_state_at <= at
        ).write({"delivery_state": state, "delivery_state_at": at})
        return rows
