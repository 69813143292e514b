from odoo import api, fields, models


class PurchaseOrder(models.Model):
    """Knows which customers wait for it."""

    _inherit = "purchase.order"

    ecom_waiting_count = fields.Integer(
        string="Customers' Orders Waiting",
        compute="_compute_ecom_waiting_count",
        groups="ecom_inventory_opt.group_user",
    )

    # What covers an order changes with every move: it is counted anew each time.
    @api.depends_context("uid")
    def _compute_ecom_waiting_count(self):
        rows = self.env["ecom.order.coverage"]._read_group(
            [("purchase_id", "in", self.ids)],
            ["purchase_id"],
            ["order_id:count_distinct"],
        )
        counts = {order.id: count for order, count in rows}
        for order in self:
            order.ecom_waiting_count = counts.get(order.id, 0)

    def action_ecom_view_waiting(self):
        """The customers' order lines that this order will cover."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ecom_inventory_opt.ecom_order_coverage_action"
        )
        return {**action, "domain": [("purchase_id", "=", self.id)], "context": {}}
