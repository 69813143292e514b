"""What a customer likes is what most of their orders say."""

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.ecom_crm_segments.models import ecom_preference

from .common import SegmentsCommon


@tagged("post_install", "-at_install")
class TestPreferences(SegmentsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hot, cls.hard = cls.env["product.category"].create(
            [{"name": "Hot"}, {"name": "Hard"}]
        )
        cls.tea.categ_id, cls.cup.categ_id = cls.hot, cls.hard
        size = cls.env["product.attribute"].create(
            {
                "name": "Size",
                "value_ids": [Command.create({"name": name}) for name in ("S", "L")],
            }
        )
        cls.small, cls.large = size.value_ids
        shirt = cls.env["product.template"].create(
            {
                "name": "Shirt",
                "type": "service",
                "categ_id": cls.hard.id,
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": size.id,
                            "value_ids": [Command.set(size.value_ids.ids)],
                        }
                    )
                ],
            }
        )
        cls.shirt_s, cls.shirt_l = shirt.product_variant_ids

    def refresh(self, partners=None):
        self.env.flush_all()
        self.refresher._refresh(partners and partners.ids)
        self.env.invalidate_all()

    def test_the_favourite_category_is_the_one_most_lines_are_of(self):
        for product in (self.tea, self.tea, self.cup):
            self.order(self.anna, product=product)
        self.order(self.anna, product=self.cup, state="draft")
        self.order(self.anna, product=self.cup, state="draft")
        self.refresh()
        self.assertEqual(self.figures(self.anna).favourite_category_id, self.hot)
        self.assertEqual(
            self.anna.ecom_favourite_category_ids.ids, [self.hot.id, self.hard.id]
        )

    def test_only_the_most_frequent_favourites_are_kept(self):
        self.patch(ecom_preference, "SHOWN", 1)
        for product in (self.tea, self.cup, self.cup):
            self.order(self.anna, product=product)
        self.refresh()
        self.assertEqual(self.anna.ecom_favourite_category_ids, self.hard)

    def test_a_favourite_that_was_deleted_is_shown_no_more(self):
        for product in (self.tea, self.cup):
            self.order(self.anna, product=product)
        self.refresh()
        self.cup.categ_id = self.hot
        self.env["product.template"].search(
            [("categ_id", "=", self.hard.id)]
        ).categ_id = self.hot
        self.hard.unlink()
        self.assertEqual(self.anna.ecom_favourite_category_ids, self.hot)

    def test_the_favourite_attribute_is_the_one_of_most_variants(self):
        for product in (self.shirt_l, self.shirt_l, self.shirt_s, self.tea):
            self.order(self.anna, product=product)
        self.order(self.bert, product=self.tea)
        self.refresh()
        self.assertEqual(self.figures(self.anna).favourite_attribute_id, self.large)
        self.assertFalse(self.figures(self.bert).favourite_attribute_id)
        self.assertEqual(
            self.anna.ecom_favourite_attribute_ids.ids, [self.large.id, self.small.id]
        )

    def test_the_usual_hour_is_the_one_of_the_company_s_time_zone(self):
        self.company.partner_id.tz = "Etc/GMT-8"
        for date in ("2024-05-01 01:10:00", "2024-05-02 01:50:00", "2024-05-03 12:00"):
            order = self.order(self.anna)
            order.date_order = date if len(date) > 16 else date + ":00"
        self.refresh()
        self.assertEqual(self.figures(self.anna).order_hour, f"{1 + 8:02}")

    def test_the_payment_method_is_the_one_most_orders_were_paid_by(self):
        methods = self.env["payment.method"].create(
            [{"name": name, "code": name.lower()} for name in ("Purse", "Cheque")]
        )
        provider = self.env["payment.provider"].create(
            {"name": "Till", "payment_method_ids": [Command.set(methods.ids)]}
        )
        purse, cheque = methods
        for number, (method, state) in enumerate(
            [(purse, "done"), (purse, "done"), (cheque, "done")]
            + [(cheque, "error")] * 3
        ):
            order = self.order(self.anna)
            self.env["payment.transaction"].create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": method.id,
                    "reference": f"T{number}",
                    "amount": 10,
                    "currency_id": order.currency_id.id,
                    "partner_id": self.anna.id,
                    "state": state,
                    "sale_order_ids": [Command.set(order.ids)],
                }
            )
        self.refresh()
        self.assertEqual(self.figures(self.anna).payment_method, "Purse")

    def test_the_delivery_is_the_one_most_orders_have(self):
        if "carrier_id" not in self.env["sale.order"]._fields:
            self.skipTest("core's delivery is not installed")
        product = self.env["product.product"].create(
            {"name": "Delivery", "type": "service"}
        )
        bike, boat = self.env["delivery.carrier"].create(
            [{"name": name, "product_id": product.id} for name in ("Bike", "Boat")]
        )
        for carrier in (boat, bike, boat):
            self.order(self.anna, carrier_id=carrier.id)
        self.refresh()
        figures = self.figures(self.anna)
        self.assertEqual(figures.carrier, "Boat")
        self.assertEqual(figures.pickup_share, 0)

    def test_orders_after_the_promised_day_are_late(self):
        if "effective_date" not in self.env["sale.order"]._fields:
            self.skipTest("core's sale_stock is not installed")
        self.order(self.anna, days_ago=9).write(
            {"commitment_date": "2024-05-02 08:00:00", "effective_date": "2024-05-04"}
        )
        self.order(self.anna, days_ago=9).write(
            {"commitment_date": "2024-05-02", "effective_date": "2024-05-02 20:00:00"}
        )
        self.order(self.anna, days_ago=9).commitment_date = "2024-05-02"
        self.order(self.anna)
        self.refresh()
        self.assertEqual(self.anna.ecom_late_count, 1 + 1)

    def test_orders_that_were_held_are_counted_once(self):
        if "ecom.order.block" not in self.env:
            self.skipTest("ecom_orders is not installed")
        order = self.order(self.anna)
        self.env["ecom.order.block"].create(
            [
                {"order_id": order.id, "reason": "unpaid", "holding": True},
                {"order_id": order.id, "reason": "not_routed", "holding": True},
            ]
        )
        self.refresh()
        self.assertEqual(self.anna.ecom_held_count, 1)

    def test_open_activities_of_contact_and_orders_count(self):
        person = self.env["res.partner"].create(
            {"name": "Dora", "parent_id": self.anna.id}
        )
        for record in (self.anna, person, self.order(person)):
            record.activity_schedule("mail.mail_activity_data_todo", user_id=1)
        self.bert.activity_schedule("mail.mail_activity_data_todo", user_id=1)
        self.assertEqual(self.anna.ecom_open_activity_count, 1 + 1 + 1)

    def test_a_segment_can_ask_for_preferences(self):
        self.order(self.anna, product=self.tea)
        self.order(self.bert, product=self.cup)
        self.refresh()
        segment = self.segment(
            customer_domain=f"[('favourite_category_id', 'child_of', {self.hot.id})]"
        )
        segment.action_refresh()
        self.assertEqual(self.members(segment), self.anna)

    def test_an_order_more_changes_the_preference_of_that_customer_only(self):
        self.order(self.anna, product=self.tea)
        self.order(self.bert, product=self.tea)
        self.refresh()
        for partner in (self.anna, self.bert):
            for _time in range(2):
                self.order(partner, product=self.cup)
        self.refresh(self.anna)
        self.assertEqual(self.figures(self.anna).favourite_category_id, self.hard)
        self.assertEqual(self.figures(self.bert).favourite_category_id, self.hot)

    def test_who_is_not_profiled_has_no_preferences(self):
        self.order(self.anna, product=self.tea)
        self.anna.ecom_profiling_off = True
        self.refresh()
        figures = self.figures(self.anna)
        self.assertEqual(figures.order_count, 1)
        self.assertFalse(figures.favourite_category_id)
        self.assertFalse(figures.order_hour)
        self.assertFalse(self.anna.ecom_favourite_category_ids)

    def test_preferences_of_many_contacts_cost_constant_queries(self):
        people = self.env["res.partner"].create([{"name": "Person"}] * 20)
        for person in people:
            self.order(person, product=self.tea)
        self.refresh()
        names = ["ecom_favourite_category_ids", "ecom_open_activity_count"]

        def count(partners):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            for name in names:
                partners.mapped(name)
            return self.env.cr.sql_log_count - before

        count(people[:1])
        self.assertEqual(count(people), count(people[:2]))
