"""Call sheet: one printed page for a conversation, with room to write beside each question and objection.

Pure: rows in, a document out. The page supports the call and leaves room to depart from the plan.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sheetsales.conversation import (
    EARLIEST,
    call_name,
    in_order,
    is_mine,
    last_held,
    objection_figures,
    objections_of,
    promises_to,
    questions_of,
    when,
)
from sheetsales.document import Document, Entry, Grid, Heading, Party, Section, day_in_words
from sheetsales.process import Patch, Refusal, Request, Row, Tables
from sheetsales.values import Value, day_of, moment_of, number_of, words_of

FOLDER: Final = "call-sheets"
LAST_CALLS: Final = 3  # of the account, shown on the page
LONGEST: Final = 400  # characters of one cell on the page; a whole page of one answer helps nobody
AHEAD_DAYS: Final = 1  # without a selection: calls up to tomorrow
TOPICS: Final = ("Need", "Budget", "Authority", "Timing", "Process", "Competition", "Other")
WIDTHS: Final = (11.0, 0.0, 12.0, 9.0, 33.0)  # characters of the five columns of every table; 0 takes what is left
BLANK: Final = "☐"


def make_call_sheets(tables: Tables, request: Request) -> Patch:
    """Make the page of each selected call, or of the member's planned calls up to tomorrow. Changes no row."""
    if request.records:
        rows = [row for record in request.records if (row := tables.get("calls", record)) is not None]
    else:
        last = tables.today + timedelta(days=AHEAD_DAYS)
        rows = [
            row
            for row in tables.rows("calls")
            if row.get("status") == "Planned" and is_mine(row, tables) and tables.today <= (day_of(row.get("planned_at")) or last)
        ]
        rows = [row for row in rows if (day_of(row.get("planned_at")) or last) <= last]
    rows = sorted(rows, key=when)
    ready = [row for row in rows if call_name(row) is not None]
    refused = tuple(
        Refusal("calls", str(row["id"]), f"{row['id']}: account or planned time is missing.") for row in rows if row not in ready
    )
    documents = tuple(call_sheet(row, tables) for row in ready)
    message = (
        f"{len(documents)} call sheets made." if rows else "No call is planned for today or tomorrow: select the calls to print."
    )
    return Patch(refused=refused, message=message, rows_read=len(rows), documents=documents)


def call_sheet(row: Row, tables: Tables) -> Document:
    """Give the page of one call: objective and test, questions by topic, objections with responses, what went before."""
    planned = moment_of(row.get("planned_at")) or tables.now
    deal = tables.find("opportunities", row.get("opportunity"))
    facts: list[tuple[str, Entry]] = [
        ("When", f"{day_in_words(planned.date())}, {planned:%H:%M}"),
        ("How", words_of(row.get("channel"))),
        ("Step", words_of(row.get("objective_type"))),
    ]
    if deal is not None:
        amount = number_of(deal.get("amount"))
        worth = f", {amount:,.2f} {words_of(deal.get('ccy'))}".rstrip() if amount is not None else ""
        facts.append(("Opportunity", f"{words_of(deal.get('name'))}: {words_of(deal.get('stage'))}{worth}"))
    return Document(
        name=f"Call sheet {row.get('account')} {planned:%Y-%m-%d %H%M}",
        kind=FOLDER,
        title="Call sheet",
        subtitle=_short(row.get("account")),
        day=planned.date(),
        currency="",
        parties=(Party("With", _person(row, tables)),),
        facts=tuple((label, value) for label, value in facts if value),
        sections=(
            Section("Objective", _short(row.get("objective")) or "Not written yet."),
            Section("It is met when", _short(row.get("success_test")) or "Not written yet."),
        ),
        headings=_headings("Topic", "Question", "Open since", "Asked", "What they said"),
        rows=_questions(row, tables),
        totals=(),
        closing=_promises(row, planned, tables),
        signatures=(),
        grids=tuple(grid for grid in (_objections(row, tables), _last_calls(row, tables)) if grid.rows),
        one_page=True,
    )


def _headings(*words: str) -> tuple[Heading, ...]:
    return tuple(Heading(word, width=width) for word, width in zip(words, WIDTHS, strict=True))


def _short(value: Value) -> str:
    """Give a text that fits a cell of the page, on as few lines as it was written."""
    text = words_of(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def _person(row: Row, tables: Tables) -> tuple[str, ...]:
    person = tables.find("contacts", row.get("contact"))
    if person is None:
        return (words_of(row.get("contact")) or "Nobody is named yet.",)
    lines = [words_of(person.get(name)) for name in ("name", "title", "phone", "email")]
    if person.get("opted_out") == "Yes":
        lines.append("Wants no e-mail from us.")
    return tuple(line for line in lines if line)


def _questions(row: Row, tables: Tables) -> tuple[tuple[Entry, ...], ...]:
    """Give the questions by topic, in the order of the topics; those of earlier calls say so."""
    places = {topic: place for place, topic in enumerate(TOPICS)}
    rows = sorted(in_order(questions_of(row, tables)), key=lambda q: places.get(words_of(q.get("topic")), len(places)))
    good = {
        str(q["id"]): words_of(hits[0].get("good_answer"))
        for q in rows
        if (hits := tables.where("question_library", "question", q.get("question")))
    }
    return tuple(
        (
            words_of(q.get("topic")),
            _short(q.get("question")) + (f"\nGood: {good[str(q['id'])]}" if good.get(str(q["id"])) else ""),
            _open_since(q, tables),
            {"Yes": "Yes", "No": "No"}.get(str(q.get("asked")), BLANK),
            _short(q.get("answer")),
        )
        for q in rows
    ) or (("", "No question yet.", "", "", ""),)


def _open_since(item: Row, tables: Tables) -> str:
    """Give the day of the call in which an item was left open."""
    call = tables.find("calls", item.get("carried_from"))
    day = day_of(call.get("held_at")) if call is not None else None
    return day.isoformat() if day is not None else "an earlier call" if item.get("carried_from") is not None else ""


def _objections(row: Row, tables: Tables) -> Grid:
    rows: list[tuple[Entry, ...]] = []
    if row.get("none_expected") == "Yes":
        rows.append(("", "None expected.", "", "", ""))
    for objection in objections_of(row, tables):
        raised, unresolved = objection_figures(objection.get("objection"), tables)
        rows.append(
            (
                _open_since(objection, tables),
                _short(objection.get("objection")),
                f"{unresolved} of {raised} unresolved" if raised else "",
                {"Yes": "Yes", "No": "No"}.get(str(objection.get("raised")), BLANK),
                _short(objection.get("prepared_response")) + _idea(objection),
            )
        )
    return Grid("What they may object", _headings("Open since", "Objection", "So far", "Raised", "What to say"), tuple(rows))


def _idea(objection: Row) -> str:
    idea = _short(objection.get("solution_idea"))
    return f"\nIdea: {idea}" if idea else ""


def _last_calls(row: Row, tables: Tables) -> Grid:
    rows = tuple(
        (
            f"{moment:%Y-%m-%d}" if (moment := moment_of(call.get("held_at"))) is not None else "",
            _short(call.get("objective")),
            words_of(call.get("objective_type")),
            words_of(call.get("objective_met")),
            _short(call.get("improve")) or _short(call.get("went_well")),
        )
        for call in last_held(row.get("account"), when(row)[0], tables, LAST_CALLS)
    )
    return Grid("The last calls", _headings("Held", "Objective", "Step", "Met", "To do better"), rows)


def _promises(row: Row, planned: Value, tables: Tables) -> tuple[Section, ...]:
    """Give what is still promised, and room for what will be agreed."""
    before = moment_of(planned) or EARLIEST
    lines = [
        f"{BLANK} {step}" + (f" ({day_in_words(due)})" if due is not None else "")
        for due, step in promises_to(row.get("account"), row.get("opportunity"), before, tables, LAST_CALLS)
    ]
    found = [Section("Promised and open", "\n".join(lines))] if lines else []
    return (*found, Section("Next step: who does what by when", "\n \n"))
