import logging
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..marketplaces.schema import ZERO
from ..routing.punctuality import Record
from ..routing.schema import CASH_ON_DELIVERY, DANGEROUS_GOODS, Place
from ..routing.tariffs import Service, Zone, ZoneRate
from .ecom_inbox_message import CONCURRENCY_ERRORS
from .ecom_routing_ground import ANY_WEIGHT
from .failure_log import log_failure

_logger = logging.getLogger(__name__)

MEASURED = timedelta(days=180)  # parcels that left earlier say nothing any more
MOST_QUESTIONS = 500  # that a carrier is asked for one batch of orders


class DeliveryCarrier(models.Model):
    """A carrier that routing may use at the price of Odoo's own delivery method."""

    _inherit = "delivery.carrier"

    ecom_in_routing = fields.Boolean(
        string="Used in Order Routing",
        help="Without a rate card, its price for the whole order is asked for when an "
        "order is routed. A provider that is asked over the network makes routing "
        "slower.",
    )
    ecom_transit_days = fields.Integer(
        string="Days in Transit",
        default=1,
        help="For order routing, where there is no rate card.",
    )

    ecom_dangerous_goods = fields.Boolean(
        string="Takes Dangerous Goods",
        help="Parcels with dangerous goods are routed by such carriers only.",
    )

    _ecom_days_positive = models.Constraint(
        "CHECK(COALESCE(ecom_transit_days, 0) >= 0)",
        "The number of days must not be negative.",
    )

    def _ecom_get_features(self):
        """What the carrier can do besides carrying (hook)."""
        self.ensure_one()
        features = {
            DANGEROUS_GOODS: self.ecom_dangerous_goods,
            CASH_ON_DELIVERY: self.allow_cash_on_delivery,
        }
        return frozenset(name for name, able in features.items() if able)

    def _ecom_quote(self, order):
        """What the delivery method asks for an order, in the company's currency.

        :return: None when it does not take the order, or cannot be asked.
        """
        self.ensure_one()
        try:
            answer = self.rate_shipment(order)
        except UserError:
            return None
        except CONCURRENCY_ERRORS:
            raise
        except Exception as error:  # noqa: BLE001 - another carrier takes the order
            log_failure(_logger, error, "Carrier %s gave no price", self.id)
            return None
        if not answer.get("success"):
            return None
        # without the gift that the seller makes of the freight of large orders
        price = answer.get("carrier_price", answer["price"])
        company = order.company_id
        price = order.currency_id._convert(
            price, company.currency_id, company, order.date_order
        )
        return Decimal(str(company.currency_id.round(price)))


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _ecom_get_question(self):
        """All that a carrier's price for an order depends on (hook).

        Two orders with the same one share the carrier's answer.
        """
        self.ensure_one()
        partner = self.partner_shipping_id
        return (
            self.warehouse_id.id,
            self.currency_id.id,
            self.date_order.date(),
            partner.country_id.id,
            partner.state_id.id,
            partner.zip or "",
            partner.city or "",
            self.amount_total,
            tuple(
                sorted(
                    (
                        line.product_id.id,
                        line.product_uom_id.id,
                        line.product_uom_qty,
                        line.price_subtotal,
                        line.is_delivery,
                    )
                    for line in self.order_line
                    if not line.display_type
                )
            ),
        )


class EcomRoutingRouter(models.AbstractModel):
    """Carriers without a rate card, and how punctual carriers are."""

    _inherit = "ecom.routing.router"

    @api.model
    def _get_quoted_domain(self, company):
        """Carriers whose own price is asked for (hook)."""
        return [
            ("ecom_in_routing", "=", True),
            ("company_id", "in", (False, company.id)),
        ]

    @api.model
    def _prepare_quotes(self, company, orders, carriers):
        """What carriers without a rate card ask, order by order.

        The price is that of the whole order, also for a parcel of it. Orders of which
        a carrier would be asked the same share one answer; beyond
        :data:`MOST_QUESTIONS` a carrier takes no part for orders that are left, which
        is said on them.

        :param carriers: carrier by key of a service; those that are added go here too.
        :return: (services, dict ``order -> keys of services``, dict ``order -> keys of
            what was not asked``).
        """
        cards = [one for key, one in carriers.items() if key.startswith("card:")]
        found = self.env["delivery.carrier"].search(self._get_quoted_domain(company))
        questions = {order: order._ecom_get_question() for order in orders}
        nothing = frozenset()
        services, quotes, unasked = {}, {}, {}
        for carrier in found - found.browse().union(*cards):
            answers = {}
            for order, question in questions.items():
                if question not in answers:
                    if len(answers) >= MOST_QUESTIONS:
                        key = f"unasked:{carrier.id}"
                        carriers[key] = carrier
                        unasked[order] = unasked.get(order, nothing) | {key}
                        continue
                    answers[question] = carrier._ecom_quote(order)
                price = answers[question]
                if price is None:
                    continue
                key = f"quote:{carrier.id}:{price}"
                quotes[order] = quotes.get(order, nothing) | {key}
                carriers[key] = carrier
                services[key] = self._prepare_quoted(carrier, key, price)
        return tuple(services.values()), quotes, unasked

    @api.model
    def _prepare_quoted(self, carrier, key, price):
        """A delivery method's price, as routing sees it."""
        rate = ZoneRate(
            Zone(), ((ANY_WEIGHT, max(price, ZERO)),), days=carrier.ecom_transit_days
        )
        return Service(
            key=key,
            name=carrier.name,
            rates=(rate,),
            max_weight=Decimal(str(carrier.max_weight)),
            max_volume=Decimal(str(carrier.max_volume)),
            features=carrier._ecom_get_features(),
        )

    # -- punctuality -------------------------------------------------------------------

    @api.model
    def _read_record(self, company, services, carriers, rule_sets=None):
        """Days in transit of the last months, by service and zone; one query.

        Nothing is read when no rule set counts with it.
        """
        if rule_sets is None:
            rule_sets = self._get_rule_sets(company)
        record = Record()
        if not any(rule_sets.mapped("confidence")):
            return record
        of_carrier = {}
        for service in services:
            of_carrier.setdefault(carriers[service.key].id, []).append(service)
        for (
            carrier_id,
            site,
            country,
            state,
            code,
            days,
            parcels,
        ) in self.env.execute_query(self._query_transits(company, list(of_carrier))):
            place = Place(country or "", state or "", code)
            for service in of_carrier[carrier_id]:
                rate = service.rate(place)
                if rate and (service.sites is None or str(site) in service.sites):
                    row = service.rates.index(rate)
                    record.add(service.key, row, days, parcels)
        return record

    @api.model
    def _query_transits(self, company, carrier_ids):
        """Parcels that arrived, by carrier, warehouse, place and days in transit."""
        for model in ("stock.picking", "res.partner"):
            self.env[model].flush_model()
        return SQL(
            """
            SELECT picking.carrier_id, kind.warehouse_id, country.code, state.code,
                   UPPER(REPLACE(COALESCE(buyer.zip, ''), ' ', '')),
                   GREATEST(
                       picking.ecom_arrived_at::date - picking.date_done::date, 0),
                   COUNT(*)
              FROM stock_picking picking
              JOIN stock_picking_type kind ON kind.id = picking.picking_type_id
              JOIN stock_location target ON target.id = picking.location_dest_id
              JOIN res_partner buyer ON buyer.id = picking.partner_id
              LEFT JOIN res_country country ON country.id = buyer.country_id
              LEFT JOIN res_country_state state ON state.id = buyer.state_id
             WHERE picking.state = 'done' AND target.usage = 'customer'
               AND picking.company_id = %(company)s
               AND picking.carrier_id = ANY(%(carriers)s)
               AND picking.ecom_arrived_at IS NOT NULL
               AND picking.date_done >= %(since)s
             GROUP BY 1, 2, 3, 4, 5, 6
            """,
            company=company.id,
            carriers=carrier_ids,
            since=fields.Datetime.now() - MEASURED,
        )


class StockPicking(models.Model):
    """When a parcel reached the buyer."""

    _inherit = "stock.picking"

    ecom_arrived_at = fields.Datetime(
        string="Arrived",
        copy=False,
        help="When the buyer received it: carriers are measured by it. Written by the "
        "carrier's tracking, by an import, or by hand.",
    )
    ecom_is_shipment = fields.Boolean(
        string="Ships a Shop's Order", compute="_compute_ecom_is_shipment"
    )

    _ecom_arrived_idx = models.Index(
        "(carrier_id, date_done) WHERE ecom_arrived_at IS NOT NULL"
    )

    @api.depends("location_dest_id.usage", "sale_id")
    def _compute_ecom_is_shipment(self):
        for picking in self:
            picking.ecom_is_shipment = (
                bool(picking.sale_id) and picking.location_dest_id.usage == "customer"
            )

    def action_ecom_arrived(self):
        """The buyer has got these parcels."""
        for picking in self:
            if picking.state == "done" and not picking.ecom_arrived_at:
                picking.ecom_arrived_at = fields.Datetime.now()
