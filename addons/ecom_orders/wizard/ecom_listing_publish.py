from odoo import api, fields, models

from ..marketplaces.base import CONNECTORS, Capability


class EcomListingPublish(models.TransientModel):
    """Puts products on sale in a shop that does not have them yet."""

    _name = "ecom.listing.publish"
    _description = "Put products on sale"

    product_tmpl_ids = fields.Many2many("product.template", string="Products")
    channel_id = fields.Many2one(
        "ecom.channel",
        required=True,
        domain="[('state', '=', 'connected'), ('provider', 'in', provider_codes)]",
    )
    provider_codes = fields.Json(compute="_compute_provider_codes")
    published = fields.Boolean(
        string="Visible at Once",
        help="Off: the shop keeps them as drafts until somebody publishes them there.",
    )
    has_prices = fields.Boolean(compute="_compute_has_prices")

    def _compute_provider_codes(self):
        codes = [
            code
            for code, connector in CONNECTORS.items()
            if connector.can(Capability.LISTING_CREATE)
        ]
        for wizard in self:
            wizard.provider_codes = codes

    @api.depends("channel_id")
    def _compute_has_prices(self):
        for wizard in self:
            wizard.has_prices = bool(wizard.channel_id.listing_pricelist_id)

    def action_publish(self):
        """Keep the messages, and show them."""
        self.ensure_one()
        messages = self.env["ecom.listing"]._put_on_sale(
            self.channel_id, self.product_tmpl_ids, self.published
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_orders.ecom_outbox_message_action"
        )
        return {**action, "domain": [("id", "in", messages.ids)], "context": {}}
