from odoo import api, models
from odoo.fields import Command


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        self._allow_segment_jobs()
        return companies

    @api.model
    def _allow_segment_jobs(self):
        """Let the user that jobs run as see all companies: it serves them all."""
        user = self.env.ref("ecom_crm_segments.user_technical", False)
        if not user:
            return
        # Whoever makes a company may not edit users.
        user = user.sudo()
        missing = self.sudo().search([("id", "not in", user.company_ids.ids)])
        if missing:
            user.company_ids = [Command.link(company.id) for company in missing]
