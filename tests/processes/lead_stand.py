"""A small lead book to test with: leads with their events and answers, and views over them with the default libraries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sheetsales.process import Patch, Playbook, Request, Row, Tables
from sheetsales.processes.calls import PROCESS as CALLS
from sheetsales.processes.leads import DEFAULTS, LEADS, PROCESS
from sheetsales.processes.opportunities import PROCESS as OPPORTUNITIES
from sheetsales.shared import DEFAULT_STAGES, SHARED
from sheetsales.values import Value

BOOK = Playbook([SHARED, CALLS, PROCESS, OPPORTUNITIES])
NOW = datetime(2026, 5, 13, 9, 0)
TODAY = NOW.date()
REP = "rep@example.com"
YES: Mapping[str, Value] = dict.fromkeys(("icp_fit", "decision_maker", "budget"), "Yes")
LIBRARIES: dict[str, list[Row]] = {
    name: [{"id": f"{name}-{n:03}", **row} for n, row in enumerate(rows)]
    for name, rows in {**DEFAULTS, "stages": DEFAULT_STAGES}.items()
}
BUTTONS = {action.name: action for action in PROCESS.actions}


def lead(number: int = 1, /, **changes: Value) -> Row:
    return {
        **dict.fromkeys(LEADS.by_name),
        "id": f"LD-{number}",
        "owner": REP,
        "company": f"Anchor {number} Ltd",
        "contact_name": f"Ann {number}",
        "email": f"ann@anchor{number}.example",
        "source": "Referral",
        "status": "New",
        "created_at": NOW,
        **changes,
    }


def event(number: int, kind: str, days_ago: int = 0, of: str = "LD-1", **changes: Value) -> Row:
    return {"id": f"LE-{number}", "owner": REP, "lead": of, "kind": kind, "at": NOW - timedelta(days=days_ago), **changes}


def desk(leads: Sequence[Row] = (), me: str = REP, /, **rows: Sequence[Row]) -> Tables:
    """A view with the libraries, as the member sees it."""
    return BOOK.view({"people": [{"id": "PE-1", "email": REP}], **LIBRARIES, "leads": leads, **rows}, NOW, me)


def press(name: str, tables: Tables, *records: str, **parameters: Value) -> Patch:
    action = BUTTONS[name]
    return action.plan(tables, Request(records, {**{p.name: p.default for p in action.parameters}, **parameters}))


def after(tables: Tables, patch: Patch) -> Tables:
    """Carry a patch out on the rows of a view."""
    rows = {name: [dict(row) for row in tables.rows(name)] for name in BOOK.tables}
    for edit in patch.edits:
        next(row for row in rows[edit.table] if row["id"] == edit.record)[edit.column] = edit.value
    for number, new in enumerate(patch.new, len(tables.rows("accounts")) + 1):
        rows[new.table].append({"id": f"{new.table}-new-{number}", **new.values})
    found = BOOK.view(rows, tables.now, tables.me)
    found.learned = tables.learned
    return found


def changed(patch: Patch, record: str) -> dict[str, Value]:
    return {edit.column: edit.value for edit in patch.edits if edit.record == record}


def made(patch: Patch, table: str) -> list[Mapping[str, Value]]:
    return [new.values for new in patch.new if new.table == table]
