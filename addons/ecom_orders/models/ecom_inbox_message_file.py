from odoo import api, models
from odoo.fields import Domain

from ..marketplaces.base import CONNECTORS, ORDER, UNREADABLE, canonical_json
from ..marketplaces.errors import PayloadError
from ..marketplaces.reading import parse_json

FILE = "file"
APPLIED = ("done", "held", "superseded")
STAMPS = ("created_at", "updated_at")


class RowRefused(PayloadError):
    """A row of a file that could not be read."""

    code = "bad_file_row"


class EcomInboxMessage(models.Model):
    """Orders of files: what they change, and rows that could not be read.

    A row that could not be read is a message that failed, under the number of its
    order. It is put aside when a file brings that order with rows that can be read.
    """

    _inherit = "ecom.inbox.message"

    def _understand(self):
        if self.kind == UNREADABLE and self.channel_id.provider == FILE:
            row = parse_json(self.body)
            details = self._prepare_row_details(row if isinstance(row, dict) else {})
            raise RowRefused("a row of the file cannot be read", **details)
        return super()._understand()

    # -- rows that were refused --------------------------------------------------------

    @api.model
    def _store(self, channel, envelopes, origin, authoritative=False):
        stored = super()._store(channel, envelopes, origin, authoritative=authoritative)
        if channel.provider != FILE:
            return stored
        self._resolve_refused(
            channel, [e.external_id for e in envelopes if e.kind == ORDER]
        )
        refused = [e.digest for e in envelopes if e.kind == UNREADABLE]
        return stored + self._reopen_refused(channel, refused)

    @api.model
    def _resolve_refused(self, channel, keys):
        """Put refused rows aside that were corrected.

        :param keys: of rows that can be read, see
            :attr:`~..marketplaces.file.RowError.key`.
        :return: the messages of the refused rows.
        """
        corrected = self.search(
            self._get_refused_domain(channel)
            & Domain("state", "in", ("failed", "received"))
            & Domain("external_id", "in", list(keys))
        )
        corrected._set_superseded("row_corrected")
        return corrected

    @api.model
    def _reopen_refused(self, channel, digests):
        """A row that was corrected and is as wrong as before again."""
        again = self.search(
            self._get_refused_domain(channel)
            & Domain("state", "=", "superseded")
            & Domain("digest", "in", list(digests))
        )
        again._requeue()
        return again

    @api.model
    def _get_refused_domain(self, channel):
        return Domain("channel_id", "=", channel.id) & Domain("kind", "=", UNREADABLE)

    # -- what an order of a file would change ------------------------------------------

    @api.model
    def _compare_states(self, channel, envelopes):
        """What importing states of orders would do, in a constant number of queries.

        A state is known by its digest. One that was applied and then replaced is older
        than what is there, whatever its date: an old file must not undo a new one.

        :param envelopes: of kind ``ORDER``, one for each order.
        :return: ``new``, ``changed``, ``unchanged`` or ``older`` for each.
        """
        ids = [envelope.external_id for envelope in envelopes]
        known = self.search_fetch(
            [
                ("channel_id", "=", channel.id),
                ("kind", "=", ORDER),
                ("external_id", "in", ids),
            ],
            ["external_id", "digest", "state"],
            order="id",
        ).grouped("external_id")
        orders = self.env["sale.order"].search_fetch(
            [("ecom_channel_id", "=", channel.id), ("ecom_external_id", "in", ids)],
            ["ecom_external_id", "ecom_message_id", "ecom_version"],
        )
        orders = {order.ecom_external_id: order for order in orders}
        return [
            self._compare_state(
                channel,
                envelope,
                known.get(envelope.external_id, self.browse()),
                orders.get(envelope.external_id, self.env["sale.order"]),
            )
            for envelope in envelopes
        ]

    @api.model
    def _compare_state(self, channel, envelope, known, order):
        """See :meth:`_compare_states`.

        :param known: the messages about that order, the oldest first.
        """
        if not known and not order:
            return "new"
        same = known.filtered(lambda message: message.digest == envelope.digest)[:1]
        if not same:
            outdated = self._is_outdated(channel, envelope, order)
            return "older" if outdated else "changed"
        waiting = known.filtered(lambda message: message.state == "received")
        current = waiting[-1:] or order.ecom_message_id or known[-1:]
        replaced = same != current and same.state in (*APPLIED, "received")
        return "older" if replaced else "unchanged"

    @api.model
    def _is_outdated(self, channel, envelope, order):
        """Whether a state that nobody knows is older than the one that was applied."""
        if not order.ecom_version:
            return False
        try:
            payload = parse_json(envelope.body)
            external = CONNECTORS[channel.provider].normalise_order(payload)
        except PayloadError:
            return False
        return external.version < order.ecom_version

    @api.model
    def _date_undated(self, channel, payloads):
        """Give orders that tell no time at all the time at which they were first seen.

        They have that of the file; the same rows in another file would look new.

        :param payloads: of :class:`~..marketplaces.file.ReadOrder`.
        :return: copies of them, dated.
        """
        messages = self.search_fetch(
            [
                ("channel_id", "=", channel.id),
                ("kind", "=", ORDER),
                ("external_id", "in", [payload["id"] for payload in payloads]),
            ],
            ["external_id", "body"],
            order="id",
        )
        seen, placed = {}, {}
        for message in messages.filtered("body"):
            payload = parse_json(message.body)
            placed.setdefault(message.external_id, payload["created_at"])
            seen[self._undated(payload)] = {key: payload[key] for key in STAMPS}
        return [
            {
                **payload,
                "created_at": placed.get(payload["id"], payload["created_at"]),
                **seen.get(self._undated(payload), {}),
            }
            for payload in payloads
        ]

    @api.model
    def _undated(self, payload):
        """An order without its times, to be compared."""
        return canonical_json({k: v for k, v in payload.items() if k not in STAMPS})
