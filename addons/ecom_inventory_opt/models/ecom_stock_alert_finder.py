import json

from odoo import api, fields, models
from odoo.tools import SQL


class EcomStockAlertFinder(models.AbstractModel):
    """Finds causes of alerts in the proposals and purchase orders of a company."""

    _name = "ecom.stock.alert.finder"
    _description = "Search for Stock Alerts"

    @api.model
    def _refresh(self, company, today, products=None):
        """Make new alerts, renew those that last, end those whose cause is gone.

        :param products: only look at these; ``None`` = all.
        """
        self.env.flush_all()
        causes = {}
        for find in (self._find_stock, self._find_late):
            causes.update(find(company, today, products))
        domain = [("company_id", "=", company.id), ("state", "!=", "ended")]
        if products is not None:
            domain.append(("product_id", "in", products.ids))
        known = {
            (a.kind, a.product_id.id, a.warehouse_id.id, a.purchase_line_id.id): a
            for a in self.env["ecom.stock.alert"].sudo().search(domain)
        }
        for key in known.keys() & causes.keys():
            alert, values = known[key].with_context(tracking_disable=True), causes[key]
            # What is shown is the same: most days nothing is written.
            if (alert.message, alert.date) != (values["message"], values["date"]):
                alert.write(values)
        gone = [alert for key, alert in known.items() if key not in causes]
        self._end(self.env["ecom.stock.alert"].sudo().concat(*gone))
        self._begin(company, {k: v for k, v in causes.items() if k not in known})

    @api.model
    def _end(self, alerts):
        alerts.write({"state": "ended"})
        alerts.activity_unlink(["mail.mail_activity_data_warning"])

    @api.model
    def _begin(self, company, causes):
        """Create alerts; who is responsible for a product is told by an activity."""
        alerts = self._insert(
            [
                {
                    "kind": kind,
                    "product_id": product_id,
                    "warehouse_id": warehouse_id,
                    "purchase_line_id": line_id or None,
                    "company_id": company.id,
                    **values,
                    "date": fields.Date.to_string(values["date"]) or None,
                }
                for (kind, product_id, warehouse_id, line_id), values in causes.items()
            ]
        )
        told = alerts.filtered(lambda alert: alert.kind in self._get_told_kinds())
        for alert in told:
            # From the template, where it is stored: read for all at once.
            template = alert.product_id.product_tmpl_id.with_company(company)
            if user := template.responsible_id:
                alert.activity_schedule(
                    "mail.mail_activity_data_warning",
                    user_id=user.id,
                    summary=alert.message,
                )
        return alerts

    @api.model
    def _insert(self, rows):
        """Alerts from rows of columns, in one statement: there can be as many as
        products."""
        # Nobody makes alerts by hand: only this search does.
        alerts = self.env["ecom.stock.alert"].sudo()
        if not rows:
            return alerts
        now = fields.Datetime.to_string(self.env.cr.now())
        stamp = {"create_uid": self.env.uid, "write_uid": self.env.uid}
        stamp |= {"create_date": now, "write_date": now, "state": "open"}
        columns = SQL(", ").join(map(SQL.identifier, [*rows[0], *stamp]))
        made = self.env.execute_query(
            SQL(
                """
            INSERT INTO ecom_stock_alert (%(columns)s)
            SELECT %(columns)s
              FROM jsonb_populate_recordset(NULL::ecom_stock_alert, %(rows)s)
         RETURNING id
            """,
                columns=columns,
                rows=json.dumps([row | stamp for row in rows]),
            )
        )
        return alerts.browse(row[0] for row in made)

    @api.model
    def _get_told_kinds(self):
        """Kinds of alerts that cannot wait until somebody looks. A hook."""
        return ("stockout", "late")

    @api.model
    def _find_stock(self, company, today, products):
        """Causes in the open proposals: (kind, product, warehouse, False) -> values."""
        settings = {
            policy: policy._get_settings()
            for policy in self.env["ecom.replenishment.policy"].search(
                [("company_id", "=", company.id)]
            )
        }
        default = self.env["ecom.replenishment.policy"].new({})._get_settings()
        least = min(one["alert_risk"] for one in (default, *settings.values()))
        causes = {}
        for proposal in self._get_suspects(company, products, least):
            limits = settings.get(proposal.policy_id, default)
            key = proposal.product_id.id, proposal.warehouse_id.id, False
            for found in (
                self._get_cause(proposal, limits, company),
                self._get_break(proposal),
            ):
                if found:
                    causes[(found[0], *key)] = found[1]
        return causes

    @api.model
    def _get_suspects(self, company, products, least_risk):
        """Open proposals that may be a cause: most are not, and are not read.

        :param least_risk: of a stock-out (%) that any policy wants to be told.
        """
        only = SQL("TRUE")
        if products is not None:
            only = SQL("product_id = ANY(%s)", products.ids)
        rows = self.env.execute_query(
            SQL(
                """
            SELECT id FROM ecom_replenishment_proposal
             WHERE company_id = %s AND state = 'open' AND %s
               AND (stockout_risk >= %s OR on_hand > max_qty OR is_broken)
            """,
                company.id,
                only,
                least_risk,
            )
        )
        names = ["product_id", "warehouse_id", "policy_id", "life", "on_hand"]
        names += ["weekly_demand", "max_qty", "stockout_risk", "run_out_date"]
        names += ["urgency", "unit_cost", "notes"]
        names += ["is_broken", "recent_demand", "usual_demand", "forecast_factor"]
        suspects = self.env["ecom.replenishment.proposal"].browse(r[0] for r in rows)
        suspects.fetch(names)
        return suspects

    @api.model
    def _get_break(self, proposal):
        """Kind and values when demand broke with what was usual, or ``None``. A change
        that a planner put on the forecast says that it is known. A hook."""
        if not proposal.is_broken or proposal.forecast_factor != 1:
            return None
        change = proposal.recent_demand - proposal.usual_demand
        return "break", {
            "date": False,
            "probability": 0.0,
            "quantity": change,
            "money": abs(change) * proposal.unit_cost,
            "message": self.env._(
                "%(recent)g units were asked for in the last 6 weeks where %(usual).0f "
                "were usual. If you know why, change the forecast.",
                recent=proposal.recent_demand,
                usual=proposal.usual_demand,
            ),
        }

    @api.model
    def _get_cause(self, proposal, limits, company):
        """Kind and values of what is wrong with one product, or ``None``. A hook."""
        stopped = {"stopped", "archived"} & set((proposal.notes or "").split(","))
        money = company.currency_id.format
        on_hand, weekly = proposal.on_hand, proposal.weekly_demand
        if not stopped and weekly > 0:
            if proposal.stockout_risk >= limits["alert_risk"]:
                return "stockout", {
                    "date": proposal.run_out_date,
                    "probability": proposal.stockout_risk,
                    "quantity": on_hand,
                    "money": proposal.urgency,
                    "message": self.env._(
                        "Stock is out before an order placed today arrives, with a "
                        "probability of %(risk).0f %%; sales of %(money)s are at risk.",
                        risk=proposal.stockout_risk,
                        money=money(proposal.urgency),
                    ),
                }
            enough = max(proposal.max_qty, weekly * limits["overstock_weeks"])
            if on_hand > enough:
                tied = (on_hand - proposal.max_qty) * proposal.unit_cost
                return "overstock", {
                    "date": False,
                    "probability": 0.0,
                    "quantity": on_hand - proposal.max_qty,
                    "money": tied,
                    "message": self.env._(
                        "Stock lasts for %(weeks).0f weeks; %(money)s are tied up "
                        "above the maximum.",
                        weeks=on_hand / weekly,
                        money=money(tied),
                    ),
                }
        elif on_hand > 0 and proposal.life == "discontinued":
            tied = on_hand * proposal.unit_cost
            return "dead", {
                "date": False,
                "probability": 0.0,
                "quantity": on_hand,
                "money": tied,
                "message": self.env._(
                    "Nobody asks for it any more; %s are tied up.", money(tied)
                ),
            }
        return None

    @api.model
    def _find_late(self, company, today, products):
        """Order lines whose promised day is over, and what their delay causes."""
        only = SQL("TRUE")
        if products is not None:
            only = SQL("l.product_id = ANY(%s)", products.ids)
        rows = self.env.execute_query(
            SQL(
                """
            SELECT l.id, l.product_id, k.warehouse_id, l.date_planned::date, o.name,
                   (l.product_uom_qty - COALESCE(moved.units, 0))::float,
                   p.on_hand::float, p.weekly_demand::float,
                   p.expected_demand::float, t.list_price::float
              FROM purchase_order_line l
              JOIN purchase_order o ON o.id = l.order_id
              JOIN stock_picking_type k ON k.id = o.picking_type_id
              JOIN product_product pp ON pp.id = l.product_id
              JOIN product_template t ON t.id = pp.product_tmpl_id AND t.is_storable
              LEFT JOIN LATERAL (
                  SELECT SUM(m.product_qty) AS units
                    FROM stock_move m
                    JOIN stock_location src ON src.id = m.location_id
                   WHERE m.purchase_line_id = l.id AND m.state = 'done'
                     AND src.usage = 'supplier') AS moved ON TRUE
              LEFT JOIN ecom_replenishment_proposal p
                ON p.product_id = l.product_id AND p.warehouse_id = k.warehouse_id
                   AND p.state = 'open'
             WHERE o.state = 'purchase' AND o.company_id = %(company)s
               AND l.date_planned < %(today)s AND l.display_type IS NULL
               AND l.product_uom_qty > COALESCE(moved.units, 0)
               AND k.warehouse_id IS NOT NULL AND %(only)s
            """,
                company=company.id,
                today=today,
                only=only,
            )
        )
        waiting = self._get_waiting([row[0] for row in rows])
        causes = {}
        for line_id, product_id, warehouse_id, planned, name, units, *facts in rows:
            on_hand, weekly, expected, price = (value or 0.0 for value in facts)
            missing = min(units, max(expected - max(on_hand, 0.0), 0.0))
            orders, promised = waiting.get(line_id, (0, 0.0))
            empty = None
            if weekly > 0:
                days = min(int(max(on_hand, 0.0) / weekly * 7), 3650)
                empty = fields.Date.add(today, days=days)
            causes["late", product_id, warehouse_id, line_id] = {
                "date": planned,
                "probability": 0.0,
                "quantity": units,
                "money": max(missing * price, promised),
                "message": " ".join(
                    [
                        self._get_late_message(
                            (today - planned).days, name, units, empty
                        ),
                        *self._get_waiting_message(orders),
                    ]
                ),
            }
        return causes

    @api.model
    def _get_waiting(self, line_ids):
        """Customers' orders that each purchase order line will cover: line to their
        number and the sales."""
        if not line_ids:
            return {}
        rows = self.env["ecom.order.coverage"]._read_group(
            [("purchase_line_id", "in", line_ids)],
            ["purchase_line_id"],
            ["order_id:count_distinct", "value:sum"],
        )
        return {line.id: (count, value or 0.0) for line, count, value in rows}

    @api.model
    def _get_waiting_message(self, count):
        if not count:
            return []
        return [self.env._("Customers' orders that wait for it: %d.", count)]

    @api.model
    def _get_late_message(self, days, name, units, empty):
        if not empty:
            return self.env._(
                "%(units)g units of %(order)s are %(days)d days late.",
                units=units,
                order=name,
                days=days,
            )
        return self.env._(
            "%(units)g units of %(order)s are %(days)d days late; without them stock "
            "lasts until %(date)s.",
            units=units,
            order=name,
            days=days,
            date=empty,
        )
