from odoo import fields, models
from odoo.exceptions import UserError

#: reasons for which the stock itself is in doubt
DOUBTFUL = ("not_found", "damaged")


class EcomRoutingReject(models.TransientModel):
    """A warehouse cannot ship a line: it is routed again without that warehouse."""

    _name = "ecom.routing.reject"
    _description = "Rejection of a line by a warehouse"

    order_id = fields.Many2one("sale.order", required=True, readonly=True)
    line_id = fields.Many2one(
        "sale.order.line",
        required=True,
        domain="[('order_id', '=', order_id), ('product_type', '=', 'consu')]",
    )
    warehouse_id = fields.Many2one(related="line_id.warehouse_id")
    reason = fields.Selection(
        selection=lambda self: (
            self.env["ecom.routing.rejection"]
            ._fields["reason"]
            ._description_selection(self.env)
        ),
        required=True,
        default="not_found",
    )
    note = fields.Char()

    def action_apply(self):
        """Keep the rejection and route the line again.

        :raises UserError: when no other warehouse can ship it; nothing is changed then.
        """
        self.ensure_one()
        self.order_id.check_access("write")
        # Whoever works on the order rejects; the router reads and writes the rest.
        line = self.line_id.sudo()
        self.env["ecom.routing.rejection"].sudo().create(
            {
                "line_id": line._ecom_get_main().id,
                "warehouse_id": line.warehouse_id.id,
                "reason": self.reason,
                "note": self.note,
                "blocks_stock": self.reason in DOUBTFUL,
                "user_id": self.env.uid,
            }
        )
        self.env["ecom.stock.dirty"]._mark(line.product_id.ids)
        router = self.env["ecom.routing.router"].sudo()
        if not router._route_again(line):
            raise UserError(
                self.env._(
                    "No other warehouse can ship %(product)s. Route it by hand, or "
                    "order more.",
                    product=line.product_id.display_name,
                )
            )
        return True
