"""Allocation: the worked cases and traps, exact against brute force, the large form against its bound."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsales.allocate import Allocation, Option, allocate, allocate_by_hull, allocate_exactly, allocate_table, least_cost

HOUR = 60


def option(record: str, hours: float, *values: float, low: int = 0) -> Option:
    return Option(record, round(hours * HOUR), low, values)


def solved(options: Sequence[Option], hours: float, extra: Sequence[float] = ()) -> Allocation:
    plan = allocate(options, round(hours * HOUR), [round(more * HOUR) for more in extra])
    assert plan is not None
    return plan


def everything(options: Sequence[Option], capacity: int) -> list[tuple[float, int, tuple[int, ...]]]:
    """Value, cost and calls of every plan that fits, by trying them all."""
    found = []
    for levels in product(*(range(len(one.values)) for one in options)):
        cost = sum(one.cost * (one.low + level) for one, level in zip(options, levels, strict=True))
        if cost <= capacity:
            value = sum(one.values[level] for one, level in zip(options, levels, strict=True))
            found.append((value, cost, tuple(one.low + level for one, level in zip(options, levels, strict=True))))
    return found


# ── worked cases ─────────────────────────────────────────────────────────────────────────────────

FOX = (option("A", 1, 0, 50, 80, 95, 100), option("B", 1, 0, 40, 60, 70, 75), option("C", 1, 0, 30, 35, 37, 38))
EQUAL = (option("A", 3, 0, 60), option("B", 2, 0, 50), option("C", 2, 0, 50))
LEAP = (option("S", 1, 0, 1, 10), option("C", 1, 0, 3, 5))
KNAPSACK = (option("A", 1, 0, 10), option("B", 5, 0, 45))
CASES = [
    pytest.param(FOX, 5, {"A": 2, "B": 2, "C": 1}, 170, id="concave returns of equal cost: Fox"),
    pytest.param(EQUAL, 4, {"A": 0, "B": 1, "C": 1}, 100, id="equal result"),
    pytest.param(LEAP, 2, {"S": 2, "C": 0}, 10, id="trap: a first call that brings little, a second that brings much"),
    pytest.param(KNAPSACK, 5, {"A": 0, "B": 1}, 45, id="trap: the better rate leaves no room for the larger return"),
]


@pytest.mark.parametrize(("options", "hours", "calls", "value"), CASES)
def test_the_worked_cases_are_solved_exactly(options: Sequence[Option], hours: int, calls: dict[str, int], value: int) -> None:
    plan = solved(options, hours)
    assert (plan.calls, plan.value, plan.bound, plan.gap) == (calls, value, value, 0)


@pytest.mark.parametrize(("options", "hours", "calls", "value"), CASES)
def test_the_bound_of_the_large_form_holds_in_the_worked_cases(
    options: Sequence[Option], hours: int, calls: dict[str, int], value: int
) -> None:
    plan = allocate_by_hull(sorted(options, key=lambda one: one.id), hours * HOUR)
    assert plan.value <= value <= plan.bound
    assert plan.cost <= hours * HOUR


def test_the_large_form_sees_a_leap_as_a_whole() -> None:
    assert allocate_by_hull(sorted(LEAP, key=lambda one: one.id), 2 * HOUR).calls == {"C": 0, "S": 2}


def test_a_flat_optimum_is_found_and_lies_little_above_an_even_split() -> None:
    three, four = ([factor * sqrt(n) for n in range(26)] for factor in (3, 4))
    plan = solved([option("A", 1, *three), option("B", 1, *four)], 25)
    assert (plan.calls, plan.value) == ({"A": 9, "B": 16}, pytest.approx(25))
    even = 7 * sqrt(12.5)
    assert even == pytest.approx(24.7487, abs=1e-4)
    assert 1 - even / plan.value == pytest.approx(0.01005, abs=1e-5)


ACME = (400, 479.83, 658.02, 845.62, 1000, 1115.68, 1200, 1261.52, 1306.99)
BETA = (1200, 1236.54, 1294.47, 1354.59, 1410, 1458.51, 1500, 1535.14, 1564.84)
CORE = (60, 214.97, 600, 900, 1068.56, 1160.13, 1212.27, 1243.78, 1263.88)


def three(acme: int, beta: int, core: int) -> list[Option]:
    return [
        option("Acme", 1.5, *ACME[acme:], low=acme),
        option("Beta", 1, *BETA[beta:], low=beta),
        option("Core", 2, *CORE[core:], low=core),
    ]


def test_the_full_example_without_minimums_drops_one_account() -> None:
    plan = solved(three(0, 0, 0), 16)
    assert plan.calls == {"Acme": 5, "Beta": 0, "Core": 4}
    assert (plan.value, plan.cost) == (pytest.approx(3384.24), 15.5 * HOUR)
    assert plan.value / 3100 - 1 == pytest.approx(0.0917, abs=5e-5)


def test_the_full_example_with_minimums_and_what_further_hours_are_worth() -> None:
    plan = solved(three(2, 2, 1), 16, (1, 2))
    assert plan.calls == {"Acme": 4, "Beta": 2, "Core": 4}
    assert (plan.value, plan.cost) == (pytest.approx(3363.03), 16 * HOUR)
    assert plan.value / 3100 - 1 == pytest.approx(0.08485, abs=5e-6)
    assert plan.more == pytest.approx((60.12, 115.68))  # of the rounded table; 60.11 unrounded
    assert solved(three(2, 2, 1), 17).calls == {"Acme": 4, "Beta": 3, "Core": 4}
    assert (solved(three(2, 2, 1), 18).calls, solved(three(2, 2, 1), 18).cost) == ({"Acme": 5, "Beta": 2, "Core": 4}, 17.5 * HOUR)


def test_only_one_plan_with_minimums_lies_within_one_per_cent_of_the_best() -> None:
    plans = everything(three(2, 2, 1), 16 * HOUR)
    best = max(plans)[0]
    assert sum(value >= best * 0.99 for value, _, _ in plans) == 1


# ── the edges ────────────────────────────────────────────────────────────────────────────────────


def test_minimums_that_do_not_fit_give_no_plan() -> None:
    assert allocate(three(2, 2, 1), 7 * HOUR - 1) is None
    exactly = allocate(three(2, 2, 1), 7 * HOUR)
    assert exactly is not None
    assert exactly.calls == {"Acme": 2, "Beta": 2, "Core": 1}


@pytest.mark.parametrize("solve", [allocate_exactly, allocate_by_hull])
def test_nothing_to_divide_is_a_plan_of_nothing(solve: object) -> None:
    assert solve([], 60, (60,)) == Allocation({}, 0.0, 0, 0.0, (0.0,))  # type: ignore[operator]


def test_equal_plans_go_to_fewer_hours_then_to_the_smaller_id() -> None:
    assert solved([option("B", 1, 0, 5), option("A", 1, 0, 5)], 1).calls == {"A": 1, "B": 0}
    assert solved([option("A", 2, 0, 5), option("B", 1, 0, 5)], 2).calls == {"A": 0, "B": 1}
    assert solved([option("A", 1, 0, 5, 5, 5)], 3).calls == {"A": 1}


def test_calls_that_take_from_the_return_are_not_made() -> None:
    for solve in (allocate_exactly, allocate_by_hull):
        assert solve([option("A", 1, 10, 8, 9), option("B", 1, 3, 2)], 600).calls == {"A": 0, "B": 0}


# ── properties ───────────────────────────────────────────────────────────────────────────────────

SMALL = st.lists(
    st.tuples(st.integers(1, 6), st.integers(0, 2), st.lists(st.integers(0, 60), min_size=1, max_size=5)), min_size=1, max_size=4
).map(
    lambda rows: [
        Option(f"TA-{n}", 15 * quarters, low, tuple(map(float, values))) for n, (quarters, low, values) in enumerate(rows)
    ]
)


@settings(max_examples=200, deadline=None)
@given(options=SMALL, slots=st.integers(0, 60), extra=st.integers(0, 20))
def test_the_exact_form_equals_trying_every_plan(options: list[Option], slots: int, extra: int) -> None:
    plan = allocate(options, 15 * slots, (15 * extra,))
    plans = everything(options, 15 * slots)
    assert (plan is None) == (not plans)
    if plan is None:
        return
    best = max(plans)[0]
    fewest = min(cost for value, cost, _ in plans if value == best)
    first = max(calls for value, cost, calls in plans if (value, cost) == (best, fewest))
    assert (plan.value, plan.cost, tuple(plan.calls.values())) == (best, fewest, first)
    assert plan.more == (max(everything(options, 15 * (slots + extra)))[0] - best,)
    assert plan == allocate(options[::-1], 15 * slots, (15 * extra,))


@settings(max_examples=200, deadline=None)
@given(options=SMALL, slots=st.integers(0, 60))
def test_the_large_form_keeps_to_the_time_and_its_bound_holds(options: list[Option], slots: int) -> None:
    room = 15 * slots - least_cost(options)
    if room < 0:
        return
    exact, large = allocate_exactly(options, room), allocate_by_hull(options, room, (60,))
    assert large.cost <= 15 * slots
    assert large.value <= exact.value <= large.bound + 1e-9
    assert large.more[0] >= 0
    assert large.cost == sum(one.cost * large.calls[one.id] for one in options)
    assert large.value == pytest.approx(sum(one.values[large.calls[one.id] - one.low] for one in options))


def s_shaped(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw what 0 to 24 calls bring at each of n accounts, and the minutes of a call."""
    chance = np.random.default_rng(seed)
    c, d = chance.uniform(1.01, 5, n)[:, None], chance.uniform(0.2, 3, n)[:, None]
    x = (np.arange(25) / chance.integers(1, 10, n)[:, None]) ** c
    return chance.lognormal(9, 1, n)[:, None] * (x / (d + x)), chance.integers(1, 9, n) * 15


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), calls=st.floats(0.5, 20))
def test_ten_thousand_accounts_are_planned_within_a_hundredth_of_a_per_cent(seed: int, calls: float) -> None:
    table, costs = s_shaped(10_000, seed)
    room = int(costs.sum() * calls)
    levels, bound, price = allocate_table(table, costs, room)
    value = float(table[np.arange(len(table)), levels].sum())
    assert int(levels @ costs) <= room
    assert bound * (1 - 1e-4) <= value <= bound * (1 + 1e-12)
    assert price >= 0


def test_the_bound_of_the_large_form_is_not_below_the_exact_plan_of_a_real_size() -> None:
    table, costs = s_shaped(60, 5)
    options = [Option(f"TA-{n:03}", int(costs[n]), 0, tuple(map(float, table[n]))) for n in range(60)]
    room = int(costs.sum()) * 4
    exact, large = allocate_exactly(options, room), allocate_by_hull(options, room)
    assert large.value <= exact.value + 1e-6 <= large.bound + 2e-6
    assert large.gap < 0.01
