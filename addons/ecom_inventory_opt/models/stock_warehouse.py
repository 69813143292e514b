from odoo import fields, models


class StockWarehouse(models.Model):
    """Which warehouses are planned, and which of them give stock to others."""

    _inherit = "stock.warehouse"

    ecom_replenishment = fields.Selection(
        [
            ("full", "Planned, gives surplus to other warehouses"),
            ("keep", "Planned, keeps its stock"),
            ("none", "Left out"),
        ],
        string="Replenishment Planning",
        default="full",
        required=True,
        help="Goods that lie with a marketplace or a logistics provider cannot easily "
        "be fetched back: such a warehouse keeps its stock. Left out: nothing is "
        "proposed for it, neither purchases nor transfers.",
    )
