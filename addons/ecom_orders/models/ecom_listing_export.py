import logging
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import limited_field_access_token

from ..marketplaces.base import Capability
from ..marketplaces.comparison import (
    NOT_OF_PACKS,
    OF_THE_WHOLE,
    changes_of,
    price_text,
    weight_text,
)
from ..marketplaces.outbound import listing_update_to_plain
from ..marketplaces.schema import ListingField, ListingImage, ListingUpdate
from .ecom_inbox_message import CONCURRENCY_ERRORS
from .ecom_outbox_listing import LISTING
from .failure_log import describe, log_failure

_logger = logging.getLogger(__name__)

BATCH = 500  # listings that are compared with one commit
SETTINGS = {"product_id", "quantity_multiplier", "active"}


class EcomListing(models.Model):
    """What a shop is told of a listing's product, and what is taken over from it."""

    _inherit = "ecom.listing"

    value_ids = fields.One2many("ecom.listing.value", "listing_id", readonly=True)
    outbox_ids = fields.One2many("ecom.outbox.message", "listing_id", readonly=True)
    is_due = fields.Boolean(
        string="To Be Compared",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Something of its product changed; it is compared and told by the job.",
    )
    listing_conflict = fields.Boolean(
        string="Differs From the Shop",
        compute="_compute_listing_conflict",
        search="_search_listing_conflict",
    )
    listing_explanation = fields.Text(
        string="Why It Was Not Told", compute="_compute_listing_explanation"
    )
    can_tell = fields.Boolean(compute="_compute_can_tell")

    @api.depends("value_ids.differs")
    def _compute_listing_conflict(self):
        for listing in self:
            listing.listing_conflict = any(listing.value_ids.mapped("differs"))

    def _search_listing_conflict(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("value_ids.differs", "in", list(value))

    @api.depends("outbox_ids.reason", "outbox_ids.reason_details", "outbox_ids.state")
    @api.depends_context("lang")
    def _compute_listing_explanation(self):
        for listing in self:
            rows = listing.outbox_ids.filtered(
                lambda row: row.explanation and row.state in ("waiting", "failed")
            )
            listing.listing_explanation = "\n".join(rows.mapped("explanation"))

    @api.depends("product_id", "channel_id.capability_codes")
    def _compute_can_tell(self):
        for listing in self:
            channel = listing.channel_id
            listing.can_tell = bool(
                listing.product_id
                and channel.provider
                and channel._can(Capability.LISTINGS)
            )

    def write(self, vals):
        """What is sold otherwise is compared again."""
        result = super().write(vals)
        if SETTINGS & vals.keys():
            self._mark_listing_due()
        return result

    # -- actions -----------------------------------------------------------------------

    def action_compare(self):
        """Compare what we have with what the shop showed last; nothing is sent."""
        self._refresh_values()
        return True

    def action_tell(self):
        """Tell the shop what differs of what Odoo owns, also what it refused before."""
        told = self._tell_listings(again=True)
        if told:
            text = self.env._("%s listings will be sent.", len(told))
        else:
            text = self.env._(
                "Nothing to send: either nothing differs, or nothing of it is owned by "
                "Odoo on the channel."
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info" if told else "warning",
                "message": text,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_view_outbox(self):
        """What the shop was told of this listing."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_orders.ecom_outbox_message_action"
        )
        return {**action, "domain": [("listing_id", "=", self.id)], "context": {}}

    # -- when --------------------------------------------------------------------------

    def _mark_listing_due(self):
        """Have listings compared and told as soon as the scheduler is free."""
        wanted = self.filtered(
            lambda row: (
                row.product_id
                and row.active
                and row.channel_id._get_listing_fields("odoo")
            )
        )
        if wanted:
            # Whoever changes a product need not have a role in this addon.
            wanted.sudo().is_due = True
            self.env.ref("ecom_orders.ir_cron_tell_listings").sudo()._trigger()

    @api.model
    def _cron_tell_listings(self):
        """Scheduled: compare and tell what changed, once a day everything.

        Prices can change by themselves: a price list knows days.
        """
        now = fields.Datetime.now()
        channels = self.env["ecom.channel"].search(
            Domain("listings_checked_at", "=", False)
            | Domain(
                "listings_checked_at", "<=", fields.Datetime.subtract(now, hours=20)
            )
        )
        for channel in channels.filtered(lambda row: row._get_listing_fields("odoo")):
            self.search(
                [("channel_id", "=", channel.id), ("product_id", "!=", False)]
            ).is_due = True
        channels.listings_checked_at = now
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count([("is_due", "=", True)]))
        while listings := self.search([("is_due", "=", True)], limit=BATCH):
            try:
                listings._tell_guarded()
                listings.is_due = False
                self.env.flush_all()
            except CONCURRENCY_ERRORS as error:  # the next run looks at them again
                self.env["ecom.inbox.message"]._start_over(error)
                return
            if not cron._commit_progress(processed=len(listings)):
                return

    def _tell_guarded(self):
        """Tell listings; one that cannot be computed is told to somebody, alone."""
        try:
            with self.env.cr.savepoint():
                self._tell_listings()
        except CONCURRENCY_ERRORS:
            raise
        except Exception as error:  # noqa: BLE001 - one bad listing stops no other
            if len(self) > 1:
                half = len(self) // 2
                self[:half]._tell_guarded()
                self[half:]._tell_guarded()
                return
            log_failure(_logger, error, "Listing %s was not compared", self.id)
            self.channel_id._alert(
                self.env._("Product data could not be compared"),
                self.env._(
                    "%(listing)s: %(error)s",
                    listing=self.display_name,
                    error=describe(error)[:500],
                ),
            )

    # -- what we have ------------------------------------------------------------------

    def _refresh_values(self):
        """Compute what we have of these listings, for all fields.

        A constant number of queries for the listings of a channel, but one price
        computation for each size of pack.
        """
        for channel, listings in (
            self.filtered("product_id").grouped("channel_id").items()
        ):
            # A user sees what is computed, whatever of products he may not see.
            values = listings.sudo()._get_our_values(channel.sudo())
            self.env["ecom.listing.value"].sudo()._put(listings, values)

    def _get_our_values(self, channel):
        """Texts by listing and field; a hook for products that know more.

        :return: dict ``listing.id -> {ListingField: text}``.
        """
        lang = channel.company_id.partner_id.lang
        listings = self.with_company(channel.company_id).with_context(lang=lang)
        prices = listings._get_our_prices(channel)
        digits = channel._get_listing_currency().decimal_places
        images = listings._get_image_attachments()
        scattered = listings._filter_scattered()
        kilograms, values = self._get_kilograms(), {}
        for listing in listings:
            product, count = listing.product_id, listing.quantity_multiplier
            weight = Decimal(str(product.weight * count * kilograms))
            picture = images.get(product.product_tmpl_id.id)
            texts = {
                ListingField.TITLE: product.product_tmpl_id.name,
                ListingField.DESCRIPTION: self._one_line_each(product.description_sale),
                ListingField.PRICE: price_text(prices.get(listing.id), digits),
                ListingField.BARCODE: product.barcode or "",
                ListingField.WEIGHT: weight_text(weight),
                ListingField.IMAGES: picture.checksum if picture else "",
            }
            if count != 1:
                texts |= dict.fromkeys(NOT_OF_PACKS, "")
            if listing in scattered:
                texts |= dict.fromkeys(OF_THE_WHOLE, "")
            values[listing.id] = texts
        return values

    def _filter_scattered(self):
        """Variations of one thing in the shop that are several products here.

        None of the products is the whole thing, so none gives it a title.
        """
        templates = {}
        for channel, parent, products in self.env["ecom.listing"]._read_group(
            [
                ("channel_id", "in", self.channel_id.ids),
                (
                    "parent_ref",
                    "in",
                    [row.parent_ref for row in self if row.parent_ref],
                ),
                ("product_id", "!=", False),
            ],
            ["channel_id", "parent_ref"],
            ["product_id:recordset"],
        ):
            templates[channel.id, parent] = products.product_tmpl_id
        return self.filtered(
            lambda row: len(templates.get((row.channel_id.id, row.parent_ref), ())) > 1
        )

    @api.model
    def _one_line_each(self, text):
        lines = (" ".join(line.split()) for line in (text or "").splitlines())
        return "\n".join(line for line in lines if line)

    def _get_our_prices(self, channel):
        """Prices of one sale by listing; none without a price list of the channel."""
        pricelist = channel.listing_pricelist_id
        prices = {}
        for count, listings in self.grouped("quantity_multiplier").items():
            if not pricelist:
                break
            by_product = pricelist._get_products_price(listings.product_id, count)
            for listing in listings:
                price = by_product[listing.product_id.id] * count
                prices[listing.id] = Decimal(str(pricelist.currency_id.round(price)))
        return prices

    def _get_image_attachments(self):
        """The picture of each product, by product template."""
        rows = (
            self.env["ir.attachment"]
            .sudo()  # pictures of products are no secret to who sees the product
            .search_fetch(
                [
                    ("res_model", "=", "product.template"),
                    ("res_field", "=", "image_1920"),
                    ("res_id", "in", self.product_id.product_tmpl_id.ids),
                ],
                ["res_id", "checksum", "mimetype"],
            )
        )
        return {row.res_id: row for row in rows}

    def _get_images(self):
        """The pictures of a listing as the shop can fetch them; a hook for more."""
        self.ensure_one()
        template = self.product_id.product_tmpl_id
        picture = self._get_image_attachments().get(template.id)
        if not picture:
            return ()
        ending = (picture.mimetype or "image/png").partition("/")[2].partition("+")[0]
        # The address is good for some weeks, and for this picture only.
        token = limited_field_access_token(
            template.sudo(), "image_1920", scope="binary"
        )
        base = self.channel_id.get_base_url()
        return (
            ListingImage(
                url=f"{base}/web/image/product.template/{template.id}/image_1920/"
                f"{picture.checksum[:12]}.{ending}?access_token={token}",
                digest=picture.checksum,
            ),
        )

    # -- telling -----------------------------------------------------------------------

    def _tell_listings(self, again=False):
        """Put into the outbox what differs of what Odoo owns.

        :param again: also what was refused before, or is told already.
        :return: the listings of which something will be sent.
        """
        mine = self.filtered(lambda row: row.product_id and row.product_ref)
        mine._refresh_values()
        vals_list, told = [], self.browse()
        for listing in mine:
            payload = listing.sudo()._prepare_update()
            if payload:
                told |= listing
                vals_list.append(listing._prepare_listing_message(payload))
        # Users decide through this method only; they have no right to write messages.
        outbox = self.env["ecom.outbox.message"].sudo()
        rows = outbox._put(vals_list)
        sent_before = rows.filtered(lambda row: row.state == "sent")
        if again:
            sent_before |= rows.filtered(lambda row: row.state in ("failed", "ignored"))
        # Told, changed in the shop, and told again: it is the same message.
        sent_before._requeue()
        return told

    def _prepare_listing_message(self, payload):
        """Values of the message that tells a listing."""
        self.ensure_one()
        return {
            "channel_id": self.channel_id.id,
            "kind": LISTING,
            "key": f"listing-{self.id}",
            "listing_id": self.id,
            "payload": payload,
        }

    def _prepare_update(self):
        """What is to be told of a listing now, as plain values; nothing = ``None``."""
        self.ensure_one()
        owned = self.channel_id._get_listing_fields("odoo")
        due = {
            ListingField(row.field): row.ours
            for row in self.value_ids
            if row.differs and ListingField(row.field) in owned
        }
        if not due:
            return None
        changes = changes_of(due)
        if ListingField.PRICE in due:
            changes["currency"] = self.channel_id.listing_pricelist_id.currency_id.name
        if ListingField.IMAGES in due:
            changes["images"] = self._get_images()
        return listing_update_to_plain(
            ListingUpdate(
                key=f"listing-{self.id}",
                product_ref=self.product_ref,
                sku=self.sku or "",
                parent_ref=self.parent_ref or "",
                **changes,
            )
        )

    # -- taking over -------------------------------------------------------------------

    @api.model
    def _take_shop_values(self, channel, pairs):
        """Write into products what the shop owns and shows; empty is nothing.

        Of several listings of one product the first one counts.
        """
        owned = channel._get_listing_fields("shop")
        linked = [(row, product) for row, product in pairs if row.product_id]
        if not owned or not linked:
            return
        listings = self.union(*(listing for listing, _product in linked))
        # The manager of the channel decided that the shop wins; the job that reads
        # listings has no rights on products.
        listings = listings.sudo().with_company(channel.company_id)
        listings._refresh_values()
        taken = listings._get_taken_barcodes(listings)
        kilograms, scattered = self._get_kilograms(), listings._filter_scattered()
        changes, prices = {}, {}
        for listing in listings:
            taken_over = owned - OF_THE_WHOLE if listing in scattered else owned
            for row in listing.value_ids:
                field = ListingField(row.field)
                if field in taken_over and row.shown and row.ours != row.shown:
                    text = row.shown
                    if field is ListingField.WEIGHT:
                        text = str(float(text) / kilograms)
                    listing._collect_change(field, text, taken, changes, prices)
        lang = channel.company_id.partner_id.lang
        for record, vals in changes.items():
            record.with_context(lang=lang).write(vals)
        channel.sudo()._write_fixed_prices(prices)
        listings._refresh_values()

    def _collect_change(self, field, text, taken, changes, prices):
        """Note what a product gets of the shop.

        :param text: what the shop shows; a weight in the unit that is used here.
        :param taken: barcodes of other products, which are left to them.
        :param changes: dict ``record -> values``, filled here.
        :param prices: dict ``product -> price``, filled here.
        """
        self.ensure_one()
        product, count = self.product_id, self.quantity_multiplier
        if field in NOT_OF_PACKS and count != 1:
            return
        if field is ListingField.TITLE:
            changes.setdefault(product.product_tmpl_id, {}).setdefault("name", text)
        elif field is ListingField.DESCRIPTION:
            template = changes.setdefault(product.product_tmpl_id, {})
            template.setdefault("description_sale", text)
        elif field is ListingField.PRICE:
            prices.setdefault(product, float(text) / count)
        elif field is ListingField.BARCODE and text not in taken:
            taken.add(text)
            changes.setdefault(product, {}).setdefault("barcode", text)
        elif field is ListingField.WEIGHT:
            changes.setdefault(product, {}).setdefault("weight", float(text) / count)


class EcomChannel(models.Model):
    """Prices that the shop owns stand in the channel's price list."""

    _inherit = "ecom.channel"

    def _write_fixed_prices(self, prices):
        """Put prices of products into the channel's price list, if it has one.

        :param prices: dict ``product.product -> price`` of one unit.
        """
        self.ensure_one()
        pricelist = self.listing_pricelist_id
        if not pricelist or not prices:
            return
        items = self.env["product.pricelist.item"].search(
            [
                ("pricelist_id", "=", pricelist.id),
                ("product_id", "in", [product.id for product in prices]),
                ("applied_on", "=", "0_product_variant"),
                ("min_quantity", "=", 0),
                ("date_start", "=", False),
                ("date_end", "=", False),
            ]
        )
        known = {item.product_id.id: item for item in items}
        for product, price in prices.items():
            if product.id in known:
                known[product.id].write(
                    {"compute_price": "fixed", "fixed_price": price}
                )
        self.env["product.pricelist.item"].create(
            [
                {
                    "pricelist_id": pricelist.id,
                    "applied_on": "0_product_variant",
                    "product_tmpl_id": product.product_tmpl_id.id,
                    "product_id": product.id,
                    "compute_price": "fixed",
                    "fixed_price": price,
                }
                for product, price in prices.items()
                if product.id not in known
            ]
        )
