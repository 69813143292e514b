from odoo import api, fields, models

from .ecom_routing_router import HELD
from .guard import run_guarded

RETRY_LIMIT = 200  # orders that are tried again in one transaction


class EcomRoutingRouter(models.AbstractModel):
    """Orders that wait are tried again; rejected lines find another warehouse."""

    _inherit = "ecom.routing.router"

    @api.model
    def _route_again(self, line):
        """Route a line that its warehouse rejected, without that warehouse.

        :return: whether there is another warehouse for it.
        """
        order = line.order_id
        rule_sets = self._get_rule_sets(order.company_id)
        rule_set = rule_sets.filtered(lambda one: one.mode == "active")
        if not rule_set:
            return False
        self.env["ecom.routing.stock"]._claim(self._get_stocked(line))
        rejections = self.env["ecom.routing.rejection"].search(
            [("line_id", "=", line._ecom_get_main().id)]
        )
        line = self._join_untouched(line)
        ground = self._read_ground(
            order.company_id, order, line, {order: rejections.warehouse_id}
        )
        decisions = self._decide(ground, rule_set)
        plan = decisions[order][0].plan
        if not plan:
            return False
        order._ecom_place(self._get_places(ground, order, plan))
        last = rejections[:1]
        self._keep(ground, rule_set, decisions, "rejection", self._get_words(last))
        return True

    @api.model
    def _join_untouched(self, line):
        """A divided line of which nothing is picked is decided as a whole again.

        :return: the line to be decided: the whole, or only the part.
        """
        order, family = line.order_id, line._ecom_get_family()
        if len(family) == 1 or family.invoice_lines or family._ecom_is_begun():
            return line
        with order._ecom_unlocked():
            order._ecom_release(family)
            main = line._ecom_get_main()
            main.ecom_part_ids._ecom_join()
        self.env.flush_all()  # the stock that is free again is read by SQL
        return main

    @api.model
    def _get_words(self, rejection):
        """A rejection in words."""
        reasons = dict(rejection._fields["reason"]._description_selection(self.env))
        words = [rejection.warehouse_id.name, reasons.get(rejection.reason)]
        return ": ".join(filter(None, [*words, rejection.note]))

    @api.model
    def _wake(self):
        """Have waiting orders tried again after this transaction."""
        cron = self.env.ref("ecom_orders.ir_cron_route", raise_if_not_found=False)
        if cron:
            cron._trigger()

    @api.model
    def _get_waiting_domain(self):
        return [("reason", "=", HELD), ("state", "=", "open")]

    @api.model
    def _cron_route_waiting(self):
        """Try the orders again that no warehouse could ship; cancel those too old."""
        cron = self.env["ir.cron"]
        blocks = self.env["ecom.order.block"].search(self._get_waiting_domain())
        orders = blocks.order_id.filtered(lambda one: one.state in ("draft", "sent"))
        orders = orders.sorted(
            lambda one: (one.ecom_ordered_at or one.date_order, one.id)
        )
        cron._commit_progress(remaining=len(orders))
        for start in range(0, len(orders), RETRY_LIMIT):
            batch = orders[start : start + RETRY_LIMIT]
            self._retry(batch)
            if not cron._commit_progress(processed=len(batch)):
                break

    @api.model
    def _retry(self, orders):
        """Try orders again, oldest first; see ``guard.run_guarded`` for failures."""
        run_guarded(
            orders,
            lambda: self._retry_batch(orders),
            # An order that Odoo refuses has got its reason by the settler.
            lambda error: None,
        )

    @api.model
    def _retry_batch(self, orders):
        for company, batch in orders.grouped("company_id").items():
            settler = self.env["ecom.order.settler"].with_company(company)
            ready = batch.filtered(lambda one: one._ecom_only_waits_for_stock())
            settler._confirm(ready.with_env(settler.env))
        self._cancel_expired(orders)

    @api.model
    def _cancel_expired(self, orders):
        """Cancel what has waited in its queue for too long; the channel is told."""
        waiting = orders.filtered(lambda one: one.state in ("draft", "sent"))
        last = self._get_waiting_decisions(dict.fromkeys(waiting))
        for order, decision in last.items():
            if not decision.cancel_at or decision.cancel_at > fields.Datetime.now():
                continue
            order.ecom_block_ids._resolve()
            order._ecom_quiet()._action_cancel()
            order._message_log(
                body=self.env._(
                    "Cancelled, because no warehouse could ship it in time (queue %s).",
                    decision.queue,
                )
            )
