from odoo import fields, models

#: why a plan wants a count
REASONS = [
    ("negative", "Negative stock"),
    ("corrected", "Often corrected"),
    ("still", "Not moved for long"),
    ("class", "Turn of its class"),
]


class StockQuant(models.Model):
    """Knows the day and the reason that a cycle count plan has set, and notes what was
    expected when it is counted."""

    _inherit = "stock.quant"

    ecom_count_date = fields.Date(
        string="Day of the Count Plan", readonly=True, copy=False
    )
    ecom_count_reason = fields.Selection(
        REASONS, string="Counted For", readonly=True, copy=False
    )

    def _apply_inventory(self, date=None):
        # The difference is only kept up to date while a quantity is set: as core does.
        self.inventory_quantity_set = True
        counted = self
        if self.env.context.get("from_inverse_qty"):
            counted = self.filtered(
                lambda q: not q.product_uom_id.is_zero(q.inventory_diff_quantity)
            )
        self.env["ecom.stock.count"]._record(counted)
        result = super()._apply_inventory(date)
        planned = self.exists().filtered("ecom_count_date")
        planned.write({"ecom_count_date": False, "ecom_count_reason": False})
        return result
