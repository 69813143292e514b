from contextlib import contextmanager
from decimal import Decimal

from odoo import api, models
from odoo.fields import Command

from ..marketplaces.pricing import largest_remainder, round_to
from ..marketplaces.schema import LineKind

#: context of what happens to lines when they are divided: nobody ordered anything else
DIVIDING = {
    "ecom_dividing": True,
    "skip_procurement": True,
    "sale_no_log_for_new_lines": True,
    "tracking_disable": True,
    "mail_notrack": True,
}


class SaleOrderLine(models.Model):
    """A line whose quantity comes from several warehouses is several lines here.

    The channel knows one: the parts have its key, what they amount to is the line's to
    the cent, and whoever looks for a line of the channel finds the main one, of which
    the others are parts.
    """

    _inherit = "sale.order.line"

    def _ecom_get_main(self):
        """The lines that the channel knows."""
        parts = self.filtered("ecom_main_line_id")
        return (self - parts) | parts.ecom_main_line_id

    def _ecom_get_family(self):
        """The lines that the channel knows, with the parts they were divided into."""
        mains = self._ecom_get_main()
        return mains | mains.ecom_part_ids

    def _ecom_is_begun(self):
        """Whether anything of these lines is picked, or has left."""
        moves = self.move_ids
        return (
            bool(moves.picking_id.filtered(_is_begun))
            or any(move.state == "done" for move in moves)
            or any(moves.filtered(lambda one: one.state != "cancel").mapped("picked"))
        )

    def _ecom_is_divisible(self):
        """Whether units of the line may come from several warehouses.

        Packs stay whole, and so does what is not counted in the product's own unit, or
        not ordered in full any more. A line of which Odoo computes the taxes stays
        whole too: only amounts that are stated can be divided to the cent.
        """
        return (
            self._ecom_is_countable()
            and not self.ecom_removed_qty
            and not self.qty_delivered
            and not self.invoice_lines
            and not self.discount
            and (not self.tax_ids or self._ecom_has_stated_amounts())
        )

    def _ecom_is_countable(self):
        """Whether what was ordered is so many units of the product, one by one."""
        self.ensure_one()
        return (
            self.ecom_kind == LineKind.PRODUCT.value
            and self.product_uom_id == self.product_id.uom_id
            and (self.ecom_multiplier or 1.0) == 1.0
            and self.product_uom_qty == int(self.product_uom_qty)
        )

    def _ecom_has_stated_amounts(self):
        """Whether the shop's amounts are beside the line, and those of its taxes."""
        data = self.extra_tax_data or {}
        stated = data.get("manual_tax_amounts") or {}
        return "manual_total_excluded_currency" in data and all(
            str(tax.id) in stated for tax in self.tax_ids
        )

    # -- dividing ----------------------------------------------------------------------

    @api.model
    def _ecom_divide(self, shares):
        """Divide lines; what is asked of warehouses is left to the caller.

        :param shares: units of the parts that leave a line, by line.
        :return: dict ``line -> parts``, in the order of the units.
        """
        values, parts_of = [], {}
        for line, units in shares.items():
            rest = line.product_uom_qty - sum(units)
            first, *others = line._ecom_share([rest, *units])
            values += [line._ecom_prepare_part(share) for share in others]
            line.with_context(**DIVIDING).write(first)
        parts = iter(self.with_context(**DIVIDING).create(values))
        for line, units in shares.items():
            mine = [next(parts).id for _share in units]
            parts_of[line] = self.browse(mine)
        return parts_of

    def _ecom_prepare_part(self, share):
        """Values of a part of the line (hook).

        :param share: see ``_ecom_share``.
        """
        self.ensure_one()
        return {
            "order_id": self.order_id.id,
            "sequence": self.sequence,
            "product_id": self.product_id.id,
            "product_uom_id": self.product_uom_id.id,
            "name": self.name,
            "tax_ids": [Command.set(self.tax_ids.ids)],
            "route_ids": [Command.set(self.route_ids.ids)],
            "customer_lead": self.customer_lead,
            "analytic_distribution": self.analytic_distribution,
            "ecom_main_line_id": self.id,
            "ecom_line_key": self.ecom_line_key,
            "ecom_kind": self.ecom_kind,
            "ecom_multiplier": self.ecom_multiplier,
            "ecom_location_id": self.ecom_location_id.id,
            **share,
        }

    def _ecom_share(self, quantities):
        """Values of quantity and amounts for shares of the line, exact together.

        :param quantities: units of each share; they add up to the line's.
        """
        self.ensure_one()
        unit = Decimal(str(self.currency_id.rounding))
        weights = [Decimal(str(quantity)) for quantity in quantities]
        if not self._ecom_has_stated_amounts():
            totals = _divide(self.price_unit * self.product_uom_qty, weights, unit)
            return [
                self._prepare_quantity(quantity, float(total / weight))
                for quantity, total, weight in zip(
                    quantities, totals, weights, strict=True
                )
            ]
        data = self.extra_tax_data
        untaxed = _divide(data["manual_total_excluded_currency"], weights, unit)
        stated = {
            tax: (
                _divide(amounts["base_amount_currency"], weights, unit),
                _divide(amounts["tax_amount_currency"], weights, unit),
            )
            for tax, amounts in data["manual_tax_amounts"].items()
        }
        return [
            self._prepare_quantity(
                quantity,
                self.price_unit,
                {
                    **data,
                    "quantity": quantity,
                    "manual_total_excluded_currency": float(untaxed[number]),
                    "manual_tax_amounts": {
                        tax: {
                            "base_amount_currency": float(bases[number]),
                            "tax_amount_currency": float(amounts[number]),
                        }
                        for tax, (bases, amounts) in stated.items()
                    },
                },
            )
            for number, quantity in enumerate(quantities)
        ]

    @api.model
    def _prepare_quantity(self, quantity, price, tax_data=False):
        return {
            "product_uom_qty": quantity,
            "price_unit": price,
            # see the planner: the price is the shop's, no pricelist replaces it
            "technical_price_unit": price + 1.0,
            "discount": 0.0,
            "extra_tax_data": tax_data,
        }

    # -- joining -----------------------------------------------------------------------

    def _ecom_join(self):
        """Make these parts one with their main lines again.

        What was asked of warehouses for the parts has to be called off before.
        """
        parts = self.filtered("ecom_main_line_id")
        for main, mine in parts.grouped("ecom_main_line_id").items():
            values = (main | mine)._ecom_prepare_joined(main)
            main.with_context(**DIVIDING).write(values)
        parts.with_context(**DIVIDING).unlink()

    def _ecom_prepare_joined(self, main):
        """Values of a main line that these lines are joined to."""
        quantity = sum(self.mapped("product_uom_qty"))
        removed = sum(self.mapped("ecom_removed_qty"))
        if all(line._ecom_has_stated_amounts() for line in self):
            rows = [line.extra_tax_data for line in self]
            values = main._prepare_quantity(
                quantity,
                main.price_unit,
                {**rows[0], "quantity": quantity, **_add_stated(rows)},
            )
        else:
            total = sum(line.price_unit * line.product_uom_qty for line in self)
            total = main.currency_id.round(total)
            values = main._prepare_quantity(quantity, total / quantity)
        return {**values, "ecom_removed_qty": removed}

    def _check_line_unlink(self):
        """A part that is joined goes: what it stood for is in the main line."""
        kept = super()._check_line_unlink()
        if not self.env.context.get("ecom_dividing"):
            return kept
        return kept.filtered(
            lambda line: (
                not line.ecom_main_line_id
                or line.invoice_lines
                or any(move.state == "done" for move in line.move_ids)
            )
        )

    def _update_line_quantity(self, values):
        """Nobody ordered more or less: the quantity is on another line."""
        if self.env.context.get("ecom_dividing"):
            return None
        return super()._update_line_quantity(values)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @contextmanager
    def _ecom_unlocked(self):
        """Lines of a locked order may be moved: what was ordered stays the same."""
        locked = self.filtered("locked")
        if locked:
            locked.action_unlock()
        try:
            yield
        finally:
            if locked:
                locked.action_lock()

    def _ecom_join(self, lines):
        """Make divided lines one again, to be shipped from the main one's warehouse.

        :param lines: main lines of which nothing is begun.
        """
        for order, mains in lines.grouped("order_id").items():
            with order._ecom_unlocked():
                order._ecom_release(mains.ecom_part_ids)
                mains.ecom_part_ids._ecom_join()
                order._ecom_launch(mains)

    def _ecom_launch(self, lines):
        """Ask the warehouses for what lines of a confirmed order still need."""
        if self.state == "sale":
            lines._action_launch_stock_rule(previous_product_uom_qty={})


def _divide(amount, weights, unit):
    return largest_remainder(round_to(Decimal(str(amount)), unit), weights, unit)


def _add_stated(rows):
    """The stated amounts of several lines, added up."""
    taxes = {}
    for row in rows:
        for tax, amounts in row["manual_tax_amounts"].items():
            known = taxes.setdefault(tax, dict.fromkeys(amounts, 0.0))
            for name, amount in amounts.items():
                known[name] = float(
                    Decimal(str(known.get(name, 0.0))) + Decimal(str(amount))
                )
    total = sum(Decimal(str(row["manual_total_excluded_currency"])) for row in rows)
    return {
        "manual_total_excluded_currency": float(total),
        "manual_tax_amounts": taxes,
    }


def _is_begun(picking):
    return picking.state != "cancel" and bool(
        picking.printed or picking.carrier_tracking_ref
    )
