"""The buttons of territory management: curves, the worth of an hour, calendar, plans compared, balance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsales.attention import sales_at
from sheetsales.balance import Holding, balance_indices, out_of_band, propose_moves
from sheetsales.errors import WrongUse
from sheetsales.process import Patch, Playbook, Request, Row, Tables
from sheetsales.processes.territory import PROCESS
from sheetsales.rank import tiers_of
from sheetsales.shared import SHARED
from sheetsales.territory_measures import calls_done
from sheetsales.validate import row_findings
from sheetsales.values import Value

BOOK = Playbook([SHARED, PROCESS])
NOW = datetime(2026, 4, 1, 9, 0)  # the first day of the second quarter; its first Monday is the 6th
REP, BEN, CY = "rep@example.com", "ben@example.com", "cy@example.com"
MONDAYS = [date(2026, 4, 6) + timedelta(days=7 * n) for n in range(13)]


def account(record: str, name: str, answers: Sequence[int] = (), **cells: Value) -> Row:
    judged = dict(zip(("r0", "r1", "r15", "rmax"), map(Decimal, answers), strict=True)) if answers else {}
    return {"id": record, "account": name, "type": "Customer", "owner": REP, "potential": Decimal(5000), "fit": 3, "tier": "C",
            "current_sales": Decimal(0), "calls_current": 0, "call_hours": Decimal(1), **judged, **cells}  # fmt: skip


def worked(**cells: Value) -> list[Row]:
    return [
        account("TA-1", "Acme", (40, 100, 120, 150), calls_current=4, current_sales=Decimal(1000), call_hours=Decimal("1.5"),
                min_calls=2, max_calls=8, **cells),
        account("TA-2", "Beta", (80, 100, 106, 120), calls_current=6, current_sales=Decimal(1500), min_calls=2, max_calls=8, **cells),
        account("TA-3", "Core", (10, 100, 150, 220), calls_current=2, current_sales=Decimal(600), call_hours=Decimal(2),
                min_calls=1, max_calls=8, **cells),
    ]  # fmt: skip


def view(rows: Sequence[Row] = (), now: datetime = NOW, me: str = "", **others: Sequence[Row]) -> Tables:
    return BOOK.view({"territory_accounts": rows, **others}, now, me)


def press(name: str, tables: Tables, *records: str, **parameters: Value) -> Patch:
    return BOOK.actions[f"territory.{name}"].plan(tables, Request(records, parameters))


def after(table: str, rows: Sequence[Row], patch: Patch) -> list[Row]:
    """Give the rows of a table once a patch is applied, new ones with ids."""
    changed: dict[str, dict[str, Value]] = {}
    for edit in patch.edits:
        if edit.table == table:
            changed.setdefault(edit.record, {})[edit.column] = edit.value
    made: list[Row] = [{"id": f"N-{len(rows) + n:04}", **new.values} for n, new in enumerate(patch.new) if new.table == table]
    return [{**row, **changed.get(str(row["id"]), {})} for row in rows] + made


def cells(patch: Patch, column: str) -> dict[str, Value]:
    return {edit.record: edit.value for edit in patch.edits if edit.column == column}


# ── Fit curves ───────────────────────────────────────────────────────────────────────────────────


def test_fit_curves_writes_the_worked_curve_of_acme_in_words() -> None:
    patch = press("fit_curves", view(worked()), "TA-1")
    assert cells(patch, "curve") == {
        "TA-1": "Sales at none 40.0, half 65.8, today 100.0, double 130.7, no limit 150.0; slow at first, then steep (an S); "
        "c 1.969362, d 0.833333."
    }
    assert patch.message == "1 curves fitted."
    assert press("fit_curves", view(after("territory_accounts", worked(), patch)), "TA-1").edits == ()


@pytest.mark.parametrize(
    ("answers", "code", "sentence"),
    [
        ((40, 100, 100, 150), "TER-04", "The curve cannot be fitted: your +50 % answer is too low."),
        ((40, 100, 90, 150), "TER-04", "The curve cannot be fitted: your +50 % answer is too low."),
        ((100, 100, 120, 150), "TER-03", "Answers must rise: no calls < today (100) < +50 % < no limit."),
        ((40, 100, 160, 150), "TER-03", "Answers must rise: no calls < today (100) < +50 % < no limit."),
        ((40, 90, 120, 150), "TER-03", "Answers must rise: no calls < today (100) < +50 % < no limit."),
    ],
)
def test_answers_on_no_curve_are_refused_with_the_sentence_of_their_check(
    answers: Sequence[int], code: str, sentence: str
) -> None:
    row = account("TA-1", "Acme", answers, calls_current=1)
    patch = press("fit_curves", view([row]))
    assert [(one.record, one.message) for one in patch.refused] == [("TA-1", f"Acme: {sentence}")]
    assert cells(patch, "curve") == {"TA-1": sentence}
    assert (code, sentence) in {(f.code, f.message) for f in row_findings(BOOK.checks["territory_accounts"], row, view([row]))}


def test_an_account_that_lacks_answers_is_told_which_and_follows_the_default_curve() -> None:
    patch = press("fit_curves", view([account("TA-1", "Acme", r0=Decimal(40))]))
    assert cells(patch, "curve") == {
        "TA-1": "Default curve, sales grow with calls^0.34: there is no answer for +50 % calls, no limit."
    }
    assert patch.message == "0 curves fitted. 1 accounts lack answers and follow the default curve (elasticity 0.34)."


NINE = "0:50; 25:53; 50:55; 75:75; 125:120; 150:127; 175:132; 200:135"


def test_five_answers_or_more_are_fitted_by_least_squares_and_used_by_the_plan() -> None:
    row = account("TA-1", "Crawford", further_answers=NINE, calls_current=4, current_sales=Decimal(1000))
    patch = press("fit_curves", view([row]))
    words = str(cells(patch, "curve")["TA-1"])
    assert words.startswith("Sales at none 51.1, half 55.9, today 100.7, double 134.4, no limit 137.1; slow at first")
    assert words.endswith("Nearest to 9 answers, off by 1.0 on average.")
    assert patch.message == "1 curves fitted."
    assert sales_at(row, Decimal("4.6"), view([row])) == pytest.approx(1129.25, rel=1e-4)
    assert [f.code for f in row_findings(BOOK.checks["territory_accounts"], row, view([row]))] == []


@pytest.mark.parametrize("text", ["often", "25:53, 50:55", "-5:20", "25=53"])
def test_further_answers_that_are_no_pairs_are_named(text: str) -> None:
    row = account("TA-1", "Acme", (40, 100, 120, 150), further_answers=text)
    found = {(f.code, f.message) for f in row_findings(BOOK.checks["territory_accounts"], row, view([row]))}
    assert ("TER-03", "Further answers must be pairs of calls and sales, such as 25:53; 200:132.") in found
    assert press("fit_curves", view([row])).refused[0].message.startswith("Acme: Further answers must be pairs")


# ── What is an hour worth ────────────────────────────────────────────────────────────────────────


def test_one_hour_more_is_worth_60_11_and_two_115_68_and_the_rows_say_where_they_go() -> None:
    patch = press("hour_worth", view(worked()), hours=Decimal(16))
    assert patch.message == (
        "1 hour more is worth 60.11 a year: Beta 3 instead of 2. 2 hours more is worth 115.68 a year: Acme 5 instead of 4."
    )
    assert cells(patch, "more_hours") == {
        "TA-1": "+2 h: 5 calls instead of 4 (+115.68 a year)",
        "TA-2": "+1 h: 3 calls instead of 2 (+60.11 a year)",
    }
    assert {edit.column for edit in patch.edits} == {"more_hours"}


def test_the_worth_of_an_hour_names_minimums_that_do_not_fit() -> None:
    patch = press("hour_worth", view(worked()), hours=Decimal(6))
    assert patch.edits == ()
    assert [one.message for one in patch.refused] == ["Minimums alone need 7 h; you have 6 h. Lower: Acme, Beta, Core."]


def test_a_penalty_of_the_team_keeps_plans_from_churning_and_is_off_unless_set() -> None:
    book = Playbook([SHARED, PROCESS], policy={"territory.change_penalty": Decimal(1000)})
    rows = worked()
    kept = book.actions["territory.plan_calls"].plan(book.view({"territory_accounts": rows}, NOW), Request())
    assert cells(kept, "calls_recommended") == {"TA-1": 4, "TA-2": 6, "TA-3": 2}
    assert cells(press("plan_calls", view(rows)), "calls_recommended") == {"TA-1": 4, "TA-2": 2, "TA-3": 4}


# ── Make calendar ────────────────────────────────────────────────────────────────────────────────


def planned(rows: Sequence[Row], name: str) -> dict[date, Value]:
    return {row["week"]: row["calls_planned"] for row in rows if row["account"] == name and row["calls_planned"]}  # type: ignore[misc]


def calendar(rows: Sequence[Row], there: Sequence[Row] = (), now: datetime = NOW, **others: Sequence[Row]) -> list[Row]:
    return after("call_calendar", there, press("make_calendar", view(rows, now, "", call_calendar=there, **others)))


def test_calls_are_spread_evenly_over_the_weeks_of_the_quarter() -> None:
    rows = [account("TA-1", "Acme", calls_recommended=6), account("TA-2", "Beta", calls_recommended=4), account("TA-3", "Core", calls_recommended=1)]  # fmt: skip
    made = calendar(rows)
    acme, beta = sorted(planned(made, "Acme")), sorted(planned(made, "Beta"))
    assert [(b - a).days for a, b in pairwise(acme)] == [14] * 5
    assert [(b - a).days for a, b in pairwise(beta)] == [21] * 3
    assert sum(planned(made, "Core").values()) == 1  # type: ignore[arg-type]
    assert {row["week"] for row in made} <= set(MONDAYS)
    assert {row["owner"] for row in made} == {REP}


def test_accounts_of_one_region_are_called_in_the_same_weeks() -> None:
    rows = [account(f"TA-{n}", f"N{n}", calls_recommended=3, region="North") for n in range(3)]
    rows += [account(f"TA-{n}", f"S{n}", calls_recommended=3, region="South") for n in range(3, 6)]
    territory: Row = {"id": "TR-1", "name": "T", "owner": REP, "hours_per_period": Decimal(200), "selling_share": Decimal("0.5")}
    made = calendar(rows, territories=[territory])
    north, south = ({row["week"] for row in made if str(row["account"])[0] == letter} for letter in "NS")
    assert len(north) == len(south) == 3


def test_full_weeks_are_avoided_before_regions_are_kept_together() -> None:
    rows = [account(f"TA-{n:02}", f"N{n}", calls_recommended=1, region="North") for n in range(13)]
    territory: Row = {"id": "TR-1", "name": "T", "owner": REP, "hours_per_period": Decimal(26), "selling_share": Decimal("0.5")}
    made = calendar(rows, territories=[territory])
    assert sorted(row["week"] for row in made) == MONDAYS  # type: ignore[type-var]


def test_pressing_again_changes_nothing() -> None:
    rows = [account(f"TA-{n}", f"A{n}", calls_recommended=n, region="North") for n in range(7)]
    made = calendar(rows)
    again = press("make_calendar", view(rows, call_calendar=made))
    assert (again.edits, again.new) == ((), ())


def test_what_a_person_changed_in_the_calendar_stays_and_counts() -> None:
    rows = [account("TA-1", "Acme", calls_recommended=6)]
    made = calendar(rows)
    made[0] = {**made[0], "calls_planned": 3}
    typed: Row = {"id": "N-9", "week": date(2026, 6, 23), "account": "Acme", "owner": REP, "calls_planned": 1}
    again = calendar(rows, [*made, typed])
    assert again[0] == made[0]
    assert [row for row in again if row["id"] == "N-9"] == [typed]
    assert sum(planned(again, "Acme").values()) == 6  # type: ignore[arg-type]


def test_a_week_in_which_the_person_wants_no_call_is_left_free() -> None:
    rows = [account("TA-1", "Acme", calls_recommended=12)]
    free = [{**row, "calls_planned": 0} if row["week"] == MONDAYS[3] else row for row in calendar(rows)]
    again = planned(calendar(rows, free), "Acme")
    assert MONDAYS[3] not in again
    assert sum(again.values()) == 12  # type: ignore[arg-type]


def test_what_is_done_counts_weeks_that_lie_back_stay_and_what_was_missed_is_made_up() -> None:
    rows = [account("TA-1", "Acme", calls_recommended=6)]
    made = calendar(rows)
    later = datetime(2026, 5, 13, 9, 0)  # three calls were planned by now, one was held
    held: Row = {"id": "CL-1", "account": "Acme", "owner": REP, "status": "Held", "held_at": datetime(2026, 4, 8, 10, 0)}
    again = calendar(rows, made, later, calls=[held])
    over = date(2026, 5, 11)
    assert [row for row in again if row["week"] < over] == [row for row in made if row["week"] < over]  # type: ignore[operator]
    assert sum(calls for week, calls in planned(again, "Acme").items() if week >= over) == 5  # type: ignore[misc]


def test_who_begins_in_the_middle_of_a_quarter_plans_the_part_that_is_left_and_keeps_to_it_a_week_later() -> None:
    rows = [account("TA-1", "Acme", calls_recommended=26), account("TA-2", "Beta", calls_recommended=4, min_calls=3)]
    begins = datetime(2026, 5, 13, 9, 0)  # 8 of 13 weeks are left
    patch = press("make_calendar", view(rows, begins))
    made = after("call_calendar", [], patch)
    assert [sum(planned(made, name).values()) for name in ("Acme", "Beta")] == [16, 3]  # type: ignore[arg-type]
    assert (
        "No call was planned or held before 2026-05-11: of the period's calls only the part for 8 of 13 weeks is due"
        in patch.message
    )
    done: list[Row] = [
        {"id": f"CL-{n}", "account": row["account"], "owner": REP, "status": "Held", "held_at": datetime(2026, 5, 12, 8 + n, 0)}
        for n, row in enumerate(
            row for row in made if row["week"] == date(2026, 5, 11) for _ in range(int(str(row["calls_planned"])))
        )
    ]
    later = press("make_calendar", view(rows, begins + timedelta(days=7), call_calendar=made, calls=done))
    assert (later.edits, later.new) == ((), ())


def test_fewer_calls_recommended_take_calls_away_and_keep_the_rest_of_the_pattern() -> None:
    rows = [account("TA-1", "Acme", calls_recommended=6)]
    made = calendar(rows)
    fewer = planned(calendar([{**rows[0], "calls_recommended": 4}], made), "Acme")
    assert set(fewer) < set(planned(made, "Acme"))
    assert sum(fewer.values()) == 4  # type: ignore[arg-type]


def test_my_calls_go_before_the_recommended_and_an_account_without_either_is_named() -> None:
    rows = [account("TA-1", "Acme", calls_recommended=6, my_calls=2), account("TA-2", "Beta")]
    patch = press("make_calendar", view(rows))
    assert sum(new.values["calls_planned"] for new in patch.new) == 2  # type: ignore[misc]
    assert [one.message for one in patch.refused] == ["Beta: no calls are recommended yet: press Recommend calls."]


@pytest.mark.parametrize("period", ["2026-Q1", "soon"])
def test_a_period_that_is_over_or_none_is_wrong_use(period: str) -> None:
    with pytest.raises(WrongUse):
        press("make_calendar", view(worked()), period=period)


def test_a_later_period_is_planned_whole() -> None:
    made = press("make_calendar", view([account("TA-1", "Acme", calls_recommended=13)]), period="2026-Q3")
    weeks = [new.values["week"] for new in made.new]
    assert (weeks[0], weeks[-1], len(weeks)) == (date(2026, 7, 6), date(2026, 9, 28), 13)


@settings(max_examples=40, deadline=None)
@given(
    calls=st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["North", "South", None]), st.integers(0, 4)), min_size=1, max_size=8),
    hours=st.integers(20, 200),
    day=st.integers(0, 80),
    seed=st.integers(0, 5),
)  # fmt: skip
def test_the_calendar_of_a_recommended_plan_meets_every_minimum_and_never_exceeds_the_hours(
    calls: list[tuple[int, str | None, int]], hours: int, day: int, seed: int
) -> None:
    rows = [account(f"TA-{n}", f"A{n}", current_sales=Decimal(100 * (n + seed)), calls_current=now, region=region, min_calls=least)
            for n, (now, region, least) in enumerate(calls)]  # fmt: skip
    plan = press("plan_calls", view(rows), hours=Decimal(hours))
    rows = after("territory_accounts", rows, plan)
    if any(row.get("calls_recommended") is None for row in rows):
        assert plan.refused
        return
    now = NOW + timedelta(days=day)
    made = calendar(rows, now=now)
    sums = {str(row["account"]): sum(planned(made, str(row["account"])).values()) for row in rows}  # type: ignore[arg-type]
    whole, left = len(MONDAYS), sum(week >= (now - timedelta(days=now.weekday())).date() for week in MONDAYS)
    part = {str(row["account"]): (2 * row["calls_recommended"] * left + whole) // (2 * whole) for row in rows}  # type: ignore[operator]
    assert sums == {row["account"]: max(row["min_calls"], part[str(row["account"])]) for row in rows}  # type: ignore[type-var]
    assert all(sums[str(row["account"])] >= row["min_calls"] for row in rows)  # type: ignore[operator]
    assert sum(sums.values()) <= hours
    assert all(week >= (now - timedelta(days=now.weekday())).date() for row in made if (week := row["week"]))  # type: ignore[operator]
    again = press("make_calendar", view(rows, now, call_calendar=made))
    assert (again.edits, again.new) == ((), ())


def test_calls_planned_against_done_by_tier_follow_from_the_calendar() -> None:
    rows = [account("TA-1", "Acme", calls_recommended=6, tier="A"), account("TA-2", "Beta", calls_recommended=4, tier="B")]
    made = [{**row, "calls_done": 1 if row["account"] == "Acme" else 0} for row in calendar(rows)]
    tables = view(rows, call_calendar=made)
    days = date(2026, 4, 1), date(2026, 6, 30)
    assert [calls_done(tier)(tables, *days).value for tier in ("A", "B", "C")] == [1, 0, None]


# ── Compare plans ────────────────────────────────────────────────────────────────────────────────


def compared(rows: Sequence[Row], there: Sequence[Row] = (), **parameters: Value) -> dict[Value, Row]:
    patch = press("compare_plans", view(rows, territory_plans=there), **parameters)
    return {row["plan"]: row for row in after("territory_plans", there, patch)}


def test_the_worked_plans_stand_side_by_side_with_8_485_per_cent_between_them() -> None:
    lines = compared(worked())
    assert {name: (row["calls"], row["hours"], row["expected_return"], row["gain"]) for name, row in lines.items()} == {
        "Today": (12, 16, Decimal("3100.00"), 0),
        "Recommended": (10, 16, Decimal("3363.03"), Decimal("8.485")),
        "Mine": (10, 16, Decimal("3363.03"), Decimal("8.485")),
    }
    assert lines["Mine"]["verdict"] == "3,363.03 of sales a year in 16 of 16 h; +8.485 % against today; the same as recommended."


def test_an_own_plan_says_what_it_costs_and_where_it_falls_short() -> None:
    rows = worked()
    rows[0] = {**rows[0], "my_calls": 1}
    rows[1] = {**rows[1], "my_calls": 12}
    mine = compared(rows)["Mine"]
    assert (mine["calls"], mine["hours"], mine["below_minimum"]) == (17, Decimal("21.5"), 1)
    assert "5.5 h too many; below their minimum: Acme" in str(mine["verdict"])


def test_comparing_again_writes_over_the_last_comparison() -> None:
    first = list(compared(worked()).values())
    tables = view(worked(), territory_plans=first)
    again = press("compare_plans", tables)
    assert (again.edits, again.new) == ((), ())
    moved = press("compare_plans", tables, hours=Decimal(17))
    assert moved.new == ()
    assert {edit.column for edit in moved.edits} >= {"hours_available", "verdict"}


def test_a_gain_below_two_per_cent_is_said_to_be_not_worth_the_change() -> None:
    best = [{**row, "calls_current": calls} for row, calls in zip(worked(), (4, 2, 4), strict=True)]
    assert str(compared(best)["Recommended"]["verdict"]).endswith(
        "less than 2 % better: today's plan is as good as the best; leave it."
    )


# ── workload, balance ────────────────────────────────────────────────────────────────────────────


def holding(record: str, hours: float, region: str = "", *, cut: bool = False) -> Holding:
    return Holding(record, record, region, hours, cut)


def test_three_territories_of_1200_800_and_1000_hours_are_two_out_of_the_band_and_one_move_brings_them_in() -> None:
    indices = balance_indices({"a": 1200, "b": 800, "c": 1000})
    assert indices == pytest.approx({"a": 1.2, "b": 0.8, "c": 1.0})
    assert out_of_band(indices, 0.15) == ["a", "b"]
    held = {"a": [holding(f"a{n:02}", 100) for n in range(12)], "b": [holding(f"b{n}", 100) for n in range(8)],
            "c": [holding(f"c{n}", 100) for n in range(10)]}  # fmt: skip
    moves = propose_moves(held, 0.15)
    assert [(move.giver, move.taker, move.holding.hours) for move in moves] == [("a", "b", 100)]


def test_the_worked_workload_is_595_of_920_hours() -> None:
    rows = [account(f"TA-{tier}{n:02}", f"{tier}{n}", tier=tier, call_hours=hours)
            for tier, count, hours in (("A", 10, Decimal(1)), ("B", 25, Decimal("0.75")), ("C", 65, Decimal("0.5"))) for n in range(count)]  # fmt: skip
    territory: Row = {
        "id": "TR-1",
        "name": "North",
        "owner": REP,
        "hours_per_period": Decimal(460),
        "selling_share": Decimal("0.5"),
    }
    patch = press("balance", view(rows, territories=[territory], me="boss@example.com"))
    line = patch.new[0].values
    assert (line["accounts"], line["workload"], line["capacity"], line["load"]) == (100, 595, 920, Decimal("0.6467"))
    assert (line["balance_index"], line["state"], line["proposal"]) == (1, "In balance", None)
    assert line["owner"] == "boss@example.com"


def test_ten_accounts_of_the_worked_sum_are_a_a_a_b_b_c_c_c_c_c() -> None:
    worths = [500, 250, 120, 60, 30, 20, 10, 5, 3, 2]
    assert "".join(tiers_of(worths, (Decimal("0.8"), Decimal("0.95")))) == "AAABBCCCCC"


def team() -> list[Row]:
    counts = {REP: 12, BEN: 8, CY: 10}
    return [account(f"TA-{owner[0]}{n:02}", f"{owner[0]}{n}", owner=owner, tier="A", call_hours=Decimal(100) / 24)
            for owner, count in counts.items() for n in range(count)]  # fmt: skip


def test_balance_names_the_accounts_to_give_and_moves_nothing() -> None:
    people: list[Row] = [{"id": "PE-1", "email": BEN, "name": "Ben Ito"}]
    rows = team()
    patch = press("balance", view(rows, me="boss@example.com", people=people))
    lines = {new.values["rep"]: new.values for new in patch.new}
    assert {rep: (line["state"], line["balance_index"], line["index_after"]) for rep, line in lines.items()} == {
        REP: ("Too large", Decimal("1.2"), Decimal("1.1")),
        BEN: ("Too small", Decimal("0.8"), Decimal("0.9")),
        CY: ("In balance", 1, 1),
    }
    assert lines[REP]["proposal"] == "Give r0 (100 h) to Ben Ito."
    assert lines[BEN]["proposal"] == "Take r0 (100 h) from rep@example.com."
    assert patch.message == (
        "2 of 3 territories lie more than 15 % from the mean. Proposed, nothing is moved for you: "
        "r0 from rep@example.com to Ben Ito. Then all are in balance."
    )
    assert not any(edit.table == "territory_accounts" for edit in patch.edits)
    again = press(
        "balance", view(rows, me="boss@example.com", people=people, territory_balance=after("territory_balance", [], patch))
    )
    assert (again.edits, again.new) == ((), ())


def test_a_neighbour_and_a_prospect_are_moved_before_a_customer_far_away() -> None:
    held = {"a": [holding("a1", 50, "south"), holding("a2", 50, "north", cut=True), holding("a3", 50, "north"), holding("a4", 50, "north")],
            "b": [holding("b1", 50, "north")]}  # fmt: skip
    assert [move.holding.id for move in propose_moves(held, 0.15)] == ["a3"]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from("abcde"), st.lists(st.integers(0, 300), max_size=12), min_size=1, max_size=5))
def test_every_proposed_move_makes_territories_more_alike_and_takes_an_account_once_from_where_it_is(
    loads: Mapping[str, list[int]],
) -> None:
    held = {owner: [holding(f"{owner}{n}", hours) for n, hours in enumerate(some)] for owner, some in loads.items()}
    now = {owner: float(sum(some)) for owner, some in loads.items()}
    where = {one.id: owner for owner, some in held.items() for one in some}
    mean = sum(now.values()) / len(now)
    for move in propose_moves(held, 0.15):
        before = sum((load - mean) ** 2 for load in now.values())
        assert where[move.holding.id] == move.giver
        where[move.holding.id] = move.taker
        now[move.giver] -= move.holding.hours
        now[move.taker] += move.holding.hours
        assert sum((load - mean) ** 2 for load in now.values()) < before


def test_the_band_of_a_team_is_used() -> None:
    book = Playbook([SHARED, PROCESS], policy={"territory.balance_band": Decimal("0.25")})
    patch = book.actions["territory.balance"].plan(book.view({"territory_accounts": team()}, NOW), Request())
    assert patch.message == "0 of 3 territories lie more than 25 % from the mean."
