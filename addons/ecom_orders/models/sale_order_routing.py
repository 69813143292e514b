from odoo import api, fields, models
from odoo.exceptions import UserError

from .ecom_routing_router import HELD

USER = "ecom_orders.group_user"
ROUTED = "ecom_routed"  # context key: the orders were routed already


class SaleOrder(models.Model):
    """Orders of channels are routed before they are confirmed."""

    _inherit = "sale.order"

    ecom_overridden = fields.Boolean(
        string="Routed by a Person", readonly=True, copy=False, groups=USER
    )
    ecom_decision_ids = fields.One2many(
        "ecom.routing.decision",
        "order_id",
        string="Routing Decisions",
        readonly=True,
        groups=USER,
    )
    ecom_decision_id = fields.Many2one(
        "ecom.routing.decision",
        string="Routing",
        compute="_compute_ecom_decision_id",
        store=True,
        compute_sudo=True,
        index="btree_not_null",
        groups=USER,
        help="The newest decision that was more than watched.",
    )
    ecom_decision_kind = fields.Selection(related="ecom_decision_id.kind", groups=USER)
    ecom_routing_rule_id = fields.Many2one(
        related="ecom_decision_id.rule_id", groups=USER
    )
    ecom_routing_queue = fields.Char(related="ecom_decision_id.queue", groups=USER)
    ecom_routing_cancel_at = fields.Datetime(
        related="ecom_decision_id.cancel_at", groups=USER
    )
    ecom_routed_at = fields.Datetime(related="ecom_decision_id.decided_at", groups=USER)
    ecom_routed_by_id = fields.Many2one(related="ecom_decision_id.user_id", groups=USER)
    ecom_routing_reason = fields.Char(
        related="ecom_decision_id.override_reason",
        string="Reason for Routing",
        groups=USER,
    )
    ecom_plan_ids = fields.One2many(related="ecom_decision_id.plan_ids", groups=USER)
    ecom_refusal_ids = fields.One2many(
        related="ecom_decision_id.refusal_ids", groups=USER
    )

    @api.depends("ecom_decision_ids.kind")
    def _compute_ecom_decision_id(self):
        decisions = self.env["ecom.routing.decision"]._read_group(
            [("order_id", "in", self.ids), ("kind", "!=", "shadow")],
            ["order_id"],
            ["id:max"],
        )
        newest = {order.id: last for order, last in decisions}
        for order in self:
            order.ecom_decision_id = newest.get(order.id)

    def action_confirm(self):
        """A person confirms: the best plan there is, and without one as it stands."""
        if not self.env.context.get(ROUTED):
            self._ecom_route(insist=True)
        return super().action_confirm()

    def _ecom_confirm_batch(self):
        """Orders that no warehouse can ship stay quotations, with the reason."""
        ready = self._ecom_route()
        if not ready:
            return None
        routed = ready.with_context(**{ROUTED: True})
        return super(SaleOrder, routed)._ecom_confirm_batch()

    def _ecom_route(self, insist=False):
        """Have quotations routed.

        :return: those that may be confirmed.
        """
        # Whoever confirms need not see the stock and the costs of all warehouses.
        router = self.env["ecom.routing.router"].sudo()
        waiting = router._route(self.sudo(), insist=insist)
        return self - waiting.with_env(self.env)

    def _ecom_only_waits_for_stock(self):
        """Whether routing is all that an order waits for."""
        return set(self._get_open_holds().mapped("reason")) <= {HELD}

    def action_ecom_override_routing(self):
        """Open the dialog in which a dispatcher decides."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Route by Hand"),
            "res_model": "ecom.routing.override",
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_id": self.id},
        }

    def action_ecom_reject_line(self):
        """Open the dialog in which a warehouse rejects a line."""
        return {
            **self.action_ecom_override_routing(),
            "name": self.env._("Warehouse Rejects a Line"),
            "res_model": "ecom.routing.reject",
        }

    def _ecom_reroute(self, lines, warehouse, carrier, together=False):
        """Move lines to another warehouse; open deliveries are made anew there.

        :param together: goods of different shipping classes share a delivery too.
        :raises UserError: when goods are picked already.
        """
        self._ecom_place(
            {
                line: [
                    (
                        warehouse,
                        carrier,
                        0 if together else line._ecom_get_shipping_class().id,
                        None,
                    )
                ]
                for line in lines
            }
        )

    def _ecom_place(self, places):
        """Move lines to other warehouses, dividing those that come from several.

        :param places: by line, a list of (warehouse, carrier, parcel, units); the units
            of the first place are what the others leave.
        :raises UserError: when goods are picked already.
        """
        self.ensure_one()
        lines = self.env["sale.order.line"].union(*places)
        mains = lines._ecom_get_main()  # parts may be joined
        numbers = self._ecom_number_parcels(places)
        self._ecom_release(lines)
        with self._ecom_unlocked():
            shares = {
                line: [units for *_place, units in rest]
                for line, (_first, *rest) in places.items()
                if rest
            }
            parts = lines._ecom_divide(shares)
            for line, targets in places.items():
                placed = [line, *parts.get(line, ())]
                for part, (*parcel, _units) in zip(placed, targets, strict=True):
                    site, carrier, _parcel = parcel
                    part._ecom_quiet_write(
                        {
                            "ecom_warehouse_id": site.id,
                            "ecom_carrier_id": carrier.id,
                            "ecom_parcel": numbers[tuple(parcel)],
                        }
                    )
            self._ecom_join_same(mains)
            self._ecom_launch(mains._ecom_get_family())

    def _ecom_join_same(self, lines):
        """Parts that ship from where their main line does are one with it again."""
        same = lines._ecom_get_family().filtered(
            lambda part: (
                part.ecom_main_line_id
                and part.warehouse_id == part.ecom_main_line_id.warehouse_id
                and not (part + part.ecom_main_line_id).invoice_lines
                and not part._ecom_is_begun()
            )
        )
        self._ecom_release(same)
        same._ecom_join()

    def _ecom_release(self, lines):
        """Call off what warehouses were asked for.

        :raises UserError: when goods are picked already.
        """
        open_moves = lines.move_ids.filtered(
            lambda move: move.state not in ("done", "cancel")
        )
        pickings = open_moves.picking_id
        if any(open_moves.mapped("picked")) or any(pickings.mapped("printed")):
            raise UserError(
                self.env._(
                    "The goods are being picked. Cancel the transfer in the warehouse "
                    "first."
                )
            )
        # Core leaves a cancelled move out of what is procured.
        gone = open_moves | self._ecom_get_feeding(open_moves)
        gone._action_cancel()
        # A transfer that goes on with other goods forgets them: what was asked of the
        # warehouse for a line tells how its kit is made up.
        gone.filtered(lambda move: move.picking_id.state != "cancel").unlink()

    def _ecom_get_feeding(self, moves):
        """Open moves of earlier steps (pick, pack) that feed only these."""
        feeding = moves.browse(moves._rollup_move_origs())
        return feeding.filtered(
            lambda move: (
                move.state not in ("done", "cancel")
                and move.move_dest_ids <= moves | feeding
            )
        )
