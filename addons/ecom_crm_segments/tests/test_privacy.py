"""Each purpose has its consent; a profile can be switched off, told and erased."""

import base64
import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestPrivacy(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for _ in range(3):
            cls.order(cls.anna, 50)
        cls.order(cls.bert, 10, days_ago=300)
        cls.buyers = cls.segment(customer_domain="[('order_count', '>=', 1)]")
        cls.refresher._refresh()
        cls.buyers._refresh_members()
        cls.buyers.action_make_mailing_list()
        cls.manager = new_test_user(
            cls.env, "privacy_manager", groups="ecom_crm_segments.group_manager"
        )
        cls.user = new_test_user(
            cls.env, "privacy_user", groups="ecom_crm_segments.group_user"
        )

    def emails(self):
        self.buyers._sync_mailing_list()
        self.env.invalidate_all()
        return set(self.buyers.mailing_list_id.contact_ids.mapped("email"))

    # -- consent -----------------------------------------------------------------------

    def test_who_refuses_is_written_to_no_more(self):
        self.anna.ecom_mail_consent = "refused"
        self.assertEqual(self.emails(), {"bert@shop.example"})

    def test_where_consent_is_needed_silence_is_none(self):
        self.env["ecom.rfm.setting"]._get(self.company).mail_needs_consent = True
        self.anna.ecom_mail_consent = "granted"
        self.assertEqual(self.emails(), {"anna@shop.example"})

    def test_the_blacklist_counts(self):
        self.env["mail.blacklist"]._add("anna@shop.example")
        self.assertEqual(self.emails(), {"bert@shop.example"})

    def test_every_answer_is_kept_as_proof(self):
        self.anna.with_context(ecom_consent_source="Fair").ecom_ads_consent = "granted"
        self.anna.ecom_ads_consent = "refused"
        self.anna.ecom_ads_consent = "refused"
        consents = self.anna.ecom_consent_ids.sorted("id")
        self.assertEqual(consents.mapped("answer"), ["granted", "refused"])
        self.assertEqual(consents[0].source, "Fair")
        self.assertEqual(set(consents.mapped("purpose")), {"ads"})

    def test_nobody_changes_a_proof(self):
        self.anna.ecom_ads_consent = "granted"
        consent = self.anna.ecom_consent_ids.with_user(self.manager)
        with self.assertRaises(AccessError):
            consent.write({"answer": "refused"})

    def test_a_refusal_survives_a_merge(self):
        self.anna.ecom_mail_consent = "granted"
        self.cleo.ecom_mail_consent = "refused"
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.anna | self.cleo).ids, self.anna
        )
        self.assertEqual(self.anna.ecom_mail_consent, "refused")

    # -- profiling ---------------------------------------------------------------------

    def test_switched_off_profiling_forgets_at_once_and_keeps_sums(self):
        self.assertTrue(self.figures(self.anna).rfm_group)
        self.anna.ecom_profiling_off = True
        self.assertFalse(self.figures(self.anna).rfm_group)
        self.assertEqual(self.figures(self.anna).order_count, 3)

    def test_it_is_not_scored_again_until_switched_on(self):
        self.anna.ecom_profiling_off = True
        self.refresher._refresh()
        self.assertFalse(self.figures(self.anna).rfm_cell)
        self.anna.ecom_profiling_off = False
        self.follow()
        self.assertTrue(self.figures(self.anna).rfm_cell)

    # -- erasure -----------------------------------------------------------------------

    def erase(self, partner):
        partner.with_user(self.manager).action_erase_profile()
        self.env.invalidate_all()

    def test_erased_profile_leaves_sums_only(self):
        self.erase(self.anna)
        figures = self.figures(self.anna)
        self.assertEqual(figures.order_count, 3)
        self.assertFalse(figures.rfm_group)
        self.assertFalse(figures.last_products or figures.order_hours)
        self.assertFalse(self.anna.ecom_membership_ids)
        self.assertTrue(self.anna.ecom_profiling_off)

    def test_erased_contacts_leave_mailing_lists_with_their_entries(self):
        self.erase(self.anna)
        entries = self.env["mailing.contact"].search([])
        self.assertNotIn("anna@shop.example", entries.mapped("email_normalized"))
        self.assertEqual(self.emails(), {"bert@shop.example"})

    def test_entries_of_lists_of_other_people_stay(self):
        news = self.env["mailing.list"].create({"name": "News"})
        entry = self.env["mailing.contact"].search(
            [("email_normalized", "=", "anna@shop.example")]
        )
        entry.list_ids |= news
        self.erase(self.anna)
        self.assertEqual(entry.list_ids, news)

    def test_erased_contacts_come_not_back_by_themselves(self):
        self.erase(self.anna)
        self.refresher._refresh_all()
        self.assertNotIn(self.anna, self.members(self.buyers))

    def test_only_managers_erase(self):
        with self.assertRaises(UserError):
            self.anna.with_user(self.user).action_erase_profile()

    def test_erasure_of_a_buyer_erases_the_profile(self):
        if "ecom.buyer" not in self.env:
            self.skipTest("the addon ecom_orders is not installed")
        self.env["ecom.buyer"]._erase_contacts(self.anna)
        self.env.invalidate_all()
        entries = self.env["mailing.contact"].search([])
        self.assertNotIn("anna@shop.example", entries.mapped("email_normalized"))
        self.assertFalse(self.figures(self.anna).rfm_group)

    # -- telling -----------------------------------------------------------------------

    def export(self, partner):
        exports = self.env["ecom.personal.data"].with_user(self.user)
        content = exports.create({"partner_id": partner.id}).content
        return json.loads(base64.b64decode(content))

    def test_one_persons_data_are_told_and_nobody_elses(self):
        self.anna.ecom_ads_consent = "granted"
        data = self.export(self.anna)
        self.assertEqual(data["contact"]["name"], "Anna")
        self.assertEqual(data["ecom.customer"][0]["order_count"], 3)
        self.assertEqual(data["ecom.segment.membership"][0]["segment_id"], "Segment")
        self.assertEqual(data["ecom.consent"][0]["answer"], "granted")
        self.assertNotIn("Bert", json.dumps(data))

    def test_what_is_kept_by_number_is_told_by_name(self):
        self.assertEqual(self.figures(self.anna).last_products, self.tea.ids)
        [figures] = self.export(self.anna)["ecom.customer"]
        self.assertEqual(figures["last_products"], ["Tea"])

    def test_an_export_is_read_by_who_made_it(self):
        export = self.env["ecom.personal.data"].with_user(self.user)
        export = export.create({"partner_id": self.anna.id})
        with self.assertRaises(AccessError):
            export.with_user(self.manager).read(["content"])
