import base64
import csv
import io

from odoo import api, fields, models
from odoo.tools import SQL

from ..algorithms import ad_audience


class EcomAdExport(models.TransientModel):
    """File of the members of a segment or campaign for an ad platform.

    Only contacts who granted it are in, hashed, with nothing that names them. Nothing
    is sent: a person uploads the file.
    """

    _name = "ecom.ad.export"
    _description = "Export for ad platforms"

    segment_id = fields.Many2one("ecom.segment", readonly=True)
    campaign_id = fields.Many2one("ecom.campaign", readonly=True)
    platform = fields.Selection(
        [("google", "Google Ads"), ("meta", "Meta")], required=True, default="google"
    )
    member_count = fields.Integer(string="Members", compute="_compute_counts")
    granted_count = fields.Integer(
        string="Granted",
        compute="_compute_counts",
        help="Only who granted the use for ad platforms is in the file.",
    )
    content = fields.Binary(compute="_compute_content")

    @api.model
    def _open(self, source):
        """Open the export of a segment or a campaign."""
        name = "segment_id" if source._name == "ecom.segment" else "campaign_id"
        export = self.create({name: source.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Export for Ad Platforms"),
            "res_model": self._name,
            "view_mode": "form",
            "res_id": export.id,
            "target": "new",
        }

    def _get_source(self):
        return self.campaign_id or self.segment_id

    @api.depends("segment_id", "campaign_id")
    def _compute_counts(self):
        for export in self:
            self.env.flush_all()
            [(export.member_count, export.granted_count)] = self.env.execute_query(
                SQL(
                    """
                    SELECT count(*),
                           count(*) FILTER (WHERE p.ecom_ads_consent = 'granted')
                      FROM (%s) q JOIN res_partner p ON p.id = q.id
                    """,
                    export._get_source()._get_ad_partners(),
                )
            )

    @api.depends("segment_id", "campaign_id", "platform")
    def _compute_content(self):
        for export in self:
            text = io.StringIO(newline="")
            csv.writer(text).writerows(
                ad_audience.rows(export._read_people(), export.platform)
            )
            export.content = base64.b64encode(text.getvalue().encode())

    def _read_people(self):
        """E-mail, phone and country of the members who granted it."""
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(p.email_normalized, ''),
                       COALESCE(p.phone, ''),
                       COALESCE(c.code, '')
                  FROM (%s) q
                  JOIN res_partner p ON p.id = q.id
                  LEFT JOIN res_country c ON c.id = p.country_id
                 WHERE p.ecom_ads_consent = 'granted' AND p.active
                """,
                self._get_source()._get_ad_partners(),
            )
        )

    def action_download(self):
        """Download the file, and note on the segment or campaign that it was."""
        self.ensure_one()
        self._get_source().message_post(
            body=self.env._(
                "Exported for %(platform)s: %(granted)s of %(members)s members, those "
                "who granted it.",
                platform=dict(self._fields["platform"].selection)[self.platform],
                granted=self.granted_count,
                members=self.member_count,
            )
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/ecom.ad.export/{self.id}/content"
            f"?download=true&filename=audience-{self.platform}.csv",
            "target": "self",
        }
