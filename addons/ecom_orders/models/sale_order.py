from odoo import api, fields, models

from ..marketplaces.schema import Risk
from .stock_move import BATCH
from .stock_picking_batch import DEFER

USER = "ecom_orders.group_user"


class SaleOrder(models.Model):
    """An order of a channel is an ordinary sale order that knows where it came from."""

    _inherit = "sale.order"

    ecom_channel_id = fields.Many2one(
        "ecom.channel",
        string="Sales Channel",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        copy=False,
        groups=USER,
    )
    ecom_external_id = fields.Char(
        string="Channel's ID", readonly=True, copy=False, groups=USER
    )
    ecom_draft_ref = fields.Char(
        string="Draft's ID",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups=USER,
        help="The marketplace's draft that became this order.",
    )
    ecom_number = fields.Char(
        string="Marketplace Order",
        readonly=True,
        copy=False,
        index="trigram",
        groups=USER,
    )
    ecom_status = fields.Char(
        string="Marketplace Status", readonly=True, copy=False, groups=USER
    )
    ecom_version = fields.Char(
        string="Version at the Shop", readonly=True, copy=False, groups=USER
    )
    ecom_updated_at = fields.Datetime(
        string="Changed at the Shop", readonly=True, copy=False, groups=USER
    )
    ecom_ordered_at = fields.Datetime(
        string="Ordered", readonly=True, copy=False, groups=USER
    )
    ecom_paid_at = fields.Datetime(
        string="Paid", readonly=True, copy=False, groups=USER
    )
    ecom_payment_method = fields.Char(
        string="Payment Code", readonly=True, copy=False, groups=USER
    )
    ecom_payment_title = fields.Char(
        string="Paid By", readonly=True, copy=False, groups=USER
    )
    ecom_transaction_ref = fields.Char(
        string="Transaction", readonly=True, copy=False, groups=USER
    )
    ecom_coupons = fields.Char(string="Coupons", readonly=True, copy=False, groups=USER)
    ecom_buyer_note = fields.Text(
        string="Buyer's Note", readonly=True, copy=False, groups=USER
    )
    ecom_total = fields.Monetary(
        string="Shop's Total", readonly=True, copy=False, groups=USER
    )
    ecom_total_tax = fields.Monetary(
        string="Shop's Tax", readonly=True, copy=False, groups=USER
    )
    ecom_marketplace_ref = fields.Char(
        string="Marketplace",
        readonly=True,
        copy=False,
        groups=USER,
        help="Which of the seller's marketplaces it is from.",
    )
    ecom_fulfilled_by_channel = fields.Boolean(
        string="Shipped by the Marketplace",
        readonly=True,
        copy=False,
        groups=USER,
        help="From the marketplace's own warehouse: it takes nothing from our stock.",
    )
    ecom_masked = fields.Boolean(
        string="Buyer Hidden",
        readonly=True,
        copy=False,
        groups=USER,
        help="The marketplace withholds name, address or phone.",
    )
    ecom_risk = fields.Selection(
        [
            (Risk.UNKNOWN.value, "Unknown"),
            (Risk.LOW.value, "Low"),
            (Risk.MEDIUM.value, "Medium"),
            (Risk.HIGH.value, "High"),
        ],
        string="Risk of Fraud",
        readonly=True,
        copy=False,
        groups=USER,
    )
    ecom_ship_by = fields.Datetime(
        string="Ship By", readonly=True, copy=False, groups=USER
    )
    ecom_deliver_by = fields.Datetime(
        string="Deliver By", readonly=True, copy=False, groups=USER
    )
    ecom_shipping_method = fields.Char(
        string="Delivery Code", readonly=True, copy=False, groups=USER
    )
    ecom_shipping_title = fields.Char(
        string="Delivery Chosen", readonly=True, copy=False, groups=USER
    )
    ecom_referrer = fields.Char(
        string="Came From",
        readonly=True,
        copy=False,
        groups=USER,
        help="The UTM source that the shop recorded.",
    )
    ecom_tags = fields.Char(
        string="Shop's Tags", readonly=True, copy=False, groups=USER
    )
    ecom_cancelled_by_channel = fields.Boolean(
        string="Cancelled by the Shop", readonly=True, copy=False, groups=USER
    )
    ecom_message_id = fields.Many2one(
        "ecom.inbox.message",
        string="Last Message",
        readonly=True,
        copy=False,
        ondelete="set null",
        groups=USER,
    )
    ecom_message_ids = fields.One2many(
        "ecom.inbox.message",
        "order_id",
        string="Shop's Messages",
        readonly=True,
        groups=USER,
    )
    ecom_block_ids = fields.One2many(
        "ecom.order.block", "order_id", string="Reasons", readonly=True, groups=USER
    )
    ecom_held = fields.Boolean(
        string="Held",
        compute="_compute_ecom_held",
        store=True,
        compute_sudo=True,
        groups=USER,
        help="Waits for a person before it is confirmed.",
    )
    ecom_attention = fields.Boolean(
        string="Needs Attention",
        compute="_compute_ecom_held",
        store=True,
        compute_sudo=True,
        groups=USER,
        help="There is a reason to look at it, holding or not.",
    )
    ecom_hold_reason = fields.Selection(
        selection=lambda self: (
            self.env["ecom.reason.mixin"]
            ._fields["reason"]
            ._description_selection(self.env)
        ),
        string="Reason",
        compute="_compute_ecom_held",
        store=True,
        compute_sudo=True,
        groups=USER,
    )
    ecom_releasable = fields.Boolean(
        string="Can Be Released",
        compute="_compute_ecom_releasable",
        compute_sudo=True,
        groups=USER,
        help="A person may wave through everything that holds it.",
    )
    ecom_hold_explanation = fields.Text(
        string="Why It Is Held",
        compute="_compute_ecom_releasable",
        compute_sudo=True,
        groups=USER,
    )
    ecom_refund_ids = fields.One2many(
        "ecom.refund", "order_id", string="Refunds", readonly=True, groups=USER
    )
    ecom_refunded = fields.Monetary(
        string="Refunded",
        compute="_compute_ecom_refunded",
        store=True,
        compute_sudo=True,
        groups=USER,
    )

    _ecom_order_uniq = models.UniqueIndex(
        "(ecom_channel_id, ecom_external_id) WHERE ecom_external_id IS NOT NULL",
        "An order of a channel is imported only once.",
    )

    @api.depends("ecom_block_ids.state", "ecom_block_ids.holding")
    def _compute_ecom_held(self):
        for order in self:
            blocks = order.ecom_block_ids.filtered(lambda b: b.state == "open")
            holding = blocks.filtered("holding")
            order.ecom_held = bool(holding)
            order.ecom_attention = bool(blocks)
            order.ecom_hold_reason = (holding or blocks)[:1].reason

    @api.depends("ecom_block_ids.state", "ecom_block_ids.reason_details")
    @api.depends_context("lang")
    def _compute_ecom_releasable(self):
        for order in self:
            holds = order._get_open_holds()
            order.ecom_releasable = bool(holds) and all(holds.mapped("releasable"))
            order.ecom_hold_explanation = "\n".join(
                hold.explanation for hold in holds if hold.explanation
            )

    @api.depends("ecom_refund_ids.amount")
    def _compute_ecom_refunded(self):
        for order in self:
            order.ecom_refunded = sum(order.ecom_refund_ids.mapped("amount"))

    # -- confirmation ------------------------------------------------------------------

    def _prepare_confirmation_values(self):
        """Keep the date on which the buyer ordered; it is not when we confirmed."""
        values = super()._prepare_confirmation_values()
        # Salespeople without a role in this addon confirm orders too.
        if self and all(order.sudo().ecom_channel_id for order in self):
            values.pop("date_order", None)
        return values

    def _confirmation_error_message(self):
        """An order that lacks data cannot be confirmed by hand either."""
        message = super()._confirmation_error_message()
        if message:
            return message
        stuck = self.sudo()._get_open_holds().filtered(lambda b: not b.releasable)
        if not stuck:
            return False
        return self.env._(
            "Order %(order)s cannot be confirmed yet:\n%(reasons)s",
            order=self.name,
            reasons="\n".join(stuck.mapped("explanation")),
        )

    def _action_confirm(self):
        """Confirming by hand is the release of what a person may release."""
        # Blocks are written by the state machine only, whoever confirms.
        self.sudo()._get_open_holds()._resolve(released=True)
        return super()._action_confirm()

    def _get_open_holds(self):
        return self.ecom_block_ids.filtered(
            lambda block: block.state == "open" and block.holding
        )

    def _ecom_confirm_released(self):
        """Confirm the quotations that nothing holds any more."""
        ready = self.filtered(
            lambda order: order.state in ("draft", "sent") and not order.ecom_held
        )
        if ready:
            ready._ecom_confirm_batch()

    def _ecom_confirm_batch(self):
        """Confirm quotations together; the result is that of core, one by one."""
        batch = self._ecom_quiet().with_context(**{BATCH: True})
        batch._ecom_create_references()
        batch.with_context(**{DEFER: True}).action_confirm()
        # What core does transfer by transfer: reordering rules, waves.
        pickings = batch.picking_ids.filtered(
            lambda picking: picking.state not in ("cancel", "done")
        )
        if pickings:
            # As core does: whoever confirms an order need not have a right to stock.
            pickings.sudo().action_confirm()

    def _ecom_create_references(self):
        """Make what ties an order's deliveries together, for all orders at once.

        Core makes it for the first line that has to be delivered, order by order.
        """
        lines = self.env["sale.order.line"].union(
            *(
                order.order_line.filtered(
                    lambda line: (
                        line.product_id.type == "consu" and line.product_uom_qty
                    )
                )[:1]
                for order in self
                if not order.stock_reference_ids
            )
        )
        self.env["stock.reference"].create(
            [line._prepare_reference_vals() for line in lines]
        )

    def _ecom_quiet(self):
        """Without one chatter message per field: the channel's history has it all."""
        return self.with_context(
            tracking_disable=True, mail_create_nolog=True, mail_notrack=True
        )

    # -- actions -----------------------------------------------------------------------

    def action_ecom_release(self):
        """Wave through every reason that may be, and confirm."""
        blocks = self.ecom_block_ids.filtered(lambda b: b.state == "open")
        blocks.action_release()
        return True

    def action_ecom_reprocess(self):
        """Apply the last message of the channel again."""
        self._ecom_reprocess()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("The order will be processed again."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_ecom_view_messages(self):
        """Everything that arrived about this order."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_orders.ecom_inbox_message_action"
        )
        return {**action, "domain": [("order_id", "=", self.id)], "context": {}}

    def action_ecom_view_refunds(self):
        """The refunds of this order."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_orders.ecom_refund_action"
        )
        return {**action, "domain": [("order_id", "=", self.id)], "context": {}}

    def _ecom_reprocess(self):
        """Put the last message of each order in the queue again."""
        messages = self.ecom_message_id
        if messages:
            messages._requeue()
            messages._trigger_processing()
