from odoo import fields, models


class EcomRateBracket(models.Model):
    """The price of parcels up to a weight."""

    _name = "ecom.rate.bracket"
    _description = "Weight bracket of a rate card"
    _order = "zone_id, max_weight, id"

    zone_id = fields.Many2one(
        "ecom.rate.zone", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="zone_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    max_weight = fields.Float(string="Up To", digits="Stock Weight", required=True)
    price = fields.Monetary(required=True)

    _weight_uniq = models.Constraint(
        "UNIQUE(zone_id, max_weight)", "A zone has one price for a weight."
    )
