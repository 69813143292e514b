from odoo import api, fields, models

from odoo.addons.base.models.res_partner import _tz_get


class EcomChannel(models.Model):
    """How the orders of a channel are booked."""

    _inherit = "ecom.channel"

    warehouse_id = fields.Many2one(
        "stock.warehouse",
        check_company=True,
        compute="_compute_warehouse_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    merge_parcels = fields.Boolean(
        string="May Be Shipped Together",
        default=True,
        help="Orders of this shop may leave in one parcel with others of the same "
        "buyer, where the routing rules say so. Untick where the shop forbids it.",
    )
    channel_warehouse_id = fields.Many2one(
        "stock.warehouse",
        string="Marketplace's Warehouse",
        check_company=True,
        help="Stands for the marketplace's own stock (FBA and the like). Orders that "
        "the marketplace ships itself are delivered from there and never reserve "
        "your own stock.",
    )
    team_id = fields.Many2one("crm.team", string="Sales Team", check_company=True)
    pricelist_id = fields.Many2one(
        "product.pricelist",
        check_company=True,
        help="Used for orders in its currency. Other currencies get one of their own.",
    )
    source_id = fields.Many2one("utm.source", readonly=True, copy=False)
    timezone = fields.Selection(
        _tz_get, string="Shop's Time Zone", default="UTC", required=True
    )
    confirm_policy = fields.Selection(
        [
            ("released", "When the shop releases them (paid)"),
            ("always", "At once, paid or not"),
            ("manual", "By a person"),
        ],
        string="Confirm Orders",
        default="released",
        required=True,
        tracking=True,
    )
    match_order = fields.Selection(
        [
            ("barcode,sku", "Barcode, then SKU"),
            ("sku,barcode", "SKU, then barcode"),
            ("barcode", "Barcode only"),
            ("sku", "SKU only"),
        ],
        string="Find Products By",
        default="barcode,sku",
        required=True,
        tracking=True,
        help="How new listings find their products. What is linked stays linked.",
    )
    tax_policy = fields.Selection(
        [
            ("match", "Hold the order until a person chose it"),
            ("create", "Create it"),
        ],
        string="Missing Tax",
        default="match",
        required=True,
    )
    difference_limit = fields.Float(
        string="Accepted Difference",
        default=0.0,
        digits=(12, 3),
        help="An order whose lines do not add up to the shop's total is held when they "
        "differ by more than this, in the order's currency. Differences of rounding "
        "are always accepted; every difference is a line of its own.",
    )
    own_contacts = fields.Boolean(
        string="Contacts of this Company Only",
        help="New contacts belong to the channel's company instead of all companies.",
    )
    import_since = fields.Datetime(
        string="Start Date",
        default=fields.Datetime.now,
        help="Orders placed before are not imported.",
    )
    shipping_product_id = fields.Many2one(
        "product.product",
        required=True,
        default=lambda self: self._default_product("shipping"),
    )
    fee_product_id = fields.Many2one(
        "product.product",
        required=True,
        default=lambda self: self._default_product("fee"),
    )
    discount_product_id = fields.Many2one(
        "product.product",
        required=True,
        default=lambda self: self._default_product("discount"),
    )
    difference_product_id = fields.Many2one(
        "product.product",
        required=True,
        default=lambda self: self._default_product("difference"),
    )
    channel_tax_product_id = fields.Many2one(
        "product.product",
        string="Tax Collected by the Marketplace",
        required=True,
        default=lambda self: self._default_product("channel_tax"),
        help="Tax that the marketplace collects and pays to the state by itself is a "
        "line with this product. Give the product an account of its own: the tax is "
        "neither revenue nor your debt.",
    )
    unknown_product_id = fields.Many2one(
        "product.product",
        string="Placeholder Product",
        required=True,
        default=lambda self: self._default_product("unknown"),
        help="Stands for a product that is not linked yet. It is never shipped.",
    )

    @api.model
    def _default_product(self, kind):
        return self.env.ref(f"ecom_orders.product_{kind}", raise_if_not_found=False)

    @api.depends("company_id")
    def _compute_warehouse_id(self):
        for channel in self:
            if channel.warehouse_id.company_id != channel.company_id:
                channel.warehouse_id = self.env["stock.warehouse"].search(
                    [("company_id", "=", channel.company_id.id)], limit=1
                )

    def _release_waiting_orders(self, reason):
        """Look again at the orders that wait for a reason whose cause is gone."""
        blocks = self.env["ecom.order.block"].search(
            [
                ("channel_id", "in", self.ids),
                ("reason", "=", reason),
                ("state", "=", "open"),
            ]
        )
        blocks.order_id._ecom_reprocess()
