"""Orders of channels ship from the warehouse that routing chose, and say why."""

from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.ecom_orders.routing.strategies import STRATEGIES

from .common import woo_line, woo_order
from .routing_common import RoutingCommon


@tagged("post_install", "-at_install")
class TestRouting(RoutingCommon):
    def order(self, number=1, *lines, **extra):
        lines = lines or (woo_line(1, "MUG", 2, "20.00"),)
        return self.import_orders(woo_order(number, list(lines), **extra))

    def test_every_strategy_is_named_in_words_that_can_be_translated(self):
        titles = self.env["ecom.routing.rule"]._get_strategy_titles()
        ours = {
            code: strategy.title
            for code, strategy in STRATEGIES.items()
            if ".ecom_orders." in strategy.__module__
        }
        self.assertEqual(titles, ours)

    # -- the way of an order -----------------------------------------------------------

    def test_without_a_rule_set_in_force_orders_ship_as_before(self):
        self.rule_set.mode = "off"
        order = self.order()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.picking_ids.picking_type_id.warehouse_id, self.warehouse)
        self.assertFalse(order.ecom_decision_ids)

    def test_order_ships_from_the_cheapest_warehouse_that_has_it(self):
        self._set_stock(self.mug, 5, self.east)
        self._set_stock(self.mug, 5, self.west)
        order = self.order()
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.warehouse_of(order, self.mug), self.east)
        self.assertEqual(order.picking_ids.picking_type_id.warehouse_id, self.east)
        self.assertEqual(order.picking_ids.state, "assigned")
        self.assertEqual(order.picking_ids.carrier_id, self.carrier)
        decision = self.last_decision(order)
        self.assertEqual(decision.kind, "applied")
        self.assertEqual(decision.rule_id, self.rule)
        self.assertMoney(decision.cost, 5.0 + 1.0)

    def test_losing_plans_are_kept_with_what_they_would_have_cost(self):
        self._set_stock(self.mug, 5, self.east)
        self._set_stock(self.mug, 5, self.west)
        decision = self.last_decision(self.order())
        chosen = decision.plan_ids.filtered("chosen")
        lost = decision.plan_ids - chosen
        self.assertMoney(chosen.total, 5.0 + 1.0)
        self.assertIn("West", lost.mapped("name")[0])
        self.assertMoney(lost.freight, 8.0)
        self.assertMoney(lost.handling, 1.0)
        self.assertMoney(lost.total, 8.0 + 1.0)

    def test_warehouse_without_stock_is_ruled_out_with_numbers(self):
        self._set_stock(self.mug, 1, self.east)
        self._set_stock(self.mug, 5, self.west)
        order = self.order()
        self.assertEqual(self.warehouse_of(order, self.mug), self.west)
        refusal = self.last_decision(order).refusal_ids.filtered(
            lambda one: one.warehouse_id == self.east
        )
        self.assertEqual(refusal.reason, "stock")
        self.assertEqual((refusal.available, refusal.needed), (1, 2))

    def test_lines_ship_from_two_warehouses_when_none_has_both(self):
        self._set_stock(self.mug, 5, self.east)
        self._set_stock(self.tee, 5, self.west)
        order = self.order(
            1, woo_line(1, "MUG", 2, "20.00"), woo_line(2, "TEE", 1, "10.00")
        )
        self.assertEqual(self.warehouse_of(order, self.mug), self.east)
        self.assertEqual(self.warehouse_of(order, self.tee), self.west)
        self.assertEqual(
            order.picking_ids.picking_type_id.warehouse_id, self.east + self.west
        )
        decision = self.last_decision(order)
        self.assertMoney(decision.cost, (5.0 + 1.0) + (8.0 + 1.0) + 2.0)
        self.assertEqual((decision.parcel_count, decision.split), (2, 1))

    def test_scarce_stock_is_never_promised_twice_in_a_batch(self):
        self._set_stock(self.mug, 3, self.east)
        orders = self.import_orders(
            *(woo_order(n, [woo_line(n, "MUG", 2, "20.00")]) for n in (1, 2, 3))
        )
        shipped = orders.filtered(lambda order: order.state == "sale")
        self.assertEqual(len(shipped), 3 // 2)
        for order in orders - shipped:
            self.assertEqual(self.open_reasons(order), {"not_routed"})

    def test_priority_customer_gets_the_last_piece(self):
        tag = self.env["res.partner.category"].create({"name": "Gold"})
        self.rule_set.priority_category_ids = tag
        self.channel.confirm_policy = "manual"
        first, second = (self.order(n) for n in (1, 2))
        second.partner_id = second.partner_id.copy({"category_id": tag.ids})
        self._set_stock(self.mug, 2, self.east)
        waiting = self.env["ecom.routing.router"]._route(first + second)
        self.assertEqual(waiting, first)
        reasons = self.last_decision(first).refusal_ids.mapped("reason")
        self.assertIn("outbid", reasons)

    # -- what waits --------------------------------------------------------------------

    def test_order_that_nobody_can_ship_waits_in_the_queue_with_the_reason(self):
        order = self.order()
        self.assertEqual(order.state, "draft")
        block = order.ecom_block_ids
        self.assertEqual(block.reason, "not_routed")
        self.assertIn("No stock", block.explanation)
        self.assertIn("East: MUG 0/2", block.explanation)
        self.assertEqual(self.last_decision(order).kind, "waiting")

    def test_waiting_order_ships_when_stock_arrives(self):
        order = self.order()
        self._set_stock(self.mug, 2, self.west)
        self.retry()
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.warehouse_of(order, self.mug), self.west)
        self.assertFalse(self.open_reasons(order))

    def test_stock_that_moves_wakes_the_job_only_while_orders_wait(self):
        cron = self.env.ref("ecom_orders.ir_cron_route")
        triggers = self.env["ir.cron.trigger"]
        self._set_stock(self.tee, 9, self.west)
        self.env.cr.precommit.run()
        self.assertFalse(triggers.search([("cron_id", "=", cron.id)]))
        self.order()
        self._set_stock(self.mug, 2, self.west)
        self.env.cr.precommit.run()
        self.assertTrue(triggers.search([("cron_id", "=", cron.id)]))

    def test_trying_again_in_vain_adds_no_rows(self):
        order = self.order()
        self.retry()
        self.retry()
        self.assertEqual(len(order.ecom_decision_ids), 1)
        self.assertEqual(len(order.ecom_block_ids), 1)

    def test_newer_snapshot_keeps_the_reason(self):
        order = self.order()
        self.order(date_modified_gmt="2026-03-02T10:00:00", customer_note="Hello")
        self.assertEqual(order.ecom_buyer_note, "Hello")
        self.assertEqual(len(order.ecom_block_ids), 1)
        self.assertEqual(self.open_reasons(order), {"not_routed"})

    def test_order_is_cancelled_when_its_queue_time_is_over(self):
        self.rule.cancel_after = 3
        order = self.order()
        self.retry()
        self.assertEqual(order.state, "draft")
        with freeze_time(fields.Datetime.now() + timedelta(days=3, minutes=1)):
            self.retry()
        self.assertEqual(order.state, "cancel")
        self.assertFalse(self.open_reasons(order))

    def test_person_releases_it_to_ship_from_its_own_warehouse(self):
        order = self.order()
        order.action_ecom_release()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.picking_ids.picking_type_id.warehouse_id, self.warehouse)

    def test_confirming_by_hand_takes_the_best_plan(self):
        self.channel.confirm_policy = "manual"
        self._set_stock(self.mug, 5, self.west)
        order = self.order()
        self.assertEqual(order.state, "draft")
        order.action_confirm()
        self.assertEqual(order.picking_ids.picking_type_id.warehouse_id, self.west)

    def test_second_rule_ships_what_the_first_cannot(self):
        self.rule.write({"queue": False, "warehouse_ids": [Command.set(self.east.ids)]})
        second = self._create_rule(sequence=20, strategy="priority", name="Rest")
        self._set_stock(self.mug, 5, self.west)
        order = self.order()
        self.assertEqual(self.warehouse_of(order, self.mug), self.west)
        self.assertEqual(self.last_decision(order).rule_id, second)

    # -- what is not routed, or costs nothing ------------------------------------------

    def test_archived_or_closed_warehouse_is_no_site(self):
        loose = self._create_product("LOOSE", is_storable=False)
        self._create_listing("LOOSE", loose)
        self.east.active = False  # core demands that it is empty
        order = self.order(1, woo_line(1, "LOOSE", 1, "5.00"))
        self.assertEqual(self.warehouse_of(order, loose), self.west)
        self.west.ecom_ships = False
        order = self.order(2, woo_line(1, "LOOSE", 1, "5.00"))
        self.assertEqual(order.state, "draft")
        self.assertEqual(self.open_reasons(order), {"not_routed"})

    def test_warehouse_that_is_archived_between_two_tries_is_no_site(self):
        order = self.order()
        self.east.active = False
        self.retry()
        self.assertEqual(order.state, "draft")
        self._set_stock(self.mug, 2, self.west)
        self.retry()
        self.assertEqual(self.warehouse_of(order, self.mug), self.west)

    def test_warehouse_of_another_company_is_no_site(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.env["stock.warehouse"].search([("company_id", "=", other.id)])
        self._set_stock(self.mug, 5, theirs)
        order = self.order()
        self.assertEqual(order.state, "draft")
        self.assertNotIn(theirs, self.last_decision(order).refusal_ids.warehouse_id)

    def test_service_alone_needs_no_warehouse(self):
        service = self._create_product("WRAP", type="service", is_storable=False)
        self._create_listing("WRAP", service)
        order = self.order(1, woo_line(1, "WRAP", 1, "5.00"))
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.ecom_decision_ids)
        self.assertIn("nothing to ship", order.ecom_unrouted)

    def test_order_that_the_marketplace_ships_is_not_routed_and_says_so(self):
        self._set_stock(self.mug, 5, self.east)
        order = self.order()
        self.assertFalse(order.ecom_unrouted)
        order.ecom_fulfilled_by_channel = True
        order.invalidate_recordset(["ecom_unrouted"])
        self.assertIn("the marketplace ships", order.ecom_unrouted)

    def test_without_rules_in_force_an_order_says_so(self):
        self.rule_set.mode = "off"
        self.assertIn("no routing rules", self.order().ecom_unrouted)

    def test_goods_that_are_not_kept_in_stock_ship_from_the_cheapest(self):
        loose = self._create_product("LOOSE", is_storable=False)
        self._create_listing("LOOSE", loose)
        order = self.order(1, woo_line(1, "LOOSE", 1, "5.00"))
        self.assertEqual(self.warehouse_of(order, loose), self.east)

    def test_kit_ships_from_where_all_its_components_lie(self):
        kit = self._create_product("KIT", is_storable=False)
        self._create_listing("KIT", kit)
        self._set_stock(self.mug, 9, self.east)
        self._set_stock(self.tee, 1, self.east)
        self._set_stock(self.mug, 4, self.west)
        self._set_stock(self.tee, 2, self.west)
        recipe = {kit: {self.mug: Decimal(2), self.tee: Decimal(1)}}
        supply = type(self.env["ecom.stock.supply"])
        with patch.object(supply, "_get_kits", lambda *args: recipe):
            order = self.order(1, woo_line(1, "KIT", 2, "30.00"))
        self.assertEqual(self.warehouse_of(order, kit), self.west)
        refusal = self.last_decision(order).refusal_ids.filtered(
            lambda one: one.warehouse_id == self.east
        )
        self.assertEqual(refusal.product_id, self.tee)
        self.assertEqual((refusal.available, refusal.needed), (1, 2 * 1))

    def test_product_without_weight_is_priced_by_the_first_bracket(self):
        self._set_stock(self.mug, 5, self.east)
        self.assertEqual(self.mug.weight, 0.0)
        decision = self.last_decision(self.order())
        self.assertMoney(decision.plan_ids.filtered("chosen").freight, 5.0)

    def test_parcel_that_no_carrier_takes_waits_with_that_reason(self):
        self.mug.weight = 20.0
        self._set_stock(self.mug, 5, self.east)
        order = self.order()  # 2 * 20 is above the last bracket of 30
        self.assertEqual(order.state, "draft")
        refusal = self.last_decision(order).refusal_ids.filtered(
            lambda one: one.warehouse_id == self.east
        )
        self.assertEqual(refusal.reason, "service")

    def test_rules_are_for_the_orders_that_their_conditions_name(self):
        for warehouse in self.east + self.west:
            self._set_stock(self.mug, 9, warehouse)
        self._create_rule(
            name="Germany",
            sequence=1,
            country_ids=[Command.set(self.env.ref("base.de").ids)],
            warehouse_ids=[Command.set(self.west.ids)],
        )
        self._create_rule(
            name="By number",
            sequence=2,
            domain="[('ecom_number', '=', '7')]",
            warehouse_ids=[Command.set(self.west.ids)],
        )
        self.assertEqual(self.warehouse_of(self.order(1), self.mug), self.east)
        german = self.order(2, country="DE")
        self.assertEqual(self.warehouse_of(german, self.mug), self.west)
        self.assertEqual(self.warehouse_of(self.order(7), self.mug), self.west)

    def test_parcels_leave_on_the_next_working_day_after_the_cut_off(self):
        calendar = self.env["resource.calendar"].create({"name": "Week", "tz": "UTC"})
        self.east.write({"ecom_calendar_id": calendar.id, "ecom_cutoff": 15.0})
        for moment, leaves in (
            ("2026-03-06 14:59:00", "2026-03-06"),  # a Friday
            ("2026-03-06 15:00:00", "2026-03-09"),  # the Monday after
            ("2026-03-07 09:00:00", "2026-03-09"),
        ):
            with freeze_time(moment):
                day = self.east._ecom_get_ready_day()
            self.assertEqual(str(day), leaves, moment)

    def test_line_whose_product_has_a_way_of_its_own_is_left_alone(self):
        """As with dropshipping and replenishment on order: a route to the buyer."""
        customers = self.env.ref("stock.stock_location_customers")
        self.mug.route_ids = self.env["stock.route"].create(
            {
                "name": "Always from the old shelf",
                "product_selectable": True,
                "rule_ids": [
                    Command.create(
                        {
                            "name": "Old shelf to buyer",
                            "action": "pull",
                            "procure_method": "make_to_stock",
                            "picking_type_id": self.warehouse.out_type_id.id,
                            "location_src_id": self.warehouse.lot_stock_id.id,
                            "location_dest_id": customers.id,
                        }
                    )
                ],
            }
        )
        self._set_stock(self.mug, 9, self.east)
        order = self.order()
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.ecom_decision_ids)
        self.assertEqual(order.picking_ids.picking_type_id.warehouse_id, self.warehouse)
        self.assertIn("a route of its own", order.ecom_unrouted)

    def test_rule_for_a_risk_holds_what_may_be_fraud(self):
        self._create_rule(sequence=1, risk="high", queue="Fraud", reserve=10**6)
        self._set_stock(self.mug, 9, self.east)
        self.channel.confirm_policy = "manual"
        safe, risky = (self.order(n) for n in (1, 2))
        safe.ecom_risk, risky.ecom_risk = "low", "high"
        waiting = self.env["ecom.routing.router"]._route(safe + risky)
        self.assertEqual(waiting, risky)
        self.assertEqual(self.last_decision(risky).queue, "Fraud")

    def test_order_is_split_only_when_both_parts_are_worth_enough(self):
        self._set_stock(self.mug, 5, self.east)
        self._set_stock(self.tee, 5, self.west)
        self.rule.min_part_value = 15.0
        lines = [woo_line(1, "MUG", 1, "20.00"), woo_line(2, "TEE", 1, "10.00")]
        small = self.order(1, *lines)
        self.assertEqual(small.state, "draft")
        reasons = self.last_decision(small).refusal_ids.mapped("reason")
        self.assertIn("stock", reasons)
        lines[1] = woo_line(2, "TEE", 1, "15.00")
        self.assertEqual(self.order(2, *lines).state, "sale")

    def test_binding_delivery_of_the_buyer_is_kept(self):
        express = self._create_carrier("Express")
        self.env["ecom.shipping.method"].create(
            {
                "channel_id": self.channel.id,
                "code": "express",
                "title": "Express",
                "carrier_id": express.id,
            }
        )
        self._set_stock(self.mug, 5, self.east)
        shipping = {
            "id": 9,
            "method_title": "Express",
            "method_id": "express",
            "total": "4.00",
            "total_tax": "0.00",
            "taxes": [],
        }
        order = self.order(shipping_lines=[shipping])
        self.assertEqual(order.picking_ids.carrier_id, express)

    def test_capacity_of_a_day_sends_the_rest_elsewhere(self):
        self.east.ecom_capacity = 1
        for warehouse in self.east + self.west:
            self._set_stock(self.mug, 9, warehouse)
        first, second = self.order(1), self.order(2)
        self.assertEqual(self.warehouse_of(first, self.mug), self.east)
        self.assertEqual(self.warehouse_of(second, self.mug), self.west)

    # -- watched -----------------------------------------------------------------------

    def test_watched_rules_decide_and_change_nothing(self):
        self._set_stock(self.mug, 5, self.east)
        self._set_stock(self.mug, 5, self.west)
        watched = self.rule_set.create({"name": "Watched", "mode": "shadow"})
        self._create_rule(watched, warehouse_ids=[Command.set(self.west.ids)])
        order = self.order()
        self.assertEqual(self.warehouse_of(order, self.mug), self.east)
        self.assertEqual(watched.decision_count, 1)
        self.assertMoney(watched.average_cost, 8.0 + 1.0)
        self.assertMoney(self.rule_set.average_cost, 5.0 + 1.0)
        self.assertEqual(order.ecom_decision_id.rule_set_id, self.rule_set)

    # -- how much it costs -------------------------------------------------------------

    def test_queries_do_not_grow_with_the_batch(self):
        self._set_stock(self.mug, 500, self.east)
        self._set_stock(self.mug, 500, self.west)
        router = self.env["ecom.routing.router"]

        def count(first, many):
            self.channel.confirm_policy = "manual"
            orders = self.import_orders(
                *(
                    woo_order(first + n, [woo_line(first + n, "MUG", 1, "10.00")])
                    for n in range(many)
                )
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            router._route(orders)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(1, 2)  # warms what is cached
        few, many = count(100, 5), count(200, 40)
        self.assertLessEqual(many, few + 5)

    def retry(self):
        """The scheduled job runs, as the technical user does."""
        user = self.env.ref("ecom_orders.user_technical")
        self.env["ecom.routing.router"].with_user(user)._cron_route_waiting()
