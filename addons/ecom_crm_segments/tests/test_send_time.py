"""When to write: at the hour at which people tend to buy."""

from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.tests import new_test_user, tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestSendTime(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "send_manager",
            groups="ecom_crm_segments.group_manager",
            tz="Asia/Shanghai",
        )

    def buy(self, partner, hour, times):
        """Orders at an hour of UTC."""
        for day in range(times):
            moment = datetime(2026, 3, 1, hour, 30) - timedelta(days=day)
            self.order(partner, 10).date_order = moment

    def best_hour(self, partner, user=None):
        self.refresher._refresh(partner.ids)
        self.env.invalidate_all()
        return partner.with_user(user or self.manager).ecom_best_hour

    def test_the_hour_is_the_one_at_which_the_customer_buys(self):
        self.buy(self.anna, hour=11, times=10)
        self.buy(self.bert, hour=2, times=2)
        # 11:30 in UTC are 19:30 in Shanghai.
        self.assertEqual(
            self.best_hour(self.anna), "19:00, from 10 orders of their own"
        )

    def test_the_hour_is_told_in_the_zone_of_who_reads(self):
        self.company.partner_id.tz = "Etc/GMT-5"  # 5 hours ahead of UTC
        self.buy(self.anna, hour=11, times=10)
        self.refresher._refresh(self.anna.ids)
        self.assertEqual(self.figures(self.anna).order_hour, f"{11 + 5}")
        self.assertEqual(
            self.best_hour(self.anna), f"{11 + 8}:00, from 10 orders of their own"
        )
        elsewhere = new_test_user(
            self.env,
            "send_elsewhere",
            groups="ecom_crm_segments.group_user",
            tz="Etc/GMT+3",
        )
        self.assertEqual(
            self.best_hour(self.anna, elsewhere),
            f"{11 - 3:02}:00, from 10 orders of their own",
        )

    def test_nobody_is_written_to_at_night(self):
        self.buy(self.anna, hour=18, times=10)  # 2:30 in Shanghai
        hour = int(self.best_hour(self.anna)[:2])
        self.assertTrue(7 <= hour < 22)

    def test_who_is_not_profiled_has_no_habit(self):
        self.buy(self.anna, hour=11, times=10)
        self.anna.ecom_profiling_off = True
        self.assertFalse(self.best_hour(self.anna))

    def test_a_mailing_is_prepared_for_the_next_such_hour(self):
        self.buy(self.anna, hour=11, times=10)
        self.refresher._refresh(self.anna.ids)
        people = self.segment(partner_domain="[('name', '=', 'Anna')]")
        people.action_refresh()
        campaign = self.env["ecom.campaign"].create(
            {"name": "Evening", "segment_id": people.id, "hold_out_share": 0}
        )
        campaign.action_start()
        self.env.flush_all()
        for now, expected in (
            (datetime(2026, 3, 9, 10, 0), datetime(2026, 3, 9, 11, 0)),
            (datetime(2026, 3, 9, 12, 0), datetime(2026, 3, 10, 11, 0)),
        ):
            with freeze_time(now):
                action = campaign.with_user(self.manager).action_make_mailing()
            mailing = self.env["mailing.mailing"].browse(action["res_id"])
            self.assertEqual(mailing.schedule_date, expected)
            self.assertEqual(mailing.contact_list_ids, campaign.mailing_list_id)
