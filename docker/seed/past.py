"""What the other addons of the demo live on: a year of sales, a payout, and figures.

Chapters, called like those of ``story``: ``remember_a_year``, ``pay_out``,
``think_it_over``. The year is what a seller brings along from an older system: orders
that were delivered long ago, so they move nothing. Everything is drawn from one seed.
"""

import base64
import random
from datetime import datetime, timedelta

from odoo.fields import Command

SEED = 20260101
BUYERS = 420
DAYS = 365
#: units a week, by a product's place in the catalogue; below one = now and then
PACE = (14, 6, 2.5, 0.6)
FIRST_NAMES = (
    *("Ada", "Ben", "Chiara", "Diego", "Elif", "Farid", "Greta", "Hana", "Igor"),
    *("Joana", "Kofi", "Lena", "Mateo", "Nadia", "Oskar", "Priya", "Quinn", "Rosa"),
)
LAST_NAMES = ("Ahn", "Berg", "Costa", "Dahl", "Evans", "Fuchs", "Ge", "Haas", "Ito")
VENDORS = (("Northern Looms", 10, 25), ("Harbour Trading", 24, 60))
FEE_PERCENT, FEE_FIXED = 2.9, 0.3
PAYOUT = "POUT-2026-001"


def remember_a_year(env, shops):
    """Orders of the last year, and vendors for what was sold."""
    products = env["product.product"].search(
        [("is_storable", "=", True), ("default_code", "!=", False)],
        order="default_code",
    )
    _create_vendors(env, products)
    chance = random.Random(SEED)  # noqa: S311 (a demo, no secret)
    buyers = _create_buyers(env, chance)
    moments = _draw_visits(chance, buyers)
    weights = [PACE[number % len(PACE)] for number in range(len(products))]
    orders = (
        env["sale.order"]
        .with_context(tracking_disable=True)
        .create(
            [
                {
                    "partner_id": buyer.id,
                    "date_order": moment,
                    "client_order_ref": f"OLD-{number:05}",
                    "order_line": [
                        Command.create(
                            {"product_id": product.id, "product_uom_qty": quantity}
                        )
                        for product, quantity in _draw_basket(chance, products, weights)
                    ],
                }
                for number, (moment, buyer) in enumerate(moments, 1)
            ]
        )
    )
    # Not confirmed by the button: the goods left the older system's warehouse.
    orders.write({"state": "sale", "locked": True})


def pay_out(env, shops):
    """The web shop's processor pays what is invoiced, less its fees."""
    channel = env["ecom.channel"].search([("provider", "=", "shopify")], limit=1)
    orders = env["sale.order"].search(
        [
            ("ecom_channel_id", "=", channel.id),
            ("state", "=", "sale"),
            ("currency_id", "=", env.company.currency_id.id),
        ],
        order="id",
        limit=6,
    )
    if not orders:
        return
    orders.order_line.product_id.invoice_policy = "order"
    for order in orders.filtered(lambda one: one.invoice_status == "to invoice"):
        order._create_invoices().action_post()
    setup = env["ecom.settlement.setup"].create({"channel_id": channel.id})
    setup._onchange_channel_id()
    setup.action_apply()
    attachment = env["ir.attachment"].create(
        {"name": f"{PAYOUT}.csv", "datas": base64.b64encode(_write_payout(orders))}
    )
    env["ecom.settlement.import"].create(
        {"channel_id": channel.id, "attachment_ids": [Command.link(attachment.id)]}
    ).action_import()


def think_it_over(env, shops):
    """What the schedulers do at night: figures, predictions, pairs, proposals."""
    for model, job in (
        ("ecom.customer.refresher", "_cron_refresh_all"),
        ("ecom.prediction", "_cron_predict"),
        ("ecom.affinity", "_cron_learn"),
        ("ecom.replenishment.planner", "_cron_plan"),
    ):
        getattr(env[model], job)()
    for name, domain in (
        ("Bought in the Last Month", [("last_order_date", ">=", "today -30d")]),
        ("Regulars", [("order_count", ">=", 6)]),
    ):
        if not env["ecom.segment"].search_count([("name", "=", name)]):
            env["ecom.segment"].create(
                {"name": name, "customer_domain": repr(domain)}
            ).action_refresh()


def _create_vendors(env, products):
    """Two vendors with other lead times share the catalogue."""
    vendors = env["res.partner"].create(
        [
            {"name": name, "is_company": True, "supplier_rank": 1}
            for name, _delay, _minimum in VENDORS
        ]
    )
    env["product.supplierinfo"].create(
        [
            {
                "partner_id": vendors[number % len(VENDORS)].id,
                "product_tmpl_id": product.product_tmpl_id.id,
                "product_id": product.id,
                "price": product.standard_price,
                "delay": VENDORS[number % len(VENDORS)][1],
                "min_qty": VENDORS[number % len(VENDORS)][2],
            }
            for number, product in enumerate(products)
        ]
    )


def _create_buyers(env, chance):
    return env["res.partner"].create(
        [
            {
                "name": f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}",
                "email": f"buyer{number}@example.com",
                "customer_rank": 1,
            }
            for number in range(BUYERS)
        ]
    )


def _draw_visits(chance, buyers):
    """(moment, buyer) by time: each buyer has a pace, and leaves at some point.

    That is the story of BG/NBD: paces are gamma distributed, and after each purchase
    somebody is gone with a chance of his own.
    """
    now = datetime.now().replace(microsecond=0)
    visits = []
    for buyer in buyers:
        pace = chance.gammavariate(1.2, 1 / 40)  # purchases a day
        leaves = chance.betavariate(0.8, 4)
        day = chance.uniform(0, DAYS * 0.8)
        while day < DAYS - 1:
            visits.append((now - timedelta(days=DAYS - day), buyer))
            if chance.random() < leaves:
                break
            day += chance.expovariate(pace)
    return sorted(visits, key=lambda visit: visit[0])


def _draw_basket(chance, products, weights):
    chosen = chance.choices(products, weights, k=chance.choice((1, 1, 1, 2, 3)))
    return [(product, chance.choice((1, 1, 2))) for product in dict.fromkeys(chosen)]


def _write_payout(orders):
    """A payout as Shopify exports it (``payment_transactions_export``)."""
    currency = orders.currency_id.name
    today = f"{datetime.now():%Y-%m-%d}"
    lines = [
        "Transaction Date,Type,Order,Payout Status,Payout Date,Payout ID,Amount,Fee,"
        "Net,Checkout,Payment Method Name,Presentment Amount,Presentment Currency,"
        "Currency"
    ]
    for order in orders:
        amount = order.amount_total
        fee = round(amount * FEE_PERCENT / 100 + FEE_FIXED, 2)
        lines.append(
            f"{today} 12:00:00 +0000,charge,{order.ecom_number},paid,{today},{PAYOUT},"
            f"{amount:.2f},{fee:.2f},{amount - fee:.2f},,card,{amount:.2f},{currency},"
            f"{currency}"
        )
    lines.append(
        f"{today} 12:00:00 +0000,adjustment,,paid,{today},{PAYOUT},-15.00,0.00,-15.00,"
        f",,-15.00,{currency},{currency}"
    )
    return "\n".join(lines).encode()
