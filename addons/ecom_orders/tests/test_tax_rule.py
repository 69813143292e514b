from odoo.tests import tagged

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestTaxRule(EcomOrdersCommon):
    """Taxes are found by rate, country and inclusion; a missing one is a task."""

    def taxed(self, number=1, rate="7.25", **extra):
        return woo_order(number, [woo_line(1, "MUG", 1, "100.00", rate)], rate, **extra)

    def rule(self):
        return self.env["ecom.tax.rule"].search([("channel_id", "=", self.channel.id)])

    def test_tax_of_the_same_rate_and_country_is_taken(self):
        order = self.import_orders(self.taxed(rate="10"))
        self.assertEqual(order.order_line.tax_ids, self.tax_10)

    def test_tax_of_another_country_is_not_taken(self):
        self._create_tax(19, self.env.ref("base.de"))
        order = self.import_orders(self.taxed(rate="19", country="GB"))
        self.assertEqual(self.open_reasons(order), {"missing_tax"})

    def test_included_tax_is_preferred_for_prices_with_tax(self):
        self._create_tax(21)
        included = self._create_tax(21, included=True)
        order = self.import_orders(self.taxed(rate="21", prices_include_tax=True))
        self.assertEqual(order.order_line.tax_ids, included)

    def test_missing_tax_holds_the_order_at_its_full_total(self):
        order = self.import_orders(self.taxed())
        self.assertEqual(order.state, "draft")
        self.assertMoney(order.amount_total, 100.00 + 7.25)
        self.assertEqual(self.open_reasons(order), {"missing_tax"})
        stand_in = order.order_line.filtered(
            lambda line: line.ecom_kind == "unmapped_tax"
        )
        self.assertMoney(stand_in.price_subtotal, 7.25)

    def test_choosing_the_tax_releases_the_order(self):
        order = self.import_orders(self.taxed())
        tax = self._create_tax(7.25, name="California")
        self.rule().tax_id = tax
        self.process()
        self.assertEqual(order.state, "sale")
        self.assertMoney(order.amount_tax, 7.25)
        self.assertMoney(order.amount_total, 107.25)
        self.assertEqual(set(order.order_line.mapped("ecom_kind")), {"product"})

    def test_creating_the_tax_from_the_rule(self):
        order = self.import_orders(self.taxed())
        self.rule().action_create_tax()
        self.process()
        self.assertEqual(order.order_line.tax_ids.amount, 7.25)
        self.assertEqual(order.state, "sale")

    def test_channel_that_creates_missing_taxes_holds_nothing(self):
        self.channel.tax_policy = "create"
        order = self.import_orders(self.taxed())
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.order_line.tax_ids.amount, 7.25)
        self.assertMoney(order.amount_total, 107.25)

    def test_tax_created_for_one_channel_serves_the_next(self):
        # A British tax of a company that is not registered in Britain stands under the
        # company's own country, where the search by country does not find it.
        other = self._create_channel(name="Other", tax_policy="create")
        self.channel.tax_policy = "create"
        order = self.taxed(rate="20", country="GB")
        first = self.import_orders(order)
        second = self.import_orders(order, channel=other)
        self.assertEqual(first.order_line.tax_ids, second.order_line.tax_ids)
        self.assertEqual(second.state, "sale")

    def test_included_and_excluded_tax_are_created_apart(self):
        self.channel.tax_policy = "create"
        net = self.import_orders(self.taxed(1, country="GB"))
        gross = self.import_orders(self.taxed(2, country="GB", prices_include_tax=True))
        self.assertFalse(net.order_line.tax_ids & gross.order_line.tax_ids)
        self.assertEqual(net.amount_total, gross.amount_total)

    def test_tax_that_was_created_in_odoo_meanwhile_is_found_by_the_next_order(self):
        self.import_orders(self.taxed(1))
        tax = self._create_tax(7.25)
        second = self.import_orders(self.taxed(2))
        self.assertEqual(second.order_line.tax_ids, tax)
        self.assertEqual(second.state, "sale")

    def test_group_of_taxes_cannot_take_the_amounts_and_the_total_still_is_right(self):
        children = self._create_tax(4) + self._create_tax(3.25)
        group = self._create_tax(
            0, amount_type="group", children_tax_ids=[(6, 0, children.ids)]
        )
        order = self.import_orders(self.taxed())
        self.rule().tax_id = group
        self.process()
        self.assertMoney(order.amount_total, 107.25)
