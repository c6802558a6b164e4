"""Coverage, the gap turned into inputs: the worked numbers and their edges."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sheetsales.coverage import (
    coverage,
    inputs_of,
    needed_coverage,
    opportunities_for,
    opportunities_to_be_comfortable,
    shortfall,
    velocity,
)
from sheetsales.forecast import distribution

D = Decimal


def test_open_150_against_quota_100_with_40_closed_is_2_5_times() -> None:
    assert coverage(D(150), D(100), D(40)) == D("2.5")


def test_a_reached_quota_has_no_coverage_instead_of_a_division_by_zero() -> None:
    assert coverage(D(150), D(100), D(100)) is None
    assert coverage(D(150), D(100), D(140)) is None
    assert shortfall(D(0), D(100), D(100), D("0.25")) == 0


def test_a_win_rate_of_a_quarter_needs_4_times_and_240_are_required_so_90_are_short() -> None:
    assert needed_coverage(D("0.25")) == 4
    assert shortfall(D(150), D(100), D(40), D("0.25")) == 90
    assert needed_coverage(D(0)) is None
    assert needed_coverage(None) is None


def test_a_gap_of_250k_at_a_win_rate_of_25_per_cent_and_50k_size_is_20_new_opportunities_of_1000k() -> None:
    assert opportunities_for(D(250_000), D("0.25"), D(50_000)) == 20
    assert inputs_of(20, D(50_000)).pipeline == D(1_000_000)


@pytest.mark.parametrize(
    ("gap", "rate", "size", "expected"),
    [
        pytest.param("0", "0.25", "50", 0, id="no gap"),
        pytest.param("-5", "0.25", "50", 0, id="more than enough"),
        pytest.param("1", "0", "50", None, id="nothing is won"),
        pytest.param("1", "0.25", "0", None, id="deals are worth nothing"),
        pytest.param("250000.01", "0.25", "50000", 21, id="a cent more needs one more"),
    ],
)
def test_new_opportunities_are_rounded_up_and_never_divided_by_zero(gap: str, rate: str, size: str, expected: int | None) -> None:
    assert opportunities_for(D(gap), D(rate), D(size)) == expected


def test_velocity_of_40_deals_at_a_quarter_of_20000_in_80_days_is_2500_a_day() -> None:
    assert velocity(40, D("0.25"), D(20_000), 80) == D("2500.00")
    assert velocity(40, D("0.25"), D(20_000), 0) is None


def test_opportunities_become_leads_proposals_and_calls_by_the_rates() -> None:
    found = inputs_of(
        20, D(50_000), lead_to_opportunity=D("0.3"), opportunity_to_proposal=D("0.6"), calls_per_opportunity=D("5.5")
    )
    assert (found.leads, found.proposals, found.calls) == (67, 12, 110)
    assert inputs_of(20, D(1), lead_to_opportunity=D(0)).leads is None


@pytest.mark.parametrize("correlation", [0.0, 0.1])
def test_comfortable_is_the_fewest_new_opportunities_with_which_the_chance_is_high_enough(correlation: float) -> None:
    deals = [(10_000, 0.5), (20_000, 0.3)]
    n = opportunities_to_be_comfortable(deals, 50_000, 0.25, 10_000, wanted=0.8, correlation=correlation)
    assert n is not None
    enough, too_few = ([*deals, *[(10_000, 0.25)] * count] for count in (n, n - 1))
    assert distribution(enough, correlation).at_least(50_000) >= 0.8 > distribution(too_few, correlation).at_least(50_000)


def test_comfortable_says_none_needed_and_out_of_reach() -> None:
    assert opportunities_to_be_comfortable([(100, 1.0)], 100, 0.25, 100, wanted=0.8, correlation=0.1) == 0
    assert opportunities_to_be_comfortable([], 100, 0.0, 100, wanted=0.8, correlation=0.1) is None
    assert opportunities_to_be_comfortable([], 10**9, 0.25, 100, wanted=0.8, correlation=0.1) is None
