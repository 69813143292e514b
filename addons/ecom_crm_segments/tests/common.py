"""Ground for the addon's tests: customers, products, confirmed orders."""

from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tools import SQL

from odoo.addons.base.tests.common import BaseCommon


class SegmentsCommon(BaseCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.refresher = cls.env["ecom.customer.refresher"]
        cls.customers = cls.env["ecom.customer"]
        cls.tea, cls.cup = cls.env["product.product"].create(
            [
                {"name": "Tea", "type": "service", "list_price": 10, "taxes_id": False},
                {"name": "Cup", "type": "service", "list_price": 20, "taxes_id": False},
            ]
        )
        cls.anna, cls.bert, cls.cleo = cls.env["res.partner"].create(
            [
                {"name": "Anna", "email": "anna@shop.example"},
                {"name": "Bert", "email": "bert@shop.example"},
                {"name": "Cleo", "email": "cleo@shop.example"},
            ]
        )

    @classmethod
    def order(cls, partner, amount=10, days_ago=0, product=None, state="sale", **extra):
        """An order of one line; confirmed unless another state is given."""
        return cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "date_order": fields.Datetime.now() - timedelta(days=days_ago),
                "state": state,
                "order_line": [
                    Command.create(
                        {
                            "product_id": (product or cls.tea).id,
                            "product_uom_qty": 1,
                            "price_unit": amount,
                            "tax_ids": False,
                        }
                    )
                ],
                **extra,
            }
        )

    @classmethod
    def many_orders(cls, rows, company):
        """Confirmed orders without lines, by copying a row: thousands in a second.

        :param rows: (id of the contact, days ago, amount without taxes) of each.
        """
        template = cls.order(
            cls.anna, state="draft", company_id=company.id, order_line=[]
        )
        cls.env.flush_all()
        own = ("partner_id", "date_order", "amount_untaxed", "state", "currency_rate")
        copied = [
            name
            for name, field in template._fields.items()
            if field.store and field.column_type and name not in ("id", *own)
        ]
        names = SQL(", ").join(map(SQL.identifier, copied))
        now = fields.Datetime.now()
        cls.env.cr.execute(
            SQL(
                """
                INSERT INTO sale_order (%(names)s, partner_id, date_order,
                                        amount_untaxed, state, currency_rate)
                SELECT %(names)s, d.partner, d.date, d.amount, 'sale', 1
                  FROM (SELECT %(names)s FROM sale_order WHERE id = %(template)s) t,
                       unnest(%(partners)s, %(dates)s::timestamp[],
                              %(amounts)s::numeric[]) AS d(partner, date, amount)
                """,
                names=names,
                template=template.id,
                partners=[partner for partner, _days, _amount in rows],
                dates=[now - timedelta(days=days) for _partner, days, _amount in rows],
                amounts=[amount for _partner, _days, amount in rows],
            )
        )
        template.unlink()

    @classmethod
    def figures(cls, partner, company=None):
        """Figures of a customer, empty when there are none."""
        return cls.customers.search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", (company or cls.company).id),
            ]
        )

    def follow(self):
        """What the job does after transactions: compute what they touched."""
        self.env.cr.precommit.run()
        with self.enter_registry_test_mode():
            self.env.ref("ecom_crm_segments.ir_cron_refresh").method_direct_trigger()
        self.env.invalidate_all()

    @classmethod
    def segment(cls, **values):
        return cls.env["ecom.segment"].create({"name": "Segment", **values})

    def members(self, segment):
        """Contacts that are in now."""
        memberships = self.env["ecom.segment.membership"].search(
            [("segment_id", "=", segment.id), ("date_left", "=", False)]
        )
        return memberships.partner_id
