from datetime import timedelta

from odoo import api, fields, models

from ..routing.watching import is_rate_high, is_sudden
from .guard import run_guarded

STUCK = timedelta(days=3)  # without a parcel since it was confirmed
USUAL_DAYS = 28
RECENT_DAYS = 7  # in which cancellations are counted


class EcomRisk(models.Model):
    """A risk or an opportunity that was found, with the activity that tells of it.

    There is one open row for a cause. It is closed, with its activity, when the cause
    is gone. What a person marked as done is not told again while the cause lasts.

    A neighbour adds a kind with ``selection_add`` and a method ``_find_<kind>``.
    """

    _name = "ecom.risk"
    _description = "Risk or opportunity"
    _order = "closed_at desc, id desc"
    _rec_name = "subject"

    kind = fields.Selection(
        [
            ("stuck", "Order is stuck"),
            ("address", "Address is incomplete"),
            ("oversold", "More is sold than there is"),
            ("demand", "Sudden demand"),
            ("cancel_rate", "Many orders are cancelled"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    subject = fields.Char(readonly=True)
    note = fields.Char(string="What Was Found", readonly=True)
    res_model = fields.Char(string="Document Type", readonly=True)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", readonly=True
    )
    activity_id = fields.Many2one(
        "mail.activity", ondelete="set null", readonly=True, copy=False
    )
    user_id = fields.Many2one("res.users", string="Told To", readonly=True)
    closed_at = fields.Datetime(string="Gone Since", readonly=True)

    _open_uniq = models.UniqueIndex(
        "(kind, company_id, res_model, res_id) WHERE closed_at IS NULL",
        "A cause has one open row.",
    )

    # -- the job -----------------------------------------------------------------------

    @api.model
    def _cron_watch(self):
        """Look for risks, company by company."""
        cron = self.env["ir.cron"]
        channels = self.env["ecom.channel"].search([("state", "=", "connected")])
        by_company = channels.grouped("company_id")
        cron._commit_progress(remaining=len(by_company))
        for company, mine in by_company.items():
            run_guarded(
                company,
                lambda mine=mine: self._watch(mine),
                # Nothing was written: the next run finds the same.
                lambda error: None,
            )
            if not cron._commit_progress(processed=1):
                break

    @api.model
    def _watch(self, channels):
        """Tell of what is new, and close what is gone, for a company's channels."""
        # No role may write rows; the job also plans activities for other people.
        channels = channels.sudo()
        self = self.sudo().with_company(channels.company_id)
        for kind, _label in self._fields["kind"]._description_selection(self.env):
            found = getattr(self, f"_find_{kind}")(channels)
            self._reconcile(channels.company_id, kind, found)

    @api.model
    def _reconcile(self, company, kind, found):
        """Make the open rows of a kind those that were found.

        :param found: dict ``record -> (responsible, note)``.
        """
        rows = self.search(
            [
                ("kind", "=", kind),
                ("company_id", "=", company.id),
                ("closed_at", "=", False),
            ]
        )
        known = {(row.res_model, row.res_id): row for row in rows}
        current = {(record._name, record.id) for record in found}
        rows.filtered(lambda row: (row.res_model, row.res_id) not in current)._close()
        label = dict(self._fields["kind"]._description_selection(self.env))[kind]
        values = []
        for record, (user, note) in found.items():
            if (record._name, record.id) in known:
                continue
            activity = record.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=label,
                note=note,
                user_id=user.id or self.env.uid,
            )
            values.append(
                {
                    "kind": kind,
                    "company_id": company.id,
                    "subject": record.display_name,
                    "note": note,
                    "res_model": record._name,
                    "res_id": record.id,
                    "activity_id": activity.id,
                    "user_id": user.id,
                }
            )
        self.create(values)

    def _close(self):
        """The cause is gone, and so is what there was to do."""
        activities = self.activity_id.exists().filtered("active")
        activities.action_feedback(feedback=self.env._("The cause is gone."))
        self.closed_at = fields.Datetime.now()

    def action_open_subject(self):
        """Open what it is about."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    # -- what is looked for ------------------------------------------------------------

    @api.model
    def _get_open_orders(self, channels):
        return self.env["sale.order"].search(
            [
                ("ecom_channel_id", "in", channels.ids),
                ("ecom_fulfilled_by_channel", "=", False),
                "|",
                ("state", "in", ("draft", "sent")),
                "&",
                ("state", "=", "sale"),
                ("delivery_status", "in", ("pending", "started", "partial")),
            ]
        )

    @api.model
    def _get_responsible(self, order):
        return order.user_id or order.ecom_channel_id.user_id

    @api.model
    def _find_stuck(self, channels):
        """Confirmed orders of which nothing was shipped for days."""
        limit = fields.Datetime.now() - STUCK
        orders = self._get_open_orders(channels).filtered(
            lambda order: (
                order.delivery_status == "pending"
                and order.ecom_confirmed_at
                and order.ecom_confirmed_at < limit
            )
        )
        return {
            order: (
                self._get_responsible(order),
                self.env._(
                    "Confirmed on %s, and nothing has been shipped.",
                    order.ecom_confirmed_at.date(),
                ),
            )
            for order in orders
        }

    @api.model
    def _find_address(self, channels):
        """Open orders that no carrier could deliver."""
        found = {}
        for order in self._get_open_orders(channels):
            partner = order.partner_shipping_id
            required = {
                self.env._("street"): partner.street,
                self.env._("city"): partner.city,
                self.env._("country"): partner.country_id,
            }
            missing = [name for name, value in required.items() if not value]
            goods = any(line.product_id.type == "consu" for line in order.order_line)
            if missing and goods and not order.ecom_shipping_method_id.pickup:
                found[order] = (
                    self._get_responsible(order),
                    self.env._("The delivery address lacks: %s.", ", ".join(missing)),
                )
        return found

    @api.model
    def _find_oversold(self, channels):
        """Products of which confirmed orders need more than can be reserved."""
        groups = self.env["stock.move"]._read_group(
            [
                ("sale_line_id.order_id.ecom_channel_id", "in", channels.ids),
                ("state", "in", ("confirmed", "partially_available")),
                ("location_dest_id.usage", "=", "customer"),
            ],
            ["product_id"],
            ["product_qty:sum", "quantity:sum", "sale_line_id:recordset"],
        )
        return {
            product: (
                lines.order_id.ecom_channel_id[:1].user_id,
                self.env._(
                    "%(units)s units are sold that are not in stock, in %(orders)s "
                    "orders.",
                    units=f"{needed - reserved:g}",
                    orders=len(lines.order_id),
                ),
            )
            for product, needed, reserved, lines in groups
        }

    @api.model
    def _find_demand(self, channels):
        """Products that sold far more in a day than in the days before."""
        now = fields.Datetime.now()
        day = now - timedelta(days=1)
        first = day - timedelta(days=USUAL_DAYS)
        before = dict(self._count_sold(channels, first, day))
        return {
            product: (
                channels[:1].user_id,
                self.env._(
                    "%(units)s units were sold in a day; %(usual)s a day are usual.",
                    units=f"{units:g}",
                    usual=f"{before.get(product, 0.0) / USUAL_DAYS:.1f}",
                ),
            )
            for product, units in self._count_sold(channels, day, now)
            if is_sudden(units, before.get(product, 0.0), USUAL_DAYS)
        }

    @api.model
    def _count_sold(self, channels, since, until):
        return self.env["sale.order.line"]._read_group(
            [
                ("order_id.ecom_channel_id", "in", channels.ids),
                ("order_id.date_order", ">=", since),
                ("order_id.date_order", "<", until),
                ("state", "!=", "cancel"),
                ("product_id.type", "=", "consu"),
            ],
            ["product_id"],
            ["product_uom_qty:sum"],
        )

    @api.model
    def _find_cancel_rate(self, channels):
        """Channels of which far more orders than usual are cancelled."""
        now = fields.Datetime.now()
        recent = now - timedelta(days=RECENT_DAYS)
        first = recent - timedelta(days=USUAL_DAYS)
        latest = self._count_orders(channels, recent, now)
        before = self._count_orders(channels, first, recent)
        return {
            channel: (
                channel.user_id,
                self.env._(
                    "%(cancelled)s of %(orders)s orders of the last %(days)s days "
                    "were cancelled.",
                    cancelled=latest[channel][0],
                    orders=latest[channel][1],
                    days=RECENT_DAYS,
                ),
            )
            for channel in latest
            if is_rate_high(*latest[channel], *before.get(channel, (0, 0)))
        }

    @api.model
    def _count_orders(self, channels, since, until):
        """(cancelled, all) orders by channel."""
        counts = {}
        for channel, state, count in self.env["sale.order"]._read_group(
            [
                ("ecom_channel_id", "in", channels.ids),
                ("date_order", ">=", since),
                ("date_order", "<", until),
            ],
            ["ecom_channel_id", "state"],
            ["__count"],
        ):
            cancelled, total = counts.get(channel, (0, 0))
            cancelled += count if state == "cancel" else 0
            counts[channel] = cancelled, total + count
        return counts
