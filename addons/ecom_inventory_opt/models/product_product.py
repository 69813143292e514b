from odoo import models


class ProductTemplate(models.Model):
    """Shows where its stock is, from the vendor to the customer."""

    _inherit = "product.template"

    def action_view_stock_overview(self):
        """The stages of all its variants."""
        return self.product_variant_ids.action_view_stock_overview()


class ProductProduct(models.Model):
    """Shows where its stock is, from the vendor to the customer."""

    _inherit = "product.product"

    def action_view_stock_overview(self):
        """The stages of these products."""
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ecom_inventory_opt.ecom_stock_overview_action"
        )
        return {**action, "domain": [("product_id", "in", self.ids)], "context": {}}
