"""How far the open deals cover what is missing of a goal, and what has to be put in so that they do.

Money is Decimal and exact; counts are rounded up, because a part of an opportunity closes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Final

from sheetsales.forecast import Deal, distribution

MOST_NEW: Final = 1_000  # new opportunities up to which a plan is looked for; with more the goal is the matter
CENT: Final = Decimal("0.01")


def coverage(open_amount: Decimal, quota: Decimal, closed: Decimal) -> Decimal | None:
    """Give open ÷ (quota - closed); None where the quota is reached, so that nothing is divided by zero."""
    return None if quota <= closed else open_amount / (quota - closed)


def needed_coverage(win_rate: Decimal | None) -> Decimal | None:
    """Give 1 ÷ win rate by value: how often the missing amount has to be open; None where nothing is won."""
    return 1 / win_rate if win_rate is not None and win_rate > 0 else None


def shortfall(open_amount: Decimal, quota: Decimal, closed: Decimal, win_rate: Decimal) -> Decimal:
    """Give the amount that has to be opened until what is open covers the rest as often as needed; 0 where it does."""
    needed = needed_coverage(win_rate)
    if needed is None or quota <= closed:
        return Decimal(0)
    return max((needed * (quota - closed) - open_amount).quantize(CENT, ROUND_HALF_UP), Decimal(0))


def velocity(deals: int, win_rate: Decimal, size: Decimal, cycle_days: int) -> Decimal | None:
    """Give deals x win rate x size ÷ cycle, the amount won per day; None without a cycle."""
    return (deals * win_rate * size / cycle_days).quantize(CENT, ROUND_HALF_UP) if cycle_days > 0 else None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What has to be put in: the amount to open, and how many opportunities, leads, proposals and calls that is."""

    pipeline: Decimal
    opportunities: int
    leads: int | None
    proposals: int | None
    calls: int | None


def inputs_of(
    opportunities: int,
    size: Decimal,
    *,
    lead_to_opportunity: Decimal | None = None,
    opportunity_to_proposal: Decimal | None = None,
    calls_per_opportunity: Decimal | None = None,
) -> Inputs:
    """Turn a number of new opportunities into leads, proposals and calls by conversion rates, rounded up.

    A rate that is not known, or 0 where it divides, leaves its input open (None).
    """
    return Inputs(
        (opportunities * size).quantize(CENT, ROUND_HALF_UP),
        opportunities,
        None if not lead_to_opportunity or lead_to_opportunity <= 0 else upwards(opportunities / lead_to_opportunity),
        None if opportunity_to_proposal is None else upwards(opportunities * opportunity_to_proposal),
        None if calls_per_opportunity is None else upwards(opportunities * calls_per_opportunity),
    )


def opportunities_for(gap: Decimal, win_rate: Decimal, size: Decimal) -> int | None:
    """Give how many new opportunities close a gap on average: gap ÷ (win rate x size), rounded up.

    None where nothing is won or a deal is worth nothing: then no number of them closes it.
    """
    if gap <= 0:
        return 0
    return upwards(gap / (win_rate * size)) if win_rate > 0 and size > 0 else None


def upwards(value: Decimal) -> int:
    """Round up to a whole number."""
    return int(value.to_integral_value(ROUND_CEILING))


def opportunities_to_be_comfortable(
    deals: Sequence[Deal], target: int, win_rate: float, size: int, *, wanted: float, correlation: float
) -> int | None:
    """Give the fewest new opportunities of one size with which the chance to reach the target is as wanted.

    deals: those open now. target, size: cents still to be booked, and of a new deal. None where more than
    `MOST_NEW` would be needed, or none of them is won. The chance rises with their number, so it is halved in.
    """

    def reached(new: int) -> bool:
        return distribution([*deals, *[(size, win_rate)] * new], correlation).at_least(target) >= wanted

    if reached(0):
        return 0
    if win_rate <= 0 or size <= 0 or not reached(MOST_NEW):
        return None
    low, high = 0, 1
    while not reached(high):
        low, high = high, min(2 * high, MOST_NEW)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high
