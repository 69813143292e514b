from odoo import api, fields, models

from .order_plan import naive

USER = "ecom_orders.group_user"


class SaleOrder(models.Model):
    """The moments that lead times are measured between."""

    _inherit = "sale.order"

    ecom_confirmed_at = fields.Datetime(
        string="Confirmed", readonly=True, copy=False, groups=USER
    )
    ecom_ship_by = fields.Datetime(
        string="Ship By",
        readonly=True,
        copy=False,
        groups=USER,
        help="Until when the marketplace wants it to be handed over.",
    )
    ecom_deliver_by = fields.Datetime(
        string="Deliver By",
        readonly=True,
        copy=False,
        groups=USER,
        help="Until when the buyer was promised to have it.",
    )

    def _action_confirm(self):
        """The order's date stays the buyer's; when it was confirmed is kept apart."""
        result = super()._action_confirm()
        # Salespeople without a role in this addon confirm orders too.
        ours = self.sudo().filtered("ecom_channel_id")
        ours.ecom_confirmed_at = fields.Datetime.now()
        return result


class EcomOrderPlanner(models.AbstractModel):
    _inherit = "ecom.order.planner"

    @api.model
    def _prepare_order_values(self, batch, external, priced, currency):
        return {
            **super()._prepare_order_values(batch, external, priced, currency),
            "ecom_ship_by": naive(external.ship_by) or False,
            "ecom_deliver_by": naive(external.deliver_by) or False,
        }
