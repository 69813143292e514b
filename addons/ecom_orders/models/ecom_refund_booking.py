import logging
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..marketplaces.base import CONNECTORS
from ..marketplaces.pricing import largest_remainder, round_to
from ..marketplaces.refunding import (
    Given,
    PricedRefund,
    Share,
    price_amount,
    price_refund,
)
from ..marketplaces.schema import ZERO, LineKind, RefundStatus
from .ecom_inbox_message import CONCURRENCY_ERRORS
from .ecom_outbox_message import REFUND
from .failure_log import describe, log_failure
from .order_plan import Hold

_logger = logging.getLogger(__name__)


class EcomRefund(models.Model):
    """The books of a refund.

    An order that is invoiced gets a credit note, one for each refund. An order that is
    not invoiced yet stays what the shop says it is; the refund is deducted from the
    invoice when that is made. In either case what was not shipped yet is taken out of
    the deliveries, and the amounts are the shop's, to the cent.

    A refund without lines lowers the price of the order as a whole: it is booked with
    the order's own proportion of taxes, a line for each set of taxes in it (see
    :func:`~..marketplaces.refunding.price_amount`). Booked without tax it would leave
    the seller paying tax on money that he gave back.
    """

    _inherit = "ecom.refund"

    status = fields.Selection(
        [
            (RefundStatus.PENDING.value, "Pending"),
            (RefundStatus.DONE.value, "Done"),
            (RefundStatus.FAILED.value, "Failed"),
        ],
        string="At the Shop",
        default=RefundStatus.DONE.value,
        required=True,
        readonly=True,
    )
    return_ref = fields.Char(string="Shop's Return", readonly=True)
    return_id = fields.Many2one(
        "ecom.return", ondelete="set null", index="btree_not_null", readonly=True
    )
    move_id = fields.Many2one(
        "account.move", string="Credit Note", ondelete="set null", readonly=True
    )
    invoice_id = fields.Many2one(
        "account.move",
        string="Deducted From",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        help="The invoice that was made after the refund, and lessened by it.",
    )
    to_deduct = fields.Boolean(
        readonly=True, help="Deducted as soon as the order is invoiced."
    )
    nothing_to_book = fields.Boolean(
        readonly=True, help="What was given back was never going to be invoiced."
    )
    state = fields.Selection(
        [
            ("pending", "Not carried out yet"),
            ("failed", "Failed at the shop"),
            ("waiting", "To be booked"),
            ("to_deduct", "Deducted when invoiced"),
            ("deducted", "Deducted"),
            ("credited", "Credited"),
            ("nothing", "Nothing to book"),
        ],
        compute="_compute_state",
        store=True,
        index=True,
    )
    is_booked = fields.Boolean(compute="_compute_is_booked")

    _move_uniq = models.Constraint(
        "UNIQUE(move_id)", "A credit note belongs to one refund of a shop."
    )

    @api.depends(
        "status",
        "move_id.state",
        "invoice_id.state",
        "to_deduct",
        "nothing_to_book",
    )
    def _compute_state(self):
        for refund in self:
            refund.state = refund._get_state()

    def _get_state(self):
        if self.move_id and self.move_id.state != "cancel":
            return "credited"
        if self.invoice_id and self.invoice_id.state != "cancel":
            return "deducted"
        if self.status != RefundStatus.DONE.value:
            return self.status
        if self.nothing_to_book:
            return "nothing"
        return "to_deduct" if self.to_deduct else "waiting"

    @api.depends("state")
    def _compute_is_booked(self):
        for refund in self:
            refund.is_booked = refund.state not in ("waiting", "pending")

    # -- import ------------------------------------------------------------------------

    @api.model
    def _prepare_values(self, order, refund):
        values = super()._prepare_values(order, refund)
        values["status"] = refund.status.value
        values["return_ref"] = refund.return_ref or False
        return values

    @api.model
    def _announce(self, batch, plans):
        """The rows as before; what changed of known ones is written, then booked."""
        super()._announce(batch, plans)
        announced = {
            refund.external_id: refund
            for plan in plans.values()
            for refund in plan.external.refunds
        }
        if not announced:
            return
        rows = self.search(
            [
                ("channel_id", "=", batch.channel.id),
                ("external_id", "in", list(announced)),
            ]
        )
        for row in rows:
            refund = announced[row.external_id]
            if row.status != refund.status.value:
                row.status = refund.status.value
            if refund.lines is not None and not row.detailed:
                row.write(self._prepare_values(row.order_id, refund))
        rows._after_import()

    @api.model
    def _import(self, channel, work):
        result = super()._import(channel, work)
        self.search(
            [
                ("channel_id", "=", channel.id),
                ("external_id", "in", [refund.external_id for _m, refund in work]),
            ]
        )._after_import()
        return result

    def _after_import(self):
        self._link_returns()
        self._book()

    def _link_returns(self):
        """Find the returns that these refunds pay back."""
        todo = self.filtered(lambda refund: refund.return_ref and not refund.return_id)
        if not todo:
            return
        returns = self.env["ecom.return"].search(
            [
                ("channel_id", "in", todo.channel_id.ids),
                ("external_id", "in", todo.mapped("return_ref")),
            ]
        )
        by_key = {(r.channel_id, r.external_id): r for r in returns}
        for refund in todo:
            refund.return_id = by_key.get((refund.channel_id, refund.return_ref))

    # -- booking -----------------------------------------------------------------------

    def _book(self):
        """Book what is ready; what Odoo refuses is told on the order, once."""
        ready = self.filtered(
            lambda refund: (
                refund.state == "waiting"
                and refund.detailed
                and refund.channel_id.refund_policy != "manual"
            )
        )
        for refund in ready.sorted("id"):
            try:
                with self.env.cr.savepoint():
                    refund._book_one()
            except CONCURRENCY_ERRORS:
                raise
            except Exception as error:  # noqa: BLE001 - an order must not fail for it
                log_failure(
                    _logger,
                    error,
                    "Refund %s was not booked",
                    refund.id,
                    level=logging.INFO,
                )
                refund._raise_notice(error)
            else:
                refund._resolve_notices()

    def action_book(self):
        """Book refunds now, whatever the channel's policy is."""
        for refund in self.filtered(lambda r: r.state == "waiting" and r.detailed):
            # Users decide through this method only; the books are not theirs.
            refund.sudo()._book_one()
            refund._resolve_notices()

    def action_view_booking(self):
        """The credit note, or the invoice that was lessened."""
        self.ensure_one()
        return (self.move_id or self.invoice_id)._get_records_action()

    def _book_one(self):
        """Recognise our own refund, else take out goods and book the money."""
        self.ensure_one()
        order = self.order_id
        invoices = order._ecom_get_invoices()
        if self._match_pushed():
            return
        if self._is_in_order(order):
            self.nothing_to_book = True
            return
        if order.state != "cancel":
            self._remove_undelivered()
        if invoices:
            self._create_credit_note(invoices)
        elif order.state == "cancel":
            self.nothing_to_book = True
        else:
            self.to_deduct = True

    def _is_in_order(self, order):
        """Whether the channel's order is already less what was given back.

        Only units that were given back can be; an amount alone never is.
        """
        connector = CONNECTORS[self.channel_id.provider]
        return (
            connector.refunds_in_orders
            and bool(self.line_ids)
            and not self.env["ecom.order.editor"]._is_frozen(order)
        )

    def _match_pushed(self):
        """Recognise a refund that was told from here, by its id or its amount."""
        rows = self.order_id.ecom_outbox_ids.filtered(
            lambda row: (
                row.kind == REFUND and row.move_id and not row.move_id.ecom_refund_ids
            )
        )
        same = rows.filtered(lambda row: row.external_id == self.external_id)
        # Its answer may be lost, or name something else than the refund.
        same = same or rows.filtered(
            lambda row: (
                row.state != "ignored"
                and self.currency_id.compare_amounts(
                    row.move_id.amount_total, self.amount
                )
                == 0
            )
        )
        row = same.sorted("id")[:1]
        if not row:
            return False
        self.move_id = row.move_id
        if row.state in ("waiting", "failed"):  # its answer was lost
            row.external_id = self.external_id
            row._set_sent()
        return True

    def _link_credit_note(self, move):
        """A person wrote the credit note of this refund."""
        self.ensure_one()
        self.move_id = move
        self._resolve_notices()

    def _remove_undelivered(self):
        """Take goods that were not shipped yet out of the deliveries."""
        for item in self.line_ids:
            line = item.order_line_id
            if line.ecom_kind != LineKind.PRODUCT.value or not item.quantity:
                continue
            if line.product_id.type != "consu" or item.removed_qty:
                continue
            for part in reversed(line._ecom_get_family()):
                open_qty = (
                    part.product_uom_qty - part.qty_delivered - part.ecom_removed_qty
                )
                removed = min(item._get_units() - item.removed_qty, open_qty)
                if part.product_uom_id.compare(removed, 0.0) > 0:
                    item.removed_qty += removed
                    part._ecom_remove(removed)

    # -- amounts -----------------------------------------------------------------------

    def _price(self):
        """The refund to the cent, without what would never have been invoiced.

        :rtype: odoo.addons.ecom_orders.marketplaces.refunding.PricedRefund
        """
        self.ensure_one()
        unit = Decimal(str(self.currency_id.rounding))
        amount = Decimal(str(self.currency_id.round(self.amount)))
        if not self.line_ids:
            return price_amount(amount, self._get_groups(unit), unit)
        priced = price_refund(
            amount, [line._get_given(unit) for line in self.line_ids], unit
        )
        shares, unbilled = [], ZERO
        for share in priced.shares:
            billed = share.key._get_billed(share, unit)
            unbilled += share.included - billed.included
            shares.append(billed)
        return PricedRefund(
            tuple(shares),
            priced.amount - unbilled,
            priced.difference,
            priced.difference_kind,
        )

    def _get_groups(self, unit):
        """The order's amounts by set of taxes."""
        groups = {}
        for line in self.order_id.order_line:
            if line.display_type:
                continue
            untaxed, taxes = line._ecom_get_amounts(unit)
            known_untaxed, known = groups.setdefault(line.tax_ids, (ZERO, {}))
            for tax, tax_amount in taxes.items():
                known[tax] = known.get(tax, ZERO) + tax_amount
            groups[line.tax_ids] = (known_untaxed + untaxed, known)
        return [Share(key, untaxed, taxes) for key, (untaxed, taxes) in groups.items()]

    def _prepare_items(self, priced, sign):
        """Values of the lines of a credit note or, negative, of an invoice.

        :param sign: 1 for a credit note, -1 for an invoice.
        """
        return [
            self._prepare_item(share, sign) for share in priced.shares if share.included
        ]

    def _prepare_item(self, share, sign):
        lines = self.line_ids
        refund_line = share.key if lines else lines  # else it is a set of taxes
        order_line = refund_line.order_line_id
        taxes = self.env["account.tax"].union(*share.taxes)
        included = sum((a for tax, a in share.taxes.items() if tax.price_include), ZERO)
        quantity = Decimal(str(refund_line._get_units())) if order_line else ZERO
        quantity = quantity or Decimal(1)
        price = (share.untaxed + included) / quantity
        digits = self.env["decimal.precision"].precision_get("Product Price")
        if round(price, digits) != price:
            # one thing for the whole amount, where a unit's price would lose cents
            price, quantity = price * quantity, Decimal(1)
        values = {
            "name": self._get_item_name(refund_line),
            "product_id": (
                order_line.product_id or self.channel_id.discount_product_id
            ).id,
            "quantity": float(sign * quantity),
            "price_unit": float(price),
            "discount": 0.0,
            "tax_ids": [Command.set(taxes.ids)],
            "ecom_refund_line_id": refund_line.id,
            "extra_tax_data": self._prepare_tax_data(share, sign, quantity, price),
        }
        if sign > 0:
            link = order_line or self._get_anchor()
            values["sale_line_ids"] = [Command.link(link.id)]
        return values

    def _get_item_name(self, refund_line):
        if refund_line.name:
            return self.env._(
                "Refund of %(quantity)g × %(name)s",
                quantity=refund_line.quantity or 1.0,
                name=refund_line.name,
            )
        return self.env._("Refund: %s", self.reason or self.external_id)

    def _get_anchor(self):
        """The order line that ties an amount without a line to its order."""
        lines = self.order_id.order_line.filtered(lambda li: not li.display_type)
        services = lines.filtered(lambda li: li.product_id.type == "service")
        return (services or lines)[:1]

    def _prepare_tax_data(self, share, sign, quantity, price):
        """The shop's amounts, for Odoo's tax engine to take instead of its own."""
        if not share.taxes:
            return False
        untaxed = float(sign * share.untaxed)
        return {
            "manual_total_excluded_currency": untaxed,
            "manual_tax_amounts": {
                str(tax.id): {
                    "base_amount_currency": untaxed,
                    "tax_amount_currency": float(sign * amount),
                }
                for tax, amount in share.taxes.items()
            },
            "currency_id": self.currency_id.id,
            "price_unit": float(price),
            "discount": 0.0,
            "quantity": float(sign * quantity),
        }

    def _prepare_difference(self, amount, kind, sign):
        """Values of the line that makes the total that of the refund."""
        names = {
            LineKind.ROUNDING: self.env._("Rounding difference"),
            LineKind.UNEXPLAINED: self.env._("Difference to the shop's refund"),
        }
        values = {
            "name": names[kind or LineKind.UNEXPLAINED],
            "product_id": self.channel_id.difference_product_id.id,
            "quantity": 1.0,
            "price_unit": sign * amount,
            "tax_ids": [Command.clear()],
        }
        if sign > 0:
            values["sale_line_ids"] = [Command.link(self._get_anchor().id)]
        return values

    # -- documents ---------------------------------------------------------------------

    def _create_credit_note(self, invoices):
        """One credit note, whose total is the refund's."""
        self.ensure_one()
        priced = self._price()
        if not priced.amount:
            self.nothing_to_book = True
            return
        invoice = invoices.filtered(lambda move: move.state == "posted")[:1]
        invoice = invoice or invoices[:1]
        # The manager chose on the channel that credit notes are made; the technical
        # user that imports has no right to the books.
        moves = self.env["account.move"].sudo().with_company(self.company_id)
        move = moves.create(self._prepare_credit_note(invoice, priced))
        missing = self.currency_id.round(float(priced.amount) - move.amount_total)
        if missing:
            move.invoice_line_ids = [
                Command.create(
                    self._prepare_difference(missing, priced.difference_kind, 1)
                )
            ]
        self.move_id = move
        if self.channel_id.refund_policy == "posted":
            move.action_post()

    def _prepare_credit_note(self, invoice, priced):
        """Values of the credit note."""
        refunded_at = self.refunded_at and fields.Datetime.context_timestamp(
            self.with_context(tz=self.channel_id.timezone), self.refunded_at
        )
        return {
            "move_type": "out_refund",
            "company_id": self.company_id.id,
            "journal_id": invoice.journal_id.id,
            "partner_id": invoice.partner_id.id,
            "partner_shipping_id": invoice.partner_shipping_id.id,
            "fiscal_position_id": invoice.fiscal_position_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": refunded_at.date() if refunded_at else False,
            "invoice_origin": self.order_id.name,
            "ref": " ".join(filter(None, (self.external_id, self.reason))),
            "reversed_entry_id": invoice.id if invoice.state == "posted" else False,
            "team_id": invoice.team_id.id,
            "invoice_line_ids": [
                Command.create(values) for values in self._prepare_items(priced, 1)
            ],
        }

    def _deduct(self, invoice):
        """Lessen a new invoice by these refunds; one that is too big gets its own."""
        for refund in self.sorted("id"):
            priced = refund._price()
            if refund.currency_id != invoice.currency_id or (
                refund.currency_id.compare_amounts(
                    float(priced.amount), invoice.amount_total
                )
                > 0
            ):
                refund._create_credit_note(invoice)
                continue
            target = invoice.amount_total - float(priced.amount)
            invoice.invoice_line_ids = [
                Command.create(values) for values in refund._prepare_items(priced, -1)
            ]
            missing = refund.currency_id.round(target - invoice.amount_total)
            if missing:
                values = refund._prepare_difference(
                    -missing, priced.difference_kind, -1
                )
                invoice.invoice_line_ids = [Command.create(values)]
            refund.invoice_id = invoice

    # -- notices -----------------------------------------------------------------------

    def _raise_notice(self, error):
        """Odoo refused to book it."""
        self.ensure_one()
        blocks = self.env["ecom.order.block"]
        text = str(error) if isinstance(error, UserError) else describe(error)
        details = {"reference": self.external_id, "error": text[:500]}
        known = self._find_notices(["credit_note_refused"])
        if known:
            known.reason_details = details
            return
        blocks.create(
            {
                "order_id": self.order_id.id,
                "key": self.external_id,
                **blocks._prepare_reason("credit_note_refused", details),
            }
        )

    def _resolve_notices(self):
        self._find_notices(["credit_note_refused", "refund_to_credit"])._resolve()

    def _find_notices(self, reasons):
        return self.env["ecom.order.block"].search(
            [
                ("order_id", "in", self.order_id.ids),
                ("key", "in", self.mapped("external_id")),
                ("reason", "in", reasons),
                ("state", "=", "open"),
            ]
        )

    def _prepare_failure_notices(self):
        """Refunds that did not work at the shop: the buyer waits for his money."""
        return [
            Hold(
                "refund_failed",
                key=refund.external_id,
                holding=False,
                details={
                    "amount": f"{refund.amount:.2f}",
                    "currency": refund.currency_id.name,
                },
            )
            for refund in self
            if refund.status == RefundStatus.FAILED.value
        ]


class EcomRefundLine(models.Model):
    """What a line of a refund is worth, and what of it was not shipped."""

    _inherit = "ecom.refund.line"

    removed_qty = fields.Float(
        string="Not Shipped",
        digits="Product Unit",
        readonly=True,
        help="Units of the product that were taken out of the delivery.",
    )

    def _get_units(self):
        """Units of the order line that are given back."""
        self.ensure_one()
        return self.quantity * (self.order_line_id.ecom_multiplier or 1.0)

    def _get_given(self, unit):
        """The line in the words of the pure code."""
        self.ensure_one()
        _untaxed, taxes = self.order_line_id._ecom_get_amounts(unit)
        return Given(
            self,
            untaxed=round_to(Decimal(str(self.untaxed)), unit),
            tax=round_to(Decimal(str(self.tax)), unit),
            weights=taxes,
        )

    def _get_billed(self, share, unit):
        """The part of a share that is, or will be, on an invoice.

        Goods that are invoiced when they are delivered, and were refunded before,
        never get onto one.
        """
        units = self._get_units()
        if (
            not self.removed_qty
            or self.order_line_id.product_id.invoice_policy != "delivery"
        ):
            return share
        kept = Decimal(str(max(units - self.removed_qty, 0.0))) / Decimal(str(units))
        return Share(
            self,
            round_to(share.untaxed * kept, unit),
            {tax: round_to(a * kept, unit) for tax, a in share.taxes.items()},
        )


class EcomChannel(models.Model):
    """How a channel's refunds are booked."""

    _inherit = "ecom.channel"

    refund_policy = fields.Selection(
        [
            ("draft", "Credit note as a draft"),
            ("posted", "Credit note, posted"),
            ("manual", "By a person"),
        ],
        string="Refunds",
        default="draft",
        required=True,
        tracking=True,
        help="Of orders that are invoiced. Refunds before that are deducted from the "
        "invoice, except when a person is to do it.",
    )


class SaleOrder(models.Model):
    """Refunds before the invoice lessen it."""

    _inherit = "sale.order"

    def _ecom_get_invoices(self):
        """The invoices of an order, credit notes and cancelled ones left out."""
        return self.invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice" and move.state != "cancel"
        )

    def _create_invoices(self, grouped=False, final=False, date=None):
        """Deduct from the new invoices what the shops gave back before."""
        moves = super()._create_invoices(grouped=grouped, final=final, date=date)
        # Whoever invoices need not have a role in this addon.
        for order in self.sudo().filtered("ecom_refund_ids"):
            refunds = order.ecom_refund_ids.filtered(lambda r: r.state == "to_deduct")
            invoice = order._ecom_get_invoices() & moves.sudo()
            if refunds and invoice:
                refunds._deduct(invoice[:1])
        return moves


class SaleOrderLine(models.Model):
    """What a line amounts to, exactly."""

    _inherit = "sale.order.line"

    def _ecom_get_amounts(self, unit):
        """Net amount and taxes of a line, as the shop stated them where it did.

        :return: (untaxed, dict ``account.tax -> amount``), multiples of ``unit``.
        """
        untaxed = round_to(Decimal(str(self.price_subtotal or 0.0)), unit)
        stated = (self.extra_tax_data or {}).get("manual_tax_amounts") or {}
        taxes = self.tax_ids
        if taxes and all(str(tax.id) in stated for tax in taxes):
            return untaxed, {
                tax: round_to(
                    Decimal(str(stated[str(tax.id)]["tax_amount_currency"])), unit
                )
                for tax in taxes
            }
        total = round_to(Decimal(str(self.price_tax or 0.0)), unit)
        if not taxes:
            return untaxed, {}
        weights = [Decimal(str(abs(tax.amount))) for tax in taxes]
        return untaxed, dict(
            zip(taxes, largest_remainder(total, weights, unit), strict=True)
        )
