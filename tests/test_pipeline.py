"""The pipeline in figures: states, streaks, rates, periods."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from sheetsales.periods import days_of_code, monday, period_around
from sheetsales.pipeline import rate_between, state_of, streak
from sheetsales.process import Row


@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        pytest.param(None, 12, id="12 of 12"),
        pytest.param(9, 3, id="a miss in month 9"),
        pytest.param(12, 0, id="a miss in the last month"),
    ],
)
def test_the_streak_counts_back_from_the_last_period(missed: int | None, expected: int) -> None:
    booked = [Decimal(99 if month == missed else 100) for month in range(1, 13)]
    assert streak(booked, [Decimal(100)] * 12) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"outcome": "Won"}, "Won"),
        ({"stage": "lost "}, "Lost"),
        ({"stage": "Qualify"}, "Open"),
        ({}, "Open"),
    ],
)
def test_a_deal_is_open_unless_its_outcome_or_stage_says_otherwise(row: Row, expected: str) -> None:
    assert state_of(row) == expected


def test_a_rate_counts_only_with_its_date() -> None:
    rates = [
        {"ccy": "USD", "to_ccy": "EUR", "rate": Decimal("0.9"), "as_of": None},
        {"ccy": "gbp", "to_ccy": "EUR", "rate": Decimal("1.1"), "as_of": date(2026, 1, 1)},
    ]
    assert rate_between("GBP", "eur", rates)
    assert not rate_between("USD", "EUR", rates)
    assert not rate_between("EUR", "GBP", rates)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("2026", (date(2026, 1, 1), date(2026, 12, 31))),
        ("2026-Q1", (date(2026, 1, 1), date(2026, 3, 31))),
        (" 2024-02 ", (date(2024, 2, 1), date(2024, 2, 29))),
        ("2026-13", None),
        ("2026-Q5", None),
        ("0000", None),
        ("", None),
    ],
)
def test_a_code_says_its_days(code: str, expected: tuple[date, date] | None) -> None:
    assert days_of_code(code) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (4, (date(2026, 4, 1), date(2026, 6, 30))),
        (12, (date(2026, 5, 1), date(2026, 5, 31))),
        (1, (date(2026, 1, 1), date(2026, 12, 31))),
    ],
)
def test_the_period_around_a_day(parts: int, expected: tuple[date, date]) -> None:
    assert period_around(date(2026, 5, 13), parts) == expected


def test_weeks_begin_on_monday_even_at_the_beginning_of_time() -> None:
    assert monday(date(2026, 5, 13)) == monday(date(2026, 5, 17)) == date(2026, 5, 11)
    assert monday(date.min) == date.min
