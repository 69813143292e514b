"""What accounts a channel needs, and which of them a line is booked on."""

from __future__ import annotations

from dataclasses import dataclass

from ..formats.schema import FeeType, Kind

CLEARING = "clearing"
WALLET = "wallet"
TRANSIT = "transit"
DEFERRED = "deferred"
ROUNDING = "rounding"
SUSPENSE = "suspense"
CHANNEL_TAX = "channel_tax"
FEE_TAX = "fee_tax"


@dataclass(frozen=True, slots=True)
class Purpose:
    """An account that a channel needs.

    :param code: stored.
    :param account_type: of core's account types.
    :param reconcile: whether its lines are matched with each other.
    :param is_shared: whether channels and currencies of a company may share it.
    """

    code: str
    account_type: str
    reconcile: bool = False
    is_shared: bool = True


def fee_purpose(fee: FeeType | None) -> str:
    """The purpose of a fee; one that is not typed is another fee."""
    return f"fee_{(fee or FeeType.OTHER).value}"


PURPOSES = {
    one.code: one
    for one in (
        Purpose(CLEARING, "asset_current", reconcile=True, is_shared=False),
        Purpose(WALLET, "asset_current", is_shared=False),
        Purpose(TRANSIT, "asset_current", reconcile=True, is_shared=False),
        Purpose("reserve", "asset_current", is_shared=False),
        Purpose(DEFERRED, "asset_current", reconcile=True, is_shared=False),
        *(Purpose(fee_purpose(fee), "expense") for fee in FeeType),
        Purpose(FEE_TAX, "asset_current"),
        Purpose(CHANNEL_TAX, "liability_current"),
        Purpose("reimbursement", "income_other"),
        Purpose("chargeback", "expense"),
        Purpose("conversion", "expense"),
        Purpose(ROUNDING, "expense"),
        Purpose(SUSPENSE, "asset_current", reconcile=True),
    )
}

_BY_KIND = {
    Kind.FEE_TAX: FEE_TAX,
    Kind.CHANNEL_TAX: CHANNEL_TAX,
    Kind.CHARGEBACK: "chargeback",
    Kind.REIMBURSEMENT: "reimbursement",
    Kind.RESERVE: "reserve",
    Kind.CARRY_OVER: CLEARING,
    Kind.CONVERSION: "conversion",
    Kind.TRANSFER: TRANSIT,
}


def purpose_of(kind: Kind, fee: FeeType | None = None) -> str:
    """On which account a line that is no buyer's payment is booked.

    What is not known is suspense: never an error, never a guess.
    """
    if kind is Kind.FEE:
        return fee_purpose(fee)
    return _BY_KIND.get(kind, SUSPENSE)
