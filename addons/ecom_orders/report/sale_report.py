from odoo import fields, models


class SaleReport(models.Model):
    """Core's sales analysis knows the channel."""

    _inherit = "sale.report"

    ecom_channel_id = fields.Many2one(
        "ecom.channel",
        string="Sales Channel",
        readonly=True,
        groups="ecom_orders.group_user",
    )

    def _select_additional_fields(self):
        return {
            **super()._select_additional_fields(),
            "ecom_channel_id": "s.ecom_channel_id",
        }

    def _group_by_sale(self):
        return f"{super()._group_by_sale()}, s.ecom_channel_id"
