from odoo.tests import tagged

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestImportAmounts(EcomOrdersCommon):
    """The order in Odoo is worth what it is worth in the shop, to the cent."""

    def test_net_prices_with_tax(self):
        order = self.import_orders(
            woo_order(1, [woo_line(1, "MUG", 2, "20.00", "10")], "10")
        )
        self.assertMoney(order.amount_untaxed, 20.00)
        self.assertMoney(order.amount_tax, 2.00)
        self.assertMoney(order.amount_total, 20.00 + 2.00)
        self.assertEqual(order.order_line.tax_ids, self.tax_10)
        self.assertEqual(order.order_line.price_unit, 20.00 / 2)
        self.assertFalse(self.open_reasons(order))

    def test_tax_rounded_by_line_in_the_shop_and_globally_in_odoo(self):
        # 3 lines of 0.05 + 10 %: the shop rounds 0.005 up on each line, 3 x 0.01;
        # Odoo's round_globally would make 0.015 -> 0.02 of them.
        self.company.tax_calculation_rounding_method = "round_globally"
        lines = [woo_line(n, "MUG", 1, "0.05", "10") for n in (1, 2, 3)]
        order = self.import_orders(woo_order(1, lines, "10"))
        self.assertMoney(order.amount_tax, 3 * 0.01)
        self.assertMoney(order.amount_total, 3 * 0.05 + 3 * 0.01)
        self.assertEqual(set(order.order_line.mapped("ecom_kind")), {"product"})

    def test_tax_rounded_by_order_in_the_shop_and_by_line_in_odoo(self):
        self.company.tax_calculation_rounding_method = "round_per_line"
        lines = [woo_line(n, "MUG", 1, "0.05", "10") for n in (1, 2, 3)]
        order = self.import_orders(
            woo_order(
                1,
                lines,
                total_tax="0.02",
                total="0.17",
                tax_lines=[
                    {
                        "id": 9,
                        "rate_id": 1,
                        "rate_code": "US-TAX-1",
                        "label": "Sales Tax",
                        "rate_percent": 10,
                        "tax_total": "0.02",
                        "shipping_tax_total": "0.00",
                    }
                ],
            )
        )
        self.assertMoney(order.amount_tax, 0.02)
        self.assertMoney(order.amount_total, 0.17)
        self.assertEqual(len(order.order_line), 3)

    def test_prices_with_tax_show_gross_unit_prices(self):
        tax = self._create_tax(20, included=True)
        order = self.import_orders(
            woo_order(
                1,
                [woo_line(1, "MUG", 3, "51.75", "20")],
                "20",
                prices_include_tax=True,
            )
        )
        self.assertEqual(order.order_line.tax_ids, tax)
        self.assertAlmostEqual(order.order_line.price_unit, (51.75 + 10.35) / 3)
        self.assertMoney(order.amount_untaxed, 51.75)
        self.assertMoney(order.amount_total, 51.75 + 10.35)

    def test_unit_price_that_has_no_end(self):
        order = self.import_orders(woo_order(1, [woo_line(1, "MUG", 3, "10.00")]))
        self.assertMoney(order.amount_total, 10.00)
        self.assertAlmostEqual(order.order_line.price_unit, 10.00 / 3, places=9)

    def test_shipping_fee_and_negative_fee(self):
        order = self.import_orders(
            woo_order(
                1,
                [woo_line(1, "MUG", 1, "19.99")],
                shipping_lines=[
                    {
                        "id": 2,
                        "method_title": "Flat rate",
                        "method_id": "flat_rate",
                        "total": "4.50",
                        "total_tax": "0.00",
                        "taxes": [],
                    }
                ],
                fee_lines=[
                    {"id": 3, "name": "Gift wrap", "total": "2.00", "total_tax": "0"},
                    {"id": 4, "name": "Voucher", "total": "-5.00", "total_tax": "0"},
                ],
            )
        )
        self.assertMoney(order.amount_total, 19.99 + 4.50 + 2.00 - 5.00)
        kinds = {line.name: line.ecom_kind for line in order.order_line}
        self.assertEqual(
            kinds,
            {
                "Thing MUG": "product",
                "Flat rate": "shipping",
                "Gift wrap": "fee",
                "Voucher": "discount",
            },
        )
        self.assertTrue(
            order.order_line.filtered(lambda li: li.ecom_kind == "shipping").is_delivery
        )

    def test_coupon_is_inside_the_lines_and_named_on_the_order(self):
        order = self.import_orders(
            woo_order(
                1,
                [woo_line(1, "MUG", 2, "35.98", subtotal="39.98")],
                coupon_lines=[{"id": 5, "code": "ten", "discount": "4.00"}],
            )
        )
        self.assertMoney(order.amount_total, 35.98)
        self.assertEqual(order.ecom_coupons, "ten")

    def test_yen_written_with_decimals(self):
        order = self.import_orders(
            woo_order(1, [woo_line(1, "MUG", 1, "2980.00")], currency="JPY")
        )
        self.assertEqual(order.currency_id, self.env.ref("base.JPY"))
        self.assertMoney(order.amount_total, 2980)

    def test_dinar_with_three_decimals(self):
        line = woo_line(1, "MUG", 1, "12.35")
        line["total"] = line["subtotal"] = "12.345"
        order = self.import_orders(woo_order(1, [line], currency="KWD", total="12.345"))
        self.assertEqual(order.currency_id, self.env.ref("base.KWD"))
        self.assertAlmostEqual(order.amount_total, 12.345)

    def test_unexplained_difference_is_a_line_and_holds_the_order(self):
        order = self.import_orders(
            woo_order(1, [woo_line(1, "MUG", 1, "20.00")], total="17.50")
        )
        self.assertMoney(order.amount_total, 17.50)
        difference = order.order_line.filtered(
            lambda line: line.ecom_kind == "unexplained"
        )
        self.assertMoney(difference.price_subtotal, 17.50 - 20.00)
        self.assertEqual(self.open_reasons(order), {"unexplained_difference"})
        self.assertEqual(order.state, "draft")

    def test_unexplained_difference_within_the_channels_limit_confirms(self):
        self.channel.difference_limit = 5
        order = self.import_orders(
            woo_order(1, [woo_line(1, "MUG", 1, "20.00")], total="17.50")
        )
        self.assertMoney(order.amount_total, 17.50)
        self.assertEqual(order.state, "sale")

    def test_difference_of_a_cent_is_typed_rounding_and_does_not_hold(self):
        order = self.import_orders(
            woo_order(1, [woo_line(1, "MUG", 1, "20.00")], total="20.01")
        )
        self.assertMoney(order.amount_total, 20.01)
        self.assertIn("rounding", order.order_line.mapped("ecom_kind"))
        self.assertEqual(order.state, "sale")

    def test_two_rates_on_one_line(self):
        gst = self._create_tax(5, self.env.ref("base.ca"))
        qst = self._create_tax(9.975, self.env.ref("base.ca"))
        line = woo_line(1, "MUG", 1, "100.00")
        line["taxes"] = [
            {"id": 1, "total": "5.00"},
            {"id": 2, "total": "9.975"},
        ]
        line["total_tax"] = "14.98"
        rate = {"shipping_tax_total": "0", "compound": False}
        order = self.import_orders(
            woo_order(
                1,
                [line],
                country="CA",
                tax_lines=[
                    dict(
                        rate, rate_id=1, rate_code="CA-QC-GST-1", label="GST",
                        rate_percent=5, tax_total="5.00",
                    ),
                    dict(
                        rate, rate_id=2, rate_code="CA-QC-QST-2", label="QST",
                        rate_percent=9.975, tax_total="9.98",
                    ),
                ],
            )
        )  # fmt: skip
        self.assertEqual(order.order_line.tax_ids, gst + qst)
        self.assertMoney(order.amount_tax, 5.00 + 9.98)
        self.assertMoney(order.amount_total, 114.98)

    def test_invoice_has_the_shops_amounts(self):
        self.company.tax_calculation_rounding_method = "round_globally"
        lines = [woo_line(n, "MUG", 1, "0.05", "10") for n in (1, 2, 3)]
        order = self.import_orders(woo_order(1, lines, "10"))
        order.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        order.picking_ids.button_validate()
        if not self.env["account.journal"].search_count([("type", "=", "sale")]):
            self.skipTest("no chart of accounts in this database")
        invoice = order._create_invoices()
        self.assertMoney(invoice.amount_total, 3 * 0.05 + 3 * 0.01)
