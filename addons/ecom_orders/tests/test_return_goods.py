from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces.base import (
    RETURN,
    Capability,
    Envelope,
    OrderCursor,
    OrderPage,
)
from odoo.addons.ecom_orders.marketplaces.schema import ReturnLine
from odoo.addons.ecom_orders.marketplaces.woocommerce.client import WooCommerceConnector

from .common import woo_line, woo_order
from .fake_marketplace import DispatchCommon
from .test_credit_note_booking import refund_line


class ReturnCommon(DispatchCommon):
    """An order of three mugs and a tee, and returns of it."""

    def setUp(self):
        super().setUp()
        self.order = self.import_orders(
            woo_order(
                1,
                [woo_line(1, "MUG", 3, "30.00"), woo_line(2, "TEE", 1, "9.00")],
            )
        )

    def payload(self, *lines, **extra):
        return {
            "id": "RMA1",
            "order_id": "1",
            "status": "approved",
            "created_at": "2026-03-05T08:00:00",
            "updated_at": "2026-03-05T09:00:00",
            "kind": "customer",
            "tracking": "BACK1",
            "lines": [
                {
                    "id": f"L{line}",
                    "line": str(line),
                    "quantity": str(quantity),
                    "reason": "DEFECTIVE",
                    "note": "handle is off",
                }
                for line, quantity in lines
            ],
            **extra,
        }

    def come_back(self, *lines, **extra):
        """The marketplace tells a return; (order line, quantity) pairs."""
        payload = self.payload(*lines, **extra)
        self.inbox._store(
            self.channel, [Envelope.of(RETURN, payload["id"], payload)], "poll"
        )
        self.process()
        return self.env["ecom.return"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("external_id", "=", payload["id"]),
            ]
        )

    def ship_all(self):
        self.ship(self.order.picking_ids, tracking="T1")

    def on_hand(self, location, product=None):
        return self.env["stock.quant"]._get_available_quantity(
            product or self.mug, location
        )


@tagged("post_install", "-at_install")
class TestReturnGoods(ReturnCommon):
    """What a marketplace says of goods that come back."""

    def nameless(self, sku):
        """A return whose line names its SKU only."""
        line = ReturnLine("L1", "", Decimal(1), sku=sku)
        return self.env["ecom.return"]._find_order_line(self.order, line)

    def test_line_that_names_no_order_line_is_found_by_its_sku(self):
        self.assertEqual(self.nameless("TEE").product_id, self.tee)
        listing = self.env["ecom.listing"].search(
            [("channel_id", "=", self.channel.id), ("product_id", "=", self.mug.id)],
            limit=1,
        )
        self.mug.default_code = "RENAMED"
        self.assertEqual(self.nameless(listing.sku).product_id, self.mug)

    def test_sku_that_is_on_two_lines_or_on_none_leaves_the_line_open(self):
        self.assertFalse(self.nameless("NOTHING"))
        self.order.order_line[:1].copy({"order_id": self.order.id}).write(
            {"ecom_kind": "product"}
        )
        self.assertFalse(self.nameless("MUG"))

    def test_returns_are_not_asked_for_more_often_than_the_marketplace_likes(self):
        asked = []
        self.patch(
            self.marketplace,
            "fetch_returns",
            lambda _self, cursor: asked.append(cursor) or OrderPage((), cursor, False),
        )
        self.patch(self.marketplace, "return_interval", timedelta(hours=4))
        now = fields.Datetime.now()
        for hours in (3, 5):
            self.channel.return_cursor = now - timedelta(hours=hours)
            self.channel._fetch_returns()
        self.assertEqual(len(asked), 1)

    def test_what_the_marketplace_is_still_making_is_asked_for_with_its_note(self):
        asked = []
        place = OrderCursor(datetime(2026, 3, 1, tzinfo=timezone.utc), {"note"})
        self.patch(
            self.marketplace,
            "fetch_returns",
            lambda _self, cursor: (
                asked.append(cursor) or OrderPage((), place, False, waits=True)
            ),
        )
        self.patch(self.marketplace, "return_interval", timedelta(days=9999))
        for _time in range(2):
            self.channel._fetch_returns()
        self.assertEqual(asked[1], place)

    def test_return_is_a_record_with_lines_reasons_and_a_transfer(self):
        self.ship_all()
        record = self.come_back((1, 2))
        self.assertEqual(record.order_id, self.order)
        self.assertRecordValues(
            record.line_ids,
            [
                {
                    "product_id": self.mug.id,
                    "quantity": 2,
                    "reason_code": "DEFECTIVE",
                    "reason_text": "handle is off",
                }
            ],
        )
        transfer = record.picking_ids
        delivery = self.order.picking_ids - transfer
        self.assertEqual(transfer.picking_type_code, "incoming")
        self.assertEqual(transfer.return_id, delivery)
        self.assertEqual(transfer.carrier_tracking_ref, "BACK1")
        move = transfer.move_ids.filtered("product_uom_qty")
        self.assertEqual(move.product_uom_qty, 2)
        self.assertEqual(
            move.origin_returned_move_id,
            delivery.move_ids.filtered(lambda m: m.product_id == self.mug),
        )

    def test_courier_return_is_told_apart(self):
        self.ship_all()
        record = self.come_back((1, 3), (2, 1), kind="courier")
        self.assertEqual(record.kind, "courier")
        self.assertEqual(record.line_ids.mapped("kind"), ["courier", "courier"])

    def test_newest_state_counts_whatever_comes_last(self):
        self.ship_all()
        newer = {"updated_at": "2026-03-06T09:00:00", "status": "in_transit"}
        record = self.come_back((1, 1), **newer)
        self.come_back((1, 1), status="approved")
        self.assertEqual(record.status, "in_transit")
        self.assertEqual(len(record.picking_ids), 1)
        messages = self.inbox.search([("kind", "=", RETURN)], order="id")
        self.assertEqual(messages.mapped("state"), ["done", "superseded"])

    def test_return_told_twice_is_one_return_with_one_transfer(self):
        self.ship_all()
        record = self.come_back((1, 1))
        self.come_back((1, 1), updated_at="2026-03-07T09:00:00")
        self.assertEqual(len(self.order.ecom_return_ids), 1)
        self.assertEqual(len(record.picking_ids), 1)

    def test_goods_of_two_deliveries_come_back_to_both(self):
        backorder = self.ship(self.order.picking_ids, tracking="T1", MUG=2)
        self.ship(backorder, tracking="T2")
        record = self.come_back((1, 3))
        origins = record.picking_ids.move_ids.filtered("product_uom_qty")
        self.assertEqual(len(record.picking_ids), 2)
        self.assertEqual(
            {m.origin_returned_move_id.picking_id: m.product_uom_qty for m in origins},
            {backorder.backorder_id: 2, backorder: 1},
        )

    def test_line_comes_back_to_the_delivery_that_shipped_it(self):
        backorder = self.ship(self.order.picking_ids, tracking="T1", MUG=3)
        self.ship(backorder, tracking="T2")
        record = self.come_back((2, 1))
        self.assertEqual(record.picking_ids.return_id, backorder)

    def test_second_return_takes_what_the_first_left(self):
        backorder = self.ship(self.order.picking_ids, tracking="T1", MUG=2)
        self.ship(backorder, tracking="T2")
        self.come_back((1, 2))
        second = self.come_back((1, 1), id="RMA2")
        self.assertEqual(second.picking_ids.return_id, backorder)

    def test_pack_comes_back_in_pieces(self):
        self.import_orders(woo_order(5, [woo_line(1, "SIX", 2, "30.00")]))
        listing = self.env["ecom.listing"].search([("key", "=", "SIX")])
        listing.write({"quantity_multiplier": 6, "product_id": self.mug.id})
        self.process()
        self.ship(self.orders(5).picking_ids, tracking="T5")
        record = self.come_back((1, 1), order_id="5")
        self.assertEqual(record.line_ids.quantity, 1 * 6)

    def test_more_than_was_shipped_is_a_problem_for_a_person(self):
        self.ship_all()
        record = self.come_back((2, 3))
        moves = record.picking_ids.move_ids
        self.assertEqual(sum(moves.mapped("product_uom_qty")), 1)
        self.assertEqual(record.reason, "return_not_shipped")
        self.assertIn(f"{3 - 1}", record.explanation)
        self.assertTrue(self.channel.activity_ids)

    def test_return_before_delivery_is_kept_and_has_no_transfer(self):
        record = self.come_back((1, 1))
        self.assertFalse(record.picking_ids)
        self.assertEqual(record.reason, "return_not_shipped")
        self.ship_all()
        record.action_create_transfers()
        self.assertFalse(record.reason)
        self.assertEqual(len(record.picking_ids), 1)

    def test_requested_return_has_no_transfer_until_it_is_approved(self):
        self.ship_all()
        record = self.come_back((1, 1), status="requested")
        self.assertFalse(record.picking_ids)
        self.come_back((1, 2), updated_at="2026-03-06T09:00:00")
        self.assertEqual(record.line_ids.quantity, 2)
        self.assertEqual(len(record.picking_ids), 1)

    def test_cancelled_return_cancels_its_transfer(self):
        self.ship_all()
        record = self.come_back((1, 1))
        self.come_back((1, 1), updated_at="2026-03-06T09:00:00", status="cancelled")
        self.assertEqual(record.picking_ids.state, "cancel")

    def test_transfers_can_be_left_to_a_person(self):
        self.channel.return_transfer = False
        self.ship_all()
        record = self.come_back((1, 1))
        self.assertFalse(record.picking_ids)
        record.action_create_transfers()
        with self.assertRaises(UserError):
            record.action_create_transfers()

    def test_return_of_an_unknown_order_is_kept_and_ignored(self):
        self.come_back((1, 1), order_id="404")
        message = self.inbox.search([("kind", "=", RETURN)])
        self.assertEqual((message.state, message.reason), ("ignored", "unknown_order"))

    def test_unreadable_return_stops_no_other(self):
        self.ship_all()
        bad = self.payload((1, 1), id="RMA2", created_at="yesterday")
        self.inbox._store(self.channel, [Envelope.of(RETURN, "RMA2", bad)], "poll")
        record = self.come_back((1, 1))
        self.assertTrue(record)
        message = self.inbox.search([("external_id", "=", "RMA2")])
        self.assertEqual((message.state, message.reason), ("failed", "bad_payload"))

    def test_feed_is_read_with_a_cursor_of_its_own(self):
        self.ship_all()
        self.marketplace.returns = [self.payload((1, 1))]
        self.channel._cron_fetch()
        self.assertFalse(self.channel.reason)
        self.process()
        self.assertEqual(len(self.order.ecom_return_ids), 1)
        self.assertTrue(self.channel.return_cursor)

    def test_marketplace_without_a_feed_is_not_asked(self):
        self.marketplace.capabilities -= {Capability.RETURNS}
        self.marketplace.returns = [self.payload((1, 1))]
        self.channel._cron_fetch()
        self.assertFalse(self.inbox.search([("kind", "=", RETURN)]))

    def test_return_by_hand(self):
        self.ship_all()
        desk = new_test_user(
            self.env,
            "desk",
            groups="ecom_orders.group_user,stock.group_stock_user",
        )
        returns = self.env["ecom.return"].with_user(desk)
        record = returns.create(
            {
                "order_id": self.order.id,
                "line_ids": [
                    Command.create(
                        {"order_line_id": self.order.order_line[0].id, "quantity": 1}
                    )
                ],
            }
        )
        record.action_create_transfers()
        self.assertEqual(record.status, "approved")
        self.assertEqual(len(record.picking_ids), 1)
        self.assertIn(self.order.name, record.name)

    # -- money -------------------------------------------------------------------------

    def refund(self, number=77):
        normalise = WooCommerceConnector.normalise_refund
        self.patch(
            self.marketplace,
            "normalise_refund",
            staticmethod(lambda *a: replace(normalise(*a), return_ref="RMA1")),
        )
        self.receive(
            {
                "id": number,
                "order_id": 1,
                "amount": "10.00",
                "reason": "",
                "date_created_gmt": "2026-03-04T09:00:00",
                "line_items": [refund_line(900, 1, 1, "10.00", "0")],
            },
            kind="refund",
        )
        self.process()
        return self.order.ecom_refund_ids

    def test_return_and_refund_know_each_other(self):
        self.ship_all()
        record = self.come_back((1, 1))
        self.assertEqual(self.refund().return_id, record)
        self.assertEqual(record.refund_ids, self.order.ecom_refund_ids)

    def test_refund_that_came_first_is_found(self):
        self.ship_all()
        refund = self.refund()
        self.assertFalse(refund.return_id)
        self.assertEqual(self.come_back((1, 1)).refund_ids, refund)

    def test_goods_that_came_back_are_not_credited_a_second_time(self):
        self.mug.invoice_policy = "delivery"
        self.ship_all()
        self.invoice(self.order)
        self.refund().move_id.action_post()
        record = self.come_back((1, 1))
        self.ship(record.picking_ids, MUG=1)
        self.assertEqual(self.order.order_line[0].qty_to_invoice, 0)


@tagged("post_install", "-at_install")
class TestReturnInspection(ReturnCommon):
    """A person says in which condition goods arrived, and what becomes of them."""

    def setUp(self):
        super().setUp()
        self.refurbish = self.env["stock.location"].create(
            {
                "name": "Workshop",
                "usage": "internal",
                "location_id": self.warehouse.view_location_id.id,
            }
        )
        self.channel.refurbish_location_id = self.refurbish
        self.ship_all()
        self.record = self.come_back((1, 3))
        self.stock = self.warehouse.lot_stock_id
        self.before = self.on_hand(self.stock)

    def inspect(self, *rows):
        """Fill in the form: (quantity, condition, disposition) of the mugs."""
        action = self.record.action_inspect()
        wizard = self.env["ecom.return.inspection"].browse(action["res_id"])
        line = self.record.line_ids.filtered(lambda li: not li.disposition)
        wizard.line_ids = [
            Command.clear(),
            *(
                Command.create(
                    {
                        "return_line_id": line.id,
                        "quantity": quantity,
                        "inspection": condition,
                        "disposition": disposition,
                    }
                )
                for quantity, condition, disposition in rows
            ),
        ]
        wizard.action_confirm()

    def test_form_proposes_what_was_announced(self):
        action = self.record.action_inspect()
        wizard = self.env["ecom.return.inspection"].browse(action["res_id"])
        with Form(wizard) as form:
            self.assertEqual(len(form.line_ids), 1)
        self.assertEqual(wizard.line_ids.quantity, 3)

    def test_what_is_no_goods_is_not_inspected(self):
        self.tee.type = "service"  # a gift card, say
        record = self.come_back((1, 1), (2, 1), id="RMA2")
        action = record.action_inspect()
        wizard = self.env["ecom.return.inspection"].browse(action["res_id"])
        self.assertEqual(wizard.line_ids.return_line_id.product_id, self.mug)
        record.line_ids[0].disposition = "restock"
        self.assertTrue(record.is_inspected)

    def test_line_is_called_by_its_product_not_by_its_number(self):
        line = self.record.line_ids
        self.assertEqual(line.display_name, line.product_id.display_name)

    def test_good_goods_go_back_to_stock(self):
        self.inspect((3, "good", "restock"))
        self.assertEqual(self.record.picking_ids.state, "done")
        self.assertEqual(self.on_hand(self.stock), self.before + 3)
        self.assertEqual(self.record.status, "received")
        self.assertTrue(self.record.received_at)
        self.assertTrue(self.record.is_inspected)
        self.assertEqual(self.record.line_ids.inspected_by_id, self.env.user)

    def test_goods_to_be_refurbished_go_to_the_workshop(self):
        self.inspect((3, "opened", "refurbish"))
        self.assertEqual(self.on_hand(self.refurbish), 3)
        self.assertEqual(self.on_hand(self.stock), self.before)

    def test_goods_beyond_repair_are_scrapped(self):
        self.inspect((3, "damaged", "scrap"))
        scrap = self.record.line_ids.scrap_id
        self.assertEqual((scrap.state, scrap.scrap_qty), ("done", 3))
        self.assertEqual(self.on_hand(self.stock), self.before)

    def test_one_line_may_be_of_several_conditions(self):
        self.inspect(
            (1, "good", "restock"), (1, "opened", "refurbish"), (1, "damaged", "scrap")
        )
        self.assertEqual(self.on_hand(self.stock), self.before + 1)
        self.assertEqual(self.on_hand(self.refurbish), 1)
        self.assertEqual(
            sorted(self.record.line_ids.mapped("disposition")),
            ["refurbish", "restock", "scrap"],
        )
        self.assertEqual(sum(self.record.line_ids.mapped("quantity")), 3)

    def test_what_did_not_arrive_stays_expected(self):
        self.inspect((2, "good", "restock"))
        self.assertFalse(self.record.is_inspected)
        open_transfer = self.record.picking_ids.filtered(lambda p: p.state != "done")
        self.assertEqual(sum(open_transfer.move_ids.mapped("product_uom_qty")), 1)
        self.inspect((1, "damaged", "scrap"))
        self.assertTrue(self.record.is_inspected)
        self.assertEqual(self.on_hand(self.stock), self.before + 2)

    def test_more_than_was_announced_is_refused(self):
        with self.assertRaisesRegex(UserError, "More of"):
            self.inspect((2, "good", "restock"), (2, "good", "restock"))

    def test_refurbishing_needs_a_place(self):
        self.channel.refurbish_location_id = False
        with self.assertRaisesRegex(UserError, "refurbishing"):
            self.inspect((1, "opened", "refurbish"))

    def test_returns_are_reported_by_reason_and_disposition(self):
        self.inspect((2, "good", "restock"), (1, "damaged", "scrap"))
        groups = self.env["ecom.return.line"]._read_group(
            [("product_id", "=", self.mug.id)],
            ["reason_code", "disposition"],
            ["quantity:sum"],
        )
        self.assertEqual(
            sorted(groups),
            [("DEFECTIVE", "restock", 2.0), ("DEFECTIVE", "scrap", 1.0)],
        )

    def test_warehouse_worker_with_a_role_here_can_inspect(self):
        desk = new_test_user(
            self.env, "desk", groups="ecom_orders.group_user,stock.group_stock_user"
        )
        self.record = self.record.with_user(desk)
        action = self.record.action_inspect()
        wizard = self.env["ecom.return.inspection"].with_user(desk)
        wizard.browse(action["res_id"]).action_confirm()
        self.assertEqual(self.record.line_ids.inspected_by_id, desk)
        self.assertEqual(self.record.picking_ids.state, "done")
