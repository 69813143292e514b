from odoo import api, fields, models
from odoo.exceptions import UserError


class EcomRoutingOverride(models.TransientModel):
    """A dispatcher decides where an order ships from, and says why."""

    _name = "ecom.routing.override"
    _description = "Routing by hand"

    order_id = fields.Many2one("sale.order", required=True, readonly=True)
    company_id = fields.Many2one(related="order_id.company_id")
    line_ids = fields.Many2many(
        "sale.order.line",
        string="Lines",
        domain="[('order_id', '=', order_id), ('product_type', '=', 'consu')]",
        help="Empty = all that are not shipped yet.",
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        required=True,
        domain="[('company_id', '=', company_id)]",
    )
    carrier_id = fields.Many2one(
        "delivery.carrier", help="Empty = the order's carrier."
    )
    together = fields.Boolean(
        string="In One Parcel",
        help="Goods of different shipping classes leave in one delivery too. Without "
        "it, each class has its own.",
    )
    reason = fields.Char(required=True)

    def action_apply(self):
        """Move the lines and keep who decided it, and why."""
        self.ensure_one()
        order = self.order_id
        # Whether the dispatcher may write the order decides; the rest is the router's.
        order.check_access("write")
        router = self.env["ecom.routing.router"].sudo()
        order = order.sudo()
        lines = (self.line_ids.sudo() or order.order_line).filtered(router._is_goods)
        lines = lines.filtered(lambda line: line.qty_delivered < line.product_uom_qty)
        if not lines:
            raise UserError(self.env._("Nothing of this order is left to be shipped."))
        ordered = lines._ecom_get_main()
        order._ecom_reroute(
            lines, self.warehouse_id.sudo(), self.carrier_id.sudo(), self.together
        )
        order.ecom_overridden = True
        order._get_open_holds().filtered(
            lambda block: block.reason == "not_routed"
        ).with_user(self.env.user)._resolve(released=True)
        self.env["ecom.routing.decision"].sudo().create(self._prepare_decision(ordered))
        order._message_log(
            body=self.env._(
                "Routed by hand to %(warehouse)s: %(reason)s",
                warehouse=self.warehouse_id.name,
                reason=self.reason,
            ),
            author_id=self.env.user.partner_id.id,
        )
        return True

    @api.model
    def _prepare_decision(self, lines):
        """Values of the decision that a person took."""
        return {
            "order_id": self.order_id.id,
            "kind": "override",
            "routed": True,
            "user_id": self.env.uid,
            "override_reason": self.reason,
            "parcel_count": len(self.order_id.sudo().order_line.warehouse_id),
            "parcel_ids": [
                fields.Command.create(
                    {
                        "warehouse_id": self.warehouse_id.id,
                        "carrier_id": self.carrier_id.id,
                        "line_ids": [fields.Command.set(lines.ids)],
                        "ship_on": self.warehouse_id.sudo()._ecom_get_ready_day(),
                    }
                )
            ],
            "plan_ids": [
                fields.Command.create(
                    {
                        "chosen": True,
                        "name": self.warehouse_id.name,
                        "found_by": self.env._("By hand"),
                        "parcel_count": 1,
                    }
                )
            ],
        }
