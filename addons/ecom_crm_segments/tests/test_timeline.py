"""The timeline of a customer: everything, newest first, nobody else's."""

from odoo.tests import new_test_user, tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestTimeline(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(
            cls.env, "timeline_user", groups="ecom_crm_segments.group_user"
        )

    def events(self, partner):
        action = partner.with_user(self.user).action_view_timeline()
        self.env.flush_all()
        return self.env["ecom.timeline"].with_user(self.user).search(action["domain"])

    def test_everything_is_there_newest_first(self):
        first = self.order(self.anna, 50, days_ago=9)
        self.order(self.anna, 20, days_ago=4, state="draft")
        self.order(self.anna, 30, days_ago=2, state="cancel")
        self.order(self.bert, 70)
        self.refresher._refresh()
        buyers = self.segment(customer_domain="[('order_count', '>=', 1)]")
        buyers.action_refresh()
        self.env["ecom.campaign"].create(
            {"name": "Spring", "segment_id": buyers.id, "hold_out_share": 0}
        ).action_start()
        self.anna.ecom_ads_consent = "granted"
        events = self.events(self.anna)
        self.assertEqual(
            events[-3:].mapped("kind"), ["cancelled", "quotation", "order"]
        )
        self.assertEqual(
            set(events[:-3].mapped("kind")), {"joined", "campaign", "consent"}
        )
        self.assertEqual(events[-1].amount, 50)
        self.assertEqual(events[-1].action_open()["res_id"], first.id)

    def test_addresses_of_a_customer_count_with_it(self):
        address = self.env["res.partner"].create(
            {"name": "Home", "parent_id": self.anna.id, "type": "delivery"}
        )
        order = self.order(address, 50)
        self.assertEqual(self.events(self.anna).res_id, order.id)

    def test_an_event_has_an_id_of_its_own(self):
        for days in range(3):
            self.order(self.anna, 10, days)
        events = self.events(self.anna)
        self.assertEqual(len(set(events.ids)), 3)
