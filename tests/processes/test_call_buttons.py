"""The buttons of the call process: Plan call, Check plan, Call sheet, Debrief, Request review, Rank objections."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from call_stand import ACCOUNTS, BOOK, DEBRIEFED, NOW, PEER, PEOPLE, REP, call, held, objection, question, view
from needing import needs

from sheetsales.call_measures import adherence, by_tier, tier_of_call
from sheetsales.call_sheet import call_sheet, make_call_sheets
from sheetsales.conversation import call_name, promises_to, review_queue
from sheetsales.conversation_plan import next_working_day, plan_call
from sheetsales.debriefing import request_review
from sheetsales.errors import WrongUse
from sheetsales.objection_report import rank_objections, ranked_objections
from sheetsales.process import Patch, Request, Row, Tables
from sheetsales.processes.calls import PROCESS, compute_call, today_lines
from sheetsales.values import Value
from sheetsales_workbooks.build import write_document

LIBRARIES: dict[str, list[Row]] = {
    name: [{"id": f"{name}-{n:03}", **row} for n, row in enumerate(rows)] for name, rows in PROCESS.defaults.items()
}
BUTTONS = {action.name: action for action in PROCESS.actions}


def desk(me: str = REP, /, **rows: Sequence[Row]) -> Tables:
    """A view with the libraries, as the member sees it."""
    return view(me, **{**LIBRARIES, **rows})


def press(name: str, tables: Tables, *records: str, **parameters: Value) -> Patch:
    action = BUTTONS[name]
    return action.plan(tables, Request(records, {**{p.name: p.default for p in action.parameters}, **parameters}))


def after(tables: Tables, patch: Patch) -> Tables:
    """Carry a patch out on the rows of a view, and compute what follows from the rows of the calls."""
    rows = {name: [dict(row) for row in tables.rows(name)] for name in BOOK.tables}
    for edit in patch.edits:
        next(row for row in rows[edit.table] if row["id"] == edit.record)[edit.column] = edit.value
    for number, new in enumerate(patch.new, 1):
        rows[new.table].append({"id": f"{new.table}-new-{number}", **new.values})
    found = BOOK.view(rows, tables.now, tables.me)
    return found.with_rows("calls", [{**row, **compute_call(row, found)} for row in found.rows("calls")])


def named(row: Row) -> Row:
    return {**row, "name": call_name(row)}


def added(patch: Patch, table: str, column: str) -> list[Value]:
    return [new.values.get(column) for new in patch.new if new.table == table]


# ── plan call ────────────────────────────────────────────────────────────────────────────────────


def test_plan_call_puts_carried_items_first_then_questions_of_the_step_and_objections_with_prepared_responses() -> None:
    before = named(held(1, 24, objective_type="Discover"))
    next_call = named(call(2, objective_type="Qualify"))
    left = question(1, asked="No", topic="Need", question="What does it cost you?")
    open_objection = objection(1, raised="Yes", resolved="No", prepared_response="Compare.", objection="Too dear.")
    tables = desk(calls=[before, next_call], call_questions=[left], call_objections=[open_objection])
    patch = press("calls.plan", tables)
    assert added(patch, "call_questions", "question") == [
        "What does it cost you?", "Is money set aside for this, and out of whose budget?", "Who signs, and who can stop it?",
    ]  # fmt: skip
    assert added(patch, "call_questions", "order") == [1, 2, 3]
    assert added(patch, "call_objections", "objection") == ["Too dear.", "There is no budget."]
    assert all(response for response in added(patch, "call_objections", "prepared_response"))
    assert added(patch, "call_questions", "carried_from") == [before["name"], None, None]
    assert {new.values["call"] for new in patch.new} == {next_call["name"]}
    assert patch.message == (
        "1 plans filled, 0 calls made: 2 items carried forward, 2 questions and 1 objections added."
    )  # fmt: skip
    again = press("calls.plan", after(tables, patch))
    assert (again.new, again.edits) == ((), ())


def test_plan_call_makes_one_call_with_an_account_and_the_same_button_again_makes_none() -> None:
    person: Row = {"id": "CN-1", "account": "Anchor Ltd", "name": "Ann Archer"}
    deal: Row = {"id": "OP-1", "name": "Pumps", "account": "Anchor Ltd", "stage": "Proposal", "outcome": "Open", "owner": REP}
    tables = desk(contacts=[person], opportunities=[deal])
    patch = press("calls.plan", tables, account="anchor ltd", objective="Agree the scope of the offer")
    made = next(new.values for new in patch.new if new.table == "calls")
    assert {name: made[name] for name in ("account", "contact", "opportunity", "planned_at", "objective_type", "status")} == {
        "account": "Anchor Ltd", "contact": "Ann Archer", "opportunity": "Pumps", "planned_at": datetime(2026, 5, 14, 9),
        "objective_type": "Propose", "status": "Planned",
    }  # fmt: skip
    assert set(added(patch, "call_questions", "call")) == {"Anchor Ltd 2026-05-14 09:00"}
    later = after(tables, patch)
    whole = compute_call(later.rows("calls")[0], later)
    assert (whole["plan_complete"], whole["plan_score"]) == ("Yes", 80)
    again = press("calls.plan", later, account="Anchor Ltd")
    assert (again.new, again.edits) == ((), ())


def test_an_account_can_be_selected_and_a_moment_asked_for_makes_another_call() -> None:
    tables = desk()
    patch = press("calls.plan", tables, "AC-2")
    assert added(patch, "calls", "account") == ["Birch AG"]
    moment = datetime(2026, 5, 20, 15)
    more = press("calls.plan", after(tables, patch), account="Birch AG", planned_at=moment)
    assert added(more, "calls", "planned_at") == [moment]
    twin = named(held(7, account="Birch AG", planned_at=moment))
    beside = press("calls.plan", desk(calls=[twin]), account="Birch AG", planned_at=moment)
    assert added(beside, "calls", "planned_at") == [moment + timedelta(minutes=1)]


@pytest.mark.parametrize(
    ("stage", "account_type", "step"),
    [
        pytest.param("Qualify", None, "Qualify", id="by the stage"),
        pytest.param("Solution", None, "Demo", id="a solution is shown"),
        pytest.param("Own stage", None, "Qualify", id="a stage of the team's own"),
        pytest.param(None, "Customer", "Service", id="a customer without a deal"),
        pytest.param(None, "Prospect", "Discover", id="a prospect"),
    ],
)
def test_the_kind_of_step_follows_the_stage_of_the_deal_until_the_rep_chooses(
    stage: str | None, account_type: str | None, step: str
) -> None:
    deal: Row = {"id": "OP-1", "name": "Pumps", "account": "Anchor Ltd", "stage": stage}
    one = call(1, opportunity="Pumps" if stage else None)
    accounts = [{**ACCOUNTS[0], "type": account_type}]
    patch = press("calls.plan", desk(calls=[one], opportunities=[deal], accounts=accounts))
    assert [(e.column, e.value) for e in patch.edits] == [("objective_type", step), ("plan_complete", "Yes")]
    chosen = press("calls.plan", desk(calls=[{**one, "objective_type": "Renew"}], opportunities=[deal], accounts=accounts))
    assert [e.column for e in chosen.edits] == ["plan_complete"]


def test_questions_keep_to_their_objectives_and_stages_and_what_was_answered_is_not_asked_again() -> None:
    library = [
        {"id": "QL-1", "question": "Only when closing?", "topic": "Need", "objective_types": "Close", "active": "Yes"},
        {"id": "QL-2", "question": "Only in Proposal?", "topic": "Need", "stages": "Proposal; Negotiate", "active": "Yes"},
        {"id": "QL-3", "question": "Retired?", "topic": "Need", "active": "No"},
        {"id": "QL-4", "question": "Answered before?", "topic": "Need", "active": "Yes"},
        {"id": "QL-5", "question": "For all?", "topic": "Other", "active": "Yes"},
    ]
    asked = question(1, of="CA-9", question="answered BEFORE?", asked="Yes")
    calls = [held(9, 48), call(1, objective_type="Discover")]
    patch = press("calls.plan", desk(calls=calls, call_questions=[asked], question_library=library))
    assert added(patch, "call_questions", "question") == ["For all?"]


def test_equal_questions_and_objections_keep_the_order_of_the_library_whatever_their_ids() -> None:
    library = [{**row, "id": f"QL-{99 - n}"} for n, row in enumerate(LIBRARIES["question_library"])]
    patch = press("calls.plan", desk(calls=[call(1, objective_type="Qualify")], question_library=library))
    assert added(patch, "call_questions", "question") == [
        "Is money set aside for this, and out of whose budget?", "Who signs, and who can stop it?",
        "By which date must it be in use, and what happens if it slips?",
    ]  # fmt: skip


def test_the_objection_that_most_often_stays_unresolved_is_prepared_first() -> None:
    lost = [objection(n, of="CA-9", objection="It lacks feature X.", raised="Yes", resolved="No") for n in range(3)]
    calls = [held(9, 48, account="Birch AG"), call(1, objective_type="Discover")]
    patch = press("calls.plan", desk(calls=calls, call_objections=lost))
    assert added(patch, "call_objections", "objection") == ["It lacks feature X.", "What we have is good enough."]


def test_what_a_rep_wrote_is_never_touched_and_a_blank_response_is_taken_from_the_library() -> None:
    mine = [
        objection(1, objection="It is too expensive.", prepared_response="My own words."),
        objection(2, objection="There is no budget."),
    ]
    questions = [question(n) for n in (1, 2, 3)]
    patch = press("calls.plan", desk(calls=[call(1, objective_type="Close")], call_questions=questions, call_objections=mine))
    assert patch.new == ()
    assert [(e.record, e.column) for e in patch.edits] == [("CO-2", "prepared_response"), ("CA-1", "plan_complete")]


def test_where_no_objection_is_expected_none_is_added() -> None:
    patch = press("calls.plan", desk(calls=[call(1, objective_type="Service", none_expected="Yes")]))
    assert added(patch, "call_objections", "objection") == []


def test_only_the_members_own_planned_calls_are_filled_unless_others_are_selected() -> None:
    other = call(2, owner=PEER, account="Birch AG")
    tables = desk(calls=[call(1), other, held(3), call(4, status="Cancelled")])
    assert set(added(press("calls.plan", tables), "call_questions", "call")) == {"CA-1"}
    assert set(added(press("calls.plan", tables, "CA-2"), "call_questions", "call")) == {"CA-2"}
    assert press("calls.plan", desk()).message == "No planned call to fill: write one in the tab Calls, or say for which account."


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        pytest.param({"account": "Nowhere"}, "no one account called Nowhere", id="account"),
        pytest.param({"account": "Birch AG", "opportunity": "None"}, "no one opportunity called None", id="opportunity"),
        pytest.param({"account": "Birch AG", "objective_type": "Chat"}, "'Chat' is no kind of step", id="kind of step"),
    ],
)
def test_what_is_not_there_is_wrong_use(parameters: Mapping[str, Value], words: str) -> None:
    with pytest.raises(WrongUse, match=words):
        press("calls.plan", desk(), **parameters)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        pytest.param(datetime(2026, 5, 13, 9), date(2026, 5, 14), id="Wednesday"),
        pytest.param(datetime(2026, 5, 15, 23), date(2026, 5, 18), id="Friday"),
        pytest.param(datetime(2026, 5, 16, 9), date(2026, 5, 18), id="Saturday"),
    ],
)
def test_a_new_call_stands_on_the_next_working_morning(now: datetime, day: date) -> None:
    assert next_working_day(BOOK.view({}, now)) == datetime(day.year, day.month, day.day, 9)


# ── check plan ───────────────────────────────────────────────────────────────────────────────────


def test_an_empty_plan_fails_check_plan_with_exactly_the_three_codes_and_with_none_expected_with_two() -> None:
    bare = [call(1, objective=None, success_test=None), call(2, objective=None, none_expected="Yes", account="Birch AG")]
    patch = press("calls.check_plan", desk(calls=bare))
    assert [[word.rstrip(":") for word in r.message.split() if word.startswith("CALL-")] for r in patch.refused] == [
        ["CALL-01", "CALL-02", "CALL-03"], ["CALL-01", "CALL-02"],
    ]  # fmt: skip
    assert patch.message == "2 plans checked: 0 complete, 2 lack something."
    assert {(e.record, e.column, e.value) for e in patch.edits} >= {("CA-1", "plan_complete", "No"), ("CA-2", "plan_score", 40)}


def test_a_complete_plan_passes_and_is_marked_so() -> None:
    tables = desk(calls=[call(1)], call_questions=[question(1)], call_objections=[objection(1)])
    patch = press("calls.check_plan", tables)
    assert patch.refused == ()
    assert patch.message == "1 plans checked: 1 complete, 0 lack something."
    assert press("calls.check_plan", after(tables, patch)).edits == ()


# ── call sheet ───────────────────────────────────────────────────────────────────────────────────


def sheet_desk() -> Tables:
    earlier = [named(held(n, 24 * 7 * n, objective=f"Step {n} of the decision", **DEBRIEFED)) for n in (2, 3, 4, 5)]
    due = named(call(1, opportunity="Pumps", objective_type="Qualify", contact="Ann Archer"))
    return desk(
        calls=[*earlier, due],
        contacts=[{"id": "CN-1", "account": "Anchor Ltd", "name": "Ann Archer", "title": "Head of production", "phone": "0044 20 1"}],
        opportunities=[{"id": "OP-1", "name": "Pumps", "account": "Anchor Ltd", "stage": "Qualify", "amount": Decimal(48000),
                        "next_step": "Send the sizing sheet", "next_step_date": date(2026, 5, 20)}],
        call_questions=[
            question(2, topic="Timing", question="By which date must it be in use, and what happens if it slips?"),
            question(1, topic="Need", question="=What is not working?", carried_from=earlier[0]["name"]),
        ],
        call_objections=[objection(1, objection="It is too expensive.", prepared_response="Compare with the cost of the problem."),
                         objection(2, of="CA-2", objection="It is too expensive.", raised="Yes", resolved="No")],
    )  # fmt: skip


def test_a_call_sheet_has_objective_questions_by_topic_objections_with_responses_three_calls_and_open_promises() -> None:
    tables = sheet_desk()
    page = call_sheet(tables.rows("calls")[-1], tables)
    assert [section.text for section in page.sections] == ["Learn who signs the order", "A name and a title"]
    assert [(row[0], row[2]) for row in page.rows] == [("Need", "2026-04-29"), ("Timing", "")]
    assert str(page.rows[1][1]).endswith("\nGood: A date and a consequence.")
    objections, last = page.grids
    assert objections.rows == (("", "It is too expensive.", "1 of 1 unresolved", "☐", "Compare with the cost of the problem."),)
    assert [row[1] for row in last.rows] == ["Step 2 of the decision", "Step 3 of the decision", "Step 4 of the decision"]
    assert page.closing[0].text == "☐ Send the offer (20 May 2026)\n☐ Send the sizing sheet (20 May 2026)"
    assert dict(page.facts)["Opportunity"] == "Pumps: Qualify, 48,000.00"
    assert page.parties[0].lines == ("Ann Archer", "Head of production", "0044 20 1")


def test_without_a_selection_the_calls_of_today_and_tomorrow_are_printed_and_no_row_changes() -> None:
    tables = desk(calls=[named(call(1)), named(call(30)), named(call(60)), named(call(2, owner=PEER)), named(held(3))])
    patch = press("calls.call_sheet", tables)
    assert [document.day for document in patch.documents] == [date(2026, 5, 13), date(2026, 5, 14)]
    assert (patch.edits, patch.new, patch.message) == ((), (), "2 call sheets made.")
    nothing = press("calls.call_sheet", desk(), "CA-9")
    assert nothing.documents == ()
    assert "select the calls to print" in nothing.message


def test_promises_from_before_the_last_call_were_taken_up_in_it() -> None:
    old = held(1, 24 * 30, next_step="Send the list", next_step_date=date(2026, 4, 20))
    new = held(2, 24, next_step="Send the offer", next_step_date=date(2026, 5, 15))
    tables = desk(calls=[old, new])
    assert promises_to("Anchor Ltd", None, NOW, tables, 3) == [(date(2026, 5, 15), "Send the offer")]


def pages(path: Path) -> int:
    """Count the pages of a PDF."""
    data = path.read_bytes()
    return data.count(b"/Type/Page\n") + data.count(b"/Type/Page/")


@needs("soffice")
def test_a_call_sheet_is_printed_on_one_page_also_with_the_longest_texts(tmp_path: Path) -> None:
    tables = sheet_desk()
    page = call_sheet(tables.rows("calls")[-1], tables)
    long = call_sheet({**tables.rows("calls")[-1], "objective": "word " * 390, "success_test": "word " * 390}, tables)
    assert all(len(section.text) <= 400 for section in long.sections)
    assert (page.kind, page.name) == ("call-sheets", "Call sheet Anchor Ltd 2026-05-13 1000")
    for name, document in (("short", page), ("long", long)):
        for ending, data in write_document(document).items():
            (tmp_path / f"{name}-{ending[1:]}{ending}").write_bytes(data)
    files = sorted(map(str, tmp_path.iterdir()))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    words = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path / "out"), *files]
    subprocess.run(words, check=True, capture_output=True)
    found = {path.stem: pages(path) for path in (tmp_path / "out").iterdir()}
    assert {name: found[name] for name in ("short-xlsx", "short-docx", "long-xlsx")} == {
        "short-xlsx": 1, "short-docx": 1, "long-xlsx": 1,
    }  # fmt: skip


# ── debrief ──────────────────────────────────────────────────────────────────────────────────────


def test_debrief_fills_blank_fields_and_ticks_what_was_said() -> None:
    one = held(1)
    tables = desk(
        calls=[one], call_questions=[question(1), question(2), question(3, asked="Yes")],
        call_objections=[objection(1), objection(2), objection(3, raised="No")],
    )  # fmt: skip
    patch = press("calls.debrief", tables, "CA-1", objective_met="partly", went_well="They spoke first.", improve="Ask the date.",
                  asked="1; 3", raised="2", resolved="none")  # fmt: skip
    assert {(e.record, e.column): e.value for e in patch.edits} == {
        ("CA-1", "objective_met"): "Partly", ("CA-1", "went_well"): "They spoke first.", ("CA-1", "improve"): "Ask the date.",
        ("CQ-1", "asked"): "Yes", ("CQ-2", "asked"): "No",
        ("CO-1", "raised"): "No", ("CO-2", "raised"): "Yes", ("CO-2", "resolved"): "No",
    }  # fmt: skip
    assert patch.message == "1 calls looked at, 5 rows changed, 0 debriefs still open."
    done = after(tables, patch)
    assert compute_call(done.rows("calls")[0], done)["debriefed_at"] == NOW
    assert press("calls.debrief", done).message == "Every held call is debriefed."


def test_debrief_tells_what_is_still_open_and_claims_nothing_that_nobody_said() -> None:
    tables = desk(
        calls=[held(1, went_well="All of it")],
        call_questions=[question(1, answer="The board."), question(2)],
        call_objections=[objection(1, resolved="Yes"), objection(2)],
    )
    patch = press("calls.debrief", tables)
    assert {(e.record, e.column, e.value) for e in patch.edits} == {("CQ-1", "asked", "Yes"), ("CO-1", "raised", "Yes")}
    assert [r.message for r in patch.refused] == [
        "Anchor Ltd 2026-05-13 08:00: fill Objective met, Improve; say of 2 questions and objections whether they came up."
    ]


def test_debrief_never_writes_over_what_a_rep_wrote() -> None:
    tables = desk(calls=[held(1, improve="My words")])
    patch = press("calls.debrief", tables, "CA-1", improve="Other words", went_well="Yes")
    assert [(e.column, e.value) for e in patch.edits] == [("went_well", "Yes")]


def test_an_incomplete_plan_never_keeps_a_call_from_being_held() -> None:
    past = call(1, planned_at=NOW - timedelta(hours=2), objective=None)
    patch = press("calls.debrief", desk(calls=[past]), "CA-1")
    assert {(e.column, e.value) for e in patch.edits} == {("status", "Held"), ("held_at", NOW - timedelta(hours=2))}


@pytest.mark.parametrize(
    ("one", "parameters", "words"),
    [
        pytest.param(call(1), {}, "has not taken place yet", id="planned for later"),
        pytest.param(call(1, status="No-show"), {}, "only a held call is debriefed", id="nobody came"),
        pytest.param(held(1, 5), {"objective_met": "Perhaps"}, "is not one of: Yes, Partly, No", id="no such answer"),
        pytest.param(held(1, 5, duration_min=None), {"duration_min": 481}, "CALL-05", id="too long"),
        pytest.param(
            held(1, 5, next_step_date=None), {"next_step_date": date(2026, 5, 1)}, "CALL-06", id="a step before the call"
        ),
        pytest.param(call(1), {"held_at": NOW + timedelta(hours=1)}, "has not taken place yet", id="held in the future"),
    ],
)
def test_a_call_that_cannot_be_debriefed_is_refused_with_the_reason(
    one: Row, parameters: Mapping[str, Value], words: str
) -> None:
    patch = press("calls.debrief", desk(calls=[one]), "CA-1", **parameters)
    assert patch.edits == ()
    assert words in patch.refused[0].message


def test_a_debrief_is_written_of_one_call_at_a_time_and_ticks_are_numbers() -> None:
    tables = desk(calls=[held(1), held(2)])
    with pytest.raises(WrongUse, match="Select one call"):
        press("calls.debrief", tables, went_well="All")
    with pytest.raises(WrongUse, match="asked: 'the first' is not a list of numbers"):
        press("calls.debrief", tables, "CA-1", asked="the first")


# ── review ───────────────────────────────────────────────────────────────────────────────────────

TEAM: list[Row] = [
    {**PEOPLE[0], "manager": "boss@example.com"},
    PEOPLE[1],
    {"id": "PE-3", "email": "boss@example.com", "name": "Bo"},
]


def test_a_review_is_asked_of_the_manager_unless_a_peer_is_named() -> None:
    done = held(1, **DEBRIEFED)
    tables = desk(people=TEAM, calls=[done, held(2)])
    assert [(e.record, e.value) for e in request_review(tables, Request()).edits] == [("CA-1", "boss@example.com")]
    named_peer = press("calls.request_review", tables, "CA-2", reviewer=PEER)
    assert [(e.record, e.value) for e in named_peer.edits] == [("CA-2", PEER)]


@pytest.mark.parametrize(
    ("one", "reviewer", "words"),
    [
        pytest.param(held(1), REP, "who held the call cannot review it", id="the owner"),
        pytest.param(call(1), PEER, "only a held call can be reviewed", id="not held"),
        pytest.param(held(1, reviewer="boss@example.com"), PEER, "boss@example.com is the reviewer already", id="asked already"),
        pytest.param(held(1, owner=PEER), None, "nobody is the owner's manager", id="no manager"),
    ],
)
def test_a_review_that_cannot_be_is_refused(one: Row, reviewer: str | None, words: str) -> None:
    patch = press("calls.request_review", desk(people=TEAM, calls=[one]), "CA-1", reviewer=reviewer)
    assert patch.edits == ()
    assert words in patch.refused[0].message
    with pytest.raises(WrongUse, match="no member"):
        press("calls.request_review", desk(people=TEAM, calls=[one]), "CA-1", reviewer="who@example.com")


def test_a_review_stands_in_the_reviewers_queue_until_it_has_a_score() -> None:
    waiting, scored, own = (held(n, reviewer=reviewer, **more) for n, reviewer, more in (
        (1, PEER, {}), (2, PEER, {"review_score": 4}), (3, REP, {})))  # fmt: skip
    tables = desk(PEER, calls=[waiting, scored, own])
    assert [row["id"] for row in review_queue(tables, PEER)] == ["CA-1"]
    assert [(line.record, line.text, line.why) for line in today_lines(tables)] == [
        ("CA-1", "Review the call with Anchor Ltd", f"{REP} asked for your review.")
    ]
    assert review_queue(tables, REP) == []


def test_the_score_of_a_review_by_the_owner_does_not_count_and_by_another_person_it_does() -> None:
    scored = [
        held(1, reviewer=PEER, review_score=4),
        held(2, reviewer=PEER, review_score=3),
        held(3, reviewer=REP, review_score=5),
    ]
    tables = desk(calls=[{**row, **compute_call(row, desk(calls=[row]))} for row in scored])
    measure = next(m for m in PROCESS.measures if m.name == "review_score")
    figure = measure.compute(tables, date(2026, 5, 11), date(2026, 5, 17))
    assert (figure.value, figure.n, figure.records) == (Decimal("3.50"), 2, ("CA-1", "CA-2"))


# ── objections, and tiers ────────────────────────────────────────────────────────────────────────


def test_an_objection_raised_5_times_and_unresolved_4_ranks_before_one_raised_10_times_and_unresolved_2() -> None:
    rows = [objection(n, objection="A", raised="Yes", resolved="No" if n < 2 else "Yes") for n in range(10)]
    rows += [
        objection(20 + n, objection="B", raised="Yes", resolved="No" if n < 4 else "Yes", solution_idea="Show it." if n else None)
        for n in range(5)
    ]
    rows += [objection(40, objection="Never raised", raised="No")]
    tables = desk(call_objections=rows)
    assert ranked_objections(tables) == [("B", 5, 4), ("A", 10, 2)]
    patch = rank_objections(tables, Request())
    assert patch.message == "2 objections ranked: B 4 of 5 unresolved; A 2 of 10 unresolved."
    assert patch.documents[0].rows[0] == (Decimal(4), "B", Decimal(5), Decimal("0.80"), "Show it.")
    assert (patch.edits, patch.new) == ((), ())
    assert "No objection was raised yet" in rank_objections(desk(), Request()).message


def test_24_planned_and_18_held_calls_are_three_quarters_split_by_tier_and_summing_to_the_total() -> None:
    book = BOOK.view(
        {
            "people": PEOPLE,
            "accounts": [*ACCOUNTS, {"id": "AC-3", "name": "Cedar"}],
            "territory_accounts": [
                {"id": "TA-1", "account": "Anchor Ltd", "owner": REP, "tier": "A"},
                {"id": "TA-2", "account": "AC-2", "owner": REP, "tier": "B"},
                {"id": "TA-3", "account": "Cedar", "owner": PEER, "tier": "A"},
            ],
            "calls": [
                *(held(n) for n in range(10)), *(call(n) for n in range(10, 12)),
                *(held(n, account="Birch AG") for n in range(12, 17)), *(call(n, account="Birch AG") for n in range(17, 20)),
                *(held(n, account="Cedar") for n in range(20, 23)), call(23, account="Cedar"),
            ],
        },
        NOW,
    )  # fmt: skip
    week = (date(2026, 5, 11), date(2026, 5, 17))
    lines = by_tier(book, *week)
    assert [(line.tier, line.planned, line.held, line.adherence) for line in lines] == [
        ("A", 12, 10, Decimal("0.833333")), ("B", 8, 5, Decimal("0.625000")), ("C", 0, 0, None), ("", 4, 3, Decimal("0.750000")),
    ]  # fmt: skip
    total = adherence(book, *week)
    assert (sum(line.planned for line in lines), sum(line.held for line in lines)) == (24, 18) == (total.n, len(total.records))
    assert total.value == Decimal("0.75")
    of_a = next(m for m in PROCESS.measures if m.name == "adherence_a").compute(book, *week)
    assert (of_a.value, of_a.n) == (Decimal("0.833333"), 12)
    assert tier_of_call(call(1, account="Nobody"), book) == ""
    assert make_call_sheets(book, Request(("CA-0",))).documents[0].subtitle == "Anchor Ltd"
    assert plan_call(book, Request(("CA-0",))).new == ()
