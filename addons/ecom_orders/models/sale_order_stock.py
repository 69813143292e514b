from odoo import api, models

CLAIM = {"product_id", "product_uom_qty", "product_uom_id", "warehouse_id"}


class SaleOrder(models.Model):
    """An order that leaves the state of quotation claims its goods in another way."""

    _inherit = "sale.order"

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            self.order_line._ecom_mark_stock()
        return result


class SaleOrderLine(models.Model):
    """A line of an imported order claims its goods before it is confirmed."""

    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._ecom_mark_stock()
        return lines

    def write(self, vals):
        claim = bool(CLAIM & vals.keys())
        if claim:
            self._ecom_mark_stock()
        result = super().write(vals)
        if claim:
            self._ecom_mark_stock()
        return result

    def unlink(self):
        self._ecom_mark_stock()
        return super().unlink()

    def _ecom_mark_stock(self):
        """Have what these lines claim computed again, if their orders are imported."""
        # Salespeople without a role in this addon edit orders of channels too.
        lines = self.sudo().filtered("order_id.ecom_channel_id")
        self.env["ecom.stock.dirty"]._mark(lines.product_id.ids)
