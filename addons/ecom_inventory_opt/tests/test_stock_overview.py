"""A product is seen on its whole way from the vendor to the customer."""

import math
from datetime import timedelta

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestStockOverview(ReplenishmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.make_product()

    def overview(self):
        self.env.invalidate_all()
        return self.env["ecom.stock.overview"].search(
            [
                ("product_id", "=", self.product.id),
                ("company_id", "=", self.company.id),
            ]
        )

    def purchase(self, quantity, days, confirm=True, vendor=None):
        order = self.env["purchase.order"].create(
            {
                "partner_id": (vendor or self.vendor).id,
                "company_id": self.company.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_qty": quantity,
                            "date_planned": fields.Datetime.to_datetime(self.today)
                            + timedelta(days=days, hours=12),
                        }
                    )
                ],
            }
        )
        if confirm:
            order.button_confirm()
        return order

    def deliver(self, quantity):
        """A confirmed order of which everything was delivered."""
        values = self.prepare_order(self.product, quantity, self.today)
        sale = self.env["sale.order"].create(values)
        sale.action_confirm()
        sale.picking_ids.move_ids.picked = True
        sale.picking_ids.button_validate()
        return sale

    def give_back(self, picking, quantity):
        wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
        wizard.product_return_moves.quantity = quantity
        return wizard._create_return()

    def test_each_stage_has_its_quantity(self):
        self.put_in_stock(self.product, 40)
        values = self.prepare_order(self.product, 15, self.today)
        self.env["sale.order"].create(values).action_confirm()
        self.purchase(8, 20, confirm=False)
        self.purchase(30, 12)
        self.purchase(5, 5)
        row = self.overview()
        self.assertEqual((row.on_hand, row.reserved, row.free), (40, 15, 40 - 15))
        self.assertEqual((row.requested, row.ordered), (8, 30 + 5))
        self.assertEqual(row.next_date, self.today + timedelta(days=5))

    def received(self, delay, promised=10):
        """An order of the past that came so many days after its promised day."""
        order = self.purchase(1, 0)
        picking = order.picking_ids
        picking.move_ids.write({"quantity": 1, "picked": True})
        picking.button_validate()
        kept = fields.Datetime.now() - timedelta(days=50)
        order.date_approve = kept - timedelta(days=promised)
        order.order_line.date_planned = kept
        picking.move_ids.date = kept + timedelta(days=delay)

    def test_next_receipt_lies_in_a_range_before_anything_was_received(self):
        self.purchase(30, 12)
        row = self.overview()
        # A logistic distribution around the promised day; its deviation is a quarter
        # of twelve days. Nothing comes before today.
        scale = 12 / 4 * math.sqrt(3) / math.pi
        self.assertEqual(
            (row.earliest_date, row.latest_date),
            tuple(
                row.next_date + timedelta(days=math.ceil(sign * point - 0.5))
                for sign, point in ((-1, scale * math.log(9)), (1, scale * math.log(9)))
            ),
        )
        on_its_way = 1 / (1 + math.exp((-12 - 0.5) / scale))
        late = 1 / (1 + math.exp(0.5 / scale))
        self.assertEqual(row.late_risk, round(100 * late / on_its_way))

    def test_a_vendor_that_is_always_late_is_expected_late(self):
        for _receipt in range(9):
            self.received(6)
        self.purchase(30, 12)
        row = self.overview()
        one = row.on_order_ids
        self.assertEqual(one.receipts, 9)
        # Nine receipts against the three that a promise is worth, of the vendor, and
        # again of its product.
        of_vendor = (3 * 0 + 9 * 6) / (3 + 9)
        expected = (3 * of_vendor + 9 * 6) / (3 + 9)
        self.assertAlmostEqual(one.delay, expected, delta=0.05)
        self.assertGreater(row.late_risk, 95)
        self.assertGreater(row.earliest_date, row.next_date)

    def test_what_is_overdue_is_expected_from_today(self):
        order = self.purchase(30, 12)
        order.date_approve = fields.Datetime.now() - timedelta(days=30)
        order.order_line.date_planned = fields.Datetime.now() - timedelta(days=10)
        row = self.overview()
        self.assertEqual(row.late_risk, 100)
        self.assertGreaterEqual(row.earliest_date, self.today)
        self.assertGreater(row.latest_date, row.earliest_date)

    def test_what_is_on_order_is_told_by_vendor(self):
        forge = self.env["res.partner"].create({"name": "Forge Ltd"})
        office = self.env["res.partner"].create(
            {"name": "Order Desk", "parent_id": forge.id}
        )
        self.purchase(30, 12)
        self.purchase(5, 5, vendor=office)
        self.purchase(2, 9, vendor=forge)
        self.purchase(8, 20, confirm=False, vendor=forge)
        row = self.overview()
        self.assertEqual(row.vendors, "Forge Ltd 7.00, Mill & Co 30.00")
        first, second = row.on_order_ids
        self.assertEqual((first.partner_id, second.partner_id), (forge, self.vendor))
        self.assertEqual((first.ordered, first.requested), (5 + 2, 8))
        self.assertEqual((second.ordered, second.requested), (30, 0))
        self.assertEqual(first.next_date, self.today + timedelta(days=5))
        self.assertEqual(row.earliest_date, first.earliest_date)

    def test_without_orders_there_is_no_date(self):
        self.put_in_stock(self.product, 40)
        self.purchase(8, 20, confirm=False)
        row = self.overview()
        self.assertEqual(
            (row.vendors, row.earliest_date, row.latest_date, row.late_risk),
            ("", False, False, 0),
        )
        self.assertEqual(row.on_order_ids.requested, 8)

    def test_many_products_are_read_with_as_many_queries_as_one(self):
        others = self.env["product.product"]
        for number in range(20):
            others |= self.make_product(f"Lamp {number}")
        for product in self.product | others:
            self.product = product
            self.purchase(5, 7)

        def queries(products):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows = self.env["ecom.stock.overview"].search(
                [("product_id", "in", products.ids)]
            )
            self.assertEqual(len(rows.mapped("latest_date")), len(products))
            return self.env.cr.sql_log_count - before

        queries(others[:1])
        self.assertEqual(queries(others[:1]), queries(others))

    def test_what_was_received_is_not_on_order_any_more(self):
        order = self.purchase(30, 12)
        self.assertEqual(self.overview().ordered, 30)
        move = order.picking_ids.move_ids
        move.write({"quantity": 12, "picked": True})
        order.picking_ids.with_context(skip_backorder=True).button_validate()
        row = self.overview()
        self.assertEqual((row.ordered, row.on_hand), (30 - 12, 12))

    def test_what_went_back_to_the_vendor_is_not_on_order(self):
        order = self.purchase(30, 12)
        order.picking_ids.move_ids.picked = True
        order.picking_ids.button_validate()
        back = self.give_back(order.picking_ids, 6)
        back.move_ids.picked = True
        back.button_validate()
        row = self.overview()
        self.assertEqual((row.on_hand, row.ordered), (30 - 6, 0))

    def test_goods_that_customers_send_back_are_seen_until_they_are_received(self):
        self.put_in_stock(self.product, 40)
        sale = self.deliver(15)
        transfer = self.give_back(sale.picking_ids, 4)
        row = self.overview()
        self.assertEqual((row.on_hand, row.returning), (40 - 15, 4))
        transfer.move_ids.picked = True
        transfer.button_validate()
        row = self.overview()
        self.assertEqual((row.on_hand, row.returning), (40 - 15 + 4, 0))

    def test_goods_between_warehouses_are_seen(self):
        other = self.env["stock.warehouse"].create(
            {"name": "North", "code": "NO", "company_id": self.company.id}
        )
        self.put_in_stock(self.product, 40)
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 7,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": other.lot_stock_id.id,
                "company_id": self.company.id,
            }
        )
        move._action_confirm()
        self.assertEqual(self.overview().in_transit, 7)
        move.write({"quantity": 7, "picked": True})
        move._action_done()
        row = self.overview()
        self.assertEqual((row.in_transit, row.on_hand), (0, 40))

    def test_what_channels_were_told_is_seen_in_the_products_unit(self):
        if "ecom.listing.level" not in self.env:
            self.skipTest("ecom_orders is not installed")
        channels = self.env["ecom.channel"].create(
            [
                {
                    "name": name,
                    "provider": "woocommerce",
                    "url": f"https://{name.lower()}.example.com",
                    "company_id": self.company.id,
                }
                for name in ("Shop", "Fair")
            ]
        )
        listings = self.env["ecom.listing"].create(
            [
                {
                    "channel_id": channel.id,
                    "key": "lamp",
                    "name": "Lamp",
                    "product_id": self.product.id,
                    "quantity_multiplier": units,
                }
                for channel, units in zip(channels, (1, 6), strict=True)
            ]
        )
        self.env["ecom.listing.level"].search([]).filtered(
            lambda level: level.listing_id in listings
        ).unlink()
        self.env["ecom.listing.level"].create(
            [
                {
                    "listing_id": listing.id,
                    "pushed_quantity": told,
                    "pushed_at": fields.Datetime.now(),
                }
                for listing, told in zip(listings, (20, 3), strict=True)
            ]
        )
        row = self.overview()
        self.assertEqual((row.published, row.channel_count), (20 * 1 + 3 * 6, 2))
        listings[1].active = False
        self.assertEqual(self.overview().published, 20)

    def test_a_return_announced_without_a_transfer_counts_once(self):
        if "ecom.return" not in self.env:
            self.skipTest("ecom_orders is not installed")
        self.put_in_stock(self.product, 40)
        sale = self.deliver(15)
        announced = self.env["ecom.return"].create(
            {
                "order_id": sale.id,
                "status": "requested",
                "line_ids": [
                    Command.create({"order_line_id": sale.order_line.id, "quantity": 4})
                ],
            }
        )
        self.assertEqual(self.overview().returning, 0)
        announced.status = "in_transit"
        self.assertEqual(self.overview().returning, 4)
        announced.action_create_transfers()
        self.assertEqual(self.overview().returning, 4)

    def test_a_planner_sees_it_from_the_product(self):
        self.put_in_stock(self.product, 40)
        planner = new_test_user(
            self.env,
            login="planner3",
            groups="ecom_inventory_opt.group_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        product = self.product.with_user(planner)
        for action in (
            product.action_view_stock_overview(),
            product.product_tmpl_id.action_view_stock_overview(),
        ):
            rows = self.env["ecom.stock.overview"].with_user(planner)
            self.assertEqual(rows.search(action["domain"]).on_hand, 40)
