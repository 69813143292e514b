from odoo import api, fields, models

#: days that computations are kept
KEPT_DAYS = 90


class EcomReplenishmentRun(models.Model):
    """The nightly computation of a company's proposals: when, how many, what failed.

    When it fails the managers are told by an activity, once until it succeeds.
    """

    _name = "ecom.replenishment.run"
    _description = "Computation of Proposals"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "started_at"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    started_at = fields.Datetime(readonly=True)
    seconds = fields.Float(digits=(16, 1), readonly=True)
    pair_count = fields.Integer(
        string="Proposals",
        readonly=True,
        help="Pairs of product and warehouse that were computed.",
    )
    accepted_count = fields.Integer(
        string="Accepted", readonly=True, help="By itself, within the policies' limits."
    )
    state = fields.Selection(
        [("done", "Done"), ("failed", "Failed")], required=True, readonly=True
    )
    problem = fields.Text(readonly=True)

    @api.model
    def _record(self, values):
        """Keep what a computation came to; tell the managers of a first failure.

        :param values: of the row; ``problem`` when it failed.
        """
        company_id = values["company_id"]
        before = self.search([("company_id", "=", company_id)], limit=1)
        state = "failed" if values.get("problem") else "done"
        run = self.create({**values, "state": state})
        if state == "done":
            failed = [("company_id", "=", company_id), ("state", "=", "failed")]
            self.search([*failed, ("activity_ids", "!=", False)]).activity_unlink(
                ["mail.mail_activity_data_warning"]
            )
        elif before.state != "failed":
            run._tell_managers()
        return run

    def _tell_managers(self):
        """An activity for each manager of the company."""
        self.ensure_one()
        managers = self.env.ref("ecom_inventory_opt.group_manager").all_user_ids
        for user in managers.filtered(
            lambda u: not u.share and self.company_id in u.company_ids
        ):
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                user_id=user.id,
                summary=self.env._("Proposals could not be computed"),
                note=self.problem,
            )

    @api.autovacuum
    def _gc_runs(self):
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=KEPT_DAYS)
        self.search([("started_at", "<", limit)]).unlink()
