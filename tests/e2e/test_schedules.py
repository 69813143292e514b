"""Whatever the order in which things happen and are heard of, the end is the same."""

from random import Random

from e2e_common import ShopCase

from odoo.tests import tagged

SCHEDULES = 15
EVENTS = 12
# Orders that were paid and nothing was decided about.
ALIVE = ("pending", "on-hold", "processing")


class Schedule:
    """A random but repeatable sequence of what a shop does and what Odoo does.

    :param case: the test, connected, with webhooks.
    """

    def __init__(self, case, seed):
        self.case = case
        self.shop = case.shop
        self.random = Random(seed)
        self.seed = seed
        self.told = []

    def run(self):
        """Let things happen; ``told`` is the story."""
        self.case.channel.overlap = self.random.choice((0, 300))
        self.shop.set_faults(
            [
                {"kind": "webhook_lost", "probability": 0.15},
                {"kind": "webhook_duplicate", "probability": 0.15},
                {"kind": "webhook_reordered", "probability": 0.15, "seconds": 0.2},
            ]
        )
        self.place()
        for _number in range(EVENTS):
            self.let_time_pass()
            step = self.random.choice(self.SHOP + self.ODOO)
            self.told.append(step.__name__)
            step(self)

    def let_time_pass(self):
        """The shop's clock goes on by some seconds at least.

        Two snapshots of the same second cannot be told apart by their stamps.
        """
        clock = self.shop.world.clock
        self.case.set_clock(clock.offset_seconds + self.random.choice((2, 9, 40)))

    def choose(self, *statuses):
        """An order with one of these statuses; ``None`` when there is none."""
        rows = [row for row in self.shop.world.orders() if row.status in statuses]
        return self.random.choice(rows) if rows else None

    # -- what the shop does ------------------------------------------------------------

    def place(self):
        self.shop.place_orders(2)

    def pay(self):
        if order := self.choose("pending", "on-hold", "failed"):
            self.shop.world.pay(order.id)

    def edit(self):
        if order := self.choose(*ALIVE):
            line = self.random.choice(order.lines)
            quantity = self.random.randint(1, 6)
            changes = {"quantities": {line.id: quantity}}
            if self.random.random() < 0.5:
                changes["add"] = [{"product_id": 163, "quantity": 1}]
            self.shop.change_order(order.id, edit=changes)

    def remove_line(self):
        order = self.choose(*ALIVE)
        if order and len(order.lines) > 1:
            self.shop.change_order(order.id, edit={"remove": [order.lines[0].id]})

    def cancel(self):
        if order := self.choose(*ALIVE):
            self.shop.change_order(order.id, status="cancelled")

    def revive(self):
        if order := self.choose("cancelled"):
            self.shop.change_order(order.id, status="processing")

    def refund(self):
        order = self.choose("processing", "completed")
        if order and order.totals.total > 2:
            self.shop.refund_order(order.id, "1")

    def refund_all(self):
        if order := self.choose("processing", "completed"):
            self.shop.refund_order(order.id)

    def complete(self):
        if order := self.choose("processing"):
            self.shop.change_order(order.id, status="completed")

    def touch(self):
        if order := self.choose(*ALIVE, "cancelled", "refunded"):
            self.shop.order_action(order.id, "touch")

    def trash(self):
        if order := self.choose(*ALIVE, "cancelled"):
            self.shop.order_action(order.id, "trash")

    def restore(self):
        if order := self.choose("trash"):
            self.shop.order_action(order.id, "restore")

    # -- what Odoo does ----------------------------------------------------------------

    def fetch(self):
        self.case.fetch()

    def sweep(self):
        self.case.run_job("sweep")

    def process(self):
        self.case.process()

    def receive(self):
        self.case.deliver()

    def replay(self):
        """Somebody asks for an old message to be applied again."""
        messages = self.case.messages()
        if messages:
            self.random.choice(messages).action_retry()

    SHOP = [
        place, pay, edit, edit, remove_line, cancel, revive, refund, refund_all,
        complete, touch, trash, restore,
    ]  # fmt: skip
    ODOO = [fetch, fetch, sweep, process, process, process, receive, receive, replay]


@tagged("post_install", "-at_install")
class TestSchedules(ShopCase):
    """At the end Odoo equals the shop."""

    maxDiff = None

    def assertEndsEqual(self, seed):
        self.set_clock(-700)
        self.connect()
        self.register_webhooks()
        schedule = Schedule(self, seed)
        schedule.run()
        self.recover()
        self.deliver()
        self.fetch()
        self.sweep()
        self.fetch()
        self.process()
        self.assertEqual(
            self.explain_all(), [], f"seed {seed}: {', '.join(schedule.told)}"
        )


def _add_schedule(seed):
    def test(self):
        self.assertEndsEqual(seed)

    setattr(TestSchedules, f"test_schedule_{seed:02}_ends_equal", test)


# A test each: they are told apart, and each begins with an empty shop.
for _seed in range(SCHEDULES):
    _add_schedule(_seed)
