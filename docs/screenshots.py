"""Takes the pictures of the documentation from a running demo.

Usage: ``make screenshots`` (starts the demo and runs this). Chromium without a window
is steered by its debugging protocol; websocket-client is the only library needed.
Pictures go to ``docs/images``.
"""

import base64
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import websocket

IMAGES = Path(__file__).parent / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SIZE = (1440, 900)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-allow-origins=*",
    "--remote-debugging-port=0",
)


class Browser:
    """A Chromium page that is told where to go and what to run."""

    def __init__(self):
        program = next(filter(None, map(shutil.which, BROWSERS)), None)
        if not program:
            sys.exit("Chromium is needed for pictures: install the package chromium.")
        self.profile = tempfile.mkdtemp(prefix="screenshots-")
        size = f"--window-size={SIZE[0]},{SIZE[1]}"
        self.process = subprocess.Popen(
            [program, *FLAGS, size, f"--user-data-dir={self.profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.numbers = itertools.count(1)
        self.socket = websocket.create_connection(self._page_url(), timeout=60)
        self.call("Page.enable")
        self.call("Runtime.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=SIZE[0],
            height=SIZE[1],
            deviceScaleFactor=1,
            mobile=False,
        )

    def _page_url(self):
        """Address of the page's debugging socket, as soon as Chromium tells it."""
        port_file = Path(self.profile) / "DevToolsActivePort"
        for _attempt in range(300):
            if port_file.exists() and port_file.read_text().strip():
                port = port_file.read_text().split()[0]
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as reply:
                    pages = [p for p in json.load(reply) if p["type"] == "page"]
                if pages:
                    return pages[0]["webSocketDebuggerUrl"]
            time.sleep(0.1)
        sys.exit("Chromium did not start.")

    def call(self, method, **params):
        """Send a command of the debugging protocol and return its result."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def run(self, script):
        """Evaluate JavaScript in the page and return its value."""
        result = self.call(
            "Runtime.evaluate",
            expression=script,
            returnByValue=True,
            awaitPromise=True,
        )
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")

    def choose_file(self, selector, path):
        """Give a file to an input of the page, as a person does in the dialogue."""
        root = self.call("DOM.getDocument", depth=0)["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(path)])

    def enter(self, selector, value):
        """Write a value into an input of the page."""
        self.run(
            f"(input => {{ input.value = {json.dumps(str(value))};"
            "['input', 'change'].forEach(name =>"
            " input.dispatchEvent(new Event(name, {bubbles: true}))); })"
            f"(document.querySelector({json.dumps(selector)}))"
        )

    def go(self, url):
        """Open an address."""
        self.call("Page.navigate", url=url)
        time.sleep(0.5)

    def wait(self, condition, seconds=60):
        """Wait until a JavaScript condition holds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.run(f"Boolean({condition})"):
                    return
            except RuntimeError:
                pass  # the page is being replaced
            time.sleep(0.3)
        self.shoot("failed")
        sys.exit(f"Gave up waiting for {condition}; see {IMAGES / 'failed.png'}")

    def shoot(self, name):
        """Save what is to be seen."""
        time.sleep(1.0)  # fonts and avatars
        data = self.call("Page.captureScreenshot", format="png")["data"]
        IMAGES.mkdir(parents=True, exist_ok=True)
        (IMAGES / f"{name}.png").write_bytes(base64.b64decode(data))
        print(f"docs/images/{name}.png", flush=True)

    def close(self):
        """End the browser and forget its profile."""
        self.socket.close()
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.profile, ignore_errors=True)


def log_in(browser, url, login, password):
    """Log in as a person does, by the form."""
    browser.go(f"{url}/web/login")
    browser.wait("document.querySelector('input[name=login]')")
    browser.run(
        "const field = (name) => document.querySelector(`input[name=${name}]`);"
        f"field('login').value = {json.dumps(login)};"
        f"field('password').value = {json.dumps(password)};"
        "document.querySelector('form.oe_login_form').submit();"
    )
    browser.wait("document.querySelector('.o_web_client .o_main_navbar')", 120)


def speak_english(browser, login):
    """Whatever language somebody chose in the demo, pictures are in English."""
    user = newest_id(browser, "res.users", [("login", "=", login)])
    ask(browser, "res.users", "write", [user], {"lang": "en_US"})


def open_action(browser, url, action, ready):
    """Open a window action by its external id."""
    browser.go(f"{url}/odoo/action-{action}")
    browser.wait(f"document.querySelector({json.dumps(ready)})", 120)


def ask(browser, model, method, domain, *arguments, **options):
    """Call a method of a model with a domain, as the web client does."""
    call = {
        "jsonrpc": "2.0",
        "method": "call",
        "params": {
            "model": model,
            "method": method,
            "args": [domain, *arguments],
            "kwargs": options,
        },
    }
    return browser.run(
        "fetch('/web/dataset/call_kw', {method: 'POST',"
        "headers: {'Content-Type': 'application/json'},"
        f"body: {json.dumps(json.dumps(call))}"
        "}).then(r => r.json()).then(r => r.result)"
    )


def newest_id(browser, model, domain):
    """Id of the newest record of a domain; ``None`` when there is none."""
    ids = ask(browser, model, "search", domain, limit=1, order="id desc")
    return ids[0] if ids else None


def wait_for_orders(browser, minimum, seconds=240):
    """Wait until so many orders have arrived and were confirmed."""
    end = time.monotonic() + seconds
    domain = [("ecom_channel_id", "!=", False), ("state", "=", "sale")]
    while time.monotonic() < end:
        if ask(browser, "sale.order", "search_count", domain) >= minimum:
            return
        time.sleep(2)
    sys.exit("The orders of the simulated shop did not arrive.")


def open_page(browser, url, action, record, page):
    """Open a record's form and one page of its notebook."""
    browser.go(f"{url}/odoo/action-{action}/{record}")
    tab = f".o_notebook a[name={page}]"
    browser.wait(f"document.querySelector('{tab}')", 120)
    browser.run(f"document.querySelector('{tab}').click()")


def wait_for(browser, model, domain, seconds=180):
    """Wait until a record of a domain exists, and return the id of the newest."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := newest_id(browser, model, domain):
            return found
        time.sleep(2)
    sys.exit(f"No {model} came to be.")


def download_export(shop_url, folder):
    """The file of the simulated shop, with some orders that nobody has seen yet."""
    request = urllib.request.Request(
        f"{shop_url}/_sim/orders",
        json.dumps({"count": 3}).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=120).close()
    key = base64.b64encode(b"ck_simulator:cs_simulator").decode()
    request = urllib.request.Request(
        f"{shop_url}/export.csv", headers={"Authorization": f"Basic {key}"}
    )
    path = Path(folder) / "export.csv"
    with urllib.request.urlopen(request, timeout=120) as reply:
        path.write_bytes(reply.read())
    return path


def take_all(browser, url):
    """All pictures of the documentation."""
    open_action(browser, url, "ecom_orders.sale_order_action", ".o_data_row")
    browser.shoot("orders")
    order = newest_id(
        browser,
        "sale.order",
        [("ecom_held", "=", True), ("ecom_hold_reason", "=", "unknown_sku")],
    ) or newest_id(browser, "sale.order", [("ecom_channel_id", "!=", False)])
    browser.go(f"{url}/odoo/action-ecom_orders.sale_order_action/{order}")
    browser.wait("document.querySelector('.o_notebook a[name=ecom_orders]')", 120)
    browser.run("document.querySelector('.o_notebook a[name=ecom_orders]').click()")
    browser.wait("document.querySelector('[name=ecom_block_ids]')")
    browser.shoot("order-marketplace-tab")
    open_action(browser, url, "ecom_orders.ecom_inbox_message_action", ".o_data_row")
    browser.shoot("inbox")
    open_action(browser, url, "ecom_orders.ecom_order_block_action", ".o_group_header")
    browser.run("document.querySelectorAll('.o_group_header').forEach(g => g.click())")
    browser.shoot("to-do")
    open_action(browser, url, "ecom_orders.ecom_listing_action", ".o_data_row")
    browser.shoot("listings")
    channel = newest_id(browser, "ecom.channel", [])
    open_action(browser, url, "ecom_orders.ecom_channel_action", ".o_kanban_record")
    browser.shoot("channels")
    browser.go(f"{url}/odoo/action-ecom_orders.ecom_channel_action/{channel}")
    browser.wait("document.querySelector('.o_form_view .o_form_statusbar')", 120)
    browser.shoot("channel")
    take_operations(browser, url)


def take_operations(browser, url):
    """Pictures of what happens after the order: parcels, stock, checks, set-up."""
    channel = newest_id(browser, "ecom.channel", [("provider", "=", "woocommerce")])
    shipment = [("state", "=", "sent"), ("kind", "=", "shipment")]
    sent = wait_for(browser, "ecom.outbox.message", shipment)
    [message] = ask(browser, "ecom.outbox.message", "read", [sent], fields=["order_id"])
    order = message["order_id"][0]
    open_page(browser, url, "ecom_orders.sale_order_action", order, "ecom_orders")
    browser.shoot("order-shipped")
    open_action(browser, url, "ecom_orders.ecom_outbox_message_action", ".o_data_row")
    browser.shoot("outbox")
    level = wait_for(browser, "ecom.listing.level", [("pushed_at", "!=", False)])
    browser.go(f"{url}/odoo/action-ecom_orders.ecom_listing_level_action/{level}")
    browser.wait("document.querySelector('[name=terms_text]')", 120)
    browser.shoot("stock-level")
    certificate = wait_for(browser, "ecom.completeness", [])
    browser.go(f"{url}/odoo/action-ecom_orders.ecom_completeness_action/{certificate}")
    browser.wait("document.querySelector('.o_form_view [name=order_ids]')", 120)
    browser.shoot("completeness")
    open_action(
        browser, url, "ecom_orders.ecom_channel_onboard_action", ".modal .o_form_view"
    )
    browser.shoot("onboarding")
    open_page(browser, url, "ecom_orders.ecom_channel_action", channel, "stock")
    browser.wait("document.querySelector('.o_form_view button .fa-flask')")
    browser.run("document.querySelector('button:has(> .fa-flask)').click()")
    browser.wait("document.querySelector('.modal button[name=action_simulate]')")
    # A day of trade is no measure: what a busy shop would find is entered.
    for name, value in (("rate", 6), ("other_rate", 9), ("stock", 40), ("delay", 90)):
        browser.enter(f".modal [name={name}] input", value)
    browser.run("document.querySelector('.modal button[name=action_simulate]').click()")
    browser.wait("document.querySelector('.modal .o_data_row')")
    browser.shoot("oversell-simulator")
    take_goods(browser, url)


def take_goods(browser, url):
    """Pictures of what comes back, of product data and of a file."""
    record = wait_for(browser, "ecom.return", [("picking_ids", "!=", False)])
    browser.go(f"{url}/odoo/action-ecom_orders.ecom_return_action/{record}")
    browser.wait("document.querySelector('button[name=action_inspect]')", 120)
    browser.shoot("return")
    browser.run("document.querySelector('button[name=action_inspect]').click()")
    browser.wait("document.querySelector('.modal .o_data_row')")
    browser.shoot("return-inspection")
    open_action(browser, url, "ecom_orders.ecom_refund_action", ".o_data_row")
    browser.shoot("refunds")
    listing = newest_id(
        browser,
        "ecom.listing",
        [("channel_id.provider", "=", "woocommerce"), ("sku", "=", "MUG-RED")],
    )
    open_page(browser, url, "ecom_orders.ecom_listing_action", listing, "data")
    browser.shoot("product-data")
    take_file_import(browser, url)
    take_other_addons(browser, url)


def take_other_addons(browser, url):
    """Pictures of replenishment, settlements and customers."""
    wait_for(browser, "ecom.replenishment.proposal", [])
    for action, name in (
        ("ecom_inventory_opt.ecom_replenishment_proposal_action", "proposals"),
        ("ecom_inventory_opt.ecom_order_coverage_action", "order-coverage"),
        ("ecom_inventory_opt.ecom_stock_overview_action", "stock-overview"),
        ("ecom_finance_recon.ecom_settlement_action", "settlements"),
        ("ecom_finance_recon.ecom_order_profit_action", "order-profit"),
        ("ecom_crm_segments.ecom_customer_action", "customers"),
        ("ecom_crm_segments.ecom_prediction_action", "predictions"),
        ("ecom_crm_segments.ecom_segment_action", "segments"),
    ):
        ready = ".o_data_row, .o_kanban_record, .o_graph_renderer, .o_pivot"
        open_action(browser, url, action, ready)
        browser.shoot(name)
    for action, model, domain, name in (
        (
            "ecom_inventory_opt.ecom_replenishment_proposal_action",
            "ecom.replenishment.proposal",
            [("product_id.default_code", "=", "KNIFE-CHEF"), ("min_qty", ">", 0)],
            "proposal",
        ),
        (
            "ecom_finance_recon.ecom_settlement_action",
            "ecom.settlement",
            [],
            "settlement",
        ),
        (
            "ecom_crm_segments.ecom_customer_action",
            "ecom.customer",
            [("order_count", ">", 12)],
            "customer",
        ),
    ):
        record = newest_id(browser, model, domain)
        browser.go(f"{url}/odoo/action-{action}/{record}")
        browser.wait("document.querySelector('.o_form_sheet')", 120)
        time.sleep(2.0)  # charts are drawn
        browser.shoot(name)


def take_file_import(browser, url):
    """Picture of the preview before a file is imported."""
    channel = newest_id(browser, "ecom.channel", [("provider", "=", "file")])
    open_page(browser, url, "ecom_orders.ecom_channel_action", channel, "file")
    browser.run("document.querySelector('button[name=action_import_file]').click()")
    browser.wait("document.querySelector('.modal input[type=file]')")
    with tempfile.TemporaryDirectory() as folder:
        path = download_export(os.environ["FILE_URL"], folder)
        browser.choose_file(".modal input[type=file]", path)
        time.sleep(2.0)  # read by the page
    browser.run("document.querySelector('.modal button[name=action_read]').click()")
    browser.wait("document.querySelector('.modal button[name=action_import]')")
    browser.shoot("file-import")


def main():
    """Take the pictures; addresses and login come from the environment."""
    url = os.environ["ODOO_URL"]
    browser = Browser()
    try:
        log_in(browser, url, os.environ["ODOO_LOGIN"], os.environ["ODOO_PASSWORD"])
        speak_english(browser, os.environ["ODOO_LOGIN"])
        wait_for_orders(browser, 20)
        take_all(browser, url)
    finally:
        browser.close()


if __name__ == "__main__":
    main()
