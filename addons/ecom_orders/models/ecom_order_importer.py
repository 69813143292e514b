from odoo import api, models
from odoo.fields import Command, Domain

from ..marketplaces.schema import LineKind, OrderStatus
from ..marketplaces.upsert import Known, select
from .order_plan import Batch, naive


class EcomOrderImporter(models.AbstractModel):
    """Makes sale orders out of snapshots of channel orders; the upsert.

    Idempotent and independent of the order of arrival: the newest snapshot of an order
    counts, applying one again changes nothing. Look-ups are made once for a batch.
    """

    _name = "ecom.order.importer"
    _description = "Import of channel orders"

    @api.model
    def _import(self, channel, work):
        """Apply order snapshots.

        :param work: list of (``ecom.inbox.message``, ``ExternalOrder``).
        """
        existing = self._find_orders(channel, [order for _m, order in work])
        newest = self._pick_newest(work, existing)
        accepted = [
            (message, order)
            for message, order in newest
            if self._is_accepted(channel, message, order, existing)
        ]
        if not accepted:
            return
        batch = self._prepare_batch(channel, [o for _m, o in accepted], existing)
        accepted = self._drop_unknown_currencies(batch, accepted)
        planner = self.env["ecom.order.planner"]
        plans = {o.external_id: planner._prepare_plan(batch, o) for _m, o in accepted}
        messages = {o.external_id: message for message, o in accepted}
        self._write_orders(batch, plans, messages)
        self._write_related(batch, plans)
        self.env["ecom.order.settler"]._settle(batch, plans)
        for external_id, message in messages.items():
            message._set_done(batch.orders[external_id])
        for message, order in work:  # the superseded ones belong to it too
            message.order_id = batch.orders.get(order.external_id)

    @api.model
    def _write_related(self, batch, plans):
        """Write what belongs to orders that are written, before they are confirmed.

        Hook: ``batch.orders`` has the sale orders and ``plans`` what they were planned
        from, both by external id.
        """
        self.env["ecom.refund"]._announce(batch, plans)
        self._drop_joined_drafts(batch, plans)

    @api.model
    def _drop_joined_drafts(self, batch, plans):
        """Cancel quotations of drafts whose order was imported before it was known
        that the two belong together."""
        drafts = {
            plan.external.draft_ref
            for plan in plans.values()
            if plan.external.draft_ref
        }
        if not drafts:
            return
        doubled = self.env["sale.order"].search(
            [
                ("ecom_channel_id", "=", batch.channel.id),
                ("ecom_external_id", "in", list(drafts)),
                ("state", "in", ("draft", "sent")),
            ]
        )
        doubled.ecom_block_ids._resolve()
        self.env["ecom.order.settler"]._cancel(doubled)

    @api.model
    def _find_orders(self, channel, externals):
        """Existing sale orders by external id.

        A draft that became an order is found under the order's id: the sale order
        made from the draft goes on as the order. A draft that comes after its order
        is found as that order.
        """
        drafts = {o.draft_ref: o.external_id for o in externals if o.draft_ref}
        ids = [o.external_id for o in externals]
        domain = Domain("ecom_external_id", "in", [*ids, *drafts])
        late = [o.external_id for o in externals if o.status is OrderStatus.DRAFT]
        if late:
            domain |= Domain("ecom_draft_ref", "in", late)
        orders = self.env["sale.order"].search(
            Domain("ecom_channel_id", "=", channel.id) & domain
        )
        found = {order.ecom_external_id: order for order in orders}
        for draft, external_id in drafts.items():
            if draft in found and external_id not in found:
                found[external_id] = found.pop(draft)
        for order in orders:
            if order.ecom_draft_ref in late:
                found[order.ecom_draft_ref] = order
        return found

    @api.model
    def _pick_newest(self, work, existing):
        """One snapshot for each order: the newest; the others are superseded."""
        work = sorted(work, key=lambda pair: pair[0].id)
        known = {
            external_id: Known(order.ecom_external_id, order.ecom_version or "")
            for external_id, order in existing.items()
        }
        selection = select([order for _message, order in work], known)
        for message, order in work:
            message.version = order.version
            message.order_id = existing.get(order.external_id)
        for index in selection.superseded:
            work[index][0]._set_superseded()
        return [work[index] for index in selection.current]

    @api.model
    def _is_accepted(self, channel, message, order, existing):
        """Whether the order is one that is imported; else the message says why not."""
        if order.external_id in existing:
            return True
        if order.status is OrderStatus.CART:
            message._set_ignored("not_placed", {"status": order.raw_status})
            return False
        start = channel.import_since
        if start and naive(order.created_at) < start:
            message._set_ignored("before_start", {"date": order.created_at.date()})
            return False
        return True

    @api.model
    def _prepare_batch(self, channel, externals, existing):
        """Look up all that the orders refer to."""
        currencies = self.env["res.currency"].with_context(active_test=False)
        currencies = currencies.search(
            [("name", "in", [o.currency for o in externals])]
        )
        self._check_rates(channel, currencies)
        planner = self.env["ecom.order.planner"]
        lines = [line for order in externals for line in order.lines]
        return Batch(
            channel=channel,
            currencies={currency.name: currency for currency in currencies},
            pricelists=self.env["product.pricelist"]._ecom_for_currencies(
                channel.company_id, currencies, channel.pricelist_id
            ),
            matches=self.env["ecom.partner.matcher"]._match(channel, externals),
            listings=self.env["ecom.listing"]._resolve(
                channel, [line for line in lines if line.kind is LineKind.PRODUCT]
            ),
            rules=self.env["ecom.tax.rule"]._resolve(
                channel,
                [
                    rate
                    for order in externals
                    for rate in planner._get_rates(order)
                    if not rate.collected_by_channel
                ],
            ),
            orders=dict(existing),
            utm=self._find_utm(externals),
            line_defaults=self._get_line_defaults(),
        )

    @api.model
    def _get_line_defaults(self):
        """Values that new lines need not work out one by one.

        Core looks for a distribution model for each line, also when there is none.
        """
        # Whether there is any is no secret; reading them is not for everybody.
        models = self.env["account.analytic.distribution.model"].sudo()
        if models.search_count([], limit=1):
            return {}
        return {"analytic_distribution": False}

    @api.model
    def _find_utm(self, externals):
        """Ids of the media and campaigns by (model, name), created where unknown."""
        found = {}
        for model, field in (("utm.medium", "medium"), ("utm.campaign", "campaign")):
            names = {getattr(order.attribution, field) for order in externals} - {""}
            if not names:
                continue
            # A shop may name any campaign; creating it is not a right of the user of
            # the scheduled jobs in general.
            records = self.env[model].sudo().with_context(active_test=False)
            known = records.search([("name", "in", list(names))])
            missing = sorted(names - set(known.mapped("name")))
            created = records.create([{"name": name} for name in missing])
            found.update(((model, record.name), record.id) for record in known)
            # Core may have numbered a name.
            found.update(
                ((model, name), record.id)
                for name, record in zip(missing, created, strict=True)
            )
        return found

    @api.model
    def _check_rates(self, channel, currencies):
        """Tell somebody, once, about currencies without an exchange rate.

        Orders do not wait for it; their invoices would be booked one to one.
        """
        foreign = currencies - channel.company_id.currency_id
        groups = foreign and self.env["res.currency.rate"]._read_group(
            [
                ("currency_id", "in", foreign.ids),
                ("company_id", "in", (False, channel.company_id.root_id.id)),
            ],
            ["currency_id"],
        )
        rated = {currency.id for (currency,) in groups or ()}
        missing = foreign.filtered(lambda currency: currency.id not in rated)
        if missing:
            channel._alert(
                self.env._("Exchange rates are missing"),
                self.env._(
                    "Enter them before invoicing, or amounts are booked one to one: %s",
                    ", ".join(missing.mapped("name")),
                ),
            )

    @api.model
    def _drop_unknown_currencies(self, batch, accepted):
        known = []
        for message, order in accepted:
            if order.currency in batch.currencies:
                known.append((message, order))
            else:
                message._set_failed("unknown_currency", {"currency": order.currency})
        return known

    @api.model
    def _write_orders(self, batch, plans, messages):
        """Create the new sale orders in one go, edit the existing ones."""
        editor = self.env["ecom.order.editor"]
        new = [plan for key, plan in plans.items() if key not in batch.orders]
        known = [plan for key, plan in plans.items() if key in batch.orders]
        created = (
            self.env["sale.order"]
            ._ecom_quiet()
            .create(
                [
                    {
                        **plan.values,
                        "ecom_message_id": messages[plan.external.external_id].id,
                        "order_line": [
                            Command.create({**line.values, **batch.line_defaults})
                            for line in plan.lines
                        ],
                    }
                    for plan in new
                ]
            )
        )
        for plan, order in zip(new, created, strict=True):
            batch.orders[plan.external.external_id] = order.with_env(self.env)
        for plan in known:
            external_id = plan.external.external_id
            plan.values["ecom_message_id"] = messages[external_id].id
            editor._edit(batch.orders[external_id], plan)
        for plan in plans.values():
            editor._assure_total(batch, batch.orders[plan.external.external_id], plan)
