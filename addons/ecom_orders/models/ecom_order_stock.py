from collections import defaultdict

from odoo import api, models

from ..marketplaces.base import Capability
from ..marketplaces.schema import LineKind
from .order_plan import naive


class EcomOrderImporter(models.AbstractModel):
    _inherit = "ecom.order.importer"

    @api.model
    def _write_orders(self, batch, plans, messages):
        """Remember what was new: a sale changes what the marketplace shows."""
        new = [plan.external for key, plan in plans.items() if key not in batch.orders]
        result = super()._write_orders(batch, plans, messages)
        self._flag_fulfilled_by_channel(batch, plans)
        if batch.channel.stock_sync:
            self._count_down(batch, new)
        return result

    @api.model
    def _flag_fulfilled_by_channel(self, batch, plans):
        """What the marketplace ships from its own warehouse is never written by us."""
        listings = self.env["ecom.listing"]
        theirs = listings.union(
            *(
                batch.listings[listings._key_of(line)]
                for plan in plans.values()
                if plan.external.fulfilled_by_channel
                for line in plan.external.lines
                if line.kind is LineKind.PRODUCT
            )
        )
        theirs.filtered(lambda listing: not listing.fulfilled_by_channel).write(
            {"fulfilled_by_channel": True}
        )

    @api.model
    def _count_down(self, batch, externals):
        """Account for new sales in what we believe that the marketplace shows.

        A sale since it was last told or read lowers what is shown; one from before
        explains what was found missing then. The first is only believed where the
        marketplace makes sure of it before it writes; elsewhere a wrong belief would
        not be noticed before the daily comparison.
        """
        listings = self.env["ecom.listing"]
        sold = defaultdict(list)
        for external in externals:
            for line in external.lines:
                if line.kind is LineKind.PRODUCT and line.quantity > 0:
                    listing = batch.listings[listings._key_of(line)]
                    sold[listing.id, line.location_ref].append((external, line))
        if not sold:
            return
        levels = self.env["ecom.listing.level"].search(
            [
                ("listing_id", "in", [listing_id for listing_id, _ref in sold]),
                ("pushed_at", "!=", False),
            ]
        )
        compare = batch.channel._can(Capability.STOCK_COMPARE)
        for level in levels:
            known_at = max(level.pushed_at, level.unseen_at or level.pushed_at)
            since, before = 0, 0
            for external, line in sold[
                level.listing_id.id, level.location_id.ref or ""
            ]:
                if naive(external.created_at) > known_at:
                    since += int(line.quantity)
                else:
                    before += int(line.quantity)
            values = {}
            if before and level.unseen_quantity:
                values["unseen_quantity"] = max(0, level.unseen_quantity - before)
            if since and compare:
                values["shown_quantity"] = max(0, level.shown_quantity - since)
            level.write(values)
