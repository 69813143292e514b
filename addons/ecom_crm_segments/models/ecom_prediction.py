import logging
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..algorithms import churn, history, lifetime
from ..algorithms.errors import AlgorithmError, TooFewData

_logger = logging.getLogger(__name__)

#: customers a model is learnt from at most; more change nothing that can be seen
SAMPLE = 60000
BLOCK = 50000
#: what customers carry of a prediction
PREDICTED = (
    "active_chance",
    "order_chance",
    "expected_orders",
    "predicted_value",
    "predicted_low",
    "predicted_high",
    "next_order_date",
    "churn_risk",
)


class EcomPrediction(models.Model):
    """One run of the prediction for a company, with what shows how good it is."""

    _name = "ecom.prediction"
    _description = "Prediction of what customers will do"
    _order = "id DESC"
    _rec_name = "date"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    state = fields.Selection(
        [("learnt", "Learnt"), ("refused", "Too Few Data"), ("failed", "Failed")],
        required=True,
        readonly=True,
    )
    message = fields.Text(readonly=True)
    horizon = fields.Integer(string="Days Ahead", readonly=True)
    customer_count = fields.Integer(string="Customers", readonly=True)
    r = fields.Float(digits=0, readonly=True)
    alpha = fields.Float(digits=0, readonly=True)
    a = fields.Float(digits=0, readonly=True)
    b = fields.Float(digits=0, readonly=True)
    log_likelihood = fields.Float(digits=0, readonly=True)
    p = fields.Float(digits=0, readonly=True)
    q = fields.Float(digits=0, readonly=True)
    v = fields.Float(digits=0, readonly=True)
    level = fields.Float(
        readonly=True,
        help="What earlier months brought over what the model expected of them; "
        "predictions are corrected by it.",
    )
    seasonal = fields.Boolean(readonly=True)
    check_days = fields.Integer(string="Days Put Aside", readonly=True)
    check_predicted = fields.Float(string="Predicted Orders", readonly=True)
    check_actual = fields.Float(string="Actual Orders", readonly=True)
    check_error = fields.Float(string="Error", readonly=True)
    check_gini = fields.Float(string="Ranking", readonly=True)
    check_baseline_gini = fields.Float(
        string="Ranking by Last Year's Orders", readonly=True
    )
    check_lift = fields.Float(
        string="Lift of the Best Tenth",
        readonly=True,
        help="How many times more orders than the average the best tenth placed.",
    )
    check_baseline_lift = fields.Float(
        string="Lift by Last Year's Orders", readonly=True
    )
    line_ids = fields.One2many(
        "ecom.prediction.line", "prediction_id", string="Calibration", readonly=True
    )

    @api.model
    def _cron_predict(self):
        """Weekly: learn and predict, company by company."""
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT company_id FROM ecom_customer ORDER BY 1")
        )
        for number, (company_id,) in enumerate(rows, 1):
            self._predict(self.env["res.company"].browse(company_id))
            remaining = len(rows) - number
            if not self.env["ir.cron"]._commit_progress(1, remaining=remaining):
                break

    @api.model
    def _predict(self, company, horizon=365):
        """Learn from the orders of a company and predict for all its customers.

        A refusal is a result, too: it says what is missing. The predictions of before
        are taken away then, the risk by the customers' own rhythm stays.
        """
        end = fields.Date.context_today(self) - timedelta(days=1)
        values = {"company_id": company.id, "horizon": horizon}
        try:
            model, check, check_days = self._learn(company, end)
        except TooFewData as error:
            prediction = self.create(
                {**values, "state": "refused", "message": self._explain(error)}
            )
            self._store(prediction, company, end, None)
            return prediction
        except AlgorithmError as error:
            _logger.warning("prediction for company %s: %s", company.id, error)
            message = self.env._(
                "The model could not be learnt from these orders. Look for orders with "
                "impossible dates or amounts."
            )
            return self.create({**values, "state": "failed", "message": message})
        prediction = self.create(
            {**values, **self._prepare_model(model), **self._prepare_check(check)}
        )
        prediction.check_days = check_days
        self._store(prediction, company, end, model)
        return prediction

    def _explain(self, error):
        """What is missing, in words."""
        texts = {
            "customers": self.env._("customers"),
            "repeat_customers": self.env._("customers who bought more than once"),
            "days": self.env._("days since the first order"),
        }
        lines = [
            self.env._(
                "%(have)s of at least %(need)s %(what)s",
                have=f"{shortage.have:g}",
                need=f"{shortage.need:g}",
                what=texts.get(shortage.what, shortage.what),
            )
            for shortage in error.shortages
        ]
        return self.env._(
            "There is too little to learn from, so nothing is predicted:\n%s",
            "\n".join(f"• {line}" for line in lines),
        )

    # -- learning ----------------------------------------------------------------------

    @api.model
    def _learn(self, company, end):
        """Model, hold-out check (none when there is too little for one), its days."""
        customers, days, values = self._read_purchases(company)
        last = end.toordinal()
        model = lifetime.learn(customers, days, values, last)
        aside = min((last - model.first) // 3, 182)
        try:
            check = lifetime.hold_out(customers, days, values, last - aside, last)
        except TooFewData:
            check = None
        return model, check, aside

    @api.model
    def _read_purchases(self, company):
        """Customer, ordinal of the day and value of every order; of a sample at most.

        Days are those of UTC. Contacts who do not want to be profiled teach nothing.
        """
        import numpy as np

        rows = self.env.execute_query(
            SQL(
                """
                WITH chosen AS (
                    SELECT c.partner_id
                      FROM ecom_customer c
                      JOIN res_partner p ON p.id = c.partner_id
                     WHERE c.company_id = %(company)s
                       AND p.ecom_profiling_off IS NOT TRUE
                     ORDER BY hashint4(c.partner_id)
                     LIMIT %(sample)s
                )
                SELECT p.commercial_partner_id,
                       o.date_order::date - '0001-01-01'::date + 1,
                       (o.amount_untaxed / COALESCE(NULLIF(o.currency_rate, 0), 1))
                           ::float8
                  FROM sale_order o
                  JOIN res_partner p ON p.id = o.partner_id
                  JOIN chosen c ON c.partner_id = p.commercial_partner_id
                 WHERE o.state = 'sale' AND o.company_id = %(company)s
                """,
                company=company.id,
                sample=SAMPLE,
            )
        )
        table = np.array(rows, dtype=float).reshape(-1, 3)
        return table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2]

    @api.model
    def _prepare_model(self, model):
        bought, value = model.purchasing, model.value
        return {
            "state": "learnt",
            "customer_count": bought.customers,
            "r": bought.r,
            "alpha": bought.alpha,
            "a": bought.a,
            "b": bought.b,
            "log_likelihood": bought.log_likelihood,
            "p": value.p if value else 0,
            "q": value.q if value else 0,
            "v": value.v if value else 0,
            "level": model.level,
            "seasonal": not model.season.flat,
        }

    @api.model
    def _prepare_check(self, check):
        if check is None or not check.actual:
            return {
                "message": self.env._(
                    "There is too little to put a part aside and check the prediction."
                )
            }
        return {
            "check_predicted": check.predicted,
            "check_actual": check.actual,
            "check_error": check.error,
            "check_gini": check.gini,
            "check_baseline_gini": check.baseline_gini,
            "check_lift": check.lift,
            "check_baseline_lift": check.baseline_lift,
            "line_ids": [
                fields.Command.create(
                    {
                        "repeat_orders": row.repeat_purchases,
                        "and_more": row.at_least,
                        "customer_count": row.customers,
                        "predicted": row.predicted,
                        "actual": row.actual,
                    }
                )
                for row in check.calibration
            ],
        }

    # -- predicting --------------------------------------------------------------------

    @api.model
    def _store(self, prediction, company, end, model):
        """Predict for all customers and write it, in blocks."""
        self.env.flush_all()
        self._clear(company)
        for rows in self._read_histories(company, end):
            customers, histories = rows
            values = self._predict_block(histories, model, prediction.horizon)
            self._write_block(prediction, customers, values)
        self.env["ecom.customer"].invalidate_model()

    @api.model
    def _clear(self, company):
        columns = SQL(", ").join(
            SQL("%s = NULL", SQL.identifier(name))
            for name in (*PREDICTED, "prediction_id")
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE ecom_customer SET %s
                 WHERE company_id = %s AND (prediction_id IS NOT NULL
                                            OR churn_risk IS NOT NULL)
                """,
                columns,
                company.id,
            )
        )

    @api.model
    def _read_histories(self, company, end):
        """Ids of customers and their histories, block by block."""
        import numpy as np

        rows = self.env.execute_query(
            SQL(
                """
                WITH days AS (
                    SELECT p.commercial_partner_id AS partner_id,
                           o.date_order::date AS day,
                           sum(o.amount_untaxed
                               / COALESCE(NULLIF(o.currency_rate, 0), 1))::float8
                               AS amount
                      FROM sale_order o
                      JOIN res_partner p ON p.id = o.partner_id
                     WHERE o.state = 'sale' AND o.company_id = %(company)s
                       AND o.date_order::date <= %(end)s
                       AND p.commercial_partner_id IS NOT NULL
                     GROUP BY 1, 2
                ), customers AS (
                    SELECT partner_id,
                           count(*) - 1 AS x,
                           max(day) - min(day) AS t_x,
                           %(end)s::date - min(day) AS age,
                           sum(amount) - (array_agg(amount ORDER BY day))[1] AS later
                      FROM days
                     GROUP BY partner_id
                )
                SELECT c.id, f.x, f.t_x, f.age, f.later
                  FROM customers f
                  JOIN ecom_customer c
                    ON c.partner_id = f.partner_id AND c.company_id = %(company)s
                  JOIN res_partner p ON p.id = f.partner_id
                 WHERE p.ecom_profiling_off IS NOT TRUE
                 ORDER BY c.id
                """,
                company=company.id,
                end=end,
            )
        )
        for start in range(0, len(rows), BLOCK):
            table = np.array(rows[start : start + BLOCK], dtype=float)
            ids, x, t_x, age, later = table.T
            mean = later / np.maximum(x, 1)
            yield ids, history.Histories(ids, x, t_x, age, np.where(x > 0, mean, 0.0))

    @api.model
    def _predict_block(self, histories, model, horizon):
        """Values of the columns of ``PREDICTED``, as lists."""
        n = len(histories)
        if model is None:
            active = None
            values = [[None] * n for _ in PREDICTED[:-1]]
        else:
            result = lifetime.predict(model, histories, horizon)
            active = result.active
            arrays = (
                result.active,
                result.buys,
                result.purchases,
                result.amount,
                result.low,
                result.high,
            )
            values = [array.tolist() for array in arrays]
            values.append([date.fromordinal(day) for day in result.next_day.tolist()])
        risk = churn.assess(histories.x, histories.t_x, histories.age, active).risk
        return [*values, [item.value for item in risk]]

    @api.model
    def _write_block(self, prediction, ids, values):
        kinds = ["float8"] * 6 + ["date", "text"]
        arrays = SQL(", ").join(
            SQL("%s::" + kind + "[]", column)
            for kind, column in zip(kinds, values, strict=True)
        )
        names = SQL(", ").join(map(SQL.identifier, PREDICTED))
        columns = SQL(", ").join(
            SQL("%s = d.%s", SQL.identifier(name), SQL.identifier(name))
            for name in PREDICTED
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE ecom_customer c
                   SET %(columns)s, prediction_id = %(prediction)s
                  FROM unnest(%(ids)s::int[], %(arrays)s) AS d(id, %(names)s)
                 WHERE c.id = d.id
                """,
                columns=columns,
                prediction=prediction.id,
                ids=[int(i) for i in ids],
                arrays=arrays,
                names=names,
            )
        )


class EcomPredictionLine(models.Model):
    """Predicted and actual orders of customers with equally many orders before."""

    _name = "ecom.prediction.line"
    _description = "Calibration of a prediction"
    _order = "repeat_orders"

    prediction_id = fields.Many2one(
        "ecom.prediction", required=True, ondelete="cascade", index=True
    )
    repeat_orders = fields.Integer(
        readonly=True, help="Orders before, the first one not counted."
    )
    and_more = fields.Boolean(
        readonly=True, help="Customers with more orders count here, too."
    )
    customer_count = fields.Integer(string="Customers", readonly=True)
    predicted = fields.Float(readonly=True, aggregator="avg")
    actual = fields.Float(readonly=True, aggregator="avg")
