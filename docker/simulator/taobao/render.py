"""Trades, refund cases, items and parcels of the world in the platform's JSON.

Source of every field: the platform's metadata of its interfaces; the tests compare.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

from ..world.model import Order, Parcel, Product, Refund, ReturnCase
from ..world.money import ZERO, fixed
from ..world.shop import World
from . import ids
from .call import listed, moment, text_of
from .names import OPTIONS, TITLES, masked

COMPANIES = (
    (502, "SF", "顺丰速运", r"^[A-Za-z0-9-]{6,40}$"),
    (101, "YTO", "圆通速递", r"^[A-Za-z0-9-]{6,40}$"),
    (500, "ZTO", "中通快递", r"^[A-Za-z0-9-]{6,40}$"),
    (100, "STO", "申通快递", r"^[A-Za-z0-9-]{6,40}$"),
    (102, "YUNDA", "韵达快递", r"^[A-Za-z0-9-]{6,40}$"),
    (2, "EMS", "EMS", r"^[A-Za-z0-9-]{6,40}$"),
    (1, "POST", "中国邮政", r"^[A-Za-z0-9-]{6,40}$"),
    (-1, "OTHER", "其他", r"^[A-Za-z0-9-]{6,40}$"),
)
_STATUSES = {
    "pending": "WAIT_BUYER_PAY",
    "processing": "WAIT_SELLER_SEND_GOODS",
    "on-hold": "PAID_FORBID_CONSIGN",
    "completed": "WAIT_BUYER_CONFIRM_GOODS",
    "refunded": "TRADE_CLOSED",
    "failed": "TRADE_CLOSED_BY_TAOBAO",
}
_CASE_STATUSES = {
    "requested": "WAIT_SELLER_AGREE",
    "approved": "WAIT_BUYER_RETURN_GOODS",
    "in_transit": "WAIT_SELLER_CONFIRM_GOODS",
    "received": "SUCCESS",
    "closed": "SUCCESS",
    "rejected": "SELLER_REFUSE_BUYER",
    "cancelled": "CLOSED",
}


#: what a buyer asked for, and pairs of refund and case that the seller agreed to
ASKED, AGREED = "_asked", "_agreed"


def yuan(amount: Decimal) -> str:
    """Return an amount as the platform writes it."""
    return fixed(amount, 2)


def title_of(product_id: int, name: str) -> str:
    """Return the title of an item."""
    return TITLES.get(product_id, name)


def option(text: str) -> str:
    """Return a property or its value in Chinese."""
    return OPTIONS.get(text, text)


class Renderer:
    """Renders the world for one call."""

    def __init__(self, world: World, seller: str) -> None:
        self.world = world
        self.seller = seller

    # -- trades ------------------------------------------------------------

    def status(self, order: Order) -> str:
        """Return the status of a trade."""
        if order.status == "cancelled":
            return "TRADE_CLOSED" if order.paid else "TRADE_CLOSED_BY_TAOBAO"
        if order.status == "processing" and self.world.parcels(order.id):
            return "SELLER_CONSIGNED_PART"
        return _STATUSES[order.status]

    @staticmethod
    def type(order: Order) -> str:
        """Return the type of a trade."""
        return str(_meta(order).get("_type", "fixed"))

    @staticmethod
    def buyer(order: Order) -> str:
        """Return the open id of the buyer."""
        return str(_meta(order).get("_buyer", ""))

    def trade(self, order: Order) -> dict[str, Any]:
        """Return a whole trade."""
        meta = _meta(order)
        row: dict[str, Any] = {
            "tid": ids.trade_id(order.id),
            "tid_str": str(ids.trade_id(order.id)),
            "type": self.type(order),
            "status": self.status(order),
            "created": text_of(order.created),
            "modified": text_of(order.modified),
            "title": "模拟旗舰店",
            "seller_nick": self.seller,
            "buyer_open_uid": self.buyer(order),
            "buyer_nick": masked("模拟买家"),
            "num": sum(line.quantity for line in order.lines),
            "seller_flag": int(meta.get("_flag", 0)),
            "new_presell": False,
            "is_sh_ship": False,
            "trade_from": "WAP",
            "shipping_type": _shipping_type(order),
            "buyer_rate": False,
            "seller_rate": False,
            "orders": listed("order", self._sub_orders(order)),
            **self._money(order),
            **_receiver(order),
            **self._warehouses(order),
        }
        if order.customer_note:
            row["buyer_message"] = order.customer_note
        if "_memo" in meta:
            row["seller_memo"] = str(meta["_memo"])
        if order.paid:
            row["pay_time"] = text_of(order.paid)
            row["consign_interval"] = 48
            row["sign_time"] = text_of(order.paid + timedelta(days=4))
            row["alipay_no"] = order.transaction_id
        if order.completed:
            row["consign_time"] = text_of(order.completed)
        parts = self._parts(order)
        if parts:
            row["combine_logistics_details"] = listed("combine_logistics_detail", parts)
        return row

    def _money(self, order: Order) -> dict[str, Any]:
        meta = _meta(order)
        total = order.totals.total
        fee = sum((fee.total for fee in order.fees), ZERO)
        discount = ZERO if "_item_discount" in meta else _discount(order)
        money: dict[str, Any] = {
            "payment": yuan(total),
            "post_fee": yuan(order.totals.shipping_total),
            "total_fee": yuan(sum((line.subtotal for line in order.lines), ZERO)),
            "discount_fee": yuan(discount),
            "adjust_fee": "0.00",
            "received_payment": "0.00",
            "point_fee": 0,
            "coupon_fee": int(meta.get("_red_envelope", 0)),
        }
        if self.type(order) == "cod":
            money |= {
                "buyer_cod_fee": yuan(fee),
                "cod_fee": yuan(fee),
                "cod_status": "NEW_CREATED",
            }
        if "_deposit" in meta:
            paid = order.paid is not None
            money["step_trade_status"] = (
                "FRONT_PAID_FINAL_PAID" if paid else "FRONT_PAID_FINAL_NOPAID"
            )
            money["step_paid_fee"] = yuan(total) if paid else str(meta["_deposit"])
        if promotion := meta.get("_promotion"):
            detail = {
                "id": ids.trade_id(order.id),
                "promotion_name": str(promotion),
                "discount_fee": yuan(_discount(order)),
                "promotion_id": f"shopbonus-{order.id}_1",
                "promotion_desc": f"{promotion}:优惠{yuan(_discount(order))}元",
            }
            money["promotion_details"] = listed("promotion_detail", [detail])
        return money

    def _sub_orders(self, order: Order) -> list[dict[str, Any]]:
        sent = self._sent(order.id)
        cases = self.cases(order)
        return [self._sub_order(order, line, sent, cases) for line in order.lines]

    def _sub_order(
        self,
        order: Order,
        line: Any,
        sent: Counter[int],
        cases: list[dict[str, Any]],
    ) -> dict[str, Any]:
        oid = ids.sub_order_id(order, line.id)
        saved = line.subtotal - line.total
        own = saved if "_item_discount" in _meta(order) else ZERO
        fee = line.subtotal - own
        alone = len(order.lines) == 1
        row: dict[str, Any] = {
            "oid": oid,
            "oid_str": str(oid),
            "title": title_of(line.product_id, line.name),
            "num_iid": ids.item_id(line.product_id),
            "num": line.quantity,
            "price": yuan(line.subtotal / (line.quantity or 1)),
            "total_fee": yuan(fee),
            "discount_fee": yuan(own),
            "adjust_fee": "0.00",
            "part_mjz_discount": yuan(saved - own),
            "divide_order_fee": yuan(line.total),
            # The only sub-order has the postage in its payment, several have not.
            "payment": yuan(order.totals.total if alone else fee),
            "status": self._sub_status(order, line, sent, cases),
            "refund_status": "NO_REFUND",
            "order_from": "WAP",
            "seller_type": "B",
            "is_oversold": False,
            "buyer_rate": False,
            "seller_rate": False,
        }
        if line.variation_id:
            product = self.world.product(line.variation_id)
            row["sku_id"] = str(ids.sku_id(line.variation_id))
            row["outer_sku_id"] = line.sku or ""
            if product:
                row["sku_properties_name"] = ";".join(
                    f"{option(name)}:{option(value)}" for name, value in product.options
                )
        else:
            row["outer_iid"] = line.sku or ""
        own_cases = [case for case in cases if case["oid"] == oid]
        if own_cases:
            newest = max(own_cases, key=lambda case: case["created"])
            row["refund_id"] = newest["refund_id"]
            row["refund_status"] = newest["status"]
        parcel = self._parcel_of(order, line.id)
        if parcel:
            row["invoice_no"] = parcel.tracking
            row["logistics_company"] = company_name(parcel.carrier)
            row["consign_time"] = text_of(parcel.created)
            row["shipping_type"] = "express"
        return row

    def _sub_status(
        self,
        order: Order,
        line: Any,
        sent: Counter[int],
        cases: list[dict[str, Any]],
    ) -> str:
        oid = ids.sub_order_id(order, line.id)
        back = sum(
            case["num"]
            for case in cases
            if case["oid"] == oid and case["status"] == "SUCCESS"
        )
        if back >= line.quantity > 0:
            return "TRADE_CLOSED"
        status = self.status(order)
        if status != "SELLER_CONSIGNED_PART":
            return status
        gone = sent[line.id] >= line.quantity
        return "WAIT_BUYER_CONFIRM_GOODS" if gone else "WAIT_SELLER_SEND_GOODS"

    def _warehouses(self, order: Order) -> dict[str, Any]:
        if not order.channel_fulfilled:
            return {"is_force_dc": False}
        infos = [
            {
                "trade_id": ids.trade_id(order.id),
                "sub_trade_id": ids.sub_order_id(order, line.id),
                "store_code": "CN-HZ-01",
                "type": "00",
                "consign_type": "CN",
                "need_consign_num": line.quantity,
            }
            for line in order.lines
        ]
        return {
            "is_force_dc": True,
            "logistics_infos": listed("logistics_info", infos),
        }

    # -- parcels -----------------------------------------------------------

    def _sent(self, order_id: int) -> Counter[int]:
        sent: Counter[int] = Counter()
        for parcel in self.world.parcels(order_id):
            for line, quantity in parcel.lines:
                sent[line] += quantity
        return sent

    def _parcel_of(self, order: Order, line_id: int) -> Parcel | None:
        parcels = self.world.parcels(order.id)
        return next((p for p in parcels if line_id in dict(p.lines)), None)

    def _parts(self, order: Order) -> list[dict[str, Any]]:
        """Return what was sent of sub-orders that did not leave as a whole."""
        ordered = {line.id: line.quantity for line in order.lines}
        return [
            {
                "sub_order_id": str(ids.sub_order_id(order, line)),
                "invoice_no": parcel.tracking,
                "logistics_company": company_name(parcel.carrier),
                "send_goods_details": listed(
                    "send_goods_detail",
                    [{"type": 0, "consign_status": 1, "amount": quantity}],
                ),
            }
            for parcel in self.world.parcels(order.id)
            for line, quantity in parcel.lines
            if quantity < ordered.get(line, 0)
        ]

    def shippings(self, order: Order) -> list[dict[str, Any]]:
        """Return the logistics orders of a trade."""
        parcels = self.world.parcels(order.id)
        if not parcels:
            return [self._shipping(order, None)]
        return [self._shipping(order, parcel) for parcel in parcels]

    def _shipping(self, order: Order, parcel: Parcel | None) -> dict[str, Any]:
        row: dict[str, Any] = {
            "tid": ids.trade_id(order.id),
            "order_code": f"LP{order.id:012d}",
            "seller_nick": self.seller,
            "created": text_of(order.created),
            "modified": text_of(order.modified),
            "type": _shipping_type(order),
            "seller_confirm": "yes" if parcel else "no",
            "status": "ACCEPTED_BY_RECEIVER" if parcel else "CREATED",
            "is_split": 0,
        }
        if parcel:
            subs = [ids.sub_order_id(order, line) for line, _n in parcel.lines]
            row |= {
                "out_sid": parcel.tracking,
                "company_name": company_name(parcel.carrier),
                "is_split": int(len(self.world.parcels(order.id)) > 1),
                "sub_tids": listed("number", subs),
            }
        return row

    # -- refund cases ------------------------------------------------------

    def cases(self, order: Order) -> list[dict[str, Any]]:
        """Return the refund cases of a trade, money only and with goods."""
        agreed = dict(_meta(order).get(AGREED, ()))
        goods = [
            case
            for back in self.world.returns(order.id)
            for case in self._goods_cases(order, back)
        ]
        cases = []
        for refund in self.world.refunds(order.id):
            name = agreed.get(refund.id)
            if name is None:
                cases += self._money_cases(order, refund)
            elif name not in {case["refund_id"] for case in goods}:
                # The case that the buyer opened goes on under its number.
                cases += [
                    {**case, "refund_id": name}
                    for case in self._money_cases(order, refund)
                ]
        cases += goods
        wish = self._wish(order) if order.lines else None
        if wish and wish["refund_id"] not in agreed.values():
            cases.append(wish)
        for case in cases:
            case["refund_version"] = int(moment(case["modified"]).timestamp() * 1000)
        return cases

    def _money_cases(self, order: Order, refund: Refund) -> list[dict[str, Any]]:
        """Return a case for each sub-order that a refund of the world is about."""
        parts: list[tuple[Any, int, Decimal]] = []
        for item in refund.lines:
            link = next(m.value for m in item.meta if m.key == "_refunded_item_id")
            line = next((o for o in order.lines if o.id == int(link)), None)
            if line:
                parts.append((line, -item.quantity, -item.total))
        if not parts:
            left = refund.amount
            for line in order.lines[:-1]:
                share = min(left, line.total.quantize(Decimal("0.01")))
                parts.append((line, line.quantity, share))
                left -= share
            parts.append((order.lines[-1], order.lines[-1].quantity, left))
        return [
            {
                **self._case(order, line, number, amount),
                "refund_id": str(ids.case_id(ids.REFUND, refund.id, place)),
                "status": "SUCCESS",
                "created": text_of(refund.created),
                "modified": text_of(refund.created),
                "reason": refund.reason or "协商一致退款",
                "has_good_return": False,
                "good_status": "BUYER_NOT_RECEIVED",
                "dispute_type": "REFUND",
                "refund_phase": "onsale",
            }
            for place, (line, number, amount) in enumerate(parts)
        ]

    def _goods_cases(self, order: Order, back: ReturnCase) -> list[dict[str, Any]]:
        lines = {line.id: line for line in order.lines}
        status = _CASE_STATUSES[back.status]
        cases = []
        for place, (line_id, number) in enumerate(back.lines):
            line = lines[line_id]
            amount = line.total * number / (line.quantity or 1)
            case = {
                **self._case(order, line, number, amount),
                "refund_id": str(ids.case_id(ids.RETURN, back.id, place)),
                "status": status,
                "created": text_of(back.created),
                "modified": text_of(back.modified),
                "reason": back.reason,
                "desc": back.note,
                "has_good_return": True,
                "good_status": _good_status(back),
                "dispute_type": "REFUND_AND_RETURN",
                "refund_phase": "aftersale",
            }
            if back.status in ("in_transit", "received", "closed"):
                case["sid"] = back.tracking or f"RT{back.id:08d}"
                case["company_name"] = "圆通速递"
            cases.append(case)
        return cases

    def _wish(self, order: Order) -> dict[str, Any] | None:
        """Return the case of a buyer who asks for the money before goods have left."""
        asked = _meta(order).get(ASKED)
        if asked:
            number, quantity, amount = str(asked).split(":")
            line = next(row for row in order.lines if row.id == int(number))
            wanted = (int(quantity), Decimal(amount))
        elif order.cancel_requested:
            line = order.lines[0]
            alone = len(order.lines) == 1  # then the postage is asked for as well
            wanted = (line.quantity, order.totals.total if alone else line.total)
        else:
            return None
        return {
            **self._case(order, line, *wanted),
            "refund_id": str(ids.case_id(ids.WISH, order.id)),
            "status": "WAIT_SELLER_AGREE",
            "created": text_of(order.modified),
            "modified": text_of(order.modified),
            "reason": "不想要了",
            "has_good_return": False,
            "good_status": "BUYER_NOT_RECEIVED",
            "dispute_type": "REFUND",
            "refund_phase": "onsale",
        }

    def _case(
        self, order: Order, line: Any, number: int, amount: Decimal
    ) -> dict[str, Any]:
        return {
            "tid": ids.trade_id(order.id),
            "oid": ids.sub_order_id(order, line.id),
            "title": title_of(line.product_id, line.name),
            "num": number,
            "outer_id": line.sku or "",
            "num_iid": ids.item_id(line.product_id),
            "refund_fee": yuan(amount),
            "total_fee": yuan(line.total),
            "payment": yuan(line.total - amount),
            "order_status": self.status(order),
            "seller_nick": self.seller,
        }

    # -- items -------------------------------------------------------------

    def item(self, product: Product) -> dict[str, Any]:
        """Return an item; its number is the sum of its SKUs'."""
        children = self.skus(product)
        number = sum(sku["quantity"] for sku in children) if children else product.stock
        stamp = product.modified or self.world.clock.now()
        return {
            "num_iid": ids.item_id(product.id),
            "title": title_of(product.id, product.name),
            "nick": self.seller,
            "type": "fixed",
            "cid": 50_010_388,
            "num": number or 0,
            "price": yuan(product.price),
            "outer_id": product.sku,
            "approve_status": "onsale" if product.status == "publish" else "instock",
            "modified": text_of(stamp),
        }

    def skus(self, product: Product) -> list[dict[str, Any]]:
        """Return the SKUs of an item, none for one without."""
        return [
            self.sku(child)
            for child in self.world.products()
            if child.parent_id == product.id
        ]

    def sku(self, product: Product) -> dict[str, Any]:
        """Return a SKU."""
        stamp = text_of(product.modified or self.world.clock.now())
        names = (
            f"1627207:{product.id}:{option(name)}:{option(value)}"
            for name, value in product.options
        )
        return {
            "sku_id": ids.sku_id(product.id),
            "num_iid": ids.item_id(product.parent_id),
            "properties": f"1627207:{product.id}",
            "properties_name": ";".join(names),
            "quantity": product.stock or 0,
            "price": yuan(product.price),
            "outer_id": product.sku,
            "status": "normal",
            "modified": stamp,
        }


def company_name(code: str) -> str:
    """Return the name of a carrier."""
    return next((name for _i, own, name, _r in COMPANIES if own == code), "其他")


def _meta(order: Order) -> dict[str, Any]:
    return {meta.key: meta.value for meta in order.meta}


def _discount(order: Order) -> Decimal:
    return sum((line.subtotal - line.total for line in order.lines), ZERO)


def _shipping_type(order: Order) -> str:
    known = ("free", "express", "ems", "post")
    ids_ = [line.method_id for line in order.shipping_lines]
    return next((name for name in ids_ if name in known), "express")


def _receiver(order: Order) -> dict[str, Any]:
    address = order.shipping
    district, _slash, town = address.address_2.partition("/")
    name = f"{address.last_name}{address.first_name}"
    hidden = bool(_meta(order).get("_masked"))
    row = {
        "receiver_name": masked(name) if hidden else name,
        "receiver_state": address.state,
        "receiver_city": address.city,
        "receiver_district": district,
        "receiver_town": town,
        "receiver_address": masked(address.address_1) if hidden else address.address_1,
        "receiver_zip": address.postcode,
        "receiver_mobile": masked(address.phone) if hidden else address.phone,
    }
    if hidden:
        row["oaid"] = f"1Oaid{order.id:08d}Abc"
    return {key: value for key, value in row.items() if value}


def _good_status(back: ReturnCase) -> str:
    if back.kind == "courier":
        return "BUYER_NOT_RECEIVED"
    gone = back.status in ("in_transit", "received", "closed")
    return "BUYER_RETURNED_GOODS" if gone else "BUYER_RECEIVED"
