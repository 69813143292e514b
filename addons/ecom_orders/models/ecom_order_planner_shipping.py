from odoo import api, models

from .order_plan import Hold


class EcomOrderImporter(models.AbstractModel):
    """Looks up the shipping methods of a batch."""

    _inherit = "ecom.order.importer"

    @api.model
    def _prepare_batch(self, channel, externals, existing):
        batch = super()._prepare_batch(channel, externals, existing)
        batch.methods = self.env["ecom.shipping.method"]._resolve(channel, externals)
        return batch


class EcomOrderPlanner(models.AbstractModel):
    """What an order says about its delivery, and the buyer's wish to call it off."""

    _inherit = "ecom.order.planner"

    @api.model
    def _prepare_order_values(self, batch, external, priced, currency):
        values = super()._prepare_order_values(batch, external, priced, currency)
        method = self._get_shipping_method(batch, external)
        values["ecom_shipping_method_id"] = method.id
        if method.carrier_id and external.external_id not in batch.orders:
            values["carrier_id"] = method.carrier_id.id
        return values

    @api.model
    def _get_shipping_method(self, batch, external):
        methods = self.env["ecom.shipping.method"]
        code, _title = methods._get_method(external) or ("", "")
        return batch.methods.get(code, methods)

    @api.model
    def _prepare_line(self, batch, priced, product, multiplier, taxes, currency):
        plan = super()._prepare_line(
            batch, priced, product, multiplier, taxes, currency
        )
        plan.values["ecom_multiplier"] = float(multiplier)
        return plan

    @api.model
    def _prepare_notices(self, batch, external):
        holds = super()._prepare_notices(batch, external)
        if external.cancel_requested and not external.status.is_dead:
            holds.append(Hold("cancel_requested", holding=False))
        return holds
