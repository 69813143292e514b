# ruff: noqa: E501 (lines are as long as providers write them)
from odoo.tests import tagged

from .common import SettlementCommon, fee, other, price, promotion, v1_file


@tagged("post_install", "-at_install")
class TestPosting(SettlementCommon):
    """One settlement is one entry, and every cent of it is explained.

    The amounts of the three examples are those of the reference of the project
    (settlements, section 5).
    """

    def amazon(self):
        """Worked example 1: pays 1,016.08 after 62.31 that were owed before."""
        rows = [
            price("701-1", "Principal", "1000.00"),
            price("701-1", "Shipping", "32.32"),
            promotion("701-1", "Shipping", "-32.32"),
            fee("701-1", "Commission", "-200.00"),
            price("701-2", "Principal", "1180.00"),
            fee("701-2", "Commission", "-149.90"),
            fee("701-2", "DigitalServicesFee", "-2.90"),
            fee("701-2", "FBAPerUnitFulfillmentFee", "-307.01"),
            price("701-3", "Principal", "-60.00", "Refund"),
            fee("701-3", "Commission", "9.63", "Refund"),
            fee("701-3", "RefundCommission", "-1.93", "Refund"),
            fee("701-3", "DigitalServicesFee", "0.29", "Refund"),
            other("FBA transportation fee", "-7.88"),
            {
                **other("ServiceFee", ""),
                "item-related-fee-type": "Cost of Advertising",
                "item-related-fee-amount": "-410.23",
                "other-fee-amount": "-49.23",
                "other-fee-reason-description": "TaxAmount",
            },
            other("Micro Deposit", "-0.01"),
            other("WAREHOUSE_DAMAGE", "15.25"),
            other("Payable to Amazon", "-62.31"),
            other("Successful charge", "62.31"),
        ]
        return v1_file("50034", "1016.08", rows)

    def test_amazon_every_account_to_the_cent(self):
        one, two = self.order("701-1", 1000), self.order("701-2", 1180)
        three = self.order("701-3", 60, invoice=False)
        note = self.credit(three, 60)
        settlement = self.receive(self.amazon()).settlement_ids
        self.assertEqual((settlement.proof, settlement.total), ("closes", 1016.08))
        self.assertEqual(settlement.matched_pct, 100)
        settlement.action_post()
        self.assertFalse(settlement.error)
        entry, payout = settlement.move_ids.sorted("id")
        receivable = self.company_data["default_account_receivable"]
        self.assertEqual(
            self.balances(entry),
            {
                self.account("clearing"): 1078.39,  # 1016.08 net + 62.31 carried over
                self.account("fee_commission"): 342.88,  # 349.90 - 9.63 + 2.90 - 0.29
                self.account("fee_refund_admin"): 1.93,
                self.account("fee_fulfilment"): 314.89,  # 307.01 + 7.88
                self.account("fee_advertising"): 410.23,
                self.account("fee_tax"): 49.23,
                self.account("suspense"): 0.01,
                receivable: -2120.0,  # 60.00 - 2,180.00
                self.account("reimbursement"): -15.25,
                self.account("transit"): -62.31,
            },
        )
        # As in the example: what is given back lessens the fee there as well.
        self.assertEqual(sum(entry.line_ids.mapped("debit")), 2257.56)
        self.assertEqual(
            self.balances(payout),
            {self.account("transit"): 1016.08, self.account("clearing"): -1016.08},
        )
        self.assertEqual((one + two).invoice_ids.mapped("payment_state"), ["paid"] * 2)
        self.assertFalse(note.amount_residual)

    def test_one_receivable_line_for_each_item_and_one_line_for_each_account(self):
        for name, amount in (("701-1", 1000), ("701-2", 1180)):
            self.order(name, amount)
        settlement = self.receive(self.amazon()).settlement_ids
        settlement.action_post()
        entry = settlement.move_ids.sorted("id")[0]
        accounts = entry.line_ids.mapped("account_id")
        receivable = self.company_data["default_account_receivable"]
        paid = entry.line_ids.filtered(lambda line: line.account_id == receivable)
        self.assertEqual(paid.mapped("credit"), [1000, 1180])
        fees = accounts.filtered(lambda account: account.account_type == "expense")
        for account in fees:
            lines = entry.line_ids.filtered(
                lambda line, a=account: line.account_id == a
            )
            self.assertEqual(len(lines), 1)

    def test_balance_owed_is_reconciled_with_the_settlement_that_takes_it_over(self):
        rows = [other("Subscription Fee", "-62.31", day="2026-02-10")]
        before = self.receive(
            v1_file("50011", "-62.31", rows, day="2026-02-15", start="2026-02-01")
        ).settlement_ids
        before.action_post()
        net = before.move_ids.line_ids.filtered("ecom_settlement_role")
        self.assertEqual((net.balance, net.reconciled), (-62.31, False))
        settlement = self.receive(self.amazon()).settlement_ids
        settlement.action_post()
        self.assertTrue(net.reconciled)

    def shopify(self, currency):
        """Worked example 2: a payout with two sales in another currency."""
        head = (
            "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,"
            "Payout Date,Payout ID,Available On,Amount,Fee,Net,Checkout,"
            "Payment Method Name,Presentment Amount,Presentment Currency,Currency,VAT"
        )
        ours = self.company.currency_id.name
        sales = [
            ("#3439", "988.21", "40.00", "1010.40", currency.name),
            ("#3438", "893.73", "38.75", "913.80", currency.name),
            ("#3437", "857.93", "35.00", "857.93", ours),
            ("#3436", "870.00", "35.00", "870.00", ours),
            ("#3435", "1153.50", "40.00", "1153.50", ours),
        ]
        rows = [
            f"2026-03-10 12:00:00 +0000,charge,{order},visa,online,paid,2026-03-12,"
            f"148156,2026-03-12,{amount},{fee},{float(amount) - float(fee):.2f},,card,"
            f"{shown},{shown_in},{ours},0.00"
            for order, amount, fee, shown, shown_in in sales
        ]
        rows.append(
            "2026-03-10 12:00:00 +0000,refund,#3426,visa,online,paid,2026-03-12,148156,"
            f"2026-03-12,-1598.70,0.00,-1598.70,,card,1598.70,{ours},{ours},0.00"
        )
        return "\n".join([head, *rows]).encode()

    def test_shopify_payout_with_sales_in_another_currency(self):
        other_currency = self.setup_other_currency(
            "EUR", rates=[("2016-01-01", 1.0228)]
        )
        orders = self.order("3439", 1010.40, other_currency)
        orders += self.order("3438", 913.80, other_currency)
        orders += self.order("3437", 857.93)
        orders += self.order("3436", 870.00)
        orders += self.order("3435", 1153.50)
        note = self.credit(self.order("3426", 1598.70, invoice=False), 1598.70)
        settlement = self.receive(self.shopify(other_currency)).settlement_ids
        self.assertEqual((settlement.total, settlement.matched_pct), (2975.92, 100))
        settlement.action_post()
        self.assertFalse(settlement.error)
        receivable = self.company_data["default_account_receivable"]
        self.assertEqual(
            self.balances(settlement.move_ids),
            {
                self.account("transit"): 2975.92,
                self.account("fee_payment"): 188.75,
                receivable: -3164.67,  # 1,598.70 - 4,763.37
            },
        )
        foreign = settlement.move_ids.line_ids.filtered(
            lambda line: line.currency_id == other_currency
        )
        self.assertEqual(
            sorted(foreign.mapped(lambda line: (line.amount_currency, line.balance))),
            [(-1010.40, -988.21), (-913.80, -893.73)],
        )
        invoices = orders.invoice_ids
        self.assertEqual(invoices.mapped("payment_state"), ["paid"] * 5)
        self.assertFalse(note.amount_residual)

    def alipay(self):
        """Worked example 3: movements of a wallet that ends at 7.81."""
        return """#支付宝账务明细查询
#账号：[20880000000000010156]
#起始日期：[2026年03月01日 00:00:00]   终止日期：[2026年03月02日 00:00:00]
#-------------账务明细列表-------------
账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注
1001\t,B1\t,A-1\t,红茶,2026-03-01 10:00:05,a@example.com,189.00,0.00,189.00,支付宝,在线支付,
1002\t,B1\t,A-1\t,红茶,2026-03-01 10:00:05,,0.00,-1.13,187.87,支付宝,收费,
1003\t,B2\t,B-1\t,绿茶,2026-03-01 11:00:05,b@example.com,60.00,0.00,247.87,支付宝,在线支付,
1004\t,B2\t,B-1\t,绿茶,2026-03-01 11:00:05,,0.00,-0.36,247.51,支付宝,收费,
1005\t,B3\t,A-1\t,红茶,2026-03-01 18:00:00,,0.00,-50.00,197.51,支付宝,交易退款,
1006\t,B3\t,A-1\t,红茶,2026-03-01 18:00:00,,0.30,0.00,197.81,支付宝,退费,
1007\t,B4\t,\t,,2026-03-01 20:00:00,,0.00,-190.00,7.81,支付宝,提现,
#-------------账务明细列表结束-------------
#支出合计：4笔，共-241.49元
#收入合计：3笔，共249.30元
#导出时间：[2026年03月02日 05:46:49]
""".encode("gb18030")

    def test_alipay_wallet_ends_at_the_balance_of_the_bill(self):
        yuan = self.setup_other_currency("CNY", rates=[("2016-01-01", 1.0)])
        self.set_up(yuan)
        # The buyer's red packet of 5.00 is the platform's: 199.00 - 10.00 = 189.00.
        first, second = self.order("A-1", 189, yuan), self.order("B-1", 60, yuan)
        note = self.credit(first, 50)
        settlement = self.receive(self.alipay()).settlement_ids
        settlement.action_post()
        self.assertFalse(settlement.error)
        receivable = self.company_data["default_account_receivable"]
        self.assertEqual(
            self.balances(settlement.move_ids),
            {
                self.account("wallet", yuan): 7.81,
                self.account("transit", yuan): 190.00,
                self.account("fee_payment", yuan): 1.19,  # 1.13 + 0.36 - 0.30
                receivable: -199.00,  # 50.00 - 189.00 - 60.00
            },
        )
        self.assertEqual(settlement.closing, 7.81)
        paid = first.invoice_ids.filtered(lambda move: move != note)
        paid += second.invoice_ids
        self.assertEqual(paid.mapped("payment_state"), ["paid"] * 2)
        self.assertFalse(note.amount_residual)

    def test_roll_back_leaves_the_books_as_they_were(self):
        self.order("701-1", 1000)
        self.order("701-2", 1180)
        settlement = self.receive(self.amazon()).settlement_ids
        before = self.ledger()
        settlement.action_post()
        self.assertNotEqual(self.ledger(), before)
        action = settlement.action_roll_back()
        self.env["ecom.settlement.roll.back"].with_context(**action["context"]).create(
            {"reason": "Wrong month"}
        ).action_confirm()
        self.assertEqual(self.ledger(), before)
        self.assertEqual(settlement.state, "draft")
        self.assertEqual(set(settlement.move_ids.mapped("state")), {"cancel"})
        self.assertIn("Wrong month", settlement.message_ids[0].body)
        settlement.action_post()
        self.assertEqual((settlement.state, settlement.error), ("posted", False))

    def test_settlement_of_two_months_is_an_entry_in_each(self):
        self.channel.settlement_by_month = True
        self.order("1", 100), self.order("2", 50)
        rows = [
            price("1", "Principal", "100.00", day="2026-02-25"),
            fee("1", "Commission", "-15.00", day="2026-02-25"),
            price("2", "Principal", "50.00", day="2026-03-03"),
        ]
        content = v1_file("M1", "135.00", rows, day="2026-03-04", start="2026-02-20")
        settlement = self.receive(content).settlement_ids
        settlement.action_post()
        february, march, payout = settlement.move_ids.sorted("id")
        clearing = self.account("clearing")
        self.assertEqual(str(february.date), "2026-02-28")
        self.assertEqual(self.balances(february)[clearing], 85.00)  # 100 - 15
        self.assertEqual(str(march.date), "2026-03-04")
        self.assertEqual(self.balances(march)[clearing], 50.00)
        self.assertEqual(self.balances(payout)[clearing], -135.00)
        carried = settlement.move_ids.line_ids.filtered(
            lambda line: line.account_id == clearing
        )
        self.assertEqual(set(carried.mapped("reconciled")), {True})

    def test_tax_that_the_channel_remits_comes_in_and_goes_out(self):
        self.order("1", 100)
        rows = [
            price("1", "Principal", "100.00"),
            price("1", "Tax", "8.00"),
            price("1", "MarketplaceFacilitatorTax-Principal", "-8.00"),
        ]
        settlement = self.receive(v1_file("T1", "100.00", rows)).settlement_ids
        settlement.action_post()
        account = self.account("channel_tax")
        lines = settlement.move_ids.line_ids.filtered(
            lambda line: line.account_id == account
        )
        self.assertFalse(sum(lines.mapped("balance")))

    def test_cents_off_are_rounding_up_to_the_limit(self):
        self.order("1", 100), self.order("2", 100)
        self.channel.settlement_rounding_limit = 0.03
        rows = [
            price("1", "Principal", "99.98"),
            price("2", "Principal", "99.98"),
        ]
        settlement = self.receive(v1_file("R1", "199.96", rows)).settlement_ids
        settlement.action_post()
        rounding = self.account("rounding")
        self.assertEqual(self.balances(settlement.move_ids)[rounding], 0.02)
        invoices = self.channel_invoices()
        self.assertEqual(sorted(invoices.mapped("amount_residual")), [0, 0.02])

    def channel_invoices(self):
        return (
            self.env["sale.order"]
            .search([("ecom_channel_id", "=", self.channel.id)])
            .invoice_ids
        )
