"""Moving opportunities on: the buttons Advance stage, Close, Reopen, Check and Log touch, as pure planners.

A gate stops the button and lists exactly what is missing; what a rep types into the sheet it never stops.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from sheetsales.exit_criteria import LOST, WON, engaged_since, missing_to_reach, order_of, outcome_of, stage_row
from sheetsales.process import Edit, NewRow, Patch, Refusal, Request, Row, Tables, policy_number
from sheetsales.qualification import OVERRIDE_LENGTH, overrides
from sheetsales.stage_log import called, events_of, stage_left
from sheetsales.stakeholder_map import coverage, is_mine, people_of, risks
from sheetsales.values import Value, day_of, fold, moment_of, number_of, words_of

OPPORTUNITIES: Final = "opportunities"
TOLD: Final = 5  # opportunities named by a check; all of them say it in their rows
CHOOSE: Final = "Choose the opportunities first: this button moves only rows that are selected. Nothing was moved."

Decision = dict[str, Value] | str  # the cells to write, or why not


# ── moving on ────────────────────────────────────────────────────────────────────────────────────


def advance(tables: Tables, request: Request) -> Patch:
    """Move the selected opportunities to the next stage, or the one named, where nothing is missing or a reason is given.

    Parameters: stage (blank: the next one), reason (overrules the gate). Without a selection nothing is moved; with a
    stage named it is then said what each lacks.
    """
    wanted, reason = words_of(request.parameters.get("stage")), request.parameters.get("reason")

    def decide(row: Row) -> Decision:
        stage = _stage_named(wanted, tables) if wanted else _next_stage(row, tables)
        if stage is None:
            return (
                f"There is no stage '{wanted}'. {_known_stages(wanted, tables)}"
                if wanted
                else "There is no stage after this one."
            )
        if fold(stage) in (WON, LOST) and not wanted:
            return "The next step is to close it: press Close."
        return move(row, tables, stage, reason)

    if not request.records:
        return _only_said(tables, wanted, decide)
    return _patch(tables, request, decide, "moved")


def _only_said(tables: Tables, wanted: str, decide: Callable[[Row], Decision]) -> Patch:
    refused = []
    for row in _selected(tables, Request()) if wanted else []:
        decided = decide(row)
        if outcome_of(row) == "Open" and isinstance(decided, str):
            refused.append(Refusal(OPPORTUNITIES, str(row["id"]), f"{words_of(row.get('name'))}: {decided}"))
    return Patch(refused=tuple(refused), message=CHOOSE, rows_read=len(tables.rows(OPPORTUNITIES)))


def close(tables: Tables, request: Request) -> Patch:
    """Close the selected opportunities as won or lost; lost asks for the reason, won for the exit criteria.

    Parameters: outcome (Won or Lost), on (day; blank: today), lost_reason, lost_to, reason (overrules the gate).
    """
    given = request.parameters
    stage = _stage_named(words_of(given.get("outcome")) or "Won", tables)
    day = day_of(given.get("on")) or tables.today

    def decide(row: Row) -> Decision:
        if stage is None or fold(stage) not in (WON, LOST):
            return "The outcome is Won or Lost."
        if outcome_of(row) != "Open":
            return f"It is {outcome_of(row)} already."
        if day > tables.today:
            return f"It cannot be closed on {day}, a day in the future."
        filled = {name: given[name] for name in ("lost_reason", "lost_to") if given.get(name) is not None}
        decided = move({**row, **filled}, tables, stage, given.get("reason"))
        return decided if isinstance(decided, str) else {**filled, **decided, "close_date": day}

    if not request.records:
        return Patch(message=CHOOSE, rows_read=len(tables.rows(OPPORTUNITIES)))
    return _patch(tables, request, decide, "closed")


def reopen(tables: Tables, request: Request) -> Patch:
    """Open the selected closed opportunities again, in the stage they stood in before; why they were lost is cleared.

    Parameter: stage (blank: as the log says, else the first one). The log keeps what was.
    """
    wanted = words_of(request.parameters.get("stage"))

    def decide(row: Row) -> Decision:
        if outcome_of(row) == "Open":
            return "It is open already."
        stage = _stage_named(wanted or stage_left(row, tables) or _first_stage(tables), tables)
        if stage is None or fold(stage) in (WON, LOST):
            return f"It needs an open stage, not '{wanted}'. {_known_stages(wanted, tables)}"
        return {"stage": stage, "lost_reason": None, "lost_to": None}

    if not request.records:
        return Patch(message=CHOOSE, rows_read=len(tables.rows(OPPORTUNITIES)))
    return _patch(tables, request, decide, "opened again")


def move(row: Row, tables: Tables, stage: str, reason: Value = None) -> Decision:
    """Give the cells of a move to a stage, or the sentence that stops it.

    Backward nothing is asked; to Lost a reason (and the competitor) alone; forward the exit criteria of every stage
    passed, unless a reason of this move overrules them. reason: of the button; blank takes the row's own.
    """
    here, there = order_of(tables, row.get("stage")), order_of(tables, stage)
    if here is None or there is None:
        return f"The stage '{words_of(row.get('stage'))}' is not in the list of stages, so nothing can be asked of it."
    if here == there:
        return {}
    if fold(stage) == LOST:
        return _lost(row, stage)
    if outcome_of(row) == "Lost" and fold(stage) == WON:
        return "It is Lost: open it again first."
    missing = missing_to_reach(row, tables, stage, engaged_since(tables)) if outcome_of(row) == "Open" else []
    if not missing:
        return {"stage": stage}
    sentence = f"Cannot move to {stage}. Missing: {', '.join(missing)}."
    why = reason if reason is not None else row.get("override_reason")
    if not overrides(why):
        short = f" A reason needs {OVERRIDE_LENGTH} characters or more." if why is not None else ""
        return f"{sentence}{short}"
    if fold(why) in {fold(event.get("override_reason") or "") for event in events_of(row, tables)}:
        return f"{sentence} The reason was used for an earlier move: say why this one goes on."
    return {"stage": stage, "override_reason": why}


def _lost(row: Row, stage: str) -> Decision:
    if row.get("lost_reason") is None:
        return "Lost needs a reason."
    if row.get("lost_reason") == "Competitor" and row.get("lost_to") is None:
        return "Lost to a competitor: which one?"
    return {"stage": stage}


# ── stages ───────────────────────────────────────────────────────────────────────────────────────


def _ordered(tables: Tables) -> list[tuple[int, str]]:
    places = [(order_of(tables, row.get("name")), words_of(row.get("name"))) for row in tables.rows("stages")]
    return sorted((place, name) for place, name in places if place is not None)


def _next_stage(row: Row, tables: Tables) -> str | None:
    here = order_of(tables, row.get("stage"))
    later = [name for place, name in _ordered(tables) if here is not None and place > here and fold(name) != LOST]
    return later[0] if later and outcome_of(row) == "Open" else None


def _first_stage(tables: Tables) -> str:
    return next((name for _, name in _ordered(tables)), "")


def _stage_named(name: str, tables: Tables) -> str | None:
    row = stage_row(tables, name)
    return words_of(row.get("name")) if row is not None else None


def _known_stages(name: str, tables: Tables) -> str:
    names = [one for _, one in _ordered(tables)]
    near = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {near[0]}?" if near else f"Stages are: {', '.join(names)}."


# ── check and touch ──────────────────────────────────────────────────────────────────────────────


def check_opportunities(tables: Tables, request: Request, compute: Callable[[Row, Tables], Mapping[str, Value]]) -> Patch:
    """Recompute what is missing, covered and at risk of the selected opportunities, or of all open ones; say the worst."""
    rows = [row for row in _selected(tables, request) if outcome_of(row) == "Open"]
    edits, told = [], []
    for row in rows:
        after = compute(row, tables)
        edits += [Edit(OPPORTUNITIES, str(row["id"]), name, value) for name, value in after.items() if row.get(name) != value]
        missing, endangered = words_of(after.get("missing_exit")), risks({**row, **after}, tables)
        if missing or endangered:
            parts = [
                f"missing {missing}" if missing else "",
                coverage(row, tables),
                f"risks: {', '.join(endangered)}" if endangered else "",
            ]
            told.append(
                (
                    -(number_of(row.get("amount")) or 0),
                    str(row["id"]),
                    f"{words_of(row.get('name'))}: {'; '.join(p for p in parts if p)}.",
                )
            )
    lines = " ".join(text for _, _, text in sorted(told)[:TOLD])
    more = f" And {len(told) - TOLD} more, each in its row." if len(told) > TOLD else ""
    message = f"{len(rows)} open opportunities read, {len(told)} with something missing or at risk. {lines}{more}".strip()
    return Patch(tuple(edits), message=message, rows_read=len(rows))


def log_touch(tables: Tables, request: Request, methods: tuple[str, ...], tactics: tuple[str, ...]) -> Patch:
    """Note a touch of the selected opportunities now, with the stage they stand in; a person named counts as engaged today.

    Parameters: method, tactic, two_way (Yes or No), person. The same touch within `touch_again` minutes is noted once.
    """
    given = request.parameters
    method, wrong = _one_of(given.get("method") or "Call", methods, "method")
    tactic, wrong_too = _one_of(given.get("tactic"), tactics, "tactic")
    two_way, wrong_three = _one_of(given.get("two_way"), ("Yes", "No"), "two_way")
    problem = (
        wrong
        or wrong_too
        or wrong_three
        or ("" if request.records else CHOOSE.replace("moves", "writes").replace("moved", "noted"))
    )
    if problem:
        return Patch(message=problem, rows_read=len(tables.rows(OPPORTUNITIES)))
    edits, new, refused = [], [], []
    rows = _selected(tables, request)
    for row in rows:
        person = _person(row, given.get("person"), tables)
        if isinstance(person, str):
            refused.append(Refusal(OPPORTUNITIES, str(row["id"]), f"{words_of(row.get('name'))}: {person}"))
            continue
        if person is not None and person.get("engaged_on") != tables.today:
            edits.append(Edit("stakeholders", str(person["id"]), "engaged_on", tables.today))
        if not _touched_just_now(row, tables, method, tactic):
            new.append(NewRow("touches", {
                "opportunity": called(row, tables), "at": tables.now, "method": method, "tactic": tactic, "two_way": two_way,
                "stage_at": row.get("stage"), "owner": row.get("owner") or tables.me or None,
            }))  # fmt: skip
    message = f"{len(new)} touches noted, {len(rows) - len(new) - len(refused)} noted before, {len(refused)} refused."
    return Patch(tuple(edits), tuple(new), tuple(refused), message, len(rows))


def _one_of(value: Value, choices: tuple[str, ...], name: str) -> tuple[str | None, str]:
    if value is None:
        return None, ""
    found = next((choice for choice in choices if fold(choice) == fold(value)), None)
    return found, "" if found else f"{name}: '{value}' is not one of: {', '.join(choices)}."


def _person(row: Row, name: Value, tables: Tables) -> Row | str | None:
    if name is None:
        return None
    people = people_of(row, tables)
    found = [person for person in people if fold(person.get("person") or "") == fold(name)]
    known = ", ".join(words_of(person.get("person")) for person in people) or "nobody yet"
    return found[0] if found else f"no stakeholder called '{name}'. Known: {known}."


def _touched_just_now(row: Row, tables: Tables, method: str | None, tactic: str | None) -> bool:
    since = tables.now - timedelta(minutes=int(policy_number(tables, "opportunities.touch_again")))
    return any(
        (at := moment_of(touch.get("at"))) is not None
        and since <= at <= tables.now
        and (touch.get("method"), touch.get("tactic")) == (method, tactic)
        for touch in tables.children("touches", "opportunity", OPPORTUNITIES, row)
    )


# ── the patch ────────────────────────────────────────────────────────────────────────────────────


def _selected(tables: Tables, request: Request) -> list[Row]:
    rows = [row for row in tables.rows(OPPORTUNITIES) if not request.records or str(row["id"]) in request.records]
    return sorted((row for row in rows if request.records or is_mine(row, tables)), key=lambda row: str(row["id"]))


def _patch(tables: Tables, request: Request, decide: Callable[[Row], Decision], done: str) -> Patch:
    edits: list[Edit] = []
    refused: list[Refusal] = []
    rows = _selected(tables, request)
    for row in rows:
        decided = decide(row)
        if isinstance(decided, str):
            refused.append(Refusal(OPPORTUNITIES, str(row["id"]), f"{words_of(row.get('name'))}: {decided}"))
        else:
            edits += [
                Edit(OPPORTUNITIES, str(row["id"]), name, value) for name, value in decided.items() if row.get(name) != value
            ]
    changed = len({edit.record for edit in edits})
    message = f"{len(rows)} opportunities read, {changed} {done}, {len(refused)} refused."
    return Patch(tuple(edits), refused=tuple(refused), message=message, rows_read=len(rows))
