"""Talk to ``odoo_run``: call our functions inside Odoo without loading it each time."""

import json
import subprocess
from pathlib import Path

from dev.errors import ToolError
from dev.instance import Instance
from dev.paths import TOOL
from dev.processes import die_with_parent


class Runner:
    """A process that has Odoo's registry loaded and answers calls."""

    def __init__(self, instance: Instance, file: Path) -> None:
        self.instance, self.file = instance, file
        self.log = instance.folder / f"{file.stem}.log"
        self._process = None

    def __enter__(self):
        instance = self.instance
        command = [instance.environment.python, str(TOOL / "odoo_run.py")]
        command += [str(instance.config), instance.database, str(self.file)]
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=instance.environ(),
                start_new_session=True,
                preexec_fn=die_with_parent(),
            )
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def call(self, function: str, **arguments):
        """Call ``function(env, **arguments)`` of the file and return its result."""
        request = json.dumps({"call": function, "arguments": arguments})
        try:
            self._process.stdin.write(request + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise ToolError(f"{self.file.name} could not be run; see {self.log}")
        answer = json.loads(line)
        if "error" in answer:
            raise ToolError(
                f"{function}() of {self.file.name} failed: {answer['error']}\n"
                f"The traceback is in {self.log}"
            )
        return answer["result"]
