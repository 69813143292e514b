"""What covers each customer's order line, and who waits for a late purchase."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestOrderCoverage(ReplenishmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.make_product()

    def order(self, quantity, promised=3):
        values = self.prepare_order(self.product, quantity, self.today)
        day = fields.Datetime.now() + timedelta(days=promised)
        sale = self.env["sale.order"].create({**values, "commitment_date": day})
        sale.action_confirm()
        return sale

    def buy(self, quantity, days):
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "company_id": self.company.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [
                    Command.create(
                        {"product_id": self.product.id, "product_qty": quantity}
                    )
                ],
            }
        )
        order.button_confirm()
        order.order_line.date_planned = fields.Datetime.now() + timedelta(days=days)
        return order

    def coverage(self, *domain):
        self.env.invalidate_all()
        return self.env["ecom.order.coverage"].search(
            [("product_id", "=", self.product.id), *domain], order="promised_date, id"
        )

    def test_an_order_is_covered_by_stock_then_receipts_then_nothing(self):
        self.put_in_stock(self.product, 4)
        purchase = self.buy(5, days=7)
        sale = self.order(12)
        rows = self.coverage(("order_id", "=", sale.id))
        self.assertEqual(rows.mapped("kind"), ["stock", "purchase", "none"])
        # 12 = 4 on hand + 5 bought + 3 that nobody ordered.
        self.assertEqual(rows.mapped("quantity"), [4, 5, 3])
        self.assertEqual(rows[1].purchase_id, purchase)
        self.assertEqual(rows[1].vendor_id, self.vendor)
        self.assertEqual(rows.mapped("value"), [4 * 25, 5 * 25, 3 * 25])

    def test_promised_against_expected(self):
        self.buy(5, days=10)
        self.order(5, promised=3)
        row = self.coverage()
        self.assertTrue(row.is_late)
        self.assertEqual(row.delay_days, 10 - 3)
        self.assertFalse(row.is_purchase_late)

    def test_the_earlier_promise_takes_the_earlier_receipt(self):
        late, early = self.buy(5, days=20), self.buy(5, days=2)
        second, first = self.order(5, promised=30), self.order(5, promised=3)
        found = {row.order_id: row.purchase_id for row in self.coverage()}
        self.assertEqual(found, {first: early, second: late})

    def test_a_vendor_that_is_late_and_the_customers_it_hits(self):
        purchase = self.buy(10, days=-5)
        sales = self.order(4, promised=-1) | self.order(6, promised=8)
        rows = self.coverage(("is_purchase_late", "=", True))
        self.assertEqual(rows.order_id, sales)
        # What is overdue may come today at the earliest.
        self.assertEqual(set(rows.mapped("expected_date")), {self.today})
        self.assertEqual(rows.mapped("is_late"), [True, False])
        self.assertEqual(purchase.ecom_waiting_count, 2)
        domain = purchase.action_ecom_view_waiting()["domain"]
        self.assertEqual(self.coverage(*domain).order_id, sales)

    def test_the_alert_of_a_late_purchase_tells_who_waits(self):
        self.sell(self.product, [10] * 10)
        self.buy(10, days=-5)
        self.order(4)
        self.plan(self.product)
        alert = self.env["ecom.stock.alert"].search(
            [("kind", "=", "late"), ("product_id", "=", self.product.id)]
        )
        self.assertIn("Customers' orders that wait for it: 1.", alert.message)
        self.assertGreaterEqual(alert.money, 4 * 25)
        domain = alert.action_view_waiting()["domain"]
        self.assertEqual(len(self.coverage(*domain)), 1)

    def test_what_was_delivered_or_received_is_seen_at_once(self):
        purchase = self.buy(10, days=1)
        self.order(6)
        receipt = purchase.picking_ids
        receipt.move_ids.write({"quantity": 10, "picked": True})
        receipt.button_validate()
        self.assertEqual(self.coverage().mapped("kind"), ["stock"])
        delivery = self.coverage().order_id.picking_ids
        delivery.move_ids.write({"quantity": 6, "picked": True})
        delivery.button_validate()
        self.assertFalse(self.coverage())

    def test_what_a_negative_stock_owes_comes_first(self):
        self.put_in_stock(self.product, -3)
        self.buy(5, days=2)
        self.order(5)
        rows = self.coverage()
        # 5 bought - 3 owed = 2 for the order.
        self.assertEqual(rows.mapped("quantity"), [2, 3])
        self.assertEqual(rows.mapped("kind"), ["purchase", "none"])
