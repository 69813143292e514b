from odoo import fields, models


class EcomRoutingClaim(models.Model):
    """A row for each product that was ever routed: the lock of its stock.

    See ``ecom.routing.stock._claim``.
    """

    _name = "ecom.routing.claim"
    _description = "Lock of a product's stock for routing"
    _log_access = False

    product_id = fields.Many2one("product.product", required=True, ondelete="cascade")
    turn = fields.Integer()

    _product_uniq = models.Constraint("UNIQUE(product_id)", "One lock for a product.")
