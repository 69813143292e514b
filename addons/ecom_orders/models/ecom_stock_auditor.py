import logging

from odoo import api, fields, models

from ..marketplaces.base import Capability
from ..marketplaces.errors import MarketplaceError
from .ecom_channel import UnexpectedError
from .failure_log import log_failure

_logger = logging.getLogger(__name__)

REF_BATCH = 500  # products asked for and committed at once


class EcomStockAuditor(models.AbstractModel):
    """Compares what channels show with what we believe, and corrects what differs."""

    _name = "ecom.stock.auditor"
    _description = "Comparison of published stock"

    @api.model
    def _run(self):
        """Look at every channel; compute everything again, in case a change was missed.

        A failure of one channel is a recorded fact and stops no other.
        """
        cron = self.env["ir.cron"]
        channels = self.env["ecom.channel"].search(
            [
                ("stock_sync", "=", True),
                ("state", "=", "connected"),
                ("emergency_stop", "=", False),
            ]
        )
        cron._commit_progress(remaining=len(channels))
        for channel in channels:
            self._check_guarded(channel.with_company(channel.company_id))
            if not cron._commit_progress(processed=1):
                break
        channels._request_stock_recompute()

    @api.model
    def _check_guarded(self, channel):
        try:
            if channel._can(Capability.STOCK_READ):
                self._check(channel)
        except MarketplaceError as error:
            _logger.info("Channel %s: compare: %s (%s)", channel.id, error.code, error)
            channel._record_stock_failure(error)
        except Exception as error:  # noqa: BLE001 - the job must not fail, ever
            log_failure(_logger, error, "Channel %s: comparing failed", channel.id)
            self.env.cr.rollback()
            self.env.invalidate_all()
            channel._record_stock_failure(UnexpectedError(error=type(error).__name__))
        else:
            channel.stock_last_check_at = fields.Datetime.now()

    @api.model
    def _check(self, channel):
        """Read what a channel shows of all that we ever told it."""
        connector = channel._get_connector()
        levels = self.env["ecom.listing.level"].search(
            [
                ("channel_id", "=", channel.id),
                ("pushed_at", "!=", False),
                ("submission", "=", False),
                ("listing_id.stock_publish", "=", True),
                ("listing_id.fulfilled_by_channel", "=", False),
            ]
        )
        for start in range(0, len(levels), REF_BATCH):
            batch = levels[start : start + REF_BATCH]
            refs = sorted(filter(None, set(batch.listing_id.mapped("product_ref"))))
            shown = {
                (row.product_ref, row.location_ref): row.quantity
                for page in connector.fetch_stock(refs)
                for row in page
            }
            self._compare(batch, shown)
            if not self.env["ir.cron"]._commit_progress():
                break

    @api.model
    def _compare(self, levels, shown):
        """Keep each difference as a row, and have it corrected.

        One that sales could explain is corrected when the next orders are here.

        :param shown: quantity by :meth:`~ecom.listing.level._get_ref_key`. What the
            marketplace does not list is a failed level.
        """
        now = fields.Datetime.now()
        drifts = []
        for level in levels:
            found = shown.get(level._get_ref_key())
            if found is None:
                level._set_failed("not_found")
            elif found != level.shown_quantity:
                drifts.append(
                    {
                        "level_id": level.id,
                        "believed_quantity": level.shown_quantity,
                        "found_quantity": found,
                        "correct_quantity": level.computed_quantity,
                    }
                )
                level._note_shown(found)
                due = found != level._get_target()
                level.write({"last_drift_at": now, "due": due, "due_at": due and now})
        self.env["ecom.stock.drift"].create(drifts)
