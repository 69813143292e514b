"""Generated orders of many rounding habits in a real Odoo: its totals are the shop's.

Both of Odoo's own rounding methods, the order and its invoice.
"""

import random
from decimal import Decimal

from order_generator import generate

from odoo.tests import tagged

from odoo.addons.ecom_orders.tests.common import EcomOrdersCommon

ORDERS = 150


@tagged("post_install", "-at_install")
class TestGeneratedOrders(EcomOrdersCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel.tax_policy = "create"
        quants = cls.env["stock.quant"]
        for product in cls.mug + cls.tee:
            quants._update_available_quantity(
                product, cls.warehouse.lot_stock_id, 100_000
            )

    def import_all(self, method):
        self.company.tax_calculation_rounding_method = method
        rng = random.Random(f"generated {method}")
        generated = [generate(rng, number) for number in range(1, ORDERS + 1)]
        orders = self.import_external(*(item.order for item in generated))
        self.assertEqual(len(orders), ORDERS)
        return generated, orders

    def check(self, method):
        generated, orders = self.import_all(method)
        for item, order in zip(generated, orders, strict=True):
            external, rounding = item.order, order.currency_id.rounding
            with self.subTest(scheme=item.scheme, number=external.external_id):
                self.assertEqual(order.state, "sale", self.open_reasons(order))
                self.assertAlmostEqual(
                    order.amount_total, float(external.total), delta=rounding / 10
                )
                remitted = {r.key for r in external.tax_rates if r.collected_by_channel}
                own = sum(
                    (
                        amount
                        for line in external.lines
                        for key, amount in line.taxes.items()
                        if key not in remitted
                    ),
                    Decimal(0),
                )
                # each rate of each line may have been rounded on its own
                numbers = len(external.lines) * len(external.tax_rates)
                self.assertAlmostEqual(
                    order.amount_tax, float(own), delta=rounding * (numbers + 1)
                )
        invoices = self.env["account.move"]
        for order in orders.filtered(lambda o: o.amount_total > 0):
            invoice = order._create_invoices(final=True)
            self.assertAlmostEqual(
                invoice.amount_total,
                order.amount_total,
                delta=order.currency_id.rounding / 10,
            )
            invoices |= invoice
        self.assertGreater(len(invoices), ORDERS * 0.8)

    def test_rounding_per_line(self):
        self.check("round_per_line")

    def test_rounding_globally(self):
        self.check("round_globally")
