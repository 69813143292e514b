"""Workflow: a shop that only writes files, at an address or downloaded by hand."""

import base64
import urllib.request

from e2e_common import ShopCase

from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestFileChannel(ShopCase):
    """What stands in the shop's file is what stands in Odoo."""

    shop_options = {"marketplace": "file"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in ("EUR", "GBP", "JPY", "CNY", "USD"):
            cls.env.ref(f"base.{code}").active = True

    def prepare_channel_values(self):
        return {
            **super().prepare_channel_values(),
            "provider": "file",
            "url": f"{self.shop.url}/export.csv",
        }

    def download(self, style="plain"):
        """The shop's file, as a person downloads it."""
        options = self.shop.options
        token = base64.b64encode(f"{options.key}:{options.secret}".encode())
        request = urllib.request.Request(
            f"{self.shop.url}/export.csv?style={style}",
            headers={"Authorization": f"Basic {token.decode()}"},
        )
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def open_wizard(self, content):
        """Let a downloaded file be read; the file's amounts are without tax."""
        wizard = self.env["ecom.file.import"].create(
            {
                "channel_id": self.channel.id,
                "file": base64.b64encode(content),
                "file_name": "export.csv",
            }
        )
        wizard.action_read()
        wizard.prices_include_tax = False
        wizard.action_preview()
        return wizard

    def set_up(self):
        """Tell what the columns mean, with a file of the shop."""
        wizard = self.open_wizard(self.download())
        self.assertFalse(wizard.preview["error"])
        wizard.action_save()

    def assertTotalsEqual(self):
        """Each order of the shop is one sale order with its currency and total."""
        rows = self.shop.list_orders()
        self.assertEqual(
            {
                order.ecom_external_id: (
                    order.currency_id.name,
                    order.currency_id.round(order.amount_total),
                )
                for order in self.sale_orders()
            },
            {
                str(row["number"]): (row["currency"], float(row["total"]))
                for row in rows
            },
        )
        self.assertEqual(len(self.sale_orders()), len(rows))
        self.assertFalse(self.messages(state="failed").mapped("explanation"))

    def test_file_at_an_address_is_fetched_with_the_saved_columns(self):
        self.shop.place_orders(30)
        self.set_up()
        self.connect()
        self.assertTotalsEqual()

    def test_file_that_has_not_changed_is_not_sent_again(self):
        self.shop.place_orders(3)
        self.set_up()
        self.connect()
        self.poll()
        statuses = [row["status"] for row in self.shop.requests()]
        self.assertEqual(statuses[-1], 304)
        self.assertTotalsEqual()

    def test_orders_placed_later_come_with_the_next_file(self):
        self.shop.place_orders(3)
        self.set_up()
        self.connect()
        self.shop.place_orders(4)
        self.poll()
        self.assertTotalsEqual()

    def test_file_imported_by_hand_and_fetched_is_one_set_of_orders(self):
        self.shop.place_orders(12)
        self.set_up()
        self.channel.state = "connected"
        wizard = self.open_wizard(self.download())
        wizard.action_import()
        self.process()
        self.assertTotalsEqual()
        self.poll()
        self.assertTotalsEqual()
        self.assertEqual(len(self.messages()), 12)

    def test_chinese_export_is_understood_as_suggested(self):
        self.shop.place_orders(12)
        self.channel.write({"url": False, "state": "connected"})
        wizard = self.open_wizard(self.download("chinese"))
        self.assertIn("GB 18030", wizard.found)
        wizard.timezone = "Asia/Shanghai"
        wizard.action_import()
        self.process()
        self.assertTotalsEqual()
