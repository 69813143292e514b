"""Fills a fresh database for the demo: a company that sells in the simulated shop.

Run inside Odoo by the developer tool: ``seed(env, shop_url, odoo_url)``. Running it
again changes nothing that is there already, except the addresses.
"""

import json
import urllib.request

from odoo.fields import Command

COMPANY = "Lantern Trading"
CHANNEL = "Lantern Web Shop"
# What the simulated shop accepts; it is no secret of anybody's.
SHOP_KEY = "ck_simulator"
SHOP_SECRET = "cs_simulator"  # noqa: S105
# Left out on purpose: its orders wait until somebody links the product.
UNLINKED = {"APRON-LIN"}
# Units of each currency for one US dollar.
RATES = {
    "AED": 3.67, "BHD": 0.376, "BRL": 5.4, "CAD": 1.36, "CNY": 7.2, "EUR": 0.92,
    "GBP": 0.79, "JPY": 150.0, "KWD": 0.307,
}  # fmt: skip


def seed(env, shop_url, odoo_url):
    """Make company, products, stock, users and a connected channel.

    :param shop_url: address of the simulated shop.
    :param odoo_url: address under which the shop reaches this Odoo.
    """
    env = env(context={**env.context, "tracking_disable": True})
    env["ir.config_parameter"].set_param("web.base.url", odoo_url)
    env["ir.config_parameter"].set_param("web.base.url.freeze", "True")
    _name_company(env)
    _enter_rates(env)
    _create_products(env, _ask(shop_url, "catalogue"))
    _create_users(env)
    channel = _create_channel(env, shop_url)
    for cron in ("fetch", "process"):
        env.ref(f"ecom_orders.ir_cron_{cron}").interval_number = 1
    # The shop knocks at the webhook's address as soon as it is told about it.
    env.cr.commit()
    channel.action_connect()
    channel.action_fetch_products()
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
                "type": "service" if item["virtual"] else "consu",
                "is_storable": not item["virtual"],
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


def _create_channel(env, shop_url):
    values = {
        "url": shop_url,
        "api_key": SHOP_KEY,
        "api_secret": SHOP_SECRET,
    }
    channel = env["ecom.channel"].search([("name", "=", CHANNEL)])
    if channel:
        channel.write(values)
        return channel
    return env["ecom.channel"].create(
        {
            **values,
            "name": CHANNEL,
            "fetch_interval": 1,
            "import_since": False,
            "tax_policy": "create",
            "user_id": env.ref("base.user_admin").id,
        }
    )
