from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models

from ..formats.currencies import unit_of
from ..formats.schema import Kind
from ..matching.audit import Charge, audit
from .ecom_fee_rate import FEES

#: what rates are applied to
BASIS = (Kind.SALE.value, Kind.SHIPPING.value, Kind.REFUND.value)


class EcomFeeClaim(models.Model):
    """A fee that is not what the rate card says, with the money at stake."""

    _name = "ecom.fee.claim"
    _description = "Fee Claim"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "at_stake desc, id"
    _rec_name = "order_ref"

    settlement_id = fields.Many2one(
        "ecom.settlement", required=True, ondelete="cascade", index=True, readonly=True
    )
    line_id = fields.Many2one("ecom.settlement.line", ondelete="cascade", readonly=True)
    channel_id = fields.Many2one(
        related="settlement_id.channel_id", store=True, index=True
    )
    company_id = fields.Many2one(related="settlement_id.company_id", store=True)
    currency_id = fields.Many2one(related="settlement_id.currency_id")
    order_ref = fields.Char(string="Order at the Channel", readonly=True)
    date = fields.Date(readonly=True)
    fee = fields.Selection(FEES, readonly=True)
    basis = fields.Monetary(readonly=True, help="What the rate is applied to.")
    expected = fields.Monetary(readonly=True)
    charged = fields.Monetary(readonly=True)
    at_stake = fields.Monetary(readonly=True, help="Positive: charged too much.")
    why = fields.Selection(
        [
            ("rate", "Not the rate of the card"),
            ("twice", "Charged twice"),
            ("not_returned", "Not given back with the refund"),
        ],
        readonly=True,
    )
    rate_name = fields.Char(string="Rate", readonly=True)
    state = fields.Selection(
        [
            ("open", "To be claimed"),
            ("claimed", "Claimed"),
            ("recovered", "Recovered"),
            ("dropped", "Dropped"),
        ],
        default="open",
        required=True,
        tracking=True,
    )

    _line_uniq = models.Constraint("UNIQUE(line_id)", "A fee is claimed once.")

    def action_claim(self):
        """It was claimed at the channel."""
        self.state = "claimed"

    def action_recover(self):
        """The channel gave it back."""
        self.state = "recovered"

    def action_drop(self):
        """It is not pursued."""
        self.state = "dropped"

    @api.model
    def _audit(self, settlement):
        """Compare the fees of a settlement with the rate card of its channel.

        Claims that a person has worked on stay as they are.
        """
        card = settlement.channel_id.fee_rate_ids._card()
        if not card.rates:
            return
        charges = self._get_charges(settlement)
        found = audit(charges, card, unit=unit_of(settlement.currency_id.name))
        mine = self.search([("settlement_id", "=", settlement.id)])
        touched = mine.filtered(lambda claim: claim.state != "open")
        (mine - touched).unlink()
        kept = set(touched.line_id.ids)
        self.create(
            [
                self._prepare_claim(settlement, claim)
                for claim in (*found.claims, *found.undercharged)
                if int(claim.charge.line) not in kept
            ]
        )

    def _get_charges(self, settlement):
        """Fees of orders, with what the buyer paid as their basis."""
        bases = defaultdict(Decimal)
        for line in settlement.line_ids:
            key = self._get_basis_key(line)
            if key and line.kind in BASIS:
                bases[key] += Decimal(line.amount_text)
        rates = settlement.channel_id.fee_rate_ids
        categories = rates._get_categories(settlement.line_ids.order_id)
        return [
            Charge(
                line=str(line.id),
                order=line.order_ref or line.merchant_ref or "",
                fee=line.fee or "",
                basis=bases[self._get_basis_key(line)],
                charged=Decimal(line.amount_text),
                currency=line.currency_id.name,
                date=line.posted_at.date() if line.posted_at else None,
                category=categories.get(line.order_id, ""),
                sku=line.sku or "",
            )
            for line in settlement.line_ids
            if line.kind == Kind.FEE.value
            and not line.is_repeat
            and bases.get(self._get_basis_key(line))
            and (not line.order_id or line.order_id in categories)
        ]

    def _get_basis_key(self, line):
        """A fee belongs to the sales of its order, event, transaction and SKU."""
        event = (line.type_code or "").split("|")[0]
        order = line.order_ref or line.merchant_ref
        return (order, event, line.transaction_ref, line.sku) if order else None

    def _prepare_claim(self, settlement, claim):
        charge = claim.charge
        return {
            "settlement_id": settlement.id,
            "line_id": int(charge.line),
            "order_ref": charge.order,
            "date": charge.date,
            "fee": charge.fee,
            "basis": float(charge.basis),
            "expected": float(claim.expected),
            "charged": float(charge.charged),
            "at_stake": float(claim.at_stake),
            "why": claim.why,
            "rate_name": claim.rate,
        }
