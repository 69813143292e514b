from odoo import api, fields, models
from odoo.exceptions import UserError


class EcomCouponIssue(models.TransientModel):
    """Coupons of core's addon loyalty for the addressed of a campaign.

    The addon is not needed: where it is missing nobody is offered this.
    """

    _name = "ecom.coupon.issue"
    _description = "Coupons for a campaign"

    campaign_id = fields.Many2one("ecom.campaign", required=True, ondelete="cascade")
    program = fields.Selection(selection="_selection_program", required=True)
    points = fields.Float(string="Points Each", required=True, default=1)
    valid_until = fields.Date()

    @api.model
    def _selection_program(self):
        """Programs whose coupons belong to one customer."""
        if "loyalty.program" not in self.env:
            return []
        programs = self.env["loyalty.program"].search(
            [
                ("program_type", "in", ("coupons", "gift_card", "ewallet", "loyalty")),
                ("company_id", "in", (False, self.env.company.id)),
            ]
        )
        return [(str(program.id), program.name) for program in programs]

    def action_issue(self):
        """Give a coupon to everybody addressed who may be written to, once."""
        self.ensure_one()
        program = self.env["loyalty.program"].browse(int(self.program))
        self.env.flush_all()
        rows = self.env.execute_query(self.campaign_id._get_mail_partners())
        partner_ids = {row[0] for row in rows} - self._get_served(program)
        if not partner_ids:
            raise UserError(
                self.env._("Everybody addressed has a coupon of this program already.")
            )
        self.campaign_id._check_budget(len(partner_ids) * self.campaign_id.coupon_cost)
        # The program may write to its customers: only whoever may be written to.
        cards = self.env["loyalty.card"].create(
            [
                self._prepare_card(program, partner_id)
                for partner_id in sorted(partner_ids)
            ]
        )
        self.campaign_id.coupon_count += len(cards)
        self.campaign_id.message_post(
            body=self.env._(
                "%(count)s coupons of “%(program)s” were issued.",
                count=len(cards),
                program=program.name,
            )
        )
        return {"type": "ir.actions.act_window_close"}

    def _get_served(self, program):
        """Contacts that got a coupon of the program since the campaign was made."""
        cards = self.env["loyalty.card"].search(
            [
                ("program_id", "=", program.id),
                ("create_date", ">=", self.campaign_id.create_date),
            ]
        )
        return set(cards.partner_id.ids)

    def _prepare_card(self, program, partner_id):
        return {
            "program_id": program.id,
            "partner_id": partner_id,
            "points": self.points,
            "expiration_date": self.valid_until,
        }


class EcomCampaign(models.Model):
    _inherit = "ecom.campaign"

    has_coupons = fields.Boolean(compute="_compute_has_coupons")

    def _compute_has_coupons(self):
        self.has_coupons = "loyalty.card" in self.env and self.env[
            "loyalty.card"
        ].has_access("create")

    def action_issue_coupons(self):
        """Choose a program and issue its coupons."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Issue Coupons"),
            "res_model": "ecom.coupon.issue",
            "view_mode": "form",
            "context": {"default_campaign_id": self.id},
            "target": "new",
        }
