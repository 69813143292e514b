"""A simulated seller on Amazon and connectors for it, sharing one clock."""

import json
from dataclasses import dataclass
from pathlib import Path

from ecom_orders.marketplaces.amazon import AmazonConnector
from ecom_orders.marketplaces.base import Credentials, MemoryTokenStore
from ecom_orders.marketplaces.errors import MarketplaceError
from ecom_orders.marketplaces.transport import Headers, Response, Settings, Transport
from scripted_server import FakeClock

from simulator import Simulator
from simulator.amazon.access import TOKEN_PATH
from simulator.amazon.facts import Facts
from simulator.amazon.ids import world_order_id
from simulator.app import DEFAULT_ACCOUNT, DEFAULT_KEY, DEFAULT_SECRET, DEFAULT_TOKEN

MODELS = Path(__file__).parents[3] / "shared" / "specs" / "amazon-spapi"
WEBHOOK_SECRET = "amazon-webhook-secret"
LAG = 150  # seconds; Amazon shows orders two minutes late


class SharedClock(FakeClock):
    """The shop's own time: who sleeps here lets it pass there.

    So a connector that keeps to the published rates never meets an empty bucket.
    """

    def __init__(self, world):
        super().__init__()
        self._world = world

    def now(self):
        return self._world.clock.now()

    def sleep(self, seconds):
        super().sleep(seconds)
        self._world.set_clock(self._world.clock.offset_seconds + seconds)


@dataclass
class Exchange:
    """A request and what came of it."""

    request: object
    response: Response | None
    error: MarketplaceError | None = None


class RecordingTransport(Transport):
    """Keeps every exchange."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.exchanges = []

    def send(self, request):
        try:
            response = super().send(request)
        except MarketplaceError as error:
            self.exchanges.append(Exchange(request, None, error))
            raise
        self.exchanges.append(Exchange(request, response))
        return response

    def operations(self):
        """Names of what was asked, in order."""
        return [exchange.request.operation for exchange in self.exchanges]


def credentials_for(url, **values):
    """Those that the simulator accepts."""
    values = {"secret": DEFAULT_SECRET, "tokens": MemoryTokenStore(), **values}
    return Credentials(
        url,
        DEFAULT_KEY,
        webhook_secret=WEBHOOK_SECRET,
        token=DEFAULT_TOKEN,
        account=DEFAULT_ACCOUNT,
        options={"token_url": f"{url}{TOKEN_PATH}"},
        **values,
    )


def order_change(order_id):
    """A notification that an order has changed, as its schema has it."""
    notification = {
        "NotificationVersion": "1.0",
        "NotificationType": "ORDER_CHANGE",
        "PayloadVersion": "1.0",
        "Payload": {"OrderChangeNotification": {"AmazonOrderId": order_id}},
        "NotificationMetadata": {"NotificationId": "n-1"},
    }
    return json.dumps(notification).encode()


class Seller:
    """A seller in this process: places orders, connects, lets time pass."""

    def __init__(self):
        self.shop = Simulator(seed=7, marketplace="amazon")
        self.transport = None

    def __enter__(self):
        self.shop.start()
        return self

    def __exit__(self, *_exc):
        self.shop.stop()

    @property
    def world(self):
        return self.shop.world

    @property
    def protocol(self):
        return self.shop._protocols[0]

    def connector(self, attempts=2, **values):
        """A connector whose exchanges are in :attr:`transport`."""
        self.transport = RecordingTransport(
            Settings(attempts=attempts), clock=SharedClock(self.world)
        )
        return AmazonConnector(credentials_for(self.shop.url, **values), self.transport)

    def place(self, scenario="amazon_us"):
        """Place an order; returns its id."""
        order = self.world.place_scenario(scenario)
        return Facts(self.world, order).order_id

    def order(self, order_id):
        """The order as the world has it."""
        return self.world.order(world_order_id(order_id))

    def wait(self, seconds=LAG):
        """Let time pass."""
        self.world.set_clock(self.world.clock.offset_seconds + seconds)


class ScriptedTransport:
    """Answers from a script instead of the network.

    :param answers: ``(status, body)`` by operation; a list gives one after the other.
    """

    def __init__(self, answers, now=None):
        self.answers = {"token": (200, {"access_token": "Atza|t", "expires_in": 3600})}
        self.answers.update(answers)
        self.clock = FakeClock(now)
        self.budget = None
        self.requests = []

    def send(self, request):
        self.requests.append(request)
        answer = self.answers[request.operation]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        status, body, *headers = answer
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Response(status, Headers(headers[0] if headers else {}), raw)

    def sent(self, operation):
        """Requests of one operation."""
        return [row for row in self.requests if row.operation == operation]
