from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces.base import Capability
from odoo.addons.ecom_orders.marketplaces.schema import Label

from .common import woo_line, woo_order
from .fake_marketplace import DispatchCommon


@tagged("post_install", "-at_install")
class TestShipmentParcels(DispatchCommon):
    """A delivery that left is told parcel by parcel, in the shop's units."""

    def order(self, *lines, **extra):
        return self.import_orders(woo_order(1, list(lines), **extra))

    def mugs(self, quantity=3, **extra):
        return self.order(woo_line(1, "MUG", quantity, "30.00"), **extra)

    # -- what is told ------------------------------------------------------------------

    def test_delivery_is_told_with_number_lines_and_time(self):
        order = self.mugs()
        picking = order.picking_ids
        self.ship(picking, tracking="T1")
        self.send()
        (shipment,) = self.told("shipment")
        self.assertEqual(self.parcels(order), [("T1", {"1": 3})])
        self.assertEqual(
            shipment.shipped_at.replace(tzinfo=None),
            picking.date_done.replace(microsecond=0),
        )

    def test_site_that_shipped_is_told_in_the_shops_words(self):
        planner = type(self.env["ecom.shipment.planner"])
        sites = {(self.channel, self.warehouse): "SITE-7"}
        self.patch(planner, "_get_sites", lambda *_args: sites)
        self.ship(self.mugs().picking_ids, tracking="T1")
        self.send()
        self.assertEqual([s.location_ref for s in self.told("shipment")], ["SITE-7"])

    def test_worker_without_a_role_here_can_validate(self):
        order = self.mugs()
        worker = new_test_user(self.env, "worker", groups="stock.group_stock_user")
        self.ship(order.picking_ids.with_user(worker), tracking="T1")
        self.assertEqual(self.parcels(order), [("T1", {"1": 3})])

    def test_partial_delivery_and_backorder_are_told_apart(self):
        order = self.order(
            woo_line(1, "MUG", 3, "30.00"), woo_line(2, "TEE", 1, "9.00")
        )
        backorder = self.ship(order.picking_ids, tracking="T1", MUG=2)
        self.ship(backorder, tracking="T2")
        self.assertEqual(
            self.parcels(order), [("T1", {"1": 2}), ("T2", {"1": 3 - 2, "2": 1})]
        )

    def test_shop_without_partial_shipments_is_told_when_all_has_left(self):
        self.marketplace.capabilities -= {Capability.PARTIAL_SHIPMENTS}
        order = self.mugs()
        backorder = self.ship(order.picking_ids, tracking="T1", MUG=2)
        self.assertEqual(self.parcels(order), [])
        self.ship(backorder, tracking="T2")
        self.assertEqual(self.parcels(order), [("T1", {}), ("T2", {})])

    def test_pack_is_told_in_packs(self):
        self.order(woo_line(1, "SIX", 2, "30.00"))
        listing = self.env["ecom.listing"].search([("key", "=", "SIX")])
        listing.write({"quantity_multiplier": 6, "product_id": self.mug.id})
        self.process()
        order = self.orders(1)
        self.assertEqual(order.order_line.product_uom_qty, 2 * 6)
        backorder = self.ship(order.picking_ids, tracking="T1", MUG=9)
        self.ship(backorder, tracking="T2")
        self.assertEqual(self.parcels(order), [("T1", {"1": 1}), ("T2", {"1": 1})])

    def test_kit_is_told_as_kits(self):
        order = self.mugs(2)
        picking = order.picking_ids
        move = picking.move_ids
        plate, saucer = (self._create_product(sku, 50) for sku in ("PLATE", "SAUCER"))
        # As a kit's bill of materials would: one line, the moves of its components.
        picking.move_ids = [
            Command.create(
                {
                    "product_id": product.id,
                    "product_uom_qty": quantity,
                    "location_id": move.location_id.id,
                    "location_dest_id": move.location_dest_id.id,
                    "sale_line_id": order.order_line.id,
                }
            )
            for product, quantity in ((plate, 2), (saucer, 4))
        ]
        move._action_cancel()
        move.unlink()
        picking.action_confirm()
        backorder = self.ship(picking, tracking="T1", PLATE=2, SAUCER=3)
        self.ship(backorder, tracking="T2")
        self.assertEqual(self.parcels(order), [("T1", {"1": 1}), ("T2", {"1": 1})])

    def test_line_that_a_person_added_here_is_not_told(self):
        order = self.mugs()
        order.order_line = [
            Command.create({"product_id": self.tee.id, "product_uom_qty": 1})
        ]
        self.ship(order.picking_ids, tracking="T1")
        self.assertEqual(self.parcels(order), [("T1", {"1": 3})])

    def test_replacement_of_what_was_told_is_not_told_again(self):
        order = self.mugs()
        picking = order.picking_ids
        self.ship(picking, tracking="T1")
        again = picking.copy({"carrier_tracking_ref": "T2"})
        again.move_ids.sale_line_id = order.order_line
        again.action_confirm()
        self.ship(again, tracking="T2")
        self.assertEqual(self.parcels(order), [("T1", {"1": 3})])

    def test_return_to_the_warehouse_is_no_shipment(self):
        order = self.mugs()
        self.ship(order.picking_ids, tracking="T1")
        wizard = self.env["stock.return.picking"].create(
            {"picking_id": order.picking_ids.id}
        )
        wizard.product_return_moves.quantity = 1
        self.ship(wizard._create_return(), tracking="BACK")
        self.assertEqual(self.parcels(order), [("T1", {"1": 3})])

    # -- who is not told ---------------------------------------------------------------

    def test_order_that_the_marketplace_ships_is_not_told(self):
        order = self.mugs()
        order.ecom_fulfilled_by_channel = True
        self.ship(order.picking_ids, tracking="T1")
        self.assertFalse(order.ecom_outbox_ids)

    def test_order_of_no_channel_is_not_told(self):
        order = self.mugs().copy()
        order.action_confirm()
        self.ship(order.picking_ids, tracking="T1")
        self.assertFalse(order.ecom_outbox_ids)

    def test_channel_can_be_left_untold(self):
        self.channel.push_shipment = False
        order = self.mugs()
        self.ship(order.picking_ids, tracking="T1")
        self.assertFalse(order.ecom_outbox_ids)

    def test_marketplace_without_the_verb_is_not_told(self):
        self.marketplace.capabilities -= {Capability.SHIPMENTS}
        order = self.mugs()
        self.ship(order.picking_ids, tracking="T1")
        self.assertFalse(order.ecom_outbox_ids)

    def pickup(self):
        return self.mugs(
            shipping_lines=[
                {
                    "id": 9,
                    "method_id": "local_pickup",
                    "method_title": "Fetch it",
                    "total": "0.00",
                    "total_tax": "0.00",
                    "taxes": [],
                }
            ]
        )

    def test_goods_that_the_buyer_fetches_are_no_shipment(self):
        order = self.pickup()
        self.ship(order.picking_ids)
        self.assertFalse(order.ecom_outbox_ids)

    def test_goods_sent_after_all_are_a_shipment(self):
        order = self.pickup()
        self.ship(order.picking_ids, tracking="T1")
        self.assertEqual(self.parcels(order), [("T1", {"1": 3})])

    # -- parcels -----------------------------------------------------------------------

    def test_several_numbers_are_several_parcels(self):
        order = self.mugs()
        self.ship(order.picking_ids, tracking="T1; T2")
        self.assertEqual(self.parcels(order), [("T1", {"1": 1}), ("T2", {"1": 2})])

    def pack(self, picking, *quantities):
        """Put quantities of mugs into packages of their own."""
        move = picking.move_ids
        move.move_line_ids.unlink()
        packages = self.env["stock.package"].create(
            [{"name": f"PACK{number}"} for number in range(len(quantities))]
        )
        move.move_line_ids = [
            Command.create(
                {
                    **move._prepare_move_line_vals(),
                    "quantity": quantity,
                    "result_package_id": package.id,
                }
            )
            for quantity, package in zip(quantities, packages, strict=True)
        ]
        move.picked = True
        return packages

    def test_packages_are_parcels_with_their_own_numbers(self):
        order = self.mugs()
        first, second = self.pack(order.picking_ids, 1, 2)
        first.ecom_tracking_ref = "P1"
        second.ecom_tracking_ref = "P2"
        order.picking_ids.button_validate()
        self.assertEqual(self.parcels(order), [("P1", {"1": 1}), ("P2", {"1": 2})])

    def test_packages_share_the_numbers_of_the_delivery(self):
        order = self.mugs()
        self.pack(order.picking_ids, 1, 2)
        order.picking_ids.carrier_tracking_ref = "T1,T2"
        order.picking_ids.button_validate()
        self.assertEqual(self.parcels(order), [("T1", {"1": 1}), ("T2", {"1": 2})])

    def test_packages_of_one_number_are_one_parcel(self):
        order = self.mugs()
        self.pack(order.picking_ids, 1, 2)
        order.picking_ids.carrier_tracking_ref = "T1"
        order.picking_ids.button_validate()
        self.assertEqual(self.parcels(order), [("T1", {"1": 3})])

    # -- numbers that come later -------------------------------------------------------

    def test_delivery_without_number_waits_for_it(self):
        self.channel.tracking_wait = 6
        order = self.mugs()
        self.ship(order.picking_ids)
        self.send()
        self.assertFalse(self.told("shipment"))
        message = order.ecom_outbox_ids
        wait = message.next_attempt_at - order.picking_ids.date_done
        self.assertAlmostEqual(wait / timedelta(hours=6), 1, delta=0.01)
        order.picking_ids.carrier_tracking_ref = "LATE"
        self.send()
        self.assertEqual([s.tracking_number for s in self.told("shipment")], ["LATE"])

    def test_delivery_without_number_is_told_in_the_end(self):
        self.channel.tracking_wait = 6
        order = self.mugs()
        self.ship(order.picking_ids)
        order.ecom_outbox_ids.next_attempt_at = fields.Datetime.now()
        self.send()
        self.assertEqual([s.tracking_number for s in self.told("shipment")], [""])

    def test_number_that_comes_after_it_was_told_is_told_of_the_same_parcel(self):
        order = self.mugs()
        self.ship(order.picking_ids)
        self.send()
        order.picking_ids.carrier_tracking_ref = "LATE"
        self.send()
        first, second = self.told("shipment")
        self.assertEqual(first.key, second.key)
        self.assertEqual(first.lines, second.lines)
        self.assertEqual(second.tracking_number, "LATE")

    def test_numbers_that_come_after_it_was_told_never_divide_it_again(self):
        order = self.mugs()
        self.ship(order.picking_ids)
        self.send()
        order.picking_ids.carrier_tracking_ref = "A,B"
        self.assertEqual(self.parcels(order), [("A, B", {"1": 3})])

    def test_numbers_that_come_before_it_was_told_divide_it(self):
        self.channel.tracking_wait = 6
        order = self.mugs()
        self.ship(order.picking_ids)
        order.picking_ids.carrier_tracking_ref = "A,B"
        self.assertEqual(self.parcels(order), [("A", {"1": 1}), ("B", {"1": 2})])
        order.picking_ids.carrier_tracking_ref = "A"
        self.assertEqual(self.parcels(order), [("A", {"1": 3})])

    def test_number_of_a_package_that_comes_later_is_told(self):
        self.channel.tracking_wait = 6
        order = self.mugs()
        first, second = self.pack(order.picking_ids, 1, 2)
        order.picking_ids.button_validate()
        self.assertEqual(self.parcels(order), [("", {"1": 3})])
        first.ecom_tracking_ref = "P1"
        second.ecom_tracking_ref = "P2"
        self.assertCountEqual(self.parcels(order), [("P1", {"1": 1}), ("P2", {"1": 2})])

    # -- defects, labels, numbers of queries -------------------------------------------

    def test_defect_never_stops_the_warehouse_and_is_mended_by_a_retry(self):
        order = self.mugs()
        planner = type(self.env["ecom.shipment.planner"])
        with (
            patch.object(planner, "_collect", side_effect=ZeroDivisionError),
            self.assertLogs("odoo.addons.ecom_orders", "WARNING"),
        ):
            self.ship(order.picking_ids, tracking="T1")
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual(order.ecom_outbox_ids.state, "failed")
        self.assertEqual(self.open_reasons(order), {"shipment_not_told"})
        order.ecom_outbox_ids.action_retry()
        self.send()
        self.assertEqual([s.tracking_number for s in self.told("shipment")], ["T1"])
        self.assertFalse(self.open_reasons(order))

    def test_labels_of_the_marketplace_are_attached(self):
        order = self.mugs()
        picking = order.picking_ids
        self.marketplace.labels = (
            Label("label.pdf", "application/pdf", b"%PDF-1.4", tracking_number="L1"),
        )
        self.assertTrue(picking.ecom_has_labels)
        picking.action_ecom_fetch_labels()
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", "stock.picking"), ("res_id", "=", picking.id)]
        )
        self.assertEqual(attachment.raw, b"%PDF-1.4")
        self.assertEqual(picking.carrier_tracking_ref, "L1")

    def test_labels_by_shipment_need_its_id_and_are_asked_for_with_it(self):
        picking = self.mugs().picking_ids
        self.assertFalse(picking.ecom_needs_shipment_ref)
        self.marketplace.labels_by_shipment = True
        picking.invalidate_recordset(["ecom_needs_shipment_ref"])
        self.assertTrue(picking.ecom_needs_shipment_ref)
        with self.assertRaisesRegex(UserError, "Shipment ID"):
            picking.action_ecom_fetch_labels()
        asked = []
        self.patch(
            self.marketplace,
            "fetch_labels",
            lambda _self, order_id, refs: asked.append((order_id, refs)) or (),
        )
        picking.ecom_shipment_ref = "S1, S2,"
        with self.assertRaisesRegex(UserError, "no label yet"):
            picking.action_ecom_fetch_labels()
        self.assertEqual(asked, [("1", ("S1", "S2"))])

    def count_queries(self, start, count):
        """Queries of telling the validated deliveries of new orders."""
        orders = self.import_orders(
            *(
                woo_order(start + n, [woo_line(1, "TEE", 1, "9.00")])
                for n in range(count)
            )
        )
        planner = self.env["ecom.shipment.planner"]
        with patch.object(type(planner), "_tell"):
            for picking in orders.picking_ids:
                self.ship(picking, tracking=f"T{picking.id}")
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        orders.picking_ids._ecom_tell_shipments()
        self.env.flush_all()
        queries = self.env.cr.sql_log_count - before
        self.assertEqual(len(orders.ecom_outbox_ids), count)
        return queries

    def test_number_of_queries_does_not_depend_on_the_number_of_deliveries(self):
        self.env["stock.quant"]._update_available_quantity(
            self.tee, self.warehouse.lot_stock_id, 100
        )
        self.count_queries(1000, 2)  # what is asked only once
        self.assertEqual(self.count_queries(2000, 40), self.count_queries(3000, 10))


@tagged("post_install", "-at_install")
class TestShipmentMethods(DispatchCommon):
    """The delivery that a buyer chose, and the carrier that it is here."""

    def import_method(self, number, code="flat_rate", title="Standard"):
        line = {
            "id": 9,
            "method_id": code,
            "method_title": title,
            "total": "5.00",
            "total_tax": "0.00",
            "taxes": [],
        }
        return self.import_orders(
            woo_order(number, [woo_line(1, "MUG", 1, "10.00")], shipping_lines=[line])
        )

    def carrier(self, name="Parcel Post"):
        return self.env["delivery.carrier"].create(
            {"name": name, "product_id": self.channel.shipping_product_id.id}
        )

    def test_method_appears_by_itself_once(self):
        first = self.import_method(1)
        second = self.import_method(2)
        method = first.ecom_shipping_method_id
        self.assertEqual((method.code, method.title), ("flat_rate", "Standard"))
        self.assertEqual(second.ecom_shipping_method_id, method)

    def test_mapped_method_sets_the_carrier_of_order_and_delivery(self):
        self.import_method(1).ecom_shipping_method_id.carrier_id = self.carrier()
        order = self.import_method(2)
        self.assertEqual(order.carrier_id.name, "Parcel Post")
        self.assertEqual(order.picking_ids.carrier_id.name, "Parcel Post")
        self.assertMoney(order.amount_total, 10.00 + 5.00)

    def test_mapping_gives_the_carrier_to_orders_that_wait(self):
        order = self.import_method(1)
        order.ecom_shipping_method_id.carrier_id = self.carrier()
        self.assertEqual(order.carrier_id.name, "Parcel Post")
        self.assertEqual(order.picking_ids.carrier_id.name, "Parcel Post")

    def test_carrier_that_a_person_chose_stays(self):
        order = self.import_method(1)
        order.carrier_id = self.carrier("Courier")
        order.ecom_shipping_method_id.carrier_id = self.carrier()
        self.assertEqual(order.carrier_id.name, "Courier")
