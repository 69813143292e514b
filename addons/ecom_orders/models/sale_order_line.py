from odoo import fields, models

from ..marketplaces.schema import LineKind


class SaleOrderLine(models.Model):
    """A line remembers which line of the channel's order it is."""

    _inherit = "sale.order.line"

    ecom_line_key = fields.Char(
        string="Line at the Shop",
        copy=False,
        readonly=True,
        help="The line's identity in the channel's order.",
    )
    ecom_kind = fields.Selection(
        [
            (LineKind.PRODUCT.value, "Product"),
            (LineKind.SHIPPING.value, "Shipping"),
            (LineKind.FEE.value, "Fee"),
            (LineKind.DISCOUNT.value, "Discount"),
            (LineKind.GIFT_CARD.value, "Gift card"),
            (LineKind.TIP.value, "Tip"),
            (LineKind.DUTY.value, "Duty"),
            (LineKind.ROUNDING.value, "Rounding"),
            (LineKind.UNEXPLAINED.value, "Unexplained difference"),
            (LineKind.UNMAPPED_TAX.value, "Tax not linked yet"),
            (LineKind.CHANNEL_TAX.value, "Tax collected by the marketplace"),
        ],
        string="Marketplace Type",
        copy=False,
        readonly=True,
    )
    ecom_fingerprint = fields.Char(
        string="Fingerprint at the Shop",
        copy=False,
        readonly=True,
        help="What the channel last said of this line; a line that a person changed "
        "here is only written again when the channel says something new.",
    )

    ecom_main_line_id = fields.Many2one(
        "sale.order.line",
        string="Part Of",
        ondelete="cascade",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="A part of a line at the shop that ships from a warehouse of its own.",
    )
    ecom_part_ids = fields.One2many(
        "sale.order.line", "ecom_main_line_id", string="Parts", readonly=True
    )

    _ecom_line_uniq = models.UniqueIndex(
        "(order_id, ecom_line_key)"
        " WHERE ecom_line_key IS NOT NULL AND ecom_main_line_id IS NULL"
    )
