from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import EcomOrdersCommon, woo_line, woo_order


@tagged("post_install", "-at_install")
class TestStorage(EcomOrdersCommon):
    """A manager sees what this app keeps, what of it grows, and for how long."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env, "keeper", groups="ecom_orders.group_manager"
        )

    def rows(self, model=None):
        """The screen's rows of a model as the manager sees them."""
        self.env.flush_all()
        self.env.invalidate_all()
        domain = [("model", "=", model)] if model else []
        return self.env["ecom.storage.report"].with_user(self.manager).search(domain)

    def order(self, number):
        return woo_order(number, [woo_line(1, "MUG", 1, "5.00")])

    def test_rows_and_size_of_the_inbox(self):
        self.receive(self.order(1), self.order(2), self.order(3))
        row = self.rows("ecom.inbox.message")
        self.assertEqual(row.row_count, 3)
        self.env.cr.execute("SELECT pg_total_relation_size('ecom_inbox_message')")
        [(size,)] = self.env.cr.fetchall()
        self.assertAlmostEqual(row.size, size / 1024**2, places=2)
        self.assertEqual(row.label, "Message from a channel")

    def test_new_rows_are_those_of_the_last_days(self):
        old, _new = self.receive(self.order(1), self.order(2))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ecom_inbox_message SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(days=31), old.id],
        )
        row = self.rows("ecom.inbox.message")
        self.assertEqual((row.row_count, row.added_count), (2, 1))

    def test_every_table_of_ours_is_counted(self):
        self.import_orders(self.order(1))
        self.env.cr.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'ecom%'"
        )
        tables = {name for (name,) in self.env.cr.fetchall()}
        counted = {
            model._table for model in self.env["ecom.storage.report"]._get_models()
        }
        transient = {m._table for m in self.env.values() if m._transient}
        relations = {
            field.relation
            for model in self.env.values()
            for field in model._fields.values()
            if field.type == "many2many" and field.store
        }
        self.assertEqual(tables - transient - relations - counted, set())
        self.assertLessEqual(
            {"ecom.inbox.message", "ecom.channel", "ecom.buyer"},
            set(self.rows().mapped("model")),
        )

    def test_retention_that_applies_is_told(self):
        self.import_orders(self.order(1))
        self.channel.write({"keep_days": 90, "erase_buyers": True, "erase_days": 45})
        others = self.env["ecom.channel"].search([]) - self.channel
        others.write({"keep_days": 90, "erase_buyers": True, "erase_days": 45})
        self.assertIn("Contents: 90 days.", self.rows("ecom.inbox.message").retention)
        self.assertIn("data: 45 days.", self.rows("ecom.buyer").retention)
        self.assertEqual(self.rows("ecom.channel").retention, "For ever.")
        self._create_channel(name="Other", keep_days=0)
        self.assertIn(
            "Contents: up to 90 days, on some channels for ever.",
            self.rows("ecom.inbox.message").retention,
        )

    def test_other_companies_are_not_counted_and_pay_their_part_of_the_size(self):
        self.receive(self.order(1))
        alone = self.rows("ecom.inbox.message").size
        abroad = self.env["res.company"].create({"name": "Abroad"})
        channel = self._create_channel(name="Abroad", company_id=abroad.id)
        self.receive(self.order(2), self.order(3), self.order(4), channel=channel)
        row = self.rows("ecom.inbox.message")
        self.assertEqual(row.row_count, 1)
        self.assertAlmostEqual(row.size, alone / 4, delta=alone / 8)

    def test_only_managers_see_it(self):
        desk = new_test_user(self.env, "desk9", groups="ecom_orders.group_user")
        with self.assertRaises(AccessError):
            self.env["ecom.storage.report"].with_user(desk).search([])

    def test_cards_lead_to_it(self):
        view = (
            self.env["ecom.channel"]
            .with_user(self.manager)
            .get_view(self.env.ref("ecom_orders.ecom_channel_view_kanban").id, "kanban")
        )
        action = self.env.ref("ecom_orders.ecom_storage_report_action")
        self.assertIn(f'name="{action.id}"', view["arch"])
