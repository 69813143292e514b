"""What a campaign really did: those addressed against a group that was left out.

* Share of buyers: interval for the difference of two proportions from Wilson's interval
  of each (R. G. Newcombe (1998), *Interval estimation for the difference between
  independent proportions*, Statistics in Medicine 17, method 10). It holds for small
  groups and for shares of 0 and 1.
* Revenue per head, those who bought nothing included: B. L. Welch (1947).
* Size of the hold-out group: J. L. Fleiss, *Statistical Methods for Rates and
  Proportions*, without the correction for continuity.
* Who is held out is decided by a digest of campaign and customer: the same whoever asks
  and whenever, independent between campaigns.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from statistics import NormalDist

from .errors import BadInput


@dataclass(frozen=True)
class Interval:
    """An effect and where it lies with the confidence asked for."""

    effect: float
    low: float
    high: float

    @property
    def significant(self) -> bool:
        """Whether no effect at all lies outside."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Arm:
    """One of the two groups.

    :param people: all of them, whether they bought or not.
    :param buyers: who bought in the time of the campaign.
    :param revenue: of all of them together.
    :param revenue_squared: sum of the squares of the revenue of each.
    """

    people: int
    buyers: int
    revenue: float = 0.0
    revenue_squared: float = 0.0

    def __post_init__(self):
        if not 0 <= self.buyers <= self.people:
            raise BadInput("there cannot be more buyers than people")

    @property
    def share(self) -> float:
        return self.buyers / self.people if self.people else 0.0

    @property
    def mean(self) -> float:
        """Revenue per head."""
        return self.revenue / self.people if self.people else 0.0

    @property
    def variance(self) -> float:
        """Of the revenue of one of them, estimated."""
        if self.people < 2:
            return 0.0
        spread = self.revenue_squared - self.people * self.mean**2
        return max(spread, 0.0) / (self.people - 1)


@dataclass(frozen=True)
class Uplift:
    """Effect of a campaign.

    :param buyers: additional share of buyers (0.01: one more of a hundred people).
    :param revenue: additional revenue per head; none when a group is too small to tell.
    :param additional_buyers: among those addressed.
    :param additional_revenue: of those addressed.
    """

    buyers: Interval
    revenue: Interval | None
    additional_buyers: Interval
    additional_revenue: Interval | None


def wilson(
    successes: int, people: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Interval for a proportion; (0, 1) when nobody was asked."""
    if not people:
        return 0.0, 1.0
    z = _z(confidence)
    share, weight = successes / people, z * z / people
    centre = share + weight / 2
    half = z * math.sqrt((share * (1 - share) + weight / 4) / people)
    low, high = (centre - half) / (1 + weight), (centre + half) / (1 + weight)
    # Exact where rounding would leave a trace.
    return (
        max(low, 0.0) if successes else 0.0,
        min(high, 1.0) if successes < people else 1.0,
    )


def difference(treated: Arm, control: Arm, confidence: float = 0.95) -> Interval:
    """Share of buyers of those addressed less that of the control group."""
    low1, high1 = wilson(treated.buyers, treated.people, confidence)
    low2, high2 = wilson(control.buyers, control.people, confidence)
    effect = treated.share - control.share
    if not treated.people or not control.people:
        return Interval(effect, -1.0, 1.0)
    down = math.hypot(treated.share - low1, high2 - control.share)
    up = math.hypot(high1 - treated.share, control.share - low2)
    return Interval(effect, effect - down, effect + up)


def mean_difference(
    treated: Arm, control: Arm, confidence: float = 0.95
) -> Interval | None:
    """Revenue per head of those addressed less that of the control group.

    :return: none when a group has fewer than two people.
    """
    if min(treated.people, control.people) < 2:
        return None
    parts = [arm.variance / arm.people for arm in (treated, control)]
    error = math.sqrt(sum(parts))
    effect = treated.mean - control.mean
    if not error:
        return Interval(effect, effect, effect)
    freedom = sum(parts) ** 2 / sum(
        part**2 / (arm.people - 1)
        for part, arm in zip(parts, (treated, control), strict=True)
    )
    half = _student(confidence, freedom) * error
    return Interval(effect, effect - half, effect + half)


def _student(confidence: float, freedom: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + confidence / 2))


def _z(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise BadInput("a confidence lies between 0 and 1")
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def measure(treated: Arm, control: Arm, confidence: float = 0.95) -> Uplift:
    """Effect on the share of buyers and on revenue, per head and in total."""
    buyers = difference(treated, control, confidence)
    revenue = mean_difference(treated, control, confidence)
    return Uplift(
        buyers,
        revenue,
        _times(buyers, treated.people),
        _times(revenue, treated.people) if revenue else None,
    )


def _times(interval: Interval, factor: float) -> Interval:
    return Interval(
        interval.effect * factor, interval.low * factor, interval.high * factor
    )


def people_needed(
    base_share: float,
    uplift: float,
    hold_out: float,
    confidence: float = 0.95,
    power: float = 0.8,
) -> int:
    """People in both groups together that make an effect likely to be seen.

    :param base_share: share of buyers without the campaign.
    :param uplift: additional share that is worth knowing of, e.g. 0.01.
    :param hold_out: share of people that are left out.
    :param power: chance of seeing the effect when it is there.
    """
    target = base_share + uplift
    if not 0 < hold_out < 1 or not 0 <= base_share <= 1 or not 0 <= target <= 1:
        raise BadInput("shares lie between 0 and 1")
    if not uplift:
        raise BadInput("no effect needs endless people")
    ratio = (1 - hold_out) / hold_out  # addressed for each who is left out
    pooled = (base_share + ratio * target) / (1 + ratio)
    spread = _z(confidence) * math.sqrt((1 + ratio) * pooled * (1 - pooled)) + (
        NormalDist().inv_cdf(power)
        * math.sqrt(ratio * base_share * (1 - base_share) + target * (1 - target))
    )
    control = spread**2 / (ratio * uplift**2)
    return math.ceil(control) + math.ceil(control * ratio)


def smallest_uplift(
    people: int, base_share: float, hold_out: float, confidence: float = 0.95
) -> float:
    """Additional share of buyers that this many people can show with a chance of 80 %.

    :return: at most ``1 - base_share``, also when even that cannot be shown.
    """
    low, high = 1e-6, 1 - base_share
    if high <= low or people_needed(base_share, high, hold_out, confidence) > people:
        return max(high, 0.0)
    for _ in range(60):
        middle = (low + high) / 2
        if people_needed(base_share, middle, hold_out, confidence) > people:
            low = middle
        else:
            high = middle
    return high


def is_held_out(campaign: str, customer: str, share: float) -> bool:
    """Whether a customer is left out of a campaign.

    :param campaign: anything that names it and never changes.
    :param customer: key of the customer.
    :param share: of all customers, 0 to 1.
    """
    digest = hashlib.sha256(f"{campaign}\n{customer}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
