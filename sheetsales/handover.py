"""The hand-over of an account from the rep who won it to the account manager who keeps it.

Eight fixed sections; each is confirmed by the account manager, and by nobody else. What was confirmed is
a wording: `confirmed_as` keeps a fingerprint of each confirmed text, so that an edit afterwards undoes
the confirmation although the tick still stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from sheetsales.process import Edit, Patch, Refusal, Request, Row, Tables
from sheetsales.values import Value, day_of, fold, number_of, words_of

State = Literal["Draft", "Offered", "Returned", "Complete"]
STATES: Final = ("Draft", "Offered", "Returned", "Complete")


@dataclass(frozen=True)
class Section:
    """One section: the column of its text, and of its tick; title and what it must answer."""

    number: int
    column: str
    title: str
    answers: str

    @property
    def tick(self) -> str:
        """The column in which the account manager confirms the section."""
        return f"{self.column}_confirmed"


SECTIONS: Final = (
    Section(1, "why_bought", "Why they bought", "The problem, the trigger, the deciding argument."),
    Section(2, "promises", "Promises made", "Every promise, by whom, due when. Write none if there is none."),
    Section(3, "stakeholders", "Stakeholders and stance", "Who, role, influence, stance."),
    Section(4, "open_risks", "Open risks", "What could make them regret it."),
    Section(5, "decision_process", "Decision process", "How they decide and pay, dates of budget rounds."),
    Section(6, "commercial_terms", "Commercial terms", "Price, discount, term, renewal, special clauses."),
    Section(7, "success_criteria", "Success criteria", "What they will measure, by which date."),
    Section(8, "next_90_days", "Next 90 days", "Dated steps with names on both sides."),
)


def fingerprint(text: str) -> str:
    """Give six characters that stand for a wording."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=3).hexdigest()


def _wording(row: Row, section: Section) -> str:
    return fingerprint(words_of(row.get(section.column)))


def _marks(found: dict[int, str]) -> str | None:
    return " ".join(f"{number}:{mark}" for number, mark in sorted(found.items())) or None


def is_account_manager(row: Row, me: str) -> bool:
    """Say whether this member is the account manager of the hand-over."""
    return fold(me) == fold(row.get("to_am") or "") != ""


def ticked(row: Row, section: Section) -> bool:
    """Say whether a section is ticked and has a text to confirm."""
    return row.get(section.tick) == "Yes" and words_of(row.get(section.column)) != ""


def prints(row: Row) -> dict[int, str]:
    """Read `confirmed_as`: fingerprints by section number."""
    pairs = [word.partition(":") for word in words_of(row.get("confirmed_as")).split()]
    return {int(number): mark for number, _, mark in pairs if number in {str(s.number) for s in SECTIONS}}


def confirmations(row: Row, me: str) -> dict[int, str]:
    """Give the fingerprints of the ticked sections; a new tick counts only from the account manager.

    me: who is at work; "" where nobody is named, as in a file read by itself: then ticks are taken as they stand.
    """
    known, fresh = prints(row), not me or is_account_manager(row, me)
    found = {}
    for section in SECTIONS:
        if not ticked(row, section):
            continue
        if section.number in known:
            found[section.number] = known[section.number]
        elif fresh:
            found[section.number] = _wording(row, section)
    return found


def unconfirmed(row: Row, me: str) -> tuple[str, ...]:
    """Give the titles of the sections that the account manager has not confirmed as they stand."""
    marks = confirmations(row, me)
    return tuple(section.title for section in SECTIONS if marks.get(section.number) != _wording(row, section))


def readiness(row: Row, me: str) -> Decimal:
    """Give the share of the eight sections that are confirmed, 0 to 1."""
    return Decimal(len(SECTIONS) - len(unconfirmed(row, me))) / len(SECTIONS)


def state(row: Row, me: str) -> State:
    """Give where the hand-over stands: Complete only when all eight sections are confirmed."""
    if not unconfirmed(row, me):
        return "Complete"
    if row.get("offered_on") is not None:
        return "Offered"
    return "Returned" if row.get("returned_on") is not None or words_of(row.get("return_questions")) else "Draft"


def computed(row: Row, me: str, today: date) -> dict[str, Value]:
    """Give the computed columns of a hand-over; the day of completion stays the first one while it is complete."""
    now = state(row, me)
    done = (day_of(row.get("completed_on")) or today) if now == "Complete" else None
    return {
        "confirmed_as": _marks(confirmations(row, me)),
        "readiness": readiness(row, me),
        "state": now,
        "left": left(row, me) or None,
        "completed_on": done,
    }


def left(row: Row, me: str) -> str:
    """Say what is still to be written, else what to be confirmed; "" where nothing is left."""
    blank = [section.title for section in SECTIONS if not words_of(row.get(section.column))]
    waiting = unconfirmed(row, me)
    return f"to write: {', '.join(blank)}" if blank else f"to confirm: {', '.join(waiting)}" if waiting else ""


# ── buttons ──────────────────────────────────────────────────────────────────────────────────────

ONLY_ACCOUNT_MANAGER: Final = "Only the account manager can confirm a section."


def offer(tables: Tables, request: Request) -> Patch:
    """Give the selected hand-overs to their account managers, once every section says something."""

    def decide(row: Row) -> dict[str, Value] | str:
        if row.get("offered_on") is not None or not unconfirmed(row, tables.me):
            return {}
        if tables.me and fold(tables.me) != fold(row.get("from_rep") or ""):
            return "Only the rep who hands over can offer it."
        if tables.person(row.get("to_am")) is None or fold(row.get("to_am")) == fold(row.get("from_rep") or ""):
            return "Name the account manager: a member other than the rep."
        blank = [s.title for s in SECTIONS if not words_of(row.get(s.column))]
        if blank:
            return f"Not offered. Still empty: {', '.join(blank)}."
        return {"offered_on": tables.today, "returned_on": None, "owner": row.get("to_am")}

    return _patch(tables, request, decide, "offered")


def accept(tables: Tables, request: Request) -> Patch:
    """Confirm sections of the selected hand-overs as they are worded now; the account manager's button."""
    wanted = number_of(request.parameters.get("section"))

    def decide(row: Row) -> dict[str, Value] | str:
        if not is_account_manager(row, tables.me):
            return ONLY_ACCOUNT_MANAGER
        taken = [s for s in SECTIONS if wanted in (None, s.number) and words_of(row.get(s.column))]
        if not taken:
            return "There is nothing to confirm: the section is empty."
        ticks: dict[str, Value] = {s.tick: "Yes" for s in taken}
        return {**ticks, "confirmed_as": _marks({**prints(row), **{s.number: _wording(row, s) for s in taken}})}

    return _patch(tables, request, decide, "confirmed")


def give_back(tables: Tables, request: Request) -> Patch:
    """Give the selected hand-overs back to the rep, with the questions that the account manager wrote."""

    def decide(row: Row) -> dict[str, Value] | str:
        if row.get("offered_on") is None:
            return {}
        if not is_account_manager(row, tables.me):
            return "Only the account manager can return it."
        if not words_of(row.get("return_questions")):
            return "Write the questions first, in the column Questions back."
        return {"offered_on": None, "returned_on": tables.today, "owner": row.get("from_rep")}

    return _patch(tables, request, decide, "returned")


def _patch(tables: Tables, request: Request, decide: Callable[[Row], dict[str, Value] | str], done: str) -> Patch:
    """Ask `decide` for each selected hand-over, by id: the cells to write, or why not."""
    rows = [row for row in tables.rows("handovers") if not request.records or str(row["id"]) in request.records]
    edits: list[Edit] = []
    refused: list[Refusal] = []
    for row in sorted(rows, key=lambda row: str(row["id"])):
        record, decided = str(row["id"]), decide(row)
        if isinstance(decided, str):
            refused.append(Refusal("handovers", record, decided))
        elif decided:
            after = {**decided, **computed({**row, **decided}, tables.me, tables.today)}
            if "owner" in after:  # last: whoever has given the row away can write nothing more into it
                after["owner"] = after.pop("owner")
            edits += [Edit("handovers", record, name, value) for name, value in after.items() if row.get(name) != value]
    changed = len({edit.record for edit in edits})
    message = f"{len(rows)} hand-overs read, {changed} {done}, {len(refused)} refused."
    return Patch(tuple(edits), refused=tuple(refused), message=message, rows_read=len(rows))
