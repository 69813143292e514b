from odoo import models


class EcomOrderProfit(models.Model):
    """By what is known of the customer."""

    _name = "ecom.order.profit"
    _inherit = ["ecom.order.profit", "ecom.customer.figures.mixin"]

    @property
    def _table_query(self):
        return self._add_customer_figures(super()._table_query)
