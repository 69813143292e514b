from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain

from ..formats.schema import Kind
from ..matching.closing import Deferred, Event, Payout, close

ZERO = Decimal(0)
UNCOUNTED = (Kind.PAYOUT.value, Kind.MEMO.value)


def exact(value):
    """A stored amount as a decimal of at most six digits."""
    return Decimal(str(round(value or 0.0, 6))).normalize() + ZERO


class EcomSettlementClosing(models.TransientModel):
    """The closing identity of a channel and period: green, or the rows that break it.

    Computed when it is looked at, from what settlements say and what the ledger has.
    """

    _name = "ecom.settlement.closing"
    _description = "Closing Identity"

    channel_id = fields.Many2one("ecom.channel", required=True)
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    date_from = fields.Date(
        required=True, default=lambda self: fields.Date.today().replace(day=1)
    )
    date_to = fields.Date(required=True, default=fields.Date.context_today)
    is_green = fields.Boolean(compute="_compute_closing")
    opening = fields.Monetary(
        compute="_compute_closing", string="Opening Balance and Reserve"
    )
    events = fields.Monetary(compute="_compute_closing")
    payouts = fields.Monetary(compute="_compute_closing")
    closing = fields.Monetary(
        compute="_compute_closing", string="Closing Balance and Reserve"
    )
    in_transit = fields.Monetary(
        compute="_compute_closing", help="Paid by the channel, not at the bank yet."
    )
    unmatched = fields.Monetary(
        compute="_compute_closing", help="Payments that are not matched."
    )
    ledger = fields.Monetary(
        compute="_compute_closing",
        string="Unmatched by the Ledger",
        help="The balance of the clearing account, with the opposite sign.",
    )
    has_deferred = fields.Boolean(compute="_compute_closing")
    deferred_opening = fields.Monetary(
        compute="_compute_closing", string="Deferred Before"
    )
    deferred_added = fields.Monetary(
        compute="_compute_closing", string="Newly Deferred"
    )
    deferred_released = fields.Monetary(compute="_compute_closing", string="Released")
    deferred_closing = fields.Monetary(
        compute="_compute_closing",
        string="Still Deferred",
        help="The sum of the transactions that are not released.",
    )
    deferred_ledger = fields.Monetary(
        compute="_compute_closing",
        string="Deferred by the Ledger",
        help="The balance of the account of deferred proceeds.",
    )
    line_ids = fields.One2many(
        "ecom.settlement.closing.line", "closing_id", compute="_compute_closing"
    )

    @api.depends("channel_id", "currency_id", "date_from", "date_to")
    def _compute_closing(self):
        for one in self:
            result = one._close() if one._is_complete() else None
            one._show(result)

    def _is_complete(self):
        return all((self.channel_id, self.currency_id, self.date_from, self.date_to))

    def _show(self, result):
        sums = sum(result.events.values(), ZERO) if result else ZERO
        self.is_green = bool(result and result.is_green)
        self.events = float(sums)
        names = ("opening", "payouts", "closing", "in_transit", "unmatched", "ledger")
        for name in names:
            self[name] = float(getattr(result, name)) if result else 0.0
        deferred = result.deferred if result else Deferred()
        for name in ("opening", "added", "released", "closing", "ledger"):
            self[f"deferred_{name}"] = float(getattr(deferred, name))
        self.has_deferred = deferred != Deferred()
        self.line_ids = self.env["ecom.settlement.closing.line"].new_all(
            result.breaks if result else ()
        )

    # -- facts -------------------------------------------------------------------------

    def _close(self):
        """The identity of the pure part, for posted settlements of the period."""
        paying = Domain("is_deferral", "=", False)
        settlements = self._get_settlements(
            paying & Domain("ends_at", ">=", self.date_from)
        )
        before = self._get_settlements(paying & Domain("ends_at", "<", self.date_from))
        events = self._get_events(settlements)
        everything = before | settlements
        opening = self._get_left(before)
        return close(
            opening,
            opening + self._get_left(settlements),
            [*events, *self._get_kept(settlements)],
            self._get_payouts(settlements),
            unmatched=self._get_unmatched(self._get_settlements(Domain.TRUE)),
            ledger=self._get_ledger(everything),
            deferred=self._get_deferred(),
        )

    def _get_settlements(self, domain):
        until = fields.Datetime.to_datetime(self.date_to)
        end = fields.Datetime.add(until, days=1)
        return self.env["ecom.settlement"].search(
            Domain("channel_id", "=", self.channel_id.id)
            & Domain("currency_id", "=", self.currency_id.id)
            & Domain("state", "=", "posted")
            & Domain("ends_at", "<", end)
            & domain,
            order="ends_at, id",
        )

    def _get_left(self, settlements):
        """Reserves and balances that these settlements add to what is carried on."""
        taken = self._get_sum(settlements, ("reserve", "carry_over"))
        return sum((self._get_change(one) for one in settlements), ZERO) - taken

    def _get_change(self, settlement):
        """By how much a settlement changes the balance at the channel.

        What the file states as its balances counts before what its lines add up to.
        """
        if settlement.has_balances:
            return exact(settlement.closing) - exact(settlement.opening)
        return exact(settlement.total) - exact(settlement._get_payout())

    def _get_kept(self, settlements):
        """What settlements keep at the channel, as events that are carried on."""
        changes = ((one, self._get_change(one)) for one in settlements)
        return [
            Event(str(one.id), Kind.CARRY_OVER.value, -change)
            for one, change in changes
            if change
        ]

    def _get_sum(self, settlements, kinds):
        events = self._get_events(settlements)
        return sum((event.amount for event in events if event.kind in kinds), ZERO)

    def _get_events(self, settlements):
        rows = self.env["ecom.settlement.line"]._read_group(
            [
                ("settlement_id", "in", settlements.ids),
                ("kind", "not in", UNCOUNTED),
            ],
            ["settlement_id", "kind"],
            ["amount:sum"],
        )
        return [Event(str(one.id), kind, exact(total)) for one, kind, total in rows]

    def _get_payouts(self, settlements):
        """What was paid out, with what the bank got of it."""
        received = self._get_received(settlements)
        rows = []
        for one in settlements:
            amount = exact(one._get_payout())
            if amount:
                rows.append(Payout(one.name, str(one.id), amount, received.get(one)))
        return rows

    def _get_received(self, settlements):
        """Amounts of bank lines that payouts in transit were reconciled with."""
        accounts = self._get_accounts("transit")
        lines = self.env["account.move.line"].search(
            [
                ("move_id.ecom_settlement_id", "in", settlements.ids),
                ("account_id", "in", accounts.ids),
                ("parent_state", "=", "posted"),
            ]
        )
        received = defaultdict(Decimal)
        for line in lines:
            matched = line.matched_credit_ids.credit_move_id
            bank = matched.filtered("statement_line_id")
            if bank:
                total = -sum(bank.mapped("amount_currency"))
                received[line.move_id.ecom_settlement_id] += exact(total)
        return received

    def _get_unmatched(self, settlements):
        rows = self.env["ecom.settlement.payment"]._read_group(
            [
                ("settlement_id", "in", settlements.ids),
                ("state", "in", ("unmatched", "suggested")),
            ],
            [],
            ["amount:sum"],
        )
        return exact(rows[0][0])

    def _get_ledger(self, settlements):
        """What the clearing account has beyond balances that are carried on."""
        accounts = self._get_accounts("clearing")
        rows = self.env["account.move.line"]._read_group(
            [
                ("account_id", "in", accounts.ids),
                ("currency_id", "=", self.currency_id.id),
                ("parent_state", "=", "posted"),
                ("date", "<=", self._get_last_day(settlements)),
            ],
            [],
            ["amount_currency:sum"],
        )
        return self._get_carried(settlements) - exact(rows[0][0])

    def _get_deferred(self):
        """What is held back, by its transactions, and by the ledger."""
        items = self.env["account.move.line"].search_fetch(
            [
                ("ecom_deferral_id.channel_id", "=", self.channel_id.id),
                ("ecom_deferral_id.currency_id", "=", self.currency_id.id),
                ("parent_state", "=", "posted"),
                ("date", "<=", self.date_to),
            ],
            ["date", "ecom_deferral_id", "ecom_settlement_role", "amount_currency"],
        )
        sums = defaultdict(Decimal)
        for item in items:
            is_before = item.date < self.date_from
            sums[item.ecom_settlement_role, is_before] += exact(item.amount_currency)
        accounts = self._get_accounts("deferred")
        rows = self.env["account.move.line"]._read_group(
            [
                ("account_id", "in", accounts.ids),
                ("currency_id", "=", self.currency_id.id),
                ("parent_state", "=", "posted"),
                ("date", "<=", self.date_to),
            ],
            [],
            ["amount_currency:sum"],
        )
        return Deferred(
            opening=sums["deferred", True] + sums["released", True],
            added=sums["deferred", False],
            released=-sums["released", False],
            closing=self._get_still_deferred(items),
            ledger=exact(rows[0][0]),
        )

    def _get_still_deferred(self, items):
        """Each transaction as it was told, less what settlements released of it."""
        held = items.filtered(lambda one: one.ecom_settlement_role == "deferred")
        deferrals = held.ecom_deferral_id
        closed = items.filtered(
            lambda one: (
                one.ecom_settlement_role == "released"
                and one.move_id.ecom_settlement_id.is_deferral
            )
        )
        settlements = (items - closed).move_id.ecom_settlement_id
        told = self.env["ecom.settlement.line"]._read_group(
            [
                ("deferral_id", "in", deferrals.ids),
                ("settlement_id", "in", settlements.ids),
                ("is_repeat", "=", True),
            ],
            [],
            ["amount:sum"],
        )
        total = sum((exact(one.amount) for one in deferrals), ZERO)
        rest = sum((exact(one.amount_currency) for one in closed), ZERO)
        return total - exact(told[0][0]) + rest

    def action_view_deferred(self):
        """The transactions that are still deferred."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_finance_recon.ecom_settlement_deferral_action"
        )
        domain = [
            ("channel_id", "=", self.channel_id.id),
            ("currency_id", "=", self.currency_id.id),
        ]
        return {**action, "domain": domain}

    def _get_last_day(self, settlements):
        """Payouts are booked some days after the period: they belong to it."""
        days = settlements.move_ids.mapped("date")
        return max([self.date_to, *days])

    def _get_carried(self, settlements):
        """Balances that are carried on, which are on the clearing account too."""
        own = settlements.filtered(lambda one: not one.is_wallet)
        kept = sum((exact(one.total) - exact(one._get_payout()) for one in own), ZERO)
        return kept - self._get_sum(settlements, ("carry_over",))

    def _get_accounts(self, purpose):
        rows = self.channel_id.settlement_account_ids.filtered(
            lambda row: row.purpose == purpose and row.currency_id == self.currency_id
        )
        return rows.account_id


class EcomSettlementClosingLine(models.TransientModel):
    """A row that breaks the closing identity."""

    _name = "ecom.settlement.closing.line"
    _description = "Break of a Closing Identity"

    closing_id = fields.Many2one("ecom.settlement.closing", ondelete="cascade")
    identity = fields.Selection(
        [
            ("flow", "Lines and payout"),
            ("bank", "Payout and bank"),
            ("carry_over", "Carried over"),
            ("ledger", "Unmatched and clearing account"),
            ("deferred", "Deferred proceeds"),
        ]
    )
    settlement_id = fields.Many2one("ecom.settlement")
    row = fields.Char()
    expected = fields.Float(digits=(16, 2))
    found = fields.Float(digits=(16, 2))
    difference = fields.Float(digits=(16, 2))

    @api.model
    def new_all(self, breaks):
        """Rows of breaks, which are shown and never stored."""
        rows = self.browse()
        for one in breaks:
            is_settlement = one.identity == "flow" and one.row.isdigit()
            rows |= self.new(
                {
                    "identity": one.identity,
                    "settlement_id": int(one.row) if is_settlement else False,
                    "row": one.row,
                    "expected": float(one.expected or 0),
                    "found": float(one.found or 0),
                    "difference": float(one.difference or 0),
                }
            )
        return rows
