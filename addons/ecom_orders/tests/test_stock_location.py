from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ecom_orders.marketplaces.base import Capability
from odoo.addons.ecom_orders.marketplaces.errors import PermissionRefused
from odoo.addons.ecom_orders.marketplaces.schema import Location

from .stock_common import StockCommon


@tagged("post_install", "-at_install")
class TestStockLocation(StockCommon):
    """Which warehouse stands for which site of the marketplace."""

    def fetch(self, *sites):
        with self.shelf(Capability.LOCATIONS, sites=sites):
            self.channel.action_fetch_locations()
        return self.channel.location_ids

    def test_only_site_and_only_warehouse_find_each_other(self):
        location = self.fetch(Location("L1", "Main Street"))
        self.assertEqual(location.name, "Main Street")
        self.assertEqual(location.warehouse_id, self.warehouse)

    def test_several_sites_are_linked_by_a_person(self):
        locations = self.fetch(Location("L1", "Here"), Location("L2", "There"))
        self.assertFalse(locations.warehouse_id)

    def test_fetching_again_keeps_links_renames_and_archives(self):
        here = self.fetch(Location("L1", "Here"))
        self.fetch(Location("L1", "Here, renovated"), Location("L2", "There"))
        self.assertEqual(here.name, "Here, renovated")
        self.assertEqual(here.warehouse_id, self.warehouse)
        self.fetch(Location("L2", "There"))
        self.assertFalse(here.active)

    def test_warehouse_by_site_and_site_by_warehouse(self):
        self.fetch(Location("L1", "Here"))
        locations = self.env["ecom.location"]
        abroad = self.env["stock.warehouse"].create({"name": "Far", "code": "FAR"})
        self.assertEqual(locations._get_warehouse(self.channel, "L1"), self.warehouse)
        self.assertEqual(locations._get_warehouse(self.channel, ""), self.warehouse)
        self.assertFalse(locations._get_warehouse(self.channel, "L9"))
        self.assertEqual(locations._get_ref(self.channel, self.warehouse), "L1")
        self.assertEqual(locations._get_ref(self.channel, abroad), "")

    # -- several sites that one warehouse serves ---------------------------------------

    def two_sites_of_one_warehouse(self):
        here, there = self.fetch(Location("L1", "Here"), Location("L2", "There"))
        here.warehouse_id = self.warehouse
        there.warehouse_id = self.warehouse
        return here, there

    def test_stock_of_a_warehouse_is_shown_at_one_of_its_sites(self):
        with self.shelf(Capability.STOCK_BY_LOCATION, Capability.LOCATIONS) as shelf:
            here, there = self.two_sites_of_one_warehouse()
            self.assertEqual((here.shows_stock, there.shows_stock), (True, False))
            self.publish()
        self.assertEqual(shelf.shown, {("ref-MUG", "L1"): 50, ("ref-TEE", "L1"): 20})

    def test_another_site_is_chosen_and_the_first_one_shows_none(self):
        with self.shelf(Capability.STOCK_BY_LOCATION, Capability.LOCATIONS) as shelf:
            here, there = self.two_sites_of_one_warehouse()
            self.publish()
            there.shows_stock = True
            self.assertFalse(here.shows_stock)
            self.publish()
            self.assertEqual(
                shelf.shown,
                {
                    ("ref-MUG", "L1"): 0,
                    ("ref-TEE", "L1"): 0,
                    ("ref-MUG", "L2"): 50,
                    ("ref-TEE", "L2"): 20,
                },
            )
            told = len(shelf.requests)
            self._set_stock(self.mug, 40)
            self.publish()
            self.assertEqual(
                [(x.location_ref, x.quantity) for x in shelf.requests[told]],
                [("L2", 40)],
            )

    def test_what_is_taken_back_is_told_before_what_is_shown_instead(self):
        with self.shelf(
            Capability.STOCK_BY_LOCATION, Capability.LOCATIONS, batch=1
        ) as shelf:
            here, there = self.two_sites_of_one_warehouse()
            self.publish()
            shelf.requests.clear()
            there.shows_stock = True
            self.publish()
        places = [level.location_ref for (level,) in shelf.requests]
        self.assertEqual(places, ["L1", "L1", "L2", "L2"])

    def test_site_that_goes_hands_its_part_to_the_other(self):
        here, there = self.two_sites_of_one_warehouse()
        here.active = False
        self.assertTrue(there.shows_stock)
        here.active = True
        self.assertEqual((here.shows_stock, there.shows_stock), (False, True))
        there.warehouse_id = False
        self.assertTrue(here.shows_stock)
        there.warehouse_id = self.warehouse
        here.unlink()
        self.assertTrue(there.shows_stock)

    def test_fetching_again_keeps_the_site_that_shows(self):
        _here, there = self.two_sites_of_one_warehouse()
        there.shows_stock = True
        self.fetch(Location("L1", "Here"), Location("L2", "There"))
        self.assertTrue(there.shows_stock)

    def test_orders_of_every_site_are_shipped_from_the_warehouse(self):
        here, there = self.two_sites_of_one_warehouse()
        locations = self.env["ecom.location"]
        for site in (here, there):
            self.assertEqual(
                locations._get_warehouse(self.channel, site.ref), self.warehouse
            )
        there.shows_stock = True
        self.assertEqual(locations._get_ref(self.channel, self.warehouse), "L2")

    def test_database_refuses_a_second_site_that_shows_the_same_stock(self):
        _here, there = self.two_sites_of_one_warehouse()
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            with self.cr.savepoint():
                self.cr.execute(
                    "UPDATE ecom_location SET shows_stock = true WHERE id = %s",
                    [there.id],
                )

    def test_marketplace_without_sites_says_so(self):
        with self.shelf(), self.assertRaisesRegex(UserError, "only one"):
            self.channel.action_fetch_locations()

    def test_refusal_is_told_in_words(self):
        def refuse():
            raise PermissionRefused("no")

        with (
            self.shelf(Capability.LOCATIONS, fetch_locations=refuse),
            self.assertRaisesRegex(UserError, "permission"),
        ):
            self.channel.action_fetch_locations()

    def test_linking_a_warehouse_is_published(self):
        with self.shelf(Capability.STOCK_BY_LOCATION, Capability.LOCATIONS) as shelf:
            shelf.sites = (Location("L1", "Here"), Location("L2", "There"))
            self.channel.action_fetch_locations()
            self.publish()
            self.assertEqual(shelf.requests, [])
            self.channel.location_ids[0].warehouse_id = self.warehouse
            self.publish()
        self.assertEqual(shelf.shown, {("ref-MUG", "L1"): 50, ("ref-TEE", "L1"): 20})
