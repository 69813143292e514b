from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.base.models.res_partner import _tz_get

from ..marketplaces.base import Capability
from ..marketplaces.errors import MarketplaceError
from ..marketplaces.health import CronFact, HealthFacts

# What the technical user must be able to do, by groups; see data and security files.
TECHNICAL_GROUPS = (
    "ecom_orders.group_technical",
    "ecom_orders.group_user",
    "base.group_partner_manager",
    "stock.group_stock_user",
)


class EcomChannel(models.Model):
    _inherit = "ecom.channel"

    def action_check_health(self):
        """Examine the channel and say in words what is wrong."""
        self.ensure_one()
        check = self.env["ecom.health.check"].create({"channel_id": self.id})
        return check.action_examine()

    @api.model
    def _get_crons(self):
        """The scheduled jobs of this addon."""
        # Reading jobs is not for users; their names and times are no secret.
        data = (
            self.env["ir.model.data"]
            .sudo()
            .search([("module", "=", "ecom_orders"), ("model", "=", "ir.cron")])
        )
        crons = self.env["ir.cron"].sudo().with_context(active_test=False)
        return crons.search([("id", "in", data.mapped("res_id"))])

    @api.model
    def _get_technical_groups(self):
        """The groups that the technical user must have."""
        groups = self.env["res.groups"].sudo()
        return groups.union(*(self.env.ref(name).sudo() for name in TECHNICAL_GROUPS))

    def _get_health_facts(self):
        """Measure the channel, and ask the shop.

        :return: the facts, and the shop's refusal in words, empty when there is none.
        """
        self.ensure_one()
        info, error = self._ask_shop()
        now = fields.Datetime.now()
        # Users are the administrator's; what is read of this one is no secret.
        user = self._get_technical_user().sudo()
        lacking = self._get_technical_groups() - user.all_group_ids
        stock = self.warehouse_id.sudo().lot_stock_id

        def age(moment):
            return now - moment if moment else None

        facts = HealthFacts(
            connected=self.state == "connected",
            emergency_stop=self.emergency_stop,
            crons=self._get_cron_facts(now),
            fetch_interval=timedelta(minutes=self.fetch_interval),
            since_success=age(self.last_success_at),
            failing=bool(error) or bool(self.reason),
            webhooks_possible=self._can(Capability.WEBHOOKS),
            webhooks_registered=bool(self.webhook_topics),
            last_webhook_age=age(self.last_webhook_at),
            polled_since_webhook=self.polled_count,
            backlog_age=age(self.oldest_waiting_at),
            failed_messages=self.failed_count,
            token_left=self._get_token_left(),
            clock_differs="clock_differs" in (info.warnings if info else ()),
            timezone=self.timezone,
            shop_timezone=self._get_known_zone(info),
            unmapped_listings=self.unmapped_count,
            stock_location=bool(stock) and stock.active and stock.usage == "internal",
            technical_user_active=user.active,
            missing_rights=tuple(sorted(lacking.mapped("full_name"))),
            company_allowed=self.company_id in user.company_ids,
            has_responsible=bool(self.user_id.active),
            red_days=self._count_red_days(),
            inbox_bytes=int(self.inbox_size * 1024**2),
        )
        return facts, error or self.explanation or ""

    @api.model
    def _get_cron_facts(self, now):
        return tuple(
            CronFact(cron.name, cron.active, max(now - cron.nextcall, timedelta()))
            for cron in self._get_crons()
        )

    def _ask_shop(self):
        """The shop's answer to the connection test, and its refusal in words."""
        if self.state == "draft" or self.emergency_stop:
            return None, ""
        # Whoever looks at the health needs not see the keys.
        channel = self.with_user(self._get_technical_user())
        try:
            return channel._get_connector().check(), ""
        except MarketplaceError as error:
            return None, self._explain(error)

    def _get_known_zone(self, info):
        zones = {code for code, _label in _tz_get(self)}
        return info.timezone if info and info.timezone in zones else ""

    def _count_red_days(self):
        return self.env["ecom.completeness"].search_count(
            self._get_incomplete_domain() & Domain("channel_id", "=", self.id)
        )
