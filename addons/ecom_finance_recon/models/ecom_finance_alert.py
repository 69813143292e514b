from odoo import api, fields, models

from odoo.addons.ecom_orders.models.guard import run_guarded

from .ecom_finance_rule import RULE_NAMES

#: by subject of the pure part the field that has its record
LINKS = {
    "order": "order_id",
    "line": "payment_id",
    "settlement": "settlement_id",
    "deferral": "deferral_id",
}
ACTIVITIES = 25  # of one run; the rest is in the list


class EcomFinanceAlert(models.Model):
    """Something that a person should look at; told once, whatever comes of it.

    The most expensive ones of a run become activities of the channel's responsible
    person. One whose cause is gone closes itself with its activity.
    """

    _name = "ecom.finance.alert"
    _description = "Alert of Settlements and Orders"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "state, weight desc, id desc"

    name = fields.Char(compute="_compute_name")
    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    rule = fields.Selection(RULE_NAMES, string="Check", required=True, readonly=True)
    subject = fields.Char(required=True, readonly=True)
    reference = fields.Char(required=True, readonly=True)
    order_id = fields.Many2one("sale.order", ondelete="cascade", readonly=True)
    payment_id = fields.Many2one(
        "ecom.settlement.payment", ondelete="cascade", readonly=True
    )
    settlement_id = fields.Many2one(
        "ecom.settlement", ondelete="cascade", readonly=True
    )
    deferral_id = fields.Many2one(
        "ecom.settlement.deferral",
        string="Deferred Transaction",
        ondelete="cascade",
        readonly=True,
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(string="At Stake", readonly=True)
    weight = fields.Float(readonly=True)
    evidence = fields.Json(readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("done", "Looked at"), ("gone", "Gone by itself")],
        default="open",
        required=True,
        readonly=True,
        tracking=True,
    )

    _cause_uniq = models.Constraint(
        "UNIQUE(channel_id, rule, subject, reference)", "An alert is told once."
    )

    @api.depends("rule", "reference", *LINKS.values())
    @api.depends_context("lang")
    def _compute_name(self):
        rules = dict(self._fields["rule"]._description_selection(self.env))
        for alert in self:
            record = alert._get_record()
            what = record.display_name if record else alert.reference
            alert.name = f"{rules[alert.rule]}: {what}"

    # -- actions -----------------------------------------------------------------------

    def action_done(self):
        """A person looked at it: it is never told again."""
        self.state = "done"
        self.activity_feedback(["mail.mail_activity_data_warning"])
        return True

    def action_open_record(self):
        """What the alert is about."""
        self.ensure_one()
        record = self._get_record() or self.channel_id
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }

    def _get_record(self):
        """What it is about, empty for a SKU, a country, a transaction."""
        found = (self[name] for name in LINKS.values())
        return next(filter(None, found), self.browse())

    # -- the job -----------------------------------------------------------------------

    @api.model
    def _cron_check(self):
        """Scheduled: check all channels; one that fails never stops the others."""
        channels = self.env["ecom.channel"].search([("active", "=", True)])
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(channels))
        for channel in channels:
            run_guarded(
                channel,
                lambda channel=channel: self._check(channel),
                lambda error, channel=channel: channel._alert(
                    self.env._("Settlements cannot be checked"), error.code
                ),
            )
            if not cron._commit_progress(processed=1):
                break

    @api.model
    def _check(self, channel):
        """Check one channel: new alerts are told, old ones close when they are gone.

        :return: the new alerts.
        """
        found = self.env["ecom.finance.checker"]._check(channel)
        known = self.search([("channel_id", "=", channel.id)])
        by_cause = {alert._get_cause(): alert for alert in known}
        causes = {(one.rule, one.subject, one.reference) for one in found}
        gone = known.filtered(
            lambda alert: alert.state == "open" and alert._get_cause() not in causes
        )
        gone._close()
        fresh = {}
        for one in found:
            cause = (one.rule, one.subject, one.reference)
            if cause not in by_cause:
                fresh.setdefault(cause, one)
        alerts = self.create(
            [self._prepare_alert(channel, one) for one in fresh.values()]
        )
        alerts[:ACTIVITIES]._tell(channel)
        return alerts

    def _get_cause(self):
        return (self.rule, self.subject, self.reference)

    def _close(self):
        self.write({"state": "gone"})
        self.activity_unlink(["mail.mail_activity_data_warning"])

    def _prepare_alert(self, channel, alert):
        link = LINKS.get(alert.subject)
        record = self.env[self._fields[link].comodel_name] if link else None
        if link:
            record = record.browse(int(alert.reference))
        currency = record.currency_id if record else channel.company_id.currency_id
        return {
            "channel_id": channel.id,
            "rule": alert.rule,
            "subject": alert.subject,
            "reference": alert.reference,
            "amount": float(alert.amount),
            "weight": abs(float(alert.amount)),
            "currency_id": currency.id,
            "evidence": {name: str(value) for name, value in alert.evidence.items()},
            **({link: record.id} if link else {}),
        }

    def _tell(self, channel):
        user = channel.user_id or self.env.ref("base.user_admin")
        for alert in self:
            alert.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=alert.with_context(lang=user.lang).name,
                user_id=user.id,
            )
