from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..matching.profit import Component
from .common import SettlementCommon, fee, other, price, v1_file


@tagged("post_install", "-at_install")
class TestProfit(SettlementCommon):
    """What an order earned follows the entries; nothing is computed at night."""

    def settle(self, name, total, *rows):
        return self.receive(v1_file(name, total, rows)).settlement_ids

    def profit(self, order):
        self.env.flush_all()
        self.env["ecom.order.profit"].invalidate_model()
        return self.env["ecom.order.profit"].search([("order_id", "=", order.id)])

    def sell(self, name, cost, units=1):
        """An order for 100 with a delivery of things that cost so much each."""
        thing = self.env["product.product"].create(
            {"name": "Mug", "is_storable": True, "standard_price": cost}
        )
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        self.env["stock.quant"]._update_available_quantity(
            thing, warehouse.lot_stock_id, 5
        )
        order = self.order(name, 100, invoice=False)
        line = {"product_id": thing.id, "price_unit": 0, "product_uom_qty": units}
        order.write({"order_line": [fields.Command.create(line)]})
        return order

    def ship(self, picking, price):
        for move in picking.move_ids:
            move.write({"quantity": move.product_uom_qty, "picked": True})
        picking.button_validate()
        picking.carrier_price = price

    def deliver(self, cost):
        """An order of one thing for 100, which costs so much, delivered."""
        order = self.sell("D1", cost)
        self.ship(order.picking_ids, 4.5)
        return order

    def test_order_earns_price_less_fees_by_type_and_refund(self):
        order = self.order("1", 100)
        self.credit(order, 20)
        self.settle(
            "S1",
            "68.00",
            price("1", "Principal", "100.00"),
            fee("1", "Commission", "-10.00"),
            fee("1", "FBAPerUnitFulfillmentFee", "-2.00"),
            price("1", "Principal", "-20.00", "Refund"),
        )
        self.assertRecordValues(
            self.profit(order),
            [
                {
                    "goods": 100,
                    "refund": -20,
                    "revenue": 80,  # 100 - 20
                    "fee_commission": -10,
                    "fee_fulfilment": -2,
                    "fees": -12,
                    "contribution": 68,  # 80 - 12
                    "margin": 85,  # 68 / 80
                    "is_settled": True,
                }
            ],
        )

    def test_delivery_costs_its_goods_and_its_freight(self):
        row = self.profit(self.deliver(cost=60))
        self.assertRecordValues(
            row, [{"goods": 100, "cost": -60, "freight": -4.5, "contribution": 35.5}]
        )

    def test_orders_that_share_a_parcel_share_its_freight_to_the_cent(self):
        orders = self.sell("D1", 60) + self.sell("D2", 60, units=2)
        self.ship(orders.picking_ids._ecom_bring_together(), 10)
        self.assertRecordValues(
            self.profit(orders[0]) + self.profit(orders[1]),
            [{"freight": -3.33}, {"freight": -6.67}],  # 10 / 3; 10 - 3.33
        )

    def test_order_that_is_not_invoiced_counts_once_also_after_its_invoice(self):
        order = self.order("1", 100, invoice=False)
        self.assertEqual(self.profit(order).contribution, 100)
        self.invoice(order)
        self.assertEqual(self.profit(order).contribution, 100)

    def test_goods_that_have_still_to_leave_are_expected_to_cost_what_they_cost(self):
        order = self.sell("D1", 30, units=2)
        self.assertRecordValues(
            self.profit(order),
            [
                {
                    "goods": 100,
                    "cost": -60,  # 2 * 30
                    "contribution": 40,
                    "is_expected": True,
                }
            ],
        )
        self.ship(order.picking_ids, 0)
        self.invoice(order)
        self.assertRecordValues(
            self.profit(order),
            [{"goods": 100, "cost": -60, "contribution": 40, "is_expected": False}],
        )

    def test_what_is_sold_by_the_dozen_costs_twelve_times_as_much(self):
        order = self.sell("D1", 3)
        line = order.order_line.filtered(lambda line: line.product_id.is_storable)
        line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        self.assertEqual(self.profit(order).cost, -36)  # 12 * 3

    def test_half_of_a_delivery_costs_its_half_by_the_entry_and_half_as_expected(self):
        order = self.sell("D1", 30, units=2)
        picking = order.picking_ids
        picking.move_ids.write({"quantity": 1, "picked": True})
        picking.with_context(skip_backorder=True).button_validate()
        rows = self.env["ecom.profit.movement"].search(
            [
                ("order_id", "=", order.id),
                ("component", "=", "cost_of_goods"),
                ("is_replaced", "=", False),
            ]
        )
        self.assertEqual(
            sorted(rows.mapped(lambda row: (row.is_expected, row.amount))),
            [(False, -30), (True, -30)],
        )

    def test_goods_that_came_back_are_not_expected_to_leave_again(self):
        order = self.sell("D1", 60)
        self.ship(order.picking_ids, 0)
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=order.picking_ids.id, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.write({"quantity": 1, "to_refund": True})
        back = self.env["stock.picking"].browse(
            wizard.action_create_returns()["res_id"]
        )
        back.move_ids.write({"quantity": 1, "picked": True})
        back.button_validate()
        self.assertEqual(self.profit(order).cost, 0)  # 60 - 60

    def test_report_of_a_day_before_the_invoice_and_the_delivery_comes_out_again(self):
        order = self.sell("D1", 60)
        order.date_order = "2026-03-01 10:00:00"
        self.ship(order.picking_ids, 4.5)
        self.invoice(order)
        self.env.flush_all()
        model = self.env["ecom.profit.movement"]
        domain = [("order_id", "=", order.id)]
        evening = fields.Datetime.to_datetime("2026-03-01 20:00:00")
        then = model._get_contributions(domain, as_of=evening)[str(order.id)]
        self.assertEqual(
            then.components,
            {Component.PRICE: 100, Component.COST_OF_GOODS: -60},
        )
        now = model._get_contributions(domain)[str(order.id)]
        self.assertEqual(float(now.total), 35.5)  # 100 - 60 - 4.5
        replaced = model.search([*domain, ("is_replaced", "=", True)])
        self.assertTrue(replaced)
        self.assertEqual(sum(replaced.mapped("amount")), 0)

    def test_fee_of_no_order_is_in_the_channels_profit_only(self):
        order = self.order("1", 100)
        advertising = {
            **other("ServiceFee", ""),
            "item-related-fee-type": "Cost of Advertising",
            "item-related-fee-amount": "-30.00",
        }
        self.settle("S1", "70.00", price("1", "Principal", "100.00"), advertising)
        self.assertEqual(self.profit(order).contribution, 100)
        rows = self.env["ecom.profit.movement"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(sum(rows.mapped("amount")), 70)

    def test_foreign_fee_counts_at_the_rate_of_the_settlements_day(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 0.5)])
        self.set_up(euro)
        order = self.order("1", 100, currency=euro)
        rows = [price("1", "Principal", "100.00"), fee("1", "Commission", "-10.00")]
        self.receive(v1_file("S1", "90.00", rows, currency="EUR"))
        self.assertRecordValues(
            self.profit(order), [{"goods": 200, "fees": -20, "contribution": 180}]
        )  # 1 USD is 0.5 EUR

    def test_late_fee_revises_the_figure_and_the_old_report_comes_out_again(self):
        order = self.order("1", 100)
        first = self.settle("S1", "100.00", price("1", "Principal", "100.00"))
        late = self.settle(
            "S2", "-7.00", fee("1", "Commission", "-7.00", day="2026-04-10")
        )
        self.env.flush_all()
        # Both were created in the one transaction of this test.
        closed = first.create_date
        self.env.cr.execute(
            "UPDATE ecom_settlement SET create_date = %s WHERE id = %s",
            [closed + timedelta(days=30), late.id],
        )
        model = self.env["ecom.profit.movement"]
        domain = [("order_id", "=", order.id)]
        now = model._get_contributions(domain)[str(order.id)]
        then = model._get_contributions(domain, as_of=closed)[str(order.id)]
        self.assertEqual((then.total, now.total), (100, 93))  # 100 - 7
        self.assertEqual(now.components[Component.FEE], -7)
        self.assertEqual(self.profit(order).contribution, float(now.total))

    def test_order_form_shows_contribution_and_opens_its_amounts(self):
        order = self.order("1", 100)
        self.settle(
            "S1",
            "90.00",
            price("1", "Principal", "100.00"),
            fee("1", "Commission", "-10.00"),
        )
        self.assertEqual((order.ecom_contribution, order.ecom_margin), (90, 90))
        action = order.action_ecom_view_profit()
        rows = self.env["ecom.profit.movement"].search(action["domain"])
        self.assertEqual(sorted(rows.mapped("amount")), [-10, 100])

    def test_blocked_settlement_costs_nothing(self):
        order = self.order("1", 100)
        blocked = self.settle(
            "S1",
            "95.00",  # the lines say 90.00
            price("1", "Principal", "100.00"),
            fee("1", "Commission", "-10.00"),
        )
        self.assertEqual(blocked.state, "blocked")
        self.assertEqual(self.profit(order).contribution, 100)
