from odoo import api, models


class ProductPricelist(models.Model):
    """A sale order takes its currency from its pricelist: one for each currency."""

    _inherit = "product.pricelist"

    @api.model
    def _ecom_for_currencies(self, company, currencies, preferred):
        """Pricelists by currency for orders of a channel, created where missing.

        :param company: the channel's company.
        :param currencies: ``res.currency`` recordset.
        :param preferred: the channel's own pricelist, or empty.
        :return: dict ``currency.id -> product.pricelist``.
        """
        found = {preferred.currency_id.id: preferred} if preferred else {}
        # A shop may take any currency; switching it on and giving it a pricelist is
        # not a right of the technical user that imports, hence sudo.
        currencies.sudo().filtered(lambda c: not c.active).active = True
        candidates = self.sudo().search(
            [
                ("currency_id", "in", currencies.ids),
                ("company_id", "=", company.id),
                ("name", "=like", "Ecommerce %"),
            ]
        )
        for pricelist in candidates:
            found.setdefault(pricelist.currency_id.id, pricelist)
        missing = currencies.filtered(lambda c: c.id not in found)
        created = self.sudo().create(
            [self._ecom_prepare_for_currency(company, c) for c in missing]
        )
        for pricelist in created:
            found[pricelist.currency_id.id] = pricelist
        return {key: value.sudo(False) for key, value in found.items()}

    @api.model
    def _ecom_prepare_for_currency(self, company, currency):
        """Values of the empty pricelist that carries a currency."""
        return {
            "name": f"Ecommerce {currency.name}",
            "currency_id": currency.id,
            "company_id": company.id,
        }
