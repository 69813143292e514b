from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..marketplaces.base import CONNECTORS, RETURN
from ..marketplaces.reading import parse_json
from ..marketplaces.schema import LineKind, ReturnKind, ReturnStatus
from .order_plan import naive

# The goods are coming, or are there: a transfer waits for them.
EXPECTED = {"approved", "in_transit", "received", "closed"}
STOPPED = {"rejected", "cancelled"}


class EcomReturn(models.Model):
    """Goods that a buyer or the carrier sends back; the money is a refund.

    Goods and money are apart: a return may be refunded before, after or never, and a
    refund need not have one. They know each other where the channel says so.
    """

    _name = "ecom.return"
    _description = "Return of goods"
    _inherit = ["mail.thread", "mail.activity.mixin", "ecom.reason.mixin"]
    _order = "requested_at desc, id desc"
    _rec_name = "name"

    name = fields.Char(compute="_compute_name", store=True)
    order_id = fields.Many2one(
        "sale.order", required=True, ondelete="cascade", index=True
    )
    channel_id = fields.Many2one(
        related="order_id.ecom_channel_id", store=True, index=True
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True)
    partner_id = fields.Many2one(related="order_id.partner_id")
    external_id = fields.Char(
        string="Channel's ID", readonly=True, copy=False, help="Empty = made by hand."
    )
    version = fields.Char(readonly=True, copy=False)
    kind = fields.Selection(
        [
            (ReturnKind.CUSTOMER.value, "Sent by the buyer"),
            (ReturnKind.COURIER.value, "Not delivered"),
            (ReturnKind.UNKNOWN.value, "Unknown"),
        ],
        default=ReturnKind.CUSTOMER.value,
        required=True,
        tracking=True,
    )
    status = fields.Selection(
        [
            (ReturnStatus.REQUESTED.value, "Requested"),
            (ReturnStatus.APPROVED.value, "Approved"),
            (ReturnStatus.IN_TRANSIT.value, "In transit"),
            (ReturnStatus.RECEIVED.value, "Received"),
            (ReturnStatus.CLOSED.value, "Closed"),
            (ReturnStatus.REJECTED.value, "Rejected"),
            (ReturnStatus.CANCELLED.value, "Cancelled"),
        ],
        default=ReturnStatus.REQUESTED.value,
        required=True,
        tracking=True,
    )
    raw_status = fields.Char(string="Status at the Shop", readonly=True)
    tracking_number = fields.Char()
    carrier = fields.Char()
    requested_at = fields.Datetime(
        string="Requested", default=fields.Datetime.now, required=True
    )
    received_at = fields.Datetime(string="Received", readonly=True, copy=False)
    line_ids = fields.One2many("ecom.return.line", "return_id", copy=True)
    picking_ids = fields.One2many(
        "stock.picking", "ecom_return_id", string="Transfers", readonly=True
    )
    picking_count = fields.Integer(compute="_compute_picking_count", compute_sudo=True)
    refund_ids = fields.One2many("ecom.refund", "return_id", readonly=True)
    is_inspected = fields.Boolean(
        string="Inspected", compute="_compute_is_inspected", store=True
    )

    _external_uniq = models.UniqueIndex(
        "(channel_id, external_id) WHERE external_id IS NOT NULL",
        "A return is known to a channel only once.",
    )

    @api.depends("external_id", "order_id.name")
    def _compute_name(self):
        for record in self:
            record.name = record.external_id or self.env._(
                "Return of %s", record.order_id.name or ""
            )

    def _compute_picking_count(self):
        for record in self:
            record.picking_count = len(record.picking_ids)

    @api.depends("line_ids.disposition", "line_ids.product_id.type")
    def _compute_is_inspected(self):
        for record in self:
            goods = record.line_ids._filter_goods()
            record.is_inspected = bool(goods) and all(
                line.disposition for line in goods
            )

    # -- import ------------------------------------------------------------------------

    @api.model
    def _import(self, channel, work):
        """Apply returns; the newest state of each counts.

        :param work: list of (``ecom.inbox.message``, ``Return``).
        """
        orders = self.env["sale.order"].search(
            [
                ("ecom_channel_id", "=", channel.id),
                ("ecom_external_id", "in", [r.order_id for _m, r in work]),
            ]
        )
        orders = {order.ecom_external_id: order for order in orders}
        known = self.search(
            [
                ("channel_id", "=", channel.id),
                ("external_id", "in", [r.external_id for _m, r in work]),
            ]
        )
        known = {record.external_id: record for record in known}
        touched = self.browse()
        for message, external in sorted(work, key=lambda pair: pair[1].version):
            message.version = external.version
            order = orders.get(external.order_id)
            record = known.get(external.external_id, self.browse())
            if not order:
                message._set_ignored("unknown_order")
            elif (record.version or "") > external.version:
                message._set_superseded()
            else:
                known[external.external_id] = record._apply(order, external)
                touched |= known[external.external_id]
                message._set_done(order)
        touched._after_import()

    def _apply(self, order, external):
        """Write one state of a return.

        :return: the return.
        """
        values = self._prepare_values(order, external)
        if not self:
            values["line_ids"] = [
                Command.create(self._prepare_line_values(order, line))
                for line in external.lines
            ]
            return self.create(values)
        if not self.picking_ids:  # what is under way stays as it is
            values["line_ids"] = [
                Command.clear(),
                *(
                    Command.create(self._prepare_line_values(order, line))
                    for line in external.lines
                ),
            ]
        self.write(values)
        return self

    @api.model
    def _prepare_values(self, order, external):
        """Values of a return, without lines."""
        return {
            "order_id": order.id,
            "external_id": external.external_id,
            "version": external.version,
            "kind": external.kind.value,
            "status": external.status.value,
            "raw_status": external.raw_status,
            "tracking_number": external.tracking_number or False,
            "carrier": external.carrier or False,
            "requested_at": naive(external.created_at),
        }

    @api.model
    def _prepare_line_values(self, order, line):
        """Values of a line; its quantity is in units of the product."""
        lines = self._find_order_line(order, line)
        return {
            "external_id": line.external_id,
            "order_line_id": lines.id,
            "quantity": float(line.quantity) * (lines.ecom_multiplier or 1.0),
            "reason_code": line.reason or False,
            "reason_text": line.note or False,
        }

    @api.model
    def _find_order_line(self, order, line):
        """The order line that comes back; by its SKU where the channel names no line.

        A SKU that is on several lines leaves open which of them it is.
        """
        lines = order.order_line.filtered(lambda li: not li.ecom_main_line_id)
        if line.order_line_id or not line.sku:
            return lines.filtered(lambda li: li.ecom_line_key == line.order_line_id)
        listings = self.env["ecom.listing"].search(
            [("channel_id", "=", order.ecom_channel_id.id), ("sku", "=", line.sku)]
        )
        found = lines.filtered(
            lambda li: (
                li.ecom_kind == LineKind.PRODUCT.value
                and (
                    li.product_id in listings.product_id
                    or li.product_id.default_code == line.sku
                )
            )
        )
        return found if len(found) == 1 else lines.browse()

    def _after_import(self):
        refunds = self.env["ecom.refund"].search(
            [
                ("channel_id", "in", self.channel_id.ids),
                ("return_ref", "in", self.mapped("external_id")),
                ("return_id", "=", False),
            ]
        )
        refunds._link_returns()
        self.filtered(
            lambda record: (
                record.status in EXPECTED
                and not record.picking_ids
                and record.channel_id.return_transfer
            )
        )._create_transfers()
        self.filtered(lambda record: record.status in STOPPED)._cancel_transfers()

    # -- transfers ---------------------------------------------------------------------

    def action_create_transfers(self):
        """Expect the goods: transfers back from the deliveries that shipped them."""
        for record in self:
            if record.picking_ids.filtered(lambda p: p.state != "cancel"):
                raise UserError(self.env._("The transfer of this return exists."))
            if record.status == ReturnStatus.REQUESTED.value:
                record.status = ReturnStatus.APPROVED.value
        self._create_transfers()
        return self.action_view_transfers()

    def action_view_transfers(self):
        """The transfers by which the goods come back."""
        return self.picking_ids._get_records_action(name=self.env._("Transfers"))

    def _create_transfers(self):
        """One transfer back for each delivery that shipped some of the goods."""
        for record in self:
            missing = {}
            for picking, moves in record._allocate(missing).items():
                record._create_transfer(picking, moves)
            record._note_missing(missing)

    def _allocate(self, missing):
        """Find the moves that shipped what comes back, the oldest first.

        A kit comes back by its components, in the proportion in which they were
        shipped.

        :param missing: gets the quantities that nobody shipped, by return line.
        :return: dict ``picking -> {move -> quantity}``.
        """
        self.ensure_one()
        allocated, taken = {}, {}
        for line in self.line_ids:
            shipped = line._get_shipped_moves()
            for product, moves in shipped.grouped("product_id").items():
                wanted = line._get_wanted(product)
                for move in moves.sorted(lambda m: (m.date, m.id)):
                    open_qty = move._ecom_get_returnable() - taken.get(move, 0.0)
                    quantity = min(max(open_qty, 0.0), wanted)
                    if quantity:
                        taken[move] = taken.get(move, 0.0) + quantity
                        by_move = allocated.setdefault(move.picking_id, {})
                        by_move[move] = by_move.get(move, 0.0) + quantity
                        wanted -= quantity
                if not product.uom_id.is_zero(wanted):
                    missing[line] = wanted
            if not shipped:
                missing[line] = line.quantity
        return allocated

    def _create_transfer(self, picking, quantities):
        """Core's own return of a delivery, for some quantities of its moves."""
        wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
        for item in wizard.product_return_moves:
            item.quantity = quantities.get(item.move_id, 0.0)
            # The money is the refund's business; see _prepare_qty_invoiced of lines.
            item.to_refund = False
        transfer = wizard._create_return()
        transfer.write(
            {"ecom_return_id": self.id, "carrier_tracking_ref": self.tracking_number}
        )

    def _note_missing(self, missing):
        """What comes back without having left is for a person to look at."""
        if not missing:
            self.write({"reason": False, "reason_details": False})
            return
        line, quantity = next(iter(missing.items()))
        details = {"name": line.product_id.display_name or "–", "missing": quantity}
        self.write(self._prepare_reason("return_not_shipped", details))
        self.channel_id._alert(
            self.env._("A return needs somebody"),
            self.env._("See Ecommerce ‣ Returns, filter With a Problem."),
        )

    def _cancel_transfers(self):
        """Nothing comes back: transfers that wait are called off."""
        self.picking_ids.filtered(
            lambda picking: picking.state not in ("done", "cancel")
        ).action_cancel()

    # -- inspection --------------------------------------------------------------------

    def action_inspect(self):
        """Say what arrived, in which condition, and what becomes of it."""
        self.ensure_one()
        if not self.picking_ids:
            raise UserError(self.env._("Create the transfer of this return first."))
        wizard = self.env["ecom.return.inspection"].create({"return_id": self.id})
        return wizard._get_records_action(
            name=self.env._("Inspection of %s", self.name), target="new"
        )


class EcomReturnLine(models.Model):
    """What comes back of one order line, its inspection and what became of it."""

    _name = "ecom.return.line"
    _description = "Line of a return"
    _rec_name = "product_id"

    return_id = fields.Many2one(
        "ecom.return", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="return_id.company_id", store=True)
    channel_id = fields.Many2one(related="return_id.channel_id", store=True)
    order_id = fields.Many2one(related="return_id.order_id", store=True)
    kind = fields.Selection(related="return_id.kind", store=True)
    status = fields.Selection(related="return_id.status", store=True)
    requested_at = fields.Datetime(related="return_id.requested_at", store=True)
    external_id = fields.Char(readonly=True)
    order_line_id = fields.Many2one(
        "sale.order.line",
        ondelete="set null",
        domain="[('order_id', '=', order_id)]",
    )
    product_id = fields.Many2one(
        related="order_line_id.product_id", store=True, index="btree_not_null"
    )
    quantity = fields.Float(
        digits="Product Unit", required=True, default=1.0, help="Units of the product."
    )
    reason_code = fields.Char(string="Reason")
    reason_text = fields.Char(string="Buyer's Words")
    inspection = fields.Selection(
        [
            ("good", "As new"),
            ("opened", "Opened"),
            ("damaged", "Damaged"),
            ("wrong", "Something else"),
        ],
        string="Condition",
    )
    disposition = fields.Selection(
        [
            ("restock", "Back to stock"),
            ("refurbish", "To be refurbished"),
            ("scrap", "Scrapped"),
        ]
    )
    inspection_note = fields.Char(string="Note")
    inspected_by_id = fields.Many2one("res.users", readonly=True)
    inspected_at = fields.Datetime(string="Inspected", readonly=True)
    scrap_id = fields.Many2one("stock.scrap", ondelete="set null", readonly=True)

    _quantity_positive = models.Constraint(
        "CHECK(quantity >= 0)", "A quantity that comes back cannot be negative."
    )

    def _filter_goods(self):
        """Without gift cards and services: they come back, but in no parcel.

        A line whose product is not known yet may be goods.
        """
        return self.filtered(
            lambda line: not line.product_id or line.product_id.type == "consu"
        )

    def _get_shipped_moves(self):
        """The moves that brought the goods of the order line to the buyer."""
        return self.order_line_id._ecom_get_family().move_ids.filtered(
            lambda move: (
                move.state == "done"
                and move.location_dest_id.usage == "customer"
                and move.location_id.usage != "customer"
            )
        )

    def _get_wanted(self, product):
        """Units of a product that come back with this line."""
        line = self.order_line_id
        if product == line.product_id:
            return self.quantity
        need = self.env["ecom.shipment.planner"]._get_need(line._ecom_get_family())
        multiplier = line.ecom_multiplier or 1.0
        return self.quantity / multiplier * float(need.parts.get(str(product.id), 0))


class StockMove(models.Model):
    """What of a move can still come back."""

    _inherit = "stock.move"

    def _ecom_get_returnable(self):
        """Units that were shipped by the move and are on no transfer back yet."""
        self.ensure_one()
        back = self.returned_move_ids.filtered(lambda move: move.state != "cancel")
        returned = sum(m.quantity if m.state == "done" else m.product_qty for m in back)
        return self.quantity - returned


class StockPicking(models.Model):
    """A transfer by which a return comes back."""

    _inherit = "stock.picking"

    ecom_return_id = fields.Many2one(
        "ecom.return",
        string="Return of the Shop",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
        groups="ecom_orders.group_user",
    )

    def _create_backorder_picking(self):
        """What has not arrived yet belongs to the same return."""
        backorder = super()._create_backorder_picking()
        # Whoever validates need not have a role in this addon.
        backorder.sudo().ecom_return_id = self.sudo().ecom_return_id
        return backorder


class EcomInboxMessage(models.Model):
    """Returns arrive like everything else."""

    _inherit = "ecom.inbox.message"

    kind = fields.Selection(
        selection_add=[(RETURN, "Return")], ondelete={RETURN: "cascade"}
    )

    def _understand(self):
        if self.kind != RETURN:
            return super()._understand()
        connector = CONNECTORS[self.channel_id.provider]
        return connector.normalise_return(parse_json(self.body))

    @api.model
    def _get_importers(self):
        return {**super()._get_importers(), RETURN: "ecom.return"}


class SaleOrder(models.Model):
    """The returns of an order."""

    _inherit = "sale.order"

    ecom_return_ids = fields.One2many(
        "ecom.return",
        "order_id",
        string="Returns",
        readonly=True,
        groups="ecom_orders.group_user",
    )
    ecom_return_count = fields.Integer(
        compute="_compute_ecom_return_count",
        compute_sudo=True,
        groups="ecom_orders.group_user",
    )

    @api.depends("ecom_return_ids")
    def _compute_ecom_return_count(self):
        for order in self:
            order.ecom_return_count = len(order.ecom_return_ids)

    def action_ecom_view_returns(self):
        """What comes back of this order."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_orders.ecom_return_action"
        )
        return {
            **action,
            "domain": [("order_id", "=", self.id)],
            "context": {"default_order_id": self.id},
        }
