from ast import literal_eval
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..marketplaces.schema import Risk
from ..routing.partition import Commit
from ..routing.rules import OrderFilter, Rule, SiteFilter
from ..routing.strategies import STRATEGIES


def words(text):
    """Words of a text in which commas part them."""
    return frozenset(filter(None, (word.strip() for word in (text or "").split(","))))


class EcomRoutingRule(models.Model):
    """One row of a rule set: for which orders, from which warehouses, and how.

    The first rule that is for an order decides it. When it cannot, the next one may, or
    the order waits in the rule's queue.
    """

    _name = "ecom.routing.rule"
    _description = "Routing rule"
    _order = "rule_set_id, sequence, id"
    _check_company_auto = True

    rule_set_id = fields.Many2one(
        "ecom.routing.rule.set", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="rule_set_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    # which orders
    channel_ids = fields.Many2many(
        "ecom.channel", string="Channels", check_company=True
    )
    country_ids = fields.Many2many("res.country", string="Ship-To Countries")
    any_tags = fields.Char(
        string="With a Tag", help="The shop's tags, parted by commas; one is enough."
    )
    no_tags = fields.Char(string="Without Tags", help="Parted by commas.")
    categ_ids = fields.Many2many(
        "product.category",
        string="Product Categories",
        help="Every product must be in one of them (or in one below).",
    )
    risk = fields.Selection(
        [
            (Risk.UNKNOWN.value, "Unknown"),
            (Risk.LOW.value, "Low"),
            (Risk.MEDIUM.value, "Medium"),
            (Risk.HIGH.value, "High"),
        ],
        string="Risk of Fraud",
    )
    min_value = fields.Monetary(string="Goods Worth at Least")
    max_value = fields.Monetary(string="Goods Worth at Most", help="0 = no limit.")
    domain = fields.Char(string="Further Condition", default="[]")
    # which warehouses
    warehouse_ids = fields.Many2many(
        "stock.warehouse", string="Warehouses", check_company=True
    )
    group_ids = fields.Many2many(
        "ecom.warehouse.group", string="Groups of Warehouses", check_company=True
    )
    same_country = fields.Boolean(string="Only in the Buyer's Country")
    reserve = fields.Integer(
        string="Units Kept",
        help="Units of every product that the rule leaves at each warehouse.",
    )
    # how
    carrier_ids = fields.Many2many(
        "delivery.carrier",
        string="Carriers",
        check_company=True,
        help="Only these; empty = whichever is best. What a buyer's choice of delivery "
        "binds to is kept.",
    )
    strategy = fields.Selection(
        selection="_get_strategies", default="optimum", required=True
    )
    looks_ahead = fields.Boolean(compute="_compute_looks_ahead")
    max_parcels = fields.Integer(
        string="Parcels at Most", help="0 = without a limit, 1 = never split."
    )
    split_lines = fields.Boolean(
        string="Divide Lines",
        default=True,
        help="The quantity of one line may come from several warehouses, when no "
        "single one has all of it.",
    )
    min_part_value = fields.Monetary(
        string="Each Part Worth at Least",
        help="An order is split only when all its parts are worth this much.",
    )
    queue = fields.Char(
        help="Where orders wait that the rule is for and cannot ship; empty = the next "
        "rule is tried.",
    )
    cancel_after = fields.Integer(
        string="Cancelled After (days)",
        help="An order that has waited in the queue for so long is cancelled; "
        "0 = never.",
    )

    _never_negative = models.Constraint(
        "CHECK(COALESCE(max_parcels, 0) >= 0 AND COALESCE(reserve, 0) >= 0"
        " AND COALESCE(cancel_after, 0) >= 0)",
        "Numbers of a routing rule are never negative.",
    )

    @api.model
    def _get_strategies(self):
        """The strategies there are; another addon registers its own, with its title."""
        titles = self._get_strategy_titles()
        return [
            (code, titles.get(code, strategy.title))
            for code, strategy in STRATEGIES.items()
        ]

    @api.model
    def _get_strategy_titles(self):
        """Titles in the reader's language, by code."""
        return {
            "priority": self.env._("Fixed priority"),
            "nearest": self.env._("Nearest"),
            "least_cost": self.env._("Least cost, one after the other"),
            "optimum": self.env._("Optimum"),
            "fewest_parcels": self.env._("Fewest parcels"),
            "scarcity": self.env._("Optimum with scarcity prices, one after the other"),
        }

    @api.depends("strategy")
    def _compute_looks_ahead(self):
        """Whether the strategy counts what units are worth to later orders."""
        for rule in self:
            strategy = STRATEGIES.get(rule.strategy)
            rule.looks_ahead = bool(strategy and strategy.looks_ahead)

    @api.constrains("domain")
    def _check_domain(self):
        for rule in self:
            try:
                # Whether the fields exist shows only when it is used.
                self.env["sale.order"].search(rule._get_domain(), limit=1)
            except (ValueError, SyntaxError, TypeError, KeyError) as error:
                raise ValidationError(
                    self.env._(
                        "The further condition of rule %(rule)s cannot be used: "
                        "%(error)s",
                        rule=rule.name,
                        error=error,
                    )
                ) from error

    def _get_domain(self):
        """The further condition; empty when there is none."""
        return literal_eval(self.domain or "[]")

    def _to_rule(self, carriers):
        """The rule as routing sees it.

        :param carriers: carrier by key of a service.
        """
        self.ensure_one()
        classes = self.env["product.category"]
        if self.categ_ids:
            classes = classes.search([("id", "child_of", self.categ_ids.ids)])
        return Rule(
            key=str(self.id),
            name=self.name,
            orders=OrderFilter(
                channels=frozenset(str(channel.id) for channel in self.channel_ids),
                countries=frozenset(filter(None, self.country_ids.mapped("code"))),
                any_tag=words(self.any_tags),
                no_tag=words(self.no_tags),
                classes=frozenset(str(category.id) for category in classes),
                risks=frozenset({self.risk} if self.risk else ()),
                min_value=Decimal(str(self.min_value)) if self.min_value else None,
                max_value=Decimal(str(self.max_value)) if self.max_value else None,
                key=str(self.id) if self._get_domain() else "",
            ),
            sites=SiteFilter(
                sites=frozenset(str(site.id) for site in self.warehouse_ids),
                groups=frozenset(str(group.id) for group in self.group_ids),
                same_country=self.same_country,
            ),
            services=frozenset(
                key
                for key, carrier in carriers.items()
                if carrier in self.carrier_ids or key.startswith("carrier:")
            )
            if self.carrier_ids
            else None,
            strategy=self.strategy,
            # An order is confirmed as a whole: all of it has a plan, or none.
            commit=Commit(
                max_parcels=self.max_parcels or None,
                min_part_value=Decimal(str(self.min_part_value)),
                partial=False,
                split_lines=self.split_lines,
            ),
            queue=self.queue or "",
            cancel_after=self.cancel_after,
            reserve=self.reserve,
        )
