from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..routing.tariffs import TariffError, Zone, ZoneRate


def prefixes(text):
    """Zip code prefixes of a text in which commas part them."""
    parts = (part.replace(" ", "").upper() for part in (text or "").split(","))
    return tuple(part for part in parts if part)


class EcomRateZone(models.Model):
    """A row of a rate card: where it applies, what it costs, how long it takes."""

    _name = "ecom.rate.zone"
    _description = "Zone of a rate card"
    _order = "card_id, sequence, id"

    card_id = fields.Many2one(
        "ecom.rate.card", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="card_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True)
    country_ids = fields.Many2many("res.country", string="Countries")
    state_ids = fields.Many2many("res.country.state", string="States")
    zips = fields.Char(
        string="Zip Codes", help="Beginnings of zip codes, parted by commas."
    )
    bracket_ids = fields.One2many(
        "ecom.rate.bracket", "zone_id", string="Prices", copy=True
    )
    step = fields.Float(
        string="Further Weight",
        digits="Stock Weight",
        help="Weight of a further step beyond the last bracket; 0 = nothing heavier.",
    )
    step_price = fields.Monetary(string="Price per Step")
    days = fields.Integer(string="Days in Transit", default=1)

    _days_positive = models.Constraint(
        "CHECK(days >= 0)", "The number of days must not be negative."
    )

    @api.constrains("bracket_ids", "step", "step_price")
    def _check_prices(self):
        """A price that falls with weight would make no optimum."""
        for zone in self:
            try:
                zone._to_rate()
            except TariffError as error:
                raise ValidationError(
                    self.env._(
                        "Zone %(zone)s needs brackets that rise in weight and never "
                        "fall in price, and steps that are not negative.",
                        zone=zone.name,
                    )
                ) from error

    def _to_rate(self):
        """The row as routing sees it.

        :raises TariffError: when its prices cannot be used.
        """
        self.ensure_one()
        return ZoneRate(
            zone=Zone(
                countries=frozenset(filter(None, self.country_ids.mapped("code"))),
                states=frozenset(self.state_ids.mapped("code")),
                zips=prefixes(self.zips),
            ),
            brackets=tuple(
                (Decimal(str(bracket.max_weight)), Decimal(str(bracket.price)))
                for bracket in self.bracket_ids.sorted("max_weight")
            ),
            step=Decimal(str(self.step)),
            step_price=Decimal(str(self.step_price)),
            days=self.days,
        )
