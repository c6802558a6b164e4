"""Account management: every check both ways, hand-overs section by section, stale plans, health, measures, today's lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsales.account_health import Facts, completeness, facts_of, health, health_rules, sales
from sheetsales.handover import SECTIONS
from sheetsales.playbook import build_playbook
from sheetsales.process import Patch, Playbook, Request, Row, Tables
from sheetsales.processes.accounts import PROCESS, compute_handover, compute_plan, recompute_health
from sheetsales.roles import profile, tables_for
from sheetsales.shared import DEFAULT_ROLES, SHARED, periods_of
from sheetsales.validate import row_findings
from sheetsales.values import Value
from sheetsales.white_space import lift, matrix, owned_by_account

BOOK = Playbook([SHARED, PROCESS])
NOW = datetime(2026, 5, 13, 9, 0)
TODAY = NOW.date()
REP, AM = "rep@example.com", "am@example.com"
ACCOUNTS: list[Row] = [{"id": "AC-1", "name": "Acme"}, {"id": "AC-2", "name": "Beta"}]
PEOPLE: list[Row] = [{"id": "PE-1", "email": REP}, {"id": "PE-2", "email": AM}]
PERIODS: list[Row] = [{"id": f"PD-{n}", **row} for n, row in enumerate(periods_of(2026))]
D = Decimal


def view(me: str = "", /, **rows: Sequence[Row]) -> Tables:
    return BOOK.view({"accounts": ACCOUNTS, "people": PEOPLE, "periods": PERIODS, **rows}, NOW, me)


def plan(number: int = 1, /, **changes: Value) -> Row:
    row = {
        "id": f"AP-{number}",
        "owner": AM,
        "account": "Acme",
        "period": "2026-Q2",
        "our_goal": "Grow by a third",
        "customer_need_1": "Fewer stops",
        "our_capability_1": "Service in four hours",
        "touched_on": TODAY,
        **changes,
    }
    return {**row, "name": f"{row['account']} {row['period']}"}


def action(number: int = 1, /, **changes: Value) -> Row:
    return {
        "id": f"AA-{number}",
        "owner": AM,
        "plan": "Acme 2026-Q2",
        "action": f"Action {number}",
        "due": date(2026, 5, 20),
        **changes,
    }


def handover(confirmed: int = 0, /, **changes: Value) -> Row:
    """A hand-over with all sections written and the first `confirmed` confirmed by the account manager."""
    row: dict[str, Value] = {"id": "HO-1", "owner": REP, "account": "Acme", "from_rep": REP, "to_am": AM}
    row |= {s.column: f"About {s.title}" for s in SECTIONS}
    row |= {s.tick: "Yes" for s in SECTIONS[:confirmed]}
    row |= compute_handover(row, view(AM))
    return {**row, **changes}


def won(number: int, day: date, amount: int = 100, /, **changes: Value) -> Row:
    return {
        "id": f"OP-{number}",
        "name": f"Deal {number}",
        "account": "Acme",
        "outcome": "Won",
        "close_date": day,
        "amount": D(amount),
        **changes,
    }


def found(table: str, one: Row, tables: Tables) -> list[tuple[str, str, str]]:
    return [(f.code, f.column, f.message) for f in row_findings(BOOK.checks[table], one, tables)]


def codes(table: str, one: Row, tables: Tables) -> list[str]:
    return [code for code, _, _ in found(table, one, tables)]


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"our_goal": None}, "our_goal"),
        ({"our_goal": "123456789"}, "our_goal"),
        ({"our_goal": "  123456789  "}, "our_goal"),
        ({"our_goal": "1234567890"}, None),
        ({"customer_need_1": None, "our_capability_1": None}, "customer_need_1"),
        ({"customer_need_1": None, "our_capability_1": None, "customer_need_5": "Peace", "our_capability_5": "Us"}, None),
    ],
    ids=["no goal", "nine characters", "blanks do not count", "ten characters", "no need", "the fifth need alone"],
)
def test_a_plan_needs_our_goal_and_one_customer_need(changes: Mapping[str, Value], column: str | None) -> None:
    message = "A plan needs our goal and at least one customer need."
    assert found("account_plans", plan(1, **changes), view()) == ([("ACC-01", column, message)] if column else [])


def test_each_need_without_a_capability_is_named() -> None:
    assert found("account_plans", plan(), view()) == []
    bare = plan(our_capability_1=None, customer_need_3="Speed")
    assert found("account_plans", bare, view()) == [
        ("ACC-02", "our_capability_1", "Need 1 has no capability of ours beside it."),
        ("ACC-02", "our_capability_3", "Need 3 has no capability of ours beside it."),
    ]


@pytest.mark.parametrize("column", ["due", "owner"])
def test_an_action_needs_an_owner_and_a_due_date(column: str) -> None:
    tables = view(account_plans=[plan()])
    assert found("plan_actions", action(), tables) == []
    assert found("plan_actions", action(**{column: None}), tables) == [
        ("ACC-03", column, "Action without owner or due date."),
    ]


@pytest.mark.parametrize("column", ["touched_on", "updated_at"])
def test_a_plan_untouched_for_90_days_is_stale_and_for_89_is_not(column: str) -> None:
    def left(days: int) -> Row:
        day = TODAY - timedelta(days=days)
        return {**plan(touched_on=None), column: day}

    assert found("account_plans", left(90), view()) == [
        ("ACC-04", "plan_status", "Plan not touched for 90 days: marked stale."),
    ]
    assert codes("account_plans", left(89), view()) == []


def test_a_plan_that_was_never_synced_is_not_stale() -> None:
    assert codes("account_plans", plan(touched_on=None), view()) == []


def test_the_gate_names_the_eighth_section_while_seven_are_confirmed() -> None:
    seven = handover(7)
    assert compute_handover(seven, view(AM)) == {
        "confirmed_as": seven["confirmed_as"],
        "readiness": D("0.875"),
        "state": "Draft",
        "left": "to confirm: Next 90 days",
        "completed_on": None,
    }
    assert found("handovers", seven, view(REP)) == [("ACC-05", "state", "Hand-over not complete: Next 90 days.")]
    assert [f.severity for f in row_findings(BOOK.checks["handovers"], seven, view(REP))] == ["warning"]
    assert codes("handovers", handover(8), view(REP)) == []


@pytest.mark.parametrize(
    ("changes", "speaks"),
    [
        ({}, False),
        ({"meeting_date": TODAY + timedelta(days=1)}, False),
        ({"meeting_date": TODAY}, True),
        ({"offered_on": TODAY}, True),
    ],
    ids=["only begun to write", "meeting tomorrow", "meeting today", "offered"],
)
def test_the_gate_speaks_from_the_meeting_or_the_offer_on(changes: Mapping[str, Value], speaks: bool) -> None:
    assert codes("handovers", handover(0, **changes), view(REP)) == (["ACC-05"] if speaks else [])


@pytest.mark.parametrize(("to", "same"), [(AM, False), (REP, True), (" REP@example.com", True), (None, False)])
def test_rep_and_account_manager_are_two_people(to: str | None, same: bool) -> None:
    expected = [("ACC-06", "to_am", "Rep and account manager are the same person; no hand-over needed.")]
    assert found("handovers", handover(to_am=to), view(REP)) == (expected if same else [])


def test_only_the_account_manager_can_confirm_a_section() -> None:
    ticked = handover(0, promises_confirmed="Yes")
    expected = ("ACC-07", "promises_confirmed", "Only the account manager can confirm a section.")
    assert expected in found("handovers", ticked, view(REP))
    assert "ACC-07" not in codes("handovers", ticked, view(AM.upper()))
    assert "ACC-07" not in codes("handovers", handover(2), view(REP)), "what the account manager confirmed stays"
    assert compute_handover(ticked, view(REP))["readiness"] == 0


@pytest.mark.parametrize(
    ("days", "actions", "speaks"),
    [
        (120, [], True),
        (121, [], False),
        (0, [], True),
        (-1, [], False),
        (30, [action(due=TODAY + timedelta(days=30))], False),
        (30, [action(due=TODAY + timedelta(days=31))], True),
        (30, [action(done=TODAY)], True),
        (30, [action(plan="Beta 2026-Q2")], True),
    ],
    ids=["in 120 days", "in 121", "today", "over", "action on the day", "action after", "action done", "of another plan"],
)
def test_a_renewal_in_120_days_wants_an_action_before_it(days: int, actions: Sequence[Row], speaks: bool) -> None:
    one = plan(renewal_date=TODAY + timedelta(days=days))
    day = (TODAY + timedelta(days=days)).isoformat()
    message = f"Renewal {day} is in {days} days; no action is due before it."
    tables = view(account_plans=[one], plan_actions=actions)
    assert found("account_plans", one, tables) == ([("ACC-08", "renewal_date", message)] if speaks else [])


@pytest.mark.parametrize(("need", "speaks"), [(1, False), (2, True), (None, False)])
def test_an_action_serves_a_need_that_is_written(need: int | None, speaks: bool) -> None:
    tables = view(account_plans=[plan()])
    message = ("ACC-09", "serves_need", "Action serves need 2, which is empty.")
    assert found("plan_actions", action(serves_need=need), tables) == ([message] if speaks else [])


def test_an_action_of_an_unknown_plan_says_nothing_about_its_need() -> None:
    assert codes("plan_actions", action(plan="Nobody", serves_need=3), view(account_plans=[plan()])) == []


def test_every_code_from_acc_01_to_acc_09_is_there() -> None:
    assert [check.code for check in PROCESS.checks] == [f"ACC-{n:02}" for n in range(1, 10)]


# ── hand-overs ───────────────────────────────────────────────────────────────────────────────────


def test_a_hand_over_is_complete_only_when_all_eight_are_confirmed() -> None:
    states = [(compute_handover(handover(n), view(AM))["state"], handover(n)["readiness"]) for n in range(9)]
    assert states == [("Draft", D(n) / 8) for n in range(8)] + [("Complete", D(1))]


def test_a_tick_beside_an_empty_section_confirms_nothing() -> None:
    empty = {**handover(8), "promises": "  ", "confirmed_as": None}
    assert compute_handover(empty, view(AM))["readiness"] == D("0.875")


@pytest.mark.parametrize("who", [REP, AM])
def test_editing_a_confirmed_section_clears_its_confirmation(who: str) -> None:
    edited = {**handover(8), "promises": "Delivery in May"}
    after = compute_handover(edited, view(who))
    assert (after["readiness"], after["state"], after["completed_on"]) == (D("0.875"), "Draft", None)
    assert ("ACC-05", "state", "Hand-over not complete: Promises made.") in found("handovers", edited, view(who))


def test_an_edited_section_is_confirmed_again_by_a_new_tick_or_the_button() -> None:
    edited = {**handover(8), "promises": "Delivery in May", "offered_on": TODAY}
    cleared = {**edited, "promises_confirmed": "No"}
    cleared |= compute_handover(cleared, view(AM))
    assert compute_handover({**cleared, "promises_confirmed": "Yes"}, view(AM))["state"] == "Complete"
    assert after(press("accept_section", edited, AM, section=2), edited)["state"] == "Complete"


def test_blanks_around_a_confirmed_text_change_nothing() -> None:
    assert compute_handover({**handover(8), "promises": "About Promises made\n"}, view(AM))["state"] == "Complete"


def test_the_day_of_completion_stays_the_first() -> None:
    done = handover(8, completed_on=date(2026, 3, 1))
    assert compute_handover(done, view(REP))["completed_on"] == date(2026, 3, 1)
    assert handover(8)["completed_on"] == TODAY


def press(button: str, row: Row, me: str, /, **parameters: Value) -> Patch:
    tables = view(me, handovers=[row])
    request = Request((), parameters)
    patch = BOOK.actions[f"accounts.{button}"].plan(tables, request)
    assert patch == BOOK.actions[f"accounts.{button}"].plan(tables, request)
    return patch


def after(patch: Patch, row: Row) -> dict[str, Value]:
    assert patch.refused == ()
    return {**row, **{edit.column: edit.value for edit in patch.edits}}


def test_a_hand_over_goes_to_the_account_manager_and_back_with_questions_and_on() -> None:
    offered = after(press("offer_handover", handover(), REP), handover())
    assert (offered["state"], offered["owner"], offered["offered_on"]) == ("Offered", AM, TODAY)
    asked = {**offered, "return_questions": "Which promises?"}
    returned = after(press("return_handover", asked, AM), asked)
    assert (returned["state"], returned["owner"], returned["offered_on"]) == ("Returned", REP, None)
    assert returned["returned_on"] == TODAY
    again = after(press("offer_handover", returned, REP), returned)
    assert (again["state"], again["owner"], again["returned_on"]) == ("Offered", AM, None)
    seven = again
    for number in range(1, 8):
        seven = after(press("accept_section", seven, AM, section=number), seven)
    assert (seven["state"], seven["readiness"]) == ("Offered", D("0.875"))
    complete = after(press("accept_section", seven, AM, section=8), seven)
    assert (complete["state"], complete["readiness"], complete["completed_on"]) == ("Complete", D(1), TODAY)
    assert after(press("accept_section", again, AM, section=None), again)["state"] == "Complete"


@pytest.mark.parametrize(
    ("button", "row", "me"),
    [("offer_handover", handover(), REP), ("return_handover", handover(offered_on=TODAY, return_questions="?", owner=AM), AM)],
    ids=["offer", "return"],
)
def test_whoever_gives_a_row_away_writes_the_owner_last(button: str, row: Row, me: str) -> None:
    assert press(button, row, me).edits[-1].column == "owner"


@pytest.mark.parametrize(
    ("button", "row", "me", "words"),
    [
        ("offer_handover", handover(promises=None, open_risks=" "), REP, "Promises made, Open risks"),
        ("offer_handover", handover(), AM, "Only the rep"),
        ("offer_handover", handover(to_am=REP), REP, "other than the rep"),
        ("offer_handover", handover(to_am="nobody@example.com"), REP, "Name the account manager"),
        ("accept_section", handover(offered_on=TODAY), REP, "Only the account manager"),
        ("accept_section", handover(offered_on=TODAY, promises=None), AM, "empty"),
        ("return_handover", handover(offered_on=TODAY), AM, "Write the questions"),
        ("return_handover", handover(offered_on=TODAY, return_questions="Why?"), REP, "Only the account manager"),
    ],
    ids=["blank sections", "not the rep", "same person", "unknown", "rep accepts", "empty section", "no question", "rep returns"],
)
def test_a_button_that_cannot_be_done_says_why_and_writes_nothing(button: str, row: Row, me: str, words: str) -> None:
    patch = press(button, row, me, section=2)
    assert patch.edits == ()
    assert [(r.table, r.record) for r in patch.refused] == [("handovers", "HO-1")]
    assert words in patch.refused[0].message


@pytest.mark.parametrize("button", ["offer_handover", "return_handover", "accept_section"])
def test_pressing_twice_writes_nothing_the_second_time(button: str) -> None:
    row, me = (handover(), REP) if button == "offer_handover" else (handover(offered_on=TODAY, return_questions="Why?"), AM)
    first = after(press(button, row, me), row)
    assert press(button, first, me).edits == ()


# ── plans ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "actions", "points"),
    [
        ({"our_goal": None, "customer_need_1": None, "our_capability_1": None}, 0, 0),
        ({"customer_need_1": None, "our_capability_1": None}, 0, 20),
        ({}, 0, 55),
        ({"our_capability_1": None}, 0, 40),
        ({"goal_metric": "Margin"}, 0, 55),
        ({"goal_metric": "Margin", "goal_target": D(0)}, 0, 70),
        ({}, 2, 55),
        ({}, 3, 75),
        ({"renewal_date": TODAY}, 0, 65),
        ({"goal_metric": "Margin", "goal_target": D(5), "renewal_date": TODAY}, 3, 100),
    ],
)
def test_completeness_adds_up_its_parts(changes: Mapping[str, Value], actions: int, points: int) -> None:
    done = [action(n) for n in range(actions)]
    assert completeness(plan(1, **changes), view(account_plans=[plan(1, **changes)], plan_actions=done)) == D(points) / 100


def test_the_columns_of_a_plan_follow_from_the_plan_and_its_actions() -> None:
    one = {**plan(), "name": None}
    assert {**compute_plan(one, view(plan_actions=[])), "touched_as": ""} == {
        "name": "Acme 2026-Q2",
        "completeness": D("0.55"),
        "plan_status": "Draft",
        "touched_on": TODAY,
        "touched_as": "",
    }
    assert compute_plan(one, view(plan_actions=[action()]))["plan_status"] == "Active"


def test_a_plan_is_touched_by_an_edit_of_it_or_of_its_actions_and_by_nothing_else() -> None:
    def computed(one: Row, *actions: Row) -> dict[str, Value]:
        return {**one, **compute_plan(one, view(account_plans=[one], plan_actions=actions))}

    old = date(2026, 1, 1)
    first = computed(plan(touched_on=None, updated_at=datetime(2026, 1, 1, 8, 0)), action())
    assert (first["touched_on"], first["plan_status"]) == (old, "Stale")
    assert computed({**first, "health": 80, "updated_at": NOW}, action())["touched_on"] == old
    assert computed({**first, "satisfaction": 7}, action())["touched_on"] == TODAY
    assert computed(first, action(done=TODAY))["touched_on"] == TODAY
    touched = computed(first, action(), action(2))
    assert (touched["touched_on"], touched["plan_status"]) == (TODAY, "Active")
    assert computed(touched, action(), action(2)) == touched


# ── health ───────────────────────────────────────────────────────────────────────────────────────

EXAMPLE = Facts(touch_days=10, stakeholders=2, on_time=D("0.75"), trend=D("-0.05"), overdue=0)


def test_the_worked_example_has_a_health_of_75() -> None:
    found = health(EXAMPLE)
    assert (found.score, found.known) == (75, 5)
    assert found.reasons == (
        "two-way touch 10 days ago: 25 of 25",
        "stakeholders for us or neutral 2: 10 of 20",
        "actions on time 75 %: 15 of 20",
        "sales -5 %: 10 of 20",
        "overdue 0: 15 of 15",
    )


@pytest.mark.parametrize(
    ("facts", "score"),
    [
        (Facts(touch_days=30), 100),
        (Facts(touch_days=31), 50),
        (Facts(touch_days=60), 50),
        (Facts(touch_days=61), 0),
        (Facts(stakeholders=3), 100),
        (Facts(stakeholders=1), 50),
        (Facts(stakeholders=0), 0),
        (Facts(trend=D(0)), 100),
        (Facts(trend=D("-0.1")), 50),
        (Facts(trend=D("-0.11")), 0),
        (Facts(overdue=1), 0),
        (Facts(), None),
    ],
)
def test_unknown_parts_are_left_out_and_the_rest_is_scaled(facts: Facts, score: int | None) -> None:
    found = health(facts)
    assert found.score == score
    assert found.reasons[-1] == ("nothing is known yet" if score is None else "based on 1 of 5")


def test_four_known_parts_of_five_are_said_so() -> None:
    found = health(Facts(touch_days=10, stakeholders=2, on_time=D("0.75"), overdue=0))
    assert (found.score, found.reasons[-1]) == (81, "based on 4 of 5")


def account_in_five_parts() -> dict[str, list[Row]]:
    def person(number: int, stance: int) -> Row:
        return {"id": f"SH-{number}", "opportunity": "Deal 1", "name": f"P{number}", "stance": stance}

    return {
        "opportunities": [won(1, date(2026, 4, 10), 95), won(2, date(2026, 1, 10), 100), won(3, date(2026, 3, 20), 900)],
        "stakeholders": [person(1, 0), person(2, 2), person(3, -1)],
        "touches": [{"id": "TO-1", "opportunity": "Deal 1", "at": datetime(2026, 5, 3, 9, 0), "two_way": "Yes"},
                    {"id": "TO-2", "opportunity": "Deal 1", "at": datetime(2026, 5, 12, 9, 0), "two_way": "No"}],
        "calls": [{"id": "CA-1", "account": "acme", "held_at": datetime(2026, 5, 2, 9, 0), "status": "Held"}],
        "plan_actions": [action(n, due=date(2026, 5, 1), done=date(2026, 5, 1 if n < 4 else 2)) for n in range(1, 5)],
        "account_plans": [plan()],
    }  # fmt: skip


def test_the_facts_are_gathered_from_touches_calls_stakeholders_actions_and_sales() -> None:
    rows = account_in_five_parts()
    assert facts_of(plan(), view(**rows)) == EXAMPLE
    late = view(**{**rows, "plan_actions": [action(due=date(2026, 5, 12)), action(2, due=TODAY)]})
    assert facts_of(plan(), late) == replace(EXAMPLE, overdue=1, on_time=D(0))
    assert facts_of(plan(), view()) == Facts()


def test_sales_in_two_currencies_are_never_added() -> None:
    deals = [won(1, TODAY, 1, ccy="EUR"), won(2, TODAY, 2, ccy="USD")]
    assert sales(deals, TODAY, TODAY) is None
    assert sales(deals[:1], TODAY, TODAY) == 1
    assert facts_of(plan(), view(opportunities=deals)).trend is None


def test_recompute_health_writes_the_selected_plans_and_twice_nothing_new() -> None:
    rows = account_in_five_parts()
    rows["account_plans"] = [plan(), plan(2, account="Beta")]
    patch = recompute_health(view(**rows), Request(("AP-1",)))
    written = {edit.column: edit.value for edit in patch.edits}
    assert {edit.record for edit in patch.edits} == {"AP-1"}
    assert (written["health"], patch.message) == (75, "1 plans read, 1 changed.")
    assert str(written["health_reasons"]).startswith("two-way touch 10 days ago: 25 of 25; ")
    rows["account_plans"][0] = {**rows["account_plans"][0], **written}
    assert recompute_health(view(**rows), Request(("AP-1",))).edits == ()
    assert {edit.record for edit in recompute_health(view(**rows), Request()).edits} == {"AP-2"}


# ── measures ─────────────────────────────────────────────────────────────────────────────────────

START, END = date(2026, 4, 1), date(2026, 6, 30)


def measured(name: str, **rows: Sequence[Row]) -> tuple[Decimal | None, int]:
    figure = next(m for m in PROCESS.measures if m.name == name).compute(view(**rows), START, END)
    return figure.value, figure.n


def test_actions_on_time_counts_those_due_in_the_period() -> None:
    actions = [
        action(1, done=date(2026, 5, 20)),
        action(2, done=date(2026, 5, 21)),
        action(3),
        action(4, due=date(2026, 7, 1), done=date(2026, 5, 1)),
    ]
    assert measured("actions_on_time", plan_actions=actions) == (D("0.333333"), 3)


def test_plans_touched_within_90_days_before_the_end() -> None:
    plans = [plan(1, touched_on=END - timedelta(days=89)), plan(2, period="2026", touched_on=END - timedelta(days=90))]
    assert measured("plans_touched", account_plans=plans) == (D("0.5"), 2)


def test_mean_completeness_of_the_plans() -> None:
    plans = [plan(1), plan(2, account="Beta", our_goal=None)]
    assert measured("mean_completeness", account_plans=plans) == (D("0.45"), 2)


@pytest.mark.parametrize(("day", "value"), [(30, 1), (31, 0), (-1, 0)])
def test_a_hand_over_counts_when_complete_within_30_days_of_winning(day: int, value: int) -> None:
    deals = [won(1, date(2026, 4, 10)), won(2, date(2026, 1, 1)), won(3, date(2026, 4, 1), outcome="Lost")]
    done = handover(8, completed_on=date(2026, 4, 10) + timedelta(days=day))
    assert measured("handovers_in_time", opportunities=deals, handovers=[done]) == (D(value), 1)


def test_value_kept_compares_the_accounts_that_have_a_plan_with_the_period_before() -> None:
    deals = [
        won(1, date(2026, 4, 1), 90),
        won(2, date(2026, 1, 1), 60),
        won(3, date(2025, 12, 30), 1000),
        won(4, date(2026, 4, 1), 500, account="Beta"),
    ]
    assert measured("value_kept", opportunities=deals, account_plans=[plan()])[0] == D("1.5")
    mixed = [won(1, date(2026, 4, 1), 90, ccy="EUR"), won(2, date(2026, 1, 1), 60, ccy="USD")]
    assert measured("value_kept", opportunities=mixed, account_plans=[plan()])[0] is None


def test_value_kept_is_blank_where_no_period_lies_before() -> None:
    compute = next(m for m in PROCESS.measures if m.name == "value_kept").compute
    tables = view(opportunities=[won(1, date(2026, 4, 1))], account_plans=[plan()])
    assert compute(tables, date(1900, 1, 1), date(9999, 12, 31)).value is None
    assert compute(tables, END, START).value is None


def test_profitability_is_compared_with_goals_that_are_margins() -> None:
    plans = [
        plan(1, goal_metric="Margin", goal_target=D(200), profitability=D(150)),
        plan(2, account="Beta", goal_metric="Revenue", goal_target=D(1), profitability=D(1)),
    ]
    assert measured("profitability_reached", account_plans=plans) == (D("0.75"), 1)


@pytest.mark.parametrize(("values", "value"), [([80, 50, 60], 60), ([80, 50], 65), ([None], None)])
def test_median_health(values: Sequence[int | None], value: int | None) -> None:
    plans = [plan(n, health=health) for n, health in enumerate(values)]
    assert measured("median_health", account_plans=plans)[0] == value


def test_every_measure_of_nothing_is_blank_and_all_three_kinds_are_there() -> None:
    assert {m.name: measured(m.name)[0] for m in PROCESS.measures} == {m.name: None for m in PROCESS.measures}
    assert {m.kind for m in PROCESS.measures} == {"activity", "quality", "result"}


# ── today ────────────────────────────────────────────────────────────────────────────────────────


def lines(me: str, **rows: Sequence[Row]) -> list[tuple[str, date | None, str, str]]:
    assert PROCESS.today is not None
    return [(line.record, line.due, line.text, line.why) for line in PROCESS.today(view(me, **rows))]


def test_today_shows_actions_due_within_a_week_of_the_member_alone() -> None:
    actions = [
        action(1),
        action(2, due=date(2026, 5, 21)),
        action(3, done=TODAY),
        action(4, owner=REP),
        action(5, due=date(2026, 1, 2)),
    ]
    assert lines(AM, plan_actions=actions) == [
        ("AA-1", date(2026, 5, 20), "Action 1", "due 2026-05-20 in the plan Acme 2026-Q2"),
        ("AA-5", date(2026, 1, 2), "Action 5", "due 2026-01-02 in the plan Acme 2026-Q2"),
    ]


def test_today_shows_renewals_ahead_and_stale_plans() -> None:
    plans = [
        plan(1, renewal_date=TODAY + timedelta(days=120)),
        plan(2, account="Beta", touched_on=TODAY - timedelta(days=100), renewal_date=TODAY + timedelta(days=121)),
    ]
    assert lines(AM, account_plans=plans) == [
        ("AP-1", date(2026, 9, 10), "Prepare the renewal of Acme", "it decides in 120 days"),
        ("AP-2", None, "Go through the plan Beta 2026-Q2", "not touched for 100 days"),
    ]


@pytest.mark.parametrize(
    ("row", "me", "text", "why"),
    [
        (handover(), REP, "Finish the hand-over of Acme", "0 of 8 confirmed"),
        (handover(), AM, None, None),
        (handover(7, offered_on=TODAY), AM, "Confirm the hand-over of Acme", "left: Next 90 days"),
        (handover(7, offered_on=TODAY), REP, None, None),
        (handover(0, returned_on=TODAY, return_questions="Why?"), REP, "Answer the questions on Acme", "Why?"),
        (handover(0, returned_on=TODAY, return_questions="Why?"), AM, None, None),
        (handover(8), REP, None, None),
        (handover(8), AM, None, None),
    ],
    ids=["draft rep", "draft am", "offered am", "offered rep", "returned rep", "returned am", "complete rep", "complete am"],
)
def test_a_hand_over_waits_for_whose_turn_it_is(row: Row, me: str, text: str | None, why: str | None) -> None:
    expected = [("HO-1", None, text, why)] if text else []
    assert lines(me, handovers=[row]) == expected


def test_tiles_count_what_waits() -> None:
    rows: dict[str, list[Row]] = {
        "plan_actions": [action(due=date(2026, 5, 12)), action(2), action(3, due=date(2026, 5, 1), done=TODAY)],
        "account_plans": [plan(plan_status="Stale"), plan(2, plan_status="Active")],
        "handovers": [handover(state="Offered"), handover()],
    }
    assert {tile.label: tile.value(rows[tile.table], TODAY) for tile in PROCESS.tiles} == {
        "Plan actions overdue": 1,
        "Stale account plans": 1,
        "Hand-overs offered": 1,
    }


def test_the_rep_of_a_new_hand_over_is_whose_row_it_is() -> None:
    fill: Callable[[Row], Mapping[str, Value]] = BOOK.fill["handovers"]
    assert fill({"owner": REP}) == {"from_rep": REP}


# ── hand-over: from the rep's book to the account manager's ──────────────────────────────────────

ROLE_ROWS: list[Row] = [{"id": f"RO-{n}", **row} for n, row in enumerate(DEFAULT_ROLES)]
TEAM: list[Row] = [
    {"id": "PE-1", "email": REP, "name": "Rita Rep", "role": "inside_rep"},
    {"id": "PE-2", "email": AM, "name": "Anna Keeper", "role": "key_account_manager"},
]
WIN: Row = won(
    1, date(2026, 5, 4), 9_000, stage="Won", owner=REP, business_problem="Orders are lost between two systems", ccy="EUR",
    win_theme="Runs on site", product="Alpha", decision_process="Board in June", value_to_customer=D(40_000), next_step="Kick-off",
    next_step_date=date(2026, 5, 20),
)  # fmt: skip
AROUND: dict[str, list[Row]] = {
    "stakeholders": [
        {"id": "SH-1", "opportunity": "Deal 1", "person": "Ada Roth", "role": "Champion", "influence": 4, "stance": 2},
        {"id": "SH-2", "opportunity": "Deal 1", "person": "Bo Lund", "stance": -1},
    ],
    "calls": [
        {"id": "CA-1", "name": "CA-1", "account": "Acme", "opportunity": "Deal 1", "status": "Held", "success_test": "One list of orders",
         "next_step": "Send the contract", "next_step_date": date(2026, 5, 15)},
    ],
    "call_objections": [
        {"id": "CO-1", "call": "CA-1", "objection": "Too much effort", "raised": "Yes", "resolved": "No", "solution_idea": "A pilot"},
        {"id": "CO-2", "call": "CA-1", "objection": "Too dear", "raised": "Yes", "resolved": "Yes"},
    ],
    "proposals": [
        {"id": "PP-1", "opportunity": "Deal 1", "status": "Accepted", "payment_terms": "30 days", "term_months": 24},
    ],
}  # fmt: skip


def team_view(me: str, /, **rows: Sequence[Row]) -> Tables:
    return view(me, people=TEAM, roles=ROLE_ROWS, **rows)


def pressed(name: str, tables: Tables, /, *records: str, **parameters: Value) -> Patch:
    return BOOK.actions[f"accounts.{name}"].plan(tables, Request(records, parameters))


def test_hand_overs_stand_in_the_books_of_both_roles_and_the_other_tables_in_one() -> None:
    roles = {str(row["name"]): profile(row) for row in DEFAULT_ROLES}
    everything = build_playbook({})
    assert {name for name, who in roles.items() if "handovers" in tables_for(everything, who)} == {
        "inside_rep", "field_rep", "key_account_manager", "sales_manager",
    }  # fmt: skip
    assert "account_plans" not in tables_for(everything, roles["inside_rep"])
    alone = replace(roles["inside_rep"], assigned={"opportunities": "Off"})
    assert "handovers" not in tables_for(everything, alone)


def test_a_hand_over_is_drafted_from_opportunity_stakeholders_proposal_and_calls() -> None:
    patch = pressed("draft_handover", team_view(REP, opportunities=[WIN], **AROUND), "OP-1")
    assert len(patch.new) == 1
    drafted = patch.new[0].values
    assert (drafted["from_rep"], drafted["to_am"], drafted["owner"], drafted["account"]) == (REP, AM, REP, "Acme")
    assert drafted["why_bought"] == "Orders are lost between two systems. Runs on site"
    assert drafted["products"] == "Alpha"
    assert drafted["stakeholders"] == "Ada Roth (Champion, influence 4 of 5, stance +2); Bo Lund (stance -1)"
    assert drafted["open_risks"] == "open objection: Too much effort (idea: A pilot); Bo Lund was against it"
    assert drafted["decision_process"] == "Board in June"
    assert drafted["commercial_terms"] == "9,000.00 EUR; Alpha; 30 days; term 24 months"
    assert drafted["success_criteria"] == "expected value to the customer 40,000.00; One list of orders"
    assert drafted["next_90_days"] == "2026-05-15: Send the contract; 2026-05-20: Kick-off"
    assert "promises" not in drafted  # never guessed: even none must be written


def test_drafting_again_fills_only_what_is_blank_and_writes_no_second_hand_over() -> None:
    begun: Row = {"id": "HO-1", "account": "acme", "from_rep": REP, "owner": REP, "why_bought": "In my own words"}
    patch = pressed("draft_handover", team_view(REP, opportunities=[WIN], handovers=[begun], **AROUND), "OP-1")
    assert patch.new == ()
    cells = {edit.column: edit.value for edit in patch.edits}
    assert "why_bought" not in cells and cells["to_am"] == AM
    filled = {**begun, **cells}
    assert pressed("draft_handover", team_view(REP, opportunities=[WIN], handovers=[filled], **AROUND), "OP-1").edits == ()


def test_without_a_selection_the_wins_of_the_month_without_a_hand_over_are_drafted() -> None:
    deals = [
        WIN,
        won(2, date(2026, 4, 1), stage="Won", owner=REP, account="Beta"),
        won(3, TODAY, stage="Won", owner=AM, account="Beta"),
    ]
    patch = pressed("draft_handover", team_view(REP, opportunities=deals))
    assert [new.values["account"] for new in patch.new] == ["Acme"]
    waiting = [todo.text for todo in PROCESS.today(team_view(REP, opportunities=deals))]  # type: ignore[misc]
    assert waiting == ["Draft the hand-over of Acme"]
    assert list(PROCESS.today(view(REP, opportunities=deals))) == []  # type: ignore[misc]  # nobody keeps accounts there


def test_only_what_is_won_is_handed_over_and_to_a_known_member() -> None:
    lost = {**WIN, "stage": "Lost"}
    assert pressed("draft_handover", team_view(REP, opportunities=[lost]), "OP-1").refused[0].message == (
        "Deal 1: Only what is won is handed over."
    )
    wrong = pressed("draft_handover", team_view(REP, opportunities=[WIN]), "OP-1", to_am="nobody@example.com")
    assert "no member called 'nobody@example.com'" in wrong.refused[0].message
    named = pressed("draft_handover", team_view(REP, opportunities=[WIN]), "OP-1", to_am="Anna Keeper")
    assert named.new[0].values["to_am"] == AM


def test_complete_only_when_all_8_are_confirmed_and_the_gate_names_the_eighth() -> None:
    seven = handover(7, owner=AM)
    assert seven["readiness"] == D("0.875")
    assert seven["left"] == "to confirm: Next 90 days"
    assert compute_handover({**seven, "promises": None}, view(AM))["left"] == "to write: Promises made"
    gate = pressed("take_over", team_view(AM, handovers=[seven]), "HO-1")
    assert gate.new == () and gate.refused[0].message == "Acme: Hand-over not complete: Next 90 days."
    taken = pressed("take_over", team_view(AM, handovers=[handover(8, owner=AM)]), "HO-1")
    assert [new.table for new in taken.new] == ["account_plans"]
    sold = team_view(AM, handovers=[handover(8, owner=AM, products="Alpha; Beta")], products=PRODUCTS, products_owned=[
        {"id": "PO-1", "account": "Acme", "sku": "A"}])  # fmt: skip
    assert [new.values["sku"] for new in pressed("take_over", sold, "HO-1").new if new.table == "products_owned"] == ["Beta"]
    begun = taken.new[0].values
    assert (begun["account"], begun["period"], begun["owner"]) == ("Acme", "2026-Q2", AM)
    assert begun["our_goal"] == "Reach what was agreed: About Success criteria"
    assert begun["customer_need_1"] == "About Why they bought"
    again = team_view(AM, handovers=[handover(8, owner=AM)], account_plans=[{"id": "AP-1", **begun}])
    assert pressed("take_over", again, "HO-1").new == ()


def test_the_gate_of_a_hand_over_is_overruled_by_a_reason_that_is_kept() -> None:
    tables = team_view(AM, handovers=[handover(7, owner=AM)])
    assert "10 characters" in pressed("take_over", tables, "HO-1", reason="Now").refused[0].message
    patch = pressed("take_over", tables, "HO-1", reason="The rep has left the company")
    assert [(e.column, e.value) for e in patch.edits] == [("override_reason", "The rep has left the company")]
    assert len(patch.new) == 1
    assert "Only the account manager" in pressed("take_over", team_view(REP, handovers=[handover(8)]), "HO-1").refused[0].message


# ── plans and numbers of the team ────────────────────────────────────────────────────────────────


def test_check_plan_says_what_is_missing_the_barest_first() -> None:
    bare = plan(2, account="Beta", our_goal="Grow", our_capability_1=None)
    patch = pressed("check_plan", view(AM, account_plans=[plan(), bare]))
    assert patch.message.startswith("2 plans read, 2 with something missing. Beta 2026-Q2 (20%): missing our goal, ")
    assert "Need 1 has no capability of ours beside it" in patch.message
    fresh = [{**row, **compute_plan(row, view(account_plans=[plan(), bare]))} for row in (plan(), bare)]
    assert pressed("check_plan", view(AM, account_plans=fresh)).edits == ()


def test_a_team_may_weigh_health_and_completeness_otherwise() -> None:
    mine = {"accounts.health_touch": 45, "accounts.health_trend": 0, "accounts.plan_renewal": 110, "accounts.touch_full": 5}
    book = build_playbook({"policy": mine}, [PROCESS])
    tables = book.view({"account_plans": [plan()], "accounts": ACCOUNTS}, NOW)
    found = health(EXAMPLE, health_rules(tables.policy))
    assert found.score == 63  # 22.5 + 10 + 15 + 0 + 15 of 100
    assert found.reasons[0] == "two-way touch 10 days ago: 22.5 of 45"
    assert completeness(plan(), tables) == D("0.275")  # 55 of 200


# ── white space ──────────────────────────────────────────────────────────────────────────────────

PRODUCTS: list[Row] = [
    {"id": "PR-1", "name": "Alpha", "sku": "A", "list_price": D(1_000), "margin": D("0.4")},
    {"id": "PR-2", "name": "Beta", "sku": "B", "list_price": D(500), "margin": D("0.6")},
    {"id": "PR-3", "name": "Old", "sku": "O", "list_price": D(1), "margin": D("0.1"), "active": "No"},
]


def customers(count: int) -> list[Row]:
    return [{"id": f"AC-{n}", "name": f"Customer {n:02}"} for n in range(1, count + 1)]


def owns(number: int, account: int, sku: str) -> Row:
    return {"id": f"PO-{number}", "account": f"Customer {account:02}", "sku": sku}


# 20 customers; 10 own Alpha, of those 5 own Beta; 1 more owns Beta alone, the rest own something old
OWNED: list[Row] = [
    *(owns(n, n, "A") for n in range(1, 11)),
    *(owns(20 + n, n, "B") for n in (1, 2, 3, 4, 5, 11)),
    *(owns(40 + n, n, "O") for n in range(11, 21)),
]


def white(me: str = AM, /, **rows: Sequence[Row]) -> Tables:
    return view(me, accounts=customers(20), products=PRODUCTS, **{"products_owned": OWNED, **rows})


def test_the_worked_lift_is_1_667_and_the_worth_is_chance_times_price_times_margin() -> None:
    assert lift(D("0.5"), D("0.3")) == D("1.666667")
    cell = next(c for c in matrix(white()) if c.account["id"] == "AC-6" and c.product["id"] == "PR-2")
    assert cell.status == "White" and cell.chance is not None
    # of the 9 other owners of Alpha 5 own Beta; 6 of 20 customers own it: (5 + 10 · 0.3) / (9 + 10)
    assert (cell.chance.n, cell.chance.both, cell.chance.base, cell.chance.p) == (9, 5, D("0.3"), D("0.421053"))
    assert cell.value == D("126.32")  # 0.421053 × 500 × 0.6


def test_white_space_never_proposes_an_owned_or_excluded_product_nor_one_no_longer_sold() -> None:
    tables = white(
        excluded_products=[{"id": "EP-1", "account": "Customer 06", "sku": "B"}],
        opportunities=[{"id": "OP-1", "account": "Customer 07", "product": "Beta", "stage": "Qualify"},
                       {"id": "OP-2", "account": "Customer 08", "product": "B", "stage": "Won"},
                       {"id": "OP-3", "account": "Customer 09", "product": "B", "stage": "Lost"}],
    )  # fmt: skip
    states = {str(c.account["id"]): c.status for c in matrix(tables) if c.product["id"] == "PR-2"}
    assert [states[f"AC-{n}"] for n in (1, 6, 7, 8, 9)] == ["Owned", "Excluded", "Open", "Owned", "White"]
    assert {str(c.product["id"]) for c in matrix(tables)} == {"PR-1", "PR-2"}
    proposed = [cell for cell in matrix(tables) if cell.status == "White"]
    assert all(str(c.product["id"]) not in owned_by_account(tables).get(str(c.account["id"]), set()) for c in proposed)


def test_find_white_space_writes_the_matrix_once_with_chance_n_and_reason() -> None:
    patch = pressed("find_white_space", white())
    rows: list[Row] = [{"id": f"WS-{n}", **new.values} for n, new in enumerate(patch.new)]
    assert len(rows) == 40 and patch.message.startswith("40 fields: 16 owned, 0 open, 24 white, 0 excluded. Most to gain: ")
    six = next(row for row in rows if row["account"] == "Customer 06" and row["sku"] == "Beta")
    assert (six["status"], six["n"], six["p"], six["owner"]) == ("White", 9, D("0.421053"), AM)
    assert six["reason"] == "5 of 9 other owners of Alpha own Beta; of all customers 30%"
    assert six["lift"] == D("1.851852")
    again = pressed("find_white_space", white(white_space=rows))
    assert (again.edits, again.new) == ((), ())
    sold = pressed("find_white_space", white(white_space=rows, products_owned=[*OWNED, owns(99, 6, "B")]))
    changed = {edit.column: edit.value for edit in sold.edits if edit.record == six["id"]}
    assert changed["status"] == "Owned" and changed["value"] is None


def test_an_account_that_owns_nothing_is_judged_by_all_customers_and_an_unknown_price_is_said() -> None:
    tables = view(AM, accounts=customers(21), products=[{**PRODUCTS[1], "margin": None}, PRODUCTS[0], PRODUCTS[2]], products_owned=OWNED,
                  account_plans=[plan(1, account="Customer 21")])  # fmt: skip
    new = pressed("find_white_space", tables, "AP-1").new
    beta = next(one.values for one in new if one.values["sku"] == "Beta")
    assert (beta["p"], beta["n"], beta["value"]) == (D("0.300000"), 20, None)
    assert (
        beta["reason"]
        == "6 of 20 customers own Beta; nothing says more about this account yet; no margin in Products, so no worth"
    )
    assert {one.values["account"] for one in new} == {"Customer 21"}


def test_an_opportunity_is_made_of_a_white_field_once() -> None:
    field: Row = {"id": "WS-1", "account": "Customer 06", "sku": "B", "status": "White", "owner": AM}
    patch = pressed("make_opportunity", white(white_space=[field]), "WS-1")
    made = patch.new[0].values
    assert (made["name"], made["account"], made["product"], made["amount"]) == ("Customer 06 - Beta", "Customer 06", "B", D(500))
    assert (made["source"], made["owner"]) == ("Existing customer", AM)
    again = pressed(
        "make_opportunity", white(white_space=[field], opportunities=[{"id": "OP-1", "stage": "Discover", **made}]), "WS-1"
    )
    assert again.new == () and "There is an open opportunity for it." in again.refused[0].message
    owned = pressed("make_opportunity", white(white_space=[{**field, "account": "Customer 01"}]), "WS-1")
    assert owned.new == () and "owned already" in owned.refused[0].message
    assert pressed("make_opportunity", white(white_space=[field])).new == ()


OWNERSHIP = st.sets(st.tuples(st.integers(1, 6), st.sampled_from(["A", "B"])))


@settings(max_examples=60, deadline=None)
@given(OWNERSHIP, OWNERSHIP)
def test_no_set_of_owned_and_excluded_products_is_ever_proposed(
    owned: set[tuple[int, str]], excluded: set[tuple[int, str]]
) -> None:
    rows = [owns(n, *pair) for n, pair in enumerate(sorted(owned))]
    barred = [{"id": f"EP-{n}", "account": f"Customer {a:02}", "sku": s} for n, (a, s) in enumerate(sorted(excluded))]
    tables = white(products_owned=rows, excluded_products=barred)
    proposed = {(int(str(c.account["id"])[3:]), str(c.product["sku"])) for c in matrix(tables) if c.status == "White"}
    assert not proposed & (owned | excluded)
    assert all(0 <= c.chance.p <= 1 for c in matrix(tables) if c.chance is not None)
