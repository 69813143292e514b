from odoo import api, fields, models
from odoo.fields import Domain


class EcomListing(models.Model):
    """What a channel sells, and which product it is here.

    A listing is not a product: several listings (of one or many channels) may sell the
    same product, in packs of different sizes.
    """

    _name = "ecom.listing"
    _description = "Listing of a channel"
    _inherit = ["mail.thread"]
    _order = "channel_id, name, id"

    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    active = fields.Boolean(default=True)
    removed_at = fields.Datetime(
        string="Removed From the Channel",
        readonly=True,
        copy=False,
        help="Since when the channel does not show it any more. It is archived, never "
        "deleted, and comes back by itself.",
    )
    key = fields.Char(
        required=True,
        readonly=True,
        help="Its identity on the channel: the SKU, or the channel's own id if it has "
        "none.",
    )
    sku = fields.Char(string="SKU", readonly=True)
    barcode = fields.Char(readonly=True)
    product_ref = fields.Char(string="Channel's ID", readonly=True, index=True)
    name = fields.Char(required=True, readonly=True)
    product_id = fields.Many2one(
        "product.product",
        tracking=True,
        index="btree_not_null",
        check_company=True,
        domain="[('sale_ok', '=', True)]",
    )
    quantity_multiplier = fields.Float(
        string="Units per Sale",
        default=1.0,
        required=True,
        digits="Product Unit",
        tracking=True,
        help="How many units of the product one sold unit of the listing is: 6 for a "
        "pack of six.",
    )
    matched_by = fields.Selection(
        [("sku", "SKU"), ("barcode", "Barcode"), ("person", "A person")], readonly=True
    )
    is_mapped = fields.Boolean(
        string="Linked", compute="_compute_is_mapped", store=True, index=True
    )
    block_ids = fields.One2many(
        "ecom.order.block", "listing_id", domain=[("state", "=", "open")]
    )
    waiting_order_count = fields.Integer(
        string="Waiting Orders", compute="_compute_waiting_order_count"
    )

    _key_uniq = models.Constraint(
        "UNIQUE(channel_id, key)", "A channel has each SKU only once."
    )
    _multiplier_positive = models.Constraint(
        "CHECK(quantity_multiplier > 0)", "The units per sale must be more than zero."
    )

    @api.depends("product_id")
    def _compute_is_mapped(self):
        for listing in self:
            listing.is_mapped = bool(listing.product_id)

    @api.depends("block_ids.state")
    def _compute_waiting_order_count(self):
        counts = dict(
            self.env["ecom.order.block"]._read_group(
                [("listing_id", "in", self.ids), ("state", "=", "open")],
                ["listing_id"],
                ["order_id:count_distinct"],
            )
        )
        for listing in self:
            listing.waiting_order_count = counts.get(listing, 0)

    @api.depends("name", "sku")
    def _compute_display_name(self):
        for listing in self:
            prefix = f"[{listing.sku}] " if listing.sku else ""
            listing.display_name = f"{prefix}{listing.name}"

    def write(self, vals):
        """Linking a product releases every order that waits for it."""
        if vals.get("product_id") and "matched_by" not in vals:
            vals = {**vals, "matched_by": "person"}
        result = super().write(vals)
        if (vals.get("product_id") or "quantity_multiplier" in vals) and (
            not self.env.context.get("ecom_linking")
        ):
            self._release_waiting_orders()
        return result

    def _release_waiting_orders(self):
        """Look again at the orders that wait for these listings, if they are linked."""
        if not self.filtered("product_id"):
            return
        waiting = self.env["ecom.order.block"].search(
            [
                ("listing_id", "in", self.filtered("product_id").ids),
                ("state", "=", "open"),
            ]
        )
        waiting.order_id._ecom_reprocess()

    # -- actions -----------------------------------------------------------------------

    def action_match(self):
        """Try again to find products by barcode and SKU."""
        todo = self.filtered(lambda listing: not listing.product_id)
        todo._match_products()
        linked = todo.filtered("product_id")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if linked else "warning",
                "message": self.env._(
                    "%(linked)s of %(todo)s listings were linked.",
                    linked=len(linked),
                    todo=len(todo),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _prepare_product_values(self):
        """Values of the product that a listing becomes."""
        self.ensure_one()
        return {
            "name": self.name,
            "default_code": self.sku or False,
            "barcode": self.barcode or False,
            "type": "consu",
            "is_storable": True,
            "company_id": self.company_id.id,
            "list_price": 0.0,
        }

    def action_view_waiting_orders(self):
        """The orders that wait for this listing."""
        self.ensure_one()
        orders = self.block_ids.filtered(lambda b: b.state == "open").order_id
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_orders.sale_order_action"
        )
        return {**action, "domain": [("id", "in", orders.ids)], "context": {}}

    # -- resolution --------------------------------------------------------------------

    @api.model
    def _resolve(self, channel, things):
        """The listings of things that were sold, created where unknown.

        A constant number of queries, whatever the number of things.

        :param things: iterable of objects with ``sku``, ``product_ref``, ``name`` and
            ``barcode`` (order lines or products of the common schema).
        :return: dict ``key -> ecom.listing``; see :meth:`_key_of`.
        """
        wanted = {}
        for thing in things:
            wanted.setdefault(self._key_of(thing), thing)
        known = self.with_context(active_test=False).search(
            [("channel_id", "=", channel.id), ("key", "in", list(wanted))]
        )
        listings = {listing.key: listing for listing in known}
        created = self.create(
            [
                self._prepare_values(channel, key, thing)
                for key, thing in wanted.items()
                if key not in listings
            ]
        )
        created._match_products()
        (known - known.filtered("product_id"))._match_products()
        listings.update((listing.key, listing) for listing in created)
        return listings

    @api.model
    def _note_removed(self, channel, keys):
        """Archive what a channel does not sell any more, take back what is there again.

        A listing for which orders wait stays in sight. Nothing is archived when the
        channel shows nothing at all: that is rather a right that was lost.

        :param keys: of all listings that the channel shows; see :meth:`_key_of`.
        """
        if not keys:
            return
        mine = Domain("channel_id", "=", channel.id)
        gone = self.search(mine & Domain("key", "not in", list(keys)))
        gone.filtered(lambda listing: not listing.waiting_order_count).write(
            {"active": False, "removed_at": fields.Datetime.now()}
        )
        # Not those that a person archived.
        back = self.with_context(active_test=False).search(
            mine & Domain("key", "in", list(keys)) & Domain("removed_at", "!=", False)
        )
        back.write({"active": True, "removed_at": False})

    @api.model
    def _key_of(self, thing):
        """Identity of a sold thing on its channel."""
        if thing.sku:
            return thing.sku
        if thing.product_ref:
            return f"id:{thing.product_ref}"
        return f"name:{thing.name}"

    @api.model
    def _prepare_values(self, channel, key, thing):
        """Values of a new listing."""
        return {
            "channel_id": channel.id,
            "key": key,
            "sku": thing.sku,
            "barcode": thing.barcode,
            "product_ref": thing.product_ref,
            "name": thing.name or key,
        }

    def _match_products(self):
        """Link the listings whose barcode or SKU names exactly one product.

        What counts, and in which order, is the channel's choice.
        """
        todo = self.filtered(lambda listing: not listing.product_id)
        if not todo:
            return
        barcodes, skus = todo._find_products()
        for listing in todo.with_context(ecom_linking=True):
            found = {
                "barcode": barcodes.get(listing.barcode),
                "sku": skus.get(listing.sku),
            }
            for how in listing.channel_id.match_order.split(","):
                products = found[how]
                if products and len(products) == 1:
                    listing.write({"product_id": products.id, "matched_by": how})
                    break
        todo._release_waiting_orders()

    def _find_products(self):
        """Candidate products by barcode and by SKU, in one query."""
        barcodes = [code for code in self.mapped("barcode") if code]
        skus = [sku for sku in self.mapped("sku") if sku]
        products = self.env["product.product"].search(
            self._get_product_domain()
            & (Domain("barcode", "in", barcodes) | Domain("default_code", "in", skus))
        )
        return products.grouped("barcode"), products.grouped("default_code")

    def _get_product_domain(self):
        """Which products may be linked automatically."""
        return Domain("sale_ok", "=", True) & Domain(
            self.env["product.product"]._check_company_domain(self.company_id)
        )
