from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

MONTH = relativedelta(months=1)


class EcomRfmHistory(models.Model):
    """The cell a customer was in at the beginning of a month.

    Rows are written by SQL for all customers at once, the first time figures are
    computed in a month; nobody edits one by hand.
    """

    _name = "ecom.rfm.history"
    _figures_of_contact = True  # no reason to keep a contact from being erased
    _description = "RFM cell of a customer in a month"
    _log_access = False
    _order = "month DESC, id"
    _rec_name = "rfm_cell"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    month = fields.Date(required=True, readonly=True)
    rfm_cell = fields.Char(string="RFM", readonly=True)
    rfm_group = fields.Selection(
        selection="_selection_rfm_group", string="Group", readonly=True
    )

    previous_group = fields.Selection(
        selection="_selection_neighbour",
        compute="_compute_neighbours",
        search="_search_previous_group",
        help="Group of the month before.",
    )
    next_group = fields.Selection(
        selection="_selection_neighbour",
        compute="_compute_neighbours",
        search="_search_next_group",
        help="Group of the month after.",
    )

    _month_uniq = models.Constraint(
        "UNIQUE(company_id, month, partner_id)", "A customer has one cell a month."
    )

    @api.model
    def _selection_rfm_group(self):
        return self.env["ecom.customer"]._selection_rfm_group()

    @api.model
    def _selection_neighbour(self):
        return self.env["ecom.rfm.transition"]._selection_group()

    @api.depends("company_id", "partner_id", "month")
    def _compute_neighbours(self):
        rows = self.search(
            [
                ("company_id", "in", self.company_id.ids),
                ("partner_id", "in", self.partner_id.ids),
            ]
        )
        groups = {
            (row.company_id, row.partner_id, row.month): row.rfm_group for row in rows
        }
        for row in self:
            key = (row.company_id, row.partner_id)
            row.previous_group = groups.get((*key, row.month - MONTH), "none")
            row.next_group = groups.get((*key, row.month + MONTH), "none")

    @api.model
    def _search_previous_group(self, operator, value):
        return self._search_neighbour(operator, value, SQL("- interval '1 month'"))

    @api.model
    def _search_next_group(self, operator, value):
        return self._search_neighbour(operator, value, SQL("+ interval '1 month'"))

    @api.model
    def _search_neighbour(self, operator, value, step):
        if operator != "in":
            return NotImplemented
        found = SQL(
            """(
            SELECT h.id
              FROM ecom_rfm_history h
              LEFT JOIN ecom_rfm_history o
                ON o.company_id = h.company_id AND o.partner_id = h.partner_id
               AND o.month = (h.month %s)::date
             WHERE COALESCE(o.rfm_group, 'none') = ANY(%s)
            )""",
            step,
            list(value),
        )
        return [("id", "in", found)]

    @api.model
    def _note_month(self):
        """Keep the cells of this month, unless they are kept already."""
        self.env.flush_all()
        month = fields.Date.context_today(self).replace(day=1)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ecom_rfm_history
                       (company_id, partner_id, month, rfm_cell, rfm_group)
                SELECT c.company_id, c.partner_id, %(month)s, c.rfm_cell, c.rfm_group
                  FROM ecom_customer c
                 WHERE c.rfm_group IS NOT NULL
                   AND NOT EXISTS (
                       SELECT 1 FROM ecom_rfm_history h
                        WHERE h.company_id = c.company_id AND h.month = %(month)s)
                """,
                month=month,
            )
        )


class EcomRfmTransition(models.Model):
    """How many customers moved from one group to another within a month."""

    _name = "ecom.rfm.transition"
    _description = "Customers who moved between RFM groups"
    _auto = False
    _order = "month DESC, customer_count DESC"
    _rec_name = "month"

    company_id = fields.Many2one("res.company", readonly=True)
    month = fields.Date(
        readonly=True, help="The month at whose beginning they are there."
    )
    from_group = fields.Selection(selection="_selection_group", readonly=True)
    to_group = fields.Selection(selection="_selection_group", readonly=True)
    customer_count = fields.Integer(string="Customers", readonly=True)

    @api.model
    def _selection_group(self):
        return [
            ("none", self.env._("No customer")),
            *self.env["ecom.customer"]._selection_rfm_group(),
        ]

    @property
    def _table_query(self):
        """Cells of a month joined with those of the month before."""
        return SQL(
            """
            WITH months AS (
                SELECT DISTINCT company_id, month FROM ecom_rfm_history
            ), pairs AS (
                SELECT h.company_id,
                       h.month,
                       COALESCE(b.rfm_group, 'none') AS from_group,
                       h.rfm_group AS to_group
                  FROM ecom_rfm_history h
                  JOIN months m
                    ON m.company_id = h.company_id
                   AND m.month = (h.month - interval '1 month')::date
                  LEFT JOIN ecom_rfm_history b
                    ON b.company_id = h.company_id
                   AND b.partner_id = h.partner_id
                   AND b.month = m.month
                UNION ALL
                SELECT b.company_id, m.month, b.rfm_group, 'none'
                  FROM ecom_rfm_history b
                  JOIN months m
                    ON m.company_id = b.company_id
                   AND m.month = (b.month + interval '1 month')::date
                 WHERE NOT EXISTS (
                       SELECT 1 FROM ecom_rfm_history h
                        WHERE h.company_id = b.company_id
                          AND h.partner_id = b.partner_id
                          AND h.month = m.month)
            )
            SELECT row_number() OVER (
                       ORDER BY company_id, month, from_group, to_group)::int AS id,
                   company_id,
                   month,
                   from_group,
                   to_group,
                   count(*)::int AS customer_count
              FROM pairs
             GROUP BY company_id, month, from_group, to_group
            """
        )
