"""Two hundred thousand members of one list: joined, mailed, measured, gone."""

from odoo.tests import tagged
from odoo.tools import SQL

from .common import SegmentsCommon

MANY = 200_000


@tagged("post_install", "-at_install")
class TestManyMembers(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.multiply(cls.anna, "Crowd", MANY)
        cls.crowd = cls.segment(partner_domain="[('name', '=', 'Crowd')]")
        cls.crowd.action_refresh()

    @classmethod
    def multiply(cls, partner, name, count):
        """Contacts with an address each, by copying a row."""
        cls.env.flush_all()
        own = ("name", "complete_name", "email", "email_normalized")
        names = SQL(", ").join(
            SQL.identifier(field.name)
            for field in partner._fields.values()
            if field.store
            and field.column_type
            and field.name not in ("id", "commercial_partner_id", *own)
        )
        cls.env.cr.execute(
            SQL(
                """
                INSERT INTO res_partner (%(names)s, name, complete_name, email,
                                         email_normalized)
                SELECT %(names)s, %(name)s, %(name)s, 'm' || n || '@crowd.example',
                       'm' || n || '@crowd.example'
                  FROM res_partner, generate_series(1, %(count)s) AS n
                 WHERE id = %(partner)s
                """,
                names=names,
                name=name,
                count=count,
                partner=partner.id,
            )
        )
        cls.env.cr.execute(
            "UPDATE res_partner SET commercial_partner_id = id WHERE name = %s", [name]
        )
        cls.env.invalidate_all()

    def test_a_list_of_two_hundred_thousand_is_kept_in_step(self):
        self.assertEqual(self.crowd.member_count, MANY)
        self.crowd.action_make_mailing_list()
        self.assertEqual(self.subscribed(self.crowd.mailing_list_id), MANY)
        # A quarter refuses, another leaves.
        self.env.cr.execute(
            """
            UPDATE res_partner
               SET ecom_mail_consent = CASE WHEN id % 4 = 0 THEN 'refused' END,
                   name = CASE WHEN id % 4 = 1 THEN 'Gone' ELSE name END
             WHERE name = 'Crowd'
            """
        )
        self.env.invalidate_all()
        self.crowd.action_refresh()
        self.crowd._sync_mailing_list()
        self.env.invalidate_all()
        self.assertEqual(self.crowd.member_count, MANY - MANY // 4)
        self.assertEqual(
            self.subscribed(self.crowd.mailing_list_id), MANY - 2 * (MANY // 4)
        )

    def test_a_campaign_to_two_hundred_thousand_holds_a_tenth_out(self):
        campaign = self.env["ecom.campaign"].create(
            {"name": "Crowd", "segment_id": self.crowd.id, "hold_out_share": 0.1}
        )
        campaign.action_start()
        self.assertEqual(campaign.treated_count + campaign.control_count, MANY)
        # Five standard deviations of a binomial share.
        self.assertAlmostEqual(
            campaign.control_count / MANY, 0.1, delta=5 * (0.09 / MANY) ** 0.5
        )
        self.assertEqual(
            self.subscribed(campaign.mailing_list_id), campaign.treated_count
        )
        campaign.action_measure()
        self.assertIn("No effect is proven", campaign.result)

    def subscribed(self, mailing_list):
        return self.env["mailing.subscription"].search_count(
            [("list_id", "=", mailing_list.id), ("opt_out", "=", False)]
        )
