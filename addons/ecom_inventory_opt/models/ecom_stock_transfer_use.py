from odoo import api, fields, models


class EcomReplenishmentProposal(models.Model):
    """Buys only what transfers do not bring."""

    _inherit = "ecom.replenishment.proposal"

    transfer_ids = fields.One2many(
        "ecom.stock.transfer",
        "proposal_id",
        string="Transfers",
        readonly=True,
        domain=[("state", "=", "open")],
    )
    transfer_qty = fields.Float(
        string="From Other Warehouses", digits="Product Unit", readonly=True
    )

    @api.model
    def _apply_transfers(self, transfers_made):
        """Take what open transfers bring off what has to be bought."""
        for proposal, rows in transfers_made.grouped("proposal_id").items():
            units = sum(rows.mapped("quantity"))
            position = proposal.position + units
            order = 0.0
            if position < proposal.min_qty:
                order = proposal._round_to_multiple(proposal.max_qty - position)
            price = (
                proposal.order_value / proposal.order_qty if proposal.order_qty else 0.0
            )
            proposal.sudo().write(
                {
                    "transfer_qty": units,
                    "order_qty": order,
                    "order_value": order * price,
                }
            )

    def _round_to_multiple(self, units):
        """Units rounded up to the multiple that is ordered."""
        self.ensure_one()
        pack, unit = self.multiple_uom_id, self.uom_id
        if not pack:
            return units
        packs = unit._compute_quantity(units, pack, round=False)
        whole = fields.Float.round(packs, precision_digits=0, rounding_method="UP")
        return pack._compute_quantity(whole, unit)

    def _get_explanation(self):
        lines = super()._get_explanation()
        if self.transfer_qty and self.state == "open":
            lines.append(
                self.env._(
                    "Other warehouses have more than they need: %(units)g are moved "
                    "from there when you accept, and %(order)g bought.",
                    units=self.transfer_qty,
                    order=self.order_qty,
                )
            )
        return lines

    def _has_effect(self):
        return super()._has_effect() or bool(self.transfer_ids)

    def _procure(self):
        self.transfer_ids._accept()
        # What is on its way from there is known to core's forecast now.
        self.orderpoint_id.sudo().invalidate_recordset()
        self.orderpoint_id.sudo()._compute_qty_to_order_computed()
        return super()._procure()


class EcomReplenishmentPlanner(models.AbstractModel):
    """Proposes transfers before orders."""

    _inherit = "ecom.replenishment.planner"

    @api.model
    def _after_proposals(self, company, products):
        model = self.env["ecom.stock.transfer"]
        model._propose(company, products)
        domain = [("company_id", "=", company.id), ("state", "=", "open")]
        if products is not None:
            domain.append(("product_id", "in", products.ids))
        self.env["ecom.replenishment.proposal"]._apply_transfers(model.search(domain))
        return super()._after_proposals(company, products)
