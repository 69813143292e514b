"""Confirming orders together gives what core gives, and costs far less."""

import random

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestBatchConfirm(EcomOrdersCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        shelf = cls.env["stock.location"].create(
            {"name": "Shelf", "location_id": cls.warehouse.lot_stock_id.id}
        )
        quants = cls.env["stock.quant"]
        cls.scarce = cls._create_product("SCARCE", 7)
        quants._update_available_quantity(cls.scarce, shelf, 4)
        cls.lots = cls._create_product("LOTS", tracking="lot")
        lot = cls.env["stock.lot"].create({"name": "L1", "product_id": cls.lots.id})
        quants._update_available_quantity(
            cls.lots, cls.warehouse.lot_stock_id, 9, lot_id=lot
        )
        cls.missing = cls._create_product("MISSING")
        cls.service = cls._create_product("SERVICE", type="service", is_storable=False)
        cls.loose = cls._create_product("LOOSE", is_storable=False)
        cls.dozen = cls.env.ref("uom.product_uom_dozen")
        cls.goods = (
            cls.mug + cls.tee + cls.scarce + cls.lots + cls.missing + cls.service
        ) + cls.loose
        cls.buyers = cls.env["res.partner"].create(
            [{"name": f"Buyer {number}"} for number in range(3)]
        )

    def quotations(self, seed, count=8):
        """Quotations of all kinds of goods, the same for the same seed."""
        rng = random.Random(seed)
        return self.env["sale.order"].create(
            [
                {
                    "partner_id": rng.choice(self.buyers).id,
                    "order_line": [
                        Command.create(self.line(rng, product))
                        for product in rng.choices(self.goods, k=rng.randint(1, 4))
                    ],
                }
                for _ in range(count)
            ]
        )

    def line(self, rng, product):
        values = {
            "product_id": product.id,
            "product_uom_qty": rng.choice((0, 1, 1, 2, 3, 5)),
            "price_unit": 10.0,
        }
        if product == self.mug and rng.random() < 0.3:
            values["product_uom_id"] = self.dozen.id
        return values

    def outcome(self, orders):
        """Everything that confirming does, without names and ids."""
        self.env.flush_all()
        self.env.invalidate_all()
        quants = self.env["stock.quant"].search(
            [("product_id", "in", self.goods.ids)], order="id"
        )
        return {
            "quants": [(q.id, q.quantity, q.reserved_quantity) for q in quants],
            "orders": [
                {
                    "state": order.state,
                    "pickings": [
                        {
                            "state": picking.state,
                            "origin": picking.origin == order.name,
                            "partner": picking.partner_id,
                            "type": picking.picking_type_id,
                            "scheduled": picking.scheduled_date,
                            "note": "has been created from"
                            in "".join(picking.message_ids.mapped("body")),
                            "moves": [
                                (
                                    move.product_id,
                                    move.state,
                                    move.product_uom_qty,
                                    move.quantity,
                                    move.sale_line_id.sequence,
                                    [
                                        (
                                            line.location_id,
                                            line.lot_id,
                                            line.quantity,
                                            line.product_uom_id,
                                            line.location_dest_id,
                                        )
                                        for line in move.move_line_ids.sorted("id")
                                    ],
                                )
                                for move in picking.move_ids.sorted("id")
                            ],
                        }
                        for picking in order.picking_ids.sorted("id")
                    ],
                }
                for order in orders
            ],
        }

    def try_out(self, seed, confirm):
        """What a way of confirming leads to; taken back afterwards."""
        outcome = None
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            orders = self.quotations(seed)
            confirm(orders)
            outcome = self.outcome(orders)
            raise ZeroDivisionError
        self.env.invalidate_all()
        return outcome

    @freeze_time("2026-03-02 09:00:00")
    def test_together_is_what_core_does(self):
        for seed in range(12):
            with self.subTest(seed=seed):
                together = self.try_out(seed, lambda o: o._ecom_confirm_batch())
                core = self.try_out(seed, lambda o: o._ecom_quiet().action_confirm())
                self.assertEqual(together, core)

    @freeze_time("2026-03-02 09:00:00")
    def test_a_reordering_rule_is_triggered_as_by_core(self):
        self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.missing.id,
                "product_min_qty": 0,
                "product_max_qty": 5,
                "trigger": "auto",
            }
        )
        self.missing.route_ids = self.env["stock.route"]
        for seed in (3, 4):
            together = self.try_out(seed, lambda o: o._ecom_confirm_batch())
            core = self.try_out(seed, lambda o: o._ecom_quiet().action_confirm())
            self.assertEqual(together, core)

    def batch(self, first, count):
        return [
            woo_order(
                first + number,
                [woo_line(1, "MUG", 1, "5.00"), woo_line(2, "TEE", 1, "7.00")],
            )
            for number in range(count)
        ]

    def queries_of(self, payloads):
        """How many queries applying waiting messages takes."""
        self.receive(*payloads)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.process()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_an_order_more_costs_a_handful_of_queries(self):
        self.queries_of(self.batch(1, 5))  # warm: products and taxes are linked
        few = self.queries_of(self.batch(100, 5))
        many = self.queries_of(self.batch(200, 15))
        # core itself: 47 for confirming alone (two sequences, rules, transfers)
        self.assertLessEqual((many - few) / 10, 12)
