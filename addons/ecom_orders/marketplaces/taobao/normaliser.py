"""Trades of Taobao and Tmall to the common schema.

Source: metadata of ``taobao.trade.fullinfo.get``. What a payload looks like: times are
Beijing's; amounts are text in yuan, some "points" and red envelopes whole numbers in
fen; ids go beyond 2**53; a list is an object around a list (``{"order": [...]}``);
prices include tax, which is not stated.

The payload is the trade with one field of ours, ``refunds``: the refunds of its
sub-orders, which the trade itself only names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ..names import is_masked
from ..reading import MAX_NOTE, Reader
from ..schema import (
    ZERO,
    Address,
    Buyer,
    Coupon,
    ExternalLine,
    ExternalOrder,
    LineKind,
    OrderStatus,
    Refund,
)
from . import after_sales, const, moments
from .amounts import balanced
from .payments import payments
from .reader import children, flag


def normalise_order(payload: Any) -> ExternalOrder:
    """Understand a trade.

    :param payload: parsed by :func:`~..reading.parse_json`.
    :raises PayloadError: with the path of what cannot be understood.
    """
    read = Reader(payload)
    trade_id = read.identifier("tid")
    raw_status = read.text("status", 64)
    created_at = moments.read(read, "created")
    if created_at is None:
        raise read.fail("created", "is missing")
    address = _address(read)
    masked = _is_masked(read)
    total = read.required_decimal("payment")
    orders = children(read, "orders")
    consigned = _consigned(read)
    warehouses = children(read, "logistics_infos")
    lines = [_line(order, consigned, warehouses) for order in orders]
    status = trade_status(read)
    return ExternalOrder(
        external_id=trade_id,
        number=trade_id,
        status=status,
        raw_status=_raw_status(read, raw_status),
        currency=const.CURRENCY,
        created_at=created_at,
        updated_at=moments.read(read, "modified") or created_at,
        paid_at=moments.read(read, "pay_time"),
        total=total,
        total_tax=ZERO,
        prices_include_tax=True,
        buyer=_buyer(read, address),
        billing=address,
        shipping=address,
        lines=tuple(balanced(read, orders, lines, total)),
        coupons=tuple(_coupons(read)),
        refunds=tuple(_refunds(read, trade_id)),
        payments=payments(read, total),
        payment_method="cod" if _is_cod(read) else "alipay",
        payment_title="货到付款" if _is_cod(read) else "支付宝",
        transaction_ref=read.text("alipay_no", 200),
        buyer_note=read.text("buyer_message", MAX_NOTE),
        fulfilled_by_channel=_is_fulfilled_by_channel(read, warehouses),
        masked=masked,
        ship_by=_ship_by(read, orders, warehouses),
        deliver_by=_deliver_by(read, orders),
        shipping_method=read.text("shipping_type", 64),
        shipping_title=const.SHIPPING_TYPES.get(read.text("shipping_type", 64), ""),
        tags=tuple(_tags(read)),
        cancel_requested=any(_asks_to_cancel(order) for order in orders),
    )


# -- status ----------------------------------------------------------------------------


def trade_status(read: Reader) -> OrderStatus:
    """What the status of a trade means; rows of listings have it too."""
    status = const.TRADE_STATUSES.get(read.text("status", 64), OrderStatus.UNKNOWN)
    if status is OrderStatus.OPEN and _is_held(read):
        return OrderStatus.ON_HOLD
    return status


def _raw_status(read: Reader, status: str) -> str:
    step = read.text("step_trade_status", 64)
    return f"{status}/{step}" if step else status


def _is_held(read: Reader) -> bool:
    """Whether the platform stops a paid trade from being sent (group buying...)."""
    if flag(read, "is_sh_ship"):
        return True
    if read.text("step_trade_status", 64) in (const.NOTHING_PAID, const.DEPOSIT_PAID):
        return True
    holds = ("top_hold", "team_buy_hold", "share_group_hold", "ofp_hold")
    return any(read.text(key, 20) == "1" for key in holds)


def _is_cod(read: Reader) -> bool:
    return read.text("type", 64) in const.ON_DELIVERY


def _asks_to_cancel(order: Reader) -> bool:
    """A refund is asked for before the goods have left."""
    return (
        order.text("refund_status", 64) == "WAIT_SELLER_AGREE"
        and order.text("status", 64) == "WAIT_SELLER_SEND_GOODS"
    )


# -- people and places -----------------------------------------------------------------


def _is_masked(read: Reader) -> bool:
    """Whether the addressee is withheld; then there is an id in his place (oaid)."""
    keys = ("receiver_name", "receiver_address", "receiver_mobile", "receiver_phone")
    return bool(read.text("oaid")) or any(is_masked(read.text(key)) for key in keys)


def _plain(text: str) -> str:
    return "" if is_masked(text) else text


def _buyer(read: Reader, address: Address) -> Buyer:
    """The buyer by the account; masked texts identify nobody.

    The open id of the account comes first, then the nick, then the id of the addressee,
    which at least tells apart the people to whom parcels go.
    """
    nick = read.text("buyer_nick", 200)
    return Buyer(
        external_id=(
            read.text("buyer_open_uid", 200) or _plain(nick) or read.text("oaid", 200)
        ),
        name=_plain(address.name),
        email=_plain(address.email),
        phone=_plain(address.phone),
    )


def _address(read: Reader) -> Address:
    province = read.text("receiver_state", 100)
    city, district = (
        read.text("receiver_city", 200),
        read.text("receiver_district", 200),
    )
    # A county that is directly below its province has no city.
    parts = (district if city else "", read.text("receiver_town", 200))
    return Address(
        name=read.text("receiver_name", 200),
        street=read.text("receiver_address", 400),
        street2=" ".join(part for part in parts if part),
        city=city or district,
        zip=read.text("receiver_zip", 32),
        state_code=_state_code(province),
        country_code=_country_code(read, province),
        phone=read.text("receiver_mobile", 64) or read.text("receiver_phone", 64),
        email=read.text("buyer_email", 254),
    )


def _state_code(province: str) -> str:
    return const.PROVINCES.get(province[:2], province)


def _country_code(read: Reader, province: str) -> str:
    """ISO code of the country; empty for one that is only told in words."""
    country = read.text("receiver_country", 100)
    for name, code in const.REGIONS.items():
        if name in country or province.startswith(name):
            return code
    if province == const.ABROAD:
        return ""
    return "CN" if country in ("", "中国", "CN", "China") else ""


# -- lines -----------------------------------------------------------------------------


def _consigned(read: Reader) -> dict[str, Decimal]:
    """How much of a sub-order has left, for those that were sent in parts.

    That ordinary goods (type 0) are told here is not confirmed.
    """
    sent: dict[str, Decimal] = {}
    for parcel in children(read, "combine_logistics_details"):
        order_id = parcel.identifier("sub_order_id", required=False)
        for goods in children(parcel, "send_goods_details"):
            if goods.decimal("type") == 0:
                sent[order_id] = sent.get(order_id, ZERO) + goods.decimal("amount")
    return sent


def _line(
    order: Reader, consigned: Mapping[str, Decimal], warehouses: list[Reader]
) -> ExternalLine:
    """A sub-order; its money is settled by :func:`.amounts.balanced`.

    One that was closed is not delivered any more, unless it had left before: then its
    money is given back and nothing of the order has changed. (That ``consign_time``
    stays when a sub-order is closed is not confirmed.)
    """
    order_id = order.identifier("oid")
    ordered = order.decimal("num", default=Decimal(1))
    status = order.text("status", 64)
    closed = status in const.CLOSED
    gone = status in const.SHIPPED or (closed and bool(order.text("consign_time", 30)))
    quantity = ZERO if closed and not gone else ordered
    properties = order.text("sku_properties_name", 200)
    title = order.text("title", 400)
    return ExternalLine(
        external_id=order_id,
        kind=LineKind.PRODUCT,
        name=f"{title} ({properties})" if properties else title,
        quantity=quantity,
        subtotal=order.decimal("price") * ordered,
        total=order.decimal("total_fee"),
        sku=order.text("outer_sku_id", 200) or order.text("outer_iid", 200),
        product_ref=_product_ref(order),
        fulfilled_quantity=(
            quantity if gone else min(quantity, consigned.get(order_id, ZERO))
        ),
        location_ref=_location(order, order_id, warehouses),
        requires_shipping=order.text("shipping_type", 64) != "virtual",
    )


def _product_ref(order: Reader) -> str:
    item = order.identifier("num_iid", required=False)
    sku = order.identifier("sku_id", required=False)
    return f"{item}/{sku}" if item and sku else item


def _location(order: Reader, order_id: str, warehouses: list[Reader]) -> str:
    if code := order.text("store_code", 100):
        return code
    for info in warehouses:
        if info.identifier("sub_trade_id", required=False) == order_id:
            return info.text("store_code", 100)
    return ""


def _is_fulfilled_by_channel(read: Reader, warehouses: list[Reader]) -> bool:
    """Whether the platform's logistics (Cainiao) sends all of it from its own stock."""
    if flag(read, "is_force_dc"):
        return True
    if flag(read, "is_brand_sale") and flag(read, "is_force_wlb"):
        return True
    by_whom = [info.text("consign_type", 20) for info in warehouses]
    return bool(by_whom) and all(code == "CN" for code in by_whom)


# -- the rest of the head --------------------------------------------------------------


def _coupons(read: Reader) -> Iterable[Coupon]:
    for promotion in children(read, "promotion_details"):
        code = promotion.text("promotion_name", 100) or promotion.text(
            "promotion_id", 100
        )
        amount = promotion.decimal("discount_fee")
        if code and amount:
            yield Coupon(code, amount)


def _refunds(read: Reader, trade_id: str) -> Iterable[Refund]:
    """Money that has gone back. What is only asked for is no refund yet."""
    for row in read.children("refunds"):
        refund = after_sales.normalise_refund(row.data, trade_id)
        if refund.status is after_sales.DONE:
            yield replace(refund, lines=None)


def _tags(read: Reader) -> Iterable[str]:
    if read.text("type", 64) == "step" or flag(read, "new_presell"):
        yield "presale"
    if _is_cod(read):
        yield "cod"
    flag_number = read.decimal("seller_flag")
    if flag_number in const.FLAGS:
        yield f"flag:{const.FLAGS[int(flag_number)]}"
    if memo := read.text("seller_memo", 120):
        yield f"memo:{memo}"


def _ship_by(
    read: Reader, orders: list[Reader], warehouses: list[Reader]
) -> datetime | None:
    """The earliest promise of sending; else hours after payment."""
    times = [
        *_times(read, "delivery_time", "priority_consign_time", "est_con_time"),
        *_times(read, "send_time"),
        *(t for o in orders for t in _times(o, "delivery_time", "estimate_con_time")),
        *(t for info in warehouses for t in _times(info, "promise_outbound_time")),
    ]
    if times:
        return min(times)
    hours = read.decimal("consign_interval", default=None)
    paid_at = moments.read(read, "pay_time")
    if hours and paid_at and 0 < hours <= 24 * 365:
        return paid_at + timedelta(hours=float(hours))
    return None


def _deliver_by(read: Reader, orders: list[Reader]) -> datetime | None:
    agreement = read.child("logistics_agreement")
    times = [
        *_times(read, "promise_sign_time", "sign_time"),
        *_times(agreement, "promise_sign_time", "sign_time"),
        *(t for order in orders for t in _times(order, "sign_time")),
    ]
    return min(times, default=None)


def _times(read: Reader, *keys: str) -> Iterable[datetime]:
    """Those of free-text fields that are times."""
    for key in keys:
        moment = moments.parse(read.data.get(key))
        if moment is not None:
            yield moment
