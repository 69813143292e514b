"""Ground for the tests of routing: three warehouses, two carriers, one rule."""

from odoo.fields import Command

from .stock_common import StockCommon


class RoutingCommon(StockCommon):
    """Mugs and tees lie in the east and in the west; the buyer is in zip 12345.

    The east sends a parcel for 5, the west for 8; picking a line costs 1 in both.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.east = cls._create_warehouse("East", "EST", priority=1)
        cls.west = cls._create_warehouse("West", "WST", priority=2)
        cls.warehouse.ecom_ships = False
        cls.carrier = cls._create_carrier("Parcel Post")
        cls.card = cls._create_card(cls.carrier, price=5.0, warehouses=cls.east)
        cls.far_card = cls._create_card(cls.carrier, price=8.0, warehouses=cls.west)
        cls.rule_set = cls.env["ecom.routing.rule.set"].create(
            {
                "name": "Standard",
                "mode": "active",
                "company_id": cls.company.id,
                "split_cost": 2.0,
            }
        )
        cls.rule = cls._create_rule(queue="No stock", strategy="optimum")

    @classmethod
    def _create_warehouse(cls, name, code, priority=10, **values):
        partner = cls.env["res.partner"].create(
            {"name": name, "country_id": cls.country_us.id}
        )
        return cls.env["stock.warehouse"].create(
            {
                "name": name,
                "code": code,
                "partner_id": partner.id,
                "ecom_priority": priority,
                "ecom_picking_cost": 1.0,
                **values,
            }
        )

    @classmethod
    def _create_carrier(cls, name):
        product = cls.env["product.product"].create({"name": name, "type": "service"})
        return cls.env["delivery.carrier"].create(
            {"name": name, "product_id": product.id}
        )

    @classmethod
    def _create_card(cls, carrier, price, warehouses=None, days=2):
        return cls.env["ecom.rate.card"].create(
            {
                "name": f"{carrier.name} {price}",
                "carrier_id": carrier.id,
                "company_id": cls.company.id,
                "warehouse_ids": [Command.set(warehouses.ids if warehouses else [])],
                "zone_ids": [
                    Command.create(
                        {
                            "name": "Everywhere",
                            "days": days,
                            "bracket_ids": [
                                Command.create({"max_weight": 30.0, "price": price})
                            ],
                        }
                    )
                ],
            }
        )

    @classmethod
    def _create_rule(cls, rule_set=None, **values):
        return cls.env["ecom.routing.rule"].create(
            {
                "name": "Everything",
                "rule_set_id": (rule_set or cls.rule_set).id,
                **values,
            }
        )

    def warehouse_of(self, order, product):
        """Where the line of a product ships from."""
        return order.order_line.filtered(
            lambda line: line.product_id == product
        ).warehouse_id

    def last_decision(self, order):
        """The newest decision about an order."""
        return order.ecom_decision_ids.sorted("id")[-1:]
