"""Order-independent replay: any permutation, repetition and crash, the same end."""

import random
from dataclasses import replace
from datetime import timedelta

from ecom_orders.marketplaces.lifecycle import (
    ConfirmPolicy,
    Facts,
    OdooState,
    Step,
    decide,
)
from ecom_orders.marketplaces.schema import OrderStatus
from ecom_orders.marketplaces.upsert import Known, select
from order_generator import MOMENT, generate

SCHEDULES = 1_500
UNKNOWN = "NOT-IN-ODOO"
LIVES = (
    (OrderStatus.PENDING, OrderStatus.OPEN, OrderStatus.COMPLETED),
    (OrderStatus.OPEN, OrderStatus.CANCELLED),
    (OrderStatus.OPEN, OrderStatus.CANCELLED, OrderStatus.OPEN),
    (OrderStatus.PENDING, OrderStatus.FAILED, OrderStatus.PENDING, OrderStatus.OPEN),
    (OrderStatus.OPEN, OrderStatus.OPEN, OrderStatus.REFUNDED),
    (OrderStatus.DRAFT, OrderStatus.OPEN, OrderStatus.DELETED),
)


class Books:
    """A desk that applies selections and decisions as Odoo does, in memory."""

    def __init__(self):
        self.orders = {}

    def work(self, batch):
        """Apply a batch of snapshots."""
        known = {}
        for snapshot in batch:
            order = self.find(snapshot)
            if order:
                known[snapshot.external_id] = Known(order["id"], order["version"])
        for index in select(batch, known).current:
            self.apply(batch[index])

    def find(self, snapshot):
        for order in self.orders.values():
            if snapshot.external_id in (order["id"], order["draft"]):
                return order
        return self.orders.get(snapshot.draft_ref)

    def apply(self, snapshot):
        order = self.find(snapshot) or {"odoo": OdooState.QUOTATION, "by_us": False}
        self.orders.pop(order.get("id"), None)
        order |= {
            "id": snapshot.external_id,
            "draft": snapshot.draft_ref,
            "version": snapshot.version,
            "lines": snapshot.lines,
            "total": snapshot.total,
        }
        self.orders[order["id"]] = order
        for _again in range(2):  # deciding twice changes nothing
            self.settle(order, snapshot)

    def settle(self, order, snapshot):
        step = self.decide(order, snapshot)
        if step is Step.REOPEN:
            order["odoo"], order["by_us"] = OdooState.QUOTATION, False
            step = self.decide(order, snapshot)
        if step is Step.CONFIRM:
            order["odoo"] = OdooState.CONFIRMED
        elif step is Step.WITHDRAW:
            order["odoo"] = OdooState.QUOTATION
        elif step is Step.CANCEL:
            order["odoo"], order["by_us"] = OdooState.CANCELLED, True

    def decide(self, order, snapshot):
        return decide(
            Facts(
                status=snapshot.status,
                policy=ConfirmPolicy.RELEASED,
                odoo=order["odoo"],
                cancelled_by_channel=order["by_us"],
                holds=any(line.sku == UNKNOWN for line in snapshot.lines),
            )
        ).step

    def dump(self):
        """Everything that matters, in an order of its own."""
        return sorted(
            (o["id"], o["version"], o["odoo"].value, o["total"], o["lines"])
            for o in self.orders.values()
        )


def edited(order):
    """The order with an unknown article added, or without it if it had one."""
    known = tuple(line for line in order.lines if line.sku != UNKNOWN)
    if len(known) < len(order.lines):
        return replace(order, lines=known)
    unknown = replace(known[0], external_id="unknown", sku=UNKNOWN)
    return replace(order, lines=(*known, unknown))


def recorded(rng):
    """The snapshots that some orders went through, oldest first for each."""
    events = []
    for number in range(1, rng.randint(2, 5)):
        life = rng.choice(LIVES)
        base = generate(rng, number).order
        moment, last = MOMENT, None
        for status in life:
            # Two states of one second are told apart by their rank only.
            moment += timedelta(
                seconds=rng.choice((0, 1, 30) if status is not last else (1, 30))
            )
            last = status
            if rng.random() < 0.3:  # somebody adds what Odoo does not know, or drops it
                base = edited(base)
            draft = f"draft:{number}" if OrderStatus.DRAFT in life else ""
            is_draft = status is OrderStatus.DRAFT
            events.append(
                replace(
                    base,
                    external_id=draft if is_draft else base.external_id,
                    draft_ref="" if is_draft else draft,
                    status=status,
                    updated_at=moment,
                    total=base.total + len(events),
                )
            )
    return events


def ended(events):
    """The end when every newest snapshot is heard of alone, once."""
    books = Books()
    by_order = {}
    for event in events:
        by_order.setdefault(event.draft_ref or event.external_id, []).append(event)
    for group in by_order.values():
        orders = [e for e in group if e.status is not OrderStatus.DRAFT] or group
        books.work([max(orders, key=lambda e: e.version)])
    return books.dump()


def run(rng, events):
    """A schedule: shuffled, doubled, cut into batches, some of which break off."""
    heard = [*events, *rng.choices(events, k=rng.randint(0, len(events)))]
    rng.shuffle(heard)
    books = Books()
    while heard:
        size = rng.randint(1, 4)
        batch, rest = heard[:size], heard[size:]
        if rng.random() < 0.2:
            # The worker is killed after some of it: its transaction never was.
            saved = {key: dict(order) for key, order in books.orders.items()}
            books.work(batch[: rng.randint(0, len(batch))])
            books.orders = saved
            continue
        books.work(batch)
        heard = rest
    return books.dump()


def test_every_schedule_ends_the_same():
    for seed in range(SCHEDULES):
        rng = random.Random(f"replay {seed}")
        events = recorded(rng)
        end = ended(events)
        for _schedule in range(2):
            assert run(rng, events) == end, seed
