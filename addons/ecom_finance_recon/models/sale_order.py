from odoo import fields, models


class SaleOrder(models.Model):
    """An order of a channel: what it earned."""

    _inherit = "sale.order"

    ecom_contribution = fields.Monetary(
        string="Contribution",
        compute="_compute_ecom_contribution",
        currency_field="ecom_company_currency_id",
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    ecom_margin = fields.Float(
        string="Margin (%)",
        compute="_compute_ecom_contribution",
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    ecom_has_profit = fields.Boolean(
        compute="_compute_ecom_contribution",
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    ecom_company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )

    def _compute_ecom_contribution(self):
        rows = self.env["ecom.order.profit"].search([("order_id", "in", self.ids)])
        found = {row.order_id: row for row in rows}
        for order in self:
            row = found.get(order)
            order.ecom_contribution = row.contribution if row else 0.0
            order.ecom_has_profit = bool(row)
            order.ecom_margin = row.margin if row else 0.0

    def action_ecom_view_profit(self):
        """What makes up the contribution of this order."""
        self.ensure_one()
        return self._get_profit_action()

    def _get_profit_action(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_finance_recon.ecom_profit_movement_action"
        )
        return {
            **action,
            "domain": [("order_id", "in", self.ids), ("is_replaced", "=", False)],
            "context": {"search_default_by_component": 1},
            "views": [(False, "list"), (False, "pivot"), (False, "graph")],
        }
