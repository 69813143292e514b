from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    ecom_customer_ids = fields.One2many(
        "ecom.customer", "partner_id", string="Customer Figures", readonly=True
    )
    ecom_customer_id = fields.Many2one(
        "ecom.customer",
        string="Figures in This Company",
        compute="_compute_ecom_customer_id",
    )
    ecom_membership_ids = fields.One2many(
        "ecom.segment.membership", "partner_id", string="Segments", readonly=True
    )
    ecom_identity_id = fields.Many2one(
        "ecom.identity",
        string="Person",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    ecom_identity_partner_ids = fields.One2many(
        related="ecom_identity_id.partner_ids", string="Contacts of the Same Person"
    )

    @api.depends_context("company")
    @api.depends("ecom_customer_ids", "commercial_partner_id")
    def _compute_ecom_customer_id(self):
        customers = self.env["ecom.customer"].search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.id),
            ]
        )
        by_partner = {customer.partner_id.id: customer for customer in customers}
        for partner in self:
            partner.ecom_customer_id = by_partner.get(partner.commercial_partner_id.id)

    def write(self, vals):
        if not {"parent_id", "is_company"} & vals.keys():
            return super().write(vals)
        # Orders go with a contact to its new company.
        dirty = self.env["ecom.customer.dirty"]
        dirty._mark(self.commercial_partner_id.ids)
        result = super().write(vals)
        dirty._mark(self.commercial_partner_id.ids)
        return result
