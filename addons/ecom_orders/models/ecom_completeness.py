import logging
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain

from ..marketplaces.base import ORDER, Capability
from ..marketplaces.completeness import KnownOrder, Outcome, compare, day_bounds
from ..marketplaces.errors import MarketplaceError, NotFound
from .ecom_channel import UnexpectedError
from .ecom_inbox_message import CONCURRENCY_ERRORS
from .failure_log import log_failure
from .order_plan import naive

_logger = logging.getLogger(__name__)

DAYS_BACK = 7  # a day that is not complete is looked at again for so long
RECHECK_AFTER = timedelta(minutes=15)  # what was fetched has been applied by then
CHECK_INTERVAL = timedelta(hours=12)
MAX_FETCHES = 500  # orders fetched one by one in one go

OUTCOMES = [
    (Outcome.IMPORTED.value, "Imported"),
    (Outcome.HELD.value, "Held"),
    (Outcome.SKIPPED.value, "Left out"),
    (Outcome.WAITING.value, "Waiting"),
    (Outcome.FAILED.value, "Failed"),
    (Outcome.MISSING.value, "Missing"),
    (Outcome.UNLISTED.value, "Not in the shop"),
]
MESSAGE_OUTCOMES = {
    "received": Outcome.WAITING,
    "failed": Outcome.FAILED,
    "ignored": Outcome.SKIPPED,
}


class EcomCompleteness(models.Model):
    """The certificate of one day of a channel: is every order of the shop here?

    The shop's own list of the day is compared with what became of each order. Green
    only when every order is accounted for and every total is the shop's to the cent;
    else each order that is not is named.
    """

    _name = "ecom.completeness"
    _description = "Completeness certificate"
    _inherit = ["ecom.reason.mixin"]
    _order = "day desc, channel_id"
    _rec_name = "day"

    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    day = fields.Date(required=True, readonly=True, help="In the shop's time zone.")
    state = fields.Selection(
        [
            ("waiting", "Not checked yet"),
            ("green", "Complete"),
            ("red", "Incomplete"),
            ("unsupported", "The marketplace has no list"),
            ("unread", "The list could not be read"),
        ],
        default="waiting",
        required=True,
        readonly=True,
    )
    requested = fields.Selection(
        [("check", "Check"), ("fetch", "Fetch and check")],
        readonly=True,
        help="What is to be done next, in the background.",
    )
    next_check_at = fields.Datetime(string="Next Check", readonly=True)
    checked_at = fields.Datetime(string="Checked", readonly=True)
    listed_count = fields.Integer(string="In the Shop", readonly=True)
    imported_count = fields.Integer(string="Imported", readonly=True)
    held_count = fields.Integer(string="Held", readonly=True)
    skipped_count = fields.Integer(string="Left Out", readonly=True)
    waiting_count = fields.Integer(string="Waiting", readonly=True)
    failed_count = fields.Integer(string="Failed", readonly=True)
    missing_count = fields.Integer(string="Missing", readonly=True)
    unlisted_count = fields.Integer(string="Not in the Shop", readonly=True)
    line_ids = fields.One2many(
        "ecom.completeness.line", "certificate_id", string="Currencies", readonly=True
    )
    order_ids = fields.One2many(
        "ecom.completeness.order",
        "certificate_id",
        string="Orders to Look At",
        readonly=True,
    )

    _day_uniq = models.Constraint(
        "UNIQUE(channel_id, day)", "A day of a channel has one certificate."
    )

    # -- actions -----------------------------------------------------------------------

    def action_recheck(self):
        """Compare again, as soon as the scheduler is free."""
        return self._request("check", self.env._("The days are being checked."))

    def action_fetch_missing(self):
        """Fetch the orders that are missing or failed, then compare again."""
        return self._request("fetch", self.env._("The orders are being fetched."))

    def _request(self, what, message):
        # Everybody who works with orders may ask; the row is written by the job.
        self.check_access("read")
        self.sudo().write({"requested": what, "next_check_at": False})
        self._trigger_certify()
        return self.channel_id[:1]._notify("info", message)

    @api.model
    def _trigger_certify(self, at=None):
        # Running a scheduled job early is harmless; reading jobs is not for users.
        self.env.ref("ecom_orders.ir_cron_certify").sudo()._trigger(at=at)

    # -- scheduled ---------------------------------------------------------------------

    @api.model
    def _cron_certify(self):
        """Scheduled: certify yesterday, and days that are not complete, again.

        One channel that cannot be read never stops the others; the job never fails.
        """
        self._open_days()
        certificates = self.search(self._get_due_domain(), order="requested, day")
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(certificates))
        for certificate in certificates:
            certificate._work_guarded()
            if not cron._commit_progress(processed=1):
                break

    @api.model
    def _open_days(self):
        """A certificate of yesterday for every channel that is connected.

        Days that the job missed lately get theirs, too.
        """
        channels = self.env["ecom.channel"].search(
            [("state", "=", "connected"), ("emergency_stop", "=", False)]
        )
        for channel in channels:
            today = channel._get_today()
            last = self.search([("channel_id", "=", channel.id)], limit=1).day
            first = today - timedelta(days=DAYS_BACK if last else 1)
            self._open(channel, max(first, last or first), today - timedelta(days=1))

    @api.model
    def _open(self, channel, first, last):
        """The certificates of a channel's days, made where there are none.

        Days before the channel's start date have none.
        """
        if channel.import_since:
            first = max(first, channel._get_day(channel.import_since))
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        known = self.search([("channel_id", "=", channel.id), ("day", "in", days)])
        seen = set(known.mapped("day"))
        return known + self.create(
            [{"channel_id": channel.id, "day": day} for day in days if day not in seen]
        )

    @api.model
    def _get_due_domain(self):
        now = fields.Datetime.now()
        return (
            Domain("channel_id.state", "=", "connected")
            & Domain("channel_id.emergency_stop", "=", False)
            & (Domain("next_check_at", "=", False) | Domain("next_check_at", "<=", now))
            & (
                Domain("requested", "!=", False)
                | (
                    Domain("state", "in", ("waiting", "red", "unread"))
                    & Domain("day", ">=", fields.Date.today() - timedelta(DAYS_BACK))
                )
            )
        )

    def _work_guarded(self):
        """Do what is due so that a failure is a recorded fact, not an exception."""
        self.ensure_one()
        self = self.with_company(self.company_id)
        try:
            if self.requested == "fetch":
                self._fetch_missing()
            else:
                self._check()
        except CONCURRENCY_ERRORS as error:  # the next run looks again
            self.env["ecom.inbox.message"]._start_over(error)
        except MarketplaceError as error:
            _logger.info("Certificate %s: %s (%s)", self.id, error.code, error)
            self._set_unread(error)
        except Exception as error:  # noqa: BLE001 - the job must not fail, ever
            log_failure(_logger, error, "Certificate %s failed", self.id)
            self.env.cr.rollback()
            self.env.invalidate_all()
            self._set_unread(UnexpectedError(error=type(error).__name__))
        self.channel_id._tell_completeness()

    def _set_unread(self, error):
        self.write(
            {
                "state": "unread",
                "requested": False,
                "checked_at": fields.Datetime.now(),
                "next_check_at": fields.Datetime.now() + CHECK_INTERVAL,
                **self.channel_id._prepare_error(error),
            }
        )

    # -- comparing ---------------------------------------------------------------------

    def _check(self):
        """Read the shop's list of the day and compare."""
        self.ensure_one()
        channel = self.channel_id
        if not channel._can(Capability.ORDER_LIST):
            self.write(
                {
                    "state": "unsupported",
                    "requested": False,
                    "checked_at": fields.Datetime.now(),
                }
            )
            return
        since, until = day_bounds(self.day, channel.timezone)
        pages = channel._get_connector().list_orders(since, until)
        summaries = [
            summary
            for page in pages
            for summary in page
            if since <= summary.created_at < until
        ]
        known = self._get_known(summaries, since, until)
        self._write_certificate(compare(summaries, known, self._get_units(summaries)))

    @api.model
    def _get_units(self, summaries):
        currencies = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "in", [s.currency for s in summaries])])
        )
        return {c.name: Decimal(str(c.rounding)) for c in currencies}

    def _get_known(self, summaries, since, until):
        """What we have of the orders of a day, in two queries.

        Orders placed before the channel's start date are left out on purpose.
        """
        channel = self.channel_id
        start = channel.import_since
        known = {
            summary.external_id: KnownOrder(
                summary.external_id, Outcome.SKIPPED, reason="before_start"
            )
            for summary in summaries
            if start and naive(summary.created_at) < start
        }
        listed = [summary.external_id for summary in summaries]
        known.update(self._get_known_messages(listed))
        known.update(self._get_known_orders(listed, since, until))
        return known.values()

    def _get_known_messages(self, listed):
        """What became of messages about orders, the latest of each order."""
        messages = self.env["ecom.inbox.message"].search_fetch(
            [
                ("channel_id", "=", self.channel_id.id),
                ("kind", "=", ORDER),
                ("external_id", "in", listed),
                ("state", "in", list(MESSAGE_OUTCOMES)),
            ],
            ["external_id", "state", "reason"],
            order="id",
        )
        return {
            message.external_id: KnownOrder(
                message.external_id,
                MESSAGE_OUTCOMES[message.state],
                reason=message.reason or "",
            )
            for message in messages
        }

    def _get_known_orders(self, listed, since, until):
        """The sale orders that are listed, and further ones placed on that day."""
        orders = self.env["sale.order"].search_fetch(
            Domain("ecom_channel_id", "=", self.channel_id.id)
            & (
                Domain("ecom_external_id", "in", listed)
                | (
                    Domain("ecom_ordered_at", ">=", naive(since))
                    & Domain("ecom_ordered_at", "<", naive(until))
                )
            ),
            [
                "ecom_external_id",
                "ecom_number",
                "ecom_total",
                "ecom_held",
                "ecom_hold_reason",
                "currency_id",
                "state",
            ],
        )
        return {
            order.ecom_external_id: KnownOrder(
                order.ecom_external_id,
                Outcome.HELD if order.ecom_held else Outcome.IMPORTED,
                currency=order.currency_id.name,
                total=Decimal(str(order.ecom_total)),
                number=order.ecom_number or "",
                reason=order.ecom_hold_reason or "" if order.ecom_held else "",
                called_off=order.state == "cancel",
            )
            for order in orders
        }

    def _write_certificate(self, certificate):
        self.line_ids.unlink()
        self.order_ids.unlink()
        self.write(
            {
                "state": "green" if certificate.is_complete else "red",
                "requested": False,
                "next_check_at": False
                if certificate.is_complete
                else fields.Datetime.now() + CHECK_INTERVAL,
                "checked_at": fields.Datetime.now(),
                "reason": False,
                "reason_details": False,
                "listed_count": sum(t.listed_count for t in certificate.tallies),
                **{
                    f"{outcome.value}_count": certificate.count(outcome)
                    for outcome in Outcome
                },
                "line_ids": [
                    fields.Command.create(self._prepare_line(tally))
                    for tally in certificate.tallies
                ],
                "order_ids": [
                    fields.Command.create(self._prepare_order(order))
                    for order in certificate.orders
                    if order.outcome is not Outcome.IMPORTED or order.differs
                ],
            }
        )

    @api.model
    def _prepare_line(self, tally):
        """Values of the row of a currency."""
        return {
            "currency": tally.currency,
            "listed_count": tally.listed_count,
            "listed_total": float(tally.listed_total),
            "difference": float(tally.difference),
            **{
                f"{outcome.value}_total": float(tally.totals.get(outcome, 0))
                for outcome in Outcome
            },
        }

    @api.model
    def _prepare_order(self, order):
        """Values of the row of an order that is not simply imported."""
        return {
            "external_id": order.external_id,
            "number": order.number,
            "outcome": order.outcome.value,
            "is_right": order.is_right,
            "currency": order.currency,
            "listed_total": float(order.listed_total or 0),
            "booked_total": float(order.booked_total or 0),
            **(self._prepare_reason(order.reason) if order.reason else {}),
        }

    # -- fetching what is missing ------------------------------------------------------

    def _fetch_missing(self):
        """Fetch the orders that are not accounted for, one by one.

        What arrives is committed at once; one that cannot be read stops no other.
        """
        self.ensure_one()
        channel, cron = self.channel_id, self.env["ir.cron"]
        ids = self.order_ids.filtered(lambda o: not o.is_right).mapped("external_id")
        for external_id in ids[:MAX_FETCHES]:
            try:
                channel._keep(lambda i=external_id: channel._fetch_single(i))
            except NotFound:
                self.env["ecom.order.settler"]._import_deletion(channel, external_id)
            except MarketplaceError as error:
                if error.retriable:
                    raise
                _logger.info("Order %s: %s (%s)", external_id, error.code, error)
            if not cron._commit_progress():
                break
        later = fields.Datetime.now() + RECHECK_AFTER
        self.write({"requested": "check", "next_check_at": later})
        self._trigger_certify(at=later)


class EcomCompletenessLine(models.Model):
    """Count and sum of one currency: the shop's, and ours by what became of it."""

    _name = "ecom.completeness.line"
    _description = "Currency of a completeness certificate"
    _order = "currency"

    certificate_id = fields.Many2one(
        "ecom.completeness", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="certificate_id.company_id", store=True)
    currency = fields.Char(required=True)
    listed_count = fields.Integer(string="Orders in the Shop")
    listed_total = fields.Float(string="In the Shop", digits=(16, 3))
    imported_total = fields.Float(string="Imported", digits=(16, 3))
    held_total = fields.Float(string="Held", digits=(16, 3))
    skipped_total = fields.Float(string="Left Out", digits=(16, 3))
    waiting_total = fields.Float(string="Waiting", digits=(16, 3))
    failed_total = fields.Float(string="Failed", digits=(16, 3))
    missing_total = fields.Float(string="Missing", digits=(16, 3))
    unlisted_total = fields.Float(string="Not in the Shop", digits=(16, 3))
    difference = fields.Float(
        digits=(16, 3), help="The shop's sum less what is accounted for."
    )


class EcomCompletenessOrder(models.Model):
    """One order of the day that is not simply imported, by its id."""

    _name = "ecom.completeness.order"
    _description = "Order of a completeness certificate"
    _inherit = ["ecom.reason.mixin"]
    _order = "is_right, external_id"
    _rec_name = "external_id"

    certificate_id = fields.Many2one(
        "ecom.completeness", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="certificate_id.company_id", store=True)
    external_id = fields.Char(string="Channel's ID", required=True)
    number = fields.Char()
    outcome = fields.Selection(OUTCOMES, required=True)
    is_right = fields.Boolean(help="Accounted for, with the shop's total.")
    currency = fields.Char()
    listed_total = fields.Float(string="In the Shop", digits=(16, 3))
    booked_total = fields.Float(string="In Odoo", digits=(16, 3))


class EcomChannel(models.Model):
    _inherit = "ecom.channel"

    completeness_ids = fields.One2many(
        "ecom.completeness", "channel_id", string="Certificates"
    )

    def _get_today(self):
        """The date in the shop."""
        self.ensure_one()
        return self._get_day(fields.Datetime.now())

    def _get_day(self, moment):
        """The date in the shop at a moment.

        :param moment: UTC, as Odoo stores it.
        """
        self.ensure_one()
        shop = self.with_context(tz=self.timezone)
        return fields.Datetime.context_timestamp(shop, moment).date()

    @api.model
    def _get_incomplete_domain(self):
        """Days of the last week that are not complete."""
        first = fields.Date.today() - timedelta(days=DAYS_BACK)
        return Domain("state", "in", ("red", "unread")) & Domain("day", ">=", first)

    def _tell_completeness(self):
        """One activity while a day of the last week is not complete."""
        self.ensure_one()
        summary = self.env._("Days of the shop are not complete")
        open_days = self.env["ecom.completeness"].search(
            self._get_incomplete_domain() & Domain("channel_id", "=", self.id),
            order="day",
        )
        if open_days:
            days = ", ".join(map(fields.Date.to_string, open_days.mapped("day")))
            self._alert(
                summary,
                self.env._("See Ecommerce ‣ Monitoring ‣ Completeness. Days: %s", days),
            )
        else:
            self.activity_ids.filtered(lambda a: a.summary == summary).action_done()

    def action_view_completeness(self):
        """This channel's certificates."""
        return self._view("ecom_completeness_action", "channel_id")
