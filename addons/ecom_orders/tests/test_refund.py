from odoo.tests import tagged

from odoo.addons.ecom_orders.marketplaces.base import REFUND

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestRefund(EcomOrdersCommon):
    """A refund of the shop is a row at once, and has lines as soon as they are read."""

    def setUp(self):
        super().setUp()
        self.line = woo_line(1, "MUG", 2, "20.00", "10")
        self.order = self.import_orders(woo_order(1, [self.line], "10"))
        self.detail = {
            "id": 77,
            "order_id": 1,
            "amount": "11.00",
            "reason": "One was broken",
            "date_created_gmt": "2026-03-04T09:00:00",
            "line_items": [
                {
                    "id": 900,
                    "name": "Thing MUG",
                    "quantity": -1,
                    "total": "-10.00",
                    "total_tax": "-1.00",
                    "taxes": [{"id": 1, "total": "-1.00"}],
                    "meta_data": [{"key": "_refunded_item_id", "value": "1"}],
                }
            ],
        }

    def announce(self):
        self.import_orders(
            woo_order(
                1,
                [self.line],
                "10",
                date_modified_gmt="2026-03-04T09:00:00",
                refunds=[{"id": 77, "reason": "One was broken", "total": "-11.00"}],
            )
        )
        return self.order.ecom_refund_ids

    def test_announced_refund_is_a_row_with_its_amount(self):
        refund = self.announce()
        self.assertEqual(refund.amount, 11.00)
        self.assertEqual(refund.reason, "One was broken")
        self.assertFalse(refund.detailed)
        self.assertMoney(self.order.ecom_refunded, 11.00)
        self.assertEqual(self.order.state, "sale")

    def test_somebody_is_told_to_create_the_credit_note_until_it_is_done(self):
        self.announce()
        self.assertEqual(self.open_reasons(self.order), {"refund_to_credit"})
        self.assertFalse(self.order.ecom_held)
        self.order.ecom_block_ids.action_release()
        self.announce()
        self.assertFalse(self.open_reasons(self.order))

    def test_announced_twice_is_one_row(self):
        self.announce()
        self.import_orders(
            woo_order(
                1,
                [self.line],
                "10",
                date_modified_gmt="2026-03-05T09:00:00",
                refunds=[{"id": 77, "reason": "One was broken", "total": "-11.00"}],
            )
        )
        self.assertEqual(len(self.order.ecom_refund_ids), 1)

    def test_lines_are_fetched_and_point_at_the_order_lines(self):
        refund = self.announce()
        asked = []

        def fetch_refunds(order_id):
            asked.append(order_id)
            return (self.envelope(self.detail, REFUND),)

        with self.connector(fetch_refunds=fetch_refunds) as connector:
            self.patch(
                type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 100
            )
            self.channel._fetch_refunds(connector)
        self.process()
        self.assertEqual(asked, ["1"])
        self.assertTrue(refund.detailed)
        self.assertRecordValues(
            refund.line_ids,
            [
                {
                    "order_line_id": self.order.order_line.id,
                    "quantity": 1,
                    "untaxed": 10.00,
                    "tax": 1.00,
                }
            ],
        )

    def test_details_that_come_first_are_the_row(self):
        self.receive(self.detail, kind=REFUND)
        self.process()
        refund = self.announce()
        self.assertEqual(len(refund), 1)
        self.assertEqual(refund.line_ids.quantity, 1)

    def test_refund_of_an_unknown_order_is_kept_and_ignored(self):
        message = self.receive(dict(self.detail, order_id=404), kind=REFUND)
        self.process()
        self.assertEqual(message.state, "ignored")
        self.assertEqual(message.reason, "unknown_order")
