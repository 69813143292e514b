"""Fills a fresh database for the demo: a company that sells on every marketplace.

Run inside Odoo by the developer tool: ``seed(env, shops, odoo_url)``. Running it again
changes nothing that is there already, except the addresses.
"""

import json
import urllib.request
from pathlib import Path

from odoo.fields import Command

# What the columns of the simulated shop's file mean stands beside what writes them.
FILE_MAPPING = Path(__file__).parents[1] / "simulator" / "file" / "mapping.json"
COMPANY = "Lantern Trading"
CHANNELS = {
    "woocommerce": "Lantern Web Shop",
    "shopify": "Lantern on Shopify",
    "amazon": "Lantern on Amazon",
    "ebay": "Lantern on eBay",
    "taobao": "灯笼旗舰店",
    "file": "Lantern Outlet (file)",
}
# What the simulated shops accept; they are no secrets of anybody's.
SHOP_KEY = "ck_simulator"
SHOP_SECRET = "cs_simulator"  # noqa: S105
SHOP_TOKEN = "tok_simulator"  # noqa: S105
SHOP_ACCOUNT = "acc_simulator"
# Left out on purpose: its orders wait until somebody links the product.
UNLINKED = {"APRON-LIN"}
# Units of each currency for one US dollar.
RATES = {
    "AED": 3.67, "BHD": 0.376, "BRL": 5.4, "CAD": 1.36, "CNY": 7.2, "EUR": 0.92,
    "GBP": 0.79, "JPY": 150.0, "KWD": 0.307,
}  # fmt: skip
COST_SHARE = 0.45  # of what is asked for, what goods cost


def seed(env, shops, odoo_url):
    """Make company, products, stock, users and a connected channel for each shop.

    :param shops: addresses of the simulated shops by marketplace.
    :param odoo_url: address under which the shops reach this Odoo.
    """
    env = env(context={**env.context, "tracking_disable": True})
    env["ir.config_parameter"].set_param("web.base.url", odoo_url)
    env["ir.config_parameter"].set_param("web.base.url.freeze", "True")
    _name_company(env)
    _enter_rates(env)
    _create_products(env, _ask(shops["woocommerce"], "catalogue"))
    _create_users(env)
    channels = [_create_channel(env, name, url) for name, url in shops.items()]
    for cron in ("fetch", "process"):
        env.ref(f"ecom_orders.ir_cron_{cron}").interval_number = 1
    # The shops knock at the webhook's address as soon as they are told about it.
    env.cr.commit()
    for channel in channels:
        channel.action_connect()
        if ",products," in channel.capability_codes:
            channel.action_fetch_products()
        if ",webhooks," in channel.capability_codes:
            channel.action_register_webhooks()


def _ask(shop_url, what):
    """An answer of the simulated shop's control interface."""
    with urllib.request.urlopen(f"{shop_url}/_sim/{what}", timeout=30) as response:
        return json.load(response)


def _name_company(env):
    company = env.company
    company.write(
        {
            "name": COMPANY,
            "street": "1 Harbour Square",
            "city": "San Francisco",
            "zip": "94105",
            "country_id": env.ref("base.us").id,
            "state_id": env.ref("base.state_us_5").id,
        }
    )


def _enter_rates(env):
    """Invented exchange rates for the currencies that the shop's buyers pay in."""
    currencies = env["res.currency"].with_context(active_test=False)
    for currency in currencies.search([("name", "in", list(RATES))]):
        if not currency.rate_ids:
            currency.active = True
            env["res.currency.rate"].create(
                {
                    "currency_id": currency.id,
                    "company_id": env.company.id,
                    "name": "2020-01-01",
                    "rate": RATES[currency.name],
                }
            )


def _create_products(env, catalogue):
    """Products with stock for everything that the shop sells, in one go."""
    known = set(env["product.product"].search([]).mapped("default_code"))
    wanted = [
        item
        for item in catalogue
        if item["sku"]
        and item["type"] != "variable"
        and item["sku"] not in known | UNLINKED
    ]
    categories = _create_categories(env, wanted)
    products = env["product.product"].create(
        [
            {
                "name": _product_name(item),
                "default_code": item["sku"],
                "list_price": float(item["price"]),
                "standard_price": round(float(item["price"]) * COST_SHARE, 2),
                "type": "service" if item["virtual"] else "consu",
                # what the shop does not count is not counted here
                "is_storable": not item["virtual"] and item["stock"] is not None,
                "invoice_policy": "order",
                "categ_id": categories[(item["categories"] or ["All"])[0]].id,
                "taxes_id": [Command.clear()],
            }
            for item in wanted
        ]
    )
    stock = env["stock.warehouse"].search([], limit=1).lot_stock_id
    quants = env["stock.quant"].with_context(inventory_mode=True)
    quants.create(
        [
            {
                "product_id": product.id,
                "location_id": stock.id,
                "inventory_quantity": 5000,
            }
            for product in products
            if product.is_storable
        ]
    ).action_apply_inventory()


def _create_categories(env, items):
    names = {(item["categories"] or ["All"])[0] for item in items}
    categories = env["product.category"].search([("name", "in", list(names))])
    missing = names - set(categories.mapped("name"))
    categories += env["product.category"].create([{"name": name} for name in missing])
    return {category.name: category for category in categories}


def _product_name(item):
    values = ", ".join(item["options"].values())
    return f"{item['name']} ({values})" if values else item["name"]


def _create_users(env):
    """A person at the order desk, beside the administrator."""
    if env["res.users"].search_count([("login", "=", "desk")]):
        return
    env["res.users"].with_context(no_reset_password=True).create(
        {
            "name": "Dana Desk",
            "login": "desk",
            "password": "desk",
            "email": "desk@example.com",
            "group_ids": [
                Command.link(env.ref("ecom_orders.group_user").id),
                Command.link(env.ref("stock.group_stock_user").id),
            ],
        }
    )


def _create_channel(env, marketplace, url):
    values = _prepare_connection(marketplace, url)
    channel = env["ecom.channel"].search([("provider", "=", marketplace)])
    if channel:
        channel.write(values)
        return channel
    return env["ecom.channel"].create(
        {
            **values,
            "name": CHANNELS.get(marketplace, marketplace),
            "provider": marketplace,
            "fetch_interval": 1,
            "import_since": False,
            "tax_policy": "create",
            "user_id": env.ref("base.user_admin").id,
            **_prepare_booking(env, marketplace),
        }
    )


def _prepare_connection(marketplace, url):
    """Address and credentials of a simulated shop."""
    paths = {"taobao": "/router/rest", "file": "/export.csv"}
    values = {
        "url": f"{url}{paths.get(marketplace, '')}",
        "api_key": SHOP_KEY,
        "api_secret": SHOP_SECRET,
        "api_token": SHOP_TOKEN,
    }
    if marketplace == "file":
        values["file_mapping"] = json.loads(FILE_MAPPING.read_text("utf-8"))
    if marketplace == "amazon":
        values["account_ref"] = SHOP_ACCOUNT
        values["connector_options"] = f"token_url = {url}/auth/o2/token"
    return values


def _prepare_booking(env, marketplace):
    if marketplace not in ("amazon", "ebay", "taobao"):
        return {}
    # Stands for goods that lie in the marketplace's own warehouse.
    name = {"amazon": "AMZ", "ebay": "EBY", "taobao": "TBO"}[marketplace]
    warehouse = env["stock.warehouse"].create(
        {
            "name": f"{CHANNELS[marketplace]} (its stock)",
            "code": name,
            # The marketplace fills it from what is sent to it: nobody buys for it here.
            "ecom_replenishment": "none",
        }
    )
    quants = env["stock.quant"].with_context(inventory_mode=True)
    products = env["product.product"].search(
        [("is_storable", "=", True), ("default_code", "!=", False)]
    )
    quants.create(
        [
            {
                "product_id": product.id,
                "location_id": warehouse.lot_stock_id.id,
                "inventory_quantity": 5000,
            }
            for product in products
        ]
    ).action_apply_inventory()
    return {"channel_warehouse_id": warehouse.id}
