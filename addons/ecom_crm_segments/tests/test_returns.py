"""Returns and refunds of channels, and the margin, in the figures of customers."""

from unittest import SkipTest

from odoo.fields import Command
from odoo.tests import tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestReturns(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "ecom.return" not in cls.env:
            raise SkipTest("the addon ecom_orders is not installed")
        cls.sale = cls.order(cls.anna, 100)

    def refresh(self):
        self.refresher._refresh()
        return self.figures(self.anna)

    def test_goods_sent_back_are_counted(self):
        self.env["ecom.return"].create(
            [
                {"order_id": self.sale.id, "status": "received"},
                {"order_id": self.sale.id, "status": "rejected"},
                {"order_id": self.sale.id, "kind": "courier", "status": "received"},
            ]
        )
        self.assertEqual(self.refresh().return_count, 1)

    def test_a_refund_that_became_no_credit_note_is_deducted(self):
        self.env["ecom.refund"].create(
            {"order_id": self.sale.id, "external_id": "R1", "amount": 30}
        )
        figures = self.refresh()
        self.assertEqual(figures.refund_count, 1)
        self.assertAlmostEqual(figures.refund_amount, 30)
        self.assertAlmostEqual(figures.net_revenue, 100 - 30)

    def test_a_refund_with_a_credit_note_is_deducted_once(self):
        note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.anna.id,
                "invoice_line_ids": [
                    Command.create({"name": "Back", "price_unit": 30, "tax_ids": False})
                ],
            }
        )
        note.action_post()
        self.env["ecom.refund"].create(
            {
                "order_id": self.sale.id,
                "external_id": "R1",
                "amount": 30,
                "move_id": note.id,
            }
        )
        self.assertAlmostEqual(self.refresh().net_revenue, 100 - 30)

    def test_a_refund_with_taxes_is_deducted_without_them(self):
        tax = self.env["account.tax"].create({"name": "20 %", "amount": 20})
        self.sale.order_line.tax_ids = tax
        self.env["ecom.refund"].create(
            {"order_id": self.sale.id, "external_id": "R1", "amount": 60}
        )
        # 60 of 120 are half of the order: 50 of 100 without taxes.
        self.assertAlmostEqual(self.refresh().refund_amount, 50)

    def test_margin_is_unknown_without_costs(self):
        figures = self.refresh()
        known = "margin" in self.env["sale.order"]._fields
        self.assertEqual(figures.margin_known, known)
