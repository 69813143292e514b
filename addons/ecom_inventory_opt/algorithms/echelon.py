r"""Where to keep stock: in a central warehouse or in the regions.

* Risk pooling: demands of regions with deviations :math:`\sigma_i` and correlation
  :math:`\rho` need a safety stock proportional to
  :math:`\sqrt{\sum\sigma_i^2+\sum_{i\ne j}\rho\sigma_i\sigma_j}` together, to
  :math:`\sum\sigma_i` apart (G. Eppen 1979).
* Echelon base stock of two levels (A. Clark, H. Scarf 1960, in the approximation of K.
  Shang, J.-S. Song 2003): a level protects demand of its own lead time and all after
  it, with the critical ratio :math:`\frac{p+\sum_{above}h}{p+\sum_{all}h}` of echelon
  holding costs.
* Allocation of central stock: every region gets the same cover of its safety stock
  (equal fractile, the "fair share" of Silver, Pyke, Peterson, section 11.5): levels
  :math:`\mu_i+k\sigma_i` with the one k that uses up what there is, nobody giving back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .lazy import np, special

if TYPE_CHECKING:
    from numpy import ndarray as Array


@dataclass(frozen=True)
class Pooling:
    """:param apart: safety stock in the regions; :param together: in one place.
    :param saved: part of it that pooling saves, 0 to 1."""

    apart: Array
    together: Array
    saved: Array


def pooling(deviations, factor, correlation=0.0) -> Pooling:
    """What one warehouse instead of several saves.

    :param deviations: ``(..., regions)`` of demand during the interval.
    :param factor: safety factor k; :param correlation: of any two regions, -1 to 1.
    :raises ValueError: for a correlation outside of its limits.
    """
    if np.any(np.abs(correlation) > 1):
        raise ValueError("a correlation lies between -1 and 1")
    deviations = np.asarray(deviations, dtype=float)
    total = deviations.sum(axis=-1)
    squares = np.square(deviations).sum(axis=-1)
    variance = squares + correlation * (np.square(total) - squares)
    together = factor * np.sqrt(np.maximum(variance, 0.0))
    apart = factor * total
    some = apart > 0
    saved = np.where(some, 1 - together / np.where(some, apart, 1.0), 0.0)
    return Pooling(apart, together, saved)


@dataclass(frozen=True)
class EchelonLevels:
    """Base stock of both levels, units.

    :param regional: ``(..., regions)`` in each region; :param echelon: ``(...)`` in the
        whole system, on its way included; :param central: what of it is not in the
        regions, not below zero.
    """

    regional: Array
    echelon: Array
    central: Array


def base_stocks(
    means,
    deviations,
    regional_lead,
    central_lead,
    central_holding,
    regional_holding,
    shortage_cost,
) -> EchelonLevels:
    """Base stock of a central warehouse and its regions, normal independent demand.

    :param means: ``(..., regions)`` of a period; :param deviations: likewise.
    :param regional_lead: periods from the centre to a region, review included.
    :param central_lead: periods from the supplier to the centre.
    :param central_holding: of a unit and period in the centre.
    :param regional_holding: in a region, at least that of the centre.
    :param shortage_cost: of a unit and period.
    :raises ValueError: for costs that do not fit.
    """
    if not 0 < central_holding <= regional_holding or not shortage_cost > 0:
        raise ValueError("holding must cost something, in a region at least as much")
    means, deviations = np.asarray(means, float), np.asarray(deviations, float)
    whole = regional_holding + shortage_cost
    added = regional_holding - central_holding
    regional_factor = special.ndtri((shortage_cost + central_holding) / whole)
    if added == 0:
        # All stock costs the same: then it belongs to where the customers are.
        regional_factor = special.ndtri(shortage_cost / whole)
    regional = means * regional_lead
    regional = regional + regional_factor * deviations * np.sqrt(regional_lead)
    echelon_factor = special.ndtri(shortage_cost / whole)
    span = central_lead + regional_lead
    spread = np.sqrt(np.square(deviations).sum(axis=-1) * span)
    echelon = means.sum(axis=-1) * span + echelon_factor * spread
    central = np.maximum(echelon - regional.sum(axis=-1), 0.0)
    return EchelonLevels(regional, echelon, central)


def allocate(available, positions, means, deviations) -> Array:
    """Share out central stock among regions; units to each, ``(regions,)``.

    All that is available is given away, so that the regions end with equal safety
    factors; one that has more than that already gets nothing.

    :param available: units in the centre, zero or less gives nothing.
    :param positions: ``(regions,)`` stock and on its way; may be negative.
    :param means: ``(regions,)`` demand during the interval; :param deviations:
        likewise.
    """
    positions = np.asarray(positions, dtype=float)
    means, deviations = np.asarray(means, float), np.asarray(deviations, float)
    if not available > 0 or not len(positions):
        return np.zeros(len(positions))
    spread = np.maximum(deviations, 1e-6 * np.maximum(means, 1.0))

    def shares(factor: float) -> Array:
        return np.maximum(means + factor * spread - positions, 0.0)

    low, high = -1.0, 1.0
    while shares(low).sum() > available:
        low *= 2
    while shares(high).sum() < available:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if shares(middle).sum() < available else (low, middle)
        )
    given = shares(high)
    return given * (available / given.sum())
