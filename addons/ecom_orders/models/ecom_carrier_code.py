from odoo import api, fields, models


class EcomCarrierCode(models.Model):
    """What a channel calls a carrier of Odoo."""

    _name = "ecom.carrier.code"
    _description = "Carrier of a channel"
    _order = "channel_id, carrier_id"
    _check_company_auto = True

    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    carrier_id = fields.Many2one(
        "delivery.carrier", required=True, ondelete="cascade", check_company=True
    )
    code = fields.Char(
        string="Carrier Code",
        required=True,
        help="The channel's code of the carrier, as its list names it.",
    )
    name = fields.Char(
        string="Name Shown to the Buyer", help="Empty = the carrier's name in Odoo."
    )

    _carrier_uniq = models.Constraint(
        "UNIQUE(channel_id, carrier_id)", "A channel has one code for each carrier."
    )

    @api.depends("carrier_id", "code")
    def _compute_display_name(self):
        for record in self:
            record.display_name = f"{record.carrier_id.name} → {record.code}"

    @api.model
    def _get_codes(self, channels):
        """The codes of some channels, in one query.

        :return: dict ``(channel id, carrier id) -> ecom.carrier.code``.
        """
        codes = self.search_fetch(
            [("channel_id", "in", channels.ids)],
            ["channel_id", "carrier_id", "code", "name"],
        )
        return {(c.channel_id.id, c.carrier_id.id): c for c in codes}
