import base64
import json

from odoo import api, fields, models
from odoo.fields import Domain


class EcomPersonalData(models.TransientModel):
    """All that the addon knows of one person, as a file that a machine can read."""

    _name = "ecom.personal.data"
    _description = "Personal data of one contact"

    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade")
    content = fields.Binary(compute="_compute_content")

    @api.depends("partner_id")
    def _compute_content(self):
        for export in self:
            text = json.dumps(
                export._get_data(), ensure_ascii=False, indent=2, default=str
            )
            export.content = base64.b64encode(text.encode())

    def _get_data(self):
        """Rows by model, the contact's own words first."""
        partner = self.partner_id
        return {
            "contact": {
                "name": partner.name,
                "email": partner.email,
                "marketing_email": partner.ecom_mail_consent or None,
                "ad_platforms": partner.ecom_ads_consent or None,
                "profiling": not partner.ecom_profiling_off,
                "same_person": partner.ecom_identity_partner_ids.ids,
            },
            **{
                name: rows
                for name in self._get_model_names()
                if (rows := self._read_model(self.env[name]))
            },
            "mailing.subscription": self._read_subscriptions(),
        }

    @api.model
    def _get_model_names(self):
        """Models with figures of contacts that the reader may see."""
        return sorted(
            name
            for name, model in self.env.items()
            if getattr(model, "_figures_of_contact", False) and model.has_access("read")
        )

    def _read_model(self, model):
        """The person's rows of a model, with the labels of choices."""
        partners = self.partner_id | self.partner_id.commercial_partner_id
        columns = [
            name
            for name, field in model._fields.items()
            if field.type == "many2one"
            and field.comodel_name == "res.partner"
            and field.store
        ]
        domain = Domain.OR([Domain(name, "in", partners.ids) for name in columns])
        names = [
            name
            for name, field in model._fields.items()
            if field.store and field.type not in ("one2many", "many2many", "binary")
        ]
        records = model.search(domain)
        rows = records.read(names)
        for name in getattr(model, "_kept_ids", ()):
            kept = records._get_kept(name)
            for record, row in zip(records, rows, strict=True):
                row[name] = kept[record].mapped("display_name")
        return [
            {
                name: value[1] if isinstance(value, tuple) else value
                for name, value in row.items()
                if name not in ("id", "create_uid", "write_uid")
            }
            for row in rows
        ]

    def _read_subscriptions(self):
        """Mailing lists the person's address is in."""
        email = self.partner_id.email_normalized
        if not email or not self.env["mailing.contact"].has_access("read"):
            return []
        entries = self.env["mailing.contact"].search([("email_normalized", "=", email)])
        return [
            {"list": item.list_id.name, "opt_out": item.opt_out}
            for item in entries.subscription_ids
        ]
