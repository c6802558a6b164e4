"""Deal management: every check both ways, nurture, booked, measures, today's lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetsales.deal_review import review
from sheetsales.nurture import compute_nurture
from sheetsales.process import Playbook, Request, Row, Tables
from sheetsales.processes.deals import PROCESS, compute_actual
from sheetsales.shared import DEFAULT_STAGES, SHARED
from sheetsales.standing import standing
from sheetsales.validate import row_findings
from sheetsales.values import Value

BOOK = Playbook([SHARED, PROCESS])
RULES = {check.table: tuple(c for c in PROCESS.checks if c.table == check.table) for check in PROCESS.checks}
NOW = datetime(2026, 5, 13, 9, 0)  # a Wednesday in the second quarter
TODAY = NOW.date()
REP = "rep@example.com"
STAGES: list[Row] = [{"id": f"ST-{n}", **stage} for n, stage in enumerate(DEFAULT_STAGES)]


def view(me: str = "", /, **rows: Sequence[Row]) -> Tables:
    return BOOK.view({"stages": STAGES, **rows}, NOW, me)


def deal(number: int = 1, /, **changes: Value) -> Row:
    return {
        "id": f"OP-{number}",
        "name": f"Deal {number}",
        "owner": REP,
        "team": "North",
        "stage": "Negotiate",
        "amount": Decimal(100),
        "forecast_category": "Commit",
        "close_date": date(2026, 6, 1),
        "next_step": "Sign",
        "next_step_date": date(2026, 5, 20),
        "stalled": "No",
        **changes,
    }


def quota(number: int = 1, **changes: Value) -> Row:
    return {"id": f"QU-{number}", "who": REP, "period": "2026-Q2", "amount": Decimal(1000), "ccy": "EUR", **changes}


def forecast(**changes: Value) -> Row:
    return {
        "id": "FC-1",
        "owner": REP,
        "who": REP,
        "period": "2026-Q2",
        "week": date(2026, 5, 11),
        "commit": Decimal(900),
        "submitted_at": datetime(2026, 5, 11, 8, 0),
        **changes,
    }


def snapshot(record: str, week: date, name: str = "Deal 1", **changes: Value) -> Row:
    return {
        "id": record,
        "week": week,
        "opportunity": name,
        "stage": "Qualify",
        "amount": Decimal(100),
        "owner": REP,
        "version": 1,
        **changes,
    }


def found(table: str, one: Row, tables: Tables) -> list[tuple[str, str]]:
    return [(f.code, f.message) for f in row_findings(RULES[table], one, tables)]


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


def test_two_quotas_of_one_member_in_one_period_are_an_error() -> None:
    rows = [quota(1), quota(2, who="REP@example.com ", amount=Decimal(5)), quota(3, period="2026-Q3")]
    tables = view(quotas=rows, forecast_calls=[forecast()])
    assert found("quotas", rows[0], tables) == [("DEAL-01", f"Two quotas for {REP} in 2026-Q2.")]
    assert found("quotas", rows[2], tables) == []


def test_currencies_without_a_dated_rate_are_an_error() -> None:
    deals = [deal(1, ccy="USD"), deal(2, ccy="EUR"), deal(3, ccy=None), deal(4, ccy="CHF", close_date=date(2026, 9, 1))]
    rate: Row = {"id": "FX-1", "ccy": "USD", "to_ccy": "EUR", "rate": Decimal("0.9"), "as_of": TODAY}
    without = view(quotas=[quota()], opportunities=deals, forecast_calls=[forecast()])
    assert found("quotas", quota(), without) == [("DEAL-02", "Currencies differ and no dated rate exists for USD → EUR.")]
    assert found("quotas", quota(), without.with_rows("fx_rates", [rate])) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, [], id="a commit deal as it should be"),
        pytest.param({"next_step": " "}, [("DEAL-03", "Commit deal without a next step.")], id="no next step"),
        pytest.param(
            {"close_date": date(2026, 7, 1)}, [("DEAL-04", "Commit deal closes after the period ends.")], id="closes too late"
        ),
        pytest.param({"close_date": date(2026, 6, 30)}, [], id="closes on the last day"),
        pytest.param(
            {"forecast_category": "Pipeline", "next_step": None, "close_date": date(2027, 1, 1)}, [], id="not in commit"
        ),
        pytest.param({"stage": "Lost", "next_step": None}, [], id="not open any more"),
    ],
)
def test_a_commit_deal_has_a_next_step_and_closes_in_time(changes: Mapping[str, Value], expected: list[tuple[str, str]]) -> None:
    one = deal(**changes)
    assert found("opportunities", one, view(opportunities=[one])) == expected


@pytest.mark.parametrize(
    ("adjustment", "reason", "codes"),
    [
        (Decimal(-50), None, ["DEAL-05"]),
        (Decimal(-50), "Two deals are soft", []),
        (Decimal(0), None, []),
        (None, None, []),
    ],
)
def test_an_adjustment_needs_a_reason(adjustment: Value, reason: Value, codes: list[str]) -> None:
    one = forecast(manager_adjustment=adjustment, adjustment_reason=reason)
    assert [code for code, _ in found("forecast_calls", one, view())] == codes


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        pytest.param({}, [], id="as it was taken"),
        pytest.param({"version": 2}, ["DEAL-06"], id="changed since"),
        pytest.param({"week": date(2026, 5, 12)}, ["DEAL-06"], id="not a Monday"),
        pytest.param({"week": date(2026, 5, 18)}, ["DEAL-06"], id="of a week to come"),
        pytest.param({"opportunity": None}, ["DEAL-06"], id="of no deal"),
    ],
)
def test_a_snapshot_stands_as_it_was_taken(changes: Mapping[str, Value], codes: list[str]) -> None:
    one = {**snapshot("DW-1", date(2026, 5, 11)), **changes}
    assert [code for code, _ in found("deal_week", one, view(deal_week=[one]))] == codes


def test_a_bridge_that_does_not_reconcile_names_the_difference_and_the_rows() -> None:
    first, second = date(2026, 5, 4), date(2026, 5, 11)
    rows = [snapshot("DW-1", first), snapshot("DW-2", second), snapshot("DW-3", second)]
    tables = view(deal_week=rows)
    assert found("deal_week", rows[2], tables) == [("DEAL-07", "Bridge does not reconcile: 100.00. Rows: DW-3.")]
    assert found("deal_week", rows[1], tables) == []
    assert found("deal_week", rows[1], view(deal_week=rows[:2])) == []


def test_a_member_who_gave_no_forecast_for_a_week_is_named() -> None:
    late = forecast(submitted_at=datetime(2026, 5, 5, 8, 0))
    assert found("quotas", quota(), view(forecast_calls=[late])) == [("DEAL-08", f"No forecast from {REP} for 8 days.")]
    assert found("quotas", quota(), view(forecast_calls=[forecast(submitted_at=datetime(2026, 5, 6, 8, 0))])) == []
    assert found("quotas", quota(), view()) == [("DEAL-08", f"No forecast from {REP} for 42 days.")]
    assert found("quotas", quota(period="2026-Q1"), view()) == []


def test_new_deals_that_close_too_late_are_said_while_there_is_a_gap() -> None:
    won = [deal(n, stage="Won", created_on=date(2025, 1, 1), close_date=date(2025, 1, 1) + timedelta(days=49)) for n in range(5)]
    message = (
        "New opportunities opened now close after the period ends (median cycle 49 days): the gap must come from open deals."
    )
    fresh = [forecast()]
    assert found("quotas", quota(), view(opportunities=won, forecast_calls=fresh)) == [("DEAL-09", message)]
    assert found("quotas", quota(), view(opportunities=won[:4], forecast_calls=fresh)) == []
    reached = [*won, deal(9, stage="Won", amount=Decimal(1000))]
    assert found("quotas", quota(), view(opportunities=reached, forecast_calls=fresh)) == []


# ── computed columns ─────────────────────────────────────────────────────────────────────────────


def test_booked_is_what_was_won_in_the_period_by_member_or_team() -> None:
    deals = [
        deal(1, stage="Won"),
        deal(2, stage="Won", close_date=date(2026, 7, 1)),
        deal(3),
        deal(4, stage="Won", owner="b@example.com"),
    ]
    tables = view(opportunities=deals)
    assert compute_actual({"id": "AU-1", "who": REP, "period": "2026-Q2"}, tables) == {"booked": Decimal(100)}
    assert compute_actual({"id": "AU-1", "who": "north", "period": "2026-Q2"}, tables) == {"booked": Decimal(200)}
    assert compute_actual({"id": "AU-1", "who": REP, "period": "soon"}, tables) == {"booked": None}


def test_a_period_of_the_table_goes_before_its_code() -> None:
    period: Row = {"id": "PD-1", "code": "2026-Q2", "start": date(2026, 6, 2), "end": date(2026, 6, 30), "kind": "Quarter"}
    assert compute_actual(
        {"id": "AU-1", "who": REP, "period": "2026-Q2"}, view(periods=[period], opportunities=[deal(1, stage="Won")])
    ) == {"booked": Decimal(0)}


@pytest.mark.parametrize(
    ("stage", "days"), [("Discover", 14), ("Qualify", 14), ("Solution", 7), ("Proposal", 7), ("Negotiate", 3)]
)
def test_the_next_touch_follows_the_cadence_of_the_stage(stage: str, days: int) -> None:
    touches: list[Row] = [
        {"id": "TO-1", "opportunity": "Deal 1", "at": datetime(2026, 5, 1, 10, 0)},
        {"id": "TO-2", "opportunity": "OP-1", "at": datetime(2026, 4, 1, 10, 0)},
    ]
    tables = view(opportunities=[deal(stage=stage)], touches=touches)
    assert compute_nurture({"id": "NU-1", "opportunity": "Deal 1"}, tables) == {
        "last_touch": date(2026, 5, 1),
        "next_touch": date(2026, 5, 1) + timedelta(days=days),
    }


def test_a_client_is_due_45_days_after_the_last_call_or_touch_of_its_deals() -> None:
    calls: list[Row] = [
        {"id": "CA-1", "account": "Acme", "held_at": datetime(2026, 3, 1, 10, 0)},
        {"id": "CA-2", "account": "Acme", "held_at": datetime(2026, 9, 1, 10, 0)},
    ]
    touches: list[Row] = [{"id": "TO-1", "opportunity": "Deal 1", "at": datetime(2026, 4, 1, 10, 0)}]
    accounts: list[Row] = [{"id": "AC-1", "name": "Acme"}]
    tables = view(accounts=accounts, calls=calls, touches=touches, opportunities=[deal(account="Acme")])
    assert compute_nurture({"id": "NU-1", "account": "acme"}, tables) == {
        "last_touch": date(2026, 4, 1),
        "next_touch": date(2026, 5, 16),
    }
    own: Row = {"id": "NU-1", "account": "acme", "cadence_days": 10}
    assert compute_nurture(own, tables)["next_touch"] == date(2026, 4, 11)


# ── Where do I stand ─────────────────────────────────────────────────────────────────────────────


def reviewed(**rows: Sequence[Row]) -> str:
    patch = review(view(REP, **rows), Request())
    assert {one.table for one in patch.new} == {"deal_report"}
    assert patch.edits == ()
    return patch.message


def test_where_do_i_stand_adds_up_categories_and_names_stalled_and_pushed_deals() -> None:
    deals = [
        deal(1, stage="Won", amount=Decimal(40)),
        deal(2, amount=Decimal(30), push_count=3),
        deal(3, amount=Decimal(20), forecast_category="Best case", stage="Proposal", stalled="Yes"),
        deal(4, amount=Decimal(900), stage="Lost"),
        deal(5, amount=Decimal(900), forecast_category="Omitted"),
        deal(6, amount=Decimal(900), close_date=date(2026, 7, 1)),
        deal(7, amount=Decimal(900), owner="b@example.com"),
    ]
    assert reviewed(opportunities=deals, quotas=[quota(amount=Decimal(100))]) == (
        "2026-04-01 to 2026-06-30: booked 40.00, commit 70.00, best case 90.00; open 50.00, weighted 42.00; "
        "likely 60.00 to 90.00. Quota 100.00: gap 18.00, coverage 0.8 of 4.6 needed, chance 0 %: not comfortable yet. "
        "Stalled: Deal 3. Pushed: Deal 2."
    )


def test_the_worked_pipeline_reaches_200_three_times_in_four() -> None:
    deals = [deal(n, amount=Decimal(100), p_win=p) for n, p in enumerate((Decimal("0.5"), Decimal("0.5"), Decimal(1)))]
    found = standing(REP, (date(2026, 4, 1), date(2026, 6, 30)), quota(amount=Decimal(200)), view(opportunities=deals))
    assert (found.weighted, found.gap) == (Decimal(200), Decimal(0))
    assert found.chance == pytest.approx(0.75)


def test_100000_at_50_per_cent_closing_in_june_is_50000_of_june_and_nothing_of_may() -> None:
    tables = view(opportunities=[deal(amount=Decimal(100_000), p_win=Decimal("0.5"), close_date=date(2026, 6, 15))])
    of = {
        month: standing(REP, (date(2026, month, 1), date(2026, month, days)), None, tables).weighted
        for month, days in ((5, 31), (6, 30))
    }
    assert of == {5: Decimal(0), 6: Decimal(50_000)}


def test_a_reached_quota_has_no_coverage_and_is_comfortable() -> None:
    message = reviewed(opportunities=[deal(1, stage="Won")], quotas=[quota(amount=Decimal(100))])
    assert "Quota 100.00: gap 0.00, reached, chance 100 %: comfortable." in message


def test_without_a_quota_the_quarter_is_shown_and_nothing_is_compared() -> None:
    assert reviewed() == (
        "2026-04-01 to 2026-06-30: booked 0.00, commit 0.00, best case 0.00; open 0.00, weighted 0.00; likely 0.00 to 0.00. "
        "Stalled: none. Pushed: none."
    )


def test_the_shortest_running_quota_counts_and_the_teams_where_there_is_no_own() -> None:
    both = [quota(1, period="2026"), quota(2, period="2026-05")]
    assert reviewed(quotas=both).startswith("2026-05-01 to 2026-05-31")
    people: list[Row] = [{"id": "PE-1", "email": REP, "team": "North"}]
    message = reviewed(people=people, quotas=[quota(who="North")], opportunities=[deal(1, stage="Won", owner="b@example.com")])
    assert "booked 100.00" in message


def test_a_deal_in_another_currency_counts_with_the_newest_dated_rate_or_is_named() -> None:
    def rate(number: int, day: date, value: str) -> Row:
        return {"id": f"FX-{number}", "ccy": "USD", "to_ccy": "EUR", "rate": Decimal(value), "as_of": day}

    deals = [deal(1, stage="Won", ccy="USD")]
    rates = [rate(1, date(2026, 1, 1), "0.5"), rate(2, date(2026, 5, 1), "0.9"), rate(3, date(2026, 12, 1), "9")]
    assert "booked 90.00" in reviewed(opportunities=deals, quotas=[quota()], fx_rates=rates)
    without = reviewed(opportunities=deals, quotas=[quota()])
    assert "booked 0.00" in without
    assert without.endswith("Left out, no dated exchange rate: Deal 1.")


# ── measures and today ───────────────────────────────────────────────────────────────────────────


def measured(name: str, tables: Tables, start: date = date(2026, 4, 1), end: date = date(2026, 6, 30)) -> Decimal | None:
    return next(one for one in PROCESS.measures if one.name == name).compute(tables, start, end).value


def test_slip_rate_by_count_and_by_value() -> None:
    due = [
        deal(
            n,
            first_close_date=date(2026, 5, 1),
            close_date=date(2026, 7, 1) if n < 3 else date(2026, 6, 1),
            amount=Decimal(200 if n == 0 else 100),
        )
        for n in range(10)
    ]
    tables = view(opportunities=due)
    assert measured("slip_rate", tables) == Decimal("0.3")
    assert measured("slip_rate_by_value", tables) == Decimal("0.363636")


def test_the_streak_is_counted_from_actuals_alone() -> None:
    months = [f"2025-{month:02}" for month in range(1, 13)]
    quotas = [quota(n, period=code) for n, code in enumerate(months)]
    actuals: list[Row] = [
        {"id": f"AU-{n:02}", "who": REP, "period": code, "booked": Decimal(1000 if n != 8 else 999)}
        for n, code in enumerate(months)
    ]
    assert measured("streak", view(quotas=quotas, actuals=actuals)) == 3
    full = [{**one, "booked": Decimal(1000)} for one in actuals]
    assert measured("streak", view(quotas=quotas, actuals=full)) == 12
    year = quota(99, period="2025", amount=Decimal(10**9))
    assert measured("streak", view(quotas=[*quotas, year], actuals=full)) == 12


def test_a_lost_deal_adds_nothing_to_what_is_booked() -> None:
    tables = view(opportunities=[deal(1, stage="Won"), deal(2, stage="Lost", amount=Decimal(900))], quotas=[quota()])
    assert measured("attainment", tables) == Decimal("0.1")


def test_hygiene_asks_for_dates_to_come_and_no_stall() -> None:
    deals = [
        deal(1),
        deal(2, close_date=date(2026, 5, 12)),
        deal(3, next_step_date=None),
        deal(4, stalled="Yes"),
        deal(5, stage="Won"),
    ]
    assert measured("hygiene", view(opportunities=deals)) == Decimal("0.25")


def test_touched_within_cadence_looks_at_the_stage() -> None:
    touches: list[Row] = [{"id": f"TO-{n}", "opportunity": f"Deal {n}", "at": datetime(2026, 5, 9)} for n in (1, 2)]
    deals = [deal(1), deal(2, stage="Discover"), deal(3)]
    assert measured("touched_within_cadence", view(opportunities=deals, touches=touches)) == Decimal("0.333333")


def test_forecasts_on_time_and_their_error() -> None:
    early = forecast(
        id="FC-2", period="2026-Q1", week=date(2026, 3, 2), submitted_at=datetime(2026, 3, 3, 8, 0), commit=Decimal(120)
    )
    late = forecast(
        id="FC-3", period="2026-Q1", week=date(2026, 3, 9), submitted_at=datetime(2026, 3, 12, 8, 0), commit=Decimal(100)
    )
    won = deal(1, stage="Won", close_date=date(2026, 3, 20))
    tables = view(forecast_calls=[early, late], opportunities=[won])
    assert measured("forecasts_on_time", tables, date(2026, 3, 1), date(2026, 3, 31)) == Decimal("0.5")
    assert measured("forecast_error", tables, date(2026, 1, 1), date(2026, 3, 31)) == Decimal("0.2")


def test_every_measure_of_nothing_is_blank() -> None:
    assert [one.compute(view(), date(2026, 1, 1), date(2026, 12, 31)).value for one in PROCESS.measures] == [None] * len(
        PROCESS.measures
    )
    assert {one.kind for one in PROCESS.measures} == {"activity", "quality", "result"}


def test_today_names_stalled_and_pushed_deals_and_nurture_that_is_due() -> None:
    deals = [
        deal(1, stalled="Yes"),
        deal(2, push_count=3),
        deal(3, push_count=2),
        deal(4, stage="Lost", stalled="Yes"),
        deal(5, owner="b@example.com", stalled="Yes"),
    ]
    nurture: list[Row] = [
        {"id": "NU-1", "owner": REP, "opportunity": "Deal 1"},
        {"id": "NU-2", "owner": REP, "opportunity": "Deal 4"},
        {"id": "NU-3", "owner": REP, "opportunity": "Deal 2"},
    ]
    touches: list[Row] = [
        {"id": "TO-1", "opportunity": "Deal 1", "at": datetime(2026, 5, 10)},
        {"id": "TO-2", "opportunity": "Deal 2", "at": datetime(2026, 5, 11)},
    ]
    assert PROCESS.today is not None
    lines = PROCESS.today(view(REP, opportunities=deals, nurture=nurture, touches=touches))
    assert [(line.record, line.text, line.why) for line in lines] == [
        ("OP-1", "Move Deal 1 on, or let it go", "stalled in Negotiate"),
        ("OP-2", "Agree a date that holds for Deal 2", "close date pushed 3 times"),
        ("NU-1", "Be in touch about Deal 1", "last touch 2026-05-10, every 3 days"),
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
    st.sampled_from(["Won", "Commit", "Deal 1", "2026-Q2", REP, "X-0"]),
)
FOREIGN = (
    "name",
    "stage",
    "amount",
    "close_date",
    "created_on",
    "forecast_category",
    "push_count",
    "stalled",
    "ccy",
    "owner",
    "team",
    "first_close_date",
    "next_step",
    "next_step_date",
)


@pytest.mark.parametrize("table", [*(table.name for table in PROCESS.tables), "opportunities"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_checks_computations_and_lines_take_whatever_a_row_can_hold(table: str, data: st.DataObject) -> None:
    names = [c.name for c in BOOK.tables[table].columns if c.name != "id"] if table in BOOK.tables else list(FOREIGN)
    rows: list[Row] = [
        {"id": f"X-{n}", **data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(names, ANY)))} for n in range(3)
    ]
    tables = view(REP, **{"opportunities": [deal()], table: rows})
    for one in rows:
        row_findings(RULES.get(table, ()), one, tables)
        if table in BOOK.compute:
            BOOK.compute[table](one, tables)
    assert PROCESS.today is not None
    PROCESS.today(tables)
    review(tables, Request())
    for measure in PROCESS.measures:
        measure.compute(tables, date(2026, 1, 1), date(2026, 12, 31))
