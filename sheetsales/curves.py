"""Response curves: which sales to expect from an account at how many calls.

The curve is ADBUDG (Little 1970), fitted to four judgements on the scale today = 100. Responses are
estimates, so they are floats; amounts of money never pass through here on their way to the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import log
from typing import Final

TODAY: Final = 100  # the scale of the judgements: sales at today's calls
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
