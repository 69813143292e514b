"""Carriers without a rate card, and carriers that are later than they say."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import woo_line, woo_order
from .routing_common import RoutingCommon


@tagged("post_install", "-at_install")
class TestRoutingCarrier(RoutingCommon):
    """The east sends by Parcel Post for 5; picking a line costs 1."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_stock(cls.mug, 90, cls.east)

    def order(self, number=1, **extra):
        line = woo_line(1, "MUG", 1, "10.00")
        return self.import_orders(woo_order(number, [line], **extra))

    def carrier_of(self, order):
        return order.order_line.ecom_carrier_id

    # -- Odoo's own delivery methods ---------------------------------------------------

    def fixed(self, price, **values):
        """A delivery method of Odoo with a fixed price."""
        carrier = self._create_carrier(f"Van {price}")
        carrier.write({"fixed_price": price, "ecom_in_routing": True, **values})
        return carrier

    def test_delivery_method_without_a_card_is_asked_for_its_price(self):
        van = self.fixed(3.0)
        order = self.order()
        self.assertEqual(self.carrier_of(order), van)
        self.assertMoney(self.last_decision(order).cost, 3.0 + 1.0)

    def test_dearer_delivery_method_is_an_alternative(self):
        self.fixed(6.0)
        order = self.order()
        self.assertEqual(self.carrier_of(order), self.carrier)
        self.assertMoney(self.last_decision(order).cost, 5.0 + 1.0)

    def test_only_methods_that_are_used_in_routing_are_asked(self):
        self.fixed(3.0, ecom_in_routing=False)
        self.assertEqual(self.carrier_of(self.order()), self.carrier)

    def test_rules_of_a_method_make_its_price(self):
        van = self.fixed(0.0, delivery_type="base_on_rule")
        van.price_rule_ids = [
            Command.create(
                {
                    "variable": "quantity",
                    "operator": "<=",
                    "max_value": 3,
                    "list_base_price": 2.5,
                }
            )
        ]
        order = self.order()
        self.assertEqual(self.carrier_of(order), van)
        self.assertMoney(self.last_decision(order).cost, 2.5 + 1.0)

    def test_method_that_does_not_go_there_is_not_used(self):
        self.fixed(3.0, country_ids=[Command.set(self.env.ref("base.de").ids)])
        self.assertEqual(self.carrier_of(self.order()), self.carrier)

    def test_provider_that_breaks_holds_nothing_up(self):
        self.fixed(3.0)
        carriers = type(self.env["delivery.carrier"])
        with (
            patch.object(carriers, "rate_shipment", side_effect=ValueError("down")),
            mute_logger("odoo.addons.ecom_orders.models.ecom_routing_carrier"),
        ):
            order = self.order()
        self.assertEqual(self.carrier_of(order), self.carrier)

    def test_rule_uses_only_its_carriers(self):
        van = self.fixed(9.0)
        self.rule.write({"carrier_ids": [Command.set(van.ids)], "min_value": 5.0})
        self.assertEqual(self.carrier_of(self.order()), van)
        self.rule.carrier_ids = self.carrier
        self.assertEqual(self.carrier_of(self.order(2)), self.carrier)

    def test_carrier_that_is_not_for_a_products_tags_is_left_out_and_says_so(self):
        van = self.fixed(3.0)
        fragile = self.env["product.tag"].create({"name": "Fragile"})
        self.mug.product_tmpl_id.product_tag_ids = fragile
        self.carrier.excluded_tag_ids = fragile
        self.assertEqual(self.carrier_of(self.order()), van)
        van.excluded_tag_ids = fragile
        order = self.order(2)
        self.assertEqual(order.state, "draft")
        self.assertIn((self.carrier, "products"), self.ruled_out(order))

    def test_carrier_for_certain_products_takes_no_others(self):
        van = self.fixed(3.0)
        van.must_have_tag_ids = self.env["product.tag"].create({"name": "Bulky"})
        self.assertEqual(self.carrier_of(self.order()), self.carrier)
        self.mug.product_tmpl_id.product_tag_ids = van.must_have_tag_ids
        self.assertEqual(self.carrier_of(self.order(2)), van)

    def questions(self, orders, **addresses):
        """How often a carrier is asked for the prices of some orders."""
        carriers = type(self.env["delivery.carrier"])
        answer = {"success": True, "price": 3.0, "carrier_price": 3.0}
        with patch.object(carriers, "rate_shipment", return_value=answer) as asked:
            self.env["ecom.routing.router"]._read_ground(self.company, orders)
        return asked.call_count

    def unrouted(self, *numbers):
        self.channel.confirm_policy = "manual"
        return self.env["sale.order"].union(*(self.order(n) for n in numbers))

    def test_carrier_is_asked_once_for_orders_that_are_alike(self):
        self.fixed(3.0)
        orders = self.unrouted(1, 2, 3)
        self.assertEqual(self.questions(orders), 1)

    def test_carrier_is_asked_again_for_another_place_or_content(self):
        self.fixed(3.0)
        orders = self.unrouted(1, 2, 3)
        orders[1].partner_shipping_id = orders[1].partner_shipping_id.copy(
            {"zip": "99999"}
        )
        orders[2].order_line.product_uom_qty = 2
        self.assertEqual(self.questions(orders), 3)

    def test_each_carrier_is_asked(self):
        self.fixed(3.0)
        self.fixed(4.0)
        self.assertEqual(self.questions(self.unrouted(1, 2)), 2)

    def test_beyond_so_many_questions_an_order_says_that_a_carrier_was_not_asked(self):
        van = self.fixed(3.0)
        orders = self.unrouted(1, 2)
        orders[1].order_line.product_uom_qty = 2
        path = "odoo.addons.ecom_orders.models.ecom_routing_carrier.MOST_QUESTIONS"
        with patch(path, 1):
            self.assertEqual(self.questions(orders), 1)
            self.env["ecom.routing.router"]._route(orders)
        self.assertEqual(self.carrier_of(orders[0]), van)
        self.assertEqual(self.carrier_of(orders[1]), self.carrier)
        self.assertIn((van, "unasked"), self.ruled_out(orders[1]))
        self.assertNotIn((van, "unasked"), self.ruled_out(orders[0]))

    # -- punctuality -------------------------------------------------------------------

    def arrived(self, carrier, days, parcels):
        """So many parcels of a carrier from the east took so many days."""
        left = fields.Datetime.now() - timedelta(days=30)
        buyer = self.env["res.partner"].create(
            {"name": "Earlier", "country_id": self.country_us.id, "zip": "12345"}
        )
        kind = self.east.out_type_id
        pickings = self.env["stock.picking"].create(
            [
                {
                    "picking_type_id": kind.id,
                    "partner_id": buyer.id,
                    "carrier_id": carrier.id,
                    "location_id": kind.default_location_src_id.id,
                    "location_dest_id": self.env.ref(
                        "stock.stock_location_customers"
                    ).id,
                }
                for _parcel in range(parcels)
            ]
        )
        pickings.write({"state": "done", "date_done": left})
        pickings.ecom_arrived_at = left + timedelta(days=days)

    def promise(self):
        """A parcel is promised in two days; a day later costs 10."""
        self.rule_set.write({"late_cost": 10.0, "confidence": 90.0})
        self.express = self._create_carrier("Express")
        self._create_card(self.express, price=7.0, warehouses=self.east, days=1)

    def promised_order(self, number=1):
        order = self.order(number, status="on-hold")
        order.ecom_deliver_by = fields.Datetime.now() + timedelta(days=2)
        self.env["ecom.routing.router"]._route(order)
        return order

    def test_carrier_that_keeps_its_word_is_believed(self):
        self.promise()
        self.arrived(self.carrier, days=2, parcels=100)
        self.assertEqual(self.carrier_of(self.promised_order()), self.carrier)

    def test_carrier_that_is_late_too_often_loses_orders_with_a_promise(self):
        self.promise()
        self.arrived(self.carrier, days=2, parcels=60)
        self.arrived(self.carrier, days=5, parcels=40)
        order = self.promised_order()
        self.assertEqual(self.carrier_of(order), self.express)
        self.assertMoney(self.last_decision(order).cost, 7.0 + 1.0)

    def test_few_parcels_do_not_outweigh_what_is_stated(self):
        self.promise()
        self.arrived(self.carrier, days=2, parcels=40)
        self.arrived(self.carrier, days=5, parcels=1)
        self.assertEqual(self.carrier_of(self.promised_order()), self.carrier)

    def test_rule_set_without_a_confidence_believes_the_rate_card(self):
        self.promise()
        self.rule_set.confidence = 0.0
        self.arrived(self.carrier, days=9, parcels=100)
        self.assertEqual(self.carrier_of(self.promised_order()), self.carrier)

    def test_arrival_is_noted_by_hand_once(self):
        order = self.order()
        picking = order.picking_ids
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertTrue(picking.ecom_is_shipment)
        picking.action_ecom_arrived()
        first = picking.ecom_arrived_at
        self.assertTrue(first)
        picking.action_ecom_arrived()
        self.assertEqual(picking.ecom_arrived_at, first)

    # -- what carriers take ------------------------------------------------------------

    def ruled_out(self, order):
        """Carriers that were ruled out, with the reason."""
        refusals = order.ecom_refusal_ids.filtered("carrier_id")
        return {(one.carrier_id, one.reason) for one in refusals}

    def test_dangerous_goods_go_by_a_carrier_that_takes_them(self):
        safe = self.fixed(9.0, ecom_dangerous_goods=True)
        self.mug.product_tmpl_id.ecom_dangerous_goods = True
        order = self.order()
        self.assertEqual(self.carrier_of(order), safe)
        self.assertEqual(self.ruled_out(order), {(self.carrier, "dangerous_goods")})

    def test_other_goods_go_by_the_cheapest(self):
        self.fixed(9.0, ecom_dangerous_goods=True)
        order = self.order()
        self.assertEqual(self.carrier_of(order), self.carrier)
        self.assertFalse(self.ruled_out(order))

    def test_carrier_with_a_card_takes_them_when_it_says_so(self):
        self.mug.product_tmpl_id.ecom_dangerous_goods = True
        self.carrier.ecom_dangerous_goods = True
        self.assertEqual(self.carrier_of(self.order()), self.carrier)

    def test_cash_on_delivery_goes_by_a_carrier_that_collects_it(self):
        collector = self.fixed(9.0, allow_cash_on_delivery=True)
        self.env["ecom.payment.rule"].create(
            {
                "channel_id": self.channel.id,
                "gateway": "cod",
                "cash_on_delivery": True,
                "confirm_policy": "always",
            }
        )
        order = self.order(1, payment_method="cod")
        self.assertEqual(self.carrier_of(order), collector)
        self.assertEqual(self.ruled_out(order), {(self.carrier, "cash_on_delivery")})
        self.assertEqual(self.carrier_of(self.order(2)), self.carrier)

    def test_order_that_no_carrier_takes_waits_and_says_why(self):
        self.mug.product_tmpl_id.ecom_dangerous_goods = True
        order = self.order()
        self.assertEqual(order.state, "draft")
        self.assertEqual(order.ecom_block_ids.reason, "not_routed")
        self.assertIn((self.carrier, "dangerous_goods"), self.ruled_out(order))
