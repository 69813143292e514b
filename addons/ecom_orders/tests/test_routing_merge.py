"""Orders of one buyer leave as one parcel; each keeps its identity towards its shop."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import woo_line, woo_order
from .fake_marketplace import DispatchCommon


@tagged("post_install", "-at_install")
class TestRoutingMerge(DispatchCommon):
    """Ada orders mugs and tees, in one shop or in two."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule_set = cls.env["ecom.routing.rule.set"].create(
            {
                "name": "Standard",
                "mode": "active",
                "company_id": cls.company.id,
                "merge_mode": "automatic",
                "merge_window": 24.0,
                "rule_ids": [(0, 0, {"name": "Everything", "strategy": "priority"})],
            }
        )
        cls.second = cls._create_channel(name="Second Shop")

    def order(self, number=1, sku="MUG", channel=None, **extra):
        channel = channel or self.channel
        payload = woo_order(number, [woo_line(1, sku, 1, "10.00")], **extra)
        self.import_orders(payload, channel=channel)
        order = self.env["sale.order"].search(
            [
                ("ecom_channel_id", "=", channel.id),
                ("ecom_external_id", "=", str(number)),
            ]
        )
        self.assertEqual(order.picking_ids.state, "assigned")
        return order

    def look(self):
        user = self.env.ref("ecom_orders.user_technical")
        merger = self.env["ecom.routing.merger"].with_user(user)
        return merger._look(self.rule_set.with_user(user)).with_env(self.env)

    def delivery(self, order):
        """The one open delivery of an order."""
        picking = order.order_line.move_ids.picking_id
        return picking.filtered(lambda one: one.state != "cancel")

    def assertApart(self, *orders):
        self.assertFalse(self.look())
        pickings = [self.delivery(order) for order in orders]
        self.assertEqual(len(set(pickings)), len(orders))

    # -- together ----------------------------------------------------------------------

    def test_orders_of_two_shops_become_one_delivery_that_is_reserved(self):
        one, two = self.order(1), self.order(1, "TEE", self.second)
        row = self.look()
        picking = self.delivery(one)
        self.assertEqual(picking, self.delivery(two))
        self.assertEqual(picking.state, "assigned")
        self.assertEqual(picking.move_line_ids.picking_id, picking)
        self.assertEqual(len(picking.move_line_ids), 2)
        self.assertEqual(picking.origin, f"{one.name}, {two.name}")
        self.assertEqual((row.state, row.saved_parcels), ("merged", 2 - 1))
        for order in (one, two):
            self.assertEqual(order.delivery_count, 1)
            self.assertEqual(order.delivery_status, "pending")

    def test_tracking_number_is_told_both_shops_each_in_its_own_words(self):
        one, two = self.order(1), self.order(7, "TEE", self.second)
        self.look()
        self.ship(self.delivery(one), tracking="T1")
        self.assertEqual(self.parcels(one), [("T1", {"1": 1})])
        self.assertEqual(self.parcels(two), [("T1", {"1": 1})])
        self.assertEqual(one.ecom_channel_id, self.channel)
        self.send()
        told = self.told("shipment")
        self.assertEqual({s.order_id for s in told}, {"1", "7"})
        for order in (one, two):
            self.assertEqual(order.delivery_status, "full")
            self.assertTrue(order.effective_date)
            self.assertEqual(order.order_line.qty_delivered, 1)

    def test_what_was_not_there_follows_for_both(self):
        one, two = self.order(1), self.order(2, "TEE")
        self.look()
        backorder = self.ship(self.delivery(one), tracking="T1", MUG=1)
        self.assertEqual(one.delivery_status, "full")
        self.assertEqual(two.delivery_status, "pending")
        self.ship(backorder, tracking="T2")
        self.assertEqual(self.parcels(one), [("T1", {"1": 1})])
        self.assertEqual(self.parcels(two), [("T2", {"1": 1})])

    def test_third_order_joins_until_the_window_is_over(self):
        one, two = self.order(1), self.order(2)
        self.look()
        late = self.order(3, date_created_gmt="2026-03-02T11:00:00")  # 25 h later
        third = self.order(4, date_created_gmt="2026-03-02T09:00:00")  # 23 h later
        row = self.look()
        self.assertEqual(row.order_ids, one | two | third)
        self.assertEqual(row.saved_parcels, 3 - 1)
        self.assertEqual(len(self.delivery(one).move_ids), 3)
        self.assertNotEqual(self.delivery(late), self.delivery(one))

    def test_proposal_changes_nothing_until_a_dispatcher_agrees(self):
        self.rule_set.merge_mode = "proposed"
        one, two = self.order(1), self.order(2)
        row = self.look()
        self.assertEqual(row.state, "proposed")
        self.assertNotEqual(self.delivery(one), self.delivery(two))
        self.assertFalse(self.look(), "the same is not proposed twice")
        user = new_test_user(self.env, "dispatcher", groups="ecom_orders.group_user")
        row.with_user(user).action_merge()
        self.assertEqual(self.delivery(one), self.delivery(two))
        self.assertEqual(row.user_id, user)

    def test_who_has_no_role_here_decides_nothing(self):
        self.rule_set.merge_mode = "proposed"
        for number in (1, 2):
            self.order(number)
        row = self.look()
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        for action in ("action_merge", "action_keep_apart"):
            with self.assertRaises(AccessError):
                getattr(row.with_user(stranger), action)()
        self.assertEqual(row.state, "proposed")

    def test_proposal_that_is_no_longer_possible_is_withdrawn(self):
        self.rule_set.merge_mode = "proposed"
        one = self.order(1)
        self.order(2)
        row = self.look()
        self.delivery(one).printed = True
        with self.assertRaisesRegex(UserError, "have changed since"):
            row.action_merge()
        self.look()
        self.assertFalse(row.exists())

    # -- apart again -------------------------------------------------------------------

    def test_undo_gives_each_order_its_own_delivery_and_keeps_it(self):
        one, two = self.order(1), self.order(1, "TEE", self.second)
        row = self.look()
        self.delivery(one).action_ecom_ship_apart()
        self.assertEqual(row.state, "apart")
        for order in (one, two):
            picking = self.delivery(order)
            self.assertEqual(picking.sale_id, order)
            self.assertEqual(picking.state, "assigned")
            self.assertEqual(picking.move_line_ids.picking_id, picking)
            self.assertEqual(picking.origin, order.name)
            self.assertEqual(order.picking_ids, picking)
            self.assertEqual(order.delivery_status, "pending")
        self.assertApart(one, two)

    def test_what_is_picked_cannot_be_undone(self):
        one = self.order(1)
        self.order(2)
        row = self.look()
        self.delivery(one).move_ids[0].picked = True
        with self.assertRaisesRegex(UserError, "leave together"):
            row.action_keep_apart()

    def test_cancelled_order_leaves_and_the_other_is_shipped(self):
        for cancelled in (0, 1):
            numbers = (1 + 10 * cancelled, 2 + 10 * cancelled)
            orders = [self.order(number) for number in numbers]
            row = self.look()
            gone, kept = orders[cancelled], orders[1 - cancelled]
            gone._ecom_quiet()._action_cancel()
            self.assertEqual(gone.state, "cancel")
            self.assertEqual(set(gone.order_line.move_ids.mapped("state")), {"cancel"})
            self.assertFalse(row.exists())
            picking = self.delivery(kept)
            self.assertEqual(picking.state, "assigned")
            self.assertEqual(picking.move_ids.sale_line_id.order_id, kept)
            self.ship(picking, tracking="T1")
            self.assertEqual(self.parcels(kept), [("T1", {"1": 1})])
            self.assertEqual(self.parcels(gone), [])

    def test_other_address_later_means_another_parcel(self):
        one, two = self.order(1), self.order(2)
        self.look()
        elsewhere = one.partner_shipping_id.copy({"street": "Somewhere else 1"})
        two.partner_shipping_id = elsewhere
        self.assertNotEqual(self.delivery(one), self.delivery(two))
        self.assertEqual(self.delivery(two).sale_id, two)

    # -- never together ----------------------------------------------------------------

    def test_other_address_is_not_merged(self):
        one, two = self.order(1), self.order(2)
        partner = one.partner_shipping_id.copy({"street": "Somewhere else 1"})
        self.delivery(two).partner_id = partner
        self.assertApart(one, two)

    def test_other_currency_is_not_merged(self):
        one, two = self.order(1), self.order(2)
        self.env.ref("base.EUR").active = True
        two.currency_id = self.env.ref("base.EUR")
        self.assertApart(one, two)

    def test_other_company_is_not_merged(self):
        one, two = self.order(1), self.order(2)
        other = self.env["res.company"].create({"name": "Other"})
        self.env.cr.execute(
            "UPDATE stock_picking SET company_id = %s WHERE id = %s",
            [other.id, self.delivery(two).id],
        )
        self.env.invalidate_all()
        self.assertApart(one, two)

    def test_masked_addresses_only_look_alike(self):
        one, two = self.order(1), self.order(2)
        two.ecom_masked = True
        self.assertApart(one, two)
        two.ecom_masked = False
        one.partner_shipping_id.street = "12 A****** Way"
        self.assertApart(one, two)

    def test_shop_that_forbids_it_ships_alone(self):
        one, two = self.order(1), self.order(1, "TEE", self.second)
        self.second.merge_parcels = False
        self.assertApart(one, two)

    def test_what_was_begun_or_labelled_is_not_merged(self):
        one, two = self.order(1), self.order(2)
        self.delivery(two).carrier_tracking_ref = "LABEL"
        self.assertApart(one, two)

    def test_parcel_that_is_shared_is_not_routed_again(self):
        one, two = self.order(1), self.order(2)
        router = self.env["ecom.routing.router"]
        self.assertTrue(router._is_movable(one))
        self.look()
        self.assertFalse(router._is_movable(one) or router._is_movable(two))
