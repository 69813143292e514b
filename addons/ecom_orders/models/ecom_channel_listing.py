import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..marketplaces.base import Capability
from ..marketplaces.errors import MarketplaceError
from .ecom_channel import UnexpectedError
from .ecom_inbox_message import CONCURRENCY_ERRORS
from .failure_log import log_failure

_logger = logging.getLogger(__name__)


class EcomChannel(models.Model):
    """How the listings of a channel are fetched."""

    _inherit = "ecom.channel"

    listing_fetch_state = fields.Selection(
        [
            ("requested", "Waiting"),
            ("running", "Running"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        string="Fetching Listings",
        readonly=True,
        copy=False,
    )
    listing_fetch_count = fields.Integer(
        string="Listings Read", readonly=True, copy=False
    )

    def action_fetch_products(self):
        """Read everything that the shop sells, as listings, in the background."""
        self._check_listings_fetchable()
        self.write({"listing_fetch_state": "requested", "listing_fetch_count": 0})
        self._trigger_fetch()
        return self._notify("info", self.env._("Listings are being fetched."))

    def _check_listings_fetchable(self):
        """Listings can be asked for from the action menu of any channel.

        :raises UserError: when they cannot be fetched, and what to do.
        """
        for channel in self:
            if not channel._can(Capability.PRODUCTS):
                raise UserError(
                    self.env._(
                        "“%s” cannot tell what it sells: listings are made from its "
                        "orders.",
                        channel.name,
                    )
                )
            if channel.state != "connected" or channel.emergency_stop:
                raise UserError(
                    self.env._(
                        "Connect “%s” first, then fetch its listings.", channel.name
                    )
                )

    @api.model
    def _fetch_requested_listings(self):
        """Read the listings of the channels where somebody asked for it."""
        channels = self.search(
            [
                ("listing_fetch_state", "in", ("requested", "running")),
                ("state", "=", "connected"),
                ("emergency_stop", "=", False),
            ]
        )
        for channel in channels:
            channel.with_company(channel.company_id)._fetch_listings_guarded()

    def _fetch_listings_guarded(self):
        """Read the listings; a failure is told to somebody, who may ask again.

        Apart from the fetching of orders: neither hides or delays the other.
        """
        self.ensure_one()
        try:
            self._fetch_listings()
        except CONCURRENCY_ERRORS as error:  # the next run reads them again
            self.env["ecom.inbox.message"]._start_over(error)
        except Exception as error:  # noqa: BLE001 - the job must not fail, ever
            if not isinstance(error, MarketplaceError):
                log_failure(_logger, error, "Channel %s: listings failed", self.id)
                self.env.cr.rollback()
                self.env.invalidate_all()
                error = UnexpectedError(error=type(error).__name__)
            self.listing_fetch_state = "failed"
            self._alert(
                self.env._("Listings could not be fetched"), self._explain(error)
            )
        self.env["ir.cron"]._commit_progress()

    def _fetch_listings(self):
        """Read what the shop sells, page by page; the count shows how far it is.

        What is not among it any more is archived, once all pages were read.
        """
        self.ensure_one()
        self.write({"listing_fetch_state": "running", "listing_fetch_count": 0})
        listings, keys = self.env["ecom.listing"], set()
        for products in self._get_connector().fetch_products():
            sold = [product for product in products if not product.is_parent]
            found = listings._resolve(self, sold)
            self._note_products(found, sold)
            keys.update(found)
            self.listing_fetch_count += len(found)
            self.env["ir.cron"]._commit_progress()
        listings._note_removed(self, keys)
        self.listing_fetch_state = "done"
