import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, hmac

from ..marketplaces.base import PRIVACY
from .ecom_inbox_message import CONCURRENCY_ERRORS
from .ecom_partner_matcher import Match
from .failure_log import log_failure

_logger = logging.getLogger(__name__)

BATCH_SIZE = 200
ZIP_PREFIX = 3  # characters of a postal code that stay, for figures by region
WAIT_FOR_DELIVERY = timedelta(days=1)

# Tables that belong to a sale or say nothing by themselves: a contact that only they
# refer to is used by nothing else. Sales and invoices are looked at more closely.
OWN_TABLES = {
    "account_move",
    "account_move_line",
    "account_payment",
    "ecom_buyer",
    "mail_followers",
    "mail_message_res_partner_rel",
    "mail_notification",
    "res_partner",
    "res_partner_res_partner_category_rel",
    "sale_order",
    "sale_order_line",
    "stock_move",
    "stock_picking",
}


class EcomErasure(models.Model):
    """That personal data were erased: when, why, how much; without any of them."""

    _name = "ecom.erasure"
    _description = "Erasure of personal data"
    _order = "id desc"
    _rec_name = "erased_at"

    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    erased_at = fields.Datetime(
        string="Erased", default=fields.Datetime.now, required=True, readonly=True
    )
    cause = fields.Selection(
        [("time", "Time was over"), ("request", "Asked for by the buyer")],
        required=True,
        readonly=True,
    )
    contact_count = fields.Integer(string="Contacts", readonly=True)
    kept_count = fields.Integer(
        string="Contacts Kept",
        readonly=True,
        help="Used elsewhere in Odoo, or not made by the channel: a person decides.",
    )
    order_count = fields.Integer(string="Orders", readonly=True)
    message_count = fields.Integer(string="Messages Emptied", readonly=True)


class EcomBuyer(models.Model):
    """A buyer whose data were erased is known by a salted hash only."""

    _inherit = "ecom.buyer"

    key_hash = fields.Char(
        string="Identity (hash)",
        index="btree_not_null",
        readonly=True,
        help="Salted hash of the identity, so that a buyer who comes back can be "
        "counted as the same without being known.",
    )
    erased_at = fields.Datetime(string="Erased", readonly=True, index=True)

    @api.model
    def _hash_key(self, channel, key):
        """The salted hash of an identity; the salt is the database's secret."""
        # The secret is the administrator's; it does not leave this method.
        return hmac(self.env(su=True), "ecom.buyer", f"{channel.id}:{key}")

    def _get_orders(self):
        """The channel's orders of these buyers."""
        return self.env["sale.order"].search(
            [
                ("ecom_channel_id", "in", self.channel_id.ids),
                ("partner_id", "in", self.partner_id.ids),
            ]
        )

    # -- erasing -----------------------------------------------------------------------

    def _erase(self, cause):
        """Erase the personal data of these buyers of one channel.

        Figures, countries and the first characters of postal codes stay; so do
        documents that were printed or sent (attachments).

        :param cause: of ``ecom.erasure``.
        :return: the contacts that were kept, because they are used elsewhere.
        """
        channel = self.channel_id.ensure_one()
        orders = self._get_orders()
        contacts = self._get_contacts()
        kept = self._filter_used_elsewhere(contacts)
        messages = self._get_messages(orders)
        self._erase_contacts(contacts - kept)
        self._erase_orders(orders)
        messages._empty()
        for buyer in self:
            buyer.write(
                {
                    "key_hash": self._hash_key(channel, buyer.key),
                    "key": f"erased:{buyer.id}",
                    "erased_at": fields.Datetime.now(),
                }
            )
        self.env["ecom.erasure"].create(
            {
                "channel_id": channel.id,
                "cause": cause,
                "contact_count": len(contacts - kept),
                "kept_count": len(kept),
                "order_count": len(orders),
                "message_count": len(messages),
            }
        )
        return kept

    def _get_contacts(self):
        """The buyers' contacts with their addresses."""
        return (
            self.env["res.partner"]
            .with_context(active_test=False)
            .search([("id", "child_of", self.partner_id.ids)])
        )

    @api.model
    def _get_messages(self, orders):
        """All that arrived about orders and still has its content."""
        return self.env["ecom.inbox.message"].search(
            [("order_id", "in", orders.ids), ("emptied_at", "=", False)]
        )

    @api.model
    def _erase_contacts(self, contacts):
        # Only contacts that a channel made, and that nothing else uses.
        contacts = contacts.sudo()
        self._forget_figures(contacts)
        for contact in contacts:
            contact.write(self._prepare_erased_values(contact))
        # What was said about a contact names it.
        self.env["mail.message"].sudo().search(
            [("model", "=", "res.partner"), ("res_id", "in", contacts.ids)]
        ).unlink()

    @api.model
    def _forget_figures(self, contacts):
        """Have other addons erase what they found out about contacts.

        A model with ``_figures_of_contact`` that keeps more than figures has a method
        ``_forget_contacts``.
        """
        for model in self.env.values():
            forget = getattr(model, "_forget_contacts", None)
            if forget and getattr(model, "_figures_of_contact", False):
                # The technical user of channels has no rights in other addons.
                model.sudo()._forget_contacts(contacts)

    @api.model
    def _prepare_erased_values(self, contact):
        """Values of a contact without personal data."""
        return {
            "name": self.env._("Erased buyer"),
            "zip": (contact.zip or "")[:ZIP_PREFIX] or False,
            "active": False,
            **dict.fromkeys(self._get_erased_fields(), False),
        }

    @api.model
    def _get_erased_fields(self):
        """Fields of a contact that are emptied; extend it for fields of your own."""
        return [
            "email",
            "phone",
            "street",
            "street2",
            "city",
            "state_id",
            "company_name",
            "vat",
            "website",
            "function",
            "comment",
            "ref",
            "image_1920",
            "ecom_address_digest",
        ]

    @api.model
    def _erase_orders(self, orders):
        # An order of the channel: what the buyer wrote, and notes about it.
        orders = orders.sudo()
        orders._ecom_quiet().write(
            {
                "ecom_buyer_note": False,
                "note": False,
                "ecom_erased_at": fields.Datetime.now(),
            }
        )
        pickings = orders._ecom_get_pickings().filtered("note")
        pickings.write({"note": False})

    # -- used elsewhere ----------------------------------------------------------------

    def _filter_used_elsewhere(self, contacts):
        """Contacts that are more than buyers of this channel, with their families.

        A contact counts when a channel made it (it has the fingerprint of an address)
        and only sales, deliveries and invoices of this channel refer to it.
        """
        made = contacts.filtered("ecom_address_digest")
        used = contacts - made
        used |= contacts.browse(self._find_foreign_uses(contacts.ids))
        heads = used.commercial_partner_id | used
        return contacts.filtered(
            lambda contact: contact in heads or contact.commercial_partner_id in heads
        )

    def _find_foreign_uses(self, ids):
        """Ids of contacts that something else than this channel's sales refers to."""
        if not ids:
            return []
        self.env.flush_all()
        selects = [
            SQL(
                "SELECT %(column)s FROM %(table)s WHERE %(column)s = ANY(%(ids)s)",
                column=SQL.identifier(column),
                table=SQL.identifier(table),
                ids=ids,
            )
            for table, column in self._get_foreign_columns()
        ]
        selects += self._get_foreign_sales(ids)
        rows = self.env.execute_query(SQL(" UNION ").join(selects))
        return [row[0] for row in rows]

    @api.model
    def _get_foreign_columns(self):
        """Columns that refer to contacts for something else than sales.

        Tables of models with ``_figures_of_contact`` are no use of a contact: they
        follow from its sales and stay, without a name, when it is erased.
        """
        transient = tuple(
            model._table for model in self.env.values() if model._transient
        )
        figures = {
            model._table
            for model in self.env.values()
            if getattr(model, "_figures_of_contact", False)
        }
        merge = self.env["base.partner.merge.automatic.wizard"]
        return [
            (table, column)
            for table, column in merge._get_fk_on("res_partner")
            if table not in OWN_TABLES | figures and not table.startswith(transient)
        ]

    def _get_foreign_sales(self, ids):
        """Queries for sales, deliveries and invoices that are not this channel's."""
        channel = self.channel_id.id
        buyers = tuple(self.ids)
        return [
            SQL(
                "SELECT partner_id FROM ecom_buyer WHERE partner_id = ANY(%s) "
                "AND id NOT IN %s AND channel_id <> %s",
                ids,
                buyers,
                channel,
            ),
            *(
                SQL(
                    "SELECT %(column)s FROM sale_order WHERE %(column)s = ANY(%(ids)s) "
                    "AND ecom_channel_id IS DISTINCT FROM %(channel)s",
                    column=SQL.identifier(column),
                    ids=ids,
                    channel=channel,
                )
                for column in (
                    "partner_id",
                    "partner_invoice_id",
                    "partner_shipping_id",
                )
            ),
            SQL(
                "SELECT move.partner_id FROM account_move move "
                "WHERE move.partner_id = ANY(%s) AND move.move_type <> 'entry' "
                "AND NOT EXISTS (SELECT 1 FROM account_move_line item "
                "JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = item.id "
                "JOIN sale_order_line line ON line.id = rel.order_line_id "
                "JOIN sale_order so ON so.id = line.order_id "
                "WHERE item.move_id = move.id AND so.ecom_channel_id = %s)",
                ids,
                channel,
            ),
            SQL(
                "SELECT picking.partner_id FROM stock_picking picking "
                "LEFT JOIN sale_order so ON so.id = picking.sale_id "
                "WHERE picking.partner_id = ANY(%s) "
                "AND so.ecom_channel_id IS DISTINCT FROM %s",
                ids,
                channel,
            ),
        ]


class EcomChannel(models.Model):
    _inherit = "ecom.channel"

    erase_buyers = fields.Boolean(
        tracking=True,
        help="Names, addresses, phones and notes are erased some time after all orders "
        "of a buyer were delivered. Figures, countries and the first characters of "
        "postal codes stay; so do documents that were printed or sent. It cannot be "
        "undone: look at the preview first.",
    )
    erase_days = fields.Integer(string="Days after Delivery", default=365)

    _erase_days_positive = models.Constraint(
        "CHECK(erase_days > 0)", "The number of days must be more than zero."
    )

    def _find_erasable(self, days, after_id=0, limit=None):
        """Buyers all of whose orders have been over for so many days, by id."""
        self.ensure_one()
        self.env.flush_all()
        moment = fields.Datetime.now() - timedelta(days=days)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT buyer.id
                  FROM ecom_buyer buyer
                 WHERE buyer.channel_id = %(channel)s
                   AND buyer.id > %(after_id)s
                   AND buyer.erased_at IS NULL
                   AND buyer.create_date < %(moment)s
                   AND NOT EXISTS (
                       SELECT 1
                         FROM sale_order so
                        WHERE so.partner_id = buyer.partner_id
                          AND so.ecom_channel_id = %(channel)s
                          AND NOT %(over)s)
                 ORDER BY buyer.id
                 LIMIT %(limit)s
                """,
                channel=self.id,
                moment=moment,
                over=self._get_over_condition(moment),
                after_id=after_id,
                limit=limit,
            )
        )
        return self.env["ecom.buyer"].browse(row[0] for row in rows)

    @api.model
    def _get_over_condition(self, moment):
        """SQL: order ``so`` was called off, or delivered in full, before a moment."""
        return SQL(
            """COALESCE(
                CASE
                    WHEN so.state = 'cancel'
                        THEN COALESCE(so.ecom_updated_at, so.date_order)
                    WHEN so.state = 'sale' AND so.delivery_status = 'full'
                        THEN (SELECT MAX(picking.date_done) FROM stock_picking picking
                                JOIN stock_move move ON move.picking_id = picking.id
                                JOIN sale_order_line line
                                  ON line.id = move.sale_line_id
                               WHERE line.order_id = so.id)
                    WHEN so.state = 'sale' AND so.delivery_status IS NULL
                        THEN COALESCE(so.ecom_updated_at, so.date_order)
                END < %s, FALSE)""",
            moment,
        )

    def _erase_due(self):
        """Erase the buyers whose time is over, one by one.

        :return: whether there is time left.
        """
        self.ensure_one()
        self._empty_late_messages()
        if not self.erase_buyers:
            return True
        cron, last_id, buyers = self.env["ir.cron"], 0, True
        while buyers:
            buyers = self._find_erasable(self.erase_days, last_id, BATCH_SIZE)
            for buyer in buyers:
                last_id = buyer.id
                self._erase_guarded(buyer)
                if not cron._commit_progress(processed=1):
                    return False
        return True

    def _erase_guarded(self, buyer):
        """Erase one buyer; what fails is tried again the next day."""
        try:
            with self.env.cr.savepoint():
                buyer._erase("time")
                self.env.flush_all()
        except CONCURRENCY_ERRORS as error:
            self.env["ecom.inbox.message"]._start_over(error)
        except Exception as error:  # noqa: BLE001 - one bad record stops no other
            log_failure(_logger, error, "Buyer %s was not erased", buyer.id)
            self.env.invalidate_all()

    def _empty_late_messages(self):
        """Drop what arrived about orders after their buyer was erased."""
        late = self.env["ecom.inbox.message"].search(
            [
                ("channel_id", "=", self.id),
                ("order_id.ecom_erased_at", "!=", False),
                ("emptied_at", "=", False),
                ("state", "in", ("done", "ignored", "superseded")),
            ]
        )
        late._empty()

    def action_preview_erasure(self):
        """Say how many buyers would be erased now, before it is switched on."""
        self.ensure_one()
        buyers = self._find_erasable(self.erase_days)
        contacts = buyers._get_contacts()
        kept = buyers._filter_used_elsewhere(contacts) if buyers else contacts
        return self._notify(
            "info",
            self.env._(
                "%(buyers)s buyers with %(orders)s orders would be erased now; "
                "%(kept)s of their %(contacts)s contacts are used elsewhere and stay.",
                buyers=len(buyers),
                orders=len(buyers._get_orders()),
                kept=len(kept),
                contacts=len(contacts),
            ),
        )


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ecom_erased_at = fields.Datetime(
        string="Personal Data Erased",
        readonly=True,
        copy=False,
        groups="ecom_orders.group_user",
    )


class EcomPartnerMatcher(models.AbstractModel):
    _inherit = "ecom.partner.matcher"

    @api.model
    def _match(self, channel, orders):
        """An order whose buyer was erased keeps its contacts: nobody comes back."""
        erased = self.env["sale.order"].search(
            [
                ("ecom_channel_id", "=", channel.id),
                ("ecom_external_id", "in", [order.external_id for order in orders]),
                ("ecom_erased_at", "!=", False),
            ]
        )
        known = {order.ecom_external_id: order for order in erased}
        rest = [order for order in orders if order.external_id not in known]
        matches = super()._match(channel, rest)
        for external_id, order in known.items():
            matches[external_id] = Match(
                order.partner_id, order.partner_invoice_id, order.partner_shipping_id
            )
        return matches


class EcomOrderPlanner(models.AbstractModel):
    _inherit = "ecom.order.planner"

    @api.model
    def _prepare_order_values(self, batch, external, priced, currency):
        values = super()._prepare_order_values(batch, external, priced, currency)
        order = batch.orders.get(external.external_id)
        if order and order.ecom_erased_at:
            values["ecom_buyer_note"] = False
        return values


class EcomInboxMessage(models.Model):
    _inherit = "ecom.inbox.message"

    def _understand(self):
        if self.kind == PRIVACY:
            return self._follow_erasure_request()
        return super()._understand()

    def _follow_erasure_request(self):
        """Erase the buyer that the marketplace names.

        While something of the buyer's is still to be delivered, the address is needed:
        the request waits, and is looked at every day.
        """
        self.ensure_one()
        buyer = self.env["ecom.buyer"].search(
            [
                ("channel_id", "=", self.channel_id.id),
                ("key", "=", f"id:{self.external_id}"),
            ]
        )
        if not buyer:
            self._set_ignored("unknown_buyer")
            self._empty()
            return None
        if self._has_open_orders(buyer):
            self.write(
                {
                    "next_attempt_at": fields.Datetime.now() + WAIT_FOR_DELIVERY,
                    **self._prepare_reason("erasure_waits"),
                }
            )
            return None
        kept = buyer._erase("request")
        self._set_done()
        self._empty()
        if kept:
            self.channel_id._alert(
                self.env._("A buyer asked for erasure"),
                self.env._(
                    "Contacts that are used elsewhere were kept: %s. Decide on them.",
                    ", ".join(str(contact.id) for contact in kept),
                ),
            )
        return None

    @api.model
    def _has_open_orders(self, buyer):
        return any(
            order.state in ("draft", "sent")
            or (
                order.state == "sale"
                and order.delivery_status in ("pending", "started", "partial")
            )
            for order in buyer._get_orders()
        )
