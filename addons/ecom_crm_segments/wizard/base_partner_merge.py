from odoo import api, models


class BasePartnerMerge(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Figures of merged contacts are summed up again from their orders."""
        partners = self.env["res.partner"].browse(partner_ids).exists()
        refused = self._get_refusals(partners)
        result = super()._merge(partner_ids, dst_partner, extra_checks)
        left = partners.exists()
        if refused:
            left.write(refused)
        self.env["ecom.customer.dirty"]._mark(left.ids)
        return result

    @api.model
    def _get_refusals(self, partners):
        """What one of the contacts refused: it holds for what they become."""
        refused = {
            name: "refused"
            for name in ("ecom_mail_consent", "ecom_ads_consent")
            if "refused" in partners.mapped(name)
        }
        if any(partners.mapped("ecom_profiling_off")):
            refused["ecom_profiling_off"] = True
        return refused
