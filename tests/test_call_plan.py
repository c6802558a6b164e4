"""Recommend calls: the worked territory, limits and pins, hours, prospects, what is said, pressing twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsales.attention import response_of
from sheetsales.call_plan import plan_calls
from sheetsales.errors import WrongUse
from sheetsales.process import Patch, Playbook, Request, Row, Tables
from sheetsales.processes.territory import PROCESS, minimums_fit_the_hours
from sheetsales.rank import place_rows
from sheetsales.shared import SHARED
from sheetsales.values import Value

BOOK = Playbook([SHARED, PROCESS])
NOW = datetime(2026, 5, 13, 9, 0)
REP, OTHER = "rep@example.com", "other@example.com"


def account(record: str, name: str, answers: tuple[int, int, int, int] | None = None, **cells: Value) -> Row:
    judged = dict(zip(("r0", "r1", "r15", "rmax"), map(Decimal, answers), strict=True)) if answers else {}
    return {"id": record, "account": name, "type": "Customer", "owner": REP, "potential": Decimal(5000), "fit": 3, "tier": "C",
            "current_sales": Decimal(0), "calls_current": 0, "call_hours": Decimal(1), **judged, **cells}  # fmt: skip


def worked(acme: int = 2, beta: int = 2, core: int = 1, **cells: Value) -> list[Row]:
    return [
        account("TA-1", "Acme", (40, 100, 120, 150), calls_current=4, current_sales=Decimal(1000), call_hours=Decimal("1.5"),
                min_calls=acme, max_calls=8, **cells),
        account("TA-2", "Beta", (80, 100, 106, 120), calls_current=6, current_sales=Decimal(1500), min_calls=beta, max_calls=8, **cells),
        account("TA-3", "Core", (10, 100, 150, 220), calls_current=2, current_sales=Decimal(600), call_hours=Decimal(2),
                min_calls=core, max_calls=8, **cells),
    ]  # fmt: skip


def view(rows: Sequence[Row], **others: Sequence[Row]) -> Tables:
    return BOOK.view({"territory_accounts": rows, **others}, NOW)


def pressed(rows: Sequence[Row], *records: str, **parameters: Value) -> Patch:
    return plan_calls(view(rows), Request(records, parameters))


def written(patch: Patch, column: str = "calls_recommended") -> list[Value]:
    return [edit.value for edit in patch.edits if edit.column == column]


def after(rows: Sequence[Row], patch: Patch) -> list[Row]:
    changed: dict[str, dict[str, Value]] = {}
    for edit in patch.edits:
        changed.setdefault(edit.record, {})[edit.column] = edit.value
    return [{**row, **changed.get(str(row["id"]), {})} for row in rows]


# ── the worked territory ─────────────────────────────────────────────────────────────────────────


def test_the_worked_territory_with_minimums_is_planned_4_2_4() -> None:
    patch = pressed(worked(), hours=Decimal(16))
    assert written(patch) == [4, 2, 4]
    assert patch.message == (
        "Planned 3 accounts: 3,363.03 of sales a year against 3,100.00 today, +263.03 (+8.485 %). "
        "16 of 16 h used; 1 hour more is worth 60.11, 2 hours 115.68."
    )
    assert patch.refused == ()


def test_the_worked_territory_without_minimums_drops_beta() -> None:
    patch = pressed(worked(0, 0, 0), hours=Decimal(16))
    assert written(patch) == [5, 0, 4]
    assert "3,384.24 of sales a year against 3,100.00 today, +284.24 (+9.169 %). 15.5 of 16 h used" in patch.message


@pytest.mark.parametrize(("hours", "calls"), [(17, [4, 3, 4]), (18, [5, 2, 4])])
def test_further_hours_go_where_they_were_said_to_be_worth_most(hours: int, calls: list[int]) -> None:
    assert written(pressed(worked(), hours=Decimal(hours))) == calls


def test_each_row_says_what_the_next_and_the_last_call_return_per_hour() -> None:
    patch = pressed(worked(), hours=Decimal(16))
    assert written(patch, "marginal_next") == [Decimal("77.12"), Decimal("60.11"), Decimal("45.79")]
    assert written(patch, "marginal_last") == [Decimal("102.92"), Decimal("57.93"), Decimal("84.28")]
    assert written(patch, "reason") == [
        "next call here returns 77/h, last funded call 103/h",
        "At its minimum: next call here returns 60/h, last funded call 58/h",
        "next call here returns 46/h, last funded call 84/h",
    ]
    assert {edit.column for edit in patch.edits} == {"calls_recommended", "marginal_next", "marginal_last", "reason"}


def test_a_row_without_calls_has_no_last_call() -> None:
    rows = after(worked(0, 0, 0), pressed(worked(0, 0, 0), hours=Decimal(16)))
    assert (rows[1]["reason"], rows[1].get("marginal_last")) == ("next call here returns 37/h, no call funded", None)


def test_pressing_twice_changes_nothing_and_the_order_of_rows_does_not_matter() -> None:
    rows = worked()
    first = pressed(rows, hours=Decimal(16))
    assert pressed(after(rows, first), hours=Decimal(16)).edits == ()
    backwards = pressed(rows[::-1], hours=Decimal(16))
    assert (backwards.edits, backwards.message) == (first.edits, first.message)


def test_selected_rows_are_written_from_the_plan_of_all() -> None:
    patch = pressed(worked(), "TA-3", hours=Decimal(16))
    assert {edit.record for edit in patch.edits} == {"TA-3"}
    assert written(patch) == [4]


def test_travel_is_part_of_what_a_call_costs() -> None:
    rows = worked()
    as_travel = [
        {**row, "call_hours": Decimal("0.25"), "travel_hours": Decimal(str(row["call_hours"])) - Decimal("0.25")} for row in rows
    ]
    assert pressed(as_travel, hours=Decimal(16)).edits == pressed(rows, hours=Decimal(16)).edits


# ── limits, pins, hours ──────────────────────────────────────────────────────────────────────────


def test_minimums_that_do_not_fit_are_refused_with_the_shortfall_and_nothing_is_written() -> None:
    patch = pressed(worked(), hours=Decimal("6.5"))
    assert patch.edits == ()
    assert patch.message == "No plan: minimums need 0.5 h more than there are. Nothing was written."
    assert [r.message for r in patch.refused] == ["Minimums alone need 7 h; you have 6.5 h. Lower: Acme, Beta, Core."]


def test_the_refusal_and_the_finding_use_the_same_sentence() -> None:
    territory: Row = {
        "id": "TR-1",
        "name": "North",
        "owner": REP,
        "hours_per_period": Decimal(13),
        "selling_share": Decimal("0.5"),
    }
    tables = view(worked(), territories=[territory])
    (finding,) = minimums_fit_the_hours.findings(territory, tables)
    patch = plan_calls(tables, Request())
    assert [r.message for r in patch.refused] == [finding.message]


def test_pinned_calls_stay_whatever_the_limits_say_and_count_as_minimum() -> None:
    rows = [{**row, "pinned_calls": 10} if row["id"] == "TA-2" else row for row in worked()]
    patch = pressed(rows, hours=Decimal(16))
    assert written(patch)[1] == 10
    assert str(written(patch, "reason")[1]).startswith("Pinned: ")
    assert [r.message for r in pressed(rows, hours=Decimal(14)).refused] == [
        "Minimums alone need 15 h; you have 14 h. Lower: Beta, Acme, Core."
    ]


def test_a_pin_of_no_calls_is_a_pin() -> None:
    rows = [{**row, "pinned_calls": 0} if row["id"] == "TA-1" else row for row in worked()]
    assert written(pressed(rows, hours=Decimal(16)))[0] == 0


def test_without_hours_those_of_the_territory_count_then_those_of_todays_calls() -> None:
    territory: Row = {
        "id": "TR-1",
        "name": "North",
        "owner": REP,
        "hours_per_period": Decimal(34),
        "selling_share": Decimal("0.5"),
    }
    assert "17 of 17 h" in plan_calls(view(worked(), territories=[territory]), Request()).message
    assert "16 of 16 h" in plan_calls(view(worked(), territories=[{**territory, "owner": OTHER}]), Request()).message


def test_nobody_s_hours_are_asked_for() -> None:
    patch = pressed([account("TA-1", "Acme", calls_current=0)])
    assert (patch.edits, patch.message) == ((), "No plan: nobody said how many hours there are for calls.")
    assert patch.refused[0].message == "There are no hours to plan: set hours, or fill the hours of the territory."


@pytest.mark.parametrize("name", ["hours", "change_penalty"])
def test_a_parameter_below_zero_is_wrong_use(name: str) -> None:
    with pytest.raises(WrongUse, match=f"{name} must be 0 or more"):
        pressed(worked(), **{name: Decimal(-1)})


def test_each_owner_has_the_hours_and_one_refusal_stops_only_that_owner() -> None:
    rows = [*worked(), account("TA-9", "Dell", owner=OTHER, min_calls=20)]
    patch = pressed(rows, hours=Decimal(16))
    assert written(patch) == [4, 2, 4]
    assert patch.message.startswith(
        f"{OTHER}: No plan: minimums need 4 h more than there are. Nothing was written. {REP}: Planned 3"
    )


def test_a_penalty_keeps_todays_calls_where_the_change_is_not_worth_it() -> None:
    assert written(pressed(worked(), hours=Decimal(16), change_penalty=Decimal(1000))) == [4, 6, 2]
    assert written(pressed(worked(), hours=Decimal(16), change_penalty=Decimal(0))) == [4, 2, 4]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        pytest.param({"call_hours": None}, "Not planned: call hours must be at least 0.25.", id="no hours of a call"),
        pytest.param({"call_hours": Decimal("0.2")}, "Not planned: call hours must be at least 0.25.", id="too short a call"),
        pytest.param({"call_hours": Decimal(1001)}, "Not planned: a call of more than 1,000 hours.", id="a call of a year"),
        pytest.param({"min_calls": 9}, "Not planned: minimum calls exceed maximum.", id="minimum above maximum"),
        pytest.param({"calls_current": 1001}, "Not planned: more than 1,000 calls in a period.", id="too many calls"),
    ],
)
def test_a_row_that_cannot_be_planned_is_refused_and_the_others_are_planned(cells: Mapping[str, Value], message: str) -> None:
    rows = worked()
    patch = pressed([{**rows[0], **cells}, *rows[1:]], hours=Decimal(16))
    assert [(r.record, r.message) for r in patch.refused] == [("TA-1", message)]
    assert {edit.record for edit in patch.edits} == {"TA-2", "TA-3"}
    assert patch.message.endswith("1 not planned.")


def test_hours_of_parts_of_a_minute_are_never_exceeded() -> None:
    rows = [{**row, "call_hours": Decimal("0.333333")} for row in worked(0, 0, 0)]
    calls = [value for value in written(pressed(rows, hours=Decimal(5))) if isinstance(value, int)]
    assert sum(calls) == 15


# ── customers without calls, prospects, margins ──────────────────────────────────────────────────


def test_a_customer_without_answers_follows_the_default_curve_and_nothing_is_planned_beyond_twice_todays_calls() -> None:
    rows = [account("TA-1", "Acme", calls_current=2, current_sales=Decimal(1000), tier="A", min_calls=0)]
    assert response_of(rows[0], view(rows)).sales(1) == pytest.approx(1000 * 0.7900, abs=0.05)
    assert response_of(rows[0], view(rows)).sales(9) == pytest.approx(1265.8, abs=0.05)
    assert written(pressed(rows, hours=Decimal(40))) == [4]


def test_prospects_and_customers_without_calls_are_planned_by_the_frequency_of_their_tier() -> None:
    rows = [
        account("TA-1", "Acme", tier="A", current_sales=Decimal(600), max_calls=6),
        account("TA-2", "Beta", tier="A", type="Prospect", fit=5, potential=Decimal(2000), max_calls=6),
    ]
    patch = pressed(rows, hours=Decimal(12))
    assert written(patch) == [6, 6]
    assert patch.message.startswith("Planned 2 accounts: 1,200.00 of sales a year against 0.00 today, +1,200.00.")


def test_rows_without_a_tier_take_the_frequency_that_ranking_would_give_them_and_no_minimum() -> None:
    patch = pressed([account("TA-1", "Acme", tier=None, type="Prospect")], hours=Decimal(12))
    assert written(patch) == [12]
    assert patch.message.endswith("1 have no tier yet, so no minimum by tier: rank accounts first.")


def test_a_margin_weighs_the_sales_of_its_account() -> None:
    equal = [account(f"TA-{n}", f"Acme {n}", calls_current=3, current_sales=Decimal(1000), min_calls=0) for n in (1, 2)]
    assert written(pressed(equal)) == [3, 3]
    weighed = [{**equal[0], "margin": Decimal("0.1")}, {**equal[1], "margin": Decimal("0.6")}]
    patch = pressed(weighed)
    assert written(patch) == [1, 5]
    assert "of margin a year" in patch.message


def test_an_account_whose_margin_nobody_knows_has_the_mean_of_the_others_or_the_teams() -> None:
    rows = worked()
    assert written(pressed([{**rows[0], "margin": Decimal("0.4")}, *rows[1:]], hours=Decimal(16))) == [4, 2, 4]
    book = Playbook([SHARED, PROCESS], policy={"territory.team_margin": Decimal("0.4")})
    patch = plan_calls(book.view({"territory_accounts": rows}, NOW), Request((), {"hours": Decimal(16)}))
    assert "1,345.21 of margin a year against 1,240.00 today" in patch.message


# ── what is said of today's plan ─────────────────────────────────────────────────────────────────

LEAVE = "today's plan is as good as the best; leave it"


def test_a_gain_below_two_per_cent_says_leave_it_and_still_shows_the_best() -> None:
    rows = [account("TA-1", "Acme", calls_current=4, current_sales=Decimal(1000), min_calls=0),
            account("TA-2", "Beta", calls_current=4, current_sales=Decimal(1500), min_calls=0)]  # fmt: skip
    patch = pressed(rows)
    assert LEAVE in patch.message
    assert "(+1.002 %). 8 of 8 h used" in patch.message
    assert written(patch) == [3, 5]


def test_a_gain_of_two_per_cent_or_more_does_not_say_leave_it() -> None:
    assert LEAVE not in pressed(worked(), hours=Decimal(16)).message


def test_todays_plan_is_recommended_where_it_is_the_best() -> None:
    patch = pressed(worked(4, 6, 2), hours=Decimal(16))
    assert written(patch) == [4, 6, 2]
    assert LEAVE in patch.message


def test_a_plan_of_today_that_breaks_the_limits_is_not_one_to_leave() -> None:
    rows = [{**row, "max_calls": 4} for row in worked(4, 4, 2)]
    patch = pressed(rows, hours=Decimal(16))
    assert "Today's plan does not keep to the hours and limits." in patch.message
    assert LEAVE not in patch.message


# ── properties ───────────────────────────────────────────────────────────────────────────────────

ANSWERS = st.tuples(st.integers(0, 99), st.just(100), st.integers(101, 150), st.integers(151, 300))
ACCOUNTS = st.lists(
    st.fixed_dictionaries({
        "answers": st.one_of(st.none(), ANSWERS),
        "type": st.sampled_from(["Customer", "Prospect"]),
        "tier": st.sampled_from(["A", "B", "C", None]),
        "calls_current": st.integers(0, 4),
        "current_sales": st.decimals(0, 5000, places=2),
        "call_hours": st.sampled_from([Decimal(x) for x in ("0.25", "0.75", "1", "1.1", "2")]),
        "travel_hours": st.sampled_from([None, Decimal("0.5"), Decimal("0.2")]),
        "min_calls": st.one_of(st.none(), st.integers(0, 2)),
        "max_calls": st.one_of(st.none(), st.integers(2, 5)),
        "pinned_calls": st.one_of(st.none(), st.none(), st.integers(0, 6)),
    }),
    min_size=1, max_size=3,
).map(lambda drawn: [account(f"TA-{n}", f"Account {n}", **one) for n, one in enumerate(drawn)])  # fmt: skip


def hours_of(row: Row) -> Decimal:
    return Decimal(str(row["call_hours"])) + Decimal(str(row.get("travel_hours") or 0))


@settings(max_examples=150, deadline=None)
@given(rows=ACCOUNTS, hours=st.decimals(0, 30, places=2))
def test_a_plan_keeps_to_hours_pins_and_limits_or_is_refused_and_pressing_twice_changes_nothing(
    rows: list[Row], hours: Decimal
) -> None:
    kept = [dict(row) for row in rows]
    patch = pressed(rows, hours=hours)
    assert rows == kept
    planned = after(rows, patch)
    if patch.message.startswith("No plan"):
        assert patch.edits == ()
        assert "Minimums alone need" in patch.refused[-1].message
        return
    calls = [row["calls_recommended"] for row in planned]
    assert all(isinstance(n, int) for n in calls)
    assert sum(hours_of(row) * Decimal(str(n)) for row, n in zip(rows, calls, strict=True)) <= hours
    for row, n in zip(rows, calls, strict=True):
        assert isinstance(n, int)
        if row["pinned_calls"] is not None:
            assert n == row["pinned_calls"]
        else:
            assert Decimal(str(row["min_calls"] or 0)) <= n
            assert row["max_calls"] is None or n <= Decimal(str(row["max_calls"]))
    assert pressed(planned, hours=hours).edits == ()


@settings(max_examples=60, deadline=None)
@given(rows=ACCOUNTS, hours=st.integers(0, 20))
def test_no_plan_within_the_limits_brings_more(rows: list[Row], hours: int) -> None:
    rows = [
        {**row, "tier": "A", "min_calls": row["min_calls"] or 0, "max_calls": row["max_calls"] or 4, "pinned_calls": None}
        for row in rows
    ]
    patch = pressed(rows, hours=Decimal(hours))
    if patch.message.startswith("No plan"):
        return
    tables = view(rows)
    sales = [response_of(row, tables).sales for row in rows]
    spans = [range(int(str(row["min_calls"])), int(str(row["max_calls"])) + 1) for row in rows]
    best = max(
        sum(brings(n) for brings, n in zip(sales, plan, strict=True))
        for plan in product(*spans)
        if sum(hours_of(row) * n for row, n in zip(rows, plan, strict=True)) <= hours
    )
    planned = [int(str(row["calls_recommended"])) for row in after(rows, patch)]
    assert sum(brings(n) for brings, n in zip(sales, planned, strict=True)) == pytest.approx(best, abs=0.001)


@settings(max_examples=50, deadline=None)
@given(potentials=st.lists(st.integers(0, 9), min_size=2, max_size=6), which=st.integers(0, 5), more=st.integers(1, 9))
def test_raising_the_potential_of_an_account_never_lowers_its_rank(potentials: list[int], which: int, more: int) -> None:
    which %= len(potentials)
    rows = [account(f"TA-{n}", "Acme", potential=Decimal(p)) for n, p in enumerate(potentials)]
    raised = [{**row, "potential": Decimal(potentials[n] + more)} if n == which else row for n, row in enumerate(rows)]
    cuts = (Decimal("0.8"), Decimal("0.95"))
    record = f"TA-{which}"
    assert place_rows(raised, cuts)[record].rank <= place_rows(rows, cuts)[record].rank


def test_thousands_of_accounts_are_planned_within_the_hours_with_a_stated_gap() -> None:
    rows = [
        account(f"TA-{n:05}", f"Account {n}", (n % 40, 100, 110 + n % 30, 150 + n % 90), calls_current=2 + n % 4, max_calls=12,
                current_sales=Decimal(1000 + 37 * n % 5000), call_hours=Decimal(1 + n % 8) / 4, min_calls=0)
        for n in range(3_000)
    ]  # fmt: skip
    patch = pressed(rows, hours=Decimal("4000.25"))
    calls = written(patch)
    assert len(calls) == 3_000
    assert sum(hours_of(row) * Decimal(str(n)) for row, n in zip(rows, calls, strict=True)) <= Decimal("4000.25")
    assert "No plan can bring more than 0.000" in patch.message
