"""Several importers at the same time, and some that are killed: real processes.

They work on a copy of the database, because what they do is committed.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import psycopg2
from import_worker import PLACES, STOCK

from odoo import sql_db
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name
from odoo.tools import config

ROUNDS = 12
ORDERS = 8
HERE = Path(__file__).parent
RUNNER = HERE.parents[1] / "docker" / "dev" / "odoo_run.py"
PATIENCE = 120  # seconds for one call
#: what the log of a process says when another one was faster
MET = re.compile(
    "Trying again: |duplicate key|could not serialize|could not obtain lock"
)


class Worker:
    """A process of its own that runs functions of ``import_worker``."""

    def __init__(self, database, log):
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(RUNNER),
                config["config"],
                database,
                str(HERE / "import_worker.py"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )

    def start(self, function, **arguments):
        """Begin a call; ``finish`` waits for its answer."""
        request = {"call": function, "arguments": arguments}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def finish(self):
        """The result of the call that was begun."""
        answer = json.loads(self.process.stdout.readline() or '{"error": "it died"}')
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["result"]

    def call(self, function, **arguments):
        self.start(function, **arguments)
        return self.finish()

    def kill(self):
        """End it at once: it has no chance to tidy up."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.close()

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()


@tagged("post_install", "-at_install")
class TestParallel(BaseCase):
    """Nothing is doubled, nothing lost, and what is reserved is what was ordered."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = f"{get_db_name()}_parallel"
        cls.copy_database()
        cls.addClassCleanup(cls.execute, f'DROP DATABASE "{cls.database}" WITH (FORCE)')
        cls.log = tempfile.TemporaryFile("w+")
        cls.addClassCleanup(cls.log.close)
        cls.workers = [cls.begin_worker() for _number in range(2)]
        cls.first, cls.second = cls.workers
        cls.channel_id = cls.first.call("prepare")
        # Units by order number: of all tests, for nothing is taken back.
        cls.expected = {}

    @classmethod
    def copy_database(cls):
        """Copy the test's database, to which nobody may be connected meanwhile."""
        cls.execute(f'DROP DATABASE IF EXISTS "{cls.database}" WITH (FORCE)')
        sql_db.close_db(get_db_name())
        cls.execute(f'CREATE DATABASE "{cls.database}" TEMPLATE "{get_db_name()}"')

    @classmethod
    def execute(cls, statement):
        _name, options = sql_db.connection_info_for("postgres")
        connection = psycopg2.connect(**options)
        connection.autocommit = True
        try:
            connection.cursor().execute(statement)
        finally:
            connection.close()

    @classmethod
    def begin_worker(cls):
        worker = Worker(cls.database, cls.log)
        cls.addClassCleanup(worker.close)
        return worker

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

    def assertMet(self):
        """They were in each other's way, else nothing was shown."""
        self.log.seek(0)
        met = [line for line in self.log if MET.search(line)]
        self.assertTrue(met)

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
