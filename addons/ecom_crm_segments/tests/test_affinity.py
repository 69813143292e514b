"""Products that are bought together."""

from odoo.fields import Command
from odoo.tests import tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestAffinity(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop = cls.env["res.company"].create({"name": "Shop"})
        cls.mat = cls.env["product.product"].create({"name": "Mat", "type": "service"})

    def sell(self, *products, **extra):
        lines = [
            Command.create({"product_id": product.id, "tax_ids": False})
            for product in products
        ]
        values = {"company_id": self.shop.id, "order_line": lines, **extra}
        return self.order(self.anna, **values)

    def learn(self):
        self.env["ecom.affinity"]._learn(self.shop)
        pairs = self.env["ecom.affinity"].search([("company_id", "=", self.shop.id)])
        return {(pair.product_id, pair.other_id): pair for pair in pairs}

    def test_pairs_have_support_confidence_and_lift(self):
        for _ in range(3):
            self.sell(self.tea, self.cup)
        self.sell(self.tea)
        self.sell(self.mat)
        pairs = self.learn()
        self.assertEqual(set(pairs), {(self.tea, self.cup), (self.cup, self.tea)})
        pair = pairs[self.tea, self.cup]
        self.assertEqual(pair.order_count, 3)
        self.assertAlmostEqual(pair.support, 3 / 5)
        self.assertAlmostEqual(pair.confidence, 3 / 4)
        self.assertAlmostEqual(pair.lift, (3 / 5) / ((4 / 5) * (3 / 5)))

    def test_few_orders_are_chance(self):
        for _ in range(2):
            self.sell(self.tea, self.cup)
        self.assertFalse(self.learn())

    def test_quotations_and_old_orders_do_not_count(self):
        for _ in range(3):
            self.sell(self.tea, self.cup, state="draft")
            self.sell(self.tea, self.cup, days_ago=800)
        self.assertFalse(self.learn())

    def test_learning_again_replaces_what_was_learnt(self):
        orders = [self.sell(self.tea, self.cup) for _ in range(3)]
        self.assertTrue(self.learn())
        orders[0]._action_cancel()
        self.assertFalse(self.learn())

    def test_a_pair_is_offered_on_quotations(self):
        for _ in range(3):
            self.sell(self.tea, self.cup)
        pair = self.learn()[self.tea, self.cup]
        self.assertFalse(pair.proposed)
        pair.action_propose()
        self.assertTrue(pair.proposed)
        optional = self.tea.product_tmpl_id.optional_product_ids
        self.assertEqual(optional, self.cup.product_tmpl_id)
