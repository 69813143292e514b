from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestOperationsSecurity(EcomOrdersCommon):
    """Whatever model comes to the addon: roles, companies, jobs that never fail."""

    def models(self, *, transient=False):
        return [
            model
            for name, model in self.env.items()
            if name.startswith("ecom.")
            and not model._abstract
            and model._transient == transient
        ]

    def test_every_stored_model_has_a_company_rule(self):
        for model in self.models():
            with self.subTest(model=model._name):
                rules = self.env["ir.rule"].search(
                    [("model_id.model", "=", model._name), ("global", "=", True)]
                )
                self.assertTrue(
                    any(
                        "company_ids" in domain
                        for domain in rules.mapped("domain_force")
                    )
                )

    def test_nobody_without_a_role_sees_any_of_it(self):
        outsider = new_test_user(
            self.env, "outsider7", groups="sales_team.group_sale_manager"
        )
        for model in self.models() + self.models(transient=True):
            with self.subTest(model=model._name), self.assertRaises(AccessError):
                model.with_user(outsider).check_access("read")

    def test_the_desk_cannot_change_what_the_jobs_write(self):
        desk = new_test_user(self.env, "desk8", groups="ecom_orders.group_user")
        for name in (
            "ecom.completeness",
            "ecom.completeness.line",
            "ecom.completeness.order",
            "ecom.backfill",
            "ecom.payment",
            "ecom.payment.rule",
            "ecom.erasure",
        ):
            for operation in ("create", "write", "unlink"):
                with self.subTest(model=name, operation=operation):
                    self.assertFalse(
                        self.env[name].with_user(desk).has_access(operation)
                    )

    def test_every_job_runs_to_its_end_as_the_technical_user(self):
        self.import_orders(woo_order(1, [woo_line(1, "MUG", 1, "5.00")]))
        self.channel.state = "paused"  # nothing is to leave the house in a test
        crons = self.channel._get_crons()
        self.assertIn(self.env.ref("ecom_orders.ir_cron_certify"), crons)
        for cron in crons:
            with self.subTest(cron=cron.name):
                self.assertEqual(cron.user_id, self.channel._get_technical_user())
                with self.enter_registry_test_mode():
                    cron.method_direct_trigger()
                self.assertEqual(cron.failure_count, 0)

    def test_secrets_are_not_in_the_wizards_for_others(self):
        fields = self.env["ecom.channel.onboard"]._fields
        for name in ("api_key", "api_secret"):
            self.assertTrue(fields[name].groups)
