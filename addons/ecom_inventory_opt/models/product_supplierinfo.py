from odoo import fields, models


class ProductSupplierinfo(models.Model):
    """How much a vendor can deliver at once."""

    _inherit = "product.supplierinfo"

    ecom_capacity = fields.Float(
        string="Most per Order",
        digits="Product Unit",
        help="Largest quantity that the vendor delivers with one order, in the "
        "vendor's unit, of all variants together that this line is about; 0 = no "
        "limit.",
    )

    _ecom_capacity_positive = models.Constraint(
        "CHECK(ecom_capacity >= 0)", "The most per order must not be negative."
    )
