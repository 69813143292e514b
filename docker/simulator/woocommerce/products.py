"""Products and variations: list, read, create, change, delete, batch.

Source: the REST API documentation, chapters Products and Product variations; recorded
products, batch answers and the duplicate SKU error. Stock is an absolute write, the
last one wins, also over the decrement of an order (tested).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ..core.message import Response
from ..world.model import Product, WorldError
from ..world.money import money
from . import errors
from .call import Call, batch, page_of

_ORDER_BY = (
    "date",
    "id",
    "include",
    "title",
    "slug",
    "modified",
    "price",
    "popularity",
    "rating",
)


# -- products ------------------------------------------------------------------


def list_products(call: Call) -> Response:
    """GET /products. Variations are not among them, unless asked for by SKU."""
    params = call.params
    skus = params.words("sku")
    include, exclude = params.ids("include"), params.ids("exclude")
    text = params.text("search").lower()
    kind = params.text("type")
    after = params.moment("modified_after", call.zone)
    rows = _sorted(call, call.world.products())
    params.refuse()
    wanted = [
        row
        for row in rows
        if (row.sku in skus if skus else not row.parent_id)
        and (not include or row.id in include)
        and row.id not in exclude
        and (not text or text in row.name.lower())
        and kind in ("", row.type)
        and (after is None or (row.modified and row.modified > after))
    ]
    return page_of(call, wanted, call.renderer.product)[1]


def _sorted(call: Call, rows: list[Product]) -> list[Product]:
    name = call.params.choice("orderby", _ORDER_BY, "date")
    direction = call.params.choice("order", ("asc", "desc"), "desc")
    keys: dict[str, Callable[[Product], Any]] = {
        "modified": lambda row: (row.modified, row.id),
        "date": lambda row: (row.created, row.id),
        "title": lambda row: (row.name, row.id),
        "price": lambda row: (row.price, row.id),
        "popularity": lambda row: (row.total_sales, row.id),
    }
    key = keys.get(name, lambda row: row.id)
    return sorted(rows, key=key, reverse=direction == "desc")


def get_product(call: Call) -> Response:
    """GET /products/<id>."""
    product = _find(call, call.numbers[0], 404)
    return call.answer(call.renderer.product(product))


def _find(call: Call, product_id: int, status: int) -> Product:
    product = call.world.product(product_id)
    if product is None or product.parent_id:
        raise errors.invalid_id("product", status)
    return product


def create_product(call: Call) -> Response:
    """POST /products."""
    return call.answer(_create(call, call.body), 201)


def update_product(call: Call) -> Response:
    """PUT /products/<id>."""
    return call.answer(_update(call, {**call.body, "id": call.numbers[0]}))


def delete_product(call: Call) -> Response:
    """DELETE /products/<id>."""
    return call.answer(_delete(call, {"id": call.numbers[0]}))


def batch_products(call: Call) -> Response:
    """POST /products/batch."""
    return batch(
        call,
        {
            "create": lambda row: _create(call, row),
            "update": lambda row: _update(call, row),
            "delete": lambda row: _delete(call, row),
        },
    )


def _create(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    product = Product(
        id=0,
        sku=data.get("sku", ""),
        name=data.get("name", "Product"),
        price=_price(data) or Decimal(0),
        stock=data.get("stock_quantity") if data.get("manage_stock") else None,
        virtual=bool(data.get("virtual")),
        downloadable=bool(data.get("downloadable")),
        taxable=data.get("tax_status", "taxable") == "taxable",
        tax_class=data.get("tax_class", ""),
        description=data.get("description", ""),
        status=data.get("status", "publish"),
        listed=False,
        type=_kind(data),
        options=_all_options(data),
        weight=data.get("weight", ""),
        barcode=data.get("global_unique_id", ""),
        images=_images(data),
    )
    added = _guarded(lambda: call.world.add_product(product))
    return call.renderer.product(added, after_write=True)


def _kind(data: dict[str, Any]) -> str:
    return "variable" if data.get("type") == "variable" else "simple"


def _all_options(data: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return attributes with all their values, as a parent has them."""
    return tuple(
        (str(row["name"]), "|".join(row["options"]))
        for row in data.get("attributes") or []
        if row.get("variation")
    )


def _images(data: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(row["src"]) for row in data.get("images") or [] if row.get("src"))


def _update(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    product = _find(call, int(data.get("id") or 0), 400)
    changes = _changes(product, data)
    if "images" in data:
        changes["images"] = _images(data)
    changed = _guarded(lambda: call.world.change_product(product.id, **changes))
    if "name" in changes:  # variations are called like their parent
        call.world.change_whole(product.id, name=changes["name"])
        changed = _find(call, product.id, 400)
    return call.renderer.product(changed, after_write=True)


def _delete(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    product = _find(call, int(data.get("id") or 0), 404)
    before = call.renderer.product(product)
    call.world.drop_product(product.id)
    return before


def _guarded(write: Callable[[], Product]) -> Product:
    """Run a write; a SKU in use gives the recorded error."""
    try:
        return write()
    except WorldError as error:
        code, _, owner = error.code.partition(":")
        if code != "duplicate_sku":
            raise
        raise errors.WooError(
            "product_invalid_sku",
            "Invalid or duplicated SKU.",
            400,
            resource_id=int(owner),
            unique_sku=f"{error}-1",
        ) from error


def _changes(product: Product, data: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "sku", "status", "description", "tax_class", "weight")
    changes = {name: data[name] for name in names if name in data}
    if "global_unique_id" in data:
        changes["barcode"] = data["global_unique_id"]
    price = _price(data)
    if price is not None:
        changes["price"] = price
    stock = _stock(product, data)
    if stock != product.stock:
        changes["stock"] = stock
    return changes


def _price(data: dict[str, Any]) -> Decimal | None:
    text = data.get("regular_price") or data.get("price")
    return money(text) if text else None


def _stock(product: Product, data: dict[str, Any]) -> int | None:
    """A quantity is kept only if the product's stock is counted."""
    counted = data.get("manage_stock", product.stock is not None)
    if not counted:
        return None
    quantity = data.get("stock_quantity", product.stock)
    return int(quantity or 0)


# -- variations ----------------------------------------------------------------


def list_variations(call: Call) -> Response:
    """GET /products/<id>/variations."""
    parent = _find(call, call.numbers[0], 404)
    skus = call.params.words("sku")
    children = [row for row in call.world.products() if row.parent_id == parent.id]
    include = call.params.ids("include")
    wanted = [
        row
        for row in children
        if (not skus or row.sku in skus) and (not include or row.id in include)
    ]
    rows = _sorted(call, wanted)
    return page_of(call, rows, call.renderer.variation)[1]


def get_variation(call: Call) -> Response:
    """GET /products/<id>/variations/<id>."""
    return call.answer(call.renderer.variation(_find_variation(call, 404)))


def _find_variation(call: Call, status: int, number: int | None = None) -> Product:
    variation_id = call.numbers[1] if number is None else number
    product = call.world.product(variation_id)
    if product is None or product.parent_id != call.numbers[0]:
        raise errors.invalid_id("product_variation", status)
    return product


def update_variation(call: Call) -> Response:
    """PUT /products/<id>/variations/<id>."""
    row = {**call.body, "id": call.numbers[1]}
    return call.answer(_update_variation(call, row))


def batch_variations(call: Call) -> Response:
    """POST /products/<id>/variations/batch: nothing is deleted by it."""
    parent = _find(call, call.numbers[0], 404)

    def refuse(_row: dict[str, Any]) -> Any:
        code = "woocommerce_rest_cannot_batch"
        raise errors.WooError(code, "Deletions are not simulated.", 400)

    return batch(
        call,
        {
            "create": lambda row: _create_variation(call, parent, row),
            "update": lambda row: _update_variation(call, row),
            "delete": refuse,
        },
    )


def _create_variation(
    call: Call, parent: Product, data: dict[str, Any]
) -> dict[str, Any]:
    variation = Product(
        id=0,
        sku=data.get("sku", ""),
        name=parent.name,
        price=_price(data) or Decimal(0),
        stock=data.get("stock_quantity") if data.get("manage_stock") else None,
        type="variation",
        parent_id=parent.id,
        options=tuple((row["name"], row["option"]) for row in data["attributes"]),
        weight=data.get("weight", ""),
        barcode=data.get("global_unique_id", ""),
        listed=False,
    )
    added = _guarded(lambda: call.world.add_product(variation))
    return call.renderer.variation(added)


def _update_variation(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    product = _find_variation(call, 400, int(data.get("id") or 0))
    changes = _changes(product, data)
    changed = _guarded(lambda: call.world.change_product(product.id, **changes))
    return call.renderer.variation(changed)
