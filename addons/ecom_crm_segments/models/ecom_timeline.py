from odoo import api, fields, models
from odoo.tools import SQL

#: a row's id is the one of its record times this, and a number of its own
KINDS = 16


class EcomTimeline(models.Model):
    """All that happened with a customer, one row for each event.

    A view on what is kept elsewhere. Every part is by contact, so that PostgreSQL only
    looks at those of the contact that is asked for.
    """

    _name = "ecom.timeline"
    _description = "Event of a customer"
    _auto = False
    _order = "date DESC, id DESC"
    _rec_name = "kind"

    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date = fields.Datetime(readonly=True)
    kind = fields.Selection(selection="_selection_kind", readonly=True)
    detail = fields.Char(readonly=True)
    amount = fields.Monetary(readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)

    @api.model
    def _selection_kind(self):
        return [
            ("order", self.env._("Ordered")),
            ("quotation", self.env._("Quotation")),
            ("cancelled", self.env._("Cancelled")),
            ("invoice", self.env._("Invoice")),
            ("refund", self.env._("Credit note")),
            ("return", self.env._("Returned goods")),
            ("joined", self.env._("Joined a segment")),
            ("left", self.env._("Left a segment")),
            ("campaign", self.env._("Addressed by a campaign")),
            ("consent", self.env._("Consent")),
            ("alert", self.env._("Alert")),
        ]

    @property
    def _table_query(self):
        parts = self._get_parts()
        return SQL(" UNION ALL ").join(
            SQL(
                """
                SELECT (q.record_id::bigint * %s + %s) AS id, q.partner_id,
                       q.company_id, q.currency_id, q.date, q.kind, q.detail, q.amount,
                       q.res_model, q.res_id
                  FROM (%s) q
                """,
                KINDS,
                number,
                part,
            )
            for number, part in enumerate(parts)
        )

    @api.model
    def _get_parts(self):
        """Queries of events; extend it, at most to ``KINDS`` of them."""
        parts = [
            self._get_orders(),
            self._get_invoices(),
            self._get_joined(),
            self._get_left(),
            self._get_campaigns(),
            self._get_consents(),
            self._get_alerts(),
        ]
        if "ecom.return" in self.env:
            parts.append(self._get_returns())
        return parts

    def _get_orders(self):
        return SQL(
            """
            SELECT o.id AS record_id, p.commercial_partner_id AS partner_id,
                   o.company_id, o.currency_id, o.date_order AS date,
                   CASE o.state WHEN 'sale' THEN 'order'
                                WHEN 'cancel' THEN 'cancelled'
                                ELSE 'quotation' END AS kind,
                   o.name AS detail, o.amount_total AS amount,
                   'sale.order' AS res_model, o.id AS res_id
              FROM sale_order o
              JOIN res_partner p ON p.id = o.partner_id
            """
        )

    def _get_invoices(self):
        return SQL(
            """
            SELECT m.id AS record_id, m.commercial_partner_id AS partner_id,
                   m.company_id, m.currency_id, m.invoice_date::timestamp AS date,
                   CASE m.move_type WHEN 'out_refund' THEN 'refund'
                                    ELSE 'invoice' END AS kind,
                   m.name AS detail, m.amount_total_in_currency_signed AS amount,
                   'account.move' AS res_model, m.id AS res_id
              FROM account_move m
             WHERE m.move_type IN ('out_invoice', 'out_refund')
               AND m.state = 'posted'
            """
        )

    def _get_joined(self):
        return SQL(self._SQL_MEMBERSHIP, kind="joined", date=SQL("m.date_joined"))

    def _get_left(self):
        return SQL(self._SQL_MEMBERSHIP, kind="left", date=SQL("m.date_left"))

    _SQL_MEMBERSHIP = """
        SELECT m.id AS record_id, m.partner_id, m.company_id, NULL::int AS currency_id,
               %(date)s AS date, %(kind)s AS kind, s.name->>'en_US' AS detail,
               NULL::numeric AS amount, 'ecom.segment' AS res_model,
               m.segment_id AS res_id
          FROM ecom_segment_membership m
          JOIN ecom_segment s ON s.id = m.segment_id
         WHERE %(date)s IS NOT NULL
    """

    def _get_campaigns(self):
        return SQL(
            """
            SELECT m.id AS record_id, m.partner_id, m.company_id,
                   NULL::int AS currency_id, c.date_start AS date,
                   'campaign' AS kind, c.name AS detail, NULL::numeric AS amount,
                   'ecom.campaign' AS res_model, c.id AS res_id
              FROM ecom_campaign_member m
              JOIN ecom_campaign c ON c.id = m.campaign_id
             WHERE NOT m.held_out AND c.date_start IS NOT NULL
            """
        )

    def _get_consents(self):
        return SQL(
            """
            SELECT c.id AS record_id, c.partner_id, p.company_id,
                   NULL::int AS currency_id, c.date, 'consent' AS kind,
                   c.source AS detail, NULL::numeric AS amount,
                   'ecom.consent' AS res_model, c.id AS res_id
              FROM ecom_consent c
              JOIN res_partner p ON p.id = c.partner_id
            """
        )

    def _get_alerts(self):
        return SQL(
            """
            SELECT a.id AS record_id, a.partner_id, a.company_id,
                   NULL::int AS currency_id, a.date, 'alert' AS kind,
                   NULL AS detail, NULL::numeric AS amount,
                   'ecom.alert' AS res_model, a.id AS res_id
              FROM ecom_alert a
             WHERE a.partner_id IS NOT NULL
            """
        )

    def _get_returns(self):
        return SQL(
            """
            SELECT b.id AS record_id, p.commercial_partner_id AS partner_id,
                   o.company_id, NULL::int AS currency_id, b.requested_at AS date,
                   'return' AS kind, b.name AS detail, NULL::numeric AS amount,
                   'ecom.return' AS res_model, b.id AS res_id
              FROM ecom_return b
              JOIN sale_order o ON o.id = b.order_id
              JOIN res_partner p ON p.id = o.partner_id
            """
        )

    def action_open(self):
        """Open the document behind the event."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "view_mode": "form",
            "res_id": self.res_id,
        }


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_view_timeline(self):
        """Open all that happened with the customer."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ecom_crm_segments.ecom_timeline_action"
        )
        return {
            **action,
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
        }
