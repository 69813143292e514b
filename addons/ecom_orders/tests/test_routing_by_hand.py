"""The shop, a dispatcher or a warehouse has another word on where a line ships from."""

import threading
from dataclasses import replace

from psycopg2.errors import SerializationFailure

import odoo
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.ecom_orders.marketplaces.base import Capability
from odoo.addons.ecom_orders.marketplaces.schema import Location

from .common import woo_line, woo_order
from .routing_common import RoutingCommon


@tagged("post_install", "-at_install")
class TestRoutingByHand(RoutingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for warehouse in cls.east + cls.west:
            cls._set_stock(cls.mug, 5, warehouse)
        cls.dispatcher = new_test_user(
            cls.env,
            "dispatcher",
            groups="ecom_orders.group_user",
        )

    def order(self, number=1):
        return self.import_orders(woo_order(number, [woo_line(1, "MUG", 2, "20.00")]))

    def open_pickings(self, order):
        return order.picking_ids.filtered(lambda one: one.state != "cancel")

    # -- the shop ----------------------------------------------------------------------

    def assigned(self, number, location):
        """An order whose line the shop assigned to a site."""
        normalise = type(self.channel._get_connector()).normalise_order
        payload = woo_order(number, [woo_line(1, "MUG", 2, "20.00")])
        external = normalise(payload)
        lines = tuple(replace(line, location_ref=location) for line in external.lines)
        return self.import_external(replace(external, lines=lines))

    def locate(self):
        with self.shelf(
            Capability.LOCATIONS, sites=(Location("L1", "E"), Location("L2", "W"))
        ):
            self.channel.action_fetch_locations()
        here, there = self.channel.location_ids.sorted("ref")
        here.warehouse_id, there.warehouse_id = self.east, self.west

    def test_site_that_the_shop_assigned_binds_the_line(self):
        self.locate()
        order = self.assigned(1, "L2")
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.warehouse_of(order, self.mug), self.west)
        self.assertEqual(order.picking_ids.picking_type_id.warehouse_id, self.west)
        self.assertIn("the shop chose the warehouse", order.ecom_unrouted)

    def test_site_binds_also_where_nothing_is_routed(self):
        self.rule_set.mode = "off"
        self.locate()
        order = self.assigned(1, "L2")
        self.assertEqual(order.picking_ids.picking_type_id.warehouse_id, self.west)

    # -- a dispatcher ------------------------------------------------------------------

    def override(self, order, warehouse, user=None, lines=None):
        wizard = self.env["ecom.routing.override"].with_user(user or self.dispatcher)
        wizard.create(
            {
                "order_id": order.id,
                "warehouse_id": warehouse.id,
                "line_ids": [Command.set(lines.ids if lines else [])],
                "reason": "Buyer collects it there",
            }
        ).action_apply()

    def test_dispatcher_moves_an_order_and_says_why(self):
        order = self.order()
        self.assertEqual(
            self.open_pickings(order).picking_type_id.warehouse_id, self.east
        )
        self.override(order, self.west)
        pickings = self.open_pickings(order)
        self.assertEqual(pickings.picking_type_id.warehouse_id, self.west)
        self.assertEqual(sum(pickings.move_ids.mapped("product_uom_qty")), 2)
        self.assertEqual(pickings.state, "assigned")
        decision = order.ecom_decision_id
        self.assertEqual(decision.kind, "override")
        self.assertEqual(decision.override_reason, "Buyer collects it there")
        self.assertEqual(decision.user_id, self.dispatcher)

    def test_one_of_two_lines_moves_and_the_other_stays(self):
        self._set_stock(self.tee, 5, self.east)
        order = self.import_orders(
            woo_order(
                1, [woo_line(1, "MUG", 2, "20.00"), woo_line(2, "TEE", 1, "10.00")]
            )
        )
        mugs = order.order_line.filtered(lambda one: one.product_id == self.mug)
        self.override(order, self.west, lines=mugs)
        sources = {
            move.product_id: move.picking_id.picking_type_id.warehouse_id
            for move in order.picking_ids.move_ids
        }
        self.assertEqual(sources, {self.mug: self.west, self.tee: self.east})
        self.assertEqual(len(order.picking_ids.move_ids), 2)

    def test_word_of_a_dispatcher_outlives_the_confirmation(self):
        self.channel.confirm_policy = "manual"
        order = self.order()
        self.override(order, self.west)
        order.action_confirm()
        self.assertEqual(order.picking_ids.picking_type_id.warehouse_id, self.west)

    def test_order_that_is_being_picked_is_not_moved(self):
        order = self.order()
        order.picking_ids.move_ids.picked = True
        with self.assertRaises(UserError):
            self.override(order, self.west)

    def test_who_has_no_role_in_orders_cannot_route(self):
        colleague = new_test_user(self.env, "colleague", groups="base.group_user")
        order = self.order()
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            self.override(order, self.west, user=colleague)

    # -- a warehouse -------------------------------------------------------------------

    def reject(self, order, reason="not_found"):
        wizard = self.env["ecom.routing.reject"].with_user(self.dispatcher)
        line = order.order_line.filtered(lambda one: one.product_id == self.mug)
        wizard.create(
            {"order_id": order.id, "line_id": line.id, "reason": reason}
        ).action_apply()

    def test_rejected_line_is_routed_without_that_warehouse(self):
        order = self.order()
        self.reject(order)
        pickings = self.open_pickings(order)
        self.assertEqual(pickings.picking_type_id.warehouse_id, self.west)
        self.assertEqual(sum(pickings.move_ids.mapped("product_uom_qty")), 2)
        decision = order.ecom_decision_id
        self.assertEqual(decision.kind, "rejection")
        self.assertIn("East", decision.override_reason)

    def test_what_was_not_found_is_promised_to_nobody_until_counted(self):
        self.reject(self.order(1))
        self.assertEqual(self.warehouse_of(self.order(2), self.mug), self.west)
        self.env["ecom.routing.rejection"].search([]).action_counted()
        self.assertEqual(self.warehouse_of(self.order(3), self.mug), self.east)

    def test_lack_of_capacity_says_nothing_about_the_stock(self):
        self.reject(self.order(1), reason="no_capacity")
        self.assertEqual(self.warehouse_of(self.order(2), self.mug), self.east)

    def test_rejection_without_another_warehouse_changes_nothing(self):
        self._set_stock(self.mug, 0, self.west)
        order = self.order()
        with self.assertRaises(UserError):
            self.reject(order)
        self.assertEqual(
            self.open_pickings(order).picking_type_id.warehouse_id, self.east
        )


@tagged("post_install", "-at_install")
class TestRoutingConcurrency(RoutingCommon):
    def test_second_of_two_that_promise_the_same_product_starts_over(self):
        """Two real connections: the second one's snapshot is older than the promise."""
        product_id = self._get_committed_product()
        database = odoo.sql_db.db_connect(self.env.cr.dbname)
        first, second = database.cursor(), database.cursor()
        outcome = []

        def claim_second():
            try:
                self._claim(second, product_id)
                outcome.append("promised")
            except SerializationFailure:
                outcome.append("starts over")

        try:
            second.execute("SELECT 1")  # its snapshot
            self._claim(first, product_id)
            thread = threading.Thread(target=claim_second)
            with mute_logger("odoo.sql_db"):
                thread.start()
                first.commit()
                thread.join(20)
            self.assertEqual(outcome, ["starts over"])
        finally:
            second.rollback()
            first.execute(
                "DELETE FROM ecom_routing_claim WHERE product_id = %s", [product_id]
            )
            first.commit()
            first.close()
            second.close()

    def _get_committed_product(self):
        return self.env.ref("ecom_orders.product_unknown").id

    def _claim(self, cursor, product_id):
        env = self.env(cr=cursor)
        products = env["product.product"].browse(product_id)
        env["ecom.routing.stock"]._claim(products)
