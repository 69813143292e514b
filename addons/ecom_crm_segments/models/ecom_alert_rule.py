import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

THRESHOLDS = {"big_buyer": 3, "returner": 0.5, "shrinking": 0.2}
DAYS = {"shrinking": 30}


class EcomAlertRule(models.Model):
    """What somebody wants to be told about customers, and who.

    Each kind finds occasions (``_find_<kind>``): SQL of partner, segment, a key that is
    the same as long as it is the same occasion, and how much it matters. What was told
    is an ``ecom.alert``: its key is unique, so nothing is told twice.
    """

    _name = "ecom.alert.rule"
    _description = "Alert on customers"
    _order = "company_id, kind"
    _rec_name = "kind"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    active = fields.Boolean(default=True)
    kind = fields.Selection(selection="_selection_kind", required=True)
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Has the activities of contacts without a salesperson.",
    )
    days = fields.Integer(
        string="Days Looked Back",
        compute="_compute_usual",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    threshold = fields.Float(
        help="Times the usual basket, or a share: 0.5 is half.",
        compute="_compute_usual",
        store=True,
        readonly=False,
        precompute=True,
    )
    at_most = fields.Integer(
        string="At Most a Day",
        required=True,
        default=20,
        help="The most important ones first; the others wait for the next day.",
    )
    description = fields.Char(compute="_compute_description")
    alert_count = fields.Integer(string="Alerts", compute="_compute_alert_count")
    problem = fields.Text(readonly=True, copy=False)

    _kind_uniq = models.Constraint(
        "UNIQUE(company_id, kind)", "A company has one alert of a kind."
    )
    _numbers_valid = models.Constraint(
        "CHECK(days > 0 AND at_most > 0 AND threshold >= 0)",
        "Days and number of alerts start at 1.",
    )

    @api.model
    def _selection_kind(self):
        return [
            ("leaving", self.env._("Valued customer about to leave")),
            ("first_buyer", self.env._("First order")),
            ("big_buyer", self.env._("Unusually large order")),
            ("returner", self.env._("Serial returner")),
            ("shrinking", self.env._("Shrinking segment")),
        ]

    @api.depends("kind")
    def _compute_usual(self):
        for rule in self:
            rule.days = DAYS.get(rule.kind, 7)
            rule.threshold = THRESHOLDS.get(rule.kind, 0)

    @api.depends("kind", "days", "threshold")
    def _compute_description(self):
        for rule in self:
            rule.description = rule._describe() if rule.kind else False

    def _describe(self):
        """The rule in words."""
        values = {
            "days": self.days,
            "times": f"{self.threshold:g}",
            "share": f"{self.threshold:.0%}",
        }
        texts = {
            "leaving": self.env._(
                "Customers of class A whose risk to leave is medium or high."
            ),
            "first_buyer": self.env._(
                "Customers whose first order came within %(days)s days.", **values
            ),
            "big_buyer": self.env._(
                "Orders of %(days)s days that are %(times)s times the usual basket of "
                "a customer who has ordered three times or more.",
                **values,
            ),
            "returner": self.env._(
                "Customers with three refunds or more, and %(share)s of the revenue "
                "given back.",
                **values,
            ),
            "shrinking": self.env._(
                "Segments that lost %(share)s of their members within %(days)s days.",
                **values,
            ),
        }
        return texts[self.kind]

    @api.depends("kind")
    def _compute_display_name(self):
        names = dict(self._selection_kind())
        for rule in self:
            rule.display_name = names.get(rule.kind, "")

    def _compute_alert_count(self):
        counts = dict(
            self.env["ecom.alert"]._read_group(
                [("rule_id", "in", self.ids)], ["rule_id"], ["__count"]
            )
        )
        for rule in self:
            rule.alert_count = counts.get(rule, 0)

    # -- telling -----------------------------------------------------------------------

    @api.model
    def _cron_tell(self):
        """Daily: tell what is new; a rule that fails says so and stops no other."""
        rules = self.search([("active", "=", True)])
        for number, rule in enumerate(rules, 1):
            rule._tell_safely()
            remaining = len(rules) - number
            if not self.env["ir.cron"]._commit_progress(1, remaining=remaining):
                break

    def action_tell(self):
        """Look now."""
        for rule in self:
            rule._tell_safely()
        return True

    def _tell_safely(self):
        try:
            with self.env.cr.savepoint():
                self._tell()
                self.problem = False
        except Exception as error:  # noqa: BLE001 whatever it is, it is told
            # The database's own errors carry the values of the row.
            trace = not isinstance(error, psycopg2.Error)
            _logger.error("alerts of rule %s", self.id, exc_info=trace)
            self.problem = self.env._("Nothing could be told: %s", str(error))

    def _tell(self):
        """Make an activity of each occasion that was not told yet."""
        self.ensure_one()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO ecom_alert
                       (rule_id, company_id, kind, partner_id, segment_id, occasion,
                        date)
                SELECT %(rule)s, %(company)s, %(kind)s, q.partner_id, q.segment_id,
                       q.occasion, %(now)s
                  FROM (%(found)s) q
                 WHERE NOT EXISTS (
                       SELECT 1 FROM ecom_alert a
                        WHERE a.company_id = %(company)s AND a.kind = %(kind)s
                          AND a.occasion = q.occasion)
                 ORDER BY q.weight DESC, q.occasion
                 LIMIT %(limit)s
                    ON CONFLICT (company_id, kind, occasion) DO NOTHING
                RETURNING id
                """,
                rule=self.id,
                company=self.company_id.id,
                kind=self.kind,
                now=fields.Datetime.now(),
                found=getattr(self, f"_find_{self.kind}")(),
                limit=self.at_most,
            )
        )
        alerts = self.env["ecom.alert"].browse([row_id for (row_id,) in rows])
        alerts._make_activities()
        return alerts

    # -- occasions ---------------------------------------------------------------------

    def _get_customers(self):
        """SQL: figures ``c`` of the company's contacts ``p`` that may be profiled."""
        return SQL(
            """
              FROM ecom_customer c
              JOIN res_partner p ON p.id = c.partner_id
             WHERE c.company_id = %s AND p.active
               AND p.ecom_profiling_off IS NOT TRUE
            """,
            self.company_id.id,
        )

    def _find_leaving(self):
        """Once for each silence: the next order ends it."""
        return SQL(
            """
            SELECT c.partner_id, NULL::int AS segment_id, c.net_revenue AS weight,
                   concat(c.partner_id, '/', c.last_order_date::date) AS occasion
                   %s
               AND c.value_class = 'a' AND c.churn_risk IN ('medium', 'high')
            """,
            self._get_customers(),
        )

    def _find_first_buyer(self):
        """Once for ever."""
        return SQL(
            """
            SELECT c.partner_id, NULL::int AS segment_id, c.revenue AS weight,
                   c.partner_id::text AS occasion
                   %s
               AND c.first_order_date >= %s
            """,
            self._get_customers(),
            fields.Datetime.now() - timedelta(days=self.days),
        )

    def _find_big_buyer(self):
        """Once for each order."""
        return SQL(
            """
            SELECT c.partner_id, NULL::int AS segment_id, o.amount AS weight,
                   concat(c.partner_id, '/', o.id) AS occasion
              FROM (SELECT s.id, b.commercial_partner_id AS partner_id,
                           s.amount_untaxed
                               / COALESCE(NULLIF(s.currency_rate, 0), 1) AS amount
                      FROM sale_order s
                      JOIN res_partner b ON b.id = s.partner_id
                     WHERE s.state = 'sale' AND s.company_id = %(company)s
                       AND s.date_order >= %(since)s) o,
                   (SELECT c.partner_id, c.order_count, c.revenue %(customers)s) c
             WHERE o.partner_id = c.partner_id AND c.order_count >= 3
               AND o.amount > 0
               AND o.amount >= %(times)s
                   * (c.revenue - o.amount) / (c.order_count - 1)
            """,
            company=self.company_id.id,
            since=fields.Datetime.now() - timedelta(days=self.days),
            customers=self._get_customers(),
            times=self.threshold,
        )

    def _find_returner(self):
        """Once a year."""
        return SQL(
            """
            SELECT c.partner_id, NULL::int AS segment_id, c.refund_amount AS weight,
                   concat(c.partner_id, '/', %s::int) AS occasion
                   %s
               AND c.refund_count >= 3 AND c.revenue > 0
               AND c.refund_amount >= %s * c.revenue
            """,
            fields.Date.context_today(self).year,
            self._get_customers(),
            self.threshold,
        )

    def _find_shrinking(self):
        """Once a month."""
        today = fields.Date.context_today(self)
        return SQL(
            """
            SELECT NULL::int AS partner_id, s.id AS segment_id,
                   z.most - s.member_count AS weight,
                   concat(s.id, '/', %(month)s::text) AS occasion
              FROM ecom_segment s
              JOIN (SELECT segment_id, max(member_count) AS most
                      FROM ecom_segment_size
                     WHERE date >= %(since)s
                     GROUP BY segment_id) z ON z.segment_id = s.id
             WHERE s.company_id = %(company)s AND s.active AND s.live
               AND z.most > 0
               AND z.most - COALESCE(s.member_count, 0) >= %(share)s * z.most
            """,
            month=f"{today:%Y-%m}",
            since=today - timedelta(days=self.days),
            company=self.company_id.id,
            share=self.threshold,
        )
