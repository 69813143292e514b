from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError

from ..marketplaces.comparison import markup_of, price_text, told_values, weight_text
from ..marketplaces.outbound import to_plain
from ..marketplaces.schema import ListingUpdate, NewListing, NewVariant
from .ecom_outbox_listing import NEW_LISTING

VARIANT = "variant-"  # start of the key of a variant


class EcomListing(models.Model):
    """Products that a shop does not sell yet are put on sale there."""

    _inherit = "ecom.listing"

    @api.model
    def _put_on_sale(self, channel, templates, published=False):
        """Keep a message for each product that is to be made in a shop.

        :param published: buyers see it at once; else it is a draft there.
        :return: the messages.
        :raises UserError: for a product that cannot be told apart in the shop.
        """
        listed = self.search([("channel_id", "=", channel.id)]).product_id
        todo = templates.filtered(lambda row: row.product_variant_ids - listed)
        if not todo:
            raise UserError(self.env._("The shop sells these products already."))
        for template in todo:
            self._check_on_sale(template)
        rows = (
            self.env["ecom.outbox.message"]
            .sudo()  # users decide through this method only
            ._put(
                [
                    {
                        "channel_id": channel.id,
                        "kind": NEW_LISTING,
                        "key": f"new-listing-{template.id}",
                        "product_tmpl_id": template.id,
                        "payload": to_plain(
                            self._prepare_new_listing(channel, template, published)
                        ),
                    }
                    for template in todo
                ]
            )
        )
        rows.filtered(lambda row: row.state in ("failed", "ignored", "sent"))._requeue()
        return rows

    @api.model
    def _check_on_sale(self, template):
        """A shop knows a thing by its SKU, so each variant needs one of its own."""
        skus = template.product_variant_ids.mapped("default_code")
        if not all(skus) or len(set(skus)) < len(skus):
            raise UserError(
                self.env._(
                    "Give each variant of “%s” an internal reference of its own: the "
                    "shop knows it by that.",
                    template.display_name,
                )
            )

    @api.model
    def _prepare_new_listing(self, channel, template, published):
        """The thing that a product becomes in a shop, with all that we know of it.

        :rtype: odoo.addons.ecom_orders.marketplaces.schema.NewListing
        """
        lang = channel.company_id.partner_id.lang
        template = template.with_company(channel.company_id).with_context(lang=lang)
        variants = template.product_variant_ids
        # Not stored: what is computed for listings is computed for these.
        drafts = self.browse().concat(
            *(
                self.new(
                    {
                        "channel_id": channel.id,
                        "product_id": variant.id,
                        "quantity_multiplier": 1,
                    }
                )
                for variant in variants
            )
        )
        by_draft = drafts._get_our_prices(channel)
        prices = {draft.product_id.id: by_draft.get(draft.id) for draft in drafts}
        lines = template.valid_product_template_attribute_line_ids
        lines = lines._without_no_variant_attributes().filtered(
            lambda line: len(line.value_ids) > 1
        )
        digits = channel._get_listing_currency().decimal_places
        kilograms = self._get_kilograms()
        return NewListing(
            key=f"odoo-{template.id}",
            title=template.name,
            description=markup_of(template.description_sale or ""),
            currency=channel.listing_pricelist_id.currency_id.name or "",
            options=tuple(line.attribute_id.name for line in lines),
            images=drafts[:1]._get_images(),
            published=published,
            variants=tuple(
                self._prepare_new_variant(
                    variant,
                    lines,
                    price_text(prices.get(variant.id), digits),
                    weight_text(Decimal(str(variant.weight * kilograms))),
                )
                for variant in variants
            ),
        )

    @api.model
    def _prepare_new_variant(self, variant, lines, price, weight):
        values = {
            row.attribute_line_id: row.name
            for row in variant.product_template_attribute_value_ids
        }
        return NewVariant(
            key=f"{VARIANT}{variant.id}",
            sku=variant.default_code,
            options=tuple(values[line] for line in lines),
            price=Decimal(price) if price else None,
            barcode=variant.barcode or "",
            weight=Decimal(weight) if weight else None,
        )

    @api.model
    def _note_created(self, message, new, made):
        """What a shop has made of a product are listings of it.

        :param message: ``ecom.outbox.message`` that told it.
        :param made: pairs of ``NewVariant`` and ``ListingResult``.
        """
        channel = message.channel_id
        known = self.with_context(active_test=False).search(
            [
                ("channel_id", "=", channel.id),
                ("key", "in", [variant.sku for variant, _result in made]),
            ]
        )
        by_key = {listing.key: listing for listing in known}
        rows, vals_list = [], []
        for variant, result in made:
            values = {
                "product_ref": result.product_ref,
                "parent_ref": result.parent_ref or False,
                "product_id": int(variant.key.removeprefix(VARIANT)),
                "options": [
                    list(pair)
                    for pair in zip(new.options, variant.options, strict=False)
                ]
                or False,
            }
            listing = by_key.get(variant.sku)
            if listing:
                listing.write({**values, "active": True, "removed_at": False})
                continue
            label = ", ".join(variant.options)
            rows.append(variant)
            vals_list.append(
                {
                    "channel_id": channel.id,
                    "key": variant.sku,
                    "sku": variant.sku,
                    "barcode": variant.barcode,
                    "name": f"{new.title} ({label})" if label else new.title,
                    "matched_by": "person",
                    **values,
                }
            )
        created = self.create(vals_list)
        self._note_told_of_new(created, new, rows)

    @api.model
    def _note_told_of_new(self, listings, new, variants):
        """The shop has what it was made of; nothing of it is to be told again."""
        values = self.env["ecom.listing.value"]
        digits = listings.channel_id[:1]._get_listing_currency().decimal_places
        listings._refresh_values()
        for listing, variant in zip(listings, variants, strict=True):
            update = ListingUpdate(
                key=listing.key,
                product_ref=listing.product_ref,
                title=new.title,
                description=new.description,
                price=variant.price,
                barcode=variant.barcode,
                weight=variant.weight,
                images=new.images or None,
            )
            rows = values.search([("listing_id", "=", listing.id)])
            rows._note_told(told_values(update, digits))
