from odoo import fields, models


class EcomBuyer(models.Model):
    """Who a buyer of a channel is in Odoo: the identity that was matched once.

    The key is what the marketplace lets us know a person by, strongest first: its own
    account number, the e-mail address, the address itself. Masked data is never a key.
    """

    _name = "ecom.buyer"
    _description = "Buyer of a channel"
    _rec_name = "key"
    _order = "id desc"

    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    key = fields.Char(
        string="Buyer Identity",
        required=True,
        help="How the channel identifies the buyer: id:…, email:… or address:…",
    )
    partner_id = fields.Many2one(
        "res.partner", string="Contact", required=True, ondelete="cascade", index=True
    )

    _key_uniq = models.Constraint(
        "UNIQUE(channel_id, key)", "A buyer is known to a channel only once."
    )
