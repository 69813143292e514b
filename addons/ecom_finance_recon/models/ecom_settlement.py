from collections import Counter

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools.misc import format_date

from ..booking import group_payments
from ..formats import FORMATS, Kind
from ..formats.base import WALLET
from .ecom_settlement_matcher import DECIDED

BLOCKING = ("not_paid_out", "payout_failed")


class EcomSettlement(models.Model):
    """A settlement or payout of a channel in one currency, as its file tells it.

    Read, matched, then posted as one entry (or one for each month). One that does not
    close to its control total is kept and shown with the difference, never posted.
    """

    _name = "ecom.settlement"
    _description = "Settlement"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "ends_at desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Settlement", required=True, readonly=True)
    file_id = fields.Many2one(
        "ecom.settlement.file", required=True, ondelete="restrict", readonly=True
    )
    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="restrict", index=True, readonly=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    company_rate = fields.Float(
        compute="_compute_company_rate",
        store=True,
        digits=0,
        help="From its currency to the company's, on the day that it is booked.",
    )
    identity = fields.Char(required=True, readonly=True)
    format = fields.Char(string="Format Code", readonly=True)
    format_name = fields.Char(string="Format", compute="_compute_format_name")
    is_wallet = fields.Boolean(
        readonly=True, help="An account with a running balance, not a payout."
    )
    is_deferral = fields.Boolean(
        string="Deferred", readonly=True, help="What the channel holds back: no payout."
    )
    reference = fields.Char(string="Payout", readonly=True)
    account = fields.Char(string="Account at the Channel", readonly=True)
    bank_account = fields.Char(readonly=True)
    starts_at = fields.Datetime(string="From", readonly=True)
    ends_at = fields.Datetime(string="To", readonly=True)
    deposit_at = fields.Datetime(string="Paid On", readonly=True)
    opening = fields.Monetary(string="Opening Balance", readonly=True)
    closing = fields.Monetary(string="Closing Balance", readonly=True)
    has_balances = fields.Boolean(readonly=True)
    total = fields.Monetary(
        string="Sum of Lines", readonly=True, tracking=True, aggregator="sum"
    )
    payout = fields.Monetary(
        string="Paid Out by Lines",
        readonly=True,
        help="What the lines name as paid out; below zero.",
    )
    declared = fields.Monetary(string="Control Total", readonly=True)
    difference = fields.Monetary(
        readonly=True, help="By how much the file misses its control total."
    )
    proof = fields.Selection(
        [
            ("closes", "Closes"),
            ("open", "Does not close"),
            ("none", "No control total"),
        ],
        readonly=True,
        required=True,
    )
    warnings = fields.Json(readonly=True)
    state = fields.Selection(
        [("draft", "To be posted"), ("blocked", "Blocked"), ("posted", "Posted")],
        default="draft",
        required=True,
        readonly=True,
        tracking=True,
        copy=False,
        index=True,
    )
    block_reason = fields.Selection(
        [
            ("open", "Does not close"),
            ("overlap", "Has lines of another settlement"),
            ("not_paid_out", "Not paid out yet"),
            ("payout_failed", "The payout failed"),
        ],
        readonly=True,
    )
    error = fields.Text(
        string="Refused", readonly=True, copy=False, help="Why it could not be posted."
    )
    line_ids = fields.One2many("ecom.settlement.line", "settlement_id")
    payment_ids = fields.One2many("ecom.settlement.payment", "settlement_id")
    part_ids = fields.One2many("ecom.settlement.part", "settlement_id")
    move_ids = fields.One2many(
        "account.move", "ecom_settlement_id", string="Entries", readonly=True
    )
    line_count = fields.Integer(compute="_compute_counts")
    payment_count = fields.Integer(compute="_compute_counts")
    open_count = fields.Integer(string="Not Matched", compute="_compute_counts")
    matched_pct = fields.Float(string="Matched (%)", compute="_compute_counts")
    unmatched_amount = fields.Monetary(compute="_compute_counts")
    claim_count = fields.Integer(compute="_compute_counts")

    _identity_uniq = models.Constraint(
        "UNIQUE(channel_id, identity)", "This settlement was imported before."
    )

    # -- computed ----------------------------------------------------------------------

    @api.depends("format")
    def _compute_format_name(self):
        for one in self:
            known = FORMATS.get(one.format or "")
            one.format_name = known.title if known else one.format

    @api.depends("currency_id", "company_id", "ends_at", "deposit_at")
    def _compute_company_rate(self):
        for one in self:
            one.company_rate = self.env["res.currency"]._get_conversion_rate(
                one.currency_id,
                one.company_id.currency_id,
                one.company_id,
                one._get_date(),
            )

    @api.depends("payment_ids.state", "line_ids")
    def _compute_counts(self):
        lines = self._count("ecom.settlement.line")
        claims = self._count("ecom.fee.claim")
        counts, amounts = {}, {}
        for one, state, count, amount in self.env[
            "ecom.settlement.payment"
        ]._read_group(
            [("settlement_id", "in", self.ids)],
            ["settlement_id", "state"],
            ["__count", "amount:sum"],
        ):
            counts.setdefault(one, Counter())[state] += count
            if state in ("unmatched", "suggested"):
                amounts[one] = amounts.get(one, 0.0) + amount
        for one in self:
            states = counts.get(one, Counter())
            judged = states.total() - states["nothing"]
            one.line_count = lines.get(one, 0)
            one.claim_count = claims.get(one, 0)
            one.payment_count = states.total()
            one.open_count = states["unmatched"] + states["suggested"]
            explained = sum(states[name] for name in DECIDED)
            one.matched_pct = 100.0 * explained / judged if judged else 100.0
            one.unmatched_amount = amounts.get(one, 0.0)

    def _count(self, model):
        return dict(
            self.env[model]._read_group(
                [("settlement_id", "in", self.ids)], ["settlement_id"], ["__count"]
            )
        )

    # -- what a file said --------------------------------------------------------------

    @api.model
    def _get_identity(self, parsed, digest):
        """What makes a settlement the same one in another file.

        :param digest: of the file: where the provider names no payout, that is all.
        """
        name = parsed.reference or digest
        if parsed.deferrals:  # a list of the moment: each one is another
            name = f"{name}/{digest}"
        return "/".join((parsed.format, parsed.account, name, parsed.currency))

    @api.model
    def _create_parsed(self, file, parsed, identity, currencies):
        """Store a parsed settlement with its lines and payments, and match it."""
        one = self.create(
            self._prepare_parsed(file, parsed, identity, currencies[parsed.currency])
        )
        payments = one._create_payments(parsed, currencies)
        one._create_lines(parsed, payments, currencies)
        if one.state == "draft":
            one._match()
            by_hand = self.env.context.get("ecom_post_by_hand")
            automatic = one.channel_id.settlement_auto_post and not by_hand
            if one.proof == "closes" and automatic:
                one.action_post()
        return one

    def _prepare_parsed(self, file, parsed, identity, currency):
        proof = {True: "closes", False: "open", None: "none"}[parsed.closes]
        reason = self._get_block_reason(file.channel_id, parsed)
        name = parsed.reference or parsed.account or file.name
        if parsed.deferrals:
            day = format_date(self.env, parsed.ends_at) if parsed.ends_at else file.name
            name = self.env._("Deferred up to %(date)s", date=day)
        return {
            "name": name,
            "file_id": file.id,
            "channel_id": file.channel_id.id,
            "currency_id": currency.id,
            "identity": identity,
            "format": parsed.format,
            "is_wallet": FORMATS[parsed.format].family == WALLET,
            "is_deferral": bool(parsed.deferrals),
            "reference": False if parsed.deferrals else parsed.reference,
            "account": parsed.account,
            "bank_account": parsed.bank_account,
            "starts_at": self._naive(parsed.starts_at),
            "ends_at": self._naive(parsed.ends_at),
            "deposit_at": self._naive(parsed.deposit_at),
            "opening": float(parsed.opening or 0),
            "closing": float(parsed.closing or 0),
            "has_balances": parsed.opening is not None and parsed.closing is not None,
            "total": float(parsed.total),
            "payout": float(parsed.payout),
            "declared": float(parsed.declared_total or 0),
            "difference": float(parsed.difference or 0),
            "proof": proof,
            "warnings": list(parsed.warnings),
            "state": "blocked" if reason else "draft",
            "block_reason": reason,
        }

    def _get_block_reason(self, channel, parsed):
        if parsed.closes is False:
            return "open"
        for warning in parsed.warnings:
            if warning in BLOCKING:
                return warning
        if parsed.deferrals:
            return False
        if self._is_known_otherwise(channel, parsed):
            return "overlap"
        keys = [line.key for line in parsed.lines]
        overlap = self.env["ecom.settlement.line"].search_count(
            [
                ("channel_id", "=", channel.id),
                ("key", "in", keys),
                ("settlement_id.format", "=", parsed.format),
                ("settlement_id.currency_id.name", "=", parsed.currency),
                ("settlement_id.state", "!=", "blocked"),
                ("settlement_id.is_deferral", "=", False),
            ],
            limit=1,
        )
        return "overlap" if overlap else False

    @api.model
    def _is_known_otherwise(self, channel, parsed):
        """Whether the same payout came before in another format: its money is told.

        The report that a person dropped, and the answer of the interface, say.
        """
        return bool(parsed.reference) and bool(
            self.search_count(
                [
                    ("channel_id", "=", channel.id),
                    ("reference", "=", parsed.reference),
                    ("format", "!=", parsed.format),
                    ("currency_id.name", "=", parsed.currency),
                    ("state", "!=", "blocked"),
                ],
                limit=1,
            )
        )

    @api.model
    def _naive(self, moment):
        """An aware time in UTC as Odoo stores it."""
        return moment and moment.replace(tzinfo=None, microsecond=0)

    def _create_payments(self, parsed, currencies):
        """Payments by the keys of their lines."""
        found = group_payments(parsed.lines)
        records = self.env["ecom.settlement.payment"].create(
            [self._prepare_payment(one, currencies) for one in found]
        )
        return {
            key: record.id
            for one, record in zip(found, records, strict=True)
            for key in one.lines
        }

    def _prepare_payment(self, payment, currencies):
        return {
            "settlement_id": self.id,
            "channel_id": self.channel_id.id,
            "company_id": self.company_id.id,
            "currency_id": currencies[payment.currency].id,
            "name": (payment.refs or (payment.key,))[0],
            "key": payment.key,
            "refs": list(payment.refs),
            "date": payment.date,
            "amount": float(payment.amount),
            "withheld": float(payment.withheld),
            "original_amount": float(payment.original_amount or 0),
            "original_currency": payment.original_currency,
            "is_refund": payment.is_refund,
        }

    def _create_lines(self, parsed, payments, currencies):
        self.env["ecom.settlement.line"].create(
            [
                self._prepare_line(line, payments.get(line.key), currencies)
                for line in parsed.lines
            ]
        )

    def _prepare_line(self, line, payment_id, currencies):
        return {
            "settlement_id": self.id,
            "channel_id": self.channel_id.id,
            "company_id": self.company_id.id,
            "currency_id": currencies[line.currency].id,
            "payment_id": payment_id,
            "number": line.number,
            "key": line.key,
            "kind": line.kind.value,
            "fee": line.fee.value if line.fee else False,
            "type_code": line.type_code,
            "amount": float(line.amount),
            "amount_text": str(line.amount),
            "order_ref": line.order_ref,
            "merchant_ref": line.merchant_ref,
            "transaction_ref": line.transaction_ref,
            "sku": line.sku,
            "quantity": float(line.quantity or 0),
            "posted_at": self._naive(line.posted_at),
            "description": line.description,
            "original_amount": float(line.original_amount or 0),
            "original_currency": line.original_currency,
            "deferral_ref": line.deferral_ref or False,
            "raw": dict(line.raw),
        }

    # -- actions -----------------------------------------------------------------------

    def action_match(self):
        """Match again what is not matched; book what is posted already."""
        for one in self:
            before = one.payment_ids.filtered(lambda p: p.state == "matched")
            one._match()
            fresh = one.payment_ids.filtered(lambda p: p.state == "matched") - before
            if one.state == "posted" and fresh:
                self.env["ecom.settlement.booker"]._book_later(fresh)
        return True

    def _match(self, posting=False):
        """Match with the open items, then compare the fees with the rate card.

        :param posting: whether they are about to be booked.
        """
        for one in self:
            self.env["ecom.settlement.deferral"]._link(one, posting)
            self.env["ecom.settlement.matcher"]._match(one)
            self.env["ecom.settlement.matcher"]._link_lines(one)
            self.env["ecom.settlement.deferral"]._note_orders(one)
            self.env["ecom.chargeback"]._collect(one)
            self.env["ecom.fee.claim"]._audit(one)

    def action_post(self):
        """Post each as a whole, or not at all; a refusal is told on the record."""
        for one in self:
            try:
                with self.env.cr.savepoint():
                    one._check_postable()
                    one._match(posting=True)
                    self.env["ecom.settlement.booker"]._book(one)
                    one.write({"state": "posted", "error": False})
            except (UserError, ValidationError, AccessError) as error:
                self.env.invalidate_all()
                one._tell_refusal(str(error))
        return True

    def _check_postable(self):
        self.ensure_one()
        if self.state == "posted":
            raise UserError(self.env._("%(name)s is posted already.", name=self.name))
        if self.proof == "open":
            raise UserError(
                self.env._(
                    "The lines of %(name)s miss its control total by %(difference)s. "
                    "Download the report again; it is not posted as it is.",
                    name=self.name,
                    difference=self.currency_id.format(self.difference),
                )
            )
        if self.state == "blocked":
            raise UserError(
                self.env._(
                    "%(name)s is blocked: %(reason)s.",
                    name=self.name,
                    reason=dict(
                        self._fields["block_reason"]._description_selection(self.env)
                    )[self.block_reason],
                )
            )

    def _tell_refusal(self, text):
        self.error = text
        self.message_post(
            body=Markup("<p>%s</p><p>%s</p>")
            % (self.env._("The settlement was not posted."), text)
        )

    def action_roll_back(self):
        """Ask why, then leave the books as they were before."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Roll Back"),
            "res_model": "ecom.settlement.roll.back",
            "view_mode": "form",
            "target": "new",
            "context": {"default_settlement_id": self.id},
        }

    def _roll_back(self, reason):
        """Undo the entries of this settlement; nothing is deleted.

        :param reason: told on the record, with who and when.
        """
        self.ensure_one()
        if self.state != "posted":
            raise UserError(self.env._("Only a posted settlement can be rolled back."))
        self._check_not_released()
        self.env["ecom.settlement.booker"]._undo(self)
        # What was joined again, or is zero by itself, has nothing to be explained.
        payments = self.payment_ids.filtered(
            lambda one: one.amount and one.state != "released"
        )
        payments.write(payments._prepare_open())
        self.state = "draft"
        self.env["ecom.settlement.deferral"]._link(self)
        self.message_post(
            body=self.env._("The settlement was rolled back: %(reason)s", reason=reason)
        )

    def _check_not_released(self):
        """What a settlement released cannot be made undone without it."""
        if not self.is_deferral:
            return
        items = self.line_ids.deferral_id.move_line_ids
        releases = items.filtered(
            lambda line: (
                line.parent_state == "posted"
                and line.ecom_settlement_role == "released"
                and line.move_id.ecom_settlement_id != self
            )
        ).move_id.ecom_settlement_id
        if releases:
            raise UserError(
                self.env._(
                    "These settlements release what was deferred here: %(names)s. Roll "
                    "them back first.",
                    names=", ".join(releases.mapped("name")),
                )
            )

    def action_match_bank(self):
        """Reconcile payouts in transit with the lines of bank statements."""
        self.env["ecom.settlement.booker"]._match_bank(self)
        return True

    def action_view_moves(self):
        """The entries of this settlement."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_journal_line"
        )
        domain = [("ecom_settlement_id", "=", self.id)]
        return {**action, "domain": domain, "context": {}}

    def action_view_lines(self):
        """The lines of the file."""
        return self._view("ecom_settlement_line_action")

    def action_view_payments(self):
        """The payments of buyers."""
        return self._view("ecom_settlement_payment_action")

    def action_view_claims(self):
        """Fees that are not those of the rate card."""
        return self._view("ecom_fee_claim_action")

    def _view(self, action):
        self.ensure_one()
        values = self.env["ir.actions.act_window"]._for_xml_id(
            f"ecom_finance_recon.{action}"
        )
        domain = [("settlement_id", "=", self.id)]
        return {**values, "domain": domain, "context": {}}

    # -- dates and amounts -------------------------------------------------------------

    def _get_date(self):
        """The day that the settlement is booked on, in the channel's time zone."""
        self.ensure_one()
        moment = self.ends_at or self.deposit_at or self.create_date
        return self._to_day(moment or fields.Datetime.now())

    def _to_day(self, moment):
        zone = self.channel_id.timezone or "UTC"
        return fields.Datetime.context_timestamp(
            self.with_context(tz=zone), moment
        ).date()

    def _get_payout(self):
        """What leaves the clearing account for the bank, positive; 0 = nothing yet.

        A wallet pays out what its lines say. Another settlement pays its total, unless
        its lines say otherwise; one below zero is carried over to the next one.
        """
        self.ensure_one()
        if self.is_deferral:
            return 0.0
        if self.is_wallet or self.payout:
            return -self.payout
        is_paid = self.reference and self.currency_id.compare_amounts(self.total, 0) > 0
        return self.total if is_paid else 0.0

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if self.move_ids:
            raise UserError(
                self.env._("A settlement with entries stays; roll it back instead.")
            )

    def _get_counted_lines(self):
        """Lines that are part of the sum; of a list only what is not told elsewhere."""
        uncounted = (Kind.PAYOUT.value, Kind.MEMO.value)
        return self.line_ids.filtered(
            lambda line: (
                line.kind not in uncounted and not (self.is_deferral and line.is_repeat)
            )
        )

    def _is_by_month(self):
        """Whether each month has an entry; what is deferred belongs to its own."""
        self.ensure_one()
        return self.is_deferral or self.channel_id.settlement_by_month
