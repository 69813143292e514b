from odoo import api, fields, models
from odoo.exceptions import UserError

from ..matching.schema import Layer
from .ecom_settlement_account import PURPOSE_NAMES

LAYERS = [
    (Layer.ID.value, "Id"),
    (Layer.ID_PAYOUT.value, "Id and payout"),
    (Layer.ID_SPLIT.value, "Id, in parts"),
    (Layer.ID_FEE.value, "Id, less a fee"),
    (Layer.ID_FX.value, "Id, other currency"),
    (Layer.ID_AMOUNT_OFF.value, "Id, other amount"),
    (Layer.AFFIX.value, "Id among other words"),
    (Layer.TYPO.value, "Id with a typing error"),
    (Layer.FEE.value, "Amount less a fee"),
    (Layer.AMOUNT.value, "Amount"),
    (Layer.GROUP.value, "Amounts that add up"),
    ("manual", "By a person"),
]
#: payments that a person has still to explain
OPEN = ("unmatched", "suggested")
#: a write-off never goes where money of the channel itself is
WRITE_OFFS = [
    one
    for one in PURPOSE_NAMES
    if one[0] not in ("clearing", "wallet", "transit", "deferred")
]
REFUSALS = [
    ("ambiguous", "Several candidates"),
    ("no_candidate", "Nothing left to pay"),
    ("unknown_id", "Unknown id"),
    ("duplicate", "Said twice"),
    ("window_too_large", "Too many candidates"),
    ("amount_differs", "Another amount"),
    ("ids_contradict", "Ids contradict"),
    ("fx", "Other currency"),
    ("not_proven", "Not proven"),
]


class EcomSettlementPayment(models.Model):
    """A payment of a buyer, or a refund, in a settlement, and what it pays.

    What is not matched stays on the clearing account, so that its balance is always
    the value of what nobody has explained.
    """

    _name = "ecom.settlement.payment"
    _description = "Buyer's Payment in a Settlement"
    _order = "settlement_id desc, date, id"

    name = fields.Char(string="Order at the Channel", required=True)
    settlement_id = fields.Many2one(
        "ecom.settlement", required=True, ondelete="cascade", index=True
    )
    channel_id = fields.Many2one("ecom.channel", required=True, index=True)
    company_id = fields.Many2one("res.company", required=True)
    currency_id = fields.Many2one("res.currency", required=True)
    key = fields.Char(required=True)
    refs = fields.Json()
    date = fields.Date()
    amount = fields.Monetary()
    withheld = fields.Monetary(
        string="Tax Remitted", help="Tax that the channel keeps and remits itself."
    )
    original_amount = fields.Float()
    original_currency = fields.Char()
    is_refund = fields.Boolean(string="Refund")
    state = fields.Selection(
        [
            ("matched", "Matched"),
            ("suggested", "To be judged"),
            ("unmatched", "No candidate"),
            ("nothing", "Nothing to match"),
            ("written_off", "Written off"),
            ("released", "Deferred before"),
        ],
        default="unmatched",
        required=True,
        index=True,
        readonly=True,
    )
    layer = fields.Selection(LAYERS, readonly=True)
    score = fields.Float(digits=(3, 2), readonly=True)
    evidence = fields.Json(readonly=True)
    difference = fields.Monetary(
        readonly=True, help="The payments less the open items that they pay."
    )
    match_key = fields.Char(
        readonly=True, help="Payments with the same one pay the same items together."
    )
    refusal = fields.Selection(REFUSALS, string="Not Matched Because", readonly=True)
    order_id = fields.Many2one("sale.order", index="btree_not_null", readonly=True)
    item_ids = fields.Many2many(
        "account.move.line", string="Pays", readonly=True, copy=False
    )
    suggestion_ids = fields.One2many("ecom.settlement.suggestion", "payment_id")
    line_ids = fields.One2many("ecom.settlement.line", "payment_id")
    by_hand = fields.Boolean(
        string="Only by Hand",
        readonly=True,
        help="A person undid or split it: matching leaves it alone.",
    )
    write_off_purpose = fields.Selection(
        WRITE_OFFS,
        string="Written Off To",
        readonly=True,
        help="The account that takes what the open items do not explain.",
    )
    reason = fields.Char(readonly=True)
    split_from_id = fields.Many2one(
        "ecom.settlement.payment",
        ondelete="cascade",
        index="btree_not_null",
        readonly=True,
    )
    split_ids = fields.One2many("ecom.settlement.payment", "split_from_id")
    move_line_ids = fields.One2many(
        "account.move.line", "ecom_settlement_payment_id", string="Journal Items"
    )

    _key_uniq = models.Constraint(
        "UNIQUE(settlement_id, key)", "A settlement has each payment once."
    )

    def action_accept_best(self):
        """Accept the best suggestion of each."""
        for payment in self:
            best = payment.suggestion_ids[:1]
            if not best:
                raise UserError(
                    self.env._(
                        "There is no suggestion for %(payment)s.", payment=payment.name
                    )
                )
            best.action_accept()
        return True

    def action_open(self):
        """This payment with its suggestions."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    def action_resolve(self):
        """Find what it pays, split it or write it off."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Explain a Payment"),
            "res_model": "ecom.settlement.resolve",
            "view_mode": "form",
            "target": "new",
            "context": {"default_payment_id": self.id},
        }

    def action_undo(self):
        """Take back what was decided: a match, a write-off, or a split.

        Nothing is deleted: what is booked gets an entry against it.
        """
        for payment in self:
            payment.check_access("write")
            if payment.state in ("matched", "written_off"):
                payment._undo_match()
            elif payment.split_from_id and payment.state in OPEN:
                payment._undo_split()
            else:
                raise UserError(
                    self.env._(
                        "There is nothing to undo for %(payment)s.",
                        payment=payment.name,
                    )
                )
        return True

    def _undo_match(self):
        """This payment, and those that pay the same items with it, are open again."""
        self.ensure_one()
        together = self
        if self.match_key:
            together |= self.settlement_id.payment_ids.filtered(
                lambda one: one.state == "matched" and one.match_key == self.match_key
            )
        if self.settlement_id.state == "posted":
            self.env["ecom.settlement.booker"]._book_undo(together)
        together.write({**self._prepare_open(), "by_hand": True})
        self._tell(
            self.env._(
                "Undone: %(payments)s", payments=", ".join(together.mapped("name"))
            )
        )

    @api.model
    def _prepare_open(self):
        """Values of a payment that nobody has explained."""
        return {
            "state": "unmatched",
            "layer": False,
            "score": 0,
            "evidence": False,
            "match_key": False,
            "difference": 0,
            "refusal": False,
            "write_off_purpose": False,
            "reason": False,
            "item_ids": [fields.Command.clear()],
        }

    def _undo_split(self):
        whole = self.split_from_id
        if whole.state not in OPEN:
            raise UserError(
                self.env._(
                    "%(payment)s is explained already. Undo that first.",
                    payment=whole.name,
                )
            )
        whole.amount += self.amount
        whole.original_amount += self.original_amount
        self.write({"amount": 0, "original_amount": 0, "state": "nothing"})
        self._tell(self.env._("Joined again: %(payment)s", payment=whole.name))

    def _tell(self, text):
        """Who, when and why stands on the settlement."""
        self.settlement_id.message_post(body=text)

    def _split(self, amount):
        """Take a part of this payment, to be explained by itself.

        :param amount: of the part; its sign is the payment's.
        :return: the part.
        """
        self.ensure_one()
        self.check_access("write")
        self._check_splittable(amount)
        share = amount / self.amount
        whole = self.split_from_id or self
        part = self.create(
            {
                "settlement_id": self.settlement_id.id,
                "channel_id": self.channel_id.id,
                "company_id": self.company_id.id,
                "currency_id": self.currency_id.id,
                "name": self.name,
                "key": f"{whole.key}/{len(whole.split_ids) + 1}",
                "refs": self.refs,
                "date": self.date,
                "amount": amount,
                "original_amount": self.original_amount * share,
                "original_currency": self.original_currency,
                "is_refund": self.is_refund,
                "order_id": self.order_id.id,
                "split_from_id": whole.id,
                "by_hand": True,
            }
        )
        self.suggestion_ids.unlink()
        self.write(
            {
                "amount": self.amount - amount,
                "original_amount": self.original_amount * (1 - share),
                "state": "unmatched",
                "by_hand": True,
            }
        )
        self._tell(
            self.env._(
                "Split: %(amount)s of %(payment)s",
                amount=self.currency_id.format(amount),
                payment=self.name,
            )
        )
        return part

    def _check_splittable(self, amount):
        if self.state not in OPEN:
            raise UserError(
                self.env._(
                    "%(payment)s is explained already. Undo that first.",
                    payment=self.name,
                )
            )
        rest = self.amount - amount
        smallest = self.currency_id.rounding / 2
        if amount * self.amount <= smallest**2 or rest * self.amount <= smallest**2:
            raise UserError(
                self.env._(
                    "A part must be less than the whole, %(amount)s, and not zero.",
                    amount=self.currency_id.format(self.amount),
                )
            )
        settlement = self.settlement_id
        if settlement._is_by_month() and settlement.state != "posted":
            raise UserError(
                self.env._(
                    "This channel books by month: post the settlement first, then "
                    "split its payments."
                )
            )

    def _write_off(self, purpose, reason):
        """A person says that nothing of this is owed by a buyer.

        :param purpose: the account of the channel that takes it.
        """
        self.ensure_one()
        self.check_access("write")
        if self.state not in OPEN:
            raise UserError(
                self.env._(
                    "%(payment)s is explained already. Undo that first.",
                    payment=self.name,
                )
            )
        self.suggestion_ids.unlink()
        self.write(
            {
                "state": "written_off",
                "layer": "manual",
                "score": 1.0,
                "refusal": False,
                "write_off_purpose": purpose,
                "reason": reason,
                "evidence": {"user": self.env.user.login},
            }
        )
        if self.settlement_id.state == "posted":
            self.env["ecom.settlement.booker"]._book_later(self)
        self._tell(
            self.env._(
                "Written off: %(payment)s, %(amount)s. %(reason)s",
                payment=self.name,
                amount=self.currency_id.format(self.amount),
                reason=reason,
            )
        )

    def _accept(self, items, write_off_purpose=False, reason=False):
        """A person says what this payment pays; booked at once when it is posted.

        :param items: open journal items of invoices or credit notes.
        :param write_off_purpose: the account that takes the difference; without it the
            difference stays open.
        """
        self.ensure_one()
        self.check_access("write")
        self._check_acceptable(items)
        orders = items.move_id.line_ids.sale_line_ids.order_id
        self.write(
            {
                "state": "matched",
                "layer": "manual",
                "score": 1.0,
                "refusal": False,
                "match_key": self.key,
                "evidence": {"user": self.env.user.login},
                "difference": self.amount - self._get_open(items),
                "write_off_purpose": write_off_purpose,
                "reason": reason,
                "item_ids": [fields.Command.set(items.ids)],
                "order_id": self.order_id.id or orders[:1].id,
                "suggestion_ids": [fields.Command.clear()],
            }
        )
        if self.settlement_id.state == "posted":
            self.env["ecom.settlement.booker"]._book_later(self)
        self.env["ecom.settlement.matcher"]._link_lines(self.settlement_id)

    def _check_acceptable(self, items):
        if self.state not in OPEN:
            raise UserError(
                self.env._(
                    "%(payment)s is explained already. Undo that first.",
                    payment=self.name,
                )
            )
        if not items or any(items.mapped("reconciled")):
            raise UserError(
                self.env._("What you chose is not open any more. Match again.")
            )

    @api.model
    def _get_open(self, items):
        return sum(items.mapped("amount_residual_currency"))
