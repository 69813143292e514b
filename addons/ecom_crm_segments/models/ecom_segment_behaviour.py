from odoo import api, fields, models
from odoo.tools import SQL


class EcomSegmentBehaviour(models.Model):
    """A condition on what customers bought: X, at least n times, within d days."""

    _name = "ecom.segment.behaviour"
    _description = "Condition on what customers bought"
    _order = "sequence, id"

    segment_id = fields.Many2one(
        "ecom.segment", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    negated = fields.Selection(
        [("no", "Bought"), ("yes", "Did not buy")],
        string="Condition",
        required=True,
        default="no",
    )
    product_ids = fields.Many2many("product.product")
    category_id = fields.Many2one(
        "product.category", help="Products of it and of all below it."
    )
    team_id = fields.Many2one(
        "crm.team", string="Sales Team", help="Channel that the orders came by."
    )
    source_id = fields.Many2one("utm.source")
    times = fields.Integer(
        string="At Least", required=True, default=1, help="Orders in which it was."
    )
    days = fields.Integer(
        string="Within Days", help="Counted back from now; empty for ever."
    )
    description = fields.Char(compute="_compute_description")

    _times_positive = models.Constraint(
        "CHECK(times >= 1 AND COALESCE(days, 0) >= 0)",
        "Times start at 1, and days cannot be negative.",
    )

    @api.depends("negated", "product_ids", "category_id", "times", "days")
    def _compute_description(self):
        for condition in self:
            condition.description = condition._describe()

    def _describe(self):
        """The condition in words."""
        names = self.product_ids.mapped("display_name")
        if self.category_id:
            names.append(self.category_id.display_name)
        what = ", ".join(names) or self.env._("anything")
        values = {"what": what, "times": self.times, "days": self.days}
        if self.negated == "yes":
            if self.days:
                return self.env._(
                    "not bought %(what)s %(times)s times within %(days)s days", **values
                )
            return self.env._("never bought %(what)s %(times)s times", **values)
        if self.days:
            return self.env._(
                "bought %(what)s at least %(times)s times within %(days)s days",
                **values,
            )
        return self.env._("bought %(what)s at least %(times)s times", **values)

    def _get_condition(self, partner):
        """SQL that holds for the contacts the condition holds for.

        :param partner: SQL of the id of the commercial contact.
        """
        self.ensure_one()
        bought = SQL(
            """
            %(partner)s IN (
                SELECT b.commercial_partner_id
                  FROM sale_order o
                  JOIN res_partner b ON b.id = o.partner_id
                 WHERE %(orders)s
                 GROUP BY b.commercial_partner_id
                HAVING count(*) >= %(times)s)
            """,
            partner=partner,
            orders=SQL(" AND ").join(self._get_order_conditions()),
            times=self.times or 1,
        )
        return SQL("NOT (%s)", bought) if self.negated == "yes" else bought

    def _get_order_conditions(self):
        """Conditions on the orders that count (alias ``o``)."""
        company = self.segment_id.company_id
        conditions = [
            SQL("o.state = 'sale'"),
            SQL("o.company_id = %s", company.id),
            SQL("b.commercial_partner_id IS NOT NULL"),
        ]
        if self.days:
            conditions.append(
                SQL(
                    "o.date_order >= now() AT TIME ZONE 'UTC' - %s * interval '1 day'",
                    self.days,
                )
            )
        if self.team_id:
            conditions.append(SQL("o.team_id = %s", self.team_id.id))
        if self.source_id:
            conditions.append(SQL("o.source_id = %s", self.source_id.id))
        if self.product_ids or self.category_id:
            conditions.append(
                SQL(
                    """
                    EXISTS (SELECT 1
                              FROM sale_order_line l
                             WHERE l.order_id = o.id AND l.product_uom_qty > 0
                               AND l.product_id = ANY(%s))
                    """,
                    self._get_product_ids(),
                )
            )
        return conditions

    def _get_product_ids(self):
        """Products that count, archived ones included: they were sold, too."""
        products = self.product_ids._origin
        if self.category_id:
            products |= products.with_context(active_test=False).search(
                [("categ_id", "child_of", self.category_id.id)]
            )
        return products.ids
