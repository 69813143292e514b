from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..marketplaces.base import ORDER, Capability
from ..marketplaces.completeness import day_bounds
from ..marketplaces.health import BACKLOG_AGE, WEBHOOK_SILENCE
from .ecom_completeness import DAYS_BACK
from .order_plan import naive

SHOWN_CLASSES = 3  # reasons of failure named on the card


class EcomChannel(models.Model):
    """What the dashboard shows of a channel; queries do not grow with the channels."""

    _inherit = "ecom.channel"

    waiting_count = fields.Integer(string="Waiting", compute="_compute_backlog")
    oldest_waiting_at = fields.Datetime(
        string="Oldest Waiting Since", compute="_compute_backlog"
    )
    backlog_is_old = fields.Boolean(compute="_compute_backlog")
    failure_summary = fields.Char(
        string="Failures by Reason", compute="_compute_failure_summary"
    )
    webhook_health = fields.Selection(
        [
            ("none", "The marketplace has none"),
            ("off", "Not registered"),
            ("silent", "Silent"),
            ("well", "Working"),
        ],
        string="Webhooks",
        compute="_compute_webhook_health",
        help="Silent: orders of the last day were found by fetching only.",
    )
    polled_count = fields.Integer(
        string="Found by Fetching",
        compute="_compute_webhook_health",
        help="Orders of the last day that the shop did not tell by itself.",
    )
    certificate_state = fields.Selection(
        [
            ("none", "Not checked yet"),
            ("green", "Complete"),
            ("red", "Incomplete"),
            ("unread", "Not read"),
            ("unsupported", "The marketplace has no list"),
        ],
        string="Completeness",
        compute="_compute_certificate_state",
        help="Of the last seven days.",
    )
    order_today_count = fields.Integer(
        string="Orders Today",
        compute="_compute_order_today_count",
        help="Placed today in the shop's time zone.",
    )
    inbox_size = fields.Float(
        string="Inbox of All Channels (MB)",
        compute="_compute_inbox_size",
        digits=(12, 1),
        help="What the messages of all channels need in the database.",
    )

    def _compute_backlog(self):
        rows = self.env["ecom.inbox.message"]._read_group(
            [("channel_id", "in", self.ids), ("state", "=", "received")],
            ["channel_id"],
            ["__count", "received_at:min"],
        )
        waiting = {channel: (count, oldest) for channel, count, oldest in rows}
        limit = fields.Datetime.now() - BACKLOG_AGE
        for channel in self:
            count, oldest = waiting.get(channel, (0, False))
            channel.waiting_count = count
            channel.oldest_waiting_at = oldest
            channel.backlog_is_old = bool(oldest) and oldest < limit

    @api.depends_context("lang")
    def _compute_failure_summary(self):
        inbox = self.env["ecom.inbox.message"]
        rows = inbox._read_group(
            [("channel_id", "in", self.ids), ("state", "=", "failed")],
            ["channel_id", "reason"],
            ["__count"],
            order="__count desc",
        )
        labels = dict(inbox._fields["reason"]._description_selection(self.env))
        classes = {}
        for channel, reason, count in rows:
            text = f"{count} × {labels.get(reason, '?')}"
            classes.setdefault(channel, []).append(text)
        for channel in self:
            found = classes.get(channel, [])
            more = ["…"] if len(found) > SHOWN_CLASSES else []
            channel.failure_summary = ", ".join(found[:SHOWN_CLASSES] + more) or False

    def _compute_webhook_health(self):
        since = fields.Datetime.now() - WEBHOOK_SILENCE
        rows = self.env["ecom.inbox.message"]._read_group(
            [
                ("channel_id", "in", self.ids),
                ("received_at", ">=", since),
                ("origin", "in", ("poll", "sweep", "webhook")),
                "|",
                ("kind", "=", ORDER),
                ("origin", "=", "webhook"),
            ],
            ["channel_id", "origin"],
            ["__count"],
        )
        counts = {(channel, origin): count for channel, origin, count in rows}
        for channel in self:
            channel.polled_count = counts.get((channel, "poll"), 0) + counts.get(
                (channel, "sweep"), 0
            )
            if f",{Capability.WEBHOOKS.value}," not in channel.capability_codes:
                channel.webhook_health = "none"
            elif not channel.webhook_topics:
                channel.webhook_health = "off"
            elif channel.polled_count and not counts.get((channel, "webhook")):
                channel.webhook_health = "silent"
            else:
                channel.webhook_health = "well"

    def _compute_certificate_state(self):
        rows = self.env["ecom.completeness"]._read_group(
            [
                ("channel_id", "in", self.ids),
                ("day", ">=", fields.Date.today() - timedelta(days=DAYS_BACK)),
            ],
            ["channel_id", "state"],
        )
        states = {}
        for channel, state in rows:
            states.setdefault(channel, set()).add(state)
        for channel in self:
            found = states.get(channel, set())
            channel.certificate_state = next(
                (s for s in ("red", "unread", "unsupported", "green") if s in found),
                "none",
            )

    def _compute_order_today_count(self):
        domains = [
            Domain("ecom_channel_id", "=", channel.id)
            & Domain("ecom_ordered_at", ">=", naive(since))
            & Domain("ecom_ordered_at", "<", naive(until))
            for channel in self
            for since, until in [day_bounds(channel._get_today(), channel.timezone)]
        ]
        rows = self.env["sale.order"]._read_group(
            Domain.OR(domains), ["ecom_channel_id"], ["__count"]
        )
        counts = dict(rows)
        for channel in self:
            channel.order_today_count = counts.get(channel, 0)

    def _compute_inbox_size(self):
        [(size,)] = self.env.execute_query(
            SQL("SELECT pg_total_relation_size('ecom_inbox_message')")
        )
        self.inbox_size = size / 1024**2

    def action_view_waiting(self):
        """This channel's messages that wait to be applied."""
        action = self._view("ecom_inbox_message_action", "channel_id")
        return {**action, "context": {"search_default_waiting": 1}}

    def action_view_today(self):
        """This channel's orders of today."""
        self.ensure_one()
        since, until = day_bounds(self._get_today(), self.timezone)
        action = self._view("sale_order_action", "ecom_channel_id")
        domain = Domain(action["domain"]) & Domain(
            [
                ("ecom_ordered_at", ">=", naive(since)),
                ("ecom_ordered_at", "<", naive(until)),
            ]
        )
        return {**action, "domain": list(domain)}
