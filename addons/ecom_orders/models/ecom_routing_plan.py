from odoo import fields, models


class EcomRoutingPlan(models.Model):
    """A plan that was chosen, or that lost, with what it would have cost."""

    _name = "ecom.routing.plan"
    _description = "Plan of a routing decision"
    _order = "decision_id, chosen desc, total, id"

    decision_id = fields.Many2one(
        "ecom.routing.decision", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="decision_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    chosen = fields.Boolean()
    name = fields.Char(
        string="Warehouses and Carriers", help="One part for each parcel."
    )
    found_by = fields.Char(
        help="The strategy that would have chosen it, or the one warehouse of it."
    )
    parcel_count = fields.Integer(string="Parcels")
    freight = fields.Monetary()
    surcharges = fields.Monetary()
    packaging = fields.Monetary()
    handling = fields.Monetary()
    lateness = fields.Monetary()
    split_cost = fields.Monetary(string="Split")
    total = fields.Monetary()
    opportunity = fields.Monetary(
        string="Opportunity Cost",
        help="What the units are worth to later orders, which are expected to need "
        "them there. Nobody pays it: it is not part of the total. A strategy with "
        "scarcity prices takes the plan with the least of both together.",
    )
    arrival = fields.Date(help="Day on which the last parcel is expected.")
    late = fields.Boolean()
