"""A marketplace that can do everything, in memory: the one stand-in for the connector.

Orders are WooCommerce's, so that the builders of :mod:`.common` work; what is told to
it is kept in lists, and what it answers can be set.
"""

from unittest.mock import patch

from odoo.addons.ecom_orders.marketplaces.base import (
    CONNECTORS,
    RETURN,
    Capability,
    Envelope,
    OrderCursor,
    OrderPage,
)
from odoo.addons.ecom_orders.marketplaces.reading import Reader
from odoo.addons.ecom_orders.marketplaces.schema import (
    ListingField,
    ListingResult,
    Return,
    ReturnKind,
    ReturnLine,
    ReturnStatus,
    Submission,
    WriteResult,
)
from odoo.addons.ecom_orders.marketplaces.woocommerce.client import WooCommerceConnector

from .common import EcomOrdersCommon


class FakeMarketplace(WooCommerceConnector):
    """See the module; state is kept on the class, a new one for each test."""

    capabilities = frozenset(Capability)
    told = []  # (verb, argument) in the order in which they came
    answers = {}  # verb -> exception, or result of the next calls
    submissions = {}  # reference -> Submission
    returns = []  # payloads of the feed of returns
    labels = ()
    listing_fields = frozenset(ListingField)
    listing_batch_size = 3

    def _take(self, verb, argument, result):
        answer = self.answers.get(verb, result)
        if callable(answer):
            answer = answer(argument)
        if isinstance(answer, Exception):
            raise answer
        self.told.append((verb, argument))
        return answer

    def push_shipment(self, shipment):
        return self._take("shipment", shipment, WriteResult(f"F-{shipment.key}"))

    def cancel_order(self, order_id, reason="", restock=True):
        return self._take("cancel", order_id, WriteResult())

    def push_refund(self, request):
        return self._take("refund", request, WriteResult(f"R-{request.key}"))

    def push_listings(self, updates):
        updates = list(updates)
        answer = self._take("listings", tuple(updates), None)
        return answer or tuple(ListingResult(update.key) for update in updates)

    def create_listing(self, listing):
        return self._take(
            "new_listing",
            listing,
            tuple(
                ListingResult(v.key, product_ref=f"77/{n}", parent_ref="77")
                for n, v in enumerate(listing.variants, start=1)
            ),
        )

    def fetch_submission(self, submission):
        return self.submissions.get(submission, Submission(done=False))

    def fetch_labels(self, order_id, shipment_refs=()):
        return self.labels

    def fetch_orders(self, cursor, page_size=100):
        return OrderPage((), cursor, more=False)

    def fetch_returns(self, cursor, page_size=100):
        envelopes = tuple(
            Envelope.of(RETURN, payload["id"], payload) for payload in self.returns
        )
        return OrderPage(envelopes, OrderCursor(since=cursor.since), more=False)

    @classmethod
    def normalise_return(cls, payload):
        read = Reader(payload)
        return Return(
            external_id=read.identifier("id"),
            order_id=read.identifier("order_id"),
            status=ReturnStatus(read.text("status")),
            raw_status=read.text("status"),
            created_at=read.moment("created_at"),
            updated_at=read.moment("updated_at"),
            kind=ReturnKind(read.text("kind") or "customer"),
            lines=tuple(
                ReturnLine(
                    external_id=line.identifier("id"),
                    order_line_id=line.identifier("line"),
                    quantity=line.required_decimal("quantity"),
                    reason=line.text("reason"),
                    note=line.text("note"),
                )
                for line in read.children("lines")
            ),
            tracking_number=read.text("tracking"),
        )


class DispatchCommon(EcomOrdersCommon):
    """A channel on a marketplace that can do everything, and steps of a story."""

    def setUp(self):
        super().setUp()
        self.marketplace = type(
            "TestMarketplace",
            (FakeMarketplace,),
            {"told": [], "answers": {}, "submissions": {}, "returns": []},
        )
        patcher = patch.dict(CONNECTORS, {"woocommerce": self.marketplace})
        patcher.start()
        self.addCleanup(patcher.stop)
        self.channel.tracking_wait = 0
        self.outbox = self.env["ecom.outbox.message"]
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 100)

    def send(self):
        """Tell what waits, as the technical user does."""
        user = self.env.ref("ecom_orders.user_technical")
        self.outbox.with_user(user)._cron_send()

    def told(self, verb):
        """What the marketplace was told by a verb, in order."""
        return [argument for name, argument in self.marketplace.told if name == verb]

    def ship(self, picking, tracking=False, **quantities):
        """Validate a delivery; quantities by SKU, or all of it.

        :return: the backorder, if there is one.
        """
        if tracking:
            picking.carrier_tracking_ref = tracking
        for move in picking.move_ids:
            wanted = quantities.get(move.product_id.default_code, None)
            if quantities and wanted is None:
                wanted = 0
            quantity = move.product_uom_qty if wanted is None else wanted
            move.write({"quantity": quantity, "picked": bool(quantity)})
        picking.with_context(skip_backorder=True).button_validate()
        return picking.backorder_ids

    def invoice(self, order, post=True):
        """Invoice an order."""
        invoice = order._create_invoices()
        if post:
            invoice.action_post()
        return invoice

    def parcels(self, order):
        """(tracking number, {line: quantity}) of what is kept to be told."""
        rows = self.outbox.search(
            [("order_id", "=", order.id), ("kind", "=", "shipment")], order="id"
        )
        return [
            (
                row.tracking_number or "",
                {
                    line["order_line_id"]: float(line["quantity"])
                    for line in row.payload.get("lines", ())
                },
            )
            for row in rows
        ]
