import logging

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: what a customer likes, as ``_get_habits_query`` and the like name it
PREFERENCES = (
    "favourite_category_id",
    "favourite_attribute_id",
    "favourite_categories",
    "favourite_attributes",
    "last_products",
    "carrier",
    "payment_method",
    "order_hour",
    "order_hours",
    "pickup_share",
    "late_count",
    "held_count",
)
TABLE = "ecom_customer_figures"  # temporary, of one refresh
#: of PostgreSQL, for one sort over all customers; its default of 4 MB sorts on disk
WORK_MEMORY = "128MB"
FIGURES = (
    "order_count",
    "revenue",
    "refund_count",
    "refund_amount",
    "return_count",
    "margin",
    "margin_known",
    "net_revenue",
    "average_basket",
    "first_order_date",
    "last_order_date",
    "order_gap",
    "recency_score",
    "frequency_score",
    "monetary_score",
    "rfm_cell",
    "rfm_group",
    "value_class",
    *PREFERENCES,
)


class EcomCustomerRefresher(models.AbstractModel):
    """Computes the figures of customers, set-wise.

    One way for all customers and for a few: orders and refunds are summed up in a
    temporary table, figures become scores by the limits of the company
    (``ecom.rfm.setting``), and only rows that differ are written. A full refresh
    measures the limits anew before.
    """

    _name = "ecom.customer.refresher"
    _description = "Computes figures of customers"

    @api.model
    def _refresh_all(self):
        """Compute the figures of all customers, and all segments."""
        self._refresh()
        self.env["ecom.rfm.history"]._note_month()
        self.env["ecom.segment"]._refresh_all()

    @api.model
    def _cron_refresh_all(self):
        """Nightly: recency moves although nobody buys."""
        self._refresh_all()

    @api.model
    def _cron_refresh(self):
        """Compute what has changed, and the live segments of those customers."""
        dirty = self.env["ecom.customer.dirty"]
        while partner_ids := dirty._take():
            self._refresh(partner_ids)
            self.env["ecom.segment"]._refresh_live(partner_ids)
            if not self.env["ir.cron"]._commit_progress(len(partner_ids)):
                break

    @api.model
    def _refresh(self, partner_ids=None):
        """Compute figures.

        :param partner_ids: commercial contacts; all when left out.
        """
        self.env.flush_all()
        self._collect(partner_ids)
        companies = self.env["res.company"].browse(self._get_company_ids())
        for company in companies:
            setting = self.env["ecom.rfm.setting"]._get(company)
            if partner_ids is None or not setting.limits:
                if partner_ids is not None:
                    # The first customers of a company: the limits need them all.
                    self._collect(None)
                setting._measure(TABLE)
            self.env.flush_all()
            self._store(setting)
        self._delete_gone(partner_ids)
        self._get_unprofiled(partner_ids)._drop_profile()
        self.env["ecom.customer"].invalidate_model()

    @api.model
    def _get_unprofiled(self, partner_ids):
        """Contacts with figures that do not want to be scored."""
        domain = Domain("ecom_profiling_off", "=", True)
        if partner_ids is not None:
            domain &= Domain("id", "in", list(partner_ids))
        return self.env["res.partner"].with_context(active_test=False).search(domain)

    @api.model
    def _get_company_ids(self):
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT company_id FROM %s", SQL.identifier(TABLE))
        )
        return sorted(company_id for (company_id,) in rows)

    # -- collecting --------------------------------------------------------------------

    @api.model
    def _collect(self, partner_ids):
        """Sum up orders and refunds of customers in the temporary table."""
        if partner_ids is None:
            self.env.cr.execute("SET LOCAL work_mem = %s", [WORK_MEMORY])
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS %s", SQL.identifier(TABLE)))
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE %(table)s ON COMMIT DROP AS
                SELECT o.*,
                       COALESCE(r.refund_count, 0) AS refund_count,
                       COALESCE(r.refund_amount, 0) AS refund_amount,
                       COALESCE(b.return_count, 0) AS return_count,
                       o.revenue - COALESCE(r.refund_amount, 0) AS net,
                       %(preferences)s,
                       %(today)s::date - o.last_order_date::date AS days_since
                  FROM (%(orders)s) o
                  LEFT JOIN (%(refunds)s) r
                    ON r.company_id = o.company_id AND r.partner_id = o.partner_id
                  LEFT JOIN (%(returns)s) b
                    ON b.company_id = o.company_id AND b.partner_id = o.partner_id
                  %(joins)s
                """,
                preferences=SQL(", ").join(map(SQL.identifier, PREFERENCES)),
                joins=SQL(" ").join(
                    SQL(
                        "LEFT JOIN (%(query)s) %(name)s "
                        "ON %(name)s.company_id = o.company_id "
                        "AND %(name)s.partner_id = o.partner_id",
                        query=query,
                        name=SQL.identifier(name),
                    )
                    for name, query in self._get_preference_queries(partner_ids).items()
                ),
                table=SQL.identifier(TABLE),
                today=fields.Date.today(),
                orders=self._get_orders_query(partner_ids),
                refunds=self._get_refunds_query(partner_ids),
                returns=self._get_returns_query(partner_ids),
            )
        )
        self.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(TABLE)))

    @api.model
    def _get_orders_query(self, partner_ids):
        """Confirmed orders by company and commercial contact, archived ones included.

        ``currency_rate`` is the one of the day of the order, as in core's sales report.
        """
        return SQL(
            """
            SELECT o.company_id,
                   p.commercial_partner_id AS partner_id,
                   count(*)::int AS order_count,
                   sum(o.amount_untaxed / COALESCE(NULLIF(o.currency_rate, 0), 1))
                       AS revenue,
                   min(o.date_order) AS first_order_date,
                   max(o.date_order) AS last_order_date,
                   sum(%s / COALESCE(NULLIF(o.currency_rate, 0), 1)) AS margin
              FROM sale_order o
              JOIN res_partner p ON p.id = o.partner_id
             WHERE o.state = 'sale' AND p.commercial_partner_id IS NOT NULL AND %s
             GROUP BY o.company_id, p.commercial_partner_id
            """,
            self._get_margin_column(),
            self._get_scope(SQL("p.commercial_partner_id"), partner_ids),
        )

    @api.model
    def _get_margin_column(self):
        """Margin of an order ``o``; unknown unless core's sale_margin is installed."""
        if "margin" in self.env["sale.order"]._fields:
            return SQL("o.margin::numeric")
        return SQL("NULL::numeric")

    @api.model
    def _get_refunds_query(self, partner_ids):
        """What was given back, without taxes, by the same keys."""
        refunds = [self._get_credit_notes_query()]
        if "ecom.refund" in self.env:
            refunds.append(self._get_channel_refunds_query())
        return SQL(
            """
            SELECT company_id,
                   partner_id,
                   count(*)::int AS refund_count,
                   sum(amount) AS refund_amount
              FROM (%s) refunds
             WHERE %s
             GROUP BY company_id, partner_id
            """,
            SQL(" UNION ALL ").join(refunds),
            self._get_scope(SQL("partner_id"), partner_ids),
        )

    @api.model
    def _get_credit_notes_query(self):
        """Posted credit notes, in the company's currency."""
        return SQL(
            """
            SELECT m.company_id,
                   m.commercial_partner_id AS partner_id,
                   -m.amount_untaxed_signed AS amount
              FROM account_move m
             WHERE m.move_type = 'out_refund' AND m.state = 'posted'
            """
        )

    @api.model
    def _get_channel_refunds_query(self):
        """Refunds of channels that became no credit note: they reduced the invoice.

        The order keeps its total, so that its revenue has them still.
        """
        return SQL(
            """
            SELECT o.company_id,
                   p.commercial_partner_id AS partner_id,
                   f.amount * o.amount_untaxed / NULLIF(o.amount_total, 0)
                       / COALESCE(NULLIF(o.currency_rate, 0), 1) AS amount
              FROM ecom_refund f
              JOIN sale_order o ON o.id = f.order_id
              JOIN res_partner p ON p.id = o.partner_id
             WHERE f.move_id IS NULL AND o.state = 'sale'
            """
        )

    @api.model
    def _get_returns_query(self, partner_ids):
        """Goods that customers sent back, where ecom_orders knows of them."""
        if "ecom.return" not in self.env:
            return SQL(
                "SELECT 0 AS company_id, 0 AS partner_id, 0 AS return_count WHERE FALSE"
            )
        return SQL(
            """
            SELECT o.company_id,
                   p.commercial_partner_id AS partner_id,
                   count(*)::int AS return_count
              FROM ecom_return b
              JOIN sale_order o ON o.id = b.order_id
              JOIN res_partner p ON p.id = o.partner_id
             WHERE b.kind = 'customer' AND b.status NOT IN ('rejected', 'cancelled')
               AND o.state = 'sale' AND %s
             GROUP BY o.company_id, p.commercial_partner_id
            """,
            self._get_scope(SQL("p.commercial_partner_id"), partner_ids),
        )

    @api.model
    def _get_scope(self, column, partner_ids):
        if partner_ids is None:
            return SQL("TRUE")
        return SQL("%s = ANY(%s)", column, list(partner_ids))

    # -- storing -----------------------------------------------------------------------

    @api.model
    def _store(self, setting):
        """Score the collected figures of a company and write those that differ."""
        columns = SQL(", ").join(map(SQL.identifier, FIGURES))
        changed = SQL(", ").join(
            SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name))
            for name in FIGURES
        )
        old = SQL(", ").join(SQL.identifier("ecom_customer", name) for name in FIGURES)
        new = SQL(", ").join(SQL.identifier("excluded", name) for name in FIGURES)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ecom_customer (company_id, partner_id, %(columns)s)
                %(scored)s
                ON CONFLICT (company_id, partner_id) DO UPDATE SET %(changed)s
                 WHERE (%(old)s) IS DISTINCT FROM (%(new)s)
                """,
                columns=columns,
                scored=self._get_scored_query(setting),
                changed=changed,
                old=old,
                new=new,
            )
        )

    @api.model
    def _get_scored_query(self, setting):
        """The columns that are stored, with scores by the limits of the company."""
        group_rows = SQL(", ").join(
            SQL("(%s, %s, %s, %s)", *row) for row in setting._get_group_rows()
        )
        return SQL(
            """
            WITH groups (r, f, m, name) AS (VALUES %(groups)s), scores AS (
                SELECT t.*,
                       1 + width_bucket((-days_since)::float8, %(recency)s) AS r,
                       1 + width_bucket(order_count::float8, %(frequency)s) AS f,
                       1 + width_bucket(net::float8, %(monetary)s) AS m
                  FROM %(table)s t
                 WHERE company_id = %(company)s
            )
            SELECT s.company_id,
                   s.partner_id,
                   s.order_count,
                   round(s.revenue, %(digits)s),
                   s.refund_count,
                   round(s.refund_amount, %(digits)s),
                   s.return_count,
                   round(s.margin, %(digits)s),
                   s.margin IS NOT NULL,
                   round(s.net, %(digits)s),
                   round(s.revenue / s.order_count, %(digits)s),
                   s.first_order_date,
                   s.last_order_date,
                   CASE WHEN s.order_count > 1 THEN round(
                       extract(epoch FROM s.last_order_date - s.first_order_date)
                           / 86400.0 / (s.order_count - 1), 2) END,
                   s.r,
                   s.f,
                   s.m,
                   concat(s.r, s.f, s.m),
                   g.name,
                   CASE WHEN s.net::float8 >= (%(value)s)[1] THEN 'a'
                        WHEN s.net::float8 >= (%(value)s)[2] THEN 'b'
                        ELSE 'c' END,
                   %(preferences)s
              FROM scores s
              JOIN groups g ON g.r = s.r AND g.f = s.f AND g.m = s.m
            """,
            groups=group_rows,
            preferences=SQL(", ").join(
                SQL.identifier("s", name) for name in PREFERENCES
            ),
            recency=setting._get_limits("recency"),
            frequency=setting._get_limits("frequency"),
            monetary=setting._get_limits("monetary"),
            value=setting._get_limits("value"),
            table=SQL.identifier(TABLE),
            company=setting.company_id.id,
            digits=setting.company_id.currency_id.decimal_places,
        )

    @api.model
    def _delete_gone(self, partner_ids):
        """Forget customers whose last order was cancelled or went elsewhere."""
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM ecom_customer c
                 WHERE %(scope)s
                   AND NOT EXISTS (
                       SELECT 1 FROM %(table)s t
                        WHERE t.company_id = c.company_id
                          AND t.partner_id = c.partner_id)
                """,
                scope=self._get_scope(SQL("c.partner_id"), partner_ids),
                table=SQL.identifier(TABLE),
            )
        )
