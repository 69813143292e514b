import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..marketplaces.base import CONNECTORS, Capability
from ..marketplaces.errors import MarketplaceError
from .ecom_inbox_message import CONCURRENCY_ERRORS
from .ecom_outbox_message import SHIPMENT
from .failure_log import log_failure

_logger = logging.getLogger(__name__)

USER = "ecom_orders.group_user"


class StockPicking(models.Model):
    """A delivery of a channel's order tells the channel that it left."""

    _inherit = "stock.picking"

    ecom_channel_id = fields.Many2one(
        related="sale_id.ecom_channel_id", string="Sales Channel", groups=USER
    )
    ecom_outbox_ids = fields.One2many(
        "ecom.outbox.message", "picking_id", string="Told to the Shop", groups=USER
    )
    ecom_problem = fields.Text(
        string="Not Told to the Shop",
        compute="_compute_ecom_outbox",
        compute_sudo=True,
        groups=USER,
    )
    ecom_delivery_state = fields.Selection(
        selection=lambda self: (
            self.env["ecom.outbox.message"]
            ._fields["delivery_state"]
            ._description_selection(self.env)
        ),
        string="At the Carrier",
        compute="_compute_ecom_outbox",
        compute_sudo=True,
        groups=USER,
    )
    ecom_has_labels = fields.Boolean(compute="_compute_ecom_has_labels", groups=USER)
    ecom_needs_shipment_ref = fields.Boolean(
        compute="_compute_ecom_has_labels", groups=USER
    )
    ecom_shipment_ref = fields.Char(
        string="Marketplace's Shipment ID",
        copy=False,
        groups=USER,
        help="Of the shipment that was bought at the marketplace for this delivery; "
        "several with commas between. Its labels are asked for by it.",
    )

    def _compute_ecom_outbox(self):
        for picking in self:
            rows = picking.ecom_outbox_ids
            failed = rows.filtered(lambda row: row.state == "failed")
            picking.ecom_problem = "\n".join(
                row.explanation for row in failed if row.explanation
            )
            states = set(rows.mapped("delivery_state"))
            # the worst of its parcels, then the one that is furthest behind
            picking.ecom_delivery_state = next(
                (s for s in ("exception", "in_transit", "delivered") if s in states),
                False,
            )

    def _compute_ecom_has_labels(self):
        for picking in self:
            orders = picking._ecom_get_labelled_orders()
            connectors = [CONNECTORS[o.ecom_channel_id.provider] for o in orders]
            picking.ecom_has_labels = bool(orders)
            picking.ecom_needs_shipment_ref = any(
                connector.labels_by_shipment for connector in connectors
            )

    def _action_done(self):
        result = super()._action_done()
        self._ecom_tell_shipments()
        return result

    def write(self, vals):
        """A tracking reference that comes later is told the channel."""
        result = super().write(vals)
        if {"carrier_tracking_ref", "carrier_id"} & vals.keys():
            self._ecom_tell_shipments()
        return result

    def _ecom_tell_shipments(self):
        """Keep what the channels are to be told of these deliveries, if anything.

        Never in the way of the warehouse: what fails here becomes a failed message
        that can be retried, not an error.
        """
        # Whoever validates need not have a role in this addon.
        pickings = self.sudo().filtered(lambda picking: picking.state == "done")
        orders = pickings.move_ids.sale_line_id.order_id
        if not orders.ecom_channel_id:
            return
        try:
            with self.env.cr.savepoint():
                self.env["ecom.shipment.planner"].sudo()._tell(pickings)
        except CONCURRENCY_ERRORS:
            raise
        except Exception as error:  # noqa: BLE001 - the goods have left anyway
            log_failure(_logger, error, "Shipments could not be told")
            pickings._ecom_keep_failure(error)

    def _ecom_keep_failure(self, error):
        """Keep a failed message for each delivery, to be made again by a retry."""
        outbox = self.env["ecom.outbox.message"]
        values = [
            {
                "channel_id": order.ecom_channel_id.id,
                "kind": SHIPMENT,
                "key": f"{picking.id}-{order.id}",
                "order_id": order.id,
                "picking_id": picking.id,
                "payload": {},
            }
            for picking in self
            for order in picking.move_ids.sale_line_id.order_id
            if order.ecom_channel_id and not picking.ecom_outbox_ids
        ]
        for row in outbox._put(values):
            row._set_failed("internal_error", {"error": type(error).__name__})

    def action_ecom_fetch_labels(self):
        """Attach the shipping labels that the marketplace made for the order."""
        self.ensure_one()
        references = self._ecom_get_shipment_refs()
        if self.ecom_needs_shipment_ref and not references:
            raise UserError(
                self.env._(
                    "The marketplace finds labels by the ID of the shipment that was "
                    "bought. Enter it on this delivery (Marketplace's Shipment ID)."
                )
            )
        found = {
            order: self._ecom_fetch_labels(order, references)
            for order in self._ecom_get_labelled_orders()
        }
        labels = [label for ours in found.values() for label in ours]
        if not labels:
            raise UserError(self.env._("The marketplace has made no label yet."))
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": label.name,
                    "raw": label.content,
                    "mimetype": label.mimetype,
                    "res_model": self._name,
                    "res_id": self.id,
                }
                for label in labels
            ]
        )
        self.message_post(
            body=self._ecom_get_label_words(found), attachment_ids=attachments.ids
        )
        references = {label.tracking_number for label in labels} - {""}
        if references and not self.carrier_tracking_ref:
            self.carrier_tracking_ref = ", ".join(sorted(references))
        return True

    def _ecom_get_labelled_orders(self):
        """Orders of this delivery whose marketplace makes labels.

        One order of a channel is enough where labels are found by the shipment.
        """
        found, asked = self.env["sale.order"], set()
        for order in self._ecom_get_orders() or self.sale_id:
            connector = CONNECTORS.get(order.ecom_channel_id.provider)
            if not connector or not connector.can(Capability.LABELS):
                continue
            if connector.labels_by_shipment and order.ecom_channel_id in asked:
                continue
            asked.add(order.ecom_channel_id)
            found += order
        return found

    def _ecom_fetch_labels(self, order, references):
        """Labels that the marketplace made for an order.

        :raises UserError: when the marketplace refuses, in its channel's words.
        """
        channel = order.ecom_channel_id
        try:
            # The keys of the channel are for managers only; the packer uses them.
            connector = channel.sudo()._get_connector()
            return connector.fetch_labels(order.ecom_external_id, references)
        except MarketplaceError as error:
            raise UserError(channel._explain(error)) from error

    @api.model
    def _ecom_get_label_words(self, found):
        """What is said of the labels that were fetched, and of those that lack.

        :param found: labels by order.
        """
        lacking = [order.name for order, labels in found.items() if not labels]
        if lacking:
            return self.env._(
                "Labels of the marketplace; there is none yet for %s",
                ", ".join(lacking),
            )
        return self.env._("Labels of the marketplace")

    def _ecom_get_shipment_refs(self):
        """Ids of the shipments that were bought for this delivery, if any."""
        parts = (self.ecom_shipment_ref or "").split(",")
        return tuple(part.strip() for part in parts if part.strip())

    def action_ecom_view_outbox(self):
        """What the channel was told of this delivery."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_orders.ecom_outbox_message_action"
        )
        return {**action, "domain": [("picking_id", "=", self.id)], "context": {}}
