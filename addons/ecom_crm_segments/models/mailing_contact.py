from odoo import api, fields, models


class MailingContact(models.Model):
    """What a mailing may say to each of its contacts."""

    _inherit = "mailing.contact"

    ecom_next_product_names = fields.Char(
        string="Next Products",
        compute="_compute_ecom_next_product_names",
        groups="ecom_crm_segments.group_user",
        help="What the customer with this address may want next, for the text of a "
        "mailing. Empty for those who do not want to be profiled.",
    )

    @api.depends_context("company")
    @api.depends("email_normalized")
    def _compute_ecom_next_product_names(self):
        partners = self._get_ecom_partners()
        owners = {partner.commercial_partner_id for partner in partners.values()}
        proposals = self.env["ecom.next.product.weight"]._propose(
            self.env.company, [owner.id for owner in owners]
        )
        for contact in self:
            partner = partners.get(contact.email_normalized)
            ids = partner and proposals.get(partner.commercial_partner_id.id)
            contact.ecom_next_product_names = ", ".join(
                self.env["product.product"]
                .with_context(lang=partner.lang)
                .browse(ids)
                .mapped("name")
                if ids
                else []
            )

    def _get_ecom_partners(self):
        """The contact with each address; of several the one that was there first."""
        emails = list(filter(None, self.mapped("email_normalized")))
        partners = self.env["res.partner"].search(
            [("email_normalized", "in", emails)], order="id desc"
        )
        return {partner.email_normalized: partner for partner in partners}
