from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.ecom_orders.marketplaces.base import Capability

from .common import woo_line, woo_order
from .stock_common import StockCommon


@tagged("post_install", "-at_install")
class TestStockCompute(StockCommon):
    """What a listing shows is what nobody has a claim on, and it says why."""

    def order(self, product, quantity, confirm=True):
        partner = self.env["res.partner"].create({"name": "Walk-in"})
        order = self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "warehouse_id": self.warehouse.id,
                "order_line": [
                    Command.create(
                        {"product_id": product.id, "product_uom_qty": quantity}
                    )
                ],
            }
        )
        if confirm:
            order.action_confirm()
        return order

    # -- E1: free to sell, basis selectable --------------------------------------------

    def test_free_is_on_hand_less_reserved(self):
        self.order(self.mug, 8)
        self.assertEqual(self.quantity(self.mug_listing), 50 - 8)

    def test_confirmed_delivery_counts_although_it_could_not_be_reserved(self):
        self.order(self.tee, 26)  # 20 are reserved, 6 promised
        level = self.level(self.tee_listing)
        self.assertEqual(self.quantity(self.tee_listing), 0)
        level = self.level(self.tee_listing)
        self.assertEqual((level.terms["reserved"], level.terms["promised"]), (20, 6))

    def test_delivery_in_two_steps_counts_once(self):
        self.warehouse.delivery_steps = "pick_ship"
        self.order(self.mug, 8)
        self.assertEqual(self.quantity(self.mug_listing), 50 - 8)

    def test_move_that_waits_for_another_one_counts_once(self):
        customers = self.env.ref("stock.stock_location_customers")
        output = self.warehouse.wh_output_stock_loc_id
        output.active = True
        values = {"product_id": self.mug.id, "product_uom_qty": 8}
        pick = self.env["stock.move"].create(
            {
                **values,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": output.id,
                "location_final_id": customers.id,
            }
        )
        ship = self.env["stock.move"].create(
            {
                **values,
                "location_id": output.id,
                "location_dest_id": customers.id,
                "procure_method": "make_to_order",
                "move_orig_ids": [Command.link(pick.id)],
            }
        )
        (pick | ship)._action_confirm()
        pick._action_assign()
        self.assertEqual(ship.state, "waiting")
        self.assertEqual(self.quantity(self.mug_listing), 50 - 8)

    def move(self, destination, quantity):
        """A confirmed move out of stock that reserves nothing."""
        move = self.env["stock.move"].create(
            {
                "product_id": self.mug.id,
                "product_uom_qty": quantity,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": destination.id,
            }
        )
        move._action_confirm()
        move._do_unreserve()
        return move

    def test_move_within_the_warehouse_changes_nothing(self):
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id}
        )
        self.assertEqual(self.move(shelf, 8).state, "confirmed")
        self.assertEqual(self.quantity(self.mug_listing), 50)

    def test_move_to_another_warehouse_is_promised(self):
        abroad = self.env["stock.warehouse"].create({"name": "Far", "code": "FAR"})
        self.move(abroad.lot_stock_id, 8)
        self.assertEqual(self.quantity(self.mug_listing), 50 - 8)

    def test_delivery_that_is_not_reserved_yet_counts(self):
        self.warehouse.out_type_id.reservation_method = "manual"
        self.order(self.mug, 8)
        self.assertEqual(self.quantity(self.mug_listing), 50 - 8)

    def test_what_is_on_its_way_in_counts_on_the_forecast_only(self):
        supplier = self.env.ref("stock.stock_location_suppliers")
        self.env["stock.move"].create(
            {
                "product_id": self.mug.id,
                "product_uom_qty": 30,
                "location_id": supplier.id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
            }
        )._action_confirm()
        self.assertEqual(self.quantity(self.mug_listing), 50)
        self.channel.stock_basis = "forecast"
        self.assertEqual(self.quantity(self.mug_listing), 50 + 30)

    def test_only_internal_places_of_the_warehouse_count(self):
        scrap = self.env["stock.location"].create(
            {"name": "Lost", "usage": "inventory"}
        )
        abroad = self.env["stock.warehouse"].create({"name": "Far", "code": "FAR"})
        for location in (scrap, abroad.lot_stock_id):
            self.env["stock.quant"]._update_available_quantity(self.mug, location, 9)
        self.assertEqual(self.quantity(self.mug_listing), 50)

    def test_several_warehouses_add_up(self):
        abroad = self.env["stock.warehouse"].create({"name": "Far", "code": "FAR"})
        self._set_stock(self.mug, 9, abroad)
        self.channel.stock_warehouse_ids = self.warehouse | abroad
        self.assertEqual(self.quantity(self.mug_listing), 50 + 9)

    # -- E3: imported orders count before they are confirmed ---------------------------

    def test_held_order_lowers_the_number(self):
        order = self.import_orders(
            woo_order(
                1,
                [woo_line(1, "MUG", 3, "15.00")],
                status="on-hold",
                date_paid_gmt=None,
            )
        )
        self.assertTrue(order.ecom_held)
        self.assertEqual(self.quantity(self.mug_listing), 50 - 3)
        self.assertEqual(self.level(self.mug_listing).terms["held"], 3)

    def test_order_counts_once_before_and_after_confirmation(self):
        order = self.import_orders(
            woo_order(
                1,
                [woo_line(1, "MUG", 3, "15.00")],
                status="on-hold",
                date_paid_gmt=None,
            )
        )
        order.action_ecom_release()
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.quantity(self.mug_listing), 50 - 3)

    def test_cancelled_order_claims_nothing(self):
        order = self.import_orders(
            woo_order(1, [woo_line(1, "MUG", 3, "15.00")], status="on-hold")
        )
        order._action_cancel()
        self.assertEqual(self.quantity(self.mug_listing), 50)

    def test_quotation_of_a_salesperson_claims_nothing(self):
        self.order(self.mug, 8, confirm=False)
        self.assertEqual(self.quantity(self.mug_listing), 50)

    def test_imported_dozen_counts_in_units(self):
        order = self.import_orders(
            woo_order(1, [woo_line(1, "MUG", 2, "15.00")], status="on-hold")
        )
        order.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        self.assertEqual(self.quantity(self.mug_listing), 50 - 2 * 12)

    # -- E4: safety, buffer, percentage, cap -------------------------------------------

    def test_settings_of_the_channel(self):
        self.channel.write({"stock_safety": 5, "stock_buffer": 3, "stock_percent": 50})
        self.assertEqual(self.quantity(self.mug_listing), (50 - 5 - 3) // 2)
        self.channel.stock_cap = 10
        self.assertEqual(self.quantity(self.mug_listing), 10)

    def test_settings_of_the_listing_go_first(self):
        self.channel.write({"stock_safety": 5, "stock_buffer": 3, "stock_cap": 10})
        self.mug_listing.write({"stock_override": True, "stock_buffer": 1})
        self.assertEqual(self.quantity(self.mug_listing), 50 - 1)

    def test_pack_of_six(self):
        self.mug_listing.quantity_multiplier = 6
        self.assertEqual(self.quantity(self.mug_listing), 50 // 6)

    def test_number_explains_itself(self):
        self.order(self.mug, 8)
        self.channel.write({"stock_safety": 5, "stock_cap": 30})
        self.quantity(self.mug_listing)
        text = self.level(self.mug_listing).terms_text
        for line in ("On hand: 50", "deliveries: 8", "safety stock: 5", "promise: 37"):
            self.assertIn(line, text)
        self.assertTrue(text.endswith("= to show: 30"))

    # -- E6: never negative ------------------------------------------------------------

    def test_below_zero_shows_zero_and_is_told(self):
        self._set_stock(self.mug, -4)
        self.assertEqual(self.quantity(self.mug_listing), 0)
        level = self.level(self.mug_listing)
        self.assertTrue(level.clamped)
        self.assertEqual(level.reason, "negative_stock")
        self.assertIn("-4", level.explanation)
        self.assertFalse(level.failed)

    def test_reason_goes_when_stock_comes(self):
        self._set_stock(self.mug, -4)
        self.quantity(self.mug_listing)
        self._set_stock(self.mug, 6)
        self.assertEqual(self.quantity(self.mug_listing), 6)
        self.assertFalse(self.level(self.mug_listing).reason)

    # -- E8: kits ----------------------------------------------------------------------

    def test_kit_is_made_of_its_components(self):
        kit = self._create_product("KIT")
        listing = self._create_listing("KIT", kit)
        supplies = type(self.env["ecom.stock.supply"])
        parts = {kit: {self.mug: 2, self.tee: 1}}
        self.patch(
            supplies,
            "_get_kits",
            lambda model, products, company: {
                key: value for key, value in parts.items() if key in products
            },
        )
        self.assertEqual(self.quantity(listing), min(50 // 2, 20 // 1))
        self.assertEqual(self.level(listing).terms["limiting"], self.tee.display_name)

    # -- allocation --------------------------------------------------------------------

    def twin(self, **values):
        channel = self._create_channel(name="Twin", stock_sync=True, **values)
        return channel, self._create_listing("MUG", self.mug, channel)

    def test_shared_channels_show_the_same(self):
        _channel, listing = self.twin()
        self.assertEqual(self.quantity(listing), 50)
        self.assertEqual(self.quantity(self.mug_listing), 50)

    def test_partitioned_channels_show_their_shares(self):
        self.channel.write({"stock_mode": "partitioned", "stock_share": 70})
        _channel, listing = self.twin(stock_mode="partitioned", stock_share=30)
        self.assertEqual(self.quantity(self.mug_listing), 35)
        self.assertEqual(self.quantity(listing), 15)

    def test_share_rises_only_after_the_neighbour_was_told_less(self):
        self.channel.write({"stock_mode": "partitioned", "stock_share": 50})
        other, listing = self.twin(stock_mode="partitioned", stock_share=50)
        both = self.channel | other
        totals = []
        with self.shelf(channels=both) as shelves:

            def note():
                shown = [
                    shelf.shown.get(("ref-MUG", ""), 0) for shelf in shelves.values()
                ]
                totals.append(sum(shown))

            for shelf in shelves.values():
                shelf.sold_meanwhile = note
            self.publish()
            other.stock_share = 20
            self.channel.stock_share = 80  # is told first
            for _round in range(3):
                self.publish()
                note()
        self.assertEqual((max(totals), totals[-1]), (50, 50))
        self.assertEqual(self.level(self.mug_listing).pushed_quantity, 40)
        self.assertEqual(self.level(listing).pushed_quantity, 10)

    def test_shares_of_more_than_all_are_refused(self):
        self.channel.write({"stock_mode": "partitioned", "stock_share": 70})
        with self.assertRaisesRegex(Exception, "100.0 %|110.0 %"):
            self.twin(stock_mode="partitioned", stock_share=40)

    def test_protected_channel_keeps_its_reserve_from_the_others(self):
        self.channel.write({"stock_mode": "protected", "stock_reserve": 12})
        _channel, listing = self.twin()
        self.assertEqual(self.quantity(self.mug_listing), 50)
        self.assertEqual(self.quantity(listing), 50 - 12)

    def test_nothing_is_kept_for_a_channel_that_does_not_sell_it(self):
        _channel, listing = self.twin(stock_mode="protected", stock_reserve=12)
        self.assertEqual(self.quantity(self.mug_listing), 50 - 12)
        self.assertEqual(self.quantity(self.tee_listing), 20)
        listing.stock_publish = False
        self.assertEqual(self.quantity(self.mug_listing), 50)

    def test_channel_that_does_not_publish_yet_shows_what_it_would(self):
        self.channel.write(
            {"stock_sync": False, "stock_mode": "partitioned", "stock_share": 40}
        )
        _channel, listing = self.twin()
        self.assertEqual(self.quantity(self.mug_listing), 50 * 40 // 100)
        self.assertEqual(self.quantity(listing), 50)

    def test_channels_of_other_warehouses_do_not_matter(self):
        abroad = self.env["stock.warehouse"].create({"name": "Far", "code": "FAR"})
        self.twin(stock_mode="protected", stock_reserve=12, warehouse_id=abroad.id)
        self.assertEqual(self.quantity(self.mug_listing), 50)

    # -- what is published at all ------------------------------------------------------

    def test_unlinked_untracked_switched_off_and_theirs_have_no_level(self):
        service = self._create_product("GIFT", type="service", is_storable=False)
        listings = (
            self._create_listing("GIFT", service)
            | self._create_listing("OFF", self.mug, stock_publish=False)
            | self._create_listing("FBA", self.mug, fulfilled_by_channel=True)
            | self._create_listing("NONE", self.env["product.product"])
        )
        self.env["ecom.stock.publisher"]._compute(listings)
        self.assertFalse(listings.level_ids)

    def test_switching_off_ends_what_is_due(self):
        self.quantity(self.mug_listing)
        self.assertTrue(self.level(self.mug_listing).due)
        self.mug_listing.stock_publish = False
        self.assertFalse(self.level(self.mug_listing).due)

    # -- E2: by location ---------------------------------------------------------------

    def test_each_location_shows_its_warehouse(self):
        abroad = self.env["stock.warehouse"].create({"name": "Far", "code": "FAR"})
        self._set_stock(self.mug, 9, abroad)
        here, there, _nowhere = self.env["ecom.location"].create(
            [
                {
                    "channel_id": self.channel.id,
                    "ref": ref,
                    "name": ref,
                    "warehouse_id": warehouse.id,
                }
                for ref, warehouse in (
                    ("L1", self.warehouse),
                    ("L2", abroad),
                    ("L3", self.env["stock.warehouse"]),
                )
            ]
        )
        with self.shelf(Capability.STOCK_BY_LOCATION) as shelf:
            self.publish()
        self.assertEqual(self.level(self.mug_listing, here).computed_quantity, 50)
        self.assertEqual(self.level(self.mug_listing, there).computed_quantity, 9)
        self.assertEqual(self.mug_listing.stock_quantity, 50 + 9)
        self.assertEqual(
            {key: n for key, n in shelf.shown.items() if key[0] == "ref-MUG"},
            {("ref-MUG", "L1"): 50, ("ref-MUG", "L2"): 9},
        )

    # -- speed -------------------------------------------------------------------------

    def test_hundred_listings_need_no_more_queries_than_ten(self):
        products = [self._create_product(f"P{n}", 5) for n in range(100)]
        listings = self.env["ecom.listing"].union(
            *(self._create_listing(f"P{n}", p) for n, p in enumerate(products))
        )

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["ecom.stock.publisher"]._compute(some)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(listings)  # levels are there
        for product in products:
            self._set_stock(product, 7)
        few = count(listings[:10])
        for product in products:
            self._set_stock(product, 8)
        many = count(listings)
        self.assertEqual(set(listings.mapped("stock_quantity")), {8})
        self.assertLessEqual(many, few + 1)
