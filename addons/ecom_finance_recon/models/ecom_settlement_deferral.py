from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..formats.schema import Check, Kind

#: states of a transaction whose money is still held back
HELD = ("deferred", "partial")


class EcomSettlementDeferral(models.Model):
    """A transaction whose money a channel holds back until a day.

    A list of deferred transactions is a state, which comes again and again. What is
    new in it becomes a settlement that pays the buyers' invoices and leaves its net on
    the account of deferred proceeds, one journal item for each transaction. The
    settlement that releases it clears that item instead of booking all once more.

    A settlement that releases what was not booked yet is booked as any other, and the
    deferred transaction has nothing to book any more.
    """

    _name = "ecom.settlement.deferral"
    _description = "Deferred Proceeds"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "posted_at desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Transaction", required=True, readonly=True)
    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="restrict", readonly=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    order_ref = fields.Char(string="Order at the Channel", readonly=True, index=True)
    order_id = fields.Many2one("sale.order", index="btree_not_null", readonly=True)
    is_refund = fields.Boolean(string="Refund", readonly=True)
    amount = fields.Monetary(readonly=True, help="What it will be paid, after fees.")
    posted_at = fields.Datetime(string="Date", readonly=True)
    matures_at = fields.Datetime(
        string="Release Expected", readonly=True, help="As the channel tells it."
    )
    reason = fields.Char(string="Policy", readonly=True)
    seen_at = fields.Datetime(
        string="Last Told", readonly=True, help="When a list named it last."
    )
    settlement_id = fields.Many2one(
        "ecom.settlement",
        string="Deferred By",
        ondelete="restrict",
        index="btree_not_null",
        readonly=True,
        help="Empty: it was released before it was known here.",
    )
    line_ids = fields.One2many("ecom.settlement.line", "deferral_id", readonly=True)
    move_line_ids = fields.One2many(
        "account.move.line", "ecom_deferral_id", string="Journal Items", readonly=True
    )
    is_over = fields.Boolean(
        string="Told as Released",
        readonly=True,
        help="The channel says that nothing of it is held back any more.",
    )
    is_booked = fields.Boolean(compute="_compute_state", store=True)
    residual = fields.Monetary(
        string="Still Deferred",
        compute="_compute_state",
        store=True,
        help="What is open on the account of deferred proceeds.",
    )
    state = fields.Selection(
        [
            ("waiting", "Not booked yet"),
            ("deferred", "Deferred"),
            ("partial", "Partly released"),
            ("difference", "Released, with a difference"),
            ("released", "Released"),
        ],
        compute="_compute_state",
        store=True,
        index=True,
    )
    close_reason = fields.Char(string="Closed Because", readonly=True)

    _name_uniq = models.Constraint(
        "UNIQUE(channel_id, name)", "A transaction is deferred once."
    )

    @api.depends(
        "amount",
        "is_over",
        "settlement_id.state",
        "line_ids.is_repeat",
        "move_line_ids.amount_residual_currency",
        "move_line_ids.parent_state",
        "move_line_ids.ecom_settlement_role",
    )
    def _compute_state(self):
        for one in self:
            lines = one.move_line_ids.filtered(
                lambda line: line.parent_state == "posted"
            )
            one.is_booked = "deferred" in lines.mapped("ecom_settlement_role")
            one.residual = sum(lines.mapped("amount_residual_currency"))
            one.state = one._get_state()

    def _get_state(self):
        if not self.is_booked:
            own = self.line_ids.filtered(
                lambda line: line.settlement_id == self.settlement_id
            )
            is_direct = bool(own) and all(own.mapped("is_repeat"))
            return "released" if is_direct or not self.settlement_id else "waiting"
        if self.currency_id.is_zero(self.residual):
            return "released"
        if self.is_over or self.residual * self.amount < 0:
            return "difference"
        is_whole = not self.currency_id.compare_amounts(self.residual, self.amount)
        return "deferred" if is_whole else "partial"

    # -- what a list says --------------------------------------------------------------

    @api.model
    def _take(self, file, parsed, identity, currencies):
        """Keep what a list of deferred transactions says; what is new is settled.

        A list that comes again, or an older one that comes late, adds nothing.
        """
        known = {one.name: one for one in self._search_named(file.channel_id, parsed)}
        fresh = []
        for told in parsed.deferrals:
            if told.reference in known:
                known[told.reference]._update(told)
            else:
                fresh.append(told)
        records = self.create(
            [self._prepare(file, told, currencies[parsed.currency]) for told in fresh]
        )
        if records:
            self._link_lines(SQL("deferral.id = ANY(%s)", records.ids))
        held = records.filtered(lambda one: not one.line_ids and not one.is_over)
        if held:
            part = self._get_part(parsed, set(held.mapped("name")))
            held.settlement_id = self.env["ecom.settlement"]._create_parsed(
                file, part, identity, currencies
            )
        return records

    def _search_named(self, channel, parsed):
        names = [one.reference for one in parsed.deferrals]
        return self.search([("channel_id", "=", channel.id), ("name", "in", names)])

    def _update(self, told):
        """What may change while it is held back; what is over stays over."""
        self.write(
            {
                "seen_at": fields.Datetime.now(),
                "is_over": self.is_over or told.is_released,
                "matures_at": self._naive(told.matures_at) or self.matures_at,
                "reason": told.reason or self.reason,
            }
        )

    def _prepare(self, file, told, currency):
        return {
            "name": told.reference,
            "channel_id": file.channel_id.id,
            "currency_id": currency.id,
            "order_ref": told.order_ref,
            "is_refund": told.is_refund,
            "amount": float(told.amount),
            "posted_at": self._naive(told.posted_at),
            "matures_at": self._naive(told.matures_at),
            "reason": told.reason,
            "seen_at": fields.Datetime.now(),
            "is_over": told.is_released,
        }

    def _naive(self, moment):
        return self.env["ecom.settlement"]._naive(moment)

    def _get_part(self, parsed, names):
        """The list without the transactions that are known already."""
        lines = tuple(line for line in parsed.lines if line.deferral_ref in names)
        told = tuple(one for one in parsed.deferrals if one.reference in names)
        moments = [line.posted_at for line in lines if line.posted_at]
        total = sum((line.amount for line in lines), Decimal(0))
        declared = sum((one.amount for one in told), Decimal(0))
        first, last = min(moments, default=None), max(moments, default=None)
        return replace(
            parsed,
            lines=lines,
            deferrals=told,
            count=len(lines),
            total=total,
            payout=Decimal(0),
            checks=(Check("transactions", declared, total),),
            starts_at=first,
            ends_at=last,
            first_at=first,
            last_at=last,
        )

    # -- what is told twice ------------------------------------------------------------

    @api.model
    def _note_orders(self, settlement):
        """The orders of what is deferred, once its lines know them."""
        waiting = self.search(
            [("line_ids.settlement_id", "=", settlement.id), ("order_id", "=", False)]
        )
        for one in waiting:
            one.order_id = one.line_ids.order_id[:1]

    @api.model
    def _link(self, settlement, posting=False):
        """Find what a settlement releases, and see that nothing counts twice.

        :param posting: the settlement is about to be booked: what it releases, and is
            not booked as deferred, is booked by it.
        """
        if settlement.state != "draft":
            return
        self._link_lines(SQL("line.settlement_id = %s", settlement.id))
        if not settlement.is_deferral:
            self._link_by_order(settlement)
        linked = self.env["ecom.settlement.line"].search(
            [("settlement_id", "=", settlement.id), ("deferral_id", "!=", False)]
        )
        if settlement.is_deferral:
            linked.deferral_id.settlement_id = settlement
        linked.deferral_id._decide(settlement if posting else settlement.browse())

    def _link_lines(self, condition):
        """Link lines with the deferred transaction that they name."""
        lines = self.env["ecom.settlement.line"]
        lines.flush_model(["deferral_ref", "deferral_id", "settlement_id"])
        self.flush_model(["channel_id", "name"])
        self.env["ecom.settlement"].flush_model(["state"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE ecom_settlement_line line
                   SET deferral_id = deferral.id
                  FROM ecom_settlement_deferral deferral, ecom_settlement settlement
                 WHERE deferral.channel_id = line.channel_id
                   AND deferral.name = line.deferral_ref
                   AND line.deferral_id IS NULL
                   AND settlement.id = line.settlement_id
                   AND settlement.state != 'blocked'
                   AND %s
             RETURNING deferral.id
                """,
                condition,
            )
        )
        if rows:
            lines.invalidate_model(["deferral_id"])
            self._note_linked({deferral for (deferral,) in rows})

    def _note_linked(self, ids):
        linked = self.browse(ids)
        linked.invalidate_recordset(["line_ids"])
        linked.modified(["line_ids"])

    def _link_by_order(self, settlement):
        """Link what a report without ids of transactions tells of deferred orders.

        All lines of an order and event together are what was deferred of it, or one of
        its deferred transactions; with another sum nothing is taken for a release.
        """
        if not self.search_count(self._get_held_domain(settlement), limit=1):
            return
        lines = self.env["ecom.settlement.line"].search_fetch(
            [
                ("settlement_id", "=", settlement.id),
                ("deferral_ref", "=", False),
                ("deferral_id", "=", False),
                ("order_ref", "!=", False),
            ],
            ["order_ref", "type_code", "kind", "amount"],
        )
        held = self._get_held(settlement, lines)
        if not held:
            return
        groups = defaultdict(lines.browse)
        for line in lines.filtered(lambda one: one.order_ref in held):
            groups[line.order_ref, (line.type_code or "").split("|")[0]] |= line
        for (order, _event), group in groups.items():
            is_refund = Kind.REFUND.value in group.mapped("kind")
            found = held[order].filtered(
                lambda one, side=is_refund: one.is_refund == side
            )
            self._link_group(group, found)

    def _get_held(self, settlement, lines):
        """By order what is held back of it, and not released by another report."""
        held = self.search(
            [
                *self._get_held_domain(settlement),
                ("order_ref", "in", list(set(lines.mapped("order_ref")))),
            ]
        )
        return held.filtered(
            lambda one: one.line_ids.settlement_id <= one.settlement_id
        ).grouped("order_ref")

    def _get_held_domain(self, settlement):
        return [
            ("channel_id", "=", settlement.channel_id.id),
            ("currency_id", "=", settlement.currency_id.id),
            ("state", "in", ("waiting", *HELD)),
        ]

    def _link_group(self, lines, found):
        total = sum(lines.mapped("amount"))
        same = found.filtered(
            lambda one: not one.currency_id.compare_amounts(one.amount, total)
        )
        if len(same) == 1:
            lines.deferral_id = same
            return
        if found[:1].currency_id.compare_amounts(sum(found.mapped("amount")), total):
            return
        self._share(lines, found)

    def _share(self, lines, found):
        """Give each deferred transaction lines that are as much as it is."""
        left = {one: one.amount for one in found}
        for line in lines.sorted(lambda one: (-abs(one.amount), one.id)):
            owner = max(left, key=lambda one, by=line.amount: left[one] * by)
            left[owner] -= line.amount
            line.deferral_id = owner

    def _decide(self, posting):
        """Which of the lines of each count: those deferred, or those that release.

        What is booked first is booked; before that what is deferred counts.

        :param posting: the settlement that is about to be booked, if any.
        """
        if not self:
            return
        repeated = counted = self.env["ecom.settlement.line"]
        self.line_ids.fetch(["settlement_id", "is_repeat", "payment_id"])
        for one in self:
            own = one.line_ids.filtered(
                lambda line, by=one.settlement_id: line.settlement_id == by
            )
            releases = one.line_ids - own
            booked = releases.settlement_id.filtered(lambda by: by.state == "posted")
            is_direct = not one.is_booked and (
                not own or booked or (posting and posting <= releases.settlement_id)
            )
            repeated |= own if is_direct else releases
            counted |= releases if is_direct else own
        self._mark(repeated, True)
        self._mark(counted, False)

    def _mark(self, lines, is_repeat):
        """Mark lines of settlements that are not booked yet, with their payments."""
        lines = lines.filtered(
            lambda line: (
                line.settlement_id.state == "draft" and line.is_repeat != is_repeat
            )
        )
        lines.is_repeat = is_repeat
        payments = lines.payment_id
        if is_repeat:
            payments.suggestion_ids.unlink()
            payments.write({**payments._prepare_open(), "state": "released"})
        else:
            payments.write(payments._prepare_open())

    # -- by a person -------------------------------------------------------------------

    def action_view_moves(self):
        """The journal items of this transaction."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_account_moves_all"
        )
        domain = [("id", "in", self.move_line_ids.ids)]
        return {**action, "domain": domain, "context": {}}

    def action_close(self):
        """Ask what became of the rest, and book it there."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Close the Rest"),
            "res_model": "ecom.settlement.deferral.close",
            "view_mode": "form",
            "target": "new",
            "context": {"default_deferral_id": self.id},
        }

    def _close(self, purpose, reason):
        """A person says that nothing more will be released.

        :param purpose: the account of the channel that takes the rest.
        """
        self.ensure_one()
        self.check_access("write")
        if self.currency_id.is_zero(self.residual):
            raise UserError(
                self.env._("Nothing of %(name)s is deferred any more.", name=self.name)
            )
        rest = self.residual
        self.env["ecom.settlement.booker"]._book_deferral_rest(self, purpose, reason)
        self.write({"close_reason": reason, "is_over": True})
        self.message_post(
            body=self.env._(
                "Closed: %(amount)s. %(reason)s",
                amount=self.currency_id.format(rest),
                reason=reason,
            )
        )
