"""Measures of the lead process: how fast leads are touched, how well they are judged, and what comes of them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sheetsales.lead_order import said_of
from sheetsales.libraries.qualification import ANSWERED, ATTEMPT
from sheetsales.process import Figure, Row, Tables, share
from sheetsales.qualification import number
from sheetsales.score import calibration_error, shrunk
from sheetsales.values import Value, day_of, moment_of, number_of

TOUCHES: Final = (ATTEMPT, ANSWERED)


def touched_at(row: Row, tables: Tables) -> Value:
    """Give the moment of the first touch of a lead: an attempt or an answer; None if there is none."""
    moments = [
        moment_of(event.get("at"))
        for event in tables.children("lead_events", "lead", "leads", row)
        if event.get("kind") in TOUCHES
    ]
    return min((moment for moment in moments if moment is not None), default=None)


def _new(tables: Tables, start: date, end: date) -> list[Row]:
    """Give the leads first seen from start to end; all measures follow them."""
    return [row for row in tables.rows("leads") if start <= (day_of(row.get("created_at")) or date.min) <= end]


def first_touch(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of new leads touched in time."""
    rows, wait = _new(tables, start, end), timedelta(hours=float(number(tables, "first_touch_hours")))

    def in_time(row: Row) -> bool:
        made, touch = moment_of(row.get("created_at")), moment_of(touched_at(row, tables))
        return made is not None and touch is not None and touch - made <= wait

    return share(filter(in_time, rows), rows)


def answers_per_lead(tables: Tables, start: date, end: date) -> Figure:
    """Give the mean number of answered questions of the new leads."""
    rows = _new(tables, start, end)
    counts = [len(tables.children("lead_answers", "lead", "leads", row)) for row in rows]
    value = (Decimal(sum(counts)) / len(rows)).quantize(Decimal("0.000001")) if rows else None
    return Figure(value, len(rows), tuple(str(row["id"]) for row in rows))


def completeness_of_qualified(tables: Tables, start: date, end: date) -> Figure:
    """Give the mean completeness of the new leads that were qualified."""
    rows = [row for row in _new(tables, start, end) if row.get("status") in ("Qualified", "Converted")]
    known = [value for row in rows if (value := number_of(row.get("completeness"))) is not None]
    value = (sum(known, Decimal(0)) / len(known)).quantize(Decimal("0.000001")) if known else None
    return Figure(value, len(known), tuple(str(row["id"]) for row in rows))


def reasons_given(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of disqualifications with a reason other than Other."""
    rows = [row for row in _new(tables, start, end) if row.get("status") == "Disqualified"]
    return share((row for row in rows if row.get("disqualify_reason") not in (None, "Other")), rows)


def score_error(tables: Tables, start: date, end: date) -> Figure:
    """Give the calibration error of the chances against what happened, by tier, over the new leads that are closed."""
    rows = [row for row in _new(tables, start, end) if row.get("status") in ("Converted", "Disqualified") and row.get("tier")]
    bands: dict[str, list[tuple[Decimal, bool]]] = {}
    for row in rows:
        bands.setdefault(str(row["tier"]), []).append((said_of(row, tables), row.get("status") == "Converted"))
    return Figure(calibration_error(bands), len(rows), tuple(str(row["id"]) for row in rows))


def conversion(tables: Tables, start: date, end: date) -> Figure:
    """Give converted ÷ qualified of the new leads, shrunk; n is the qualified ones."""
    rows = [row for row in _new(tables, start, end) if row.get("status") in ("Qualified", "Converted")]
    done = [row for row in rows if row.get("status") == "Converted"]
    value = shrunk(len(done), len(rows), number(tables, "prior_conversion"), number(tables, "shrink_k")) if rows else None
    return Figure(value, len(rows), tuple(str(row["id"]) for row in done))


def won_of_converted(tables: Tables, start: date, end: date) -> Figure:
    """Give won ÷ converted of the new leads whose opportunity is closed, shrunk; n is the closed ones."""
    pairs = [
        (row, tables.find("opportunities", row.get("opportunity")))
        for row in _new(tables, start, end)
        if row.get("status") == "Converted"
    ]
    closed = [(row, deal.get("outcome")) for row, deal in pairs if deal is not None and deal.get("outcome") in ("Won", "Lost")]
    won = [row for row, outcome in closed if outcome == "Won"]
    value = shrunk(len(won), len(closed), number(tables, "prior_win"), number(tables, "shrink_k")) if closed else None
    return Figure(value, len(closed), tuple(str(row["id"]) for row in won))
