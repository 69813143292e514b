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

    def test_two_sites_cannot_show_the_same_warehouse(self):
        locations = self.fetch(Location("L1", "Here"), Location("L2", "There"))
        locations[0].warehouse_id = self.warehouse
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            with self.cr.savepoint():
                locations[1].warehouse_id = self.warehouse
                self.env.flush_all()

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
