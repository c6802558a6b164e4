"""Sales automation: every check both ways, default libraries, totals, Rank candidates, measures, today's lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetsales.letters import fields_in
from sheetsales.libraries.letters import FIELDS
from sheetsales.process import Playbook, Request, Row, Tables
from sheetsales.processes.automation import PROCESS, rank_candidates
from sheetsales.shared import SHARED
from sheetsales.validate import row_findings
from sheetsales.values import Value

BOOK = Playbook([SHARED, PROCESS])
RULES = {check.table: tuple(c for c in PROCESS.checks if c.table == check.table) for check in PROCESS.checks}
NOW = datetime(2026, 5, 13, 9, 0)  # a Wednesday
REP = "rep@example.com"
TASKS: list[Row] = [{"id": f"AT-{n:02}", **task} for n, task in enumerate(PROCESS.defaults["automation_tasks"])]


def view(me: str = "", /, **rows: Sequence[Row]) -> Tables:
    return BOOK.view({"automation_tasks": TASKS, **rows}, NOW, me)


def entry(number: int, minutes: Value, **changes: Value) -> Row:
    return {
        "id": f"TL-{number:02}",
        "owner": REP,
        "role": "Rep",
        "week": date(2026, 5, 11),
        "day": "Monday",
        "task": "Preparing calls",
        "minutes": minutes,
        **changes,
    }


def proposal(**changes: Value) -> Row:
    return {
        "id": "PP-1",
        "owner": REP,
        "opportunity": "Deal",
        "proposal_version": 1,
        "status": "Draft",
        "name": "Deal v1",
        "date": date(2026, 5, 1),
        "valid_until": date(2026, 5, 31),
        "scope": "All of it",
        **changes,
    }


def line(number: int, **changes: Value) -> Row:
    return {
        "id": f"PL-{number}",
        "proposal": "Deal v1",
        "order": number,
        "sku": "X1",
        "qty": Decimal(1),
        "unit_price": Decimal(10),
        "discount": Decimal(0),
        "tax_rate": Decimal(0),
        **changes,
    }


EXAMPLE = [
    line(1, qty=Decimal(3), unit_price=Decimal("19.99"), discount=Decimal("0.10"), tax_rate=Decimal("0.20")),
    line(2, qty=Decimal(7), unit_price=Decimal("4.35"), tax_rate=Decimal("0.20")),
]


def found(table: str, one: Row, tables: Tables) -> list[tuple[str, str]]:
    return [(f.code, f.message) for f in row_findings(RULES[table], one, tables)]


def codes(table: str, one: Row, tables: Tables) -> list[str]:
    return [code for code, _ in found(table, one, tables)]


# ── the time log ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([entry(1, 10_080, day=None)], [], id="a whole week"),
        pytest.param(
            [entry(1, 10_081, day=None)],
            ["10,081 minutes: a week has 10,080 and time cannot be negative."],
            id="more than a week",
        ),
        pytest.param([entry(1, -1)], ["-1 minutes: a week has 10,080 and time cannot be negative."], id="below zero"),
        pytest.param(
            [entry(1, 10_000, day=None), entry(2, 81, day=None, week=date(2026, 5, 17))],
            ["10,081 minutes: a week has 10,080 and time cannot be negative."],
            id="the entries of a week together",
        ),
        pytest.param([entry(1, 10_000, day=None), entry(2, 81, week=date(2026, 5, 18))], [], id="of two weeks"),
        pytest.param([entry(1, 10_000, day=None), entry(2, 81, owner="b@example.com")], [], id="of two people"),
        pytest.param(
            [entry(1, 10_000, day=None), entry(2, 81, owner="b@example.com", person=REP)],
            ["10,081 minutes: a week has 10,080 and time cannot be negative."],
            id="logged by somebody else",
        ),
    ],
)
def test_the_minutes_of_a_week_fit_into_it(rows: list[Row], expected: list[str]) -> None:
    assert [message for code, message in found("time_log", rows[0], view(time_log=rows)) if code == "AUTO-01"] == expected


def test_more_than_sixteen_hours_in_a_day_are_asked_about_once() -> None:
    rows = [entry(1, 900), entry(2, 90), entry(3, 990, day="Tuesday", person=REP), entry(4, 900, day="Wednesday")]
    tables = view(time_log=rows)
    assert found("time_log", rows[0], tables) == [("AUTO-02", "16.5 hours logged on Monday: please check.")]
    assert found("time_log", rows[1], tables) == []
    assert found("time_log", rows[3], tables) == []
    assert found("time_log", entry(9, 960, day="Friday"), tables) == []


def test_the_default_task_list_is_that_of_the_definition() -> None:
    assert len(TASKS) == 26
    shares = {str(task["task"]): task["automatable"] for task in TASKS}
    assert (shares["Reporting, collecting figures"], shares["Data entry, creating records"]) == (Decimal("0.8"), Decimal("0.5"))
    assert sum(task["selling"] == "Yes" for task in TASKS) == 10


# ── templates ────────────────────────────────────────────────────────────────────────────────────


def test_the_sixteen_default_templates_name_known_fields_only() -> None:
    templates = PROCESS.defaults["email_templates"]
    assert len(templates) == 16
    assert len({template["name"] for template in templates}) == 16
    for template in templates:
        assert codes("email_templates", {"id": "ET-1", **template}, view()) == []
        assert fields_in(str(template["body"]))


def test_an_unknown_field_is_named_with_the_known_ones() -> None:
    one: Row = {"id": "ET-1", "name": "Hello", "subject": "About {{ Company }}", "body": "Dear {{first name}}, {{amount}}"}
    assert found("email_templates", one, view()) == [
        ("AUTO-04", f"Template names an unknown field {{{{first name}}}}. Known: {', '.join(sorted(FIELDS))}.")
    ]


def test_required_fields_are_those_of_subject_and_body_each_once() -> None:
    one: Row = {"id": "ET-1", "subject": "For {{company}}", "body": "Dear {{first_name}} of {{company}}"}
    assert BOOK.compute["email_templates"](one, view()) == {"required_fields": "company; first_name"}
    assert BOOK.compute["email_templates"]({"id": "ET-1", "body": "Hello"}, view()) == {"required_fields": None}


# ── proposals ────────────────────────────────────────────────────────────────────────────────────


def test_a_proposal_computes_its_name_and_exact_sums() -> None:
    tables = view(proposals=[proposal()], proposal_lines=EXAMPLE)
    assert BOOK.compute["proposals"](proposal(), tables) == {
        "name": "Deal v1",
        "net": Decimal("84.42"),
        "tax": Decimal("16.88"),
        "total": Decimal("101.30"),
    }


def test_lines_are_found_by_id_and_before_the_name_was_computed() -> None:
    fresh = proposal(name=None)
    lines = [line(1), line(2, proposal="PP-1"), line(3, proposal="Deal v2")]
    assert BOOK.compute["proposals"](fresh, view(proposals=[fresh], proposal_lines=lines))["net"] == Decimal("20.00")


def test_a_proposal_without_lines_has_no_sums() -> None:
    assert BOOK.compute["proposals"](proposal(), view()) == {"name": "Deal v1", "net": None, "tax": None, "total": None}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"unit_price": Decimal("0.67"), "discount": Decimal("0.5")}, Decimal("0.34"), id="half up"),
        pytest.param({"discount": None}, Decimal("10.00"), id="no discount"),
        pytest.param({"unit_price": None}, None, id="no price"),
    ],
)
def test_the_line_total(changes: Mapping[str, Value], expected: Decimal | None) -> None:
    assert BOOK.compute["proposal_lines"](line(1, **changes), view()) == {"line_total": expected}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, [], id="as it should be"),
        pytest.param(
            {"scope": "For {{first_name}}"},
            [("AUTO-03", "Template field {{first_name}} is not filled; nothing was sent.")],
            id="unfilled field",
        ),
        pytest.param(
            {"valid_until": date(2026, 4, 30)},
            [("AUTO-07", "Valid until lies before the date of the proposal.")],
            id="ends before it starts",
        ),
        pytest.param({"valid_until": date(2026, 5, 1)}, [], id="ends on its own day"),
        pytest.param(
            {"status": "Sent", "contact": "Ann"}, [("AUTO-09", "Contact opted out of e-mail.")], id="sent to who opted out"
        ),
        pytest.param({"status": "Draft", "contact": "Ann"}, [], id="not sent yet"),
        pytest.param({"status": "Sent", "contact": "Bob"}, [], id="sent to who did not"),
    ],
)
def test_each_check_of_a_proposal(changes: Mapping[str, Value], expected: list[tuple[str, str]]) -> None:
    contacts: list[Row] = [{"id": "CN-1", "name": "Ann", "opted_out": "Yes"}, {"id": "CN-2", "name": "Bob", "opted_out": "No"}]
    assert found("proposals", proposal(**changes), view(contacts=contacts)) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        pytest.param(Decimal("101.30"), [], id="equal with tax"),
        pytest.param(Decimal("84.42"), [], id="equal without tax"),
        pytest.param(
            Decimal("100"), [("AUTO-06", "Proposal total 101.30 differs from the deal 100.00 by 1.30.")], id="another amount"
        ),
        pytest.param(None, [], id="no amount yet"),
    ],
)
def test_the_total_is_compared_with_the_deal(amount: Value, expected: list[tuple[str, str]]) -> None:
    deals: list[Row] = [{"id": "OP-1", "name": "Deal", "amount": amount}]
    assert found("proposals", proposal(), view(proposals=[proposal()], proposal_lines=EXAMPLE, opportunities=deals)) == expected


PRODUCTS: list[Row] = [{"id": "PR-1", "sku": "X1", "name": "Box", "max_discount": Decimal("0.15")}]


@pytest.mark.parametrize(
    ("discount", "approved_by", "expected"),
    [
        pytest.param(Decimal("0.15"), None, [], id="at the limit"),
        pytest.param(
            Decimal("0.2"), None, [("AUTO-05", "Discount 20 % exceeds the limit 15 % for X1: approval needed.")], id="beyond it"
        ),
        pytest.param(Decimal("0.2"), "Boss", [], id="approved"),
    ],
)
def test_a_discount_beyond_the_limit_needs_an_approval(
    discount: Decimal, approved_by: Value, expected: list[tuple[str, str]]
) -> None:
    one = line(1, discount=discount)
    tables = view(products=PRODUCTS, proposals=[proposal(approved_by=approved_by)], proposal_lines=[one])
    assert found("proposal_lines", one, tables) == expected


def test_a_proposal_beyond_the_limit_cannot_be_sent_without_an_approval() -> None:
    lines = [line(1, discount=Decimal("0.2"))]
    for status, approved_by, expected in (("Sent", None, ["AUTO-05"]), ("Needs approval", None, []), ("Sent", "Boss", [])):
        one = proposal(status=status, approved_by=approved_by)
        tables = view(products=PRODUCTS, proposals=[one], proposal_lines=lines)
        findings = row_findings(RULES["proposals"], one, tables)
        assert [(f.code, f.severity) for f in findings] == [(code, "warning") for code in expected]


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"qty": Decimal(0)}, "qty"),
        ({"qty": Decimal(-1)}, "qty"),
        ({"discount": Decimal("1.01")}, "discount"),
        ({"discount": Decimal("-0.01")}, "discount"),
        ({"discount": Decimal(1)}, None),
        ({}, None),
    ],
)
def test_quantity_and_discount_can_be(changes: Mapping[str, Value], column: str | None) -> None:
    findings = row_findings(RULES["proposal_lines"], line(1, **changes), view())
    assert [(f.code, f.column, f.message) for f in findings] == (
        [("AUTO-10", column, "Quantity must be above zero; discount 0–100 %.")] if column else []
    )


def test_a_lead_whose_contact_is_known_is_a_possible_duplicate_until_it_is_linked() -> None:
    contacts: list[Row] = [{"id": "CN-1", "name": "Ann", "email": "ann@example.com"}]
    lead: Row = {"id": "LD-1", "email": "Ann@example.com", "status": "New"}
    tables = view(contacts=contacts)
    assert found("leads", lead, tables) == [
        ("AUTO-08", "Possible duplicate of CN-1; nothing was created. Choose: link, create anyway.")
    ]
    assert found("leads", {**lead, "contact": "Ann"}, tables) == []
    assert found("leads", {**lead, "email": "bob@example.com"}, tables) == []


# ── Rank candidates ──────────────────────────────────────────────────────────────────────────────


def audit() -> list[Row]:
    """Six reps, one week each: 3.0 h of reporting and 5.5 h of data entry."""
    rows = []
    for n in range(6):
        rows.append(entry(2 * n, 180, owner=f"rep{n}@example.com", task="Reporting, collecting figures"))
        rows.append(entry(2 * n + 1, 330, owner=f"rep{n}@example.com", task="data entry, creating records"))
    return rows


def test_the_worked_audit_makes_two_candidates() -> None:
    costly = [{**task, "cost": Decimal(25_000)} if str(task["task"]).startswith("Data entry") else task for task in TASKS]
    patch = rank_candidates(view(time_log=audit()).with_rows("automation_tasks", costly), Request())
    assert [new.values for new in patch.new] == [
        {
            "task": "Reporting, collecting figures",
            "hours_week": Decimal(3),
            "automatable_hours": Decimal("2.4"),
            "yearly_saving": Decimal("39744.00"),
            "roi": None,
            "payback_weeks": None,
            "rank": 1,
        },
        {
            "task": "Data entry, creating records",
            "hours_week": Decimal("5.5"),
            "automatable_hours": Decimal("2.75"),
            "yearly_saving": Decimal("45540.00"),
            "roi": Decimal("0.8216"),
            "payback_weeks": Decimal("25.252525"),
            "rank": 2,
        },
    ]
    assert patch.message == "Ranked 2 tasks of 6 people over 6 logged weeks: 5.15 of 8.50 hours a week could be taken off each."


def test_ranking_again_changes_what_changed_and_adds_no_second_row() -> None:
    first = rank_candidates(view(time_log=audit()), Request())
    candidates = [{"id": f"AN-{n}", **new.values} for n, new in enumerate(first.new)]
    again = rank_candidates(view(time_log=audit(), automation_candidates=candidates), Request())
    assert (again.edits, again.new) == ((), ())
    dearer = rank_candidates(view(time_log=audit(), automation_candidates=candidates), Request(parameters={"rate": Decimal(120)}))
    assert {edit.column for edit in dearer.edits} == {"yearly_saving"}


def test_only_the_latest_audit_counts_and_what_is_not_done_any_more_falls_to_zero() -> None:
    old = entry(99, 600, week=date(2025, 11, 3), task="Expenses")
    candidates: list[Row] = [{"id": "AN-1", "task": "Expenses", "hours_week": Decimal(10), "rank": 1}]
    patch = rank_candidates(view(time_log=[*audit(), old], automation_candidates=candidates), Request())
    assert ("hours_week", Decimal(0)) in {(edit.column, edit.value) for edit in patch.edits}
    assert len(patch.new) == 2


def test_a_task_in_own_words_is_named_and_counts_as_not_automatable() -> None:
    patch = rank_candidates(view(time_log=[entry(1, 60, task="Feeding the cat")]), Request())
    assert patch.message.endswith("Not in the task list, so counted as not automatable: Feeding the cat.")
    assert patch.new[0].values["automatable_hours"] == 0


# ── measures and today ───────────────────────────────────────────────────────────────────────────


def measured(name: str, tables: Tables) -> Decimal | None:
    measure = next(one for one in PROCESS.measures if one.name == name)
    return measure.compute(tables, date(2026, 5, 1), date(2026, 5, 31)).value


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([entry(n, 384, day=day) for n, day in enumerate(WEEKDAYS)], Decimal("0.5"), id="five days, 32 hours"),
        pytest.param([entry(n, 383, day=day) for n, day in enumerate(WEEKDAYS)], Decimal(0), id="too few hours"),
        pytest.param([entry(n, 600, day=day) for n, day in enumerate(WEEKDAYS[:4])], Decimal(0), id="four days"),
    ],
)
def test_a_complete_audit_week_has_five_days_and_most_of_the_contract_hours(rows: list[Row], expected: Decimal) -> None:
    people: list[Row] = [
        {"id": "PE-1", "email": REP, "active": "Yes"},
        {"id": "PE-2", "email": "b@example.com", "active": "Yes"},
        {"id": "PE-3", "email": "gone@example.com", "active": "No"},
    ]
    assert measured("audit_complete", view(people=people, time_log=rows)) == expected


def test_time_selling_now_and_against_the_first_audit() -> None:
    rows = [
        entry(1, 60, week=date(2025, 10, 6), task="Preparing calls"),
        entry(2, 240, week=date(2025, 10, 6), task="Expenses"),
        entry(3, 60, task="Preparing calls"),
        entry(4, 60, task="Expenses"),
        entry(5, 10, role="Manager", task="Expenses", selling="Yes"),
    ]
    tables = view(time_log=rows)
    assert measured("selling_share_reps", tables) == Decimal("0.5")
    assert measured("selling_share_managers", tables) == 1
    assert measured("selling_gain_reps", tables) == Decimal("0.3")
    assert measured("hours_saved", tables) == Decimal("2.833333")  # 5 h of tasks that can be automated, now 2 h 10 min


def test_minutes_that_are_named_and_reports_from_the_one_store() -> None:
    rows = [
        entry(1, 30, task="Other (write what)"),
        entry(2, 60, task="Reporting, collecting figures", system_used="Sheetsales"),
        entry(3, 30, task="Reporting, collecting figures", system_used="Mail"),
    ]
    tables = view(time_log=rows)
    assert measured("minutes_named", tables) == Decimal("0.75")
    assert measured("reports_from_the_store", tables) == Decimal("0.666667")


def test_every_measure_of_nothing_is_blank() -> None:
    empty = [one.compute(view(), date(2026, 1, 1), date(2026, 12, 31)).value for one in PROCESS.measures]
    assert empty == [None] * len(empty)
    assert {one.kind for one in PROCESS.measures} == {"activity", "quality", "result"}


def test_today_names_proposals_that_expire_and_the_open_audit_week() -> None:
    rows = [
        proposal(status="Sent", valid_until=date(2026, 5, 20), total=Decimal(100)),
        proposal(id="PP-2", status="Sent", valid_until=date(2026, 5, 21), proposal_version=2),
        proposal(id="PP-3", status="Needs approval", proposal_version=3),
        proposal(id="PP-4", owner="b@example.com", status="Sent"),
    ]
    assert PROCESS.today is not None
    lines = PROCESS.today(view(REP, proposals=rows, time_log=[entry(1, 90), entry(2, 90, day="Tuesday")]))
    assert [(line.record, line.due, line.text, line.why) for line in lines] == [
        ("PP-1", date(2026, 5, 20), "Follow up the proposal Deal v1", "expires on 2026-05-20"),
        ("PP-3", None, "Get the discount of Deal v3 approved", "it waits for an approval"),
        ("TL-01", date(2026, 5, 17), "Log your time for the audit week", "2 of 5 days and 3.0 hours logged so far"),
    ]


# ── totality ─────────────────────────────────────────────────────────────────────────────────────

ANY: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.just("{{x}}" * 500),
    st.just("x" * 32_000),
    st.integers(),
    st.decimals(allow_nan=False),
    st.just(Decimal("NaN")),
    st.dates(),
    st.datetimes(),
    st.sampled_from(["Monday", "Sent", "Deal v1", "X1", REP, "X-0"]),
)


@pytest.mark.parametrize("table", [*(table.name for table in PROCESS.tables), "leads"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_checks_computations_and_lines_take_whatever_a_row_can_hold(table: str, data: st.DataObject) -> None:
    names = (
        [c.name for c in BOOK.tables[table].columns if c.name != "id"] if table in BOOK.tables else ["email", "contact", "status"]
    )
    rows: list[Row] = [
        {"id": f"X-{n}", **data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(names, ANY)))} for n in range(3)
    ]
    tables = view(REP, **{"products": PRODUCTS, "proposals": [proposal()], "proposal_lines": EXAMPLE, table: rows})
    for one in rows:
        row_findings(RULES.get(table, ()), one, tables)
        if table in BOOK.compute:
            BOOK.compute[table](one, tables)
    rank_candidates(tables, Request())
    assert PROCESS.today is not None
    PROCESS.today(tables)
    for measure in PROCESS.measures:
        measure.compute(tables, date(2026, 1, 1), date(2026, 12, 31))
