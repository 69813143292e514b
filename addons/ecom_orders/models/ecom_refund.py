from odoo import fields, models


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
