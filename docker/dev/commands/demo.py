"""``demo``: Odoo with our addons and simulated shops, until Ctrl-C."""

import time

from dev import bootstrap
from dev.errors import ToolError
from dev.progress import say
from dev.stack import LOGIN, PASSWORD, Stack

HELP = "run Odoo with the addons and simulated shops"
ORDERS_PER_MINUTE = 6
#: seconds between two lines that tell how many orders there are
INTERVAL = 60


def add_arguments(parser) -> None:
    """Accept --fresh and --orders-per-minute."""
    parser.add_argument("--fresh", action="store_true", help="start over")
    parser.add_argument(
        "--orders-per-minute", type=float, default=ORDERS_PER_MINUTE, metavar="N"
    )


def run(options) -> int:
    """Start everything, print the address, wait for Ctrl-C."""
    environment = bootstrap.enter()
    with Stack("demo", environment, options.orders_per_minute) as stack:
        try:
            stack.start(fresh=options.fresh)
            print(
                f"\n  Odoo:  {stack.url}   login: {LOGIN}   password: {PASSWORD}\n"
                f"\n  {len(stack.street.urls)} simulated shops sell there; about "
                f"{options.orders_per_minute:g} orders arrive per minute."
                f"\n  Logs: {stack.folder}   Ctrl-C ends everything.\n",
                flush=True,
            )
            stack.tell_story()
            watch(stack)
        except KeyboardInterrupt:
            say("\n-> stopping")
    say("   everything is stopped; `make demo` continues where this ended")
    return 0


def watch(stack: Stack) -> None:
    """Tell from time to time how it goes; return never."""
    next_line = time.monotonic() + INTERVAL
    while True:
        time.sleep(0.5)
        if name := stack.processes.ended():
            raise ToolError(f"{name} ended unexpectedly; see {stack.folder}/{name}.log")
        if time.monotonic() > next_line:
            next_line += INTERVAL
            placed = stack.street.count()
            say(f"   {time.strftime('%H:%M:%S')}  {placed} orders placed in the shops")
