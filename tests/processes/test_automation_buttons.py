"""The buttons of sales automation: Create contact and deal, One-click report, Run audit, and the worked return of the audit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from sheetsales.errors import WrongUse
from sheetsales.playbook import build_playbook
from sheetsales.process import Patch, Request, Row, Tables
from sheetsales.processes.automation import PROCESS
from sheetsales.time_audit import rank_tasks, tasks_of
from sheetsales.values import Value

BOOK = build_playbook({})
NOW = datetime(2026, 5, 13, 9, 0)  # a Wednesday
REP, BOSS = "rep@example.com", "boss@example.com"
STAGES: list[Row] = [{"id": f"ST-{n}", **row} for n, row in enumerate(BOOK.by_key["shared"].defaults["stages"])]
TASKS: list[Row] = [{"id": f"AT-{n:02}", **task} for n, task in enumerate(PROCESS.defaults["automation_tasks"])]
CALL: Row = {"id": "CA-1", "account": "Nova Pumps", "contact": "Ida Holm", "owner": REP, "channel": "Phone", "status": "Held"}


def view(me: str = REP, /, **rows: Sequence[Row]) -> Tables:
    return BOOK.view({"stages": STAGES, **rows}, NOW, me)


def press(name: str, tables: Tables, *records: str, **parameters: Value) -> Patch:
    return BOOK.actions[f"automation.{name}"].plan(tables, Request(records, parameters))


def made(patch: Patch) -> list[tuple[str, dict[str, Value]]]:
    return [(new.table, dict(new.values)) for new in patch.new]


def after(rows: dict[str, list[Row]], patch: Patch) -> dict[str, list[Row]]:
    """Give all rows once a patch is applied."""
    now = {table: [dict(row) for row in some] for table, some in rows.items()}
    for n, new in enumerate(patch.new):
        now.setdefault(new.table, []).append({"id": f"{BOOK.tables[new.table].prefix}-NEW{n}", **new.values})
    for edit in patch.edits:
        next(row for row in now[edit.table] if row["id"] == edit.record)[edit.column] = edit.value
    return {table: list(some) for table, some in now.items()}


# ── Create contact and deal ──────────────────────────────────────────────────────────────────────


def test_a_call_with_a_company_nobody_knows_makes_account_contact_deal_and_is_linked() -> None:
    patch = press("create_records", view(calls=[CALL]), "CA-1")
    assert made(patch) == [
        ("accounts", {"name": "Nova Pumps", "type": "Prospect", "owner": REP}),
        ("contacts", {"name": "Ida Holm", "account": "Nova Pumps", "owner": REP}),
        ("opportunities", {"name": "Nova Pumps", "account": "Nova Pumps", "stage": STAGES[0]["name"], "created_on": NOW.date(),
                           "owner": REP, "external_id": "CA-1"}),
        ("stakeholders", {"opportunity": "Nova Pumps", "person": "Ida Holm", "owner": REP}),
    ]  # fmt: skip
    assert [(edit.table, edit.record, edit.column, edit.value) for edit in patch.edits] == [
        ("calls", "CA-1", "opportunity", "Nova Pumps")
    ]
    assert patch.message == "1 rows read; new: 1 accounts, 1 contacts, 1 opportunities."


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("calls", CALL),
        ("contacts", {"id": "CN-1", "name": "Ida Holm", "account": "Nova Pumps"}),
        ("accounts", {"id": "AC-1", "name": "Nova Pumps"}),
    ],
)
def test_the_same_row_posted_twice_creates_one_record(table: str, row: Row) -> None:
    rows = {table: [row]}
    once = after(rows, press("create_records", view(**rows), str(row["id"])))
    assert len(once["opportunities"]) == 1
    again = press("create_records", view(**once), str(row["id"]))
    assert (again.edits, again.new, again.refused) == ((), (), ())
    assert "1 had everything already" in again.message
    both = press("create_records", view(**rows), str(row["id"]), str(row["id"]))
    assert len([new for new in both.new if new.table == "opportunities"]) == 1


def test_an_account_of_nearly_the_same_name_is_a_possible_duplicate_and_nothing_is_created() -> None:
    tables = view(calls=[CALL], accounts=[{"id": "AC-7", "name": "Nova Pumps Ltd"}])
    patch = press("create_records", tables, "CA-1")
    assert (patch.edits, patch.new) == ((), ())
    assert [one.message for one in patch.refused] == [
        "AUTO-08: Possible duplicate of AC-7; nothing was created. Choose: link, create anyway (duplicate=link or duplicate=create)."
    ]
    linked = press("create_records", tables, "CA-1", duplicate="link")
    assert {table for table, _ in made(linked)} == {"contacts", "opportunities", "stakeholders"}
    assert ("account", "Nova Pumps Ltd") in {(edit.column, edit.value) for edit in linked.edits}
    anyway = press("create_records", tables, "CA-1", duplicate="create")
    assert made(anyway)[0] == ("accounts", {"name": "Nova Pumps", "type": "Prospect", "owner": REP})


def test_an_open_deal_with_the_account_is_a_possible_duplicate_a_lost_one_is_none() -> None:
    rows = {"contacts": [{"id": "CN-1", "name": "Ida Holm", "account": "Acme"}], "accounts": [{"id": "AC-1", "name": "Acme"}]}
    running: Row = {"id": "OP-5", "name": "Acme valves", "account": "Acme", "stage": "Discover", "outcome": "Open", "owner": REP}
    patch = press("create_records", view(**rows, opportunities=[running]), "CN-1")
    assert (patch.edits, patch.new) == ((), ())
    assert "OP-5" in patch.refused[0].message
    linked = press("create_records", view(**rows, opportunities=[running]), "CN-1", duplicate="link")
    assert made(linked) == [("stakeholders", {"opportunity": "Acme valves", "person": "Ida Holm", "owner": REP})]
    lost = {**running, "stage": "Lost", "outcome": "Lost"}
    assert "opportunities" in {table for table, _ in made(press("create_records", view(**rows, opportunities=[lost]), "CN-1"))}


def test_two_rows_of_one_press_share_the_account_and_have_a_deal_each() -> None:
    other = {**CALL, "id": "CA-2", "contact": "Bo Lind"}
    patch = press("create_records", view(calls=[CALL, other]), "CA-1", "CA-2")
    names = {table: [values.get("name") for kind, values in made(patch) if kind == table] for table in ("accounts", "contacts", "opportunities")}  # fmt: skip
    assert names == {
        "accounts": ["Nova Pumps"],
        "contacts": ["Ida Holm", "Bo Lind"],
        "opportunities": ["Nova Pumps", "Nova Pumps 2026-05-13"],
    }


def test_a_lead_is_converted_behind_its_gates() -> None:
    lead: Row = {"id": "LD-1", "company": "Nova Pumps", "contact_name": "Ida Holm", "status": "Working", "owner": REP}
    patch = press("create_records", view(leads=[lead]), "LD-1")
    assert patch.new == ()
    assert "unknown" in patch.refused[0].message
    ready = {**lead, "icp_fit": "Yes", "decision_maker": "Yes", "budget": "Yes"}
    assert {"accounts", "contacts", "opportunities"} <= {
        table for table, _ in made(press("create_records", view(leads=[ready]), "LD-1"))
    }


@pytest.mark.parametrize(
    ("records", "parameters"),
    [((), {}), (("CA-9",), {}), ((), {"record": "nobody"}), (("CA-1",), {"duplicate": "merge"})],
)
def test_creating_says_what_it_was_not_given(records: tuple[str, ...], parameters: dict[str, Value]) -> None:
    with pytest.raises(WrongUse):
        press("create_records", view(calls=[CALL]), *records, **parameters)


# ── One-click report ─────────────────────────────────────────────────────────────────────────────


def deal(number: int, stage: str, amount: int, **cells: Value) -> Row:
    outcome = stage if stage in ("Won", "Lost") else "Open"
    return {"id": f"OP-{number}", "name": f"Deal {number}", "stage": stage, "outcome": outcome, "amount": Decimal(amount),
            "p_win": Decimal("0.25"), "owner": REP, "close_date": date(2026, 5, 4), "next_step": "call", **cells}  # fmt: skip


def test_the_report_adds_up_what_the_store_holds_and_nothing_else() -> None:
    deals = [deal(1, "Discover", 100, close_date=date(2026, 6, 1)), deal(2, "Discover", 300, next_step=None), deal(3, "Won", 50),
             deal(4, "Lost", 70), deal(5, "Won", 999, close_date=date(2026, 3, 31)), deal(6, "Discover", 8, ccy="USD")]  # fmt: skip
    calls: list[Row] = [{"id": "CA-1", "status": "Held", "held_at": NOW, "owner": REP},
                        {"id": "CA-2", "status": "Held", "held_at": NOW - timedelta(days=20), "owner": REP},
                        {"id": "CA-3", "status": "Planned", "planned_at": NOW - timedelta(days=1), "owner": REP}]  # fmt: skip
    patch = press("report", view(opportunities=deals, calls=calls))
    (document,) = patch.documents
    assert document.rows == (("Discover", 2, 400, 100, 1), ("Discover (USD)", 1, 8, 2, 0))
    assert [(one.words, int(one.amount)) for one in document.totals] == [
        ("Open", 400),
        ("Open (USD)", 8),
        ("Won in the period", 50),
    ]
    assert dict(document.facts)["Won of closed"] == "1 of 2"
    overdue, work = document.grids
    assert [row[0] for row in overdue.rows] == ["Deal 2", "Deal 6"]
    assert {row[0]: row[1:3] for row in work.rows} == {
        "Calls held": (1, 2), "Calls planned that were not held": (1, 1), "Leads that came in": (0, 0), "Opportunities that came in": (0, 0),
        "Territory calls planned": (0, 0), "Territory calls done": (0, 0), "Proposals dated": (0, 0), "Leads open now": (0, None),
    }  # fmt: skip
    assert (patch.edits, patch.new) == ((), ())
    assert press("report", view(opportunities=deals, calls=calls)) == patch


def test_a_manager_sees_a_line_per_member_whose_sums_are_those_of_the_whole() -> None:
    deals = [
        deal(1, "Discover", 100),
        deal(2, "Discover", 300, owner="ben@example.com"),
        deal(3, "Won", 50, owner="ben@example.com"),
    ]
    (document,) = press("report", view(BOSS, opportunities=deals)).documents
    members = document.grids[-1]
    assert members.rows == (("ben@example.com", 1, 300, 50, 0), ("rep@example.com", 1, 100, 0, 0))
    assert sum(Decimal(str(row[2])) for row in members.rows) == document.totals[0].amount


def test_a_period_that_is_none_is_wrong_use() -> None:
    with pytest.raises(WrongUse):
        press("report", view(), period="soon")


# ── Run audit ────────────────────────────────────────────────────────────────────────────────────


def test_run_audit_opens_a_week_of_five_days_with_tasks_of_both_kinds_once() -> None:
    rows: dict[str, list[Row]] = {"automation_tasks": TASKS, "time_log": []}
    patch = press("open_audit", view(**rows))
    lines = [values for _, values in made(patch)]
    assert len(lines) == 5 * 12
    assert {line["day"] for line in lines} == {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}
    assert {line["week"] for line in lines} == {date(2026, 5, 11)}
    assert {(line["person"], line["role"], line["minutes"], line["owner"]) for line in lines} == {(REP, "Rep", 0, REP)}
    listed = list(dict.fromkeys(line["task"] for line in lines))
    assert listed[:4] == ["Calls and meetings with buyers", "Coaching given or received", "Preparing calls", "Travel"]
    assert "Reporting, collecting figures" in listed
    again = press("open_audit", view(**after(rows, patch)))
    assert (again.edits, again.new) == ((), ())


def test_the_next_audit_begins_with_the_tasks_that_took_most_time_in_the_last() -> None:
    log: list[Row] = [{"id": "TL-1", "person": REP, "week": date(2025, 11, 10), "task": "Expenses", "minutes": 90, "owner": REP},
                      {"id": "TL-2", "person": REP, "week": date(2025, 11, 10), "task": "Feeding the cat", "minutes": 300, "owner": REP}]  # fmt: skip
    people: list[Row] = [{"id": "PE-1", "email": "ben@example.com", "manager": REP}]
    patch = press("open_audit", view(automation_tasks=TASKS, time_log=log, people=people), week=date(2026, 6, 4))
    lines = [values for _, values in made(patch)]
    assert [line["task"] for line in lines[:2]] == ["Feeding the cat", "Expenses"]
    assert (lines[0]["role"], lines[0]["week"]) == ("Manager", date(2026, 6, 1))


def test_an_audit_week_without_a_member_or_a_task_list_is_wrong_use() -> None:
    with pytest.raises(WrongUse):
        press("open_audit", view("", automation_tasks=TASKS))
    with pytest.raises(WrongUse):
        press("open_audit", view())


def test_the_worked_audit_saves_5_15_hours_a_week_returns_2_4114_and_pays_back_in_13_48_weeks() -> None:
    tasks: list[Row] = [{"id": "AT-1", "task": "Reporting", "automatable": Decimal("0.8"), "cost": Decimal(25_000)},
                        {"id": "AT-2", "task": "Data entry", "automatable": Decimal("0.5")}]  # fmt: skip
    log: list[Row] = [{"id": "TL-1", "person": REP, "week": NOW.date(), "task": "Reporting", "minutes": 180},
                      {"id": "TL-2", "person": REP, "week": NOW.date(), "task": "Data entry", "minutes": 330}]  # fmt: skip
    ranked = rank_tasks(tasks_of(log, view(automation_tasks=tasks)), 1, 6, Decimal(46), Decimal(60))
    hours = sum(one.saving.hours for one in ranked)
    yearly = sum(one.saving.yearly for one in ranked)
    assert (hours, yearly) == (Decimal("5.15"), 85_284)
    assert ranked[0].task.name == "Data entry"
    assert round((yearly - 25_000) / 25_000, 4) == Decimal("2.4114")
    assert round(25_000 / (hours * 6 * 60), 2) == Decimal("13.48")
