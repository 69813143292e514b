from odoo import api, fields, models

# Codes and short names, used to filter and group. The text that tells a person what
# happened and what to do is made in the reader's language by `_get_explanations`.
REASONS = [
    # an order waits for a person (blocks)
    ("unknown_sku", "Unknown product"),
    ("missing_tax", "Missing tax"),
    ("unexplained_difference", "Total differs"),
    ("unpaid", "Unpaid"),
    ("payment_failed", "Payment failed"),
    ("on_hold_at_shop", "On hold at the shop"),
    ("unknown_status", "Unknown status"),
    ("draft_at_shop", "Draft at the shop"),
    ("channel_stock_unset", "Marketplace's warehouse missing"),
    ("confirm_by_hand", "To be confirmed by hand"),
    ("confirm_failed", "Confirmation refused"),
    ("fraud_risk", "Fraud suspected"),
    ("not_routed", "No warehouse can ship it"),
    # somebody should know (notices)
    ("incomplete_address", "Incomplete address"),
    ("cancelled_after_shipping", "Cancelled after shipping"),
    ("cancelled_after_invoice", "Cancelled after invoicing"),
    ("cancelled_in_odoo", "Cancelled in Odoo"),
    ("changed_after_shipping", "Changed after shipping"),
    ("changed_while_picked", "Changed while picked"),
    ("payment_withdrawn", "Payment withdrawn"),
    ("refund_to_credit", "Refund to be credited"),
    ("automation_failed", "Booking refused"),
    ("expired_unpaid", "Never paid"),
    ("refund_failed", "Refund failed at the shop"),
    ("credit_note_refused", "Refund not booked"),
    ("cancel_requested", "Buyer asks to cancel"),
    ("shipment_not_told", "Shipment not told"),
    ("cancel_not_told", "Cancellation not told"),
    ("refund_not_told", "Refund not told"),
    # a return needs a person
    ("return_not_shipped", "More returned than shipped"),
    # a message could not be used
    ("bad_payload", "Unreadable message"),
    ("bad_file", "Unreadable file"),
    ("bad_file_row", "Refused row"),
    ("unknown_currency", "Unknown currency"),
    ("refused_by_odoo", "Refused by Odoo"),
    ("internal_error", "Internal error"),
    ("not_placed", "Not placed yet"),
    ("before_start", "Before the start date"),
    ("not_handled", "Not handled"),
    ("unknown_order", "Unknown order"),
    ("older_version", "Older version"),
    ("row_corrected", "Row corrected"),
    ("unknown_buyer", "Unknown buyer"),
    ("erasure_waits", "Erased after delivery"),
    # a quantity could not be told, or is not what one would expect
    ("negative_stock", "More promised than in stock"),
    ("stock_refused", "Quantity refused"),
    ("stock_stale", "Quantity changes all the time"),
    ("stock_no_answer", "No answer for a quantity"),
    ("stock_lost_submission", "Quantity without a result"),
    # a channel could not be reached
    ("connection_failed", "Cannot be reached"),
    ("tls_failed", "Insecure connection"),
    ("timed_out", "No answer in time"),
    ("server_failed", "Error of the shop's server"),
    ("rate_limited", "Too many requests"),
    ("bad_answer", "Unexpected answer"),
    ("redirect_refused", "Wrong address (redirect)"),
    ("authentication_failed", "Keys refused"),
    ("permission_refused", "Not permitted"),
    ("not_found", "Not found"),
    ("interface_not_found", "Interface not found"),
    ("request_refused", "Request refused"),
    ("outcome_unknown", "Perhaps done already"),
    ("shop_too_old", "Shop too old"),
    ("sending_stopped", "Emergency stop"),
    ("transport", "Connection problem"),
    ("marketplace_error", "Marketplace error"),
    ("too_late", "Too late"),
    ("buyer_must_ask", "The buyer has to ask for it"),
    ("not_supported", "Not possible at the marketplace"),
]
KNOWN_REASONS = {code for code, _label in REASONS}


class _Details(dict):
    """Details for a text: a missing one reads as a question mark, never an error.

    Lists hold codes, shown by their labels.
    """

    def __init__(self, values, labels):
        super().__init__(
            (key, ", ".join(labels.get(code, code) for code in value))
            if isinstance(value, list)
            else (key, value)
            for key, value in (values or {}).items()
        )

    def __missing__(self, key):
        return "?"


class EcomReasonMixin(models.AbstractModel):
    """A reason code with details, and its explanation in the reader's language.

    The code is stored, so that it can be filtered and grouped; the details are plain
    values; the sentence is made when it is read.
    """

    _name = "ecom.reason.mixin"
    _description = "Reason that a person can act on"

    reason = fields.Selection(REASONS, index="btree_not_null", readonly=True)
    reason_details = fields.Json(readonly=True)
    explanation = fields.Text(
        compute="_compute_explanation",
        help="What happened and what you can do about it.",
    )

    @api.depends("reason", "reason_details")
    @api.depends_context("lang")
    def _compute_explanation(self):
        explanations = self._get_explanations()
        labels = self._get_detail_labels()
        for record in self:
            text = explanations.get(record.reason, "")
            record.explanation = text % _Details(record.reason_details, labels)

    @api.model
    def _explain_reason(self, reason, reason_details=None):
        """The sentence for a reason that is not stored on a record."""
        text = self._get_explanations().get(reason, "")
        return text % _Details(reason_details, self._get_detail_labels())

    @api.model
    def _get_detail_labels(self):
        """Names of codes that stand in lists of details."""
        return {
            **dict(self._fields["reason"]._description_selection(self.env)),
            "name": self.env._("name"),
            "street": self.env._("street"),
            "city": self.env._("city"),
            "country": self.env._("country"),
            "invoice": self.env._("invoice"),
            "payment": self.env._("payment"),
            "delivery": self.env._("delivery"),
            "medium": self.env._("medium"),
            "high": self.env._("high"),
        }

    @api.model
    def _get_explanations(self):
        """Sentences by reason code, with ``%(detail)s`` placeholders.

        Extend it together with the selection when an addon brings reasons of its own.
        """
        return {
            "unknown_sku": self.env._(
                "“%(name)s” (SKU %(sku)s) is not linked to a product yet. "
                "Choose its product in Listings: all waiting orders are released."
            ),
            "missing_tax": self.env._(
                "No sales tax for %(label)s %(percent)s%% (country %(country)s). "
                "Choose or create it in Taxes: all waiting orders are released."
            ),
            "unexplained_difference": self.env._(
                "The shop's total is %(total)s %(currency)s, its lines add up to "
                "%(lines)s. The difference of %(difference)s is above the channel's "
                "limit. Check the order in the shop, then release it."
            ),
            "unpaid": self.env._("The shop has not received the payment yet."),
            "payment_failed": self.env._(
                "The payment failed. The buyer can still pay; else cancel the order."
            ),
            "on_hold_at_shop": self.env._(
                "The shop itself holds this order (%(status)s)."
            ),
            "unknown_status": self.env._(
                "The shop's status “%(status)s” is not a standard one. "
                "Look at the order in the shop, then release or cancel it."
            ),
            "draft_at_shop": self.env._(
                "The order is a draft in the shop; it is confirmed when the buyer "
                "accepts it."
            ),
            "channel_stock_unset": self.env._(
                "The marketplace ships this order from its own warehouse. Choose the "
                "warehouse that stands for it on the channel: all waiting orders are "
                "released."
            ),
            "confirm_by_hand": self.env._(
                "Orders of this channel are confirmed by a person. Release it."
            ),
            "confirm_failed": self.env._(
                "Odoo refused to confirm the order: %(error)s"
            ),
            "fraud_risk": self.env._(
                "The marketplace rates the danger of fraud as %(risk)s. Check buyer, "
                "address and payment, then release or cancel the order."
            ),
            "not_routed": self.env._(
                "No warehouse can ship this order (rule %(rule)s, queue %(queue)s): "
                "%(obstacles)s. It is tried again when stock changes. Release it to "
                "ship it from the warehouse that it has."
            ),
            "automation_failed": self.env._(
                "What the payment rule asks for (%(step)s) was refused: %(error)s. "
                "Remove the cause, then release this reason: it is tried again."
            ),
            "expired_unpaid": self.env._(
                "Not paid for %(days)s days: the order was cancelled. If the payment "
                "still comes, the order comes back."
            ),
            "incomplete_address": self.env._(
                "The address lacks: %(missing)s. Ask the buyer before shipping."
            ),
            "cancelled_after_shipping": self.env._(
                "The shop cancelled the order after it was shipped. "
                "Arrange the return or clear it up with the buyer."
            ),
            "cancelled_after_invoice": self.env._(
                "The shop cancelled the order, but its invoice is posted. "
                "Create a credit note."
            ),
            "cancelled_in_odoo": self.env._(
                "The order was cancelled in Odoo, but it is alive in the shop. "
                "Cancel it there too, or set it back to quotation here."
            ),
            "changed_after_shipping": self.env._(
                "The shop changed the order after it was shipped, invoiced or "
                "locked; nothing was changed here. %(changes)s"
            ),
            "changed_while_picked": self.env._(
                "The shop changed the order to something that has to wait, but its "
                "goods are being picked. See what it waits for, and decide whether "
                "they leave without it."
            ),
            "payment_withdrawn": self.env._(
                "The shop took the payment back (%(status)s) after the order was "
                "confirmed. Do not ship before it is cleared up."
            ),
            "refund_to_credit": self.env._(
                "%(amount)s %(currency)s were refunded in the shop (%(text)s). "
                "Create the credit note for it, then release this reason."
            ),
            "refund_failed": self.env._(
                "The shop could not give %(amount)s %(currency)s back. Clear it up "
                "there; the buyer waits for the money."
            ),
            "credit_note_refused": self.env._(
                "Odoo refused to book refund %(reference)s: %(error)s. Correct the "
                "cause and book it in Refunds, or release this reason."
            ),
            "cancel_requested": self.env._(
                "The buyer asks to cancel the order. Accept or refuse."
            ),
            "shipment_not_told": self.env._(
                "The shop was not told of shipment %(reference)s: %(problem)s. "
                "Retry it in Outbox, or enter it in the shop."
            ),
            "cancel_not_told": self.env._(
                "The order was cancelled here, but not in the shop: %(problem)s. "
                "Retry it in Outbox, or clear it up in the shop."
            ),
            "refund_not_told": self.env._(
                "The shop did not give back the money of %(reference)s: %(problem)s. "
                "Retry it in Outbox, or refund it in the shop."
            ),
            "return_not_shipped": self.env._(
                "%(name)s: %(missing)s of what comes back was never shipped from "
                "here, or has come back already. Correct the quantity, or make the "
                "transfer by hand."
            ),
            "bad_payload": self.env._(
                "The field %(field)s cannot be understood (%(value)s). The message is "
                "kept; retry after the shop has corrected it or the addon is updated."
            ),
            "bad_file": self.env._("The file cannot be read: %(problem)s %(value)s"),
            "bad_file_row": self.env._(
                "Line %(line)s, column “%(column)s”: %(problem)s (%(value)s). Correct "
                "it in the file and import the file again; this message is then put "
                "aside by itself."
            ),
            "unknown_currency": self.env._(
                "The currency %(currency)s does not exist in Odoo. "
                "Create it, then retry."
            ),
            "refused_by_odoo": self.env._("Odoo refused the data: %(error)s"),
            "internal_error": self.env._(
                "An unexpected error: %(error)s. The message is kept; retry it after "
                "the cause is fixed. The server's log has the details."
            ),
            "not_placed": self.env._("A check-out that was not finished (%(status)s)."),
            "before_start": self.env._(
                "Placed on %(date)s, before the channel's start date. Set an earlier "
                "date on the channel and retry, if you want it."
            ),
            "not_handled": self.env._(
                "A message about something that is not imported."
            ),
            "unknown_order": self.env._("About an order that was never imported."),
            "older_version": self.env._(
                "A newer version of the same order was applied."
            ),
            "row_corrected": self.env._(
                "The row was corrected: a file has brought its order with rows that "
                "can be read."
            ),
            "unknown_buyer": self.env._(
                "The buyer is not known here: there is nothing to erase."
            ),
            "erasure_waits": self.env._(
                "The buyer is to be erased, but an order is still to be delivered. It "
                "is done by itself afterwards."
            ),
            "negative_stock": self.env._(
                "More is promised than there is (%(promisable)s). Zero is shown. Order "
                "more, or count the stock."
            ),
            "stock_refused": self.env._(
                "The shop did not take the quantity: %(message)s. Correct it there or "
                "stop publishing this listing; it is tried again later."
            ),
            "stock_stale": self.env._(
                "The shop's quantity (%(current)s) changed each time that it was to be "
                "set. It is tried again later."
            ),
            "stock_no_answer": self.env._(
                "The shop said nothing about this quantity. Check that the listing "
                "still exists there; it is tried again later."
            ),
            "stock_lost_submission": self.env._(
                "The shop took the quantity but never told what became of it. It is "
                "told again."
            ),
            "connection_failed": self.env._(
                "The shop cannot be reached. Check the address (%(url)s) and that the "
                "shop is online."
            ),
            "tls_failed": self.env._(
                "No secure connection to %(url)s: its certificate is not valid. Renew "
                "the shop's certificate."
            ),
            "timed_out": self.env._(
                "The shop did not answer in time. It is tried again."
            ),
            "server_failed": self.env._(
                "The shop's server has an error (HTTP %(status)s). It is tried again; "
                "if it stays, tell the shop's administrator."
            ),
            "rate_limited": self.env._(
                "The shop asks for fewer requests. It is tried again later."
            ),
            "bad_answer": self.env._(
                "The shop's answer is not what the interface promises: %(excerpt)s. A "
                "firewall or maintenance page may stand in between."
            ),
            "redirect_refused": self.env._(
                "The shop redirects to %(target)s. Enter that address in the channel."
            ),
            "authentication_failed": self.env._(
                "The shop refused the keys. Create a new pair of keys with read and "
                "write permission in the shop and enter both. %(message)s"
            ),
            "permission_refused": self.env._(
                "The keys are right, but may not do this. Give them read and write "
                "permission in the shop. %(message)s"
            ),
            "not_found": self.env._("The shop does not have it (any more)."),
            "interface_not_found": self.env._(
                "There is a server at %(url)s, but not the shop's interface. Check the "
                "address; in WooCommerce, permalinks must not be “Plain”."
            ),
            "request_refused": self.env._("The shop refused the request: %(message)s"),
            "outcome_unknown": self.env._(
                "It may have reached the marketplace already (%(remote_message)s). "
                "Look there; send it again only if it is not there."
            ),
            "shop_too_old": self.env._(
                "The shop's software is too old for this connection. Update it."
            ),
            "sending_stopped": self.env._(
                "The emergency stop of the channel is on: nothing is sent or fetched."
            ),
            "transport": self.env._(
                "No usable answer from the shop. It is tried again."
            ),
            "marketplace_error": self.env._(
                "The marketplace reports an error: %(message)s"
            ),
            "too_late": self.env._(
                "The marketplace says that it cannot be done any more: %(message)s"
            ),
            "buyer_must_ask": self.env._(
                "At this marketplace the buyer has to ask for it, and the seller "
                "agrees. Write to the buyer; once there is a request, try again or "
                "agree there."
            ),
            "not_supported": self.env._(
                "The marketplace's interface has no such thing. Do it there by hand."
            ),
        }

    @api.model
    def _prepare_reason(self, code, details=None):
        """Values for a record that has this reason; unknown codes stay visible.

        :param code: one of ``REASONS``.
        :param details: plain values for the explanation.
        """
        if code not in KNOWN_REASONS and code not in dict(
            self._fields["reason"].selection
        ):
            details = {"message": code, "error": code, **(details or {})}
            code = "marketplace_error"
        return {"reason": code, "reason_details": details or False}
