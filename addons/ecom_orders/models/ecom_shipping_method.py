from odoo import api, fields, models

from ..marketplaces.schema import LineKind

PICKUP_CODES = ("local_pickup", "pickup_location")  # WooCommerce's own two


class EcomShippingMethod(models.Model):
    """A delivery that buyers of a channel can choose, and which carrier it is here.

    Rows appear by themselves as orders bring methods; a person chooses the carrier.
    """

    _name = "ecom.shipping.method"
    _description = "Shipping method of a channel"
    _order = "channel_id, title, id"
    _rec_name = "title"
    _check_company_auto = True

    channel_id = fields.Many2one(
        "ecom.channel", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    code = fields.Char(string="Shipping Code", required=True, readonly=True)
    title = fields.Char(readonly=True)
    carrier_id = fields.Many2one(
        "delivery.carrier", ondelete="set null", check_company=True
    )
    binding = fields.Boolean(
        default=True,
        help="The buyer chose this carrier: nobody may replace it by a cheaper one.",
    )
    pickup = fields.Boolean(
        string="Pick-Up", help="The buyer fetches the goods: no shipment is told."
    )

    _code_uniq = models.Constraint(
        "UNIQUE(channel_id, code)", "A channel has each shipping method only once."
    )

    def write(self, vals):
        """Choosing the carrier gives it to the orders that still have none."""
        result = super().write(vals)
        if vals.get("carrier_id"):
            self._give_carrier()
        return result

    def _give_carrier(self):
        for method in self:
            # The manager of a channel decides for the warehouse's open transfers too.
            orders = self.env["sale.order"].sudo()
            orders = orders.search(
                [
                    ("ecom_shipping_method_id", "=", method.id),
                    ("carrier_id", "=", False),
                    ("state", "in", ("draft", "sent", "sale")),
                ]
            )
            orders.carrier_id = method.carrier_id
            orders._ecom_get_pickings().filtered(
                lambda p: p.state not in ("done", "cancel") and not p.carrier_id
            ).carrier_id = method.carrier_id

    @api.model
    def _resolve(self, channel, orders):
        """The methods that orders were sent by, created where unknown.

        A constant number of queries, whatever the number of orders.

        :param orders: iterable of :class:`~..marketplaces.schema.ExternalOrder`.
        :return: dict ``code -> ecom.shipping.method``.
        """
        titles = dict(filter(None, map(self._get_method, orders)))
        if not titles:
            return {}
        known = self.search(
            [("channel_id", "=", channel.id), ("code", "in", list(titles))]
        )
        methods = {method.code: method for method in known}
        created = self.create(
            [
                {
                    "channel_id": channel.id,
                    "code": code,
                    "title": title,
                    "pickup": code in PICKUP_CODES,
                }
                for code, title in titles.items()
                if code not in methods
            ]
        )
        methods.update((method.code, method) for method in created)
        return methods

    @api.model
    def _get_method(self, order):
        """Code and title of an order's shipping method, ``None`` when untold."""
        if order.shipping_method:
            return order.shipping_method, order.shipping_title or order.shipping_method
        for line in order.lines:
            if line.kind is LineKind.SHIPPING and line.method:
                return line.method, line.name or line.method
        return None
