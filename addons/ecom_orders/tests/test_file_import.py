import base64
import csv
import io
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

from freezegun import freeze_time
from openpyxl import Workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces.base import UNREADABLE
from odoo.addons.ecom_orders.marketplaces.file import FileUnreadable
from odoo.addons.ecom_orders.marketplaces.transport import Response

from .common import EcomOrdersCommon

HEADER = "Order number,Order date,Status,Currency,Buyer name,SKU,Quantity,Line total"
ENGLISH = f"""{HEADER}
A-1,2026-03-01 10:00:00,paid,USD,Ada Byron,MUG,2,20.00
A-1,2026-03-01 10:00:00,paid,USD,Ada Byron,TEE,1,15.50
A-2,2026-03-02 11:00:00,pending,USD,Bob Crane,TEE,1,15.50
"""


def text_of(rows):
    """Rows of cells as CSV."""
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()


class FileImportCommon(EcomOrdersCommon):
    """A channel for files, without an address, that nobody has set up yet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel.unlink()
        cls.channel = cls._create_channel(
            name="Lists", provider="file", url=False, timezone="UTC"
        )

    def open_wizard(self, content, name="orders.csv", user=None):
        """Choose a file and let it be read."""
        if isinstance(content, str):
            content = content.encode()
        wizards = self.env["ecom.file.import"].with_user(user or self.env.user)
        form = Form(
            wizards.with_context(
                default_channel_id=self.channel.id, default_file_name=name
            )
        )
        form.file = base64.b64encode(content)
        wizard = form.save()
        wizard.action_read()
        return wizard

    def import_file(self, content, **options):
        """Read a file, import it as suggested, and let it be applied."""
        wizard = self.open_wizard(content, **options)
        wizard.action_import()
        self.process()
        return wizard

    def meanings(self, wizard):
        """Meaning by name of column, of those that have one."""
        lines = wizard.column_ids.filtered("meaning")
        return {line.name: line.meaning for line in lines}

    def messages(self, *domain):
        """The inbox of the channel."""
        return self.inbox.search([("channel_id", "=", self.channel.id), *domain])


@tagged("post_install", "-at_install")
class TestFileRead(FileImportCommon):
    """A file shows what it means before anything is imported."""

    def test_columns_have_values_and_a_suggestion_with_its_confidence(self):
        wizard = self.open_wizard(ENGLISH)
        quantity = wizard.column_ids.filtered(lambda c: c.name == "Quantity")
        self.assertEqual(quantity.samples, "2 · 1")
        self.assertEqual(quantity.suggestion, "line.quantity")
        self.assertEqual(quantity.meaning, "line.quantity")
        self.assertGreaterEqual(quantity.confidence, 0.9)

    def test_preview_shows_the_orders_as_they_would_be(self):
        preview = self.open_wizard(ENGLISH).preview
        self.assertEqual(preview["count"], 2)
        first = preview["orders"][0]
        self.assertEqual(first["number"], "A-1")
        self.assertEqual(first["date"], "2026-03-01 10:00")
        self.assertEqual(first["buyer"], "Ada Byron")
        self.assertEqual(first["lines"], ["2 × MUG", "1 × TEE"])
        self.assertEqual(first["total"], f"{20.00 + 15.50:.2f}")
        self.assertEqual(first["status"], "To be shipped")
        self.assertFalse(self.messages())

    def test_preview_is_shown_as_a_table(self):
        html = self.open_wizard(ENGLISH).preview_html
        self.assertIn("Ada Byron", html)
        self.assertIn("35.50", html)

    def test_orders_before_the_start_date_are_announced(self):
        self.channel.import_since = "2026-03-02 00:00:00"
        self.assertEqual(self.open_wizard(ENGLISH).preview["early"], 1)

    def test_status_words_are_listed_with_what_they_mean(self):
        wizard = self.open_wizard(ENGLISH.replace("pending", "hmm"))
        found = {line.word: line.status for line in wizard.status_ids}
        self.assertEqual(found, {"paid": "open", "hmm": False})
        wizard.status_ids.filtered(lambda s: s.word == "hmm").status = "cancelled"
        wizard.action_preview()
        self.assertEqual(wizard.preview["orders"][1]["status"], "Cancelled")

    def test_refreshing_the_preview_keeps_what_was_chosen(self):
        wizard = self.open_wizard(ENGLISH)
        with Form(wizard) as form:
            form.timezone = "Asia/Tokyo"
            with form.column_ids.edit(4) as column:  # Buyer name
                column.meaning = "ship_to.name"
            with form.constant_ids.new() as constant:
                constant.meaning = "ship_to.country"
                constant.value = "JP"
        wizard.action_preview()
        self.assertEqual(wizard.timezone, "Asia/Tokyo")
        self.assertEqual(self.meanings(wizard)["Buyer name"], "ship_to.name")
        self.assertEqual(wizard.constant_ids.value, "JP")

    def test_choices_survive_a_wrong_encoding_that_is_taken_back(self):
        wizard = self.open_wizard(ENGLISH.replace("Buyer name", "Käufer").encode())
        wizard.column_ids.filtered(
            lambda c: c.name == "Käufer"
        ).meaning = "bill_to.name"
        wizard.encoding = "cp1252"
        wizard.action_preview()
        self.assertNotIn("Käufer", wizard.column_ids.mapped("name"))
        wizard.encoding = False
        wizard.action_preview()
        self.assertEqual(self.meanings(wizard)["Käufer"], "bill_to.name")

    def test_header_stands_where_a_person_says(self):
        wizard = self.open_wizard(f"Quantity,SKU\n{ENGLISH}")
        wizard.header_line = 2
        wizard.action_preview()
        self.assertEqual(wizard.column_ids.mapped("name"), HEADER.split(","))
        wizard.action_save()
        self.assertEqual(self.channel.file_mapping["header_line"], 2)

    def test_file_that_is_no_table_is_refused_with_advice(self):
        cases = {
            b"": "Choose a file first",
            b"<!DOCTYPE html><html><body>Login</body></html>": "web page",
            b"\xd0\xcf\x11\xe0" + b"0" * 600: "Save it as XLSX",
            b"PK\x03\x04" + b"x" * 100: "damaged",
        }
        for content, advice in cases.items():
            with self.subTest(advice), self.assertRaisesRegex(UserError, advice):
                self.open_wizard(content)

    def test_file_without_an_order_number_shows_why_in_the_preview(self):
        wizard = self.open_wizard(ENGLISH)
        wizard.column_ids.filtered(lambda c: c.meaning == "number").meaning = False
        wizard.action_preview()
        self.assertIn("no column is the order number", wizard.preview["error"])
        with self.assertRaisesRegex(UserError, "no column is the order number"):
            wizard.action_import()


@tagged("post_install", "-at_install")
class TestFileEncodings(FileImportCommon):
    """Files of all the world become orders, with their characters and amounts."""

    def assertImported(self, number, total, buyer):
        order = self.orders(number).ensure_one()
        self.assertMoney(order.amount_total, total)
        self.assertEqual(order.partner_id.name, buyer)

    def test_utf_8(self):
        self.import_file(ENGLISH)
        self.assertImported("A-1", 20.00 + 15.50, "Ada Byron")
        self.assertEqual(self.orders("A-1").state, "sale")
        self.assertImported("A-2", 15.50, "Bob Crane")
        self.assertEqual(self.orders("A-2").state, "draft")

    def test_chinese_names_of_columns_in_gb18030(self):
        rows = [
            "订单编号,订单创建时间,订单状态,收货人姓名,商家编码,数量,小计".split(","),
            ["C1", "2026-03-01 18:00:00", "待发货", "王小明", "MUG", "3", "30.00"],
        ]
        wizard = self.open_wizard(text_of(rows).encode("gb18030"))
        self.assertIn("GB 18030", wizard.found)
        wizard.currency_id = self.env.ref("base.CNY")
        wizard.timezone = "Asia/Shanghai"
        self.env.ref("base.CNY").active = True
        wizard.action_import()
        self.process()
        self.assertImported("C1", 30.00, "王小明")
        self.assertEqual(self.orders("C1").currency_id.name, "CNY")
        self.assertEqual(self.orders("C1").date_order, datetime(2026, 3, 1, 18 - 8))

    def test_japanese_names_of_columns_in_cp932(self):
        self.env.ref("base.JPY").active = True
        rows = [
            "注文番号,注文日時,お届け先氏名,商品コード,数量,単価,通貨".split(","),
            ["J1", "2026/03/01 10:00", "山田 太郎", "MUG", "2", "1,200", "JPY"],
        ]
        wizard = self.open_wizard(text_of(rows).encode("cp932"))
        self.assertIn("Shift JIS", wizard.found)
        wizard.action_import()
        self.process()
        self.assertImported("J1", 2 * 1200, "山田 太郎")

    def test_german_list_in_cp1252_with_decimal_comma(self):
        self.env.ref("base.EUR").active = True
        content = (
            "Bestellnummer;Bestelldatum;Name;Artikelnummer;Menge;Einzelpreis;Währung\n"
            "D1;01.03.2026;Jürgen Groß;MUG;2;1.234,50;EUR\n"
            "D2;13.03.2026;Änne Müller;TEE;1;9,90;EUR\n"
        )
        wizard = self.open_wizard(content.encode("cp1252"))
        self.assertEqual(wizard.decimal, ",")
        self.assertEqual(wizard.date_order, "day")
        wizard.action_import()
        self.process()
        self.assertImported("D1", 2 * 1234.50, "Jürgen Groß")
        self.assertEqual(self.orders("D1").date_order.date().isoformat(), "2026-03-01")

    def test_workbook(self):
        book = Workbook()
        book.active.append(["Orders of March"])
        for row in csv.reader(io.StringIO(ENGLISH)):
            book.active.append(row)
        file = io.BytesIO()
        book.save(file)
        wizard = self.import_file(file.getvalue(), name="orders.xlsx")
        self.assertIn("workbook", wizard.found)
        self.assertIn("line 2", wizard.found)
        self.assertImported("A-1", 20.00 + 15.50, "Ada Byron")


@tagged("post_install", "-at_install")
class TestFileImport(FileImportCommon):
    """Good rows go in, bad ones are told, nothing is imported twice."""

    BAD = ENGLISH + (
        "A-3,2026-03-03 12:00:00,paid,USD,Eve Dorn,MUG,two,20.00\n"
        "A-4,someday,paid,USD,Fay Ember,MUG,1,20.00\n"
        "A-4,,paid,USD,Fay Ember,TEE,1,15.50\n"
    )

    def test_bad_rows_are_listed_with_line_column_reason_and_value(self):
        preview = self.open_wizard(self.BAD).preview
        found = [
            (row["line"], row["column"], row["reason"], row["value"])
            for row in preview["errors"]
        ]
        self.assertEqual(
            found,
            [
                (5, "Quantity", "not a number", "two"),
                (6, "Order date", "not a date that can be read", "someday"),
                (7, "Order number", "another row of the same order is wrong", "A-4"),
            ],
        )

    def test_good_rows_go_in_and_bad_ones_stand_in_the_inbox(self):
        wizard = self.import_file(self.BAD)
        self.assertEqual(wizard.result, "2 orders, 0 already known, 3 rows refused")
        self.assertEqual(len(self.orders("A-1", "A-2", "A-3", "A-4")), 2)
        refused = self.messages(("kind", "=", UNREADABLE))
        self.assertEqual(refused.mapped("state"), ["failed"] * 3)
        self.assertEqual(set(refused.mapped("reason")), {"bad_file_row"})
        self.assertTrue(
            any("Line 5, column “Quantity”: not a number (two)" in text
                for text in refused.mapped("explanation"))
        )  # fmt: skip
        self.assertTrue(self.channel.activity_ids, "somebody is told")

    def test_messages_of_a_file_are_marked_as_such(self):
        self.import_file(ENGLISH)
        self.assertEqual(set(self.messages().mapped("origin")), {"file"})

    def test_importing_the_same_file_again_changes_nothing(self):
        self.import_file(self.BAD)
        before = self.snapshot()
        wizard = self.import_file(self.BAD)
        self.assertEqual(wizard.result, "2 orders, 2 already known, 3 rows refused")
        self.assertEqual(self.snapshot(), before)

    def snapshot(self):
        """What a second import must leave alone."""
        orders = self.orders("A-1", "A-2")
        return (
            orders.read(["amount_total", "state", "write_date"]),
            self.messages().read(["state", "attempts", "processed_at"]),
        )

    def test_same_file_without_any_date_changes_nothing_later(self):
        content = "Order number,SKU,Quantity,Line total,Currency\nN-1,MUG,1,10.00,USD\n"
        with freeze_time("2026-03-01 10:00:00"):
            self.import_file(content)
        with freeze_time("2026-03-05 10:00:00"):
            wizard = self.import_file(content)
        self.assertEqual(wizard.result, "1 orders, 1 already known, 0 rows refused")
        self.assertEqual(self.orders("N-1").date_order, datetime(2026, 3, 1, 10))

    def test_changed_file_updates_the_order(self):
        self.import_file(ENGLISH)
        order = self.orders("A-2")
        wizard = self.import_file(ENGLISH.replace("TEE,1,15.50\n", "TEE,3,46.50\n"))
        self.assertEqual(wizard.result, "2 orders, 0 already known, 0 rows refused")
        self.assertEqual(self.orders("A-2"), order)
        self.assertMoney(order.amount_total, 3 * 15.50)

    def test_paid_order_of_a_later_file_is_confirmed(self):
        self.import_file(ENGLISH)
        wizard = self.import_file(ENGLISH.replace("pending", "paid"))
        self.assertEqual(wizard.result, "2 orders, 1 already known, 0 rows refused")
        self.assertEqual(self.orders("A-2").state, "sale")

    def test_refused_rows_can_be_corrected_and_imported_again(self):
        wizard = self.import_file(self.BAD)
        self.assertIn(wizard.refused_name, wizard.action_download_refused()["url"])
        text = base64.b64decode(wizard.refused_file).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        self.assertEqual(rows[0], [*HEADER.split(","), "Reason"])
        self.assertEqual([row[0] for row in rows[1:]], ["A-3", "A-4", "A-4"])
        self.assertEqual(rows[1][-1], "Quantity: not a number")
        rows[1][6] = "2"
        rows[2][1] = "2026-03-04 08:00:00"
        wizard = self.import_file(text_of(rows))
        self.assertEqual(
            wizard.result,
            "2 orders, 0 already known, 3 refused rows corrected, 0 rows refused",
        )
        self.assertMoney(self.orders("A-4").amount_total, 20.00 + 15.50)

    def test_refused_rows_can_be_downloaded_before_importing(self):
        wizard = self.open_wizard(self.BAD)
        wizard.action_download_refused()
        self.assertIn("A-3", base64.b64decode(wizard.refused_file).decode())
        self.assertFalse(self.messages())

    def test_file_for_a_channel_that_is_not_connected_waits(self):
        self.channel.state = "draft"
        wizard = self.open_wizard(ENGLISH)
        with self.assertRaisesRegex(UserError, "Connect the channel first"):
            wizard.action_import()


@tagged("post_install", "-at_install")
class TestFileTaxes(FileImportCommon):
    """A file that names its tax rate, in a column or for all rows, is not held."""

    LIST = (
        "Order number,Order date,Currency,SKU,Quantity,Line total,Shipping\n"
        "T-1,2026-03-01 10:00:00,USD,MUG,2,20.00,5.50\n"
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel.tax_policy = "create"

    def test_rate_of_a_column_is_the_tax_of_its_order_line(self):
        content = self.LIST.replace("Shipping\n", "Shipping,Tax rate\n")
        self.import_file(content.replace("5.50\n", "5.50,10\n"))
        order = self.orders("T-1")
        self.assertFalse(order.ecom_held)
        self.assertEqual(order.order_line.tax_ids.mapped("amount"), [10.0])
        self.assertMoney(order.amount_total, 20.00 + 5.50)
        self.assertMoney(order.amount_tax, round((20.00 + 5.50) / 1.1 * 0.1, 2))

    def test_one_rate_holds_for_all_rows_of_the_file(self):
        wizard = self.open_wizard(self.LIST)
        wizard.tax_rate = "10 %"
        wizard.action_import()
        self.process()
        order = self.orders("T-1")
        self.assertFalse(order.ecom_held)
        self.assertMoney(order.amount_tax, round((20.00 + 5.50) / 1.1 * 0.1, 2))
        self.assertEqual(self.open_wizard(self.LIST).tax_rate, "10")

    def test_one_column_has_the_tax_in_it_and_the_others_do_not(self):
        wizard = self.open_wizard(self.LIST)
        wizard.prices_include_tax = False
        wizard.tax_rate = "10"
        shipping = wizard.column_ids.filtered(lambda c: c.meaning == "shipping")
        shipping.tax = "included"
        wizard.action_preview()
        self.assertEqual(
            wizard.column_ids.filtered(lambda c: c.meaning == "shipping").tax,
            "included",
        )
        wizard.action_import()
        self.process()
        self.assertMoney(self.orders("T-1").amount_total, 20.00 * 1.1 + 5.50)
        again = self.open_wizard(self.LIST)
        self.assertEqual(
            {c.name: c.tax for c in again.column_ids if c.tax}, {"Shipping": "included"}
        )
        self.assertIn("with tax", self.channel.file_mapping_html)

    def test_columns_that_are_added_cannot_differ_in_tax(self):
        wizard = self.open_wizard(self.LIST)
        total, shipping = wizard.column_ids[-2:]
        shipping.meaning = total.meaning
        total.tax, shipping.tax = "included", "excluded"
        with self.assertRaisesRegex(UserError, "choose for both"):
            wizard.action_preview()

    def test_rate_that_is_no_percentage_is_told(self):
        wizard = self.open_wizard(self.LIST)
        for text in ("lots", "190", "nan"):
            wizard.tax_rate = text
            with self.subTest(text), self.assertRaisesRegex(UserError, "0 to 100"):
                wizard.action_import()


@tagged("post_install", "-at_install")
class TestFileChannel(FileImportCommon):
    """What columns mean is kept per channel, and a channel needs no address."""

    def test_saved_columns_are_used_for_the_next_file(self):
        wizard = self.open_wizard(ENGLISH)
        wizard.column_ids.filtered(lambda c: c.name == "Currency").meaning = False
        wizard.currency_id = self.usd
        wizard.action_save()
        again = self.open_wizard(ENGLISH)
        self.assertEqual(self.meanings(again), self.meanings(wizard))
        self.assertNotIn("Currency", self.meanings(again))
        self.assertEqual(again.currency_id, self.usd)

    def test_first_import_keeps_the_columns(self):
        self.import_file(ENGLISH)
        self.assertEqual(self.channel.file_mapping["columns"]["SKU"], "line.sku")

    def test_columns_are_of_one_channel_only(self):
        other = self._create_channel(name="Other", provider="file", url=False)
        self.import_file(ENGLISH)
        self.assertFalse(other.file_mapping)

    def test_channel_shows_its_columns_in_words(self):
        self.open_wizard(ENGLISH).action_save()
        html = self.channel.file_mapping_html
        self.assertIn("Buyer name", html)
        self.assertIn("Order line: quantity", html)
        self.assertIn("with tax", html)

    def test_scheduled_download_reads_the_file_as_it_was_saved(self):
        content = ENGLISH.replace("Line total", "Zzz")
        wizard = self.open_wizard(content)
        wizard.column_ids.filtered(lambda c: c.name == "Zzz").meaning = "line.total"
        wizard.action_save()
        self.channel.url = "https://files.example.com/orders.csv"
        with self.served(content):
            self.fetch()
        self.process()
        self.assertFalse(self.channel.reason)
        self.assertMoney(self.orders("A-1").amount_total, 20.00 + 15.50)

    def test_download_without_a_needed_column_is_explained(self):
        self.open_wizard(ENGLISH).action_save()
        self.channel.url = "https://files.example.com/orders.csv"
        with self.served(ENGLISH.replace("Line total", "Zzz")):
            self.fetch()
        self.assertEqual(self.channel.reason, "bad_file")
        self.assertIn("Line total", self.channel.explanation)
        self.assertIn("Export the file with it", self.channel.explanation)

    def test_file_that_has_not_changed_is_not_sent_again(self):
        self.open_wizard(ENGLISH).action_save()
        self.channel.url = "https://files.example.com/orders.csv"
        with self.served(ENGLISH) as requests:
            self.fetch()
            position = self.channel.order_cursor
            self.fetch()
        asked = [request.headers.get("If-None-Match") for request in requests]
        self.assertEqual(asked, [None, '"1"'])
        self.assertEqual(self.channel.order_cursor, position)

    def fetch(self):
        """Run the scheduled download now."""
        self.channel.next_fetch_at = False
        with self.enter_registry_test_mode():
            self.env.ref("ecom_orders.ir_cron_fetch").method_direct_trigger()
        self.env.invalidate_all()

    def served(self, content):
        """The address gives a file that has not changed since its first request."""

        def send(request):
            requests.append(request)
            known = request.headers.get("If-None-Match") == '"1"'
            body = b"" if known else content.encode()
            return Response(304 if known else 200, {"ETag": '"1"'}, body)

        requests = []
        connector = self.channel._get_connector()
        connector.transport.send = send
        return self._replaced(connector, requests)

    @contextmanager
    def _replaced(self, connector, requests):
        with patch.object(
            type(self.channel), "_get_connector", lambda _channel: connector
        ):
            yield requests

    def test_channel_without_address_connects_and_fetches_nothing(self):
        self.channel.state = "draft"
        self.channel.action_connect()
        self.assertEqual(self.channel.state, "connected")
        before = self.channel.order_cursor
        self.fetch()
        with self.enter_registry_test_mode():
            self.env.ref("ecom_orders.ir_cron_sweep").method_direct_trigger()
        self.env.invalidate_all()
        self.assertTrue(self.channel.last_success_at)
        self.assertFalse(self.channel.reason)
        self.assertFalse(self.messages())
        self.assertEqual(self.channel.order_cursor, before)

    def test_two_channels_may_be_without_address(self):
        other = self._create_channel(name="Other", provider="file", url=False)
        self.assertTrue(other)

    def test_mapping_that_makes_no_sense_is_not_kept(self):
        with self.assertRaisesRegex(UserError, "make no sense"):
            self.channel.file_mapping = {"columns": {"No": "number", "X": "nonsense"}}

    def test_file_cannot_be_imported_into_another_kind_of_channel(self):
        shop = self._create_channel(name="Shop")
        with self.assertRaisesRegex(UserError, "do not come in files"):
            self.env["ecom.file.import"].create({"channel_id": shop.id})

    def test_every_reason_has_words(self):
        mixin = self.env["ecom.reason.mixin"]
        known = set(FileUnreadable.__doc__.split("``")[1::2]) - {
            'details["reason"]', 'details["value"]'
        }  # fmt: skip
        self.assertLessEqual(known, set(mixin._get_file_texts()))


@tagged("post_install", "-at_install")
class TestFileRights(FileImportCommon):
    """Managers tell what columns mean; whoever works with orders imports."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk = new_test_user(cls.env, "desk", groups="ecom_orders.group_user")
        cls.manager = new_test_user(
            cls.env, "manager", groups="ecom_orders.group_manager"
        )
        cls.outsider = new_test_user(
            cls.env, "outsider", groups="sales_team.group_sale_salesman_all_leads"
        )

    def test_manager_sets_up_the_columns_and_imports(self):
        self.import_file(ENGLISH, user=self.manager)
        self.assertTrue(self.channel.file_mapping)
        self.assertEqual(len(self.orders("A-1", "A-2")), 2)

    def test_user_imports_a_file_that_is_read_as_saved(self):
        self.open_wizard(ENGLISH, user=self.manager).action_save()
        wizard = self.open_wizard(ENGLISH, user=self.desk)
        wizard.column_ids.filtered(lambda c: c.name == "SKU").meaning = "note"
        wizard.action_import()
        self.process()
        self.assertEqual(wizard.result, "2 orders, 0 already known, 0 rows refused")
        self.assertEqual(self.orders("A-1").order_line.product_id, self.mug + self.tee)

    def test_user_cannot_import_before_a_manager_has_set_up_the_columns(self):
        with self.assertRaisesRegex(UserError, "Ask a manager"):
            self.open_wizard(ENGLISH, user=self.desk)

    def test_user_cannot_change_what_columns_mean(self):
        self.open_wizard(ENGLISH, user=self.manager).action_save()
        wizard = self.open_wizard(ENGLISH, user=self.desk)
        with self.assertRaises(AccessError):
            wizard.action_save()
        with self.assertRaises(AccessError):
            self.channel.with_user(self.desk).action_set_up_file()

    def test_user_without_the_role_imports_nothing(self):
        with self.assertRaises(AccessError):
            self.env["ecom.file.import"].with_user(self.outsider).create(
                {"channel_id": self.channel.id}
            )

    def test_channel_of_another_company_cannot_be_imported_into(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", company.id)], limit=1
        )
        other = self._create_channel(
            name="Foreign",
            provider="file",
            url=False,
            company_id=company.id,
            warehouse_id=warehouse.id,
        )
        wizard = (
            self.env["ecom.file.import"]
            .with_user(self.desk)
            .create(
                {"channel_id": other.id, "file": base64.b64encode(ENGLISH.encode())}
            )
        )
        for action in (wizard.action_read, wizard.action_preview, wizard.action_import):
            with self.subTest(action.__name__), self.assertRaises(AccessError):
                action()
