from datetime import timedelta, timezone

from odoo import fields, models

from ..marketplaces.base import Capability, OrderCursor


class EcomChannel(models.Model):
    """Reads the feed of returns, beside that of orders and with a cursor of its own."""

    _inherit = "ecom.channel"

    return_cursor = fields.Datetime(
        string="Returns Read Up To", readonly=True, copy=False
    )
    return_cursor_seen = fields.Json(readonly=True, copy=False)
    return_cursor_more = fields.Boolean(readonly=True, copy=False)
    return_transfer = fields.Boolean(
        string="Expect Returns",
        default=True,
        help="A return that the shop approved makes the transfer by which the goods "
        "come back, linked to the delivery that shipped them.",
    )
    refurbish_location_id = fields.Many2one(
        "stock.location",
        string="Refurbishing",
        check_company=True,
        domain="[('usage', '=', 'internal')]",
        help="Where returned goods go that have to be worked on before they are sold.",
    )
    scrap_location_id = fields.Many2one(
        "stock.location",
        string="Scrap",
        check_company=True,
        domain="[('usage', '=', 'inventory')]",
        help="Empty = the company's own.",
    )

    def _fetch_orders(self):
        """Returns after orders: a return is about an order that should be there."""
        result = super()._fetch_orders()
        if self._can(Capability.RETURNS):
            self._fetch_returns()
        return result

    def _fetch_returns(self):
        """Read the feed page by page; each page is stored with its cursor."""
        connector = self._get_connector()
        if not self._are_returns_due(connector.return_interval):
            return
        cursor, more = self._get_return_cursor(), True
        while more:
            page = connector.fetch_returns(cursor)
            left = self._keep(lambda page=page: self._store_return_page(page))
            cursor, more = page.cursor, left and page.more

    def _are_returns_due(self, interval):
        """Whether returns were read long enough ago to be read again, or never.

        The cursor is by the shop's clock, which may be ahead of ours.
        """
        self.ensure_one()
        if not interval or not self.return_cursor or self.return_cursor_more:
            return True
        return fields.Datetime.now() - self.return_cursor >= interval

    def _get_return_cursor(self):
        """Where to read on: exactly there after an interruption, else overlapping."""
        self.ensure_one()
        position = self.return_cursor or self.import_since
        if not position:
            return OrderCursor()
        if self.return_cursor and self.return_cursor_more:
            seen = frozenset(self.return_cursor_seen or ())
        else:
            position, seen = position - timedelta(seconds=self.overlap), frozenset()
        return OrderCursor(since=position.replace(tzinfo=timezone.utc), seen=seen)

    def _store_return_page(self, page):
        """Keep what a page brought, and how far it reached, in one transaction."""
        self.env["ecom.inbox.message"]._store(self, page.envelopes, origin="poll")
        since = page.cursor.since
        if since:
            since = since.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)
        self.write(
            {
                "return_cursor": since or self.return_cursor,
                "return_cursor_seen": sorted(page.cursor.seen),
                "return_cursor_more": page.more or page.waits,
            }
        )
