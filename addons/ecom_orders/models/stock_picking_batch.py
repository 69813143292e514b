from odoo import models

DEFER = "ecom_defer_picking_confirm"


class StockPicking(models.Model):
    """Transfers of a batch of orders, see ``stock.move``."""

    _inherit = "stock.picking"

    def action_confirm(self):
        """Core calls it order by order; a batch does it once, at its end."""
        if self.env.context.get(DEFER):
            return True
        return super().action_confirm()

    def _ecom_log_origin(self):
        """Note on each transfer the order that it was created from, as core does."""
        bodies = {
            picking.id: self.env["ir.qweb"]._render(
                "mail.message_origin_link",
                {"self": picking, "origin": order, "edit": False},
                minimal_qcontext=True,
                raise_if_not_found=False,
            )
            for picking in self
            if (order := picking.move_ids.sale_line_id.order_id[:1])
        }
        self.browse(bodies)._message_log_batch(bodies=bodies)
