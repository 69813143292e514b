from odoo import api, fields, models


class StockWarehouseOrderpoint(models.Model):
    """Remembers what a proposal wrote: any other value is a person's."""

    _inherit = "stock.warehouse.orderpoint"

    ecom_proposal_id = fields.Many2one(
        "ecom.replenishment.proposal",
        string="Last Proposal",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    ecom_written = fields.Boolean(
        string="Written by a Proposal", readonly=True, copy=False
    )
    ecom_min_qty = fields.Float(
        string="Min as Proposed", digits="Product Unit", readonly=True, copy=False
    )
    ecom_max_qty = fields.Float(
        string="Max as Proposed", digits="Product Unit", readonly=True, copy=False
    )
    ecom_uom_id = fields.Many2one(
        "uom.uom", string="Multiple as Proposed", readonly=True, copy=False
    )
    ecom_manual = fields.Boolean(
        string="Set by Hand", compute="_compute_ecom_manual", store=True
    )

    @api.depends(
        *("product_min_qty", "product_max_qty", "replenishment_uom_id"),
        *("ecom_min_qty", "ecom_max_qty", "ecom_uom_id", "ecom_written"),
    )
    def _compute_ecom_manual(self):
        for rule in self:
            rule.ecom_manual = not rule._is_as_proposed()

    def _is_as_proposed(self):
        """Whether minimum, maximum and multiple are what a proposal wrote."""
        self.ensure_one()
        ours = (self.ecom_min_qty, self.ecom_max_qty, self.ecom_uom_id)
        now = (self.product_min_qty, self.product_max_qty, self.replenishment_uom_id)
        return self.ecom_written and ours == now
