from odoo import fields, models


class EcomStockAlert(models.Model):
    """Something about stock that a person has to know, once.

    There is one alert for a cause (kind, product, warehouse, order line) as long as the
    cause lasts: it is renewed, and when a person has dismissed it, it stays dismissed.
    When the cause is gone the alert ends; if it comes back, that is a new alert.
    """

    _name = "ecom.stock.alert"
    _description = "Stock Alert"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "money desc, id"
    _rec_name = "product_id"
    _check_company_auto = True

    kind = fields.Selection(
        [
            ("stockout", "Stock-out risk"),
            ("late", "Late purchase"),
            ("overstock", "Overstock"),
            ("dead", "Dead stock"),
            ("break", "Demand has changed"),
        ],
        required=True,
        readonly=True,
    )
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, index=True, ondelete="cascade"
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    purchase_line_id = fields.Many2one(
        "purchase.order.line", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    purchase_id = fields.Many2one(related="purchase_line_id.order_id")
    state = fields.Selection(
        [("open", "Open"), ("dismissed", "Dismissed"), ("ended", "Ended")],
        default="open",
        required=True,
        readonly=True,
        tracking=True,
    )
    date = fields.Date(
        readonly=True, help="When stock runs out, or when the goods were promised."
    )
    probability = fields.Float(
        string="Probability (%)", readonly=True, aggregator="avg"
    )
    quantity = fields.Float(digits="Product Unit", readonly=True)
    money = fields.Monetary(
        readonly=True, help="Sales at risk, or money that is tied up in stock."
    )
    message = fields.Text(readonly=True)

    _cause_uniq = models.UniqueIndex(
        "(kind, product_id, warehouse_id, COALESCE(purchase_line_id, 0))"
        " WHERE state IN ('open', 'dismissed')",
        "There is one alert for each cause.",
    )

    def action_dismiss(self):
        """Known: do not tell again while the cause lasts."""
        some = self.filtered(lambda alert: alert.state == "open")
        some.write({"state": "dismissed"})
        some.activity_unlink(["mail.mail_activity_data_warning"])
        return True

    def action_view_waiting(self):
        """The customers' order lines that the late order will cover."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ecom_inventory_opt.ecom_order_coverage_action"
        )
        lines = [("purchase_line_id", "=", self.purchase_line_id.id)]
        return {**action, "domain": lines, "context": {}}

    def action_open_proposal(self):
        """The open proposal of the product in this warehouse."""
        self.ensure_one()
        proposal = self.env["ecom.replenishment.proposal"].search(
            [
                ("product_id", "=", self.product_id.id),
                ("warehouse_id", "=", self.warehouse_id.id),
                ("state", "=", "open"),
            ]
        )
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ecom_inventory_opt.ecom_replenishment_proposal_action"
        )
        if proposal:
            action.update(res_id=proposal.id, views=[(False, "form")])
        return action
