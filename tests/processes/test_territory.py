"""Territory management: every check both ways, Rank accounts, computed columns, measures, today's lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetsales.attention import attention, curve_of, expected_calls, minimum_calls, sales_at
from sheetsales.curves import PowerCurve
from sheetsales.process import Playbook, Request, Row, Tables
from sheetsales.processes.territory import PROCESS, compute_account, rank_accounts
from sheetsales.shared import SHARED
from sheetsales.validate import row_findings
from sheetsales.values import Value

BOOK = Playbook([SHARED, PROCESS])
NOW = datetime(2026, 5, 13, 9, 0)  # a Wednesday in the second quarter
REP = "rep@example.com"
GOOD: Row = {
    "id": "TA-1",
    "account": "Acme",
    "type": "Customer",
    "owner": REP,
    "potential": Decimal(1000),
    "current_sales": Decimal(400),
    "fit": 4,
    "calls_current": 6,
    "call_hours": Decimal(1),
    "travel_hours": Decimal("0.5"),
    "r0": Decimal(40),
    "r1": Decimal(100),
    "r15": Decimal(120),
    "rmax": Decimal(150),
    "tier": "B",
}


def view(me: str = "", /, **rows: Sequence[Row]) -> Tables:
    return BOOK.view(rows, NOW, me)


def row(**changes: Value) -> Row:
    return {**GOOD, **changes}


def codes(table: str, one: Row, tables: Tables | None = None) -> list[str]:
    return [f.code for f in row_findings(BOOK.checks[table], one, tables or view(**{table: [one]}))]


def edits(tables: Tables, *records: str) -> dict[tuple[str, str], Value]:
    return {(e.record, e.column): e.value for e in rank_accounts(tables, Request(records)).edits}


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


def test_a_good_row_has_no_finding() -> None:
    assert codes("territory_accounts", GOOD) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"potential": None}, ["TER-01"], id="no potential"),
        pytest.param({"potential": Decimal(-1)}, ["TER-01", "TER-02"], id="potential below zero"),
        pytest.param({"current_sales": Decimal(1001)}, ["TER-02"], id="sales above potential"),
        pytest.param({"current_sales": Decimal(1000)}, [], id="sales equal to potential"),
        pytest.param({"r0": Decimal(100)}, ["TER-03"], id="nothing lost without calls"),
        pytest.param({"r15": Decimal(160)}, ["TER-03"], id="+50 % is more than no limit"),
        pytest.param({"r1": Decimal(90)}, ["TER-03"], id="today is not 100"),
        pytest.param({"r15": Decimal(100)}, ["TER-03", "TER-04"], id="+50 % is not more than today"),
        pytest.param({"r15": Decimal("100.01")}, [], id="+50 % is a little more than today"),
        pytest.param({"min_calls": 5, "max_calls": 4}, ["TER-05"], id="minimum above maximum"),
        pytest.param({"min_calls": 4, "max_calls": 4}, [], id="minimum equal to maximum"),
        pytest.param({"r0": None, "r15": None, "rmax": None}, ["TER-07"], id="no answers"),
        pytest.param({"r0": None}, ["TER-07"], id="an answer is missing"),
        pytest.param({"r0": None, "type": "Prospect"}, [], id="a prospect buys nothing without calls"),
        pytest.param({"calls_current": 0}, ["TER-08"], id="fewer calls than the minimum"),
        pytest.param({"call_hours": Decimal("0.24")}, ["TER-09"], id="a call of no time"),
        pytest.param({"call_hours": Decimal("0.25")}, [], id="a quarter of an hour"),
    ],
)
def test_each_check_of_an_account(changes: Mapping[str, Value], expected: list[str]) -> None:
    assert codes("territory_accounts", row(**changes)) == expected


def test_the_messages_are_those_of_the_definition() -> None:
    one = row(r0=None, potential=None, min_calls=9, max_calls=1, call_hours=Decimal(0))
    messages = {f.code: f.message for f in row_findings(BOOK.checks["territory_accounts"], one, view(territory_accounts=[one]))}
    assert messages == {
        "TER-01": "Potential is empty or below zero.",
        "TER-05": "Minimum calls exceed maximum.",
        "TER-07": "No response answers: default curve used (elasticity 0.34).",
        "TER-08": "1 accounts below their minimum this period.",
        "TER-09": "Call hours must be at least 0.25.",
    }


def territory(hours: int, part: str = "0.5") -> Row:
    return {"id": "TR-1", "name": "North", "owner": REP, "hours_per_period": Decimal(hours), "selling_share": Decimal(part)}


def test_minimums_beyond_the_hours_name_what_to_lower() -> None:
    accounts = [row(), row(id="TA-2", account="Beta", min_calls=10), row(id="TA-3", account="Core", owner="other@example.com")]
    small = territory(32)
    findings = row_findings(BOOK.checks["territories"], small, view(territories=[small], territory_accounts=accounts))
    assert [(f.code, f.severity, f.message) for f in findings] == [
        ("TER-06", "warning", "Minimums alone need 16.5 h; you have 16 h. Lower: Beta, Acme.")
    ]
    assert codes("territories", territory(33), view(territory_accounts=accounts)) == []


def test_accounts_below_their_minimum_are_counted_once_per_owner() -> None:
    rows = [row(id=f"TA-{n}", calls_current=n) for n in range(4)] + [row(id="TA-9", owner="other@example.com", calls_current=0)]
    tables = view(territory_accounts=rows)
    found = [f for one in rows for f in row_findings(BOOK.checks["territory_accounts"], one, tables) if f.code == "TER-08"]
    assert [(f.record, f.message) for f in found] == [
        ("TA-0", "1 accounts below their minimum this period."),
        ("TA-9", "1 accounts below their minimum this period."),
    ]


def test_a_calendar_counts_calls_done_and_those_planned_for_the_rest_of_the_period() -> None:
    def week(number: int, day: date, planned: int, done: int) -> Row:
        return {"id": f"CC-{number}", "week": day, "account": "Acme", "owner": REP, "calls_planned": planned, "calls_done": done}

    rows: list[Row] = [
        week(1, date(2026, 4, 6), 3, 1),
        week(2, date(2026, 5, 11), 2, 1),
        week(3, date(2026, 6, 1), 1, 0),
        week(4, date(2026, 3, 30), 9, 9),
        week(5, date(2026, 7, 6), 9, 0),
    ]
    assert expected_calls(GOOD, view(call_calendar=rows)) == 1 + 2 + 1
    assert expected_calls(row(account="Beta"), view(call_calendar=rows)) == 0
    assert expected_calls(row(owner="other@example.com"), view(call_calendar=rows)) == 6


# ── attention and response ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("tier", "expected"), [("A", (6, 3)), ("B", (3, 1)), ("C", (1, 0)), (None, (0, 0))])
def test_frequencies_a_year_are_brought_to_the_quarter_and_rounded_down(tier: str | None, expected: tuple[int, int]) -> None:
    assert attention(tier, view()) == expected


def test_an_own_minimum_goes_before_the_tiers() -> None:
    assert minimum_calls(row(min_calls=0), view()) == 0
    assert minimum_calls(row(min_calls=None), view()) == 1


def test_an_account_without_answers_takes_the_default_curve() -> None:
    assert curve_of(row(r15=None), view()) == PowerCurve(0.34, 2)


def test_a_prospect_brings_its_share_of_the_potential_at_the_tiers_frequency() -> None:
    prospect = row(type="Prospect", r0=None, r15=None, rmax=None, tier="A", calls_current=0)
    assert sales_at(prospect, Decimal(6), view()) == pytest.approx(200)
    assert sales_at(prospect, Decimal(0), view()) == 0


def test_a_customer_brings_todays_sales_at_todays_calls() -> None:
    assert sales_at(GOOD, Decimal(6), view()) == pytest.approx(400)
    assert sales_at(GOOD, Decimal(9), view()) == pytest.approx(480)


# ── Rank accounts ────────────────────────────────────────────────────────────────────────────────


def test_rank_accounts_writes_rank_tier_attention_service_and_reason() -> None:
    written = edits(view(territory_accounts=[row(tier=None, service_level=None)]))
    assert written == {
        ("TA-1", "rank"): 1,
        ("TA-1", "tier"): "A",
        ("TA-1", "sales_tier"): "A",
        ("TA-1", "attention"): "24 calls a year, at least 12",
        ("TA-1", "service_level"): "visit every second week, answer the same day, yearly plan",
        ("TA-1", "reason"): "Potential 1,000.00 × fit 4 of 5 counts 800.00 a year; it lies in the first 80 % of your total: A.",
    }


def applied(rows: list[Row], tables: Tables) -> list[Row]:
    by_record: dict[str, dict[str, Value]] = {str(one["id"]): dict(one) for one in rows}
    for edit in rank_accounts(tables, Request()).edits:
        by_record[edit.record][edit.column] = edit.value
    return list(by_record.values())


def test_ranking_twice_without_a_change_writes_nothing() -> None:
    rows = [row(id=f"TA-{n}", potential=Decimal(100 * n), service_level=None) for n in range(1, 12)]
    again = applied(rows, view(territory_accounts=rows))
    assert edits(view(territory_accounts=again)) == {}


def test_an_own_service_level_stays_and_a_default_follows_the_tier() -> None:
    rows = [
        row(id="TA-1", service_level="call before nine"),
        row(id="TA-2", service_level="quarterly call, mostly by phone, answer in two days"),
    ]
    written = edits(view(territory_accounts=rows))
    assert ("TA-1", "service_level") not in written
    assert written["TA-2", "service_level"] == "visit every second week, answer the same day, yearly plan"


def test_the_places_of_selected_rows_are_counted_over_all() -> None:
    rows = [row(id="TA-1", potential=Decimal(9000)), row(id="TA-2")]
    written = edits(view(territory_accounts=rows), "TA-2")
    assert {record for record, _ in written} == {"TA-2"}
    assert written["TA-2", "rank"] == 2


def test_a_row_that_cannot_be_ranked_is_refused_with_a_sentence() -> None:
    patch = rank_accounts(view(territory_accounts=[row(potential=None), row(id="TA-2")]), Request())
    assert [(r.record, r.message) for r in patch.refused] == [("TA-1", "Not ranked: fill type, potential and fit.")]
    assert patch.message == "Ranked 1 accounts: 1 A, 0 B, 0 C; 1 not ranked."


def test_a_teams_own_cuts_and_frequencies_are_used() -> None:
    book = Playbook([SHARED, PROCESS], policy={"territory.a_below": Decimal("0.5"), "territory.calls_b": 10})
    rows: list[Row] = [row(id="TA-1", potential=Decimal(600)), row(id="TA-2", potential=Decimal(400))]
    written = {
        (e.record, e.column): e.value for e in rank_accounts(book.view({"territory_accounts": rows}, NOW), Request()).edits
    }
    assert (written["TA-1", "tier"], written["TA-2", "attention"]) == ("A", "10 calls a year, at least 6")


# ── computed columns, measures, today ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("sales", "potential", "expected"),
    [
        (Decimal(400), Decimal(1000), Decimal("0.4")),
        (Decimal(1), Decimal(3), Decimal("0.333333")),
        (Decimal(1), Decimal(0), None),
        (None, Decimal(1), None),
        (Decimal(1), None, None),
    ],
)
def test_share_of_wallet(sales: Decimal | None, potential: Decimal | None, expected: Decimal | None) -> None:
    assert compute_account(row(current_sales=sales, potential=potential), view()) == {"share_of_wallet": expected}


def test_calls_done_counts_the_owners_held_calls_of_the_week() -> None:
    def call(number: int, **changes: Value) -> Row:
        return {"id": f"CL-{number}", "account": "acme ", "owner": REP, "status": "Held", "held_at": NOW, **changes}

    calls = [
        call(1),
        call(2, held_at=datetime(2026, 5, 17, 23, 0)),
        call(3, held_at=datetime(2026, 5, 18)),
        call(4, status="Planned"),
        call(5, owner="other@example.com"),
        call(6, account="Beta"),
    ]
    week: Row = {"id": "CC-1", "week": date(2026, 5, 14), "account": "Acme", "owner": REP, "calls_planned": 3}
    accounts: list[Row] = [{"id": "AC-1", "name": "Acme"}]
    mine = [row(region="North")]
    computed = BOOK.compute["call_calendar"](week, view(calls=calls, accounts=accounts, territory_accounts=mine))
    assert computed == {"calls_done": 2, "region": "North", "tier": "B"}


def measured(name: str, tables: Tables) -> Decimal | None:
    measure = next(one for one in PROCESS.measures if one.name == name)
    return measure.compute(tables, date(2026, 4, 1), date(2026, 6, 30)).value


def test_the_measures_of_a_quarter() -> None:
    weeks: list[Row] = [
        {"id": "CC-1", "week": date(2026, 4, 6), "account": "Acme", "owner": REP, "calls_planned": 24, "calls_done": 18},
        {"id": "CC-2", "week": date(2026, 4, 6), "account": "Beta", "owner": REP, "calls_planned": 1, "calls_done": 0},
    ]
    accounts = [row(tier="A", calls_recommended=18, margin=Decimal("0.5")), row(id="TA-2", account="Beta", calls_recommended=0)]
    tables = view(call_calendar=weeks, territory_accounts=accounts)
    assert measured("calls_done", tables) == Decimal("0.72")
    assert measured("calls_done_a", tables) == Decimal("0.75")
    assert measured("calls_done_c", tables) is None
    assert measured("minimum_met", tables) == Decimal("0.5")
    assert measured("sales_per_hour", tables) == Decimal("11.11")  # 800 ÷ (2 × 6 × 1.5 h × 4)
    assert measured("margin_per_hour", tables) == Decimal("5.56")  # 200 ÷ (6 × 1.5 h × 4), the other margin is unknown
    assert measured("a_accounts_reached", tables) == Decimal("0.4")
    assert measured("return_reached", tables) == 1


def test_every_measure_of_nothing_is_blank() -> None:
    figures = [one.compute(view(), date(2026, 1, 1), date(2026, 12, 31)) for one in PROCESS.measures]
    assert [(f.value, f.n) for f in figures] == [(None, 0)] * len(figures)
    assert {one.kind for one in PROCESS.measures} == {"activity", "quality", "result"}


def test_today_names_the_members_accounts_below_their_minimum() -> None:
    rows = [row(calls_current=0), row(id="TA-2"), row(id="TA-3", owner="other@example.com", calls_current=0)]
    assert PROCESS.today is not None
    lines = PROCESS.today(view(REP, territory_accounts=rows))
    assert [(line.record, line.text, line.why, line.due, line.weight) for line in lines] == [
        ("TA-1", "Plan a call with Acme", "0 of at least 1 calls this period, tier B", date(2026, 6, 30), Decimal(800))
    ]


# ── totality ─────────────────────────────────────────────────────────────────────────────────────

ANY: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.just("x" * 32_000),
    st.integers(),
    st.decimals(allow_nan=False),
    st.just(Decimal("NaN")),
    st.dates(),
    st.datetimes(),
    st.sampled_from(["Customer", "Prospect", "A", "Yes"]),
)


@pytest.mark.parametrize("table", [table.name for table in PROCESS.tables])
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_checks_computations_and_lines_take_whatever_a_row_can_hold(table: str, data: st.DataObject) -> None:
    names = [column.name for column in BOOK.tables[table].columns if column.name != "id"]
    rows: list[Row] = [
        {"id": f"X-{n}", **data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(names, ANY)))} for n in range(2)
    ]
    tables = view(REP, **{table: rows})
    for one in rows:
        row_findings(BOOK.checks[table], one, tables)
        if table in BOOK.compute:
            BOOK.compute[table](one, tables)
    assert PROCESS.today is not None
    PROCESS.today(tables)
    rank_accounts(tables, Request())
    for measure in PROCESS.measures:
        measure.compute(tables, date(2026, 1, 1), date(2026, 12, 31))
