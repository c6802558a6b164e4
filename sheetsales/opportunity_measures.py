"""The measures of opportunity management: next steps, touches, clean moves, coverage, win rates, cycle. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from statistics import median

from sheetsales.exit_criteria import outcome_of
from sheetsales.process import Figure, Row, Tables, policy_number, share
from sheetsales.score import shrunk
from sheetsales.stage_log import is_move
from sheetsales.stakeholder_map import has_next_step, is_covered, is_single_threaded, open_rows
from sheetsales.values import day_of, number_of, words_of


def _closed_rows(tables: Tables, start: date, end: date) -> list[Row]:
    return [
        row
        for row in tables.rows("opportunities")
        if outcome_of(row) != "Open" and start <= (day_of(row.get("close_date")) or date.min) <= end
    ]


def next_steps(tables: Tables, _start: date, _end: date) -> Figure:
    """Give the share of the now open opportunities with a next step in the future."""
    rows = open_rows(tables)
    return share((row for row in rows if has_next_step(row, tables)), rows)


def touches_a_week(tables: Tables, start: date, end: date) -> Figure:
    """Give the touches per now open opportunity and week of these days."""
    rows = open_rows(tables)
    made = [
        touch
        for row in rows
        for touch in tables.children("touches", "opportunity", "opportunities", row)
        if start <= (day_of(touch.get("at")) or date.min) <= end
    ]
    weeks = Decimal((end - start).days + 1) / 7
    value = (len(made) / (len(rows) * weeks)).quantize(Decimal("0.000001")) if rows and weeks > 0 else None
    return Figure(value, len(rows), tuple(str(touch["id"]) for touch in made))


def clean_moves(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of the stage moves of these days that needed no override; the first entry is no move."""
    events = [row for row in tables.rows("stage_events") if is_move(row)]
    moves = [row for row in events if start <= (day_of(row.get("at")) or date.min) <= end]
    return share((row for row in moves if row.get("override_reason") is None), moves)


def buyers_known(tables: Tables, _start: date, _end: date) -> Figure:
    """Give the share of the now open opportunities with economic buyer and champion named."""
    rows = open_rows(tables)
    return share((row for row in rows if is_covered(row, tables)), rows)


def well_connected(tables: Tables, _start: date, _end: date) -> Figure:
    """Give the share of the now open opportunities that do not hang on one person."""
    rows = open_rows(tables)
    return share((row for row in rows if not is_single_threaded(row, tables)), rows)


def win_rate(tables: Tables, start: date, end: date) -> Figure:
    """Give the win rate by count of what was closed in these days, shrunk; n is the closed ones."""
    rows = _closed_rows(tables, start, end)
    won = [row for row in rows if outcome_of(row) == "Won"]
    value = (
        shrunk(
            len(won), len(rows), policy_number(tables, "opportunities.prior_win"), policy_number(tables, "opportunities.shrink_k")
        )
        if rows
        else None
    )
    return Figure(value, len(rows), tuple(str(row["id"]) for row in won))


def win_rate_by_value(tables: Tables, start: date, end: date) -> Figure:
    """Give the win rate by value of what was closed in these days, shrunk; none where currencies differ.

    The deals seen before count with the mean amount of those closed.
    """
    rows = [row for row in _closed_rows(tables, start, end) if number_of(row.get("amount"))]
    won = [row for row in rows if outcome_of(row) == "Won"]
    figures = Figure(None, len(rows), tuple(str(row["id"]) for row in won))
    if not rows or len({words_of(row.get("ccy")).upper() for row in rows}) > 1:
        return figures
    total = _sum(rows)
    if total <= 0:
        return figures
    k = policy_number(tables, "opportunities.shrink_k") * total / len(rows)
    return Figure(shrunk(_sum(won), total, policy_number(tables, "opportunities.prior_win"), k), figures.n, figures.records)


def _sum(rows: Sequence[Row]) -> Decimal:
    return sum((number_of(row.get("amount")) or Decimal(0) for row in rows), Decimal(0))


def cycle_days(tables: Tables, start: date, end: date) -> Figure:
    """Give the median days from creation to close of what was won in these days."""
    rows = [row for row in _closed_rows(tables, start, end) if outcome_of(row) == "Won" and day_of(row.get("created_on"))]
    days = [((day_of(row["close_date"]) or date.min) - (day_of(row["created_on"]) or date.min)).days for row in rows]
    return Figure(Decimal(str(median(days))) if days else None, len(rows), tuple(str(row["id"]) for row in rows))
