"""Clusters: found in figures, described in words, the same records next time."""

import random

from odoo.tests import tagged

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestClusters(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop, cls.small = cls.env["res.company"].create(
            [{"name": "Shop"}, {"name": "Small Shop"}]
        )
        cls.regulars = cls.sell(cls.shop, "Regular", 40, orders=12, gap=20, amount=300)
        cls.strangers = cls.sell(cls.shop, "Stranger", 80, orders=1, gap=0, amount=15)
        cls.clusterings = cls.env["ecom.clustering"]

    @classmethod
    def sell(cls, company, name, customers, orders, gap, amount):
        """Customers of one kind: so many orders, days between, amount of each."""
        rng = random.Random(name)
        partners = cls.env["res.partner"].create(
            [{"name": f"{name} {number}"} for number in range(customers)]
        )
        ago = 5 if orders > 1 else 400
        rows = [
            (partner.id, ago + gap * number, amount * rng.uniform(0.8, 1.2))
            for partner in partners
            for number in range(orders)
        ]
        cls.many_orders(rows, company)
        cls.refresher._refresh(partners.ids)
        return partners

    def clusters_of(self, partners):
        customers = self.customers.search(
            [("company_id", "=", self.shop.id), ("partner_id", "in", partners.ids)]
        )
        return customers.cluster_id

    def test_two_kinds_are_two_clusters_in_words(self):
        clustering = self.clusterings._cluster(self.shop)
        self.assertEqual(clustering.state, "found")
        self.assertEqual(clustering.cluster_count, 2)
        self.assertIn("clearly different", clustering.explanation)
        regular = self.clusters_of(self.regulars).ensure_one()
        stranger = self.clusters_of(self.strangers).ensure_one()
        self.assertEqual(regular.customer_count, 40)
        self.assertAlmostEqual(stranger.share, 80 / (40 + 80))
        self.assertIn("many orders", regular.description)
        self.assertIn("long not seen", stranger.description)

    def test_the_choice_of_the_number_is_shown(self):
        clustering = self.clusterings._cluster(self.shop)
        chosen = clustering.choice_ids.filtered("chosen").ensure_one()
        self.assertEqual(chosen.cluster_count, clustering.cluster_count)
        self.assertEqual(
            chosen.silhouette, max(clustering.choice_ids.mapped("silhouette"))
        )

    def test_the_next_run_keeps_records_and_names(self):
        self.clusterings._cluster(self.shop)
        regular = self.clusters_of(self.regulars)
        regular.name = "Tea lovers"
        self.sell(self.shop, "Late Stranger", 10, orders=1, gap=0, amount=15)
        self.clusterings._cluster(self.shop)
        self.assertEqual(self.clusters_of(self.regulars), regular)
        self.assertEqual(regular.name, "Tea lovers")

    def test_too_few_customers_are_refused_with_the_number_needed(self):
        self.sell(self.small, "Only", 8, orders=2, gap=9, amount=20)
        clustering = self.clusterings._cluster(self.small)
        self.assertEqual(clustering.state, "refused")
        self.assertIn("8 of at least 20 customers", clustering.message)

    def test_equal_customers_are_refused(self):
        partners = self.env["res.partner"].create([{"name": "Same"}] * 30)
        self.many_orders([(partner.id, 9, 20) for partner in partners], self.small)
        self.refresher._refresh(partners.ids)
        clustering = self.clusterings._cluster(self.small)
        self.assertEqual(clustering.state, "refused")
        self.assertIn("differ", clustering.message)

    def test_clusters_that_are_gone_are_archived(self):
        self.clusterings._cluster(self.shop)
        found = self.clusters_of(self.regulars | self.strangers)
        self.env.cr.execute(
            "UPDATE sale_order SET state = 'cancel' WHERE company_id = %s",
            [self.shop.id],
        )
        self.refresher._refresh()
        self.clusterings._cluster(self.shop)
        self.assertFalse(any(found.mapped("active")))

    def test_who_does_not_want_to_be_profiled_is_in_no_cluster(self):
        self.regulars[0].ecom_profiling_off = True
        self.env.flush_all()
        self.clusterings._cluster(self.shop)
        self.assertFalse(self.clusters_of(self.regulars[0]))

    def test_customers_beyond_the_sample_go_to_the_nearest(self):
        self.patch(self.env.registry["ecom.clustering"], "_sample_size", 60)
        self.clusterings._cluster(self.shop)
        regular = self.clusters_of(self.regulars).ensure_one()
        self.assertEqual(regular.customer_count, 40)

    def test_a_cluster_makes_a_segment(self):
        self.clusterings._cluster(self.shop)
        action = self.clusters_of(self.regulars).action_make_segment()
        segment = self.env["ecom.segment"].browse(action["res_id"])
        self.assertEqual(self.members(segment), self.regulars)
