import hashlib
from dataclasses import replace
from decimal import Decimal

from odoo import api, models
from odoo.fields import Command

from ..marketplaces.pricing import price_order
from ..marketplaces.schema import ZERO, LineKind, TaxRate
from .order_plan import DIFFERENCE_KEY, Hold, LinePlan, OrderPlan, naive


class EcomOrderPlanner(models.AbstractModel):
    """What the sale order of a snapshot shall be: values, lines, reasons. Writes none.

    Hooks for neighbours: ``_prepare_order_values``, ``_prepare_line``,
    ``_prepare_notices``.
    """

    _name = "ecom.order.planner"
    _description = "Plan of an imported order"

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
            **self._prepare_fulfilment_values(external),
            "ecom_total": float(priced.total),
            "ecom_total_tax": float(external.total_tax),
            "partner_shipping_id": match.shipping.id,
            "partner_invoice_id": match.invoice.id,
        }
        if external.draft_ref:
            values["ecom_draft_ref"] = external.draft_ref
        if external.external_id in batch.orders:
            return {**values, "ecom_external_id": external.external_id}
        return {
            **values,
            **self._prepare_attribution(batch, external),
            "ecom_channel_id": channel.id,
            "ecom_external_id": external.external_id,
            "company_id": channel.company_id.id,
            "partner_id": match.partner.id,
            "pricelist_id": batch.pricelists[currency.id].id,
            "warehouse_id": self._get_warehouse(channel, external).id,
            "commitment_date": naive(external.ship_by or external.deliver_by) or False,
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
    def _prepare_fulfilment_values(self, external):
        """What the order says of its delivery and of the danger in it."""
        methods = [line for line in external.lines if line.kind is LineKind.SHIPPING]
        method = external.shipping_method or (methods[0].method if methods else "")
        title = external.shipping_title or (methods[0].name if methods else "")
        return {
            "ecom_marketplace_ref": external.marketplace_ref or False,
            "ecom_fulfilled_by_channel": external.fulfilled_by_channel,
            "ecom_masked": external.masked,
            "ecom_risk": external.risk.value,
            "ecom_ship_by": naive(external.ship_by) or False,
            "ecom_deliver_by": naive(external.deliver_by) or False,
            "ecom_shipping_method": method or False,
            "ecom_shipping_title": title or False,
            "ecom_tags": ", ".join(external.tags) or False,
        }

    @api.model
    def _prepare_attribution(self, batch, external):
        """Where the buyer came from; the channel itself stays the order's source."""
        told = external.attribution
        return {
            "ecom_referrer": told.source or False,
            "medium_id": batch.utm.get(("utm.medium", told.medium), False),
            "campaign_id": batch.utm.get(("utm.campaign", told.campaign), False),
        }

    @api.model
    def _get_warehouse(self, channel, external):
        """Where an order is delivered from, unless its lines say otherwise."""
        if external.fulfilled_by_channel and channel.channel_warehouse_id:
            return channel.channel_warehouse_id
        return channel.warehouse_id

    @api.model
    def _prepare_lines(self, batch, external, priced, currency):
        """Line plans of all lines, and the reasons by which they hold the order."""
        rates = {rate.key: rate for rate in self._get_rates(external)}
        plans, holds, untaxable = [], {}, {}
        remitted = {key for key, rate in rates.items() if rate.collected_by_channel}
        for line in priced.lines:
            line = replace(
                line, taxes={k: v for k, v in line.taxes.items() if k not in remitted}
            )
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
        collected = sum(
            (line.taxes.get(key, ZERO) for line in priced.lines for key in remitted),
            ZERO,
        )
        if collected:
            plans.append(self._prepare_channel_tax_line(batch, collected))
        return plans, list(holds.values())

    @api.model
    def _get_product(self, batch, line, holds):
        """The product of a line and how many units of it one sold unit is."""
        channel = batch.channel
        if line.kind is not LineKind.PRODUCT:
            return self._get_product_of_kind(channel, line.kind), Decimal(1)
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
    def _get_product_of_kind(self, channel, kind):
        """The channel's product for lines that are no goods."""
        products = {
            LineKind.SHIPPING: channel.shipping_product_id,
            LineKind.FEE: channel.fee_product_id,
            LineKind.TIP: channel.fee_product_id,
            LineKind.DUTY: channel.fee_product_id,
            LineKind.CHANNEL_TAX: channel.channel_tax_product_id,
        }
        return products.get(kind, channel.discount_product_id)

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
                    "percent": rule._get_rate_text(),
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
        # Where it lies and whether it has left is no change of what was ordered.
        ordered = replace(line, fulfilled_quantity=ZERO, location_ref="")
        source = replace(priced, line=ordered)
        return self._make_plan(
            line.external_id, line.kind, product, list(taxes), source, values
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
    def _prepare_channel_tax_line(self, batch, amount):
        """Plan of the line for tax that the marketplace itself owes to the state."""
        return self._prepare_amount_line(
            "channel_tax",
            LineKind.CHANNEL_TAX,
            batch.channel.channel_tax_product_id,
            self.env._("Tax collected and paid by the marketplace"),
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
        notices = []
        missing = self._get_missing_address_parts(batch, external)
        if missing:
            notices.append(
                Hold("incomplete_address", holding=False, details={"missing": missing})
            )
        if external.fulfilled_by_channel and not batch.channel.channel_warehouse_id:
            notices.append(Hold("channel_stock_unset"))
        return notices

    @api.model
    def _get_missing_address_parts(self, batch, external):
        """Codes of what the delivery address lacks; nothing for goods not shipped."""
        ships = any(
            line.kind is LineKind.PRODUCT
            and batch.listings[self.env["ecom.listing"]._key_of(line)].product_id.type
            != "service"
            for line in external.lines
        )
        if not ships or external.status.is_dead or external.fulfilled_by_channel:
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
