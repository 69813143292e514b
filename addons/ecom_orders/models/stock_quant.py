from odoo import api, models


class StockQuant(models.Model):
    """Reservations of a batch are added up before the move lines are created."""

    _inherit = "stock.quant"

    @api.model
    def _update_reserved_quantity(
        self,
        product_id,
        location_id,
        quantity,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=True,
    ):
        """Nothing more to do for lines of ``stock.move._ecom_reserve``."""
        if self.env.context.get("ecom_is_reserved"):
            return None
        return super()._update_reserved_quantity(
            product_id,
            location_id,
            quantity,
            lot_id=lot_id,
            package_id=package_id,
            owner_id=owner_id,
            strict=strict,
        )
