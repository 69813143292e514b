from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.misc import format_date

from ..booking.purposes import (
    CHANNEL_TAX,
    CLEARING,
    DEFERRED,
    FEE_TAX,
    ROUNDING,
    TRANSIT,
    WALLET,
    fee_purpose,
    purpose_of,
)
from ..formats.schema import FeeType, Kind
from ..matching.schema import Layer
from .ecom_settlement_account import PURPOSE_NAMES
from .message_batch import MESSAGE_BATCH, MessageBatch

NET_OF_FEE = (Layer.ID_FEE.value, Layer.FEE.value)
BANK_DAYS = (-2, 10)  # from the payout to its bank line
CHUNK = 5_000


class EcomSettlementBooker(models.AbstractModel):
    """Book settlements: one entry, one receivable line for each item, one plan.

    Signs: an amount that goes to the seller is a credit of what it is for and a debit
    of the clearing account. What is not matched is on the clearing account, so that
    its balance is the value of what nobody has explained yet.
    """

    _name = "ecom.settlement.booker"
    _description = "Book Settlements"

    @api.model
    def _book(self, settlement):
        """Make, post and reconcile all entries of a settlement.

        :raises UserError: whatever is in the way; nothing is left half done then.
        """
        accounts = settlement.channel_id._get_settlement_accounts(
            settlement.currency_id
        )
        plan = []
        months = self._get_months(settlement)
        values = [
            self._prepare_move(settlement, accounts, day, lines, payments)
            for day, lines, payments in months
        ]
        payout = self._prepare_payout_move(settlement, accounts)
        if payout:
            values.append(payout)
        moves = self._post(settlement, values)
        plan += self._get_item_pairs(moves)
        plan += self._get_clearing_plan(settlement, moves, accounts)
        plan += self._get_deferred_plan(moves)
        self._reconcile(plan)

    # -- entries -----------------------------------------------------------------------

    def _get_months(self, settlement):
        """Days to book on, with the lines and payments of each."""
        last = settlement._get_date()
        lines = settlement._get_counted_lines()
        if not settlement._is_by_month():
            return [(last, lines, settlement.payment_ids)]
        first = settlement._to_day(settlement.starts_at or settlement.ends_at)
        days = defaultdict(list)
        for line in lines.filtered(lambda one: not one.payment_id):
            day = settlement._to_day(line.posted_at) if line.posted_at else last
            days[self._to_booking_day(day, first, last)].append(line.id)
        payments, counted = defaultdict(list), set(lines.ids)
        # Payments that pay an item together are booked together.
        for group in self._group(settlement.payment_ids):
            day = max((one.date or last for one in group), default=last)
            day = self._to_booking_day(day, first, last)
            payments[day] += group.ids
            days[day] += [one for one in group.line_ids.ids if one in counted]
        return [
            (day, lines.browse(days[day]), group.browse(payments[day]))
            for day, group in ((day, settlement.payment_ids) for day in sorted(days))
        ]

    def _to_booking_day(self, day, first, last):
        """The last day of its month within the settlement's period."""
        day = min(max(day, first), last)
        if (day.year, day.month) == (last.year, last.month):
            return last
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return following - timedelta(days=1)

    def _group(self, payments):
        """Payments that pay the same items together; others alone."""
        groups = defaultdict(list)
        for payment in payments:
            groups[payment.match_key or payment.key].append(payment.id)
        return [
            payments.browse(ids).with_prefetch(payments.ids) for ids in groups.values()
        ]

    def _prepare_move(self, settlement, accounts, day, lines, payments):
        """Values of the entry of a settlement (in a month)."""
        rows = self._prepare_payment_lines(settlement, accounts, day, payments)
        rows += self._prepare_aggregated_lines(settlement, accounts, day, lines)
        if settlement.is_deferral:
            rows += self._prepare_deferred_lines(settlement, accounts, day, lines, rows)
            return self._prepare_entry(settlement, day, rows)
        rows += self._prepare_released_lines(settlement, accounts, day, lines)
        purpose = WALLET if settlement.is_wallet else CLEARING
        net_account = self._get_account(accounts, purpose)
        total = sum(lines.mapped("amount"))
        rows += self._prepare_net_line(settlement, accounts, net_account, total, rows)
        return self._prepare_entry(settlement, day, rows)

    def _prepare_entry(self, settlement, day, rows):
        return {
            "move_type": "entry",
            "journal_id": settlement.channel_id.settlement_journal_id.id,
            "company_id": settlement.company_id.id,
            "date": day,
            "ref": settlement.name,
            "currency_id": settlement.currency_id.id,
            "ecom_settlement_id": settlement.id,
            "line_ids": [(0, 0, row) for row in rows],
        }

    def _prepare_net_line(self, settlement, accounts, account, total, rows):
        """What the settlement leaves, which also takes the cents of conversion."""
        balance = -sum(row["balance"] for row in rows)
        company = settlement.company_id.currency_id
        total = settlement.currency_id.round(total)
        balance = company.round(balance)
        if not total and not balance:
            return []
        if not total:
            account = self._get_account(accounts, ROUNDING)
        return [
            {
                "account_id": account.id,
                "name": settlement.name,
                "currency_id": settlement.currency_id.id,
                "amount_currency": total,
                "balance": balance,
                "ecom_settlement_role": "net",
            }
        ]

    def _prepare_deferred_lines(self, settlement, accounts, day, lines, rows):
        """What each deferred transaction leaves; the last takes cents of conversion."""
        account = self._get_account(accounts, DEFERRED)
        deferred = [
            self._prepare_line(
                settlement,
                day,
                account,
                -amount,
                deferral.name,
                ecom_deferral_id=deferral.id,
                ecom_settlement_role="deferred",
            )
            for deferral, amount in self._get_deferred_sums(lines).items()
        ]
        company = settlement.company_id.currency_id
        off = company.round(sum(row["balance"] for row in [*rows, *deferred]))
        if deferred:
            deferred[-1]["balance"] -= off
        elif not company.is_zero(off):
            account = self._get_account(accounts, ROUNDING)
            return [{"account_id": account.id, "balance": -off, "name": "/"}]
        return deferred

    def _prepare_released_lines(self, settlement, accounts, day, lines):
        """What was booked when it was deferred leaves that account, and no other."""
        repeated = lines.filtered("is_repeat")
        if not repeated:
            return []
        account = self._get_account(accounts, DEFERRED)
        return [
            self._prepare_line(
                settlement,
                day,
                account,
                amount,
                deferral.name,
                ecom_deferral_id=deferral.id,
                ecom_settlement_role="released",
            )
            for deferral, amount in self._get_deferred_sums(repeated).items()
        ]

    def _get_deferred_sums(self, lines):
        """Sum of the lines of each deferred transaction, the oldest first."""
        sums = defaultdict(float)
        for line in lines:
            sums[line.deferral_id] += line.amount
        return {
            deferral: sums[deferral]
            for deferral in sorted(sums, key=lambda one: one.id)
            if not lines.currency_id.is_zero(sums[deferral])
        }

    def _prepare_aggregated_lines(self, settlement, accounts, day, lines):
        """Fees and the rest: one line for each account and its taxes."""
        taxes = self.env["ecom.fee.tax"]._get_taxes(settlement.channel_id)
        sums, taxed = defaultdict(float), defaultdict(float)
        for line in lines:
            if line.payment_id or line.is_repeat:
                continue
            fee = FeeType(line.fee) if line.fee else None
            purpose = purpose_of(Kind(line.kind), fee)
            borne = taxes.get((fee or FeeType.OTHER).value)
            if line.kind == Kind.FEE.value and borne:
                taxed[self._get_account(accounts, purpose), borne] += line.amount
            else:
                sums[purpose] += line.amount
        is_told = FEE_TAX in sums
        rows, computed = [], 0.0
        for (account, borne), amount in taxed.items():
            some = self._prepare_taxed_lines(
                settlement, day, account, borne, amount, is_told
            )
            computed -= sum(row["amount_currency"] for row in some) + amount
            rows += some
        if is_told:
            # What the channel charges beyond the computed tax stays on the account.
            sums[FEE_TAX] -= computed
        return (
            rows
            + self._prepare_untaxed_lines(settlement, accounts, day, sums)
            + self._prepare_tax_lines(settlement, accounts, day, lines)
        )

    def _prepare_untaxed_lines(self, settlement, accounts, day, sums):
        by_account = defaultdict(float)
        for purpose, amount in sums.items():
            # What is carried over is never added to anything else on the account.
            role = "carried" if purpose == CLEARING else False
            by_account[self._get_account(accounts, purpose), role] += amount
        return [
            self._prepare_line(
                settlement,
                day,
                account,
                amount,
                account.name,
                ecom_settlement_role=role,
            )
            for (account, role), amount in by_account.items()
            if not settlement.currency_id.is_zero(amount)
        ]

    def _prepare_taxed_lines(self, settlement, day, account, taxes, amount, is_told):
        """Fees that bear taxes: their base, and what each tax makes of it.

        :param is_told: whether the settlement has the tax beside the fees; otherwise
            it is in them. Reverse charge adds nothing either way.
        """
        is_refund = amount > 0
        found = taxes.with_context(force_price_include=not is_told).compute_all(
            abs(amount), settlement.currency_id, is_refund=is_refund
        )
        sign = 1 if is_refund else -1
        rows = [
            self._prepare_line(
                settlement,
                day,
                account,
                sign * found["total_excluded"],
                account.name,
                tax_ids=[Command.set(taxes.ids)],
                tax_tag_ids=[Command.set(found["base_tags"])],
            )
        ]
        for tax in found["taxes"]:
            booked_on = account.browse(tax["account_id"]) or account
            base = self._prepare_line(
                settlement, day, account, sign * tax["base"], tax["name"]
            )
            rows.append(
                self._prepare_line(
                    settlement,
                    day,
                    booked_on,
                    sign * tax["amount"],
                    tax["name"],
                    tax_ids=[Command.set(tax["tax_ids"])],
                    tax_tag_ids=[Command.set(tax["tag_ids"])],
                    tax_repartition_line_id=tax["tax_repartition_line_id"],
                    tax_base_amount=abs(base["balance"]),
                )
            )
        return rows

    def _prepare_tax_lines(self, settlement, accounts, day, lines):
        """Tax that the channel remits: in and out, so that it can be proved."""
        withheld = sum(
            line.amount
            for line in lines
            if line.payment_id
            and not line.is_repeat
            and line.kind == Kind.CHANNEL_TAX.value
        )
        if settlement.currency_id.is_zero(withheld):
            return []
        account = self._get_account(accounts, CHANNEL_TAX)
        paid = self.env._("Tax paid by buyers")
        kept = self.env._("Tax remitted by the channel")
        return [
            self._prepare_line(settlement, day, account, -withheld, paid),
            self._prepare_line(settlement, day, account, withheld, kept),
        ]

    def _prepare_line(self, settlement, day, account, amount, name, **values):
        """Values of a journal item; what goes to the seller is its credit."""
        currency, company = settlement.currency_id, settlement.company_id
        amount = currency.round(amount)
        return {
            "account_id": account.id,
            "name": name,
            "currency_id": currency.id,
            "amount_currency": -amount,
            "balance": -currency._convert(amount, company.currency_id, company, day),
            **values,
        }

    def _get_account(self, accounts, purpose):
        if purpose not in accounts:
            raise UserError(
                self.env._(
                    "There is no account for “%(purpose)s”. Run the set-up of the "
                    "channel's settlement accounts.",
                    purpose=dict(PURPOSE_NAMES)[purpose],
                )
            )
        return accounts[purpose]

    # -- buyers' payments --------------------------------------------------------------

    def _prepare_payment_lines(self, settlement, accounts, day, payments):
        """One receivable line for each paid item; the rest stays on clearing."""
        # Read with one query for all of them.
        payments.item_ids.fetch(
            ["account_id", "partner_id", "currency_id", "amount_residual_currency"]
        )
        rows, rounding = [], 0.0
        limit = settlement.channel_id.settlement_rounding_limit
        payments = payments.filtered(lambda one: one.amount and one.state != "released")
        for group in self._group(payments):
            if group[0].state == "written_off":
                rows += self._prepare_write_off(settlement, accounts, day, group)
                continue
            if group[0].state != "matched":
                rows += self._prepare_open_lines(settlement, accounts, day, group)
                continue
            amount = sum(group.mapped("amount"))
            items = group[0].item_ids
            difference = sum(group[:1].mapped("difference"))
            extra = self._prepare_difference(
                settlement, accounts, day, group, difference, limit - rounding
            )
            if extra and self._is_rounding(group):
                rounding += abs(difference)
            rows += extra
            paid = amount - difference if extra else amount
            rows += self._prepare_item_lines(settlement, day, group, items, paid)
        return rows

    def _prepare_open_lines(self, settlement, accounts, day, group):
        account = self._get_account(accounts, CLEARING)
        return [
            self._prepare_line(
                settlement,
                day,
                account,
                payment.amount,
                payment.name,
                ecom_settlement_payment_id=payment.id,
            )
            for payment in group
        ]

    def _is_rounding(self, group):
        """Whether nobody and no rate card says what a difference is."""
        return group[0].layer not in NET_OF_FEE and not group[0].write_off_purpose

    def _prepare_write_off(self, settlement, accounts, day, group):
        """What no buyer owes: to the account that a person chose."""
        return [
            self._prepare_line(
                settlement,
                day,
                self._get_account(accounts, payment.write_off_purpose),
                payment.amount,
                payment.reason or payment.name,
                ecom_settlement_payment_id=payment.id,
            )
            for payment in group
        ]

    def _prepare_difference(self, settlement, accounts, day, group, difference, left):
        """What a payment is less than its invoice: a known fee, or rounding.

        Or what a person says it is.
        """
        if settlement.currency_id.is_zero(difference):
            return []
        if group[0].write_off_purpose:
            account = self._get_account(accounts, group[0].write_off_purpose)
        elif group[0].layer in NET_OF_FEE:
            account = self._get_account(accounts, self._get_netted_fee(group))
        elif abs(difference) <= left + 1e-9:
            account = self._get_account(accounts, ROUNDING)
        else:
            return []
        return [
            self._prepare_line(
                settlement,
                day,
                account,
                difference,
                group[0].reason or group[0].name,
                ecom_settlement_payment_id=group[0].id,
            )
        ]

    def _get_netted_fee(self, group):
        """The fee by which a payment is less, from the rate that explained it."""
        name = (group[0].evidence or {}).get("rate")
        rate = group.channel_id.fee_rate_ids.filtered(lambda one: one.name == name)[:1]
        return fee_purpose(FeeType(rate.fee) if rate.fee else FeeType.PAYMENT)

    def _prepare_item_lines(self, settlement, day, group, items, paid):
        """Receivable lines: the last one takes what the others leave."""
        rows = []
        for place, item in enumerate(items):
            amount = paid
            if place < len(items) - 1:
                amount = item.amount_residual_currency
            paid -= amount
            row = self._prepare_line(
                settlement,
                day,
                item.account_id,
                amount,
                group[0].name,
                partner_id=item.partner_id.id,
                # As on the invoice: what a buyer owes is of no analytic account.
                analytic_distribution=False,
                ecom_settlement_payment_id=group[0].id,
            )
            if item.currency_id != settlement.currency_id:
                row |= self._prepare_foreign(group, item)
            rows.append(row)
        return rows

    def _prepare_foreign(self, group, item):
        """Paid in the invoice's own currency: core books the exchange difference."""
        original = sum(group.mapped("original_amount"))
        told = set(group.mapped("original_currency")) == {item.currency_id.name}
        amount = original if told else item.amount_residual_currency
        return {
            "currency_id": item.currency_id.id,
            "amount_currency": -item.currency_id.round(amount),
        }

    # -- payouts -----------------------------------------------------------------------

    def _prepare_payout_move(self, settlement, accounts):
        """Values of the entry that puts a payout in transit."""
        amount = settlement._get_payout()
        if settlement.currency_id.is_zero(amount):
            return None
        day = settlement._get_date()
        if settlement.deposit_at:
            day = max(day, settlement._to_day(settlement.deposit_at))
        source = WALLET if settlement.is_wallet else CLEARING
        name = self.env._("Payout %(name)s", name=settlement.name)
        rows = [
            self._prepare_line(
                settlement, day, self._get_account(accounts, TRANSIT), -amount, name
            ),
            self._prepare_line(
                settlement,
                day,
                self._get_account(accounts, source),
                amount,
                name,
                ecom_settlement_role="payout",
            ),
        ]
        return self._prepare_entry(settlement, day, rows)

    def _post(self, settlement, values):
        """Create and post entries at once.

        :raises UserError: a journal or period that is closed.
        """
        journal = settlement.channel_id.settlement_journal_id
        if not journal:
            raise UserError(
                self.env._(
                    "%(channel)s has no journal for settlements. Run the set-up of "
                    "its settlement accounts.",
                    channel=settlement.channel_id.name,
                )
            )
        if not journal.active:
            raise UserError(
                self.env._(
                    "The journal %(journal)s is archived. Choose another one for the "
                    "settlements of %(channel)s.",
                    journal=journal.name,
                    channel=settlement.channel_id.name,
                )
            )
        values = [one for one in values if one["line_ids"]]
        for one in values:
            self._check_period(settlement, journal, one["date"])
        # An entry without taxes has nothing to be computed from its lines.
        moves = (
            self.env["account.move"].with_context(skip_invoice_sync=True).create(values)
        )
        moves._post(soft=False)
        return moves.with_context(skip_invoice_sync=False)

    def _check_period(self, settlement, journal, day):
        locks = settlement.company_id._get_violated_lock_dates(day, False, journal)
        if locks:
            raise UserError(
                self.env._(
                    "%(date)s is in a closed period, up to %(lock)s. Open the period, "
                    "or ask who closed it.",
                    date=format_date(self.env, day),
                    lock=format_date(self.env, max(lock[0] for lock in locks)),
                )
            )

    # -- reconciliation ----------------------------------------------------------------

    def _get_item_pairs(self, moves):
        """Each receivable line with the item that it pays."""
        plan, taken = [], set()
        for line in moves.line_ids.filtered("ecom_settlement_payment_id"):
            if line.account_id.account_type != "asset_receivable":
                continue
            items = line.ecom_settlement_payment_id.item_ids
            if len(items) > 1:
                # One line for each item, with what was open of it.
                items = items.filtered(
                    lambda item, one=line: (
                        item.id not in taken
                        and item.account_id == one.account_id
                        and not item.currency_id.compare_amounts(
                            item.amount_residual_currency, -one.amount_currency
                        )
                    )
                )[:1]
            if items:
                taken.add(items.id)
                plan.append(items | line)
        return plan

    def _get_clearing_plan(self, settlement, moves, accounts):
        """Net lines with their payout, and what was carried over with its origin."""
        account = accounts[CLEARING]
        plan = []
        mine = moves.line_ids.filtered(lambda line: line.account_id == account)
        net = mine.filtered(lambda line: line.ecom_settlement_role in ("net", "payout"))
        paid = "payout" in net.mapped("ecom_settlement_role")
        if paid and len(net) > 1:
            plan.append(net)
        for line in mine.filtered(lambda one: one.ecom_settlement_role == "carried"):
            before = self._find_carried(settlement, line)
            if before:
                plan.append(before | line)
        return plan

    def _get_deferred_plan(self, moves):
        """What was released with what was deferred."""
        released = moves.line_ids.filtered(
            lambda line: line.ecom_settlement_role == "released"
        )
        plan = []
        for deferral, lines in released.grouped("ecom_deferral_id").items():
            held = deferral.move_line_ids.filtered(
                lambda line: (
                    line.ecom_settlement_role == "deferred"
                    and line.parent_state == "posted"
                    and not line.reconciled
                )
            )
            if held:
                plan.append(held | lines)
        return plan

    def _find_carried(self, settlement, line):
        """The open net line of an earlier settlement that this one takes over."""
        return self.env["account.move.line"].search(
            [
                ("account_id", "=", line.account_id.id),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("currency_id", "=", line.currency_id.id),
                ("amount_residual_currency", "=", -line.amount_currency),
                ("move_id.ecom_settlement_id", "!=", settlement.id),
                (
                    "move_id.ecom_settlement_id.channel_id",
                    "=",
                    settlement.channel_id.id,
                ),
                ("ecom_settlement_role", "=", "net"),
            ],
            order="date desc, id desc",
            limit=1,
        )

    def _reconcile(self, plan):
        """Reconcile everything in one call (chunks for very large settlements)."""
        company = self.env.company
        lines = self.env["account.move.line"].concat(*plan)
        quick = not any(lines.company_id.mapped("tax_exigibility"))
        model = self.env["account.move.line"]
        if quick:
            # Amounts do not change by reconciling, only cash-basis taxes would.
            model = model.with_context(
                skip_invoice_sync=True, check_move_validity=False
            )
        # Read for all: a pair alone would be read with a query of its own.
        lines.mapped("date_maturity")
        batch = MessageBatch()
        model = model.with_company(lines.company_id[:1] or company)
        model = model.with_context(**{MESSAGE_BATCH: batch})
        for start in range(0, len(plan), CHUNK):
            model._reconcile_plan(plan[start : start + CHUNK])
        # Core would tell the new payment states at the end of the transaction.
        model.move_id.browse()._track_finalize()
        batch.post()

    # -- later -------------------------------------------------------------------------

    @api.model
    def _book_later(self, payments):
        """Payments of posted settlements that were explained since: off clearing."""
        for settlement in payments.settlement_id:
            mine = payments.filtered(lambda one, s=settlement: one.settlement_id == s)
            accounts = settlement.channel_id._get_settlement_accounts(
                settlement.currency_id
            )
            day = max([settlement._get_date(), *mine.item_ids.mapped("date")])
            rows = self._prepare_payment_lines(settlement, accounts, day, mine)
            clearing = self._get_account(accounts, CLEARING)
            held = self._get_held(mine, clearing)
            rows = [
                *(
                    self._prepare_release(payment, line, part)
                    for payment, line, part in held
                ),
                *rows,
            ]
            move = self._post_balanced(settlement, accounts, day, rows)
            released = move.line_ids.sorted("id")[: len(held)]
            pairs = self._get_item_pairs(move)
            pairs += [
                line | one
                for (_payment, line, _part), one in zip(held, released, strict=True)
            ]
            self._reconcile(pairs)

    def _get_held(self, payments, clearing):
        """Open lines of the clearing account that hold these payments.

        A payment that was split is held by the line of the whole.

        :return: triples of payment, line, and the part of the line that is its.
        """
        held, taken = [], defaultdict(float)
        for payment in payments:
            whole = payment.split_from_id or payment
            lines = (whole | whole.split_ids).move_line_ids.filtered(
                lambda line: (
                    line.account_id == clearing
                    and line.parent_state == "posted"
                    and not line.reconciled
                )
            )
            left = -payment.amount
            for line in lines.sorted(
                lambda line, one=payment, left=left: (
                    line.amount_residual_currency != left,
                    line.ecom_settlement_payment_id != one,
                    line.id,
                )
            ):
                free = line.amount_residual_currency - taken[line]
                if line.currency_id.is_zero(left) or free * left <= 0:
                    continue
                part = min(free, left, key=abs)
                taken[line] += part
                left -= part
                held.append((payment, line, part))
        return held

    def _prepare_release(self, payment, line, part):
        """Values that take a part of a line off the clearing account."""
        share = part / line.amount_currency
        return {
            "account_id": line.account_id.id,
            "name": line.name,
            "currency_id": line.currency_id.id,
            "amount_currency": -line.currency_id.round(part),
            "balance": -line.company_currency_id.round(line.balance * share),
            "ecom_settlement_payment_id": payment.id,
        }

    def _post_balanced(self, settlement, accounts, day, rows):
        """An entry of these rows; what their rates leave is rounding."""
        off = -sum(row["balance"] for row in rows)
        if not settlement.company_id.currency_id.is_zero(off):
            account = self._get_account(accounts, ROUNDING)
            rows.append({"account_id": account.id, "balance": off, "name": "/"})
        return self._post(settlement, [self._prepare_entry(settlement, day, rows)])

    @api.model
    def _book_undo(self, payments):
        """Payments of a posted settlement are back on the clearing account.

        What they had paid is open again, by an entry against the one that paid it.
        """
        settlement = payments.settlement_id
        accounts = settlement.channel_id._get_settlement_accounts(
            settlement.currency_id
        )
        clearing = self._get_account(accounts, CLEARING)
        lines = payments.move_line_ids.filtered(
            lambda line: (
                line.account_id != clearing
                and line.parent_state == "posted"
                and line.ecom_settlement_role != "undone"
            )
        )
        if not lines:
            return
        day = max(lines.mapped("date"))
        lines.filtered("account_id.reconcile").remove_move_reconcile()
        lines.ecom_settlement_role = "undone"
        rows = [self._prepare_opposite(line) for line in lines]
        rows += self._prepare_open_lines(settlement, accounts, day, payments)
        move = self._post_balanced(settlement, accounts, day, rows)
        opposite = move.line_ids.sorted("id")[: len(lines)]
        self._reconcile(
            [
                line | other
                for line, other in zip(lines, opposite, strict=True)
                if line.account_id.reconcile
            ]
        )

    def _prepare_opposite(self, line):
        return {
            "account_id": line.account_id.id,
            "partner_id": line.partner_id.id,
            "name": line.name,
            "currency_id": line.currency_id.id,
            "amount_currency": -line.amount_currency,
            "balance": -line.balance,
            "ecom_settlement_payment_id": line.ecom_settlement_payment_id.id,
            "ecom_settlement_role": "undone",
        }

    @api.model
    def _book_deferral_rest(self, deferral, purpose, reason):
        """What is still on the account of deferred proceeds goes to another one.

        :param purpose: of the channel's account that takes it.
        """
        settlement = deferral.settlement_id
        accounts = settlement.channel_id._get_settlement_accounts(
            settlement.currency_id
        )
        day = fields.Date.context_today(settlement)
        held = deferral.move_line_ids.filtered(
            lambda line: line.parent_state == "posted" and not line.reconciled
        )
        rest = deferral.residual
        rows = [
            self._prepare_line(
                settlement,
                day,
                self._get_account(accounts, DEFERRED),
                rest,
                reason,
                ecom_deferral_id=deferral.id,
                ecom_settlement_role="released",
            ),
            self._prepare_line(
                settlement,
                day,
                self._get_account(accounts, purpose),
                -rest,
                reason,
            ),
        ]
        move = self._post(settlement, [self._prepare_entry(settlement, day, rows)])
        own = move.line_ids.filtered("ecom_deferral_id")
        self._reconcile([held | own])

    @api.model
    def _undo(self, settlement):
        """Cancel the entries; bank lines get their suspense line back."""
        moves = settlement.move_ids.filtered(lambda move: move.state == "posted")
        journal = settlement.channel_id.settlement_journal_id
        for move in moves:
            self._check_period(settlement, move.journal_id or journal, move.date)
        lines = moves.line_ids
        matched = lines.matched_debit_ids.debit_move_id
        matched |= lines.matched_credit_ids.credit_move_id
        matched.statement_line_id.action_undo_reconciliation()
        lines.remove_move_reconcile()
        moves.button_draft()
        moves.button_cancel()

    # -- bank --------------------------------------------------------------------------

    @api.model
    def _match_bank(self, settlements):
        """Reconcile payouts in transit with bank lines, where only one is meant.

        A bank line is meant by its amount and days, and where several are, by the
        payout's reference in its text.
        """
        for settlement in settlements.filtered(lambda one: one.state == "posted"):
            accounts = settlement.channel_id._get_settlement_accounts(
                settlement.currency_id
            )
            transit = settlement.move_ids.line_ids.filtered(
                lambda line, account=accounts[TRANSIT]: (
                    line.account_id == account
                    and line.parent_state == "posted"
                    and not line.reconciled
                )
            )
            for line in transit:
                found = self._find_bank_line(settlement, line)
                if found:
                    self._reconcile_bank(found, line)

    def _find_bank_line(self, settlement, line):
        least, most = (timedelta(days=days) for days in BANK_DAYS)
        found = self.env["account.bank.statement.line"].search(
            [
                ("company_id", "=", settlement.company_id.id),
                ("is_reconciled", "=", False),
                ("amount", "=", line.amount_currency),
                ("currency_id", "=", line.currency_id.id),
                ("date", ">=", line.date + least),
                ("date", "<=", line.date + most),
            ],
            limit=20,
        )
        if len(found) > 1 and settlement.reference:
            found = found.filtered(
                lambda one: settlement.reference in (one.payment_ref or "")
            )
        return found if len(found) == 1 else found.browse()

    def _reconcile_bank(self, bank, line):
        """The bank line's counterpart is the payout in transit."""
        _liquidity, suspense, other = bank._seek_for_lines()
        if other or len(suspense) != 1:
            return
        suspense.account_id = line.account_id
        (suspense | line).reconcile()
