from odoo import api, models

from ..marketplaces.lifecycle import Step
from .ecom_routing_router import HELD
from .order_plan import Hold


class EcomOrderImporter(models.AbstractModel):
    """Looks up the sites that the shop assigned to lines."""

    _inherit = "ecom.order.importer"

    @api.model
    def _prepare_batch(self, channel, externals, existing):
        batch = super()._prepare_batch(channel, externals, existing)
        refs = {line.location_ref for order in externals for line in order.lines} - {""}
        if refs:
            locations = self.env["ecom.location"].search(
                [("channel_id", "=", channel.id), ("ref", "in", list(refs))]
            )
            batch.locations = {location.ref: location for location in locations}
        return batch

    @api.model
    def _write_orders(self, batch, plans, messages):
        """Where a line lies is no change of what was ordered; it counts until then."""
        result = super()._write_orders(batch, plans, messages)
        for external_id, plan in plans.items():
            order = batch.orders[external_id]
            if batch.locations and order.state in ("draft", "sent"):
                self._update_locations(order, plan)
        return result

    @api.model
    def _update_locations(self, order, plan):
        wanted = {line.key: line.values.get("ecom_location_id") for line in plan.lines}
        for line in order.order_line:
            location_id = wanted.get(line.ecom_line_key)
            if location_id and line.ecom_location_id.id != location_id:
                line.ecom_location_id = location_id


class EcomOrderPlanner(models.AbstractModel):
    """A line of a site ships from the site's warehouse."""

    _inherit = "ecom.order.planner"

    @api.model
    def _prepare_line(self, batch, priced, product, multiplier, taxes, currency):
        plan = super()._prepare_line(
            batch, priced, product, multiplier, taxes, currency
        )
        location = batch.locations.get(priced.line.location_ref)
        if location:
            plan.values["ecom_location_id"] = location.id
        return plan


class EcomOrderSettler(models.AbstractModel):
    """An order that waits for a warehouse keeps its reason until one can ship it."""

    _inherit = "ecom.order.settler"

    @api.model
    def _decide(self, channel, order, plan, released):
        step = super()._decide(channel, order, plan, released)
        if step is Step.CONFIRM:
            waiting = order._get_open_holds().filtered(lambda one: one.reason == HELD)
            plan.holds += [
                Hold(HELD, details=block.reason_details or {}) for block in waiting
            ]
        return step


class EcomStockDirty(models.Model):
    _inherit = "ecom.stock.dirty"

    @api.model
    def _write_pending(self):
        """Stock has changed: whoever waits for a warehouse is tried again."""
        result = super()._write_pending()
        # Whoever moves stock wakes the job, whatever may be done in this addon.
        blocks = self.env["ecom.order.block"].sudo()
        router = self.env["ecom.routing.router"].sudo()
        if blocks.search_count(router._get_waiting_domain(), limit=1):
            router._wake()
        return result
