from collections import defaultdict

from odoo import fields, models

USER = "ecom_orders.group_user"


class SaleOrder(models.Model):
    """What routing does not decide of an order, and why not."""

    _inherit = "sale.order"

    ecom_unrouted = fields.Text(
        string="Not Routed", compute="_compute_ecom_unrouted", groups=USER
    )

    def _compute_ecom_unrouted(self):
        # Whoever reads an order need not see the rules of routing.
        router = self.env["ecom.routing.router"].sudo()
        in_force = (
            router._get_rule_sets(self.sudo().company_id)
            .filtered(lambda one: one.mode == "active")
            .company_id
        )
        for order in self:
            sudo = order.sudo()
            order.ecom_unrouted = order.ecom_channel_id and (
                sudo._ecom_get_unrouted_reason(in_force)
                or sudo._ecom_get_unrouted_lines()
            )

    def _ecom_get_unrouted_reason(self, in_force):
        """Why nothing of an order is routed, if so (hook).

        :param in_force: companies with a rule set that is in force.
        """
        self.ensure_one()
        if self.ecom_fulfilled_by_channel:
            return self.env._("Nothing: the marketplace ships this order.")
        if self.company_id not in in_force and not self.ecom_decision_id:
            return self.env._("Nothing: no routing rules are in force.")
        return False

    def _ecom_get_unrouted_lines(self):
        """Lines that are not routed, a row for each reason; False without any."""
        found = defaultdict(list)
        for line in self.order_line:
            reason = line._ecom_get_unrouted_reason()
            if reason:
                found[reason].append(line.product_id.display_name)
        rows = [f"{', '.join(names)}: {reason}" for reason, names in found.items()]
        return "\n".join(rows) or False


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _ecom_get_unrouted_reason(self):
        """Why a line is not routed, in words; empty when it is, or is no product."""
        self.ensure_one()
        router = self.env["ecom.routing.router"]
        if self.display_type or self.is_delivery or not self.product_id:
            return ""
        if self.product_id.type != "consu":
            return self.env._("nothing to ship.")
        if self.ecom_location_id.warehouse_id:
            return self.env._("the shop chose the warehouse.")
        if router._has_own_source(self):
            return self.env._(
                "a route of its own brings it, drop-shipped or made to order."
            )
        return ""
