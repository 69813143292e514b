from odoo import fields, models


class SaleOrder(models.Model):
    """An order that leaves the state of quotation claims its goods in another way."""

    _inherit = "sale.order"

    ecom_fulfilled_by_channel = fields.Boolean(
        string="Shipped by the Marketplace",
        readonly=True,
        copy=False,
        groups="ecom_orders.group_user",
        help="From the marketplace's own warehouse: it takes nothing from our stock.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            # Salespeople without a role in this addon cancel orders of channels too.
            orders = self.sudo().filtered("ecom_channel_id")
            self.env["ecom.stock.dirty"]._mark(orders.order_line.product_id.ids)
        return result
