from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models

from ..routing.punctuality import Record
from ..routing.router import Network
from ..routing.schema import CASH_ON_DELIVERY, ZERO, Order, Reason
from ..routing.tariffs import Service, Zone, ZoneRate

#: a carrier without a rate card takes every parcel, at a price that nobody knows
ANY_WEIGHT = Decimal(10**9)


@dataclass(frozen=True)
class Ground:
    """What a batch of a company's orders is decided on, read once.

    :param lines: sale order lines that are routed, by order.
    :param orders: what the pure code decides, see :class:`~..routing.schema.Order`.
    :param carriers: carrier by key of a service.
    :param record: days in transit that were measured.
    :param refused: carriers that were left out beforehand, by order: a list of (key of
        a service, :class:`~..routing.schema.Reason`).
    :param until: when it was; what came later is not known. None: now.
    """

    company: object
    lines: dict
    orders: dict
    network: Network
    carriers: dict
    record: Record
    refused: dict
    until: object = None


class EcomRoutingRouter(models.AbstractModel):
    """What orders are decided on: sites, stock, carriers, read once for a batch."""

    _inherit = "ecom.routing.router"

    @api.model
    def _get_warehouse_domain(self, company):
        """Warehouses that orders of a company may be shipped from."""
        theirs = self.env["ecom.channel"].search(
            [("channel_warehouse_id", "!=", False)]
        )
        return [
            ("company_id", "=", company.id),
            ("ecom_ships", "=", True),
            ("id", "not in", theirs.channel_warehouse_id.ids),
        ]

    @api.model
    def _get_routed_lines(self, lines):
        """Lines of goods whose warehouse is the router's choice.

        Not those that the shop assigned to a site, and not those that a route of their
        own brings from elsewhere: drop-shipped, made to order.
        """
        return lines.filtered(
            lambda line: (
                self._is_goods(line)
                and not line.ecom_location_id.warehouse_id
                and not self._has_own_source(line)
            )
        )

    @api.model
    def _is_goods(self, line):
        return (
            line.product_id.type == "consu"
            and not line.is_delivery
            and line.product_uom_qty > line.ecom_removed_qty
        )

    @api.model
    def _has_own_source(self, line):
        """Whether a route of the line or its product decides where it comes from."""
        product = line.product_id
        routes = line.route_ids or product.route_ids + product.categ_id.total_route_ids
        return bool(line.route_ids) or any(
            rule.location_dest_id.usage == "customer"
            or rule.procure_method in ("make_to_order", "mts_else_mto")
            for rule in routes.rule_ids
        )

    @api.model
    def _get_stocked(self, lines):
        """Products whose stock lines take: components of kits, not kits."""
        products = lines.product_id
        kits = self.env["ecom.stock.supply"]._get_kits(products, lines.company_id[:1])
        parts = self.env["product.product"].union(
            *(part for recipe in kits.values() for part in recipe)
        )
        kits_only = self.env["product.product"].union(*kits)
        return (products - kits_only | parts).filtered("is_storable")

    @api.model
    def _read_ground(self, company, orders, lines=None, excluded=None, rule_sets=None):
        """Read what the orders of a company are decided on; a constant of queries.

        :param lines: only these lines are decided.
        :param excluded: warehouses that must not be used, by order.
        :param rule_sets: those that will decide; without it, all that are in use.
        """
        if lines is None:
            lines = self._get_routed_lines(orders.order_line)
        warehouses = self.env["stock.warehouse"].search(
            self._get_warehouse_domain(company)
        )
        kits = self.env["ecom.stock.supply"]._get_kits(lines.product_id, company)
        services, carriers = self._prepare_services(company, orders)
        quoted, quotes, unasked = self._prepare_quotes(company, orders, carriers)
        services += quoted
        keys = self._get_matching_rules(company, orders, rule_sets)
        of_order = lines.grouped("order_id")
        stocked = self._get_stocked(lines)
        free = self.env["ecom.routing.stock"]._get_free(stocked, warehouses)
        bound = orders.order_line - lines
        for key, units in self._get_bound(bound, company).items():
            if key in free:
                free[key] = max(0, free[key] - units)
        booked = self._get_booked(warehouses)
        pure, refused = {}, {}
        for order in orders:
            values = self._prepare_order(order, of_order.get(order, lines[:0]), kits)
            values["facts"]["keys"] = keys.get(order, frozenset())
            unfit = frozenset(
                key
                for key, carrier in carriers.items()
                if not self._takes_products(carrier, order)
            )
            refused[order] = [(key, Reason.UNASKED) for key in unasked.get(order, ())]
            refused[order] += [(key, Reason.PRODUCTS) for key in unfit]
            values["services"] = self._get_allowed_services(
                order, services, carriers, quotes.get(order, frozenset()), unfit
            )
            values["excluded"] = frozenset(
                str(site.id) for site in (excluded or {}).get(order, ())
            )
            pure[order] = Order(**values)
        network = Network(
            sites=tuple(
                warehouse._ecom_to_site(booked.get(warehouse.id, {}))
                for warehouse in warehouses
            ),
            services=services,
            stock={
                (str(warehouse_id), str(product_id)): units
                for (product_id, warehouse_id), units in free.items()
            },
        )
        record = self._read_record(company, services, carriers, rule_sets)
        return Ground(company, of_order, pure, network, carriers, record, refused)

    @api.model
    def _get_bound(self, lines, company):
        """Units that lines with a warehouse of the shop's choice take there."""
        lines = lines.filtered(
            lambda line: self._is_goods(line) and line.ecom_location_id.warehouse_id
        )
        kits = self.env["ecom.stock.supply"]._get_kits(lines.product_id, company)
        bound = defaultdict(int)
        for line in lines:
            warehouse = line.ecom_location_id.warehouse_id
            for product, units in line._ecom_get_needs(kits):
                key = int(product), warehouse.id
                bound[key] += units * line._ecom_get_pieces()
        return bound

    @api.model
    def _get_booked(self, warehouses):
        """Parcels that warehouses have to send already, by warehouse and day."""
        limited = warehouses.filtered("ecom_capacity")
        booked = defaultdict(dict)
        if limited:
            for warehouse, day, count in self.env["ecom.routing.parcel"]._read_group(
                [
                    ("warehouse_id", "in", limited.ids),
                    ("ship_on", ">=", fields.Date.today() - timedelta(days=1)),
                    ("decision_id.kind", "not in", ("waiting", "shadow")),
                    ("decision_id.replaced", "=", False),
                    ("decision_id.order_id.state", "=", "sale"),
                ],
                ["warehouse_id", "ship_on:day"],
                ["__count"],
            ):
                booked[warehouse.id][day] = count
        return booked

    @api.model
    def _prepare_services(self, company, orders):
        """What carriers offer, and the carrier by key of the service.

        A carrier that the buyer chose and that has no rate card takes everything, at
        no known price.
        """
        cards = self.env["ecom.rate.card"].search(
            [("company_id", "=", company.id), ("zone_ids", "!=", False)]
        )
        cards = cards.filtered("carrier_id.active")
        carriers = {f"card:{card.id}": card.carrier_id for card in cards}
        services = [card._to_service() for card in cards]
        rates = (ZoneRate(Zone(), ((ANY_WEIGHT, ZERO),)),)
        for carrier in orders.mapped(self._get_binding_carrier) - cards.carrier_id:
            key = f"carrier:{carrier.id}"
            carriers[key] = carrier
            services.append(
                Service(
                    key=key,
                    name=carrier.name,
                    rates=rates,
                    features=carrier._ecom_get_features(),
                )
            )
        return tuple(services), carriers

    @api.model
    def _get_binding_carrier(self, order):
        """The carrier that the buyer chose and nobody may replace."""
        method = order.ecom_shipping_method_id
        return method.carrier_id if method.binding else method.carrier_id.browse()

    @api.model
    def _takes_products(self, carrier, order):
        """Whether a delivery method is for the products of an order, by their tags."""
        return carrier._match_must_have_tags(order) and carrier._match_excluded_tags(
            order
        )

    @api.model
    def _get_allowed_services(
        self, order, services, carriers, quoted, unfit=frozenset()
    ):
        """Keys of the services that an order may go by, None for all.

        :param quoted: keys of what carriers without a rate card ask for this order.
        :param unfit: keys of carriers that are not for its products; a buyer's binding
            choice counts all the same.
        """
        chosen = self._get_binding_carrier(order)
        if chosen:
            keys = {key for key, one in carriers.items() if one == chosen}
            priced = {key for key in keys if key.startswith("card:")} | (keys & quoted)
            return frozenset(priced or (key for key in keys if _is_unpriced(key)))
        # a carrier without a known price is only for those who chose it
        known = {key for key in carriers if key.startswith("card:")} | quoted
        known -= unfit
        return frozenset(known) if len(known) < len(services) else None

    @api.model
    def _get_matching_rules(self, company, orders, rule_sets=None):
        """Keys of the rules whose further condition an order meets."""
        matching = defaultdict(set)
        if rule_sets is None:
            rule_sets = self._get_rule_sets(company)
        rules = rule_sets.rule_ids.filtered(lambda rule: rule._get_domain())
        for rule in rules:
            domain = [("id", "in", orders.ids), *rule._get_domain()]
            for order in self.env["sale.order"].search(domain):
                matching[order].add(str(rule.id))
        return {order: frozenset(keys) for order, keys in matching.items()}

    @api.model
    def _prepare_order(self, order, lines, kits):
        """Values of a :class:`~..routing.schema.Order`."""
        tags = frozenset(filter(None, (order.ecom_tags or "").split(", ")))
        promised = order.ecom_deliver_by
        return {
            "key": str(order.id),
            "lines": tuple(line._ecom_to_routing_line(kits) for line in lines),
            "place": order.partner_shipping_id._ecom_to_place(),
            "promised": promised.date() if promised else None,
            "required": self._get_required(order),
            "facts": {
                "channel": str(order.ecom_channel_id.id),
                "tags": tags,
                "classes": frozenset(
                    str(category.id) for category in lines.product_id.categ_id
                ),
                "risk": order.ecom_risk,
                "customer": frozenset(
                    order.partner_id.category_id.ids
                    + order.partner_id.commercial_partner_id.category_id.ids
                ),
            },
        }

    @api.model
    def _get_required(self, order):
        """What every carrier of an order must be able to do (hook).

        What only some goods need, their lines say: ``_ecom_get_required``.
        """
        collects = order.ecom_payment_rule_id.cash_on_delivery
        return frozenset({CASH_ON_DELIVERY} if collects else ())


def _is_unpriced(key):
    return key.startswith("carrier:")
