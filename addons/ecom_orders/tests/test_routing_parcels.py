"""An order leaves in several deliveries by class of goods and by carrier."""

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import woo_line, woo_order
from .routing_common import RoutingCommon


@tagged("post_install", "-at_install")
class TestRoutingParcels(RoutingCommon):
    """The east sends a parcel for 5; picking a line costs 1, a further parcel 2."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_stock(cls.mug, 9, cls.east)
        cls._set_stock(cls.tee, 9, cls.east)
        cls.cold = cls.env["ecom.shipping.class"].create({"name": "Cold chain"})

    def order(self, number=1):
        lines = [woo_line(1, "MUG", 1, "20.00"), woo_line(2, "TEE", 1, "10.00")]
        return self.import_orders(woo_order(number, lines))

    def deliveries(self, order):
        """Open deliveries of an order, by the product in each."""
        pickings = order.picking_ids.filtered(lambda one: one.state != "cancel")
        return {
            tuple(one.move_ids.product_id.mapped("default_code")): one
            for one in pickings
        }

    # -- by class of goods -------------------------------------------------------------

    def test_goods_of_a_class_get_a_delivery_of_their_own(self):
        self.tee.ecom_shipping_class_id = self.cold
        order = self.order()
        found = self.deliveries(order)
        self.assertEqual(set(found), {("MUG",), ("TEE",)})
        self.assertEqual({one.state for one in found.values()}, {"assigned"})
        self.assertEqual(found["TEE",].ecom_shipping_class_ids, self.cold)
        self.assertFalse(found["MUG",].ecom_shipping_class_ids)
        self.assertEqual(order.order_line.warehouse_id, self.east)
        decision = self.last_decision(order)
        self.assertEqual((decision.parcel_count, decision.split), (2, 1))
        self.assertMoney(decision.cost, 2 * (5.0 + 1.0) + 2.0)

    def test_class_of_a_category_counts_for_those_below(self):
        parent = self.env["product.category"].create(
            {"name": "Food", "ecom_shipping_class_id": self.cold.id}
        )
        self.tee.categ_id = self.env["product.category"].create(
            {"name": "Cheese", "parent_id": parent.id}
        )
        self.assertEqual(set(self.deliveries(self.order())), {("MUG",), ("TEE",)})

    def test_class_of_the_product_comes_before_that_of_its_category(self):
        self.tee.categ_id.ecom_shipping_class_id = self.cold
        self.mug.ecom_shipping_class_id = self.tee.ecom_shipping_class_id
        bulky = self.env["ecom.shipping.class"].create({"name": "Bulky"})
        self.tee.ecom_shipping_class_id = bulky
        self.assertEqual(self.tee.product_tmpl_id._ecom_get_shipping_class(), bulky)

    def test_goods_of_one_class_leave_together(self):
        (self.mug + self.tee).ecom_shipping_class_id = self.cold
        self.assertEqual(set(self.deliveries(self.order())), {("MUG", "TEE")})

    def test_orders_without_classes_are_one_delivery(self):
        self.assertEqual(set(self.deliveries(self.order())), {("MUG", "TEE")})

    def test_rule_that_never_splits_holds_such_an_order_and_says_why(self):
        self.tee.ecom_shipping_class_id = self.cold
        self.rule.max_parcels = 1
        order = self.order()
        self.assertEqual(order.state, "draft")
        self.assertIn(
            "too_many_parcels", self.last_decision(order).refusal_ids.mapped("reason")
        )

    def test_class_with_products_is_not_deleted(self):
        self.tee.ecom_shipping_class_id = self.cold
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.cold.unlink()

    # -- by carrier --------------------------------------------------------------------

    def tanker(self):
        """A carrier that takes dangerous goods, and nothing heavier than 1 kg."""
        carrier = self._create_carrier("Tanker")
        carrier.ecom_dangerous_goods = True
        card = self._create_card(carrier, price=9.0, warehouses=self.east)
        card.zone_ids.bracket_ids.max_weight = 1.0
        self.mug.weight = 5.0
        self.tee.product_tmpl_id.ecom_dangerous_goods = True
        return carrier

    def test_two_carriers_take_what_neither_takes_alone(self):
        tanker = self.tanker()
        found = self.deliveries(self.order())
        self.assertEqual(found["MUG",].carrier_id, self.carrier)
        self.assertEqual(found["TEE",].carrier_id, tanker)

    def test_rule_that_never_splits_holds_an_order_that_no_carrier_takes(self):
        self.tanker()
        self.rule.max_parcels = 1
        order = self.order()
        self.assertEqual(order.state, "draft")
        self.assertIn(
            "too_many_parcels", self.last_decision(order).refusal_ids.mapped("reason")
        )

    def test_what_is_too_heavy_together_leaves_in_two_deliveries(self):
        self.mug.weight = self.tee.weight = 20.0
        found = self.deliveries(self.order())
        self.assertEqual(set(found), {("MUG",), ("TEE",)})
        carriers = {one.carrier_id for one in found.values()}
        self.assertEqual(carriers, {self.carrier})

    # -- afterwards --------------------------------------------------------------------

    def by_hand(self, order, **values):
        self.env["ecom.routing.override"].create(
            {
                "order_id": order.id,
                "warehouse_id": self.east.id,
                "carrier_id": self.carrier.id,
                "reason": "Cool box",
                **values,
            }
        ).action_apply()

    def test_person_brings_the_goods_together_until_something_is_picked(self):
        self.tee.ecom_shipping_class_id = self.cold
        order = self.order()
        self.by_hand(order, together=True)
        found = self.deliveries(order)
        self.assertEqual(set(found), {("MUG", "TEE")})
        self.assertEqual(found["MUG", "TEE"].state, "assigned")
        self.by_hand(order)
        self.assertEqual(set(self.deliveries(order)), {("MUG",), ("TEE",)})
        self.deliveries(order)["TEE",].move_ids.picked = True
        with self.assertRaisesRegex(UserError, "being picked"):
            self.by_hand(order, together=True)

    def test_routing_by_hand_keeps_the_classes_apart(self):
        self.tee.ecom_shipping_class_id = self.cold
        order = self.order()
        self._set_stock(self.mug, 9, self.west)
        self._set_stock(self.tee, 9, self.west)
        self.by_hand(order, warehouse_id=self.west.id)
        found = self.deliveries(order)
        self.assertEqual(set(found), {("MUG",), ("TEE",)})
        self.assertEqual(order.order_line.warehouse_id, self.west)

    def test_line_that_a_warehouse_rejected_joins_no_goods_of_another_class(self):
        self._set_stock(self.tee, 0, self.east)
        self._set_stock(self.tee, 9, self.west)
        self._set_stock(self.mug, 9, self.west)
        self.tee.ecom_shipping_class_id = self.cold
        order = self.order()
        self.assertEqual(self.warehouse_of(order, self.tee), self.west)
        line = order.order_line.filtered(lambda one: one.product_id == self.mug)
        self.env["ecom.routing.reject"].create(
            {"order_id": order.id, "line_id": line.id, "reason": "no_capacity"}
        ).action_apply()
        self.assertEqual(order.order_line.warehouse_id, self.west)
        self.assertEqual(set(self.deliveries(order)), {("MUG",), ("TEE",)})

    def test_looking_again_moves_both_deliveries_and_keeps_them_apart(self):
        self.tee.ecom_shipping_class_id = self.cold
        self._set_stock(self.mug, 0, self.east)
        self._set_stock(self.tee, 0, self.east)
        self._set_stock(self.mug, 9, self.west)
        self._set_stock(self.tee, 9, self.west)
        order = self.order()
        self.assertEqual(order.order_line.warehouse_id, self.west)
        self._set_stock(self.mug, 9, self.east)
        self._set_stock(self.tee, 9, self.east)
        self.env["ecom.routing.router"]._reroute(self.rule_set)
        self.assertEqual(order.order_line.warehouse_id, self.east)
        self.assertEqual(set(self.deliveries(order)), {("MUG",), ("TEE",)})
        self.assertMoney(order.ecom_decision_id.cost, 2 * (5.0 + 1.0) + 2.0)

    def test_order_that_is_best_as_it_is_stays(self):
        self.tee.ecom_shipping_class_id = self.cold
        self.order()
        self.rule_set.reroute_saving = 0.0
        self.assertFalse(self.env["ecom.routing.router"]._reroute(self.rule_set))

    def test_each_delivery_is_told_to_the_shop_by_itself(self):
        self.tee.ecom_shipping_class_id = self.cold
        order = self.order()
        for picking in self.deliveries(order).values():
            picking.move_ids.picked = True
            picking.button_validate()
        self.assertEqual(order.delivery_status, "full")
        self.assertEqual(set(order.order_line.mapped("qty_delivered")), {1.0})
