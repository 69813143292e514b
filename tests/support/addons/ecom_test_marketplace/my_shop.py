from odoo import fields, models

from odoo.addons.ecom_orders.marketplaces.base import (
    Connector,
    Credential,
    OrderPage,
    ShopInfo,
    register,
)
from odoo.addons.ecom_orders.marketplaces.reading import Reader

from .reading import ask, read_order, wrap


@register
class MyShop(Connector):
    code, title = "my_shop", "My Shop"
    required = frozenset({Credential.URL})

    def check(self):
        return ShopInfo(name=Reader(ask(self, "shop")).text("name"))

    def fetch_orders(self, cursor, page_size=100):
        return OrderPage(tuple(map(wrap, ask(self, "orders"))), cursor, more=False)

    normalise_order = staticmethod(read_order)


class EcomChannel(models.Model):
    _inherit = "ecom.channel"

    provider = fields.Selection(
        selection_add=[("my_shop", "My Shop")], ondelete={"my_shop": "cascade"}
    )
