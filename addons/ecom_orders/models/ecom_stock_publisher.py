import logging
from collections import defaultdict
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..marketplaces.availability import Component, Mode, Supply, compute
from ..marketplaces.base import Capability
from ..marketplaces.errors import (
    MarketplaceError,
    NotFound,
    PayloadError,
    RequestRefused,
)
from ..marketplaces.schema import STALE, StockLevel
from .ecom_channel import UnexpectedError
from .ecom_inbox_message import CONCURRENCY_ERRORS, MAX_ATTEMPTS
from .ecom_stock_supply import TERMS, exact
from .failure_log import log_failure

_logger = logging.getLogger(__name__)

MAX_STALE = 3  # tries of a quantity that the marketplace finds outdated
SOONEST = timedelta(minutes=1)  # after which the job comes back to what it left
PUSH_LIMIT = 5000  # levels of one channel in one run
SUBMISSION_PATIENCE = timedelta(hours=6)
# Refusals that may be about a single one of several levels: look for it.
DIVISIBLE = (RequestRefused, NotFound, PayloadError)


class EcomStockPublisher(models.AbstractModel):
    """Computes what channels are to show, and tells them what has changed."""

    _name = "ecom.stock.publisher"
    _description = "Publication of stock"

    @api.model
    def _run(self):
        """Compute what changed, then tell each channel that is due.

        There is a commit after every batch, and no failure of one channel, batch or
        listing keeps the others waiting.
        """
        cron = self.env["ir.cron"]
        self._refresh_patiently()
        channels = self.env["ecom.channel"].search(
            self.env["ecom.channel"]._get_stock_due_domain()
        )
        cron._commit_progress(remaining=len(channels))
        for channel in channels:
            self._push_guarded(channel.with_company(channel.company_id))
            if not cron._commit_progress(processed=1):
                break
        self._schedule_next()

    @api.model
    def _schedule_next(self):
        """Run again when something that waits now may be told or asked for.

        What became due meanwhile wakes the job by itself.
        """
        for model in ("ecom.channel", "ecom.listing.level"):
            self.env[model].flush_model()
        [(moment,)] = self.env.execute_query(
            SQL(
                """
                SELECT MIN(GREATEST(c.stock_next_push_at, l.retry_at, %(soonest)s))
                  FROM ecom_listing_level l
                  JOIN ecom_channel c ON c.id = l.channel_id
                 WHERE (l.due OR l.submission IS NOT NULL)
                   AND c.active
                   AND c.stock_sync
                   AND c.state = 'connected'
                   AND NOT COALESCE(c.emergency_stop, false)
                """,
                soonest=fields.Datetime.now() + SOONEST,
            )
        )
        if moment:
            self.env["ecom.channel"]._trigger_stock_push(at=moment)

    # -- computing ---------------------------------------------------------------------

    @api.model
    def _refresh_patiently(self):
        """Compute what has changed; start over when another transaction was faster.

        What cannot be computed now stays noted as changed, for the next run.
        """
        for _attempt in range(MAX_ATTEMPTS):
            try:
                return self._refresh()
            except CONCURRENCY_ERRORS as error:
                self.env["ecom.inbox.message"]._start_over(error)
        return None

    @api.model
    def _refresh(self):
        """Compute what has changed since the last time, for all channels."""
        dirty = self._add_kits(self.env["ecom.stock.dirty"]._take())
        for channel in self.env["ecom.channel"].search([("stock_sync", "=", True)]):
            channel = channel.with_company(channel.company_id)
            try:
                with self.env.cr.savepoint():
                    self._compute(self._get_listings(channel, dirty))
                    channel.stock_recompute = False
                    self.env.flush_all()
            except CONCURRENCY_ERRORS:
                raise
            except Exception as error:  # noqa: BLE001 - the job must not fail, ever
                log_failure(_logger, error, "Channel %s: computing failed", channel.id)
                self.env.invalidate_all()
                channel.stock_recompute = True
                channel._record_stock_failure(
                    UnexpectedError(error=type(error).__name__)
                )
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _add_kits(self, product_ids):
        """Ids of products, and of the kits that they are in."""
        products = self.env["product.product"].browse(sorted(product_ids))
        return products | self.env["ecom.stock.supply"]._get_kits_with(products)

    @api.model
    def _get_listings(self, channel, products):
        """Listings whose quantity may have changed.

        The ones that sell the products, and the ones that were found to show too
        little: the orders that were read since may explain it, or not.
        """
        domain = (
            Domain("channel_id", "=", channel.id)
            & Domain("product_id", "!=", False)
            & Domain("stock_publish", "=", True)
            & Domain("fulfilled_by_channel", "=", False)
        )
        if not channel.stock_recompute:
            domain &= Domain("product_id", "in", products.ids) | Domain(
                "level_ids.unseen_quantity", ">", 0
            )
        return self.env["ecom.listing"].search(domain)

    @api.model
    def _compute(self, listings):
        """Compute the quantities of listings; a constant number of queries a channel.

        What nobody wants to be published, or is not kept in stock, is left out.
        """
        for channel, group in listings.grouped("channel_id").items():
            wanted = group.filtered(lambda listing: listing._is_stock_wanted())
            supplies = self.env["ecom.stock.supply"]
            kits = supplies._get_kits(wanted.product_id, channel.company_id)
            stocked = wanted.filtered(
                lambda listing, kits=kits: (
                    listing.product_id.is_storable or kits.get(listing.product_id)
                )
            )
            levels = self._ensure_levels(channel, group, stocked)
            if levels:
                self._compute_levels(channel, levels, kits)

    @api.model
    def _ensure_levels(self, channel, listings, stocked):
        """The levels of the listings that are kept in stock, made where missing.

        A site that does not show its warehouse's stock (any more) keeps only those
        that we told something: what is shown there is taken back.

        :return: levels with the rights of the system: users may ask for a computation,
            but not write the state of publication.
        """
        locations = self.env["ecom.location"]
        by_location = channel._can(Capability.STOCK_BY_LOCATION)
        if by_location:
            locations = locations.search(
                [
                    ("channel_id", "=", channel.id),
                    ("warehouse_id", "!=", False),
                    ("shows_stock", "=", True),
                ]
            )
        wanted = {
            (listing.id, location_id)
            for listing in stocked
            for location_id in locations.ids or ([] if by_location else [False])
        }
        levels = self.env["ecom.listing.level"].sudo()
        known = levels.search([("listing_id", "in", listings.ids)])
        by_key = {(k.listing_id.id, k.location_id.id): k for k in known}
        wanted |= {
            (level.listing_id.id, level.location_id.id)
            for level in known
            if level.listing_id in stocked and level._is_to_be_taken_back()
        }
        current = levels.union(*(by_key[key] for key in by_key if key in wanted))
        (known - current)._set_not_wanted()
        return current | levels.create(
            [
                {"listing_id": listing_id, "location_id": location_id}
                for listing_id, location_id in sorted(wanted - by_key.keys())
            ]
        )

    @api.model
    def _compute_levels(self, channel, levels, kits):
        """Compute each level's quantity and keep it with its explanation."""
        pool = channel._get_stock_pool() | channel
        claims = {member.id: member._prepare_stock_claim() for member in pool}
        products = levels.product_id
        sellers = self._get_sellers(pool, products)
        components = self.env["product.product"].union(
            *(part for product in products for part in kits.get(product, ()))
        )
        warehouses = channel._get_stock_warehouses() | levels.location_id.warehouse_id
        supplies = self.env["ecom.stock.supply"]._get(products | components, warehouses)
        shown = self._get_shown(channel, pool, products)
        levels._forget_unseen()
        for level in levels:
            listing = level.listing_id
            sites = self._get_scope(channel, level)
            product = listing.product_id
            parts = kits.get(product, {})
            level._set_computed(
                compute(
                    # a kit has no stock of its own
                    Supply() if parts else self._add_up(supplies, product, sites),
                    channel._prepare_stock_policy(listing),
                    [
                        claim
                        for channel_id, claim in claims.items()
                        if channel_id in sellers[product.id]
                    ],
                    channel.id,
                    shown.get((product.id, sites)),
                    [
                        Component(
                            part.display_name,
                            count,
                            self._add_up(supplies, part, sites),
                        )
                        for part, count in parts.items()
                    ],
                )
            )

    @api.model
    def _get_sellers(self, pool, products):
        """Which channels sell a product: nothing is kept for the others.

        :return: dict ``product id -> set of channel ids``.
        """
        # Other channels count also for people who may not see them.
        groups = (
            self.env["ecom.listing"]
            .sudo()
            ._read_group(
                [
                    ("channel_id", "in", pool.ids),
                    ("product_id", "in", products.ids),
                    ("stock_publish", "=", True),
                    ("fulfilled_by_channel", "=", False),
                ],
                ["product_id"],
                ["channel_id:array_agg"],
            )
        )
        return {product.id: set(channel_ids) for product, channel_ids in groups}

    @api.model
    def _get_scope(self, channel, level):
        """Ids of the warehouses whose stock a level shows, sorted."""
        site = level.location_id.warehouse_id
        if site and not level.location_id.shows_stock:
            return ()
        return tuple(sorted((site or channel._get_stock_warehouses()).ids))

    @api.model
    def _add_up(self, supplies, product, warehouse_ids):
        """The supply of a product over several warehouses."""
        found = [
            supplies[product.id, warehouse_id]
            for warehouse_id in warehouse_ids
            if (product.id, warehouse_id) in supplies
        ]
        if len(found) == 1:
            return found[0]
        return Supply(
            **{
                term: sum((getattr(s, term) for s in found), Decimal(0))
                for term in TERMS
            }
        )

    @api.model
    def _get_shown(self, channel, pool, products):
        """Units that partitioned channels show of products, as far as we know.

        Only what shows the very same stock is compared: shares of different sets of
        warehouses do not stand against each other.

        :return: dict ``(product id, warehouse ids) -> {channel id: units}``.
        """
        owners = pool.filtered(lambda c: c.stock_mode == Mode.PARTITIONED.value)
        if channel not in owners or len(owners) < 2:
            return {}
        # Other channels' quantities count also for people who may not see them.
        levels = self.env["ecom.listing.level"].sudo()
        levels = levels.search_fetch(
            [
                ("channel_id", "in", owners.ids),
                ("listing_id.product_id", "in", products.ids),
                ("listing_id.stock_publish", "=", True),
            ],
            ["listing_id", "location_id", "channel_id", "shown_quantity"],
        )
        shown = defaultdict(lambda: defaultdict(int))
        for level in levels:
            listing = level.listing_id
            pieces = max(level.shown_quantity, level._get_under_way())
            units = exact(listing.quantity_multiplier) * pieces
            key = (listing.product_id.id, self._get_scope(level.channel_id, level))
            shown[key][level.channel_id.id] += int(
                units.quantize(Decimal(1), rounding=ROUND_CEILING)
            )
        return shown

    # -- telling -----------------------------------------------------------------------

    @api.model
    def _push_guarded(self, channel):
        """Tell a channel what is due; its failure is a recorded fact."""
        try:
            self._push(channel)
        except MarketplaceError as error:
            _logger.info("Channel %s: stock: %s (%s)", channel.id, error.code, error)
            channel._record_stock_failure(error)
        except CONCURRENCY_ERRORS as error:
            # What is due stays due: the next run tells it.
            self.env["ecom.inbox.message"]._start_over(error)
        except Exception as error:  # noqa: BLE001 - the job must not fail, ever
            log_failure(_logger, error, "Channel %s: stock failed", channel.id)
            self.env.cr.rollback()
            self.env.invalidate_all()
            channel._record_stock_failure(UnexpectedError(error=type(error).__name__))
        else:
            channel._record_stock_success()

    @api.model
    def _push(self, channel):
        """Ask for the results of submissions, then tell what is due in batches.

        Falling quantities go first: they prevent overselling.
        """
        connector = channel._get_connector()
        self._poll_submissions(channel, connector)
        levels = self._get_due_levels(channel)
        size = connector.stock_batch_size
        for start in range(0, len(levels), size):
            self._push_batch(connector, levels[start : start + size])
            if not self.env["ir.cron"]._commit_progress():
                break

    @api.model
    def _get_due_levels(self, channel):
        """Levels to be told now, the falling ones first."""
        levels = self.env["ecom.listing.level"].search(
            Domain("channel_id", "=", channel.id)
            & Domain("due", "=", True)
            & Domain("submission", "=", False)
            & Domain("listing_id.active", "=", True)
            & Domain("listing_id.stock_publish", "=", True)
            & Domain("listing_id.fulfilled_by_channel", "=", False)
            & (
                Domain("retry_at", "=", False)
                | Domain("retry_at", "<=", fields.Datetime.now())
            ),
            order="due_at, id",
            limit=PUSH_LIMIT,
        )
        return levels.sorted(
            lambda level: (
                bool(level.pushed_at) and level._get_target() >= level.shown_quantity
            )
        )

    @api.model
    def _push_batch(self, connector, levels):
        """Tell the quantities of a batch; halve it to find one that is refused.

        :raises MarketplaceError: when nothing can be told at all.
        """
        try:
            self._push_compared(connector, levels)
        except MarketplaceError as error:
            if not isinstance(error, DIVISIBLE):
                levels._set_waiting(error)
                raise
            self._divide(connector, levels, error)
        except CONCURRENCY_ERRORS:
            raise
        except Exception as error:  # noqa: BLE001 - a defect about one of them
            log_failure(_logger, error, "Levels %s: stock failed", levels.ids)
            self._divide(connector, levels, UnexpectedError(error=type(error).__name__))

    @api.model
    def _divide(self, connector, levels, error):
        if len(levels) == 1:
            levels._set_failed(
                error.code, levels.channel_id._prepare_error(error)["reason_details"]
            )
            return
        middle = len(levels) // 2
        self._push_batch(connector, levels[:middle])
        self._push_batch(connector, levels[middle:])

    @api.model
    def _push_compared(self, connector, levels):
        """Tell quantities; the ones that are outdated are told again, a few times.

        What the marketplace shows less than we believed was sold there meanwhile and
        has not been imported: it is taken off what is told, and orders are fetched.
        """
        for _attempt in range(MAX_STALE):
            told = {level: level._get_target() for level in levels}
            results = self._index(
                connector.push_stock(
                    [self._prepare_level(connector, *item) for item in told.items()]
                )
            )
            outdated = {}
            for level, quantity in told.items():
                result = results.get(level._get_ref_key())
                if result is not None and result.error == STALE:
                    outdated[level] = result.current
                else:
                    level._apply_result(result, quantity)
            if not outdated:
                return
            levels = self._learn(connector, outdated)
            if not levels:
                return
        for level in levels:
            level._set_failed("stock_stale", {"current": level.shown_quantity})

    @api.model
    def _learn(self, connector, outdated):
        """Take note of what is really shown of levels.

        :param outdated: what the refusal said of each, if it did.
        :return: the levels of which it is known now; the others have failed.
        """
        self._read_current(connector, outdated)
        known = self.env["ecom.listing.level"]
        for level, current in outdated.items():
            if current is None:
                level._set_failed("stock_stale", {"current": "?"})
            else:
                level._note_shown(current)
                known |= level
        # Orders that we do not know of are the likely reason.
        known.channel_id.write({"next_fetch_at": False})
        self.env["ecom.channel"]._trigger_fetch()
        return known

    @api.model
    def _prepare_level(self, connector, level, quantity):
        listing = level.listing_id
        compare = connector.can(Capability.STOCK_COMPARE) and level.pushed_at
        return StockLevel(
            product_ref=listing.product_ref or "",
            sku=listing.sku or "",
            quantity=quantity,
            location_ref=level.location_id.ref or "",
            expected=level.shown_quantity if compare else None,
        )

    @api.model
    def _index(self, results):
        return {(result.product_ref, result.location_ref): result for result in results}

    @api.model
    def _read_current(self, connector, outdated):
        """Find out what is shown of levels whose refusal did not tell it."""
        unknown = [level for level, current in outdated.items() if current is None]
        if not unknown or not connector.can(Capability.STOCK_READ):
            return
        refs = {level.listing_id.product_ref for level in unknown}
        shown = {
            (row.product_ref, row.location_ref): row.quantity
            for page in connector.fetch_stock(sorted(filter(None, refs)))
            for row in page
        }
        for level in unknown:
            outdated[level] = shown.get(level._get_ref_key())

    @api.model
    def _poll_submissions(self, channel, connector):
        """Ask what became of quantities that the marketplace works on by itself."""
        levels = self.env["ecom.listing.level"].search(
            [("channel_id", "=", channel.id), ("submission", "!=", False)]
        )
        for submission, group in levels.grouped("submission").items():
            try:
                answer = connector.fetch_submission(submission)
            except DIVISIBLE:  # about this one; nothing will come of it any more
                group._set_failed("stock_lost_submission")
                continue
            if answer.done:
                group._apply_submission(answer, self._index(answer.results))
            elif min(group.mapped("submitted_at")) < (
                fields.Datetime.now() - SUBMISSION_PATIENCE
            ):
                group._set_failed("stock_lost_submission")
        self.env["ir.cron"]._commit_progress()
