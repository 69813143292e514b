from odoo.tests import tagged

from .common import SettlementCommon, price, v1_file


@tagged("post_install", "-at_install")
class TestPerformance(SettlementCommon):
    """Ours is a constant number of queries; core notes each paid order."""

    #: ``sale`` posts "Invoice paid" on every order, which takes six queries;
    #: ``account`` looks for an analytic distribution of every line
    OF_CORE = 7
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
        self.assertLess(many - few, 10 * self.OF_CORE + 10)

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
