"""The simulated shop itself: its state and everything that can happen in it.

All marketplaces share this world; a protocol only renders it. Every public verb is one
transaction: it is journalled as a whole before it returns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from ..core.clock import Clock, parse_zone
from ..core.journal import Journal
from . import catalogue
from .dispatch import DispatchDesk
from .drafts import DraftLine, OrderDraft, RefundDraft
from .model import (
    TRASH,
    Coupon,
    CouponLine,
    Customer,
    FeeLine,
    LineItem,
    Meta,
    Note,
    Order,
    Parcel,
    Product,
    Refund,
    ReturnCase,
    Settings,
    ShippingLine,
    Subscription,
    TaxRate,
    WorldError,
)
from .money import ZERO, total_of
from .people import make_buyer
from .pricing import OrderCalculator, net_of_base_tax
from .refunds import RefundDesk
from .scenarios import pick, scenarios_of
from .stock import StockRoom
from .store import Store

#: Orders, refunds and added products share one sequence of numbers, as posts do.
FIRST_POST_ID = 1001


class World:
    """State and verbs of the shop."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        seed: int = 7,
        settings: Settings | None = None,
        marketplace: str = "woocommerce",
    ) -> None:
        self.clock = clock
        self.marketplace = marketplace
        self.seed = seed
        self.store = Store(journal)
        self._stock = StockRoom(self)
        self._dispatch = DispatchDesk(self)
        self._first_settings = settings or Settings()
        if not self.store.load():
            self._open_shop()
        self.clock.offset_seconds = self.store.value("clock_offset", 0.0)

    # -- set-up ------------------------------------------------------------

    def _open_shop(self) -> None:
        with self.store.transaction():
            self.store.put("settings", 1, self._first_settings)
            now = self.clock.now()
            for product in (*catalogue.CATALOGUE, *catalogue.UNLISTED):
                stamped = replace(product, created=now, modified=now)
                self.store.put("product", product.id, stamped)
            for rate in catalogue.TAX_RATES:
                self.store.put("tax_rate", rate.id, rate)
            for coupon in catalogue.COUPONS:
                self.store.put("coupon", coupon.id, replace(coupon, created=now))
            self._register_customers()

    def _register_customers(self) -> None:
        rng = Random(f"{self.seed}/customers")
        places = (("US", "CA"), ("US", "NY"), ("CN", "CN2"))
        for customer_id, (country, state) in enumerate(places, start=2):
            buyer = make_buyer(rng, country, state)
            customer = Customer(
                id=customer_id,
                username=f"{buyer.login}.{customer_id}",
                email=buyer.billing.email,
                first_name=buyer.billing.first_name,
                last_name=buyer.billing.last_name,
                billing=buyer.billing,
                shipping=buyer.shipping,
                created=self.clock.now(),
            )
            self.store.put("customer", customer_id, customer)

    def reset(self, seed: int | None = None) -> None:
        """Start again with an empty order book; forget the journal."""
        with self.store.lock:
            self.seed = self.seed if seed is None else seed
            self.store.clear()
            self.clock.offset_seconds = 0.0
            self._open_shop()

    def set_clock(self, offset_seconds: float) -> None:
        """Move the shop's clock away from real time."""
        with self.store.transaction():
            self.store.set_value("clock_offset", offset_seconds)
            self.clock.offset_seconds = offset_seconds

    # -- questions ---------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """How the shop is set up."""
        return self.store.get("settings", 1)

    def change_settings(self, **changes: Any) -> Settings:
        """Change the shop's set-up; existing orders keep what they were made with."""
        parse_zone(changes.get("timezone", "UTC"))
        with self.store.transaction():
            settings = replace(self.settings, **changes)
            self.store.put("settings", 1, settings)
            return settings

    def orders(self) -> list[Order]:
        """Return all orders, trashed ones included."""
        return self.store.rows("order")

    def order(self, order_id: int) -> Order:
        """Return an order or raise ``WorldError('unknown_order')``."""
        order = self.store.get("order", order_id)
        if order is None:
            raise WorldError("unknown_order", f"There is no order {order_id}.")
        return order

    def refunds(self, order_id: int | None = None) -> list[Refund]:
        """Return the refunds of one order, or all of them."""
        rows: list[Refund] = self.store.rows("refund")
        return [row for row in rows if order_id in (None, row.order_id)]

    def notes(self, order_id: int) -> list[Note]:
        """Return the notes of an order."""
        return [row for row in self.store.rows("note") if row.order_id == order_id]

    def products(self) -> list[Product]:
        """Return all products, variations included."""
        return self.store.rows("product")

    def product(self, product_id: int) -> Product | None:
        """Return a product, or None."""
        return self.store.get("product", product_id)

    def rates(self) -> list[TaxRate]:
        """Return the tax rates."""
        return self.store.rows("tax_rate")

    def coupons(self) -> list[Coupon]:
        """Return the coupons."""
        return self.store.rows("coupon")

    def parcels(self, order_id: int | None = None) -> list[Parcel]:
        """Return what was sent, of one order or of all."""
        rows = self.store.rows("parcel")
        return [row for row in rows if order_id in (None, row.order_id)]

    def returns(self, order_id: int | None = None) -> list[ReturnCase]:
        """Return the returns of one order or of all."""
        rows = self.store.rows("return")
        return [row for row in rows if order_id in (None, row.order_id)]

    def open_lines(self, order_id: int) -> tuple[tuple[int, int], ...]:
        """Return what is still to be sent of an order: (line id, quantity) pairs."""
        return self._dispatch.open_lines(self.order(order_id))

    def customers(self) -> list[Customer]:
        """Return the registered buyers."""
        return self.store.rows("customer")

    def refunded(self, order_id: int) -> Decimal:
        """Return how much of an order has been given back."""
        return total_of(refund.amount for refund in self.refunds(order_id))

    # -- placing orders ----------------------------------------------------

    def place_scenario(self, name: str | None = None) -> Order:
        """Place an order of the named scenario, or one of the demo mix."""
        scenarios = scenarios_of(self.marketplace)
        if name is not None and name not in scenarios:
            raise WorldError("unknown_scenario", f"There is no scenario {name!r}.")
        with self.store.transaction():
            # A generator per order, not one for all: a restarted simulator goes on
            # with the same orders that an uninterrupted one would have made.
            number = self.store.next_id("drafts")
            rng = Random(f"{self.seed}/{number}/{name}")
            chosen = scenarios[name] if name else pick(rng, self.marketplace)
            return self.place(chosen.draft(rng), rng)

    def place(self, draft: OrderDraft, rng: Random | None = None) -> Order:
        """Make an order of ``draft``; paid ones go on to processing or completed."""
        with self.store.transaction():
            order = self._new_order(draft, rng or Random())
            order = self.calculator().apply_coupons(order)
            order = self.calculator().calculate(order, self._ids("item"))
            if draft.paid:
                order = self._paid(order)
            elif draft.status:
                order = self._with_status(order, draft.status)
            order = self._stock.move(order)
            self._put_order(order, "created")
            return order

    def calculator(self) -> OrderCalculator:
        """Return a calculator with the shop's rates and coupons."""
        return OrderCalculator(self.rates(), self.coupons())

    def _new_order(self, draft: OrderDraft, rng: Random) -> Order:
        settings = self.settings
        order_id = self.next_post_id()
        now = self.clock.now()
        base = draft.base or (settings.base_country, settings.base_state)
        order = Order(
            id=order_id,
            number=str(order_id),
            status="pending",
            currency=draft.currency or settings.currency,
            decimals=_either(draft.decimals, settings.decimals),
            prices_include_tax=_either(
                draft.prices_include_tax, settings.prices_include_tax
            ),
            round_at_subtotal=_either(
                draft.round_at_subtotal, settings.round_at_subtotal
            ),
            base_country=base[0],
            base_state=base[1],
            created=now,
            modified=now,
            billing=draft.billing,
            shipping=draft.shipping,
            order_key=_order_key(rng),
            customer_id=draft.customer_id,
            payment_method=draft.payment_method,
            payment_title=draft.payment_title,
            transaction_id=draft.transaction_id,
            created_via=draft.created_via,
            customer_note=draft.customer_note,
            scenario=draft.scenario,
            plan=draft.plan,
            risk=draft.risk,
            channel_fulfilled=draft.channel_fulfilled,
        )
        return self._fill(order, draft)

    def _fill(self, order: Order, draft: OrderDraft) -> Order:
        """Add the lines of ``draft``; items are numbered in the order shops do it."""
        return replace(
            order,
            lines=tuple(self.new_line(order, line) for line in draft.lines),
            shipping_lines=tuple(
                ShippingLine(self.new_id("item"), s.method_title, s.method_id, s.total)
                for s in draft.shipping_lines
            ),
            fees=tuple(
                FeeLine(self.new_id("item"), f.name, f.total, f.taxable, f.tax_class)
                for f in draft.fees
            ),
            coupons=tuple(self.new_coupon_line(code) for code in draft.coupons),
            meta=tuple(self.new_meta(key, value) for key, value in draft.meta),
        )

    def add_items(self, order: Order, draft: OrderDraft) -> Order:
        """Return ``order`` with the items of ``draft`` after its own."""
        with self.store.transaction():
            added = self._fill(order, draft)
        return replace(
            order,
            lines=order.lines + added.lines,
            shipping_lines=order.shipping_lines + added.shipping_lines,
            fees=order.fees + added.fees,
            coupons=order.coupons + added.coupons,
        )

    def new_id(self, sequence: str) -> int:
        """Return a new number of ``item``, ``meta``, ``note``... inside a verb."""
        return self.store.next_id(sequence)

    def _ids(self, sequence: str) -> Iterator[int]:
        while True:
            yield self.store.next_id(sequence)

    def next_post_id(self) -> int:
        """Return the next number of orders, refunds and added products."""
        return self.store.next_id("post", FIRST_POST_ID)

    def new_meta(self, key: str, value: Any, display_key: str | None = None) -> Meta:
        """Return a new piece of meta data."""
        return Meta(self.new_id("meta"), key, value, display_key)

    def new_coupon_line(self, code: str) -> CouponLine:
        """Return a line for coupon ``code`` or raise ``unknown_coupon``."""
        if code not in {coupon.code for coupon in self.coupons()}:
            raise WorldError("unknown_coupon", f'Coupon "{code}" does not exist!')
        return CouponLine(self.new_id("item"), code, meta_id=self.new_id("meta"))

    def new_line(self, order: Order, draft: DraftLine) -> LineItem:
        """Return a priced product line for ``order``."""
        if not draft.product_id:
            return self._line_without_product(draft)
        product = self.product(draft.product_id)
        if product is None or not product.sellable:
            raise WorldError("unknown_product", "Invalid product ID.")
        subtotal = self._line_subtotal(order, draft, product)
        parent = self.product(product.parent_id) if product.parent_id else None
        return LineItem(
            id=self.new_id("item"),
            name=draft.name or line_name(product),
            product_id=product.parent_id or product.id,
            variation_id=product.id if product.parent_id else 0,
            quantity=draft.quantity,
            subtotal=subtotal,
            total=subtotal if draft.total is None else draft.total,
            sku=product.sku,
            tax_class=product.tax_class,
            taxable=product.taxable,
            parent_name=parent.name if parent else None,
            needs_processing=not (product.virtual and product.downloadable),
            meta=tuple(
                self.new_meta(name.lower(), value, name)
                for name, value in (product.options if parent else ())
            ),
        )

    def _line_without_product(self, draft: DraftLine) -> LineItem:
        price = draft.unit_price or ZERO
        return LineItem(
            id=self.new_id("item"),
            name=draft.name,
            product_id=0,
            variation_id=0,
            quantity=draft.quantity,
            subtotal=price * draft.quantity,
            total=price * draft.quantity,
            sku=None,
        )

    def _line_subtotal(
        self, order: Order, draft: DraftLine, product: Product
    ) -> Decimal:
        if draft.subtotal is not None:
            return draft.subtotal
        unit = product.price if draft.unit_price is None else draft.unit_price
        price = unit * draft.quantity
        if order.prices_include_tax and product.taxable:
            return net_of_base_tax(price, product.tax_class, order, self.rates())
        return price

    # -- the life of an order ----------------------------------------------

    def set_status(self, order_id: int, status: str) -> Order:
        """Move an order to ``status`` with all that follows from it."""
        with self.store.transaction():
            order = self.order(order_id)
            if status == TRASH:
                return self.trash(order_id)
            changed = self._with_status(order, status)
            changed = self._stock.move(changed)
            self.save(changed)
            if status == "refunded":
                RefundDesk(self).refund_rest(changed)
            return self.order(order_id)

    def pay(self, order_id: int) -> Order:
        """Record the payment: processing, or completed if nothing is to be shipped."""
        with self.store.transaction():
            order = self._stock.move(self._paid(self.order(order_id)))
            return self.save(order)

    def _paid(self, order: Order) -> Order:
        status = "processing" if order.needs_processing else "completed"
        return self._with_status(order, status)

    def _with_status(self, order: Order, status: str) -> Order:
        now = self.clock.now()
        order = replace(order, status=status, modified=now)
        if status in ("processing", "completed") and order.paid is None:
            order = replace(order, paid=now)
        if status == "completed":
            order = replace(order, completed=now)
        return order

    def ship(
        self,
        order_id: int,
        lines: tuple[tuple[int, int], ...] = (),
        carrier: str = "",
        tracking: str = "",
        location: str = "",
        key: str = "",
    ) -> Parcel:
        """Send a parcel; without ``lines`` all that is left.

        :raises WorldError: ``order_not_shippable`` or ``nothing_to_ship``.
        """
        with self.store.transaction():
            order = self.order(order_id)
            parcel = Parcel(
                id=self.next_post_id(),
                order_id=order_id,
                lines=lines,
                carrier=carrier,
                tracking=tracking,
                created=self.clock.now(),
                location=location,
                key=key,
            )
            return self._dispatch.ship(order, parcel)

    def open_return(
        self,
        order_id: int,
        lines: tuple[tuple[int, int], ...],
        reason: str = "",
        kind: str = "customer",
        note: str = "",
    ) -> ReturnCase:
        """Let goods come back.

        :raises WorldError: ``nothing_to_return`` beyond what was ordered.
        """
        with self.store.transaction():
            now = self.clock.now()
            case = ReturnCase(
                id=self.next_post_id(),
                order_id=order_id,
                lines=lines,
                reason=reason,
                status="requested",
                created=now,
                modified=now,
                kind=kind,
                note=note,
            )
            return self._dispatch.open_return(self.order(order_id), case)

    def move_return(self, return_id: int, status: str) -> ReturnCase:
        """Let a return take a step.

        :raises WorldError: ``return_not_possible`` for a step that does not follow.
        """
        with self.store.transaction():
            case = self.store.get("return", return_id)
            if case is None:
                raise WorldError("unknown_return", "There is no such return.")
            return self._dispatch.move_return(case, status)

    def request_cancel(self, order_id: int) -> Order:
        """The buyer asks to call an order off; the seller has to answer."""
        return self.save(replace(self.order(order_id), cancel_requested=True))

    def save(self, order: Order, touch: bool = True) -> Order:
        """Store a changed order; ``touch`` moves its modified date to now."""
        with self.store.transaction():
            if touch:
                order = replace(order, modified=self.clock.now())
            self._put_order(order, "updated")
            return order

    def recalculate(self, order: Order) -> Order:
        """Return ``order`` with taxes and totals worked out again."""
        with self.store.transaction():
            return self.calculator().calculate(order, self._ids("item"))

    def reapply_coupons(self, order: Order) -> Order:
        """Return ``order`` with its coupons taken off afresh, and recalculated."""
        with self.store.transaction():
            lines = tuple(replace(line, total=line.subtotal) for line in order.lines)
            order = replace(order, lines=lines)
            return self.recalculate(self.calculator().apply_coupons(order))

    def _put_order(self, order: Order, verb: str) -> None:
        self.store.put("order", order.id, order)
        self.store.tell("order", verb, order.id)

    def touch(self, order_id: int) -> Order:
        """Save an order without a change, as plug-ins do; its modified date moves."""
        return self.save(self.order(order_id))

    def edit(self, order_id: int, changes: dict[str, Any]) -> Order:
        """Edit an order as a shop manager does.

        ``changes``: ``quantities`` {line id: quantity}, ``remove`` [line ids], ``add``
        [{"product_id", "quantity"}], ``billing``/``shipping`` {part: text},
        ``customer_note``, ``meta`` {key: value}.
        """
        with self.store.transaction():
            order = self._edit_lines(self.order(order_id), changes)
            for name in ("billing", "shipping"):
                address = replace(getattr(order, name), **changes.get(name, {}))
                order = replace(order, **{name: address})
            note = changes.get("customer_note", order.customer_note)
            metas = (
                self.new_meta(key, value)
                for key, value in changes.get("meta", {}).items()
            )
            order = replace(order, customer_note=note, meta=(*order.meta, *metas))
            return self.save(self.recalculate(order))

    def _edit_lines(self, order: Order, changes: dict[str, Any]) -> Order:
        quantities = {int(k): int(v) for k, v in changes.get("quantities", {}).items()}
        removed = {int(line_id) for line_id in changes.get("remove", [])}
        lines = [
            _with_quantity(line, quantities.get(line.id, line.quantity))
            for line in order.lines
            if line.id not in removed
        ]
        for item in changes.get("add", []):
            draft = DraftLine(int(item["product_id"]), int(item.get("quantity", 1)))
            lines.append(self.new_line(order, draft))
        return replace(order, lines=tuple(lines))

    def trash(self, order_id: int) -> Order:
        """Throw an order away; it can be restored."""
        with self.store.transaction():
            order = self.order(order_id)
            if order.status == TRASH:
                return order
            trashed = replace(
                order,
                status=TRASH,
                status_before_trash=order.status,
                modified=self.clock.now(),
            )
            self._put_order(trashed, "deleted")
            return trashed

    def restore(self, order_id: int) -> Order:
        """Take an order out of the trash."""
        with self.store.transaction():
            order = self.order(order_id)
            restored = replace(
                order,
                status=order.status_before_trash or "pending",
                status_before_trash="",
                modified=self.clock.now(),
            )
            self._put_order(restored, "restored")
            return restored

    def delete(self, order_id: int) -> Order:
        """Delete an order for good, with its refunds and notes. Nobody is told."""
        with self.store.transaction():
            order = self.order(order_id)
            for refund in self.refunds(order_id):
                self.store.drop("refund", refund.id)
            for note in self.notes(order_id):
                self.store.drop("note", note.id)
            self.store.drop("order", order_id)
            gone = [*self.store.value("deleted_orders", []), _tombstone(order)]
            self.store.set_value("deleted_orders", gone)
            return order

    def deleted_orders(self) -> list[dict[str, Any]]:
        """Return what is remembered of orders that were deleted for good."""
        return self.store.value("deleted_orders", [])

    def add_note(
        self, order_id: int, text: str, for_customer: bool, author: str
    ) -> Note:
        """Write a note on an order."""
        with self.store.transaction():
            self.order(order_id)
            note_id = self.new_id("note")
            now = self.clock.now()
            note = Note(note_id, order_id, text, for_customer, author, now)
            self.store.put("note", note_id, note)
            return note

    def drop_note(self, note: Note) -> None:
        """Remove a note."""
        with self.store.transaction():
            self.store.drop("note", note.id)

    # -- refunds -----------------------------------------------------------

    def refund(self, order_id: int, draft: RefundDraft) -> Refund:
        """Give money back; raises ``invalid_refund_amount`` beyond what is left."""
        with self.store.transaction():
            return RefundDesk(self).refund(self.order(order_id), draft)

    def drop_refund(self, refund: Refund) -> None:
        """Delete a refund; the money counts as not given back."""
        with self.store.transaction():
            self.store.drop("refund", refund.id)
            self.touch(refund.order_id)

    # -- products ----------------------------------------------------------

    def change_product(self, product_id: int, **changes: Any) -> Product:
        """Change a product. The last write wins: stock is written, not added."""
        with self.store.transaction():
            product = self.product(product_id)
            if product is None:
                raise WorldError("unknown_product", "Invalid ID.")
            sku = changes.get("sku", product.sku)
            self._check_sku(sku, product_id)
            changed = replace(product, **changes, modified=self.clock.now())
            self.store.put("product", product_id, changed)
            self.store.tell("product", "updated", product_id)
            return changed

    def change_whole(self, product_id: int, **changes: Any) -> None:
        """Change a product and all variations of it alike."""
        with self.store.transaction():
            for product in self.products():
                if product_id in (product.id, product.parent_id):
                    self.change_product(product.id, **changes)

    def add_product(self, product: Product) -> Product:
        """Add a product; its id is chosen here."""
        with self.store.transaction():
            self._check_sku(product.sku, 0)
            product_id = self.next_post_id()
            now = self.clock.now()
            added = replace(product, id=product_id, created=now, modified=now)
            self.store.put("product", product_id, added)
            self.store.tell("product", "created", product_id)
            return added

    def drop_product(self, product_id: int) -> None:
        """Delete a product for good; orders keep their lines without it."""
        with self.store.transaction():
            self.store.drop("product", product_id)
            self.store.tell("product", "deleted", product_id)

    def _check_sku(self, sku: str, own_id: int) -> None:
        others = [p for p in self.products() if p.sku == sku and p.id != own_id]
        if sku and others:
            raise WorldError(f"duplicate_sku:{others[0].id}", sku)

    # -- subscriptions -----------------------------------------------------

    def subscriptions(self) -> list[Subscription]:
        """Return the webhooks."""
        return self.store.rows("subscription")

    def subscribe(self, name: str, topic: str, url: str, secret: str) -> Subscription:
        """Register somebody who wants to be told."""
        with self.store.transaction():
            number = self.new_id("subscription")
            now = self.clock.now()
            hook = Subscription(number, name, topic, url, secret, now)
            self.store.put("subscription", number, hook)
            return hook

    def save_subscription(self, hook: Subscription) -> Subscription:
        """Store a changed webhook."""
        with self.store.transaction():
            self.store.put("subscription", hook.id, hook)
            return hook

    def unsubscribe(self, hook_id: int) -> None:
        """Remove a webhook."""
        with self.store.transaction():
            self.store.drop("subscription", hook_id)


def line_name(product: Product) -> str:
    """Return the name of a product on an order: variations name their options."""
    if not product.parent_id:
        return product.name
    values = ", ".join(value for _name, value in product.options)
    return f"{product.name} - {values}"


def _either(value: Any, default: Any) -> Any:
    return default if value is None else value


def _order_key(rng: Random) -> str:
    letters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "wc_order_" + "".join(rng.choice(letters) for _ in range(13))


def _with_quantity(line: LineItem, quantity: int) -> LineItem:
    """Scale a line; the price of a piece stays."""
    if quantity == line.quantity:
        return line
    factor = Decimal(quantity) / (line.quantity or 1)
    return replace(
        line,
        quantity=quantity,
        subtotal=line.subtotal * factor,
        total=line.total * factor,
    )


def _tombstone(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "number": order.number,
        "status": "deleted",
        "total": str(order.totals.total),
        "currency": order.currency,
        "date_modified_gmt": order.modified.strftime("%Y-%m-%dT%H:%M:%S"),
        "scenario": order.scenario,
        "deleted": True,
        "refunded": "0",
    }
