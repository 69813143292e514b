"""Several importers at the same time, and some that are killed: real processes."""

import tempfile
import time
from pathlib import Path
from random import Random

from import_worker import PLACES, STOCK
from parallel_common import ParallelCase

from odoo.tests import tagged

ROUNDS = 12
ORDERS = 8
PATIENCE = 120  # seconds for one call


@tagged("post_install", "-at_install")
class TestParallel(ParallelCase):
    """Nothing is doubled, nothing lost, and what is reserved is what was ordered."""

    script = "import_worker.py"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel_id = cls.first.call("prepare")
        # Units by order number: of all tests, for nothing is taken back.
        cls.expected = {}

    # -- steps -------------------------------------------------------------------------

    def new_orders(self, count, rng, versions=3):
        """Snapshots of new orders, in no order, some of them several times."""
        snapshots = []
        for _order in range(count):
            number = len(self.expected) + 1
            for version in range(1, rng.randint(1, versions) + 1):
                quantity = rng.randint(1, 9)
                snapshots.append((number, version, quantity))
            self.expected[number] = quantity
        return snapshots

    def overlap(self, snapshots, rng):
        """Two parts of the snapshots, each in an order of its own, mostly the same."""
        parts = []
        for _worker in self.workers:
            part = [row for row in snapshots if rng.random() < 0.8]
            rng.shuffle(part)
            parts.append(part)
        missing = [row for row in snapshots if row not in parts[0] + parts[1]]
        return parts[0] + missing, parts[1]

    def run_both(self, parts, **options):
        """Both processes work at the same time."""
        for worker, part in zip(self.workers, parts, strict=True):
            worker.start("work", channel_id=self.channel_id, orders=part, **options)
        for worker in self.workers:
            worker.finish()

    def assertComplete(self):
        """What waits is applied by one more run; then everything is as was ordered."""
        self.second.call("give_again", channel_id=self.channel_id)
        self.second.call("work", channel_id=self.channel_id)
        found = self.second.call("look", channel_id=self.channel_id)
        self.assertEqual(
            found["orders"],
            [
                [number, "sale", units]
                for number, units in sorted(self.expected.items())
            ],
        )
        self.assertEqual(
            found["moved"], {str(n): units for n, units in self.expected.items()}
        )
        units = sum(self.expected.values())
        self.assertEqual(found["move_states"], ["assigned"])
        self.assertEqual((found["reserved"], found["on_hand"]), (units, STOCK))
        self.assertLessEqual(set(found["messages"]), {"done", "superseded"})
        self.assertEqual(found["blocks"], [])
        self.assertEqual(self.second.call("count_locks"), 0)

    # -- two at the same time ----------------------------------------------------------

    def test_two_importers_of_one_channel(self):
        rng = Random("one at a time")
        for _round in range(ROUNDS):
            self.run_both(self.overlap(self.new_orders(ORDERS, rng), rng))
        self.assertComplete()

    def test_two_importers_that_do_not_know_of_each_other(self):
        rng = Random("together")
        for _round in range(ROUNDS):
            snapshots = self.new_orders(ORDERS, rng)
            self.run_both(self.overlap(snapshots, rng), together=True)
        self.assertComplete()
        self.assertMet()

    # -- killed ------------------------------------------------------------------------

    def wait_for(self, marker, worker):
        """Until the process has reached its place."""
        end = time.monotonic() + PATIENCE
        while not marker.exists():
            self.assertIsNone(worker.process.poll(), "the process ended by itself")
            self.assertLess(time.monotonic(), end, "the place was never reached")
            time.sleep(0.05)

    def test_importer_is_killed_in_the_middle_and_the_next_one_finishes(self):
        rng = Random("killed")
        for place in PLACES:
            with self.subTest(place=place), tempfile.TemporaryDirectory() as folder:
                marker = Path(folder) / "reached"
                self.first.call(
                    "store",
                    channel_id=self.channel_id,
                    orders=self.new_orders(60, rng),
                )
                victim = self.begin_worker()
                victim.start(
                    "stop",
                    channel_id=self.channel_id,
                    place=place,
                    marker=str(marker),
                )
                self.wait_for(marker, victim)
                victim.kill()
                self.assertComplete()
