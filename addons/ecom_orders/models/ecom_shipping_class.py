from odoo import fields, models

USER = "ecom_orders.group_user"


class EcomShippingClass(models.Model):
    """Goods that share a parcel with goods of their own class only.

    Dangerous goods, cold chain, bulky goods: an order with goods of two classes is
    routed as two parcels, each by a carrier that takes it.
    """

    _name = "ecom.shipping.class"
    _description = "Shipping class"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty = of all companies.")
    categ_ids = fields.One2many(
        "product.category", "ecom_shipping_class_id", string="Product Categories"
    )

    _name_uniq = models.Constraint(
        "UNIQUE(name)", "There is a shipping class of this name already."
    )


class ProductCategory(models.Model):
    _inherit = "product.category"

    ecom_shipping_class_id = fields.Many2one(
        "ecom.shipping.class",
        string="Shipping Class",
        ondelete="restrict",
        groups=USER,
        help="Products of this category, and of those below, never share a parcel with "
        "other goods when orders are routed.",
    )


class ProductTemplate(models.Model):
    _inherit = "product.template"

    ecom_shipping_class_id = fields.Many2one(
        "ecom.shipping.class",
        string="Shipping Class",
        ondelete="restrict",
        groups=USER,
        help="Never shares a parcel with goods of another class, or of none, when "
        "orders are routed. Empty: that of the product's category.",
    )

    def _ecom_get_shipping_class(self):
        """The product's own class, else that of the nearest category that has one."""
        self.ensure_one()
        found, category = self.ecom_shipping_class_id, self.categ_id
        while category and not found:
            found, category = category.ecom_shipping_class_id, category.parent_id
        return found
