"""Allocation: which number of calls for each account brings the most within the time there is.

Sources: Lodish 1971 (CALLPLAN) for the problem; dynamic programming over slots of time for an exact
answer; for thousands of accounts greedy over the upper concave hull, whose linear relaxation bounds
what any plan could bring. Expected returns are estimates, so they are floats; where they are whole
numbers up to 2^53 they add up without rounding, and a tie is a tie on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Numbers = NDArray[np.int64] | NDArray[Any]

EXACT_WORK: Final = 50_000_000  # levels × slots; about a quarter of a second, and more than a rep's territory needs
TRIED: Final = 1_000  # segments after the first that does not fit which are tried in what time is left
ROWS_AT_ONCE: Final = 500  # rows whose hull is drawn at once: what fits in a processor's cache


@dataclass(frozen=True, slots=True)
class Option:
    """One account: what `low`, `low + 1`, ... calls bring. cost: minutes of one call, 1 or more."""

    id: str
    cost: int
    low: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Allocation:
    """A plan: calls by id, what they bring and cost in minutes.

    bound: no plan within the time brings more; the value itself where the plan is exact.
    more: what each amount of extra time that was asked about would be worth.
    """

    calls: Mapping[str, int]
    value: float
    cost: int
    bound: float
    more: tuple[float, ...] = ()

    @property
    def gap(self) -> float:
        """Give how far the plan may lie below the best, as a share of the bound; 0 for an exact plan."""
        return max(0.0, (self.bound - self.value) / abs(self.bound)) if self.bound else 0.0


def least_cost(options: Sequence[Option]) -> int:
    """Give the minutes that the least calls of all accounts take."""
    return sum(option.cost * option.low for option in options)


def allocate(options: Sequence[Option], capacity: int, extra: Sequence[int] = ()) -> Allocation | None:
    """Give the best plan within `capacity` minutes; None where the least calls alone do not fit.

    extra: further minutes, each of which is valued by itself. Exact wherever that takes less than
    EXACT_WORK, else within the gap that the plan states. Among equal plans the one of fewest minutes,
    then the one with most calls for the smallest id.
    """
    in_order = sorted(options, key=lambda option: option.id)
    room = capacity - least_cost(in_order)
    if room < 0:
        return None
    slots = max(room + more for more in (0, *extra)) // _unit(in_order)
    levels = sum(len(option.values) for option in in_order)
    solve = allocate_exactly if levels * min(slots, _all_slots(in_order)) <= EXACT_WORK else allocate_by_hull
    return solve(in_order, room, extra)


# ── exact: dynamic programming over slots ────────────────────────────────────────────────────────


def allocate_exactly(options: Sequence[Option], room: int, extra: Sequence[int] = ()) -> Allocation:
    """Give the plan that brings the most; options stand by id, `room` is what the least calls leave."""
    import numpy as np

    unit = _unit(options)
    slots = [(room + more) // unit for more in (0, *extra)]
    size = min(max(slots), _all_slots(options)) + 1
    best = np.full(size, -np.inf)
    best[0] = 0.0
    choices: list[Numbers] = []
    for option in reversed(options):
        best, choice = _with_option(best, option, option.cost // unit)
        choices.append(choice)
    reached = [float(best[: slot + 1].max()) for slot in slots]
    slot = int(best[: slots[0] + 1].argmax())
    cost = least_cost(options) + slot * unit
    calls: dict[str, int] = {}
    for option, choice in zip(options, reversed(choices), strict=True):
        n = int(choice[slot])
        calls[option.id] = option.low + n
        slot -= n * (option.cost // unit)
    return Allocation(calls, reached[0], cost, reached[0], tuple(value - reached[0] for value in reached[1:]))


def _with_option(best: Floats, option: Option, step: int) -> tuple[Floats, Numbers]:
    """Add an account to what each number of slots, used in full, brings; gives also the calls chosen for it."""
    import numpy as np

    size = len(best)
    now = best + option.values[0]
    choice = np.zeros(size, dtype=np.int32)
    highest = option.values[0]
    reach = min(len(option.values) - 1, (size - 1) // step) if step else 0  # no step: a single number of calls
    for n in range(1, reach + 1):
        if option.values[n] <= highest:
            continue  # fewer calls bring as much in less time
        highest = option.values[n]
        with_n = best[: size - n * step] + highest
        better = with_n >= now[n * step :]
        np.copyto(now[n * step :], with_n, where=better)
        np.copyto(choice[n * step :], n, where=better)
    return now, choice


def _unit(options: Sequence[Option]) -> int:
    return gcd(*(option.cost for option in options if len(option.values) > 1)) or 1


def _all_slots(options: Sequence[Option]) -> int:
    return sum(option.cost * (len(option.values) - 1) for option in options) // _unit(options)


# ── large: greedy over the upper concave hull ────────────────────────────────────────────────────


def allocate_by_hull(options: Sequence[Option], room: int, extra: Sequence[int] = ()) -> Allocation:
    """Give a plan for many accounts, near the best by the gap it states; otherwise as `allocate_exactly`."""
    import numpy as np

    width = max((len(option.values) for option in options), default=1)
    table = np.array([option.values + option.values[-1:] * (width - len(option.values)) for option in options], dtype=np.float64)
    table = table.reshape(len(options), width)
    costs = np.array([option.cost for option in options], dtype=np.int64)
    levels, bound, price = allocate_table(table, costs, room)
    calls = {option.id: option.low + int(n) for option, n in zip(options, levels, strict=True)}
    value = float(table[np.arange(len(options)), levels].sum())
    cost = least_cost(options) + int(levels @ costs)
    return Allocation(calls, value, cost, max(bound, value), tuple(price * more for more in extra))


def allocate_table(table: Floats, costs: Numbers, room: int) -> tuple[Numbers, float, float]:
    """Give the level of each row, the bound, and the price of a minute where the time runs out.

    table: accounts x levels, what each level brings; level 0 costs nothing, each further one the row's
    costs. A row with fewer levels repeats its last value. Ties go to the earlier row. The bound is that
    of the linear relaxation: at any price, no plan brings more than its dearer segments and the rest sold.
    """
    import numpy as np

    rows, starts, ends = _hull(table)
    gains = table[rows, ends] - table[rows, starts]
    spent = (ends - starts) * costs[rows]
    density = gains / spent
    price = _price(density, spent, room)
    sure = density > price
    levels = np.bincount(rows[sure], (ends - starts)[sure], minlength=len(table)).astype(np.int64)
    left = room - int(spent[sure].sum())
    bound = float(table[:, 0].sum()) + float(gains[sure].sum()) + price * left
    later = _next(density, price)
    for one in later.tolist():
        if spent[one] <= left and starts[one] == levels[rows[one]]:
            levels[rows[one]] = ends[one]
            left -= int(spent[one])
    _spend_the_rest(table, costs, levels, left, np.unique(rows[later]))
    return levels, bound, price


def _hull(table: Floats) -> tuple[Numbers, Numbers, Numbers]:
    """Give the segments of the upper concave hull of each row: row, level where it starts, level where it ends."""
    import numpy as np

    parts = [_corners(table[first : first + ROWS_AT_ONCE]) for first in range(0, len(table), ROWS_AT_ONCE)]
    rows, ends = np.nonzero(np.concatenate(parts) if parts else np.zeros((0, 1), dtype=bool))
    starts = np.roll(ends, 1)
    starts[np.diff(rows, prepend=-1) != 0] = 0
    return rows, starts, ends


def _corners(table: Floats) -> NDArray[np.bool_]:
    """Say which levels are corners of the hull; level 0, where each hull starts, is not counted.

    A response in the shape of an S is one leap and then single calls: one round for all rows at once.
    """
    import numpy as np

    n, width = table.shape
    levels = np.arange(width)
    corner, at = np.zeros((n, width), dtype=bool), np.zeros(n, dtype=np.int64)
    steps = np.diff(table, axis=1)
    last_bend = ((steps[:, 1:] > steps[:, :-1]) * levels[1 : width - 1]).max(axis=1, initial=0)
    active = np.flatnonzero(last_bend)
    while active.size:
        ahead = levels - at[active, None]
        rise = table[active] - table[active, at[active], None]
        slope = np.where(ahead > 0, rise / np.maximum(ahead, 1), -np.inf)
        at[active] = slope.argmax(axis=1)
        corner[active, at[active]] = True
        active = active[at[active] < last_bend[active]]
    return corner | (levels > at[:, None])


def _price(density: Floats, spent: Numbers, room: int) -> float:
    """Give the return per minute of the best segment that does not fit any more; 0 where all that pay fit.

    Half of the segments is set aside in each turn, so that they need not be sorted.
    """
    import numpy as np

    paying = density > 0
    density, spent = density[paying], spent[paying]
    if spent.sum() <= room:
        return 0.0
    while True:
        middle = len(density) // 2
        pivot = np.partition(density, middle)[middle]
        above = density > pivot
        used = int(spent[above].sum())
        if used > room:
            density, spent = density[above], spent[above]
        elif used + int(spent[density == pivot].sum()) > room:
            return float(pivot)
        else:
            below = density < pivot
            room -= int(spent[~below].sum())
            density, spent = density[below], spent[below]


def _next(density: Floats, price: float) -> Numbers:
    """Give the segments to try in the time that is left, the best first."""
    import numpy as np

    later = np.flatnonzero((density <= price) & (density > 0))
    if len(later) > TRIED:
        least = np.partition(density[later], len(later) - TRIED)[len(later) - TRIED]
        later = later[density[later] >= least]
    return later[np.argsort(-density[later], kind="stable")]


def _spend_the_rest(table: Floats, costs: Numbers, levels: Numbers, left: int, near: Numbers) -> None:
    """Raise levels of the rows `near` in place by what still fits, also to points below the hull: the largest gain first."""
    import numpy as np

    while left > 0 and len(near := near[costs[near] <= left]):
        more = np.arange(table.shape[1]) - levels[near, None]
        gains = table[near] - table[near, levels[near], None]
        gains[(more <= 0) | (more * costs[near, None] > left)] = 0.0
        row, level = np.unravel_index(int(gains.argmax()), gains.shape)
        if gains[row, level] <= 0:
            return
        left -= int(costs[near[row]]) * int(more[row, level])
        levels[near[row]] = level
