from odoo.fields import Command
from odoo.tests import tagged

from .common import SettlementCommon, price, v1_file


@tagged("post_install", "-at_install")
class TestPerformance(SettlementCommon):
    """Ours is a constant number of queries, whatever the number of orders."""

    #: of every invoice that is paid ``mail`` asks twice whether the subtype of its
    #: message exists
    OF_CORE = 2
    SIZES = (("few", 4), ("many", 24))

    def make(self, name, count):
        """A settlement file of so many orders whose invoices exist."""
        rows = []
        for number in range(count):
            order = f"{name}-{1000 + number * 37}"
            self.order(order, 10 + number)
            rows.append(price(order, "Principal", f"{10 + number}.00"))
        total = sum(10 + number for number in range(count))
        return v1_file(name, f"{total}.00", rows)

    def queries(self, name, count):
        """Queries of importing, matching, posting and reconciling so many orders."""
        content = self.make(name, count)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        settlement = self.receive(content).settlement_ids
        settlement.action_post()
        self.env.flush_all()
        self.assertEqual((settlement.state, settlement.matched_pct), ("posted", 100))
        return self.env.cr.sql_log_count - before

    def test_more_orders_need_no_more_queries_of_ours(self):
        self.queries("warm", 3)
        few, many = self.queries("few", 4), self.queries("many", 14)
        self.assertLessEqual(many - few, 10 * self.OF_CORE)

    def test_messages_are_those_that_core_posts_one_by_one(self):
        alone, together = self.order("1", 100), self.order("2", 100)
        self.tell_changes()
        self.before = self.env["mail.message"].search([], limit=1, order="id desc")
        self.live(self.pay(alone.invoice_ids)).reconcile()
        self.tell_changes()
        content = v1_file("S", "100.00", [price("2", "Principal", "100.00")])
        self.live(self.receive(content).settlement_ids).action_post()
        told = self.messages(together.invoice_ids)
        self.assertEqual(told, self.messages(alone.invoice_ids))
        self.assertEqual([one[1] for one in told], ["Paid"])
        for order in (alone, together):
            note = f"<span>Invoice {order.invoice_ids.name} paid</span>"
            self.assertEqual([one[0] for one in self.messages(order)], [note])
        kind = [one[1:] for one in self.messages(alone)]
        self.assertEqual([one[1:] for one in self.messages(together)], kind)

    def test_follower_of_paid_invoices_is_told(self):
        invoice = self.order("1", 100).invoice_ids
        follower = self.env["res.partner"].create(
            {"name": "Bookkeeper", "email": "bookkeeper@example.com"}
        )
        paid = self.env.ref("account.mt_invoice_paid")
        invoice.message_subscribe(follower.ids, paid.ids)
        content = v1_file("S", "100.00", [price("1", "Principal", "100.00")])
        self.live(self.receive(content).settlement_ids).action_post()
        told = invoice.message_ids.filtered(lambda one: one.subtype_id == paid)
        self.assertEqual(told.notified_partner_ids, follower)

    def live(self, records):
        """Records whose changes are told, which tests otherwise switch off."""
        return records.with_context(tracking_disable=False, mail_notrack=False)

    def tell_changes(self):
        """What happens at the end of a transaction."""
        self.env.flush_all()
        self.env.cr.precommit.run()

    def pay(self, invoice):
        """An entry that pays an invoice; the lines that belong together."""
        item = invoice.line_ids.filtered(lambda one: one.date_maturity)
        bank = self.company_data["default_journal_bank"].default_account_id
        entry = self.env["account.move"].create(
            {
                "date": "2026-03-15",
                "line_ids": [
                    Command.create({"account_id": bank.id, "debit": 100}),
                    Command.create({"account_id": item.account_id.id, "credit": 100}),
                ],
            }
        )
        entry.action_post()
        return item | entry.line_ids.filtered("credit")

    def messages(self, record):
        """What a person sees of the messages since then."""
        return [
            (
                message.body,
                message.subtype_id.name,
                message.subtype_id.internal or message.is_internal,
                message.message_type,
                message.author_id,
                [
                    (one.field_id.name, one.old_value_char, one.new_value_char)
                    for one in message.tracking_value_ids
                ],
            )
            for message in record.message_ids
            if message.id > self.before.id
        ]

    def test_import_and_match_need_no_more_queries_for_more_orders(self):
        self.receive(self.make("warm", 3))
        few, many = (self.count_import(self.make(*one)) for one in self.SIZES)
        self.assertLessEqual(many, few)

    def count_import(self, content):
        """Queries of importing and matching a file."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        settlement = self.receive(content).settlement_ids
        self.env.flush_all()
        self.assertEqual(settlement.matched_pct, 100)
        return self.env.cr.sql_log_count - before
