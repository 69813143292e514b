from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..marketplaces.schema import ZERO
from ..routing.scarcity import Expected
from ..routing.schema import Place
from .ecom_stock_supply import exact


class EcomRoutingRouter(models.AbstractModel):
    """What is expected to be ordered, for strategies that look ahead."""

    _inherit = "ecom.routing.router"

    @api.model
    def _read_expected(self, ground, rule_set):
        """What regions will order of the products that are decided on.

        As much a day as in the last weeks, by product, country and state, whoever
        shipped it. One query, and those that find kits.

        :rtype: tuple[odoo.addons.ecom_orders.routing.scarcity.Expected, ...]
        """
        lines = self.env["sale.order.line"].union(*ground.lines.values())
        stocked = self._get_stocked(lines)
        if not stocked:
            return ()
        supply = self.env["ecom.stock.supply"]
        ordered = stocked | supply._get_kits_with(stocked)
        kits = supply._get_kits(ordered, ground.company)
        until = ground.until or fields.Datetime.now()
        since = until - timedelta(weeks=rule_set.forecast_weeks)
        days = rule_set.forecast_weeks * 7
        share = rule_set.forecast_days / days if days else 0.0
        expected = []
        for product_id, country, state, code, units, worth in self.env.execute_query(
            self._query_demand(ground.company, ordered.ids, since, until)
        ):
            product = ordered.browse(product_id)
            place = Place(country or "", state or "", code or "")
            parts = kits.get(product, {product: Decimal(1)})
            pieces = sum(parts.values(), ZERO)
            for part, count in parts.items():
                if part in stocked and units > 0:
                    expected.append(
                        Expected(
                            product=str(part.id),
                            place=place,
                            units=float(units) * float(count) * share,
                            # a kit that cannot be shipped is lost as a whole
                            loss=exact(max(float(worth), 0.0) / float(units)) / pieces,
                            weight=exact(part.weight),
                            volume=exact(part.volume),
                        )
                    )
        return tuple(expected)

    @api.model
    def _query_demand(self, company, product_ids, since, until):
        """Units that were sold, and their worth in the company's currency, by region.

        A region is a country and a state; its zip code is the most frequent one.
        """
        for model in ("sale.order", "sale.order.line", "res.partner", "uom.uom"):
            self.env[model].flush_model()
        return SQL(
            """
            SELECT line.product_id, country.code, state.code,
                   MODE() WITHIN GROUP (
                       ORDER BY UPPER(REPLACE(COALESCE(buyer.zip, ''), ' ', ''))),
                   SUM(line.product_uom_qty * line_uom.factor / product_uom.factor),
                   SUM(line.price_subtotal
                       / COALESCE(NULLIF(sale.currency_rate, 0), 1))
              FROM sale_order_line line
              JOIN sale_order sale ON sale.id = line.order_id
              JOIN res_partner buyer ON buyer.id = sale.partner_shipping_id
              LEFT JOIN res_country country ON country.id = buyer.country_id
              LEFT JOIN res_country_state state ON state.id = buyer.state_id
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              JOIN uom_uom line_uom ON line_uom.id = line.product_uom_id
              JOIN uom_uom product_uom ON product_uom.id = template.uom_id
             WHERE sale.company_id = %(company)s
               AND sale.state = 'sale'
               AND sale.ecom_fulfilled_by_channel IS NOT TRUE
               AND sale.date_order >= %(since)s AND sale.date_order < %(until)s
               AND line.product_id = ANY(%(products)s)
             GROUP BY 1, 2, 3
             ORDER BY 1, 2, 3
            """,
            company=company.id,
            products=product_ids,
            since=since,
            until=until,
        )
