"""The time audit: where the week goes, and what is worth automating first.

Times come in minutes and leave in hours; money is Decimal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sheetsales.columns import YES_NO
from sheetsales.periods import monday
from sheetsales.process import Policy, Row, Tables, numbers
from sheetsales.values import Value, day_of, fold, number_of, words_of

# ── policy of the automation process ─────────────────────────────────────────────────────────────

POLICY: Final = (
    Policy("hourly_rate", 60, "money per hour", "What an hour of work costs; it values the hours that are saved."),
    Policy("weeks_a_year", 46, "weeks", "Weeks worked in a year, holidays taken off.", 1, 53),
    Policy("contract_hours", 40, "hours a week", "Against which a logged week is called complete.", 1, 168),
    Policy("complete_share", Decimal("0.80"), "share", "A week with less of the contract hours logged says too little."),
    Policy("complete_days", 5, "days", "A complete audit week has so many days.", 1, 7),
    Policy("audit_every", 182, "days", "The audit is held twice a year."),
    Policy("long_day", 16, "hours", "More in one day is probably a typing error."),
    Policy("expiry_notice", 7, "days", "A proposal is followed up a week before it expires."),
)
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MINUTES: Final = 60
number: Final = numbers("automation", POLICY)


@dataclass(frozen=True, slots=True)
class Saving:
    """What automating some tasks would bring.

    hours: saved per person and week. yearly: money a year over all people. roi: (yearly - cost) ÷ cost;
    payback_weeks: cost ÷ saving of a week; both None without a cost (or without a saving).
    """

    hours: Decimal
    yearly: Decimal
    roi: Decimal | None
    payback_weeks: Decimal | None


def saving(hours: Decimal, people: int, weeks: Decimal, rate: Decimal, cost: Decimal | None) -> Saving:
    """Say what it is worth to save these hours per person and week.

    weeks: worked in a year. rate: cost of an hour of work. Source: return on investment of the time
    audit, `(hours x people x weeks x rate - cost) ÷ cost`.
    """
    weekly = hours * people * rate
    yearly = weekly * weeks
    costs = cost is not None and cost > 0
    roi = (yearly - cost) / cost if costs and cost is not None else None
    payback = cost / weekly if costs and weekly > 0 and cost is not None else None
    return Saving(hours, yearly, roi, payback)


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the audit. minutes: logged by all. automatable: a share. cost: of automating it, if known."""

    name: str
    minutes: Decimal
    automatable: Decimal
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its place; rank 1 is worth doing first. hours: per person and week."""

    task: Task
    hours: Decimal
    saving: Saving
    rank: int


def rank_tasks(tasks: Iterable[Task], person_weeks: int, people: int, weeks: Decimal, rate: Decimal) -> list[Ranked]:
    """Order the tasks by yearly saving less cost (an unknown cost counts 0); ties by name.

    person_weeks: how many weeks of how many people were logged together; the hours of a task are its
    minutes over all of them, also over those in which it was not done.
    """
    found = []
    for task in tasks:
        hours = task.minutes / MINUTES / person_weeks if person_weeks else Decimal(0)
        found.append((task, hours, saving(hours * task.automatable, people, weeks, rate, task.cost)))
    found.sort(key=lambda one: (-(one[2].yearly - (one[0].cost or 0)), one[0].name))
    return [Ranked(task, hours, gain, place) for place, (task, hours, gain) in enumerate(found, 1)]


# ── of the rows of `time_log` ────────────────────────────────────────────────────────────────────

Week = tuple[str, date]


def who_of(row: Row) -> str:
    """Give the person whose time a row logs, folded; the owner where none is named."""
    return fold(row.get("person") or row.get("owner") or "")


def week_of(row: Row) -> Week | None:
    """Give person and Monday of a row; None without a week."""
    day = day_of(row.get("week"))
    return (who_of(row), monday(day)) if day is not None else None


def weeks_of(tables: Tables) -> dict[Week, list[Row]]:
    """Give the rows of the time log by person and Monday."""
    return tables.once("time log by week", _grouped)


def _grouped(tables: Tables) -> dict[Week, list[Row]]:
    weeks: dict[Week, list[Row]] = {}
    for row in tables.rows("time_log"):
        week = week_of(row)
        if week is not None:
            weeks.setdefault(week, []).append(row)
    return weeks


def minutes_of(rows: Iterable[Row]) -> Decimal:
    """Add up the minutes of these rows."""
    return sum((number_of(row.get("minutes")) or Decimal(0) for row in rows), Decimal(0))


def minutes_with(row: Row, tables: Tables, *, day: bool = False) -> Decimal:
    """Give the minutes of the row's person in its week (day=True: on its day), with the row as it is given."""
    key = _place(row, day)
    stored = tables.get("time_log", str(row["id"]))
    others = tables.once(f"time log minutes {day}", lambda view: _added_up(view, day)).get(key, Decimal(0))
    if stored is not None and _place(stored, day) == key:
        others -= minutes_of([stored])
    return others + minutes_of([row])


def first_of_day(row: Row, tables: Tables) -> str:
    """Give the smallest id among the rows of the row's person and day, the row among them."""
    first = tables.once("time log first of day", _first_of_days).get(_place(row, True), str(row["id"]))
    return min(first, str(row["id"]))


def _place(row: Row, day: bool) -> tuple[Week | None, Value]:
    return week_of(row), row.get("day") if day else None


def _added_up(tables: Tables, day: bool) -> dict[tuple[Week | None, Value], Decimal]:
    found: dict[tuple[Week | None, Value], Decimal] = {}
    for row in tables.rows("time_log"):
        key = _place(row, day)
        found[key] = found.get(key, Decimal(0)) + minutes_of([row])
    return found


def _first_of_days(tables: Tables) -> dict[tuple[Week | None, Value], str]:
    found: dict[tuple[Week | None, Value], str] = {}
    for row in tables.rows("time_log"):
        key, record = _place(row, True), str(row["id"])
        found[key] = min(found.get(key, record), record)
    return found


def is_selling(row: Row, tables: Tables) -> bool:
    """Say whether a logged row is selling time: as ticked, else as its task is in the list."""
    if row.get("selling") in YES_NO:
        return row.get("selling") == "Yes"
    task = tables.find("automation_tasks", row.get("task"))
    return task is not None and task.get("selling") == "Yes"


def latest_audit(tables: Tables, within: Decimal) -> dict[Week, list[Row]]:
    """Give the weeks of the latest audit: those less than `within` days older than the newest that was logged."""
    weeks = weeks_of(tables)
    newest = max((week for _, week in weeks), default=None)
    if newest is None:
        return {}
    return {key: rows for key, rows in weeks.items() if (newest - key[1]).days < within}


def logged(tables: Tables, start: date, end: date) -> dict[Week, list[Row]]:
    """Give the weeks whose Monday lies from start to end."""
    return {key: rows for key, rows in weeks_of(tables).items() if start <= key[1] <= end}


def first_audit(tables: Tables, within: Decimal) -> dict[Week, list[Row]]:
    """Give the weeks of the first audit: those less than `within` days newer than the oldest that was logged."""
    weeks = weeks_of(tables)
    oldest = min((week for _, week in weeks), default=date.max)
    return {key: rows for key, rows in weeks.items() if (key[1] - oldest).days < within}


def tasks_of(rows: Iterable[Row], tables: Tables) -> list[Task]:
    """Give the tasks of these rows, and those that are candidates already, with the minutes logged."""
    names: dict[str, str] = {}
    minutes: dict[str, Decimal] = {}
    for row in sorted(rows, key=lambda one: str(one["id"])):
        listed = tables.find("automation_tasks", row.get("task"))
        name = words_of(listed.get("task") if listed is not None else row.get("task"))
        if name:
            names.setdefault(fold(name), name)
            minutes[fold(name)] = minutes.get(fold(name), Decimal(0)) + (number_of(row.get("minutes")) or Decimal(0))
    for candidate in tables.rows("automation_candidates"):
        if words_of(candidate.get("task")):
            names.setdefault(fold(candidate["task"]), words_of(candidate["task"]))
    tasks = []
    for key, name in names.items():
        listed = tables.find("automation_tasks", name) or {}
        tasks.append(
            Task(
                name,
                minutes.get(key, Decimal(0)),
                number_of(listed.get("automatable")) or Decimal(0),
                number_of(listed.get("cost")),
            )
        )
    return tasks


def can_be_automated(row: Row, tables: Tables) -> bool:
    """Say whether the task of a logged row has an automatable share."""
    task = tables.find("automation_tasks", row.get("task"))
    return task is not None and (number_of(task.get("automatable")) or 0) > 0


def is_complete(rows: Sequence[Row], tables: Tables) -> bool:
    """Say whether a person's week is logged well enough: five days, 80 % of the contract hours."""
    days = {row.get("day") for row in rows} & set(DAYS)
    enough = number(tables, "contract_hours") * number(tables, "complete_share") * 60
    return len(days) >= number(tables, "complete_days") and minutes_of(rows) >= enough
