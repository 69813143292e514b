import base64
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.ecom_orders.marketplaces.base import UNREADABLE
from odoo.addons.ecom_orders.models import ecom_file_upload

from .test_file_import import ENGLISH, FileImportCommon

MONDAY = ENGLISH
TUESDAY = ENGLISH.replace("TEE,1,15.50\n", "TEE,3,46.50\n")
UNDATED = "Order number,Currency,SKU,Quantity,Line total\nU-1,USD,MUG,{},{}\n"


@tagged("post_install", "-at_install")
class TestOlderFile(FileImportCommon):
    """A file that is older than what was imported undoes nothing by itself."""

    def test_older_file_without_a_column_of_changes_changes_nothing(self):
        self.import_file(MONDAY)
        self.import_file(TUESDAY)
        wizard = self.import_file(MONDAY)
        self.assertMoney(self.orders("A-2").amount_total, 3 * 15.50)
        self.assertEqual(
            wizard.result,
            "2 orders, 0 already known, 2 older states left out, 0 rows refused",
        )

    def test_older_rows_among_new_ones_change_nothing(self):
        self.import_file(MONDAY)
        self.import_file(TUESDAY)
        extra = "A-9,2026-03-05 10:00:00,paid,USD,Gil Hale,MUG,1,10.00\n"
        self.import_file(MONDAY + extra)
        self.assertMoney(self.orders("A-2").amount_total, 3 * 15.50)
        self.assertMoney(self.orders("A-9").amount_total, 10.00)

    def test_preview_says_of_each_order_what_will_happen(self):
        self.import_file(MONDAY)
        self.import_file(TUESDAY)
        content = (
            MONDAY.splitlines(keepends=True)[0]
            + "".join(TUESDAY.splitlines(keepends=True)[1:3])  # unchanged
            + MONDAY.splitlines(keepends=True)[3]  # older
            + "A-9,2026-03-05 10:00:00,paid,USD,Gil Hale,MUG,1,10.00\n"
        )
        preview = self.open_wizard(content).preview
        self.assertEqual(
            preview["states"], {"new": 1, "changed": 0, "unchanged": 1, "older": 1}
        )
        self.assertEqual(
            [(order["number"], order["change"]) for order in preview["orders"]],
            [("A-1", "Unchanged"), ("A-2", "Older: left out"), ("A-9", "New")],
        )
        changed = content.replace("A-2,2026-03-02", "A-2,2026-03-04")
        self.assertEqual(self.open_wizard(changed).preview["states"]["changed"], 1)

    def test_person_says_that_the_older_file_is_right(self):
        self.import_file(MONDAY)
        self.import_file(TUESDAY)
        wizard = self.open_wizard(MONDAY)
        self.assertTrue(wizard.can_apply_older)
        wizard.apply_older = True
        wizard.action_import()
        self.process()
        self.assertMoney(self.orders("A-2").amount_total, 15.50)
        self.assertIn("2 older states applied again", wizard.result)
        self.import_file(TUESDAY)
        self.assertMoney(self.orders("A-2").amount_total, 15.50)

    def test_older_state_that_waits_to_be_applied_is_older_too(self):
        for content in (MONDAY, TUESDAY, MONDAY):
            self.open_wizard(content).action_import()
        self.process()
        self.assertMoney(self.orders("A-2").amount_total, 3 * 15.50)

    def test_where_orders_are_dated_the_newest_counts_without_asking(self):
        head, *rows = ENGLISH.splitlines()
        dated = "\n".join([head + ",Updated at", *(f"{r},2026-03-05" for r in rows)])
        wizard = self.open_wizard(dated)
        meanings = self.meanings(wizard)
        self.assertEqual(meanings["Updated at"], "updated_at")
        wizard.action_import()
        self.process()
        older = dated.replace("2026-03-05", "2026-03-04").replace("15.50", "99.00")
        wizard = self.open_wizard(older)
        self.assertEqual(wizard.preview["states"]["older"], 2)
        self.assertFalse(wizard.can_apply_older)
        wizard.action_import()
        self.process()
        self.assertMoney(self.orders("A-2").amount_total, 15.50)

    def test_order_without_any_date_is_known_in_another_file(self):
        first, second = UNDATED.format(1, 10), UNDATED.format(2, 20)
        with freeze_time("2026-03-01 10:00:00"):
            self.import_file(first)
        with freeze_time("2026-03-02 10:00:00"):
            self.import_file(second)
        other = first + "U-2,USD,TEE,1,15.50\n"
        with freeze_time("2026-03-03 10:00:00"):
            wizard = self.import_file(other)
        self.assertIn("1 older states left out", wizard.result)
        self.assertMoney(self.orders("U-1").amount_total, 20)
        self.assertMoney(self.orders("U-2").amount_total, 15.50)
        self.assertEqual(str(self.orders("U-1").date_order), "2026-03-01 10:00:00")

    def test_person_says_that_an_older_file_without_dates_is_right(self):
        first, second = UNDATED.format(1, 10), UNDATED.format(2, 20)
        with freeze_time("2026-03-01 10:00:00"):
            self.import_file(first)
        with freeze_time("2026-03-02 10:00:00"):
            self.import_file(second)
        with freeze_time("2026-03-03 10:00:00"):
            wizard = self.open_wizard(first)
            wizard.apply_older = True
            wizard.action_import()
            self.process()
        self.assertMoney(self.orders("U-1").amount_total, 10)
        with freeze_time("2026-03-04 10:00:00"):
            self.assertIn("1 already known", self.import_file(first).result)


@tagged("post_install", "-at_install")
class TestCorrectedRows(FileImportCommon):
    """A corrected row puts the failure of the wrong one aside, for all to see."""

    BAD = "A-3,2026-03-03 12:00:00,paid,USD,Eve Dorn,MUG,two,20.00\n"
    GOOD = BAD.replace("two", "2")

    def refused(self):
        return self.messages(("kind", "=", UNREADABLE))

    def test_corrected_row_of_the_same_order(self):
        self.import_file(ENGLISH + self.BAD)
        failed = self.refused()
        self.assertEqual((failed.state, failed.external_id), ("failed", "A-3"))
        wizard = self.import_file(ENGLISH + self.GOOD)
        self.assertEqual((failed.state, failed.reason), ("superseded", "row_corrected"))
        self.assertIn("The row was corrected", failed.explanation)
        self.assertEqual(wizard.upload_id.corrected_count, 1)
        self.assertFalse(self.messages(("state", "=", "failed")))

    def test_corrected_row_whose_order_number_was_missing(self):
        self.import_file(ENGLISH + self.GOOD.replace("A-3", ""))
        failed = self.refused()
        self.assertEqual(failed.state, "failed")
        self.import_file(ENGLISH + self.GOOD.replace("Eve", "Eva"))
        self.assertEqual(failed.state, "failed", "another row")
        self.import_file(ENGLISH + self.GOOD)
        self.assertEqual(failed.state, "superseded")

    def test_rows_of_other_orders_and_channels_stay_failed(self):
        other = self._create_channel(name="Other", provider="file", url=False)
        self.import_file(ENGLISH + self.BAD)
        self.import_file(ENGLISH)
        self.assertEqual(self.refused().state, "failed")
        mine, self.channel = self.channel, other
        self.import_file(ENGLISH + self.GOOD)
        self.channel = mine
        self.assertEqual(self.refused().state, "failed")

    def test_row_that_is_wrong_again_fails_again(self):
        self.import_file(ENGLISH + self.BAD)
        self.import_file(ENGLISH + self.GOOD)
        self.import_file(ENGLISH + self.BAD)
        self.assertEqual(self.refused().mapped("state"), ["failed"])


@tagged("post_install", "-at_install")
class TestLargeFile(FileImportCommon):
    """A large file is kept and imported in the background."""

    def setUp(self):
        super().setUp()
        self.patch(ecom_file_upload, "IMMEDIATE_ROWS", 3)
        self.patch(ecom_file_upload, "CHUNK", 2)
        self.patch(ecom_file_upload, "LEAST_CHUNKS", 1)

    def large(self, count, bad=()):
        """A file of orders ``N-0``, ``N-1``..., a row each; some cannot be read."""
        rows = [
            f"N-{n},2026-03-01 10:00:00,paid,USD,Ada Byron,MUG,"
            f"{'many' if n in bad else 1},10.00"
            for n in range(count)
        ]
        return "\n".join([ENGLISH.splitlines()[0], *rows]) + "\n"

    def run_job(self):
        with self.enter_registry_test_mode():
            self.env.ref("ecom_orders.ir_cron_process").method_direct_trigger()
        self.env.invalidate_all()

    def start(self, content, user=None):
        wizard = self.open_wizard(content, user=user)
        wizard.action_import()
        return wizard

    def test_small_file_is_imported_at_once(self):
        wizard = self.start(self.large(3))
        self.assertEqual(wizard.upload_id.state, "done")
        self.assertEqual(len(self.messages()), 3)
        self.assertFalse(self.channel.activity_ids)

    def test_large_file_waits_for_the_job_which_is_woken(self):
        before = self.env["ir.cron.trigger"].search_count([])
        wizard = self.start(self.large(5))
        self.assertEqual(wizard.result, "5 rows are imported in the background")
        self.assertEqual(wizard.upload_id.state, "requested")
        self.assertEqual(wizard.upload_id.progress, 0)
        self.assertFalse(self.messages())
        self.assertGreater(self.env["ir.cron.trigger"].search_count([]), before)

    def test_job_imports_it_and_tells_who_asked(self):
        desk = new_test_user(self.env, "desk", groups="ecom_orders.group_manager")
        upload = self.start(self.large(5, bad={3}), user=desk).upload_id.sudo()
        self.run_job()
        self.assertEqual((upload.state, upload.progress), ("done", 100))
        self.assertEqual((upload.new_count, upload.refused_count), (4, 1))
        self.assertFalse(upload.content, "the messages have it")
        self.assertEqual(len(self.orders(*(f"N-{n}" for n in range(5)))), 4)
        told = self.channel.activity_ids.filtered(lambda a: a.user_id == desk)
        self.assertIn("4 orders, 0 already known, 1 rows refused", told.note)
        [refused] = self.messages(("kind", "=", UNREADABLE))
        self.assertIn("Line 5, column “Quantity”: not a number", refused.explanation)
        text = base64.b64decode(upload.refused_file).decode("utf-8-sig")
        self.assertIn("N-3", text)
        self.assertIn("Quantity: not a number", text)

    def test_interrupted_job_goes_on_where_it_stopped(self):
        upload = self.start(self.large(5, bad={0})).upload_id.sudo()
        time_is_over = patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *_a, **_k: 0
        )
        with time_is_over:
            self.assertFalse(upload._read_guarded())
        self.assertEqual((upload.state, upload.rows_read), ("running", 2))
        self.assertEqual(upload.progress, 100 * 2 / 5)
        self.run_job()
        self.assertEqual(upload.state, "done")
        self.assertEqual((upload.new_count, upload.refused_count), (4, 1))
        self.assertIn("N-0", base64.b64decode(upload.refused_file).decode())

    def test_file_whose_time_is_over_wakes_the_job_and_lets_messages_pass(self):
        self.start(self.large(5))
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search_count([])
        with patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *_a, **_k: 0
        ):
            self.inbox._cron_process()
        self.assertGreater(triggers.search_count([]), before)
        self.assertTrue(self.messages(("state", "=", "done")), "some were applied")

    def test_file_that_cannot_be_read_fails_with_the_reason_and_can_be_retried(self):
        upload = self.start(self.large(5)).upload_id.sudo()
        content = upload.content
        upload.content = base64.b64encode(b"PK\x03\x04nonsense")
        self.run_job()
        self.assertEqual((upload.state, upload.reason), ("failed", "bad_file"))
        self.assertIn("could not be imported", self.channel.activity_ids.summary)
        upload.content = content
        upload.action_retry()
        self.run_job()
        self.assertEqual((upload.state, upload.new_count), ("done", 5))
        self.assertFalse(upload.reason)

    def test_one_bad_file_does_not_stop_the_next_nor_the_messages(self):
        first = self.start(self.large(5)).upload_id.sudo()
        first.content = base64.b64encode(b"PK\x03\x04nonsense")
        second = self.start(self.large(6)).upload_id.sudo()
        self.run_job()
        self.assertEqual((first.state, second.state), ("failed", "done"))
        self.assertEqual(self.orders("N-5").state, "sale")

    def test_same_large_file_again_changes_nothing(self):
        self.start(self.large(5))
        self.run_job()
        upload = self.start(self.large(5)).upload_id.sudo()
        self.run_job()
        self.assertEqual((upload.new_count, upload.unchanged_count), (0, 5))

    def test_refused_rows_are_dropped_with_the_contents_of_messages(self):
        with freeze_time("2026-01-01 10:00:00"):
            upload = self.start(self.large(3, bad={1})).upload_id.sudo()
        self.assertTrue(upload.refused_file)
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 1)
        with freeze_time("2026-05-01 10:00:00"):  # 120 days later
            self.channel._drop_contents()
            self.assertTrue(upload.refused_file)
            self.channel.keep_days = 119
            self.channel._drop_contents()
        self.assertFalse(upload.refused_file)
        self.assertEqual(upload.refused_count, 1, "the counts stay")

    def test_nobody_writes_uploads_by_hand(self):
        desk = new_test_user(self.env, "desk", groups="ecom_orders.group_user")
        upload = self.start(self.large(2)).upload_id
        with self.assertRaises(AccessError):
            upload.with_user(desk).write({"state": "requested"})
        with self.assertRaises(AccessError):
            self.env["ecom.file.upload"].with_user(desk).create(
                {"name": "x", "channel_id": self.channel.id}
            )

    def test_queries_do_not_grow_with_the_orders_of_a_chunk(self):
        self.patch(ecom_file_upload, "IMMEDIATE_ROWS", 1000)
        self.patch(ecom_file_upload, "CHUNK", 500)
        counts = []
        for count in (5, 10, 100):  # the first warms up
            wizard = self.open_wizard(self.large(count).replace("N-", f"Q{count}-"))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            wizard.action_import()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(abs(counts[2] - counts[1]), 3, counts)
