from odoo import api, models
from odoo.exceptions import UserError

from ..marketplaces.lifecycle import (
    ConfirmPolicy,
    Facts,
    OdooState,
    Step,
    decide,
)
from ..marketplaces.schema import LineKind, OrderStatus
from .order_plan import Hold

ODOO_STATES = {
    "draft": OdooState.QUOTATION,
    "sent": OdooState.QUOTATION,
    "sale": OdooState.CONFIRMED,
    "cancel": OdooState.CANCELLED,
}


class EcomOrderSettler(models.AbstractModel):
    """Writes down why orders wait, and confirms, cancels or leaves them."""

    _name = "ecom.order.settler"
    _description = "Confirmation and cancellation of imported orders"

    @api.model
    def _settle(self, batch, plans):
        """Write down the reasons, then confirm, cancel or leave each order."""
        steps = {}
        released = self._get_released(batch.orders[key] for key in plans)
        for external_id, plan in plans.items():
            order = batch.orders[external_id]
            step = self._decide(batch.channel, order, plan, released)
            if step is Step.REOPEN:
                order.write({"state": "draft", "ecom_cancelled_by_channel": False})
                step = self._decide(batch.channel, order, plan, released)
            steps.setdefault(step, []).append(order)
        self._sync_blocks(batch, plans, released)
        none = self.env["sale.order"]
        self._withdraw(none.union(*steps.get(Step.WITHDRAW, ())))
        self._cancel(none.union(*steps.get(Step.CANCEL, ())))
        self._confirm(none.union(*steps.get(Step.CONFIRM, ())))

    @api.model
    def _decide(self, channel, order, plan, released):
        """The step for an order; reasons are added to its plan."""
        external = plan.external
        decision = decide(
            Facts(
                status=external.status,
                policy=ConfirmPolicy(self._get_confirm_policy(channel, order, plan)),
                odoo=ODOO_STATES[order.state],
                paid=bool(external.paid_at),
                holds=any(
                    hold.holding
                    and (order.id, hold.reason, hold.key) not in released
                    and self._is_held_by(channel, order, hold)
                    for hold in plan.holds
                ),
                cancelled_by_channel=order.ecom_cancelled_by_channel,
                shipped=any(p.state == "done" for p in order._ecom_get_pickings()),
                invoiced=any(m.state == "posted" for m in order.invoice_ids),
                waived=frozenset(
                    reason
                    for order_id, reason, key in released
                    if order_id == order.id and not key
                ),
                picked=self._is_picked(order),
            )
        )
        if decision.step is Step.CANCEL or order.state == "cancel":
            plan.holds = []  # nothing of it matters any more
        elif order.state == "sale" or decision.step is Step.CONFIRM:
            plan.holds += self._prepare_refund_notices(external)
        details = {"status": external.raw_status}
        waived = [
            reason for reason in decision.holds if (order.id, reason, "") in released
        ]
        plan.holds += [Hold(reason, details=details) for reason in decision.holds]
        plan.holds += [
            Hold(reason, holding=False, details=details) for reason in decision.notices
        ]
        if decision.step is Step.WITHDRAW:
            return decision.step
        if waived and len(waived) == len(decision.holds):
            blocked = any(
                hold.holding and (order.id, hold.reason, hold.key) not in released
                for hold in plan.holds
            )
            return Step.NONE if blocked else Step.CONFIRM
        return decision.step

    @api.model
    def _is_held_by(self, channel, order, hold):
        """Whether an order has in it what a reason is about.

        A confirmed order keeps the product and the taxes that its lines were confirmed
        with, also when nobody could find them any more.
        """
        if order.state != "sale":
            return True
        lines = order.order_line.filtered("product_uom_qty")
        if hold.reason == "unknown_sku":
            return channel.unknown_product_id in lines.product_id
        if hold.reason == "missing_tax":
            return LineKind.UNMAPPED_TAX.value in lines.mapped("ecom_kind")
        return True

    @api.model
    def _is_picked(self, order):
        """Whether the warehouse is at work on an order."""
        return any(
            picking.printed or any(picking.move_ids.mapped("picked"))
            for picking in order._ecom_get_pickings()
            if picking.state not in ("cancel", "done")
        )

    @api.model
    def _get_confirm_policy(self, channel, order, plan):
        """When the order is confirmed: a value of ``ecom.channel.confirm_policy``.

        Hook for what decides otherwise than the channel, the payment method say.
        """
        return channel.confirm_policy

    @api.model
    def _prepare_refund_notices(self, external):
        """A task for each refund of an order that goes on: its credit note."""
        return [
            Hold(
                "refund_to_credit",
                key=refund.external_id,
                holding=False,
                details={
                    "amount": str(refund.amount),
                    "currency": external.currency,
                    "text": refund.reason or "–",
                },
            )
            for refund in external.refunds
        ]

    @api.model
    def _get_released(self, orders):
        """(order id, reason, key) of what persons have waved through."""
        blocks = self.env["ecom.order.block"].search_fetch(
            [
                ("order_id", "in", [order.id for order in orders]),
                ("released", "=", True),
            ],
            ["order_id", "reason", "key"],
        )
        return {(block.order_id.id, block.reason, block.key or "") for block in blocks}

    @api.model
    def _sync_blocks(self, batch, plans, released):
        """Make the open blocks of the orders those of their plans."""
        orders = {batch.orders[key].id: plan for key, plan in plans.items()}
        open_blocks = self.env["ecom.order.block"].search(
            [("order_id", "in", list(orders)), ("state", "=", "open")]
        )
        wanted = {
            (order_id, hold.reason, hold.key): hold
            for order_id, plan in orders.items()
            for hold in plan.holds
        }
        for key in released:
            wanted.pop(key, None)
        gone = self.env["ecom.order.block"]
        for block in open_blocks:
            hold = wanted.pop((block.order_id.id, block.reason, block.key or ""), None)
            if hold is None:
                gone += block
            elif (block.reason_details or {}) != hold.details:
                block.reason_details = hold.details or False
        gone._resolve()
        self.env["ecom.order.block"].create(
            [
                self._prepare_block_values(order_id, hold)
                for (order_id, _reason, _key), hold in wanted.items()
            ]
        )

    @api.model
    def _prepare_block_values(self, order_id, hold):
        """Values of a new block."""
        return {
            "order_id": order_id,
            "key": hold.key,
            "holding": hold.holding,
            **hold.links,
            **self.env["ecom.order.block"]._prepare_reason(hold.reason, hold.details),
        }

    @api.model
    def _cancel(self, orders):
        """Cancel sale orders because the channel did."""
        if not orders:
            return
        orders.filtered("locked").action_unlock()
        orders._ecom_quiet()._action_cancel()
        orders.write({"ecom_cancelled_by_channel": True})
        body = self.env._(
            "Cancelled, because it was called off or refunded in the shop."
        )
        orders._message_log_batch(bodies=dict.fromkeys(orders.ids, body))

    @api.model
    def _withdraw(self, orders):
        """Take confirmed orders back to quotations, for what the channel says."""
        if not orders:
            return
        orders.filtered("locked").action_unlock()
        # The shop knows: nothing has to be told it.
        quiet = orders._ecom_quiet().with_context(ecom_by_channel=True)
        quiet._action_cancel()
        quiet.action_draft()
        body = self.env._("Held again, because of what the shop changed.")
        orders._message_log_batch(bodies=dict.fromkeys(orders.ids, body))

    @api.model
    def _confirm(self, orders):
        """Confirm sale orders together; halve to find one that Odoo refuses."""
        if not orders:
            return
        try:
            with self.env.cr.savepoint():
                orders._ecom_confirm_batch()
        except UserError as error:
            if len(orders) == 1:
                hold = Hold("confirm_failed", details={"error": str(error)})
                self.env["ecom.order.block"].create(
                    self._prepare_block_values(orders.id, hold)
                )
                return
            middle = len(orders) // 2
            self._confirm(orders[:middle])
            self._confirm(orders[middle:])

    @api.model
    def _import_deletion(self, channel, external_id):
        """The channel does not have an order any more: cancel it here.

        :return: whether the order was known.
        """
        order = self.env["sale.order"].search(
            [
                ("ecom_channel_id", "=", channel.id),
                ("ecom_external_id", "=", external_id),
            ]
        )
        if not order:
            return False
        stamp = (order.ecom_version or "").partition("|")[0]
        order.write(
            {
                "ecom_status": OrderStatus.DELETED.value,
                # Newer than every snapshot of the same moment.
                "ecom_version": f"{stamp}|{OrderStatus.DELETED.rank:02d}|999",
            }
        )
        decision = decide(
            Facts(
                status=OrderStatus.DELETED,
                policy=ConfirmPolicy(channel.confirm_policy),
                odoo=ODOO_STATES[order.state],
                shipped=any(p.state == "done" for p in order._ecom_get_pickings()),
                invoiced=any(m.state == "posted" for m in order.invoice_ids),
            )
        )
        order.ecom_block_ids._resolve()
        self.env["ecom.order.block"].create(
            [
                self._prepare_block_values(order.id, Hold(reason, holding=False))
                for reason in decision.notices
            ]
        )
        if decision.step is Step.CANCEL:
            self._cancel(order)
        return True
