from odoo import models


class EcomProfitMovement(models.Model):
    """By what is known of the customer."""

    _name = "ecom.profit.movement"
    _inherit = ["ecom.profit.movement", "ecom.customer.figures.mixin"]

    @property
    def _table_query(self):
        return self._add_customer_figures(super()._table_query)
