"""The tables of ``docs/marketplaces.md``, made from what the connectors declare.

``python docs/capabilities.py`` writes them into the document, ``--check`` only tells
whether they are true (exit status 1 if not). Needs no Odoo, but what the connectors
import (the Python environment of the tests has it).
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "marketplaces.md"

sys.path.insert(0, str(ROOT / "tests" / "support"))

import pure_addons  # noqa: E402

if "ecom_orders" not in sys.modules:
    pure_addons.register()

from ecom_orders.marketplaces.base import (  # noqa: E402
    CONNECTORS,
    Capability,
    Connector,
    Credential,
)

#: the order of the columns; a marketplace that is not named here comes after these
ORDER = ("woocommerce", "shopify", "amazon", "ebay", "taobao", "file")

CAPABILITIES = {
    Capability.ORDER_BY_ID: "fetch one order by its number",
    Capability.REMOVED_ORDERS: "find orders that were put into the trash",
    Capability.REFUNDS: "fetch refunds apart from their order",
    Capability.REFUND_FEED: "fetch the refunds of all orders",
    Capability.RETURNS: "returns of goods arrive",
    Capability.ORDER_LIST: "list a day's orders (completeness certificate)",
    Capability.BULK_HISTORY: "history by a bulk export",
    Capability.PRODUCTS: "fetch listings",
    Capability.LISTINGS: "tell product data",
    Capability.LISTING_CREATE: "put new products on sale",
    Capability.STOCK: "tell quantities",
    Capability.STOCK_COMPARE: "... compared with what is shown, then set",
    Capability.STOCK_BY_LOCATION: "... by location",
    Capability.STOCK_READ: "read what is shown (daily comparison)",
    Capability.SUBMISSIONS: "some writes are answered later",
    Capability.LOCATIONS: "fetch locations",
    Capability.SHIPMENTS: "tell parcels with their tracking number",
    Capability.PARTIAL_SHIPMENTS: "... of some lines or quantities",
    Capability.CANCEL: "tell cancellations",
    Capability.REFUND_PUSH: "tell refunds",
    Capability.LABELS: "fetch shipping labels",
    Capability.WEBHOOKS: "webhooks, registered from Odoo",
    Capability.RELAYED_EVENTS: "events that somebody passes on to Odoo",
    Capability.BUYER_ERASURE: "read requests to erase a buyer",
    Capability.CHALLENGE: "prove the address for them when asked",
    Capability.MESSAGES: "read a queue of messages about changes",
    Capability.SETTLEMENTS: "fetch settlements (addon ecom_finance_recon)",
}

#: credentials by their label on the channel's form
CREDENTIALS = {
    Credential.URL: "Shop Address",
    Credential.KEY: "Key",
    Credential.SECRET: "Secret",
    Credential.TOKEN: "Seller's Permission",
    Credential.ACCOUNT: "Seller ID",
    Credential.MARKETPLACES: "Marketplaces",
    Credential.API_VERSION: "Interface Version",
}


def connectors() -> list[type[Connector]]:
    """The registered connectors in the order of the document."""
    known = [CONNECTORS[code] for code in ORDER if code in CONNECTORS]
    return known + [c for code, c in sorted(CONNECTORS.items()) if code not in ORDER]


def capability_table() -> list[list[str]]:
    """A row for each capability, a column for each marketplace, the header first."""
    shops = connectors()
    rows = [
        ["", *(shop.title for shop in shops)],
        ["fetch orders", *["yes"] * len(shops)],
    ]
    rows += [
        [CAPABILITIES[can], *("yes" if shop.can(can) else "–" for shop in shops)]
        for can in Capability
    ]
    return rows


def credential_table() -> list[list[str]]:
    """A row for each marketplace: what has to be filled in, and what may be."""
    rows = [["", "has to be filled in", "may be filled in"]]
    for shop in connectors():
        asked = [
            ", ".join(label for key, label in CREDENTIALS.items() if key in keys)
            for keys in (shop.required, shop.optional)
        ]
        rows.append([shop.title, *(text or "–" for text in asked)])
    return rows


def as_markdown(rows: list[list[str]]) -> str:
    """A table with aligned columns, as prettier writes it."""
    widths = [max(3, *map(len, column)) for column in zip(*rows, strict=True)]
    rows = [rows[0], ["-" * width for width in widths], *rows[1:]]
    return "\n".join(
        f"| {' | '.join(c.ljust(w) for c, w in zip(row, widths, strict=True))} |"
        for row in rows
    )


def with_table(text: str, name: str, rows: list[list[str]]) -> str:
    """The document with the table between the marks of that name replaced.

    :raises ValueError: when the marks are not there.
    """
    start, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
    before, table = text.split(start)
    after = table.split(end)[1]
    return f"{before}{start}\n{as_markdown(rows)}\n{end}{after}"


def rendered(text: str) -> str:
    """The document as it should be."""
    text = with_table(text, "capabilities", capability_table())
    return with_table(text, "credentials", credential_table())


def main() -> int:
    """Write the tables, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    text = DOCUMENT.read_text(encoding="utf-8")
    true = rendered(text)
    if check and text != true:
        print(f"{DOCUMENT} is not what the connectors declare: run {__file__}")
        return 1
    if not check:
        DOCUMENT.write_text(true, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
