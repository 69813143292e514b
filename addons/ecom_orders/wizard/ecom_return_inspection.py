from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class EcomReturnInspection(models.TransientModel):
    """What a person found when a return arrived, and what becomes of it."""

    _name = "ecom.return.inspection"
    _description = "Inspection of a return"

    return_id = fields.Many2one("ecom.return", required=True, ondelete="cascade")
    order_id = fields.Many2one(related="return_id.order_id")
    line_ids = fields.One2many(
        "ecom.return.inspection.line",
        "inspection_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        precompute=True,
    )

    @api.depends("return_id")
    def _compute_line_ids(self):
        for wizard in self:
            wizard.line_ids = [
                Command.create(
                    {
                        "return_line_id": line.id,
                        "quantity": line.quantity,
                        "inspection": "good",
                        "disposition": "restock",
                    }
                )
                for line in wizard.return_id.line_ids._filter_goods()
                if not line.disposition
            ]

    def action_confirm(self):
        """Receive the goods where they belong, and write down what was found.

        What did not arrive stays open on the transfer's backorder.
        """
        self.ensure_one()
        self._check_quantities()
        moves = self._get_moves()
        for line in self.line_ids:
            line.result_id = line._write_result()
        self._receive(moves)
        self.line_ids.filtered(lambda line: line.disposition == "scrap")._scrap()
        record = self.return_id
        record.received_at = fields.Datetime.now()
        if record.status in ("requested", "approved", "in_transit"):
            record.status = "received"
        return {"type": "ir.actions.act_window_close"}

    def _check_quantities(self):
        """A line can be split, but not made more than was announced."""
        for line, rows in self.line_ids.grouped("return_line_id").items():
            if sum(rows.mapped("quantity")) > line.quantity + 1e-6:
                raise UserError(
                    self.env._(
                        "More of %s than the return announced.",
                        line.product_id.display_name,
                    )
                )
        refurbished = self.line_ids.filtered(lambda li: li.disposition == "refurbish")
        if refurbished and not self.return_id.channel_id.refurbish_location_id:
            raise UserError(
                self.env._("Choose the location for refurbishing on the channel.")
            )

    def _get_moves(self):
        """The moves by which the goods come in now."""
        pickings = self.return_id.picking_ids
        return pickings.move_ids.filtered(lambda m: m.state not in ("done", "cancel"))

    def _receive(self, moves):
        """Validate the transfers for what arrived, each thing to its place."""
        moves.move_line_ids.unlink()
        for line in self.line_ids:
            line._place(moves)
        arrived = moves.filtered("move_line_ids")
        arrived.picked = True
        pickings = arrived.picking_id
        pickings.with_context(skip_backorder=True).button_validate()


class EcomReturnInspectionLine(models.TransientModel):
    """One condition of some of the goods."""

    _name = "ecom.return.inspection.line"
    _description = "Line of an inspection"

    inspection_id = fields.Many2one(
        "ecom.return.inspection", required=True, ondelete="cascade"
    )
    return_id = fields.Many2one(related="inspection_id.return_id")
    return_line_id = fields.Many2one(
        "ecom.return.line",
        string="Returned",
        required=True,
        ondelete="cascade",
        domain="[('return_id', '=', return_id)]",
    )
    product_id = fields.Many2one(related="return_line_id.product_id")
    quantity = fields.Float(digits="Product Unit", required=True)
    inspection = fields.Selection(
        selection=lambda self: (
            self.env["ecom.return.line"]
            ._fields["inspection"]
            ._description_selection(self.env)
        ),
        string="Condition",
        required=True,
        default="good",
    )
    disposition = fields.Selection(
        selection=lambda self: (
            self.env["ecom.return.line"]
            ._fields["disposition"]
            ._description_selection(self.env)
        ),
        required=True,
        default="restock",
    )
    note = fields.Char()
    result_id = fields.Many2one("ecom.return.line", readonly=True)

    def _write_result(self):
        """Write the result down; what is left of a split line stays to be inspected.

        :return: the return line that has the result.
        """
        self.ensure_one()
        line = self.return_line_id
        rest = line.quantity - self.quantity
        if line.disposition:  # an earlier row of this inspection took it
            line = line.copy({"quantity": self.quantity})
        elif rest > 1e-6:
            self._keep_rest(line, rest)
        line.write(
            {
                "quantity": self.quantity,
                "inspection": self.inspection,
                "disposition": self.disposition,
                "inspection_note": self.note,
                "inspected_by_id": self.env.uid,
                "inspected_at": fields.Datetime.now(),
            }
        )
        return line

    def _keep_rest(self, line, rest):
        """What other rows do not speak of has not arrived yet."""
        others = self.inspection_id.line_ids.filtered(
            lambda row: row.return_line_id == line and row != self
        )
        rest -= sum(others.mapped("quantity"))
        if rest > 1e-6:
            line.copy({"quantity": rest})

    def _place(self, moves):
        """Move lines that bring the goods to stock or to the place for refurbishing."""
        channel = self.return_id.channel_id
        for product, quantity in self._get_products(moves).items():
            for move in moves.filtered(lambda m, p=product: m.product_id == p):
                taken = sum(move.move_line_ids.mapped("quantity_product_uom"))
                part = min(quantity, move.product_qty - taken)
                if part <= 0:
                    continue
                location = move.location_dest_id
                if self.disposition == "refurbish":
                    location = channel.refurbish_location_id
                move.move_line_ids = [
                    Command.create(
                        {
                            **move._prepare_move_line_vals(),
                            "quantity": part,
                            "product_uom_id": product.uom_id.id,
                            "location_dest_id": location.id,
                        }
                    )
                ]
                quantity -= part

    def _get_products(self, moves):
        """Units of each product, a kit by its components."""
        line = self.result_id
        shipped = line._get_shipped_moves().product_id
        return {p: line._get_wanted(p) for p in shipped & moves.product_id}

    def _scrap(self):
        """Scrap what cannot be sold, from where it was received."""
        for row in self:
            moves = row.return_id.picking_ids.move_ids.filtered(
                lambda m: m.state == "done"
            )
            channel = row.return_id.channel_id
            for product, quantity in row._get_products(moves).items():
                move = moves.filtered(lambda m, p=product: m.product_id == p)[-1:]
                values = {
                    "product_id": product.id,
                    "product_uom_id": product.uom_id.id,
                    "scrap_qty": quantity,
                    "location_id": move.location_dest_id.id,
                    "picking_id": move.picking_id.id,
                    "company_id": row.return_id.company_id.id,
                    "origin": row.return_id.name,
                }
                if channel.scrap_location_id:
                    values["scrap_location_id"] = channel.scrap_location_id.id
                scrap = self.env["stock.scrap"].create(values)
                scrap.do_scrap()
                row.result_id.scrap_id = scrap
