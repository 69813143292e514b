"""The simulated gateway of Taobao and Tmall."""

from ecom_orders.marketplaces.base import Credentials
from harness import SimulatedShop

from simulator import DEFAULT_KEY, DEFAULT_SECRET
from simulator.app import DEFAULT_TOKEN
from simulator.taobao import agreement, ids


class TaobaoShop(SimulatedShop):
    """Taobao: the session key is the seller's permission."""

    code = "taobao"
    # The first order has one sub-order, because on Taobao every sub-order is refunded
    # by itself; those after it are of all kinds that are paid and can be sent in parts.
    kinds = (
        "tb_single",
        "tb_multi",
        "tb_store_discount",
        "tb_item_discount",
        "tb_red_envelope",
        "tb_plain_address",
    )

    def place_order(self):
        kind = self.kinds[len(self.world.orders()) % len(self.kinds)]
        return self.order_id(self.world.place_scenario(kind))

    def pay_out(self):
        # Bills are of a day: it has to be over for some hours.
        self.let_time_pass(2 * 24 * 3600)

    def place_open_order(self):
        return self.order_id(self.world.place_scenario("tb_unpaid"))

    def ask_for_refund(self, request):
        order = self.world.order(self.world_id(request.order_id))
        (part,) = request.lines
        line = ids.line_of(order, int(part.order_line_id))
        agreement.ask(self.world, order.id, line, int(part.quantity), part.amount)

    def credentials(self):
        return Credentials(
            f"{self.shop.url}/router/rest",
            DEFAULT_KEY,
            DEFAULT_SECRET,
            token=DEFAULT_TOKEN,
        )

    def wrong_credentials(self):
        return Credentials(
            f"{self.shop.url}/router/rest", DEFAULT_KEY, "wrong", token=DEFAULT_TOKEN
        )

    def can_be_told(self, row):
        # Of an item without SKUs nothing can be told.
        return "/" in row.product_ref

    def order_id(self, order):
        return str(ids.trade_id(order.id))

    def world_id(self, order_id):
        return ids.world_order_id(int(order_id))

    def line_id(self, order, line):
        return str(ids.sub_order_id(order, line))

    def product_id(self, product_ref):
        return ids.product_id(int(product_ref.rpartition("/")[2]))

    def refund_id(self, refund):
        return str(ids.case_id(ids.REFUND, refund))

    def return_id(self, case):
        return str(ids.case_id(ids.RETURN, case))

    def world_return(self, return_id):
        return ids.case_source(int(return_id))[1]
