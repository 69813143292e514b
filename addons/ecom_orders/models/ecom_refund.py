from odoo import api, fields, models
from odoo.fields import Command

from .order_plan import naive


class EcomRefund(models.Model):
    """Money that a marketplace gave back to a buyer; the source of a credit note."""

    _name = "ecom.refund"
    _description = "Refund by a channel"
    _order = "refunded_at desc, id desc"
    _rec_name = "external_id"

    order_id = fields.Many2one(
        "sale.order", required=True, ondelete="cascade", index=True, readonly=True
    )
    channel_id = fields.Many2one(
        related="order_id.ecom_channel_id", store=True, index=True
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True)
    currency_id = fields.Many2one(related="order_id.currency_id")
    external_id = fields.Char(string="Refund", required=True, readonly=True)
    amount = fields.Monetary(readonly=True, help="Given back, tax included.")
    reason = fields.Char(readonly=True)
    refunded_at = fields.Datetime(readonly=True)
    detailed = fields.Boolean(
        readonly=True,
        help="Its lines were read from the marketplace; before that only its amount "
        "is known.",
    )
    line_ids = fields.One2many("ecom.refund.line", "refund_id", readonly=True)

    _external_uniq = models.Constraint(
        "UNIQUE(channel_id, external_id)", "A refund is known to a channel only once."
    )

    # -- import ------------------------------------------------------------------------

    @api.model
    def _announce(self, batch, plans):
        """A row for each refund that an order announces; its lines come later."""
        announced = {
            refund.external_id: (batch.orders[external_id], refund)
            for external_id, plan in plans.items()
            for refund in plan.external.refunds
        }
        if not announced:
            return
        known = self.search(
            [
                ("channel_id", "=", batch.channel.id),
                ("external_id", "in", list(announced)),
            ]
        )
        for key in known.mapped("external_id"):
            del announced[key]
        self.create(
            [
                self._prepare_values(order, refund)
                for order, refund in announced.values()
            ]
        )

    @api.model
    def _prepare_values(self, order, refund):
        """Values of a refund, its lines included when they are known."""
        values = {
            "order_id": order.id,
            "external_id": refund.external_id,
            "amount": float(refund.amount),
            "reason": refund.reason or False,
            "refunded_at": naive(refund.created_at) or False,
            "detailed": refund.lines is not None,
        }
        if refund.lines is not None:
            lines = {
                line.ecom_line_key: line.id
                for line in order.order_line
                if not line.ecom_main_line_id
            }
            values["line_ids"] = [
                Command.clear(),
                *(
                    Command.create(
                        {
                            "external_id": line.external_id,
                            "order_line_id": lines.get(line.order_line_id, False),
                            "name": line.name,
                            "quantity": float(line.quantity),
                            "untaxed": float(line.total),
                            "tax": float(line.total_tax),
                        }
                    )
                    for line in refund.lines
                ),
            ]
        return values

    @api.model
    def _import(self, channel, work):
        """Apply refunds with their lines.

        :param work: list of (``ecom.inbox.message``, ``Refund``).
        """
        orders = self.env["sale.order"].search(
            [
                ("ecom_channel_id", "=", channel.id),
                ("ecom_external_id", "in", [refund.order_id for _m, refund in work]),
            ]
        )
        orders = {order.ecom_external_id: order for order in orders}
        known = self.search(
            [
                ("channel_id", "=", channel.id),
                ("external_id", "in", [refund.external_id for _m, refund in work]),
            ]
        )
        known = {refund.external_id: refund for refund in known}
        for message, refund in work:
            order = orders.get(refund.order_id)
            if not order:
                message._set_ignored("unknown_order")
                continue
            values = self._prepare_values(order, refund)
            if refund.external_id in known:
                known[refund.external_id].write(values)
            else:
                known[refund.external_id] = self.create(values)
            message._set_done(order)


class EcomRefundLine(models.Model):
    """What a refund gives back of one order line."""

    _name = "ecom.refund.line"
    _description = "Line of a refund"

    refund_id = fields.Many2one(
        "ecom.refund", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="refund_id.company_id", store=True)
    currency_id = fields.Many2one(related="refund_id.currency_id")
    external_id = fields.Char()
    order_line_id = fields.Many2one("sale.order.line", ondelete="set null")
    name = fields.Char()
    quantity = fields.Float(digits="Product Unit")
    untaxed = fields.Monetary()
    tax = fields.Monetary()
