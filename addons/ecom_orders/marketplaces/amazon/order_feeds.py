"""Feeds about orders: what is called off, and what is given back.

Facts: ``POST_ORDER_ACKNOWLEDGEMENT_DATA`` cancels an order, ``POST_PAYMENT_ADJUSTMENT_
DATA`` gives money back (documentation "Order Feed Type Values"; the models name no feed
types). Both are XML by the schemas OrderAcknowledgement.xsd, OrderAdjustment.xsd,
amzn-base.xsd and amzn-envelope.xsd that the documentation links; they are no part of
the models, so the words here are *not confirmed* by these. Amounts are for the whole
quantity, positive ones go to the buyer, and net of all components the buyer must get
something (Seller Central, "Order Adjustment feed"). The answer is a ProcessingReport
with a ``Result`` for each message that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from xml.etree import ElementTree as ET

from ..errors import BadAnswer

CANCEL_FEED = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
REFUND_FEED = "POST_PAYMENT_ADJUSTMENT_DATA"

NO_STOCK, BY_BUYER, GENERAL = "NoInventory", "BuyerCanceled", "GeneralAdjustment"
RETURNED = "CustomerReturn"

_XSI = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(frozen=True)
class Component:
    """One part of what a buyer gets back of an item (``Principal``, ``Tax``...)."""

    kind: str
    amount: Decimal


@dataclass(frozen=True)
class AdjustedItem:
    """What goes back of one order item."""

    item_id: str
    components: tuple[Component, ...]


def cancellation(
    seller: str, order_id: str, item_ids: Iterable[str], reason: str
) -> bytes:
    """The feed that calls a whole order off.

    :param seller: the seller's id.
    :param reason: one of the ``CancelReason`` of the schema.
    """
    root, message = _envelope(seller, "OrderAcknowledgement")
    _add(message, "AmazonOrderID", order_id)
    _add(message, "StatusCode", "Failure")
    for item_id in item_ids:
        item = ET.SubElement(message, "Item")
        _add(item, "AmazonOrderItemCode", item_id)
        _add(item, "CancelReason", reason)
    return _written(root)


def adjustment(
    seller: str,
    order_id: str,
    items: Iterable[AdjustedItem],
    *,
    currency: str,
    key: str,
    reason: str,
) -> bytes:
    """The feed that gives money back.

    :param key: ours; Amazon keeps it and shows it in settlements, nothing more.
    :param reason: one of the ``AdjustmentReason`` of the schema.
    """
    root, message = _envelope(seller, "OrderAdjustment")
    _add(message, "AmazonOrderID", order_id)
    for adjusted in items:
        item = ET.SubElement(message, "AdjustedItem")
        _add(item, "AmazonOrderItemCode", adjusted.item_id)
        _add(item, "MerchantAdjustmentItemID", key)
        _add(item, "AdjustmentReason", reason)
        prices = ET.SubElement(item, "ItemPriceAdjustments")
        for part in adjusted.components:
            component = ET.SubElement(prices, "Component")
            _add(component, "Type", part.kind)
            amount = _add(component, "Amount", format(part.amount, "f"))
            amount.set("currency", currency)
    return _written(root)


def _envelope(seller: str, kind: str) -> tuple[ET.Element, ET.Element]:
    """The envelope of one message, and where the message goes."""
    root = ET.Element(
        "AmazonEnvelope", {f"{{{_XSI}}}noNamespaceSchemaLocation": "amzn-envelope.xsd"}
    )
    header = ET.SubElement(root, "Header")
    _add(header, "DocumentVersion", "1.01")
    _add(header, "MerchantIdentifier", seller)
    _add(root, "MessageType", kind)
    message = ET.SubElement(root, "Message")
    _add(message, "MessageID", "1")
    return root, ET.SubElement(message, kind)


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = text
    return child


def _written(root: ET.Element) -> bytes:
    ET.register_namespace("xsi", _XSI)
    return ET.tostring(root, encoding="UTF-8", xml_declaration=True)


# -- the answer ------------------------------------------------------------------------


def read_report(body: bytes) -> str:
    """Why a feed of one message was refused; empty = it was carried out.

    :raises BadAnswer: for what is no processing report, or one that tells neither.
    """
    report = _report(body)
    for result in report.findall("Result"):
        if _text(result, "ResultCode") == "Error":
            code = _text(result, "ResultMessageCode") or "refused"
            return f"{code}: {_text(result, 'ResultDescription')}"[:300]
    summary = report.find("ProcessingSummary")
    if summary is None:
        raise BadAnswer("a processing report without a summary")
    if _text(summary, "MessagesSuccessful") in ("", "0"):
        return "not_taken: no message was carried out"
    return ""


def _report(body: bytes) -> ET.Element:
    # What a document type declares could be expanded without end.
    if b"<!DOCTYPE" in body:
        raise BadAnswer("a processing report with a document type")
    try:
        root = ET.fromstring(body)
    except (ET.ParseError, ValueError, LookupError):
        raise BadAnswer("a processing report that is not XML") from None
    report = next(_named(root, "ProcessingReport"), None)
    if report is None:
        raise BadAnswer("a processing report without its message")
    return report


def _named(root: ET.Element, name: str) -> Iterator[ET.Element]:
    return (part for part in root.iter() if part.tag == name)


def _text(parent: ET.Element, name: str) -> str:
    return " ".join((parent.findtext(name) or "").split())
