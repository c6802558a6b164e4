"""Weeks and periods: the Monday of a week, the days of a code such as 2026-Q1, the period a day lies in."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Final

_CODE: Final = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")
MONTHS: Final = 12
PERIODS_A_YEAR: Final = (1, 2, 3, 4, 6, 12)  # a year divides evenly into so many periods of whole months


def monday(day: date) -> date:
    """Give the Monday of the week in which the day lies."""
    return day - timedelta(days=day.weekday()) if day >= date(1, 1, 8) else date.min


def period_around(day: date, periods_a_year: int) -> tuple[date, date]:
    """Give first and last day of the calendar period in which the day lies; 4 periods a year are quarters."""
    length = max(1, MONTHS // max(1, periods_a_year))
    first = (day.month - 1) // length * length + 1
    last = min(first + length - 1, MONTHS)
    return date(day.year, first, 1), date(day.year, last, monthrange(day.year, last)[1])


def days_of_code(code: str) -> tuple[date, date] | None:
    """Give first and last day of `2026`, `2026-Q1` or `2026-01`; None for any other text."""
    match = _CODE.fullmatch(code.strip())
    if match is None or match[1] == "0000":
        return None
    year, quarter, month = int(match[1]), match[2], match[3]
    first = 3 * int(quarter) - 2 if quarter else int(month) if month else 1
    last = 3 * int(quarter) if quarter else int(month) if month else MONTHS
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])
