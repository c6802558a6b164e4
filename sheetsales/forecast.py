"""The forecast of open deals: expected value, spread, chances; and how far open deals cover what is missing.

Amounts are whole cents or Decimal; chances are estimates, so they are floats. Deals are taken to be
independent of one another, which makes the range narrower than life.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from typing import Final

EXACT_UP_TO: Final = 20  # deals; beyond, the sums are too many and amounts are put into buckets
BUCKETS: Final = 16_384  # of the whole amount; the error of a chance stays below a per cent
Deal = tuple[int, float]  # amount in cents, probability


def expected(deals: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """Give the weighted amount, the sum of amount x probability."""
    return sum((amount * p for amount, p in deals), Decimal(0))


def spread(deals: Iterable[tuple[Decimal, Decimal]]) -> float:
    """Give the standard deviation of the sum, for independent deals."""
    return sqrt(sum(float(amount) ** 2 * float(p) * (1 - float(p)) for amount, p in deals))


@dataclass(frozen=True, slots=True)
class Distribution:
    """How likely which sum is: probability by sum in cents."""

    chances: Mapping[int, float]

    def at_least(self, target: int) -> float:
        """Give the chance that the sum reaches the target."""
        return min(1.0, sum(chance for total, chance in self.chances.items() if total >= target))

    def quantile(self, part: float) -> int:
        """Give the smallest sum that is not passed with this chance."""
        reached = 0.0
        totals = sorted(self.chances)
        for total in totals:
            reached += self.chances[total]
            if reached >= part - 1e-12:
                return total
        return totals[-1]


def distribution(deals: Sequence[Deal]) -> Distribution:
    """Give the distribution of the sum of independent deals.

    Exact up to `EXACT_UP_TO` deals (2^n steps at worst); beyond, amounts are rounded to one of
    `BUCKETS` parts of the whole (n x BUCKETS steps).
    """
    counted = sorted((amount, p) for amount, p in deals if amount and p)
    return _exact(counted) if len(counted) <= EXACT_UP_TO else _in_buckets(counted)


def _exact(deals: Sequence[Deal]) -> Distribution:
    sums = {0: 1.0}
    for amount, p in deals:
        after: dict[int, float] = {}
        for total, chance in sums.items():
            if p < 1:
                after[total] = after.get(total, 0.0) + chance * (1 - p)
            after[total + amount] = after.get(total + amount, 0.0) + chance * p
        sums = after
    return Distribution(sums)


def _in_buckets(deals: Sequence[Deal]) -> Distribution:
    unit = max(1, sum(amount for amount, _ in deals) // BUCKETS)
    sums = [1.0]
    for amount, p in deals:
        blank = [0.0] * ((amount + unit // 2) // unit)
        sums = [stays * (1 - p) + comes * p for stays, comes in zip(sums + blank, blank + sums, strict=True)]
    return Distribution({step * unit: chance for step, chance in enumerate(sums) if chance})


def coverage(open_amount: Decimal, quota: Decimal, closed: Decimal) -> Decimal | None:
    """Give open ÷ (quota - closed); None where the quota is reached, so that nothing is divided by zero."""
    return None if quota <= closed else open_amount / (quota - closed)


def needed_coverage(won: Decimal, lost: Decimal) -> Decimal | None:
    """Give 1 ÷ win rate by value: how often the missing amount has to be open; None where nothing was won."""
    return (won + lost) / won if won > 0 else None
