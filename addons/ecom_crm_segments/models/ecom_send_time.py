from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.tools import SQL

from ..algorithms import send_time

#: the latest orders that tell everybody's habit
EVERYBODY = 1000
#: hours of the day at which it is polite to write
POLITE = range(7, 22)


class EcomSendTime(models.AbstractModel):
    """At which hour customers tend to buy, in the time zone of whoever asks."""

    _name = "ecom.send.time"
    _description = "Send time by habit"

    @api.model
    def _get_zone(self):
        return self.env.user.tz or "UTC"

    @api.model
    def _get_hour(self):
        """SQL: hour of the day of order ``o``."""
        return SQL(
            "extract(hour FROM o.date_order AT TIME ZONE 'UTC' AT TIME ZONE %s)::int",
            self._get_zone(),
        )

    @api.model
    def _read_everybody(self, company):
        """Latest orders of the company by hour, 24 numbers."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT q.hour, count(*)
                  FROM (SELECT %s AS hour
                          FROM sale_order o
                         WHERE o.state = 'sale' AND o.company_id = %s
                         ORDER BY o.date_order DESC, o.id DESC
                         LIMIT %s) q
                 GROUP BY 1
                """,
                self._get_hour(),
                company.id,
                EVERYBODY,
            )
        )
        return self._spread(rows)

    @api.model
    def _read_partners(self, company, partners):
        """Orders of some contacts by hour, 24 numbers, as kept with their figures.

        :param partners: SQL of ids of commercial contacts. Who does not want to be
            profiled does not count.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT (h.number - 1 + %s) %% 24, sum(h.orders::int)
                  FROM ecom_customer c
                  JOIN res_partner p ON p.id = c.partner_id,
                       unnest(string_to_array(c.order_hours, ' '))
                           WITH ORDINALITY AS h(orders, number)
                 WHERE c.company_id = %s AND c.partner_id IN (%s)
                   AND p.ecom_profiling_off IS NOT TRUE
                 GROUP BY 1
                """,
                self._get_shift(company),
                company.id,
                partners,
            )
        )
        return self._spread(rows)

    @api.model
    def _get_shift(self, company):
        """Hours that the reader's clock is ahead of the company's now, 0 to 23."""
        now = pytz.utc.localize(fields.Datetime.now())
        here, there = (
            now.astimezone(pytz.timezone(zone)).utcoffset()
            for zone in (self._get_zone(), company.partner_id.tz or "UTC")
        )
        return round((here - there) / timedelta(hours=1)) % send_time.HOURS

    @api.model
    def _spread(self, rows):
        counts = dict(rows)
        return [counts.get(hour, 0) for hour in range(send_time.HOURS)]

    @api.model
    def _best(self, company, partners):
        """Best hour to write to some contacts; none when the company sold nothing."""
        self.env.flush_all()
        everybody = self._read_everybody(company)
        if not any(everybody):
            return None
        own = self._read_partners(company, partners)
        return send_time.best_hour(own, everybody, POLITE)


class ResPartner(models.Model):
    _inherit = "res.partner"

    ecom_best_hour = fields.Char(
        string="Best Hour to Write",
        compute="_compute_ecom_best_hour",
        groups="ecom_crm_segments.group_user",
        help="The hour at which the customer tends to buy, in your time zone.",
    )

    @api.depends_context("company", "tz")
    @api.depends("commercial_partner_id", "ecom_profiling_off")
    def _compute_ecom_best_hour(self):
        self.ecom_best_hour = False
        times = self.env["ecom.send.time"]
        for partner in self.commercial_partner_id.filtered(lambda p: p.ids):
            if partner.ecom_profiling_off:
                continue
            best = times._best(self.env.company, SQL("%s", partner.id))
            members = self.filtered_domain([("commercial_partner_id", "=", partner.id)])
            members.ecom_best_hour = best and self.env._(
                "%(hour)s:00, from %(count)s orders of their own",
                hour=f"{best.hour:02}",
                count=best.own_orders,
            )


class EcomCampaign(models.Model):
    _inherit = "ecom.campaign"

    def action_make_mailing(self):
        """Prepare a mailing to the addressed at the hour at which they tend to buy."""
        self.ensure_one()
        mailing = self.env["mailing.mailing"].create(self._prepare_mailing())
        return {
            "type": "ir.actions.act_window",
            "res_model": "mailing.mailing",
            "view_mode": "form",
            "res_id": mailing.id,
        }

    def _prepare_mailing(self):
        values = {
            "subject": self.name,
            "mailing_model_id": self.env["ir.model"]._get_id("mailing.list"),
            "contact_list_ids": [fields.Command.set(self.mailing_list_id.ids)],
        }
        best = self.env["ecom.send.time"]._best(
            self.company_id, self._get_addressed_query()
        )
        if best:
            values["schedule_type"] = "scheduled"
            values["schedule_date"] = self._get_next(best.hour)
        return values

    def _get_addressed_query(self):
        return SQL(
            "SELECT partner_id FROM ecom_campaign_member "
            "WHERE campaign_id = %s AND NOT held_out",
            self.id,
        )

    @api.model
    def _get_next(self, hour):
        """The next time it is that hour in the zone of the user, in UTC."""
        zone = pytz.timezone(self.env["ecom.send.time"]._get_zone())
        now = pytz.utc.localize(fields.Datetime.now()).astimezone(zone)
        day = now.date() + timedelta(days=now.hour >= hour)
        local = fields.Datetime.to_datetime(day).replace(hour=hour)
        return zone.localize(local).astimezone(pytz.utc).replace(tzinfo=None)
