from odoo import api, fields, models


class PurchaseOrderLine(models.Model):
    """Says why it was ordered, and from whom."""

    _inherit = "purchase.order.line"

    ecom_reason = fields.Text(string="Why It Is Ordered", readonly=True, copy=False)

    @api.model
    def _prepare_purchase_order_line_from_procurement(
        self,
        product_id,
        product_qty,
        product_uom,
        location_dest_id,
        name,
        origin,
        company_id,
        values,
        po,
    ):
        prepared = super()._prepare_purchase_order_line_from_procurement(
            product_id,
            product_qty,
            product_uom,
            location_dest_id,
            name,
            origin,
            company_id,
            values,
            po,
        )
        rule = values.get("orderpoint_id")
        if rule and rule.ecom_proposal_id and not rule.ecom_manual:
            prepared["ecom_reason"] = rule.ecom_proposal_id.explanation
        return prepared
