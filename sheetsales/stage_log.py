"""The log of stages: when a purchase entered, moved and closed, how long it stood, and when that is too long. Pure.

The stage clock comes from the log, neither from the day of creation nor from the last change of a row. The first
entry of an opportunity has a blank `from`: it says with which stage it came in, not that it began to stand there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from statistics import median
from typing import Final

from sheetsales.exit_criteria import engaged_since, missing_to_reach, order_of, outcome_of
from sheetsales.process import NewRow, Row, Tables, policy_number
from sheetsales.qualification import overrides
from sheetsales.values import Value, day_of, fold, moment_of, number_of

START: Final = datetime(1, 1, 1)  # noqa: DTZ001 (moments of the log are local and have no zone)


def events_of(row: Row, tables: Tables) -> list[Row]:
    """Give the log of one opportunity, the oldest first."""
    events = tables.children("stage_events", "opportunity", "opportunities", row)
    return sorted(events, key=lambda event: (moment_of(event.get("at")) or START, str(event["id"])))


def is_move(event: Row) -> bool:
    """Say whether an entry of the log is a move between stages, not the first sight of an opportunity."""
    return event.get("from") is not None


def stage_clock(row: Row, tables: Tables) -> Mapping[str, Value]:
    """Give since when it stands in its stage: by the change seen here, else by the moves of the log.

    Of one that came in with its stage the day is known if it was closed, or created today, or stands in the first
    stage, in which every purchase begins.
    """
    stage, before = row.get("stage"), row.get("stage_counted")
    moves = [
        day
        for event in tables.children("stage_events", "opportunity", "opportunities", row)
        if is_move(event) and fold(event.get("to") or "") == fold(stage or "") and (day := day_of(event.get("at"))) is not None
    ]
    since: Value
    if before is not None and fold(before) != fold(stage or ""):
        since = tables.today  # the log row of this very change is written after
    elif moves:
        since = max(moves)
    elif before is not None and row.get("stage_since") is not None:
        since = row.get("stage_since")
    else:
        since = _since_entry(row, tables)
    return {"stage_since": since, "stage_counted": stage, "entry_stage": row.get("entry_stage") or stage}


def _since_entry(row: Row, tables: Tables) -> date | None:
    created = day_of(row.get("created_on"))
    if outcome_of(row) != "Open":
        return day_of(row.get("close_date"))
    return created if created == tables.today or _is_first(row, tables) else None


def _is_first(row: Row, tables: Tables) -> bool:
    place = order_of(tables, row.get("stage"))
    places = [number for stage in tables.rows("stages") if (number := number_of(stage.get("order"))) is not None]
    return place is not None and place == min(places)


def log_stage(before: Row, after: Row, tables: Tables) -> NewRow | None:
    """Give the log row of a change: of a move between stages, or of the first sight; None where the stage stays.

    before: no row at all for a new record. It is logged at the day it was created, a closed one at the day it was
    closed; days in stage are those between the log's own days.
    """
    if after.get("stage") is None or fold(before.get("stage") or "") == fold(after.get("stage") or ""):
        return None
    entry = not before.get("id")
    since = day_of(before.get("stage_since"))
    values: dict[str, Value] = {
        "opportunity": called(after, tables),
        "from": None if entry else before.get("stage"),
        "to": after.get("stage"),
        "at": _seen_first(after, tables) if entry else tables.now,
        "by": tables.me if "@" in tables.me else None,  # an import is run by operations, who may be nobody by e-mail
        "days_in_stage": (tables.today - since).days if not entry and since is not None and since <= tables.today else None,
        "override_reason": None if entry else _reason(before, after, tables),
    }
    return NewRow("stage_events", values)


def _seen_first(row: Row, tables: Tables) -> datetime:
    """Give the moment of the first entry: created today is now, another day its midnight."""
    closed = day_of(row.get("close_date")) if outcome_of(row) != "Open" else None
    day = closed or day_of(row.get("created_on"))
    return tables.now if day is None or day >= tables.today else datetime.combine(day, time())


def _reason(before: Row, after: Row, tables: Tables) -> Value:
    """Give the reason with which this move passed a gate: written for it, or needed for it."""
    reason = after.get("override_reason")
    if not overrides(reason):
        return None
    needed = missing_to_reach({**after, "stage": before.get("stage")}, tables, str(after.get("stage")), engaged_since(tables))
    return reason if needed or reason != before.get("override_reason") else None


def called(row: Row, tables: Tables) -> Value:
    """Give the text by which a reference finds this opportunity: its name, with its key where names repeat."""
    name, key = row.get("name"), row.get("external_id")
    found = tables.find("opportunities", name)
    if found is not None and found["id"] == row["id"]:
        return name
    return f"{name} [{key}]" if key is not None and name is not None else row["id"]


# ── stall ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Stall:
    """An open deal that stands longer than it should. days: in its stage; usual: of won deals; limit: in days."""

    days: int
    usual: Decimal
    limit: Decimal

    @property
    def usual_in_words(self) -> str:
        """The usual days, with a decimal where there is one."""
        return plain_days(self.usual)

    @property
    def limit_in_words(self) -> str:
        """The limit, with a decimal where there is one."""
        return plain_days(self.limit)


def plain_days(days: Decimal) -> str:
    """Give days with at most one decimal."""
    return format(days.quantize(Decimal("0.1")), "f").removesuffix(".0")


def stall_of(row: Row, tables: Tables) -> Stall | None:
    """Give the stall of an open deal that is over the limit and has no next step to come; else None."""
    since, step = day_of(row.get("stage_since")), day_of(row.get("next_step_date"))
    if since is None or outcome_of(row) != "Open" or (step is not None and step >= tables.today and row.get("next_step")):
        return None
    days = (tables.today - since).days
    usual, limit = stall_limit(tables, row.get("stage"))
    return Stall(days, usual, limit) if days > limit else None


def stall_limit(tables: Tables, stage: Value) -> tuple[Decimal, Decimal]:
    """Give the usual days in a stage and the limit: a multiple of the median of won deals.

    Too few won deals that went through the stage: the policy's default is the limit.
    """
    factor, default = policy_number(tables, "opportunities.stall_factor"), policy_number(tables, "opportunities.stall_default")
    days = tables.once("won days by stage", _won_days).get(fold(stage or ""), [])
    if len(days) >= policy_number(tables, "opportunities.stall_minimum"):
        return median(days), median(days) * factor
    return default / factor, default


def _won_days(tables: Tables) -> dict[str, list[Decimal]]:
    found: dict[str, list[Decimal]] = {}
    for row in tables.rows("opportunities"):
        if outcome_of(row) == "Won":
            for event in tables.children("stage_events", "opportunity", "opportunities", row):
                days = number_of(event.get("days_in_stage"))
                if days is not None and is_move(event):
                    found.setdefault(fold(event.get("from") or ""), []).append(days)
    return found


def stage_on(row: Row, moment: datetime | None, tables: Tables) -> Value:
    """Give the stage in which an opportunity stood at a moment, by the log; None where the log began later, closed.

    Before the log's first entry it stood where that entry found it, if it was open then. Without a log: where it stands.
    """
    events = events_of(row, tables)
    if moment is None or not events:
        return row.get("stage")
    before = [event for event in events if (moment_of(event.get("at")) or START) <= moment]
    if before:
        return before[-1].get("to")
    first = events[0].get("from") or events[0].get("to")
    return None if outcome_of({"stage": first}) != "Open" else first


def stage_left(row: Row, tables: Tables) -> str | None:
    """Give the stage in which a closed opportunity stood before, by the log; None where the log does not say."""
    for event in reversed(events_of(row, tables)):
        if is_move(event) and fold(event.get("to") or "") == fold(row.get("stage") or ""):
            return str(event["from"])
    return None
