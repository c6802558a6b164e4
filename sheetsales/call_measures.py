"""Measures of the call process: what was planned and done, how well, with which result, and over which accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sheetsales.conversation import is_debriefed, number
from sheetsales.debriefing import score_of_reviews
from sheetsales.process import Figure, Row, Tables, share
from sheetsales.rank import TIERS
from sheetsales.values import day_of, fold, moment_of, ratio


def _within(tables: Tables, name: str, start: date, end: date) -> list[Row]:
    return [row for row in tables.rows("calls") if start <= (day_of(row.get(name)) or date.min) <= end]


def _held(tables: Tables, start: date, end: date) -> list[Row]:
    return [row for row in _within(tables, "held_at", start, end) if row.get("status") == "Held"]


def adherence(tables: Tables, start: date, end: date) -> Figure:
    """Give held ÷ planned of the calls planned for these days."""
    planned = _within(tables, "planned_at", start, end)
    return share((row for row in planned if row.get("status") == "Held"), planned)


def plans_complete(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of held calls whose plan was complete when they were held."""
    held = _held(tables, start, end)
    return share((row for row in held if row.get("plan_complete") == "Yes"), held)


def debriefed_in_time(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of held calls debriefed within a day."""
    held, wait = _held(tables, start, end), timedelta(hours=float(number(tables, "debrief_hours")))

    def in_time(row: Row) -> bool:
        done, was = moment_of(row.get("debriefed_at")), moment_of(row.get("held_at"))
        return done is not None and was is not None and done - was <= wait

    return share(filter(in_time, held), held)


def peer_reviewed(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of held calls that somebody else reviewed."""
    held = _held(tables, start, end)
    return share((row for row in held if row.get("peer_reviewed") == "Yes"), held)


def review_score(tables: Tables, start: date, end: date) -> Figure:
    """Give the mean review score of the held calls, from 1 to 5; a review by the owner does not count."""
    rows = [
        row
        for row in _held(tables, start, end)
        if row.get("peer_reviewed") == "Yes" and row.get("review_score") is not None
    ]  # fmt: skip
    return Figure(score_of_reviews(rows), len(rows), tuple(str(row["id"]) for row in rows))


def _debriefed(tables: Tables, start: date, end: date) -> list[Row]:
    return [row for row in _held(tables, start, end) if is_debriefed(row)]


def objectives_met(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of debriefed calls whose objective was met."""
    rows = _debriefed(tables, start, end)
    return share((row for row in rows if row.get("objective_met") == "Yes"), rows)


def objectives_partly_met(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of debriefed calls whose objective was met in part."""
    rows = _debriefed(tables, start, end)
    return share((row for row in rows if row.get("objective_met") == "Partly"), rows)


def dated_next_step(tables: Tables, start: date, end: date) -> Figure:
    """Give the share of held calls that ended with a dated next step."""
    held = _held(tables, start, end)
    return share((row for row in held if row.get("next_step") is not None and row.get("next_step_date") is not None), held)


# ── by tier of the account ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class TierLine:
    """Planned against held calls of one tier ("" for accounts without one) in a week or any span of days."""

    tier: str
    planned: int
    held: int
    adherence: Decimal | None


def tier_of_call(row: Row, tables: Tables) -> str:
    """Give the tier of the call's account in its owner's territory, "" where it has none."""
    tiers = tables.once("tiers by owner and account", _tiers)
    return tiers.get((fold(row.get("owner") or ""), tables.same_key("accounts", row.get("account"))), "")


def _tiers(tables: Tables) -> dict[tuple[str, str], str]:
    found = {}
    for row in tables.rows("territory_accounts"):
        if row.get("tier") in TIERS and row.get("account") is not None:
            found[fold(row.get("owner") or ""), tables.same_key("accounts", row["account"])] = str(row["tier"])
    return found


def by_tier(tables: Tables, start: date, end: date) -> list[TierLine]:
    """Give planned and held calls by tier, accounts without one last; they add up to those of `adherence`."""
    planned = _within(tables, "planned_at", start, end)
    lines = []
    for tier in (*TIERS, ""):
        rows = [row for row in planned if tier_of_call(row, tables) == tier]
        held = sum(row.get("status") == "Held" for row in rows)
        lines.append(TierLine(tier, len(rows), held, ratio(held, len(rows))))
    return lines


def adherence_of(tier: str) -> Callable[[Tables, date, date], Figure]:
    """Give the measure of held ÷ planned over the accounts of one tier ("" for those without one)."""

    def measure(tables: Tables, start: date, end: date) -> Figure:
        rows = [row for row in _within(tables, "planned_at", start, end) if tier_of_call(row, tables) == tier]
        return share((row for row in rows if row.get("status") == "Held"), rows)

    return measure
