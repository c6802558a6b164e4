"""The forecast of open deals: expected value, spread, and how likely which sum is.

Amounts are whole cents or Decimal; chances are estimates, so they are floats. What is added up for people
is added up exactly; the distribution beside it says how far it may miss. Deals hang together: a good or a
bad quarter moves all of them, so one common shock runs through all (a one-factor Gaussian copula). Taken
to be independent, correlation 0, the range is narrower than life.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import ceil, erf, exp, floor, gcd, sqrt
from statistics import NormalDist
from typing import Final

EXACT_UP_TO: Final = 20  # deals; beyond, the sums are too many and amounts are put into buckets
BY_HAND_UP_TO: Final = 10  # deals whose sums are listed without loading a library
BUCKETS: Final = 8_192  # of the whole amount; the error of a chance stays below a tenth of a per cent
STATES: Final = 29  # of the common shock, evenly spaced: the trapezoidal rule
SHOCK_REACH: Final = 4.2  # standard deviations on either side; 3 in 100,000 lie beyond
MOST_CORRELATED: Final = 0.95  # with more, every state is all or nothing
NEGLIGIBLE: Final = -23.0  # ln of a part of the spectrum that is left out: one in ten thousand million
DEALS_A_STEP: Final = 16  # after which what has become negligible is dropped
QUANTILE_ROUNDING: Final = 1e-4  # a chance that lies so near is that chance: the states of the shock stand for all
LARGEST_WHOLE: Final = 2**62  # cents that an array can add up
Deal = tuple[int, float]  # amount in cents, probability


def expected(deals: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """Give the weighted amount, the sum of amount x probability."""
    return sum((amount * p for amount, p in deals), Decimal(0))


def spread(deals: Iterable[tuple[Decimal, Decimal]], correlation: float = 0.0) -> float:
    """Give the standard deviation of the sum: sqrt(sum of a² p (1 - p)) for independent deals.

    With a common shock: within its states as before, plus between their means.
    """
    pairs = [(float(amount), float(p)) for amount, p in deals]
    weights, chances = shock([p for _, p in pairs], correlation)
    means = [sum(amount * row[state] for (amount, _), row in zip(pairs, chances, strict=True)) for state in range(len(weights))]
    within = sum(
        weight * amount**2 * row[state] * (1 - row[state])
        for (amount, _), row in zip(pairs, chances, strict=True)
        for state, weight in enumerate(weights)
    )
    mean = sum(weight * one for weight, one in zip(weights, means, strict=True))
    return sqrt(within + sum(weight * (one - mean) ** 2 for weight, one in zip(weights, means, strict=True)))


def shock(chances: Sequence[float], correlation: float) -> tuple[list[float], list[list[float]]]:
    """Give the states of the common shock: how likely each is, and per deal its chance in each.

    Vasicek's conditional probability, Phi((Phi^-1(p) - sqrt(r) z) / sqrt(1 - r)), at evenly spaced z: the
    trapezoidal rule, whose error falls off faster than any power for so smooth a sum. Without correlation
    there is one state.
    """
    if correlation <= 0:
        return [1.0], [[p] for p in chances]
    r = min(correlation, MOST_CORRELATED)
    places = [SHOCK_REACH * (2 * step / (STATES - 1) - 1) for step in range(STATES)]
    bells = [exp(-z * z / 2) for z in places]
    weights = [bell / sum(bells) for bell in bells]
    pulls, narrow, normal = [sqrt(r) * z for z in places], sqrt(2 * (1 - r)), NormalDist()
    rows: dict[float, list[float]] = {}
    for p in set(chances):
        if 0 < p < 1:
            limit = normal.inv_cdf(p)
            rows[p] = [(1 + erf((limit - pull) / narrow)) / 2 for pull in pulls]
        else:
            rows[p] = [p] * STATES
    return weights, [rows[p] for p in chances]


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
            if reached >= part - QUANTILE_ROUNDING:
                return total
        return totals[-1]

    def bands(self, edges: Sequence[int]) -> list[float]:
        """Give the chance of a sum from each edge up to the next, the next one excluded."""
        reached = [self.at_least(edge) for edge in edges]
        return [max(0.0, low - high) for low, high in pairwise(reached)]


def distribution(deals: Sequence[Deal], correlation: float = 0.0) -> Distribution:
    """Give the distribution of the sum of deals that share a shock of this correlation (0: independent).

    Given the shock the deals are independent. Exact in the amounts up to `EXACT_UP_TO` deals (2^n sums), and
    of any number of deals whose amounts are whole multiples of one that fits `BUCKETS` times into the sum;
    beyond, amounts go into one of `BUCKETS` parts of the whole, with what is rounded carried on to the next
    deal. Many sums are found through their spectrum (n x states x the parts of it that count).
    """
    certain = sum(amount for amount, p in deals if amount > 0 and p >= 1)
    counted = sorted((amount, p) for amount, p in deals if amount > 0 and 0 < p < 1)
    amounts = [amount for amount, _ in counted]
    if len(counted) <= BY_HAND_UP_TO:
        found = _by_hand(amounts, *shock([p for _, p in counted], correlation))
    elif len(counted) <= EXACT_UP_TO and BUCKETS * gcd(*amounts) <= sum(amounts) < LARGEST_WHOLE:
        found = _exact(amounts, *shock([p for _, p in counted], correlation))
    else:
        found = _in_buckets(counted, correlation)
    return Distribution({certain + total: chance for total, chance in found.items()} if certain else found)


def _by_hand(amounts: Sequence[int], weights: Sequence[float], chances: Sequence[Sequence[float]]) -> dict[int, float]:
    """Give the chance of each sum, state by state."""
    mixed: dict[int, float] = {}
    for state, weight in enumerate(weights):
        sums = {0: weight}
        for amount, row in zip(amounts, chances, strict=True):
            p, after = row[state], dict[int, float]()
            for total, chance in sums.items():
                if p < 1:
                    after[total] = after.get(total, 0.0) + chance * (1 - p)
                after[total + amount] = after.get(total + amount, 0.0) + chance * p
            sums = after
        for total, chance in sums.items():
            mixed[total] = mixed.get(total, 0.0) + chance
    return mixed


def _exact(amounts: Sequence[int], weights: Sequence[float], chances: Sequence[Sequence[float]]) -> dict[int, float]:
    """Do the same by arrays of all sums, which double with every deal."""
    import numpy as np

    sums = np.zeros(1, np.int64)
    for amount in amounts:
        sums = np.concatenate((sums, sums + amount))
    mixed = np.zeros(len(sums))
    for state, weight in enumerate(weights):
        masses = np.array([weight])
        for row in chances:
            masses = np.concatenate((masses * (1 - row[state]), masses * row[state]))
        mixed += masses
    totals, place = np.unique(sums, return_inverse=True)
    added = np.bincount(place, mixed, len(totals))
    return {total: chance for total, chance in zip(totals.tolist(), added.tolist(), strict=True) if chance}


def _in_buckets(deals: Sequence[Deal], correlation: float) -> dict[int, float]:
    """Give the chances on a grid of sums, from the spectrum of the sum: that of a deal is 1 + p (e^iwa - 1).

    Deals that are alike are taken together, as a power. Most of the spectrum of many deals is nothing; it is
    found out early by a few states, and left out.
    """
    import numpy as np

    common, whole_sum = gcd(*(amount for amount, _ in deals)), sum(amount for amount, _ in deals)
    unit = common * max(1, -(-whole_sum // (common * max(BUCKETS - 1 - len(deals), BUCKETS // 2))))
    alike = Counter(zip(_rounded(deals, unit), (p for _, p in deals), strict=True))
    grid = 1 << sum(step * count for (step, _), count in alike.items()).bit_length()
    weights, chances = shock([p for _, p in alike], correlation)
    steps, counts, p = np.array([step for step, _ in alike]), np.array(list(alike.values())), np.array(chances)
    wheel = np.exp(2j * np.pi * np.arange(grid) / grid)
    turned, mask = np.ascontiguousarray(wheel.real), grid - 1
    probes = sorted({0, len(weights) // 4, len(weights) // 2, 3 * len(weights) // 4, len(weights) - 1})
    probed = 2 * p[:, probes] * (1 - p[:, probes])
    waves = np.arange(grid // 2 + 1)
    left = np.log(np.array(weights)[probes])[:, None] + np.zeros(len(waves))
    for first in range(0, len(steps), DEALS_A_STEP):
        part = slice(first, first + DEALS_A_STEP)
        several = bool(counts[part].max() > 1)
        falls = 1 - turned[np.multiply.outer(steps[part], waves) & mask]
        for place in range(len(probes)):
            each = 1 - probed[part, place, None] * falls
            shrinks = np.prod(each ** counts[part, None] if several else each, axis=0)
            left[place] += np.log(np.maximum(shrinks, 1e-300)) / 2
        remains = left.max(axis=0) > NEGLIGIBLE
        waves, left = waves[remains], left[:, remains]
    spectrum = np.repeat(np.array(weights, complex)[:, None], len(waves), axis=1)
    for step, count, states in zip(steps, counts, p, strict=True):
        factor = 1 + states[:, None] * (wheel[(step * waves) & mask] - 1)
        spectrum *= factor if count == 1 else factor**count
    whole = np.zeros(grid // 2 + 1, complex)
    whole[waves] = spectrum.sum(axis=0).conj()
    found = np.maximum(np.fft.irfft(whole, grid), 0.0)
    found /= found.sum()
    return {step * unit: chance for step, chance in enumerate(found.tolist()) if chance}


def _rounded(deals: Sequence[Deal], unit: int) -> list[int]:
    """Put amounts into whole units, up or down so that the expected sum stays what it is."""
    carried, steps = 0.0, []
    for amount, p in deals:
        exact = amount / unit
        wanted = floor(exact + 0.5 + max(-0.5, min(0.5, carried / p)))
        step = min(max(wanted, floor(exact)), ceil(exact))
        carried += p * (exact - step)
        steps.append(step)
    return steps
