"""The pipeline in figures: what deals are worth, what was booked when, which quotas were reached in a row. Exact; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from sheetsales.periods import days_of_code
from sheetsales.process import Row, Tables
from sheetsales.values import Value, day_of, fold, number_of, words_of

ZERO: Final = Decimal(0)


def state_of(row: Row) -> str:
    """Give Won or Lost for a row in a terminal stage (or with such an outcome), else Open."""
    for name in ("outcome", "stage"):
        word = fold(row.get(name) or "")
        if word in ("won", "lost"):
            return word.capitalize()
    return "Open"


def amount_of(row: Row) -> Decimal:
    """Give the amount of a deal, 0 where it has none."""
    return number_of(row.get("amount")) or ZERO


def called(deal: Row, tables: Tables) -> Value:
    """Give the text by which a reference finds this opportunity: its name, with its key where names repeat, else its id."""
    name, key = deal.get("name"), deal.get("external_id")
    found = tables.find("opportunities", name)
    if found is not None and found["id"] == deal["id"]:
        return name
    return f"{name} [{key}]" if key is not None else deal["id"]


def streak(booked: Sequence[Decimal], quotas: Sequence[Decimal]) -> int:
    """Give how many periods in a row, up to the last, reached the quota; both oldest first."""
    n = 0
    for actual, quota in zip(reversed(booked), reversed(quotas), strict=True):
        if actual < quota:
            break
        n += 1
    return n


def rate_between(ccy: str, to_ccy: str, rates: Iterable[Mapping[str, object]]) -> bool:
    """Say whether a dated exchange rate between two currencies exists, in this direction."""
    wanted = fold(ccy), fold(to_ccy)
    return any(
        (fold(one.get("ccy") or ""), fold(one.get("to_ccy") or "")) == wanted
        and one.get("rate") is not None
        and one.get("as_of") is not None
        for one in rates
    )


def period_days(code: Value, tables: Tables) -> tuple[date, date] | None:
    """Give first and last day of a period: of the table, else by its code; None where neither knows it."""
    row = tables.find("periods", code)
    if row is not None:
        start, end = day_of(row.get("start")), day_of(row.get("end"))
        if start is not None and end is not None:
            return start, end
    return days_of_code(words_of(code))


def deals_of(who: Value, tables: Tables) -> list[Row]:
    """Give the opportunities of a member (by e-mail) or a team (by name)."""
    rows = [*tables.where("opportunities", "owner", who), *tables.where("opportunities", "team", who)]
    return list({str(row["id"]): row for row in rows}.values())


def won_within(rows: Iterable[Row], start: date, end: date) -> list[Row]:
    """Give the rows that were won, with a close date from start to end."""
    return [
        row
        for row in rows
        if state_of(row) == "Won" and (day := day_of(row.get("close_date"))) is not None and start <= day <= end
    ]


def booked(who: Value, period: Value, tables: Tables) -> Decimal | None:
    """Give the amount a member or team won in a period; None where the period is not known."""
    days = period_days(period, tables)
    return None if days is None else sum((amount_of(row) for row in won_within(deals_of(who, tables), *days)), ZERO)


def cycle_days(rows: Iterable[Row]) -> list[int]:
    """Give the days from creation to close of the won deals."""
    return [
        (closed - created).days
        for row in rows
        if state_of(row) == "Won"
        and (closed := day_of(row.get("close_date"))) is not None
        and (created := day_of(row.get("created_on"))) is not None
        and closed >= created
    ]
