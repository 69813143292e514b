"""Two processes that route and reserve the same scarce goods at the same time."""

from random import Random

from parallel_common import ParallelCase
from routing_worker import STOCK

from odoo.tests import tagged

ROUNDS = 6
ORDERS = 6  # of each shop in a round
SKUS = ("SCARCE-1", "SCARCE-2", "SCARCE-3")


@tagged("post_install", "-at_install")
class TestParallelRouting(ParallelCase):
    """A unit is promised once, and none is left while an order waits for it."""

    script = "routing_worker.py"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel_ids = cls.first.call("prepare")

    def test_two_routers_never_promise_a_unit_twice(self):
        rng = Random("scarce")
        wanted = dict.fromkeys(SKUS, 0)
        number = 0
        for _round in range(ROUNDS):
            for worker, channel_id in zip(self.workers, self.channel_ids, strict=True):
                orders = []
                for _order in range(ORDERS):
                    number += 1
                    sku = rng.choice(SKUS)
                    wanted[sku] += 1
                    orders.append((number, sku))
                worker.start("work", channel_id=channel_id, orders=orders)
            for worker in self.workers:
                worker.finish()
        self.second.call("again")
        found = self.second.call("look", channel_ids=self.channel_ids)
        # Much more is wanted of each than there is: all of it is promised, once.
        shelves = {
            f"{code} {sku}": units
            for code, shelf in STOCK.items()
            for sku, units in shelf.items()
        }
        for sku in SKUS:
            there = sum(shelf.get(sku, 0) for shelf in STOCK.values())
            self.assertGreater(wanted[sku], there)
        self.assertEqual(found["promised"], shelves)
        self.assertEqual(found["states"], ["assigned", "confirmed"])
        self.assertEqual(found["orders"], 2 * ORDERS * ROUNDS)
        self.assertEqual(found["waiting"], 2 * ORDERS * ROUNDS - sum(shelves.values()))
        self.assertEqual(found["reasons"], ["not_routed"])
        self.assertMet()
