from odoo import api, models

#: what the figures of customers are made of
FIGURE_FIELDS = {
    "company_id",
    "currency_id",
    "date_order",
    "order_line",
    "partner_id",
    "state",
}
LINE_FIELDS = {"discount", "order_id", "price_unit", "product_uom_qty", "tax_ids"}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    #: few orders are open: a contact shows its own without looking at all it has
    _ecom_open_idx = models.Index("(partner_id) WHERE state IN ('draft', 'sent')")

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._mark_customers()
        return orders

    def write(self, vals):
        if not FIGURE_FIELDS & vals.keys():
            return super().write(vals)
        # The contact of before loses what the contact of after gains.
        self._mark_customers()
        result = super().write(vals)
        self._mark_customers()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_mark_customers(self):
        self._mark_customers()

    def _mark_customers(self):
        """Have the figures of the customers of these orders computed again."""
        self.env["ecom.customer.dirty"]._mark(self.partner_id.ids)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id._mark_customers()
        return lines

    def write(self, vals):
        if LINE_FIELDS & vals.keys():
            self.order_id._mark_customers()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_mark_customers(self):
        self.order_id._mark_customers()
