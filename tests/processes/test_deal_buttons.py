"""The buttons of deal management: forecast, inputs, snapshot, what moved, the month, forecasts handed in, nurture, where else to sell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from sheetsales.conversion import conversion_rates
from sheetsales.errors import BadConfiguration, WrongUse
from sheetsales.playbook import build_playbook
from sheetsales.process import Patch, Request, Row, Tables
from sheetsales.roles import profile, tables_for
from sheetsales.shared import DEFAULT_ROLES
from sheetsales.values import Value
from sheetsales_workbooks.layout import buttons_of

D = Decimal
BOOK = build_playbook({})
APART = build_playbook({"policy": {"deals": {"correlation": 0}}})
NOW = datetime(2026, 5, 13, 9, 0)  # a Wednesday in the second quarter
TODAY = NOW.date()
REP, BOSS = "rep@example.com", "boss@example.com"
PEOPLE: list[Row] = [
    {"id": "PE-1", "email": REP, "name": "Rep", "manager": BOSS, "team": "North"},
    {"id": "PE-2", "email": BOSS, "name": "Boss", "team": "North"},
]
START = {
    name: [{**row, "id": f"{name}-{n}"} for n, row in enumerate(rows)]
    for p in BOOK.processes
    for name, rows in p.defaults.items()
}


def view(me: str = REP, now: datetime = NOW, book: object = BOOK, /, **rows: Sequence[Row]) -> Tables:
    return book.view({**START, "people": PEOPLE, **rows}, now, me)  # type: ignore[attr-defined,no-any-return]


def deal(number: int = 1, /, **changes: Value) -> Row:
    return {"id": f"OP-{number}", "name": f"Deal {number}", "owner": REP, "team": "North", "stage": "Qualify", "amount": D(100),
            "forecast_category": "Pipeline", "created_on": date(2026, 1, 5), "close_date": date(2026, 6, 1), **changes}  # fmt: skip


def quota(amount: int = 1000, **changes: Value) -> Row:
    return {"id": "QU-1", "who": REP, "period": "2026-Q2", "amount": D(amount), **changes}


def press(name: str, tables: Tables, /, **parameters: Value) -> Patch:
    return BOOK.actions[name].plan(tables, Request((), parameters))


def lines(patch: Patch) -> dict[str, Mapping[str, Value]]:
    return {str(new.values["what"]): new.values for new in patch.new if new.table == "deal_report"}


def as_rows(patch: Patch, table: str, prefix: str) -> list[Row]:
    return [{"id": f"{prefix}-{n:03}", "version": 1, **new.values} for n, new in enumerate(patch.new) if new.table == table]


# ── the forecast ─────────────────────────────────────────────────────────────────────────────────

SECOND = [deal(n, amount=D(a), p_win=D(p)) for n, (a, p) in enumerate(((120, "0.9"), (80, "0.5"), (60, "0.3"), (200, "0.2")))]


def test_the_second_worked_pipeline_has_206_expected_and_56_per_cent_for_200_when_independent() -> None:
    patch = press("deals.forecast", view(REP, NOW, APART, opportunities=SECOND, quotas=[quota(200)]))
    found = lines(patch)
    assert (found["Expected"]["amount"], found["Standard deviation"]["amount"]) == (D("206.00"), D("100.26"))
    assert found["Quota"]["share"] == D("0.5600")
    assert patch.message == (
        "2026-Q2: 206.00 expected, 120.00 to 380.00 with a chance of 80 %. Chance to reach 200.00: 56 % (56 % were the deals independent)."
    )


def test_deals_that_hang_together_have_a_wider_range_and_both_chances_are_shown() -> None:
    found = lines(press("deals.forecast", view(opportunities=SECOND, quotas=[quota(300)]), correlation=D("0.5")))
    apart = lines(press("deals.forecast", view(REP, NOW, APART, opportunities=SECOND, quotas=[quota(300)])))
    assert found["Standard deviation"]["amount"] > apart["Standard deviation"]["amount"]  # type: ignore[operator]
    assert found["Expected"]["amount"] == apart["Expected"]["amount"]
    assert found["Quota"]["share"] > apart["Quota"]["share"]  # type: ignore[operator]
    assert "Were the deals independent: 18 %" in str(found["Quota"]["why"])


def test_the_deals_that_decide_are_named_with_the_chance_with_and_without_them() -> None:
    found = lines(press("deals.forecast", view(opportunities=SECOND, quotas=[quota(200)])))
    assert found["Deal 3"]["why"] == "Decides: with it the chance is 100 %, without it 45 % (the others taken as independent)."
    assert list(found)[-4:] == ["Deal 3", "Deal 1", "Deal 0", "Deal 2"]


def test_a_lost_deal_adds_nothing_to_any_forecast() -> None:
    with_lost = lines(
        press("deals.forecast", view(opportunities=[*SECOND, deal(9, stage="Lost", amount=D(10**6))], quotas=[quota()]))
    )
    assert with_lost["Expected"]["amount"] == D("206.00")
    assert with_lost["High"]["amount"] < D(1000)  # type: ignore[operator]


def test_closed_40_commit_30_best_20_roll_up_to_70_and_90() -> None:
    rows = [deal(1, stage="Won", amount=D(40), close_date=date(2026, 5, 1)), deal(2, amount=D(30), forecast_category="Commit"),
            deal(3, amount=D(20), forecast_category="Best case"), deal(4, amount=D(500)), deal(5, amount=D(7), forecast_category="Omitted")]  # fmt: skip
    found = lines(press("deals.review", view(opportunities=rows, quotas=[quota()])))
    assert (found["Booked"]["amount"], found["Commit"]["amount"], found["Best case"]["amount"]) == (D(40), D(70), D(90))
    assert found["Open"]["number"] == 3


def test_an_answer_is_written_over_the_last_one_and_the_same_answer_writes_nothing() -> None:
    tables = view(opportunities=SECOND, quotas=[quota(200)])
    first = press("deals.forecast", tables)
    rows = as_rows(first, "deal_report", "DR")
    again = press("deals.forecast", view(opportunities=SECOND, quotas=[quota(200)], deal_report=rows))
    assert (again.edits, again.new) == ((), ())
    fewer = press("deals.forecast", view(opportunities=SECOND[:1], quotas=[quota(200)], deal_report=rows))
    blanked = {edit.record for edit in fewer.edits if edit.column == "what" and edit.value is None}
    assert len(blanked) == 3
    assert fewer.new == ()


def test_the_policy_of_a_team_changes_the_correlation_and_a_wrong_one_is_refused() -> None:
    assert APART.policy["deals.correlation"] == 0
    for wrong in (1.5, -0.1, "much"):
        with pytest.raises(BadConfiguration, match="correlation"):
            build_playbook({"policy": {"deals": {"correlation": wrong}}})


def test_a_manager_without_a_quota_stands_against_what_the_reports_are_to_book_together() -> None:
    quotas = [
        quota(200),
        {**quota(300), "id": "QU-2", "who": "b@example.com"},
        {**quota(999), "id": "QU-3", "who": "other@example.com"},
    ]
    people = [*PEOPLE, {"id": "PE-3", "email": "b@example.com", "manager": BOSS, "team": "North"}]
    found = lines(
        press("deals.forecast", view(BOSS, opportunities=[*SECOND, deal(9, owner="b@example.com")], quotas=quotas, people=people))
    )
    assert found["Quota"]["amount"] == D(500)
    assert found["Expected"]["number"] == 5


# ── what do I need ───────────────────────────────────────────────────────────────────────────────


def test_a_gap_of_250k_at_25_per_cent_and_50k_is_20_new_opportunities() -> None:
    rows = [deal(1, stage="Won", amount=D(400_000), close_date=date(2026, 4, 9)), deal(2, amount=D(1_400_000), p_win=D("0.25"))]
    patch = press("deals.inputs", view(opportunities=rows, quotas=[quota(1_000_000)]), win_rate=D("0.25"), size=D(50_000))
    found = lines(patch)
    assert found["Gap"]["amount"] == D(250_000)
    assert found["New opportunities on average"]["number"] == 20
    assert patch.message.startswith(
        "Gap 250,000.00: 20 new opportunities of 50,000.00 at a win rate of 25 % close it on average."
    )


def test_open_150_against_100_with_40_closed_is_2_5_times_of_4_and_90_are_short() -> None:
    rows = [deal(1, stage="Won", amount=D(40), close_date=date(2026, 4, 9)), deal(2, amount=D(150))]
    found = lines(press("deals.inputs", view(opportunities=rows, quotas=[quota(100)]), win_rate=D("0.25")))
    assert (found["Coverage"]["number"], found["Pipeline short"]["amount"]) == (D("2.50"), D("90.00"))


def test_comfortable_needs_leads_proposals_and_calls_by_own_rates_which_are_kept() -> None:
    rows = [deal(2, amount=D(100))]
    patch = press("deals.inputs", view(opportunities=rows, quotas=[quota(500)]), size=D(100), win_rate=D("0.5"))
    found = lines(patch)
    enough = int(D(str(found["New opportunities to be comfortable"]["number"])))
    assert enough > 10
    assert found["Leads"]["number"] == -(-enough * 10 // 3)
    assert found["Calls"]["number"] == enough * 6
    rates = {new.values["step"]: (new.values["rate"], new.values["n"]) for new in patch.new if new.table == "conversion_rates"}
    assert rates["Lead to opportunity"] == (D("0.300000"), 0)


def test_without_a_quota_the_question_says_what_is_missing_and_a_goal_answers_it() -> None:
    assert "There is no quota" in press("deals.inputs", view(opportunities=[deal()])).message
    assert "Gap 875.00" in press("deals.inputs", view(opportunities=[deal()]), goal=D(900)).message


def test_new_deals_that_come_too_late_are_said() -> None:
    won = [deal(n, stage="Won", created_on=date(2025, 1, 1), close_date=date(2025, 1, 1) + timedelta(days=49)) for n in range(5)]
    found = lines(press("deals.inputs", view(opportunities=[*won, deal(9)], quotas=[quota(9000)])))
    assert found["Open them by"]["why"] == (
        "New opportunities opened now close after the period ends (median cycle 49 days): the gap must come from open deals."
    )


def test_own_rates_are_drawn_towards_what_the_others_do() -> None:
    leads: list[Row] = [{"id": f"LD-{n}", "owner": REP, "status": "Converted" if n < 3 else "Disqualified"} for n in range(4)]
    team: list[Row] = [
        {"id": f"LE-{n}", "owner": "b@example.com", "status": "Converted" if n < 50 else "Disqualified"} for n in range(100)
    ]
    (alone, *_), (beside, *_) = (conversion_rates(REP, view(leads=rows)) for rows in (leads, [*leads, *team]))
    assert alone.rate == D("0.428571"), "(3 + 10 x 0.3) ÷ (4 + 10)"
    assert (beside.done, beside.n) == (3, 4)
    assert alone.rate < beside.rate < D("0.75")


# ── snapshot and what moved ──────────────────────────────────────────────────────────────────────

WEEK_LATER = NOW + timedelta(days=7)
BEFORE = [deal(1, amount=D(80)), deal(2, amount=D(60)), deal(3, amount=D(50)), deal(4, amount=D(310))]
AFTER = [
    deal(1, amount=D(80), stage="Won", close_date=date(2026, 5, 18)), deal(2, amount=D(60), stage="Lost", close_date=date(2026, 5, 19)),
    deal(3, amount=D(50), close_date=date(2026, 8, 1)), deal(4, amount=D(340), name="Renamed"), deal(5, amount=D(120), created_on=date(2026, 5, 15)),
]  # fmt: skip


def test_a_snapshot_taken_twice_in_a_week_has_one_row_per_deal() -> None:
    first = press("deals.snapshot", view(opportunities=[*BEFORE, deal(8, stage="Won"), deal(9, stage="Lost")]))
    kept = as_rows(first, "deal_week", "DW")
    assert [(row["opportunity"], row["week"], row["amount"]) for row in kept] == [
        (f"Deal {n}", date(2026, 5, 11), amount) for n, amount in ((1, 80), (2, 60), (3, 50), (4, 310))
    ]
    friday = view(REP, NOW + timedelta(days=2), opportunities=[*BEFORE, deal(5)], deal_week=kept)
    again = press("deals.snapshot", friday)
    assert [new.values["opportunity"] for new in again.new] == ["Deal 5"]
    assert again.edits == ()


def test_the_next_snapshot_keeps_once_more_what_was_closed_meanwhile_and_then_no_more() -> None:
    kept = as_rows(press("deals.snapshot", view(opportunities=BEFORE)), "deal_week", "DW")
    second = as_rows(press("deals.snapshot", view(REP, WEEK_LATER, opportunities=AFTER, deal_week=kept)), "deal_week", "DX")
    assert {row["deal_id"]: row["stage"] for row in second} == {
        "OP-1": "Won", "OP-2": "Lost", "OP-3": "Qualify", "OP-4": "Qualify", "OP-5": "Qualify",
    }  # fmt: skip
    third = press("deals.snapshot", view(REP, WEEK_LATER + timedelta(days=7), opportunities=AFTER, deal_week=[*kept, *second]))
    assert {new.values["deal_id"] for new in third.new} == {"OP-3", "OP-4", "OP-5"}


def test_the_worked_bridge_from_500_to_460_by_the_button_ties_out_to_0_00_also_over_a_renaming() -> None:
    kept = as_rows(press("deals.snapshot", view(opportunities=BEFORE)), "deal_week", "DW")
    patch = press("deals.bridge", view(REP, WEEK_LATER, opportunities=AFTER, deal_week=kept, quotas=[quota()]))
    found = lines(patch)
    assert [(what, line["amount"], line["number"]) for what, line in found.items()] == [
        ("Open on 2026-05-11", D(500), None), ("New", D(120), 1), ("Pulled in", D(0), 0), ("Pushed out", D(-50), 1), ("Amount changes", D(30), 1),
        ("Lost", D(-60), 1), ("Won", D(-80), 1), ("Removed", D(0), 0), ("Open now", D(460), None),
    ]  # fmt: skip
    assert sum(line["amount"] for what, line in found.items() if what != "Open now") == D(460)  # type: ignore[misc]
    assert found["Amount changes"]["why"] == "Renamed 30.00"
    assert patch.message.endswith("now 460.00. Difference 0.00.")


def test_a_deal_closed_before_the_snapshot_was_taken_is_no_move() -> None:
    kept = as_rows(press("deals.snapshot", view(opportunities=BEFORE)), "deal_week", "DW")
    old = deal(7, stage="Won", close_date=date(2026, 5, 12), amount=D(999))
    patch = press("deals.bridge", view(opportunities=[*BEFORE, old], deal_week=kept, quotas=[quota()]))
    assert patch.message == "2026-Q2, since 2026-05-11: open 500.00, nothing moved; now 500.00. Difference 0.00."


def test_without_a_snapshot_what_moved_says_how_to_begin() -> None:
    assert "Take weekly snapshot" in press("deals.bridge", view(opportunities=BEFORE)).message


# ── the month ────────────────────────────────────────────────────────────────────────────────────


def test_the_month_is_mapped_by_weeks_with_deals_calls_proposals_and_renewals() -> None:
    rows = [
        deal(1, close_date=date(2026, 5, 12), amount=D(70)),
        deal(2, close_date=date(2026, 5, 31)),
        deal(3, close_date=date(2026, 6, 1)),
    ]
    calls: list[Row] = [{"id": "CA-1", "owner": REP, "status": "Planned", "planned_at": datetime(2026, 5, 14, 9, 0)}]
    proposals: list[Row] = [{"id": "PP-1", "owner": REP, "status": "Draft", "name": "Deal 1 v1", "date": date(2026, 5, 14)}]
    plans: list[Row] = [{"id": "AP-1", "owner": REP, "account": "Acme", "renewal_date": date(2026, 5, 15)}]
    patch = press("deals.month", view(opportunities=rows, calls=calls, proposals=proposals, account_plans=plans))
    found = lines(patch)
    assert list(found) == ["1 to 3 May", "4 to 10 May", "11 to 17 May", "18 to 24 May", "25 to 31 May"]
    assert found["11 to 17 May"]["amount"] == D(70)
    assert found["11 to 17 May"]["why"] == "Close: Deal 1; 1 calls planned; Proposals to send: Deal 1 v1; Renewals: Acme"
    assert patch.message == "May 2026: 2 deals due to close, 170.00; most of it in the week of 25 to 31 May."
    assert lines(press("deals.month", view(opportunities=rows), month="2026-06"))["1 to 7 June"]["number"] == 1
    with pytest.raises(WrongUse, match="not a month"):
        press("deals.month", view(), month="soon")


# ── forecasts handed in ──────────────────────────────────────────────────────────────────────────


def test_a_forecast_is_handed_in_once_a_week_and_an_adjustment_stands_apart() -> None:
    rows = [deal(1, amount=D(30), forecast_category="Commit"), deal(2, amount=D(20), forecast_category="Best case")]
    first = press("deals.submit", view(opportunities=rows, quotas=[quota()]))
    (given,) = as_rows(first, "forecast_calls", "FC")
    assert (given["commit"], given["best"], given["week"], given["period"]) == (D(30), D(50), date(2026, 5, 11), "2026-Q2")
    again = press(
        "deals.submit", view(REP, NOW + timedelta(hours=3), opportunities=rows, quotas=[quota()], forecast_calls=[given])
    )
    assert (again.edits, again.new) == ((), ())
    more = press("deals.submit", view(opportunities=rows, quotas=[quota()], forecast_calls=[given]), commit=D(45))
    assert {(edit.column, edit.value) for edit in more.edits} == {("commit", D(45)), ("submitted_at", NOW)}
    boss = press("deals.adjust", view(BOSS, forecast_calls=[given]), who=REP, amount=D(-5), reason="One deal is soft")
    assert {edit.column for edit in boss.edits} == {"manager_adjustment", "adjustment_reason"}
    assert boss.message == f"{REP}: commit 30.00 stays; with your adjustment of -5.00 it counts as 25.00."


@pytest.mark.parametrize(
    ("me", "parameters", "words"),
    [
        pytest.param(BOSS, {"who": REP, "amount": D(-5)}, "needs a reason", id="no reason"),
        pytest.param(REP, {"who": REP, "amount": D(5), "reason": "I feel it"}, "by the manager", id="the own forecast"),
        pytest.param(BOSS, {"amount": D(5), "reason": "x"}, "whose forecast", id="nobody named"),
        pytest.param(BOSS, {"who": "b@example.com", "amount": D(5), "reason": "x"}, "no forecast of", id="no forecast"),
    ],
)
def test_an_adjustment_is_refused_with_a_sentence(me: str, parameters: dict[str, Value], words: str) -> None:
    given: Row = {"id": "FC-1", "owner": REP, "who": REP, "period": "2026-Q2", "week": date(2026, 5, 11), "commit": D(30)}
    with pytest.raises(WrongUse, match=words):
        press("deals.adjust", view(me, forecast_calls=[given]), **parameters)


def test_looking_at_another_period_erases_no_goal_and_no_forecast_handed_in() -> None:
    goals = [quota(1000), quota(9000, id="QU-2", period="2026-Q3"), quota(4000, id="QU-3", period="2026")]
    handed = [{"id": f"FC-{n}", "owner": REP, "who": REP, "period": period, "week": date(2026, 5, 11), "commit": D(30), "best": D(50),
               "submitted_at": NOW} for n, period in enumerate(("2026-Q2", "2026-Q3"))]  # fmt: skip
    rows = [*SECOND, deal(7, stage="Won", amount=D(500), close_date=date(2026, 5, 1))]
    attainment = next(one for one in BOOK.by_key["deals"].measures if one.name == "attainment").compute
    seen = set()
    for now in (NOW, datetime(2026, 8, 12, 9, 0), datetime(2027, 1, 13, 9, 0)):
        tables = view(REP, now, opportunities=rows, quotas=goals, forecast_calls=handed)
        for name in ("review", "forecast", "inputs", "bridge", "month", "snapshot", "nurture"):
            patch = press(f"deals.{name}", tables)
            assert not {one.table for one in (*patch.edits, *patch.new)} & {"quotas", "forecast_calls"}, name
        press("deals.month", tables, month="2026-11")
        seen.add(attainment(tables, date(2026, 4, 1), date(2026, 6, 30)).value)
    assert seen == {D("0.5")}, "of the second quarter, on whatever day it is asked"


# ── nurture, and where else to sell ──────────────────────────────────────────────────────────────

ACCOUNTS: list[Row] = [
    {"id": "AC-1", "name": "Acme", "owner": REP, "type": "Customer"},
    {"id": "AC-2", "name": "Birch", "owner": REP, "type": "Prospect"},
    {"id": "AC-3", "name": "Cedar", "owner": REP, "type": "Customer"},
    {"id": "AC-4", "name": "Other", "owner": "b@example.com", "type": "Customer"},
]
PRODUCTS: list[Row] = [
    {"id": "PR-1", "name": "Pump", "sku": "P", "list_price": D(100), "margin": D("0.5")},
    {"id": "PR-2", "name": "Valve", "sku": "V", "list_price": D(1000)},
]


def test_open_deals_and_clients_without_one_are_put_on_the_list_once() -> None:
    rows = [deal(1, account="Acme"), deal(2, stage="Won", account="Cedar")]
    touched: list[Row] = [{"id": "TO-1", "opportunity": "Deal 1", "at": datetime(2026, 5, 12)}]
    patch = press("deals.nurture", view(opportunities=rows, accounts=ACCOUNTS, touches=touched))
    assert [(new.values.get("opportunity"), new.values.get("account")) for new in patch.new] == [
        ("Deal 1", None),
        (None, "Cedar"),
    ]
    assert patch.message == "2 put on the list, 1 due today. Be in touch about: Cedar."
    kept = as_rows(patch, "nurture", "NU")
    assert press("deals.nurture", view(opportunities=rows, accounts=ACCOUNTS, nurture=kept)).new == ()


def test_owned_accounts_without_an_open_deal_come_by_their_worth_with_the_reason() -> None:
    places: list[Row] = [{"id": "TA-1", "owner": REP, "account": "Birch", "potential": D(4000), "current_sales": D(400)}]
    rows = [deal(1, account="Acme"), deal(2, stage="Won", account="Cedar", amount=D(200), close_date=date(2026, 4, 9))]
    found = lines(press("deals.elsewhere", view(opportunities=rows, accounts=ACCOUNTS, territory_accounts=places)))
    assert list(found)[:2] == ["No open deal: Birch", "Client without an open deal: Cedar"]
    assert found["No open deal: Birch"]["amount"] == D("900.00")
    assert "Room 3,600.00" in str(found["No open deal: Birch"]["why"])
    assert not [what for what in found if "Other" in what or what.endswith("deal: Acme")]


def test_a_cross_sell_is_never_a_product_the_client_has_or_that_is_excluded_or_talked_about() -> None:
    rows = [deal(1, stage="Won", account="Acme", product="Pump", close_date=date(2026, 4, 1))]
    lacking = lines(press("deals.elsewhere", view(opportunities=rows, accounts=ACCOUNTS, products=PRODUCTS)))
    assert "Cross-sell Valve: Acme" in lacking
    assert "Cross-sell Pump: Acme" not in lacking
    barred: list[Row] = [{"id": "EX-1", "account": "Acme", "sku": "Valve"}]
    assert "Cross-sell Valve: Acme" not in lines(press("deals.elsewhere", view(opportunities=rows, accounts=ACCOUNTS, products=PRODUCTS, excluded_products=barred)))  # fmt: skip
    talked = [*rows, deal(2, account="Acme", product="Valve")]
    assert "Cross-sell Valve: Acme" not in lines(press("deals.elsewhere", view(opportunities=talked, accounts=ACCOUNTS, products=PRODUCTS)))  # fmt: skip


# ── the sheets ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", [row["name"] for row in DEFAULT_ROLES if row["name"] != "operations"])
def test_every_button_of_deals_stands_on_a_tab_of_the_roles_it_fits(role: str) -> None:
    who = profile(next(row for row in DEFAULT_ROLES if row["name"] == role))
    tabs = tables_for(BOOK, who)
    there = {button.action for name in tabs for button in buttons_of(BOOK, BOOK.tables[name])}
    expected = {action.name for action in BOOK.by_key["deals"].actions}
    assert expected - there == (set() if who.manages else {"deals.adjust", "deals.coach"})
