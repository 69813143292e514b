import logging

from psycopg2 import errors

from odoo import api, fields, models
from odoo.tools import SQL

from ..algorithms import loss, planning
from ..algorithms.lazy import np
from .failure import log_failure
from .replenishment_data import Pairs

_logger = logging.getLogger(__name__)

PENDING = "ecom_inventory_opt.changes"
#: another transaction was faster
CONCURRENCY_ERRORS = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
)
#: what a change of stock leaves as it was computed
READ = (
    *("product_id", "warehouse_id", "min_qty", "max_qty", "order_qty", "order_value"),
    *("weekly_demand", "weekly_deviation", "expected_demand", "interval_weeks"),
    *("lead_mean", "unit_cost", "multiple_uom_id"),
)


class EcomReplenishmentChange(models.Model):
    """Products whose stock or receipts have changed since proposals were computed.

    Nobody who moves stock waits: what a transaction touches is collected in memory and
    written in one statement when it commits, and a job takes it from there. Min and Max
    stay as they were computed; position, order, risk and alerts follow.
    """

    _name = "ecom.replenishment.change"
    _description = "Product Whose Stock Has Changed"
    _log_access = False

    product_id = fields.Many2one("product.product", required=True, ondelete="cascade")

    @api.model
    def _mark(self, product_ids):
        """Have the proposals of products follow after this transaction."""
        if not product_ids:
            return
        precommit = self.env.cr.precommit
        if PENDING not in precommit.data:
            precommit.data[PENDING] = set()
            precommit.add(self._write_pending)
        precommit.data[PENDING].update(product_ids)

    @api.model
    def _write_pending(self):
        """Write down what the transaction touched, of what there are proposals for."""
        product_ids = sorted(self.env.cr.precommit.data.pop(PENDING, ()))
        # Written for everybody who moves stock, whatever may be done in this addon.
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ecom_replenishment_change (product_id)
                SELECT DISTINCT product_id
                  FROM ecom_replenishment_proposal
                 WHERE state = 'open' AND product_id = ANY(%s)
                """,
                product_ids,
            )
        )
        cron = self.env.cr.rowcount and self.env.ref(
            "ecom_inventory_opt.ir_cron_follow", raise_if_not_found=False
        )
        if cron:
            # The job belongs to the system; who moves stock only wakes it.
            cron.sudo()._trigger()

    @api.model
    def _cron_follow(self):
        """Have proposals and alerts follow what has changed; a company that fails is
        logged and has to wait for the next computation."""
        rows = self.env.execute_query(
            SQL("DELETE FROM ecom_replenishment_change RETURNING product_id")
        )
        products = self.env["product.product"].browse({row[0] for row in rows})
        domain = [("state", "=", "open"), ("product_id", "in", products.ids)]
        proposals = self.env["ecom.replenishment.proposal"].search(domain)
        for company, some in proposals.grouped("company_id").items():
            try:
                with self.env.cr.savepoint():
                    self._follow(company, some)
            except CONCURRENCY_ERRORS:
                # The computation or a planner was faster: once more, after this job.
                self.env.invalidate_all(flush=False)
                self._mark(some.product_id.ids)
            except Exception as error:  # noqa: BLE001 the job must not fail
                message = "Changes of stock of company %s were not followed"
                log_failure(_logger, error, message, company.id)
                self.env.invalidate_all(flush=False)

    @api.model
    def _follow(self, company, proposals):
        """Position, order, risk, transfers and alerts of open proposals as of now."""
        planner = self.env["ecom.replenishment.planner"].with_company(company)
        self.env.flush_all()
        proposals = proposals.sorted(lambda p: (p.product_id.id, p.warehouse_id.id))
        proposals.fetch(READ)
        stock = planner.env["ecom.replenishment.reader"]._read_position(
            company, self._get_pairs(proposals)
        )
        facts = self._compute(proposals, stock)
        for row, proposal in enumerate(proposals):
            values = {name: column[row] for name, column in facts.items()}
            # Planners decide on proposals; the figures are written by this job only.
            proposal.sudo().write(values | proposal._prepare_order_now(values))
        self.env.flush_all()
        planner._after_proposals(company, proposals.product_id)
        today = planner.env["ecom.replenishment.reader"]._get_today()
        planner.env["ecom.stock.alert.finder"]._refresh(
            company, today, proposals.product_id
        )

    @api.model
    def _get_pairs(self, proposals):
        """Pairs of product and warehouse of the proposals, as the reader wants them."""
        nothing = np.zeros(len(proposals))
        return Pairs(
            product=np.array([p.product_id.id for p in proposals], dtype=int),
            warehouse=np.array([p.warehouse_id.id for p in proposals], dtype=int),
            category=nothing,
            cost=nothing,
            price=nothing,
            units=nothing,
            stopped=nothing,
        )

    @api.model
    def _compute(self, proposals, stock):
        """Name to a list of values, of what follows from stock alone.

        Sales at risk are those beyond the position of gamma demand with the mean and
        deviation of the proposal; the next computation has the whole distribution.
        """

        def column(name):
            return np.array([proposal[name] for proposal in proposals], dtype=float)

        weekly, deviation = column("weekly_demand"), column("weekly_deviation")
        free = stock.on_hand - stock.outgoing
        first, risk = planning.run_out_before(
            free, stock.receipts, weekly, deviation, column("lead_mean") / 7
        )
        mean = np.maximum(column("expected_demand"), 1e-9)
        variance = np.square(deviation) * column("interval_weeks")
        variance = np.maximum(variance, 0.02 * mean)
        short = loss.gamma_loss(
            np.maximum(stock.position, 0.0), mean**2 / variance, variance / mean
        )
        price = np.array([p.product_id.list_price for p in proposals], dtype=float)
        today = self.env["ecom.replenishment.reader"]._get_today()
        weeks = stock.receipts.shape[1]
        numbers = {
            name: getattr(stock, name)
            for name in ("on_hand", "reserved", "incoming", "outgoing", "requested")
        }
        numbers |= {
            "position": stock.position,
            "stockout_risk": 100 * risk,
            "urgency": np.maximum(short, 0.0) * np.maximum(price, column("unit_cost")),
            "stock_value": np.maximum(stock.on_hand, 0.0) * column("unit_cost"),
        }
        facts = {name: values.tolist() for name, values in numbers.items()}
        facts["run_out_date"] = [
            fields.Date.add(today, days=7 * out + 6) if out < weeks else False
            for out in first.tolist()
        ]
        return facts


class EcomReplenishmentProposal(models.Model):
    _inherit = "ecom.replenishment.proposal"

    def _prepare_order_now(self, values):
        """What is to be ordered at a position, and what it costs; a dict.

        :param values: with ``position``.
        """
        self.ensure_one()
        order = 0.0
        if self.max_qty > 0 and values["position"] < self.min_qty:
            order = self._round_to_multiple(self.max_qty - values["position"])
        price = self.unit_cost
        if self.order_qty:
            price = self.order_value / self.order_qty
        return {"order_qty": order, "order_value": order * price, "transfer_qty": 0.0}


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model
    def _update_available_quantity(self, product_id, location_id, *args, **kwargs):
        """Every change of what is on hand passes here."""
        self.env["ecom.replenishment.change"]._mark(product_id.ids)
        return super()._update_available_quantity(
            product_id, location_id, *args, **kwargs
        )

    @api.model
    def _update_reserved_quantity(self, product_id, location_id, *args, **kwargs):
        """Every change of what is reserved passes here."""
        self.env["ecom.replenishment.change"]._mark(product_id.ids)
        return super()._update_reserved_quantity(
            product_id, location_id, *args, **kwargs
        )


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_confirm(self, *args, **kwargs):
        """A receipt is on its way, a delivery is promised."""
        moves = super()._action_confirm(*args, **kwargs)
        self.env["ecom.replenishment.change"]._mark(moves.product_id.ids)
        return moves

    def _action_cancel(self):
        self.env["ecom.replenishment.change"]._mark(self.product_id.ids)
        return super()._action_cancel()


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        """What vendors are asked for counts."""
        lines = super().create(vals_list)
        self.env["ecom.replenishment.change"]._mark(lines.product_id.ids)
        return lines

    def write(self, vals):
        """So do other quantities and days."""
        if {"product_qty", "date_planned"} & vals.keys():
            self.env["ecom.replenishment.change"]._mark(self.product_id.ids)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_follow(self):
        self.env["ecom.replenishment.change"]._mark(self.product_id.ids)


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    def button_cancel(self):
        """What is not wanted any more does not count."""
        self.env["ecom.replenishment.change"]._mark(self.order_line.product_id.ids)
        return super().button_cancel()
