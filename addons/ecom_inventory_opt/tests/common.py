"""Ground for the addon's tests: products with a history of sales, vendors, receipts."""

from datetime import timedelta

from odoo import Command, fields

from odoo.addons.base.tests.common import BaseCommon


class ReplenishmentCommon(BaseCommon):
    """A company with one warehouse, a vendor and a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Planned Ltd"})
        cls.env.user.company_ids = [Command.link(cls.company.id)]
        cls.env = cls.env(
            context=dict(cls.env.context, allowed_company_ids=cls.company.ids)
        )
        cls.company = cls.company.with_env(cls.env)
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.customer = cls.env["res.partner"].create({"name": "Ada Byron"})
        cls.vendor = cls.env["res.partner"].create({"name": "Mill & Co"})
        cls.planner = cls.env["ecom.replenishment.planner"]
        cls.today = fields.Date.today()

    @classmethod
    def make_product(cls, name="Lamp", cost=10.0, price=25.0, vendor=True, **values):
        product = cls.env["product.product"].create(
            {
                "name": name,
                "is_storable": True,
                "standard_price": cost,
                "list_price": price,
                **values,
            }
        )
        if vendor:
            cls.make_offer(product, cls.vendor, price=cost)
        return product

    @classmethod
    def make_offer(cls, product, vendor, price=10.0, delay=14, **values):
        return cls.env["product.supplierinfo"].create(
            {
                "partner_id": vendor.id,
                "product_tmpl_id": product.product_tmpl_id.id,
                "price": price,
                "delay": delay,
                "company_id": cls.company.id,
                "currency_id": cls.company.currency_id.id,
                **values,
            }
        )

    @classmethod
    def sell(cls, product, weekly, **line):
        """Confirmed orders in the last weeks, oldest first; no delivery is made."""
        orders = []
        for age, quantity in enumerate(reversed(weekly)):
            if quantity:
                day = cls.today - timedelta(days=7 * age + 3)
                orders.append(cls.prepare_order(product, quantity, day, **line))
        sales = cls.env["sale.order"].create(orders)
        dates = dict(zip(sales, sales.mapped("date_order"), strict=True))
        # Confirming would date them today and make deliveries by the hundred.
        sales.write({"state": "sale"})
        for sale, day in dates.items():
            sale.date_order = day
        sales.order_line.move_ids._action_cancel()
        return sales

    @classmethod
    def prepare_order(cls, product, quantity, day, **line):
        return {
            "partner_id": cls.customer.id,
            "company_id": cls.company.id,
            "warehouse_id": cls.warehouse.id,
            "date_order": fields.Datetime.to_datetime(day),
            "order_line": [
                Command.create(
                    {
                        "product_id": product.id,
                        "product_uom_qty": quantity,
                        "price_unit": 25.0,
                        **line,
                    }
                )
            ],
        }

    @classmethod
    def put_in_stock(cls, product, quantity, warehouse=None):
        location = (warehouse or cls.warehouse).lot_stock_id
        cls.env["stock.quant"]._update_available_quantity(product, location, quantity)

    @classmethod
    def plan(cls, products=None):
        """Compute; the open proposals of the products or the company."""
        cls.planner._plan(cls.company, products)
        domain = [("company_id", "=", cls.company.id), ("state", "=", "open")]
        if products is not None:
            domain.append(("product_id", "in", products.ids))
        return cls.env["ecom.replenishment.proposal"].search(domain)
