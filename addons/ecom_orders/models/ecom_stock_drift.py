from odoo import fields, models


class EcomStockDrift(models.Model):
    """A marketplace was found to show something else than we believed."""

    _name = "ecom.stock.drift"
    _description = "Difference of published stock"
    _order = "id desc"
    _rec_name = "level_id"

    level_id = fields.Many2one(
        "ecom.listing.level",
        required=True,
        ondelete="cascade",
        index=True,
        readonly=True,
    )
    listing_id = fields.Many2one(related="level_id.listing_id", store=True)
    location_id = fields.Many2one(related="level_id.location_id")
    channel_id = fields.Many2one(related="level_id.channel_id", store=True, index=True)
    company_id = fields.Many2one(related="level_id.company_id", store=True)
    found_at = fields.Datetime(
        string="Found", default=fields.Datetime.now, readonly=True
    )
    believed_quantity = fields.Integer(string="Believed", readonly=True)
    found_quantity = fields.Integer(string="Shown", readonly=True)
    correct_quantity = fields.Integer(
        string="To Show", readonly=True, help="What the marketplace is told instead."
    )
