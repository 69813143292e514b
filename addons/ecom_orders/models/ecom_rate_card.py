from decimal import Decimal

from odoo import fields, models

from ..routing.tariffs import Service
from .ecom_rate_zone import prefixes


class EcomRateCard(models.Model):
    """What a carrier asks for a parcel, by zone and weight.

    Weights are in the database's unit of weight, prices in the company's currency.
    """

    _name = "ecom.rate.card"
    _description = "Rate card of a carrier"
    _order = "carrier_id, name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    carrier_id = fields.Many2one(
        "delivery.carrier",
        required=True,
        ondelete="cascade",
        index=True,
        check_company=True,
    )
    fuel_percent = fields.Float(string="Fuel Surcharge (%)", digits=(16, 3))
    remote_zips = fields.Char(
        string="Remote Areas", help="Beginnings of zip codes, parted by commas."
    )
    remote_price = fields.Monetary(string="Remote Area Surcharge")
    divisor = fields.Integer(
        string="Volumetric Divisor",
        help="Cubic centimetres that are billed as one unit of weight (5000, 6000); "
        "0 when only weight counts.",
    )
    max_weight = fields.Float(string="Heaviest Parcel", digits="Stock Weight")
    max_volume = fields.Float(string="Largest Parcel (m³)", digits="Volume")
    warehouse_ids = fields.Many2many(
        "stock.warehouse",
        string="Collects From",
        check_company=True,
        help="Empty = from every warehouse.",
    )
    zone_ids = fields.One2many("ecom.rate.zone", "card_id", string="Zones", copy=True)

    _never_negative = models.Constraint(
        "CHECK(COALESCE(fuel_percent, 0) >= 0 AND COALESCE(remote_price, 0) >= 0"
        " AND COALESCE(divisor, 0) >= 0 AND COALESCE(max_weight, 0) >= 0"
        " AND COALESCE(max_volume, 0) >= 0)",
        "Surcharges, divisor and limits are never negative.",
    )

    def _to_service(self):
        """The card as routing sees it."""
        self.ensure_one()
        sites = frozenset(str(warehouse.id) for warehouse in self.warehouse_ids)
        return Service(
            key=f"card:{self.id}",
            name=self.name,
            rates=tuple(zone._to_rate() for zone in self.zone_ids),
            fuel=Decimal(str(self.fuel_percent)),
            remote_zips=prefixes(self.remote_zips),
            remote_price=Decimal(str(self.remote_price)),
            divisor=self.divisor,
            max_weight=Decimal(str(self.max_weight)),
            max_volume=Decimal(str(self.max_volume)),
            sites=sites or None,
            features=self.carrier_id._ecom_get_features(),
        )
