from odoo import api, fields, models
from odoo.exceptions import UserError

from ..matching.schema import Layer

LAYERS = [
    (Layer.ID.value, "Id"),
    (Layer.ID_PAYOUT.value, "Id and payout"),
    (Layer.ID_SPLIT.value, "Id, in parts"),
    (Layer.ID_FEE.value, "Id, less a fee"),
    (Layer.ID_FX.value, "Id, other currency"),
    (Layer.ID_AMOUNT_OFF.value, "Id, other amount"),
    (Layer.TYPO.value, "Id with a typing error"),
    (Layer.FEE.value, "Amount less a fee"),
    (Layer.AMOUNT.value, "Amount"),
    (Layer.GROUP.value, "Amounts that add up"),
    ("manual", "By a person"),
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

    def _accept(self, items):
        """A person says what this payment pays; booked at once when it is posted.

        :param items: open journal items of invoices or credit notes.
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
                "item_ids": [fields.Command.set(items.ids)],
                "order_id": self.order_id.id or orders[:1].id,
                "suggestion_ids": [fields.Command.clear()],
            }
        )
        if self.settlement_id.state == "posted":
            self.env["ecom.settlement.booker"]._book_later(self)

    def _check_acceptable(self, items):
        if self.state == "matched":
            raise UserError(
                self.env._(
                    "%(payment)s is matched already. Roll the settlement back to "
                    "match it anew.",
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
