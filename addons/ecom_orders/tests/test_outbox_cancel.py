from dataclasses import replace

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces.errors import AlreadyDone
from odoo.addons.ecom_orders.marketplaces.woocommerce.client import WooCommerceConnector

from .common import woo_line, woo_order
from .fake_marketplace import DispatchCommon


@tagged("post_install", "-at_install")
class TestOutboxCancel(DispatchCommon):
    """Cancellations go both ways, and never round in a circle."""

    def setUp(self):
        super().setUp()
        self.order = self.import_orders(self.payload())

    def payload(self, **extra):
        return woo_order(1, [woo_line(1, "MUG", 2, "20.00")], **extra)

    def again(self, **extra):
        return self.import_orders(self.payload(**extra))

    def test_order_cancelled_by_a_person_is_cancelled_in_the_shop(self):
        self.order.action_cancel()
        self.send()
        self.assertEqual(self.told("cancel"), ["1"])

    def test_salesperson_without_a_role_here_can_cancel(self):
        seller = new_test_user(
            self.env,
            "seller",
            groups="sales_team.group_sale_salesman_all_leads,stock.group_stock_user",
        )
        self.order.with_user(seller).action_cancel()
        self.assertEqual(self.order.ecom_outbox_ids.kind, "cancel")

    def test_echo_of_the_cancellation_changes_nothing(self):
        self.order.action_cancel()
        self.send()
        self.again(status="cancelled", date_modified_gmt="2099-03-04T09:00:00")
        self.send()
        self.assertEqual(self.told("cancel"), ["1"])
        self.assertFalse(self.open_reasons(self.order))

    def test_order_cancelled_by_the_shop_is_not_told_the_shop(self):
        self.again(status="cancelled", date_modified_gmt="2026-03-04T09:00:00")
        self.assertEqual(self.order.state, "cancel")
        self.assertFalse(self.order.ecom_outbox_ids)

    def test_state_from_before_raises_no_alarm_while_the_shop_is_told(self):
        self.order.action_cancel()
        self.again(date_modified_gmt="2026-03-04T09:00:00")
        self.assertFalse(self.open_reasons(self.order))
        self.send()
        self.again(date_modified_gmt="2026-03-05T09:00:00")
        self.assertFalse(self.open_reasons(self.order))

    def test_order_that_lives_on_after_it_was_told_is_an_alarm(self):
        self.order.action_cancel()
        self.send()
        self.again(date_modified_gmt="2099-03-04T09:00:00")
        self.assertEqual(self.open_reasons(self.order), {"cancelled_in_odoo"})

    def test_too_late_to_cancel_is_a_notice(self):
        self.marketplace.answers["cancel"] = AlreadyDone("shipped")
        self.order.action_cancel()
        self.send()
        self.assertEqual(self.open_reasons(self.order), {"cancel_not_told"})
        self.assertEqual(self.order.ecom_outbox_ids.reason, "too_late")

    def test_channel_can_be_left_untold(self):
        self.channel.push_cancel = False
        self.order.action_cancel()
        self.assertFalse(self.order.ecom_outbox_ids)
        self.again(date_modified_gmt="2026-03-04T09:00:00")
        self.assertEqual(self.open_reasons(self.order), {"cancelled_in_odoo"})

    def test_order_revived_before_it_was_told_is_not_told(self):
        self.order.action_cancel()
        self.order.action_draft()
        self.send()
        self.assertFalse(self.told("cancel"))

    def test_order_cancelled_a_second_time_is_told_a_second_time(self):
        self.order.action_cancel()
        self.send()
        self.order.action_draft()
        self.order.action_cancel()
        self.send()
        self.assertEqual(self.told("cancel"), ["1", "1"])

    def test_cancellation_after_shipping_is_one_task_of_the_responsible(self):
        self.ship(self.order.picking_ids, tracking="T1")
        self.again(status="cancelled", date_modified_gmt="2026-03-04T09:00:00")
        self.again(status="cancelled", date_modified_gmt="2026-03-05T09:00:00")
        self.assertEqual(self.order.state, "sale")
        task = self.order.activity_ids
        self.assertEqual(len(task), 1)
        self.assertEqual(task.user_id, self.channel.user_id)

    def ask_to_cancel(self, wish=True, **extra):
        normalise = WooCommerceConnector.normalise_order
        self.patch(
            self.marketplace,
            "normalise_order",
            staticmethod(lambda p: replace(normalise(p), cancel_requested=wish)),
        )
        self.again(**{"date_modified_gmt": "2026-03-04T09:00:00", **extra})

    def test_buyers_wish_is_shown_with_the_order(self):
        self.ask_to_cancel()
        self.assertEqual(self.open_reasons(self.order), {"cancel_requested"})
        self.assertTrue(self.order.ecom_cancel_requested)
        self.assertEqual(self.order.state, "sale")

    def test_accepted_wish_cancels_here_and_there(self):
        self.channel.push_cancel = False
        self.ask_to_cancel()
        self.order.ecom_block_ids.action_accept_cancel()
        self.assertEqual(self.order.state, "cancel")
        self.assertFalse(self.order.ecom_cancel_requested)
        self.send()
        self.assertEqual(self.told("cancel"), ["1"])

    def test_refused_wish_is_not_shown_again(self):
        self.ask_to_cancel()
        self.order.action_ecom_refuse_cancel()
        self.again(date_modified_gmt="2026-03-05T09:00:00")
        self.assertFalse(self.open_reasons(self.order))
        self.assertEqual(self.order.state, "sale")

    def test_wish_that_comes_after_shipping_cannot_be_accepted(self):
        self.ship(self.order.picking_ids, tracking="T1")
        self.ask_to_cancel()
        with self.assertRaisesRegex(UserError, "shipped already"):
            self.order.action_ecom_accept_cancel()

    def test_wish_that_was_taken_back_is_gone(self):
        self.ask_to_cancel()
        self.ask_to_cancel(wish=False, date_modified_gmt="2026-03-05T09:00:00")
        self.assertFalse(self.open_reasons(self.order))

    def test_wish_of_a_cancelled_order_needs_no_answer(self):
        self.ask_to_cancel()
        self.again(status="cancelled", date_modified_gmt="2026-03-05T09:00:00")
        self.assertFalse(self.open_reasons(self.order))
