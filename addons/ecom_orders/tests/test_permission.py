from datetime import date, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .common import EcomOrdersCommon


@tagged("post_install", "-at_install")
class TestPermission(EcomOrdersCommon):
    """A seller's permission that ends is told of in time."""

    def findings(self):
        with self.connector(check=lambda: None):
            check = self.env["ecom.health.check"].create(
                {"channel_id": self.channel.id}
            )
            check.action_examine()
        return check.finding_ids

    def codes(self):
        return set(self.findings().mapped("code"))

    @freeze_time("2026-11-25 10:00:00")
    def test_permission_of_a_fixed_time_is_counted_from_the_day_it_is_entered(self):
        self.channel.write({"provider": "ebay", "api_token": "v^1.1#refresh"})
        # eBay: 18 months of 365/12 days
        until = date(2026, 11, 25) + timedelta(days=547)
        self.assertEqual(self.channel.api_token_until, until)
        channel = self._create_channel(provider="ebay", api_token="v^1.1#refresh")
        self.assertEqual(channel.api_token_until, until)
        self.channel.api_token = False
        self.assertFalse(self.channel.api_token_until)

    def test_date_that_is_entered_with_the_permission_counts(self):
        self.channel.write(
            {
                "provider": "ebay",
                "api_token": "v^1.1#refresh",
                "api_token_until": "2027-01-01",
            }
        )
        self.assertEqual(self.channel.api_token_until, date(2027, 1, 1))

    def test_what_the_marketplace_alone_knows_is_not_guessed(self):
        self.channel.write({"provider": "taobao", "api_token": "session"})
        self.assertFalse(self.channel.api_token_until)
        self.assertIsNone(self.channel._get_token_left())

    def test_new_permission_forgets_the_date_of_the_old_one(self):
        self.channel.write({"provider": "taobao", "api_token_until": "2026-12-01"})
        self.channel.api_token = "another session"
        self.assertFalse(self.channel.api_token_until)

    @freeze_time("2026-11-25 10:00:00")
    def test_health_check_warns_before_and_complains_after(self):
        for until, expected in (
            ("2026-12-25", set()),
            ("2026-12-05", {"token_expires"}),
            ("2026-11-24", {"token_expired"}),
        ):
            with self.subTest(until=until):
                self.channel.api_token_until = until
                found = self.codes() & {"token_expires", "token_expired"}
                self.assertEqual(found, expected)

    @freeze_time("2026-11-25 10:00:00")
    def test_days_that_are_left_are_named(self):
        self.channel.api_token_until = "2026-12-05"
        finding = self.findings().filtered(lambda f: f.code == "token_expires")
        self.assertIn("10 days", finding.text)

    @freeze_time("2026-11-25 10:00:00")
    def test_somebody_is_reminded_once_until_it_is_renewed(self):
        self.channel.api_token_until = "2026-12-05"
        for _day in range(2):
            self.channel._remind_of_permission()
        (activity,) = self.channel.activity_ids
        self.assertIn("2026-12-05", activity.note)
        self.channel.api_token_until = "2028-05-25"
        self.channel._remind_of_permission()
        self.assertFalse(self.channel.activity_ids)
