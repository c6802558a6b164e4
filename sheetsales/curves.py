"""Response curves: which sales to expect from an account at how many calls.

The curve is ADBUDG (Little 1970), fitted to four judgements on the scale today = 100, or by least squares to
five points or more. Responses are estimates, so they are floats; amounts of money never pass through here on their way to the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from math import exp, log
from typing import Final

TODAY: Final = 100  # the scale of the judgements: sales at today's calls
ENOUGH_POINTS: Final = 5  # one more than the curve has parameters
STARTS: Final = (0.7, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)  # of c: from one alone the search may end in a worse valley
ROUNDS: Final = 200
MORE: Final = 1.5  # the third judgement is for half as many calls again


@dataclass(frozen=True, slots=True)
class Curve:
    """`low + (high - low) x^c / (d + x^c)`, in percent of today's sales; x is calls ÷ today's calls."""

    low: float
    high: float
    c: float
    d: float

    def at(self, x: float) -> float:
        """Give the response at x (0 or more); never overflows, however steep the curve."""
        if x <= 0:
            return self.low
        if x <= 1:
            power = float(x**self.c)
            return self.low + (self.high - self.low) * power / (self.d + power)
        return self.low + (self.high - self.low) / (1 + self.d * float(x**-self.c))


@dataclass(frozen=True, slots=True)
class PowerCurve:
    """`scale · x^elasticity`, held constant beyond x = ceiling: where nobody gave a judgement."""

    elasticity: float
    ceiling: float
    scale: float = TODAY

    def at(self, x: float) -> float:
        """Give the response at x (0 or more)."""
        return self.scale * float(min(x, self.ceiling) ** self.elasticity) if x > 0 else 0.0


def rises(low: Decimal | None, today: Decimal, more: Decimal | None, high: Decimal | None) -> bool:
    """Say whether the answers that were given rise strictly, with today at 100; a blank one is passed over."""
    given = [answer for answer in (low, today, more, high) if answer is not None]
    return today == TODAY and all(one < other for one, other in pairwise(given))


def can_be_fitted(low: Decimal, today: Decimal, more: Decimal, high: Decimal) -> bool:
    """Say whether the answers lie on a curve with c > 0: `d (more - low) / (high - more) > 1`.

    low < today < high and more < high are taken for granted; then it comes to more > today.
    """
    return (high - today) * (more - low) > (today - low) * (high - more)


def fit_curve(low: Decimal, today: Decimal, more: Decimal, high: Decimal) -> Curve | None:
    """Fit the curve to four judgements: sales at no calls, today's, half as many again, no limit.

    None where the answers do not rise. Source: Marketing Engineering, TN02:
    `d = (high - today)/(today - low)`, `c = ln[d (more - low)/(high - more)] / ln 1.5`.
    """
    if not low < today < more < high:
        return None
    d = float((high - today) / (today - low))
    return Curve(float(low), float(high), log(d * float((more - low) / (high - more))) / log(MORE), d)


# ── least squares over five points or more ───────────────────────────────────────────────────────

Point = tuple[float, float]


@lru_cache(maxsize=4096)
def fit_points(points: tuple[Point, ...]) -> tuple[Curve, float] | None:
    """Fit the curve to points (calls ÷ today's, sales) by least squares; gives it with the sum of squared errors.

    At a given c and d the two levels follow exactly (they enter in a straight line), so only c and d are
    searched, from several starts. None with fewer than five points at different calls, or where no rising curve fits.
    """
    if len({x for x, _ in points}) < ENOUGH_POINTS or any(x < 0 for x, _ in points):
        return None
    above = sorted(x for x, _ in points if x > 0)
    middle = above[(len(above) - 1) // 2]
    found = [_descend(points, log(start), start * log(middle)) for start in STARTS]
    best = min((one for one in found if one is not None), key=lambda one: one[1], default=None)
    return best if best is not None and best[0].high > best[0].low >= 0 else None


def _levels(points: Sequence[Point], log_c: float, log_d: float) -> tuple[Curve, float] | None:
    """Give the best low and high at c and d, with the squared error; None where the points cannot tell them apart."""
    if abs(log_c) > 5 or abs(log_d) > 50:
        return None
    c, d = exp(log_c), exp(log_d)
    shape = Curve(0.0, 1.0, c, d)
    weights = [shape.at(x) for x, _ in points]
    n, mean_w, mean_y = len(points), sum(weights) / len(points), sum(y for _, y in points) / len(points)
    spread = sum((w - mean_w) ** 2 for w in weights)
    if spread < 1e-12 * n:
        return None
    rise = sum((w - mean_w) * (y - mean_y) for w, (_, y) in zip(weights, points, strict=True)) / spread
    low = mean_y - rise * mean_w
    curve = Curve(low, low + rise, c, d)
    return curve, sum((curve.at(x) - y) ** 2 for x, y in points)


def _descend(points: Sequence[Point], log_c: float, log_d: float) -> tuple[Curve, float] | None:
    """Search c and d by steps along and across the axes, halved where none helps."""
    best, step = _levels(points, log_c, log_d), 0.5
    for _ in range(ROUNDS):
        if best is None or step < 1e-9:
            break
        ways = [(a * step, b * step * 4) for a in (-1, 0, 1) for b in (-1, -0.25, 0, 0.25, 1) if a or b]
        tried = [(one, way) for way in ways if (one := _levels(points, log_c + way[0], log_d + way[1])) is not None]
        one, way = min(tried, key=lambda entry: entry[0][1], default=(best, (0.0, 0.0)))
        if one[1] < best[1]:
            best, log_c, log_d = one, log_c + way[0], log_d + way[1]
        else:
            step /= 2
    return best
