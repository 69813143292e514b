from odoo import api, fields, models

from ..marketplaces.lifecycle import ConfirmPolicy
from ..marketplaces.schema import LineKind, OrderStatus, Payment, PaymentKind, Risk
from .order_plan import Hold, naive

# Payments of a marketplace that tells only that the order is paid, but not how.
WHOLE = "whole"
RISKS = {
    "never": (),
    "high": (Risk.HIGH,),
    "medium": (Risk.HIGH, Risk.MEDIUM),
}


class EcomPayment(models.Model):
    """One tender of an order: an order paid by gift card and card has two."""

    _name = "ecom.payment"
    _description = "Payment of an order"
    _order = "order_id, id"
    _rec_name = "gateway"

    order_id = fields.Many2one(
        "sale.order", required=True, ondelete="cascade", index=True, readonly=True
    )
    channel_id = fields.Many2one(
        related="order_id.ecom_channel_id", store=True, index=True
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True)
    currency_id = fields.Many2one(related="order_id.currency_id")
    external_id = fields.Char(required=True, readonly=True)
    gateway = fields.Char(string="Payment Method", readonly=True)
    kind = fields.Selection(
        [
            (PaymentKind.OTHER.value, "Payment"),
            (PaymentKind.GIFT_CARD.value, "Gift card"),
            (PaymentKind.STORE_CREDIT.value, "Store credit"),
            (PaymentKind.ON_DELIVERY.value, "On delivery"),
        ],
        required=True,
        readonly=True,
    )
    amount = fields.Monetary(readonly=True)
    reference = fields.Char(readonly=True)
    paid_at = fields.Datetime(string="Paid", readonly=True)
    rule_id = fields.Many2one("ecom.payment.rule", ondelete="set null", readonly=True)
    account_payment_id = fields.Many2one(
        "account.payment",
        string="Registered",
        ondelete="set null",
        readonly=True,
        index="btree_not_null",
    )

    _external_uniq = models.Constraint(
        "UNIQUE(order_id, external_id)", "A payment is known to an order only once."
    )

    @api.model
    def _get_tenders(self, external):
        """The payments of a channel order; the whole of it where only that is told."""
        if external.payments or not external.paid_at or not external.total:
            return external.payments
        return (
            Payment(
                external_id=WHOLE,
                gateway=external.payment_method,
                amount=external.total,
                reference=external.transaction_ref,
                paid_at=external.paid_at,
            ),
        )

    @api.model
    def _sync(self, batch, plans, rules):
        """Make the payments of the orders those that the channel tells."""
        known = self.search(
            [("order_id", "in", [batch.orders[key].id for key in plans])]
        )
        known = {(row.order_id.id, row.external_id): row for row in known}
        new = []
        for key, plan in plans.items():
            order = batch.orders[key]
            for tender in self._get_tenders(plan.external):
                values = self._prepare_values(tender, rules)
                row = known.pop((order.id, tender.external_id), None)
                if row is None:
                    new.append({"order_id": order.id, **values})
                elif not row.account_payment_id and row._differs(values):
                    row.write(values)
        self.create(new)
        gone = [row.id for row in known.values() if not row.account_payment_id]
        self.browse(gone).unlink()

    def _differs(self, values):
        return any(
            self._fields[name].convert_to_write(self[name], self) != value
            for name, value in values.items()
        )

    @api.model
    def _prepare_values(self, tender, rules):
        """Values of a payment."""
        rule = rules.get(tender.gateway)
        return {
            "external_id": tender.external_id,
            "gateway": tender.gateway or False,
            "kind": tender.kind.value,
            "amount": float(tender.amount),
            "reference": tender.reference or False,
            "paid_at": naive(tender.paid_at) or False,
            "rule_id": rule.id if rule else False,
        }


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ecom_payment_ids = fields.One2many(
        "ecom.payment",
        "order_id",
        string="Payments at the Shop",
        readonly=True,
        groups="ecom_orders.group_user",
    )
    ecom_payment_rule_id = fields.Many2one(
        "ecom.payment.rule",
        string="Payment Rule",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        groups="ecom_orders.group_user",
    )
    ecom_shipped_at_shop = fields.Boolean(
        string="Needs No Parcel Any More",
        readonly=True,
        copy=False,
        groups="ecom_orders.group_user",
        help="The shop knows it as shipped, or nothing in it is shipped.",
    )


class EcomChannel(models.Model):
    _inherit = "ecom.channel"

    payment_rule_ids = fields.One2many(
        "ecom.payment.rule", "channel_id", string="Payment Methods"
    )
    gift_card_product_id = fields.Many2one(
        "product.product",
        required=True,
        default=lambda self: self._default_product("gift_card"),
        help="For gift cards that are sold. Its income account should be a liability: "
        "a card is a debt to its bearer until it is redeemed.",
    )
    fraud_policy = fields.Selection(
        [
            ("high", "When the danger is high"),
            ("medium", "When it is medium or high"),
            ("never", "Never"),
        ],
        string="Hold for Suspected Fraud",
        default="high",
        required=True,
        help="By the marketplace's own rating.",
    )


class EcomOrderImporter(models.AbstractModel):
    _inherit = "ecom.order.importer"

    @api.model
    def _write_related(self, batch, plans):
        result = super()._write_related(batch, plans)
        titles = {}
        for plan in plans.values():
            external = plan.external
            titles[external.payment_method] = external.payment_title
            for tender in self.env["ecom.payment"]._get_tenders(external):
                titles.setdefault(tender.gateway, "")
        rules = self.env["ecom.payment.rule"]._resolve(batch.channel, titles)
        self._write_payment_facts(batch, plans, rules)
        self.env["ecom.payment"]._sync(batch, plans, rules)
        return result

    @api.model
    def _write_payment_facts(self, batch, plans, rules):
        """What the automation decides from, kept on the orders; equal ones at once."""
        groups = {}
        for key, plan in plans.items():
            order, external = batch.orders[key], plan.external
            rule = rules.get(external.payment_method, self.env["ecom.payment.rule"])
            shipped = self._is_shipped(external)
            if (order.ecom_payment_rule_id, order.ecom_shipped_at_shop) != (
                rule,
                shipped,
            ):
                groups.setdefault((rule, shipped), []).append(order.id)
        for (rule, shipped), ids in groups.items():
            self.env["sale.order"].browse(ids).write(
                {"ecom_payment_rule_id": rule.id, "ecom_shipped_at_shop": shipped}
            )

    @api.model
    def _is_shipped(self, external):
        """Whether no parcel of the order has to leave any more."""
        if external.status is OrderStatus.COMPLETED or external.fulfilled_by_channel:
            return True
        goods = [line for line in external.lines if line.kind is LineKind.PRODUCT]
        return bool(goods) and all(
            not line.requires_shipping or line.fulfilled_quantity >= line.quantity
            for line in goods
        )


class EcomOrderSettler(models.AbstractModel):
    _inherit = "ecom.order.settler"

    @api.model
    def _get_confirm_policy(self, channel, order, plan):
        policy = order.ecom_payment_rule_id.confirm_policy
        if policy in {choice.value for choice in ConfirmPolicy}:
            return policy
        return super()._get_confirm_policy(channel, order, plan)


class EcomOrderPlanner(models.AbstractModel):
    _inherit = "ecom.order.planner"

    @api.model
    def _get_product(self, batch, line, holds):
        if line.kind is LineKind.GIFT_CARD:
            return batch.channel.gift_card_product_id, 1
        return super()._get_product(batch, line, holds)

    @api.model
    def _prepare_notices(self, batch, external):
        notices = super()._prepare_notices(batch, external)
        if external.risk in RISKS[batch.channel.fraud_policy]:
            details = {"risk": [external.risk.value]}
            # The rating is part of the key: a person released this one, not a worse.
            notices.append(Hold("fraud_risk", external.risk.value, details=details))
        return notices


class EcomOrderBlock(models.Model):
    _inherit = "ecom.order.block"

    @api.model
    def _get_releasable_reasons(self):
        return super()._get_releasable_reasons() | {"fraud_risk"}
