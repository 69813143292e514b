"""One Odoo: a database, its configuration file, and the commands run on it."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dev import addons
from dev.cache import Cache
from dev.database import BASE_MODULES, Databases, ensure_template
from dev.environment import Environment
from dev.errors import ToolError
from dev.odoo_log import LogReader
from dev.postgres import Server
from dev.processes import die_with_parent
from dev.progress import say, step


@dataclass
class Instance:
    """An Odoo database and how to run Odoo on it.

    :param folder: where the configuration and the logs go
    :param data_dir: Odoo's own folder for attachments and sessions
    """

    environment: Environment
    server: Server
    folder: Path
    data_dir: Path
    database: str

    @property
    def databases(self) -> Databases:
        """Return the databases of the server, with their files."""
        return Databases(self.server, self.data_dir)

    @property
    def config(self) -> Path:
        """Return the configuration file (see ``write_config``)."""
        return self.folder / "odoo.conf"

    def write_config(self, **options) -> Path:
        """Write the configuration file; ``options`` override the defaults."""
        paths = [*self.environment.odoo.addons_paths, *addons.paths()]
        settings = {
            "addons_path": ",".join(map(str, paths)),
            "admin_passwd": "admin",
            "data_dir": self.data_dir,
            "db_host": self.server.host,
            "db_port": self.server.port,
            "db_user": self.server.user,
            "db_password": self.server.password,
            "db_name": self.database,
            "dbfilter": f"^{self.database}$",
            "list_db": False,
            "http_interface": "127.0.0.1",
            # A newcomer's machine must not send mail, whatever the data says.
            "smtp_server": "localhost",
            "smtp_port": 1,
            **options,
        }
        lines = ["[options]", *(f"{n} = {v}" for n, v in settings.items() if v != "")]
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.config.write_text("\n".join(lines) + "\n")
        return self.config

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of Odoo with our configuration."""
        python = self.environment.python
        words = list(arguments)
        # Odoo wants its sub-command first and the options after it.
        sub = [words.pop(0)] if words and not words[0].startswith("-") else ["server"]
        return [python, "-m", "odoo", *sub, "-c", str(self.config), *words]

    def environ(self) -> dict[str, str]:
        """Return the environment for programs that work on this database."""
        return {
            **os.environ,
            **self.server.environ(),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
        }

    def apply(self, label: str, install: Sequence[str], update: Sequence[str] = ()):
        """Install and update modules; any error that Odoo logs is ours too.

        :raise ToolError: with Odoo's own words.
        """
        arguments = ["-d", self.database, "--stop-after-init", "--no-http"]
        if install:
            arguments += ["-i", ",".join(install)]
        if update:
            arguments += ["-u", ",".join(update)]
        log = self.folder / "install.log"
        self.folder.mkdir(parents=True, exist_ok=True)
        with step(label, "modules") as counter, open(log, "w") as copy:
            reader = LogReader(progress=counter.show)
            with subprocess.Popen(
                self.command(*arguments),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                errors="replace",
                env=self.environ(),
                preexec_fn=die_with_parent(),
            ) as process:
                for line in process.stdout:
                    copy.write(line)
                    reader.feed(line)
        for warning in reader.warnings:
            say(f"   warning: {warning}")
        if reader.errors or process.returncode:
            problems = "\n".join(reader.errors) or log.read_text()[-3000:]
            raise ToolError(f"Odoo failed ({label}); its log is {log}\n{problems}")

    def create(self, cache: Cache) -> None:
        """Make the database anew: base modules from the template, ours installed."""
        databases = self.databases
        version = self.environment.odoo.version
        template = ensure_template(databases, cache, version, self._install_base)
        with step(f"creating the database {self.database}"):
            databases.drop(self.database)
            databases.create(self.database, template)

    def install_addons(self, *more: str) -> None:
        """Install all addons of this repository, and ``more``."""
        wanted = [*addons.names(), *more]
        if not wanted:
            say("   there are no addons in addons/ yet: nothing to install")
            return
        self.apply(f"installing {', '.join(wanted)}", install=wanted)

    def _install_base(self, database: str) -> None:
        """Fill the template database (it is made only once per cache)."""
        base = Instance(
            self.environment, self.server, self.folder / "base", self.data_dir, database
        )
        base.write_config()
        base.apply("installing Odoo's base modules (once)", install=BASE_MODULES)
        with step("generating the web client's assets (once)"):
            base.run_python("env['ir.qweb']._pregenerate_assets_bundles()")

    def run_python(self, code: str) -> None:
        """Run a few lines with ``env`` and commit."""
        answer = subprocess.run(
            self.command("shell", "-d", self.database, "--no-http"),
            input=f"{code}\nenv.cr.commit()\n",
            capture_output=True,
            text=True,
            env=self.environ(),
        )
        if answer.returncode or "Traceback" in answer.stderr:
            raise ToolError(f"Odoo's shell failed:\n{answer.stderr[-3000:]}")
