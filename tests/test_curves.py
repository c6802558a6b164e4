"""Response curves: the published and the hand-computed numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsales.curves import Curve, PowerCurve, can_be_fitted, fit_curve, fit_points, rises


def fitted(low: int, today: int, more: int, high: int) -> Curve:
    curve = fit_curve(Decimal(low), Decimal(today), Decimal(more), Decimal(high))
    assert curve is not None
    return curve


def test_the_worked_example_comes_back() -> None:
    curve = fitted(40, 100, 120, 150)
    assert curve.d == pytest.approx(0.833333, abs=1e-6)
    assert curve.c == pytest.approx(1.969362, abs=1e-6)
    assert curve.at(0.5) == pytest.approx(65.8017, abs=1e-4)
    assert curve.at(2) == pytest.approx(130.6988, abs=1e-4)


def test_the_four_answers_lie_on_the_curve() -> None:
    curve = fitted(40, 100, 120, 150)
    assert [curve.at(x) for x in (0, 1, 1.5)] == pytest.approx([40, 100, 120])
    assert curve.at(1e12) == pytest.approx(150)


@pytest.mark.parametrize(
    ("answers", "calls", "sales", "d", "c", "expected"),
    [
        pytest.param(
            (40, 100, 120, 150),
            4,
            1000,
            0.8333,
            1.9694,
            [400, 479.83, 658.02, 845.62, 1000, 1115.68, 1200, 1261.52, 1306.99],
            id="Acme",
        ),
        pytest.param(
            (80, 100, 106, 120),
            6,
            1500,
            1.0,
            1.5267,
            [1200, 1236.54, 1294.47, 1354.59, 1410, 1458.51, 1500, 1535.14, 1564.84],
            id="Beta",
        ),
        pytest.param(
            (10, 100, 150, 220),
            2,
            600,
            1.3333,
            2.4190,
            [60, 214.97, 600, 900, 1068.56, 1160.13, 1212.27, 1243.78, 1263.88],
            id="Core",
        ),
    ],
)
def test_sales_at_none_to_eight_calls(
    answers: tuple[int, int, int, int], calls: int, sales: int, d: float, c: float, expected: list[float]
) -> None:
    curve = fitted(*answers)
    assert (curve.d, curve.c) == pytest.approx((d, c), abs=1e-4)
    assert [sales * curve.at(n / calls) / 100 for n in range(9)] == pytest.approx(expected, abs=0.006)


def test_the_default_curve_follows_the_elasticity_and_stays_flat_beyond_twice_the_calls() -> None:
    curve = PowerCurve(0.34, 2, scale=1)
    assert curve.at(0) == 0
    assert curve.at(0.5) == pytest.approx(0.7900, abs=1e-4)
    assert curve.at(2) == curve.at(9) == pytest.approx(1.2658, abs=1e-4)


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param((40, 100, 90, 150), id="less with more calls"),
        pytest.param((100, 100, 120, 150), id="nothing lost without calls"),
        pytest.param((40, 100, 120, 120), id="no limit is no more"),
        pytest.param((40, 100, 100, 150), id="no more with more calls"),
    ],
)
def test_answers_that_no_curve_meets_give_none(answers: tuple[int, int, int, int]) -> None:
    low, today, more, high = map(Decimal, answers)
    assert fit_curve(low, today, more, high) is None


def test_blank_answers_are_passed_over() -> None:
    assert rises(None, Decimal(100), None, None)
    assert rises(Decimal(40), Decimal(100), None, Decimal(150))
    assert not rises(None, Decimal(90), None, None)


ANSWER = st.decimals(min_value=0, max_value=10**6, places=3)


@pytest.mark.parametrize(("more", "fits"), [(Decimal("100.01"), True), (Decimal(100), False), (Decimal(60), False)])
def test_the_third_answer_is_high_enough_as_soon_as_it_passes_todays(more: Decimal, fits: bool) -> None:
    assert can_be_fitted(Decimal(40), Decimal(100), more, Decimal(150)) is fits


@given(ANSWER, ANSWER, ANSWER, st.floats(min_value=0, max_value=1e6))
def test_a_fitted_curve_never_leaves_its_limits(low: Decimal, more: Decimal, high: Decimal, x: float) -> None:
    curve = fit_curve(low, Decimal(100), more, high)
    if curve is None:
        assert not low < 100 < more < high
    else:
        assert float(low) - 1e-6 <= curve.at(x) <= float(high) + 1e-6


# ── five points or more ──────────────────────────────────────────────────────────────────────────

CRAWFORD = tuple((n / 4, float(sales)) for n, sales in enumerate((50, 53, 55, 75, 100, 120, 127, 132, 135)))


def test_nine_points_are_fitted_by_least_squares_to_8_43_and_112_925_at_115_per_cent() -> None:
    found = fit_points(CRAWFORD)
    assert found is not None
    curve, squares = found
    assert squares == pytest.approx(8.43, abs=0.005)
    assert curve.at(1.15) == pytest.approx(112.925, rel=1e-4)
    assert (curve.low, curve.high, curve.c, 100 * curve.d ** (1 / curve.c)) == pytest.approx(
        (51.09, 137.06, 4.515, 93.37), rel=1e-3
    )


def test_points_of_a_curve_give_the_curve_back() -> None:
    truth = Curve(40, 150, 1.969362, 0.833333)
    found = fit_points(tuple((x, truth.at(x)) for x in (0, 0.25, 0.5, 1, 1.5, 2, 3)))
    assert found is not None
    assert found[1] == pytest.approx(0, abs=1e-4)
    assert found[0].at(0.75) == pytest.approx(truth.at(0.75), rel=1e-3)


@pytest.mark.parametrize(
    "points",
    [
        pytest.param(CRAWFORD[:4], id="four points"),
        pytest.param(((1.0, 100.0),) * 9, id="one point nine times"),
        pytest.param(tuple((x, 150 - 10 * x) for x in (0.0, 0.5, 1.0, 1.5, 2.0)), id="sales that fall"),
        pytest.param(tuple((x, 100.0) for x in (0.0, 0.5, 1.0, 1.5, 2.0)), id="sales that stay"),
    ],
)
def test_points_that_no_rising_curve_goes_near_give_none(points: tuple[tuple[float, float], ...]) -> None:
    assert fit_points(points) is None
