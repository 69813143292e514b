from odoo import models


class BasePartnerMerge(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Figures of merged contacts are summed up again from their orders."""
        result = super()._merge(partner_ids, dst_partner, extra_checks)
        left = self.env["res.partner"].browse(partner_ids).exists()
        self.env["ecom.customer.dirty"]._mark(left.ids)
        return result
