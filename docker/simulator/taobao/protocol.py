"""The gateway: one address, the interface is a parameter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..core.message import Request, Response
from ..core.protocol import Protocol, Shop
from ..world.model import Event, Settings, WorldError
from ..world.shop import World
from . import agreement, errors, goods, ids, parcels, trades
from . import scenarios as _scenarios  # noqa: F401 (they register themselves)
from .bills import BillDesk
from .call import Call, CallLimit, Keys, authenticate, parameters_of
from .messages import Queue

PATH = "/router/rest"
SELLER = "模拟旗舰店"
INCREMENT = "taobao.trades.sold.increment.get"
#: interfaces by name
METHODS: dict[str, Callable[[Call], dict[str, Any]]] = {
    INCREMENT: trades.sold_increment,
    "taobao.trades.sold.get": trades.sold,
    "taobao.trade.fullinfo.get": trades.fullinfo,
    "taobao.trade.close": trades.close,
    "taobao.trade.memo.update": trades.memo_update,
    "taobao.refunds.receive.get": trades.refunds_received,
    "taobao.refund.get": trades.refund_get,
    "taobao.rp.refunds.agree": agreement.agree,
    "taobao.user.seller.get": trades.user_seller,
    "taobao.items.onsale.get": goods.onsale,
    "taobao.items.inventory.get": goods.inventory,
    "taobao.item.seller.get": goods.item_seller,
    "taobao.item.skus.get": goods.item_skus,
    "taobao.skus.quantity.update": goods.skus_quantity,
    "taobao.item.sku.price.update": goods.sku_price,
    "taobao.item.quantity.update": goods.item_quantity,
    "taobao.logistics.companies.get": parcels.companies,
    "taobao.logistics.orders.get": parcels.orders,
    "taobao.logistics.offline.send": parcels.offline_send,
    "taobao.logistics.online.send": parcels.online_send,
    "alibaba.ascp.logistics.offline.send": parcels.ascp_send,
}


class TaobaoProtocol(Protocol):
    """Serves ``/router/rest``."""

    name = "taobao"

    def __init__(self, world: World, keys: Keys) -> None:
        self._world = world
        self._keys = keys
        self.limit = CallLimit(world.clock)
        self.queue = Queue(world, SELLER, keys.app_key)
        self.bills = BillDesk(world)
        self._methods = {
            **METHODS,
            "taobao.bill.bills.get": self.bills.bills,
            "taobao.bill.accounts.get": self.bills.accounts,
            "taobao.tmc.user.permit": self.queue.permit,
            "taobao.tmc.user.cancel": self.queue.cancel,
            "taobao.tmc.messages.consume": self.queue.consume,
            "taobao.tmc.messages.confirm": self.queue.confirm,
        }

    @classmethod
    def of(cls, shop: Shop) -> TaobaoProtocol:
        """Make the protocol; the token is the session key."""
        options = shop.options
        return cls(shop.world, Keys(options.key, options.secret, options.token))

    @classmethod
    def settings(cls) -> Settings:
        """Chinese yuan, Beijing time, prices with tax."""
        return Settings(
            name=SELLER,
            base_country="CN",
            base_state="ZJ",
            currency="CNY",
            prices_include_tax=True,
            timezone="+08:00",
        )

    def serves(self, path: str) -> bool:
        """There is one address."""
        return path == PATH

    def external_id(self, order_id: int) -> str:
        """Taobao's number of a trade."""
        return str(ids.trade_id(order_id))

    def is_order_list(self, request: Request) -> bool:
        """Tell whether ``request`` asks for a page of modified trades."""
        return parameters_of(request).get("method") == INCREMENT

    def notify(self, events: Sequence[Event]) -> None:
        """Put it into the queue: the platform has no HTTP webhooks."""
        self.queue.notify(events)

    def handle(self, request: Request) -> Response:
        """Answer a call; refusals come with HTTP 200 as well."""
        parameters = parameters_of(request)
        method = parameters.get("method", "")
        try:
            authenticate(parameters, self._keys, self._world.clock)
            if method not in self._methods:
                raise errors.TopError(22, "Invalid method")
            self.limit.count(method)
            call = Call(self._world, method, parameters, SELLER)
            answer = self._methods[method](call)
        except errors.TopError as error:
            return Response.of_json({"error_response": error.body})
        except WorldError as error:
            refusal = errors.remote(f"isv.{error.code}", str(error))
            return Response.of_json({"error_response": refusal.body})
        except (ValueError, TypeError, KeyError, AttributeError):
            refusal = errors.invalid("parameter")
            return Response.of_json({"error_response": refusal.body})
        listed = answer.pop("_listed", ())
        answer["request_id"] = "simulated"
        response = Response.of_json({_answer_name(method): answer})
        return replace(response, listed_orders=listed)


PROTOCOL = TaobaoProtocol


def _answer_name(method: str) -> str:
    """Return the name of the object around an answer."""
    return method.removeprefix("taobao.").replace(".", "_") + "_response"
