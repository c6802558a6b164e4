"""Books that count their days from 1904, as old ones from a Mac do: seen from outside they count like all others."""

from __future__ import annotations

from datetime import date
from typing import Any, Sequence, Tuple  # noqa: UP035  # this one is evaluated, also by Python 3.8

from .desk import Desk

ZERO_DAY = date(1899, 12, 30)  # day 0 of every other book

Rect = Tuple[int, int, int, int]  # noqa: UP006


def days_behind(desk: Desk, handle: int) -> int:
    """Give how many days later than others the book of a sheet begins to count."""
    uid, document = desk.owner(handle)
    if uid not in desk.first_days:
        null = document.NullDate
        desk.first_days[uid] = date(null.Year, null.Month, null.Day).toordinal() - ZERO_DAY.toordinal()
    return desk.first_days[uid]


def with_days_moved(rows: Sequence[Any], areas: Sequence[Rect], days: int) -> list[Any]:
    """Give rows with the day numbers in some areas moved; times of day alone stay."""
    if not days:
        return list(rows)
    lines = [list(row) for row in rows]
    for top, left, bottom, right in areas:
        for line in lines[top - 1 : bottom]:
            for column in range(left - 1, right):
                if type(line[column]) is float and abs(line[column]) >= 1:
                    line[column] += days
    return lines
