"""Baskets and quotations that wait for the customer."""

from odoo import api, fields, models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    ecom_open_quotation_count = fields.Integer(
        string="Open Quotations",
        compute="_compute_ecom_open_quotations",
        groups="ecom_crm_segments.group_user",
        help="Baskets and quotations that are neither confirmed nor cancelled.",
    )
    ecom_open_quotation_amount = fields.Monetary(
        string="Open Amount",
        compute="_compute_ecom_open_quotations",
        groups="ecom_crm_segments.group_user",
        help="What they come to without taxes, in the company's currency.",
    )

    @api.depends_context("company")
    @api.depends("commercial_partner_id")
    def _compute_ecom_open_quotations(self):
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.commercial_partner_id,
                       count(*),
                       sum(o.amount_untaxed / COALESCE(NULLIF(o.currency_rate, 0), 1))
                  FROM sale_order o
                  JOIN res_partner p ON p.id = o.partner_id
                 WHERE o.state IN ('draft', 'sent') AND o.company_id = %s
                   AND p.commercial_partner_id = ANY(%s)
                 GROUP BY p.commercial_partner_id
                """,
                self.env.company.id,
                self.commercial_partner_id.ids,
            )
        )
        found = {partner_id: figures for partner_id, *figures in rows}
        for partner in self:
            count, amount = found.get(partner.commercial_partner_id.id, (0, 0))
            partner.ecom_open_quotation_count = count
            partner.ecom_open_quotation_amount = amount

    def action_view_open_quotations(self):
        """Open the baskets and quotations that wait for the customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open Quotations"),
            "res_model": "sale.order",
            "view_mode": "list,form",
            "domain": [
                (
                    "partner_id.commercial_partner_id",
                    "=",
                    self.commercial_partner_id.id,
                ),
                ("company_id", "=", self.env.company.id),
                ("state", "in", ("draft", "sent")),
            ],
        }
