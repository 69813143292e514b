from odoo import fields, models

USER = "ecom_orders.group_user"


class SaleOrder(models.Model):
    """The moments that lead times are measured between."""

    _inherit = "sale.order"

    ecom_confirmed_at = fields.Datetime(
        string="Confirmed", readonly=True, copy=False, groups=USER
    )

    def _action_confirm(self):
        """The order's date stays the buyer's; when it was confirmed is kept apart."""
        result = super()._action_confirm()
        # Salespeople without a role in this addon confirm orders too.
        ours = self.sudo().filtered("ecom_channel_id")
        ours.ecom_confirmed_at = fields.Datetime.now()
        return result
