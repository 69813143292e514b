from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces.base import PRIVACY, Envelope
from odoo.addons.ecom_orders.models import ecom_erasure

from .common import EcomOrdersCommon, woo_line, woo_order

PERSONAL = ("Ada", "Byron", "Analytical", "Springfield", "ada@example.com", "555 0100")


@tagged("post_install", "-at_install")
class TestPrivacy(EcomOrdersCommon):
    """Personal data are erased in time or on request; figures stay."""

    def setUp(self):
        super().setUp()
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 100)
        self.channel.write({"erase_buyers": True, "erase_days": 30})

    def order(self, number=1, **extra):
        values = {
            "customer_id": 77,
            "customer_note": "Ring at Byron",
            **extra,
        }
        return woo_order(number, [woo_line(1, "MUG", 2, "20.00")], **values)

    def deliver(self, orders, days_ago=0):
        for picking in orders.picking_ids:
            for move in picking.move_ids:
                move.write({"quantity": move.product_uom_qty, "picked": True})
            picking.button_validate()
            picking.date_done = fields.Datetime.now() - timedelta(days=days_ago)

    def age_buyers(self, days=99):
        self.env.cr.execute(
            "UPDATE ecom_buyer SET create_date = create_date - %s * interval '1 day'",
            [days],
        )

    def erase_in_time(self):
        self.age_buyers()
        user = self.env.ref("ecom_orders.user_technical")
        self.env["ecom.channel"].with_user(user)._cron_retention()
        self.env.invalidate_all()

    def ask_for_erasure(self, buyer="77"):
        message = self.inbox._store(
            self.channel,
            [Envelope.of(PRIVACY, buyer, {"customer": {"email": "ada@example.com"}})],
            "webhook",
        )
        self.process()
        self.env.invalidate_all()
        return message

    def personal_data(self, order):
        """Everything personal that is still written about an order."""
        contacts = self.env["res.partner"].with_context(active_test=False)
        contacts = contacts.search([("id", "child_of", order.partner_id.ids)])
        texts = [order.ecom_buyer_note, *order.ecom_message_ids.mapped("body")]
        for contact in contacts:
            texts += [
                contact.name, contact.street, contact.city, contact.email,
                contact.phone, contact.email_normalized, contact.complete_name,
            ]  # fmt: skip
            texts += contact.message_ids.mapped("body")
        texts += self.env["ecom.buyer"].search([]).mapped("key")
        text = " ".join(filter(None, texts))
        return [word for word in PERSONAL if word in text]

    # -- in time -----------------------------------------------------------------------

    def test_buyer_is_erased_days_after_delivery_and_figures_stay(self):
        order = self.import_orders(self.order())
        self.assertTrue(self.personal_data(order))
        self.deliver(order, days_ago=31)
        self.erase_in_time()
        self.assertEqual(self.personal_data(order), [])
        self.assertMoney(order.amount_total, 20.00)
        self.assertEqual(order.partner_id.country_id, self.country_us)
        self.assertEqual(order.partner_id.zip, "123")
        self.assertEqual(order.ecom_number, "1")
        self.assertTrue(order.ecom_erased_at)

    def test_off_by_default_nothing_is_erased(self):
        self.assertFalse(self._create_channel(name="New").erase_buyers)
        self.channel.erase_buyers = False
        order = self.import_orders(self.order())
        self.deliver(order, days_ago=999)
        self.erase_in_time()
        self.assertTrue(self.personal_data(order))

    def test_buyer_stays_while_an_order_is_open_or_young(self):
        young, _open = self.import_orders(self.order(1), self.order(2))
        self.deliver(young, days_ago=31)
        self.erase_in_time()
        self.assertTrue(self.personal_data(young))
        self.deliver(_open, days_ago=29)
        self.erase_in_time()
        self.assertTrue(self.personal_data(young))
        self.deliver(_open, days_ago=31)
        _open.picking_ids.date_done = fields.Datetime.now() - timedelta(days=31)
        self.erase_in_time()
        self.assertEqual(self.personal_data(young), [])

    def test_cancelled_order_is_over_too(self):
        order = self.import_orders(self.order(status="cancelled"))
        self.erase_in_time()
        self.assertEqual(self.personal_data(order), [])

    def test_more_buyers_than_a_batch_are_all_erased(self):
        self.patch(ecom_erasure, "BATCH_SIZE", 1)
        orders = self.import_orders(
            *(self.order(number, customer_id=number) for number in (1, 2, 3))
        )
        self.deliver(orders, days_ago=31)
        self.erase_in_time()
        self.assertTrue(all(orders.mapped("ecom_erased_at")))

    def test_contact_that_is_used_elsewhere_stays(self):
        order = self.import_orders(self.order())
        self.deliver(order, days_ago=31)
        self.env["sale.order"].create({"partner_id": order.partner_id.id})
        self.erase_in_time()
        self.assertEqual(order.partner_id.name, "Ada Byron")
        self.assertFalse(order.ecom_buyer_note)
        self.assertFalse(any(order.ecom_message_ids.mapped("body")))
        erasure = self.env["ecom.erasure"].search([])
        self.assertEqual((erasure.contact_count, erasure.kept_count), (0, 1))

    def test_contact_of_a_user_or_supplier_stays(self):
        order = self.import_orders(self.order())
        self.deliver(order, days_ago=31)
        user = new_test_user(self.env, "adab", groups="base.group_portal")
        user.partner_id = order.partner_id
        self.erase_in_time()
        self.assertEqual(order.partner_id.name, "Ada Byron")

    def test_contact_that_was_here_before_the_channel_stays(self):
        contact = self.env["res.partner"].create(
            {"name": "Ada Byron", "email": "ada@example.com"}
        )
        order = self.import_orders(self.order())
        self.assertEqual(order.partner_id, contact)
        self.deliver(order, days_ago=31)
        self.erase_in_time()
        self.assertEqual(contact.name, "Ada Byron")

    def test_addresses_of_the_buyer_are_erased_with_it(self):
        order = self.import_orders(
            self.order(
                shipping={
                    "first_name": "Byron",
                    "address_1": "2 Analytical Mews",
                    "city": "Springfield",
                    "postcode": "54321",
                    "country": "US",
                }
            )
        )
        self.assertNotEqual(order.partner_shipping_id, order.partner_id)
        self.deliver(order, days_ago=31)
        self.erase_in_time()
        self.assertEqual(self.personal_data(order), [])
        self.assertEqual(order.partner_shipping_id.zip, "543")

    def test_invoiced_buyer_is_erased_and_the_invoice_keeps_its_figures(self):
        order = self.import_orders(self.order())
        self.deliver(order, days_ago=31)
        if not self.company.chart_template:
            self.env["account.chart.template"].try_loading(
                "generic_coa", company=self.company, install_demo=False
            )
        invoice = order._create_invoices()
        invoice.action_post()
        self.erase_in_time()
        self.assertEqual(self.personal_data(order), [])
        self.assertMoney(invoice.amount_total, 20.00)

    def test_manual_invoice_keeps_the_contact(self):
        order = self.import_orders(self.order())
        self.deliver(order, days_ago=31)
        self.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": order.partner_id.id}
        )
        self.erase_in_time()
        self.assertEqual(order.partner_id.name, "Ada Byron")

    def test_identity_is_kept_as_a_hash_only(self):
        order = self.import_orders(self.order())
        self.deliver(order, days_ago=31)
        buyer = self.env["ecom.buyer"].search([])
        self.assertEqual(buyer.key, "id:77")
        self.erase_in_time()
        self.assertRegex(buyer.key_hash, "^[0-9a-f]{64}$")
        self.assertEqual(buyer.key_hash, buyer._hash_key(self.channel, "id:77"))
        self.assertNotEqual(buyer.key, "id:77")

    def test_erasures_are_noted_without_personal_data(self):
        order = self.import_orders(self.order())
        self.deliver(order, days_ago=31)
        self.erase_in_time()
        erasure = self.env["ecom.erasure"].search([])
        self.assertRecordValues(
            erasure,
            [
                {
                    "cause": "time",
                    "contact_count": 1,
                    "kept_count": 0,
                    "order_count": 1,
                    "message_count": 1,
                }
            ],
        )

    def test_preview_counts_before_it_is_switched_on_and_erases_nothing(self):
        self.channel.erase_buyers = False
        orders = self.import_orders(self.order(1), self.order(2))
        self.deliver(orders, days_ago=31)
        self.age_buyers()
        message = self.channel.action_preview_erasure()["params"]["message"]
        self.assertIn("1 buyers with 2 orders", message)
        self.assertTrue(self.personal_data(orders[0]))

    # -- afterwards --------------------------------------------------------------------

    def test_late_change_at_the_shop_brings_nobody_back(self):
        order = self.import_orders(self.order())
        self.deliver(order, days_ago=31)
        self.erase_in_time()
        self.import_orders(self.order(date_modified_gmt="2026-03-05T10:00:00"))
        self.erase_in_time()
        self.assertEqual(self.personal_data(order), [])
        self.assertEqual(len(self.orders(1)), 1)

    def test_buyer_who_comes_back_is_a_new_contact_with_the_same_hash(self):
        old = self.import_orders(self.order(1))
        self.deliver(old, days_ago=31)
        self.erase_in_time()
        new = self.import_orders(self.order(2))
        self.assertEqual(new.partner_id.name, "Ada Byron")
        self.assertNotEqual(new.partner_id, old.partner_id)
        buyers = self.env["ecom.buyer"].search([], order="id")
        self.assertEqual(
            buyers[0].key_hash, buyers[1]._hash_key(self.channel, buyers[1].key)
        )

    # -- on request --------------------------------------------------------------------

    def test_request_erases_the_buyer_at_once(self):
        self.channel.erase_buyers = False
        order = self.import_orders(self.order())
        self.deliver(order)
        message = self.ask_for_erasure()
        self.assertEqual(message.state, "done")
        self.assertEqual(self.personal_data(order), [])
        self.assertNotIn("ada@example.com", message.body or "")
        self.assertEqual(self.env["ecom.erasure"].search([]).cause, "request")

    def test_request_touches_no_other_buyer(self):
        ada = self.import_orders(self.order(1))
        other = woo_order(
            2,
            [woo_line(1, "MUG", 1, "5.00")],
            customer_id=78,
            billing={"first_name": "Bob", "email": "bob@example.com", "country": "US"},
            shipping={"first_name": "Bob", "address_1": "1 Lane", "country": "US"},
        )
        bob = self.import_orders(other)
        self.deliver(ada + bob)
        self.ask_for_erasure("77")
        self.assertIn("Bob", bob.partner_id.name)
        self.assertTrue(bob.ecom_message_id.body)

    def test_request_waits_for_what_is_still_to_be_delivered(self):
        order = self.import_orders(self.order())
        message = self.ask_for_erasure()
        self.assertEqual(message.reason, "erasure_waits")
        self.assertTrue(self.personal_data(order))
        self.deliver(order)
        message.next_attempt_at = False
        self.process()
        self.env.invalidate_all()
        self.assertEqual(self.personal_data(order), [])

    def test_request_for_a_contact_used_elsewhere_is_a_persons_decision(self):
        order = self.import_orders(self.order())
        self.deliver(order)
        self.env["sale.order"].create({"partner_id": order.partner_id.id})
        self.ask_for_erasure()
        self.assertEqual(order.partner_id.name, "Ada Byron")
        self.assertIn(str(order.partner_id.id), self.channel.activity_ids.note)

    def test_request_for_an_unknown_buyer_is_ignored_and_forgotten(self):
        message = self.ask_for_erasure("1234")
        self.assertEqual(message.state, "ignored")
        self.assertEqual(message.reason, "unknown_buyer")
        self.assertNotIn("ada@example.com", message.body or "")
