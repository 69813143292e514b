"""Orders: list, read, create, change, trash and delete.

Source: the REST API documentation, chapter Orders; recorded answers; and these tested
facts: ``modified_after`` and ``modified_before`` are exclusive at second grain, the
default list and ``status=any`` leave out the trash, ``per_page`` is at most 100.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..core.message import Response
from ..world.drafts import DraftFee, DraftLine, DraftShipping, OrderDraft
from ..world.model import ORDER_STATUSES, TRASH, Address, Meta, Order, WorldError
from ..world.money import money
from . import errors
from .call import Call, batch, page_of
from .params import Params
from .parcels import note_parcels

KIND = "shop_order"
_STATUSES = ("any", TRASH, *ORDER_STATUSES)
_ORDER_BY = ("date", "id", "include", "title", "slug", "modified")


# -- reading -------------------------------------------------------------------


def list_orders(call: Call) -> Response:
    """GET /orders."""
    order_filter = _filter_of(call)
    sort_key, descending = _sorting(call.params)
    rows = [order for order in call.world.orders() if order_filter(order)]
    rows.sort(key=sort_key, reverse=descending)
    statuses = call.params.words("status", "any")
    extra = tuple((f"status[{n}]", word) for n, word in enumerate(statuses))
    wanted, response = page_of(call, rows, call.renderer.order, extra)
    return replace(
        response,
        listed_orders=tuple(order.id for order in wanted),
        pages_header="X-WP-TotalPages",
    )


def _sorting(params: Params) -> tuple[Callable[[Order], Any], bool]:
    name = params.choice("orderby", _ORDER_BY, "date")
    direction = params.choice("order", ("asc", "desc"), "desc")
    keys: dict[str, Callable[[Order], Any]] = {
        "modified": lambda order: (order.modified, order.id),
        "date": lambda order: (order.created, order.id),
    }
    return keys.get(name, lambda order: order.id), direction == "desc"


def _filter_of(call: Call) -> Callable[[Order], bool]:
    checks = [
        _status_check(call.params),
        _date_check(call, "after", "before", lambda order: order.created),
        _date_check(call, "modified_after", "modified_before", lambda o: o.modified),
        _id_check(call.params),
        _people_check(call.params),
    ]
    call.params.refuse()
    return lambda order: all(check(order) for check in checks)


def _status_check(params: Params) -> Callable[[Order], bool]:
    wanted = params.choices("status", _STATUSES, "any")
    if "any" in wanted:
        return lambda order: order.status != TRASH or TRASH in wanted
    return lambda order: order.status in wanted


def _date_check(
    call: Call, after: str, before: str, stamp: Callable[[Order], datetime]
) -> Callable[[Order], bool]:
    """Both ends are exclusive at second grain."""
    first = call.params.moment(after, call.zone)
    last = call.params.moment(before, call.zone)
    return lambda order: (
        (first is None or stamp(order) > first)
        and (last is None or stamp(order) < last)
    )


def _id_check(params: Params) -> Callable[[Order], bool]:
    include, exclude = params.ids("include"), params.ids("exclude")
    return lambda order: (
        (not include or order.id in include) and order.id not in exclude
    )


def _people_check(params: Params) -> Callable[[Order], bool]:
    """``search`` looks at number and addresses, ``customer`` and ``product`` at ids."""
    text = params.text("search").lower()
    customer = params.integer("customer", 0)
    product = params.integer("product", 0)
    return lambda order: (
        (not text or text in _searchable(order))
        and (not customer or order.customer_id == customer)
        and (not product or any(line.product_id == product for line in order.lines))
    )


def _searchable(order: Order) -> str:
    parts = (*vars(order.billing).values(), *vars(order.shipping).values())
    names = (line.name for line in order.lines)
    return " ".join((order.number, *parts, *names)).lower()


def get_order(call: Call) -> Response:
    """GET /orders/<id>; a trashed order is still found."""
    return call.answer(call.renderer.order(find_order(call)))


def find_order(call: Call, status: int = 404) -> Order:
    """Return the order named in the path, or answer "Invalid ID."."""
    return _find(call, call.numbers[0], status)


def _find(call: Call, order_id: int, status: int) -> Order:
    try:
        return call.world.order(order_id)
    except WorldError as error:
        raise errors.invalid_id(KIND, status) from error


# -- writing -------------------------------------------------------------------


def create_order(call: Call) -> Response:
    """POST /orders. There is no idempotency key: two posts make two orders."""
    return call.answer(_create(call, call.body), 201)


def update_order(call: Call) -> Response:
    """PUT /orders/<id>."""
    return call.answer(_update(call, {**call.body, "id": call.numbers[0]}))


def delete_order(call: Call) -> Response:
    """DELETE /orders/<id>: to the trash, or for good with ``force=true``."""
    row = {"id": call.numbers[0], "force": call.force}
    return call.answer(_delete(call, row))


def batch_orders(call: Call) -> Response:
    """POST /orders/batch."""
    return batch(
        call,
        {
            "create": lambda row: _create(call, row),
            "update": lambda row: _update(call, row),
            "delete": lambda row: _delete(call, {**row, "force": True}),
        },
    )


def _create(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    try:
        order = call.world.place(_draft_of(call, data))
    except WorldError as error:
        raise _refusal(error) from error
    return call.renderer.order(order)


def _refusal(error: WorldError) -> errors.WooError:
    codes = {
        "unknown_coupon": "woocommerce_rest_invalid_coupon",
        "unknown_product": "order_item_product_invalid_product_id",
    }
    return errors.WooError(codes.get(error.code, error.code), str(error), 400)


def _draft_of(call: Call, data: dict[str, Any]) -> OrderDraft:
    return OrderDraft(
        billing=_address(Address(), data.get("billing")),
        shipping=_address(Address(), data.get("shipping")),
        lines=tuple(_line(call, row) for row in data.get("line_items") or ()),
        shipping_lines=tuple(_shipping(r) for r in data.get("shipping_lines") or ()),
        fees=tuple(_fee(row) for row in data.get("fee_lines") or ()),
        coupons=tuple(row["code"] for row in data.get("coupon_lines") or ()),
        customer_id=int(data.get("customer_id") or 0),
        currency=data.get("currency"),
        paid=bool(data.get("set_paid")),
        status=_status(data),
        payment_method=data.get("payment_method", ""),
        payment_title=data.get("payment_method_title", ""),
        transaction_id=data.get("transaction_id", ""),
        customer_note=data.get("customer_note", ""),
        meta=tuple((m["key"], m.get("value")) for m in data.get("meta_data") or ()),
        created_via="rest-api",
    )


def _status(data: dict[str, Any]) -> str:
    status = data.get("status") or ""
    if status and status not in (*ORDER_STATUSES, TRASH):
        params = Params({"status": status})
        params.choice("status", ORDER_STATUSES, "")
        params.refuse()
    return status


def _address(known: Address, data: dict[str, Any] | None) -> Address:
    names = vars(known)
    parts = {k: v or "" for k, v in (data or {}).items() if k in names}
    return replace(known, **parts)


def _line(call: Call, row: dict[str, Any]) -> DraftLine:
    product_id = row.get("variation_id") or row.get("product_id")
    if not product_id and row.get("sku"):
        found = (p.id for p in call.world.products() if p.sku == row["sku"])
        product_id = next(found, None)
    if not product_id:
        message = "Product ID or SKU is required."
        code = "woocommerce_rest_required_product_reference"
        raise errors.WooError(code, message, 400)
    return DraftLine(
        product_id=int(product_id),
        quantity=int(row.get("quantity", 1)),
        subtotal=_amount(row, "subtotal"),
        total=_amount(row, "total"),
        name=row.get("name", ""),
    )


def _amount(row: dict[str, Any], name: str) -> Decimal | None:
    value = row.get(name)
    return None if value in (None, "") else money(value)


def _shipping(row: dict[str, Any]) -> DraftShipping:
    total = _amount(row, "total") or Decimal(0)
    return DraftShipping(row.get("method_title", ""), row.get("method_id", ""), total)


def _fee(row: dict[str, Any]) -> DraftFee:
    return DraftFee(
        name=row.get("name", ""),
        total=_amount(row, "total") or Decimal(0),
        taxable=row.get("tax_status", "taxable") == "taxable",
        tax_class=row.get("tax_class", ""),
    )


def _update(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    order = _find(call, int(data.get("id") or 0), 400)
    status = _status(data)
    world = call.world
    try:
        with world.store.transaction():
            changed = _change_items(call, _change_fields(call, order, data), data)
            meta_only = not set(data) - {"id", "meta_data"}
            # "posts" storage leaves the date alone when only meta data changed, the
            # newer storage does not (both tested).
            touch = not meta_only or world.settings.storage == "hpos"
            world.save(changed, touch)
            note_parcels(world, changed)
            if data.get("set_paid") and order.paid is None:
                world.pay(order.id)
            if status and status != order.status:
                world.set_status(order.id, status)
    except WorldError as error:
        raise _refusal(error) from error
    return call.renderer.order(world.order(order.id))


def _change_fields(call: Call, order: Order, data: dict[str, Any]) -> Order:
    names = {
        "currency": "currency",
        "customer_id": "customer_id",
        "customer_note": "customer_note",
        "payment_method": "payment_method",
        "payment_method_title": "payment_title",
        "transaction_id": "transaction_id",
    }
    fields = {ours: data[theirs] for theirs, ours in names.items() if theirs in data}
    return replace(
        order,
        **fields,
        billing=_address(order.billing, data.get("billing")),
        shipping=_address(order.shipping, data.get("shipping")),
        meta=_change_meta(call, order.meta, data.get("meta_data") or []),
    )


def _change_meta(
    call: Call, metas: tuple[Meta, ...], rows: list[dict[str, Any]]
) -> tuple[Meta, ...]:
    """Change by id, else the first with the key, else add; None removes."""
    result = list(metas)
    for row in rows:
        known = next((m for m in result if _same_meta(m, row)), None)
        if known and row.get("value") is None:
            result.remove(known)
        elif known:
            changed = replace(known, value=row["value"])
            result[result.index(known)] = changed
        elif row.get("key"):
            result.append(call.world.new_meta(row["key"], row.get("value")))
    return tuple(result)


def _same_meta(meta: Meta, row: dict[str, Any]) -> bool:
    return meta.id == row["id"] if row.get("id") else meta.key == row.get("key")


def _change_items(call: Call, order: Order, data: dict[str, Any]) -> Order:
    keys = ("line_items", "shipping_lines", "fee_lines", "coupon_lines")
    if not any(key in data for key in keys):
        return order
    world = call.world
    order = replace(
        order,
        lines=_merge(order.lines, data.get("line_items"), "product_id", _change_line),
        shipping_lines=_merge(
            order.shipping_lines, data.get("shipping_lines"), "method_id", _change_total
        ),
        fees=_merge(order.fees, data.get("fee_lines"), "name", _change_total),
    )
    added = _draft_of(call, _only_new(data))
    order = world.add_items(order, added)
    if "coupon_lines" in data:
        return world.reapply_coupons(order)
    return world.recalculate(order)


def _only_new(data: dict[str, Any]) -> dict[str, Any]:
    keys = ("line_items", "shipping_lines", "fee_lines", "coupon_lines")
    return {
        key: [row for row in data.get(key) or () if not row.get("id")] for key in keys
    }


def _merge(
    items: tuple[Any, ...],
    rows: list[dict[str, Any]] | None,
    remover: str,
    change: Callable[[Any, dict[str, Any]], Any],
) -> tuple[Any, ...]:
    """Change items by id; a row whose ``remover`` is null removes its item."""
    by_id = {row["id"]: row for row in rows or () if row.get("id")}
    unknown = set(by_id) - {item.id for item in items}
    if unknown:
        message = "Order item ID provided is not associated with order."
        raise errors.WooError("woocommerce_rest_invalid_item_id", message, 400)
    kept = (
        item
        for item in items
        if item.id not in by_id or by_id[item.id].get(remover, "") is not None
    )
    return tuple(change(item, by_id.get(item.id, {})) for item in kept)


def _change_line(line: Any, row: dict[str, Any]) -> Any:
    """Changing only the quantity leaves the totals as they were."""
    fields: dict[str, Any] = {
        name: money(row[name]) for name in ("subtotal", "total") if name in row
    }
    if "quantity" in row:
        fields["quantity"] = int(row["quantity"])
    if "name" in row:
        fields["name"] = row["name"]
    return replace(line, **fields)


def _change_total(item: Any, row: dict[str, Any]) -> Any:
    return replace(item, total=money(row["total"])) if "total" in row else item


def _delete(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    order = _find(call, int(data.get("id") or 0), 404)
    if data.get("force"):
        before = call.renderer.order(order)
        call.world.delete(order.id)
        return before
    if order.status == TRASH:
        code = "woocommerce_rest_already_trashed"
        message = "The shop_order has already been deleted."
        raise errors.WooError(code, message, 410)
    return call.renderer.order(call.world.trash(order.id))
