"""Opportunity management: every check both ways, gates, pushes, the stage clock, categories, measures, today's lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import office
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from needing import needs
from openpyxl import Workbook

from sheetsales.cells import reader
from sheetsales.exit_criteria import missing_to_reach, people_engaged
from sheetsales.process import Patch, Playbook, Request, Row, Tables
from sheetsales.processes.opportunities import (
    OPPORTUNITIES,
    PROCESS,
    STAKEHOLDERS,
    compute_opportunity,
    compute_touch,
    fill_opportunity,
    today_lines,
)
from sheetsales.shared import DEFAULT_STAGES, SHARED
from sheetsales.stage_log import log_stage, stall_limit
from sheetsales.typed_text import Bad
from sheetsales.validate import row_findings, validate
from sheetsales.values import Value
from sheetsales.what_works import reading, what_works

BOOK = Playbook([SHARED, PROCESS])
NOW = datetime(2026, 5, 13, 9, 0)
TODAY = NOW.date()
REP = "rep@example.com"
D = Decimal
STAGES: list[Row] = [{"id": f"ST-{n}", **stage} for n, stage in enumerate(DEFAULT_STAGES)]
SOON = date(2026, 6, 1)


def view(me: str = "", /, **rows: Sequence[Row]) -> Tables:
    return BOOK.view({"stages": STAGES, **rows}, NOW, me)


def deal(number: int = 1, /, **changes: Value) -> Row:
    return {
        "id": f"OP-{number}",
        "name": f"Deal {number}",
        "owner": REP,
        "account": "Anchor Ltd",
        "stage": "Discover",
        "amount": D(1_000),
        "close_date": SOON,
        "created_on": date(2026, 4, 1),
        "next_step": "Meet",
        "next_step_date": SOON,
        **changes,
    }


def person(role: str | None = None, days_ago: int | None = 1, number: int = 1, /) -> Row:
    met = None if days_ago is None else TODAY - timedelta(days=days_ago)
    return {"id": f"SH-{number}", "opportunity": "OP-1", "person": f"Person {number}", "role": role, "engaged_on": met}


def move(start: str, end: str, day: date, days: int = 10, number: int = 1, deal_id: str = "OP-1", /, **more: Value) -> Row:
    at = datetime(day.year, day.month, day.day, 12)
    return {
        "id": f"SE-{deal_id}-{number}",
        "opportunity": deal_id,
        "from": start,
        "to": end,
        "at": at,
        "days_in_stage": days,
        **more,
    }


def codes(row: Row, tables: Tables | None = None, table: str = "opportunities") -> list[tuple[str, str]]:
    checks = [check for check in PROCESS.checks if check.table == table]
    return [(f.code, f.message) for f in row_findings(checks, row, tables or view(opportunities=[row]))]


def computed(row: Row, /, **rows: Sequence[Row]) -> Row:
    return {**row, **compute_opportunity(row, view(opportunities=[row], **rows))}


SOLUTION: Mapping[str, Value] = {
    "stage": "Solution",
    "source": "Event",
    "business_problem": "Orders are lost between two systems",
    "decision_process": "Board in June",
    "value_to_customer": D(9_000),
}
BUYER, CHAMPION = person("Economic buyer", 1, 1), person("Champion", 2, 2)
RIVAL: Row = {"id": "CP-1", "opportunity": "OP-1", "status": "None"}

# ── checks ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(deal(), [], id="a deal in order"),
        pytest.param(
            deal(stage="Qualify"),
            [("OPP-01", "Cannot move to Qualify. Missing: source, business problem of 20 characters, one contact engaged.")],
            id="a stage typed past its gate",
        ),
        pytest.param(deal(stage="Qualify", override_reason="The CEO asked for it"), [], id="past the gate with a reason"),
        pytest.param(deal(stage="Qualify", external_id="X1"), [], id="it came in with its stage"),
        pytest.param(deal(stage="Won", external_id="X1", entry_stage="Won"), [], id="it came in won"),
        pytest.param(
            deal(
                stage="Qualify",
                external_id="X1",
                entry_stage="Discover",
                source="Event",
                business_problem="Orders are lost between systems",
            ),
            [("OPP-01", "Cannot move to Qualify. Missing: one contact engaged.")],
            id="it came in and moved on here",
        ),
        pytest.param(deal(close_date=None), [("OPP-02", "Close date is empty.")], id="no close date"),
        pytest.param(
            deal(close_date=date(2026, 5, 12)),
            [("OPP-03", "Close date 2026-05-12 has passed and the opportunity is open.")],
            id="yesterday",
        ),
        pytest.param(deal(close_date=TODAY), [], id="today has not passed"),
        pytest.param(deal(stage="Lost"), [("OPP-04", "Lost needs a reason.")], id="lost without reason"),
        pytest.param(deal(stage="Lost", lost_reason="Price", close_date=date(2026, 5, 1)), [], id="lost for the price"),
        pytest.param(
            deal(stage="Lost", lost_reason="Competitor"), [("OPP-05", "Lost to a competitor: which one?")], id="lost to whom?"
        ),
        pytest.param(deal(stage="Lost", lost_reason="Competitor", lost_to="Rival"), [], id="lost to a rival"),
        pytest.param(deal(next_step_date=None), [("OPP-06", "No next step in the future.")], id="a step without a day"),
        pytest.param(deal(next_step=None), [("OPP-06", "No next step in the future.")], id="a day without a step"),
        pytest.param(deal(next_step_date=TODAY), [], id="a step today"),
        pytest.param(deal(push_count=3), [("OPP-09", "Close date pushed 3 times.")], id="pushed three times"),
        pytest.param(deal(push_count=2), [], id="pushed twice"),
        pytest.param(deal(amount=D(-1)), [("OPP-10", "Amount below zero.")], id="below zero"),
        pytest.param(deal(amount=D(0)), [], id="nothing is not below zero"),
        pytest.param(deal(ccy="EURO"), [("OPP-10", "'EURO' is not a currency.")], id="no currency"),
        pytest.param(deal(ccy="chf"), [], id="a currency in small letters"),
        pytest.param(
            deal(created_on=date(2026, 6, 2)),
            [("OPP-11", "Close date 2026-06-01 lies before the day it was created (2026-06-02).")],
            id="closed before it began",
        ),
    ],
)
def test_opportunities_are_checked(row: Row, expected: list[tuple[str, str]]) -> None:
    assert codes(row) == expected


def test_one_engaged_person_is_a_single_thread_and_two_are_not() -> None:
    said = [("OPP-07", "Only 1 person engaged in 30 days: single-thread risk.")]
    assert codes(deal(), view(opportunities=[deal()], stakeholders=[BUYER])) == said
    assert codes(deal(), view(opportunities=[deal()], stakeholders=[BUYER, person(None, 31, 2)])) == said
    assert codes(deal(), view(opportunities=[deal()], stakeholders=[BUYER, CHAMPION])) == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"influence": 6}, ["influence"]),
        ({"stance": -3, "influence": 0}, ["influence", "stance"]),
        ({"influence": 5, "stance": -2}, []),
    ],
    ids=["too much", "both", "within"],
)
def test_influence_and_stance_have_their_ranges(changes: Mapping[str, Value], named: list[str]) -> None:
    checks = [check for check in PROCESS.checks if check.table == "stakeholders"]
    found = row_findings(checks, {**person(), **changes}, view())
    assert [f.column for f in found] == named
    assert {f.message for f in found} <= {"Influence 1–5, stance −2…+2."}


@pytest.mark.parametrize(
    ("table", "column", "typed", "code"),
    [
        (OPPORTUNITIES, "amount", "-5", "OPP-10"),
        (STAKEHOLDERS, "influence", "9", "OPP-12"),
        (STAKEHOLDERS, "stance", "-3", "OPP-12"),
    ],
)
def test_a_cell_out_of_range_has_the_code_of_the_process(table: object, column: str, typed: str, code: str) -> None:
    assert isinstance(table, type(OPPORTUNITIES))
    bad = reader(table.column(column))(typed)
    assert isinstance(bad, Bad)
    assert bad.code == code


def test_a_blank_account_is_warned_of() -> None:
    row = deal(account=None)
    people = [{"id": "PE-1", "email": REP}]
    found = validate(BOOK, BOOK.tables["opportunities"], [row], view(opportunities=[row], people=people))
    assert [(f.code, f.severity, f.column) for f in found] == [("EMPTY", "warning", "account")]


# ── gates ────────────────────────────────────────────────────────────────────────────────────────


def since() -> date:
    return TODAY - timedelta(days=30)


def test_proposal_without_an_economic_buyer_lacks_exactly_that() -> None:
    row = deal(**SOLUTION)
    tables = view(opportunities=[row], stakeholders=[CHAMPION, person("User", 3, 3)], competitors=[RIVAL])
    assert missing_to_reach(row, tables, "Proposal", since()) == ["economic buyer"]
    tables = view(opportunities=[row], stakeholders=[BUYER, CHAMPION], competitors=[RIVAL])
    assert missing_to_reach(row, tables, "Proposal", since()) == []


def test_a_skipped_stage_is_asked_for_too_and_a_move_back_needs_nothing() -> None:
    row = deal(**{**SOLUTION, "stage": "Qualify", "decision_process": None})
    tables = view(opportunities=[row], stakeholders=[BUYER], competitors=[RIVAL])
    assert missing_to_reach(row, tables, "Proposal", since()) == ["decision process", "champion", "two people engaged in 30 days"]
    assert missing_to_reach(row, tables, "Discover", since()) == []
    assert missing_to_reach(row, tables, "Lost", since()) == []


@pytest.mark.parametrize(
    ("lead", "missing"),
    [
        (None, False),
        ({"verdict": "Qualified"}, False),
        ({"verdict": "Disqualified: No budget"}, True),
        ({"override_reason": "The board said yes"}, False),
        ({"status": "Converted"}, False),
    ],
    ids=["no lead", "qualified", "disqualified", "overruled", "converted"],
)
def test_qualify_is_left_with_a_qualified_lead_or_none(lead: Mapping[str, Value] | None, missing: bool) -> None:
    row = deal(stage="Qualify", decision_process="Board", lead="LD-1" if lead is not None else None)
    leads: list[Row] = [{"id": "LD-1", "company": "Anchor", **(lead or {})}]
    found = missing_to_reach(row, view(opportunities=[row], leads=leads), "Solution", since())
    assert ("lead verdict Qualified or overruled" in found) is missing


PROPOSAL: Row = {"id": "PP-1", "opportunity": "OP-1", "status": "Sent", "valid_until": SOON}
LINE: Row = {"id": "PL-1", "proposal": "PP-1", "sku": "A1", "discount": D("0.3")}
PRODUCT: Row = {"id": "PR-1", "name": "Alpha", "sku": "A1", "max_discount": D("0.2")}


@pytest.mark.parametrize(
    ("proposal", "fresh"),
    [({}, True), ({"status": "Draft"}, False), ({"valid_until": TODAY - timedelta(1)}, False)],
    ids=["sent and valid", "a draft", "run out"],
)
def test_proposal_is_left_with_a_proposal_that_was_sent_and_is_valid(proposal: Mapping[str, Value], fresh: bool) -> None:
    row = deal(stage="Proposal")
    tables = view(opportunities=[row], proposals=[{**PROPOSAL, **proposal}], stakeholders=[person("Legal/Procurement")])
    assert missing_to_reach(row, tables, "Negotiate", since()) == ([] if fresh else ["proposal sent and valid"])


@pytest.mark.parametrize(("status", "missing"), [("Draft", True), ("Needs approval", True), ("Approved", False)])
def test_a_discount_beyond_the_limit_needs_an_approval(status: str, missing: bool) -> None:
    row = deal(stage="Negotiate", terms_agreed="Yes", signature_date=SOON)
    tables = BOOK.view(
        {
            "stages": STAGES,
            "opportunities": [row],
            "proposals": [{**PROPOSAL, "status": status}],
            "proposal_lines": [LINE],
            "products": [PRODUCT],
        },
        NOW,
    )
    assert missing_to_reach(row, tables, "Won", since()) == (["discount within the limit or approved"] if missing else [])


def test_one_person_met_twice_counts_once_and_a_meeting_to_come_does_not() -> None:
    row = deal()
    again = {**BUYER, "id": "SH-9"}
    tables = view(opportunities=[row], stakeholders=[BUYER, again, person(None, -1, 2), person(None, None, 3)])
    assert people_engaged(row, tables, None) == 1


# ── computed columns ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stage", "outcome", "chance", "weighted"),
    [
        ("Discover", "Open", D("0.10"), D(100)),
        ("Negotiate", "Open", D("0.90"), D(900)),
        (" won ", "Won", D(1), D(1_000)),
        ("LOST", "Lost", D(0), D(0)),
        ("Unheard of", "Open", None, None),
    ],
)
def test_outcome_chance_and_weighted_amount_follow_from_the_stage(
    stage: str, outcome: str, chance: Decimal | None, weighted: Decimal | None
) -> None:
    found = computed(deal(stage=stage))
    assert (found["outcome"], found["p_win"], found["weighted"]) == (outcome, chance, weighted)


@pytest.mark.parametrize(
    ("days", "pushes"),
    [
        ((date(2026, 5, 1), date(2026, 6, 30)), 0),
        ((date(2026, 6, 30), date(2026, 7, 1)), 1),
        ((date(2026, 7, 1), date(2026, 5, 1)), 0),
        ((date(2026, 3, 1), date(2026, 6, 1), date(2026, 9, 1), date(2027, 1, 1)), 3),
        ((date(2026, 3, 1), None, date(2026, 6, 1)), 1),
    ],
    ids=["within the quarter", "into the next", "brought forward", "three times", "blank between"],
)
def test_only_a_move_into_a_later_quarter_is_a_push_and_the_first_date_stays(days: Sequence[date | None], pushes: int) -> None:
    row: Row = deal(close_date=None)
    for day in days:
        row = computed({**row, "close_date": day})
        assert row == {**row, **compute_opportunity(row, view(opportunities=[row]))}
    assert (row["push_count"], row["first_close_date"]) == (pushes, days[0])


def test_a_category_follows_the_stage_until_the_rep_chooses_and_then_survives() -> None:
    row = computed(deal())
    assert (row["forecast_category"], row["forecast_overridden"]) == ("Pipeline", "No")
    row = computed({**row, "stage": "Proposal"})
    assert (row["forecast_category"], row["forecast_overridden"]) == ("Best case", "No")
    row = computed({**row, "forecast_category": "Commit"})
    row = computed({**row, "stage": "Solution"})
    assert (row["forecast_category"], row["forecast_overridden"]) == ("Commit", "Yes")
    row = computed({**row, "stage": "Negotiate"})
    row = computed({**row, "stage": "Discover"})
    assert (row["forecast_category"], row["forecast_overridden"]) == ("Commit", "Yes")
    row = computed({**row, "forecast_category": None})
    assert (row["forecast_category"], row["forecast_overridden"]) == ("Pipeline", "No")


def test_the_stage_clock_starts_when_the_stage_changes_and_the_log_is_before_all() -> None:
    row = computed(deal(external_id="X1"))
    assert (row["stage_since"], row["entry_stage"]) == (date(2026, 4, 1), "Discover")
    assert computed(deal(external_id="X1", stage="Proposal"))["stage_since"] is None
    row = computed({**row, "stage": "Qualify"})
    assert (row["stage_since"], row["entry_stage"]) == (TODAY, "Discover")
    logged = [move("Discover", "Qualify", date(2026, 5, 2)), move("Qualify", "Discover", date(2026, 5, 1), 1, 2)]
    assert computed({**row, "updated_at": NOW}, stage_events=logged)["stage_since"] == date(2026, 5, 2)
    assert computed(deal(created_on=TODAY))["stage_since"] == TODAY


WON: list[Row] = [deal(n, stage="Won") for n in range(2, 7)]
WALKED = [
    move("Solution", "Proposal", date(2026, 1, 1), days, 1, f"OP-{n}")
    for n, days in zip(range(2, 7), (10, 12, 14, 18, 30), strict=True)
]


@pytest.mark.parametrize(("days", "stalled"), [(21, "No"), (22, "Yes"), (25, "Yes")])
def test_a_deal_is_stalled_beyond_one_and_a_half_times_the_median_of_won_deals(days: int, stalled: str) -> None:
    row = deal(
        stage="Solution", stage_counted="Solution", stage_since=TODAY - timedelta(days=days), next_step=None, external_id="X"
    )
    tables = view(opportunities=[row, *WON], stage_events=WALKED)
    assert stall_limit(tables, "Solution") == (D(14), D(21))
    assert compute_opportunity(row, tables)["stalled"] == stalled
    said = ("OPP-08", f"In Solution for {days} days; won deals took 14 (limit 21).")
    assert (said in codes(row, tables)) is (stalled == "Yes")


def test_a_next_step_to_come_stops_the_stall_and_few_won_deals_mean_the_default() -> None:
    row = deal(stage="Solution", stage_counted="Solution", stage_since=TODAY - timedelta(days=99))
    assert computed(row)["stalled"] == "No"
    assert computed({**row, "next_step": None})["stalled"] == "Yes"
    assert stall_limit(view(opportunities=WON[:4], stage_events=WALKED[:4]), "Solution") == (D(20), D(30))


def test_missing_exit_and_single_thread_are_told_of_open_deals_only() -> None:
    found = computed(deal(), stakeholders=[BUYER])
    assert found["missing_exit"] == "source; business problem of 20 characters"
    assert found["single_threaded"] == "Yes"
    closed = computed(deal(stage="Lost"))
    assert (closed["missing_exit"], closed["single_threaded"], closed["stalled"]) == (None, "No", "No")


def test_the_last_activity_is_the_newest_touch_or_held_call() -> None:
    touches: list[Row] = [{"id": "TO-1", "opportunity": "OP-1", "at": NOW - timedelta(days=3)}]
    calls: list[Row] = [
        {"id": "CA-1", "opportunity": "Deal 1", "status": "Held", "held_at": NOW - timedelta(days=1)},
        {"id": "CA-2", "opportunity": "Deal 1", "status": "Planned", "held_at": None},
    ]
    assert computed(deal(), touches=touches, calls=calls)["last_activity_at"] == NOW - timedelta(days=1)
    assert computed(deal())["last_activity_at"] is None


def test_a_touch_of_an_earlier_day_has_the_stage_the_log_says_and_none_where_the_deal_came_in_closed() -> None:
    log = [
        {"id": "SE-0", "opportunity": "OP-1", "to": "Discover", "at": datetime(2026, 4, 1)},
        move("Discover", "Solution", date(2026, 4, 20), 19, 2),
        move("Solution", "Won", date(2026, 5, 1), 11, 3),
    ]
    tables = view(opportunities=[deal(stage="Won")], stage_events=log)
    for day, stage in (
        (date(2026, 3, 1), "Discover"),
        (date(2026, 4, 19), "Discover"),
        (date(2026, 4, 21), "Solution"),
        (TODAY, "Won"),
    ):
        touch: Row = {"id": "TO-1", "opportunity": "OP-1", "at": datetime(day.year, day.month, day.day, 9)}
        assert compute_touch(touch, tables) == {"stage_at": stage}
    came_in_won = view(opportunities=[deal(stage="Won")], stage_events=[{**log[0], "to": "Won"}])
    assert compute_touch({"id": "TO-1", "opportunity": "OP-1", "at": datetime(2026, 3, 1)}, came_in_won) == {"stage_at": None}


def test_a_touch_keeps_the_stage_it_was_made_in() -> None:
    touch: Row = {"id": "TO-1", "opportunity": "OP-1"}
    tables = view(opportunities=[deal(stage="Solution")])
    assert compute_touch(touch, tables) == {"stage_at": "Solution"}
    assert compute_touch({**touch, "stage_at": "Discover"}, tables) == {"stage_at": "Discover"}


def test_a_new_opportunity_without_a_name_takes_account_and_product() -> None:
    assert fill_opportunity({"account": "Anchor Ltd", "product": "Alpha"}) == {"name": "Anchor Ltd - Alpha"}
    assert fill_opportunity({"product": "Alpha"}) == {"name": "Alpha"}
    assert fill_opportunity({"external_id": "X1"}) == {"name": "X1"}
    assert fill_opportunity({"name": "Mine", "account": "Anchor Ltd"}) == {}


@needs("soffice")
def test_the_formulas_of_the_sheet_come_to_what_python_computes(tmp_path: Path) -> None:
    rows = [
        deal(stage=stage, amount=amount)
        for stage, amount in (("Discover", D("10.05")), ("Won", D("99.99")), ("lost", D(5)), ("Solution", None))
    ]
    book = Workbook()
    sheet = book.create_sheet("Rows", 0)
    formulas = {name: OPPORTUNITIES.column(name).formula for name in ("outcome", "weighted")}
    expected = []
    for number, row in enumerate(rows, 1):
        found = computed(row)
        for place, name in enumerate(("stage", "amount", "p_win"), 1):
            sheet.cell(number, place, found[name])
        cells = {name: f"{letter}{number}" for letter, name in zip("ABC", ("stage", "amount", "p_win"), strict=True)}
        for place, formula in enumerate(formulas.values(), 5):
            sheet.cell(number, place, "=" + formula.format(**cells))
        expected.append((found["outcome"], found["weighted"]))
    path = tmp_path / "formulas.xlsx"
    book.save(path)
    values = office.open_and_dump(path).sheets["Rows"].values
    for number, (outcome, weighted) in enumerate(expected, 1):
        assert values[f"E{number}"] == outcome
        assert (values.get(f"F{number}") or None) == (float(weighted) if isinstance(weighted, Decimal) and weighted else None)


# ── today, measures, totality ────────────────────────────────────────────────────────────────────


def test_today_names_what_is_due_and_what_has_no_next_step() -> None:
    rows = [
        deal(1, close_date=TODAY - timedelta(2)),
        deal(2, next_step_date=TODAY),
        deal(3, next_step=None),
        deal(4),
        deal(5, stage="Won", close_date=date(2026, 1, 1)),
        deal(6, owner="other@example.com", next_step=None),
    ]
    assert [(line.record, line.due, line.text) for line in today_lines(view(REP, opportunities=rows))] == [
        ("OP-1", TODAY - timedelta(2), "Close Deal 1, or move its date"),
        ("OP-2", TODAY, "Deal 2: Meet"),
        ("OP-3", None, "Agree a next step: Deal 3"),
    ]


def test_there_are_measures_of_all_three_kinds() -> None:
    assert {measure.kind for measure in PROCESS.measures} == {"activity", "quality", "result"}


CLOSED = [
    deal(n, stage=stage, close_date=TODAY, created_on=TODAY - timedelta(days=days), amount=D(amount))
    for n, (stage, days, amount) in enumerate((("Won", 10, 100), ("Won", 20, 100), ("Won", 60, 600), ("Lost", 5, 200)), 11)
]
OPEN = [deal(1), deal(2, next_step=None)]
MOVES = [move("Discover", "Qualify", TODAY), move("Qualify", "Solution", TODAY, 3, 2, override_reason="The CEO asked for it")]
TOUCHES: list[Row] = [{"id": "TO-1", "opportunity": "OP-1", "at": NOW}, {"id": "TO-2", "opportunity": "OP-11", "at": NOW}]


@pytest.mark.parametrize(
    ("name", "value", "n"),
    [
        ("next_step", D("0.5"), 2),
        ("touches", D("0.5"), 2),
        ("clean_moves", D("0.5"), 2),
        ("buyers_known", D("0.5"), 2),
        ("well_connected", D("0.5"), 2),
        ("win_rate", D("0.571429"), 4),
        ("win_rate_by_value", D("0.585714"), 4),
        ("cycle_days", D(20), 3),
    ],
)
def test_measures_count_what_they_say(name: str, value: Decimal, n: int) -> None:
    tables = view(opportunities=[*OPEN, *CLOSED], stakeholders=[BUYER, CHAMPION], stage_events=MOVES, touches=TOUCHES)
    measure = next(m for m in PROCESS.measures if m.name == name)
    found = measure.compute(tables, TODAY - timedelta(days=6), TODAY)
    assert (found.value, found.n) == (value, n)
    empty = measure.compute(view(), TODAY, TODAY)
    assert (empty.value, empty.n) == (None, 0)


def test_amounts_of_two_currencies_are_never_added() -> None:
    rows = [*CLOSED, deal(20, stage="Won", close_date=TODAY, ccy="USD")]
    measure = next(m for m in PROCESS.measures if m.name == "win_rate_by_value")
    assert measure.compute(view(opportunities=rows), TODAY, TODAY).value is None


def test_computing_twice_changes_nothing() -> None:
    for row in (deal(), deal(stage="Won"), deal(stage="Proposal", forecast_category="Commit"), {"id": "OP-9"}):
        once = computed(row)
        assert computed(once) == once


CELLS = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.sampled_from(["Discover", "Won", "Lost", "Competitor", "x" * 40_000, "OP-1"]),
    st.integers(),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.dates(),
    st.datetimes(),
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted({c.name for t in PROCESS.tables for c in t.columns} - {"id"})), CELLS))
def test_no_rule_stumbles_over_any_cell(values: dict[str, Value]) -> None:
    row: Row = {"id": "OP-1", **values}
    tables = view(**{table.name: [row] for table in PROCESS.tables})
    for table in PROCESS.tables:
        assert all(finding.message for finding in validate(BOOK, table, [row], tables))
    compute_opportunity(row, tables)
    compute_touch(row, tables)
    today_lines(tables)
    for measure in PROCESS.measures:
        measure.compute(tables, date.min, date.max)


# ── buttons: moving on, closing, opening again ───────────────────────────────────────────────────

READY: Mapping[str, Value] = {**SOLUTION, "budget": "Yes"}


def press(name: str, tables: Tables, /, *records: str, **parameters: Value) -> Patch:
    action = BOOK.actions[f"opportunities.{name}"]
    return action.plan(tables, Request(records, {**{p.name: p.default for p in action.parameters}, **parameters}))


def written(patch: Patch) -> dict[str, Value]:
    return {edit.column: edit.value for edit in patch.edits}


def test_advance_to_proposal_without_an_economic_buyer_is_refused_with_exactly_the_missing_items() -> None:
    row = deal(**READY)
    tables = view(REP, opportunities=[row], stakeholders=[CHAMPION, person("User", 3, 3)], competitors=[RIVAL])
    patch = press("advance", tables, "OP-1", stage="Proposal")
    assert patch.edits == ()
    assert [r.message for r in patch.refused] == ["Deal 1: Cannot move to Proposal. Missing: economic buyer."]
    assert patch.message == "1 opportunities read, 0 moved, 1 refused."
    assert press("advance", tables, "OP-1") == patch  # the next stage is Proposal


def test_an_override_with_a_reason_moves_and_is_logged_and_serves_for_one_move_only() -> None:
    row = deal(**{**READY, "stage_since": TODAY - timedelta(days=9)})
    tables = view(REP, opportunities=[row], stakeholders=[CHAMPION], competitors=[RIVAL])
    why = "The board has signed for it"
    patch = press("advance", tables, "OP-1", reason=why)
    assert written(patch) == {"stage": "Proposal", "override_reason": why}
    after = {**row, **written(patch)}
    logged = log_stage(row, after, tables)
    assert logged is not None
    assert (logged.values["from"], logged.values["to"], logged.values["by"]) == ("Solution", "Proposal", REP)
    assert (logged.values["override_reason"], logged.values["days_in_stage"], logged.values["at"]) == (why, 9, NOW)
    later = view(
        REP, opportunities=[after], stakeholders=[CHAMPION], competitors=[RIVAL], stage_events=[{"id": "SE-1", **logged.values}]
    )
    again = press("advance", later, "OP-1")
    assert again.edits == () and "used for an earlier move" in again.refused[0].message
    assert "10 characters" in press("advance", later, "OP-1", reason="Because").refused[0].message


def test_a_move_that_lacks_nothing_is_logged_without_the_reason_of_an_older_one() -> None:
    row = deal(**{**READY, "override_reason": "The board has signed for it"})
    tables = view(opportunities=[row], stakeholders=[BUYER, CHAMPION], competitors=[RIVAL])
    logged = log_stage(row, {**row, "stage": "Proposal"}, tables)
    assert logged is not None and logged.values["override_reason"] is None


def test_without_a_selection_nothing_moves_but_it_is_said_what_each_lacks() -> None:
    rows = [deal(1, **READY), deal(2)]
    tables = view(REP, opportunities=rows, stakeholders=[CHAMPION], competitors=[RIVAL])
    patch = press("advance", tables, stage="Proposal")
    assert patch.edits == () and "Nothing was moved." in patch.message
    assert patch.refused[0].message.endswith("Missing: economic buyer, two people engaged in 30 days.")
    assert press("advance", tables).edits == () and press("close", tables).edits == () and press("reopen", tables).edits == ()


@pytest.mark.parametrize(
    ("stage", "parameters", "words"),
    [
        ("Solution", {"stage": "Propsal"}, "Did you mean Proposal?"),
        ("Negotiate", {"reason": "The board has signed for it"}, ""),
        ("Won", {}, "no stage after"),
        ("Somewhere", {"stage": "Proposal"}, "not in the list of stages"),
    ],
)
def test_a_stage_that_is_not_there_is_said_with_the_nearest(stage: str, parameters: Mapping[str, Value], words: str) -> None:
    tables = view(REP, opportunities=[deal(stage=stage)])
    patch = press("advance", tables, "OP-1", **parameters)
    assert patch.edits == () and words in patch.refused[0].message


def test_moves_backward_need_no_criteria_but_are_logged() -> None:
    row = deal(stage="Proposal", stage_since=TODAY - timedelta(days=4))
    tables = view(REP, opportunities=[row])
    assert written(press("advance", tables, "OP-1", stage="Discover")) == {"stage": "Discover"}
    logged = log_stage(row, {**row, "stage": "Discover"}, tables)
    assert logged is not None and (logged.values["from"], logged.values["days_in_stage"]) == ("Proposal", 4)


def test_lost_needs_a_reason_and_the_competitor_and_closes_today() -> None:
    tables = view(REP, opportunities=[deal()])
    assert press("close", tables, "OP-1", outcome="Lost").refused[0].message == "Deal 1: Lost needs a reason."
    patch = press("close", tables, "OP-1", outcome="lost", lost_reason="Competitor")
    assert patch.refused[0].message == "Deal 1: Lost to a competitor: which one?"
    patch = press("close", tables, "OP-1", outcome="Lost", lost_reason="Competitor", lost_to="Rival")
    assert written(patch) == {"stage": "Lost", "lost_reason": "Competitor", "lost_to": "Rival", "close_date": TODAY}
    won = press("close", tables, "OP-1", reason="Signed at the fair, papers follow")
    assert written(won)["stage"] == "Won" and written(won)["close_date"] == TODAY
    assert "future" in press("close", tables, "OP-1", on=SOON, reason="Signed at the fair").refused[0].message


def test_a_closed_deal_is_opened_again_in_the_stage_it_stood_in_and_asked_anew_when_lost_again() -> None:
    row = deal(
        stage="Lost", lost_reason="Price", forecast_category="Omitted", stage_category="Omitted", close_date=date(2026, 5, 1),
        stage_counted="Lost", stage_since=date(2026, 5, 1),
    )  # fmt: skip
    events = [move("Solution", "Proposal", date(2026, 3, 1)), move("Proposal", "Lost", date(2026, 5, 1), 61, 2)]
    tables = view(REP, opportunities=[row], stage_events=events)
    patch = press("reopen", tables, "OP-1")
    assert written(patch) == {"stage": "Proposal", "lost_reason": None}
    opened = {**row, **written(patch)}
    opened.update(compute_opportunity(opened, view(REP, opportunities=[opened], stage_events=events)))
    assert (opened["outcome"], opened["forecast_category"], opened["stage_since"]) == ("Open", "Best case", TODAY)
    assert "Lost needs a reason" in press("close", view(REP, opportunities=[opened]), "OP-1", outcome="Lost").refused[0].message
    assert "open it again first" in press("advance", tables, "OP-1", stage="Won").refused[0].message
    assert written(press("reopen", view(REP, opportunities=[row]), "OP-1"))["stage"] == "Discover"
    assert "open already" in press("reopen", view(REP, opportunities=[deal()]), "OP-1").refused[0].message


def test_pressing_twice_without_a_change_writes_nothing() -> None:
    row = deal(**READY)
    tables = view(REP, opportunities=[row], stakeholders=[BUYER, CHAMPION], competitors=[RIVAL])
    after = {**row, **written(press("advance", tables, "OP-1", stage="Proposal"))}
    again = view(REP, opportunities=[after], stakeholders=[BUYER, CHAMPION], competitors=[RIVAL])
    assert press("advance", again, "OP-1", stage="Proposal").edits == ()


# ── the log ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("row", "at"),
    [
        (deal(), datetime(2026, 4, 1)),
        (deal(created_on=TODAY), NOW),
        (deal(created_on=None), NOW),
        (deal(stage="Won", close_date=date(2026, 4, 20)), datetime(2026, 4, 20)),
    ],
    ids=["created before", "created today", "not known", "came in won"],
)
def test_the_first_stage_is_logged_at_the_day_of_creation_and_a_closed_one_at_its_close(row: Row, at: datetime) -> None:
    logged = log_stage({}, row, view(REP, opportunities=[row]))
    assert logged is not None and logged.table == "stage_events"
    assert (logged.values["from"], logged.values["to"], logged.values["at"]) == (None, row["stage"], at)
    assert logged.values["days_in_stage"] is None and logged.values["override_reason"] is None
    assert log_stage(row, row, view(opportunities=[row])) is None


def test_stage_events_days_come_from_the_log_and_not_from_updated_at() -> None:
    row = computed(deal(created_on=TODAY - timedelta(days=12), updated_at=NOW))
    first = log_stage({}, row, view(opportunities=[row]))
    moved = log_stage(row, {**row, "stage": "Qualify"}, view(opportunities=[row]))
    assert first is not None and moved is not None
    entered = first.values["at"]
    assert isinstance(entered, datetime)
    assert moved.values["days_in_stage"] == (NOW.date() - entered.date()).days == 12


# ── stakeholders, competition, risks ─────────────────────────────────────────────────────────────


def test_coverage_names_the_missing_economic_buyer_and_champion_and_counts_the_engaged() -> None:
    assert computed(deal())["coverage"] == "Economic buyer: not known; Champion: not known; 0 engaged in 30 days"
    found = computed(deal(), stakeholders=[BUYER, person("Champion", 31, 2)])
    assert found["coverage"] == "Economic buyer: Person 1; Champion: Person 2; 1 engaged in 30 days"
    assert found["single_threaded"] == "Yes"


def test_position_says_against_whom_we_stand_and_with_what() -> None:
    rivals: list[Row] = [
        {"id": "CP-1", "opportunity": "OP-1", "name": "Rival", "status": "Incumbent", "our_position": "Runs on site"},
        {"id": "CP-2", "opportunity": "OP-1", "name": "Other", "status": "Rumoured"},
    ]
    assert computed(deal(), competitors=rivals)["position"] == (
        "Rival (Incumbent): Runs on site; Other (Rumoured): our position is not written"
    )
    assert computed(deal(), competitors=[RIVAL])["position"] == "nobody else"
    assert computed(deal())["position"] is None


def test_a_deal_past_solution_without_a_competitor_status_is_stopped_by_the_gate() -> None:
    tables = view(opportunities=[deal(**READY)], stakeholders=[BUYER, CHAMPION])
    assert press("advance", tables, "OP-1").refused[0].message.endswith("Missing: competitor status.")


def test_risks_are_named_with_their_figures() -> None:
    row = deal(close_date=TODAY - timedelta(1), next_step=None, push_count=3, stage_counted="Discover",
               stage_since=TODAY - timedelta(days=31))  # fmt: skip
    against: Row = {**person("Blocker", 1, 1), "stance": -2}
    found = computed(row, stakeholders=[against])["risks"]
    assert found == (
        "single thread: 1 engaged; against us: Person 1; 31 days in Discover, limit 30; close date pushed 3 times; "
        "close date 2026-05-12 has passed; no next step in the future"
    )
    assert computed(deal(stage="Won"), stakeholders=[against])["risks"] is None


def test_check_opportunity_says_the_largest_first_and_writes_nothing_twice() -> None:
    rows = [computed(deal(1, amount=D(5))), computed(deal(2, amount=D(9_000)))]
    patch = press("check", view(REP, opportunities=rows))
    assert patch.edits == ()
    assert patch.message.index("Deal 2") < patch.message.index("Deal 1")
    assert "missing source; business problem of 20 characters; one contact engaged" in patch.message
    assert {e.column for e in press("check", view(REP, opportunities=[deal()])).edits} >= {"missing_exit", "coverage", "risks"}


def test_a_touch_is_logged_once_with_its_stage_and_engages_the_person() -> None:
    met = person("Champion", 40, 1)
    tables = view(REP, opportunities=[deal(stage="Solution")], stakeholders=[met])
    patch = press("log_touch", tables, "OP-1", method="demo", tactic="pilot", two_way="yes", person="person 1")
    assert [new.values for new in patch.new] == [{
        "opportunity": "Deal 1", "at": NOW, "method": "Demo", "tactic": "Pilot", "two_way": "Yes", "stage_at": "Solution", "owner": REP,
    }]  # fmt: skip
    assert [(e.table, e.column, e.value) for e in patch.edits] == [("stakeholders", "engaged_on", TODAY)]
    noted: Row = {"id": "TO-1", **patch.new[0].values}
    again = view(REP, opportunities=[deal(stage="Solution")], stakeholders=[{**met, "engaged_on": TODAY}], touches=[noted])
    twice = press("log_touch", again, "OP-1", method="Demo", tactic="Pilot", two_way="Yes", person="Person 1")
    assert (twice.new, twice.edits) == ((), ())
    assert "'Smoke' is not one of" in press("log_touch", tables, "OP-1", method="Smoke").message
    assert "Known: Person 1" in press("log_touch", tables, "OP-1", person="Nobody").refused[0].message


# ── what works ───────────────────────────────────────────────────────────────────────────────────


def used(number: int, deal_id: str, method: str = "Demo", stage: str | None = "Solution", /, **more: Value) -> Row:
    return {"id": f"TO-{number}", "opportunity": deal_id, "at": NOW, "method": method, "stage_at": stage, **more}


HALF = [deal(n, stage="Won" if n % 2 else "Lost", close_date=TODAY) for n in range(1, 11)]  # 5 of 10 won


def test_a_win_rate_row_with_three_of_four_is_shrunk_to_0_5714_and_too_few_to_say() -> None:
    touches = [used(n, f"OP-{d}") for n, d in enumerate((1, 3, 5, 2, 1))]  # 3 won, 1 lost; one deal twice
    found = what_works(view(opportunities=HALF, touches=touches))
    worked = found["Method", "Demo", "Solution"]
    assert (worked.n, worked.won, worked.whole) == (4, 3, D("0.5"))
    assert worked.rate == D("0.571429")
    assert reading(worked, view()) == "Too few"


def test_methods_and_tactics_are_counted_apart_by_stage_and_drawn_towards_the_whole() -> None:
    touches = [used(n, f"OP-{d}", tactic="Pilot") for n, d in enumerate((1, 3, 5, 7, 9))]
    touches += [used(20 + d, f"OP-{d}", "Call", "Discover") for d in range(1, 11)]
    tables = view(opportunities=HALF, touches=touches)
    found = what_works(tables)
    assert list(found) == [
        ("Method", "Call", "All stages"), ("Method", "Demo", "All stages"), ("Method", "Call", "Discover"),
        ("Method", "Demo", "Solution"), ("Tactic", "Pilot", "All stages"), ("Tactic", "Pilot", "Solution"),
    ]  # fmt: skip
    assert reading(found["Method", "Demo", "Solution"], tables) == "Works"  # 5 of 5: (5 + 10 · 0.5) / 15
    assert found["Method", "Demo", "Solution"].rate == D("0.666667")
    assert reading(found["Method", "Call", "Discover"], tables) == "As usual"
    unknown = view(opportunities=HALF, touches=[used(1, "OP-1", "Demo", None), used(2, "OP-1", "Call", "Won")])
    assert list(what_works(unknown)) == [("Method", "Demo", "All stages")]


def test_what_works_writes_its_table_once_and_blanks_rows_without_deals() -> None:
    touches = [used(n, f"OP-{d}") for n, d in enumerate((1, 3, 5, 2))]
    patch = press("what_works", view(REP, opportunities=HALF, touches=touches))
    rows: list[Row] = [{"id": f"WW-{n}", **new.values} for n, new in enumerate(patch.new)]
    assert [(r["kind"], r["used"], r["stage"], r["n"], r["reading"]) for r in rows] == [
        ("Method", "Demo", "All stages", 4, "Too few"),
        ("Method", "Demo", "Solution", 4, "Too few"),
    ]
    again = press("what_works", view(REP, opportunities=HALF, touches=touches, what_works=rows))
    assert (again.edits, again.new) == ((), ())
    gone = press("what_works", view(REP, opportunities=HALF, what_works=rows))
    assert {e.column: e.value for e in gone.edits if e.record == "WW-0"} == {
        "n": 0,
        "won": None,
        "rate": None,
        "whole": None,
        "reading": None,
        "reason": None,
    }


def test_own_history_proposes_the_chance_of_a_stage_and_changes_no_stage() -> None:
    events = [move("Proposal", "Won" if n % 2 else "Lost", TODAY, 3, 1, f"OP-{n}") for n in range(1, 11)]
    patch = press("what_works", view(REP, opportunities=HALF, stage_events=events))
    row = patch.new[0].values
    assert (row["kind"], row["stage"], row["n"], row["whole"]) == ("Stage", "Proposal", 10, D("0.75"))
    assert row["rate"] == D("0.625")  # (5 + 10 · 0.75) / 20
    assert not [edit for edit in patch.edits if edit.table == "stages"]


def test_a_lost_deal_adds_nothing_to_any_forecast() -> None:
    row = computed(deal(stage="Lost", lost_reason="Price", amount=D(90_000), forecast_category="Commit"))
    assert (row["p_win"], row["weighted"], row["outcome"]) == (D(0), D(0), "Lost")


def test_a_team_may_ask_for_more_people_and_longer_problems() -> None:
    book = Playbook([SHARED, PROCESS], policy={"opportunities.engaged_people": 3, "opportunities.problem_length": 40})
    row = deal(**READY)
    tables = book.view({"stages": STAGES, "opportunities": [row], "stakeholders": [BUYER, CHAMPION], "competitors": [RIVAL]}, NOW)
    assert missing_to_reach(row, tables, "Proposal", since()) == ["three people engaged in 30 days"]
    assert "business problem of 40 characters" in missing_to_reach({**row, "stage": "Discover"}, tables, "Qualify", since())
