"""A mailing list follows its segment; what people decided stays decided."""

from odoo.tests import tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestMailingLists(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.members_segment = cls.segment(
            partner_domain="[('name', 'in', ['Anna', 'Bert'])]"
        )
        cls.members_segment.action_refresh()
        cls.members_segment.action_make_mailing_list()
        cls.list = cls.members_segment.mailing_list_id

    def emails(self):
        self.env.invalidate_all()
        return set(self.list.contact_ids.mapped("email"))

    def sync(self):
        self.members_segment.action_refresh()
        self.members_segment._sync_mailing_list()

    def test_members_are_subscribed(self):
        self.assertEqual(self.emails(), {"anna@shop.example", "bert@shop.example"})

    def test_who_leaves_the_segment_leaves_the_list(self):
        self.bert.name = "Robert"
        self.sync()
        self.assertEqual(self.emails(), {"anna@shop.example"})

    def test_who_unsubscribed_stays_unsubscribed(self):
        subscription = self.list.subscription_ids.filtered(
            lambda s: s.contact_id.email == "bert@shop.example"
        )
        subscription.opt_out = True
        self.bert.name = "Robert"
        self.sync()
        self.bert.name = "Bert"
        self.sync()
        self.env.invalidate_all()
        subscription = self.list.subscription_ids.filtered(
            lambda s: s.contact_id.email == "bert@shop.example"
        )
        self.assertEqual(subscription.mapped("opt_out"), [True])

    def test_a_known_mailing_contact_is_used_again(self):
        contact = self.env["mailing.contact"].create(
            {"name": "Cleo", "email": "CLEO@shop.example"}
        )
        self.cleo.name = "Anna"
        self.sync()
        self.assertIn(contact, self.list.contact_ids)
        known = self.env["mailing.contact"].search(
            [("email_normalized", "=", "cleo@shop.example")]
        )
        self.assertEqual(known, contact)

    def test_two_contacts_with_one_mailbox_are_one_subscription(self):
        self.cleo.write({"name": "Anna", "email": "Anna@shop.example"})
        self.sync()
        self.assertEqual(len(self.list.contact_ids), 2)

    def test_members_without_an_address_are_left_out(self):
        self.cleo.write({"name": "Anna", "email": False})
        self.sync()
        self.assertEqual(len(self.list.contact_ids), 2)

    def test_a_second_run_changes_nothing(self):
        before = self.list.subscription_ids.ids
        self.sync()
        self.env.invalidate_all()
        self.assertEqual(self.list.subscription_ids.ids, before)
