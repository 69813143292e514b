"""Kits: one line of the shop, a phantom bill of materials here.

Run in the database with optional modules (``make test LAYER=odoo``); elsewhere, where
``mrp`` is not installed, they are skipped.
"""

from unittest import SkipTest

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.ecom_orders.marketplaces.base import RETURN, Envelope
from odoo.addons.ecom_orders.tests.common import woo_line, woo_order
from odoo.addons.ecom_orders.tests.fake_marketplace import DispatchCommon
from odoo.addons.ecom_orders.tests.stock_common import StockCommon
from odoo.addons.ecom_orders.tests.test_credit_note_booking import (
    CreditNoteCommon,
    refund_line,
)


class KitMixin:
    """A kit of two mugs and one tee; 50 mugs and 20 tees are on stock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "mrp.bom" not in cls.env:
            raise SkipTest("the addon mrp is not installed")
        cls.kit = cls._create_product("KIT")
        cls._create_kit(cls.kit, (cls.mug, 2), (cls.tee, 1))

    @classmethod
    def _create_kit(cls, product, *parts, made=1):
        """A phantom bill of materials; parts are (product, quantity[, unit])."""
        return cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": product.product_tmpl_id.id,
                "type": "phantom",
                "product_qty": made,
                "bom_line_ids": [
                    Command.create(
                        {
                            "product_id": part.id,
                            "product_qty": quantity,
                            **({"product_uom_id": unit[0].id} if unit else {}),
                        }
                    )
                    for part, quantity, *unit in parts
                ],
            }
        )

    def kits(self, quantity, number=1, *lines, **extra):
        """Import an order of so many kits at 10 each, and of other lines."""
        return self.import_orders(
            woo_order(
                number,
                [woo_line(1, "KIT", quantity, f"{10 * quantity}.00"), *lines],
                **extra,
            )
        )

    def demand(self, orders):
        """Units by product and state in what is to be delivered."""
        found = {}
        for move in orders.picking_ids.move_ids:
            if move.state != "cancel" and move.product_uom_qty:
                key = (move.product_id, move.state)
                found[key] = found.get(key, 0) + move.product_uom_qty
        return found


@tagged("post_install", "-at_install")
class TestKitStock(KitMixin, StockCommon):
    """What is shown of a kit is what its components make."""

    def setUp(self):
        super().setUp()
        self.kit_listing = self._create_listing("KIT", self.kit)

    def test_scarcest_component_is_what_the_shop_shows(self):
        with self.shelf() as shelf:
            self.publish()
            self.assertEqual(shelf.shown["ref-KIT", ""], min(50 // 2, 20 // 1))
            self._set_stock(self.mug, 11)
            self.publish()
            self.assertEqual(shelf.shown["ref-KIT", ""], 11 // 2)

    def test_sold_kit_lessens_its_components_and_sold_component_the_kit(self):
        with self.shelf() as shelf:
            self.publish()
            self.kits(3)
            self.publish()
            self.assertEqual(shelf.shown["ref-KIT", ""], 20 - 3)
            self.assertEqual(shelf.shown["ref-MUG", ""], 50 - 3 * 2)
            self.import_orders(woo_order(2, [woo_line(1, "TEE", 7, "70.00")]))
            self.publish()
            self.assertEqual(shelf.shown["ref-KIT", ""], 20 - 3 - 7)

    def test_kit_of_an_order_that_waits_claims_its_components(self):
        self.kits(2, status="on-hold", date_paid_gmt=None)
        self.assertEqual(self.quantity(self.mug_listing), 50 - 2 * 2)
        self.assertEqual(self.quantity(self.kit_listing), 20 - 2)

    def test_kit_of_kits_in_other_units(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        inner, outer = self._create_product("INNER"), self._create_product("OUTER")
        screws = self._create_product("SCREW", 600)
        self._create_kit(inner, (self.mug, 2), (screws, 1, dozen))
        self._create_kit(outer, (inner, 4), (self.tee, 2), made=2)
        listing = self._create_listing("OUTER", outer)
        # one of it: two of the inner ones (4 mugs, 24 screws) and one tee
        self.assertEqual(self.quantity(listing), min(50 // 4, 600 // 24, 20 // 1))
        self.import_orders(woo_order(1, [woo_line(1, "OUTER", 3, "45.00")]))
        self.assertEqual(self.quantity(listing), min((50 - 3 * 4) // 4, 20 - 3))
        self.import_orders(
            woo_order(
                2,
                [woo_line(1, "OUTER", 2, "15.00")],
                status="on-hold",
                date_paid_gmt=None,
            )
        )
        self.assertEqual(self.quantity(listing), min((50 - 5 * 4) // 4, 20 - 5))
        self.assertEqual(self.quantity(self.mug_listing), 50 - 5 * 4)
        self.assertEqual(
            self.env["ecom.stock.supply"]._get_kits_with(self.mug),
            inner | outer | self.kit,
        )
        with self.shelf() as shelf:
            self._set_stock(screws, 100)  # beside those that are reserved
            self.publish()
        self.assertEqual(shelf.shown["ref-OUTER", ""], (100 - 2 * 24) // 24)


@tagged("post_install", "-at_install")
class TestKitConfirmation(KitMixin, StockCommon):
    """Kits are confirmed together with everything else."""

    def test_batch_of_kits_reserves_their_components(self):
        orders = self.import_orders(
            *(
                woo_order(
                    number,
                    [
                        woo_line(1, "KIT", number, f"{number}0.00"),
                        woo_line(2, "MUG", 1, "5.00"),
                    ],
                )
                for number in range(1, 5)
            )
        )
        kits = 1 + 2 + 3 + 4
        self.assertEqual(orders.mapped("state"), ["sale"] * 4)
        self.assertEqual(
            self.demand(orders),
            {
                (self.mug, "assigned"): 2 * kits + 4,
                (self.tee, "assigned"): kits,
            },
        )
        self.assertEqual(self.mug.free_qty, 50 - 2 * kits - 4)
        self.assertEqual(self.tee.free_qty, 20 - kits)

    def test_batch_is_what_core_makes_of_orders_one_by_one(self):
        lines = [(self.kit, 2), (self.mug, 1), (self.kit, 1)]
        values = {
            "partner_id": self.env["res.partner"].create({"name": "Buyer"}).id,
            "order_line": [
                Command.create({"product_id": product.id, "product_uom_qty": quantity})
                for product, quantity in lines
            ],
        }
        together = self.env["sale.order"].create([values, values])
        together._ecom_confirm_batch()
        alone = self.env["sale.order"].create([values, values])
        for order in alone:
            order.action_confirm()
        for batch, single in zip(together, alone, strict=True):
            self.assertEqual(self.demand(batch), self.demand(single))
            self.assertEqual(
                sorted(batch.picking_ids.move_ids.mapped("sale_line_id.product_id.id")),
                sorted(
                    single.picking_ids.move_ids.mapped("sale_line_id.product_id.id")
                ),
            )

    def test_quantity_that_the_shop_changes_reaches_the_components(self):
        order = self.kits(2)
        self.kits(5, date_modified_gmt="2026-03-01T12:00:00")
        self.assertEqual(
            self.demand(order), {(self.mug, "assigned"): 10, (self.tee, "assigned"): 5}
        )
        self.kits(1, date_modified_gmt="2026-03-01T13:00:00")
        self.assertEqual(
            self.demand(order), {(self.mug, "assigned"): 2, (self.tee, "assigned"): 1}
        )


@tagged("post_install", "-at_install")
class TestKitParcels(KitMixin, DispatchCommon):
    """The shop hears of kits, never of components."""

    def test_kits_are_told_when_they_are_whole(self):
        order = self.kits(2)
        # one kit, and a mug of the next
        rest = self.ship(order.picking_ids, tracking="T1", MUG=3, TEE=1)
        self.assertEqual(self.parcels(order), [("T1", {"1": 1})])
        self.ship(rest, tracking="T2")
        self.assertEqual(self.parcels(order), [("T1", {"1": 1}), ("T2", {"1": 1})])

    def test_kit_and_its_own_component_in_one_order(self):
        order = self.kits(1, 1, woo_line(2, "MUG", 3, "15.00"))
        self.ship(order.picking_ids, tracking="T1")
        self.assertEqual(self.parcels(order), [("T1", {"1": 1, "2": 3})])


@tagged("post_install", "-at_install")
class TestKitReturn(KitMixin, CreditNoteCommon):
    """A kit comes back by its components; its money is the kit's."""

    def setUp(self):
        super().setUp()
        self.kit.invoice_policy = "order"
        self.order = self.kits(3, 2)

    def one_kit_refunded(self):
        return self.refund(
            77, "10.00", refund_line(900, 1, 1, "10.00", "0.00"), order=2
        )

    def test_refund_of_a_shipped_kit_is_one_credit_note_line(self):
        self.ship_all()
        invoice = self.invoice(self.order)
        refund = self.one_kit_refunded()
        self.assertEqual(refund.state, "credited")
        self.assertEqual(refund.move_id.reversed_entry_id, invoice)
        self.assertMoney(refund.move_id.amount_total, 10.00)
        lines = refund.move_id.invoice_line_ids
        self.assertEqual((lines.product_id, lines.quantity), (self.kit, 1))

    def test_refund_before_shipping_takes_its_components_off_the_delivery(self):
        self.one_kit_refunded()
        self.assertEqual(
            self.demand(self.order),
            {(self.mug, "assigned"): 2 * 2, (self.tee, "assigned"): 2},
        )

    def test_return_brings_the_components_back(self):
        self.ship_all()
        payload = {
            "id": "RMA1",
            "order_id": "2",
            "status": "approved",
            "created_at": "2026-03-05T08:00:00",
            "updated_at": "2026-03-05T09:00:00",
            "kind": "customer",
            "tracking": "BACK1",
            "lines": [
                {
                    "id": "L1",
                    "line": "1",
                    "quantity": "2",
                    "reason": "DEFECTIVE",
                    "note": "",
                }
            ],
        }
        self.inbox._store(self.channel, [Envelope.of(RETURN, "RMA1", payload)], "poll")
        self.process()
        record = self.order.ecom_return_ids
        moves = record.picking_ids.move_ids.filtered("product_uom_qty")
        self.assertEqual(record.picking_ids.picking_type_code, "incoming")
        self.assertEqual(
            {move.product_id: move.product_uom_qty for move in moves},
            {self.mug: 2 * 2, self.tee: 2},
        )
        self.ship(record.picking_ids, tracking="BACK1")
        self.assertEqual(self.tee.qty_available, 20 - 3 + 2)
        self.assertEqual(self.parcels(self.order), [("T1", {"1": 3})])


@tagged("post_install", "-at_install")
class TestKitDeliveries(KitMixin, DispatchCommon):
    """Kits leave with other orders of their buyer, and in a parcel of their own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule_set = cls.env["ecom.routing.rule.set"].create(
            {
                "name": "Standard",
                "mode": "active",
                "company_id": cls.company.id,
                "merge_mode": "automatic",
                "rule_ids": [Command.create({"name": "All", "strategy": "optimum"})],
            }
        )

    def delivery(self, order):
        picking = order.order_line.move_ids.picking_id
        return picking.filtered(lambda one: one.state != "cancel")

    def test_kit_leaves_with_the_buyers_other_order_and_is_delivered_as_a_kit(self):
        kit = self.kits(2)
        other = self.import_orders(woo_order(2, [woo_line(1, "TEE", 1, "10.00")]))
        self.env["ecom.routing.merger"].sudo()._look(self.rule_set)
        picking = self.delivery(kit)
        self.assertEqual(picking, self.delivery(other))
        self.ship(picking, tracking="T1")
        self.assertEqual(kit.order_line.qty_delivered, 2)
        self.assertEqual(other.order_line.qty_delivered, 1)
        self.assertEqual(self.parcels(kit), [("T1", {"1": 2})])

    def test_kit_is_taken_out_of_a_common_delivery_with_all_its_components(self):
        kit = self.kits(2)
        other = self.import_orders(woo_order(2, [woo_line(1, "TEE", 1, "10.00")]))
        self.env["ecom.routing.merger"].sudo()._look(self.rule_set)
        self.delivery(kit).action_ecom_ship_apart()
        self.assertNotEqual(self.delivery(kit), self.delivery(other))
        self.ship(self.delivery(kit), tracking="T1")
        self.assertEqual(kit.order_line.qty_delivered, 2)
        self.assertEqual(other.order_line.qty_delivered, 0)

    def test_kit_of_a_class_leaves_in_a_parcel_of_its_own(self):
        cold = self.env["ecom.shipping.class"].create({"name": "Cold chain"})
        self.kit.ecom_shipping_class_id = cold
        order = self.kits(1, 1, woo_line(2, "TEE", 1, "10.00"))
        by_kit = {
            one.sale_line_id.product_id == self.kit: one.picking_id
            for one in order.picking_ids.move_ids
        }
        self.assertNotEqual(by_kit[True], by_kit[False])
        self.assertEqual(len(by_kit[True].move_ids), 2)

    def test_kit_with_dangerous_components_goes_by_carriers_that_take_them(self):
        self.mug.product_tmpl_id.ecom_dangerous_goods = True
        line = self.kits(1).order_line
        kits = self.env["ecom.stock.supply"]._get_kits(self.kit, self.company)
        self.assertEqual(line._ecom_get_required(kits), {"dangerous_goods"})
