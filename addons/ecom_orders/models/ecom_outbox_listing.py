import logging

from odoo import fields, models
from odoo.fields import Domain

from ..marketplaces.base import Capability
from ..marketplaces.comparison import told_values
from ..marketplaces.errors import (
    AuthenticationFailed,
    MarketplaceError,
    SendingStopped,
    TransportError,
)
from ..marketplaces.outbound import read_listing_update, read_new_listing
from .ecom_inbox_message import CONCURRENCY_ERRORS
from .ecom_outbox_message import CAPABILITIES
from .failure_log import describe, log_failure

_logger = logging.getLogger(__name__)

LISTING = "listing"  # product data changed here
NEW_LISTING = "new_listing"  # a thing that the shop does not sell yet
OF_LISTINGS = (LISTING, NEW_LISTING)
CAPABILITIES[LISTING] = Capability.LISTINGS
CAPABILITIES[NEW_LISTING] = Capability.LISTING_CREATE


class EcomOutboxMessage(models.Model):
    """Product data: a message for each listing, sent in batches of the marketplace's.

    One that fails is seen on its listing; there is no order that it belongs to.
    """

    _inherit = "ecom.outbox.message"

    kind = fields.Selection(
        selection_add=[(LISTING, "Product data"), (NEW_LISTING, "New listing")],
        ondelete={LISTING: "cascade", NEW_LISTING: "cascade"},
    )
    order_id = fields.Many2one(required=False)
    listing_id = fields.Many2one(
        "ecom.listing", index="btree_not_null", ondelete="cascade", readonly=True
    )
    product_tmpl_id = fields.Many2one(
        "product.template",
        string="Product",
        index="btree_not_null",
        ondelete="cascade",
        readonly=True,
    )

    _subject_known = models.Constraint(
        "CHECK(order_id IS NOT NULL OR listing_id IS NOT NULL "
        "OR product_tmpl_id IS NOT NULL)",
        "A message is about an order, a listing or a product.",
    )

    def action_view_source(self):
        """What it tells of: for product data the listing, or the product."""
        self.ensure_one()
        subject = self.listing_id or self.product_tmpl_id
        if self.kind in OF_LISTINGS and subject:
            return subject._get_records_action()
        return super().action_view_source()

    def _requeue(self):
        """What is told of listings is what they are now; nothing left is put aside."""
        # Users may ask for a retry, but never write: the state machine does.
        rows = self.sudo().filtered(lambda row: row.kind == LISTING)
        rows.listing_id._refresh_values()
        settled = rows.browse()
        for message in rows:
            payload = message.listing_id._prepare_update()
            if payload:
                message.payload = payload
            else:
                settled |= message
        settled.write({"state": "ignored", "next_attempt_at": False})
        return super(EcomOutboxMessage, self - settled)._requeue()

    # -- sending -----------------------------------------------------------------------

    def _send(self, connector):
        if self.kind == LISTING and self.state == "waiting":
            return self._get_batch(connector)._send_listings(connector)
        if self.kind == NEW_LISTING:
            return self._guarded(lambda: self._create_listing(connector))
        return super()._send(connector)

    def _get_batch(self, connector):
        """The waiting product data that go with this message, itself the first."""
        domain = (
            self._get_queue_domain()
            & Domain("channel_id", "=", self.channel_id.id)
            & Domain("kind", "=", LISTING)
            & Domain("state", "=", "waiting")
            & Domain("id", ">", self.id)
        )
        others = self.search(domain, order="id", limit=connector.listing_batch_size - 1)
        return self | others.try_lock_for_update()

    def _send_listings(self, connector):
        """Tell a batch; each message gets its own outcome.

        :return: whether the channel could be reached.
        """
        updates, rows = [], {}
        for message in self:
            try:
                update = read_listing_update(message.payload)
            except MarketplaceError as error:
                message._set_not_sent(error)
                continue
            updates.append(update)
            rows[update.key] = message
        sendable = self.union(*rows.values())
        if not sendable:
            return True

        def push():
            for result in connector.push_listings(updates):
                rows[result.key]._set_listing_answer(result)

        return sendable._guarded(push)

    def _guarded(self, send):
        """Run what sends these messages; its failure is their outcome.

        :return: whether the channel could be reached.
        """
        try:
            with self.env.cr.savepoint():
                send()
        except CONCURRENCY_ERRORS:
            raise
        except MarketplaceError as error:
            for message in self:
                message._set_not_sent(error)
            return not isinstance(
                error, TransportError | SendingStopped | AuthenticationFailed
            )
        except Exception as error:  # noqa: BLE001 - one bad batch stops no other
            log_failure(_logger, error, "Messages %s were not sent", self.ids)
            text = describe(error)
            for message in self:
                message._set_failed("internal_error", {"error": text[:500]})
        return True

    def _set_listing_answer(self, result):
        """The marketplace's answer for one listing."""
        if result.retriable:
            self._set_not_sent(TransportError(result.error))
        elif result.error:
            self._set_failed("request_refused", {"message": result.error})
        elif result.submission:
            self.write(
                {
                    **self._prepare_waiting(),
                    "state": "pending",
                    "submission": result.submission,
                }
            )
            self._postpone()
        else:
            self._set_sent()

    def _create_listing(self, connector):
        """Put a product on sale; what the shop made of it are listings from now on."""
        new = read_new_listing(self.payload)
        results = {row.key: row for row in connector.create_listing(new)}
        made = [
            (variant, results[variant.key])
            for variant in new.variants
            if not results[variant.key].error
        ]
        self.env["ecom.listing"]._note_created(self, new, made)
        errors = [
            f"{variant.sku}: {results[variant.key].error}"
            for variant in new.variants
            if results[variant.key].error
        ]
        if errors:
            self._set_failed("request_refused", {"message": "; ".join(errors)[:500]})
        else:
            self.external_id = made[0][1].parent_ref or made[0][1].product_ref
            self._set_sent()

    def _set_sent(self):
        result = super()._set_sent()
        if self.kind == LISTING:
            digits = self.channel_id._get_listing_currency().decimal_places
            update = read_listing_update(self.payload)
            self.listing_id.value_ids._note_told(told_values(update, digits))
        return result

    # -- notices: on the listing, which shows its messages -----------------------------

    def _raise_notice(self):
        return None if self.kind in OF_LISTINGS else super()._raise_notice()

    def _resolve_notices(self):
        of_orders = self.filtered(lambda row: row.kind not in OF_LISTINGS)
        return super(EcomOutboxMessage, of_orders)._resolve_notices()
