from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from ..algorithms import flow

#: of the drawing, in its own unit; the browser scales it
WIDTH, HEIGHT = 900, 460
MONTH = relativedelta(months=1)


class EcomRfmFlow(models.TransientModel):
    """A month, and the chart of how customers came from the one before."""

    _name = "ecom.rfm.flow"
    _description = "Flow of customers between RFM groups"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    month = fields.Selection(
        selection="_selection_month",
        default=lambda self: next(iter(self._selection_month()), (False,))[0],
        help="The chart shows where its customers were one month before.",
    )
    chart = fields.Json(compute="_compute_chart")

    @api.model
    def _selection_month(self):
        """Months with one before, newest first."""
        months = self.env["ecom.rfm.transition"]._read_group(
            [("company_id", "=", self.env.company.id)], ["month:month"]
        )
        return [
            (str(month), month.strftime("%Y-%m"))
            for (month,) in sorted(months, reverse=True)
        ]

    @api.depends("company_id", "month")
    def _compute_chart(self):
        for record in self:
            record.chart = record.month and record._draw()

    def _draw(self):
        """Bars and ribbons with their texts, as the widget draws them."""
        groups = dict(self.env["ecom.rfm.transition"]._selection_group())
        order = [*(name for name in groups if name != "none"), "none"]
        chart = flow.layout(self._get_moves(), order, HEIGHT)
        return {
            "width": WIDTH,
            "height": HEIGHT,
            "bar": flow.BAR,
            "company": self.company_id.id,
            "month": self.month,
            "bars": [
                {
                    "name": bar.name,
                    "right": bar.right,
                    "top": bar.top,
                    "height": bar.height,
                    "text": f"{groups[bar.name]} · {bar.count}",
                }
                for bar in chart.bars
            ],
            "ribbons": [
                {
                    "source": ribbon.source,
                    "target": ribbon.target,
                    "path": ribbon.path(WIDTH),
                    "text": f"{groups[ribbon.source]} → {groups[ribbon.target]}: "
                    f"{ribbon.count}",
                }
                for ribbon in chart.ribbons
            ],
        }

    def _get_moves(self):
        """Customers by group of before and of after."""
        rows = self.env["ecom.rfm.transition"].search(
            [("company_id", "=", self.company_id.id), ("month", "=", self.month)]
        )
        return {(row.from_group, row.to_group): row.customer_count for row in rows}

    @api.model
    def action_view_moved(self, company_id, month, source, target):
        """Open who moved from one group to another within a month.

        Who came is seen in the month, who went in the one before.
        """
        after = fields.Date.to_date(month)
        if target == "none":
            day, group, neighbour, other = after - MONTH, source, "next_group", target
        else:
            day, group, neighbour, other = after, target, "previous_group", source
        groups = dict(self.env["ecom.rfm.transition"]._selection_group())
        return {
            "type": "ir.actions.act_window",
            "name": f"{groups[source]} → {groups[target]}",
            "res_model": "ecom.rfm.history",
            "views": [(False, "list")],
            "domain": [
                ("company_id", "=", company_id),
                ("month", "=", day),
                ("rfm_group", "=", group),
                (neighbour, "=", other),
            ],
        }
