"""Ground for tests with several processes at the same time.

They work on a copy of the database, because what they do is committed.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg2

from odoo import sql_db
from odoo.tests import BaseCase
from odoo.tests.common import get_db_name
from odoo.tools import config

HERE = Path(__file__).parent
RUNNER = HERE.parents[1] / "docker" / "dev" / "odoo_run.py"
#: what the log of a process says when another one was faster
MET = re.compile(
    "Trying again: |duplicate key|could not serialize|could not obtain lock"
)


class Worker:
    """A process of its own that runs functions of a script beside this file."""

    def __init__(self, database, log, script):
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(RUNNER),
                config["config"],
                database,
                str(HERE / script),
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


class ParallelCase(BaseCase):
    """Two processes on a copy of the database.

    :cvar script: file beside this one whose functions they run.
    """

    script = ""
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
        worker = Worker(cls.database, cls.log, cls.script)
        cls.addClassCleanup(worker.close)
        return worker

    def assertMet(self):
        """They were in each other's way, else nothing was shown."""
        self.log.seek(0)
        met = [line for line in self.log if MET.search(line)]
        self.assertTrue(met)
