"""Interfaces of items and their quantities.

Source: metadata of the interfaces; ``items.onsale.get`` and ``item.seller.get`` are
modelled on ``items.inventory.get``.
"""

from __future__ import annotations

from decimal import InvalidOperation
from typing import Any

from ..world.model import Product
from ..world.money import money
from . import errors, ids
from .call import Call, listed, pick, text_of
from .render import Renderer

MOST_ITEMS = 40
MOST_SKUS = 20
Answer = dict[str, Any]


def _items(call: Call) -> list[Product]:
    return [product for product in call.world.products() if not product.parent_id]


def onsale(call: Call) -> Answer:
    """taobao.items.onsale.get"""
    return _listing(call, lambda item: item["approve_status"] == "onsale")


def inventory(call: Call) -> Answer:
    """taobao.items.inventory.get: what is not for sale."""
    banner = call.text("banner", "for_shelved")
    if banner == "sold_out":
        return _listing(call, lambda item: item["num"] == 0)
    return _listing(call, lambda item: item["approve_status"] == "instock")


def _listing(call: Call, wanted: Any) -> Answer:
    render = Renderer(call.world, call.seller)
    items = [item for p in _items(call) if wanted(item := render.item(p))]
    if call.text("order_by", "list_time:desc") not in (
        "modified:desc",
        "list_time:desc",
    ):
        raise errors.invalid("order_by")
    last = call.moment("end_modified")
    if last:
        items = [item for item in items if item["modified"] <= text_of(last)]
    items.sort(key=lambda item: (item["modified"], item["num_iid"]), reverse=True)
    number, size = call.page(most=200)
    if number > 101:
        raise errors.invalid("page_no")
    chosen = items[(number - 1) * size : number * size]
    answer: Answer = {"total_results": len(items)}
    if chosen:
        rows = [pick(item, call.words("fields")) for item in chosen]
        answer["items"] = listed("item", rows)
    return answer


def item_seller(call: Call) -> Answer:
    """taobao.item.seller.get"""
    item = Renderer(call.world, call.seller).item(_item(call))
    return {"item": pick(item, call.words("fields"))}


def item_skus(call: Call) -> Answer:
    """taobao.item.skus.get"""
    call.required("num_iids")
    numbers = call.words("num_iids")
    if len(numbers) > MOST_ITEMS or not all(n.isdigit() for n in numbers):
        raise errors.invalid("num_iids")
    render = Renderer(call.world, call.seller)
    found = [call.world.product(ids.product_id(int(n))) for n in numbers]
    rows = [
        pick(sku, call.words("fields"))
        for product in found
        if product and not product.parent_id
        for sku in render.skus(product)
    ]
    return {"skus": listed("sku", rows)} if rows else {}


def skus_quantity(call: Call) -> Answer:
    """taobao.skus.quantity.update: all of them, or none."""
    item = _item(call)
    pairs = [pair.split(":") for pair in call.text("skuid_quantities").split(";")]
    if len(pairs) > MOST_SKUS or any(len(pair) != 2 for pair in pairs):
        raise errors.invalid("skuid_quantities")
    changes = []
    for sku_number, quantity in pairs:
        product = None
        if sku_number.isdigit():
            product = call.world.product(ids.product_id(int(sku_number)))
        if product is None or product.parent_id != item.id:
            raise errors.remote("isv.sku-not-exist", "SKU不存在")
        changes.append((product, _quantity(call, product, quantity)))
    for product, number in changes:
        call.world.change_product(product.id, stock=number)
    return _updated(call, item, [product.id for product, _n in changes])


def sku_price(call: Call) -> Answer:
    """taobao.item.sku.price.update: of one SKU, named by its properties.

    The item's price (here its first SKU's) has to lie between those of its SKUs.
    """
    item = _item(call)
    call.required("properties")
    call.required("price")
    render = Renderer(call.world, call.seller)
    children = [p for p in call.world.products() if p.parent_id == item.id]
    wanted = [
        child
        for child in children
        if render.sku(child)["properties"] == call.text("properties")
    ]
    if not wanted:
        raise errors.remote("isv.sku-not-exist", "SKU不存在")
    try:
        price = money(call.text("price"))
        own = money(call.text("item_price") or str(item.price))
    except InvalidOperation:
        raise errors.invalid("price") from None
    prices = [c.price for c in children if c.id != wanted[0].id] + [price]
    if not min(prices) <= own <= max(prices):
        raise errors.remote("isv.item-price-error", "商品价格不在SKU价格区间内")
    call.world.change_product(wanted[0].id, price=price)
    call.world.change_product(item.id, price=own)
    sku = pick(render.sku(call.world.product(wanted[0].id)), ("num_iid", "modified"))
    return {"sku": sku}


def item_quantity(call: Call) -> Answer:
    """taobao.item.quantity.update"""
    item = _item(call)
    call.required("quantity")
    if call.text("sku_id"):
        product = call.world.product(ids.product_id(call.number("sku_id")))
    else:
        product = item
    if product is None or Renderer(call.world, call.seller).skus(product):
        raise errors.remote("isv.item-quantity-error", "商品有SKU，请修改SKU库存")
    number = _quantity(call, product, call.text("quantity"))
    call.world.change_product(product.id, stock=number)
    return _updated(call, item, [])


def _item(call: Call) -> Product:
    product = call.world.product(ids.product_id(call.number("num_iid")))
    if product is None or product.parent_id:
        raise errors.remote("isv.item-not-exist:invalid-numIid", "商品不存在")
    return product


def _quantity(call: Call, product: Product, text: str) -> int:
    """Return the new quantity: 1 = the number itself, 2 = a difference."""
    if not text.lstrip("-").isdigit():
        raise errors.invalid("quantity")
    number, kind = int(text), call.number("type", 1)
    if kind == 2:
        return max(0, (product.stock or 0) + number)
    if number < 0:
        raise errors.invalid("quantity", "库存不能为负数")
    return number


def _updated(call: Call, item: Product, children: list[int]) -> Answer:
    render = Renderer(call.world, call.seller)
    fresh = call.world.product(item.id)
    row = pick(render.item(fresh), ("num_iid", "num", "modified"))
    skus = [render.sku(call.world.product(child)) for child in children]
    if skus:
        fields = ("sku_id", "modified", "quantity")
        row["skus"] = listed("sku", [pick(sku, fields) for sku in skus])
    row["modified"] = text_of(call.world.clock.now())
    return {"item": row}
