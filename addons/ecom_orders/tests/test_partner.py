from odoo.tests import tagged

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestPartner(EcomOrdersCommon):
    """One contact for one buyer, with all addresses, whatever the shop tells."""

    def order(self, number=1, billing=None, shipping=None, **extra):
        payload = woo_order(number, [woo_line(1, "MUG", 1, "5.00")], **extra)
        payload["billing"] = {**payload["billing"], **(billing or {})}
        payload["shipping"] = {**payload["shipping"], **(shipping or {})}
        return payload

    def test_new_buyer_becomes_a_contact(self):
        partner = self.import_orders(self.order()).partner_id
        self.assertRecordValues(
            partner,
            [
                {
                    "name": "Ada Byron",
                    "email": "ada@example.com",
                    "street": "12 Analytical Way",
                    "zip": "12345",
                    "city": "Springfield",
                    "country_id": self.country_us.id,
                }
            ],
        )

    def test_same_address_for_both_is_one_contact(self):
        order = self.import_orders(self.order())
        self.assertEqual(order.partner_shipping_id, order.partner_id)
        self.assertEqual(order.partner_invoice_id, order.partner_id)

    def test_guest_is_recognised_by_email_in_any_case(self):
        first = self.import_orders(self.order(1))
        second = self.import_orders(self.order(2, {"email": "ADA@Example.com"}))
        self.assertEqual(first.partner_id, second.partner_id)

    def test_two_orders_of_a_new_buyer_in_one_batch(self):
        orders = self.import_orders(self.order(1), self.order(2))
        self.assertEqual(len(orders.partner_id), 1)

    def test_account_counts_more_than_email(self):
        first = self.import_orders(self.order(1, customer_id=7))
        moved = self.import_orders(
            self.order(2, {"email": "new@example.com"}, customer_id=7)
        )
        self.assertEqual(first.partner_id, moved.partner_id)

    def test_contact_that_is_in_odoo_already_is_used(self):
        known = self.env["res.partner"].create(
            {"name": "Countess", "email": "Ada@example.com"}
        )
        order = self.import_orders(self.order())
        self.assertEqual(order.partner_id, known)
        self.assertEqual(known.name, "Countess")
        self.assertEqual(order.partner_shipping_id.street, "12 Analytical Way")

    def test_email_of_two_contacts_is_not_guessed(self):
        twins = self.env["res.partner"].create(
            [{"name": name, "email": "ada@example.com"} for name in ("A", "B")]
        )
        order = self.import_orders(self.order())
        self.assertNotIn(order.partner_id, twins)

    def test_other_delivery_address_is_kept_once(self):
        elsewhere = {"first_name": "Bob", "address_1": "9 Elsewhere"}
        first = self.import_orders(self.order(1, shipping=elsewhere))
        second = self.import_orders(self.order(2, shipping=elsewhere))
        self.assertEqual(first.partner_shipping_id.parent_id, first.partner_id)
        self.assertEqual(first.partner_shipping_id.type, "delivery")
        self.assertEqual(first.partner_shipping_id, second.partner_shipping_id)

    def test_chinese_name_and_province(self):
        chinese = {
            "first_name": "小明",
            "last_name": "王",
            "address_1": "人民路1号",
            "city": "海淀区",
            "state": "CN2",
            "country": "CN",
        }
        order = self.import_orders(self.order(1, chinese, chinese))
        self.assertEqual(order.partner_id.name, "王小明")
        self.assertEqual(order.partner_id.state_id, self.env.ref("base.state_cn_BJ"))

    def test_japanese_prefecture(self):
        japanese = {
            "first_name": "花子",
            "last_name": "佐藤",
            "state": "JP13",
            "country": "JP",
        }
        order = self.import_orders(self.order(1, japanese, japanese))
        self.assertEqual(order.partner_id.name, "佐藤 花子")
        self.assertEqual(order.partner_id.state_id.code, "JP-13")

    def test_state_that_odoo_does_not_know_stays_as_text(self):
        british = {"state": "Narnia", "country": "GB", "city": "Dover"}
        order = self.import_orders(self.order(1, british, british))
        self.assertEqual(order.partner_id.city, "Dover, Narnia")

    def test_unknown_country_is_no_reason_to_refuse(self):
        nowhere = {"country": "XX"}
        order = self.import_orders(self.order(1, nowhere, nowhere))
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.open_reasons(order), {"incomplete_address"})
        self.assertIn("country", order.ecom_block_ids.explanation)

    def test_order_without_any_person(self):
        nobody = dict.fromkeys(
            ("first_name", "last_name", "address_1", "city", "postcode", "country",
             "email", "phone"), "",
        )  # fmt: skip
        first, second = self.import_orders(
            self.order(1, nobody, nobody), self.order(2, nobody, nobody)
        )
        self.assertEqual(first.state, "sale")
        self.assertEqual(self.open_reasons(first), {"incomplete_address"})
        self.assertNotEqual(first.partner_id, second.partner_id)

    def test_masked_buyers_are_not_one_person(self):
        masked = {
            "first_name": "张*三",
            "last_name": "",
            "email": "",
            "phone": "138****8888",
        }
        orders = self.import_orders(
            self.order(1, masked, masked), self.order(2, masked, masked)
        )
        self.assertEqual(len(orders.partner_id), 2)

    def test_contacts_of_the_channels_company_only(self):
        self.channel.own_contacts = True
        order = self.import_orders(self.order())
        self.assertEqual(order.partner_id.company_id, self.company)
