from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..marketplaces.health import Severity, examine
from ..models.ecom_reason_mixin import _Details


class EcomHealthCheck(models.TransientModel):
    """The result of examining one channel, in words."""

    _name = "ecom.health.check"
    _description = "Health check of a channel"
    _rec_name = "channel_id"

    channel_id = fields.Many2one("ecom.channel", required=True, readonly=True)
    finding_ids = fields.One2many("ecom.health.finding", "check_id", readonly=True)

    def _examine(self):
        """Measure, and write down what is wrong."""
        self.ensure_one()
        self.finding_ids.unlink()
        facts, error = self.channel_id._get_health_facts()
        self.write(
            {
                "finding_ids": [
                    fields.Command.create(
                        {
                            "sequence": number,
                            "code": finding.code,
                            "severity": finding.severity.value,
                            "details": {**finding.details, "explanation": error},
                        }
                    )
                    for number, finding in enumerate(examine(facts))
                ]
            }
        )

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Health"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_examine(self):
        """Examine again."""
        self._examine()
        return self._reopen()


class EcomHealthFinding(models.TransientModel):
    """One thing that is wrong, what to do about it, and the button that does it."""

    _name = "ecom.health.finding"
    _description = "Finding of a health check"
    _order = "sequence"

    check_id = fields.Many2one("ecom.health.check", required=True, ondelete="cascade")
    sequence = fields.Integer()
    code = fields.Char(required=True)
    severity = fields.Selection(
        [
            (Severity.ERROR.value, "Error"),
            (Severity.WARNING.value, "Warning"),
            (Severity.INFO.value, "Hint"),
        ],
        required=True,
    )
    details = fields.Json()
    text = fields.Text(compute="_compute_text")
    fixable = fields.Boolean(compute="_compute_text")

    @api.depends("code", "details")
    @api.depends_context("lang")
    def _compute_text(self):
        texts, fixes = self._get_texts(), self._get_fixes()
        for finding in self:
            text = texts.get(finding.code, finding.code)
            finding.text = text % _Details(finding.details, {})
            finding.fixable = finding.code in fixes

    @api.model
    def _get_texts(self):
        """What is wrong and what to do, by code of the finding."""
        return {
            "emergency_stop": self.env._(
                "The emergency stop is on: nothing is fetched, sent or applied. "
                "Release it when the cause is gone."
            ),
            "not_connected": self.env._(
                "The channel is not connected. Connect it, or archive it if it is not "
                "used any more."
            ),
            "cron_inactive": self.env._(
                "The scheduled job “%(name)s” is switched off. Switch it on."
            ),
            "cron_late": self.env._(
                "The scheduled job “%(name)s” is late by %(minutes)s minutes. The "
                "server runs no scheduled jobs, or too few workers do: see "
                "max_cron_threads in the server's configuration."
            ),
            "user_inactive": self.env._(
                "The technical user that the jobs run as is archived. Restore it."
            ),
            "user_rights": self.env._(
                "The technical user lacks rights: %(names)s. Give them back."
            ),
            "user_company": self.env._(
                "The technical user may not work in the channel's company. Allow it."
            ),
            "no_responsible": self.env._(
                "Nobody active is responsible for the channel, so nobody is told when "
                "something needs a person. Choose a user."
            ),
            "fetch_failing": self.env._("The shop cannot be read. %(explanation)s"),
            "fetch_late": self.env._(
                "Orders were last fetched %(minutes)s minutes ago. Fetch them now; if "
                "that does not help, the scheduled jobs do not run."
            ),
            "token_expired": self.env._(
                "The permission given by the marketplace has expired. Give it anew on "
                "the channel."
            ),
            "token_expires": self.env._(
                "The permission given by the marketplace expires in %(days)s days. "
                "Renew it on the channel."
            ),
            "clock_differs": self.env._(
                "The shop's clock differs from ours by more than five minutes. Correct "
                "it, or its signatures will fail."
            ),
            "webhooks_unregistered": self.env._(
                "The shop does not tell changes by itself, so they are only found by "
                "fetching. Register webhooks."
            ),
            "webhooks_silent": self.env._(
                "Webhooks are registered, but the shop sent nothing for a day while "
                "%(orders)s changes were found by fetching. Is this server reachable "
                "from outside? Register the webhooks anew."
            ),
            "backlog_old": self.env._(
                "Messages wait for %(minutes)s minutes to be applied. Apply them now; "
                "if that does not help, the scheduled jobs do not run."
            ),
            "messages_failed": self.env._(
                "%(count)s messages could not be used. See why, and retry them."
            ),
            "days_incomplete": self.env._(
                "%(count)s days of the last week are not complete. See which orders "
                "are missing, and fetch them."
            ),
            "listings_unmapped": self.env._(
                "%(count)s listings have no product. Their orders wait: link them."
            ),
            "inbox_large": self.env._(
                "The messages of all channels take %(gigabytes)s GB. Set a time after "
                "which their contents are dropped."
            ),
            "no_stock_location": self.env._(
                "The channel has no warehouse with a stock location. Choose one."
            ),
            "timezone_differs": self.env._(
                "The shop's time zone is %(theirs)s, the channel's %(ours)s: days "
                "begin at the wrong hour. Take over the shop's."
            ),
        }

    @api.model
    def _get_fixes(self):
        """Methods that remedy or lead to the remedy, by code of the finding."""
        return {
            "emergency_stop": self._fix_emergency_stop,
            "not_connected": self._open_channel,
            "cron_inactive": self._fix_crons,
            "user_inactive": self._fix_technical_user,
            "user_rights": self._fix_technical_user,
            "user_company": self._fix_technical_user,
            "no_responsible": self._open_channel,
            "fetch_failing": self._open_channel,
            "fetch_late": self._fix_fetch,
            "token_expired": self._open_channel,
            "token_expires": self._open_channel,
            "webhooks_unregistered": self._fix_webhooks,
            "webhooks_silent": self._fix_webhooks,
            "backlog_old": self._fix_backlog,
            "messages_failed": lambda channel: channel.action_view_failures(),
            "days_incomplete": lambda channel: channel.action_view_completeness(),
            "listings_unmapped": lambda channel: channel.action_view_unmapped(),
            "inbox_large": self._open_channel,
            "no_stock_location": self._open_channel,
            "timezone_differs": self._fix_timezone,
        }

    def action_fix(self):
        """Remedy it, then examine again; or lead to where it is remedied."""
        self.ensure_one()
        if not self.env.user.has_group("ecom_orders.group_manager"):
            raise AccessError(self.env._("This is for managers of the channels."))
        check = self.check_id
        action = self._get_fixes()[self.code](check.channel_id)
        if action:
            return action
        return check.action_examine()

    @api.model
    def _open_channel(self, channel):
        return channel._get_records_action()

    @api.model
    def _fix_emergency_stop(self, channel):
        channel.action_emergency_release()

    @api.model
    def _fix_crons(self, channel):
        # Scheduled jobs are the administrator's; only this addon's are switched on.
        channel._get_crons().sudo().write({"active": True})

    @api.model
    def _fix_technical_user(self, channel):
        # Users are the administrator's; only this one, technical user is touched.
        user = channel._get_technical_user().sudo()
        technical = self.env.ref("ecom_orders.group_technical").sudo()
        missing = channel._get_technical_groups() - technical - technical.implied_ids
        technical.write(
            {"implied_ids": [fields.Command.link(group.id) for group in missing]}
        )
        user.write({"active": True, "group_ids": [fields.Command.link(technical.id)]})
        channel._allow_technical_user()

    @api.model
    def _fix_fetch(self, channel):
        channel.action_fetch_now()

    @api.model
    def _fix_webhooks(self, channel):
        channel.action_register_webhooks()

    @api.model
    def _fix_backlog(self, channel):
        self.env["ecom.inbox.message"]._trigger_processing()

    @api.model
    def _fix_timezone(self, channel):
        channel.action_test_connection()
