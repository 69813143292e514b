from odoo import fields, models


class EcomCampaignMember(models.Model):
    """A contact of a campaign: addressed, or held out to compare with."""

    _name = "ecom.campaign.member"
    _figures_of_contact = True  # no reason to keep a contact from being erased
    _description = "Member of a campaign"
    _log_access = False
    _rec_name = "partner_id"

    campaign_id = fields.Many2one(
        "ecom.campaign", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    email = fields.Char(related="partner_id.email")
    held_out = fields.Boolean(readonly=True)

    _campaign_partner_uniq = models.Constraint(
        "UNIQUE(campaign_id, partner_id)", "A contact is in a campaign once."
    )
