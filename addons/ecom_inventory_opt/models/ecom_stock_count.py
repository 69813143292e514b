from odoo import api, fields, models

from .stock_quant import REASONS


class EcomStockCount(models.Model):
    """One count of a quant: what was expected, what was there.

    Core keeps the difference as a move; what was expected at that moment is only known
    then. Rows are made when a count is applied and never change.
    """

    _name = "ecom.stock.count"
    _description = "Stock Count"
    _order = "date desc, id desc"
    _rec_name = "product_id"

    date = fields.Datetime(required=True, readonly=True, index=True)
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, index=True, ondelete="cascade"
    )
    category_id = fields.Many2one(
        related="product_id.categ_id", string="Category", store=True
    )
    location_id = fields.Many2one(
        "stock.location", required=True, readonly=True, ondelete="cascade"
    )
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True, index=True)
    lot_id = fields.Many2one("stock.lot", readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one("res.users", string="Counted By", readonly=True)
    abc = fields.Selection(
        [("A", "A"), ("B", "B"), ("C", "C")], string="Class by Value", readonly=True
    )
    reason = fields.Selection(
        REASONS,
        string="Counted For",
        readonly=True,
        help="Empty: the count was not planned.",
    )
    expected = fields.Float(string="On Record", digits="Product Unit", readonly=True)
    counted = fields.Float(digits="Product Unit", readonly=True)
    difference = fields.Float(digits="Product Unit", readonly=True)
    absolute_difference = fields.Float(digits="Product Unit", readonly=True)
    difference_value = fields.Monetary(string="Value of Difference", readonly=True)
    absolute_value = fields.Monetary(readonly=True)
    accuracy = fields.Float(
        string="Accurate (%)",
        readonly=True,
        aggregator="avg",
        help="100 when what was there is what was expected, within the plan's "
        "tolerance; else 0. The mean is the part of records that are accurate.",
    )

    @api.model
    def _record(self, quants):
        """Note counts that are about to be applied; returns the rows."""
        quants = quants.filtered(lambda q: q.location_id.usage == "internal")
        classes = self._get_classes(quants)
        tolerances = {
            plan.warehouse_id: plan.tolerance
            for plan in self.env["ecom.count.plan"]
            # Whoever may count may not read the plans of all.
            .sudo()
            .search([("warehouse_id", "in", quants.location_id.warehouse_id.ids)])
        }
        # Nobody makes these rows by hand: only a count does.
        return self.sudo().create(
            [
                self._prepare_count(
                    quant, classes, tolerances.get(quant.location_id.warehouse_id, 0.0)
                )
                for quant in quants
            ]
        )

    @api.model
    def _get_classes(self, quants):
        """Class by value, of the open proposals: (product, warehouse) to a letter."""
        rows = (
            # A person who counts need not read proposals.
            self.env["ecom.replenishment.proposal"]
            .sudo()
            .search_fetch(
                [
                    ("state", "=", "open"),
                    ("product_id", "in", quants.product_id.ids),
                    ("warehouse_id", "in", quants.location_id.warehouse_id.ids),
                ],
                ["product_id", "warehouse_id", "abc"],
            )
        )
        return {(row.product_id, row.warehouse_id): row.abc for row in rows}

    @api.model
    def _prepare_count(self, quant, classes, tolerance):
        """Values of the row of a count. A hook.

        :param classes: of :meth:`_get_classes`; :param tolerance: percent.
        """
        warehouse = quant.location_id.warehouse_id
        company = quant.company_id or warehouse.company_id or self.env.company
        difference = quant.inventory_diff_quantity
        cost = quant.product_id.with_company(company).standard_price
        allowed = abs(quant.quantity) * tolerance / 100
        beyond = quant.product_uom_id.compare(abs(difference), allowed) > 0
        return {
            "date": fields.Datetime.now(),
            "product_id": quant.product_id.id,
            "location_id": quant.location_id.id,
            "warehouse_id": warehouse.id,
            "lot_id": quant.lot_id.id,
            "company_id": company.id,
            "user_id": self.env.user.id,
            "abc": classes.get((quant.product_id, warehouse)) or "C",
            "reason": quant.ecom_count_reason,
            "expected": quant.quantity,
            "counted": quant.quantity + difference,
            "difference": difference,
            "absolute_difference": abs(difference),
            "difference_value": difference * cost,
            "absolute_value": abs(difference) * cost,
            "accuracy": 0.0 if beyond else 100.0,
        }
