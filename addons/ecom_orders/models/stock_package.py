from odoo import fields, models


class StockPackage(models.Model):
    """A package that left with a tracking reference of its own."""

    _inherit = "stock.package"

    ecom_tracking_ref = fields.Char(
        string="Tracking Reference",
        copy=False,
        help="Where each package of a delivery has its own. Empty = the delivery's.",
    )

    def write(self, vals):
        """A reference that comes later is told the channel."""
        result = super().write(vals)
        if "ecom_tracking_ref" in vals:
            lines = self.env["stock.move.line"].search(
                [("result_package_id", "in", self.ids), ("state", "=", "done")]
            )
            lines.picking_id._ecom_tell_shipments()
        return result
