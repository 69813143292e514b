from odoo import fields, models


class EcomExchangePoint(models.Model):
    """One replay: a policy at one setting, and what it would have brought."""

    _name = "ecom.exchange.point"
    _description = "Point of an Exchange Curve"
    _order = "curve_id, policy, fill_rate, stock_value, id"
    _rec_name = "policy"

    curve_id = fields.Many2one(
        "ecom.exchange.curve", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="curve_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    policy = fields.Selection(
        [
            ("own", "Proposals"),
            ("cover13", "Min/Max from the mean of 13 weeks"),
            ("cover4", "Min/Max from the mean of 4 weeks"),
            ("rules", "Reordering rules in force"),
        ],
        required=True,
    )
    setting = fields.Float(
        help="Service level (%) of the proposals, weeks of cover of a moving average."
    )
    fill_rate = fields.Float(
        string="Fill Rate (%)", aggregator="avg", help="By value of the sales."
    )
    in_stock = fields.Float(
        string="In Stock (%)",
        aggregator="avg",
        help="Products and weeks that ended with stock.",
    )
    stock_value = fields.Monetary(string="Mean Stock", aggregator="avg")
    orders = fields.Integer()
    cost = fields.Monetary(string="Cost of Holding and Orders")
