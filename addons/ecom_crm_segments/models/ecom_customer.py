from odoo import api, fields, models


class EcomCustomer(models.Model):
    """Figures of one customer of one company.

    A customer is a commercial contact: people of a company and addresses of a person
    count with it. Rows are written by SQL for all customers at once
    (``ecom.customer.refresher``); nobody creates or edits one by hand.
    """

    _name = "ecom.customer"
    _figures_of_contact = True  # no reason to keep a contact from being erased
    _description = "Customer figures"
    _log_access = False
    _rec_name = "partner_id"
    _order = "net_revenue DESC, id"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    email = fields.Char(related="partner_id.email")
    country_id = fields.Many2one(related="partner_id.country_id")
    order_count = fields.Integer(string="Orders", readonly=True)
    revenue = fields.Monetary(
        readonly=True, help="Confirmed orders without taxes, in the company's currency."
    )
    refund_count = fields.Integer(string="Refunds", readonly=True)
    refund_amount = fields.Monetary(string="Refunded", readonly=True)
    return_count = fields.Integer(
        string="Returns", readonly=True, help="Times that goods were sent back."
    )
    margin = fields.Monetary(
        readonly=True, help="Margin of confirmed orders, before refunds."
    )
    margin_known = fields.Boolean(readonly=True)
    net_revenue = fields.Monetary(readonly=True, help="Revenue less refunds.")
    average_basket = fields.Monetary(readonly=True)
    first_order_date = fields.Datetime(string="First Order", readonly=True)
    last_order_date = fields.Datetime(string="Last Order", readonly=True)
    order_gap = fields.Float(
        string="Days Between Orders", readonly=True, aggregator="avg"
    )
    recency_score = fields.Integer(string="R", readonly=True, aggregator="avg")
    frequency_score = fields.Integer(string="F", readonly=True, aggregator="avg")
    monetary_score = fields.Integer(string="M", readonly=True, aggregator="avg")
    rfm_cell = fields.Char(string="RFM", readonly=True)
    rfm_group = fields.Selection(
        selection="_selection_rfm_group", string="Group", readonly=True
    )
    value_class = fields.Selection(
        [("a", "A"), ("b", "B"), ("c", "C")],
        readonly=True,
        help="A: the best customers, who bring 80 % of the revenue together; B: the "
        "next 15 %; C: all others.",
    )
    favourite_category_id = fields.Many2one(
        "product.category",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The category that most lines of their orders are of.",
    )
    favourite_attribute_id = fields.Many2one(
        "product.attribute.value",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The attribute, such as a size, that most lines of their orders have.",
    )
    favourite_categories = fields.Json(
        readonly=True, help="Ids of the categories most lines are of, best first."
    )
    favourite_attributes = fields.Json(
        readonly=True, help="Ids of the attributes most lines have, best first."
    )
    last_products = fields.Json(
        readonly=True, help="Ids of the products that they bought last."
    )
    carrier = fields.Char(
        string="Preferred Delivery", readonly=True, help="Chosen in most orders."
    )
    payment_method = fields.Char(
        string="Preferred Payment", readonly=True, help="Used in most orders."
    )
    lang = fields.Selection(related="partner_id.lang", string="Language")
    order_hour = fields.Selection(
        [(f"{hour:02}", f"{hour:02}:00") for hour in range(24)],
        string="Usual Hour",
        readonly=True,
        help="The hour at which most of their orders came, in the time zone of the "
        "company.",
    )
    order_hours = fields.Char(
        string="Orders by Hour",
        readonly=True,
        help="How many orders came at 00:00, 01:00 and so on, in the time zone of the "
        "company.",
    )
    pickup_share = fields.Float(
        string="Picked Up",
        readonly=True,
        aggregator="avg",
        help="Share of their orders that they fetched themselves.",
    )
    late_count = fields.Integer(
        string="Late Orders",
        readonly=True,
        help="Orders that were, or still are, delivered after the promised day.",
    )
    held_count = fields.Integer(
        string="Held Orders",
        readonly=True,
        help="Orders that waited for a person before they could be confirmed.",
    )
    prediction_id = fields.Many2one("ecom.prediction", readonly=True)
    active_chance = fields.Float(
        string="Still a Customer", readonly=True, aggregator="avg"
    )
    order_chance = fields.Float(
        string="Chance of an Order", readonly=True, aggregator="avg"
    )
    expected_orders = fields.Float(readonly=True)
    predicted_value = fields.Monetary(readonly=True)
    predicted_low = fields.Monetary(
        string="At Least", readonly=True, help="In nine of ten cases it is more."
    )
    predicted_high = fields.Monetary(
        string="At Most", readonly=True, help="In nine of ten cases it is less."
    )
    next_order_date = fields.Date(
        string="Next Order",
        readonly=True,
        help="Of customers like this one who still buy, half have ordered again by "
        "this day.",
    )
    cluster_id = fields.Many2one(
        "ecom.cluster",
        readonly=True,
        index="btree_not_null",
        help="Customers of a cluster behave alike.",
    )
    churn_risk = fields.Selection(
        [("low", "Low"), ("medium", "Medium"), ("high", "High"), ("lost", "Lost")],
        readonly=True,
    )

    _company_partner_uniq = models.Constraint(
        "UNIQUE(company_id, partner_id)",
        "A company knows the figures of a customer once.",
    )

    @api.model
    def _selection_rfm_group(self):
        return [
            ("champion", self.env._("Champions")),
            ("loyal", self.env._("Loyal")),
            ("promising", self.env._("Promising")),
            ("new", self.env._("New")),
            ("attention", self.env._("Need attention")),
            ("at_risk", self.env._("At risk")),
            ("cannot_lose", self.env._("Must not be lost")),
            ("asleep", self.env._("Asleep")),
            ("lost", self.env._("Lost")),
        ]

    def action_view_orders(self):
        """Open the confirmed orders behind the figures."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Orders of %s", self.partner_id.display_name),
            "res_model": "sale.order",
            "view_mode": "list,form",
            "domain": [
                ("partner_id.commercial_partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "sale"),
            ],
        }
