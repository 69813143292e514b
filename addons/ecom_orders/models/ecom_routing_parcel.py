from odoo import fields, models


class EcomRoutingParcel(models.Model):
    """A parcel of the chosen plan."""

    _name = "ecom.routing.parcel"
    _description = "Parcel of a routing decision"
    _order = "decision_id, id"

    decision_id = fields.Many2one(
        "ecom.routing.decision", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="decision_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    warehouse_id = fields.Many2one("stock.warehouse", index=True, ondelete="cascade")
    carrier_id = fields.Many2one("delivery.carrier", ondelete="set null")
    line_ids = fields.Many2many("sale.order.line", string="Lines")
    ship_on = fields.Date(index=True)
    arrival = fields.Date()
    cost = fields.Monetary()
