from datetime import timedelta

from odoo import api, fields, models


class EcomRoutingRouter(models.AbstractModel):
    """Decisions are written down, with what lost and why."""

    _inherit = "ecom.routing.router"

    @api.model
    def _keep(self, ground, rule_set, decisions, kind, reason=""):
        """Write decisions down, with what lost and why.

        A decision to wait that was made before, and nothing else since, is not written
        again.
        """
        known = self._get_waiting_decisions(decisions) if kind == "applied" else {}
        if kind == "shadow":
            self._forget_watched(rule_set, decisions)
        values = []
        for order, outcome in decisions.items():
            decision = outcome[0]
            if order in known and not decision.plan:
                continue
            values.append(
                self._prepare_decision(ground, rule_set, order, outcome, kind, reason)
            )
        return self.env["ecom.routing.decision"].create(values)

    @api.model
    def _forget_watched(self, rule_set, decisions):
        """A watched set has one decision for an order: the newest."""
        self.env["ecom.routing.decision"].search(
            [
                ("rule_set_id", "=", rule_set.id),
                ("kind", "=", "shadow"),
                ("order_id", "in", [order.id for order in decisions]),
            ]
        ).unlink()

    @api.model
    def _get_waiting_decisions(self, decisions):
        """The newest decision of each order, if it was to wait."""
        orders = self.env["sale.order"].union(*decisions)
        newest = orders.ecom_decision_id
        return {one.order_id: one for one in newest if one.kind == "waiting"}

    @api.model
    def _prepare_decision(self, ground, rule_set, order, outcome, kind, reason=""):
        """Values of a decision with its plans, parcels and obstacles."""
        decision, rule, options, refusals = outcome
        pure = self._weigh(ground.orders[order], rule_set)
        plan = decision.plan
        if not plan and kind == "applied":
            kind = "waiting"
        days = rule.cancel_after if rule and decision.queue else 0
        # A queue's time runs from the first decision to wait.
        cancel_at = fields.Datetime.now() + timedelta(days=days) if days else False
        plans = [(plan, decision.strategy, True)] if plan else []
        plans += [
            (option.plan, option.label, False)
            for option in options
            if plan is None or not _same(option.plan, plan)
        ]
        return {
            "order_id": order.id,
            "kind": kind,
            "routed": bool(plan),
            "rule_set_id": rule_set.id,
            "rule_id": int(rule.key) if rule else False,
            "strategy": decision.strategy,
            "queue": decision.queue,
            "cancel_at": False if plan else cancel_at,
            "override_reason": reason or False,
            "cost": float(plan.cost.total) if plan else 0.0,
            "parcel_count": len(plan.parcels) if plan else 0,
            "split": int(len(plan.parcels) > 1) if plan else 0,
            "late": int(plan.late(pure)) if plan else 0,
            "plan_ids": [
                fields.Command.create(self._prepare_plan(ground, pure, *one))
                for one in plans
            ],
            "parcel_ids": [
                fields.Command.create(self._prepare_parcel(ground, parcel))
                for parcel in (plan.parcels if plan else ())
            ],
            "refusal_ids": [
                fields.Command.create(self._prepare_refusal(ground, refusal))
                for refusal in refusals
            ],
        }

    @api.model
    def _prepare_plan(self, ground, order, plan, label, chosen):
        names = {site.key: site.name for site in ground.network.sites}
        cost = plan.cost
        arrivals = [parcel.arrival for parcel in plan.parcels if parcel.arrival]
        parts = []
        for parcel in plan.parcels:
            carrier = ground.carriers.get(parcel.service)
            name = names.get(parcel.site, "")
            parts.append(f"{name} ({carrier.name})" if carrier else name)
        return {
            "chosen": chosen,
            "name": " + ".join(parts),
            "found_by": names.get(label, label),
            "parcel_count": len(plan.parcels),
            "freight": float(cost.freight),
            "surcharges": float(cost.surcharges),
            "packaging": float(cost.packaging),
            "handling": float(cost.handling),
            "lateness": float(cost.lateness),
            "split_cost": float(cost.split),
            "total": float(cost.total),
            "opportunity": float(plan.opportunity),
            "arrival": max(arrivals, default=False),
            "late": plan.late(order),
        }

    @api.model
    def _prepare_parcel(self, ground, parcel):
        carrier = ground.carriers.get(parcel.service)
        ready = {site.key: site.ready for site in ground.network.sites}
        return {
            "warehouse_id": int(parcel.site),
            "carrier_id": carrier.id if carrier else False,
            "line_ids": [fields.Command.set([int(key) for key in parcel.pieces])],
            "ship_on": ready.get(parcel.site) or False,
            "arrival": parcel.arrival or False,
            "cost": float(parcel.cost.total),
        }

    @api.model
    def _prepare_refusal(self, ground, refusal):
        carrier = ground.carriers.get(refusal.service)
        return {
            "carrier_id": carrier.id if carrier else False,
            "warehouse_id": int(refusal.site) if refusal.site else False,
            "reason": refusal.reason.value,
            "product_id": int(refusal.product) if refusal.product else False,
            "available": refusal.available,
            "needed": refusal.needed,
        }


def _same(first, second):
    """Whether two plans ship the same from the same sites by the same services."""

    def parcels(plan):
        return {
            (parcel.site, parcel.service, frozenset(parcel.pieces.items()))
            for parcel in plan.parcels
        }

    return parcels(first) == parcels(second)
