"""Stock is moved between warehouses before anything is bought."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ReplenishmentCommon


@tagged("post_install", "-at_install")
class TestStockTransfer(ReplenishmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["stock.warehouse"].create(
            {"name": "North", "code": "NO", "company_id": cls.company.id}
        )
        cls.product = cls.make_product()
        cls.sell(cls.product, [10] * 30)
        cls.put_in_stock(cls.product, 5)

    def plan_with(self, surplus):
        """The proposal of the warehouse that sells; the other only has stock."""
        self.put_in_stock(self.product, surplus, self.other)
        proposals = self.plan(self.product)
        return proposals.filtered(lambda p: p.warehouse_id == self.warehouse)

    def transfers(self):
        return self.env["ecom.stock.transfer"].search(
            [("product_id", "=", self.product.id), ("state", "=", "open")]
        )

    def test_what_one_has_too_much_of_goes_to_the_one_that_lacks_it(self):
        proposal = self.plan_with(500)
        row = self.transfers()
        self.assertEqual((row.giver_id, row.taker_id), (self.other, self.warehouse))
        # Up to the minimum, not beyond: then nothing has to be bought.
        self.assertEqual(row.quantity, proposal.min_qty - 5)
        self.assertEqual(row.saved, row.quantity * 10)
        self.assertEqual(proposal.order_qty, 0)
        self.assertIn("are moved from there when you accept", proposal.explanation)
        chart = {one["label"]: one for one in proposal.projection["series"]}
        after = chart["With what is proposed"]["points"][1]["y"]
        expected = chart["Expected stock"]["points"][1]["y"]
        self.assertAlmostEqual(after - expected, row.quantity, places=1)

    def test_what_is_not_there_is_bought(self):
        proposal = self.plan_with(12)
        self.assertEqual(self.transfers().quantity, 12)
        self.assertEqual(proposal.order_qty, proposal.max_qty - 5 - 12)

    def test_accepting_a_transfer_makes_it_and_computes_again(self):
        self.plan_with(500)
        row = self.transfers()
        row.action_accept()
        move = row.picking_id.move_ids
        self.assertEqual(move.product_uom_qty, row.quantity)
        self.assertEqual(move.location_id, self.other.lot_stock_id)
        self.assertEqual(move.location_dest_id, self.warehouse.lot_stock_id)
        self.assertEqual(move.state, "assigned")
        self.assertFalse(self.transfers())
        with self.assertRaisesRegex(UserError, "decided already"):
            row.action_accept()

    def test_accepting_the_proposal_moves_first_and_buys_the_rest(self):
        proposal = self.plan_with(12)
        row, order = self.transfers(), proposal.order_qty
        proposal.action_accept()
        self.assertEqual(row.state, "accepted")
        line = self.env["purchase.order.line"].search(
            [("product_id", "=", self.product.id)]
        )
        self.assertEqual(line.product_qty, order)

    def test_a_refused_transfer_is_not_made(self):
        proposal = self.plan_with(500)
        row = self.transfers()
        row.action_refuse()
        proposal.action_accept()
        self.assertFalse(row.picking_id)

    def test_nothing_is_moved_where_buying_is_cheaper(self):
        policies = self.env["ecom.replenishment.policy"]._ensure_root(self.company)
        policies.transfer_cost = 11
        proposal = self.plan_with(500)
        self.assertFalse(self.transfers())
        self.assertGreater(proposal.order_qty, 0)

    def test_what_is_reserved_stays(self):
        self.put_in_stock(self.product, 20, self.other)
        values = self.prepare_order(self.product, 15, self.today)
        sale = self.env["sale.order"].create({**values, "warehouse_id": self.other.id})
        sale.action_confirm()
        self.plan(self.product)
        self.assertLessEqual(sum(self.transfers().mapped("quantity")), 20 - 15)

    def test_a_warehouse_that_keeps_its_stock_gives_nothing_but_is_planned(self):
        self.other.ecom_replenishment = "keep"
        proposal = self.plan_with(500)
        self.assertFalse(self.transfers())
        self.assertEqual(proposal.order_qty, proposal.max_qty - 5)
        proposals = self.env["ecom.replenishment.proposal"].search(
            [("product_id", "=", self.product.id), ("state", "=", "open")]
        )
        self.assertEqual(proposals.warehouse_id, self.warehouse | self.other)

    def test_a_warehouse_that_keeps_its_stock_still_takes(self):
        self.warehouse.ecom_replenishment = "keep"
        self.plan_with(500)
        row = self.transfers()
        self.assertEqual((row.giver_id, row.taker_id), (self.other, self.warehouse))

    def test_a_warehouse_left_out_neither_gives_nor_takes_nor_buys(self):
        self.plan_with(500)
        row = self.transfers()
        self.other.ecom_replenishment = "none"
        proposals = self.plan(self.product)
        self.assertEqual(proposals.warehouse_id, self.warehouse)
        self.assertEqual(row.state, "outdated")
        self.assertEqual(proposals.order_qty, proposals.max_qty - 5)
        self.warehouse.ecom_replenishment = "none"
        self.assertFalse(self.plan(self.product))

    def test_a_transfer_without_its_cause_is_outdated(self):
        self.plan_with(500)
        row = self.transfers()
        self.put_in_stock(self.product, 500)
        self.plan(self.product)
        self.assertEqual(row.state, "outdated")

    def test_a_proposal_that_changes_no_rule_still_moves_what_it_says(self):
        self.plan(self.product).action_accept_selected()
        lines = [("product_id", "=", self.product.id)]
        self.env["purchase.order.line"].search(lines).order_id.button_cancel()
        proposal = self.plan_with(500)
        self.assertFalse(proposal.changed)
        row = self.transfers()
        proposal.action_accept_selected()
        self.assertEqual(row.state, "accepted")
