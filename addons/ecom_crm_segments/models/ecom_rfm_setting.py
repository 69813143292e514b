from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..algorithms import rfm

#: what is scored, of the temporary table of a refresh; larger is better
COLUMNS = {"recency": "-days_since", "frequency": "order_count", "monetary": "net"}
FIGURES = tuple(COLUMNS)
#: shares of the revenue of all customers that classes A, and A and B together, bring
CLASS_SHARES = (0.8, 0.95)


class EcomRfmSetting(models.Model):
    """How a company scores recency, frequency and monetary value.

    Limits are what turns a figure into a score. By quantiles they are measured on all
    customers with each full refresh and kept, so that a single customer can be scored
    again at once; fixed ones are set by a person.
    """

    _name = "ecom.rfm.setting"
    _description = "RFM scoring and privacy of a company"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    method = fields.Selection(
        [("quantile", "Equal parts"), ("fixed", "Fixed limits")],
        required=True,
        default="quantile",
        help="Equal parts: the best fifth of the customers has the best score. "
        "Fixed limits: a score stands for the same figure at all times.",
    )
    parts = fields.Integer(string="Scores", required=True, default=5)
    fixed_recency = fields.Char(
        string="Days Since the Last Order",
        default="30, 90, 180, 365",
        help="Who bought within the first number of days has the best score.",
    )
    fixed_frequency = fields.Char(string="Orders", default="2, 3, 5, 10")
    fixed_monetary = fields.Char(string="Revenue", default="50, 150, 500, 1500")
    mail_needs_consent = fields.Boolean(
        string="E-mail Only with Consent",
        help="Mailing lists have only contacts who granted marketing e-mail. "
        "Otherwise they have all who did not refuse it.",
    )
    limits = fields.Json(readonly=True)
    limits_date = fields.Datetime(string="Measured On", readonly=True)

    _company_uniq = models.Constraint(
        "UNIQUE(company_id)", "A company has one way of scoring its customers."
    )

    @api.constrains(
        "method", "parts", "fixed_recency", "fixed_frequency", "fixed_monetary"
    )
    def _check_limits(self):
        for setting in self:
            if not 2 <= setting.parts <= 9:
                raise ValidationError(self.env._("Choose between 2 and 9 scores."))
            if setting.method == "fixed":
                for figure in FIGURES:
                    setting._read_fixed(figure)

    def _read_fixed(self, figure):
        """Limits of a figure that a person has set: ascending numbers."""
        text = self[f"fixed_{figure}"] or ""
        try:
            numbers = [float(part) for part in text.replace(";", ",").split(",")]
        except ValueError:
            numbers = []
        if len(numbers) != self.parts - 1 or numbers != sorted(set(numbers)):
            raise ValidationError(
                self.env._(
                    "“%(text)s” are not limits: %(count)s rising numbers, separated by "
                    "commas, are needed for %(parts)s scores.",
                    text=text,
                    count=self.parts - 1,
                    parts=self.parts,
                )
            )
        return numbers

    @api.model
    def _get(self, company):
        """Setting of a company, made with usual values when it has none."""
        setting = self.search([("company_id", "=", company.id)], limit=1)
        return setting or self.create({"company_id": company.id})

    @api.model
    def _get_mail_condition(self, company):
        """SQL: contact ``p`` may be written to for marketing by a company.

        Refusals and the blacklist always count.
        """
        consent = SQL("p.ecom_mail_consent IS DISTINCT FROM 'refused'")
        setting = self.search([("company_id", "=", company.id)], limit=1)
        if setting.mail_needs_consent:
            consent = SQL("p.ecom_mail_consent = 'granted'")
        return SQL(
            """
            %s AND NOT EXISTS (
                SELECT 1 FROM mail_blacklist b
                 WHERE b.active AND b.email = p.email_normalized)
            """,
            consent,
        )

    def _measure(self, table):
        """Measure the limits on all customers of the company.

        :param table: name of a table with company_id, days_since, order_count, net.
        """
        self.ensure_one()
        if self.method == "fixed":
            limits = {figure: self._read_fixed(figure) for figure in FIGURES}
            # Fewer days are better: as negative numbers larger is better everywhere.
            limits["recency"] = [-days for days in reversed(limits["recency"])]
        else:
            limits = {
                figure: self._measure_quantiles(table, column)
                for figure, column in COLUMNS.items()
            }
        limits["value"] = self._measure_classes(table)
        self.write({"limits": limits, "limits_date": fields.Datetime.now()})

    def _measure_quantiles(self, table, column):
        """Smallest figure of each score from 2 on; none where nobody has that score.

        As :func:`..algorithms.rfm.quantile_score` with shared ties.
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH figures AS (
                    SELECT (%(column)s)::float8 AS figure, count(*) AS customers
                      FROM %(table)s
                     WHERE company_id = %(company)s
                     GROUP BY 1
                ), positions AS (
                    SELECT figure,
                           sum(customers) OVER (ORDER BY figure)
                               - (customers - 1) / 2.0 AS position,
                           sum(customers) OVER () AS total
                      FROM figures
                )
                SELECT score, min(figure)
                  FROM generate_series(2, %(parts)s) AS score
                  LEFT JOIN positions
                    ON ceil(position * %(parts)s / total - 1e-9) >= score
                 GROUP BY score
                 ORDER BY score
                """,
                column=SQL(column),
                table=SQL.identifier(table),
                company=self.company_id.id,
                parts=self.parts,
            )
        )
        return [figure for _score, figure in rows]

    def _measure_classes(self, table):
        """Smallest revenue of classes A and B: those that bring most of it."""
        [row] = self.env.execute_query(
            SQL(
                """
                WITH figures AS (
                    SELECT net::float8 AS figure, sum(net)::float8 AS amount
                      FROM %(table)s
                     WHERE company_id = %(company)s AND net > 0
                     GROUP BY 1
                ), shares AS (
                    SELECT figure,
                           (sum(amount) OVER (ORDER BY figure DESC) - amount)
                               / sum(amount) OVER () AS better
                      FROM figures
                )
                SELECT min(figure) FILTER (WHERE better < %(a)s),
                       min(figure) FILTER (WHERE better < %(b)s)
                  FROM shares
                """,
                table=SQL.identifier(table),
                company=self.company_id.id,
                a=CLASS_SHARES[0],
                b=CLASS_SHARES[1],
            )
        )
        return list(row)

    def _get_limits(self, figure):
        """Limits as an array of SQL; nobody reaches one that is not known."""
        limits = (self.limits or {}).get(figure) or []
        return SQL(
            "%s::float8[]",
            [float("inf") if limit is None else limit for limit in limits],
        )

    def _get_group_rows(self):
        """(recency, frequency, monetary, group) of every cell."""
        scores = range(1, self.parts + 1)
        return [
            (r, f, m, rfm.group(r, f, m, self.parts).value)
            for r in scores
            for f in scores
            for m in scores
        ]
