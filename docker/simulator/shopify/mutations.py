"""Mutations: quantities, fulfilments, cancellations, refunds, webhooks, bulk.

Those of products are in :mod:`.goods`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from ..core.deliveries import is_loopback_url
from ..world.drafts import RefundDraft
from ..world.model import Order, WorldError
from ..world.money import money
from ..world.refunds import refund_line_for
from .bulk import BulkDesk
from .goods import Goods, user_error
from .graphql import GraphqlError
from .tree import MAIN, Tree, gid, number_of
from .webhooks import TOPICS

Json = dict[str, Any]

#: What each mutation needs. Webhooks really need the right to read their topic; here
#: a token that may only read may not subscribe either.
SCOPES = {
    "inventorySetQuantities": "write_inventory",
    "fulfillmentCreate": "write_merchant_managed_fulfillment_orders",
    "orderCancel": "write_orders",
    "refundCreate": "write_orders",
    "productUpdate": "write_products",
    "productVariantsBulkUpdate": "write_products",
    "productSet": "write_products",
    "webhookSubscriptionCreate": "write_orders",
    "webhookSubscriptionDelete": "write_orders",
    "bulkOperationRunQuery": "",
}
#: Mutations that document ``@idempotent``: optional from the first version, required
#: from the second.
IDEMPOTENT = frozenset({"inventorySetQuantities", "refundCreate"})
KNOWN_SINCE, REQUIRED_SINCE = "2026-01", "2026-04"
MOST_QUANTITIES = 250


class Jobs:
    """Asynchronous work; a job is seen unfinished once."""

    def __init__(self) -> None:
        self._polls: dict[str, int] = {}

    def new(self) -> Json:
        """Return a new job."""
        identifier = gid("Job", len(self._polls) + 1)
        self._polls[identifier] = 0
        return {"__typename": "Job", "id": identifier, "done": False}

    def render(self, identifier: str) -> Json | None:
        """Return a job as it stands."""
        if identifier not in self._polls:
            return None
        self._polls[identifier] += 1
        done = self._polls[identifier] > 1
        return {"__typename": "Job", "id": identifier, "done": done}


class Keys:
    """Remembers answers by idempotency key."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, Json]] = {}
        self._lock = threading.RLock()

    def once(self, key: str, parameters: str, work: Callable[[], Json]) -> Json:
        """Return the first answer that was given under a key."""
        with self._lock:
            if key in self._known:
                before, payload = self._known[key]
                if before == parameters:
                    return payload
                message = (
                    "The same idempotency key cannot be used with different "
                    "operation parameters."
                )
                error = user_error(message, None, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
                return {**dict.fromkeys(payload), "userErrors": [error]}
            payload = work()
            self._known[key] = (parameters, payload)
            return payload


class Mutations:
    """Carries out what a shop is told; refusals are user errors."""

    def __init__(
        self,
        tree: Tree,
        version: str,
        bulk: BulkDesk,
        jobs: Jobs,
        query_root: Mapping[str, Any],
    ) -> None:
        self.tree, self.version, self.jobs = tree, version, jobs
        self.world = tree.world
        self._bulk, self._query_root = bulk, query_root

    def root(self) -> Json:
        """Return the root object."""
        return {
            "__typename": "Mutation",
            "inventorySetQuantities": self._set_quantities,
            "fulfillmentCreate": self._fulfil,
            "orderCancel": self._cancel,
            "refundCreate": self._refund,
            **Goods(self.tree).root(),
            "webhookSubscriptionCreate": self._subscribe,
            "webhookSubscriptionDelete": self._unsubscribe,
            "bulkOperationRunQuery": self._run_bulk,
        }

    # -- quantities --------------------------------------------------------

    def _set_quantities(self, arguments: Mapping[str, Any]) -> Json:
        values = arguments["input"]
        rows = values["quantities"]
        if len(rows) > MOST_QUANTITIES:
            message = (
                f"The input array size of {len(rows)} is greater than the maximum "
                f"allowed of {MOST_QUANTITIES}."
            )
            raise GraphqlError(message, "MAX_INPUT_SIZE_EXCEEDED")
        self._check_shape(values, rows)
        errors = []
        for index, row in enumerate(rows):
            errors += self._refused(values, rows, index, row)
        if not errors:
            with self.world.store.transaction():
                for row in rows:
                    number = number_of(row["inventoryItemId"])
                    self.world.change_product(number, stock=row["quantity"])
        return {
            "__typename": "InventorySetQuantitiesPayload",
            "inventoryAdjustmentGroup": None,
            "userErrors": errors,
        }

    def _check_shape(self, values: Json, rows: list[Json]) -> None:
        """Refuse fields that the version of the interface does not have."""
        new = self.version >= KNOWN_SINCE
        known = {"inventoryItemId", "locationId", "quantity"}
        known.add("changeFromQuantity" if new else "compareQuantity")
        for row in rows:
            unknown = set(row) - known
            if unknown:
                message = f"InventoryQuantityInput doesn't accept {sorted(unknown)}"
                raise GraphqlError(message, "INVALID_VARIABLE")
            if self.version >= REQUIRED_SINCE and "changeFromQuantity" not in row:
                message = (
                    "InventoryQuantityInput must include the following argument: "
                    "changeFromQuantity."
                )
                raise GraphqlError(message, "INVALID_FIELD_ARGUMENTS")
        if new and "ignoreCompareQuantity" in values:
            message = "InventorySetQuantitiesInput doesn't accept ignoreCompareQuantity"
            raise GraphqlError(message, "INVALID_VARIABLE")

    def _refused(
        self, values: Json, rows: list[Json], index: int, row: Json
    ) -> list[Json]:
        """Return the user error of a row, in a list, or nothing."""
        place = ["input", "quantities", str(index)]
        product = self.world.product(number_of(row["inventoryItemId"]))
        new = self.version >= KNOWN_SINCE
        expected = row.get("changeFromQuantity" if new else "compareQuantity")
        if product is None or not product.sellable:
            message = "The specified inventory item could not be found."
            code = "INVALID_INVENTORY_ITEM"
            return [user_error(message, [*place, "inventoryItemId"], code)]
        if product.stock is None or str(number_of(row["locationId"])) != MAIN:
            message = "The specified inventory item is not stocked at the location."
            code = "ITEM_NOT_STOCKED_AT_LOCATION"
            return [user_error(message, [*place, "locationId"], code)]
        twins = [r for r in rows if r["inventoryItemId"] == row["inventoryItemId"]]
        if len(twins) > 1:
            message = "inventoryItemId and locationId must be unique together."
            code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
            return [user_error(message, [*place, "locationId"], code)]
        if not new and expected is None:
            if values.get("ignoreCompareQuantity"):
                return []
            message = (
                "The compareQuantity argument must be given to each quantity or "
                "ignored using ignoreCompareQuantity."
            )
            code = "COMPARE_QUANTITY_REQUIRED"
            return [user_error(message, [*place, "compareQuantity"], code)]
        ignored = not new and values.get("ignoreCompareQuantity")
        if expected is not None and not ignored and expected != product.stock:
            name = "changeFromQuantity" if new else "compareQuantity"
            message = f"The {name} value does not match persisted value."
            code = "CHANGE_FROM_QUANTITY_STALE" if new else "COMPARE_QUANTITY_STALE"
            return [user_error(message, [*place, name], code)]
        return []

    # -- fulfilments and cancellations -------------------------------------

    def _fulfil(self, arguments: Mapping[str, Any]) -> Json:
        values = arguments["fulfillment"]
        lines: dict[int, int] = {}
        order: Order | None = None
        for group in values["lineItemsByFulfillmentOrder"]:
            order = self.tree.order_by(group["fulfillmentOrderId"])
            if order is None:
                return _fulfilled(None, "Fulfillment order does not exist.")
            open_lines = self._open_lines(order)
            rows = group.get("fulfillmentOrderLineItems")
            wanted = (
                {number_of(row["id"]): row["quantity"] for row in rows}
                if rows
                else open_lines
            )
            for line, quantity in wanted.items():
                if not 0 < quantity <= open_lines.get(line, 0):
                    message = "Invalid fulfillment order line item quantity requested."
                    return _fulfilled(None, message)
                lines[line] = lines.get(line, 0) + quantity
        if order is None:
            return _fulfilled(None, "Fulfillment order does not exist.")
        tracking = values.get("trackingInfo") or {}
        try:
            parcel = self.world.ship(
                order.id,
                tuple(lines.items()),
                tracking.get("company") or "",
                tracking.get("number") or "",
                MAIN,
            )
        except WorldError as error:
            return _fulfilled(None, str(error))
        return _fulfilled(parcel.id)

    def _open_lines(self, order: Order) -> dict[int, int]:
        """Return pieces by line that the fulfilment order has open."""
        work = self.tree.node(gid("FulfillmentOrder", order.id))
        if work is None or work["status"] not in ("OPEN", "IN_PROGRESS"):
            return {}
        return {
            number_of(row["lineItem"]["id"]): row["remainingQuantity"]
            for row in work["lineItems"].rows
            if row["remainingQuantity"]
        }

    def _cancel(self, arguments: Mapping[str, Any]) -> Json:
        order = self.tree.order_by(arguments["orderId"])
        error = None
        if order is None:
            error = user_error("Order does not exist", ["orderId"], "NOT_FOUND")
        elif order.status == "cancelled":
            message = "Order has already been cancelled"
            error = user_error(message, ["orderId"], "INVALID")
        elif self.world.parcels(order.id) or order.status == "completed":
            message = "Cannot cancel an order with outstanding fulfillments"
            error = user_error(message, ["orderId"], "INVALID")
        else:
            self.world.set_status(order.id, "cancelled")
        return {
            "__typename": "OrderCancelPayload",
            "job": None if error else self.jobs.new(),
            "orderCancelUserErrors": [error] if error else [],
        }

    # -- money back --------------------------------------------------------

    def _refund(self, arguments: Mapping[str, Any]) -> Json:
        values = arguments["input"]
        order = self.tree.order_by(values["orderId"])
        if order is None:
            return _refunded(None, user_error("Order does not exist", ["orderId"]))
        if values.get("currency") not in (None, order.currency):
            message = "Currency must be the presentment currency of the order"
            return _refunded(None, user_error(message, ["currency"]))
        known = {line.id: line for line in order.lines}
        parts = []
        for index, row in enumerate(values.get("refundLineItems") or []):
            line = known.get(number_of(row["lineItemId"]))
            place = ["refundLineItems", str(index)]
            if line is None:
                return _refunded(None, user_error("Line item does not exist", place))
            if row["quantity"] > line.quantity:
                message = "Quantity cannot refund more items than were purchased"
                return _refunded(None, user_error(message, [*place, "quantity"]))
            parts.append(refund_line_for(order, line, row["quantity"]))
        moves = values.get("transactions") or []
        amount = sum((money(move["amount"]) for move in moves), Decimal(0))
        paid = order.totals.total if order.paid else Decimal(0)
        left = paid - self.world.refunded(order.id)
        if amount > left:
            message = (
                f"Refund amount ${amount} is greater than net payment received ${left}"
            )
            return _refunded(None, user_error(message, None))
        draft = RefundDraft(amount, values.get("note") or "", tuple(parts), False, True)
        return _refunded(self.world.refund(order.id, draft).id)

    # -- webhooks and bulk -------------------------------------------------

    def _subscribe(self, arguments: Mapping[str, Any]) -> Json:
        topic = arguments["topic"]
        url = str(arguments["webhookSubscription"].get("uri") or "")
        if topic not in TOPICS:
            message = f'Expected "{topic}" to be one of: {", ".join(TOPICS)}'
            raise GraphqlError(message, "INVALID_VARIABLE")
        twins = [
            hook
            for hook in self.world.subscriptions()
            if (hook.topic, hook.delivery_url) == (topic, url)
        ]
        error, hook = None, None
        if twins:
            message = "Address for this topic has already been taken"
            error = user_error(message, ["webhookSubscription", "callbackUrl"])
        elif not is_loopback_url(url):
            message = "The simulated shop delivers to loopback addresses only."
            error = user_error(message, ["webhookSubscription", "callbackUrl"])
        else:
            hook = self.world.subscribe(topic, topic, url, "")
        number = hook and {
            "__typename": "WebhookSubscription",
            "id": gid("WebhookSubscription", hook.id),
        }
        return {
            "__typename": "WebhookSubscriptionCreatePayload",
            "webhookSubscription": number,
            "userErrors": [error] if error else [],
        }

    def _unsubscribe(self, arguments: Mapping[str, Any]) -> Json:
        number = number_of(arguments["id"])
        known = {hook.id for hook in self.world.subscriptions()}
        if number in known:
            self.world.unsubscribe(number)
        message = "Webhook subscription does not exist"
        return {
            "__typename": "WebhookSubscriptionDeletePayload",
            "deletedWebhookSubscriptionId": (
                arguments["id"] if number in known else None
            ),
            "userErrors": [] if number in known else [user_error(message, ["id"])],
        }

    def _run_bulk(self, arguments: Mapping[str, Any]) -> Json:
        try:
            operation = self._bulk.run(arguments["query"], self._query_root)
        except GraphqlError as problem:
            error = user_error(str(problem), ["query"], "INVALID")
            return {
                "__typename": "BulkOperationRunQueryPayload",
                "bulkOperation": None,
                "userErrors": [error],
            }
        return {
            "__typename": "BulkOperationRunQueryPayload",
            "bulkOperation": self._bulk.render(operation, "", poll=False),
            "userErrors": [],
        }


def _fulfilled(number: int | None, message: str = "") -> Json:
    found = {"__typename": "Fulfillment", "id": gid("Fulfillment", number)}
    return {
        "__typename": "FulfillmentCreatePayload",
        "fulfillment": found if number else None,
        "userErrors": [user_error(message, ["fulfillment"])] if message else [],
    }


def _refunded(number: int | None, error: Json | None = None) -> Json:
    found = {"__typename": "Refund", "id": gid("Refund", number)}
    return {
        "__typename": "RefundCreatePayload",
        "refund": found if number else None,
        "userErrors": [error] if error else [],
    }
