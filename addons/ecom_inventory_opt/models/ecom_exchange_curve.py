from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.safe_eval import safe_eval

from ..algorithms import exchange
from ..algorithms.lazy import np
from .replenishment_data import WEEKS

#: weeks of history that policies need before the first one that is replayed
LEAST_HISTORY = 26
#: weeks that are replayed but not measured
WARM_UP = 4


class EcomExchangeCurve(models.Model):
    """Service against stock, from the company's own sales: what each way of setting Min
    and Max would have brought, and what if demand or lead times were other.
    """

    _name = "ecom.exchange.curve"
    _description = "Exchange Curve"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        check_company=True,
        help="Empty = all warehouses of the company.",
    )
    product_domain = fields.Char(string="Products", default="[]", required=True)
    most_products = fields.Integer(
        string="At Most",
        default=1000,
        required=True,
        help="Products in a warehouse that are replayed: those with the most sales.",
    )
    weeks = fields.Integer(
        string="Weeks Measured",
        default=26,
        required=True,
        help="The latest ones. Policies only see what was before.",
    )
    target = fields.Float(
        string="Compare at a Fill Rate of (%)", default=95.0, required=True
    )
    demand_factor = fields.Float(
        default=1.0,
        required=True,
        help="What if: 1.2 = a fifth more is asked for than it was. The policies do "
        "not know beforehand.",
    )
    lead_time_factor = fields.Float(
        default=1.0,
        required=True,
        help="What if: 2 = vendors need twice as long. The policies know.",
    )
    point_ids = fields.One2many("ecom.exchange.point", "curve_id", readonly=True)
    product_count = fields.Integer(string="Products Replayed", readonly=True)
    without_rule = fields.Integer(string="Without a Reordering Rule", readonly=True)
    computed_at = fields.Datetime(readonly=True, copy=False)
    summary = fields.Text(compute="_compute_summary")
    chart = fields.Json(compute="_compute_chart")

    _weeks_range = models.Constraint(
        f"CHECK(weeks >= 4 AND weeks <= {WEEKS - LEAST_HISTORY - WARM_UP})",
        f"Between 4 and {WEEKS - LEAST_HISTORY - WARM_UP} weeks can be measured: the "
        "weeks before are needed to learn from.",
    )
    _most_products_range = models.Constraint(
        "CHECK(most_products BETWEEN 1 AND 10000)",
        "Between 1 and 10,000 products can be replayed.",
    )
    _factors_positive = models.Constraint(
        "CHECK(demand_factor > 0 AND lead_time_factor >= 0)",
        "Demand must be times more than zero, lead times must not be negative.",
    )
    _target_range = models.Constraint(
        "CHECK(target > 0 AND target < 100)", "A fill rate lies between 0 and 100 %."
    )

    @api.depends("point_ids", "target")
    def _compute_summary(self):
        for record in self:
            record.summary = "\n".join(record._get_summary())

    @api.depends("point_ids")
    def _compute_chart(self):
        for record in self:
            record.chart = record._prepare_chart() if record.point_ids else False

    def action_compute(self):
        """Replay the policies on the history that is known now."""
        self.ensure_one()
        pairs = self._get_pairs()
        if not len(pairs):
            raise UserError(
                self.env._(
                    "None of these products was sold in the last year. Choose others."
                )
            )
        scenario, rules = self._prepare_scenario(pairs)
        points = self._get_points(scenario, rules)
        self.point_ids.unlink()
        self.write(
            {
                "point_ids": [
                    fields.Command.create(self._prepare_point(p)) for p in points
                ],
                "product_count": len(pairs),
                "without_rule": int((rules[1] <= 0).sum()),
                "computed_at": fields.Datetime.now(),
            }
        )
        return True

    def _get_product_domain(self):
        """Domain of the products that are replayed. A hook."""
        return safe_eval(self.product_domain or "[]", {"uid": self.env.uid})

    def _get_pairs(self):
        """Pairs of product and warehouse: sold in a year, those with most value first
        cut off at the limit."""
        self.ensure_one()
        products = None
        if domain := self._get_product_domain():
            products = self.env["product.product"].search(domain)
        reader = self.env["ecom.replenishment.reader"].with_company(self.company_id)
        pairs = reader._get_pairs(self.company_id, products)
        value = pairs.units * np.maximum(pairs.cost, 1e-9)
        kept = (pairs.units > 0) & ~pairs.stopped
        if self.warehouse_id:
            kept &= pairs.warehouse == self.warehouse_id.id
        rows = np.flatnonzero(kept)
        rows = rows[np.argsort(-value[rows], kind="stable")][: self.most_products]
        pairs.abc = self.env["ecom.replenishment.planner"]._get_abc(pairs)
        return pairs.part(np.sort(rows))

    def _prepare_scenario(self, pairs):
        """What the policies are tried on, and the rules in force, ``(2, n)``."""
        company = self.company_id
        planner = self.env["ecom.replenishment.planner"].with_company(company)
        policies = self.env["ecom.replenishment.policy"]._ensure_root(company)
        known = planner._read_inputs(company, pairs, policies)
        cost = np.where(pairs.cost > 0, pairs.cost, known.sources.price)
        rules = np.zeros((2, len(pairs)))
        for row, rule in planner._get_rules_by_row(pairs).items():
            rules[:, row] = rule[1:3]
        scenario = exchange.Scenario(
            demand=known.history.demand,
            observed=known.history.observed,
            price=np.where(pairs.price > 0, pairs.price, np.maximum(cost, 1e-9)),
            lead_time=(known.sources.lead_mean + company.days_to_purchase) / 7,
            lead_deviation=known.sources.lead_deviation / 7,
            terms=planner._prepare_terms(
                cost, known.sources, known.settings, np.arange(len(pairs))
            ),
            first=WEEKS - self.weeks - WARM_UP,
            warm_up=WARM_UP,
        )
        return scenario.changed(self.demand_factor, self.lead_time_factor), rules

    def _get_points(self, scenario, rules):
        """Policies that are compared: a list of :class:`exchange.Point`. A hook.

        :param rules: minimum and maximum in force, ``(2, n)``; 0 = no rule.
        """
        points = exchange.own(scenario)
        points += exchange.cover(scenario, 13) + exchange.cover(scenario, 4)
        if (rules[1] > 0).all():
            points.append(exchange.rules(scenario, *rules))
        return points

    @api.model
    def _prepare_point(self, point):
        return {
            "policy": point.policy,
            "setting": point.setting * (100 if point.policy == "own" else 1),
            "fill_rate": point.replay.fill_rate * 100,
            "in_stock": point.replay.in_stock * 100,
            "stock_value": point.replay.stock_value,
            "orders": point.replay.orders,
            "cost": point.replay.cost,
        }

    @api.model
    def _get_policies(self):
        """Policies and what they are called; a list of pairs."""
        field = self.env["ecom.exchange.point"]._fields["policy"]
        return field._description_selection(self.env)

    def _get_curve(self, policy):
        """Fill rate (%) and stock of a policy's points, two lists by rising service."""
        points = self.point_ids.filtered(lambda p: p.policy == policy)
        points = points.sorted(lambda p: (p.fill_rate, p.stock_value))
        return points.mapped("fill_rate"), [p.stock_value for p in points]

    def _get_stock_at(self, policy, fill_rate):
        """Mean stock of a policy at a fill rate (%), ``None`` = not on its curve."""
        service, stock = self._get_curve(policy)
        if not service or not service[0] <= fill_rate <= service[-1]:
            return None
        return float(np.interp(fill_rate, service, stock))

    def _get_summary(self):
        """What the curves say, in sentences; a list. A hook."""
        if not self.point_ids:
            return []
        names = dict(self._get_policies())
        own = self._get_stock_at("own", self.target)
        lines = []
        if own is None:
            lines.append(
                self.env._(
                    "The proposals do not reach or always exceed %(target)g %% here; "
                    "compare at another fill rate.",
                    target=self.target,
                )
            )
        for policy in ("cover13", "cover4"):
            other = self._get_stock_at(policy, self.target)
            if own is not None and other:
                lines.append(self._get_comparison(names[policy], own, other))
        lines += self._get_rules_summary()
        return lines

    def _get_comparison(self, name, own, other):
        """One sentence: stock of the proposals against that of another policy."""
        return self.env._(
            "At a fill rate of %(target)g %% the proposals need %(own)s of stock, "
            "%(policy)s %(other)s: %(change)+.0f %%.",
            target=self.target,
            own=self.currency_id.format(own),
            policy=name,
            other=self.currency_id.format(other),
            change=100 * (own / other - 1),
        )

    def _get_rules_summary(self):
        """What the rules in force give, against the proposals; a list of sentences."""
        rules = self.point_ids.filtered(lambda p: p.policy == "rules")
        if not rules:
            return [
                self.env._(
                    "%(without)d of %(count)d products have no reordering rule. Choose "
                    "only products with one to see the rules in force as well.",
                    without=self.without_rule,
                    count=self.product_count,
                )
            ]
        lines = [
            self.env._(
                "The reordering rules in force give a fill rate of %(fill).1f %% with "
                "%(stock)s of stock.",
                fill=rules.fill_rate,
                stock=self.currency_id.format(rules.stock_value),
            )
        ]
        same = self._get_stock_at("own", rules.fill_rate)
        if same and rules.stock_value:
            lines.append(
                self.env._(
                    "The proposals give the same with %(stock)s: %(change)+.0f %%.",
                    stock=self.currency_id.format(same),
                    change=100 * (same / rules.stock_value - 1),
                )
            )
        return lines

    def _prepare_chart(self):
        """What the chart shows; see the widget ``planning_chart``. A hook."""
        series = []
        for policy, label in self._get_policies():
            service, stock = self._get_curve(policy)
            points = [
                {"x": value, "y": fill}
                for fill, value in zip(service, stock, strict=True)
            ]
            role = {"own": "line", "rules": "marks"}.get(policy, "dashed")
            if points:
                series.append({"label": label, "role": role, "points": points})
        return {
            "x": {
                "title": self.env._("Mean stock (%s)", self.currency_id.name),
            },
            "y": {"title": self.env._("Fill rate (%)")},
            "series": series,
        }
