from odoo import fields, models

from ..routing.schema import Reason


class EcomRoutingRefusal(models.Model):
    """A warehouse or carrier that could not be used for an order, and why."""

    _name = "ecom.routing.refusal"
    _description = "Obstacle of a routing decision"
    _order = "decision_id, id"

    decision_id = fields.Many2one(
        "ecom.routing.decision", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="decision_id.company_id", store=True)
    warehouse_id = fields.Many2one("stock.warehouse", ondelete="cascade")
    carrier_id = fields.Many2one("delivery.carrier", ondelete="cascade")
    reason = fields.Selection(
        [
            (Reason.RULE.value, "No rule uses it"),
            (Reason.EXCLUDED.value, "Rejected the order"),
            (Reason.STOCK.value, "Too little in stock"),
            (Reason.CAPACITY.value, "No capacity left on that day"),
            (Reason.SERVICE.value, "No carrier takes the parcel there"),
            (Reason.TOO_MANY_PARCELS.value, "More parcels than allowed"),
            (Reason.PART_VALUE.value, "A part would be worth too little"),
            (Reason.DEARER.value, "Waiting costs less"),
            (Reason.OUTBID.value, "Other orders need the stock more"),
            (Reason.DANGEROUS_GOODS.value, "Takes no dangerous goods"),
            (Reason.CASH_ON_DELIVERY.value, "Collects no cash on delivery"),
            (Reason.FEATURE.value, "Lacks something that the order requires"),
            (Reason.ZONE.value, "Does not go there"),
            (Reason.PRODUCTS.value, "Not for these products (tags)"),
            (Reason.UNASKED.value, "Not asked: too many orders at once"),
            (Reason.SIZE.value, "Too heavy or large for one parcel"),
        ],
        required=True,
    )
    product_id = fields.Many2one("product.product", ondelete="cascade")
    available = fields.Integer()
    needed = fields.Integer()
