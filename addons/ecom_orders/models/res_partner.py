from odoo import fields, models


class ResPartner(models.Model):
    """Addresses that came from a channel are found again by their digest."""

    _inherit = "res.partner"

    ecom_address_digest = fields.Char(
        string="Address Fingerprint",
        index="btree_not_null",
        copy=False,
        readonly=True,
        groups="ecom_orders.group_user",
        help="Fingerprint of the address as a channel wrote it.",
    )
