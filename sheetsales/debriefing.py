"""Debrief and Request review: looking back on held calls, with what was asked, raised and resolved, and with a peer.

Pure planners: rows in, patch out. What a rep wrote is never touched, and nothing is claimed that nobody said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from sheetsales.conversation import (
    DEBRIEF,
    call_name,
    in_order,
    is_debriefed,
    is_mine,
    objections_of,
    questions_of,
    reviewed_by_self,
    when,
)
from sheetsales.errors import WrongUse
from sheetsales.process import Check, Edit, Patch, Refusal, Request, Row, Tables
from sheetsales.values import Value, fold, moment_of, number_of, words_of

OUTCOMES: Final = ("Yes", "Partly", "No")
CONTENT: Final = ("objective_met", "went_well", "improve", "next_step", "next_step_date", "duration_min")
TICKS: Final = ("asked", "raised", "resolved")
HEADERS: Final = {"objective_met": "Objective met", "went_well": "Went well", "improve": "Improve"}
ALL, NONE = "all", "none"


def plan_debrief(tables: Tables, request: Request, checks: Sequence[Check]) -> Patch:
    """Debrief the selected calls, or say of all that were held and not debriefed what is still to be filled.

    A selected planned call whose time has come becomes Held. The parameters fill blank cells of one call and
    tick its questions and objections by number; without them a question with an answer counts as asked, an
    objection that was resolved as raised, and the rest stays unknown. checks: the errors of a held call; they
    refuse. Raises WrongUse where parameters are given and no single call is selected.
    """
    given = {name: value for name, value in request.parameters.items() if value is not None}
    rows = _to_debrief(tables, request)
    if given and len(rows) != 1:
        raise WrongUse("Select one call to write its debrief.", "Add --row with the id of the call.")
    edits: list[Edit] = []
    refused: list[Refusal] = []
    open_yet = 0
    for row in rows:
        outcome = _held(row, given, tables, checks)
        if isinstance(outcome, str):
            refused.append(Refusal("calls", str(row["id"]), f"{call_name(row) or row['id']}: {outcome}"))
            continue
        edits += [Edit("calls", str(row["id"]), name, value) for name, value in outcome.items()]
        ticks, unknown = _ticked(row, given, tables)
        edits += ticks
        after = {**row, **outcome}
        missing = [HEADERS[name] for name in DEBRIEF if after.get(name) is None]
        if missing or unknown:
            open_yet += 1
            words = [f"fill {', '.join(missing)}"] if missing else []
            words += [f"say of {unknown} questions and objections whether they came up"] if unknown else []
            refused.append(Refusal("calls", str(row["id"]), f"{call_name(row) or row['id']}: {'; '.join(words)}."))
    if not rows:
        return Patch(message="Every held call is debriefed.")
    message = f"{len(rows)} calls looked at, {len({edit.record for edit in edits})} rows changed, {open_yet} debriefs still open."
    return Patch(tuple(edits), refused=tuple(refused), message=message, rows_read=len(rows))


def _to_debrief(tables: Tables, request: Request) -> list[Row]:
    if request.records:
        return [row for record in request.records if (row := tables.get("calls", record)) is not None]
    rows = [row for row in tables.rows("calls") if is_mine(row, tables) and row.get("status") == "Held" and not is_debriefed(row)]
    return sorted(rows, key=when)


def _held(row: Row, given: Mapping[str, Value], tables: Tables, checks: Sequence[Check]) -> dict[str, Value] | str:
    """Give the cells to write into one call, or why it cannot be debriefed."""
    values: dict[str, Value] = {}
    if row.get("status") not in ("Planned", "Held"):
        return f"its status is {row.get('status') or 'blank'}; only a held call is debriefed."
    if row.get("status") == "Planned":
        values["status"] = "Held"
    if row.get("held_at") is None:
        moment = moment_of(given.get("held_at")) or moment_of(row.get("planned_at"))
        if moment is None or moment > tables.now:
            return "it has not taken place yet; if it has, give held_at."
        values["held_at"] = moment
    for name in CONTENT:
        if name in given and row.get(name) is None:
            values[name] = given[name]
    met = {fold(word): word for word in OUTCOMES}
    if "objective_met" in values:
        if fold(values["objective_met"]) not in met:
            return f"'{values['objective_met']}' is not one of: {', '.join(OUTCOMES)}."
        values["objective_met"] = met[fold(values["objective_met"])]
    wrong = [f"{f.code}: {f.message}" for rule in checks for f in rule.findings({**row, **values}, tables)]
    return " ".join(wrong) if wrong else values


def _ticked(row: Row, given: Mapping[str, Value], tables: Tables) -> tuple[list[Edit], int]:
    """Give the ticks of one call's questions and objections, and how many stay unknown."""
    edits: list[Edit] = []
    unknown = 0
    asked, raised, resolved = (_chosen(given.get(name), name) for name in TICKS)
    for place, question in enumerate(in_order(questions_of(row, tables)), 1):
        if question.get("asked") in ("Yes", "No"):
            continue
        tick = _tick(asked, place, known=question.get("answer") is not None)
        unknown += tick is None
        edits += [Edit("call_questions", str(question["id"]), "asked", tick)] if tick else []
    for place, objection in enumerate(in_order(objections_of(row, tables)), 1):
        came_up = objection.get("raised")
        if came_up not in ("Yes", "No"):
            came_up = _tick(raised, place, known=objection.get("resolved") == "Yes")
            unknown += came_up is None
            edits += [Edit("call_objections", str(objection["id"]), "raised", came_up)] if came_up else []
        if came_up == "Yes" and objection.get("resolved") not in ("Yes", "No"):
            done = _tick(resolved, place, known=False)
            edits += [Edit("call_objections", str(objection["id"]), "resolved", done)] if done else []
    return edits, unknown


def _chosen(text: Value, name: str) -> Callable[[int], bool] | None:
    """Read "1; 3", "all" or "none" as a choice of places, from 1; None where nothing was said."""
    if text is None:
        return None
    words = [fold(part) for part in str(text).replace(",", ";").split(";") if part.strip()]
    if words in ([ALL], [NONE]):
        return lambda _place: words == [ALL]
    if not words or not all(word.isdecimal() for word in words):
        raise WrongUse(
            f"{name}: '{text}' is not a list of numbers.", "Write the numbers of the rows, such as 1;3, or all, or none."
        )
    places = {int(word) for word in words}
    return lambda place: place in places


def _tick(chosen: Callable[[int], bool] | None, place: int, *, known: bool) -> str | None:
    if chosen is not None:
        return "Yes" if chosen(place) or known else "No"
    return "Yes" if known else None


# ── review ───────────────────────────────────────────────────────────────────────────────────────


def request_review(tables: Tables, request: Request) -> Patch:
    """Ask a peer or manager to look back on the selected held calls, or on all debriefed ones without a reviewer.

    Without a reviewer it is the owner's manager. The owner cannot be the reviewer. Raises WrongUse for
    somebody who is not known.
    """
    asked = request.parameters.get("reviewer")
    person = tables.find("people", asked) if asked is not None else None
    if asked is not None and (person is None or not words_of(person.get("email"))):
        raise WrongUse(f"There is no member {asked}.", "Give the e-mail address of a member.")
    edits: list[Edit] = []
    refused: list[Refusal] = []
    rows = _to_review(tables, request)
    for row in rows:
        reviewer = person.get("email") if person is not None else _manager_of(row, tables)
        reason = _why_not(row, reviewer, tables)
        if reason:
            refused.append(Refusal("calls", str(row["id"]), f"{call_name(row) or row['id']}: {reason}"))
        elif row.get("reviewer") is None:
            edits.append(Edit("calls", str(row["id"]), "reviewer", reviewer))
    message = f"{len(rows)} calls, {len(edits)} put into a reviewer's queue, {len(refused)} refused."
    return Patch(tuple(edits), refused=tuple(refused), message=message, rows_read=len(rows))


def _to_review(tables: Tables, request: Request) -> list[Row]:
    if request.records:
        return [row for record in request.records if (row := tables.get("calls", record)) is not None]
    return [
        row
        for row in sorted(tables.rows("calls"), key=when)
        if is_mine(row, tables) and row.get("status") == "Held" and is_debriefed(row) and row.get("reviewer") is None
    ]


def _manager_of(row: Row, tables: Tables) -> Value:
    person = tables.person(row.get("owner"))
    return person.get("manager") if person is not None else None


def _why_not(row: Row, reviewer: Value, tables: Tables) -> str:
    """Give the reason why a call cannot be reviewed by somebody, "" where it can."""
    if row.get("status") != "Held":
        return "only a held call can be reviewed."
    if row.get("reviewer") is not None:
        same = reviewer is None or tables.same_key("people", row["reviewer"]) == tables.same_key("people", reviewer)
        return "" if same else f"{row['reviewer']} is the reviewer already."
    if reviewer is None:
        return "nobody is the owner's manager; name a reviewer."
    if reviewed_by_self({**row, "reviewer": reviewer}, tables):
        return "who held the call cannot review it."
    return ""


def score_of_reviews(rows: Sequence[Row]) -> Decimal | None:
    """Give the mean review score of calls, those that their own owner reviewed left out; None where there is none."""
    scores = [
        score for row in rows if row.get("peer_reviewed") == "Yes" and (score := number_of(row.get("review_score"))) is not None
    ]
    return (sum(scores, Decimal(0)) / len(scores)).quantize(Decimal("0.01")) if scores else None
