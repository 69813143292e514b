"""Demand by week: what counts, in which unit, where, and in how many queries."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestDemandReading(ReplenishmentCommon):
    def read_weeks(self, product):
        """Units sold and returned by week, oldest first, of the one warehouse."""
        reader = self.env["ecom.replenishment.reader"]
        pairs = reader._get_pairs(self.company, product)
        sold, returned = reader._read_sales(self.company, pairs)
        return sold[0], returned[0]

    def move(self, product, quantity, source, target, age, **values):
        """A done move some days ago."""
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom": product.uom_id.id,
                "product_uom_qty": quantity,
                "location_id": source.id,
                "location_dest_id": target.id,
                "company_id": self.company.id,
                **values,
            }
        )
        move._action_confirm()
        move.write({"quantity": quantity, "picked": True})
        move._action_done()
        move.date = fields.Datetime.to_datetime(self.today - timedelta(days=age))
        return move

    def test_orders_count_in_the_week_they_were_made(self):
        product = self.make_product()
        self.sell(product, [7, 0, 5])
        sold, _returned = self.read_weeks(product)
        self.assertEqual(sold[-3:].tolist(), [7, 0, 5])

    def test_dozens_are_counted_in_pieces(self):
        product = self.make_product()
        dozen = self.env.ref("uom.product_uom_dozen")
        self.sell(product, [2], product_uom_id=dozen.id)
        sold, _returned = self.read_weeks(product)
        self.assertEqual(sold[-1], 2 * 12)

    def test_cancelled_orders_and_quotations_are_no_demand(self):
        product = self.make_product()
        sales = self.sell(product, [3, 4])
        sales[0].write({"state": "cancel"})
        self.sell(product, [9]).write({"state": "draft"})
        sold, _returned = self.read_weeks(product)
        self.assertEqual(sold.sum(), 3 + 4 - sales[0].order_line.product_uom_qty)

    def test_what_came_back_is_taken_off_the_week_of_its_order(self):
        product = self.make_product()
        sale = self.sell(product, [8, 0, 0])
        customers = self.env.ref("stock.stock_location_customers")
        self.move(
            product,
            2,
            customers,
            self.warehouse.lot_stock_id,
            age=1,
            sale_line_id=sale.order_line.id,
        )
        sold, returned = self.read_weeks(product)
        self.assertEqual(sold[-3:].tolist(), [8, 0, 0])
        self.assertEqual(returned[-3:].tolist(), [2, 0, 0])

    def test_goods_that_left_without_an_order_count_by_their_move(self):
        product = self.make_product()
        self.put_in_stock(product, 10)
        customers = self.env.ref("stock.stock_location_customers")
        self.move(product, 4, self.warehouse.lot_stock_id, customers, age=9)
        sold, _returned = self.read_weeks(product)
        self.assertEqual(sold[-2:].tolist(), [4, 0])

    def test_weeks_without_stock_are_not_taken_for_weeks_without_demand(self):
        product = self.make_product()
        supplier = self.env.ref("stock.stock_location_suppliers")
        stock = self.warehouse.lot_stock_id
        customers = self.env.ref("stock.stock_location_customers")
        self.sell(product, [10] * 12 + [0] * 8)
        self.move(product, 120, supplier, stock, age=7 * 30)
        # All of it has left before the last eight weeks: nothing could be sold.
        sales = self.env["sale.order.line"].search([("product_id", "=", product.id)])
        self.move(product, 120, stock, customers, age=7 * 8, sale_line_id=sales[0].id)
        proposal = self.plan(product)
        self.assertGreaterEqual(proposal.censored_weeks, 7)
        self.assertAlmostEqual(proposal.weekly_demand, 10, delta=1)

    def test_each_company_plans_with_its_own_sales(self):
        product = self.make_product()
        self.sell(product, [10] * 20)
        other = self.env["res.company"].create({"name": "Another Ltd"})
        self.planner._plan(other, product)
        proposals = self.env["ecom.replenishment.proposal"].search(
            [("company_id", "=", other.id), ("product_id", "=", product.id)]
        )
        self.assertFalse(proposals)
        self.assertAlmostEqual(self.plan(product).weekly_demand, 10, delta=0.5)

    def test_ten_times_the_products_take_no_more_queries(self):
        def make(count):
            products = self.env["product.product"]
            for number in range(count):
                products |= self.make_product(f"P{number}")
            for product in products:
                self.sell(product, [5] * 4)
            return products

        few, many = make(2), make(20)
        self.plan(few)
        self.plan(many)

        def count(products):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.planner._plan(self.company, products)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        self.assertLessEqual(count(many), count(few))

    def test_open_receipts_and_promises_make_the_position(self):
        product = self.make_product()
        self.put_in_stock(product, 10)
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "company_id": self.company.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [
                    Command.create({"product_id": product.id, "product_qty": 6})
                ],
            }
        )
        self.assertEqual(self.plan(product).requested, 6)
        order.button_confirm()
        proposal = self.plan(product)
        self.assertEqual((proposal.incoming, proposal.requested), (6, 0))
        self.assertEqual(proposal.position, 10 + 6)
