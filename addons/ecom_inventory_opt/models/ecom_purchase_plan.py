import math
from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..algorithms import replenishment, sourcing

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
        chosen = chosen.sorted("urgency", reverse=True)
        offers = self._read_offers(company, chosen.product_id.ids, today)
        taken = Counter()
        lines = [
            *(x for one in chosen for x in self._prepare_lines(one, offers, taken)),
            *({"proposal_id": one.id} for one in along),
        ]
        plan = self.create(
            {
                "name": self.env._("Purchase of %s", fields.Date.to_string(today)),
                "company_id": company.id,
                "line_ids": [fields.Command.create(line) for line in lines],
            }
        )
        plan.action_optimise()
        return plan

    @api.model
    def _read_offers(self, company, product_ids, today):
        """Price lines that are valid today, with what receipts say about them."""
        sourcing_model = self.env["ecom.replenishment.sourcing"]
        offers = sourcing_model._read_offers(company, product_ids, today)
        return sourcing_model._measure(company, offers, product_ids, today)

    @api.model
    def _prepare_lines(self, proposal, offers, taken):
        """Values of the lines of a proposal: one, or one for each vendor where several
        together cost less than any of them alone. Where the proposed vendor cannot
        deliver it all, those that cost least.

        :param offers: of all products, measured, see the sourcing model.
        :param taken: what the orders hold already, see :meth:`_take`; is added to.
        """
        rows = self._get_split_offers(proposal, offers)
        terms = [self._prepare_offer(proposal, offers, row, taken) for row in rows]
        infos = [int(offers.info[row]) for row in rows]
        shares = []
        if len(set(offers.vendor[rows].tolist())) > 1:
            shares = self._get_shares(proposal, offers, rows, terms)
        for row, units in shares:
            self._take(taken, proposal, offers, row, units)
        if shares:
            return [
                {
                    "proposal_id": proposal.id,
                    "supplierinfo_id": int(offers.info[row]),
                    "split_qty": units,
                }
                for row, units in shares
            ]
        if proposal.supplierinfo_id.id in infos:
            at = infos.index(proposal.supplierinfo_id.id)
            most = math.inf if terms[at].capacity is None else terms[at].capacity
            units = min(proposal.order_qty, most)
            self._take(taken, proposal, offers, rows[at], units)
        return [{"proposal_id": proposal.id}]

    @api.model
    def _get_shares(self, proposal, offers, rows, terms):
        """(row, units) of the offers that a proposal is divided between; empty = it
        stays with its vendor.

        :param rows: of the offers; :param terms: of each, :class:`sourcing.Offer`.
        """
        needed = proposal.order_qty
        rate, weeks = proposal._get_holding_rate(), proposal.interval_weeks
        # What packs force beyond the need is used after it: less the cost of holding.
        kept = min(one.price for one in terms) * max(1 - rate * weeks / 52, 0)
        one = sourcing.alone(needed, terms, kept)
        try:
            found = sourcing.split(needed, terms, kept=kept)
        except ValueError:  # all together cannot deliver it: the vendor gives its most
            return []
        shares = [(r, q) for r, q in zip(rows, found.quantities, strict=True) if q > 0]
        vendors = {int(offers.vendor[row]) for row, _units in shares}
        cheaper = one is None or found.cost < one.cost - 0.01
        can_alone = any(
            offer.capacity is None or offer.capacity >= needed
            for row, offer in zip(rows, terms, strict=True)
            if offers.info[row] == proposal.supplierinfo_id.id
        )
        # Two offers of one vendor are one order: not what was computed.
        if len(vendors) < len(shares) or can_alone and not cheaper:
            return []
        return shares

    @api.model
    def _get_split_offers(self, proposal, offers):
        """Rows of offers that an order of a proposal may be split between: those with a
        price, of vendors that are not slower than the proposed one, by their receipts:
        Min is made for its lead time. A hook."""
        rows = [
            row
            for row, product in enumerate(offers.product.tolist())
            if product == proposal.product_id.id and offers.price[row] > 0
        ]
        infos = offers.info.tolist()
        chosen = [r for r in rows if infos[r] == proposal.supplierinfo_id.id]
        slowest = max([proposal.lead_mean, *(offers.lead_mean[row] for row in chosen)])
        return [row for row in rows if offers.lead_mean[row] <= slowest + 0.01]

    @api.model
    def _prepare_offer(self, proposal, offers, row, taken):
        """An offer for the split: price and order, what goes back, and the stock that
        the vendor's lead time forces, as if it delivered all. The vendor's minimum
        order value counts as if nothing else were ordered there. A hook."""
        vendor = self.env["res.partner"].browse(int(offers.vendor[row]))
        vendor = vendor.with_company(proposal.company_id)
        price = float(offers.price[row])
        smallest = max(float(offers.smallest[row]), vendor.ecom_smallest_value / price)
        room = self._get_room(proposal, offers, row, taken)
        cost = self.env["ecom.replenishment.sourcing"]._get_cost(
            offers,
            [row],
            max(proposal.weekly_demand, 0.0),
            max(proposal.weekly_deviation, 0.0),
            proposal._get_policy_settings(),
        )
        return sourcing.Offer(
            price=price,
            order_cost=proposal._get_order_cost() + vendor.ecom_order_cost,
            smallest=smallest,
            pack=max(float(offers.pack[row]), 1.0),
            capacity=room if math.isfinite(room) else None,
            extra=float(cost.extra[0]),
        )

    @api.model
    def _get_room(self, proposal, offers, row, taken):
        """Units that the order of an offer can take yet, ``inf`` = no limit."""
        vendor = self.env["res.partner"].browse(int(offers.vendor[row]))
        vendor = vendor.with_company(proposal.company_id)
        warehouse = proposal.warehouse_id.id
        room = math.inf
        if offers.capacity[row]:
            of_offer = taken["offer", int(offers.info[row]), warehouse]
            room = float(offers.capacity[row]) - of_offer
        if vendor.ecom_largest_value:
            value = vendor.ecom_largest_value - taken["vendor", vendor.id, warehouse]
            room = min(room, value / float(offers.price[row]))
        return max(room, 0.0)

    @api.model
    def _take(self, taken, proposal, offers, row, units):
        """Note what the order of a vendor for a warehouse holds.

        :param taken: ``("offer", price line, warehouse)`` to units and ``("vendor",
            vendor, warehouse)`` to money.
        """
        warehouse = proposal.warehouse_id.id
        taken["offer", int(offers.info[row]), warehouse] += units
        value = units * float(offers.price[row])
        taken["vendor", int(offers.vendor[row]), warehouse] += value

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
            largest_value=vendor.ecom_largest_value or None,
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
