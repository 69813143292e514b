from odoo import api, fields, models

from ..algorithms import replenishment


class EcomPurchasePlanLine(models.Model):
    """A product on a purchase plan: what was proposed, what is planned, and why."""

    _name = "ecom.purchase.plan.line"
    _description = "Line of a Purchase Plan"
    _order = "plan_id, vendor_id, urgency desc, id"
    _rec_name = "product_id"

    plan_id = fields.Many2one(
        "ecom.purchase.plan", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="plan_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    proposal_id = fields.Many2one(
        "ecom.replenishment.proposal", required=True, ondelete="cascade", index=True
    )
    supplierinfo_id = fields.Many2one(
        "product.supplierinfo",
        string="Price List Line",
        readonly=True,
        ondelete="set null",
        help="Empty: that of the proposal.",
    )
    split_qty = fields.Float(
        string="Share",
        digits="Product Unit",
        readonly=True,
        help="Part of the proposal that this vendor gets, where several together cost "
        "less than one; 0 = all of it.",
    )
    product_id = fields.Many2one(
        "product.product", compute="_compute_proposed", store=True
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse", compute="_compute_proposed", store=True
    )
    vendor_id = fields.Many2one("res.partner", compute="_compute_proposed", store=True)
    proposed_qty = fields.Float(
        string="Proposed",
        digits="Product Unit",
        compute="_compute_proposed",
        store=True,
    )
    gap = fields.Float(
        string="To the Maximum",
        digits="Product Unit",
        compute="_compute_proposed",
        store=True,
    )
    urgency = fields.Monetary(
        string="Sales at Risk", compute="_compute_proposed", store=True
    )
    planned_qty = fields.Float(string="Planned", digits="Product Unit")
    price = fields.Monetary(readonly=True)
    pack = fields.Float(readonly=True, default=1.0)
    smallest = fields.Float(string="Minimum Quantity", readonly=True)
    capacity = fields.Float(string="Most per Order", readonly=True)
    unit_id = fields.Many2one("uom.uom", string="Vendor's Unit", readonly=True)
    value = fields.Monetary(compute="_compute_value", store=True)
    reason = fields.Selection(
        [
            ("proposed", "As proposed"),
            ("split", "Split: costs less than one vendor, or one has not enough"),
            ("more", "More, for the vendor's minimum, pack or freight step"),
            ("along", "Ordered along with the others"),
            ("less", "Less, within the budget or the vendor's terms"),
            ("left_out", "Left out: more is at risk elsewhere"),
            ("not_needed", "Not needed now"),
            ("no_price", "No valid price"),
        ],
        readonly=True,
    )

    _proposal_uniq = models.Constraint(
        "UNIQUE(plan_id, proposal_id, vendor_id)",
        "A proposal is on a plan once for each vendor.",
    )
    _planned_positive = models.Constraint(
        "CHECK(planned_qty >= 0)", "A planned quantity must not be negative."
    )

    # What was proposed when the plan was made stays: proposals are renewed every day.
    @api.depends("proposal_id", "supplierinfo_id", "split_qty")
    def _compute_proposed(self):
        for line in self:
            proposal = line.proposal_id
            line.product_id = proposal.product_id
            line.warehouse_id = proposal.warehouse_id
            partner = line.supplierinfo_id.partner_id.commercial_partner_id
            line.vendor_id = partner or proposal.vendor_id
            position = proposal.position + proposal.transfer_qty
            part = 1.0
            if line.split_qty:
                part = line.split_qty / (proposal.order_qty or line.split_qty)
            line.proposed_qty = line.split_qty or proposal.order_qty
            line.gap = line.split_qty or max(proposal.max_qty - position, 0.0)
            line.urgency = proposal.urgency * min(part, 1.0)

    @api.depends("planned_qty", "price")
    def _compute_value(self):
        for line in self:
            line.value = line.planned_qty * line.price

    def _with_offers(self):
        """Read price, pack and minimum of the vendors' price lines; returns the lines
        that have a price that is valid today."""
        company = self.plan_id.company_id
        offers = self.env["ecom.replenishment.sourcing"]._read_offers(
            company, self.product_id.ids, fields.Date.context_today(self)
        )
        keys = zip(offers.info.tolist(), offers.product.tolist(), strict=True)
        rows = {key: row for row, key in enumerate(keys)}
        known = self.browse()
        for line in self:
            info = line.supplierinfo_id or line.proposal_id.supplierinfo_id
            row = rows.get((info.id, line.product_id.id))
            if row is None or offers.price[row] <= 0:
                continue
            line.write(
                {
                    "price": offers.price[row],
                    "smallest": offers.smallest[row],
                    "capacity": offers.capacity[row],
                    "pack": max(offers.pack[row], 1.0),
                    "unit_id": int(offers.unit[row]),
                }
            )
            known |= line
        return known

    def _prepare_item(self, owners):
        """The line for the optimisation. A hook.

        A unit below the maximum is worth the sales that are at risk without it, and the
        line's order cost, which has to be spent sooner or later. What is only ordered
        along is not missing yet: each unit costs holding, but for half as long as one
        beyond the maximum, for it is sold sooner.

        :param owners: list of (vendor, warehouse), orders that there can be.
        """
        self.ensure_one()
        proposal, vendor = self.proposal_id, self.vendor_id
        holding = (
            self.price * proposal._get_holding_rate() * proposal.interval_weeks / 52
        )
        order_cost = proposal._get_order_cost()
        wanted = self.proposed_qty > 0 and self.gap > 0
        worth = 0.0
        if wanted:
            worth = (self.urgency + order_cost) / self.gap + holding
        load = vendor.with_company(self.company_id).ecom_freight_load
        return replenishment.Line(
            supplier=owners.index((vendor, self.warehouse_id)),
            gap=self.gap if wanted else 0.0,
            price=self.price,
            shortage_cost=worth,
            holding_cost=holding if wanted else holding / 2,
            largest=None if wanted else self.gap,
            offer=(self.supplierinfo_id or proposal.supplierinfo_id).id,
            offer_largest=self.capacity or None,
            smallest=self.smallest,
            pack=self.pack,
            order_cost=order_cost,
            load=self.product_id[load] if load else 0.0,
        )

    def _get_reason(self):
        """Why the planned quantity is what it is; a code."""
        self.ensure_one()
        if not self.proposed_qty:
            return "along" if self.planned_qty else "not_needed"
        if not self.planned_qty:
            return "left_out"
        if self.planned_qty > self.proposed_qty:
            return "more"
        if self.planned_qty < self.proposed_qty:
            return "less"
        same = self.plan_id.line_ids.filtered(
            lambda line: line.proposal_id == self.proposal_id
        )
        return "split" if len(same) > 1 else "proposed"

    def _prepare_order(self, vendor, warehouse):
        """Values of the request for quotation of lines of one vendor and warehouse. A
        hook."""
        return {
            "partner_id": vendor.id,
            "company_id": self.company_id.id,
            "picking_type_id": warehouse.in_type_id.id,
            "origin": self.plan_id.name,
            "order_line": [
                fields.Command.create(line._prepare_order_line()) for line in self
            ],
        }

    def _prepare_order_line(self):
        """Values of the line of the request. A hook."""
        self.ensure_one()
        unit = self.product_id.uom_id
        quantity = self.planned_qty
        if self.pack > 1:
            quantity, unit = quantity / self.pack, self.unit_id
        labels = dict(self._fields["reason"]._description_selection(self.env))
        return {
            "product_id": self.product_id.id,
            "product_qty": quantity,
            "product_uom_id": unit.id,
            "orderpoint_id": self.proposal_id.orderpoint_id.id,
            "ecom_reason": "\n".join(
                filter(None, [labels.get(self.reason), self.proposal_id.explanation])
            ),
        }
