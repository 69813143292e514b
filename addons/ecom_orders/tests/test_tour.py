from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestOrderDeskTour(EcomOrdersCommon, HttpCase):
    """The screens, used by a person at the order desk in a browser."""

    def test_order_desk_finds_fixes_releases_and_retries(self):
        new_test_user(
            self.env,
            "order_desk",
            password="order_desk",
            groups="ecom_orders.group_user,stock.group_stock_user",
        )
        waiting, unpaid = self.import_orders(
            woo_order(1, [woo_line(1, "NEW", 1, "5.00")], number="TOUR-SKU"),
            woo_order(
                2,
                [woo_line(1, "MUG", 1, "5.00")],
                number="TOUR-UNPAID",
                status="on-hold",
                date_paid_gmt=None,
            ),
        )
        failed = self.receive(woo_order(3, [], total="?"))
        self.process()
        self.start_tour("/odoo", "ecom_orders_order_desk", login="order_desk")
        self.assertEqual(unpaid.state, "sale")
        self.assertEqual(failed.state, "received")
        self.process()
        self.assertEqual(waiting.state, "sale")
        self.assertEqual(waiting.order_line.product_id, self.mug)


@tagged("post_install", "-at_install")
class TestOperationsTour(EcomOrdersCommon, HttpCase):
    """The screens of whoever is responsible for the channels, in a browser."""

    def test_responsible_sees_what_is_wrong_and_has_it_remedied(self):
        new_test_user(
            self.env,
            "responsible",
            password="responsible",
            groups="ecom_orders.group_manager,stock.group_stock_user",
        )
        self.channel.name = "Tour Shop"
        failed = self.receive(
            woo_order(1, [], total="?"), woo_order(2, [], total="rubbish")
        )
        self.process()
        self.patch(type(self.channel), "_ask_shop", lambda channel: (None, ""))
        certificate = self.env["ecom.completeness"].create(
            {
                "channel_id": self.channel.id,
                "day": fields.Date.today() - timedelta(days=1),
                "state": "red",
                "order_ids": [
                    Command.create({"external_id": "4711", "outcome": "missing"})
                ],
            }
        )
        self.start_tour("/odoo", "ecom_orders_operations", login="responsible")
        self.assertEqual(set(failed.mapped("state")), {"received"})
        self.assertEqual(certificate.requested, "fetch")
        begun = self.env["ecom.channel"].search([("name", "=", "My Shop")])
        self.assertEqual(begun.onboarding_step, "credentials")
        self.assertEqual(begun.api_key, "ck_tour")
