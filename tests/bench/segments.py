"""Customers: a million of them, predictions and identity with known truth.

Without database:

* ``bgnbd_fit_seconds``: BG/NBD on 23,570 customers, no two histories alike (grouping
  equal ones cannot help); the baseline is the same likelihood without derivatives;
* ``holdout_repeat_error_pct``: Online Retail, 12 months to learn, 6 to judge; the
  baseline is the published model alone, without season and level. Further lines say how
  it ranks customers, against their orders in the last year, and how other months of the
  same data turn out: the worst of them is what one should expect;
* ``identity_*``: generated households whose truth is known; recall is of pairs that
  show something in common. The baseline links by equal e-mail address or phone number
  alone. ``identity_flats_*``: the same for flats and offices of another generator.

With a database of 1,000,000 customers and 5,000,000 orders of one line each (made by
copying rows in SQL; that takes minutes and is not measured):

* ``full_refresh_seconds_1m``: figures, limits and RFM cells of all; the baseline is the
  least that could be done, a sum of orders by contact;
* ``incremental_seconds_1k``: figures and three live segments after 1,000 new orders;
* ``contact_open_ms``: reading a contact as its form does, the tab 360° included: the
  median of thirty of those with most orders, each by itself and for the first time. The
  baseline is the same form of thirty others without what this addon adds.

``BENCH_CUSTOMERS`` makes the database smaller, with five orders to a customer; the
lines say so, and their figures are not those of the whole size.
"""

import os
import statistics
import sys
import time
from itertools import combinations
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1] / "support"
CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", 1_000_000))
ORDERS = 5 * CUSTOMERS
FITTED = 23_570
HOUSEHOLDS = 8_000
BUILDINGS = 400
STARTS = (0, 31, 62, 90, 121, 151, 182)


def run(env):
    """Run the benchmark; yields its results."""
    sys.path.insert(0, str(SUPPORT))
    import pure_addons

    pure_addons.register()
    yield from measure_fit()
    yield from measure_hold_out()
    yield from measure_identity()
    yield from measure_database(env)


def result(metric, value, baseline, unit, lower_is_better=True, **extra):
    """One line of the report."""
    if baseline is None:
        ratio = None
    else:
        up, down = (baseline, value) if lower_is_better else (value, baseline)
        ratio = round(up / down, 3) if down else None
    return {
        "metric": metric,
        "value": value,
        "baseline": baseline,
        "ratio": ratio,
        "unit": unit,
        **extra,
    }


def seconds(action):
    """Seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


# -- predictions -----------------------------------------------------------------------


def measure_fit():
    """Histories drawn from the parameters of the paper, 39 weeks in days."""
    import numpy as np
    from ecom_crm_segments.algorithms import bg_nbd
    from scipy.optimize import minimize

    rng = np.random.default_rng(1)
    age = rng.uniform(189, 273, FITTED)
    x, t_x = draw_histories(rng, age)
    took = min(seconds(lambda: bg_nbd.fit(x, t_x, age)) for _ in range(3))
    groups = bg_nbd._group(x, t_x / age.mean(), age / age.mean())

    def objective(theta):
        return -bg_nbd._log_likelihood(theta, groups)[0] / FITTED

    plain = seconds(
        lambda: minimize(objective, np.zeros(4), method="Nelder-Mead", tol=1e-7)
    )
    yield result("bgnbd_fit_seconds", round(took, 3), round(plain, 3), "s")


def draw_histories(rng, age, r=0.243, alpha=4.414 * 7, a=0.793, b=2.426):
    """Repeat purchases and the time of the last one of invented customers."""
    import numpy as np

    n = len(age)
    rate, leave = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    x, t_x, clock = np.zeros(n), np.zeros(n), np.zeros(n)
    active = np.ones(n, dtype=bool)
    while active.any():
        clock += rng.exponential(1 / np.maximum(rate, 1e-12))
        active &= clock <= age
        x[active] += 1
        t_x[active] = clock[active]
        active &= rng.random(n) >= leave
    return x, t_x


def measure_hold_out():
    """The first twelve months, and other ones."""
    import numpy as np
    import reference

    if not reference.DATA.exists():
        return
    orders = np.array(
        reference.online_retail(
            "uci_online_retail_II_2009_2010.csv.gz",
            "uci_online_retail_2010_2011.csv.gz",
        )
    )
    checks = [check_from(orders, start) for start in STARTS]
    errors = [abs(check.error) * 100 for check, _plain in checks]
    first, plain = checks[0]
    yield result("holdout_repeat_error_pct", round(errors[0], 2), round(plain, 2), "%")
    yield result(
        "holdout_repeat_error_pct_median",
        round(statistics.median(errors), 2),
        round(statistics.median(plain for _check, plain in checks), 2),
        "%",
    )
    yield result(
        "holdout_repeat_error_pct_worst",
        round(max(errors), 2),
        round(max(plain for _check, plain in checks), 2),
        "%",
    )
    yield result(
        "holdout_gini", round(first.gini, 4), round(first.baseline_gini, 4), "", False
    )
    yield result(
        "holdout_top_decile_lift",
        round(first.lift, 3),
        round(first.baseline_lift, 3),
        "",
        False,
    )


def check_from(orders, start):
    """Hold-out from a day of the data on, and the error of the model alone in %."""
    import numpy as np
    from ecom_crm_segments.algorithms import bg_nbd, history, lifetime

    first = int(orders[:, 1].min()) + start
    known = orders[orders[:, 1] >= first]
    customers, days = known[:, 0].astype(np.int64), known[:, 1].astype(np.int64)
    learn, judge = first + 364, first + 364 + 182
    check = lifetime.hold_out(customers, days, known[:, 2], learn, judge)
    past = history.summarise(customers, days, end=learn)
    model = bg_nbd.fit(past.x, past.t_x, past.age)
    expected = bg_nbd.expected_purchases(model, 182, past.x, past.t_x, past.age).sum()
    return check, abs(expected / check.actual - 1) * 100


# -- identity --------------------------------------------------------------------------


def measure_identity():
    """Pairs that are linked by themselves, against the truth."""
    import household_generator
    import neighbourhood_generator

    sample = household_generator.generate(HOUSEHOLDS, seed=11)
    yield from measure_pairs("identity", sample)
    sample = neighbourhood_generator.generate(BUILDINGS, seed=11)
    yield from measure_pairs("identity_flats", sample)


def measure_pairs(name, sample):
    """Precision and recall of our pairs and of the simple ones."""
    from ecom_crm_segments.algorithms.identity import matching, resolution

    profiles = [matching.profile(contact) for contact in sample.contacts]
    found = pairs_of(resolution.resolve(profiles).groups)
    simple = pairs_of(simple_groups(sample.contacts))
    truth, linkable = sample.pairs(), sample.linkable()
    for kind, right in (("precision", truth), ("recall", linkable)):
        values = []
        for pairs in (found, simple):
            of = len(pairs) if kind == "precision" else len(right)
            values.append(round(100 * len(pairs & right) / of, 3))
        yield result(f"{name}_{kind}_pct", *values, "%", False)


def pairs_of(groups):
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def simple_groups(contacts):
    """Contacts with the same e-mail address or phone number, as they were written."""
    groups = {}
    for contact in contacts:
        for value in (contact.email.lower(), contact.phone):
            if value:
                groups.setdefault(value, set()).add(contact.key)
    return [group for group in groups.values() if len(group) > 1]


# -- database --------------------------------------------------------------------------


def measure_database(env):
    """A shop of a million customers."""
    prepare(env)
    size = {"customers": CUSTOMERS, "orders": ORDERS}
    for line in measure_prepared(env):
        yield {**line, **size}


def measure_prepared(env):
    """All that is measured in the database."""
    refresher = env["ecom.customer.refresher"]
    least = seconds(lambda: env.cr.execute(LEAST))
    first = seconds(lambda: refresh(env, refresher))
    again = seconds(lambda: refresh(env, refresher))
    yield result("full_refresh_seconds_1m", round(first, 1), round(least, 1), "s")
    yield result("full_refresh_seconds_1m_again", round(again, 1), round(least, 1), "s")
    yield from measure_incremental(env, refresher)
    yield from measure_contact(env)


LEAST = """
    SELECT count(*) FROM (
        SELECT partner_id, count(*), sum(amount_untaxed), max(date_order)
          FROM sale_order WHERE state = 'sale' GROUP BY partner_id) q
"""


def refresh(env, refresher):
    refresher._refresh()
    env.cr.commit()


def prepare(env):
    """Contacts and orders by copying a row of each; statistics for the planner."""
    partner = env["res.partner"].create({"name": "Template"})
    from odoo.fields import Command

    products = make_products(env)
    carriers = make_carriers(env, products[0])
    order = env["sale.order"].create(
        {
            "partner_id": partner.id,
            "order_line": [Command.create({"product_id": products[0].id})],
        }
    )
    env.flush_all()
    # No triggers: the rows are copies of one that holds.
    env.cr.execute("SET session_replication_role = replica")
    copy_rows(
        env,
        partner,
        {
            "id": f"{partner.id} + n",
            "name": "'Customer ' || n",
            "email": "'c' || n || '@shop.example'",
            "email_normalized": "'c' || n || '@shop.example'",
            "commercial_partner_id": f"{partner.id} + n",
        },
        CUSTOMERS,
    )
    env.cr.execute("SELECT setval('res_partner_id_seq', max(id)) FROM res_partner")
    first = partner.id + 1
    # Squared random numbers: some customers order much more than others.
    env.cr.execute("SELECT setseed(0.5)")
    copy_rows(
        env,
        order,
        {
            "partner_id": f"{first} + floor(power(random(), 2) * {CUSTOMERS})::int",
            "state": "'sale'",
            "date_order": "now() - random() * interval '730 days'",
            "amount_untaxed": "round((5 + 200 * power(random(), 3))::numeric, 2)",
            "currency_rate": "1",
            "carrier_id": f"{carriers[0].id} + floor(random() * {len(carriers)})::int",
            "ecom_payment_title": "(ARRAY['Card', 'Wallet', 'Invoice', 'Transfer'])"
            "[1 + floor(random() * 4)::int]",
        },
        ORDERS,
    )
    copy_rows(
        env,
        order.order_line,
        {
            "order_id": f"{order.id} + n",
            "product_id": f"{products[0].id} + floor(random() * {len(products)})::int",
        },
        ORDERS,
    )
    env.cr.execute("SET session_replication_role = DEFAULT")
    env.cr.commit()
    env.cr.execute("ANALYZE res_partner")
    env.cr.execute("ANALYZE sale_order")
    env.cr.execute("ANALYZE sale_order_line")
    env.cr.commit()
    env.invalidate_all()


def make_carriers(env, product):
    """Three ways of delivery."""
    return (
        env["delivery.carrier"]
        .create(
            [
                {"name": name, "product_id": product.id}
                for name in ("Parcel", "Express", "Letter")
            ]
        )
        .sorted("id")
    )


def make_products(env):
    """200 services in 20 categories, ten sizes of each."""
    from odoo.fields import Command

    size = env["product.attribute"].create(
        {
            "name": "Size",
            "value_ids": [Command.create({"name": str(n)}) for n in range(10)],
        }
    )
    categories = env["product.category"].create(
        [{"name": f"Category {n}"} for n in range(20)]
    )
    templates = env["product.template"].create(
        [
            {
                "name": category.name,
                "type": "service",
                "categ_id": category.id,
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": size.id,
                            "value_ids": [Command.set(size.value_ids.ids)],
                        }
                    )
                ],
            }
            for category in categories
        ]
    )
    return templates.product_variant_ids.sorted("id")


def copy_rows(env, record, own, count):
    """Copy a row many times, some columns by expressions over its number ``n``."""
    table = record._table
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = current_schema AND table_name = %s",
        [table],
    )
    columns = [name for (name,) in env.cr.fetchall() if name not in ("id", *own)]
    shared = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(f't."{name}"' for name in columns)
    names, expressions = ", ".join(own), ", ".join(own.values())
    env.cr.execute(
        f"INSERT INTO {table} ({shared}, {names}) SELECT {values}, {expressions} "
        f"FROM {table} t, generate_series(1, %s) n WHERE t.id = %s",
        [count, record.id],
    )


def measure_incremental(env, refresher):
    """1,000 orders of 1,000 customers, three live segments."""
    segments = env["ecom.segment"].create(
        [
            {"name": name, "customer_domain": domain}
            for name, domain in (
                ("Champions", "[('rfm_group', '=', 'champion')]"),
                ("Many orders", "[('order_count', '>=', 8)]"),
                ("Class A", "[('value_class', '=', 'a')]"),
            )
        ]
    )
    filled = seconds(segments.action_refresh)
    env.cr.commit()
    env["ecom.customer.dirty"]._take()
    partners = env["res.partner"].search([("name", "=like", "Customer %")], limit=1000)
    env["sale.order"].create(
        [{"partner_id": partner.id, "state": "sale"} for partner in partners]
    )
    env.cr.commit()

    def follow():
        dirty = env["ecom.customer.dirty"]._take()
        if len(dirty) != len(partners):
            raise AssertionError(f"{len(dirty)} customers are to be computed")
        refresher._refresh(dirty)
        segments._refresh_safely(dirty)
        env.cr.commit()

    took = seconds(follow)
    yield result("incremental_seconds_1k", round(took, 2), None, "s")
    size = sum(segments.mapped("member_count"))
    yield result("segments_fill_seconds", round(filled, 1), None, "s", members=size)


def measure_contact(env):
    """Median of reading contacts as the form does, with and without this addon."""
    admin = env.ref("base.user_admin")
    env = env(user=admin.id)
    view = env["res.partner"].get_view(view_type="form")
    whole = fields_of(env, view["arch"])
    plain = {name: spec for name, spec in whole.items() if not name.startswith("ecom_")}
    customers = env["ecom.customer"].search([], limit=60, order="order_count DESC")
    partners = customers.partner_id
    yield result(
        "contact_open_ms",
        round(read_milliseconds(env, partners[:30], whole), 1),
        round(read_milliseconds(env, partners[30:], plain), 1),
        "ms",
    )


def fields_of(env, arch):
    """What the form's fields ask for, lists in it included."""
    from lxml import etree

    spec = {}
    for node in etree.fromstring(arch).iter("field"):
        if any(parent.tag == "field" for parent in node.iterancestors()):
            continue
        inner = [child.get("name") for child in node.iter("field")][1:]
        spec[node.get("name")] = (
            {"fields": {name: {} for name in inner}} if inner else {}
        )
    return {
        name: value
        for name, value in spec.items()
        if name in env["res.partner"]._fields
    }


def read_milliseconds(env, partners, spec):
    """Median of opening contacts, each for the first time and by itself.

    A record of a set has the others prefetched with it: the web client asks for one.
    """
    times = []
    for partner_id in partners.ids:
        env.invalidate_all()
        partner = env["res.partner"].browse(partner_id)
        times.append(seconds(lambda p=partner: p.web_read(spec)) * 1000)
    return statistics.median(times)
