from odoo import api, fields, models
from odoo.exceptions import UserError


class EcomReplenishmentProposal(models.Model):
    """Deciding: the only place that writes minimum, maximum and multiple."""

    _inherit = "ecom.replenishment.proposal"

    def action_accept(self):
        """Accept one proposal, also where it replaces what a person set by hand: the
        screen says so before."""
        self.ensure_one()
        self._accept(replace_manual=True)
        return True

    def action_accept_selected(self):
        """Accept many; what was set by hand is left alone, and that is said."""
        left = self.filtered(lambda p: p.state == "open" and p.manual)
        count = len(self._accept())
        message = self.env._("%d reordering rules were written.", count)
        if left:
            message += " " + self.env._(
                "%d were set by hand and are left as they are: open them to replace "
                "them one by one.",
                len(left),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "warning" if left else "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_plan_purchase(self):
        """Plan the purchase of these proposals together, within vendors' terms."""
        plan = self.env["ecom.purchase.plan"]._make(self)
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ecom_inventory_opt.ecom_purchase_plan_action"
        )
        return {**action, "res_id": plan.id, "views": [(False, "form")]}

    def action_refuse(self):
        """Leave the rule as it is. The next computation proposes anew."""
        self.filtered(lambda p: p.state == "open").write(
            {"state": "refused", **self._prepare_decision()}
        )
        return True

    @api.model
    def _prepare_decision(self):
        return {"decided_by_id": self.env.uid, "decided_at": fields.Datetime.now()}

    @api.model
    def action_compute(self):
        """Compute the proposals of the companies that are chosen."""
        for company in self.env.companies:
            self.env["ecom.replenishment.planner"]._plan(company)
        return self.env["ir.actions.actions"]._for_xml_id(
            "ecom_inventory_opt.ecom_replenishment_proposal_action"
        )

    def action_compute_this(self):
        """Compute the product of this proposal again, with all that is known now."""
        self.ensure_one()
        self.env["ecom.replenishment.planner"]._plan(self.company_id, self.product_id)
        return True

    def _accept(self, replace_manual=False):
        """Write the reordering rules and let core procure.

        :param replace_manual: also rules that a person set.
        :return: the accepted proposals.
        :raises UserError: when one is not open any more.
        """
        closed = self.filtered(lambda p: p.state != "open")
        if closed:
            raise UserError(
                self.env._(
                    "The proposal for %s is decided already. Compute proposals again "
                    "to get a new one.",
                    closed[0].product_id.display_name,
                )
            )
        self._notice_changes_since()
        chosen = self.filtered(lambda p: p._has_effect())
        if not replace_manual:
            chosen = chosen.filtered(lambda p: not p.manual)
        chosen._write_rules()
        chosen.write({"state": "accepted", **self._prepare_decision()})
        chosen._procure()
        return chosen

    def _has_effect(self):
        """Whether accepting does anything. A hook."""
        self.ensure_one()
        return bool(self.changed or self.order_qty)

    def _notice_changes_since(self):
        """A rule may have been changed after the proposal was computed: the proposal
        then shows what it is now, and that a person set it."""
        rules = self._find_rules()
        for proposal in self:
            key = proposal.product_id, proposal.warehouse_id
            rule = rules.get(key, self.env["stock.warehouse.orderpoint"])
            if not rule:
                continue
            manual = not (rule.active and rule._is_as_proposed())
            before = (proposal.min_before, proposal.max_before, proposal.orderpoint_id)
            now = (rule.product_min_qty, rule.product_max_qty, rule)
            if before != now or proposal.manual != manual:
                proposal.write(
                    {
                        "min_before": rule.product_min_qty,
                        "max_before": rule.product_max_qty,
                        "uom_before_id": rule.replenishment_uom_id.id,
                        "orderpoint_id": rule.id,
                        "manual": manual,
                    }
                )

    def _find_rules(self):
        """Reordering rules of the warehouses' stock: (product, warehouse) -> rule."""
        # An archived rule counts: there can only be one for a product and location.
        model = self.env["stock.warehouse.orderpoint"].with_context(active_test=False)
        rules = model.search(
            [
                ("product_id", "in", self.product_id.ids),
                ("location_id", "in", self.warehouse_id.lot_stock_id.ids),
            ]
        )
        return {(rule.product_id, rule.warehouse_id): rule for rule in rules}

    def _write_rules(self):
        """Create or write the rules; one create for all new ones."""
        # Rules belong to inventory managers; a planner writes them here, by a proposal
        # that says what was before, and nowhere else.
        rules = self.env["stock.warehouse.orderpoint"].sudo()
        new = self.filtered(lambda p: not p.orderpoint_id and p.max_qty > 0)
        created = rules.create([proposal._prepare_new_rule() for proposal in new])
        for proposal, rule in zip(new, created, strict=True):
            proposal.orderpoint_id = rule.id
        for proposal in self - new:
            if proposal.orderpoint_id:
                rule = rules.browse(proposal.orderpoint_id.id)
                rule.write(proposal._prepare_rule())

    def _prepare_rule(self):
        """Values of the rule. A hook."""
        self.ensure_one()
        values = {
            "product_min_qty": self.min_qty,
            "product_max_qty": self.max_qty,
            "replenishment_uom_id": self.multiple_uom_id.id,
            "ecom_min_qty": self.min_qty,
            "ecom_max_qty": self.max_qty,
            "ecom_uom_id": self.multiple_uom_id.id,
            "ecom_written": True,
            "active": True,
            "ecom_proposal_id": self.id,
        }
        if self.supplierinfo_id:
            values["supplier_id"] = self.supplierinfo_id.id
        return values

    def _prepare_new_rule(self):
        """Values of a rule that does not exist yet. A hook."""
        return {
            **self._prepare_rule(),
            "product_id": self.product_id.id,
            "warehouse_id": self.warehouse_id.id,
            "location_id": self.warehouse_id.lot_stock_id.id,
            "company_id": self.company_id.id,
            "trigger": "auto",
        }

    def _procure(self):
        """Let core order what its rules say now; rules that people trigger wait for
        them. A product that cannot be procured gets core's activity, nothing stops."""
        # As above: core's own scheduler runs as superuser as well.
        rules = self.orderpoint_id.sudo().filtered(
            lambda rule: rule.trigger == "auto" and rule.qty_to_order > 0
        )
        for company, some in rules.grouped("company_id").items():
            some._procure_orderpoint_confirm(company_id=company, raise_user_error=False)
