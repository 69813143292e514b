from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from .common import SettlementCommon, fee, price, v1_file


@tagged("post_install", "-at_install")
class TestAlert(SettlementCommon):
    """What is odd is told to a person, once."""

    TODAY = "2026-04-30"

    def setUp(self):
        super().setUp()
        freezer = freeze_time(f"{self.TODAY} 12:00:00")
        freezer.start()
        self.addCleanup(freezer.stop)

    def settle(self, name, *rows, **values):
        total = sum(
            float(row.get("price-amount") or 0)
            + float(row.get("item-related-fee-amount") or 0)
            for row in rows
        )
        return self.receive(
            v1_file(name, f"{total:.2f}", rows, **values)
        ).settlement_ids

    def check(self):
        """Run the job's work as its user, who has the least rights."""
        self.env.flush_all()
        technical = self.env.ref("ecom_orders.user_technical")
        technical.company_ids |= self.company
        channel = self.channel.with_user(technical).with_company(self.company)
        found = channel.env["ecom.finance.alert"]._check(channel)
        return found.with_env(self.env)

    def alerts(self, rule):
        return self.env["ecom.finance.alert"].search(
            [("channel_id", "=", self.channel.id), ("rule", "=", rule)]
        )

    def test_order_with_a_loss_is_an_activity_of_the_responsible(self):
        order = self.order("1", 100, date_order="2026-03-05")
        self.settle(
            "S1",
            price("1", "Principal", "100.00"),
            fee("1", "Commission", "-60.00"),
            fee("1", "FBAPerUnitFulfillmentFee", "-45.00"),
        )
        self.check()
        alert = self.alerts("negative_margin")
        self.assertRecordValues(alert, [{"order_id": order.id, "amount": -5}])
        self.assertEqual(alert.activity_ids.user_id, self.channel.user_id)
        self.assertIn(order.name, alert.activity_ids.summary)

    def test_payout_that_the_bank_does_not_have_after_a_week(self):
        self.order("1", 100, date_order="2026-03-05")
        settlement = self.settle("S1", price("1", "Principal", "100.00"))
        settlement.action_post()
        self.check()
        self.assertRecordValues(
            self.alerts("payout_late"),
            [{"settlement_id": settlement.id, "amount": 100, "state": "open"}],
        )

    def test_fee_that_takes_more_than_before(self):
        for number, commission in enumerate((10, 10, 10, 15), 1):
            order = f"{number}00"
            self.order(order, 100, date_order=f"2026-0{number}-05")
            drifted = self.settle(
                f"S{number}",
                price(order, "Principal", "100.00"),
                fee(order, "Commission", f"-{commission}.00"),
                day=f"2026-0{number}-28",
                start=f"2026-0{number}-01",
            )
        self.check()
        alert = self.alerts("fee_drift")
        self.assertEqual((alert.settlement_id, alert.amount), (drifted, 5))  # 15 - 10
        self.assertEqual(alert.evidence["fee"], "commission")

    def test_fee_of_an_order_is_not_the_rate_of_its_category(self):
        books = self.env["product.category"].create({"name": "Books"})
        novels = books.create({"name": "Novels", "parent_id": books.id})
        self.channel.fee_rate_ids = [
            (0, 0, {"name": "Any", "percent": 15, "fee": "commission"}),
            (
                0,
                0,
                {
                    "name": "Books",
                    "percent": 8,
                    "fee": "commission",
                    "categ_id": books.id,
                },
            ),
        ]
        self.service.categ_id = novels
        wrong = self.order("1", 100, date_order="2026-03-05")
        self.order("2", 100, date_order="2026-03-05")
        settlement = self.settle(
            "S1",
            price("1", "Principal", "100.00"),
            fee("1", "Commission", "-15.00"),
            price("2", "Principal", "100.00"),
            fee("2", "Commission", "-8.00"),
            fee("2", "FBAPerUnitFulfillmentFee", "-3.00"),
        )
        self.check()
        alert = self.alerts("rate_off")
        self.assertRecordValues(alert, [{"order_id": wrong.id, "amount": -7}])  # 15 - 8
        self.assertEqual(alert.evidence["rate"], "Books")
        claim = self.env["ecom.fee.claim"].search(
            [("settlement_id", "=", settlement.id)]
        )
        self.assertRecordValues(claim, [{"order_ref": "1", "at_stake": 7}])

    def test_goods_of_two_rates_are_not_compared_with_either(self):
        books = self.env["product.category"].create({"name": "Books"})
        self.channel.fee_rate_ids = [
            (0, 0, {"name": "Any", "percent": 15, "fee": "commission"}),
            (0, 0, {"name": "Books", "percent": 8, "categ_id": books.id}),
        ]
        book = self.service.create(
            {"name": "Book", "type": "service", "categ_id": books.id}
        )
        lines = [
            (0, 0, {"product_id": one.id, "price_unit": 50, "tax_ids": []})
            for one in (book, self.service)
        ]
        self.order("1", 100, date_order="2026-03-05", order_line=lines)
        self.settle(
            "S1", price("1", "Principal", "100.00"), fee("1", "Commission", "-11.50")
        )
        self.check()
        self.assertFalse(self.alerts("rate_off"))

    def test_conversion_far_from_the_rate_of_the_day(self):
        self.setup_other_currency("EUR", rates=[("2026-01-01", 0.5)])  # 1 EUR = 2 USD
        good = self.settle("S1", price("1", "Principal", "199.00"))
        bad = self.settle(
            "S2",
            price("2", "Principal", "180.00"),
            day="2026-03-30",
            start="2026-03-15",
        )
        for settlement in (good, bad):
            sale = settlement.line_ids.filtered(lambda line: line.kind == "sale")
            sale.write({"original_amount": 100, "original_currency": "EUR"})
        self.check()
        alert = self.alerts("fx_off")
        self.assertRecordValues(
            alert,
            [{"settlement_id": bad.id, "amount": -18}],  # 180 * (1.8 / 2 - 1)
        )

    def test_currency_without_rates_is_no_conversion_to_judge(self):
        self.env["res.currency"].search([("name", "=", "CHF")]).rate_ids.unlink()
        settlement = self.settle("S1", price("1", "Principal", "180.00"))
        settlement.line_ids.write({"original_amount": 100, "original_currency": "CHF"})
        self.check()
        self.assertFalse(self.alerts("fx_off"))

    def test_bank_reference_that_two_payouts_name(self):
        settlements = self.pay_out("B77", "B77")
        self.check()
        alert = self.alerts("bank_reference_twice")
        self.assertRecordValues(alert, [{"reference": "B77", "amount": 100}])
        for settlement in settlements:
            self.assertIn(f"'{settlement.id}'", alert.evidence["settlements"])

    def test_payouts_with_references_of_their_own_are_left_alone(self):
        self.pay_out("B77", "B78")
        self.check()
        self.assertFalse(self.alerts("bank_reference_twice"))

    def pay_out(self, *references):
        """Settlements that the bank paid, with these references of the transfers."""
        settlements = self.env["ecom.settlement"]
        for number, reference in enumerate(references, 1):
            self.order(str(number), 100, date_order="2026-03-05")
            day = f"2026-03-{10 * number}"
            settlement = self.settle(
                f"S{number}",
                price(str(number), "Principal", "100.00"),
                day=day,
                start=f"2026-03-{10 * number - 9:02}",
            )
            settlement.action_post()
            self.env["account.bank.statement.line"].create(
                {
                    "journal_id": self.company_data["default_journal_bank"].id,
                    "date": day,
                    "amount": 100,
                    "payment_ref": f"Payout S{number}",
                    "ref": reference,
                }
            )
            settlement.action_match_bank()
            settlements |= settlement
        return settlements

    def test_order_that_nobody_settles(self):
        self.order("1", 100, date_order="2026-03-05")
        missed = self.order("2", 70, date_order="2026-03-05")
        self.settle("S1", price("1", "Principal", "100.00"))
        self.check()
        self.assertEqual(self.alerts("not_settled").order_id, missed)

    def test_same_thing_is_never_told_twice(self):
        self.order("1", 100, date_order="2026-03-05")
        self.order("2", 70, date_order="2026-03-05")
        self.settle("S1", price("1", "Principal", "100.00"))
        first = self.check()
        self.assertTrue(first)
        self.assertFalse(self.check())
        first.action_done()
        self.assertFalse(self.check())
        self.assertEqual(set(first.mapped("state")), {"done"})
        self.assertFalse(first.activity_ids)

    def test_alert_whose_cause_is_gone_closes_itself(self):
        self.order("1", 100, date_order="2026-03-05")
        self.order("2", 70, date_order="2026-03-05")
        self.settle("S1", price("1", "Principal", "100.00"))
        self.check()
        alert = self.alerts("not_settled")
        self.settle("S2", price("2", "Principal", "70.00"), day="2026-03-30")
        self.check()
        self.assertEqual((alert.state, alert.activity_ids.ids), ("gone", []))

    def test_check_that_is_switched_off_says_nothing(self):
        self.env.ref("ecom_finance_recon.ecom_finance_rule_not_settled").active = False
        self.order("1", 100, date_order="2026-03-05")
        self.order("2", 70, date_order="2026-03-05")
        self.settle("S1", price("1", "Principal", "100.00"))
        self.check()
        self.assertFalse(self.alerts("not_settled"))

    def test_company_that_switches_a_check_off_does_so_for_itself(self):
        shared = self.env.ref("ecom_finance_recon.ecom_finance_rule_not_settled")
        own = shared.copy({"company_id": self.company.id, "active": False})
        rules = self.env["ecom.finance.rule"]
        other = self.setup_other_company()["company"]
        self.assertNotIn("not_settled", rules._get_active(self.company).mapped("code"))
        self.assertIn(shared, rules._get_active(other))
        own.write({"active": True, "days": 7})
        self.assertIn(own, rules._get_active(self.company))
        self.assertNotIn(shared, rules._get_active(self.company))

    def test_good_settlement_is_left_alone(self):
        self.order("1", 100, date_order="2026-03-05")
        self.settle(
            "S1", price("1", "Principal", "100.00"), fee("1", "Commission", "-10.00")
        )
        self.assertFalse(self.check())

    def test_job_checks_every_channel_and_never_fails(self):
        self.order("1", 100, date_order=date(2026, 3, 5))
        self.order("2", 70, date_order=date(2026, 3, 5))
        self.settle("S1", price("1", "Principal", "100.00"))
        self.env.ref("ecom_orders.user_technical").company_ids |= self.company
        with self.enter_registry_test_mode():
            self.env.ref("ecom_finance_recon.ir_cron_check").method_direct_trigger()
        self.assertEqual(len(self.alerts("not_settled")), 1)

    def test_more_orders_need_no_more_queries(self):
        def queries(name, count):
            rows = []
            for number in range(count):
                order = f"{name}{number}"
                self.order(order, 50 + number, date_order="2026-03-05")
                rows.append(price(order, "Principal", f"{50 + number}.00"))
            self.settle(name, *rows)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["ecom.finance.checker"]._check(self.channel)
            return self.env.cr.sql_log_count - before

        few, many = queries("A", 3), queries("B", 15)
        self.assertLessEqual(many, few)
