from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import woo_line, woo_order
from .fake_marketplace import DispatchCommon

OURS = (
    "ecom.outbox.message",
    "ecom.carrier.code",
    "ecom.shipping.method",
    "ecom.return",
    "ecom.return.line",
)


@tagged("post_install", "-at_install")
class TestOutboxSecurity(DispatchCommon):
    """The roles and companies of what goes out and what comes back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk = new_test_user(cls.env, "desk", groups="ecom_orders.group_user")
        cls.manager = new_test_user(
            cls.env, "manager", groups="ecom_orders.group_manager"
        )
        cls.outsider = new_test_user(
            cls.env, "outsider", groups="stock.group_stock_manager"
        )

    def setUp(self):
        super().setUp()
        self.order = self.make_order(self.channel)

    def make_order(self, channel):
        """An order with one of everything."""
        shipping = {
            "id": 9,
            "method_id": "flat_rate",
            "method_title": "Standard",
            "total": "5.00",
            "total_tax": "0.00",
            "taxes": [],
        }
        order = self.import_orders(
            woo_order(1, [woo_line(1, "MUG", 1, "10.00")], shipping_lines=[shipping]),
            channel=channel,
        )
        carrier = self.env["delivery.carrier"].create(
            {"name": "Parcel Post", "product_id": channel.shipping_product_id.id}
        )
        self.env["ecom.carrier.code"].create(
            {"channel_id": channel.id, "carrier_id": carrier.id, "code": "PP"}
        )
        self.env["ecom.return"].create(
            {
                "order_id": order.id,
                "line_ids": [Command.create({"order_line_id": order.order_line[0].id})],
            }
        )
        self.outbox._put(
            [
                {
                    "channel_id": channel.id,
                    "kind": "cancel",
                    "key": f"cancel-{order.id}",
                    "order_id": order.id,
                    "payload": {"order_id": "1"},
                }
            ]
        )
        return order

    def test_user_without_the_role_sees_nothing(self):
        for model in OURS:
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.outsider).search([])

    def test_user_without_the_role_opens_and_validates_deliveries(self):
        picking = self.order.picking_ids.with_user(self.outsider)
        arch = picking.get_view(view_type="form")["arch"]
        self.assertNotIn("ecom_problem", arch)
        self.ship(picking, tracking="T1")
        self.assertEqual(picking.state, "done")
        self.assertEqual(len(self.parcels(self.order)), 1)

    def test_desk_reads_everything_and_changes_only_returns(self):
        for model in OURS:
            self.assertTrue(self.env[model].with_user(self.desk).search([]))
        self.order.ecom_return_ids.with_user(self.desk).carrier = "Parcel Post"
        for record in (self.order.ecom_outbox_ids, self.channel.carrier_code_ids):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(self.desk).write({"channel_id": self.channel.id})

    def test_manager_maps_carriers_both_ways(self):
        method = self.order.ecom_shipping_method_id.with_user(self.manager)
        method.carrier_id = self.channel.carrier_code_ids.carrier_id
        self.channel.carrier_code_ids.with_user(self.manager).code = "POST"
        self.assertEqual(self.order.carrier_id.name, "Parcel Post")

    def test_nobody_writes_messages_but_the_state_machine(self):
        with self.assertRaises(AccessError):
            self.order.ecom_outbox_ids.with_user(self.manager).state = "sent"

    def test_job_runs_as_the_technical_user(self):
        self.assertEqual(
            self.env.ref("ecom_orders.ir_cron_send").user_id,
            self.env.ref("ecom_orders.user_technical"),
        )

    def test_records_of_other_companies_are_invisible(self):
        abroad = self.env["res.company"].create({"name": "Abroad"})
        if not self.env["stock.warehouse"].search([("company_id", "=", abroad.id)]):
            self.env["stock.warehouse"].create(
                {"name": "Abroad", "code": "ABR", "company_id": abroad.id}
            )
        channel = self._create_channel(name="Abroad", company_id=abroad.id)
        self.make_order(channel)
        for model in OURS:
            with self.subTest(model=model):
                records = self.env[model].search([("company_id", "=", abroad.id)])
                self.assertTrue(records)
                visible = self.env[model].with_user(self.manager).search([])
                self.assertFalse(visible & records)

    def test_every_model_of_ours_has_a_company_rule(self):
        for model in OURS:
            with self.subTest(model=model):
                rules = self.env["ir.rule"].search(
                    [("model_id.model", "=", model), ("global", "=", True)]
                )
                self.assertIn("company_ids", rules.mapped("domain_force")[0])

    def test_every_form_can_be_opened(self):
        for model in (*OURS, "ecom.return.inspection", "ecom.refund", "ecom.channel"):
            with self.subTest(model=model):
                user = self.manager
                self.env[model].with_user(user).get_views([(False, "form")])
