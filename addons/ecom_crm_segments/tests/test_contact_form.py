"""Opening a contact costs the same, however much was bought."""

from unittest.mock import patch

from lxml import etree

from odoo.sql_db import Cursor
from odoo.tests import new_test_user, tagged

from .common import SegmentsCommon

#: queries that the tab and the button of this addon may add to a contact
QUERIES = 16


@tagged("post_install", "-at_install")
class TestContactForm(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tea.categ_id = cls.env["product.category"].create({"name": "Hot"})
        for number in range(8):
            cls.order(cls.anna, product=cls.tea, days_ago=number)
        cls.order(cls.bert, product=cls.cup)
        cls.segment(customer_domain="[('order_count', '>', 1)]").action_refresh()
        cls.env["ecom.next.product"]._learn(cls.company)
        cls.refresher._refresh()
        cls.seller = new_test_user(
            cls.env,
            "form_seller",
            groups="sales_team.group_sale_salesman_all_leads,"
            "ecom_crm_segments.group_user",
        )
        cls.form = (
            cls.env["res.partner"]
            .with_user(cls.seller)
            .get_view(view_type="form")["arch"]
        )

    def specification(self, own):
        """What the web client asks for: fields of the form, lists included.

        :param own: of this addon, or of all others.
        """
        names = {}
        for node in etree.fromstring(self.form).iter("field"):
            name = node.get("name")
            if any(parent.tag == "field" for parent in node.iterancestors()):
                continue
            if name.startswith("ecom_") == own:
                inner = [child.get("name") for child in node.iter("field")][1:]
                names[name] = {"fields": {key: {} for key in inner}} if inner else {}
        return names

    def open(self, partner, specification):
        """Queries of opening a contact."""
        queries, execute = [], Cursor.execute

        def note(cursor, query, *args, **kwargs):
            queries.append(str(getattr(query, "code", query)))
            return execute(cursor, query, *args, **kwargs)

        self.env.flush_all()
        partner = partner.with_user(self.seller)
        partner.web_read(specification)  # rights and settings are known then
        self.env.invalidate_all()
        with patch.object(Cursor, "execute", note):
            partner.web_read(specification)
        return queries

    def test_the_tab_adds_few_queries(self):
        everything = {**self.specification(own=True), **self.specification(own=False)}
        plain = self.open(self.anna, self.specification(own=False))
        whole = self.open(self.anna, everything)
        self.assertLessEqual(len(whole) - len(plain), QUERIES)

    def test_no_line_of_an_order_is_read(self):
        queries = self.open(self.anna, self.specification(own=True))
        self.assertTrue(queries)
        self.assertFalse([query for query in queries if "sale_order_line" in query])

    def test_who_bought_much_costs_as_many_queries_as_who_bought_once(self):
        specification = self.specification(own=True)
        # Bert joins the segment, too, so that both have the same lists.
        self.order(self.bert, product=self.cup)
        self.refresher._refresh()
        self.env["ecom.segment"].search([]).action_refresh()
        self.assertEqual(
            len(self.open(self.anna, specification)),
            len(self.open(self.bert, specification)),
        )
