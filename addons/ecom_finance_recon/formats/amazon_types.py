"""Amazon's words for what an amount is.

Amazon publishes no list of ``transaction-type``, ``amount-type`` and
``amount-description``; these are those seen in files. What is not here is suspense.
"""

from __future__ import annotations

from .base import types
from .schema import FeeType, Kind

REFUNDS = frozenset(
    {"refund", "a-to-z guarantee refund", "refund_retrocharge", "retrocharge"}
)
CHARGEBACKS = frozenset({"chargeback refund", "chargeback"})

#: what a buyer paid, by name of the price component
PRICES = types(
    {
        Kind.SALE: ("principal", "exportcharge"),
        Kind.SHIPPING: ("shipping", "shippingcharge"),
        Kind.GIFT_WRAP: ("giftwrap",),
        Kind.REFUND: ("goodwill", "restockingfee"),
        Kind.TAX: ("tax", "shippingtax", "giftwraptax", "taxdiscount"),
    }
)
#: beginnings of the names of taxes that Amazon keeps
CHANNEL_TAXES = (
    "marketplacefacilitatortax",
    "marketplacefacilitatorvat",
    "lowvaluegoodstax",
    "lowvaluegoods",
)
FEES = types(
    {
        FeeType.COMMISSION: (
            "commission",
            "fixedclosingfee",
            "variableclosingfee",
            "digitalservicesfee",
            "salestaxcollectionfee",
            "highvolumelistingfee",
        ),
        FeeType.REFUND_ADMIN: ("refundcommission",),
        FeeType.FULFILMENT: (
            "fbaperunitfulfillmentfee",
            "fbaperorderfulfillmentfee",
            "fbaweightbasedfee",
            "fbaweighthandlingfee",
            "fbapickpackfee",
            "fba transportation fee",
            "fba pick & pack fee",
            "fba weight based fee",
            "digitalservicesfeefba",
            "shippingchargeback",
            "shippinghb",
            "giftwrapchargeback",
            "inbound transportation fee",
            "fba inbound transportation fee",
            "fbainboundtransportationfee",
            "fba inbound placement service fee",
            "removalcomplete",
            "disposalcomplete",
            "fba removal order: return fee",
            "fba removal order: disposal fee",
        ),
        FeeType.STORAGE: (
            "storage fee",
            "fba storage fee",
            "fba inventory storage fee",
            "fba long-term storage fee",
            "storagerenewalbilling",
            "fbastoragefee",
        ),
        FeeType.SUBSCRIPTION: ("subscription fee", "subscription"),
        FeeType.ADVERTISING: (
            "cost of advertising",
            "couponredemptionfee",
            "coupon redemption fee",
            "lightning deal fee",
            "vine enrollment fee",
            "vine",
        ),
        FeeType.SHIPPING: ("shipping label purchase", "shippingservices"),
    }
)
OTHERS = types(
    {
        Kind.RESERVE: ("previous reserve amount balance", "current reserve amount"),
        Kind.CARRY_OVER: ("payable to amazon",),
        Kind.TRANSFER: ("successful charge",),
        Kind.REIMBURSEMENT: (
            "warehouse_damage",
            "warehouse_lost",
            "warehouse_damage_exception",
            "warehouse_lost_manual",
            "missing_from_inbound",
            "missing_from_inbound_clawback",
            "compensated_clawback",
            "reversal_reimbursement",
            "free_replacement_refund_items",
            "removal_order_lost",
            "removal_order_damaged",
            "re_evaluation",
            "safe-t reimbursement",
            "safetreimbursement",
        ),
    }
)
FEE_TAXES = frozenset({"taxamount"})

Classified = tuple[Kind, FeeType | None]


def classify(event: str, group: str, name: str) -> Classified:
    """Kind and fee of one amount.

    :param event: transaction type (``"Order"``, ``"Refund"``...).
    :param group: amount type of V2, amount column of V1.
    :param name: amount description, may be empty.
    """
    event, group, name = event.lower(), group.lower(), name.lower()
    if event == "transfer":
        return Kind.PAYOUT, None
    if group in ("itemprice", "price-amount"):
        return _of_buyer(event, PRICES.get(name)), None
    if group in ("promotion", "promotion-amount"):
        known = PRICES.get(name)
        kind = Kind.TAX if known is Kind.TAX else known and Kind.PROMOTION
        return _of_buyer(event, kind), None
    if group == "itemwithheldtax":
        known = name.startswith(CHANNEL_TAXES)
        return (Kind.CHANNEL_TAX if known else Kind.SUSPENSE), None
    if group == "fba inventory reimbursement" and name in OTHERS:
        return Kind.REIMBURSEMENT, None
    return _of_seller(event, group, name)


def _of_buyer(event: str, kind: Kind | None) -> Kind:
    """What a buyer paid, unless it is given back: taxes stay taxes, to cancel out."""
    if kind is None:
        return Kind.SUSPENSE
    if kind is Kind.TAX:
        return kind
    if event in CHARGEBACKS:
        return Kind.CHARGEBACK
    if event in REFUNDS:
        return Kind.REFUND
    return kind


def _of_seller(event: str, group: str, name: str) -> Classified:
    """Fees and whatever is between Amazon and the seller."""
    if name in FEE_TAXES:
        return Kind.FEE_TAX, None
    for word in (name, group) if name else (event, group):
        if word in FEES:
            return Kind.FEE, FEES[word]
        if word in OTHERS:
            return OTHERS[word], None
    return Kind.SUSPENSE, None
