from odoo import api, fields, models

from .ecom_fee_rate import FEES

#: what a row may narrow down, the most special one last
CONDITIONS = ("country_id", "fiscal_position_id", "fee", "channel_id")


class EcomFeeTax(models.Model):
    """Which taxes a channel's fees bear: by fee, issuer's country, fiscal position.

    A row without taxes says that there are none. The rates are an accountant's matter:
    nothing is assumed where no row applies.
    """

    _name = "ecom.fee.tax"
    _description = "Tax on a Channel's Fees"
    _order = "company_id, channel_id, fee, country_id, id"
    _check_company_auto = True

    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    channel_id = fields.Many2one(
        "ecom.channel",
        check_company=True,
        ondelete="cascade",
        index="btree_not_null",
        help="Empty: any channel.",
    )
    fee = fields.Selection(FEES, help="Empty: any fee.")
    country_id = fields.Many2one(
        "res.country",
        string="Country of the Issuer",
        help="Of who invoices the fees, as the channel names it. Empty: any country.",
    )
    fiscal_position_id = fields.Many2one(
        "account.fiscal.position",
        check_company=True,
        help="That applies to bills of the issuer. Empty: any.",
    )
    tax_ids = fields.Many2many(
        "account.tax",
        string="Taxes",
        check_company=True,
        domain="[('type_tax_use', '=', 'purchase')]",
        help="Empty: these fees bear no tax.",
    )

    _case_uniq = models.UniqueIndex(
        "(company_id, COALESCE(channel_id, 0), COALESCE(fee, ''), "
        "COALESCE(country_id, 0), COALESCE(fiscal_position_id, 0)) WHERE active",
        "There is one row for each case.",
    )

    @api.model
    def _get_taxes(self, channel):
        """Taxes of a channel's fees by value of the fee type.

        The most special row counts: one for the channel before others, then one for
        the fee, for the fiscal position, for the country.
        """
        company, issuer = channel.company_id, channel.fee_issuer_id
        rows = self.search(
            [
                ("company_id", "=", company.id),
                ("channel_id", "in", (False, channel.id)),
                ("country_id", "in", (False, issuer.country_id.id)),
            ]
        )
        if not rows:
            return {}
        position = self.env["account.fiscal.position"].with_company(company)
        position = position._get_fiscal_position(issuer) if issuer else position
        rows = rows.filtered(
            lambda row: row.fiscal_position_id in (position, position.browse())
        )
        taxes = {}
        for fee, _name in FEES:
            found = rows.filtered(lambda row, fee=fee: row.fee in (False, fee))
            best = max(found, key=lambda row: row._get_weight(), default=self.browse())
            taxes[fee] = best.tax_ids
        return taxes

    def _get_weight(self):
        return sum(2**place for place, name in enumerate(CONDITIONS) if self[name])
