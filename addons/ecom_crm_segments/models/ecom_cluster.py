import numbers

from odoo import api, fields, models
from odoo.fields import Command

from ..algorithms import clusters


class EcomCluster(models.Model):
    """Customers who behave alike.

    A cluster stays the same record from run to run, so that segments may refer to it
    and a person may name it; one that is not found any more is archived.
    """

    _name = "ecom.cluster"
    _description = "Cluster of customers"
    _order = "customer_count DESC, id"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    label = fields.Integer(string="Number", required=True, readonly=True)
    name = fields.Char(
        required=True, translate=True, help="Name it as you speak of these customers."
    )
    active = fields.Boolean(default=True, readonly=True)
    customer_count = fields.Integer(string="Customers", readonly=True)
    share = fields.Float(string="Share of Customers", readonly=True, aggregator="sum")
    centre = fields.Json(readonly=True)
    description = fields.Char(compute="_compute_description")
    trait_ids = fields.One2many("ecom.cluster.trait", "cluster_id", readonly=True)

    _label_uniq = models.Constraint(
        "UNIQUE(company_id, label)", "A company has one cluster of a number."
    )

    @api.depends("trait_ids")
    def _compute_description(self):
        for item in self:
            traits = item.trait_ids.mapped("description")
            item.description = ", ".join(traits) or self.env._(
                "like the average customer"
            )

    def _get_last(self):
        """The clusters as the algorithm knows them, to keep their numbers."""
        return [
            clusters.Cluster(item.label, item.customer_count, tuple(item.centre), ())
            for item in self
            if item._has_centre()
        ]

    def _has_centre(self):
        return isinstance(self.centre, list) and all(
            isinstance(value, numbers.Real) for value in self.centre
        )

    def _take_over(self, company, found, labels):
        """Make the clusters of a company those that were found.

        :param found: clusters of the algorithm.
        :param labels: shape ``(n,)``, of all customers.
        """
        known = {item.label: item for item in self}
        total = len(labels)
        for item in found:
            members = int((labels == item.label).sum())
            values = {
                "active": True,
                "customer_count": members,
                "share": members / total,
                "centre": list(item.centre),
                "trait_ids": [Command.clear(), *self._prepare_traits(item)],
            }
            if item.label in known:
                known[item.label].write(values)
            else:
                self.create(
                    {
                        **values,
                        "company_id": company.id,
                        "label": item.label,
                        "name": self.env._("Cluster %s", item.label),
                    }
                )
        labels_found = {item.label for item in found}
        gone = self.filtered(lambda item: item.label not in labels_found)
        gone.write({"active": False, "customer_count": 0, "share": 0})

    @api.model
    def _prepare_traits(self, item):
        return [
            Command.create(
                {
                    "sequence": sequence,
                    "feature": trait.feature,
                    "difference": trait.difference,
                    "typical": trait.typical,
                    "everybody": trait.everybody,
                }
            )
            for sequence, trait in enumerate(item.traits)
        ]

    def action_view_customers(self):
        """Open the customers of the cluster."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ecom_crm_segments.ecom_customer_action"
        )
        return {**action, "domain": [("cluster_id", "=", self.id)]}

    def action_make_segment(self):
        """Make a live segment of the customers of the cluster."""
        self.ensure_one()
        segment = self.env["ecom.segment"].create(
            {
                "name": self.name,
                "company_id": self.company_id.id,
                "customer_domain": repr([("cluster_id", "=", self.id)]),
            }
        )
        segment.action_refresh()
        return {
            "type": "ir.actions.act_window",
            "res_model": "ecom.segment",
            "view_mode": "form",
            "res_id": segment.id,
        }
