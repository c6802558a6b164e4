"""Run audit: opens a week of the time audit, with a line per day and task, so that only minutes are left to type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from sheetsales.errors import WrongUse
from sheetsales.libraries.routine import TASKS
from sheetsales.periods import monday
from sheetsales.process import NewRow, Patch, Request, Row, Tables
from sheetsales.time_audit import minutes_of, weeks_of
from sheetsales.values import day_of, fold, words_of

WORKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
TASKS_A_DAY: Final = 12  # lines a day; more is not filled in, and any other task can be added


def open_audit(tables: Tables, request: Request) -> Patch:
    """Make the lines of the member's audit week: five days, the tasks that took most time before, else the first of the list.

    Parameter: week, any day of it (blank: the present one). Lines that are there already stay and are not made again,
    so that pressing twice makes them once. Raises WrongUse where nobody is at work or the task list is empty.
    """
    me = fold(tables.me)
    if not me:
        raise WrongUse("An audit week belongs to a member.", "Press the button in the member's workbook.")
    week = monday(day_of(request.parameters.get("week")) or tables.today)
    tasks = _tasks(me, week, tables)
    if not tasks:
        raise WrongUse("The task list is empty.", "Operations fill the tab Task list.")
    there = {
        (words_of(row.get("day")), tables.same_key("automation_tasks", row.get("task")))
        for row in weeks_of(tables).get((me, week), [])
    }
    leads = bool(tables.where("people", "manager", tables.me))
    new = [
        NewRow("time_log", {"person": tables.me, "role": "Manager" if leads else "Rep", "week": week, "day": day, "task": task,
                            "minutes": 0, "owner": tables.me})
        for day in WORKDAYS for task in tasks if (day, tables.same_key("automation_tasks", task)) not in there
    ]  # fmt: skip
    words = f"{len(new)} lines made" if new else "The week is open already"
    return Patch(
        new=tuple(new), rows_read=len(there), message=f"{words} for the week of {week.isoformat()}: type the minutes of each day."
    )


def _tasks(me: str, week: date, tables: Tables) -> Sequence[str]:
    """Give the tasks to list: those of the member's latest earlier week by minutes, then the list's in its order."""
    earlier = max((monday_ for who, monday_ in weeks_of(tables) if who == me and monday_ < week), default=None)
    rows: dict[str, list[Row]] = {}
    for row in weeks_of(tables).get((me, earlier), []) if earlier is not None else []:
        rows.setdefault(tables.same_key("automation_tasks", row.get("task")), []).append(row)
    busy = sorted((key for key in rows if minutes_of(rows[key]) > 0), key=lambda key: (-minutes_of(rows[key]), key))
    names = [_name(rows[key][0], tables) for key in busy]
    names += _listed(tables)
    return [name for name in dict.fromkeys(names) if name][:TASKS_A_DAY]


def _listed(tables: Tables) -> list[str]:
    """Give the tasks of the list, selling and other ones in turn: our own in their order, then the team's by name."""
    order = {fold(name): place for place, (name, *_) in enumerate(TASKS)}
    turns: list[tuple[int, bool, str]] = []
    for other in (False, True):
        names = {words_of(row.get("task")) for row in tables.rows("automation_tasks") if (row.get("selling") != "Yes") == other}
        ranked = sorted(names - {""}, key=lambda name: (order.get(fold(name), len(order)), name))
        turns += [(place, other, name) for place, name in enumerate(ranked)]
    return [name for *_, name in sorted(turns)]


def _name(row: Row, tables: Tables) -> str:
    listed = tables.find("automation_tasks", row.get("task"))
    return words_of(listed.get("task") if listed is not None else row.get("task"))
