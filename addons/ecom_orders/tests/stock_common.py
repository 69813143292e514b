"""Ground for the tests of stock: a marketplace that shows quantities, in memory."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.addons.ecom_orders.marketplaces.base import (
    CONNECTORS,
    Capability,
    Connector,
    Credentials,
)
from odoo.addons.ecom_orders.marketplaces.errors import NotFound
from odoo.addons.ecom_orders.marketplaces.schema import (
    STALE,
    StockLevel,
    StockResult,
    Submission,
)

from .common import EcomOrdersCommon


class Shelf(Connector):
    """What a marketplace shows, and all the ways in which it can say no.

    :ivar shown: quantity by product reference and location reference.
    :ivar refused: words of refusal by product reference.
    :ivar poison: an exception by product reference, raised for the whole request.
    :ivar outage: raised for every request.
    :ivar sold_meanwhile: called before each write is looked at.
    :ivar requests: the levels of each request.
    """

    code = "woocommerce"
    capabilities = frozenset({Capability.STOCK})
    stock_batch_size = 100

    def __init__(self):
        super().__init__(Credentials(url="https://shelf.example.com"), None)
        self.shown = {}
        self.refused = {}
        self.poison = {}
        self.outage = None
        self.silent = set()
        self.sold_meanwhile = None
        self.submissions = {}
        self.sites = ()
        self.requests = []

    def check(self):
        raise NotImplementedError

    def fetch_orders(self, cursor, page_size=100):
        raise NotImplementedError

    @classmethod
    def normalise_order(cls, payload):
        return CONNECTORS_BEFORE["woocommerce"].normalise_order(payload)

    def push_stock(self, levels):
        levels = list(levels)
        self.requests.append(levels)
        if self.outage:
            raise self.outage
        for level in levels:
            if level.product_ref in self.poison:
                raise self.poison[level.product_ref]
        if self.sold_meanwhile:
            self.sold_meanwhile()
        asynchronous = self.can(Capability.SUBMISSIONS)
        results = [
            self._write(level, dry=asynchronous)
            for level in levels
            if level.product_ref not in self.silent
        ]
        if not asynchronous:
            return tuple(results)
        name = f"S{len(self.requests)}"
        self.submissions[name] = (levels, results)
        return tuple(
            StockResult(r.product_ref, r.error, r.location_ref, submission=name)
            for r in results
        )

    def _write(self, level, dry=False):
        key = level.product_ref, level.location_ref
        error = self.refused.get(level.product_ref, "")
        current = self.shown.get(key)
        if (
            self.can(Capability.STOCK_COMPARE)
            and level.expected is not None
            and level.expected != current
        ):
            error = STALE
        if not error and not dry:
            self.shown[key] = level.quantity
        return StockResult(level.product_ref, error, level.location_ref, current)

    def fetch_submission(self, submission):
        if submission not in self.submissions:
            raise NotFound(submission)
        levels, results = self.submissions[submission]
        if levels is None:
            return Submission(done=False)
        for level in levels:
            self._write(level)
        return Submission(done=True, results=tuple(results))

    def fetch_stock(self, product_refs):
        refs = set(product_refs)
        yield tuple(
            StockLevel(ref, "", quantity, location)
            for (ref, location), quantity in self.shown.items()
            if ref in refs
        )

    def fetch_locations(self):
        return self.sites

    def told(self):
        """What was told so far, in the order of telling."""
        return [
            (level.product_ref, level.quantity)
            for request in self.requests
            for level in request
        ]


CONNECTORS_BEFORE = dict(CONNECTORS)


class StockCommon(EcomOrdersCommon):
    """The channel publishes the stock of two linked listings: 50 mugs, 20 tees.

    :cvar commits: the jobs commit for themselves, in registry test mode.
    """

    commits = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel.stock_sync = True
        cls.mug_listing = cls._create_listing("MUG", cls.mug)
        cls.tee_listing = cls._create_listing("TEE", cls.tee)

    def setUp(self):
        super().setUp()
        if not self.commits:
            cron = type(self.env["ir.cron"])
            self.patch(cron, "_commit_progress", lambda *args, **kwargs: 100)

    @classmethod
    def _create_listing(cls, sku, product, channel=None, **values):
        return cls.env["ecom.listing"].create(
            {
                "channel_id": (channel or cls.channel).id,
                "key": sku,
                "sku": sku,
                "name": f"Thing {sku}",
                "product_ref": f"ref-{sku}",
                "product_id": product.id,
                **values,
            }
        )

    @classmethod
    def _set_stock(cls, product, quantity, warehouse=None):
        warehouse = warehouse or cls.warehouse
        location = warehouse.lot_stock_id
        quants = cls.env["stock.quant"]
        now = quants._get_available_quantity(product, location, allow_negative=True)
        quants._update_available_quantity(product, location, quantity - now)

    @contextmanager
    def shelf(self, *capabilities, channels=None, **attributes):
        """Let the channels talk to shelves in memory.

        :param channels: each gets a shelf of its own; else all talk to one.
        """

        class Talkative(Shelf):
            pass

        Talkative.capabilities = Shelf.capabilities | set(capabilities)
        Talkative.stock_batch_size = attributes.pop("batch", 100)
        shelves = {channel.id: Talkative() for channel in channels or self.channel}
        for shelf in shelves.values():
            for name, value in attributes.items():
                setattr(shelf, name, value)
        with (
            patch.dict(CONNECTORS, {"woocommerce": Talkative}),
            patch.object(
                type(self.channel),
                "_get_connector",
                lambda channel: shelves[channel.id],
            ),
        ):
            self.env["ecom.channel"].invalidate_model(["capability_codes"])
            yield shelves[self.channel.id] if channels is None else shelves
        self.env["ecom.channel"].invalidate_model(["capability_codes"])

    def publish(self):
        """The scheduled job runs, as the technical user does."""
        self.env.cr.precommit.run()
        self.env["ecom.channel"].search([]).stock_next_push_at = False
        user = self.env.ref("ecom_orders.user_technical")
        self.env["ecom.channel"].with_user(user)._cron_push_stock()
        self.env.cr.precommit.run()

    def audit(self):
        """The daily comparison runs."""
        user = self.env.ref("ecom_orders.user_technical")
        self.env["ecom.channel"].with_user(user)._cron_check_stock()

    def level(self, listing, location=None):
        """The level of a listing (at a location)."""
        levels = listing.level_ids
        return (
            levels.filtered(lambda x: x.location_id == location) if location else levels
        )

    def quantity(self, listing):
        """What a listing is to show, computed now."""
        self.env["ecom.stock.publisher"]._compute(listing)
        return self.level(listing).computed_quantity
