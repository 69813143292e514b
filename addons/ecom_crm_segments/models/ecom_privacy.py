"""What this addon knows of a person: dropped and erased; the export is a wizard."""

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
    "favourite_category_id",
    "favourite_attribute_id",
    "favourite_categories",
    "favourite_attributes",
    "last_products",
    "carrier",
    "payment_method",
    "order_hour",
    "order_hours",
    "pickup_share",
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
        kept = self.env["mailing.list"].browse()
        for name in ("ecom.segment", "ecom.campaign"):
            keepers = self.env[name].with_context(active_test=False)
            kept |= keepers.search([("mailing_list_id", "!=", False)]).mailing_list_id
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
