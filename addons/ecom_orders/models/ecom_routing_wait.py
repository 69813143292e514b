from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

USER = "ecom_orders.group_user"


class EcomRoutingRuleSet(models.Model):
    _inherit = "ecom.routing.rule.set"

    merge_wait = fields.Boolean(
        string="Wait for the Window",
        help="Deliveries of buyers who may order again are not picked before the "
        "window is over, or the shop wants them shipped. Otherwise an order that is "
        "picked at once ships alone.",
    )
    merge_note = fields.Text(compute="_compute_merge_note")

    @api.depends("company_id", "merge_mode")
    def _compute_merge_note(self):
        """Which warehouses orders are not brought together in, and why."""
        # Whoever reads the rules need not see warehouses.
        warehouses = self.env["stock.warehouse"].sudo()
        merger = self.env["ecom.routing.merger"]
        for rule_set in self:
            found = warehouses.search(
                [("company_id", "=", rule_set.company_id.id), ("ecom_ships", "=", True)]
            )
            left_out = found.filtered(lambda one: not merger._is_one_step(one))
            rule_set.merge_note = False
            if left_out and rule_set.merge_mode != "off":
                rule_set.merge_note = self.env._(
                    "Not in %s: where goods are picked or packed in a step of its own, "
                    "they are on their way before the delivery is there to be shared.",
                    ", ".join(left_out.mapped("name")),
                )


class StockPicking(models.Model):
    """A delivery may wait for further orders of its buyer."""

    _inherit = "stock.picking"

    ecom_wait_until = fields.Datetime(
        string="Waits for Other Orders Until",
        compute="_compute_ecom_wait_until",
        store=True,
        copy=False,
        index="btree_not_null",
        help="Until then further orders of the buyer may join this delivery.",
    )
    ecom_is_waiting = fields.Boolean(
        string="Waits for Other Orders",
        compute="_compute_ecom_is_waiting",
        search="_search_ecom_is_waiting",
    )

    @api.depends("sale_id", "picking_type_id")
    def _compute_ecom_wait_until(self):
        """Set once, when the delivery is made; a change of the rules moves nothing."""
        # Whoever makes a delivery need not see the rules.
        rule_sets = self.env["ecom.routing.rule.set"].sudo()
        sets = {
            one.company_id: one
            for one in rule_sets.search(
                [
                    ("mode", "=", "active"),
                    ("merge_mode", "!=", "off"),
                    ("merge_wait", "=", True),
                    ("company_id", "in", self.company_id.ids),
                ]
            )
        }
        for picking in self:
            until, rule_set = picking.ecom_wait_until, sets.get(picking.company_id)
            if rule_set and not until:
                until = picking._ecom_get_wait_end(rule_set)
            picking.ecom_wait_until = until

    def _ecom_get_wait_end(self, rule_set):
        """When a delivery has waited long enough; False when it does not wait."""
        # As for the rules: a buyer's address and the shop's wishes.
        order = self.sudo().sale_id
        if self.picking_type_id.code != "outgoing" or not order.ecom_channel_id:
            return False
        merger = self.env["ecom.routing.merger"].sudo()
        if not merger._is_one_step(self.sudo().picking_type_id.warehouse_id):
            return False
        delivery = merger._to_delivery(self.sudo(), order)
        known = delivery.address and delivery.buyer
        if not known or not merger._may_share(self.sudo(), order):
            return False
        end = order.date_order + timedelta(hours=rule_set.merge_window)
        return min(filter(None, (end, order.ecom_ship_by)))

    @api.depends("ecom_wait_until", "state")
    def _compute_ecom_is_waiting(self):
        now = fields.Datetime.now()
        for picking in self:
            until = picking.ecom_wait_until
            is_open = picking.state not in ("done", "cancel")
            picking.ecom_is_waiting = is_open and bool(until) and until > now

    @api.model
    def _search_ecom_is_waiting(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [
            ("ecom_wait_until", ">", fields.Datetime.now()),
            ("state", "not in", ("done", "cancel")),
        ]

    @api.depends("ecom_wait_until")
    def _compute_scheduled_date(self):
        """Nobody is to pick before the wait is over."""
        result = super()._compute_scheduled_date()
        for picking in self:
            until = picking.ecom_wait_until
            if until and picking.state not in ("done", "cancel"):
                planned = picking.scheduled_date
                picking.scheduled_date = max(filter(None, (planned, until)))
        return result

    def _ecom_check_wait(self):
        """Refuse work on deliveries that wait.

        :raises UserError: naming them, and what to do.
        """
        waiting = self.filtered("ecom_is_waiting")
        # What the shop has shipped is gone, whoever was to join it.
        if waiting and not self.env.context.get("ecom_shipped_at_shop"):
            raise UserError(
                self.env._(
                    "%s: further orders of the buyer may join until the time that is "
                    "stated. Wait, or press Do Not Wait on the delivery.",
                    ", ".join(waiting.mapped("name")),
                )
            )

    def button_validate(self):
        """What waits does not leave."""
        self._ecom_check_wait()
        return super().button_validate()

    def do_print_picking(self):
        """What waits is not given to a picker."""
        self._ecom_check_wait()
        return super().do_print_picking()

    def action_ecom_do_not_wait(self):
        """Pick these deliveries now."""
        for picking in self.filtered("ecom_is_waiting"):
            picking.ecom_wait_until = fields.Datetime.now()
            picking.message_post(
                body=self.env._("Does not wait for other orders of the buyer any more.")
            )
        return True
