"""A small call book to test with: calls planned and held, their questions and objections, and the views over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sheetsales.process import Patch, Playbook, Row, Tables
from sheetsales.processes.calls import PROCESS
from sheetsales.shared import SHARED
from sheetsales.values import Value

BOOK = Playbook([SHARED, PROCESS])
NOW = datetime(2026, 5, 13, 9, 0)  # a Wednesday
TODAY = NOW.date()
REP, PEER = "rep@example.com", "peer@example.com"
PEOPLE: list[Row] = [{"id": "PE-1", "email": REP, "name": "Rae"}, {"id": "PE-2", "email": PEER, "name": "Pat"}]
ACCOUNTS: list[Row] = [{"id": "AC-1", "name": "Anchor Ltd"}, {"id": "AC-2", "name": "Birch AG"}]
DEBRIEFED: Mapping[str, Value] = {"objective_met": "Yes", "went_well": "They spoke first.", "improve": "Ask for the date."}


def call(number: int = 1, /, **changes: Value) -> Row:
    return {
        "id": f"CA-{number}",
        "owner": REP,
        "account": "Anchor Ltd",
        "contact": "Ann",
        "planned_at": NOW + timedelta(hours=number),
        "channel": "Phone",
        "status": "Planned",
        "objective": "Learn who signs the order",
        "success_test": "A name and a title",
        **changes,
    }


def held(number: int = 1, hours_ago: int = 1, /, **changes: Value) -> Row:
    moment = NOW - timedelta(hours=hours_ago)
    rest: dict[str, Value] = {"duration_min": 30, "next_step": "Send the offer", "next_step_date": date(2026, 5, 20)}
    return call(number, **{"status": "Held", "held_at": moment, "planned_at": moment, **rest, **changes})


def question(number: int, of: str = "CA-1", **changes: Value) -> Row:
    return {"id": f"CQ-{number}", "owner": REP, "call": of, "order": number, "question": f"Question {number}?", **changes}


def objection(number: int, of: str = "CA-1", **changes: Value) -> Row:
    return {"id": f"CO-{number}", "owner": REP, "call": of, "objection": f"Objection {number}", **changes}


def view(me: str = "", /, **rows: Sequence[Row]) -> Tables:
    return BOOK.view({"people": PEOPLE, "accounts": ACCOUNTS, **rows}, NOW, me)


def carried(patch: Patch) -> list[tuple[str, Value, Value, Value]]:
    return [
        (new.table, new.values["call"], new.values.get("question") or new.values.get("objection"), new.values["carried_from"])
        for new in patch.new
    ]


def as_rows(patch: Patch) -> dict[str, list[Row]]:
    made: dict[str, list[Row]] = {"call_questions": [], "call_objections": []}
    for number, new in enumerate(patch.new, start=100):
        made[new.table].append({"id": f"new-{number}", **new.values})
    return made
