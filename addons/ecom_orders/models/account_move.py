from decimal import Decimal

from odoo import fields, models

from ..marketplaces.outbound import to_plain
from ..marketplaces.schema import LineKind, RefundRequest, RefundRequestLine
from .ecom_outbox_message import REFUND

USER = "ecom_orders.group_user"


class AccountMove(models.Model):
    """A credit note of a channel's order: made from a refund, or telling one."""

    _inherit = "account.move"

    ecom_refund_ids = fields.One2many(
        "ecom.refund", "move_id", string="Refund at the Shop", groups=USER
    )

    def _post(self, soft=True):
        posted = super()._post(soft)
        # Whoever posts need not have a role in this addon.
        posted.sudo()._ecom_tell_refunds()
        return posted

    def _ecom_get_order(self):
        """The one order of a channel that a credit note is about."""
        self.ensure_one()
        lines = self.invoice_line_ids.sale_line_ids
        if not lines:
            lines = self.reversed_entry_id.invoice_line_ids.sale_line_ids
        orders = lines.order_id.filtered("ecom_channel_id")
        return orders if len(orders) == 1 else orders.browse()

    def _ecom_tell_refunds(self):
        """Give the money of credit notes back in the shop, where it was not yet.

        A credit note that a person wrote for a refund of the shop is recognised by
        its amount and linked to it: that money is back already. While an order has a
        refund that nobody has booked yet, nothing is told, for it cannot be known
        whether the credit note is about that one.
        """
        values = []
        for move in self:
            if move.move_type != "out_refund" or move.ecom_refund_ids:
                continue
            order = move._ecom_get_order()
            open_refunds = order.ecom_refund_ids.filtered(lambda r: not r.is_booked)
            same = open_refunds.filtered(
                lambda refund, m=move: (
                    m.currency_id == refund.currency_id
                    and m.currency_id.compare_amounts(refund.amount, m.amount_total)
                    == 0
                )
            )
            if same:
                same.sorted("id")[:1]._link_credit_note(move)
            elif order and not open_refunds and order.ecom_channel_id._is_told(REFUND):
                before = sum(
                    Decimal(row["payload"]["amount"])
                    for row in values
                    if row["order_id"] == order.id
                )
                values.append(move._ecom_prepare_refund(order, before))
        self.env["ecom.outbox.message"]._put(values)

    def _ecom_prepare_refund(self, order, before=0):
        """Values of the message that gives the money back.

        :param before: what credit notes that are posted with this one give back.
        """
        self.ensure_one()
        key = f"credit-{self.id}"
        request = RefundRequest(
            key=key,
            order_id=order.ecom_external_id,
            amount=Decimal(str(self.amount_total)),
            currency=self.currency_id.name,
            lines=tuple(self._ecom_get_refunded_lines()),
            reason=self.ref or "",
            payment_ref=order.ecom_transaction_ref or "",
            given_back=self._ecom_get_given_back(order, key) + before or None,
        )
        return {
            "channel_id": order.ecom_channel_id.id,
            "kind": REFUND,
            "key": key,
            "order_id": order.id,
            "move_id": self.id,
            "payload": to_plain(request),
        }

    def _ecom_get_given_back(self, order, key):
        """What was given back of an order before this credit note.

        Refunds that came from the channel, and credit notes of which it was told and
        that have not come back as refunds yet. A message that exists keeps what it
        says: its credit note is told once.
        """
        rows = order.ecom_outbox_ids.filtered(lambda row: row.kind == REFUND)
        known = rows.filtered(lambda row: row.key == key)
        if known:
            return Decimal((known.payload or {}).get("given_back", "0"))
        told = rows.filtered(
            lambda row: (
                row.state in ("waiting", "pending", "sent")
                and not row.move_id.ecom_refund_ids
            )
        )
        amounts = [
            *order.ecom_refund_ids.mapped("amount"),
            *told.move_id.mapped("amount_total"),
        ]
        return sum((Decimal(str(amount)) for amount in amounts), Decimal(0))

    def _ecom_get_refunded_lines(self):
        """What is given back of each line, in the channel's units."""
        found = {}
        for item in self.invoice_line_ids.filtered(
            lambda item: item.display_type == "product"
        ):
            line = item.sale_line_ids[:1]
            if not line.ecom_line_key or line.ecom_kind != LineKind.PRODUCT.value:
                continue
            units = item.product_uom_id._compute_quantity(
                item.quantity, line.product_uom_id
            )
            quantity = Decimal(str(units)) / Decimal(str(line.ecom_multiplier or 1.0))
            # parts of a line that was divided are one line to the channel
            known, amount = found.get(line.ecom_line_key, (Decimal(0), Decimal(0)))
            found[line.ecom_line_key] = (
                known + quantity,
                amount + Decimal(str(item.price_total)),
            )
        return [
            RefundRequestLine(
                order_line_id=key, quantity=quantity.normalize(), amount=amount
            )
            for key, (quantity, amount) in found.items()
        ]


class AccountMoveLine(models.Model):
    """A line of an invoice or credit note that comes from a refund of a channel."""

    _inherit = "account.move.line"

    ecom_refund_line_id = fields.Many2one(
        "ecom.refund.line",
        string="Refund at the Shop",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
        groups=USER,
    )
