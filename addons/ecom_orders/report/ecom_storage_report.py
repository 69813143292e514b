from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

GROWTH_DAYS = 30


class EcomStorageReport(models.Model):
    """What this app keeps in the database: how much, how fast it grows, how long.

    A row for each of its tables and each company that has something in it. The size of
    a table, with its indexes, is shared among companies by their rows.
    """

    _name = "ecom.storage.report"
    _description = "Storage"
    _auto = False
    _order = "size desc, model"
    _rec_name = "label"

    model = fields.Char(string="Technical Name", readonly=True)
    label = fields.Char(string="Content", compute="_compute_label")
    company_id = fields.Many2one("res.company", readonly=True)
    row_count = fields.Integer(string="Rows", readonly=True, aggregator="sum")
    added_count = fields.Integer(
        string="New Rows",
        readonly=True,
        aggregator="sum",
        help="Of the last 30 days.",
    )
    size = fields.Float(
        string="Size (MB)",
        digits=(12, 2),
        readonly=True,
        aggregator="sum",
        help="In the database, with indexes.",
    )
    retention = fields.Char(string="Kept", compute="_compute_retention")

    @property
    def _table_query(self):
        tables = [self._get_table_sql(model) for model in self._get_models()]
        return SQL(
            """
            SELECT ROW_NUMBER() OVER (ORDER BY model, company_id) AS id,
                   model, company_id, row_count, added_count,
                   bytes / 1048576.0 * GREATEST(row_count, 1)
                       / GREATEST(SUM(row_count) OVER (PARTITION BY model), 1) AS size
              FROM (%s) AS kept
            """,
            SQL(" UNION ALL ").join(tables),
        )

    @api.model
    def _get_models(self):
        """Every model of this app that has a table, by name."""
        return [
            self.env[name]
            for name in sorted(self.env.registry)
            if name.startswith("ecom.")
            and self.env[name]._auto
            and not self.env[name]._abstract
            and not self.env[name]._transient
        ]

    @api.model
    def _get_table_sql(self, model):
        """SQL: the rows of a table by company."""

        def column(name, otherwise):
            field = model._fields.get(name)
            stored = field is not None and field.store and field.column_type
            return SQL.identifier(name) if stored else otherwise

        return SQL(
            """
            SELECT %(model)s AS model, %(company)s AS company_id,
                   COUNT(*) AS row_count,
                   COUNT(*) FILTER (WHERE %(created)s >= %(since)s) AS added_count,
                   pg_total_relation_size(%(name)s) AS bytes
              FROM %(table)s
             GROUP BY 2
            """,
            model=model._name,
            company=column("company_id", SQL("NULL::integer")),
            created=column("create_date", SQL("NULL::timestamp")),
            since=fields.Datetime.now() - timedelta(days=GROWTH_DAYS),
            name=model._table,
            table=SQL.identifier(model._table),
        )

    @api.depends("model")
    @api.depends_context("lang")
    def _compute_label(self):
        # What a table is called is no secret; managers need not be administrators.
        models = self.env["ir.model"].sudo().search_fetch([("model", "like", "ecom.")])
        names = {model.model: model.name for model in models}
        for row in self:
            row.label = names.get(row.model, row.model)

    @api.depends("model", "company_id")
    @api.depends_context("lang")
    def _compute_retention(self):
        for row in self:
            row.retention = row._get_retention()

    def _get_retention(self):
        """How long rows of the table are kept, in words; a hook for further tables."""
        self.ensure_one()
        if self.model == "ecom.inbox.message":
            return self.env._(
                "Contents: %s. Rows: for ever, so that nothing is imported twice.",
                self._get_days_text("keep_days"),
            )
        if self.model == "ecom.buyer":
            return self.env._(
                "Personal data: %s. Rows: for ever.",
                self._get_days_text("erase_days", switch="erase_buyers"),
            )
        if self.model == "ecom.stock.dirty":
            return self.env._("Until the next publication of stock.")
        return self.env._("For ever.")

    def _get_days_text(self, name, switch=None):
        """How many days the company's channels keep something, in words.

        :param name: the channel's field with the days; 0 = for ever.
        :param switch: the channel's field without which it is for ever.
        """
        channels = self.env["ecom.channel"].search(
            [("company_id", "=", self.company_id.id)]
        )
        days = sorted(
            channel[name] if not switch or channel[switch] else 0
            for channel in channels
        )
        if not any(days):
            return self.env._("for ever")
        if not days[0]:
            return self.env._("up to %s days, on some channels for ever", days[-1])
        if days[0] == days[-1]:
            return self.env._("%s days", days[0])
        return self.env._(
            "%(least)s to %(most)s days, by channel", least=days[0], most=days[-1]
        )
