"""A rule may count what units are worth to later orders, and says so on the order."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import woo_line, woo_order
from .routing_common import RoutingCommon


@tagged("post_install", "-at_install")
class TestRoutingScarcity(RoutingCommon):
    """The east sends a mug for 5 and the west for 8; picking costs 1 in both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule.strategy = "scarcity"
        # every mug of the last week is expected again within the next one
        cls.rule_set.write({"forecast_weeks": 1, "forecast_days": 7})

    def order(self, number, quantity=1, **extra):
        lines = [woo_line(1, "MUG", quantity, f"{10 * quantity}.00")]
        return self.import_orders(woo_order(number, lines, **extra))

    def sell(self, number, quantity):
        """An order that has left, a day ago."""
        self._set_stock(self.mug, quantity, self.west)
        order = self.order(number, quantity)
        order.picking_ids.move_ids.picked = True
        order.picking_ids.button_validate()
        order.date_order = fields.Datetime.now() - timedelta(days=1)
        return order

    def test_order_says_what_its_units_are_worth_beside_what_it_costs(self):
        self.sell(1, 4)
        self._set_stock(self.mug, 2, self.east)
        order = self.order(2)
        decision = self.last_decision(order)
        chosen = decision.plan_ids.filtered("chosen")
        # four are expected and two are there: with one less, one of 10 is not sold,
        # and not sent for 5 + 1 either
        self.assertMoney(chosen.opportunity, 10.0 - (5.0 + 1.0))
        self.assertMoney(chosen.total, 5.0 + 1.0)
        self.assertMoney(decision.cost, 5.0 + 1.0)

    def test_plan_with_scarce_units_loses_and_is_shown_with_what_they_are_worth(self):
        self.sell(1, 4)
        # the only carrier of the west is cheap for nobody else: 6 instead of 8
        self.far_card.zone_ids.bracket_ids.price = 6.0
        self._set_stock(self.mug, 3, self.east)
        self._set_stock(self.mug, 9, self.west)
        order = self.order(2)
        self.assertEqual(self.warehouse_of(order, self.mug), self.east)
        plans = self.last_decision(order).plan_ids
        by_name = {plan.name: plan for plan in plans}
        east = by_name["East (Parcel Post)"]
        west = by_name["West (Parcel Post)"]
        # a further one in the east saves the longer way of one of the four
        self.assertMoney(east.opportunity, 6.0 - 5.0)
        self.assertMoney(west.opportunity, 0.0)
        self.assertMoney(west.total - east.total, 6.0 - 5.0)

    def test_nothing_expected_is_nothing_worth(self):
        self._set_stock(self.mug, 2, self.east)
        chosen = self.last_decision(self.order(1)).plan_ids.filtered("chosen")
        self.assertMoney(chosen.opportunity, 0.0)
        self.assertEqual(chosen.total, 5.0 + 1.0)

    def test_only_the_last_weeks_count(self):
        sold = self.sell(1, 4)
        sold.date_order -= timedelta(weeks=1)
        self._set_stock(self.mug, 2, self.east)
        chosen = self.last_decision(self.order(2)).plan_ids.filtered("chosen")
        self.assertMoney(chosen.opportunity, 0.0)

    def test_demand_is_read_in_as_many_queries_for_many_orders_as_for_one(self):
        self.sell(1, 4)
        self._set_stock(self.mug, 20, self.east)
        self.channel.confirm_policy = "manual"
        orders = self.env["sale.order"].union(*(self.order(n) for n in range(2, 12)))
        router = self.env["ecom.routing.router"]

        def count(batch):
            ground = router._read_ground(self.company, batch)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            expected = router._read_expected(ground, self.rule_set)
            self.assertEqual(sum(one.units for one in expected), 4.0)
            return self.env.cr.sql_log_count - before

        self.assertEqual(count(orders), count(orders[:1]))

    def test_kit_is_expected_as_its_components(self):
        self.sell(1, 4)
        self._set_stock(self.tee, 9, self.east)
        recipe = {self.mug: {self.tee: Decimal(2)}}
        supply = type(self.env["ecom.stock.supply"])
        router = self.env["ecom.routing.router"]
        with (
            patch.object(supply, "_get_kits", lambda *args: recipe),
            patch.object(supply, "_get_kits_with", lambda *args: self.mug),
        ):
            order = self.order(2)
            ground = router._read_ground(self.company, order)
            [expected] = router._read_expected(ground, self.rule_set)
        self.assertEqual(expected.product, str(self.tee.id))
        self.assertEqual(expected.units, 2 * 4.0)
        self.assertEqual(expected.loss, 10 / Decimal(2))

    def test_other_rules_read_no_demand_and_show_no_opportunity_cost(self):
        self.sell(1, 4)
        self.rule.strategy = "optimum"
        self.assertFalse(self.rule_set.looks_ahead)
        self._set_stock(self.mug, 2, self.east)
        plans = self.last_decision(self.order(2)).plan_ids
        self.assertEqual(set(plans.mapped("opportunity")), {0.0})

    def test_order_that_keeps_off_scarce_units_is_not_moved_to_them(self):
        self.sell(1, 4)
        self.far_card.zone_ids.bracket_ids.price = 5.5
        self._set_stock(self.mug, 9, self.west)
        order = self.order(2)
        self.assertEqual(self.warehouse_of(order, self.mug), self.west)
        self.rule_set.reroute_saving = 0.0
        self._set_stock(self.mug, 2, self.east)
        router = self.env["ecom.routing.router"]
        moved = router._reroute(self.rule_set)
        plan = self.last_decision(order).plan_ids.filtered("chosen")
        self.assertFalse(moved, plan.name)
        self.rule.strategy = "optimum"
        self.assertEqual(router._reroute(self.rule_set), order)

    def test_back_test_knows_only_what_was_sold_before(self):
        self.sell(1, 4)
        since = fields.Date.today() - timedelta(days=2)
        router = self.env["ecom.routing.router"]
        history = router._read_history(self.company, since, self.rule_set)
        self.assertEqual(router._read_expected(history.ground, self.rule_set), ())
        now = replace(history.ground, until=fields.Datetime.now())
        [expected] = router._read_expected(now, self.rule_set)
        self.assertEqual(expected.units, 4.0)

    def test_demand_comes_from_at_least_one_week(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self.rule_set.forecast_weeks = 0
            self.env.flush_all()

    def test_strategy_is_a_choice_and_no_default(self):
        rule = self.env["ecom.routing.rule"].create(
            {"name": "New", "rule_set_id": self.rule_set.id}
        )
        self.assertEqual(rule.strategy, "optimum")
        choices = dict(rule._get_strategies())
        self.assertIn("scarcity", choices)
