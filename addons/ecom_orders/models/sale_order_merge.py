from odoo import api, fields, models

USER = "ecom_orders.group_user"


class SaleOrder(models.Model):
    """Orders whose goods leave in a delivery that is common to several.

    Core ties a delivery to one order; the moves tell which others it ships.
    """

    _inherit = "sale.order"

    def _ecom_get_pickings(self):
        """All transfers of some orders, also those that they share with others."""
        return self.picking_ids | self.order_line.move_ids.picking_id

    @api.depends("order_line.move_ids.picking_id.state")
    def _compute_delivery_status(self):
        result = super()._compute_delivery_status()
        for order in self:
            pickings = order._ecom_get_pickings()
            if pickings != order.picking_ids:
                order.delivery_status = _get_status(order, pickings)
        return result

    @api.depends("order_line.move_ids.picking_id.date_done")
    def _compute_effective_date(self):
        result = super()._compute_effective_date()
        for order in self:
            shared = (order._ecom_get_pickings() - order.picking_ids).filtered(
                lambda one: (
                    one.state == "done" and one.location_dest_id.usage == "customer"
                )
            )
            dates = [order.effective_date, *shared.mapped("date_done")]
            order.effective_date = min(filter(None, dates), default=False)
        return result

    @api.depends("order_line.move_ids.picking_id")
    def _compute_picking_ids(self):
        result = super()._compute_picking_ids()
        for order in self:
            order.delivery_count = len(order._ecom_get_pickings())
        return result

    def action_view_delivery(self):
        """Open the transfers, also those that are shared."""
        return self._get_action_view_picking(self._ecom_get_pickings())

    def _action_cancel(self):
        """What is cancelled leaves a common delivery first; the others stay in it."""
        self._ecom_leave_common()
        return super()._action_cancel()

    def write(self, vals):
        """Who gets another address ships alone."""
        if vals.get("partner_shipping_id"):
            self.filtered(
                lambda order: (
                    order.state == "sale"
                    and order.partner_shipping_id.id != vals["partner_shipping_id"]
                )
            )._ecom_leave_common()
        return super().write(vals)

    def _ecom_leave_common(self):
        """Give each order its own delivery, where it still shares an open one."""
        # Whoever cancels an order need not have a right to stock, nor a role here.
        orders = self.sudo()
        for order in orders:
            pickings = order._ecom_get_pickings()
            for picking in pickings.filtered(
                lambda one: one.state not in ("done", "cancel")
            ):
                picking._ecom_take_out(order)
        rows = self.env["ecom.routing.merge"].sudo()
        rows = rows.search([("order_ids", "in", orders.ids), ("state", "!=", "apart")])
        for row in rows:
            row.order_ids -= orders
            row.saved_parcels = min(row.saved_parcels, len(row.order_ids) - 1)
        rows.filtered(
            lambda row: row.state == "proposed" or len(row.order_ids) < 2
        ).unlink()


class StockPicking(models.Model):
    """A delivery may have the goods of several orders of one buyer."""

    _inherit = "stock.picking"

    ecom_order_ids = fields.Many2many(
        "sale.order",
        string="Ships Orders",
        compute="_compute_ecom_order_ids",
        compute_sudo=True,
        groups=USER,
    )
    ecom_is_common = fields.Boolean(
        string="Shared by Orders",
        compute="_compute_ecom_order_ids",
        compute_sudo=True,
        groups=USER,
    )

    @api.depends("move_ids.sale_line_id.order_id")
    def _compute_ecom_order_ids(self):
        for picking in self:
            picking.ecom_order_ids = picking._ecom_get_orders()
            picking.ecom_is_common = len(picking.ecom_order_ids) > 1

    def _ecom_get_orders(self):
        """Orders whose goods are in these transfers, the oldest first."""
        orders = self.move_ids.sale_line_id.order_id
        return orders.sorted(lambda order: (order.date_order, order.id))

    def _ecom_is_untouched(self):
        """Whether nothing of a delivery is picked, printed, labelled or shipped."""
        self.ensure_one()
        feeding = self.move_ids.browse(self.move_ids._rollup_move_origs())
        moves = self.move_ids | feeding
        pickings = self | feeding.picking_id
        return (
            not any(pickings.mapped("printed"))
            and not (self.carrier_tracking_ref or self.ecom_shipment_ref)
            and not any(move.picked or move.state == "done" for move in moves)
        )

    def _ecom_bring_together(self):
        """Make one delivery of these, which are all untouched; the first stays.

        :return: the common delivery.
        """
        common = self[:1]
        others = self - common
        moves = others.move_ids
        names = ", ".join(others.mapped("name"))
        moves._ecom_move_to(common)
        others.unlink()
        common._ecom_set_origin()
        common.message_post(
            body=self.env._("Shipped together, with what was in %s.", names)
        )
        return common

    def _ecom_take_out(self, order):
        """Give what an order still needs of a common delivery a delivery of its own.

        :return: the new delivery; none when the order shares nothing.
        """
        self.ensure_one()
        moves = self.move_ids.filtered(lambda one: one.state not in ("done", "cancel"))
        own = moves.filtered(lambda one: one.sale_line_id.order_id == order)
        if not own or own == moves:
            return self.browse()
        picking = self.create(
            {**own._get_new_picking_values(), "carrier_id": self.carrier_id.id}
        )
        own._ecom_move_to(picking)
        self._ecom_set_origin()
        for one, other in ((self, picking), (picking, self)):
            one.message_post(
                body=self.env._(
                    "%(order)s ships apart: see %(transfer)s.",
                    order=order.name,
                    transfer=other.name,
                )
            )
        return picking

    def _ecom_set_origin(self):
        self.origin = ", ".join(self._ecom_get_orders().mapped("name"))

    def action_ecom_ship_apart(self):
        """Give each order of a common delivery its own again."""
        self.ensure_one()
        rows = self.env["ecom.routing.merge"].search(
            [("picking_ids", "in", self.ids), ("state", "=", "merged")]
        )
        rows.action_keep_apart()


class StockMove(models.Model):
    _inherit = "stock.move"

    def _ecom_move_to(self, picking):
        """Move to another transfer with what is reserved."""
        self.write({"picking_id": picking.id})
        self.move_line_ids.write({"picking_id": picking.id})


def _get_status(order, pickings):
    """Core's words for how far an order is."""
    states = set(pickings.mapped("state")) - {"cancel"}
    if not states:
        return False
    if states == {"done"}:
        return "full"
    if "done" not in states:
        return "pending"
    return "partial" if any(order.order_line.mapped("qty_delivered")) else "started"
