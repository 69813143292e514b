from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..formats.schema import FeeType
from ..matching.rates import Rate, RateCard
from .ecom_settlement_account import FEE_NAMES

FEES = [(fee.value, FEE_NAMES[fee]) for fee in FeeType]


def exact(value, digits=6):
    """A float of the database as the decimal that a person typed."""
    return Decimal(str(round(value, digits)))


class EcomFeeRate(models.Model):
    """A rate of a channel's fee card: what it is expected to charge."""

    _name = "ecom.fee.rate"
    _description = "Fee Rate of a Channel"
    _order = "channel_id, fee, since desc, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    fee = fields.Selection(
        FEES, help="Empty: all fees of an order together, as processors deduct them."
    )
    categ_id = fields.Many2one(
        "product.category",
        string="Product Category",
        index=True,
        help="With the categories below it. Empty: any category.",
    )
    currency_id = fields.Many2one("res.currency", help="Empty: any currency.")
    percent = fields.Float(digits=(16, 4), help="Of what the buyer paid.")
    fixed = fields.Float(digits=(16, 4), help="Added for each order.")
    minimum = fields.Float(digits=(16, 4), help="0: none.")
    maximum = fields.Float(digits=(16, 4), help="0: none.")
    since = fields.Date()
    until = fields.Date()

    @api.constrains("percent", "fixed", "since", "until")
    def _check_rate(self):
        for rate in self:
            if not rate.percent and not rate.fixed:
                raise ValidationError(
                    self.env._("A fee rate needs a percentage or a fixed amount.")
                )
            if rate.since and rate.until and rate.since > rate.until:
                raise ValidationError(
                    self.env._("A fee rate cannot end before it begins.")
                )

    def _card(self):
        """These rates as a card of the pure part."""
        return RateCard(tuple(rate._rate() for rate in self))

    def _rate(self):
        self.ensure_one()
        return Rate(
            name=self.name,
            percent=exact(self.percent),
            fixed=exact(self.fixed),
            minimum=exact(self.minimum) if self.minimum else None,
            maximum=exact(self.maximum) if self.maximum else None,
            fee=self.fee or "",
            category=str(self.categ_id.id or ""),
            currency=self.currency_id.name or "",
            since=self.since or None,
            until=self.until or None,
        )

    def _get_categories(self, orders):
        """By order the category whose rates count, as the card names it.

        Empty: only rates for any category. An order with goods of several of the
        card's categories is not there, since its fees belong to more than one rate.
        """
        known = set(self.categ_id.ids)
        if not known:
            return dict.fromkeys(orders, "")
        found = {}
        for order in orders:
            categories = {
                self._get_nearest(line.product_id.categ_id, known)
                for line in order.order_line
                if line.product_id and line.price_total > 0 and not line._is_delivery()
            }
            if len(categories) <= 1:
                found[order] = next(iter(categories), "")
        return found

    def _get_nearest(self, category, known):
        """The category itself or the nearest above it that has a rate."""
        path = [int(part) for part in (category.parent_path or "").split("/") if part]
        return next((str(one) for one in reversed(path) if one in known), "")
