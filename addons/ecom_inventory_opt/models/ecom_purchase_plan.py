from odoo import api, fields, models
from odoo.exceptions import UserError

from ..algorithms import replenishment

#: seconds after which the best order found so far is taken
SECONDS = 20.0


class EcomPurchasePlan(models.Model):
    """Orders of several products together: within the vendors' minimum order values and
    freight steps, and within a budget over all.
    """

    _name = "ecom.purchase.plan"
    _description = "Purchase Plan"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    budget = fields.Monetary(
        tracking=True, help="Most money for goods of all vendors; 0 = no limit."
    )
    state = fields.Selection(
        [("draft", "Draft"), ("done", "Requested")],
        default="draft",
        required=True,
        readonly=True,
        tracking=True,
    )
    line_ids = fields.One2many("ecom.purchase.plan.line", "plan_id")
    value = fields.Monetary(
        string="Value of Goods", compute="_compute_value", store=True, tracking=True
    )
    freight = fields.Monetary(readonly=True)
    is_proven = fields.Boolean(
        string="Cheapest",
        readonly=True,
        help="No cheaper order exists. Off: the search was ended after some seconds "
        "with the best that was found.",
    )
    purchase_ids = fields.Many2many(
        "purchase.order", string="Requests for Quotation", readonly=True
    )

    _budget_positive = models.Constraint(
        "CHECK(budget >= 0)", "A budget must not be negative."
    )

    @api.depends("line_ids.value")
    def _compute_value(self):
        for plan in self:
            plan.value = sum(plan.line_ids.mapped("value"))

    @api.model
    def _make(self, proposals):
        """A plan of proposals, and of what their vendors could deliver along: products
        that are below their maximum, but not yet below their minimum.

        :raises UserError: when none of them has a vendor and something to order.
        """
        chosen = proposals.filtered(
            lambda p: p.state == "open" and p.vendor_id and p.order_qty > 0
        )
        if not chosen:
            raise UserError(
                self.env._(
                    "None of these proposals has something to order and a vendor. "
                    "Choose others, or add vendors to the products."
                )
            )
        company = chosen.company_id.ensure_one()
        along = proposals.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "open"),
                ("order_qty", "=", 0),
                ("max_qty", ">", 0),
                ("vendor_id", "in", chosen.vendor_id.ids),
                ("warehouse_id", "in", chosen.warehouse_id.ids),
            ]
        ).filtered(lambda p: p.position + p.transfer_qty < p.max_qty)
        today = fields.Date.context_today(self)
        plan = self.create(
            {
                "name": self.env._("Purchase of %s", fields.Date.to_string(today)),
                "company_id": company.id,
                "line_ids": [
                    fields.Command.create({"proposal_id": proposal.id})
                    for proposal in chosen | along
                ],
            }
        )
        plan.action_optimise()
        return plan

    def action_optimise(self):
        """Compute the quantities anew, within terms and budget."""
        self.ensure_one()
        self._check_draft()
        lines = self.line_ids._with_offers()
        (self.line_ids - lines).write({"planned_qty": 0.0, "reason": "no_price"})
        owners = list(lines.grouped(lambda x: (x.vendor_id, x.warehouse_id)))
        found = replenishment.order(
            [line._prepare_item(owners) for line in lines],
            [self._prepare_supplier(vendor) for vendor, _warehouse in owners],
            budget=self.budget or None,
            seconds=SECONDS,
        )
        for line, quantity in zip(lines, found.quantities, strict=True):
            line.planned_qty = quantity
            line.reason = line._get_reason()
        freight = sum(
            count * vendor.with_company(self.company_id).ecom_freight_cost
            for (vendor, _warehouse), count in zip(
                owners, found.containers, strict=True
            )
        )
        self.write({"freight": freight, "is_proven": found.proven})
        return True

    def _prepare_supplier(self, vendor):
        """Terms of a vendor for the optimisation. A hook."""
        vendor = vendor.with_company(self.company_id)
        step = vendor.ecom_freight_load and vendor.ecom_freight_step
        return replenishment.Supplier(
            order_cost=vendor.ecom_order_cost,
            smallest_value=vendor.ecom_smallest_value,
            container=step or None,
            freight=vendor.ecom_freight_cost,
        )

    def _check_draft(self):
        if self.state != "draft":
            raise UserError(
                self.env._(
                    "The requests of this plan are made already: make a new one."
                )
            )

    def action_request(self):
        """Make a request for quotation for each vendor and warehouse, with the reason
        on each line, and compute the products again."""
        self.ensure_one()
        self._check_draft()
        lines = self.line_ids.filtered(lambda line: line.planned_qty > 0)
        if not lines:
            raise UserError(
                self.env._("Nothing is planned: there is nothing to order.")
            )
        groups = lines.grouped(lambda line: (line.vendor_id, line.warehouse_id))
        orders = self.env["purchase.order"].create(
            [
                some._prepare_order(vendor, warehouse)
                for (vendor, warehouse), some in groups.items()
            ]
        )
        self.write({"state": "done", "purchase_ids": orders.ids})
        planner = self.env["ecom.replenishment.planner"]
        planner._plan(self.company_id, lines.product_id)
        return self.action_view_orders()

    def action_view_orders(self):
        """The requests of this plan."""
        action = self.env["ir.actions.actions"]._for_xml_id("purchase.purchase_rfq")
        return {
            **action,
            "domain": [("id", "in", self.purchase_ids.ids)],
            "context": {},
        }
