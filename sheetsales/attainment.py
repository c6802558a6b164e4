"""Whether quotas were reached, how many periods in a row, how many due deals slipped, how true forecasts were: measures of rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sheetsales.periods import monday
from sheetsales.pipeline import ZERO, amount_of, booked, period_days, streak
from sheetsales.process import Figure, Row, Tables, share
from sheetsales.standing import setting
from sheetsales.values import day_of, fold, number_of, ratio

VARIES_BY: Final = 3  # days by which months, or quarters, differ in length


def _ids(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(str(row["id"]) for row in rows)


def _quotas(tables: Tables, start: date, end: date) -> list[tuple[Row, tuple[date, date]]]:
    """Quotas of periods within the days: the member's own; of everybody those of members, else those of teams."""
    rows = tables.where("quotas", "who", tables.me) if tables.me else list(tables.rows("quotas"))
    members = [row for row in rows if tables.person(row.get("who")) is not None]
    return [
        (row, days)
        for row in members or rows
        if (days := period_days(row.get("period"), tables)) is not None and start <= days[0] and days[1] <= end
    ]


def attainment(tables: Tables, start: date, end: date) -> Figure:
    """Give booked ÷ quota over the periods within the days."""
    rows = [row for row, _ in _quotas(tables, start, end)]
    done = sum((booked(row.get("who"), row.get("period"), tables) or ZERO for row in rows), ZERO)
    return Figure(ratio(done, sum((amount_of(row) for row in rows), ZERO)), len(rows), _ids(rows))


def quota_streak(tables: Tables, _start: date, end: date) -> Figure:
    """Give how many periods in a row, up to the last that ended by `end`, reached the quota; from `actuals` alone.

    Where quotas of months and of quarters stand side by side, the shorter periods are counted.
    """
    ended = [(row, days) for row, days in _quotas(tables, date.min, min(end, tables.today))]
    if not ended:
        return Figure(None, 0)
    shortest = min((days[1] - days[0]).days for _, days in ended)
    quota: dict[date, Decimal] = {}
    actual: dict[date, Decimal] = {}
    used = [(row, days) for row, days in ended if (days[1] - days[0]).days <= shortest + VARIES_BY]
    for row, days in sorted(used, key=lambda one: one[1]):
        quota[days[1]] = quota.get(days[1], ZERO) + amount_of(row)
        same = tables.same_key("periods", row.get("period"))
        mine = [
            one for one in tables.where("actuals", "who", row.get("who")) if tables.same_key("periods", one.get("period")) == same
        ]
        actual[days[1]] = actual.get(days[1], ZERO) + sum((number_of(one.get("booked")) or ZERO for one in mine), ZERO)
    return Figure(Decimal(streak(list(actual.values()), list(quota.values()))), len(quota), _ids(row for row, _ in used))


def _due(tables: Tables, start: date, end: date) -> tuple[list[Row], list[Row]]:
    """Deals first due within the days, and those of them whose close date was moved beyond."""
    due = [
        row
        for row in tables.rows("opportunities")
        if (day := day_of(row.get("first_close_date"))) is not None and start <= day <= end
    ]
    return due, [row for row in due if (day := day_of(row.get("close_date"))) is not None and day > end]


def slip_rate(tables: Tables, start: date, end: date) -> Figure:
    """Give pushed ÷ due: of the deals first due from start to end, those moved beyond."""
    due, pushed = _due(tables, start, end)
    return share(pushed, due)


def slip_rate_by_value(tables: Tables, start: date, end: date) -> Figure:
    """Give the amount pushed ÷ the amount due."""
    due, pushed = _due(tables, start, end)
    value = ratio(sum(map(amount_of, pushed), ZERO), sum(map(amount_of, due), ZERO))
    return Figure(value, len(due), _ids(pushed))


def forecasts_on_time(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of forecasts of the weeks from start to end that were given in time."""
    whole = [
        (row, week)
        for row in tables.rows("forecast_calls")
        if (week := day_of(row.get("week"))) is not None and start <= week <= end
    ]
    grace = timedelta(days=int(setting(tables, "forecast_due", Decimal(1))))
    return share(
        [row for row, week in whole if (day := day_of(row.get("submitted_at"))) is not None and day <= monday(week) + grace],
        [row for row, _ in whole],
    )


def forecast_error(tables: Tables, start: date, end: date) -> Figure:
    """Give the distance of the commits given four weeks before the end from what was booked, ÷ booked.

    Over the periods that ended from start to end; of each the newest commit that was early enough.
    """
    lead = timedelta(days=int(setting(tables, "forecast_lead", Decimal(28))))
    newest: dict[tuple[str, str], tuple[date, Decimal, Row]] = {}
    for row in sorted(tables.rows("forecast_calls"), key=lambda one: str(one["id"])):
        days, day = period_days(row.get("period"), tables), day_of(row.get("submitted_at"))
        commit = number_of(row.get("commit"))
        if days is None or day is None or commit is None:
            continue
        if not start <= days[1] <= min(end, tables.today) or day > days[1] - lead:
            continue
        key = fold(row.get("who") or ""), tables.same_key("periods", row.get("period"))
        if key not in newest or newest[key][0] <= day:
            newest[key] = day, commit, row
    rows = [row for _, _, row in newest.values()]
    actual = {str(row["id"]): booked(row.get("who"), row.get("period"), tables) or ZERO for row in rows}
    error = sum((abs(commit - actual[str(row["id"])]) for _, commit, row in newest.values()), ZERO)
    return Figure(ratio(error, sum(actual.values(), ZERO)), len(rows), _ids(rows))
