"""Orders that nobody picks yet move when another plan has become cheaper."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import woo_line, woo_order
from .routing_common import RoutingCommon


@tagged("post_install", "-at_install")
class TestRoutingReroute(RoutingCommon):
    """The east sends for 5, the west for 8; picking a line costs 1, a split 2."""

    def order(self, number=1, **skus):
        lines = [
            woo_line(place, sku, quantity, f"{quantity * 10}.00")
            for place, (sku, quantity) in enumerate(skus.items(), start=1)
        ]
        return self.import_orders(woo_order(number, lines))

    def look_again(self):
        user = self.env.ref("ecom_orders.user_technical")
        router = self.env["ecom.routing.router"].with_user(user)
        return router._reroute(self.rule_set.with_user(user))

    def asked(self, order):
        """Units that warehouses are asked for."""
        moves = order.picking_ids.move_ids.filtered(lambda one: one.state != "cancel")
        return {
            warehouse: sum(mine.mapped("product_uom_qty"))
            for warehouse, mine in moves.grouped("warehouse_id").items()
        }

    def test_order_moves_to_where_it_is_cheaper_now(self):
        self._set_stock(self.mug, 2, self.west)
        order = self.order(MUG=2)
        self._set_stock(self.mug, 2, self.east)
        self.look_again()
        self.assertEqual(self.asked(order), {self.east: 2})
        self.assertEqual(self.warehouse_of(order, self.mug), self.east)
        decision = order.ecom_decision_id
        self.assertEqual(decision.kind, "reroute")
        self.assertMoney(decision.cost, 5.0 + 1.0)
        self.assertIn(f"{8 - 5:.2f}", decision.override_reason)
        losing = decision.plan_ids.filtered(lambda plan: not plan.chosen)
        self.assertMoney(losing.total, 8.0 + 1.0)

    def test_two_parcels_become_one(self):
        self._set_stock(self.mug, 1, self.east)
        self._set_stock(self.tee, 1, self.west)
        order = self.order(MUG=1, TEE=1)
        self.assertEqual(order.ecom_decision_id.parcel_count, 2)
        self._set_stock(self.tee, 1, self.east)
        self.look_again()
        self.assertEqual(self.asked(order), {self.east: 2})
        self.assertEqual(order.ecom_decision_id.parcel_count, 1)

    def test_divided_line_is_one_again(self):
        self._set_stock(self.mug, 3, self.east)
        self._set_stock(self.mug, 2, self.west)
        order = self.order(MUG=5)
        self.assertEqual(len(order.order_line), 2)
        self._set_stock(self.mug, 5, self.east)
        self.look_again()
        self.assertEqual(self.asked(order), {self.east: 5})
        self.assertEqual(order.order_line.product_uom_qty, 5)
        self.assertMoney(order.amount_total, 50.0)

    def test_order_takes_what_another_gives_up(self):
        self._set_stock(self.mug, 1, self.east)
        self._set_stock(self.tee, 1, self.west)
        first = self.order(1, MUG=1, TEE=1)
        self._set_stock(self.mug, 2, self.west)
        second = self.order(2, MUG=1)
        self.assertEqual(self.asked(second), {self.west: 1})
        self.look_again()
        self.assertEqual(self.asked(first), {self.west: 2})
        self.assertEqual(self.asked(second), {self.east: 1})
        self.assertEqual(
            set(second.picking_ids.mapped("state")) - {"cancel"}, {"assigned"}
        )

    def test_order_that_is_being_picked_stays(self):
        self._set_stock(self.mug, 2, self.west)
        order = self.order(MUG=2)
        self._set_stock(self.mug, 2, self.east)
        order.picking_ids.move_ids.picked = True
        self.assertFalse(self.look_again())

    def test_order_with_a_label_stays(self):
        self._set_stock(self.mug, 2, self.west)
        order = self.order(MUG=2)
        self._set_stock(self.mug, 2, self.east)
        order.picking_ids.carrier_tracking_ref = "T1"
        self.assertFalse(self.look_again())

    def test_order_that_a_person_routed_stays(self):
        self._set_stock(self.mug, 2, self.west)
        order = self.order(MUG=2)
        self._set_stock(self.mug, 2, self.east)
        order.ecom_overridden = True
        self.assertFalse(self.look_again())

    def test_saving_has_to_be_worth_it(self):
        self._set_stock(self.mug, 2, self.west)
        self.order(MUG=2)
        self._set_stock(self.mug, 2, self.east)
        self.rule_set.reroute_saving = 8.0 - 5.0
        self.assertFalse(self.look_again())

    def test_warehouse_that_rejected_the_order_is_not_asked_again(self):
        for warehouse in self.east + self.west:
            self._set_stock(self.mug, 2, warehouse)
        order = self.order(MUG=2)
        self.env["ecom.routing.reject"].create(
            {
                "order_id": order.id,
                "line_id": order.order_line.id,
                "reason": "no_capacity",
            }
        ).action_apply()
        self.assertEqual(self.asked(order), {self.west: 2})
        self.assertFalse(self.look_again())

    def test_job_leaves_sets_alone_that_are_not_looked_at_again(self):
        self._set_stock(self.mug, 2, self.west)
        order = self.order(MUG=2)
        self._set_stock(self.mug, 2, self.east)
        self.rule_set.reroute = False
        cron = self.env.ref("ecom_orders.ir_cron_reroute")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual(self.asked(order), {self.west: 2})
        self.rule_set.reroute = True
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual(self.asked(order), {self.east: 2})

    def run_job(self):
        cron = self.env.ref("ecom_orders.ir_cron_reroute")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()

    def test_job_looks_at_so_many_orders_in_a_transaction(self):
        self._set_stock(self.mug, 3, self.west)
        orders = self.order(1, MUG=1) + self.order(2, MUG=1) + self.order(3, MUG=1)
        self._set_stock(self.mug, 3, self.east)
        path = "odoo.addons.ecom_orders.models.ecom_routing_reroute.BATCH_ORDERS"
        router = type(self.env["ecom.routing.router"])
        with (
            patch(path, 2),
            patch.object(
                router, "_reroute", autospec=True, side_effect=router._reroute
            ) as looked,
        ):
            self.run_job()
        batches = [len(call.args[2]) for call in looked.call_args_list]
        self.assertEqual(batches, [2, 1])
        for order in orders:
            self.assertEqual(self.asked(order), {self.east: 1})

    def test_order_that_cannot_be_moved_stops_no_other(self):
        self._set_stock(self.mug, 3, self.west)
        first, broken, last = (self.order(n, MUG=1) for n in (1, 2, 3))
        self._set_stock(self.mug, 3, self.east)
        orders = type(self.env["sale.order"])
        release = orders._ecom_release

        def fail(order, lines):
            if order == broken:
                raise UserError(order.env._("The goods are being picked."))
            return release(order, lines)

        def commit(cron, *_args, **_values):
            cron.env.cr.commit()  # of the job's own cursor, which a test takes back
            return 100

        with (
            patch.object(orders, "_ecom_release", fail),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", commit),
            mute_logger("odoo.addons.ecom_orders.models.guard"),
        ):
            self.run_job()
        self.assertEqual(self.asked(first), {self.east: 1})
        self.assertEqual(self.asked(last), {self.east: 1})
        self.assertEqual(self.asked(broken), {self.west: 1})

    def test_parcels_that_moved_take_no_room_where_they_were(self):
        self.west.ecom_capacity = 5
        self._set_stock(self.mug, 2, self.west)
        self.order(MUG=2)
        self._set_stock(self.mug, 2, self.east)
        router = self.env["ecom.routing.router"]
        self.assertEqual(sum(router._get_booked(self.west)[self.west.id].values()), 1)
        self.look_again()
        self.assertFalse(router._get_booked(self.west))
