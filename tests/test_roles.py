"""Which process fits which role: the table of the six default roles cell by cell, the verdicts, the signal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsales.playbook import build_playbook
from sheetsales.process import Row, Tables
from sheetsales.roles import (
    ASSIGNMENTS,
    OWN_KINDS,
    PROCESS_KEYS,
    WORK,
    Profile,
    Use,
    first_screen,
    fit,
    fit_document,
    fits,
    member_profile,
    processes_for,
    profile,
    requirement,
    same_role,
    signal,
    signals,
    tables_for,
    use_of,
)
from sheetsales.shared import DEFAULT_ROLES

BOOK = build_playbook({})
NOW = datetime(2026, 5, 13, 9, 0)
ROLES: dict[str, Profile] = {str(row["name"]): profile(row) for row in DEFAULT_ROLES}
ROLE_ROWS: list[Row] = [{"id": f"RO-{n}", **row} for n, row in enumerate(DEFAULT_ROLES)]
FIELD = ROLES["field_rep"]

#                        calls        leads        opportunities accounts     territory    deals        automation
TABLE = {
    "inside_rep":          "mandatory  mandatory  mandatory  not-needed not-needed mandatory  mandatory",
    "field_rep":           "mandatory  mandatory  optional   not-needed mandatory  mandatory  mandatory",
    "key_account_manager": "mandatory  not-needed mandatory  mandatory  not-needed mandatory  mandatory",
    "sdr":                 "mandatory  mandatory  not-needed not-needed not-needed optional   mandatory",
    "sales_manager":       "review     not-needed review     review     review     mandatory  mandatory",
    "operations":          "not-needed not-needed not-needed not-needed not-needed not-needed mandatory",
}  # fmt: skip
CELLS = [
    pytest.param(role, key, cell.replace("-", " "), id=f"{role} {key} {cell}")
    for role, line in TABLE.items() for key, cell in zip(PROCESS_KEYS, line.split(), strict=True)
]  # fmt: skip
WORDS = {"mandatory": "fits", "optional": "optional", "review": "optional", "not needed": "does not fit"}


def view(me: str = "", **rows: list[Row]) -> Tables:
    return BOOK.view({"roles": ROLE_ROWS, **rows}, NOW, me)


# ── the table and the verdicts ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("role", "key", "expected"), CELLS)
def test_the_default_roles_need_what_the_table_says(role: str, key: str, expected: str) -> None:
    assert requirement(ROLES[role], key)[0] == expected
    assert fit(ROLES[role], key).verdict == "aligned"
    assert fit(ROLES[role], key).word == WORDS[expected]


def test_a_territory_manager_required_to_do_account_planning_is_misaligned() -> None:
    found = fit(replace(FIELD, assigned={"accounts": "Required"}), "accounts", "Account management")
    assert (found.verdict, found.word) == ("misaligned", "misaligned")
    assert found.reason == (
        "Account management is required of field_rep, who has no use for it (the role has no key customers). "
        "Such a process is soon abandoned."
    )


def test_with_one_key_customer_it_is_optional_and_over_asked_not_mandatory() -> None:
    found = fit(replace(FIELD, key_customers=1, assigned={"accounts": "Required"}), "accounts", "Account management")
    assert (found.requirement, found.verdict, found.word) == ("optional", "over-asked", "optional")
    assert found.reason.startswith("Make Account management optional for field_rep")


@pytest.mark.parametrize(("accounts", "expected"), [(23, "not needed"), (24, "mandatory")])
def test_a_territory_begins_at_two_dozen_accounts(accounts: int, expected: str) -> None:
    assert requirement(replace(FIELD, assigned_accounts=accounts), "territory")[0] == expected


def test_geography_alone_makes_a_territory_and_many_accounts_alone_do_not() -> None:
    inside = Profile(assigned_accounts=300)
    assert requirement(inside, "territory")[0] == "not needed"
    assert requirement(replace(inside, geographic=True), "territory")[0] == "mandatory"


@pytest.mark.parametrize(
    ("quota", "work", "expected"),
    [
        pytest.param(True, "Some", "mandatory", id="a quota and deal work"),
        pytest.param(True, "None", "optional", id="a quota alone"),
        pytest.param(False, "Core", "optional", id="deal work alone"),
        pytest.param(False, "None", "not needed", id="neither"),
    ],
)
def test_deal_management_follows_quota_and_deal_work(quota: bool, work: str, expected: str) -> None:
    assert requirement(Profile(has_quota=quota, deal_work=work), "deals")[0] == expected


def test_a_mandatory_process_that_is_off_is_missing_and_says_by_which_rule() -> None:
    found = fit(replace(ROLES["sdr"], assigned={"calls": "Off"}), "calls", "Call management")
    assert (found.verdict, found.word) == ("missing", "fits")
    assert found.reason == "sdr needs Call management: call work is the core of the role."


def test_a_manager_required_to_write_call_plans_is_over_asked() -> None:
    assert fit(replace(ROLES["sales_manager"], assigned={"calls": "Required"}), "calls").verdict == "over-asked"


PROFILES = st.builds(
    Profile,
    role=st.just("x"),
    manages=st.booleans(),
    field_based=st.booleans(),
    geographic=st.booleans(),
    has_quota=st.booleans(),
    assigned_accounts=st.integers(0, 200),
    key_customers=st.integers(0, 9),
    call_work=st.sampled_from(WORK),
    lead_work=st.sampled_from(WORK),
    deal_work=st.sampled_from(WORK),
    assigned=st.dictionaries(st.sampled_from(PROCESS_KEYS), st.sampled_from(ASSIGNMENTS)),
)


@given(PROFILES)
def test_automation_is_mandatory_for_everybody(who: Profile) -> None:
    assert requirement(who, "automation")[0] == "mandatory"


@given(PROFILES)
def test_territory_managers_are_never_obliged_to_write_account_plans(who: Profile) -> None:
    if requirement(who, "territory")[0] == "mandatory":
        assert requirement(who, "accounts")[0] != "mandatory"


@given(PROFILES)
def test_only_what_is_required_without_need_is_misaligned(who: Profile) -> None:
    for found in fits(BOOK, who):
        assert (found.word == "misaligned") == (found.assigned == "Required" and found.requirement == "not needed")
        assert found.reason.endswith(".")


@given(PROFILES)
def test_the_first_screen_shows_at_most_the_mandatory_processes_that_are_on(who: Profile) -> None:
    on = processes_for(BOOK, who)
    assert all(key in on and requirement(who, key)[0] == "mandatory" for key in first_screen(BOOK, who))
    assert all(who.assigned.get(key) != "Off" for key in on)


# ── profiles ─────────────────────────────────────────────────────────────────────────────────────


def test_what_a_member_fills_overrules_the_role_and_a_blank_does_not() -> None:
    person: Row = {"id": "PE-1", "email": "a@x.de", "role": "field_rep", "assigned_accounts": 10, "key_customers": None}
    who = member_profile(person, view())
    assert (who.role, who.assigned_accounts, who.field_based) == ("field_rep", 10, True)
    assert requirement(who, "territory")[0] == "not needed"


def test_a_member_may_be_assigned_otherwise_than_the_role() -> None:
    rows: list[Row] = [{**ROLE_ROWS[0], "assign_leads": "Off", "assign_calls": "Offered"}]
    person: Row = {"id": "PE-1", "role": "inside_rep", "assign_leads": "Required"}
    who = member_profile(person, view().with_rows("roles", rows))
    assert who.assigned == {"leads": "Required", "calls": "Offered"}


@pytest.mark.parametrize("name", ["inside_rep", "Inside rep", " INSIDE-REP "])
def test_a_role_is_found_however_it_is_spelt(name: str) -> None:
    assert same_role(name, "inside_rep")
    assert member_profile({"id": "PE-1", "role": name}, view()).call_work == "Core"


def test_two_blank_roles_are_not_the_same_role() -> None:
    assert not same_role(None, "")


def test_a_member_of_an_unknown_role_gets_the_audit_and_nothing_else() -> None:
    assert processes_for(BOOK, member_profile({"id": "PE-1", "role": "wizard"}, view())) == {"automation": "Required"}


@given(
    st.dictionaries(
        st.sampled_from(sorted(BOOK.tables["people"].by_name)), st.one_of(st.none(), st.text(), st.integers(), st.dates())
    )
)
def test_any_row_gives_a_profile(row: dict[str, Any]) -> None:
    assert {fit(profile(row), key).word for key in PROCESS_KEYS} <= {"fits", "optional", "does not fit", "misaligned"}


# ── the document ─────────────────────────────────────────────────────────────────────────────────


def test_the_fit_document_has_one_line_per_role_and_member_and_process() -> None:
    people: list[Row] = [{"id": "PE-1", "email": "kim@x.de", "role": "field_rep", "assign_accounts": "Required"}]
    document = fit_document(BOOK, view(people=people))
    assert set(document) == {"roles", "members"}
    assert len(document["roles"]) == 6 * len(PROCESS_KEYS)
    assert [(line["role"], line["process"]) for line in document["roles"][:2]] == [
        ("inside_rep", "calls"),
        ("inside_rep", "leads"),
    ]
    assert all(set(line) == {"role", "process", "verdict", "reason"} for line in document["roles"])
    assert [
        (line["email"], line["process"], line["verdict"]) for line in document["members"] if line["process"] == "accounts"
    ] == [("kim@x.de", "accounts", "misaligned")]


# ── tables of a book ─────────────────────────────────────────────────────────────────────────────


def test_a_field_rep_has_the_territory_tables_and_an_inside_rep_has_not() -> None:
    assert "territory_accounts" in tables_for(BOOK, FIELD)
    assert "territory_accounts" not in tables_for(BOOK, ROLES["inside_rep"])


def test_reps_have_accounts_and_contacts_but_no_library() -> None:
    for role in ("inside_rep", "field_rep", "key_account_manager", "sdr"):
        tables = tables_for(BOOK, ROLES[role])
        assert {"accounts", "contacts"} <= set(tables)
        assert {BOOK.tables[name].kind for name in tables} <= {"record", "detail", "log", "shared"}


def test_operations_keep_the_libraries_the_people_and_the_roles() -> None:
    libraries = {name for name, table in BOOK.tables.items() if table.kind == "library"}
    assert (
        {"people", "roles", "stages", "products", "periods", "fx_rates"}
        <= libraries
        <= set(tables_for(BOOK, ROLES["operations"]))
    )


def test_a_manager_has_the_tables_of_the_reviewed_processes_and_no_leads() -> None:
    tables = tables_for(BOOK, ROLES["sales_manager"])
    assert {"calls", "opportunities", "account_plans", "territory_accounts"} <= set(tables)
    assert "leads" not in tables


def test_a_process_that_is_off_hides_its_tables_and_touches_no_other() -> None:
    off = replace(ROLES["inside_rep"], assigned={"leads": "Off"})
    hidden = {table.name for table in BOOK.by_key["leads"].tables}
    before, after = tables_for(BOOK, ROLES["inside_rep"]), tables_for(BOOK, off)
    assert after == tuple(name for name in before if name not in hidden)
    assert hidden <= set(BOOK.tables)


@given(PROFILES)
def test_a_book_never_has_a_table_twice(who: Profile) -> None:
    tables = tables_for(BOOK, who)
    assert len(set(tables)) == len(tables)
    assert set(tables) <= set(BOOK.tables)


# ── signs of abandonment ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        pytest.param(Use(20, 0, 60, 60), "abandoned", id="0 of 20 touched"),
        pytest.param(Use(20, 2, 60, 60), "fading", id="exactly a tenth is not below a tenth"),
        pytest.param(Use(4, 0, 12, 12), "fading", id="four rows due are too few to call it abandoned"),
        pytest.param(Use(5, 0, 15, 15), "abandoned", id="five are enough"),
        pytest.param(Use(20, 9, 60, 60), "fading", id="less than half"),
        pytest.param(Use(20, 10, 60, 60), "", id="half is alive"),
        pytest.param(Use(20, 20, 60, 3), "abandoned", id="touched, but nothing is filled"),
        pytest.param(Use(0, 0, 0, 0), "", id="nothing was due"),
        pytest.param(Use(6, 6, 0, 0), "", id="no field is required"),
    ],
)
def test_the_signal_follows_the_smaller_share(use: Use, expected: str) -> None:
    assert signal(use) == expected


def plans(count: int, days_ago: int, owner: str = "kim@x.de") -> list[Row]:
    touched = NOW - timedelta(days=days_ago)
    return [
        {"id": f"AP-{n}", "owner": owner, "account": "A", "period": "2026-Q2", "our_goal": "Keep them", "updated_at": touched}
        for n in range(count)
    ]


def test_none_of_twenty_plans_touched_in_28_days_is_abandoned_beside_the_verdict() -> None:
    people: list[Row] = [{"id": "PE-1", "email": "kim@x.de", "role": "field_rep", "assign_accounts": "Required"}]
    tables = view(people=people, account_plans=plans(20, 28))
    found = {line.process: (line.verdict, word) for _, line, word in signals(BOOK, tables, people)}
    assert found["accounts"] == ("misaligned", "abandoned")


def test_rows_of_the_last_27_days_are_touched_and_those_of_others_do_not_count() -> None:
    tables = view(account_plans=[*plans(3, 27), *plans(2, 0, "other@x.de")])
    assert use_of(BOOK.by_key["accounts"], tables, "kim@x.de") == Use(3, 3, 12, 12)


def test_a_closed_row_that_nobody_touched_is_not_due() -> None:
    rows: list[Row] = [{"id": "HO-1", "owner": "kim@x.de", "state": "Complete", "updated_at": NOW - timedelta(days=90)}]
    assert use_of(BOOK.by_key["accounts"], view(handovers=rows), "kim@x.de").due == 0


# ── every default role, table by table ───────────────────────────────────────────────────────────

ON = {
    "inside_rep": {"calls", "leads", "opportunities", "deals", "automation"},
    "field_rep": {"calls", "leads", "opportunities", "territory", "deals", "automation"},
    "key_account_manager": {"calls", "opportunities", "accounts", "deals", "automation"},
    "sdr": {"calls", "leads", "deals", "automation"},
    "sales_manager": {"calls", "opportunities", "accounts", "territory", "deals", "automation"},
    "operations": {"automation"},
}


@pytest.mark.parametrize("name", list(ON))
def test_a_book_has_the_members_own_tables_of_the_processes_that_are_on(name: str) -> None:
    tables = tables_for(BOOK, ROLES[name])
    leads = ROLES[name].manages
    own = [
        t.name
        for key in PROCESS_KEYS
        if key in ON[name]
        for t in BOOK.by_key[key].tables
        if t.kind in OWN_KINDS and (leads or not t.for_managers)
    ]
    own += [t.name for t in BOOK.tables.values() if set(t.also_with) & ON[name] and t.name not in own]
    assert list(tables[: len(own)]) == own
    referred = {column.target for table in own for column in BOOK.tables[table].columns}
    libraries = {table for table, one in BOOK.tables.items() if one.kind == "library"} if name == "operations" else set()
    assert set(tables[len(own) :]) == (referred & {"accounts", "contacts"}) | libraries


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("calls", set(ON) - {"operations"}),
        ("leads", {"inside_rep", "field_rep", "sdr"}),
        ("opportunities", {"inside_rep", "field_rep", "key_account_manager", "sales_manager"}),
        ("account_plans", {"key_account_manager", "sales_manager"}),
        ("handovers", {"inside_rep", "field_rep", "key_account_manager", "sales_manager"}),
        ("territory_accounts", {"field_rep", "sales_manager"}),
        ("forecast_calls", set(ON) - {"operations"}),
        ("coaching_log", {"sales_manager"}),
        ("coaching_cards", {"sales_manager"}),
        ("time_log", set(ON)),
    ],
)
def test_who_has_which_table(table: str, names: set[str]) -> None:
    assert {name for name in ON if table in tables_for(BOOK, ROLES[name])} == names


def test_a_hidden_process_keeps_its_data_and_comes_back_with_it() -> None:
    hidden = replace(FIELD, assigned={"leads": "Off"})
    tables = view(leads=[{"id": "LD-1", "owner": "kim@x.de", "updated_at": NOW}])
    assert "leads" not in tables_for(BOOK, hidden)
    assert use_of(BOOK.by_key["leads"], tables, "kim@x.de").due == 1
    assert "leads" in tables_for(BOOK, replace(hidden, assigned={"leads": "Offered"}))


def test_the_fit_document_says_of_every_default_role_what_the_table_says() -> None:
    cells = [cell.replace("-", " ") for line in TABLE.values() for cell in line.split()]
    assert [line["verdict"] for line in fit_document(BOOK, view())["roles"]] == [WORDS[cell] for cell in cells]


@pytest.mark.parametrize("key", ["calls", "leads", "opportunities"])
@pytest.mark.parametrize(("work", "expected"), [("Core", "mandatory"), ("Some", "optional"), ("None", "not needed")])
def test_calls_leads_and_opportunities_follow_the_work(key: str, work: str, expected: str) -> None:
    column = {"calls": "call_work", "leads": "lead_work", "opportunities": "deal_work"}[key]
    assert requirement(profile({"id": "RO-1", column: work}), key)[0] == expected


def test_a_process_that_a_team_added_is_optional() -> None:
    assert requirement(FIELD, "tenders")[0] == "optional"


def test_blank_required_fields_count_against_a_process() -> None:
    bare: list[Row] = [{**plan, "period": None, "our_goal": None} for plan in plans(5, 0)]
    assert use_of(BOOK.by_key["accounts"], view(account_plans=bare), "KIM@x.de") == Use(5, 5, 20, 10)
