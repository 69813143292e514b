from datetime import timedelta

from odoo import api, fields, models

from ..marketplaces.availability import Mode

MAX_RETRY = timedelta(days=1)
FIRST_RETRY = timedelta(minutes=5)


class EcomListingLevel(models.Model):
    """The quantity of one listing at one location of its channel.

    *Computed* is what it is to be, *pushed* what the marketplace was told last,
    *shown* what we believe that it shows now: less what was sold there since, where
    the marketplace lets us make sure of it before it writes. *Unseen* is what it was
    found to show less than that: sales, probably, whose orders are not here yet.
    """

    _name = "ecom.listing.level"
    _description = "Published stock of a listing"
    _inherit = ["ecom.reason.mixin"]
    _order = "channel_id, listing_id, id"
    _rec_name = "listing_id"

    listing_id = fields.Many2one(
        "ecom.listing", required=True, ondelete="cascade", index=True, readonly=True
    )
    location_id = fields.Many2one(
        "ecom.location",
        ondelete="cascade",
        index="btree_not_null",
        readonly=True,
        help="Empty: the marketplace knows only one.",
    )
    channel_id = fields.Many2one(
        related="listing_id.channel_id", store=True, index=True
    )
    company_id = fields.Many2one(related="listing_id.company_id", store=True)
    product_id = fields.Many2one(related="listing_id.product_id")
    sku = fields.Char(related="listing_id.sku")
    computed_quantity = fields.Integer(string="To Show", readonly=True)
    computed_at = fields.Datetime(string="Changed At", readonly=True)
    terms = fields.Json(readonly=True, help="How the quantity comes about.")
    terms_text = fields.Text(string="How It Comes About", compute="_compute_terms_text")
    clamped = fields.Boolean(
        string="Below Zero",
        readonly=True,
        index="btree_not_null",
        help="More is promised than there is; zero is shown.",
    )
    pushed_quantity = fields.Integer(string="Told", readonly=True)
    pushed_at = fields.Datetime(string="Told At", readonly=True)
    shown_quantity = fields.Integer(string="Believed to Be Shown", readonly=True)
    unseen_quantity = fields.Integer(
        string="Sold There, Not Imported Yet",
        readonly=True,
        help="Taken off what is told until the next orders are here.",
    )
    unseen_at = fields.Datetime(readonly=True)
    due = fields.Boolean(readonly=True)
    due_at = fields.Datetime(string="Due Since", readonly=True)
    failed = fields.Boolean(
        string="Not Taken",
        readonly=True,
        help="The marketplace refused it; it stays due and is tried again.",
    )
    attempts = fields.Integer(readonly=True)
    retry_at = fields.Datetime(string="Next Try", readonly=True)
    submission = fields.Char(
        readonly=True,
        index="btree_not_null",
        help="The marketplace is working on it; its result is asked for.",
    )
    submitted_quantity = fields.Integer(readonly=True)
    submitted_at = fields.Datetime(readonly=True)
    drift_ids = fields.One2many("ecom.stock.drift", "level_id", readonly=True)
    last_drift_at = fields.Datetime(
        string="Last Difference",
        readonly=True,
        help="When the marketplace was found to show something else than believed.",
    )

    _level_uniq = models.UniqueIndex("(listing_id, COALESCE(location_id, 0))")
    _due_idx = models.Index("(channel_id) WHERE due")

    # -- how the number comes about ----------------------------------------------------

    @api.depends("terms", "unseen_quantity")
    @api.depends_context("lang")
    def _compute_terms_text(self):
        for level in self:
            lines = level._get_terms_lines(level.terms or {})
            if level.unseen_quantity:
                lines.append(
                    self.env._(
                        "− sold there, not imported yet: %s", level.unseen_quantity
                    )
                )
            level.terms_text = "\n".join(lines)

    @api.model
    def _get_terms_lines(self, terms):
        """One line for each term that matters, in the reader's language."""
        labels = {
            "on_hand": self.env._("On hand: %s"),
            "reserved": self.env._("− reserved for deliveries: %s"),
            "promised": self.env._("− promised, not reserved yet: %s"),
            "incoming": self.env._("+ on its way in: %s"),
            "unconfirmed": self.env._("− imported, not confirmed: %s"),
            "held": self.env._("− in orders that wait for a person: %s"),
            "per_kit": self.env._("units of it in one kit: %s"),
            "safety": self.env._("− safety stock: %s"),
            "promisable": self.env._("= available to promise: %s"),
            "part": self.env._("of it for this channel: %s"),
            "shown_elsewhere": self.env._("− still shown elsewhere: %s"),
            "buffer": self.env._("− buffer: %s"),
            "percent": self.env._("of it, percent: %s"),
            "pack": self.env._("units in one piece: %s"),
            "cap": self.env._("at most: %s"),
            "quantity": self.env._("= to show: %s"),
        }
        lines = [
            label % self._format_term(terms[key])
            for key, label in labels.items()
            if key in terms
        ]
        if terms.get("limiting"):
            lines.insert(
                0, self.env._("Kit, limited by %(name)s", name=terms["limiting"])
            )
        return lines

    @api.model
    def _format_term(self, value):
        """Whole numbers without decimals."""
        return int(value) if value == int(value) else value

    @api.model
    def _prepare_terms(self, result):
        """The terms of a computed quantity as plain values; zero ones are left out.

        :param result: an :class:`~..marketplaces.availability.Availability`.
        """
        supply, policy = result.limiting_supply, result.policy
        values = {
            "on_hand": supply.on_hand,
            "reserved": supply.reserved or None,
            "promised": supply.promised or None,
            "incoming": (supply.incoming or None)
            if policy.basis.value == "forecast"
            else None,
            "unconfirmed": supply.unconfirmed or None,
            "held": supply.held or None,
            "per_kit": result.per_kit if result.limiting else None,
            "safety": policy.safety or None,
            "promisable": result.promisable,
            "part": result.part if result.part != result.units else None,
            "shown_elsewhere": result.shown_elsewhere or None,
            "buffer": policy.buffer or None,
            "percent": policy.percent if policy.percent != 100 else None,
            "pack": policy.pack if policy.pack != 1 else None,
            "cap": policy.cap,
            "quantity": result.quantity,
            "limiting": result.limiting or None,
        }
        return {
            key: value if isinstance(value, int | str) else round(float(value), 3)
            for key, value in values.items()
            if value is not None
        }

    # -- what becomes of it ------------------------------------------------------------

    def _set_computed(self, result):
        """Keep a computed quantity; it is due when the marketplace shows another.

        :param result: an :class:`~..marketplaces.availability.Availability`.
        """
        self.ensure_one()
        quantity, terms = result.quantity, self._prepare_terms(result)
        due = self._differs(quantity)
        if (quantity, terms, due) == (self.computed_quantity, self.terms, self.due):
            return
        now = fields.Datetime.now()
        values = {
            "computed_quantity": quantity,
            "computed_at": now,
            "terms": terms,
            "clamped": result.clamped,
            "due": due,
            "due_at": self.due_at if self.due and due else due and now,
        }
        if not due:
            values |= {"failed": False, "attempts": 0, "retry_at": False}
        if not (due and self.failed):
            values |= self._prepare_notice(result)
        self.write(values)

    def _prepare_notice(self, result):
        """The reason that stays although nothing failed: stock below zero."""
        if not result.clamped:
            return {"reason": False, "reason_details": False}
        return self._prepare_reason(
            "negative_stock", {"promisable": round(float(result.promisable), 3)}
        )

    def _differs(self, quantity):
        """Whether the marketplace has to be told this quantity."""
        self.ensure_one()
        target = self._get_target(quantity)
        if self.submission:
            return target != self.submitted_quantity
        return not self.pushed_at or target != self.shown_quantity

    def _get_target(self, quantity=None):
        """What the marketplace is to be told: less what it sold without our knowing.

        :param quantity: a computed one that is not kept yet.
        """
        self.ensure_one()
        computed = self.computed_quantity if quantity is None else quantity
        return max(0, computed - self.unseen_quantity)

    def _note_shown(self, current):
        """The marketplace was found to show this.

        Less than we believed: probably sold, by orders that are not imported yet.
        Computing would not know of them, so they are remembered until the next orders
        are here.
        """
        self.ensure_one()
        missing = max(0, self.shown_quantity - current) if self.pushed_at else 0
        values = {"shown_quantity": current}
        if missing:
            values |= {
                "unseen_quantity": self.unseen_quantity + missing,
                "unseen_at": fields.Datetime.now(),
            }
        self.write(values)

    def _forget_unseen(self):
        """Orders were read since: what they do not explain was no sale."""
        for channel, levels in (
            self.filtered("unseen_quantity").grouped("channel_id").items()
        ):
            read_at = channel.last_success_at
            waiting = self.env["ecom.inbox.message"].search_count(
                [("channel_id", "=", channel.id), ("state", "=", "received")], limit=1
            )
            if read_at and not waiting:
                levels.filtered(lambda x, at=read_at: x.unseen_at < at).write(
                    {"unseen_quantity": 0}
                )

    def _is_to_be_taken_back(self):
        """Whether something is shown at a site that shows its warehouse's no more."""
        self.ensure_one()
        site = self.location_id
        served = site.active and site.warehouse_id and not site.shows_stock
        return bool(served and (self.shown_quantity or self.due or self.submission))

    def _set_not_wanted(self):
        """Not published any more: nothing is due, what is shown is left alone."""
        self.filtered(lambda level: level.due or level.failed or level.reason).write(
            {
                "due": False,
                "failed": False,
                "attempts": 0,
                "retry_at": False,
                "reason": False,
                "reason_details": False,
            }
        )

    def _set_submitted(self, submission, quantity):
        """The marketplace has taken it and works on it."""
        self.write(
            {
                "submission": submission,
                "submitted_quantity": quantity,
                "submitted_at": fields.Datetime.now(),
                "due": self._get_target() != quantity,
            }
        )

    def _set_pushed(self, quantity):
        """The marketplace shows this now.

        Where shares are divided the neighbours may now show what this one gave up.
        """
        self.ensure_one()
        if (
            quantity < self.shown_quantity
            and self.channel_id.stock_mode == Mode.PARTITIONED.value
        ):
            self.env["ecom.stock.dirty"]._mark(self.product_id.ids)
        values = {
            "pushed_quantity": quantity,
            "shown_quantity": quantity,
            "pushed_at": fields.Datetime.now(),
            "due": quantity != self._get_target(),
            "failed": False,
            "attempts": 0,
            "retry_at": False,
            "submission": False,
            "reason": False,
            "reason_details": False,
        }
        if self.clamped and self.terms:
            values |= self._prepare_reason(
                "negative_stock", {"promisable": self.terms.get("promisable")}
            )
        self.write(values)

    def _set_failed(self, code, details=None):
        """The marketplace did not take it: it stays due and is tried again later."""
        now = fields.Datetime.now()
        for level in self:
            attempts = level.attempts + 1
            delay = min(MAX_RETRY, FIRST_RETRY * 2 ** min(attempts - 1, 10))
            level.write(
                {
                    "due": True,
                    "failed": True,
                    "attempts": attempts,
                    "retry_at": now + delay,
                    "submission": False,
                    **self._prepare_reason(code, details),
                }
            )

    def _set_waiting(self, error):
        """Nothing could be told at all: they stay due, without a retry of their own."""
        for channel, levels in self.grouped("channel_id").items():
            levels.write(channel._prepare_error(error))

    def _apply_result(self, result, quantity):
        """What the marketplace answered for this level.

        :param result: a :class:`~..marketplaces.schema.StockResult`, ``None`` when it
            said nothing.
        :param quantity: what it was told.
        """
        self.ensure_one()
        if result is None:
            self._set_failed("stock_no_answer")
        elif result.error:
            self._set_failed("stock_refused", {"message": result.error})
        elif result.submission:
            self._set_submitted(result.submission, quantity)
        else:
            self._set_pushed(quantity)

    def _apply_submission(self, answer, results):
        """What became of quantities that the marketplace worked on by itself.

        :param answer: a :class:`~..marketplaces.schema.Submission` that is done.
        :param results: its results by :meth:`_get_ref_key`.
        """
        for level in self:
            result = results.get(level._get_ref_key())
            error = (result.error if result else "") or answer.error
            if error:
                level._set_failed("stock_refused", {"message": error})
            else:
                level._set_pushed(level.submitted_quantity)

    def _get_ref_key(self):
        """How the marketplace names this level in its answers."""
        return self.listing_id.product_ref or "", self.location_id.ref or ""

    def _get_under_way(self):
        """The quantity that the marketplace works on, zero when there is none."""
        return self.submitted_quantity if self.submission else 0

    def _request_push(self):
        """Have them told soon, whatever stood in the way."""
        wanted = self.filtered(lambda level: level.listing_id._is_stock_wanted())
        # Who may work with listings may ask for it; the state is the publisher's.
        wanted.sudo().write(
            {"due": True, "retry_at": False, "due_at": fields.Datetime.now()}
        )
        wanted.channel_id.sudo().write({"stock_next_push_at": False})
        self.env["ecom.channel"]._trigger_stock_push()

    # -- actions -----------------------------------------------------------------------

    def action_push_stock(self):
        """Tell the quantities as soon as the scheduler is free, due or not."""
        return self.listing_id.action_push_stock()

    def action_compute_stock(self):
        """Compute the quantities now."""
        return self.listing_id.action_compute_stock()
