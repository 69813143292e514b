from decimal import Decimal

from odoo import api, models
from odoo.fields import Command

from ..marketplaces.schema import LineKind
from .order_plan import DIFFERENCE_KEY, Hold


class EcomOrderEditor(models.AbstractModel):
    """Brings a sale order that exists to what its plan says now.

    Only what the channel says anew is written: a line that a person changed here stays
    as it is until the channel changes that line too.
    """

    _name = "ecom.order.editor"
    _description = "Changes of an imported order"

    @api.model
    def _edit(self, order, plan):
        """Bring an existing sale order to what the channel says now."""
        frozen = self._is_frozen(order)
        if not frozen:
            self._join_changed(order, plan)
        commands, changes = self._compare_lines(order, plan)
        if frozen:
            for name in ("partner_shipping_id", "partner_invoice_id"):
                plan.values.pop(name)
        values = {
            name: value
            for name, value in plan.values.items()
            if order._fields[name].convert_to_write(order[name], order) != value
        }
        if commands and frozen:
            plan.holds.append(
                Hold(
                    "changed_after_shipping",
                    key=plan.external.version,
                    holding=False,
                    details={"changes": "; ".join(changes)},
                )
            )
        elif commands:
            values["order_line"] = commands
        # Core passes a new address on to open deliveries with this key.
        order._ecom_quiet().with_context(update_delivery_shipping_partner=True).write(
            values
        )
        if commands and not frozen and order.state == "sale":
            order.message_post(
                body=self.env._("Changed by the shop: %s", "; ".join(changes))
            )

    @api.model
    def _is_frozen(self, order):
        """Whether the order is too far in Odoo to be changed by the channel."""
        return (
            order.locked
            or any(picking.state == "done" for picking in order._ecom_get_pickings())
            or any(move.state == "posted" for move in order.invoice_ids)
            or order.order_line.filtered("ecom_part_ids")
            ._ecom_get_family()
            ._ecom_is_begun()
        )

    @api.model
    def _compare_lines(self, order, plan):
        """Commands that make the lines those of the plan, and the changes in words."""
        lines = {
            line.ecom_line_key: line
            for line in order.order_line
            if line.ecom_line_key and not line.ecom_main_line_id
        }
        confirmed = order.state == "sale"
        commands, changes = [], []
        for wanted in plan.lines:
            line = lines.pop(wanted.key, None)
            if line is None:
                commands.append(Command.create(wanted.values))
                changes.append(f"+ {wanted.values['name']}")
            elif self._is_replaced(order, line, wanted, confirmed):
                commands += [
                    Command.update(line.id, self._prepare_void(line)),
                    Command.create(wanted.values),
                ]
                changes.append(f"{line.name}: {wanted.product.display_name}")
            elif self._is_line_changed(line, wanted, confirmed):
                values = dict(wanted.values)
                if confirmed:  # core does not let the product of a move change
                    del values["product_id"]
                commands.append(Command.update(line.id, values))
                changes.append(
                    f"{line.name}: {line.product_uom_qty:g} → "
                    f"{wanted.values['product_uom_qty']:g}"
                )
        for line in lines.values():
            if confirmed and (line.product_uom_qty or line.price_subtotal):
                commands.append(Command.update(line.id, self._prepare_void(line)))
                changes.append(f"− {line.name}")
            elif not confirmed:
                commands.append(Command.delete(line.id))
                changes.append(f"− {line.name}")
        return commands, changes

    @api.model
    def _join_changed(self, order, plan):
        """Lines that were divided and are another quantity now are one line again."""
        said = {wanted.key: wanted.fingerprint for wanted in plan.lines}
        order._ecom_join(
            order.order_line.filtered(
                lambda line: (
                    line.ecom_part_ids
                    and said.get(line.ecom_line_key) != line.ecom_fingerprint
                )
            )
        )

    @api.model
    def _is_replaced(self, order, line, wanted, confirmed):
        """Whether a confirmed line has to make room for one with another product.

        Either its placeholder has found its product meanwhile, or the channel sells
        something else in the same line now. (A product that a person chose here stays
        until the channel says something new of the line.)
        """
        placeholder = order.ecom_channel_id.unknown_product_id
        return (
            confirmed
            and line.product_id != wanted.product
            and (
                line.product_id == placeholder
                or line.ecom_fingerprint != wanted.fingerprint
            )
        )

    @api.model
    def _is_line_changed(self, line, wanted, confirmed):
        if line.ecom_fingerprint != wanted.fingerprint:
            return True
        return not confirmed and (
            line.product_id != wanted.product or line.tax_ids != wanted.taxes
        )

    @api.model
    def _prepare_void(self, line):
        """Values of a line that the channel removed after confirmation."""
        return {
            "product_uom_qty": 0.0,
            "extra_tax_data": False,
            "ecom_line_key": False,
            "ecom_fingerprint": False,
        }

    @api.model
    def _assure_total(self, batch, order, plan):
        """The last word on the total: whatever made it differ becomes a typed line.

        Needed where Odoo cannot take the order's tax amounts as they are (a group of
        taxes was chosen, a line was changed by hand).
        """
        missing = float(plan.total) - order.amount_total
        if order.currency_id.is_zero(missing) or order.state == "cancel":
            return
        if self._is_frozen(order):
            return
        line = order.order_line.filtered(lambda li: li.ecom_line_key == DIFFERENCE_KEY)
        amount = Decimal(str(order.currency_id.round(missing + line.price_unit)))
        difference = self.env["ecom.order.planner"]._prepare_amount_line(
            DIFFERENCE_KEY,
            LineKind.UNEXPLAINED,
            batch.channel.difference_product_id,
            self.env._("Difference to the shop's total"),
            amount,
        )
        command = (
            Command.update(line.id, {**difference.values, "product_uom_qty": 1.0})
            if line
            else Command.create(difference.values)
        )
        order._ecom_quiet().write({"order_line": [command]})
        details = {
            "total": str(plan.total),
            "lines": str(plan.total - amount),
            "difference": str(amount),
            "currency": order.currency_id.name,
        }
        if abs(amount) > Decimal(str(batch.channel.difference_limit)):
            plan.holds.append(
                Hold(
                    "unexplained_difference",
                    str(amount),
                    # found in Odoo, not told by the shop: no reason to take it back
                    holding=order.state != "sale",
                    details=details,
                )
            )
