"""How fast calls are allocated over 10,000 accounts, and how near to the best: `python tests/bench/bench_allocate.py`.

The responses are drawn in the shape of an S, where taking the best next call each time goes wrong.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sheetsales.allocate import Option, allocate, allocate_by_hull, allocate_table

LEVELS = 25
TURNS = 7


def responses(n: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Give what 0 to 24 calls bring at each of n accounts, and the minutes of a call."""
    chance = np.random.default_rng(seed)
    sales = chance.lognormal(9, 1, n)[:, None]
    c, d = chance.uniform(1.2, 4.0, n)[:, None], chance.uniform(0.3, 2.0, n)[:, None]
    x = (np.arange(LEVELS) / chance.integers(2, 9, n)[:, None]) ** c
    low, high = chance.uniform(0, 0.8, n)[:, None], chance.uniform(1.1, 2.0, n)[:, None]
    return sales * (low + (high - low) * x / (d + x)), chance.integers(1, 9, n) * 15


def by_next_call(table: NDArray[np.float64], costs: NDArray[np.int64], room: int) -> float:
    """Give what the habit brings: always the call with the largest return per hour next."""
    import heapq

    steps = np.diff(table, axis=1) / costs[:, None]
    waiting = [(-float(steps[row, 0]), row, 0) for row in range(len(table))]
    heapq.heapify(waiting)
    value, left = float(table[:, 0].sum()), room
    while waiting:
        density, row, level = heapq.heappop(waiting)
        if costs[row] > left:
            continue
        left -= int(costs[row])
        value -= density * int(costs[row])
        if level + 1 < steps.shape[1]:
            heapq.heappush(waiting, (-float(steps[row, level + 1]), row, level + 1))
    return value


def median(work: Callable[[], object], turns: int = TURNS) -> float:
    """Give the median of some runs, in milliseconds."""
    times = []
    for _ in range(turns):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return sorted(times)[turns // 2] * 1000


def at_best(work: Callable[[], object], turns: int = 2 * TURNS) -> float:
    """Give the least processor time of some runs, in milliseconds: what it takes on a machine that does nothing else."""
    times = []
    for _ in range(turns):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times) * 1000


def options_of(table: NDArray[np.float64], costs: NDArray[np.int64]) -> list[Option]:
    """Give the rows of a table as accounts with ids."""
    return [Option(f"TA-{row:06}", int(costs[row]), 0, tuple(map(float, table[row]))) for row in range(len(table))]


def run(n: int = 10_000) -> dict[str, Any]:
    """Measure n accounts in about six calls each, and a rep's 40 exactly."""
    table, costs = responses(n, 1)
    room = int(costs.sum()) * 6
    options = options_of(table, costs)
    plan = allocate_by_hull(options, room)
    few = options_of(*responses(40, 2))
    hours = sum(option.cost for option in few) * 6
    exact = allocate(few, hours)
    assert exact is not None
    return {
        f"{n:,} accounts from a table ms": median(lambda: allocate_table(table, costs, room)),
        f"{n:,} accounts from Python values ms": median(lambda: allocate_by_hull(options, room)),
        f"{n:,} accounts from a table, processor time at best ms": at_best(lambda: allocate_table(table, costs, room)),
        f"{n:,} accounts from Python values, processor time at best ms": at_best(lambda: allocate_by_hull(options, room)),
        "limit: one sort of all levels ms": median(lambda: np.sort(table, axis=None)),
        "gap to the bound %": plan.gap * 100,
        "always the best next call, below the bound %": (1 - by_next_call(table, costs, room) / plan.bound) * 100,
        "40 accounts exactly ms": median(lambda: allocate(few, hours, (60, 120))),
        "40 accounts over the hull, below the exact %": (1 - allocate_by_hull(few, hours).value / exact.value) * 100,
    }


if __name__ == "__main__":
    json.dump(run(), sys.stdout, indent=1)
