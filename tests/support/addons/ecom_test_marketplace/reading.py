"""The interface of My Shop: how it is asked, and what an order of it is. Pure.

The shop answers ``GET /shop`` with ``{"name"}`` and ``GET /orders`` with a list of
orders: ``{"id", "at", "currency", "paid", "buyer", "address", "lines"}``, a line being
``{"sku", "name", "quantity", "price"}``. Prices are without tax and there is none.
"""

from odoo.addons.ecom_orders.marketplaces.base import ORDER, UNREADABLE, Envelope
from odoo.addons.ecom_orders.marketplaces.errors import PayloadError
from odoo.addons.ecom_orders.marketplaces.reading import Reader
from odoo.addons.ecom_orders.marketplaces.schema import (
    Address,
    Buyer,
    ExternalLine,
    ExternalOrder,
    LineKind,
    OrderStatus,
)
from odoo.addons.ecom_orders.marketplaces.transport import Request


def ask(shop, what):
    """The answer of the shop to ``GET /<what>``, parsed.

    :param shop: the connector, with address and transport.
    :raises MarketplaceError: when the shop cannot be reached or refuses.
    """
    address = f"{shop.credentials.url}/{what}"
    return shop.transport.send(Request("GET", address, expect_json=True)).json()


def wrap(row):
    """An order of the list as it arrives; one without an id is kept as unreadable."""
    try:
        return Envelope.of(ORDER, Reader(row).identifier("id"), row)
    except PayloadError:
        return Envelope.of(UNREADABLE, "no-id", row)


def read_order(payload):
    """Understand an order; see ``Connector.normalise_order``."""
    order = Reader(payload)
    lines = tuple(
        _read_line(number, line)
        for number, line in enumerate(order.children("lines"), start=1)
    )
    moment = order.moment("at")
    if moment is None:
        raise order.fail("at", "is missing")
    buyer, address = order.child("buyer"), order.child("address")
    status = OrderStatus.OPEN if order.flag("paid") else OrderStatus.PENDING
    shipping = Address(
        name=buyer.text("name"),
        street=address.text("street"),
        city=address.text("city"),
        zip=address.text("zip"),
        country_code=address.text("country"),
        email=buyer.text("email"),
    )
    return ExternalOrder(
        external_id=order.identifier("id"),
        number=order.identifier("id"),
        status=status,
        raw_status=status.value,
        currency=order.text("currency"),
        created_at=moment,
        updated_at=moment,
        paid_at=moment if order.flag("paid") else None,
        total=sum(line.total for line in lines),
        total_tax=sum(line.total_tax for line in lines),
        buyer=Buyer(name=buyer.text("name"), email=buyer.text("email")),
        billing=shipping,
        shipping=shipping,
        lines=lines,
    )


def _read_line(number, line):
    quantity = line.required_decimal("quantity")
    total = quantity * line.required_decimal("price")
    return ExternalLine(
        external_id=str(number),
        kind=LineKind.PRODUCT,
        name=line.text("name"),
        sku=line.text("sku"),
        quantity=quantity,
        subtotal=total,
        total=total,
    )
