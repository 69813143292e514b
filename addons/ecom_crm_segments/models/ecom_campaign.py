from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..algorithms import uplift


class EcomCampaign(models.Model):
    """A campaign to a segment, with a group that is left out to measure the effect.

    When it starts its members are frozen, and a digest of campaign and contact decides
    who is held out. From then on the orders of both groups are compared.
    """

    _name = "ecom.campaign"
    _description = "Campaign with a hold-out group"
    _inherit = ["mail.thread"]
    _order = "date_start DESC, id DESC"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    segment_id = fields.Many2one(
        "ecom.segment",
        required=True,
        domain="[('company_id', '=', company_id)]",
        ondelete="restrict",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("done", "Done")],
        required=True,
        readonly=True,
        default="draft",
        tracking=True,
        copy=False,
    )
    hold_out_share = fields.Float(
        string="Held Out",
        default=0.1,
        tracking=True,
        help="Share of the members that is not addressed. Without such a group nobody "
        "can tell what the campaign has done.",
    )
    days = fields.Integer(
        string="Days Measured", default=30, required=True, tracking=True
    )
    confidence = fields.Float(default=0.95)
    budget = fields.Monetary()
    cap_campaigns = fields.Integer(
        string="At Most Campaigns",
        default=2,
        help="Who was addressed by so many campaigns within the days is left out of "
        "this one, and of the comparison. 0: everybody is addressed.",
    )
    cap_days = fields.Integer(string="Within Days", default=7)
    capped_count = fields.Integer(
        string="Left in Peace",
        readonly=True,
        copy=False,
        help="Members who were addressed often enough lately.",
    )
    date_start = fields.Datetime(string="Start", readonly=True, copy=False)
    date_end = fields.Datetime(
        string="End", compute="_compute_date_end", store=True, copy=False
    )
    mailing_list_id = fields.Many2one("mailing.list", readonly=True, copy=False)
    member_ids = fields.One2many("ecom.campaign.member", "campaign_id", readonly=True)
    expected_people = fields.Integer(
        string="Members Now", related="segment_id.member_count"
    )
    smallest_uplift = fields.Float(
        string="Smallest Effect Seen",
        compute="_compute_smallest_uplift",
        help="Additional share of buyers that a campaign of this size can show with a "
        "chance of 80 %, if one of twenty members would buy anyway.",
    )
    treated_count = fields.Integer(string="Addressed", readonly=True, copy=False)
    control_count = fields.Integer(string="Left Out", readonly=True, copy=False)
    treated_share = fields.Float(string="Buyers Addressed", readonly=True, copy=False)
    control_share = fields.Float(string="Buyers Left Out", readonly=True, copy=False)
    uplift = fields.Float(string="Additional Buyers", readonly=True, copy=False)
    uplift_low = fields.Float(string="From", readonly=True, copy=False)
    uplift_high = fields.Float(string="To", readonly=True, copy=False)
    revenue_uplift = fields.Monetary(
        string="Additional Revenue per Head", readonly=True, copy=False
    )
    revenue_uplift_low = fields.Monetary(
        string="Revenue From", readonly=True, copy=False
    )
    revenue_uplift_high = fields.Monetary(
        string="Revenue To", readonly=True, copy=False
    )
    additional_revenue = fields.Monetary(readonly=True, copy=False)
    result = fields.Text(compute="_compute_result")
    measured_date = fields.Datetime(string="Measured On", readonly=True, copy=False)

    _share_valid = models.Constraint(
        "CHECK(hold_out_share >= 0 AND hold_out_share < 1)",
        "Between none and nearly all members can be held out.",
    )
    _days_positive = models.Constraint(
        "CHECK(days > 0)", "The effect is measured over one day at least."
    )
    _confidence_valid = models.Constraint(
        "CHECK(confidence > 0 AND confidence < 1)",
        "A confidence lies between 0 and 100 %.",
    )

    @api.depends("date_start", "days")
    def _compute_date_end(self):
        for campaign in self:
            start = campaign.date_start
            campaign.date_end = start and start + timedelta(days=campaign.days)

    @api.depends("segment_id.member_count", "hold_out_share", "confidence")
    def _compute_smallest_uplift(self):
        for campaign in self:
            people, share = campaign.segment_id.member_count, campaign.hold_out_share
            campaign.smallest_uplift = (
                uplift.smallest_uplift(people, 0.05, share, campaign.confidence)
                if people and 0 < share < 1
                else 0
            )

    # -- start -------------------------------------------------------------------------

    def action_start(self):
        """Freeze the members, decide who is held out, fill the mailing list."""
        for campaign in self:
            if campaign.state != "draft":
                raise UserError(
                    self.env._("The campaign “%s” has started already.", campaign.name)
                )
            campaign._freeze_members()
            if not campaign.mailing_list_id:
                campaign.mailing_list_id = self.env["mailing.list"].create(
                    {"name": campaign.name}
                )
            self.env["ecom.segment"]._subscribe(
                campaign.mailing_list_id, campaign._get_mail_partners()
            )
            campaign.write({"state": "running", "date_start": fields.Datetime.now()})
        return True

    def _freeze_members(self):
        """Write down who is addressed and who is held out."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id, %s FROM ecom_segment_membership s "
                "WHERE segment_id = %s AND date_left IS NULL ORDER BY partner_id",
                self._get_capped(),
                self.segment_id.id,
            )
        )
        if not rows:
            raise UserError(
                self.env._(
                    "The segment “%s” has no members. Update it first.",
                    self.segment_id.name,
                )
            )
        partner_ids = [partner_id for partner_id, capped in rows if not capped]
        if not partner_ids:
            raise UserError(
                self.env._(
                    "All members of the segment “%s” were addressed often enough "
                    "lately. Wait some days, or allow more campaigns.",
                    self.segment_id.name,
                )
            )
        # The same whoever starts it: the record names the campaign.
        held_out = [
            uplift.is_held_out(
                f"ecom.campaign,{self.id}", str(key), self.hold_out_share
            )
            for key in partner_ids
        ]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ecom_campaign_member
                       (campaign_id, company_id, partner_id, held_out)
                SELECT %s, %s, d.partner_id, d.held_out
                  FROM unnest(%s::int[], %s::bool[]) AS d(partner_id, held_out)
                    ON CONFLICT (campaign_id, partner_id) DO NOTHING
                """,
                self.id,
                self.company_id.id,
                partner_ids,
                held_out,
            )
        )
        self.env["ecom.campaign.member"].invalidate_model()
        self.write(
            {
                "treated_count": len(held_out) - sum(held_out),
                "control_count": sum(held_out),
                "capped_count": len(rows) - len(partner_ids),
            }
        )

    def _get_capped(self):
        """SQL: member ``s`` was addressed by enough campaigns lately."""
        if self.cap_campaigns <= 0:
            return SQL("FALSE")
        return SQL(
            """
            (SELECT count(*)
               FROM ecom_campaign_member o
               JOIN ecom_campaign c ON c.id = o.campaign_id
              WHERE o.partner_id = s.partner_id AND NOT o.held_out
                AND c.company_id = %s AND c.date_start >= %s) >= %s
            """,
            self.company_id.id,
            fields.Datetime.now() - timedelta(days=self.cap_days),
            self.cap_campaigns,
        )

    def _get_mail_partners(self):
        """Addressed members who may be written to: SQL of id, name, e-mail."""
        return SQL(
            """
            SELECT p.id, p.name, p.email, p.email_normalized
              FROM ecom_campaign_member m
              JOIN res_partner p ON p.id = m.partner_id
             WHERE m.campaign_id = %s AND NOT m.held_out AND p.active
               AND p.email_normalized IS NOT NULL AND %s
            """,
            self.id,
            self.env["ecom.rfm.setting"]._get_mail_condition(self.company_id),
        )

    def _get_ad_partners(self):
        """Addressed members: SQL of id, to be joined with who granted it."""
        return SQL(
            "SELECT partner_id AS id FROM ecom_campaign_member "
            "WHERE campaign_id = %s AND NOT held_out",
            self.id,
        )

    def action_export_audience(self):
        """Choose an ad platform and download the file for it."""
        self.ensure_one()
        return self.env["ecom.ad.export"]._open(self)

    # -- measuring ---------------------------------------------------------------------

    def action_measure(self):
        """Compare both groups now."""
        for campaign in self.filtered(lambda c: c.state != "draft"):
            campaign._measure()
        return True

    @api.model
    def _cron_measure(self):
        """Daily: measure running campaigns, end those whose time is over."""
        for campaign in self.search([("state", "=", "running")]):
            campaign._measure()
            if campaign.date_end <= fields.Datetime.now():
                campaign.state = "done"

    def _measure(self):
        """Write the effect on buyers and on revenue per head."""
        self.ensure_one()
        arms = self._read_arms()
        treated, control = arms[False], arms[True]
        effect = uplift.measure(treated, control, self.confidence)
        revenue = effect.revenue or uplift.Interval(0, 0, 0)
        total = effect.additional_revenue or uplift.Interval(0, 0, 0)
        self.write(
            {
                "treated_count": treated.people,
                "control_count": control.people,
                "treated_share": treated.share,
                "control_share": control.share,
                "uplift": effect.buyers.effect if control.people else 0,
                "uplift_low": effect.buyers.low,
                "uplift_high": effect.buyers.high,
                "revenue_uplift": revenue.effect,
                "revenue_uplift_low": revenue.low,
                "revenue_uplift_high": revenue.high,
                "additional_revenue": total.effect,
                "measured_date": fields.Datetime.now(),
            }
        )

    def _read_arms(self):
        """People, buyers and revenue of both groups, by whether they were held out."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                WITH revenue AS (
                    SELECT p.commercial_partner_id AS partner_id,
                           sum(o.amount_untaxed
                               / COALESCE(NULLIF(o.currency_rate, 0), 1)) AS amount
                      FROM sale_order o
                      JOIN res_partner p ON p.id = o.partner_id
                     WHERE o.state = 'sale' AND o.company_id = %(company)s
                       AND o.date_order >= %(start)s AND o.date_order < %(end)s
                     GROUP BY 1
                )
                SELECT m.held_out,
                       count(*),
                       count(r.amount),
                       COALESCE(sum(r.amount), 0)::float8,
                       COALESCE(sum(r.amount * r.amount), 0)::float8
                  FROM ecom_campaign_member m
                  LEFT JOIN revenue r ON r.partner_id = m.partner_id
                 WHERE m.campaign_id = %(campaign)s
                 GROUP BY m.held_out
                """,
                company=self.company_id.id,
                start=self.date_start,
                end=self.date_end,
                campaign=self.id,
            )
        )
        arms = {held_out: uplift.Arm(*figures) for held_out, *figures in rows}
        return {held: arms.get(held, uplift.Arm(0, 0)) for held in (False, True)}

    @api.depends(
        "measured_date", "uplift", "uplift_low", "uplift_high", "control_count"
    )
    def _compute_result(self):
        for campaign in self:
            campaign.result = campaign._explain() if campaign.measured_date else False

    def _explain(self):
        """The effect in words."""
        if not self.control_count:
            return self.env._(
                "Nobody was held out, so nobody can tell what the campaign has done."
            )
        values = {
            "effect": f"{self.uplift:+.2%}",
            "low": f"{self.uplift_low:+.2%}",
            "high": f"{self.uplift_high:+.2%}",
            "confidence": f"{self.confidence:.0%}",
        }
        if self.uplift_low > 0:
            return self.env._(
                "The campaign won buyers: %(effect)s of those addressed, between "
                "%(low)s and %(high)s with a confidence of %(confidence)s.",
                **values,
            )
        if self.uplift_high < 0:
            return self.env._(
                "The campaign cost buyers: %(effect)s of those addressed, between "
                "%(low)s and %(high)s with a confidence of %(confidence)s.",
                **values,
            )
        return self.env._(
            "No effect is proven: %(effect)s buyers, but anything between %(low)s and "
            "%(high)s is possible with a confidence of %(confidence)s. More members or "
            "a larger group that is held out would tell more.",
            **values,
        )
