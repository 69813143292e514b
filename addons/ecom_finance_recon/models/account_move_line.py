from odoo import fields, models


class AccountMoveLine(models.Model):
    """A line of a settlement's entry: which payment of a buyer it books."""

    _inherit = "account.move.line"

    ecom_settlement_payment_id = fields.Many2one(
        "ecom.settlement.payment",
        string="Payment in a Settlement",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
    )
    ecom_settlement_role = fields.Selection(
        [
            ("net", "What the settlement leaves"),
            ("payout", "Paid out"),
            ("carried", "Carried over from an earlier settlement"),
            ("undone", "Undone by a person"),
            ("deferred", "Deferred by the channel"),
            ("released", "Released by the channel"),
        ],
        copy=False,
        readonly=True,
    )
    ecom_deferral_id = fields.Many2one(
        "ecom.settlement.deferral",
        string="Deferred Transaction",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
    )


class AccountMove(models.Model):
    """An entry of a settlement."""

    _inherit = "account.move"

    ecom_settlement_id = fields.Many2one(
        "ecom.settlement",
        string="Settlement",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        readonly=True,
    )
