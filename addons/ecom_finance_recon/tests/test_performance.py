from odoo.tests import tagged

from .common import SettlementCommon, price, v1_file


@tagged("post_install", "-at_install")
class TestPerformance(SettlementCommon):
    """Ours is a constant number of queries; core notes each paid order."""

    #: ``sale`` posts "Invoice paid" on every order, which takes six queries;
    #: ``account`` looks for an analytic distribution of every line
    OF_CORE = 7

    def queries(self, name, count):
        """Queries of importing, matching, posting and reconciling so many orders."""
        rows = []
        for number in range(count):
            order = f"{name}-{1000 + number * 37}"
            self.order(order, 10 + number)
            rows.append(price(order, "Principal", f"{10 + number}.00"))
        total = sum(10 + number for number in range(count))
        content = v1_file(name, f"{total}.00", rows)
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
