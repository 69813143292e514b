"""``smoke``: the demo without a person, judged by numbers.

Places orders in the simulated shops, which misbehave meanwhile, waits until Odoo has
confirmed and reserved what it should, and prints one JSON line. A run that was killed
is resumed: the marker says how many orders the shops should come to have, the shops
themselves how many they have.
"""

import json
import time

from dev import bootstrap
from dev.errors import ToolError
from dev.paths import ROOT
from dev.progress import Counter, say
from dev.runner import Runner
from dev.stack import Stack, require, write_json

HELP = "place orders in the shops, wait for them in Odoo, compare"
ORDERS = 60
REPORT = ROOT / "docker" / "seed" / "report.py"
#: orders placed at once, so that a killed run has a half way
BATCH = 12
#: seconds between two looks
INTERVAL = 2.0
#: how the shops misbehave while orders are placed and fetched
FAULTS = "chaos"
#: seconds for which they go on misbehaving after the last order
TROUBLE = 20


def add_arguments(parser) -> None:
    """Accept --orders, --kill, --fresh, --calm and --timeout."""
    parser.add_argument("--orders", type=int, default=ORDERS, metavar="N")
    parser.add_argument(
        "--kill", action="store_true", help="kill Odoo (SIGKILL) half way"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="do not resume a killed run"
    )
    parser.add_argument("--calm", action="store_true", help="the shops behave well")
    parser.add_argument("--timeout", type=float, default=900, metavar="SECONDS")


def run(options) -> int:
    """Run, print the JSON line, return 0 only when the numbers agree."""
    environment = bootstrap.enter()
    require(REPORT, "smoke asks it what Odoo made of the orders")
    started = time.monotonic()
    with Stack("smoke", environment, orders_per_minute=0) as stack:
        marker = stack.folder / "unfinished.json"
        resumed = marker.exists() and not options.fresh
        if resumed:
            say("   resuming the run that was interrupted")
        stack.start(fresh=not resumed)
        target = read_or_make_target(stack, marker, options.orders)
        if not options.calm:
            stack.street.set_faults(FAULTS)
        place(stack, target, kill=options.kill)
        if not options.calm:
            time.sleep(TROUBLE)
        faults = stack.street.faults_injected()
        stack.street.set_faults("none")
        result = wait(stack, target, options.timeout)
        result["faults"] = faults
        result["resumed"] = resumed
        result["seconds"] = round(time.monotonic() - started, 1)
        # Kept on failure, so that the next run looks at the same data again.
        if result["agree"]:
            marker.unlink()
    print(json.dumps(result), flush=True)
    return 0 if result["agree"] else 1


def read_or_make_target(stack: Stack, marker, orders: int) -> int:
    """Return how many orders the shops are to have, noting it before the first."""
    if not marker.exists():
        write_json(marker, {"target": stack.street.count() + orders})
    return json.loads(marker.read_text())["target"]


def place(stack: Stack, target: int, kill: bool) -> None:
    """Place what the shops lack; with ``kill`` lose Odoo in the middle."""
    counter = Counter("orders placed", target)
    half = target // 2
    placed = stack.street.count()
    while placed < target:
        stack.street.place(min(BATCH, target - placed))
        placed = stack.street.count()
        counter.show(placed)
        if kill and placed >= half:
            kill = False
            counter.clear()
            kill_odoo(stack)
    counter.clear()
    if kill:  # everything had been placed by the run that we resume
        kill_odoo(stack)


def kill_odoo(stack: Stack) -> None:
    """End the Odoo server without warning and start it again."""
    say("-> killing Odoo (SIGKILL)")
    stack.processes.kill("odoo")
    stack.start_odoo()


def wait(stack: Stack, target: int, timeout: float) -> dict:
    """Ask Odoo until its numbers agree with the shops' or time runs out."""
    deadline = time.monotonic() + timeout
    counter = Counter("orders confirmed in Odoo", target)
    with Runner(stack.instance, REPORT) as runner:
        # As somebody at the desk does when a shop is back: not wait for the next try.
        runner.call("fetch_now")
        while True:
            orders = stack.street.orders()
            report = runner.call("report", shop_orders=orders)
            counter.show(report.get("orders_confirmed", 0))
            late = time.monotonic() > deadline
            if report["agree"] or late:
                counter.clear()
                if not report["agree"]:
                    say(f"   no agreement within {timeout:g} s: {report['reasons']}")
                return {"orders_placed": len(orders), **report}
            if name := stack.processes.ended():
                raise ToolError(f"{name} ended; see {stack.folder}/{name}.log")
            time.sleep(INTERVAL)
