"""Feeds about orders: cancellations and money back, and their processing reports.

By the schemas OrderAcknowledgement.xsd and OrderAdjustment.xsd that Amazon's
documentation links; only what they require is checked. The codes of errors are invented
(not confirmed), their words too.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree as ET

from ..world.drafts import RefundDraft
from ..world.model import WorldError
from ..world.money import total_of
from ..world.shop import World
from .facts import Facts, is_listed
from .ids import world_line_id, world_order_id

CANCEL_FEED = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
REFUND_FEED = "POST_PAYMENT_ADJUSTMENT_DATA"

_MESSAGES = {CANCEL_FEED: "OrderAcknowledgement", REFUND_FEED: "OrderAdjustment"}
_CANCEL_REASONS = frozenset(
    "NoInventory ShippingAddressUndeliverable CustomerExchange BuyerCanceled "
    "GeneralAdjustment CarrierCreditDecision RiskAssessmentInformationNotValid "
    "CarrierCoverageFailure CustomerReturn MerchandiseNotReceived".split()
)
_REFUND_REASONS = frozenset(
    "NoInventory CustomerReturn GeneralAdjustment CouldNotShip DifferentItem Abandoned "
    "CustomerCancel PriceError ProductOutofStock CustomerAddressIncorrect Exchange "
    "Other CarrierCreditDecision RiskAssessmentInformationNotValid "
    "CarrierCoverageFailure TransactionRecord Undeliverable RefusedDelivery".split()
)
_COMPONENTS = frozenset(
    "Principal Shipping CODFee Tax ShippingTax RestockingFee RestockingFeeTax GiftWrap "
    "GiftWrapTax Surcharge ReturnShipping Goodwill ExportCharge COD CODTax Other "
    "FreeReplacementReturnShipping".split()
)


class _Refused(Exception):
    """A message that is not carried out: code and words."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def apply(world: World, kind: str, account: str, feed_id: str, content: bytes) -> bytes:
    """Carry out the messages of a feed; returns its processing report."""
    results: list[tuple[str, _Refused]] = []
    messages: list[ET.Element] = []
    try:
        root = ET.fromstring(content)
        _check_envelope(root, kind, account)
        messages = root.findall("Message")
    except (ET.ParseError, _Refused) as problem:
        code = getattr(problem, "code", "5000")
        results.append(("0", _Refused(code, str(problem))))
    for message in messages:
        try:
            body = _child(message, _MESSAGES[kind])
            _MAKERS[kind](world, body)
        except (_Refused, WorldError) as problem:
            code = getattr(problem, "code", "")
            refused = _Refused(code, str(problem))
            results.append((message.findtext("MessageID") or "0", refused))
    return _report(account, feed_id, max(len(messages), 1), results)


def _check_envelope(root: ET.Element, kind: str, account: str) -> None:
    if root.tag != "AmazonEnvelope":
        raise _Refused("5001", "The document is not an AmazonEnvelope.")
    header = _child(root, "Header")
    if _text(header, "DocumentVersion") != "1.01":
        raise _Refused("5002", "The DocumentVersion is not supported.")
    if _text(header, "MerchantIdentifier") != account:
        raise _Refused("5003", "The MerchantIdentifier is not that of the seller.")
    if _text(root, "MessageType") != _MESSAGES[kind]:
        raise _Refused("5004", "The MessageType does not fit the feed type.")


def _cancel(world: World, body: ET.Element) -> None:
    order = _order(world, body)
    if _text(body, "StatusCode") != "Failure":
        return  # acknowledged: nothing changes
    for item in body.findall("Item"):
        _check_item(order, item)
        if item.findtext("CancelReason", "NoInventory") not in _CANCEL_REASONS:
            raise _Refused("18005", "The CancelReason is not known.")
    if order.status not in ("PENDING", "UNSHIPPED"):
        raise _Refused("18011", f"The order is {order.status} and stays so.")
    world.set_status(order.order.id, "cancelled")


def _refund(world: World, body: ET.Element) -> None:
    order = _order(world, body)
    items = body.findall("AdjustedItem")
    if not items:
        raise _Refused("18020", "AdjustedItem is missing.")
    amounts: list[Decimal] = []
    for item in items:
        _check_item(order, item)
        if _text(item, "AdjustmentReason") not in _REFUND_REASONS:
            raise _Refused("18021", "The AdjustmentReason is not known.")
        prices = _child(item, "ItemPriceAdjustments")
        amounts += [_amount(order, part) for part in prices.findall("Component")]
    draft = RefundDraft(total_of(amounts), items[0].findtext("AdjustmentReason", ""))
    world.refund(order.order.id, draft)


def _amount(order: Facts, component: ET.Element) -> Decimal:
    if _text(component, "Type") not in _COMPONENTS:
        raise _Refused("18022", "The Type of a Component is not known.")
    amount = _child(component, "Amount")
    if amount.get("currency") != order.order.currency:
        raise _Refused("18023", "The currency is not that of the order.")
    try:
        return Decimal(amount.text or "")
    except InvalidOperation:
        raise _Refused("18024", "The Amount is not a number.") from None


_MAKERS = {CANCEL_FEED: _cancel, REFUND_FEED: _refund}


def _order(world: World, body: ET.Element) -> Facts:
    text = _text(body, "AmazonOrderID")
    order = world.store.get("order", world_order_id(text) or 0)
    if order is None or not is_listed(order) or Facts(world, order).order_id != text:
        raise _Refused("18028", f"The order {text} cannot be found.")
    return Facts(world, order)


def _check_item(order: Facts, item: ET.Element) -> None:
    line_id = world_line_id(_text(item, "AmazonOrderItemCode"))
    if line_id not in {line.id for line in order.order.lines}:
        raise _Refused("18029", "The item is not of the order.")


def _child(parent: ET.Element, name: str) -> ET.Element:
    child = parent.find(name)
    if child is None:
        raise _Refused("5000", f"{name} is missing.")
    return child


def _text(parent: ET.Element, name: str) -> str:
    return _child(parent, name).text or ""


def _report(
    account: str, feed_id: str, processed: int, results: list[tuple[str, _Refused]]
) -> bytes:
    root = ET.Element("AmazonEnvelope")
    header = ET.SubElement(root, "Header")
    ET.SubElement(header, "DocumentVersion").text = "1.02"
    ET.SubElement(header, "MerchantIdentifier").text = account
    ET.SubElement(root, "MessageType").text = "ProcessingReport"
    message = ET.SubElement(root, "Message")
    ET.SubElement(message, "MessageID").text = "1"
    report = ET.SubElement(message, "ProcessingReport")
    ET.SubElement(report, "DocumentTransactionID").text = feed_id
    ET.SubElement(report, "StatusCode").text = "Complete"
    summary = ET.SubElement(report, "ProcessingSummary")
    counts = {
        "MessagesProcessed": processed,
        "MessagesSuccessful": processed - len(results),
        "MessagesWithError": len(results),
        "MessagesWithWarning": 0,
    }
    for name, count in counts.items():
        ET.SubElement(summary, name).text = str(count)
    for message_id, problem in results:
        result = ET.SubElement(report, "Result")
        ET.SubElement(result, "MessageID").text = message_id
        ET.SubElement(result, "ResultCode").text = "Error"
        ET.SubElement(result, "ResultMessageCode").text = problem.code
        ET.SubElement(result, "ResultDescription").text = str(problem)
    return ET.tostring(root, encoding="UTF-8", xml_declaration=True)
