"""Data that planning has to live with: a defined outcome, and the words for it."""

from odoo.tests import tagged

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestDegenerateData(ReplenishmentCommon):
    def test_never_sold_gives_zero_and_says_so(self):
        product = self.make_product()
        self.put_in_stock(product, 3)
        proposal = self.plan(product)
        self.assertEqual((proposal.min_qty, proposal.max_qty), (0, 0))
        self.assertFalse(proposal.changed)
        self.assertIn("Nothing was ever sold", proposal.explanation)

    def test_one_sale_gives_at_least_one_piece(self):
        product = self.make_product()
        self.sell(product, [1, 0, 0, 0])
        proposal = self.plan(product)
        self.assertGreaterEqual(proposal.min_qty, 1)
        self.assertIn("new", proposal.explanation)

    def test_negative_stock_is_ordered_for_and_said(self):
        product = self.make_product()
        self.sell(product, [10] * 20)
        self.put_in_stock(product, -7)
        proposal = self.plan(product)
        self.assertEqual(proposal.order_qty, proposal.max_qty + 7)
        self.assertIn("Stock is negative", proposal.explanation)

    def test_without_cost_the_lot_covers_weeks(self):
        product = self.make_product(cost=0.0)
        self.sell(product, [10] * 20)
        proposal = self.plan(product)
        self.assertAlmostEqual(
            proposal.max_qty - proposal.min_qty, 4 * 10, delta=4, msg="4 weeks of 10"
        )
        self.assertIn("is not known", proposal.explanation)

    def test_without_a_vendor_the_policy_says_the_lead_time(self):
        product = self.make_product(vendor=False)
        self.sell(product, [10] * 20)
        proposal = self.plan(product)
        self.assertEqual(proposal.lead_mean, 14)
        self.assertFalse(proposal.vendor_id)
        self.assertIn("No vendor has a valid price", proposal.explanation)

    def test_accepting_without_a_vendor_writes_the_rule_and_stops_nothing(self):
        product = self.make_product(vendor=False)
        self.sell(product, [10] * 20)
        proposal = self.plan(product)
        proposal.action_accept()
        self.assertEqual(proposal.orderpoint_id.product_max_qty, proposal.max_qty)

    def test_lead_time_zero_protects_the_review_only(self):
        product = self.make_product(vendor=False)
        self.make_offer(product, self.vendor, delay=0)
        self.sell(product, [10] * 20)
        self.assertAlmostEqual(self.plan(product).interval_weeks, 7 / 7)

    def test_a_thousand_million_pieces_are_a_quantity(self):
        product = self.make_product()
        self.sell(product, [1e9] * 20)
        proposal = self.plan(product)
        self.assertGreater(proposal.min_qty, 2e9)
        self.assertLess(proposal.max_qty, 1e12)

    def test_archived_with_a_rule_is_proposed_to_be_nothing(self):
        product = self.make_product()
        self.sell(product, [10] * 20)
        self.plan(product).action_accept()
        rule = self.env["stock.warehouse.orderpoint"].search(
            [("product_id", "=", product.id)]
        )
        product.active = False
        rule.active = True
        proposal = self.plan(product)
        self.assertEqual((proposal.min_qty, proposal.max_qty), (0, 0))
        self.assertIn("archived", proposal.explanation)

    def test_of_another_company_now_is_not_ordered_any_more(self):
        product = self.make_product(vendor=False)
        self.sell(product, [10] * 20)
        other = self.env["res.company"].create({"name": "Another Ltd"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE product_template SET company_id = %s WHERE id = %s",
            (other.id, product.product_tmpl_id.id),
        )
        self.env.invalidate_all()
        proposal = self.plan(product)
        self.assertEqual(proposal.max_qty, 0)
        self.assertIn("another company", proposal.explanation)

    def test_not_asked_for_in_long_is_not_ordered_any_more(self):
        product = self.make_product()
        self.sell(product, [10] * 20 + [0] * 30)
        self.put_in_stock(product, 5)
        proposal = self.plan(product)
        self.assertEqual(proposal.life, "discontinued")
        self.assertEqual(proposal.max_qty, 0)
        self.assertIn("Not ordered any more", proposal.explanation)

    def test_one_bulk_order_is_cut_off_and_said(self):
        product = self.make_product()
        self.sell(product, [10, 11, 9, 10] * 5 + [5000] + [10] * 4)
        proposal = self.plan(product)
        self.assertGreater(proposal.capped_units, 4000)
        self.assertIn("cut off as outliers", proposal.explanation)

    def test_nothing_to_plan_is_no_error(self):
        self.assertFalse(self.plan())
