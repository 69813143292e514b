from datetime import timedelta, timezone
from decimal import Decimal

from odoo import api, fields, models

from ..marketplaces.base import Capability
from ..marketplaces.outbound import to_plain
from ..marketplaces.parcels import (
    Box,
    Need,
    make_parcels,
    share_references,
    split_references,
)
from ..marketplaces.schema import LineKind, Shipment, ShipmentLine
from .ecom_outbox_message import SHIPMENT


class EcomShipmentPlanner(models.AbstractModel):
    """What to tell the channels of validated deliveries.

    The quantities are those of :mod:`..marketplaces.parcels`; this model collects what
    it needs to know, for all deliveries at once.
    """

    _name = "ecom.shipment.planner"
    _description = "Parcels to be told to a channel"

    @api.model
    def _tell(self, pickings):
        """Keep a message for each parcel of deliveries; again, and it says the same.

        A constant number of queries, whatever the number of deliveries.
        """
        moves = pickings.move_ids.filtered(self._is_told_move)
        orders = moves.sale_line_id.order_id
        orders = orders.filtered(self._is_told_order)
        if not orders:
            return
        shipments = self._collect(orders)
        rows = self.env["ecom.outbox.message"].search(
            [("kind", "=", SHIPMENT), ("order_id", "in", orders.ids)]
        )
        codes = self.env["ecom.carrier.code"]._get_codes(orders.ecom_channel_id)
        sites = self._get_sites(shipments)
        values = []
        for order in orders:
            for picking, parcels in self._plan_order(order, shipments[order], pickings):
                told = rows.filtered(
                    lambda row, p=picking, o=order: (
                        row.picking_id == p and row.order_id == o
                    )
                )
                parcels = self._reconcile(told, parcels)
                values += [
                    self._prepare_values(order, picking, parcel, codes, sites)
                    for parcel in parcels
                ]
        self.env["ecom.outbox.message"]._put(values)

    # -- what is told ------------------------------------------------------------------

    @api.model
    def _is_told_move(self, move):
        """Whether a move brings an order's goods to its buyer."""
        line = move.sale_line_id
        return (
            move.state == "done"
            and move.location_dest_id.usage == "customer"
            and move.location_id.usage != "customer"
            and line.ecom_line_key
            and line.ecom_kind == LineKind.PRODUCT.value
        )

    @api.model
    def _is_told_order(self, order):
        """Whether the order's channel wants to know that it was shipped."""
        channel = order.ecom_channel_id
        return (
            channel
            and channel._is_told(SHIPMENT)
            and not order.ecom_fulfilled_by_channel
        )

    @api.model
    def _collect(self, orders):
        """All that left for some orders, by order and delivery, the oldest first.

        :return: dict ``order -> {picking -> moves}``.
        """
        # All in one set of records, so that what they refer to is read in one go.
        moves = orders.order_line.move_ids.filtered(self._is_told_move)
        by_order = moves.grouped(lambda move: move.sale_line_id.order_id)
        return {
            order: dict(
                sorted(
                    by_order[order].grouped("picking_id").items(),
                    key=lambda item: _age(item[0]),
                )
            )
            for order in orders
        }

    @api.model
    def _plan_order(self, order, shipments, pickings):
        """The parcels of an order's deliveries.

        :param shipments: dict ``picking -> moves`` of all that left for the order.
        :param pickings: the deliveries to be told.
        :return: list of (picking, parcels).
        """
        needs = self._get_needs(order)
        if not order.ecom_channel_id._can(Capability.PARTIAL_SHIPMENTS):
            if not self._is_complete(order):
                return []
            pickings = self.env["stock.picking"].union(*shipments)
        shipped, plan = {}, []
        for picking, moves in shipments.items():
            boxes = self._get_boxes(order, picking, moves)
            if picking in pickings and not self._is_fetched(order, picking):
                plan.append((picking, make_parcels(boxes, needs, shipped)))
            for box in boxes:
                for key, quantity in box.contents.items():
                    shipped[key] = shipped.get(key, Decimal(0)) + quantity
        return plan

    @api.model
    def _is_fetched(self, order, picking):
        """Whether the buyer fetches the goods: there is no parcel to be told."""
        fetched = (
            order.ecom_shipping_method_id.pickup
            or picking.carrier_id.delivery_type == "in_store"
        )
        return fetched and not picking.carrier_tracking_ref

    @api.model
    def _is_complete(self, order):
        """Whether nothing of an order is still to be delivered."""
        return all(
            move.state in ("done", "cancel") for move in order.order_line.move_ids
        )

    @api.model
    def _get_needs(self, order):
        """What the order's lines are made of, by their keys."""
        lines = order.order_line.filtered(
            lambda line: line.ecom_line_key and line.ecom_kind == LineKind.PRODUCT.value
        )
        return {
            key: self._get_need(parts)
            for key, parts in lines.grouped("ecom_line_key").items()
        }

    @api.model
    def _get_need(self, lines):
        """Units that the channel ordered, and the products one of them is made of.

        :param lines: a line of the channel, with the parts it was divided into.

        A line whose goods are other products is a kit. What one kit needs of each is
        taken from what was asked of the warehouse for all of them.
        """
        product = lines.product_id
        quantity = sum(
            line.product_uom_id._compute_quantity(line.product_uom_qty, product.uom_id)
            for line in lines
        )
        multiplier = Decimal(str(lines[:1].ecom_multiplier or 1.0))
        ordered = Decimal(str(quantity)) / multiplier
        moves = lines.move_ids.filtered(
            lambda move: (
                move.location_dest_id.usage == "customer"
                and move.location_id.usage != "customer"
                and not (move.state == "cancel" and move.picking_id.state == "cancel")
            )
        )
        if moves.product_id <= product or not quantity:
            return Need(ordered, {str(product.id): multiplier})
        asked = {}
        for move in moves:
            key = str(move.product_id.id)
            asked[key] = asked.get(key, Decimal(0)) + Decimal(str(move.product_qty))
        return Need(ordered, {key: total / ordered for key, total in asked.items()})

    # -- boxes -------------------------------------------------------------------------

    @api.model
    def _get_boxes(self, order, picking, moves):
        """What of an order left in one delivery, package by package."""
        contents, references = {}, {}
        for move in moves:
            for package, quantity in self._get_quantities(move).items():
                box = contents.setdefault(package, {})
                key = (move.sale_line_id.ecom_line_key, str(move.product_id.id))
                box[key] = box.get(key, Decimal(0)) + Decimal(str(quantity))
                references[package] = split_references(package.ecom_tracking_ref)
        boxes = [
            Box(self._get_key(order, picking, package), box, references[package])
            for package, box in contents.items()
        ]
        return share_references(
            boxes, split_references(picking.carrier_tracking_ref or "")
        )

    @api.model
    def _get_quantities(self, move):
        """Product units of a move by package; an empty one for what is not packed."""
        quantities = {}
        for line in move.move_line_ids:
            package = line.result_package_id
            quantities.setdefault(package, 0.0)
            quantities[package] += line.quantity_product_uom
        return quantities

    @api.model
    def _get_key(self, order, picking, package):
        key = f"{picking.id}-{order.id}"
        return f"{key}-P{package.id}" if package else key

    # -- messages ----------------------------------------------------------------------

    @api.model
    def _reconcile(self, told, parcels):
        """The parcels to be kept, given what was kept of the delivery before.

        What was not sent yet is replaced. Once something was sent, its parcels stay
        as they were told; only their references may still come or change.
        """
        sent = told.filtered(lambda row: row.state in ("sent", "pending"))
        if not sent:
            keys = [parcel.key for parcel in parcels]
            told.filtered(lambda row: row.key not in keys).unlink()
            return parcels
        by_key = {row.key: row for row in sent}
        if {parcel.key for parcel in parcels} == set(by_key):
            return parcels
        references = dict.fromkeys(parcel.reference for parcel in parcels)
        first = sent.sorted("id")[:1]
        lines = {
            line["order_line_id"]: Decimal(line["quantity"])
            for line in first.payload.get("lines", ())
        }
        parcel = type(parcels[0])(first.key, ", ".join(references), lines)
        return [parcel]

    @api.model
    def _prepare_values(self, order, picking, parcel, codes, sites):
        """Values of the message of one parcel.

        :param codes: see ``ecom.carrier.code._get_codes``.
        :param sites: see ``_get_sites``.
        """
        channel = order.ecom_channel_id
        code = codes.get((channel.id, picking.carrier_id.id))
        carrier_name = (code and code.name) or picking.carrier_id.name or ""
        partial = channel._can(Capability.PARTIAL_SHIPMENTS)
        shipment = Shipment(
            key=parcel.key,
            order_id=order.ecom_external_id,
            tracking_number=parcel.reference,
            carrier=code.code if code else "",
            carrier_name=carrier_name,
            tracking_url=self._get_tracking_url(picking, parcel),
            lines=tuple(
                ShipmentLine(line, quantity.normalize())
                for line, quantity in parcel.lines.items()
            )
            if partial
            else (),
            shipped_at=picking.date_done.replace(tzinfo=timezone.utc),
            location_ref=sites.get((channel, picking.picking_type_id.warehouse_id), ""),
            marketplace_ref=order.ecom_marketplace_ref or "",
        )
        wait = timedelta(hours=0 if parcel.reference else channel.tracking_wait)
        due = picking.date_done + wait
        return {
            "channel_id": channel.id,
            "kind": SHIPMENT,
            "key": parcel.key,
            "order_id": order.id,
            "picking_id": picking.id,
            "payload": to_plain(shipment),
            "tracking_number": parcel.reference or False,
            "next_attempt_at": due if due > fields.Datetime.now() else False,
        }

    @api.model
    def _get_tracking_url(self, picking, parcel):
        """The carrier's page, where the delivery has one for this very reference."""
        if parcel.reference != (picking.carrier_tracking_ref or "").strip():
            return ""
        url = picking.carrier_tracking_url or ""
        return url if url.startswith(("https://", "http://")) else ""

    @api.model
    def _get_sites(self, shipments):
        """The channels' ids of the sites that ship; none where they know only one.

        :param shipments: see ``_collect``.
        :return: dict ``(channel, warehouse) -> id``, asked for once each.
        """
        if "ecom.location" not in self.env:
            return {}
        locations = self.env["ecom.location"]
        pairs = {
            (order.ecom_channel_id, picking.picking_type_id.warehouse_id)
            for order, pickings in shipments.items()
            for picking in pickings
        }
        return {pair: locations._get_ref(*pair) or "" for pair in pairs}


def _age(picking):
    return (picking.date_done, picking.id)
