"""The product a customer may want next: learnt, tested, offered."""

from odoo.fields import Command
from odoo.tests import tagged

from ..models import ecom_next_product, ecom_preference
from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestNextProduct(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Next Shop"})
        cls.env.user.company_ids = [Command.link(cls.company.id)]
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": [cls.company.id]}
        )
        cls.mat, cls.hit = cls.env["product.product"].create(
            [{"name": name, "type": "service"} for name in ("Mat", "Best Seller")]
        )
        cls.runs = cls.env["ecom.next.product"]
        # Tea drinkers buy a cup later, everybody else the best seller.
        people = cls.env["res.partner"].create([{"name": "Person"}] * 60)
        for number, person in enumerate(people):
            pair = (cls.tea, cls.cup) if number < 25 else (cls.mat, cls.hit)
            cls.sell(person, pair[0], days_ago=20)
            cls.sell(person, pair[1], days_ago=10)
        cls.refresher._refresh()

    @classmethod
    def sell(cls, partner, product, days_ago=0):
        return cls.order(
            partner, 10, days_ago, product=product, company_id=cls.company.id
        )

    def learn(self):
        run = self.runs._learn(self.company)
        self.env.invalidate_all()
        return run

    def proposed(self, partner):
        self.refresher._refresh(partner.ids)
        self.env.invalidate_all()
        return partner.with_context(
            allowed_company_ids=self.company.ids
        ).ecom_next_product_ids

    def test_who_bought_tea_is_proposed_a_cup(self):
        self.learn()
        self.sell(self.anna, self.tea)
        self.assertEqual(self.proposed(self.anna)[0], self.cup)

    def test_nothing_is_proposed_twice(self):
        self.learn()
        self.sell(self.anna, self.tea)
        self.sell(self.anna, self.cup)
        proposed = self.proposed(self.anna)
        self.assertFalse((self.tea | self.cup) & proposed)

    def test_what_is_known_are_the_products_bought_last(self):
        self.patch(ecom_preference, "OWNED", 2)
        for days, product in (
            (9, self.tea),
            (6, self.mat),
            (3, self.hit),
            (1, self.mat),
        ):
            self.sell(self.anna, product, days_ago=days)
        self.refresher._refresh(self.anna.ids)
        figures = self.figures(self.anna, self.company)
        self.assertEqual(figures.last_products, [self.mat.id, self.hit.id])

    def test_who_bought_nothing_is_proposed_the_best_sellers(self):
        self.learn()
        self.assertIn(self.proposed(self.anna)[0], self.hit | self.mat)

    def test_it_is_tested_against_the_best_sellers(self):
        self.patch(ecom_next_product, "TESTED", 1)
        scarf = self.env["product.product"].create({"name": "Scarf", "type": "service"})
        # 30 more who bought something else last: what the others hide is known of them.
        for number in range(30):
            person = self.env["res.partner"].create({"name": "Teacher"})
            pair = (self.tea, self.cup) if number < 15 else (self.mat, self.hit)
            for days, product in zip((9, 6, 3), (*pair, scarf), strict=True):
                self.sell(person, product, days_ago=days)
        self.refresher._refresh()
        run = self.learn()
        self.assertEqual(run.tested_count, 60 + 30)
        self.assertAlmostEqual(run.hit_rate, 60 / 90)
        # Tea and mats sell best, and nobody hides them.
        self.assertEqual(run.popularity_rate, 0)
        self.assertIn("hidden for 66.7% of 90 customers", run.result)

    def test_where_all_products_are_proposed_nothing_can_be_tested(self):
        self.assertIn("nothing can be tested", self.learn().result)

    def test_too_few_to_test_say_so(self):
        small = self.env["res.company"].create({"name": "Small Shop"})
        self.order(self.anna, company_id=small.id)
        self.refresher._refresh()
        run = self.runs._learn(small)
        self.assertFalse(run.tested_count)
        self.assertIn("30 are needed", run.result)

    def test_archived_products_and_those_not_sold_are_not_proposed(self):
        self.learn()
        self.sell(self.anna, self.tea)
        self.cup.action_archive()
        self.hit.sale_ok = False
        self.assertEqual(self.proposed(self.anna), self.mat)

    def test_who_is_not_profiled_is_proposed_nothing(self):
        self.learn()
        self.sell(self.anna, self.tea)
        self.anna.ecom_profiling_off = True
        self.assertFalse(self.proposed(self.anna))

    def test_a_quotation_offers_them_as_optional_products(self):
        self.learn()
        quotation = self.order(
            self.anna, product=self.tea, state="draft", company_id=self.company.id
        )
        total = quotation.amount_total
        quotation.action_propose_products()
        section, *lines = quotation.order_line.sorted("sequence")[1:]
        self.assertTrue(section.is_optional)
        self.assertEqual(lines[0].product_id, self.cup)
        self.assertTrue(all(line._is_line_optional() for line in lines))
        self.assertEqual(quotation.amount_total, total)

    def test_what_is_offered_already_is_not_offered_again(self):
        self.learn()
        quotation = self.order(
            self.anna, product=self.tea, state="draft", company_id=self.company.id
        )
        quotation.action_propose_products()
        quotation.action_propose_products()
        products = quotation.order_line.filtered("product_id").mapped("product_id.id")
        self.assertEqual(len(products), len(quotation.order_line.product_id))

    def test_pressed_twice_the_quotation_has_one_section_and_the_same_lines(self):
        # More products than are suggested at once.
        for name in ("Scarf", "Hat", "Coat"):
            product = self.env["product.product"].create(
                {"name": name, "type": "service"}
            )
            person = self.env["res.partner"].create({"name": name})
            self.sell(person, self.tea, days_ago=9)
            self.sell(person, product, days_ago=3)
        self.refresher._refresh()
        self.learn()
        quotation = self.order(
            self.anna, product=self.tea, state="draft", company_id=self.company.id
        )
        quotation.action_propose_products()
        first = quotation.order_line
        quotation.action_propose_products()
        self.assertEqual(quotation.order_line, first)
        sections = first.filtered(lambda line: line.display_type == "line_section")
        self.assertEqual(len(sections), 1)

    def test_whoever_deleted_a_suggestion_gets_another_in_the_same_section(self):
        self.learn()
        quotation = self.order(
            self.anna, product=self.tea, state="draft", company_id=self.company.id
        )
        quotation.action_propose_products()
        *others, last = quotation.order_line.sorted("sequence")
        self.assertGreater(len(others), 2)
        product = last.product_id
        last.unlink()
        # What a person added afterwards stands under a heading of its own.
        quotation.order_line = [
            Command.create(
                {"display_type": "line_section", "name": "Service", "sequence": 900}
            )
        ]
        quotation.action_propose_products()
        lines = quotation.order_line.sorted("sequence")
        self.assertEqual(lines[-2].product_id, product)
        self.assertEqual(lines[-1].name, "Service")
        self.assertTrue(lines[-2]._is_line_optional())

    def test_many_contacts_cost_one_query(self):
        self.learn()
        partners = self.env["res.partner"].search([("name", "=", "Person")])
        weights = self.env["ecom.next.product.weight"]
        weights._propose(self.company, partners[:1].ids)
        with self.assertQueryCount(1):
            weights._propose(self.company, partners.ids)

    # -- mailings ----------------------------------------------------------------------

    def mail(self, partner):
        """Text of a mailing to a contact that names what it may want next."""
        entry = self.env["mailing.contact"].create(
            {"name": partner.name, "email": partner.email}
        )
        mailing_list = self.env["mailing.list"].create(
            {"name": "Tea", "contact_ids": [Command.set(entry.ids)]}
        )
        mailing = self.env["mailing.mailing"].create(
            {
                "subject": "For you",
                "mailing_model_id": self.env["ir.model"]._get_id("mailing.list"),
                "contact_list_ids": [Command.set(mailing_list.ids)],
                "body_html": '<p>Try <t t-out="object.ecom_next_product_names"/>!</p>',
                "keep_archives": True,
            }
        )
        mailing.action_send_mail()
        return self.env["mail.mail"].search([("mailing_id", "=", mailing.id)]).body_html

    def test_a_mailing_names_what_each_may_want_next(self):
        self.learn()
        self.sell(self.anna, self.tea)
        self.refresher._refresh(self.anna.ids)
        self.assertIn("Try Cup", self.mail(self.anna))

    def test_a_mailing_names_nothing_to_who_is_not_profiled(self):
        self.learn()
        self.sell(self.anna, self.tea)
        self.anna.ecom_profiling_off = True
        self.refresher._refresh(self.anna.ids)
        self.assertIn("Try !", self.mail(self.anna).replace("Try  !", "Try !"))

    def test_many_addresses_cost_constant_queries(self):
        self.learn()
        entries = self.env["mailing.contact"].create(
            [{"name": "P", "email": f"p{n}@shop.example"} for n in range(20)]
        )

        def count(some):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.mapped("ecom_next_product_names")
            return self.env.cr.sql_log_count - before

        count(entries[:2])
        self.assertEqual(count(entries), count(entries[:2]))
