from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..algorithms import transfers
from ..algorithms.lazy import np


class EcomStockTransfer(models.Model):
    """Stock that one warehouse has too much of and another needs: moved before anything
    is bought.

    A warehouse gives what lies above the maximum that it would itself order up to, as
    far as it is there and not reserved; one below its minimum is brought up to it.
    There is one open row for a product and two warehouses; the planner renews it.
    """

    _name = "ecom.stock.transfer"
    _description = "Proposed Transfer Between Warehouses"
    _order = "saved desc, id"
    _rec_name = "product_id"
    _check_company_auto = True

    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, index=True, ondelete="cascade"
    )
    giver_id = fields.Many2one(
        "stock.warehouse",
        string="From",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    taker_id = fields.Many2one(
        "stock.warehouse", string="To", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    uom_id = fields.Many2one(related="product_id.uom_id")
    proposal_id = fields.Many2one(
        "ecom.replenishment.proposal",
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    quantity = fields.Float(digits="Product Unit", readonly=True)
    surplus = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="What the giving warehouse has above its maximum.",
    )
    need = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="What the taking warehouse lacks to its minimum.",
    )
    cost = fields.Monetary(string="Cost of Moving", readonly=True)
    saved = fields.Monetary(
        string="Not Spent on Goods",
        readonly=True,
        help="Cost of the goods that need not be bought, less the cost of moving.",
    )
    state = fields.Selection(
        [
            ("open", "Open"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
            ("outdated", "Outdated"),
        ],
        default="open",
        required=True,
        readonly=True,
        index=True,
    )
    picking_id = fields.Many2one(
        "stock.picking", string="Transfer", readonly=True, ondelete="set null"
    )

    _open_uniq = models.UniqueIndex(
        "(product_id, giver_id, taker_id) WHERE state = 'open'",
        "There is one open transfer of a product between two warehouses.",
    )

    # -- finding -----------------------------------------------------------------------

    @api.model
    def _propose(self, company, products=None):
        """Renew the open transfers of a company from its open proposals.

        :param products: only these; ``None`` = all.
        """
        found = {}
        for product_id, rows in self._read_unbalanced(company, products).items():
            for values in self._get_product_transfers(company, rows):
                key = product_id, values["giver_id"], values["taker_id"]
                found[key] = values
        domain = [("company_id", "=", company.id), ("state", "=", "open")]
        if products is not None:
            domain.append(("product_id", "in", products.ids))
        # Nobody makes transfers by hand here: only this search does.
        known = {
            (row.product_id.id, row.giver_id.id, row.taker_id.id): row
            for row in self.sudo().search(domain)
        }
        for key in known.keys() & found.keys():
            known[key].write(found[key])
        gone = [row for key, row in known.items() if key not in found]
        self.sudo().concat(*gone).write({"state": "outdated"})
        return self.sudo().create(
            [
                {"product_id": key[0], "company_id": company.id, **values}
                for key, values in found.items()
                if key not in known
            ]
        )

    @api.model
    def _read_unbalanced(self, company, products):
        """Open proposals of products of which one warehouse has too much and another
        too little: product to rows."""
        only = SQL("TRUE")
        if products is not None:
            only = SQL("p.product_id = ANY(%s)", products.ids)
        for model in ("ecom.replenishment.proposal", "stock.warehouse"):
            self.env[model].flush_model()
        rows = self.env.execute_query_dict(
            SQL(
                """
            SELECT * FROM (
                SELECT p.id, p.product_id, p.warehouse_id, p.policy_id,
                       p.position::float, p.on_hand::float, p.reserved::float,
                       p.min_qty::float, p.max_qty::float, p.unit_cost::float,
                       w.ecom_replenishment = 'full' AS is_giver,
                       BOOL_OR(p.position > p.max_qty AND p.on_hand > p.reserved
                               AND w.ecom_replenishment = 'full')
                           OVER product AS gives,
                       BOOL_OR(p.position < p.min_qty) OVER product AS takes
                  FROM ecom_replenishment_proposal p
                  JOIN stock_warehouse w ON w.id = p.warehouse_id
                 WHERE p.company_id = %s AND p.state = 'open' AND %s
                WINDOW product AS (PARTITION BY p.product_id)) AS pair
             WHERE gives AND takes
             ORDER BY product_id, warehouse_id
            """,
                company.id,
                only,
            )
        )
        found = {}
        for row in rows:
            found.setdefault(row["product_id"], []).append(row)
        return found

    @api.model
    def _get_product_transfers(self, company, rows):
        """Values of the cheapest transfers of one product; a list of dicts."""
        column = {
            name: np.array([row[name] for row in rows])
            for name in ("position", "on_hand", "reserved", "min_qty", "max_qty")
        }
        surplus, need = transfers.surplus_and_need(
            column["position"], column["min_qty"], column["max_qty"]
        )
        free = np.floor(np.maximum(column["on_hand"] - column["reserved"], 0.0))
        gives = np.array([row["is_giver"] for row in rows])
        surplus = np.where(gives, np.minimum(surplus, free), 0.0)
        givers, takers = np.flatnonzero(surplus > 0), np.flatnonzero(need > 0)
        unit_cost = np.array(
            [
                [self._get_unit_cost(company, rows[g], rows[t]) for t in takers]
                for g in givers
            ]
        ).reshape(len(givers), len(takers))
        price = np.array([rows[t]["unit_cost"] for t in takers])
        # A price that is not known is no reason to buy.
        price = np.where(price > 0, price, unit_cost.max(initial=0.0) + 1)
        plan = transfers.transport(surplus[givers], need[takers], unit_cost, price)
        return [
            {
                "giver_id": rows[givers[g]]["warehouse_id"],
                "taker_id": rows[takers[t]]["warehouse_id"],
                "proposal_id": rows[takers[t]]["id"],
                "quantity": float(plan.units[g, t]),
                "surplus": float(surplus[givers[g]]),
                "need": float(need[takers[t]]),
                "cost": float(plan.units[g, t] * unit_cost[g, t]),
                "saved": float(
                    plan.units[g, t] * (rows[takers[t]]["unit_cost"] - unit_cost[g, t])
                ),
            }
            for g, t in zip(*np.nonzero(plan.units >= 1), strict=True)
        ]

    @api.model
    def _get_unit_cost(self, company, giver, taker):
        """Cost of moving one unit: that of the policy of the one who takes. A hook.

        :param giver: :param taker: rows of :meth:`_read_unbalanced`.
        """
        policy = self.env["ecom.replenishment.policy"].browse(taker["policy_id"] or [])
        return policy._get_settings()["transfer_cost"] if policy else 0.0

    # -- deciding ----------------------------------------------------------------------

    def action_accept(self):
        """Make the transfers and compute the products again."""
        accepted = self._accept()
        planner = self.env["ecom.replenishment.planner"]
        for company, some in accepted.grouped("company_id").items():
            planner._plan(company, some.product_id)
        return True

    def action_refuse(self):
        """Leave the stock where it is; what is missing is bought."""
        refused = self.filtered(lambda row: row.state == "open")
        refused.write({"state": "refused"})
        return True

    def _accept(self):
        """Make one internal transfer for each two warehouses; returns the accepted.

        :raises UserError: when one is not open any more.
        """
        closed = self.filtered(lambda row: row.state != "open")
        if closed:
            raise UserError(
                self.env._(
                    "The transfer of %s is decided already. Compute proposals again to "
                    "get a new one.",
                    closed[0].product_id.display_name,
                )
            )
        for rows in self.grouped(lambda r: (r.giver_id, r.taker_id)).values():
            picking = self.env["stock.picking"].create(rows._prepare_picking())
            picking.action_confirm()
            picking.action_assign()
            rows.write({"state": "accepted", "picking_id": picking.id})
        return self

    def _prepare_picking(self):
        """Values of the internal transfer of rows with the same warehouses. A hook."""
        giver, taker = self.giver_id, self.taker_id
        places = {
            "location_id": giver.lot_stock_id.id,
            "location_dest_id": taker.lot_stock_id.id,
            "company_id": giver.company_id.id,
        }
        return {
            **places,
            "picking_type_id": giver.int_type_id.id,
            "origin": self.env._("Replenishment of %s", taker.name),
            "move_ids": [
                fields.Command.create(
                    {
                        **places,
                        "product_id": row.product_id.id,
                        "product_uom": row.uom_id.id,
                        "product_uom_qty": row.quantity,
                    }
                )
                for row in self
            ],
        }
