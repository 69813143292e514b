import json
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..algorithms import counting
from ..algorithms.lazy import np
from .failure import explain_failure, log_failure

_logger = logging.getLogger(__name__)


class EcomCountPlan(models.Model):
    """Which stock of a warehouse is counted on which day: cycle counts by class of
    value and by doubt.

    It sets the scheduled day, the person and the reason on core's quants, where they
    are counted in core's physical inventory. What a person has scheduled or assigned is
    left alone, as is what is being counted. Quants whose class is not known count as
    class C.
    """

    _name = "ecom.count.plan"
    _description = "Cycle Count Plan"
    _inherit = ["mail.thread"]
    _order = "company_id, warehouse_id"
    _rec_name = "warehouse_id"
    _check_company_auto = True

    active = fields.Boolean(default=True)
    warehouse_id = fields.Many2one("stock.warehouse", required=True, ondelete="cascade")
    company_id = fields.Many2one(
        related="warehouse_id.company_id", store=True, index=True
    )
    user_id = fields.Many2one(
        "res.users",
        string="Counted By",
        tracking=True,
        help="Person whom the counts are assigned to; empty = anybody.",
    )
    capacity = fields.Integer(
        string="Counts a Day", default=20, required=True, tracking=True
    )
    horizon_days = fields.Integer(
        string="Days Ahead",
        default=28,
        required=True,
        help="Counts are put on the working days, Monday to Friday, of these days.",
    )
    times_a = fields.Integer(
        string="A: Counts a Year", default=12, required=True, tracking=True
    )
    times_b = fields.Integer(
        string="B: Counts a Year", default=4, required=True, tracking=True
    )
    times_c = fields.Integer(
        string="C: Counts a Year",
        default=1,
        required=True,
        tracking=True,
        help="0 = only when there is a negative stock.",
    )
    still_days = fields.Integer(
        string="Not Moved For (days)",
        default=180,
        required=True,
        help="Stock that has not moved for longer is in doubt: it is counted twice as "
        "often. 0 = no matter how long.",
    )
    most_corrections = fields.Integer(
        string="Often Corrected From",
        default=3,
        required=True,
        help="Stock that was corrected as often within a year is in doubt: it is "
        "counted twice as often. 0 = no matter how often.",
    )
    tolerance = fields.Float(
        string="Tolerance (%)",
        help="A count that differs by at most this much of what was expected is still "
        "accurate; 0 = any difference is an error.",
    )
    scheduled_at = fields.Datetime(string="Computed", readonly=True)
    problem = fields.Text(
        readonly=True, help="Why the days could not be computed the last time."
    )
    planned_count = fields.Integer(string="Counts Planned", readonly=True)
    late_count = fields.Integer(
        string="Late",
        readonly=True,
        help="Counts that are due before there is a free place for them.",
    )
    needed_per_day = fields.Float(
        string="Needed a Day",
        digits=(16, 1),
        readonly=True,
        help="Counts on each working day that keep the intervals of all stock.",
    )

    _warehouse_uniq = models.UniqueIndex(
        "(warehouse_id) WHERE active", "A warehouse has one cycle count plan."
    )
    _capacity_positive = models.Constraint(
        "CHECK(capacity >= 1 AND horizon_days BETWEEN 7 AND 365)",
        "A plan needs at least one count a day, and 7 to 365 days ahead.",
    )
    _times_positive = models.Constraint(
        "CHECK(LEAST(times_a, times_b, times_c, still_days, most_corrections) >= 0"
        " AND tolerance >= 0)",
        "Counts a year, limits and tolerance must not be negative.",
    )

    # -- scheduling --------------------------------------------------------------------

    @api.model
    def _cron_schedule(self):
        """Renew all plans; one that fails says so and does not stop the others."""
        plans = self.search([("active", "=", True)])
        for done, plan in enumerate(plans, start=1):
            try:
                with self.env.cr.savepoint():
                    plan._schedule()
            except Exception as error:  # noqa: BLE001 whatever it is, it is told
                log_failure(_logger, error, "Cycle count plan %s failed", plan.id)
                self.env.invalidate_all(flush=False)
                plan.problem = explain_failure(self.env, error)
            self.env["ir.cron"]._commit_progress(1, remaining=len(plans) - done)

    def action_schedule(self):
        """Renew the scheduled days now."""
        for plan in self:
            plan._schedule()
        return True

    def action_view_counts(self):
        """What this plan has scheduled, in core's physical inventory."""
        self.ensure_one()
        action = self.env["stock.quant"].action_view_inventory()
        domain = [
            ("location_id.warehouse_id", "=", self.warehouse_id.id),
            ("ecom_count_date", "!=", False),
        ]
        return {**action, "domain": domain}

    def _schedule(self):
        """Put what is due on the working days ahead; the quants are written at once."""
        self.ensure_one()
        today = fields.Date.today()
        days = self._get_counting_days(today)
        if not days:
            raise UserError(
                self.env._("There is no working day ahead. Plan more days ahead.")
            )
        rows = self._read_quants(today)
        doubts = [self._get_doubts(row) for row in rows]
        count = np.array([len(some) for some in doubts], dtype=float)
        negative = np.array(["negative" in some for some in doubts], dtype=bool)
        since = np.array([row["since"] for row in rows], dtype=float)
        interval = counting.interval_days([self._get_times(row) for row in rows])
        due = counting.due_days(since, interval, count, negative)
        rank = counting.importance(since, interval, count, negative)
        # Last working day up to the day that it is due; overdue ones have the first.
        ahead = np.array([(day - today).days for day in days])
        place = np.maximum(np.searchsorted(ahead, due, side="right") - 1, 0)
        place = np.where(due > ahead[-1], len(days), place)
        found = counting.schedule(place, rank, self.capacity, len(days))
        self._write_quants(
            rows, doubts, [days[at] if at >= 0 else None for at in found.day]
        )
        self.write(
            {
                "scheduled_at": fields.Datetime.now(),
                "problem": False,
                "planned_count": int((found.day >= 0).sum()),
                "late_count": int(found.late.sum()),
                "needed_per_day": counting.counts_per_day(
                    interval, count, counting.YEAR * len(days) / self.horizon_days
                ),
            }
        )

    def _get_counting_days(self, today):
        """Days on which is counted, in order. A hook, for holidays."""
        ahead = (today + timedelta(days=day) for day in range(self.horizon_days))
        return [day for day in ahead if day.weekday() < 5]

    def _get_times(self, row):
        """Counts a year of a quant. A hook.

        :param row: of :meth:`_read_quants`.
        """
        return {"A": self.times_a, "B": self.times_b}.get(row["abc"], self.times_c)

    def _get_doubts(self, row):
        """Codes of reasons to doubt a quant, the gravest first. A hook.

        :param row: of :meth:`_read_quants`.
        """
        doubts = []
        if row["quantity"] < 0:
            doubts.append("negative")
        if self.most_corrections and row["corrections"] >= self.most_corrections:
            doubts.append("corrected")
        if self.still_days and row["still"] > self.still_days:
            doubts.append("still")
        return doubts

    def _read_quants(self, today):
        """Quants that this plan schedules, with their history: a list of dicts.

        What was never counted counts from the day it came in. Left out is what is being
        counted, and what a person has scheduled: another day than the plan's, or one
        before the plan first had it.
        """
        for model in ("stock.quant", "stock.move", "stock.move.line", "stock.location"):
            self.env[model].flush_model()
        self.env["ecom.replenishment.proposal"].flush_model()
        return self.env.execute_query_dict(
            SQL(
                """
            WITH quant AS (
                SELECT q.*
                  FROM stock_quant q
                  JOIN stock_location l ON l.id = q.location_id
                  JOIN product_product p ON p.id = q.product_id
                  JOIN product_template t ON t.id = p.product_tmpl_id AND t.is_storable
                 WHERE l.warehouse_id = %(warehouse)s AND l.usage = 'internal'
                   AND q.quantity != 0 AND NOT COALESCE(q.inventory_quantity_set, FALSE)
                   AND (q.ecom_count_date IS NULL
                        OR q.inventory_date = q.ecom_count_date)
            ), history AS (
                SELECT ml.product_id, side.location_id,
                       COALESCE(ml.lot_id, 0) AS lot_id,
                       MAX(ml.date) FILTER (WHERE m.is_inventory) AS counted,
                       MAX(ml.date) FILTER (WHERE NOT COALESCE(m.is_inventory, FALSE))
                           AS moved,
                       COUNT(*) FILTER (WHERE m.is_inventory AND ml.quantity != 0
                           AND ml.date >= %(today)s - INTERVAL '365 days')
                           AS corrections
                  FROM stock_move_line ml
                  JOIN stock_move m ON m.id = ml.move_id
                  CROSS JOIN LATERAL (VALUES (ml.location_id), (ml.location_dest_id))
                      AS side(location_id)
                 WHERE ml.state = 'done'
                   AND ml.product_id IN (SELECT product_id FROM quant)
                   AND side.location_id IN (SELECT location_id FROM quant)
                 GROUP BY 1, 2, 3
            )
            SELECT quant.id, quant.quantity::float,
                   quant.inventory_date AS scheduled,
                   quant.ecom_count_date AS planned, p.abc,
                   GREATEST(%(today)s - COALESCE(history.counted, quant.in_date)::date,
                            0) AS since,
                   GREATEST(%(today)s - COALESCE(history.moved, history.counted,
                            quant.in_date)::date, 0) AS still,
                   COALESCE(history.corrections, 0) AS corrections
              FROM quant
              LEFT JOIN history ON history.product_id = quant.product_id
                   AND history.location_id = quant.location_id
                   AND history.lot_id = COALESCE(quant.lot_id, 0)
              LEFT JOIN ecom_replenishment_proposal p ON p.state = 'open'
                   AND p.product_id = quant.product_id
                   AND p.warehouse_id = %(warehouse)s
             ORDER BY quant.id
            """,
                warehouse=self.warehouse_id.id,
                today=today,
            )
        )

    def _write_quants(self, rows, doubts, days):
        """Write the days, in one statement.

        An earlier day that a person or core's own schedule has set is kept. A quant
        that is not due within the horizon any more gets core's day back.
        """
        changed = []
        for row, some, day in zip(rows, doubts, days, strict=True):
            if day and not row["planned"] and row["scheduled"]:
                if row["scheduled"] <= day:
                    continue
            if day is None and not row["planned"]:
                continue
            changed.append(
                {
                    "id": row["id"],
                    "day": fields.Date.to_string(day) if day else None,
                    "reason": (some[0] if some else "class") if day else None,
                }
            )
        quants = self.env["stock.quant"].browse([one["id"] for one in changed])
        self.env.cr.execute(
            SQL(
                """
            UPDATE stock_quant q
               SET inventory_date = row.day, ecom_count_date = row.day,
                   ecom_count_reason = row.reason,
                   user_id = CASE WHEN row.day IS NULL
                       THEN NULLIF(q.user_id, %(user)s)
                       ELSE COALESCE(q.user_id, %(user)s) END
              FROM jsonb_to_recordset(%(rows)s) AS row(id int, day date, reason varchar)
             WHERE q.id = row.id
            """,
                user=self.user_id.id or None,
                rows=json.dumps(changed),
            )
        )
        names = ["inventory_date", "ecom_count_date", "ecom_count_reason", "user_id"]
        quants.invalidate_recordset(names)
        freed = [one["id"] for one in changed if not one["day"]]
        # Only dates are written: not what a planner may not change by hand.
        quants.browse(freed).sudo()._compute_inventory_date()
