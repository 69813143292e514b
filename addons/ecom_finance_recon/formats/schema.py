"""What a settlement file says, in words that all formats share.

Conventions:

* an amount is a signed :class:`decimal.Decimal` in major units, exactly as written:
  what goes to the seller is positive, what is taken away is negative;
* a time is aware and in UTC; one that the file writes without its zone is read in the
  zone of the format or of :class:`~.base.Options`;
* identifiers are text, as the provider wrote them (:mod:`..matching.normalise` makes
  them comparable);
* what the file does not say is empty or ``None``, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

ZERO = Decimal(0)


class Kind(Enum):
    """What a line is, which decides its account."""

    SALE = "sale"  # what a buyer paid for goods
    SHIPPING = "shipping"  # what a buyer paid for shipping
    GIFT_WRAP = "gift_wrap"
    PROMOTION = "promotion"  # discount that the seller bears
    TAX = "tax"  # tax that a buyer paid, or its refund
    CHANNEL_TAX = "channel_tax"  # tax that the channel keeps and remits itself
    REFUND = "refund"  # money given back to a buyer, whichever part of the order
    FEE = "fee"  # see FeeType; positive = given back
    FEE_TAX = "fee_tax"  # tax on fees
    CHARGEBACK = "chargeback"  # disputed money taken, or (positive) won back
    REIMBURSEMENT = "reimbursement"  # the channel compensates the seller
    RESERVE = "reserve"  # withheld (negative) or released (positive)
    CARRY_OVER = "carry_over"  # balance of another settlement
    CONVERSION = "conversion"  # one side of a currency conversion
    TRANSFER = "transfer"  # between the account and the seller's bank or card
    PAYOUT = "payout"  # payment of this very settlement: never part of its sum
    ADJUSTMENT = "adjustment"  # a correction that the provider names as such
    SUSPENSE = "suspense"  # a type that is not known: mapped by a person
    MEMO = "memo"  # no money moved (denied, void): never part of a sum
    BANK = "bank"  # a line of a bank statement


#: Kinds that are no part of the sum of a settlement.
UNCOUNTED = frozenset({Kind.PAYOUT, Kind.MEMO})


#: Kinds that together are what a buyer owes and pays for an order.
ORDER_KINDS = frozenset(
    {
        Kind.SALE,
        Kind.SHIPPING,
        Kind.GIFT_WRAP,
        Kind.PROMOTION,
        Kind.TAX,
        Kind.CHANNEL_TAX,
    }
)


class FeeType(Enum):
    """Which fee, as far as it has an account of its own."""

    COMMISSION = "commission"
    FULFILMENT = "fulfilment"
    STORAGE = "storage"
    ADVERTISING = "advertising"
    PAYMENT = "payment"
    SUBSCRIPTION = "subscription"
    REFUND_ADMIN = "refund_admin"
    CHARGEBACK = "chargeback"
    SHIPPING = "shipping"  # labels, freight
    LISTING = "listing"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Line:
    """One signed amount; a row of a file that states several gives several lines.

    :param number: row of the file that it comes from, from 1.
    :param key: identity within the format: the same row of the same file always has
        the same key, whatever the order of the rows. Two equal rows have ``#2``...
    :param part: which amount of the row this is (``"gross"``, ``"fee"``, a column).
    :param type_code: the provider's own words for the type, joined by ``|``.
    :param order_ref: the marketplace's order number.
    :param merchant_ref: the seller's own reference.
    :param transaction_ref: the provider's id of the payment, refund or movement.
    :param related_ref: the provider's id of what it corrects (of a refund: the sale).
    :param payout_ref: the provider's id of the payout that it is part of.
    :param original_amount: before conversion, in ``original_currency``.
    :param balance: balance of the account after the row, where the file states it.
    :param deferral_ref: the provider's id of the deferred transaction that this is a
        part of, or releases.
    :param raw: the row as it was, by column; empty cells are left out.
    """

    number: int
    kind: Kind
    amount: Decimal
    currency: str
    key: str = ""
    part: str = ""
    type_code: str = ""
    fee: FeeType | None = None
    order_ref: str = ""
    merchant_ref: str = ""
    transaction_ref: str = ""
    related_ref: str = ""
    item_ref: str = ""
    sku: str = ""
    quantity: Decimal | None = None
    payout_ref: str = ""
    posted_at: datetime | None = None
    description: str = ""
    partner: str = ""
    original_amount: Decimal | None = None
    original_currency: str = ""
    balance: Decimal | None = None
    deferral_ref: str = ""
    raw: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Deferral:
    """A transaction whose money the channel holds back until a day.

    :param reference: the provider's id, which stays the same when it is released.
    :param is_released: it is no longer held back; the money is told elsewhere.
    :param amount: of the whole transaction, what would be paid.
    :param release_ref: the provider's id of the transaction that releases it.
    :param matures_at: when it is (to be) released, where the channel tells.
    :param reason: the channel's own word for the policy.
    """

    reference: str
    currency: str
    amount: Decimal
    is_released: bool = False
    is_refund: bool = False
    order_ref: str = ""
    release_ref: str = ""
    posted_at: datetime | None = None
    matures_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A control total: what the file declares against what its rows say.

    :param declared: ``None`` = the format demands it, but the file does not have it.
    """

    code: str
    declared: Decimal | None
    computed: Decimal

    @property
    def difference(self) -> Decimal | None:
        """Computed less declared."""
        return None if self.declared is None else self.computed - self.declared

    @property
    def closes(self) -> bool:
        """Whether both are the same, to the last digit."""
        return self.declared is not None and self.computed == self.declared


@dataclass(frozen=True, slots=True)
class Settlement:
    """One settlement, payout, batch or statement, in one currency.

    :param format: code of the format it was read with.
    :param reference: the provider's id; empty for what is not paid out yet.
    :param account: the seller's, merchant's or bank account.
    :param starts_at: of the period, with ``ends_at``; where the file does not tell
        them, of the first and last line (``first_at``, ``last_at``).
    :param deposit_at: when the money is (to be) paid.
    :param opening: balance before the first line, where told; likewise ``closing``.
    :param total: sum of all lines but those of :data:`UNCOUNTED`.
    :param count: how many lines; also when they were handed to a sink.
    :param lines: empty when they were handed to a sink.
    :param checks: control totals, the most important one first.
    :param warnings: codes of things that work but deserve attention.
    :param deferrals: what is held back, or was. A settlement that has them is no
        payout but a list of the moment: it comes again with the next one.
    """

    format: str
    reference: str = ""
    account: str = ""
    currency: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    deposit_at: datetime | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None
    opening: Decimal | None = None
    closing: Decimal | None = None
    total: Decimal = ZERO
    payout: Decimal = ZERO
    count: int = 0
    lines: tuple[Line, ...] = field(default=(), repr=False)
    checks: tuple[Check, ...] = ()
    warnings: tuple[str, ...] = ()
    bank_account: str = ""
    deferrals: tuple[Deferral, ...] = ()

    @property
    def sum_lines(self) -> Decimal:
        """Sum of all lines but the payout itself and memos."""
        return self.total

    @property
    def declared_total(self) -> Decimal | None:
        """The file's foremost control total, ``None`` when it has none."""
        return self.checks[0].declared if self.checks else None

    @property
    def difference(self) -> Decimal | None:
        """By how much the first control total that fails is missed, else zero.

        ``None`` when there is no control total, or one that has to be there is not.
        """
        for check in self.checks:
            if not check.closes:
                return check.difference
        return ZERO if self.checks else None

    @property
    def closes(self) -> bool | None:
        """Whether every control total is met; ``None`` when there is none."""
        return all(check.closes for check in self.checks) if self.checks else None


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What was in a file.

    :param ignored: members of an archive that were not read, with the reason.
    """

    format: str
    settlements: tuple[Settlement, ...]
    ignored: tuple[tuple[str, str], ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """Lines of all settlements."""
        return tuple(line for one in self.settlements for line in one.lines)

    @property
    def closes(self) -> bool | None:
        """False when one settlement does not close, ``None`` when none can tell."""
        told = [one.closes for one in self.settlements if one.closes is not None]
        return all(told) if told else None
