"""The forecast: the worked distributions, the tails, coverage."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsales.forecast import Deal, coverage, distribution, expected, needed_coverage, spread

D = Decimal
FIRST = [(D(100), D("0.5")), (D(100), D("0.5")), (D(100), D(1))]
SECOND = [(D(120), D("0.9")), (D(80), D("0.5")), (D(60), D("0.3")), (D(200), D("0.2"))]
CHANCES = {
    0: 0.028, 60: 0.012, 80: 0.028, 120: 0.252, 140: 0.012, 180: 0.108, 200: 0.259,
    260: 0.111, 280: 0.007, 320: 0.063, 340: 0.003, 380: 0.027, 400: 0.063, 460: 0.027,
}  # fmt: skip


def whole(deals: list[tuple[Decimal, Decimal]]) -> list[Deal]:
    return [(int(amount), float(p)) for amount, p in deals]


@pytest.mark.parametrize(("deals", "mean", "deviation"), [(FIRST, D(200), 70.7107), (SECOND, D(206), 100.26)])
def test_expected_value_and_spread(deals: list[tuple[Decimal, Decimal]], mean: Decimal, deviation: float) -> None:
    assert expected(deals) == mean
    assert spread(deals) == pytest.approx(deviation, abs=0.005)


def test_the_first_distribution_and_its_tails() -> None:
    found = distribution(whole(FIRST))
    assert found.chances == pytest.approx({100: 0.25, 200: 0.5, 300: 0.25})
    assert (found.at_least(200), found.at_least(300)) == pytest.approx((0.75, 0.25))


def test_the_second_distribution_in_full() -> None:
    found = distribution(whole(SECOND))
    assert found.chances == pytest.approx(CHANCES, abs=0.0005)
    assert found.at_least(200) == pytest.approx(0.56, abs=0.0005)
    assert (found.quantile(0.1), found.quantile(0.9)) == (120, 380)


def test_many_deals_in_buckets_stay_close_to_the_exact_chance() -> None:
    twins = distribution([(1000 * n, 0.5) for n in range(1, 21)])
    more = distribution([(1000 * n, 0.5) for n in range(1, 21)] + [(10, 1.0)])
    for target in (0, 50_000, 105_000, 150_000, 210_000):
        assert more.at_least(target) == pytest.approx(twins.at_least(target), abs=0.01)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.floats(0, 1)), max_size=40))
def test_chances_add_up_to_one_and_fall_with_the_target(deals: list[Deal]) -> None:
    found = distribution(deals)
    assert sum(found.chances.values()) == pytest.approx(1)
    assert found.at_least(0) == pytest.approx(1)
    assert found.at_least(10) >= found.at_least(1000)


def test_no_deals_bring_nothing() -> None:
    assert distribution([]).chances == {0: 1.0}


def test_coverage_and_what_is_needed() -> None:
    assert coverage(D(150), D(100), D(40)) == D("2.5")
    assert coverage(D(150), D(100), D(100)) is None
    assert needed_coverage(D(25), D(75)) == 4
    assert needed_coverage(D(0), D(75)) is None
