import hashlib
from dataclasses import dataclass, field
from datetime import timezone
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..marketplaces.lifecycle import (
    ConfirmPolicy,
    Facts,
    OdooState,
    Step,
    decide,
)
from ..marketplaces.pricing import price_order
from ..marketplaces.schema import ZERO, LineKind, OrderStatus, TaxRate

DIFFERENCE_KEY = "difference"
ODOO_STATES = {
    "draft": OdooState.QUOTATION,
    "sent": OdooState.QUOTATION,
    "sale": OdooState.CONFIRMED,
    "cancel": OdooState.CANCELLED,
}


@dataclass(frozen=True)
class Hold:
    """A reason that an order shall carry: one row of ``ecom.order.block``."""

    reason: str
    key: str = ""
    holding: bool = True
    details: dict = field(default_factory=dict, compare=False)
    links: dict = field(default_factory=dict, compare=False)


@dataclass
class LinePlan:
    """A sale order line as it shall be.

    :param fingerprint: of what the channel says; see ``ecom_fingerprint``.
    :param values: of ``sale.order.line``.
    """

    key: str
    product: object
    taxes: object
    fingerprint: str
    values: dict


@dataclass
class OrderPlan:
    """A sale order as it shall be, and what is wrong with it."""

    external: object
    values: dict
    lines: list
    total: Decimal
    holds: list


@dataclass
class Batch:
    """Everything that a batch of orders refers to, looked up once."""

    channel: object
    currencies: dict
    pricelists: dict
    matches: dict
    listings: dict
    rules: dict
    orders: dict


def naive(moment):
    """A time as Odoo stores it."""
    return moment and moment.astimezone(timezone.utc).replace(tzinfo=None)


class EcomOrderImporter(models.AbstractModel):
    """Makes sale orders out of snapshots of channel orders; the upsert.

    Idempotent and independent of the order of arrival: the newest snapshot of an order
    counts, applying one again changes nothing. Look-ups are made once for a batch.
    """

    _name = "ecom.order.importer"
    _description = "Import of channel orders"

    # -- orders ------------------------------------------------------------------------

    @api.model
    def _import(self, channel, work):
        """Apply order snapshots.

        :param work: list of (``ecom.inbox.message``, ``ExternalOrder``).
        """
        existing = self._find_orders(channel, [order for _m, order in work])
        newest = self._pick_newest(work, existing)
        accepted = [
            (message, order)
            for message, order in newest
            if self._is_accepted(channel, message, order, existing)
        ]
        if not accepted:
            return
        batch = self._prepare_batch(channel, [o for _m, o in accepted], existing)
        accepted = self._drop_unknown_currencies(batch, accepted)
        plans = {o.external_id: self._prepare_plan(batch, o) for _m, o in accepted}
        messages = {o.external_id: message for message, o in accepted}
        self._write_orders(batch, plans, messages)
        self._write_refunds(batch, plans)
        self._settle(batch, plans)
        for external_id, message in messages.items():
            message.version = plans[external_id].external.version
            message._set_done(batch.orders[external_id])

    @api.model
    def _find_orders(self, channel, externals):
        """Existing sale orders by external id."""
        orders = self.env["sale.order"].search(
            [
                ("ecom_channel_id", "=", channel.id),
                ("ecom_external_id", "in", [o.external_id for o in externals]),
            ]
        )
        return {order.ecom_external_id: order for order in orders}

    @api.model
    def _pick_newest(self, work, existing):
        """One snapshot for each order: the newest; the others are superseded."""
        newest = {}
        for message, order in sorted(work, key=lambda w: (w[1].version, w[0].id)):
            if order.external_id in newest:
                newest[order.external_id][0]._set_superseded()
            newest[order.external_id] = (message, order)
        current = []
        for external_id, (message, order) in newest.items():
            known = existing.get(external_id)
            if known and (known.ecom_version or "") > order.version:
                message._set_superseded()
                message.order_id = known
            else:
                current.append((message, order))
        return current

    @api.model
    def _is_accepted(self, channel, message, order, existing):
        """Whether the order is one that is imported; else the message says why not."""
        if order.external_id in existing:
            return True
        if order.status is OrderStatus.CART:
            message._set_ignored("not_placed", {"status": order.raw_status})
            return False
        start = channel.import_since
        if start and naive(order.created_at) < start:
            message._set_ignored("before_start", {"date": order.created_at.date()})
            return False
        return True

    @api.model
    def _prepare_batch(self, channel, externals, existing):
        """Look up all that the orders refer to."""
        currencies = self.env["res.currency"].with_context(active_test=False)
        currencies = currencies.search(
            [("name", "in", [o.currency for o in externals])]
        )
        self._check_rates(channel, currencies)
        lines = [line for order in externals for line in order.lines]
        return Batch(
            channel=channel,
            currencies={currency.name: currency for currency in currencies},
            pricelists=self.env["product.pricelist"]._ecom_for_currencies(
                channel.company_id, currencies, channel.pricelist_id
            ),
            matches=self.env["ecom.partner.matcher"]._match(channel, externals),
            listings=self.env["ecom.listing"]._resolve(
                channel, [line for line in lines if line.kind is LineKind.PRODUCT]
            ),
            rules=self.env["ecom.tax.rule"]._resolve(
                channel, [rate for o in externals for rate in self._get_rates(o)]
            ),
            orders=dict(existing),
        )

    @api.model
    def _get_rates(self, order):
        """The order's tax rates, and those that only its lines mention."""
        rates = {rate.key: rate for rate in order.tax_rates}
        for line in order.lines:
            for key, amount in line.taxes.items():
                if key not in rates and amount:
                    rates[key] = TaxRate(
                        key=key,
                        label=f"#{key}",
                        country_code=order.shipping.country_code,
                        included=order.prices_include_tax,
                    )
        return rates.values()

    @api.model
    def _check_rates(self, channel, currencies):
        """Tell somebody, once, about currencies without an exchange rate.

        Orders do not wait for it; their invoices would be booked one to one.
        """
        foreign = currencies - channel.company_id.currency_id
        groups = foreign and self.env["res.currency.rate"]._read_group(
            [
                ("currency_id", "in", foreign.ids),
                ("company_id", "in", (False, channel.company_id.root_id.id)),
            ],
            ["currency_id"],
        )
        rated = {currency.id for (currency,) in groups or ()}
        missing = foreign.filtered(lambda currency: currency.id not in rated)
        if missing:
            channel._alert(
                self.env._("Exchange rates are missing"),
                self.env._(
                    "Enter them before invoicing, or amounts are booked one to one: %s",
                    ", ".join(missing.mapped("name")),
                ),
            )

    @api.model
    def _drop_unknown_currencies(self, batch, accepted):
        known = []
        for message, order in accepted:
            if order.currency in batch.currencies:
                known.append((message, order))
            else:
                message._set_failed("unknown_currency", {"currency": order.currency})
        return known

    # -- plan --------------------------------------------------------------------------

    @api.model
    def _prepare_plan(self, batch, external):
        """The sale order that a snapshot asks for."""
        currency = batch.currencies[external.currency]
        priced = price_order(external, Decimal(str(currency.rounding)))
        lines, holds = self._prepare_lines(batch, external, priced, currency)
        holds += self._prepare_notices(batch, external)
        if priced.difference:
            lines.append(self._prepare_difference_line(batch, priced))
            holds += self._prepare_difference_hold(batch, external, priced)
        for sequence, line in enumerate(lines):
            line.values["sequence"] = 10 + sequence
        return OrderPlan(
            external=external,
            values=self._prepare_order_values(batch, external, priced, currency),
            lines=lines,
            total=priced.total,
            holds=holds,
        )

    @api.model
    def _prepare_order_values(self, batch, external, priced, currency):
        """Values of the sale order, without lines."""
        channel = batch.channel
        match = batch.matches[external.external_id]
        payment = external.payment_title or external.payment_method
        values = {
            "ecom_number": external.number,
            "ecom_status": external.raw_status or external.status.value,
            "ecom_version": external.version,
            "ecom_updated_at": naive(external.updated_at),
            "ecom_ordered_at": naive(external.created_at),
            "ecom_paid_at": naive(external.paid_at) or False,
            "ecom_payment_method": external.payment_method or False,
            "ecom_payment_title": payment or False,
            "ecom_transaction_ref": external.transaction_ref or False,
            "ecom_coupons": ", ".join(c.code for c in external.coupons) or False,
            "ecom_buyer_note": external.buyer_note or False,
            "ecom_total": float(priced.total),
            "ecom_total_tax": float(external.total_tax),
            "partner_shipping_id": match.shipping.id,
            "partner_invoice_id": match.invoice.id,
        }
        if external.external_id in batch.orders:
            return values
        return {
            **values,
            "ecom_channel_id": channel.id,
            "ecom_external_id": external.external_id,
            "company_id": channel.company_id.id,
            "partner_id": match.partner.id,
            "pricelist_id": batch.pricelists[currency.id].id,
            "warehouse_id": channel.warehouse_id.id,
            "date_order": naive(external.created_at),
            "origin": external.number,
            "client_order_ref": external.number,
            "source_id": channel.source_id.id,
            "user_id": False,
            "require_signature": False,
            "require_payment": False,
            **({"team_id": channel.team_id.id} if channel.team_id else {}),
        }

    @api.model
    def _prepare_lines(self, batch, external, priced, currency):
        """Line plans of all lines, and the reasons by which they hold the order."""
        rates = {rate.key: rate for rate in self._get_rates(external)}
        plans, holds, untaxable = [], {}, {}
        for line in priced.lines:
            product, multiplier = self._get_product(batch, line.line, holds)
            taxes = self._get_taxes(batch, rates, line, holds, untaxable)
            plans.append(
                self._prepare_line(batch, line, product, multiplier, taxes, currency)
            )
        plans += [
            self._prepare_untaxable_line(batch, rates[key], amount)
            for key, amount in untaxable.items()
            if amount
        ]
        return plans, list(holds.values())

    @api.model
    def _get_product(self, batch, line, holds):
        """The product of a line and how many units of it one sold unit is."""
        channel = batch.channel
        if line.kind is LineKind.SHIPPING:
            return channel.shipping_product_id, Decimal(1)
        if line.kind is LineKind.FEE:
            return channel.fee_product_id, Decimal(1)
        if line.kind is not LineKind.PRODUCT:
            return channel.discount_product_id, Decimal(1)
        listings = self.env["ecom.listing"]
        listing = batch.listings[listings._key_of(line)]
        if listing.product_id:
            if line.quantity == 0 and (line.total or line.total_tax):
                return channel.fee_product_id, Decimal(1)  # money without goods
            return listing.product_id, Decimal(str(listing.quantity_multiplier))
        hold = Hold(
            "unknown_sku",
            listing.key,
            details={"sku": listing.sku or "–", "name": listing.name},
            links={"listing_id": listing.id},
        )
        holds.setdefault((hold.reason, hold.key), hold)
        return channel.unknown_product_id, Decimal(1)

    @api.model
    def _get_taxes(self, batch, rates, line, holds, untaxable):
        """The line's taxes in Odoo with their amounts.

        What has no tax in Odoo yet is added to ``untaxable`` by rate key.
        """
        taxes = {}
        rules = self.env["ecom.tax.rule"]
        for key, amount in line.taxes.items():
            rate = rates.get(key)
            if rate is None:
                continue  # a rate of zero that the order says nothing about
            rule = batch.rules[rules._key_of(rate)]
            if rule.tax_id:
                taxes[rule.tax_id] = taxes.get(rule.tax_id, ZERO) + amount
                continue
            untaxable[key] = untaxable.get(key, ZERO) + amount
            hold = Hold(
                "missing_tax",
                str(rule.id),
                details={
                    "label": rule.label,
                    "percent": rule.rate_key,
                    "country": rule.country_code or "–",
                },
                links={"tax_rule_id": rule.id},
            )
            holds.setdefault((hold.reason, hold.key), hold)
        return taxes

    @api.model
    def _prepare_line(self, batch, priced, product, multiplier, taxes, currency):
        """Plan of a line that the order has."""
        line = priced.line
        quantity = line.quantity * multiplier
        if quantity == 0 and priced.included:
            quantity = Decimal(1)
        included = sum((a for tax, a in taxes.items() if tax.price_include), ZERO)
        price = (priced.untaxed + included) / quantity if quantity else ZERO
        values = {
            "name": line.name or product.display_name,
            "product_uom_qty": float(quantity),
            "price_unit": float(price),
            "is_delivery": line.kind is LineKind.SHIPPING,
            "extra_tax_data": self._prepare_tax_data(
                priced, quantity, price, taxes, currency
            ),
        }
        return self._make_plan(
            line.external_id, line.kind, product, list(taxes), priced, values
        )

    @api.model
    def _prepare_tax_data(self, priced, quantity, price, taxes, currency):
        """The order's own amounts, for Odoo's tax engine to take instead of its own.

        Core keeps them beside the line (``extra_tax_data``), uses them as long as
        price, discount, quantity and currency are the ones given here, and hands them
        on to the invoice.
        """
        if not taxes:
            return False
        return {
            "manual_total_excluded_currency": float(priced.untaxed),
            "manual_tax_amounts": {
                str(tax.id): {
                    "base_amount_currency": float(priced.untaxed),
                    "tax_amount_currency": float(amount),
                }
                for tax, amount in taxes.items()
            },
            "currency_id": currency.id,
            "price_unit": float(price),
            "discount": 0.0,
            "quantity": float(quantity),
        }

    @api.model
    def _prepare_untaxable_line(self, batch, rate, amount):
        """Plan of the line that carries a tax which Odoo does not know yet."""
        name = self.env._(
            "Tax not linked yet: %(label)s %(percent)s%%",
            label=rate.label,
            percent=rate.percent if rate.percent is not None else "?",
        )
        return self._prepare_amount_line(
            f"tax:{rate.key}",
            LineKind.UNMAPPED_TAX,
            batch.channel.difference_product_id,
            name,
            amount,
        )

    @api.model
    def _prepare_difference_line(self, batch, priced):
        """Plan of the line that makes the total the shop's."""
        names = {
            LineKind.ROUNDING: self.env._("Rounding difference"),
            LineKind.UNEXPLAINED: self.env._("Difference to the shop's total"),
        }
        return self._prepare_amount_line(
            DIFFERENCE_KEY,
            priced.difference_kind,
            batch.channel.difference_product_id,
            names[priced.difference_kind],
            priced.difference,
        )

    @api.model
    def _prepare_amount_line(self, key, kind, product, name, amount):
        """Plan of a line that is nothing but an amount without tax."""
        values = {
            "name": name,
            "product_uom_qty": 1.0,
            "price_unit": float(amount),
            "is_delivery": False,
            "extra_tax_data": False,
        }
        return self._make_plan(key, kind, product, [], amount, values)

    @api.model
    def _make_plan(self, key, kind, product, taxes, source, values):
        taxes = self.env["account.tax"].union(*taxes)
        facts = repr((source, values["product_uom_qty"], kind.value))
        fingerprint = hashlib.sha256(facts.encode()).hexdigest()[:32]
        return LinePlan(
            key=key,
            product=product,
            taxes=taxes,
            fingerprint=fingerprint,
            values={
                **values,
                "product_id": product.id,
                # Different from the price, so that core takes the price for one that
                # was set by hand and never replaces it by the pricelist's.
                "technical_price_unit": values["price_unit"] + 1.0,
                "discount": 0.0,
                "tax_ids": [Command.set(taxes.ids)],
                "ecom_line_key": key,
                "ecom_kind": kind.value,
                "ecom_fingerprint": fingerprint,
            },
        )

    @api.model
    def _prepare_difference_hold(self, batch, external, priced):
        limit = Decimal(str(batch.channel.difference_limit))
        if priced.difference_kind is LineKind.ROUNDING:
            return []
        if abs(priced.difference) <= limit:
            return []
        details = {
            "total": str(priced.total),
            "lines": str(priced.total - priced.difference),
            "difference": str(priced.difference),
            "currency": external.currency,
        }
        # The amount is part of the key: a person released this difference, not any.
        return [Hold("unexplained_difference", str(priced.difference), details=details)]

    @api.model
    def _prepare_notices(self, batch, external):
        """What somebody should know although it holds nothing up."""
        missing = self._get_missing_address_parts(batch, external)
        if not missing:
            return []
        return [Hold("incomplete_address", holding=False, details={"missing": missing})]

    @api.model
    def _get_missing_address_parts(self, batch, external):
        """Codes of what the delivery address lacks; nothing for goods not shipped."""
        ships = any(
            line.kind is LineKind.PRODUCT
            and batch.listings[self.env["ecom.listing"]._key_of(line)].product_id.type
            != "service"
            for line in external.lines
        )
        if not ships or external.status.is_dead:
            return []
        address = external.shipping
        shipping = batch.matches[external.external_id].shipping
        parts = {
            "name": address.name or address.company,
            "street": address.street or address.street2,
            "city": address.city or address.zip,
            "country": shipping.country_id,
        }
        return [code for code, value in parts.items() if not value]

    # -- writing -----------------------------------------------------------------------

    @api.model
    def _write_orders(self, batch, plans, messages):
        """Create the new sale orders in one go, edit the existing ones."""
        new = [plan for key, plan in plans.items() if key not in batch.orders]
        known = [plan for key, plan in plans.items() if key in batch.orders]
        created = (
            self.env["sale.order"]
            ._ecom_quiet()
            .create(
                [
                    {
                        **plan.values,
                        "ecom_message_id": messages[plan.external.external_id].id,
                        "order_line": [
                            Command.create(line.values) for line in plan.lines
                        ],
                    }
                    for plan in new
                ]
            )
        )
        for plan, order in zip(new, created, strict=True):
            batch.orders[plan.external.external_id] = order.with_env(self.env)
        for plan in known:
            external_id = plan.external.external_id
            plan.values["ecom_message_id"] = messages[external_id].id
            self._edit(batch.orders[external_id], plan)
        for plan in plans.values():
            self._assure_total(batch, batch.orders[plan.external.external_id], plan)

    @api.model
    def _edit(self, order, plan):
        """Bring an existing sale order to what the channel says now."""
        commands, changes = self._compare_lines(order, plan)
        frozen = self._is_frozen(order)
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
            or any(picking.state == "done" for picking in order.picking_ids)
            or any(move.state == "posted" for move in order.invoice_ids)
        )

    @api.model
    def _compare_lines(self, order, plan):
        """Commands that make the lines those of the plan, and the changes in words."""
        lines = {
            line.ecom_line_key: line for line in order.order_line if line.ecom_line_key
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
    def _is_replaced(self, order, line, wanted, confirmed):
        """Whether a confirmed line's placeholder has found its product meanwhile."""
        placeholder = order.ecom_channel_id.unknown_product_id
        return (
            confirmed
            and line.product_id == placeholder
            and wanted.product != placeholder
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
        difference = self._prepare_amount_line(
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
                Hold("unexplained_difference", str(amount), details=details)
            )

    # -- refunds -----------------------------------------------------------------------

    @api.model
    def _write_refunds(self, batch, plans):
        """A row for each refund that an order announces; its lines come later."""
        announced = {
            refund.external_id: (batch.orders[external_id], refund)
            for external_id, plan in plans.items()
            for refund in plan.external.refunds
        }
        if not announced:
            return
        refunds = self.env["ecom.refund"]
        known = refunds.search(
            [
                ("channel_id", "=", batch.channel.id),
                ("external_id", "in", list(announced)),
            ]
        )
        for key in known.mapped("external_id"):
            del announced[key]
        refunds.create(
            [
                self._prepare_refund_values(order, refund)
                for order, refund in announced.values()
            ]
        )

    @api.model
    def _prepare_refund_values(self, order, refund):
        """Values of a refund, its lines included when they are known."""
        values = {
            "order_id": order.id,
            "external_id": refund.external_id,
            "amount": float(refund.amount),
            "reason": refund.reason or False,
            "refunded_at": naive(refund.created_at) or False,
            "detailed": refund.lines is not None,
        }
        if refund.lines is not None:
            lines = {line.ecom_line_key: line.id for line in order.order_line}
            values["line_ids"] = [
                Command.clear(),
                *(
                    Command.create(
                        {
                            "external_id": line.external_id,
                            "order_line_id": lines.get(line.order_line_id, False),
                            "name": line.name,
                            "quantity": float(line.quantity),
                            "untaxed": float(line.total),
                            "tax": float(line.total_tax),
                        }
                    )
                    for line in refund.lines
                ),
            ]
        return values

    @api.model
    def _import_refunds(self, channel, work):
        """Apply refunds with their lines.

        :param work: list of (``ecom.inbox.message``, ``Refund``).
        """
        orders = self.env["sale.order"].search(
            [
                ("ecom_channel_id", "=", channel.id),
                ("ecom_external_id", "in", [refund.order_id for _m, refund in work]),
            ]
        )
        orders = {order.ecom_external_id: order for order in orders}
        known = self.env["ecom.refund"].search(
            [
                ("channel_id", "=", channel.id),
                ("external_id", "in", [refund.external_id for _m, refund in work]),
            ]
        )
        known = {refund.external_id: refund for refund in known}
        for message, refund in work:
            order = orders.get(refund.order_id)
            if not order:
                message._set_ignored("unknown_order")
                continue
            values = self._prepare_refund_values(order, refund)
            if refund.external_id in known:
                known[refund.external_id].write(values)
            else:
                known[refund.external_id] = self.env["ecom.refund"].create(values)
            message._set_done(order)

    # -- settling: blocks and state ----------------------------------------------------

    @api.model
    def _settle(self, batch, plans):
        """Write down the reasons, then confirm, cancel or leave each order."""
        steps = {}
        released = self._get_released(batch.orders[key] for key in plans)
        for external_id, plan in plans.items():
            order = batch.orders[external_id]
            step = self._decide(batch.channel, order, plan, released)
            if step is Step.REOPEN:
                order.write({"state": "draft", "ecom_cancelled_by_channel": False})
                step = self._decide(batch.channel, order, plan, released)
            steps.setdefault(step, []).append(order)
        self._sync_blocks(batch, plans, released)
        none = self.env["sale.order"]
        self._cancel(none.union(*steps.get(Step.CANCEL, ())))
        self._confirm(none.union(*steps.get(Step.CONFIRM, ())))

    @api.model
    def _decide(self, channel, order, plan, released):
        """The step for an order; reasons are added to its plan."""
        external = plan.external
        decision = decide(
            Facts(
                status=external.status,
                policy=ConfirmPolicy(channel.confirm_policy),
                odoo=ODOO_STATES[order.state],
                paid=bool(external.paid_at),
                holds=any(
                    hold.holding and (order.id, hold.reason, hold.key) not in released
                    for hold in plan.holds
                ),
                cancelled_by_channel=order.ecom_cancelled_by_channel,
                shipped=any(p.state == "done" for p in order.picking_ids),
                invoiced=any(m.state == "posted" for m in order.invoice_ids),
            )
        )
        if decision.step is Step.CANCEL or order.state == "cancel":
            plan.holds = []  # nothing of it matters any more
        elif order.state == "sale":
            plan.holds += self._prepare_refund_notices(external)
        details = {"status": external.raw_status}
        waived = [
            reason for reason in decision.holds if (order.id, reason, "") in released
        ]
        plan.holds += [Hold(reason, details=details) for reason in decision.holds]
        plan.holds += [
            Hold(reason, holding=False, details=details) for reason in decision.notices
        ]
        if waived and len(waived) == len(decision.holds):
            blocked = any(
                hold.holding and (order.id, hold.reason, hold.key) not in released
                for hold in plan.holds
            )
            return Step.NONE if blocked else Step.CONFIRM
        return decision.step

    @api.model
    def _prepare_refund_notices(self, external):
        """A task for each refund of an order that goes on: its credit note."""
        return [
            Hold(
                "refund_to_credit",
                key=refund.external_id,
                holding=False,
                details={
                    "amount": str(refund.amount),
                    "currency": external.currency,
                    "text": refund.reason or "–",
                },
            )
            for refund in external.refunds
        ]

    @api.model
    def _get_released(self, orders):
        """(order id, reason, key) of what persons have waved through."""
        blocks = self.env["ecom.order.block"].search_fetch(
            [
                ("order_id", "in", [order.id for order in orders]),
                ("released", "=", True),
            ],
            ["order_id", "reason", "key"],
        )
        return {(block.order_id.id, block.reason, block.key or "") for block in blocks}

    @api.model
    def _sync_blocks(self, batch, plans, released):
        """Make the open blocks of the orders those of their plans."""
        orders = {batch.orders[key].id: plan for key, plan in plans.items()}
        open_blocks = self.env["ecom.order.block"].search(
            [("order_id", "in", list(orders)), ("state", "=", "open")]
        )
        wanted = {
            (order_id, hold.reason, hold.key): hold
            for order_id, plan in orders.items()
            for hold in plan.holds
        }
        for key in released:
            wanted.pop(key, None)
        gone = self.env["ecom.order.block"]
        for block in open_blocks:
            hold = wanted.pop((block.order_id.id, block.reason, block.key or ""), None)
            if hold is None:
                gone += block
            elif (block.reason_details or {}) != hold.details:
                block.reason_details = hold.details or False
        gone._resolve()
        self.env["ecom.order.block"].create(
            [
                self._prepare_block_values(order_id, hold)
                for (order_id, _reason, _key), hold in wanted.items()
            ]
        )

    @api.model
    def _prepare_block_values(self, order_id, hold):
        """Values of a new block."""
        return {
            "order_id": order_id,
            "key": hold.key,
            "holding": hold.holding,
            **hold.links,
            **self.env["ecom.order.block"]._prepare_reason(hold.reason, hold.details),
        }

    @api.model
    def _cancel(self, orders):
        """Cancel sale orders because the channel did."""
        if not orders:
            return
        orders.filtered("locked").action_unlock()
        orders._ecom_quiet()._action_cancel()
        orders.write({"ecom_cancelled_by_channel": True})
        body = self.env._("Cancelled, because it was called off or refunded in the shop.")
        orders._message_log_batch(bodies=dict.fromkeys(orders.ids, body))

    @api.model
    def _confirm(self, orders):
        """Confirm sale orders together; halve to find one that Odoo refuses."""
        if not orders:
            return
        try:
            with self.env.cr.savepoint():
                orders._ecom_quiet().action_confirm()
        except UserError as error:
            if len(orders) == 1:
                hold = Hold("confirm_failed", details={"error": str(error)})
                self.env["ecom.order.block"].create(
                    self._prepare_block_values(orders.id, hold)
                )
                return
            middle = len(orders) // 2
            self._confirm(orders[:middle])
            self._confirm(orders[middle:])

    # -- deletion ----------------------------------------------------------------------

    @api.model
    def _import_deletion(self, channel, external_id):
        """The channel does not have an order any more: cancel it here.

        :return: whether the order was known.
        """
        order = self.env["sale.order"].search(
            [
                ("ecom_channel_id", "=", channel.id),
                ("ecom_external_id", "=", external_id),
            ]
        )
        if not order:
            return False
        stamp = (order.ecom_version or "").partition("|")[0]
        order.write(
            {
                "ecom_status": OrderStatus.DELETED.value,
                # Newer than every snapshot of the same moment.
                "ecom_version": f"{stamp}|{OrderStatus.DELETED.rank:02d}|999",
            }
        )
        decision = decide(
            Facts(
                status=OrderStatus.DELETED,
                policy=ConfirmPolicy(channel.confirm_policy),
                odoo=ODOO_STATES[order.state],
                shipped=any(p.state == "done" for p in order.picking_ids),
                invoiced=any(m.state == "posted" for m in order.invoice_ids),
            )
        )
        order.ecom_block_ids._resolve()
        self.env["ecom.order.block"].create(
            [
                self._prepare_block_values(order.id, Hold(reason, holding=False))
                for reason in decision.notices
            ]
        )
        if decision.step is Step.CANCEL:
            self._cancel(order)
        return True
