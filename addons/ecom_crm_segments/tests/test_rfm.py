"""SQL scores customers as the pure algorithm does."""

from datetime import date
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..algorithms import rfm
from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestRfm(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls.env["res.company"].create({"name": "Scored"})
        cls.setting = cls.env["ecom.rfm.setting"]._get(cls.own)

    def sell(self, rows):
        """Orders of new customers: (days since the last, orders, amount of each)."""
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(len(rows))]
        )
        orders = self.env["sale.order"]
        for partner, (days, count, amount) in zip(partners, rows, strict=True):
            for number in range(count):
                orders |= self.order(
                    partner, amount, days + number * 3, company_id=self.own.id,
                    order_line=False,
                )  # fmt: skip
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET amount_untaxed = d.amount, currency_rate = 1 "
            "FROM unnest(%s, %s::numeric[]) d(id, amount) WHERE sale_order.id = d.id",
            [
                orders.ids,
                [amount for _days, count, amount in rows for _ in range(count)],
            ],
        )
        self.env.invalidate_all()
        return partners

    def scores(self, partners):
        figures = [self.figures(partner, self.own) for partner in partners]
        return [(f.recency_score, f.frequency_score, f.monetary_score) for f in figures]

    ROWS = [
        (days, count, amount)
        for days, count, amount in zip(
            (1, 1, 5, 9, 20, 20, 20, 33, 47, 60, 61, 90, 100),
            (1, 1, 1, 2, 1, 3, 5, 1, 1, 2, 1, 1, 4),
            (10, 10, 80, 20, 5, 7, 30, 10, 64, 10, 12, 10, 25),
            strict=True,
        )
    ]

    def expected(self, rows, parts=5):
        result = rfm.score(
            [days for days, _count, _amount in rows],
            [count for _days, count, _amount in rows],
            [count * amount for _days, count, amount in rows],
            parts,
        )
        return list(
            zip(
                result.recency.tolist(),
                result.frequency.tolist(),
                result.monetary.tolist(),
                strict=True,
            )
        )

    def test_quantiles_are_those_of_the_algorithm_ties_included(self):
        partners = self.sell(self.ROWS)
        self.refresher._refresh()
        self.assertEqual(self.scores(partners), self.expected(self.ROWS))

    def test_other_numbers_of_scores(self):
        self.setting.parts = 3
        partners = self.sell(self.ROWS)
        self.refresher._refresh()
        self.assertEqual(self.scores(partners), self.expected(self.ROWS, 3))

    def test_customers_that_are_all_equal_are_in_the_middle(self):
        partners = self.sell([(10, 1, 20)] * 6)
        self.refresher._refresh()
        self.assertEqual(set(self.scores(partners)), {(3, 3, 3)})

    def test_one_customer_alone_is_in_the_middle(self):
        partners = self.sell([(10, 1, 20)])
        self.refresher._refresh()
        self.assertEqual(self.scores(partners), self.expected([(10, 1, 20)]))

    def test_cell_and_group_follow_the_scores(self):
        partners = self.sell(self.ROWS)
        self.refresher._refresh()
        for partner, cell in zip(partners, self.scores(partners), strict=True):
            figures = self.figures(partner, self.own)
            self.assertEqual(figures.rfm_cell, "".join(map(str, cell)))
            self.assertEqual(figures.rfm_group, rfm.group(*cell).value)

    def test_fixed_limits_are_still_good_on_their_last_day(self):
        self.setting.write(
            {
                "method": "fixed",
                "parts": 3,
                "fixed_recency": "30, 90",
                "fixed_frequency": "2, 4",
                "fixed_monetary": "50, 100",
            }
        )
        rows = [(30, 1, 49), (31, 2, 25), (90, 4, 25), (91, 3, 40)]
        partners = self.sell(rows)
        self.refresher._refresh()
        self.assertEqual(
            self.scores(partners), [(3, 1, 1), (2, 2, 2), (2, 3, 3), (1, 2, 3)]
        )

    def test_limits_that_do_not_rise_are_refused(self):
        with self.assertRaises(ValidationError):
            self.setting.write({"method": "fixed", "fixed_recency": "30, 20, 90, 180"})
        with self.assertRaises(ValidationError):
            self.setting.write({"method": "fixed", "fixed_recency": "many"})

    # -- history -----------------------------------------------------------------------

    def note(self, month):
        with patch.object(fields.Date, "context_today", lambda *_: month):
            self.env["ecom.rfm.history"]._note_month()

    def moves(self):
        rows = self.env["ecom.rfm.transition"].search(
            [("company_id", "=", self.own.id), ("month", "=", "2026-02-01")]
        )
        return {(row.from_group, row.to_group): row.customer_count for row in rows}

    def test_months_tell_who_moved_came_and_went(self):
        stays, moves, goes, comes = self.sell([(1, 1, 80)] * 4)
        self.refresher._refresh()
        groups = {stays: "loyal", moves: "new", goes: "lost"}
        for partner, group in groups.items():
            self.set_group(partner, group)
        self.env.cr.execute(
            "DELETE FROM ecom_customer WHERE partner_id = %s", [comes.id]
        )
        self.note(date(2026, 1, 15))
        self.refresher._refresh()
        for partner, group in {stays: "loyal", moves: "loyal", comes: "new"}.items():
            self.set_group(partner, group)
        self.env.cr.execute(
            "DELETE FROM ecom_customer WHERE partner_id = %s", [goes.id]
        )
        self.note(date(2026, 2, 1))
        self.assertEqual(
            self.moves(),
            {
                ("loyal", "loyal"): 1,
                ("new", "loyal"): 1,
                ("lost", "none"): 1,
                ("none", "new"): 1,
            },
        )

    def flow(self):
        """Customers who stay, move, go and come; the chart of the second month."""
        stays, moves, goes, comes = self.sell([(1, 1, 80)] * 4)
        self.refresher._refresh()
        for partner, group in {stays: "loyal", moves: "new", goes: "lost"}.items():
            self.set_group(partner, group)
        self.env.cr.execute(
            "DELETE FROM ecom_customer WHERE partner_id = %s", [comes.id]
        )
        self.note(date(2026, 1, 15))
        self.refresher._refresh()
        for partner, group in {stays: "loyal", moves: "loyal", comes: "new"}.items():
            self.set_group(partner, group)
        self.env.cr.execute(
            "DELETE FROM ecom_customer WHERE partner_id = %s", [goes.id]
        )
        self.note(date(2026, 2, 1))
        flows = self.env["ecom.rfm.flow"].with_company(self.own)
        return flows.create({}), stays, moves, goes, comes

    def test_the_flow_chart_has_a_ribbon_for_each_move(self):
        flow = self.flow()[0]
        self.assertEqual(flow.month, "2026-02-01")
        ribbons = {(r["source"], r["target"]): r["text"] for r in flow.chart["ribbons"]}
        self.assertEqual(
            ribbons,
            {
                ("loyal", "loyal"): "Loyal → Loyal: 1",
                ("new", "loyal"): "New → Loyal: 1",
                ("lost", "none"): "Lost → No customer: 1",
                ("none", "new"): "No customer → New: 1",
            },
        )
        after = [bar["text"] for bar in flow.chart["bars"] if bar["right"]]
        self.assertEqual(after, ["Loyal · 2", "New · 1", "No customer · 1"])

    def test_a_ribbon_opens_who_moved(self):
        flow, stays, moves, goes, comes = self.flow()
        for partner, source, target in (
            (stays, "loyal", "loyal"),
            (moves, "new", "loyal"),
            (goes, "lost", "none"),
            (comes, "none", "new"),
        ):
            action = flow.action_view_moved(self.own.id, flow.month, source, target)
            found = self.env[action["res_model"]].search(action["domain"])
            self.assertEqual(found.partner_id, partner)
        self.assertEqual(found.previous_group, "none")

    def test_without_two_months_there_is_no_chart(self):
        flow = self.env["ecom.rfm.flow"].with_company(self.own).create({})
        self.assertFalse(flow.month or flow.chart)

    def set_group(self, partner, group):
        self.env.cr.execute(
            "UPDATE ecom_customer SET rfm_group = %s WHERE partner_id = %s",
            [group, partner.id],
        )

    def test_a_month_is_kept_once(self):
        [partner] = self.sell([(1, 1, 80)])
        self.refresher._refresh()
        self.note(date(2026, 1, 1))
        self.set_group(partner, "lost")
        self.note(date(2026, 1, 31))
        rows = self.env["ecom.rfm.history"].search([("company_id", "=", self.own.id)])
        self.assertEqual(len(rows), 1)
        self.assertNotEqual(rows.rfm_group, "lost")

    def test_classes_by_their_share_of_the_revenue(self):
        # 80 of 100 is what the first brings: the second is B, up to 95, then C.
        partners = self.sell([(1, 1, 80), (1, 1, 15), (1, 1, 5)])
        self.refresher._refresh()
        classes = [self.figures(partner, self.own).value_class for partner in partners]
        self.assertEqual(classes, ["a", "b", "c"])
