"""Predictions: learnt, checked, written; refused with what is missing."""

import random

from odoo.tests import tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestPredictions(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop, cls.small = cls.env["res.company"].create(
            [{"name": "Shop"}, {"name": "Small Shop"}]
        )
        cls.partners = cls.sell(cls.shop, 900)

    @classmethod
    def sell(cls, company, customers, seed=7):
        """Two years of invented orders: rates differ, some leave for good."""
        rng = random.Random(seed)
        partners = cls.env["res.partner"].create(
            [{"name": f"Buyer {number}"} for number in range(customers)]
        )
        rows = []
        for partner in partners:
            day = rng.uniform(0, 600)
            rate = rng.gammavariate(1.2, 1 / 60)
            while day < 730:
                rows.append((partner.id, day, rng.uniform(10, 90)))
                if rng.random() < 0.15:
                    break
                day += rng.expovariate(rate)
        cls.many_orders([(p, 731 - day, amount) for p, day, amount in rows], company)
        cls.refresher._refresh(partners.ids)
        return partners

    def predict(self, company=None):
        return self.env["ecom.prediction"]._predict(company or self.shop)

    def test_prediction_is_checked_and_written(self):
        partners = self.partners
        prediction = self.predict()
        self.assertEqual(prediction.state, "learnt")
        self.assertGreater(prediction.check_actual, 50)
        self.assertLess(abs(prediction.check_error), 0.3)
        self.assertGreater(prediction.check_lift, 1)
        self.assertTrue(prediction.line_ids)
        customers = self.customers.search(
            [("company_id", "=", self.shop.id), ("partner_id", "in", partners.ids)]
        )
        self.assertEqual(customers.prediction_id, prediction)
        for customer in customers:
            self.assertTrue(0 <= customer.active_chance <= 1)
            self.assertTrue(0 <= customer.order_chance <= customer.active_chance + 1e-9)
            self.assertLessEqual(customer.predicted_low, customer.predicted_high)
            self.assertTrue(customer.churn_risk)
            self.assertTrue(customer.next_order_date)

    def test_the_calibration_chart_has_two_lines(self):
        prediction = self.predict()
        action = prediction.action_view_calibration()
        points = self.env[action["res_model"]].search(action["domain"])
        self.assertIn("7+", points.mapped("repeat_orders"))
        for kind in ("predicted", "actual"):
            self.assertEqual(
                points.filtered(lambda p, kind=kind: p.kind == kind).mapped("orders"),
                prediction.line_ids.sorted("repeat_orders").mapped(kind),
            )

    def test_too_few_customers_are_refused_with_the_number_needed(self):
        self.sell(self.small, 20)
        prediction = self.predict(self.small)
        self.assertEqual(prediction.state, "refused")
        self.assertIn("20 of at least 300 customers", prediction.message)
        customers = self.customers.search([("company_id", "=", self.small.id)])
        self.assertFalse(any(customers.mapped("predicted_value")))
        # The customers' own rhythm needs no model.
        self.assertTrue(all(customers.mapped("churn_risk")))

    def test_an_older_prediction_does_not_survive_a_refusal(self):
        partners = self.partners
        self.predict()
        self.env.cr.execute(
            "UPDATE sale_order SET state = 'cancel' WHERE partner_id = ANY(%s)",
            [partners[20:].ids],
        )
        self.refresher._refresh()
        self.assertEqual(self.predict().state, "refused")
        customers = self.customers.search([("company_id", "=", self.shop.id)])
        self.assertFalse(any(customers.mapped("predicted_value")))

    def test_who_does_not_want_to_be_profiled_is_not_predicted(self):
        partners = self.partners
        partners[0].ecom_profiling_off = True
        self.env.flush_all()
        self.predict()
        self.assertFalse(self.figures(partners[0], self.shop).prediction_id)
        self.assertTrue(self.figures(partners[1], self.shop).prediction_id)

    def test_no_customer_at_all_is_a_refusal(self):
        self.assertEqual(self.predict(self.small).state, "refused")
