"""How fast a forecast of 500 deals becomes a distribution, beside drawing it: `python tests/bench/bench_forecast.py`.

The drawing is as precise as ours: so many turns that its error of the chance to reach a quota is as large.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from math import sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sheetsales import forecast
from sheetsales.forecast import Deal, distribution

CORRELATION = 0.1
TURNS = 9
PARTS = (0.3, 0.4, 0.45, 0.5, 0.55, 0.6)  # of the whole amount, as quotas
FINEST = 2**18  # buckets of the distribution that both are held against
LIMIT_MS = 50


def pipeline(n: int, seed: int) -> list[Deal]:
    """Give n deals of any cents, each with a chance of its own."""
    chance = np.random.default_rng(seed)
    amounts = (chance.lognormal(10, 1, n) * 100).astype(int).tolist()
    return list(zip(amounts, chance.uniform(0.05, 0.95, n).tolist(), strict=True))


def drawn(deals: list[Deal], turns: int, seed: int) -> NDArray[np.float64]:
    """Draw the sum of deals with a common shock so many times."""
    amounts = np.array([amount for amount, _ in deals], float)
    limits = np.array([NormalDist().inv_cdf(p) for _, p in deals])
    chance = np.random.default_rng(seed)
    sums = np.empty(turns)
    for first in range(0, turns, 10_000):
        count = min(10_000, turns - first)
        shock = chance.standard_normal((count, 1), np.float32)
        own = chance.standard_normal((count, len(deals)), np.float32)
        sums[first : first + count] = (sqrt(CORRELATION) * shock + sqrt(1 - CORRELATION) * own <= limits) @ amounts
    return sums


def median(work: Callable[[], object], turns: int = TURNS) -> float:
    """Give the median of some runs, in milliseconds."""
    times = []
    for _ in range(turns):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return sorted(times)[turns // 2] * 1000


def finest(deals: list[Deal]) -> list[float]:
    """Give the chances to reach the quotas from a far finer grid."""
    usual, forecast.BUCKETS = forecast.BUCKETS, FINEST  # type: ignore[misc]
    try:
        found = distribution(deals, CORRELATION)
    finally:
        forecast.BUCKETS = usual  # type: ignore[misc]
    whole = sum(amount for amount, _ in deals)
    return [found.at_least(int(part * whole)) for part in PARTS]


def run(n: int = 500) -> dict[str, Any]:
    """Measure n deals; the error is the largest over the quotas, in points of a per cent."""
    deals = pipeline(n, 1)
    whole = sum(amount for amount, _ in deals)
    true = finest(deals)
    ours = distribution(deals, CORRELATION)
    error = max(abs(ours.at_least(int(part * whole)) - chance) for part, chance in zip(PARTS, true, strict=True))
    turns = min(int(0.25 / max(error, 1e-4) ** 2), 1_000_000)
    few = 20_000
    few_ms = median(lambda: drawn(deals, few, 2), 3)
    return {
        f"{n} deals, common shock ms": median(lambda: distribution(deals, CORRELATION)),
        f"{n} deals, independent ms": median(lambda: distribution(deals)),
        "limit ms": LIMIT_MS,
        "error of a chance, points of a per cent": error * 100,
        "turns of a drawing with that error": turns,
        f"drawing {few:,} turns with numpy ms": few_ms,
        "drawing as precisely, ms (by its turns)": few_ms * turns / few,
        "states x waves of one plain sum ms": median(lambda: np.exp(1j * np.ones((29, 4097))).sum()),
    }


if __name__ == "__main__":
    json.dump(run(), sys.stdout, indent=1)
