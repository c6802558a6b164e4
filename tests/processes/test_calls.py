"""Call management: every check both ways, the frozen plan, what is carried forward, the queue, measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from call_stand import (
    BOOK,
    DEBRIEFED,
    NOW,
    PEER,
    PEOPLE,
    REP,
    TODAY,
    as_rows,
    call,
    carried,
    held,
    objection,
    question,
    view,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetsales.cells import reader
from sheetsales.conversation import call_name, debrief_queue, objections_ranked, plan_score
from sheetsales.conversation_plan import carry_forward
from sheetsales.process import Request, Row, Tables
from sheetsales.processes.calls import (
    CALL_OBJECTIONS,
    CALL_QUESTIONS,
    CALLS,
    PROCESS,
    TOPICS,
    compute_call,
    compute_objection,
    today_lines,
)
from sheetsales.typed_text import Bad
from sheetsales.validate import row_findings, validate
from sheetsales.values import Value


def found(one: Row, tables: Tables | None = None) -> list[tuple[str, str]]:
    tables = tables if tables is not None else view(calls=[one], call_questions=[question(1)], call_objections=[objection(1)])
    return [(f.code, f.message) for f in row_findings(PROCESS.checks, one, tables)]


# ── tables ───────────────────────────────────────────────────────────────────────────────────────


def test_the_tables_have_every_column_the_process_asks_for() -> None:
    asked = {
        "calls": "account contact opportunity planned_at channel stage_at_call objective objective_type success_test"
        " none_expected status held_at duration_min objective_met next_step next_step_date reviewer review_score went_well"
        " improve plan_complete plan_score debriefed_at peer_reviewed",
        "call_questions": "call order question topic asked answer carried_from",
        "call_objections": "call objection prepared_response raised resolved solution_idea carried_from",
        "question_library": "question topic criterion objective_types stages good_answer active",
        "objection_library": "objection category prepared_response frequency unresolved_rate",
    }
    for name, columns in asked.items():
        assert set(columns.split()) <= set(BOOK.tables[name].by_name), name


def test_computed_columns_are_never_typed() -> None:
    assert {c.name for c in CALLS.columns if c.computed == "row"} == {
        "stage_at_call", "plan_complete", "plan_score", "plan_frozen_at", "debriefed_at", "peer_reviewed", "name", "team",
    }  # fmt: skip
    assert CALL_QUESTIONS.by_name["carried_from"].computed == CALL_OBJECTIONS.by_name["carried_from"].computed == "action"


def test_a_new_workspace_starts_with_24_questions_and_12_objections() -> None:
    questions, objections = PROCESS.defaults["question_library"], PROCESS.defaults["objection_library"]
    assert len({row["question"] for row in questions}) == 24
    assert len({row["objection"] for row in objections}) == 12
    assert list(dict.fromkeys(row["topic"] for row in questions)) == list(TOPICS)
    assert all(row["prepared_response"] and row["category"] for row in objections)


@pytest.mark.parametrize("name", ["question_library", "objection_library"])
def test_the_default_libraries_have_no_finding(name: str) -> None:
    rows: list[Row] = [{"id": f"XX-{n}", **row} for n, row in enumerate(PROCESS.defaults[name])]
    assert validate(BOOK, BOOK.tables[name], rows, view(**{name: rows})) == []


# ── checks ───────────────────────────────────────────────────────────────────────────────────────

NO_OBJECTIVE = ("CALL-01", "Plan: write an objective of at least 10 characters.")
NO_QUESTION = ("CALL-02", "Plan: add at least one question.")
NO_OBJECTION = ("CALL-03", "Plan: add an expected objection, or tick 'none expected'.")


def test_a_planned_call_without_anything_lacks_objective_question_and_objection() -> None:
    one = call(objective=None)
    assert found(one, view(calls=[one])) == [NO_OBJECTIVE, NO_QUESTION, NO_OBJECTION]
    ticked = call(objective=None, none_expected="Yes")
    assert found(ticked, view(calls=[ticked])) == [NO_OBJECTIVE, NO_QUESTION]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, [], id="a plan as it should be"),
        pytest.param({"objective": "  Nine lo "}, [NO_OBJECTIVE], id="eight characters between blanks"),
        pytest.param({"objective": "123456789"}, [NO_OBJECTIVE], id="nine characters"),
        pytest.param({"objective": "1234567890"}, [], id="ten characters"),
        pytest.param({"none_expected": "No"}, [], id="an objection is written, nothing is ticked"),
        pytest.param({"status": "Cancelled", "objective": None}, [], id="a cancelled call needs no plan"),
    ],
)
def test_a_plan_has_an_objective(changes: Mapping[str, Value], expected: list[tuple[str, str]]) -> None:
    assert found(call(**changes)) == expected


def test_blank_lines_among_questions_and_objections_do_not_count() -> None:
    one = call()
    tables = view(calls=[one], call_questions=[question(1, question="  ")], call_objections=[objection(1, objection=None)])
    assert found(one, tables) == [NO_QUESTION, NO_OBJECTION]


def test_questions_belong_to_a_call_by_its_name_or_its_id() -> None:
    one = call()
    named = {**one, "name": call_name(one)}
    tables = view(
        calls=[named], call_questions=[question(1, "anchor ltd 2026-05-13 10:00 ")], call_objections=[objection(1, "CA-1")]
    )
    assert found(named, tables) == []
    assert found(call(2), tables) == [NO_QUESTION, NO_OBJECTION]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(held(), [], id="held as it should be"),
        pytest.param(held(held_at=None), [("CALL-04", "Held without a date: fill 'held at'.")], id="held, no date"),
        pytest.param(call(held_at=None), [], id="planned, no date"),
        pytest.param(held(duration_min=-1), [("CALL-05", "Duration -1 is outside 0–480 minutes.")], id="less than no time"),
        pytest.param(
            held(duration_min=481), [("CALL-05", "Duration 481 is outside 0–480 minutes.")], id="longer than a day's work"
        ),
        pytest.param(held(duration_min=0), [], id="no minute"),
        pytest.param(held(duration_min=480), [], id="480 minutes"),
        pytest.param(
            held(next_step_date=date(2026, 5, 12)),
            [("CALL-06", "Next step 2026-05-12 lies before the call (2026-05-13).")],
            id="next step before the call",
        ),
        pytest.param(held(next_step_date=TODAY), [], id="next step on the day of the call"),
        pytest.param(
            held(reviewer="REP@example.com "),
            [("CALL-07", "You reviewed your own call; it does not count as a peer review.")],
            id="own reviewer",
        ),
        pytest.param(
            held(reviewer="Rae"),
            [("CALL-07", "You reviewed your own call; it does not count as a peer review.")],
            id="own reviewer, by name",
        ),
        pytest.param(held(reviewer=PEER), [], id="reviewed by a peer"),
        pytest.param(held(review_score=0), [("CALL-08", "Review score must be 1 to 5.")], id="score 0"),
        pytest.param(held(review_score=6), [("CALL-08", "Review score must be 1 to 5.")], id="score 6"),
        pytest.param(held(review_score=1), [], id="score 1"),
        pytest.param(held(review_score=5), [], id="score 5"),
        pytest.param(held(1, 25), [("CALL-09", "Held 25 hours ago and not debriefed.")], id="a day and an hour without debrief"),
        pytest.param(held(1, 24), [], id="a day without debrief"),
        pytest.param(held(1, 25, **DEBRIEFED), [], id="debriefed"),
        pytest.param(
            held(1, 25, **{**DEBRIEFED, "improve": None}),
            [("CALL-09", "Held 25 hours ago and not debriefed.")],
            id="debriefed in part",
        ),
        pytest.param(held(next_step=None), [("CALL-10", "No next step agreed.")], id="no next step"),
        pytest.param(held(next_step_date=None), [("CALL-10", "No next step agreed.")], id="next step without a day"),
        pytest.param(call(status="No-show", next_step=None), [], id="nobody came, so no next step"),
        pytest.param(held(1, -1), [("CALL-11", "'held at' is in the future.")], id="held in an hour"),
        pytest.param(held(1, 0), [], id="held now"),
    ],
)
def test_held_calls_are_checked(one: Row, expected: list[tuple[str, str]]) -> None:
    assert found(one) == expected


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        pytest.param("duration_min", "481", "Duration 481 is outside 0–480 minutes.", id="duration"),
        pytest.param("review_score", "0", "Review score must be 1 to 5.", id="review score"),
    ],
)
def test_a_cell_out_of_range_speaks_the_words_of_the_process(name: str, typed: str, message: str) -> None:
    value = reader(CALLS.by_name[name])(typed)
    assert isinstance(value, Bad)
    assert value.message == message


def test_warnings_never_block_and_errors_are_few() -> None:
    severities = {check.code: check.severity for check in PROCESS.checks}
    assert sorted(severities) == [f"CALL-{n:02}" for n in range(1, 12)]
    assert {code for code, severity in severities.items() if severity == "error"} == {
        "CALL-04", "CALL-05", "CALL-06", "CALL-08", "CALL-11",
    }  # fmt: skip


def test_a_blank_contact_and_success_test_are_warned_of() -> None:
    one = call(contact=None, success_test=None)
    tables = view(calls=[one], call_questions=[question(1)], call_objections=[objection(1)])
    assert [(f.column, f.code, f.severity) for f in validate(BOOK, CALLS, [one], tables)] == [
        ("contact", "EMPTY", "warning"),
        ("success_test", "EMPTY", "warning"),
    ]


# ── computed columns ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "questions", "objections", "score"),
    [
        pytest.param({"objective": None, "success_test": None}, 0, 0, 0, id="nothing"),
        pytest.param({"success_test": None}, 0, 0, 30, id="objective"),
        pytest.param({}, 0, 0, 50, id="and success test"),
        pytest.param({}, 1, 0, 60, id="and one question"),
        pytest.param({}, 3, 0, 80, id="and three questions"),
        pytest.param({}, 9, 0, 80, id="more questions bring no more"),
        pytest.param({}, 3, 1, 100, id="and an objection"),
        pytest.param({"none_expected": "Yes"}, 3, 0, 100, id="or none expected"),
    ],
)
def test_a_plan_is_worth_up_to_100_points(changes: Mapping[str, Value], questions: int, objections: int, score: int) -> None:
    one = call(**changes)
    tables = view(
        calls=[one],
        call_questions=[question(n) for n in range(questions)],
        call_objections=[objection(n) for n in range(objections)],
    )
    assert plan_score(one, tables) == score


def test_an_incomplete_plan_may_go_to_held_and_stays_incomplete_for_good() -> None:
    planned = call(objective=None)
    planned = {**planned, **compute_call(planned, view(calls=[planned]))}
    assert planned["plan_complete"] == "No"
    went = {**planned, **held(objective=None)}
    went = {**went, **compute_call(went, view(calls=[went]))}
    assert [f.code for f in validate(BOOK, CALLS, [went], view(calls=[went])) if f.severity == "error"] == []
    assert went["plan_complete"] == "No"
    mended = {**went, "objective": "Written when all was over"}
    full = view(calls=[mended], call_questions=[question(1)], call_objections=[objection(1)])
    later = compute_call(mended, full)
    assert later["plan_complete"] == "No"
    assert later["plan_score"] == went["plan_score"]
    measure = next(m for m in PROCESS.measures if m.name == "plan_complete")
    assert measure.compute(full.with_rows("calls", [{**mended, **later}]), TODAY, TODAY).value == Decimal(0)


def test_a_plan_completed_and_held_between_two_syncs_counts_as_complete() -> None:
    stub = call(objective=None)
    stub = {**stub, **compute_call(stub, view(calls=[stub]))}
    went = {**stub, **held()}
    tables = view(calls=[went], call_questions=[question(1)], call_objections=[objection(1)])
    assert (stub["plan_complete"], compute_call(went, tables)["plan_complete"]) == ("No", "Yes")


def test_a_complete_plan_stays_complete_when_its_questions_go() -> None:
    one = held()
    full = view(calls=[one], call_questions=[question(1)], call_objections=[objection(1)])
    one = {**one, **compute_call(one, full)}
    assert compute_call(one, view(calls=[one]))["plan_complete"] == "Yes"


def test_the_stage_is_the_one_of_the_deal_when_the_call_was_held() -> None:
    deals: list[Row] = [{"id": "OP-1", "name": "Deal", "stage": "Qualify"}]
    one = call(opportunity="Deal")
    assert compute_call(one, view(opportunities=deals))["stage_at_call"] == "Qualify"
    went = held(opportunity="Deal")
    went = {**went, **compute_call(went, view(opportunities=deals))}
    assert compute_call(went, view(opportunities=[{**deals[0], "stage": "Won"}]))["stage_at_call"] == "Qualify"


def test_a_call_is_debriefed_when_all_three_fields_are_there() -> None:
    assert compute_call(held(**{**DEBRIEFED, "went_well": None}), view())["debriefed_at"] is None
    done = held(**DEBRIEFED)
    assert compute_call(done, view())["debriefed_at"] == NOW
    before = NOW - timedelta(days=3)
    assert compute_call({**done, "debriefed_at": before}, view())["debriefed_at"] == before


@pytest.mark.parametrize(
    ("reviewer", "expected"),
    [
        pytest.param(None, "No", id="nobody"),
        pytest.param("Rep@Example.com", "No", id="the owner"),
        pytest.param(PEER, "Yes", id="a peer"),
        pytest.param("boss@example.com", "Yes", id="somebody outside the team file"),
    ],
)
def test_a_review_by_the_owner_is_no_peer_review(reviewer: str | None, expected: str) -> None:
    assert compute_call(held(reviewer=reviewer), view())["peer_reviewed"] == expected


def test_a_call_is_named_by_account_and_minute() -> None:
    assert call_name(call(planned_at=datetime(2026, 1, 2, 3, 4, 59))) == "Anchor Ltd 2026-01-02 03:04"
    assert call_name(call(planned_at=None)) is None


def test_computing_twice_changes_nothing() -> None:
    one = held(**DEBRIEFED, reviewer=PEER, opportunity="Deal")
    tables = view(calls=[one], opportunities=[{"id": "OP-1", "name": "Deal", "stage": "Qualify"}])
    once = {**one, **compute_call(one, tables)}
    later = BOOK.view({"calls": [once], "people": PEOPLE}, NOW + timedelta(days=9))
    assert {**once, **compute_call(once, later)} == once


# ── objections by weight ─────────────────────────────────────────────────────────────────────────


def test_objections_rank_by_how_often_they_stay_unresolved() -> None:
    library: list[Row] = [{"id": "OL-1", "objection": "A"}, {"id": "OL-2", "objection": "B"}, {"id": "OL-3", "objection": "C"}]
    raised = [objection(n, objection="A", raised="Yes", resolved="No" if n < 2 else "Yes") for n in range(10)]
    raised += [objection(20 + n, objection=" b", raised="Yes", resolved=None if n < 4 else "Yes") for n in range(5)]
    raised += [objection(40, objection="C", raised="No", resolved="No")]
    tables = view(objection_library=library, call_objections=raised)
    assert [(row["objection"], weight) for row, weight in objections_ranked(tables)] == [
        ("B", Decimal(4)), ("A", Decimal(2)), ("C", Decimal(0)),
    ]  # fmt: skip
    assert compute_objection(library[0], tables) == {"frequency": 10, "unresolved_rate": Decimal("0.2")}
    assert compute_objection(library[2], tables) == {"frequency": 0, "unresolved_rate": None}


# ── carry forward ────────────────────────────────────────────────────────────────────────────────

LEFT_OPEN = [
    ("call_questions", "CA-2", "Question 1?", "CA-1"),
    ("call_questions", "CA-2", "Question 2?", "CA-1"),
    ("call_objections", "CA-2", "Objection 1", "CA-1"),
]


def after_one_call(*more: Row) -> Tables:
    return view(
        calls=[held(1), *more],
        call_questions=[
            question(1, asked="No", topic="Need"), question(2, asked="No"), question(3, asked="Yes"), question(4, asked="Unknown"),
            question(5),
        ],
        call_objections=[
            objection(1, raised="Yes", resolved="No", prepared_response="Ask why.", solution_idea="A trial"),
            objection(2, raised="Yes", resolved="Yes"), objection(3, raised="No", resolved="No"), objection(4),
        ],
    )  # fmt: skip


def test_what_was_left_open_comes_back_in_the_next_call_with_its_origin() -> None:
    patch = carry_forward(after_one_call(call(2)), Request())
    assert carried(patch) == LEFT_OPEN
    assert patch.message == "3 open questions and objections carried into 1 planned calls."
    assert patch.edits == ()
    assert [new.values.get("order") for new in patch.new] == [1, 2, None]
    assert [new.values.get("topic") for new in patch.new] == ["Need", None, None]
    assert (patch.new[2].values["prepared_response"], patch.new[2].values["solution_idea"]) == ("Ask why.", "A trial")
    assert {new.values["owner"] for new in patch.new} == {REP}


def test_carried_items_name_both_calls_in_words_where_the_name_is_theirs_alone() -> None:
    first, second, twin = ({**one, "name": call_name(one)} for one in (held(1), call(2), call(2)))
    tables = after_one_call().with_rows("calls", [first, second])
    named = [(f"{new.values['call']}", f"{new.values['carried_from']}") for new in carry_forward(tables, Request()).new]
    assert named == [("Anchor Ltd 2026-05-13 11:00", "Anchor Ltd 2026-05-13 08:00")] * 3
    twins = tables.with_rows("calls", [first, second, {**twin, "id": "CA-3", "channel": "Video"}])
    assert {new.values["call"] for new in carry_forward(twins, Request()).new} == {"CA-2"}


def test_a_second_new_plan_does_not_repeat_what_was_carried() -> None:
    tables = after_one_call(call(2))
    made = as_rows(carry_forward(tables, Request()))
    both = view(
        calls=[held(1), call(2), call(3)],
        call_questions=[*tables.rows("call_questions"), *made["call_questions"]],
        call_objections=[*tables.rows("call_objections"), *made["call_objections"]],
    )
    assert carried(carry_forward(both, Request())) == []
    assert carried(carry_forward(both, Request(records=("CA-3",)))) == []


def test_two_planned_calls_at_once_get_each_item_once() -> None:
    assert carried(carry_forward(after_one_call(call(2), call(3)), Request())) == LEFT_OPEN
    assert carried(carry_forward(after_one_call(call(2), call(3)), Request(records=("CA-3", "CA-2")))) == LEFT_OPEN


def test_a_selected_call_gets_the_items_even_if_it_is_not_the_next() -> None:
    into = [target for _, target, _, _ in carried(carry_forward(after_one_call(call(2), call(3)), Request(records=("CA-3",))))]
    assert into == ["CA-3"] * 3


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(call(2, account="Birch AG"), id="with another account"),
        pytest.param(call(2, status="Cancelled"), id="cancelled"),
        pytest.param(call(2, planned_at=NOW - timedelta(days=2)), id="forgotten before the held one"),
        pytest.param(call(2, account=None), id="without an account"),
    ],
)
def test_nothing_is_carried_into_a_call(other: Row) -> None:
    assert carried(carry_forward(after_one_call(other), Request())) == []


def test_a_forgotten_plan_does_not_keep_items_from_the_next_call() -> None:
    tables = after_one_call(call(9, planned_at=NOW - timedelta(days=2)), call(2, account=" anchor  ltd"))
    assert carried(carry_forward(tables, Request())) == LEFT_OPEN


def test_what_the_next_call_has_already_is_not_put_there_again() -> None:
    tables = after_one_call(call(2))
    mine = [*tables.rows("call_questions"), question(9, "CA-2", question="question  1?")]
    patch = carry_forward(tables.with_rows("call_questions", mine), Request())
    assert carried(patch) == LEFT_OPEN[1:]
    assert patch.new[0].values["order"] == 10


def test_what_stays_open_again_is_carried_again_from_the_later_call() -> None:
    tables = view(
        calls=[held(1, 48), held(2, 24), call(3)],
        call_questions=[question(1, asked="No"), question(2, "CA-2", question="Question 1?", asked="No")],
    )
    assert carried(carry_forward(tables, Request())) == [("call_questions", "CA-3", "Question 1?", "CA-2")]
    answered = tables.with_rows("call_questions", [question(1, asked="No"),
                                                   question(2, "CA-2", question="Question 1?", asked="Yes")])  # fmt: skip
    assert carried(carry_forward(answered, Request())) == []


answers = st.sampled_from([None, "Yes", "No", "Unknown"])
statuses = st.sampled_from(["Planned", "Held", "No-show", "Cancelled", "Moved"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(statuses, st.integers(-50, 50), st.sampled_from(["Anchor Ltd", "Birch AG"])), max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), answers), max_size=12),
)
def test_pressing_carry_forward_twice_carries_nothing_more(
    calls: list[tuple[str, int, str]], questions: list[tuple[int, int, str | None]]
) -> None:
    rows = [
        call(n, status=status, account=account, planned_at=NOW + timedelta(hours=hours), held_at=NOW - timedelta(hours=60 - n))
        for n, (status, hours, account) in enumerate(calls)
    ]
    asked = [
        question(n, f"CA-{of}", question=f"Question {what}?", asked=answer) for n, (of, what, answer) in enumerate(questions)
    ]
    first = view(calls=rows, call_questions=asked)
    patch = carry_forward(first, Request())
    again = view(calls=rows, call_questions=[*asked, *as_rows(patch)["call_questions"]])
    assert carried(carry_forward(again, Request())) == []
    assert carry_forward(first, Request()) == patch


# ── today ────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_held_25_hours_ago_is_in_the_debrief_queue_and_at_23_hours_it_is_not() -> None:
    rows = [held(1, 25), held(2, 23), held(3, 40), held(4, 60, **DEBRIEFED), call(5)]
    assert [row["id"] for row in debrief_queue(view(calls=rows))] == ["CA-3", "CA-1"]


def test_today_names_the_calls_of_the_day_the_overdue_ones_and_the_late_debriefs() -> None:
    rows = [
        call(1), call(2, planned_at=NOW - timedelta(days=1)), call(3, planned_at=NOW + timedelta(days=1)),
        call(4, owner=PEER), held(5, 25), held(6, 23), call(7, status="Cancelled"),
    ]  # fmt: skip
    questions, objections = [question(1)], [objection(1)]
    lines = today_lines(view(REP, calls=rows, call_questions=questions, call_objections=objections))
    assert [(line.record, line.due, line.text, line.why) for line in lines] == [
        ("CA-1", TODAY, "Call Anchor Ltd", "Learn who signs the order"),
        ("CA-2", date(2026, 5, 12), "Call Anchor Ltd", "The plan lacks: question, objection."),
        ("CA-5", date(2026, 5, 12), "Debrief the call with Anchor Ltd", "Held 25 hours ago."),
    ]


def test_the_tiles_count_planned_overdue_and_undebriefed_calls() -> None:
    rows = [call(1), call(2, planned_at=NOW - timedelta(days=1)), held(3), held(4, **DEBRIEFED, debriefed_at=NOW)]
    assert [(tile.label, tile.value(rows, TODAY)) for tile in PROCESS.tiles] == [
        ("Calls planned", 2), ("Calls overdue", 1), ("Calls to debrief", 1),
    ]  # fmt: skip


# ── measures ─────────────────────────────────────────────────────────────────────────────────────


def measured(name: str, rows: Sequence[Row]) -> Decimal | None:
    measure = next(m for m in PROCESS.measures if m.name == name)
    return measure.compute(view(calls=rows), date(2026, 5, 11), date(2026, 5, 17)).value


def test_there_are_measures_of_all_three_kinds() -> None:
    assert {measure.kind for measure in PROCESS.measures} == {"activity", "quality", "result"}


def test_18_held_of_24_planned_calls_are_an_adherence_of_three_quarters() -> None:
    week_before = held(99, planned_at=datetime(2026, 5, 8, 9, 0))
    assert measured("adherence", [*(held(n) for n in range(18)), *(call(n) for n in range(18, 24)), week_before]) == Decimal(
        "0.75"
    )


@pytest.mark.parametrize(
    ("name", "part", "rest", "expected"),
    [
        pytest.param("plan_complete", {"plan_complete": "Yes"}, {"plan_complete": "No"}, "0.666667", id="complete plans"),
        pytest.param(
            "debriefed", {"debriefed_at": NOW}, {"debriefed_at": NOW + timedelta(days=2)}, "0.666667", id="debriefed in time"
        ),
        pytest.param("debriefed", {"debriefed_at": NOW}, {"debriefed_at": None}, "0.666667", id="not debriefed"),
        pytest.param("peer_reviewed", {"peer_reviewed": "Yes"}, {"peer_reviewed": "No"}, "0.666667", id="reviewed by a peer"),
        pytest.param("next_step", {}, {"next_step_date": None}, "0.666667", id="dated next step"),
        pytest.param("objective_met", DEBRIEFED, {**DEBRIEFED, "objective_met": "Partly"}, "0.666667", id="objective met"),
        pytest.param("objective_partly_met", {**DEBRIEFED, "objective_met": "Partly"}, DEBRIEFED, "0.666667", id="met in part"),
        pytest.param("objective_met", DEBRIEFED, {}, "1", id="calls without debrief are left out"),
    ],
)
def test_12_of_18_held_calls_are_two_thirds(
    name: str, part: Mapping[str, Value], rest: Mapping[str, Value], expected: str
) -> None:
    assert measured(name, [*(held(n, **part) for n in range(12)), *(held(n, **rest) for n in range(12, 18))]) == Decimal(expected)


def test_9_of_15_debriefed_calls_that_met_their_objective_are_0_60() -> None:
    partly = {**DEBRIEFED, "objective_met": "Partly"}
    rows = [*(held(n, **DEBRIEFED) for n in range(9)), *(held(n, **partly) for n in range(9, 15))]
    assert measured("objective_met", rows) == Decimal("0.6")


@pytest.mark.parametrize("name", [measure.name for measure in PROCESS.measures])
def test_a_measure_of_nothing_has_no_value(name: str) -> None:
    assert measured(name, []) is None


# ── rules are total ──────────────────────────────────────────────────────────────────────────────

anything = st.one_of(
    st.none(), st.text(max_size=12), st.integers(), st.decimals(), st.dates(), st.datetimes(), st.sampled_from(["Yes", "Held"])
)


@settings(max_examples=80, deadline=None)
@given(st.fixed_dictionaries({column.name: anything for column in CALLS.inputs}))
def test_no_rule_stumbles_over_any_cell(values: dict[str, Value]) -> None:
    one: Row = {**values, "id": "CA-1"}
    tables = view(calls=[one], call_questions=[question(1)], call_objections=[objection(1)])
    row_findings(PROCESS.checks, one, tables)
    compute_call(one, tables)
    today_lines(tables)
    carry_forward(tables, Request())
