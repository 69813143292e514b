from odoo import api, fields, models

USER = "ecom_orders.group_user"

#: Fields of products that a shop may be told of.
TEMPLATE_FIELDS = {
    "name",
    "description_sale",
    "image_1920",
    "list_price",
    "weight",
    "barcode",
    "taxes_id",
}
PRODUCT_FIELDS = {"barcode", "weight", "lst_price", "standard_price", "image_1920"}


class ProductTemplate(models.Model):
    """Where a product is for sale, and that its changes are told there."""

    _inherit = "product.template"

    ecom_listing_count = fields.Integer(
        string="Number of Listings", compute="_compute_ecom_listing_count", groups=USER
    )
    ecom_dangerous_goods = fields.Boolean(
        string="Dangerous Goods",
        help="Batteries, aerosols and the like: parcels with it are routed by carriers "
        "that take dangerous goods.",
    )

    def _compute_ecom_listing_count(self):
        counts = dict(
            self.env["ecom.listing"]._read_group(
                [("product_id.product_tmpl_id", "in", self.ids)],
                ["product_id"],
                ["__count"],
            )
        )
        totals = {}
        for product, count in counts.items():
            template = product.product_tmpl_id
            totals[template] = totals.get(template, 0) + count
        for template in self:
            template.ecom_listing_count = totals.get(template._origin, 0)

    def write(self, vals):
        result = super().write(vals)
        if TEMPLATE_FIELDS & vals.keys():
            self.product_variant_ids._ecom_mark_listings()
        return result

    def action_ecom_view_listings(self):
        """Where it is for sale."""
        return self.product_variant_ids.action_ecom_view_listings()

    def action_ecom_publish(self):
        """Ask on which channel these products are to be put on sale."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Put on Sale"),
            "res_model": "ecom.listing.publish",
            "view_mode": "form",
            "target": "new",
            "context": {"default_product_tmpl_ids": self.ids},
        }


class ProductProduct(models.Model):
    """See the template."""

    _inherit = "product.product"

    ecom_listing_ids = fields.One2many(
        "ecom.listing", "product_id", string="Listings", groups=USER
    )

    def write(self, vals):
        result = super().write(vals)
        if PRODUCT_FIELDS & vals.keys():
            self._ecom_mark_listings()
        return result

    def _ecom_mark_listings(self):
        """Have the listings of these products compared and told."""
        if not self.env["ecom.channel"]._is_anything_told():
            return
        # Whoever changes a product need not have a role in this addon.
        self.env["ecom.listing"].sudo().search(
            [("product_id", "in", self.ids)]
        )._mark_listing_due()

    def action_ecom_view_listings(self):
        """Where these products are for sale."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_orders.ecom_listing_action"
        )
        return {**action, "domain": [("product_id", "in", self.ids)], "context": {}}


class ProductPricelistItem(models.Model):
    """A rule of a price list that channels publish changes what they show."""

    _inherit = "product.pricelist.item"

    @api.model_create_multi
    def create(self, vals_list):
        items = super().create(vals_list)
        items._ecom_mark_listings()
        return items

    def write(self, vals):
        before = self.pricelist_id
        result = super().write(vals)
        (before | self.pricelist_id)._ecom_mark_listings()
        return result

    def unlink(self):
        pricelists = self.pricelist_id
        result = super().unlink()
        pricelists._ecom_mark_listings()
        return result

    def _ecom_mark_listings(self):
        self.pricelist_id._ecom_mark_listings()


class ProductPricelist(models.Model):
    """See the rule."""

    _inherit = "product.pricelist"

    def _ecom_mark_listings(self):
        """Have the listings of channels that publish these prices compared."""
        if not self.env["ecom.channel"]._is_anything_told():
            return
        # A rule may build on another price list, so any of them counts for those.
        dependants = (
            self
            | self.env["product.pricelist.item"]
            .sudo()
            .search([("base_pricelist_id", "in", self.ids)])
            .pricelist_id
        )
        # Whoever sets prices need not have a role in this addon.
        channels = (
            self.env["ecom.channel"]
            .sudo()
            .search(
                [
                    ("listing_pricelist_id", "in", dependants.ids),
                    ("owner_price", "=", "odoo"),
                ]
            )
        )
        if channels:
            self.env["ecom.listing"].sudo().search(
                [("channel_id", "in", channels.ids)]
            )._mark_listing_due()
