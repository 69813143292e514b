from collections import defaultdict
from decimal import ROUND_FLOOR, Decimal

from odoo import api, models
from odoo.tools import SQL

from ..marketplaces.schema import ZERO
from .ecom_stock_supply import exact

#: terms of a supply, and how they count for what may be promised to another order
SIGNS = {"on_hand": 1, "reserved": -1, "promised": -1}
#: balance of stock that has to be counted first: nobody gets anything of it
IN_DOUBT = -(10**9)


class EcomRoutingStock(models.AbstractModel):
    """What warehouses can still promise, in whole units, for a batch of orders."""

    _name = "ecom.routing.stock"
    _description = "Stock for routing"

    @api.model
    def _claim(self, products):
        """Let no other transaction promise these products at the same time.

        A row for each product is written, in the order of their ids, so that two
        batches never wait for each other crosswise. Whoever comes second fails with a
        serialization error and starts over with the stock that is left: its snapshot
        was taken before the first had promised anything.
        """
        if not products:
            return
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ecom_routing_claim (product_id, turn)
                SELECT id, 1 FROM unnest(%(ids)s) AS id ORDER BY id
                    ON CONFLICT (product_id)
                    DO UPDATE SET turn = ecom_routing_claim.turn + 1
                """,
                ids=sorted(products.ids),
            )
        )

    @api.model
    def _get_free(self, products, warehouses):
        """Whole units that may be promised; two queries, and one for rejections.

        :return: dict ``(product id, warehouse id) -> int``.
        """
        balance = self._get_balance(products, warehouses)
        return {key: max(0, units) for key, units in balance.items()}

    @api.model
    def _get_balance(self, products, warehouses):
        """The same, negative where more was promised than there is."""
        supply = self.env["ecom.stock.supply"]
        free = defaultdict(lambda: ZERO)
        if products and warehouses:
            for query in (supply._query_quants, supply._query_moves):
                for product_id, warehouse_id, term, quantity in self.env.execute_query(
                    query(products.ids, warehouses.ids)
                ):
                    sign = SIGNS.get(term, 0)
                    free[product_id, warehouse_id] += sign * exact(quantity)
        doubtful = self._get_doubtful(products, warehouses)
        return {
            key: IN_DOUBT if key in doubtful else _whole(quantity)
            for key, quantity in free.items()
        }

    @api.model
    def _get_doubtful(self, products, warehouses):
        """(product id, warehouse id) whose stock has to be counted first."""
        groups = self.env["ecom.routing.rejection"]._read_group(
            [
                ("blocks_stock", "=", True),
                ("product_id", "in", products.ids),
                ("warehouse_id", "in", warehouses.ids),
            ],
            ["product_id", "warehouse_id"],
        )
        return {(product.id, warehouse.id) for product, warehouse in groups}


def _whole(quantity: Decimal) -> int:
    return int(quantity.to_integral_value(ROUND_FLOOR))
