from odoo import api, fields, models


class EcomTaxRule(models.Model):
    """Which tax of Odoo a tax of a channel is: by rate, country and price inclusion."""

    _name = "ecom.tax.rule"
    _description = "Tax of a channel"
    _inherit = ["mail.thread"]
    _order = "channel_id, country_code, percent, id"
    _rec_name = "label"

    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    label = fields.Char(string="Tax Name in the Shop", required=True, readonly=True)
    rate_key = fields.Char(
        string="Tax Rate in the Shop",
        required=True,
        readonly=True,
        help="The rate in percent, or the channel's name of the tax if it tells no "
        "rate.",
    )
    percent = fields.Float(string="Rate (%)", digits=(9, 4), readonly=True)
    country_code = fields.Char(string="Country", size=2, readonly=True)
    included = fields.Boolean(
        string="In Prices", readonly=True, help="The shop's prices include this tax."
    )
    tax_id = fields.Many2one(
        "account.tax",
        tracking=True,
        check_company=True,
        domain="[('type_tax_use', '=', 'sale'), ('company_id', 'parent_of', "
        "company_id)]",
    )
    waiting_order_count = fields.Integer(compute="_compute_waiting_order_count")

    _rule_uniq = models.Constraint(
        "UNIQUE(channel_id, rate_key, country_code, included)",
        "A channel has each combination of rate, country and inclusion only once.",
    )

    @api.depends("label", "percent", "country_code")
    def _compute_display_name(self):
        for rule in self:
            rule.display_name = (
                f"{rule.label} {rule.rate_key}% ({rule.country_code or '–'})"
            )

    def _compute_waiting_order_count(self):
        counts = dict(
            self.env["ecom.order.block"]._read_group(
                [("tax_rule_id", "in", self.ids), ("state", "=", "open")],
                ["tax_rule_id"],
                ["order_id:count_distinct"],
            )
        )
        for rule in self:
            rule.waiting_order_count = counts.get(rule, 0)

    def write(self, vals):
        """Choosing the tax releases every order that waits for it."""
        result = super().write(vals)
        if vals.get("tax_id"):
            self._release_waiting_orders()
        return result

    def _release_waiting_orders(self):
        blocks = self.env["ecom.order.block"].search(
            [("tax_rule_id", "in", self.ids), ("state", "=", "open")]
        )
        blocks.order_id._ecom_reprocess()

    def action_create_tax(self):
        """Create the missing taxes in Odoo, and choose them."""
        self.filtered(lambda rule: not rule.tax_id)._create_taxes()

    def action_match(self):
        """Look again for a tax of the same rate, country and inclusion."""
        self._match_taxes()
        self.filtered("tax_id")._release_waiting_orders()

    def _prepare_tax_values(self):
        """Values of the tax that a rule asks for.

        Its country is the rule's where the company is registered there (a fiscal
        position with a foreign VAT number), else the company's own: Odoo posts an
        invoice only with taxes of a country the company reports in.
        """
        self.ensure_one()
        company = self.company_id
        country = self._get_tax_country()
        values = {
            "name": self._get_tax_name(),
            "amount": self.percent,
            "amount_type": "percent",
            "type_tax_use": "sale",
            "price_include_override": "tax_included"
            if self.included
            else "tax_excluded",
            "company_id": company.id,
            "country_id": country.id,
        }
        group = self.env["account.tax.group"]
        domain = [
            *group._check_company_domain(company),
            ("country_id", "in", (country.id, False)),
        ]
        if not group.search_count(domain, limit=1):
            values["tax_group_id"] = group.create(
                {
                    "name": self.env._("Taxes"),
                    "company_id": company.id,
                    "country_id": country.id,
                }
            ).id
        return values

    def _get_tax_country(self):
        self.ensure_one()
        home = self.company_id.account_fiscal_country_id
        if self.country_code in (False, "", home.code):
            return home
        foreign = self.env["account.fiscal.position"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("foreign_vat", "!=", False),
                ("country_id.code", "=", self.country_code),
            ],
            limit=1,
        )
        return foreign.country_id or home

    # -- resolution --------------------------------------------------------------------

    @api.model
    def _resolve(self, channel, rates):
        """The rules of an import's tax rates, created and matched where unknown.

        :param rates: iterable of :class:`~..marketplaces.schema.TaxRate`.
        :return: dict ``(rate_key, country_code, included) -> ecom.tax.rule``.
        """
        wanted = {}
        for rate in rates:
            wanted.setdefault(self._key_of(rate), rate)
        if not wanted:
            return {}
        rules = self.search([("channel_id", "=", channel.id)])
        found = {rule._get_key(): rule for rule in rules}
        created = self.create(
            [
                self._prepare_values(channel, rate)
                for key, rate in wanted.items()
                if key not in found
            ]
        )
        found.update((rule._get_key(), rule) for rule in created)
        pending = self.union(*(found[key] for key in wanted)).filtered(
            lambda rule: not rule.tax_id
        )
        pending._match_taxes()
        if channel.tax_policy == "create":
            # The manager chose on the channel that missing taxes are created; the
            # technical user that imports has no right to do so itself.
            pending.filtered(
                lambda r: not r.tax_id and r.percent
            ).sudo()._create_taxes()
        return found

    def _create_taxes(self):
        """Create the taxes, or take the ones that were created for another channel."""
        taxes = self.env["account.tax"]
        for rule in self:
            rule.tax_id = taxes.search(
                [
                    ("company_id", "=", rule.company_id.id),
                    ("type_tax_use", "=", "sale"),
                    ("name", "=", rule._get_tax_name()),
                ],
                limit=1,
            ) or taxes.create(rule._prepare_tax_values())

    def _get_tax_name(self):
        """Name of the tax that a rule asks for; tells all that tells rules apart."""
        self.ensure_one()
        included = self.env._("incl.") if self.included else ""
        parts = (self.label, f"{self.rate_key}%", self.country_code, included)
        return " ".join(part for part in parts if part)

    def _get_rate_text(self):
        """The rate in percent for a sentence; the channel need not tell it."""
        self.ensure_one()
        return self.rate_key if self.percent or self.rate_key == "0" else "?"

    def _get_key(self):
        self.ensure_one()
        return (self.rate_key, self.country_code or "", self.included)

    @api.model
    def _key_of(self, rate):
        """Identity of a marketplace's tax rate."""
        rate_key = (
            f"{rate.percent.normalize():f}" if rate.percent is not None else rate.label
        )
        return (rate_key, rate.country_code, rate.included)

    @api.model
    def _prepare_values(self, channel, rate):
        """Values of a new rule."""
        rate_key, country_code, included = self._key_of(rate)
        return {
            "channel_id": channel.id,
            "label": rate.label or self.env._("Tax"),
            "rate_key": rate_key,
            "percent": float(rate.percent or 0),
            "country_code": country_code,
            "included": included,
        }

    def _match_taxes(self):
        """Choose taxes of the same rate and country, the same inclusion first."""
        todo = self.filtered(lambda rule: not rule.tax_id)
        for company, rules in todo.grouped("company_id").items():
            taxes = self.env["account.tax"].search(rules._get_tax_domain(company))
            for rule in rules:
                rule.tax_id = rule._choose_tax(taxes)

    def _get_tax_domain(self, company):
        """Which taxes may be chosen automatically."""
        return [
            *self.env["account.tax"]._check_company_domain(company),
            ("type_tax_use", "=", "sale"),
            ("amount_type", "=", "percent"),
        ]

    def _choose_tax(self, taxes):
        """The tax that fits this rule best, or none.

        Amounts come from the order in either case, so a tax whose price inclusion
        differs is right too; it is only shown differently.
        """
        self.ensure_one()
        home = self.company_id.account_fiscal_country_id.code
        country = self.country_code or home
        fitting = taxes.filtered(
            lambda tax: (
                abs(tax.amount - self.percent) < 0.00005
                and tax.country_id.code == country
                and (self.percent or self.rate_key == "0")
            )
        )
        return fitting.sorted(
            lambda tax: (tax.price_include != self.included, tax.sequence, tax.id)
        )[:1]
