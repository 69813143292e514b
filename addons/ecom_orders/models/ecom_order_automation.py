import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..marketplaces.schema import PaymentKind
from .ecom_inbox_message import CONCURRENCY_ERRORS
from .failure_log import log_failure
from .order_plan import Hold

_logger = logging.getLogger(__name__)

BATCH_SIZE = 500  # orders looked up at once for one step
UNPAID = ("unpaid", "payment_failed")


class EcomOrderAutomation(models.AbstractModel):
    """Delivers, invoices, books and expires orders as their payment rules say.

    Each step takes the orders for which it is due, one by one; what was done makes it
    not due any more, so that running it again changes nothing. A refusal is a notice
    on the order, which is left out until the notice is released, and stops no other.
    """

    _name = "ecom.order.automation"
    _description = "Automatic steps of orders"

    @api.model
    def _get_steps(self):
        """Steps in their order: code, domain of the orders, what is done with one."""
        return [
            ("delivery", self._get_delivery_domain(), self._deliver),
            ("invoice", self._get_invoice_domain(), self._invoice),
            ("payment", self._get_payment_domain(), self._register_payments),
            ("expiry", self._get_expiry_domain(), self._expire),
        ]

    @api.model
    def _trigger(self):
        # Running a scheduled job early is harmless; reading jobs is not for users.
        self.env.ref("ecom_orders.ir_cron_automate").sudo()._trigger()

    @api.model
    def _cron_automate(self):
        """Scheduled: do what is due; the job never fails."""
        for step, domain, act in self._get_steps():
            if not self._run_step(step, domain, act):
                return

    @api.model
    def _run_step(self, step, domain, act):
        """Do one step with all orders for which it is due.

        :return: whether there is time left.
        """
        cron, last_id, orders = self.env["ir.cron"], 0, True
        while orders:
            orders = self.env["sale.order"].search(
                domain & self._get_open_domain(step) & Domain("id", ">", last_id),
                order="id",
                limit=BATCH_SIZE,
            )
            cron._commit_progress(remaining=len(orders))
            for order in orders:
                last_id = order.id
                self._act_guarded(step, order, act)
                if not cron._commit_progress(processed=1):
                    return False
        return True

    @api.model
    def _get_open_domain(self, step):
        """Orders of channels that run, whose step was not refused before."""
        return Domain(
            [
                ("ecom_channel_id.state", "=", "connected"),
                ("ecom_channel_id.emergency_stop", "=", False),
                (
                    "ecom_block_ids",
                    "not any",
                    [
                        ("state", "=", "open"),
                        ("reason", "=", "automation_failed"),
                        ("key", "=", step),
                    ],
                ),
            ]
        )

    @api.model
    def _act_guarded(self, step, order, act):
        """Do a step with one order so that its failure is a notice."""
        # Booking is no right of the technical user; what is booked is what a manager
        # has written into the payment rule.
        order = order.sudo().with_company(order.company_id)
        try:
            with self.env.cr.savepoint():
                act(order)
                self.env.flush_all()
        except CONCURRENCY_ERRORS as error:
            self.env["ecom.inbox.message"]._start_over(error)
        except Exception as error:  # noqa: BLE001 - one bad order stops no other
            if not isinstance(error, UserError):
                log_failure(_logger, error, "Step %s of %s failed", step, order)
            self.env.invalidate_all()
            self._set_refused(step, order, error)

    @api.model
    def _set_refused(self, step, order, error):
        text = str(error) if isinstance(error, UserError) else type(error).__name__
        hold = Hold(
            "automation_failed",
            key=step,
            holding=False,
            details={"step": [step], "error": text[:500]},
        )
        settler = self.env["ecom.order.settler"]
        self.env["ecom.order.block"].create(
            settler._prepare_block_values(order.id, hold)
        )

    # -- delivery ----------------------------------------------------------------------

    @api.model
    def _get_delivery_domain(self):
        return Domain(
            [
                ("ecom_payment_rule_id.validate_delivery", "=", True),
                ("ecom_shipped_at_shop", "=", True),
                ("state", "=", "sale"),
                ("delivery_status", "in", ("pending", "started", "partial")),
            ]
        )

    @api.model
    def _deliver(self, order):
        """Do the deliveries: the goods are out already, whatever the stock says."""
        pickings = order._ecom_get_pickings().filtered(
            lambda picking: picking.state not in ("done", "cancel")
        )
        for move in pickings.move_ids:
            if move.state not in ("done", "cancel"):
                move.write({"quantity": move.product_uom_qty, "picked": True})
        pickings.with_context(
            skip_backorder=True, skip_sms=True, ecom_shipped_at_shop=True
        ).button_validate()
        if any(picking.state != "done" for picking in pickings):
            raise UserError(
                self.env._("The delivery asks for more before it can be validated.")
            )

    # -- invoice -----------------------------------------------------------------------

    @api.model
    def _get_invoice_domain(self):
        when = Domain("ecom_payment_rule_id.invoice_policy", "=", "confirmation") | (
            Domain("ecom_payment_rule_id.invoice_policy", "=", "delivery")
            & Domain("delivery_status", "in", (False, "full"))
        )
        return (
            when
            & Domain("state", "=", "sale")
            & Domain("invoice_status", "=", "to invoice")
        )

    @api.model
    def _invoice(self, order):
        """Make the invoice of what core says is to be invoiced."""
        invoices = order._ecom_quiet()._create_invoices(grouped=True)
        if order.ecom_payment_rule_id.post_invoice:
            invoices.action_post()

    # -- payment -----------------------------------------------------------------------

    @api.model
    def _get_payment_domain(self):
        return Domain("ecom_payment_ids", "any", self._get_tender_domain()) & Domain(
            "invoice_ids",
            "any",
            [
                ("state", "=", "posted"),
                ("move_type", "=", "out_invoice"),
                ("payment_state", "in", ("not_paid", "partial")),
            ],
        )

    @api.model
    def _get_tender_domain(self):
        """Payments to be registered; the carrier's is not there yet."""
        return Domain(
            [
                ("rule_id.register_payment", "=", True),
                ("account_payment_id", "=", False),
                ("kind", "!=", PaymentKind.ON_DELIVERY.value),
                ("amount", ">", 0),
                "|",
                ("paid_at", "!=", False),
                ("order_id.ecom_paid_at", "!=", False),
            ]
        )

    @api.model
    def _register_payments(self, order):
        """Register each tender on the order's invoice, in its own rule's journal."""
        for tender in order.ecom_payment_ids.filtered_domain(self._get_tender_domain()):
            invoices = order.invoice_ids.filtered(
                lambda move: (
                    move.state == "posted"
                    and move.move_type == "out_invoice"
                    and move.payment_state in ("not_paid", "partial")
                )
            )
            if not invoices:
                return
            register = (
                self.env["account.payment.register"]
                .sudo()
                .with_company(order.company_id)
                .with_context(active_model="account.move", active_ids=invoices.ids)
                .create(self._prepare_payment(order, tender))
            )
            tender.account_payment_id = register._create_payments()[:1]

    @api.model
    def _prepare_payment(self, order, tender):
        """Values of the registration of one tender."""
        channel = order.ecom_channel_id
        return {
            "journal_id": tender.rule_id.journal_id.id,
            "amount": tender.amount,
            "currency_id": order.currency_id.id,
            "payment_date": channel._get_day(tender.paid_at or order.ecom_paid_at),
            "communication": tender.reference or order.ecom_number or order.name,
            "group_payment": True,
            "payment_difference_handling": "open",
        }

    # -- expiry ------------------------------------------------------------------------

    @api.model
    def _get_expiry_domain(self):
        """Quotations that wait for their payment for too long, by rule."""
        now = fields.Datetime.now()
        rules = self.env["ecom.payment.rule"].search([("expire_days", ">", 0)])
        late = [
            Domain("ecom_payment_rule_id", "=", rule.id)
            & Domain("ecom_ordered_at", "<", now - timedelta(days=rule.expire_days))
            for rule in rules
        ]
        unpaid = [("state", "=", "open"), ("reason", "in", UNPAID)]
        return (
            Domain.OR(late)
            & Domain("state", "in", ("draft", "sent"))
            & Domain("ecom_block_ids", "any", unpaid)
        )

    @api.model
    def _expire(self, order):
        """Cancel an order that nobody paid; it comes back when it is paid after all."""
        days = order.ecom_payment_rule_id.expire_days
        order.ecom_block_ids._resolve()
        order._ecom_quiet()._action_cancel()
        order.ecom_cancelled_by_channel = True
        order._message_log(
            body=self.env._("Cancelled, because it was not paid for %s days.", days)
        )
        hold = Hold("expired_unpaid", holding=False, details={"days": days})
        settler = self.env["ecom.order.settler"]
        self.env["ecom.order.block"].create(
            settler._prepare_block_values(order.id, hold)
        )


class EcomOrderImporter(models.AbstractModel):
    _inherit = "ecom.order.importer"

    @api.model
    def _import(self, channel, work):
        result = super()._import(channel, work)
        self.env["ecom.order.automation"]._trigger()
        return result
