"""What this addon knows of a person: dropped, erased, and told to the person."""

import base64
import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

#: what is a profile in the figures of a customer; sums of orders are none
PROFILE = (
    "recency_score",
    "frequency_score",
    "monetary_score",
    "rfm_cell",
    "rfm_group",
    "value_class",
    "cluster_id",
    "prediction_id",
    "active_chance",
    "order_chance",
    "expected_orders",
    "predicted_value",
    "predicted_low",
    "predicted_high",
    "next_order_date",
    "churn_risk",
)
#: tables that only exist to profile
PROFILE_TABLES = ("ecom_rfm_history", "ecom_alert")


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _drop_profile(self):
        """Forget what was found out about contacts; sums of their orders stay."""
        if not self:
            return
        self.env.flush_all()
        columns = SQL(", ").join(
            SQL("%s = NULL", SQL.identifier(name)) for name in PROFILE
        )
        self.env.cr.execute(
            SQL(
                "UPDATE ecom_customer SET %s WHERE partner_id = ANY(%s)",
                columns,
                self.ids,
            )
        )
        for table in PROFILE_TABLES:
            self.env.cr.execute(
                SQL(
                    "DELETE FROM %s WHERE partner_id = ANY(%s)",
                    SQL.identifier(table),
                    self.ids,
                )
            )
        self.env.invalidate_all(flush=False)

    def action_erase_profile(self):
        """Erase what this addon knows of these contacts, for good."""
        self.check_access("write")
        if not self.env.user.has_group("ecom_crm_segments.group_manager"):
            raise UserError(
                self.env._("Ask a manager of Customer Segments to erase a profile.")
            )
        # Segments' history and lists are nobody's to delete, but the person's.
        self.sudo()._erase_profile()
        return True

    def _erase_profile(self):
        """Erase scores, predictions, memberships, links and entries of mailing lists.

        The contact is not profiled any more afterwards. Sums of orders stay, as do the
        places in campaigns that were measured: they say nothing without the contact.
        """
        self._leave_mailing_lists()
        self.write(
            {
                "ecom_profiling_off": True,
                "ecom_ads_consent": "refused",
                "ecom_mail_consent": "refused",
                "ecom_identity_id": False,
            }
        )
        links = self.env["ecom.identity.link"]
        links.search(
            Domain("left_id", "in", self.ids) | Domain("right_id", "in", self.ids)
        ).unlink()
        segments = self.env["ecom.segment"].with_context(active_test=False)
        lists = segments.search([("include_ids", "in", self.ids)])
        for partner in self:
            lists.include_ids = [fields.Command.unlink(partner.id)]
        self.env["ecom.segment.membership"].search(
            [("partner_id", "in", self.ids)]
        ).unlink()

    def _leave_mailing_lists(self):
        """Take the contacts out of the lists that segments and campaigns keep.

        An entry that is in no list any more goes, too: it has name and address.
        """
        emails = list(filter(None, self.mapped("email_normalized")))
        entries = self.env["mailing.contact"].search(
            [("email_normalized", "in", emails)]
        )
        segments = self.env["ecom.segment"].with_context(active_test=False)
        campaigns = self.env["ecom.campaign"].with_context(active_test=False)
        kept = (
            segments.search([]).mailing_list_id | campaigns.search([]).mailing_list_id
        )
        entries.subscription_ids.filtered(lambda s: s.list_id in kept).unlink()
        entries.invalidate_recordset(["subscription_ids"])
        entries.filtered(lambda entry: not entry.subscription_ids).unlink()

    # -- telling -----------------------------------------------------------------------

    def action_export_personal_data(self):
        """Download all that this addon knows of one person."""
        self.ensure_one()
        export = self.env["ecom.personal.data"].create({"partner_id": self.id})
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/ecom.personal.data/{export.id}/content"
            f"?download=true&filename=personal-data-{self.id}.json",
            "target": "self",
        }


class EcomCustomer(models.Model):
    _inherit = "ecom.customer"

    @api.model
    def _forget_contacts(self, contacts):
        """Erase the profiles of contacts whose personal data are being erased.

        Called by addons that erase contacts, on every model with
        ``_figures_of_contact``, before the contacts lose their e-mail addresses.
        """
        contacts._erase_profile()


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
        rows = model.search(domain).read(names)
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
