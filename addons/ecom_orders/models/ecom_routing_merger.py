from datetime import timedelta

from odoo import api, models

from ..marketplaces.names import is_masked
from ..routing.merging import Delivery, address_key, group
from .guard import run_guarded

MOST_DELIVERIES = 5000  # that are looked at in one run, the newest first


class EcomRoutingMerger(models.AbstractModel):
    """Finds orders of one buyer that can leave as one parcel.

    Hooks for neighbours: ``_get_merge_domain``, ``_is_mergeable``, ``_get_lane``.
    """

    _name = "ecom.routing.merger"
    _description = "Merging of orders into one parcel"

    @api.model
    def _cron_merge(self):
        """Propose or merge, company by company."""
        cron = self.env["ir.cron"]
        rule_sets = self.env["ecom.routing.rule.set"].search(
            [("mode", "=", "active"), ("merge_mode", "!=", "off")]
        )
        cron._commit_progress(remaining=len(rule_sets))
        for rule_set in rule_sets:
            run_guarded(
                rule_set,
                lambda rule_set=rule_set: self._look(rule_set),
                # Nothing was brought together: the next run looks at the same.
                lambda error: None,
            )
            if not cron._commit_progress(processed=1):
                break

    @api.model
    def _look(self, rule_set):
        """Propose what could leave together now, and merge it if the set says so.

        :return: the rows that were made.
        """
        # No role may write rows; the job moves only what nobody has touched yet.
        self = self.sudo().with_company(rule_set.company_id)
        rule_set = rule_set.sudo()
        rows = self.env["ecom.routing.merge"]
        pickings = self.env["stock.picking"].search(
            self._get_merge_domain(rule_set), order="id desc", limit=MOST_DELIVERIES
        )
        groups = self._group(pickings, rule_set)
        old = rows.search(
            [
                ("company_id", "=", rule_set.company_id.id),
                ("state", "=", "proposed"),
            ]
        )
        known = {frozenset(row.picking_ids.ids): row for row in old}
        current = rows.union(
            *(known.get(frozenset(one.ids), rows) for one in groups),
        )
        (old - current).unlink()
        made = rows.create(
            [
                self._prepare_row(one, rule_set)
                for one in groups
                if frozenset(one.ids) not in known
            ]
        )
        if rule_set.merge_mode == "automatic":
            for row in current | made:
                # Whoever picks just now has the delivery; it is not taken away.
                locked = row.picking_ids.try_lock_for_update(allow_referencing=True)
                if locked == row.picking_ids:
                    row._merge()
        return made

    @api.model
    def _get_merge_domain(self, rule_set):
        """Deliveries that may leave together with others (hook)."""
        return [
            ("company_id", "=", rule_set.company_id.id),
            ("picking_type_id.code", "=", "outgoing"),
            ("location_dest_id.usage", "=", "customer"),
            # What waits for goods is not mixed with what could leave.
            ("state", "in", ("assigned", "waiting")),
            ("printed", "=", False),
            ("sale_id.ecom_channel_id.merge_parcels", "=", True),
        ]

    @api.model
    def _group(self, pickings, rule_set):
        """Deliveries that leave together under a rule set.

        :return: list of ``stock.picking``, the delivery of the oldest order first.
        """
        candidates = pickings.filtered(self._is_mergeable)
        orders = candidates.move_ids.sale_line_id.order_id
        apart = self.env["ecom.routing.merge"].search(
            [("state", "=", "apart"), ("order_ids", "in", orders.ids)]
        )
        found = group(
            [self._to_delivery(picking) for picking in candidates],
            timedelta(hours=rule_set.merge_window),
            [frozenset(map(str, row.order_ids.ids)) for row in apart],
        )
        return [pickings.browse(int(key) for key in keys) for keys in found]

    @api.model
    def _is_mergeable(self, picking):
        """Whether a delivery is a channel's, known to whom, and not begun."""
        orders = picking._ecom_get_orders()
        return (
            bool(orders)
            and picking.state in ("assigned", "waiting")
            and all(picking.move_ids.mapped("sale_line_id"))
            and all(order.state == "sale" for order in orders)
            and self._is_one_step(picking.picking_type_id.warehouse_id)
            and self._may_share(picking, orders)
            and picking._ecom_is_untouched()
        )

    @api.model
    def _is_one_step(self, warehouse):
        """Whether a warehouse ships from its shelves, without steps before."""
        return warehouse.delivery_steps == "ship_only"

    @api.model
    def _may_share(self, picking, orders):
        """Whether shop, buyer and address allow others in a delivery of orders."""
        return all(
            order.ecom_channel_id.merge_parcels
            and not order.ecom_fulfilled_by_channel
            and not order.ecom_shipping_method_id.pickup
            # Masked addresses of several people look the same.
            and not order.ecom_masked
            for order in orders
        ) and not any(is_masked(text) for text in self._get_address(picking))

    @api.model
    def _get_address(self, picking):
        partner = picking.partner_id
        texts = (
            partner.name,
            partner.street,
            partner.street2,
            partner.zip,
            partner.city,
            partner.state_id.code,
            partner.country_id.code,
        )
        return [text or "" for text in texts]

    @api.model
    def _to_delivery(self, picking, orders=None):
        """A delivery as the pure code sees it.

        :param orders: those that it ships; None: what its moves say.
        """
        orders = orders or picking._ecom_get_orders()
        buyer = orders.partner_id.commercial_partner_id
        # A name alone, or a country, is no address.
        has_street = picking.partner_id.street and picking.partner_id.city
        return Delivery(
            key=str(picking.id),
            orders=frozenset(map(str, orders.ids)),
            buyer=str(buyer.id) if len(buyer) == 1 else "",
            address=address_key(self._get_address(picking)) if has_street else "",
            lane=self._get_lane(picking),
            ordered_at=min(orders.mapped("date_order")),
        )

    @api.model
    def _get_lane(self, picking):
        """What deliveries must share in order to leave as one parcel (hook)."""
        return (
            picking.company_id.id,
            picking.picking_type_id.id,
            # What never shares a parcel within an order does not between two.
            picking._ecom_get_shipping_classes(),
            picking.location_id.id,
            picking.location_dest_id.id,
            picking.carrier_id.id,
            tuple(sorted(picking._ecom_get_orders().currency_id.ids)),
            picking.state,
        )

    @api.model
    def _prepare_row(self, pickings, rule_set):
        """Values of the proposal that deliveries leave together."""
        orders = pickings.move_ids.sale_line_id.order_id
        return {
            "rule_set_id": rule_set.id,
            "company_id": rule_set.company_id.id,
            "partner_id": orders.partner_id.commercial_partner_id[:1].id,
            "warehouse_id": pickings.picking_type_id.warehouse_id.id,
            "order_ids": orders.ids,
            "picking_ids": pickings.ids,
        }
