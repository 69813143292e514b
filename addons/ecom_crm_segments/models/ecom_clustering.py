import logging

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL

from ..algorithms import clusters
from ..algorithms.errors import AlgorithmError, TooFewData

_logger = logging.getLogger(__name__)

BLOCK = 50000
FEATURES = (
    clusters.Feature("order_count"),
    clusters.Feature("average_basket"),
    clusters.Feature("days_since"),
    clusters.Feature("days_between"),
    clusters.Feature("refund_share", logarithmic=False),
)


class EcomClustering(models.Model):
    """One run that looks for customers who behave alike, and why it chose as it did."""

    _name = "ecom.clustering"
    _description = "Search for clusters of customers"
    _order = "id DESC"
    _rec_name = "date"

    #: customers clusters are found on at most; all others go to the nearest one
    _sample_size = 20000

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    state = fields.Selection(
        [("found", "Found"), ("refused", "Too Few Data"), ("failed", "Failed")],
        required=True,
        readonly=True,
    )
    message = fields.Text(readonly=True)
    customer_count = fields.Integer(string="Customers", readonly=True)
    cluster_count = fields.Integer(string="Clusters", readonly=True)
    silhouette = fields.Float(
        readonly=True,
        aggregator=False,
        help="How clearly customers belong to one cluster rather than to the next: "
        "above 0.5 clusters are clear, below 0.25 they are hardly there.",
    )
    explanation = fields.Text(compute="_compute_explanation")
    choice_ids = fields.One2many(
        "ecom.clustering.choice", "clustering_id", readonly=True
    )

    @api.depends("state", "silhouette", "cluster_count", "message")
    def _compute_explanation(self):
        for clustering in self:
            clustering.explanation = (
                clustering._explain_choice()
                if clustering.state == "found"
                else clustering.message
            )

    def _explain_choice(self):
        """Why so many clusters, and what they are worth."""
        values = {"count": self.cluster_count, "silhouette": f"{self.silhouette:.2f}"}
        if self.silhouette >= 0.5:
            return self.env._(
                "%(count)s clusters separate the customers best (silhouette "
                "%(silhouette)s). They are clearly different.",
                **values,
            )
        if self.silhouette >= 0.25:
            return self.env._(
                "%(count)s clusters separate the customers best (silhouette "
                "%(silhouette)s). They overlap at their edges.",
                **values,
            )
        return self.env._(
            "%(count)s clusters separate the customers best (silhouette "
            "%(silhouette)s), but they are hardly there: customers of this shop differ "
            "by degrees rather than in kind.",
            **values,
        )

    @api.model
    def _cron_cluster(self):
        """Weekly: find the clusters of every company."""
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT company_id FROM ecom_customer ORDER BY 1")
        )
        for number, (company_id,) in enumerate(rows, 1):
            self._cluster(self.env["res.company"].browse(company_id))
            remaining = len(rows) - number
            if not self.env["ir.cron"]._commit_progress(1, remaining=remaining):
                break

    @api.model
    def _cluster(self, company):
        """Find the clusters of a company and put all its customers into them.

        A refusal is a result, too: it says what is missing.
        """
        known = self.env["ecom.cluster"].with_context(active_test=False)
        known = known.search([("company_id", "=", company.id)])
        ids, figures = self._read_figures(company)
        values = {"company_id": company.id, "customer_count": len(ids)}
        learnt = figures[: self._sample_size]
        try:
            result = clusters.cluster(learnt, FEATURES, last=known._get_last())
        except TooFewData as error:
            self._clear(company)
            known.action_archive()
            message = self._explain(error)
            return self.create({**values, "state": "refused", "message": message})
        except AlgorithmError as error:
            _logger.warning("clusters of company %s: %s", company.id, error)
            message = self.env._(
                "No clusters could be found in these orders. Look for orders with "
                "impossible dates or amounts."
            )
            return self.create({**values, "state": "failed", "message": message})
        labels = clusters.assign(figures, learnt, result.labels, FEATURES)
        labels[: len(learnt)] = result.labels
        known._take_over(company, result.clusters, labels)
        self._store(company, ids, labels)
        return self.create({**values, **self._prepare_result(result)})

    @api.model
    def _prepare_result(self, result):
        return {
            "state": "found",
            "cluster_count": len(result.clusters),
            "silhouette": result.silhouette,
            "choice_ids": [
                Command.create(
                    {
                        "cluster_count": choice.clusters,
                        "silhouette": choice.silhouette,
                        "chosen": choice.clusters == len(result.clusters),
                    }
                )
                for choice in result.choices
            ],
        }

    def _explain(self, error):
        """What is missing, in words."""
        texts = {
            "customers": self.env._("customers"),
            "different_customers": self.env._("customers who differ from each other"),
        }
        lines = [
            self.env._(
                "%(have)s of at least %(need)s %(what)s",
                have=f"{shortage.have:g}",
                need=f"{shortage.need:g}",
                what=texts.get(shortage.what, shortage.what),
            )
            for shortage in error.shortages
        ]
        return self.env._(
            "There are too few customers to find kinds among them:\n%s",
            "\n".join(f"• {line}" for line in lines),
        )

    @api.model
    def _read_figures(self, company):
        """Ids of customers and their figures, shape ``(n, len(FEATURES))``.

        In an order that is by chance but the same each time: the first ones are a
        sample. Who does not want to be profiled is left out.
        """
        import numpy as np

        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id,
                       c.order_count,
                       c.average_basket::float8,
                       GREATEST(%(today)s::date - c.last_order_date::date, 0),
                       -- One order: the next one has not come in all that time.
                       COALESCE(c.order_gap,
                                %(today)s::date - c.first_order_date::date)::float8,
                       LEAST(c.refund_amount / NULLIF(c.revenue, 0), 1)::float8
                  FROM ecom_customer c
                  JOIN res_partner p ON p.id = c.partner_id
                 WHERE c.company_id = %(company)s
                   AND p.ecom_profiling_off IS NOT TRUE
                 ORDER BY hashint4(c.id), c.id
                """,
                company=company.id,
                today=fields.Date.context_today(self),
            )
        )
        table = np.array(rows, dtype=float).reshape(-1, 1 + len(FEATURES))
        return table[:, 0].astype(np.int64), np.nan_to_num(table[:, 1:])

    @api.model
    def _clear(self, company):
        self.env.cr.execute(
            SQL(
                "UPDATE ecom_customer SET cluster_id = NULL "
                "WHERE company_id = %s AND cluster_id IS NOT NULL",
                company.id,
            )
        )
        self.env["ecom.customer"].invalidate_model(["cluster_id"])

    @api.model
    def _store(self, company, ids, labels):
        """Write the clusters of customers, in blocks, where they differ."""
        self.env.flush_all()
        found = self.env["ecom.cluster"].search([("company_id", "=", company.id)])
        by_label = {item.label: item.id for item in found}
        clusters_of = [by_label[label] for label in labels.tolist()]
        for start in range(0, len(ids), BLOCK):
            block = slice(start, start + BLOCK)
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE ecom_customer c
                       SET cluster_id = d.cluster_id
                      FROM unnest(%s::int[], %s::int[]) AS d(id, cluster_id)
                     WHERE c.id = d.id AND c.cluster_id IS DISTINCT FROM d.cluster_id
                    """,
                    ids[block].tolist(),
                    clusters_of[block],
                )
            )
        self.env["ecom.customer"].invalidate_model(["cluster_id"])


class EcomClusteringChoice(models.Model):
    """A number of clusters that was tried, and how well it separates."""

    _name = "ecom.clustering.choice"
    _description = "Number of clusters that was tried"
    _order = "cluster_count"

    clustering_id = fields.Many2one(
        "ecom.clustering", required=True, ondelete="cascade", index=True
    )
    cluster_count = fields.Integer(string="Clusters", readonly=True, aggregator=False)
    silhouette = fields.Float(readonly=True, aggregator="avg")
    chosen = fields.Boolean(readonly=True)
