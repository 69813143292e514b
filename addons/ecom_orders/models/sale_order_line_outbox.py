from odoo import fields, models


class SaleOrderLine(models.Model):
    """What a line is for the channel, and what of it is not delivered any more."""

    _inherit = "sale.order.line"

    ecom_multiplier = fields.Float(
        string="Units per Sale",
        digits="Product Unit",
        copy=False,
        readonly=True,
        help="How many units of the product one unit of the channel's order is.",
    )
    ecom_removed_qty = fields.Float(
        string="Refunded Before Delivery",
        digits="Product Unit",
        copy=False,
        readonly=True,
        help="Ordered, but given back by the shop before it was shipped.",
    )

    def _get_qty_procurement(self, previous_product_uom_qty=False):
        """What was refunded before delivery counts as delivered: nobody sends it."""
        quantity = super()._get_qty_procurement(previous_product_uom_qty)
        return quantity + self.ecom_removed_qty

    def _ecom_remove(self, quantity):
        """Take goods that were refunded out of the deliveries to come.

        :param quantity: units of the line.
        """
        self.ensure_one()
        self.ecom_removed_qty += quantity
        if self.state != "sale":
            return  # counts when the order is confirmed
        locked = self.order_id.locked
        if locked:
            self.order_id.action_unlock()
        self._action_launch_stock_rule(previous_product_uom_qty={})
        if locked:
            self.order_id.action_lock()

    def _prepare_qty_invoiced(self):
        """A credit note of a channel's refund takes back money, not what was invoiced.

        Core counts it as "not invoiced yet", so that the same goods would be invoiced
        a second time.
        """
        quantities = super()._prepare_qty_invoiced()
        for line in self:
            # Accountants without a role in this addon look at such orders too.
            for item in line._get_invoice_lines().sudo():
                if item.ecom_refund_line_id and item.move_id.state != "cancel":
                    quantities[line] += item.product_uom_id._compute_quantity(
                        item.quantity, line.product_uom_id
                    )
        return quantities
