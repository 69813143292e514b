from fnmatch import fnmatchcase

from odoo import api, fields, models


class EcomPaymentRule(models.Model):
    """What is done with orders by the way they are paid: one row of the matrix.

    The first row of the channel whose pattern matches the order's payment method
    counts. A method that no row matches gets a row of its own by itself, which does
    nothing before a manager says what.
    """

    _name = "ecom.payment.rule"
    _description = "Payment Method of a Channel"
    _order = "channel_id, sequence, id"
    _rec_name = "gateway"
    _check_company_auto = True

    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    gateway = fields.Char(
        string="Payment Method",
        required=True,
        help="The marketplace's code; * stands for any letters (paypal*).",
    )
    title = fields.Char(string="Name at the Shop")
    confirm_policy = fields.Selection(
        [
            ("channel", "As the channel"),
            ("released", "When the shop releases them (paid)"),
            ("always", "At once, paid or not"),
            ("manual", "By a person"),
        ],
        string="Confirm Orders",
        default="channel",
        required=True,
    )
    invoice_policy = fields.Selection(
        [
            ("never", "Never"),
            ("confirmation", "When confirmed"),
            ("delivery", "When delivered"),
        ],
        string="Invoice",
        default="never",
        required=True,
    )
    post_invoice = fields.Boolean(
        string="Post", default=True, help="Else the invoice stays a draft."
    )
    register_payment = fields.Boolean(
        help="On the posted invoice, once the shop is paid."
    )
    journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
        help="Where the payments are booked. For gift cards: a journal whose payment "
        "account is the liability that was booked when the card was sold.",
    )
    validate_delivery = fields.Boolean(
        help="Deliveries of orders that the shop knows as shipped, or that need no "
        "parcel, are done without a person.",
    )
    cash_on_delivery = fields.Boolean(
        string="Paid on Delivery",
        help="The carrier collects the money: routing uses carriers that do.",
    )
    expire_days = fields.Integer(
        string="Expires After (days)",
        help="An order that is not paid by then is cancelled. 0 = never.",
    )

    _gateway_uniq = models.Constraint(
        "UNIQUE(channel_id, gateway)", "A payment method has one row."
    )
    _expire_positive = models.Constraint(
        "CHECK(expire_days >= 0)", "The number of days must not be negative."
    )
    _journal_chosen = models.Constraint(
        "CHECK(NOT register_payment OR journal_id IS NOT NULL)",
        "Choose the journal in which payments are registered.",
    )

    def _matches(self, gateway):
        """Whether the row is about a payment method."""
        self.ensure_one()
        return fnmatchcase(gateway.casefold(), self.gateway.strip().casefold())

    @api.model
    def _resolve(self, channel, titles):
        """The rows of payment methods; new methods get one.

        :param titles: dict payment method's code -> its name at the shop.
        :return: dict code -> rule; one without a code has no row of its own.
        """
        rules = self.search([("channel_id", "=", channel.id)])
        found, new = {}, []
        for gateway in titles:
            rule = next((rule for rule in rules if rule._matches(gateway)), None)
            if rule:
                found[gateway] = rule
            elif gateway:
                new.append(gateway)
        created = self.create(
            [
                {
                    "channel_id": channel.id,
                    "gateway": gateway,
                    "title": titles[gateway] or False,
                }
                for gateway in new
            ]
        )
        found.update(zip(new, created, strict=True))
        return found
