from odoo import api, fields, models
from odoo.exceptions import UserError

from ..formats.schema import Kind


class EcomChargeback(models.Model):
    """A payment that a buyer's bank took back, and what becomes of it.

    Made from the lines of settlements: what was taken, and what came back. A person
    notes that it is contested or accepted; that it is won is what the money says.
    """

    _name = "ecom.chargeback"
    _description = "Chargeback"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Dispute", required=True, readonly=True)
    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="restrict", index=True, readonly=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    order_id = fields.Many2one("sale.order", index="btree_not_null", readonly=True)
    line_ids = fields.One2many("ecom.settlement.line", "chargeback_id", readonly=True)
    date = fields.Date(string="Taken On", readonly=True)
    taken = fields.Monetary(compute="_compute_amounts", store=True)
    returned = fields.Monetary(
        string="Won Back", compute="_compute_amounts", store=True
    )
    lost = fields.Monetary(
        string="At Stake", compute="_compute_amounts", store=True, help="Not won back."
    )
    state = fields.Selection(
        [
            ("open", "To be judged"),
            ("contested", "Contested"),
            ("won", "Won"),
            ("lost", "Lost"),
        ],
        default="open",
        required=True,
        readonly=True,
        tracking=True,
        index=True,
    )
    answer_until = fields.Date(tracking=True, help="The channel's deadline.")
    user_id = fields.Many2one("res.users", string="Responsible", tracking=True)
    note = fields.Text()

    _name_uniq = models.Constraint(
        "UNIQUE(channel_id, currency_id, name)", "A dispute is there once."
    )

    @api.depends("line_ids.amount")
    def _compute_amounts(self):
        for one in self:
            amounts = one.line_ids.mapped("amount")
            one.taken = -sum(amount for amount in amounts if amount < 0)
            one.returned = sum(amount for amount in amounts if amount > 0)
            one.lost = max(one.taken - one.returned, 0.0)

    @api.model
    def _collect(self, settlement):
        """Note the chargebacks of a settlement; what comes back joins what was taken.

        One of which money came back in full is won; one that is taken again is open.
        """
        lines = self.env["ecom.settlement.line"].search(
            [
                ("settlement_id", "=", settlement.id),
                ("kind", "=", Kind.CHARGEBACK.value),
                ("chargeback_id", "=", False),
                ("is_repeat", "=", False),
            ]
        )
        groups = lines.grouped(self._get_dispute)
        known = {
            (one.name, one.currency_id): one
            for one in self.search(
                [
                    ("channel_id", "=", settlement.channel_id.id),
                    ("name", "in", [name for name, _currency in groups]),
                ]
            )
        }
        fresh = [key for key in groups if key not in known]
        made = self.create([self._prepare(settlement, groups[key]) for key in fresh])
        known.update(zip(fresh, made, strict=True))
        for key, some in groups.items():
            some.chargeback_id = known[key]
            known[key]._follow_money()

    @api.model
    def _get_dispute(self, line):
        name = line.order_ref or line.merchant_ref or line.transaction_ref or line.key
        return name, line.currency_id

    def _prepare(self, settlement, lines):
        days = [settlement._to_day(one.posted_at) for one in lines if one.posted_at]
        return {
            "name": self._get_dispute(lines[0])[0],
            "channel_id": settlement.channel_id.id,
            "currency_id": lines.currency_id.id,
            "order_id": lines.order_id[:1].id,
            "date": min(days, default=settlement._get_date()),
            "user_id": settlement.channel_id.user_id.id,
        }

    def _follow_money(self):
        for one in self:
            is_back = not one.currency_id.compare_amounts(one.lost, 0)
            if is_back and one.state != "won":
                one.state = "won"
            elif not is_back and one.state == "won":
                one.state = "open"

    def action_contest(self):
        """The channel was told that the money is ours."""
        self._check_open()
        self.state = "contested"

    def action_give_up(self):
        """It is not contested, or the dispute is lost."""
        self._check_open()
        self.state = "lost"

    def action_reopen(self):
        """It was judged by mistake."""
        self.filtered(lambda one: one.state in ("contested", "lost")).state = "open"

    def _check_open(self):
        won = self.filtered(lambda one: one.state == "won")
        if won:
            raise UserError(
                self.env._(
                    "%(names)s: the money is back already.",
                    names=", ".join(won.mapped("name")),
                )
            )

    def action_view_order(self):
        """The order that was paid."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "view_mode": "form",
        }
