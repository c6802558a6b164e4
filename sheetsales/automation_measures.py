"""Measures of sales automation: audits that are complete, reporting from the one store, time selling, hours saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Final

from sheetsales.libraries.routine import OTHER, REPORTING
from sheetsales.process import Figure, Row, Tables, share
from sheetsales.time_audit import (
    MINUTES,
    Week,
    can_be_automated,
    first_audit,
    is_complete,
    is_selling,
    logged,
    minutes_of,
    number,
)
from sheetsales.values import fold, ratio

STORE: Final = "sheetsales"  # the word in "System used" that means the one store


def audit_complete(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of active members with at least one complete week that began from start to end."""
    complete = {who for (who, _), rows in logged(tables, start, end).items() if is_complete(rows, tables)}
    people = [row for row in tables.rows("people") if row.get("active") != "No"]
    return share([row for row in people if fold(row.get("email") or "") in complete], people)


def _share_of_minutes(part: Sequence[Row], whole: Sequence[Row]) -> Figure:
    return Figure(ratio(minutes_of(part), minutes_of(whole)), len(whole), tuple(str(row["id"]) for row in part))


def minutes_named(tables: Tables, start: date, end: date) -> Figure:
    """Give the minutes that are not under Other ÷ all minutes."""
    rows = list(chain.from_iterable(logged(tables, start, end).values()))
    return _share_of_minutes([row for row in rows if fold(row.get("task") or "") not in (fold(OTHER), "other")], rows)


def reports_from_the_store(tables: Tables, start: date, end: date) -> Figure:
    """Give the minutes of reporting that were done with the one store ÷ all minutes of reporting."""
    rows = [
        row
        for row in chain.from_iterable(logged(tables, start, end).values())
        if fold(row.get("task") or "") in (fold(REPORTING), "reporting")
    ]
    return _share_of_minutes([row for row in rows if STORE in fold(row.get("system_used") or "")], rows)


def _selling(weeks: Mapping[Week, list[Row]], role: str, tables: Tables) -> Figure:
    rows = [row for row in chain.from_iterable(weeks.values()) if row.get("role") == role]
    return _share_of_minutes([row for row in rows if is_selling(row, tables)], rows)


def selling_share_reps(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of the reps' logged time that is selling."""
    return _selling(logged(tables, start, end), "Rep", tables)


def selling_share_managers(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of the managers' logged time that is selling."""
    return _selling(logged(tables, start, end), "Manager", tables)


def selling_gain_reps(tables: Tables, start: date, end: date) -> Figure:
    """Give the reps' share of selling time less that of the first audit."""
    now = selling_share_reps(tables, start, end)
    first = _selling(first_audit(tables, number(tables, "audit_every")), "Rep", tables)
    return Figure(None if now.value is None or first.value is None else now.value - first.value, now.n, now.records)


def hours_saved(tables: Tables, start: date, end: date) -> Figure:
    """Give the hours per person and week on tasks that can be automated: in the first audit less now."""
    now, first = logged(tables, start, end), first_audit(tables, number(tables, "audit_every"))
    then, rows = ([row for row in chain.from_iterable(weeks.values()) if can_be_automated(row, tables)] for weeks in (first, now))
    before, after = ratio(minutes_of(then), MINUTES * len(first)), ratio(minutes_of(rows), MINUTES * len(now))
    saved = None if before is None or after is None else before - after
    return Figure(saved, len(now), tuple(str(row["id"]) for row in rows))
