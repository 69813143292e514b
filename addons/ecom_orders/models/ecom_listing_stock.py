from odoo import api, fields, models

SETTINGS = {
    "active",
    "product_id",
    "quantity_multiplier",
    "stock_publish",
    "fulfilled_by_channel",
    "stock_override",
    "stock_safety",
    "stock_buffer",
    "stock_cap",
}


class EcomListing(models.Model):
    """What a listing shows of its product's stock."""

    _inherit = "ecom.listing"

    stock_publish = fields.Boolean(
        string="Publish Stock",
        default=True,
        tracking=True,
        help="Off: its quantity on the marketplace is left alone.",
    )
    fulfilled_by_channel = fields.Boolean(
        tracking=True,
        help="The marketplace ships it from its own warehouse (FBA, say). Its quantity "
        "is never written, and its orders take nothing from our stock.",
    )
    stock_override = fields.Boolean(
        string="Own Stock Settings",
        tracking=True,
        help="Off: those of the channel count.",
    )
    stock_safety = fields.Float(
        string="Safety Stock", digits="Product Unit", tracking=True
    )
    stock_buffer = fields.Float(string="Buffer", digits="Product Unit", tracking=True)
    stock_cap = fields.Integer(
        string="Show at Most", tracking=True, help="Zero: no limit."
    )
    level_ids = fields.One2many("ecom.listing.level", "listing_id", readonly=True)
    capability_codes = fields.Char(related="channel_id.capability_codes")
    stock_quantity = fields.Integer(
        string="To Show",
        compute="_compute_stock",
        help="What the marketplace is to show, over all its locations.",
    )
    stock_pushed_quantity = fields.Integer(string="Told", compute="_compute_stock")
    stock_pushed_at = fields.Datetime(string="Told At", compute="_compute_stock")
    stock_due = fields.Boolean(string="Due", compute="_compute_stock")
    stock_failed = fields.Boolean(string="Not Taken", compute="_compute_stock")
    stock_explanation = fields.Text(
        string="Why It Was Not Taken", compute="_compute_stock_explanation"
    )

    _stock_numbers = models.Constraint(
        "CHECK(stock_safety >= 0 AND stock_buffer >= 0 AND stock_cap >= 0)",
        "Safety stock, buffer and limit must not be negative.",
    )

    @api.depends(
        "level_ids.computed_quantity",
        "level_ids.pushed_quantity",
        "level_ids.pushed_at",
        "level_ids.due",
        "level_ids.failed",
    )
    def _compute_stock(self):
        for listing in self:
            levels = listing.level_ids
            listing.stock_quantity = sum(levels.mapped("computed_quantity"))
            listing.stock_pushed_quantity = sum(levels.mapped("pushed_quantity"))
            listing.stock_pushed_at = max(
                filter(None, levels.mapped("pushed_at")), default=False
            )
            listing.stock_due = any(levels.mapped("due"))
            listing.stock_failed = any(levels.mapped("failed"))

    @api.depends("level_ids.reason", "level_ids.reason_details")
    @api.depends_context("lang")
    def _compute_stock_explanation(self):
        for listing in self:
            listing.stock_explanation = "\n".join(
                level.explanation for level in listing.level_ids if level.explanation
            )

    @api.model_create_multi
    def create(self, vals_list):
        listings = super().create(vals_list)
        self.env["ecom.stock.dirty"]._mark(listings.product_id.ids)
        return listings

    def write(self, vals):
        """A listing that is published no more is due no more."""
        changes = SETTINGS & vals.keys()
        before = self.product_id.ids if "product_id" in changes else []
        result = super().write(vals)
        if changes:
            self.env["ecom.stock.dirty"]._mark([*before, *self.product_id.ids])
            unwanted = self.filtered(lambda listing: not listing._is_stock_wanted())
            # Who may edit a listing may end its publication.
            unwanted.sudo().level_ids._set_not_wanted()
        return result

    def _is_stock_wanted(self):
        """Whether somebody wants the marketplace to be told its quantity."""
        self.ensure_one()
        return bool(
            self.active
            and self.product_id
            and self.stock_publish
            and not self.fulfilled_by_channel
        )

    # -- actions -----------------------------------------------------------------------

    def action_compute_stock(self):
        """Compute the quantities now; the numbers tell how they come about."""
        self.env["ecom.stock.publisher"]._compute(self)
        return True

    def action_push_stock(self):
        """Tell the quantities as soon as the scheduler is free, due or not."""
        self.env["ecom.stock.publisher"]._compute(self)
        if not any(listing._is_published() for listing in self):
            return self.channel_id[:1]._notify(
                "warning",
                self.env._(
                    "There is nothing to publish. Switch “Publish Stock” on, on the "
                    "channel and on the listing, and link the listing to a product."
                ),
            )
        self.level_ids._request_push()
        return self.channel_id[:1]._notify(
            "info", self.env._("The quantities are being published.")
        )

    def _is_published(self):
        """Whether its quantity is told at all."""
        return bool(
            self.channel_id.stock_sync
            and self.product_id
            and self.stock_publish
            and not self.fulfilled_by_channel
        )

    def action_view_stock_levels(self):
        """What is shown at each location, and how the numbers come about."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_orders.ecom_listing_level_action"
        )
        return {**action, "domain": [("listing_id", "=", self.id)], "context": {}}
