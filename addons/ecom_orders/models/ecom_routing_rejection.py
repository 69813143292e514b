from odoo import fields, models


class EcomRoutingRejection(models.Model):
    """A warehouse refused to ship a line: it is not asked again for that line.

    What was not found or is damaged counts as not there, for every order, until a
    person has counted it.
    """

    _name = "ecom.routing.rejection"
    _description = "Line rejected by a warehouse"
    _order = "id desc"
    _rec_name = "warehouse_id"

    order_id = fields.Many2one(
        related="line_id.order_id", store=True, index=True, readonly=True
    )
    line_id = fields.Many2one(
        "sale.order.line", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="line_id.company_id", store=True)
    product_id = fields.Many2one(related="line_id.product_id", store=True, index=True)
    warehouse_id = fields.Many2one(
        "stock.warehouse", required=True, ondelete="cascade", index=True, readonly=True
    )
    reason = fields.Selection(
        [
            ("not_found", "Not found"),
            ("damaged", "Damaged"),
            ("no_capacity", "No capacity"),
            ("other", "Other"),
        ],
        required=True,
        readonly=True,
    )
    note = fields.Char(readonly=True)
    user_id = fields.Many2one(
        "res.users", string="By", default=lambda self: self.env.uid, readonly=True
    )
    blocks_stock = fields.Boolean(
        string="Stock in Doubt",
        readonly=True,
        help="The product's stock at this warehouse is promised to nobody until it "
        "was counted.",
    )

    def action_counted(self):
        """The stock was counted: it may be promised again."""
        # Dispatchers decide by this button only; they have no right to write rows.
        self.sudo().blocks_stock = False
        self.env["ecom.stock.dirty"]._mark(self.product_id.ids)
        self.env["ecom.routing.router"]._wake()
