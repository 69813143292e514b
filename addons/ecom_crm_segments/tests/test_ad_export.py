"""Files for ad platforms: only who granted it, and nobody who is held out."""

import base64
from hashlib import sha256

from odoo.tests import tagged

from .common import SegmentsCommon


def digest(text):
    return sha256(text.encode()).hexdigest()


@tagged("post_install", "-at_install")
class TestAdExport(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = cls.segment(
            partner_domain="[('name', 'in', ['Anna', 'Bert', 'Cleo'])]"
        )
        cls.people.action_refresh()
        cls.anna.ecom_ads_consent = "granted"
        cls.bert.ecom_ads_consent = "refused"

    def lines(self, source):
        action = source.action_export_audience()
        export = self.env["ecom.ad.export"].browse(action["res_id"])
        return export, base64.b64decode(export.content).decode().splitlines()

    def test_only_who_granted_it_is_in(self):
        export, (header, *rows) = self.lines(self.people)
        self.assertEqual((export.member_count, export.granted_count), (3, 1))
        self.assertEqual(header, "Email,Phone")
        self.assertEqual(rows, [digest("anna@shop.example") + ","])

    def test_who_is_held_out_is_not_in(self):
        (self.bert | self.cleo).ecom_ads_consent = "granted"
        campaign = self.env["ecom.campaign"].create(
            {"name": "Ads", "segment_id": self.people.id, "hold_out_share": 0}
        )
        campaign.action_start()
        held = campaign.member_ids.filtered(lambda m: m.partner_id == self.bert)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ecom_campaign_member SET held_out = TRUE WHERE id = %s", [held.id]
        )
        _export, (_header, *rows) = self.lines(campaign)
        self.assertEqual(
            sorted(rows),
            sorted(digest(f"{name}@shop.example") + "," for name in ("anna", "cleo")),
        )

    def test_a_download_is_noted(self):
        export, _lines = self.lines(self.people)
        action = export.action_download()
        self.assertIn(f"/ecom.ad.export/{export.id}/content", action["url"])
        self.assertIn("1 of 3 members", self.people.message_ids[0].body)
