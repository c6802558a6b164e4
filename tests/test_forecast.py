"""The forecast: the worked distributions, the tails, coverage."""

from __future__ import annotations

from decimal import Decimal
from math import asin, pi

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsales.forecast import BUCKETS, Deal, distribution, expected, shock, spread

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


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.floats(0, 1)), max_size=40))
def test_chances_add_up_to_one_and_fall_with_the_target(deals: list[Deal]) -> None:
    found = distribution(deals)
    assert sum(found.chances.values()) == pytest.approx(1)
    assert found.at_least(0) == pytest.approx(1)
    assert found.at_least(10) >= found.at_least(1000)


def test_no_deals_bring_nothing() -> None:
    assert distribution([]).chances == {0: 1.0}


# ── deals that hang together ─────────────────────────────────────────────────────────────────────

MANY: list[Deal] = [(137 * (n % 29 + 3), (n * 7 % 19 + 1) / 21) for n in range(60)]


@pytest.mark.parametrize("deals", [whole(SECOND), MANY[:15], MANY], ids=["by hand", "arrays", "spectrum"])
def test_a_common_shock_keeps_the_expected_value_and_widens_the_range(deals: list[Deal]) -> None:
    apart, together = distribution(deals), distribution(deals, 0.2)
    means = [sum(total * chance for total, chance in found.chances.items()) for found in (apart, together)]
    assert means[1] == pytest.approx(sum(amount * p for amount, p in deals), rel=1e-4)
    assert means[0] == pytest.approx(means[1], rel=1e-4)
    assert together.quantile(0.9) - together.quantile(0.1) >= apart.quantile(0.9) - apart.quantile(0.1)
    deviation = sum((total - means[1]) ** 2 * chance for total, chance in together.chances.items()) ** 0.5
    pairs = [(Decimal(amount), Decimal(p)) for amount, p in deals]
    assert deviation == pytest.approx(spread(pairs, 0.2), rel=1e-3)
    assert deviation > spread(pairs)


def test_two_even_deals_with_a_common_shock_are_both_lost_as_the_normal_orthant_says() -> None:
    found = distribution([(1, 0.5), (1, 0.5)], 0.3)
    assert found.chances[0] == pytest.approx(0.25 + asin(0.3) / (2 * pi), abs=1e-5)


def test_the_states_of_the_shock_give_every_deal_its_own_chance_back() -> None:
    odds = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.0, 1.0]
    weights, rows = shock(odds, 0.4)
    assert sum(weights) == pytest.approx(1)
    for p, row in zip(odds, rows, strict=True):
        assert sum(weight * chance for weight, chance in zip(weights, row, strict=True)) == pytest.approx(p, abs=5e-5)


def test_sums_through_the_spectrum_are_the_exact_sums_where_the_amounts_have_a_common_part() -> None:
    deals = [(25_000 * (n % 7 + 1), (n % 9 + 1) / 10) for n in range(24)]
    sums = {0: 1.0}
    for amount, p in deals:
        sums = {t: sums.get(t, 0.0) * (1 - p) + sums.get(t - amount, 0.0) * p for t in {*sums, *(t + amount for t in sums)}}
    found = distribution(deals).chances
    assert all(total % 25_000 == 0 for total in found)
    for total, chance in sums.items():
        assert found.get(total, 0.0) == pytest.approx(chance, abs=1e-9)


def test_what_is_certain_is_added_to_the_cent_also_beside_many_deals_in_buckets() -> None:
    unsure = [(1_234_567 + 7_919 * n * n, 0.5) for n in range(30)]
    apart = distribution(unsure, 0.1)
    beside = distribution([*unsure, (99_999_901, 1.0)], 0.1)
    assert beside.chances == {99_999_901 + total: chance for total, chance in apart.chances.items()}


def test_amounts_of_any_cents_in_buckets_stay_within_a_tenth_of_a_per_cent_of_the_exact_chance() -> None:
    deals = [(1_234_567 + 7_919 * n * n, 0.15 + 0.04 * n) for n in range(16)]
    exact = distribution(deals, 0.1)
    assert sum(amount for amount, _ in deals) > BUCKETS
    more = distribution([*deals, *[(1, 1e-9)] * 5], 0.1)
    for part in (0.2, 0.35, 0.5, 0.65, 0.8):
        target = int(part * sum(amount for amount, _ in deals))
        assert more.at_least(target) == pytest.approx(exact.at_least(target), abs=0.001)


def test_the_bands_of_a_range_add_up_to_what_lies_between_their_ends() -> None:
    found = distribution(whole(SECOND))
    bands = found.bands([0, 100, 200, 300, 500])
    assert bands == pytest.approx([0.068, 0.372, 0.377, 0.183], abs=0.0005)
