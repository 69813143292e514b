"""Proposals and alerts follow what moves: nobody waits for the nightly computation."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2 import errors

from odoo import Command, fields
from odoo.tests import tagged

from .common import ReplenishmentCommon

FOLLOWED = ("on_hand", "incoming", "outgoing", "requested", "position", "order_qty")


@tagged("post_install", "-at_install")
class TestStockChanges(ReplenishmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.make_product()
        cls.sell(cls.product, [10, 14, 6, 12, 8] * 6)
        cls.changes = cls.env["ecom.replenishment.change"]

    def setUp(self):
        super().setUp()
        self.proposal = self.plan(self.product)
        self.env.cr.precommit.run()
        self.changes.search([]).unlink()

    def purchase(self, quantity, days=0, confirm=True):
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "company_id": self.company.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_qty": quantity,
                            "date_planned": fields.Datetime.now()
                            + timedelta(days=days),
                        }
                    )
                ],
            }
        )
        if confirm:
            order.button_confirm()
        return order

    def receive(self, order):
        order.picking_ids.move_ids.picked = True
        order.picking_ids.button_validate()

    def follow(self):
        """As at the end of the transaction and by the job that it wakes."""
        self.env.cr.precommit.run()
        self.changes._cron_follow()

    def assert_as_computed(self):
        """Following and computing again come to the same."""
        followed = {name: self.proposal[name] for name in FOLLOWED}
        risk, day = self.proposal.stockout_risk, self.proposal.run_out_date
        at_risk = self.proposal.urgency
        self.plan(self.product)
        self.assertEqual(followed, {name: self.proposal[name] for name in FOLLOWED})
        self.assertEqual(day, self.proposal.run_out_date)
        self.assertAlmostEqual(risk, self.proposal.stockout_risk, places=1)
        # Sales at risk come from the mean and the deviation alone.
        most = self.proposal.expected_demand * self.product.list_price
        self.assertAlmostEqual(at_risk, self.proposal.urgency, delta=0.15 * most)

    def test_a_receipt_is_seen_in_the_worklist(self):
        needed = self.proposal.order_qty
        order = self.purchase(12)
        self.receive(order)
        self.follow()
        self.assertEqual((self.proposal.on_hand, self.proposal.position), (12, 12))
        self.assertEqual(self.proposal.order_qty, needed - 12)
        price = self.proposal.order_value / self.proposal.order_qty
        self.assertAlmostEqual(price, 10)

    def test_enough_on_its_way_ends_the_order_and_the_sales_at_risk(self):
        before = self.proposal.urgency
        self.purchase(300, days=3)
        self.follow()
        self.assertEqual((self.proposal.incoming, self.proposal.order_qty), (300, 0))
        self.assertLess(self.proposal.urgency, before / 100)
        self.assert_as_computed()

    def test_a_request_counts_and_one_that_is_cancelled_does_not(self):
        order = self.purchase(7, confirm=False)
        self.follow()
        self.assertEqual(self.proposal.requested, 7)
        order.order_line.product_qty = 9
        self.follow()
        self.assertEqual(self.proposal.requested, 9)
        order.button_cancel()
        self.follow()
        self.assertEqual(self.proposal.requested, 0)

    def test_a_sale_is_promised(self):
        self.put_in_stock(self.product, 40)
        sale = self.env["sale.order"].create(
            self.prepare_order(self.product, 15, self.today)
        )
        sale.action_confirm()
        self.follow()
        self.assertEqual((self.proposal.on_hand, self.proposal.outgoing), (40, 15))
        self.assertEqual(self.proposal.reserved, 15)
        self.assert_as_computed()

    def test_the_alert_of_a_late_purchase_ends_with_its_receipt(self):
        order = self.purchase(20, days=3)
        order.order_line.date_planned = fields.Datetime.now() - timedelta(days=5)
        self.follow()
        alerts = self.env["ecom.stock.alert"].search(
            [("product_id", "=", self.product.id), ("kind", "=", "late")]
        )
        self.assertEqual(alerts.mapped("state"), ["open"])
        self.receive(order)
        self.follow()
        self.assertEqual(alerts.mapped("state"), ["ended"])

    def test_only_what_has_a_proposal_is_noted_and_once(self):
        unknown = self.make_product("Unknown")
        self.put_in_stock(unknown, 5)
        self.put_in_stock(self.product, 5)
        self.put_in_stock(self.product, 6)
        self.env.cr.precommit.run()
        self.assertEqual(self.changes.search([]).product_id, self.product)
        self.assertEqual(self.changes.search_count([]), 1)
        self.changes._cron_follow()
        self.assertFalse(self.changes.search_count([]))

    def test_a_job_that_fails_is_logged_without_values(self):
        self.put_in_stock(self.product, 5)
        failing = patch.object(
            type(self.changes), "_follow", side_effect=KeyError("secret")
        )
        logger = "odoo.addons.ecom_inventory_opt.models.ecom_replenishment_change"
        with failing, self.assertLogs(logger, "ERROR") as log:
            self.follow()
        self.assertIn(f"company {self.company.id}", log.output[0])
        self.assertNotIn("secret", log.output[0])

    def test_what_somebody_else_was_writing_is_followed_later(self):
        self.put_in_stock(self.product, 5)
        busy = patch.object(
            type(self.changes), "_follow", side_effect=errors.SerializationFailure
        )
        with busy:
            self.follow()
        self.assertEqual(self.proposal.on_hand, 0)
        self.follow()
        self.assertEqual(self.proposal.on_hand, 5)

    def test_many_products_take_few_more_queries_than_one(self):
        others = self.env["product.product"]
        for number in range(20):
            others |= self.make_product(f"Lamp {number}")
            self.sell(others[-1], [10] * 10)
        self.plan()

        def queries(products):
            for product in products:
                self.put_in_stock(product, 3)
            self.env.flush_all()
            self.env.cr.precommit.run()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.changes._cron_follow()
            return self.env.cr.sql_log_count - before

        queries(self.product)
        one = queries(self.product)
        self.assertLess(queries(others), one + 10)
