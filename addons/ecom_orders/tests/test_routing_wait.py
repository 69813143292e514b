"""Deliveries may wait for further orders of their buyer, and how they then leave."""

from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ecom_orders.marketplaces.base import Label

from .common import woo_line, woo_order
from .fake_marketplace import DispatchCommon

NOON = datetime(2026, 3, 1, 12)


class WaitCommon(DispatchCommon):
    """The window is two hours; automatic merging looks when a test says so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule_set = cls.env["ecom.routing.rule.set"].create(
            {
                "name": "Standard",
                "mode": "active",
                "company_id": cls.company.id,
                "merge_mode": "automatic",
                "merge_window": 2.0,
                "merge_wait": True,
                "rule_ids": [(0, 0, {"name": "Everything", "strategy": "priority"})],
            }
        )

    def setUp(self):
        super().setUp()
        self.clock = self.enterContext(freeze_time(NOON))

    def order(self, number=1, sku="MUG", minutes=0, **extra):
        """An order that is placed and imported so many minutes after noon."""
        moment = NOON + timedelta(minutes=minutes)
        self.clock.move_to(moment)
        payload = woo_order(
            number,
            [woo_line(1, sku, 1, "10.00")],
            date_created_gmt=moment.isoformat(),
            **extra,
        )
        return self.import_orders(payload)

    def look(self):
        return self.env["ecom.routing.merger"].sudo()._look(self.rule_set)

    def delivery(self, order):
        picking = order.order_line.move_ids.picking_id
        return picking.filtered(
            lambda one: one.state != "cancel" and one.picking_type_id.code == "outgoing"
        )


@tagged("post_install", "-at_install")
class TestRoutingWait(WaitCommon):
    def test_delivery_waits_until_the_window_is_over(self):
        picking = self.delivery(self.order())
        self.assertEqual(picking.ecom_wait_until, NOON + timedelta(hours=2))
        self.assertTrue(picking.ecom_is_waiting)
        self.assertEqual(picking.scheduled_date, NOON + timedelta(hours=2))
        self.assertEqual(picking.state, "assigned", "it has its goods")
        waiting = self.env["stock.picking"].search([("ecom_is_waiting", "=", True)])
        self.assertIn(picking, waiting)
        with self.assertRaisesRegex(UserError, "may join"):
            self.ship(picking, tracking="T1")
        with self.assertRaisesRegex(UserError, "may join"):
            picking.do_print_picking()
        self.clock.move_to(NOON + timedelta(hours=2, minutes=1))
        picking.invalidate_recordset(["ecom_is_waiting"])
        ready = self.env["stock.picking"].search([("ecom_is_waiting", "=", False)])
        self.assertIn(picking, ready)
        self.ship(picking, tracking="T1")
        self.assertEqual(picking.state, "done")

    def test_second_order_ten_minutes_later_leaves_with_the_first(self):
        first, second = self.order(1), self.order(2, "TEE", minutes=10)
        self.look()
        picking = self.delivery(first)
        self.assertEqual(picking, self.delivery(second))
        # the window counts from the first order: nobody waits for ever
        self.assertEqual(picking.ecom_wait_until, NOON + timedelta(hours=2))

    def test_person_does_not_wait(self):
        picking = self.delivery(self.order())
        picking.action_ecom_do_not_wait()
        self.assertFalse(picking.ecom_is_waiting)
        self.assertIn("Does not wait", picking.message_ids[0].body)
        self.ship(picking, tracking="T1")
        self.assertEqual(picking.state, "done")

    def test_what_the_shop_has_shipped_already_waits_for_nothing(self):
        order = self.order()
        self.env["ecom.order.automation"]._deliver(order)
        self.assertEqual(self.delivery(order).state, "done")

    def test_nothing_waits_unless_the_rules_say_so(self):
        self.rule_set.merge_wait = False
        picking = self.delivery(self.order())
        self.assertFalse(picking.ecom_wait_until)
        self.ship(picking, tracking="T1")
        self.assertEqual(picking.state, "done")

    def test_rules_that_bring_nothing_together_let_nothing_wait(self):
        self.rule_set.merge_mode = "off"
        self.assertFalse(self.delivery(self.order()).ecom_wait_until)

    def test_shop_that_forbids_common_parcels_does_not_wait(self):
        self.channel.merge_parcels = False
        self.assertFalse(self.delivery(self.order()).ecom_wait_until)

    def test_delivery_never_waits_longer_than_the_shop_gives(self):
        self.channel.confirm_policy = "manual"
        order = self.order()
        order.ecom_ship_by = NOON + timedelta(minutes=30)
        order.action_confirm()
        picking = self.delivery(order)
        self.assertEqual(picking.ecom_wait_until, NOON + timedelta(minutes=30))

    def test_order_that_was_placed_long_ago_does_not_wait(self):
        self.clock.move_to(NOON + timedelta(hours=5))
        payload = woo_order(
            1, [woo_line(1, "MUG", 1, "10.00")], date_created_gmt=NOON.isoformat()
        )
        picking = self.delivery(self.import_orders(payload))
        self.assertFalse(picking.ecom_is_waiting)

    # -- labels of a common delivery ---------------------------------------------------

    def test_labels_are_fetched_for_every_order_of_a_common_delivery(self):
        first, second = self.order(1), self.order(2, "TEE", minutes=10)
        self.look()
        picking = self.delivery(first)
        labels = {
            order: (Label(f"{order}.pdf", "application/pdf", b"%PDF-1.4"),)
            for order in (first.ecom_external_id, second.ecom_external_id)
        }
        with patch.object(
            self.marketplace, "fetch_labels", lambda _self, order, _refs: labels[order]
        ):
            picking.action_ecom_fetch_labels()
        attached = picking.message_ids[0].attachment_ids
        self.assertEqual(set(attached.mapped("name")), {"1.pdf", "2.pdf"})

    def test_order_whose_label_is_not_there_yet_is_named(self):
        first, second = self.order(1), self.order(2, "TEE", minutes=10)
        self.look()
        picking = self.delivery(first)
        labels = {"1": (Label("1.pdf", "application/pdf", b"%PDF-1.4"),), "2": ()}
        with patch.object(
            self.marketplace, "fetch_labels", lambda _self, order, _refs: labels[order]
        ):
            picking.action_ecom_fetch_labels()
        self.assertIn(second.name, picking.message_ids[0].body)
        self.assertNotIn(first.name, picking.message_ids[0].body)


@tagged("post_install", "-at_install")
class TestRoutingMergeSteps(WaitCommon):
    """Warehouses that pick, pack and ship in steps."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule_set.merge_wait = False
        cls.warehouse.delivery_steps = "pick_pack_ship"

    def do(self, order, step):
        """Finish an order's open step; the next one is made by it."""
        move = order.order_line.move_ids.filtered(
            lambda one: one.state not in ("done", "cancel")
        )
        self.assertEqual(move.picking_type_id, step)
        move.picked = True
        move.picking_id.button_validate()

    def test_orders_are_not_brought_together_and_the_rules_say_so(self):
        orders = self.order(1), self.order(2, "TEE", minutes=10)
        self.assertFalse(self.look())
        for order in orders:
            self.do(order, self.warehouse.pick_type_id)
            self.do(order, self.warehouse.pack_type_id)
        self.assertFalse(self.look())
        self.assertNotEqual(*(self.delivery(order) for order in orders))
        self.assertIn(self.warehouse.name, self.rule_set.merge_note)
        self.warehouse.ecom_ships = False
        self.rule_set.invalidate_recordset(["merge_note"])
        self.assertFalse(self.rule_set.merge_note)

    def test_nothing_waits_that_was_picked_already(self):
        self.rule_set.merge_wait = True
        order = self.order()
        self.do(order, self.warehouse.pick_type_id)
        self.do(order, self.warehouse.pack_type_id)
        self.assertFalse(self.delivery(order).ecom_wait_until)
        self.do(order, self.warehouse.out_type_id)
        self.assertEqual(order.delivery_status, "full")
