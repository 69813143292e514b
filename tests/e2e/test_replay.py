"""Order-independent replay on the database: any permutation, repetition and crash point
of what a channel said ends in the same orders, moves and entries."""

import random

from odoo.tests import tagged

from odoo.addons.ecom_orders.tests.common import EcomOrdersCommon, woo_line, woo_order

SCHEDULES = 50


class Crash(Exception):
    """The worker was killed."""


@tagged("post_install", "-at_install")
class TestReplay(EcomOrdersCommon):
    maxDiff = None

    # -- what the channel said ---------------------------------------------------------

    def story(self, number, *states):
        """Snapshots of one order: ``(minute, values)`` for each of its states."""
        payloads = []
        for minute, values in states:
            lines = values.pop("lines", {"MUG": 1})
            payloads.append(
                woo_order(
                    number,
                    [
                        woo_line(position, sku, quantity, f"{4 * quantity}.00", "10")
                        for position, (sku, quantity) in enumerate(lines.items(), 1)
                        if quantity
                    ],
                    "10",
                    date_modified_gmt=f"2026-03-01T10:{minute:02}:00",
                    **values,
                )
            )
        return payloads

    def recorded(self):
        """Everything that is remembered of eight orders."""
        open_, refund = {"status": "processing"}, {"id": 900, "total": "-2.20"}
        unpaid = {"status": "pending", "date_paid_gmt": None}
        return [
            *self.story(
                1, (0, {**unpaid}), (1, {**open_}), (2, {"status": "completed"})
            ),
            *self.story(
                2,
                (0, {**open_, "lines": {"MUG": 2}}),
                (3, {**open_, "lines": {"MUG": 5, "TEE": 1}}),
                (4, {**open_, "lines": {"TEE": 3}}),
            ),
            *self.story(3, (0, {**open_}), (5, {"status": "cancelled"})),
            *self.story(
                4,
                (0, {**open_}),
                (1, {"status": "cancelled"}),
                (2, {**open_, "lines": {"MUG": 2}, "refunds": [refund]}),
            ),
            *self.story(5, (0, {**open_}), (6, {**unpaid})),
            *self.story(6, (0, {**open_, "lines": {"NEW": 1, "TEE": 1}})),
            *self.story(
                7, (0, {**open_}), (3, {**open_, "lines": {"MUG": 1, "NEW": 2}})
            ),
            *self.story(
                8,
                (0, {**open_, "lines": {"MUG": 1}}),
                (1, {**open_, "lines": {"MUG": 1, "NEW": 1}}),
                (4, {**open_, "lines": {"MUG": 2}}),
            ),
        ]

    # -- what became of it -------------------------------------------------------------

    def dump(self):
        """All that counts, without ids, names and times of ours."""
        self.env.flush_all()
        self.env.invalidate_all()
        orders = self.env["sale.order"].search(
            [("ecom_channel_id", "=", self.channel.id)], order="ecom_external_id"
        )
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "in", (self.mug + self.tee).ids),
                ("location_id.usage", "=", "internal"),
            ],
            order="product_id, id",
        )
        return {
            "orders": [self.dump_order(order) for order in orders],
            "stock": [
                (q.product_id.default_code, q.quantity, q.reserved_quantity)
                for q in quants
            ],
        }

    def dump_order(self, order):
        moves = order.picking_ids.move_ids.filtered(
            lambda m: m.state != "cancel" and m.product_uom_qty
        )
        demand = {}
        for move in moves:
            key = (move.product_id.default_code, move.state)
            demand[key] = demand.get(key, 0) + move.product_uom_qty
        return {
            "id": order.ecom_external_id,
            "state": order.state,
            "version": order.ecom_version,
            "total": order.amount_total,
            "tax": order.amount_tax,
            "partner": order.partner_id.name,
            "lines": sorted(
                (
                    line.product_id.default_code,
                    line.product_uom_qty,
                    line.price_subtotal,
                    line.price_total,
                )
                for line in order.order_line
                if line.product_uom_qty or line.price_total
            ),
            "moves": sorted(demand.items()),
            "reasons": sorted(self.open_reasons(order)),
            "refunds": sorted((r.external_id, r.amount) for r in order.ecom_refund_ids),
            "invoices": sorted(order.invoice_ids.mapped("amount_total")),
        }

    # -- schedules ---------------------------------------------------------------------

    def run_schedule(self, payloads, rng):
        """What a schedule ends in; taken back afterwards."""
        heard = [*payloads, *rng.choices(payloads, k=rng.randint(0, len(payloads)))]
        rng.shuffle(heard)
        outcome = None
        with self.assertRaises(Crash), self.env.cr.savepoint():
            while heard:
                size = rng.randint(1, 5)
                self.receive(*heard[:size])
                heard = heard[size:]
                if rng.random() < 0.3:
                    self.break_off()
                if rng.random() < 0.7:
                    self.process()
            self.process()
            outcome = self.dump()
            raise Crash
        self.env.invalidate_all()
        return outcome

    def break_off(self):
        """A worker is killed before its commit: what it did never was."""
        try:
            with self.env.cr.savepoint():
                self.process()
                raise Crash
        except Crash:
            self.env.invalidate_all()

    def test_every_schedule_ends_the_same(self):
        payloads = self.recorded()
        expected = None
        for seed in range(SCHEDULES):
            with self.subTest(seed=seed):
                ended = self.run_schedule(payloads, random.Random(f"replay {seed}"))
                expected = expected or ended
                self.assertEqual(ended, expected)
        states = {row["id"]: row["state"] for row in expected["orders"]}
        self.assertEqual(
            states,
            {"1": "sale", "2": "sale", "3": "cancel", "4": "sale", "5": "draft",
             "6": "draft", "7": "draft", "8": "sale"},
        )  # fmt: skip
