"""Lines and taxes of a Shopify order to the common schema.

Facts used here (Admin GraphQL schema; recordings of development shops):

* ``originalUnitPriceSet``, ``discountAllocations`` and ``taxLines`` of a line are about
  the *ordered* quantity, refunded and removed units included;
* with ``taxesIncluded`` prices contain their taxes, otherwise taxes come on top;
* ``currentQuantity`` is what is left after refunds and removals. What has left the
  house is not removed any more: a line keeps the larger of both;
* what a fulfilment order says as sent is its total less its remaining quantity. How a
  refund of unsent units shows there is not confirmed, so nothing counts as sent while
  the order's own status says that nothing is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ..reading import Reader
from ..schema import ZERO, ExternalLine, LineKind, TaxRate
from .const import NOTHING_SENT
from .money import Money, identifier, nested_identifier, nodes

ONE = Decimal(1)
MAX_RATE = Decimal(1000)


@dataclass(frozen=True)
class Sites:
    """What fulfilment orders tell of lines, by line id.

    :param everything: all of the order has left.
    """

    location: Mapping[str, str] = field(default_factory=dict)
    sent: Mapping[str, Decimal] = field(default_factory=dict)
    everything: bool = False

    def sent_of(self, line_id: str, ordered: Decimal) -> Decimal:
        """How many pieces of a line have left."""
        if self.everything:
            return ordered
        return min(self.sent.get(line_id, ZERO), ordered)

    @classmethod
    def of(cls, read: Reader) -> Sites:
        """Read the fulfilment orders of an order.

        A token without the right to see them gets the order's own status only.
        """
        if read.data.get("fulfillmentOrders") is None:
            status = read.text("displayFulfillmentStatus", 64)
            return cls(everything=status == "FULFILLED")
        location: dict[str, tuple[Decimal, str]] = {}
        sent: dict[str, Decimal] = {}
        nothing = read.text("displayFulfillmentStatus", 64) in NOTHING_SENT
        for work in nodes(read, "fulfillmentOrders"):
            if work.text("status", 64) == "CANCELLED":
                continue
            site = work.child("assignedLocation")
            site_id = nested_identifier(site, "location", "Location")
            for row in nodes(work, "lineItems"):
                line = nested_identifier(row, "lineItem", "LineItem")
                total = row.decimal("totalQuantity")
                remaining = row.decimal("remainingQuantity")
                if not nothing:
                    sent[line] = sent.get(line, ZERO) + max(ZERO, total - remaining)
                if site_id and remaining >= location.get(line, (ZERO, ""))[0]:
                    location[line] = (remaining, site_id)
        return cls({line: site for line, (_n, site) in location.items()}, sent)


@dataclass(frozen=True)
class Removed:
    """Pieces that are not on a line any more, and their part of its gross amount."""

    pieces: Decimal = ZERO
    gross: Decimal = ZERO


@dataclass
class Taxes:
    """Collects the tax rates of an order while its lines are read."""

    money: Money
    included: bool
    country: str = ""
    state: str = ""
    rates: dict[str, TaxRate] = field(default_factory=dict)

    def of_line(self, line: Reader, share: Decimal = ONE) -> dict[str, Decimal]:
        """Tax by rate of one line."""
        taxes: dict[str, Decimal] = {}
        for row in line.children("taxLines"):
            rate = self._rate(row)
            amount = self.money.required(row, "priceSet") * share
            taxes[rate.key] = taxes.get(rate.key, ZERO) + amount
        return taxes

    def _rate(self, row: Reader) -> TaxRate:
        percent = percent_of(row)
        rate = TaxRate(
            key=rate_key(row),
            label=row.text("title", 100),
            percent=percent,
            country_code=self.country,
            state_code=self.state,
            included=self.included,
            collected_by_channel=row.data.get("channelLiable") is True,
        )
        return self.rates.setdefault(rate.key, rate)


def percent_of(row: Reader) -> Decimal | None:
    """The rate of a tax line in per cent, ``None`` when it is not stated."""
    rate = row.decimal("rate", default=None)
    if rate is None:
        return None
    if abs(rate) > MAX_RATE:
        raise row.fail("rate", "is not a rate")
    return (rate * 100).normalize() + ZERO


def rate_key(row: Reader) -> str:
    """The identity of a rate within an order: Shopify numbers none.

    Tax lines of one ``title`` and ``rate`` are one rate (description of
    ``Order.taxLines``); who owes it makes a difference for the books.
    """
    percent = percent_of(row)
    shown = "" if percent is None else f"{percent:f}"
    liable = "|channel" if row.data.get("channelLiable") is True else ""
    return f"{row.text('title', 100)}|{shown}{liable}"


def product_line(
    line: Reader, taxes: Taxes, sites: Sites, whole: bool
) -> tuple[ExternalLine, Removed]:
    """A line of goods, a gift card or a tip.

    :param whole: the order is off altogether: show it as it was placed.
    :return: the line, and what it does not have any more.
    """
    line_id = identifier(line, "id", "LineItem")
    ordered = count(line, "quantity")
    sent = sites.sent_of(line_id, ordered)
    left = count(line, "currentQuantity", ordered)
    kept = ordered if whole else min(ordered, max(left, sent))
    share = kept / ordered if ordered and kept != ordered else ONE
    all_taxes = taxes.of_line(line)
    discount = sum(
        (taxes.money.required(row, "allocatedAmountSet") for row in allocations(line)),
        ZERO,
    )
    price = _price(line, taxes.money, ordered)
    tax = sum(all_taxes.values(), ZERO)
    total, subtotal = net_of(price, discount, tax, taxes.included)
    gross = total + tax
    values = ExternalLine(
        external_id=line_id,
        kind=_kind(line),
        name=line.text("name", 500),
        quantity=kept,
        subtotal=subtotal * share,
        total=total * share,
        total_tax=tax * share,
        taxes={key: amount * share for key, amount in all_taxes.items()},
        sku=line.text("sku", 200),
        barcode=line.child("variant").text("barcode", 64),
        product_ref=nested_identifier(line, "variant", "ProductVariant"),
        fulfilled_quantity=min(sent, kept),
        location_ref=sites.location.get(line_id, ""),
        requires_shipping=line.data.get("requiresShipping") is not False,
    )
    return values, Removed(ordered - kept, gross - gross * share)


def _price(line: Reader, money: Money, ordered: Decimal) -> Decimal:
    """What all ordered pieces cost before discounts.

    On the converted side of the money, a line is converted as a whole and not piece by
    piece; so its stated total counts, as long as it is about the same quantity (it is
    that of the day of the order, before edits).
    """
    unit = money.required(line, "originalUnitPriceSet")
    stated = money.amount(line, "originalTotalSet", None)
    if stated is not None and abs(stated - unit * ordered) < unit / 2:
        return stated
    return unit * ordered


def allocations(line: Reader) -> list[Reader]:
    """The discounts of a line."""
    return line.children("discountAllocations")


def net_of(
    price: Decimal, discount: Decimal, tax: Decimal, included: bool
) -> tuple[Decimal, Decimal]:
    """Net amounts after and before a discount.

    :param price: before the discount, with tax where it is included.
    """
    gross = price - discount
    if not included:
        return gross, price
    net = gross - tax
    # What the discount took off was gross as well: of the same proportion of tax.
    return net, net + (discount * net / gross if gross else discount)


def count(line: Reader, key: str, default: Decimal | None = None) -> Decimal:
    """A number of pieces.

    :raises PayloadError: when it is negative, broken or not there.
    """
    value = line.decimal(key, default=default)
    if value is None:
        raise line.fail(key, "is missing")
    if value < 0 or value != value.to_integral_value():
        raise line.fail(key, "is not a number of pieces")
    return value


def _kind(line: Reader) -> LineKind:
    if line.data.get("isGiftCard") is True:
        return LineKind.GIFT_CARD
    return LineKind.PRODUCT


def extra_lines(read: Reader, taxes: Taxes) -> Iterable[ExternalLine]:
    """Delivery, duties and fees: numbered apart, so their ids name their kind."""
    money = taxes.money
    for line in nodes(read, "shippingLines"):
        original = money.amount(line, "originalPriceSet", None)
        price = money.amount(line, "discountedPriceSet", original)
        if price is None:
            raise line.fail("discountedPriceSet", "is missing")
        discount = (price if original is None else original) - price
        yield extra_line(
            f"shipping:{_extra_id(line, 'ShippingLine')}",
            LineKind.SHIPPING,
            line.text("title", 500),
            price + discount,
            discount,
            taxes,
            line,
            method=line.text("code", 100),
        )
    if read.data.get("dutiesIncluded") is not True:
        for line in nodes(read, "lineItems"):
            for duty in line.children("duties"):
                yield extra_line(
                    f"duty:{_extra_id(duty, 'Duty')}",
                    LineKind.DUTY,
                    line.text("name", 500),
                    money.required(duty, "price"),
                    ZERO,
                    taxes,
                    duty,
                )
    for fee in read.children("additionalFees"):
        yield extra_line(
            f"fee:{_extra_id(fee, 'AdditionalFee')}",
            LineKind.FEE,
            fee.text("name", 500),
            money.required(fee, "price"),
            ZERO,
            taxes,
            fee,
        )


def _extra_id(line: Reader, kind: str) -> str:
    # The id of a shipping line may be null (schema); an order then has only one.
    return identifier(line, "id", kind, required=False)


def extra_line(
    external_id: str,
    kind: LineKind,
    name: str,
    price: Decimal,
    discount: Decimal,
    taxes: Taxes,
    read: Reader,
    method: str = "",
) -> ExternalLine:
    """A line of one piece that is not goods."""
    line_taxes = taxes.of_line(read)
    tax = sum(line_taxes.values(), ZERO)
    total, subtotal = net_of(price, discount, tax, taxes.included)
    return ExternalLine(
        external_id=external_id,
        kind=kind,
        name=name,
        quantity=ONE,
        subtotal=subtotal,
        total=total,
        total_tax=tax,
        taxes=line_taxes,
        method=method,
        requires_shipping=False,
    )
