"""Settlement accounts on the charts of accounts of China, the USA and Germany.

Run in the database with optional modules (``make test LAYER=odoo``); a chart whose
module is not installed is skipped.
"""

from odoo.tests import TransactionCase, tagged

from odoo.addons.ecom_finance_recon.booking.purposes import PURPOSES

#: by country: module, chart, currency
CHARTS = {
    "CN": ("l10n_cn", "cn", "CNY"),
    "US": ("l10n_us", "generic_coa", "USD"),
    "DE": ("l10n_de", "de_skr03", "EUR"),
}


@tagged("post_install", "-at_install")
class TestCharts(TransactionCase):
    """The set-up proposes accounts by their type, so it works on every chart."""

    def set_up(self, country):
        """A channel in a company with the country's chart, set up as proposed."""
        module, chart, currency = CHARTS[country]
        if self.env["ir.module.module"]._get(module).state != "installed":
            self.skipTest(f"the addon {module} is not installed")
        company = self.env["res.company"].create(
            {
                "name": f"Shop {country}",
                "country_id": self.env.ref(f"base.{country.lower()}").id,
            }
        )
        self.env.user.company_ids |= company
        self.env = self.env(
            context={**self.env.context, "allowed_company_ids": company.ids}
        )
        self.env["account.chart.template"].try_loading(
            chart, company=company, install_demo=False
        )
        self.assertEqual(company.currency_id.name, currency)
        self.before = self.accounts(company)
        channel = self.env["ecom.channel"].create(
            {"name": "Bazaar", "provider": "file", "company_id": company.id}
        )
        setup = self.env["ecom.settlement.setup"].create(
            {"channel_id": channel.id, "currency_id": company.currency_id.id}
        )
        setup.action_apply()
        return channel

    def accounts(self, company):
        return self.env["account.account"].search([("company_ids", "in", company.ids)])

    def check(self, country):
        channel = self.set_up(country)
        rows = channel.settlement_account_ids
        self.assertEqual(set(rows.mapped("purpose")), set(PURPOSES))
        for row in rows:
            with self.subTest(purpose=row.purpose):
                purpose = PURPOSES[row.purpose]
                self.assertEqual(row.account_id.account_type, purpose.account_type)
                self.assertTrue(row.account_id.code)
                self.assertTrue(row.account_id.reconcile or not purpose.reconcile)
        codes = self.accounts(channel.company_id).mapped("code")
        self.assertEqual(len(codes), len(set(codes)))
        lengths = set(map(len, self.before.mapped("code")))
        created = rows.account_id - self.before
        self.assertLessEqual(set(map(len, created.mapped("code"))), lengths)
        self.assertEqual(channel.settlement_journal_id.company_id, channel.company_id)

    def test_chinese_chart(self):
        self.check("CN")

    def test_american_chart(self):
        self.check("US")

    def test_german_chart(self):
        self.check("DE")
