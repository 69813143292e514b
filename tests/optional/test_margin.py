"""Margin of customers, where core's addon sale_margin tells it.

Run in the database with optional modules (``make test LAYER=odoo``); elsewhere, where
``sale_margin`` is not installed, they are skipped.
"""

from unittest import SkipTest

from odoo.tests import tagged

from odoo.addons.ecom_crm_segments.tests.common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestMargin(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "margin" not in cls.env["sale.order"]._fields:
            raise SkipTest("the addon sale_margin is not installed")

    def test_margin_of_all_orders_is_summed_up(self):
        self.tea.standard_price = 30
        self.order(self.anna, 100)
        self.order(self.anna, 50)
        self.refresher._refresh()
        figures = self.figures(self.anna)
        self.assertTrue(figures.margin_known)
        self.assertAlmostEqual(figures.margin, (100 - 30) + (50 - 30))
