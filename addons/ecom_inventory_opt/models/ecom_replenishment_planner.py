import json
import logging
import time
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from typing import Any

from odoo import api, fields, models
from odoo.tools import SQL

from ..algorithms import breaks, distribution, planning
from ..algorithms import demand as demand_history
from ..algorithms.classes import abc, demand_patterns, xyz
from ..algorithms.lazy import np
from .failure import explain_failure, log_failure

_logger = logging.getLogger(__name__)

#: pairs that are planned at a time: bounds memory, and what learns from one another
BATCH = 10_000
#: columns that a new computation leaves alone in an open proposal
KEPT = frozenset({"product_id", "warehouse_id", "state", "create_uid", "create_date"})


@dataclass(frozen=True)
class Plan:
    """What was computed for a batch of pairs; arrays ``(n,)``."""

    pairs: Any
    policy: Any
    sources: Any
    position: Any
    history: Any
    points: Any
    demand: Any
    patterns: Any
    life: Any
    order: Any
    factor: Any
    statistical: Any


@dataclass(frozen=True)
class Inputs:
    """What is known about a batch of pairs before anything is forecast.

    :param policy: ``(n,)`` ids; :param settings: name to ``(n,)``.
    """

    policy: Any
    settings: dict
    sources: Any
    position: Any
    history: Any
    life: Any


class EcomReplenishmentPlanner(models.AbstractModel):
    """From history to proposals, set-wise: a constant number of queries for a batch."""

    _name = "ecom.replenishment.planner"
    _description = "Replenishment Planner"

    @api.model
    def _cron_plan(self):
        """Plan all companies; one that fails is told and does not stop the others."""
        companies = self.env["res.company"].search([("active", "=", True)])
        for done, company in enumerate(companies, start=1):
            self._plan_safely(company)
            self.env["ir.cron"]._commit_progress(1, remaining=len(companies) - done)

    @api.model
    def _plan_safely(self, company):
        """Compute and accept by itself; what fails is undone, logged and recorded. A
        failing acceptance leaves the proposals as they were computed.

        :return: the ``ecom.replenishment.run``.
        """
        begin = time.monotonic()
        values = {"company_id": company.id, "started_at": fields.Datetime.now()}
        try:
            with self.env.cr.savepoint():
                values["pair_count"] = self._plan(company)
            with self.env.cr.savepoint():
                accepted = self._accept_automatically(company)
                values["accepted_count"] = len(accepted)
        except Exception as error:  # noqa: BLE001 whatever it is, it is told
            log_failure(
                _logger, error, "Replenishment of company %s failed", company.id
            )
            self.env.invalidate_all(flush=False)
            values["problem"] = explain_failure(self.env, error)
        values["seconds"] = time.monotonic() - begin
        return self.env["ecom.replenishment.run"]._record(values)

    @api.model
    def _accept_automatically(self, company):
        proposals = self.env["ecom.replenishment.proposal"].search(
            [("company_id", "=", company.id), ("automatic", "=", True)]
            + [("state", "=", "open"), ("changed", "=", True)]
        )
        return proposals._accept()

    @api.model
    def _plan(self, company, products=None):
        """Compute and write the proposals of a company.

        :param products: only these, the classes by value then compare only them.
        :return: number of pairs of product and warehouse.
        """
        self = self.with_company(company)
        reader = self.env["ecom.replenishment.reader"]
        pairs = reader._get_pairs(company, products)
        policies = self.env["ecom.replenishment.policy"]._ensure_root(company)
        pairs.abc = self._get_abc(pairs)
        for start in range(0, len(pairs), BATCH):
            plan = self._compute(
                company, pairs.part(slice(start, start + BATCH)), policies
            )
            self._write_proposals(company, plan)
        self._drop_left_out(company, pairs, products)
        self._after_proposals(company, products)
        today = reader._get_today()
        self.env["ecom.forecast.adjustment"]._follow_up(company, today)
        self.env["ecom.stock.alert.finder"]._refresh(company, today, products)
        return len(pairs)

    @api.model
    def _after_proposals(self, company, products):
        """What follows from all proposals together, once they are written. A hook.

        :param products: that were planned; ``None`` = all of the company.
        """

    @api.model
    def _compute(self, company, pairs, policies):
        """Everything about a batch of pairs; see :class:`Plan`."""
        known = self._read_inputs(company, pairs, policies)
        history, sources, settings = known.history, known.sources, known.settings
        position, life = known.position, known.life
        review = settings["review_days"] / 7
        extra = company.days_to_purchase
        found = distribution.estimate(
            history.demand,
            (sources.lead_mean + extra) / 7 + review,
            history.observed,
            sources.lead_deviation / 7,
        )
        statistical = found.mean / np.maximum(found.interval, 1e-9)
        factor = self._get_forecast_factors(company, pairs, found.interval)
        found = found.scaled(factor)
        stopped = pairs.stopped | (life == demand_history.Life.DISCONTINUED)
        points = self._get_order_points(found, pairs, sources, settings, stopped)
        order = planning.order_quantity(
            position.position,
            points.reorder_point,
            points.order_up_to,
            np.where(sources.pack > 1, sources.pack, 1.0),
        )
        return Plan(
            pairs=pairs,
            policy=known.policy,
            sources=sources,
            position=position,
            history=history,
            points=points,
            demand=found,
            patterns=demand_patterns(history.demand, history.observed).pattern,
            life=life,
            order=np.where(stopped, 0.0, order),
            factor=factor,
            statistical=statistical,
        )

    @api.model
    def _get_abc(self, pairs):
        """Classes by value of the sales of a year, ``(n,)``. A hook."""
        return abc(pairs.units * pairs.cost)

    @api.model
    def _read_inputs(self, company, pairs, policies):
        """History, stock, policy and vendor of each pair; see :class:`Inputs`."""
        reader = self.env["ecom.replenishment.reader"]
        today = reader._get_today()
        position = reader._read_position(company, pairs)
        sold, returned = reader._read_sales(company, pairs)
        in_stock = reader._read_in_stock(company, pairs, position.on_hand)
        history = demand_history.prepare(sold, returned, in_stock)
        pairs.xyz = xyz(history.demand, history.observed)
        sourcing = self.env["ecom.replenishment.sourcing"]
        offers = sourcing._read_offers(
            company, np.unique(pairs.product).tolist(), today
        )
        pairs.vendor = self._get_first_vendors(pairs, offers)
        assigned = policies._assign(pairs)
        settings = self._get_settings(policies, assigned)
        weekly, deviation = self._get_weekly(history)
        sources = sourcing._choose(
            company, pairs, offers, weekly, deviation, settings, today
        )
        return Inputs(
            policy=assigned,
            settings=settings,
            sources=sources,
            position=position,
            history=history,
            life=demand_history.life(history),
        )

    @api.model
    def _get_forecast_factors(self, company, pairs, interval):
        """Factor that planners put on the forecast of each pair, ``(n,)``. A hook.

        :param interval: ``(n,)`` weeks that the forecast is about.
        """
        return np.ones(len(pairs))

    @api.model
    def _get_first_vendors(self, pairs, offers):
        """First vendor of each pair in core's order; 0 = none."""
        if not len(offers.product):
            return np.zeros(len(pairs), dtype=int)
        at = np.searchsorted(offers.product, pairs.product)
        found = np.minimum(at, len(offers.product) - 1)
        return np.where(offers.product[found] == pairs.product, offers.vendor[found], 0)

    @api.model
    def _get_settings(self, policies, assigned):
        """Settings of each pair: name to ``(n,)``."""
        found = {policy.id: policy._get_settings() for policy in policies}
        # 0: no policy is about the pair, as when the root was made special.
        found[0] = self.env["ecom.replenishment.policy"].new({})._get_settings()
        keys, inverse = np.unique(assigned, return_inverse=True)
        rows = [found[key] for key in keys.tolist()]
        return {
            name: np.array([row[name] for row in rows])[inverse] for name in found[0]
        }

    @api.model
    def _get_weekly(self, history):
        """Mean and deviation of the demand of an observed week, ``(n,)`` each."""
        count = np.maximum(history.observed.sum(axis=1), 1)
        mean = history.demand.sum(axis=1) / count
        square = (history.demand**2).sum(axis=1) / count
        return mean, np.sqrt(np.maximum(square - mean**2, 0.0))

    @api.model
    def _get_order_points(self, demand, pairs, sources, settings, stopped):
        """Order points, computed once for each meaning of service."""
        price = np.where(pairs.cost > 0, pairs.cost, sources.price)
        parts = {}
        for kind in np.unique(settings["service_kind"]).tolist():
            rows = np.flatnonzero(settings["service_kind"] == kind)
            part = replace(
                demand,
                mean=demand.mean[rows],
                variance=demand.variance[rows],
                quantiles=demand.quantiles[:, rows],
                interval=demand.interval[rows],
            )
            terms = self._prepare_terms(price, sources, settings, rows)
            terms = replace(terms, kind=planning.Service(kind))
            parts[kind] = rows, planning.order_points(part, terms, stopped[rows])
        return self._join_points(parts, len(pairs))

    @api.model
    def _prepare_terms(self, price, sources, settings, rows):
        """Terms of some pairs. A hook.

        :param price: ``(n,)`` of a unit; :param rows: of the pairs.
        """
        pack = sources.pack[rows]
        return planning.Terms(
            service=settings["service_level"][rows] / 100,
            price=price[rows],
            order_cost=settings["order_cost"][rows],
            holding_rate=settings["holding_rate"][rows] / 100,
            stockout_cost=settings["stockout_cost"][rows],
            smallest=sources.smallest[rows],
            pack=np.where(pack > 1, pack, 1.0),
            review=settings["review_days"][rows] / 7,
            longest_cover=settings["longest_cover"][rows],
            default_cover=settings["default_cover"][rows],
        )

    @api.model
    def _join_points(self, parts, size):
        """Order points of parts in the order of the pairs."""
        if len(parts) == 1:
            return next(iter(parts.values()))[1]
        joined = {}
        for each in dataclass_fields(planning.OrderPoints):
            values = np.empty(size, dtype=object if each.name == "notes" else float)
            for rows, points in parts.values():
                for row, value in zip(rows, getattr(points, each.name), strict=True):
                    values[row] = value
            joined[each.name] = values
        return planning.OrderPoints(**joined)

    # -- writing -----------------------------------------------------------------------

    @api.model
    def _write_proposals(self, company, plan):
        """One row for each pair, in one statement; rows of before that are still open
        get the new numbers."""
        rows = self._prepare_rows(company, plan)
        if not rows:
            return
        self.env["ecom.replenishment.proposal"].flush_model()
        names = list(rows[0])
        columns = SQL(", ").join(map(SQL.identifier, names))
        updates = SQL(", ").join(
            SQL("%s = EXCLUDED.%s", SQL.identifier(n), SQL.identifier(n))
            for n in names
            if n not in KEPT
        )
        self.env.cr.execute(
            SQL(
                """
            INSERT INTO ecom_replenishment_proposal (%(columns)s)
            SELECT %(columns)s
              FROM jsonb_populate_recordset(
                   NULL::ecom_replenishment_proposal, %(rows)s)
            ON CONFLICT (product_id, warehouse_id) WHERE state = 'open'
            DO UPDATE SET %(updates)s
            """,
                columns=columns,
                rows=json.dumps(rows),
                updates=updates,
            )
        )
        self.env["ecom.replenishment.proposal"].invalidate_model()

    @api.model
    def _get_rules(self, pairs):
        """Reordering rules of the stock locations: (product, warehouse) to row."""
        rows = self.env.execute_query(
            SQL(
                """
            SELECT r.product_id, r.warehouse_id, r.id, r.product_min_qty::float,
                   r.product_max_qty::float, r.replenishment_uom_id,
                   r.ecom_min_qty::float, r.ecom_max_qty::float, r.ecom_uom_id,
                   COALESCE(r.ecom_written, FALSE)
              FROM stock_warehouse_orderpoint r
              JOIN stock_warehouse w ON w.id = r.warehouse_id
             WHERE r.active AND r.location_id = w.lot_stock_id
               AND r.product_id = ANY(%s)
            """,
                np.unique(pairs.product).tolist(),
            )
        )
        return {(row[0], row[1]): row[2:] for row in rows}

    @api.model
    def _get_rules_by_row(self, pairs):
        """The same as row of the pairs to row of the rule."""
        rules = self._get_rules(pairs)
        return {row: rules[key] for key, row in pairs.index.items() if key in rules}

    @api.model
    def _prepare_rows(self, company, plan):
        """Values of the proposals: a list of dicts of columns. A hook."""
        rules = self._get_rules_by_row(plan.pairs)
        policies = self.env["ecom.replenishment.policy"].browse(
            set(plan.policy.tolist()) - {0}
        )
        settings = {policy.id: policy._get_settings() for policy in policies}
        before = np.zeros((2, len(plan.pairs)))
        keys = list(plan.pairs.index)
        for row, rule in rules.items():
            before[:, row] = rule[1:3]
        points, demand, sources = plan.points, plan.demand, plan.sources
        stock = plan.position
        price = np.where(plan.pairs.cost > 0, plan.pairs.cost, sources.price)
        weekly = demand.mean / np.maximum(demand.interval, 1e-9)
        deviation = np.sqrt(demand.variance / np.maximum(demand.interval, 1e-9))
        weeks = stock.receipts.shape[1]
        free = stock.on_hand - stock.outgoing
        first, risk = planning.run_out_before(
            free, stock.receipts, weekly, deviation, sources.lead_mean / 7
        )
        broken = breaks.find(plan.history.demand, plan.history.observed)
        numbers = {
            "recent_demand": broken.recent,
            "usual_demand": broken.usual,
            "min_before": before[0],
            "max_before": before[1],
            "min_qty": points.reorder_point,
            "max_qty": np.round(points.order_up_to, self._get_digits()),
            "order_qty": plan.order,
            "order_value": plan.order
            * np.where(sources.price > 0, sources.price, price),
            "on_hand": stock.on_hand,
            "reserved": stock.reserved,
            "incoming": stock.incoming,
            "outgoing": stock.outgoing,
            "requested": stock.requested,
            "position": stock.position,
            "transfer_qty": np.zeros(len(plan.pairs)),
            "weekly_demand": weekly,
            "weekly_deviation": deviation,
            "statistical_weekly": plan.statistical,
            "forecast_factor": plan.factor,
            "interval_weeks": demand.interval,
            "expected_demand": points.expected,
            "safety_stock": points.safety,
            "service_before": demand.probability(before[0]) * 100,
            "service_after": points.service * 100,
            "fill_rate": points.fill_rate * 100,
            "stock_before": self._get_mean_stock(before, demand) * price,
            "stock_after": points.average_stock * price,
            "stock_value": np.maximum(stock.on_hand, 0.0) * price,
            "unit_cost": price,
            "lead_mean": sources.lead_mean,
            "lead_deviation": sources.lead_deviation,
            "vendor_cost": sources.cost,
            "second_cost": np.where(
                np.isfinite(sources.second_cost), sources.second_cost, 0
            ),
            "stockout_risk": risk * 100,
            "urgency": demand.shortage(np.maximum(stock.position, 0.0))
            * np.maximum(plan.pairs.price, price),
            "receipts": sources.receipts.astype(float),
            "returned_rate": sources.returned * 100,
            "censored_weeks": plan.history.censored.astype(float),
            "capped_units": plan.history.capped.sum(axis=1),
        }
        columns = {name: np.nan_to_num(v).tolist() for name, v in numbers.items()}
        today = self.env["ecom.replenishment.reader"]._get_today()
        now = fields.Datetime.to_string(self.env.cr.now())
        rows = []
        for row, key in enumerate(keys):
            values = {name: column[row] for name, column in columns.items()}
            rule = rules.get(row)
            source = {
                name: int(getattr(sources, name)[row]) or None
                for name in ("info", "vendor", "second", "unit")
            }
            unit = source["unit"] if sources.pack[row] > 1 else None
            notes = sorted(
                {note.value for note in points.notes[row]}
                | self._get_notes(plan, row, source)
            )
            out = int(first[row])
            policy = int(plan.policy[row]) or None
            values |= {
                "is_broken": bool(broken.broken[row]),
                "product_id": key[0],
                "warehouse_id": key[1],
                "company_id": company.id,
                "state": "open",
                "orderpoint_id": rule[0] if rule else None,
                "policy_id": policy,
                "supplierinfo_id": source["info"],
                "vendor_id": source["vendor"],
                "second_vendor_id": source["second"],
                "uom_before_id": rule[3] if rule else None,
                "multiple_uom_id": unit,
                "abc": str(plan.pairs.abc[row]),
                "xyz": str(plan.pairs.xyz[row]),
                "pattern": plan.patterns[row].value,
                "life": plan.life[row].value,
                "notes": ",".join(notes) or None,
                "run_out_date": fields.Date.to_string(
                    fields.Date.add(today, days=7 * out + 6)
                )
                if out < weeks
                else None,
                "manual": bool(rule) and not self._is_ours(rule),
                "create_date": now,
                "write_date": now,
                "create_uid": self.env.uid,
                "write_uid": self.env.uid,
            }
            values["changed"] = self._is_changed(values, rule)
            values["automatic"] = self._is_automatic(values, settings.get(policy))
            rows.append(values)
        return rows

    @api.model
    def _get_digits(self):
        """Decimals that core keeps of a quantity: more would always look changed."""
        return self.env["decimal.precision"].precision_get("Product Unit")

    @api.model
    def _get_mean_stock(self, before, demand):
        """Mean stock of a rule, units: what it keeps at least and half of a lot."""
        lower, upper = before
        return np.maximum(lower - demand.mean, 0.0) + np.maximum(upper - lower, 0.0) / 2

    @api.model
    def _get_notes(self, plan, row, source):
        """Codes of what a planner has to know beside the order point's own notes."""
        notes = set()
        if not source["vendor"]:
            notes.add("no_vendor")
        if plan.position.on_hand[row] < 0:
            notes.add("negative_stock")
        if plan.history.censored[row]:
            notes.add("censored")
        if plan.history.capped[row].any():
            notes.add("outlier")
        if plan.life[row] is demand_history.Life.NEW:
            notes.add("new_product")
        if plan.factor[row] != 1:
            notes.add("adjusted")
        if plan.pairs.stopped[row]:
            notes.add("archived")
        return notes

    @api.model
    def _is_ours(self, rule):
        """Whether a rule is as a proposal wrote it."""
        _id, lower, upper, unit, our_lower, our_upper, our_unit, written = rule
        same = (lower, upper, unit) == (our_lower, our_upper, our_unit)
        return bool(written and same)

    @api.model
    def _is_changed(self, values, rule):
        """Whether accepting would change anything."""
        if not rule:
            return values["max_qty"] > 0
        after = (values["min_qty"], values["max_qty"], values["multiple_uom_id"])
        return (rule[1], rule[2], rule[3]) != after

    @api.model
    def _is_automatic(self, values, settings):
        """Whether the policy lets the proposal be accepted without a person."""
        if not settings or settings["automatic"] != "yes" or values["manual"]:
            return False
        limit, most = settings["automatic_value"], settings["automatic_change"]
        if limit and values["order_value"] > limit:
            return False
        before = values["max_before"]
        change = abs(values["max_qty"] - before)
        return not (most and before and change > before * most / 100)

    @api.model
    def _drop_left_out(self, company, pairs, products):
        """Open proposals of pairs that are not planned any more are closed."""
        domain = [("company_id", "=", company.id), ("state", "=", "open")]
        if products is not None:
            domain.append(("product_id", "in", products.ids))
        stale = self.env["ecom.replenishment.proposal"].search_fetch(
            domain, ["product_id", "warehouse_id"]
        )
        stale.filtered(
            lambda p: (p.product_id.id, p.warehouse_id.id) not in pairs.index
        ).write({"state": "outdated"})
