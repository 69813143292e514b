from odoo.fields import Command
from odoo.tests import tagged

from .common import SettlementCommon, fee, other, price, v1_file


@tagged("post_install", "-at_install")
class TestFeeTax(SettlementCommon):
    """Fees bear the taxes that the mapping says, and the entry stays as it was told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.abroad, cls.home = cls.env.ref("base.lu"), cls.env.ref("base.de")
        cls.channel.fee_issuer_id = cls.env["res.partner"].create(
            {"name": "Bazaar Fees", "country_id": cls.abroad.id}
        )
        cls.input_tax, cls.due_tax = cls.env["account.account"].create(
            [
                {"name": "Input tax", "code": "TX1", "account_type": "asset_current"},
                {"name": "Due", "code": "TX2", "account_type": "liability_current"},
            ]
        )
        cls.vat = cls.make_tax("VAT 19 %", [(100, cls.input_tax)])
        # Reverse charge: due and deductible at once.
        cls.reverse = cls.make_tax(
            "Reverse charge 19 %", [(100, cls.input_tax), (-100, cls.due_tax)]
        )

    @classmethod
    def make_tax(cls, name, parts):
        lines = [
            Command.create({"repartition_type": "base"}),
            *(
                Command.create({"factor_percent": factor, "account_id": account.id})
                for factor, account in parts
            ),
        ]
        return cls.env["account.tax"].create(
            {
                "name": name,
                "amount": 19,
                "type_tax_use": "purchase",
                "country_id": cls.company.account_fiscal_country_id.id,
                "invoice_repartition_line_ids": lines,
                "refund_repartition_line_ids": lines,
            }
        )

    def tax(self, taxes, **values):
        return self.env["ecom.fee.tax"].create(
            {
                "company_id": self.company.id,
                "tax_ids": [Command.set(taxes.ids)],
                **values,
            }
        )

    def book(self, total, *rows):
        self.order("1", 500)
        settlement = self.receive(
            v1_file("S1", total, [price("1", "Principal", "500.00"), *rows])
        ).settlement_ids
        settlement.action_post()
        self.assertFalse(settlement.error)
        balances = self.balances(settlement.move_ids)
        balances.pop(self.company_data["default_account_receivable"])
        balances.pop(self.account("transit"))
        return settlement, balances

    def test_reverse_charge_is_due_and_deductible_and_costs_nothing(self):
        self.tax(self.reverse, country_id=self.abroad.id)
        settlement, balances = self.book("400.00", fee("1", "Commission", "-100.00"))
        self.assertEqual(
            balances,
            {
                self.account("fee_commission"): 100,
                self.input_tax: 19,  # 100 * 19 %
                self.due_tax: -19,
            },
        )
        lines = settlement.move_ids.line_ids
        base = lines.filtered(lambda line: line.tax_ids == self.reverse)
        self.assertEqual(base.balance, 100)
        self.assertEqual(
            lines.filtered("tax_repartition_line_id").mapped("tax_base_amount"),
            [100, 100],
        )

    def test_tax_in_the_fee_is_taken_out_of_it(self):
        self.tax(self.vat, fee="commission")
        _settlement, balances = self.book(
            "371.00",
            fee("1", "Commission", "-119.00"),
            fee("1", "FBAPerUnitFulfillmentFee", "-10.00"),
        )
        self.assertEqual(
            balances,
            {
                self.account("fee_commission"): 100,  # 119 / 1.19
                self.input_tax: 19,
                self.account("fee_fulfilment"): 10,  # no row for it
            },
        )

    def test_tax_told_beside_the_fee_is_the_computed_one_and_the_rest_is_seen(self):
        self.tax(self.vat, fee="advertising")
        advertising = {
            **other("ServiceFee", ""),
            "item-related-fee-type": "Cost of Advertising",
            "item-related-fee-amount": "-100.00",
            "other-fee-amount": "-19.50",
            "other-fee-reason-description": "TaxAmount",
        }
        _settlement, balances = self.book("380.50", advertising)
        self.assertEqual(
            balances,
            {
                self.account("fee_advertising"): 100,
                self.input_tax: 19,
                self.account("fee_tax"): 0.5,  # 19.50 - 19
            },
        )

    def test_fee_that_is_given_back_gives_its_tax_back(self):
        self.tax(self.reverse)
        _settlement, balances = self.book("600.00", fee("1", "Commission", "100.00"))
        self.assertEqual(
            balances,
            {
                self.account("fee_commission"): -100,
                self.input_tax: -19,
                self.due_tax: 19,
            },
        )

    def test_most_special_row_counts(self):
        self.tax(self.vat)
        self.tax(self.reverse, country_id=self.abroad.id)
        self.tax(self.vat.browse(), channel_id=self.channel.id, fee="storage")
        taxes = self.env["ecom.fee.tax"]._get_taxes(self.channel)
        self.assertEqual(taxes["commission"], self.reverse)
        self.assertFalse(taxes["storage"])
        self.channel.fee_issuer_id.country_id = self.home
        taxes = self.env["ecom.fee.tax"]._get_taxes(self.channel)
        self.assertEqual(taxes["commission"], self.vat)

    def test_fiscal_position_of_the_issuer_decides(self):
        position = self.env["account.fiscal.position"].create(
            {"name": "Within the union", "company_id": self.company.id}
        )
        self.tax(self.reverse, fiscal_position_id=position.id)
        taxes = self.env["ecom.fee.tax"]._get_taxes(self.channel)
        self.assertFalse(taxes["commission"])
        issuer = self.channel.fee_issuer_id.with_company(self.company)
        issuer.property_account_position_id = position
        taxes = self.env["ecom.fee.tax"]._get_taxes(self.channel)
        self.assertEqual(taxes["commission"], self.reverse)

    def test_tax_that_the_channel_remits_is_left_alone(self):
        self.tax(self.reverse)
        settlement, _balances = self.book(
            "500.00",
            price("1", "Tax", "8.00"),
            price("1", "MarketplaceFacilitatorTax-Principal", "-8.00"),
        )
        self.assertFalse(settlement.move_ids.line_ids.tax_ids)

    def test_roll_back_leaves_no_tax(self):
        before = self.ledger()
        self.tax(self.reverse)
        order = self.order("1", 500)
        opened = self.ledger()
        settlement = self.receive(
            v1_file(
                "S1",
                "400.00",
                [price("1", "Principal", "500.00"), fee("1", "Commission", "-100.00")],
            )
        ).settlement_ids
        settlement.action_post()
        settlement._roll_back("wrong tax")
        self.assertEqual(self.ledger(), opened)
        self.assertNotEqual(before, opened)
        self.assertEqual(order.invoice_ids.payment_state, "not_paid")
