"""What campaigns may cost, and what they have cost."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, formatLang


class EcomCampaign(models.Model):
    _inherit = "ecom.campaign"

    mail_cost = fields.Monetary(
        string="Cost per Mail", help="What it costs to send one mail of the campaign."
    )
    coupon_cost = fields.Monetary(
        string="Cost per Coupon", help="What a coupon costs you, used or not."
    )
    other_cost = fields.Monetary(
        string="Other Costs", help="Texts, pictures, advertisements."
    )
    over_budget_allowed = fields.Boolean(string="May Go Beyond Budget", tracking=True)
    coupon_count = fields.Integer(string="Coupons Issued", readonly=True, copy=False)
    mail_count = fields.Integer(string="Mails Sent", compute="_compute_costs")
    planned = fields.Monetary(
        compute="_compute_costs",
        help="Other costs, and one mail to everybody who is addressed. Coupons count "
        "as soon as they are issued.",
    )
    spent = fields.Monetary(
        compute="_compute_costs",
        help="Mails that were sent, coupons that were issued; other costs from the "
        "start on.",
    )
    remaining = fields.Monetary(
        compute="_compute_remaining",
        help="What the budget leaves after what was spent.",
    )
    budget_warning = fields.Char(compute="_compute_remaining")

    _costs_not_negative = models.Constraint(
        "CHECK(mail_cost >= 0 AND coupon_cost >= 0 AND other_cost >= 0 "
        "AND budget >= 0)",
        "Costs and budgets are not negative.",
    )

    @api.depends(
        "mail_cost",
        "coupon_cost",
        "other_cost",
        "coupon_count",
        "state",
        "hold_out_share",
        "treated_count",
        "expected_people",
        "mailing_list_id",
    )
    def _compute_costs(self):
        sent = self._read_sent()
        for campaign in self:
            mails = campaign.mail_count = sent.get(campaign._origin.id, 0)
            coupons = campaign.coupon_count * campaign.coupon_cost
            other = campaign.other_cost
            if campaign.state == "draft":
                other = 0
            campaign.spent = mails * campaign.mail_cost + coupons + other
            people = max(mails, campaign._get_people())
            campaign.planned = (
                people * campaign.mail_cost + coupons + campaign.other_cost
            )

    def _get_people(self):
        """How many are addressed; before the start, how many it would be."""
        if self.state == "draft":
            return round(self.expected_people * (1 - self.hold_out_share))
        return self.treated_count

    def _read_sent(self):
        """Mails that left to the campaigns' lists, by id of the campaign."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id, count(*)
                  FROM ecom_campaign c
                  JOIN mail_mass_mailing_list_rel r
                    ON r.mailing_list_id = c.mailing_list_id
                  JOIN mailing_trace t ON t.mass_mailing_id = r.mailing_mailing_id
                 WHERE c.id = ANY(%s) AND t.sent_datetime IS NOT NULL
                 GROUP BY c.id
                """,
                self._origin.ids,
            )
        )
        return dict(rows)

    @api.depends("budget", "planned", "spent", "segment_id.budget", "segment_id.spent")
    def _compute_remaining(self):
        for campaign in self:
            campaign.remaining = campaign.budget - campaign.spent
            campaign.budget_warning = campaign._get_warning(
                campaign.planned - campaign.spent
            )

    def _get_warning(self, cost):
        """What is wrong with spending ``cost`` more, in the company's currency.

        :return: a sentence, or nothing while the budgets are kept.
        """
        left = [
            (name, budget - spent)
            for name, budget, spent in (
                (self.env._("the campaign"), self.budget, self.spent),
                (
                    self.env._("the segment"),
                    self.segment_id.budget,
                    self.segment_id.spent,
                ),
            )
            if budget
        ]
        for name, rest in left:
            if self.currency_id.compare_amounts(cost, rest) > 0:
                return self.env._(
                    "%(cost)s more are to be spent, but the budget of %(name)s leaves "
                    "%(rest)s.",
                    cost=self._format(cost),
                    name=name,
                    rest=self._format(rest),
                )
        return False

    def _format(self, amount):
        return formatLang(self.env, amount, currency_obj=self.currency_id)

    def _check_budget(self, cost):
        """Refuse to spend ``cost`` more when that goes beyond a budget.

        :raises UserError: it does, and nobody has allowed it.
        """
        self.ensure_one()
        warning = self._get_warning(cost)
        if warning and not self.over_budget_allowed:
            raise UserError(
                self.env._(
                    "%s Raise the budget, lower the costs, or tick “May Go Beyond "
                    "Budget”.",
                    warning,
                )
            )

    def action_start(self):
        for campaign in self.filtered(lambda campaign: campaign.state == "draft"):
            campaign._check_budget(campaign.planned - campaign.spent)
        return super().action_start()

    def action_make_mailing(self):
        # One mail more to everybody, whatever was sent before.
        self._check_budget(self.treated_count * self.mail_cost)
        return super().action_make_mailing()


class EcomSegment(models.Model):
    _inherit = "ecom.segment"

    currency_id = fields.Many2one(related="company_id.currency_id")
    campaign_ids = fields.One2many("ecom.campaign", "segment_id", readonly=True)
    budget = fields.Monetary(
        tracking=True, help="What all campaigns to the segment may cost together."
    )
    spent = fields.Monetary(compute="_compute_spent")
    remaining = fields.Monetary(compute="_compute_spent")

    _budget_not_negative = models.Constraint(
        "CHECK(budget >= 0)", "Costs and budgets are not negative."
    )

    @api.depends("budget", "campaign_ids.spent")
    def _compute_spent(self):
        # A campaign that is archived has cost what it has.
        campaigns = self.env["ecom.campaign"].with_context(active_test=False)
        grouped = campaigns.search([("segment_id", "in", self._origin.ids)]).grouped(
            "segment_id"
        )
        for segment in self:
            own = grouped.get(segment._origin, campaigns)
            segment.spent = sum(own.mapped("spent"))
            segment.remaining = segment.budget - segment.spent
