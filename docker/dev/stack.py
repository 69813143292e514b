"""The running whole behind ``demo``, ``smoke`` and ``screenshots``.

PostgreSQL, Odoo with our addons, and a simulated shop of each marketplace; seeded so
that the shops are connected. All state is below one folder of the checkout, and each
piece of work leaves a mark only when it is complete: a killed start continues or starts
that piece over.
"""

import hashlib
import json
import os
import urllib.request
from contextlib import nullcontext
from pathlib import Path

from dev import addons, postgres, simulator
from dev.cache import Cache, file_lock, remove
from dev.errors import ToolError
from dev.instance import Instance
from dev.paths import ROOT, RUN, checkout_id
from dev.processes import Processes, free_port, wait_for, write_pid
from dev.progress import say, step
from dev.runner import Runner
from dev.simulator import Street

SEED = ROOT / "docker" / "seed" / "demo.py"
STORY = ROOT / "docker" / "seed" / "story.py"
PAST = ROOT / "docker" / "seed" / "past.py"
CHAPTERS = (
    *((STORY, name) for name in ("open_day", "trade", "come_back", "close_day")),
    *((PAST, name) for name in ("remember_a_year", "pay_out", "think_it_over")),
)
PREFERRED_PORT, PREFERRED_SHOP_PORT = 8069, 8070
LOGIN = PASSWORD = "admin"


class Stack:
    """PostgreSQL, Odoo and the simulated shops of one name (``demo``, ``smoke``)."""

    def __init__(
        self, name: str, environment, orders_per_minute: float, exclusive: bool = True
    ) -> None:
        self.name, self.environment = name, environment
        self.orders_per_minute = orders_per_minute
        self.folder = RUN / name
        self.processes = Processes(RUN / "pids" / name)
        self.server = None
        self.instance: Instance | None = None
        self.street: Street | None = None
        self.url = ""
        self._state_file = self.folder / "state.json"
        self._exclusive = exclusive
        self._pid_file = RUN / "pids" / f"{name}.pid"
        lock = self.folder / "running.lock"
        waiting = f"the {name} of this checkout to end"
        self._lock = file_lock(lock, waiting) if exclusive else nullcontext()

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock.__enter__()
        if self._exclusive:
            write_pid(self._pid_file, os.getpid())
        self.server = postgres.durable_server(RUN / "postgres")
        self.instance = Instance(
            self.environment, self.server, self.folder, self.folder / "files", self.name
        )
        if not self.server.embedded:
            self.instance.database = f"{self.name}_{checkout_id()}"
        return self

    def __exit__(self, *error):
        try:
            self.processes.stop_all()
        finally:
            if self.server:
                self.server.release()
            if self._exclusive:
                self._pid_file.unlink(missing_ok=True)
            self._lock.__exit__(*error)

    def start(self, fresh: bool = False) -> None:
        """Bring everything up; with ``fresh`` from nothing."""
        if fresh:
            self.erase()
        self.instance.write_config()
        self._prepare_database()
        # Only now, for what is free must be used at once.
        ports = self._ports()
        self.instance.write_config(http_port=ports["odoo"])
        with step("starting the simulated shops"):
            self.street = simulator.start(
                self.processes,
                self.folder / "simulator",
                ports["shops"],
                self.orders_per_minute,
                self.folder / "simulator.log",
            )
        self.url = f"http://127.0.0.1:{ports['odoo']}"
        self.start_odoo()
        self._seed()

    def start_odoo(self) -> None:
        """Start the Odoo server and wait until it answers."""
        with step("starting Odoo"):
            self.processes.start(
                "odoo",
                self.instance.command(),
                self.folder / "odoo.log",
                env=self.instance.environ(),
            )
            wait_for(self._odoo_answers, "Odoo", 120, self.processes.ended)

    def erase(self) -> None:
        """Forget the database, the shops' state and what was done so far."""
        self._state_file.unlink(missing_ok=True)
        remove(self.folder / "simulator")
        self.instance.databases.drop(self.instance.database)

    def _ports(self) -> dict[str, int]:
        """Choose ports, preferring the last ones: the seeded data holds them."""
        last = self._state().get("ports", {})
        odoo = free_port(last.get("odoo", PREFERRED_PORT))
        shops = {}
        for number, name in enumerate(simulator.marketplaces()):
            wanted = last.get("shops", {}).get(name, PREFERRED_SHOP_PORT + number)
            shops[name] = free_port(wanted, taken={odoo, *shops.values()})
        self._remember(ports={"odoo": odoo, "shops": shops})
        return {"odoo": odoo, "shops": shops}

    def _prepare_database(self) -> None:
        installed = self._state().get("addons")
        current = addons.digests()
        exists = self.instance.database in self.instance.databases.names()
        if installed is None or not exists:
            # Also after a kill during the installation: nothing of value is in it.
            self.instance.create(Cache())
            self._remember(addons=None, seeded=None, told=0)
            self.instance.install_addons()
        elif changed := sorted(n for n in current if current[n] != installed.get(n)):
            new = [name for name in changed if name not in installed]
            old = [name for name in changed if name in installed]
            self.instance.apply(f"updating {', '.join(changed)}", new, old)
        self._remember(addons=current)

    def _seed(self) -> None:
        """Connect Odoo to the shops, once per shops, addresses and seed file."""
        if not SEED.exists():
            say(f"   {SEED.relative_to(ROOT)} is not there: Odoo stays unconnected")
            return
        addresses = json.dumps([self.street.urls, self.url])
        key = hashlib.sha256(SEED.read_bytes() + addresses.encode())
        if self._state().get("seeded") == key.hexdigest():
            return
        with step("connecting Odoo to the simulated shops"):
            with Runner(self.instance, SEED) as runner:
                runner.call("seed", shops=self.street.urls, odoo_url=self.url)
        self._remember(seeded=key.hexdigest())

    def tell_story(self) -> None:
        """Let happen what a demo is to show, chapter by chapter, once per database."""
        told = self._state().get("told", 0)
        if told == len(CHAPTERS):
            return
        try:
            with step("letting a day of trade happen, and a year before it"):
                for script in (STORY, PAST):
                    self._tell(script, told)
        except ToolError as error:  # the shops sell anyway
            say(f"   the demo has less to show: {error}")

    def _tell(self, script, told: int) -> None:
        """Let the chapters of a script happen that were not told yet."""
        left = [
            (number, chapter)
            for number, (source, chapter) in enumerate(CHAPTERS, 1)
            if source == script and number > told
        ]
        if not left:
            return
        with Runner(self.instance, script) as runner:
            for number, chapter in left:
                runner.call(chapter, shops=self.street.urls)
                self._remember(told=number)

    def _odoo_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/web/health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def _state(self) -> dict:
        try:
            return json.loads(self._state_file.read_text())
        except (OSError, ValueError):
            return {}

    def _remember(self, **facts) -> None:
        write_json(self._state_file, {**self._state(), **facts})


def write_json(path: Path, content: dict) -> None:
    """Write a small file so that a crash leaves the old or the new one, never half."""
    temporary = path.with_suffix(".tmp")
    with open(temporary, "w") as handle:
        json.dump(content, handle, indent=2)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(temporary, path)


def require(path: Path, purpose: str) -> Path:
    """Return ``path`` or say what is missing."""
    if not path.exists():
        raise ToolError(f"{path.relative_to(ROOT)} is not there: {purpose}.")
    return path
