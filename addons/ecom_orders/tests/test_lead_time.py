from dataclasses import replace
from datetime import datetime, timedelta, timezone

from freezegun import freeze_time

from odoo.tests import new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces.base import CONNECTORS

from .common import EcomOrdersCommon, woo_line, woo_order

SHIP_BY = datetime(2026, 3, 3, 10, tzinfo=timezone.utc)


@tagged("post_install", "-at_install")
class TestLeadTime(EcomOrdersCommon):
    """Each stage of an order is measured, and its promise judged."""

    def setUp(self):
        super().setUp()
        self.desk = new_test_user(self.env, "desk7", groups="ecom_orders.group_user")
        connector = CONNECTORS["woocommerce"]
        understand = connector.normalise_order
        self.patch(
            connector,
            "normalise_order",
            staticmethod(lambda data: replace(understand(data), ship_by=SHIP_BY)),
        )

    def order(self, number=1, quantity=2):
        # ordered at 10:00, paid at 11:30, confirmed at 12:00
        payload = woo_order(
            number,
            [woo_line(1, "MUG", quantity, "20.00")],
            date_paid_gmt="2026-03-01T11:30:00",
        )
        with freeze_time("2026-03-01 12:00:00"):
            order = self.import_orders(payload)
            self.env.flush_all()
        return order

    def ship(self, order, at, quantity=2):
        picking = order.picking_ids.filtered(lambda p: p.state != "done")
        picking.move_ids.write({"quantity": quantity, "picked": True})
        picking._action_done()
        picking.date_done = at

    def report(self, order, now="2026-03-09 10:00:00"):
        self.env.flush_all()
        self.env.invalidate_all()
        with freeze_time(now):
            row = self.env["ecom.lead.time.report"].with_user(self.desk)
            row = row.search([("order_id", "=", order.id)])
            row.fetch(["hours_late", "hours_in_all", "late", "late_rate"])
        return row

    def test_stages_of_an_order_shipped_in_two_parcels(self):
        order = self.order()
        self.ship(order, datetime(2026, 3, 2, 12), quantity=1)
        self.ship(order, datetime(2026, 3, 3, 8), quantity=1)
        row = self.report(order)
        self.assertAlmostEqual(row.hours_to_paid, 1.5)
        self.assertAlmostEqual(row.hours_to_confirmed, 0.5)
        self.assertAlmostEqual(row.hours_to_first_shipped, 24)
        self.assertAlmostEqual(row.hours_to_last_shipped, 12 + 8)
        self.assertAlmostEqual(row.hours_in_all, 2 * 24 - 2)
        self.assertFalse(row.told_at)

    def test_order_shipped_before_its_promise_is_early(self):
        order = self.order()
        self.ship(order, SHIP_BY.replace(tzinfo=None) - timedelta(hours=2))
        row = self.report(order)
        self.assertAlmostEqual(row.hours_late, -2)
        self.assertEqual((row.late, row.late_rate), (0, 0))

    def test_order_shipped_after_its_promise_is_late(self):
        order = self.order()
        self.ship(order, SHIP_BY.replace(tzinfo=None) + timedelta(hours=5))
        row = self.report(order)
        self.assertAlmostEqual(row.hours_late, 5)
        self.assertEqual((row.late, row.late_rate), (1, 1))

    def test_order_not_shipped_is_late_until_now(self):
        row = self.report(self.order(), now="2026-03-03 13:00:00")
        self.assertAlmostEqual(row.hours_late, 3)
        self.assertFalse(row.last_shipped_at)

    def test_order_within_its_promise_is_not_judged_yet(self):
        row = self.report(self.order(), now="2026-03-02 10:00:00")
        self.assertEqual((row.late, row.promised), (0, 1))

    def test_cancelled_order_is_not_judged(self):
        order = self.order()
        order.action_cancel()
        row = self.report(order)
        self.assertEqual((row.late, row.promised), (0, 0))

    def test_averages_by_channel(self):
        for number, hours in ((1, 10), (2, 20)):
            self.ship(
                self.order(number), datetime(2026, 3, 1, 10) + timedelta(hours=hours)
            )
        self.env.flush_all()
        [(_channel, average)] = self.env["ecom.lead.time.report"]._read_group(
            [("channel_id", "=", self.channel.id)],
            ["channel_id"],
            ["hours_in_all:avg"],
        )
        self.assertAlmostEqual(average, (10 + 20) / 2)

    def test_sales_analysis_knows_the_channel(self):
        self.order()
        self.env.flush_all()
        [(channel, total)] = (
            self.env["sale.report"]
            .with_user(self.desk)
            ._read_group(
                [("ecom_channel_id", "=", self.channel.id)],
                ["ecom_channel_id"],
                ["price_subtotal:sum"],
            )
        )
        self.assertEqual(channel, self.channel)
        self.assertMoney(total, 20.00)

    # -- stages ------------------------------------------------------------------------

    def stage(self, order, now="2026-03-09 10:00:00"):
        row = self.report(order, now)
        with freeze_time(now):
            row.fetch(["stage", "urgency"])
        return row.stage, row.urgency

    def test_order_waits_for_what_comes_next(self):
        order = self.order()
        self.assertEqual(self.stage(order)[0], "to_pick")
        self.ship(order, datetime(2026, 3, 2, 12))
        self.assertEqual(self.stage(order)[0], "in_transit")
        order.picking_ids.ecom_arrived_at = datetime(2026, 3, 4, 12)
        row = self.report(order)
        self.assertEqual(row.stage, "arrived")
        self.assertEqual(row.hours_to_arrived, 2 * 24)
        self.assertEqual(row.hours_to_picked, 24)  # in one step: when it left

    def test_picked_and_not_shipped_is_a_stage_of_its_own(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self.order()
        self.ship_step(order, datetime(2026, 3, 1, 18))
        row = self.report(order)
        self.assertEqual(row.stage, "to_ship")
        self.assertEqual(row.hours_to_picked, 18 - 12)

    def ship_step(self, order, at):
        """The first transfer of an order that leaves in two steps."""
        picking = order.picking_ids.sorted("id")[:1]
        picking.move_ids.write({"quantity": 2, "picked": True})
        picking._action_done()
        picking.date_done = at

    def test_unpaid_and_cancelled_orders_say_so(self):
        order = self.order()
        order.state = "draft"
        self.assertEqual(self.stage(order)[0], "to_route")
        order.ecom_paid_at = False
        self.assertEqual(self.stage(order)[0], "to_pay")
        order.state = "cancel"
        self.assertEqual(self.stage(order), ("cancelled", False))

    def test_promise_is_late_due_or_in_time_until_the_order_has_left(self):
        order = self.order()
        # promised until 10:00 on the 3rd
        self.assertEqual(self.stage(order, "2026-03-02 09:00:00")[1], "in_time")
        self.assertEqual(self.stage(order, "2026-03-02 11:00:00")[1], "soon")
        self.assertEqual(self.stage(order, "2026-03-03 11:00:00")[1], "late")
        self.ship(order, datetime(2026, 3, 3, 12))
        self.assertFalse(self.stage(order)[1])
