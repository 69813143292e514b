from collections import defaultdict
from dataclasses import fields as dataclass_fields
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..marketplaces.availability import Supply
from ..marketplaces.schema import ZERO

TERMS = tuple(term.name for term in dataclass_fields(Supply))
MAX_KIT_DEPTH = 10


def exact(value):
    """A quantity of the database without the noise of binary fractions."""
    return Decimal(str(round(float(value or 0), 6)))


class EcomStockSupply(models.AbstractModel):
    """What stock there is and who claims it, for many products in few queries."""

    _name = "ecom.stock.supply"
    _description = "Stock and claims of products by warehouse"

    @api.model
    def _get(self, products, warehouses):
        """Supplies by product and warehouse; a constant number of queries.

        :return: dict ``(product id, warehouse id) -> Supply``; absent = nothing at all.
        """
        sums = defaultdict(lambda: dict.fromkeys(TERMS, ZERO))
        if products and warehouses:
            for query in (self._query_quants, self._query_moves):
                for product_id, warehouse_id, term, quantity in self.env.execute_query(
                    query(products.ids, warehouses.ids)
                ):
                    sums[product_id, warehouse_id][term] += exact(quantity)
            for key, term, quantity in self._get_order_demand(products, warehouses):
                sums[key][term] += quantity
        return {key: Supply(**terms) for key, terms in sums.items()}

    @api.model
    def _get_order_demand(self, products, warehouses):
        """What imported orders claim that are not confirmed, kits taken apart.

        Yields ``(product id, warehouse id), "held" or "unconfirmed", quantity``.
        """
        rows = self.env.execute_query(self._query_orders(warehouses.ids))
        wanted = set(products.ids)
        ordered = products.browse({product_id for product_id, *_rest in rows})
        kits = self._get_kits(ordered, warehouses.company_id[:1]) if rows else {}
        for product_id, warehouse_id, term, quantity in rows:
            product = products.browse(product_id)
            for part, count in kits.get(product, {product: Decimal(1)}).items():
                if part.id in wanted:
                    yield (part.id, warehouse_id), term, exact(quantity) * count

    @api.model
    def _query_quants(self, product_ids, warehouse_ids):
        """On hand and reserved in the internal locations of warehouses."""
        self.env["stock.quant"].flush_model()
        return SQL(
            """
            SELECT q.product_id, l.warehouse_id, term.name, SUM(term.quantity)
              FROM stock_quant q
              JOIN stock_location l ON l.id = q.location_id
              CROSS JOIN LATERAL (
                   VALUES ('on_hand', q.quantity), ('reserved', q.reserved_quantity)
                   ) AS term (name, quantity)
             WHERE q.product_id = ANY(%(products)s)
               AND l.usage = 'internal'
               AND l.warehouse_id = ANY(%(warehouses)s)
             GROUP BY q.product_id, l.warehouse_id, term.name
            """,
            products=product_ids,
            warehouses=warehouse_ids,
        )

    @api.model
    def _query_moves(self, product_ids, warehouse_ids):
        """Confirmed moves: leaving ones as far as not reserved, and arriving ones.

        Moves within a warehouse change nothing, and a move that another one feeds
        (make to order) claims nothing by itself.
        """
        self.env["stock.move"].flush_model()
        return SQL(
            """
            SELECT m.product_id, src.warehouse_id, 'promised',
                   SUM(m.product_qty * GREATEST(0, 1 - COALESCE(m.quantity, 0)
                       / NULLIF(m.product_uom_qty, 0)))
              FROM stock_move m
              JOIN stock_location src ON src.id = m.location_id
              JOIN stock_location dest
                ON dest.id = COALESCE(m.location_final_id, m.location_dest_id)
             WHERE m.product_id = ANY(%(products)s)
               AND m.state IN ('waiting', 'confirmed', 'partially_available')
               AND m.procure_method = 'make_to_stock'
               AND src.usage = 'internal'
               AND src.warehouse_id = ANY(%(warehouses)s)
               AND (dest.usage != 'internal'
                    OR dest.warehouse_id IS DISTINCT FROM src.warehouse_id)
             GROUP BY m.product_id, src.warehouse_id
             UNION ALL
            SELECT m.product_id, dest.warehouse_id, 'incoming', SUM(m.product_qty)
              FROM stock_move m
              JOIN stock_location src ON src.id = m.location_id
              JOIN stock_location dest ON dest.id = m.location_dest_id
             WHERE m.product_id = ANY(%(products)s)
               AND m.state IN
                   ('waiting', 'confirmed', 'partially_available', 'assigned')
               AND dest.usage = 'internal'
               AND dest.warehouse_id = ANY(%(warehouses)s)
               AND (src.usage != 'internal'
                    OR src.warehouse_id IS DISTINCT FROM dest.warehouse_id)
             GROUP BY m.product_id, dest.warehouse_id
            """,
            products=product_ids,
            warehouses=warehouse_ids,
        )

    @api.model
    def _query_orders(self, warehouse_ids):
        """Lines of imported orders that are not confirmed: no delivery claims them."""
        for model in ("sale.order", "sale.order.line", "uom.uom"):
            self.env[model].flush_model()
        return SQL(
            """
            SELECT l.product_id, COALESCE(l.warehouse_id, o.warehouse_id),
                   CASE WHEN o.ecom_held THEN 'held' ELSE 'unconfirmed' END,
                   SUM(l.product_uom_qty * line_uom.factor / product_uom.factor)
              FROM sale_order_line l
              JOIN sale_order o ON o.id = l.order_id
              JOIN product_product p ON p.id = l.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id
              JOIN uom_uom line_uom ON line_uom.id = l.product_uom_id
              JOIN uom_uom product_uom ON product_uom.id = t.uom_id
             WHERE o.ecom_channel_id IS NOT NULL
               AND o.state IN ('draft', 'sent')
               AND o.ecom_fulfilled_by_channel IS NOT TRUE
               AND COALESCE(l.warehouse_id, o.warehouse_id) = ANY(%(warehouses)s)
             GROUP BY 1, 2, 3
            """,
            warehouses=warehouse_ids,
        )

    # -- kits --------------------------------------------------------------------------

    @api.model
    def _get_kits(self, products, company):
        """What kits among products consist of, kits of kits taken apart.

        Kits are bills of materials of that type; there are none without the addon
        ``mrp``, which is no dependency of this one.

        :return: dict ``product -> {component product: units in one kit}``. Components
            that are not kept in stock limit nothing and are left out.
        """
        if "mrp.bom" not in self.env:
            return {}
        recipes, seen, todo = {}, products, products
        for _depth in range(MAX_KIT_DEPTH):
            found = self._find_recipes(todo, company)
            recipes |= found
            parts = self.env["product.product"].union(*map(self._join, found.values()))
            todo = parts - seen
            seen |= todo
            if not todo:
                break
        return {
            product: self._take_apart(product, recipes, MAX_KIT_DEPTH)
            for product in recipes
        }

    @api.model
    def _get_kits_with(self, products):
        """The kits that products are in, directly or in kits of kits.

        Rather too many than too few: of other companies, or of other variants.
        """
        kits = products.browse()
        if "mrp.bom" not in self.env:
            return kits
        todo = products
        for _depth in range(MAX_KIT_DEPTH):
            # The publisher may not read bills of materials; it only counts with them.
            lines = self.env["mrp.bom.line"].sudo()
            boms = lines.search(
                [("product_id", "in", todo.ids), ("bom_id.type", "=", "phantom")]
            ).bom_id
            found = boms.product_id | boms.product_tmpl_id.product_variant_ids
            todo = found.with_env(self.env) - kits
            kits |= todo
            if not todo:
                break
        return kits

    @api.model
    def _find_recipes(self, products, company):
        """Direct components of the kits among products, with their quantities."""
        # The publisher may not read bills of materials; it only counts with them.
        boms = self.env["mrp.bom"].sudo()
        found = boms._bom_find(products, company_id=company.id, bom_type="phantom")
        recipes = {}
        for product, bom in found.items():
            made = bom.product_uom_id._compute_quantity(
                bom.product_qty, product.uom_id, round=False
            )
            recipe = defaultdict(Decimal)
            for line in bom.bom_line_ids:
                if line.product_qty and not line._skip_bom_line(product):
                    component = line.product_id
                    needed = line.product_uom_id._compute_quantity(
                        line.product_qty, component.uom_id, round=False
                    )
                    recipe[component.with_env(self.env)] += exact(needed / made)
            if bom:
                recipes[product.with_env(self.env)] = recipe
        return recipes

    @api.model
    def _join(self, recipe):
        return self.env["product.product"].union(*recipe)

    @api.model
    def _take_apart(self, product, recipes, depth):
        """Units of each stocked component in one unit of a product."""
        if product not in recipes or not depth:
            return {product: Decimal(1)} if product.is_storable else {}
        parts = defaultdict(Decimal)
        for component, quantity in recipes[product].items():
            inner = self._take_apart(component, recipes, depth - 1)
            for part, count in inner.items():
                parts[part] += quantity * count
        return dict(parts)
