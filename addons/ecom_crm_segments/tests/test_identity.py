"""Contacts that are one person carry one identity; decisions stay."""

from odoo.tests import tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestIdentity(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A company of its own: only these contacts are compared.
        cls.own = cls.env["res.company"].create({"name": "Own"})
        cls.one, cls.two, cls.wife, cls.hidden, cls.masked = cls.env[
            "res.partner"
        ].create(
            [
                {**values, "company_id": cls.own.id}
                for values in (
                    {"name": "John Carter", "email": "john@carter.net"},
                    {"name": "CARTER, John", "email": "John@Carter.net"},
                    {"name": "Jane Carter", "email": "john@carter.net"},
                    {"name": "王**", "phone": "138****1234"},
                    {"name": "王**", "phone": "138****1234"},
                )
            ]
        )
        cls.home = {"street": "5 Oak Street", "zip": "10001"}

    def resolve(self):
        self.env["ecom.identity"]._resolve(self.own.id)
        self.env.invalidate_all()

    def link(self, left, right):
        return self.env["ecom.identity.link"].search(
            [("left_id", "=", left.id), ("right_id", "=", right.id)]
        )

    def test_certain_links_are_made_and_relatives_left_alone(self):
        self.resolve()
        self.assertTrue(self.one.ecom_identity_id)
        self.assertEqual(self.one.ecom_identity_id, self.two.ecom_identity_id)
        self.assertFalse(self.wife.ecom_identity_id)

    def test_masked_contacts_are_nobody(self):
        self.resolve()
        self.assertFalse((self.hidden | self.masked).ecom_identity_id)
        self.assertFalse(self.link(self.hidden, self.masked))

    def test_identity_stays_from_run_to_run(self):
        self.resolve()
        identity = self.one.ecom_identity_id
        third = self.one.copy({"name": "John Carter"})
        self.resolve()
        self.assertEqual(third.ecom_identity_id, identity)

    def test_taken_apart_stays_apart(self):
        self.resolve()
        self.one.ecom_identity_id.action_split()
        self.resolve()
        self.assertFalse((self.one | self.two).ecom_identity_id)

    def test_doubtful_links_are_proposed_with_reasons_and_decided(self):
        self.one.write({**self.home, "email": False})
        self.two.write({**self.home, "email": False, "name": "J. Carter"})
        self.wife.active = False
        self.resolve()
        link = self.link(self.one, self.two)
        self.assertEqual(link.state, "proposed")
        self.assertIn("same address", link.reasons)
        self.assertFalse(self.one.ecom_identity_id)
        link.action_same()
        self.assertEqual(self.one.ecom_identity_id, self.two.ecom_identity_id)
        self.resolve()
        self.assertTrue(self.one.ecom_identity_id)

    def test_a_refused_proposal_is_not_made_again(self):
        self.one.write({**self.home, "email": False})
        self.two.write({**self.home, "email": False, "name": "J. Carter"})
        self.resolve()
        link = self.link(self.one, self.two)
        link.action_different()
        self.resolve()
        self.assertEqual(link.state, "different")
        self.assertEqual(len(self.link(self.one, self.two)), 1)

    def test_a_proposal_that_does_not_hold_any_more_goes(self):
        self.one.write({**self.home, "email": False})
        self.two.write({**self.home, "email": False, "name": "J. Carter"})
        self.resolve()
        self.assertTrue(self.link(self.one, self.two))
        self.two.street = "77 Elm Street"
        self.resolve()
        self.assertFalse(self.link(self.one, self.two))

    def test_contacts_of_other_companies_are_never_linked(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.one.copy({"company_id": other.id, "name": "John Carter"})
        self.env["ecom.identity"]._resolve(other.id)
        self.resolve()
        self.assertFalse(foreign.ecom_identity_id)

    def test_who_does_not_want_to_be_profiled_is_not_compared(self):
        self.two.ecom_profiling_off = True
        self.resolve()
        self.assertFalse(self.one.ecom_identity_id)

    def test_one_buyer_of_several_ebay_accounts_is_one_person(self):
        if "ecom.buyer" not in self.env:
            self.skipTest("ecom_orders is not installed")
        channels = self.env["ecom.channel"].create(
            [
                {
                    "name": account,
                    "provider": provider,
                    "account_ref": account,
                    "company_id": self.own.id,
                }
                for provider, account in (("ebay", "A"), ("ebay", "B"), ("amazon", "C"))
            ]
        )
        people = self.env["res.partner"].create(
            [{"name": "A***", "company_id": self.own.id}] * 3
        )
        for channel, partner in zip(channels, people, strict=True):
            self.env["ecom.buyer"].create(
                {"channel_id": channel.id, "key": "id:77", "partner_id": partner.id}
            )
        self.resolve()
        first, second, elsewhere = people
        self.assertTrue(first.ecom_identity_id)
        self.assertEqual(second.ecom_identity_id, first.ecom_identity_id)
        self.assertFalse(elsewhere.ecom_identity_id)
