"""A line whose quantity comes from two warehouses is one line for the shop."""

from decimal import Decimal

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.ecom_orders.marketplaces.base import REFUND

from .common import woo_line, woo_order
from .fake_marketplace import DispatchCommon
from .routing_common import RoutingCommon
from .test_credit_note_booking import refund_line


@tagged("post_install", "-at_install")
class TestRoutingSplit(RoutingCommon, DispatchCommon):
    """Three mugs lie in the east, two in the west; an order wants five."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_stock(cls.mug, 3, cls.east)
        cls._set_stock(cls.mug, 2, cls.west)
        cls.mug.invoice_policy = "order"

    def order(self, number=1, quantity=5, total="50.03", **extra):
        line = woo_line(1, "MUG", quantity, total, "10")
        return self.import_orders(woo_order(number, [line], "10", **extra))

    def goods(self, order):
        """Units of the mug's lines by warehouse."""
        return {
            line.warehouse_id: line.product_uom_qty
            for line in order.order_line
            if line.product_id == self.mug
        }

    def asked(self, order):
        """Units that warehouses are asked for."""
        moves = order.picking_ids.move_ids.filtered(lambda one: one.state != "cancel")
        return {
            warehouse: sum(mine.mapped("product_uom_qty"))
            for warehouse, mine in moves.grouped("warehouse_id").items()
        }

    def picking(self, order, warehouse):
        return order.picking_ids.filtered(
            lambda one: (
                one.picking_type_id.warehouse_id == warehouse and one.state != "cancel"
            )
        )

    def reject(self, line, reason="no_capacity"):
        self.env["ecom.routing.reject"].create(
            {"order_id": line.order_id.id, "line_id": line.id, "reason": reason}
        ).action_apply()

    def part(self, order, warehouse):
        return order.order_line.filtered(
            lambda line: line.warehouse_id == warehouse and line.product_id == self.mug
        )

    # -- dividing ----------------------------------------------------------------------

    def test_quantity_that_no_warehouse_has_comes_from_two(self):
        order = self.order()
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.goods(order), {self.east: 3, self.west: 5 - 3})
        self.assertEqual(self.asked(order), {self.east: 3, self.west: 2})
        self.assertEqual(set(order.picking_ids.mapped("state")), {"assigned"})

    def test_both_parts_are_the_same_line_of_the_shop(self):
        order = self.order()
        self.assertEqual(order.order_line.mapped("ecom_line_key"), ["1", "1"])
        part = order.order_line.ecom_part_ids
        self.assertEqual(part.ecom_main_line_id, order.order_line - part)

    def test_amounts_of_the_parts_are_the_lines_to_the_cent(self):
        order = self.order(total="50.03")
        self.assertMoney(sum(order.order_line.mapped("price_subtotal")), 50.03)
        self.assertMoney(order.amount_untaxed, 50.03)
        self.assertMoney(order.amount_total, 50.03 + 5.00)
        self.assertFalse(self.open_reasons(order))

    def test_amounts_without_taxes_are_divided_to_the_cent_too(self):
        line = woo_line(1, "MUG", 5, "10.03")
        order = self.import_orders(woo_order(1, [line]))
        self.assertEqual(len(order.order_line), 2)
        self.assertMoney(order.amount_total, 10.03)

    def test_rule_may_keep_lines_whole(self):
        self.rule.split_lines = False
        order = self.order()
        self.assertEqual(order.state, "draft")
        self.assertEqual(self.open_reasons(order), {"not_routed"})

    def test_pack_is_never_divided(self):
        listing = self._create_listing("PACK", self.mug, quantity_multiplier=5)
        self.assertTrue(listing)
        order = self.import_orders(woo_order(1, [woo_line(1, "PACK", 1, "50.00")]))
        self.assertEqual(order.order_line.product_uom_qty, 5)
        self.assertEqual(self.open_reasons(order), {"not_routed"})

    def test_newer_snapshot_that_says_the_same_changes_nothing(self):
        order = self.order()
        lines = order.order_line
        self.order(date_modified_gmt="2026-03-04T09:00:00")
        self.assertEqual(order.order_line, lines)
        self.assertEqual(self.asked(order), {self.east: 3, self.west: 2})

    def test_shop_that_changes_the_quantity_gets_one_line_again(self):
        order = self.order()
        self.order(quantity=3, total="30.02", date_modified_gmt="2026-03-04T09:00:00")
        self.assertEqual(self.goods(order), {self.east: 3})
        self.assertEqual(self.asked(order), {self.east: 3})
        self.assertMoney(order.amount_untaxed, 30.02)

    def test_quotation_is_decided_as_a_whole_again(self):
        self.channel.confirm_policy = "manual"
        order = self.order()
        self.env["ecom.routing.router"]._route(order)
        self.assertEqual(self.goods(order), {self.east: 3, self.west: 2})
        self._set_stock(self.mug, 5, self.east)
        order.action_confirm()
        self.assertEqual(self.goods(order), {self.east: 5})
        self.assertMoney(order.amount_total, 50.03 + 5.00)

    # -- a warehouse or a dispatcher ---------------------------------------------------

    def test_rejected_part_makes_the_line_whole_where_one_has_all_of_it(self):
        order = self.order()
        north = self._create_warehouse("North", "NTH")
        self._create_card(self.carrier, price=20.0, warehouses=north)
        self._set_stock(self.mug, 5, north)
        self.reject(self.part(order, self.west))
        self.assertEqual(self.goods(order), {north: 5})
        self.assertEqual(self.asked(order), {north: 5})
        self.assertMoney(order.amount_total, 50.03 + 5.00)

    def test_rejected_part_alone_moves_when_the_other_is_picked(self):
        order = self.order()
        north = self._create_warehouse("North", "NTH")
        self._create_card(self.carrier, price=20.0, warehouses=north)
        self._set_stock(self.mug, 5, north)
        self.picking(order, self.east).move_ids.picked = True
        self.reject(self.part(order, self.west))
        self.assertEqual(self.goods(order), {self.east: 3, north: 2})
        self.assertEqual(self.asked(order), {self.east: 3, north: 2})

    def test_whole_line_that_is_rejected_may_be_divided(self):
        self._set_stock(self.mug, 5, self.east)
        order = self.order()
        self.assertEqual(self.goods(order), {self.east: 5})
        north = self._create_warehouse("North", "NTH")
        self._create_card(self.carrier, price=20.0, warehouses=north)
        self._set_stock(self.mug, 3, north)
        self.reject(order.order_line)
        self.assertEqual(self.goods(order), {self.west: 2, north: 3})
        self.assertEqual(self.asked(order), {self.west: 2, north: 3})

    def test_rejection_that_nobody_can_take_over_changes_nothing(self):
        order = self.order()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.reject(self.part(order, self.west))
        order.invalidate_recordset()
        self.assertEqual(self.goods(order), {self.east: 3, self.west: 2})
        self.assertEqual(self.asked(order), {self.east: 3, self.west: 2})

    def test_dispatcher_who_moves_a_part_to_the_other_makes_the_line_whole(self):
        order = self.order()
        self.env["ecom.routing.override"].create(
            {
                "order_id": order.id,
                "warehouse_id": self.east.id,
                "line_ids": [Command.set(self.part(order, self.west).ids)],
                "reason": "A pallet comes tomorrow",
            }
        ).action_apply()
        self.assertEqual(self.goods(order), {self.east: 5})
        self.assertEqual(self.asked(order), {self.east: 5})

    # -- the way back ------------------------------------------------------------------

    def test_both_deliveries_are_told_of_the_same_line(self):
        order = self.order()
        self.ship(self.picking(order, self.east), tracking="T1")
        self.ship(self.picking(order, self.west), tracking="T2")
        self.assertEqual(self.parcels(order), [("T1", {"1": 3}), ("T2", {"1": 5 - 3})])

    def refund(self, quantity, net, tax):
        """The shop gives some of the mugs back."""
        total = Decimal(net) + Decimal(tax)
        self.receive(
            {
                "id": 77,
                "order_id": 1,
                "amount": str(total),
                "reason": "",
                "date_created_gmt": "2026-03-04T09:00:00",
                "line_items": [refund_line(900, 1, quantity, net, tax)],
            },
            kind=REFUND,
        )
        self.process()
        return self.orders(1).ecom_refund_ids

    def test_refund_of_more_than_one_part_lessens_both_deliveries(self):
        order = self.order()
        refund = self.refund(4, "40.02", "4.00")
        self.assertEqual(refund.line_ids.order_line_id.ecom_line_key, "1")
        self.assertEqual(refund.line_ids.removed_qty, 4)
        self.assertEqual(sum(self.asked(order).values()), 5 - 4)

    def test_invoice_and_credit_note_are_the_shops_to_the_cent(self):
        order = self.order()
        invoice = self.invoice(order)
        self.assertMoney(invoice.amount_total, 50.03 + 5.00)
        credit = self.refund(1, "10.01", "1.00").move_id
        self.assertMoney(credit.amount_total, 10.01 + 1.00)

    def test_credit_note_is_told_as_one_line(self):
        order = self.order()
        invoice = self.invoice(order)
        wizard = self.env["account.move.reversal"].create(
            {"move_ids": invoice.ids, "journal_id": invoice.journal_id.id}
        )
        wizard.refund_moves()
        credit = wizard.new_move_ids
        (line,) = credit._ecom_get_refunded_lines()
        self.assertEqual((line.order_line_id, line.quantity), ("1", 5))
        self.assertEqual(line.amount, Decimal("55.03"))

    def test_goods_that_come_back_are_those_of_both_deliveries(self):
        order = self.order()
        self.ship(self.picking(order, self.east))
        self.ship(self.picking(order, self.west))
        line = self.env["ecom.return.line"].new(
            {"order_line_id": order.order_line[0].id, "quantity": 5}
        )
        moves = line._get_shipped_moves()
        self.assertEqual(sum(moves.mapped("quantity")), 5)
