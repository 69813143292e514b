from odoo import api, fields, models, tools

from ..marketplaces.base import CONNECTORS, Capability
from ..marketplaces.schema import ListingField

OWNERS = [("nobody", "Nobody"), ("shop", "The shop"), ("odoo", "Odoo")]
OWNER_FIELDS = {field: f"owner_{field.value}" for field in ListingField}


class EcomChannel(models.Model):
    """Which side wins, field by field, and what becomes of unlinked listings.

    A field that nobody owns is only compared: nothing is written, here or there. What
    the shop owns is taken over whenever listings are fetched; what Odoo owns is told
    the shop whenever it changes here.
    """

    _inherit = "ecom.channel"

    owner_title = fields.Selection(
        OWNERS, string="Title", default="nobody", required=True, tracking=True
    )
    owner_description = fields.Selection(
        OWNERS,
        string="Description",
        default="nobody",
        required=True,
        tracking=True,
        help="The sales description of the product.",
    )
    owner_price = fields.Selection(
        OWNERS, string="Price", default="nobody", required=True, tracking=True
    )
    owner_barcode = fields.Selection(
        OWNERS, string="Barcode", default="nobody", required=True, tracking=True
    )
    owner_weight = fields.Selection(
        OWNERS, string="Weight", default="nobody", required=True, tracking=True
    )
    owner_images = fields.Selection(
        [owner for owner in OWNERS if owner[0] != "shop"],
        string="Pictures",
        default="nobody",
        required=True,
        tracking=True,
        help="The shop fetches them from this server, so its address has to be one "
        "that the shop can reach. The shop's own pictures are never taken over.",
    )
    listing_pricelist_id = fields.Many2one(
        "product.pricelist",
        string="Prices of Listings",
        check_company=True,
        tracking=True,
        help="Its prices are told the shop as they are, so they have to be with tax "
        "where the shop's are. When the shop owns prices, they are written into it.",
    )
    listing_create_products = fields.Boolean(
        string="Create Missing Products",
        tracking=True,
        help="Listings that find no product when they are fetched become products; "
        "variations become variants of one product.",
    )
    listing_field_codes = fields.Char(
        compute="_compute_listing_field_codes",
        help="What the marketplace can be told of a listing, for showing and hiding.",
    )
    listings_checked_at = fields.Datetime(
        string="Listings Compared", readonly=True, copy=False
    )

    @api.depends("provider")
    def _compute_listing_field_codes(self):
        for channel in self:
            connector = CONNECTORS.get(channel.provider)
            codes = connector.listing_fields if connector else ()
            channel.listing_field_codes = self._join_codes(codes)

    @api.model
    @tools.ormcache()
    def _is_anything_told(self):
        """Whether any channel is told product data at all: asked at every change."""
        told = [(name, "=", "odoo") for name in OWNER_FIELDS.values()]
        return bool(self.sudo().search_count(["|"] * (len(told) - 1) + told, limit=1))

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        """What Odoo wins from now on is told as soon as the scheduler is free."""
        result = super().write(vals)
        if vals.keys() & {*OWNER_FIELDS.values(), "listing_pricelist_id"}:
            self.env.registry.clear_cache()
            self.env["ecom.listing"].search(
                [("channel_id", "in", self.ids)]
            )._mark_listing_due()
        return result

    def _get_listing_fields(self, owner):
        """The fields of listings that a side owns.

        :param owner: ``odoo`` or ``shop``.
        :return: set of :class:`~..marketplaces.schema.ListingField`. For Odoo only
            those that the marketplace can be told.
        """
        self.ensure_one()
        owned = {f for f, name in OWNER_FIELDS.items() if self[name] == owner}
        if owner == "odoo":
            connector = CONNECTORS[self.provider]
            owned &= connector.listing_fields
            if not connector.can(Capability.LISTINGS):
                owned = set()
        return owned

    def _get_listing_currency(self):
        """The currency in which prices of listings are compared."""
        self.ensure_one()
        return self.listing_pricelist_id.currency_id or self.company_id.currency_id

    def _note_products(self, listings, products):
        """Keep what the shop shows of listings that were just read, and act on it.

        :param listings: dict ``key -> ecom.listing``.
        :param products: of the common schema, none of them a mere parent.
        """
        self.ensure_one()
        model = self.env["ecom.listing"]
        pairs = [(listings[model._key_of(p)], p) for p in products]
        model._note_shop_data(self, pairs)
        if self.listing_create_products:
            found = model.union(*(listing for listing, _product in pairs))
            # The channel's manager decided it; the job may make no products.
            found.filtered(lambda row: not row.product_id).sudo()._create_products()
        model._take_shop_values(self, pairs)
        model.union(*(listing for listing, _product in pairs))._tell_listings()
