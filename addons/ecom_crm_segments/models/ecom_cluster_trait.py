from odoo import api, fields, models


class EcomClusterTrait(models.Model):
    """What distinguishes a cluster from all customers."""

    _name = "ecom.cluster.trait"
    _description = "Trait of a cluster"
    _order = "sequence, id"

    cluster_id = fields.Many2one(
        "ecom.cluster", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer()
    feature = fields.Selection(
        [
            ("order_count", "Number of orders"),
            ("average_basket", "Average basket"),
            ("days_since", "Days since the last order"),
            ("days_between", "Days between orders"),
            ("refund_share", "Share refunded"),
        ],
        required=True,
        readonly=True,
    )
    difference = fields.Float(
        readonly=True,
        aggregator=False,
        help="Of the mean from everybody's, in standard deviations.",
    )
    typical = fields.Float(
        string="Typical Here", readonly=True, aggregator=False, help="Median."
    )
    everybody = fields.Float(
        string="Typical of Everybody", readonly=True, aggregator=False, help="Median."
    )
    description = fields.Char(string="In Words", compute="_compute_description")

    @api.depends("feature", "difference")
    def _compute_description(self):
        words = self._get_words()
        for trait in self:
            high, low = words[trait.feature]
            trait.description = high if trait.difference > 0 else low

    @api.model
    def _get_words(self):
        """What a feature means when it is high, and when it is low."""
        return {
            "order_count": (self.env._("many orders"), self.env._("few orders")),
            "average_basket": (
                self.env._("large baskets"),
                self.env._("small baskets"),
            ),
            "days_since": (
                self.env._("long not seen"),
                self.env._("bought recently"),
            ),
            "days_between": (
                self.env._("long time between orders"),
                self.env._("short time between orders"),
            ),
            "refund_share": (
                self.env._("returns much"),
                self.env._("returns little"),
            ),
        }
